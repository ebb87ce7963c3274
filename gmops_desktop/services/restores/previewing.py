"""What a restore would do: tables, rows, bytes, time, and the rows themselves side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from gmops_desktop.adapters.mysql import MysqlConnection, amending, catalogue, deltas, segments
from gmops_desktop.adapters.mysql.definitions import Schema, Table
from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.archive import cells, rows
from gmops_desktop.archive.cells import Cell
from gmops_desktop.archive.differences import Change, Matching
from gmops_desktop.archive.manifest import TableRecord
from gmops_desktop.archive.reader import ArchiveReader
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.services.restores.amendments import MOST_TEXTS
from gmops_desktop.services.restores.bonds import Moved, foreseen, tied
from gmops_desktop.services.restores.choice import Choice
from gmops_desktop.services.restores.comparison import (
    Action,
    Comparison,
    Difference,
    asked,
    changes,
    compare,
)
from gmops_desktop.services.restores.counting import Count, count

_PROVED_RATE: Final = 60e6  # bytes of SQL a second that a server hashes
_FOLLOWED: Final = 2_000  # rows of a table whose foreign keys a preview follows


@dataclass(frozen=True, slots=True)
class TableChange:
    """What a restore would do to one table, in rows; `text_bytes` is what it would write.

    `in_place` says that its rows change where they stand; otherwise it is built anew beside.
    """

    table: str
    action: Action
    added: int
    changed: int
    removed: int
    text_bytes: int
    note: str
    in_place: bool = False


@dataclass(frozen=True, slots=True)
class Preview:
    """What a restore would do; `objects` names the other definitions that differ.

    `sent_bytes` of the line and `seconds` are estimates: from the restores into this target before,
    else from what its line carries.  `travelled` are the bytes that the preview itself cost the
    line.  `makes_schema` says that the target's is not there yet,
    `reaching` what could reach from it to the schema that the archive was taken of.  `torn` says,
    where whole tables were chosen, which rows would then name others in vain.
    """

    path: Path
    target: MysqlAddress
    tables: tuple[TableChange, ...]
    objects: tuple[str, ...]
    text_bytes: int
    seconds: float
    identical: bool
    sent_bytes: int = 0
    travelled: int = 0
    makes_schema: bool = False
    reaching: tuple[str, ...] = ()
    torn: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a restore is likely to do: `rate` is the bytes of SQL it writes a second, and `packed`
    the part of them that crosses the line."""

    rate: float
    packed: float


@dataclass(frozen=True, slots=True)
class RowChange:
    """A row that a restore would change: as in the archive, and as it is now (None: not there).

    `key` names it in a `Choice`; `changed` are the columns in which the two differ.
    """

    key: str
    archived: tuple[Cell, ...] | None
    present: tuple[Cell, ...] | None
    changed: frozenset[str]


@dataclass(frozen=True, slots=True)
class TableRows:
    """Rows of a table side by side; `more` says that there are others."""

    table: str
    columns: tuple[str, ...]
    rows: tuple[RowChange, ...]
    more: bool


def preview(
    connection: MysqlConnection,
    reader: ArchiveReader,
    path: Path,
    choice: Choice,
    outlook: Outlook,
    context: Context,
    connect: Callable[[], MysqlConnection],
) -> Preview:
    """Compare and count; `connect` opens more connections where these help.

    A connection without a schema stands for one whose schema is not there yet.
    """
    segments.prepare(connection)
    present = _present(connection)
    found = chosen(compare(connection, present, reader.manifest, context, connect), choice)
    fires = amending.triggered(connection)
    changing = []
    for difference in found.tables:
        if difference.action == "same":
            changing.append(TableChange(difference.table, "same", 0, 0, 0, 0, ""))
            continue
        context.progress(
            99, tr("Counting the rows of {name}", name=difference.table), connection.travelled
        )
        counted = count(connection, reader, difference, context)
        changing.append(_change(difference, counted, fires))
    torn = _torn(connection, reader, found, choice, context)
    text_bytes = sum(change.text_bytes for change in changing)
    return Preview(
        path=path,
        target=connection.address,
        tables=tuple(changing),
        objects=found.objects,
        text_bytes=text_bytes,
        seconds=1.0 + reader.manifest.text_bytes / _PROVED_RATE + text_bytes / outlook.rate,
        identical=found.identical and bool(connection.schema),
        sent_bytes=round(text_bytes * outlook.packed),
        travelled=context.line.travelled,
        makes_schema=not connection.schema,
        torn=torn,
    )


