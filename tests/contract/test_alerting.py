"""Alerts follow a plain model, do not flap, and are neither raised nor cleared by ignorance."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gmops_desktop.contract.alerting import Watch, follow
from gmops_desktop.contract.forecasts import hours_to_full
from gmops_desktop.contract.thresholds import HOLDS, LIMITS, RANK, Hold, judge
from gmops_desktop.states import STATES, State

NOON = datetime(2018, 4, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
BAD = ("warning", "critical")


def run(levels: Sequence[State], hold: Hold, steps: Sequence[int] | None = None) -> list[State]:
    watch, at, found = Watch(), NOON, []
    for level, step in zip(levels, steps or [1] * len(levels), strict=True):
        at += step * MINUTE
        watch = follow(watch, hold, level, at, 60)
        watch = Watch.from_dict(watch.to_dict())  # as it lies in the store between two looks
        found.append(watch.state)
    return found


def model(levels: Sequence[State], hold: Hold, steps: Sequence[int]) -> list[State]:
    """The same, looked up anew at each look in all that came before."""
    times = [NOON + sum(steps[: place + 1]) * MINUTE for place in range(len(steps))]
    state: State = "unknown"
    changed, found = -1, []
    for here, level in enumerate(levels):
        if level == "unknown":
            state = state if state in BAD else "unknown"
            found.append(state)
            continue
        streak: list[int] = []  # the looks up to this one that speak against the state
        for place in range(here, changed, -1):
            one = levels[place]
            against = one != "unknown" and (
                RANK[one] > RANK[state] if RANK[level] > RANK[state] else RANK[one] < RANK[state]
            )
            if not against:
                break
            streak.insert(0, place)
            if place and times[place] - times[place - 1] > 2 * MINUTE:
                break
        if RANK[level] > RANK[state]:
            if len(streak) >= hold.looks:
                state, changed = min((levels[one] for one in streak), key=RANK.__getitem__), here
        elif RANK[level] < RANK[state]:
            if times[here] - times[streak[0]] >= hold.calm * MINUTE:
                state, changed = max((levels[one] for one in streak), key=RANK.__getitem__), here
        elif state == "unknown":
            state = "ok"
        found.append(state)
    return found


looks = st.lists(st.tuples(st.sampled_from(STATES), st.sampled_from([1, 1, 1, 2, 3])), max_size=60)


@given(looks, st.integers(1, 4), st.integers(0, 6))
def test_it_does_what_the_model_does(found, looks_: int, calm: int) -> None:
    levels, steps = [one for one, _ in found], [step for _, step in found]
    hold = Hold(looks_, calm)
    assert run(levels, hold, steps) == model(levels, hold, steps)


@given(st.lists(st.floats(75, 100), min_size=20, max_size=300))
def test_noise_around_a_trigger_is_one_alert(noise: list[float]) -> None:
    """A value that never falls below the clear value, however often it crosses the trigger."""
    states = watched("cpu", [95.0] * 20 + noise)
    assert [state for state in states if state in BAD], "it was raised"
    first = next(place for place, state in enumerate(states) if state in BAD)
    assert all(state in BAD for state in states[first:])


@given(st.lists(st.floats(0, 100), min_size=30, max_size=300))
def test_whatever_comes_no_alert_begins_sooner_than_the_calm_after_the_last(noise) -> None:
    states = watched("memory", noise)
    begins = [
        place
        for place, state in enumerate(states)
        if state in BAD and (not place or states[place - 1] not in BAD)
    ]
    for before, after in pairwise(begins):
        assert after - before > Hold().calm


def watched(metric: str, values: Sequence[float]) -> list[State]:
    """Judge and follow a value a minute, as the looks do."""
    watch, known, found = Watch(), [], []
    for place, value in enumerate(values):
        at = NOON + place * MINUTE
        known.append((at, value))
        level = judge(LIMITS[metric], known, watch.level)
        watch = follow(watch, Hold(), level, at, 60)
        found.append(watch.state)
    return found


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32))
def test_in_a_season_of_samples_every_alert_had_lasted_and_every_end_was_calm(seed: int) -> None:
    """A value that wanders for days, sampled every minute or so, with gaps; each change of the
    alert is held against the samples alone."""
    chance, limit, hold = random.Random(seed), LIMITS["cpu"], Hold()
    assert limit.warning
    assert limit.critical
    watch, at, value = Watch(), NOON, 70.0
    known: list[tuple[datetime, float]] = []
    means: list[tuple[datetime, float, bool]] = []
    raised: list[datetime] = []
    for _ in range(400):
        at += MINUTE * chance.choice([1, 1, 1, 1, 2, 2, 40 if chance.random() < 0.05 else 1])
        value = min(100.0, max(40.0, value + chance.gauss(0, 6)))
        known.append((at, value))
        before = watch
        watch = follow(watch, hold, judge(limit, known, watch.level), at, 60)
        recent = [(one, seen) for one, seen in known if at - one <= 11 * MINUTE]
        mean = sum(seen for _, seen in recent) / len(recent)
        lasted = at - recent[0][0] >= 8 * MINUTE
        means.append((at, mean, lasted))
        if RANK[watch.state] > RANK[before.state]:
            trigger = limit.critical[0] if watch.state == "critical" else limit.warning[0]
            assert mean >= trigger, "no moment's peak"
            assert lasted
            raised.append(at)
        if RANK[watch.state] < RANK[before.state]:
            trigger, clear = limit.critical if before.state == "critical" else limit.warning
            # After a gap, a mean that has not lasted is no finding: it neither raises nor renews.
            calm = [mean for one, mean, told in means if told and at - one <= hold.calm * MINUTE]
            assert max(calm) < trigger, "no look since found it again"
            assert min(mean for one, mean, _ in means if one >= raised[-1]) < clear
            assert at - raised[-1] >= hold.calm * MINUTE, "no alert is over at once"


@given(st.lists(st.just("unknown"), min_size=1, max_size=50))
def test_ignorance_neither_raises_nor_clears(nothing) -> None:
    assert set(run(nothing, Hold())) == {"unknown"}
    assert run(["critical", *nothing], Hold())[-1] == "critical"
    assert run(["ok", *nothing], Hold())[-1] == "unknown", "it was well, and is not known now"
    half_calm: list[State] = ["critical", *["ok"] * 10, *nothing, *["ok"] * 10]
    assert run(half_calm, Hold(calm=15))[-1] == "critical", "the calm begins anew"


def test_a_sleeping_machine_is_no_calm() -> None:
    assert run(["critical", "ok", "ok"], Hold(calm=15), [1, 1, 60])[-1] == "critical"


def test_a_mean_must_have_lasted() -> None:
    assert watched("cpu", [100.0] * 8)[-1] == "unknown"  # collecting
    assert watched("cpu", [100.0] * 9)[-1] == "critical"
    assert watched("cpu", [10.0] * 60 + [100.0] * 3)[-1] == "ok"


@pytest.mark.parametrize("kind", ["down", "unreached", "fills"])
def test_one_look_may_be_the_lines_fault(kind: str) -> None:
    assert run(["ok", "critical", "critical", "ok"], HOLDS[kind]) == ["ok"] * 4
    assert run(["ok", *["critical"] * 3], HOLDS[kind])[-1] == "critical"


def test_how_long_until_a_disk_is_full() -> None:
    def free(*gigabytes: float) -> list[tuple[datetime, float]]:
        return [(NOON + place * 10 * MINUTE, value) for place, value in enumerate(gigabytes)]

    assert hours_to_full(free(10, 9.5, 9, 8.5, 8, 7.5, 7)) == pytest.approx(7 / 3, rel=0.01)
    assert hours_to_full(free(7, 7, 7, 7, 7, 7, 7)) == 10_000
    assert hours_to_full(free(7, 8, 9, 9, 9, 9, 9)) == 10_000
    assert hours_to_full(free(10, 9, 8)) is None, "not long enough"
    assert hours_to_full([]) is None
    assert hours_to_full(free(9, 9, 9, 9, 9, 9, 0)) == 0
