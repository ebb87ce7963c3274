"""Restores of real schemas: previewed, atomic, undoable, proved; and what a broken one leaves."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

import strange_schema
from databases import Facts, checksums, differences, execute, facts, no_leftovers, opener, query
from db.engine import Database
from every_step import Everything
from gmops_desktop.adapters.locks import Busy, held_for_restore
from gmops_desktop.adapters.mysql import exchange
from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.context import Context, Progress
from gmops_desktop.errors import Cancelled, OpsError, ProofFailed
from gmops_desktop.services.backups import Backups
from gmops_desktop.services.restores import Restored, Restores
from gmops_desktop.services.restores.ledger import state_of
from sandbox.mariadb import MariaDB

pytestmark = pytest.mark.servers

SITE = [
    "CREATE TABLE members (id int PRIMARY KEY AUTO_INCREMENT, name varchar(50), n float)",
    "INSERT INTO members SELECT seq, CONCAT('会员', seq), seq/3 FROM seq_1_to_2000",
    "CREATE TABLE fees (id int PRIMARY KEY, member int, amount decimal(9,2),"
    " CONSTRAINT paid_by FOREIGN KEY (member) REFERENCES members (id))",
    "INSERT INTO fees SELECT seq, seq, seq*1.5 FROM seq_1_to_500",
    "CREATE TABLE log (at datetime, line text)",
    "INSERT INTO log SELECT '2018-04-01', CONCAT('line ', seq, '\\r\\n') FROM seq_1_to_300",
    "CREATE TABLE counted (what varchar(20) PRIMARY KEY, n int)",
    "INSERT INTO counted VALUES ('members', 2000)",
    "CREATE VIEW rich AS SELECT member, SUM(amount) s FROM fees GROUP BY member",
    "CREATE TRIGGER count_up AFTER INSERT ON members FOR EACH ROW"
    " UPDATE counted SET n=n+1 WHERE what='members'",
    "CREATE FUNCTION half(n int) RETURNS int DETERMINISTIC RETURN n/2",
    "CREATE EVENT tidy ON SCHEDULE EVERY 1 DAY STARTS '2035-01-01' DO DELETE FROM log WHERE 0",
]
DAMAGE = [
    "UPDATE members SET name='?' WHERE id BETWEEN 100 AND 149",
    "SET foreign_key_checks=0",
    "DELETE FROM members WHERE id > 1990",
    "INSERT INTO members VALUES (5000, 'intruder', 0)",
    "DELETE FROM log LIMIT 5",
]


@pytest.fixture
def site(mariadb: MariaDB, root: MysqlAddress, backups: Backups) -> Path:
    """A small site's schema, and its archive."""
    execute(mariadb, root.schema, SITE)
    return backups.take(root, Context()).path


def state(mariadb: MariaDB, address: MysqlAddress) -> Facts:
    return facts(mariadb, address.schema)


def test_a_damaged_site_is_put_right_and_proved(
    restores: Restores, mariadb: MariaDB, root: MysqlAddress, site: Path
) -> None:
    sound = state(mariadb, root)
    execute(mariadb, root.schema, DAMAGE)
    damaged = state(mariadb, root)

    preview = restores.preview(site, root, Context())
    assert not preview.identical
    changes = {c.table: (c.action, c.added, c.changed, c.removed) for c in preview.tables}
    assert changes == {
        "members": ("rows", 10, 50, 1),
        "fees": ("same", 0, 0, 0),
        "log": ("rows", 5, 0, 0),
        "counted": ("rows", 0, 1, 0),
    }
    assert preview.objects == ()
    assert preview.text_bytes > 0
    assert preview.seconds > 0
    assert differences(damaged, state(mariadb, root)) == {}

    told: list[Progress] = []
    done = restores.run(site, root, Everything(told.append), confirm=root.schema)
    assert done.proved
    assert done.differences == ()
    assert done.tables == 3
    assert done.rows == 2000 + 300 + 1
    assert done.safety is not None
    assert done.safety.purpose == "safety"
    percents = [p.percent for p in told if p.percent is not None]
    assert percents == sorted(percents)
    assert percents[-1] == 100
    assert differences(sound, state(mariadb, root)) == {}
    no_leftovers(mariadb, root)
    assert restores.preview(site, root, Context()).identical
    assert restores.last() == done
    assert restores.all() == (done,)

    undone = restores.undo(done.id, Context())
    assert undone.proved
    assert differences(damaged, state(mariadb, root)) == {}
    no_leftovers(mariadb, root)


