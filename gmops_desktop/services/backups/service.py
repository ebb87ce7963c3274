"""Takes, verifies and lists backups of MySQL schemas."""

from __future__ import annotations

import re
import secrets
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from db.engine import Database
from db.ids import uuid7
from gmops_desktop.adapters.mysql import (
    MysqlConnection,
    definitions,
    reading,
    script,
    segments,
    snapshot,
)
from gmops_desktop.adapters.mysql.definitions import Schema, Table
from gmops_desktop.adapters.mysql.dialect import Column
from gmops_desktop.adapters.mysql.reading import Piece, Segment
from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.archive import rows
from gmops_desktop.archive.inventory import Backup, Inventory, Purpose
from gmops_desktop.archive.manifest import (
    ColumnRecord,
    Manifest,
    ObjectRecord,
    Remark,
    SegmentRecord,
    Source,
    TableRecord,
)
from gmops_desktop.archive.reader import ArchiveReader
from gmops_desktop.archive.sealing import Seals
from gmops_desktop.archive.verification import Verification
from gmops_desktop.archive.writer import ArchiveWriter
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError, ProofFailed
from gmops_desktop.language import tr
from gmops_desktop.services.backups.transfer import TransferPlan

__all__ = ["ArchiveSummary", "Backup", "Backups", "TableSummary", "Verification"]

Connect = Callable[[MysqlAddress, Context], MysqlConnection]

_RESERVE: Final = 64 << 20  # bytes of disk that a backup must leave free


@dataclass(frozen=True, slots=True)
class TableSummary:
    """One table of an archive; `text_bytes` is the size of its rows as SQL."""

    name: str
    rows: int
    text_bytes: int
    segments: int
    engine: str


@dataclass(frozen=True, slots=True)
class ArchiveSummary:
    """What an archive says of itself; `views` to `events` are counts."""

    source: str
    server: str
    schema: str
    taken_at: datetime
    verdict: str
    tables: tuple[TableSummary, ...]
    views: int
    routines: int
    triggers: int
    events: int
    manifest_digest: str


