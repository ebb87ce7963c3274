"""What an account may not do is named in the verdict, and nothing is left out without a word."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from databases import execute
from db.engine import Database
from gmops_desktop.adapters.mysql import connect
from gmops_desktop.adapters.mysql.failures import ServerRefused
from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.archive.manifest import Manifest
from gmops_desktop.archive.reader import ArchiveReader
from gmops_desktop.context import Context
from gmops_desktop.services.backups import Backups, TransferPlan
from sandbox.database import DatabaseServer
from sandbox.mariadb import MariaDB
from sandbox.mysql9 import Mysql9

pytestmark = pytest.mark.servers

_USER = "limited"
_PASSWORD = "Limited-2026!"  # of a server that lives as long as its test

CONTENT = [
    "CREATE TABLE t (id int PRIMARY KEY, x int, y int)",
    "INSERT INTO t VALUES (1, 2, 3), (2, 3, 4)",
    "CREATE TABLE u (id int PRIMARY KEY)",
    "INSERT INTO u VALUES (7)",
    "CREATE TABLE m (id int PRIMARY KEY) ENGINE=MyISAM",
    "INSERT INTO m VALUES (5)",
    "CREATE VIEW v AS SELECT id FROM u",
    "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET @x=1",
    "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DISABLE DO SELECT 1",
    "CREATE PROCEDURE p() SELECT 1",
]
# Before 11.3, MariaDB shows a routine's text to its definer and to who reads this table.
_ROUTINES = f"GRANT SELECT ON mysql.proc TO {_USER}@'%'"
ALL = ("SELECT", "SHOW VIEW", "TRIGGER", "EVENT", "EXECUTE", "LOCK TABLES")


@contextmanager
def account(server: DatabaseServer, *grants: str) -> Iterator[None]:
    """An account that holds `grants` and nothing else."""
    drop = f"DROP USER IF EXISTS {_USER}@'%'"
    create = f"CREATE USER {_USER}@'%' IDENTIFIED BY '{_PASSWORD}'"
    execute(server, "", [drop, create, *grants])
    yield
    execute(server, "", [drop])


def taken(
    server: DatabaseServer, schema: str, database: Database, folder: Path, connections: int = 0
) -> Manifest:
    """Back `schema` up with the account, and return what the archive says."""
    backups = Backups(
        database, lambda address, context: connect(address, context, password=_PASSWORD),
        lambda: folder,
    )  # fmt: skip
    address = replace(server.address(schema), user=_USER)
    backup = backups.take(address, Context(), plan=TransferPlan(connections=connections))
    assert backups.verify(backup.path, Context()).ok
    with ArchiveReader(backup.path) as reader:
        return reader.manifest


def said(manifest: Manifest) -> set[tuple[str, str]]:
    return {(remark.kind, remark.name) for remark in manifest.remarks}


@pytest.fixture
def filled(mariadb: MariaDB, schema: MysqlAddress) -> str:
    execute(mariadb, schema.schema, CONTENT)
    return schema.schema


def granted(schema: str, *rights: str) -> str:
    return f"GRANT {', '.join(rights)} ON {schema}.* TO {_USER}@'%'"


def test_with_every_right_there_is_nothing_to_say(
    mariadb: MariaDB, filled: str, database: Database, tmp_path: Path
) -> None:
    with account(mariadb, granted(filled, *ALL), _ROUTINES):
        manifest = taken(mariadb, filled, database, tmp_path)
    assert said(manifest) == {("locked", "m")}
    assert [(table.name, table.rows) for table in manifest.tables] == [("m", 1), ("t", 2), ("u", 1)]
    assert {thing.name for thing in manifest.objects} == {"v", "tr", "e", "p"}


@pytest.mark.parametrize(
    ("without", "remarks", "gone"),
    [
        ("SHOW VIEW", {("no_privilege", "v")}, {"v"}),
        ("TRIGGER", {("no_privilege", "{}.* (TRIGGER)")}, {"tr"}),
        ("EVENT", {("no_privilege", "{}.* (EVENT)")}, {"e"}),
        ("EXECUTE", {("no_privilege", "{}.* (EXECUTE)")}, {"p"}),
        ("LOCK TABLES", {("lock_no_right", "")}, set()),
    ],
)
def test_each_right_that_lacks_is_named(
    mariadb: MariaDB,
    filled: str,
    database: Database,
    tmp_path: Path,
    without: str,
    remarks: set[tuple[str, str]],
    gone: set[str],
) -> None:
    grants = [granted(filled, *(right for right in ALL if right != without))]
    with account(mariadb, *grants, *([_ROUTINES] if without != "EXECUTE" else ())):
        manifest = taken(mariadb, filled, database, tmp_path)
    of_m = ("unmoved", "m") if without == "LOCK TABLES" else ("locked", "m")
    assert said(manifest) == {of_m, *((kind, name.format(filled)) for kind, name in remarks)}
    assert {"v", "tr", "e", "p"} - {thing.name for thing in manifest.objects} == gone
    assert manifest.rows == 4
    assert manifest.consistency == "consistent"


def test_only_select(mariadb: MariaDB, filled: str, database: Database, tmp_path: Path) -> None:
    """Every row is there; all else is named."""
    with account(mariadb, granted(filled, "SELECT")):
        manifest = taken(mariadb, filled, database, tmp_path)
    assert manifest.rows == 4
    assert said(manifest) == {
        ("unmoved", "m"),
        ("lock_no_right", ""),
        ("no_privilege", "v"),
        *(("no_privilege", f"{filled}.* ({right})") for right in ("TRIGGER", "EVENT", "EXECUTE")),
    }
    assert "The account may not lock tables (LOCK TABLES)." in manifest.verdict


def test_without_reload_and_process_one_connection_does(
    mariadb: MariaDB, filled: str, database: Database, tmp_path: Path
) -> None:
    with account(mariadb, granted(filled, *ALL), _ROUTINES):
        manifest = taken(mariadb, filled, database, tmp_path, connections=3)
    assert (manifest.snapshot.way, manifest.snapshot.connections) == ("single", 1)
    assert manifest.consistency == "consistent"


@pytest.mark.parametrize(
    "grants",
    [
        ("GRANT SELECT ON {0}.u TO {1}@'%'", "GRANT SELECT (id, x) ON {0}.t TO {1}@'%'"),
        (
            "GRANT SELECT ON {0}.u TO {1}@'%'",
            "GRANT SELECT (id, x), INSERT ON {0}.t TO {1}@'%'",
        ),
        ("GRANT SELECT ON {0}.u TO {1}@'%'", "GRANT INSERT ON {0}.t TO {1}@'%'"),
    ],
    ids=["some columns", "some columns, yet listed", "no column, yet listed"],
)
def test_tables_that_may_not_be_read_in_full_are_left_out_by_name(
    mariadb: MariaDB, filled: str, database: Database, tmp_path: Path, grants: tuple[str, ...]
) -> None:
    """Half a row is no row: the table is named, and the others are backed up."""
    with account(mariadb, *(grant.format(filled, _USER) for grant in grants)):
        manifest = taken(mariadb, filled, database, tmp_path)
    assert [table.name for table in manifest.tables] == ["u"]
    assert ("no_privilege", "t") in said(manifest)
    assert ("no_privilege", f"{filled}.* (SELECT)") in said(manifest), "m is not even listed"
    assert "Left out: no right to read t" in manifest.verdict


def test_rights_by_a_role_count(
    mariadb: MariaDB, filled: str, database: Database, tmp_path: Path
) -> None:
    execute(mariadb, "", ["CREATE ROLE keeper", "CREATE ROLE looker"])
    rights = ", ".join(ALL)
    try:
        with account(
            mariadb,
            f"GRANT {rights} ON {filled}.* TO looker",
            "GRANT SELECT ON mysql.proc TO looker",
            "GRANT looker TO keeper",
            f"GRANT keeper TO {_USER}@'%'",
            f"SET DEFAULT ROLE keeper FOR {_USER}@'%'",
        ):
            manifest = taken(mariadb, filled, database, tmp_path)
        assert said(manifest) == {("locked", "m")}
        # A role that is granted and not active gives nothing.
        with (
            account(mariadb, f"GRANT keeper TO {_USER}@'%'"),
            pytest.raises(ServerRefused, match="lacks a right"),
        ):
            taken(mariadb, filled, database, tmp_path)
    finally:
        execute(mariadb, "", ["DROP ROLE keeper", "DROP ROLE looker"])


@pytest.mark.mysql9
def test_rights_by_a_role_count_on_mysql(
    mysql9: Mysql9, database: Database, tmp_path: Path
) -> None:
    """And what is taken back for one schema (partial revokes) counts, too."""
    execute(mysql9, "", ["CREATE DATABASE rights", "CREATE ROLE keeper"])
    execute(mysql9, "rights", CONTENT)
    rights = ", ".join(ALL)
    try:
        with account(
            mysql9,
            f"GRANT {rights} ON rights.* TO keeper",
            "GRANT SHOW_ROUTINE ON *.* TO keeper",
            f"GRANT keeper TO {_USER}@'%'",
            f"SET DEFAULT ROLE keeper TO {_USER}@'%'",
        ):
            manifest = taken(mysql9, "rights", database, tmp_path)
        assert said(manifest) == {("locked", "m")}
        execute(mysql9, "", ["SET GLOBAL partial_revokes=ON"])
        with account(
            mysql9,
            f"GRANT {rights}, SHOW_ROUTINE ON *.* TO {_USER}@'%'",
            f"REVOKE EVENT ON rights.* FROM {_USER}@'%'",
        ):
            manifest = taken(mysql9, "rights", database, tmp_path)
        assert said(manifest) == {("locked", "m"), ("no_privilege", "rights.* (EVENT)")}
    finally:
        execute(mysql9, "", ["SET GLOBAL partial_revokes=OFF", "DROP ROLE keeper"])
        execute(mysql9, "", ["DROP DATABASE rights"])
