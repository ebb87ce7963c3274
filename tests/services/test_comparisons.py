"""What differs between archives, and between an archive and a real database, row by row."""

from __future__ import annotations

import csv
import random
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from databases import execute, opener, query
from db.engine import Database
from gmops_desktop.adapters.mysql import connect, segments
from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.archive import differences
from gmops_desktop.context import Context, Progress
from gmops_desktop.errors import Cancelled, OpsError, ProofFailed
from gmops_desktop.services.backups import Backups
from gmops_desktop.services.comparisons import Compared, Comparisons, RowChange, Source
from sandbox.mariadb import MariaDB

pytestmark = pytest.mark.servers

SITE = [
    "CREATE TABLE members (id int PRIMARY KEY, name varchar(50), n float, note mediumtext)",
    "INSERT INTO members SELECT seq, CONCAT('会员', seq), seq/3, NULL FROM seq_1_to_3000",
    "CREATE TABLE tags (name varchar(30) PRIMARY KEY, n int) COLLATE utf8mb4_unicode_ci",
    "INSERT INTO tags SELECT CONCAT(IF(seq%2,'Tag ','tag '), seq), seq FROM seq_1_to_500",
    "CREATE TABLE log (at datetime, line text)",
    "INSERT INTO log SELECT '2018-04-01', CONCAT('line ', seq%50) FROM seq_1_to_300",
    "CREATE TABLE old (id int PRIMARY KEY)",
    "INSERT INTO old VALUES (1),(2)",
    "CREATE TABLE empty (id int PRIMARY KEY)",
    "CREATE VIEW named AS SELECT id, name FROM members",
    "CREATE TRIGGER t AFTER INSERT ON members FOR EACH ROW SET @n=1",
    "CREATE FUNCTION half(n int) RETURNS int DETERMINISTIC RETURN n/2",
]
EDITS = [
    "UPDATE members SET name='NULL', note='' WHERE id=7",
    "DELETE FROM members WHERE id=8",
    "INSERT INTO members VALUES (100000, '新', 0.1, 'a\\r\\nb')",
    "UPDATE tags SET n=-1 WHERE name='TAG 77'",
    "DELETE FROM log WHERE line='line 9' LIMIT 2",
    "INSERT INTO log VALUES ('2018-04-02', 'late')",
    "DROP TABLE old",
    "CREATE TABLE fresh (id int PRIMARY KEY, v int)",
    "INSERT INTO fresh VALUES (1,1),(2,2),(3,3)",
    "INSERT INTO empty VALUES (5)",
    "CREATE OR REPLACE VIEW named AS SELECT id, name, note FROM members WHERE id>1",
    "DROP TRIGGER t",
    "CREATE PROCEDURE p() SELECT 1",
]


@pytest.fixture
def comparisons(mariadb: MariaDB) -> Comparisons:
    return Comparisons(opener(mariadb))


@pytest.fixture
def site(mariadb: MariaDB, root: MysqlAddress) -> MysqlAddress:
    execute(mariadb, root.schema, SITE)
    return root


@pytest.fixture
def taken(backups: Backups, site: MysqlAddress, context: Context) -> Path:
    return backups.take(site, context).path


@pytest.fixture
def compared(
    comparisons: Comparisons, context: Context
) -> Iterator[Callable[[Source, Source], Compared]]:
    """Compare, and close at the end."""
    results: list[Compared] = []

    def compare(before: Source, after: Source) -> Compared:
        results.append(comparisons.compare(before, after, context))
        return results[-1]

    yield compare
    for result in results:
        result.close()


def told(found: Compared) -> dict[str, tuple[str, int, int, int]]:
    """Return each differing table's state and counts."""
    return {
        table.table: (table.state, table.added, table.changed, table.removed)
        for table in found.tables
        if table.state != "same"
    }


def things(found: Compared) -> dict[tuple[str, str], str]:
    return {(thing.kind, thing.name): thing.state for thing in found.objects}


def shown(change: RowChange) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    return (
        change.kind,
        tuple(cell.text for cell in change.before),
        tuple(cell.text for cell in change.after),
    )


DIFFERENT = {
    "members": ("rows", 1, 1, 1),
    "tags": ("rows", 0, 1, 0),
    "log": ("rows", 1, 0, 2),
    "old": ("gone", 0, 0, 0),
    "fresh": ("added", 0, 0, 0),
    "empty": ("rows", 1, 0, 0),
}
CHANGED = {("view", "named"): "changed", ("trigger", "t"): "gone", ("procedure", "p"): "added"}


