"""Looks brought down to a chart: nothing is invented where nobody looked."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmops_desktop.contract.terms import ZONE
from gmops_desktop.reports.charts import Curve, day_strip, load_chart
from gmops_desktop.reports.spans import bounds, by_day, coverage, fineness, gaps, peaks, runs, share
from gmops_desktop.reports.styles import BLUE

START, END = date(2018, 4, 1), date(2018, 4, 30)
FIRST = datetime(2018, 4, 1, tzinfo=ZONE)


def hourly(hours: range, value: float | None = 20.0) -> list[tuple[datetime, float | None]]:
    return [(FIRST + timedelta(hours=hour), value) for hour in hours]


def test_bounds_are_the_days_of_beijing() -> None:
    first, after = bounds(START, END)
    assert (first.isoformat(), after.isoformat()) == (
        "2018-04-01T00:00:00+08:00",
        "2018-05-01T00:00:00+08:00",
    )


def test_a_gap_stays_a_gap_and_a_peak_a_peak() -> None:
    points = [*hourly(range(0, 240)), *hourly(range(290, 720))]
    points.append((FIRST + timedelta(hours=400, minutes=30), 93.0))
    count = fineness([points], START, END)
    values = peaks(points, START, END, count)
    assert count == 240
    assert [first * 3 for first, _ in gaps([values])] == [240]
    assert max(value for value in values if value is not None) == 93.0
    assert runs(values) == [(0, 80), (96, 240)]


def test_rare_looks_are_not_torn_to_gaps() -> None:
    points = hourly(range(0, 720, 12))
    values = peaks(points, START, END, fineness([points], START, END))
    assert None not in values


def test_looked_and_learnt_nothing_is_a_gap_too() -> None:
    points = [*hourly(range(0, 360)), *hourly(range(360, 720), None)]
    values = peaks(points, START, END, fineness([points], START, END))
    assert runs(values) == [(0, 120)]
    assert share(hourly(range(3), None)) is None


def test_coverage_counts_only_what_a_look_can_speak_for() -> None:
    month_over = FIRST + timedelta(days=40)
    assert coverage(hourly(range(720)), START, END, month_over) == 1.0
    assert coverage([], START, END, month_over) == 0.0
    half = coverage(hourly(range(360)), START, END, month_over)
    assert half == pytest.approx(0.5, abs=0.01)
    torn = [*hourly(range(0, 24)), *hourly(range(696, 720))]  # 28 days between two looks
    assert coverage(torn, START, END, month_over) == pytest.approx(2 / 30, abs=0.01)
    unanswered = [*hourly(range(360)), *hourly(range(360, 720), None)]
    assert coverage(unanswered, START, END, month_over) == pytest.approx(0.5, abs=0.01)
    assert coverage(hourly(range(24)), START, END, FIRST + timedelta(days=1)) == 1.0


def test_days_without_an_answer_have_no_share() -> None:
    points = [*hourly(range(0, 24), 1.0), *hourly(range(24, 36), 1.0), *hourly(range(36, 48), 0.0)]
    days = by_day(points, START, END)
    assert [day.share for day in days[:3]] == [1.0, 0.5, None]
    assert len(days) == 30


@given(st.lists(st.none() | st.floats(0, 100), max_size=50))
def test_runs_and_gaps_cover_everything_once(values: list[float | None]) -> None:
    covered = sorted([*runs(values), *gaps([values])])
    assert [begin for begin, _ in covered][:1] == [0][: len(covered)]
    assert all(one[1] == other[0] for one, other in pairwise(covered))
    assert sum(end - begin for begin, end in covered) == len(values)


def test_charts_bear_every_shape_of_data() -> None:
    """One look alone, none at all, everything over the threshold, a month half over."""
    for values in ([None] * 10, [None, 5.0, *[None] * 8], [95.0] * 10, [50.0] * 4 + [None] * 6):
        curve = Curve("CPU", BLUE, values)
        drawing = load_chart(
            400, 90, (START, END), [curve], threshold=(80, "80 %"), gap_word="nobody", until=0.5
        )
        assert drawing.contents
    days = by_day(hourly(range(0, 48), 1.0), START, END)
    cells = len(day_strip(400, days, "by day", dated=False, until=START).contents)
    hatched = len(day_strip(400, days, "by day", dated=False, until=END).contents)
    assert hatched > cells  # days to come are left blank, days nobody looked are hatched
