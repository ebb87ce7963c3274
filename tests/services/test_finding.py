"""The list at a glance, and what is like a title: the same as counted by hand."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.journal import Journal
from gmops_desktop.contract.likeness import ALIKE, Titles, likeness, pairs_of_title
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.finding import Finding
from gmops_desktop.services.tickets import Tickets

NOW = datetime(2018, 11, 22, 2, 0, tzinfo=UTC)


@pytest.fixture
def tickets(database):
    journal = Journal(database, actor=lambda: "张伟", now=lambda: NOW)
    Contracts(database, journal, now=lambda: NOW).load_example()
    return Tickets(database, journal, now=lambda: NOW)


@pytest.fixture
def finding(database):
    return Finding(database)


def opened(tickets, title, priority=3):
    return tickets.open("incident", title, requester="", priority=priority)


def test_the_lines_say_what_the_tickets_say(tickets, finding):
    for number, title in enumerate(("甲", "乙", "丙"), 1):
        opened(tickets, title, number)
    tickets.decline("request", "丁", requester="赵经理")
    lines, whole = finding.lines(), tickets.all()
    assert [line.id for line in lines] == [ticket.id for ticket in whole]
    for line, ticket in zip(lines, whole, strict=True):
        names = (*(set(line._fields) - {"opened", "closed", "updated"}), "opened_at", "closed_at")
        assert all(getattr(line, name) == getattr(ticket, name) for name in names)
    assert finding.open_ones() == {1: 1, 2: 1, 3: 1}


def test_the_found_are_those_the_service_finds(tickets, finding):
    first = opened(tickets, "数据库备份失败")
    tickets.note(first.id, "清理 binlog 后重试成功")
    opened(tickets, "年审到期")
    for text in ("备份", "binlog 备份", "到期", "库", "", "没有"):
        assert finding.tickets(text) == {one.id for one in tickets.search(text)}, text
    assert finding.everywhere("") == ()
    assert [one.kind for one in finding.everywhere("李慧敏")] == ["contact"]


def test_a_similar_ticket_is_found_as_soon_as_it_stands(tickets, finding):
    assert finding.similar("官网首页打不开") == ()
    ticket = opened(tickets, "首页打不开了")
    [alike] = finding.similar("官网首页打不开")
    assert alike.ticket.id == ticket.id
    assert alike.share == pytest.approx(8 / 11)
    tickets.revise(ticket.id, title="完全另一件事")
    assert finding.similar("官网首页打不开") == ()


@given(
    st.lists(st.text("备份失败首页502 ab", max_size=8), max_size=12),
    st.text("备份失败首页502 ab", max_size=8),
)
def test_what_is_like_a_title_is_what_counting_every_one_gives(titles, wanted):
    every = [
        (likeness(pairs_of_title(wanted), pairs_of_title(title)), place)
        for place, title in enumerate(titles)
    ]
    best = sorted((one for one in every if one[0] >= ALIKE), key=lambda one: (-one[0], one[1]))
    found = Titles((str(place), title) for place, title in enumerate(titles)).like(wanted)
    assert found == [(share, str(place)) for share, place in best[:5]]
