"""The limits of the clocks are read, written and changed in the window, with their history."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox
from pytestqt.qtbot import QtBot

from gmops_desktop.contract.hours import WORKING, Hours
from gmops_desktop.contract.targets import OBJECTIVES
from gmops_desktop.language import speaking
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.finding import Finding
from gmops_desktop.services.tickets import Tickets
from gmops_desktop.tasks import TaskRunner
from ui.limit_words import differences, hours_in, seconds_in, written, written_hours
from ui.limits_sheet import LimitsSheet
from ui.ticket_forms import FormSheet
from ui.tickets_tab import TicketsTab

# ---------------------------------------------------------------- words


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("15 min", 900),
        ("15分", 900),
        ("1.5 h", 5400),
        ("1 h 30 min", 5400),
        ("4 小时", 14400),
        ("2 天", 172800),
        ("2D", 172800),
        ("", None),
        ("  ", None),
    ],
)
def test_a_duration_is_read(text: str, seconds: float | None) -> None:
    assert seconds_in(text) == seconds


@pytest.mark.parametrize("text", ["soon", "15", "0 min", "4 h x", "-3 h", "3 weeks"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=text):
        seconds_in(text)


@given(st.integers(1, 10_000_000) | st.integers(1, 90_000).map(lambda count: count * 60))
def test_what_is_written_is_read_again(seconds: int) -> None:
    assert seconds_in(written(float(seconds))) == seconds
    with speaking("zh_CN"):
        assert seconds_in(written(float(seconds))) == seconds


def test_working_hours_are_read_as_they_are_written() -> None:
    assert hours_in(written_hours(WORKING)) == WORKING
    assert hours_in("8:30～17:00".replace("～", "~")) == Hours(((time(8, 30), time(17)),))
    for wrong in ("", "9-12", "09:00-12:00, 11:00-18:00", "25:00-26:00"):
        with pytest.raises(ValueError, match=r".*"):
            hours_in(wrong)


def test_a_change_is_told_in_phrases() -> None:
    first, *rest = OBJECTIVES.rules
    quick = replace(first, seconds={**first.seconds, 1: 600.0})
    matrix = {**OBJECTIVES.matrix, 3: {**OBJECTIVES.matrix[3], 4: 3}}
    other = replace(
        OBJECTIVES,
        rules=(quick, *rest[:-1]),
        pauses=OBJECTIVES.pauses | {"window"},
        warn_at=0.7,
        hours=Hours(((time(9), time(18)),)),
        matrix=matrix,
    )
    assert differences(OBJECTIVES, OBJECTIVES) == []
    said = differences(OBJECTIVES, other)
    assert said[0] == (
        "Response · all kinds: 15 min / 30 min / 2 h / 8 h → 10 min / 30 min / 2 h / 8 h"
    )
    assert said[1].endswith(": removed")
    assert said[2:] == [
        "A maintenance window: stops the clocks",
        "Working hours: 09:00-12:00, 14:00-18:00 → 09:00-18:00",
        "Reminder at: 80% → 70%",
        "Single persons × Low: Low → Medium",
    ]
    assert "A maintenance window: no longer stops the clocks" in differences(other, OBJECTIVES)


# ---------------------------------------------------------------- the sheet


@pytest.fixture
def tab(
    qtbot: QtBot, tickets: Tickets, contracts: Contracts, runner: TaskRunner, finding: Finding
) -> TicketsTab:
    tab = TicketsTab(tickets, contracts, runner, finding)
    runner.changed.connect(tab.hear)
    qtbot.addWidget(tab)
    tab.resize(1278, 716)
    tickets.open("incident", "官网首页 502", requester="李老师", priority=1)
    with qtbot.waitExposed(tab):
        tab.show()
    return tab


@pytest.fixture
def sheet(qtbot: QtBot, tab: TicketsTab) -> LimitsSheet:
    qtbot.keyClick(tab.side.limits, Qt.Key.Key_Space)
    found = tab.findChild(LimitsSheet)
    assert isinstance(found, LimitsSheet)
    return found


def test_a_limit_is_changed_with_its_reason_and_judged_at_once(
    qtbot: QtBot,
    tab: TicketsTab,
    sheet: LimitsSheet,
    tickets: Tickets,
    settled: Callable[[], None],
) -> None:
    field = sheet.rules.lines[0].limits[1]
    assert field.text() == "15 min"
    assert sheet.save.toolTip() == "Nothing is different yet."
    field.setText("soon")
    assert "“soon” is no duration" in sheet.save.toolTip()
    field.setText("10 min")
    assert "stands in the record" in sheet.save.toolTip()
    sheet.words.setText("letter of 11-22")
    qtbot.keyClick(sheet.save, Qt.Key.Key_Space)
    settled()
    assert tickets.limits.current().limit("response", "incident", 1).seconds == 600
    [response, *_] = tickets.clocks(tickets.all()[0].id)
    assert response.target == 600
    again = tab.edit_limits()
    [kept] = again.history.rows.shown
    assert (kept.actor, kept.text) == ("Zhang", "letter of 11-22")


def test_reasons_hours_and_matrix_are_data_too(
    qtbot: QtBot, sheet: LimitsSheet, tickets: Tickets, settled: Callable[[], None]
) -> None:
    stops = sheet.stops
    assert not stops.pauses["confirmation"].isEnabled()
    assert "1.21" in stops.pauses["confirmation"].toolTip()
    stops.pauses["third_party"].setChecked(True)
    stops.hours.setText("")
    assert "working hours" in sheet.save.toolTip()
    stops.hours.setText("08:30-12:00, 13:30-17:30")
    stops.warn_at.setValue(75)
    cell = sheet.matrix.cells[1, 3]
    assert isinstance(cell, QComboBox)
    cell.setCurrentIndex(cell.findData(1))
    sheet.words.setText("agreed by phone")
    qtbot.keyClick(sheet.save, Qt.Key.Key_Space)
    settled()
    found = tickets.limits.current()
    assert found.pauses - OBJECTIVES.pauses == {"third_party"}
    assert found.hours.windows[0] == (time(8, 30), time(12))
    assert (found.warn_at, found.matrix[1][3]) == (0.75, 1)


def test_a_rule_is_added_for_some_kinds_and_another_removed(
    qtbot: QtBot, sheet: LimitsSheet, tickets: Tickets, settled: Callable[[], None]
) -> None:
    before = len(sheet.rules.lines)
    qtbot.keyClick(sheet.rules.add, Qt.Key.Key_Space)
    form = sheet.findChild(FormSheet)
    assert isinstance(form, FormSheet)
    tick = form.fields["training"]
    assert isinstance(tick, QCheckBox)
    tick.setChecked(True)
    qtbot.keyClick(form.go, Qt.Key.Key_Space)
    assert len(sheet.rules.lines) == before + 1
    for field in sheet.rules.lines[-1].limits.values():
        field.setText("3 d")
    sheet.rules._remove(1)
    sheet.words.setText("training may wait")
    qtbot.keyClick(sheet.save, Qt.Key.Key_Space)
    settled()
    found = tickets.limits.current()
    assert found.limit("response", "training", 2).seconds == 3 * 86400
    assert found.limit("restore", "incident", 1).seconds is None
