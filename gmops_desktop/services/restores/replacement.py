"""Runs one restore on an open connection: rows in place, tables beside, all proved, or all undone.

First what is new is built beside, which nobody sees.  Then one transaction puts right the rows of
the tables that can stay.  Then one RENAME brings in those built beside, and the definitions follow.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any, Final

from db.models import RestoreRow
from gmops_desktop.adapters.mysql import MysqlConnection, amending, exchange, script
from gmops_desktop.adapters.mysql.definitions import Schema
from gmops_desktop.adapters.mysql.exchange import Swap
from gmops_desktop.archive.manifest import Manifest, TableRecord
from gmops_desktop.archive.reader import ArchiveReader
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError, ProofFailed
from gmops_desktop.language import tr
from gmops_desktop.services.restores.amendments import CannotAmend
from gmops_desktop.services.restores.bonds import LooseEnds, Moved, refuse_torn
from gmops_desktop.services.restores.building import Building
from gmops_desktop.services.restores.choice import KEEP, WHOLE, Choice, Definers
from gmops_desktop.services.restores.comparison import Comparison, Difference
from gmops_desktop.services.restores.inplace import (
    Work,
    amend,
    cannot_amend,
    limit_of,
    planned,
)
from gmops_desktop.services.restores.ledger import Ledger, Plan, State
from gmops_desktop.services.restores.parts import part
from gmops_desktop.services.restores.settling import finish, settle
from gmops_desktop.services.restores.swapping import Swapping, frames_of, refuse_references

_ALONG: Final = 1 << 20  # bytes of a table that is swapped along with others


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
    takes the way back.  `connect` opens another connection: for the rows, and for that way, which a
    cancellation cannot cut.
    """

    def __init__(
        self,
        connection: MysqlConnection,
        reader: ArchiveReader,
        safety: ArchiveReader,
        ledger: Ledger,
        connect: Callable[[Context], MysqlConnection],
        context: Context,
        *,
        choice: Choice = WHOLE,
        definers: Definers = KEEP,
    ) -> None:
        self._connection = connection
        self._reader = reader
        self._safety = safety
        self._manifest: Manifest = reader.manifest
        self._ledger = ledger
        self._connect = connect
        self._context = context
        self._choice = choice
        self._definers = definers

    def run(self, row: RestoreRow, present: Schema, comparison: Comparison) -> Outcome:
        """Do it; `present` and `comparison` are how the schema was found."""
        with ExitStack() as stack:
            work = self._in_place(comparison, stack)
            return self._run(row, present, comparison, work)

    def _run(
        self, row: RestoreRow, present: Schema, comparison: Comparison, work: Sequence[Work]
    ) -> Outcome:
        amended = tuple(one.record.name for one in work)
        changed = [d for d in comparison.tables if d.action != "same" and d.table not in amended]
        if changed:
            refuse_references(self._connection)
        there = {table.name for table in present.tables}
        settles = bool(changed or comparison.objects)
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
            self._missing_sequences(present) if settles and self._choice.everything else (),
            amended,
            settles,
        )
        records = [table.record for table in changed if table.record]
        row.tables = len(changed) + len(work)
        row.rows = sum(r.rows for r in records) + sum(one.amendment.rows for one in work)
        row.text_bytes = sum(r.text_bytes for r in records)
        row.text_bytes += sum(one.amendment.sent_bytes for one in work)
        outcome = Outcome(row.tables, row.rows, row.text_bytes, True, ())
        ends = self._loose_ends(changed, amended)
        self._ledger.begin(row, plan)
        reached: State = "building"

        def reach(state: State, **values: Any) -> None:
            nonlocal reached
            self._ledger.reach(row.id, state, **values)
            reached = state

        beside = 50 if work else 95  # percent that building beside takes of the whole
        try:
            exchange.prepare(self._connection)
            self._build(plan, records, beside)
            if work:
                amending.make_mark(self._connection, plan.mark)
                with part(self._context, beside if records else 5, 96) as inner:
                    amend(
                        self._connection,
                        self._reader,
                        work,
                        plan.mark,
                        lambda: self._refuse_torn(work, plan, ends),
                        lambda: reach("committing"),
                        inner,
                    )
            else:
                self._refuse_torn(work, plan, ends)
            with self._context.uncut():
                if settles:
                    reach("swapping")
                    swapping = Swapping(
                        self._connection, self._reader, present, self._choice, self._definers
                    )
                    differences, proved = swapping.run(plan, self._context)
                    outcome = replace(outcome, proved=proved, differences=differences)
                ended = {"proved": outcome.proved, "differences": list(outcome.differences)}
                reach("clearing", **ended)
                finish(self._connection, plan)
        except BaseException:
            if not self._put_back(row.id, plan, reached):
                raise
        return outcome

    def _in_place(self, comparison: Comparison, stack: ExitStack) -> list[Work]:
        """Plan the tables whose rows change where they stand; the others are built beside."""
        fires = amending.triggered(self._connection)
        taken = {record.name: record for record in self._safety.manifest.tables}
        single = self._choice.rows
        work, refused = [], []
        for number, difference in enumerate(comparison.tables):
            self._context.progress(
                number * 4 // len(comparison.tables),
                tr("Comparing the rows of {name}", name=difference.table),
                self._connection.travelled,
            )
            name = difference.table
            if difference.action != "rows":
                refused += [name] if name in single and difference.action != "same" else []
                continue
            try:
                work.append(
                    planned(
                        difference,
                        taken[name],
                        self._reader,
                        self._safety,
                        limit_of(self._connection),
                        fires.get(name, frozenset()),
                        frozenset(key.encode() for key in single.get(name, ())),
                        stack,
                        self._context,
                    )
                )
            except CannotAmend:
                refused += [name] if name in single else []
        if refused:
            raise cannot_amend(refused)
        amended = {one.record.name for one in work}
        if any(d.action != "same" and d.table not in amended for d in comparison.tables):
            # What is swapped anyway takes small tables along: then they change in one moment.
            work = [one for one in work if one.record.text_bytes > _ALONG or one.chosen]
        return work

    # ------------------------------------------------------------ before the swap

    def _loose_ends(
        self, changed: Sequence[Difference], amended: Sequence[str]
    ) -> LooseEnds | None:
        """Note how tables restored as a whole are tied to others, unless that shall not matter."""
        chosen = self._choice.tables or frozenset()
        changing = chosen & {*(one.table for one in changed), *amended}
        if not changing or self._choice.tears:
            return None
        declared = {
            one.table: exchange.foreign_keys(script.create_of(self._reader.frame(one.record.frame)))
            for one in changed
            if one.record
        }
        return LooseEnds(self._connection, chosen, changing, declared)

    def _refuse_torn(self, work: Sequence[Work], plan: Plan, ends: LooseEnds | None) -> None:
        """Raise `OpsError` where foreign keys would be torn by what has been written and built."""
        if not self._choice.tears:
            single = [Moved(one.amendment.table, one.changes) for one in work if one.chosen]
            refuse_torn(self._connection, single)
        if ends:
            ends.refuse({table: plan.swap.new(table) for table in plan.swap.built})

    def _missing_sequences(self, present: Schema) -> tuple[str, ...]:
        there = {thing.name for thing in present.objects if thing.kind == "sequence"}
        return tuple(
            thing.name
            for thing in self._manifest.objects
            if thing.kind == "sequence" and thing.name not in there
        )

    def _build(self, plan: Plan, records: list[TableRecord], high: int) -> None:
        """Build what is new beside, up to `high` percent of the whole, and prove it."""
        exchange.define(
            self._connection,
            {key: frame for key, frame in frames_of(self._reader).items() if key in plan.made_keys},
        )
        with part(self._context, 5, high) as inner:
            building = Building(
                self._connection, lambda: self._connect(inner), self._reader, plan.swap, inner
            )
            building.run(records)
        if building.wrong:
            raise ProofFailed(
                tr(
                    "The rows written to {names} are not those of the archive.",
                    names=tr(", ").join(building.wrong),
                ),
                hint=tr("Verify the archive, and check the server's version and settings."),
                unharmed=_untouched(),
            )

    def _put_back(self, id: str, plan: Plan, state: State) -> bool:
        """Take the way back; say whether it turned out that the restore had been completed.

        Where even that fails, the next restore finds what to do.
        """
        self._connection.cut()
        try:
            with self._connect(Context()) as connection:
                if settle(connection, plan, state, self._safety, self._context) == "after":
                    if state != "clearing":
                        self._ledger.reach(id, "clearing", proved=True)
                    finish(connection, plan)
                    return True
        except OpsError as error:
            self._context.note(
                tr("What was begun could not be taken back now: {why}", why=error.message)
            )
            self._context.note(tr("The next restore of this schema does that first."))
        else:
            self._ledger.forget(id)
        return False


def _untouched() -> str:
    return tr("The schema is as it was.")
