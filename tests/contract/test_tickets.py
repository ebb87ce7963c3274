from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmops_desktop.contract.record import EntryView
from gmops_desktop.contract.terms import Contact
from gmops_desktop.contract.tickets import (
    ENDED,
    MOVES,
    OBJECTIVES,
    STATES,
    Target,
    clocks,
    designated,
    intervals,
    moves_of,
)

T0 = datetime(2018, 11, 22, 2, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def entry(number, minutes, fields=None, device="a", **note):
    return EntryView(
        id=f"e{device}{number}",
        device=device,
        sequence=number,
        clock=number,
        at=T0 + minutes * MINUTE,
        offset_minutes=480,
        actor="张工",
        kind="ticket",
        subject="t",
        action="ticket.moved",
        fields=fields or {},
        note=note,
        hash="",
    )


def opened(priority=1, **more):
    return entry(1, 0, {"state": "registered", "priority": priority, **more})


def by_key(found):
    return {clock.key: clock for clock in found}


# ---------------------------------------------------------------- moves


def test_every_state_can_be_reached_and_left_towards_an_end():
    reached, frontier = {"registered"}, ["registered"]
    while frontier:
        for move in MOVES[frontier.pop()]:
            if move not in reached:
                reached.add(move)
                frontier.append(move)
    assert reached == set(STATES) == set(MOVES)


def test_nothing_closes_but_through_party_a():
    assert [state for state in STATES if "closed" in MOVES[state]] == ["awaiting_confirmation"]


def test_a_requirement_is_assessed_before_work():
    assert "working" in moves_of("incident", "registered")
    assert "working" not in moves_of("requirement", "registered")


# ---------------------------------------------------------------- contacts


def contact(name, party="A", begin=date(2018, 3, 6), end=None):
    return Contact(name, name, party, "", "", begin, end)


def test_only_party_as_contact_of_that_day_is_designated():
    contacts = [contact("李老师", end=date(2018, 6, 30)), contact("王主任"), contact("张工", "B")]
    on = date(2018, 11, 22)
    assert designated(contacts, "王主任", on) == contacts[1]
    assert designated(contacts, " 王 主任", on) == contacts[1]
    assert designated(contacts, "李老师", on) is None
    assert designated(contacts, "李老师", date(2018, 6, 30)) == contacts[0]
    assert designated(contacts, "张工", on) is None
    assert designated(contacts, "", on) is None


# ---------------------------------------------------------------- clocks


def test_waiting_on_party_a_is_never_charged():
    entries = [
        opened(),
        entry(2, 2, {"state": "working"}),
        entry(3, 10, {"state": "suspended"}, waiting_on="party_a", text="等模板包"),
        entry(4, 17, {"state": "working"}),
        entry(5, 30, {"state": "awaiting_confirmation"}),
        entry(6, 90, {"state": "closed"}),
    ]
    found = by_key(clocks(entries, T0 + timedelta(days=9)))
    assert found["response"].seconds == 120
    assert found["restore"].seconds == 23 * 60
    assert found["restore"].paused == (7 + 60) * 60
    assert found["waiting"].seconds == (7 + 60) * 60
    assert not any(clock.running for clock in found.values())


def test_a_third_party_or_a_window_is_charged():
    entries = [opened(), entry(2, 1, {"state": "suspended"}, waiting_on="third_party")]
    found = by_key(clocks(entries, T0 + 10 * MINUTE))
    assert found["restore"].seconds == 600
    assert found["restore"].running
    assert found["waiting"].seconds == 0


def test_a_change_of_priority_only_changes_the_target():
    before = [opened(priority=4), entry(2, 5, {"state": "working"})]
    after = [*before, entry(3, 20, {"priority": 1})]
    now = T0 + 5 * timedelta(hours=1)
    relaxed, urgent = by_key(clocks(before, now)), by_key(clocks(after, now))
    assert relaxed["restore"].seconds == urgent["restore"].seconds
    assert relaxed["restore"].state == "ok"
    assert urgent["restore"].state == "critical"
    assert urgent["restore"].target == OBJECTIVES[1].restore


def test_without_a_target_nothing_is_judged():
    found = by_key(clocks([opened()], T0 + MINUTE, targets={}))
    assert found["response"].target is None
    assert found["response"].state == "unknown"


def test_a_clock_warns_before_it_is_missed():
    targets = {1: Target(600, 600)}
    states = [
        by_key(clocks([opened()], T0 + minutes * MINUTE, targets))["response"].state
        for minutes in (1, 9, 11)
    ]
    assert states == ["ok", "warning", "critical"]


def test_the_promise_counts_from_when_it_was_last_made():
    entries = [
        opened(),
        entry(2, 1, {"state": "working"}),
        entry(3, 10, {"promised_for": (T0 + 40 * MINUTE).isoformat()}),
        entry(4, 20, {"state": "awaiting_notice"}),
        entry(5, 30, {"state": "implementing"}),
    ]
    promise = by_key(clocks(entries, T0 + 45 * MINUTE))["promise"]
    assert promise.target == 30 * 60
    assert promise.seconds == 25 * 60  # 10 to 20, 30 to 45
    assert promise.paused == 10 * 60
    assert promise.state == "warning"
    assert "promise" not in by_key(clocks(entries[:2], T0 + 45 * MINUTE))


def test_reopening_charges_again_but_not_the_time_closed():
    entries = [
        opened(),
        entry(2, 10, {"state": "awaiting_confirmation"}),
        entry(3, 20, {"state": "closed"}),
        entry(4, 500, {"state": "working"}),
    ]
    found = by_key(clocks(entries, T0 + 505 * MINUTE))
    assert found["restore"].seconds == 15 * 60
    assert found["restore"].running


def test_a_ticket_declined_at_once_runs_no_clock():
    entries = [entry(1, 0, {"state": "declined", "priority": 3})]
    found = by_key(clocks(entries, T0 + timedelta(days=3)))
    assert not any(clock.running for clock in found.values())
    assert found["restore"].seconds == found["response"].seconds == 0


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


@st.composite
def histories(draw):
    """A legal walk through the states with times that mostly grow, and notes between."""
    state, minutes, entries = "registered", 0, [opened()]
    for number in range(2, draw(st.integers(2, 25))):
        minutes += draw(st.integers(-3, 60))
        if draw(st.booleans()) and MOVES[state]:
            state = draw(st.sampled_from(MOVES[state]))
            waiting_on = draw(st.sampled_from(["", "party_a", "third_party"]))
            note = {"waiting_on": waiting_on} if state == "suspended" else {}
            entries.append(entry(number, minutes, {"state": state}, **note))
        else:
            entries.append(entry(number, minutes, text="…"))
    return entries


@given(histories(), st.integers(0, 3000), st.randoms())
def test_the_intervals_explain_every_second(entries, minutes, random):
    now = T0 + minutes * MINUTE
    spans = intervals(entries, now)
    assert all(one.end == other.begin for one, other in pairwise(spans))
    found = by_key(clocks(entries, now))
    charged = sum(s.seconds for s in spans if not s.waiting and s.state not in ENDED)
    assert found["restore"].seconds == pytest.approx(charged)
    assert found["waiting"].seconds == found["restore"].paused
    assert all(clock.seconds >= 0 for clock in found.values())

    shuffled = list(entries)
    random.shuffle(shuffled)
    assert clocks(shuffled, now) == clocks(entries, now)
