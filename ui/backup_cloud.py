"""The cloud's side of the backup tab: looks at what TencentDB keeps, has backups made, fetches
them, always in the background; what was seen last stands at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from PySide6.QtCore import QObject, Signal

from gmops_desktop.addresses import CloudDatabase, Resource
from gmops_desktop.changes import Change
from gmops_desktop.context import Context
from gmops_desktop.language import tr
from gmops_desktop.services.cloud_backups import (
    CloudBackup,
    CloudBackups,
    Copy,
    Kind,
    Listing,
    opened_with,
)
from gmops_desktop.tasks import TaskRunner
from ui import words
from ui.backup_lines import Line, lines_of_cloud
from ui.backup_rows import address_of

_FRESH: Final = timedelta(minutes=10)  # a list this old is asked for anew when the tab is shown


def cloud_of(resource: Resource) -> CloudDatabase | None:
    """Return the TencentDB instance that a database is, if it is one."""
    return address_of(resource).cloud


class Clouds(QObject):
    """The instances of the contract's databases; `seen` says that what is known has changed."""

    seen = Signal()
    noticed = Signal(str, str, str)  # a State, a sentence, a second line

    def __init__(self, service: CloudBackups, runner: TaskRunner, parent: QObject) -> None:
        super().__init__(parent)
        self._service = service
        self._runner = runner
        self._databases: tuple[Resource, ...] = ()
        self._looking: set[str] = set()  # resources somebody looks at right now
        self._following: set[str] = set()  # resources whose running backup somebody waits for

    def show_databases(self, databases: Sequence[Resource]) -> None:
        """Keep in mind which databases there are; look where the last look is old."""
        self._databases = tuple(one for one in databases if cloud_of(one) is not None)
        for resource in self._databases:
            at = self.listing(resource).at
            if at is None or datetime.now(UTC) - at > _FRESH:
                self._look(resource)

    def look(self) -> None:
        """Look at every instance now."""
        for resource in self._databases:
            self._look(resource)

    def listing(self, resource: Resource) -> Listing:
        """Return what was seen last of a database's instance."""
        cloud = cloud_of(resource)
        return self._service.last(cloud) if cloud else Listing()

    def lines(self) -> list[Line]:
        """Return the lines of everything that the instances keep."""
        return [line for one in self._databases for line in lines_of_cloud(one, self.listing(one))]

    def fault(self) -> tuple[Resource, Listing] | None:
        """Return the first instance whose newest look failed, with what is known of it."""
        for resource in self._databases:
            listing = self.listing(resource)
            if listing.fault:
                return resource, listing
        return None

    def make(self, resource: Resource, kind: Kind) -> None:
        """Have the instance make a backup; a logical one is of the resource's schema."""
        cloud, service = cloud_of(resource), self._service
        if cloud is None:
            return
        schema = address_of(resource).schema if kind == "logical" else ""
        self._following.add(resource.id)
        task = self._runner.start(
            lambda context: service.make(cloud, context, kind=kind, schema=schema),
            tr("Back up {name} in the cloud", name=resource.name),
            lane=_lane(cloud),
            changes=Change.BACKUPS,
        )
        task.progressed.connect(lambda _progress: self.seen.emit())
        task.succeeded.connect(partial(self._made, resource))
        task.finished.connect(partial(self._followed, resource))

    def download(self, line: Line) -> None:
        """Fetch the file of a line, and prove it."""
        if line.cloud is not None:
            title = tr("Download {name}", name=line.cloud.name)
            self._prove(self._service.download, line, line.cloud, title)

    def verify(self, line: Line) -> None:
        """Prove a file that was fetched before."""
        if line.cloud is not None:
            title = tr("Verify {file}", file=line.cloud.name)
            self._prove(self._service.verify, line, line.cloud, title)

    # ------------------------------------------------------------ inside

    def _prove(
        self,
        work: Callable[[CloudDatabase, int, Context], Copy],
        line: Line,
        backup: CloudBackup,
        title: str,
    ) -> None:
        cloud = cloud_of(line.resource) if line.resource else None
        if cloud is None:
            return
        task = self._runner.start(
            lambda context: work(cloud, backup.id, context),
            title,
            lane=f"download:{cloud.instance}/{backup.id}",
            changes=Change.BACKUPS,
        )
        task.succeeded.connect(partial(self._fetched, backup))

    def _look(self, resource: Resource) -> None:
        cloud, service = cloud_of(resource), self._service
        if cloud is None or resource.id in self._looking:
            return
        self._looking.add(resource.id)
        task = self._runner.start(
            lambda context: service.look(cloud, context),
            tr("Look at the backups of {name} in the cloud", name=resource.name),
            lane=f"look:{cloud.instance}",
            quiet=True,
        )
        task.succeeded.connect(partial(self._looked, resource))
        task.finished.connect(partial(self._unlooked, resource))

    def _looked(self, resource: Resource, listing: Listing) -> None:
        self.seen.emit()
        if listing.running is not None:
            self._follow(resource, listing.running)

    def _unlooked(self, resource: Resource) -> None:
        self._looking.discard(resource.id)

    def _follow(self, resource: Resource, running: CloudBackup) -> None:
        """Wait for a backup somebody else began, or we before the program was closed."""
        cloud, service = cloud_of(resource), self._service
        if cloud is None or resource.id in self._following:
            return
        self._following.add(resource.id)

        def follow(context: Context) -> CloudBackup:
            return service.follow(cloud, running.id, context)

        task = self._runner.start(
            follow,
            tr("Wait for the backup of {name} in the cloud", name=resource.name),
            lane=f"look:{cloud.instance}",
            quiet=True,
        )
        task.progressed.connect(lambda _progress: self.seen.emit())
        task.succeeded.connect(lambda _backup: self.seen.emit())
        task.finished.connect(partial(self._followed, resource))

    def _followed(self, resource: Resource) -> None:
        self._following.discard(resource.id)
        self.seen.emit()

    def _made(self, resource: Resource, backup: CloudBackup) -> None:
        self.noticed.emit(
            "ok",
            tr("TencentDB has backed up {name}.", name=resource.name),
            tr("{size}. {what}", size=words.size(backup.size), what=opened_with(backup)),
        )

    def _fetched(self, backup: CloudBackup, copy: Copy) -> None:
        if copy.proved is False:
            self.noticed.emit(
                "critical",
                tr("{file} is damaged; do not rely on it.", file=copy.path.name),
                tr("Its MD5 is not the one that TencentDB states: delete it, download it again."),
            )
        elif copy.proved is None:
            self.noticed.emit(
                "unknown",
                tr("{file} is here, but cannot be proved.", file=copy.path.name),
                tr("TencentDB names no MD5 to compare with"),
            )
        else:
            self.noticed.emit(
                "ok",
                tr("{file} is here, and its MD5 is right.", file=copy.path.name),
                opened_with(backup),
            )


def _lane(cloud: CloudDatabase) -> str:
    return f"cloud:{cloud.instance}"
