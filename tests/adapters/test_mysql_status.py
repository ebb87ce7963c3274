"""The questions to a real MariaDB about its health and its account."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pymysql
import pytest

from gmops_desktop.adapters import mysql_status
from gmops_desktop.addresses import MysqlAddress
from sandbox.mariadb import MariaDB


class Asking:
    """The sandbox's own connection, asked the way ours is."""

    def __init__(self, raw: pymysql.Connection, schema: str) -> None:
        self.schema = schema
        self._raw = raw

    def rows(self, statement: str, *values: Any) -> Iterator[tuple[Any, ...]]:
        with self._raw.cursor() as cursor:
            cursor.execute(statement, values or None)
            return iter(cursor.fetchall())

    def close(self) -> None:
        self._raw.close()


@pytest.fixture
def asking(mariadb: MariaDB, schema: MysqlAddress) -> Iterator[Asking]:
    connection = Asking(mariadb.connect(user=schema.user), schema.schema)
    yield connection
    connection.close()


def test_the_server_tells_its_state(mariadb: MariaDB, asking: Asking) -> None:
    with mariadb.connect(asking.schema) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE members (id INT PRIMARY KEY, name VARCHAR(50))")
    seen = mysql_status.look(asking)
    assert "MariaDB" in seen.version
    assert 1 <= seen.connections <= seen.max_connections
    assert seen.running >= 1
    assert seen.tables == 1
    assert seen.schema_bytes
    assert (seen.slow_per_hour, seen.hit_share, seen.sections) == (None, None, {})


def test_an_empty_schema_has_no_size(asking: Asking) -> None:
    seen = mysql_status.look(asking)
    assert (seen.tables, seen.schema_bytes) == (0, None)


def test_the_rights_of_the_account_are_known(mariadb: MariaDB, asking: Asking) -> None:
    root = Asking(mariadb.connect(), asking.schema)
    assert set(mysql_status.FOR_RESTORE) <= mysql_status.privileges(root)
    root.close()
    assert mysql_status.account(asking).startswith("'ops_backup'@'")
    with mariadb.connect() as connection, connection.cursor() as cursor:
        cursor.execute("CREATE USER 'it''s me'@'%' IDENTIFIED BY 'a-password-1'")
        try:
            cursor.execute(f"GRANT SELECT, TRIGGER ON `{asking.schema}`.* TO 'it''s me'@'%'")
            login = {"host": "127.0.0.1", "port": mariadb.port, "password": "a-password-1"}
            stranger = Asking(pymysql.connect(user="it's me", **login), asking.schema)
            assert mysql_status.account(stranger) == "'it''s me'@'%'"
            rights = mysql_status.privileges(stranger)
            stranger.close()
        finally:
            cursor.execute("DROP USER 'it''s me'@'%'")
    assert rights & set(mysql_status.FOR_RESTORE) == {"SELECT", "TRIGGER"}
