"""Dumps where the server is set up oddly, the user may see little, or a row is very large."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from databases import execute, query
from gmops_desktop.archive.manifest import Manifest
from gmops_desktop.context import Context
from sandbox.database import DatabaseServer
from sandbox.mariadb import MariaDB
from sandbox.mysql56 import Mysql56
from strange_dumps import Workbench, check_same
from strange_features import feature

pytestmark = pytest.mark.servers

PLAIN = feature("plain")


def left_out(manifest: Manifest, schema: str) -> set[str]:
    """Return the names in the remarks, the schema's own left out."""
    return {r.name.replace(schema, "SCHEMA") for r in manifest.remarks if r.kind == "no_privilege"}


# ---------------------------------------------------------------- servers of another mind


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDB]:
    """A server that takes and builds no more than 1 MiB at once, and reads SQL by ANSI's rules."""
    options = (
        "--max-allowed-packet=1M",
        "--sql-mode=ANSI,NO_BACKSLASH_ESCAPES,STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE",
        "--lower-case-table-names=1",
        "--character-set-server=latin1",
        "--collation-server=latin1_swedish_ci",
        "--skip-character-set-client-handshake",
        "--init-connect=SET NAMES gbk",
        "--default-time-zone=-03:30",
        "--group-concat-max-len=4",
    )
    with MariaDB(tmp_path_factory.mktemp("narrow"), options=options) as server:
        execute(server, "", ["SET GLOBAL sql_safe_updates=1"])
        yield server


ODD = [
    "CREATE TABLE `Mixed` (id int PRIMARY KEY, t text, d datetime, ts timestamp NULL)"
    " CHARACTER SET utf8mb4",
    "INSERT INTO `Mixed` VALUES (1, 'c:\\\\ \\'x\\' 中😀\\r\\n', '0000-00-00', '2018-01-01')",
    "CREATE TABLE child (id int PRIMARY KEY, up int, FOREIGN KEY (up) REFERENCES `Mixed` (id))",
    "INSERT INTO child VALUES (1, 1)",
    "CREATE VIEW `View` AS SELECT m.id, 'it''s \\\\' AS `a\"b` FROM `Mixed` m",
    "CREATE TRIGGER `Trig` BEFORE INSERT ON `Mixed` FOR EACH ROW SET NEW.t = 'a\\\\'",
    'CREATE PROCEDURE `Proc`() SELECT "double", `id` FROM `Mixed`',
    "CREATE EVENT e ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 00:00:00' DISABLE DO SELECT 1",
]


def test_a_server_of_odd_settings(workbench: Workbench, narrow: MariaDB) -> None:
    taken = workbench.take(narrow, workbench.make(narrow, ODD))
    assert "mixed" in {table.name for table in taken.manifest.tables}
    check_same(PLAIN, taken, narrow, workbench.load(narrow, taken.path))


def test_from_usual_settings_to_odd_ones(
    workbench: Workbench, mariadb: MariaDB, narrow: MariaDB
) -> None:
    taken = workbench.take(mariadb, workbench.make(mariadb, ODD))
    fresh = workbench.load(narrow, taken.path)
    asked = "SELECT HEX(t), d+0, UNIX_TIMESTAMP(ts) FROM `Mixed`"
    there = taken.manifest.source.schema
    assert query(narrow, fresh, asked) == query(mariadb, there, asked)


