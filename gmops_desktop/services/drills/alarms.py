"""Tickets for drills that are overdue or disproved a backup: one per cause while it is open."""

from __future__ import annotations

from collections.abc import Iterable
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


class Alarms:
    """Opens tickets for the causes that hold, and remembers them with the plan."""

    def __init__(self, record: Record, tickets: TicketBook) -> None:
        self._record, self._tickets = record, tickets

    def raise_for(
        self, resource: Resource, causes: Iterable[Cause], reason: str, last: Drill | None
    ) -> tuple[Ticket, ...]:
        """See to it that every cause has its ticket; return those opened now."""
        kept = self._record.plan(resource.id)
        if kept is None:
            return ()
        told = []
        for cause in sorted(causes):
            at = last.id if last and cause == "disproved" else ""
            known: dict[str, Any] = kept.tickets.get(cause, {})
            told_already = cause == "disproved" and known.get("drill") == at
            if known and (told_already or self._is_open(known["id"])):
                continue
            ticket = self._tickets.open(
                "problem",
                tr(_TITLES[cause], name=resource.name),
                requester="",
                priority=2,
                description="\n".join([reason, *(last.faults if last else ())]),
                resource_id=resource.id,
            )
            self._record.ticket(resource.id, cause, {"id": ticket.id, "drill": at})
            told.append(ticket)
        return tuple(told)

    def _is_open(self, ticket_id: str) -> bool:
        try:
            return self._tickets.get(ticket_id).state not in ENDED
        except OpsError:  # it is gone: a new one is due
            return False
