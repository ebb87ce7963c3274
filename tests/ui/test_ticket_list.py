"""The clocks of rows: replayed beside the window, never shown before they are known."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gmops_desktop.contract.clocks import Clock
from gmops_desktop.errors import OpsError
from gmops_desktop.services.finding import Finding
from gmops_desktop.services.tickets import Tickets
from gmops_desktop.tasks import TaskRunner
from ui import ticket_list
from ui.ticket_list import RowClocks, entry_of
from ui.widgets.lists import WorkList

NOW = datetime(2018, 3, 7, 2, 0, tzinfo=UTC)


class Asked:
    """What replays the clocks here; it can be held up, and remembers who asked in which thread."""

    def __init__(self, tickets: Tickets) -> None:
        self.tickets = tickets
        self.go_on = threading.Event()
        self.go_on.set()
        self.ids: list[Sequence[str]] = []
        self.threads: set[threading.Thread] = set()

    def __call__(self, ids: Sequence[str]) -> dict[str, tuple[Clock, ...]]:
        self.ids.append(ids)
        self.threads.add(threading.current_thread())
        assert self.go_on.wait(20)
        return self.tickets.clocks_of(ids)


@pytest.fixture
def asked(tickets: Tickets) -> Asked:
    return Asked(tickets)


@pytest.fixture
def clocks(qapp: QApplication, asked: Asked, runner: TaskRunner) -> RowClocks:
    return RowClocks(asked, runner, QObject(qapp))


@pytest.fixture
def late(tickets: Tickets) -> str:
    """An incident that nobody answered in time."""
    at = datetime.now(UTC) - timedelta(days=2)
    return tickets.open("incident", "502", requester="", priority=1, opened_at=at).id


def right_of(identity: str, finding: Finding, clocks: RowClocks) -> Callable[[], str]:
    [line] = [one for one in finding.lines() if one.id == identity]
    return entry_of(line, clocks).right


def test_an_unknown_clock_is_no_clock_and_then_the_true_one(
    qtbot: QtBot, asked: Asked, clocks: RowClocks, late: str, finding: Finding
) -> None:
    asked.go_on.clear()
    right = right_of(late, finding, clocks)
    assert right() == "…"
    qtbot.waitUntil(lambda: bool(asked.ids))
    assert right() == "…", "it is being replayed"
    with qtbot.waitSignal(clocks.came):
        asked.go_on.set()
    assert right().startswith("Response late by 1 d")
    assert threading.main_thread() not in asked.threads


def test_what_was_asked_before_something_was_written_is_not_shown(
    qtbot: QtBot, asked: Asked, clocks: RowClocks, late: str, finding: Finding, tickets: Tickets
) -> None:
    asked.go_on.clear()
    right = right_of(late, finding, clocks)
    right()
    qtbot.waitUntil(lambda: bool(asked.ids))
    tickets.note(late, "called Party A")
    clocks.forget()
    with qtbot.waitSignal(clocks.came):
        asked.go_on.set()
    assert right() == "…", "that answer was of before"
    with qtbot.waitSignal(clocks.came):
        pass
    assert right().startswith("Restoration late by")


def test_a_reading_that_nobody_renews_goes(
    qtbot: QtBot, asked: Asked, clocks: RowClocks, late: str, finding: Finding,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    right = right_of(late, finding, clocks)
    with qtbot.waitSignal(clocks.came):
        right()
    clocks.grow_old()
    assert right().startswith("Response late"), "for less than a minute it stands"
    monkeypatch.setattr(ticket_list, "_STALE_S", 0.0)  # the minute is over
    assert right() == "…"


def test_a_replay_that_fails_is_not_asked_for_again_and_again(
    qtbot: QtBot, runner: TaskRunner, qapp: QApplication, late: str, finding: Finding
) -> None:
    calls: list[Sequence[str]] = []

    def fail(ids: Sequence[str]) -> dict[str, tuple[Clock, ...]]:
        calls.append(ids)
        raise OpsError("the store cannot be read")

    clocks = RowClocks(fail, runner, QObject(qapp))
    right = right_of(late, finding, clocks)
    clocks.came.connect(right)
    with qtbot.waitSignal(runner.failed):
        right()
    qtbot.waitUntil(lambda: not runner.running())
    assert len(calls) == 1
    assert right() == "…"


def test_only_what_is_in_sight_is_replayed_and_in_one_go(
    qtbot: QtBot, asked: Asked, clocks: RowClocks, tickets: Tickets, finding: Finding
) -> None:
    for number in range(40):
        tickets.open("incident", f"{number}", requester="", priority=1)
    lines = finding.lines()
    shown = WorkList("tickets")
    qtbot.addWidget(shown)
    shown.resize(300, 560)
    shown.show_lazily([one.id for one in lines], lambda place: entry_of(lines[place], clocks))
    clocks.came.connect(shown.viewport().update)
    with qtbot.waitExposed(shown):
        shown.show()
    qtbot.waitUntil(lambda: all("left" in entry.right() for entry in shown.entries[:10]))
    [first, *_] = asked.ids
    assert 10 <= len(first) <= 12
    assert set(first) <= {one.id for one in lines[:12]}
