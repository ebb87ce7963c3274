"""Whatever cuts a backup short, no file verifies that is wrong, and the next run succeeds.

A real `gmops backup take` through a line that can be watched and cut: killed, cut off, its server
restarted, its disk full, at random moments.  A few moments each time, the same ones;
`GMOPS_SOAK=20` tries that many new ones of each kind.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest

import gmops
from benchmarks.proxy import Proxy
from databases import execute, opener, query
from db.engine import Database
from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.archive.verification import verify
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.services.backups import Backups
from gmops_desktop.services.restores import Restores
from sandbox.mariadb import MariaDB

pytestmark = [pytest.mark.servers, pytest.mark.timeout(0 if "GMOPS_SOAK" in os.environ else 300)]

MOMENTS = int(os.environ.get("GMOPS_SOAK", "2"))
SEED = secrets.token_hex(4) if "GMOPS_SOAK" in os.environ else "the same moments"


def _body(salt: str) -> str:
    return "CONCAT(" + ",".join(f"SHA2(CONCAT({salt},{n}),512)" for n in range(8)) + ")"


TABLES = [
    "CREATE TABLE article (id int PRIMARY KEY, n int NOT NULL, body text) ENGINE=InnoDB",
    # Text that stays large when it is compressed, as most does.
    f"INSERT INTO article SELECT seq, 0, {_body('seq')} FROM seq_1_to_4000",
    "CREATE TABLE follower (openid varchar(40) PRIMARY KEY, n int NOT NULL, note text)",
    "INSERT INTO follower SELECT SHA1(seq), 0, REPEAT(MD5(seq), 6) FROM seq_1_to_4000",
    "CREATE TABLE old_log (id int PRIMARY KEY, n int NOT NULL, line text) ENGINE=MyISAM",
    "INSERT INTO old_log SELECT seq, 0, REPEAT(MD5(seq), 4) FROM seq_1_to_3000",
    "CREATE TABLE keyless (n int NOT NULL, word varchar(200)) ENGINE=InnoDB",
    "INSERT INTO keyless SELECT seq % 7, REPEAT(MD5(seq % 900), 3) FROM seq_1_to_2000",
    "CREATE VIEW both_sides AS SELECT id FROM article",
]


@dataclass
class Ended:
    """How a run of the program ended."""

    code: int
    out: str
    err: str

    @property
    def answer(self) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self.out)
        return answer


@dataclass
class Site:
    """A schema on a server of its own, a home, and the line between them."""

    server: MariaDB
    line: Proxy
    schema: str
    home: Path
    password: Path
    random: Random = field(default_factory=lambda: Random(SEED))
    edits: int = 0
    sent: int = 0  # bytes that the last whole run had sent to it
    usual: int = 0  # bytes that a run is sent which brings in one edit

    @property
    def address(self) -> MysqlAddress:
        return MysqlAddress("127.0.0.1", self.line.port, "ops_backup", self.schema)

    @property
    def archives(self) -> Path:
        return self.home / "archives"

    def edit(self) -> None:
        """Change about a fifth of everything, all over the tables."""
        self.edits += 1
        picked = f"CRC32(CONCAT('{self.edits}', %s)) %% 5 = 0"
        execute(
            self.server,
            self.schema,
            [
                f"UPDATE article SET n=n+1, body={_body(f'-id*{self.edits}')}"
                f" WHERE {(picked % 'id').replace('%%', '%')}",
                f"UPDATE follower SET n=n+1 WHERE {(picked % 'openid').replace('%%', '%')}",
                f"UPDATE old_log SET n=n+1 WHERE {(picked % 'id').replace('%%', '%')}",
                f"INSERT INTO keyless VALUES ({self.edits}, 'new')",
                f"DELETE FROM article WHERE id % 97 = {self.edits % 97}",
                f"INSERT INTO article SELECT 5000 + {self.edits} * 100 + seq, 0, 'new'"
                " FROM seq_1_to_60",
            ],
        )

    def restart(self, end: Callable[[], None]) -> None:
        """Let the server `end`, and start it again (its port may be another one then)."""
        end()
        self.server.start()
        self.line.target = self.server.port

    def start(self, file_limit: int | None = None) -> gmops.Command:
        """Start a backup; no file may grow beyond `file_limit` bytes."""
        words = ("backup", "take", str(self.address), "--json")
        environment = gmops.environment(self.home, GMOPS_PASSWORD_FILE=str(self.password))
        return gmops.Command(words, environment, file_limit=file_limit)

    def take(self, file_limit: int | None = None) -> Ended:
        with self.start(file_limit) as process:
            return end_of(process)

    def take_whole(self) -> dict[str, Any]:
        """Take a backup that nothing disturbs; return what it says, after proving it."""
        before = self.line.down
        ended = self.take()
        assert ended.code == 0, ended.err
        self.sent = self.line.down - before
        path = Path(ended.answer["path"])
        assert verify(path, Context()).ok
        assert self.is_right(path)
        left = {path.suffix for path in self.archives.iterdir()}
        assert left == {".zst", ".sha256"}, "a whole run cleans up after those before it"
        return ended.answer

    def moments(self) -> Iterator[float]:
        """Give random parts of a run, and last a late one, when much is in hand."""
        yield from (self.random.random() for _ in range(MOMENTS - 1))
        yield 0.85

    def take_disturbed(self, moment: float, disturb: Callable[[gmops.Command], object]) -> Ended:
        """Take a backup that `disturb` hits after that part of what the server usually sends.

        What it leaves is looked through: nothing may verify and be wrong.
        """
        known = set(self.archives.iterdir())
        at = self.line.down + moment * self.usual
        looking = threading.Event()
        with self.start() as process:
            while process.poll() is None and self.line.down < at:
                looking.wait(0.002)
            try:
                disturb(process)
            finally:
                ended = end_of(process)
        self.line.mend()
        self.check_what_is_left(known, ended)
        return ended

    def is_right(self, path: Path) -> bool:
        """Whether an archive holds exactly what the server holds, by the server's own digests."""
        folder = self.home / f"look-{secrets.token_hex(4)}"
        folder.mkdir()
        database = Database(folder / "store.db")
        try:
            connect = opener(self.server)
            backups = Backups(database, connect, lambda: folder)
            restores = Restores(database, connect, backups.take)
            target = self.server.address(self.schema)
            return restores.preview(path, target, Context()).identical
        finally:
            database.close()
            shutil.rmtree(folder)

    def check_what_is_left(self, known: set[Path], ended: Ended) -> None:
        """Assert that nothing there verifies and is wrong."""
        assert "Traceback" not in ended.err, ended.err
        for path in self.archives.iterdir():
            if path in known or path.suffix == ".sha256":
                continue
            copy = self.home / "looked-at.sql.zst"
            shutil.copyfile(path, copy)
            try:
                whole = verify(copy, Context()).ok
                assert not whole or self.is_right(copy), f"{path.name} verifies and is wrong"
                assert whole or path.suffix != ".zst", f"{path.name} looks whole and is not"
            finally:
                copy.unlink()
        if ended.code == 0:
            assert Path(ended.answer["path"]).is_file()


