"""The dialog that loads another tool's dump into a new schema, and shows what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialogButtonBox,
    QFileDialog,
    QLineEdit,
    QPlainTextEdit,
    QProgressBar,
    QWidget,
)

from gmops_desktop.archive.inventory import Backup
from gmops_desktop.context import Progress
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.services.imports import Imported, Look
from gmops_desktop.states import State
from gmops_desktop.tasks import Task
from ui import import_words
from ui.dialogs.sheet import Sheet
from ui.widgets.badges import StateMark
from ui.widgets.frames import Label, button, column, disable, paragraph, row

_ENDS: Final = "*.sql *.sql.gz *.sql.zst *.gz *.zst *.zip *.bz2 *.xz"
_DETAILS_HEIGHT: Final = 132


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user asked for; `again` removes first what an import left in `schema`."""

    path: Path
    schema: str
    charset: str
    member: str
    only: str
    past_errors: bool
    again: bool


class ImportDialog(Sheet):
    """Asks which file and where to; the work is done by who opened it.

    `look_wanted` asks what a file is (path, member, charset), `run_wanted` carries a `Wish`,
    `remove_wanted` a schema, `preview_wanted` the archive of what was loaded.
    """

    look_wanted = Signal(object, str, str)
    run_wanted = Signal(object)
    remove_wanted = Signal(str)
    preview_wanted = Signal(object)

    def __init__(self, parent: QWidget | None, database: str, schema: str) -> None:
        """`database` names where to in words, `schema` is the name proposed for the new schema."""
        super().__init__(
            parent,
            tr("Import a dump"),
            tr("A dump of mysqldump, Navicat, HeidiSQL or phpMyAdmin is loaded into a new schema "
               "beside {database}. The present one is not touched: preview and restore bring over "
               "what you want of it.", database=database),
            width=720,
        )  # fmt: skip
        self._task: Task | None = None
        self._look: Look | None = None
        self._asked: tuple[str, str, str] | None = None  # file, member and charset last looked at
        self._left = ""  # a schema that an import has made
        self._backup: Backup | None = None
        self.file = QLineEdit()
        self.file.setPlaceholderText(tr(".sql, .gz, .zst or .zip; or drop the file here"))
        self.choose = button(tr("Choose…"), self._choose, icon_name="folder-open")
        self.what = paragraph("", "hint")
        self.schema = QLineEdit(schema)
        self.charset = QComboBox()
        self.charset.addItem(tr("As the file says"), "")
        for charset in import_words.CHARSETS:
            self.charset.addItem(charset, charset)
        self.member = QLineEdit()
        self.only = QLineEdit()
        self.past_errors = QCheckBox(tr("Leave out what the server refuses, and name it"))
        self.mark = StateMark("unknown", 16)
        self.outcome = paragraph("", "body")
        self.details = QPlainTextEdit()
        self.details.setReadOnly(True)
        self.details.setAccessibleName(tr("Details"))
        self.details.setFixedHeight(_DETAILS_HEIGHT)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self.run = button(tr("Import"), self._run, kind="primary", icon_name="download-simple",
                          tip=tr("Load the file into the new schema"))  # fmt: skip
        self.stop = button(
            tr("Stop"), self._stop, icon_name="x", tip=tr("Stop, and remove the new schema")
        )
        self.remove = button(
            tr("Remove the new schema"),
            lambda: self.remove_wanted.emit(self._left),
            icon_name="trash",
        )
        self.preview = button(
            tr("Preview restore…"),
            lambda: self.preview_wanted.emit(self._backup),
            kind="primary",
            icon_name="eye",
            tip=tr("Show what would change in the present schema; nothing is written"),
        )
        self._lay_out()
        self.setAcceptDrops(True)
        self.file.editingFinished.connect(self._ask)
        self.charset.currentIndexChanged.connect(self._ask)
        self.member.editingFinished.connect(self._ask)
        self.schema.textChanged.connect(self._judge)
        self._judge()

    def _lay_out(self) -> None:
        chosen = row(None, self.file, self.choose)
        chosen.setStretch(0, 1)
        self.file.setAccessibleName(tr("Dump"))
        self.body.addLayout(column(None, Label(tr("Dump"), "caption"), chosen, spacing=4))
        self.body.addWidget(self.what)
        fields = (
            (tr("New schema"), self.schema, ""),
            (tr("Character set"), self.charset, tr("Only where Chinese comes out wrong")),
            (tr("File in the ZIP"), self.member, tr("Only where it holds several")),
            (tr("Schema in the dump"), self.only, tr("Only where it holds several")),
        )
        pairs = []
        for word, field, tip in fields:
            field.setAccessibleName(word)
            field.setToolTip(tip or word)
            if tip and isinstance(field, QLineEdit):
                field.setPlaceholderText(tip)
            pairs.append(column(None, Label(word, "caption"), field, spacing=4))
        for left, right in ((pairs[0], pairs[1]), (pairs[2], pairs[3])):
            line = row(None, left, right, spacing=16)
            line.setStretch(0, 1)
            line.setStretch(1, 1)
            self.body.addLayout(line)
        self.body.addWidget(self.past_errors)
        self.body.addWidget(self._bar)
        said = row(None, self.mark, self.outcome)
        said.setStretch(1, 1)
        self.body.addLayout(said)
        self.body.addWidget(self.details)
        self.body.addStretch(1)
        for widget in (self._bar, self.mark, self.details, self.stop, self.remove, self.preview):
            widget.hide()
        self.left.addWidget(self.remove)
        self.left.addWidget(self.stop)
        self.add_close(tr("Close"))
        self.add_button(self.preview, QDialogButtonBox.ButtonRole.ActionRole)
        self.add_button(self.run, QDialogButtonBox.ButtonRole.ActionRole, default=True)

    # -- what is shown

    def show_file(self, path: Path) -> None:
        """Take a file, as if it were chosen."""
        self._asked = None
        self.file.setText(str(path))
        self._ask()

    def show_look(self, look: Look) -> None:
        """Say what the file is."""
        self._look = look
        self.what.setText(f"{import_words.what(look)}\n{import_words.charset(look)}")
        self._judge()

    def show_no_look(self, error: Exception) -> None:
        """Say why the file cannot be imported."""
        self._look = None
        self.what.setText(_sentences(error))
        self._judge()

    def follow(self, task: Task) -> None:
        """Show how an import goes, and how it ends."""
        self._task = task
        task.progressed.connect(self._progressed)
        task.succeeded.connect(self._loaded)
        task.failed.connect(self._failed)
        task.cancelled.connect(self._cancelled)
        task.finished.connect(self._ended)
        self._say(None, tr("Loading…"))
        self._bar.setRange(0, 0)
        self._backup = None
        self._judge()

    def show_removed(self, schema: str) -> None:
        """Say that the new schema is gone."""
        self._left = ""
        self._backup = None
        self._say("ok", tr("{schema} is removed.", schema=schema))
        self._judge()

    @Slot(Progress)
    def _progressed(self, progress: Progress) -> None:
        self._bar.setRange(0, 0 if progress.percent is None else 100)
        self._bar.setValue(progress.percent or 0)
        self.outcome.setText(progress.text)

    @Slot(object)
    def _loaded(self, done: Imported) -> None:
        self._left, self._backup = done.schema, done.backup
        doubtful = done.faults or done.refused
        self._say(
            "warning" if doubtful else "ok",
            " ".join((import_words.outcome(done), *done.faults)),
            "\n".join(import_words.details(done)),
        )

    @Slot(Exception)
    def _failed(self, error: Exception) -> None:
        self._left = getattr(error, "schema", "") or self._left
        self._say("critical", _sentences(error))

    @Slot()
    def _cancelled(self) -> None:
        self._left = ""
        self._say("unknown", tr("Stopped. A schema made for it is removed again."))

    @Slot()
    def _ended(self) -> None:
        self._task = None
        self._judge()

    def _say(self, state: State | None, text: str, details: str = "") -> None:
        self.mark.setVisible(state is not None)
        if state is not None:
            self.mark.show_state(state)
        self.outcome.setText(text)
        self.details.setPlainText(details)
        self.details.setVisible(bool(details))

    # -- what is asked for

    @Slot()
    def _choose(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(
            self, tr("Choose a dump"), "", f"{tr('Dumps')} ({_ENDS});;{tr('All files')} (*)"
        )
        if chosen:
            self.show_file(Path(chosen))

    @Slot()
    def _ask(self, *_: object) -> None:
        path, member = self.file.text().strip(), self.member.text().strip()
        asked = (path, member, self.charset.currentData() or "")
        # A field that loses the focus says it was edited, the last time when the dialog closes.
        if path and asked != self._asked:
            self._asked = asked
            self.look_wanted.emit(Path(path), member, asked[2])

    @Slot()
    def _run(self) -> None:
        if self._look is None:
            return
        schema = self.schema.text().strip()
        self.run_wanted.emit(
            Wish(
                path=self._look.path,
                schema=schema,
                charset=self.charset.currentData() or "",
                member=self.member.text().strip(),
                only=self.only.text().strip(),
                past_errors=self.past_errors.isChecked(),
                again=schema == self._left,
            )
        )

    @Slot()
    def _stop(self) -> None:
        if self._task is not None:
            self._task.cancel()

    @Slot()
    def _judge(self, *_: object) -> None:
        busy = self._task is not None
        reason = ""
        if busy:
            reason = tr("The import is running.")
        elif self._look is None:
            reason = tr("First choose a file that is a dump.")
        elif not self.schema.text().strip():
            reason = tr("Name the new schema.")
        again = bool(self._left) and self.schema.text().strip() == self._left
        self.run.setText(tr("Import again") if again else tr("Import"))
        disable(self.run, reason, tr("Load the file into the new schema"))
        self._bar.setVisible(busy)
        self.stop.setVisible(busy)
        self.remove.setVisible(bool(self._left) and not busy)
        self.preview.setVisible(self._backup is not None and not busy)
        self.run.setVisible(self.preview.isHidden() or not again)


def _sentences(error: Exception) -> str:
    """Return what failed, what is unharmed, and what to do next."""
    if isinstance(error, OpsError):
        return "\n".join(filter(None, (error.message, error.unharmed, error.hint)))
    return str(error)
