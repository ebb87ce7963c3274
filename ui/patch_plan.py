"""What a change would do, by its kind: packages with their versions, files of a release, a diff."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from gmops_desktop.contract.releases import (
    ConfigurationPlan,
    ReleaseChange,
    ReleasePlan,
    ReleaseStep,
    configuration_from_dict,
    release_from_dict,
)
from gmops_desktop.contract.restart_lines import restart_lines
from gmops_desktop.contract.updates import Plan, Update
from gmops_desktop.language import mark, tr, tr_n
from gmops_desktop.services.patches import Change
from gmops_desktop.states import State
from ui import words
from ui.patch_words import severity
from ui.widgets.diff import DiffView
from ui.widgets.frames import Label, button, column, disable, paragraph, row
from ui.widgets.table_model import Column
from ui.widgets.tables import Table

_STEPS: Final[dict[ReleaseStep, tuple[str, str]]] = {
    "add": (mark("added"), "plus"),
    "change": (mark("changed"), "pencil-simple"),
    "remove": (mark("removed"), "minus"),
}


class PlanView(QWidget):
    """What sums the plan up, what restarts, and below it the table or the diff of its kind;
    `wanted` asks the page for an act."""

    wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.said = Label("", "caption")
        self.notes = Label("", "caption", ink="warning")
        self.packages: Table[Update] = Table(
            columns_of_updates(), name=tr("Packages"), identity=identity_of_update
        )
        self.files: Table[ReleaseChange] = Table(
            _columns_of_files(), name=tr("Files of the release"), identity=lambda one: one.path,
            empty=tr("No file differs."),
        )  # fmt: skip
        self.diff = DiffView(tr("What changes in the file"))
        self.restarts = paragraph("", "caption")
        self.change_restarts = button(
            tr("Restarts…"), lambda: self.wanted.emit("restarts"),
            tip=tr("Choose what restarts at the end: services, the server itself"),
        )  # fmt: skip
        self._restarts = row(None, self.restarts, self.change_restarts)
        self._restarts.setStretch(0, 1)
        self._pages = QStackedWidget()
        for page in (self.packages, self.files, self.diff):
            self._pages.addWidget(page)
        layout = column(self, self.said, self._restarts, self.notes, self._pages, spacing=4)
        layout.setStretch(3, 1)

    def show_plan(self, change: Change, refused: str = "") -> None:
        """Show what a change would do, as its plan stands; and what drifted since.

        `refused` is why its restarts cannot be changed now ("" if they can).
        """
        warned = list(change.drift)
        plan = plan_of(change)
        if isinstance(plan, Plan):
            self.packages.set_rows(plan.packages)
            self._pages.setCurrentWidget(self.packages)
        elif isinstance(plan, ReleasePlan):
            self.files.set_rows(plan.changes)
            self._pages.setCurrentWidget(self.files)
            warned += plan.notes
        elif isinstance(plan, ConfigurationPlan):
            self.diff.show_diff(plan.diff)
            self._pages.setCurrentWidget(self.diff)
            warned += plan.notes
        self.said.show_text(tr(", ").join(summed(plan)))
        told = restart_lines(plan) if isinstance(plan, Plan) else ()
        self.restarts.setText("\n".join(text for _state, text in told))
        self.restarts.setVisible(bool(told))
        self.change_restarts.setVisible(bool(told))
        disable(self.change_restarts, refused, self.change_restarts.toolTip())
        self.notes.show_text("; ".join(warned))
        self.notes.setVisible(bool(warned))


def plan_of(change: Change) -> Plan | ReleasePlan | ConfigurationPlan | None:
    """Return the plan of a change as the record of its kind; None where none was made."""
    if not change.plan:
        return None
    if change.kind == "release":
        return release_from_dict(change.plan)
    if change.kind == "configuration":
        return configuration_from_dict(change.plan)
    return change.updates


def summed(plan: Plan | ReleasePlan | ConfigurationPlan | None) -> list[str]:
    """Return what a plan does, in a few short parts."""
    if isinstance(plan, Plan):
        return _summed_updates(plan)
    if isinstance(plan, ReleasePlan):
        return _summed_release(plan)
    if isinstance(plan, ConfigurationPlan):
        said = [plan.path]
        if plan.check:
            said.append(tr("checked by {command}", command=plan.check))
        said.append(
            tr("then {command}", command=plan.reload) if plan.reload else tr("nothing is reloaded")
        )
        return said
    return [tr("no plan was made yet")]


def _summed_updates(plan: Plan) -> list[str]:
    said = [tr_n("{count} package", "{count} packages", len(plan.packages))]
    if plan.download_bytes:
        said.append(words.size(plan.download_bytes))
    if plan.installs:
        said.append(tr("{count} newly installed", count=len(plan.installs)))
    if plan.removes:
        said.append(tr("{count} removed", count=len(plan.removes)))
    if plan.obsoletes:
        said.append(tr("{count} replaced by others", count=len(plan.obsoletes)))
    return said


def _summed_release(plan: ReleasePlan) -> list[str]:
    said = [
        tr_n("{count} file added", "{count} files added", plan.count("add")),
        tr_n("{count} changed", "{count} changed", plan.count("change")),
        tr_n("{count} removed", "{count} removed", plan.count("remove")),
        tr("{size} to send", size=words.size(plan.send_bytes)),
        plan.folder,
    ]
    statements = sum(one.statements for one in (*plan.of("before"), *plan.of("after")))
    if plan.migrates:
        said.append(
            tr_n("{count} SQL statement", "{count} SQL statements", statements)
            if statements
            else tr("SQL without a statement")
        )
    else:
        said.append(tr("no SQL"))
    if plan.stays:
        said.append(tr("stays as it is: {paths}", paths=words.listed(plan.stays)))
    return said


def columns_of_updates() -> tuple[Column[Update], ...]:
    """Return the columns in which packages are listed, in the queue as in the inventory."""
    return (
        Column(tr("Package"), lambda update: update.name, strong=lambda _update: True),
        Column(tr("Now"), lambda update: update.old or words.NOTHING, width=144,
               tip=lambda update: update.old),
        Column(tr("Will be"), lambda update: update.new, width=144, tip=lambda update: update.new),
        Column(
            tr("Severity"),
            lambda update: severity((update,))[1],
            width=92,
            state=lambda update: severity((update,))[0],
            key=_gravity,
        ),
        Column(
            tr("CVE"),
            lambda update: _some(update.cves),
            width=148,
            tip=lambda update: words.listed(update.cves),
        ),
        Column(
            tr("Origin"),
            lambda update: update.origin,
            width=112,
            muted=True,
            tip=lambda update: update.origin,
        ),
    )  # fmt: skip


def identity_of_update(update: Update) -> str:
    """Return what tells two updates of a host apart."""
    return f"{update.name}:{update.arch}"


def _columns_of_files() -> tuple[Column[ReleaseChange], ...]:
    return (
        Column(tr("File"), lambda one: one.path, strong=lambda _one: True,
               tip=lambda one: one.path),
        Column(tr("What happens to it"), lambda one: tr(_STEPS[one.step][0]), width=120,
               icon=lambda one: _STEPS[one.step][1]),
        Column(tr("Size"), _size, width=88, key=lambda one: one.size, right=True),
        Column(tr("Now"), lambda one: one.before[:12] or words.NOTHING, width=116, muted=True,
               tip=lambda one: one.before),
        Column(tr("Will be"), lambda one: one.after[:12] or words.NOTHING, width=116, muted=True,
               tip=lambda one: one.after),
    )  # fmt: skip


def _size(one: ReleaseChange) -> str:
    return words.NOTHING if one.step == "remove" else words.size(one.size)


def _some(cves: Sequence[str]) -> str:
    if not cves:
        return words.NOTHING
    return f"{cves[0]} +{len(cves) - 1}" if len(cves) > 1 else cves[0]


def _gravity(update: Update) -> int:
    order: dict[State | None, int] = {"critical": 0, "warning": 1}
    return order.get(severity((update,))[0], 2)
