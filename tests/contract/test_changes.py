from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gmops_desktop.contract.changes import (
    AUDIENCES,
    ENDED,
    FREE_BYTES,
    MOVES,
    STATES,
    GateFacts,
    gates,
    word_of_gate,
)

NOW = datetime(2018, 11, 22, 2, 0, tzinfo=UTC)
READY = GateFacts(
    now=NOW,
    announced=dict.fromkeys(AUDIENCES, "群公告 2018-11-21"),
    backup_at=NOW - timedelta(hours=2),
    backup_verified=True,
    backup_name="chamber-20181122.sql.zst",
    inventory_at=NOW - timedelta(hours=1),
    simulated_at=NOW - timedelta(hours=1),
    plan_unchanged=True,
    disk_free=40 * 1024**3,
)


def test_with_everything_proved_every_gate_is_met_and_shows_its_evidence():
    found = gates(READY)
    assert len(found) == 7
    assert all(gate.met and gate.open and gate.evidence and not gate.missing for gate in found)
    assert all(word_of_gate(gate.key) for gate in found)


def test_nothing_known_opens_nothing():
    found = gates(GateFacts(now=NOW))
    assert not any(gate.met or gate.open or gate.evidence for gate in found)
    assert all(gate.missing for gate in found)


@pytest.mark.parametrize(
    ("key", "facts"),
    [
        ("notice_users", {"announced": {"leaders": "x", "responsible": "x", "users": " "}}),
        ("notice_leaders", {"announced": {"users": "x", "responsible": "x"}}),
        ("backup", {"backup_at": NOW - timedelta(hours=25)}),
        ("backup", {"backup_verified": None}),
        ("backup", {"backup_verified": False}),
        ("inventory", {"inventory_unknown": "apt 没有回答"}),
        ("inventory", {"inventory_at": NOW - timedelta(days=2)}),
        ("plan", {"plan_unchanged": False}),
        ("plan", {"plan_unchanged": None}),
        ("plan", {"simulated_at": NOW - timedelta(days=2)}),
        ("disk", {"disk_free": FREE_BYTES - 1}),
    ],
)
def test_each_fact_shuts_its_own_gate_and_no_other(key, facts):
    shut = [gate for gate in gates(replace(READY, **facts)) if not gate.open]
    assert [gate.key for gate in shut] == [key]
    assert shut[0].missing


def test_a_special_emergency_opens_a_gate_but_does_not_call_it_met():
    facts = replace(READY, announced={}, emergencies={"notice_users": "网站被篡改，立即下线"})
    found = {gate.key: gate for gate in gates(facts)}
    assert found["notice_users"].open
    assert not found["notice_users"].met
    assert found["notice_users"].emergency == "网站被篡改，立即下线"
    assert not found["notice_leaders"].open


def test_an_emergency_needs_a_reason():
    facts = replace(READY, announced={}, emergencies={"notice_users": "  "})
    assert not gates(facts)[0].open


def test_moves_lead_to_an_end_and_never_past_the_precheck():
    assert set(MOVES) == set(STATES)
    assert [state for state in STATES if "applying" in MOVES[state]] == ["precheck"]
    for state in STATES:
        assert bool(MOVES[state]) != (state in ENDED)
        assert set(MOVES[state]) <= set(STATES)
