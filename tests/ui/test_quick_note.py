"""A note from anywhere: written, its ticket chosen, recorded; all by keyboard."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from gmops_desktop.services.finding import Finding
from gmops_desktop.services.tickets import Ticket, Tickets
from ui.quick_note import QuickNote


@pytest.fixture
def three(tickets: Tickets, contracts: object) -> list[Ticket]:
    made = [
        tickets.open("incident", title, requester="李老师", priority=3)
        for title in ("官网首页 502", "数据库备份失败", "年审到期")
    ]
    tickets.move(made[2].id, "withdrawn", "甲方撤回")
    return made


def show(qtbot: QtBot, finding: Finding, current: str = "") -> QuickNote:
    note = QuickNote(finding, current)
    note.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(note)
    with qtbot.waitExposed(note):
        note.show()
    return note


def test_a_note_is_recorded_by_keyboard(
    qtbot: QtBot, finding: Finding, three: list[Ticket]
) -> None:
    note = show(qtbot, finding)
    qtbot.waitUntil(note.text.hasFocus)
    QTest.keyClicks(note.text, "restarted")
    QTest.keyClick(note.text, Qt.Key.Key_Tab)
    note.which.setText("502")
    QTest.keyClick(note.which, Qt.Key.Key_Down)
    assert note.list.hasFocus()
    with qtbot.waitSignal(note.given) as given:
        QTest.keyClick(note, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert given.args == [three[0].id, "restarted"]
    assert not note.isVisible()


def test_the_ticket_in_sight_stands_first_and_only_open_ones_are_offered(
    qtbot: QtBot, finding: Finding, three: list[Ticket]
) -> None:
    note = show(qtbot, finding, three[0].id)
    assert [one.identity for one in note.list.entries] == [three[0].id, three[1].id]
    assert note.list.current == three[0].id
    note.which.setText("年审")
    qtbot.waitUntil(lambda: [one.identity for one in note.list.entries] == [three[2].id])


def test_nothing_is_recorded_without_a_text_or_a_ticket(
    qtbot: QtBot, finding: Finding, three: list[Ticket]
) -> None:
    note = show(qtbot, finding)
    assert note.record.toolTip() == "Write the note first."
    note.text.setPlainText("x")
    assert note.record.isEnabled()
    note.which.setText("没有这样的")
    qtbot.waitUntil(lambda: not note.record.isEnabled())
    assert "No ticket fits" in note.record.toolTip()
    with qtbot.waitSignal(note.ticket_wanted) as wanted:
        qtbot.mouseClick(note.new, Qt.MouseButton.LeftButton)
    assert wanted.args == ["x"]
