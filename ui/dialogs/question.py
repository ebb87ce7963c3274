"""What a dialog asks in the background: one question at a time, and only the last one counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QDialog

from gmops_desktop.context import Context, Progress
from gmops_desktop.tasks import Task, TaskRunner


class Question(QObject):
    """Asks for `dialog`.  A new question takes the place of the one before; with the dialog the
    last one ends, too."""

    def __init__(self, runner: TaskRunner, dialog: QDialog) -> None:
        super().__init__(dialog)
        self._runner = runner
        self._task: Task | None = None
        self._found: Callable[[Any], None] = lambda _answer: None
        self._failed: Callable[[Exception], None] = lambda _error: None
        self._progressed: Callable[[Progress], None] = lambda _progress: None
        dialog.finished.connect(self.stop)

    def ask(
        self,
        job: Callable[[Context], Any],
        title: str,
        found: Callable[[Any], None],
        failed: Callable[[Exception], None],
        *,
        lane: str = "",
        progressed: Callable[[Progress], None] = lambda _progress: None,
    ) -> None:
        """Ask in the background: `found` hears the answer, `failed` why there is none."""
        self.stop()
        self._found, self._failed, self._progressed = found, failed, progressed
        self._task = task = self._runner.start(job, title, lane=lane, quiet=True)
        task.progressed.connect(self._on_progressed)
        task.succeeded.connect(self._on_succeeded)
        task.failed.connect(self._on_failed)

    @Slot()
    def stop(self) -> None:
        """Ask no more; no answer is heard."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    @Slot(Progress)
    def _on_progressed(self, progress: Progress) -> None:
        if self.sender() is self._task:
            self._progressed(progress)

    @Slot(object)
    def _on_succeeded(self, answer: object) -> None:
        if self.sender() is self._task:
            self._task = None
            self._found(answer)

    @Slot(Exception)
    def _on_failed(self, error: Exception) -> None:
        if self.sender() is self._task:
            self._task = None
            self._failed(error)
