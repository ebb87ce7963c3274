"""Files are replaced whole or not at all, and the data folder is its owner's alone."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from gmops_desktop.errors import OpsError
from gmops_desktop.paths import Home, write_atomically


def test_the_home_is_made_for_its_owner_only(home: Home) -> None:
    for folder in (home.root, home.archives, home.reports, home.logs):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_home_that_cannot_be_made_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("GMOPS_HOME", str(tmp_path / "file" / "home"))
    with pytest.raises(OpsError, match="cannot be used") as caught:
        Home.find()
    assert "GMOPS_HOME" in caught.value.hint


def test_content_and_mode_are_those_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "file"
    write_atomically(file, b"one")
    write_atomically(file, b"two", 0o640)
    assert file.read_bytes() == b"two"
    assert stat.S_IMODE(file.stat().st_mode) == 0o640 & ~_umask()
    assert os.listdir(tmp_path) == ["file"]


def test_a_full_disk_leaves_the_old_content_and_no_litter(
    tmp_path: Path, full_disk: object
) -> None:
    file = tmp_path / "file"
    write_atomically(file, b"old")
    with full_disk, pytest.raises(OSError, match="File too large"):
        write_atomically(file, b"new" * 1000)
    assert file.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


def test_an_interruption_leaves_the_old_content_and_no_litter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(handle: int) -> None:
        raise KeyboardInterrupt

    file = tmp_path / "file"
    write_atomically(file, b"old")
    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(file, b"new")
    assert file.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
