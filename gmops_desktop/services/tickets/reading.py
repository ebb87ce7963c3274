"""What is read of tickets: lists, one ticket's story, its clocks, and what is due soon."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import texts
from db.models import TicketRow
from db.ticket_time import Replayed, parts_of, replayed
from db.views import ticket_of
from gmops_desktop.contract.clocks import Clock, PromiseMade
from gmops_desktop.contract.record import EntryView
from gmops_desktop.contract.reminders import AHEAD, Reminder, in_order, reminders_of
from gmops_desktop.contract.steps import Handed, Step, handed_over, step_of
from gmops_desktop.contract.terms import Contract
from gmops_desktop.contract.ticket_bonds import LinkKind
from gmops_desktop.contract.ticket_moves import moves_of, open_points
from gmops_desktop.contract.tickets import ENDED, ContactCheck, Ticket, TicketState
from gmops_desktop.services.tickets.bonds import Bonds
from gmops_desktop.services.tickets.book import Book

_AT_ONCE: Final = 500  # tickets whose entries are held at the same time


@dataclass(frozen=True, slots=True)
class Dossier:
    """One ticket with everything that is shown of it, as of one moment.

    `moves` are the states it may go to, `links` the tickets linked to it, `merged` those that are
    part of it, `open_points` what the contract asks for and is not on record yet.
    """

    ticket: Ticket
    steps: tuple[Step, ...]
    moves: tuple[TicketState, ...]
    clocks: tuple[Clock, ...]
    promises: tuple[PromiseMade, ...]
    handed_over: tuple[Handed, ...]
    links: tuple[tuple[LinkKind, Ticket], ...]
    merged: tuple[Ticket, ...]
    open_points: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Course:
    """A ticket's clocks, and the steps in which a rule was passed over."""

    clocks: tuple[Clock, ...]
    emergencies: tuple[Step, ...]


