"""Clocks by replay: what is charged, what is not, and that every figure can be unfolded."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gmops_desktop.contract.clocks import clocks, first_answer, promises
from gmops_desktop.contract.hours import (
    ALWAYS,
    WORKING,
    WorkingDays,
    counted,
    seconds_between,
)
from gmops_desktop.contract.intervals import intervals
from gmops_desktop.contract.targets import OBJECTIVES, Rule, Targets
from gmops_desktop.contract.terms import ZONE
from gmops_desktop.contract.ticket_bonds import effective, state_before_merge
from gmops_desktop.contract.tickets import ENDED, PARTY_A, PRIORITIES
from gmops_desktop.contract.workdays import STANDARD, is_workday
from ticket_histories import MINUTE, T0, entry, histories, opened

LATER = T0 + timedelta(days=9)


def by_key(found):
    return {clock.key: clock for clock in found}


def within(seconds, *, working_hours=False, **more):
    """Targets of so many seconds for every clock and priority."""
    limits = dict.fromkeys(PRIORITIES, float(seconds))
    bound = ("response", "restore", "resolve")
    rules = tuple(Rule(key, limits, working_hours=working_hours) for key in bound)
    return Targets(rules, **more)


# ---------------------------------------------------------------- what is charged


def test_waiting_on_party_a_is_never_charged():
    entries = [
        opened(),
        entry(2, 2, {"state": "working"}),
        entry(3, 10, {"state": "suspended"}, waiting_on="party_a", text="等模板包"),
        entry(4, 17, {"state": "working"}),
        entry(5, 30, {"state": "awaiting_confirmation"}),
        entry(6, 90, {"state": "closed"}),
    ]
    found = by_key(clocks(entries, LATER))
    assert found["response"].seconds == 120
    assert found["resolve"].seconds == found["restore"].seconds == 23 * 60
    assert found["resolve"].paused == (7 + 60) * 60
    assert found["waiting"].seconds == (7 + 60) * 60
    assert not any(clock.running for clock in found.values())
    assert not any(clock.due_at for clock in found.values())


def test_a_third_party_or_a_window_is_charged_unless_the_contract_lists_it():
    entries = [opened(), entry(2, 1, {"state": "suspended"}, waiting_on="third_party")]
    now = T0 + 10 * MINUTE
    found = by_key(clocks(entries, now))
    assert found["resolve"].seconds == 600
    assert found["resolve"].running
    assert found["waiting"].seconds == 0
    listed = replace(OBJECTIVES, pauses=PARTY_A | {"third_party"})
    held = by_key(clocks(entries, now, listed))
    assert (held["resolve"].seconds, held["resolve"].paused) == (60, 540)
    assert not held["resolve"].running
    assert held["waiting"].seconds == 0, "a third party is not Party A"


def test_a_suspension_without_a_listed_reason_stops_nothing():
    entries = [opened(), entry(2, 1, {"state": "suspended"}, waiting_on="lunch")]
    assert by_key(clocks(entries, T0 + 10 * MINUTE))["resolve"].seconds == 600


def test_a_change_of_priority_only_changes_the_target():
    before = [opened(priority=4), entry(2, 5, {"state": "working"})]
    after = [*before, entry(3, 20, {"priority": 1}, action="ticket.revised")]
    now = T0 + 5 * timedelta(hours=1)
    relaxed, urgent = by_key(clocks(before, now)), by_key(clocks(after, now))
    assert relaxed["restore"].seconds == urgent["restore"].seconds
    assert relaxed["restore"].state == "ok"
    assert urgent["restore"].state == "critical"
    assert urgent["restore"].target == OBJECTIVES.limit("restore", "incident", 1).seconds


def test_without_a_target_nothing_is_judged():
    found = by_key(clocks([opened()], T0 + MINUTE, Targets()))
    assert found["response"].target is None
    assert found["response"].state == "unknown"
    assert found["response"].due_at is None


def test_a_clock_warns_before_it_is_missed():
    looks = [
        by_key(clocks([opened()], T0 + minutes * MINUTE, within(600)))["response"]
        for minutes in (1, 9, 11)
    ]
    assert [clock.state for clock in looks] == ["ok", "warning", "critical"]
    assert {clock.due_at for clock in looks} == {T0 + 10 * MINUTE}
    assert {clock.warn_at for clock in looks} == {T0 + 8 * MINUTE}


def test_only_incidents_are_restored_and_that_may_be_before_they_are_solved():
    entries = [
        opened(),
        entry(2, 5, {"state": "working"}),
        entry(3, 40, {"restored_at": (T0 + 30 * MINUTE).isoformat()}, action="ticket.restored"),
        entry(4, 60, {"state": "awaiting_confirmation"}),
        entry(5, 70, {"state": "working"}, text="又 502 了"),
    ]
    found = by_key(clocks(entries[:3], T0 + 50 * MINUTE))
    assert found["restore"].seconds == 30 * 60
    assert not found["restore"].running
    assert found["resolve"].seconds == 50 * 60
    back = by_key(clocks(entries, T0 + 75 * MINUTE))
    assert back["restore"].seconds == 35 * 60
    assert back["restore"].running
    assert "restore" not in by_key(clocks([opened(kind="question")], LATER))


def test_an_answer_is_what_party_b_does_not_what_is_corrected_or_noted_by_machines():
    quiet = [
        opened(),
        entry(2, 1, {"priority": 2}, action="ticket.revised"),
        entry(3, 2, {"link_x": "related"}, action="ticket.linked"),
        entry(4, 3, action="ticket.noted", text="again", occurrence="2018-11-22"),
    ]
    assert first_answer(quiet) is None
    assert by_key(clocks(quiet, LATER))["response"].running
    answered = [*quiet, entry(5, 9, action="ticket.noted", text="看到了")]
    assert first_answer(answered) == T0 + 9 * MINUTE


# ---------------------------------------------------------------- promises


def test_the_promise_counts_from_when_it_was_last_made():
    entries = [
        opened(),
        entry(2, 1, {"state": "working"}),
        promised(3, 10, 40),
        entry(4, 20, {"state": "awaiting_notice"}),
        entry(5, 30, {"state": "implementing"}),
    ]
    promise = by_key(clocks(entries, T0 + 45 * MINUTE))["promise"]
    assert promise.target == 30 * 60
    assert promise.seconds == 25 * 60  # 10 to 20, 30 to 45
    assert promise.paused == 10 * 60
    assert promise.state == "warning"
    assert promise.due_at == T0 + 50 * MINUTE  # what Party A took is added
    assert "promise" not in by_key(clocks(entries[:2], T0 + 45 * MINUTE))


def promised(number, minutes, until, **note):
    fields = {"promised_for": (T0 + until * MINUTE).isoformat()}
    return entry(number, minutes, fields, action="ticket.promised", **note)


def test_every_version_of_a_promise_is_kept_and_judged():
    entries = [
        opened(),
        promised(2, 10, 40, deviation="甲方催"),
        promised(3, 30, 60, text="等接口"),
        promised(4, 70, 100, text="再等"),
        entry(5, 90, {"state": "working"}),
        entry(6, 95, {"state": "awaiting_confirmation"}),
    ]
    first, second, third = promises(entries, T0 + 96 * MINUTE)
    assert (first.kept, first.standing, first.deviation) == (None, False, "甲方催")
    assert (second.kept, second.reason) == (False, "等接口")  # replaced when it was late
    assert (third.kept, third.standing) == (True, True)
    assert promises(entries[:-1], T0 + 96 * MINUTE)[-1].kept is None  # it runs
    assert promises(entries[:-1], T0 + 101 * MINUTE)[-1].kept is False


# ---------------------------------------------------------------- odd histories


def test_reopening_charges_again_but_not_the_time_closed():
    entries = [
        opened(),
        entry(2, 10, {"state": "awaiting_confirmation"}),
        entry(3, 20, {"state": "closed"}),
        entry(4, 500, {"state": "working"}),
    ]
    found = by_key(clocks(entries, T0 + 505 * MINUTE))
    assert found["resolve"].seconds == found["restore"].seconds == 15 * 60
    assert found["resolve"].running


def test_a_ticket_declined_at_once_runs_no_clock():
    first = entry(1, 0, {"state": "declined", "priority": 3}, action="ticket.declined")
    found = by_key(clocks([first], T0 + timedelta(days=3)))
    assert not any(clock.running for clock in found.values())
    assert found["resolve"].seconds == found["response"].seconds == 0


def test_a_ticket_written_down_later_counts_from_when_it_was_raised():
    first = opened(opened_at=(T0 - 30 * MINUTE).isoformat())
    found = by_key(clocks([first], T0 + 10 * MINUTE))
    assert found["response"].seconds == 40 * 60


def test_a_clock_set_back_stops_time_but_never_turns_it():
    entries = [opened(), entry(2, -600, {"state": "working"}), entry(3, 8, {"state": "suspended"})]
    spans = intervals(entries, T0 + 10 * MINUTE)
    assert all(span.seconds >= 0 for span in spans)
    assert [span.state for span in spans] == ["working", "suspended"]


def test_no_entries_no_clocks():
    assert clocks([], T0) == ()


# ---------------------------------------------------------------- working hours


def test_working_hours_skip_nights_weekends_and_the_noon_break():
    entries = [opened(kind="question"), entry(2, 1, {"state": "working"})]
    friday = T0 + timedelta(days=1, hours=9)  # 19:00
    resolve = by_key(clocks(entries, friday))["resolve"]
    # Thursday 10-12, 14-18; Friday 9-12, 14-18
    assert resolve.seconds == (6 + 7) * 3600
    assert {one.why for one in resolve.stretches if one.counting == "off"} == {
        "Outside working hours"
    }
    limits = within(14 * 3600, working_hours=True)
    due = by_key(clocks(entries, T0 + MINUTE, limits))["resolve"].due_at
    assert due == datetime(2018, 11, 26, 10, 0, tzinfo=ZONE)  # the Monday after
    assert resolve.hours == WORKING


def test_worked_weekends_count_and_holidays_do_not():
    eve = datetime(2018, 9, 28, 9, 0, tzinfo=ZONE)  # a Friday before the National Day
    first = replace(opened(kind="request"), at=eve)
    after = datetime(2018, 10, 8, 18, 0, tzinfo=ZONE)
    resolve = by_key(clocks([first], after))["resolve"]
    # 28; 29 and 30 (worked Saturday and Sunday); 1 to 7 off; 8
    assert resolve.seconds == 4 * 7 * 3600


# ---------------------------------------------------------------- merging


def merging(number, minutes, into="other", **more):
    fields = {"state": "merged", "merged_into": into}
    return entry(number, minutes, fields, action="ticket.merged", **more)


def test_a_merged_ticket_brings_its_time_along():
    earlier = [opened(), entry(2, 4, {"state": "working"}), merging(5, 100)]
    later = [replace(opened(), at=T0 + 60 * MINUTE, clock=3), entry(4, 90, {"priority": 2})]
    now = T0 + 120 * MINUTE
    alone, both = by_key(clocks(later, now)), by_key(clocks(later, now, joined=[earlier]))
    assert alone["resolve"].seconds == 60 * 60
    assert both["resolve"].seconds == 120 * 60
    assert both["response"].seconds == 4 * 60
    assert by_key(clocks(earlier, now))["resolve"].seconds == 100 * 60


def test_two_tickets_wait_on_party_a_only_while_both_do():
    one = [opened(), entry(2, 10, {"state": "suspended"}, waiting_on="party_a"), merging(5, 40)]
    other = [replace(opened(), clock=3), entry(4, 30, {"state": "suspended"}, waiting_on="party_a")]
    found = by_key(clocks(other, T0 + 60 * MINUTE, joined=[one]))
    assert found["resolve"].seconds == 30 * 60
    assert found["resolve"].paused == 30 * 60


@given(histories(), st.integers(0, 5000), st.integers(0, 400), st.integers(0, 400), st.booleans())
def test_a_merge_that_is_taken_back_leaves_no_trace(entries, minutes, before, between, moved):
    now = T0 + minutes * MINUTE
    number, at = len(entries) + 1, before
    merged = [*entries, merging(number, at)]
    if moved:  # somebody who had not heard of it went on
        merged.append(entry(number + 1, at + 1, {"state": "working"}, device="b"))
    state = state_before_merge(merged)
    taken_back = entry(
        number + 2,
        at + between,
        {"state": state, "merged_into": ""},
        action="ticket.unmerged",
    )
    as_if = [*entries, *([merged[-1]] if moved else [])]
    assert effective([*merged, taken_back]) == effective(as_if)
    assert clocks([*merged, taken_back], now) == clocks(as_if, now)


# ---------------------------------------------------------------- properties


def brute_force(entries, now, rules_hours, pauses):
    """Count minute by minute: what is charged and what is paused, by the plainest reading.

    Entries in order; a state holds from its time on, or from the last one's if that is later.
    """
    moves, at = [], None
    for one in sorted(entries, key=lambda e: e.order):
        if "state" in one.fields:
            at = one.at if at is None else max(at, one.at)
            moves.append((at, one))
        elif one.action == "ticket.restored":  # it also keeps time from running backwards
            at = max(at, one.at)
    charged = paused = 0
    minute = moves[0][0]
    while minute < now:
        here = next(one for begin, one in reversed(moves) if begin <= minute)
        state = here.fields["state"]
        local = minute.astimezone(ZONE)
        counts = rules_hours.always or (
            is_workday(local.date())
            and any(opens <= local.time() < closes for opens, closes in rules_hours.windows)
        )
        pause = {"awaiting_notice": "notice", "awaiting_confirmation": "confirmation"}.get(
            state, here.note.get("waiting_on", "") if state == "suspended" else ""
        )
        if counts and state not in ENDED:
            if pause in pauses:
                paused += 1
            else:
                charged += 1
        minute += MINUTE
    return charged * 60, paused * 60


@settings(deadline=None, max_examples=40)
@given(histories(most=10), st.integers(0, 2500), st.booleans(), st.booleans())
def test_resolution_equals_a_count_of_minutes(entries, minutes, working_hours, third_party):
    pauses = PARTY_A | ({"third_party"} if third_party else set())
    targets = within(3600, working_hours=working_hours, pauses=frozenset(pauses))
    now = max(one.at for one in entries) + minutes * MINUTE
    resolve = by_key(clocks(entries, now, targets))["resolve"]
    hours = WORKING if working_hours else ALWAYS
    assert (resolve.seconds, resolve.paused) == brute_force(entries, now, hours, pauses)


@given(histories(), st.integers(0, 5000), st.booleans(), st.randoms())
def test_every_figure_unfolds_and_no_order_of_arrival_matters(entries, minutes, office, random):
    now = T0 + minutes * MINUTE
    targets = within(3600, working_hours=office)
    spans = intervals(entries, now)
    assert all(one.end == other.begin for one, other in pairwise(spans))
    found = clocks(entries, now, targets)
    for clock in found:
        counted = [one for one in clock.stretches if one.counting == "counted"]
        held = [one for one in clock.stretches if one.counting == "paused"]
        assert clock.seconds == pytest.approx(sum(one.seconds for one in counted))
        assert clock.paused == pytest.approx(sum(one.seconds for one in held))
        assert all(one.end <= other.begin for one, other in pairwise(clock.stretches))
        assert all(one.why for one in clock.stretches)

    shuffled = list(entries)
    random.shuffle(shuffled)  # what a merge of two devices' entries brings, in any order
    assert clocks(shuffled, now, targets) == found


@given(
    histories(backwards=False),
    st.integers(0, 5000),
    st.integers(0, 4000),
    st.integers(0, 600),
    st.booleans(),
)
def test_a_pause_never_costs(entries, minutes, begin, length, office):
    """Whenever a ticket is suspended for Party A and taken up again, no clock gets worse."""
    targets = within(3600, working_hours=office)
    start, stop = T0 + begin * MINUTE, T0 + (begin + length) * MINUTE
    now = max(stop, *(one.at for one in entries)) + minutes * MINUTE
    there = [one for one in intervals(entries, now) if one.state not in ENDED]
    # Where one state ends and another begins, the later one is meant, whose entry is the last.
    around = (one for one in reversed(there) if one.begin <= start and stop <= one.end)
    span = next(around, None)
    if span is None:
        return
    last = max(one.clock for one in entries if one.at <= start)
    waits = span.pause if span.state == "suspended" else ""
    held = [
        entry(1, begin, {"state": "suspended"}, waiting_on="party_a"),
        entry(1, begin + length, {"state": span.state}, waiting_on=waits),
    ]
    # They stand right behind the entry that led to the state, on a device of their own.
    pause = [
        replace(one, device=f"z{place}", clock=last, id=f"p{place}")
        for place, one in enumerate(held)
    ]
    before, after = (
        by_key(clocks(entries, now, targets)),
        by_key(clocks([*entries, *pause], now, targets)),
    )
    for key in before.keys() - {"waiting"}:
        assert after[key].seconds <= before[key].seconds, key


@given(histories(), st.integers(0, 5000), st.sampled_from(PRIORITIES), st.integers(0, 6000))
def test_a_change_of_priority_never_loses_a_pause(entries, minutes, priority, at):
    now = T0 + minutes * MINUTE
    changed = [
        *entries,
        replace(entry(99, at, {"priority": priority}, action="ticket.revised"), device="z"),
    ]
    before, after = by_key(clocks(entries, now)), by_key(clocks(changed, now))
    for key, clock in before.items():
        assert (after[key].seconds, after[key].paused) == (clock.seconds, clock.paused), key
        assert [s for s in after[key].stretches] == [s for s in clock.stretches]


@given(st.integers(0, 20_000), st.integers(0, 3000), st.booleans())
def test_a_due_time_is_when_the_limit_is_used_up(minutes, limit, office):
    entries = [opened(kind="question"), entry(2, 1, {"state": "working"})]
    targets = within((limit + 1) * 60, working_hours=office)
    now = T0 + (minutes + 1) * MINUTE
    due = by_key(clocks(entries, now, targets))["resolve"].due_at
    assert due is not None
    at_due = by_key(clocks(entries, due, targets))["resolve"]
    assert at_due.seconds == (limit + 1) * 60
    assert at_due.due_at == due
    assert by_key(clocks(entries, due + timedelta(days=4), targets))["resolve"].state == "critical"


def test_days_are_those_of_beijing():
    """Half past five on a Friday in Beijing, whatever the zone of the machine."""
    late = datetime.combine(date(2018, 11, 23), time(17, 30), ZONE)
    first = replace(opened(kind="question"), at=late)
    found = by_key(clocks([first], late + timedelta(days=3), within(3600, working_hours=True)))
    assert found["resolve"].due_at == datetime(2018, 11, 26, 9, 30, tzinfo=ZONE)


@settings(deadline=None)
@given(
    st.integers(0, 900_000), st.integers(0, 1_200_000), st.integers(0, 200_000),
    st.sampled_from((ALWAYS, WORKING)),
)  # fmt: skip
def test_whole_days_are_counted_as_if_gone_through(start, minutes, limit, hours):
    """Years at once, over the end of a year, into years that nobody knows."""
    begin = T0 + start * MINUTE
    end = begin + minutes * MINUTE
    days = WorkingDays(STANDARD.is_workday)
    pieces = list(counted(begin, end, hours, STANDARD.is_workday))
    assert seconds_between(begin, end, hours, days) == sum(
        (stop - start).total_seconds() for start, stop in pieces
    )
    first, last = begin.date(), end.date()
    assert days.between(first, last) == STANDARD.workdays_between(first, last)
    assert days(first) == STANDARD.is_workday(first)


@given(histories(), st.integers(0, 5000), st.booleans())
def test_a_clock_is_the_same_folded(entries, minutes, office):
    now = T0 + minutes * MINUTE
    targets = within(3600, working_hours=office)
    whole = clocks(entries, now, targets)
    assert clocks(entries, now, targets, unfolded=False) == tuple(
        replace(one, stretches=()) for one in whole
    )
