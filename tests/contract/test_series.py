"""A series breaks where nobody looked, and says for how much of the time it speaks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmops_desktop.contract.rollups import HOUR, Rollup, Sample
from gmops_desktop.contract.series import Point, Series, filled, of_rollups, of_samples, thinned

NOON = datetime(2018, 4, 2, 12, tzinfo=UTC)
START = int(NOON.timestamp()) * 1000
MINUTE = 60_000


def test_nothing_looked_at_covers_nothing() -> None:
    assert of_samples([], "cpu", NOON, NOON + timedelta(minutes=1)).coverage == 0
    assert of_samples([], "cpu", NOON, NOON).coverage == 0
    assert of_rollups([], "cpu", NOON, NOON + timedelta(days=1), HOUR).points == ()


def test_a_gap_begins_when_the_last_look_no_longer_speaks() -> None:
    looks = [Sample(START + at * MINUTE, MINUTE, {"cpu": 45.0}) for at in (0, 1, 30)]
    found = of_samples(looks, "cpu", NOON, NOON + timedelta(hours=1))
    assert [(point.at - NOON, point.value) for point in found.points] == [
        (timedelta(minutes=0), 45.0),
        (timedelta(minutes=1), 45.0),
        (timedelta(minutes=3), None),
        (timedelta(minutes=30), 45.0),
        (timedelta(minutes=32), None),
    ]
    assert found.coverage == pytest.approx(5 / 60)
    assert found.taken == 3


def test_hours_nobody_looked_in_are_gaps() -> None:
    one = Rollup(10, 20, 30, 25, 60, HOUR)
    found = of_rollups(
        [(START, {"cpu": one}), (START + 2 * HOUR, {"cpu": one}), (START + 3 * HOUR, {})],
        "cpu", NOON, NOON + timedelta(hours=4), HOUR,
    )  # fmt: skip
    assert [point.value for point in found.points] == [20, None, 20]
    assert found.points[0] == Point(NOON + timedelta(minutes=30), 20, 10, 30)
    assert (found.coverage, found.taken, found.step) == (0.5, 120, 3600)


@given(st.lists(st.one_of(st.none(), st.floats(0, 100)), max_size=400), st.integers(1, 50))
def test_a_thinned_series_keeps_its_range_and_its_gaps(values, most: int) -> None:
    points = [
        Point(NOON + timedelta(minutes=i), value, value, value) for i, value in enumerate(values)
    ]
    thin = thinned(points, most)
    known = [value for value in values if value is not None]
    kept = [point for point in thin if point.value is not None]
    assert [point.at for point in thin] == sorted(point.at for point in thin)
    assert bool(known) == bool(kept)
    assert all(min(known) - 1e-9 <= point.value <= max(known) + 1e-9 for point in kept)
    assert min((point.low for point in kept), default=0) == min(known, default=0)
    assert max((point.high for point in kept), default=0) == max(known, default=0)
    runs = sum(
        1 for i, v in enumerate(values) if v is not None and (not i or values[i - 1] is None)
    )
    assert len(kept) <= most + runs
    assert any(point.value is None for point in thin) == (None in values)


def test_before_the_first_value_there_is_nothing_to_draw() -> None:
    """Rates need two looks: the first one's empty answer is no end of a line."""
    looks = [Sample(START + at * MINUTE, MINUTE, {"cpu": one}) for at, one in ((0, None), (1, 4.0))]
    [first, *_] = of_samples(looks, "cpu", NOON, NOON + timedelta(hours=1)).points
    assert (first.at, first.value) == (NOON + timedelta(minutes=1), 4.0)


@given(
    st.lists(st.tuples(st.integers(0, 59), st.booleans()), unique_by=lambda one: one[0]),
    st.lists(st.integers(0, 59), unique=True),
)
def test_others_are_shown_only_where_we_know_nothing(
    ours: list[tuple[int, bool]], theirs: list[int]
) -> None:
    def at(minute: int) -> datetime:
        return NOON + timedelta(minutes=minute)

    end = NOON + timedelta(hours=1)
    own = Series(tuple(Point(at(one), 1.0 if known else None) for one, known in sorted(ours)), 0.5)
    other = Series(tuple(Point(at(one), 2.0) for one in sorted(theirs)))
    both = filled(own, other, NOON, end)
    assert (both.points, both.coverage) == (own.points, own.coverage)
    shown = [one.at for one in both.others if one.value is not None]
    for minute in theirs:
        before = [known for one, known in sorted(ours) if one <= minute]
        unknown = not before or not before[-1]
        assert (at(minute) in shown) is unknown
    assert shown == sorted(shown)
    if both.others:
        assert both.others[-1].value is None, "each run of them ends"
