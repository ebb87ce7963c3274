"""What the contract asks for, what proves it, and what is due: the facts of the overview.

Nothing here is entered or stored: every figure is counted from the record and from what machines
measured, and what nobody looked at is unknown, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db import evidence
from db.engine import Database
from db.journal import Journal, utc_now
from db.models import (
    ChangeRow,
    ContactRow,
    ContractRow,
    LookRow,
    ReportRow,
    ResourceRow,
    TicketRow,
)
from db.views import contract_of, in_force
from gmops_desktop.contract import tickets
from gmops_desktop.contract.clocks import Clock, clocks, intervals, word_of_clock
from gmops_desktop.contract.obligations import MatrixRow, matrix
from gmops_desktop.contract.record import EntryView
from gmops_desktop.contract.targets import ClockKey
from gmops_desktop.contract.terms import Contract, day_of
from gmops_desktop.language import mark, tr
from gmops_desktop.states import State

RPO_TARGET: Final = 24 * 3600.0  # seconds: a backup a day
RESTORE_FRESH: Final = timedelta(days=31)  # a restore is to be proved every month
COVERAGE_OK: Final = 0.98
EXPIRY_WARNING, EXPIRY_CRITICAL = 30, 7  # days

# What is rented or certified, and by which key of the contract its date is entered by hand.
_BY_HAND: Final = {
    "cvm": mark("Cloud server"),
    "database": mark("Cloud database"),
    "domain": mark("Domain"),
    "verification": mark("Account verification"),
}


@dataclass(frozen=True, slots=True)
class Expiry:
    """When something runs out; `on` is None where nobody knows.  `source` says who says so."""

    name: str
    state: State
    on: date | None
    days: int | None
    source: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """Something to be done today: a word for its badge, a text, and where it leads (a number)."""

    state: State
    word: str
    text: str
    number: str = ""


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
class Overview:
    """The contract at a glance.  None and "unknown" mean that nobody knows."""

    contract: Contract | None
    days_left: int | None
    days_total: int | None
    rpo_seconds: float | None
    rpo_state: State
    restore_seconds: float | None
    restore_state: State
    restore_text: str
    coverage: float | None
    coverage_state: State
    person_days_left: Decimal
    matrix_months: tuple[date, ...]
    matrix: tuple[MatrixRow, ...]
    expiry: tuple[Expiry, ...]
    due: tuple[Due, ...]
    tickets: tuple[TicketLine, ...]
    waiting: tuple[Waiting, ...]


@dataclass(frozen=True, slots=True)
class _Open:
    """An open ticket as this page needs it."""

    row: TicketRow
    clocks: Mapping[ClockKey, Clock]
    waiting_since: datetime | None


class Obligations:
    """Counts evidence and derives what is due; reads only."""

    def __init__(
        self, database: Database, journal: Journal, *, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._database = database
        self._journal = journal
        self._now = now

    def overview(self, now: datetime | None = None) -> Overview:
        """Return everything the overview shows, as of `now`."""
        now = now or self._now()
        today = day_of(now)
        with self._database.session() as session:
            rows = {row.id: row for row in session.scalars(select(ContractRow))}
            contract = in_force([contract_of(row) for row in rows.values()], today)
            found = [self._open_ticket(row, now) for row in _open_tickets(session)]
            proved_at = evidence.recovery_point(session)
            rpo = (now - proved_at).total_seconds() if proved_at else None
            restore_seconds, restore_state, restore_text = _restore(session, now)
            coverage = evidence.coverage(session, now)
            months = tuple(contract.months()) if contract else ()
            counts = evidence.by_month(session, months)
            terms = rows[contract.id] if contract else None
            return Overview(
                contract=contract,
                days_left=contract.days_left(today) if contract else None,
                days_total=contract.days_total if contract else None,
                rpo_seconds=rpo,
                rpo_state=_rpo_state(rpo),
                restore_seconds=restore_seconds,
                restore_state=restore_state,
                restore_text=restore_text,
                coverage=coverage,
                coverage_state=_coverage_state(coverage),
                person_days_left=_days_left(session, contract),
                matrix_months=months,
                matrix=matrix(contract.items, months, counts, today) if contract else (),
                expiry=_expiries(session, contract, terms, today),
                due=tuple(_due(session, contract, found, rpo, now)),
                tickets=tuple(_line(one, now) for one in sorted(found, key=_pressing)),
                waiting=tuple(self._waiting(session, found, now)),
            )

    def _open_ticket(self, row: TicketRow, now: datetime) -> _Open:
        entries = self._journal.entries("ticket", row.id)
        spans = intervals(entries, now)
        since = None
        for span in spans:
            since = (since or span.begin) if span.waiting else None
        found = {clock.key: clock for clock in clocks(entries, now)}
        return _Open(row, found, since)

    def _waiting(self, session: Session, found: Iterable[_Open], now: datetime) -> list[Waiting]:
        waiting = [
            Waiting(one.row.number, one.row.title, (now - one.waiting_since).total_seconds())
            for one in found
            if one.waiting_since is not None
        ]
        states = ("awaiting_notice", "awaiting_confirmation")
        for row in session.scalars(select(ChangeRow).where(ChangeRow.state.in_(states))):
            entries = self._journal.entries("change", row.id)
            since = _since(entries, row.state) or row.updated_at
            waiting.append(Waiting(row.number, row.title, (now - since).total_seconds()))
        return sorted(waiting, key=lambda one: -one.seconds)


# ---------------------------------------------------------------- figures


def _rpo_state(seconds: float | None) -> State:
    if seconds is None:
        return "unknown"
    return "ok" if seconds <= RPO_TARGET else "warning" if seconds <= 2 * RPO_TARGET else "critical"


def _restore(session: Session, now: datetime) -> tuple[float | None, State, str]:
    """Return how long the newest proved restore took, how we stand, and when it was."""
    row = evidence.newest_restore(session)
    if row is None:
        return None, "unknown", tr("No restore has been proved yet.")
    state: State = "ok" if now - row.at <= RESTORE_FRESH else "warning"
    text = tr("{schema}, proved on {day}", schema=row.schema, day=day_of(row.at))
    return row.seconds, state, text


def _coverage_state(coverage: float | None) -> State:
    if coverage is None:
        return "unknown"
    return "ok" if coverage >= COVERAGE_OK else "warning"


def _days_left(session: Session, contract: Contract | None) -> Decimal:
    return contract.person_days - evidence.person_days(session) if contract else Decimal(0)


# ---------------------------------------------------------------- expiry


def _expiries(
    session: Session, contract: Contract | None, terms: ContractRow | None, today: date
) -> tuple[Expiry, ...]:
    found: list[Expiry] = []
    if contract is not None and terms is not None:
        found.append(_expiry(tr("Contract"), contract.end, today, tr("contract")))
        for key, name in _BY_HAND.items():
            said = terms.more.get(f"expiry_{key}")
            on = date.fromisoformat(said) if said else None
            source = tr("by hand") if on else tr("not configured")
            found.append(_expiry(tr(name), on, today, source))
    looks = {row.resource_id: row for row in session.scalars(select(LookRow))}
    wanted = select(ResourceRow).where(ResourceRow.kind == "website")
    for row in session.scalars(wanted.where(ResourceRow.removed.is_(False))):
        found.append(_certificate(row, looks.get(row.id), today))
    order = {state: place for place, state in enumerate(("critical", "warning", "ok", "unknown"))}
    return tuple(sorted(found, key=lambda one: (order[one.state], one.on or date.max)))


def _certificate(row: ResourceRow, look: LookRow | None, today: date) -> Expiry:
    name = tr("TLS certificate of {name}", name=row.name)
    if look is None:
        return _expiry(name, None, today, tr("not looked at yet"))
    details = look.data.get("details") or {}
    days = details.get("tls_days")
    if days is None:
        source = tr("no TLS handshake")
        return Expiry(name, "unknown", None, None, source, look.at)
    on = day_of(look.at) + timedelta(days=days)
    expiry = _expiry(name, on, today, tr("TLS handshake"), look.at)
    if details.get("tls_trusted") is False and expiry.state == "ok":
        return Expiry(name, "warning", on, expiry.days, tr("TLS handshake, not trusted"), look.at)
    return expiry


def _expiry(
    name: str, on: date | None, today: date, source: str, at: datetime | None = None
) -> Expiry:
    if on is None:
        return Expiry(name, "unknown", None, None, source, at)
    days = (on - today).days
    state: State = "ok"
    if days <= EXPIRY_CRITICAL:
        state = "critical"
    elif days <= EXPIRY_WARNING:
        state = "warning"
    return Expiry(name, state, on, days, source, at)


# ---------------------------------------------------------------- tickets and what is due


def _open_tickets(session: Session) -> list[TicketRow]:
    wanted = select(TicketRow).where(TicketRow.state.not_in(tickets.ENDED))
    return list(session.scalars(wanted.order_by(TicketRow.opened_at)))


def _pressing(one: _Open) -> tuple[int, datetime]:
    return one.row.priority or 3, one.row.opened_at or one.row.created_at


def _line(one: _Open, now: datetime) -> TicketLine:
    text, state = _clock_text(one)
    priority = next(p for p in tickets.PRIORITIES if p == (one.row.priority or 3))
    return TicketLine(one.row.number, one.row.title, priority, text, state)


def _clock_text(one: _Open) -> tuple[str, State]:
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


def _due(
    session: Session,
    contract: Contract | None,
    found: Iterable[_Open],
    rpo: float | None,
    now: datetime,
) -> Iterable[Due]:
    """Yield what today asks for, the most pressing first."""
    today = day_of(now)
    due = [*_due_tickets(found, now)]
    wanted = select(ContactRow).where(ContactRow.valid_from.is_not(None))
    for row in session.scalars(wanted):
        until = row.more.get("notice_due")
        if until and not row.more.get("notified_on"):
            state: State = "critical" if date.fromisoformat(until) < today else "warning"
            text = tr("Tell the other party of the change of contact: {name}", name=row.name)
            due.append(Due(state, until, text))
    if contract is not None and contract.start <= today <= contract.end:
        if rpo is None or rpo > RPO_TARGET:
            due.append(Due("warning", tr("No backup"), tr("No verified backup in 24 hours")))
        last = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
        period = f"{last:%Y-%m}"
        made = select(func.count()).select_from(ReportRow).where(ReportRow.period == period)
        if last >= contract.start.replace(day=1) and not session.scalar(made):
            text = tr("The monthly report for {period}", period=period)
            due.append(Due("warning", tr("No report"), text))
    return sorted(due, key=lambda one: one.state != "critical")


def _due_tickets(found: Iterable[_Open], now: datetime) -> Iterable[Due]:
    today = day_of(now)
    for one in found:
        said = one.row.more.get("promised_for")
        until = datetime.fromisoformat(said) if said else None
        text = one.row.title
        if until is not None and day_of(until) <= today:
            promise = one.clocks.get("promise")
            late = promise is not None and promise.state == "critical"
            word = f"{until.astimezone():%H:%M}" if day_of(until) == today else str(day_of(until))
            text = tr("Promise: {title}", title=one.row.title)
            yield Due("critical" if late else "warning", word, text, one.row.number)
            continue
        response = one.clocks.get("response")
        if response is not None and response.running and response.state != "ok":
            word = tr("Answer") if response.state == "warning" else tr("Too late")
            yield Due(response.state, word, text, one.row.number)
            continue
        if one.row.conflicts:
            text = tr("Two devices disagree: {title}", title=one.row.title)
            yield Due("warning", tr("Conflict"), text, one.row.number)
