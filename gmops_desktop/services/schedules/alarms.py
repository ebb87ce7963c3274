"""Tickets for backups that were missed, failed or cannot be proved: one per cause while it is
open, told of each further time and of the first that went well again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Protocol

from gmops_desktop.contract.schedules import Run
from gmops_desktop.contract.standing import Cause
from gmops_desktop.contract.tickets import ENDED, Priority, Ticket, TicketKind
from gmops_desktop.errors import OpsError
from gmops_desktop.language import mark, tr
from gmops_desktop.services.schedules.record import Kept, Record
from gmops_desktop.services.schedules.subjects import Subject

_TITLES: Final[dict[Cause, str]] = {
    "missed": mark("Backup of {name} was missed"),
    "failed": mark("Backup of {name} failed"),
    "unproved": mark("Backup of {name} could not be proved"),
}
_TEXTS: Final[dict[Cause, str]] = {
    "missed": mark("The backup of {name} that was due on {due} was not taken."),
    "failed": mark("The backup of {name} that was due on {due} failed."),
    "unproved": mark("The backup of {name} that was due on {due} does not prove to be whole."),
}


class TicketBook(Protocol):
    """What the alarms need of the tickets (`services.tickets.Tickets` has it)."""

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
    ) -> Ticket:
        """Register a ticket."""

    def get(self, id_or_number: str) -> Ticket:
        """Return one ticket; raise `OpsError` if there is none."""

    def note(self, ticket_id: str, text: str, *, evidence: Sequence[str] = ()) -> Ticket:
        """Add to a ticket."""


class Alarms:
    """Opens, joins and notes tickets for the causes that hold."""

    def __init__(self, record: Record, tickets: TicketBook) -> None:
        self._record = record
        self._tickets = tickets

    def raise_for(
        self,
        subject: Subject,
        kept: Kept,
        due: datetime,
        causes: frozenset[Cause],
        runs: Sequence[Run],
    ) -> tuple[Ticket, ...]:
        """See to it that every cause has its ticket; return those opened or added to."""
        told = []
        evidence = [_line(run) for run in reversed(runs) if run.due == due]
        for cause in sorted(causes):
            known = kept.tickets.get(cause, {})
            if known.get("due") == due.isoformat():
                continue
            text = tr(_TEXTS[cause], name=subject.name, due=_stamp(due))
            ticket = self._open_one(known.get("id", ""))
            if ticket is None:
                ticket = self._tickets.open(
                    "problem",
                    tr(_TITLES[cause], name=subject.name),
                    requester="",
                    priority=2,
                    description=text,
                    resource_id=subject.resource.id if subject.resource else "",
                    evidence=evidence,
                )
            else:
                self._tickets.note(ticket.id, tr("Again: {text}", text=text), evidence=evidence)
            values = {"id": ticket.id, "due": due.isoformat(), "well": False}
            self._record.ticket(subject.id, cause, values)
            told.append(ticket)
        return tuple(told)

    def all_well(self, subject: Subject, kept: Kept, proved_at: datetime) -> tuple[Ticket, ...]:
        """Note in the tickets still open that a backup went well again; they stay open."""
        told = []
        for cause, known in kept.tickets.items():
            if known.get("well"):
                continue
            ticket = self._open_one(known.get("id", ""))
            if ticket is None:
                self._record.ticket(subject.id, cause, None)
                continue
            text = tr(
                "{name} was backed up and verified again: archive of {at}.",
                name=subject.name,
                at=_stamp(proved_at),
            )
            told.append(self._tickets.note(ticket.id, text))
            self._record.ticket(subject.id, cause, {**known, "well": True})
        return tuple(told)

    def _open_one(self, ticket_id: str) -> Ticket | None:
        if not ticket_id:
            return None
        try:
            ticket = self._tickets.get(ticket_id)
        except OpsError:  # it is gone: a new one is due
            return None
        return None if ticket.state in ENDED else ticket


def _line(run: Run) -> str:
    """Return a run as one line of evidence."""
    seconds = (run.ended - run.at).total_seconds() if run.ended else 0.0
    return tr(
        "{at}, {seconds} s: {reason}",
        at=_stamp(run.at),
        seconds=f"{seconds:.0f}",
        reason=run.reason or run.outcome,
    )


def _stamp(at: datetime) -> str:
    return f"{at.astimezone():%Y-%m-%d %H:%M}"
