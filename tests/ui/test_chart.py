"""A chart never draws a line where nobody looked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pytestqt.qtbot import QtBot

from ui.widgets.chart import Chart
from ui.widgets.plot import Threshold, plotted
from ui.words import span

BEGIN = datetime(2018, 11, 21, 10, tzinfo=UTC)
END = BEGIN + timedelta(hours=24)


def test_spans_without_samples_are_gaps_at_both_ends_and_between(qtbot: QtBot) -> None:
    chart = Chart("CPU")
    qtbot.addWidget(chart)
    hours = [*range(2, 8), *range(12, 20)]
    points = [(BEGIN + timedelta(hours=hour), 10.0) for hour in hours]
    chart.show_plot(plotted(points, BEGIN, END, step=3600 / 3 + 1, reason="asleep"))
    spans = [((last - first) / 3600) for first, last in chart.gaps]
    assert spans == [2, 5, 5]
    assert [len(run) for run in chart._runs] == [6, 8]


def test_an_unknown_value_is_a_gap_and_not_a_zero(qtbot: QtBot) -> None:
    chart = Chart("CPU")
    qtbot.addWidget(chart)
    points = [
        (BEGIN + timedelta(minutes=minute), None if 300 <= minute < 600 else 5.0)
        for minute in range(0, 1441, 5)
    ]
    chart.show_plot(plotted(points, BEGIN, END, step=300))
    assert len(chart.gaps) == 1
    assert [min(value for _, value in run) for run in chart._runs] == [5.0, 5.0]


def test_a_gap_over_midnight_is_told_with_its_dates() -> None:
    noon = datetime(2018, 11, 21, 12).astimezone()  # of the machine's own zone, as it is shown
    hour, day = timedelta(hours=1), timedelta(days=1)
    assert span(noon, noon + hour) == "12:00–13:00"
    assert span(noon, noon + day) == "11-21 12:00 – 11-22 12:00"
    assert span(noon, noon + 41 * day) == "2018-11-21 12:00 – 2019-01-01 12:00"


@pytest.mark.parametrize(
    ("values", "top"), [([3.0], 4.0), ([101.0], 200.0), ([0.0], 1.0), ([7.9], 8.0)]
)
def test_the_top_is_a_round_number_above_everything(
    qtbot: QtBot, values: list[float], top: float
) -> None:
    chart = Chart("load")
    qtbot.addWidget(chart)
    chart.show_plot(plotted([(BEGIN, value) for value in values], BEGIN, END, step=60))
    assert chart._high == pytest.approx(top)


def test_it_paints_with_and_without_samples(qtbot: QtBot) -> None:
    chart = Chart("CPU")
    qtbot.addWidget(chart)
    chart.resize(400, 180)
    chart.show_plot(plotted([], BEGIN, END, step=60, reason="no samples yet"))
    assert not chart.grab().isNull()
    points = [(BEGIN + timedelta(minutes=minute), float(minute % 90)) for minute in range(900)]
    thresholds = [Threshold(85, "85", "warning")]
    chart.show_plot(plotted(points, BEGIN, END, step=60, thresholds=thresholds, state="warning"))
    assert not chart.grab().isNull()


def test_what_somebody_else_says_of_a_gap_is_drawn_and_read_as_theirs(qtbot: QtBot) -> None:
    chart = Chart("load")
    qtbot.addWidget(chart)
    own = [(BEGIN + timedelta(minutes=at), 3.0) for at in (*range(0, 300, 5), *range(600, 1440, 5))]
    theirs = [(BEGIN + timedelta(minutes=at), 90.0) for at in range(300, 600, 5)]
    ended = [*theirs, (theirs[-1][0], None)]
    chart.show_plot(plotted(own, BEGIN, END, step=300, others=ended, teller="the cloud"))
    assert len(chart.gaps) == 1, "what others saw does not fill our gap"
    assert chart._high == 100.0
    assert chart._reading(theirs[7][0].timestamp()).endswith("90.0  (the cloud)")
    assert "the cloud" not in chart._reading(own[3][0].timestamp())
    chart.resize(400, 180)
    picture = chart.grab().toImage()
    line = chart._at(chart._plot(), theirs[30][0].timestamp(), 90.0)
    chart.show_plot(plotted(own, BEGIN, END, step=300, high=100.0))
    without = chart.grab().toImage()
    row = round(line.y())
    differ = [
        x for x in range(picture.width())
        if any(picture.pixel(x, y) != without.pixel(x, y) for y in (row - 1, row, row + 1))
    ]  # fmt: skip
    begin, end = (chart._at(chart._plot(), one, 0.0).x() for one in chart.gaps[0])
    assert len(differ) > 20
    assert begin - 2 <= min(differ) <= max(differ) <= end + 2
