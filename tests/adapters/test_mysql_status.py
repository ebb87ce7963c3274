"""The questions to a real MariaDB and a real MySQL 5.6 about their health and their accounts."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gmops_desktop.adapters import mysql, mysql_status, tencent_slow
from gmops_desktop.adapters.mysql import MysqlConnection
from gmops_desktop.adapters.mysql.failures import ServerGone
from gmops_desktop.adapters.mysql_status import replication
from gmops_desktop.adapters.tencent import CloudRefused
from gmops_desktop.adapters.tencent import Tencent as TencentApi
from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.context import Context
from gmops_desktop.contract.fact_lines import lines_of
from gmops_desktop.contract.looks import MysqlDetails, details_from_dict, details_to_dict
from gmops_desktop.contract.rates import with_rates
from gmops_desktop.contract.verdicts import History, verdict
from sandbox.mariadb import MariaDB
from sandbox.mysql56 import Mysql56
from sandbox.tencent import Tencent

POOR = "poor_one"
POOR_PASSWORD = "a-Password-1"
TABLES = (
    "CREATE TABLE members (id INT PRIMARY KEY, name VARCHAR(50), level INT,"
    " KEY by_name (name), KEY by_name_too (name), KEY by_both (name, level), UNIQUE one (level))",
    "CREATE TABLE notes (text TEXT)",
    "INSERT INTO members VALUES (1, 'a', 1), (2, 'b', 2)",
)


@contextmanager
def connected(server: Any, address: MysqlAddress, user: str = "", password: str = "") -> Any:
    chosen = replace(address, user=user or address.user)
    secret = password or server.password(address.user)
    with mysql.connect(chosen, Context(), password=secret) as connection:
        yield connection


@pytest.fixture
def asking(mariadb: MariaDB, schema: MysqlAddress) -> Iterator[MysqlConnection]:
    with mariadb.connect(schema.schema) as raw, raw.cursor() as cursor:
        for statement in TABLES:
            cursor.execute(statement)
        raw.commit()
    with connected(mariadb, schema) as connection:
        yield connection


@pytest.fixture
def schema56(mysql56: Mysql56) -> Iterator[MysqlAddress]:
    address = mysql56.address(f"t_{secrets.token_hex(4)}")
    with mysql56.connect() as raw, raw.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {address.schema}")
        yield address
        cursor.execute(f"DROP DATABASE {address.schema}")


@pytest.fixture
def poor(mariadb: MariaDB, schema: MysqlAddress) -> Iterator[MysqlConnection]:
    """An account that may read its schema and nothing else."""
    with mariadb.connect() as raw, raw.cursor() as cursor:
        cursor.execute(f"CREATE USER {POOR} IDENTIFIED BY '{POOR_PASSWORD}'")
        cursor.execute(f"GRANT SELECT ON `{schema.schema}`.* TO {POOR}")
        try:
            with connected(mariadb, schema, POOR, POOR_PASSWORD) as connection:
                yield connection
        finally:
            cursor.execute(f"DROP USER {POOR}")


def test_the_server_tells_its_state(asking: MysqlConnection) -> None:
    seen = mysql_status.look(asking)
    assert "MariaDB" in seen.version
    assert 1 <= seen.connections <= seen.max_connections
    assert seen.most_connections
    assert seen.running >= 1
    assert seen.tables == 2
    assert seen.schema_bytes
    assert (seen.slow_per_hour, seen.hit_share, seen.per_second) == (None, None, None)
    assert seen.long_query_seconds == 2
    assert seen.counters["innodb_deadlocks"] == 0
    assert seen.pool_free is not None
    assert 0 <= seen.pool_free <= 100
    assert seen.table_sizes
    assert {table.name for table in seen.table_sizes} == {"members", "notes"}
    assert seen.table_sizes[0].data >= 16384
    assert (seen.lock_waits, seen.transactions) == ((), ())
    # The sandbox's MariaDB has no performance_schema, as Debian ships it, and copies from nobody.
    assert seen.slow is None
    assert "performance_schema = ON" in seen.sections["slow"]
    assert seen.sections.keys() == {"slow", "unused"}
    assert seen.notes["replication"] == "This server copies from no other."
    assert details_from_dict("mysql", details_to_dict(seen)) == seen


def test_hints_name_duplicate_and_missing_indexes(asking: MysqlConnection) -> None:
    hints = mysql_status.look(asking).hints
    assert hints
    assert {(one.kind, one.table, one.index, one.other) for one in hints} == {
        ("missing", "notes", "PRIMARY", ""),
        ("duplicate", "members", "by_name", "by_both"),
        ("duplicate", "members", "by_name_too", "by_both"),
    }


def test_an_empty_schema_has_no_size(mariadb: MariaDB, schema: MysqlAddress) -> None:
    with connected(mariadb, schema) as connection:
        seen = mysql_status.look(connection)
    assert (seen.tables, seen.schema_bytes, seen.table_sizes, seen.hints) == (0, None, (), ())


def test_what_the_account_may_not_see_is_unknown_and_names_the_grant(
    poor: MysqlConnection,
) -> None:
    seen = mysql_status.look(poor)
    assert (seen.lock_waits, seen.transactions, seen.replication) == (None, None, None)
    for part in ("locks", "transactions"):
        assert f"GRANT PROCESS ON *.* TO '{POOR}'@'%';" in seen.sections[part]
    assert f"GRANT SLAVE MONITOR ON *.* TO '{POOR}'@'%';" in seen.sections["replication"]
    assert seen.connections  # what everybody may see is still seen
    shown = [line for line in lines_of(seen) if line.state == "unknown"]
    assert any("GRANT PROCESS" in line.value for line in shown)
    assert not any(line.state == "ok" for line in shown)
    found = verdict(seen, History())
    assert (found.state, "GRANT PROCESS" in found.reason) == ("unknown", True)


@pytest.mark.parametrize("grant", ["PROCESS", "SLAVE MONITOR"])
def test_the_grant_named_is_the_one_that_helps(
    mariadb: MariaDB, schema: MysqlAddress, poor: MysqlConnection, grant: str
) -> None:
    refused = mysql_status.look(poor).sections
    with mariadb.connect() as raw, raw.cursor() as cursor:
        cursor.execute(f"GRANT {grant} ON *.* TO {POOR}")
    with connected(mariadb, schema, POOR, POOR_PASSWORD) as connection:
        allowed = mysql_status.look(connection).sections
    assert {part for part, why in refused.items() if f"GRANT {grant}" in why} == (
        refused.keys() - allowed.keys()
    )


def test_who_waits_for_whom_is_seen_and_a_long_transaction_too(
    mariadb: MariaDB, asking: MysqlConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mysql_status.locks, "_LONG", 0)
    holder, waiter = mariadb.connect(asking.schema), mariadb.connect(asking.schema)
    update = "UPDATE members SET name = 'c' WHERE id = 1"
    try:
        holder.begin()
        holder.cursor().execute(update)
        thread = threading.Thread(target=lambda: waiter.cursor().execute(update))
        thread.start()
        seen = _until(
            lambda: mysql_status.look(asking),
            lambda seen: any(one.blocking for one in seen.lock_waits or ()),
        )
    finally:
        holder.rollback()
        thread.join()
        ids = waiter.thread_id(), holder.thread_id()
        waiter.close()
        holder.close()
    assert seen.lock_waits
    (wait,) = seen.lock_waits
    assert (wait.waiting, wait.blocking) == ids
    assert wait.table == f"{asking.schema}.members"
    assert wait.waiting_statement == update
    assert 0 <= wait.seconds < 60


def _until(look: Callable[[], MysqlDetails], there: Callable[[MysqlDetails], bool]) -> MysqlDetails:
    for _ in range(100):
        seen = look()
        if there(seen):
            return seen
        # InnoDB shows the same locks again to whoever asks within 0.1 s of the last time.
        threading.Event().wait(0.2)
    raise AssertionError("it never came about")


def test_a_held_up_table_is_seen(mariadb: MariaDB, asking: MysqlConnection) -> None:
    holder, waiter = mariadb.connect(asking.schema), mariadb.connect(asking.schema)
    try:
        holder.begin()
        holder.cursor().execute("SELECT * FROM members")
        alter = "ALTER TABLE members ADD COLUMN more INT"
        thread = threading.Thread(target=lambda: waiter.cursor().execute(alter))
        thread.start()
        seen = _until(
            lambda: mysql_status.look(asking),
            lambda seen: any(alter == one.waiting_statement for one in seen.lock_waits or ()),
        )
    finally:
        holder.rollback()
        thread.join()
        waiter.close()
        holder.close()
    # InnoDB remembers row locks of the moment before for 0.1 s; nobody tells who holds a table.
    assert 0 in {one.blocking for one in seen.lock_waits or ()}


def test_mysql_56_is_asked_in_its_own_way(mysql56: Mysql56, schema56: MysqlAddress) -> None:
    with mysql56.connect(schema56.schema) as raw, raw.cursor() as cursor:
        for statement in TABLES:
            cursor.execute(statement)
    with connected(mysql56, schema56) as connection:
        seen = mysql_status.look(connection)
    assert seen.version.startswith("5.6")
    assert (seen.tables, seen.lock_waits, seen.transactions) == (2, (), ())
    assert seen.notes["replication"] == "This server copies from no other."
    assert seen.sections.keys() == {"slow", "unused", "deadlocks"}
    assert "innodb_print_all_deadlocks" in seen.sections["deadlocks"]
    assert seen.hints
    assert len(seen.hints) == 3


def test_two_looks_give_the_rates_and_ratios_only_after_three_hours(
    asking: MysqlConnection,
) -> None:
    first = mysql_status.look(asking)
    later = {name: value + 100 for name, value in first.counters.items()}
    later |= {"innodb_buffer_pool_reads": first.counters["innodb_buffer_pool_reads"] + 5}
    second = replace(
        first, uptime_seconds=first.uptime_seconds + 50, counters=later,
        questions=first.questions + 500, slow_queries=first.slow_queries + 1,
    )  # fmt: skip
    young = with_rates(second, first, timedelta(seconds=50))
    assert isinstance(young, MysqlDetails)
    assert (young.questions_per_second, young.slow_per_hour) == (10, 72)
    assert young.per_second
    assert young.per_second["com_select"] == 2
    assert (young.hit_share, young.temporary_on_disk) == (None, None)
    assert young.table_sizes
    assert {table.grown for table in young.table_sizes} == {0}
    day = 86400.0
    old = with_rates(
        replace(second, uptime_seconds=day + 50), replace(first, uptime_seconds=day),
        timedelta(seconds=50),
    )  # fmt: skip
    assert isinstance(old, MysqlDetails)
    assert (old.hit_share, old.temporary_on_disk) == (95, 100)
    again = with_rates(first, replace(first, uptime_seconds=day), timedelta(seconds=50))
    assert isinstance(again, MysqlDetails)
    assert (again.restarted, again.questions_per_second) == (True, None)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDB]:
    """A MariaDB that records its statements, with a schema `copied`."""
    options = ("--performance-schema=ON",)
    with MariaDB(tmp_path_factory.mktemp("recording"), options=options) as server:
        with server.connect() as raw, raw.cursor() as cursor:
            cursor.execute("CREATE DATABASE copied")
        yield server


def test_slow_statements_are_told_without_their_values(recording: MariaDB) -> None:
    with recording.connect("copied") as raw, raw.cursor() as cursor:
        cursor.execute("SELECT 'secret-value', SLEEP(1.1)")
        cursor.execute(f"CREATE USER {POOR} IDENTIFIED BY '{POOR_PASSWORD}'")
        cursor.execute(f"GRANT SELECT ON copied.* TO {POOR}")
    address = recording.address("copied")
    with connected(recording, address, POOR, POOR_PASSWORD) as connection:
        seen = mysql_status.look(connection)
        assert "GRANT SELECT ON performance_schema.*" in seen.sections["slow"]
    with connected(recording, replace(recording.address("copied"), user="root")) as connection:
        seen = mysql_status.look(connection)
    assert seen.slow
    assert (seen.slow[0].count, "SLEEP" in seen.slow[0].text) == (1, True)
    assert 1.0 < seen.slow[0].longest < 30
    assert "secret-value" not in str(seen)
    assert "less than a day" in seen.notes["unused"]
    assert "slow" not in seen.sections


def test_a_copy_that_stands_still_or_lags_is_judged(recording: MariaDB) -> None:
    with recording.connect() as raw, raw.cursor() as cursor:
        cursor.execute(
            "CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=3999, MASTER_USER='r'"
        )
    with connected(recording, replace(recording.address("copied"), user="root")) as connection:
        seen = mysql_status.look(connection)
    assert seen.replication
    (stands,) = seen.replication
    assert (stands.source, stands.io_running, stands.lag) == ("127.0.0.1:3999", False, None)
    found = verdict(seen, History())
    assert (found.state, "127.0.0.1:3999 stands still" in found.reason) == ("critical", True)
    moving = replace(stands, io_running=True, sql_running=True, lag=900)
    assert verdict(replace(seen, replication=(moving,)), History()).state == "warning"
    near = replace(moving, lag=3)
    assert verdict(replace(seen, replication=(near,)), History()).state == "ok"


def test_mysql_8_names_the_columns_of_a_copy_anew() -> None:
    row = {
        "Source_Host": "db1", "Source_Port": "3306", "Replica_IO_Running": "Yes",
        "Replica_SQL_Running": "No", "Seconds_Behind_Source": None, "Last_IO_Error": "",
        "Last_SQL_Error": "Duplicate entry",
    }  # fmt: skip
    copy = replication.one(row)
    assert (copy.source, copy.sql_running, copy.lag) == ("db1:3306", False, None)
    assert copy.fault == "Duplicate entry"


def test_a_cloud_database_shows_its_slow_log_through_the_api(tmp_path: Path) -> None:
    with Tencent(tmp_path / "tencent") as cloud:
        api = TencentApi(cloud.secret_id, cloud.secret_key, endpoint=cloud.database.endpoint)
        slow = tencent_slow.statements(
            api, cloud.database.instance, "chamber", datetime.now(UTC), Context()
        )
        cloud.fail_next("DescribeSlowLogData", "UnauthorizedOperation", "denied")
        with pytest.raises(CloudRefused) as refused:
            tencent_slow.statements(
                api, cloud.database.instance, "chamber", datetime.now(UTC), Context()
            )
    assert [(one.count, one.longest) for one in slow] == [(2, 4.2), (1, 2.5)]
    assert slow[0].mean == pytest.approx(3.65)
    assert "商会" not in slow[0].text  # kinds, without their values
    assert "cdb:DescribeSlowLogData" in refused.value.policy


def test_the_rights_of_the_account_are_known(mariadb: MariaDB, asking: MysqlConnection) -> None:
    with connected(mariadb, replace(asking.address, user="root")) as root:
        assert set(mysql_status.FOR_RESTORE) <= mysql_status.privileges(root)
    assert mysql_status.account(asking).startswith("'ops_backup'@'")
    with mariadb.connect() as connection, connection.cursor() as cursor:
        cursor.execute("CREATE USER 'it''s me'@'%' IDENTIFIED BY 'a-password-1'")
        try:
            cursor.execute(f"GRANT SELECT, TRIGGER ON `{asking.schema}`.* TO 'it''s me'@'%'")
            with connected(mariadb, asking.address, "it's me", "a-password-1") as stranger:
                assert mysql_status.account(stranger) == "'it''s me'@'%'"
                rights = mysql_status.privileges(stranger)
        finally:
            cursor.execute("DROP USER 'it''s me'@'%'")
    assert rights & set(mysql_status.FOR_RESTORE) == {"SELECT", "TRIGGER"}


def test_a_broken_connection_is_no_look(asking: MysqlConnection) -> None:
    asking.cut()
    with pytest.raises(ServerGone):
        mysql_status.look(asking)
