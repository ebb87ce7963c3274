"""An attempt that ended early: the next one fetches only what it lacks, and trusts nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from databases import execute, load_with_stock_client, opener, query
from db.engine import Database
from gmops_desktop.adapters.locks import lock
from gmops_desktop.adapters.mysql import MysqlConnection, segments
from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.context import Context, Progress
from gmops_desktop.errors import Cancelled, OpsError
from gmops_desktop.services.backups import Backup, Backups
from sandbox.mariadb import MariaDB


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "archives"
    folder.mkdir()
    return folder


@pytest.fixture
def lines() -> list[MysqlConnection]:
    """The connections that were opened, for who wants to cut one."""
    return []


@pytest.fixture
def backups(
    database: Database, mariadb: MariaDB, folder: Path, lines: list[MysqlConnection]
) -> Backups:
    connect = opener(mariadb)

    def remembered(address: MysqlAddress, context: Context) -> MysqlConnection:
        lines.append(connect(address, context))
        return lines[-1]

    return Backups(database, remembered, lambda: folder)


@pytest.fixture(autouse=True)
def small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "TARGET", 64 << 10)
    monkeypatch.setattr(Context, "_INTERVAL", 0.0)


@pytest.fixture(params=["int", "varchar(20)"])
def filled(request: pytest.FixtureRequest, mariadb: MariaDB, schema: MysqlAddress) -> MysqlAddress:
    """A table of some 4 MB that hardly shrinks, so that an attempt on it is worth keeping."""
    execute(
        mariadb,
        schema.schema,
        [
            f"CREATE TABLE t (id {request.param} PRIMARY KEY, body varchar(2000))",
            "INSERT INTO t SELECT 10000 + seq, CONCAT(SHA2(seq, 512), SHA2(-seq, 512),"
            " SHA2(seq / 7, 512)) FROM seq_1_to_9000",
            "ANALYZE TABLE t",
        ],
    )
    return schema


def after(share: float, stop: Callable[[], object]) -> Callable[[Progress], None]:
    """Call `stop` once when that share of the text has been written."""
    stopped: list[bool] = []

    def hear(progress: Progress) -> None:
        if not stopped and (progress.percent or 0) >= 100 * share:
            stopped.append(True)
            stop()

    return hear


def interrupt(backups: Backups, address: MysqlAddress, share: float) -> None:
    context = Context(report=lambda progress: hear(progress))
    hear = after(share, context.cancel)
    with pytest.raises(Cancelled):
        backups.take(address, context)


def prove(backups: Backups, backup: Backup, mariadb: MariaDB, address: MysqlAddress) -> None:
    assert backups.verify(backup.path, Context()).ok
    copy = f"{address.schema}_copy"
    execute(mariadb, address.schema, [f"CREATE DATABASE {copy}"])
    try:
        load_with_stock_client(mariadb, backup.path, copy)
        assert (
            query(mariadb, copy, "CHECKSUM TABLE t")[0][1]
            == query(mariadb, address.schema, "CHECKSUM TABLE t")[0][1]
        )
    finally:
        execute(mariadb, address.schema, [f"DROP DATABASE {copy}"])


def test_a_cancelled_attempt_is_gone_on_with(
    backups: Backups, mariadb: MariaDB, filled: MysqlAddress, folder: Path
) -> None:
    interrupt(backups, filled, 0.6)
    assert sorted(path.suffix for path in folder.iterdir()) == [".index", ".part"]
    assert backups.all() == ()
    second = backups.take(filled, Context())
    assert second.resumed
    assert not second.base
    assert second.reused_bytes > 0.4 * second.text_bytes
    assert second.travelled < 0.65 * second.text_bytes
    assert sorted(path.suffix for path in folder.iterdir()) == [".sha256", ".zst"]
    prove(backups, second, mariadb, filled)


def test_a_line_that_broke(
    backups: Backups,
    mariadb: MariaDB,
    filled: MysqlAddress,
    lines: list[MysqlConnection],
    folder: Path,
) -> None:
    with pytest.raises(OpsError, match="broke"):
        backups.take(filled, Context(report=after(0.5, lambda: lines[-1].cut())))
    second = backups.take(filled, Context())
    assert second.resumed
    assert second.travelled < 0.75 * second.text_bytes
    prove(backups, second, mariadb, filled)


def test_rows_that_changed_in_between_are_the_new_ones(
    backups: Backups, mariadb: MariaDB, filled: MysqlAddress
) -> None:
    """Nothing of an interrupted attempt is believed: the fresh snapshot's digests decide."""
    interrupt(backups, filled, 0.7)
    execute(
        mariadb,
        filled.schema,
        [
            "UPDATE t SET body = 'changed' WHERE id % 500 = 1",
            "DELETE FROM t WHERE id % 700 = 2",
            "INSERT INTO t SELECT id + 50000, 'new' FROM t WHERE id % 900 = 3",
        ],
    )
    second = backups.take(filled, Context())
    assert second.resumed
    prove(backups, second, mariadb, filled)


