"""The card of sealed backups: whether new ones are sealed, who can open them, and the key."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtPrintSupport import QPrintDialog, QPrinter
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFileDialog, QSizePolicy

from gmops_desktop.changes import Change
from gmops_desktop.context import Context
from gmops_desktop.language import current, tr
from gmops_desktop.services.sealing import Recipient, Sealing, Standing
from gmops_desktop.settings import SettingsFile
from gmops_desktop.states import State
from gmops_desktop.tasks import Job, Task, TaskRunner
from ui import words
from ui.dialogs.sealing import KeyImport, KeyMaking, RecipientAdding, SheetOffer
from ui.dialogs.sheet import Sheet
from ui.report_printing import print_pages
from ui.theme import CARD_ROW_HEIGHT, HEADER_HEIGHT
from ui.widgets.frames import (
    Card,
    Label,
    Segments,
    WholeRows,
    button,
    disable,
    paragraph,
    row,
)
from ui.widgets.table_model import Column
from ui.widgets.tables import Table

_ROWS: Final = 3  # in sight; more are scrolled to
_LANE: Final = "keyring"  # the keyring may ask its user to unlock it: never in the GUI thread
_CHANGES: Final = Change.SETTINGS | Change.BACKUPS


class SealingCard(Card):
    """`noticed` tells the page what was done."""

    noticed = Signal(str, str, str)  # a State, a sentence, a second line

    def __init__(self, sealing: Sealing, settings: SettingsFile, runner: TaskRunner) -> None:
        super().__init__(tr("Sealed backups"))
        self._sealing, self._settings, self._runner = sealing, settings, runner
        self._standing = Standing(False, (), (), "")

        self.switch = Segments(
            [("off", tr("plain")), ("on", tr("sealed"))], "off", tr("New backups")
        )
        self.text = paragraph(role="caption")
        columns: list[Column[Recipient]] = [
            Column(tr("Can open new backups"), lambda one: one.name, 150),
            Column(tr("Public key"), lambda one: one.key, muted=True, tip=lambda one: one.key),
            Column(
                tr("Secret key"),
                lambda one: tr("on this computer") if one.ours else tr("elsewhere"),
                128,
            ),
            Column(
                tr("Recovery sheet"),
                lambda one: _sheet_of(one)[1],
                116,
                state=lambda one: _sheet_of(one)[0],
            ),
        ]
        self.table = Table(
            columns, name=tr("Can open new backups"), runner=runner, identity=lambda one: one.key
        )
        self._rows = WholeRows(self.table)
        self._rows.setFixedHeight(HEADER_HEIGHT + _ROWS * CARD_ROW_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.make_button = button(tr("Make a key…"), self._make, icon_name="key")
        self.import_button = button(
            tr("Import a key…"),
            self.begin_import,
            icon_name="download-simple",
            tip=tr("Type the secret key of a recovery sheet, to open backups sealed to it"),
        )
        self.sheet_button = button(
            tr("Recovery sheet…"),
            self._offer,
            icon_name="printer",
            tip=tr("Print or save the page that opens the backups without this computer"),
        )
        self.add_button = button(tr("Add…"), self._add, icon_name="plus",
                                 tip=tr("Let somebody else's key open new backups"))  # fmt: skip
        self.remove_button = button(tr("Remove…"), self._remove, icon_name="trash")

        self.add(row(None, Label(tr("New backups"), "caption", elide=False), self.switch, None))
        self.add(self.text)
        self.add_table(self._rows, 0)
        self.add(
            row(
                None,
                self.make_button,
                self.sheet_button,
                self.import_button,
                None,
                self.add_button,
                self.remove_button,
            )
        )
        self.switch.chosen.connect(self._switch)
        self.table.picked.connect(lambda _one: self._judge())
        self._judge()

    def refresh(self) -> None:
        """Ask who can open new backups; the keyring, where it matters, in the background."""
        if not self._sealing.recipients():
            self._show(Standing(False, (), (), ""))
            return
        task = self._runner.start(
            lambda _context: self._sealing.standing(),
            tr("Look at the keys"),
            lane=_LANE,
            quiet=True,
        )
        task.succeeded.connect(self._show)

    def _show(self, standing: Standing) -> None:
        self._standing = standing
        self.switch.choose("on" if standing.on else "off")
        self.text.setText(_words_of(standing))
        self.table.set_rows(standing.recipients)
        self._judge()

    def _judge(self) -> None:
        """Say what cannot be done now, and why."""
        standing, chosen = self._standing, self.table.current
        self.switch.setEnabled(bool(standing.recipients))
        self._rows.setVisible(bool(standing.recipients))
        self.make_button.setVisible(not standing.can_open)
        self.sheet_button.setVisible(standing.can_open)
        disable(self.remove_button, "" if chosen else tr("Choose a recipient first."))

    # -- what is done

    def _switch(self, key: str) -> None:
        try:
            self._sealing.switch(key == "on")
        finally:
            self.switch.choose("on" if self._sealing.on else "off")
        self._runner.changed.emit(_CHANGES)

    def _make(self) -> None:
        name = self._settings.current.actor
        KeyMaking(self.window(), name, self._make_named).open()

    def _make_named(self, name: str) -> None:
        task = self._start(lambda _context: self._sealing.make_key(name), tr("Make a key"))
        task.succeeded.connect(lambda _made: self._offer())

    def begin_import(self) -> None:
        """Ask for a secret key from its recovery sheet."""

        def take(text: str) -> None:
            name = self._settings.current.actor
            task = self._start(
                lambda _context: self._sealing.import_key(text, name), tr("Import a key")
            )
            task.succeeded.connect(self._imported)

        KeyImport(self.window(), self._sealing.fault_in_key, take).open()

    def _imported(self, taken: Recipient) -> None:
        self.noticed.emit(
            "ok",
            tr("The key of {name} is in the keyring.", name=taken.name),
            tr("Backups sealed to it can be verified and restored here."),
        )

    def _add(self) -> None:
        def add(key: str, name: str) -> None:
            self._start(lambda _context: self._sealing.add(key, name), tr("Add a recipient"))

        RecipientAdding(self.window(), self._sealing.fault_in_recipient, add).open()

    def _remove(self) -> None:
        recipient = self.table.current
        if recipient is None:
            return
        sheet = Sheet(
            self.window(),
            tr("Remove {name}?", name=recipient.name),
            tr(
                "New backups are no longer sealed to this key. Those already made still open with "
                "it; its secret half is not deleted anywhere."
            ),
            width=480,
        )
        sheet.add_close(tr("Keep it"))
        remove = button(tr("Remove"), partial(self._removed, recipient), kind="danger")
        remove.clicked.connect(sheet.accept)
        sheet.add_button(remove, QDialogButtonBox.ButtonRole.ActionRole)
        sheet.open()

    def _removed(self, recipient: Recipient) -> None:
        self._start(
            lambda _context: self._sealing.remove(recipient.key),
            tr("Remove {name}", name=recipient.name),
        )

    # -- the recovery sheet

    def _offer(self) -> None:
        SheetOffer(self.window(), self._print, self._save).open()

    def _save(self) -> None:
        chosen, _ = QFileDialog.getSaveFileName(
            self, tr("Save the recovery sheet"), "recovery-sheet.pdf", "*.pdf"
        )
        if chosen:
            self.save_as(Path(chosen))

    def save_as(self, path: Path) -> None:
        """Write the recovery sheet to `path` in the background."""
        language = current()
        task = self._start(
            lambda context: self._sealing.save_sheet(path, context, language=language),
            tr("Save the recovery sheet"),
        )
        task.succeeded.connect(
            lambda _path: self.noticed.emit(
                "warning",
                tr("The recovery sheet lies in {path}.", path=path),
                tr("Print it and put it away, then delete the file: it is the key."),
            )
        )

    def _print(self) -> None:
        printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        printer.setDocName(tr("Recovery sheet"))
        dialog = QPrintDialog(printer, self)
        dialog.setMinMax(1, 1)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(lambda: self.print_on(printer))
        QDialog.open(dialog)  # its own `open` hides the one that takes nothing

    def print_on(self, printer: QPrinter) -> None:
        """Print the recovery sheet in the background; no file of it is left."""
        sealing, language = self._sealing, current()

        def job(context: Context) -> int:
            with sealing.sheet(context, language=language) as path:
                return print_pages(path, range(1), printer, sealing.picture, context)

        task = self._start(job, tr("Print the recovery sheet"))
        task.succeeded.connect(
            lambda _pages: self.noticed.emit(
                "ok",
                tr("The recovery sheet was handed to the printer."),
                tr("Put it away before you leave."),
            )
        )

    def _start(self, job: Job, title: str) -> Task:
        return self._runner.start(job, title, lane=_LANE, changes=_CHANGES)


def _sheet_of(recipient: Recipient) -> tuple[State | None, str]:
    if recipient.sheet:
        return "ok", tr("made")
    return ("warning", tr("not made")) if recipient.ours else (None, words.NOTHING)


def _words_of(standing: Standing) -> str:
    """Say in sentences what holds."""
    if not standing.recipients:
        text = tr(
            "Backups hold everything that the database holds, readable for whoever gets the file. "
            "Sealed ones can be opened only with a key."
        )
    elif not standing.on:
        text = tr("New backups are not sealed, though there is a key.")
    else:
        text = tr("New backups can be read only with one of these keys.")
    if standing.recipients and standing.trouble:
        return f"{text}\n{standing.trouble}"
    if standing.on and not standing.can_open:
        text += "\n" + tr(
            "This computer makes sealed backups, but cannot open them: verifying, restoring and "
            "sending only what changed need a secret key."
        )
    return text
