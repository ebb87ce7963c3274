"""The stand-alone verifier proves archives with nothing but Python and zstd."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archives import write_table
from databases import execute, opener
from db.engine import Database
from gmops import ROOT, gmops
from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.archive import account
from gmops_desktop.archive.account import AccountSettings
from gmops_desktop.archive.reader import ArchiveReader
from gmops_desktop.archive.writer import sidecar
from gmops_desktop.context import Context
from gmops_desktop.services.backups import Backups
from sandbox.mariadb import MariaDB

SCRIPT = ROOT / "resources" / "verify_archive.py"
ROWS = [[str(n * 100 + m) for m in range(50)] for n in range(6)]


@dataclass(frozen=True)
class Ran:
    code: int
    out: str


def run(path: Path, script: Path = SCRIPT) -> Ran:
    """Run the script as a stranger would: no packages, no settings of ours."""
    ran = subprocess.run(
        [sys.executable, "-I", "-S", "-W", "error", script, path],
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )
    assert ran.stderr == ""
    return Ran(ran.returncode, ran.stdout)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "a.sql.zst"
    write_table(path, ROWS)
    return path


def test_it_is_one_short_file_of_the_standard_library() -> None:
    text = SCRIPT.read_text("utf-8")
    assert len(text.splitlines()) < 300
    imported = {line.split()[1] for line in text.splitlines() if line.startswith("import ")}
    assert imported <= set(sys.stdlib_module_names)
    assert "\nfrom " not in text


def test_a_sound_archive(archive: Path) -> None:
    assert run(archive) == Ran(0, f"WHOLE 完好: {archive}\n")


def test_every_kind_of_damage(archive: Path) -> None:
    data = archive.read_bytes()
    with ArchiveReader(archive) as reader:
        frames = reader.frames
    swapped = bytearray(data)
    assert frames[3].size == frames[4].size
    swapped[frames[3].offset : frames[4].end] = (
        data[frames[4].offset : frames[4].end] + data[frames[3].offset : frames[3].end]
    )
    edited = data.replace(b"db.example", b"db.exbmple")
    assert edited != data
    cases = {
        "cut inside": (data[: frames[5].end - 3], "no seek table at the end"),
        "cut at a border": (data[: frames[5].end], "no seek table at the end"),
        "more": (data + b"junk", "no seek table at the end"),
        "empty": (b"", "too short"),
        "swapped": (bytes(swapped), "Frame 3, before byte"),
        "manifest": (edited, "is missing or damaged"),
    }
    for name, (content, said) in cases.items():
        sidecar(archive).unlink(missing_ok=True)
        archive.write_bytes(content)
        ran = run(archive)
        assert ran.code == 3, name
        assert said in ran.out, (name, ran.out)
        assert "DAMAGED 已损坏" in ran.out


def test_a_bit_in_a_frame_is_named(archive: Path) -> None:
    data = bytearray(archive.read_bytes())
    with ArchiveReader(archive) as reader:
        frame = reader.frames[4]
    data[frame.offset + frame.size // 2] ^= 1
    archive.write_bytes(data)
    ran = run(archive)
    assert ran.code == 3
    said = f"- Frame 4, from byte {frame.offset}, is not what was written: segment 2 of t."
    assert said in ran.out


def test_bits_all_over_the_file(archive: Path) -> None:
    data = archive.read_bytes()
    sidecar(archive).unlink()
    for place in range(0, len(data), len(data) // 40):
        broken = bytearray(data)
        broken[place] ^= 1 << place % 8
        archive.write_bytes(broken)
        assert run(archive).code == 3, place


def test_a_wrong_sidecar_and_no_file(archive: Path, tmp_path: Path) -> None:
    sidecar(archive).write_text("0" * 64 + "  a.sql.zst\n")
    assert run(archive).code == 3
    ran = run(tmp_path / "none.sql.zst")
    assert ran.code == 1
    assert "CANNOT BE READ" in ran.out


def test_without_zstd(archive: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    ran = run(archive)
    assert ran.code == 1
    assert "zstd" in ran.out


@pytest.mark.servers
def test_a_real_backup_with_large_values(
    tmp_path: Path, mariadb: MariaDB, schema: MysqlAddress, database: Database, context: Context
) -> None:
    execute(
        mariadb,
        schema.schema,
        [
            "CREATE TABLE t (id int PRIMARY KEY, a longblob, b text)",
            "INSERT INTO t VALUES (1, REPEAT('a', 3000000), 'x\\r\\ny\\\\n'), (2, '', NULL)",
            "INSERT INTO t SELECT seq, NULL, CONCAT('行\\n', seq) FROM seq_3_to_3000",
            "CREATE TABLE loose (b text)",
            "INSERT INTO loose VALUES ('a'), ('a'), ('b')",
            "CREATE VIEW v AS SELECT id FROM t",
        ],
    )
    path = Backups(database, opener(mariadb), lambda: tmp_path).take(schema, context).path
    assert run(path).code == 0
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 8
    path.write_bytes(data)
    assert run(path).code == 3


def test_it_is_saved_beside_the_backups(tmp_path: Path, archive: Path) -> None:
    saved = gmops("backup", "verifier", "--out", tmp_path, home=tmp_path / "home")
    assert saved.code == 0, saved.err
    assert "python3 verify_archive.py FILE" in saved.out
    assert run(archive, tmp_path / "verify_archive.py").code == 0
    shutil.rmtree(tmp_path / "home")
    refused = gmops("backup", "verifier", "--out", tmp_path / "none", home=tmp_path / "home")
    assert refused.code == 1
    assert "could not be written" in refused.err


def test_an_archive_of_an_account_is_proved_too(tmp_path: Path) -> None:
    path = tmp_path / "wx.account.zst"
    parts = {"menu": {"menu": {"button": []}}, "image": [{"media_id": "m", "name": "照片"}]}
    taken = datetime(2026, 11, 22, tzinfo=UTC)
    account.write(path, AccountSettings("wx", "公众号", taken, parts, {}))
    assert run(path).code == 0
    sound = path.read_bytes()
    sidecar(path).unlink()
    assert run(path).code == 0
    for place in range(0, len(sound), 53):
        damaged = bytearray(sound)
        damaged[place] ^= 0x10
        path.write_bytes(damaged)
        assert run(path).code == 3, place
