"""Open tickets as the overview needs them: the clock that presses most, and who waits for whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.journal import Journal
from db.models import ChangeRow, TicketRow
from db.scope import Scope
from db.ticket_time import Replayed, replayed
from db.views import ticket_of
from gmops_desktop.contract import tickets
from gmops_desktop.contract.clocks import Clock, word_of_clock
from gmops_desktop.contract.record import EntryView
from gmops_desktop.contract.targets import ClockKey
from gmops_desktop.language import tr
from gmops_desktop.states import State

MOST: Final = 100  # tickets whose entries are replayed: what somebody may look at on one page
_HELD: Final = ("awaiting_notice", "awaiting_confirmation", "suspended")


@dataclass(frozen=True, slots=True)
class TicketLine:
    """An open ticket with the clock that presses most."""

    number: str
    title: str
    priority: tickets.Priority
    clock_text: str
    state: State


@dataclass(frozen=True, slots=True)
class Waiting:
    """A ticket or change that waits on Party A, and for how many seconds by now."""

    number: str
    title: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Open:
    """An open ticket as this page needs it; beyond the `MOST` pressing ones without clocks."""

    row: TicketRow
    clocks: Mapping[ClockKey, Clock]
    waiting_since: datetime | None


def open_tickets(session: Session, journal: Journal, scope: Scope, now: datetime) -> list[Open]:
    """Return the open tickets of a contract, the oldest first; clocks of the most pressing ones and
    of those that wait, since replaying thousands would hold the window up."""
    wanted = select(TicketRow).where(TicketRow.state.not_in(tickets.ENDED), scope.of_tickets())
    rows = session.scalars(wanted.order_by(TicketRow.opened_at)).all()
    pressing = sorted(rows, key=_pressing)[:MOST]
    held = [row for row in rows if row.state in _HELD][:MOST]
    looked = {row.id: ticket_of(row) for row in (*pressing, *held)}
    times = replayed(session, journal, list(looked.values()), now)
    return [_open(row, times.get(row.id)) for row in rows]


def lines(found: Iterable[Open]) -> tuple[TicketLine, ...]:
    """Return the most pressing tickets as lines, at most `MOST`."""
    pressing = sorted(found, key=lambda one: _pressing(one.row))[:MOST]
    return tuple(_line(one) for one in pressing)


def waiting(
    session: Session, journal: Journal, found: Iterable[Open], scope: Scope, now: datetime
) -> tuple[Waiting, ...]:
    """Return the tickets and changes that wait on Party A, the longest first."""
    held = [
        Waiting(one.row.number, one.row.title, (now - one.waiting_since).total_seconds())
        for one in found
        if one.waiting_since is not None
    ]
    states = ("awaiting_notice", "awaiting_confirmation")
    wanted = select(ChangeRow).where(ChangeRow.state.in_(states), scope.of(ChangeRow.resource_id))
    for row in session.scalars(wanted):
        entries = journal.entries("change", row.id)
        since = _since(entries, row.state) or row.updated_at
        held.append(Waiting(row.number, row.title, (now - since).total_seconds()))
    return tuple(sorted(held, key=lambda one: -one.seconds))


def _open(row: TicketRow, time: Replayed | None) -> Open:
    if time is None:
        return Open(row, {}, None)
    since = None
    for span in time.spans:
        since = (since or span.begin) if span.waiting else None
    return Open(row, {clock.key: clock for clock in time.clocks}, since)


def _pressing(row: TicketRow) -> tuple[int, datetime]:
    return row.priority or 3, row.opened_at or row.created_at


def _line(one: Open) -> TicketLine:
    text, state = _clock_text(one)
    priority = next(p for p in tickets.PRIORITIES if p == (one.row.priority or 3))
    return TicketLine(one.row.number, one.row.title, priority, text, state)


def _clock_text(one: Open) -> tuple[str, State]:
    """Return the clock that presses most, as people read it: what is left of it, or how late."""
    if one.waiting_since is not None:
        return tr("paused, Party A"), "ok"
    response = one.clocks.get("response")
    clock = response if response and response.running else one.clocks.get("promise")
    clock = clock or one.clocks.get("restore") or one.clocks.get("resolve")
    if clock is None or clock.target is None:
        return "", "unknown"
    left = clock.target - clock.seconds
    word = word_of_clock(clock.key)
    if left < 0:
        return tr("{clock} {time} late", clock=word, time=_hours(-left)), clock.state
    return tr("{clock} {time} left", clock=word, time=_hours(left)), clock.state


def _hours(seconds: float) -> str:
    minutes = int(seconds // 60)
    return f"{minutes // 60}:{minutes % 60:02d}"


def _since(entries: Iterable[EntryView], state: str) -> datetime | None:
    """Return when a subject last entered `state`."""
    entered = [entry.at for entry in entries if entry.fields.get("state") == state]
    return entered[-1] if entered else None
