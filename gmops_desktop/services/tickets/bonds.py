"""Linking, merging and splitting tickets; each can be seen from both sides, and taken back."""

from __future__ import annotations

from sqlalchemy.orm import Session

from db.ids import uuid7
from db.ticket_time import parts_of
from gmops_desktop.contract.clocks import first_answer
from gmops_desktop.contract.intervals import asked_at
from gmops_desktop.contract.ticket_bonds import (
    CHOICES,
    KINDS,
    LinkKind,
    gates_lost,
    inverse,
    link_field,
    state_before_merge,
)
from gmops_desktop.contract.tickets import ENDED, Ticket, TicketKind, word_of_state
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.services.tickets.book import Book


class Bonds:
    """Verbs that concern two tickets; both get their entry in one transaction."""

    def __init__(self, book: Book) -> None:
        self._book = book

    # ------------------------------------------------------------ links

    def link(self, ticket_id: str, kind: LinkKind, other_id: str, text: str = "") -> Ticket:
        """Link two tickets (2.3-5): the one is a duplicate of, caused by, ... the other."""
        if kind not in CHOICES:
            raise ValueError(f"not for choosing: {kind!r}")
        with self._book.writing() as session:
            ticket, other = self._two(session, ticket_id, other_id)
            self._tie(session, other, inverse(kind), ticket, text)
            return self._tie(session, ticket, kind, other, text)

    def unlink(self, ticket_id: str, other_id: str) -> Ticket:
        """Take a link away from both; that it was there stays on record."""
        with self._book.writing() as session:
            ticket, other = self._two(session, ticket_id, other_id)
            if other.id not in ticket.links:
                raise OpsError(
                    tr(
                        "{number} is not linked to {other}.",
                        number=ticket.number,
                        other=other.number,
                    )
                )
            for one, far in ((other, ticket), (ticket, other)):
                self._book.record(
                    session,
                    one.id,
                    "ticket.unlinked",
                    {link_field(far.id): ""},
                    number=far.number,
                )
            return self._book.ticket(session, ticket.id)

    def linked(self, ticket_id: str) -> tuple[tuple[LinkKind, Ticket], ...]:
        """Return the tickets linked to one, by number, and how it stands to each."""
        with self._book.reading() as session:
            return self.linked_in(session, self._book.ticket(session, ticket_id))

    def linked_in(self, session: Session, ticket: Ticket) -> tuple[tuple[LinkKind, Ticket], ...]:
        """Return what `linked` does, of a ticket that was read in `session`."""
        known = {str(kind): kind for kind in KINDS}
        found = [
            (known[kind], self._book.ticket(session, other)) for other, kind in ticket.links.items()
        ]
        return tuple(sorted(found, key=lambda pair: pair[1].number))

    def _tie(
        self, session: Session, ticket: Ticket, kind: LinkKind, other: Ticket, text: str = ""
    ) -> Ticket:
        return self._book.record(
            session,
            ticket.id,
            "ticket.linked",
            {link_field(other.id): kind},
            text,
            link=kind,
            number=other.number,
        )

    # ------------------------------------------------------------ merging

    def merge(self, ticket_id: str, into_id: str, text: str = "") -> Ticket:
        """Make one ticket part of another about the same problem; return the other.

        Its steps, its person-days and the time it was open count there from then on; nothing is
        moved, so that `part` takes it back without a trace in any clock.
        """
        with self._book.writing() as session:
            ticket, into = self._two(session, ticket_id, into_id)
            for one in (ticket, into):
                if one.state in ENDED:
                    raise OpsError(
                        tr(
                            "{number} is “{state}” and cannot be merged.",
                            number=one.number,
                            state=word_of_state(one.state),
                        ),
                        hint=tr("Link it instead."),
                        unharmed=tr("Both tickets are unchanged."),
                    )
            if lost := gates_lost(ticket, into):
                raise OpsError(
                    tr(
                        "Merged into {number}, the gate of {gate} would be lost.",
                        number=into.number,
                        gate=lost,
                    ),
                    hint=tr("Merge the other way round, or record it there first."),
                    unharmed=tr("Both tickets are unchanged."),
                )
            fields = {"state": "merged", "merged_into": into.id, "closed_at": self._book.now()}
            self._book.record(session, ticket.id, "ticket.merged", fields, text, number=into.number)
            return self._book.record(
                session, into.id, "ticket.joined", {}, text, number=ticket.number
            )

    def part(self, ticket_id: str, text: str = "") -> Ticket:
        """Take a merge back: the ticket is again in the state it was in, as if never merged.

        Of two that were merged into each other, taking back the one that holds lets the other
        hold; taking back the other settles that it does not.
        """
        with self._book.writing() as session:
            ticket = self._book.ticket(session, ticket_id)
            if not (ticket.merged_into or ticket.void_merge):
                raise OpsError(tr("{number} is not merged into another.", number=ticket.number))
            state = state_before_merge(self._book.entries(ticket.id))
            fields = {"state": state, "merged_into": "", "closed_at": None}
            into = self._book.ticket(session, ticket.merged_into or ticket.void_merge)
            self._book.record(session, into.id, "ticket.parted", {}, text, number=ticket.number)
            return self._book.record(
                session, ticket.id, "ticket.unmerged", fields, text, number=into.number
            )

    def merged(self, ticket_id: str) -> tuple[Ticket, ...]:
        """Return the tickets that are part of this one, by number."""
        with self._book.reading() as session:
            ticket = self._book.ticket(session, ticket_id)
            return parts_of(session, ticket.id)

    # ------------------------------------------------------------ splitting

    def split(
        self,
        ticket_id: str,
        title: str,
        *,
        kind: TicketKind | None = None,
        description: str = "",
    ) -> Ticket:
        """Make a ticket of its own of a part of one; return the new one.

        It was asked for when the first one was, by the same person: its clocks run from then, and
        the first answer counts for both.  What was booked stays where it was booked.
        """
        if not title.strip():
            raise OpsError(
                tr("The ticket has no title."), hint=tr("Say in a few words what it is.")
            )
        with self._book.writing() as session:
            origin = self._book.ticket(session, ticket_id)
            if origin.state in ENDED:
                raise OpsError(
                    tr("{number} is over.", number=origin.number),
                    hint=tr("Open a new ticket and link the two."),
                )
            entries = self._book.entries(origin.id)
            answered = first_answer(entries)
            fields = {
                "number": self._book.journal.next_number(session, "ticket"),
                "kind": kind or origin.kind,
                "title": title.strip(),
                "description": description.strip(),
                "state": "registered",
                "priority": origin.priority,
                "requester": origin.requester,
                "contact_id": origin.contact_id,
                "channel": origin.channel,
                "emergency": origin.emergency,
                "resource_id": origin.resource_id,
                "contract_id": origin.contract_id,
                "opened_at": asked_at(entries),
                **({"answered_at": answered} if answered else {}),
            }
            new = self._book.record(session, uuid7(), "ticket.opened", fields)
            self._tie(session, origin, "split_into", new)
            self._tie(session, new, "split_from", origin)
            return self._book.ticket(session, new.id)

    # ------------------------------------------------------------ inside

    def _two(self, session: Session, one_id: str, other_id: str) -> tuple[Ticket, Ticket]:
        one, other = self._book.ticket(session, one_id), self._book.ticket(session, other_id)
        if one.id == other.id:
            raise OpsError(
                tr("{number} cannot be tied to itself.", number=one.number),
                hint=tr("Choose another ticket."),
            )
        return one, other
