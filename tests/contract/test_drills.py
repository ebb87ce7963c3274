"""When a drill is due, overdue, and how a database stands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gmops_desktop.contract.drills import Done, DrillPlan, causes, due, stand
from gmops_desktop.errors import OpsError

NOW = datetime(2018, 4, 30, 3, tzinfo=UTC)
DAY = timedelta(days=1)
PLAN = DrillPlan()


def passed(days: float) -> Done:
    return Done(NOW - days * DAY, "proved")


def test_the_first_drill_is_due_when_the_plan_is_made() -> None:
    assert due(PLAN, NOW, NOW, [])
    assert stand(PLAN, NOW, NOW, []).state == "unknown"


@pytest.mark.parametrize(("days", "state", "is_due"), [
    (0, "ok", False), (29.9, "ok", False), (30, "ok", True), (33, "ok", True),
    (33.1, "warning", True),
])  # fmt: skip
def test_a_month_with_three_days_of_grace(days: float, state: str, is_due: bool) -> None:
    drills = [passed(days)]
    since = NOW - 100 * DAY
    assert due(PLAN, since, NOW, drills) == is_due
    standing = stand(PLAN, since, NOW, drills)
    assert standing.state == state
    assert causes(standing, drills) == ({"overdue"} if state == "warning" else set())


def test_one_that_could_not_be_carried_out_proves_nothing_and_waits_a_day() -> None:
    drills = [passed(40), Done(NOW - DAY / 4, "failed")]
    since = NOW - 100 * DAY
    assert not due(PLAN, since, NOW, drills)
    assert due(PLAN, since, NOW + DAY, drills)
    assert stand(PLAN, since, NOW, drills).overdue


def test_a_disproved_one_is_critical_until_another_passes() -> None:
    bad = Done(NOW - DAY, "disproved")
    standing = stand(PLAN, NOW, NOW, [passed(2), bad])
    assert standing.state == "critical"
    assert causes(standing, [passed(2), bad]) == {"disproved"}
    assert stand(PLAN, NOW, NOW, [bad, passed(0.5)]).state == "ok"


def test_by_hand_only_ages_all_the_same() -> None:
    assert stand(None, NOW, NOW, [passed(1)]).state == "ok"
    assert stand(None, NOW, NOW, [passed(40)]).state == "warning"
    off = DrillPlan(enabled=False)
    assert not due(off, NOW, NOW, [])
    assert stand(off, NOW - 90 * DAY, NOW, []).overdue is False


def test_a_clock_set_back_counts_no_drill_of_the_future() -> None:
    assert stand(PLAN, NOW - 90 * DAY, NOW, [passed(-5)]).state == "warning"


def test_plans_are_checked_and_read_back() -> None:
    with pytest.raises(OpsError, match="makes no sense"):
        DrillPlan(every_days=0).checked()
    assert DrillPlan.from_dict({**DrillPlan(True, 7).to_dict(), "newer": 1}) == DrillPlan(True, 7)
