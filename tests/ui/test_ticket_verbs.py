"""Everything that can be done to a ticket, from the menu and by keyboard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDateTimeEdit,
    QLineEdit,
    QPlainTextEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot

from db.engine import Database
from db.journal import Journal
from gmops_desktop.contract.changes import AUDIENCES
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.finding import Finding
from gmops_desktop.services.tickets import Ticket, Tickets
from gmops_desktop.tasks import TaskRunner
from ui.ticket_clock import ClockSheet
from ui.ticket_forms import FormSheet
from ui.tickets_tab import TicketsTab
from ui.widgets.frames import Label


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


def opened(tab: TicketsTab, tickets: Tickets, title: str = "官网首页 502") -> Ticket:
    ticket = tickets.open("incident", title, requester="李老师", priority=1)
    tab.renew()
    tab.show_item(ticket.id)
    return ticket


def choose(tab: TicketsTab, word: str) -> None:
    """Choose an entry of the menu, as the arrow keys and Enter do."""
    next(one for one in tab.page.more_menu.actions() if one.text() == word).trigger()


def form(tab: TicketsTab) -> FormSheet:
    """Return the form that is open."""
    found = [one for one in tab.findChildren(FormSheet) if one.isVisible()]
    assert len(found) == 1
    return found[0]


def write(field: QWidget, value: object) -> None:
    """Fill in a field as a person would."""
    if isinstance(field, QComboBox):
        field.setCurrentIndex(field.findData(value))
        assert field.currentData() == value
    elif isinstance(field, QPlainTextEdit):
        field.setPlainText(str(value))
    elif isinstance(field, QLineEdit):
        field.setText(str(value))
    elif isinstance(field, QCheckBox):
        field.setChecked(bool(value))


def fill(qtbot: QtBot, sheet: FormSheet, **values: object) -> None:
    for key, value in values.items():
        write(sheet.fields[key], value)
    assert sheet.go.isEnabled(), sheet.go.toolTip()
    qtbot.keyClick(sheet.go, Qt.Key.Key_Space)


def shown(tab: TicketsTab) -> str:
    """Everything the facts say."""
    labels = tab.page.known.findChildren(Label)
    return " ".join(label.full_text for label in labels if label.isVisible())


def test_what_is_found_out_is_recorded_and_shown(
    qtbot: QtBot, tab: TicketsTab, tickets: Tickets, settled: Callable[[], None]
) -> None:
    ticket = opened(tab, tickets)
    qtbot.waitUntil(lambda: "root cause (2.3-6)" in shown(tab))
    steps: list[tuple[str, dict[str, object]]] = [
        ("Impact and urgency…", {"impact": 1, "urgency": 2, "influence": "all members"}),
        ("Problem confirmed by both…", {"by": "李老师", "text": "yes"}),
        ("Seen elsewhere?…", {"scope": "elsewhere", "text": "the members' pages"}),
        ("Root cause…", {"cause": "disk full", "attribution": "third_party", "evidence": "log"}),
        ("Party A's order, kind…", {"priority": 2, "text": "Ms Li"}),
        ("Service restored…", {"text": "moved the logs"}),
        ("Hand-over to Party A…", {"title": "logrotate.conf", "before": "7", "after": "3"}),
        ("Person-days spent…", {"text": "logs"}),
        ("Evaluation by the project manager…", {"by": "Chen"}),
    ]
    for word, values in steps:
        choose(tab, word)
        fill(qtbot, form(tab), **values)
        settled()
    found = tickets.get(ticket.id)
    assert (found.priority, found.estimate, found.influence) == (2, 1, "all members")
    assert (found.scope, found.cause, found.attribution) == (
        "elsewhere",
        "disk full",
        "third_party",
    )
    assert found.restored_at is not None
    assert tickets.dossier(ticket.id).open_points == ()
    texts = ("disk full", "A third party", "all members", "logrotate.conf", "李老师")
    qtbot.waitUntil(lambda: all(text in shown(tab) for text in texts))


def test_a_form_says_why_its_button_is_off(tab: TicketsTab, tickets: Tickets) -> None:
    opened(tab, tickets)
    choose(tab, "Root cause…")
    sheet = form(tab)
    assert "Root cause" in sheet.go.toolTip()
    write(sheet.fields["cause"], "theirs")
    assert sheet.go.isEnabled()
    write(sheet.fields["attribution"], "party_a")
    assert not sheet.go.isEnabled()
    assert "evidence" in sheet.go.toolTip()


def test_a_restoration_lies_between_opening_and_now(tab: TicketsTab, tickets: Tickets) -> None:
    opened(tab, tickets)
    choose(tab, "Service restored…")
    sheet = form(tab)
    at = sheet.fields["at"]
    assert isinstance(at, QDateTimeEdit)
    assert sheet.go.isEnabled()
    at.setDateTime(at.dateTime().addDays(1))
    assert not sheet.go.isEnabled()


def test_an_interruption_leads_through_the_notice_or_a_special_emergency(
    qtbot: QtBot, tab: TicketsTab, tickets: Tickets, settled: Callable[[], None]
) -> None:
    ticket = opened(tab, tickets)
    tickets.move(ticket.id, "working")
    tab.renew()
    choose(tab, "Interruption of the service…")
    fill(qtbot, form(tab), text="restart tonight")
    settled()
    assert tab.page.forward.text() == "Wait for the notice"
    choose(tab, "Start implementing")  # what is missing is asked for at once
    fill(qtbot, form(tab), users="post 1122")
    settled()
    assert tickets.get(ticket.id).state == "working"
    qtbot.waitUntil(lambda: "not told" in shown(tab))

    choose(tab, "Special emergency…")
    fill(qtbot, form(tab), why="it is being defaced")
    settled()
    found = tickets.get(ticket.id)
    assert (found.state, found.notice_emergency) == ("implementing", "it is being defaced")

    told = {one: "post 1122" for one in AUDIENCES}
    choose(tab, "Party A told those concerned…")
    fill(qtbot, form(tab), **told)
    settled()
    assert set(tickets.get(ticket.id).notices) == set(AUDIENCES)


def test_tickets_are_linked_merged_parted_and_split(
    qtbot: QtBot, tab: TicketsTab, tickets: Tickets, settled: Callable[[], None]
) -> None:
    other = tickets.open("incident", "会员中心 502", requester="李老师", priority=2)
    ticket = opened(tab, tickets)
    choose(tab, "Link to another ticket…")
    fill(qtbot, form(tab), kind="caused_by", other=f"{other.number} {other.title}")
    settled()
    assert tickets.get(ticket.id).links == {other.id: "caused_by"}
    choose(tab, "Remove a link…")
    fill(qtbot, form(tab), other=other.id)
    settled()
    assert tickets.get(ticket.id).links == {}

    choose(tab, "Split off a ticket…")
    fill(qtbot, form(tab), title="改横幅", kind="request")
    settled()
    assert [far.title for _, far in tickets.bonds.linked(ticket.id)] == ["改横幅"]

    choose(tab, "Merge into another ticket…")
    fill(qtbot, form(tab), other=other.number)
    settled()
    assert tickets.get(ticket.id).merged_into == other.id
    tab.show_item(other.id)
    assert any(step.of == ticket.number for step in tab.page.timeline.steps)
    tab.show_item(ticket.id)
    assert [one.text() for one in tab.page.more_menu.actions()] == ["Take the merge back"]
    choose(tab, "Take the merge back")
    settled()
    assert tickets.get(ticket.id).state == "registered"


def test_a_clock_unfolds_by_keyboard_into_what_it_was_added_up_from(
    qtbot: QtBot, tab: TicketsTab, tickets: Tickets
) -> None:
    opened(tab, tickets)
    unfold, _, _ = tab.side._rows["resolve"]
    qtbot.keyClick(unfold, Qt.Key.Key_Space)
    sheet = tab.findChild(ClockSheet)
    assert isinstance(sheet, ClockSheet)
    rows = sheet.table.rows.shown
    assert [one.counting for one in rows] == ["counted"]
    assert rows[0].why == "Registered"
    assert "limit" in sheet.sum.full_text


def test_running_clocks_do_not_throw_the_keyboard_out(
    qtbot: QtBot, tab: TicketsTab, tickets: Tickets
) -> None:
    opened(tab, tickets)
    unfold, reading, _ = tab.side._rows["resolve"]
    qtbot.waitUntil(unfold.isVisible)
    unfold.setFocus()
    reading.show_text("old")
    tab._tick()
    assert tab.focusWidget() is unfold
    assert reading.full_text != "old"


@pytest.mark.parametrize("kind", ["incident", "problem", "requirement"])
def test_a_ticket_goes_from_open_to_closed_by_keyboard_alone(
    kind: str,
    qtbot: QtBot,
    tab: TicketsTab,
    tickets: Tickets,
    settled: Callable[[], None],
) -> None:
    """Ctrl+Enter takes each step; where a fact is missing its form opens, and Enter records it."""
    ticket = tickets.open(kind, "例行", requester="李老师", priority=3)  # type: ignore[arg-type]  # parametrized
    tab.renew()
    tab.show_item(ticket.id)
    for _ in range(12):
        if tickets.get(ticket.id).state == "closed":
            break
        qtbot.keyClick(tab.page.forward, Qt.Key.Key_Space)
        dialogs = [one for one in tab.findChildren(QWidget) if one.isWindow() and one.isVisible()]
        for dialog in dialogs:
            if isinstance(dialog, FormSheet):
                for key in ("cause", "by"):
                    if key in dialog.fields:
                        write(dialog.fields[key], "陈志远")
                qtbot.keyClick(dialog.go, Qt.Key.Key_Return)
            elif hasattr(dialog, "save"):
                qtbot.keyClick(dialog.save, Qt.Key.Key_Return)
        settled()
    assert tickets.get(ticket.id).state == "closed"


def test_more_opens_by_its_shortcut(tab: TicketsTab, tickets: Tickets) -> None:
    opened(tab, tickets)
    assert tab.page.more.shortcut().toString() == "Ctrl+M"
    assert "Ctrl+M" in tab.page.more.toolTip()
    assert all(action.text() for action in tab.page.more_menu.actions() if not action.isSeparator())


def test_the_time_it_was_asked_for_is_corrected(
    qtbot: QtBot, tab: TicketsTab, tickets: Tickets
) -> None:
    ticket = opened(tab, tickets)
    choose(tab, "Asked at another time…")
    sheet = form(tab)
    at = sheet.fields["at"]
    assert isinstance(at, QDateTimeEdit)
    at.setDateTime(at.dateTime().addSecs(-80 * 60))
    assert not sheet.go.isEnabled()
    fill(qtbot, sheet, text="话单 09:10")
    qtbot.waitUntil(lambda: tickets.get(ticket.id).opened_at < ticket.opened_at)
    qtbot.waitUntil(
        lambda: any(
            "written down" in label.full_text for label in tab.page.known.findChildren(Label)
        )
    )


def test_two_tickets_merged_into_each_other_are_pointed_out_and_settled(
    tab: TicketsTab, tickets: Tickets, journal: Journal, tmp_path: Path,
    settled: Callable[[], None],
) -> None:  # fmt: skip
    one, other = opened(tab, tickets), opened(tab, tickets, "打不开")
    laptop = Database(tmp_path / "laptop.db")
    there = Journal(laptop, actor=lambda: "李工", device_name="laptop")
    there.merge(journal.entries())
    tickets.bonds.merge(one.id, other.id)
    away = Tickets(laptop, there)
    away.note(one.id, "现场")
    away.bonds.merge(other.id, one.id)
    journal.merge(there.entries())
    laptop.close()
    tab.renew()
    tab.show_item(other.id)
    assert tab.page.conflict.isVisible()
    assert f"this ticket and {one.number} into each other" in tab.page.known.crossed.text()
    choose(tab, "Leave the merge as it stands")
    settled()
    assert not tab.page.conflict.isVisible()
    assert not tab.page.known.crossed.isVisible()
    assert tickets.get(other.id).void_merge == ""
    assert tickets.get(one.id).merged_into == other.id
