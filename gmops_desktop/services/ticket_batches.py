"""One step for many tickets: each an entry of its own, and what is refused is told by number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from gmops_desktop.context import Context
from gmops_desktop.contract.tickets import Ticket, TicketState, WaitingOn
from gmops_desktop.errors import OpsError

# Seconds between two tickets: while a step computes, a window that paints waits for the interpreter
# at every turn, and a frame has many.
_BREATH: Final = 0.004


class TicketBook(Protocol):
    """What is needed of the tickets (`services.tickets.Tickets` has it)."""

    def get(self, id_or_number: str) -> Ticket:
        """Return one ticket."""

    def move(
        self, ticket_id: str, state: TicketState, text: str = "", *, waiting_on: WaitingOn = ""
    ) -> Ticket:
        """Bring a ticket to another state."""

    def note(self, ticket_id: str, text: str) -> Ticket:
        """Add to a ticket."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A ticket that the step was refused for, and why, in finished sentences."""

    number: str
    why: str


@dataclass(frozen=True, slots=True)
class Batch:
    """What became of a step: the numbers it was taken for, and those refused."""

    done: tuple[str, ...]
    refused: tuple[Refused, ...]


def move_all(
    book: TicketBook,
    ids: Sequence[str],
    state: TicketState,
    text: str,
    waiting_on: WaitingOn,
    context: Context,
) -> Batch:
    """Move many tickets, each by the rules of its own; stopping keeps what is done.

    `waiting_on` is for suspensions.
    """
    return _each(book, ids, lambda key: book.move(key, state, text, waiting_on=waiting_on), context)


def note_all(book: TicketBook, ids: Sequence[str], text: str, context: Context) -> Batch:
    """Add the same note to many tickets."""
    return _each(book, ids, lambda key: book.note(key, text), context)


def _each(
    book: TicketBook, ids: Sequence[str], step: Callable[[str], Ticket], context: Context
) -> Batch:
    done: list[str] = []
    refused: list[Refused] = []
    for place, identity in enumerate(ids):
        number = book.get(identity).number
        context.progress(100 * place // len(ids), number)
        try:
            step(identity)
        except OpsError as error:
            refused.append(Refused(number, error.message))
        else:
            done.append(number)
        context.wait(_BREATH)
    return Batch(tuple(done), tuple(refused))
