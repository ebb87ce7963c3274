"""Cutting tables: any rows, any key, however they are spread, come whole and prove themselves."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from databases import execute, opener
from gmops_desktop.adapters.mysql import (
    MysqlConnection,
    buckets,
    catalogue,
    definitions,
    reading,
    segments,
    snapshot,
)
from gmops_desktop.adapters.mysql.pieces import Segment
from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.archive import rows
from gmops_desktop.context import Context
from sandbox.mariadb import MariaDB

pytestmark = pytest.mark.servers

KEYS = {
    "int": "INT",
    "text": "VARCHAR(30) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci",
    "gbk": "VARCHAR(30) CHARACTER SET gbk",
    "bytes": "VARBINARY(30)",
    "time": "DATETIME(3)",
}


@pytest.fixture
def connection(mariadb: MariaDB, schema: MysqlAddress) -> Iterator[MysqlConnection]:
    with opener(mariadb)(schema, Context()) as connection:
        segments.prepare(connection)
        yield connection


def small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make segments of a few rows, so that little data has many borders."""
    monkeypatch.setattr(segments, "TARGET", 400)


def read(connection: MysqlConnection) -> tuple[definitions.Table, list[Segment]]:
    snapshot.begin(connection)
    (table,) = catalogue.read(connection).tables
    read = reading.read_range if table.key else buckets.read_buckets
    parts = [p for p in read(connection, table) if isinstance(p, Segment)]
    connection.run("COMMIT")
    return table, parts


@settings(
    deadline=None,
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.sampled_from([["int"], ["text"], ["gbk"], ["bytes"], ["time"], ["text", "int"], []]),
    st.lists(
        st.tuples(
            st.integers(-5, 5),
            st.text(st.sampled_from("abAB '\\%ß中会"), max_size=4),
            st.none() | st.text(st.characters(codec="utf-8"), max_size=60),
        ),
        max_size=60,
    ),
    st.booleans(),
)
def test_rows_come_whole_whatever_the_key(
    mariadb: MariaDB,
    schema: MysqlAddress,
    connection: MysqlConnection,
    key: list[str],
    values: list[tuple[int, str, str | None]],
    quoted_here: bool,
) -> None:
    columns = [f"k{number} {KEYS[kind]} NOT NULL" for number, kind in enumerate(key)]
    primary = [f"PRIMARY KEY ({','.join(f'k{n}' for n in range(len(key)))})"] if key else []
    create = ", ".join([*columns, "body text", *primary])
    places = ",".join(["%s"] * (len(key) + 1))
    with mariadb.connect(schema.schema) as root, root.cursor() as cursor:
        cursor.execute(f"CREATE OR REPLACE TABLE t ({create}) CHARACTER SET utf8mb4")
        for number, word, body in values:
            pick = {
                "int": number,
                "text": word,
                "gbk": word.replace("ß", "?"),
                "bytes": word.encode(),
                "time": f"2018-04-{number + 10:02d} 00:00:00.{abs(number):03d}",
            }
            row = [*(pick[kind] for kind in key), body]
            cursor.execute(f"INSERT IGNORE INTO t VALUES ({places})", row)
        cursor.execute("SELECT COUNT(*) FROM t")
        (expected,) = cursor.fetchone() or (0,)

    with pytest.MonkeyPatch.context() as patch:
        small_segments(patch)
        if quoted_here:  # as the text of long rows is
            patch.setattr(reading, "_LONG", 0)
        table, parts = read(connection)
    assert sum(part.rows for part in parts) == expected
    for part in parts:
        assert rows.server_text(rows.lines(part.text)) == part.text
        assert hashlib.sha256(part.text).hexdigest() == part.digest
        assert len(rows.split(rows.lines(part.text))) == part.rows
    asked = dict(segments.digests(connection, table, [part.range for part in parts]))
    assert [asked[part.range].digest for part in parts] == [part.digest for part in parts]
    for one, two in pairwise(parts):
        assert one.range.upto == two.range.after


def test_sizes_that_leap_are_cut_to_measure(
    mariadb: MariaDB, schema: MysqlAddress, connection: MysqlConnection
) -> None:
    """Long rows behind many short ones: the guess from the short ones is far off."""
    execute(
        mariadb,
        schema.schema,
        [
            "CREATE TABLE t (id int PRIMARY KEY, x longtext)",
            "INSERT INTO t SELECT seq, 'x' FROM seq_1_to_20000",
            "INSERT INTO t SELECT seq, REPEAT('y', 90000) FROM seq_20001_to_20120",
            "INSERT INTO t SELECT seq, REPEAT('''', 700000) FROM seq_20121_to_20125",
        ],
    )
    _, parts = read(connection)
    assert sum(part.rows for part in parts) == 20_125
    assert max(len(part.text) for part in parts) < segments.CAP


