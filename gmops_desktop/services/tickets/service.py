"""The verbs of a ticket's way: moved, promised, confirmed, closed.

How it begins is `Opening`, what is found out on the way `Facts`, what concerns two tickets `Bonds`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from db.engine import Database
from db.journal import Journal, utc_now
from gmops_desktop.contract.changes import AUDIENCES
from gmops_desktop.contract.terms import day_of
from gmops_desktop.contract.ticket_moves import Need, move_to, moves_of, sentence_of, unmet
from gmops_desktop.contract.tickets import (
    ENDED,
    Ticket,
    TicketKind,
    TicketState,
    WaitingOn,
    word_of_state,
)
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.services.tickets.book import Book
from gmops_desktop.services.tickets.facts import Facts
from gmops_desktop.services.tickets.limits import Limits
from gmops_desktop.services.tickets.opening import Opening, check_kind_and_priority

_REVISABLE: Final = frozenset(
    {"title", "description", "priority", "estimate", "kind", "resource_id", "cause"}
)
_PROMISED_AFTER_CAUSE: Final[frozenset[TicketKind]] = frozenset({"incident", "problem"})
_WORK: Final = frozenset({"working", "implementing"})
# What was announced was the work of that time.
_NOTICES: Final = ("notice_emergency", *(f"notice_{one}" for one in AUDIENCES))


class Tickets(Opening):
    """Reads tickets from their projection, and records each step of them in the journal."""

    def __init__(
        self,
        database: Database,
        journal: Journal,
        *,
        now: Callable[[], datetime] = utc_now,
        shown: Callable[[], str] = lambda: "",
    ) -> None:
        super().__init__(Book(database, journal, now, shown))
        self.facts = Facts(self._book)
        self.limits = Limits(self._book)

    # ------------------------------------------------------------ steps

    def move(
        self,
        ticket_id: str,
        state: TicketState,
        text: str = "",
        *,
        waiting_on: WaitingOn = "",
        emergency: str = "",
    ) -> Ticket:
        """Bring the ticket to another state; a step out of order is refused.

        What the step needs stands in `ticket_moves.TABLE`: a suspension says for which of the
        listed reasons it waits, declining, withdrawing and reopening say why.  `emergency` is the
        reason of a special emergency, the only way round a missing notice (2.3-8) or the missing
        request of a designated contact (1.15); it is printed.
        """
        if state == "closed":
            return self.close(ticket_id)
        with self._book.writing() as session:
            ticket = self._book.ticket(session, ticket_id)
            missing = _check_move(
                ticket, state, text=text, waiting_on=waiting_on, emergency=emergency
            )
            fields: dict[str, Any] = {"state": state}
            if state in ENDED:
                fields["closed_at"] = self._now()
            elif ticket.closed_at is not None:
                fields["closed_at"] = None
            if state == "suspended":
                fields["resumes"] = ticket.state
            if ticket.confirmed_by:  # what was confirmed is no longer what is there
                fields |= {"confirmed_by": "", "confirmed_at": None}
            if ticket.state == "closed":  # other work, other notices
                fields |= {name: "" for name in _NOTICES}
            if "contact" in missing:
                fields["emergency"] = emergency.strip()
            if "notice" in missing:
                fields["notice_emergency"] = emergency.strip()
            waits = waiting_on if state == "suspended" else ""
            return self._book.record(
                session, ticket.id, "ticket.moved", fields, text, waiting_on=waits
            )

    def note(
        self,
        ticket_id: str,
        text: str,
        *,
        evidence: Sequence[str] = (),
        occurrence: str | None = None,
    ) -> Ticket:
        """Add what was done or seen; a machine names the `occurrence` of its trouble, and what it
        notes is no answer to who asked."""
        if not text.strip():
            raise OpsError(tr("The note is empty."), hint=tr("Write what was done or seen."))
        with self._book.writing() as session:
            ticket = self._book.ticket(session, ticket_id)
            said = {} if occurrence is None else {"occurrence": occurrence}
            return self._book.record(session, ticket.id, "ticket.noted", {}, text, evidence, **said)

    def revise(self, ticket_id: str, text: str = "", **fields: Any) -> Ticket:
        """Set fields anew: title, description, priority, estimate, kind, resource_id, cause.

        Setting a field that is in conflict settles it.
        """
        if not fields or not fields.keys() <= _REVISABLE:
            raise ValueError(f"cannot revise {sorted(fields)}")
        check_kind_and_priority(fields.get("kind", "incident"), fields.get("priority", 3))
        with self._book.writing() as session:
            ticket = self._book.ticket(session, ticket_id)
            return self._book.record(session, ticket.id, "ticket.revised", fields, text)

    def assess(self, ticket_id: str, *, by: str, person_days: Decimal, text: str = "") -> Ticket:
        """Record the project manager's evaluation of a requirement (2.3-4): days and plan."""
        _check_days(person_days)
        with self._book.writing() as session:
            ticket = self._book.ticket(session, ticket_id)
            name = self._book.evaluating(session, ticket, by)
            fields = {"assessed_days": person_days, "assessed_by": name}
            return self._book.record(session, ticket.id, "ticket.assessed", fields, text)

    def promise(self, ticket_id: str, until: datetime, text: str = "") -> Ticket:
        """Record until when it will be solved, told to Party A after the root cause (2.3-6).

        Promising again, and promising before the cause of a disturbance was found, need the
        reason; every version is kept, the latter as a deviation (2.3-9).
        """
        if until <= self._now():
            raise OpsError(tr("A promise must lie in the future."), hint=tr("Choose a later time."))
        with self._book.writing() as session:
            ticket = self._book.ticket(session, ticket_id)
            if ticket.state in ENDED:
                raise OpsError(
                    tr("{number} is over.", number=ticket.number), hint=tr("Reopen it first.")
                )
            early = ticket.kind in _PROMISED_AFTER_CAUSE and not ticket.cause
            if not text.strip() and ticket.promised_for is not None:
                raise OpsError(
                    tr("{number} was already promised.", number=ticket.number),
                    hint=tr("Write why the promise changes; both versions are kept."),
                )
            if not text.strip() and early:
                raise OpsError(
                    tr("The root cause of {number} is not recorded.", number=ticket.number),
                    hint=tr("Record it first (2.3-6), or say why the promise is made before it."),
                )
            deviation = {"deviation": text.strip()} if early else {"text": text.strip()}
            fields = {"promised_for": until}
            return self._book.record(session, ticket.id, "ticket.promised", fields, **deviation)

    def spend(self, ticket_id: str, person_days: Decimal, text: str = "") -> Ticket:
        """Book person-days on a ticket; several bookings add up, also from several devices."""
        _check_days(person_days)
        with self._book.writing() as session:
            ticket = self._book.ticket(session, ticket_id)
            return self._book.record(
                session, ticket.id, "ticket.spent", {}, text, person_days=person_days
            )

    def take_back_days(self, ticket_id: str, person_days: Decimal, why: str) -> Ticket:
        """Take back days that were booked by mistake: one more booking, below zero, with why."""
        _check_days(person_days)
        with self._book.writing() as session:
            ticket = self._book.ticket(session, ticket_id)
            if person_days > ticket.person_days:
                raise OpsError(
                    tr(
                        "Only {days} person-days are booked on {number}.",
                        days=f"{ticket.person_days.normalize():f}",
                        number=ticket.number,
                    ),
                    hint=tr("Take back no more than was booked."),
                    unharmed=tr("Nothing was recorded."),
                )
            if not why.strip():
                raise OpsError(
                    tr("The correction does not say why."),
                    hint=tr("Write why in a sentence; it stands in the record."),
                )
            return self._book.record(
                session, ticket.id, "ticket.spent", {}, why, person_days=-person_days
            )

    def confirm(
        self,
        ticket_id: str,
        *,
        by: str,
        channel: str,
        at: datetime | None = None,
        text: str = "",
        evidence: Sequence[str] = (),
    ) -> Ticket:
        """Record Party A's confirmation that it is solved: who, when, how, which file (2.3-7).

        `at` is when it was given, now without it; who gave it was a designated contact on that day.
        """
        with self._book.writing() as session:
            ticket = self._book.ticket(session, ticket_id)
            if ticket.state != "awaiting_confirmation":
                raise OpsError(
                    tr(
                        "{number} is “{state}”: there is nothing to confirm yet.",
                        number=ticket.number,
                        state=word_of_state(ticket.state),
                    ),
                    hint=tr("Move it to “Waiting for Party A's confirmation” first."),
                )
            now = self._now()
            moment = at or now
            if not self._work_began(ticket).replace(second=0, microsecond=0) <= moment <= now:
                raise OpsError(
                    tr("The confirmation cannot have been given at that time."),
                    hint=tr("Give a time between the begin of the work and now."),
                    unharmed=tr("The ticket stays open."),
                )
            name = self._book.confirming(session, ticket, by, channel, day_of(moment))
            fields = {"confirmed_by": name, "confirmed_at": moment}
            said = channel.strip()
            return self._book.record(
                session, ticket.id, "ticket.confirmed", fields, text, evidence, channel=said
            )

    def close(self, ticket_id: str) -> Ticket:
        """Close a ticket that Party A has confirmed."""
        with self._book.writing() as session:
            ticket = self._book.ticket(session, ticket_id)
            _check_move(ticket, "closed")
            fields = {"state": "closed", "closed_at": self._now()}
            return self._book.record(session, ticket.id, "ticket.closed", fields)

    # ------------------------------------------------------------ inside

    def _work_began(self, ticket: Ticket) -> datetime:
        """Return when the ticket was last worked on: what was confirmed before is other work."""
        moves = (one for one in self._book.entries(ticket.id) if one.fields.get("state") in _WORK)
        return max((one.at for one in moves), default=ticket.opened_at)


