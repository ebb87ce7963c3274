"""What tests ask of real databases: fill them, describe them, load an archive by stock tools."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from pymysql.cursors import Cursor

from gmops_desktop.adapters.mysql import MysqlConnection, connect
from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.context import Context
from sandbox.database import DatabaseServer

Facts = dict[Any, Any]

# The mark of tests that hold for every kind of server; they ask for the fixture `server`.
EVERY_KIND = pytest.mark.parametrize(
    "server",
    ["mariadb", "mysql56", pytest.param("mysql9", marks=pytest.mark.mysql9)],
    indirect=True,
)

# What differs between two equal schemas: times, estimates, and the schema's own name.
_PASSING = {
    *("MAX_INDEX_LENGTH", "CREATE_OPTIONS"),  # SHOW CREATE TABLE tells the options
    *("CREATED", "LAST_ALTERED", "CREATE_TIME", "UPDATE_TIME", "CHECK_TIME", "CARDINALITY"),
    *("TABLE_ROWS", "AVG_ROW_LENGTH", "DATA_LENGTH", "INDEX_LENGTH", "DATA_FREE", "CHECKSUM"),
    *("LAST_EXECUTED", "MAX_DATA_LENGTH", "AUTO_INCREMENT", "NUMERIC_PRECISION"),
}
_NAMES = {
    *("TABLE_NAME", "COLUMN_NAME", "TRIGGER_NAME", "ROUTINE_NAME", "EVENT_NAME", "INDEX_NAME"),
    *("SEQ_IN_INDEX", "CONSTRAINT_NAME", "PARTITION_NAME"),
}
_VIEWS = {
    **dict.fromkeys(
        ("TABLES", "COLUMNS", "STATISTICS", "VIEWS", "TABLE_CONSTRAINTS", "KEY_COLUMN_USAGE"),
        "TABLE_SCHEMA",
    ),
    **{"TRIGGERS": "TRIGGER_SCHEMA", "ROUTINES": "ROUTINE_SCHEMA", "EVENTS": "EVENT_SCHEMA"},
    "PARTITIONS": "TABLE_SCHEMA",
    "CHECK_CONSTRAINTS": "CONSTRAINT_SCHEMA",
}
_EXACT = {  # how a value is asked for, that none of it be lost on the way
    **dict.fromkeys(("float", "double"), "{0}*1e0"),
    **dict.fromkeys(("enum", "set"), "CONCAT({0}+0,HEX({0}))"),
    **dict.fromkeys(("tinytext", "text", "mediumtext", "longtext", "varchar", "char"), "HEX({0})"),
    **dict.fromkeys(("tinyblob", "blob", "mediumblob", "longblob"), "HEX({0})"),
    **dict.fromkeys(("binary", "varbinary", "bit", "json"), "HEX({0})"),
}


def opener(server: DatabaseServer) -> Callable[[MysqlAddress, Context], MysqlConnection]:
    """Return the `connect` that services are given."""
    return lambda address, context: connect(
        address, context, password=server.password(address.user)
    )


def execute(server: DatabaseServer, schema: str, statements: Iterable[str | bytes]) -> None:
    """Run statements as root."""
    with server.connect(schema) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def age(server: DatabaseServer, schema: str, table: str, *, seconds: float) -> None:
    """Let a MyISAM table have been written to for the last time some seconds ago."""
    file = server.data / schema / f"{table}.MYD"
    last = time.time() - seconds
    os.utime(file, (last, last))


def query(server: DatabaseServer, schema: str, statement: str) -> tuple[tuple[Any, ...], ...]:
    """Return a statement's rows, asked as root."""
    with server.connect(schema) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return tuple(cursor.fetchall())


def no_leftovers(server: DatabaseServer, address: MysqlAddress) -> None:
    """Hold that no table of a restore's own is left."""
    names = query(server, address.schema, "SHOW TABLES")
    assert not [name for (name,) in names if name.startswith("gmops_")]


def checksums(server: DatabaseServer, schema: str) -> dict[str, int]:
    """Return `CHECKSUM TABLE` of every base table."""
    names = query(
        server,
        schema,
        "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA=DATABASE()"
        " AND TABLE_TYPE='BASE TABLE'",
    )
    quoted = ["`" + name.replace("`", "``") + "`" for (name,) in names]
    if not quoted:
        return {}
    rows = query(server, schema, f"CHECKSUM TABLE {', '.join(quoted)}")
    return {name.partition(".")[2]: value for name, value in rows}


