"""Filters: what passes, and that what is kept comes back."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmops_desktop.contract.ticket_filters import SavedFilter, TicketFilter, from_text, to_text
from gmops_desktop.contract.ticket_templates import Template, kept, ours
from gmops_desktop.contract.ticket_templates import to_text as templates_to_text
from gmops_desktop.contract.tickets import ENDED, KINDS, PRIORITIES, STATES
from gmops_desktop.paths import RESOURCES
from gmops_desktop.services.finding import TicketLine

AT = datetime(2018, 11, 22, tzinfo=UTC)

FILTERS = st.builds(
    TicketFilter,
    which=st.sampled_from(["open", "waiting", "all"]),
    text=st.text(max_size=10),
    kinds=st.frozensets(st.sampled_from(KINDS)),
    priorities=st.frozensets(st.sampled_from(PRIORITIES)),
    states=st.frozensets(st.sampled_from(STATES)),
    resource_id=st.sampled_from(["", "r1"]),
)


def line(kind="incident", state="working", priority=3, resource_id=""):
    return TicketLine("t", "T-1", kind, "x", state, priority, "", resource_id, AT, None)


def test_an_empty_choice_lets_everything_open_through():
    assert TicketFilter().passes(line())
    assert not any(TicketFilter().passes(line(state=state)) for state in ENDED)
    assert TicketFilter(which="all").passes(line(state="closed"))
    assert not TicketFilter(which="waiting").passes(line())
    assert not TicketFilter().narrows


def test_all_choices_must_hold():
    wanted = TicketFilter(kinds=frozenset({"incident"}), priorities=frozenset({1, 2}))
    assert wanted.narrows
    assert wanted.passes(line(priority=2))
    assert not wanted.passes(line(priority=3))
    assert not wanted.passes(line(kind="question", priority=1))


@given(st.lists(st.builds(SavedFilter, st.text(max_size=8), FILTERS), max_size=4))
def test_what_is_kept_comes_back(filters):
    assert from_text(to_text(filters)) == tuple(filters)


def test_what_a_newer_program_chose_is_left_out():
    one = {"name": "x", "which": "mine", "kinds": ["incident", "riddle"]}
    text = json.dumps({"version": 2, "filters": [one]})
    [saved] = from_text(text)
    assert saved.filter == TicketFilter(which="all", kinds=frozenset({"incident"}))
    assert from_text("") == ()
    with pytest.raises(ValueError, match="filters"):
        from_text("[]")


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_the_templates_that_come_along_are_whole(language):
    templates = ours((RESOURCES / "ticket_templates.json").read_text("utf-8"), language)
    assert len(templates) >= 8
    assert all(one.name and one.title and one.description for one in templates)
    assert len({one.name for one in templates}) == len(templates)


def test_an_own_template_comes_back():
    own = Template("巡检", "request", 4, "巡检：", "项目：")
    assert kept(templates_to_text([own])) == (own,)
    assert kept("") == ()
