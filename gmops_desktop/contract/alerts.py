"""An alert as the window, the tickets and the terminal show it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gmops_desktop.contract.thresholds import UNREACHED
from gmops_desktop.states import State

# What opens no ticket: nobody knows anything, or each thing that runs out has a ticket of its own.
TOLD_APART: Final = frozenset({UNREACHED, "expires"})


@dataclass(frozen=True, slots=True)
class Alert:
    """A finding that lasted.

    `key` names it within its resource ("cpu", "disk:/data", "down"); `quiet` marks what was raised
    in an announced window; `ticket` is the number of its ticket, where there is one.
    """

    id: str
    resource_id: str
    resource: str
    key: str
    state: State
    text: str
    raised_at: datetime
    cleared_at: datetime | None = None
    quiet: bool = False
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""
    ticket: str = ""
    evidence: tuple[str, ...] = ()

    @property
    def shown(self) -> State:
        """The state to show: what cannot be seen is unknown, however pressing that is."""
        return "unknown" if self.key == UNREACHED else self.state
