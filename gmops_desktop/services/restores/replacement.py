"""Runs one restore on an open connection: beside, proved, swapped, or back as it was."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from db.models import RestoreRow
from gmops_desktop.adapters.mysql import MysqlConnection, definitions, exchange, script
from gmops_desktop.adapters.mysql.definitions import Schema
from gmops_desktop.adapters.mysql.exchange import Swap
from gmops_desktop.archive.manifest import Manifest, TableRecord
from gmops_desktop.archive.reader import ArchiveReader
from gmops_desktop.archive.verification import rows_text
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError, ProofFailed
from gmops_desktop.language import tr
from gmops_desktop.services.restores.comparison import Comparison, disproved
from gmops_desktop.services.restores.ledger import Ledger, Plan


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a replacement did: tables and rows put in place, and what still differs."""

    tables: int
    rows: int
    text_bytes: int
    proved: bool
    differences: tuple[str, ...]


class Replacement:
    """Puts an archive's tables and definitions in the place of a schema's.

    Until the swap the schema is only added to (working tables); from the swap on, every failure
    takes the way back.  `reconnect` opens a connection that a cancellation cannot cut.
    """

    def __init__(
        self,
        connection: MysqlConnection,
        reader: ArchiveReader,
        ledger: Ledger,
        reconnect: Callable[[], MysqlConnection],
        context: Context,
    ) -> None:
        self._connection = connection
        self._reader = reader
        self._manifest: Manifest = reader.manifest
        self._ledger = ledger
        self._reconnect = reconnect
        self._context = context

    def run(self, row: RestoreRow, present: Schema, comparison: Comparison) -> Outcome:
        """Do it; `present` and `comparison` are how the schema was found."""
        self._refuse_foreign_references()
        changed = [table for table in comparison.tables if table.action != "same"]
        there = {table.name for table in present.tables}
        plan = Plan(
            Swap(
                secrets.token_hex(3),
                {table.table: number for number, table in enumerate(changed)},
                frozenset(table.table for table in changed if table.record),
                frozenset(table.table for table in changed if table.table in there),
            ),
            {table.name: exchange.foreign_keys(table.create) for table in present.tables},
            present.objects,
            present.invalid,
            self._missing_sequences(present),
        )
        records = [table.record for table in changed if table.record]
        self._ledger.begin(row, plan)
        try:
            exchange.prepare(self._connection)
            self._build(plan, records)
            self._prove(plan, records)
        except BaseException:
            self._put_back(row.id, plan, swapped=False)
            raise
        with self._context.uncut():
            try:
                self._ledger.reach(row.id, "swapping")
                differences, proved = self._swap(plan)
            except BaseException:
                self._put_back(row.id, plan, swapped=True)
                raise
            self._ledger.reach(row.id, "clearing")
            exchange.clear(self._connection, plan.swap, old=True)
        return Outcome(
            tables=len(changed),
            rows=sum(record.rows for record in records),
            text_bytes=sum(record.text_bytes for record in records),
            proved=proved,
            differences=differences,
        )

    # ------------------------------------------------------------ before the swap

    def _refuse_foreign_references(self) -> None:
        referring = exchange.referring_schemas(self._connection)
        if referring:
            raise OpsError(
                tr(
                    "Tables of other schemas refer to this one: {names}.",
                    names=tr(", ").join(referring),
                ),
                hint=tr("Drop those foreign keys first, and make them anew afterwards."),
                unharmed=_untouched(),
            )

    def _missing_sequences(self, present: Schema) -> tuple[str, ...]:
        there = {thing.name for thing in present.objects if thing.kind == "sequence"}
        return tuple(
            thing.name
            for thing in self._manifest.objects
            if thing.kind == "sequence" and thing.name not in there
        )

    def _build(self, plan: Plan, records: list[TableRecord]) -> None:
        exchange.define(
            self._connection,
            {key: frame for key, frame in self._frames().items() if key in plan.made_keys},
        )
        total = sum(record.text_bytes for record in records) or 1
        done = 0
        for record in records:
            create = script.create_of(self._reader.frame(record.frame))
            exchange.build(self._connection, plan.swap, record.name, create)
            columns = [column.name for column in record.columns]
            for segment in record.segments:
                self._context.progress(
                    5 + done * 75 // total,
                    tr("Writing {name} beside", name=record.name),
                    self._connection.travelled,
                )
                for number in range(segment.frame, segment.last_frame):
                    exchange.assign(self._connection, self._reader.frame(number))
                text = rows_text(record, self._reader.frame(segment.last_frame))
                exchange.fill(self._connection, plan.swap, record.name, columns, text)
                if segment.wide:
                    release = self._reader.frame(segment.last_frame + 1)
                    exchange.assign(self._connection, release)
                done += segment.text_bytes

    def _prove(self, plan: Plan, records: list[TableRecord]) -> None:
        wrong = []
        for position, record in enumerate(records):
            self._context.progress(
                80 + position * 15 // len(records),
                tr("Proving {name}", name=record.name),
                self._connection.travelled,
            )
            if disproved(self._connection, record, plan.swap.new(record.name)):
                wrong.append(record.name)
        if wrong:
            raise ProofFailed(
                tr(
                    "The rows written to {names} are not those of the archive.",
                    names=tr(", ").join(wrong),
                ),
                hint=tr("Verify the archive, and check the server's version and settings."),
                unharmed=_untouched(),
            )

    # ------------------------------------------------------------ from the swap on

    def _swap(self, plan: Plan) -> tuple[tuple[str, ...], bool]:
        connection, manifest = self._connection, self._manifest
        self._context.progress(96, tr("Swapping the tables"), connection.travelled)
        _silence(connection)
        exchange.exchange(connection, plan.swap)
        exchange.drop_triggers(connection, [plan.swap.old(name) for name in plan.swap.there])
        wanted = {
            record.name: exchange.foreign_keys(script.create_of(self._reader.frame(record.frame)))
            for record in manifest.tables
        }
        exchange.tie(connection, wanted)
        stripped = _settle(
            connection,
            plan,
            {(thing.kind, thing.name): thing.definition for thing in manifest.objects},
            self._frames(),
        )
        found = definitions.read(connection).digests()
        expected = {("table", record.name): record.definition for record in manifest.tables} | {
            (thing.kind, thing.name): thing.definition for thing in manifest.objects
        }
        different = sorted(
            key[1] for key in found.keys() | expected.keys() if found.get(key) != expected.get(key)
        )
        differences = [
            *(
                tr("The definition of {name} differs from the archive's.", name=n)
                for n in different
            ),
            *(
                tr("{name} now belongs to {user}.", name=n, user=connection.server.user)
                for n in stripped
            ),
        ]
        return tuple(differences), not different

    def _frames(self) -> dict[tuple[str, str], bytes]:
        return {
            (thing.kind, thing.name): self._reader.frame(thing.frame)
            for thing in self._manifest.objects
        }

    def _put_back(self, id: str, plan: Plan, *, swapped: bool) -> None:
        """Take the way back; where even that fails, the next restore finds what to do."""
        self._connection.cut()
        try:
            with self._reconnect() as connection:
                put_back(connection, plan, swapped=swapped)
        except OpsError as error:
            self._context.note(
                tr("What was begun could not be taken back now: {why}", why=error.message)
            )
            self._context.note(tr("The next restore of this schema does that first."))
        else:
            self._ledger.forget(id)


