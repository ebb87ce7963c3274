"""Hours and days of samples equal a recount, millisecond by millisecond in spirit."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmops_desktop.contract.rollups import (
    DAY,
    HOUR,
    PATIENCE,
    Rollup,
    Sample,
    combine,
    day_of,
    hour_of,
    roll,
)

MINUTE = 60_000
BEGIN = 1_522_659_600_000  # 2018-04-02 17:00 in Beijing

values = st.one_of(st.none(), st.floats(-1e6, 1e6))
looks = st.builds(
    lambda at, every, cpu, up: Sample(BEGIN + at, every * 1000, {"cpu": cpu, "up": up}),
    st.integers(-2 * HOUR, 26 * HOUR),
    st.sampled_from([15, 60, 300, 1800]),
    values,
    values,
)
runs = st.lists(looks, max_size=60, unique_by=lambda one: one.at).map(
    lambda found: sorted(found, key=lambda one: one.at)
)


def recounted(samples: Sequence[Sample], metric: str, begin: int, end: int) -> Rollup | None:
    """The same by brute force: walk over every look there is and cut its time to the span."""
    inside, covered, before = [], 0, None
    for place, one in enumerate(samples):
        value = one.values[metric]
        until = one.at + PATIENCE * one.every
        if place + 1 < len(samples):
            until = min(until, samples[place + 1].at)
        spoken = max(0, min(until, end) - max(one.at, begin))
        if value is None or one.at >= end:
            continue
        if one.at >= begin:
            inside.append(value)
        elif spoken:
            before = value
        covered += spoken
    if inside:
        mean = sum(inside) / len(inside)
        return Rollup(min(inside), mean, max(inside), inside[-1], len(inside), covered)
    if before is not None:
        return Rollup(before, before, before, before, 0, covered)
    return None


def same(found: Rollup | None, wanted: Rollup | None) -> bool:
    if found is None or wanted is None:
        return found is wanted
    exact = (found.low, found.high, found.last, found.count, found.covered)
    return exact == (wanted.low, wanted.high, wanted.last, wanted.count, wanted.covered) and (
        found.mean == pytest.approx(wanted.mean, rel=1e-9, abs=1e-6)
    )


@given(runs)
def test_an_hour_equals_a_recount(samples: list[Sample]) -> None:
    found = roll([one for one in samples if one.at < BEGIN + HOUR], BEGIN, BEGIN + HOUR)
    for metric in ("cpu", "up"):
        wanted = recounted(
            [one for one in samples if one.at < BEGIN + HOUR], metric, BEGIN, BEGIN + HOUR
        )
        assert same(found.get(metric), wanted)


@given(runs)
def test_a_day_of_hours_equals_the_day_in_one(samples: list[Sample]) -> None:
    hours = [roll(samples, at, at + HOUR) for at in range(BEGIN, BEGIN + DAY, HOUR)]
    found = combine(hours)
    whole = roll(samples, BEGIN, BEGIN + DAY)
    for metric in ("cpu", "up"):
        assert same(found.get(metric), whole.get(metric))
        if metric in found:
            assert 0 <= found[metric].covered <= DAY
            assert found[metric].low <= found[metric].mean <= found[metric].high


def test_a_sleeping_machine_is_not_watched() -> None:
    looks = [Sample(BEGIN + at * MINUTE, MINUTE, {"up": 1.0}) for at in (0, 1, 2, 40)]
    found = roll(looks, BEGIN, BEGIN + HOUR)["up"]
    assert found.covered == (1 + 1 + 2 + 2) * MINUTE
    assert found.count == 4


def test_a_look_that_learnt_nothing_ends_what_the_one_before_says() -> None:
    looks = [Sample(BEGIN, 5 * MINUTE, {"up": 1.0}), Sample(BEGIN + MINUTE, 5 * MINUTE, {})]
    assert roll(looks, BEGIN, BEGIN + HOUR)["up"].covered == MINUTE


def test_two_programs_together_speak_for_no_more_than_the_time_there_is() -> None:
    window = [Sample(BEGIN + at * MINUTE, MINUTE, {"up": 1.0}) for at in range(60)]
    timer = [Sample(BEGIN + at * MINUTE + 7, 5 * MINUTE, {"up": 1.0}) for at in range(0, 60, 5)]
    both = sorted([*window, *timer], key=lambda one: one.at)
    found = roll(both, BEGIN, BEGIN + HOUR)["up"]
    assert (found.covered, found.count) == (HOUR, 72)


def test_days_begin_where_the_contract_is_kept() -> None:
    assert hour_of(BEGIN + 1) == BEGIN
    assert day_of(BEGIN) == BEGIN - 17 * HOUR
