"""The worker process: results and refusals come back, a dead or cancelled one is noticed."""

from __future__ import annotations

import os
import pickle
import select
import threading
import time

import pytest

from gmops_desktop.context import Context
from gmops_desktop.errors import Cancelled, OpsError
from gmops_desktop.language import current
from gmops_desktop.reports import worker
from gmops_desktop.reports.fonts import missing, width_of
from gmops_desktop.services.reports import month_of


def test_results_come_back(context: Context) -> None:
    assert worker.run(context, missing, "好😀") == {"😀"}


def test_the_child_speaks_our_language(context: Context) -> None:
    assert worker.run(context, current) == "en"


def test_a_refusal_is_raised_here_with_its_hint(context: Context) -> None:
    with pytest.raises(OpsError, match="not a month") as refused:
        worker.run(context, month_of, "2018")
    assert "2018-04" in refused.value.hint


def test_a_bug_keeps_its_traceback(context: Context) -> None:
    with pytest.raises(RuntimeError, match=r"(?s)width_of.*KeyError"):
        worker.run(context, width_of, "😀", "NotoSansSC")


def test_a_process_that_dies_is_a_finished_sentence(context: Context) -> None:
    with pytest.raises(OpsError, match="exit code 7") as refused:
        worker.run(context, os._exit, 7)
    assert refused.value.hint


def test_cancel_ends_it_at_once() -> None:
    context = Context()
    timer = threading.Timer(0.5, context.cancel)
    timer.start()
    begun = time.monotonic()
    with pytest.raises(Cancelled):
        worker.run(context, select.select, [], [], [], 60)
    assert time.monotonic() - begun < 10
    timer.join()


def test_between_the_objects_that_are_packed_other_threads_have_their_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Python's own code runs for each of them, and there it gives up its lock: packed in one go a
    month's facts kept the window waiting for 138 ms."""
    asked: list[object] = []
    monkeypatch.setattr(worker._Patient, "persistent_id", lambda self, one: asked.append(one))
    facts = tuple((number, f"T-{number}") for number in range(1_000))
    assert pickle.loads(worker._packed(facts)) == facts
    assert len(asked) >= 3_000
