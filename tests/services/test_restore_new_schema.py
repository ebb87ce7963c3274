"""Restores into a schema that is not there yet: made where the account may, else said exactly how;
and where nothing comes of the restore, it is gone again."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from databases import differences, execute, facts, query
from every_step import Everything
from gmops_desktop.adapters.mysql import exchange, schemas
from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.context import Context, Progress
from gmops_desktop.errors import Cancelled, OpsError
from gmops_desktop.services.backups import Backups
from gmops_desktop.services.restores import Choice, Restores
from sandbox.mariadb import MariaDB

pytestmark = pytest.mark.servers

SITE = [
    "CREATE TABLE members (id int PRIMARY KEY, name varchar(50))",
    "INSERT INTO members SELECT seq, CONCAT('会员', seq) FROM seq_1_to_300",
    "CREATE TABLE fees (id int PRIMARY KEY, member int, FOREIGN KEY (member)"
    " REFERENCES members (id))",
    "CREATE VIEW rich AS SELECT * FROM members",
    "CREATE FUNCTION half(n int) RETURNS int DETERMINISTIC RETURN n/2",
    "CREATE EVENT tidy ON SCHEDULE EVERY 1 DAY STARTS '2035-01-01' DO DELETE FROM fees WHERE 0",
]


@pytest.fixture
def source(mariadb: MariaDB, schema: MysqlAddress) -> MysqlAddress:
    """A schema whose character set is not the server's own."""
    execute(
        mariadb,
        schema.schema,
        [f"ALTER DATABASE {schema.schema} CHARACTER SET gbk COLLATE gbk_bin"],
    )
    with mariadb.connect(schema.schema, user="ops_backup") as owner, owner.cursor() as cursor:
        for statement in SITE:
            cursor.execute(statement)
    return schema


@pytest.fixture
def archive(backups: Backups, source: MysqlAddress) -> Path:
    return backups.take(source, Context()).path


@pytest.fixture
def new(mariadb: MariaDB, source: MysqlAddress) -> Iterator[MysqlAddress]:
    """A schema that is not there, and is gone after the test."""
    address = replace(source, schema=f"new_{secrets.token_hex(4)}")
    yield address
    execute(mariadb, "", [f"DROP DATABASE IF EXISTS {address.schema}"])


def made(mariadb: MariaDB, address: MysqlAddress) -> tuple[tuple[str, str], ...]:
    """Return character set and collation of the schema, if it is there."""
    return query(
        mariadb,
        "",
        "SELECT DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME FROM"
        f" information_schema.SCHEMATA WHERE SCHEMA_NAME='{address.schema}'",
    )


def test_the_schema_is_made_as_the_archive_s_was_and_undone_with_it(
    restores: Restores, mariadb: MariaDB, source: MysqlAddress, new: MysqlAddress, archive: Path
) -> None:
    preview = restores.preview(archive, new, Context())
    assert preview.makes_schema
    assert not preview.identical
    assert preview.target == new
    assert {(c.table, c.action, c.added) for c in preview.tables} == {
        ("members", "create", 300),
        ("fees", "create", 0),
    }
    assert set(preview.objects) == {"rich", "half", "tidy"}
    assert made(mariadb, new) == ()
    assert not restores.rows(archive, new, "members", Context()).rows

    notes: list[str] = []
    done = restores.run(archive, new, Context(note=notes.append), confirm=new.schema)
    assert done.proved
    assert done.made_schema
    assert notes == [f"The schema “{new.schema}” was made."]
    assert made(mariadb, new) == (("gbk", "gbk_bin"),)
    assert differences(facts(mariadb, source.schema), facts(mariadb, new.schema)) == {}
    preview = restores.preview(archive, new, Context())
    assert (preview.identical, preview.makes_schema) == (True, False)

    notes.clear()
    undone = restores.undo(done.id, Context(note=notes.append))
    assert undone.proved
    assert notes == [f"The schema “{new.schema}” was removed again."]
    assert made(mariadb, new) == ()

    again = restores.undo(undone.id, Context())
    assert (again.proved, again.made_schema) == (True, True)
    assert differences(facts(mariadb, source.schema), facts(mariadb, new.schema)) == {}


