"""The ledgers of a contract as the journal holds them: person-days, and the registers."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from db.journal import Journal
from db.models import TicketRow
from db.scope import Scope, moments
from gmops_desktop.contract.person_days import Ledger, WorkLine, ledger_of, line_of
from gmops_desktop.contract.record import EntryView, fold
from gmops_desktop.contract.registers import Record, Register, records_of
from gmops_desktop.contract.terms import Contract


def person_days(session: Session, journal: Journal, contract: Contract, scope: Scope) -> Ledger:
    """Return the ledger of a contract: its tickets that were estimated, agreed to or worked on."""
    agreed = _by_subject(journal.entries("days"))
    begin, end = moments(contract.start, contract.end)
    wanted = select(TicketRow).where(
        scope.of_tickets(),
        TicketRow.opened_at >= begin,
        TicketRow.opened_at < end,
        or_(
            TicketRow.person_days.is_not(None),
            TicketRow.kind == "requirement",
            TicketRow.id.in_(agreed),
        ),
    )
    lines: list[WorkLine] = []
    for row in session.scalars(wanted.order_by(TicketRow.opened_at, TicketRow.id)):
        consents = agreed.get(row.id, ())
        if row.person_days is None and row.more.get("assessed_days") is None and not consents:
            continue
        entries = journal.entries("ticket", row.id)
        lines.append(line_of(row.id, row.number, row.title, entries, consents, contract.day_step))
    return ledger_of(contract.person_days, lines, contract.day_step)


def records(journal: Journal, scope: Scope) -> tuple[Record, ...]:
    """Return the lines of every register that belong to a contract, the newest first."""
    found = records_of(journal.entries("register"))
    return tuple(one for one in found if scope.has(one.contract_id))


def register_entries(journal: Journal, scope: Scope, register: Register) -> list[list[EntryView]]:
    """Return the entries of every line of a register, also of those struck out, line by line."""
    lines = _by_subject(journal.entries("register")).values()
    return [
        entries
        for entries in lines
        if (said := fold(entries).fields).get("register") == register
        and scope.has(str(said.get("contract_id") or ""))
    ]


def _by_subject(entries: Iterable[EntryView]) -> dict[str, list[EntryView]]:
    found: dict[str, list[EntryView]] = {}
    for entry in entries:
        found.setdefault(entry.subject, []).append(entry)
    return found
