"""The contest: one seeded server, the program as cron would start it, the stock tools beside it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Final

from benchmarks import commands
from benchmarks import database as data
from benchmarks.commands import Failed, Ran, in_a_shell, run
from benchmarks.line import Line, Passed
from benchmarks.results import Results, Sample
from sandbox.mariadb import MariaDB
from sandbox.stock import ask, checksums, client_options, load

# What our program says of its own run and is kept with the sample.
_TOLD: Final = ("seconds", "text_bytes", "travelled", "reused_bytes", "rate", "round_trips",
                "connections", "compression", "lock_seconds")  # fmt: skip
_COPY: Final = "bench_copy"


class Contest:
    """A running server that was seeded with `size`, a working folder, and where results go."""

    def __init__(self, server: MariaDB, size: data.Size, folder: Path, results: Results) -> None:
        self.server = server
        self.size = size
        self.folder = folder
        self.results = results
        self._day = 0
        self._password = folder / "password"
        self._password.touch(0o600)
        self._password.write_text(server.password("ops_backup"), "utf-8")

    def described(self, schema: str = data.SCHEMA) -> str:
        """Say how large a schema is."""
        with self.login("root") as login:
            tables = ask(login, "SHOW FULL TABLES WHERE Table_type = 'BASE TABLE'", schema)
            counts = " UNION ALL ".join(f"SELECT COUNT(*) FROM {name}" for name, _ in tables)
            rows = sum(int(count) for (count,) in ask(login, counts, schema))
            dumped = run(in_a_shell(f"{commands.dump_line(login, schema)} | wc -c")).out
        return f"{int(dumped) / 1e6:,.0f} MB of SQL, {rows:,} rows in {len(tables)} tables"

    def live_a_day(self) -> None:
        """Let the site change as it does in a day, each day differently."""
        self._day += 1
        data.live_a_day(self.server, self.size, self._day)

    def login(self, user: str = "ops_backup") -> AbstractContextManager[str]:
        """Give the option by which stock clients log in."""
        return client_options(self.server.port, user, self.server.password(user))

    # ------------------------------------------------------------ our program

    @contextmanager
    def home(self, line: Line | None = None) -> Iterator[Path]:
        """Give our program a data folder in which nothing was ever backed up, trusting `line`."""
        home = self.folder / "home"
        home.mkdir()
        if line:
            (home / "known_hosts").write_text(line.known_hosts, "utf-8")
        try:
            self.gmops(home, "backup", "list")
            yield home
        finally:
            shutil.rmtree(home)

    def gmops(self, home: Path, *words: str | Path, line: Line | None = None) -> tuple[Ran, Passed]:
        """Run our program, at the client's end of `line` where one is given."""
        environment = {
            "GMOPS_HOME": str(home),
            "GMOPS_PASSWORD_FILE": str(self._password),
            "GMOPS_LANGUAGE": "en",
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        }
        if line:
            return line.run([*commands.GMOPS, *words], environment=environment)
        return run([*commands.GMOPS, *words], environment=environment), Passed(0, 0)

    def source(self, line: Line | None = None, schema: str = data.SCHEMA) -> list[str]:
        """Return the words that tell our program which schema, and how to reach it."""
        words = [str(self.server.address(schema))]
        if line:
            words += ["--ssh", line.server, "--key", str(line.sshd.key_file)]
        return words

    def take(
        self, home: Path, line: Line | None = None, *, schema: str = data.SCHEMA
    ) -> tuple[Sample, Path]:
        """Let our program take a backup; return what it cost, and the archive."""
        words = ["backup", "take", *self.source(line, schema), "--json"]
        ran, passed = self.gmops(home, *words, line=line)
        answer: dict[str, Any] = json.loads(ran.out)
        path = Path(answer["path"])
        more = {name: value for name, value in answer.items() if name in _TOLD}
        return Sample(ran.seconds, passed.both, path.stat().st_size, ran.memory, more), path

    def prove(self, archive: Path) -> bool:
        """Whether an archive verifies, and by stock tools gives exactly what the server holds."""
        with self.home() as home:
            self.gmops(home, "backup", "verify", archive)
        with self.login("root") as login:
            ask(login, f"DROP DATABASE IF EXISTS {_COPY}; CREATE DATABASE {_COPY}")
            load(login, _COPY, archive)
            same = checksums(login, _COPY) == checksums(login, data.SCHEMA)
            ask(login, f"DROP DATABASE {_COPY}")
        return same

    # ------------------------------------------------------------ the stock tools

    def dump(self, *more: str) -> Sample:
        """`mysqldump | zstd -3` on this machine, with `more` options."""
        file = self.folder / "dump.zst"
        with self.login() as login:
            ran = run(in_a_shell(commands.stock_dump(login, data.SCHEMA, *more)), into=file)
        return Sample(ran.seconds, 0, _whole(file), ran.memory)

    def dump_over(self, line: Line) -> Sample:
        """`ssh HOST 'mysqldump | zstd -3'`."""
        file = self.folder / "dump.zst"
        with self.login() as login:
            words = line.ssh(commands.stock_dump(login, data.SCHEMA))
            ran, passed = line.run(words, into=file)
        return Sample(ran.seconds, passed.both, _whole(file))

    def mydumper(self) -> Sample | None:
        """mydumper on this machine; None where it is not installed."""
        folder = self.folder / "mydumper"
        with self.login() as login:
            options = Path(login.partition("=")[2])
            if not (words := commands.mydumper(options, data.SCHEMA, folder)):
                return None
            ran = run(words)
        size = sum(file.stat().st_size for file in folder.iterdir())
        shutil.rmtree(folder)
        return Sample(ran.seconds, 0, size, ran.memory)


def _whole(dump: Path) -> int:
    """Return the size of a dump that ends as a whole one does, and remove it."""
    size = dump.stat().st_size
    end = run(in_a_shell(f"zstd -dcq '{dump}' | tail -n 1")).out
    if not end.startswith("-- Dump completed"):
        raise Failed(f"The dump is not whole; it ends with: {end[:200]}")
    dump.unlink()
    return size
