"""The second backup of a database: what did not change does not travel, and the archive is full."""

from __future__ import annotations

from pathlib import Path

import pytest

from databases import execute, load_with_stock_client, opener, query
from db.engine import Database
from gmops_desktop.adapters.mysql import segments
from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.archive import rows
from gmops_desktop.archive.reader import ArchiveReader
from gmops_desktop.archive.verification import rows_text
from gmops_desktop.archive.writer import sidecar
from gmops_desktop.context import Context
from gmops_desktop.services.backups import Backup, Backups, TakeProgress, TransferPlan
from sandbox.mariadb import MariaDB

BODY = "n int, hits int, at datetime NOT NULL, body varchar(500)"
KEYS = {  # type of the key, and an expression for one that is not there yet
    "integer": ("id int PRIMARY KEY", "id + 5"),
    "text": ("id varchar(20) COLLATE utf8mb4_general_ci PRIMARY KEY", "CONCAT(id, 'n')"),
    "pair": ("id int, x varchar(5) DEFAULT 'b', PRIMARY KEY (x, id)", "id + 5"),
    "bytes": ("id binary(8) PRIMARY KEY", "CONCAT(LEFT(id, 7), 'n')"),
    "gbk": ("id varchar(20) CHARACTER SET gbk PRIMARY KEY", "CONCAT(id, '会')"),
    "none": ("id int", "id + 5"),
}
EDITS = {
    "nothing": [],
    "counters": ["UPDATE t SET hits = hits + 1, at = at + INTERVAL 1 DAY WHERE n % 500 = 0"],
    "texts": ["UPDATE t SET body = CONCAT('新', body) WHERE n % 900 = 0"],
    "deleted": ["DELETE FROM t WHERE n % 700 = 3"],
    "inserted": [
        "INSERT INTO t (id, n, hits, at, body) SELECT {new}, -n, 1, at, 'fresh' FROM t"
        " WHERE n % 900 = 7"
    ],
    "mixed": [
        "DELETE FROM t WHERE n % 700 = 3",
        "UPDATE t SET hits = hits + 1 WHERE n % 450 = 0",
        "INSERT INTO t (id, n, hits, at, body) SELECT {new}, -n, 1, at, 'fresh' FROM t"
        " WHERE n % 900 = 7",
    ],
    "keys": ["UPDATE t SET id = {new} WHERE n % 1000 = 11"],
    "appended": [
        "INSERT INTO t (id, n, hits, at, body) SELECT 90000000 + seq, seq, 1, '2019-01-01', 'late'"
        " FROM seq_1_to_1500"
    ],
    "a range gone": ["DELETE FROM t WHERE n BETWEEN 2000 AND 5000"],
    "all gone": ["DELETE FROM t"],
    "all other": ["UPDATE t SET body = REVERSE(body), hits = hits + 1"],
    "a column of all": ["UPDATE t SET hits = 0"],
    "two columns of many": ["UPDATE t SET hits = 1, at = '2018-05-01' WHERE n % 10 < 8"],
    "another column": ["ALTER TABLE t ADD more int DEFAULT 7"],
}
SMALL = {"nothing", "counters", "texts", "deleted", "inserted", "mixed", "keys", "a column of all"}
CASES = (
    [(key, edit) for key in KEYS for edit in EDITS if key in ("integer", "text")]
    + [(key, edit) for key in KEYS for edit in ("nothing", "mixed", "appended")]
    + [(key, "a column of all") for key in ("pair", "bytes", "gbk")]
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "archives"
    folder.mkdir()
    return folder


@pytest.fixture
def backups(database: Database, mariadb: MariaDB, folder: Path) -> Backups:
    return Backups(database, opener(mariadb), lambda: folder)


@pytest.fixture(autouse=True)
def small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make segments of 128 kB, so that little data has many borders."""
    monkeypatch.setattr(segments, "TARGET", 128 << 10)


def fill(mariadb: MariaDB, schema: MysqlAddress, key: str = "integer") -> None:
    execute(
        mariadb,
        schema.schema,
        [
            f"CREATE TABLE t ({BODY}, {KEYS[key][0]}) CHARACTER SET utf8mb4",
            "INSERT INTO t (id, n, hits, at, body) SELECT 1000000 + seq * 10, seq, seq,"
            " '2018-04-01' + INTERVAL seq SECOND, REPEAT(MD5(seq), 1 + seq % 12)"
            " FROM seq_1_to_8000",
        ],
    )


def texts(backup: Backup) -> list[bytes]:
    """Return the rows of the table `t`, whatever segments they stand in."""
    found: list[bytes] = []
    with ArchiveReader(backup.path) as reader:
        for table in reader.manifest.tables:
            for segment in table.segments:
                found += rows.split(rows_text(table, reader.frame(segment.last_frame)))
    return sorted(found)


@pytest.mark.parametrize(("key", "edit"), CASES)
def test_a_delta_is_a_full_archive(
    backups: Backups, mariadb: MariaDB, schema: MysqlAddress, key: str, edit: str
) -> None:
    fill(mariadb, schema, key)
    backups.take(schema, Context())
    new = KEYS[key][1]
    execute(mariadb, schema.schema, [line.replace("{new}", new) for line in EDITS[edit]])
    delta = backups.take(schema, Context())
    full = backups.take(schema, Context(), plan=TransferPlan(full=True))
    assert backups.verify(delta.path, Context()).ok
    assert delta.rows == full.rows
    assert texts(delta) == texts(full)
    if edit in SMALL and (key != "none" or edit == "nothing"):
        assert delta.travelled < full.travelled / 8
        assert delta.reused_bytes > 0.9 * delta.text_bytes
        assert delta.base


def test_an_archive_built_on_others_needs_none_of_them(
    backups: Backups, mariadb: MariaDB, schema: MysqlAddress, folder: Path
) -> None:
    """Ten days of changes; then the first nine archives are gone, and the tenth is whole."""
    fill(mariadb, schema)
    days = []
    for day in range(10):
        days.append(backups.take(schema, Context()))
        if day < 9:
            edits = ["DELETE FROM t WHERE n < 0 AND id % 3 = 1", *EDITS["mixed"]]
            new = f"id + 1 + {day} % 9"
            execute(mariadb, schema.schema, [line.replace("{new}", new) for line in edits])
    first, last = (len(manifest_segments(day)) for day in (days[0], days[-1]))
    for old in days[:-1]:
        old.path.unlink()
    assert backups.verify(days[-1].path, Context()).ok
    execute(mariadb, schema.schema, [f"CREATE DATABASE {schema.schema}_again"])
    try:
        load_with_stock_client(mariadb, days[-1].path, f"{schema.schema}_again")
        same = [
            query(mariadb, name, "CHECKSUM TABLE t")[0][1]
            for name in (schema.schema, f"{schema.schema}_again")
        ]
    finally:
        execute(mariadb, schema.schema, [f"DROP DATABASE {schema.schema}_again"])
    assert same[0] == same[1]
    assert last < 2 * first, "segments that shrink and grow stay about as many"


def manifest_segments(backup: Backup) -> list[int]:
    with ArchiveReader(backup.path) as reader:
        return [segment.rows for table in reader.manifest.tables for segment in table.segments]


def test_a_damaged_archive_in_hand_is_not_built_on(
    backups: Backups, mariadb: MariaDB, schema: MysqlAddress
) -> None:
    """A flipped bit in a frame: its rows are fetched anew, and somebody is told."""
    fill(mariadb, schema)
    first = backups.take(schema, Context())
    with ArchiveReader(first.path) as reader:
        frame = reader.frames[reader.manifest.tables[0].segments[1].last_frame]
    data = bytearray(first.path.read_bytes())
    data[frame.offset + frame.size // 2] ^= 1
    first.path.write_bytes(data)
    notes: list[str] = []
    second = backups.take(schema, Context(note=notes.append))
    assert notes == [f"{first.path.name} is damaged; what it holds was fetched from the server."]
    assert 0 < second.reused_bytes < second.text_bytes
    assert backups.verify(second.path, Context()).ok


def test_a_file_without_its_end_is_no_base(
    backups: Backups, mariadb: MariaDB, schema: MysqlAddress
) -> None:
    fill(mariadb, schema)
    first = backups.take(schema, Context())
    sidecar(first.path).unlink()
    first.path.write_bytes(first.path.read_bytes()[:-100])
    second = backups.take(schema, Context())
    assert (second.reused_bytes, second.base) == (0, "")
    assert backups.verify(second.path, Context()).ok


def test_what_a_backup_tells_while_it_runs(
    backups: Backups, mariadb: MariaDB, schema: MysqlAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Context, "_INTERVAL", 0.0)
    fill(mariadb, schema)
    backups.take(schema, Context())
    execute(mariadb, schema.schema, EDITS["counters"])
    told: list[TakeProgress] = []
    percents: list[int] = []

    def hear(progress: object) -> None:
        percents.append(getattr(progress, "percent", 0))
        if isinstance(detail := getattr(progress, "detail", None), TakeProgress):
            told.append(detail)

    delta = backups.take(schema, Context(report=hear))
    assert percents == sorted(percents)
    (last,) = told[-1].tables
    assert last.name == "t"
    assert last.state == "done"
    assert last.hashed == last.segments
    assert last.reused + last.sent == last.segments
    assert last.text_bytes == delta.text_bytes
    assert told[-1].saved_bytes == delta.reused_bytes == last.reused_bytes
    assert 0 < last.sent_bytes < delta.text_bytes / 50
    assert {table.state for progress in told for table in progress.tables} >= {"hashing", "sending"}
