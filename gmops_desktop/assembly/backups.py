"""The services of archives: backups, their schedules, restores, imports."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING

from gmops_desktop.assembly.record import Record

if TYPE_CHECKING:
    from gmops_desktop.services.account_quotas import AccountQuotas
    from gmops_desktop.services.account_settings import AccountBackups
    from gmops_desktop.services.backups import Backups
    from gmops_desktop.services.cloud_backups import CloudBackups
    from gmops_desktop.services.comparisons import Comparisons
    from gmops_desktop.services.consoles import Consoles
    from gmops_desktop.services.imports import Imports
    from gmops_desktop.services.restores import Restores
    from gmops_desktop.services.retention import Retention
    from gmops_desktop.services.schedules import Schedules, Subject
    from gmops_desktop.services.site_files import SiteFiles
    from gmops_desktop.services.ticket_trail import TicketTrail
    from gmops_desktop.services.timers import Timers
    from gmops_desktop.services.whole_backups import WholeBackups


class BackupServices(Record):
    """Archives, and the ways back."""

    @cached_property
    def backups(self) -> Backups:
        from gmops_desktop.adapters.locks import held_for
        from gmops_desktop.services.backups import Backups

        return Backups(
            self._database,
            self._outside.connect,
            self._archives,
            self.sealing.seals,
            alone=lambda address: held_for(self.home.locks, address),
        )

    @cached_property
    def site_files(self) -> SiteFiles:
        from gmops_desktop.services.site_files import SiteFiles

        return SiteFiles(
            self._database,
            self._outside.open_ssh,
            self._archives,
            self.home.locks,
            self.sealing.seals,
        )

    @cached_property
    def account_backups(self) -> AccountBackups:
        from gmops_desktop.services.account_settings import AccountBackups

        return AccountBackups(
            self._database,
            self._journal,
            self._outside.open_account,
            self._archives,
            self.sealing.seals,
        )

    @cached_property
    def account_quotas(self) -> AccountQuotas:
        from gmops_desktop.services.account_quotas import AccountQuotas

        return AccountQuotas(self._database, self._journal, self._outside.open_account)

    @cached_property
    def consoles(self) -> Consoles:
        """What people read in the consoles of the official accounts."""
        from gmops_desktop.services.consoles import Consoles

        return Consoles(self._database, self._journal)

    @cached_property
    def whole_backups(self) -> WholeBackups:
        from gmops_desktop.everything import kinds_of_backup
        from gmops_desktop.services.whole_backups import WholeBackups

        kinds = kinds_of_backup(
            self.contracts,
            self.backups,
            self.site_files,
            self.account_backups,
            self.schedules.rate_limit,
        )
        return WholeBackups(self._database, self._journal, kinds)

    @cached_property
    def cloud_backups(self) -> CloudBackups:
        from gmops_desktop.services.cloud_backups import CloudBackups

        return CloudBackups(self._outside.open_tencent, self.home.cloud, self._archives)

    @cached_property
    def comparisons(self) -> Comparisons:
        from gmops_desktop.services.comparisons import Comparisons

        return Comparisons(self._outside.connect, self.sealing.seals.opened)

    @cached_property
    def schedules(self) -> Schedules:
        from gmops_desktop.adapters import power
        from gmops_desktop.adapters.host_keys import ChangedHostKey, UnknownHostKey
        from gmops_desktop.adapters.vault import NoSecret
        from gmops_desktop.services.schedules import Schedules

        return Schedules(
            self._database,
            self.troubles,
            subjects=self._subjects,
            verify=lambda path, context: self.backups.verify(path, context),
            prune=self.retention.prune,
            archive_folder=self._archives,
            locks=self.home.locks,
            around=power.look,
            hopeless=lambda error: isinstance(error, NoSecret | UnknownHostKey | ChangedHostKey),
        )

    def _subjects(self) -> tuple[Subject, ...]:
        from gmops_desktop.everything import subjects_of_schedules

        return subjects_of_schedules(
            self.contracts,
            self.backups,
            self.site_files,
            self.account_backups,
            lambda: self.whole_backups,
        )

    @cached_property
    def retention(self) -> Retention:
        from gmops_desktop.services.retention import Retention

        return Retention(self._database, self._archives, lambda id: self.schedules.keep_of(id))

    @cached_property
    def timers(self) -> Timers:
        from gmops_desktop.services.timers import Timers, own_command

        return Timers(self.home, own_command("schedule", "run", "--due"))

    @cached_property
    def collecting(self) -> Timers:
        """The timer that looks at the servers while no window is open."""
        from gmops_desktop.services.timers import Timers, own_command

        about = "look at the servers and remember what was measured"
        return Timers(self.home, own_command("collect"), name="collect", minutes=5, about=about)

    @cached_property
    def restores(self) -> Restores:
        from gmops_desktop.adapters.locks import held_for_restore
        from gmops_desktop.services.restores import Restores

        return Restores(
            self._database,
            self._outside.connect,
            partial(self.backups.take, purpose="safety"),
            self.sealing.seals,
            alone=lambda address: held_for_restore(self.home.locks, address),
        )

    @cached_property
    def imports(self) -> Imports:
        from gmops_desktop.services.imports import Imports

        return Imports(
            self._outside.connect,
            partial(self.backups.take, purpose="import"),
            self.home.root / "imports.json",
        )

    @cached_property
    def ticket_trail(self) -> TicketTrail:
        from gmops_desktop.deeds import deeds_of
        from gmops_desktop.services.ticket_trail import TicketTrail

        deeds = deeds_of(self.contracts, self.restores, self.site_files, self._journal)
        return TicketTrail(self.tickets, deeds)
