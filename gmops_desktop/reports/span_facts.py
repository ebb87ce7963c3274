"""What the reports of a quarter and of a year say: the facts of the whole span, as the monthly
report has them of its month, and what only a longer span shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from gmops_desktop.contract.alerts import Alert
from gmops_desktop.contract.notices import Notice
from gmops_desktop.contract.obligations import Cell
from gmops_desktop.contract.person_days import Ledger, rounded
from gmops_desktop.contract.record import ChainHead
from gmops_desktop.contract.registers import Record
from gmops_desktop.contract.terms import (
    Contract,
    ServiceItem,
    moments_of,
    months_between,
    within,
)
from gmops_desktop.contract.tickets import ENDED
from gmops_desktop.reports.facts import MonthFacts, TicketLine
from gmops_desktop.reports.period_facts import Copy, CopyKind, DrillLine
from gmops_desktop.states import State


@dataclass(frozen=True, slots=True)
class Watched:
    """How a website was over some days: `up` is the share of the answered looks that were good (0
    to 1), None where nobody looked; `apart` the same without the looks in announced windows, None
    where there was no window.  `coverage` is the share of the time in which anybody looked."""

    up: float | None
    coverage: float
    apart: float | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """A website over the whole span, and in each of its months."""

    name: str
    whole: Watched
    months: tuple[Watched, ...]


@dataclass(frozen=True, slots=True)
class Window:
    """A window of a change that was announced beforehand: its downtime is not charged."""

    change: str
    begin: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Ends:
    """What runs out, and when; None where nobody knows."""

    name: str
    on: date | None
    state: State
    source: str


@dataclass(frozen=True, slots=True)
class ItemLine:
    """A service item: the state of each month, and how much evidence of each kind there is."""

    item: ServiceItem
    cells: tuple[Cell, ...]
    evidence: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class PaperLine:
    """A document of the register: `kind` in words, `signed` "unsigned", "party_b" or "both"."""

    number: str
    kind: str
    period: str
    made_at: datetime
    pages: int
    signed: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanFacts:
    """A quarter, or a year (`items` and `papers` are told of a year alone).

    `whole` has the span's tickets, changes, load and overrides.  `until` is the last day that is
    told of: the span's own, or the day on which it is made.  `own_limits` says that the contract
    itself names the limits of the clocks; else they are Party B's objectives.
    """

    name: str
    whole: MonthFacts
    at: datetime
    until: date
    own_limits: bool = False
    sites: tuple[Site, ...] = ()
    windows: tuple[Window, ...] = ()
    owed: tuple[tuple[CopyKind, str], ...] = ()
    copies: tuple[Copy, ...] = ()
    drills: tuple[DrillLine, ...] = ()
    alerts: tuple[Alert, ...] = ()
    ends: tuple[Ends, ...] = ()
    ledger: Ledger | None = None
    records: tuple[Record, ...] = ()
    payment: Notice | None = None
    items: tuple[ItemLine, ...] = ()
    papers: tuple[PaperLine, ...] = ()
    heads: tuple[ChainHead, ...] = ()

    @property
    def contract(self) -> Contract:
        """The contract that it is of."""
        return self.whole.contract

    @property
    def period(self) -> str:
        """The quarter (2018-Q2) or the year (2018)."""
        return self.name

    @property
    def about(self) -> str:
        """A period is about nothing else."""
        return ""

    @property
    def over(self) -> bool:
        """Whether the span has ended."""
        return self.until >= self.whole.end

    @property
    def months(self) -> tuple[tuple[date, date], ...]:
        """The first and last day of each month of the span, as far as it belongs to it."""
        start, end = self.whole.start, self.whole.end
        return tuple(within(month, start, end) for month in months_between(start, end))

    def begun(self, month: tuple[date, date]) -> bool:
        """Whether anything can be told of a month: it has begun."""
        return month[0] <= self.until


@dataclass(frozen=True, slots=True)
class Held:
    """Of `total` tickets that were held against a limit, how many kept it."""

    kept: int
    total: int

    @property
    def share(self) -> float | None:
        """The share kept, 0 to 1; None where there was none to keep."""
        return self.kept / self.total if self.total else None


@dataclass(frozen=True, slots=True)
class MonthSum:
    """One month in figures.  `still` is how many tickets were open at its end; `days` are the
    person-days that counted in it, None where there is no ledger."""

    opened: int
    closed: int
    still: int
    faults: int
    response: Held
    restore: Held
    resolve: Held
    changes: int
    copies: int
    good: int
    drills: int
    proved: int
    alerts: int
    emergencies: int
    days: Decimal | None


def sums(facts: SpanFacts) -> tuple[MonthSum | None, ...]:
    """Return each month in figures; None for one that has not begun."""
    return tuple(_sum(facts, one) if facts.begun(one) else None for one in facts.months)


def held(tickets: Iterable[TicketLine]) -> tuple[Held, Held, Held]:
    """Return how response, restoration and resolution were held; what still runs in time is not
    counted yet."""
    found = []
    lines = tuple(tickets)
    for key in ("response_kept", "restore_kept", "resolve_kept"):
        said = [getattr(one, key) for one in lines]
        judged = [one for one in said if one is not None]
        found.append(Held(sum(judged), len(judged)))
    return found[0], found[1], found[2]


def opened_in(tickets: Iterable[TicketLine], month: tuple[date, date]) -> list[TicketLine]:
    """Return the tickets that were asked for in a month."""
    begin, end = moments_of(*month)
    return [one for one in tickets if begin <= one.opened_at < end]


def faults_of(tickets: Iterable[TicketLine]) -> list[TicketLine]:
    """Return the tickets that are faults: incidents and problems, but no second one of the same."""
    faults = ("incident", "problem")
    return [one for one in tickets if one.kind in faults and one.state != "merged"]


def days_used(ledger: Ledger, contract: Contract, first: date, last: date) -> Decimal:
    """Return what counted of the days worked from `first` to `last`: the difference of what had
    counted before and after, since each ticket's sum is rounded as a whole."""
    return _counted(ledger, contract.day_step, last) - _counted(
        ledger, contract.day_step, first - timedelta(days=1)
    )


