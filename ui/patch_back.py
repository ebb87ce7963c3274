"""The way back in the window: looked at as it is now, then taken; and the archive it may need."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from gmops_desktop.addresses import Resource
from gmops_desktop.changes import Change as Flag
from gmops_desktop.contract.rollbacks import RollbackPlan
from gmops_desktop.language import tr
from gmops_desktop.services.patches import Change, Patches
from gmops_desktop.states import State
from gmops_desktop.tasks import TaskRunner
from ui.patch_live import mark_task
from ui.patch_start import StartSheet


class PatchBack(QObject):
    """Rolls changes back; `run` begins and follows what was confirmed."""

    noticed = Signal(str, str, str)  # for the notice bar

    def __init__(
        self,
        patches: Patches,
        runner: TaskRunner,
        run: Callable[[Change, Callable[..., Change], str], None],
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._patches, self._runner, self._run, self._window = patches, runner, run, window

    def roll_back(self, change: Change, host: Resource) -> None:
        """Show the way back, as it is now where it changes by itself, then take it."""
        if not change.plan.get("database"):
            self._ask(change, change.way_back)
            return
        patches = self._patches
        task = self._runner.start(
            lambda context: patches.look_back(host, change.id, context),
            tr("Looking at the way back of {number}", number=change.number),
            lane=f"host:{host.id}",
        )
        mark_task(task, change.id)
        task.succeeded.connect(lambda plan: self._ask(change, plan))
        task.failed.connect(lambda error: self._ask(change, change.way_back, unknown=str(error)))

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
            self._window, tr("Roll back {number}", number=change.number), change.number, facts,
            plan, tr("Roll back"), asks_reason=True,
            heading=tr("What is done, in order"),
        )  # fmt: skip
        sheet.confirmed.connect(
            lambda typed, reason: self._run(
                change,
                partial(self._patches.roll_back, confirm=typed, reason=reason),
                tr("Roll back {number}", number=change.number),
            )
        )
        sheet.open()

    def take_archive(self, change: Change, host: Resource) -> None:
        """Bring here the archive that another machine took before the SQL of a release."""
        named, _ = QFileDialog.getOpenFileName(
            self._window,
            tr("Archive that {number} leads back to", number=change.number),
            "",
            tr("Archives (*.sql.zst *.sql.zst.age)"),
        )
        if not named:
            return
        patches = self._patches
        task = self._runner.start(
            lambda context: patches.take_archive(host, change.id, Path(named), context),
            tr("Taking in {name}", name=Path(named).name),
            lane=f"host:{host.id}",
            changes=Flag.BACKUPS,
        )
        mark_task(task, change.id)
        task.succeeded.connect(
            lambda path: self.noticed.emit(
                "ok",
                tr("The archive of {number} is here now.", number=change.number),
                tr("{path}: roll back when it is time.", path=path),
            )
        )
