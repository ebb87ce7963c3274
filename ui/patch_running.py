"""What the buttons of a change do at its server: begin, follow, mend, take back, check.

Nothing here decides whether a change may begin: every verb asks its state and its gates again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import QObject

from gmops_desktop.addresses import Resource
from gmops_desktop.context import Context
from gmops_desktop.contract.restart_lines import restart_lines
from gmops_desktop.contract.terms import ZONE, told_in
from gmops_desktop.contract.updates import Plan
from gmops_desktop.language import tr
from gmops_desktop.services.patches import Change, Patches
from gmops_desktop.states import State
from ui import words
from ui.patch_back import PatchBack
from ui.patch_plan import plan_of, summed
from ui.patch_start import StartSheet
from ui.patch_tasks import ChangeTasks


class RunVerbs(QObject):
    """What goes on at a server by itself, once its number was typed."""

    def __init__(self, patches: Patches, tasks: ChangeTasks) -> None:
        super().__init__(tasks)
        self._patches, self._tasks = patches, tasks
        self.back = PatchBack(patches, tasks, self._run)

    def apply(self, change: Change) -> None:
        title = tr("Apply {number}", number=change.number)
        heading = tr("The way back, should it be needed")
        self._ask(change, self._patches.apply, title, tr("Apply"), _happens(change), heading)

    def mend(self, change: Change) -> None:
        facts: list[tuple[State, str]] = [
            ("warning", tr("The server finishes what was left half done, and nothing else.")),
            ("ok", tr("It goes on at the server by itself; a lost line does not break it.")),
        ]
        title = tr("Mend {number}", number=change.number)
        self._ask(change, self._patches.mend, title, tr("Mend"), facts)

    def attach(self, change: Change) -> None:
        """Follow what was begun; where another saw its end first, there is nothing to do."""
        patches = self._patches

        def attach(
            host: Resource, change_id: str, context: Context, follow: Callable[[Any], object]
        ) -> Change:
            if patches.get(change_id).running is None:
                return patches.get(change_id)
            return patches.attach(host, change_id, context, follow)

        self._run(change, attach, tr("Follow {number}", number=change.number))

    def check_after(self, change: Change) -> None:
        self._tasks.work(
            change,
            self._patches.check_after,
            tr("Check after {number}", number=change.number),
            then=self._checked,
        )

    # -- how it goes on

    def _ask(
        self,
        change: Change,
        verb: Callable[..., Change],
        title: str,
        word: str,
        facts: Sequence[tuple[State, str]],
        heading: str = "",
    ) -> None:
        """Show what happens, and run the verb once the change's number was typed."""
        sheet = StartSheet(
            self._tasks.window, title, change.number, facts, change.way_back, word, heading=heading
        )
        sheet.confirmed.connect(
            lambda typed, _reason: self._run(change, partial(verb, confirm=typed), title)
        )
        sheet.open()

    def _run(self, change: Change, verb: Callable[..., Change], title: str) -> None:
        self._tasks.run(change, verb, title, self._ended, self._let_go)

    def _let_go(self, change_id: str) -> None:
        change = self._patches.get(change_id)
        self._tasks.renew()
        if change.running is not None:
            self._tasks.noticed.emit(
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
            self._tasks.noticed.emit(
                "warning",
                tr("{number} was never begun on the server.", number=change.number),
                tr("Nothing was done there; it can be begun again."),
            )
        elif last is not None and last.state != "done":
            self._tasks.noticed.emit(
                "critical",
                tr("{number} did not end well: {why}", number=change.number, why=last.why),
                tr("The log is kept, and a ticket tells of it. Mend, try again or roll back."),
            )
        elif change.state in ("postcheck", "rolled_back"):
            self.check_after(change)

    def _checked(self, change: Change) -> None:
        worse = [one for one in change.differences if one.verdict in ("worse", "unknown")]
        if worse:
            self._tasks.noticed.emit(
                "critical",
                tr("After {number} not all is as before: {what}", number=change.number,
                   what=words.listed(one.title for one in worse)),
                tr("Look at the checks, then accept what differs or roll back."),
            )  # fmt: skip
        else:
            self._tasks.noticed.emit(
                "ok",
                tr("{number}: everything is as before or better.", number=change.number),
                tr("What was looked at stands in its record."),
            )


@told_in(ZONE)
def _happens(change: Change) -> list[tuple[State, str]]:
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
    found.append(("ok", tr("It goes on at the server by itself; a lost line does not break it.")))
    return found
