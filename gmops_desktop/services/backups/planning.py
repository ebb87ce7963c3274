"""Which rows of a table are in hand, and which ranges have to be read whatever they hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from gmops_desktop.adapters.mysql.definitions import Table
from gmops_desktop.adapters.mysql.dialect import Column
from gmops_desktop.adapters.mysql.segments import Range
from gmops_desktop.archive.hand import Frames, Held, arranged
from gmops_desktop.archive.manifest import ColumnRecord, SegmentRecord, TableRecord

Bound = tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Store:
    """Frames in hand, and the tables whose rows they hold, all of them if `whole`."""

    frames: Frames
    tables: Sequence[TableRecord]
    whole: bool


@dataclass(slots=True)
class TablePlan:
    """What is known of one table before a row of it is asked for.

    Of a keyed table `held` covers its keys in order, `gaps` are the ranges in between, and what
    lies beyond `last` is new.  Of a table without a key all of `held` are buckets.
    """

    table: Table
    held: list[Held] = field(default_factory=list)
    gaps: list[Range] = field(default_factory=list)
    last: Bound = None
    expected: int = 0  # bytes of its text, as far as they can be foreseen
    known: dict[tuple[int, str], Held] = field(default_factory=dict)  # by rows and digest


def plan(table: Table, stores: Sequence[Store]) -> TablePlan:
    """Choose which segments of `stores` (the best first) the server is asked to compare.

    Bounds come from the first store that has the table, then from those that go on beyond it.
    """
    made = TablePlan(table, expected=table.text_guess)
    for store in stores:
        record = _alike(table, store.tables)
        if record is None or not record.segments:
            continue
        if store.whole:
            made.expected = record.text_bytes
        if not table.key:
            made.held = made.held or [Held(store.frames, record, (s,)) for s in record.segments]
            continue
        for held in arranged(store.frames, record, made.last):
            if held.after != made.last:
                made.gaps.append(Range(made.last, held.after))
            made.held.append(held)
            made.last = held.upto
        for segment in record.segments:
            one = Held(store.frames, record, (segment,))
            made.known.setdefault((segment.rows, segment.digest), one)
    return made


def range_of(held: Held) -> Range:
    """Return where the server finds the rows in hand."""
    return Range(held.after, held.upto, held.first.bucket, held.table.buckets, held.first.wide)


def columns_of(columns: Sequence[Column]) -> tuple[ColumnRecord, ...]:
    """Return columns as a manifest keeps them."""
    return tuple(ColumnRecord(c.name, c.type, c.form, c.charset) for c in columns)


def in_order(segments: Sequence[SegmentRecord]) -> Iterator[SegmentRecord]:
    """Return a table's segments in the order of their key, or of their buckets.

    A range without rows is no segment: the one after it begins where it began.
    """
    if segments and segments[0].bucket is not None:
        yield from sorted(segments, key=lambda segment: segment.bucket or 0)
        return
    following = {segment.after: segment for segment in segments}
    bound: Bound = None
    begin: Bound = None
    while segment := following.pop(bound, None):
        bound = segment.upto
        if segment.rows:
            yield replace(segment, after=begin)
            begin = bound
    if following:
        raise AssertionError("segments with a gap between them")


def _alike(table: Table, records: Sequence[TableRecord]) -> TableRecord | None:
    """Return the record of `table` if its rows are written, ordered and cut as the table's are."""
    for record in records:
        if record.name == table.name:
            alike = (
                record.insert == table.insert
                and record.columns == columns_of(table.columns)
                and record.key == columns_of(table.key)
                and record.index == table.index
            )
            return record if alike and table.holds_rows else None
    return None
