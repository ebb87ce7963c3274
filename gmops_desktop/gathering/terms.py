"""Which contract, and which of its days, "the report of 2018-Q2" or "of the year 2018" is about."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from gmops_desktop.contract.terms import Contract
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.reports import quarter_of, year_of, years_of


class Term(NamedTuple):
    """A span of a contract, as it is written (2018-Q2, 2018), with its first and last day."""

    contract: Contract
    name: str
    start: date
    end: date


def quarter_term(contracts: Contracts, period: str) -> Term:
    """Return a quarter of the calendar, as far as the contract runs in it."""
    start, end = quarter_of(period)
    contract = _running(contracts, start, end)
    name = period.strip().upper()
    return Term(contract, name, max(start, contract.start), min(end, contract.end))


def year_term(contracts: Contracts, period: str) -> Term:
    """Return the contract's own year that begins in a year of the calendar."""
    year = year_of(period)
    contract = _running(contracts, date(year, 1, 1), date(year, 12, 31))
    years = years_of(contract)
    if year not in years:
        raise OpsError(
            tr("No year of the contract begins in {year}.", year=year),
            hint=tr("Its years begin in {years}.", years=", ".join(map(str, years))),
        )
    return Term(contract, f"{year}", *years[year])


def _running(contracts: Contracts, start: date, end: date) -> Contract:
    """Return the contract of a span: the one that runs at its end, else one that runs in it."""
    if not contracts.all():
        raise OpsError(
            tr("No contract has been recorded yet."),
            hint=tr("Record it in the settings, or load the example contract."),
        )
    inside = [one for one in contracts.all() if one.start <= end and one.end >= start]
    for on in (end, start, *(max(start, one.start) for one in inside)):
        found = contracts.current(on)
        if found is not None and found.runs(on):
            return found
    raise OpsError(
        tr("No contract runs from {start} to {end}.", start=start, end=end),
        hint=tr("Choose a period of the contract, or record the contract in the settings."),
    )
