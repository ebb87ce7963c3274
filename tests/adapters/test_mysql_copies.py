"""A real copy of a real database: it moves, lags, is stopped, breaks, and each is told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from gmops_desktop.adapters import mysql, mysql_status
from gmops_desktop.context import Context
from gmops_desktop.contract.looks import MysqlDetails
from gmops_desktop.contract.verdicts import History, Verdict, verdict
from sandbox.mariadb import MariaDB

pytestmark = pytest.mark.servers


@dataclass(frozen=True)
class Pair:
    """A server, and one that copies from it."""

    origin: MariaDB
    copy: MariaDB

    def at_origin(self, *statements: str) -> None:
        self._run(self.origin, *statements)

    def at_copy(self, *statements: str) -> None:
        self._run(self.copy, *statements)

    @staticmethod
    def _run(server: MariaDB, *statements: str) -> None:
        with server.connect() as raw, raw.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def look(self) -> MysqlDetails:
        address = replace(self.copy.address("mysql"), user="root")
        password = self.copy.password("root")
        with mysql.connect(address, Context(), password=password) as connection:
            return mysql_status.look(connection)

    def until(self, there: Callable[[Any], bool]) -> Verdict:
        """Look until the copy is as expected; return what that look amounts to."""
        for _ in range(200):
            seen = self.look()
            if seen.replication and there(seen.replication[0]):
                return verdict(seen, History())
            threading.Event().wait(0.05)
        raise AssertionError(f"it never came about: {seen.replication}")


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("copies")
    logging = ("--log-bin=changes", "--server-id=1", "--binlog-format=ROW")
    with (
        MariaDB(folder / "origin", options=logging) as origin,
        MariaDB(folder / "copy", options=("--server-id=2", "--skip-slave-start")) as copy,
    ):
        pair = Pair(origin, copy)
        pair.at_origin(
            "CREATE USER copier@'%' IDENTIFIED BY 'a-Password-1'",
            "GRANT REPLICATION SLAVE ON *.* TO copier@'%'",
            "RESET MASTER",
            "CREATE DATABASE shown",
            "CREATE TABLE shown.notes (id INT PRIMARY KEY)",
        )
        pair.at_copy(
            f"CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT={origin.port},"
            " MASTER_USER='copier', MASTER_PASSWORD='a-Password-1',"
            " MASTER_LOG_FILE='changes.000001', MASTER_LOG_POS=4",
            "START SLAVE",
        )
        yield pair


def moves(copy: Any) -> bool:
    return copy.io_running and copy.sql_running and copy.lag == 0


def test_a_copy_that_moves_is_in_order(pair: Pair) -> None:
    assert pair.until(moves).state == "ok"
    pair.at_origin("INSERT INTO shown.notes VALUES (1)")
    assert pair.until(moves).state == "ok"


def test_a_copy_that_somebody_stopped_is_critical_until_it_moves_again(pair: Pair) -> None:
    pair.at_copy("STOP SLAVE SQL_THREAD")
    found = pair.until(lambda copy: not copy.sql_running)
    assert found.state == "critical"
    wanted = f"Copying from 127.0.0.1:{pair.origin.port} stands still: it was stopped"
    assert found.reason == wanted
    pair.at_copy("START SLAVE")
    assert pair.until(moves).state == "ok"


def test_a_copy_that_broke_says_at_what(pair: Pair) -> None:
    pair.at_copy("INSERT INTO shown.notes VALUES (7)")  # nobody should write there
    pair.at_origin("INSERT INTO shown.notes VALUES (7)")
    found = pair.until(lambda copy: bool(copy.fault))
    assert (found.state, "Duplicate entry '7'" in found.reason) == ("critical", True)
    pair.at_copy("STOP SLAVE", "SET GLOBAL sql_slave_skip_counter = 1", "START SLAVE")
    assert pair.until(moves).state == "ok"


def test_an_origin_that_is_gone_is_named(pair: Pair) -> None:
    pair.at_copy("STOP SLAVE", "CHANGE MASTER TO MASTER_PASSWORD='another'", "START SLAVE")
    found = pair.until(lambda copy: bool(copy.fault))
    assert (found.state, "Access denied" in found.reason) == ("critical", True)
    pair.at_copy("STOP SLAVE", "CHANGE MASTER TO MASTER_PASSWORD='a-Password-1'", "START SLAVE")
    assert pair.until(moves).state == "ok"


def test_a_copy_that_lags_is_a_warning(pair: Pair) -> None:
    """What happened a quarter of an hour ago waits in the copy, which is told to wait an hour."""
    pair.at_copy("STOP SLAVE", "CHANGE MASTER TO MASTER_DELAY=3600", "START SLAVE")
    pair.at_origin("SET timestamp = UNIX_TIMESTAMP() - 900", "INSERT INTO shown.notes VALUES (9)")
    found = pair.until(lambda copy: (copy.lag or 0) >= 900)
    assert found.state == "warning"
    assert found.reason.startswith(f"The copy of 127.0.0.1:{pair.origin.port} is 9")
    pair.at_copy("STOP SLAVE", "CHANGE MASTER TO MASTER_DELAY=0", "START SLAVE")
    assert pair.until(moves).state == "ok"
