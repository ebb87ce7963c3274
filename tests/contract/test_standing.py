"""The light of a database, and what deserves a ticket."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from gmops_desktop.contract.schedules import Outcome, Plan, Run, Taken
from gmops_desktop.contract.standing import causes, stand

NIGHT = Plan(times=(time(2, 30),), retries=1)
DUE = datetime(2018, 11, 22, 2, 30, tzinfo=UTC)
BEFORE = DUE - timedelta(days=30)


def taken(hours: float, verified: bool | None = True) -> Taken:
    return Taken(f"{hours}", DUE + timedelta(hours=hours), verified)


def run(outcome: Outcome, minutes: float = 5, **more: bool) -> Run:
    at = DUE + timedelta(minutes=minutes)
    return Run("r", "db", DUE, at, at, outcome, **more)


def light(hours, archives, runs=(), plan=NIGHT):
    return stand(plan, BEFORE, DUE + timedelta(hours=hours), runs, archives, UTC)


def of(hours, archives=(), runs=(), plan=NIGHT):
    return causes(plan, BEFORE, DUE + timedelta(hours=hours), runs, archives, UTC)


@pytest.mark.parametrize(
    ("hours", "archives", "state"),
    [
        (1, [taken(0.1)], "ok"),
        (0.2, [taken(-24)], "ok"),  # due, and in its grace
        (1, [taken(-23)], "warning"),  # overdue
        (1, [], "critical"),
        (1, [taken(0.1, None)], "warning"),  # there, and not proved
        (1, [taken(-24), taken(0.1, None)], "warning"),
        (1, [taken(-24), taken(0.1, False)], "critical"),  # the newest is damaged
        (40, [taken(-24)], "critical"),  # more than two days old
    ],
)
def test_the_light(hours: float, archives: list[Taken], state: str) -> None:
    found = light(hours, archives)
    assert found.state == state
    assert bool(found.reason) == (state != "ok")


def test_unknown_is_never_ok() -> None:
    assert stand(None, BEFORE, DUE, [], [], UTC).state == "unknown"
    young = stand(NIGHT, DUE - timedelta(hours=1), DUE - timedelta(minutes=5), [], [], UTC)
    assert young.state == "unknown"


def test_what_the_light_is_made_of() -> None:
    found = light(5, [taken(-24), taken(-1, None), taken(-48, False)])
    assert found.last_good == DUE - timedelta(hours=1)
    assert found.last_proved == DUE - timedelta(hours=24)
    assert found.overdue_since == DUE
    assert found.next == DUE + timedelta(days=1)


def test_quiet_hours_are_not_overdue() -> None:
    plan = replace(NIGHT, quiet_rule="wait", quiet_begin=time(2), quiet_end=time(6))
    assert light(2, [taken(-20)], plan=plan).overdue_since is None
    assert light(5, [taken(-20)], plan=plan).overdue_since == DUE + timedelta(hours=3.5)


def test_left_until_the_next_time_it_is_overdue_and_declined_it_is_not() -> None:
    assert light(1, [taken(-20)], [run("missed")]).state == "warning"
    assert light(1, [taken(-20)], [run("skipped")]).overdue_since == DUE
    assert light(1, [taken(-20)], [run("declined")]).state == "ok"
    assert light(1, [taken(-20)], [run("running")]).state == "ok"


def test_without_a_plan_only_the_age_counts() -> None:
    assert stand(None, BEFORE, DUE, [], [taken(-20)], UTC).state == "ok"
    assert stand(None, BEFORE, DUE, [], [taken(-25)], UTC).state == "warning"


def test_an_archive_from_the_future_is_not_believed() -> None:
    assert light(1, [taken(100), taken(-100)]).last_proved == DUE - timedelta(hours=100)


@pytest.mark.parametrize(
    ("hours", "archives", "runs", "expected"),
    [
        (1, [taken(0.1)], [run("done")], set()),
        (1, [], [], None),  # too early to tell
        (5, [], [], {"missed"}),
        (1, [], [run("missed")], {"missed"}),
        (5, [], [run("skipped")], {"missed"}),
        (5, [], [run("declined")], None),  # somebody decided it
        (5, [], [run("running")], None),
        (1, [], [run("failed")], None),  # tried again
        (1, [], [run("failed"), run("failed", 20)], {"failed"}),
        (1, [], [run("failed", hopeless=True)], {"failed"}),
        (1, [taken(0.1, False)], [run("damaged"), run("damaged", 20)], {"unproved"}),
        (1, [taken(0.1, None)], [run("unproved")], {"unproved"}),
        (1, [taken(0.1)], [run("failed"), run("failed", 20)], set()),  # by hand, in the end
    ],
)
def test_what_deserves_a_ticket(hours, archives, runs, expected) -> None:
    assert of(hours, archives, runs) == expected


def test_nothing_is_missed_of_a_plan_switched_off_or_not_yet_begun() -> None:
    assert of(5, plan=replace(NIGHT, enabled=False)) is None
    now = DUE + timedelta(hours=5)
    assert causes(NIGHT, now - timedelta(minutes=1), now, [], [], UTC) is None
