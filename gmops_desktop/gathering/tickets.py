"""Gathers what the papers about one ticket say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from gmops_desktop.contract.terms import Contract
from gmops_desktop.contract.ticket_bonds import word_of_link
from gmops_desktop.contract.tickets import Ticket
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.reports.paper_facts import TicketFacts
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.ledgers import Ledgers
from gmops_desktop.services.tickets import Tickets


class TicketPapers:
    """Called with a ticket's number or id, returns what gathers its `TicketFacts`."""

    def __init__(
        self,
        contracts: Contracts,
        tickets: Tickets,
        ledgers: Ledgers,
        actor: Callable[[], str],
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._contracts, self._tickets, self._ledgers = contracts, tickets, ledgers
        self._actor, self._now = actor, now

    def __call__(self, number: str) -> Callable[[], TicketFacts]:
        """Look the ticket up; raise `OpsError` where there is none, or no contract."""
        ticket = self._tickets.get(number)
        contract = self._tickets.contract_of(ticket.id)
        if contract is None:
            raise OpsError(
                tr("No contract has been recorded yet."),
                hint=tr("Record it in the settings, or load the example contract."),
            )
        return partial(self._facts, ticket.id, contract)

    def _facts(self, ticket_id: str, contract: Contract) -> TicketFacts:
        dossier = self._tickets.dossier(ticket_id)
        ticket = dossier.ticket
        ledger = self._ledgers.person_days()
        lines = (line for line in ledger.lines if line.ticket_id == ticket.id)
        links = [
            tr("{kind}: {number} {title}", kind=word_of_link(kind), number=other.number,
               title=other.title)
            for kind, other in dossier.links
        ]  # fmt: skip
        links += [
            tr("Merged into this: {number} {title}", number=other.number, title=other.title)
            for other in dossier.merged
        ]
        return TicketFacts(
            contract=contract,
            at=self._now(),
            ticket=ticket,
            resource=self._resource(ticket),
            contact=next(
                (one for one in self._contracts.contacts() if one.id == ticket.contact_id), None
            ),
            prepared_by=self._actor(),
            steps=dossier.steps,
            clocks=dossier.clocks,
            promises=dossier.promises,
            handed=dossier.handed_over,
            links=tuple(links),
            work=next(lines, None),
            ledger=ledger,
        )

    def _resource(self, ticket: Ticket) -> str:
        names = {one.id: one.name for one in self._contracts.resources()}
        return names.get(ticket.resource_id, "")
