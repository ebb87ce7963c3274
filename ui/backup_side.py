"""Beside the list: the archive in sight, here or at the cloud, and what is pressed there."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QStackedWidget

from gmops_desktop.addresses import Resource
from gmops_desktop.language import tr
from gmops_desktop.services.backups import ArchiveSummary, Backup, Backups
from gmops_desktop.tasks import TaskRunner
from ui.backup_cloud import Clouds
from ui.backup_cloud_panel import CloudPanel
from ui.backup_files import Files
from ui.backup_lines import Line
from ui.backup_panel import BackupPanel
from ui.backup_rows import trend_of
from ui.restoring import Restoring


class BackupSide(QStackedWidget):
    """Shows one line of the list; `restoring`, `files` and `clouds` do what its buttons want."""

    def __init__(
        self,
        backups: Backups,
        runner: TaskRunner,
        restoring: Restoring,
        files: Files,
        clouds: Clouds,
        drilled: Callable[[str], str] | None,
    ) -> None:
        """`drilled` tells what a drill proved of the archive of an id."""
        super().__init__()
        self._backups, self._runner = backups, runner
        self._restoring, self._files, self._clouds = restoring, files, clouds
        self._drilled = drilled
        self._line: Line | None = None
        self._all: Sequence[Backup] = ()
        self._databases: Sequence[Resource] = ()
        self._summaries: dict[str, ArchiveSummary] = {}
        self.panel = BackupPanel()
        self.cloud_panel = CloudPanel()
        self.setFixedWidth(self.panel.width())
        self.addWidget(self.panel)
        self.addWidget(self.cloud_panel)

        self.panel.preview_wanted.connect(self.preview)
        self.panel.verify_wanted.connect(lambda: self.with_file(files.prove))
        self.panel.save_wanted.connect(lambda: self.with_file(files.save))
        self.panel.undo_wanted.connect(lambda: restoring.undo(self._databases))
        self.panel.forget_wanted.connect(self._forget)
        self.cloud_panel.download_wanted.connect(lambda: self._with_cloud(clouds.download))
        self.cloud_panel.verify_wanted.connect(lambda: self._with_cloud(clouds.verify))
        self.cloud_panel.look_wanted.connect(clouds.look)

    def show_known(self, backups: Sequence[Backup], databases: Sequence[Resource]) -> None:
        """Keep in mind all archives and databases there are, and say what could be undone."""
        self._all, self._databases = backups, databases
        self.panel.show_undo(*self._restoring.undo_state(databases))

    @Slot(object)
    def show_line(self, line: Line | None) -> None:
        """Show the archive of a line, or nothing."""
        self._line = line
        self.setVisible(line is not None)
        if line is None:
            return
        if line.backup is None and line.resource is not None:
            self.setCurrentWidget(self.cloud_panel)
            self.cloud_panel.show_line(line, self._clouds.listing(line.resource))
        elif line.backup is not None:
            self.setCurrentWidget(self.panel)
            self._show_backup(line.backup)

    def with_file(self, act: Callable[[Backup], object]) -> None:
        """Do something with the archive in sight, if its file is there."""
        if self._line is not None and self._line.backup is not None and self._line.backup.exists:
            act(self._line.backup)

    @Slot()
    def preview(self) -> None:
        """Show what a restore of the archive in sight would change."""
        if self._databases:
            self.with_file(lambda backup: self._restoring.preview(backup, self._databases))

    def _show_backup(self, backup: Backup) -> None:
        self.panel.show_backup(backup, trend_of(self._all, backup))
        if self._drilled is not None:
            self.panel.show_drilled(self._drilled(backup.id))
        if backup.id in self._summaries:
            self.panel.show_summary(self._summaries[backup.id])
        elif backup.exists:
            path, backups = backup.path, self._backups
            task = self._runner.start(
                lambda _context: backups.inspect(path),
                tr("Read {file}", file=path.name),
                quiet=True,
            )
            task.succeeded.connect(lambda summary: self._inspected(backup.id, summary))

    def _inspected(self, backup_id: str, summary: ArchiveSummary) -> None:
        self._summaries[backup_id] = summary
        if self._line is not None and self._line.id == backup_id:
            self.panel.show_summary(summary)

    def _with_cloud(self, act: Callable[[Line], object]) -> None:
        if self._line is not None and self._line.cloud is not None:
            act(self._line)

    @Slot()
    def _forget(self) -> None:
        line = self._line
        if line is not None and line.backup is not None and not line.backup.exists:
            self._files.forget(line.backup)
