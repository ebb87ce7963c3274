"""The live view of a backup, fed by real jobs of the real runner."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from example_backup import BACKUP
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.services.backups import Backup, TableProgress, TakeProgress
from gmops_desktop.services.restores import Restored
from gmops_desktop.tasks import TaskRunner
from ui import backup_run
from ui.backup_run import RunView

ARTICLE = TableProgress("article", "done", 340, 340, 329, 11, 357_000_000, 344_800_000, 4_600_000)
LOG = TableProgress("visit_log", "sending", 612, 400, 391, 9, 410_000_000, 400_000_000, 3_800_000)
TAG = TableProgress("tag", "waiting", 1)
DETAIL = TakeProgress((ARTICLE, LOG, TAG), 744_800_000, 575_000.0)


@pytest.fixture
def view(qtbot: QtBot, runner: TaskRunner) -> RunView:
    view = RunView(runner)
    qtbot.addWidget(view)
    return view


def figures(view: RunView) -> list[str]:
    return [one.value.full_text for one in (view.tables, view.saved, view.sent, view.rate)]


def test_before_the_first_run_it_says_so(view: RunView) -> None:
    assert view.heading.full_text == "No backup has run since the program was opened."
    assert figures(view) == ["—"] * 4


def test_a_run_shows_its_tables_and_ends_with_the_verdict(
    qtbot: QtBot, view: RunView, runner: TaskRunner, settled: Callable[[], None]
) -> None:
    going = threading.Event()

    def job(context: Context) -> Backup:
        context.progress(41, "Reading visit_log", 8_400_000, lambda: DETAIL)
        assert going.wait(10)
        return BACKUP

    task = runner.start(job, "Back up site")
    view.follow(task, "site", 370.0)
    task.succeeded.connect(view.taken)
    assert view.left.hint.full_text == "last time 6 min 10 s"
    qtbot.waitUntil(lambda: bool(view.table.rows.shown))
    assert figures(view) == ["1 / 3", "744.8 MB · 97.1 %", "8.4 MB", "4.6 Mbit/s"]
    cells = [[column.text(row) for column in view.table.rows.columns]
             for row in view.table.rows.shown]  # fmt: skip
    assert cells[0] == ["article", "done", "340", "329", "11", "344.8", "4.6", "357.0"]
    assert cells[1][1] == "sending"
    assert cells[2] == ["tag", "waiting", *["—"] * 6]
    assert view.step.full_text == "Reading visit_log"
    assert view.gauge.share == pytest.approx(0.41)
    going.set()
    settled()
    assert view.heading.full_text == "site is backed up."
    assert figures(view) == ["3 / 3", "971.0 MB · 97.1 %", "4.8 MB", "1.4 Mbit/s"]
    assert (view.left.word.full_text, view.left.value.full_text) == ("Took", "28 s")
    assert view.verdict.text() == BACKUP.verdict
    view.proved(False, "Frame 3 is damaged")
    assert view.mark.state == "critical"


def test_a_first_backup_has_no_last_time(
    view: RunView, runner: TaskRunner, settled: Callable[[], None]
) -> None:
    view.follow(runner.start(lambda _context: BACKUP, "first"), "site")
    assert view.left.hint.full_text == "first backup"
    settled()


def test_a_run_that_fails_or_is_stopped_says_what_stays(
    view: RunView, runner: TaskRunner, settled: Callable[[], None]
) -> None:
    def fail(_context: Context) -> Backup:
        raise OpsError("The line was cut.")

    view.follow(runner.start(fail, "one"), "site")
    settled()
    assert (view.mark.state, view.heading.full_text) == (
        "critical", "The backup of site failed.",
    )  # fmt: skip
    assert view.step.full_text == "What has arrived is used again by the next attempt."
    task = runner.start(lambda context: context.wait(10), "two")
    view.follow(task, "site")
    task.cancel()
    settled()
    assert view.heading.full_text == "The backup of site was stopped."


def test_a_backup_that_somebody_else_began_is_shown_once_it_is_known_as_one(
    qtbot: QtBot, view: RunView, runner: TaskRunner, settled: Callable[[], None]
) -> None:
    going = threading.Event()

    def job(context: Context) -> Backup:
        context.progress(10, "Reading", 1, lambda: DETAIL)
        assert going.wait(10)
        return BACKUP

    view.follow_unseen(runner.start(job, "Scheduled"), "site")
    qtbot.waitUntil(lambda: view.heading.full_text == "Backing up site")
    going.set()
    settled()
    assert view.heading.full_text == "site is backed up."
    other = runner.start(lambda context: context.progress(50, "restoring"), "Restore")
    view.follow_unseen(other, "another")
    settled()
    assert view.heading.full_text == "site is backed up."


def test_of_a_restore_it_shows_the_safety_copy(
    view: RunView, runner: TaskRunner, settled: Callable[[], None]
) -> None:
    safety = replace(BACKUP, purpose="safety", travelled=1_000)
    restored = Restored("r", BACKUP.at, 9.0, "t", "site", 3, 9, True, (), safety)

    def job(context: Context) -> Restored:
        context.progress(10, "Reading", 1, lambda: DETAIL)
        return restored

    view.follow_unseen(runner.start(job, "Restore site"), "site")
    settled()
    assert view.step.full_text == "Safety copy"
    assert view.sent.value.full_text == "1.0 kB"


def test_pictures_of_the_tables_are_not_painted_for_each_report(
    qtbot: QtBot, view: RunView, runner: TaskRunner, settled: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(backup_run, "_INTERVAL", 3600.0)
    second = replace(DETAIL, tables=(replace(ARTICLE, name="renamed"),))

    def job(context: Context) -> Backup:
        context.progress(10, "", 1, lambda: DETAIL)
        context.wait(0.15)  # a report a tenth of a second
        context.progress(20, "", 2, lambda: second)
        return BACKUP

    task = runner.start(job, "Back up")
    view.follow(task, "site")
    task.succeeded.connect(view.taken)
    with qtbot.waitSignal(task.succeeded):
        pass
    settled()
    # The first at once, the second only because the run ended.
    assert [row.name for row in view.table.rows.shown] == ["renamed"]