def test_three_attempts_in_a_row(
    backups: Backups, mariadb: MariaDB, filled: MysqlAddress, folder: Path
) -> None:
    for share in (0.2, 0.4, 0.65):
        interrupt(backups, filled, share)
    last = backups.take(filled, Context())
    assert last.reused_bytes > 0.45 * last.text_bytes
    assert sorted(path.suffix for path in folder.iterdir()) == [".sha256", ".zst"]
    prove(backups, last, mariadb, filled)


def test_a_damaged_attempt_costs_only_what_is_damaged(
    backups: Backups, mariadb: MariaDB, filled: MysqlAddress, folder: Path
) -> None:
    """Bytes that never reached the disk, and an index whose last line was torn."""
    interrupt(backups, filled, 0.6)
    (part,) = folder.glob("*.part")
    data = bytearray(part.read_bytes())
    data[len(data) // 2] ^= 0x10
    part.write_bytes(data[: len(data) * 9 // 10])
    (index,) = folder.glob("*.index")
    index.write_bytes(index.read_bytes()[:-20])
    notes: list[str] = []
    second = backups.take(filled, Context(note=notes.append))
    assert 0.2 * second.text_bytes < second.reused_bytes < 0.8 * second.text_bytes
    assert "is damaged; what it holds was fetched from the server." in notes[0]
    prove(backups, second, mariadb, filled)


def test_an_attempt_still_under_way_is_left_alone(
    backups: Backups, mariadb: MariaDB, filled: MysqlAddress, folder: Path
) -> None:
    interrupt(backups, filled, 0.6)
    (part,) = folder.glob("*.part")
    with part.open("rb") as other:
        assert lock(other.fileno())
        second = backups.take(filled, Context())
    assert not second.resumed
    assert part.exists()
    assert backups.verify(second.path, Context()).ok


def test_an_interrupted_delta_keeps_what_it_spliced(
    backups: Backups, mariadb: MariaDB, filled: MysqlAddress
) -> None:
    backups.take(filled, Context())
    execute(mariadb, filled.schema, ["UPDATE t SET body = REVERSE(body)"])
    interrupt(backups, filled, 0.5)
    last = backups.take(filled, Context())
    assert last.resumed
    assert last.travelled < 0.75 * last.text_bytes
    prove(backups, last, mariadb, filled)


def test_an_attempt_on_another_database_is_not_touched(
    backups: Backups, mariadb: MariaDB, filled: MysqlAddress, folder: Path
) -> None:
    interrupt(backups, filled, 0.6)
    other = f"{filled.schema}_other"
    execute(mariadb, filled.schema, [f"CREATE TABLE {other} (id int PRIMARY KEY)"])
    (part,) = folder.glob("*.part")
    index = folder / (part.name + ".index")
    index.write_bytes(index.read_bytes().replace(filled.schema.encode(), b"elsewhere", 1))
    second = backups.take(filled, Context())
    assert not second.resumed
    assert part.exists()
