"""A list of tickets goes out as a table, and comes back as the same tickets."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from db.engine import Database
from db.journal import Journal
from gmops_desktop.addresses import WebAddress
from gmops_desktop.context import Context
from gmops_desktop.contract.old_lists import Reader, guess
from gmops_desktop.contract.tickets import (
    KINDS,
    PRIORITIES,
    STATES,
    TicketKind,
    word_of_kind,
    word_of_priority,
    word_of_state,
)
from gmops_desktop.language import Language, speaking
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.finding import Finding, TicketLine
from gmops_desktop.services.ticket_imports import TicketImports
from gmops_desktop.services.tickets import Tickets
from ui.export import write_table
from ui.ticket_words import ticket_table

NOW = datetime(2018, 11, 22, 2, 0, tzinfo=UTC)


@pytest.fixture
def imports(database: Database, journal: Journal) -> TicketImports:
    return TicketImports(database, journal)


@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("ending", ["xlsx", "csv"])
def test_a_list_comes_back_as_the_same_tickets(
    tickets: Tickets, contracts: Contracts, finding: Finding, imports: TicketImports,
    tmp_path: Path, language: Language, ending: str,
) -> None:  # fmt: skip
    site = contracts.save_resource("website", "官网", WebAddress("https://www.example"))
    wanted: dict[TicketKind, str] = {
        "incident": "官网 502", "request": "=会员名册", "question": "+86 号码", "visit": "x",
    }  # fmt: skip
    for day, (kind, title) in enumerate(wanted.items(), 6):
        at = datetime(2018, 3, day, 2, 24, 30, 999_000, tzinfo=UTC)
        tickets.open(kind, title, requester="李老师", priority=2, opened_at=at, resource_id=site.id)
    tickets.decline("request", "粉刷办公室", requester="赵经理")
    lines, path = finding.lines(), tmp_path / f"list.{ending}"
    names = {one.id: one.name for one in contracts.resources()}
    with speaking(language):
        write_table(path, *ticket_table(lines, names), Context())
        sheet, plan = imports.read(path, Context())
    assert len(plan.columns) == len(sheet.heads), "every column is known by its head"
    here = imports.look(sheet, plan, Context())
    assert (here.taken, here.refused) == (0, ()), "tickets of this store are there already"
    assert here.known == len(lines)

    other = Database(tmp_path / "other" / "store.db")
    there = Journal(other, actor=lambda: "Liu", device_name="laptop")
    Contracts(other, there).load_example()
    taken = TicketImports(other, there).take(sheet, plan, Context())
    assert (taken.taken, taken.refused) == (len(lines), ())
    assert [said(one) for one in Finding(other).lines()] == [said(one) for one in lines]
    other.close()


def said(one: TicketLine) -> tuple[object, ...]:
    at = one.opened_at.replace(microsecond=0)
    return one.title, one.kind, one.state, one.priority, one.requester, at


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_every_word_of_an_exported_list_is_understood(language: Language) -> None:
    heads = ("标题", "日期", "类型", "优先级", "状态")
    with speaking(language):
        kinds = [word_of_kind(one) for one in KINDS]
        priorities = [word_of_priority(one) for one in PRIORITIES]
        states = [word_of_state(one) for one in STATES]
    reader = Reader(heads, guess(heads), now=NOW)
    rows = [("a", "2018-03-06", kind, "", "") for kind in kinds]
    rows += [("b", "2018-03-06", "", priority, "") for priority in priorities]
    rows += [("c", "2018-03-06", "", "", state) for state in states]
    for number, row in enumerate(rows):
        found = reader.understand(number, (f"{row[0]}{number}", *row[1:]))
        assert not isinstance(found, list), (row, found)
