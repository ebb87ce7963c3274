"""The verbs of restoring: preview, run, undo, and putting right what was interrupted."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final, Literal

from db.engine import Database
from db.ids import uuid7
from db.models import RestoreRow
from gmops_desktop.adapters.mysql import MysqlConnection, definitions, schemas, segments
from gmops_desktop.adapters.mysql.failures import ServerRefused
from gmops_desktop.addresses import MysqlAddress, address_to_dict
from gmops_desktop.archive.inventory import Backup, Inventory
from gmops_desktop.archive.manifest import Source
from gmops_desktop.archive.reader import ArchiveReader
from gmops_desktop.archive.sealing import Seals
from gmops_desktop.archive.verification import verify
from gmops_desktop.context import Context
from gmops_desktop.errors import Cancelled, OpsError, ProofFailed
from gmops_desktop.language import tr
from gmops_desktop.lines import Line
from gmops_desktop.services.restores import previewing
from gmops_desktop.services.restores.beside import reaching, refusal
from gmops_desktop.services.restores.choice import KEEP, WHOLE, Choice, Definers
from gmops_desktop.services.restores.comparison import compare_archives
from gmops_desktop.services.restores.ledger import (
    Ledger,
    State,
    address_of,
    as_order,
    order_of,
    plan_of,
    state_of,
)
from gmops_desktop.services.restores.newschema import NewSchemas, was_made
from gmops_desktop.services.restores.outcomes import Goal, Recovered, Restored, Unfinished
from gmops_desktop.services.restores.parts import part
from gmops_desktop.services.restores.previewing import Preview, TableRows
from gmops_desktop.services.restores.replacement import Replacement
from gmops_desktop.services.restores.settling import Stands, finish, settle

Connect = Callable[[MysqlAddress, Context], MysqlConnection]
TakeSafety = Callable[[MysqlAddress, Context], Backup]

_USUAL_RATE: Final = 8e6  # bytes of SQL a second, until a restore here has shown better
_FAST: Final = 12e6  # bytes a second of a line on which compressing would only cost time
_LOOPBACK: Final = {"localhost", "127.0.0.1", "::1"}


class Restores:
    """Restores from archives: of whole schemas, of tables, of single rows.

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
        self._new = NewSchemas(connect, self._ledger)

    def preview(
        self,
        path: Path,
        target: MysqlAddress,
        context: Context,
        *,
        choice: Choice = WHOLE,
        beside: bool = False,
    ) -> Preview:
        """Say what a restore of `path` into `target` would change; nothing is locked or written.

        With `beside` it says, too, what could reach from there to the schema beside (`reaching`).
        """
        with self._looking(path, target, context) as (reader, connection):
            another = partial(self._connect, target, context)
            rate = self._rate()
            found = previewing.preview(connection, reader, path, choice, rate, context, another)
            near = reaching(connection, reader, target.schema, choice) if beside else ()
        return replace(found, target=target, reaching=near)

    def rows(
        self, path: Path, target: MysqlAddress, table: str, context: Context, *, most: int = 200
    ) -> TableRows:
        """Return up to `most` rows of `table` that a restore would change, side by side."""
        with self._looking(path, target, context) as (reader, connection):
            return previewing.sample(connection, reader, table, most, context)

    def run(
        self,
        path: Path,
        target: MysqlAddress,
        context: Context,
        *,
        confirm: str,
        choice: Choice = WHOLE,
        definers: Definers = KEEP,
        beside: bool = False,
    ) -> Restored:
        """Make `target` what the archive holds, or only what was chosen of it.

        `confirm` is the schema's name, typed by a person.  The archive is verified and the present
        state saved first; a schema that is not there yet is made as the archive's was.  Failed,
        cancelled or cut off, the schema is as it was, or is put back by the next run.  `beside`
        refuses what could reach the schema that the archive was taken of.  Raises `OpsError`, or
        `ProofFailed` naming the tables whose rows are not the archive's.
        """
        if confirm != target.schema:
            raise OpsError(
                tr("“{typed}” is not the name of the schema.", typed=confirm),
                hint=tr("Type “{schema}” to confirm.", schema=target.schema),
                unharmed=tr("The schema is as it was."),
            )
        return self._run(path, target, context, choice=choice, definers=definers, beside=beside)

    def undo(self, restored_id: str, context: Context) -> Restored:
        """Take a restore back: restore the state that was saved before it."""
        row = next((row for row in self._ledger.all() if row.id == restored_id), None)
        safety = self._inventory.get(row.safety_id) if row else None
        if row is None or safety is None or not safety.exists:
            raise OpsError(
                tr("The state before this restore is no longer at hand."),
                hint=tr("Choose one of the backups instead."),
            )
        undone = self._run(safety.path, address_of(row), context, undoes=row.id)
        self._take_away_undone(row.id, context)
        return undone

    def _take_away_undone(self, id: str, context: Context) -> None:
        """Remove the schema that a restore had made, now that it is undone and empty."""
        for row in self._ledger.all():
            if row.id == id:
                try:
                    self._new.take_away(row, address_of(row), context)
                except OpsError as error:  # what was to be undone is undone
                    context.note(error.message)

    def target_of(self, restored_id: str) -> MysqlAddress:
        """Return where a restore wrote, its tunnel included: undoing it needs the passwords."""
        row = next((row for row in self._ledger.all() if row.id == restored_id), None)
        if row is None:
            raise OpsError(tr("There is no restore {id}.", id=restored_id))
        return address_of(row)

    def recover(
        self, target: MysqlAddress, context: Context, goal: Goal = "either"
    ) -> Recovered | None:
        """Put right what an interrupted restore left in `target`; None where there was none.

        The schema then is as before that restore, or as after it where that had come to its end
        already.  With a `goal` it is brought there: undone from the safety copy, or restored again.
        """
        recovered = None
        for row in self._waiting(target):
            context.line = self._line(target)
            stands = self._settled(row, target, context, goal)
            context.note(
                tr("An interrupted restore of {schema} was put right first.", schema=row.schema)
            )
            if goal == "after" and stands == "before":
                choice, definers = order_of(row)
                self._run(
                    Path(row.archive_path),
                    target,
                    context,
                    undoes=row.undoes,
                    choice=choice,
                    definers=definers,
                )
                stands = "after"
            if row.undoes and stands == "after":
                self._take_away_undone(row.undoes, context)
            if goal == "before" and stands == "after":
                self.undo(row.id, context)
                stands = "before"
            recovered = Recovered(row.schema, stands)
        return recovered

    def _settled(
        self, row: RestoreRow, target: MysqlAddress, context: Context, goal: Goal
    ) -> Stands:
        """Bring what an interrupted restore left to one of its ends, and strike it out or enter
        that it is done."""
        stands: Stands = "before"
        with ExitStack() as stack:
            if not self._new.is_gone(row, target, context):
                connection = stack.enter_context(self._connect(target, context))
                safety = self._safety_of(row, stack, context)
                with context.uncut():
                    stands = settle(
                        connection,
                        plan_of(row),
                        state_of(row),
                        safety,
                        context,
                        forward=goal == "after",
                    )
                    if stands == "after":
                        if state_of(row) != "clearing":  # committed, so it was proved before
                            self._ledger.reach(row.id, "clearing", proved=True)
                        finish(connection, plan_of(row))
                        self._ledger.reach(row.id, "done")
        if stands == "before":
            self._new.take_away(row, target, context)
            self._ledger.forget(row.id)
        return stands

    def unfinished(self) -> tuple[Unfinished, ...]:
        """Return the restores that were interrupted, newest first."""
        stands: dict[State, Literal["before", "after", "unknown"]] = {
            "making": "before",
            "building": "before",
            "clearing": "after",
        }
        return tuple(
            Unfinished(
                row.id,
                row.at,
                row.target,
                row.schema,
                state_of(row),
                Path(row.archive_path),
                stands.get(state_of(row), "unknown"),
            )
            for row in self._ledger.all()
            if state_of(row) != "done"
        )

    def last(self) -> Restored | None:
        """Return the newest restore."""
        return next(iter(self.all()), None)

    def all(self) -> tuple[Restored, ...]:
        """Return every restore that ended, newest first."""
        return tuple(self._restored(row) for row in self._ledger.all() if state_of(row) == "done")

    # ------------------------------------------------------------ a run

    def _run(
        self,
        path: Path,
        target: MysqlAddress,
        context: Context,
        *,
        undoes: str = "",
        choice: Choice = WHOLE,
        definers: Definers = KEEP,
        beside: bool = False,
    ) -> Restored:
        begun, clock = _now(), time.monotonic()
        context.line = self._line(target)
        with ExitStack() as stack:
            with part(context, 0, 4) as opening:
                plain = stack.enter_context(self._seals.opened(path, opening))
            with part(context, 4, 10) as proving:
                self._prove(plain, proving)
            self.recover(target, context)
            reader = stack.enter_context(ArchiveReader(plain))
            if beside:
                self._refuse_reaching(reader, target, choice, context)
            source = reader.manifest.source
            row = RestoreRow(
                id=uuid7(),
                at=begun,
                seconds=0.0,
                source=f"{source.schema}@{source.host}",
                target=str(target),
                schema=target.schema,
                archive_path=str(path.absolute()),
                undoes=undoes,
                tables=0,
                rows=0,
                proved=False,
                differences=[],
                more={"address": address_to_dict(target), **as_order(choice, definers)},
            )
            with part(context, 10, 35) as saving:
                safety = self._saved(row, target, source, stack, saving)
                travelled = saving.line.travelled
            row.safety_id = safety.id
            saved = stack.enter_context(self._seals.opened(safety.path, context))
            taken = stack.enter_context(ArchiveReader(saved))
            inner = stack.enter_context(part(context, 35, 100))
            connection = stack.enter_context(self._connect(target, inner))
            segments.prepare(connection)
            present = definitions.read(connection)
            self._refuse_blindness(present)
            comparison = previewing.chosen(compare_archives(present, reader, taken, inner), choice)
            identity = row.id
            replacement = Replacement(
                connection,
                reader,
                taken,
                self._ledger,
                partial(self._connect, target),
                inner,
                choice=choice,
                definers=definers,
            )
            replacement.run(row, present, comparison)
            travelled += context.line.travelled
        self._ledger.reach(
            identity, "done", seconds=time.monotonic() - clock, more={"travelled": travelled}
        )
        with suppress(Cancelled):  # too late: it is done
            context.progress(100, tr("Restore of {schema} done", schema=target.schema), travelled)
        return next(restored for restored in self.all() if restored.id == identity)

    def _saved(
        self,
        row: RestoreRow,
        target: MysqlAddress,
        source: Source,
        stack: ExitStack,
        context: Context,
    ) -> Backup:
        """Take the safety copy; where there is no schema yet, make it first."""
        try:
            return self._take_safety(target, context)
        except ServerRefused as refusal:
            if refusal.code not in (schemas.MISSING, schemas.HIDDEN):
                raise
            if not self._new.is_missing(target, source, context):
                raise
        stack.enter_context(self._new.made(row, target, source, context))
        return self._take_safety(target, context)

    def _prove(self, path: Path, context: Context) -> None:
        outcome = verify(path, context)
        if not outcome.ok:
            raise ProofFailed(
                tr("The archive {path} is broken: {fault}", path=path, fault=outcome.faults[0]),
                hint=tr("Choose another backup."),
                unharmed=tr("The schema is as it was."),
            )

    def _refuse_reaching(
        self, reader: ArchiveReader, target: MysqlAddress, choice: Choice, context: Context
    ) -> None:
        with self._connect(replace(target, schema=""), context) as connection:
            found = reaching(connection, reader, target.schema, choice)
        if found:
            raise refusal(found, target.schema)

    def _refuse_blindness(self, present: definitions.Schema) -> None:
        """What the account may not see would be lost, or would fire unseen."""
        for gap in present.omissions:
            if gap.kind == "no_privilege" and gap.detail in ("SELECT", "TRIGGER"):
                raise OpsError(
                    tr("The account may not see all of the schema: {name}.", name=gap.name),
                    hint=tr("Grant it SELECT and TRIGGER on the schema, or use another user."),
                    unharmed=tr("The schema is as it was."),
                )

    @contextmanager
    def _looking(
        self, path: Path, target: MysqlAddress, context: Context
    ) -> Iterator[tuple[ArchiveReader, MysqlConnection]]:
        context.line = self._line(target)
        with (
            self._seals.opened(path, context) as plain,
            ArchiveReader(plain) as reader,
            self._opened(target, reader, context) as connection,
        ):
            yield reader, connection

    def _opened(
        self, target: MysqlAddress, reader: ArchiveReader, context: Context
    ) -> MysqlConnection:
        """Connect to the schema, or where it is not there yet to the server alone."""
        try:
            return self._connect(target, context)
        except ServerRefused as refusal:
            if refusal.code not in (schemas.MISSING, schemas.HIDDEN):
                raise
            if not self._new.is_missing(target, reader.manifest.source, context):
                raise
        return self._connect(replace(target, schema=""), context)

    def _waiting(self, target: MysqlAddress) -> list[RestoreRow]:
        """Return the restores of `target` that were interrupted."""
        return [
            row
            for row in self._ledger.all()
            if state_of(row) != "done" and row.target == str(target)
        ]

    def _safety_of(
        self, row: RestoreRow, stack: ExitStack, context: Context
    ) -> ArchiveReader | None:
        safety = self._inventory.get(row.safety_id) if row.safety_id else None
        if safety is None or not safety.exists:
            return None
        plain = stack.enter_context(self._seals.opened(safety.path, context))
        return stack.enter_context(ArchiveReader(plain))

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
            undoes=row.undoes,
            travelled=int(row.more.get("travelled", 0)),
            archive=row.archive_path,
            made_schema=was_made(row),
        )

    def _rate(self) -> float:
        """Return the bytes of SQL a second that the last restore of some size wrote."""
        for row in self._ledger.all():
            if state_of(row) == "done" and row.text_bytes > 1 << 20:
                return row.text_bytes / max(row.seconds, 0.1)
        return _USUAL_RATE

    def _line(self, target: MysqlAddress) -> Line:
        """Return the line, compressed both ways where it carries less than can be packed: by zstd
        at its ends where the server has that, else by SSH."""
        if target.ssh is None or target.ssh.host in _LOOPBACK:
            return Line()
        compress = self._inventory.line_rate(f"{target.schema}@{target.host}") < _FAST
        return Line(compress=compress, at_source=compress)


def _now() -> datetime:
    """Return the time to the millisecond, which is what the store keeps."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
