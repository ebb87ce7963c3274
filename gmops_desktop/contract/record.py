"""The journal's rules: what an entry is, how entries become fields, and how tampering shows.

An entry holds `fields` (the fields of its subject that it sets), a `note` (everything else), and
`seen`: for every other device, the number of the last of its entries that stood in the store when
this one was written.  So whether one write knew of another is a fact and not a guess from clocks:
`knew(later, earlier)`.  A field's value is the last write in (clock, device) order; it is in
conflict while two writes of different values stand that no third write has known.  A person who
looks and sets the field again therefore ends the conflict.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from gmops_desktop.language import tr

Json = Any  # None, bool, int, float, str, a list of these, or a dict of these

START: Final = "0" * 64  # the "previous hash" of a device's first entry
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_CANONICAL: Final = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
)


@dataclass(frozen=True, slots=True)
class EntryView:
    """One journal entry.  `at` is UTC to the millisecond; `offset_minutes` is local time minus UTC.

    `clock` is a Lamport clock: greater than that of every entry the writer knew.
    """

    id: str
    device: str
    sequence: int
    clock: int
    at: datetime
    offset_minutes: int
    actor: str
    kind: str
    subject: str
    action: str
    fields: Mapping[str, Json]
    note: Mapping[str, Json]
    hash: str
    previous: str = START
    seen: Mapping[str, int] = field(default_factory=dict)

    @property
    def order(self) -> tuple[int, str]:
        """Where the entry stands among all: no two have the same."""
        return self.clock, self.device


@dataclass(frozen=True, slots=True)
class ChainHead:
    """The newest entry of one device's chain; printed in reports."""

    device: str
    device_name: str
    sequence: int
    hash: str


@dataclass(frozen=True, slots=True)
class ChainReport:
    """What a check of all chains found; `faults` are finished sentences."""

    ok: bool
    entries: int
    heads: tuple[ChainHead, ...]
    faults: tuple[str, ...]


def canonical(value: Json) -> str:
    """Return the one JSON text of `value`: sorted keys, no blanks, UTF-8, no NaN."""
    return _CANONICAL.encode(value)


def data_of(entry: EntryView) -> str:
    """Return what the journal's column `data` holds: all that is said, as canonical JSON."""
    return canonical(
        {"fields": dict(entry.fields), "note": dict(entry.note), "seen": dict(entry.seen)}
    )


def digest(entry: EntryView, data: str = "") -> str:
    """Return the SHA-256 that `entry.hash` must be: of the canonical JSON of everything it says.

    `data` is `data_of(entry)`, where that is known already.
    """
    return hashlib.sha256(hashed_text(entry, data).encode()).hexdigest()


def hashed_text(entry: EntryView, data: str = "") -> str:
    """Return the one line of JSON whose SHA-256 is the entry's hash; it ends with the hash of the
    entry before it, so that a chain can be followed with common tools."""
    milliseconds = (entry.at - _EPOCH).total_seconds() * 1000
    said = [
        "gmops-entry-1",
        entry.id,
        entry.device,
        entry.sequence,
        entry.clock,
        round(milliseconds),
        entry.offset_minutes,
        entry.actor,
        entry.kind,
        entry.subject,
        entry.action,
    ]
    return f"{canonical(said)[:-1]},{data or data_of(entry)},{canonical(entry.previous)}]"


def knew(later: EntryView, earlier: EntryView) -> bool:
    """Return whether the writer of `later` had `earlier` before its eyes."""
    if later.device == earlier.device:
        return later.sequence > earlier.sequence
    return later.seen.get(earlier.device, 0) >= earlier.sequence


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject as its entries leave it; `conflicts` names the fields that need a person's eye."""

    fields: Mapping[str, Json]
    conflicts: tuple[str, ...]
    entries: tuple[EntryView, ...]


