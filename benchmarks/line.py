"""The 5 Mbit/s line between the server and the office, with an SSH server at its far end.

As root it is a network namespace for the client and a veth pair, throttled and counted by the
kernel (`tc qdisc ... tbf`); else a throttling proxy in a process of its own.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.commands import Failed, Ran, run
from gmops_desktop.paths import ROOT
from sandbox.processes import LOOPBACK
from sandbox.sshd import Sshd

_NAMESPACE: Final = "gmops-bench-"  # followed by the pid of the bench that made it
_TRIAL: Final = 3_000_000  # bytes sent to measure the rate: five seconds of 5 Mbit/s
_TOLERANCE: Final = 0.1
_TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class Passed:
    """Bytes that crossed the line: `down` from the server to the client, and `up`."""

    down: int
    up: int

    @property
    def both(self) -> int:
        return self.down + self.up

    def __sub__(self, other: Passed) -> Passed:
        return Passed(self.down - other.down, self.up - other.up)


@dataclass(frozen=True)
class Line:
    """What a contestant needs to work over the line.

    `kind` says how it is made; `prefix` is put before a command that is to run at the client's end.
    """

    kind: str
    rate: float  # bits per second
    host: str
    port: int
    sshd: Sshd
    folder: Path
    prefix: tuple[str, ...]
    passed: Callable[[], Passed]

    @property
    def known_hosts(self) -> str:
        """The line of a known_hosts file that pins the server."""
        return f"[{self.host}]:{self.port} {self.sshd.host_key}\n"

    @property
    def server(self) -> str:
        """`user@host:port`, as our program is told."""
        return f"{self.sshd.address.user}@{self.host}:{self.port}"

    def ssh(self, remote: str, *more: str) -> list[str]:
        """Return the command that runs a shell line at the server, by the stock client with `more`
        options."""
        hosts = self.folder / "known_hosts"
        hosts.write_text(self.known_hosts, "utf-8")
        options = ["BatchMode=yes", "StrictHostKeyChecking=yes", f"UserKnownHostsFile={hosts}"]
        words = [
            "ssh",
            *more,
            "-F",
            "/dev/null",
            "-i",
            str(self.sshd.key_file),
            "-p",
            str(self.port),
        ]
        for option in options:
            words += ["-o", option]
        where = f"{self.sshd.address.user}@{self.host}"
        return [*words, where, shlex.join(["bash", "-o", "pipefail", "-c", remote])]

    def run(
        self,
        words: Sequence[str | Path],
        *,
        environment: dict[str, str] | None = None,
        source: Path = Path(os.devnull),
        into: Path | None = None,
    ) -> tuple[Ran, Passed]:
        """Run a command at the client's end; return also what crossed the line meanwhile."""
        before = self.passed()
        line = [*self.prefix, *words]
        ran = run(line, environment=environment, source=source, into=into)
        return ran, self.passed() - before

    def measured(self) -> float:
        """Send a few megabytes, and return the line's rate in bits per second.

        The clock runs from the first byte to the last: how long a busy machine takes to log in says
        nothing about the line.  Raises `Failed` where none of three tries comes within a tenth of
        the rate it was made for.
        """
        for _ in range(_TRIES):
            rate = self._tried()
            if abs(rate / self.rate - 1) <= _TOLERANCE:
                return rate
        raise Failed(f"The line carries {rate / 1e6:.2f} Mbit/s, not {self.rate / 1e6:.2f}.")

    def _tried(self) -> float:
        words = [*self.prefix, *self.ssh(f"head -c {_TRIAL} /dev/urandom")]
        before = self.passed()
        with subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as sending:
            assert sending.stdout
            received = len(sending.stdout.read(1))
            begun = time.monotonic()
            while data := sending.stdout.read(1 << 16):
                received += len(data)
            seconds = time.monotonic() - begun
        if sending.returncode or received != _TRIAL:
            raise Failed(f"{shlex.join(words)[:200]} … ended with exit code {sending.returncode}.")
        return (self.passed() - before).down * 8 / seconds


@contextmanager
def laid(folder: Path, rate: float, *, both: bool = False, proxied: bool = False) -> Iterator[Line]:
    """Lay a line of `rate` bits per second; everything it needs is gone afterwards.

    What the server sends is throttled, as providers do; `both`: what it is sent is, too.
    """
    folder.mkdir(parents=True)
    by_proxy = proxied or not _may_make_namespaces()
    with (_proxied if by_proxy else _in_namespaces)(folder, rate, both) as line:
        yield line


