"""Brings segments in hand up to the server's state: a few rows travel instead of whole segments.

Four questions, each about many segments at once: which runs of rows differ, which rows in them,
what these rows look like with their long values as tokens, and in full what is left.  Where nearly
all rows differ, `columns` looks whether they do in some columns only.  A segment counts as brought
up to date only when its SHA-256 is the one the server computed.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Final

from gmops_desktop.adapters.mysql import MysqlConnection, deltas, runs
from gmops_desktop.adapters.mysql.definitions import Table
from gmops_desktop.adapters.mysql.deltas import BRIEF, LONG, Key, Stretches, Sums
from gmops_desktop.adapters.mysql.pieces import Segment
from gmops_desktop.adapters.mysql.segments import Digest
from gmops_desktop.archive import splicing
from gmops_desktop.archive.frames import Damaged
from gmops_desktop.archive.hand import Held
from gmops_desktop.archive.splicing import Changes, OldRows, Stretch
from gmops_desktop.services.backups import columns
from gmops_desktop.services.backups.planning import range_of

TOGETHER: Final = 4  # segments brought up to date at once, because their rows are held in memory
_MOST_NEW: Final = 0.4  # part of a segment's rows beyond which it is better fetched whole


@dataclass(slots=True)
class _Case:
    """One segment on its way; `hopeless` when too many of its rows are new to be had singly."""

    held: Held
    wanted: Digest
    old: OldRows
    asked: Stretches
    stretches: tuple[Stretch, ...] = ()  # of the old rows, where they differ
    changes: Changes | None = None
    gone: dict[Key, int] = field(default_factory=dict)  # old rows that are no more, by index
    new: Counter[int] = field(default_factory=Counter)  # sums of rows that were not had yet
    half: dict[Key, bytes] = field(default_factory=dict)  # new rows that lack some literals
    fresh: dict[int, list[bytes]] = field(default_factory=dict)  # new rows by their sums
    sent_bytes: int = 0
    hopeless: bool = False
    text: bytes = b""  # the new one, where it was put together from columns

    def take(self, text: bytes) -> None:
        """Enter a whole new row, if it is one awaited."""
        value = self.old.sum_of(text)
        if self.new[value] > 0:
            self.new[value] -= 1
            self.fresh.setdefault(value, []).append(text)


@dataclass(frozen=True, slots=True)
class Spliced:
    """What became of a segment: its new rows, and how many bytes of them travelled; or nothing."""

    held: Held
    segment: Segment | None
    sent_bytes: int = 0


def splice(
    connection: MysqlConnection, table: Table, asked: Sequence[tuple[Held, Digest]]
) -> list[Spliced]:
    """Bring segments of `table` up to the state whose digests the server gave.

    Brief sums may hide a change, so what they did not bring there is tried once more with others.
    """
    found: list[Spliced] = []
    waiting = list(asked)
    for sums in (BRIEF, LONG):
        cases = []
        for held, wanted in waiting:
            if case := _case(table, held, wanted, sums):
                cases.append(case)
            else:
                found.append(Spliced(held, None))
        _find(connection, cases, sums)
        _fill(connection, table, [case for case in cases if not case.hopeless], sums)
        _place(connection, [case for case in cases if not case.hopeless])
        _fill_columns(connection, table, [case for case in cases if case.hopeless])
        waiting = []
        for case in cases:
            outcome = _result(case)
            if outcome.segment or case.hopeless or sums is LONG:
                found.append(outcome)
            else:
                waiting.append((case.held, case.wanted))
    return found


def _case(table: Table, held: Held, wanted: Digest, sums: Sums) -> _Case | None:
    if held.first.wide or not wanted.rows:
        return None
    try:
        text = held.text()
    except Damaged:
        return None
    names = [column.name for column in table.columns]
    places = [names.index(column.name) for column in table.key]
    plain = places == [0] and table.key[0].form == "number"
    whole = runs.whole(table)
    old = OldRows(text, places, sums.modulus, runs.RUN, plain=plain, whole=whole)
    return _Case(held, wanted, old, Stretches(table, range_of(held), sums))


def _find(connection: MysqlConnection, cases: Sequence[_Case], sums: Sums) -> None:
    """Learn which old rows are gone, and the sums of the new ones."""
    _look(connection, cases, sums)
    live = [case for case in cases if case.stretches]  # of others the sums hide it all
    answers = deltas.row_sums(connection, [case.asked for case in live])
    for case, of_rows in zip(live, answers, strict=True):
        case.changes = found = case.old.changes(case.stretches, of_rows)
        case.new = Counter(found.new)
        case.gone = {case.old.key(case.old.rows[index]): index for index in found.gone}
        case.hopeless = len(found.new) > _MOST_NEW * max(case.wanted.rows, 50)


def _look(connection: MysqlConnection, cases: Sequence[_Case], sums: Sums) -> None:
    """Learn in which stretches rows differ: in all of it, where the server cannot tell of runs."""
    told = {n: case.wanted.runs for n, case in enumerate(cases) if sums is BRIEF}
    unknown = [
        n for n, case in enumerate(cases) if not told.get(n) and deltas.tells_runs(case.asked.table)
    ]
    asks = [(cases[n].asked.table, cases[n].asked.range) for n in unknown]
    told.update(zip(unknown, deltas.run_sums(connection, asks, sums), strict=True))
    for n, case in enumerate(cases):
        last, of_runs = len(case.old.rows), told.get(n)
        whole = (Stretch(0, last, None),)
        case.stretches = whole if of_runs is None else case.old.differing(of_runs)
        keys = [
            (
                case.old.key(case.old.rows[of.start - 1]) if of.start else None,
                case.old.key(case.old.rows[of.end]) if of.end < last else None,
            )
            for of in case.stretches
        ]
        case.asked = replace(case.asked, parts=tuple(keys))


def _fill(connection: MysqlConnection, table: Table, cases: Sequence[_Case], sums: Sums) -> None:
    """Ask for the rows that have the keys of those gone: as skeletons, then what these lack."""
    owners = {key: case for case in cases if case.new for key in case.gone}
    lacking: dict[tuple[int, ...], list[Key]] = {}
    for key, skeleton in _owned(deltas.skeletons(connection, table, list(owners), sums), owners):
        owner = owners[key]
        text, missing = splicing.filled(skeleton, owner.old.rows[owner.gone[key]])
        if missing:
            owner.half[key] = text
            lacking.setdefault(missing, []).append(key)
        else:
            owner.take(text)
    for missing, keys in lacking.items():
        for key, part in _owned(deltas.literals(connection, table, keys, missing), owners):
            owner = owners[key]
            text, _ = splicing.filled(part, owner.half[key])
            owner.take(text)


def _owned(texts: Iterator[bytes], owners: Mapping[Key, _Case]) -> Iterator[tuple[Key, bytes]]:
    """Name the key of each row; one equal to a key only by collation is passed over."""
    for text in texts:
        key = next(iter(owners.values())).old.key(text)
        if owner := owners.get(key):
            owner.sent_bytes += len(text)
            yield key, text


def _place(connection: MysqlConnection, cases: Sequence[_Case]) -> None:
    """Ask for the rows whose keys are new."""
    live = [case for case in cases if +case.new]
    answers = deltas.new_rows(connection, [(_lacking(case), (+case.new).keys()) for case in live])
    for case, found in zip(live, answers, strict=True):
        had = {*case.old.rows, *chain.from_iterable(case.fresh.values())}
        for text in found:
            if text not in had:
                case.take(text)
                case.sent_bytes += len(text)


def _lacking(case: _Case) -> Stretches:
    """Return the stretches that have rows which were not had yet."""
    assert case.changes
    parts = [
        part
        for part, (_, placed) in zip(case.asked.parts, case.changes.order, strict=True)
        if any(index < 0 and case.new[-1 - index] > 0 for index in placed)
    ]
    return replace(case.asked, parts=tuple(parts))


def _fill_columns(connection: MysqlConnection, table: Table, cases: Sequence[_Case]) -> None:
    """Bring segments up to date of which nearly every row changed, if only in some columns."""
    asks = [(range_of(case.held), case.old.rows, case.wanted) for case in cases]
    for case, filled in zip(cases, columns.fill(connection, table, asks), strict=True):
        if filled:
            case.text = filled.text
            case.sent_bytes += filled.sent_bytes


def _result(case: _Case) -> Spliced:
    if case.text:
        segment = Segment(range_of(case.held), case.wanted.rows, case.text, case.wanted.digest)
        return Spliced(case.held, segment, case.sent_bytes)
    if case.hopeless or case.changes is None:
        return Spliced(case.held, None)
    for text in case.old.spliced(case.changes, case.fresh):
        if hashlib.sha256(text).hexdigest() == case.wanted.digest:
            segment = Segment(range_of(case.held), case.wanted.rows, text, case.wanted.digest)
            return Spliced(case.held, segment, case.sent_bytes)
    return Spliced(case.held, None, case.sent_bytes)
