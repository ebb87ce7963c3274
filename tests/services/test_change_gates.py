"""Nothing is begun through a closed gate: each gate alone is removed, and each alone decides."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from change_desk import GB, MINUTE, NOW, Desk
from db.engine import Database
from db.ids import uuid7
from db.models import ArchiveRow
from gmops_desktop.context import Context
from gmops_desktop.contract import gates as contract_gates
from gmops_desktop.contract.gates import GateKey
from gmops_desktop.errors import OpsError
from gmops_desktop.services.patches import Change

Removal = Callable[[Desk, Change], object]


def _without_copies(purpose: str) -> Removal:
    def remove(desk: Desk, change: Change) -> None:
        with desk.database.session() as session, session.begin():
            for row in session.query(ArchiveRow).filter(ArchiveRow.purpose == purpose):
                row.verified = None

    return remove


def _another_runs(desk: Desk, change: Change) -> None:
    other = desk.patches.add("configuration", "php.ini", desk.host, {"path": "/etc/php.ini"})
    run = {"purpose": "apply", "at": desk.now.isoformat(), "by": "刘洋"}
    desk.write(other.id, **{f"run_{uuid7()}": run})


def _early(desk: Desk, change: Change) -> None:
    desk.now -= 3 * MINUTE  # the window begins in a minute


def _old_checks(desk: Desk, change: Change) -> None:
    desk.now += 31 * MINUTE


REMOVALS: dict[GateKey, Removal] = {
    "assessed": lambda desk, change: desk.write(change.id, assessed_at=None),
    "notice_users": lambda desk, change: desk.write(change.id, announced_users=""),
    "notice_leaders": lambda desk, change: desk.write(change.id, announced_leaders=""),
    "notice_responsible": lambda desk, change: desk.write(change.id, announced_responsible=""),
    "window": _early,
    "second_person": lambda desk, change: desk.write(change.id, approved_by=""),
    "backup": _without_copies("backup"),
    "files": _without_copies("files"),
    "snapshot": lambda desk, change: desk.look_at_cloud(desk.now - timedelta(days=1, seconds=1)),
    "disk": lambda desk, change: setattr(desk.server, "disk_free", 3 * GB - 1),
    "manager": lambda desk, change: setattr(desk.server, "health", "dpkg is locked."),
    "plan": lambda desk, change: setattr(desk.server, "differs", ("+ nginx 1.22.1-10",)),
    "way_back": lambda desk, change: desk.write(change.id, way_back=None),
    "checks": _old_checks,
    "alone": _another_runs,
}
FIRM = {"disk", "manager", "plan", "way_back", "checks", "alone"}


@pytest.fixture
def desk(database: Database) -> Desk:
    desk = Desk(database)
    desk.furnish()
    return desk


def closed(change: Change) -> list[str]:
    return [gate.key for gate in change.gates if not gate.open]


def test_the_table_has_every_gate_of_the_contract() -> None:
    assert [row.key for row in contract_gates.TABLE] == list(REMOVALS)
    assert {row.key for row in contract_gates.TABLE if not row.passable} == FIRM
    assert {row.key for row in contract_gates.TABLE if row.who == "A"} == {
        "notice_users", "notice_leaders", "notice_responsible"
    }  # fmt: skip


def test_with_every_gate_open_it_is_begun(desk: Desk) -> None:
    change = desk.ready()
    assert closed(change) == []
    assert all(gate.evidence for gate in change.gates)
    assert desk.apply(change).state == "postcheck"
    assert [one[0] for one in desk.server.runs()] == ["apply"]


@pytest.mark.parametrize("key", REMOVALS)
def test_one_gate_removed_keeps_the_work_from_starting(desk: Desk, key: GateKey) -> None:
    change = desk.ready()
    REMOVALS[key](desk, change)
    with pytest.raises(OpsError, match="may not begin yet") as refused:
        desk.apply(change)
    assert contract_gates.word_of_gate(key) in refused.value.message
    assert "Nothing was done on the server." in refused.value.unharmed
    assert refused.value.hint
    assert desk.server.runs() == []
    after = desk.patches.get(change.id)
    assert closed(after) == [key]
    assert after.runs == ()
    assert not any(step.key == "change.started" for step in desk.patches.steps(change.id))


@pytest.mark.parametrize("key", REMOVALS)
def test_a_gate_taken_out_of_the_table_is_missed(
    desk: Desk, key: GateKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mutation: without its row what was refused above is begun, so no other gate saw it."""
    change = desk.ready()
    REMOVALS[key](desk, change)
    kept = tuple(row for row in contract_gates.TABLE if row.key != key)
    monkeypatch.setattr(contract_gates, "TABLE", kept)
    desk.apply(change)
    assert len(desk.server.runs()) == 1


