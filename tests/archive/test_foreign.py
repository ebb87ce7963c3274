"""Other tools' files: said what they are, shown to be cut where they are, never called whole."""

from __future__ import annotations

import bz2
import gzip
import lzma
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from gmops_desktop.archive.verification import Verification, verify
from gmops_desktop.context import Context
from gmops_desktop.errors import Cancelled
from sandbox.mariadb import MariaDB

HEAD = b"-- MariaDB dump 10.19  Distrib 10.11, for debian-linux-gnu (x86_64)\n--\n"
ROWS = b"CREATE TABLE `t` (`id` int);\n" + b"INSERT INTO `t` VALUES (1),(2),(3);\n" * 9000
END = b"/*!40111 SET SQL_NOTES=@OLD_SQL_NOTES */;\n\n-- Dump completed on 2018-11-22  3:00:01\n"
DUMP = HEAD + ROWS + END

UNPROVED = "It holds no digests of its rows, so they cannot be proved."


@pytest.fixture
def said(tmp_path: Path) -> Callable[[str, bytes], Verification]:
    """Verify a file of that name and content."""

    def write(name: str, content: bytes) -> Verification:
        path = tmp_path / name
        path.write_bytes(content)
        found = verify(path, Context())
        assert not found.ok
        return found

    return write


Said = Callable[[str, bytes], Verification]


