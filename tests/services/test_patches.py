"""The patch queue: unknown is never up to date, plans are exact, gates hold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from db.engine import Database
from db.journal import Journal
from gmops_desktop.adapters.packages import PlanRefused
from gmops_desktop.addresses import Resource, SshAddress, WebAddress
from gmops_desktop.context import Context
from gmops_desktop.contract.updates import Inventory, Plan, Update
from gmops_desktop.errors import Cancelled, OpsError
from gmops_desktop.services.patches import Change, Hands, Patches

HOST = Resource("h", "host", "web1", SshAddress("web1"))
NGINX = Update("nginx", "amd64", "1.22.1-9", "1.22.1-9+deb12u2", "Debian/stable-security", True)
TZDATA = Update("tzdata", "all", "2024b", "2025b", "Debian:12/stable", False)
PHP = Update("php8.2-fpm", "amd64", "8.2.26", "8.2.28", "Debian/stable-security", True)


class World:
    """A host as its package manager would answer; tests change the answers."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.now = datetime(2018, 4, 2, 8, 0, tzinfo=UTC)
        self.journal = Journal(database, actor=lambda: "Li Wei", now=lambda: self.now)
        hands = Hands(scan_host=self._scan, simulate_host=self._simulate)
        self.patches = Patches(database, self.journal, hands, now=lambda: self.now)
        self.updates: tuple[Update, ...] = (NGINX, TZDATA, PHP)
        self.unknown = ""
        self.scans = 0
        self.refusal: Exception | None = None
        self.removes: tuple[str, ...] = ()

    def _scan(self, address: SshAddress, context: Context) -> Inventory:
        context.check()
        self.scans += 1
        updates = () if self.unknown else self.updates
        return Inventory(
            "", self.now, "apt", "Debian", updates, ("php8.2-fpm",), (), None, False, self.unknown
        )

    def _simulate(self, address: SshAddress, wanted, context: Context) -> Plan:
        if self.refusal:
            raise self.refusal
        return Plan(
            tuple(wanted), (), self.removes, ("nginx.service",), False, "…", self.now, 50 * 1024**3
        )

    def queue(self, **options) -> Change:
        return self.patches.queue(HOST, Context(), **options)

    def window(self, change: Change) -> Change:
        begin = self.now + timedelta(hours=1)
        return self.patches.set_window(change.id, begin, begin + timedelta(hours=2))


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


def test_a_scan_is_kept(world: World) -> None:
    assert world.patches.inventory("h") is None
    found = world.patches.scan(HOST, Context())
    assert found.resource_id == "h"
    assert world.patches.inventory("h") == found


def test_what_is_queued_is_the_simulated_plan_and_not_what_is_held(world: World) -> None:
    change = world.queue()
    assert (change.number, change.state) == ("C-0001", "simulated")
    assert change.title == "2 updates on web1"
    assert change.updates.packages == (NGINX, TZDATA)
    assert change.updates.services == ("nginx.service",)
    assert world.patches.get("c-0001") == world.patches.get(change.id) == change
    assert world.patches.all() == (change,)
    assert [step.action for step in world.patches.steps("C-0001")] == ["Queued"]


def test_security_only_and_by_name(world: World) -> None:
    assert world.queue(security_only=True).updates.packages == (NGINX,)
    assert world.queue(names=["tzdata"]).updates.packages == (TZDATA,)
    assert world.queue().number == "C-0003"


def test_a_fresh_scan_is_used_and_an_old_one_is_not(world: World) -> None:
    world.queue()
    world.queue()
    assert world.scans == 1
    world.now += timedelta(hours=25)
    world.queue()
    assert world.scans == 2


@pytest.mark.parametrize("names", [["apache2"], ["php8.2-fpm"], ["nginx", "apache2"]])
def test_a_name_that_does_not_wait_is_refused(world: World, names: list[str]) -> None:
    with pytest.raises(OpsError, match="No such update waits on web1"):
        world.queue(names=names)
    assert world.patches.all() == ()


def test_unknown_is_never_up_to_date(world: World) -> None:
    world.unknown = "the host uses dnf"
    with pytest.raises(OpsError, match="are not known: the host uses dnf") as caught:
        world.queue()
    assert "does not mean up to date" in caught.value.hint
    world.unknown, world.updates = "", ()
    with pytest.raises(OpsError, match="No update waits on web1"):
        world.queue()


def test_a_refused_simulation_queues_nothing(world: World) -> None:
    world.refusal = PlanRefused("apt says no.")
    with pytest.raises(PlanRefused):
        world.queue()
    assert world.patches.all() == ()
    assert world.journal.count() == 0


def test_cancel_while_scanning_leaves_nothing(world: World) -> None:
    context = Context()
    context.cancel()
    with pytest.raises(Cancelled):
        world.patches.scan(HOST, context)
    assert world.patches.inventory("h") is None


def test_a_website_has_no_packages(world: World) -> None:
    website = Resource("w", "website", "site", WebAddress("http://x/"))
    with pytest.raises(OpsError, match="site is not a server"):
        world.patches.scan(website, Context())


