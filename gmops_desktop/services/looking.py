"""Rounds of looks in a process of their own, which leaves the window's process its turns.

What a round stores it stores there; the window is told that there is something new, and reads it.
Connections, and what is known between two rounds, stay in that process.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gmops_desktop.addresses import Resource
from gmops_desktop.context import Context
from gmops_desktop.paths import Home
from gmops_desktop.resident import Resident
from gmops_desktop.spawned import Ask


@dataclass(frozen=True, slots=True)
class Rounds:
    """What lives in the process; `renew` reads the settings, which the window may have changed."""

    do: Callable[..., object]
    renew: Callable[[], object]
    let_go: Callable[[], object]
    end: Callable[[], object]

    def look(self, context: Context, resources: Sequence[Resource], afresh: bool) -> None:
        """Do a round; its looks stay here."""
        self.renew()
        self.do(resources, context, afresh=afresh)

    def forget(self, _context: Context) -> None:
        """Log in anew from now on."""
        self.let_go()

    def close(self) -> None:
        """Close the connections that are kept."""
        self.end()


class Looking:
    """Looks at resources on the data in `home`; `serve` makes the rounds in the process, `secret`
    gives a password by its name, in this one."""

    def __init__(
        self,
        home: Home,
        serve: Callable[[Ask, Home], Rounds],
        secret: Ask,
        *,
        patience: float = 30.0,
    ) -> None:
        self.process = Resident(serve, home, answer=secret, patience=patience)

    def look(self, resources: Sequence[Resource], context: Context, *, afresh: bool) -> None:
        """Look at all `resources` and store what is found, as `Servers.look` does.

        Raises what that raises, or `OpsError` where the process came to an end; what was stored
        until then stays, and the next call starts a new one.
        """
        if resources:
            self.process.call(context, "look", tuple(resources), afresh)

    def forget(self) -> None:
        """Log in anew from now on."""
        self.process.tell("forget")

    def close(self) -> None:
        """End the process, and the connections it keeps."""
        self.process.close()
