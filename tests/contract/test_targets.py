"""Limits as data of the contract, and the reminders that come of them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import time, timedelta

import pytest

from gmops_desktop.contract.clocks import clocks
from gmops_desktop.contract.hours import ALWAYS, WORKING, Hours, moment_after, seconds_between
from gmops_desktop.contract.reminders import in_order, reminders_of
from gmops_desktop.contract.targets import OBJECTIVES, from_json, to_json
from gmops_desktop.contract.tickets import ESTIMATES, KINDS, PRIORITIES, Ticket
from gmops_desktop.errors import OpsError
from ticket_histories import MINUTE, T0, entry, opened


def test_targets_come_back_from_the_contract_as_they_were():
    kept = json.loads(json.dumps(to_json(OBJECTIVES)))
    assert from_json(kept) == OBJECTIVES
    assert from_json({"rules": kept["rules"]}) == OBJECTIVES  # what is not said is as usual


def test_every_kind_and_priority_has_its_limits():
    for kind in KINDS:
        for priority in PRIORITIES:
            response = OBJECTIVES.limit("response", kind, priority)
            resolve = OBJECTIVES.limit("resolve", kind, priority)
            assert response.hours == ALWAYS, "the contract is 7x24 (2.1)"
            assert response.seconds > 0
            assert resolve.seconds > 0
    assert OBJECTIVES.limit("resolve", "question", 1).hours == WORKING
    assert OBJECTIVES.limit("resolve", "incident", 1).hours == ALWAYS


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"rules": [{"clock": "promise", "seconds": {}}]},
        {"rules": [{"clock": "resolve", "seconds": {"9": 1}}]},
        {"rules": [{"clock": "resolve", "seconds": {"1": -1}}]},
        {"rules": [], "pauses": ["lunch"]},
        {"rules": [], "hours": [["12:00", "09:00"]]},
        {"rules": [], "warn_at": 1.5},
        {"rules": [], "matrix": {"1": {"1": 1}}},
        {"rules": "x"},
    ],
)
def test_targets_that_make_no_sense_are_refused_with_a_sentence(wrong):
    with pytest.raises(OpsError, match="cannot be read") as caught:
        from_json(wrong)
    assert caught.value.hint


def test_windows_stand_in_order():
    with pytest.raises(ValueError, match="overlap"):
        Hours(((time(9), time(12)), (time(11), time(13))))


def test_where_nobody_works_time_never_comes():
    never = moment_after(T0, 60, WORKING, lambda _day: False)
    assert never is None
    assert seconds_between(T0, T0 + timedelta(days=30), WORKING, lambda _day: False) == 0


def test_the_matrix_is_data():
    assert from_json(to_json(OBJECTIVES)).matrix == ESTIMATES


# ---------------------------------------------------------------- reminders


def ticket(**more):
    values = {
        "id": "t", "number": "T-0001", "kind": "incident", "title": "官网首页 502",
        "description": "", "state": "registered", "priority": 1, "estimate": None,
        "requester": "", "contact_id": "", "emergency": "", "resource_id": "", "opened_at": T0,
        "closed_at": None, "confirmed_by": "", "conflict": False,
    }  # fmt: skip
    return Ticket(**{**values, **more})


def reminded(entries, minutes, **more):
    now = T0 + minutes * MINUTE
    return reminders_of(ticket(**more), clocks(entries, now), now, timedelta(0))


def test_a_reminder_comes_before_the_breach_and_changes_its_name_with_it():
    early, before, late = (reminded([opened()], minutes) for minutes in (5, 13, 16))
    assert early == ()
    assert [(one.key, one.state) for one in before] == [("response", "warning")]
    assert [(one.key, one.state) for one in late] == [("response", "critical")]
    assert before[0].due_at == late[0].due_at == T0 + 15 * MINUTE
    assert before[0].name != late[0].name
    assert before[0].name == reminded([opened()], 14)[0].name, "known again when it was sent"
    assert "T-0001" in before[0].number


def test_what_waits_on_party_a_reminds_of_nothing():
    entries = [opened(), entry(2, 1, {"state": "suspended"}, waiting_on="decision")]
    assert reminded(entries, 10_000, state="suspended") == ()


def test_what_is_over_reminds_of_nothing():
    assert reminded([opened()], 100, state="closed") == ()


def test_reminders_stand_as_they_press():
    now = T0 + 16 * MINUTE
    some = reminders_of(ticket(), clocks([opened()], now), now)
    later = tuple(replace(one, due_at=one.due_at + MINUTE, number="T-0002") for one in some)
    assert in_order([*later, *some])[0] == some[0]
    assert {one.key for one in some} == {"response", "restore"}
