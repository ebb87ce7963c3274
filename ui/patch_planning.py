"""What the buttons of a change do before it begins: judge, simulate, arrange, release, prepare.

Each asks by a form what has to be said, then records it or asks the server.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import cast

from gmops_desktop.contract.changes import AUDIENCES, Audience
from gmops_desktop.contract.gates import GateKey, notice_gate
from gmops_desktop.language import tr
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.patches import Change, Patches
from ui import words
from ui.patch_forms import AskSheet, assess_form, assessed, emergency_form, heading, notice_form
from ui.patch_gates import audience_of
from ui.patch_plan import plan_of, summed
from ui.patch_restarts import RestartSheet
from ui.patch_tasks import ChangeTasks
from ui.patch_window import WindowSheet
from ui.patch_words import title_of


class PlanningVerbs:
    """What comes before the server is touched."""

    def __init__(self, patches: Patches, contracts: Contracts, tasks: ChangeTasks) -> None:
        self._patches, self._contracts, self._tasks = patches, contracts, tasks

    def assess(self, change: Change) -> None:
        form = assess_form(self._tasks.window, change, self._contracts)
        form.given.connect(
            lambda said: self._tasks.record(
                change, lambda: self._patches.assess(change.id, **assessed(said)), tr("Evaluate")
            )
        )
        form.open()

    def simulate(self, change: Change) -> None:
        self._tasks.work(
            change, self._patches.simulate, tr("Simulate {number}", number=change.number)
        )

    def replan(self, change: Change) -> None:
        drifted = change.drift or (tr("The plan was not played again yet."),)
        sheet = AskSheet(
            self._tasks.window,
            tr("Take the plan of now"),
            heading(change),
            (
                "\n".join(drifted),
                tr(
                    "The change takes the plan that the server gives now. Window, notices, release,"
                    " preparation and checks were for the plan before: they are withdrawn."
                ),
            ),
            tr("Take the plan of now"),
        )
        sheet.agreed.connect(
            lambda: self._tasks.work(
                change, self._patches.replan, tr("Plan {number} anew", number=change.number)
            )
        )
        sheet.open()

    def restarts(self, change: Change) -> None:
        plan = change.updates
        if plan is None:
            return
        stands = bool(change.window or change.announced or change.approved_by or change.way_back)
        sheet = RestartSheet(self._tasks.window, heading(change), plan, withdraws=stands)
        sheet.given.connect(
            lambda units, host: self._tasks.work(
                change,
                partial(self._patches.set_restarts, restarts=units, restart_host=host),
                tr("Restarts of {number}", number=change.number),
            )
        )
        sheet.open()

    def set_window(self, change: Change) -> None:
        said = change.assessment
        sheet = WindowSheet(
            self._tasks.window,
            heading(change),
            title_of(change),
            datetime.now(UTC),
            change.window,
            said.downtime_minutes if said else None,
            len(change.announced),
        )
        sheet.given.connect(
            lambda begin, end: self._tasks.record(
                change, lambda: self._patches.set_window(change.id, begin, end), tr("Set window")
            )
        )
        sheet.open()

    def announce(self, change: Change, gate: str = "") -> None:
        audience = audience_of(cast(GateKey, gate)) if gate else _untold(change)
        if audience is None:
            return
        form = notice_form(self._tasks.window, change, audience)
        form.given.connect(
            lambda evidence: self._tasks.record(
                change,
                lambda: self._patches.announce(change.id, audience, evidence),
                tr("Record notice"),
            )
        )
        form.open()

    def approve(self, change: Change) -> None:
        sheet = AskSheet(
            self._tasks.window,
            tr("Release the plan"),
            heading(change),
            (
                tr(", ").join(summed(plan_of(change))),
                tr("Made by {name}. Your name stands in the record beside it.",
                   name=change.author or words.NOTHING),
            ),
            tr("Release"),
        )  # fmt: skip
        sheet.agreed.connect(
            lambda: self._tasks.record(
                change, lambda: self._patches.approve(change.id), tr("Release the plan")
            )
        )
        sheet.open()

    def pass_gate(self, change: Change, gate: str = "") -> None:
        form = emergency_form(self._tasks.window, change, gate)
        form.given.connect(
            lambda said: self._tasks.record(
                change,
                lambda: self._patches.pass_gate(change.id, said["gate"], said["reason"]),
                tr("Special emergency"),
            )
        )
        form.open()

    def prepare(self, change: Change) -> None:
        self._tasks.work(
            change, self._patches.prepare, tr("Prepare {number}", number=change.number)
        )

    def check_before(self, change: Change) -> None:
        self._tasks.work(
            change, self._patches.check_before, tr("Check before {number}", number=change.number)
        )

    def cancel(self, change: Change) -> None:
        self._tasks.record_with_reason(
            change, tr("Cancel change"), lambda why: self._patches.cancel(change.id, why)
        )


def _untold(change: Change) -> Audience | None:
    shut = {gate.key for gate in change.gates if not gate.open}
    return next((one for one in AUDIENCES if notice_gate(one) in shut), None)
