"""What else can be put into the queue: application releases, changes of configuration; and what
these left on a server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from gmops_desktop.addresses import MysqlAddress, Resource, SshAddress
from gmops_desktop.changes import Change as Flag
from gmops_desktop.language import tr
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.patches.configurations import Configurations
from gmops_desktop.services.patches.leftovers import Leftovers
from gmops_desktop.services.patches.releases import Releases
from gmops_desktop.tasks import TaskRunner
from ui.patch_configuration import ConfigurationSheet
from ui.patch_leftovers import LeftoversSheet
from ui.patch_release import ReleaseSheet
from ui.patches_tab import Adding, PatchesTab


class PatchAdding(QObject):
    """Opens the dialogs over the tab, and shows there what they queue."""

    queued = Signal(object)  # a change

    def __init__(
        self,
        releases: Releases,
        configurations: Configurations,
        leftovers: Leftovers,
        contracts: Contracts,
        runner: TaskRunner,
        tab: PatchesTab,
    ) -> None:
        super().__init__(tab)
        self._releases, self._configurations = releases, configurations
        self._leftovers, self._contracts = leftovers, contracts
        self._runner, self._tab = runner, tab
        self.queued.connect(tab.queued)
        tab.offer_also(self.additions())
        tab.detail.offer.leftovers_wanted.connect(self.clear)

    def additions(self) -> tuple[Adding, ...]:
        """Return the lines of the menu."""
        return (
            (
                "release",
                tr("Application release…"),
                "rocket-launch",
                tr("Files and SQL from a folder or an archive, switched in one step"),
                self.release,
            ),
            (
                "configuration",
                tr("Change of configuration…"),
                "sliders",
                tr("One file, edited here, judged by its service before it stands"),
                self.configuration,
            ),
        )

    def release(self) -> None:
        """Ask for a release, take it in and queue it."""
        if self._over_ssh():
            self._release_sheet().open()

    def _release_sheet(self) -> ReleaseSheet:
        resources = self._contracts.shown_resources()
        databases = [one for one in resources if isinstance(one.address, MysqlAddress)]
        sheet = ReleaseSheet(self._tab, self._over_ssh(), databases)
        sheet.given.connect(self._queue_release)
        return sheet

    def configuration(self) -> None:
        """Ask which file, let it be edited, and queue it."""
        if not (hosts := self._over_ssh()):
            return
        sheet = ConfigurationSheet(self._tab, self._configurations, hosts, self._runner)
        sheet.queued.connect(self.queued)
        sheet.open()

    def clear(self, host: Resource) -> None:
        """Show what changes left on a server, and clear what may go."""
        sheet = LeftoversSheet(self._tab, self._leftovers, host, self._runner)
        sheet.cleared.connect(
            lambda gone: self._tab.noticed.emit(
                "ok",
                tr("Removed from {name}: {count}", name=host.name, count=len(gone)),
                "; ".join(one.path for one in gone),
            )
        )
        sheet.open()

    def _over_ssh(self) -> tuple[Resource, ...]:
        """Return the servers to which files can be brought; say so where there is none."""
        found = tuple(one for one in self._tab.hosts if isinstance(one.address, SshAddress))
        if not found:
            self._tab.noticed.emit(
                "warning",
                tr("No server is reached over SSH: files cannot be brought to any."),
                tr("Enter a server with its SSH address in the settings."),
            )
        return found

    def _queue_release(self, host: Resource, source: Path, said: dict[str, Any]) -> None:
        releases = self._releases
        task = self._runner.start(
            lambda context: releases.queue(host, source, context, **said),
            tr("Take in the release {name}", name=source.name),
            lane=f"host:{host.id}",
            changes=Flag.PATCHES,
        )
        task.succeeded.connect(self.queued)
        task.failed.connect(lambda _error: self._again(host, source, said))

    def _again(self, host: Resource, source: Path, said: dict[str, Any]) -> None:
        """Open the dialog as it was given: the notice bar says what was wrong with it."""
        sheet = self._release_sheet()
        sheet.fill(host, source, said)
        sheet.open()
