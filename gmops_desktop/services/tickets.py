"""Tickets: registered, worked on, confirmed by Party A, closed; every step an entry.

Only Party A's designated contacts may ask (1.15), nothing closes without their confirmation
(2.3-7), and the time a ticket waits on Party A is never charged to Party B.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import texts
from db.engine import Database
from db.ids import uuid7
from db.journal import Journal, utc_now
from db.models import ContactRow, TicketRow
from db.views import contact_of, ticket_of
from gmops_desktop.contract.steps import Step, step_of
from gmops_desktop.contract.terms import day_of
from gmops_desktop.contract.tickets import (
    ENDED,
    KINDS,
    PRIORITIES,
    Clock,
    ContactCheck,
    Priority,
    Ticket,
    TicketKind,
    TicketState,
    WaitingOn,
    check_requester,
    clocks,
    moves_of,
    searchable,
    word_of_state,
)
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

__all__ = ["ContactCheck", "Step", "Ticket", "Tickets"]

_REASON_NEEDED: Final[frozenset[TicketState]] = frozenset({"suspended", "declined", "withdrawn"})
_REVISABLE: Final = frozenset(
    {"title", "description", "priority", "estimate", "kind", "resource_id", "cause"}
)
_ALIKE: Final = 0.3  # share of common pairs of characters from which two titles are similar


class Tickets:
    """Reads tickets from their projection, and records each step of them in the journal."""

    def __init__(
        self, database: Database, journal: Journal, *, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._database = database
        self._journal = journal
        self._now = now

    # ------------------------------------------------------------ asking

    def check_requester(self, name: str, on: date | None = None) -> ContactCheck:
        """Return whether `name` is one of Party A's designated contacts on a day (today)."""
        with self._database.session() as session:
            return self._check(session, name, on)

    def open(
        self,
        kind: TicketKind,
        title: str,
        *,
        requester: str,
        priority: Priority,
        description: str = "",
        channel: str = "",
        emergency: str = "",
        resource_id: str = "",
        evidence: Sequence[str] = (),
        opened_at: datetime | None = None,
        trouble: str = "",
        occurrence: str = "",
        follows: str = "",
    ) -> Ticket:
        """Register a ticket and return it.

        Without a `requester` it is a problem Party B found itself (1.14).  A requester who is not
        designated is refused unless `emergency` gives the reason of a special emergency (1.15).
        `opened_at` is for what is written down later than it was raised.  A machine that opens it
        says which `trouble` it found at which `occurrence` (`contract.troubles`), and which ticket
        it `follows`.
        """
        with self._database.session() as session, session.begin():
            check = self._check(session, requester, day_of(opened_at) if opened_at else None)
            if requester.strip() and not check.designated and not emergency.strip():
                raise OpsError(
                    check.reason,
                    hint=tr(
                        "Decline it, let a designated contact ask, or take it as a special "
                        "emergency with a reason."
                    ),
                    unharmed=tr("No ticket was opened."),
                )
            fields = {
                **self._first_fields(session, kind, title, requester, priority),
                "state": "registered",
                "description": description.strip(),
                "channel": channel.strip(),
                "contact_id": check.contact.id if check.contact else "",
                "emergency": "" if check.designated else emergency.strip(),
                "resource_id": resource_id,
                "opened_at": opened_at or self._now(),
            }
            note: dict[str, Any] = {"evidence": list(evidence)} if evidence else {}
            if trouble:
                fields["trouble"] = trouble
                note["occurrence"] = occurrence
            if follows:
                fields["follows"] = follows
            return self._record(session, uuid7(), "ticket.opened", fields, note)

    def decline(
        self,
        kind: TicketKind,
        title: str,
        *,
        requester: str,
        reason: str = "",
        priority: Priority = 3,
        description: str = "",
        channel: str = "",
        resource_id: str = "",
    ) -> Ticket:
        """Record a request that was not taken, so that it is known who asked what (1.15)."""
        with self._database.session() as session, session.begin():
            check = self._check(session, requester, None)
            text = reason.strip() or check.reason
            if not text:
                raise OpsError(
                    tr("{name} is a designated contact.", name=requester),
                    hint=tr("Give a reason for declining the request."),
                )
            fields = {
                **self._first_fields(session, kind, title, requester, priority),
                "state": "declined",
                "description": description.strip(),
                "channel": channel.strip(),
                "contact_id": check.contact.id if check.contact else "",
                "resource_id": resource_id,
                "opened_at": self._now(),
                "closed_at": self._now(),
            }
            return self._record(session, uuid7(), "ticket.declined", fields, {"text": text})

    # ------------------------------------------------------------ reading

    def all(self) -> tuple[Ticket, ...]:
        """Return every ticket, newest first."""
        with self._database.session() as session:
            return _newest_first(session, select(TicketRow))

    def get(self, id_or_number: str) -> Ticket:
        """Return one ticket; raise `OpsError` if there is none."""
        with self._database.session() as session:
            return ticket_of(_row_of(session, id_or_number))

    def search(self, text: str) -> tuple[Ticket, ...]:
        """Return the tickets in which every word of `text` occurs somewhere, newest first.

        Looked for as written, two Chinese characters suffice; % and _ mean themselves.
        """
        with self._database.session() as session:
            found = texts.matching(session, text, "ticket")
            return _newest_first(session, select(TicketRow).where(TicketRow.id.in_(found)))

    def similar(self, title: str) -> tuple[Ticket, ...]:
        """Return up to five tickets with a similar title, the most similar first (2.3-5)."""
        wanted = _pairs(title)
        found = []
        for ticket in self.all():
            pairs = _pairs(ticket.title)
            total = wanted.total() + pairs.total()
            alike = 2 * (wanted & pairs).total() / total if total else 0.0
            if alike >= _ALIKE:
                found.append((alike, ticket))
        found.sort(key=lambda pair: -pair[0])
        return tuple(ticket for _, ticket in found[:5])

    def steps(self, ticket_id: str) -> tuple[Step, ...]:
        """Return a ticket's entries as people read them, oldest first."""
        ticket = self.get(ticket_id)
        names = {head.device: head.device_name for head in self._journal.heads()}
        entries = self._journal.entries("ticket", ticket.id)
        return tuple(step_of(entry, names.get(entry.device, "")) for entry in entries)

    def clocks(self, ticket_id: str, now: datetime | None = None) -> tuple[Clock, ...]:
        """Return the ticket's clocks, derived from its entries."""
        ticket = self.get(ticket_id)
        return clocks(self._journal.entries("ticket", ticket.id), now or self._now())

    # ------------------------------------------------------------ steps

    def moves(self, ticket_id: str) -> tuple[TicketState, ...]:
        """Return the states the ticket may go to now; closed only once it is confirmed."""
        ticket = self.get(ticket_id)
        return tuple(
            move
            for move in moves_of(ticket.kind, ticket.state)
            if move != "closed" or ticket.confirmed_by
        )

    def move(
        self, ticket_id: str, state: TicketState, text: str = "", *, waiting_on: WaitingOn = ""
    ) -> Ticket:
        """Bring the ticket to another state; a step out of order is refused.

        A suspension says whom it waits on: only "party_a" stops the clock.  Suspending, declining,
        withdrawing and reopening need a text with the reason.
        """
        if state == "closed":
            return self.close(ticket_id)
        with self._database.session() as session, session.begin():
            ticket = ticket_of(_row_of(session, ticket_id))
            _check_move(ticket, state)
            if (state in _REASON_NEEDED or ticket.state in ENDED) and not text.strip():
                raise OpsError(
                    tr("{number} needs a reason for this step.", number=ticket.number),
                    hint=tr("Write why in a sentence; it stands in the record and the report."),
                )
            fields: dict[str, Any] = {"state": state}
            if state in ENDED:
                fields["closed_at"] = self._now()
            elif ticket.closed_at is not None:
                fields["closed_at"] = None
            if ticket.confirmed_by:  # what was confirmed is no longer what is there
                fields |= {"confirmed_by": "", "confirmed_at": None}
            note = {"text": text.strip()} if text.strip() else {}
            if state == "suspended" and waiting_on:
                note["waiting_on"] = waiting_on
            return self._record(session, ticket.id, "ticket.moved", fields, note)

    def note(
        self,
        ticket_id: str,
        text: str,
        *,
        evidence: Sequence[str] = (),
        occurrence: str | None = None,
    ) -> Ticket:
        """Add what was done or seen; a machine names the `occurrence` of its trouble."""
        if not text.strip():
            raise OpsError(tr("The note is empty."), hint=tr("Write what was done or seen."))
        with self._database.session() as session, session.begin():
            ticket = _row_of(session, ticket_id)
            note: dict[str, Any] = {"text": text.strip()}
            if evidence:
                note["evidence"] = list(evidence)
            if occurrence is not None:
                note["occurrence"] = occurrence
            return self._record(session, ticket.id, "ticket.noted", {}, note)

    def revise(self, ticket_id: str, text: str = "", **fields: Any) -> Ticket:
        """Set fields anew: title, description, priority, estimate, kind, resource_id, cause.

        Setting a field that is in conflict settles it.
        """
        if not fields or not fields.keys() <= _REVISABLE:
            raise ValueError(f"cannot revise {sorted(fields)}")
        _check_kind_and_priority(fields.get("kind", "incident"), fields.get("priority", 3))
        with self._database.session() as session, session.begin():
            ticket = _row_of(session, ticket_id)
            note = {"text": text.strip()} if text.strip() else {}
            return self._record(session, ticket.id, "ticket.revised", fields, note)

    def assess(self, ticket_id: str, *, by: str, person_days: Decimal, text: str = "") -> Ticket:
        """Record the project manager's evaluation of a requirement (2.3-4): days and plan."""
        _check_days(person_days)
        with self._database.session() as session, session.begin():
            ticket = _row_of(session, ticket_id)
            fields = {"assessed_days": person_days, "assessed_by": by.strip()}
            note = {"text": text.strip()} if text.strip() else {}
            return self._record(session, ticket.id, "ticket.assessed", fields, note)

    def promise(self, ticket_id: str, until: datetime, text: str = "") -> Ticket:
        """Record until when it will be solved, told to Party A after the root cause (2.3-6)."""
        if until <= self._now():
            raise OpsError(tr("A promise must lie in the future."), hint=tr("Choose a later time."))
        with self._database.session() as session, session.begin():
            ticket = ticket_of(_row_of(session, ticket_id))
            if ticket.promised_for is not None and not text.strip():
                raise OpsError(
                    tr("{number} was already promised.", number=ticket.number),
                    hint=tr("Write why the promise changes; both versions are kept."),
                )
            note = {"text": text.strip()} if text.strip() else {}
            fields = {"promised_for": until}
            return self._record(session, ticket.id, "ticket.promised", fields, note)

    def spend(self, ticket_id: str, person_days: Decimal, text: str = "") -> Ticket:
        """Book person-days on a ticket; several bookings add up, also from several devices."""
        _check_days(person_days)
        with self._database.session() as session, session.begin():
            ticket = _row_of(session, ticket_id)
            note = {"person_days": person_days, "text": text.strip()}
            return self._record(session, ticket.id, "ticket.spent", {}, note)

    def confirm(self, ticket_id: str, *, by: str, channel: str, text: str = "") -> Ticket:
        """Record Party A's confirmation that it is solved: who, when, how (2.3-7)."""
        with self._database.session() as session, session.begin():
            ticket = ticket_of(_row_of(session, ticket_id))
            if ticket.state != "awaiting_confirmation":
                raise OpsError(
                    tr(
                        "{number} is “{state}”: there is nothing to confirm yet.",
                        number=ticket.number,
                        state=word_of_state(ticket.state),
                    ),
                    hint=tr("Move it to “Waiting for Party A's confirmation” first."),
                )
            check = self._check(session, by, None)
            if not check.designated:
                raise OpsError(
                    check.reason or tr("The confirmation names nobody."),
                    hint=tr("Let a designated contact of Party A confirm."),
                    unharmed=tr("The ticket stays open."),
                )
            if not channel.strip():
                raise OpsError(
                    tr("The confirmation does not say how it was given."),
                    hint=tr("Name the way: telephone, WeChat, e-mail, signature."),
                )
            fields = {"confirmed_by": check.contact.name if check.contact else by}
            fields["confirmed_at"] = cast(Any, self._now())
            note = {"channel": channel.strip(), "text": text.strip()}
            return self._record(session, ticket.id, "ticket.confirmed", fields, note)

    def close(self, ticket_id: str) -> Ticket:
        """Close a ticket that Party A has confirmed."""
        with self._database.session() as session, session.begin():
            ticket = ticket_of(_row_of(session, ticket_id))
            if not ticket.confirmed_by and ticket.state not in ENDED:
                raise OpsError(
                    tr("{number} has not been confirmed by Party A.", number=ticket.number),
                    hint=tr("Record the confirmation of a designated contact first (2.3-7)."),
                    unharmed=tr("The ticket stays open."),
                )
            _check_move(ticket, "closed")
            fields = {"state": "closed", "closed_at": self._now()}
            return self._record(session, ticket.id, "ticket.closed", fields, {})

    # ------------------------------------------------------------ inside

    def _check(self, session: Session, name: str, on: date | None) -> ContactCheck:
        day = on or day_of(self._now())
        contacts = [contact_of(row) for row in session.scalars(select(ContactRow))]
        return check_requester(contacts, name, day)

    def _first_fields(
        self, session: Session, kind: str, title: str, requester: str, priority: int
    ) -> dict[str, Any]:
        if not title.strip():
            raise OpsError(
                tr("The ticket has no title."), hint=tr("Say in a few words what it is.")
            )
        _check_kind_and_priority(kind, priority)
        return {
            "number": self._journal.next_number(session, "ticket"),
            "kind": kind,
            "title": title.strip(),
            "priority": priority,
            "requester": requester.strip(),
        }

    def _record(
        self,
        session: Session,
        ticket_id: str,
        action: str,
        fields: Mapping[str, Any],
        note: Mapping[str, Any],
    ) -> Ticket:
        self._journal.record(session, "ticket", ticket_id, action, fields, **note)
        return ticket_of(session.get_one(TicketRow, ticket_id))


