"""System patches: a change whose plan is what the host's package manager said it would do.

Its plan (`contract.updates.Plan`) names the units that are restarted afterwards, and whether the
host itself is.  Nothing else restarts but what the packages restart by themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any, Final

from db.ids import uuid7
from gmops_desktop.adapters import detached, packages
from gmops_desktop.adapters.packages import PlanRefused, applying, readiness
from gmops_desktop.adapters.sections import Shell
from gmops_desktop.addresses import Resource
from gmops_desktop.context import Context
from gmops_desktop.contract.rollbacks import RollbackPlan, RollbackStep
from gmops_desktop.contract.runs import RunLook, RunPurpose
from gmops_desktop.contract.updates import (
    Plan,
    Update,
    drift,
    plan_from_dict,
    to_dict,
    with_restarts_of,
)
from gmops_desktop.errors import OpsError
from gmops_desktop.language import mark, tr
from gmops_desktop.services.patches.works import Changed, Played

Reach = Callable[[Resource, Context], AbstractContextManager[Shell]]

_SOURCES: Final = {
    "archive": mark("from its archive"),
    "cache": mark("from the server's cache"),
    "host": mark("made again from its files"),
}


class SystemUpdates:
    """The work of a system patch.

    `reach` gives what runs scripts on a host; `restart` is the command that restarts one; `every`
    the seconds between two looks at what is being brought there; `patience` how many seconds the
    host waits for another program's lock.
    """

    def __init__(
        self,
        reach: Reach,
        *,
        restart: str = applying.RESTART_HOST,
        every: float = 1.0,
        patience: int = 60,
    ) -> None:
        self._reach = reach
        self._restart = restart
        self._every = every
        self._patience = patience

    def play(self, host: Resource, plan: Mapping[str, Any], context: Context) -> Played:
        """Play the approved versions through again, and look whether the manager could begin."""
        approved = plan_from_dict(plan)
        with self._reach(host, context) as shell:
            try:
                now = packages.simulate(shell, _wanted(approved), context)
                differs = drift(approved, now)
                now = with_restarts_of(approved, now)
            except PlanRefused as refusal:
                now, differs = approved, (refusal.message,)
            ready = readiness.readiness(shell, approved, context)
        return Played(
            plan={**plan, **to_dict(now)},
            differs=differs,
            health="\n".join(filter(None, (ready.why_not, _cannot_restart(approved, now)))),
            disk_free=now.disk_free if now is not approved else None,
            disk_needed=ready.disk_needed,
            at=datetime.now(UTC),
        )

    def prepare(
        self, host: Resource, plan: Mapping[str, Any], change_id: str, context: Context
    ) -> RollbackPlan:
        """Bring the new packages and those that they replace to the host, and say what the way back
        is; raises `OpsError` where a new one cannot be had."""
        wanted = plan_from_dict(plan)
        run_id = uuid7()
        script = applying.prepare(wanted, change_id, patience=self._patience)
        context.progress(None, tr("Bringing the packages to {name} …", name=host.name))
        with self._reach(host, context) as shell:
            detached.start(shell, run_id, script, context, steps=applying.PREPARE_STEPS)
            look = detached.look(shell, run_id, context)
            while look.state == "running":
                context.wait(self._every)
                look = detached.look(shell, run_id, context)
            if look.state != "done":
                raise OpsError(
                    tr("What the change needs could not be brought to {name}: {why}",
                       name=host.name, why=look.why),
                    hint=tr("Scan the server again, and look whether it reaches its archives."),
                    unharmed=tr("Nothing was installed or changed on the server."),
                )  # fmt: skip
            detached.forget(shell, run_id, context)
        return _way_back(wanted, look)

    def start(
        self,
        host: Resource,
        plan: Mapping[str, Any],
        change_id: str,
        run_id: str,
        purpose: RunPurpose,
        context: Context,
    ) -> None:
        """Let the host install, take back or mend by itself; the same run a second time is not
        begun."""
        wanted = plan_from_dict(plan)
        if purpose == "mend":
            script = applying.mend(wanted, change_id, patience=self._patience)
            steps: tuple[str, ...] = applying.MEND_STEPS
        else:
            make = applying.apply if purpose == "apply" else applying.roll_back
            steps = applying.APPLY_STEPS if purpose == "apply" else applying.BACK_STEPS
            restart = self._restart if wanted.restart_host else ""
            script = make(
                wanted, change_id, restart_services=wanted.restarts,
                restart_host=restart, patience=self._patience,
            )  # fmt: skip
            steps = (*steps, detached.RESTART) if restart else steps
        with self._reach(host, context) as shell:
            detached.start(shell, run_id, script, context, steps=steps)

    def changed(
        self, host: Resource, plan: Mapping[str, Any], change_id: str, context: Context
    ) -> tuple[Changed, ...]:
        """Return the packages and the files of the settings that are otherwise than before."""
        with self._reach(host, context) as shell:
            found = readiness.altered(shell, change_id, context)
        approved = plan_from_dict(plan)
        return (
            *(
                Changed(_as_planned(name, approved), "package", before, now)
                for name, before, now in found.packages
            ),
            *(
                Changed(path, "configuration", before, now, now)
                for path, before, now in found.files
            ),
        )


def _as_planned(name: str, plan: Plan) -> str:
    """Return the name that a plan has for what the host calls “nginx:amd64” or “curl.x86_64”."""
    for one in plan.packages:
        if name in (f"{one.name}:{one.arch}", f"{one.name}.{one.arch}"):
            return one.name
    base, colon, arch = name.rpartition(":")  # what came new is told without its architecture
    return base if colon and arch in {one.arch for one in plan.packages} else name


def _cannot_restart(approved: Plan, now: Plan) -> str:
    if not now.no_restart or not (approved.restarts or approved.restart_host):
        return ""
    return tr("The plan restarts something, and nothing can be restarted there: {why}.",
              why=now.no_restart)  # fmt: skip


def _wanted(plan: Plan) -> tuple[Update, ...]:
    """Return what is asked for of the manager: dnf puts a new kernel beside the old one, among what
    comes new."""
    if plan.manager == "apt":
        return plan.packages
    beside = [one.split(" ", 1) for one in plan.installs if one.startswith("kernel")]
    return (*plan.packages, *(Update(name, "*", "", new, "", False) for name, new in beside))


def _way_back(plan: Plan, look: RunLook) -> RollbackPlan:
    """Return the steps back, from what the host could keep of each package."""
    kept = {}
    for line in look.outcome.get("kept", "").splitlines():
        name, version, source, *_ = line.split()
        kept[name] = version, source
    steps = []
    for one in plan.packages:
        version, source = kept.get(applying.name_at_host(plan, one), (one.old, "none"))
        why_not = ""
        if source == "none":
            why_not = tr(
                "{name} {version} cannot be put back: its archive has that version no more, and "
                "the server has no copy of it.", name=one.name, version=version,
            )  # fmt: skip
            text = tr("{name} stays at {version}.", name=one.name, version=one.new)
        else:
            text = tr("{name} goes back to {version} ({origin}).", name=one.name, version=version,
                      origin=tr(_SOURCES[source]))  # fmt: skip
        steps.append(RollbackStep(f"package:{one.name}", text, why_not=why_not))
    if plan.installs:
        names = ", ".join(one.split()[0] for one in plan.installs)
        text = tr("What came new goes: {names}.", names=names)
        steps.append(RollbackStep("installs", text))
    if plan.removes:
        steps.append(
            RollbackStep(
                "removes",
                tr("What was removed does not come back by itself: {names}.",
                   names=", ".join(plan.removes)),
                why_not=tr("Removed packages are not put back: {names}.",
                           names=", ".join(plan.removes)),
            )
        )  # fmt: skip
    steps.append(
        RollbackStep(
            "settings",
            tr("Configuration files that somebody edited stay as they are."),
            costs=tr("Services of these packages restart: {names}.",
                     names=", ".join(plan.services)) if plan.services else "",
        )
    )  # fmt: skip
    return RollbackPlan(datetime.now(UTC), tuple(steps))
