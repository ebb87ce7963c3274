"""The services of changes and their runs."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from db.journal import utc_now
from gmops_desktop.adapters.vault import Vault
from gmops_desktop.assembly.servers import ServerServices

if TYPE_CHECKING:
    from gmops_desktop.context import Context
    from gmops_desktop.services.patches import Patches
    from gmops_desktop.services.patches.checking import Checking
    from gmops_desktop.services.patches.configurations import Configurations
    from gmops_desktop.services.patches.disks import DiskHands
    from gmops_desktop.services.patches.leftovers import Leftovers
    from gmops_desktop.services.patches.releases import Releases
    from gmops_desktop.services.patches.second_way import SecondWay
    from gmops_desktop.services.patches.waves import Waves


class ChangeServices(ServerServices):
    """The queue of changes."""

    @cached_property
    def checking(self) -> Checking:
        """What is looked at before and after a change."""
        from gmops_desktop.services.patches.checking import Checking

        outside = self._outside
        return Checking(
            self.contracts.resources,
            outside.check_host,
            outside.check_site,
            outside.look_mysql,
            outside.addresses_of,
            newest=lambda id: self.servers.newest(id),
        )

    @cached_property
    def patches(self) -> Patches:
        from gmops_desktop.adapters.locks import held_for_change
        from gmops_desktop.services.patches import Hands, Patches
        from gmops_desktop.services.patches.queue import host_address
        from gmops_desktop.services.patches.rescue import RescueHands
        from gmops_desktop.services.patches.system_updates import SystemUpdates

        outside = self._outside
        hands = Hands(
            scan_host=outside.scan_host,
            simulate_host=outside.simulate_host,
            works={
                "patch": SystemUpdates(
                    lambda resource, context: outside.shell_of(host_address(resource), context)
                ),
                "release": self.releases,
                "configuration": self.configurations,
            },
            take_checks=self.checking.take,
            look_run=self.releases.look,
            alone=lambda resource: held_for_change(self.home.locks, resource),
            troubles=self.troubles,
            days=self.ledgers,
            tickets=self.tickets,
            keep_log=self._keep_log,
            disks=self._disk_hands,
            hanging=self.checking.hanging,
            rescue=RescueHands(self._second_way.agent_of, outside.shell_of),
            say=self.messages.remind,
        )
        return Patches(self._database, self._journal, hands)

    @cached_property
    def waves(self) -> Waves:
        """One change to many servers."""
        from gmops_desktop.services.patches.book import Book
        from gmops_desktop.services.patches.waves import Waves

        book = Book(self._database, self._journal, utc_now)
        return Waves(self.patches, book, self.contracts.resources)

    @cached_property
    def configurations(self) -> Configurations:
        """Changes of single files of configuration: their queueing, and the work of one."""
        from gmops_desktop.services.patches.configurations import Configurations

        return Configurations(
            self._outside.open_ssh,
            Vault(),
            lambda *words, **named: self.patches.add(*words, **named),
        )

    @cached_property
    def releases(self) -> Releases:
        """Releases of applications: their queueing, and the work of such a change."""
        from gmops_desktop.services.patches.releases import Releases
        from gmops_desktop.ways_back import release_database

        return Releases(
            self.home.releases,
            self._outside.open_ssh,
            self._second_way.look,
            release_database(self._outside.connect, self.backups, self.restores),
            self.contracts.resources,
            lambda *words, **named: self.patches.add(*words, **named),
        )

    @property
    def _disk_hands(self) -> DiskHands:
        from gmops_desktop.services.patches.cloud_places import CloudPlaces
        from gmops_desktop.services.patches.disks import DiskHands
        from gmops_desktop.services.patches.queue import host_address

        outside = self._outside
        places = CloudPlaces(self.contracts.resources, lambda id: self.servers.newest(id))
        return DiskHands(
            place_of=places.of,
            open_api=outside.open_cloud,
            settle=lambda host, context: outside.settle(host_address(host), context),
            count=lambda host, folders, since, context: outside.count_written(
                host_address(host), folders, since, context
            ),
        )

    @cached_property
    def leftovers(self) -> Leftovers:
        """What changes left on the servers for their way back."""
        from gmops_desktop.services.patches.leftovers import Leftovers

        return Leftovers(self._outside.open_ssh, self.patches.all, self.patches.cleared)

    @cached_property
    def _second_way(self) -> SecondWay:
        from gmops_desktop.services.patches.second_way import SecondWay

        return SecondWay(
            self._outside.look_run, self.contracts.resources, lambda id: self.servers.newest(id)
        )

    def _keep_log(self, change_id: str, name: str, log: bytes, context: Context) -> None:
        """Attach the log of a run to its change."""
        content = self.attachments.keep_bytes(log, name, context)
        self.attachments.attach("change", change_id, [content])
