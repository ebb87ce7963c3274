"""Carries out one restore: the archive is proved, the present state saved, then it is replaced."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from db.ids import uuid7
from db.models import RestoreRow
from gmops_desktop.adapters.mysql import catalogue, definitions, schemas, segments
from gmops_desktop.adapters.mysql.failures import ServerRefused
from gmops_desktop.adapters.mysql.permitted import stranger, strangers
from gmops_desktop.addresses import MysqlAddress, address_to_dict
from gmops_desktop.archive.inventory import Backup
from gmops_desktop.archive.manifest import Source
from gmops_desktop.archive.reader import ArchiveReader
from gmops_desktop.archive.scanning import frames_of
from gmops_desktop.archive.sealing import Seals
from gmops_desktop.archive.verification import verify
from gmops_desktop.context import Context
from gmops_desktop.errors import Cancelled, OpsError, ProofFailed
from gmops_desktop.language import tr
from gmops_desktop.services.restores import previewing
from gmops_desktop.services.restores.beside import reaching, refusal
from gmops_desktop.services.restores.choice import KEEP, WHOLE, Choice, Definers
from gmops_desktop.services.restores.comparison import compare_archives
from gmops_desktop.services.restores.ledger import Ledger, as_order
from gmops_desktop.services.restores.newschema import NewSchemas
from gmops_desktop.services.restores.parts import part
from gmops_desktop.services.restores.replacement import Replacement
from gmops_desktop.services.restores.targets import Targets

TakeSafety = Callable[[MysqlAddress, Context], Backup]


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be restored from the archive at `path`, and into which schema.

    `undoes` is the restore that it takes back; `beside` refuses what could reach the schema that
    the archive was taken of.
    """

    path: Path
    target: MysqlAddress
    choice: Choice = WHOLE
    definers: Definers = KEEP
    undoes: str = ""
    beside: bool = False


class Running:
    """Runs orders; each is entered in the ledger before anything is touched."""

    def __init__(
        self,
        ledger: Ledger,
        targets: Targets,
        take_safety: TakeSafety,
        seals: Seals,
        new: NewSchemas,
    ) -> None:
        self._ledger = ledger
        self._targets = targets
        self._take_safety = take_safety
        self._seals = seals
        self._new = new

    def run(self, order: Order, recover: Callable[[], object], context: Context) -> str:
        """Carry out an order and return its id in the ledger.

        `recover` puts right what an interrupted restore left, once the archive is proved.
        """
        begun, clock = _now(), time.monotonic()
        target = order.target
        context.line = self._targets.line(target)
        with ExitStack() as stack:
            with part(context, 0, 4) as opening:
                plain = stack.enter_context(self._seals.opened(order.path, opening))
            with part(context, 4, 10) as proving:
                _prove(plain, proving)
            recover()
            reader = stack.enter_context(ArchiveReader(plain))
            _refuse_strangers(reader)
            if order.beside:
                self._refuse_reaching(reader, order, context)
            source = reader.manifest.source
            row = _entry(order, source, begun)
            with part(context, 10, 35) as saving:
                safety = self._saved(row, target, source, stack, saving)
                travelled = saving.line.travelled
            row.safety_id = safety.id
            saved = stack.enter_context(self._seals.opened(safety.path, context))
            taken = stack.enter_context(ArchiveReader(saved))
            inner = stack.enter_context(part(context, 35, 100))
            connection = stack.enter_context(self._targets.connect(target, inner))
            segments.prepare(connection)
            present = catalogue.read(connection)
            _refuse_blindness(present)
            found = compare_archives(present, reader, taken, inner)
            comparison = previewing.chosen(found, order.choice)
            identity = row.id
            replacement = Replacement(
                connection,
                reader,
                taken,
                self._ledger,
                partial(self._targets.connect, target),
                inner,
                choice=order.choice,
                definers=order.definers,
            )
            writing = time.monotonic()
            replacement.run(row, present, comparison)
            writing = time.monotonic() - writing
            travelled += context.line.travelled
        measured = {"travelled": travelled, "writing": writing}
        self._ledger.reach(identity, "done", seconds=time.monotonic() - clock, more=measured)
        with suppress(Cancelled):  # too late: it is done
            context.progress(100, tr("Restore of {schema} done", schema=target.schema), travelled)
        return identity

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
        except ServerRefused as refused:
            if refused.code not in (schemas.MISSING, schemas.HIDDEN):
                raise
            if not self._new.is_missing(target, source, context):
                raise
        stack.enter_context(self._new.made(row, target, source, context))
        return self._take_safety(target, context)

    def _refuse_reaching(self, reader: ArchiveReader, order: Order, context: Context) -> None:
        target = order.target
        with self._targets.connect(replace(target, schema=""), context) as connection:
            found = reaching(connection, reader, target.schema, order.choice)
        if found:
            raise refusal(found, target.schema)


def _entry(order: Order, source: Source, begun: datetime) -> RestoreRow:
    """Return the ledger's entry for an order, before it is known what it will change."""
    target = order.target
    return RestoreRow(
        id=uuid7(),
        at=begun,
        seconds=0.0,
        source=f"{source.schema}@{source.host}",
        target=str(target),
        schema=target.schema,
        archive_path=str(order.path.absolute()),
        undoes=order.undoes,
        tables=0,
        rows=0,
        proved=False,
        differences=[],
        more={"address": address_to_dict(target), **as_order(order.choice, order.definers)},
    )


def _prove(path: Path, context: Context) -> None:
    outcome = verify(path, context)
    if not outcome.ok:
        raise ProofFailed(
            tr("The archive {path} is broken: {fault}", path=path, fault=outcome.faults[0]),
            hint=tr("Choose another backup."),
            unharmed=tr("The schema is as it was."),
        )


def _refuse_strangers(reader: ArchiveReader) -> None:
    """Frames are run as they stand: they must do what the manifest says of them, and no more."""
    for kind, title, frame in frames_of(reader):
        if strange := stranger(kind, title, frame, reader.manifest.source.schema):
            raise strangers(reader.label, title, strange)


def _refuse_blindness(present: definitions.Schema) -> None:
    """What the account may not see would be lost, or would fire unseen."""
    for gap in present.omissions:
        if gap.kind == "no_privilege" and gap.detail in ("SELECT", "TRIGGER"):
            raise OpsError(
                tr("The account may not see all of the schema: {name}.", name=gap.name),
                hint=tr("Grant it SELECT and TRIGGER on the schema, or use another user."),
                unharmed=tr("The schema is as it was."),
            )


def _now() -> datetime:
    """Return the time to the millisecond, which is what the store keeps."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
