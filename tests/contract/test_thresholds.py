"""Trigger, hold and clear."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmops_desktop.contract.thresholds import GB, LIMITS, disk_state, judge, tls_state


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
    assert judge("cpu", [value] * 3, before) == state


def test_a_peak_is_not_an_alert_but_its_mean_may_be() -> None:
    assert judge("cpu", [10, 10, 10, 100]) == "ok"
    assert judge("cpu", [90, 90, 90, 90]) == "warning"
    assert judge("cpu", [100, 100]) == "ok"
    assert judge("memory", [10, 10, 10, 99]) == "critical"  # memory is judged as it is now


def test_nothing_known_is_unknown() -> None:
    assert judge("cpu", []) == "unknown"


def test_every_limit_clears_below_its_trigger() -> None:
    for limit in LIMITS.values():
        for pair in (limit.warning, limit.critical):
            assert pair is None or pair[1] < pair[0]
        if limit.warning and limit.critical:
            assert limit.warning[0] < limit.critical[0]


@given(st.floats(0, 200), st.sampled_from(["ok", "warning", "critical", "unknown"]))
def test_more_is_never_better(value: float, before) -> None:
    order = ("ok", "warning", "critical")
    states = [judge("cpu", [value + step] * 3, before) for step in (0, 5, 50)]
    assert [order.index(state) for state in states] == sorted(order.index(s) for s in states)


def test_a_disk_is_critical_only_where_little_is_left() -> None:
    assert disk_state(84.9, 50 * GB) == "ok"
    assert disk_state(96, 400 * GB) == "warning"
    assert disk_state(96, 2 * GB) == "critical"
    assert disk_state(10, 50 * GB, 99) == "critical"


def test_a_certificate_warns_a_month_ahead() -> None:
    assert [tls_state(days, True) for days in (60, 30, 7, -1)] == [
        "ok",
        "warning",
        "critical",
        "critical",
    ]
    assert tls_state(60, False) == "critical"
