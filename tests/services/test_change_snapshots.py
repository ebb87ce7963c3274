"""Snapshots from the gate, against the cloud's stand-in: made for every disk, taken up again, told
of when they fail, put back with what that loses, deleted.

The stand-in checks signatures, field names, states and limits; putting back changes states alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from change_desk import MINUTE, Desk
from cloud_desk import Cloud
from db.engine import Database
from gmops_desktop.adapters.written_since import Written
from gmops_desktop.context import Context, Progress
from gmops_desktop.contract.terms import ZONE
from gmops_desktop.errors import Cancelled, OpsError
from gmops_desktop.paths import Home
from gmops_desktop.services.patches import Change
from sandbox.tencent import Tencent

pytestmark = pytest.mark.servers


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every report of progress through, and no read be waited for."""
    monkeypatch.setattr(Context, "_INTERVAL", 0.0)
    monkeypatch.setattr("gmops_desktop.ways_out._LOOK_PAUSES", (0.0,))


@pytest.fixture
def cloud(database: Database, tmp_path: Path, home: Home) -> Iterator[Cloud]:
    desk = Desk(database)
    desk.now = datetime.now(UTC)
    desk.furnish()
    known = desk.contracts.all()[0]
    desk.contracts.save_contract(
        replace(known, start=desk.now.date() - timedelta(days=9),
                end=desk.now.date() + timedelta(days=300))
    )  # fmt: skip
    with Tencent(tmp_path / "tencent") as stand_in:
        yield Cloud(desk, stand_in, home)


def ready(cloud: Cloud) -> Change:
    """A change with every gate open but the snapshot's."""
    desk = cloud.desk
    change = desk.released(desk.announced(desk.queued()))
    desk.back_up(desk.site_db, "backup")
    desk.back_up(desk.site, "files")
    change = desk.patches.prepare(desk.host, change.id, Context())
    return desk.patches.check_before(desk.host, change.id, Context())


# ---------------------------------------------------------------- made


def test_every_disk_has_its_snapshot_and_the_gate_names_it_to_the_second(cloud: Cloud) -> None:
    cloud.stand_in.behave(data_disks=1)
    cloud.look()
    change = ready(cloud)
    assert "disk-sandbox1d1: There is no finished snapshot." in cloud.gate(change).missing
    told: list[Progress] = []
    changed = cloud.make(change, Context(report=told.append), days=5)
    [making] = changed.makings
    assert cloud.settled == [cloud.desk.host.id]
    assert making.state == "done"
    assert [one.disk for one in making.taken] == ["disk-sandbox1", "disk-sandbox1d1"]
    assert (making.gb, making.server) == (200, "ins-sandbox1")
    assert any(one.percent and "disk-sandbox1 " in one.text for one in told)
    gate = cloud.gate(change)
    assert gate.met
    for one in making.taken:
        assert one.id in gate.evidence
        assert f"{one.at.astimezone(ZONE):%H:%M:%S}" in gate.evidence
    there = {one.id: one for one in cloud.look().snaps or ()}
    kept = datetime.fromisoformat(there[making.taken[0].id].deadline) - making.at
    assert timedelta(days=4, hours=23) < kept <= timedelta(days=5, seconds=1)
    assert cloud.gate(change).met  # the look shows them, too
    # Another one is only made when somebody asks again.
    assert len(cloud.desk.patches.get(change.id).makings) == 1
    assert cloud.desk.apply(change).state == "postcheck"


def test_what_was_left_is_taken_up_and_nothing_is_ordered_twice(cloud: Cloud) -> None:
    change = ready(cloud)
    cloud.stand_in.behave(snapshot_looks=1000)
    context = Context()

    def leave(progress: Progress) -> None:
        if progress.percent is not None:
            context.cancel()

    context._report = leave
    with pytest.raises(Cancelled):
        cloud.make(change, context)
    assert "is being made since" in cloud.gate(change).missing
    with pytest.raises(OpsError, match="may not begin yet"):
        cloud.desk.apply(change)
    cloud.stand_in.behave()
    changed = cloud.make(change)
    assert [one.state for one in changed.makings] == ["done"]
    ours = [one for one in cloud.look().snaps or () if one.name.startswith("gmops-")]
    assert len(ours) == 1
    assert cloud.steps(change).count("change.snapshotting") == 1


