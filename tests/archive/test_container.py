"""The container: any content comes back, by us and by the stock tool, and nothing half is left."""

from __future__ import annotations

import errno
import hashlib
import os
import resource
import stat
import struct
import subprocess
import sys
import tempfile
from concurrent.futures import wait
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archives import manifest_of, write_archive
from gmops_desktop.archive import writer as writing
from gmops_desktop.archive.attempts import LeftOver, interrupted
from gmops_desktop.archive.frames import Damaged, compress, decompress, walk
from gmops_desktop.archive.manifest import FORMAT, Manifest, SegmentRecord, TableRecord
from gmops_desktop.archive.reader import ArchiveReader
from gmops_desktop.archive.writer import ArchiveWriter, sidecar
from gmops_desktop.errors import OpsError, ProofFailed

contents = st.lists(st.binary(max_size=3000), min_size=1, max_size=12)


@settings(deadline=None, max_examples=40)
@given(contents)
def test_any_content_comes_back(parts: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.sql.zst"
        manifest = write_archive(path, parts)
        with ArchiveReader(path) as reader:
            assert [reader.frame(number) for number in range(len(parts))] == parts
            assert reader.manifest == manifest
        with path.open("rb") as file:
            layout = walk(file)
        assert layout.frames == reader.frames
        assert layout.end == layout.size == path.stat().st_size
        stock = subprocess.run(["zstd", "-dc", path], capture_output=True, check=True)
        assert stock.stdout == b"".join(parts) + manifest.trailer()


def test_the_seek_table_is_the_public_format(tmp_path: Path) -> None:
    """Read it by the words of facebook/zstd contrib/seekable_format, not by our own reader."""
    path = tmp_path / "a.sql.zst"
    write_archive(path, [b"one", b"two" * 1000])
    data = path.read_bytes()
    count, descriptor, magic = struct.unpack("<IBI", data[-9:])
    assert (count, descriptor, magic) == (3, 0x80, 0x8F92EAB1)
    start = len(data) - 9 - 12 * count - 8
    assert struct.unpack_from("<II", data, start) == (0x184D2A5E, 9 + 12 * count)
    entries = [struct.unpack_from("<III", data, start + 8 + 12 * i) for i in range(count)]
    assert sum(size for size, _, _ in entries) == start
    assert [content for _, content, _ in entries[:2]] == [3, 3000]
    offset = 0
    for size, _, checksum in entries:
        offset += size
        assert struct.unpack_from("<I", data, offset - 4) == (checksum,)  # low half of the XXH64


def test_the_stock_tool_knows_every_frame_and_its_checksum(tmp_path: Path) -> None:
    path = tmp_path / "a.sql.zst"
    write_archive(path, [b"one", b"two"])
    assert subprocess.run(["zstd", "-t", path], capture_output=True, check=False).returncode == 0
    listed = subprocess.run(["zstd", "-l", path], capture_output=True, text=True, check=True)
    assert "XXH64" in listed.stdout
    assert listed.stdout.split("\n")[1].split()[:2] == ["4", "1"]  # frames, skippable ones among


def test_the_sidecar_is_what_sha256sum_reads(tmp_path: Path) -> None:
    path = tmp_path / "a.sql.zst"
    write_archive(path, [b"one"])
    checked = subprocess.run(
        ["sha256sum", "-c", sidecar(path).name], cwd=tmp_path, capture_output=True, check=False
    )
    assert checked.returncode == 0


def test_only_the_owner_may_read_an_archive(tmp_path: Path) -> None:
    path = tmp_path / "a.sql.zst"
    write_archive(path, [b"one"])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_manifest_is_a_comment_to_a_stock_client(tmp_path: Path) -> None:
    trailer = manifest_of([hashlib.sha256(b"x").hexdigest()]).trailer()
    assert all(line.startswith(b"-- ") for line in trailer.split(b"\n") if line)


def test_an_edited_manifest_is_refused() -> None:
    trailer = manifest_of([]).trailer()
    with pytest.raises(Damaged, match="edited"):
        Manifest.parse(trailer.replace(b'"rows":0', b'"rows":1'))


def test_a_manifest_of_a_newer_format_is_refused() -> None:
    manifest = manifest_of([])
    newer = Manifest(
        **{name: getattr(manifest, name) for name in Manifest.__slots__} | {"format": FORMAT + 1}
    )
    with pytest.raises(Damaged, match="another format"):
        Manifest.parse(newer.trailer())


def test_an_archive_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "a.sql.zst"
    path.write_bytes(b"precious")
    with pytest.raises(OpsError, match="exists already"):
        ArchiveWriter(path)
    assert path.read_bytes() == b"precious"


def test_leaving_early_leaves_nothing(tmp_path: Path) -> None:
    with ArchiveWriter(tmp_path / "a.sql.zst") as writer:
        writer.add(b"one" * 1000)
        writer.settle()
        assert [path.name for path in tmp_path.iterdir()] == ["a.sql.zst.part"]
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(OpsError, match="could not be written") as failure:
        ArchiveWriter(tmp_path / "none" / "a.sql.zst")
    assert "folder exists" in failure.value.hint


@pytest.mark.skipif(os.name != "posix", reason="file size limits are POSIX")
def test_a_full_disk_leaves_nothing_and_says_so(tmp_path: Path) -> None:
    """The kernel refuses the write (as with ENOSPC) because the process may write only so much."""
    program = (
        "import os, resource, signal, sys\n"
        "from pathlib import Path\n"
        "from gmops_desktop import language\n"
        "from gmops_desktop.archive.writer import ArchiveWriter\n"
        "from gmops_desktop.errors import OpsError\n"
        "language.use('en')\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))\n"
        "try:\n"
        "    with ArchiveWriter(Path(sys.argv[1])) as writer:\n"
        "        for _ in range(50):\n"
        "            writer.add(os.urandom(20_000))\n"
        "except OpsError as error:\n"
        "    print(error.message, error.hint)\n"
    )
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 200_000
    ran = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "a.sql.zst")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "could not be written: File too large" in ran.stdout
    assert "Free some space" in ran.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_foreign_file_is_no_archive(tmp_path: Path) -> None:
    path = tmp_path / "a.sql.zst"
    path.write_bytes(compress(b"a plain dump"))
    with pytest.raises(ProofFailed, match="not a whole archive"):
        ArchiveReader(path)
    with pytest.raises(OpsError, match="cannot be read"):
        ArchiveReader(tmp_path / "missing.sql.zst")


