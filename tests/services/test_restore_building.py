"""Tables built beside by several connections, their indexes last: the same as by one; and whatever
ends one of them, the schema stays as it was."""

from __future__ import annotations

import secrets
from contextlib import suppress
from functools import partial
from pathlib import Path

import pymysql
import pytest

from databases import differences, execute, facts, opener, query
from db.engine import Database
from gmops_desktop.adapters.mysql import MysqlConnection, indexing, segments
from gmops_desktop.adapters.mysql.indexing import PutOff
from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.context import Context, Progress
from gmops_desktop.errors import Cancelled, OpsError
from gmops_desktop.services.backups import Backups
from gmops_desktop.services.restores import Restores, building
from sandbox.mariadb import MariaDB

pytestmark = pytest.mark.servers

_ROWS = "SELECT seq, seq % 97, SHA1(seq), REPEAT(MD5(seq), 3) FROM seq_1_to_4000"
_COLUMNS = "id int NOT NULL, n int NOT NULL, code varchar(40) NOT NULL, body text"
SITE = [
    f"CREATE TABLE visits ({_COLUMNS}, PRIMARY KEY (id), UNIQUE KEY (code), KEY by_n (n, id),"
    " KEY `odd ``(name` (code(5)) COMMENT 'x, (y)', FULLTEXT KEY words (body), KEY last (n))",
    f"INSERT INTO visits {_ROWS}",
    "CREATE TABLE counted (n int NOT NULL, at int NOT NULL AUTO_INCREMENT, code varchar(40),"
    " PRIMARY KEY (n, at), KEY (at), KEY (code))",
    "INSERT INTO counted SELECT seq % 5, seq, SHA1(seq) FROM seq_1_to_4000",
    f"CREATE TABLE log ({_COLUMNS}, PRIMARY KEY (id), KEY (n)) ENGINE=MyISAM",
    f"INSERT INTO log {_ROWS}",
    f"CREATE TABLE keyless ({_COLUMNS}, KEY (n))",
    f"INSERT INTO keyless {_ROWS}",
    "CREATE TABLE tied (id int PRIMARY KEY, visit int, FOREIGN KEY (visit) REFERENCES visits (id))",
    "INSERT INTO tied SELECT seq, seq FROM seq_1_to_4000",
    "CREATE TABLE nothing (id int PRIMARY KEY, n int, KEY (n))",
]
EMPTY = ["SET foreign_key_checks=0", *(
    f"DROP TABLE {name}" for name in ("visits", "counted", "log", "keyless", "tied", "nothing")
)]  # fmt: skip


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Little data has many segments, several connections, and indexes that are built afterwards."""
    monkeypatch.setattr(segments, "TARGET", 32 << 10)
    monkeypatch.setattr(building, "_WORTH", 0)
    monkeypatch.setattr(building, "_PART", 64 << 10)
    monkeypatch.setattr(building, "_STATEMENT", 48 << 10)
    monkeypatch.setattr(building, "_INDEXED_LATER", 1)


class Desk:
    """A site, an archive of it, and every connection that its restores opened."""

    def __init__(self, server: MariaDB, database: Database, folder: Path) -> None:
        self.server = server
        self.opened: list[MysqlConnection] = []
        self.backups = Backups(database, opener(server), lambda: folder)
        self.restores = Restores(
            database, self._connect, partial(self.backups.take, purpose="safety")
        )

    def _connect(self, address: MysqlAddress, context: Context) -> MysqlConnection:
        self.opened.append(opener(self.server)(address, context))
        return self.opened[-1]


@pytest.fixture
def desk(database: Database, mariadb: MariaDB, tmp_path: Path) -> Desk:
    return Desk(mariadb, database, tmp_path)


@pytest.fixture
def archive(desk: Desk, schema: MysqlAddress) -> Path:
    execute(desk.server, schema.schema, SITE)
    return desk.backups.take(schema, Context()).path


@pytest.fixture
def put_off(monkeypatch: pytest.MonkeyPatch) -> list[PutOff]:
    """Collect the indexes that were put off."""
    found: list[PutOff] = []
    real = indexing.put_off

    def watched(connection: MysqlConnection, table: str) -> PutOff | None:
        later = real(connection, table)
        found.extend([later] if later else [])
        return later

    monkeypatch.setattr(indexing, "put_off", watched)
    return found


def test_several_connections_build_what_one_would(
    desk: Desk, schema: MysqlAddress, archive: Path, put_off: list[PutOff]
) -> None:
    sound = facts(desk.server, schema.schema)
    execute(desk.server, schema.schema, EMPTY)
    done = desk.restores.run(archive, schema, Context(), confirm=schema.schema)
    assert done.proved, done.differences
    assert differences(sound, facts(desk.server, schema.schema)) == {}
    assert len(desk.opened) > 2, "the one in hand, and others for the rows"
    # Not the unique and the full-text ones; none where a column counts by itself, or of MyISAM.
    assert sorted(len(later.clauses) for later in put_off) == [1, 1, 3]


def test_a_connection_that_is_killed_ends_all_and_nothing_has_changed(
    desk: Desk, schema: MysqlAddress, archive: Path
) -> None:
    execute(desk.server, schema.schema, EMPTY)
    before = facts(desk.server, schema.schema)
    killed: list[int] = []

    def kill(progress: Progress) -> None:
        if progress.text.startswith("Writing") and not killed:
            ids = query(
                desk.server,
                "",
                "SELECT ID FROM information_schema.PROCESSLIST WHERE COMMAND='Sleep'"
                f" AND USER='ops_backup' AND DB='{schema.schema}' ORDER BY ID",
            )
            for (identity,) in ids[1:]:
                with suppress(pymysql.OperationalError):  # some were tried, and closed again
                    execute(desk.server, "", [f"KILL {identity}"])
                    killed.append(identity)

    class Everything(Context):
        _INTERVAL = 0.0

    with pytest.raises(OpsError):
        desk.restores.run(archive, schema, Everything(kill), confirm=schema.schema)
    assert killed
    assert differences(before, facts(desk.server, schema.schema)) == {}
    assert desk.restores.unfinished() == ()


@pytest.mark.parametrize("moment", ["Writing", "Building the indexes", "Proving"])
def test_cancelled_while_all_are_at_work(
    desk: Desk, schema: MysqlAddress, archive: Path, moment: str
) -> None:
    execute(desk.server, schema.schema, EMPTY)
    before = facts(desk.server, schema.schema)

    class Everything(Context):
        _INTERVAL = 0.0

    def cancel(progress: Progress) -> None:
        if progress.text.startswith(moment):
            context.cancel()

    context = Everything(cancel)
    with pytest.raises(Cancelled):
        desk.restores.run(archive, schema, context, confirm=schema.schema)
    assert differences(before, facts(desk.server, schema.schema)) == {}
    assert desk.restores.unfinished() == ()


def test_a_server_that_lets_only_one_in(desk: Desk, mariadb: MariaDB, archive: Path) -> None:
    """As many as there are do: it takes longer, and says so."""
    name = f"one_{secrets.token_hex(4)}"
    execute(mariadb, "", [f"CREATE DATABASE {name}",
                          "ALTER USER ops_backup@'%' WITH MAX_USER_CONNECTIONS 1"])  # fmt: skip
    notes: list[str] = []
    try:
        target = mariadb.address(name)
        done = desk.restores.run(archive, target, Context(note=notes.append), confirm=name)
        assert done.proved
        assert any("No more connections could be opened" in note for note in notes)
    finally:
        execute(mariadb, "", ["ALTER USER ops_backup@'%' WITH MAX_USER_CONNECTIONS 0",
                              f"DROP DATABASE {name}"])  # fmt: skip
