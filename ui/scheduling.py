"""The way to a schedule: the button, the dialog, what it asks for, and how it reads on a page."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QPushButton, QWidget

from gmops_desktop.changes import Change
from gmops_desktop.contract.schedules import Plan
from gmops_desktop.language import tr
from gmops_desktop.services.retention import Retention
from gmops_desktop.services.schedules import EVERYTHING, Named, Outlook, Schedules, Subject
from gmops_desktop.services.timers import Timers
from gmops_desktop.tasks import TaskRunner
from ui import schedule_words, timer_row
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
        collecting: Timers,
        runner: TaskRunner,
        page: QWidget,
    ) -> None:
        """`timers` is the system's timer that takes backups, `collecting` that which looks."""
        super().__init__(page)
        self._schedules, self._retention = schedules, retention
        self._timers, self._collecting = timers, collecting
        self._runner, self._page = runner, page

    def button(self, chosen: Callable[[], Named | None], *, small: bool = False) -> QPushButton:
        """Return the button that opens the dialog for what is `chosen` then; a small one is an icon
        for a card."""

        def go() -> None:
            subject = chosen()
            if subject is not None:
                self.open(subject)

        word = tr("Schedule and retention")
        made = button(
            "" if small else word,
            go,
            icon_name="calendar-blank",
            tip=tr("When it is backed up by itself, and which archives are kept"),
            scale="small" if small else "",
        )
        made.setAccessibleName(word)
        return made

    def open(self, named: Named) -> ScheduleDialog:
        """Open the dialog of one thing that is backed up, or of everything."""
        outlook = self._schedules.outlook(named)
        subject = outlook.subject
        rows = (
            timer_row.of_backups(self._timers, self._runner),
            timer_row.of_looks(self._collecting, self._runner),
        )
        dialog = ScheduleDialog(self._page, outlook, self._schedules.history(subject.id), rows)
        dialog.survey_wanted.connect(partial(self._survey, subject, dialog))
        dialog.saved.connect(partial(self._save, subject))
        dialog.open()
        return dialog

    def outlook(self, subject: Named) -> Outlook:
        """Return how something stands (its light, what comes next)."""
        return self._schedules.outlook(subject)

    def everything(self) -> Subject | None:
        """Return everything at once, where there is anything to back up."""
        return next((one for one in self._schedules.subjects() if one.id == EVERYTHING), None)

    def caption(self, subject: Named) -> str:
        """Return the schedule in one line, for the head of the page."""
        outlook = self._schedules.outlook(subject)
        if outlook.fault:
            return tr("The schedule cannot be read")
        plan = outlook.within or outlook.plan
        if plan is None:
            return tr("Backed up by hand only")
        keep = (outlook.plan or plan).keep
        return " · ".join((schedule_words.ruling_text(outlook), schedule_words.keep_text(keep)))

    def rate_limit(self, subject: Named) -> int:
        """Return how many bytes a second a backup begun now may take (0: no limit)."""
        return self._schedules.rate_limit(subject.id)

    # -- slots

    def _survey(self, subject: Subject, dialog: ScheduleDialog, plan: Plan) -> None:
        work = partial(survey_of, self._schedules, self._retention, subject, plan)
        task = self._runner.start(
            lambda _context: work(), tr("Judge the archives"), lane="survey", quiet=True
        )
        task.succeeded.connect(dialog.show_survey)

    def _save(self, subject: Subject, plan: Plan) -> None:
        task = self._runner.start(
            lambda _context: self._schedules.save(subject, plan),
            tr("Save the schedule of {name}", name=subject.name),
            changes=Change.BACKUPS,
            quiet=True,
        )
        task.succeeded.connect(lambda _none: self._saved(subject))

    def _saved(self, subject: Subject) -> None:
        outlook = self._schedules.outlook(subject)
        sentence = tr("The schedule of {name} is saved.", name=subject.name)
        self.noticed.emit("ok", sentence, schedule_words.next_text(outlook.decision))
