"""The process that stays: calls, questions and reports travel; killed, hung or orphaned it is told
and gone, and the next call has a new one."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import served
from gmops_desktop.adapters.processes import Process, beginning, pause
from gmops_desktop.adapters.vault import NoSecret
from gmops_desktop.changes import Change
from gmops_desktop.context import Context
from gmops_desktop.errors import Cancelled, OpsError
from gmops_desktop.resident import Resident


@pytest.fixture
def resident(tmp_path: Path) -> Iterator[Resident]:
    """One that is patient for three seconds, and is told one secret."""

    def answer(name: str) -> str:
        if name != "ssh:web1":
            raise NoSecret(name)
        return "quite secret"

    resident = Resident(served.furnish, tmp_path, answer=answer, patience=3)
    yield resident
    resident.close()


@contextmanager
def under_way(resident: Resident, verb: str) -> Iterator[tuple[Context, list[Exception]]]:
    """Give the context of a call in a thread that has begun, and what the call raises; leaving
    waits for its end."""
    begun, raised = threading.Event(), list[Exception]()
    context = Context(note=lambda _line: begun.set())

    def call() -> None:
        try:
            resident.call(context, verb)
        except Exception as error:
            raised.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    assert begun.wait(60)
    yield context, raised
    thread.join(60)
    assert not thread.is_alive()


def until(reached: Callable[[], bool]) -> None:
    for _ in range(3000):
        if reached():
            return
        pause()
    raise AssertionError("it did not come to that")


def test_what_is_reported_there_is_reported_here(resident: Resident) -> None:
    told: list[object] = []
    context = Context(lambda progress: told.append((progress.percent, progress.text)),
                      told.append, told.append)  # fmt: skip
    assert resident.call(context, "report") == "reported"
    assert told == [(100, "all of it"), "noted", Change.SERVERS]


def test_one_process_takes_all_calls_in_our_language(resident: Resident) -> None:
    first, second = (resident.call(Context(), "who") for _ in range(2))
    assert first == second == (resident.pid, "en")
    assert resident.pid != os.getpid()


def test_secrets_are_asked_for_and_stand_nowhere(resident: Resident) -> None:
    assert resident.call(Context(), "secret", "ssh:web1") == "quite secret"
    for name in ("cmdline", "environ"):
        assert b"quite secret" not in Path(f"/proc/{resident.pid}/{name}").read_bytes()
    with pytest.raises(NoSecret, match="ssh:web2") as refused:
        resident.call(Context(), "secret", "ssh:web2")
    assert refused.value.secret == "ssh:web2"
    assert refused.value.hint == NoSecret("ssh:web2").hint


def test_refusals_and_bugs_are_raised_here(resident: Resident) -> None:
    with pytest.raises(OpsError, match="refused there") as refused:
        resident.call(Context(), "refuse")
    assert (refused.value.hint, refused.value.unharmed) == ("the hint", "the rest")
    with pytest.raises(RuntimeError, match=r"(?s)served\.py.*ValueError"):
        resident.call(Context(), "bug")


@pytest.mark.logs("served: a warning from there")
def test_its_log_is_written_here(resident: Resident) -> None:
    resident.call(Context(), "warn")


def test_one_call_is_cancelled_and_the_others_go_on(resident: Resident) -> None:
    with under_way(resident, "wait") as (context, raised):
        pid = resident.pid
        context.cancel()
    assert [type(error) for error in raised] == [Cancelled]
    assert resident.call(Context(), "who")[0] == pid


def test_a_killed_process_is_told_to_every_call_and_started_again(resident: Resident) -> None:
    with under_way(resident, "wait") as (_, raised):
        pid = resident.pid
        with pytest.raises(OpsError, match="exit code 7") as refused:
            resident.call(Context(), "die")
    assert "started anew" in refused.value.hint
    assert [str(error) for error in raised] == [str(refused.value)]
    assert resident.call(Context(), "who")[0] not in (None, pid)


def test_a_process_that_hangs_is_ended_and_started_again(resident: Resident) -> None:
    with under_way(resident, "hang") as (_, raised):
        pid = resident.pid
        assert pid is not None
        began = beginning(pid)
    assert "no sign of life" in str(raised[0])
    assert beginning(pid) != began
    assert resident.call(Context(), "who")[0] != pid


def test_a_long_call_is_not_taken_for_a_hanging_one(tmp_path: Path) -> None:
    resident = Resident(served.furnish, tmp_path, answer=str, patience=3)
    ended = threading.Event()
    with under_way(resident, "wait") as (context, raised):
        ended.wait(4)  # longer than the patience
        assert not raised
        context.cancel()
    resident.close()


def test_it_does_not_outlive_a_killed_parent() -> None:
    helpers = str(Path(served.__file__).parent)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([helpers, *sys.path])}
    command = [sys.executable, "-m", "served"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        child = Process(pid, beginning(pid) or "")
        assert child.alive()
        parent.kill()
    until(lambda: not child.alive())


def test_what_cannot_be_made_says_why_each_time(tmp_path: Path) -> None:
    resident = Resident(served.refuse, tmp_path, answer=str)
    for _ in range(2):
        with pytest.raises(OpsError, match="nothing can be made there"):
            resident.call(Context(), "who")
        until(lambda: resident.pid is None)
    resident.close()


def test_closing_lets_go_of_what_is_open_and_ends_all_calls(
    resident: Resident, tmp_path: Path
) -> None:
    with under_way(resident, "wait") as (_, raised):
        resident.close()
    assert [type(error) for error in raised] == [Cancelled]
    assert (tmp_path / "closed").exists()
    assert resident.pid is None
    with pytest.raises(Cancelled):
        resident.call(Context(), "who")


def test_telling_starts_nothing(resident: Resident) -> None:
    resident.tell("who")
    assert resident.pid is None
