"""The Qt program around the window: its look and language, faults in slots, and the event loop."""

from __future__ import annotations

import gc
import logging
import sys
from pathlib import Path
from types import TracebackType
from typing import Final

from PySide6.QtCore import QLockFile, QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.paths import RESOURCES
from gmops_desktop.settings import Settings
from gmops_desktop.tasks import TaskRunner
from ui.dialogs.failure import FailureDialog
from ui.main_window import MainWindow
from ui.theme import Appearance
from ui.translator import speak

logger = logging.getLogger(__name__)

_STEP_MS: Final = 150  # of the self-test, per page: time to be painted
_TURN_S: Final = 0.0001  # Python's own choice is 5 ms
# After how many new objects the collector looks at the youngest, after how many such looks at the
# middle ones, after how many of those at all; Python's own choice is 700, 10, 10.
_COLLECTED: Final = (5_000, 5, 200)


def shorten_pauses() -> None:
    """Keep Python from holding up the window; call it once what the program is made of stands.

    The collector of garbage went through all of it, 40 to 90 ms each time, whenever a long list
    was read; it now looks only at what came later, and seldom at many (80 ms each, whichever thread
    it is, while two hundred hosts report).  And a thread that computes gives up its turn
    sooner: a frame waits for such a turn after each stroke of the painter, a hundred times.
    """
    gc.freeze()
    gc.set_threshold(*_COLLECTED)
    sys.setswitchinterval(_TURN_S)


class Program:
    """One per process: the Qt application in the user's theme and language."""

    def __init__(self, settings: Settings) -> None:
        found = QApplication.instance()
        self.application = found if isinstance(found, QApplication) else QApplication(sys.argv[:1])
        self.application.setApplicationName("GMOps Desktop")
        self.application.setDesktopFileName("gmops-desktop")
        self.application.setWindowIcon(QIcon(str(RESOURCES / "icons" / "app.svg")))
        self.speak(settings)
        self.appearance = Appearance(self.application, settings.theme)

    def speak(self, settings: Settings) -> None:
        """Speak the language of `settings`."""
        speak(self.application, settings.language)

    def run(self, window: MainWindow, runner: TaskRunner, home: Path, *, self_test: bool) -> int:
        """Show `window` until it is closed; return 0, or 1 where the self-test met a fault."""
        faults = _Faults(window)
        lock = QLockFile(str(home / "window.lock"))
        lock.setStaleLockTime(0)  # only a dead program's lock is stale
        first = lock.tryLock(0)
        before, sys.excepthook = sys.excepthook, faults.caught
        if self_test:
            logging.getLogger().addHandler(faults)
            self._visit(window, 0)
        try:
            window.show()
            shorten_pauses()
            if not first:
                window.notice.show_notice(
                    "warning",
                    tr("This program is already open on the same data."),
                    tr("Both may be used; what one writes, the other shows after F5."),
                )
            self.application.exec()
            ended = runner.shut_down()
        finally:
            sys.excepthook = before
            logging.getLogger().removeHandler(faults)
            lock.unlock()
        return 1 if self_test and (faults.count or not ended) else 0

    def refuse(self, error: OpsError) -> None:
        """Say why the program cannot start."""
        FailureDialog(None, tr("GMOps Desktop cannot start"), error).exec()

    def _visit(self, window: MainWindow, place: int) -> None:
        """Show one page after the other, then close."""

        def step() -> None:
            if place < window.rail.count():
                window.rail.setCurrentIndex(place)
                self._visit(window, place + 1)
            else:
                window.close()

        QTimer.singleShot(_STEP_MS, window, step)


class _Faults(logging.Handler):
    """Brings what a slot raises to the notice bar, and counts what goes wrong."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(logging.ERROR)
        self._window = window
        self.count = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.count += 1

    def caught(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        """Take over from `sys.excepthook`."""
        if isinstance(error, KeyboardInterrupt):
            self._window.close()
            return
        if not isinstance(error, OpsError):
            self.count += 1
            logger.error("A slot hit a bug", exc_info=(kind, error, trace))
        shown = error if isinstance(error, Exception) else RuntimeError(repr(error))
        self._window.show_error(tr("This action"), shown)