def _check_days(days: Decimal) -> None:
    if days <= 0:
        raise OpsError(
            tr("Person-days must be more than none."), hint=tr("Give a number like 0.5.")
        )


def _check_move(
    ticket: Ticket,
    state: TicketState,
    *,
    text: str = "",
    waiting_on: WaitingOn = "",
    emergency: str = "",
) -> tuple[Need, ...]:
    """Refuse what the table does not have or what lacks something; return what an emergency met."""
    move = move_to(ticket, state)
    if move is None:
        possible = [word_of_state(one.to) for one in moves_of(ticket)]
        words = tr(", ", context="between names").join(possible) or tr("none")
        raise OpsError(
            tr(
                "{number} is “{state}” and cannot become “{wanted}”.",
                number=ticket.number,
                state=word_of_state(ticket.state),
                wanted=word_of_state(state),
            ),
            hint=tr("Possible now: {words}.", words=words),
            unharmed=tr("The ticket is unchanged."),
        )
    missing = unmet(ticket, move, text=text, waiting_on=waiting_on, emergency=emergency)
    if missing:
        wants, hint = sentence_of(missing[0], ticket)
        raise OpsError(wants, hint=hint, unharmed=tr("The ticket is unchanged."))
    return unmet(ticket, move, text=text, waiting_on=waiting_on)
