"""Background work: lanes, cancelling, failing, and no thread or task left behind."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from pytestqt.qtbot import QtBot

from gmops_desktop.changes import Change
from gmops_desktop.context import Context, Progress
from gmops_desktop.errors import OpsError
from gmops_desktop.tasks import Task, TaskRunner


def wait_idle(qtbot: QtBot, runner: TaskRunner) -> None:
    qtbot.waitUntil(lambda: not runner.running(), timeout=20_000)


def test_the_result_arrives_in_the_gui_thread(qtbot: QtBot, runner: TaskRunner) -> None:
    seen: list[object] = []
    task = runner.start(
        lambda context: (threading.get_ident(), 42), "answer", changes=Change.BACKUPS
    )
    task.succeeded.connect(lambda result: seen.append((threading.get_ident(), result)))
    changed: list[Change] = []
    runner.changed.connect(changed.append)
    with qtbot.waitSignal(task.finished):
        pass
    here, (there, answer) = seen[0]
    assert here == threading.get_ident() != there
    assert answer == 42
    assert changed == [Change.BACKUPS]


def test_progress_and_notes_reach_the_task(qtbot: QtBot, runner: TaskRunner) -> None:
    def job(context: Context) -> None:
        context.progress(100, "done", 7)
        context.note("One sentence.")

    task = runner.start(job, "notes")
    heard: list[Progress] = []
    task.progressed.connect(heard.append)
    with qtbot.waitSignal(task.finished):
        pass
    assert heard == [Progress(100, "done", 7)]
    assert task.log == ["One sentence."]


def test_a_known_failure_reaches_failed_and_changes_nothing(
    qtbot: QtBot, runner: TaskRunner
) -> None:
    def job(context: Context) -> None:
        raise OpsError("The server said no.", hint="Ask again.")

    task = runner.start(job, "refused", changes=Change.SERVERS)
    changed: list[Change] = []
    runner.changed.connect(changed.append)
    with (
        qtbot.waitSignal(task.failed) as of_task,
        qtbot.waitSignal(runner.failed) as of_runner,
    ):
        pass
    assert str(of_task.args[0]) == "The server said no."
    assert of_runner.args[1] is of_task.args[0]
    wait_idle(qtbot, runner)
    assert changed == []


@pytest.mark.logs("Task 'broken' hit a bug")
def test_a_bug_is_logged_and_reaches_failed(qtbot: QtBot, runner: TaskRunner) -> None:
    task = runner.start(lambda context: 1 // 0, "broken")
    with qtbot.waitSignal(runner.failed) as heard:
        pass
    assert heard.args[0] is task
    assert isinstance(heard.args[1], ZeroDivisionError)


def test_a_job_tells_what_it_changed_before_its_end(qtbot: QtBot, runner: TaskRunner) -> None:
    go = threading.Event()

    def job(context: Context) -> None:
        context.changed(Change.SERVERS)
        assert go.wait(20)

    with qtbot.waitSignal(runner.changed) as heard:
        runner.start(job, "stores as it comes")
    assert heard.args == [Change.SERVERS]
    assert runner.running()
    go.set()
    wait_idle(qtbot, runner)


def test_jobs_of_one_lane_never_overlap_and_keep_their_order(
    qtbot: QtBot, runner: TaskRunner
) -> None:
    inside, order, worst = [], [], [0]
    lock = threading.Lock()

    def job(number: int) -> None:
        with lock:
            inside.append(number)
            worst[0] = max(worst[0], len(inside))
        threading.Event().wait(0.002)
        with lock:
            order.append(number)
            inside.remove(number)

    for number in range(25):
        runner.start(lambda context, number=number: job(number), "one", lane="mysql:site")
    wait_idle(qtbot, runner)
    assert worst == [1]
    assert order == list(range(25))


def test_different_lanes_run_side_by_side(qtbot: QtBot, runner: TaskRunner) -> None:
    meeting = threading.Barrier(2, timeout=60)
    for lane in ("host:web1", "mysql:site"):
        runner.start(lambda context: meeting.wait(), "meet", lane=lane)
    failures: list[Exception] = []
    runner.failed.connect(lambda task, error: failures.append(error))
    wait_idle(qtbot, runner)
    assert not failures


def test_cancel_wakes_a_blocked_job(qtbot: QtBot, runner: TaskRunner) -> None:
    ours, theirs = socket.socketpair()
    blocked = threading.Event()

    def job(context: Context) -> bytes:
        with context.on_cancel(lambda: ours.shutdown(socket.SHUT_RDWR)):
            blocked.set()
            ours.recv(1)
            context.check()
        raise AssertionError("nobody sent anything")

    task = runner.start(job, "blocked")
    assert blocked.wait(5)
    with qtbot.waitSignal(task.cancelled):
        task.cancel()
    wait_idle(qtbot, runner)
    ours.close()
    theirs.close()


def test_a_waiting_task_can_be_cancelled_before_it_begins(qtbot: QtBot, runner: TaskRunner) -> None:
    go, ran = threading.Event(), []
    first = runner.start(lambda context: go.wait(5), "first", lane="one")
    second = runner.start(lambda context: ran.append(2), "second", lane="one")
    assert second.begun is None
    second.cancel()
    with qtbot.waitSignals([first.succeeded, second.cancelled]):
        go.set()
    assert not ran


def test_an_uncut_step_defers_the_cancellation(qtbot: QtBot, runner: TaskRunner) -> None:
    steps: list[str] = []
    inside, go = threading.Event(), threading.Event()

    def job(context: Context) -> None:
        with context.uncut():
            inside.set()
            go.wait(5)
            context.check()
            steps.append("whole")
        context.check()
        steps.append("too far")

    task = runner.start(job, "swap")
    assert inside.wait(5)
    task.cancel()
    with qtbot.waitSignal(task.cancelled):
        go.set()
    assert steps == ["whole"]


def test_shutting_down_cancels_everything(qtbot: QtBot) -> None:
    runner = TaskRunner()
    for _ in range(10):
        runner.start(lambda context: context.wait(60), "long", lane="one")
        runner.start(lambda context: context.wait(60), "long")
    assert runner.shut_down()
    wait_idle(qtbot, runner)


@contextmanager
def counted_ends(runner: TaskRunner) -> Iterator[list[str]]:
    ends: list[str] = []

    def begin(task: Task) -> None:
        task.succeeded.connect(lambda result: ends.append("succeeded"))
        task.failed.connect(lambda error: ends.append("failed"))
        task.cancelled.connect(lambda: ends.append("cancelled"))

    runner.queued.connect(begin)
    yield ends


def test_soak_of_cancelled_tasks(qtbot: QtBot, runner: TaskRunner) -> None:
    """3 x 400 tasks, cancelled while waiting, when they start, and while they work: each ends
    exactly once, lanes move on, and nothing stays behind."""
    worked = []

    def job(context: Context) -> None:
        for percent in (0, 100):
            context.progress(percent, "working")
            worked.append(percent)
            context.wait(60 if percent else 0.0005)

    def cancel_when(task: Task, stage: int) -> None:
        if stage == 0 or (stage == 1 and task.begun is not None):
            task.cancel()
        elif stage == 1:
            runner.started.connect(lambda started: task.cancel() if started is task else None)
        else:
            task.progressed.connect(lambda progress: task.cancel())

    with counted_ends(runner) as ends:
        for turn in range(3):
            for number in range(400):
                task = runner.start(job, f"task {number}", lane=f"lane {number % 7}")
                cancel_when(task, number % 3)
            wait_idle(qtbot, runner)
            runner.started.disconnect()
            assert len(ends) == 400 * (turn + 1)
    assert set(ends) == {"cancelled"}
    assert len(worked) >= 399, "hardly any task was cancelled while it worked"
    qtbot.waitUntil(lambda: not runner.findChildren(Task))


def test_nothing_begins_when_the_window_goes_down(qtbot: QtBot) -> None:
    runner = TaskRunner()
    assert runner.shut_down()
    begun: list[str] = []
    task = runner.start(lambda context: begun.append("begun"), "late")
    assert runner.shut_down(), "no thread runs"
    assert task.stopping
    assert not begun
    assert not runner.running()


def test_what_waits_for_its_lane_ends_without_a_thread_when_the_window_goes_down(
    qtbot: QtBot,
) -> None:
    """Its thread would tell its end to a runner that may be gone: another test's trouble."""
    runner = TaskRunner()
    first_runs, go = threading.Event(), threading.Event()
    threads: list[str] = []

    def first(context: Context) -> None:
        first_runs.set()
        go.wait(5)

    def second(context: Context) -> None:
        threads.append("second")

    runner.start(first, "first", lane="one")
    task = runner.start(second, "second", lane="one")
    assert first_runs.wait(5)
    go.set()
    assert runner.shut_down()
    with qtbot.waitSignals([task.cancelled, task.finished]):
        pass
    assert runner._pool.activeThreadCount() == 0
    assert task.begun is None
    assert not threads
    assert not runner.running()
