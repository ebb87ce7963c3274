"""The ways out of an attachment: looked into, saved as a copy, opened with the system's program."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QWidget

from gmops_desktop.language import tr
from gmops_desktop.services.attachments import Attachment, Attachments
from gmops_desktop.tasks import TaskRunner
from ui.attachment_preview import AttachmentPreview
from ui.attachment_questions import ProgramQuestion

LANE: Final = "attachments"


class AttachmentWays(QObject):
    """`noticed` tells what was done; dialogs stand over the window of `parent`."""

    noticed = Signal(str, str, str)  # a State, a sentence, a second line

    def __init__(self, attachments: Attachments, runner: TaskRunner, parent: QWidget) -> None:
        super().__init__(parent)
        self._attachments, self._runner, self._parent = attachments, runner, parent

    def look_into(self, attachment: Attachment) -> None:
        """Show an attachment as far as it can be shown here."""
        window = self._parent.window()
        sheet = AttachmentPreview(window, self._attachments, attachment, self._runner)
        sheet.save_wanted.connect(self.ask_where)
        sheet.open_wanted.connect(self.ask_open)
        sheet.open()

    def ask_where(self, attachment: Attachment) -> None:
        """Ask where a copy is to lie, then save it."""
        chosen, _ = QFileDialog.getSaveFileName(
            self._parent.window(), tr("Save {name}", name=attachment.name), attachment.name
        )
        if chosen:
            self.save_to(attachment, Path(chosen))

    def save_to(self, attachment: Attachment, path: Path) -> None:
        """Write a proved copy of an attachment to `path`."""
        task = self._runner.start(
            lambda context: self._attachments.save(attachment, path, context),
            tr("Save {name}", name=attachment.name),
            lane=LANE,
        )
        task.succeeded.connect(
            lambda saved: self.noticed.emit(
                "ok", tr("{name} lies in {path}.", name=attachment.name, path=saved), ""
            )
        )

    def ask_open(self, attachment: Attachment) -> None:
        """Open it with the system's program; what runs asks first."""
        if attachment.kind.runs:
            ProgramQuestion(self._parent.window(), attachment, self._open).open()
        else:
            self._open(attachment)

    def _open(self, attachment: Attachment) -> None:
        task = self._runner.start(
            lambda context: self._attachments.lend(attachment, context),
            tr("Open {name}", name=attachment.name),
            lane=LANE,
        )
        task.succeeded.connect(self._opened)

    def _opened(self, path: Path) -> None:
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))):
            self.noticed.emit(
                "warning",
                tr("The system knows no program for {name}.", name=path.name),
                tr("Save it and open it from there."),
            )