def end_of(process: gmops.Command) -> Ended:
    """Wait for a run to end; one that hangs is ended, and fails the test."""
    try:
        out, err = process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    return Ended(process.returncode, out, err)


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDB]:
    """A server that these tests may kill."""
    with MariaDB(tmp_path_factory.mktemp("faults")) as server:
        yield server


@pytest.fixture
def site(own_server: MariaDB, tmp_path: Path) -> Iterator[Site]:
    """The site, with two backups of it taken: what comes next is a delta."""
    home, password = tmp_path / "home", tmp_path / "password"
    home.mkdir()
    password.touch(0o600)
    password.write_text(own_server.password("ops_backup"))
    schema = f"f_{secrets.token_hex(4)}"
    execute(own_server, "", [f"CREATE DATABASE {schema} CHARACTER SET utf8mb4"])
    execute(own_server, schema, TABLES)
    # 80 Mbit/s: slow enough for a moment in between to be hit.
    with Proxy(own_server.port, rate=80e6).listening() as line:
        site = Site(own_server, line, schema, home, password)
        site.take_whole()
        site.edit()
        site.take_whole()
        site.usual = site.sent
        yield site
    execute(own_server, "", [f"DROP DATABASE {schema}"])


def test_killed(site: Site) -> None:
    """kill -9 of the program."""
    for moment in site.moments():
        site.edit()
        ended = site.take_disturbed(moment, lambda process: process.kill())
        assert ended.code in (0, -9)
        again = site.take_whole()
    assert ended.code == 0 or again["resumed"], "what was in hand is used"


