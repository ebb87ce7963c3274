"""A ticket's whole way by keys alone: nothing here touches a widget that has not the focus."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QMenu, QWidget
from pytestqt.qtbot import QtBot

from gmops_desktop.contract.changes import AUDIENCES
from gmops_desktop.contract.record import ChainReport
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.finding import Finding
from gmops_desktop.services.tickets import Tickets
from gmops_desktop.settings import SettingsFile
from gmops_desktop.tasks import TaskRunner
from ui.main_window import MainWindow, Pages, Tab
from ui.new_ticket import NewTicketDialog
from ui.ticket_dialogs import ConfirmSheet
from ui.ticket_forms import FormSheet
from ui.tickets_tab import TicketsTab

pytestmark = pytest.mark.qt_log_ignore("plugin does not support", extend=True)

Key, Held = Qt.Key, Qt.KeyboardModifier


class Keys:
    """Hands on a keyboard: each key goes to whatever has the focus."""

    def __init__(self, qtbot: QtBot, settled: Callable[[], None]) -> None:
        self._qtbot, self._settled = qtbot, settled

    def press(self, key: Qt.Key, held: Qt.KeyboardModifier = Held.NoModifier) -> None:
        QTest.keyClick(self._target(), key, held)
        self._qtbot.waitUntil(_nothing_is_pressed)
        self._settled()

    def write(self, text: str) -> None:
        QTest.keyClicks(self._target(), text)

    def forward(self) -> None:
        """The step that the blue button offers."""
        self.press(Key.Key_Return, Held.ControlModifier)

    def choose(self, word: str) -> None:
        """An entry of the menu "More", by arrow keys."""
        self.press(Key.Key_M, Held.ControlModifier)
        self._qtbot.waitUntil(lambda: isinstance(QApplication.activePopupWidget(), QMenu))
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        for _ in menu.actions():
            QTest.keyClick(menu, Key.Key_Down)
            chosen = menu.activeAction()
            if chosen is not None and chosen.text() == word:
                break
        else:
            pytest.fail(f"no entry {word!r}")
        QTest.keyClick(menu, Key.Key_Return)

    def waits_in(self, kind: type[QWidget]) -> None:
        """Wait until keys go to a window of that kind."""

        def inside() -> bool:
            active, focus = QApplication.activeWindow(), QApplication.focusWidget()
            if active is None:  # whenever a dialog has gone; a window manager would do this
                for one in QApplication.topLevelWidgets():
                    if isinstance(one, kind) and one.isVisible():
                        one.activateWindow()
            return isinstance(active, kind) and (focus is None or focus.window() is active)

        self._qtbot.waitUntil(inside)

    def _target(self) -> QWidget:
        # An open popup takes the keys, as it does of a real keyboard.
        popup, focus = QApplication.activePopupWidget(), QApplication.focusWidget()
        found = popup or focus or QApplication.activeWindow()
        assert found is not None, "nothing has the focus"
        return found


def _nothing_is_pressed() -> bool:
    """A button that its shortcut pressed is let go, and only then clicked, a moment later."""
    if QApplication.activePopupWidget() is not None:
        return True
    buttons = (one for one in QApplication.allWidgets() if isinstance(one, QAbstractButton))
    return not any(one.isDown() for one in buttons)


@pytest.fixture
def window(
    qtbot: QtBot,
    tickets: Tickets,
    contracts: Contracts,
    runner: TaskRunner,
    finding: Finding,
    settings: SettingsFile,
) -> MainWindow:
    """The window with its page of tickets, and Li, who may ask."""
    contracts.add_contact("Li", "A", valid_from=date(2018, 3, 6), post="designated")

    def build() -> Pages:
        tab = TicketsTab(tickets, contracts, runner, finding)
        return Pages(
            (Tab("tickets", "Tickets", "ticket", tab),),
            new_ticket=tab.new_ticket,
            back_up=lambda: None,
            start="tickets",
            note=tab.quick_note,
        )

    window = MainWindow(build, settings, lambda: ChainReport(True, 1, (), ()), runner)
    qtbot.addWidget(window)
    window.resize(1366, 768)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    return window


@pytest.fixture
def settings(tmp_path: Path) -> SettingsFile:
    return SettingsFile(tmp_path / "settings.json")


@pytest.fixture
def keys(window: MainWindow, qtbot: QtBot, settled: Callable[[], None]) -> Keys:
    settled()
    return Keys(qtbot, settled)


def test_a_ticket_is_registered_worked_announced_confirmed_and_closed_by_keys(
    keys: Keys, window: MainWindow, tickets: Tickets, qtbot: QtBot
) -> None:
    # Register: who, what, Party A's order.
    keys.press(Key.Key_N, Held.ControlModifier)
    keys.waits_in(NewTicketDialog)
    keys.write("Li")
    keys.press(Key.Key_Tab)
    keys.write("site answers 502")
    keys.press(Key.Key_1, Held.AltModifier)
    keys.forward()
    [ticket] = tickets.all()
    assert (ticket.requester, ticket.priority, ticket.contact_id != "") == ("Li", 1, True)

    # Accept, work, with a note that goes along.
    keys.waits_in(MainWindow)
    keys.forward()
    assert tickets.get(ticket.id).state == "assessing"
    keys.forward()
    assert tickets.get(ticket.id).state == "working"

    # It interrupts the service: those concerned are told first.
    keys.choose("Interruption of the service…")
    keys.waits_in(FormSheet)
    keys.press(Key.Key_Return)
    keys.waits_in(MainWindow)
    assert tickets.get(ticket.id).interrupts
    keys.forward()
    assert tickets.get(ticket.id).state == "awaiting_notice"
    keys.forward()  # the gate: the form asks how each audience was told
    keys.waits_in(FormSheet)
    for one in AUDIENCES:
        assert isinstance(QApplication.focusWidget(), QLineEdit)
        keys.write(f"told {one}")
        if one != AUDIENCES[-1]:
            keys.press(Key.Key_Tab)
    keys.press(Key.Key_Return)
    keys.waits_in(MainWindow)
    assert set(tickets.get(ticket.id).notices) == set(AUDIENCES)
    keys.forward()
    assert tickets.get(ticket.id).state == "implementing"

    # Party A confirms, and only then it closes.
    keys.forward()
    assert tickets.get(ticket.id).state == "awaiting_confirmation"
    keys.forward()
    keys.waits_in(ConfirmSheet)
    for _ in range(20):
        if QApplication.focusWidget().accessibleName() == "What was said":
            break
        keys.press(Key.Key_Tab)
    keys.write("it works")
    for _ in range(20):
        if QApplication.focusWidget().accessibleName() == "Record confirmation":
            break
        keys.press(Key.Key_Tab)
    keys.press(Key.Key_Space)
    keys.waits_in(MainWindow)
    assert tickets.get(ticket.id).confirmed_by
    keys.forward()
    closed = tickets.get(ticket.id)
    assert (closed.state, closed.closed_at is not None) == ("closed", True)
    said = [step.key for step in tickets.steps(ticket.id)]
    assert said[-2:] == ["ticket.confirmed", "ticket.closed"]
    assert "it works" in tickets.steps(ticket.id)[-2].text


def test_a_stranger_is_declined_by_keys(
    keys: Keys, window: MainWindow, tickets: Tickets, qtbot: QtBot
) -> None:
    keys.press(Key.Key_N, Held.ControlModifier)
    keys.waits_in(NewTicketDialog)
    dialog = QApplication.activeWindow()
    assert isinstance(dialog, NewTicketDialog)
    keys.write("Qian")
    qtbot.waitUntil(dialog.warning.isVisible)
    keys.forward()
    assert tickets.all() == (), "it has to be decided first"
    for _ in range(20):
        if QApplication.focusWidget() is dialog.title:
            break
        keys.press(Key.Key_Tab)
    keys.write("change my password")
    for _ in range(30):
        if QApplication.focusWidget() is dialog.warning.decline_button:
            break
        keys.press(Key.Key_Backtab, Held.ShiftModifier)
    keys.press(Key.Key_Space)
    [ticket] = tickets.all()
    assert (ticket.state, ticket.requester) == ("declined", "Qian")
