from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmops_desktop.contract.record import (
    START,
    EntryView,
    canonical,
    chain_faults,
    digest,
    fold,
    knew,
)

T0 = datetime(2018, 3, 6, tzinfo=UTC)
NAMES = {"a": "workstation", "b": "laptop", "c": "colleague"}


class Replica:
    """A device with what it holds: the rules of the journal without a database."""

    def __init__(self, device: str) -> None:
        self.device = device
        self.held: dict[str, EntryView] = {}

    def write(self, subject: str, fields: dict[str, object], skew: int = 0) -> EntryView:
        heads: dict[str, EntryView] = {}
        for entry in self.held.values():
            if entry.sequence > (heads[entry.device].sequence if entry.device in heads else 0):
                heads[entry.device] = entry
        mine = heads.pop(self.device, None)
        number = mine.sequence + 1 if mine else 1
        entry = EntryView(
            id=f"{self.device}{number}",
            device=self.device,
            sequence=number,
            clock=max((e.clock for e in self.held.values()), default=0) + 1,
            at=T0 + timedelta(minutes=number + skew),
            offset_minutes=480,
            actor="张伟",
            kind="ticket",
            subject=subject,
            action="ticket.revised",
            fields=fields,
            note={},
            hash="",
            previous=mine.hash if mine else START,
            seen={device: head.sequence for device, head in heads.items()},
        )
        entry = replace(entry, hash=digest(entry))
        self.held[entry.id] = entry
        return entry

    def merge(self, other: Replica) -> None:
        self.held |= other.held


@st.composite
def worlds(draw):
    """Up to three devices that wrote and met in some order; their clocks may be wrong."""
    replicas = [Replica(name) for name in "abc"]
    for _ in range(draw(st.integers(1, 25))):
        one = draw(st.sampled_from(replicas))
        if draw(st.integers(0, 3)):
            names = draw(st.lists(st.sampled_from(["title", "state"]), min_size=1, unique=True))
            fields = {name: draw(st.sampled_from(["x", "y", "z", None])) for name in names}
            one.write("t", fields, skew=draw(st.integers(-90, 90)))
        else:
            one.merge(draw(st.sampled_from(replicas)))
    return replicas


@given(worlds(), st.randoms())
def test_a_subject_is_the_same_whatever_order_its_entries_come_in(replicas, random):
    entries = list({k: e for replica in replicas for k, e in replica.held.items()}.values())
    expected = fold(entries) if entries else None
    for _ in range(3):
        random.shuffle(entries)
        if expected:
            assert fold(entries) == expected


@given(worlds())
def test_a_field_is_its_last_write_and_in_conflict_while_two_unmet_values_stand(replicas):
    entries = [e for replica in replicas for e in replica.held.values()]
    entries = list({entry.id: entry for entry in entries}.values())
    if not entries:
        return
    subject = fold(entries)
    for name in ("title", "state"):
        writes = [entry for entry in entries if name in entry.fields]
        if not writes:
            continue
        # The definition itself, without the short cut `fold` takes.
        standing = [w for w in writes if not any(knew(other, w) for other in writes)]
        assert subject.fields[name] == max(writes, key=lambda w: w.order).fields[name]
        in_conflict = len({canonical(w.fields[name]) for w in standing}) > 1
        assert (name in subject.conflicts) is in_conflict


@given(worlds())
def test_one_device_alone_never_conflicts_with_itself(replicas):
    for replica in replicas:
        own = [entry for entry in replica.held.values() if entry.device == replica.device]
        if own:
            assert fold(own).conflicts == ()


@given(worlds())
def test_what_a_device_writes_after_looking_settles_every_conflict(replicas):
    here = replicas[0]
    for replica in replicas:
        here.merge(replica)
    here.write("t", {"title": "settled", "state": "settled"})
    subject = fold(here.held.values())
    assert subject.conflicts == ()
    assert set(subject.fields.values()) == {"settled"}


@given(worlds())
def test_honest_chains_have_no_faults(replicas):
    for replica in replicas:
        assert chain_faults(replica.held.values(), NAMES) == ()


