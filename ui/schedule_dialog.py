"""Schedule and retention of what is backed up: the plan, what follows from it, and the timers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QDialogButtonBox, QWidget

from gmops_desktop.contract.retention import Forecast, Keep
from gmops_desktop.contract.schedules import Plan, Run, Surroundings
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.services.retention import Preview, Retention, Verdict
from gmops_desktop.services.schedules import Outlook, Schedules, Subject
from ui import schedule_words, words
from ui.dialogs.sheet import Sheet
from ui.schedule_fields import KeepFields, LineFields, WhenFields
from ui.theme import CARD_ROW_HEIGHT
from ui.timer_row import TimerRow
from ui.widgets.badges import StateBadge
from ui.widgets.frames import Label, button, column, disable, line, link, paragraph, row
from ui.widgets.table_model import Column
from ui.widgets.tables import Table

_SETTLE_MS = 300  # after the last keystroke, before archives are judged anew


@dataclass(frozen=True, slots=True)
class Survey:
    """What follows from a plan: which archives would go, and how long the disk lasts."""

    keep: Keep
    preview: Preview
    forecast: Forecast | None
    around: Surroundings


class ScheduleDialog(Sheet):
    """Edits the plan of one thing that is backed up, or of everything.

    `survey_wanted` asks for a `Survey` of the plan as it stands (it reads the disk, so in the
    background); `saved` carries the plan.  `timers` are the lines of the system's timers.
    """

    survey_wanted = Signal(object)
    saved = Signal(object)

    def __init__(
        self,
        parent: QWidget | None,
        outlook: Outlook,
        history: Sequence[Run] = (),
        timers: Sequence[TimerRow] = (),
    ) -> None:
        """`history` are the newest runs, newest first."""
        super().__init__(parent, tr("Schedule and retention"), width=720)
        self.body.setSpacing(9)  # all of it fits a laptop's screen
        self._history = tuple(history)
        self._plan = outlook.plan or outlook.within or Plan()
        self._preview: Preview | None = None
        self._outlook = outlook

        self.badge = StateBadge()
        self.when = WhenFields(self._plan)
        self.line = LineFields(self._plan)
        self.keep = KeepFields(self._plan.keep)
        self.kept = Label(role="caption")
        self.show_kept = link(
            tr("Show which"), self._show_verdicts, tr("Every archive, and why it stays or goes")
        )
        self.lasts = Label(role="caption")
        self.timers = tuple(timers)
        self.verdict = paragraph()

        standing = outlook.standing
        self.badge.show_state(standing.state)
        age = words.ago(standing.last_proved) if standing.last_proved else words.NOTHING
        remark = outlook.fault or standing.reason
        proved = tr("last verified backup: {age}", age=age)
        facts = Label(" · ".join(filter(None, (remark, proved))), "caption")
        self.show_history = link(
            tr("What became of it"), self._show_history, tr("The last times, and their outcome")
        )
        disable(
            self.show_history,
            "" if self._history else tr("Nothing was due yet."),
            tr("The last times, and their outcome"),
        )
        head = row(None, Label(outlook.subject.name, "title"), self.badge, facts, self.show_history)
        head.setStretch(2, 1)
        self.body.addLayout(head)
        for piece in (self.when, line(), self.line, line(), self.keep):
            self.body.addWidget(piece)
        kept = row(None, self.kept, self.lasts, self.show_kept, spacing=12)
        kept.setStretch(1, 1)
        self.body.addLayout(kept)
        self.body.addWidget(line())
        self.body.addLayout(column(None, *self.timers, spacing=4))
        self.body.addWidget(self.verdict)
        self.body.addStretch(1)
        self.add_close(tr("Cancel"))
        self.save = button(tr("Save"), self._save, kind="primary", tip=tr("Save this schedule"))
        self.add_button(self.save, QDialogButtonBox.ButtonRole.ActionRole, default=True)

        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLE_MS)
        self._settle.timeout.connect(self._ask_for_survey)
        for group in (self.when, self.line, self.keep):
            group.changed.connect(self._judge)
        disable(self.show_kept, tr("The archives are being looked at."))
        self._judge()

    def plan(self) -> Plan:
        """Return the plan as it stands in the fields; raise `OpsError` where it cannot work."""
        plan = self.line.apply(self.when.apply(self._plan))
        return replace(plan, keep=self.keep.keep()).checked()

    def show_survey(self, survey: Survey) -> None:
        """Show what follows from the plan."""
        self._preview = survey.preview
        if survey.keep.enabled:
            going = survey.preview
            self.kept.show_text(schedule_words.freed_text(len(going.going), going.freed))
        else:
            self.kept.show_text(tr("Every archive is kept."))
        self.lasts.show_text(schedule_words.forecast_text(survey.forecast))
        disable(self.show_kept, "", tr("Every archive, and why it stays or goes"))
        self.when.around.show_text(schedule_words.surroundings_text(survey.around))

    # -- slots

    def _judge(self) -> None:
        """Say what the plan comes to, or what is wrong with it."""
        try:
            plan = self.plan()
        except OpsError as error:
            self.verdict.setText(f"{error.message} {error.hint}")
            disable(self.save, error.message, tr("Save this schedule"))
            return
        parts = [schedule_words.plan_text(plan), schedule_words.keep_text(plan.keep)]
        text = tr("; ", context="between clauses").join(parts)
        self.verdict.setText(text[:1].upper() + text[1:] + tr(".", context="end of a sentence"))
        disable(self.save, "", tr("Save this schedule"))
        self._settle.start()

    def _ask_for_survey(self) -> None:
        try:
            self.survey_wanted.emit(self.plan())
        except OpsError:
            return  # `_judge` said it already, and will ask again

    def _save(self) -> None:
        self.saved.emit(self.plan())
        self.accept()

    def _show_verdicts(self) -> None:
        if self._preview is not None:
            VerdictsDialog(self, self._outlook.subject, self._preview).open()

    def _show_history(self) -> None:
        HistoryDialog(self, self._outlook.subject, self._history).open()


class HistoryDialog(Sheet):
    """What became of the last times a backup was due."""

    def __init__(self, parent: QWidget | None, subject: Subject, runs: Sequence[Run]) -> None:
        super().__init__(parent, tr("Scheduled backups of {name}", name=subject.name), width=720)
        columns: tuple[Column[Run], ...] = (
            Column(tr("Due"), lambda run: words.stamp(run.due), width=144, key=lambda run: run.due),
            Column(tr("Begun"), lambda run: words.stamp(run.at), width=144, key=lambda run: run.at),
            Column(tr("Outcome"), lambda run: schedule_words.outcome_of(run)[1], width=160,
                   state=lambda run: schedule_words.outcome_of(run)[0]),
            Column(tr("Why"), lambda run: run.reason, tip=lambda run: run.reason),
        )  # fmt: skip
        self.table: Table[Run] = Table(columns, name=tr("Runs"), row_height=CARD_ROW_HEIGHT)
        self.table.setMinimumHeight(280)
        self.table.set_rows(runs)
        self.body.addWidget(self.table, 1)
        self.add_close(tr("Close"))


class VerdictsDialog(Sheet):
    """Every archive of what a plan is for, whether it stays, and why."""

    def __init__(self, parent: QWidget | None, subject: Subject, preview: Preview) -> None:
        text = schedule_words.freed_text(len(preview.going), preview.freed)
        super().__init__(parent, tr("What is kept of {name}", name=subject.name), text, width=720)
        self.table: Table[Verdict] = Table(_columns(), name=tr("Archives"),
                                           row_height=CARD_ROW_HEIGHT)  # fmt: skip
        self.table.setMinimumHeight(280)
        self.table.set_rows(preview.verdicts)
        self.body.addWidget(self.table, 1)
        self.add_close(tr("Close"))


def _columns() -> tuple[Column[Verdict], ...]:
    return (
        Column(tr("Time"), lambda one: words.stamp(one.archive.at), width=144,
               key=lambda one: one.archive.at),
        Column(tr("Size (MB)"), lambda one: words.megabytes(one.archive.file_bytes), width=92,
               key=lambda one: one.archive.file_bytes, right=True),
        Column(tr("Retention"), lambda one: tr("stays") if one.keep else tr("goes"), width=96,
               state=lambda one: "ok" if one.keep else "warning"),
        Column(tr("Why"), lambda one: one.why),
    )  # fmt: skip


def survey_of(schedules: Schedules, retention: Retention, subject: Subject, plan: Plan) -> Survey:
    """Return what follows from a plan; reads the disk."""
    per_day = len(plan.day_times) * len(plan.weekdays) / 7 if plan.enabled else 0.0
    ruled = schedules.ruled_by(subject)
    return Survey(
        plan.keep,
        retention.preview(*ruled, keep=plan.keep),
        retention.forecast(*ruled, per_day=per_day, keep=plan.keep),
        schedules.surroundings(),
    )
