"""Finds the documents that a month still lacks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from gmops_desktop.contract.terms import Contract, day_of
from gmops_desktop.contract.tickets import Ticket
from gmops_desktop.language import tr
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.reports import (
    SUBJECTS,
    Kind,
    Report,
    Reports,
    month_of,
    quarter_of,
    quarters_of,
    years_of,
)
from gmops_desktop.services.reports.month_end import Owed
from gmops_desktop.services.tickets import Tickets

_GRAVE: Final = 2  # the priority down to which an incident is reported on by itself


@dataclass(frozen=True, slots=True)
class MonthOwes:
    """Called with a month, returns what it lacks: the reports of the month itself, and the papers
    of its tickets; in the last month of a quarter or of a contract's year those of that, too, which
    are not due before it is over.

    A report of a month that was made before the month was over says less than it could: it is owed
    anew.  Grave incidents that ended in the month owe a fault report, requirements evaluated in it
    their evaluation, visits their form.
    """

    contracts: Contracts
    tickets: Tickets
    reports: Reports
    now: Callable[[], datetime]

    def __call__(self, period: str) -> tuple[Owed, ...]:
        """Return it in the order of the register's kinds, the month's own first."""
        start, end = month_of(period)
        contract = self.contracts.current(end)
        made = self.reports.all(contract)
        months = self._of_the_month(period.strip(), end, made)
        longer = self._of_longer(start, end, contract, made)
        return (*months, *longer, *self._of_tickets(start, end, contract, made))

    def _of_the_month(self, period: str, end: date, made: tuple[Report, ...]) -> Iterator[Owed]:
        for kind in self.reports.kinds:
            if SUBJECTS.get(kind) == "month":
                yield from self._of_period(kind, period, end, made)

    def _of_longer(
        self, start: date, end: date, contract: Contract | None, made: tuple[Report, ...]
    ) -> Iterator[Owed]:
        """Yield what is owed of a quarter and of a contract's year that end in the month."""
        if contract is None:
            return
        quarters = {one: min(quarter_of(one)[1], contract.end) for one in quarters_of(contract)}
        years = {str(year): last for year, (_, last) in years_of(contract).items()}
        today = day_of(self.now())
        for kind in self.reports.kinds:
            ends = {"quarter": quarters, "year": years}.get(SUBJECTS.get(kind, ""), {})
            for period, last in ends.items():
                if start <= last <= end:
                    for one in self._of_period(kind, period, last, made):
                        yield replace(one, due=today > last)

    def _of_period(
        self, kind: Kind, period: str, end: date, made: tuple[Report, ...]
    ) -> Iterator[Owed]:
        """Yield the document where there is none, or only one that could not tell all of it."""
        over = day_of(self.now()) > end
        newest = next((one for one in made if (one.kind, one.period) == (kind, period)), None)
        if newest is None:
            yield Owed(kind, period)
        elif over and newest.signed == "unsigned" and day_of(newest.made_at) <= end:
            why = tr("{number} was made before the month was over", number=newest.number)
            if SUBJECTS[kind] != "month":
                why = tr("{number} was made before its period was over", number=newest.number)
            yield Owed(kind, period, why)

    def _of_tickets(
        self, start: date, end: date, contract: Contract | None, made: tuple[Report, ...]
    ) -> Iterator[Owed]:
        if contract is None:
            return
        scope = self.contracts.scope(contract)
        have = {(one.kind, one.about) for one in made}
        for ticket in reversed(self.tickets.all()):
            if not scope.holds(ticket.resource_id, ticket.contact_id, ticket.contract_id):
                continue
            kind = _paper_of(ticket, start, end)
            if kind in self.reports.kinds and (kind, ticket.id) not in have:
                yield Owed(kind, ticket.number, ticket.title)


def _paper_of(ticket: Ticket, start: date, end: date) -> Kind | None:
    """Return the paper that a ticket owes for what happened with it from `start` to `end`."""

    def within(at: datetime | None) -> bool:
        return at is not None and start <= day_of(at) <= end

    if ticket.state in ("declined", "withdrawn", "merged"):
        return None
    if ticket.kind == "incident" and ticket.priority <= _GRAVE and within(ticket.closed_at):
        return "fault"
    if ticket.kind == "visit" and (within(ticket.closed_at) or within(ticket.opened_at)):
        return "visit"
    if ticket.kind == "requirement" and ticket.assessed_days is not None:
        ended = ticket.closed_at or ticket.opened_at
        if within(ticket.opened_at) or within(ended):
            return "evaluation"
    return None
