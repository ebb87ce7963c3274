"""The way to a schedule: the button, the dialog, what it asks for, and how it reads on the page."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QPushButton, QWidget

from gmops_desktop.addresses import Resource
from gmops_desktop.changes import Change
from gmops_desktop.contract.schedules import Plan
from gmops_desktop.language import tr
from gmops_desktop.services.retention import Retention
from gmops_desktop.services.schedules import Outlook, Schedules
from gmops_desktop.services.timers import Timers, TimerState
from gmops_desktop.tasks import TaskRunner
from ui import schedule_words
from ui.schedule_dialog import ScheduleDialog, survey_of
from ui.widgets.frames import button


class Scheduling(QObject):
    """Leads to schedules, over `page`; `noticed` tells what came of it."""

    noticed = Signal(str, str, str)  # a State, a sentence, a second line

    def __init__(
        self,
        schedules: Schedules,
        retention: Retention,
        timers: Timers,
        runner: TaskRunner,
        page: QWidget,
    ) -> None:
        super().__init__(page)
        self._schedules, self._retention, self._timers = schedules, retention, timers
        self._runner, self._page = runner, page

    def button(self, chosen: Callable[[], Resource | None]) -> QPushButton:
        """Return the button that opens the dialog for the database `chosen` then."""

        def go() -> None:
            resource = chosen()
            if resource is not None:
                self.open(resource)

        return button(
            tr("Schedule and retention"),
            go,
            icon_name="calendar-blank",
            tip=tr("When this database is backed up, and which archives are kept"),
        )

    def open(self, resource: Resource) -> ScheduleDialog:
        """Open the dialog of one database."""
        dialog = ScheduleDialog(
            self._page, self._schedules.outlook(resource), self._schedules.history(resource.id)
        )
        dialog.survey_wanted.connect(partial(self._survey, resource, dialog))
        dialog.saved.connect(partial(self._save, resource))
        dialog.timer_wanted.connect(partial(self._switch_timer, dialog))
        dialog.open()
        return dialog

    def outlook(self, resource: Resource) -> Outlook:
        """Return how a database stands (its light, what comes next)."""
        return self._schedules.outlook(resource)

    def caption(self, resource: Resource) -> str:
        """Return the schedule in one line, for the head of the page."""
        outlook = self._schedules.outlook(resource)
        if outlook.fault:
            return tr("The schedule cannot be read")
        if outlook.plan is None:
            return tr("Backed up by hand only")
        parts = (
            schedule_words.plan_text(outlook.plan),
            schedule_words.keep_text(outlook.plan.keep),
        )
        return " · ".join(parts)

    def rate_limit(self, resource: Resource) -> int:
        """Return how many bytes a second a backup begun now may take (0: no limit)."""
        return self._schedules.rate_limit(resource.id)

    # -- slots

    def _survey(self, resource: Resource, dialog: ScheduleDialog, plan: Plan) -> None:
        work = partial(
            survey_of,
            self._retention.preview,
            self._retention.forecast,
            self._timers.state,
            self._schedules.surroundings,
            resource,
            plan,
        )
        task = self._runner.start(
            lambda _context: work(), tr("Judge the archives"), lane="survey", quiet=True
        )
        task.succeeded.connect(dialog.show_survey)

    def _save(self, resource: Resource, plan: Plan) -> None:
        task = self._runner.start(
            lambda _context: self._schedules.save(resource, plan),
            tr("Save the schedule of {name}", name=resource.name),
            changes=Change.BACKUPS,
            quiet=True,
        )
        task.succeeded.connect(lambda _none: self._saved(resource))

    def _saved(self, resource: Resource) -> None:
        outlook = self._schedules.outlook(resource)
        sentence = tr("The schedule of {name} is saved.", name=resource.name)
        self.noticed.emit("ok", sentence, schedule_words.next_text(outlook.decision))

    def _switch_timer(self, dialog: ScheduleDialog, wanted: bool) -> None:
        timers = self._timers

        def switch() -> TimerState | None:
            if wanted:
                return timers.install()
            timers.remove()
            return timers.state()

        task = self._runner.start(
            lambda _context: switch(),
            tr("Set up the timer") if wanted else tr("Remove the timer"),
            lane="timer",
        )
        task.succeeded.connect(dialog.show_timer)
        task.failed.connect(dialog.keep_timer)