def put_back(connection: MysqlConnection, plan: Plan, *, swapped: bool) -> None:
    """Give the schema back what it had before a restore, from wherever that stopped."""
    exchange.prepare(connection)
    if swapped:
        _silence(connection)
        exchange.exchange_back(connection, plan.swap)
        exchange.drop_triggers(connection, [plan.swap.new(name) for name in plan.swap.built])
        exchange.tie(connection, plan.ties)
        _settle(
            connection,
            plan,
            {(thing.kind, thing.name): thing.digest for thing in plan.before},
            {
                (thing.kind, thing.name): script.definition(connection, thing)
                for thing in plan.before
            },
        )
    exchange.clear(connection, plan.swap, old=False)
    for name in plan.made:
        exchange.drop(connection, "sequence", name)


def finish(connection: MysqlConnection, plan: Plan) -> None:
    """Clear away the former tables of a restore that was complete but for this."""
    exchange.clear(connection, plan.swap, old=True)


def _silence(connection: MysqlConnection) -> None:
    """Let no event write while tables change places; each comes back with its definition."""
    for thing in definitions.read(connection).objects:
        if thing.kind == "event" and " DISABLE" not in thing.create:
            exchange.drop(connection, "event", thing.name)


def _settle(
    connection: MysqlConnection,
    plan: Plan,
    wanted: Mapping[tuple[str, str], str],
    frames: Mapping[tuple[str, str], bytes],
) -> list[str]:
    """Make the schema's definitions those `wanted` (digests); return those that lost a definer."""
    present = definitions.read(connection)
    for view in present.invalid - plan.invalid:  # its tables have gone with the swap
        exchange.drop(connection, "view", view)
    right = set()
    for thing in present.objects:
        if wanted.get((thing.kind, thing.name)) == thing.digest and thing.kind != "sequence":
            right.add((thing.kind, thing.name))
        else:
            exchange.drop(connection, thing.kind, thing.name)
    missing = {key: frames[key] for key in wanted if key not in right}
    return exchange.define(connection, missing)


def _untouched() -> str:
    return tr("The schema is as it was.")