def check_site(found: Compared) -> None:
    """Check what `EDITS` did, however it was found."""
    assert told(found) == DIFFERENT
    assert things(found) == CHANGED
    assert not found.identical
    members = found.table("members")
    assert members is not None
    assert (members.rows_before, members.rows_after) == (3000, 3000)
    assert members.key == ("id",)
    changed, removed, added = sorted(found.rows("members"), key=lambda row: int(row.key[0].text))
    assert [cell.text for cell in changed.before] == ["7", "会员7", "2.3333333", "NULL"]
    assert [cell.kind for cell in changed.before] == ["value", "text", "value", "null"]
    assert [cell.text for cell in changed.after] == ["7", "NULL", "2.3333333", ""]
    assert [cell.kind for cell in changed.after] == ["value", "text", "value", "text"]
    assert changed.changed == (1, 3)
    assert shown(removed) == ("removed", ("8", "会员8", "2.6666667", "NULL"), ())
    assert shown(added) == ("added", (), ("100000", "新", "0.1", "a\r\nb"))
    assert [shown(row) for row in found.rows("tags")] == [
        ("changed", ("Tag 77", "77"), ("Tag 77", "-1"))
    ]
    assert sorted(shown(row) for row in found.rows("log")) == [
        ("added", (), ("2018-04-02 00:00:00", "late")),
        ("removed", ("2018-04-01 00:00:00", "line 9"), ()),
        ("removed", ("2018-04-01 00:00:00", "line 9"), ()),
    ]
    fresh, old = found.table("fresh"), found.table("old")
    assert fresh is not None
    assert old is not None
    assert (fresh.rows_before, fresh.rows_after, old.rows_before) == (0, 3, 2)
    assert "+  `v` int(11) DEFAULT NULL," in fresh.definition
    assert "-CREATE TABLE `old` (" in old.definition
    view = next(thing for thing in found.objects if thing.kind == "view")
    assert any(line.startswith("+") and "`note`" in line for line in view.definition)
    assert any(line.startswith("+") and "where" in line for line in view.definition)


def test_two_archives(
    backups: Backups,
    mariadb: MariaDB,
    site: MysqlAddress,
    taken: Path,
    context: Context,
    compared: Callable[[Source, Source], Compared],
) -> None:
    execute(mariadb, site.schema, EDITS)
    later = backups.take(site, context).path
    check_site(compared(taken, later))
    assert compared(taken, taken).identical
    back = compared(later, taken)
    assert told(back)["members"] == ("rows", 1, 1, 1)
    assert told(back)["log"] == ("rows", 2, 0, 1)
    assert told(back)["old"][0] == "added"


def test_an_archive_and_the_database(
    mariadb: MariaDB,
    site: MysqlAddress,
    taken: Path,
    compared: Callable[[Source, Source], Compared],
) -> None:
    same = compared(taken, site)
    assert same.identical, (told(same), things(same))
    execute(mariadb, site.schema, EDITS)
    found = compared(taken, site)
    check_site(found)
    assert found.after.live
    assert not found.before.live
    assert found.travelled > 0
    back = compared(site, taken)
    assert told(back)["log"] == ("rows", 2, 0, 1)
    assert told(back)["fresh"][0] == "gone"
    members = back.table("members")
    assert members is not None
    assert (members.rows_before, members.rows_after) == (3000, 3000)
    assert {shown(row)[0] for row in back.rows("members")} == {"added", "changed", "removed"}
    assert ("removed", ("100000", "新", "0.1", "a\r\nb"), ()) in map(shown, back.rows("members"))


def test_only_what_differs_travels(
    mariadb: MariaDB,
    schema: MysqlAddress,
    root: MysqlAddress,
    backups: Backups,
    context: Context,
    compared: Callable[[Source, Source], Compared],
) -> None:
    execute(
        mariadb,
        schema.schema,
        [
            "CREATE TABLE big (id int PRIMARY KEY, body varchar(200))",
            "INSERT INTO big SELECT seq, REPEAT(SHA2(seq,256),3) FROM seq_1_to_60000",
        ],
    )
    path = backups.take(root, context).path
    nothing = compared(path, root).travelled
    execute(mariadb, schema.schema, ["UPDATE big SET body='x' WHERE id IN (5, 30000, 59999)"])
    found = compared(path, root)
    assert told(found) == {"big": ("rows", 0, 3, 0)}
    assert nothing < 60_000
    assert found.travelled < 1_000_000  # of 12 MB of text