def test_everything_strange_is_restored_over_a_ruin(
    restores: Restores, backups: Backups, mariadb: MariaDB, root: MysqlAddress
) -> None:
    execute(mariadb, root.schema, strange_schema.TABLES + strange_schema.OBJECTS)
    sound = state(mariadb, root)
    backup = backups.take(root, Context())
    execute(
        mariadb,
        root.schema,
        [
            "SET foreign_key_checks=0",
            'DROP TABLE numbers, texts, hen, from_sequence, `we``ird "na\'me" -- ; %s`',
            "DROP VIEW a_upper",
            "DROP FUNCTION twice",
            "SET sql_mode=ORACLE",
            "CREATE OR REPLACE PACKAGE rates AS FUNCTION gone(n number) RETURN number; END",
            "CREATE PACKAGE extra AS FUNCTION f(n number) RETURN number; END",
            "SET sql_mode=''",
            "DROP SEQUENCE numbers_out",
            "ALTER TABLE bytes ADD extra int",
            "UPDATE generated SET a=9",
            "INSERT INTO no_key VALUES (9, 'x')",
            "DELETE FROM myisam_table",
            "DELETE FROM nullable_key",
            "INSERT INTO empty_table VALUES (1)",
            "CREATE TABLE more (id int)",
            "CREATE VIEW more_view AS SELECT * FROM more",
            "CREATE TRIGGER more_trigger BEFORE INSERT ON kinds FOR EACH ROW SET @x=2",
            "DROP TRIGGER first_trigger",
            "ALTER EVENT nightly ENABLE",
        ],
    )
    preview = restores.preview(backup.path, root, Context())
    actions = {change.table: change.action for change in preview.tables}
    assert {name: action for name, action in actions.items() if action != "same"} == {
        **dict.fromkeys(("numbers", "texts", "hen", "from_sequence"), "create"),
        'we`ird "na\'me" -- ; %s': "create",
        "bytes": "replace",
        **dict.fromkeys(("generated", "no_key", "myisam_table", "nullable_key"), "rows"),
        **dict.fromkeys(("empty_table", "audit"), "rows"),
        "more": "drop",
    }
    assert set(preview.objects) >= {"twice", "numbers_out", "more_view", "nightly"}
    done = restores.run(backup.path, root, Context(), confirm=root.schema)
    assert done.proved
    assert done.differences == ()
    assert differences(sound, state(mariadb, root)) == {}
    no_leftovers(mariadb, root)


def test_nothing_to_do_does_nothing(
    restores: Restores, mariadb: MariaDB, root: MysqlAddress, site: Path
) -> None:
    assert restores.preview(site, root, Context()).identical
    before = query(mariadb, root.schema, "SELECT CREATE_TIME FROM information_schema.TABLES"
                   " WHERE TABLE_SCHEMA=DATABASE()")  # fmt: skip
    done = restores.run(site, root, Context(), confirm=root.schema)
    assert (done.tables, done.rows, done.proved) == (0, 0, True)
    after = query(mariadb, root.schema, "SELECT CREATE_TIME FROM information_schema.TABLES"
                  " WHERE TABLE_SCHEMA=DATABASE()")  # fmt: skip
    assert before == after


def test_into_an_empty_schema(
    restores: Restores, mariadb: MariaDB, root: MysqlAddress, site: Path
) -> None:
    sound = state(mariadb, root)
    execute(mariadb, "", [f"DROP DATABASE {root.schema}"])
    execute(mariadb, "", [f"CREATE DATABASE {root.schema} CHARACTER SET utf8mb4"])
    assert restores.run(site, root, Context(), confirm=root.schema).proved
    assert differences(sound, state(mariadb, root)) == {}


def test_the_name_must_be_typed(
    restores: Restores, mariadb: MariaDB, root: MysqlAddress, site: Path
) -> None:
    execute(mariadb, root.schema, DAMAGE)
    damaged = checksums(mariadb, root.schema)
    with pytest.raises(OpsError, match="not the name of the schema") as failure:
        restores.run(site, root, Context(), confirm="wrong")
    assert root.schema in failure.value.hint
    assert checksums(mariadb, root.schema) == damaged