def facts(server: DatabaseServer, schema: str) -> Facts:
    """Return everything the server says of a schema: definitions, rows, sequences."""
    found: Facts = {}
    with server.connect(schema) as connection, connection.cursor() as cursor:
        cursor.execute("SET time_zone='+00:00'")
        found.update(_contents(cursor))
        for view, column in _VIEWS.items():
            cursor.execute(f"SELECT * FROM information_schema.{view} WHERE {column}=DATABASE()")
            titles = [field[0].upper() for field in cursor.description]
            for values in cursor.fetchall():
                row = {
                    title: str(value).replace(schema, "SCHEMA")
                    for title, value in zip(titles, values, strict=True)
                    if title not in _PASSING
                }
                key = tuple(value for title, value in row.items() if title in _NAMES)
                found[(view, key)] = row
                if view == "TABLES" and row["TABLE_TYPE"] in ("BASE TABLE", "SEQUENCE"):
                    name = row["TABLE_NAME"].replace("`", "``")
                    cursor.execute(f"SHOW CREATE TABLE `{name}`")
                    (shown,) = cursor.fetchall()
                    found[("create", key)] = shown[1].replace(schema, "SCHEMA")
                    if row["TABLE_TYPE"] == "SEQUENCE":
                        cursor.execute(f"SELECT next_not_cached_value FROM `{name}`")
                        found[("next", key)] = cursor.fetchall()
    return found


def _contents(cursor: Cursor) -> Facts:
    """Return how many rows each base table has, and a digest of them in any order.

    Generated columns are left out: with one, `CHECKSUM TABLE` varies from call to call on MariaDB.
    """
    cursor.execute(
        "SELECT TABLE_NAME, COLUMN_NAME, DATA_TYPE, EXTRA LIKE '% GENERATED%'"
        " FROM information_schema.TABLES JOIN information_schema.COLUMNS"
        " USING (TABLE_SCHEMA, TABLE_NAME)"
        " WHERE TABLE_SCHEMA=DATABASE() AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED')"
        " ORDER BY ORDINAL_POSITION"
    )
    asked: dict[str, list[str]] = {}
    for table, column, kind, generated in cursor.fetchall():
        values = asked.setdefault(table, ["1"])
        if not generated:
            quoted = "`" + column.replace("`", "``") + "`"
            values.append(_EXACT.get(kind, "{0}").format(quoted))
    found: Facts = {}
    for table, values in asked.items():
        cursor.execute(f"SELECT {', '.join(values)} FROM `{table.replace('`', '``')}`")
        rows = sorted(repr(row).encode() for row in cursor.fetchall())
        found[table] = (len(rows), hashlib.sha256(b"\n".join(rows)).hexdigest())
    return found


def differences(one: Facts, other: Facts) -> dict[Any, tuple[Any, Any]]:
    """Return what differs, for a readable failure."""
    return {
        key: (one.get(key), other.get(key))
        for key in one.keys() | other.keys()
        if one.get(key) != other.get(key)
    }


def load_with_stock_client(
    server: DatabaseServer,
    archive: Path,
    schema: str,
    *,
    client: Sequence[str] = ("mariadb",),
    inside: Path | None = None,
) -> None:
    """Do what somebody without this program would: `zstd -dc FILE | mariadb --comments SCHEMA`.

    Another `client` may live in a tree of its own, whose /tmp is `inside`.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".cnf", dir=inside) as options:
        os.chmod(options.name, 0o600)
        options.write(
            f"[client]\nuser=root\npassword={server.root_password}\nhost=127.0.0.1\n"
            f"port={server.port}\n"
        )
        options.flush()
        with subprocess.Popen(["zstd", "-dc", archive], stdout=subprocess.PIPE) as decoder:
            file = f"/tmp/{Path(options.name).name}" if len(client) > 1 else options.name
            words = [*client, f"--defaults-file={file}", "--comments", schema]
            ran = subprocess.run(
                words, stdin=decoder.stdout, capture_output=True, text=True, check=False
            )
        assert ran.returncode == 0, ran.stderr[-2000:]
        assert decoder.returncode == 0


def grant_in(text: str) -> str:
    """Return the GRANT that a sentence names."""
    found = re.search(r"GRANT .+? TO '[^']*'@'[^']*'", text)
    assert found, text
    return found[0]