class Backups:
    """Backups of schemas as archives: full, proved, restorable with stock tools."""

    def __init__(
        self,
        database: Database,
        connect: Connect,
        archive_folder: Callable[[], Path],
        seals: Seals | None = None,
    ) -> None:
        self._inventory = Inventory(database)
        self._connect = connect
        self._archive_folder = archive_folder
        self._seals = seals or Seals()

    def take(
        self,
        address: MysqlAddress,
        context: Context,
        *,
        out: Path | None = None,
        resource_id: str = "",
        purpose: Purpose = "backup",
        plan: TransferPlan | None = None,
        seal: bool | None = None,
    ) -> Backup:
        """Write an archive of `address`'s schema, to `out` or under a new name in the folder.

        The rows are those of one consistent snapshot; nothing is locked.  Cancelled or failed, it
        leaves no file.  `seal` overrules the settings; an archive that could not be sealed stays
        as it is, listed.  Raises `OpsError`.
        """
        begun, clock = _now(), time.monotonic()
        path = (out or self._new_path(address, begun, purpose)).absolute()
        with (
            self._connect(address, context) as connection,
            ArchiveWriter(path) as writer,
        ):
            manifest = _Taking(connection, writer, context).take(begun)
            written = writer.finish(manifest)
            travelled = connection.travelled
        backup = Backup(
            id=uuid7(),
            at=begun,
            seconds=time.monotonic() - clock,
            source=f"{address.schema}@{address.host}",
            schema=address.schema,
            resource_id=resource_id,
            purpose=purpose,
            path=path,
            file_bytes=written.file_bytes,
            text_bytes=manifest.text_bytes,
            travelled=travelled,
            rows=manifest.rows,
            tables=len(manifest.tables),
            consistency=manifest.consistency,
            verdict=manifest.verdict,
            manifest_digest=manifest.digest,
            verified_at=None,
            verified=None,
            exists=True,
        )
        self._inventory.add(backup)
        if self._seals.on if seal is None else seal:
            backup = self._seal(backup, context)
        context.progress(100, tr("Backup of {schema} written", schema=address.schema), travelled)
        return backup

    def verify(self, path: Path, context: Context) -> Verification:
        """Recompute all digests of an archive; what is found is entered into the list."""
        outcome = self._seals.verify(path.absolute(), context)
        self._inventory.verified(path.absolute(), outcome)
        return outcome

    def inspect(self, path: Path) -> ArchiveSummary:
        """Say what an archive holds, by its manifest; `ProofFailed` where that is broken."""
        with self._seals.opened(path, Context()) as plain, ArchiveReader(plain) as reader:
            manifest = reader.manifest
        counts = Counter(thing.kind for thing in manifest.objects)
        source = manifest.source
        return ArchiveSummary(
            source=f"{source.schema}@{source.host}",
            server=f"{source.server} {source.version}",
            schema=source.schema,
            taken_at=manifest.begun,
            verdict=manifest.verdict,
            tables=tuple(
                TableSummary(t.name, t.rows, t.text_bytes, len(t.segments), t.engine)
                for t in manifest.tables
            ),
            views=counts["view"],
            routines=sum(counts[kind] for kind in definitions.ROUTINES),
            triggers=counts["trigger"],
            events=counts["event"],
            manifest_digest=manifest.digest,
        )

    def seal(self, path: Path, context: Context) -> Path:
        """Replace a plain archive by its sealed form, on the list as well; return that."""
        written = self._seals.seal(path.absolute(), context)
        self._inventory.moved(path.absolute(), written.path, written.file_bytes)
        return written.path

    def _seal(self, backup: Backup, context: Context) -> Backup:
        """Seal an archive just written.

        Where no key here can open it afterwards it is proved before; the state before a restore
        then stays plain, because undoing must be able to read it.
        """
        with context.uncut():
            outcome = None
            if not self._seals.can_open():
                if backup.purpose == "safety":
                    context.note(
                        tr("The safety copy was not sealed: no key here could open it for undo.")
                    )
                    return backup
                outcome = self.verify(backup.path, context)
                if not outcome.ok:
                    raise ProofFailed(
                        tr("{file} is damaged: {faults}", file=backup.path,
                           faults="; ".join(outcome.faults)),
                        hint=tr("Check the disk, then try again."),
                    )  # fmt: skip
            sealed = self.seal(backup.path, context)
            if outcome:
                self._inventory.verified(sealed, outcome)
            return self.get(backup.id)

    def all(self) -> tuple[Backup, ...]:
        """Return every backup taken here, newest first."""
        return self._inventory.all()

    def get(self, id: str) -> Backup:
        """Return one backup."""
        if backup := self._inventory.get(id):
            return backup
        raise OpsError(tr("There is no backup with the id {id}.", id=id))

    def forget(self, id: str) -> None:
        """Take a backup whose file is gone off the list."""
        backup = self.get(id)
        if backup.exists:
            raise OpsError(
                tr("The archive {path} still exists.", path=backup.path),
                hint=tr("Only backups whose file is gone can be taken off the list."),
            )
        self._inventory.forget(id)

    def _new_path(self, address: MysqlAddress, at: datetime, purpose: Purpose) -> Path:
        schema = re.sub(r"[^\w.-]+", "_", address.schema)
        kind = "" if purpose == "backup" else f"-{purpose}"
        # Two backups may begin in the same second.
        name = f"{schema}{kind}-{at.astimezone():%Y%m%d-%H%M%S}-{secrets.token_hex(2)}.sql.zst"
        return self._archive_folder() / name


