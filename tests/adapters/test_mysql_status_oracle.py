"""The same questions to Oracle's own servers: MySQL 5.6, and MySQL 9 where there is one."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import pymysql
import pytest

from databases import grant_in
from gmops_desktop.adapters import mysql, mysql_status
from gmops_desktop.adapters.mysql import MysqlConnection
from gmops_desktop.adapters.mysql_status import tables
from gmops_desktop.context import Context
from gmops_desktop.contract.looks import MysqlDetails
from gmops_desktop.contract.verdicts import History, verdict
from sandbox import mysql9, mysql56
from sandbox.database import DatabaseServer
from sandbox.mysql9 import Mysql9
from sandbox.mysql56 import Mysql56

pytestmark = pytest.mark.servers

SCHEMA = "shown"
SERVERS: dict[str, tuple[Any, bool]] = {
    "mysql56": (Mysql56, mysql56.fetched()),
    "mysql9": (Mysql9, mysql9.runs_here() and mysql9.is_built()),
}


@pytest.fixture(
    scope="module", params=["mysql56", pytest.param("mysql9", marks=pytest.mark.mysql9)]
)
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DatabaseServer]:
    """A server that records its statements, with two tables."""
    kind, there = SERVERS[request.param]
    if not there:
        # As `conftest.mysql56`: CI has what it takes to fetch the one.
        missing = pytest.fail if (kind, os.environ.get("CI")) == (Mysql56, "true") else pytest.skip
        missing(f"{request.param} is not here")
    folder = tmp_path_factory.mktemp(request.param)
    with kind(folder, options=("--performance-schema=ON", "--server-id=2")) as server:
        with server.connect() as raw, raw.cursor() as cursor:
            for statement in (
                f"CREATE DATABASE {SCHEMA}",
                f"CREATE TABLE {SCHEMA}.members (id INT PRIMARY KEY, level INT, KEY lazy (level))",
                f"CREATE TABLE {SCHEMA}.notes (text TEXT)",
                f"INSERT INTO {SCHEMA}.members VALUES (1, 1), (2, 2)",
            ):
                cursor.execute(statement)
        yield server


@contextmanager
def asked(
    server: DatabaseServer, user: str = "ops_backup", password: str = ""
) -> Iterator[MysqlConnection]:
    address = replace(server.address(SCHEMA), user=user)
    secret = password or server.password(user)
    with mysql.connect(address, Context(), password=secret) as connection:
        yield connection


def look(server: DatabaseServer) -> MysqlDetails:
    with asked(server) as connection:
        return mysql_status.look(connection)


def test_all_its_parts_are_learnt(server: DatabaseServer) -> None:
    seen = look(server)
    assert set(seen.sections) == unlearnt(server)
    assert (seen.tables, seen.lock_waits, seen.transactions) == (2, (), ())
    assert seen.notes["replication"] == "This server copies from no other."
    assert seen.table_sizes
    assert {table.name for table in seen.table_sizes} == {"members", "notes"}
    assert seen.pool_free is not None
    assert verdict(seen, History()).state == "ok"


def unlearnt(server: DatabaseServer) -> set[str]:
    """What no right helps to learn: MySQL 5.6 misses deadlocks when it counts."""
    return {"deadlocks"} if isinstance(server, Mysql56) else set()


def test_who_waits_for_whom_is_seen_until_it_is_over(server: DatabaseServer) -> None:
    holder, waiter = server.connect(SCHEMA), server.connect(SCHEMA)
    update = "UPDATE members SET level = 5 WHERE id = 1"
    thread = threading.Thread(target=lambda: waiter.cursor().execute(update))
    try:
        holder.begin()
        holder.cursor().execute(update)
        thread.start()
        waits = next(found for _ in range(100) if (found := waiting(server)))
    finally:
        holder.rollback()
        thread.join()
    ids = waiter.thread_id(), holder.thread_id()
    waiter.close()
    holder.close()
    (wait,) = waits
    assert ((wait.waiting, wait.blocking), wait.table) == (ids, f"{SCHEMA}.members")
    assert wait.waiting_statement == update
    assert next(True for _ in range(100) if not waiting(server))


def waiting(server: DatabaseServer) -> tuple[Any, ...]:
    threading.Event().wait(0.2)  # InnoDB shows the same locks again for 0.1 s
    return look(server).lock_waits or ()


def test_a_deadlock_is_counted_or_known_not_to_be(server: DatabaseServer) -> None:
    before = look(server).counters.get("innodb_deadlocks")
    one, other = server.connect(SCHEMA), server.connect(SCHEMA)

    def cross(connection: Any, row: int) -> None:
        with suppress(pymysql.err.OperationalError):  # one of both is the victim
            connection.cursor().execute(f"UPDATE members SET level = 9 WHERE id = {row}")

    one.begin()
    other.begin()
    cross(one, 1)
    cross(other, 2)
    thread = threading.Thread(target=cross, args=(one, 2))
    thread.start()
    cross(other, 1)
    thread.join()
    for connection in (one, other):
        connection.rollback()
        connection.close()
    seen = look(server)
    if before is None:
        assert "innodb_print_all_deadlocks" in seen.sections["deadlocks"]
        assert isinstance(server, Mysql56)
    else:
        assert seen.counters["innodb_deadlocks"] == before + 1


def test_a_long_transaction_is_seen(
    server: DatabaseServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mysql_status.locks, "_LONG", 0)
    with server.connect(SCHEMA) as raw, raw.cursor() as cursor:
        raw.begin()
        cursor.execute("SELECT * FROM notes")
        seen = look(server)
        raw.rollback()
    assert seen.transactions is not None
    assert all(one.seconds >= 0 for one in seen.transactions)


def test_slow_statements_and_lazy_indexes_are_told(
    server: DatabaseServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "_LONG_ENOUGH", 0)
    with server.connect(SCHEMA) as raw, raw.cursor() as cursor:
        cursor.execute("SELECT 'secret-value', SLEEP(1.05)")
    seen = look(server)
    assert seen.slow
    assert any("SLEEP" in one.text and one.longest > 1 for one in seen.slow)
    assert "secret-value" not in str(seen)
    assert seen.hints
    assert {("unused", "members", "lazy"), ("missing", "notes", "PRIMARY")} <= {
        (hint.kind, hint.table, hint.index) for hint in seen.hints
    }


def test_each_grant_it_names_is_one_that_helps(server: DatabaseServer) -> None:
    with server.connect() as raw, raw.cursor() as cursor:
        cursor.execute("CREATE USER poor IDENTIFIED BY 'a-Password-1'")
        cursor.execute(f"GRANT SELECT ON {SCHEMA}.* TO poor")
        for _ in range(6):
            with asked(server, "poor", "a-Password-1") as connection:
                seen = mysql_status.look(connection)
            lacking = [why for why in seen.sections.values() if "GRANT" in why]
            if not lacking:
                break
            found = verdict(seen, History())
            judged = {"locks", "transactions", "replication"} & set(seen.sections)
            assert found.state == ("unknown" if judged else "ok")
            cursor.execute(grant_in(lacking[0]))
        cursor.execute("DROP USER poor")
    assert set(seen.sections) == unlearnt(server)


def test_a_copy_that_was_never_started_stands_still(server: DatabaseServer) -> None:
    old = isinstance(server, Mysql56)
    change = (
        "CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=3999, MASTER_USER='r'"
        if old
        else "CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', SOURCE_PORT=3999,"
        " SOURCE_USER='r'"
    )
    with server.connect() as raw, raw.cursor() as cursor:
        cursor.execute(change)
        found = verdict(look(server), History())
        cursor.execute("RESET SLAVE ALL" if old else "RESET REPLICA ALL")
    assert found.state == "critical"
    assert found.reason == "Copying from 127.0.0.1:3999 stands still: it was stopped"
    assert verdict(look(server), History()).state == "ok"


@pytest.mark.mysql9
def test_from_mysql_8_on_locks_are_unknown_while_nothing_is_recorded(mysql9: Mysql9) -> None:
    """The tables of locks are there without the performance_schema, and always empty."""
    with mysql.connect(
        replace(mysql9.address("mysql"), user="root"), Context(), password=mysql9.root_password
    ) as connection:
        seen = mysql_status.look(connection)
    assert seen.lock_waits is None
    assert "performance_schema = ON" in seen.sections["locks"]
    found = verdict(seen, History())
    assert (found.state, "locks" in found.reason) == ("unknown", True)