def sweep() -> None:
    """Remove the namespaces of benches that were killed; whoever still runs in one is ended."""
    if not _may_make_namespaces():
        return
    listed = _ip("netns", "list")
    for name in re.findall(rf"^({_NAMESPACE}\d+)", listed, re.MULTILINE):
        if not Path(f"/proc/{name.removeprefix(_NAMESPACE)}").exists():
            _remove(name)


def _may_make_namespaces() -> bool:
    tools = all(shutil.which(tool) for tool in ("ip", "tc"))
    return tools and hasattr(os, "geteuid") and os.geteuid() == 0


# ---------------------------------------------------------------- by the kernel


class _FarSshd(Sshd):
    """The SSH server of the sandbox, also listening at the line's far end."""

    host = LOOPBACK

    def _words(self, port: int) -> list[str]:
        return [*super()._words(port), "-o", f"ListenAddress={self.host}:{port}"]


@contextmanager
def _in_namespaces(folder: Path, rate: float, both: bool) -> Iterator[Line]:
    name, server, client = f"{_NAMESPACE}{os.getpid()}", _device("s"), _device("c")
    # Of the addresses that are set aside for benchmarks (RFC 2544): nobody is reached by them.
    number = os.getpid() % 60_000 * 4
    network = f"198.{18 + number // 65_536 % 2}.{number // 256 % 256}.{number % 256}"
    here, there = (f"{network.rpartition('.')[0]}.{number % 256 + step}" for step in (1, 2))
    try:
        _ip("netns", "add", name)
        _ip("link", "add", server, "type", "veth", "peer", "name", client)
        _ip("link", "set", client, "netns", name)
        _ip("addr", "add", f"{here}/30", "dev", server)
        # One packet at a time: the counters then count what a wire would carry.
        _ip("link", "set", server, "up", "gso_max_segs", "1")
        _ip("-n", name, "addr", "add", f"{there}/30", "dev", client)
        _ip("-n", name, "link", "set", client, "up", "gso_max_segs", "1")
        _ip("-n", name, "link", "set", "lo", "up")
        shape = ["tbf", "rate", f"{rate:.0f}bit", "burst", "32kb", "latency", "400ms"]
        _call("tc", "qdisc", "add", "dev", server, "root", *shape)
        if both:
            _call("tc", "-n", name, "qdisc", "add", "dev", client, "root", *shape)
        sshd = _FarSshd(folder / "sshd")
        sshd.host = here
        with sshd:
            counters = Path(f"/sys/class/net/{server}/statistics")
            yield Line(
                "the kernel's tbf in a network namespace",
                rate,
                here,
                sshd.port,
                sshd,
                folder,
                ("ip", "netns", "exec", name),
                lambda: Passed(_count(counters / "tx_bytes"), _count(counters / "rx_bytes")),
            )
    finally:
        _remove(name)
        with suppress(Failed):  # it went with the namespace, unless making that failed
            _ip("link", "del", server)


def _device(end: str) -> str:
    return f"gm{os.getpid()}{end}"


def _count(file: Path) -> int:
    return int(file.read_text())


def _remove(name: str) -> None:
    """Remove a namespace of ours; its devices, and what is shaped on them, go with it."""
    with suppress(Failed):
        for pid in _ip("netns", "pids", name).split():
            with suppress(ProcessLookupError):
                os.kill(int(pid), 9)
        _ip("netns", "del", name)


def _ip(*words: str) -> str:
    return _call("ip", *words)


def _call(*words: str) -> str:
    ran = subprocess.run(words, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise Failed(f"{shlex.join(words)}: {ran.stderr.strip()}")
    return ran.stdout


# ---------------------------------------------------------------- by a proxy


@contextmanager
def _proxied(folder: Path, rate: float, both: bool) -> Iterator[Line]:
    with Sshd(folder / "sshd") as sshd:
        words = [sys.executable, "-m", "benchmarks.proxy"]
        words += [str(sshd.port), str(rate), str(rate if both else 0)]
        pipe = subprocess.PIPE
        with subprocess.Popen(words, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as proxy:
            assert proxy.stdin
            assert proxy.stdout
            asking, answering = proxy.stdin, proxy.stdout

            def passed() -> Passed:
                asking.write("\n")
                asking.flush()
                down, up = answering.readline().split()
                return Passed(int(down), int(up))

            try:
                port = int(answering.readline())
                kind = "a throttling proxy on the loopback (headers are not counted)"
                yield Line(kind, rate, LOOPBACK, port, sshd, folder, (), passed)
            finally:
                proxy.terminate()
