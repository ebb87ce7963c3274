"""Trigger, hold and clear."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmops_desktop.contract.thresholds import GB, LIMITS, Limit, disk_state, judge, tls_level
from gmops_desktop.errors import OpsError


@pytest.mark.parametrize(
    ("value", "before", "state"),
    [
        (84, "ok", "ok"),
        (85, "ok", "warning"),
        (76, "warning", "warning"),
        (74, "warning", "ok"),
        (95, "warning", "critical"),
        (86, "critical", "critical"),
        (84, "critical", "warning"),
        (74, "critical", "ok"),
    ],
)
def test_a_state_holds_until_its_clear_value(value: float, before, state) -> None:
    assert judge(LIMITS["cpu"], over_time(*[value] * 6), before) == state


def over_time(*values: float) -> list[tuple[datetime, float]]:
    """Values two minutes apart."""
    noon = datetime(2018, 4, 2, 12, tzinfo=UTC)
    return [(noon + place * timedelta(minutes=2), value) for place, value in enumerate(values)]


def test_a_peak_is_not_an_alert_but_its_mean_may_be() -> None:
    assert judge(LIMITS["cpu"], over_time(10, 10, 10, 10, 10, 100)) == "ok"
    assert judge(LIMITS["cpu"], over_time(90, 90, 90, 90, 90)) == "warning"
    assert judge(LIMITS["cpu"], over_time(100, 100)) == "unknown", "still collecting"
    assert judge(LIMITS["cpu"], over_time(100, 100), "warning") == "warning"
    # Memory is judged as it is now.
    assert judge(LIMITS["memory"], over_time(10, 10, 10, 99)) == "critical"


def test_nothing_known_is_unknown() -> None:
    assert judge(LIMITS["cpu"], []) == "unknown"


def test_every_limit_of_the_program_makes_sense() -> None:
    for limit in LIMITS.values():
        assert limit.checked() == Limit.from_dict(limit.to_dict())


@pytest.mark.parametrize(
    "limit",
    [Limit((85, 85)), Limit((85, 75), (80, 70)), Limit((85, 75), (95, 99)), Limit((8, 48), (9, 24)),
     Limit((85, 75), None, 45)],
)  # fmt: skip
def test_a_limit_that_contradicts_itself_is_refused(limit: Limit) -> None:
    with pytest.raises(OpsError) as caught:
        limit.checked()
    assert caught.value.unharmed


@given(st.floats(0, 200), st.sampled_from(["ok", "warning", "critical", "unknown"]))
def test_more_is_never_better(value: float, before) -> None:
    order = ("ok", "warning", "critical")
    states = [judge(LIMITS["cpu"], over_time(*[value + step] * 6), before) for step in (0, 5, 50)]
    assert [order.index(state) for state in states] == sorted(order.index(s) for s in states)


def test_less_may_be_worse() -> None:
    fills = LIMITS["fills"]
    assert [judge(fills, over_time(hours)) for hours in (100, 8, 2)] == [
        "ok",
        "warning",
        "critical",
    ]
    assert judge(fills, over_time(40), "warning") == "warning"
    assert judge(fills, over_time(49), "warning") == "ok"


def test_a_disk_is_critical_only_where_little_is_left() -> None:
    assert disk_state(84.9, 50 * GB) == "ok"
    assert disk_state(96, 400 * GB) == "warning"
    assert disk_state(96, 2 * GB) == "critical"
    assert disk_state(10, 50 * GB, 99) == "critical"


def test_a_certificate_warns_a_month_ahead() -> None:
    assert [tls_level(days, trusted=True) for days in (60, 30, 7, -1)] == [
        "ok",
        "warning",
        "critical",
        "critical",
    ]
    assert tls_level(60, trusted=False) == "critical"
