"""Finds the rows in which two tables differ, holding a piece of them in memory and no more.

Segments with the same digest hold the same rows and are never read.  The others are grouped into
*stretches*: between two bounds that both sides share lie the same keys, however each side cut them.
Rows of a stretch meet by key; nothing need be known of how the server sorts its keys.
"""

from __future__ import annotations

import errno
import os
import re
import tempfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import IO, Final

from gmops_desktop.archive import cells, rows
from gmops_desktop.archive.manifest import ColumnRecord, SegmentRecord, TableRecord
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

IN_MEMORY: Final = 16 << 20  # bytes of text of the smaller side of a stretch
_WAITING: Final = 1000  # added rows that may wait for their turn
_MOST_PILES: Final = 128  # files open at once, for each side
_NAMED: Final = b"@`"  # stands before the name of a large value
_LARGE: Final = {"bytes", "text", "json"}  # forms whose values may be named by their SHA-256

Key = Callable[[bytes], bytes]
Read = Callable[[SegmentRecord], list[bytes]]


@dataclass(frozen=True, slots=True)
class Change:
    """A row that differs, in the server's form: None on the side that does not have it."""

    before: bytes | None
    after: bytes | None


@dataclass(frozen=True, slots=True)
class Stretch:
    """Segments of both sides between the same bounds, without those whose digests are the same.

    `ordered` says that both sides' rows come in one and the same order.
    """

    before: tuple[SegmentRecord, ...]
    after: tuple[SegmentRecord, ...]
    ordered: bool

    @property
    def text_bytes(self) -> int:
        """The size of both sides' rows."""
        return sum(segment.text_bytes for segment in self.before + self.after)


class Matching:
    """Says which row of one side is which of the other, and whether they are the same.

    With a key that both sides have, rows are matched by it; without one, only rows that are equal
    in every shared column belong together, as often as they occur.
    """

    def __init__(
        self,
        before: Sequence[ColumnRecord],
        after: Sequence[ColumnRecord],
        key: Sequence[str] = (),
        *,
        same_names: bool = True,
    ) -> None:
        """`key` names the columns; `same_names` says that large values are named on both sides
        or on neither."""
        self.before, self.after = tuple(before), tuple(after)
        names = [[column.name for column in side] for side in (before, after)]
        self.shared = tuple(name for name in names[0] if name in names[1])
        self.alike = [(c.name, _written(c)) for c in before] == [
            (c.name, _written(c)) for c in after
        ]
        self.key = tuple(key) if all(name in self.shared for name in key) else ()
        places = [[side.index(name) for name in self.shared] for side in names]
        self._pairs = [(b, a, self.before[b], self.after[a]) for b, a in zip(*places, strict=True)]
        self.key_before, self.key_after = (
            self._key(side, same_names) for side in (self.before, self.after)
        )

    def same(self, before: bytes, after: bytes) -> bool:
        """Say whether two rows with the same key are equal in every column both sides have."""
        if self.alike and (before == after or not (_NAMED in before or _NAMED in after)):
            return before == after
        one, other = rows.literals(before), rows.literals(after)
        return all(_same(one[b], other[a], first, second) for b, a, first, second in self._pairs)

    def changed(self, before: bytes, after: bytes) -> tuple[str, ...]:
        """Return the names of the columns in which two rows differ."""
        one, other = rows.literals(before), rows.literals(after)
        return tuple(
            first.name
            for b, a, first, second in self._pairs
            if not _same(one[b], other[a], first, second)
        )

    def _key(self, side: Sequence[ColumnRecord], same_names: bool) -> Key:
        names = [column.name for column in side]
        if self.key and self._plain(self.key):
            return _extractor([names.index(name) for name in self.key])
        if not self.key and self.alike and same_names:
            return lambda row: row
        places = [(names.index(name), side[names.index(name)]) for name in self.key or self.shared]

        as_text = not self._plain(self.key or self.shared)

        def canonical(row: bytes) -> bytes:
            values = rows.literals(row)
            return b"\0".join(
                _canonical(values[place], column, as_text=as_text) for place, column in places
            )

        return canonical

    def _plain(self, names: Sequence[str]) -> bool:
        """Say whether the literals of these columns have the same form on both sides."""
        forms = [
            {column.name: _written(column) for column in side} for side in (self.before, self.after)
        ]
        return all(forms[0][name] == forms[1][name] for name in names)


