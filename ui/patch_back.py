"""The way back in the window: looked at as it is now, then taken; and the archive it may need."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QFileDialog

from gmops_desktop.changes import Change as Flag
from gmops_desktop.contract.rollbacks import RollbackPlan
from gmops_desktop.language import tr
from gmops_desktop.services.patches import Change, Patches
from gmops_desktop.states import State
from ui.patch_start import StartSheet
from ui.patch_tasks import ChangeTasks


class PatchBack:
    """Rolls changes back; `run` begins and follows what was confirmed."""

    def __init__(
        self,
        patches: Patches,
        tasks: ChangeTasks,
        run: Callable[[Change, Callable[..., Change], str], None],
    ) -> None:
        self._patches, self._tasks, self._run = patches, tasks, run

    def roll_back(self, change: Change) -> None:
        """Show the way back, as it is now where it changes by itself, then take it."""
        if self._tasks.host(change) is None:
            return
        if not change.plan.get("database"):
            self._ask(change, change.way_back)
            return
        self._tasks.work(
            change,
            self._patches.look_back,
            tr("Looking at the way back of {number}", number=change.number),
            then=lambda plan: self._ask(change, plan),
            failed=lambda error: self._ask(change, change.way_back, unknown=str(error)),
        )

    def _ask(self, change: Change, plan: RollbackPlan | None, unknown: str = "") -> None:
        facts: list[tuple[State, str]] = [
            ("warning", tr("The server is brought back to how it was before {number}.",
                           number=change.number)),
            ("ok", tr("It goes on at the server by itself; a lost line does not break it.")),
        ]  # fmt: skip
        if unknown:
            told = tr("What it loses by now is not known: {why}", why=unknown)
            facts.append(("unknown", told))
        sheet = StartSheet(
            self._tasks.window,
            tr("Roll back {number}", number=change.number),
            change.number,
            facts,
            plan,
            tr("Roll back"),
            asks_reason=True,
            heading=tr("What is done, in order"),
        )
        sheet.confirmed.connect(
            lambda typed, reason: self._run(
                change,
                partial(self._patches.roll_back, confirm=typed, reason=reason),
                tr("Roll back {number}", number=change.number),
            )
        )
        sheet.open()

    def take_archive(self, change: Change) -> None:
        """Bring here the archive that another machine took before the SQL of a release."""
        if self._tasks.host(change) is None:
            return
        named, _ = QFileDialog.getOpenFileName(
            self._tasks.window,
            tr("Archive that {number} leads back to", number=change.number),
            "",
            tr("Archives (*.sql.zst *.sql.zst.age)"),
        )
        if not named:
            return
        patches, path = self._patches, Path(named)
        self._tasks.work(
            change,
            lambda host, number, context: patches.take_archive(host, number, path, context),
            tr("Taking in {name}", name=path.name),
            changes=Flag.PATCHES | Flag.BACKUPS,
            then=lambda taken: self._tasks.noticed.emit(
                "ok",
                tr("The archive of {number} is here now.", number=change.number),
                tr("{path}: roll back when it is time.", path=taken),
            ),
        )
