"""Cuts rows that come one after another into segments."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Final, cast

from gmops_desktop.adapters.mysql.pieces import Segment
from gmops_desktop.adapters.mysql.segments import Bound, Range

_PARTING: Final = 2  # bytes that part two rows


class Cut:
    """Gathers rows that come in the order of a key of numbers into segments of `target` bytes.

    `after` is where the segment begins that is gathered.  The key's `columns` lead each row.
    """

    def __init__(self, columns: int, after: Bound, target: int) -> None:
        self.after = after
        self._columns = columns
        self._target = target
        self._rows: list[bytes] = []
        self._size = 0
        self._full: list[Segment] = []
        self.rows = self.bytes = 0  # that were added in all

    def add(self, values: Sequence[bytes | None], limit: int) -> bool:
        """Add rows; say whether all of them could be built, and are shorter than `limit`."""
        rows = cast(Sequence[bytes], values)
        try:
            size = sum(map(len, rows))
        except TypeError:  # a NULL; to look for one takes longer
            return False
        if size >= limit and max(map(len, rows)) >= limit:
            return False
        size += _PARTING * len(rows)
        self.rows += len(rows)
        self.bytes += size
        if self._size + size <= self._target:
            self._rows += rows
            self._size += size
            return True
        self._cut(rows)
        return True

    def _cut(self, rows: Sequence[bytes]) -> None:
        """Add rows that pass the end of a segment; one that is larger than any stands alone."""
        ends = list(accumulate(map(_PARTING.__add__, map(len, rows))))
        start = before = 0  # rows that were added, and their bytes
        while start < len(rows):
            stop = bisect_right(ends, self._target - self._size + before, start)
            if stop == start and not self._rows:
                stop += 1
            if stop > start:
                self._rows += rows[start:stop]
                self._size += ends[stop - 1] - before
                start, before = stop, ends[stop - 1]
            if start < len(rows):
                self._full.append(self._segment())

    def full(self) -> list[Segment]:
        """Take the segments that have become full."""
        taken, self._full = self._full, []
        return taken

    def closed(self) -> Segment | None:
        """Return the segment of the rows that are left, if there are."""
        return self._segment() if self._rows else None

    @property
    def last(self) -> Bound:
        """The key of the last row that was added."""
        literals = self._rows[-1][1:-1].split(b",", self._columns)
        return tuple(literal.decode() for literal in literals[: self._columns])

    def _segment(self) -> Segment:
        text, r = b",\0".join(self._rows), Range(self.after, self.last)
        segment = Segment(r, len(self._rows), text, hashlib.sha256(text).hexdigest())
        self.after, self._rows, self._size = r.upto, [], 0
        return segment
