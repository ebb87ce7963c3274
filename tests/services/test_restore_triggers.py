"""No moment of a restore shows a table without its triggers, to a site that goes on writing."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from databases import EVERY_KIND, differences, execute, opener, query
from db.engine import Database
from gmops_desktop.adapters.mysql import connect, exchange, triggers
from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.services.backups import Backups
from gmops_desktop.services.restores import Choice, Restores
from sandbox.database import DatabaseServer

pytestmark = [pytest.mark.servers, EVERY_KIND]

SITE = [
    "CREATE TABLE member (id int PRIMARY KEY, name varchar(50))",
    "INSERT INTO member VALUES (1,'a'), (2,'b')",
    "CREATE TABLE trail (at int, what varchar(60))",
    # As people type them: the server keeps the words, and a RENAME changes them.
    "CREATE TRIGGER  added /* ON x */ after INSERT on   member for each row"
    " INSERT INTO trail VALUES (new.id, 'added')",
    "CREATE TRIGGER `chan``ged` BEFORE UPDATE ON `member` FOR EACH ROW BEGIN"
    " SET @seen = 'TRIGGER a BEFORE INSERT ON b'; INSERT INTO trail VALUES (new.id, '改了'); END",
]
DAMAGE = ["ALTER TABLE member ADD extra int"]


def facts(server: DatabaseServer, schema: str) -> dict[str, object]:
    """Return the tables, their rows, and the triggers with each word of theirs."""
    found: dict[str, object] = {}
    for title in ("member", "trail"):
        found[title] = query(server, schema, f"SHOW CREATE TABLE {title}")
        found[f"{title}'s rows"] = query(server, schema, f"SELECT * FROM {title} ORDER BY 1")
    listed = "SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA=DATABASE()"
    for (title,) in query(server, schema, listed):
        quoted = title.replace("`", "``")
        found[title] = query(server, schema, f"SHOW CREATE TRIGGER `{quoted}`")[0][:6]
    return found


class Site:
    """Writes into the table whenever it is told to; counts what its triggers wrote down."""

    def __init__(self, server: DatabaseServer, address: MysqlAddress) -> None:
        self.server, self.schema = server, address.schema
        self.silent: list[str] = []
        self.writes = 0

    def write(self, when: str) -> None:
        self.writes += 1
        number = 100 + self.writes
        execute(self.server, self.schema, [f"INSERT INTO member (id) VALUES ({number})"])
        if not query(self.server, self.schema, f"SELECT 1 FROM trail WHERE at={number}"):
            self.silent.append(when)

    def watch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Write before and after each step from the swap on."""
        for module, name in (
            (exchange, "exchange"),
            (exchange, "exchange_back"),
            (exchange, "drop_triggers"),
            (exchange, "tie"),
            (triggers, "stand_in"),
            (triggers, "take_over"),
        ):
            monkeypatch.setattr(module, name, self._watched(getattr(module, name), name))

    def _watched(self, step: Callable[..., object], name: str) -> Callable[..., object]:
        def stepped(*words: object, **named: object) -> object:
            self.write(f"before {name}")
            done = step(*words, **named)
            self.write(f"after {name}")
            return done

        return stepped