def test_beside_the_present_schema_what_could_reach_it_is_asked_for(
    restores: Restores, mariadb: MariaDB, source: MysqlAddress, new: MysqlAddress, archive: Path
) -> None:
    """Its event would run there, too; of chosen tables nothing reaches, nor where none is left."""
    run = "The event tidy would run on the production server."
    preview = restores.preview(archive, new, Context(), beside=True)
    assert preview.reaching == (run,)
    assert restores.preview(archive, new, Context()).reaching == ()
    with pytest.raises(OpsError, match="could reach beyond it on the same server") as caught:
        restores.run(archive, new, Context(), confirm=new.schema, beside=True)
    assert run in caught.value.message
    assert "gmops drill keep" in caught.value.hint
    assert made(mariadb, new) == ()
    assert restores.unfinished() == ()

    choice = Choice(frozenset({"members"}))
    confirm = new.schema
    done = restores.run(archive, new, Context(), confirm=confirm, choice=choice, beside=True)
    assert done.proved
    restores.undo(done.id, Context())
    assert restores.preview(archive, source, Context(), beside=True).reaching == ()
    execute(mariadb, "", [f"DROP DATABASE {source.schema}"])
    try:
        assert restores.run(archive, new, Context(), confirm=confirm, beside=True).proved
    finally:
        execute(mariadb, "", [f"CREATE DATABASE {source.schema}"])


def test_a_schema_that_was_there_is_not_removed_by_undoing(
    restores: Restores, mariadb: MariaDB, new: MysqlAddress, archive: Path
) -> None:
    execute(mariadb, "", [f"CREATE DATABASE {new.schema} CHARACTER SET latin1"])
    done = restores.run(archive, new, Context(), confirm=new.schema)
    assert (done.proved, done.made_schema) == (True, False)
    restores.undo(done.id, Context())
    assert made(mariadb, new) == (("latin1", "latin1_swedish_ci"),)
    assert query(mariadb, new.schema, "SHOW TABLES") == ()


def test_chosen_tables_go_into_a_new_schema_too(
    restores: Restores, mariadb: MariaDB, new: MysqlAddress, archive: Path
) -> None:
    choice = Choice(frozenset({"members"}))
    done = restores.run(archive, new, Context(), confirm=new.schema, choice=choice)
    assert done.proved
    assert query(mariadb, new.schema, "SHOW TABLES") == (("members",),)


def test_an_account_without_rights_is_told_the_statements(
    restores: Restores, mariadb: MariaDB, new: MysqlAddress, archive: Path
) -> None:
    """And they are right: run by an administrator, the same restore succeeds."""
    site = replace(new, user="site")
    for refused in (
        lambda: restores.run(archive, site, Context(), confirm=site.schema),
        lambda: restores.preview(archive, site, Context()),
    ):
        with pytest.raises(OpsError, match=f"no schema “{new.schema}” that site@%") as failure:
            refused()
        create = f"CREATE DATABASE `{new.schema}` CHARACTER SET gbk COLLATE gbk_bin"
        pattern = new.schema.replace("_", r"\_")
        grant = f"GRANT ALL PRIVILEGES ON `{pattern}`.* TO `site`@`%`"
        assert failure.value.hint.endswith(f": {create}; {grant};")
        assert failure.value.unharmed == "Nothing was written."
    assert made(mariadb, new) == ()
    assert restores.unfinished() == ()
    execute(mariadb, "", [create, grant])
    try:
        done = restores.run(archive, site, Context(), confirm=site.schema)
        assert done.proved
        assert not done.made_schema
    finally:
        execute(mariadb, "", [f"REVOKE ALL PRIVILEGES ON `{pattern}`.* FROM 'site'@'%'"])


def test_an_account_that_sees_all_but_may_make_nothing_is_told_too(
    restores: Restores, mariadb: MariaDB, new: MysqlAddress, archive: Path
) -> None:
    site = replace(new, user="site")
    execute(mariadb, "", ["GRANT SELECT ON *.* TO site@'%'"])
    try:
        assert restores.preview(archive, site, Context()).makes_schema
        with pytest.raises(OpsError, match=f"no schema “{new.schema}”") as failure:
            restores.run(archive, site, Context(), confirm=site.schema)
    finally:
        execute(mariadb, "", ["REVOKE SELECT ON *.* FROM site@'%'"])
    assert f"CREATE DATABASE `{new.schema}`" in failure.value.hint
    assert restores.unfinished() == ()


