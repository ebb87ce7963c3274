"""Rows are put right in place on MySQL, too: the oldest and the newest there is to restore into."""

from __future__ import annotations

import secrets
from functools import partial
from pathlib import Path

import pytest

from databases import checksums, execute, opener
from db.engine import Database
from gmops_desktop.context import Context
from gmops_desktop.services.backups import Backups
from gmops_desktop.services.restores import Choice, Restores
from sandbox.database import DatabaseServer

pytestmark = pytest.mark.servers

DIGITS = "(SELECT 0 d UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5)"
SITE = [
    "CREATE TABLE member (id int NOT NULL, name varchar(50) NOT NULL, fee decimal(9,2) NOT NULL,"
    " seen timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,"
    " PRIMARY KEY (id)) ENGINE=InnoDB",
    "INSERT INTO member SELECT a.d*36+b.d*6+c.d+1, CONCAT('会员', a.d, b.d, c.d), 1.5,"
    f" '2018-04-01' FROM {DIGITS} a, {DIGITS} b, {DIGITS} c",
    "CREATE TABLE visit (a varchar(20) NOT NULL, b int NOT NULL, n int, PRIMARY KEY (a, b),"
    " UNIQUE KEY (n)) ENGINE=InnoDB",
    "INSERT INTO visit SELECT name, id, id FROM member",
    "CREATE TABLE word (w varchar(20)) ENGINE=InnoDB",
    "INSERT INTO word SELECT LEFT(name, 3) FROM member",
    "CREATE TABLE old (id int PRIMARY KEY, note text) ENGINE=MyISAM",
    "INSERT INTO old SELECT id, name FROM member",
]
ROWS = [
    "UPDATE member SET fee=0",
    "DELETE FROM member WHERE id BETWEEN 10 AND 20",
    "UPDATE visit SET n=-n WHERE b < 30",
    "DELETE FROM visit WHERE b > 200",
    "DELETE FROM word LIMIT 3",
]


@pytest.fixture(params=["mysql56", pytest.param("mysql9", marks=pytest.mark.mysql9)])
def server(request: pytest.FixtureRequest) -> DatabaseServer:
    server: DatabaseServer = request.getfixturevalue(request.param)
    return server


@pytest.mark.parametrize("mixed", [False, True])
def test_rows_and_undo(
    server: DatabaseServer, database: Database, tmp_path: Path, mixed: bool
) -> None:
    address = server.address(f"m_{secrets.token_hex(4)}", user="root")
    schema = address.schema
    execute(server, "", [f"CREATE DATABASE {schema} CHARACTER SET utf8mb4"])
    try:
        execute(server, schema, SITE)
        backups = Backups(database, opener(server), lambda: tmp_path)
        restores = Restores(database, opener(server), partial(backups.take, purpose="safety"))
        archive = backups.take(address, Context()).path
        sound = checksums(server, schema)
        execute(server, schema, ROWS + (["DELETE FROM old WHERE id < 5"] if mixed else []))
        damaged = checksums(server, schema)
        counts = {
            change.table: (change.added, change.changed, change.removed)
            for change in restores.preview(archive, address, Context()).tables
        }
        assert counts["member"] == (11, 205, 0)
        chosen = Choice(rows={"member": frozenset({"3", "12"})})
        done = restores.run(archive, address, Context(), confirm=schema, choice=chosen)
        assert (done.proved, done.rows) == (True, 2)
        restores.undo(done.id, Context())
        assert checksums(server, schema) == damaged
        done = restores.run(archive, address, Context(), confirm=schema)
        assert done.proved
        assert checksums(server, schema) == sound
        restores.undo(done.id, Context())
        assert checksums(server, schema) == damaged
    finally:
        execute(server, "", [f"DROP DATABASE {schema}"])
