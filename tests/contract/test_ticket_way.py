"""Where a ticket stands on its way, as the contract tells it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from gmops_desktop.contract.changes import AUDIENCES
from gmops_desktop.contract.ticket_way import stations
from gmops_desktop.contract.tickets import KINDS, STATES, Ticket

NOW = datetime(2018, 11, 22, 2, 0, tzinfo=UTC)


def ticket(state="registered", kind="incident", **more):
    first = Ticket("t", "T-0001", kind, "首页 502", "", state, 1, None, "李慧敏", "c", "", "", NOW,
                   None, "", False)  # fmt: skip
    return replace(first, **more)


def way(one, *visited, handed_over=False):
    found = stations(one, {"registered", one.state, *visited}, handed_over=handed_over)
    done = [station.key for station in found if station.done]
    here = next((station.key for station in found if station.here), None)
    return done, here


def test_a_disturbance_is_confirmed_then_explained_then_promised():
    one = ticket()
    assert way(one) == (["registered"], "taken_up")
    one = replace(one, state="working")
    assert way(one) == (["registered", "taken_up"], "agree")
    one = replace(one, agreed_by="李慧敏")
    assert way(one)[1] == "cause"
    one = replace(one, cause="磁盘写满")
    assert way(one)[1] == "promise"
    one = replace(one, promised_for=NOW)
    assert way(one)[1] == "hand_over"
    assert way(one, handed_over=True)[1] == "confirmed"


def test_what_was_passed_over_stays_open_behind():
    one = ticket("awaiting_confirmation")
    done, here = way(one, "working")
    assert (done, here) == (["registered", "taken_up"], "confirmed")
    closed = replace(one, state="closed", confirmed_by="李慧敏")
    assert way(closed, "working") == (["registered", "taken_up", "confirmed", "closed"], None)


def test_an_interruption_has_its_notice_on_the_way():
    one = ticket("awaiting_notice", interrupts=True)
    assert way(one, "working")[1] == "announce"
    told = replace(one, notices=dict.fromkeys(AUDIENCES[:2], "公告"))
    assert way(told, "working")[1] == "announce"
    told = replace(one, notices=dict.fromkeys(AUDIENCES, "公告"))
    assert way(told, "working")[1] == "hand_over"
    assert "announce" not in [
        one.key for one in stations(ticket(), {"registered"}, handed_over=False)
    ]


def test_a_requirement_begins_with_its_evaluation():
    one = ticket("assessing", "requirement")
    assert way(one)[1] == "assess"
    assert way(replace(one, assessed_days=Decimal(2)))[1] == "promise"


def test_a_suspended_ticket_stands_where_it_was():
    assert way(ticket("suspended", resumes="implementing"), "implementing")[1] == "hand_over"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("state", STATES)
def test_every_way_ends_closed_and_stands_at_one_station_at_most(kind, state):
    found = stations(ticket(state, kind), {"registered", state}, handed_over=False)
    assert found[-1].key == "closed"
    assert sum(one.here for one in found) <= 1
    assert all(one.word for one in found)
    assert not any(one.here and one.done for one in found)
