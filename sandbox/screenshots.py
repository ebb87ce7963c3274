"""`python -m sandbox.screenshots FOLDER`: photographs of every page, in both languages and themes.

They are taken of the real window on the running sandbox, at the size of a small laptop.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import (
    QEventLoop,
    QMessageLogContext,
    QTimer,
    QtMsgType,
    qInstallMessageHandler,
)

from gmops_desktop.app import Desk, Services, assemble, build_window
from gmops_desktop.context import Context
from gmops_desktop.language import LANGUAGES, Language
from gmops_desktop.paths import Home
from gmops_desktop.settings import Theme
from gmops_desktop.tasks import TaskRunner
from sandbox.box import Sandbox, default_folder
from ui.program import Program

if TYPE_CHECKING:
    from ui.main_window import MainWindow

WIDTH, HEIGHT = 1366, 768
THEMES: Final[tuple[Theme, ...]] = ("light", "dark")
_SETTLE_MS: Final = 250
_LONGEST: Final = 10.0  # seconds to wait for tasks before a picture


def photograph(
    services: Services,
    folder: Path,
    *,
    languages: Sequence[Language] = LANGUAGES,
    themes: Sequence[Theme] = THEMES,
) -> list[Path]:
    """Write a picture of every page to `folder` ("2-status-dark-en.png"); return their paths.

    The settings' language and theme are put back afterwards.
    """
    folder.mkdir(parents=True, exist_ok=True)
    services.servers.look(services.contracts.resources(), Context())
    before = services.settings.current
    program = Program(before)
    runner = TaskRunner(program.application)
    listening = qInstallMessageHandler(_tell)
    try:
        window = build_window(services, runner, program, Desk())
        window.resize(WIDTH, HEIGHT)
        window.show()
        taken = []
        for language, theme in product(languages, themes):
            services.settings.change(language=language, theme=theme)
            program.appearance.choose(theme)
            window.rebuild()
            taken += list(_pages(window, runner, folder, theme, language))
        window.close()
    finally:
        qInstallMessageHandler(listening)
        runner.shut_down()
        services.settings.change(language=before.language, theme=before.theme, window=before.window)
        program.speak(before)
    return taken


def _pages(
    window: MainWindow, runner: TaskRunner, folder: Path, theme: str, language: str
) -> Iterator[Path]:
    ending = "" if language == "zh_CN" else f"-{language}"
    for place, tab in enumerate(window.pages.tabs):
        window.rail.setCurrentIndex(place)
        _settle(runner)
        path = folder / f"{place + 1}-{tab.name}-{theme}{ending}.png"
        window.grab().save(str(path))
        yield path


def _tell(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
    """Pass on what Qt says, but for what it says of every window without a screen."""
    if "propagateSizeHints" not in message:
        sys.stderr.write(f"{message}\n")


def _settle(runner: TaskRunner) -> None:
    """Let the window lay itself out and paint, and what is under way arrive."""
    begun = time.monotonic()
    while True:
        loop = QEventLoop()
        QTimer.singleShot(_SETTLE_MS, loop.quit)
        loop.exec()
        waited = time.monotonic() - begun
        if waited > _LONGEST or (waited > 2 * _SETTLE_MS / 1000 and not runner.running()):
            return


def main(words: Sequence[str] | None = None) -> int:
    """Start the sandbox if it does not run, and photograph the window on it."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.screenshots")
    parser.add_argument("folder", type=Path, nargs="?", default=Path("screenshots"))
    chosen = parser.parse_args(words)
    if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    box = Sandbox(default_folder())
    ran = box.status().running
    box.start()
    os.environ.update(box.environment())
    try:
        with assemble(Home.find()) as services:
            for path in photograph(services, chosen.folder):
                sys.stdout.write(f"{path}\n")
    finally:
        if not ran:
            box.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
