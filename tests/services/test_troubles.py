"""One trouble, one ticket: joined while open, reopened soon after, else followed by another."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from db.engine import Database
from db.journal import Journal
from gmops_desktop.contract.tickets import Ticket
from gmops_desktop.contract.troubles import Trouble
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.tickets import Tickets
from gmops_desktop.services.troubles import Troubles

TROUBLE = Trouble("backup.failed:db", "Backup of site failed", "It failed.", evidence=("02:30",))


class Desk:
    """Troubles over a real journal, and a clock that the test sets."""

    def __init__(self, database: Database) -> None:
        self.now = datetime(2026, 11, 23, 9, tzinfo=UTC)
        journal = Journal(database, actor=lambda: "Zhang", now=lambda: self.now)
        self.contracts = Contracts(database, journal)
        self.contracts.load_example()
        self.contracts.add_contact("李老师", "A", "contact", "", self.now.date())
        self.tickets = Tickets(database, journal, now=lambda: self.now)
        self.troubles = Troubles(database, journal, self.tickets, now=lambda: self.now)

    def report(self, occurrence: str = "", key: str = TROUBLE.key) -> Ticket | None:
        self.now += timedelta(minutes=1)
        return self.troubles.report(replace(TROUBLE, key=key, occurrence=occurrence))

    def close(self, ticket: Ticket) -> None:
        self.tickets.facts.cause(ticket.id, "mended")
        for state in ("working", "implementing", "awaiting_confirmation"):
            if state in self.tickets.moves(ticket.id):
                self.tickets.move(ticket.id, state)  # type: ignore[arg-type]  # a plain word
        self.tickets.confirm(ticket.id, by="李老师", channel="phone")
        self.tickets.close(ticket.id)


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


def test_a_trouble_opens_a_ticket_with_its_evidence(desk: Desk) -> None:
    ticket = desk.report("monday")
    assert ticket is not None
    assert (ticket.title, ticket.kind, ticket.priority) == (TROUBLE.title, "problem", 2)
    assert desk.tickets.steps(ticket.id)[0].text == "It failed.\n02:30"
    assert desk.troubles.known() == {TROUBLE.key}


def test_the_same_time_is_told_once_and_another_joins(desk: Desk) -> None:
    first = desk.report("monday")
    assert desk.report("monday") is None
    joined = desk.report("tuesday")
    assert first is not None
    assert joined is not None
    assert joined.id == first.id
    assert desk.tickets.steps(first.id)[-1].text == "Again: It failed.\n02:30"
    assert desk.report("monday") is None, "nor later"
    assert len(desk.tickets.all()) == 1


def test_without_a_name_for_the_time_it_is_told_again_only_after_it_was_over(desk: Desk) -> None:
    first = desk.report()
    assert first is not None
    assert desk.report() is None
    over = desk.troubles.over(TROUBLE.key, "It is well.")
    assert over is not None
    assert desk.troubles.over(TROUBLE.key, "It is well.") is None, "noted once"
    again = desk.report()
    assert again is not None
    assert again.id == first.id
    assert desk.report() is None


def test_other_troubles_have_other_tickets(desk: Desk) -> None:
    first, second = desk.report("monday"), desk.report("monday", "backup.failed:db2")
    assert first is not None
    assert second is not None
    assert first.id != second.id
    assert desk.troubles.over("backup.failed:d", "not a key, but its begin") is None
    assert desk.troubles.over("backup.failed:db_", "no pattern either") is None


def test_what_comes_back_within_a_week_reopens_its_ticket(desk: Desk) -> None:
    first = desk.report("monday")
    assert first is not None
    desk.close(first)
    assert desk.troubles.known() == frozenset()
    assert desk.report("monday") is None, "that time stands in the closed ticket"
    desk.now += timedelta(days=3)
    again = desk.report("thursday")
    assert again is not None
    assert (again.id, again.state) == (first.id, "working")
    assert desk.tickets.steps(first.id)[-1].text.startswith("Again: It failed.")
    assert not again.confirmed_by, "what was confirmed is no longer so"


def test_what_comes_back_later_has_a_ticket_that_names_the_one_before(desk: Desk) -> None:
    first = desk.report("monday")
    assert first is not None
    desk.close(first)
    desk.now += timedelta(days=8)
    second = desk.report("next week")
    assert second is not None
    assert second.id != first.id
    assert f"It was there before: {first.number}." in second.description
    [(kind, before)] = desk.tickets.bonds.linked(second.id)
    assert (kind, before.id) == ("related", first.id)
    assert desk.report("next week") is None


def test_a_withdrawn_ticket_is_not_reopened(desk: Desk) -> None:
    first = desk.report("monday")
    assert first is not None
    desk.tickets.move(first.id, "withdrawn", "a false alarm")
    second = desk.report("tuesday")
    assert second is not None
    assert second.id != first.id


def test_being_well_without_a_ticket_is_nothing_to_write_down(desk: Desk) -> None:
    assert desk.troubles.over(TROUBLE.key, "It is well.") is None
    assert desk.tickets.all() == ()


def test_a_merged_ticket_is_joined_where_it_went(desk: Desk) -> None:
    first, other = desk.report("monday"), desk.report("monday", "backup.unproved:db")
    assert first is not None
    assert other is not None
    desk.tickets.bonds.merge(first.id, other.id)
    assert desk.troubles.known() == {TROUBLE.key, "backup.unproved:db"}
    assert desk.report("monday") is None
    joined = desk.report("tuesday")
    assert joined is not None
    assert joined.id == other.id
    assert desk.report("tuesday") is None, "told there"
    assert desk.report("tuesday", "backup.unproved:db") is not None, "of this one it is news"
    over = desk.troubles.over(TROUBLE.key, "It is well.")
    assert over is not None
    assert over.id == other.id
    assert desk.troubles.over(TROUBLE.key, "It is well.") is None
    assert len(desk.tickets.all()) == 2
