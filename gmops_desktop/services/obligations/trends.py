"""How the contract went month by month: tickets by kind, time to answer, person-days used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from statistics import median
from typing import Final, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import ledgers
from db.journal import Journal
from db.models import TicketRow
from db.scope import Scope, moments
from db.ticket_time import replayed
from db.views import ticket_of
from gmops_desktop.contract.person_days import Ledger, rounded
from gmops_desktop.contract.terms import Contract, month_of, next_month
from gmops_desktop.contract.tickets import Ticket, TicketKind

Group = Literal["faults", "requests", "services"]
GROUPS: Final[tuple[Group, ...]] = ("faults", "requests", "services")
_GROUPS: Final[dict[TicketKind, Group]] = {
    "incident": "faults",
    "problem": "faults",
    "request": "requests",
    "requirement": "requests",
    "question": "services",
    "training": "services",
    "visit": "services",
}
_LEFT_OUT: Final = ("declined", "withdrawn", "merged")  # nothing was to be done for them


@dataclass(frozen=True, slots=True)
class Answers:
    """How tickets of a month were answered: the median in seconds, how many, how many late."""

    median: float
    count: int
    late: int


@dataclass(frozen=True, slots=True)
class Trends:
    """One value for each month until this one; None where nothing was answered in it.

    `tickets` has the number of each group; `days` are the person-days used by the month's end, of
    `total`.
    """

    months: tuple[date, ...]
    tickets: tuple[tuple[int, ...], ...]
    answers: tuple[Answers | None, ...]
    days: tuple[Decimal, ...]
    total: Decimal


def trends(
    session: Session, journal: Journal, contract: Contract, scope: Scope, now: datetime
) -> Trends:
    """Return a contract's months.  Every ticket is replayed: not for the GUI's thread."""
    months = tuple(one for one in contract.months() if one <= month_of(now))
    begin, end = moments(contract.start, contract.end)
    wanted = select(TicketRow).where(
        scope.of_tickets(),
        TicketRow.state.not_in(_LEFT_OUT),
        TicketRow.opened_at >= begin,
        TicketRow.opened_at < end,
    )
    found = [ticket_of(row) for row in session.scalars(wanted)]
    counted = Counter((month_of(one.opened_at), _GROUPS[one.kind]) for one in found)
    ledger = ledgers.person_days(session, journal, contract, scope)
    answered = _answered(session, journal, found, now)
    return Trends(
        months,
        tuple(tuple(counted[month, group] for group in GROUPS) for month in months),
        tuple(_answers(answered, month) for month in months),
        tuple(_used(ledger, next_month(month), contract.day_step) for month in months),
        ledger.total,
    )


Answered = Sequence[tuple[date, float, bool]]  # month, seconds, whether too late


def _answered(
    session: Session, journal: Journal, tickets: Sequence[Ticket], now: datetime
) -> Answered:
    times = replayed(session, journal, tickets, now)
    return [
        (month_of(one.opened_at), clock.seconds, clock.state == "critical")
        for one in tickets
        for clock in times[one.id].clocks
        if clock.key == "response" and not clock.running
    ]


def _answers(answered: Iterable[tuple[date, float, bool]], month: date) -> Answers | None:
    mine = [(seconds, late) for at, seconds, late in answered if at == month]
    if not mine:
        return None
    return Answers(median(one for one, _ in mine), len(mine), sum(late for _, late in mine))


def _used(ledger: Ledger, before: date, step: Decimal) -> Decimal:
    """Return what counted of the days worked before a day, each ticket's rounded."""
    worked = (
        sum((one.days for one in line.bookings if one.on < before), Decimal(0))
        for line in ledger.lines
    )
    return sum((rounded(days, step) for days in worked), Decimal(0))
