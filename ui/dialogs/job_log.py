"""The log of one task, while it runs and after."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication, QFrame, QPlainTextEdit, QWidget

from gmops_desktop.language import tr
from gmops_desktop.log import redact
from gmops_desktop.tasks import Task
from ui.dialogs.sheet import Sheet
from ui.widgets.frames import button, column


class LogDialog(Sheet):
    """Follows the task's notes; every secret is struck out."""

    def __init__(self, parent: QWidget | None, task: Task) -> None:
        super().__init__(parent, tr("Log: {title}", title=task.title), width=720)
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setAccessibleName(tr("Log"))
        self.text.setPlaceholderText(tr("Nothing was noted yet."))
        well = QFrame()
        well.setProperty("kind", "well")
        well.setMinimumHeight(320)
        column(well, self.text, margins=(8, 8, 8, 8))
        self.body.addWidget(well)
        for line in task.log:
            self._add(line)
        copy = button(tr("Copy"), self._copy, icon_name="copy")
        self.left.addWidget(copy)
        self.add_close(tr("Close"))
        task.noted.connect(self._add)

    def _add(self, line: str) -> None:
        self.text.appendPlainText(redact(line))

    def _copy(self) -> None:
        QApplication.clipboard().setText(self.text.toPlainText())
