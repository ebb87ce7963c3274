"""The verbs of restoring: preview, run, undo, and putting right what was interrupted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final, Literal

from db.engine import Database
from db.models import RestoreRow
from gmops_desktop.adapters.locks import Busy
from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.archive.inventory import Inventory
from gmops_desktop.archive.reader import ArchiveReader
from gmops_desktop.archive.sealing import Seals
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.services.restores import previewing
from gmops_desktop.services.restores.beside import reaching
from gmops_desktop.services.restores.choice import KEEP, WHOLE, Choice, Definers
from gmops_desktop.services.restores.ledger import (
    Ledger,
    State,
    address_of,
    order_of,
    plan_of,
    state_of,
)
from gmops_desktop.services.restores.newschema import NewSchemas, was_made
from gmops_desktop.services.restores.outcomes import Goal, Recovered, Restored, Unfinished
from gmops_desktop.services.restores.previewing import Outlook, Preview, TableRows
from gmops_desktop.services.restores.running import Order, Running, TakeSafety
from gmops_desktop.services.restores.settling import Stands, finish, settle
from gmops_desktop.services.restores.targets import Connect, Targets

_USUAL_RATE: Final = 8e6  # bytes of SQL a second, until a restore there has shown better
_TELLING: Final = 1 << 20  # bytes of SQL of a restore that shows it


class Restores:
    """Restores from archives: of whole schemas, of tables, of single rows.

    `take_safety` writes an archive of the present state before anything is changed.  `alone` keeps
    other programs from restoring into the same schema, and raises `Busy` where one is at it.
    """

    def __init__(
        self,
        database: Database,
        connect: Connect,
        take_safety: TakeSafety,
        seals: Seals | None = None,
        *,
        alone: Callable[[MysqlAddress], AbstractContextManager[None]] = lambda _: nullcontext(),
    ) -> None:
        self._ledger = Ledger(database)
        self._inventory = Inventory(database)
        self._seals = seals or Seals()
        self._new = NewSchemas(connect, self._ledger)
        self._targets = Targets(connect, self._inventory, self._seals, self._new)
        self._running = Running(self._ledger, self._targets, take_safety, self._seals, self._new)
        self._alone = alone
        self._at_work: dict[str, int] = {}  # targets, and the thread of this program that is at it

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
        with self._targets.beside(path, target, context) as (reader, connection):
            another = partial(self._targets.connect, target, context)
            outlook = self._outlook(target, reader)
            found = previewing.preview(connection, reader, path, choice, outlook, context, another)
            near = reaching(connection, reader, target.schema, choice) if beside else ()
        return replace(found, target=target, reaching=near)

    def rows(
        self, path: Path, target: MysqlAddress, table: str, context: Context, *, most: int = 200
    ) -> TableRows:
        """Return up to `most` rows of `table` that a restore would change, side by side."""
        with self._targets.beside(path, target, context) as (reader, connection):
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
        order = Order(path, target, choice, definers, beside=beside)
        return self._run(order, context)

    def undo(self, restored_id: str, context: Context) -> Restored:
        """Take a restore back: restore the state that was saved before it."""
        row = next((row for row in self._ledger.all() if row.id == restored_id), None)
        safety = self._inventory.get(row.safety_id) if row else None
        if row is None or safety is None or not safety.exists:
            raise OpsError(
                tr("The state before this restore is no longer at hand."),
                hint=tr("Choose one of the backups instead."),
            )
        undone = self._run(Order(safety.path, address_of(row), undoes=row.id), context)
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
        with self._under_way(target):
            for row in self._waiting(target):
                context.line = self._targets.line(target)
                stands = self._settled(row, target, context, goal)
                context.note(
                    tr("An interrupted restore of {schema} was put right first.", schema=row.schema)
                )
                if goal == "after" and stands == "before":
                    choice, definers = order_of(row)
                    path = Path(row.archive_path)
                    self._run(Order(path, target, choice, definers, row.undoes), context)
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
                connection = stack.enter_context(self._targets.connect(target, context))
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
        """Return the restores that were interrupted, newest first; none that is under way, here or
        in another program."""
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
            if state_of(row) != "done" and not self._is_under_way(address_of(row))
        )

    def last(self) -> Restored | None:
        """Return the newest restore."""
        return next(iter(self.all()), None)

    def all(self) -> tuple[Restored, ...]:
        """Return every restore that ended, newest first."""
        return tuple(self._restored(row) for row in self._ledger.all() if state_of(row) == "done")

    # ------------------------------------------------------------ inside

    def _run(self, order: Order, context: Context) -> Restored:
        with self._under_way(order.target):
            id = self._running.run(order, lambda: self.recover(order.target, context), context)
        return next(restored for restored in self.all() if restored.id == id)

    @contextmanager
    def _under_way(self, target: MysqlAddress) -> Iterator[None]:
        """Keep others from the schema, and what is at work from being called interrupted.

        A verb may take others: a restore recovers first, a recovery restores or undoes.
        """
        me, key = threading.get_ident(), str(target)
        if self._at_work.get(key) == me:
            yield
            return
        with self._alone(target):
            self._at_work[key] = me
            try:
                yield
            finally:
                del self._at_work[key]

    def _is_under_way(self, target: MysqlAddress) -> bool:
        if str(target) in self._at_work:
            return True
        try:
            with self._alone(target):
                return False
        except Busy:
            return True

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
            resource_id=row.resource_id,
        )

    def _outlook(self, target: MysqlAddress, archive: ArchiveReader) -> Outlook:
        """Say how fast rows are likely to be written: as the last restore of some size into this
        target did it, else as fast as a server takes them or the line carries them."""
        packed = archive.packed if self._targets.line(target).compress else 1.0
        for row in self._ledger.all():
            writing = float(row.more.get("writing", 0.0))
            if row.target == str(target) and writing and row.text_bytes > _TELLING:
                return Outlook(row.text_bytes / writing, packed)
        carried = self._targets.carried(target)
        return Outlook(min(_USUAL_RATE, carried / packed) if carried else _USUAL_RATE, packed)