def _check_kind_and_priority(kind: str, priority: int) -> None:
    if kind not in KINDS or priority not in PRIORITIES:
        raise ValueError(f"no such kind or priority: {kind!r}, {priority!r}")


def _check_days(days: Decimal) -> None:
    if days <= 0:
        raise OpsError(
            tr("Person-days must be more than none."), hint=tr("Give a number like 0.5.")
        )


def _check_move(ticket: Ticket, state: TicketState) -> None:
    moves = moves_of(ticket.kind, ticket.state)
    if state in moves:
        if ticket.kind == "requirement" and state == "working" and ticket.assessed_days is None:
            raise OpsError(
                tr("{number} has not been assessed.", number=ticket.number),
                hint=tr("Record the project manager's evaluation first (2.3-4)."),
                unharmed=tr("The ticket is unchanged."),
            )
        return
    words = tr(", ", context="between names").join(word_of_state(move) for move in moves)
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


def _row_of(session: Session, id_or_number: str) -> TicketRow:
    row = session.get(TicketRow, id_or_number)
    if row is None:
        wanted = select(TicketRow).where(TicketRow.number == id_or_number.strip().upper())
        row = session.scalar(wanted)
    if row is None:
        raise OpsError(
            tr("There is no ticket {number}.", number=id_or_number),
            hint=tr("Look for it in the list."),
        )
    return row


def _newest_first(session: Session, wanted: Any) -> tuple[Ticket, ...]:
    order = (TicketRow.opened_at.desc(), TicketRow.id.desc())
    return tuple(ticket_of(row) for row in session.scalars(wanted.order_by(*order)))


def _pairs(title: str) -> Counter[str]:
    """Return the pairs of neighbouring characters, which serve Chinese and Latin alike."""
    text = "".join(searchable(title).split())
    return Counter(one + other for one, other in pairwise(text))
