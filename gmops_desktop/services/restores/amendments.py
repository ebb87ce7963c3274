"""The statements that make one standing table what an archive says, row by row.

They are made before a row is touched, and wait in temporary files: first what leaves the table,
then what comes in.  Whether a table can be put right in place at all is told here, too.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from types import TracebackType
from typing import IO, Final, Self

from gmops_desktop.adapters.mysql import amending, deltas
from gmops_desktop.adapters.mysql.definitions import Table
from gmops_desktop.archive import rows
from gmops_desktop.archive.differences import Change, Matching, no_room

_IN_MEMORY: Final = 4 << 20  # bytes of one pile that need no file
_MOST_SETS: Final = 8  # of columns that change together; further ones send whole rows
MOST_TEXTS: Final = 50  # rows without a key that may be looked for, each in a pass of its own


class CannotAmend(Exception):
    """This table cannot be put right in place; it is built beside instead."""


class Amendment:
    """How rows of one table change; a `Change` has the archive's row before the server's.

    Use it as a context manager: its files go at the end.
    """

    def __init__(self, table: Table, matching: Matching, limit: int) -> None:
        """`limit` is what a statement may have in bytes; raises `CannotAmend`."""
        if not table.transactional or (table.key and not deltas.can_be_spliced(table)):
            raise CannotAmend
        self.table = table
        self.added = self.changed = self.removed = 0
        self.sent_bytes = 0
        self._matching = matching
        self._limit = limit
        self._places = amending.key_places(table)
        self._updatable = amending.can_update(table)
        self._stack = ExitStack()
        self._gone, self._fresh = self._pile(), self._pile()
        self._lost: Counter[bytes] = Counter()  # of a table without a key
        self._sets: dict[frozenset[str], IO[bytes]] = {}

    @property
    def rows(self) -> int:
        """How many rows it touches."""
        return self.added + self.changed + self.removed

    @property
    def events(self) -> frozenset[str]:
        """At which events of triggers its statements are."""
        events = set()
        if self._gone.tell() or self._lost:
            events.add("DELETE")
        if self._fresh.tell() or self._sets:
            events.add("INSERT")
        if self._sets:
            events.add("UPDATE")
        return frozenset(events)

    def key(self, row: bytes) -> bytes:
        """Return what names a row: the literals of its key, or all of it where there is none."""
        if not self.table.key:
            return row
        found = rows.literals(row, max(self._places) + 1)
        return b",".join(found[place] for place in self._places)

    def take(self, changes: Iterable[Change]) -> Self:
        """Enter changes; raises `CannotAmend` or, where the disk is full, `OpsError`."""
        try:
            for change in changes:
                self._take(change)
        except OSError as error:
            raise no_room(error) from error
        return self

    def _take(self, change: Change) -> None:
        wanted, there = change.before, change.after
        if wanted is None and there is not None:
            self.removed += 1
            self._remove(there)
        elif wanted is not None and there is None:
            self.added += 1
            self._write(self._fresh, wanted)
        elif wanted is not None and there is not None:
            self.changed += 1
            if self._updatable:
                self._update(wanted, there)
            else:
                self._remove(there)
                self._write(self._fresh, wanted)

    def _remove(self, row: bytes) -> None:
        if self.table.key:
            self._write(self._gone, b"(" + self.key(row) + b")")
            return
        self._lost[row] += 1
        if len(self._lost) > MOST_TEXTS:
            raise CannotAmend

    def _update(self, wanted: bytes, there: bytes) -> None:
        columns = frozenset(self._matching.changed(wanted, there))
        if columns not in self._sets and len(self._sets) >= _MOST_SETS:
            columns = frozenset(column.name for column in self.table.columns)
        pile = self._sets.get(columns)
        if pile is None:
            pile = self._sets[columns] = self._pile()
        values = rows.literals(wanted)
        keep = {column.name for column in self.table.key} | columns
        sent = (v for v, c in zip(values, self.table.columns, strict=True) if c.name in keep)
        self._write(pile, b"(" + b",".join(sent) + b")")

    def statements(self) -> Iterator[bytes]:
        """Return the statements in the order in which they must run."""
        table, limit = self.table, self._limit
        keys = (tuple(rows.literals(key)) for key in _read(self._gone))
        yield from amending.deletions(table, keys, limit)
        yield from amending.deletions_by_text(table, self._lost)
        for columns, pile in self._sets.items():
            yield from amending.updates(table, columns, _read(pile), limit)
        yield from amending.insertions(table, _read(self._fresh), limit)

    def _pile(self) -> IO[bytes]:
        return self._stack.enter_context(tempfile.SpooledTemporaryFile(_IN_MEMORY))

    def _write(self, pile: IO[bytes], row: bytes) -> None:
        self.sent_bytes += len(row)
        pile.write(row + b"\0")  # a NUL never stands in a row

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()


def only(changes: Iterable[Change], chosen: Callable[[bytes], bool]) -> Iterator[Change]:
    """Return the changes of the rows that were chosen, by the archive's row or the server's."""
    for change in changes:
        if any(row is not None and chosen(row) for row in (change.before, change.after)):
            yield change


def _read(pile: IO[bytes]) -> Iterator[bytes]:
    pile.seek(0)
    rest = b""
    while block := pile.read(1 << 20):
        *whole, rest = (rest + block).split(b"\0")
        yield from whole
