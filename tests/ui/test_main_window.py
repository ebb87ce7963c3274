"""The window carries failures to the user, changes to the pages, and leaves no job behind."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from gmops_desktop import language
from gmops_desktop.changes import Change
from gmops_desktop.context import Context
from gmops_desktop.contract.record import ChainReport
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.log import remember_secret
from gmops_desktop.settings import SettingsFile
from gmops_desktop.tasks import TaskRunner
from ui.dialogs.failure import FailureDialog
from ui.dialogs.sheet import Sheet
from ui.main_window import MainWindow, Pages, Remedy, Tab
from ui.widgets.frames import Label
from ui.widgets.page import Page


class Counter(Page):
    """A page that counts how often it was refreshed."""

    shows = Change.TICKETS

    def __init__(self) -> None:
        super().__init__(tr("Cancel"))
        self.refreshed = 0
        self.asked: list[tuple[str, str]] = []
        self.body.addWidget(Label("x"))

    def refresh(self) -> None:
        self.refreshed += 1

    def show_item(self, identity: str) -> None:
        self.asked.append(("show", identity))


@pytest.fixture
def settings(tmp_path: Path) -> SettingsFile:
    return SettingsFile(tmp_path / "settings.json")


@pytest.fixture
def make(qtbot: QtBot, runner: TaskRunner, settings: SettingsFile) -> Callable[..., MainWindow]:
    def build() -> Pages:
        first, tickets = Counter(), Counter()
        return Pages(
            (
                Tab("overview", "Overview", "squares-four", first),
                Tab("tickets", "Tickets", "ticket", tickets),
            ),
            new_ticket=lambda title, text, _resource: tickets.asked.append((title, text)),
            back_up=lambda: None,
            start="overview",
            note=lambda: tickets.asked.append(("note", "")),
        )

    def make(report: ChainReport | None = None, on_duty: Callable[[], str] = str) -> MainWindow:
        report = report or ChainReport(True, 12, (), ())
        window = MainWindow(build, settings, lambda: report, runner, on_duty=on_duty)
        qtbot.addWidget(window)
        with qtbot.waitExposed(window):
            window.show()
        qtbot.waitUntil(lambda: not runner.running())
        return window

    return make


def counter(window: MainWindow, name: str) -> Counter:
    page = window.page_named(name)
    assert isinstance(page, Counter)
    return page


def test_visible_pages_refresh_and_hidden_ones_wait(
    make: Callable[..., MainWindow], runner: TaskRunner
) -> None:
    window = make()
    assert counter(window, "overview").refreshed == 1
    assert counter(window, "tickets").refreshed == 0
    runner.changed.emit(Change.TICKETS)
    runner.changed.emit(Change.BACKUPS)
    assert counter(window, "overview").refreshed == 2
    window.go("tickets")
    assert counter(window, "tickets").refreshed == 1
    window.go("overview")
    window.go("tickets")
    assert counter(window, "tickets").refreshed == 1


def test_a_page_can_send_the_user_to_another(make: Callable[..., MainWindow]) -> None:
    window = make()
    counter(window, "overview").wanted.emit("tickets", "T-0001")
    assert window.page is window.page_named("tickets")
    assert counter(window, "tickets").asked == [("show", "T-0001")]
    counter(window, "overview").wanted.emit("tickets", "+")
    assert counter(window, "tickets").asked[-1] == ("", "")


def test_keys_reach_pages(make: Callable[..., MainWindow], qtbot: QtBot) -> None:
    window = make()
    window.activateWindow()
    qtbot.keyClick(window, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    assert window.page is window.page_named("tickets")
    qtbot.keyClick(window, Qt.Key.Key_F5)
    assert counter(window, "tickets").refreshed == 2
    qtbot.keyClick(window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    assert counter(window, "tickets").asked == [("", "")]
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(window, Qt.Key.Key_T, both)
    assert counter(window, "tickets").asked[-1] == ("note", "")


def test_a_failure_says_what_is_unharmed_and_what_next(
    make: Callable[..., MainWindow], runner: TaskRunner, qtbot: QtBot
) -> None:
    window = make()

    def job(context: Context) -> None:
        raise OpsError("The server is gone.", hint="Try again.", unharmed="No data changed.")

    with qtbot.waitSignal(runner.failed):
        runner.start(job, "Back up site")
    assert window.notice.isVisible()
    assert window.notice.message.full_text == "Back up site: The server is gone."
    assert window.notice.second.full_text == "No data changed. Try again."


@pytest.mark.logs("hit a bug")
def test_a_bug_brings_a_report_without_secrets(
    make: Callable[..., MainWindow], runner: TaskRunner, qtbot: QtBot
) -> None:
    window = make()
    remember_secret("hunter2-hunter2")

    def job(context: Context) -> None:
        raise ValueError("cannot use hunter2-hunter2")

    with qtbot.waitSignal(runner.failed):
        runner.start(job, "Back up site")
    window.notice._actions.itemAt(0).widget().click()
    report = QApplication.clipboard().text()
    assert "ValueError" in report
    assert "hunter2" not in report


def test_failure_details_fold_out_and_are_masked(qtbot: QtBot) -> None:
    remember_secret("hunter2-hunter2")
    dialog = FailureDialog(None, "Restore", OpsError("No: hunter2-hunter2", hint="Again."))
    qtbot.addWidget(dialog)
    assert "hunter2" not in dialog.details.toPlainText()


def test_quiet_failures_stay_out_of_the_way(
    make: Callable[..., MainWindow], runner: TaskRunner, qtbot: QtBot
) -> None:
    window = make()

    def job(context: Context) -> None:
        raise OpsError("asleep")

    with qtbot.waitSignal(runner.failed):
        runner.start(job, "Look", quiet=True)
    assert not window.notice.isVisible()


def test_closing_with_a_running_job_asks_and_leaves_cleanly(
    make: Callable[..., MainWindow], runner: TaskRunner, qtbot: QtBot
) -> None:
    window = make()
    task = runner.start(lambda context: context.wait(60), "Back up site")
    window.close()
    assert window.isVisible()
    sheet = window.findChild(Sheet)
    assert sheet is not None
    assert any("Back up site" in label.text() for label in sheet.findChildren(QLabel))
    with qtbot.waitSignals([task.cancelled, window.closed]):
        window._leave()
    assert not window.isVisible()


def test_the_strip_shows_the_job_and_cancels_it(
    make: Callable[..., MainWindow], runner: TaskRunner, qtbot: QtBot
) -> None:
    window = make()

    def job(context: Context) -> None:
        context.progress(62, "table 3 of 5", 1_000_000)
        context.wait(60)

    task = runner.start(job, "Back up site")
    with qtbot.waitSignal(task.progressed):
        pass
    assert window.strip.title.full_text == "Back up site"
    assert "62 %" in window.strip.facts.full_text
    assert "table 3 of 5" in window.strip.facts.full_text
    with qtbot.waitSignal(task.cancelled):
        window.strip.cancel.click()
    qtbot.waitUntil(lambda: window.strip.task is None)
    assert window.strip.title.full_text == "No running jobs"


def test_a_damaged_journal_is_critical(make: Callable[..., MainWindow]) -> None:
    window = make(ChainReport(False, 12, (), ("Entry 7 was changed.",)))
    assert "Entry 7 was changed." in window.notice.message.full_text
    assert "damaged" in window.strip.journal.full_text


def test_the_foot_names_who_records_and_who_answers_today(
    make: Callable[..., MainWindow], settings: SettingsFile, runner: TaskRunner, qtbot: QtBot
) -> None:
    today = [""]
    window = make(on_duty=lambda: today[0])
    assert window.strip.person.full_text == "Recorded by: nobody named · On duty: nobody named"
    settings.change(actor="张伟")
    today[0] = "李强"
    runner.changed.emit(Change.CONTRACT)
    qtbot.waitUntil(lambda: not runner.running())
    assert window.strip.person.full_text == "Recorded by: 张伟 · On duty: 李强"


def test_another_language_rebuilds_the_window(make: Callable[..., MainWindow]) -> None:
    window = make()
    window.go("tickets")
    language.use("zh_CN")
    window.rebuild()
    assert window.page is window.page_named("tickets")
    assert window.page.head.title.full_text == "取消"
    assert window.strip.title.full_text == "没有进行中的任务"


def test_a_task_may_still_tell_a_page_that_another_language_replaced(
    make: Callable[..., MainWindow], runner: TaskRunner, qtbot: QtBot
) -> None:
    window = make()
    old = counter(window, "overview")
    gate = threading.Event()

    def job(context: Context) -> str:
        while not gate.wait(0.02):
            context.check()
        return "done"

    task = runner.start(job, "Look")
    task.succeeded.connect(lambda text: old.head.caption.show_text(text))
    window.rebuild()
    assert window.page_named("overview") is not old
    gone: list[bool] = []
    old.destroyed.connect(lambda: gone.append(True))
    with qtbot.waitSignal(task.succeeded):
        gate.set()
    qtbot.waitUntil(lambda: bool(gone))


def test_a_failure_brings_the_step_that_helps(
    qtbot: QtBot, runner: TaskRunner, settings: SettingsFile
) -> None:
    done: list[str] = []

    def remedies(error: Exception) -> list[Remedy]:
        return [Remedy("Enter the password…", "tip", lambda: done.append(str(error)))]

    page = Counter()
    pages = Pages(
        (Tab("overview", "Overview", "ticket", page),), lambda *_: None, lambda: None, "overview"
    )
    report = ChainReport(True, 1, (), ())
    window = MainWindow(lambda: pages, settings, lambda: report, runner, remedies)
    qtbot.addWidget(window)
    window.show_error("Back up", OpsError("No password is kept."))
    next(b for b in window.notice.findChildren(QPushButton) if "password" in b.text()).click()
    assert done == ["No password is kept."]
    qtbot.waitUntil(lambda: not runner.running())


def test_geometry_is_remembered(make: Callable[..., MainWindow], settings: SettingsFile) -> None:
    window = make()
    window.resize(700, 560)
    window.close()
    assert settings.current.window
    assert make().size().width() == 700


def test_a_text_on_a_page_does_not_paint_the_window_anew(
    qtbot: QtBot, make: Callable[..., MainWindow]
) -> None:
    window = make()
    page = window.page_named("overview")
    text, other = page.head.caption, Label("other")
    page.body.addWidget(other)
    with qtbot.waitExposed(window):
        window.show()
    qtbot.wait(50)
    painted: list[object] = []

    class Watch(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.Paint:
                painted.append(watched)
            return super().eventFilter(watched, event)

    watch = Watch(window)
    for widget in (text, other, window.rail.bar):
        widget.installEventFilter(watch)
    text.show_text("another, and longer")
    qtbot.waitUntil(lambda: text in painted)
    qtbot.wait(50)
    assert other not in painted
    assert window.rail.bar not in painted
    before = page.width()
    window.resize(window.width() + 100, window.height() + 40)
    qtbot.waitUntil(lambda: page.width() == before + 100)
