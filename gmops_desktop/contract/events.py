"""Something that happened at a time: a chart marks it, "what changed around then?" tells it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from gmops_desktop.language import mark, tr
from gmops_desktop.states import State

EventKind = Literal["backup", "restore", "change", "ticket", "alert", "look", "record"]

_WORDS: Final[dict[EventKind, str]] = {
    "backup": mark("Backup"),
    "restore": mark("Restore"),
    "change": mark("Change"),
    "ticket": mark("Ticket"),
    "alert": mark("Alert"),
    "look": mark("Look"),
    "record": mark("Record"),
}


@dataclass(frozen=True, slots=True)
class Event:
    """`page` and `identity` say where it is shown; `resource_id` is empty where it has none."""

    at: datetime
    kind: EventKind
    text: str
    resource_id: str = ""
    page: str = ""
    identity: str = ""
    actor: str = ""
    state: State | None = None

    @property
    def word(self) -> str:
        """What kind of thing it is."""
        return tr(_WORDS[self.kind])
