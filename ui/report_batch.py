"""Everything for a month: what it still lacks, made, signed and printed in one go."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QDialogButtonBox, QProgressBar, QWidget

from gmops_desktop.changes import Change
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr, tr_n
from gmops_desktop.services.reports import Report, word_of_kind
from gmops_desktop.services.reports.month_end import MonthEnd, Outcome, Owed
from gmops_desktop.services.reports.signing import Signing
from gmops_desktop.states import State
from gmops_desktop.tasks import Job, Task, TaskRunner
from ui.dialogs.sheet import Sheet
from ui.widgets.frames import button, disable, paragraph, row
from ui.widgets.tables import Column, Table

_LANE: Final = "reports"


class Line:
    """A document of the batch, and how far it is."""

    def __init__(self, owed: Owed) -> None:
        self.owed = owed
        self.report: Report | None = None
        self.fault = ""
        self.state: State | None = None
        self.says = tr("waits")

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
            len(self.lines),
        )
        if not self.lines:
            said = tr("Everything owed for this month is made already.")
        self.summary = paragraph(said, "body")
        self.body.addWidget(self.summary)
        self.table: Table[Line] = Table(
            (
                Column(tr("Document"), lambda one: word_of_kind(one.owed.kind), width=144),
                Column(tr("Of"), lambda one: one.owed.of, width=88),
                Column(
                    tr("What for"), lambda one: one.owed.why, width=176, muted=True,
                    tip=lambda one: one.owed.why,
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
        self.bar = QProgressBar()
        self.bar.setAccessibleName(tr("Progress"))
        self.bar.setTextVisible(False)
        self.bar.setRange(0, max(1, len(self.lines)))
        self.bar.setVisible(bool(self.lines))
        self.body.addLayout(row(None, self.bar))
        self.sign_button = button(tr("Sign all"), self._sign, icon_name="pen")
        self.print_button = button(tr("Print all…"), self._print, icon_name="printer")
        self.left.addWidget(self.sign_button)
        self.left.addWidget(self.print_button)
        self.add_close(tr("Close"))
        self.go = button(tr("Make all"), self._make, kind="primary", icon_name="file-pdf")
        self.add_button(self.go, QDialogButtonBox.ButtonRole.ActionRole, default=True)
        self._show()

    @property
    def made(self) -> tuple[Report, ...]:
        """The documents made here, as they stand now."""
        return tuple(one.report for one in self.lines if one.report is not None)

    def _show(self) -> None:
        self.table.set_rows(self.lines)
        busy = tr("It is being done.") if self._task is not None else ""
        nothing = "" if self.made else tr("Nothing is made yet.")
        unsigned = any(one.signed == "unsigned" for one in self.made)
        signed = "" if unsigned or nothing else tr("All of them are signed.")
        key = "" if self._signing.chosen else tr("No signing key is set up.")
        done = all(one.report is not None for one in self.lines)
        disable(self.go, busy or (tr("Nothing is lacking.") if done else ""))
        tip = tr("Sign them all for Party B; the key's password is asked of the keyring")
        disable(self.sign_button, busy or nothing or signed or key, tip)
        disable(self.print_button, busy or nothing, tr("Print them all, one after the other"))

    # -- making

    @Slot()
    def _make(self) -> None:
        wanted = [one.owed for one in self.lines if one.report is None]
        for one in self.lines:
            if one.report is None:
                one.state, one.says = None, tr("waits")
        end, told = self._end, self._teller.told.emit
        self._run(
            lambda context: end.make_all(wanted, context, told),
            tr("Make the documents of the month"),
        )

    @Slot(object)
    def _told(self, outcome: Outcome) -> None:
        line = next(one for one in self.lines if one.owed == outcome.owed)
        line.take(outcome)
        self.bar.setValue(sum(bool(one.report or one.fault) for one in self.lines))
        self._show()

    # -- signing and printing

    @Slot()
    def _sign(self) -> None:
        wanted, signing = [one for one in self.made if one.signed == "unsigned"], self._signing
        told = self._teller.told.emit
        owed = {one.report.id: one.owed for one in self.lines if one.report is not None}

        def job(context: Context) -> None:
            for place, report in enumerate(wanted):
                context.progress(100 * place // len(wanted), report.number)
                try:
                    told(Outcome(owed[report.id], signing.sign(report.id, context)))
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
