"""Whatever cuts a restore short, the database is as before it or as after it.

A real `gmops restore` through a line that can be watched and cut: killed, cut off, its server
killed or restarted, at random moments of every way to restore.  The next start then says how the
database stands, and brings it to where it is told to.  Each way is met once, at the same moments
each time; `GMOPS_SOAK=9` interrupts each way in each manner nine times at new ones, and
`GMOPS_SEED` repeats those of an earlier run; `GMOPS_SOAK_LOG` names a file that tells of each.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from typing import Final

import pytest

import gmops
from benchmarks.proxy import Proxy
from databases import Facts, differences, execute, facts, opener, query
from db.engine import Database
from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.context import Context
from gmops_desktop.paths import Home
from gmops_desktop.services.backups import Backups
from gmops_desktop.services.imports import Imports
from gmops_desktop.services.restores import Choice, Goal, Restores
from gmops_desktop.services.restores.choice import WHOLE
from sandbox.mariadb import MariaDB
from sandbox.processes import find_tool

SOAK: Final = os.environ.get("GMOPS_SOAK", "")
SEED: Final = os.environ.get("GMOPS_SEED") or (secrets.token_hex(4) if SOAK else "the same moments")
LOG: Final = Path(os.environ.get("GMOPS_SOAK_LOG", os.devnull))  # a line for each interruption

pytestmark = [pytest.mark.servers, pytest.mark.timeout(0 if SOAK else 400)]

TABLES = [
    "CREATE TABLE article (id int PRIMARY KEY, n int NOT NULL, body text) ENGINE=InnoDB",
    "INSERT INTO article SELECT seq, 0, CONCAT(SHA2(seq,512),SHA2(-seq,512)) FROM seq_1_to_9000",
    "CREATE TABLE follower (openid varchar(40) PRIMARY KEY, n int NOT NULL, note text)",
    "INSERT INTO follower SELECT SHA1(seq), 0, REPEAT(MD5(seq), 6) FROM seq_1_to_6000",
    "CREATE TABLE keyless (n int NOT NULL, word varchar(200)) ENGINE=InnoDB",
    "INSERT INTO keyless SELECT seq % 7, REPEAT(MD5(seq % 90), 3) FROM seq_1_to_500",
    "CREATE TABLE fan (id int PRIMARY KEY, of_article int, CONSTRAINT likes"
    " FOREIGN KEY (of_article) REFERENCES article (id)) ENGINE=InnoDB",
    "INSERT INTO fan SELECT seq, seq FROM seq_1_to_50",
    # Theirs who restores: nobody else may be named without SUPER.
    "CREATE DEFINER=ops_backup@'%' VIEW both_sides AS SELECT id FROM article",
    "CREATE DEFINER=ops_backup@'%' TRIGGER quiet AFTER DELETE ON follower FOR EACH ROW SET @gone=1",
]
ROWS = [
    "UPDATE article SET n=n+1, body=REVERSE(body) WHERE id % 3 = 0",
    "DELETE FROM article WHERE id > 8000",
    "UPDATE keyless SET n=9 WHERE word=REPEAT(MD5(5), 3)",
]
MIXED = [*ROWS, "ALTER TABLE follower ADD extra int", "DROP TRIGGER quiet"]
KEYS = [str(number) for number in (*range(3, 3000, 3), *range(8001, 8800))]


@dataclass(frozen=True)
class Way:
    """A way to restore: what has damaged the schema, and what is chosen of the archive."""

    damage: tuple[str, ...]
    choice: Choice = WHOLE
    new: bool = False  # into a schema that is not there
    undo: bool = False  # takes back a restore that was whole
    imported: bool = False  # from another tool's dump


WAYS = {
    "in place": Way(tuple(ROWS)),
    "beside": Way(("ALTER TABLE article ADD extra int", "DROP VIEW both_sides")),
    "mixed": Way(tuple(MIXED)),
    "new schema": Way((), new=True),
    "tables": Way(tuple(MIXED), Choice(frozenset({"article", "follower"}))),
    "rows": Way(tuple(ROWS), Choice(rows={"article": frozenset(KEYS)})),
    "undo": Way(tuple(MIXED), undo=True),
    "import": Way(tuple(MIXED), imported=True),
}


@dataclass
class Desk:
    """A site on a server of its own, archives of it as it was, and the line between."""

    server: MariaDB
    line: Proxy
    schema: str
    home: Path
    password: Path
    restores: Restores
    archive: Path = Path()
    imported: Path = Path()
    random: Random = field(default_factory=Random)

    def address(self, schema: str = "") -> MysqlAddress:
        return MysqlAddress("127.0.0.1", self.line.port, "ops_backup", schema or self.schema)

    @property
    def moved(self) -> int:
        return self.line.down + self.line.up

    def target(self, way: Way) -> MysqlAddress:
        return self.address(f"{self.schema}_new" if way.new else "")

    def stand(self, way: Way) -> str:
        """Make the schema what it is before the restore; return what an undo takes back."""
        for schema in (self.schema, f"{self.schema}_new"):
            execute(self.server, "", [f"DROP DATABASE IF EXISTS {schema}"])
        execute(self.server, "", [f"CREATE DATABASE {self.schema} CHARACTER SET utf8mb4"])
        execute(self.server, self.schema, [*TABLES, *way.damage])
        if not way.undo:
            return ""
        address = self.address()
        return self.restores.run(self.archive, address, Context(), confirm=self.schema).id

    def restore(self, way: Way, undone: str) -> None:
        """Do here what the command does, undisturbed."""
        target = self.target(way)
        if way.undo:
            self.restores.undo(undone, Context())
            return
        archive = self.imported if way.imported else self.archive
        self.restores.run(archive, target, Context(), confirm=target.schema, choice=way.choice)

    def command(self, way: Way, undone: str) -> tuple[str, ...]:
        schema = self.target(way).schema
        if way.undo:
            return ("restore", "undo", undone, "--confirm", schema)
        archive = self.imported if way.imported else self.archive
        words = ["restore", "run", str(archive), str(self.address()), "--confirm", schema]
        words += ["--into", schema] if way.new else []
        for table in way.choice.tables or way.choice.rows:
            words += ["--table", table]
            words += [word for key in way.choice.rows.get(table, ()) for word in ("--row", key)]
        return tuple(words)

    def start(self, *words: str) -> gmops.Command:
        return gmops.start(*words, "--json", home=self.home, GMOPS_PASSWORD_FILE=str(self.password))

    def disturbed(
        self,
        words: tuple[str, ...],
        at: float,
        disturb: Callable[[Desk, gmops.Command], None],
    ) -> int | None:
        """Run a command and disturb it after `at` bytes; return its exit code, None if it had
        ended before that."""
        at += self.moved
        looking = threading.Event()
        with self.start(*words) as process:
            while process.poll() is None and self.moved < at:
                looking.wait(0.001)
            hit = process.poll() is None
            try:
                disturb(self, process)
            finally:
                _, err = process.communicate(timeout=120)
        assert "Traceback" not in err, err
        self.line.mend()
        return process.returncode if hit else None

    def restart(self, end: Callable[[], None]) -> None:
        end()
        self.server.start()
        self.line.target = self.server.port

    def state(self, way: Way) -> Facts:
        schema = self.target(way).schema
        listed = "SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME="
        if not query(self.server, "", f"{listed}'{schema}'"):
            return {"schema": "not there"}
        return facts(self.server, schema)


@pytest.fixture(scope="module")
def _desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("restored")
    home, password = folder / "home", folder / "password"
    home.mkdir()
    with ExitStack() as stack:
        server = stack.enter_context(MariaDB(folder / "server"))
        password.touch(0o600)
        password.write_text(server.password("ops_backup"))
        # 80 Mbit/s: slow enough for a moment in between to be hit.
        proxy = Proxy(server.port, rate=80e6, rate_up=80e6)
        line = stack.enter_context(proxy.listening())
        place = Home(home)
        place.archives.mkdir(parents=True)
        database = Database(place.store)
        stack.callback(database.close)
        connect = opener(server)
        backups = Backups(database, connect, lambda: place.archives)
        safety = partial(backups.take, purpose="safety")
        desk = Desk(server, line, f"f_{secrets.token_hex(4)}", home, password,
                    Restores(database, connect, safety))  # fmt: skip
        desk.stand(Way(()))
        desk.archive = backups.take(desk.address(), Context()).path
        desk.imported = _imported(desk, Imports(connect, backups.take, folder / "imports.json"))
        yield desk


def _imported(desk: Desk, imports: Imports) -> Path:
    """Bring in a stock dump of the site, as another tool would have left it."""
    server, dump = desk.server, desk.home / "dump.sql"
    options = desk.home / "client.cnf"
    options.touch(0o600)
    options.write_text(f"[client]\nuser=root\npassword={server.root_password}\n")
    words = [find_tool("mariadb-dump", "mariadb-client"), f"--defaults-file={options}",
             "--host=127.0.0.1", f"--port={server.port}", "--triggers", desk.schema]  # fmt: skip
    with dump.open("wb") as file:
        subprocess.run(words, stdout=file, check=True)
    schema = f"{desk.schema}_imported"
    backup = imports.run(dump, desk.address(), Context(), schema=schema).backup
    assert backup
    return backup.path


@pytest.fixture
def desk(_desk: Desk, request: pytest.FixtureRequest) -> Desk:
    _desk.random = Random(f"{SEED} {request.node.name}")
    return _desk


def kill(desk: Desk, process: gmops.Command) -> None:
    process.kill()


def cut(desk: Desk, process: gmops.Command) -> None:
    desk.line.cut()


def restart(desk: Desk, process: gmops.Command) -> None:
    desk.restart(desk.random.choice((desk.server.kill, desk.server.stop)))


# Without a soak each way is met in one manner.
_MANNERS = {"in place": restart, "beside": cut, "new schema": cut, "tables": restart, "undo": cut}


@pytest.mark.parametrize(
    ("name", "disturb"),
    [
        (name, disturb)
        for name in WAYS
        for disturb in (kill, cut, restart)
        if SOAK or disturb is _MANNERS.get(name, kill)
    ],
)
def test_interrupted_is_before_or_after(
    desk: Desk, name: str, disturb: Callable[[Desk, gmops.Command], None]
) -> None:
    way = WAYS[name]
    for _ in range(2):  # the second safety copy is smaller than the first
        undone = desk.stand(way)
        before, begun = desk.state(way), desk.moved
        desk.restore(way, undone)
        usual = desk.moved - begun
    after = desk.state(way)
    assert differences(before, after)
    for _ in range(int(SOAK or 1)):
        # The first part of the bytes is the safety copy's, the last few are the swap's.
        moment = desk.random.choice(
            (0.1 + 0.9 * desk.random.random(), 1 - 0.05 * desk.random.random())
        )
        goal: Goal = desk.random.choice(("either", "before", "after"))
        told = _interrupt(desk, way, disturb, moment * usual, goal, before, after)
        with LOG.open("a") as log:
            log.write(f"{SEED}: {name}, {disturb.__name__} at {moment:.4f}: {told}\n")


def _interrupt(
    desk: Desk,
    way: Way,
    disturb: Callable[[Desk, gmops.Command], None],
    at: float,
    goal: Goal,
    before: Facts,
    after: Facts,
) -> str:
    """Cut one restore short, and prove what it left; return what became of it."""
    command = desk.command(way, desk.stand(way))
    target = desk.target(way)
    code = desk.disturbed(command, at, disturb)
    waiting = [one for one in desk.restores.unfinished() if one.schema == target.schema]
    said = waiting[0].stands if waiting else "nothing"
    # The next start: it says how the schema stands, and brings it where it is told to.
    recovered = desk.restores.recover(target, Context(), goal)
    now = desk.state(way)
    ends = [end for end, one in (("before", before), ("after", after)) if not differences(one, now)]
    assert ends, (said, goal, differences(before, now), differences(after, now))
    (stands,) = ends
    if recovered is None:
        assert not waiting, "the interrupted restore was not found"
    else:
        assert waiting
        assert recovered.stands == stands
        assert stands == goal or goal == "either"
        if goal == "either" and said != "unknown":
            assert said == stands
    if code == 0 and recovered is None:
        assert stands == "after", "a restore that says it is done is done"
    assert desk.restores.unfinished() == ()
    return f"exit {code}, the next start said {said}, wanted {goal}, stands {stands}"
