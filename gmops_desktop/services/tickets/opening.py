"""How tickets come in: registered for who may ask, or declined; now, or for an earlier time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from db.ids import uuid7
from gmops_desktop.contract.terms import day_of
from gmops_desktop.contract.tickets import (
    KINDS,
    PRIORITIES,
    Priority,
    Ticket,
    TicketKind,
)
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.services.tickets.book import Book
from gmops_desktop.services.tickets.reading import Reading


class Opening(Reading):
    """The verbs by which a ticket begins."""

    def __init__(self, book: Book) -> None:
        super().__init__(book)
        self._now = book.now

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
    ) -> Ticket:
        """Register a ticket and return it.

        Without a `requester` it is a problem Party B found itself (1.14).  A requester who is not
        designated is refused unless `emergency` gives the reason of a special emergency (1.15).
        `opened_at` is for what is written down later than it was raised.  A machine that opens it
        says which `trouble` it found at which `occurrence` (`contract.troubles`).
        """
        asked = self._asked(opened_at)
        with self._book.writing() as session:
            check = self._book.check(session, requester, day_of(asked), resource_id)
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
                "opened_at": asked,
            }
            said: dict[str, Any] = {}
            if trouble:
                fields["trouble"], said["occurrence"] = trouble, occurrence
            return self._book.record(
                session, uuid7(), "ticket.opened", fields, evidence=evidence, **said
            )

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
        opened_at: datetime | None = None,
    ) -> Ticket:
        """Record a request that was not taken, so that it is known who asked what (1.15)."""
        asked = self._asked(opened_at)
        with self._book.writing() as session:
            check = self._book.check(session, requester, day_of(asked), resource_id)
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
                "opened_at": asked,
                "closed_at": self._now(),
            }
            return self._book.record(session, uuid7(), "ticket.declined", fields, text)

    # ------------------------------------------------------------ inside

    def _asked(self, at: datetime | None) -> datetime:
        """Return when something was asked for, now where it is not said; refuse what is to come."""
        now = self._now()
        if at is not None and at > now:
            raise OpsError(
                tr("Nobody can have asked for it yet at that time."),
                hint=tr("Give a time that lies behind us."),
                unharmed=tr("No ticket was opened."),
            )
        return at or now

    def _first_fields(
        self, session: Session, kind: str, title: str, requester: str, priority: int
    ) -> dict[str, Any]:
        if not title.strip():
            raise OpsError(
                tr("The ticket has no title."), hint=tr("Say in a few words what it is.")
            )
        check_kind_and_priority(kind, priority)
        contract = self._book.contract(session)
        return {
            **({"contract_id": contract.id} if contract else {}),
            "number": self._book.journal.next_number(session, "ticket"),
            "kind": kind,
            "title": title.strip(),
            "priority": priority,
            "requester": requester.strip(),
        }


def check_kind_and_priority(kind: str, priority: int) -> None:
    """Raise `ValueError` for what no program of ours writes."""
    if kind not in KINDS or priority not in PRIORITIES:
        raise ValueError(f"no such kind or priority: {kind!r}, {priority!r}")
