"""The dialog that takes in an old list of tickets: what each column means, what would happen, then
all of it or nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDialogButtonBox,
    QFileDialog,
    QGridLayout,
    QLineEdit,
    QProgressBar,
    QWidget,
)

from gmops_desktop.changes import Change
from gmops_desktop.context import Progress
from gmops_desktop.contract.old_lists import FIELDS, NEEDED, Field, Refusal, word_of_field
from gmops_desktop.contract.tickets import KINDS, PRIORITIES, word_of_kind, word_of_priority
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr, tr_n
from gmops_desktop.services.ticket_imports import Outcome, Plan, TicketImports
from gmops_desktop.services.ticket_imports import Sheet as List
from gmops_desktop.states import State
from gmops_desktop.tasks import Job, Task, TaskRunner
from ui.dialogs.sheet import Sheet
from ui.export import write_table
from ui.ticket_words import did, refusal_table, would
from ui.widgets.badges import StateMark
from ui.widgets.frames import Label, button, column, disable, paragraph, row
from ui.widgets.table_model import Column
from ui.widgets.tables import Table

_ENDS: Final = "*.xlsx *.xlsm *.xls *.csv *.txt *.tsv"
_NOWHERE: Final = -1
_TABLE_HEIGHT: Final = 172
_EXAMPLE: Final = 24  # characters of what stands in a column


class TicketImportDialog(Sheet):
    """Reads a list, shows how it is understood, and takes it in; `taken` carries the outcome."""

    taken = Signal(object)

    def __init__(self, parent: QWidget | None, imports: TicketImports, runner: TaskRunner) -> None:
        super().__init__(
            parent,
            tr("Import an old list"),
            tr(
                "A list of tickets from Excel or CSV. First look at what would happen; a row taken "
                "in once is not taken in again."
            ),
            width=760,
        )
        self._imports, self._runner = imports, runner
        self._task: Task | None = None
        self._list: List | None = None
        self._looked: tuple[Plan, Outcome] | None = None  # what the last look was about
        self._asked = Plan({})

        self.file = QLineEdit()
        self.file.setAccessibleName(tr("List"))
        self.file.setPlaceholderText(tr(".xlsx or .csv; or drop the file here"))
        self.choose = button(tr("Choose…"), self._choose, icon_name="folder-open")
        self.what = paragraph("", "hint")
        self.sheet = QComboBox()
        self.sheet.setAccessibleName(tr("Sheet"))
        self.sheet.setToolTip(tr("Which sheet of the Excel file"))
        self.columns: dict[Field, QComboBox] = {field: QComboBox() for field in FIELDS}
        self.kind = QComboBox()
        for kind in KINDS:
            self.kind.addItem(word_of_kind(kind), kind)
        self.priority = QComboBox()
        for priority in PRIORITIES:
            self.priority.addItem(word_of_priority(priority), priority)
        self.priority.setCurrentIndex(2)
        self.mark = StateMark("unknown", 16)
        self.outcome = paragraph("", "body")
        self.refusals: Table[Refusal] = Table(
            (
                Column(
                    tr("Row"), lambda one: str(one.row), 56, key=lambda one: one.row, right=True
                ),
                Column(tr("Column"), lambda one: one.column, 132),
                Column(tr("Value"), lambda one: one.value, 168, tip=lambda one: one.value),
                Column(tr("Why"), lambda one: one.why, tip=lambda one: one.why),
            ),
            name=tr("Refused rows"),
            runner=runner,
        )
        self.refusals.setFixedHeight(_TABLE_HEIGHT)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self.save = button(
            tr("Save the refused rows…"), self._ask_save, kind="quiet",
            tip=tr("As a table with row, column, value and reason"),
        )  # fmt: skip
        self.stop = button(tr("Stop"), self._stop, icon_name="x", tip=tr("Stop; nothing is kept"))
        self.look = button(
            tr("Look"), self._look, icon_name="eye", tip=tr("Say what an import would do")
        )
        self.take = button(tr("Import"), self._take, kind="primary", icon_name="download-simple")

        self._lay_out()
        self.setAcceptDrops(True)
        self.file.editingFinished.connect(self._read)
        self.sheet.activated.connect(self._read_sheet)
        for box in (*self.columns.values(), self.kind, self.priority):
            box.currentIndexChanged.connect(self._changed)
        self._judge()

    def show_file(self, path: Path) -> None:
        """Take a file, as if it were chosen."""
        self.file.setText(str(path))
        self._read()

    def _lay_out(self) -> None:
        chosen = row(None, self.file, self.choose)
        chosen.setStretch(0, 1)
        self.body.addLayout(column(None, Label(tr("List"), "caption"), chosen, spacing=4))
        which = row(None, self.sheet, self.what)
        which.setStretch(1, 1)
        self.body.addLayout(which)
        self._fields = QWidget()
        grid = QGridLayout(self._fields)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(6)
        pairs: list[tuple[str, QComboBox]] = [
            (f"{word_of_field(field)} *" if field in NEEDED else word_of_field(field), box)
            for field, box in self.columns.items()
        ]
        pairs += [(tr("Kind, if none stands"), self.kind)]
        pairs += [(tr("Priority, if none stands"), self.priority)]
        half = (len(pairs) + 1) // 2
        for place, (word, box) in enumerate(pairs):
            box.setAccessibleName(word)
            box.setToolTip(word)
            box.setSizeAdjustPolicy(
                QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            )
            at, side = place % half, 2 * (place // half)
            grid.addWidget(Label(word, "caption", elide=False, right=True), at, side)
            grid.addWidget(box, at, side + 1)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(3, 1)
        self._fields.hide()
        self.body.addWidget(self._fields)
        self.body.addWidget(self._bar)
        said = row(None, self.mark, self.outcome)
        said.setStretch(1, 1)
        self.body.addLayout(said)
        self.body.addWidget(self.refusals)
        self.body.addStretch(1)
        for widget in (self.sheet, self._bar, self.mark, self.refusals, self.stop, self.save):
            widget.hide()
        self.left.addWidget(self.save)
        self.left.addWidget(self.stop)
        self.add_close(tr("Close"))
        self.add_button(self.look, QDialogButtonBox.ButtonRole.ActionRole)
        self.add_button(self.take, QDialogButtonBox.ButtonRole.ActionRole, default=True)

    # -- the list

    @Slot()
    def _choose(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(
            self, tr("Choose a list"), "", f"{tr('Lists')} ({_ENDS});;{tr('All files')} (*)"
        )
        if chosen:
            self.show_file(Path(chosen))

    @Slot()
    def _read(self) -> None:
        text = self.file.text().strip()
        if not text or self._task is not None:
            return
        path = Path(text)
        if self._list is not None and self._list.path == path:
            return  # a field that loses the focus says it was edited
        self._read_from(path, "")

    @Slot()
    def _read_sheet(self) -> None:
        name = self.sheet.currentText()
        if self._list is not None and self._list.name != name:
            self._read_from(self._list.path, name)

    def _read_from(self, path: Path, name: str) -> None:
        self._list = self._looked = None
        imports = self._imports
        self._start(
            lambda context: imports.read(path, context, name), tr("Read a list"), self._understood
        )

    @Slot(object)
    def _understood(self, answer: tuple[List, Plan]) -> None:
        self._list, plan = answer
        heads, first = self._list.heads, self._list.lines[:1]
        for field, box in self.columns.items():
            box.blockSignals(True)
            box.clear()
            box.addItem(tr("Not in the list"), _NOWHERE)
            for place, head in enumerate(heads):
                example = str(first[0].cells[place] or "")[:_EXAMPLE] if first else ""
                word = tr("{head} ({example})", head=head, example=example) if example else head
                box.addItem(word, place)
            box.setCurrentIndex(box.findData(plan.columns.get(field, _NOWHERE)))
            box.blockSignals(False)
        self.sheet.clear()
        self.sheet.addItems(self._list.names)
        self.sheet.setCurrentText(self._list.name)
        self.sheet.setVisible(len(self._list.names) > 1)
        coded = self._list.encoding.upper().removesuffix("-SIG")
        rows = tr_n("{count} row", "{count} rows", len(self._list.lines))
        facts = [rows, tr_n("{count} column", "{count} columns", len(heads)), coded]
        self.what.setText(" · ".join(fact for fact in facts if fact))
        self._fields.show()
        self._look()

    @property
    def plan(self) -> Plan:
        """How the list is to be understood, as chosen here."""
        chosen = {field: box.currentData() for field, box in self.columns.items()}
        return Plan(
            {field: place for field, place in chosen.items() if place not in (None, _NOWHERE)},
            self.kind.currentData(),
            self.priority.currentData(),
        )

    @Slot()
    def _changed(self, *_: object) -> None:
        self._judge()

    # -- looking and taking

    @Slot()
    def _look(self) -> None:
        if (there := self._list) is None:
            return
        self._asked = plan = self.plan
        imports = self._imports
        if any(field not in plan.columns for field in NEEDED):
            self._judge()
            return
        self._start(
            lambda context: imports.look(there, plan, context),
            tr("Look at a list"),
            self._seen,
        )

    @Slot(object)
    def _seen(self, outcome: Outcome) -> None:
        self._looked = self._asked, outcome
        doubtful = bool(outcome.refused) or not outcome.taken
        self._say("warning" if doubtful else "ok", would(outcome), outcome.refused)

    @Slot()
    def _take(self) -> None:
        if (there := self._list) is None:
            return
        plan, imports = self.plan, self._imports
        self._start(
            lambda context: imports.take(there, plan, context),
            tr("Import {name}", name=there.path.name),
            self._took,
            changes=Change.TICKETS,
            lane="tickets",
        )

    @Slot(object)
    def _took(self, outcome: Outcome) -> None:
        self._looked = None
        self._say("warning" if outcome.refused else "ok", did(outcome), outcome.refused)
        self.taken.emit(outcome)

    @Slot()
    def _stop(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _start(
        self,
        job: Job,
        title: str,
        then: Callable[[Any], object],
        *,
        changes: Change = Change.NOTHING,
        lane: str = "import",
    ) -> None:
        task = self._runner.start(job, title, lane=lane, changes=changes, quiet=not changes)
        self._task = task
        task.progressed.connect(self._progressed)
        task.succeeded.connect(then)
        task.failed.connect(self._failed)
        task.cancelled.connect(self._cancelled)
        task.finished.connect(self._ended)
        self._bar.setRange(0, 0)
        self._say(None, title)
        self._judge()

    @Slot(Progress)
    def _progressed(self, progress: Progress) -> None:
        self._bar.setRange(0, 0 if progress.percent is None else 100)
        self._bar.setValue(progress.percent or 0)
        self.outcome.setText(progress.text)

    @Slot(Exception)
    def _failed(self, error: Exception) -> None:
        sentences: tuple[str, ...] = (str(error),)
        if isinstance(error, OpsError):
            sentences = (error.message, error.unharmed, error.hint)
        self._say("critical", "\n".join(filter(None, sentences)))

    @Slot()
    def _cancelled(self) -> None:
        self._say("unknown", tr("Stopped. Nothing was imported."))

    @Slot()
    def _ended(self) -> None:
        if self.sender() is self._task:  # reading a list goes over into looking at it
            self._task = None
        self._judge()

    def _say(self, state: State | None, text: str, refused: tuple[Refusal, ...] = ()) -> None:
        self.mark.setVisible(state is not None)
        if state is not None:
            self.mark.show_state(state)
        self.outcome.setText(text)
        self.refusals.set_rows(refused)
        self.refusals.setVisible(bool(refused))
        self.save.setVisible(bool(refused))

    @Slot()
    def _judge(self) -> None:
        busy = self._task is not None
        reason = ""
        missing = [field for field in NEEDED if field not in self.plan.columns]
        if busy:
            reason = tr("It is running.")
        elif self._list is None:
            reason = tr("First choose a list.")
        elif missing:
            names = tr(", ", context="between names").join(word_of_field(one) for one in missing)
            reason = tr("Say in which column this stands: {fields}", fields=names)
        disable(self.look, reason, tr("Say what an import would do"))
        if not reason:
            if self._looked is None or self._looked[0] != self.plan:
                reason = tr("First look at what it would do.")
            elif not self._looked[1].taken:
                reason = tr("There is no row to take in.")
        disable(self.take, reason, tr("Take in the rows that are understood"))
        self._bar.setVisible(busy)
        self.stop.setVisible(busy)

    # -- the refused rows

    @Slot()
    def _ask_save(self) -> None:
        name = f"{tr('Refused rows')}.xlsx"
        chosen, _ = QFileDialog.getSaveFileName(
            self, tr("Save the refused rows"), name, "*.xlsx *.csv"
        )
        if chosen:
            self.save_refused(Path(chosen))

    def save_refused(self, path: Path) -> None:
        """Write the refused rows to `path` (.xlsx or .csv) in the background."""
        heads, rows = refusal_table(self.refusals.rows.shown)
        self._runner.start(
            lambda context: write_table(path, heads, rows, context),
            tr("Save the refused rows"),
            lane=f"file:{path}",
        )

    def done(self, result: int) -> None:
        self._stop()
        super().done(result)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        if urls := event.mimeData().urls():
            self.show_file(Path(urls[0].toLocalFile()))
