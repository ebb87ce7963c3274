"""Runs that go on by themselves, over the real sshd: begun once, and told truly afterwards."""

from __future__ import annotations

import os
import re
import signal
import stat
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from db.ids import uuid7
from gmops_desktop.adapters import detached
from gmops_desktop.adapters.sections import Shell
from gmops_desktop.adapters.ssh import ConnectionLost, Ssh
from gmops_desktop.context import Context
from gmops_desktop.contract.runs import RunLook
from gmops_desktop.errors import OpsError
from machines import Machine, logged_in
from sandbox.sshd import Sshd
from walls import MOUNTS


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("server")


@pytest.fixture(scope="module")
def server(place: Path) -> Iterator[Sshd]:
    with Sshd(place / "sshd", environment={"GMOPS_RUNS": str(place / "runs")}) as sshd:
        yield sshd


@pytest.fixture
def shell(server: Sshd, tmp_path: Path) -> Iterator[Ssh]:
    with logged_in(server.address, tmp_path) as ssh:
        yield ssh


@pytest.fixture
def run_id() -> str:
    return uuid7()


def until(
    shell: Shell, run_id: str, wanted: Callable[[RunLook], bool] = lambda look: look.ended
) -> RunLook:
    for _ in range(1200):
        look = detached.look(shell, run_id, Context())
        if wanted(look):
            return look
        threading.Event().wait(0.05)
    raise AssertionError(look)


def keys(look: RunLook) -> list[tuple[str, int | None]]:
    return [(step.key, step.status) for step in look.steps]


def gate(folder: Path) -> Path:
    """Return a pipe on which a run waits until somebody writes."""
    pipe = folder / "gate"
    os.mkfifo(pipe)
    return pipe


def test_a_run_tells_its_steps_and_what_it_found(shell: Ssh, run_id: str, place: Path) -> None:
    script = """
step first 'echo "$0 and 备份"; tell found "a 备份"; printf "two\\nlines\\n" | tell lines'
try_step second 'exit 3' || echo "second gave $?"
step third 'tell fault "it would not"; exit 7'
step fourth 'echo never'
"""
    before = detached.look(shell, run_id, Context())
    assert (before.state, before.ended, before.log) == ("absent", True, "")
    assert "knows of no such run" in before.why
    steps = ["first", "second", "third", "fourth"]
    detached.start(shell, run_id, script, Context(), steps=steps)
    look = until(shell, run_id)
    assert (look.state, look.status) == ("failed", 7)
    assert keys(look) == [("first", 0), ("second", 3), ("third", 7), ("fourth", None)]
    assert look.why == "The step “third” failed with exit code 7: it would not"
    assert look.outcome == {"found": "a 备份", "lines": "two\nlines\n", "fault": "it would not"}
    assert "and 备份" in look.log
    assert "never" not in look.log
    assert "second gave 3" in look.log
    assert look.boot_before == look.boot_id != ""
    assert look.began_at
    assert look.ended_at
    assert look.began_at <= look.ended_at
    folder = place / "runs" / run_id
    assert stat.S_IMODE(folder.stat().st_mode) == stat.S_IMODE((place / "runs").stat().st_mode)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700

    assert detached.known(shell, Context())[0] == run_id
    detached.forget(shell, run_id, Context())
    assert not folder.exists()
    assert detached.look(shell, run_id, Context()).state == "absent"


