"""The real window on the sandbox, for whoever clicks in it by program and photographs it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from PySide6.QtCore import (
    QEventLoop,
    QMessageLogContext,
    QRect,
    QTimer,
    QtMsgType,
    qInstallMessageHandler,
)
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QDialog, QLabel, QPushButton, QWidget

from gmops_desktop import language as speech
from gmops_desktop.app import Desk, build_window
from gmops_desktop.assembly import Services
from gmops_desktop.contract.thresholds import LIMITS, Limit
from gmops_desktop.errors import OpsError
from gmops_desktop.language import Language, tr
from gmops_desktop.settings import Theme
from gmops_desktop.tasks import TaskRunner
from ui.program import Program
from ui.theme import font, tokens_of

if TYPE_CHECKING:
    from ui.main_window import MainWindow

Dialog = TypeVar("Dialog", bound=QDialog)

WIDTH, HEIGHT = 1366, 768  # of a small laptop
_SETTLE_MS: Final = 150
_LONGEST: Final = 10.0  # seconds to wait for tasks before a picture
_PATIENCE: Final = 180.0  # seconds for what a click began
_TITLE_HEIGHT: Final = 36
_ANY_LOAD: Final = Limit((10_000, 9_000), (10_000, 9_000))
_BEST: Final = 0  # Qt's word for the slowest and smallest PNG


class Stage:
    """The window, what runs behind it, and how to wait for either."""

    def __init__(self, window: MainWindow, runner: TaskRunner) -> None:
        self.window = window
        self.runner = runner

    def settle(self) -> None:
        """Let the window lay itself out and paint, and what is under way arrive."""
        begun = time.monotonic()
        while True:
            _turn()
            waited = time.monotonic() - begun
            at_rest = not self.runner.running() and self.window.page.at_rest
            rested = waited > 2 * _SETTLE_MS / 1000 and at_rest
            if waited > _LONGEST or rested:
                return

    def wait(self, reached: Callable[[], bool], what: str) -> None:
        """Wait until `reached`, then for calm; raise `OpsError` on a failure, or if it takes long.

        `what` names what is waited for.
        """
        begun = time.monotonic()
        failures: list[str] = []
        heard = self.runner.failed.connect(lambda task, error: failures.append(str(error)))
        try:
            while not reached():
                if failures:
                    raise OpsError(tr("{what}: {why}", what=what, why=failures[0]))
                if time.monotonic() - begun > _PATIENCE:
                    raise OpsError(tr("The window did not come to this: {what}", what=what))
                _turn()
        finally:
            self.runner.failed.disconnect(heard)
        self.settle()

    def until(self, reached: Callable[[], bool], what: str) -> None:
        """Wait until `reached` and no longer: what is under way goes on."""
        begun = time.monotonic()
        while not reached():
            if time.monotonic() - begun > _PATIENCE:
                raise OpsError(tr("The window did not come to this: {what}", what=what))
            _turn()

    def press(self, within: QWidget, word: str) -> None:
        """Click the button that says `word`, as a hand would: it must be there and enabled."""
        for made in within.findChildren(QPushButton):
            if made.text() == word and made.isVisible():
                if not made.isEnabled():
                    raise OpsError(
                        tr("“{word}” cannot be clicked: {why}", word=word, why=made.toolTip())
                    )
                made.click()
                return
        raise OpsError(tr("The window has no button “{word}”.", word=word))

    def beside(self, within: QWidget, label: str, word: str) -> QWidget:
        """Return the smallest part that says `label` and has a button that says `word`."""
        found = []
        for made in within.findChildren(QPushButton):
            part = made.parentWidget() if made.text() == word and made.isVisible() else None
            while part is not None and part is not within:
                if any(one.text() == label for one in part.findChildren(QLabel)):
                    found.append(part)
                    break
                part = part.parentWidget()
        if not found:
            raise OpsError(tr("The window has no button “{word}”.", word=word))
        return min(found, key=lambda part: part.height() * part.width())

    def dialog(self, kind: type[Dialog]) -> Dialog:
        """Return the open dialog of that kind."""
        for found in self.window.findChildren(kind):
            if found.isVisible():
                return found
        raise OpsError(tr("The dialog did not open: {name}", name=kind.__name__))

    def picture(self, path: Path, part: QRect | None = None) -> Path:
        """Photograph the window, or a part of it."""
        self.settle()
        whole = self.window.grab()
        return save(whole.copy(part) if part else whole, path)

    def picture_of(self, dialog: QDialog, path: Path) -> Path:
        """Photograph a dialog under a plain bar with its title, which the system draws else."""
        self.settle()
        inside = dialog.grab()
        tokens = tokens_of(dialog)
        framed = QPixmap(inside.width() + 2, inside.height() + _TITLE_HEIGHT + 1)
        framed.fill(QColor(tokens.surface))
        painter = QPainter(framed)
        painter.drawPixmap(1, _TITLE_HEIGHT, inside)
        painter.setPen(QPen(QColor(tokens.line), 1))
        painter.drawRect(framed.rect().adjusted(0, 0, -1, -1))
        painter.drawLine(0, _TITLE_HEIGHT - 1, framed.width(), _TITLE_HEIGHT - 1)
        painter.setPen(QColor(tokens.text))
        painter.setFont(font("body", 500))
        painter.drawText(24, 23, dialog.windowTitle())
        painter.end()
        return save(framed, path)


@contextmanager
def staged(
    services: Services, *, language: Language | None = None, theme: Theme = "light"
) -> Iterator[tuple[Stage, Program]]:
    """Give the shown window, in the settings' language unless another is named.

    The settings' language and theme are put back afterwards.
    """
    before, spoken = services.settings.current, speech.current()
    busy = LIMITS["load_per_core"]
    program = Program(before)
    runner = TaskRunner(program.application)
    listening = qInstallMessageHandler(_tell)
    try:
        # No picture depends on how busy this machine is, and the guide logs its ticket by hand.
        LIMITS["load_per_core"] = _ANY_LOAD
        services.settings.change(
            language=language or before.language,
            theme=theme,
            alert_tickets=False,
            ask_registries=False,
        )
        program.appearance.choose(theme)
        # In this process: that is where the limits are changed.
        window = build_window(services, runner, program, Desk(look=services.servers.look))
        window.resize(WIDTH, HEIGHT)
        window.show()
        yield Stage(window, runner), program
        window.close()
    finally:
        qInstallMessageHandler(listening)
        LIMITS["load_per_core"] = busy
        runner.shut_down()
        services.settings.change(
            language=before.language,
            theme=before.theme,
            window=before.window,
            alert_tickets=before.alert_tickets,
            ask_registries=before.ask_registries,
        )
        program.speak(before)
        speech.use(spoken)


def save(picture: QPixmap, path: Path) -> Path:
    """Write a picture as a PNG, without loss and as small as Qt can."""
    if not picture.save(str(path), "PNG", _BEST):
        raise OpsError(tr("The picture {path} could not be written.", path=path))
    return path


def _turn() -> None:
    loop = QEventLoop()
    QTimer.singleShot(_SETTLE_MS, loop.quit)
    loop.exec()


def _tell(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
    """Pass on what Qt says, but for what it says of every window without a screen."""
    if "propagateSizeHints" not in message:
        sys.stderr.write(f"{message}\n")
