"""A ticket by keyboard: the contact check, the ways round it, and what is still missing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from PySide6.QtCore import QDateTime, Qt
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.finding import Finding
from gmops_desktop.services.tickets import Ticket, Tickets
from gmops_desktop.tasks import TaskRunner
from ui.new_ticket import NewTicketDialog


@pytest.fixture
def dialog(
    qtbot: QtBot, tickets: Tickets, contracts: Contracts, runner: TaskRunner, finding: Finding
) -> NewTicketDialog:
    dialog = NewTicketDialog(tickets, contracts, runner, finding)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    with qtbot.waitExposed(dialog):
        dialog.show()
    return dialog


@pytest.mark.qt_log_ignore("plugin does not support", extend=True)
def test_a_ticket_is_made_by_keyboard_alone(qtbot: QtBot, dialog: NewTicketDialog) -> None:
    qtbot.waitUntil(dialog.requester.hasFocus)

    def press(key: Qt.Key, held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        # As on a real screen, an open list of completions hears the keys first.
        QTest.keyClick(QApplication.activePopupWidget() or QApplication.focusWidget(), key, held)

    def say(text: str) -> None:
        event = QInputMethodEvent()  # as a Chinese input method gives it
        event.setCommitString(text)
        QApplication.sendEvent(QApplication.focusWidget(), event)

    say("李老师")
    press(Qt.Key.Key_Tab)
    say("cache")
    press(Qt.Key.Key_Tab)
    say("since 2 o'clock")
    press(Qt.Key.Key_2, Qt.KeyboardModifier.AltModifier)
    with qtbot.waitSignal(dialog.opened) as made:
        press(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    ticket: Ticket = made.args[0]
    assert (ticket.title, ticket.priority, ticket.requester) == ("cache", 2, "李老师")
    assert ticket.description == "since 2 o'clock"
    assert not dialog.isVisible()


def test_a_digit_outside_of_texts_is_the_priority(dialog: NewTicketDialog) -> None:
    QTest.keyClick(dialog, Qt.Key.Key_4)
    assert dialog.priority.current == "4"


def test_what_is_missing_is_said_beside_the_button(dialog: NewTicketDialog) -> None:
    assert not dialog.create_button.isEnabled()
    assert dialog.create_button.toolTip() == "Still missing: what it is"
    dialog.title.setText("502")
    assert dialog.create_button.isEnabled()
    assert dialog._missing.full_text.startswith("Found by ourselves")


def test_somebody_else_is_warned_of_and_passed_on(
    qtbot: QtBot, dialog: NewTicketDialog, contracts: Contracts
) -> None:
    dialog.title.setText("502")
    qtbot.keyClicks(dialog.requester, "Zhao")
    qtbot.waitUntil(dialog.warning.isVisible)
    assert not dialog.create_button.isEnabled()
    assert "what to do about the contact" in dialog.create_button.toolTip()
    first = next(one for one in contracts.contacts() if one.party == "A")
    qtbot.mouseClick(dialog.warning.pass_button, Qt.MouseButton.LeftButton)
    assert dialog.requester.text() == first.name
    assert dialog.description.toPlainText() == f"Raised by Zhao, passed on by {first.name}."
    assert not dialog.warning.isVisible()
    assert dialog.create_button.isEnabled()


def test_who_no_longer_speaks_for_party_a_is_not_offered(
    qtbot: QtBot, tickets: Tickets, contracts: Contracts, runner: TaskRunner, finding: Finding
) -> None:
    ended = next(one for one in contracts.contacts() if one.party == "A")
    contracts.end_contact(ended.id, ended.valid_from)
    dialog = NewTicketDialog(tickets, contracts, runner, finding)
    qtbot.addWidget(dialog)
    assert ended.name not in dialog.requester.placeholderText()
    assert "李老师" in dialog.requester.placeholderText()


def test_an_emergency_needs_its_reason(
    qtbot: QtBot, dialog: NewTicketDialog, settled: Callable[[], None]
) -> None:
    dialog.title.setText("the site is down")
    dialog.requester.setText("Zhao")
    qtbot.waitUntil(dialog.warning.isVisible)
    qtbot.mouseClick(dialog.warning.emergency_button, Qt.MouseButton.LeftButton)
    assert dialog.reason.isVisible()
    assert not dialog.create_button.isEnabled()
    dialog.reason.setText("nobody else can be reached")
    with qtbot.waitSignal(dialog.opened) as made:
        qtbot.mouseClick(dialog.create_button, Qt.MouseButton.LeftButton)
    assert made.args[0].emergency == "nobody else can be reached"
    settled()


def test_a_request_can_be_declined_on_the_spot(
    qtbot: QtBot, dialog: NewTicketDialog, tickets: Tickets
) -> None:
    dialog.requester.setText("Zhao")
    qtbot.waitUntil(dialog.warning.isVisible)
    qtbot.mouseClick(dialog.warning.decline_button, Qt.MouseButton.LeftButton)
    assert dialog._trouble.full_text == "Write what was asked for; the refusal is recorded too."
    dialog.title.setText("paint the office")
    with qtbot.waitSignal(dialog.opened):
        qtbot.mouseClick(dialog.warning.decline_button, Qt.MouseButton.LeftButton)
    assert [one.state for one in tickets.all()] == ["declined"]


def test_a_similar_ticket_is_offered(
    qtbot: QtBot, dialog: NewTicketDialog, tickets: Tickets
) -> None:
    tickets.open("incident", "官网首页打不开", requester="李老师", priority=1)
    dialog.title.setText("首页打不开了")
    qtbot.waitUntil(dialog.similar.isVisible)
    assert "T-0001" in dialog.similar.text.full_text


def test_a_refusal_of_the_store_is_shown_in_the_dialog(
    qtbot: QtBot, dialog: NewTicketDialog, contracts: Contracts, tickets: Tickets
) -> None:
    dialog.requester.setText("李老师")
    dialog.title.setText("502")
    dialog.who.judge()
    contact = next(one for one in contracts.contacts() if one.name == "李老师")
    contracts.end_contact(contact.id, contact.valid_from)  # meanwhile, on another page
    dialog.create_button.click()
    qtbot.waitUntil(dialog._trouble.isVisible)
    assert "not a designated contact" in dialog._trouble.full_text
    assert dialog.isVisible()
    assert tickets.all() == ()


def test_what_was_asked_earlier_is_entered_with_its_own_time(
    qtbot: QtBot, dialog: NewTicketDialog, tickets: Tickets
) -> None:
    dialog.title.setText("502")
    dialog.requester.setText("李老师")
    dialog.who.judge()
    when = dialog.who.when
    when.choice.setFocus()
    earlier = when.choice.findChildren(QPushButton)[1]
    QTest.keyClick(earlier, Qt.Key.Key_Space)
    assert when.time.isVisible()
    assert when.time.hasFocus()
    when.time.setDateTime(QDateTime.currentDateTime().addSecs(3600))
    assert dialog.create_button.toolTip() == "Still missing: a time that lies behind us"
    an_hour_ago = QDateTime.currentDateTime().addSecs(-3600)
    when.time.setDateTime(an_hour_ago)
    with qtbot.waitSignal(dialog.opened) as made:
        QTest.keyClick(dialog, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    ticket: Ticket = made.args[0]
    assert ticket.opened_at.timestamp() // 60 == an_hour_ago.toSecsSinceEpoch() // 60
    [step] = tickets.steps(ticket.id)
    assert step.at - ticket.opened_at > timedelta(minutes=59)
    assert step.text.startswith("Asked for at ")
    response = next(one for one in tickets.clocks(ticket.id) if one.key == "response")
    assert response.seconds > 3500


def test_the_contact_is_checked_for_the_day_on_which_it_was_asked(
    qtbot: QtBot, dialog: NewTicketDialog
) -> None:
    dialog.requester.setText("李老师")  # a contact since 2018-03-06
    dialog.who.judge()
    assert not dialog.warning.isVisible()
    dialog.who.when.choice.findChildren(QPushButton)[1].click()
    dialog.who.when.time.setDateTime(QDateTime(2018, 3, 5, 12, 0, 0))
    assert dialog.warning.isVisible()
