"""A trouble that a machine found, and the book in which it is written down.

Whoever finds one (a failed backup, an overdue drill, a website that is down) reports it with a key
that says what it is and of what; the book opens a ticket, or joins the one the same trouble has.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from gmops_desktop.contract.tickets import Priority, Ticket, TicketKind

BACKUPS: Final = "backup."  # how the keys of backups begin, whose messages are chosen apart
WELL: Final = "well"  # the occurrence of the note that a trouble is over


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something is wrong.

    `key` stays the same while it is the same trouble ("backup.failed:RESOURCE").  `occurrence`
    names this very time, which is told once; without one, it is told again only after it was over.
    One that `presses` raises its ticket's priority when it comes again with a higher one.
    """

    key: str
    title: str
    text: str
    resource_id: str = ""
    evidence: tuple[str, ...] = ()
    occurrence: str = ""
    priority: Priority = 2
    kind: TicketKind = "problem"
    presses: bool = False


def named(key: str, occurrence: str) -> str:
    """Return how one time of a trouble stands in an entry: a ticket may tell of several troubles,
    since tickets are merged."""
    return f"{key}@{occurrence}"


def limit_key(finding: str, resource_id: str) -> str:
    """Return the key of a trouble that a limit found, by the finding's key."""
    return f"limit.{finding}:{resource_id}"


class TroubleBook(Protocol):
    """What writes troubles down (`services.troubles.Troubles`)."""

    def report(self, trouble: Trouble) -> Ticket | None:
        """Open a ticket or join one; None where this time was told before."""

    def known(self) -> frozenset[str]:
        """Return the keys of the troubles that have an open ticket."""

    def standing(self, key: str) -> Ticket | None:
        """Return the open ticket of a trouble."""

    def over(self, key: str, text: str) -> Ticket | None:
        """Note that it is well again; None where no ticket is open, or it was noted before."""
