"""What a comparison found: tables and definitions in memory, changed rows in a temporary file.

However many rows differ, only their places are kept in memory; they are read, and turned into words
a person reads, when somebody looks at their table.
"""

from __future__ import annotations

import contextlib
import difflib
import re
import struct
import tempfile
import threading
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Final, Literal, Self

from gmops_desktop.archive import rows
from gmops_desktop.archive.cells import ABSENT, Cell, cell
from gmops_desktop.archive.differences import Change, Matching, no_room
from gmops_desktop.archive.manifest import ColumnRecord, ObjectKind

RowKind = Literal["added", "changed", "removed"]
TableState = Literal["same", "rows", "definition", "added", "gone", "unknown"]
ObjectState = Literal["added", "gone", "changed", "unknown"]

_HEAD: Final = struct.Struct("<qq")  # lengths of a row before and after; -1 where there is none
_QUOTED: Final = r"'(?:[^'\\]|\\.|'')*'|`(?:[^`]|``)*`"
_CLAUSE: Final = re.compile(
    rf"({_QUOTED})|(,)(?=\S)| (?=(?:from|(?:left |right )?join|where|group by|having|order by"
    r"|union(?: all)?) )"
)


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison: the archive's file name or the database's address, and when."""

    name: str
    schema: str
    at: datetime
    live: bool


@dataclass(frozen=True, slots=True)
class RowChange:
    """A row that differs; its cells stand in the order of the table's columns.

    `before` is empty for an added row, `after` for a removed one; `changed` are the places of the
    cells that differ.
    """

    kind: RowKind
    key: tuple[Cell, ...]
    before: tuple[Cell, ...]
    after: tuple[Cell, ...]
    changed: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TableComparison:
    """How one table differs; "unknown" where one side could not read what the other has.

    The rows of a table that only one side has are not listed one by one: they are all its rows.
    `create_before` and `create_after` are empty where the definition is the same.
    """

    table: str
    state: TableState
    rows_before: int
    rows_after: int
    added: int = 0
    changed: int = 0
    removed: int = 0
    key: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    create_before: str = ""
    create_after: str = ""
    note: str = ""

    @property
    def listed(self) -> int:
        """How many rows `Compared.rows` has for this table."""
        return self.added + self.changed + self.removed

    @property
    def definition(self) -> tuple[str, ...]:
        """The lines in which the CREATE statements differ, with their surroundings."""
        return _diff(self.create_before, self.create_after)


@dataclass(frozen=True, slots=True)
class ObjectComparison:
    """How a view, routine, trigger, event or sequence differs; "unknown" as with tables."""

    kind: ObjectKind
    name: str
    state: ObjectState
    create_before: str
    create_after: str

    @property
    def definition(self) -> tuple[str, ...]:
        """The lines in which the statements differ, with their surroundings."""
        if self.kind == "view":  # the server writes a view in one line
            return _diff(_in_lines(self.create_before), _in_lines(self.create_after))
        return _diff(self.create_before, self.create_after)


@dataclass(frozen=True, slots=True)
class Compared:
    """What differs; close it to let go of the rows kept for it."""

    before: Side
    after: Side
    tables: tuple[TableComparison, ...]
    objects: tuple[ObjectComparison, ...]
    seconds: float
    travelled: int
    _kept: Kept = field(repr=False, compare=False)

    @property
    def identical(self) -> bool:
        """Whether nothing differs."""
        return not self.objects and all(table.state == "same" for table in self.tables)

    def table(self, name: str) -> TableComparison | None:
        """Return what is known of one table."""
        return next((table for table in self.tables if table.table == name), None)

    def rows(self, table: str, first: int = 0, count: int | None = None) -> Iterator[RowChange]:
        """Return the rows of a table that differ, from the `first`, at most `count` of them."""
        return self._kept.rows(table, first, count)

    def close(self) -> None:
        """Let go of the rows; `rows` has none any more."""
        self._kept.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class Kept:
    """Changed rows in a file without a name, which is gone when it is closed or we are."""

    def __init__(self) -> None:
        try:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - `close` closes it
        except OSError as error:
            raise no_room(error) from error
        self._lock = threading.Lock()
        self._places: dict[str, array[int]] = {}
        self._shapes: dict[str, Shape] = {}
        self._end = 0

    def begin(self, table: str, shape: Shape) -> None:
        """Say how the rows of `table` are read that `add` brings."""
        self._shapes[table], self._places[table] = shape, array("Q")

    def add(self, table: str, change: Change) -> None:
        """Keep one change."""
        lengths = [-1 if row is None else len(row) for row in (change.before, change.after)]
        record = _HEAD.pack(*lengths) + (change.before or b"") + (change.after or b"")
        try:
            self._file.write(record)
        except OSError as error:
            raise no_room(error) from error
        self._places[table].append(self._end)
        self._end += len(record)

    def settle(self) -> None:
        """See that everything is written."""
        try:
            self._file.flush()
        except OSError as error:
            raise no_room(error) from error

    def rows(self, table: str, first: int, count: int | None) -> Iterator[RowChange]:
        places = self._places.get(table, array("Q"))
        stop = len(places) if count is None else first + count
        for place in places[first:stop]:
            yield self._shapes[table].row(self._read(place))

    def close(self) -> None:
        with self._lock:
            self._places, self._shapes = {}, {}
            with contextlib.suppress(OSError):  # what a full disk did not take is of no use now
                self._file.close()

    def __del__(self) -> None:
        if hasattr(self, "_file"):
            self.close()

    def _read(self, place: int) -> Change:
        with self._lock:
            self._file.seek(place)
            lengths = _HEAD.unpack(self._file.read(_HEAD.size))
            before, after = (self._file.read(n) if n >= 0 else None for n in lengths)
        return Change(before, after)


class Shape:
    """Turns the changes of one table into rows that a person reads."""

    def __init__(self, matching: Matching, *, flipped: bool = False) -> None:
        """`flipped` exchanges before and after."""
        self._matching, self._flipped = matching, flipped
        sides = (matching.before, matching.after)
        self._sides = sides[::-1] if flipped else sides
        names = [column.name for column in self._sides[0]]
        names += [column.name for column in self._sides[1] if column.name not in names]
        self.columns = tuple(names)
        self.key = matching.key
        self._key_places = [names.index(name) for name in matching.key]

    def row(self, change: Change) -> RowChange:
        """Return a change in words."""
        differing: tuple[str, ...] = ()
        if change.before is not None and change.after is not None:
            differing = self._matching.changed(change.before, change.after)
        pair = (change.before, change.after)
        if self._flipped:
            pair = pair[::-1]
        before, after = (
            self._cells(row, columns) for row, columns in zip(pair, self._sides, strict=True)
        )
        present = before if pair[1] is None else after
        return RowChange(
            kind="added" if pair[0] is None else "removed" if pair[1] is None else "changed",
            key=tuple(present[place] for place in self._key_places),
            before=before,
            after=after,
            changed=tuple(self.columns.index(name) for name in differing),
        )

    def _cells(self, row: bytes | None, columns: tuple[ColumnRecord, ...]) -> tuple[Cell, ...]:
        if row is None:
            return ()
        found: Mapping[str, Cell] = {
            column.name: cell(literal, column)
            for literal, column in zip(rows.literals(row), columns, strict=True)
        }
        return tuple(found.get(name, ABSENT) for name in self.columns)


def _diff(before: str, after: str) -> tuple[str, ...]:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=3)
    return tuple(lines)[2:]  # without the names of two files


def _in_lines(create: str) -> str:
    """Break a view's one line where a person would."""

    def broken(found: re.Match[str]) -> str:
        return found[1] or (",\n  " if found[2] else "\n")

    return _CLAUSE.sub(broken, create)