def test_a_row_too_large_for_a_flow_comes_in_pieces_between_its_neighbours(
    mariadb: MariaDB, schema: MysqlAddress, connection: MysqlConnection
) -> None:
    execute(
        mariadb,
        schema.schema,
        [
            "CREATE TABLE t (id int PRIMARY KEY, x longtext)",
            "INSERT INTO t SELECT seq, IF(seq IN (700, 701, 2000), REPEAT('z', 5000000), seq)"
            " FROM seq_1_to_2000",
        ],
    )
    table, parts = read(connection)
    assert reading.flows(connection, table)
    assert sum(part.rows for part in parts) == 2000
    assert [part.range.upto for part in parts if part.range.wide] == [("700",), ("701",), ("2000",)]
    asked = dict(segments.digests(connection, table, [part.range for part in parts]))
    assert [asked[part.range].digest for part in parts] == [part.digest for part in parts]
    for one, two in pairwise(parts):
        assert one.range.upto == two.range.after


def test_a_table_is_parted_between_its_keys_without_walking_there(
    mariadb: MariaDB, schema: MysqlAddress, connection: MysqlConnection
) -> None:
    execute(
        mariadb,
        schema.schema,
        [
            "CREATE TABLE t (id bigint unsigned PRIMARY KEY)",
            "INSERT INTO t VALUES (1),(5),(101),(18446744073709551615)",
        ],
    )
    table, _ = read(connection)
    snapshot.begin(connection)
    whole = segments.Range()
    half = reading.bound(connection, table, whole, 2, 4)
    assert half == (str(1 + (2**64 - 2) // 2),)
    assert reading.bound(connection, table, segments.Range(None, ("101",)), 1, 4) == ("26",)
    assert reading.bound(connection, table, whole, 4, 4) is None
    assert reading.bound(connection, table, segments.Range(("101",), ("102",)), 1, 4) is None


@pytest.mark.parametrize(("compress", "limit"), [(True, 0), (False, 1 << 30)])
def test_on_a_slow_line_segments_are_asked_for(
    mariadb: MariaDB,
    schema: MysqlAddress,
    connection: MysqlConnection,
    compress: bool,
    limit: int,
) -> None:
    execute(
        mariadb,
        schema.schema,
        ["CREATE TABLE t (id int PRIMARY KEY)", "INSERT INTO t SELECT seq FROM seq_1_to_50"],
    )
    table, flowed = read(connection)
    assert reading.flows(connection, table)
    connection.context.line.compress, connection.context.line.limit = compress, limit
    assert not reading.flows(connection, table)
    _, asked = read(connection)
    assert [part.text for part in asked] == [part.text for part in flowed]


def test_the_text_of_long_rows_is_quoted_as_the_server_does(
    mariadb: MariaDB, schema: MysqlAddress, connection: MysqlConnection
) -> None:
    every = "".join(map(chr, range(128))) + "中文\u00df\U0001f600"
    bodies = [every, None, "", "\\", "'", "\0", "\x1a", "\\'\0\x1a" * 700, every * 40, "=" * 9000]
    create = (
        "CREATE TABLE t (id int PRIMARY KEY, title varchar(80), body mediumtext, note varchar(9))"
    )
    with mariadb.connect(schema.schema) as root, root.cursor() as cursor:
        cursor.execute(f"{create} CHARACTER SET utf8mb4")
        for number, body in enumerate(bodies * 3):
            note = None if number % 2 else "a\0'\\"
            cursor.execute("INSERT INTO t VALUES (%s,%s,%s,%s)", (number, every[:80], body, note))
        cursor.execute("ANALYZE TABLE t")
    asked: list[str] = []
    values = connection.values
    with pytest.MonkeyPatch.context() as patch:
        small_segments(patch)
        patch.setattr(connection, "values", lambda words: (asked.append(words), values(words))[1])
        table, parts = read(connection)
    assert "CONCAT('=',CONVERT(`body` USING binary))" in asked[0], "it came as it is"
    assert sum(part.rows for part in parts) == len(bodies) * 3
    found = dict(segments.digests(connection, table, [part.range for part in parts]))
    assert [found[part.range].digest for part in parts] == [part.digest for part in parts]
