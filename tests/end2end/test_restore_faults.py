"""Whatever cuts a restore short, the database is as before it or as after it.

A real `gmops restore run` through a line that can be watched and cut: killed, cut off, its server
killed or restarted, at random moments of each way to restore.  A few moments each time, the same
ones; `GMOPS_SOAK=10` tries that many new ones of each kind and damage.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest

import gmops
from benchmarks.proxy import Proxy
from databases import Facts, checksums, differences, execute, facts
from gmops_desktop.addresses import MysqlAddress
from sandbox.mariadb import MariaDB

pytestmark = [pytest.mark.servers, pytest.mark.timeout(0 if "GMOPS_SOAK" in os.environ else 400)]

MOMENTS = int(os.environ.get("GMOPS_SOAK", "1"))
SEED = secrets.token_hex(4) if "GMOPS_SOAK" in os.environ else "the same moments"

TABLES = [
    "CREATE TABLE article (id int PRIMARY KEY, n int NOT NULL, body text) ENGINE=InnoDB",
    "INSERT INTO article SELECT seq, 0, CONCAT(SHA2(seq,512),SHA2(-seq,512)) FROM seq_1_to_9000",
    "CREATE TABLE follower (openid varchar(40) PRIMARY KEY, n int NOT NULL, note text)",
    "INSERT INTO follower SELECT SHA1(seq), 0, REPEAT(MD5(seq), 6) FROM seq_1_to_6000",
    "CREATE TABLE keyless (n int NOT NULL, word varchar(200)) ENGINE=InnoDB",
    "INSERT INTO keyless SELECT seq % 7, REPEAT(MD5(seq % 90), 3) FROM seq_1_to_500",
    # Theirs who restores: nobody else may be named without SUPER.
    "CREATE DEFINER=ops_backup@'%' VIEW both_sides AS SELECT id FROM article",
    "CREATE DEFINER=ops_backup@'%' TRIGGER quiet AFTER DELETE ON follower FOR EACH ROW SET @gone=1",
]
ROWS = [
    "UPDATE article SET n=n+1, body=REVERSE(body) WHERE id % 3 = 0",
    "DELETE FROM article WHERE id > 8000",
    "UPDATE keyless SET n=9 WHERE word=REPEAT(MD5(5), 3)",
]
DAMAGES = {
    "in place": ROWS,
    "beside": ["ALTER TABLE article ADD extra int", "DROP VIEW both_sides"],
    "mixed": [*ROWS, "ALTER TABLE follower ADD extra int", "DROP TRIGGER quiet"],
}


@dataclass
class Desk:
    """A damaged site on a server of its own, an archive of it as it was, and the line between."""

    server: MariaDB
    line: Proxy
    schema: str
    home: Path
    password: Path
    archive: Path
    random: Random = field(default_factory=lambda: Random(SEED))

    @property
    def address(self) -> MysqlAddress:
        return MysqlAddress("127.0.0.1", self.line.port, "ops_backup", self.schema)

    @property
    def moved(self) -> int:
        return self.line.down + self.line.up

    def start(self, *words: str) -> subprocess.Popen[str]:
        return gmops.start(*words, "--json", home=self.home, GMOPS_PASSWORD_FILE=str(self.password))

    def run(self, *words: str) -> str:
        """Run a command that must succeed; return what it says."""
        with self.start(*words) as process:
            out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        return out

    def restore(self) -> tuple[str, ...]:
        file, target = str(self.archive), str(self.address)
        return ("restore", "run", file, target, "--confirm", self.schema)

    def restore_disturbed(
        self, at: float, disturb: Callable[[subprocess.Popen[str]], object]
    ) -> int:
        """Restore, and disturb it after `at` bytes; return its exit code."""
        at += self.moved
        looking = threading.Event()
        with self.start(*self.restore()) as process:
            while process.poll() is None and self.moved < at:
                looking.wait(0.001)
            try:
                disturb(process)
            finally:
                _, err = process.communicate(timeout=120)
        assert "Traceback" not in err, err
        self.line.mend()
        return process.returncode

    def restart(self, end: Callable[[], None]) -> None:
        end()
        self.server.start()
        self.line.target = self.server.port

    def state(self) -> Facts:
        return facts(self.server, self.schema)

    def rows(self) -> dict[str, int]:
        found = checksums(self.server, self.schema)
        return {name: value for name, value in found.items() if not name.startswith("gmops_")}


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDB]:
    """A server that these tests may kill."""
    with MariaDB(tmp_path_factory.mktemp("restored")) as server:
        yield server


@pytest.fixture
def desk(own_server: MariaDB, tmp_path: Path) -> Iterator[Desk]:
    home, password, archive = (tmp_path / name for name in ("home", "password", "a.sql.zst"))
    home.mkdir()
    password.touch(0o600)
    password.write_text(own_server.password("ops_backup"))
    schema = f"f_{secrets.token_hex(4)}"
    execute(own_server, "", [f"CREATE DATABASE {schema} CHARACTER SET utf8mb4"])
    execute(own_server, schema, TABLES)
    # 80 Mbit/s: slow enough for a moment in between to be hit.
    with Proxy(own_server.port, rate=80e6, rate_up=80e6).listening() as line:
        desk = Desk(own_server, line, schema, home, password, archive)
        desk.run("backup", "take", str(desk.address), "--out", str(archive))
        yield desk
    execute(own_server, "", [f"DROP DATABASE {schema}"])


def kill(desk: Desk, process: subprocess.Popen[str]) -> None:
    process.kill()


def cut(desk: Desk, process: subprocess.Popen[str]) -> None:
    desk.line.cut()


def restart(desk: Desk, process: subprocess.Popen[str]) -> None:
    desk.restart(desk.random.choice((desk.server.kill, desk.server.stop)))


@pytest.mark.parametrize(
    ("damage", "disturb"),
    [
        (damage, disturb)
        for damage in DAMAGES
        for disturb in (kill, cut, restart)
        if "GMOPS_SOAK" in os.environ or damage == "mixed" or disturb is kill
    ],
)
def test_interrupted_is_before_or_after(
    desk: Desk, damage: str, disturb: Callable[[Desk, subprocess.Popen[str]], None]
) -> None:
    sound = desk.state()
    execute(desk.server, desk.schema, DAMAGES[damage])
    damaged, before, begun = desk.state(), desk.rows(), desk.moved
    desk.run(*desk.restore())
    usual = desk.moved - begun
    assert differences(sound, desk.state()) == {}
    after = True
    for number in range(MOMENTS + 1):
        if after:
            execute(desk.server, desk.schema, DAMAGES[damage])
        # The first part of the bytes is the safety copy's.
        moment = 0.97 if number == MOMENTS else 0.2 + 0.8 * desk.random.random()
        code = desk.restore_disturbed(moment * usual, lambda process: disturb(desk, process))
        if damage == "in place":
            assert desk.rows() in (before, checksums_of(sound)), "even before it is put right"
        desk.run("restore", "recover", str(desk.address))
        now = desk.state()
        after = differences(sound, now) == {}
        assert after or differences(damaged, now) == {}, (moment, code)
        assert after or code != 0, "a restore that says it is done is done"
    if not after:
        desk.run(*desk.restore())
        assert differences(sound, desk.state()) == {}


def checksums_of(state: Facts) -> dict[str, int]:
    """Return what `checksums` found, out of all facts."""
    return {name: value for name, value in state.items() if isinstance(name, str)}
