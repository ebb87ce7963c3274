"""Restores that the server, its rights or its disk do not allow: refused, and nothing harmed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from databases import checksums, execute, opener
from db.engine import Database
from gmops_desktop.adapters.mysql import connect
from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.services.backups import Backups
from gmops_desktop.services.restores import Restores
from sandbox.mariadb import MariaDB

pytestmark = pytest.mark.servers

SITE = [
    "CREATE TABLE member (id int PRIMARY KEY, name varchar(50))",
    "INSERT INTO member SELECT seq, CONCAT('会员', seq) FROM seq_1_to_500",
    "CREATE TABLE other (id int PRIMARY KEY, note text)",
    "INSERT INTO other SELECT seq, REPEAT('x', 2000) FROM seq_1_to_500",
]
DAMAGE = ["UPDATE member SET name='?' WHERE id < 50", "ALTER TABLE other ADD extra int"]


@pytest.fixture
def archive(mariadb: MariaDB, schema: MysqlAddress, backups: Backups) -> Path:
    """An archive of a site that was damaged afterwards."""
    execute(mariadb, schema.schema, SITE)
    path = backups.take(schema, Context()).path
    execute(mariadb, schema.schema, DAMAGE)
    return path


@pytest.fixture
def account(mariadb: MariaDB, schema: MysqlAddress) -> Iterator[Callable[[str], MysqlAddress]]:
    """Return what makes an account that has only these rights on the schema."""

    def make(rights: str) -> MysqlAddress:
        execute(
            mariadb,
            "",
            ["CREATE USER poor IDENTIFIED BY 'secret'",
             f"GRANT {rights} ON {schema.schema}.* TO poor"],
        )  # fmt: skip
        return replace(schema, user="poor")

    yield make
    execute(mariadb, "", ["DROP USER IF EXISTS poor"])


def restores_as(database: Database, backups: Backups, password: str) -> Restores:
    """Return restores whose account logs in with `password`; safety copies are taken as before."""
    safety = partial(backups.take, purpose="safety")

    def take(address: MysqlAddress, context: Context) -> object:
        return safety(replace(address, user="ops_backup"), context)

    return Restores(
        database,
        lambda address, context: connect(address, context, password=password),
        take,  # type: ignore[arg-type]  # as partial tells it
    )


@pytest.mark.parametrize(
    ("rights", "said"),
    [
        ("SELECT, TRIGGER, EVENT, EXECUTE", "lacks a right"),
        ("SELECT, INSERT, UPDATE, DELETE, TRIGGER, EVENT, EXECUTE", "lacks a right"),
        ("SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER", "may not see all"),
    ],
)
def test_a_missing_right_is_named_and_nothing_changed(
    database: Database,
    mariadb: MariaDB,
    backups: Backups,
    account: Callable[[str], MysqlAddress],
    archive: Path,
    rights: str,
    said: str,
) -> None:
    poor = account(rights)
    damaged = checksums(mariadb, poor.schema)
    restores = restores_as(database, backups, "secret")
    with pytest.raises(OpsError, match=said) as refused:
        restores.run(archive, poor, Context(), confirm=poor.schema)
    assert refused.value.hint
    assert checksums(mariadb, poor.schema) == damaged
    assert restores.unfinished() == ()


def test_a_wrong_password_writes_nothing(
    database: Database,
    mariadb: MariaDB,
    backups: Backups,
    account: Callable[[str], MysqlAddress],
    archive: Path,
) -> None:
    poor = account("ALL")
    damaged = checksums(mariadb, poor.schema)
    restores = restores_as(database, backups, "wrong")
    for attempt in (
        lambda: restores.preview(archive, poor, Context()),
        lambda: restores.rows(archive, poor, "member", Context()),
        lambda: restores.run(archive, poor, Context(), confirm=poor.schema),
    ):
        with pytest.raises(OpsError, match="refuses the user name or password"):
            attempt()
    assert checksums(mariadb, poor.schema) == damaged


def test_a_server_that_is_read_only_says_so(
    database: Database,
    mariadb: MariaDB,
    backups: Backups,
    account: Callable[[str], MysqlAddress],
    archive: Path,
) -> None:
    poor = account("ALL")
    damaged = checksums(mariadb, poor.schema)
    restores = restores_as(database, backups, "secret")
    execute(mariadb, "", ["SET GLOBAL read_only=1"])
    try:
        assert not restores.preview(archive, poor, Context()).identical
        with pytest.raises(OpsError, match="read-only"):
            restores.run(archive, poor, Context(), confirm=poor.schema)
    finally:
        execute(mariadb, "", ["SET GLOBAL read_only=0"])
    assert checksums(mariadb, poor.schema) == damaged
    assert restores.recover(poor, Context()) is None
    assert restores.run(archive, poor, Context(), confirm=poor.schema).proved


def test_a_server_without_room_is_as_it_was(
    database: Database, mariadb: MariaDB, backups: Backups, schema: MysqlAddress, tmp_path: Path
) -> None:
    """A MEMORY table that may not grow stands for a full disk: the server says 1114 for both."""
    root = replace(schema, user="root")
    execute(
        mariadb,
        schema.schema,
        [
            "CREATE TABLE held (id int PRIMARY KEY, note char(200)) ENGINE=MEMORY",
            "INSERT INTO held SELECT seq, 'x' FROM seq_1_to_9000",
        ],
    )
    path = backups.take(root, Context()).path
    execute(mariadb, schema.schema, ["DELETE FROM held WHERE id > 5"])
    damaged = checksums(mariadb, schema.schema)
    execute(mariadb, "", ["SET GLOBAL max_heap_table_size=131072"])
    restores = Restores(database, opener(mariadb), partial(backups.take, purpose="safety"))
    try:
        with pytest.raises(OpsError, match="no room") as refused:
            restores.run(path, root, Context(), confirm=schema.schema)
        assert "space" in refused.value.hint
    finally:
        execute(mariadb, "", ["SET GLOBAL max_heap_table_size=DEFAULT"])
    assert checksums(mariadb, schema.schema) == damaged
    assert restores.unfinished() == ()
