from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import text

from db import copies, drives, engine, schema
from db.columns import from_milliseconds, to_milliseconds
from db.engine import Database
from db.models import LookRow
from gmops_desktop.errors import OpsError

AT = datetime(2018, 3, 6, 8, 30, 0, 123000, tzinfo=UTC)


def a_look(resource_id="r1", at=AT):
    return LookRow(
        resource_id=resource_id,
        kind="host",
        name="web1",
        at=at,
        seconds=0.5,
        state="ok",
        data={"中文": [1, None]},
    )


@pytest.fixture
def path(tmp_path):
    return tmp_path / "store.db"


@pytest.fixture
def store(path):
    database = Database(path)
    yield database
    database.close()


def test_a_new_store_is_only_for_its_owner_and_set_to_be_safe(store, path):
    with store.session() as session:
        settings = {
            name: session.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "foreign_keys", "synchronous")
        }
    assert settings == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 2}
    if sys.platform != "win32":
        for file in path.parent.glob("store.db*"):
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


def test_a_loose_mode_is_tightened(path):
    Database(path).close()
    path.chmod(0o644)
    Database(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_was_written_is_there_after_reopening(path):
    database = Database(path)
    with database.session() as session, session.begin():
        session.add(a_look())
    database.close()

    database = Database(path)
    with database.session() as session:
        look = session.get_one(LookRow, "r1")
    assert (look.at, look.data) == (AT, {"中文": [1, None]})
    database.close()


def test_a_failing_block_writes_nothing(store):
    def fail_half_way():
        with store.session() as session, session.begin():
            session.add(a_look())
            session.flush()
            raise RuntimeError("half-way")

    with pytest.raises(RuntimeError, match="half-way"):
        fail_half_way()
    with store.session() as session:
        assert session.get(LookRow, "r1") is None


def test_times_keep_their_moment_whatever_their_zone():
    beijing = AT.astimezone(timezone(timedelta(hours=8)))
    assert from_milliseconds(to_milliseconds(beijing)) == AT
    assert from_milliseconds(to_milliseconds(datetime(1969, 12, 31, tzinfo=UTC))).year == 1969


def test_a_time_without_zone_is_refused():
    with pytest.raises(ValueError, match="without its zone"):
        to_milliseconds(datetime(2018, 3, 6))


def test_two_programs_wait_for_each_other(store, path):
    second = Database(path)
    inside, written = threading.Event(), threading.Event()

    def write():
        inside.wait(5)
        with second.session() as session, session.begin():
            session.add(a_look("r2"))
        written.set()

    thread = threading.Thread(target=write)
    thread.start()
    with store.session() as session, session.begin():
        session.add(a_look("r1"))
        inside.set()
        assert not written.wait(0.3), "the second writer did not wait"
    thread.join(5)
    assert written.is_set()
    with store.session() as session:
        assert session.get(LookRow, "r2") is not None
    second.close()


def test_readers_are_not_held_up_by_a_writer(store):
    with store.session() as session, session.begin():
        session.add(a_look())
        session.flush()
        with store.session() as reader:
            assert reader.get(LookRow, "r1") is None


def test_a_store_busy_for_too_long_is_a_sentence(store, path):
    second = Database(path, busy_seconds=0.2)
    with store.session() as session, session.begin():
        session.add(a_look())
        session.flush()
        late = second.session()
        with pytest.raises(OpsError, match=r"store\.db") as caught:
            late.begin()
        late.close()
    assert caught.value.hint
    assert isinstance(caught.value.__cause__, sqlite3.OperationalError)
    with second.session() as session, session.begin():  # and it works again afterwards
        session.add(a_look("r2"))
    second.close()


def test_a_file_that_is_no_store_is_refused_and_left_alone(path):
    path.write_bytes(b"this is not a database" * 100)
    with pytest.raises(OpsError) as caught:
        Database(path)
    assert caught.value.hint
    assert path.read_bytes().startswith(b"this is not")


def test_a_damaged_store_is_refused(path):
    database = Database(path)
    with database.session() as session, session.begin():
        session.add_all(a_look(f"r{number}") for number in range(500))
    database.close()
    content = bytearray(path.read_bytes())
    for page in range(4, len(content) // 4096):  # tear the middle of most pages
        content[page * 4096 + 8 : page * 4096 + 200] = b"\xff" * 192
    path.write_bytes(content)
    with pytest.raises(OpsError) as caught:
        Database(path)
    assert caught.value.unharmed


def test_a_full_disk_is_a_sentence_and_loses_nothing(store):
    with store.session() as session, session.begin():
        session.add(a_look())

    def write_a_megabyte():
        with store.session() as session, session.begin():
            session.execute(text("PRAGMA max_page_count = 1"))
            for number in range(20):
                look = a_look(f"big{number}")
                look.reason = "y" * 50_000
                session.add(look)

    with pytest.raises(OpsError, match="disk is full"):
        write_a_megabyte()
    with store.session() as session:
        assert session.get(LookRow, "r1") is not None
        assert session.get(LookRow, "big0") is None


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OpsError):
        Database(tmp_path / "file" / "store.db")


# ---------------------------------------------------------------- network drives


MOUNTS = """\
/dev/vda1 / ext4 rw 0 0
server:/export /mnt/share\\040one nfs4 rw 0 0
//nas/home /home/li cifs rw 0 0
li@host: /mnt/ssh fuse.sshfs rw 0 0
/dev/vdb1 /home/li/disk ext4 rw 0 0
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc/mounts")
@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/srv", ""),
        ("/mnt/share one/data", "nfs4"),
        ("/home/li/gmops", "cifs"),
        ("/home/li/disk/gmops", ""),
        ("/mnt/ssh", "fuse.sshfs"),
    ],
)
def test_network_drives_are_known_by_their_mount(folder, kind):
    assert drives._type_at(Path(folder), drives.mounts_from(MOUNTS)) == kind


def test_a_store_on_a_network_drive_is_refused(path, monkeypatch):
    monkeypatch.setattr(engine, "network_drive", lambda folder: "nfs4")
    with pytest.raises(OpsError, match="nfs4") as caught:
        Database(path)
    assert "GMOPS_HOME" in caught.value.hint
    assert not path.exists()


# ---------------------------------------------------------------- copies


def test_the_first_opening_of_a_day_makes_a_copy_and_five_are_kept(path, monkeypatch):
    database = Database(path)
    with database.session() as session, session.begin():
        session.add(a_look())
    database.close()

    class Clock(datetime):
        day = 1

        @classmethod
        def now(cls, tz=None):
            return datetime(2018, 3, cls.day, tzinfo=tz)

    monkeypatch.setattr(copies, "datetime", Clock)
    for day in (1, 1, 2, 3, 4, 5, 6, 7):
        Clock.day = day
        Database(path).close()
    kept = sorted(copies.folder_of(path).iterdir())
    assert [file.name for file in kept] == [f"store-2018-03-0{day}.db" for day in range(3, 8)]
    with closing(sqlite3.connect(kept[-1])) as copy:
        assert copy.execute("SELECT resource_id FROM looks").fetchall() == [("r1",)]
    assert stat.S_IMODE(kept[0].stat().st_mode) == 0o600


def test_programs_that_start_in_one_moment_all_have_the_days_copy(path):
    Database(path).close()
    with ThreadPoolExecutor(8) as pool:
        for database in pool.map(lambda _: Database(path), range(8)):
            database.close()
    [copy] = copies.folder_of(path).iterdir()
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_what_a_killed_program_left_of_a_copy_is_swept_but_not_what_is_still_written(path):
    Database(path).close()
    copies.folder_of(path).mkdir()
    old, fresh = (copies.folder_of(path) / f"store.{name}.part" for name in ("old", "fresh"))
    for left in (old, fresh):
        left.write_bytes(b"SQLite format 3")
    os.utime(old, (0, 0))
    Database(path).close()
    assert not old.exists()
    assert fresh.exists()


def test_decimals_come_back_as_they_were(store):
    from db.models import ContractRow

    with store.session() as session, session.begin():
        session.add(
            ContractRow(
                id="c",
                conflicts=[],
                more={},
                first_clock=1,
                first_device="d",
                created_at=AT,
                updated_at=AT,
                total=Decimal("32692.70"),
            )
        )
    with store.session() as session:
        assert str(session.get_one(ContractRow, "c").total) == "32692.70"


def test_an_up_to_date_store_opens_without_alembic(path):
    """Starting must be quick: the migration machinery is only loaded when it has work."""
    Database(path).close()
    code = (
        "import sys; from pathlib import Path; from db.engine import Database;"
        f"Database(Path({str(path)!r})).close(); print('alembic' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"


def test_newest_is_the_last_file(path):
    assert schema.revisions()[0] == "0001"
    assert schema.newest() == schema.revisions()[-1]
