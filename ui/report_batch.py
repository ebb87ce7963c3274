"""Everything for a month: what it still lacks, made, signed and printed in one go."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QDialogButtonBox, QProgressBar, QWidget

from gmops_desktop.changes import Change
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr, tr_n
from gmops_desktop.services.reports import SUBJECTS, Report, word_of_kind
from gmops_desktop.services.reports.month_end import MonthEnd, Outcome, Owed
from gmops_desktop.services.reports.signing import Signing
from gmops_desktop.states import State
from gmops_desktop.tasks import Job, Task, TaskRunner
from ui.dialogs.sheet import Sheet
from ui.widgets.frames import button, disable, paragraph, row
from ui.widgets.table_model import Column
from ui.widgets.tables import Table

_LANE: Final = "reports"


class Line:
    """A document of the batch, and how far it is."""

    def __init__(self, owed: Owed) -> None:
        self.owed = owed
        self.report: Report | None = None
        self.fault = ""
        self.state: State | None = None
        self.wanted = owed.due
        self.says = tr("waits") if self.wanted else tr("not over yet", context="period")

    def take(self, outcome: Outcome) -> None:
        """Show what became of it."""
        self.report = outcome.report
        self.fault = outcome.fault
        if outcome.report is not None:
            said = tr("made: {number}", number=outcome.report.number)
            if outcome.report.signed != "unsigned":
                said = tr("signed: {number}", number=outcome.report.number)
            self.state, self.says = "ok", said
        if outcome.fault:
            self.state, self.says = "critical", f"{outcome.fault} {outcome.hint}".strip()


class _Teller(QObject):
    """Carries an outcome from the thread of the job to the window's."""

    told = Signal(object)


