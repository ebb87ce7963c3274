"""Connecting: every refusal is told apart, and nothing waits longer than it must."""

from __future__ import annotations

import socket
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from gmops_desktop.adapters.mysql import MysqlConnection, connect
from gmops_desktop.adapters.mysql.failures import ServerGone
from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.context import Context
from gmops_desktop.errors import Cancelled, OpsError
from sandbox.mariadb import MariaDB

pytestmark = pytest.mark.servers


def opened(
    mariadb: MariaDB, address: MysqlAddress, context: Context | None = None
) -> MysqlConnection:
    return connect(address, context or Context(), password=mariadb.password(address.user))


def test_the_server_says_what_it_is(mariadb: MariaDB, schema: MysqlAddress) -> None:
    with opened(mariadb, schema) as connection:
        assert connection.server.mariadb
        assert connection.server.number >= (10, 11)
        assert connection.server.user == "ops_backup@%"
        assert connection.schema == schema.schema
        before = connection.travelled
        assert connection.rows("SELECT 1, 'x', %s, NULL", "中'") == [("1", "x", "中'", None)]
        assert connection.travelled > before
        assert connection.each(["SELECT 1", "SELECT 2, 3"]) == [[("1",)], [("2", "3")]]
        assert list(connection.stream("SELECT 1 UNION SELECT 2")) == [("1",), ("2",)]


def test_a_wrong_password(schema: MysqlAddress) -> None:
    with pytest.raises(OpsError, match="refuses the user name or password") as failure:
        connect(schema, Context(), password="wrong")
    assert schema.secret_name in failure.value.hint


def test_an_unknown_schema(mariadb: MariaDB, schema: MysqlAddress) -> None:
    with pytest.raises(OpsError, match="no schema “nowhere”"):
        opened(mariadb, replace(schema, schema="nowhere"))


def test_a_closed_port(schema: MysqlAddress) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(OpsError, match="cannot be reached on port"):
        connect(replace(schema, port=port), Context(), password="x")


def test_something_else_behind_the_port(schema: MysqlAddress) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = replace(schema, port=silent.getsockname()[1])
        with pytest.raises(OpsError, match="not as a database server"):
            connect(address, Context(), password="x", deadline=0.3)


def test_a_missing_right(mariadb: MariaDB) -> None:
    address = mariadb.address("mysql", user="site")
    with pytest.raises(OpsError, match="lacks a right"):
        opened(mariadb, address)


def test_verified_tls(mariadb: MariaDB, schema: MysqlAddress, tmp_path: Path) -> None:
    address = mariadb.address(schema.schema, tls=True)
    with opened(mariadb, address) as connection:
        (_, cipher) = connection.one("SHOW STATUS LIKE 'Ssl_cipher'")
        assert cipher
    with pytest.raises(OpsError, match="No verified TLS connection") as failure:
        opened(mariadb, replace(address, ca=""))
    assert failure.value.unharmed == "No password was sent."
    with pytest.raises(OpsError, match="cannot be used"):
        opened(mariadb, replace(address, ca=str(tmp_path / "none.pem")))


def test_a_tunnel_is_used_and_let_go(mariadb: MariaDB, schema: MysqlAddress) -> None:
    """The address may name a host that only the far end of the tunnel can reach."""
    closed: list[str] = []
    stream = socket.create_connection(("127.0.0.1", mariadb.port))
    connection = connect(
        replace(schema, host="db.inside", tls="required"),
        Context(),
        password=mariadb.password("ops_backup"),
        tunnel=stream,
        closing=lambda: closed.append("ssh"),
    )
    with connection:
        assert connection.one("SELECT 1") == ("1",)
    assert closed == ["ssh"]
    with pytest.raises(OpsError):
        connect(schema, Context(), password="x", closing=lambda: closed.append("refused"))
    assert closed == ["ssh", "refused"]


def test_cancelling_wakes_a_waiting_statement(mariadb: MariaDB, schema: MysqlAddress) -> None:
    context = Context()
    with opened(mariadb, schema, context) as connection:
        threading.Timer(0.2, context.cancel).start()
        begun = time.monotonic()
        with pytest.raises(Cancelled):
            connection.rows("SELECT SLEEP(30)")
        assert time.monotonic() - begun < 15


def test_a_server_that_vanishes(mariadb: MariaDB, schema: MysqlAddress) -> None:
    with opened(mariadb, schema) as connection:
        (number,) = connection.one("SELECT CONNECTION_ID()")
        with mariadb.connect() as root, root.cursor() as cursor:
            cursor.execute(f"KILL CONNECTION {number}")
        with pytest.raises(ServerGone, match="broke"):
            connection.rows("SELECT 1")
