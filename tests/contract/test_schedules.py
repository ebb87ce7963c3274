"""What is due when: by property, over changes of the clock, sleep, and two programs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gmops_desktop.contract.schedules import (
    GRACE,
    Outcome,
    Plan,
    Run,
    Surroundings,
    Taken,
    decide,
    following,
    newest,
    occurrences,
    quiet_until,
    rate_limit,
    start_of,
)
from gmops_desktop.errors import OpsError

CHINA = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
NIGHTLY = Plan(times=(time(2, 30),))
LONG_AGO = datetime(2018, 1, 1, tzinfo=UTC)

moments = st.datetimes(datetime(2018, 1, 1), datetime(2019, 12, 31)).map(
    lambda at: at.replace(tzinfo=UTC, microsecond=0)
)
times = st.builds(time, st.integers(0, 23), st.integers(0, 59))
zones = st.sampled_from(
    [CHINA, BERLIN, ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe")]
)
plans = st.builds(
    Plan,
    times=st.lists(times, min_size=1, max_size=3).map(tuple),
    every_hours=st.sampled_from([0, 1, 4, 5, 12]),
    weekdays=st.frozensets(st.integers(0, 6), min_size=1),
    catch_up=st.sampled_from(["now", "ask", "skip"]),
    battery=st.sampled_from(["ask", "run", "skip"]),
    quiet_rule=st.sampled_from(["none", "wait"]),
    quiet_begin=times,
    quiet_end=times,
).filter(lambda plan: plan.quiet_begin != plan.quiet_end)


def at(text: str, zone: ZoneInfo = CHINA) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def run(due: datetime, outcome: Outcome, ended: datetime, **more: bool) -> Run:
    return Run("r", "db", due, ended - timedelta(minutes=5), ended, outcome, **more)


def judge(plan, now, runs=(), taken=(), around=None, attended=False, since=LONG_AGO):
    around = around or Surroundings()
    return decide(plan, since, now, runs, taken, around, attended=attended, zone=CHINA)


# ---------------------------------------------------------------- the calendar


@settings(deadline=None)
@given(plans, moments, zones)
def test_newest_and_following_are_neighbours(plan: Plan, now: datetime, zone: ZoneInfo):
    before, after = newest(plan, now, zone), following(plan, now, zone)
    assert before is not None
    assert after is not None
    assert before <= now < after
    assert occurrences(plan, before, after - timedelta(seconds=1), zone) == ()


@settings(deadline=None)
@given(plans, moments, st.integers(1, 20), zones)
def test_no_day_of_the_plan_is_left_out(plan: Plan, now: datetime, days: int, zone: ZoneInfo):
    """Whatever the clock does: every day named has at least one, and none twice at one time."""
    until = now + timedelta(days=days)
    found = occurrences(plan, now, until, zone)
    assert len(set(found)) == len(found)
    local = {moment.astimezone(zone).date() for moment in found}
    inside = [now.astimezone(zone).date() + timedelta(days=n) for n in range(1, days)]
    assert {day for day in inside if day.weekday() in plan.weekdays} <= local | {
        # a time just before midnight may be shifted over it by the clock
        day - timedelta(days=1)
        for day in local
    }


def test_summer_time_begins_and_ends():
    def of_day(day: str) -> tuple[datetime, ...]:
        return occurrences(NIGHTLY, at(f"{day}T00:00", BERLIN), at(f"{day}T12:00", BERLIN), BERLIN)

    spring, autumn = of_day("2018-03-25"), of_day("2018-10-28")
    assert [f"{one.astimezone(BERLIN):%H:%M}" for one in spring] == ["03:30"]
    assert [one.astimezone(UTC).hour for one in autumn] == [0], "the first of the two 02:30"


def test_a_series_within_the_day():
    plan = Plan(times=(time(0, 30),), every_hours=6)
    assert [f"{one:%H:%M}" for one in plan.day_times] == ["00:30", "06:30", "12:30", "18:30"]


# ---------------------------------------------------------------- what is due


def _seen(starts: set[datetime], now: datetime) -> set[datetime]:
    """Return when the ticks of ten minutes from `now` on first see each of `starts`."""
    tick = timedelta(minutes=10)
    return {now + -(-(start - now) // tick) * tick for start in starts}


@settings(deadline=None, max_examples=50)
@given(plans, moments)
def test_one_appointment_is_kept_once(plan: Plan, now: datetime):
    """Ticking every 10 minutes for two days, each moment of the plan is run at most once."""
    plan = replace(plan, battery="run")
    done: list[Run] = []
    begun: list[datetime] = []
    for tick in range(2 * 144):
        moment = now + timedelta(minutes=10 * tick)
        decision = judge(plan, moment, done, since=now)
        if decision.act == "run":
            assert decision.due not in {one.due for one in done}
            assert decision.due <= moment
            done.append(run(decision.due, "done", moment))
            begun.append(moment)
        assert decision.act in ("run", "wait"), "nobody slept here, so nothing is missed"
    starts = {start_of(plan, due, CHINA) for due in occurrences(plan, now, moment, CHINA)}
    last = {one for one in starts if now < one <= moment - timedelta(minutes=10)}
    # Appointments that the same tick sees are kept by one backup.
    seen = _seen(last, now)
    quiet = {one for one in last if quiet_until(plan, one, CHINA)}
    assert len(begun) >= len(seen) - len(quiet)
    if plan.quiet_rule == "wait":
        assert not any(quiet_until(plan, one, CHINA) for one in begun)


@settings(deadline=None)
@given(plans, moments, st.integers(-72, 72))
def test_a_clock_that_was_moved_repeats_nothing_and_stops_nothing(plan, now, hours):
    due = newest(plan, now, CHINA)
    moved = now + timedelta(hours=hours)
    decision = judge(plan, moved, [run(due, "done", now)])
    assert decision.due != due or decision.act == "wait"
    # A day later by the new clock, the plan goes on: nothing waits for the old future.
    later = moved + timedelta(days=8)
    assert judge(plan, later, [run(due, "done", now)]).due != due


def test_what_was_before_the_plan_is_not_asked_for():
    now = at("2018-11-22T09:00")
    assert judge(NIGHTLY, now, since=now - timedelta(minutes=1)).act == "wait"
    assert judge(NIGHTLY, now).act == "run"


def test_a_plan_made_while_the_clock_was_ahead_still_works():
    assert judge(NIGHTLY, at("2018-11-22T02:31"), since=at("2030-01-01T00:00")).act == "run"


def test_missed_while_asleep_is_done_now_asked_or_left():
    now = at("2018-11-22T08:10")
    found = judge(NIGHTLY, now)
    assert (found.act, found.why) == ("run", ("missed",))
    assert found.late == timedelta(hours=5, minutes=40).total_seconds()
    ask = replace(NIGHTLY, catch_up="ask")
    assert judge(ask, now, attended=True).act == "ask"
    assert judge(ask, now).act == "run", "nobody is there to be asked, and a backup is missing"
    assert judge(replace(NIGHTLY, catch_up="skip"), now).act == "skip"
    assert judge(replace(NIGHTLY, catch_up="skip"), at("2018-11-22T02:49")).act == "run"


def test_of_many_missed_only_the_newest_counts():
    now = at("2018-11-22T08:10")
    assert judge(NIGHTLY, now).due == at("2018-11-22T02:30")


def test_a_proved_archive_by_hand_settles_it_and_an_unproved_one_does_not():
    now = at("2018-11-22T08:10")
    by_hand = Taken("a", at("2018-11-22T07:00"), True)
    assert judge(NIGHTLY, now, taken=[by_hand]).act == "wait"
    assert judge(NIGHTLY, now, taken=[replace(by_hand, verified=None)]).act == "run"
    assert judge(NIGHTLY, now, taken=[replace(by_hand, at=at("2018-11-22T02:00"))]).act == "run"


def test_battery_and_metered_line():
    now = at("2018-11-22T02:31")
    on_battery, metered = Surroundings(on_battery=True), Surroundings(metered=True)
    assert judge(NIGHTLY, now, around=on_battery).act == "skip"
    assert judge(NIGHTLY, now, around=on_battery, attended=True).act == "ask"
    assert judge(replace(NIGHTLY, battery="run"), now, around=on_battery).act == "run"
    both = judge(NIGHTLY, now, around=Surroundings(True, True), attended=True)
    assert both.why == ("battery", "metered")
    assert judge(replace(NIGHTLY, metered="skip"), now, around=metered, attended=True).act == "skip"
    unknown = Surroundings(None, None)
    assert judge(NIGHTLY, now, around=unknown).act == "run", "unknown counts as not metered"


def test_a_skip_for_battery_is_made_up_for_at_the_socket():
    due, now = at("2018-11-22T02:30"), at("2018-11-22T08:10")
    skipped = run(due, "skipped", at("2018-11-22T02:40"))
    assert judge(NIGHTLY, now, [skipped]).act == "run"


def test_a_failure_is_tried_again_some_times():
    due = at("2018-11-22T02:30")
    failed = [run(due, "failed", due + timedelta(minutes=1))]
    soon = judge(NIGHTLY, due + timedelta(minutes=5), failed)
    assert (soon.act, soon.why, soon.at) == ("wait", ("retry",), due + timedelta(minutes=11))
    again = judge(NIGHTLY, due + timedelta(minutes=11), failed)
    assert (again.act, again.attempt, again.why) == ("run", 2, ())
    spent = [run(due, "failed", due + timedelta(minutes=11 * n)) for n in range(1, 5)]
    assert judge(NIGHTLY, due + timedelta(hours=2), spent).act == "wait"
    hopeless = [run(due, "failed", due + timedelta(minutes=1), hopeless=True)]
    assert judge(NIGHTLY, due + timedelta(hours=2), hopeless).due != due


def test_a_failure_written_by_a_clock_that_was_ahead_does_not_delay():
    due = at("2018-11-22T02:30")
    ahead = [run(due, "failed", at("2019-11-22T02:30"))]
    assert judge(NIGHTLY, due + timedelta(minutes=5), ahead).at == due + timedelta(minutes=15)


# ---------------------------------------------------------------- quiet hours and rates


def test_quiet_hours_are_waited_for():
    plan = Plan(times=(time(12),), quiet_rule="wait", quiet_begin=time(9), quiet_end=time(18))
    noon = judge(plan, at("2018-11-22T12:00"))
    assert (noon.act, noon.at, noon.why) == ("wait", at("2018-11-22T18:00"), ("quiet",))
    evening = judge(plan, at("2018-11-22T18:00"))
    assert (evening.act, evening.why) == ("run", ()), "it is not late: it waited"
    missed = replace(plan, times=(time(2, 30),))
    assert judge(missed, at("2018-11-22T10:00")).at == at("2018-11-22T18:00")


@settings(deadline=None)
@given(plans, moments, zones)
def test_quiet_hours_end_after_they_began(plan: Plan, now: datetime, zone: ZoneInfo):
    until = quiet_until(plan, now, zone)
    if until is not None:
        assert until > now
        assert quiet_until(plan, until, zone) is None
        assert until - now <= timedelta(hours=25)


def test_quiet_hours_over_midnight():
    plan = Plan(quiet_rule="wait", quiet_begin=time(22), quiet_end=time(6))
    assert quiet_until(plan, at("2018-11-22T23:00"), CHINA) == at("2018-11-23T06:00")
    assert quiet_until(plan, at("2018-11-23T05:59"), CHINA) == at("2018-11-23T06:00")
    assert quiet_until(plan, at("2018-11-23T06:00"), CHINA) is None


def test_what_is_left_of_the_line():
    plan = Plan(line_mbit=5, leave_mbit=3, quiet_rule="slow", quiet_leave_mbit=4.5)
    assert rate_limit(plan, at("2018-11-22T03:00"), CHINA) == 250_000
    assert rate_limit(plan, at("2018-11-22T12:00"), CHINA) == 62_500
    assert rate_limit(Plan(line_mbit=5), at("2018-11-22T03:00"), CHINA) == 0
    assert rate_limit(replace(plan, leave_mbit=4.99), at("2018-11-22T03:00"), CHINA) == 31_250


# ---------------------------------------------------------------- plans that cannot work


@settings(deadline=None)
@given(plans)
def test_a_plan_survives_being_stored(plan: Plan):
    assert Plan.from_dict(plan.to_dict()) == plan


@pytest.mark.parametrize(
    "broken",
    [
        {"times": []},
        {"times": ["25:00"]},
        {"times": 3},
        {"weekdays": [7]},
        {"enabled": "yes"},
        {"every_hours": -1},
        {"every_hours": True},
        {"catch_up": "tomorrow"},
        {"line_mbit": "fast"},
        {"line_mbit": 5, "leave_mbit": 5},
        {"quiet_rule": "slow"},
        {"quiet_rule": "wait", "quiet_begin": "09:00", "quiet_end": "09:00"},
        {"retry_minutes": 0},
        {"keep": {"last": 0}},
        {"keep": {"daily": "all"}},
        {"keep": []},
    ],
)
def test_broken_plans_are_refused(broken):
    with pytest.raises((ValueError, TypeError)):
        Plan.from_dict(Plan().to_dict() | broken)


def test_a_newer_version_s_fields_are_let_alone():
    assert Plan.from_dict({"moon": "full"}) == Plan()


def test_what_cannot_work_is_said_in_a_sentence():
    with pytest.raises(OpsError, match="the whole line"):
        Plan(line_mbit=2, leave_mbit=3).checked()


def test_grace_is_longer_than_the_timer_s_steps():
    assert timedelta(minutes=10) < GRACE
    assert date(2018, 11, 22).weekday() == 3