def test_a_whole_dump_and_one_that_is_cut(said: Said) -> None:
    whole = said("dump.sql", DUMP)
    assert whole.outcome == "unprovable"
    assert whole.kind == "a dump of mariadb-dump or mysqldump"
    assert whole.notes == ("The line with which such a file ends is there.", UNPROVED)
    cut = said("dump.sql", DUMP[: len(DUMP) // 2])
    assert cut.outcome == "damaged"
    assert cut.faults == ("It is cut: the line with which such a file ends is missing.",)
    sandboxed = said("dump.sql", b"/*!999999\\- enable the sandbox mode */ \n" + DUMP)
    assert sandboxed.kind == whole.kind


@pytest.mark.parametrize(
    ("suffix", "pack", "proof"),
    [
        (".gz", gzip.compress, "The checksum of the compressed text holds."),
        (".xz", lzma.compress, "The checksum of the compressed text holds."),
        (".bz2", bz2.compress, "The checksum of the compressed text holds."),
        (".zst", zstandard.ZstdCompressor(write_checksum=True).compress,
         "Every zstd frame's checksum holds; a cut between two frames would not show."),
        (".zst", zstandard.ZstdCompressor(write_checksum=False).compress,
         "Its zstd frames carry no checksum: altered bytes would not show."),
    ],
)  # fmt: skip
def test_a_compressed_dump(
    said: Said, suffix: str, pack: Callable[[bytes], bytes], proof: str
) -> None:
    packed = pack(DUMP)
    whole = said(f"dump.sql{suffix}", packed)
    assert whole.outcome == "unprovable"
    assert whole.kind.startswith("a dump of mariadb-dump or mysqldump, compressed with ")
    assert whole.notes == (proof, "The line with which such a file ends is there.", UNPROVED)
    assert said(f"dump.sql{suffix}", packed + packed).outcome == "unprovable"

    cut = said(f"dump.sql{suffix}", packed[: len(packed) // 2])
    assert cut.outcome == "damaged"
    assert "is cut" in cut.faults[0] or "is damaged" in cut.faults[0]
    unended = said(f"dump.sql{suffix}", pack(DUMP[:-100]))
    assert unended.faults == ("It is cut: the line with which such a file ends is missing.",)
    if "no checksum" not in proof:
        broken = bytearray(packed)
        broken[len(packed) // 2] ^= 16
        assert said(f"dump.sql{suffix}", bytes(broken)).outcome == "damaged"


def test_some_frames_with_a_checksum(said: Said) -> None:
    frames = [
        zstandard.ZstdCompressor(write_checksum=checked).compress(DUMP) for checked in (True, False)
    ]
    skipped = b"\x50\x2a\x4d\x18\x03\x00\x00\x00abc"
    found = said("dump.zst", skipped + b"".join(frames))
    assert found.notes[0] == "Only 1 of 2 zstd frames carry a checksum; it holds."


@pytest.mark.parametrize(
    ("text", "kind", "outcome"),
    [
        (b"/*\n Navicat MySQL Data Transfer\n*/\nCREATE TABLE t (id int);\n"
         b"SET FOREIGN_KEY_CHECKS = 1;\n", "a dump of Navicat", "unprovable"),
        (b"/*\n Navicat Premium Data Transfer\n*/\nCREATE TABLE t (id int);\n",
         "a dump of Navicat", "damaged"),
        (b"-- phpMyAdmin SQL Dump\n-- version 5\nCREATE TABLE t (id int);\nCOMMIT;\n",
         "a dump of phpMyAdmin", "unprovable"),
        (b"-- Host: x\n-- Server version: 8\n-- HeidiSQL Version: 12\nCREATE TABLE t (id int);\n"
         b"/*!40111 SET SQL_NOTES=IFNULL(@OLD_SQL_NOTES, 1) */;\n", "a dump of HeidiSQL",
         "unprovable"),
        (b"Started dump at: 2018-11-22 03:00:00\nFinished dump at: 2018-11-22 03:01:00\n",
         "the metadata of a mydumper folder", "unprovable"),
        (b"# Started dump at: 2018-11-22 03:00:00\n[config]\n",
         "the metadata of a mydumper folder", "damaged"),
        (b"CREATE TABLE t (id int);\nINSERT INTO t VALUES (1", "SQL text of an unknown tool",
         "unprovable"),
        (b"\x00\x01\x02" * 50, "a file of unknown content", "unprovable"),
        (b"XBSTCK01\x00", "a physical backup (xbstream), which only xtrabackup reads",
         "unprovable"),
        (b"age-encryption.org/v1\n", "a file sealed with age; it must be opened with its key"
         " first", "unprovable"),
        (b"", "an empty file", "damaged"),
    ],
)  # fmt: skip
def test_what_it_is(said: Said, text: bytes, kind: str, outcome: str) -> None:
    found = said("file", text)
    assert (found.kind, found.outcome) == (kind, outcome)


def test_a_statement_that_does_not_end(said: Said) -> None:
    found = said("x.sql", b"CREATE TABLE t (id int);\nINSERT INTO t VALUES (1")
    assert found.notes[0] == "It does not end with a whole statement: it may be cut."


def test_names_that_promise_something_else(said: Said) -> None:
    found = said("a.sql.zst", DUMP)
    assert found.faults == ("Its name ends in .zst, but it does not begin as such a file does.",)
    assert said("a.zip", b"\x1f\x8b").outcome == "damaged"


def test_zip(tmp_path: Path, said: Said) -> None:
    with zipfile.ZipFile(tmp_path / "made.zip", "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("dump.sql", DUMP)
    content = bytearray((tmp_path / "made.zip").read_bytes())
    whole = said("a.zip", bytes(content))
    assert whole.outcome == "unprovable"
    assert whole.notes == ("The checksums of what it holds are right.", UNPROVED)
    assert said("a.zip", bytes(content[:-30])).faults == (
        "It is cut or damaged: its list of contents is missing.",
    )
    content[200] ^= 1
    assert said("a.zip", bytes(content)).faults == ("dump.sql in it is damaged.",)


def test_a_sidecar_proves_what_it_states(tmp_path: Path, said: Said) -> None:
    (tmp_path / "dump.sql.sha256").write_text("0" * 64 + "  dump.sql\n")
    assert said("dump.sql", DUMP).faults == ("The sidecar dump.sql.sha256 states another SHA-256.",)


def test_it_can_be_cancelled(tmp_path: Path) -> None:
    (tmp_path / "d.gz").write_bytes(gzip.compress(DUMP))
    context = Context()
    context.cancel()
    with pytest.raises(Cancelled):
        verify(tmp_path / "d.gz", context)


@pytest.mark.servers
def test_what_the_stock_tool_writes(tmp_path: Path, mariadb: MariaDB, said: Said) -> None:
    options = tmp_path / "options"
    options.touch(0o600)
    options.write_text(
        f"[client]\nuser=root\npassword={mariadb.root_password}\nhost=127.0.0.1\n"
        f"port={mariadb.port}\n"
    )
    ran = subprocess.run(
        ["mariadb-dump", f"--defaults-file={options}", "mysql", "db"],
        capture_output=True,
        check=True,
    )
    assert said("real.sql", ran.stdout).outcome == "unprovable"
    assert said("real.sql", ran.stdout[:-60]).outcome == "damaged"
