"""Restores: of the example website on the loopback, and of the large database over the line.

Our times include what we do beyond the stock tools (preview, safety copy, proof by digests),
because nobody can have our restore without them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import database as data
from benchmarks.contest import Contest
from benchmarks.line import Line
from benchmarks.results import (
    LOAD,
    RESTORE,
    RESTORE_EMPTY,
    RESTORE_ONE,
    RESTORE_SITE,
    SSH_LOAD,
    Results,
    Sample,
)
from gmops_desktop.app import assemble
from gmops_desktop.context import Context
from gmops_desktop.paths import Home
from sandbox.mariadb import SITE_SCHEMA, MariaDB
from sandbox.site_data import Size, seed
from sandbox.stock import ask, checksums, client_options, dump, load

_COPY = "chamber_copy"


def of_the_site(folder: Path, size: Size, runs: int, results: Results) -> bool:
    """Restore the example website into an empty schema; return whether all came back exactly."""
    home = Home(folder / "home")
    for part in (home.archives, home.reports, home.logs):
        part.mkdir(parents=True)
    theirs, ours = folder / "stock.sql.zst", folder / "gmops.sql.zst"
    exact = True
    with MariaDB(folder / "site") as server:
        seed(server, size)
        target = server.address(_COPY)
        with (
            client_options(server.port, "root", server.root_password) as login,
            assemble(home, secret=lambda name: server.password("ops_backup")) as services,
        ):
            wanted = checksums(login, SITE_SCHEMA)
            dump(login, SITE_SCHEMA, theirs)
            services.backups.take(server.address(SITE_SCHEMA), Context(), out=ours)
            work: dict[str, Callable[[], object]] = {
                f"{LOAD}, their dump": lambda: load(login, _COPY, theirs),
                f"{LOAD}, our archive": lambda: load(login, _COPY, ours),
                RESTORE: lambda: services.restores.run(ours, target, Context(), confirm=_COPY),
            }
            for _ in range(runs):
                for who, restore in work.items():
                    ask(login, f"DROP DATABASE IF EXISTS {_COPY}; CREATE DATABASE {_COPY}")
                    begun = time.monotonic()
                    restore()
                    results.add(RESTORE_SITE, who, Sample(time.monotonic() - begun))
                    exact &= checksums(login, _COPY) == wanted
    return exact


def over_the_line(contest: Contest, line: Line, runs: int) -> bool:
    """One damaged table put right, then everything into an empty schema; whether exactly so.

    The rival loads everything in both cases: a dump cannot tell what is damaged.
    """
    exact = True
    empty = f"DROP DATABASE {data.SCHEMA}; CREATE DATABASE {data.SCHEMA} CHARACTER SET utf8mb4"
    damages = {
        RESTORE_ONE: f"DELETE FROM {data.SCHEMA}.member WHERE id % 3 = 0",
        RESTORE_EMPTY: empty,
    }
    with contest.home(line) as home, contest.login("root") as login:
        archive = contest.take(home, line)[1]
        wanted = checksums(login, data.SCHEMA)
        loading = line.ssh(f"zstd -dcq | mariadb {login} {data.SCHEMA}")
        for _ in range(runs):
            ask(login, empty)
            ran, passed = line.run(loading, source=archive)
            for scenario, damage in damages.items():
                contest.results.add(scenario, SSH_LOAD, Sample(ran.seconds, passed.both))
                ask(login, damage)
                words = [*contest.source(line), "--confirm", data.SCHEMA]
                ours, crossed = contest.gmops(home, "restore", "run", archive, *words, line=line)
                sample = Sample(ours.seconds, crossed.both, 0, ours.memory)
                contest.results.add(scenario, RESTORE, sample)
                exact &= checksums(login, data.SCHEMA) == wanted
    return exact
