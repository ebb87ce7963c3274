"""Runs `gmops` as a program of its own, the way cron and scripts do."""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import ready_gmops

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Ran:
    """What a command left behind: exit code, standard output, standard error."""

    code: int
    out: str
    err: str

    @property
    def answer(self) -> Any:
        """The one JSON document on standard output."""
        return json.loads(self.out)


def environment(home: Path, **more: str) -> dict[str, str]:
    """Return the environment of a command: English, its own home, no keyring, no terminal size."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {
        **kept,
        "GMOPS_HOME": str(home),
        "GMOPS_LANGUAGE": "en",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        "QT_QPA_PLATFORM": "offscreen",
        **more,
    }


class Command:
    """A running command; what is asked of a `subprocess.Popen` is asked of it alike.

    No file that it writes may grow beyond `file_limit` bytes: the kernel refuses it.
    It is a process of its own, forked from one that has imported the libraries: a second less for
    each of some hundreds.  `tests/cli/test_usage.py` starts it from nothing.
    """

    def __init__(
        self,
        words: Sequence[str | Path],
        environment: Mapping[str, str],
        *,
        file_limit: int | None = None,
    ) -> None:
        pipes = [os.pipe() for _ in range(3)]
        (self._out, self._err, self._told), theirs = zip(*pipes, strict=True)
        nothing = os.open(os.devnull, os.O_RDONLY)
        request = {
            "words": [str(word) for word in words],
            "environment": dict(environment),
            "folder": str(ROOT),
            "file_limit": file_limit,
        }
        socket.send_fds(_ready(), [json.dumps(request).encode()], [nothing, *theirs])
        for fd in (nothing, *theirs):
            os.close(fd)
        self._open = {self._out, self._err}
        self.pid = self._number()
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return the exit code (minus the signal that ended it), or None while it runs."""
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end."""
        if self.returncode is None:
            if not select.select([self._told], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
            self.returncode = self._number()
            os.close(self._told)
        return self.returncode

    def communicate(self, timeout: float) -> tuple[str, str]:
        """Return all that it says on standard output and on standard error, when it has ended."""
        deadline = time.monotonic() + timeout
        said = {self._out: b"", self._err: b""}
        while self._open:
            ready, _, _ = select.select(self._open, [], [], max(0, deadline - time.monotonic()))
            if not ready:
                raise subprocess.TimeoutExpired(str(self.pid), timeout)
            for fd in ready:
                if piece := os.read(fd, 1 << 16):
                    said[fd] += piece
                else:
                    self._open.remove(fd)
                    os.close(fd)
        self.wait(max(0, deadline - time.monotonic()))
        return said[self._out].decode(), said[self._err].decode()

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):  # it ends in this moment
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        while self._open:  # of one that was killed, nobody may have read
            os.close(self._open.pop())
        self.wait()

    def _number(self) -> int:
        """Return the next of the two numbers that are told: process id, exit code."""
        line = b""
        while not line.endswith(b"\n"):
            piece = os.read(self._told, 1)
            assert piece, "the process that starts commands is gone"
            line += piece
        return int(line)


def start(*words: str | Path, home: Path, **more: str) -> Command:
    """Start a command and return at once."""
    return Command(words, environment(home, **more))


def gmops(*words: str | Path, home: Path, **more: str) -> Ran:
    """Run a command to its end."""
    with start(*words, home=home, **more) as process:
        out, err = process.communicate(timeout=120)
    assert process.returncode is not None
    return Ran(process.returncode, out, err)


@functools.cache
def _ready() -> socket.socket:
    """Start the process whose forks the commands are; it ends when this one does."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        started = subprocess.Popen(
            [sys.executable, ready_gmops.__file__, str(theirs.fileno())],
            cwd=ROOT,
            env=environment(Path(os.devnull)),
            stdin=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
        )
    atexit.register(started.wait)
    atexit.register(ours.close)
    return ours
