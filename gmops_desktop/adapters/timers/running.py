"""What a timer runs, how it stands, and the one way its tools are called."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.paths import write_atomically

_SECONDS: Final = 20.0

TimerKind = Literal["systemd", "cron", "launchd", "windows"]


@dataclass(frozen=True, slots=True)
class Job:
    """A command to be started every `minutes` (a divisor of 60) under a name of its own.

    `about` says what it does; `log` takes what it says, where the timer keeps no log by itself.
    `environment` holds names of files and folders, never a secret.
    """

    name: str
    command: tuple[str, ...]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    minutes: int = 10
    about: str = "take the backups that are due"


@dataclass(frozen=True, slots=True)
class TimerState:
    """Whether a timer is set up and runs; `where` is its file or name, `note` what to know."""

    kind: TimerKind
    installed: bool
    active: bool
    where: str
    note: str = ""


def call(command: Sequence[str], text: str | None = None) -> str:
    """Run a tool and return what it says; raise `OpsError` where it is missing or fails."""
    code, said, complaint = ask(command, text)
    if code:
        raise OpsError(
            tr("{command} failed: {why}", command=" ".join(command[:3]), why=complaint or code),
            hint=tr("Set the timer up by hand with the command that `gmops schedule status` shows, "
                    "or leave the window open."),
            unharmed=tr("The schedule itself is unchanged."),
        )  # fmt: skip
    return said


def ask(command: Sequence[str], text: str | None = None) -> tuple[int, str, str]:
    """Run a tool; return its exit code, what it says, and what it complains of."""
    program = shutil.which(command[0])
    if program is None:
        return 127, "", tr("{program} is not installed", program=command[0])
    try:
        ran = subprocess.run(
            [program, *command[1:]],
            input=text,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_SECONDS,
            check=False,
            env={**os.environ, "LC_ALL": "C"},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return 126, "", str(error)
    return ran.returncode, ran.stdout, ran.stderr.strip()


def write(path: Path, content: bytes) -> None:
    """Write a small file whole; raise `OpsError` where that cannot be."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, content, 0o644)
    except OSError as error:
        raise OpsError(
            tr("{path} could not be written: {why}.", path=path, why=error.strerror or error),
            hint=tr("Free some space or mend the folder's permissions, then try again."),
            unharmed=tr("The timer is as it was."),
        ) from error
