"""In which order a list of tickets stands."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal, Protocol, TypeVar

from gmops_desktop.contract.tickets import STATES, Priority, TicketState
from gmops_desktop.language import mark, tr

By = Literal["opened", "due", "priority", "state", "number", "updated"]

_WORDS: Final[dict[By, str]] = {
    "number": mark("No."),
    "priority": mark("Priority"),
    "state": mark("State"),
    "due": mark("Due by"),
    "updated": mark("Updated"),
    "opened": mark("Opened"),
}
WAYS: Final = tuple(_WORDS)
_LATEST_FIRST: Final[frozenset[By]] = frozenset({"opened", "updated"})
_STATES: Final = {state: place for place, state in enumerate(STATES)}
_NUMBER: Final = re.compile(r"(\D*)(\d*)")


class Listed(Protocol):
    """What an order asks of a ticket; times are milliseconds since 1970."""

    @property
    def id(self) -> str: ...
    @property
    def number(self) -> str: ...
    @property
    def state(self) -> TicketState: ...
    @property
    def priority(self) -> Priority: ...
    @property
    def opened(self) -> int: ...
    @property
    def updated(self) -> int: ...


Line = TypeVar("Line", bound=Listed)


def word_of_way(by: By) -> str:
    """Return the word above a list for what it is sorted by."""
    return tr(_WORDS[by])


@dataclass(frozen=True, slots=True)
class Order:
    """Sorted by one thing; what is equal in it stands newest first.

    By state, a list goes along the ticket's way; by priority, the most urgent is the first; by due
    time, tickets that nothing is due of stand at the end, whichever the direction.
    """

    by: By = "opened"
    descending: bool = True

    def turned_to(self, by: By) -> Order:
        """Return the order after a click on `by`: the other way round where it was that already."""
        if by == self.by:
            return replace(self, descending=not self.descending)
        return Order(by, by in _LATEST_FIRST)

    def sort(
        self, newest_first: Iterable[Line], due: Mapping[str, datetime | None]
    ) -> Sequence[Line]:
        """Return tickets in this order; `due` says when something is due of those that are open."""
        lines = list(newest_first)
        if self == Order():
            return lines
        if self.by == "due":
            bound = [one for one in lines if due.get(one.id) is not None]
            free = [one for one in lines if due.get(one.id) is None]
            bound.sort(key=lambda one: due[one.id] or datetime.max, reverse=self.descending)
            return [*bound, *free]
        lines.sort(key=_KEYS[self.by], reverse=self.descending)
        return lines


def to_text(order: Order) -> str:
    """Return an order as the settings keep it: "due", "-opened"."""
    return f"-{order.by}" if order.descending else order.by


def from_text(text: str) -> Order:
    """Return the order of the settings; newest first for what this program does not know."""
    by = next((one for one in WAYS if one == text.removeprefix("-")), None)
    return Order(by, text.startswith("-")) if by else Order()


def _number(one: Listed) -> tuple[str, int, str]:
    """Return a number so that T-9999 stands before T-10000."""
    found = _NUMBER.match(one.number)
    assert found is not None  # it matches nothing, too
    return found[1], int(found[2] or 0), one.number


_KEYS: Final[dict[By, Callable[[Any], Any]]] = {
    "opened": lambda one: one.opened,
    "priority": lambda one: one.priority,
    "state": lambda one: _STATES[one.state],
    "number": _number,
    "updated": lambda one: one.updated,
}
