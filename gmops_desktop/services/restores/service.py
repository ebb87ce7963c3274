"""The verbs of restoring: preview, run, undo, and putting right what was interrupted."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from db.engine import Database
from db.ids import uuid7
from db.models import RestoreRow
from gmops_desktop.adapters.mysql import MysqlConnection, definitions, segments
from gmops_desktop.addresses import MysqlAddress, address_to_dict
from gmops_desktop.archive.inventory import Backup, Inventory
from gmops_desktop.archive.reader import ArchiveReader
from gmops_desktop.archive.sealing import Seals
from gmops_desktop.archive.verification import verify
from gmops_desktop.context import Context, Progress
from gmops_desktop.errors import Cancelled, OpsError, ProofFailed
from gmops_desktop.language import tr
from gmops_desktop.services.restores.comparison import Action, compare, count
from gmops_desktop.services.restores.ledger import Ledger, State, address_of, plan_of, state_of
from gmops_desktop.services.restores.replacement import Replacement, finish, put_back

Connect = Callable[[MysqlAddress, Context], MysqlConnection]
TakeSafety = Callable[[MysqlAddress, Context], Backup]

_USUAL_RATE: Final = 8e6  # bytes of SQL a second, until a restore here has shown better


@dataclass(frozen=True, slots=True)
class TableChange:
    """What a restore would do to one table, in rows; `text_bytes` is what it would write."""

    table: str
    action: Action
    added: int
    changed: int
    removed: int
    text_bytes: int
    note: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What a restore would do; `objects` names the other definitions that differ.

    `seconds` is an estimate from the restores run here before.
    """

    path: Path
    target: MysqlAddress
    tables: tuple[TableChange, ...]
    objects: tuple[str, ...]
    text_bytes: int
    seconds: float
    identical: bool


