"""The way to drills: the button, the dialog, what it asks for, and the light on the page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QPushButton, QWidget

from gmops_desktop.addresses import Resource
from gmops_desktop.changes import Change
from gmops_desktop.context import Context
from gmops_desktop.contract.drills import DrillPlan
from gmops_desktop.language import tr
from gmops_desktop.services.drills import Copy, Drill, Drills, Quote
from gmops_desktop.services.reports import Reports
from gmops_desktop.tasks import TaskRunner
from ui import drill_words, words
from ui.backup_lights import Lights
from ui.drill_dialog import CostQuestion, DrillDialog, ServerQuestion
from ui.widgets.frames import button

_CHANGES = Change.BACKUPS | Change.REPORTS | Change.TICKETS


def lane_of_drill(resource: Resource) -> str:
    """Return the lane in which one database's drills wait for each other."""
    return f"drill:{resource.id}"


class Drilling(QObject):
    """Leads to drills, over `page`; `noticed` tells what came of them."""

    noticed = Signal(str, str, str)  # a State, a sentence, a second line

    def __init__(self, drills: Drills, reports: Reports, runner: TaskRunner, page: QWidget) -> None:
        super().__init__(page)
        self._drills, self._reports, self._runner, self._page = drills, reports, runner, page
        self.dialog: DrillDialog | None = None

    def button(self, chosen: Callable[[], Resource | None]) -> QPushButton:
        """Return the button that opens the drills of the database `chosen` then."""

        def go() -> None:
            resource = chosen()
            if resource is not None:
                self.open(resource)

        return button(
            tr("Restore drill"),
            go,
            icon_name="shield-check",
            tip=tr("Prove that the backups restore, and look into one on this computer"),
        )

    def open(self, resource: Resource) -> DrillDialog:
        """Open the dialog of one database."""
        dialog = DrillDialog(self._page, resource.name, self._runner)
        dialog.run_wanted.connect(partial(self._run, resource, dialog))
        dialog.saved.connect(partial(self._save, resource, dialog))
        dialog.certificate_wanted.connect(self._show_certificate)
        dialog.keep_wanted.connect(partial(self._keep, resource, dialog))
        dialog.password_wanted.connect(self._copy_password)
        dialog.drop_wanted.connect(partial(self._drop, resource, dialog))
        dialog.finished.connect(self._forget)
        dialog.show_settings(self._drills.checks(resource.id), self._drills.plan(resource))
        self.dialog = dialog
        self._show(resource, dialog)
        dialog.open()
        return dialog

    def light(self, resource: Resource, lights: Lights) -> None:
        """Let the recovery time stand as the drills of a database do, once there are any."""
        outlook = self._drills.outlook(resource)
        if outlook.last is None and outlook.plan is None:
            return
        standing = outlook.standing
        proved = next(
            (one for one in self._drills.all(resource.id) if one.outcome == "proved"), None
        )
        figure = words.lasting(proved.seconds) if proved else words.NOTHING
        hint = (
            tr("drilled {age}", age=words.ago(proved.at)) if proved else tr("no drill passed yet")
        )
        lights.rto.show_figure(figure, standing.state, hint)
        lights.rto.setToolTip(drill_words.standing_text(outlook))

    def proof_of(self, archive_id: str) -> str:
        """Return when a drill proved an archive, as a sentence; nothing where none did."""
        for drill in self._drills.all():
            if drill.archive_id == archive_id and drill.outcome == "proved":
                return tr("A drill proved on {day} that it restores.", day=words.stamp(drill.at))
        return ""

    # -- slots

    def _show(self, resource: Resource, dialog: DrillDialog) -> None:
        if self.dialog is not dialog:
            return  # it was closed meanwhile
        dialog.show_outlook(self._drills.outlook(resource), self._drills.all(resource.id))
        dialog.show_copy(next(iter(self._drills.copies.all()), None))

    def _forget(self) -> None:
        self.dialog = None

    def _run(self, resource: Resource, dialog: DrillDialog) -> None:
        self._with_server(
            lambda: self._drill(resource, dialog),
            clone=partial(self._price, resource, dialog)
            if self._drills.clonable(resource)
            else None,
        )

    def _price(self, resource: Resource, dialog: DrillDialog) -> None:
        """Ask what a drill on a clone costs, and then whether it may."""

        def told(quote: Quote) -> None:
            question = CostQuestion(self._page, quote)
            question.agreed.connect(partial(self._drill, resource, dialog))
            question.open()

        task = self._runner.start(
            lambda context: self._drills.quote(resource, context),
            tr("Asking what a clone of {name} costs", name=resource.name),
            lane=lane_of_drill(resource),
        )
        task.succeeded.connect(told)

    def _drill(self, resource: Resource, dialog: DrillDialog, quote: Quote | None = None) -> None:
        drills = self._drills

        def job(context: Context) -> Drill:
            drill = drills.run(resource, context, quote=quote)
            drills.raise_alarms(resource)
            return drill

        task = self._runner.start(
            job,
            tr("Drilling {name}", name=resource.name),
            lane=lane_of_drill(resource),
            changes=_CHANGES,
        )
        dialog.follow(task, tr("A drill is running."))
        task.succeeded.connect(self._ran)
        task.finished.connect(lambda: self._show(resource, dialog))

    def _ran(self, drill: Drill) -> None:
        state, _ = drill_words.outcome_of(drill)
        self.noticed.emit(state, f"{drill.name}{tr(': ')}{drill_words.verdict_of(drill)}",
                          drill_words.counted(drill))  # fmt: skip

    def _save(
        self, resource: Resource, dialog: DrillDialog, checks: tuple[str, ...], plan: DrillPlan
    ) -> None:
        def save() -> None:
            self._drills.save_checks(resource, checks)
            self._drills.save_plan(resource, plan)

        task = self._runner.start(
            lambda _context: save(),
            tr("Save the drills of {name}", name=resource.name),
            changes=Change.BACKUPS,
            quiet=True,
        )
        task.succeeded.connect(lambda _none: self._show(resource, dialog))

    def _show_certificate(self, drill: Drill) -> None:
        path: Path = self._reports.get(drill.certificate).path
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))

    # -- a copy to look into

    def _keep(self, resource: Resource, dialog: DrillDialog, passing: bool) -> None:
        self._with_server(lambda: self._restore(resource, dialog, passing))

    def _restore(self, resource: Resource, dialog: DrillDialog, passing: bool) -> None:
        drills = self._drills
        task = self._runner.start(
            lambda context: drills.copies.keep(
                drills.newest(resource).path, context, passing=passing
            ),
            tr("Restoring {name} to this computer", name=resource.name),
            lane=lane_of_drill(resource),
        )
        dialog.follow(task, tr("A copy is being restored."))
        task.finished.connect(lambda: self._show(resource, dialog))

    def _copy_password(self, copy: Copy) -> None:
        task = self._runner.start(
            lambda _context: self._drills.copies.password(copy),
            tr("Copy the password"),
            lane="keyring",
            quiet=True,
        )
        task.succeeded.connect(lambda password: QGuiApplication.clipboard().setText(password))

    def _drop(self, resource: Resource, dialog: DrillDialog, copy: Copy) -> None:
        task = self._runner.start(
            lambda _context: self._drills.copies.drop(copy.id),
            tr("Remove the copy of {name}", name=copy.address.schema),
            lane=lane_of_drill(resource),
        )
        task.finished.connect(lambda: self._show(resource, dialog))

    def _with_server(
        self, go: Callable[[], object], clone: Callable[[], object] | None = None
    ) -> None:
        """Go on where a database server is installed; where none is, offer to install one, or to
        ask what a `clone` costs."""

        def looked(found: tuple[Sequence[str], Sequence[str] | None]) -> None:
            servers, command = found
            if servers or (command is None and clone is None):
                go()  # without a package manager the drill itself says what to do
                return
            question = ServerQuestion(self._page, command, clonable=clone is not None)
            question.install_wanted.connect(install)
            if clone is not None:
                question.price_wanted.connect(clone)
            question.open()

        def install() -> None:
            task = self._runner.start(
                self._drills.install, tr("Installing a database server"), lane="install"
            )
            task.succeeded.connect(lambda _servers: go())

        task = self._runner.start(
            lambda _context: (self._drills.servers(), self._drills.installing()),
            tr("Look for a database server"),
            lane="install",
            quiet=True,
        )
        task.succeeded.connect(looked)
