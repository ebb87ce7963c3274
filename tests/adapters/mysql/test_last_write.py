"""What a server tells of the last write to a table is believed only where it cannot deceive."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from databases import age, execute, opener
from gmops_desktop.adapters.mysql import MysqlConnection, catalogue, segments
from gmops_desktop.adapters.mysql.last_write import LastWrite, last_writes, untouched
from gmops_desktop.context import Context
from sandbox.database import DatabaseServer
from sandbox.mariadb import MariaDB

pytestmark = pytest.mark.servers

OLD = "CREATE TABLE log (id int PRIMARY KEY, word char(8)) ENGINE=MyISAM"
ROWS = "INSERT INTO log VALUES (1, 'one'), (2, 'two')"


@contextmanager
def looking(server: DatabaseServer, statements: list[str]) -> Iterator[MysqlConnection]:
    """A prepared connection to a schema of its own."""
    execute(server, "", ["DROP DATABASE IF EXISTS stamped", "CREATE DATABASE stamped"])
    execute(server, "stamped", statements)
    with opener(server)(server.address("stamped"), Context()) as connection:
        segments.prepare(connection)
        yield connection
    execute(server, "", ["DROP DATABASE stamped"])


def look(connection: MysqlConnection) -> dict[str, LastWrite]:
    return last_writes(connection, catalogue.read(connection).tables)


@pytest.mark.parametrize(
    "kind", ["mariadb", "mysql56", pytest.param("mysql9", marks=pytest.mark.mysql9)]
)
def test_every_write_shows(kind: str, request: pytest.FixtureRequest) -> None:
    server: DatabaseServer = request.getfixturevalue(kind)
    other = [OLD.replace("log", "other"), ROWS.replace("log", "other")]
    with looking(server, [OLD, ROWS, *other]) as connection:
        for write in (
            "UPDATE log SET word='eno' WHERE id=1",
            "INSERT INTO log VALUES (3, '')",
            "DELETE FROM log WHERE id=3",
            "ALTER TABLE log FORCE",
            "TRUNCATE log",
            "RENAME TABLE log TO gone, other TO log",
        ):
            for table in ("log", "other"):
                age(server, "stamped", table, seconds=60)
            before = look(connection)
            assert untouched(before, look(connection)) == {"log", "other"}
            execute(server, "stamped", [write])
            assert "log" not in untouched(before, look(connection)), write


def test_a_write_of_just_now_could_hide_the_next(mariadb: MariaDB) -> None:
    with looking(mariadb, [OLD, ROWS]) as connection:
        before = look(connection)
        assert before.keys() == {"log"}
        assert untouched(before, look(connection)) == frozenset()


def test_only_files_that_are_written_at_once_are_believed(mariadb: MariaDB) -> None:
    others = [
        f"CREATE TABLE {engine} (id int PRIMARY KEY) ENGINE={engine}"
        for engine in ("InnoDB", "Aria", "MEMORY")
    ]
    parted = "CREATE TABLE parted (id int PRIMARY KEY) ENGINE=MyISAM PARTITION BY HASH(id)"
    with looking(mariadb, [OLD, *others, parted]) as connection:
        assert look(connection).keys() == {"log"}
        execute(mariadb, "", ["SET GLOBAL myisam_use_mmap=ON"])
        try:
            assert look(connection) == {}
        finally:
            execute(mariadb, "", ["SET GLOBAL myisam_use_mmap=OFF"])
