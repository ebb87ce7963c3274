"""What a backup costs, measured against the stock tools in one run: time, bytes, memory.

    python3 dev.py bench [--quick] [--runs 3] [--only loopback line restore restore-line tickets
                                                          status fleet reports]

Full backups on the loopback against `mysqldump | zstd -3` and mydumper; first, daily and idle
backups over a line of 5 Mbit/s against `ssh HOST 'mysqldump | zstd -3'`; the memory that a row of
64 MB takes; restores on the loopback, against `mariadb < dump` and myloader, and over the line
against `zstd -dc | ssh HOST mariadb` with and without `-C`; and, when named, the list of tickets at
its size (`tickets.md`), the status page with a year of samples (`status.md`), looks at one host and
at 200 simulated ones (`fleet.md`), and reports of a year and of a month (`reports.md`).  Medians,
ratios and the bars they are held against are printed, and written as `results.md` and
`results.json`.

How it is measured, and what that means, stands in docs/performance.md.  A run on the full database
takes about an hour, most of it waiting for the line.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from types import FrameType

from benchmarks import database as data
from benchmarks import restoring, scenarios
from benchmarks.commands import version_of
from benchmarks.contest import Contest
from benchmarks.line import laid, sweep
from benchmarks.results import Results, machine
from gmops_desktop import language
from gmops_desktop.errors import OpsError
from gmops_desktop.paths import ROOT
from sandbox import site_data
from sandbox.processes import end_strays

PARTS = ("loopback", "line", "restore", "restore-line", "tickets", "status", "fleet", "reports")
_USUAL = ("loopback", "line", "restore")
_TICKETS = 20_000
_STATUS_DAYS = 365
_IDLE_SECONDS = 150.0


def main() -> int:
    """Measure; return 1 where a contestant failed, 3 where what we made is not exact."""
    options = _options()
    language.use("en")
    signal.signal(signal.SIGTERM, _unwind)
    results = Results()
    try:
        with _work_folder() as folder:
            exact = _measure(options, folder, results)
    except OpsError as error:
        print("\n".join(filter(None, (error.message, error.hint))), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped; what was started is gone.", file=sys.stderr)
        return 130
    finally:
        if results.samples:
            results.show()
            results.write(options.out)
            print(f"\n{options.out / 'results.md'}, results.json")
    if not exact:
        print("What was backed up or restored differs from the original.", file=sys.stderr)
        return 3
    missed = [verdict for verdict in results.verdicts() if not verdict.met]
    return 4 if options.strict and missed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="dev.py bench", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    sizes = parser.add_mutually_exclusive_group()
    sizes.add_argument("--quick", action="store_true", help="100 MB instead of 1 GB, one run")
    sizes.add_argument("--tiny", action="store_true", help="2 MB, one run: does it work at all?")
    parser.add_argument("--runs", type=int, default=0, help="3, or 1 of the smaller sizes")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=_USUAL,
                        help="restore-line takes another hour: only when named")  # fmt: skip
    parser.add_argument("--rate", type=float, default=5.0, help="the line, in Mbit/s (5)")
    parser.add_argument("--proxy", action="store_true",
                        help="throttle by a proxy, also where the kernel could")  # fmt: skip
    parser.add_argument("--strict", action="store_true", help="exit 4 if a bar is missed")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "bench")
    options = parser.parse_args()
    options.out = options.out.absolute()
    options.size = data.QUICK if options.quick else data.TINY if options.tiny else data.FULL
    options.runs = options.runs or (1 if options.quick or options.tiny else 3)
    return options


def _measure(options: argparse.Namespace, folder: Path, results: Results) -> bool:
    size, runs = options.size, options.runs
    results.facts["machine"] = machine()
    results.facts["program"] = f"GMOps Desktop {version('gmops-desktop')}"
    for tool in ("mariadbd", "mydumper", "zstd"):
        found = version_of(tool)
        results.facts[tool] = found or "not installed: python3 dev.py bench as root installs it"
    exact = True
    if "tickets" in options.only:
        from benchmarks.tickets import measure

        count = _TICKETS if options.size is data.FULL else _TICKETS // 20
        exact &= measure(folder / "tickets", count, options.out)
    if "status" in options.only:
        from benchmarks import status

        days = _STATUS_DAYS if options.size is data.FULL else _STATUS_DAYS // 12
        status.measure(folder / "status", days, options.out)
    if "fleet" in options.only:
        from benchmarks import fleet

        idle = _IDLE_SECONDS if options.size is data.FULL else 0.0
        fleet.measure(folder / "fleet", options.out, idle)
    if "reports" in options.only:
        from benchmarks import reports

        part = 1 if options.size is data.FULL else 20
        exact &= reports.measure(folder / "reports", part, runs, options.out)
    if "loopback" in options.only or "line" in options.only:
        print(f"Preparing the {size.name} database ...", flush=True)
        with data.seeded(size, folder / "mariadb") as server:
            contest = Contest(server, size, folder, results)
            results.facts["database"] = contest.described()
            if "loopback" in options.only:
                scenarios.on_the_loopback(contest, runs)
                scenarios.with_a_wide_row(contest)
            if "line" in options.only:
                exact &= _over_the_line(options, contest)
    if "restore" in options.only:
        site = site_data.SMALL if options.tiny else site_data.FULL
        print("Restoring the example website ...", flush=True)
        exact &= restoring.of_the_site(folder / "restore", site, runs, results)
    if "restore" in options.only or "restore-line" in options.only:
        print(f"Preparing the {size.name} database in fifty tables ...", flush=True)
        with data.seeded(size, folder / "estate" / "mariadb") as server:
            estate = restoring.Estate(Contest(server, size, folder / "estate", results))
            if "restore" in options.only:
                exact &= estate.on_the_loopback(runs)
            if "restore-line" in options.only:
                exact &= _restored_over_the_line(options, estate, folder, results)
    return exact


def _over_the_line(options: argparse.Namespace, contest: Contest) -> bool:
    rate, facts = options.rate * 1e6, contest.results.facts
    with laid(contest.folder / "line", rate, proxied=options.proxy) as line:
        facts["line"] = f"{line.kind}; measured: {line.measured() / 1e6:.2f} Mbit/s"
        print(facts["line"], flush=True)
        archive = scenarios.over_the_line(contest, line, options.runs)
    exact = contest.prove(archive)
    facts["last daily archive"] = (
        "verified and loaded by the stock client; CHECKSUM TABLE of every table "
        + ("as on the server" if exact else "DIFFERS from the server's")
    )
    return exact


def _restored_over_the_line(
    options: argparse.Namespace, estate: restoring.Estate, folder: Path, results: Results
) -> bool:
    rate = options.rate * 1e6
    with laid(folder / "both", rate, both=True, proxied=options.proxy) as line:
        found = f"{line.kind}, throttled in both directions; measured: {line.measured() / 1e6:.2f}"
        results.facts["line of the restores"] = f"{found} Mbit/s"
        exact = estate.over(line, options.runs)
        estate.rivals_over(line)
    return exact


@contextmanager
def _work_folder() -> Iterator[Path]:
    """Give a folder for this run; what killed runs left behind is ended and removed first."""
    sweep()
    cache = data.cache_folder()
    for left in cache.glob("work-*"):
        if not Path(f"/proc/{left.name.removeprefix('work-')}").exists():
            servers = (left / "mariadb", left / "estate" / "mariadb", left / "restore" / "site")
            boxes = (left / "fleet" / "sandbox").glob("*/process.json")
            for server in (*servers, *left.glob("*/sshd"), *(one.parent for one in boxes)):
                end_strays(server)
            shutil.rmtree(left)
    folder = cache / f"work-{os.getpid()}"
    folder.mkdir(mode=0o700, parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _unwind(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