def _counted(ledger: Ledger, step: Decimal, until: date) -> Decimal:
    worked = (
        sum((one.days for one in line.bookings if one.on <= until), Decimal(0))
        for line in ledger.lines
    )
    return sum((rounded(days, step) for days in worked), Decimal(0))


def _sum(facts: SpanFacts, month: tuple[date, date]) -> MonthSum:
    first, last = month
    begin, end = moments_of(first, last)

    def inside(at: datetime | None) -> bool:
        return at is not None and begin <= at < end

    tickets = facts.whole.tickets
    mine = opened_in(tickets, month)
    response, restore, resolve = held(mine)
    copies = [one for one in facts.copies if inside(one.at)]
    drills = [one for one in facts.drills if inside(one.at)]
    ledger = facts.ledger
    return MonthSum(
        opened=len(mine),
        closed=sum(inside(one.closed_at) for one in tickets),
        still=_still(tickets, last),
        faults=len(faults_of(mine)),
        response=response,
        restore=restore,
        resolve=resolve,
        changes=sum(inside(one.applied_at or one.created_at) for one in facts.whole.changes),
        copies=len(copies),
        good=sum(one.good for one in copies),
        drills=len(drills) + sum(inside(one.at) for one in facts.whole.restores),
        proved=sum(one.outcome == "proved" for one in drills)
        + sum(one.proved for one in facts.whole.restores if inside(one.at)),
        alerts=sum(inside(one.raised_at) for one in facts.alerts),
        emergencies=sum(inside(one.at) for one in facts.whole.overrides),
        days=days_used(ledger, facts.contract, first, last) if ledger is not None else None,
    )


def _still(tickets: Sequence[TicketLine], last: date) -> int:
    """Return how many tickets were open when a day ended.

    One that ended without being closed (withdrawn, merged) bears no day: it is not counted as open.
    """
    _, end = moments_of(last, last)
    return sum(
        one.opened_at < end
        and (one.state not in ENDED or (one.closed_at is not None and one.closed_at >= end))
        for one in tickets
    )