@given(st.binary(max_size=2000), st.data())
def test_a_changed_frame_never_decodes(content: bytes, data: st.DataObject) -> None:
    frame = bytearray(compress(content))
    position = data.draw(st.integers(0, len(frame) - 1))
    frame[position] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(Damaged):
        decompress(bytes(frame))


@pytest.mark.parametrize("content", [b"", b"rows of members", b"a" * 1500])
def test_a_frame_with_less_or_more_behind_it_never_decodes(content: bytes) -> None:
    whole = compress(content)
    assert decompress(whole) == content
    for frame in (whole[:-1], whole[:-4], whole + b"x", whole + whole, b""):
        with pytest.raises(Damaged):
            decompress(frame)


@pytest.mark.parametrize("stated", [300, 1499, 1501, 60_000])
def test_a_frame_that_states_another_size_never_decodes(stated: int) -> None:
    whole = compress(b"a" * 1500)
    assert whole[5:7] == struct.pack("<H", 1500 - 256)  # RFC 8878, 3.1.1.1.4
    with pytest.raises(Damaged):
        decompress(whole[:5] + struct.pack("<H", stated - 256) + whole[7:])


def test_times_and_remarks_survive() -> None:
    manifest = manifest_of([])
    assert Manifest.parse(manifest.trailer()) == manifest
    assert manifest.begun == datetime(2018, 4, 1, tzinfo=UTC)


def test_what_the_disk_refuses_beside_the_work_ends_the_archive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk tells only once that it lost something; whoever is told must not forget it."""
    sync, calls = os.fsync, list[int]()

    def fails_once(number: int) -> None:
        calls.append(number)
        if len(calls) == 1:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        sync(number)

    monkeypatch.setattr(writing, "_AT_RISK", 1000)
    monkeypatch.setattr(os, "fsync", fails_once)
    with pytest.raises(OpsError, match="Input/output error"):
        write_archive(tmp_path / "a.sql.zst", [os.urandom(3000), b"the last"])
    assert list(tmp_path.iterdir()) == []


def test_after_a_power_cut_nearly_all_of_an_attempt_is_found_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keep of each file what the kernel was told to bring to the disk, and nothing else."""
    sync, on_disk = os.fsync, dict[int, int]()  # by inode: bytes

    def spy(number: int) -> None:
        sync(number)
        there = os.fstat(number)
        on_disk[there.st_ino] = there.st_size

    monkeypatch.setattr(writing, "_AT_RISK", 100_000)
    monkeypatch.setattr(os, "fsync", spy)
    parts, after = [os.urandom(50_000) for _ in range(20)], tmp_path / "after"
    table = TableRecord("t", "InnoDB", "", 0, (), "INSERT INTO t VALUES", (), "PRIMARY", 1, ())
    with ArchiveWriter(tmp_path / "a.sql.zst", mark="shop") as writer:
        for part in parts:
            frame = writer.add(part)
            writer.remember(table, SegmentRecord(1, len(part), "", frame), frame)
            writer.settle()
            wait([writer._synced] if writer._synced else [])
        assert tmp_path.stat().st_ino in on_disk, "the names of the files were not synced"
        after.mkdir()
        for file in tmp_path.glob("a.sql.zst.part*"):
            synced = on_disk[file.stat().st_ino]
            (after / file.name).write_bytes(file.read_bytes()[:synced])
    (left,) = interrupted(after, "shop")
    with LeftOver(left) as found:
        (again,) = found.tables
        kept = [found.frame(segment.frame) for segment in again.segments]
    assert kept == parts[: len(kept)]
    assert len(kept) >= 17  # the rest was younger than the last time
