"""The one job of a command: its result, its cancellation, its passwords."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest

from gmops_desktop.cli.terminal import PASSWORD_FILE, Terminal
from gmops_desktop.context import Context
from gmops_desktop.errors import Cancelled, OpsError

terminal = Terminal(as_json=False)


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_a_job_gives_its_result():
    assert terminal.run(lambda context: 41 + 1, "counting") == 42


def test_a_job_gives_its_error():
    def job(context: Context) -> None:
        raise OpsError("The disk is full.")

    with pytest.raises(OpsError, match="The disk is full"):
        terminal.run(job, "writing")


def test_an_interrupt_cancels_the_job_and_wakes_it(capsys):
    woken = threading.Event()
    before = signal.getsignal(signal.SIGINT)

    def job(context: Context) -> None:
        with context.on_cancel(woken.set):
            interrupt()
            assert woken.wait(10)
        context.check()

    with pytest.raises(Cancelled):
        terminal.run(job, "waiting")
    assert "Stopping" in capsys.readouterr().err
    assert signal.getsignal(signal.SIGINT) is before


def test_what_breaks_after_an_interrupt_is_the_cancellation():
    closed = threading.Event()

    def job(context: Context) -> None:
        with context.on_cancel(closed.set):
            interrupt()
            assert closed.wait(10)
        raise OSError("socket closed")

    with pytest.raises(Cancelled):
        terminal.run(job, "reading")


def test_what_must_not_be_cut_ends_well_in_spite_of_an_interrupt():
    def job(context: Context) -> str:
        noticed = threading.Event()
        with context.uncut():
            interrupt()
            while not context.cancelled:
                noticed.wait(0.05)
            return "written"

    assert terminal.run(job, "renaming") == "written"


def test_the_password_comes_from_the_named_file_first(tmp_path: Path, monkeypatch):
    file = tmp_path / "password"
    file.write_text("päss wörd\nsecond line\n", "utf-8")
    monkeypatch.setenv(PASSWORD_FILE, str(file))
    assert terminal.password("mysql:x", lambda name: "kept", from_file=True) == "päss wörd"
    assert terminal.password("ssh:x", lambda name: "kept", from_file=False) == "kept"


def test_a_password_file_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch):
    monkeypatch.setenv(PASSWORD_FILE, str(tmp_path / "nowhere"))
    with pytest.raises(OpsError, match="nowhere cannot be read"):
        terminal.password("mysql:x", lambda name: "kept", from_file=True)


def test_without_a_keyring_and_a_person_the_refusal_says_so():
    def find(name: str) -> str:
        raise OpsError("No keyring answers.")

    with pytest.raises(OpsError, match="No keyring answers"):
        terminal.password("mysql:x", find, from_file=True)
