"""Cuts rows that come one after another into segments."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import cast

from gmops_desktop.adapters.mysql.pieces import Segment
from gmops_desktop.adapters.mysql.segments import Bound, Range


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
        size += 2 * len(rows)
        self.rows += len(rows)
        self.bytes += size
        if self._size + size <= self._target:
            self._rows += rows
            self._size += size
            return True
        for one in rows:
            if self._rows and self._size + len(one) + 2 > self._target:
                self._full.append(self._segment())
            self._rows.append(one)
            self._size += len(one) + 2
        return True

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
