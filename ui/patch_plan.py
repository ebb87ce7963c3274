"""What a change would do, by its kind: packages with their versions, files of a release, a diff."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from gmops_desktop.contract.updates import Plan, Update
from gmops_desktop.language import tr, tr_n
from gmops_desktop.services.patches import Change
from gmops_desktop.states import State
from ui import words
from ui.patch_words import severity
from ui.widgets.frames import Label, column
from ui.widgets.tables import Column, Table


class PlanView(QWidget):
    """One line that sums the plan up, and below it the table or the diff of its kind."""

    def __init__(self) -> None:
        super().__init__()
        self.said = Label("", "caption")
        self.notes = Label("", "caption", ink="warning")
        self.packages: Table[Update] = Table(
            columns_of_updates(), name=tr("Packages"), identity=identity_of_update
        )
        column(self, self.said, self.notes, self.packages, spacing=4).setStretch(2, 1)

    def show_plan(self, change: Change) -> None:
        """Show what a change would do, as its plan stands; and what drifted since."""
        plan = plan_of(change)
        self.packages.set_rows(plan.packages if plan else ())
        self.said.show_text(tr(", ").join(summed(plan)))
        self.notes.show_text("; ".join(change.drift))
        self.notes.setVisible(bool(change.drift))


def plan_of(change: Change) -> Plan | None:
    """Return the plan of a change as the record of its kind; None where none was made."""
    return change.updates


def summed(plan: Plan | None) -> list[str]:
    """Return what a plan does, in a few short parts."""
    return _summed_updates(plan) if plan else [tr("no plan was made yet")]


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
    if plan.services:
        said.append(tr("restarts {services}", services=words.listed(plan.services)))
    said.append(
        tr("not known whether the host must restart")
        if plan.reboot is None
        else tr("the host must restart")
        if plan.reboot
        else tr("the host is not restarted")
    )
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


def _some(cves: Sequence[str]) -> str:
    if not cves:
        return words.NOTHING
    return f"{cves[0]} +{len(cves) - 1}" if len(cves) > 1 else cves[0]


def _gravity(update: Update) -> int:
    order: dict[State | None, int] = {"critical": 0, "warning": 1}
    return order.get(severity((update,))[0], 2)
