"""The system's own timers, which take backups and look at the servers also while the window is
closed."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from gmops_desktop.adapters.timers import Job, TimerState, cron, launchd, systemd, windows
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.paths import Home

__all__ = ["TimerState", "Timers", "own_command"]

_KINDS: Final = (windows, launchd, systemd, cron)  # the first that is usable is taken


class Timers:
    """Installs, removes and shows the timer `name` that runs `command` every `minutes`, for the
    data folder `home`; `about` says what it does."""

    def __init__(
        self,
        home: Home,
        command: Sequence[str],
        *,
        name: str = "schedule",
        minutes: int = 10,
        about: str = "take the backups that are due",
    ) -> None:
        self._home = home
        self._command = tuple(command)
        self._called, self._minutes, self._about = name, minutes, about

    def install(self, *, password_file: Path | None = None) -> TimerState:
        """Set the timer up, in the place of an older one.

        `password_file` is for machines without a keyring: it is named to the command, which reads
        it; it must be readable by its owner only.
        """
        kind = next((one for one in _KINDS if one.usable()), None)
        if kind is None:
            raise OpsError(
                tr("This system has no timer that a user may set: neither systemd nor cron."),
                hint=tr(
                    "Leave the window open, or let {command} be started every {minutes} minutes.",
                    command=" ".join(self._command),
                    minutes=self._minutes,
                ),
                unharmed=tr("The schedule itself is unchanged."),
            )
        environment = {}
        if os.environ.get("GMOPS_HOME"):
            environment["GMOPS_HOME"] = str(self._home.root)
        if password_file is not None:
            _check_password_file(password_file)
            environment["GMOPS_PASSWORD_FILE"] = str(password_file.absolute())
        for other in _KINDS:
            if other is not kind and other.usable():
                other.remove(self._name)  # two timers would only stand in each other's way
        job = Job(self._name, self._command, self.log, environment, self._minutes, self._about)
        state: TimerState = kind.install(job)
        return state

    def remove(self) -> bool:
        """Take the timer away, whatever kind it is; say whether there was one."""
        was = self.state()
        for kind in _KINDS:
            if kind.usable():
                kind.remove(self._name)
        return was is not None

    def state(self) -> TimerState | None:
        """Return how the timer stands, None where there is none."""
        states = (kind.state(self._name) for kind in _KINDS if kind.usable())
        return next((state for state in states if state.installed), None)

    @property
    def minutes(self) -> int:
        """How often it starts its command."""
        return self._minutes

    @property
    def log(self) -> Path:
        """What the command says, where the timer keeps no log by itself."""
        return self._home.logs / f"{self._called}.log"

    @property
    def command(self) -> tuple[str, ...]:
        """What a timer set up by hand would have to start."""
        return self._command

    @property
    def _name(self) -> str:
        """The timer's name: a data folder named by `GMOPS_HOME` has one of its own."""
        named = os.environ.get("GMOPS_HOME")
        tag = f"-{hashlib.sha256(str(self._home.root).encode()).hexdigest()[:8]}" if named else ""
        return f"gmops-{self._called}{tag}"


def own_command(*words: str) -> tuple[str, ...]:
    """Return what starts `gmops` with these `words`, for this very installation."""
    if getattr(sys, "frozen", False):
        program = Path(sys.executable)
        return (str(program.with_name(f"gmops{program.suffix}")), *words)
    return (sys.executable, "-m", "gmops_desktop.cli", *words)


def _check_password_file(path: Path) -> None:
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise OpsError(
            tr("The password file {path} cannot be read: {why}.", path=path,
               why=error.strerror or error),
            hint=tr("Name a readable file with the password on its first line."),
        ) from error  # fmt: skip
    if os.name != "nt" and mode & 0o077:
        raise OpsError(
            tr("The password file {path} can be read by others.", path=path),
            hint=tr("Let only its owner read it: chmod 600 {path}", path=path),
            unharmed=tr("No timer was set up."),
        )
