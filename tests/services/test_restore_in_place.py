"""Rows put right where they stand: only what differs, all or nothing, proved before the commit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

import pytest

from databases import Facts, differences, execute, facts, no_leftovers, opener, query
from db.engine import Database
from every_step import Everything
from gmops_desktop.adapters.mysql import amending, exchange
from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.archive.inventory import Backup
from gmops_desktop.context import Context, Progress
from gmops_desktop.errors import Cancelled, OpsError, ProofFailed
from gmops_desktop.services.backups import Backups
from gmops_desktop.services.restores import Choice, Definers, Restores, replacement
from gmops_desktop.services.restores.ledger import Ledger
from sandbox.mariadb import MariaDB

pytestmark = pytest.mark.servers

SITE = [
    "CREATE TABLE members (id int PRIMARY KEY, name varchar(50) NOT NULL,"
    " fee decimal(9,2) NOT NULL,"
    " seen timestamp NOT NULL DEFAULT '2018-04-01 00:00:00' ON UPDATE CURRENT_TIMESTAMP)",
    "INSERT INTO members SELECT seq, CONCAT('会员', seq), seq/2, '2018-04-01' FROM seq_1_to_3000",
    "CREATE TABLE fees (id int PRIMARY KEY, member int NOT NULL, UNIQUE KEY (member),"
    " FOREIGN KEY (member) REFERENCES members (id) ON DELETE CASCADE)",
    "INSERT INTO fees SELECT seq, seq+1 FROM seq_1_to_2000",
    "CREATE TABLE log (at datetime, line text)",
    "INSERT INTO log SELECT '2018-04-01', CONCAT('line ', seq % 50) FROM seq_1_to_200",
    "CREATE TABLE old (id int PRIMARY KEY, note text) ENGINE=MyISAM",
    "INSERT INTO old SELECT seq, REPEAT('x', 50) FROM seq_1_to_100",
    "CREATE VIEW rich AS SELECT id FROM members WHERE fee > 1000",
]


@pytest.fixture
def site(mariadb: MariaDB, root: MysqlAddress, backups: Backups) -> Path:
    execute(mariadb, root.schema, SITE)
    return backups.take(root, Context()).path


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """No table is too small to stay in place beside others that are swapped."""
    monkeypatch.setattr(replacement, "_ALONG", 0)


def state(mariadb: MariaDB, address: MysqlAddress) -> Facts:
    return facts(mariadb, address.schema)


def identities(mariadb: MariaDB, address: MysqlAddress) -> dict[str, int]:
    """Return InnoDB's own number of each table: a table built anew has another one."""
    rows = query(
        mariadb, "", "SELECT NAME, TABLE_ID FROM information_schema.INNODB_SYS_TABLES"
        f" WHERE NAME LIKE '{address.schema}/%'"
    )  # fmt: skip
    return {name.partition("/")[2]: number for name, number in rows}


def test_one_row_is_one_row(
    restores: Restores, mariadb: MariaDB, root: MysqlAddress, site: Path
) -> None:
    sound, tables = state(mariadb, root), identities(mariadb, root)
    execute(mariadb, root.schema, ["UPDATE members SET name='?' WHERE id=7"])
    (change, *_) = [c for c in restores.preview(site, root, Context()).tables if c.changed]
    assert (change.table, change.changed, change.in_place) == ("members", 1, True)
    assert change.text_bytes < 100
    done = restores.run(site, root, Context(), confirm=root.schema)
    assert done.proved
    assert (done.tables, done.rows) == (1, 1)
    assert differences(sound, state(mariadb, root)) == {}
    assert identities(mariadb, root) == tables
    no_leftovers(mariadb, root)
    undone = restores.undo(done.id, Context())
    assert (undone.rows, undone.undoes) == (1, done.id)
    assert query(mariadb, root.schema, "SELECT name FROM members WHERE id=7") == (("?",),)


