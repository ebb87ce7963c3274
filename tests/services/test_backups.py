"""Backups of real schemas: complete, exact, proved, and never half."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

import strange_schema
from databases import (
    checksums,
    differences,
    execute,
    facts,
    load_with_stock_client,
    opener,
    query,
)
from db.engine import Database
from gmops_desktop import language
from gmops_desktop.adapters.mysql import segments
from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.archive.manifest import Manifest
from gmops_desktop.archive.reader import ArchiveReader
from gmops_desktop.context import Context, Progress
from gmops_desktop.errors import Cancelled, OpsError, ProofFailed
from gmops_desktop.services.backups import Backups
from sandbox.mariadb import MariaDB

pytestmark = pytest.mark.servers


@pytest.fixture
def fresh(mariadb: MariaDB, schema: MysqlAddress) -> Iterator[str]:
    """A second, empty schema to restore into."""
    title = schema.schema + "_fresh"
    execute(mariadb, "", [f"CREATE DATABASE {title} CHARACTER SET utf8mb4"])
    yield title
    execute(mariadb, "", [f"DROP DATABASE {title}"])


def manifest_of(path: Path) -> Manifest:
    with ArchiveReader(path) as reader:
        return reader.manifest


def test_a_strange_schema_comes_back_by_stock_tools(
    backups: Backups, mariadb: MariaDB, schema: MysqlAddress, fresh: str
) -> None:
    """Every line of "what a correct dump must get right" that MariaDB 10.11 can show."""
    execute(mariadb, schema.schema, strange_schema.TABLES + strange_schema.OBJECTS)
    before = facts(mariadb, schema.schema)
    backup = backups.take(mariadb_root(schema, mariadb), Context())
    assert backups.verify(backup.path, Context()).ok
    load_with_stock_client(mariadb, backup.path, fresh)
    assert differences(before, facts(mariadb, fresh)) == {}
    assert differences(before, facts(mariadb, schema.schema)) == {}
    assert backup.consistency == "consistent"
    assert "Of the same moment by a short lock: aria_table (Aria)" in backup.verdict
    assert {r.name for r in manifest_of(backup.path).remarks} == {
        *("aria_table", "memory_table", "myisam_table")
    }


def mariadb_root(schema: MysqlAddress, server: MariaDB) -> MysqlAddress:
    """Return the same schema as root sees it, definitions of other users included."""
    return replace(schema, user="root")


def test_what_a_backup_says_of_itself(
    backups: Backups, mariadb: MariaDB, schema: MysqlAddress
) -> None:
    execute(
        mariadb,
        schema.schema,
        [
            "CREATE TABLE t (id int PRIMARY KEY, x text)",
            "INSERT INTO t VALUES (1, 'a'), (2, 'b')",
            "CREATE VIEW v AS SELECT * FROM t",
        ],
    )
    told: list[Progress] = []
    backup = backups.take(schema, Context(told.append), resource_id="r1")
    assert backup.rows == 2
    assert backup.tables == 1
    assert backup.text_bytes == len("(1,'a'),\n(2,'b')")
    assert backup.travelled > 0
    assert backup.file_bytes == backup.path.stat().st_size
    assert backup.verdict == "One consistent snapshot, taken without a lock."
    assert backup.exists
    assert backup.verified is None
    assert told[-1].percent == 100
    assert told[-1].travelled == backup.travelled

    summary = backups.inspect(backup.path)
    assert summary.schema == schema.schema
    assert summary.server.startswith("MariaDB 10.11")
    assert [(t.name, t.rows, t.segments) for t in summary.tables] == [("t", 2, 1)]
    assert (summary.views, summary.routines, summary.triggers, summary.events) == (1, 0, 0, 0)
    assert summary.manifest_digest == backup.manifest_digest

    assert backups.all() == (backup,)
    assert backups.get(backup.id) == backup
    assert backups.verify(backup.path, Context()).rows == 2
    assert backups.get(backup.id).verified is True
    backup.path.write_bytes(backup.path.read_bytes()[:-1])
    assert not backups.verify(backup.path, Context()).ok
    assert backups.get(backup.id).verified is False
    with pytest.raises(OpsError, match="still exists"):
        backups.forget(backup.id)
    backup.path.unlink()
    assert not backups.get(backup.id).exists
    backups.forget(backup.id)
    assert backups.all() == ()


def test_an_empty_schema(
    backups: Backups, mariadb: MariaDB, schema: MysqlAddress, fresh: str
) -> None:
    backup = backups.take(schema, Context())
    assert (backup.rows, backup.tables, backup.text_bytes) == (0, 0, 0)
    assert backups.verify(backup.path, Context()).ok
    load_with_stock_client(mariadb, backup.path, fresh)
    assert checksums(mariadb, fresh) == {}


def test_a_table_with_history_keeps_its_present_rows(
    backups: Backups, mariadb: MariaDB, schema: MysqlAddress, fresh: str
) -> None:
    execute(
        mariadb,
        schema.schema,
        [
            "CREATE TABLE t (id int PRIMARY KEY, x text) WITH SYSTEM VERSIONING",
            "INSERT INTO t VALUES (1, 'a'), (2, 'b')",
            "UPDATE t SET x='c' WHERE id=1",
        ],
    )
    backup = backups.take(schema, Context())
    assert backup.rows == 2
    assert "Without history: t" in backup.verdict
    load_with_stock_client(mariadb, backup.path, fresh)
    assert query(mariadb, fresh, "SELECT * FROM t ORDER BY id") == ((1, "c"), (2, "b"))


def test_segments_lie_side_by_side(
    backups: Backups, mariadb: MariaDB, schema: MysqlAddress
) -> None:
    """Together they cover the key from end to end, each about the size that was meant."""
    execute(
        mariadb,
        schema.schema,
        [
            "CREATE TABLE t (a int, b varchar(20), body text, PRIMARY KEY (a, b))",
            "INSERT INTO t SELECT seq % 3, CONCAT('k', seq), REPEAT(MD5(seq), 20 + seq % 60)"
            " FROM seq_1_to_6000",
        ],
    )
    backup = backups.take(schema, Context())
    (table,) = manifest_of(backup.path).tables
    assert table.rows == 6000
    assert [column.name for column in table.key] == ["a", "b"]
    assert 5 < len(table.segments) < 25
    assert all(segment.text_bytes < segments.CAP for segment in table.segments)
    assert table.segments[0].after is None
    assert table.segments[-1].upto == ("2", f"_utf8mb4 0x{b'k998'.hex().upper()}")
    for one, two in pairwise(table.segments):
        assert one.upto == two.after
    assert backups.verify(backup.path, Context()).ok


@pytest.mark.parametrize("key", ["PRIMARY KEY (id)", "KEY (id)"])
def test_rows_larger_than_a_packet_allows(
    backups: Backups, mariadb: MariaDB, schema: MysqlAddress, fresh: str, key: str
) -> None:
    """20 MB of bytes are 40 MB of hex: more than the server may build, or a client may send."""
    with mariadb.connect() as root, root.cursor() as cursor:
        cursor.execute("SELECT @@GLOBAL.max_allowed_packet")
        usual = cursor.fetchone()
        cursor.execute("SET GLOBAL max_allowed_packet=64*1024*1024")
    try:
        execute(
            mariadb,
            schema.schema,
            [
                f"CREATE TABLE t (id int NOT NULL, b longblob, t longtext, {key})",
                "INSERT INTO t VALUES (1, 'small', 'small')",
                "INSERT INTO t VALUES (2, REPEAT(UNHEX('00FF0A0D27'), 4000000), NULL)",
                "INSERT INTO t VALUES (3, NULL, REPEAT('商会\\r\\n''x', 700000))",
                "INSERT INTO t VALUES (4, REPEAT('b', 3000000), REPEAT('t', 3000000))",
                "INSERT INTO t SELECT seq, REPEAT('c', 100000), 'x' FROM seq_5_to_60",
            ],
        )
    finally:
        execute(mariadb, "", [f"SET GLOBAL max_allowed_packet={usual[0] if usual else 0}"])
    backup = backups.take(schema, Context())
    (table,) = manifest_of(backup.path).tables
    assert table.rows == 60
    assert any(segment.wide for segment in table.segments)
    assert backups.verify(backup.path, Context()).ok
    execute(mariadb, "", ["SET GLOBAL max_allowed_packet=32*1024*1024"])
    try:
        load_with_stock_client(mariadb, backup.path, fresh)
    finally:
        execute(mariadb, "", [f"SET GLOBAL max_allowed_packet={usual[0] if usual else 0}"])
    assert checksums(mariadb, fresh) == checksums(mariadb, schema.schema)


def test_a_backup_under_write_load_is_one_moment(
    backups: Backups, mariadb: MariaDB, schema: MysqlAddress, fresh: str
) -> None:
    """A writer moves amounts between two tables all the time: the sum over both never changes."""
    execute(
        mariadb,
        schema.schema,
        [
            *(f"CREATE TABLE {t} (id int PRIMARY KEY, n bigint, pad text)" for t in ("a", "z")),
            "INSERT INTO a SELECT seq, 1000, REPEAT('x', 3000) FROM seq_1_to_2000",
            "INSERT INTO z SELECT seq, 1000, REPEAT('y', 3000) FROM seq_1_to_2000",
        ],
    )
    stop, moves = threading.Event(), [0]

    def write() -> None:
        with mariadb.connect(schema.schema) as connection, connection.cursor() as cursor:
            connection.autocommit(False)
            while not stop.is_set():
                row = moves[0] * 37 % 2000 + 1
                cursor.execute(f"UPDATE a SET n=n-7 WHERE id={row}")
                cursor.execute(f"UPDATE z SET n=n+7 WHERE id={row}")
                connection.commit()
                moves[0] += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while moves[0] < 20:
            stop.wait(0.01)
        at_start = moves[0]
        backup = backups.take(schema, Context())
        at_end = moves[0]
    finally:
        stop.set()
        writer.join()
    assert at_end - at_start > 20, "the writer must have written meanwhile"
    load_with_stock_client(mariadb, backup.path, fresh)
    ((total, below),) = query(
        mariadb,
        fresh,
        "SELECT (SELECT SUM(n) FROM a)+(SELECT SUM(n) FROM z), (SELECT SUM(n) FROM a)",
    )
    assert total == 4_000_000
    assert below < 2_000_000


def test_a_changed_definition_fails_by_name(
    database: Database, mariadb: MariaDB, schema: MysqlAddress, archives: Path
) -> None:
    """Once it starts again; where definitions go on changing, it ends."""
    execute(mariadb, schema.schema, ["CREATE TABLE t (id int PRIMARY KEY)"])
    changes: list[Progress] = []

    def change(progress: Progress) -> None:
        if progress.text == "Reading the definitions again":
            changes.append(progress)
            create = f"CREATE OR REPLACE TABLE meanwhile (id int) COMMENT='{len(changes)}'"
            execute(mariadb, schema.schema, [create])

    with pytest.raises(OpsError, match="changed during the backup: meanwhile") as failure:
        Backups(database, opener(mariadb), lambda: archives).take(schema, EveryTime(change))
    assert len(changes) == 2
    assert failure.value.unharmed == "No archive was written."
    assert list(archives.iterdir()) == []


class EveryTime(Context):
    """A context that reports each step, however quickly they come."""

    _INTERVAL = 0.0


def test_cancelled_in_the_middle_leaves_nothing(
    backups: Backups, mariadb: MariaDB, schema: MysqlAddress, archives: Path
) -> None:
    execute(
        mariadb,
        schema.schema,
        [
            "CREATE TABLE t (id int PRIMARY KEY, x text)",
            "INSERT INTO t SELECT seq, REPEAT('x', 5000) FROM seq_1_to_3000",
        ],
    )

    def cancel(progress: Progress) -> None:
        if progress.percent and progress.percent > 20:
            assert {path.suffix for path in archives.iterdir()} == {".index", ".part"}
            context.cancel()

    context = EveryTime(cancel)
    with pytest.raises(Cancelled):
        backups.take(schema, context)
    assert list(archives.iterdir()) == []
    assert backups.all() == ()


def test_a_server_gone_in_the_middle(database: Database, tmp_path: Path, archives: Path) -> None:
    with MariaDB(tmp_path / "own") as server:
        execute(
            server,
            "",
            [
                "CREATE DATABASE s",
                "USE s",
                "CREATE TABLE s.t (id int PRIMARY KEY, x text)",
                "INSERT INTO s.t SELECT seq, REPEAT('x', 5000) FROM seq_1_to_3000",
            ],
        )

        def kill(progress: Progress) -> None:
            if progress.percent and progress.percent > 20:
                server.kill()

        service = Backups(database, opener(server), lambda: archives)
        with pytest.raises(
            OpsError, match=r"connection to the database server .* broke"
        ) as failure:
            service.take(server.address("s"), EveryTime(kill))
    assert "start again" in failure.value.hint
    assert list(archives.iterdir()) == []
    assert service.all() == ()


def test_a_full_disk_in_the_middle(
    backups: Backups,
    mariadb: MariaDB,
    schema: MysqlAddress,
    archives: Path,
    full_disk: AbstractContextManager[None],
) -> None:
    execute(
        mariadb,
        schema.schema,
        [
            "CREATE TABLE t (id int PRIMARY KEY, x text)",
            "INSERT INTO t SELECT seq, SHA2(seq, 512) FROM seq_1_to_30000",
        ],
    )
    assert backups.all() == ()  # the store is open, as it is in a running program
    with full_disk, pytest.raises(OpsError, match="could not be written") as failure:
        backups.take(schema, Context())
    assert "Free some space" in failure.value.hint
    assert failure.value.unharmed == "No incomplete archive was left behind."
    assert list(archives.iterdir()) == []
    assert backups.all() == ()


def test_rows_that_slip_away_are_missed(
    backups: Backups,
    mariadb: MariaDB,
    schema: MysqlAddress,
    archives: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As if a comparison left a row between two segments: what other tools do not notice."""
    execute(
        mariadb,
        schema.schema,
        ["CREATE TABLE t (id char(5) PRIMARY KEY)", "INSERT INTO t VALUES (1),(2),(3)"],
    )
    between = segments.between
    monkeypatch.setattr(segments, "between", lambda *words: between(*words) + " AND id<>'2'")
    with pytest.raises(ProofFailed, match="has 3 rows, but 2 were read"):
        backups.take(schema, Context())
    assert list(archives.iterdir()) == []


