"""Writes what was restored into the ticket it was done for, so that nobody types it again.

It follows what already stands on record instead of being told: a restore from the terminal, or one
after which the program was killed, is written down the next time somebody looks; none is twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from db.journal import utc_now
from gmops_desktop.contract.steps import Step
from gmops_desktop.contract.tickets import ENDED, Ticket, TicketState

_BACK: Final = timedelta(days=7)  # what is older and stands nowhere belongs to no ticket of today
_AT_IT: Final[frozenset[TicketState]] = frozenset(
    {"assessing", "working", "awaiting_notice", "implementing"}
)


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that was done to resources; `text` says it in finished sentences."""

    id: str
    at: datetime  # when it ended
    resource_ids: frozenset[str]
    text: str
    evidence: tuple[str, ...] = ()


class TicketBook(Protocol):
    """What is needed of the tickets (`services.tickets.Tickets` has it)."""

    def all(self) -> tuple[Ticket, ...]:
        """Return every ticket, newest first."""

    def steps(self, ticket_id: str) -> tuple[Step, ...]:
        """Return a ticket's entries, oldest first."""

    def note(self, ticket_id: str, text: str, *, evidence: Sequence[str] = ()) -> Ticket:
        """Add to a ticket."""


class TicketTrail:
    """Notes deeds in tickets; `deeds` gives all there are."""

    def __init__(
        self,
        tickets: TicketBook,
        deeds: Callable[[], Iterable[Deed]],
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._tickets, self._deeds, self._now = tickets, deeds, now

    def follow(self) -> tuple[Ticket, ...]:
        """Write down what was done and stands in no ticket yet; return the tickets added to."""
        since = self._now() - _BACK
        deeds = sorted((one for one in self._deeds() if one.at >= since), key=lambda one: one.at)
        if not deeds:
            return ()
        tickets = self._tickets.all()
        told = self._told([one for one in tickets if (one.closed_at or self._now()) >= since])
        noted: dict[str, Ticket] = {}
        for deed in deeds:
            ticket = meant(deed, tickets)
            if ticket is None or any(known_by(deed) in text for text in told):
                continue
            noted[ticket.id] = self._tickets.note(
                ticket.id, deed.text, evidence=[*deed.evidence, known_by(deed)]
            )
        return tuple(noted.values())

    def _told(self, tickets: Sequence[Ticket]) -> list[str]:
        return [step.text for ticket in tickets for step in self._tickets.steps(ticket.id)]


def known_by(deed: Deed) -> str:
    """Return the line by which a deed is known in a ticket, in whichever language."""
    return f"[{deed.id}]"


def meant(deed: Deed, tickets: Sequence[Ticket]) -> Ticket | None:
    """Return the open ticket for which something was done, None where that cannot be told.

    `tickets` stand newest first.  One in work about the same resource; else the only disturbance
    in work (the site fails, the database is restored); else an open one about the resource.
    """
    there = [one for one in tickets if one.state not in ENDED and one.opened_at <= deed.at]
    about = [one for one in there if one.resource_id in deed.resource_ids]
    if working := [one for one in about if one.state in _AT_IT]:
        return working[0]
    troubles = [one for one in there if one.kind in ("incident", "problem")]
    if len(working := [one for one in troubles if one.state in _AT_IT]) == 1:
        return working[0]
    return next((one for one in about if one in troubles), None)
