"""What the buttons of a change do: the form or the look before the leap, then the task.

Nothing here decides whether a change may begin: every verb asks its state and its gates again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, cast

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from gmops_desktop.addresses import Resource
from gmops_desktop.changes import Change as Flag
from gmops_desktop.context import Context
from gmops_desktop.contract.changes import AUDIENCES, Audience
from gmops_desktop.contract.gates import GateKey, notice_gate
from gmops_desktop.contract.restart_lines import restart_lines
from gmops_desktop.contract.terms import ZONE, told_in
from gmops_desktop.contract.updates import Plan
from gmops_desktop.language import tr
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.patches import Change, Patches
from gmops_desktop.states import State
from gmops_desktop.tasks import Task, TaskRunner
from ui import words
from ui.patch_back import PatchBack
from ui.patch_cloud import CLOUD_ACTS, CloudVerbs
from ui.patch_forms import (
    AskSheet,
    assess_form,
    assessed,
    emergency_form,
    hand_over_form,
    handed,
    heading,
    notice_form,
)
from ui.patch_gates import audience_of
from ui.patch_live import mark_task, telling
from ui.patch_plan import plan_of, summed
from ui.patch_restarts import RestartSheet
from ui.patch_start import StartSheet
from ui.patch_window import WindowSheet
from ui.patch_words import title_of
from ui.ticket_dialogs import ConfirmSheet, ReasonSheet
from ui.ticket_fields import designated_now

Job = Callable[[Context], object]
_BACK_UP = ("backups", "+")


class PatchVerbs(QObject):
    """Does what is wanted of the change in sight, over `window`."""

    wanted = Signal(str, str)  # another page's name, and what to show there
    noticed = Signal(str, str, str)  # for the notice bar

    def __init__(
        self,
        patches: Patches,
        contracts: Contracts,
        runner: TaskRunner,
        host_of: Callable[[str], Resource | None],
        window: QWidget,
    ) -> None:
        """`host_of` gives the resource of an id, while it is in the contract."""
        super().__init__(window)
        self._patches, self._contracts, self._runner = patches, contracts, runner
        self._host_of, self._window = host_of, window
        self._back = PatchBack(patches, runner, self._run, window)
        self._back.noticed.connect(self.noticed)
        self.cloud = CloudVerbs(patches, contracts, runner, host_of, window)
        self.cloud.noticed.connect(self.noticed)
        # Makes a document of a change, by its id.
        self.print_paper: Callable[[str, str], object] = lambda _paper, _change: None

    def do(self, change_id: str, act: str, gate: str = "") -> None:
        """Do what was pressed for a change, about a gate where it was pressed there."""
        change = self._patches.get(change_id)
        match act:
            case "back_up":
                self.wanted.emit(*_BACK_UP)
            case "ticket":
                self.wanted.emit("tickets", change.ticket_id)
            case "notice" | "record" | "receipt":
                self.print_paper(act, change.id)
            case act if act in CLOUD_ACTS:
                self.cloud.do(change, act)
            case _:
                step: Callable[[Change, str], object] = getattr(self, f"_{act}")
                step(change, gate)

    def follow_all(self) -> None:
        """Ask the servers of all changes that are under way what became of them, and follow."""
        for change in self._patches.all():
            if change.running is not None and self._host_of(change.resource_id) is not None:
                self._attach(change)

    # -- before it begins

    def _assess(self, change: Change, _gate: str = "") -> None:
        form = assess_form(self._window, change, self._contracts)
        form.given.connect(
            lambda said: self._record(
                change, lambda: self._patches.assess(change.id, **assessed(said)), tr("Evaluate")
            )
        )
        form.open()

    def _simulate(self, change: Change, _gate: str = "") -> None:
        self._work(change, self._patches.simulate, tr("Simulate {number}", number=change.number))

    def _replan(self, change: Change, _gate: str = "") -> None:
        drifted = change.drift or (tr("The plan was not played again yet."),)
        sheet = AskSheet(
            self._window,
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
            lambda: self._work(
                change, self._patches.replan, tr("Plan {number} anew", number=change.number)
            )
        )
        sheet.open()

    def _restarts(self, change: Change, _gate: str = "") -> None:
        plan = change.updates
        if plan is None:
            return
        stands = bool(change.window or change.announced or change.approved_by or change.way_back)
        sheet = RestartSheet(self._window, heading(change), plan, withdraws=stands)
        sheet.given.connect(
            lambda units, host: self._work(
                change,
                partial(self._patches.set_restarts, restarts=units, restart_host=host),
                tr("Restarts of {number}", number=change.number),
            )
        )
        sheet.open()

    def _set_window(self, change: Change, _gate: str = "") -> None:
        said = change.assessment
        sheet = WindowSheet(
            self._window,
            heading(change),
            title_of(change),
            datetime.now(UTC),
            change.window,
            said.downtime_minutes if said else None,
            len(change.announced),
        )
        sheet.given.connect(
            lambda begin, end: self._record(
                change, lambda: self._patches.set_window(change.id, begin, end), tr("Set window")
            )
        )
        sheet.open()

    def _announce(self, change: Change, gate: str = "") -> None:
        audience = audience_of(cast(GateKey, gate)) if gate else self._untold(change)
        if audience is None:
            return
        form = notice_form(self._window, change, audience)
        form.given.connect(
            lambda evidence: self._record(
                change,
                lambda: self._patches.announce(change.id, audience, evidence),
                tr("Record notice"),
            )
        )
        form.open()

    def _approve(self, change: Change, _gate: str = "") -> None:
        sheet = AskSheet(
            self._window,
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
            lambda: self._record(
                change, lambda: self._patches.approve(change.id), tr("Release the plan")
            )
        )
        sheet.open()

    def _pass_gate(self, change: Change, gate: str = "") -> None:
        form = emergency_form(self._window, change, gate)
        form.given.connect(
            lambda said: self._record(
                change,
                lambda: self._patches.pass_gate(change.id, said["gate"], said["reason"]),
                tr("Special emergency"),
            )
        )
        form.open()

    def _prepare(self, change: Change, _gate: str = "") -> None:
        self._work(change, self._patches.prepare, tr("Prepare {number}", number=change.number))

    def _check_before(self, change: Change, _gate: str = "") -> None:
        self._work(
            change, self._patches.check_before, tr("Check before {number}", number=change.number)
        )

    def _cancel(self, change: Change, _gate: str = "") -> None:
        self._with_reason(
            change, tr("Cancel change"), lambda why: self._patches.cancel(change.id, why)
        )

    # -- at the server

    def _apply(self, change: Change, _gate: str = "") -> None:
        sheet = StartSheet(
            self._window, tr("Apply {number}", number=change.number), change.number,
            self._happens(change), change.way_back, tr("Apply"),
            heading=tr("The way back, should it be needed"),
        )  # fmt: skip
        sheet.confirmed.connect(
            lambda typed, _reason: self._run(
                change,
                partial(self._patches.apply, confirm=typed),
                tr("Apply {number}", number=change.number),
            )
        )
        sheet.open()

    def _roll_back(self, change: Change, _gate: str = "") -> None:
        if (host := self._host(change)) is not None:
            self._back.roll_back(change, host)

    def _take_archive(self, change: Change, _gate: str = "") -> None:
        if (host := self._host(change)) is not None:
            self._back.take_archive(change, host)

    def _mend(self, change: Change, _gate: str = "") -> None:
        facts: list[tuple[State, str]] = [
            ("warning", tr("The server finishes what was left half done, and nothing else.")),
            ("ok", tr("It goes on at the server by itself; a lost line does not break it.")),
        ]
        sheet = StartSheet(
            self._window, tr("Mend {number}", number=change.number), change.number, facts,
            change.way_back, tr("Mend"),
        )  # fmt: skip
        sheet.confirmed.connect(
            lambda typed, _reason: self._run(
                change,
                partial(self._patches.mend, confirm=typed),
                tr("Mend {number}", number=change.number),
            )
        )
        sheet.open()

    def _attach(self, change: Change, _gate: str = "") -> None:
        """Follow what was begun; where another saw its end first, there is nothing to do."""
        patches = self._patches

        def attach(
            host: Resource, change_id: str, context: Context, follow: Callable[[Any], object]
        ) -> Change:
            if patches.get(change_id).running is None:
                return patches.get(change_id)
            return patches.attach(host, change_id, context, follow)

        self._run(change, attach, tr("Follow {number}", number=change.number))

    # -- after it

    def _check_after(self, change: Change, _gate: str = "") -> None:
        task = self._work(
            change, self._patches.check_after, tr("Check after {number}", number=change.number)
        )
        if task is not None:
            task.succeeded.connect(self._checked)

    def _accept(self, change: Change, _gate: str = "") -> None:
        self._with_reason(
            change, tr("Accept what differs"), lambda why: self._patches.accept(change.id, why)
        )

    def _try_again(self, change: Change, _gate: str = "") -> None:
        self._with_reason(
            change, tr("Try again"), lambda why: self._patches.try_again(change.id, why)
        )

    def _confirm(self, change: Change, _gate: str = "") -> None:
        sheet = ConfirmSheet(self._window, heading(change), designated_now(self._contracts))
        sheet.at.setEnabled(False)  # it counts from when it is recorded
        sheet.given.connect(
            lambda said: self._record(
                change,
                lambda: self._patches.confirm(change.id, **_confirmed(said)),
                tr("Record confirmation"),
            )
        )
        sheet.open()

    def _hand_over(self, change: Change, _gate: str = "") -> None:
        form = hand_over_form(self._window, change)

        def hand_over(said: Mapping[str, Any]) -> None:
            values = handed(said)
            self._work(
                change,
                lambda host, number, context: self._patches.hand_over(
                    host, number, context, **values
                ),
                tr("Hand over {number}", number=change.number),
            )

        form.given.connect(hand_over)
        form.open()

    def _close(self, change: Change, _gate: str = "") -> None:
        self._record(change, lambda: self._patches.close(change.id), tr("Close change"))

    # -- how it is done

    @told_in(ZONE)
    def _happens(self, change: Change) -> list[tuple[State, str]]:
        """Return what applying does, for the look before the leap."""
        plan = plan_of(change)
        found: list[tuple[State, str]] = [("warning", tr(", ").join(summed(plan)))]
        found += restart_lines(plan) if isinstance(plan, Plan) else ()
        if change.window:
            until = words.stamp(change.window[1])
            found.append(("ok", tr("The window ends {at}.", at=until)))
        said = change.assessment
        if said and said.downtime_minutes is not None:
            found.append(("warning", tr("The service is expected to stand still for {count} min.",
                                        count=said.downtime_minutes)))  # fmt: skip
        for gate in change.gates:
            if not gate.met and gate.emergency:
                found.append(("critical", tr("Opened as a special emergency: {reason}",
                                             reason=gate.emergency)))  # fmt: skip
        found.append(
            ("ok", tr("Before it begins the plan is played again and every gate asked once more;"
                      " whatever differs stops it."))
        )  # fmt: skip
        found.append(
            ("ok", tr("It goes on at the server by itself; a lost line does not break it."))
        )
        return found

    def _untold(self, change: Change) -> Audience | None:
        shut = {gate.key for gate in change.gates if not gate.open}
        return next((one for one in AUDIENCES if notice_gate(one) in shut), None)

    def _with_reason(self, change: Change, title: str, verb: Callable[[str], object]) -> None:
        sheet = ReasonSheet(self._window, title, heading(change), title)
        sheet.given.connect(lambda why: self._record(change, lambda: verb(why), title))
        sheet.open()

    def _record(self, change: Change, verb: Callable[[], object], title: str) -> None:
        """Record something; entries come in the order of the clicks."""
        task = self._runner.start(
            lambda _context: verb(),
            f"{change.number}{tr(': ')}{title}",
            lane="patches",
            changes=Flag.PATCHES,
        )
        mark_task(task, change.id)
        task.failed.connect(self._renew)

    def _work(
        self, change: Change, verb: Callable[[Resource, str, Context], Change], title: str
    ) -> Task | None:
        """Ask something of the server, in its lane."""
        host = self._host(change)
        if host is None:
            return None
        task = self._runner.start(
            lambda context: verb(host, change.id, context),
            title,
            lane=f"host:{host.id}",
            changes=Flag.PATCHES,
        )
        mark_task(task, change.id)
        task.failed.connect(self._renew)
        self._runner.changed.emit(Flag.PATCHES)
        return task

    def _run(self, change: Change, verb: Callable[..., Change], title: str) -> None:
        """Begin or follow a run; to stop following never stops what goes on at the server."""
        host = self._host(change)
        if host is None:
            return
        task = self._runner.start(
            lambda context: verb(host, change.id, context, follow=telling(context)),
            title,
            lane=f"host:{host.id}",
            changes=Flag.PATCHES | Flag.TICKETS,
        )
        mark_task(task, change.id, run=True)
        task.succeeded.connect(self._ended)
        task.failed.connect(self._renew)
        task.cancelled.connect(partial(self._let_go, change.id))
        self._runner.changed.emit(Flag.PATCHES)

    def _host(self, change: Change) -> Resource | None:
        host = self._host_of(change.resource_id)
        if host is None:
            self.noticed.emit(
                "warning",
                tr("The server of {number} is no longer in the contract.", number=change.number),
                tr("Nothing was done. Add it in the settings, or cancel the change."),
            )
        return host

    @Slot()
    def _renew(self) -> None:
        """What failed may have been recorded in part: show what stands there now."""
        self._runner.changed.emit(Flag.PATCHES)

    def _let_go(self, change_id: str) -> None:
        change = self._patches.get(change_id)
        self._renew()
        if change.running is not None:
            self.noticed.emit(
                "warning",
                tr("{number} goes on at the server; it is not followed any more.",
                   number=change.number),
                tr("Nothing was stopped there. Attach again to see how it ends."),
            )  # fmt: skip

    def _ended(self, change: Change) -> None:
        """Tell how a run ended, and go on with the checks where it ended well."""
        last = change.runs[-1] if change.runs else None
        if change.running is not None:
            self._let_go(change.id)
        elif last is not None and last.state == "absent":
            self.noticed.emit(
                "warning",
                tr("{number} was never begun on the server.", number=change.number),
                tr("Nothing was done there; it can be begun again."),
            )
        elif last is not None and last.state != "done":
            self.noticed.emit(
                "critical",
                tr("{number} did not end well: {why}", number=change.number, why=last.why),
                tr("The log is kept, and a ticket tells of it. Mend, try again or roll back."),
            )
        elif change.state in ("postcheck", "rolled_back"):
            self._check_after(change)

    def _checked(self, change: Change) -> None:
        worse = [one for one in change.differences if one.verdict in ("worse", "unknown")]
        if worse:
            self.noticed.emit(
                "critical",
                tr("After {number} not all is as before: {what}", number=change.number,
                   what=words.listed(one.title for one in worse)),
                tr("Look at the checks, then accept what differs or roll back."),
            )  # fmt: skip
        else:
            self.noticed.emit(
                "ok",
                tr("{number}: everything is as before or better.", number=change.number),
                tr("What was looked at stands in its record."),
            )


def _confirmed(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the form of a confirmation gave, as `Patches.confirm` takes it."""
    return {
        "by": said["by"],
        "channel": said["channel"],
        "text": said["text"],
        "paper": "; ".join(said["evidence"]),
    }