@pytest.mark.parametrize("count", [1400, 2900])  # rows asked for by hash, and whole ranges
def test_many_rows_of_one_range(
    mariadb: MariaDB,
    site: MysqlAddress,
    taken: Path,
    compared: Callable[[Source, Source], Compared],
    count: int,
) -> None:
    execute(
        mariadb,
        site.schema,
        [
            f"UPDATE members SET name='?' WHERE id<={count}",
            "UPDATE members SET note=REPEAT('y', 9000000), id=id+5000 WHERE id=7",
            'UPDATE members SET note=REPEAT("\'", 9000000) WHERE id=77',
        ],
    )
    found = compared(taken, site)
    assert told(found) == {"members": ("rows", 1, count - 1, 1)}
    changed = [int(row.key[0].text) for row in found.rows("members") if row.kind == "changed"]
    assert changed == sorted(changed)
    large = next(row for row in found.rows("members") if row.key[0].text == "77")
    assert (large.changed, large.after[3].kind) == ((1, 3), "large")


def test_a_changed_definition_still_compares_the_shared_columns(
    mariadb: MariaDB,
    site: MysqlAddress,
    taken: Path,
    backups: Backups,
    context: Context,
    compared: Callable[[Source, Source], Compared],
) -> None:
    execute(
        mariadb,
        site.schema,
        [
            "ALTER TABLE members DROP COLUMN n, ADD COLUMN mail varchar(9) DEFAULT 'none' AFTER id",
            "UPDATE members SET name='?' WHERE id=12",
            "ALTER TABLE tags MODIFY n varchar(20)",
            "UPDATE tags SET n='x' WHERE n='3'",
            "ALTER TABLE log ADD COLUMN id int PRIMARY KEY AUTO_INCREMENT",
            "DELETE FROM log WHERE line='line 9' LIMIT 1",
        ],
    )
    for after in (site, backups.take(site, context).path):
        found = compared(taken, after)
        assert told(found) == {
            "members": ("definition", 0, 1, 0),
            "tags": ("definition", 0, 1, 0),
            "log": ("definition", 0, 0, 1),
        }
        members = found.table("members")
        assert members is not None
        assert members.columns == ("id", "name", "n", "note", "mail")
        assert "-  `n` float DEFAULT NULL," in members.definition
        (row,) = found.rows("members")
        assert [cell.text for cell in row.before] == ["12", "会员12", "4", "NULL", ""]
        assert [cell.text for cell in row.after] == ["12", "?", "", "NULL", "none"]
        assert (row.before[4].kind, row.after[2].kind) == ("absent", "absent")
        assert row.changed == (1,)


def test_large_rows(
    mariadb: MariaDB,
    schema: MysqlAddress,
    root: MysqlAddress,
    backups: Backups,
    context: Context,
    compared: Callable[[Source, Source], Compared],
) -> None:
    execute(
        mariadb,
        schema.schema,
        [
            "CREATE TABLE files (id int PRIMARY KEY, a longblob, b longtext)",
            "INSERT INTO files VALUES (1, REPEAT('a', 3000000), 'x'),"
            " (2, REPEAT('b', 3000000), ''), (3, 'small', REPEAT('中', 400000))",
            "CREATE TABLE loose (a longtext, n int)",
            "INSERT INTO loose VALUES (REPEAT('z', 2000000), 1), ('tiny', 2), ('tiny', 2)",
        ],
    )
    first = backups.take(root, context).path
    execute(
        mariadb,
        schema.schema,
        [
            "UPDATE files SET a=CONCAT(LEFT(a, 2999999), '!') WHERE id=1",
            "UPDATE files SET b='short now' WHERE id=2",
            "UPDATE files SET b='short too' WHERE id=3",
            "DELETE FROM loose WHERE a='tiny' LIMIT 1",
            "UPDATE loose SET n=3 WHERE n=1",
        ],
    )
    for after in (root, backups.take(root, context).path):
        found = compared(first, after)
        assert told(found) == {"files": ("rows", 0, 3, 0), "loose": ("rows", 1, 0, 2)}
        by_key = {row.key[0].text: row for row in found.rows("files")}
        assert {key: row.changed for key, row in by_key.items()} == {
            "1": (1,),
            "2": (2,),
            "3": (2,),
        }
        assert by_key["1"].before[1].kind == "large"
        assert by_key["1"].before[1] != by_key["1"].after[1]