@given(worlds(), st.data())
def test_any_altered_entry_is_named(replicas, data):
    entries = list({k: e for replica in replicas for k, e in replica.held.items()}.values())
    if not entries:
        return
    victim = data.draw(st.sampled_from(entries))
    change = data.draw(
        st.sampled_from(
            [
                {"actor": "别人"},
                {"at": victim.at + timedelta(milliseconds=1)},
                {"fields": {**victim.fields, "more": 1}},
                {"note": {"text": "!"}},
                {"subject": "other"},
                {"clock": victim.clock + 1},
                {"offset_minutes": 0},
                {"seen": {**victim.seen, "zz": 0}},
            ]
        )
    )
    forged = [replace(e, **change) if e.id == victim.id else e for e in entries]
    faults = chain_faults(forged, NAMES)
    assert f"Entry {victim.sequence} of {NAMES[victim.device]} was altered." in faults


@given(worlds(), st.data())
def test_any_dropped_entry_is_missed_unless_it_was_the_last_nobody_saw(replicas, data):
    entries = list({k: e for replica in replicas for k, e in replica.held.items()}.values())
    if not entries:
        return
    victim = data.draw(st.sampled_from(entries))
    rest = [entry for entry in entries if entry.id != victim.id]
    witnessed = any(knew(other, victim) for other in rest)
    assert bool(chain_faults(rest, NAMES)) is witnessed


def chain(count=4):
    replica = Replica("a")
    return [replica.write("t", {"title": str(n)}) for n in range(count)]


def test_each_fault_has_its_own_sentence():
    entries = chain()
    assert chain_faults(entries[:1] + entries[2:], NAMES) == ("Entry 2 of workstation is missing.",)
    assert chain_faults(entries[:1] + entries[3:], NAMES) == (
        "Entries 2 to 3 of workstation are missing.",
    )
    assert chain_faults([*entries, replace(entries[1], id="copy")], NAMES) == (
        "Entry 2 of workstation is there twice.",
    )
    rewritten = replace(entries[1], actor="别人")
    rewritten = replace(rewritten, hash=digest(rewritten))
    [fault] = chain_faults([entries[0], rewritten, *entries[2:]], NAMES)
    assert fault.startswith("Entry 3 of workstation does not follow the one before it")
    late = replace(entries[3], clock=entries[2].clock)
    late = replace(late, hash=digest(late))
    assert chain_faults([*entries[:3], late], NAMES) == ("Entry 4 of workstation is out of order.",)
    assert chain_faults([*entries[:2], entries[3]], NAMES, [("a", 3)]) == (
        "Entry 3 of workstation cannot be read.",
    )


def test_the_digest_does_not_change_with_the_version_of_the_program():
    """A report signed today must be provable in ten years: this value is for ever."""
    entry = EntryView(
        id="01620000-0000-7000-8000-000000000001",
        device="01620000-0000-7000-8000-0000000000aa",
        sequence=2,
        clock=7,
        at=datetime(2018, 3, 6, 1, 2, 3, 456000, tzinfo=UTC),
        offset_minutes=480,
        actor="张伟",
        kind="ticket",
        subject="01620000-0000-7000-8000-000000000002",
        action="ticket.opened",
        fields={"title": "官网首页 502", "priority": 1},
        note={"evidence": ["a.png"]},
        hash="",
        previous=START,
        seen={"01620000-0000-7000-8000-0000000000bb": 3},
    )
    assert digest(entry) == "c6b76340cf00bf8e133a7baeb115b0de6b900eae601b17da0191eceb3fd6656b"


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False)
        | st.text('中aé"\\\n'),
        lambda inner: st.lists(inner) | st.dictionaries(st.text("ab"), inner),
    ).filter(lambda value: "Infinity" not in repr(value) and "inf" not in repr(value))
)
def test_canonical_text_is_stable_through_reading(value):

    assert canonical(json.loads(canonical(value))) == canonical(value)


def test_what_json_cannot_say_is_refused():
    with pytest.raises(ValueError, match="JSON"):
        canonical(float("nan"))