def test_an_update_without_where_sends_one_column(
    restores: Restores,
    mariadb: MariaDB,
    root: MysqlAddress,
    site: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sound = state(mariadb, root)
    execute(mariadb, root.schema, ["UPDATE members SET fee=0, seen=seen"])
    sent: list[bytes] = []
    updates = amending.updates

    def watched(*words: object) -> Iterator[bytes]:
        for statement in updates(*words):  # type: ignore[arg-type]  # handed on as they came
            sent.append(statement)
            yield statement

    monkeypatch.setattr(amending, "updates", watched)
    done = restores.run(site, root, Context(), confirm=root.schema)
    assert done.rows == 3000
    assert b"".join(sent).count("会员".encode()) == 0
    assert sum(map(len, sent)) < 3000 * 20
    assert differences(sound, state(mariadb, root)) == {}


def test_many_tables_change_in_one_moment(
    restores: Restores, mariadb: MariaDB, root: MysqlAddress, site: Path
) -> None:
    """Unique values that change places, a cascade that must not fire, a table without a key."""
    sound, tables = state(mariadb, root), identities(mariadb, root)
    execute(
        mariadb,
        root.schema,
        [
            "SET foreign_key_checks=0",
            "DELETE FROM members WHERE id BETWEEN 10 AND 20",
            "UPDATE fees SET member=9999 WHERE id=100",
            "UPDATE fees SET member=101 WHERE id=101",
            "UPDATE fees SET member=102 WHERE id=100",
            "DELETE FROM log WHERE line='line 7' LIMIT 2",
            "INSERT INTO log VALUES ('2018-04-01', 'line 8'), (NULL, 'new')",
        ],
    )
    damaged = state(mariadb, root)
    done = restores.run(site, root, Context(), confirm=root.schema)
    assert done.proved
    assert differences(sound, state(mariadb, root)) == {}
    assert identities(mariadb, root) == tables
    restores.undo(done.id, Context())
    assert differences(damaged, state(mariadb, root)) == {}


def test_a_wrong_result_is_never_committed(
    restores: Restores,
    mariadb: MariaDB,
    root: MysqlAddress,
    site: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    execute(mariadb, root.schema, ["DELETE FROM members WHERE id > 2990"])
    damaged = state(mariadb, root)
    insertions = amending.insertions

    def careless(*words: object) -> Iterable[bytes]:
        for statement in insertions(*words):  # type: ignore[arg-type]  # handed on as they came
            yield statement.replace("会员".encode(), b"x")

    monkeypatch.setattr(amending, "insertions", careless)
    monkeypatch.setattr(amending, "can_update", lambda table: False)  # nor is it put right so
    with pytest.raises(ProofFailed, match="written to members are not"):
        restores.run(site, root, Context(), confirm=root.schema)
    assert differences(damaged, state(mariadb, root)) == {}
    no_leftovers(mariadb, root)
    assert restores.unfinished() == ()


def test_what_a_writer_did_meanwhile_is_put_right_too(
    database: Database, mariadb: MariaDB, backups: Backups, root: MysqlAddress, site: Path
) -> None:
    sound = state(mariadb, root)
    execute(mariadb, root.schema, ["UPDATE members SET name='?' WHERE id=7"])

    def safety(address: MysqlAddress, context: Context) -> Backup:
        taken = backups.take(address, context, purpose="safety")
        execute(
            mariadb,
            root.schema,
            ["INSERT INTO members (id, name, fee) VALUES (99999, 'late', 1)",
             "DELETE FROM members WHERE id=2999"],
        )  # fmt: skip
        return taken

    restores = Restores(database, opener(mariadb), safety)
    assert restores.run(site, root, Context(), confirm=root.schema).proved
    assert differences(sound, state(mariadb, root)) == {}


def test_a_row_that_somebody_holds_is_waited_for_and_named(
    restores: Restores,
    mariadb: MariaDB,
    root: MysqlAddress,
    site: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(amending, "LOCK_WAIT", 1)
    execute(mariadb, root.schema, ["UPDATE members SET name='?' WHERE id=7"])
    damaged = state(mariadb, root)
    with mariadb.connect(root.schema) as other, other.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("UPDATE members SET name='held' WHERE id=7")
        with pytest.raises(OpsError, match="holds a lock"):
            restores.run(site, root, Context(), confirm=root.schema)
        cursor.execute("ROLLBACK")
    assert differences(damaged, state(mariadb, root)) == {}
    no_leftovers(mariadb, root)


def test_a_trigger_that_would_fire_sends_the_table_beside(
    restores: Restores, backups: Backups, mariadb: MariaDB, root: MysqlAddress
) -> None:
    execute(
        mariadb,
        root.schema,
        [
            *SITE,
            "CREATE TRIGGER seen BEFORE INSERT ON members FOR EACH ROW SET NEW.name='fired'",
            "CREATE TRIGGER never BEFORE UPDATE ON fees FOR EACH ROW SET NEW.member=0",
        ],
    )
    sound, tables = state(mariadb, root), identities(mariadb, root)
    path = backups.take(root, Context()).path
    execute(
        mariadb,
        root.schema,
        ["SET foreign_key_checks=0", "DELETE FROM members WHERE id=7",
         "DELETE FROM fees WHERE id=9"],
    )  # fmt: skip
    preview = {c.table: c.in_place for c in restores.preview(path, root, Context()).tables}
    assert not preview["members"]
    assert preview["fees"]
    assert restores.run(path, root, Context(), confirm=root.schema).proved
    assert differences(sound, state(mariadb, root)) == {}
    after = identities(mariadb, root)
    assert after["members"] != tables["members"]
    assert after["fees"] == tables["fees"]


MIXED = [
    "UPDATE members SET name='?' WHERE id BETWEEN 5 AND 9",
    "DELETE FROM old WHERE id=7",
    "DROP VIEW rich",
]


def test_rows_come_back_when_the_swap_fails_after_the_commit(
    restores: Restores,
    mariadb: MariaDB,
    root: MysqlAddress,
    site: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    execute(mariadb, root.schema, MIXED)
    damaged = state(mariadb, root)
    tie, calls = exchange.tie, list[int]()

    def broken(*words: object) -> None:
        calls.append(1)
        if len(calls) == 1:
            raise OpsError("the line was cut")
        tie(*words)  # type: ignore[arg-type]  # handed on as they came

    monkeypatch.setattr(exchange, "tie", broken)
    with pytest.raises(OpsError, match="the line was cut"):
        restores.run(site, root, Context(), confirm=root.schema)
    assert differences(damaged, state(mariadb, root)) == {}
    no_leftovers(mariadb, root)
    assert restores.unfinished() == ()


class Killed(BaseException):
    """What stands for kill -9: nothing that runs afterwards gets anywhere."""


@pytest.mark.parametrize("damage", ["rows", "mixed"])
@pytest.mark.parametrize("committed", [False, True])
@pytest.mark.parametrize("goal", ["either", "before", "after"])
def test_killed_around_the_commit(
    database: Database,
    mariadb: MariaDB,
    backups: Backups,
    root: MysqlAddress,
    site: Path,
    monkeypatch: pytest.MonkeyPatch,
    damage: str,
    committed: bool,
    goal: str,
) -> None:
    sound = state(mariadb, root)
    execute(mariadb, root.schema, MIXED if damage == "mixed" else MIXED[:1])
    damaged = state(mariadb, root)
    reach, dead = Ledger.reach, list[int]()

    def connect(address: MysqlAddress, context: Context) -> object:
        if dead:
            raise Killed
        return opener(mariadb)(address, context)

    def killed(self: Ledger, id: str, entered: str, **values: object) -> None:
        late = "swapping" if damage == "mixed" else "clearing"
        if committed and entered == late:
            dead.append(1)
            raise Killed
        reach(self, id, entered, **values)  # type: ignore[arg-type]  # handed on as they came
        if not committed and entered == "committing":
            dead.append(1)
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "reach", killed)
        restores = Restores(database, connect, partial(backups.take, purpose="safety"))  # type: ignore[arg-type]
        with pytest.raises(Killed):
            restores.run(site, root, Context(), confirm=root.schema)
    restores = Restores(database, opener(mariadb), partial(backups.take, purpose="safety"))
    (left,) = restores.unfinished()
    assert (left.stands, left.archive) == ("unknown", site)
    found = restores.recover(root, Context(), goal)  # type: ignore[arg-type]  # one of them
    assert found
    expected = "after" if committed and damage == "rows" else "before"
    assert found.stands == (expected if goal == "either" else goal)
    wanted = sound if found.stands == "after" else damaged
    assert differences(wanted, state(mariadb, root)) == {}
    no_leftovers(mariadb, root)
    assert restores.unfinished() == ()
    assert restores.recover(root, Context()) is None


@pytest.mark.parametrize("percent", [36, 40, 50, 60, 70, 90, 96])
def test_cancelled_anywhere_is_before_or_after(
    restores: Restores, mariadb: MariaDB, root: MysqlAddress, site: Path, percent: int
) -> None:
    sound = state(mariadb, root)
    execute(mariadb, root.schema, MIXED)
    damaged = state(mariadb, root)

    def cancel(progress: Progress) -> None:
        if progress.percent is not None and progress.percent >= percent:
            context.cancel()

    context = Everything(cancel)
    try:
        restores.run(site, root, context, confirm=root.schema)
    except Cancelled:
        assert differences(damaged, state(mariadb, root)) == {}
    else:
        assert differences(sound, state(mariadb, root)) == {}
    no_leftovers(mariadb, root)
    assert restores.unfinished() == ()


def test_chosen_rows_come_back_and_nothing_else(
    restores: Restores, mariadb: MariaDB, root: MysqlAddress, site: Path
) -> None:
    execute(
        mariadb,
        root.schema,
        ["SET foreign_key_checks=0", "DELETE FROM members WHERE id BETWEEN 10 AND 19",
         "UPDATE members SET name='?' WHERE id=7", "DELETE FROM fees WHERE id < 5"],
    )  # fmt: skip
    found = restores.rows(site, root, "members", Context())
    assert [row.key for row in found.rows] == ["7", *map(str, range(10, 20))]
    assert not found.more
    changed = found.rows[0]
    assert changed.changed == {"name", "seen"}
    assert changed.present and changed.archived  # noqa: PT018 - both sides, for the type checker
    assert (changed.archived[1].text, changed.present[1].text) == ("会员7", "?")
    assert found.rows[1].present is None
    assert len(restores.rows(site, root, "members", Context(), most=3).rows) == 3
    choice = Choice(rows={"members": frozenset({"7", "12"})})
    done = restores.run(site, root, Context(), confirm=root.schema, choice=choice)
    assert (done.proved, done.tables, done.rows) == (True, 1, 2)
    names = query(mariadb, root.schema, "SELECT name FROM members WHERE id IN (7, 11, 12, 13)")
    assert names == (("会员7",), ("会员12",))
    assert query(mariadb, root.schema, "SELECT COUNT(*) FROM fees") == ((1996,),)


def test_chosen_tables_come_back_and_nothing_else(
    restores: Restores, mariadb: MariaDB, root: MysqlAddress, site: Path
) -> None:
    sound = state(mariadb, root)
    execute(mariadb, root.schema, [*MIXED, "ALTER TABLE fees ADD extra int"])
    choice = Choice(frozenset({"old", "fees"}), tears=True)  # the members of some fees are gone
    preview = restores.preview(site, root, Context(), choice=choice)
    assert {change.table for change in preview.tables} == {"old", "fees"}
    done = restores.run(site, root, Context(), confirm=root.schema, choice=choice)
    assert done.proved
    assert done.differences == ()
    now = state(mariadb, root)
    assert now["old"] == sound["old"]
    assert now["create", ("fees",)] == sound["create", ("fees",)]
    assert now["members"] != sound["members"]
    assert query(mariadb, root.schema, "SHOW TABLES LIKE 'rich'") == ()
    with pytest.raises(OpsError, match="no table nowhere"):
        restores.preview(site, root, Context(), choice=Choice(frozenset({"nowhere"})))


def test_single_rows_of_a_table_that_is_built_beside_are_refused(
    restores: Restores, mariadb: MariaDB, root: MysqlAddress, site: Path
) -> None:
    execute(mariadb, root.schema, ["DELETE FROM old WHERE id=7"])
    with pytest.raises(OpsError, match="Single rows of old cannot"):
        restores.run(
            site,
            root,
            Context(),
            confirm=root.schema,
            choice=Choice(rows={"old": frozenset({"7"})}),
        )


@pytest.mark.parametrize(
    ("definers", "owner"),
    [
        (Definers(), "somebody@localhost"),
        (Definers("strip"), "root@localhost"),
        (Definers("map", {"somebody@localhost": "editor@%"}), "editor@%"),
    ],
)
def test_definitions_belong_to_whom_the_policy_says(
    restores: Restores,
    backups: Backups,
    mariadb: MariaDB,
    root: MysqlAddress,
    definers: Definers,
    owner: str,
) -> None:
    create = "CREATE DEFINER=somebody@localhost FUNCTION half(n int) RETURNS int RETURN n/2"
    execute(mariadb, root.schema, [*SITE, create])
    path = backups.take(root, Context()).path
    execute(mariadb, root.schema, ["DROP FUNCTION half"])
    done = restores.run(path, root, Context(), confirm=root.schema, definers=definers)
    assert done.proved
    assert bool(done.differences) == (definers.policy == "strip")
    ((definer,),) = query(
        mariadb,
        root.schema,
        "SELECT DEFINER FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA=DATABASE()",
    )
    assert definer == owner or (owner.startswith("root@") and definer.startswith("root@"))
