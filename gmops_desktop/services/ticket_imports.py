"""Taking in old lists of tickets: looked at first, then all of it in one transaction or nothing.

A row taken in once is never taken in again: its ticket's id follows from the row itself, on every
machine alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from db import agreements
from db.engine import Database
from db.journal import Fact, Journal, New, utc_now
from db.models import ResourceRow, TicketRow
from db.scope import EVERYTHING, scope_of, shown_contract
from gmops_desktop.adapters import sheets
from gmops_desktop.adapters.sheets import Sheet
from gmops_desktop.context import Context
from gmops_desktop.contract.old_lists import (
    NEEDED,
    Field,
    OldTicket,
    Reader,
    Refusal,
    guess,
    word_of_field,
)
from gmops_desktop.contract.terms import Contact, day_of
from gmops_desktop.contract.tickets import Priority, TicketKind, check_requester, searchable
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

__all__ = ["Outcome", "Plan", "Refusal", "Sheet", "TicketImports"]


@dataclass(frozen=True, slots=True)
class Plan:
    """How a list is to be understood: where each field stands (columns from 0), and what counts for
    rows that name neither kind nor priority."""

    columns: Mapping[Field, int]
    kind: TicketKind = "incident"
    priority: Priority = 3


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an import made, or would: `taken` rows new, `known` there already, the rest refused."""

    path: Path
    rows: int
    taken: int
    known: int
    refused: tuple[Refusal, ...]
    first: str = ""  # the numbers given out
    last: str = ""

    @property
    def refused_rows(self) -> int:
        """How many rows were refused; one may be refused for several reasons."""
        return len({one.row for one in self.refused})


class TicketImports:
    """Reads a list, tells what would become of it, and takes it in."""

    def __init__(
        self,
        database: Database,
        journal: Journal,
        *,
        now: Callable[[], datetime] = utc_now,
        shown: Callable[[], str] = lambda: "",
    ) -> None:
        """`shown` names the contract that the lists belong to, where there are several."""
        self._database, self._journal, self._now = database, journal, now
        self._shown = shown

    def read(self, path: Path, context: Context, name: str = "") -> tuple[Sheet, Plan]:
        """Return the list in a file, and what its columns probably mean.

        Of an Excel file that is the sheet of that `name`, or the first that holds a list.
        """
        sheet = sheets.read(path, context, name)
        return sheet, Plan(guess(sheet.heads))

    def look(self, sheet: Sheet, plan: Plan, context: Context) -> Outcome:
        """Return what an import would make of the list; nothing is written."""
        return self._understood(sheet, plan, context)[1]

    def take(self, sheet: Sheet, plan: Plan, context: Context) -> Outcome:
        """Import the rows that can be understood; all of them or, when cancelled, none."""
        fresh, outcome = self._understood(sheet, plan, context)
        if not fresh:
            return outcome
        numbers: list[str] = []

        def passed(done: int) -> None:
            text = tr("{done} of {all} tickets", done=f"{done:,}", all=f"{len(fresh):,}")
            context.progress(20 + 79 * done // len(fresh), text)

        with self._database.session() as session, session.begin():
            contract = shown_contract(session, self._shown(), day_of(self._now()))
            scope = scope_of(session, contract) if contract else EVERYTHING
            contacts = agreements.people(session, scope)
            there = session.scalars(select(ResourceRow).where(ResourceRow.removed.is_(False)))
            resources = {searchable(row.name): row.id for row in there if scope.holds(row.id)}
            given = self._journal.next_numbers(session, "ticket")

            def entries() -> Iterator[New]:
                for old in fresh:
                    numbers.append(next(given))
                    fields = {
                        "number": numbers[-1],
                        "resource_id": resources.get(searchable(old.resource), ""),
                        "contract_id": contract.id if contract else "",
                    }
                    yield _entry(old, fields, contacts, sheet.path.name)

            self._journal.record_new(session, "ticket", entries(), passed)
            context.check()
        context.progress(100, tr("Imported"))
        return Outcome(
            outcome.path,
            outcome.rows,
            outcome.taken,
            outcome.known,
            outcome.refused,
            numbers[0],
            numbers[-1],
        )

    def _understood(
        self, sheet: Sheet, plan: Plan, context: Context
    ) -> tuple[list[OldTicket], Outcome]:
        missing = [field for field in NEEDED if field not in plan.columns]
        if missing:
            names = tr(", ", context="between names").join(word_of_field(one) for one in missing)
            raise OpsError(
                tr("No column is named for: {fields}.", fields=names),
                hint=tr("Choose the column in which it stands."),
                unharmed=tr("Nothing was imported."),
            )
        reader = Reader(
            sheet.heads,
            plan.columns,
            kind=plan.kind,
            priority=plan.priority,
            now=self._now(),
        )
        with self._database.session() as session:
            wanted = select(TicketRow.id, TicketRow.number, TicketRow.opened_at)
            rows = session.execute(wanted).all()
        there = {key for key, _, _ in rows}
        # A list that was exported here, and comes back.
        own = {(number, at.replace(microsecond=0)) for _, number, at in rows if at is not None}
        fresh: list[OldTicket] = []
        refused: list[Refusal] = []
        known = 0
        for done, line in enumerate(sheet.lines):
            if done % 200 == 0:
                context.progress(20 * done // len(sheet.lines), tr("Understanding the rows"))
            found = reader.understand(line.number, line.cells)
            if isinstance(found, list):
                refused += found
            elif found.subject in there or (found.number, found.opened_at) in own:
                known += 1
            else:
                fresh.append(found)
        return fresh, Outcome(sheet.path, len(sheet.lines), len(fresh), known, tuple(refused))


def _entry(
    old: OldTicket, given: Mapping[str, str], contacts: Sequence[Contact], source: str
) -> New:
    """Return the entry of an old ticket; `given` are the fields that it has only here."""
    check = check_requester(contacts, old.requester, day_of(old.opened_at))
    fields: dict[str, Any] = {
        **given,
        "kind": old.kind,
        "title": old.title,
        "description": old.description,
        "priority": old.priority,
        "requester": old.requester,
        "state": old.state,
        "channel": old.channel,
        "contact_id": check.contact.id if check.contact else "",
        "emergency": "",
        "opened_at": old.opened_at,
        "former_number": old.number,
    }
    if old.closed_at is not None:
        fields["closed_at"] = old.closed_at
    note: dict[str, Any] = {"source": source, "row": old.row}
    texts = [old.notes]
    if old.resource and not given["resource_id"]:
        texts.append(tr("Resource: {name}", name=old.resource))
    if text := "\n".join(filter(None, texts)):
        note["text"] = text
    return New(old.subject, [Fact("ticket.imported", fields, note)])