@settings(
    deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.integers(0, 10_000))
def test_random_edits_are_found_exactly(
    mariadb: MariaDB,
    schema: MysqlAddress,
    backups: Backups,
    comparisons: Comparisons,
    context: Context,
    seed: int,
) -> None:
    """Live, by aligned cuts and by other cuts, all find what a look at both states finds."""
    dice = random.Random(seed)
    root = replace(schema, user="root")
    rows = [(n, dice.choice("aAbBéÉ中") * dice.randrange(1, 4), dice.randrange(5))
            for n in dice.sample(range(400), 200)]  # fmt: skip
    listed = ",".join(f"({n},'{text}{n}',{value})" for n, text, value in rows)
    execute(
        mariadb,
        schema.schema,
        [
            "CREATE OR REPLACE TABLE t (id int, name varchar(20) COLLATE utf8mb4_unicode_ci, v int,"
            f" PRIMARY KEY ({dice.choice(['id', 'name', 'name, id'])}))",
            f"INSERT INTO t VALUES {listed}",
        ],
    )
    with cut_every(dice.randrange(300, 3000)):
        first = backups.take(root, context).path
    before = set(query(mariadb, schema.schema, "SELECT * FROM t"))
    start = dice.randrange(400)
    execute(
        mariadb,
        schema.schema,
        [
            f"UPDATE t SET v=v+1 WHERE id%{dice.randrange(2, 40)}=0",
            f"DELETE FROM t WHERE id BETWEEN {start} AND {start + dice.randrange(80)}",
            f"INSERT IGNORE INTO t SELECT seq+{dice.randrange(500)}, CONCAT('new', seq), 1"
            f" FROM seq_1_to_{dice.randrange(1, 90)}",
        ],
    )
    after = set(query(mariadb, schema.schema, "SELECT * FROM t"))
    with cut_every(dice.randrange(300, 3000)):
        second = backups.take(root, context).path
    for other in (root, second):
        with comparisons.compare(first, other, context) as found:
            gone = {row.before for row in found.rows("t") if row.before}
            fresh = {row.after for row in found.rows("t") if row.after}
        assert {tuple(c.text for c in row) for row in gone} == {
            tuple(map(str, row)) for row in before - after
        }
        assert {tuple(c.text for c in row) for row in fresh} == {
            tuple(map(str, row)) for row in after - before
        }


@contextmanager
def cut_every(size: int) -> Iterator[None]:
    """Cut tables into segments of about `size` bytes."""

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(segments, "TARGET", size)
        yield


# ---------------------------------------------------------------- files


def test_csv_for_excel(
    mariadb: MariaDB,
    site: MysqlAddress,
    taken: Path,
    comparisons: Comparisons,
    context: Context,
    tmp_path: Path,
    compared: Callable[[Source, Source], Compared],
) -> None:
    execute(mariadb, site.schema, [*EDITS, "UPDATE members SET name='=1+1' WHERE id=9"])
    path = comparisons.export(compared(taken, site), tmp_path / "out.csv", context)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        head, *lines = csv.reader(file)
    assert head == ["Table", "Change", "Key", "Column", "Before", "After"]
    assert ["members", "Row changed", "7", "name", "会员7", "'NULL'"] in lines
    assert ["members", "Row changed", "7", "note", "NULL", ""] in lines
    assert ["members", "Row changed", "9", "name", "会员9", "'=1+1'"] in lines
    assert ["members", "Row removed", "8", "name", "会员8", ""] in lines
    assert ["members", "Row added", "100000", "note", "", "a\r\nb"] in lines
    assert [line[:2] for line in lines if line[0] == "old"] == [["old", "Table gone"]]
    assert [line[:2] for line in lines if line[0] == "t"] == [["t", "Trigger gone"]]
    assert not list(tmp_path.glob("*.part"))


def test_a_csv_that_cannot_be_written(
    comparisons: Comparisons,
    taken: Path,
    context: Context,
    tmp_path: Path,
    compared: Callable[[Source, Source], Compared],
) -> None:
    with pytest.raises(OpsError, match="could not be written"):
        comparisons.export(compared(taken, taken), tmp_path / "none" / "out.csv", context)


