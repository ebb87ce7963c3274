"""Two hundred hosts: what a look costs, a round over all of them, and the window meanwhile.

    python3 dev.py bench --only fleet

One look is taken at a real sshd on this machine, beside OpenSSH's own client with a connection that
is kept open (ControlMaster) and the same script.  The two hundred are simulated: SSH servers in
processes of their own on this machine, which answer with what the real script printed here, after
as long as it took.  What they cost the processors is in every figure.
"""

from __future__ import annotations

import os
import shutil
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from benchmarks.figures import Figure, timed, write
from benchmarks.fleet_servers import RECORDED_AS
from gmops_desktop.adapters.host.script import SCRIPT
from gmops_desktop.adapters.sections import collect
from gmops_desktop.addresses import Resource, SshAddress
from gmops_desktop.assembly import Services, assemble
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.outside import Outside
from gmops_desktop.paths import ROOT, Home
from sandbox.sshd import Sshd

MANY: Final = 200
_HANGING: Final = 10
_GROUPS: Final = (_HANGING, 64, 63, 63)  # hosts in one process; the first of these is paused
_LOOKS: Final = 9
_ASKED_LOOK, _ASKED_ROUND = 300, 10_000  # ms

Add = Callable[[Figure], None]


def measure(folder: Path, out: Path, idle_seconds: float) -> None:
    """Measure everything, and write `fleet.md` and `fleet.json`."""
    from benchmarks.fleet_window import frames, started

    folder.mkdir(parents=True)
    figures: list[Figure] = []
    facts: dict[str, str] = {}
    recorded, seconds = _record(folder, figures.append)
    _one_look(folder, figures.append)
    with _hosts(recorded, seconds) as hosts:
        for part in ("rounds", "window"):
            home = _home(folder / part, hosts)
            with assemble(home, secret=lambda name: "any") as services:
                # What 200 simulated hosts have in common would open 200 tickets at once.
                services.settings.change(alert_tickets=False)
                resources = _known(services, hosts)
                if part == "rounds":
                    facts["a connection that is kept"] = _memory(home, hosts)
                    _rounds(services, resources, hosts, figures.append)
                else:
                    frames(services, figures.append)
    facts |= started(folder / "sandbox", idle_seconds, figures.append)
    facts["hosts"] = f"{MANY}, simulated; each answers after {seconds * 1000:.0f} ms"
    facts["load at the end"] = f"{os.getloadavg()[0]:.1f} of {os.cpu_count()} CPUs"
    write(out, "fleet", facts, figures)


# ---------------------------------------------------------------- one look


class _Here:
    """A shell that is no further than this machine, and keeps what was printed."""

    def __init__(self) -> None:
        self.script, self.printed = "", b""

    def run(self, script: str, context: Context, *, deadline: float) -> tuple[int, bytes]:
        ran = subprocess.run(["sh", "-s"], input=script.encode(), capture_output=True, check=False)
        self.script, self.printed = script, ran.stdout
        return ran.returncode, ran.stdout


def _record(folder: Path, add: Add) -> tuple[Path, float]:
    """Run the script here; return the file with what it printed, and how long it takes."""
    here = _Here()
    one = timed(
        "the script alone, on this machine", _LOOKS,
        lambda: collect(here, SCRIPT, Context(), deadline=60),
    )  # fmt: skip
    add(one)
    word = here.script.split("\n", 1)[0].removeprefix("N=")
    recorded = folder / "recorded"
    recorded.write_bytes(here.printed.replace(word.encode(), RECORDED_AS.encode()))
    (folder / "script").write_text(here.script, "utf-8")
    return recorded, one.median / 1000


def _one_look(folder: Path, add: Add) -> None:
    """Look at a real sshd: anew, over a kept connection, and as OpenSSH's client would."""
    home = Home(folder / "one")
    home.root.mkdir()
    with Sshd(folder / "sshd") as sshd:
        home.known_hosts.write_text(sshd.known_hosts_line(), "utf-8")
        outside, address = Outside(home, lambda name: ""), sshd.address

        def afresh() -> None:
            outside.forget()
            outside.look_host(address, Context())

        try:
            afresh()
            kept = timed("a look over a kept connection", _LOOKS,
                         lambda: outside.look_host(address, Context()))  # fmt: skip
            add(timed("a look with a login of its own", _LOOKS, afresh))
            add(kept)
            with outside.open_ssh(address, Context()) as server:
                trip = timed("  of it, round trips: `true` over a kept connection", _LOOKS,
                             lambda: server.run("true", Context()))  # fmt: skip
                read = server.run((folder / "script").read_text("utf-8"), Context())[1]
            add(trip)
            add(_above(kept, trip))
        finally:
            outside.close()
        assert read.strip().endswith(b"DONE")
        if shutil.which("ssh"):
            _openssh(folder, address, home.known_hosts, add)


def _above(look: Figure, trip: Figure) -> Figure:
    worst = look.worst - trip.median
    return Figure("a look above its round trips", look.runs, look.median - trip.median, worst,
                  look.cpu, _ASKED_LOOK)  # fmt: skip