def test_what_may_not_be_read_is_named(
    backups: Backups, mariadb: MariaDB, schema: MysqlAddress
) -> None:
    """The site's account sees tables and nothing else: the verdict must say so."""
    execute(
        mariadb,
        schema.schema,
        [
            "CREATE TABLE t (id int PRIMARY KEY)",
            "CREATE VIEW v AS SELECT * FROM t",
            "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET @x=1",
            "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DISABLE DO SELECT 1",
            "CREATE PROCEDURE p() SELECT 1",
            f"GRANT SELECT, EXECUTE ON {schema.schema}.* TO site@'%'",
        ],
    )
    backup = backups.take(replace(schema, user="site"), Context())
    remarks = {(r.kind, r.name) for r in manifest_of(backup.path).remarks}
    assert remarks == {
        ("no_privilege", "v"),
        ("no_privilege", "p"),
        ("no_privilege", f"{schema.schema}.* (TRIGGER)"),
        ("no_privilege", f"{schema.schema}.* (EVENT)"),
    }
    assert "Left out: no right to read v" in backup.verdict
    with language.speaking("zh_CN"):
        assert "无权读取 v" in manifest_of(backup.path).verdict


def test_an_invalid_view_is_named_and_does_not_break_the_archive(
    backups: Backups, mariadb: MariaDB, schema: MysqlAddress, fresh: str
) -> None:
    execute(
        mariadb,
        schema.schema,
        [
            "CREATE TABLE gone (id int)",
            "CREATE TABLE there (id int PRIMARY KEY)",
            "CREATE VIEW broken AS SELECT * FROM gone",
            "DROP TABLE gone",
        ],
    )
    backup = backups.take(schema, Context())
    assert "the view broken is invalid" in backup.verdict
    load_with_stock_client(mariadb, backup.path, fresh)
    assert checksums(mariadb, fresh).keys() == {"there"}


def test_too_little_space_is_said_before_the_start(
    backups: Backups, mariadb: MariaDB, schema: MysqlAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = type("Usage", (), {"free": 1 << 20})
    monkeypatch.setattr("shutil.disk_usage", lambda folder: usage)
    with pytest.raises(OpsError, match="1 MB free"):
        backups.take(schema, Context())


def test_an_existing_file_is_kept(backups: Backups, schema: MysqlAddress, tmp_path: Path) -> None:
    out = tmp_path / "mine.sql.zst"
    out.write_bytes(b"precious")
    with pytest.raises(OpsError, match="exists already"):
        backups.take(schema, Context(), out=out)
    assert out.read_bytes() == b"precious"
