"""Which tickets a list shows: a few choices that can be named, kept, and used again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Set
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final, Literal, Protocol, cast, get_args

from gmops_desktop.contract.tickets import (
    ENDED,
    KINDS,
    PRIORITIES,
    STATES,
    WAITING,
    Priority,
    TicketKind,
    TicketState,
)

Which = Literal["open", "waiting", "all"]
_VERSION: Final = 1


class Listed(Protocol):
    """What a filter asks of a ticket."""

    @property
    def kind(self) -> TicketKind: ...
    @property
    def state(self) -> TicketState: ...
    @property
    def priority(self) -> Priority: ...
    @property
    def requester(self) -> str: ...
    @property
    def resource_id(self) -> str: ...
    @property
    def opened_at(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class TicketFilter:
    """Choices that must all hold; what is empty leaves everything through.

    `text` is searched for elsewhere: it may stand in any step.
    """

    which: Which = "open"
    text: str = ""
    kinds: frozenset[TicketKind] = frozenset()
    priorities: frozenset[Priority] = frozenset()
    states: frozenset[TicketState] = frozenset()
    resource_id: str = ""

    @property
    def narrows(self) -> bool:
        """Whether more is chosen than open, waiting or all."""
        return bool(self.kinds or self.priorities or self.states or self.resource_id)

    def passes(self, ticket: Listed) -> bool:
        """Return whether a ticket is shown, its text aside."""
        if self.which == "open" and ticket.state in ENDED:
            return False
        if self.which == "waiting" and ticket.state not in WAITING:
            return False
        return (
            (not self.kinds or ticket.kind in self.kinds)
            and (not self.priorities or ticket.priority in self.priorities)
            and (not self.states or ticket.state in self.states)
            and (not self.resource_id or ticket.resource_id == self.resource_id)
        )


@dataclass(frozen=True, slots=True)
class SavedFilter:
    """A filter under the name somebody gave it."""

    name: str
    filter: TicketFilter


def to_text(filters: Iterable[SavedFilter]) -> str:
    """Return filters as the settings keep them."""
    told = [
        {"name": one.name}
        | {
            key: sorted(value) if isinstance(value, Set) else value
            for key, value in asdict(one.filter).items()
        }
        for one in filters
    ]
    return json.dumps({"version": _VERSION, "filters": told}, ensure_ascii=False)


def from_text(text: str) -> tuple[SavedFilter, ...]:
    """Return the filters of the settings; choices this program does not know are left out.

    Raises `ValueError` where the text is none of ours.
    """
    if not text:
        return ()
    told = json.loads(text)
    if not isinstance(told, dict) or not isinstance(told.get("filters"), list):
        raise ValueError("no list of filters")
    return tuple(_saved(values) for values in told["filters"] if isinstance(values, dict))


def _saved(values: dict[str, Any]) -> SavedFilter:
    which = values.get("which")
    return SavedFilter(
        str(values.get("name", "")),
        TicketFilter(
            which=cast(Which, which) if which in get_args(Which) else "all",
            text=str(values.get("text", "")),
            kinds=frozenset(one for one in KINDS if one in values.get("kinds", ())),
            priorities=frozenset(one for one in PRIORITIES if one in values.get("priorities", ())),
            states=frozenset(one for one in STATES if one in values.get("states", ())),
            resource_id=str(values.get("resource_id", "")),
        ),
    )