def test_cut_off(site: Site) -> None:
    """The line breaks, and does not come back while the program runs."""
    for moment in site.moments():
        site.edit()
        ended = site.take_disturbed(moment, lambda process: site.line.cut())
        assert ended.code in (0, 1)
        again = site.take_whole()
    assert ended.code == 0 or again["resumed"], "what was in hand is used"


def test_a_line_cut_within_one_long_answer(site: Site) -> None:
    """It is told in a sentence, and the driver does not go on reading."""
    with opener(site.server)(site.address, Context()) as connection:
        rows = connection.stream("SELECT REPEAT('x', 100000) FROM seq_1_to_200")
        assert next(rows)
        site.line.cut()
        with pytest.raises(OpsError, match="broke"):
            list(rows)


def test_server_restarted(site: Site) -> None:
    """The server dies or is shut down, and comes back."""

    def restart(process: gmops.Command) -> None:
        site.restart(site.random.choice((site.server.kill, site.server.stop)))
        # As the site's first visitor: whoever opens a MyISAM table after a crash has it repaired,
        # but nobody inside a read-only transaction.
        query(site.server, site.schema, "SELECT COUNT(*) FROM old_log")

    for moment in site.moments():
        site.edit()
        ended = site.take_disturbed(moment, restart)
        assert ended.code in (0, 1)
        site.take_whole()


def test_a_first_backup_that_is_killed_is_gone_on_with(site: Site) -> None:
    """Over a slow line the first one takes longest: nothing of it may have to travel twice."""
    shutil.rmtree(site.archives)
    site.line.throttle(16e6)
    whole = site.take_whole()
    site.usual = full = site.sent
    for file in site.archives.iterdir():
        file.unlink()
    ended = site.take_disturbed(0.7, lambda process: process.kill())
    assert ended.code == -9
    again = site.take_whole()
    assert again["resumed"]
    assert again["base"] == ""
    assert again["reused_bytes"] > 0.3 * whole["text_bytes"]
    assert site.sent < 0.7 * full


def test_a_table_that_crashed_with_its_server_is_not_left_out(site: Site) -> None:
    """MyISAM: it is read, or the backup fails and says what to do; rights are no matter here."""
    site.edit()
    site.restart(site.server.kill)
    ended = site.take()
    if ended.code == 0:
        assert site.is_right(Path(ended.answer["path"]))
    else:
        assert "old_log" in ended.err
        assert "REPAIR TABLE" in ended.err
    query(site.server, site.schema, "SELECT COUNT(*) FROM old_log")
    site.take_whole()


def test_disk_full_at_any_write(site: Site) -> None:
    """No file may grow beyond a size: the kernel refuses the write that would pass it."""
    for _ in range(MOMENTS):
        site.edit()
        known = set(site.archives.iterdir())
        limit = site.random.choice((0, 1 << 10, 1 << 16, site.random.randrange(4 << 20)))
        ended = site.take(file_limit=limit)
        assert ended.code in (0, 1), ended.err
        site.check_what_is_left(known, ended)
        site.take_whole()
