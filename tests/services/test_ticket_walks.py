"""Random ways of tickets through the service and a real store: whatever is tried in whatever order,
the gates hold in the record itself, and a merge that is taken back leaves no trace."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from db.engine import Database
from db.journal import Journal
from gmops_desktop.contract.changes import AUDIENCES
from gmops_desktop.contract.record import EntryView
from gmops_desktop.contract.tickets import KINDS, STATES, SUSPENSIONS, Ticket
from gmops_desktop.errors import OpsError
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.tickets import Tickets

ROUNDS = int(os.environ.get("GMOPS_SOAK", "12"))
_DONE = ("awaiting_confirmation", "closed")


class Desk:
    """One store for all examples, and a clock that only moves on."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.now = datetime(2018, 11, 22, 2, 0, tzinfo=UTC)
        clock: Callable[[], datetime] = lambda: self.now  # noqa: E731 - one clock for all
        self.journal = Journal(database, actor=lambda: "张伟", now=clock)
        Contracts(database, self.journal, now=clock).load_example()
        self.tickets = Tickets(database, self.journal, now=clock)

    def try_out(self, ticket: Ticket, data: st.DataObject) -> None:
        """Try one verb, sensible or not."""
        self.now += timedelta(minutes=data.draw(st.integers(0, 500)))
        tickets, facts = self.tickets, self.tickets.facts
        words = data.draw(st.sampled_from(["", "原因", "原因"]))
        open_ways = [one for one in tickets.moves(ticket.id) if one != "declined"]
        anywhere = [one for one in STATES if one != "merged"]
        state = data.draw(st.sampled_from([*open_ways * 4, *anywhere]))
        waits = data.draw(st.sampled_from(["", *SUSPENSIONS]))
        emergency = data.draw(st.sampled_from(["", "", "", "正在被篡改"]))
        by = data.draw(st.sampled_from(["李慧敏", "李慧敏", "路人甲"]))
        kind = data.draw(st.sampled_from(KINDS))
        told = dict.fromkeys(AUDIENCES[: data.draw(st.integers(0, 3))], "公告")
        half = timedelta(minutes=30)
        verbs: dict[str, Callable[[], object]] = {
            "move": lambda: tickets.move(
                ticket.id, state, words, waiting_on=waits, emergency=emergency
            ),
            "confirm": lambda: tickets.confirm(ticket.id, by=by, channel="电话"),
            "confirmed_before": lambda: tickets.confirm(
                ticket.id, by=by, channel="电话", at=self.now - half
            ),
            "close": lambda: tickets.close(ticket.id),
            "kind": lambda: tickets.revise(ticket.id, "甲方", kind=kind),
            "assess": lambda: tickets.assess(ticket.id, by="陈志远", person_days=Decimal(1)),
            "cause": lambda: facts.cause(ticket.id, "磁盘写满"),
            "interrupts": lambda: facts.interrupts(ticket.id, not words, words),
            "announce": lambda: facts.announce(ticket.id, told),
            "promise": lambda: tickets.promise(ticket.id, self.now + half, words),
            "note": lambda: tickets.note(ticket.id, words),
        }
        verb = data.draw(st.sampled_from(["move"] * len(verbs) + list(verbs)))
        with suppress(OpsError):  # a refusal leaves the record as it was
            verbs[verb]()


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    database = Database(Path(tmp_path_factory.mktemp("walks")) / "store.db")
    yield Desk(database)
    database.close()


def gates_hold(entries: tuple[EntryView, ...]) -> None:
    """Read the entries as Party A's lawyer would: each step only after what it needs."""
    said: dict[str, object] = {}
    suspended_from = ""
    for entry in entries:
        before = str(said.get("state", ""))
        said |= entry.fields
        state = str(entry.fields.get("state", before))
        if state == before or "state" not in entry.fields:
            continue
        if state == "suspended":
            assert entry.note["waiting_on"] in SUSPENSIONS
            assert entry.note["text"]
            suspended_from = before
            continue
        if before == "suspended" and state != "withdrawn":
            assert state == suspended_from, "a suspension goes back to where it came from"
            continue
        told = all(said.get(f"notice_{one}") for one in AUDIENCES)
        if state in ("implementing", "awaiting_confirmation"):
            assert not said.get("interrupts") or told or said.get("notice_emergency")
        if state in ("working", "implementing", *_DONE) and before:
            assert said["kind"] != "requirement" or said.get("assessed_days")
        if state in _DONE:
            assert said["kind"] != "problem" or said.get("cause")
        if state == "closed":
            assert before == "awaiting_confirmation"
            assert said["confirmed_by"] == "李慧敏"
        if state in ("declined", "withdrawn"):
            assert entry.note["text"]
            assert before not in ("implementing", *_DONE)
            assert before != "suspended" or suspended_from not in ("implementing", *_DONE)


@settings(
    max_examples=ROUNDS,
    deadline=None,
    phases=(
        Phase.explicit,
        Phase.reuse,
        Phase.generate,
    ),  # shrinking would replay it all for minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.data(), st.sampled_from(KINDS), st.integers(10, 40))
def test_no_gate_is_skipped_whatever_is_tried(
    desk: Desk, data: st.DataObject, kind: str, steps: int
) -> None:
    ticket = desk.tickets.open(kind, "首页 502", requester="李慧敏", priority=2)  # type: ignore[arg-type]  # drawn from KINDS
    for _ in range(steps):
        desk.try_out(ticket, data)
    entries = desk.journal.entries("ticket", ticket.id)
    gates_hold(entries)
    clocks = {one.key: one for one in desk.tickets.clocks(ticket.id)}
    waited = clocks["waiting"].seconds
    assert clocks["resolve"].paused <= waited
    if not clocks["resolve"].hours.always:
        return
    assert clocks["resolve"].paused == waited, "what waits on Party A is never charged"


@settings(
    max_examples=ROUNDS,
    deadline=None,
    phases=(
        Phase.explicit,
        Phase.reuse,
        Phase.generate,
    ),  # shrinking would replay it all for minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.data(), st.integers(0, 8), st.integers(0, 8), st.integers(0, 4000))
def test_a_merge_taken_back_leaves_both_as_they_were(
    desk: Desk, data: st.DataObject, first: int, second: int, minutes: int
) -> None:
    tickets = desk.tickets
    one = tickets.open("incident", "首页 502", requester="李慧敏", priority=2)
    other = tickets.open("incident", "会员中心 502", requester="李慧敏", priority=1)
    for ticket, steps in ((one, first), (other, second)):
        for _ in range(steps):
            desk.try_out(ticket, data)
    later = desk.now + timedelta(days=30)

    def seen() -> list[object]:
        return [
            (tickets.get(id), tickets.clocks(id, later), tickets.promises(id, later))
            for id in (one.id, other.id)
        ]

    before, steps = seen(), len(tickets.steps(other.id))
    try:
        tickets.bonds.merge(one.id, other.id)
    except OpsError:  # one is over, or a gate would be lost
        assert seen() == before
        return
    merged = {clock.key: clock for clock in tickets.clocks(other.id, later)}
    alone = {clock.key: clock for clock in before[1][1]}  # type: ignore[index]  # as `seen` made it
    assert merged["response"].seconds >= 0
    assert merged["resolve"].seconds >= alone["resolve"].seconds, "no time is lost"
    assert len(tickets.steps(other.id)) > steps
    desk.now += timedelta(minutes=minutes)
    tickets.bonds.part(one.id)
    assert seen() == before


def test_the_store_is_what_the_journal_says_after_all_of_it(desk: Desk) -> None:
    assert desk.journal.verify().ok
    assert desk.journal.strangers() == ()
