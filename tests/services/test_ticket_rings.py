"""Two devices that merge tickets into each other: what holds, on both alike, how it is undone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from db.engine import Database
from db.journal import Journal
from gmops_desktop.contract.ticket_bonds import Merge, void_merges
from gmops_desktop.contract.tickets import Ticket
from gmops_desktop.errors import OpsError
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.obligations import Obligations
from gmops_desktop.services.tickets import Tickets

ROUNDS = int(os.environ.get("GMOPS_SOAK", "12"))


class Device:
    """One machine with a store of its own."""

    def __init__(self, folder: Path, name: str, pair: Pair) -> None:
        self.database = Database(folder / f"{name}.db")
        self.journal = Journal(
            self.database, actor=lambda: name, device_name=name, now=lambda: pair.now
        )
        self.tickets = Tickets(self.database, self.journal, now=lambda: pair.now)

    def open(self, title: str) -> Ticket:
        return self.tickets.open("incident", title, requester="", priority=3)


class Pair:
    """A workstation and a laptop that meet now and then, and a clock that only moves on."""

    def __init__(self, folder: Path) -> None:
        self.now = datetime(2018, 11, 22, 2, 0, tzinfo=UTC)
        self.desk, self.laptop = Device(folder, "desk", self), Device(folder, "laptop", self)
        Contracts(self.desk.database, self.desk.journal, now=lambda: self.now).load_example()
        self.meet()

    def meet(self) -> None:
        self.laptop.journal.merge(self.desk.journal.entries())
        self.desk.journal.merge(self.laptop.journal.entries())

    def later(self) -> None:
        self.now += timedelta(hours=1)

    def both(self, ticket_id: str) -> Ticket:
        """The ticket, which is the same on both devices."""
        one, other = (side.tickets.get(ticket_id) for side in (self.desk, self.laptop))
        assert one == other
        return one

    def crossed(self) -> tuple[Ticket, Ticket]:
        """Two tickets: the first was merged into the second here, and then the other way there."""
        one, other = self.desk.open("官网 502"), self.desk.open("官网打不开")
        self.meet()
        self.later()
        self.desk.tickets.bonds.merge(one.id, other.id)
        self.later()
        self.laptop.tickets.note(one.id, "现场")  # so that this device writes last
        self.laptop.tickets.bonds.merge(other.id, one.id)
        self.meet()
        return self.both(one.id), self.both(other.id)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    pair = Pair(tmp_path_factory.mktemp("rings"))
    yield pair
    for side in (pair.desk, pair.laptop):
        side.database.close()


def test_the_merge_recorded_first_holds_and_no_ticket_is_lost(pair: Pair) -> None:
    one, other = pair.crossed()
    assert (one.state, one.merged_into, one.void_merge) == ("merged", other.id, "")
    assert (other.state, other.merged_into, other.void_merge) == ("registered", "", one.id)
    assert other.closed_at is None
    assert other.conflicts == ("merged_into",)
    assert [part.id for part in pair.desk.tickets.bonds.merged(other.id)] == [one.id]
    pair.later()
    resolve = next(c for c in pair.desk.tickets.clocks(other.id) if c.key == "resolve")
    assert resolve.running
    assert resolve.seconds == 3 * 3600  # since it was opened: what does not hold costs no time
    overview = Obligations(pair.desk.database, pair.desk.journal, now=lambda: pair.now).overview()
    assert [
        due.text for due in overview.due if due.number == other.number and due.word == "Conflict"
    ] == [f"Merged into each other on two devices: {other.title}"]


def test_a_step_settles_it(pair: Pair) -> None:
    one, other = pair.crossed()
    pair.laptop.tickets.move(other.id, "working")
    pair.meet()
    settled = pair.both(other.id)
    assert (settled.state, settled.void_merge, settled.conflicts) == ("working", "", ())
    assert pair.both(one.id).merged_into == other.id


def test_taking_back_the_one_that_holds_lets_the_other_hold(pair: Pair) -> None:
    one, other = pair.crossed()
    pair.laptop.tickets.bonds.part(one.id)
    pair.meet()
    assert (pair.both(one.id).state, pair.both(one.id).merged_into) == ("registered", "")
    turned = pair.both(other.id)
    assert (turned.state, turned.merged_into, turned.void_merge) == ("merged", one.id, "")


def test_taking_back_both_leaves_no_trace(pair: Pair) -> None:
    one, other = pair.crossed()
    pair.desk.tickets.bonds.part(other.id)
    assert pair.desk.tickets.get(other.id).void_merge == ""
    pair.laptop.tickets.bonds.part(one.id)
    pair.meet()
    for ticket in (pair.both(one.id), pair.both(other.id)):
        assert (ticket.state, ticket.merged_into, ticket.void_merge) == ("registered", "", "")
    with pytest.raises(OpsError, match="is not merged"):
        pair.desk.tickets.bonds.part(one.id)


def test_a_merge_elsewhere_settles_it_too(pair: Pair) -> None:
    one, other = pair.crossed()
    third = pair.desk.open("同一故障")
    pair.desk.tickets.bonds.merge(other.id, third.id)
    pair.meet()
    assert pair.both(other.id).merged_into == third.id
    assert pair.both(one.id).merged_into == other.id
    assert {part.id for part in pair.laptop.tickets.bonds.merged(third.id)} == {one.id, other.id}


@settings(
    max_examples=ROUNDS,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.generate],
)
@given(data=st.data())
def test_whatever_two_devices_merge_every_ticket_ends_in_one_that_is_open(
    pair: Pair, data: st.DataObject
) -> None:
    made = [pair.desk.open(f"{place}").id for place in range(4)]
    pair.meet()
    untouched = pair.desk.tickets.clocks_of(made)
    verbs = st.sampled_from(["merge", "merge", "merge", "part", "note", "meet"])
    for verb in data.draw(st.lists(verbs, min_size=4, max_size=12)):
        side = data.draw(st.sampled_from([pair.desk, pair.laptop]))
        one, other = data.draw(st.permutations(made))[:2]
        with suppress(OpsError):  # a refusal is an outcome
            if verb == "merge":
                side.tickets.bonds.merge(one, other)
            elif verb == "part":
                side.tickets.bonds.part(one)
            elif verb == "note":
                side.tickets.note(one, "看了一眼")
            else:
                pair.meet()
    pair.meet()
    found = {one: pair.both(one) for one in made}
    for start in made:
        seen, here = set(), found[start]
        while here.merged_into:
            assert here.id not in seen, "a ring"
            seen.add(here.id)
            here = found[here.merged_into]
        assert here.state == "registered"
    for side in (pair.desk, pair.laptop):
        assert side.journal.strangers() == ()
    before = pair.desk.tickets.all()
    pair.desk.journal.rebuild()
    assert pair.desk.tickets.all() == before
    for _ in range(len(made) * 4):  # each may have been merged several times
        for one in made:
            with suppress(OpsError):
                pair.desk.tickets.bonds.part(one)
    pair.meet()
    assert all(pair.both(one).state == "registered" for one in made)
    after = pair.desk.tickets.clocks_of(made)
    for one in made:
        for was, now in zip(untouched[one], after[one], strict=True):
            if now.key != "response":  # a note is an answer
                assert (was.seconds, was.running) == (now.seconds, now.running)


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.sampled_from("abcdefx"), max_size=6),
    st.permutations(range(6)),
)
def test_of_every_ring_exactly_the_last_merge_is_void(
    into: dict[str, str], clocks: list[int]
) -> None:
    merges = [
        Merge(ticket, other, f"e{ticket}", (clock, "d"))
        for (ticket, other), clock in zip(into.items(), clocks, strict=False)
        if ticket != other
    ]
    void = void_merges(merges)
    assert void == void_merges(reversed(merges))
    holds = {one.ticket: one.into for one in merges if one.entry not in void}
    for start in holds:
        here, steps = start, 0
        while here in holds:
            here, steps = holds[here], steps + 1
            assert steps <= len(holds), "a ring holds"
    for one in merges:
        if one.entry in void:  # without it the ring would be closed, and it is the last of it
            ring, here = [one], one.into
            known = {other.ticket: other for other in merges}
            while here != one.ticket:
                ring.append(known[here])
                here = known[here].into
            assert max(ring, key=lambda other: other.order) == one
