"""The words of tickets, who may ask, and the table of moves."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmops_desktop.contract.changes import AUDIENCES
from gmops_desktop.contract.terms import Contact
from gmops_desktop.contract.ticket_moves import (
    TABLE,
    move_to,
    moves_of,
    notices_missing,
    sentence_of,
    unmet,
)
from gmops_desktop.contract.tickets import (
    ESTIMATES,
    FLOW,
    IMPACTS,
    KINDS,
    PRIORITIES,
    STATES,
    SUSPENSIONS,
    Ticket,
    designated,
)

NOW = datetime(2018, 11, 22, 2, 0, tzinfo=UTC)


def ticket(state="registered", kind="incident", **more):
    values = {
        "id": "t",
        "number": "T-0001",
        "kind": kind,
        "title": "官网首页 502",
        "description": "",
        "state": state,
        "priority": 1,
        "estimate": None,
        "requester": "李慧敏",
        "contact_id": "c",
        "emergency": "",
        "resource_id": "",
        "opened_at": NOW,
        "closed_at": None,
        "confirmed_by": "",
        "conflict": False,
    }
    return Ticket(**{**values, **more})


def targets_of(one):
    return [move.to for move in moves_of(one)]


# ---------------------------------------------------------------- the table


def test_every_state_can_be_reached_and_left_towards_an_end():
    reached, frontier = {"registered"}, ["registered"]
    while frontier:
        for move in TABLE[frontier.pop()]:
            if move.to not in reached:
                reached.add(move.to)
                frontier.append(move.to)
    assert reached == set(STATES) - {"merged"}  # reached by merging, not by a move
    assert set(TABLE) == set(STATES)
    assert set(FLOW) < set(STATES)


def test_nothing_closes_but_through_party_a():
    closing = [(state, move) for state in STATES for move in TABLE[state] if move.to == "closed"]
    [(state, move)] = closing
    assert (state, move.needs[-1]) == ("awaiting_confirmation", "confirmation")


def test_work_that_interrupts_is_entered_through_its_notice_only():
    for state in STATES:
        for move in TABLE[state]:
            if move.to == "implementing" and "resume" not in move.needs:
                assert "notice" in move.needs, state


def test_a_requirement_is_assessed_before_work():
    assert "working" in targets_of(ticket())
    assert "working" not in targets_of(ticket(kind="requirement"))
    assessing = ticket("assessing", "requirement")
    assert unmet(assessing, move_to(assessing, "working")) == ("assessment",)
    assessed = replace(assessing, assessed_days=Decimal(2))
    assert unmet(assessed, move_to(assessed, "working")) == ()


def test_a_problem_is_handed_over_with_its_cause():
    working = ticket("working", "problem")
    assert unmet(working, move_to(working, "awaiting_confirmation")) == ("cause",)
    assert not unmet(replace(working, cause="x"), move_to(working, "awaiting_confirmation"))
    incident = ticket("working")
    assert unmet(incident, move_to(incident, "awaiting_confirmation")) == ()


def test_a_suspension_goes_back_to_where_it_came_from():
    for state in ("registered", "assessing", "awaiting_notice"):
        assert targets_of(ticket("suspended", resumes=state)) == [state, "withdrawn"]
    # What is being done, or is done, is not withdrawn by way of a suspension.
    for state in ("implementing", "awaiting_confirmation"):
        assert targets_of(ticket("suspended", resumes=state)) == [state]
    assert targets_of(ticket("suspended")) == ["working", "withdrawn"]  # an older program's


@pytest.mark.parametrize("reason", SUSPENSIONS)
def test_a_suspension_names_one_of_the_listed_reasons(reason):
    one = ticket("working")
    move = move_to(one, "suspended")
    assert unmet(one, move, text="x") == ("pause",)
    assert unmet(one, move, text="x", waiting_on=reason) == ()
    assert unmet(one, move, waiting_on=reason) == ("reason",)


def test_an_interruption_waits_until_all_audiences_are_told():
    one = ticket("awaiting_notice", interrupts=True)
    move = move_to(one, "implementing")
    assert len(notices_missing(one)) == 3
    assert unmet(one, move) == ("notice",)
    told = replace(one, notices=dict.fromkeys(AUDIENCES[:2], "公告 12 号"))
    wants, hint = sentence_of("notice", told)
    assert "T-0001" in wants
    assert notices_missing(told)[0] in hint
    assert unmet(told, move) == ("notice",)
    assert unmet(told, move, emergency="正在被篡改") == ()
    everybody = replace(one, notices=dict.fromkeys(AUDIENCES, "公告 12 号"))
    assert unmet(everybody, move) == ()


def test_a_request_that_was_declined_comes_back_only_by_a_contact_or_an_emergency():
    one = ticket("declined", requester="赵经理", contact_id="")
    move = move_to(one, "registered")
    assert unmet(one, move, text="x") == ("contact",)
    assert unmet(one, move, text="x", emergency="被篡改") == ()
    assert unmet(replace(one, contact_id="c"), move, text="x") == ()


@given(
    st.sampled_from(KINDS),
    st.booleans(),
    st.lists(st.sampled_from(STATES), max_size=40),
    st.data(),
)
def test_no_way_through_the_table_skips_a_gate(kind, interrupts, wishes, data):
    """Facts come in any order, and what it is turns out on the way; whatever is tried, the gates
    hold in every state reached."""
    one = ticket(kind=kind, interrupts=interrupts)
    known = ("", "", "assess", "cause", "notices", "confirm", "kind", "interrupts")
    for wish in wishes:
        fact = data.draw(st.sampled_from(known))
        if fact == "kind":
            one = replace(one, kind=data.draw(st.sampled_from(KINDS)))
        elif fact == "interrupts":
            one = replace(one, interrupts=True)
        elif fact == "assess":
            one = replace(one, assessed_days=Decimal(1))
        elif fact == "cause":
            one = replace(one, cause="磁盘写满")
        elif fact == "notices":
            one = replace(one, notices=dict.fromkeys(AUDIENCES, "公告"))
        elif fact == "confirm" and one.state == "awaiting_confirmation":
            one = replace(one, confirmed_by="李慧敏")
        move = move_to(one, wish)
        if move is None or unmet(one, move, text="x", waiting_on="party_a"):
            continue
        if wish == "closed":
            assert one.confirmed_by
            assert one.state == "awaiting_confirmation"
        resumes = one.state if wish == "suspended" else one.resumes
        kept = one.confirmed_by if wish == "closed" else ""
        one = replace(one, state=wish, resumes=resumes, confirmed_by=kept)
        entered = wish != "suspended" and move.needs[:1] != ("resume",)
        if entered and wish in ("working", "implementing", "awaiting_confirmation", "closed"):
            assert one.kind != "requirement" or one.assessed_days is not None
        if entered and wish in ("implementing", "awaiting_confirmation"):
            assert not notices_missing(one)
        if entered and wish in ("awaiting_confirmation", "closed"):
            assert one.kind != "problem" or one.cause


def test_the_estimate_grows_with_impact_and_urgency():
    for urgency in PRIORITIES:
        column = [ESTIMATES[impact][urgency] for impact in IMPACTS]
        assert column == sorted(column)
    for impact in IMPACTS:
        line = [ESTIMATES[impact][urgency] for urgency in PRIORITIES]
        assert line == sorted(line)


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
