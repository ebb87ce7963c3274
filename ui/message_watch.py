"""Lets the robot tell what happened, while the window is open."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtWidgets import QWidget

from gmops_desktop.changes import Change
from gmops_desktop.context import Context
from gmops_desktop.language import tr
from gmops_desktop.services.messages import Flushed, Messages, Notices
from gmops_desktop.tasks import TaskRunner

_EVERY_MS: Final = 20_000
_FIRST_MS: Final = 8_000  # after the start: the pages come first


class MessageWatch(QObject):
    """Follows the tickets and sends what waits, over `window`; `noticed` tells a new fault once."""

    noticed = Signal(str, str, str)  # a State, a sentence, a second line

    def __init__(
        self, messages: Messages, notices: Notices, runner: TaskRunner, window: QWidget
    ) -> None:
        super().__init__(window)
        self._messages, self._notices, self._runner = messages, notices, runner
        self._looking = False
        self._fault = ""
        self._timer = QTimer(self)
        self._timer.setInterval(_EVERY_MS)
        self._timer.timeout.connect(self.look)

    def begin(self) -> None:
        """Look soon, and from then on three times a minute."""
        self._timer.start()
        QTimer.singleShot(_FIRST_MS, self, self.look)

    def stop(self) -> None:
        """Look no more; what waits is sent after the next start."""
        self._timer.stop()

    @Slot()
    def look(self) -> None:
        """Tell what is new, unless a look is under way or there is no robot."""
        if self._looking or not self._timer.isActive() or not self._messages.on:
            return

        def job(context: Context) -> Flushed:
            self._notices.follow()
            return self._messages.flush(context)

        self._looking = True
        task = self._runner.start(job, tr("Tell the group"), lane="messages", quiet=True)
        task.succeeded.connect(self._looked)
        task.finished.connect(self._rest)

    @Slot()
    def _rest(self) -> None:
        self._looking = False

    @Slot(object)
    def _looked(self, done: Flushed) -> None:
        fresh = done.fault and done.fault != self._fault
        if done.sent or fresh:
            self._runner.changed.emit(Change.SETTINGS)
        if fresh:
            waits = tr("{count} message(s) wait and are sent later.", count=done.waiting)
            self.noticed.emit("warning", done.fault, waits)
        if fresh or done.sent or not done.waiting:  # else it only waits for its next try
            self._fault = done.fault
