"""The two kinds of sides a comparison has: an archive's file, and a database as it is now.

Either tells its tables, its other definitions, and when it was seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from gmops_desktop.adapters.mysql import MysqlConnection, catalogue, script, segments, snapshot
from gmops_desktop.adapters.mysql.definitions import Definition, Omission, Schema, Table
from gmops_desktop.archive import rows
from gmops_desktop.archive.frames import Damaged
from gmops_desktop.archive.manifest import ObjectKind, Remark, SegmentRecord, TableRecord
from gmops_desktop.archive.reader import ArchiveReader, cannot_read
from gmops_desktop.archive.verification import rows_text, segment_holds
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError, ProofFailed
from gmops_desktop.language import tr
from gmops_desktop.services.comparisons.live import record_of
from gmops_desktop.services.comparisons.results import Side

_COUNTER: Final = re.compile(r"(\n\) [^\n]*?) AUTO_INCREMENT=\d+")
_AROUND: Final = re.compile(  # what loads a definition, and says nothing about it
    rf"DELIMITER |DROP |SET NAMES utf8mb4;|SET SESSION sql_mode='{script.SQL_MODE}',"
)


@dataclass(frozen=True, slots=True)
class Described:
    """Any definition but a table's: its digest without definer, its definer, and its text."""

    digest: str
    definer: str
    text: str

    def differs(self, other: Described) -> bool:
        """Say whether the two define another thing, or for another account."""
        if self.digest == other.digest and self.definer == other.definer:
            return self.state != other.state
        return True

    @property
    def state(self) -> str:
        """What a sequence gives out next."""
        return next((line for line in self.text.splitlines() if line.startswith("DO SETVAL")), "")


Objects = Mapping[tuple[ObjectKind, str], Described]


class _Unread:
    """What a side could not read: it may be there, and nobody knows how it is."""

    def __init__(self, gaps: Iterable[Remark | Omission]) -> None:
        gaps = [gap for gap in gaps if gap.kind in ("no_privilege", "invalid_view")]
        self._names = {gap.name for gap in gaps}
        self._rights = {gap.detail.lower() for gap in gaps}  # TRIGGER or EVENT: none is seen

    def __call__(self, kind: str, name: str) -> bool:
        return name in self._names or kind in self._rights


class Archived:
    """An archive as a side."""

    def __init__(self, reader: ArchiveReader, path: Path, context: Context) -> None:
        """`path` is how the user knows the file that `reader` reads."""
        self._reader, self._path, self._context = reader, path, context
        manifest = reader.manifest
        self.side = Side(path.name, manifest.source.schema, manifest.begun, live=False)
        self.tables = {record.name: record for record in manifest.tables}
        self.unread = _Unread(manifest.remarks)

    def create(self, table: str) -> str:
        """Return the statement that creates a table, without its counter."""
        frame = self._frame(self.tables[table].frame, tr("the definition of {name}", name=table))
        return _COUNTER.sub(r"\1", script.create_of(frame))

    def rows(self, table: str) -> int:
        """Return how many rows a table has."""
        return self.tables[table].rows

    def objects(self) -> Objects:
        """Return every other definition."""
        found = {}
        for thing in self._reader.manifest.objects:
            frame = self._frame(thing.frame, tr("the definition of {name}", name=thing.name))
            text = _told(frame)
            found[thing.kind, thing.name] = Described(thing.definition, thing.definer, text)
        return found

    def read(self, record: TableRecord, segment: SegmentRecord) -> list[bytes]:
        """Return a segment's rows in the server's form; `ProofFailed` unless they are proved."""
        self._context.check()
        name = tr("segment {number} of {name}", name=record.name,
                  number=record.segments.index(segment))  # fmt: skip
        content = self._frame(segment.last_frame, name)
        if not segment_holds(record, segment, content):
            raise self._damaged(name)
        return rows.split(rows_text(record, content))

    def _frame(self, number: int, name: str) -> bytes:
        try:
            return self._reader.frame(number)
        except Damaged as damage:
            raise self._damaged(name) from damage
        except OSError as error:
            raise cannot_read(self._path, error) from error

    def _damaged(self, name: str) -> ProofFailed:
        return ProofFailed(
            tr("{file} is damaged: {name}.", file=self._path.name, name=name),
            hint=tr("Verify it to learn what is wrong with it, and use another archive."),
            unharmed=tr("Neither side was changed."),
        )


class Live:
    """A database as a side: one snapshot of its rows, and its definitions read around it."""

    def __init__(self, connection: MysqlConnection, context: Context) -> None:
        segments.prepare(connection)
        snapshot.begin(connection)
        self.connection = connection
        self._context = context
        self._schema: Schema = catalogue.read(connection)
        self.side = Side(str(connection.address), connection.schema, datetime.now(UTC), live=True)
        self._found = {table.name: table for table in self._schema.tables}
        self.tables = {name: record_of(table) for name, table in self._found.items()}
        self.unread = _Unread(self._schema.omissions)

    def table(self, name: str) -> Table:
        """Return what the server says of a table."""
        return self._found[name]

    def create(self, table: str) -> str:
        """Return the statement that creates a table, without its counter."""
        return _COUNTER.sub(r"\1", self._found[table].create)

    def rows(self, table: str) -> int:
        """Return how many rows a table has."""
        found = self._found[table]
        return segments.count_rows(self.connection, found) if found.holds_rows else 0

    def objects(self) -> Objects:
        """Return every other definition."""
        return {(thing.kind, thing.name): self._described(thing) for thing in self._schema.objects}

    def check_unchanged(self) -> None:
        """Raise `OpsError` where a definition was changed meanwhile: it is in no snapshot."""
        first, second = self._schema.digests(), catalogue.read(self.connection).digests()
        changed = sorted({key[1] for key in first.keys() | second.keys()
                          if first.get(key) != second.get(key)})  # fmt: skip
        if changed:
            raise OpsError(
                tr(
                    "Definitions were changed during the comparison: {names}.",
                    names=tr(", ").join(changed),
                ),
                hint=tr("Start again when nobody changes definitions."),
                unharmed=tr("Neither side was changed."),
            )

    def _described(self, thing: Definition) -> Described:
        text = _told(script.definition(self.connection, thing))
        return Described(thing.digest, thing.definer, text)


def _told(frame: bytes) -> str:
    """Return what a definition's frame says about it."""
    lines = frame.decode("utf-8", "replace").strip().splitlines()
    ends = {line.split()[1] for line in lines if line.startswith("DELIMITER ")} - {";"}
    return "\n".join(line for line in lines if line not in ends and not _AROUND.match(line))