def test_an_order_whose_answer_was_lost_is_looked_for(cloud: Cloud) -> None:
    change = ready(cloud)
    cloud.stand_in.fail_next("CreateSnapshot", "InternalError", "lost", after=True)
    notes: list[str] = []
    changed = cloud.make(change, Context(note=notes.append))
    assert changed.makings[-1].state == "done"
    assert any("answer was lost" in one for one in notes)
    assert len([one for one in cloud.look().snaps or () if one.name]) == 2  # the night's, and ours


@pytest.mark.parametrize(
    ("behaviour", "message", "way_out"),
    [
        ({"snapshot_quota": 1}, "InsufficientSnapshotQuota", "ask for a larger quota"),
        ({"denied": ["CreateSnapshot"]}, "UnauthorizedOperation",
         '"cvm:DescribeDisks", "cvm:DescribeSnapshots", "cvm:CreateSnapshot"'),
        ({"no_snapshots": ["disk-sandbox1"]}, "takes no snapshots", "accept that risk in writing"),
        ({"detached": ["disk-sandbox1"]}, "attached to ins-sandbox1 by the newest look",
         "Look at the cloud account again"),
    ],
)  # fmt: skip
def test_what_fails_is_told_with_a_way_out_and_keeps_the_gate_shut(
    cloud: Cloud, behaviour: dict[str, Any], message: str, way_out: str
) -> None:
    change = ready(cloud)
    cloud.stand_in.behave(**behaviour)
    with pytest.raises(OpsError) as refused:
        cloud.make(change)
    assert message in refused.value.message
    assert way_out in refused.value.hint
    assert refused.value.unharmed
    assert not cloud.gate(change).open
    cloud.stand_in.behave()
    assert cloud.make(change).makings[-1].state == "done"  # what was refused is taken up
    assert cloud.gate(change).met


def test_one_that_is_never_finished_is_told_of_and_can_be_deleted(cloud: Cloud) -> None:
    change = ready(cloud)
    cloud.stand_in.behave(snapshot_hangs=True)
    context = Context(report=lambda one: setattr(cloud.desk, "now", cloud.desk.now + 5 * MINUTE))
    with pytest.raises(OpsError, match=r"Not finished after 2 hours: snap-.*99 %") as stuck:
        cloud.make(change, context)
    assert "special emergency" in stuck.value.hint
    assert "Not finished after" in cloud.gate(change).missing
    patches = cloud.desk.patches
    with pytest.raises(OpsError, match="type the number"):
        patches.delete_snapshots(change.id, Context(), confirm="x")
    cleared = patches.delete_snapshots(change.id, Context(), confirm=change.number)
    assert [one.state for one in cleared.makings] == ["removed"]
    assert [one.name for one in cloud.look().snaps or ()] == ["nightly"]  # no other is touched
    cloud.stand_in.behave()
    assert [one.state for one in cloud.make(change).makings] == ["removed", "done"]