# ---------------------------------------------------------------- what can go wrong


def test_damage_is_named_and_never_taken_for_a_difference(
    backups: Backups,
    mariadb: MariaDB,
    site: MysqlAddress,
    taken: Path,
    context: Context,
    comparisons: Comparisons,
) -> None:
    execute(mariadb, site.schema, EDITS)
    later = backups.take(site, context).path
    content = bytearray(taken.read_bytes())
    from gmops_desktop.archive.reader import ArchiveReader

    with ArchiveReader(taken) as reader:
        members = next(t for t in reader.manifest.tables if t.name == "members")
        frame = reader.frames[members.segments[0].last_frame]
    content[frame.offset + frame.size // 2] ^= 1
    taken.write_bytes(content)
    for other in (later, site):
        with pytest.raises(ProofFailed, match="is damaged: segment 0 of members"):
            comparisons.compare(taken, other, context)


def test_an_archive_that_is_cut_while_it_is_read(
    site: MysqlAddress, mariadb: MariaDB, taken: Path, comparisons: Comparisons
) -> None:
    execute(mariadb, site.schema, EDITS)

    def cut(progress: Progress) -> None:
        if "members" in progress.text:
            with taken.open("r+b") as file:
                file.truncate(200)

    with pytest.raises(ProofFailed, match="is damaged"):
        comparisons.compare(taken, site, Eager(cut))


def test_an_archive_that_vanishes_is_read_to_its_end(
    site: MysqlAddress, mariadb: MariaDB, taken: Path, comparisons: Comparisons, context: Context
) -> None:
    execute(mariadb, site.schema, EDITS)

    def vanish(progress: Progress) -> None:
        taken.unlink(missing_ok=True)

    with comparisons.compare(taken, site, Eager(vanish)) as found:
        check_site(found)
    with pytest.raises(OpsError, match="cannot be read"):
        comparisons.compare(taken, site, context)


def test_no_archive(
    tmp_path: Path, taken: Path, comparisons: Comparisons, context: Context
) -> None:
    dump = tmp_path / "dump.sql"
    dump.write_text("CREATE TABLE t (id int);\n")
    with pytest.raises(ProofFailed, match="not a whole archive"):
        comparisons.compare(dump, taken, context)
    for unreadable in (tmp_path, tmp_path / "none.sql.zst"):
        with pytest.raises(OpsError, match="cannot be read"):
            comparisons.compare(taken, unreadable, context)


def test_archives_are_read_through_what_opens_them(
    tmp_path: Path, taken: Path, mariadb: MariaDB, site: MysqlAddress, context: Context
) -> None:
    """A sealed archive is known by its own name, and read from a plain copy that goes away."""
    sealed = tmp_path / "a.sql.zst.age"
    sealed.write_bytes(b"sealed")
    used: list[str] = []

    @contextmanager
    def opened(path: Path, context: Context) -> Iterator[Path]:
        used.append(f"opened {path.name}")
        yield taken if path == sealed else path
        used.append(f"closed {path.name}")

    with Comparisons(opener(mariadb), opened).compare(sealed, site, context) as found:
        assert found.identical
        assert found.before.name == "a.sql.zst.age"
    assert used == ["opened a.sql.zst.age", "closed a.sql.zst.age"]


def test_what_cannot_be_read_is_unknown_and_never_gone(
    backups: Backups, mariadb: MariaDB, site: MysqlAddress, schema: MysqlAddress, context: Context,
    compared: Callable[[Source, Source], Compared],
) -> None:  # fmt: skip
    execute(
        mariadb,
        site.schema,
        ["CREATE EVENT e ON SCHEDULE EVERY 1 DAY STARTS '2035-01-01' DO SELECT 1"],
    )
    whole = backups.take(site, context).path
    name = f"u{secrets.token_hex(4)}"
    execute(
        mariadb,
        site.schema,
        [
            f"CREATE USER {name}@'%' IDENTIFIED BY 'x'",
            f"GRANT SELECT, SHOW VIEW ON {site.schema}.* TO {name}@'%'",
            "ALTER TABLE members RENAME COLUMN name TO title",
        ],
    )
    try:
        little = Comparisons(
            lambda address, context: connect(address, context, password="x")
        ).compare(whole, replace(schema, user=name), context)
        with little as found:
            states = things(found)
        assert states[("trigger", "t")] == "unknown"
        assert states[("event", "e")] == "unknown"
        assert states[("view", "named")] == "unknown"
        assert not found.identical
    finally:
        execute(mariadb, site.schema, [f"DROP USER {name}@'%'"])


def test_two_databases(site: MysqlAddress, comparisons: Comparisons, context: Context) -> None:
    with pytest.raises(OpsError, match="cannot be compared directly"):
        comparisons.compare(site, site, context)


def test_tables_that_nobody_has(taken: Path, comparisons: Comparisons, context: Context) -> None:
    with pytest.raises(OpsError, match="a table membres"):
        comparisons.compare(taken, taken, context, tables=["membres"])


def test_the_database_goes_away(tmp_path: Path, database: Database, context: Context) -> None:
    with MariaDB(tmp_path / "own") as server:
        with server.connect() as connection, connection.cursor() as cursor:
            cursor.execute("CREATE DATABASE site")
        execute(server, "site", SITE)
        root = replace(server.address("site"), user="root")
        folder = tmp_path / "archives"
        folder.mkdir()
        path = Backups(database, opener(server), lambda: folder).take(root, context).path

        def kill(progress: Progress) -> None:
            if "tags" in progress.text:
                with server.connect() as connection, connection.cursor() as cursor:
                    cursor.execute("SELECT ID FROM information_schema.PROCESSLIST"
                                   " WHERE DB='site' AND ID<>CONNECTION_ID()")  # fmt: skip
                    for (number,) in cursor.fetchall():
                        cursor.execute(f"KILL {number}")

        with pytest.raises(OpsError, match="broke"):
            Comparisons(opener(server)).compare(path, root, Eager(kill))


def test_a_definition_changed_meanwhile(
    site: MysqlAddress, mariadb: MariaDB, taken: Path, comparisons: Comparisons
) -> None:
    def alter(progress: Progress) -> None:
        if "definitions" in progress.text:
            execute(mariadb, site.schema, ["CREATE TABLE IF NOT EXISTS sudden (id int)"])

    with pytest.raises(OpsError, match="changed during the comparison: sudden"):
        comparisons.compare(taken, site, Eager(alter))


def test_cancelling(site: MysqlAddress, taken: Path, comparisons: Comparisons) -> None:
    context = Eager(lambda progress: threading.Thread(target=context.cancel).start())
    with pytest.raises(Cancelled):
        comparisons.compare(taken, site, context)
    again = Context()
    again.cancel()
    with pytest.raises(Cancelled):
        comparisons.compare(taken, taken, again)


def test_no_room_for_what_differs(
    site: MysqlAddress,
    mariadb: MariaDB,
    taken: Path,
    comparisons: Comparisons,
    context: Context,
    full_disk: object,
) -> None:
    execute(mariadb, site.schema, ["UPDATE members SET note=REPEAT('x', 100)"])
    with full_disk, pytest.raises(OpsError, match="temporary folder"):  # type: ignore[attr-defined]  # a context manager
        comparisons.compare(taken, site, context)


def test_nothing_is_locked(
    site: MysqlAddress, mariadb: MariaDB, taken: Path, comparisons: Comparisons
) -> None:
    """A writer goes on during the comparison, and the comparison sees nothing of it."""

    def write(progress: Progress) -> None:
        name = f"w{secrets.token_hex(4)}"
        execute(mariadb, site.schema, [f"UPDATE tags SET n=n+1000 WHERE n<1000 /* {name} */"])

    with comparisons.compare(taken, site, Eager(write)) as found:
        assert set(told(found)) <= {"tags"}
    with comparisons.compare(taken, site, Context()) as found:
        assert told(found) == {"tags": ("rows", 0, 500, 0)}


def test_large_stretches_go_through_piles(
    backups: Backups,
    mariadb: MariaDB,
    site: MysqlAddress,
    taken: Path,
    context: Context,
    compared: Callable[[Source, Source], Compared],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(differences, "IN_MEMORY", 1000)
    execute(mariadb, site.schema, [*EDITS, "ALTER TABLE members MODIFY note longtext"])
    found = compared(taken, backups.take(site, context).path)
    assert told(found) == DIFFERENT | {"members": ("definition", 1, 1, 1)}


class Eager(Context):
    """A context that reports each step, however quickly they come."""

    _INTERVAL = 0.0
