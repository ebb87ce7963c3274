"""The window's part of the fleet benchmark: its frames while two hundred hosts report, the time
from the start of the program to the first full picture, and what it costs while nothing happens.

    python -m benchmarks.fleet_window SECONDS      (within a sandbox's environment)
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from benchmarks.beats import Beats
from benchmarks.figures import Figure
from gmops_desktop.assembly import Services, assemble
from gmops_desktop.errors import OpsError
from gmops_desktop.paths import ROOT, Home

if TYPE_CHECKING:
    from gmops_desktop.tasks import TaskRunner
    from ui.main_window import MainWindow

_ROUNDS: Final = 10
_PATIENCE: Final = 120.0  # seconds
_ASKED_FRAME, _ASKED_START, _ASKED_IDLE = 50, 3_000, 10  # ms; of a second

Turn = Callable[[int], None]


def frames(services: Services, add: Callable[[Figure], None]) -> None:
    """Let the hosts report to the whole window, and time from beat to beat of its event loop."""
    beats = Beats()
    with whole_window(services) as (window, runner, turn):
        status = window.page_named("status")
        window.go("status")
        until(lambda: not runner.running(), turn)  # the first round, with its logins
        for _ in range(_ROUNDS):
            status.look(quiet=True)  # type: ignore[attr-defined]  # the page is the StatusTab
            with beats.taken():
                until(lambda: not runner.running(), turn)
    beats.tell("turns of the window while 200 hosts report", _ASKED_FRAME, add)


def started(folder: Path, seconds: float, add: Callable[[Figure], None]) -> dict[str, str]:
    """Start the program in a sandbox; tell when its picture was full, and what it cost idle."""
    from sandbox.box import Sandbox  # late: the program that is measured does without it

    sandbox = Sandbox(folder, small=True)
    sandbox.start()
    environment = {**os.environ, **sandbox.environment()}
    # As installed: what Python compiled is there from the start before.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    environment["PYTHONPYCACHEPREFIX"] = str(folder / "compiled")
    found: list[dict[str, Any]] = []
    try:
        for idle in (0.0, 0.0, 0.0, seconds):
            words = [sys.executable, "-m", "benchmarks.fleet_window", str(idle)]
            ran = subprocess.run(
                words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
            )
            if ran.returncode:
                raise OpsError(f"The program did not start: {ran.stderr[-800:]}")
            found.append(json.loads(ran.stdout))
    finally:
        sandbox.stop()
    found = found[1:]
    firsts = sorted(one["first"] for one in found)
    add(Figure("start of the program to the first full picture (CPU: of the whole program)", 3,
               firsts[1], firsts[-1], max(one["cpu"] for one in found), _ASKED_START))  # fmt: skip
    idle = found[-1]["idle"]
    if seconds:
        add(Figure(f"processor of the idle program, ms a second, over {seconds:.0f} s", 1,
                   idle, idle, idle, _ASKED_IDLE))  # fmt: skip
    return {"looked at in the sandbox": ", ".join(found[0]["looked"])}


@contextmanager
def whole_window(services: Services) -> Iterator[tuple[MainWindow, TaskRunner, Turn]]:
    """Give the program's own window, shown without a screen, and a turn of its event loop."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from benchmarks.ticket_window import turn
    from gmops_desktop.app import Desk, build_window
    from gmops_desktop.tasks import TaskRunner
    from ui.program import Program, shorten_pauses

    program = Program(services.settings.current)
    runner = TaskRunner(program.application)
    try:
        window = build_window(services, runner, program, Desk())
        window.show()
        shorten_pauses()
        yield window, runner, turn
        window.close()
    finally:
        runner.shut_down()


def until(reached: Callable[[], bool], turn: Turn) -> None:
    end = time.monotonic() + _PATIENCE
    while not reached():
        turn(50)  # asking is work, too
        if time.monotonic() > end:
            raise OpsError("The window did not come to rest.")


def _used() -> float:
    """Return the processor seconds of this process and of those it started that still run."""
    ticks, own = 0, os.getpid()
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            stat = place.read_text("utf-8", "replace").rsplit(")", 1)[1].split()
        except OSError:
            continue  # gone while we looked
        if int(stat[1]) == own:
            ticks += int(stat[11]) + int(stat[12])
    return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")


def _age() -> float:
    """Return how many seconds ago this process began."""
    begun = int(Path("/proc/self/stat").read_text("utf-8").rsplit(")", 1)[1].split()[19])
    booted = float(Path("/proc/uptime").read_text("utf-8").split()[0])
    return booted - begun / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Print as JSON when everything was looked at and painted, and what comes after costs."""
    seconds = float(sys.argv[1])
    begun = time.time() - _age()
    with assemble(Home.find()) as services, whole_window(services) as (window, runner, turn):
        window.go("status")
        known = {one.id for one in services.contracts.resources()}

        def full() -> bool:
            fresh = {one.resource_id for one in services.servers.glance()
                     if one.at.timestamp() >= begun}  # fmt: skip
            return fresh >= known

        status = window.page_named("status")
        until(lambda: full() and status.at_rest, turn)
        window.grab()
        looked = [f"{one.name} {one.seconds:.2f} s" for one in services.servers.glance()]
        cpu = _used() * 1000
        told = {"first": _age() * 1000, "cpu": cpu, "idle": 0.0, "looked": looked}
        if seconds:
            until(lambda: not runner.running(), turn)
            while services.servers.roll_up():
                pass  # what a first start gathered of the past takes a few rounds else
            turn(10_000)  # what a start begins comes to rest
            used, since = _used(), time.monotonic()
            turn(round(seconds * 1000))
            told["idle"] = (_used() - used) * 1000 / (time.monotonic() - since)
    print(json.dumps(told))


if __name__ == "__main__":
    main()
