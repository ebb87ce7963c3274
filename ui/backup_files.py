"""What is done with the files of archives: proved, copied elsewhere, taken off the list."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from gmops_desktop.changes import Change
from gmops_desktop.language import tr
from gmops_desktop.services.backups import Backup, Backups, Verification
from gmops_desktop.tasks import TaskRunner
from ui import words
from ui.saving_copies import save_copy


class Files(QObject):
    """Works on archives' files in the background; `noticed` tells how it ended."""

    noticed = Signal(str, str, str)  # a State, a sentence, a second line
    proved = Signal(str, bool, str)  # a backup's id, whether it is whole, and in words

    def __init__(self, backups: Backups, runner: TaskRunner, page: QWidget) -> None:
        super().__init__(page)
        self._backups = backups
        self._runner = runner
        self._page = page

    def prove(self, backup: Backup, whole: str = "", details: str = "") -> None:
        """Verify the archive; say `whole` when it is."""
        path, backups = backup.path, self._backups
        whole = whole or tr("{file} is whole: every digest is as it was written.", file=path.name)
        task = self._runner.start(
            lambda context: backups.verify(path, context),
            tr("Verify {file}", file=path.name),
            lane=f"file:{path}",
            changes=Change.BACKUPS,
        )
        task.succeeded.connect(lambda result: self._verified(backup, result, whole, details))

    def save(self, backup: Backup) -> None:
        """Ask where to, then copy."""
        chosen, _ = QFileDialog.getSaveFileName(
            self._page,
            tr("Save archive as"),
            backup.path.name,
            "*" + "".join(backup.path.suffixes[-3:]),
        )
        if chosen:
            self.save_as(backup, Path(chosen))

    def save_as(self, backup: Backup, target: Path) -> None:
        """Copy the archive to `target`, and read the copy back."""
        save_copy(backup.path, target, self._runner, self.noticed.emit)

    def forget(self, backup: Backup) -> None:
        """Take an archive whose file is gone off the list."""
        backups = self._backups
        self._runner.start(
            lambda _context: backups.forget(backup.id),
            tr("Remove from list"),
            changes=Change.BACKUPS,
        )

    def _verified(self, backup: Backup, result: Verification, whole: str, details: str) -> None:
        if result.ok:
            read = tr(
                "{frames} frames, {rows} rows, {time}",
                frames=words.number(result.frames),
                rows=words.number(result.rows),
                time=words.lasting(result.seconds),
            )
            self.noticed.emit("ok", whole, details or read)
            self.proved.emit(backup.id, True, tr("read back and proved: {what}", what=read))
            return
        faults = " ".join((result.faults or result.notes)[:3])
        said = tr("{file} is damaged; do not rely on it.", file=backup.path.name)
        self.noticed.emit("critical", said, faults)
        self.proved.emit(backup.id, False, faults)
