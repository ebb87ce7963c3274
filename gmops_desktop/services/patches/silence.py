"""How long a server that does not answer is asked again while a run is followed.

One that restarts is silent for a while and nothing is wrong; after its time somebody must look.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr, tr_n
from gmops_desktop.services.patches.hands import Hands


class Silence:
    """Begins with the first question that nobody answers; `clock` counts seconds."""

    def __init__(self, hands: Hands, clock: Callable[[], float] = time.monotonic) -> None:
        self._hands, self._clock = hands, clock
        self._tries = 0
        self._since: float | None = None

    @property
    def lasted(self) -> float:
        """Seconds since it began."""
        return 0.0 if self._since is None else self._clock() - self._since

    def pause(self, *, restarts: bool) -> float | None:
        """Return the seconds to wait before asking again; None where it has lasted too long."""
        pauses = self._hands.pauses
        if self._since is None:
            self._since = self._clock()
        if self._tries >= len(pauses) and not (restarts and self.lasted < self._hands.back_within):
            return None
        pause = pauses[min(self._tries, len(pauses) - 1)] if pauses else self._hands.every
        self._tries += 1
        return pause

    def told(self, name: str, *, restarts: bool) -> str:
        """Return what is shown meanwhile."""
        if restarts:
            return tr(
                "{name} does not answer: it restarts, and is waited for (for {seconds} s, up to "
                "{limit} min) …", name=name, seconds=round(self.lasted),
                limit=round(self._hands.back_within / 60),
            )  # fmt: skip
        return tr("{name} does not answer; asking again …", name=name)


def not_back(name: str, seconds: float, error: OpsError) -> str:
    """Return what is missing, and what to do, where a server does not come back."""
    minutes = tr_n("{count} minute", "{count} minutes", max(1, round(seconds / 60)))
    return tr(
        "{name} was to restart and has not answered for {minutes}: no new boot id was seen. The "
        "last answer: {why} Look at it through the cloud's console (VNC) and start it there if it "
        "is off; then attach again. Nothing is checked before it is back.",
        name=name, minutes=minutes, why=error.message,
    )  # fmt: skip