def missing(change: Change) -> dict[str, str]:
    return {gate.key: gate.missing for gate in change.gates if not gate.met}


def test_the_gates_show_what_is_missing_until_it_is_there(world: World) -> None:
    change = world.queue()
    told = {"notice_users", "notice_leaders", "notice_responsible"}
    later = {"window", "disk", "manager", "way_back", "checks"}
    assert set(missing(change)) == told | later
    assert "No window is set" in missing(change)["notice_users"]
    change = world.window(change)
    assert change.state == "awaiting_notice"
    for audience in ("users", "leaders"):
        change = world.patches.announce(change.id, audience, f"notice 12 to {audience}")
        assert change.state == "awaiting_notice"
    assert set(missing(change)) == {"notice_responsible"} | later
    change = world.patches.announce(change.id, "responsible", " call 9:00 ")
    assert change.state == "awaiting_window"
    assert change.announced["responsible"] == "call 9:00"
    assert set(missing(change)) == later
    assert [step.text for step in world.patches.steps(change.id)][-1].endswith(": call 9:00")

    world.now += timedelta(hours=25)
    assert "plan" in missing(world.patches.get(change.id))


def test_an_announcement_needs_evidence_and_a_known_audience(world: World) -> None:
    change = world.window(world.queue())
    with pytest.raises(OpsError, match="needs evidence"):
        world.patches.announce(change.id, "users", "  ")
    with pytest.raises(OpsError, match="none of those"):
        world.patches.announce(change.id, "everybody", "x")  # type: ignore[arg-type]  # as a CLI may
    assert world.patches.get(change.id).announced == {}


def test_two_devices_that_announce_apart_do_not_overwrite_each_other(
    world: World, database: Database, tmp_path
) -> None:
    change = world.window(world.queue())
    other = Database(tmp_path / "other.db")
    second = World(other)
    second.journal.merge(world.journal.entries())
    world.patches.announce(change.id, "users", "notice 12")
    second.patches.announce(change.id, "leaders", "letter 3")
    world.patches.announce(change.id, "responsible", "call 9:00")
    world.journal.merge(second.journal.entries())
    merged = world.patches.get(change.id)
    assert set(merged.announced.values()) == {"notice 12", "letter 3", "call 9:00"}
    assert not merged.conflict
    assert merged.state == "awaiting_window"  # neither device knew it
    assert world.journal.strangers() == ()
    other.close()


def test_the_same_simulation_holds_and_renews_the_gate(world: World) -> None:
    change = world.queue()
    world.now += timedelta(hours=30)
    assert "plan" in missing(world.patches.get(change.id))
    change = world.patches.simulate(HOST, change.id, Context())
    assert "plan" not in missing(change)
    assert change.drift == ()
    assert world.patches.steps(change.id)[-1].text.startswith("The plan still holds.")


def test_drift_is_named_and_closes_the_gate(world: World) -> None:
    change = world.queue()
    approved = change.plan
    world.removes = ("mail-server",)
    change = world.patches.simulate(HOST, change.id, Context())
    assert change.drift == ("+ mail-server (removed)",)
    assert "no longer holds" in missing(change)["plan"]
    assert change.plan == approved


def test_a_version_that_is_gone_is_drift(world: World) -> None:
    change = world.queue()
    world.refusal = PlanRefused("Version 1.22.1-9+deb12u2 was not found.")
    change = world.patches.simulate(HOST, change.id, Context())
    assert change.drift == ("Version 1.22.1-9+deb12u2 was not found.",)
    assert "no longer holds" in missing(change)["plan"]


def test_an_unreachable_host_is_not_drift(world: World) -> None:
    change = world.queue()
    world.refusal = OpsError("web1 did not answer.")
    with pytest.raises(OpsError, match="did not answer"):
        world.patches.simulate(HOST, change.id, Context())
    assert world.patches.get(change.id) == change


def test_cancelling_needs_a_reason_and_ends_the_change(world: World) -> None:
    change = world.queue()
    with pytest.raises(OpsError, match="needs a reason"):
        world.patches.cancel(change.id, "")
    change = world.patches.cancel(change.id, "Party A wants to wait")
    assert (change.state, change.reason) == ("cancelled", "Party A wants to wait")
    for act in (
        lambda: world.patches.cancel(change.id, "again"),
        lambda: world.patches.announce(change.id, "users", "x"),
        lambda: world.patches.simulate(HOST, change.id, Context()),
    ):
        with pytest.raises(OpsError, match="C-0001 is “Cancelled”"):
            act()


def test_an_unknown_change_is_named(world: World) -> None:
    with pytest.raises(OpsError, match="no change C-0099"):
        world.patches.get("C-0099")


def test_the_queue_survives_a_replay(world: World) -> None:
    change = world.window(world.queue())
    world.patches.announce(change.id, "users", "notice 12")
    before = world.patches.all()
    world.journal.rebuild()
    assert world.patches.all() == before
    assert world.journal.verify().ok
