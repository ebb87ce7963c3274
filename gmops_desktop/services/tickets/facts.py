"""What is found out about a ticket on its way: estimate, scope, cause, notices, hand-over.

Each verb records one entry and returns the ticket as it then is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from db.ticket_time import targets_of
from gmops_desktop.contract.changes import AUDIENCES, Audience
from gmops_desktop.contract.steps import Handed, handed_over
from gmops_desktop.contract.terms import day_of
from gmops_desktop.contract.tickets import (
    ATTRIBUTIONS,
    ENDED,
    SCOPES,
    Attribution,
    Impact,
    Priority,
    Scope,
    Ticket,
)
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.reports.orders import HandOverFacts
from gmops_desktop.services.tickets.book import Book

_DIGEST_LENGTH: Final = 64  # of a SHA-256, in hexadecimal digits


class Facts:
    """Verbs that add a fact; none of them moves the ticket."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def estimate(
        self, ticket_id: str, impact: Impact, urgency: Priority, influence: str = ""
    ) -> Ticket:
        """Record Party B's own estimate, which the contract's matrix gives; Party A's order
        (`priority`) stays as it is.  `influence` says in words who notices what (2.3-5)."""
        with self._book.writing() as session:
            ticket = self._book.ticket(session, ticket_id)
            matrix = targets_of(session, ticket).matrix
            fields: dict[str, Any] = {
                "impact": impact,
                "urgency": urgency,
                "estimate": matrix[impact][urgency],
            }
            if influence.strip():
                fields["influence"] = influence.strip()
            return self._book.record(session, ticket.id, "ticket.estimated", fields)

    def scope(
        self, ticket_id: str, scope: Scope, text: str = "", *, evidence: Sequence[str] = ()
    ) -> Ticket:
        """Record whether the same problem is seen elsewhere, so that it is solved once (2.3-5)."""
        if scope not in SCOPES or not scope:
            raise ValueError(f"no such scope: {scope!r}")
        if scope == "elsewhere" and not text.strip():
            raise OpsError(
                tr("It is not said where else the problem is seen."),
                hint=tr("Name the places, and link the tickets about them."),
            )
        with self._book.writing() as session:
            ticket = self._book.ticket(session, ticket_id)
            fields = {"scope": scope}
            return self._book.record(session, ticket.id, "ticket.scoped", fields, text, evidence)

    def agree(self, ticket_id: str, *, by: str, channel: str, text: str = "") -> Ticket:
        """Record that Party A confirmed that there is this problem, before it is solved (2.3-6)."""
        with self._book.writing() as session:
            ticket = self._open(session, ticket_id)
            fields = {
                "agreed_by": self._book.confirming(session, ticket, by, channel),
                "agreed_at": self._book.now(),
            }
            said = channel.strip()
            return self._book.record(
                session, ticket.id, "ticket.agreed", fields, text, channel=said
            )

    def cause(
        self,
        ticket_id: str,
        cause: str,
        attribution: Attribution = "",
        *,
        evidence: Sequence[str] = (),
    ) -> Ticket:
        """Record the root cause (2.3-6) and on whose side it lies (1.34).

        A cause that is not Party B's needs evidence: without it nobody has to believe it.
        """
        if not cause.strip():
            raise OpsError(
                tr("The root cause is empty."), hint=tr("Say in a sentence what it was.")
            )
        if attribution not in ATTRIBUTIONS:
            raise ValueError(f"no such attribution: {attribution!r}")
        if attribution not in ("", "party_b") and not any(one.strip() for one in evidence):
            raise OpsError(
                tr("Nothing shows that the cause lies with somebody else (1.34)."),
                hint=tr("Name the evidence: a log, a notice, a message, a file."),
            )
        with self._book.writing() as session:
            ticket = self._book.ticket(session, ticket_id)
            fields = {"cause": cause.strip(), "attribution": attribution}
            return self._book.record(session, ticket.id, "ticket.caused", fields, evidence=evidence)

    def interrupts(self, ticket_id: str, interrupts: bool, text: str = "") -> Ticket:
        """Record whether the work stops the service, releases or upgrades something (2.3-8).

        If it does, it cannot start before all those concerned were told (`announce`).  That it does
        not after all needs the reason: it would open that gate.
        """
        with self._book.writing() as session:
            ticket = self._open(session, ticket_id)
            if ticket.interrupts and not interrupts and not text.strip():
                raise OpsError(
                    tr("It is not said why the work of {number} does not interrupt the service.",
                       number=ticket.number),
                    hint=tr("Write why in a sentence; it stands in the record and the report."),
                    unharmed=tr("Those concerned are still to be told first (2.3-8)."),
                )  # fmt: skip
            fields = {"interrupts": interrupts}
            return self._book.record(session, ticket.id, "ticket.revised", fields, text)

    def announce(self, ticket_id: str, told: Mapping[Audience, str], text: str = "") -> Ticket:
        """Record how Party A told those concerned: per audience the evidence, as far as known."""
        fields = {f"notice_{one}": told[one].strip() for one in AUDIENCES if told.get(one)}
        if not any(fields.values()):
            raise OpsError(
                tr("It is not said how anybody was told."),
                hint=tr("For each audience name the announcement, the message or the letter."),
            )
        with self._book.writing() as session:
            ticket = self._book.ticket(session, ticket_id)
            return self._book.record(session, ticket.id, "ticket.announced", fields, text)

    def asked(self, ticket_id: str, at: datetime, text: str) -> Ticket:
        """Correct when a ticket was asked for, and say who knows it; every clock is counted anew.

        When it was written down stays on record, and nothing can have been asked for later.
        """
        if not text.strip():
            raise OpsError(
                tr("The correction does not say why."),
                hint=tr("Write why in a sentence; it stands in the record."),
            )
        with self._book.writing() as session:
            ticket = self._book.ticket(session, ticket_id)
            latest = self._book.entries(ticket.id)[0].at
            if ticket.restored_at is not None:
                latest = min(latest, ticket.restored_at)
            if at > latest:
                raise OpsError(
                    tr("{number} cannot have been asked for at that time.", number=ticket.number),
                    hint=tr("Give a time before it was written down and before it was restored."),
                    unharmed=tr("The ticket is unchanged."),
                )
            check = self._book.check(session, ticket.requester, day_of(at), ticket.resource_id)
            if ticket.requester and not check.designated and not ticket.emergency:
                raise OpsError(
                    check.reason,
                    hint=tr("Give a day on which the one who asked was a designated contact."),
                    unharmed=tr("The ticket is unchanged."),
                )
            before = ticket.opened_at
            return self._book.record(
                session, ticket.id, "ticket.revised", {"opened_at": at}, text, before=before
            )

    def restored(self, ticket_id: str, at: datetime | None = None, text: str = "") -> Ticket:
        """Record since when the service runs again, although the ticket is not done yet."""
        with self._book.writing() as session:
            ticket, now = self._open(session, ticket_id), self._book.now()
            if not ticket.opened_at <= (at or now) <= now:
                raise OpsError(
                    tr("The service cannot have been restored at that time."),
                    hint=tr("Give a time between the opening of the ticket and now."),
                )
            fields = {"restored_at": at or now}
            return self._book.record(session, ticket.id, "ticket.restored", fields, text)

    def hand_over(self, ticket_id: str, items: Sequence[Handed], text: str = "") -> Ticket:
        """Record documents and configuration given to Party A after a change (1.32).

        Several hand-overs add up; see `handed_over`.
        """
        if not items or any(not one.title.strip() for one in items):
            raise OpsError(
                tr("The hand-over names nothing."),
                hint=tr("Name every document and every setting that was changed."),
            )
        for one in items:
            digest = one.digest.lower()
            if digest and (len(digest) != _DIGEST_LENGTH or set(digest) - set("0123456789abcdef")):
                raise OpsError(
                    tr("{title}: this is no SHA-256.", title=one.title),
                    hint=tr("It has 64 digits, 0 to 9 and a to f."),
                )
        with self._book.writing() as session:
            ticket = self._book.ticket(session, ticket_id)
            listed = [asdict(one) for one in items]
            return self._book.record(
                session, ticket.id, "ticket.handed_over", {}, text, items=listed
            )

    def handed_over(self, ticket_id: str) -> tuple[Handed, ...]:
        """Return everything the ticket handed over so far."""
        with self._book.reading() as session:
            ticket = self._book.ticket(session, ticket_id)
        return handed_over(self._book.entries(ticket.id))

    def receipt(self, ticket_id: str) -> HandOverFacts:
        """Return what the hand-over form of a ticket says (`Reports.print_hand_over` makes it)."""
        with self._book.reading() as session:
            ticket = self._book.ticket(session, ticket_id)
            contract = self._book.owner(session, ticket, day_of(ticket.opened_at))
        items = handed_over(self._book.entries(ticket.id))
        if not items or contract is None:
            raise OpsError(
                tr("{number} has handed nothing over.", number=ticket.number)
                if contract
                else tr("No contract has been recorded yet."),
                hint=tr("Record the hand-over first (1.32).")
                if contract
                else tr("Record it in the settings, or load the example contract."),
            )
        today = day_of(self._book.now())
        return HandOverFacts(ticket.id, ticket.number, ticket.title, items, contract, today)

    def _open(self, session: Session, ticket_id: str) -> Ticket:
        ticket = self._book.ticket(session, ticket_id)
        if ticket.state in ENDED:
            raise OpsError(
                tr("{number} is over.", number=ticket.number), hint=tr("Reopen it first.")
            )
        return ticket
