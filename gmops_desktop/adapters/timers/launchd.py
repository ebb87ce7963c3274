"""A launch agent of macOS (launchd.plist(5)): `~/Library/LaunchAgents`."""

from __future__ import annotations

import os
import plistlib
import sys
from pathlib import Path

from gmops_desktop.adapters.timers.running import Job, TimerState, ask, call, write


def usable() -> bool:
    """Whether this is a Mac."""
    return sys.platform == "darwin"


def install(job: Job) -> TimerState:
    """Write the agent anew and load it."""
    file = _file(job.name)
    ask(["launchctl", "bootout", f"{_domain()}/{job.name}"])  # an older one, if there is any
    write(file, agent(job))
    call(["launchctl", "bootstrap", _domain(), str(file)])
    return state(job.name)


def remove(name: str) -> None:
    """Unload the agent and delete its file; do nothing where there is none."""
    ask(["launchctl", "bootout", f"{_domain()}/{name}"])
    _file(name).unlink(missing_ok=True)


def state(name: str) -> TimerState:
    """Say how the agent stands."""
    file = _file(name)
    active = ask(["launchctl", "print", f"{_domain()}/{name}"])[0] == 0
    return TimerState("launchd", file.exists(), file.exists() and active, str(file))


def agent(job: Job) -> bytes:
    """Return the property list; launchd runs a time that was slept through once on waking."""
    return plistlib.dumps(
        {
            "Label": job.name,
            "ProgramArguments": list(job.command),
            "EnvironmentVariables": dict(job.environment),
            "StartCalendarInterval": [{"Minute": m} for m in range(0, 60, job.minutes)],
            "ProcessType": "Background",
            "LowPriorityIO": True,
            "StandardOutPath": str(job.log),
            "StandardErrorPath": str(job.log),
        }
    )


def _file(name: str) -> Path:
    return Path.home() / "Library" / "LaunchAgents" / f"{name}.plist"


def _domain() -> str:
    return f"gui/{os.getuid()}" if hasattr(os, "getuid") else "gui/0"
