"""Full backup and full restore on the loopback, against `mariadb-dump | zstd -3` and
`zstd -dc | mariadb`, on the example website's database.

    python3 dev.py bench [--runs 3] [--small]

Every run does the same work for both: our times include what we do beyond the stock tools (digests
while backing up; safety copy and proof by digests while restoring), because nobody can have our
backup without them.  The runs take turns, so that a busy moment of the machine hits both; the
median is shown.  Restores go into an empty schema.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from gmops_desktop import language
from gmops_desktop.app import assemble
from gmops_desktop.context import Context
from gmops_desktop.paths import Home
from sandbox.mariadb import SITE_SCHEMA, MariaDB
from sandbox.site_data import FULL, SMALL, seed
from sandbox.stock import ask, checksums, client_options, dump, load

COPY = "chamber_copy"


def main() -> int:
    """Measure, print the table, and fail if anything was not restored exactly."""
    parser = argparse.ArgumentParser(prog="dev.py bench", description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--small", action="store_true", help="3 MB instead of 200")
    options = parser.parse_args()
    language.use("en")
    with (
        TemporaryDirectory(prefix="gmops-bench-") as folder,
        MariaDB(Path(folder) / "mariadb") as server,
    ):
        print("Seeding the example database ...", flush=True)
        seed(server, SMALL if options.small else FULL)
        with client_options(server.port, "root", server.root_password) as login:
            return measure(Path(folder), server, login, options.runs)


def measure(folder: Path, server: MariaDB, login: str, runs: int) -> int:
    """Let the contestants take turns; return the exit code."""
    home = Home(folder / "home")
    for part in (home.archives, home.reports, home.logs):
        part.mkdir(parents=True)
    theirs, ours = folder / "stock.sql.zst", folder / "gmops.sql.zst"
    source, target = server.address(SITE_SCHEMA), server.address(COPY)
    times: dict[str, list[float]] = {}

    def empty() -> None:
        ask(login, f"DROP DATABASE IF EXISTS {COPY}; CREATE DATABASE {COPY}")

    def timed(name: str, work: Callable[[], object]) -> None:
        begun = time.monotonic()
        work()
        times.setdefault(name, []).append(time.monotonic() - begun)

    with assemble(home, secret=lambda name: server.password("ops_backup")) as services:
        wanted = checksums(login, SITE_SCHEMA)
        exact = True
        for run in range(runs):
            print(f"Run {run + 1} of {runs} ...", flush=True)
            ours.unlink(missing_ok=True)
            timed("dump", lambda: dump(login, SITE_SCHEMA, theirs))
            timed("take", lambda: services.backups.take(source, Context(), out=ours))
            timed("verify", lambda: services.backups.verify(ours, Context()))
            empty()
            timed("load", lambda: load(login, COPY, theirs))
            empty()
            timed("load ours", lambda: load(login, COPY, ours))
            exact &= checksums(login, COPY) == wanted
            empty()
            timed("run", lambda: services.restores.run(ours, target, Context(), confirm=COPY))
            exact &= checksums(login, COPY) == wanted
        summary = services.backups.inspect(ours)
    text = sum(table.text_bytes for table in summary.tables)
    seconds = {name: statistics.median(values) for name, values in times.items()}
    show(seconds, text, theirs.stat().st_size, ours.stat().st_size, summary.server, runs)
    if not exact:
        print("A restored schema differs from the original (CHECKSUM TABLE).", file=sys.stderr)
    return 0 if exact else 3


def show(
    seconds: dict[str, float], text: int, theirs: int, ours: int, server: str, runs: int
) -> None:
    """Print medians, rates over the SQL text, and ratios (above 1: we are faster or smaller)."""
    megabytes = text / 1e6
    print(f"\n{server} on the loopback, {os.cpu_count()} CPUs, {megabytes:.0f} MB of SQL text, "
          f"median of {runs}")  # fmt: skip
    rows = [
        ("backup", "mariadb-dump | zstd -3", "dump", theirs, ""),
        ("", "gmops backup take", "take", ours, "dump"),
        ("", "gmops backup verify", "verify", 0, ""),
        ("restore", "zstd -dc | mariadb, their dump", "load", 0, ""),
        ("", "zstd -dc | mariadb, our archive", "load ours", 0, "load"),
        ("", "gmops restore run", "run", 0, "load"),
    ]
    print(f"{'':9}{'':34}{'seconds':>9}{'MB/s':>8}{'file MB':>9}{'ratio':>7}")
    for subject, what, name, size, rival in rows:
        ratio = f"{seconds[rival] / seconds[name]:.2f}" if rival else ""
        file = f"{size / 1e6:.1f}" if size else ""
        rate = megabytes / seconds[name]
        print(f"{subject:9}{what:34}{seconds[name]:9.2f}{rate:8.1f}{file:>9}{ratio:>7}")


if __name__ == "__main__":
    sys.exit(main())