def test_a_broken_archive_is_refused_before_anything(
    restores: Restores, mariadb: MariaDB, root: MysqlAddress, site: Path, archives: Path
) -> None:
    execute(mariadb, root.schema, DAMAGE)
    damaged = checksums(mariadb, root.schema)
    content = bytearray(site.read_bytes())
    content[len(content) // 2] ^= 1
    site.write_bytes(content)
    with pytest.raises(ProofFailed, match="is broken"):
        restores.run(site, root, Context(), confirm=root.schema)
    assert checksums(mariadb, root.schema) == damaged
    assert len(list(archives.glob("*safety*"))) == 0


@pytest.mark.parametrize("percent", [30, 45, 60, 85])
def test_cancelled_in_the_middle_leaves_the_target_as_it_was(
    restores: Restores, mariadb: MariaDB, root: MysqlAddress, site: Path, percent: int
) -> None:
    execute(mariadb, root.schema, DAMAGE)
    damaged = state(mariadb, root)

    def cancel(progress: Progress) -> None:
        if progress.percent is not None and progress.percent >= percent:
            context.cancel()

    context = Everything(cancel)
    with pytest.raises(Cancelled):
        restores.run(site, root, context, confirm=root.schema)
    assert differences(damaged, state(mariadb, root)) == {}
    no_leftovers(mariadb, root)
    assert restores.all() == ()
    assert restores.unfinished() == ()


def test_another_program_leaves_a_restore_under_way_alone(
    database: Database,
    backups: Backups,
    mariadb: MariaDB,
    root: MysqlAddress,
    site: Path,
    tmp_path: Path,
) -> None:
    """It would take it for one that was interrupted, and put its tables back."""

    def program() -> Restores:
        return Restores(
            database,
            opener(mariadb),
            partial(backups.take, purpose="safety"),
            alone=lambda address: held_for_restore(tmp_path / "locks", address),
        )

    ours, theirs = program(), program()
    sound = state(mariadb, root)
    execute(mariadb, root.schema, DAMAGE)
    met: list[str] = []

    def meanwhile(progress: Progress) -> None:
        if met or not [row for row in ours._ledger.all() if state_of(row) != "done"]:
            return
        met.append("a restore that is written down and not done")
        assert theirs.unfinished() == ()
        with pytest.raises(Busy, match="A restore of"):
            theirs.recover(root, Context())
        with pytest.raises(Busy, match="A restore of"):
            theirs.run(site, root, Context(), confirm=root.schema)

    assert ours.run(site, root, Everything(meanwhile), confirm=root.schema).proved
    assert met
    assert state(mariadb, root) == sound
    no_leftovers(mariadb, root)
    assert theirs.recover(root, Context()) is None


def test_cancelling_during_the_swap_comes_too_late(
    restores: Restores, mariadb: MariaDB, root: MysqlAddress, site: Path
) -> None:
    sound = state(mariadb, root)
    execute(mariadb, root.schema, DAMAGE)

    def cancel(progress: Progress) -> None:
        if progress.text == "Swapping the tables":
            context.cancel()

    context = Everything(cancel)
    assert restores.run(site, root, context, confirm=root.schema).proved
    assert context.cancelled
    assert differences(sound, state(mariadb, root)) == {}


def test_a_failure_after_the_swap_is_rolled_back(
    restores: Restores,
    mariadb: MariaDB,
    root: MysqlAddress,
    site: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The fault is put where the worst stands: tables swapped, foreign keys not yet tied."""
    execute(mariadb, root.schema, DAMAGE)
    damaged = state(mariadb, root)
    tie = exchange.tie
    calls: list[int] = []

    def broken(*words: object) -> None:
        calls.append(1)
        if len(calls) == 1:
            raise OpsError("the line was cut")
        tie(*words)  # type: ignore[arg-type]  # handed on as they came

    monkeypatch.setattr(exchange, "tie", broken)
    with pytest.raises(OpsError, match="the line was cut"):
        restores.run(site, root, Context(), confirm=root.schema)
    assert len(calls) == 2
    assert differences(damaged, state(mariadb, root)) == {}
    no_leftovers(mariadb, root)
    assert restores.unfinished() == ()


@pytest.mark.parametrize("text", ["Writing members beside", "Swapping the tables"])
def test_a_server_that_vanishes_is_put_right_by_the_next_run(
    database: Database, tmp_path: Path, archives: Path, text: str
) -> None:
    with MariaDB(tmp_path / "own") as server:
        address = server.address("own_site", user="root")
        execute(
            server, "", ["CREATE DATABASE own_site CHARACTER SET utf8mb4", "USE own_site", *SITE]
        )
        backups = Backups(database, opener(server), lambda: archives)
        restores = Restores(database, opener(server), partial(backups.take, purpose="safety"))
        sound = state(server, address)
        archive = backups.take(address, Context()).path
        execute(server, "own_site", DAMAGE)
        damaged = state(server, address)

        def kill(progress: Progress) -> None:
            if progress.text == text and server.process:
                assert restores.unfinished() == (), "what is under way is not interrupted"
                server.kill()

        with pytest.raises(OpsError, match=r"broke|cannot be reached"):
            restores.run(archive, address, Everything(kill), confirm="own_site")
        (left,) = restores.unfinished()
        assert left.schema == "own_site"
        server.start()
        notes: list[str] = []
        assert restores.recover(address, Context(note=notes.append))
        assert notes == ["An interrupted restore of own_site was put right first."]
        assert differences(damaged, state(server, address)) == {}
        no_leftovers(server, address)
        assert restores.unfinished() == ()
        assert not restores.recover(address, Context())
        assert restores.run(archive, address, Context(), confirm="own_site").proved
        assert differences(sound, state(server, address)) == {}


def test_a_foreign_definer_without_super_is_stripped_and_said(
    restores: Restores, backups: Backups, mariadb: MariaDB, schema: MysqlAddress, root: MysqlAddress
) -> None:
    """A managed server's account may not name another definer."""
    execute(mariadb, root.schema, SITE)
    path = backups.take(root, Context()).path
    execute(mariadb, root.schema, ["DROP VIEW rich", "DROP FUNCTION half", *DAMAGE])
    done = restores.run(path, schema, Context(), confirm=schema.schema)
    assert done.proved
    assert "half now belongs to ops_backup@%." in done.differences
    assert "rich now belongs to ops_backup@%." in done.differences
    assert query(mariadb, schema.schema, "SELECT half(10)") == ((5,),)
    assert len(query(mariadb, schema.schema, "SELECT * FROM rich")) == 500


def test_references_from_other_schemas_are_refused_by_name(
    restores: Restores, mariadb: MariaDB, root: MysqlAddress, site: Path
) -> None:
    other = root.schema + "_other"
    execute(
        mariadb,
        "",
        [
            f"CREATE DATABASE {other}",
            f"CREATE TABLE {other}.child (id int PRIMARY KEY, FOREIGN KEY (id)"
            f" REFERENCES {root.schema}.members (id))",
            f"ALTER TABLE {root.schema}.log ADD extra int",
        ],
    )
    try:
        with pytest.raises(OpsError, match=f"refer to this one: {other}.child"):
            restores.run(site, root, Context(), confirm=root.schema)
        no_leftovers(mariadb, root)
    finally:
        execute(mariadb, "", [f"DROP DATABASE {other}"])


def test_rows_that_do_not_come_out_right_are_a_failed_proof(
    restores: Restores,
    mariadb: MariaDB,
    root: MysqlAddress,
    site: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    execute(mariadb, root.schema, DAMAGE)
    damaged = state(mariadb, root)
    fill = exchange.fill

    def careless(*words: object) -> None:
        *_, pieces, _most = words
        assert isinstance(pieces, list)
        pieces[:] = [rows.replace("会员1'".encode(), b"x'") for rows in pieces]
        fill(*words)  # type: ignore[arg-type]

    monkeypatch.setattr(exchange, "fill", careless)
    with pytest.raises(ProofFailed, match="written to members are not"):
        restores.run(site, root, Context(), confirm=root.schema)
    assert differences(damaged, state(mariadb, root)) == {}
    no_leftovers(mariadb, root)


def test_undo_needs_the_saved_state(
    restores: Restores, mariadb: MariaDB, root: MysqlAddress, site: Path
) -> None:
    done: Restored = restores.run(site, root, Context(), confirm=root.schema)
    assert done.safety
    done.safety.path.unlink()
    with pytest.raises(OpsError, match="no longer at hand"):
        restores.undo(done.id, Context())


def test_a_backup_leaves_working_tables_out_by_name(
    backups: Backups, mariadb: MariaDB, root: MysqlAddress
) -> None:
    execute(mariadb, root.schema, ["CREATE TABLE gmops_new_0a1b2c_0 (id int)"])
    backup = backups.take(root, Context())
    assert backup.tables == 0
    assert "gmops_new_0a1b2c_0" in backup.verdict