class _Taking:
    """One run of a backup: from an open connection to a manifest, frame by frame."""

    def __init__(
        self, connection: MysqlConnection, writer: ArchiveWriter, context: Context
    ) -> None:
        self._connection = connection
        self._writer = writer
        self._context = context
        self._done = 0  # bytes of text
        self._expected = 1

    def take(self, begun: datetime) -> Manifest:
        connection, writer = self._connection, self._writer
        self._tell(tr("Reading the definitions"))
        segments.prepare(connection)
        position = snapshot.begin(connection)
        schema = definitions.read(connection)
        self._expected = sum(table.text_guess for table in schema.tables) or 1
        self._check_space()

        server = f"{connection.server.kind} {connection.server.version}"
        writer.add(script.preamble(connection.schema, server, _tool()))
        objects = [self._define(thing) for thing in schema.objects if thing.kind == "sequence"]
        frames = {table.name: writer.add(script.table(table)) for table in schema.tables}
        tables = [self._table(table, frames[table.name]) for table in schema.tables]
        views = [thing for thing in schema.objects if thing.kind == "view"]
        routines = [t for t in schema.objects if t.kind in definitions.ROUTINES]
        active = [t for t in schema.objects if t.kind in ("trigger", "event")]
        objects += [self._define(thing) for thing in (*routines, *views, *active)]
        writer.add(script.epilogue())

        self._tell(tr("Reading the definitions again"))
        self._compare(schema, definitions.read(connection))
        writer.settle()
        return Manifest(
            tool=_tool(),
            source=self._source(schema),
            begun=begun,
            ended=datetime.now(UTC),
            position=position,
            remarks=tuple(_remarks(schema)),
            tables=tuple(tables),
            objects=tuple(objects),
            frames=tuple(writer.digests),
        )

    def _table(self, table: Table, frame: int) -> TableRecord:
        records, first, variables = [], None, list[str]()
        buckets = 0
        insert = table.insert.encode()
        with snapshot.table(self._connection):
            for part in reading.read_table(self._connection, table):
                self._tell(tr("Reading {name}", name=table.name))
                if isinstance(part, Piece):
                    fresh = part.variable not in variables
                    number = self._writer.add(script.piece(part, first=fresh))
                    first = number if first is None else first
                    if fresh:
                        variables.append(part.variable)
                    self._done += len(part.data)
                    continue
                text = rows.lines(part.text)
                number = self._writer.add(insert + text + script.ROWS_END)
                buckets = part.range.buckets
                first = number if first is None else first
                records.append(_record(part, len(text), first, number - first + 1))
                if variables:
                    self._writer.add(script.release(variables))
                first, variables = None, []
                self._done += len(text)
        return TableRecord(
            name=table.name,
            engine=table.engine,
            definition=table.digest,
            frame=frame,
            columns=_columns(table.columns),
            insert=table.insert,
            key=_columns(table.key),
            index=table.index,
            buckets=buckets,
            segments=tuple(records),
        )

    def _define(self, thing: definitions.Definition) -> ObjectRecord:
        frame = self._writer.add(script.definition(self._connection, thing))
        return ObjectRecord(thing.kind, thing.name, thing.digest, thing.definer, frame)

    def _source(self, schema: Schema) -> Source:
        address, server = self._connection.address, self._connection.server
        return Source(
            server=server.kind,
            version=server.version,
            host=address.host,
            port=address.port,
            schema=address.schema,
            charset=schema.charset,
            collation=schema.collation,
            lower_case_names=server.lower_case_names,
        )

    def _compare(self, before: Schema, after: Schema) -> None:
        first, second = before.digests(), after.digests()
        changed = sorted(
            {name for kind, name in first.keys() ^ second.keys()}
            | {key[1] for key in first.keys() & second.keys() if first[key] != second[key]}
        )
        if changed:
            raise OpsError(
                tr(
                    "Definitions were changed during the backup: {names}.",
                    names=tr(", ").join(changed),
                ),
                hint=tr("Start again when nobody changes definitions."),
                unharmed=tr("No archive was written."),
            )

    def _check_space(self) -> None:
        """Refuse before the start what cannot end well; text shrinks to about a third."""
        folder = self._writer.path.parent
        free, needed = shutil.disk_usage(folder).free, self._expected // 3 + _RESERVE
        if free < needed:
            raise OpsError(
                tr(
                    "{folder} has {free} MB free, the backup may need {needed} MB.",
                    folder=folder,
                    free=free >> 20,
                    needed=needed >> 20,
                ),
                hint=tr("Free some space on the disk, or choose another folder."),
                unharmed=tr("No archive was written."),
            )

    def _tell(self, text: str) -> None:
        percent = min(98, self._done * 98 // self._expected)
        self._context.progress(percent, text, self._connection.travelled)


def _columns(columns: Iterable[Column]) -> tuple[ColumnRecord, ...]:
    return tuple(ColumnRecord(c.name, c.type, c.form, c.charset) for c in columns)


def _record(part: Segment, text_bytes: int, frame: int, frames: int) -> SegmentRecord:
    return SegmentRecord(
        rows=part.rows,
        text_bytes=text_bytes,
        digest=part.digest,
        frame=frame,
        frames=frames,
        after=part.range.after,
        upto=part.range.upto,
        bucket=part.range.bucket,
        wide=part.range.wide,
    )


def _remarks(schema: Schema) -> list[Remark]:
    plain = [Remark(gap.kind, gap.name, gap.detail) for gap in schema.omissions]
    loose = [
        Remark("not_transactional", table.name, table.engine)
        for table in schema.tables
        if table.holds_rows and not table.transactional
    ]
    return [*loose, *plain]


def _now() -> datetime:
    """Return the time to the millisecond, which is what the store keeps."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def _tool() -> str:
    try:
        return f"GMOps Desktop {version('gmops-desktop')}"
    except PackageNotFoundError:  # a frozen program may come without its metadata
        return "GMOps Desktop"
