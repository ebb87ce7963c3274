"""Restarts on a Debian that really starts: systemd-run, sudo, needrestart, a unit, the host itself.

An ordinary account with sudo does it all, as on servers where root does not log in.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from change_desk import Desk
from db.engine import Database
from db.ids import uuid7
from gmops_desktop.adapters import detached, packages
from gmops_desktop.adapters.sections import Shell
from gmops_desktop.addresses import Resource
from gmops_desktop.context import Context
from gmops_desktop.contract.restarts import Restart
from gmops_desktop.contract.runs import RunLook
from gmops_desktop.contract.updates import Plan, plan_from_dict, to_dict, with_restarts
from gmops_desktop.errors import OpsError
from gmops_desktop.services.patches import Patches
from gmops_desktop.services.patches.system_updates import SystemUpdates
from machines import logged_in
from sandbox import booted
from sandbox.booted import USER, Booted

BOOT = "cat /proc/sys/kernel/random/boot_id"


class Host:
    """The host as the flow of changes reaches it, by its ordinary account."""

    def __init__(self, machine: Booted, folder: Path) -> None:
        self.machine, self.folder = machine, folder
        self.resource = Resource("h", "host", "web1", machine.address(USER))

    def reach(self, host: Resource, context: Context) -> AbstractContextManager[Shell]:
        return logged_in(self.machine.address(USER), self.folder)

    def tell(self, command: str) -> str:
        with logged_in(self.machine.address(USER), self.folder) as shell:
            status, said = shell.run(command, Context())
        assert status == 0, said
        return said.decode().strip()

    def plan(self, *names: str) -> Plan:
        with logged_in(self.machine.address(USER), self.folder) as shell:
            known = packages.scan(shell, Context())
            wanted = [one for one in known.updates if one.name in names]
            return packages.simulate(shell, wanted, Context())

    def look(self, host: Resource, run_id: str, offset: int, context: Context) -> RunLook:
        with logged_in(self.machine.address(USER), self.folder) as shell:
            return detached.look(shell, run_id, context, offset)


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    if missing := booted.why_not():
        pytest.skip(missing)
    with Booted() as machine:
        found = Host(machine, tmp_path_factory.mktemp("booted"))
        found.tell("sudo -n dpkg -i /srv/repository/pool/stable/*_1.0-1_*.deb "
                   "/srv/repository/pool/stable/linux-*.deb && sudo -n apt-get -q update && "
                   "sudo -n systemctl restart front.service")  # fmt: skip
        yield found
    name = machine.name.encode()
    left = [place for place in Path("/proc").glob("[0-9]*/cmdline") if name in _words_of(place)]
    assert left == [], "something of it outlived it"


def _words_of(place: Path) -> bytes:
    try:
        return place.read_bytes()
    except OSError:
        return b""  # gone while we looked


def stored(plan: Plan) -> dict[str, Any]:
    """Return the plan as the store gives it back."""
    given: dict[str, Any] = json.loads(json.dumps(to_dict(plan)))
    return given


def test_nothing_of_this_machine_is_bound_into_the_host(host: Host) -> None:
    assert host.tell("cat /proc/1/comm") == "systemd"
    assert host.tell("findmnt -n -o FSTYPE /tmp") == "tmpfs"
    assert host.tell(BOOT) != Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    assert host.tell("id -un; sudo -n id -un").split() == [USER, "root"]


def test_a_service_of_replaced_files_is_proposed_and_restarted(host: Host) -> None:
    work, context = SystemUpdates(host.reach, every=0.1), Context()
    plan = host.plan("libfront", "libquiet")
    assert plan.asks == (Restart("front.service", "uses", ("libfront",)),)
    assert (plan.no_restart, plan.asks_unknown, plan.restart_host) == ("", "", False)
    left = with_restarts(plan, units=(), host=False)
    taken = with_restarts(plan)
    assert (left.restarts, taken.restarts, taken.restart_host) == ((), ("front.service",), False)
    before = host.tell("systemctl show -p MainPID --value front.service")

    # Left out: the old file still runs, and needrestart, in its list mode, restarts nothing.
    change, run = uuid7(), uuid7()
    assert work.play(host.resource, stored(left), context).health == ""
    work.prepare(host.resource, stored(left), change, context)
    work.start(host.resource, stored(left), change, run, "apply", context)
    assert host.tell(f"systemctl show -p LoadState --value gmops-{run}.service") == "loaded"
    look = ended(host, run)
    assert look.state == "done", look.why + look.log
    assert look.outcome["waiting"].split() == ["front.service"]
    assert host.tell("systemctl show -p MainPID --value front.service") == before
    # From here a plan of something else proposes it, as what ran before goes on.
    back = uuid7()
    work.start(host.resource, stored(left), change, back, "rollback", context)
    assert ended(host, back).state == "done"
    again = host.plan("libquiet")
    assert again.asks == (Restart("front.service", "stale"),)

    # Taken into the plan: the unit itself restarts, and nothing waits.
    change, run = uuid7(), uuid7()
    taken = with_restarts(host.plan("libfront"))
    assert work.play(host.resource, stored(taken), context).differs == ()
    gone = replace(taken, restarts=("front.service", "nobody.service"))
    health = work.play(host.resource, stored(gone), context).health
    assert health == ("Units of the plan that are to be restarted are not there: nobody.service.")
    work.prepare(host.resource, stored(taken), change, context)
    work.start(host.resource, stored(taken), change, run, "apply", context)
    look = ended(host, run)
    assert look.state == "done", look.why + look.log
    assert look.outcome["waiting"] == ""
    assert host.tell("systemctl show -p MainPID --value front.service") != before


def test_a_kernel_restarts_the_host_and_its_new_boot_id_proves_it(
    host: Host, database: Database
) -> None:
    plan = with_restarts(host.plan("linux-image-amd64"))
    assert [one.why for one in plan.asks or ()][:1] == ["kernel"]
    assert plan.restart_host
    desk = furnished(database)
    work = SystemUpdates(host.reach, every=0.1)
    seen: list[str] = []
    hands = replace(desk.hands, works={"patch": work}, look_run=host.look,
                    pauses=(0.2,), every=0.1, back_within=120.0)  # fmt: skip
    patches = Patches(database, desk.journal, hands, now=lambda: desk.now)
    boot = host.tell(BOOT)
    change = patches.add("patch", "kernel", desk.host, stored(plan))
    change = patches.simulate(desk.host, change.id, Context())
    assert change.drift == ()
    change = desk.announced(change)
    desk.copied()
    change = patches.prepare(desk.host, change.id, Context())
    change = patches.check_before(desk.host, change.id, Context())
    context = Context(lambda progress: seen.append(progress.text))
    change = patches.apply(desk.host, change.id, context, confirm=change.number)
    run = change.runs[0]
    assert (change.state, run.state, run.restarted) == ("postcheck", "done", True), run.why
    assert host.tell(BOOT) != boot
    assert [step["key"] for step in run.steps][-2:] == ["services", "restart"]
    assert any("does not answer: it restarts, and is waited for" in text for text in seen)
    facts = patches.record_facts(change.id)
    assert facts.runs[0].steps[-1].title == "Restart the server"
    assert facts.change.restarts[0] == (
        "The server itself restarts at the end: a new kernel runs only after it "
        "(linux-image-amd64)."
    )
    assert plan_from_dict(change.plan) == plan


def test_a_host_that_stays_off_is_told_and_found_again(host: Host, database: Database) -> None:
    """It goes down and does not come back: nobody knows how it ended until it does, and nothing is
    checked before."""
    plan = replace(host.plan("libquiet"), restart_host=True)
    desk = furnished(database)
    work = SystemUpdates(host.reach, restart="systemctl poweroff", every=0.1)
    hands = replace(desk.hands, works={"patch": work}, look_run=host.look,
                    pauses=(0.1,), every=0.1, back_within=3.0)  # fmt: skip
    patches = Patches(database, desk.journal, hands, now=lambda: desk.now)
    change = patches.add("patch", "quiet", desk.host, stored(plan))
    change = desk.announced(patches.simulate(desk.host, change.id, Context()))
    desk.copied()
    patches.prepare(desk.host, change.id, Context())
    patches.check_before(desk.host, change.id, Context())
    change = patches.apply(desk.host, change.id, Context(), confirm=change.number)
    run = change.runs[0]
    assert (change.state, run.state) == ("applying", "unknown")
    assert "was to restart and has not answered for 1 minute: no new boot id" in run.left
    assert "check_after" not in change.verbs
    with pytest.raises(OpsError):
        patches.check_after(desk.host, change.id, Context())
    ticket = next(one for one in desk.tickets.all() if "does not come back" in one.title)
    assert run.left in ticket.description
    host.machine.power_off()
    host.machine.start()
    change = patches.attach(desk.host, change.id, Context())
    run = change.runs[0]
    assert (change.state, run.state, run.restarted, run.left) == ("postcheck", "done", True, "")
    assert patches.check_after(desk.host, change.id, Context()).state == "awaiting_confirmation"


def furnished(database: Database) -> Desk:
    """Return a desk of today: the host's clock is this machine's."""
    desk = Desk(database)
    desk.now = datetime.now(UTC)
    desk.furnish(two_person=False)
    known, today = desk.contracts.all()[0], desk.now.date()
    year = timedelta(days=300)
    desk.contracts.save_contract(replace(known, start=today - year, end=today + year))
    return desk


def ended(host: Host, run_id: str) -> RunLook:
    context = Context()
    for _ in range(600):
        look = host.look(host.resource, run_id, 0, context)
        if look.ended:
            return look
        context.wait(0.1)
    raise AssertionError(look)
