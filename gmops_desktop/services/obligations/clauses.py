"""Gathers from the store what the clauses are held against."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import agreements, ledgers
from db.journal import Journal
from db.models import ChangeRow, TicketRow
from db.scope import Scope, moments
from db.ticket_time import replayed
from db.views import ticket_of
from gmops_desktop.contract.clauses import Recorded
from gmops_desktop.contract.duty import gaps
from gmops_desktop.contract.obligations import Stream
from gmops_desktop.contract.registers import Record
from gmops_desktop.contract.terms import Contract, day_of, vacancies


def recorded(
    session: Session,
    journal: Journal,
    contract: Contract,
    scope: Scope,
    records: Sequence[Record],
    totals: Counter[Stream],
    now: datetime,
) -> Recorded:
    """Return all that the record holds of a contract, from its first day until now."""
    last = min(contract.end, day_of(now))
    begin, end = moments(contract.start, contract.end)
    opened = select(TicketRow).where(
        scope.of_tickets(),
        TicketRow.opened_at >= begin,
        TicketRow.opened_at < end,
    )
    found = [ticket_of(row) for row in session.scalars(opened.order_by(TicketRow.opened_at))]
    planned = select(ChangeRow.id).where(
        scope.of(ChangeRow.resource_id),
        ChangeRow.created_at >= begin,
        ChangeRow.created_at < end,
    )
    late, unanswered, waited = [], [], 0.0
    times = replayed(session, journal, found, now)
    for one in found:
        passed = {clock.key for clock in times[one.id].clocks if clock.state == "critical"}
        if "promise" in passed or any(made.kept is False for made in times[one.id].promises):
            late.append(one.number)
        if "response" in passed:
            unanswered.append(one.number)
        if one.state != "merged":  # its time counts where it was merged to
            waited += sum(c.seconds for c in times[one.id].clocks if c.key == "waiting")
    people = agreements.people(session, scope)
    shifts = agreements.shifts(journal, people)
    return Recorded(
        contract=contract,
        tickets=journal.entries_of("ticket", [one.id for one in found]),
        changes=journal.entries_of("change", list(session.scalars(planned))),
        notices=agreements.notices(session, journal, contract, scope),
        vacancies=vacancies(contract, people, last),
        gaps=gaps(shifts, people, contract.start, last) if shifts else None,
        ledger=ledgers.person_days(session, journal, contract, scope),
        records=records,
        totals=totals,
        late=late,
        unanswered=unanswered,
        waited=timedelta(seconds=waited),
        people=tuple(people),
    )


def roster_gaps(
    session: Session, journal: Journal, scope: Scope, first: date, last: date
) -> tuple[tuple[date, date], ...]:
    """Return the stretches without duty; none where no roster is kept at all."""
    people = agreements.people(session, scope)
    shifts = agreements.shifts(journal, people)
    return gaps(shifts, people, first, last) if shifts else ()
