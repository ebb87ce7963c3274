"""Server processes that outlive whoever started them, and can be told from a stranger that
inherited their number: a process is its pid together with the moment it began.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

LOOPBACK: Final = "127.0.0.1"
_SYSTEM_FOLDERS: Final = "/usr/sbin:/usr/local/sbin:/sbin:/usr/local/bin:/opt/homebrew/bin"
_STEP: Final = 0.02  # seconds between two looks at a server that starts or stops

# In the environment of every server: whose it is, should its starter die before noting its pid.
_MARK: Final = "GMOPS_SANDBOX_SERVER"

_never = threading.Event()


@dataclass(frozen=True, slots=True)
class Process:
    """A process we started; `began` is the system's own start mark, so a reused pid differs."""

    pid: int
    began: str

    def alive(self) -> bool:
        """Whether this very process still runs (a dead child is reaped on the way)."""
        _reap(self.pid)
        return _beginning(self.pid) == self.began

    def end(self, *, patience: float = 10.0) -> None:
        """Ask it to stop, insist after `patience` seconds, and return when it and all it
        started are gone."""
        family = _descendants(self.pid) if self.alive() else []
        self._end(patience)
        for process in family:
            process._end(2.0)

    def _end(self, patience: float) -> None:
        for sign, seconds in ((signal.SIGTERM, patience), (signal.SIGKILL, 10.0)):
            if not self._signal(sign):
                return
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline:
                if not self.alive():
                    return
                pause()
        raise OpsError(tr("Process {pid} of the sandbox does not end.", pid=self.pid))

    def kill(self) -> None:
        """End it at once, as a crash would."""
        if self._signal(signal.SIGKILL):
            while self.alive():
                pause()

    def _signal(self, sign: signal.Signals) -> bool:
        if not self.alive():
            return False
        try:
            os.kill(self.pid, sign)
        except ProcessLookupError:
            return False
        return True


def launch(
    words: Sequence[str | Path], log: Path, *, environment: Mapping[str, str] | None = None
) -> Process:
    """Start a server in a session of its own, its output appended to `log`.

    It survives its parent, Ctrl+C in the parent's terminal included.
    """
    line = [str(word) for word in words]
    appending = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    pid = os.posix_spawn(
        line[0],
        line,
        {**os.environ, **(environment or {})},
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log), appending, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
    )
    return Process(pid, _beginning(pid) or "")


def pause() -> None:
    """Wait a moment, before looking again at a server that starts or stops."""
    _never.wait(_STEP)


def marking(folder: Path) -> dict[str, str]:
    """Return the variable by which `end_strays` knows a process started for `folder`."""
    return {_MARK: str(folder)}


def end_strays(folder: Path) -> None:
    """End what was started for `folder` by a program that died before it could take note."""
    for stray in _marked(folder):
        stray.end()


def free_port() -> int:
    """Return a loopback port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def answers(port: int) -> bool:
    """Whether somebody accepts connections on this loopback port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((LOOPBACK, port)) == 0


def greeted(port: int) -> bool:
    """Whether somebody on this loopback port speaks first, as servers of MySQL and SSH do."""
    with socket.socket() as probe:
        probe.settimeout(1)
        try:
            probe.connect((LOOPBACK, port))
            return bool(probe.recv(1))
        except OSError:
            return False


def find_tool(name: str, package: str) -> Path:
    """Return the path of a server or tool of the system, /usr/sbin included."""
    path = shutil.which(name) or shutil.which(name, path=_SYSTEM_FOLDERS)
    if not path:
        raise OpsError(
            tr("The sandbox needs {name}, which is not installed.", name=name),
            hint=tr("Debian and Ubuntu: apt-get install {package}", package=package),
        )
    return Path(path)


def _reap(pid: int) -> None:
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return  # somebody else's child: its own parent, or init, reaps it


def _beginning(pid: int) -> str | None:
    """Return the start mark of a living process; None for a dead one or a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except (FileNotFoundError, ProcessLookupError):
        if Path("/proc/self/stat").exists():
            return None
        return _beginning_by_ps(pid)
    # The name in brackets may hold anything; after it: state (3), ..., start time in ticks (22).
    rest = stat.rpartition(")")[2].split()
    return None if rest[0] in "ZX" else rest[19]


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
        if ours and pid != os.getpid() and (began := _beginning(pid)):
            found.append(Process(pid, began))
    return found


def _descendants(pid: int) -> list[Process]:
    """Return every living process below `pid` (an open SSH session outlives its sshd)."""
    parents: dict[int, int] = {}
    if Path("/proc/self/stat").exists():
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit():
                try:
                    stat = (folder / "stat").read_text("utf-8", "replace")
                except OSError:
                    continue  # it ended while we looked
                parents[int(folder.name)] = int(stat.rpartition(")")[2].split()[1])
    else:
        words = ["ps", "-A", "-o", "pid=,ppid="]
        shown = subprocess.run(words, capture_output=True, text=True, check=False).stdout
        parents = {int(line.split()[0]): int(line.split()[1]) for line in shown.splitlines()}
    below, found = {pid}, True
    while found:
        more = {child for child, parent in parents.items() if parent in below} - below
        below |= more
        found = bool(more)
    return [Process(one, began) for one in below - {pid} if (began := _beginning(one))]


def _beginning_by_ps(pid: int) -> str | None:
    """The same where there is no /proc (macOS)."""
    words = ["ps", "-o", "state=,lstart=", "-p", str(pid)]
    shown = subprocess.run(words, capture_output=True, text=True, check=False).stdout.split()
    return None if not shown or shown[0].startswith("Z") else " ".join(shown[1:])
