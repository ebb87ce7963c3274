"""The list of tickets: searched, filtered, walked by keyboard, many rows at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.finding import Finding
from gmops_desktop.services.tickets import Ticket, Tickets
from gmops_desktop.settings import SettingsFile
from gmops_desktop.tasks import TaskRunner
from ui.dialogs.keep_name import KeepName
from ui.ticket_batch import BatchReport
from ui.ticket_dialogs import ReasonSheet
from ui.tickets_tab import TicketsTab

SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def settings(tmp_path: Path) -> SettingsFile:
    return SettingsFile(tmp_path / "settings.json")


@pytest.fixture
def tab(
    qtbot: QtBot,
    tickets: Tickets,
    contracts: Contracts,
    runner: TaskRunner,
    finding: Finding,
    settings: SettingsFile,
) -> TicketsTab:
    for number, (kind, title, priority) in enumerate(
        (
            ("incident", "官网首页 502", 1),
            ("request", "会员名册导出", 3),
            ("incident", "数据库备份失败", 2),
            ("question", "如何发布文章", 4),
        )
    ):
        made = tickets.open(kind, title, requester="李老师", priority=priority)  # type: ignore[arg-type]  # a table of plain words
        tickets.note(made.id, f"步骤{number} php-fpm")
    tab = TicketsTab(tickets, contracts, runner, finding, settings=settings)
    runner.changed.connect(tab.hear)
    qtbot.addWidget(tab)
    tab.resize(1278, 716)
    with qtbot.waitExposed(tab):
        tab.show()
    return tab


def titles(tab: TicketsTab) -> list[str]:
    return [entry.title for entry in tab.list.entries]


def choose(tab: TicketsTab, group: str, word: str) -> None:
    """As by hand: open the funnel's menu, a group in it, and tick a word."""
    menu = tab.finder.filters.menu
    menu.aboutToShow.emit()
    inner = next(action.menu() for action in menu.actions() if action.text() == group)
    next(action for action in inner.actions() if action.text() == word).trigger()


def action_of(tab: TicketsTab, word: str) -> QAction:
    menu = tab.finder.filters.menu
    menu.aboutToShow.emit()
    return next(action for action in menu.actions() if action.text() == word)


def test_a_word_of_any_step_finds_the_ticket(qtbot: QtBot, tab: TicketsTab) -> None:
    tab.search.setText("php 步骤2")
    qtbot.waitUntil(lambda: titles(tab) == ["数据库备份失败"])
    tab.search.setText("备份")
    qtbot.waitUntil(lambda: titles(tab) == ["数据库备份失败"])


def test_what_is_no_ticket_is_offered_beside(qtbot: QtBot, tab: TicketsTab) -> None:
    tab.search.setText("李慧敏")
    qtbot.waitUntil(tab.finder.elsewhere.isVisible)
    wanted: list[tuple[str, str]] = []
    tab.wanted.connect(lambda page, identity: wanted.append((page, identity)))
    [action] = tab.finder.elsewhere.menu().actions()
    assert action.text() == "Contact: 李慧敏"
    action.trigger()
    assert [page for page, _ in wanted] == ["settings"]


def test_a_filter_narrows_is_said_and_is_let_go(qtbot: QtBot, tab: TicketsTab) -> None:
    choose(tab, "Kind", "Incident")
    assert titles(tab) == ["数据库备份失败", "官网首页 502"]
    choose(tab, "Priority", "Urgent")
    assert titles(tab) == ["官网首页 502"]
    assert tab.finder.filters._said.full_text == "Only: Incident, Urgent"
    qtbot.mouseClick(tab.finder.filters._clear, Qt.MouseButton.LeftButton)
    assert len(titles(tab)) == 4
    assert not tab.finder.filters.isVisible()


def test_a_filter_is_kept_by_name_used_and_forgotten(
    qtbot: QtBot, tab: TicketsTab, settings: SettingsFile
) -> None:
    choose(tab, "Kind", "Incident")
    tab.search.setText("备份")
    qtbot.waitUntil(lambda: titles(tab) == ["数据库备份失败"])
    action_of(tab, "Keep this filter…").trigger()
    sheet = tab.findChild(KeepName)
    assert isinstance(sheet, KeepName)
    assert not sheet.keep.isEnabled()
    sheet.name.setText("备份故障")
    qtbot.mouseClick(sheet.keep, Qt.MouseButton.LeftButton)
    assert "备份故障" in settings.current.ticket_filters

    tab.search.clear()
    tab.finder.filters.clear()
    qtbot.waitUntil(lambda: len(titles(tab)) == 4)
    action_of(tab, "备份故障").trigger()
    assert titles(tab) == ["数据库备份失败"]
    assert tab.search.text() == "备份"

    menu = tab.finder.filters.menu
    menu.aboutToShow.emit()
    forget = next(action.menu() for action in menu.actions() if action.text() == "Forget")
    forget.actions()[0].trigger()
    assert tab.finder.filters.saved == ()


