"""What is due soon: the clocks that run out, told before they do (1.33)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from gmops_desktop.contract.clocks import Clock, word_of_clock
from gmops_desktop.contract.targets import ClockKey
from gmops_desktop.contract.tickets import ENDED, Priority, Ticket
from gmops_desktop.language import tr
from gmops_desktop.states import State

AHEAD: Final = timedelta(hours=4)  # how long before it is due a clock is told of at the latest


@dataclass(frozen=True, slots=True)
class Reminder:
    """A running clock that is late or soon will be, as of one moment.

    `state` is critical once it is late, else a warning.  `key` names the clock of the ticket; a
    reminder that was sent is known again by `name`, until the due time changes.
    """

    ticket_id: str
    number: str
    title: str
    priority: Priority
    key: ClockKey
    due_at: datetime
    state: State
    text: str

    @property
    def name(self) -> str:
        """What tells this reminder from all others: ticket, clock, lateness and due time."""
        return f"{self.ticket_id}/{self.key}/{self.state}/{self.due_at:%Y%m%dT%H%M}"


def reminders_of(
    ticket: Ticket, clocks: Iterable[Clock], now: datetime, ahead: timedelta = AHEAD
) -> tuple[Reminder, ...]:
    """Return a ticket's reminders: clocks that are late, past their warning, or due within `ahead`.

    A clock that stands still (it is Party A's turn) reminds of nothing: it cannot be missed.
    """
    found = []
    for clock in clocks:
        if not clock.running or clock.due_at is None or ticket.state in ENDED:
            continue
        late = clock.due_at < now
        warned = clock.warn_at is not None and clock.warn_at <= now
        if late or warned or clock.due_at <= now + ahead:
            when = f"{clock.due_at.astimezone():%Y-%m-%d %H:%M}"
            text = (
                tr("{clock} was due {when}", clock=word_of_clock(clock.key), when=when)
                if late
                else tr("{clock} is due {when}", clock=word_of_clock(clock.key), when=when)
            )
            found.append(
                Reminder(
                    ticket.id,
                    ticket.number,
                    ticket.title,
                    ticket.priority,
                    clock.key,
                    clock.due_at,
                    "critical" if late else "warning",
                    text,
                )
            )
    return tuple(found)


def in_order(reminders: Iterable[Reminder]) -> Sequence[Reminder]:
    """Return reminders as they press: the earliest due first, then by Party A's order."""
    return sorted(reminders, key=lambda one: (one.due_at, one.priority, one.number))