class Reading:
    """Reads tickets from their projection and their entries; `Tickets` adds what is recorded."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self.bonds = Bonds(book)

    def check_requester(
        self, name: str, on: date | None = None, *, resource_id: str = ""
    ) -> ContactCheck:
        """Return whether `name` is one of Party A's designated contacts on a day (today), of the
        contract of a resource where one is named."""
        with self._book.reading() as session:
            return self._book.check(session, name, on, resource_id)

    def all(self) -> tuple[Ticket, ...]:
        """Return every ticket of every contract, newest first."""
        with self._book.reading() as session:
            return _newest_first(session, select(TicketRow))

    def of_contract(self) -> tuple[Ticket, ...]:
        """Return every ticket of the contract that is shown, newest first."""
        with self._book.reading() as session:
            wanted = select(TicketRow).where(self._book.scope(session).of_tickets())
            return _newest_first(session, wanted)

    def contract_of(self, id_or_number: str) -> Contract | None:
        """Return the contract that a ticket belongs to, None where there is none at all."""
        with self._book.reading() as session:
            return self._book.owner(session, self._book.ticket(session, id_or_number))

    def get(self, id_or_number: str) -> Ticket:
        """Return one ticket; raise `OpsError` if there is none."""
        with self._book.reading() as session:
            return self._book.ticket(session, id_or_number)

    def search(self, text: str) -> tuple[Ticket, ...]:
        """Return the tickets of the contract that is shown in which every word of `text` occurs
        somewhere, newest first.

        Looked for as written, two Chinese characters suffice; % and _ mean themselves.
        """
        with self._book.reading() as session:
            found = TicketRow.id.in_(texts.matching(session, text, "ticket"))
            wanted = select(TicketRow).where(found, self._book.scope(session).of_tickets())
            return _newest_first(session, wanted)

    def steps(self, ticket_id: str) -> tuple[Step, ...]:
        """Return a ticket's entries as people read them, oldest first.

        Those of the tickets merged into it stand among them, with their numbers (`Step.of`).
        """
        with self._book.reading() as session:
            ticket = self._book.ticket(session, ticket_id)
            parts = parts_of(session, ticket.id)
        entries = self._book.journal.entries_of("ticket", [ticket.id, *(one.id for one in parts)])
        return self._steps(ticket, parts, entries)

    def dossier(self, ticket_id: str, now: datetime | None = None) -> Dossier:
        """Return everything there is to show of a ticket."""
        with self._book.reading() as session:
            ticket = self._book.ticket(session, ticket_id)
            at = now or self._book.now()
            time = replayed(session, self._book.journal, [ticket], at, unfolded=True)[ticket.id]
            handed = handed_over(time.entries[ticket.id])
            return Dossier(
                ticket,
                self._steps(ticket, time.parts, time.entries),
                _moves(ticket),
                time.clocks,
                time.promises,
                handed,
                self.bonds.linked_in(session, ticket),
                time.parts,
                open_points(ticket, handed_over=bool(handed)),
            )

    def clocks(self, ticket_id: str, now: datetime | None = None) -> tuple[Clock, ...]:
        """Return the ticket's clocks, derived from its entries."""
        return self._replayed(ticket_id, now).clocks

    def clocks_of(
        self, ticket_ids: Sequence[str], now: datetime | None = None
    ) -> dict[str, tuple[Clock, ...]]:
        """Return the clocks of many tickets by id: a list asks once for all its rows in sight."""
        with self._book.reading() as session:
            rows = session.scalars(select(TicketRow).where(TicketRow.id.in_(ticket_ids)))
            wanted = [ticket_of(row) for row in rows]
            times = replayed(session, self._book.journal, wanted, now or self._book.now())
        return {id: time.clocks for id, time in times.items()}

    def courses_of(
        self, ticket_ids: Collection[str], now: datetime | None = None
    ) -> dict[str, Course]:
        """Return what reports tell of many tickets, by id: a year's thousands, whose entries are
        not all held at once."""
        with self._book.reading() as session:
            wanted = [
                one for one in map(ticket_of, session.scalars(select(TicketRow)))
                if one.id in ticket_ids
            ]  # fmt: skip
            at = now or self._book.now()
            found: dict[str, Course] = {}
            for start in range(0, len(wanted), _AT_ONCE):
                some = wanted[start : start + _AT_ONCE]
                times = replayed(session, self._book.journal, some, at)
                found |= {one.id: self._course(one, times[one.id]) for one in some}
        return found

    def _course(self, ticket: Ticket, time: Replayed) -> Course:
        urgent = any(
            entry.fields.get("emergency") or entry.fields.get("notice_emergency")
            for some in time.entries.values()
            for entry in some
        )
        steps = self._steps(ticket, time.parts, time.entries) if urgent else ()
        return Course(time.clocks, tuple(step for step in steps if step.emergency))

    def promises(self, ticket_id: str, now: datetime | None = None) -> tuple[PromiseMade, ...]:
        """Return every version of the ticket's promise, oldest first (2.3-6)."""
        return self._replayed(ticket_id, now).promises

    def reminders(
        self, now: datetime | None = None, ahead: timedelta = AHEAD
    ) -> Sequence[Reminder]:
        """Return the clocks that are late or soon will be, the earliest due first (1.33).

        Only tickets that are not over are looked at, and no clock that waits on Party A.
        """
        at = now or self._book.now()
        with self._book.reading() as session:
            wanted = select(TicketRow).where(TicketRow.state.not_in(ENDED))
            still = [ticket_of(row) for row in session.scalars(wanted)]
            times = replayed(session, self._book.journal, still, at)
        return in_order(
            reminder
            for one in still
            for reminder in reminders_of(one, times[one.id].clocks, at, ahead)
        )

    def moves(self, ticket_id: str) -> tuple[TicketState, ...]:
        """Return the states the ticket may go to now; closed only once it is confirmed."""
        return _moves(self.get(ticket_id))

    def _steps(
        self,
        ticket: Ticket,
        merged: Sequence[Ticket],
        entries: Mapping[str, Sequence[EntryView]],
    ) -> tuple[Step, ...]:
        names = {head.device: head.device_name for head in self._book.journal.heads()}
        of = {ticket.id: "", **{one.id: one.number for one in merged}}
        every = sorted((one for some in entries.values() for one in some), key=lambda e: e.order)
        return tuple(step_of(one, names.get(one.device, ""), of[one.subject]) for one in every)

    def _replayed(self, ticket_id: str, now: datetime | None) -> Replayed:
        with self._book.reading() as session:
            ticket = self._book.ticket(session, ticket_id)
            at = now or self._book.now()
            found = replayed(session, self._book.journal, [ticket], at, unfolded=True)
        return found[ticket.id]


def _moves(ticket: Ticket) -> tuple[TicketState, ...]:
    return tuple(
        move.to
        for move in moves_of(ticket)
        if "confirmation" not in move.needs or ticket.confirmed_by
    )


def _newest_first(session: Session, wanted: Any) -> tuple[Ticket, ...]:
    order = (TicketRow.opened_at.desc(), TicketRow.id.desc())
    return tuple(ticket_of(row) for row in session.scalars(wanted.order_by(*order)))
