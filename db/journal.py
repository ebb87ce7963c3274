"""The journal: every fact a person records, in chains nobody can rewrite unseen.

`record` appends an entry and brings the subject's projection up to date in the caller's
transaction.  `merge` takes the entries of other devices in.  The rules of entries and chains are
in `gmops_desktop.contract.record`.
"""

from __future__ import annotations

import getpass
import hashlib
import platform
import re
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count, islice
from pathlib import Path
from typing import Any, Final

from sqlalchemy import func, insert, or_, select
from sqlalchemy.orm import Session

from db.engine import Database
from db.entries import entries_of, values_of_entry, view_of
from db.ids import uuid7
from db.models import Device, Entry, Numbered
from db.projections import TABLES, project, project_all, project_new, strangers
from db.texts import is_stale
from gmops_desktop.contract.record import (
    START,
    ChainHead,
    ChainReport,
    EntryView,
    Json,
    chain_faults,
    chains,
    data_of,
    digest,
    fold,
)
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

_PREFIXES: Final = {"ticket": "T", "change": "C", "report": "R"}
_NONE: Final[Mapping[str, Json]] = {}
_AT_ONCE: Final = 500  # subjects of one statement
_AS_THEY_ARE: Final = frozenset({str, int, float, bool, type(None)})  # in JSON


def utc_now() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Fact:
    """What one entry will say: the fields it sets, and all else."""

    action: str
    fields: Mapping[str, Json] = field(default_factory=dict)
    note: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class New:
    """A subject that has no entry yet, with its first ones, for recording many at once."""

    subject: str
    facts: Sequence[Fact]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in its device's chain the next entry stands."""

    device: str
    sequence: int
    clock: int
    previous: str
    seen: Mapping[str, int]

    def after(self, entry: EntryView) -> _Place:
        return _Place(self.device, self.sequence + 1, self.clock + 1, entry.hash, self.seen)


