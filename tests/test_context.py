"""What a running job may rely on when somebody asks it to stop."""

from __future__ import annotations

import threading
import time
from functools import partial

import pytest

from gmops_desktop.changes import Change
from gmops_desktop.context import Context, Progress, as_they_end, in_turn
from gmops_desktop.errors import Cancelled


def test_checks_pass_until_cancelled(context: Context) -> None:
    context.check()
    context.cancel()
    assert context.cancelled
    with pytest.raises(Cancelled):
        context.check()
    with pytest.raises(Cancelled):
        context.progress(50)


def test_reports_are_thinned_but_the_end_always_comes_through() -> None:
    heard: list[Progress] = []
    context = Context(heard.append)
    for percent in range(101):
        context.progress(percent, "reading", percent * 10)
    assert len(heard) < 50
    assert heard[-1] == Progress(100, "reading", 1000)


def test_waiting_ends_at_once_when_cancelled(context: Context) -> None:
    threading.Timer(0.05, context.cancel).start()
    begun = time.monotonic()
    with pytest.raises(Cancelled):
        context.wait(60)
    assert time.monotonic() - begun < 15


def test_cleanups_are_called_once_and_only_while_inside(context: Context) -> None:
    called: list[str] = []
    with context.on_cancel(lambda: called.append("left")):
        pass
    with context.on_cancel(lambda: called.append("inside")):
        context.cancel()
        context.cancel()
    assert called == ["inside"]
    with pytest.raises(Cancelled), context.on_cancel(lambda: called.append("late")):
        raise AssertionError("a cancelled job began another blocking step")


def test_an_uncut_step_postpones_cleanups_to_its_end(context: Context) -> None:
    called: list[str] = []
    with context.on_cancel(lambda: called.append("woken")):
        with context.uncut():
            with context.uncut():
                context.cancel()
            context.check()
            assert not called
        assert called == ["woken"]
        with pytest.raises(Cancelled):
            context.check()


def test_a_cancelled_job_does_not_begin_an_uncut_step(context: Context) -> None:
    context.cancel()
    with pytest.raises(Cancelled), context.uncut():
        raise AssertionError("the step began")


def test_what_is_computed_in_turn_comes_in_order_and_only_as_far_as_asked() -> None:
    begun: list[int] = []

    def job(number: int) -> int:
        begun.append(number)
        return number * number

    squares = in_turn(partial(job, number) for number in range(1000))
    assert [next(squares) for _ in range(10)] == [number * number for number in range(10)]
    squares.close()
    assert len(begun) < 30


def test_an_error_in_turn_ends_the_rest() -> None:
    def job(number: int) -> int:
        if number == 3:
            raise OSError("gone")
        return number

    squares = in_turn(partial(job, number) for number in range(1000))
    assert [next(squares) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(OSError, match="gone"):
        next(squares)
    assert not list(squares)


def test_what_ends_is_yielded_while_the_rest_goes_on() -> None:
    go = threading.Event()

    def slow() -> str:
        assert go.wait(20)
        return "slow"

    rounds = as_they_end([slow, *(partial(str, n) for n in range(5))], most=3, gather=0.05)
    first: list[str] = []
    while len(first) < 5:
        first += next(rounds)
    assert sorted(first) == ["0", "1", "2", "3", "4"]
    go.set()
    assert [one for batch in rounds for one in batch] == ["slow"]
    assert list(as_they_end([])) == []


def test_no_more_threads_run_than_allowed_and_the_first_jobs_come_first() -> None:
    inside, most, order = [0], [0], []
    lock = threading.Lock()

    def job(number: int) -> None:
        with lock:
            order.append(number)
            inside[0] += 1
            most[0] = max(most[0], inside[0])
        threading.Event().wait(0.002)
        with lock:
            inside[0] -= 1

    list(as_they_end([partial(job, n) for n in range(40)], most=4, gather=0))
    assert most[0] <= 4
    order.clear()
    list(as_they_end([partial(job, n) for n in range(20)], most=1, gather=0))
    assert order == list(range(20))


def test_only_a_few_begin_at_once_and_those_that_wait_keep_nobody() -> None:
    inside, most = [0], [0]
    lock = threading.Lock()

    def job() -> None:
        with lock:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
        threading.Event().wait(0.002)
        with lock:
            inside[0] -= 1

    assert sum(map(len, as_they_end([job] * 20, gather=0, young=2, youth=3600))) == 20
    assert most[0] == 2
    all_inside = threading.Barrier(5)
    jobs = [lambda: all_inside.wait(20)] * 5
    assert sum(map(len, as_they_end(jobs, gather=0, young=2, youth=0.01))) == 5


def test_a_job_that_fails_is_told_after_all_others_have_ended() -> None:
    ended: list[str] = []

    def gather() -> None:
        for batch in as_they_end([lambda: str(1 // 0), lambda: "whole"], gather=0):
            ended.extend(batch)

    with pytest.raises(ZeroDivisionError):
        gather()
    assert ended == ["whole"]


def test_changes_are_told_while_the_job_goes_on() -> None:
    heard: list[Change] = []
    Context(change=heard.append).changed(Change.SERVERS)
    Context().changed(Change.SERVERS)
    assert heard == [Change.SERVERS]
