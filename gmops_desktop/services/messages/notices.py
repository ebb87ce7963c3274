"""What the robot tells of tickets: it follows what stands on record, so that no other part of the
program need think of it, and nothing is told twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

from db.journal import Journal
from gmops_desktop.contract.expiry_reminders import is_reminder
from gmops_desktop.contract.messages import Event, plain
from gmops_desktop.contract.record import EntryView
from gmops_desktop.contract.reminders import Reminder
from gmops_desktop.contract.tickets import (
    Ticket,
    word_of_kind,
    word_of_priority,
    word_of_state,
)
from gmops_desktop.contract.troubles import BACKUPS, WELL, named
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.services.messages.service import Messages

_LINES: Final = 12  # of a description: the ticket itself has the rest


class TicketBook(Protocol):
    """What is needed of the tickets (`services.tickets.Tickets` has it)."""

    def get(self, id_or_number: str) -> Ticket:
        """Return one ticket; raise `OpsError` if there is none."""

    def reminders(self, *, ahead: timedelta) -> Sequence[Reminder]:
        """Return the clocks that are late, past their warning, or due within `ahead`."""


class Notices:
    """Queues a message for each new ticket, failed backup, reminder and breach.

    `names` gives the resources' names by id.
    """

    def __init__(
        self,
        messages: Messages,
        journal: Journal,
        tickets: TicketBook,
        *,
        names: Callable[[], dict[str, str]],
    ) -> None:
        self._messages, self._journal, self._tickets = messages, journal, tickets
        self._names = names

    def follow(self) -> int:
        """Queue what happened since the last time; return how many messages are new."""
        position = self._messages.position() if self._messages.on else None
        if position is None:
            return 0
        told = 0
        for entry in self._journal.entries_after(position, "ticket"):
            told += self._tell_entry(entry)
            position = max(position, entry.clock)
        self._messages.move_to(position)
        if {"reminder", "breach"} & set(self._messages.events):
            told += sum(map(self._tell_reminder, self._tickets.reminders(ahead=timedelta())))
        return told

    def _tell_entry(self, entry: EntryView) -> bool:
        """Tell of a ticket that was opened, of what runs out, or of a backup's trouble."""
        opened = entry.action == "ticket.opened"
        if not opened and "occurrence" not in entry.note:
            return False
        try:
            ticket = self._tickets.get(entry.subject)
        except OpsError:  # merged away meanwhile
            return False
        occurrence = str(entry.note.get("occurrence", ""))
        of_backup = occurrence.startswith(BACKUPS)
        reminds = is_reminder(occurrence)
        if not opened and not of_backup and not reminds:
            return False
        event: Event = "backup" if of_backup else "ticket" if opened else "reminder"
        if opened:
            head = tr("Backup trouble") if of_backup else tr("New ticket", context="robot")
            text = ticket.description
        elif reminds:
            head, text = tr("Runs out soon"), str(entry.note.get("text", ""))
        else:
            well = occurrence.endswith(named("", WELL))
            head = tr("Backup well again") if well else tr("Backup trouble again")
            text = str(entry.note.get("text", ""))
        return self._messages.tell(event, entry.id, self._text(head, ticket, text))

    def _tell_reminder(self, reminder: Reminder) -> bool:
        late = reminder.state == "critical"
        head = tr("Overdue") if late else tr("Due soon")
        text = self._text(head, self._tickets.get(reminder.ticket_id), reminder.text)
        return self._messages.tell("breach" if late else "reminder", reminder.name, text)

    def _text(self, head: str, ticket: Ticket, text: str) -> str:
        """Return the message in the few marks that a robot's markdown knows."""
        facts = [
            word_of_kind(ticket.kind),
            tr("Priority {word}", word=word_of_priority(ticket.priority)),
            word_of_state(ticket.state),
            self._names().get(ticket.resource_id, ""),
            tr("Party A: {name}", name=ticket.requester) if ticket.requester else "",
        ]
        lines = [
            f"**{head}**",
            f"{ticket.number} {plain(ticket.title)}",
            "> " + " · ".join(plain(fact) for fact in facts if fact),
            "> " + _stamp(ticket.opened_at),
            *(plain(line) for line in text.splitlines()[:_LINES] if line.strip()),
        ]
        return "\n".join(lines)


def _stamp(at: datetime) -> str:
    return f"{at.astimezone():%Y-%m-%d %H:%M}"