class BatchSheet(Sheet):
    """`changed` asks the page to show the register anew, `print_wanted` carries the documents."""

    changed = Signal()
    print_wanted = Signal(object)

    def __init__(
        self, parent: QWidget | None, period: str, named: str, end: MonthEnd, signing: Signing,
        runner: TaskRunner,
    ) -> None:  # fmt: skip
        super().__init__(parent, tr("Everything for {month}", month=named), width=760)
        self._end, self._signing, self._runner = end, signing, runner
        self.lines = [Line(one) for one in end.owed(period)]
        self._task: Task | None = None
        self._teller = _Teller(self)
        self._teller.told.connect(self._told)
        said = tr_n(
            "{count} document is owed for this month and not made yet.",
            "{count} documents are owed for this month and not made yet.",
            sum(one.wanted for one in self.lines),
        )
        if not self.lines:
            said = tr("Everything owed for this month is made already.")
        self.summary = paragraph(said, "body")
        self.longer = [
            self._choice(one)
            for one in self.lines
            if SUBJECTS[one.owed.kind] in ("quarter", "year")
        ]
        self.body.addWidget(self.summary)
        self.table: Table[Line] = Table(
            (
                Column(tr("Document"), lambda one: word_of_kind(one.owed.kind), width=144),
                Column(tr("Of"), lambda one: one.owed.of, width=88),
                Column(
                    tr("What for", context="document"), lambda one: one.owed.why, width=176,
                    muted=True, tip=lambda one: one.owed.why,
                ),
                Column(tr("State"), lambda one: one.says, state=lambda one: one.state,
                       tip=lambda one: one.says),
            ),
            name=tr("Documents of the month"),
            identity=lambda one: one.owed,
            empty=tr("Nothing is lacking."),
        )  # fmt: skip
        self.table.setMinimumHeight(236)
        self.body.addWidget(self.table)
        for choice in self.longer:
            self.body.addWidget(choice)
        self.bar = QProgressBar()
        self.bar.setAccessibleName(tr("Progress"))
        self.bar.setTextVisible(False)
        self.bar.setVisible(bool(self.lines))
        self.body.addLayout(row(None, self.bar))
        self.sign_button = button(tr("Sign all"), self._sign, icon_name="pen")
        self.print_button = button(tr("Print all…"), self._print, icon_name="printer")
        self.across = QCheckBox(tr("Seal across the edges of the pages"))
        self.across.setToolTip(tr("On each document of several pages that is signed here"))
        self.across.setVisible(signing.seal() is not None)
        self.left.addWidget(self.sign_button)
        self.left.addWidget(self.across)
        self.left.addWidget(self.print_button)
        self.add_close(tr("Close"))
        self.go = button(tr("Make all"), self._make, kind="primary", icon_name="file-pdf")
        self.add_button(self.go, QDialogButtonBox.ButtonRole.ActionRole, default=True)
        self._show()

    @property
    def made(self) -> tuple[Report, ...]:
        """The documents made here, as they stand now."""
        return tuple(one.report for one in self.lines if one.report is not None)

    def _choice(self, one: Line) -> QCheckBox:
        """Return what says whether a document of a longer period is made along with the month's."""
        choice = QCheckBox(tr("Make along: {title}", title=one.owed.title))
        choice.setChecked(one.wanted)
        choice.toggled.connect(lambda on: self._want(one, on))
        return choice

    def _want(self, one: Line, on: bool) -> None:
        one.wanted = on
        if one.report is None and not one.fault:
            one.says = tr("waits") if on else tr("left out", context="document")
        self._show()

    def _show(self) -> None:
        self.table.set_rows(self.lines)
        wanted = [one for one in self.lines if one.wanted]
        self.bar.setRange(0, max(1, len(wanted)))
        self.bar.setValue(sum(bool(one.report or one.fault) for one in wanted))
        busy = tr("It is being done.") if self._task is not None else ""
        nothing = "" if self.made else tr("Nothing is made yet.")
        unsigned = any(one.signed == "unsigned" for one in self.made)
        signed = "" if unsigned or nothing else tr("All of them are signed.")
        key = "" if self._signing.chosen else tr("No signing key is set up.")
        done = all(one.report is not None for one in wanted)
        for choice in self.longer:
            choice.setEnabled(not busy)
        self.across.setEnabled(not busy)
        disable(self.go, busy or (tr("Nothing is lacking.") if done else ""))
        tip = tr("Sign them all for Party B; the key's password is asked of the keyring")
        disable(self.sign_button, busy or nothing or signed or key, tip)
        disable(self.print_button, busy or nothing, tr("Print them all, one after the other"))

    # -- making

    @Slot()
    def _make(self) -> None:
        lacking = [one for one in self.lines if one.wanted and one.report is None]
        wanted = [one.owed for one in lacking]
        for one in lacking:
            one.state, one.fault, one.says = None, "", tr("waits")
        end, told = self._end, self._teller.told.emit
        self._run(
            lambda context: end.make_all(wanted, context, told),
            tr("Make the documents of the month"),
        )

    @Slot(object)
    def _told(self, outcome: Outcome) -> None:
        line = next(one for one in self.lines if one.owed == outcome.owed)
        line.take(outcome)
        self._show()

    # -- signing and printing

    @Slot()
    def _sign(self) -> None:
        wanted, signing = [one for one in self.made if one.signed == "unsigned"], self._signing
        told, sealed = self._teller.told.emit, self.across.isChecked()
        owed = {one.report.id: one.owed for one in self.lines if one.report is not None}

        def job(context: Context) -> None:
            for place, report in enumerate(wanted):
                context.progress(100 * place // len(wanted), report.number)
                across = sealed and report.pages > 1
                try:
                    signed = signing.sign(report.id, context, across=across)
                    told(Outcome(owed[report.id], signed))
                except OpsError as error:
                    told(Outcome(owed[report.id], report, error.message, error.hint))

        self._run(job, tr("Sign the documents of the month"))

    @Slot()
    def _print(self) -> None:
        self.print_wanted.emit(self.made)

    def _run(self, job: Job, title: str) -> None:
        self._task = self._runner.start(job, title, lane=_LANE, changes=Change.REPORTS)
        self._task.finished.connect(self._ended)
        self._show()

    @Slot()
    def _ended(self) -> None:
        self._task = None
        failed = [one for one in self.lines if one.state == "critical"]
        made = len(self.made)
        said = tr_n("{count} document is made.", "{count} documents are made.", made)
        if failed:
            said += " " + tr_n(
                "{count} failed; its line says why.", "{count} failed; their lines say why.",
                len(failed),
            )  # fmt: skip
        self.summary.setText(said)
        self.changed.emit()
        self._show()
