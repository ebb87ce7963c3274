"""Tickets for drills that are overdue or disproved a backup: one per cause while it is open,
told of each further time and of the first that went well again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, Protocol

from gmops_desktop.addresses import Resource
from gmops_desktop.contract.drills import Cause
from gmops_desktop.contract.tickets import ENDED, Priority, Ticket, TicketKind
from gmops_desktop.errors import OpsError
from gmops_desktop.language import mark, tr
from gmops_desktop.services.drills.record import Drill, Record

_TITLES: Final[dict[Cause, str]] = {
    "overdue": mark("Drill of {name} is overdue"),
    "disproved": mark("Drill of {name} disproved a backup"),
}


class TicketBook(Protocol):
    """What drills need of the tickets (`services.tickets.Tickets` has it)."""

    def open(
        self,
        kind: TicketKind,
        title: str,
        *,
        requester: str,
        priority: Priority,
        description: str = "",
        resource_id: str = "",
    ) -> Ticket:
        """Register a ticket."""

    def get(self, id_or_number: str) -> Ticket:
        """Return one ticket; raise `OpsError` if there is none."""

    def note(self, ticket_id: str, text: str, *, evidence: Sequence[str] = ()) -> Ticket:
        """Add to a ticket."""


class Alarms:
    """Opens tickets for the causes that hold, and remembers them with the plan."""

    def __init__(self, record: Record, tickets: TicketBook) -> None:
        self._record, self._tickets = record, tickets

    def raise_for(
        self, resource: Resource, causes: Iterable[Cause], reason: str, last: Drill | None
    ) -> tuple[Ticket, ...]:
        """See to it that every cause has its ticket; return those opened or added to now."""
        causes = frozenset(causes)
        if not causes:
            return ()
        kept = self._record.plan(resource.id) or self._record.by_hand(resource.id)
        told = []
        for cause in sorted(causes):
            at = last.id if last and cause == "disproved" else ""
            known: dict[str, Any] = kept.tickets.get(cause, {})
            ticket = self._open_one(known.get("id", ""))
            if known.get("drill") == at and not known.get("well") and (at or ticket):
                continue  # this very one was told already
            text = "\n".join([reason, *(last.faults if last else ())])
            if ticket is None:
                ticket = self._tickets.open(
                    "problem",
                    tr(_TITLES[cause], name=resource.name),
                    requester="",
                    priority=2,
                    description=text,
                    resource_id=resource.id,
                )
            else:
                self._tickets.note(ticket.id, tr("Again: {text}", text=text))
            self._record.ticket(resource.id, cause, {"id": ticket.id, "drill": at})
            told.append(ticket)
        return tuple(told)

    def all_well(
        self, resource: Resource, causes: Iterable[Cause], last: Drill | None
    ) -> tuple[Ticket, ...]:
        """Note in the tickets of causes that no longer hold that it was drilled and proved; they
        stay open until somebody closes them."""
        kept = self._record.plan(resource.id)
        if kept is None or last is None or last.outcome != "proved":
            return ()
        told = []
        for cause in sorted(kept.tickets.keys() - set(causes)):
            known: dict[str, Any] = kept.tickets[cause]
            if known.get("well"):
                continue
            if ticket := self._open_one(known["id"]):
                text = tr(
                    "{name} was drilled and proved on {at}; certificate {number}.",
                    name=resource.name,
                    at=f"{last.at.astimezone():%Y-%m-%d %H:%M}",
                    number=last.certificate,
                )
                told.append(self._tickets.note(ticket.id, text))
            self._record.ticket(resource.id, cause, {**known, "well": True})
        return tuple(told)

    def _open_one(self, ticket_id: str) -> Ticket | None:
        try:
            ticket = self._tickets.get(ticket_id) if ticket_id else None
        except OpsError:  # it is gone: a new one is due
            return None
        return ticket if ticket and ticket.state not in ENDED else None
