"""Server processes that outlive whoever started them, and can be told from a stranger that
inherited their number: a process is its pid together with the moment it began.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

LOOPBACK: Final = "127.0.0.1"
_STEP: Final = 0.02  # seconds between two looks at a server that starts or stops

_never = threading.Event()


@dataclass(frozen=True, slots=True)
class Process:
    """A process we started; `began` is the system's own start mark, so a reused pid differs."""

    pid: int
    began: str

    def alive(self) -> bool:
        """Whether this very process still runs (a dead child is reaped on the way)."""
        _reap(self.pid)
        return beginning(self.pid) == self.began

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
        raise OpsError(tr("Process {pid} does not end.", pid=self.pid))

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
    if sys.platform == "win32":
        raise OpsError(
            tr("Servers of one's own cannot be started on Windows yet."),
            hint=tr("Use a machine with Linux or macOS for it."),
        )
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
    return Process(pid, beginning(pid) or "")


def pause() -> None:
    """Wait a moment, before looking again at a server that starts or stops."""
    _never.wait(_STEP)


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


def greeted(port: int, host: str = LOOPBACK) -> bool:
    """Whether somebody on this port speaks first, as servers of MySQL and SSH do."""
    with socket.socket() as probe:
        probe.settimeout(1)
        try:
            probe.connect((host, port))
            return bool(probe.recv(1))
        except OSError:
            return False


def serving(folder: Path) -> list[Process]:
    """Return the living processes whose command line names `folder` as their data folder.

    `folder` must be named so that nobody else's is: then no other process is ever meant.
    """
    word = f"--datadir={folder}"
    found = []
    if Path("/proc/self/stat").exists():
        for place in Path("/proc").glob("[0-9]*"):
            try:
                words = (place / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue  # another user's, or gone while we looked
            if os.fsencode(word) in words:
                found.append(int(place.name))
    else:
        shown = subprocess.run(
            ["ps", "-axww", "-o", "pid=,command="], capture_output=True, text=True, check=False
        ).stdout
        found = [int(line.split()[0]) for line in shown.splitlines() if f" {word} " in f"{line} "]
    return [Process(pid, began) for pid in found if (began := beginning(pid))]


def _reap(pid: int) -> None:
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return  # somebody else's child: its own parent, or init, reaps it


def beginning(pid: int) -> str | None:
    """Return the start mark of a living process; None for a dead one or a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except (FileNotFoundError, ProcessLookupError):
        if Path("/proc/self/stat").exists():
            return None
        return _beginning_by_ps(pid)
    # The name in brackets may hold anything; after it: state (3), threads (20), start (22).
    rest = stat.rpartition(")")[2].split()
    # Killed, the first thread is a zombie while the others still hold files, locks and ports.
    over = rest[0] in "ZX" and int(rest[17]) <= 1
    return None if over else rest[19]


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
    return [Process(one, began) for one in below - {pid} if (began := beginning(one))]


def _beginning_by_ps(pid: int) -> str | None:
    """The same where there is no /proc (macOS)."""
    words = ["ps", "-o", "state=,lstart=", "-p", str(pid)]
    shown = subprocess.run(words, capture_output=True, text=True, check=False).stdout.split()
    return None if not shown or shown[0].startswith("Z") else " ".join(shown[1:])