def _torn(
    connection: MysqlConnection,
    reader: ArchiveReader,
    found: Comparison,
    choice: Choice,
    context: Context,
) -> tuple[str, ...]:
    """Say which foreign keys the chosen tables would tear; those built anew are not looked into."""
    moved = []
    names = tied(connection, choice.tables or ())
    for difference in found.tables:
        record = difference.record
        if record is None or difference.action != "rows" or record.name not in names:
            continue
        context.progress(
            99, tr("Following the foreign keys of {name}", name=record.name), connection.travelled
        )
        with closing(changes(connection, reader, record, difference.ranges)) as differing:
            some = tuple(islice(differing, _FOLLOWED))
        moved.append(Moved(asked(record, record.name), some))
    return foreseen(connection, moved, choice.tables or ())


def _present(connection: MysqlConnection) -> Schema:
    return catalogue.read(connection) if connection.schema else Schema("", "", (), (), ())


def chosen(comparison: Comparison, choice: Choice) -> Comparison:
    """Leave of a comparison what was chosen; raises `OpsError` for tables that are not there."""
    if choice.everything:
        return comparison
    known = {difference.table for difference in comparison.tables if difference.record}
    missing = sorted({*(choice.tables or ()), *choice.rows} - known)
    if missing:
        raise OpsError(
            tr("The archive has no table {names}.", names=tr(", ").join(missing)),
            hint=tr("Upper and lower case may matter; the preview lists the tables."),
            unharmed=tr("The schema is as it was."),
        )
    return Comparison(tuple(d for d in comparison.tables if choice.takes(d.table)), ())


def sample(
    connection: MysqlConnection, reader: ArchiveReader, table: str, most: int, context: Context
) -> TableRows:
    """Return up to `most` rows of `table` that differ, side by side."""
    segments.prepare(connection)
    present = _present(connection)
    found = chosen(
        compare(connection, present, reader.manifest, context), Choice(frozenset({table}))
    )
    (difference,) = found.tables
    record = difference.record
    assert record
    names = tuple(column.name for column in record.columns)
    if difference.action not in ("rows", "same"):
        return TableRows(table, names, (), more=False)
    matching = Matching(record.columns, record.columns, [column.name for column in record.key])
    listed: list[RowChange] = []
    for change in changes(connection, reader, record, difference.ranges):
        context.check()
        if len(listed) == most:
            return TableRows(table, names, tuple(listed), more=True)
        listed.append(_row(change, record, matching))
    return TableRows(table, names, tuple(listed), more=False)


def _row(change: Change, record: TableRecord, matching: Matching) -> RowChange:
    sides = [
        tuple(
            cells.cell(value, column)
            for value, column in zip(rows.literals(row), record.columns, strict=True)
        )
        if row is not None
        else None
        for row in (change.before, change.after)
    ]
    differ = (
        matching.changed(change.before, change.after)
        if change.before is not None and change.after is not None
        else ()
    )
    row = change.before if change.before is not None else change.after
    assert row is not None
    return RowChange(_key(record, row), sides[0], sides[1], frozenset(differ))


def _key(record: TableRecord, row: bytes) -> str:
    """Return what names a row in a `Choice`."""
    names = [column.name for column in record.columns]
    if not record.key or any(column.name not in names for column in record.key):
        return row.decode("utf-8", "surrogateescape")
    values = rows.literals(row)
    key = b",".join(values[names.index(column.name)] for column in record.key)
    return key.decode("utf-8", "surrogateescape")


def _change(
    difference: Difference, counted: Count, fires: Mapping[str, frozenset[str]]
) -> TableChange:
    stays = _stays(difference, counted, fires.get(difference.table, frozenset()))
    size = counted.text_bytes
    if not stays and difference.record:
        size = difference.record.text_bytes
    return TableChange(
        difference.table,
        difference.action,
        counted.added,
        counted.changed,
        counted.removed,
        size,
        _note(difference.action),
        in_place=stays,
    )


def _stays(difference: Difference, counted: Count, fires: frozenset[str]) -> bool:
    """Say whether a table's rows will be changed where they stand."""
    live: Table | None = difference.live
    if difference.action != "rows" or live is None or not live.transactional:
        return False
    if not (deltas.can_be_spliced(live) if live.key else counted.removed <= MOST_TEXTS):
        return False
    if any(segment and segment.wide for _, segment in difference.ranges):
        return False
    events = set()
    if counted.added or counted.changed:
        events |= {"INSERT"}
    if counted.changed:
        events |= {"UPDATE"} if amending.can_update(live) else {"DELETE"}
    if counted.removed:
        events |= {"DELETE"}
    return not events & fires


def _note(action: Action) -> str:
    if action == "drop":
        return tr("not in the archive")
    if action == "create":
        return tr("missing in the schema")
    return tr("defined otherwise") if action == "replace" else ""
