from __future__ import annotations

import os
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from gmops_desktop.context import Context
from gmops_desktop.errors import Cancelled, OpsError
from gmops_desktop.services.copies import copy_file


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "site.sql.zst"
    path.write_bytes(os.urandom(3_000_000))
    return path


def test_a_copy_is_the_same_and_leaves_nothing_beside_it(source: Path, tmp_path: Path) -> None:
    folder = tmp_path / "stick"
    folder.mkdir()
    assert copy_file(source, folder / "copy.zst", Context()) == 3_000_000
    assert (folder / "copy.zst").read_bytes() == source.read_bytes()
    assert [path.name for path in folder.iterdir()] == ["copy.zst"]


def test_a_cancelled_copy_leaves_the_old_file_and_no_part(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "out" / "copy.zst"
    target.parent.mkdir()
    target.write_bytes(b"yesterday's")
    context = Context()
    context.cancel()
    with pytest.raises(Cancelled):
        copy_file(source, target, context)
    assert target.read_bytes() == b"yesterday's"
    assert list(target.parent.iterdir()) == [target]


def test_a_missing_source_is_named(tmp_path: Path) -> None:
    with pytest.raises(OpsError, match=r"gone\.zst cannot be read"):
        copy_file(tmp_path / "gone.zst", tmp_path / "copy.zst", Context())


def test_a_folder_that_is_not_there_is_refused_with_a_hint(source: Path, tmp_path: Path) -> None:
    with pytest.raises(OpsError) as caught:
        copy_file(source, tmp_path / "no" / "copy.zst", Context())
    assert "no/copy.zst" in caught.value.message
    assert caught.value.hint


def test_a_full_disk_is_said_and_cleaned_up(
    source: Path, full_disk: AbstractContextManager[None]
) -> None:
    target = source.with_name("copy.zst")
    with full_disk, pytest.raises(OpsError) as caught:
        copy_file(source, target, Context())
    assert isinstance(caught.value.__cause__, OSError)
    assert caught.value.unharmed
    assert list(source.parent.iterdir()) == [source]
