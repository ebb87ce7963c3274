"""The store as the verbs of tickets use it: rows read, entries written, contacts checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import agreements
from db.engine import Database
from db.journal import Journal
from db.models import TicketRow
from db.projections import VOID
from db.scope import EVERYTHING, Scope, owners, scope_of, scope_shown, shown_contract
from db.views import ticket_of
from gmops_desktop.contract.record import EntryView
from gmops_desktop.contract.terms import Contact, Contract, day_of
from gmops_desktop.contract.tickets import ContactCheck, Ticket, check_requester, same_name
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr


class Book:
    """Reads and records; knows no rule of its own.

    `shown` names the contract that is shown where there are several.
    """

    def __init__(
        self,
        database: Database,
        journal: Journal,
        now: Callable[[], datetime],
        shown: Callable[[], str],
    ) -> None:
        self._database = database
        self.journal = journal
        self.now = now
        self._shown = shown

    def reading(self) -> Session:
        """Return a session to read with, as a context."""
        return self._database.session()

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Give a session whose transaction is committed at the end of the block."""
        with self._database.session() as session, session.begin():
            yield session

    def ticket(self, session: Session, id_or_number: str) -> Ticket:
        """Return one ticket; raise `OpsError` if there is none."""
        row = session.get(TicketRow, id_or_number)
        if row is None:
            wanted = select(TicketRow).where(TicketRow.number == id_or_number.strip().upper())
            row = session.scalar(wanted)
        if row is None:
            raise OpsError(
                tr("There is no ticket {number}.", number=id_or_number),
                hint=tr("Look for it in the list."),
            )
        return ticket_of(row)

    def entries(self, ticket_id: str) -> tuple[EntryView, ...]:
        """Return a ticket's entries, oldest first."""
        return self.journal.entries("ticket", ticket_id)

    def record(
        self,
        session: Session,
        ticket_id: str,
        action: str,
        fields: Mapping[str, Any],
        text: str = "",
        evidence: Sequence[str] = (),
        **note: Any,
    ) -> Ticket:
        """Write one entry and return the ticket as it then is; what is empty is left out.

        A step of a ticket whose merge does not hold settles that first: the merge is taken back.
        """
        ticket = session.get(TicketRow, ticket_id)
        unsettled = ticket is not None and ticket.more.get(VOID)
        if ticket and unsettled and "state" in fields and action != "ticket.unmerged":
            settled = {"state": ticket.state, "merged_into": "", "closed_at": None}
            self.journal.record(session, "ticket", ticket_id, "ticket.unmerged", settled)
        said = {"text": text.strip(), "evidence": list(evidence), **note}
        kept = {name: value for name, value in said.items() if value or name == "occurrence"}
        self.journal.record(session, "ticket", ticket_id, action, fields, **kept)
        return ticket_of(session.get_one(TicketRow, ticket_id))

    # ------------------------------------------------------------ whose it is, who may speak

    def contract(self, session: Session) -> Contract | None:
        """Return the contract that is shown, None where none is on record."""
        return shown_contract(session, self._shown(), day_of(self.now()))

    def scope(self, session: Session) -> Scope:
        """Return what belongs to the contract that is shown."""
        return scope_shown(session, self._shown(), day_of(self.now()))

    def owner(self, session: Session, ticket: Ticket, on: date | None = None) -> Contract | None:
        """Return the contract that a ticket belongs to, as it was renewed by a day (today)."""
        named = ticket.resource_id, ticket.contact_id, ticket.contract_id
        return owners(session)(*named, on or day_of(self.now()))

    def check(
        self, session: Session, name: str, on: date | None = None, resource_id: str = ""
    ) -> ContactCheck:
        """Return whether somebody was a designated contact of Party A on a day (today): of the
        contract of the resource; without one, of the contract shown or of any other."""
        day = on or day_of(self.now())
        contract = owners(session)(resource_id, "", "", day) if resource_id else None
        contract = contract or self.contract(session)
        check = check_requester(_people(session, contract), name, day)
        if check.designated or resource_id:
            return check
        anywhere = check_requester(_people(session, None), name, day)
        return anywhere if anywhere.designated else check

    def confirming(
        self, session: Session, ticket: Ticket, by: str, channel: str, on: date | None = None
    ) -> str:
        """Return the name of the contact who confirms something (today); refuse anybody else."""
        day = on or day_of(self.now())
        check = check_requester(_people(session, self.owner(session, ticket)), by, day)
        if check.contact is None:
            raise OpsError(
                check.reason or tr("The confirmation names nobody."),
                hint=tr("Let a designated contact of Party A confirm."),
                unharmed=tr("The ticket stays open."),
            )
        if not channel.strip():
            raise OpsError(
                tr("The confirmation does not say how it was given."),
                hint=tr("Name the way: telephone, WeChat, e-mail, signature."),
                unharmed=tr("The ticket stays open."),
            )
        return check.contact.name

    def evaluating(self, session: Session, ticket: Ticket, by: str) -> str:
        """Return the name of the project manager who evaluates a requirement (2.3-4); refuse
        anybody else, where one is on record."""
        today = day_of(self.now())
        managers = [
            one.name
            for one in _people(session, self.owner(session, ticket))
            if one.party == "B" and one.post == "project_manager" and one.valid(today)
        ]
        if not managers:
            return by.strip()
        for name in managers:
            if same_name(name, by):
                return name
        names = tr(", ", context="between names").join(managers)
        raise OpsError(
            tr("{name} is not the project manager.", name=by.strip() or "—"),
            hint=tr("Evaluations are made by {names} (2.3-4).", names=names),
            unharmed=tr("Nothing was recorded."),
        )


def _people(session: Session, contract: Contract | None) -> tuple[Contact, ...]:
    """Return who speaks for the parties of a contract; everybody, where none is named."""
    return agreements.people(session, scope_of(session, contract) if contract else EVERYTHING)
