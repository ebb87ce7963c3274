"""Tickets in the window: found, moved, confirmed and closed, each step an entry of the journal."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QPlainTextEdit, QPushButton
from pytestqt.qtbot import QtBot

from gmops_desktop.addresses import WebAddress
from gmops_desktop.contract.clocks import Clock
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.finding import Finding
from gmops_desktop.services.tickets import Ticket, Tickets
from gmops_desktop.tasks import TaskRunner
from ui.ticket_dialogs import ConfirmSheet, PromiseSheet
from ui.ticket_forms import FormSheet
from ui.ticket_list import pressing
from ui.tickets_tab import TicketsTab
from ui.widgets.badges import TimelineMark


@pytest.fixture
def tab(
    qtbot: QtBot, tickets: Tickets, contracts: Contracts, runner: TaskRunner, finding: Finding
) -> TicketsTab:
    tab = TicketsTab(tickets, contracts, runner, finding)
    runner.changed.connect(tab.hear)
    qtbot.addWidget(tab)
    tab.resize(1278, 716)
    tab.show()
    return tab


def opened(tickets: Tickets, title: str = "官网首页 502", **more: object) -> Ticket:
    return tickets.open("incident", title, **{"requester": "李老师", "priority": 1} | more)  # type: ignore[arg-type]  # several types in one dict


def test_an_empty_tab_teaches_the_first_step(qtbot: QtBot, tab: TicketsTab) -> None:
    assert tab._pages.currentIndex() == 1
    qtbot.mouseClick(tab._first, Qt.MouseButton.LeftButton)
    assert tab.findChild(type(tab.new_ticket())) is not None


def test_what_is_known_of_a_new_ticket_is_filled_in(tab: TicketsTab, contracts: Contracts) -> None:
    site = contracts.save_resource("website", "site", WebAddress("https://www.example"))
    dialog = tab.new_ticket("site: status 502", "one\ntwo\nthree\nfour", site.id)
    assert dialog.title.text() == "site: status 502"
    assert dialog.resource.currentData() == site.id
    written = dialog.description.viewport().height()
    assert written >= 4 * dialog.description.fontMetrics().lineSpacing(), "all lines are in sight"
    assert tab.new_ticket().resource.currentData() == ""


def test_a_page_without_open_tickets_opens_with_all(
    qtbot: QtBot, tickets: Tickets, contracts: Contracts, runner: TaskRunner, finding: Finding
) -> None:
    declined = tickets.decline("request", "paint the office", requester="Zhao")
    tab = TicketsTab(tickets, contracts, runner, finding)
    qtbot.addWidget(tab)
    tab.show()
    assert tab.list.current == declined.id


def test_the_list_shows_priority_state_and_the_clock(
    qtbot: QtBot, tab: TicketsTab, tickets: Tickets
) -> None:
    opened(tickets)
    opened(tickets, "会员名册", priority=3)
    with_counts: list[tuple[int, str]] = []
    tab.counted.connect(lambda count, state: with_counts.append((count, state)))
    tab.renew()
    urgent = next(entry for entry in tab.list.entries if entry.title == "官网首页 502")
    assert (urgent.state, urgent.word) == ("critical", "Urgent")
    qtbot.waitUntil(lambda: "left" in urgent.right())
    assert with_counts[-1] == (2, "critical")


def test_two_chinese_characters_find_a_ticket(
    qtbot: QtBot, tab: TicketsTab, tickets: Tickets
) -> None:
    opened(tickets)
    wanted = opened(tickets, "后台找回密码收不到邮件", priority=4)
    tab.renew()
    tab.search.setText("密码")
    qtbot.waitUntil(lambda: [one.identity for one in tab.list.entries] == [wanted.id])
    tab.search.setText("没有的")
    qtbot.waitUntil(lambda: not tab.list.entries)
    assert tab._detail.currentIndex() == 1


def test_a_ticket_goes_from_open_to_closed_with_party_a_s_confirmation(
    qtbot: QtBot, tab: TicketsTab, tickets: Tickets, settled: Callable[[], None]
) -> None:
    ticket = opened(tickets)
    tab.renew()
    for word in ("Start assessing", "Start working", "Start implementing"):
        assert tab.page.forward.text() == word
        tab.page.note.setText(f"note for {word}")
        qtbot.mouseClick(tab.page.forward, Qt.MouseButton.LeftButton)
        settled()
    assert tab.page.note.text() == ""
    qtbot.mouseClick(tab.page.forward, Qt.MouseButton.LeftButton)
    settled()
    assert tickets.get(ticket.id).state == "awaiting_confirmation"
    assert tab.page.forward.text() == "Party A confirms…"

    qtbot.mouseClick(tab.page.forward, Qt.MouseButton.LeftButton)
    sheet = tab.findChild(ConfirmSheet)
    assert isinstance(sheet, ConfirmSheet)
    sheet.by.setCurrentText("李老师")
    sheet.words.setPlainText("it works again")
    qtbot.mouseClick(sheet.save, Qt.MouseButton.LeftButton)
    settled()
    assert tickets.get(ticket.id).confirmed_by == "李老师"

    assert tab.page.forward.text() == "Close ticket"
    qtbot.mouseClick(tab.page.forward, Qt.MouseButton.LeftButton)
    settled()
    assert tickets.get(ticket.id).state == "closed"
    texts = [step.text for step in tickets.steps(ticket.id)]
    assert "note for Start implementing" in texts
    assert tab.list.entries == []  # the filter shows the open ones


def test_a_suspension_asks_for_its_reason(
    qtbot: QtBot, tab: TicketsTab, tickets: Tickets, settled: Callable[[], None]
) -> None:
    ticket = opened(tickets)
    tab.renew()
    action = next(one for one in tab.page.more_menu.actions() if one.text() == "Suspend…")
    action.trigger()
    sheet = tab.findChild(FormSheet)
    assert isinstance(sheet, FormSheet)
    reason, words = sheet.fields["waiting_on"], sheet.fields["text"]
    assert isinstance(reason, QComboBox)
    assert isinstance(words, QPlainTextEdit)
    words.setPlainText("waiting for the template")
    assert not sheet.go.isEnabled(), "what is waited for is one of the listed reasons"
    reason.setCurrentIndex(reason.findData("party_a"))
    qtbot.mouseClick(sheet.go, Qt.MouseButton.LeftButton)
    settled()
    assert tickets.get(ticket.id).state == "suspended"
    step = tickets.steps(ticket.id)[-1]
    assert step.text == "Material from Party A\nwaiting for the template"
    assert tab.page.forward.text() == "Go on: Registered"


def test_a_promise_lies_in_the_future_and_changing_it_needs_a_reason(
    qtbot: QtBot, tab: TicketsTab, tickets: Tickets, settled: Callable[[], None]
) -> None:
    ticket = opened(tickets)
    tab.renew()
    tab.verbs.ask("promise")
    sheet = tab.findChild(PromiseSheet)
    assert isinstance(sheet, PromiseSheet)
    sheet.until.setDateTime(sheet.until.dateTime().addDays(-3))
    assert not sheet.go.isEnabled()
    sheet.until.setDateTime(sheet.until.dateTime().addDays(3))
    assert not sheet.go.isEnabled(), "the root cause is not found yet"
    sheet.words.setText("Party A wants to know now")
    qtbot.mouseClick(sheet.go, Qt.MouseButton.LeftButton)
    settled()
    assert tickets.get(ticket.id).promised_for is not None

    again = PromiseSheet(tab, "T", tickets.get(ticket.id).promised_for)
    assert not again.go.isEnabled()
    again.words.setText("the part comes later")
    assert again.go.isEnabled()


def test_a_note_is_recorded_by_enter(
    qtbot: QtBot, tab: TicketsTab, tickets: Tickets, settled: Callable[[], None]
) -> None:
    ticket = opened(tickets)
    tab.renew()
    assert not tab.page.record.isEnabled()
    assert tab.page.record.toolTip() == "Write the note first."
    qtbot.keyClicks(tab.page.note, "php-fpm restarted")
    qtbot.keyClick(tab.page.note, Qt.Key.Key_Return)
    settled()
    assert tickets.steps(ticket.id)[-1].text == "php-fpm restarted"


def test_a_closed_ticket_is_shown_when_asked_for_by_number(
    tab: TicketsTab, tickets: Tickets
) -> None:
    ticket = tickets.decline("request", "paint the office", requester="Zhao")
    opened(tickets)
    tab.renew()
    tab.show_item(ticket.number)
    assert tab.list.current == ticket.id
    assert tab.which.current == "all"


def test_a_refused_step_reaches_the_user(
    qtbot: QtBot, tab: TicketsTab, tickets: Tickets, runner: TaskRunner
) -> None:
    ticket = opened(tickets)
    tab.renew()
    with qtbot.waitSignal(runner.failed) as failed:
        tickets.move(ticket.id, "withdrawn", "Party A took it back")  # behind the window's back
        tab.verbs.move("working", "as agreed")
    task, error = failed.args
    assert not task.quiet
    assert "cannot become" in str(error)


def test_a_step_that_was_left_out_is_not_ticked(
    qtbot: QtBot, tab: TicketsTab, tickets: Tickets
) -> None:
    ticket = opened(tickets)
    tickets.move(ticket.id, "working")
    tickets.move(ticket.id, "awaiting_confirmation")
    tab.renew()

    def marks() -> list[str]:
        return [mark.kind for mark in tab.side.findChildren(TimelineMark) if mark.isVisible()]

    # Confirmed by both, root cause, promise and hand-over were passed over.
    wanted = ["ok", "ok", "step", "step", "step", "step", "now", "step"]
    qtbot.waitUntil(lambda: marks() == wanted)


def test_what_is_open_on_the_way_is_recorded_from_there(
    qtbot: QtBot, tab: TicketsTab, tickets: Tickets
) -> None:
    opened(tickets)
    tab.renew()

    def link() -> QPushButton | None:
        found = (one for one in tab.side.findChildren(QPushButton) if one.isVisible())
        return next((one for one in found if one.text() == "Root cause"), None)

    qtbot.waitUntil(lambda: link() is not None)
    made = link()
    assert made is not None
    qtbot.keyClick(made, Qt.Key.Key_Space)
    form = tab.findChild(FormSheet)
    assert isinstance(form, FormSheet)
    assert "cause" in form.fields


def test_what_presses_is_the_clock_that_ends_first() -> None:
    response = Clock("response", 60.0, 0.0, 900.0, True, "ok")
    restore = Clock("restore", 60.0, 0.0, 300.0, True, "ok")
    assert pressing([response, restore]) == "Restoration 4 min 0 s left"
    late = Clock("restore", 400.0, 0.0, 300.0, True, "critical")
    assert pressing([response, late]) == "Restoration late by 1 min 40 s"
    waiting = Clock("waiting", 7200.0, 0.0, None, True, "warning")
    assert pressing([response, waiting]) == "paused 2 h 0 min"
    assert pressing([]) == ""