def matching_of(before: TableRecord, after: TableRecord) -> Matching:
    """Return how the rows of two tables are matched: by their key, if it has the same columns."""
    names = [column.name for column in before.key]
    same_key = names == [column.name for column in after.key]
    wide = any(segment.wide for segment in before.segments + after.segments)
    return Matching(before.columns, after.columns, names if same_key else (), same_names=not wide)


def aligned(before: TableRecord, after: TableRecord) -> bool:
    """Say whether two tables keep their rows in one and the same order, that of one key.

    Text sorts by its collation, which only the definition names.
    """
    if not before.key or before.key != after.key or before.index != after.index:
        return False
    collated = any(column.charset for column in before.key)
    return before.definition == after.definition or not collated


def stretches(before: TableRecord, after: TableRecord, matching: Matching) -> Iterator[Stretch]:
    """Pair up the segments of one table in two archives, and drop those known to be equal."""
    ordered = aligned(before, after)
    if ordered:
        groups = _between_bounds(before.segments, after.segments)
    elif before.buckets and before.buckets == after.buckets and not before.key and not after.key:
        groups = _by_bucket(before.segments, after.segments)
    else:
        groups = iter([(before.segments, after.segments)])
    for one, other in groups:
        if matching.alike:
            equal = Counter(s.digest for s in one) & Counter(s.digest for s in other)
            one, other = _without(one, equal), _without(other, equal)
        if one or other:
            yield Stretch(tuple(one), tuple(other), ordered)


def changes(
    stretch: Stretch, matching: Matching, read_before: Read, read_after: Read
) -> Iterator[Change]:
    """Return how the rows of a stretch differ; in the key's order where both sides have one.

    Raises `OpsError` where the disk has no room for the piles that a large stretch needs.
    """
    sizes = [sum(s.text_bytes for s in side) for side in (stretch.before, stretch.after)]
    before = (row for segment in stretch.before for row in read_before(segment))
    after = (row for segment in stretch.after for row in read_after(segment))
    if min(sizes) > IN_MEMORY:
        yield from piled(before, after, matching, min(sizes))
    else:
        yield from joined(
            before, after, matching, hold_before=sizes[0] <= sizes[1], ordered=stretch.ordered
        )


def joined(
    before: Iterable[bytes],
    after: Iterable[bytes],
    matching: Matching,
    *,
    hold_before: bool = True,
    ordered: bool = False,
) -> Iterator[Change]:
    """Match rows, holding one side in memory while the other passes by.

    Where both are `ordered` alike, what is held before a matched row has no partner: it is given
    out at once, and everything comes in that order; of neighbours, removed rows before added ones.
    """
    held_key, passing_key = matching.key_before, matching.key_after
    if not hold_before:
        held_key, passing_key = passing_key, held_key
    held: dict[bytes, list[bytes]] = {}
    for row in before if hold_before else after:
        held.setdefault(held_key(row), []).append(row)

    def change(held_row: bytes | None, passing_row: bytes | None) -> Change:
        return Change(held_row, passing_row) if hold_before else Change(passing_row, held_row)

    order = list(held) if ordered else []
    places = {key: place for place, key in enumerate(order)}
    reached = 0
    fresh: list[Change] = []  # added rows that wait for the removed ones beside them
    for row in after if hold_before else before:
        key = passing_key(row)
        partners = held.get(key)
        if not partners:
            fresh.append(change(None, row))
            if not (hold_before and ordered) or len(fresh) > _WAITING:
                yield from fresh
                fresh.clear()
            continue
        if ordered and (place := places[key]) >= reached:
            for earlier in order[reached:place]:
                for lonely in held.pop(earlier):
                    yield change(lonely, None)
            reached = place
        yield from fresh
        fresh.clear()
        partner = partners.pop()
        found = change(partner, row)
        if matching.key and not matching.same(found.before or b"", found.after or b""):
            yield found
    for partners in held.values():
        for lonely in partners:
            yield change(lonely, None)
    yield from fresh


def _between_bounds(
    before: Sequence[SegmentRecord], after: Sequence[SegmentRecord]
) -> Iterator[tuple[Sequence[SegmentRecord], Sequence[SegmentRecord]]]:
    shared = {s.upto for s in before} & {s.upto for s in after} - {None}
    i = j = 0
    while i < len(before) or j < len(after):
        first, other = i, j
        while i < len(before) and before[i].upto not in shared:
            i += 1
        while j < len(after) and after[j].upto not in shared:
            j += 1
        i, j = min(i + 1, len(before)), min(j + 1, len(after))
        yield before[first:i], after[other:j]