@pytest.mark.parametrize("key", REMOVALS)
def test_a_special_emergency_opens_what_the_contract_asks_and_nothing_else(
    desk: Desk, key: GateKey
) -> None:
    change = desk.ready()
    REMOVALS[key](desk, change)
    if key in FIRM:
        with pytest.raises(OpsError, match="No emergency opens this gate"):
            desk.patches.pass_gate(change.id, key, "网站被篡改")
        # Not even where it was written past that refusal.
        desk.write(change.id, **{f"emergency_{key}": "网站被篡改"})
        with pytest.raises(OpsError, match="may not begin yet"):
            desk.apply(change)
        assert desk.server.runs() == []
        return
    with pytest.raises(OpsError, match="needs its reason"):
        desk.patches.pass_gate(change.id, key, "  ")
    passed = desk.patches.pass_gate(change.id, key, "网站被篡改")
    gate = next(one for one in passed.gates if one.key == key)
    assert (gate.open, gate.met, gate.emergency) == (True, False, "网站被篡改")
    begun = desk.apply(change)
    assert len(desk.server.runs()) == 1
    # How the gates stood when it began stays, and is printed.
    desk.copied()
    kept = next(one for one in desk.patches.get(begun.id).gates if one.key == key)
    assert (kept.met, kept.emergency) == (False, "网站被篡改")
    facts = desk.patches.record_facts(change.id)
    assert [(one.actor, one.reason) for one in facts.change.emergencies] == [("张伟", "网站被篡改")]


def test_a_patch_needs_no_evaluation_and_no_release_where_nobody_asks(desk: Desk) -> None:
    contract = desk.contracts.current()
    assert contract is not None
    desk.contracts.save_contract(type(contract)(**{**_values(contract), "two_person": False}))
    change = desk.patches.add("patch", "3 updates", desk.host, {"packages": []})
    assert {gate.key for gate in change.gates} == set(REMOVALS) - {"assessed", "second_person"}


def _values(contract: object) -> dict[str, object]:
    return {name: getattr(contract, name) for name in contract.__slots__}  # type: ignore[attr-defined]


def test_whoever_made_the_plan_does_not_release_it(desk: Desk) -> None:
    change = desk.announced(desk.queued())
    with pytest.raises(OpsError, match="张伟 made the plan"):
        desk.patches.approve(change.id)
    desk.write(change.id, approved_by="张伟", approved_plan="x")
    assert "second_person" in closed(desk.patches.get(change.id))
    assert desk.released(change).approved_by == "刘洋"


def test_every_database_of_the_contract_is_backed_up_and_not_any(desk: Desk) -> None:
    change = desk.ready()
    second = desk.contracts.save_resource("mysql", "forum", desk.site_db.address)
    assert closed(desk.patches.get(change.id)) == ["backup"]
    desk.back_up(second, "backup", verified=False)
    gate = next(one for one in desk.patches.get(change.id).gates if one.key == "backup")
    assert "forum: The newest backup did not pass" in gate.missing
    desk.back_up(second, "backup")
    assert closed(desk.patches.get(change.id)) == []


def test_a_snapshot_is_asked_for_where_the_cloud_has_the_server(desk: Desk) -> None:
    change = desk.ready()

    def gate() -> contract_gates.Gate:
        return next(one for one in desk.patches.get(change.id).gates if one.key == "snapshot")

    assert gate().evidence == "2018-04-20 14:00:00 · snap-1 · 系统盘 disk-1"
    desk.now += timedelta(hours=25)  # nobody looked at the cloud since
    assert "its servers are not known" in gate().missing
    desk.now = NOW
    desk.contracts.remove_resource(desk.cloud.id)
    assert gate().evidence == "No cloud account is entered: no snapshot is asked for."


def test_a_backup_of_a_time_to_come_proves_nothing(desk: Desk) -> None:
    change = desk.ready()
    desk.now += timedelta(days=1)
    desk.back_up(desk.site_db, "backup")
    desk.now -= timedelta(days=1)  # the clock was wrong
    with desk.database.session() as session, session.begin():
        for row in session.query(ArchiveRow).filter(ArchiveRow.at <= desk.now):
            session.delete(row)
    assert set(closed(desk.patches.get(change.id))) == {"backup", "files"}


def test_checks_that_found_a_fault_or_nothing_open_nothing(desk: Desk) -> None:
    change = desk.ready()
    desk.server.checked["page:/"] = desk.server.checked["page:/"].__class__(
        "page:/", "官网", "unknown", "timed out"
    )
    change = desk.patches.check_before(desk.host, change.id, Context())
    assert closed(change) == ["checks"]
    desk.server.checked.clear()
    assert closed(desk.patches.check_before(desk.host, change.id, Context())) == ["checks"]
