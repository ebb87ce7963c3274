"""Foreign keys made anew after a swap: their indexes keep names and places, on all servers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pymysql
import pytest

from databases import EVERY_KIND, differences, execute, query
from gmops_desktop.adapters.mysql import exchange
from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.services.backups import Backups
from gmops_desktop.services.restores import Choice, Restores
from sandbox.database import DatabaseServer

pytestmark = [pytest.mark.servers, EVERY_KIND]

_TO = "REFERENCES members (id)"
SITE = [
    "CREATE TABLE members (id int PRIMARY KEY, name varchar(50))",
    "INSERT INTO members VALUES (1,'a'), (2,'b')",
    # The server makes the index by itself, and calls it like the column ...
    f"CREATE TABLE unnamed (id int PRIMARY KEY, member int, FOREIGN KEY (member) {_TO})",
    "INSERT INTO unnamed VALUES (1,1)",
    f"CREATE TABLE named (id int PRIMARY KEY, a int, CONSTRAINT tied FOREIGN KEY idx (a) {_TO})",
    f"CREATE TABLE pair (id int PRIMARY KEY, a int, b int, UNIQUE KEY (a, b),"
    f" FOREIGN KEY (a) {_TO}, FOREIGN KEY (b) {_TO})",
    f"CREATE TABLE twice (id int PRIMARY KEY, a int, z int, FOREIGN KEY (a) {_TO},"
    " FOREIGN KEY (a) REFERENCES unnamed (id), KEY z (z))",
    # ... in the place where it stands.
    "CREATE TABLE ordered (id int PRIMARY KEY, a int, b int, c varchar(20), d int, e int,"
    f" KEY first_a (b,a), FOREIGN KEY (d) {_TO}, FOREIGN KEY (a) {_TO},"
    f" CONSTRAINT mine FOREIGN KEY (e) {_TO},"
    " KEY last_c (c(5)) USING BTREE COMMENT 'x, (y)', UNIQUE KEY uq (b), KEY (b, c))",
    "CREATE TABLE later (id int PRIMARY KEY, `odd ``(name` int, z int, KEY (z))",
    f"ALTER TABLE later ADD FOREIGN KEY (`odd ``(name`) {_TO}",
]
DAMAGE = {
    "the table referred to": ["ALTER TABLE members ADD extra int"],
    "a table that refers": ["ALTER TABLE ordered ADD extra int"],
    "several": [
        "ALTER TABLE members ADD extra int",
        "ALTER TABLE pair ADD extra int",
        "SET foreign_key_checks=0",
        "DROP TABLE unnamed",
    ],
}


def definitions(server: DatabaseServer, address: MysqlAddress) -> dict[str, str]:
    names = [name for (name,) in query(server, address.schema, "SHOW TABLES")]
    shown = {name: query(server, address.schema, f"SHOW CREATE TABLE {name}") for name in names}
    return {name: row[1] for name, (row,) in shown.items()}


@pytest.mark.parametrize("damage", sorted(DAMAGE))
def test_indexes_of_foreign_keys_keep_names_and_places(
    damage: str,
    restores: Restores,
    backups: Backups,
    server: DatabaseServer,
    address: MysqlAddress,
) -> None:
    sound = definitions(server, address)
    archive = backups.take(address, Context()).path
    execute(server, address.schema, DAMAGE[damage])
    damaged = definitions(server, address)
    done = restores.run(archive, address, Context(), confirm=address.schema)
    assert done.differences == ()
    assert done.proved
    assert differences(sound, definitions(server, address)) == {}
    assert restores.undo(done.id, Context()).proved
    assert differences(damaged, definitions(server, address)) == {}


def test_one_table_alone_leaves_the_others_as_they_were(
    restores: Restores, backups: Backups, server: DatabaseServer, address: MysqlAddress
) -> None:
    archive = backups.take(address, Context()).path
    sound = definitions(server, address)
    execute(
        server,
        address.schema,
        ["ALTER TABLE members ADD extra int", "ALTER TABLE twice ADD KEY more (z, a)"],
    )
    damaged = definitions(server, address)
    choice = Choice(frozenset({"members"}))
    done = restores.run(archive, address, Context(), confirm=address.schema, choice=choice)
    assert done.proved
    now = definitions(server, address)
    assert {*differences(damaged, now)} == {"members"}
    assert {*differences(sound, now)} == {"twice"}


def test_a_restore_that_fails_between_key_and_index_is_taken_back_exactly(
    restores: Restores,
    backups: Backups,
    server: DatabaseServer,
    address: MysqlAddress,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    archive = backups.take(address, Context()).path
    execute(server, address.schema, DAMAGE["the table referred to"])
    damaged = definitions(server, address)
    name_indexes, calls = exchange._name_indexes, []

    def broken(*words: object) -> None:
        calls.append(1)
        if len(calls) == 1:
            raise OpsError("the line was cut")
        name_indexes(*words)  # type: ignore[arg-type]  # handed on as they came

    monkeypatch.setattr(exchange, "_name_indexes", broken)
    with pytest.raises(OpsError, match="the line was cut"):
        restores.run(archive, address, Context(), confirm=address.schema)
    assert len(calls) == 2
    assert differences(damaged, definitions(server, address)) == {}
    assert restores.unfinished() == ()


# ---------------------------------------------------------------- made by others meanwhile

LATE = f"ALTER TABLE twice ADD CONSTRAINT late FOREIGN KEY (z) {_TO}"
KEPT = "CONSTRAINT `late` FOREIGN KEY (`z`) REFERENCES `members` (`id`)"


@pytest.fixture
def meddle(
    monkeypatch: pytest.MonkeyPatch, server: DatabaseServer, address: MysqlAddress
) -> Callable[..., None]:
    """Let somebody run statements right before or right after the tables are swapped."""

    def meddle(*, before: Sequence[str] = (), after: Sequence[str] = ()) -> None:
        swap = exchange.exchange

        def meddled(*words: object) -> None:
            execute(server, address.schema, before)
            swap(*words)  # type: ignore[arg-type]  # handed on as they came
            execute(server, address.schema, after)

        monkeypatch.setattr(exchange, "exchange", meddled)

    return meddle


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_foreign_key_that_somebody_else_makes_is_kept(
    moment: str,
    meddle: Callable[..., None],
    restores: Restores,
    backups: Backups,
    server: DatabaseServer,
    address: MysqlAddress,
) -> None:
    archive = backups.take(address, Context()).path
    execute(server, address.schema, DAMAGE["the table referred to"])
    meddle(**{moment: [LATE]})
    choice = Choice(frozenset({"members"}))
    done = restores.run(archive, address, Context(), confirm=address.schema, choice=choice)
    assert done.proved
    told = "Somebody else gave twice a foreign key meanwhile; it was kept."
    assert done.differences == (told,)
    assert KEPT in definitions(server, address)["twice"]
    with pytest.raises(pymysql.err.IntegrityError):
        execute(server, address.schema, ["INSERT INTO twice VALUES (9, NULL, 77)"])


def test_a_table_that_somebody_else_makes_keeps_its_foreign_key_and_is_told(
    meddle: Callable[..., None],
    restores: Restores,
    backups: Backups,
    server: DatabaseServer,
    address: MysqlAddress,
) -> None:
    archive = backups.take(address, Context()).path
    execute(server, address.schema, DAMAGE["the table referred to"])
    meddle(after=[f"CREATE TABLE extra (id int PRIMARY KEY, m int, FOREIGN KEY (m) {_TO})"])
    done = restores.run(archive, address, Context(), confirm=address.schema)
    assert not done.proved
    assert "The definition of extra differs from the archive's." in done.differences
    assert "REFERENCES `members` (`id`)" in definitions(server, address)["extra"]


def test_a_foreign_key_made_meanwhile_goes_the_way_back_along(
    meddle: Callable[..., None],
    restores: Restores,
    backups: Backups,
    server: DatabaseServer,
    address: MysqlAddress,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    archive = backups.take(address, Context()).path
    execute(server, address.schema, DAMAGE["the table referred to"])
    damaged = definitions(server, address)
    meddle(after=[LATE])
    tie, calls = exchange.tie, list[int]()

    def broken(*words: object) -> None:
        calls.append(1)
        if len(calls) == 1:
            raise OpsError("the line was cut")
        tie(*words)  # type: ignore[arg-type]  # handed on as they came

    monkeypatch.setattr(exchange, "tie", broken)
    with pytest.raises(OpsError, match="the line was cut"):
        restores.run(archive, address, Context(), confirm=address.schema)
    now = definitions(server, address)
    assert {*differences(damaged, now)} == {"twice"}
    assert KEPT in now["twice"]
    assert restores.unfinished() == ()


def test_another_schema_that_begins_to_refer_here_has_the_swap_taken_back(
    meddle: Callable[..., None],
    restores: Restores,
    backups: Backups,
    server: DatabaseServer,
    address: MysqlAddress,
) -> None:
    """Its foreign key would be left with the table that was there before."""
    archive = backups.take(address, Context()).path
    execute(server, address.schema, DAMAGE["the table referred to"])
    damaged = definitions(server, address)
    other = f"{address.schema}_other"
    to = f"REFERENCES {address.schema}.members (id)"
    table = f"CREATE TABLE {other}.t (id int PRIMARY KEY, m int, FOREIGN KEY (m) {to})"
    meddle(before=[f"CREATE DATABASE {other}", table])
    try:
        with pytest.raises(OpsError, match=rf"refer to this one: {other}\.t"):
            restores.run(archive, address, Context(), confirm=address.schema)
        assert definitions(server, address) == damaged
        assert restores.unfinished() == ()
        ((_, shown),) = query(server, other, "SHOW CREATE TABLE t")
        assert f"REFERENCES `{address.schema}`.`members` (`id`)" in shown
    finally:
        execute(server, "", [f"DROP DATABASE {other}"])