def test_a_snapshot_counts_only_while_it_is_there_fresh_and_of_this_plan(cloud: Cloud) -> None:
    change = ready(cloud)
    made = cloud.make(change)
    taken = made.makings[-1].taken[0]
    cloud.desk.now += timedelta(hours=24, seconds=-1) - (cloud.desk.now - taken.at)
    assert "older than 24 hours" not in cloud.gate(change).missing
    cloud.desk.now += timedelta(seconds=2)
    cloud.look()
    assert f"of {taken.at.astimezone(ZONE):%Y-%m-%d %H:%M:%S}, is older" in (
        cloud.gate(change).missing
    )
    cloud.desk.now = datetime.now(UTC)
    cloud.look()
    assert cloud.gate(change).met
    # Released again: what was made before is not of this moment.
    cloud.desk.now += timedelta(seconds=30)
    cloud.desk.released(change)
    assert "from before the plan was released" in cloud.gate(change).missing
    # Deleted in the console: a look ten minutes later misses it.
    cloud.desk.patches.delete_snapshots(change.id, Context(), confirm=change.number)
    assert not cloud.gate(change).met
    assert "change.unsnapped" in cloud.steps(change)


# ---------------------------------------------------------------- put back


def failed(cloud: Cloud) -> Change:
    """A change with a snapshot from before, whose run failed."""
    change = ready(cloud)
    cloud.make(change)
    cloud.desk.now = datetime.now(UTC) + timedelta(seconds=2)
    cloud.desk.server.state = "failed"
    return cloud.desk.apply(change)


def test_the_way_is_told_before_it_begins_and_is_never_the_first(cloud: Cloud) -> None:
    cloud.written = (
        Written("/srv/www", 31, 4_200_000),
        Written("/var/log", why="it took too long"),
    )
    change = failed(cloud)
    assert change.last_resort is not None
    way = cloud.desk.patches.disk_way(cloud.desk.host, change.id, Context())
    lost = "\n".join(way.loses)
    assert "Everything that was written on disk-sandbox1 (100 GB) since 20" in lost
    assert "/srv/www: 31 files, 4.2 MB" in lost
    assert "chamber" in lost
    assert any("/var/log is not counted: it took too long" in one for one in way.not_known)
    assert "not taken yet" in way.before
    assert "not known here" in way.costs
    assert "GB are billed" in way.costs
    assert "李慧敏" in way.agree
    assert way.why_not == ""
    cloud.written = OpsError("web1 does not answer.")
    way = cloud.desk.patches.disk_way(cloud.desk.host, change.id, Context())
    assert "not counted: web1 does not answer." in way.not_known[0]
    assert cloud.steps(change)[-1] != "change.disk_rolling"  # nothing was done by asking


def test_it_needs_the_servers_name_a_reason_and_party_a(cloud: Cloud) -> None:
    change = failed(cloud)
    for given, said in (
        ({"confirm": "C-0001"}, "type the name of the server: web1"),
        ({"reason": " "}, "needs a reason"),
        ({"channel": ""}, "how Party A agreed"),
        ({"agreed_by": "路人"}, "路人"),
    ):
        with pytest.raises(OpsError, match=said) as refused:
            cloud.put_back(change, **given)
        assert "Nothing was done" in refused.value.unharmed
    assert cloud.desk.patches.get(change.id).state == "postcheck"


def test_the_disks_go_back_and_the_server_is_checked(cloud: Cloud) -> None:
    cloud.stand_in.behave(data_disks=1)
    cloud.look()
    change = failed(cloud)
    back = cloud.put_back(change)
    assert back.state == "rolled_back"
    assert (back.runs[-1].way, back.runs[-1].state) == ("disks", "done")
    rolled = [one.text for one in cloud.desk.patches.steps(change.id)
              if one.key == "change.disk_rolling"]  # fmt: skip
    # The system disk is the last, whose end starts the server.
    assert rolled[0].startswith("disk-sandbox1d1")
    assert rolled[-1] == "disk-sandbox1: it is back at its snapshot"
    begun = [one for one in cloud.desk.patches.steps(change.id) if one.key == "change.started"][-1]
    assert "Agreed to by 李慧敏, 电话" in begun.text
    after = cloud.desk.patches.check_after(cloud.desk.host, change.id, Context())
    assert after.state == "awaiting_confirmation"
    facts = cloud.desk.patches.record_facts(change.id)
    assert facts.rollback_reason == "系统起不来"


