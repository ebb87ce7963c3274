"""`python -m sandbox.screenshots FOLDER`: photographs of every page, in both languages and themes.

They are taken of the real window on the running sandbox, at the size of a small laptop.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Final

from gmops_desktop.assembly import Services, assemble
from gmops_desktop.context import Context
from gmops_desktop.language import LANGUAGES, Language, tr
from gmops_desktop.paths import Home
from gmops_desktop.settings import Theme
from sandbox.box import Sandbox, default_folder
from sandbox.stage import Stage, staged
from ui.new_ticket import NewTicketDialog
from ui.patch_configuration import ConfigurationSheet
from ui.patch_release import ReleaseSheet
from ui.patch_wave import WaveSheet
from ui.patches_tab import PatchesTab

THEMES: Final[tuple[Theme, ...]] = ("light", "dark")


def photograph(
    services: Services,
    folder: Path,
    *,
    languages: Sequence[Language] = LANGUAGES,
    themes: Sequence[Theme] = THEMES,
) -> list[Path]:
    """Write a picture of every page to `folder` ("2-status-dark-en.png"), and one of the new-ticket
    dialog; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    services.servers.look(services.contracts.resources(), Context())
    taken = []
    with staged(services) as (stage, program):
        for language, theme in product(languages, themes):
            services.settings.change(language=language, theme=theme)
            program.appearance.choose(theme)
            stage.window.rebuild()
            taken += list(_pages(stage, folder, theme, language))
    return taken


def _pages(stage: Stage, folder: Path, theme: str, language: str) -> Iterator[Path]:
    ending = "" if language == "zh_CN" else f"-{language}"
    for place, tab in enumerate(stage.window.pages.tabs):
        stage.window.rail.setCurrentIndex(place)
        yield stage.picture(folder / f"{place + 1}-{tab.name}-{theme}{ending}.png")
    yield from _changes(stage, folder, f"{theme}{ending}")
    stage.window.pages.new_ticket(tr("The site answers 502"), "", "")
    dialog = stage.dialog(NewTicketDialog)
    yield stage.picture_of(dialog, folder / f"new-ticket-{theme}{ending}.png")
    dialog.reject()


def _changes(stage: Stage, folder: Path, ending: str) -> Iterator[Path]:
    """Photograph a change with its gates, the board, and the dialogs that put changes there."""
    pages = (tab.page for tab in stage.window.pages.tabs)
    tab = next(page for page in pages if isinstance(page, PatchesTab))
    stage.window.go("patches")
    changes = [entry for made in tab.queue.board.lists.values() for entry in made.entries]
    if changes:
        tab.show_item(changes[0].identity)
        yield stage.picture(folder / f"patches-change-{ending}.png")
        tab.queue.show_view("board")
        yield stage.picture(folder / f"patches-board-{ending}.png")
        tab.queue.show_view("list")
    for act, kind, name in (
        (tab.adding["wave"], WaveSheet, "wave"),
        (tab.adding["release"], ReleaseSheet, "release"),
        (tab.adding["configuration"], ConfigurationSheet, "configuration"),
    ):
        act.trigger()
        dialog = stage.dialog(kind)
        yield stage.picture_of(dialog, folder / f"patches-{name}-{ending}.png")
        dialog.reject()


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