def fold(entries: Iterable[EntryView]) -> Subject:
    """Return what the entries of one subject make of it, whatever order they come in."""
    ordered = tuple(sorted(entries, key=lambda entry: entry.order))
    values: dict[str, Json] = {}
    if len({entry.device for entry in ordered}) == 1:  # a device knew all it wrote before
        for entry in ordered:
            values |= entry.fields
        return Subject(values, (), ordered)
    standing: dict[str, list[EntryView]] = {}  # per field, the writes no later write has known
    for entry in ordered:
        for name, value in entry.fields.items():
            values[name] = value
            unknown = [other for other in standing.get(name, ()) if not knew(entry, other)]
            standing[name] = [*unknown, entry]
    conflicts = [
        name
        for name, writes in standing.items()
        if len(writes) > 1 and len({canonical(write.fields[name]) for write in writes}) > 1
    ]
    return Subject(values, tuple(sorted(conflicts)), ordered)


def chains(entries: Iterable[EntryView]) -> dict[str, list[EntryView]]:
    """Return the entries by device, each device's in its own order."""
    found: dict[str, list[EntryView]] = {}
    for entry in entries:
        found.setdefault(entry.device, []).append(entry)
    for chain in found.values():
        chain.sort(key=lambda entry: entry.sequence)
    return found


def chain_faults(
    entries: Iterable[EntryView],
    names: Mapping[str, str],
    unreadable: Iterable[tuple[str, int]] = (),
) -> tuple[str, ...]:
    """Return what is wrong with the chains: altered, missing, doubled, slipped-in entries.

    `names` gives the devices' names for the sentences; `unreadable` names entries (device and
    number) whose content is no longer even JSON.  A chain without a key cannot show that its own
    end was cut off, or that all of it was written anew: the entries of other devices (`seen`) and
    the heads printed in signed reports show that.
    """
    broken = set(unreadable)
    faults = [
        tr("Entry {number} of {device} cannot be read.", number=number, device=names.get(key, key))
        for key, number in sorted(broken)
    ]
    by_device = chains(entries)
    for device, chain in sorted(by_device.items()):
        faults += _faults_of_chain(chain, names.get(device, device), broken)
    highest = {device: chain[-1].sequence for device, chain in by_device.items()}
    for device, number in broken:
        highest[device] = max(number, highest.get(device, 0))
    claimed: dict[str, int] = {}
    for chain in by_device.values():
        for entry in chain:
            for device, number in entry.seen.items():
                claimed[device] = max(number, claimed.get(device, 0))
    for device, number in sorted(claimed.items()):
        there = highest.get(device, 0)
        if number > there:
            faults.append(
                tr(
                    "Entries {first} to {last} of {device} are missing: another device had seen "
                    "them.",
                    first=there + 1,
                    last=number,
                    device=names.get(device, device),
                )
            )
    return tuple(faults)


def _faults_of_chain(
    chain: Sequence[EntryView], name: str, broken: set[tuple[str, int]]
) -> list[str]:
    faults = []
    expected, previous, clock = 1, START, 0
    for entry in chain:
        number = entry.sequence
        gap = [n for n in range(expected, number) if (entry.device, n) not in broken]
        if gap:
            faults.append(
                tr(
                    "Entries {first} to {last} of {device} are missing.",
                    first=gap[0],
                    last=gap[-1],
                    device=name,
                )
                if len(gap) > 1
                else tr("Entry {number} of {device} is missing.", number=gap[0], device=name)
            )
        if number < expected:
            faults.append(
                tr("Entry {number} of {device} is there twice.", number=number, device=name)
            )
        elif entry.hash != digest(entry):
            faults.append(tr("Entry {number} of {device} was altered.", number=number, device=name))
        elif number == expected and entry.previous != previous:
            faults.append(
                tr(
                    "Entry {number} of {device} does not follow the one before it: one of them was "
                    "replaced or slipped in.",
                    number=number,
                    device=name,
                )
            )
        elif entry.clock <= clock:
            faults.append(
                tr("Entry {number} of {device} is out of order.", number=number, device=name)
            )
        expected, previous, clock = number + 1, entry.hash, max(clock, entry.clock)
    return faults
