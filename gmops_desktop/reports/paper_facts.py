"""What the papers about one ticket, and the reports of a period, say.

They hold the contract's own records as they are; `gmops_desktop.gathering` fills them from the
services, in the language of the document.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gmops_desktop.contract.clocks import Clock, PromiseMade
from gmops_desktop.contract.person_days import Ledger, WorkLine
from gmops_desktop.contract.record import ChainHead
from gmops_desktop.contract.steps import Handed, Step
from gmops_desktop.contract.terms import Contact, Contract, day_of
from gmops_desktop.contract.tickets import Ticket


class PaperFacts(Protocol):
    """What numbering a document needs to know of its facts, whatever else they say.

    `period` is the month or the days that it is numbered in, `about` names the one thing that it is
    about ("" for a period).
    """

    @property
    def contract(self) -> Contract | None: ...

    @property
    def period(self) -> str: ...

    @property
    def about(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketFacts:
    """A ticket with all that was done: for a fault report, a service form, an evaluation.

    `resource` names what it is about, `contact` who asked, where that is one of the contacts;
    `links` are other tickets in words; `work` its line in the ledger of person-days, `ledger` that
    ledger itself.
    """

    contract: Contract
    at: datetime
    ticket: Ticket
    resource: str = ""
    contact: Contact | None = None
    prepared_by: str = ""
    steps: tuple[Step, ...] = ()
    clocks: tuple[Clock, ...] = ()
    promises: tuple[PromiseMade, ...] = ()
    handed: tuple[Handed, ...] = ()
    links: tuple[str, ...] = ()
    work: WorkLine | None = None
    ledger: Ledger | None = None
    heads: tuple[ChainHead, ...] = ()

    @property
    def period(self) -> str:
        """The month that it is numbered in."""
        return f"{day_of(self.at):%Y-%m}"

    @property
    def about(self) -> str:
        """The id of the ticket."""
        return self.ticket.id