def _openssh(folder: Path, address: SshAddress, known_hosts: Path, add: Add) -> None:
    """Time the stock client with a connection it keeps."""
    words = ["ssh", "-p", str(address.port), "-i", address.key, "-o", "BatchMode=yes",
             "-o", f"UserKnownHostsFile={known_hosts}", "-o", "ControlMaster=auto",
             "-o", f"ControlPath={folder}/control", "-o", "ControlPersist=60",
             f"{address.user}@{address.host}"]  # fmt: skip
    script = (folder / "script").read_bytes()

    def run(*command: str, fed: bytes = b"") -> None:
        ran = subprocess.run([*words, *command], input=fed, capture_output=True, check=False)
        if ran.returncode:
            raise OpsError(f"ssh ended with {ran.returncode}: {ran.stderr.decode()[-300:]}")

    run("true")
    try:
        add(timed("OpenSSH, kept: `ssh HOST true`", _LOOKS, lambda: run("true")))
        add(timed("OpenSSH, kept: `ssh HOST sh -s` with the same script", _LOOKS,
                  lambda: run("sh", "-s", fed=script)))  # fmt: skip
    finally:
        subprocess.run([*words[:1], "-O", "exit", *words[1:]], capture_output=True, check=False)


# ---------------------------------------------------------------- two hundred


class Hosts:
    """The simulated hosts: their addresses, and how some of them are made to hang."""

    def __init__(self, processes: Sequence[subprocess.Popen[str]]) -> None:
        self._processes = processes
        self.addresses: list[SshAddress] = []
        self.known_hosts = ""
        for process in processes:
            assert process.stdout
            kind, key, *ports = process.stdout.readline().split()
            for port in ports:
                self.addresses.append(SshAddress("127.0.0.1", int(port), "ops"))
                self.known_hosts += f"[127.0.0.1]:{port} {kind} {key}\n"

    @contextmanager
    def some_hanging(self) -> Iterator[None]:
        """While inside, the first ten take connections and never answer."""
        self._processes[0].send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._processes[0].send_signal(signal.SIGCONT)


@contextmanager
def _hosts(recorded: Path, seconds: float) -> Iterator[Hosts]:
    pipe = subprocess.PIPE
    words = [sys.executable, "-m", "benchmarks.fleet_servers", str(recorded), str(seconds)]
    processes = [
        subprocess.Popen([*words, str(count)], cwd=ROOT, stdin=pipe, stdout=pipe, text=True)
        for count in _GROUPS
    ]
    try:
        yield Hosts(processes)
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def _home(folder: Path, hosts: Hosts) -> Home:
    home = Home(folder)
    for part in (home.root, home.archives, home.reports, home.logs):
        part.mkdir(parents=True)
    home.known_hosts.write_text(hosts.known_hosts, "utf-8")
    return home


def _known(services: Services, hosts: Hosts) -> tuple[Resource, ...]:
    services.contracts.load_example()
    for number, address in enumerate(hosts.addresses):
        services.contracts.save_resource("host", f"web{number:03}", address)
    return services.contracts.resources()


def _memory(home: Home, hosts: Hosts) -> str:
    """Open a connection to each host and keep it; return what one takes of this process."""
    outside = Outside(home, lambda name: "any")
    try:
        outside.look_host(hosts.addresses[0], Context())  # libraries are loaded once
        before = _resident()
        for address in hosts.addresses:
            outside.kept.over(address, Context(), lambda server, left: None)
        taken = (_resident() - before) / len(hosts.addresses)
        before = _switches()
        threading.Event().wait(5)  # what is measured is doing nothing
        wakes = (_switches() - before) / 5
        return f"{taken / 1000:.0f} kB here; {MANY} of them wake this process {wakes:.0f}/s"
    finally:
        outside.close()


def _rounds(services: Services, resources: Sequence[Resource], hosts: Hosts, add: Add) -> None:
    look = services.servers.look
    add(timed(f"a first round over {MANY} hosts, all logins new", 1,
              lambda: look(resources, Context())))  # fmt: skip
    kept = []
    for _ in range(3):
        begun, used = time.perf_counter(), time.process_time()
        looks = look(resources, Context())
        kept.append(((time.perf_counter() - begun) * 1000, (time.process_time() - used) * 1000))
        missed = [one.reason for one in looks if one.details is None]
        if missed:
            raise OpsError(f"{len(missed)} hosts were not reached: {missed[0]}")
    walls, cpus = zip(*kept, strict=True)
    add(Figure(f"a round over {MANY} hosts with kept connections (CPU: of the whole program)", 3,
               statistics.median(walls), max(walls), max(cpus), _ASKED_ROUND))  # fmt: skip
    add(timed(f"alerts of {MANY} hosts followed", 3, services.alerts.follow))
    with hosts.some_hanging():
        for what in ("first", "second"):
            add(_until_the_others(services, resources, what))


def _until_the_others(services: Services, resources: Sequence[Resource], what: str) -> Figure:
    """Time until all but the hanging hosts are stored (median), and until the round ends."""
    begun, at = time.perf_counter(), time.time()
    stored: list[float] = []

    def count(_change: object) -> None:
        fresh = sum(one.at.timestamp() >= at for one in services.servers.glance())
        if fresh >= MANY - _HANGING and not stored:
            stored.append((time.perf_counter() - begun) * 1000)

    looks = services.servers.look(resources, Context(change=count))
    ended = (time.perf_counter() - begun) * 1000
    failed = sum(one.details is None for one in looks)
    if failed != _HANGING:
        raise OpsError(f"{failed} hosts were not reached, and {_HANGING} hang")
    name = f"{_HANGING} hosts hang, {what} round: the others are stored (worst: its end)"
    return Figure(name, 1, stored[0] if stored else ended, ended, 0.0)


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text("utf-8").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _switches() -> int:
    """Return how often the threads of this process were put on a processor by themselves."""
    found = 0
    for task in Path("/proc/self/task").glob("*/status"):
        lines = task.read_text("utf-8").splitlines()
        found += next(int(one.split()[1]) for one in lines if one.startswith("voluntary_ctxt"))
    return found
