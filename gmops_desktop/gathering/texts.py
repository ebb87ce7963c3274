"""Finds which document people's own words belong to: "the monthly report of 2018-04"."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from gmops_desktop.contract.report_texts import TextKey
from gmops_desktop.contract.terms import Contract
from gmops_desktop.errors import OpsError
from gmops_desktop.gathering.compilation import days_of
from gmops_desktop.gathering.terms import quarter_term, year_term
from gmops_desktop.language import tr
from gmops_desktop.reports.evidence_facts import CompilationFacts
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.reports import SUBJECTS, Asked, Kind, month_of, span_of
from gmops_desktop.services.tickets import Tickets


class TextKeys:
    """Called with a kind and what it is of, as `Reports.make` is, returns whose words those are."""

    def __init__(
        self, contracts: Contracts, tickets: Tickets, gather: Mapping[Kind, Asked] | None = None
    ) -> None:
        """`gather` looks up what is of something else than a period, a ticket or a contract."""
        self._contracts, self._tickets, self._gather = contracts, tickets, dict(gather or {})

    def __call__(self, kind: Kind, of: str) -> TextKey:
        """Look up what is named; raise `OpsError` where there is no such thing, or no contract."""
        one = of.strip()
        match SUBJECTS[kind]:
            case "ticket":
                ticket = self._tickets.get(one)
                one, contract = ticket.id, self._tickets.contract_of(ticket.id)
            case "month":
                contract = self._contracts.current(month_of(one)[1])
            case "contract":
                contract = self._contracts.get(one) if one else self._contracts.current()
                one = contract.id if contract is not None else ""
            case "quarter":
                contract, one, *_ = quarter_term(self._contracts, one)
            case "year":
                contract, one, *_ = year_term(self._contracts, one)
            case "span":
                contract = self._contracts.current(span_of(one)[1] if one else None)
                one = _span_key(contract, one) if contract is not None else ""
            case _:
                facts = self._gather[kind](one)()
                contract, one = facts.contract, facts.about
        if contract is None:
            raise OpsError(
                tr("No contract has been recorded yet."),
                hint=tr("Record it in the settings, or load the example contract."),
            )
        return TextKey(contract.id, kind, one)


def _span_key(contract: Contract, period: str) -> str:
    """Return what a compilation of a period is of, by the very rule of its facts."""
    start, end = days_of(contract, period)
    facts = CompilationFacts(contract=contract, start=start, end=end, at=datetime.now(UTC))
    return facts.about or facts.period