def _by_bucket(
    before: Sequence[SegmentRecord], after: Sequence[SegmentRecord]
) -> Iterator[tuple[Sequence[SegmentRecord], Sequence[SegmentRecord]]]:
    sides = [{segment.bucket: [segment] for segment in side} for side in (before, after)]
    for bucket in sorted(sides[0].keys() | sides[1].keys(), key=lambda b: b or 0):
        yield sides[0].get(bucket, []), sides[1].get(bucket, [])


def _without(segments: Iterable[SegmentRecord], equal: Counter[str]) -> list[SegmentRecord]:
    left, kept = Counter(equal), []
    for segment in segments:
        if left[segment.digest] > 0:
            left[segment.digest] -= 1
        else:
            kept.append(segment)
    return kept


def piled(
    before: Iterable[bytes], after: Iterable[bytes], matching: Matching, smaller: int
) -> Iterator[Change]:
    """Match rows of which neither side fits into memory.

    Both are set down in temporary files, piled by a checksum of the key, and joined pile by pile.
    """
    count = min(_MOST_PILES, -(-smaller * 2 // IN_MEMORY))
    try:
        with ExitStack() as stack:
            piles = [
                [stack.enter_context(tempfile.TemporaryFile()) for _ in range(count)]
                for _ in range(2)
            ]
            _set_down(before, piles[0], matching.key_before)
            _set_down(after, piles[1], matching.key_after)
            for one, other in zip(*piles, strict=True):
                hold = one.tell() <= other.tell()
                yield from joined(_taken_up(one), _taken_up(other), matching, hold_before=hold)
    except OSError as error:
        raise no_room(error) from error


def _set_down(texts: Iterable[bytes], piles: Sequence[IO[bytes]], key: Key) -> None:
    for row in texts:
        piles[zlib.crc32(key(row)) % len(piles)].write(row + b"\0")  # NUL never stands in a row


def _taken_up(pile: IO[bytes]) -> Iterator[bytes]:
    pile.seek(0)
    rest = b""
    while block := pile.read(1 << 20):
        *whole, rest = (rest + block).split(b"\0")
        yield from whole


def no_room(error: OSError) -> OpsError:
    """Return the sentence for a temporary folder that takes no more."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    return OpsError(
        tr(
            "The temporary folder {folder} could not take what was compared: {why}.",
            folder=tempfile.gettempdir(),
            why=error.strerror or os.strerror(error.errno or errno.EIO),
        ),
        hint=tr("Free some space on the disk, then compare again.")
        if full
        else tr("Check that the folder may be written to, then compare again."),
        unharmed=tr("Neither side was changed."),
    )


def _written(column: ColumnRecord) -> tuple[str, str]:
    """Return what must be the same for equal literals to be equal values."""
    return column.form, column.charset if column.form == "bytes" else ""


def _extractor(places: Sequence[int]) -> Key:
    """Return what cuts the literals at `places` out of a row, without looking at the rest."""
    value = rb"(?:" + rows.LITERAL.pattern + rb")"
    parts = [
        (rb"(" + value + rb")") if place in places else value for place in range(max(places) + 1)
    ]
    pattern = re.compile(rb"\(" + rb",".join(parts), re.DOTALL)
    if len(places) == 1:

        def single(row: bytes) -> bytes:
            found = pattern.match(row)
            return found[1] if found else row

        return single
    order = [sorted(places).index(place) + 1 for place in places]

    def several(row: bytes) -> bytes:
        found = pattern.match(row)
        return b"\0".join(found.group(*order)) if found else row

    return several


def _same(one: bytes, other: bytes, first: ColumnRecord, second: ColumnRecord) -> bool:
    if _written(first) != _written(second):
        return _canonical(one, first, as_text=True) == _canonical(other, second, as_text=True)
    if one == other or first.form not in _LARGE or b"NULL" in (one, other):
        return one == other
    if cells.variable(one) or cells.variable(other):
        return cells.fingerprint(one, first) == cells.fingerprint(other, second)
    return False


def _canonical(literal: bytes, column: ColumnRecord, *, as_text: bool) -> bytes:
    """Return a value so that it is the same whatever form its column has, or its name's."""
    if literal == b"NULL":
        return literal
    return cells.fingerprint(literal, column, as_text=as_text).encode()