@pytest.mark.parametrize("key", ["PRIMARY KEY (id)", "KEY (id)"])
@pytest.mark.parametrize("size", [900, 30_000, 400_000, 520_000, 700_000])
def test_nothing_is_cut_where_a_packet_is_small(
    workbench: Workbench, narrow: MariaDB, key: str, size: int
) -> None:
    """The server would cut what it builds at 1 MiB, with a warning at most."""
    count = 2_500_000 // size
    statements = [
        f"CREATE TABLE t (id int NOT NULL, t mediumtext, b mediumblob, {key})",
        f"INSERT INTO t SELECT seq, REPEAT(CHAR(97+seq%26), {size}), NULL FROM seq_1_to_{count}",
        f"INSERT INTO t SELECT 1000000+seq, NULL, REPEAT(CHAR(97+seq%26), {size // 2})"
        f" FROM seq_1_to_{count // 2}",
    ]
    taken = workbench.take(narrow, workbench.make(narrow, statements))
    assert taken.manifest.rows == count + count // 2
    check_same(PLAIN, taken, narrow, workbench.load(narrow, taken.path))


# ---------------------------------------------------------------- large rows


@pytest.mark.parametrize("key", ["PRIMARY KEY (id)", "KEY (id)"])
def test_rows_of_half_a_packet_and_more_on_mysql_5_6(
    workbench: Workbench, mysql56: Mysql56, key: str
) -> None:
    """Its packet is 4 MiB, and a value that once came in pieces may be larger than that."""
    statements = [
        f"CREATE TABLE t (id int NOT NULL, b longblob, t longtext, {key}) CHARACTER SET utf8mb4",
        "INSERT INTO t VALUES (1, 'small', 'small')",
        "INSERT INTO t VALUES (2, REPEAT(UNHEX('00FF0A0D27'), 500000), NULL)",
        "INSERT INTO t VALUES (3, NULL, REPEAT('商会\\r\\n''\\\\', 300000))",
        "INSERT INTO t VALUES (4, REPEAT('b', 2100000), REPEAT('''', 2000000))",
        "INSERT INTO t VALUES (5, REPEAT('c', 4000000), 'x')",
        "INSERT INTO t VALUES (6, '', NULL)",
    ]
    taken = workbench.take(mysql56, workbench.make(mysql56, statements))
    assert any(segment.wide for segment in taken.manifest.tables[0].segments)
    check_same(PLAIN, taken, mysql56, workbench.load(mysql56, taken.path))


def test_a_row_of_64_mib(workbench: Workbench, tmp_path: Path) -> None:
    with MariaDB(tmp_path / "roomy", options=("--max-allowed-packet=256M",)) as roomy:
        statements = [
            "CREATE TABLE t (id int PRIMARY KEY, b longblob)",
            "INSERT INTO t VALUES (1, REPEAT(UNHEX('00FF275C0A0D41FE'), 8*1024*1024)), (2, 'x')",
        ]
        schema = workbench.make(roomy, statements)
        backups = workbench.backups(roomy)
        backup = backups.take(roomy.address(schema, user="root"), Context())
        assert backups.verify(backup.path, Context()).ok
        fresh = workbench.load(roomy, backup.path)
        asked = "SELECT LENGTH(b), MD5(b) FROM t WHERE id=1"
        assert query(roomy, fresh, asked) == query(roomy, schema, asked)
        assert query(roomy, fresh, asked)[0][0] == 64 << 20


@pytest.mark.parametrize("size", [300, 60_000, 250_000, 700_000])
def test_long_rows_without_a_key(workbench: Workbench, mariadb: MariaDB, size: int) -> None:
    """Chance puts several into one bucket: there must be so many that none is cut."""
    count = 12_000_000 // size
    statements = [
        "CREATE TABLE t (id int, t mediumtext)",
        f"INSERT INTO t SELECT seq, REPEAT(CHAR(97+seq%26), {size}) FROM seq_1_to_{count}",
    ]
    taken = workbench.take(mariadb, workbench.make(mariadb, statements))
    assert taken.manifest.rows == count
    check_same(PLAIN, taken, mariadb, workbench.load(mariadb, taken.path))


