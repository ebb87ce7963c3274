"""How a backup by hand goes: begun, followed in the run view, proved as soon as it is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal

from gmops_desktop.addresses import Resource
from gmops_desktop.changes import Change
from gmops_desktop.language import tr
from gmops_desktop.services.backups import Backup, Backups, TransferPlan
from gmops_desktop.tasks import Task, TaskRunner
from ui import words
from ui.backup_files import Files
from ui.backup_rows import address_of, lane_of
from ui.backup_run import RunView


class Taking(QObject):
    """Takes one backup of a database at a time; those that a schedule began are followed, too."""

    noticed = Signal(str, str, str)  # a State, a sentence, a second line
    taken = Signal(object)  # the backup, before it is proved
    ended = Signal()  # one is over, whatever became of it

    def __init__(
        self,
        backups: Backups,
        runner: TaskRunner,
        files: Files,
        run: RunView,
        last_seconds: Callable[[Resource], float],
        page: QObject,
    ) -> None:
        """`last_seconds` tells how long the last backup of a database took."""
        super().__init__(page)
        self._backups, self._runner, self._files, self._run = backups, runner, files, run
        self._last_seconds = last_seconds
        self._busy: set[str] = set()  # resources whose backup runs
        self._shown = ""  # the id of the backup that the run view shows
        files.proved.connect(self._proved)

    @property
    def any(self) -> bool:
        """Whether a backup runs."""
        return bool(self._busy)

    def of(self, resource: Resource) -> bool:
        """Return whether a backup of that database runs."""
        return resource.id in self._busy

    def take(self, resource: Resource, plan: TransferPlan) -> None:
        """Back up a database of which no backup runs."""
        address, backups = address_of(resource), self._backups
        self._busy.add(resource.id)
        task = self._runner.start(
            lambda context: backups.take(address, context, resource_id=resource.id, plan=plan),
            tr("Back up {name}", name=resource.name),
            lane=lane_of(resource),
            changes=Change.BACKUPS,
        )
        self._run.follow(task, resource.name, self._last_seconds(resource))
        task.succeeded.connect(lambda backup: self._taken(resource, backup))
        task.finished.connect(lambda: self._ended(resource))

    def heed(self, task: Task, databases: Sequence[Resource]) -> None:
        """Show in the run view, too, a backup that a schedule began."""
        for resource in databases:
            if task.lane == lane_of(resource) and not self.of(resource):
                self._run.follow_unseen(task, resource.name, self._last_seconds(resource))

    def _taken(self, resource: Resource, backup: Backup) -> None:
        """Prove at once what was written: an archive counts only when it was read back."""
        self.taken.emit(backup)
        self._shown = backup.id
        self._run.taken(backup)
        whole = tr("{name} was backed up and verified.", name=resource.name)
        details = tr(
            "{size}, {time}; {verdict}",
            size=words.size(backup.file_bytes),
            time=words.lasting(backup.seconds),
            verdict=" ".join(backup.verdict.splitlines()),
        )
        if backup.verified:
            # Proved before it was sealed; a machine that only seals could not open it again.
            self._run.proved(True, tr("proved before it was sealed"))
            self.noticed.emit("ok", whole, details)
        else:
            self._files.prove(backup, whole, details)

    def _proved(self, backup_id: str, ok: bool, text: str) -> None:
        if backup_id == self._shown:
            self._run.proved(ok, text)

    def _ended(self, resource: Resource) -> None:
        self._busy.discard(resource.id)
        self.ended.emit()
