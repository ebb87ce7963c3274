"""Takes what is due while the window is open, and asks where the plan says so."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QDialogButtonBox, QWidget

from gmops_desktop.changes import Change
from gmops_desktop.contract.schedules import Run
from gmops_desktop.language import tr
from gmops_desktop.services.schedules import Appointment, Round, Schedules, Subject
from gmops_desktop.tasks import TaskRunner
from ui import schedule_words, words
from ui.backup_lanes import lane_of_subject
from ui.dialogs.sheet import Sheet
from ui.widgets.frames import button

_EVERY_MS: Final = 60_000
_FIRST_MS: Final = 5_000  # after the start: the pages come first


class ScheduleWatch(QObject):
    """Looks every minute, over `window`; `noticed` tells what came of what was done."""

    noticed = Signal(str, str, str)  # a State, a sentence, a second line

    def __init__(self, schedules: Schedules, runner: TaskRunner, window: QWidget) -> None:
        super().__init__(window)
        self._schedules, self._runner, self._window = schedules, runner, window
        self._looking = False
        self._busy: set[str] = set()  # what is just backed up
        self._asked: set[tuple[str, datetime, tuple[str, ...]]] = set()
        self.question: QuestionSheet | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(_EVERY_MS)
        self._timer.timeout.connect(self.look)

    def begin(self) -> None:
        """Look soon, and from then on every minute."""
        self._timer.start()
        QTimer.singleShot(_FIRST_MS, self, self.look)

    def stop(self) -> None:
        """Look no more; what runs goes on."""
        self._timer.stop()

    def look(self) -> None:
        """See what is due and begin it, unless a look is under way."""
        if self._looking or not self._timer.isActive():
            return
        self._looking = True
        task = self._runner.start(
            lambda _context: self._schedules.advance(attended=True),
            tr("Look at the schedule"),
            lane="schedule",
            quiet=True,
        )
        task.succeeded.connect(self._looked)
        task.finished.connect(self._rest)

    def _rest(self) -> None:
        self._looking = False

    def _looked(self, found: Round) -> None:
        if found.tickets:
            self._runner.changed.emit(Change.TICKETS)
            numbers = words.listed(ticket.number for ticket in found.tickets)
            self.noticed.emit(
                "critical",
                found.tickets[0].title,
                tr("It is written down in ticket {numbers}.", numbers=numbers),
            )
        for appointment in found.appointments:
            if appointment.subject.id in self._busy:
                continue
            if appointment.decision.act == "run":
                self._start(appointment, forced=False)
            else:
                self._ask(appointment)

    def _start(self, appointment: Appointment, *, forced: bool) -> None:
        subject = appointment.subject
        self._busy.add(subject.id)
        task = self._runner.start(
            lambda context: self._schedules.run(subject, context, attended=True, forced=forced),
            tr("Scheduled backup of {name}", name=subject.name),
            lane=lane_of_subject(subject),
            changes=Change.BACKUPS | Change.TICKETS,
        )
        task.succeeded.connect(lambda run: self._taken(subject, run))
        task.finished.connect(lambda: self._busy.discard(subject.id))
        if "missed" in appointment.decision.why:
            at = words.stamp(appointment.due)
            sentence = tr("The backup of {name} at {at} was missed; it is done now.",
                          name=subject.name, at=at)  # fmt: skip
            self.noticed.emit("warning", sentence, tr("The machine was off or asleep."))

    def _taken(self, subject: Subject, run: Run | None) -> None:
        if run is None:
            return  # somebody else was quicker
        state, word = schedule_words.outcome_of(run)
        sentence = tr("Scheduled backup of {name}: {outcome}.", name=subject.name, outcome=word)
        following = self._schedules.outlook(subject).decision
        self.noticed.emit(state, sentence, run.reason or schedule_words.next_text(following))

    def _ask(self, appointment: Appointment) -> None:
        """Ask once for each appointment and reason; no answer leaves it open."""
        subject = appointment.subject
        key = (subject.id, appointment.due, appointment.decision.why)
        if key in self._asked or self.question is not None:
            return
        self._asked.add(key)
        self.question = QuestionSheet(self._window, appointment)
        self.question.wanted.connect(lambda: self._start(appointment, forced=True))
        self.question.declined.connect(lambda: self._decline(appointment))
        self.question.finished.connect(self._forget_question)
        self.question.open()

    def _forget_question(self) -> None:
        self.question = None

    def _decline(self, appointment: Appointment) -> None:
        subject, due = appointment.subject, appointment.due
        self._runner.start(
            lambda _context: self._schedules.decline(subject, due),
            tr("Skip the backup of {name}", name=subject.name),
            changes=Change.BACKUPS,
            quiet=True,
        )


class QuestionSheet(Sheet):
    """Asks whether a backup is to begin although the moment is a bad one."""

    wanted = Signal()
    declined = Signal()

    def __init__(self, parent: QWidget, appointment: Appointment) -> None:
        name, due = appointment.subject.name, words.stamp(appointment.due)
        text = tr(
            "The backup of {name} was due on {due}; {why}.",
            name=name,
            due=due,
            why=schedule_words.why_text(appointment.decision),
        )
        super().__init__(parent, tr("Back up {name} now?", name=name), text, width=480)
        self.later = self.add_close(tr("Later"))
        self.later.setToolTip(tr("It begins by itself once the reason is gone"))
        self.no = button(tr("Not this time"), self.declined.emit,
                         tip=tr("Leave it until the next time of the schedule"))  # fmt: skip
        self.no.clicked.connect(self.accept)
        self.add_button(self.no)
        self.yes = button(tr("Back up now"), self.wanted.emit, kind="primary")
        self.yes.clicked.connect(self.accept)
        self.add_button(self.yes, QDialogButtonBox.ButtonRole.ActionRole, default=True)