def test_the_same_row_very_often(workbench: Workbench, mysql56: Mysql56) -> None:
    """Rows that are the same fall into one bucket, and no number of buckets parts them."""
    statements = ["CREATE TABLE t (a int, b varchar(20))", "INSERT INTO t VALUES (1, 'the same')"]
    doubled = ["INSERT INTO t SELECT * FROM t"] * 17
    taken = workbench.take(mysql56, workbench.make(mysql56, [*statements, *doubled]))
    assert taken.manifest.rows == 1 << 17
    check_same(PLAIN, taken, mysql56, workbench.load(mysql56, taken.path))


# ---------------------------------------------------------------- several schemas


def test_foreign_keys_in_a_circle_across_schemas(workbench: Workbench, mariadb: MariaDB) -> None:
    one, two = workbench.make(mariadb, []), workbench.make(mariadb, [])
    for here, there in ((one, two), (two, one)):
        table = f"(id int PRIMARY KEY, far int, FOREIGN KEY (far) REFERENCES {there}.t (id))"
        lines = [
            "SET foreign_key_checks=0",
            f"CREATE TABLE t {table}",
            "INSERT INTO t VALUES (1,1)",
        ]
        execute(mariadb, here, lines)
    view = f"CREATE VIEW v AS SELECT t.id, o.far FROM t JOIN {two}.t o ON o.id = t.far"
    execute(mariadb, one, [view])
    taken = workbench.take(mariadb, one)
    check_same(PLAIN, taken, mariadb, workbench.load(mariadb, taken.path))
    execute(mariadb, "", ["SET foreign_key_checks=0", f"DROP TABLE {two}.t"])


# ---------------------------------------------------------------- users who see little


@pytest.mark.parametrize("server", ["mariadb", "mysql56"])
def test_what_a_user_may_not_see_is_named(
    server: str, workbench: Workbench, request: pytest.FixtureRequest
) -> None:
    where: DatabaseServer = request.getfixturevalue(server)
    schema = workbench.make(
        where,
        [
            "CREATE TABLE whole (id int PRIMARY KEY, x text)",
            "CREATE TABLE partly (id int PRIMARY KEY, `se``cret` text, open text)",
            "CREATE TABLE hidden (id int PRIMARY KEY)",
            "CREATE VIEW v AS SELECT id FROM whole",
            "CREATE PROCEDURE p() SELECT 1",
            "INSERT INTO whole VALUES (1, 'a')",
            "INSERT INTO partly VALUES (1, 'b', 'c')",
        ],
    )
    grants = [
        f"GRANT SELECT ON {schema}.whole TO site@'%'",
        f"GRANT SELECT (id, open) ON {schema}.partly TO site@'%'",
        f"GRANT SELECT ON {schema}.v TO site@'%'",
    ]
    execute(where, "", grants)
    try:
        taken = workbench.take(where, schema, user="site")
    finally:
        execute(where, "", [g.replace("GRANT", "REVOKE").replace(" TO ", " FROM ") for g in grants])
    assert left_out(taken.manifest, schema) == {
        *("v", "partly"),
        *(f"SCHEMA.* ({right})" for right in ("SELECT", "EXECUTE", "TRIGGER", "EVENT")),
    }
    assert [(t.name, t.rows) for t in taken.manifest.tables] == [("whole", 1)]


def test_a_user_who_may_read_everything_is_not_accused(
    workbench: Workbench, mariadb: MariaDB
) -> None:
    """The account that mysqldump asks for: no EXECUTE, but SELECT everywhere shows routines."""
    rights = "SELECT, SHOW VIEW, TRIGGER, EVENT, LOCK TABLES"
    schema = workbench.make(mariadb, ["CREATE PROCEDURE p() SELECT 1"])
    execute(mariadb, "", [f"GRANT {rights} ON *.* TO site@'%'"])
    try:
        taken = workbench.take(mariadb, schema, user="site")
    finally:
        execute(mariadb, "", [f"REVOKE {rights} ON *.* FROM site@'%'"])
    assert left_out(taken.manifest, schema) == set()
    assert [thing.name for thing in taken.manifest.objects] == ["p"]