@dataclass(frozen=True, slots=True)
class Restored:
    """A restore that ended; `proved` when the target's digests are the archive's.

    `differences` says in sentences what is otherwise.  `safety` is the state before it.
    """

    id: str
    at: datetime
    seconds: float
    target: str
    schema: str
    tables: int
    rows: int
    proved: bool
    differences: tuple[str, ...]
    safety: Backup | None


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A restore that was interrupted, and has yet to be put back (or only to be cleared up)."""

    id: str
    at: datetime
    target: str
    schema: str
    state: State


class Restores:
    """Restores of whole schemas from archives.

    `take_safety` writes an archive of the present state before anything is changed.
    """

    def __init__(
        self,
        database: Database,
        connect: Connect,
        take_safety: TakeSafety,
        seals: Seals | None = None,
    ) -> None:
        self._ledger = Ledger(database)
        self._inventory = Inventory(database)
        self._connect = connect
        self._take_safety = take_safety
        self._seals = seals or Seals()

    def preview(self, path: Path, target: MysqlAddress, context: Context) -> Preview:
        """Say what a restore of `path` into `target` would change; nothing is locked or written."""
        with (
            self._seals.opened(path, context) as plain,
            ArchiveReader(plain) as reader,
            self._connect(target, context) as connection,
        ):
            segments.prepare(connection)
            present = definitions.read(connection)
            found = compare(connection, present, reader.manifest, context)
            changes = []
            for table in found.tables:
                if table.action == "same":
                    changes.append(TableChange(table.table, "same", 0, 0, 0, 0, ""))
                    continue
                context.progress(99, tr("Counting the rows of {name}", name=table.table))
                added, changed, removed = count(connection, reader, table)
                size = table.record.text_bytes if table.record else 0
                changes.append(
                    TableChange(
                        table.table,
                        table.action,
                        added,
                        changed,
                        removed,
                        size,
                        _note(table.action),
                    )
                )
        text_bytes = sum(change.text_bytes for change in changes)
        return Preview(
            path=path,
            target=target,
            tables=tuple(changes),
            objects=found.objects,
            text_bytes=text_bytes,
            seconds=1.0 + reader.manifest.text_bytes / 60e6 + text_bytes / self._rate(),
            identical=found.identical,
        )

    def run(self, path: Path, target: MysqlAddress, context: Context, *, confirm: str) -> Restored:
        """Make `target` what the archive holds; `confirm` is the schema's name, typed by a person.

        The archive is verified and the present state saved first.  Failed, cancelled or cut off,
        the schema is as it was, or is put back by the next run.  Raises `OpsError`, or
        `ProofFailed` naming the tables whose rows are not the archive's.
        """
        return self._run(path, target, context, confirm=confirm, undoes="")

    def undo(self, restored_id: str, context: Context) -> Restored:
        """Take a restore back: restore the state that was saved before it."""
        row = next((row for row in self._ledger.all() if row.id == restored_id), None)
        safety = self._inventory.get(row.safety_id) if row else None
        if row is None or safety is None or not safety.exists:
            raise OpsError(
                tr("The state before this restore is no longer at hand."),
                hint=tr("Choose one of the backups instead."),
            )
        target = address_of(row)
        return self._run(safety.path, target, context, confirm=target.schema, undoes=row.id)

    def target_of(self, restored_id: str) -> MysqlAddress:
        """Return where a restore wrote, its tunnel included: undoing it needs the passwords."""
        row = next((row for row in self._ledger.all() if row.id == restored_id), None)
        if row is None:
            raise OpsError(tr("There is no restore {id}.", id=restored_id))
        return address_of(row)

    def recover(self, target: MysqlAddress, context: Context) -> bool:
        """Put right what an interrupted restore left in `target`; say whether there was any."""
        waiting = [thing for thing in self.unfinished() if thing.target == str(target)]
        for row in self._ledger.all():
            if row.id not in {thing.id for thing in waiting}:
                continue
            with self._connect(target, context) as connection, context.uncut():
                if state_of(row) == "clearing":
                    finish(connection, plan_of(row))
                    self._ledger.reach(row.id, "done")
                else:
                    put_back(connection, plan_of(row), swapped=state_of(row) == "swapping")
                    self._ledger.forget(row.id)
            context.note(
                tr("An interrupted restore of {schema} was put right first.", schema=row.schema)
            )
        return bool(waiting)

    def unfinished(self) -> tuple[Unfinished, ...]:
        """Return the restores that were interrupted, newest first."""
        return tuple(
            Unfinished(row.id, row.at, row.target, row.schema, state_of(row))
            for row in self._ledger.all()
            if state_of(row) != "done"
        )

    def last(self) -> Restored | None:
        """Return the newest restore."""
        return next(iter(self.all()), None)

    def all(self) -> tuple[Restored, ...]:
        """Return every restore that ended, newest first."""
        return tuple(self._restored(row) for row in self._ledger.all() if state_of(row) == "done")

    def _run(
        self, path: Path, target: MysqlAddress, context: Context, *, confirm: str, undoes: str
    ) -> Restored:
        if confirm != target.schema:
            raise OpsError(
                tr("“{typed}” is not the name of the schema.", typed=confirm),
                hint=tr("Type “{schema}” to confirm.", schema=target.schema),
                unharmed=tr("The schema is as it was."),
            )
        with _part(context, 0, 4) as opening, self._seals.opened(path, opening) as plain:
            return self._run_plain(plain, path, target, context, undoes=undoes)

    def _run_plain(
        self, plain: Path, path: Path, target: MysqlAddress, context: Context, *, undoes: str
    ) -> Restored:
        """Restore from `plain`, which is the archive at `path` or its opened copy."""
        begun, clock = _now(), time.monotonic()
        with _part(context, 4, 10) as part:
            self._prove(plain, part)
        self.recover(target, context)
        with _part(context, 10, 25) as part:
            safety = self._take_safety(target, part)
        with (
            ArchiveReader(plain) as reader,
            _part(context, 25, 35) as comparing,
            _part(context, 35, 100) as part,
            self._connect(target, part) as connection,
        ):
            segments.prepare(connection)
            present = definitions.read(connection)
            comparison = compare(connection, present, reader.manifest, comparing)
            source = reader.manifest.source
            row = RestoreRow(
                id=uuid7(),
                at=begun,
                seconds=0.0,
                source=f"{source.schema}@{source.host}",
                target=str(target),
                schema=target.schema,
                archive_path=str(path.absolute()),
                safety_id=safety.id,
                undoes=undoes,
                tables=0,
                rows=0,
                proved=False,
                differences=[],
                more={"address": address_to_dict(target)},
            )
            identity = row.id
            replacement = Replacement(
                connection, reader, self._ledger, lambda: self._connect(target, Context()), part
            )
            outcome = replacement.run(row, present, comparison)
        self._ledger.reach(
            identity,
            "done",
            seconds=time.monotonic() - clock,
            tables=outcome.tables,
            rows=outcome.rows,
            text_bytes=outcome.text_bytes,
            proved=outcome.proved,
            differences=list(outcome.differences),
        )
        with suppress(Cancelled):  # too late: it is done
            context.progress(100, tr("Restore of {schema} done", schema=target.schema))
        return next(restored for restored in self.all() if restored.id == identity)

    def _prove(self, path: Path, context: Context) -> None:
        outcome = verify(path, context)
        if not outcome.ok:
            raise ProofFailed(
                tr("The archive {path} is broken: {fault}", path=path, fault=outcome.faults[0]),
                hint=tr("Choose another backup."),
                unharmed=tr("The schema is as it was."),
            )

    def _restored(self, row: RestoreRow) -> Restored:
        return Restored(
            id=row.id,
            at=row.at,
            seconds=row.seconds,
            target=row.target,
            schema=row.schema,
            tables=row.tables,
            rows=row.rows,
            proved=row.proved,
            differences=tuple(row.differences),
            safety=self._inventory.get(row.safety_id) if row.safety_id else None,
        )

    def _rate(self) -> float:
        """Return the bytes of SQL a second that the last restore of some size wrote."""
        for row in self._ledger.all():
            if state_of(row) == "done" and row.text_bytes > 1 << 20:
                return row.text_bytes / max(row.seconds, 0.1)
        return _USUAL_RATE


class _Part(Context):
    """Reports every step: the whole decides how often somebody hears of it."""

    def progress(
        self,
        percent: int | None,
        text: str = "",
        travelled: int = 0,
        detail: Callable[[], object] | None = None,
    ) -> None:
        self.check()
        self._report(Progress(percent, text, travelled, detail() if detail else None))


@contextmanager
def _part(context: Context, low: int, high: int) -> Iterator[Context]:
    """Let a part of the work count its own 0 to 100 within `low` to `high` of the whole."""

    def report(progress: Progress) -> None:
        percent = progress.percent
        whole = None if percent is None else min(99, low + percent * (high - low) // 100)
        with suppress(Cancelled):  # the part is cancelled, too, unless it must not be cut now
            context.progress(whole, progress.text, progress.travelled, lambda: progress.detail)

    part = _Part(report, context.note)
    with context.on_cancel(part.cancel):
        yield part


def _note(action: Action) -> str:
    if action == "drop":
        return tr("not in the archive")
    if action == "create":
        return tr("missing in the schema")
    return tr("defined otherwise") if action == "replace" else ""


def _now() -> datetime:
    """Return the time to the millisecond, which is what the store keeps."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
