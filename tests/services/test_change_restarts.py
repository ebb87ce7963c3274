"""Restarts in the flow of a change: what is taken is approved, and a server that restarts is waited
for, its silence told as what it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from change_desk import NOW, Desk
from db.engine import Database
from gmops_desktop.context import Context
from gmops_desktop.contract.change_states import digest_of_plan
from gmops_desktop.contract.restarts import HOST, Restart
from gmops_desktop.contract.updates import Plan, Update, to_dict, with_restarts
from gmops_desktop.errors import OpsError
from gmops_desktop.services.patches import Change, Patches

KERNEL = Plan(
    (Update("linux-image-amd64", "amd64", "6.1.128-1", "6.1.135-1", "Debian-Security", True),),
    (), (), (), True, "", NOW,
    asks=(Restart(HOST, "kernel", ("linux-image-amd64",)),
          Restart("front.service", "uses", ("libfront",))),
)  # fmt: skip


@pytest.fixture
def desk(database: Database) -> Desk:
    desk = Desk(database)
    desk.furnish()
    return desk


def ready(desk: Desk, plan: Plan, **hands: Any) -> Change:
    """Return a system patch with every gate open."""
    desk.hands = replace(desk.hands, **hands)
    desk.patches = Patches(desk.database, desk.journal, desk.hands, now=lambda: desk.now)
    change = desk.patches.add("patch", "kernel", desk.host, to_dict(plan))
    change = desk.patches.simulate(desk.host, change.id, Context())
    change = desk.released(desk.announced(change))
    desk.copied()
    desk.patches.prepare(desk.host, change.id, Context())
    return desk.patches.check_before(desk.host, change.id, Context())


def test_other_restarts_are_another_plan_which_nobody_has_approved_yet(desk: Desk) -> None:
    change = ready(desk, with_restarts(KERNEL))
    assert change.updates
    assert change.updates.restart_host
    assert all(gate.open for gate in change.gates)
    same = desk.patches.set_restarts(desk.host, change.id, Context(), restart_host=True)
    assert same.approved_by
    left_up = desk.patches.set_restarts(
        desk.host, change.id, Context(), restarts=["nginx"], restart_host=False
    )
    assert left_up.updates
    assert (left_up.updates.restarts, left_up.updates.restart_host) == (("nginx.service",), False)
    assert digest_of_plan(left_up.plan) != digest_of_plan(change.plan)
    assert (left_up.approved_by, left_up.window, left_up.way_back, left_up.before) == (
        "", None, None, None,
    )  # fmt: skip
    with pytest.raises(OpsError, match="may not begin yet"):
        desk.apply(left_up)
    assert desk.server.runs() == []
    proposed = desk.patches.set_restarts(desk.host, change.id, Context())
    assert proposed.updates
    assert proposed.updates.restart_host
    release = desk.queued("release")
    with pytest.raises(OpsError, match="is no system patch"):
        desk.patches.set_restarts(desk.host, release.id, Context(), restart_host=True)


def test_a_server_that_restarts_is_waited_for_longer_than_a_lost_line(desk: Desk) -> None:
    change = ready(desk, with_restarts(KERNEL), pauses=(0.01,), back_within=600.0)
    desk.server.silent = 50  # a lost line is given up after one pause
    texts: list[str] = []
    done = desk.patches.apply(
        desk.host, change.id, Context(lambda progress: texts.append(progress.text)),
        confirm=change.number,
    )  # fmt: skip
    assert done.state == "postcheck"
    assert done.runs[0].restarted is True
    assert any("does not answer: it restarts, and is waited for" in text for text in texts)


def test_one_that_does_not_come_back_is_told_with_what_is_missing(desk: Desk) -> None:
    change = ready(desk, with_restarts(KERNEL), back_within=0.0)
    desk.server.silent = 99
    notes: list[str] = []
    gone = desk.patches.apply(
        desk.host, change.id, Context(note=notes.append), confirm=change.number
    )
    run = gone.runs[0]
    assert (gone.state, run.state) == ("applying", "unknown")
    assert "web1 does not answer." in run.left
    assert "no new boot id was seen" in run.left
    assert "the cloud's console (VNC)" in run.left
    assert notes[-1] == run.left
    ticket = next(one for one in desk.tickets.all() if one.kind == "incident")
    assert ticket.title == f"web1 does not come back after {change.number}"
    assert run.left in ticket.description
    step = desk.patches.steps(change.id)[-1]
    assert (step.action, step.text) == ("The server does not come back", run.left)
    assert desk.patches.record_facts(change.id).runs[0].why == run.left
    with pytest.raises(OpsError, match="“Applying”"):
        desk.patches.check_after(desk.host, change.id, Context())  # nothing before it is back
    desk.server.silent = 0
    back = desk.patches.attach(desk.host, change.id, Context())
    assert (back.state, back.runs[0].left) == ("postcheck", "")
    checked = desk.patches.check_after(desk.host, change.id, Context())
    assert checked.state == "awaiting_confirmation"


def test_a_plan_that_cannot_be_played_any_more_is_not_taken_as_the_plan_of_now(desk: Desk) -> None:
    change = ready(desk, KERNEL)
    desk.server.play = lambda host, plan, context: replace(  # type: ignore[method-assign]
        type(desk.server).play(desk.server, host, plan, context),
        differs=("E: Version '6.1.135-1' was not found",), plan=plan,
    )  # fmt: skip
    drifted = desk.patches.simulate(desk.host, change.id, Context())
    assert drifted.drift
    with pytest.raises(OpsError, match="gives no other plan"):
        desk.patches.replan(desk.host, change.id, Context())
    assert desk.patches.get(change.id).drift == drifted.drift
