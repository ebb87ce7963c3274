"""The facts of the overview.

Nothing here is entered or stored: every figure is counted from the record and from what machines
measured, and what nobody looked at is unknown, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import agreements, evidence, ledgers
from db.engine import Database
from db.journal import Journal, utc_now
from db.models import ReportRow
from db.scope import EVERYTHING, Scope, contracts_in, scope_of, shown_contract
from gmops_desktop.contract.clauses import ClauseProof, proofs
from gmops_desktop.contract.expiry import Claim, Expiry, in_order
from gmops_desktop.contract.obligations import (
    STREAMS,
    Counts,
    Evidence,
    MatrixRow,
    Proof,
    Todo,
    matrix,
    todos,
)
from gmops_desktop.contract.person_days import Ledger
from gmops_desktop.contract.registers import Record
from gmops_desktop.contract.terms import (
    Contract,
    ServiceItem,
    day_of,
    months_between,
    vacancies,
    within,
)
from gmops_desktop.contract.workdays import calendar_of
from gmops_desktop.language import tr
from gmops_desktop.services.obligations import clauses as gathering
from gmops_desktop.services.obligations import due, opened
from gmops_desktop.services.obligations.counting import counted, pieces, totals
from gmops_desktop.services.obligations.due import Due
from gmops_desktop.services.obligations.evidence import Compiled, compiled
from gmops_desktop.services.obligations.expiry import board
from gmops_desktop.services.obligations.opened import Open, TicketLine, Waiting
from gmops_desktop.services.obligations.trends import Trends, trends
from gmops_desktop.states import State

RPO_TARGET: Final = 24 * 3600.0  # seconds: a backup a day
RESTORE_FRESH: Final = timedelta(days=31)  # a restore is to be proved every month
COVERAGE_OK: Final = 0.98
_AHEAD: Final = timedelta(days=7)  # how far ahead the roster is looked at


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
    open_count: int = 0
    ledger: Ledger | None = None
    todos: tuple[Todo, ...] = ()


@dataclass(frozen=True, slots=True)
class EvidenceOf:
    """All evidence of a service item in a month, stream by stream."""

    item: ServiceItem
    month: date
    proofs: tuple[Proof, ...]


class Obligations:
    """Counts evidence and derives what is due; reads only.

    `shown` names the contract that is shown where there are several; `keys` gives those in use.
    """

    def __init__(
        self,
        database: Database,
        journal: Journal,
        *,
        now: Callable[[], datetime] = utc_now,
        shown: Callable[[], str] = lambda: "",
        keys: Callable[[], Sequence[Claim]] = tuple,
    ) -> None:
        self._database = database
        self._journal = journal
        self._now = now
        self._shown = shown
        self._keys = keys

    def overview(self, now: datetime | None = None) -> Overview:
        """Return everything the overview shows, as of `now`."""
        now = now or self._now()
        today = day_of(now)
        with self._database.session() as session:
            contract = shown_contract(session, self._shown(), today)
            if contract is None:
                return _nothing()
            scope = scope_of(session, contract)
            found = opened.open_tickets(session, self._journal, scope, now)
            proved_at = evidence.recovery_point(session, scope)
            rpo = (now - proved_at).total_seconds() if proved_at else None
            restore_seconds, restore_state, restore_text = _restore(session, scope, now)
            coverage = evidence.coverage(session, now, scope)
            months = tuple(contract.months())
            records = ledgers.records(self._journal, scope)
            counts, lacks = counted(session, contract, scope, records)
            expiry = board(session, self._journal, scope, self._keys(), now)
            owed = _owed(expiry)
            ledger = ledgers.person_days(session, self._journal, contract, scope)
            month = today.replace(day=1)
            dues = self._due(session, contract, scope, found, rpo, ledger, records, now)
            return Overview(
                contract=contract,
                days_left=contract.days_left(today),
                days_total=contract.days_total,
                rpo_seconds=rpo,
                rpo_state=_rpo_state(rpo),
                restore_seconds=restore_seconds,
                restore_state=restore_state,
                restore_text=restore_text,
                coverage=coverage,
                coverage_state=_coverage_state(coverage),
                person_days_left=ledger.left,
                matrix_months=months,
                matrix=matrix(contract.items, months, counts, today, lacks=lacks, owed=owed),
                expiry=expiry,
                due=tuple(sorted(dues, key=lambda one: one.state != "critical")),
                tickets=opened.lines(found),
                open_count=len(found),
                waiting=opened.waiting(session, self._journal, found, scope, now),
                ledger=ledger,
                todos=todos(contract.items, month, counts, owed) if contract.runs(today) else (),
            )

    def expiry(self, now: datetime | None = None) -> tuple[Expiry, ...]:
        """Return all that runs out of the shown contract, or without any, the worst first."""
        now = now or self._now()
        with self._database.session() as session:
            contract = shown_contract(session, self._shown(), day_of(now))
            if contract is not None:
                return board(session, self._journal, scope_of(session, contract), self._keys(), now)
        return self.board(now)

    def board(self, now: datetime | None = None) -> tuple[Expiry, ...]:
        """Return all that runs out, of every contract there is, the worst first."""
        now = now or self._now()
        keys = self._keys()
        found: dict[tuple[str, str], Expiry] = {}
        with self._database.session() as session:
            contracts = contracts_in(session)
            for scope in {scope_of(session, one) for one in contracts} or {EVERYTHING}:
                for one in board(
                    session, self._journal, scope, keys, now, contracts=bool(contracts)
                ):
                    found[one.key, one.thing.owner] = one
        return in_order(found.values())

    def evidence(self, key: str, month: date) -> EvidenceOf:
        """Return all evidence of the item `key` in a month of the contract, stream by stream, what
        is needed first."""
        with self._database.session() as session:
            contract = shown_contract(session, self._shown(), day_of(self._now()))
            items = contract.items if contract else ()
            item = next((one for one in items if one.key == key), ServiceItem(key, key))
            scope = scope_of(session, contract) if contract else EVERYTHING
            days = (contract.start, contract.end) if contract else (date.min, date.max)
            first, last = within(month, *days)
            records = [
                one for one in ledgers.records(self._journal, scope) if first <= one.on <= last
            ]
            wanted = STREAMS.get(key, Evidence(()))
            return EvidenceOf(
                item,
                month,
                tuple(
                    Proof(
                        stream,
                        stream in wanted.needs,
                        tuple(pieces(session, stream, first, last, scope, records)),
                    )
                    for stream in wanted.streams
                ),
            )

    def fulfilment(
        self, contract: Contract, now: datetime | None = None
    ) -> tuple[tuple[MatrixRow, ...], Counts]:
        """Return how each item of a contract stands in each of its months, and how much evidence
        of each stream a month has."""
        now = now or self._now()
        with self._database.session() as session:
            scope = scope_of(session, contract)
            counts, lacks = counted(session, contract, scope, ledgers.records(self._journal, scope))
            expiry = board(session, self._journal, scope, self._keys(), now)
        rows = matrix(
            contract.items, contract.months(), counts, day_of(now), lacks=lacks, owed=_owed(expiry)
        )
        return rows, counts

    def ends(self, contract: Contract, now: datetime | None = None) -> tuple[Expiry, ...]:
        """Return all that runs out of a contract, the worst first."""
        with self._database.session() as session:
            return board(
                session, self._journal, scope_of(session, contract), self._keys(),
                now or self._now(),
            )  # fmt: skip

    def clauses(self, now: datetime | None = None) -> tuple[ClauseProof, ...]:
        """Return for every clause of the contract what the record can show for it."""
        now = now or self._now()
        today = day_of(now)
        with self._database.session() as session:
            contract = shown_contract(session, self._shown(), today)
            if contract is None:
                return ()
            scope = scope_of(session, contract)
            records = ledgers.records(self._journal, scope)
            counts, _ = counted(session, contract, scope, records)
            return proofs(
                gathering.recorded(
                    session,
                    self._journal,
                    contract,
                    scope,
                    records,
                    totals(counts),
                    now,
                )
            )

    def compiled(
        self,
        contract: Contract,
        first: date,
        last: date,
        others: Mapping[tuple[str, date], int],
        now: datetime | None = None,
    ) -> Compiled:
        """Return what the journal proves of a contract from one day to another (both included),
        clause by clause; `others` counts the files and documents of each clause and month."""
        now = now or self._now()
        with self._database.session() as session:
            scope = scope_of(session, contract)
            records = ledgers.records(self._journal, scope)
            counts, _ = counted(session, contract, scope, records)
            found = gathering.recorded(
                session, self._journal, contract, scope, records, totals(counts), now
            )
            months = tuple(months_between(first, last))
            return compiled(
                session, self._journal, found, scope, counts, months, (first, last), others,
                day_of(now),
            )  # fmt: skip

    def trends(self, now: datetime | None = None) -> Trends | None:
        """Return how the contract went month by month; None where there is none."""
        now = now or self._now()
        with self._database.session() as session:
            contract = shown_contract(session, self._shown(), day_of(now))
            if contract is None:
                return None
            scope = scope_of(session, contract)
            return trends(session, self._journal, contract, scope, now)

    # ------------------------------------------------------------ inside

    def _due(
        self,
        session: Session,
        contract: Contract,
        scope: Scope,
        found: Iterable[Open],
        rpo: float | None,
        ledger: Ledger,
        records: Iterable[Record],
        now: datetime,
    ) -> list[Due]:
        """Return what today asks for."""
        today = day_of(now)
        notices = agreements.notices(session, self._journal, contract, scope)
        dues = [*due.of_tickets(found, now), *due.of_notices(notices, today)]
        if not contract.runs(today):
            return dues
        people = agreements.people(session, scope)
        ahead = min(contract.end, today + _AHEAD)
        gaps = gathering.roster_gaps(session, self._journal, scope, today, ahead)
        dues += due.of_people(vacancies(contract, people, today), gaps, today)
        dues += due.of_days(ledger, today)
        dues += due.of_records(records, today)
        if rpo is None or rpo > RPO_TARGET:
            text = tr("No verified backup in 24 hours")
            dues.append(Due("warning", tr("No backup"), text, page="backups"))
        last = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
        if last >= contract.start.replace(day=1) and not _reported(session, last, scope):
            text = tr("The monthly report for {period}", period=f"{last:%Y-%m}")
            dues.append(Due("warning", tr("No report"), text, page="reports"))
        dues += due.of_calendar(calendar_of(self._journal.entries("calendar")), contract, today)
        return dues


def _nothing() -> Overview:
    return Overview(
        contract=None,
        days_left=None,
        days_total=None,
        rpo_seconds=None,
        rpo_state="unknown",
        restore_seconds=None,
        restore_state="unknown",
        restore_text="",
        coverage=None,
        coverage_state="unknown",
        person_days_left=Decimal(0),
        matrix_months=(),
        matrix=(),
        expiry=(),
        due=(),
        tickets=(),
        waiting=(),
    )


def _owed(expiry: Iterable[Expiry]) -> set[tuple[str, date]]:
    """Return in which months a yearly verification is due."""
    return {
        ("verification", one.on.replace(day=1))
        for one in expiry
        if one.thing.kind == "verification" and one.on is not None
    }


# ---------------------------------------------------------------- figures


def _rpo_state(seconds: float | None) -> State:
    if seconds is None:
        return "unknown"
    return "ok" if seconds <= RPO_TARGET else "warning" if seconds <= 2 * RPO_TARGET else "critical"


def _restore(session: Session, scope: Scope, now: datetime) -> tuple[float | None, State, str]:
    """Return how long the newest proved restore took, how we stand, and when it was."""
    row = evidence.newest_restore(session, scope)
    if row is None:
        return None, "unknown", tr("No restore has been proved yet.")
    state: State = "ok" if now - row.at <= RESTORE_FRESH else "warning"
    text = tr("{schema}, proved on {day}", schema=row.schema, day=day_of(row.at))
    return row.seconds, state, text


def _coverage_state(coverage: float | None) -> State:
    if coverage is None:
        return "unknown"
    return "ok" if coverage >= COVERAGE_OK else "warning"


def _reported(session: Session, month: date, scope: Scope) -> int:
    made = select(ReportRow.more).where(ReportRow.period == f"{month:%Y-%m}")
    said = [str(more.get("contract_id") or "") for more in session.scalars(made)]
    return sum(scope.has(contract_id) for contract_id in said)