class Journal:
    """The entries of one store, and the one device that writes here.

    `actor` gives the person at work; `now` the time (tests and examples bring their own).
    """

    def __init__(
        self,
        database: Database,
        *,
        actor: Callable[[], str],
        device_name: str = "",
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database = database
        self._actor = actor
        self._device_name = device_name or platform.node() or "?"
        self._machine = _machine(database.place)
        self._now = now

    def actor(self) -> str:
        """Return who is at work, as the next entry will name them."""
        return (self._actor().strip() or getpass.getuser())[:100]

    def record(
        self,
        session: Session,
        kind: str,
        subject: str,
        action: str,
        fields: Mapping[str, Json] = _NONE,
        **note: Json,
    ) -> EntryView:
        """Append an entry in `session`'s transaction, which the caller has begun and commits.

        `fields` are the subject's fields it sets, `note` all else; values are JSON, dates, times
        (kept as ISO 8601, times in UTC) or decimals (kept as text).
        """
        device = self._device(session)
        entry = self._append(session, device, kind, subject, action, fields, note)
        project(session, entries_of(session, kind, subject))
        session.flush()
        return entry

    def record_new(
        self, session: Session, kind: str, new: Iterable[New], passed: Callable[[int], object]
    ) -> int:
        """Append the first entries of many subjects that have none yet; return how many subjects.

        `passed` is told how many are written, now and then, and may raise: the caller's
        transaction then ends without any of them.
        """
        device = self._device(session)
        place = self._place(session, device)
        done = 0
        waiting = iter(new)
        while some := tuple(islice(waiting, _AT_ONCE)):
            made: list[list[EntryView]] = []
            rows: list[dict[str, Any]] = []
            for one in some:
                made.append([])
                for fact in one.facts:
                    entry, data = self._entry(place, kind, one.subject, fact)
                    place = place.after(entry)
                    made[-1].append(entry)
                    rows.append(values_of_entry(entry, data))
            session.connection().execute(insert(Entry), rows)
            project_new(session, map(fold, made))
            done += len(made)
            passed(done)
        return done

    def next_number(self, session: Session, kind: str) -> str:
        """Return the next free number for a new ticket (T-0001), change (C-0001) or report.

        The first device of a store gives plain numbers; each one that joins later has a letter
        (T-B0001), so that numbers given out offline stay unique after merging.
        """
        return next(self.next_numbers(session, kind))

    def next_numbers(self, session: Session, kind: str) -> Iterator[str]:
        """Yield the free numbers in order, for subjects that the caller records meanwhile."""
        model = TABLES[kind]
        assert issubclass(model, Numbered)
        start = f"{_PREFIXES[kind]}-{self._device(session).letter}"
        pattern = re.compile(re.escape(start) + r"(\d+)")
        claimed = select(model.claimed).where(model.claimed.startswith(start))
        # Digits are padded alike: the longest and last of those that fit is the highest.
        ordered = claimed.order_by(func.length(model.claimed).desc(), model.claimed.desc())
        with session.execute(ordered) as rows:
            found = (pattern.fullmatch(number) for (number,) in rows)
            highest = next((int(match[1]) for match in found if match), 0)
        for number in count(highest + 1):
            yield f"{start}{number:04d}"

    def entries(self, kind: str = "", subject: str = "") -> tuple[EntryView, ...]:
        """Return the entries of a subject, of a kind, or all, oldest first by logical clock."""
        with self._database.session() as session:
            return tuple(entries_of(session, kind, subject))

    def entries_in(self, session: Session, kind: str, subject: str) -> tuple[EntryView, ...]:
        """Return the entries of a subject as `session`'s transaction sees them."""
        return tuple(entries_of(session, kind, subject))

    def entries_ending(self, session: Session, *endings: str) -> tuple[EntryView, ...]:
        """Return the entries of all subjects whose action ends so (".attached"), oldest first."""
        wanted = select(Entry).where(or_(*(Entry.action.endswith(end) for end in endings)))
        rows = session.scalars(wanted.order_by(Entry.clock, Entry.device))
        return tuple(view_of(row) for row in rows)

    def entries_after(self, clock: int, kind: str) -> tuple[EntryView, ...]:
        """Return the entries of a kind that are younger than `clock`, oldest first."""
        wanted = select(Entry).where(Entry.clock > clock, Entry.kind == kind)
        with self._database.session() as session:
            rows = session.scalars(wanted.order_by(Entry.clock, Entry.device))
            return tuple(view_of(row) for row in rows)

    def entries_between(
        self, session: Session, begin: datetime, end: datetime
    ) -> tuple[EntryView, ...]:
        """Return the entries of any kind recorded from `begin` to before `end`, oldest first."""
        inside = select(Entry).where(Entry.at >= begin, Entry.at < end)
        return tuple(view_of(row) for row in session.scalars(inside.order_by(Entry.clock)))

    def clock(self) -> int:
        """Return the logical clock of the youngest entry."""
        with self._database.session() as session:
            return session.scalar(select(func.max(Entry.clock))) or 0

    def knows(self, session: Session, kind: str, subject: str) -> bool:
        """Whether there is such a subject."""
        wanted = select(Entry.id).where(Entry.kind == kind, Entry.subject == subject)
        return session.scalar(wanted.limit(1)) is not None

    def entries_of(self, kind: str, subjects: Sequence[str]) -> dict[str, tuple[EntryView, ...]]:
        """Return the entries of many subjects of a kind, by subject, each oldest first."""
        found: dict[str, list[EntryView]] = {subject: [] for subject in subjects}
        with self._database.session() as session:
            for start in range(0, len(subjects), _AT_ONCE):
                some = Entry.subject.in_(subjects[start : start + _AT_ONCE])
                wanted = select(Entry.__table__).where(Entry.kind == kind, some)
                for row in session.execute(wanted.order_by(Entry.clock, Entry.device)):
                    found[row.subject].append(view_of(row))
        return {subject: tuple(entries) for subject, entries in found.items()}

    def heads(self) -> tuple[ChainHead, ...]:
        """Return the newest entry of every device's chain, by device."""
        with self._database.session() as session:
            return _heads(session)

    def count(self) -> int:
        """Return how many entries there are."""
        with self._database.session() as session:
            return session.scalar(select(func.count()).select_from(Entry)) or 0

    def strangers(self) -> tuple[str, ...]:
        """Return the name of every row that says something else than its entries do."""
        with self._database.session() as session:
            return strangers(session, entries_of(session))

    def verify(self) -> ChainReport:
        """Recompute every hash and follow every chain; name each entry that does not fit."""
        with self._database.session() as session:
            whole, unreadable = [], []
            for row in session.scalars(select(Entry)):
                try:
                    whole.append(view_of(row))
                except (ValueError, AttributeError):
                    unreadable.append((row.device, row.sequence))
            names = {device.id: device.name for device in session.scalars(select(Device))}
            faults = chain_faults(whole, names, unreadable)
            count = len(whole) + len(unreadable)
            return ChainReport(not faults, count, _heads(session), faults)

    def rebuild(self) -> None:
        """Drop every projection and replay the journal."""
        with self._database.session() as session, session.begin():
            project_all(session, entries_of(session))

    def catch_up(self) -> bool:
        """Rebuild if a newer program gathers from the journal what this store has not; say so."""
        with self._database.session() as session:
            if not is_stale(session):
                return False
        self.rebuild()
        return True

    def merge(self, entries: Iterable[EntryView]) -> int:
        """Take in entries of other devices; return how many were new.

        Set union by id, then replay: order and repetition do not matter.  What does not fit (an
        altered entry, a gap, two different entries with one number) is refused as a whole.
        """
        offered = {entry.id: entry for entry in entries}
        with self._database.session() as session, session.begin():
            held = {entry.id: entry for entry in entries_of(session)}
            new = [entry for key, entry in offered.items() if key not in held]
            changed = [e for key, e in offered.items() if key in held and held[key] != e]
            union = [*held.values(), *new]
            names = _names(union)
            faults = chain_faults([*union, *changed], names)
            if faults:
                raise OpsError(
                    tr("The entries cannot be taken in: {fault}", fault=faults[0]),
                    hint=tr("Ask for a new, complete hand-over from that device."),
                    unharmed=tr("Nothing was taken in; the record here is unchanged."),
                )
            _meet_devices(session, union)
            session.add_all(Entry(**values_of_entry(entry, data_of(entry))) for entry in new)
            session.flush()
            touched = {(entry.kind, entry.subject) for entry in new}
            for kind, subject in sorted(touched):
                project(session, entries_of(session, kind, subject))
        return len(new)

    def _append(
        self,
        session: Session,
        device: Device,
        kind: str,
        subject: str,
        action: str,
        fields: Mapping[str, Json],
        note: Mapping[str, Json],
    ) -> EntryView:
        place = self._place(session, device)
        entry, data = self._entry(place, kind, subject, Fact(action, fields, note))
        session.add(Entry(**values_of_entry(entry, data)))
        session.flush()
        return entry

    def _place(self, session: Session, device: Device) -> _Place:
        heads = {head.device: head for head in _heads(session)}
        mine = heads.pop(device.id, None)
        return _Place(
            device=device.id,
            sequence=mine.sequence + 1 if mine else 1,
            clock=(session.scalar(select(func.max(Entry.clock))) or 0) + 1,
            previous=mine.hash if mine else START,
            seen={head.device: head.sequence for head in heads.values()},
        )

    def _entry(self, place: _Place, kind: str, subject: str, fact: Fact) -> tuple[EntryView, str]:
        """Return an entry, and its data as the store keeps them."""
        now = self._now()
        offset = now.astimezone().utcoffset()
        entry = EntryView(
            id=uuid7(),
            device=place.device,
            sequence=place.sequence,
            clock=place.clock,
            at=now.astimezone(UTC).replace(microsecond=now.microsecond // 1000 * 1000),
            offset_minutes=round(offset.total_seconds() / 60) if offset else 0,
            actor=self.actor(),
            kind=kind,
            subject=subject,
            action=fact.action,
            fields={name: plain(value) for name, value in fact.fields.items()},
            note={name: plain(value) for name, value in fact.note.items()},
            hash="",
            previous=place.previous,
            seen=place.seen,
        )
        data = data_of(entry)
        return replace(entry, hash=digest(entry, data)), data

    def _device(self, session: Session) -> Device:
        """Return this machine's device; let it join with its first entry if it is new here."""
        mine = session.scalar(select(Device).where(Device.machine == self._machine))
        if mine is not None:
            return mine
        before = session.scalar(select(func.count()).select_from(Device)) or 0
        name, letter = self._device_name[:100], letter_of(before)
        mine = Device(id=uuid7(), name=name, letter=letter, machine=self._machine)
        session.add(mine)
        session.flush()
        fields = {"name": name, "letter": letter}
        self._append(session, mine, "device", mine.id, "device.joined", fields, {})
        return mine


def plain(value: object) -> Json:
    """Return `value` as JSON keeps it; dates, times, decimals and tuples have no form there."""
    if type(value) in _AS_THEY_ARE:
        return value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal | Path):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def letter_of(place: int) -> str:
    """Return the letter of the device that joins after `place` others: none, B, C, ... Z, BA."""
    if place == 0:
        return ""
    text = ""
    while True:
        text = chr(ord("A") + place % 26) + text
        place //= 26
        if place == 0:
            return text


def _machine(place: str) -> str:
    """Return what tells this machine and this store's place from all others.

    A store copied elsewhere thus becomes a device of its own there, instead of a second end of
    the same chain.
    """
    try:
        machine = Path("/etc/machine-id").read_text("ascii").strip()
    except OSError:
        machine = f"{uuid.getnode():012x}"
    said = "\n".join(("gmops-device-1", machine, getpass.getuser(), place))
    return hashlib.sha256(said.encode()).hexdigest()


def _heads(session: Session) -> tuple[ChainHead, ...]:
    found = []
    for device in session.scalars(select(Device).order_by(Device.id)):
        last = select(Entry.sequence, Entry.hash).where(Entry.device == device.id)
        row = session.execute(last.order_by(Entry.sequence.desc()).limit(1)).first()
        if row is not None:
            found.append(ChainHead(device.id, device.name, row.sequence, row.hash))
    return tuple(found)


def _names(entries: Iterable[EntryView]) -> dict[str, str]:
    joined = [entry for entry in entries if entry.action == "device.joined"]
    return {entry.device: str(entry.fields.get("name", entry.device)) for entry in joined}


def _meet_devices(session: Session, entries: Iterable[EntryView]) -> None:
    known = set(session.scalars(select(Device.id)))
    for device, chain in chains(entries).items():
        if device not in known:
            said = chain[0].fields
            name, letter = str(said.get("name", device)), str(said.get("letter", ""))
            session.add(Device(id=device, name=name, letter=letter, machine=""))
    session.flush()
