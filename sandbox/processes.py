"""Processes of the sandbox: known by a mark in their environment, and found where they
are installed.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

from gmops_desktop.adapters.processes import (
    LOOPBACK,
    Process,
    answers,
    beginning,
    free_port,
    greeted,
    launch,
    pause,
)
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

__all__ = [
    "LOOPBACK",
    "Process",
    "answers",
    "end_strays",
    "find_tool",
    "free_port",
    "greeted",
    "launch",
    "marking",
    "pause",
]

_SYSTEM_FOLDERS: Final = "/usr/sbin:/usr/local/sbin:/sbin:/usr/local/bin:/opt/homebrew/bin"

# In the environment of every server: whose it is, should its starter die before noting its pid.
_MARK: Final = "GMOPS_SANDBOX_SERVER"


def marking(folder: Path) -> dict[str, str]:
    """Return the variable by which `end_strays` knows a process started for `folder`."""
    return {_MARK: str(folder)}


def end_strays(folder: Path) -> None:
    """End what was started for `folder` by a program that died before it could take note."""
    for stray in _marked(folder):
        stray.end()


def find_tool(name: str, package: str) -> Path:
    """Return the path of a server or tool of the system, /usr/sbin included."""
    path = shutil.which(name) or shutil.which(name, path=_SYSTEM_FOLDERS)
    if not path:
        raise OpsError(
            tr("The sandbox needs {name}, which is not installed.", name=name),
            hint=tr("Debian and Ubuntu: apt-get install {package}", package=package),
        )
    return Path(path)


def _marked(folder: Path) -> list[Process]:
    """Return the living processes started for `folder` that may have been forgotten (Linux).

    sshd writes its title over its environment; it is known by its pid file and its words.
    """
    mark = f"{_MARK}={folder}".encode()
    noted = {file.read_text("utf-8").strip() for file in folder.glob("*.pid")}
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            ours = mark in (place / "environ").read_bytes().split(b"\0") or (
                place.name in noted and f"{folder}/".encode() in (place / "cmdline").read_bytes()
            )
        except OSError:
            continue  # another user's, or gone while we looked
        pid = int(place.name)
        if ours and pid != os.getpid() and (began := beginning(pid)):
            found.append(Process(pid, began))
    return found
