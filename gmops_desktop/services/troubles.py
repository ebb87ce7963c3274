"""The one call by which machines write troubles into tickets, so that the same one has one ticket.

What was told stands in the ticket's own entries and nowhere else: another device, or the program
after it was killed, knows it, too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from sqlalchemy import Text, select, type_coerce

from db.engine import Database
from db.journal import Journal, utc_now
from db.models import TicketRow
from db.views import ticket_of
from gmops_desktop.contract.ticket_bonds import LinkKind
from gmops_desktop.contract.tickets import ENDED, Priority, Ticket, TicketKind, TicketState
from gmops_desktop.contract.troubles import WELL, Trouble, named
from gmops_desktop.language import tr

_BACK: Final = timedelta(days=7)  # what returns so soon after closing was not mended


class Bonds(Protocol):
    """What ties tickets together (`services.tickets.Bonds`)."""

    def link(self, ticket_id: str, kind: LinkKind, other_id: str) -> Ticket:
        """Link two tickets."""


class TicketBook(Protocol):
    """What is needed of the tickets (`services.tickets.Tickets` has it)."""

    @property
    def bonds(self) -> Bonds:
        """What ties tickets together."""

    def get(self, id_or_number: str) -> Ticket:
        """Return one ticket."""

    def open(
        self,
        kind: TicketKind,
        title: str,
        *,
        requester: str,
        priority: Priority,
        description: str = "",
        resource_id: str = "",
        evidence: Sequence[str] = (),
        trouble: str = "",
        occurrence: str = "",
    ) -> Ticket:
        """Register a ticket."""

    def moves(self, ticket_id: str) -> tuple[TicketState, ...]:
        """Return the states a ticket may go to."""

    def move(self, ticket_id: str, state: TicketState, text: str = "") -> Ticket:
        """Bring a ticket to another state."""

    def note(
        self,
        ticket_id: str,
        text: str,
        *,
        evidence: Sequence[str] = (),
        occurrence: str | None = None,
    ) -> Ticket:
        """Add to a ticket."""

    def revise(self, ticket_id: str, text: str = "", **fields: Any) -> Ticket:
        """Set fields anew."""


class Troubles:
    """Opens, joins and reopens the tickets of troubles (a `contract.troubles.TroubleBook`)."""

    def __init__(
        self,
        database: Database,
        journal: Journal,
        tickets: TicketBook,
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database, self._journal, self._tickets = database, journal, tickets
        self._now = now

    def report(self, trouble: Trouble) -> Ticket | None:
        """Write a trouble down; return the ticket opened, joined or reopened, None where this
        time was told before.

        A ticket closed within the last week is reopened; one that ended otherwise, or earlier, is
        followed by a new one that names it.
        """
        before = self._newest(trouble.key)
        if before is None:
            return self._open(trouble, None)
        told, home = self._told(trouble.key, before), self._home(before)
        if trouble.occurrence and trouble.occurrence in told:
            return None
        if home.state in ENDED:
            if not self._reopen(home):
                return self._open(trouble, home)
        elif not trouble.occurrence and told[-1:] != [WELL]:
            return None
        if trouble.presses and trouble.priority < home.priority:
            why = tr("It presses more by now.")
            self._tickets.revise(home.id, why, priority=trouble.priority)
        return self._tickets.note(
            home.id,
            tr("Again: {text}", text=trouble.text),
            evidence=trouble.evidence,
            occurrence=named(trouble.key, trouble.occurrence),
        )

    def known(self) -> frozenset[str]:
        """Return the keys of the troubles that have an open ticket."""
        still = TicketRow.state.not_in(ENDED - {"merged"})
        with self._database.session() as session:
            rows = [row for row in session.scalars(select(TicketRow).where(still))]
        homes = [row for row in rows if row.more.get("trouble")]
        return frozenset(
            str(row.more["trouble"])
            for row in homes
            if row.state != "merged" or self._home(ticket_of(row)).state not in ENDED
        )

    def standing(self, key: str) -> Ticket | None:
        """Return the open ticket of a trouble, or the one into which that was merged."""
        newest = self._newest(key)
        home = self._home(newest) if newest else None
        return home if home and home.state not in ENDED else None

    def over(self, key: str, text: str) -> Ticket | None:
        """Note in the open ticket of a trouble that it is well again, once; closing it is a
        person's."""
        ticket = self._newest(key) if key in self.known() else None
        if ticket is None or self._told(key, ticket)[-1:] == [WELL]:
            return None
        return self._tickets.note(self._home(ticket).id, text, occurrence=named(key, WELL))

    def _open(self, trouble: Trouble, before: Ticket | None) -> Ticket:
        text = trouble.text
        if before is not None:
            text += "\n" + tr("It was there before: {number}.", number=before.number)
        ticket = self._tickets.open(
            trouble.kind,
            trouble.title,
            requester="",
            priority=trouble.priority,
            description=text,
            resource_id=trouble.resource_id,
            evidence=trouble.evidence,
            trouble=trouble.key,
            occurrence=named(trouble.key, trouble.occurrence),
        )
        return self._tickets.bonds.link(ticket.id, "related", before.id) if before else ticket

    def _reopen(self, ticket: Ticket) -> bool:
        """Reopen a ticket that was closed a short time ago; say whether that was so."""
        if ticket.state != "closed" or ticket.closed_at is None:
            return False
        if self._now() - ticket.closed_at > _BACK:
            return False
        ways = [state for state in self._tickets.moves(ticket.id) if state not in ENDED]
        if not ways:
            return False
        self._tickets.move(ticket.id, ways[0], tr("The same trouble came back."))
        return True

    def _home(self, ticket: Ticket) -> Ticket:
        """Return the ticket itself, or the one into which it was merged."""
        seen = {ticket.id}
        while ticket.merged_into and ticket.merged_into not in seen:
            ticket = self._tickets.get(ticket.merged_into)
            seen.add(ticket.id)
        return ticket

    def _newest(self, key: str) -> Ticket | None:
        """Return the newest ticket that was opened for a trouble."""
        # The field has no column; its text in the JSON finds a handful of candidates.
        wanted: Any = select(TicketRow).where(
            type_coerce(TicketRow.more, Text).contains(f'"{key}"', autoescape=True)
        )
        order = (TicketRow.opened_at.desc(), TicketRow.id.desc())
        with self._database.session() as session:
            rows = session.scalars(wanted.order_by(*order))
            return next((ticket_of(row) for row in rows if row.more.get("trouble") == key), None)

    def _told(self, key: str, ticket: Ticket) -> list[str]:
        """Return which times of a trouble stand on record, oldest first: in its ticket, and in the
        one into which that was merged."""
        ids = dict.fromkeys((ticket.id, self._home(ticket).id))
        entries = [one for id in ids for one in self._journal.entries("ticket", id)]
        said = [str(one.note["occurrence"]) for one in entries if "occurrence" in one.note]
        start = named(key, "")
        return [one.removeprefix(start) for one in said if one.startswith(start)]