@pytest.mark.parametrize("percent", [15, 45, 60])
def test_cancelled_it_is_gone_again(
    restores: Restores, mariadb: MariaDB, new: MysqlAddress, archive: Path, percent: int
) -> None:
    def cancel(progress: Progress) -> None:
        if (progress.percent or 0) >= percent:
            context.cancel()

    context = Everything(cancel)
    with pytest.raises(Cancelled):
        restores.run(archive, new, context, confirm=new.schema)
    assert made(mariadb, new) == ()
    assert restores.unfinished() == ()


def test_failed_it_is_gone_again_unless_somebody_uses_it(
    restores: Restores,
    mariadb: MariaDB,
    new: MysqlAddress,
    archive: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object) -> None:
        raise OpsError("the line was cut")

    monkeypatch.setattr(exchange, "fill", broken)
    with pytest.raises(OpsError, match="the line was cut"):
        restores.run(archive, new, Context(), confirm=new.schema)
    assert made(mariadb, new) == ()

    def used(*_: object) -> None:
        execute(mariadb, new.schema, ["CREATE TABLE theirs (id int)"])
        raise OpsError("the line was cut")

    monkeypatch.setattr(exchange, "fill", used)
    notes: list[str] = []
    with pytest.raises(OpsError, match="the line was cut"):
        restores.run(archive, new, Context(note=notes.append), confirm=new.schema)
    assert query(mariadb, new.schema, "SHOW TABLES") == (("theirs",),)
    assert notes[-1] == f"The schema “{new.schema}” stays; it was made for this."
    assert restores.unfinished() == ()


@pytest.mark.parametrize("when", ["before it is made", "after it is made", "while it is filled"])
def test_a_power_cut_leaves_what_the_next_start_puts_right(
    when: str,
    restores: Restores,
    mariadb: MariaDB,
    new: MysqlAddress,
    archive: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing tidies up, as nothing does after kill -9: the way back itself is cut off."""

    class Killed(BaseException):
        """Neither a failure nor a cancellation."""

    def killed(*_: object) -> None:
        raise Killed

    make = schemas.make

    def made_and_killed(*words: object) -> None:
        make(*words)  # type: ignore[arg-type]  # handed on as they came
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("gmops_desktop.services.restores.newschema.NewSchemas._give_up", killed)
        patch.setattr("gmops_desktop.services.restores.replacement.Replacement._put_back", killed)
        if when == "while it is filled":
            patch.setattr(exchange, "fill", killed)
        else:
            patch.setattr(schemas, "make", killed if "before" in when else made_and_killed)
        with pytest.raises(Killed):
            restores.run(archive, new, Context(), confirm=new.schema)
    assert bool(made(mariadb, new)) == ("before" not in when)
    (left,) = restores.unfinished()
    assert (left.schema, left.stands) == (new.schema, "before")
    recovered = restores.recover(new, Context())
    assert recovered
    assert recovered.stands == "before"
    assert made(mariadb, new) == ()
    assert restores.unfinished() == ()
    assert restores.run(archive, new, Context(), confirm=new.schema).proved


def test_an_unknown_collation_is_named(
    restores: Restores,
    mariadb: MariaDB,
    new: MysqlAddress,
    archive: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As where an archive of MySQL 9 goes to MariaDB."""
    make = schemas.make
    monkeypatch.setattr(
        schemas, "make", lambda c, s, *_: make(c, s, "utf8mb4", "utf8mb4_sl_0900_as_cs")
    )
    with pytest.raises(OpsError, match="utf8mb4_sl_0900_as_cs: this server") as failure:
        restores.run(archive, new, Context(), confirm=new.schema)
    assert f"CREATE DATABASE `{new.schema}`" in failure.value.hint
    assert restores.unfinished() == ()
    assert made(mariadb, new) == ()
