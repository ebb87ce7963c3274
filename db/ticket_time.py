"""The time of tickets as the store has it: entries replayed with the contract's own limits.

Several services need these, and services do not import each other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.journal import Journal
from db.models import ContractRow, TicketRow
from db.scope import owners
from db.views import ticket_of
from gmops_desktop.contract.clocks import Clock, PromiseMade, clocks, promises
from gmops_desktop.contract.hours import WorkingDays
from gmops_desktop.contract.intervals import Interval, intervals
from gmops_desktop.contract.record import EntryView
from gmops_desktop.contract.targets import OBJECTIVES, Targets, from_json
from gmops_desktop.contract.terms import day_of
from gmops_desktop.contract.ticket_bonds import without_merge
from gmops_desktop.contract.tickets import Ticket
from gmops_desktop.contract.workdays import calendar_of


@dataclass(frozen=True, slots=True)
class Replayed:
    """A ticket's time as of one moment; those merged into it (`parts`) count in `clocks` and
    `spans`.  `entries` is what was replayed: its own, and those of its parts, by ticket."""

    clocks: tuple[Clock, ...]
    spans: tuple[Interval, ...]
    promises: tuple[PromiseMade, ...]
    parts: tuple[Ticket, ...] = ()
    entries: Mapping[str, tuple[EntryView, ...]] = field(default_factory=dict, hash=False)


def replayed(
    session: Session,
    journal: Journal,
    tickets: Sequence[Ticket],
    now: datetime,
    *,
    unfolded: bool = False,
) -> dict[str, Replayed]:
    """Return the time of many tickets by id, each judged by the limits of its own contract.

    The clocks have their stretches if they are `unfolded`: who asks for many does without.
    """
    inside = merged(session)
    parts = {one.id: _parts_of(one.id, inside) for one in tickets}
    wanted = {one.id for one in tickets} | {part.id for some in parts.values() for part in some}
    entries = journal.entries_of("ticket", sorted(wanted))
    counted = entries | {
        one.id: without_merge(entries[one.id]) for one in tickets if one.void_merge
    }
    limits, works = _limits(session), _works(journal)
    found = {}
    for one in tickets:
        own, joined = counted[one.id], [counted[part.id] for part in parts[one.id]]
        targets = limits(one)
        found[one.id] = Replayed(
            clocks(own, now, targets, works=works, joined=joined, unfolded=unfolded),
            intervals(own, now, joined),
            promises(own, now, targets, works=works),
            parts[one.id],
            {key: entries[key] for key in (one.id, *(part.id for part in parts[one.id]))},
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
    """Return a look-up of limits: those of the contract that a ticket belongs to, as it was renewed
    by the day it was asked for."""
    owner = owners(session)

    @cache
    def said(contract_id: str) -> Targets:
        return targets_in(session, contract_id)

    def limits(ticket: Ticket) -> Targets:
        named = ticket.resource_id, ticket.contact_id, ticket.contract_id
        contract = owner(*named, day_of(ticket.opened_at))
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


def _works(journal: Journal) -> WorkingDays:
    """Return a look-up of working days, which reads the calendar when it is first asked."""

    @cache
    def calendar() -> Callable[[date], bool]:
        return calendar_of(journal.entries("calendar")).is_workday

    return WorkingDays(lambda day: calendar()(day))