@pytest.mark.logs("saved filters in the settings cannot be read")
def test_settings_somebody_broke_do_not_keep_the_list_shut(
    tab: TicketsTab, settings: SettingsFile
) -> None:
    settings.change(ticket_filters="{")
    tab.finder.filters.menu.aboutToShow.emit()
    assert len(titles(tab)) == 4


def test_the_keyboard_alone_searches_walks_selects_and_moves(
    qtbot: QtBot, tab: TicketsTab, tickets: Tickets, settled: Callable[[], None]
) -> None:
    tab.activateWindow()
    tab.search.setFocus()
    qtbot.waitUntil(tab.search.hasFocus)
    QTest.keyClicks(tab.search, "php")
    QTest.keyClick(tab.search, Qt.Key.Key_Down)
    assert tab.list.hasFocus()
    first = tab.list.current
    QTest.keyClick(tab.list, Qt.Key.Key_Down)
    second = tab.list.current
    assert first != second
    QTest.keyClick(tab.list, Qt.Key.Key_Down, SHIFT)
    assert len(tab.list.chosen) == 2
    assert tab.batch.isVisible()
    assert tab.batch.said.full_text == "2 selected"
    QTest.keyClick(tab.list, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert len(tab.list.chosen) == 4
    QTest.keyClick(tab.list, Qt.Key.Key_Escape)
    assert len(tab.list.chosen) == 1
    assert not tab.batch.isVisible()
    settled()


def move_chosen(tab: TicketsTab, word: str) -> None:
    menu = tab.batch.move_button.menu()
    next(action for action in menu.actions() if action.text() == word).trigger()


def test_many_tickets_move_and_those_refused_are_named(
    qtbot: QtBot, tab: TicketsTab, tickets: Tickets, settled: Callable[[], None]
) -> None:
    working, *_ = [one for one in tickets.all() if one.title == "数据库备份失败"]
    tickets.move(working.id, "working")
    tab.renew()
    tab.list.selectAll()
    move_chosen(tab, "Working")
    settled()
    states = {one.title: one.state for one in tickets.all()}
    assert set(states.values()) == {"working"}
    report = tab.findChild(BatchReport)
    assert isinstance(report, BatchReport)
    assert report.refusals.toPlainText().startswith(working.number)
    assert report.refusals.toPlainText().count("\n") == 0
    steps = tickets.steps(next(one.id for one in tickets.all() if one.title == "会员名册导出"))
    assert [step.key for step in steps][-1] == "ticket.moved"


def test_a_withdrawal_of_many_asks_for_one_reason(
    qtbot: QtBot, tab: TicketsTab, tickets: Tickets, settled: Callable[[], None]
) -> None:
    tab.list.selectAll()
    move_chosen(tab, "Withdrawn")
    sheet = tab.findChild(ReasonSheet)
    assert isinstance(sheet, ReasonSheet)
    sheet.words.setPlainText("甲方全部撤回")
    qtbot.mouseClick(sheet.go, Qt.MouseButton.LeftButton)
    settled()
    assert {one.state for one in tickets.all()} == {"withdrawn"}
    assert {tickets.steps(one.id)[-1].text for one in tickets.all()} == {"甲方全部撤回"}


def test_a_suspension_of_many_says_what_is_waited_for(
    tab: TicketsTab, tickets: Tickets, settled: Callable[[], None]
) -> None:
    tab.list.selectAll()
    actions = tab.batch.move_button.menu().actions()
    pauses = next(action.menu() for action in actions if action.text() == "Suspended")
    pauses.actions()[0].trigger()
    sheet = tab.findChild(ReasonSheet)
    assert isinstance(sheet, ReasonSheet)
    sheet.words.setPlainText("等待甲方资料")
    sheet.go.click()
    settled()
    assert {one.state for one in tickets.all()} == {"suspended"}
    assert {tickets.steps(one.id)[-1].waiting_on for one in tickets.all()} == {"party_a"}


def test_what_is_selected_stays_so_when_the_list_is_shown_anew(
    tab: TicketsTab, tickets: Tickets
) -> None:
    tab.list.selectAll()
    chosen = set(tab.list.chosen)
    tickets.open("incident", "新来的", requester="李老师", priority=3)
    tab.renew()
    assert set(tab.list.chosen) == chosen


def test_the_list_is_exported_as_it_is_shown(
    tab: TicketsTab, tmp_path: Path, settled: Callable[[], None]
) -> None:
    choose(tab, "Kind", "Incident")
    tab.export(tmp_path / "list.csv")
    settled()
    lines = (tmp_path / "list.csv").read_text("utf-8-sig").splitlines()
    assert lines[0].startswith("Number,Title,Kind")
    assert len(lines) == 3


def test_a_similar_ticket_comes_beside_the_one_in_sight(
    qtbot: QtBot, tab: TicketsTab, tickets: Tickets, settled: Callable[[], None]
) -> None:
    other: Ticket = tickets.open("incident", "官网首页又 502", requester="李老师", priority=1)
    tab.renew()
    tab.list.select(other.id)
    wanted = next(one for one in tickets.all() if one.title == "官网首页 502").number

    def shown() -> bool:
        return any(wanted in one.text() for one in tab.side.findChildren(QPushButton))

    qtbot.waitUntil(shown)
