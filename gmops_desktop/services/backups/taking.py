"""One run of a backup: from open connections to a manifest, frame by frame."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from gmops_desktop.adapters.mysql import catalogue, definitions, script
from gmops_desktop.adapters.mysql.definitions import Schema, Table
from gmops_desktop.archive.manifest import (
    Manifest,
    ObjectRecord,
    Remark,
    RemarkKind,
    SnapshotRecord,
    Source,
)
from gmops_desktop.archive.writer import ArchiveWriter
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.services.backups import redefined
from gmops_desktop.services.backups.crew import Crew
from gmops_desktop.services.backups.loose import Lock, Unlocked, copied, fenced
from gmops_desktop.services.backups.planning import Store, plan
from gmops_desktop.services.backups.progress import TakeProgress
from gmops_desktop.services.backups.rows import Transfer
from gmops_desktop.services.backups.transfer import TransferPlan

_UNLOCKED: Final[dict[Unlocked, RemarkKind]] = {
    "no_right": "lock_no_right",
    "busy": "lock_busy",
    "too_long": "lock_too_long",
    "lost": "lock_lost",
    "off": "lock_off",
}
_RESERVE: Final = 64 << 20  # bytes of disk that a backup must leave free


@dataclass(frozen=True, slots=True)
class Taken:
    """What a run wrote, and how its rows came; `used` names the files that frames came from."""

    manifest: Manifest
    reused_bytes: int
    used: tuple[str, ...]
    progress: TakeProgress
    damaged: frozenset[str]  # files in hand whose frames did not hold


class Taking:
    """Writes one archive of a schema, its rows copied from `stores` wherever they can be.

    `redefined` names what ended an earlier attempt.
    """

    def __init__(
        self,
        crew: Crew,
        writer: ArchiveWriter,
        context: Context,
        stores: Sequence[Store],
        wish: TransferPlan,
        redefined: Sequence[str] = (),
    ) -> None:
        self._crew = crew
        self._connection = crew.first
        self._writer = writer
        self._context = context
        self._stores = stores
        self._wish = wish
        self._redefined = tuple(redefined)

    def take(self, begun: datetime) -> Taken:
        """Write everything but the archive's end."""
        connection, writer, context = self._connection, self._writer, self._context
        context.progress(0, tr("Reading the definitions"), connection.travelled)
        self._crew.gather(self._wish.connections, in_hand=bool(self._stores))
        schema = catalogue.read(connection)
        loose = [table for table in schema.tables if table.holds_rows and not table.transactional]
        expected = sum(plan(table, self._stores).expected for table in schema.tables)
        self._check_space(expected)
        with copied(self._crew, loose, self._stores, writer, context, expected) as copy:
            in_hand = {table.name: [copy.store] for table in loose if copy.store}
            transfer = Transfer(
                self._crew,
                writer,
                context,
                [plan(table, in_hand.get(table.name, self._stores)) for table in schema.tables],
                expected,
                before=copy.told,
                copied=copy.store.frames.label if copy.store else "",
                percent=copy.percent,
            )
            with fenced(self._crew, loose, copy, self._wish.lock_limit) as lock:
                moment = self._crew.look(lock)
                schema = catalogue.with_states(connection, schema)
                objects, frames = self._begin(schema)
                of_loose = {table.name: frames.pop(table.name) for table in loose}
                transfer.run(of_loose, copy.current(connection, loose))
            transfer.run(frames)
            transfer.check([*frames, *(of_loose if lock.held else ())])
        views = [thing for thing in schema.objects if thing.kind == "view"]
        routines = [t for t in schema.objects if t.kind in definitions.ROUTINES]
        active = [t for t in schema.objects if t.kind in ("trigger", "event")]
        objects += [self._define(thing) for thing in (*routines, *views, *active)]
        writer.add(script.epilogue())

        if transfer.waited >= 1:
            seconds = f"{transfer.waited:.0f}"
            context.note(tr("Held back for {seconds} s: the server was busy.", seconds=seconds))
        transfer.tell(tr("Reading the definitions again"))
        redefined.compare(schema, catalogue.read(connection))
        writer.settle()
        manifest = Manifest(
            tool=tool(),
            source=self._source(schema),
            begun=begun,
            ended=datetime.now(UTC),
            position=moment.position,
            snapshot=SnapshotRecord(
                moment.way,
                len(moment.connections),
                moment.lock_seconds,
                lock.seconds,
                self._redefined,
            ),
            remarks=(*_loose_remarks(loose, lock, transfer.moved), *_remarks(schema)),
            tables=transfer.records,
            objects=tuple(objects),
            frames=tuple(writer.digests),
        )
        used = tuple(sorted(transfer.used | copy.used))
        damaged = (transfer.damaged | copy.damaged) - {transfer.copied}
        return Taken(manifest, transfer.reused_bytes, used, transfer.told(), frozenset(damaged))

    def _begin(self, schema: Schema) -> tuple[list[ObjectRecord], dict[str, int]]:
        """Write what comes before all rows; return the sequences, and each table's frame."""
        connection, writer = self._connection, self._writer
        server = f"{connection.server.kind} {connection.server.version}"
        writer.add(script.preamble(connection.schema, server, tool()))
        objects = [self._define(thing) for thing in schema.objects if thing.kind == "sequence"]
        return objects, {table.name: writer.add(script.table(table)) for table in schema.tables}

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

    def _check_space(self, expected: int) -> None:
        """Refuse before the start what cannot end well; text shrinks to about a third."""
        folder = self._writer.path.parent
        free, needed = shutil.disk_usage(folder).free, expected // 3 + _RESERVE
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


def tool() -> str:
    """Return this program's name and version."""
    try:
        return f"GMOps Desktop {version('gmops-desktop')}"
    except PackageNotFoundError:  # a frozen program may come without its metadata
        return "GMOps Desktop"


def _remarks(schema: Schema) -> list[Remark]:
    return [Remark(gap.kind, gap.name, gap.detail) for gap in schema.omissions]


def _loose_remarks(loose: Sequence[Table], lock: Lock, moved: frozenset[str]) -> list[Remark]:
    """Say of each table without snapshots how it came to be of the moment, or that it is not."""
    remarks = []
    for table in loose:
        kind: RemarkKind = "locked" if lock.held else "unmoved"
        if not lock.held and table.name in moved:
            kind = "not_transactional"
        remarks.append(Remark(kind, table.name, table.engine))
    if lock.why and loose:
        remarks.append(Remark(_UNLOCKED[lock.why], ""))
    return remarks