@pytest.mark.parametrize("choice", [Choice(), Choice(frozenset({"member"}))], ids=["all", "one"])
def test_every_write_around_the_swap_fires(
    choice: Choice,
    restores: Restores,
    backups: Backups,
    server: DatabaseServer,
    address: MysqlAddress,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sound = facts(server, address.schema)
    archive = backups.take(address, Context()).path
    execute(server, address.schema, DAMAGE)
    site = Site(server, address)
    with monkeypatch.context() as patch:
        site.watch(patch)
        done = restores.run(archive, address, Context(), confirm=address.schema, choice=choice)
    assert done.proved
    assert done.differences == ()
    assert site.writes >= 8
    assert site.silent == []
    execute(server, address.schema, ["DELETE FROM member WHERE id > 100", "DELETE FROM trail"])
    assert differences(sound, facts(server, address.schema)) == {}


def test_every_write_around_the_way_back_fires(
    restores: Restores,
    backups: Backups,
    server: DatabaseServer,
    address: MysqlAddress,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    archive = backups.take(address, Context()).path
    execute(server, address.schema, DAMAGE)
    damaged = facts(server, address.schema)
    site = Site(server, address)
    tie, calls = exchange.tie, []

    def broken(*words: object) -> None:
        calls.append(1)
        if len(calls) == 1:
            raise OpsError("the line was cut")
        tie(*words)  # type: ignore[arg-type]  # handed on as they came

    with monkeypatch.context() as patch:
        patch.setattr(exchange, "tie", broken)
        site.watch(patch)
        with pytest.raises(OpsError, match="the line was cut"):
            restores.run(archive, address, Context(), confirm=address.schema)
    assert len(calls) == 2
    assert site.writes >= 12
    assert site.silent == []
    execute(server, address.schema, ["DELETE FROM member WHERE id > 100", "DELETE FROM trail"])
    assert differences(damaged, facts(server, address.schema)) == {}


def test_while_a_trigger_gets_its_name_writers_wait(
    restores: Restores,
    backups: Backups,
    server: DatabaseServer,
    address: MysqlAddress,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    archive = backups.take(address, Context()).path
    execute(server, address.schema, DAMAGE)
    drop, waited = exchange.drop, []

    def watched(connection: object, kind: object, title: str) -> None:
        drop(connection, kind, title)  # type: ignore[arg-type]  # handed on as they came
        if title.startswith("gmops_new_"):  # now the table has no trigger of this name
            with server.connect(address.schema) as own, own.cursor() as cursor:
                cursor.execute("SET SESSION lock_wait_timeout=1")
                with pytest.raises(Exception, match="Lock wait timeout"):
                    cursor.execute("INSERT INTO member (id) VALUES (77)")
            waited.append(title)

    monkeypatch.setattr(exchange, "drop", watched)
    assert restores.run(archive, address, Context(), confirm=address.schema).proved
    assert len(waited) == 2


def test_where_tables_cannot_be_locked_the_result_says_how_long(
    restores: Restores,
    backups: Backups,
    mariadb: DatabaseServer,
    tmp_path: Path,
    database: Database,
) -> None:
    """The account may do all but LOCK TABLES."""
    schema = f"g_{secrets.token_hex(4)}"
    address = mariadb.address(schema, user="root")
    user = f"u_{secrets.token_hex(4)}"
    rights = "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, REFERENCES, INDEX, ALTER, EXECUTE,"
    rights += " CREATE VIEW, SHOW VIEW, CREATE ROUTINE, ALTER ROUTINE, EVENT, TRIGGER"
    try:
        execute(
            mariadb,
            "",
            [
                f"CREATE DATABASE {schema} CHARACTER SET utf8mb4",
                f"CREATE USER {user}@'%' IDENTIFIED BY 'gate-7'",
                f"GRANT {rights} ON {schema}.* TO {user}@'%'",
            ],
        )
        made = [one.replace("CREATE TRIGGER", f"CREATE DEFINER={user}@'%' TRIGGER") for one in SITE]
        execute(mariadb, schema, made)
        sound = facts(mariadb, schema)
        backups = Backups(database, opener(mariadb), lambda: tmp_path)
        archive = backups.take(address, Context()).path
        execute(mariadb, schema, DAMAGE)
        limited = Restores(
            database,
            lambda where, context: connect(where, context, password="gate-7"),
            lambda _where, context: backups.take(address, context, purpose="safety"),
        )
        theirs = replace(address, user=user)
        done = limited.run(archive, theirs, Context(), confirm=schema)
        assert done.proved
        (said,) = done.differences
        assert "member may have fired no trigger" in said
        assert differences(sound, facts(mariadb, schema)) == {}
    finally:
        execute(mariadb, "", [f"DROP DATABASE {schema}", f"DROP USER {user}@'%'"])
