"""Locks between programs: held by one, freed by its end, however it comes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from gmops_desktop.adapters.locks import Busy, held
from gmops_desktop.errors import OpsError

HOLDER = """
import sys, pathlib
from gmops_desktop.adapters.locks import held
with held(pathlib.Path(sys.argv[1]), "it"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_one_at_a_time_and_again_afterwards(tmp_path: Path) -> None:
    lock = tmp_path / "locks" / "one.lock"
    with held(lock, "A backup"):
        with pytest.raises(Busy, match="A backup is already under way"), held(lock, "A backup"):
            raise AssertionError("two hold it")
        with held(tmp_path / "locks" / "other.lock", "A backup"):
            pass
    with held(lock, "A backup"):
        pass


def test_kill_9_frees_it(tmp_path: Path) -> None:
    lock = tmp_path / "one.lock"
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(lock)], stdin=pipe, stdout=pipe, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with pytest.raises(Busy), held(lock, "it"):
            pass
        process.kill()
        process.wait(30)
        with held(lock, "it"):
            pass


def test_a_folder_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    (tmp_path / "locks").write_text("a file where the folder should be")
    with (
        pytest.raises(OpsError, match="cannot be used") as caught,
        held(tmp_path / "locks" / "x.lock", "it"),
    ):
        pass
    assert caught.value.hint
