"""What is due goes into a calendar file, and again without doubles."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from db.journal import Journal
from gmops_desktop.errors import OpsError
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.due_dates import DueDates
from gmops_desktop.services.obligations import Obligations
from gmops_desktop.services.tickets import Tickets

NOW = datetime(2018, 11, 22, 2, 0, tzinfo=UTC)


@pytest.fixture
def tickets(database):
    journal = Journal(database, actor=lambda: "张伟", now=lambda: NOW)
    Contracts(database, journal, now=lambda: NOW).load_example()
    return Tickets(database, journal, now=lambda: NOW)


@pytest.fixture
def due(database):
    board = Obligations(database, Journal(database, actor=lambda: "张伟"), now=lambda: NOW).board
    return DueDates(database, board, now=lambda: NOW)


def test_promises_and_the_contract_s_end_are_due(tickets, due):
    promised = tickets.open("incident", "官网, 首页; 502", requester="", priority=1)
    ended = tickets.open("incident", "撤回的", requester="", priority=1)
    for one in (promised, ended):
        tickets.promise(one.id, NOW + timedelta(hours=30), "先告知时间，原因在查")
    tickets.move(ended.id, "withdrawn", "撤回")
    first, last = due.all()
    assert (first.at, first.uid) == (
        NOW + timedelta(hours=30),
        f"promise-{promised.id}@gmops-desktop",
    )
    assert last.at == date(2019, 3, 6)


def test_all_that_runs_out_is_due_but_what_is_over(database, tickets, due, tmp_path):
    journal = Journal(database, actor=lambda: "张伟", now=lambda: NOW)
    contracts = Contracts(database, journal, now=lambda: NOW)
    contracts.save_expiry("domain", date(2018, 12, 20))
    contracts.save_expiry("icp", date(2018, 11, 21))
    contracts.save_expiry("police", None, never=True)
    found = {one.title: one for one in due.all()}
    assert {title: one.at for title, one in found.items()} == {
        "Runs out: Domain": date(2018, 12, 20), "Runs out: Contract": date(2019, 3, 6)}  # fmt: skip
    assert found["Runs out: Domain"].text == "by hand"
    contracts.save_expiry("domain", date(2019, 12, 20))
    moved = {one.title: one for one in due.all()}["Runs out: Domain"]
    assert moved.uid == found["Runs out: Domain"].uid
    assert moved.at == date(2019, 12, 20)


def test_the_file_is_written_and_a_moved_promise_keeps_its_uid(tickets, due, tmp_path):
    ticket = tickets.open("incident", "首页", requester="", priority=1)
    tickets.promise(ticket.id, NOW + timedelta(hours=1), "先告知时间，原因在查")
    assert due.write(tmp_path / "due.ics") == 2
    before = (tmp_path / "due.ics").read_bytes()
    tickets.promise(ticket.id, NOW + timedelta(hours=5), "备件晚到")
    due.write(tmp_path / "due.ics")
    after = (tmp_path / "due.ics").read_bytes()
    assert before != after
    for content in (before, after):
        assert content.count(f"UID:promise-{ticket.id}@".encode()) == 1
    assert b"DTSTART:20181122T070000Z" in after


def test_a_place_that_cannot_be_written_to_is_a_sentence(due, tmp_path):
    with pytest.raises(OpsError, match="calendar") as caught:
        due.write(tmp_path / "no" / "folder" / "due.ics")
    assert caught.value.hint
