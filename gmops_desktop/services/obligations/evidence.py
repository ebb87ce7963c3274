"""Gathers the evidence of a contract: its entries clause by clause, and how each month stood."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.journal import Journal
from db.models import Device, Entry
from db.scope import Scope, moments
from gmops_desktop.contract.clause_evidence import (
    ALSO,
    ClauseMonths,
    emergency_of,
    home_of,
    over_months,
)
from gmops_desktop.contract.clauses import Recorded
from gmops_desktop.contract.obligations import Counts
from gmops_desktop.contract.record import EntryView
from gmops_desktop.contract.registers import Record
from gmops_desktop.contract.terms import Contract, day_of, month_of

_KINDS: Final = (
    "contract",
    "contact",
    "resource",
    "duty",
    "days",
    "register",
    "report",
    "account",
    "console",
)


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry with its home, what it is about in words, and the name of its device."""

    entry: EntryView
    clause: str
    subject: str
    device: str


@dataclass(frozen=True, slots=True)
class Compiled:
    """The evidence of a contract's journal: `listed` in the order in which it was recorded.

    `also` counts, by clause and home, the entries that prove a clause but are listed elsewhere.
    """

    clauses: tuple[ClauseMonths, ...]
    listed: tuple[Listed, ...]
    also: Mapping[tuple[str, str], int]
    emergencies: tuple[tuple[Listed, str], ...]
    counts: Counts
    begins: date | None


def compiled(
    session: Session,
    journal: Journal,
    recorded: Recorded,
    scope: Scope,
    counts: Counts,
    months: Sequence[date],
    days: tuple[date, date],
    others: Mapping[tuple[str, date], int],
    today: date,
) -> Compiled:
    """Return what the journal proves from one day of `days` to the other, both included.

    Of a whole contract, what became of its tickets and changes after its end stands there, too, and
    its own entries.  `others` counts the files and documents of each clause and month.
    """
    names = {id: name for id, name in session.execute(select(Device.id, Device.name))}
    begin, end = moments(*days)
    contract = recorded.contract
    whole = days == (contract.start, contract.end)
    histories = [*recorded.tickets.values(), *recorded.changes.values()]
    histories += _rest(journal, recorded.records, scope)
    listed, pieces, also = [], Counter(others), Counter[tuple[str, str]]()
    for history in histories:
        for entry in history:
            if not begin <= entry.at < end and not (whole and _its_own(entry, contract)):
                continue
            home = home_of(entry, history[0])
            device = names.get(entry.device, entry.device)
            listed.append(Listed(entry, home, _subject(history), device))
            pieces[home, month_of(entry.at)] += 1
            for clause, actions in ALSO.items():
                if entry.action in actions and clause != home:
                    also[clause, home] += 1
    listed.sort(key=lambda one: one.entry.order)
    first = session.scalar(select(func.min(Entry.at)))
    told = [(one, emergency_of(one.entry)) for one in listed]
    return Compiled(
        over_months(recorded, counts, months, pieces, today, first),
        tuple(listed),
        also,
        tuple((one, why) for one, why in told if why),
        counts,
        day_of(first) if first else None,
    )


def _its_own(entry: EntryView, contract: Contract) -> bool:
    """Whether an entry belongs to a contract whenever it was recorded."""
    return entry.kind in ("ticket", "change") or entry.subject == contract.id


def _rest(journal: Journal, records: Sequence[Record], scope: Scope) -> list[tuple[EntryView, ...]]:
    """Return the histories of everything that is neither ticket nor change."""
    lines = {one.id for one in records}
    found: dict[tuple[str, str], list[EntryView]] = {}
    for kind in _KINDS:
        for entry in journal.entries(kind):
            found.setdefault((kind, entry.subject), []).append(entry)
    return [
        tuple(history)
        for (kind, subject), history in found.items()
        if _belongs(kind, subject, history, lines, scope)
    ]


def _belongs(
    kind: str, subject: str, history: Sequence[EntryView], lines: set[str], scope: Scope
) -> bool:
    match kind:
        case "contract":
            return scope.whole or subject in scope.contracts
        case "contact":
            return scope.whole or subject in scope.contacts
        case "resource":
            return scope.whole or subject in scope.resources
        case "register":
            return subject in lines
        case "console":
            return scope.whole or history[0].fields.get("resource_id") in scope.resources
        case _:
            return scope.has(_named(history))


def _named(history: Sequence[EntryView]) -> str:
    """Return the contract that a subject names."""
    for entry in reversed(history):
        if said := entry.fields.get("contract_id") or entry.note.get("contract_id"):
            return str(said)
    return ""


def _subject(history: Sequence[EntryView]) -> str:
    """Return what a history is of, as people call it: number, and title or name."""
    fields: dict[str, object] = {}
    for entry in history:
        fields |= entry.fields
    number = str(fields.get("number") or fields.get("reference") or "")
    title = str(fields.get("title") or fields.get("name") or "")
    if history[0].kind == "report":
        title = ""  # its number says it
    return f"{number} {title}".strip()
