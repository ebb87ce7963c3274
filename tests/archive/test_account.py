"""Archives of an account's settings: readable with stock tools, proved byte for byte."""

from __future__ import annotations

import json
import subprocess
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gmops_desktop.archive import account
from gmops_desktop.archive.account import AccountSettings
from gmops_desktop.archive.frames import compress, measure, read_seek_table, seek_table
from gmops_desktop.archive.verification import verify
from gmops_desktop.archive.writer import sidecar
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError, ProofFailed

SETTINGS = AccountSettings(
    account="wx0123456789abcdef",
    name="公众号",
    taken=datetime(2026, 11, 22, 3, 0, tzinfo=UTC),
    parts={
        "menu": {
            "menu": {"button": [{"type": "view", "name": "官网", "url": "https://a.example"}]}
        },
        "image": [{"media_id": f"m{n}", "name": f"照片 {n}"} for n in range(50)],
        "autoreply": None,
    },
    missing={"tags": "WeChat refuses it: 48001."},
    tool="test",
)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "wx.account.zst"
    account.write(path, SETTINGS)
    return path


def test_what_was_written_is_read(archive: Path) -> None:
    read = account.read(archive)
    assert read.parts == SETTINGS.parts
    assert (read.account, read.name, read.taken) == (
        SETTINGS.account,
        SETTINGS.name,
        SETTINGS.taken,
    )
    assert read.missing == SETTINGS.missing
    assert len(read.digest) == 64


def test_stock_tools_read_and_prove_it(archive: Path) -> None:
    text = subprocess.run(["zstd", "-dc", archive], check=True, capture_output=True).stdout
    document = json.loads(text)
    assert document["image"][49]["name"] == "照片 49"
    assert "官网" in text.decode()  # readable Chinese, not escapes
    subprocess.run(["sha256sum", "-c", sidecar(archive).name], cwd=archive.parent, check=True,
                   capture_output=True)  # fmt: skip


def test_verification_knows_it(archive: Path) -> None:
    found = verify(archive, Context())
    assert (found.outcome, found.faults) == ("whole", ())


def test_no_flipped_bit_goes_unseen(archive: Path) -> None:
    sound = archive.read_bytes()
    sidecar(archive).unlink()  # it would tell them all
    for place in range(0, len(sound), 3):
        damaged = bytearray(sound)
        damaged[place] ^= 1 << place % 8
        archive.write_bytes(damaged)
        with pytest.raises(ProofFailed):
            account.read(archive)


def test_no_cut_goes_unseen(archive: Path) -> None:
    sound = archive.read_bytes()
    for end in (*range(0, len(sound), 97), len(sound) - 1):
        archive.write_bytes(sound[:end])
        with pytest.raises(ProofFailed):
            account.read(archive)
        assert verify(archive, Context()).outcome != "whole"


def test_an_edited_part_is_told_even_with_fitting_checksums(archive: Path) -> None:
    with archive.open("rb") as file:
        frames = read_seek_table(file)
    data = archive.read_bytes()
    parts = [data[frame.offset : frame.end] for frame in frames]
    contents = [frame.content_size for frame in frames]
    edited = b',\n"menu": null'
    parts[1], contents[1] = compress(edited), len(edited)
    measured, offset = [], 0
    for part, size in zip(parts, contents, strict=True):
        measured.append(measure(part, offset, size))
        offset += len(part)
    archive.write_bytes(b"".join(parts) + seek_table(measured))
    found = verify(archive, Context())
    assert found.faults == ("The content is not what its manifest says: it was edited.",)


def test_an_archive_is_never_overwritten(archive: Path) -> None:
    before = archive.read_bytes(), sidecar(archive).read_bytes()
    with pytest.raises(OpsError, match="exists already"):
        account.write(archive, SETTINGS)
    assert (archive.read_bytes(), sidecar(archive).read_bytes()) == before


def test_a_full_disk_leaves_nothing(
    tmp_path: Path, full_disk: AbstractContextManager[None]
) -> None:
    path = tmp_path / "wx.account.zst"
    noise = {"image": [{"media_id": f"{n * 7919 % 10007:x}{n}"} for n in range(2000)]}
    large = AccountSettings("wx", "", SETTINGS.taken, noise, {})
    with full_disk, pytest.raises(OpsError, match="could not be written") as caught:
        account.write(path, large)
    assert "space" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_other_files_are_told(tmp_path: Path) -> None:
    with pytest.raises(OpsError, match="cannot be read"):
        account.read(tmp_path / "missing.account.zst")
    other = tmp_path / "other.account.zst"
    other.write_bytes(b"something else")
    with pytest.raises(ProofFailed, match="no whole archive"):
        account.read(other)
