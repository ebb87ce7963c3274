"""From any page to a logged ticket and a note on it, without touching the mouse."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gmops_desktop.contract.record import ChainReport
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.finding import Finding
from gmops_desktop.services.tickets import Tickets
from gmops_desktop.settings import SettingsFile
from gmops_desktop.tasks import TaskRunner
from ui.main_window import MainWindow, Pages, Tab
from ui.new_ticket import NewTicketDialog
from ui.quick_note import QuickNote
from ui.tickets_tab import TicketsTab
from ui.widgets.page import Page

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier
NONE = Qt.KeyboardModifier.NoModifier


class Hand:
    """Presses keys and counts them; a text that an input method commits counts one a character."""

    def __init__(self) -> None:
        self.strokes = 0

    def press(self, key: Qt.Key, held: Qt.KeyboardModifier = NONE) -> None:
        # As on a real screen, an open list of completions hears the keys first.
        QTest.keyClick(QApplication.activePopupWidget() or QApplication.focusWidget(), key, held)
        self.strokes += 1

    def say(self, text: str) -> None:
        event = QInputMethodEvent()
        event.setCommitString(text)
        QApplication.sendEvent(QApplication.focusWidget(), event)
        self.strokes += len(text)


@pytest.fixture
def tab(tickets: Tickets, contracts: Contracts, runner: TaskRunner, finding: Finding) -> TicketsTab:
    return TicketsTab(tickets, contracts, runner, finding)


@pytest.fixture
def window(qtbot: QtBot, tab: TicketsTab, runner: TaskRunner, tmp_path: Path) -> MainWindow:
    pages = Pages(
        (
            Tab("overview", "Overview", "squares-four", Page("Overview")),
            Tab("tickets", "Tickets", "ticket", tab),
        ),
        new_ticket=lambda *words: tab.new_ticket(*words),
        back_up=lambda: None,
        start="overview",
        note=lambda: tab.quick_note(),
    )
    report = ChainReport(True, 0, (), ())
    window = MainWindow(lambda: pages, SettingsFile(tmp_path / "s.json"), lambda: report, runner)
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    return window


@pytest.mark.qt_log_ignore("plugin does not support", extend=True)
def test_a_ticket_and_a_note_by_the_keyboard_alone(
    qtbot: QtBot, window: MainWindow, tab: TicketsTab, tickets: Tickets,
    settled: Callable[[], None],
) -> None:  # fmt: skip
    hand = Hand()
    QTest.keyClick(window, Qt.Key.Key_N, CTRL)
    qtbot.waitUntil(lambda: tab.findChild(NewTicketDialog) is not None)
    dialog = tab.findChild(NewTicketDialog)
    assert isinstance(dialog, NewTicketDialog)
    qtbot.waitUntil(dialog.requester.hasFocus)
    hand.press(Qt.Key.Key_Down)  # who may ask is offered without a letter
    qtbot.waitUntil(lambda: QApplication.activePopupWidget() is not None)
    hand.press(Qt.Key.Key_Down)
    hand.press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: QApplication.activePopupWidget() is None)
    asked = dialog.requester.text()
    assert asked in {one.name for one in dialog.who._contacts}
    hand.press(Qt.Key.Key_Tab)
    hand.say("官网首页返回 502")
    hand.press(Qt.Key.Key_1, ALT)
    hand.press(Qt.Key.Key_Return, CTRL)
    qtbot.waitUntil(lambda: bool(tickets.all()))
    [ticket] = tickets.all()
    assert (ticket.title, ticket.requester, ticket.priority) == ("官网首页返回 502", asked, 1)
    assert hand.strokes <= 20, "at one stroke a second it is 20 seconds"
    settled()

    window.activateWindow()  # as the desktop does when a dialog closes
    qtbot.waitUntil(window.isActiveWindow)
    QTest.keyClick(window, Qt.Key.Key_T, CTRL | SHIFT)
    qtbot.waitUntil(lambda: window.findChild(QuickNote) is not None)
    note = window.findChild(QuickNote)
    assert isinstance(note, QuickNote)
    qtbot.waitUntil(note.text.hasFocus)
    hand.say("已重启 php-fpm")
    hand.press(Qt.Key.Key_Return, CTRL)
    qtbot.waitUntil(lambda: len(tickets.steps(ticket.id)) > 1)
    assert tickets.steps(ticket.id)[-1].text == "已重启 php-fpm"
    settled()


def test_a_note_that_could_not_be_recorded_is_not_lost(
    tab: TicketsTab, qtbot: QtBot, settled: Callable[[], None]
) -> None:
    qtbot.addWidget(tab)
    tab.quick_note().given.emit("no such ticket", "已重启 php-fpm")
    settled()
    asked_again = tab.findChildren(QuickNote)[-1]
    assert asked_again.text.toPlainText() == "已重启 php-fpm"
