"""Saves a copy of a file in the background, reads it back, and tells."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from gmops_desktop.language import tr
from gmops_desktop.services.copies import copy_file
from gmops_desktop.tasks import TaskRunner


def save_copy(
    path: Path, target: Path, runner: TaskRunner, tell: Callable[[str, str, str], object]
) -> None:
    """Copy `path` to `target`; `tell` hears a state, a sentence and a second line afterwards."""
    task = runner.start(
        lambda context: copy_file(path, target, context),
        tr("Copy {file}", file=path.name),
        lane=f"file:{target}",
    )
    task.succeeded.connect(
        lambda _size: tell(
            "ok",
            tr("{file} was copied to {folder}.", file=path.name, folder=target.parent),
            tr("The copy was read back and is the same."),
        )
    )
