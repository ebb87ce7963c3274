"""The list of tickets: sorted by the words above it, by mouse and keyboard, and remembered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.finding import Finding
from gmops_desktop.services.tickets import Tickets
from gmops_desktop.settings import SettingsFile
from gmops_desktop.tasks import TaskRunner
from ui.tickets_tab import TicketsTab


@pytest.fixture
def settings(tmp_path: Path) -> SettingsFile:
    return SettingsFile(tmp_path / "settings.json")


Show = Callable[[], TicketsTab]


@pytest.fixture
def show(
    qtbot: QtBot,
    tickets: Tickets,
    contracts: Contracts,
    runner: TaskRunner,
    finding: Finding,
    settings: SettingsFile,
) -> Show:
    for title, priority in (("甲", 3), ("乙", 1), ("丙", 4), ("丁", 1)):
        tickets.open("incident", title, requester="李老师", priority=priority)  # type: ignore[arg-type]  # a table of plain words

    def show() -> TicketsTab:
        tab = TicketsTab(tickets, contracts, runner, finding, settings=settings)
        runner.changed.connect(tab.hear)
        qtbot.addWidget(tab)
        tab.resize(1278, 716)
        with qtbot.waitExposed(tab):
            tab.show()
        return tab

    return show


def titles(tab: TicketsTab) -> str:
    return "".join(entry.title for entry in tab.list.entries)


def word(tab: TicketsTab, begin: str) -> QPushButton:
    words = tab.finder.sorting.findChildren(QPushButton)
    return next(one for one in words if one.text().startswith(begin))


def test_a_click_sorts_and_another_one_turns_round(qtbot: QtBot, show: Show) -> None:
    tab = show()
    assert titles(tab) == "丁丙乙甲"
    assert word(tab, "Opened").text() == "Opened ↓"
    qtbot.mouseClick(word(tab, "No."), Qt.MouseButton.LeftButton)
    assert titles(tab) == "甲乙丙丁"
    assert word(tab, "No.").accessibleName() == "Sorted by No., ascending"
    qtbot.mouseClick(word(tab, "No."), Qt.MouseButton.LeftButton)
    assert titles(tab) == "丁丙乙甲"
    qtbot.mouseClick(word(tab, "Priority"), Qt.MouseButton.LeftButton)
    assert titles(tab) == "丁乙甲丙"
    assert word(tab, "No.").accessibleName() == "Sort by No."


def test_the_chosen_row_stays_chosen_and_a_search_keeps_the_order(qtbot: QtBot, show: Show) -> None:
    tab = show()
    chosen = tab.list.current
    qtbot.mouseClick(word(tab, "Priority"), Qt.MouseButton.LeftButton)
    qtbot.mouseClick(word(tab, "Priority"), Qt.MouseButton.LeftButton)
    assert tab.list.current == chosen
    tab.search.setText("李老师")
    tab.finder.show_now()
    assert titles(tab) == "丙甲丁乙"


def test_the_keyboard_sorts_too(qtbot: QtBot, show: Show) -> None:
    tab = show()
    tab.activateWindow()
    tab.search.setFocus()
    qtbot.waitUntil(tab.search.hasFocus)
    QTest.keySequence(tab.search, "Ctrl+Shift+S")
    assert QApplication.focusWidget() is word(tab, "Opened")
    QTest.keyClick(word(tab, "Opened"), Qt.Key.Key_Space)
    assert titles(tab) == "甲乙丙丁"
    QTest.keyClick(word(tab, "Opened"), Qt.Key.Key_Left)  # updated, the last first
    assert QApplication.focusWidget() is word(tab, "Updated")
    assert titles(tab) == "丁丙乙甲"


def test_the_order_is_remembered(qtbot: QtBot, show: Show, settings: SettingsFile) -> None:
    qtbot.mouseClick(word(show(), "Priority"), Qt.MouseButton.LeftButton)
    assert settings.current.ticket_order == "priority"
    again = show()
    assert word(again, "Priority").text() == "Priority ↑"
    assert titles(again) == "丁乙甲丙"


def test_what_is_due_first_stands_first_as_soon_as_it_is_known(
    qtbot: QtBot, show: Show, tickets: Tickets, settled: Callable[[], None]
) -> None:
    by_title = {one.title: one for one in tickets.all()}
    tickets.move(by_title["乙"].id, "suspended", "缺材料", waiting_on="party_a")
    tickets.move(by_title["丙"].id, "working")
    until = datetime.now(UTC) + timedelta(minutes=5)
    tickets.promise(by_title["丙"].id, until, "原因已知")
    tab = show()
    qtbot.mouseClick(word(tab, "Due by"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: titles(tab) == "丙丁甲乙")  # nothing is due of what waits
    tickets.move(by_title["丙"].id, "suspended", "等", waiting_on="party_a")
    tab.renew()
    qtbot.waitUntil(lambda: titles(tab) == "丁甲丙乙")
    settled()
