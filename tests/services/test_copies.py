from __future__ import annotations

import errno
import os
import signal

import pytest

from gmops_desktop.context import Context
from gmops_desktop.errors import Cancelled, OpsError
from gmops_desktop.services.copies import copy_file


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "site.sql.zst"
    path.write_bytes(os.urandom(3_000_000))
    return path


def test_a_copy_is_the_same_and_leaves_nothing_beside_it(source, tmp_path):
    folder = tmp_path / "stick"
    folder.mkdir()
    assert copy_file(source, folder / "copy.zst", Context()) == 3_000_000
    assert (folder / "copy.zst").read_bytes() == source.read_bytes()
    assert [path.name for path in folder.iterdir()] == ["copy.zst"]


def test_a_cancelled_copy_leaves_the_old_file_and_no_part(source, tmp_path):
    target = tmp_path / "out" / "copy.zst"
    target.parent.mkdir()
    target.write_bytes(b"yesterday's")
    context = Context()
    context.cancel()
    with pytest.raises(Cancelled):
        copy_file(source, target, context)
    assert target.read_bytes() == b"yesterday's"
    assert list(target.parent.iterdir()) == [target]


def test_a_missing_source_is_named(tmp_path):
    with pytest.raises(OpsError, match=r"gone\.zst cannot be read"):
        copy_file(tmp_path / "gone.zst", tmp_path / "copy.zst", Context())


def test_a_folder_that_is_not_there_is_refused_with_a_hint(source, tmp_path):
    with pytest.raises(OpsError) as caught:
        copy_file(source, tmp_path / "no" / "copy.zst", Context())
    assert "no/copy.zst" in caught.value.message
    assert caught.value.hint


def test_a_full_disk_is_said_and_cleaned_up(source):
    # /dev/full would do for a file, but not for a folder; a size limit is the disk of a process.
    resource = pytest.importorskip("resource")
    target = source.with_name("copy.zst")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, limits[1]))
    try:
        with pytest.raises(OpsError) as caught:
            copy_file(source, target, Context())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    assert isinstance(caught.value.__cause__, OSError)
    assert caught.value.__cause__.errno == errno.EFBIG
    assert caught.value.unharmed
    assert list(source.parent.iterdir()) == [source]
