"""A chart is read and moved in by mouse and by keyboard alike."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ui.widgets.live_chart import ChartMark, LiveChart
from ui.widgets.plot import plotted

BEGIN = datetime(2018, 11, 21, 10, tzinfo=UTC)
END = BEGIN + timedelta(hours=10)
START = BEGIN.timestamp()


@pytest.fixture
def chart(qtbot: QtBot) -> LiveChart:
    chart = LiveChart("CPU (%)")
    qtbot.addWidget(chart)
    chart.resize(548, 200)
    points = [(BEGIN + timedelta(minutes=m), float(m % 50)) for m in range(0, 300)]
    points += [(BEGIN + timedelta(minutes=m), 10.0) for m in range(420, 600)]
    broken = [*points[:300], (BEGIN + timedelta(minutes=301), None), *points[300:]]
    band = [(at, value - 1, value + 2) for at, value in points]
    chart.show_plot(plotted(broken, BEGIN, END, step=60, high=100, reason="asleep", band=band))
    chart.show()
    return chart


def test_the_crosshair_reads_the_nearest_value_with_its_range(chart: LiveChart) -> None:
    chart.show_cross(START + 10 * 60 + 20)
    said = chart.accessibleDescription()
    assert "10.0" in said
    assert "9.0–12.0" in said
    chart.show_cross(START + 350 * 60)
    assert "asleep" in chart.accessibleDescription()
    assert not chart.grab().isNull()


def test_the_keyboard_moves_zooms_asks_and_goes_back(chart: LiveChart, qtbot: QtBot) -> None:
    chart.pointed.connect(chart.show_cross)
    with qtbot.waitSignal(chart.pointed) as moved:
        qtbot.keyClick(chart, Qt.Key.Key_Left)
    assert moved.args[0] == pytest.approx(END.timestamp() - 360)
    with qtbot.waitSignal(chart.zoomed) as zoomed:
        qtbot.keyClick(chart, Qt.Key.Key_Plus)
    first, last = zoomed.args
    assert first < moved.args[0] < last
    assert last - first == pytest.approx(36000 / 1.25**2)
    with qtbot.waitSignal(chart.asked) as asked:
        qtbot.keyClick(chart, Qt.Key.Key_Return)
    assert asked.args == moved.args
    with qtbot.waitSignal(chart.back):
        qtbot.keyClick(chart, Qt.Key.Key_Escape)


def test_dragging_zooms_into_what_was_dragged_over(chart: LiveChart, qtbot: QtBot) -> None:
    plot = chart._plot()
    middle = int(plot.center().y())
    left, right = QPoint(int(plot.left()) + 100, middle), QPoint(int(plot.left()) + 200, middle)
    with qtbot.waitSignal(chart.zoomed) as zoomed:
        qtbot.mousePress(chart, Qt.MouseButton.LeftButton, pos=left)
        chart._dragged = (float(left.x()), float(right.x()))
        qtbot.mouseRelease(chart, Qt.MouseButton.LeftButton, pos=right)
    assert zoomed.args[0] == pytest.approx(START + 100 / plot.width() * 36000, abs=60)
    with qtbot.waitSignal(chart.back):
        qtbot.mouseDClick(chart, Qt.MouseButton.LeftButton, pos=left)


def test_the_wheel_zooms_about_the_mouse(chart: LiveChart, qtbot: QtBot) -> None:
    here = QPointF(chart._plot().center())
    turn = QWheelEvent(
        here, here, QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    with qtbot.waitSignal(chart.zoomed) as zoomed:
        QApplication.sendEvent(chart, turn)
    first, last = zoomed.args
    assert (first + last) / 2 == pytest.approx(START + 18000, abs=1)
    assert last - first == pytest.approx(36000 / 1.25)


def test_marks_are_told_beside_the_crosshair(chart: LiveChart) -> None:
    plain = chart.grab().toImage()
    at = BEGIN + timedelta(hours=2)
    kinds = ("backup", "change", "ticket", "alert")
    chart.show_marks([ChartMark(at + timedelta(hours=n), kind, kind) for n, kind in
                      enumerate(kinds)])  # fmt: skip
    assert chart.grab().toImage() != plain
    chart.show_cross(at.timestamp())
    assert not chart.grab().isNull()
