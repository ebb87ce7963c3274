"""The time of tickets as the store has it: entries replayed with the contract's own limits.

Several services need these, and services do not import each other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.journal import Journal
from db.models import ContactRow, ContractRow, ResourceRow, TicketRow
from db.scope import contracts_in
from db.views import in_force, ticket_of
from gmops_desktop.contract.clocks import Clock, Interval, PromiseMade, clocks, intervals, promises
from gmops_desktop.contract.hours import Works
from gmops_desktop.contract.targets import OBJECTIVES, Targets, from_json
from gmops_desktop.contract.terms import day_of, family_of, main_family
from gmops_desktop.contract.tickets import Ticket
from gmops_desktop.contract.workdays import calendar_of

_Named = type[ResourceRow] | type[ContactRow]


@dataclass(frozen=True, slots=True)
class Replayed:
    """A ticket's time as of one moment; those merged into it count in `clocks` and `spans`."""

    clocks: tuple[Clock, ...]
    spans: tuple[Interval, ...]
    promises: tuple[PromiseMade, ...]


def replayed(
    session: Session, journal: Journal, tickets: Sequence[Ticket], now: datetime
) -> dict[str, Replayed]:
    """Return the time of many tickets by id, each judged by the limits of its own contract."""
    inside = merged(session)
    parts = {one.id: _parts_of(one.id, inside) for one in tickets}
    wanted = {one.id for one in tickets} | {part.id for some in parts.values() for part in some}
    entries = journal.entries_of("ticket", sorted(wanted))
    limits, works = _limits(session), _works(journal)
    found = {}
    for one in tickets:
        own, joined = entries[one.id], [entries[part.id] for part in parts[one.id]]
        targets = limits(one)
        found[one.id] = Replayed(
            clocks(own, now, targets, works=works, joined=joined),
            intervals(own, now, joined),
            promises(own, now, targets, works=works),
        )
    return found


def merged(session: Session) -> tuple[Ticket, ...]:
    """Return every ticket that is part of another, by number."""
    rows = session.scalars(select(TicketRow).where(TicketRow.state == "merged"))
    return tuple(sorted(map(ticket_of, rows), key=lambda one: one.number))


def parts_of(session: Session, ticket_id: str) -> tuple[Ticket, ...]:
    """Return the tickets that are part of one, also through others, by number."""
    return _parts_of(ticket_id, merged(session))


def targets_of(session: Session, ticket: Ticket) -> Targets:
    """Return the limits of the contract that a ticket belongs to, or our own objectives."""
    return _limits(session)(ticket)


def targets_on(session: Session, on: date) -> Targets:
    """Return the limits of the contract in force on a day, or our own objectives."""
    contract = in_force(contracts_in(session), on)
    return targets_in(session, contract.id if contract else "")


def _parts_of(ticket_id: str, merged: Sequence[Ticket]) -> tuple[Ticket, ...]:
    found: dict[str, Ticket] = {}
    wanted, seen = {ticket_id}, {ticket_id}  # two devices may have merged two into each other
    while wanted:
        new = {one.id: one for one in merged if one.merged_into in wanted and one.id not in seen}
        seen |= set(new)
        found |= new
        wanted = set(new)
    return tuple(sorted(found.values(), key=lambda one: one.number))


def _limits(session: Session) -> Callable[[Ticket], Targets]:
    """Return a look-up of limits: a ticket belongs to the contract that its resource or its contact
    names, else to the oldest one, each as it was renewed by the day it was asked for."""
    known = contracts_in(session)
    main = main_family(known)

    @cache
    def said(contract_id: str) -> Targets:
        return targets_in(session, contract_id)

    @cache
    def named(model: _Named, id: str) -> str:
        row = session.get(model, id) if id else None
        return str((row.more or {}).get("contract_id") or "") if row is not None else ""

    def limits(ticket: Ticket) -> Targets:
        contract_id = named(ResourceRow, ticket.resource_id) or named(ContactRow, ticket.contact_id)
        family = family_of(known, contract_id) if contract_id else main
        contract = in_force(family or main, day_of(ticket.opened_at))
        return said(contract.id) if contract else OBJECTIVES

    return limits


def targets_in(session: Session, contract_id: str) -> Targets:
    """Return the limits of a contract: its own, else those of the one it renews, else our own
    objectives."""
    seen: set[str] = set()
    while (row := session.get(ContractRow, contract_id)) is not None and row.id not in seen:
        if kept := row.more.get("targets"):
            return from_json(kept)
        seen.add(row.id)
        contract_id = str(row.more.get("renews") or "")
    return OBJECTIVES


def _works(journal: Journal) -> Works:
    """Return a look-up of working days, which reads the calendar when it is first asked."""

    @cache
    def calendar() -> Callable[[date], bool]:
        return calendar_of(journal.entries("calendar")).is_workday

    return lambda day: calendar()(day)
