"""Two contracts side by side: the one rule that says what belongs to which, wherever it counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from db.engine import Database
from db.journal import Journal
from db.models import TicketRow
from db.scope import scope_of
from gmops_desktop.addresses import Resource, WebAddress
from gmops_desktop.assembly import assemble
from gmops_desktop.context import Context
from gmops_desktop.contract.targets import OBJECTIVES
from gmops_desktop.contract.terms import Contract, day_of
from gmops_desktop.errors import OpsError
from gmops_desktop.paths import Home
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.finding import Finding
from gmops_desktop.services.obligations import Obligations
from gmops_desktop.services.ticket_imports import TicketImports
from gmops_desktop.services.tickets import Tickets

NOW = datetime(2018, 11, 22, 2, 24, tzinfo=UTC)


@dataclass
class Desk:
    """A store with two contracts, each with a website and a contact; `show` chooses one."""

    database: Database
    journal: Journal
    shown: list[str]
    contracts: Contracts
    tickets: Tickets
    finding: Finding
    ours: Contract
    theirs: Contract
    site: Resource
    other_site: Resource

    def show(self, contract: Contract) -> None:
        self.shown[0] = contract.id

    def numbers(self) -> set[str]:
        """The tickets of the contract shown; the list and the condition on rows must agree."""
        found = {one.number for one in self.tickets.of_contract()}
        assert {one.number for one in self.finding.lines()} == found
        assert sum(self.finding.open_ones().values()) == len(found)
        assert {one.number for one in self.tickets.search("")} == found
        contract = self.contracts.current()
        assert contract is not None
        with self.database.session() as session:
            scope = scope_of(session, contract)
            rows = session.scalars(select(TicketRow.number).where(scope.of_tickets())).all()
        assert set(rows) == found
        held = [
            one.number
            for one in self.tickets.all()
            if scope.holds(one.resource_id, one.contact_id, one.contract_id)
        ]
        assert set(held) == found
        return found


@pytest.fixture
def journal(database: Database) -> Journal:
    return Journal(database, actor=lambda: "张伟", device_name="工作站", now=lambda: NOW)


@pytest.fixture
def desk(database: Database, journal: Journal) -> Desk:
    shown = [""]

    def chosen() -> str:
        return shown[0]

    contracts = Contracts(database, journal, now=lambda: NOW, shown=chosen)
    ours = contracts.load_example()
    site = contracts.save_resource("website", "官网", WebAddress("https://a.example"))
    theirs = contracts.add_contract(replace(ours, number="HY-2018", title="另一份"))
    shown[0] = theirs.id
    contracts.add_contact("孙会长", "A", post="designated", valid_from=date(2018, 3, 6))
    other_site = contracts.save_resource("website", "协会官网", WebAddress("https://b.example"))
    return Desk(
        database, journal, shown, contracts,
        Tickets(database, journal, now=lambda: NOW, shown=chosen),
        Finding(database, now=lambda: NOW, shown=chosen),
        ours, theirs, site, other_site,
    )  # fmt: skip


def opened(desk: Desk, requester: str = "", resource_id: str = "") -> str:
    made = desk.tickets.open(
        "incident", "首页 502", requester=requester, priority=2, resource_id=resource_id
    )
    return made.number


def test_a_ticket_belongs_by_its_resource_its_contact_or_the_contract_shown(desk: Desk) -> None:
    desk.show(desk.theirs)
    by_resource = opened(desk, resource_id=desk.site.id)
    by_contact = opened(desk, requester="李慧敏")
    by_contract = opened(desk)
    desk.show(desk.ours)
    their_resource = opened(desk, resource_id=desk.other_site.id)
    their_contact = opened(desk, requester="孙会长")
    our_own = opened(desk)
    assert desk.numbers() == {by_resource, by_contact, our_own}
    desk.show(desk.theirs)
    assert desk.numbers() == {by_contract, their_resource, their_contact}


def test_a_ticket_of_before_there_were_several_belongs_to_the_oldest(desk: Desk) -> None:
    with desk.database.session() as session, session.begin():
        fields = {"number": "T-0900", "state": "registered", "title": "旧", "opened_at": NOW}
        desk.journal.record(session, "ticket", "old", "ticket.opened", fields)
    desk.show(desk.theirs)
    assert desk.numbers() == set()
    desk.show(desk.ours)
    assert desk.numbers() == {"T-0900"}


def test_what_is_split_off_stays_with_the_contract(desk: Desk) -> None:
    desk.show(desk.theirs)
    whole = opened(desk)
    desk.show(desk.ours)
    part = desk.tickets.bonds.split(desk.tickets.get(whole).id, "另一半")
    assert desk.numbers() == set()
    desk.show(desk.theirs)
    assert desk.numbers() == {whole, part.number}


def test_a_renewal_still_shows_the_tickets_of_before(desk: Desk) -> None:
    desk.show(desk.theirs)
    number = opened(desk)
    desk.contracts.renew(
        desk.theirs.id, date(2019, 3, 7), date(2020, 3, 6), number="HY-2019", signed_on=None
    )
    assert desk.numbers() == {number}


def test_only_a_contact_of_the_resources_contract_may_ask_and_confirm(desk: Desk) -> None:
    desk.show(desk.ours)
    with pytest.raises(OpsError, match=r"孙会长 is not a designated contact.*李慧敏"):
        opened(desk, requester="孙会长", resource_id=desk.site.id)
    assert not desk.tickets.check_requester("孙会长", resource_id=desk.site.id).designated
    assert desk.tickets.check_requester("孙会长", resource_id=desk.other_site.id).designated
    ticket = desk.tickets.get(opened(desk, "孙会长", desk.other_site.id))
    desk.tickets.move(ticket.id, "working")
    desk.tickets.move(ticket.id, "awaiting_confirmation")
    with pytest.raises(OpsError, match="李慧敏 is not a designated contact"):
        desk.tickets.confirm(ticket.id, by="李慧敏", channel="电话")
    desk.tickets.confirm(ticket.id, by="孙会长", channel="电话")


def test_limits_are_those_of_the_tickets_contract_and_shown_of_the_one_shown(desk: Desk) -> None:
    desk.show(desk.theirs)
    strict = replace(OBJECTIVES, warn_at=0.5)
    desk.tickets.limits.save(strict)
    ticket = desk.tickets.get(opened(desk))
    desk.show(desk.ours)
    assert desk.tickets.limits.contract() == desk.ours
    assert desk.tickets.limits.current() == OBJECTIVES
    assert desk.tickets.limits.of(ticket) == strict


def test_lists_of_resources_show_the_contracts_own_and_machines_see_all(desk: Desk) -> None:
    assert {one.id for one in desk.contracts.resources()} == {desk.site.id, desk.other_site.id}
    for contract, own in ((desk.ours, desk.site), (desk.theirs, desk.other_site)):
        desk.show(contract)
        assert [one.id for one in desk.contracts.shown_resources()] == [own.id]
        assert desk.contracts.of_resource(own.id) == contract


def test_similar_titles_are_looked_for_in_the_contract(desk: Desk) -> None:
    desk.show(desk.theirs)
    opened(desk)
    assert [one.share for one in desk.finding.similar("首页 502")] == [1.0]
    desk.show(desk.ours)
    assert desk.finding.similar("首页 502") == ()


def test_the_overview_and_the_matrix_count_a_ticket_that_names_nothing_else_once(
    desk: Desk,
) -> None:
    desk.show(desk.theirs)
    ticket = desk.tickets.open("question", "如何发布", requester="", priority=4)
    counted = []
    for contract in (desk.ours, desk.theirs):
        overview = Obligations(
            desk.database, desk.journal, now=lambda: NOW, shown=lambda id=contract.id: id
        ).overview()
        [row] = [one for one in overview.matrix if one.item.key == "questions"]
        counted.append(([one.number for one in overview.tickets], sum(n for _, n in row.cells)))
    assert counted == [([], 0), ([ticket.number], 1)]


def test_an_old_list_is_taken_into_the_contract_shown(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("标题,提出时间\n首页打不开,2018-05-01 10:00\n", "utf-8")
    imports = TicketImports(
        desk.database, desk.journal, now=lambda: NOW, shown=lambda: desk.shown[0]
    )
    sheet, plan = imports.read(path, Context())
    desk.show(desk.theirs)
    assert imports.take(sheet, plan, Context()).taken == 1
    assert len(desk.numbers()) == 1
    desk.show(desk.ours)
    assert desk.numbers() == set()


def test_the_program_hands_the_chosen_contract_to_all_who_ask(tmp_path: Path) -> None:
    """One setting chooses: tickets, reports, drills and lists follow it."""
    with assemble(Home(tmp_path)) as services:
        first = services.contracts.load_example()
        today, week = day_of(datetime.now(UTC)), timedelta(days=7)
        second = services.contracts.add_contract(
            replace(first, number="HY-1", start=today - 8 * week, end=today + 44 * week)
        )
        services.settings.change(contract=second.id)
        made = services.tickets.open("incident", "首页 502", requester="", priority=2)
        site = services.contracts.save_resource("website", "站", WebAddress("https://b.example"))
        shown: dict[str, Callable[[], object]] = {
            "list": lambda: [one.id for one in services.finding.lines()],
            "overview": lambda: [one.number for one in services.obligations.overview().tickets],
            "resources": lambda: [one.id for one in services.contracts.shown_resources()],
            "month": lambda: [
                one.number for one in services.reports._collect(today - week, today + week).tickets
            ],
        }
        assert {key: look() for key, look in shown.items()} == {
            "list": [made.id], "overview": [made.number], "resources": [site.id],
            "month": [made.number],
        }  # fmt: skip
        assert services.drills._contract(site.id, today) == second
        services.settings.change(contract=first.id)
        assert all(look() == [] for look in shown.values())
        assert services.drills._contract(site.id, today) == second
