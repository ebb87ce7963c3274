"""Restores: of the example website, and of fifty tables on the loopback and over the line.

Our times include what we do beyond the stock tools (preview, safety copy, proof by digests),
because nobody can have our restore without them.
"""

from __future__ import annotations

import shlex
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks import estate
from benchmarks.commands import dump_line, in_a_shell, mydumper, myloader, run
from benchmarks.contest import Contest
from benchmarks.estate import DAMAGE
from benchmarks.line import Line
from benchmarks.results import (
    LOAD,
    MYLOADER,
    PLAIN_LOAD,
    PREVIEW,
    RESTORE,
    RESTORE_EMPTY,
    RESTORE_FULL,
    RESTORE_ONE,
    RESTORE_SITE,
    SSH_LOAD,
    SSH_LOAD_PACKED,
    SSH_LOAD_THERE,
    Results,
    Sample,
)
from gmops_desktop.assembly import assemble
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


class Estate:
    """The schema of fifty tables on a seeded server, a dump of it and an archive in `home`."""

    def __init__(self, contest: Contest) -> None:
        self._contest = contest
        self._server = contest.server
        estate.build(self._server)
        self._dump = contest.folder / "estate.sql"
        with contest.login("root") as login:
            contest.results.facts["restored database"] = contest.described(estate.SCHEMA)
            run(in_a_shell(dump_line(login, estate.SCHEMA)), into=self._dump)
            self._wanted = checksums(login, estate.SCHEMA)

    def on_the_loopback(self, runs: int) -> bool:
        """Everything into an empty schema, by turns; whether ours came back exactly."""
        exact, add = True, self._contest.results.add
        with self._contest.home() as home, self._contest.login("root") as login:
            archive = self._contest.take(home, schema=estate.SCHEMA)[1]
            theirs = self._contest.folder / "estate.mydumper"
            if words := mydumper(_options(login), estate.SCHEMA, theirs):
                run(words)
            for _ in range(runs):
                self._empty(login)
                words = in_a_shell(f"mariadb {login} {estate.SCHEMA}")
                add(RESTORE_FULL, PLAIN_LOAD, Sample(run(words, source=self._dump).seconds))
                if theirs.exists():
                    self._empty(login)
                    loaded = run(myloader(_options(login), estate.SCHEMA, theirs))
                    add(RESTORE_FULL, MYLOADER, Sample(loaded.seconds))
                self._empty(login)
                add(RESTORE_FULL, RESTORE, self._restore(home, archive))
                exact &= checksums(login, estate.SCHEMA) == self._wanted
            if theirs.exists():
                shutil.rmtree(theirs)
        return exact

    def rivals_over(self, line: Line) -> None:
        """Load the dump over the line: as it is, deflated by SSH, and compressed as it lies there.

        A dump cannot tell what is damaged: one table or all, it is loaded whole.
        """
        packed = self._contest.folder / "estate.sql.zst"
        run(["zstd", "-q", "-3", "-f", self._dump, "-o", packed])
        with self._contest.login("root") as login:
            there = f"mariadb {login} {estate.SCHEMA}"
            unpacked = f"zstd -dcq {shlex.quote(str(packed))} | "
            work: dict[str, Sequence[str | Path]] = {
                SSH_LOAD_THERE: line.ssh(f"zstd -dcq | {there}"),
                SSH_LOAD_PACKED: in_a_shell(unpacked + shlex.join(line.ssh(there, "-C"))),
                SSH_LOAD: in_a_shell(unpacked + shlex.join(line.ssh(there))),
            }
            for who, words in work.items():
                self._empty(login)
                ran, passed = line.run(words, source=packed)
                for scenario in (RESTORE_ONE, RESTORE_EMPTY):
                    sample = Sample(ran.seconds, passed.both)
                    self._contest.results.add(scenario, who, sample)

    def over(self, line: Line, runs: int) -> bool:
        """One damaged table looked at and put right, then everything into an empty schema.

        Returns whether each ended exactly as the schema was before.
        """
        exact, add = True, self._contest.results.add
        with self._contest.home(line) as home, self._contest.login("root") as login:
            archive = self._contest.take(home, line, schema=estate.SCHEMA)[1]
            for _ in range(runs):
                ask(login, DAMAGE)
                look = ["restore", "preview", str(archive), *self._where(line)]
                seen, crossed = self._contest.gmops(home, *look, line=line)
                add(RESTORE_ONE, PREVIEW, Sample(seen.seconds, crossed.both, 0, seen.memory))
                add(RESTORE_ONE, RESTORE, self._restore(home, archive, line))
                exact &= checksums(login, estate.SCHEMA) == self._wanted
            self._empty(login)
            add(RESTORE_EMPTY, RESTORE, self._restore(home, archive, line))
            exact &= checksums(login, estate.SCHEMA) == self._wanted
        return exact

    def _restore(self, home: Path, archive: Path, line: Line | None = None) -> Sample:
        words = ["restore", "run", str(archive), *self._where(line), "--confirm", estate.SCHEMA]
        ran, crossed = self._contest.gmops(home, *words, line=line)
        return Sample(ran.seconds, crossed.both, 0, ran.memory)

    def _where(self, line: Line | None) -> list[str]:
        return self._contest.source(line, estate.SCHEMA)

    def _empty(self, login: str) -> None:
        name = estate.SCHEMA
        ask(login, f"DROP DATABASE IF EXISTS {name}; CREATE DATABASE {name} CHARACTER SET utf8mb4")


def _options(login: str) -> Path:
    return Path(login.partition("=")[2])
