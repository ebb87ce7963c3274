"""What was restored stands in the ticket it was done for: once, in the right one, or in none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from databases import execute
from db.engine import Database
from db.journal import Journal
from gmops_desktop.addresses import MysqlAddress, WebAddress
from gmops_desktop.app import assemble
from gmops_desktop.context import Context
from gmops_desktop.contract.tickets import TicketKind, TicketState
from gmops_desktop.paths import Home
from gmops_desktop.services.ticket_trail import Deed, TicketTrail
from gmops_desktop.services.tickets import Tickets
from sandbox.mariadb import MariaDB

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Desk:
    """Tickets, and deeds that the test writes down."""

    def __init__(self, database: Database) -> None:
        self.tickets = Tickets(database, Journal(database, actor=lambda: "Zhang"), now=lambda: NOW)
        self.deeds: list[Deed] = []
        self.trail = TicketTrail(self.tickets, lambda: self.deeds, now=lambda: NOW)

    def open(
        self, about: str, *states: TicketState, kind: TicketKind = "incident", hours: float = 5
    ) -> str:
        at = NOW - timedelta(hours=hours)
        ticket = self.tickets.open(
            kind, f"{about} fails", requester="", priority=1, resource_id=about, opened_at=at
        )
        for state in states:
            self.tickets.move(ticket.id, state, "because")
        return ticket.id

    def did(self, id: str, about: str, hours: float = 1) -> None:
        at = NOW - timedelta(hours=hours)
        self.deeds.append(Deed(id, at, frozenset({about}), f"{about} was restored.", ("proof",)))

    def follow(self) -> list[str]:
        return [ticket.id for ticket in self.trail.follow()]


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


def test_it_is_written_down_once_with_its_evidence(desk: Desk) -> None:
    ticket = desk.open("db", "working")
    desk.did("deed-1", "db")
    assert desk.follow() == [ticket]
    assert desk.follow() == []
    assert desk.tickets.steps(ticket)[-1].text == "db was restored.\nproof\n[deed-1]"
    desk.did("deed-2", "db")
    assert desk.follow() == [ticket]
    desk.tickets.move(ticket, "withdrawn", "over")
    desk.open("db", "working", hours=4)
    assert desk.follow() == [], "what stands in an ended ticket is not written down again"


def test_the_ticket_in_work_about_the_resource_goes_first(desk: Desk) -> None:
    desk.open("db", hours=1.5)
    wanted = desk.open("db", "working")
    desk.open("site", "working")
    desk.did("deed", "db")
    assert desk.follow() == [wanted]


def test_a_site_that_fails_is_restored_by_its_database(desk: Desk) -> None:
    """The alert was of the website; the database has a ticket about its backups."""
    desk.open("db", kind="problem")
    wanted = desk.open("site", "assessing", "working", "implementing")
    desk.open("other", "working", kind="question")
    desk.did("deed", "db")
    assert desk.follow() == [wanted]


def test_between_two_disturbances_it_does_not_guess(desk: Desk) -> None:
    desk.open("site", "working")
    desk.open("mail", "working")
    desk.did("deed", "db")
    assert desk.follow() == []


@pytest.mark.parametrize(("opened", "done"), [(0.5, 1.0), (300, 200)])
def test_what_was_before_the_ticket_or_long_ago_is_not_of_it(
    desk: Desk, opened: float, done: float
) -> None:
    desk.open("db", "working", hours=opened)
    desk.did("deed", "db", hours=done)
    assert desk.follow() == []


@pytest.mark.servers
def test_a_restore_and_its_undoing_write_themselves_into_the_ticket(
    home: Home, mariadb: MariaDB, schema: MysqlAddress
) -> None:
    execute(mariadb, schema.schema, ["CREATE TABLE t (id INT PRIMARY KEY, name TEXT)",
                                     "INSERT INTO t VALUES (1, 'a'), (2, 'b')"])  # fmt: skip
    root = MysqlAddress(schema.host, schema.port, "root", schema.schema)
    with assemble(home, secret=lambda _name: mariadb.password("root")) as services:
        services.contracts.save_resource("mysql", "database", root)
        site = services.contracts.save_resource("website", "site", WebAddress("http://site.test"))
        backup = services.backups.take(root, Context())
        tickets = services.tickets
        ticket = tickets.open(
            "incident", "The site shows one name", requester="", priority=1, resource_id=site.id
        )
        tickets.move(ticket.id, "working")
        other = tickets.open("incident", "Mail is late", requester="", priority=3)
        tickets.move(other.id, "working")
        execute(mariadb, schema.schema, ["UPDATE t SET name = 'x'"])
        assert services.ticket_trail.follow() == ()
        restores = services.restores
        restored = restores.run(backup.path, root, Context(), confirm=root.schema)
        assert [one.id for one in services.ticket_trail.follow()] == [ticket.id]
        told = tickets.steps(ticket.id)[-1].text
        assert f"{root.schema} was restored from {backup.path.name}: 1 table, " in told
        assert "Proved: what is there now has the digests of the archive." in told
        assert restored.safety is not None
        assert f"What was there before: {restored.safety.path.name}" in told
        restores.undo(restored.id, Context())
        assert [one.id for one in services.ticket_trail.follow()] == [ticket.id]
        assert "was taken back" in tickets.steps(ticket.id)[-1].text
        assert services.ticket_trail.follow() == ()