def test_two_starts_are_one_run(shell: Ssh, server: Sshd, run_id: str, tmp_path: Path) -> None:
    pipe, counted = gate(tmp_path), tmp_path / "counted"
    script = f"step only 'echo once >>{counted}; read go <{pipe}'"
    with logged_in(server.address, tmp_path) as other:
        threads = [
            threading.Thread(target=detached.start, args=(ssh, run_id, script, Context()))
            for ssh in (shell, shell, other)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert until(shell, run_id, lambda look: bool(look.steps)).state == "running"
    with pytest.raises(OpsError, match="it goes on"):
        detached.forget(shell, run_id, Context())
    pipe.write_text("go\n")
    assert until(shell, run_id).state == "done"
    detached.start(shell, run_id, script, Context())  # and long after
    assert counted.read_text() == "once\n"
    left = {file.name for file in Path(str(server.folder.parent / "runs" / run_id)).iterdir()}
    assert left == {"planned", "work", "watch", "begun", "steps", "log", "rc"}


def test_the_end_of_a_session_is_nothing_to_it(
    shell: Ssh, server: Sshd, run_id: str, tmp_path: Path
) -> None:
    """sshd kills what is left of a session's own group; ours is another's."""
    pipe = gate(tmp_path)
    with logged_in(server.address, tmp_path) as doomed:
        detached.start(doomed, run_id, f"step wait 'read go <{pipe}; echo $go'", Context())
        _, said = doomed.run("echo $PPID", Context())
        os.kill(int(said), signal.SIGKILL)  # sshd's process of this session
        with pytest.raises(OpsError):
            doomed.run("true", Context())
    look = until(shell, run_id, lambda look: bool(look.steps))
    assert look.state == "running"
    pid = int((server.folder.parent / "runs" / run_id / "begun").read_text().split()[0])
    assert os.getsid(pid) == pid
    held = [os.readlink(link) for link in Path(f"/proc/{pid}/fd").iterdir()]
    assert not [name for name in held if name.startswith(("socket:", "pipe:"))]
    pipe.write_text("through\n")
    look = until(shell, run_id)
    assert look.state == "done"
    assert "through" in look.log


def test_half_a_script_begins_nothing(shell: Ssh, run_id: str, place: Path) -> None:
    """The line that breaks while the script travels: sh would carry out what it has."""

    @dataclass(frozen=True)
    class Broken:
        percent: int

        def run(self, script: str, context: Context, *, deadline: float) -> tuple[int, bytes]:
            arrived = script[: len(script) * self.percent // 100]
            return shell.run(arrived, context, deadline=deadline)

    for percent in (5, 30, 60, 95, 99):
        with pytest.raises(OpsError, match="did not say that the run has begun"):
            detached.start(Broken(percent), run_id, "step only 'echo here'", Context())
        assert not (place / "runs" / run_id).exists()


def test_killed_without_a_result_it_is_interrupted(
    shell: Ssh, server: Sshd, run_id: str, tmp_path: Path
) -> None:
    pipe = gate(tmp_path)
    detached.start(shell, run_id, f"step wait 'read go <{pipe}'", Context())
    until(shell, run_id, lambda look: bool(look.steps))
    record = server.folder.parent / "runs" / run_id / "begun"
    pid, ticks, boot, at = record.read_text().split()
    os.kill(int(pid), signal.SIGKILL)
    assert detached.look(shell, run_id, Context()).state == "running"  # its children go on
    os.killpg(int(pid), signal.SIGKILL)
    look = until(shell, run_id)
    assert (look.state, look.status) == ("interrupted", None)
    assert "the step “wait”: its process is gone and left no result" in look.why

    # Its number may be another's by now, who has begun at another time.
    with subprocess.Popen(["sleep", "1000"], start_new_session=True) as other:
        record.write_text(f"{other.pid} {ticks} {boot} {at}\n")
        assert detached.look(shell, run_id, Context()).state == "interrupted"
        own = Path(f"/proc/{other.pid}/stat").read_text().rpartition(")")[2].split()[19]
        record.write_text(f"{other.pid} {own} {boot} {at}\n")
        assert detached.look(shell, run_id, Context()).state == "running"
        record.write_text(f"{other.pid} {own} {run_id} {at}\n")  # before a restart
        assert detached.look(shell, run_id, Context()).state == "interrupted"
        other.kill()


def test_a_damaged_record_is_unknown(shell: Ssh, server: Sshd, run_id: str) -> None:
    detached.start(shell, run_id, "true", Context())
    until(shell, run_id)
    record = server.folder.parent / "runs" / run_id / "begun"
    record.write_text("")
    look = detached.look(shell, run_id, Context())
    assert (look.state, look.ended) == ("unknown", False)
    assert "the record of its beginning is damaged" in look.why
    with pytest.raises(OpsError, match="nobody knows"):
        detached.forget(shell, run_id, Context())


def test_the_log_comes_in_pieces_and_no_letter_is_cut(
    shell: Ssh, server: Sshd, run_id: str
) -> None:
    text = "".join(f"{number} 备份与还原\n" for number in range(6_000))
    detached.start(shell, run_id, "true", Context())
    until(shell, run_id)
    log = server.folder.parent / "runs" / run_id / "log"
    log.write_text(text, "utf-8")
    size = log.stat().st_size
    first = detached.look(shell, run_id, Context())
    assert text.endswith(first.log)
    assert 60_000 < len(first.log.encode()) <= 65536
    assert first.skipped == size - len(first.log.encode())
    assert first.log.startswith(tuple("0123456789"))
    assert (first.offset, first.more) == (size, False)
    read, offset = "", 1  # from anywhere but the very beginning all of it comes
    while True:
        piece = detached.look(shell, run_id, Context(), offset, at_once=30_001)
        read, offset = read + piece.log, piece.offset
        if not piece.more:
            break
    assert (read, offset) == (text[1:], size)
    # What a run that goes on has written so far may end within a letter; no letter comes twice.
    record = log.parent / "rc"
    record.rename(log.parent / "kept")
    with subprocess.Popen(["sleep", "1000"], start_new_session=True) as other:
        begun = (log.parent / "begun").read_text().split()
        ticks = Path(f"/proc/{other.pid}/stat").read_text().rpartition(")")[2].split()[19]
        (log.parent / "begun").write_text(f"{other.pid} {ticks} {begun[2]} {begun[3]}\n")
        log.write_bytes("备份".encode()[:5])
        piece = detached.look(shell, run_id, Context())
        assert (piece.state, piece.log, piece.offset, piece.more) == ("running", "备", 3, True)
        log.write_bytes("备份".encode())
        assert detached.look(shell, run_id, Context(), piece.offset).log == "份"
        other.kill()
    log.write_bytes(b"\xff broken \xe5")
    assert detached.look(shell, run_id, Context()).log == "\ufffd broken \ufffd"  # it has ended


def test_a_folder_of_another_account_is_refused(tmp_path: Path, run_id: str) -> None:
    real = tmp_path / "elsewhere"
    real.mkdir()
    (tmp_path / "runs").symlink_to(real)
    with (
        Sshd(tmp_path / "sshd", environment={"GMOPS_RUNS": str(tmp_path / "runs")}) as sshd,
        logged_in(sshd.address, tmp_path) as shell,
        pytest.raises(OpsError, match="belongs to another account") as caught,
    ):
        detached.start(shell, run_id, "true", Context())
    assert caught.value.unharmed == "Nothing was begun on the server."
    assert not list(real.iterdir())


def test_an_id_is_no_path(shell: Ssh) -> None:
    for wrong in ("../../etc", "a", "x; rm -rf /tmp/nothing", "a/b/c/d/e/f/g"):
        with pytest.raises(ValueError, match=re.escape(wrong)):
            detached.look(shell, wrong, Context())


# -- A host of its own: power cut, restart, full disk


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    folder = tmp_path_factory.mktemp("machine")
    with Machine(folder / "sshd", environment={"GMOPS_RUNS": str(folder / "runs")}) as machine:
        yield machine


@MOUNTS
def test_a_power_cut_interrupts_and_a_wanted_restart_ends_well(
    machine: Machine, tmp_path: Path
) -> None:
    lost, restarted = uuid7(), uuid7()
    pipe = gate(tmp_path)
    with logged_in(machine.address, tmp_path) as shell:
        detached.start(shell, lost, f"step wait 'read go <{pipe}'", Context())
        first = until(shell, lost, lambda look: bool(look.steps))
    assert (first.state, first.boot_id) == ("running", machine.boot_id)
    machine.kill()
    machine.start()
    with logged_in(machine.address, tmp_path) as shell:
        look = detached.look(shell, lost, Context())
        assert (look.state, look.boot_before) == ("interrupted", first.boot_id)
        assert look.boot_id == machine.boot_id != first.boot_id
        assert look.why == (
            "The server was restarted in the middle of the run, at the step “wait”."
        )
        # The first process ends by this signal, and everything with it.
        script = "step before true\nrestart 'kill -TERM 1'"
        with suppress(ConnectionLost):  # it may be gone before it has answered
            detached.start(shell, restarted, script, Context(), steps=["before", "restart"])
    process = machine.process
    assert process
    while process.alive():
        threading.Event().wait(0.05)
    machine.start()
    with logged_in(machine.address, tmp_path) as shell:
        look = detached.look(shell, restarted, Context())
        assert (look.state, keys(look)) == ("done", [("before", 0), ("restart", 0)])
        assert look.boot_id != look.boot_before
        # A server that does not restart is no success.
        stayed = uuid7()
        detached.start(shell, stayed, "restart 'true' 1", Context())
        look = until(shell, stayed)
        assert (look.state, keys(look)) == ("failed", [("restart", 124)])
        assert look.why == (
            "The server was told to restart and stayed up: its boot id is still the same."
        )


@MOUNTS
def test_the_end_is_told_from_a_full_disk(tmp_path: Path, run_id: str) -> None:
    runs = tmp_path / "runs"
    runs.mkdir()
    with (
        Machine(tmp_path / "sshd", environment={"GMOPS_RUNS": str(runs)}) as machine,
        logged_in(machine.address, tmp_path) as shell,
    ):
        status, said = shell.run(f"mount -t tmpfs -o size=1m,mode=700 none {runs}", Context())
        assert status == 0, said
        fill = "step fill 'dd if=/dev/zero bs=4k >\"$run/big\"'"
        detached.start(shell, run_id, fill, Context())
        look = until(shell, run_id)
        assert (look.state, look.status) == ("failed", 1)
        assert "No space left" in look.log + look.why
        other = uuid7()
        with pytest.raises(OpsError, match="nothing can be written below") as caught:
            detached.start(shell, other, "true", Context())
        assert caught.value.unharmed == "Nothing was begun on the server."
        assert detached.look(shell, other, Context()).state == "absent"
