"""What a running job may rely on when somebody asks it to stop."""

from __future__ import annotations

import threading
import time
from functools import partial

import pytest

from gmops_desktop.context import Context, Progress, in_turn
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
