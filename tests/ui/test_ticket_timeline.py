"""A long story: its newest steps at once, older ones above them when they are asked for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from gmops_desktop.services.tickets import Ticket, Tickets
from ui.ticket_timeline import TicketTimeline


@pytest.fixture
def long(tickets: Tickets) -> Ticket:
    at = datetime(2018, 3, 7, tzinfo=UTC)
    ticket = tickets.open("incident", "502", requester="", priority=1, opened_at=at)
    for minute in range(60):
        tickets.note(ticket.id, f"look {minute}\nat {at + timedelta(minutes=minute)}")
    return ticket


def words_of(timeline: TicketTimeline) -> dict[str, int]:
    """Return the words in sight or out of it, and how far below the top edge each stands."""
    top = timeline.viewport()
    return {
        one.text().partition("\n")[0]: one.mapTo(top, QPoint()).y()
        for one in timeline.findChildren(QLabel)
        if one.text().startswith("look ")
    }


def test_older_steps_come_above_and_what_was_in_sight_stays(
    qtbot: QtBot, long: Ticket, tickets: Tickets
) -> None:
    timeline = TicketTimeline()
    qtbot.addWidget(timeline)
    timeline.resize(500, 400)
    with qtbot.waitExposed(timeline):
        timeline.show()
    timeline.show_steps(tickets.steps(long.id), over=False)
    bar = timeline.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0 and bar.value() == bar.maximum())
    assert "look 59" in words_of(timeline)
    assert "look 0" not in words_of(timeline)

    bar.triggerAction(bar.SliderAction.SliderToMinimum)
    qtbot.waitUntil(lambda: bar.value() == 0)
    before = words_of(timeline)
    [earlier] = [one for one in timeline.findChildren(QPushButton) if "earlier" in one.text()]
    height = earlier.height()
    qtbot.mouseClick(earlier, Qt.MouseButton.LeftButton)

    def stays() -> bool:
        now = words_of(timeline)
        return "look 0" in now and abs(now["look 40"] - before["look 40"]) <= height

    qtbot.waitUntil(stays)
