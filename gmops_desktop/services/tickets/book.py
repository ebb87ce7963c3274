"""The store as the verbs of tickets use it: rows read, entries written, contacts checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.engine import Database
from db.journal import Journal
from db.models import ContactRow, TicketRow
from db.views import contact_of, ticket_of
from gmops_desktop.contract.record import EntryView
from gmops_desktop.contract.terms import day_of
from gmops_desktop.contract.tickets import ContactCheck, Ticket, check_requester, same_name
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr


class Book:
    """Reads and records; knows no rule of its own."""

    def __init__(self, database: Database, journal: Journal, now: Callable[[], datetime]) -> None:
        self._database = database
        self.journal = journal
        self.now = now

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
        """Write one entry and return the ticket as it then is; what is empty is left out."""
        said = {"text": text.strip(), "evidence": list(evidence), **note}
        kept = {name: value for name, value in said.items() if value or name == "occurrence"}
        self.journal.record(session, "ticket", ticket_id, action, fields, **kept)
        return ticket_of(session.get_one(TicketRow, ticket_id))

    def check(self, session: Session, name: str, on: date | None = None) -> ContactCheck:
        """Return whether somebody was a designated contact of Party A on a day (today)."""
        contacts = [contact_of(row) for row in session.scalars(select(ContactRow))]
        return check_requester(contacts, name, on or day_of(self.now()))

    def confirming(self, session: Session, by: str, channel: str, on: date | None = None) -> str:
        """Return the name of the contact who confirms something (today); refuse anybody else."""
        check = self.check(session, by, on)
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

    def evaluating(self, session: Session, by: str) -> str:
        """Return the name of the project manager who evaluates a requirement (2.3-4); refuse
        anybody else, where one is on record."""
        there = [contact_of(row) for row in session.scalars(select(ContactRow))]
        today = day_of(self.now())
        managers = [
            one.name
            for one in there
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