def test_left_in_the_middle_it_is_attached_to_and_not_begun_again(cloud: Cloud) -> None:
    change = failed(cloud)
    context = Context()

    def leave(progress: Progress) -> None:
        if "goes back to" in progress.text:
            context.cancel()

    context._report = leave
    with pytest.raises(Cancelled):
        cloud.put_back(change, context=context)
    left = cloud.desk.patches.get(change.id)
    assert left.state == "rolling_back"
    with pytest.raises(OpsError):
        cloud.put_back(change)
    with pytest.raises(OpsError):
        cloud.desk.patches.delete_snapshots(change.id, Context(), confirm=change.number)
    back = cloud.desk.patches.attach(cloud.desk.host, change.id, Context())
    assert back.state == "rolled_back"
    sent = [one for one in cloud.steps(change) if one == "change.disk_rolling"]
    assert len(sent) >= 4


def test_an_order_of_which_no_sign_is_seen_is_not_given_again(cloud: Cloud) -> None:
    change = failed(cloud)
    cloud.stand_in.fail_next("ApplySnapshot", "InternalError", "lost")
    context = Context(report=lambda one: setattr(cloud.desk, "now", cloud.desk.now + MINUTE))
    back = cloud.put_back(change, context=context)
    assert back.state == "postcheck"
    assert "shows no sign of it" in back.runs[-1].why
    assert "operation log" in back.runs[-1].why
    # Whoever looked and knows that it did not take place begins it anew.
    assert cloud.put_back(change).state == "rolled_back"


def test_an_order_whose_answer_was_lost_is_seen_to_go_on(cloud: Cloud) -> None:
    change = failed(cloud)
    cloud.stand_in.fail_next("ApplySnapshot", "InternalError", "lost", after=True)
    assert cloud.put_back(change).state == "rolled_back"


def test_a_refusal_names_the_policy_and_ends_it(cloud: Cloud) -> None:
    change = failed(cloud)
    cloud.stand_in.behave(denied=["ApplySnapshot"])
    back = cloud.put_back(change)
    assert back.runs[-1].state == "failed"
    assert '"cvm:ApplySnapshot"' in back.runs[-1].why


def test_a_server_that_stays_off_is_told_of(cloud: Cloud) -> None:
    change = failed(cloud)
    cloud.stand_in.behave(start_fails=True)
    context = Context(report=lambda one: setattr(cloud.desk, "now", cloud.desk.now + MINUTE))
    back = cloud.put_back(change, context=context)
    assert "but the server is STOPPED: start it in the console" in back.runs[-1].why


def test_a_snapshot_that_is_gone_is_not_put_back(cloud: Cloud) -> None:
    change = failed(cloud)
    taken = cloud.desk.patches.get(change.id).makings[-1].taken[0]
    api = cloud.outside.open_cloud(cloud.stand_in.account, "ap-guangzhou")
    fields = {"SnapshotIds": [taken.id]}
    api.call("cbs", "2017-03-12", "DeleteSnapshots", fields, Context())
    way = cloud.desk.patches.disk_way(cloud.desk.host, change.id, Context())
    assert f"The snapshot {taken.id} of disk-sandbox1 is gone" in way.why_not
    with pytest.raises(OpsError, match="is gone"):
        cloud.put_back(change)


def test_a_run_that_never_ended_goes_with_the_disks(cloud: Cloud) -> None:
    """sshd and agent are gone in the middle of it: the change can still be brought to an end."""
    change = ready(cloud)
    cloud.make(change)
    cloud.desk.now = datetime.now(UTC) + timedelta(seconds=2)
    cloud.desk.server.silent = 99
    left = cloud.desk.apply(change)
    assert left.state == "applying"
    cloud.desk.server.silent = 0
    back = cloud.put_back(change)
    assert back.state == "rolled_back"
    assert [one.state for one in back.runs] == ["interrupted", "done"]
    assert "went back to their snapshots" in back.runs[0].why
