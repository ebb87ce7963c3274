"""The services that look at what is kept."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from db.engine import Database
from gmops_desktop.assembly.backups import BackupServices
from gmops_desktop.context import as_they_end
from gmops_desktop.paths import Home
from gmops_desktop.settings import SettingsFile

if TYPE_CHECKING:
    from gmops_desktop.addresses import AccountAddress
    from gmops_desktop.context import Context
    from gmops_desktop.contract.looks import AccountDetails
    from gmops_desktop.services.cloud_metrics import CloudMetrics
    from gmops_desktop.services.connections import Connections
    from gmops_desktop.services.looking import Looking, Rounds
    from gmops_desktop.services.servers import Servers


class ServerServices(BackupServices):
    """Looks, and the connections they go over."""

    def save_secret(self, name: str, secret: str) -> None:
        super().save_secret(name, secret)
        if "looking" in vars(self):
            self.looking.forget()

    def hang_up(self) -> None:
        """Close the connections that are kept between looks, and end the process of looks."""
        super().hang_up()
        if "looking" in vars(self):
            self.looking.close()

    @cached_property
    def servers(self) -> Servers:
        from gmops_desktop.services.servers import Servers

        return Servers(
            self._database,
            look_host=self._outside.look_host,
            look_mysql=self._outside.look_mysql,
            look_web=self._outside.look_web,
            look_account=self._look_account,
            look_cloud=self.cloud_metrics.look,
            expecting=self._outside.expecting,
            interval=lambda: float(self.settings.current.probe_seconds),
            together=as_they_end,
            afresh=self._outside.forget,
        )

    @cached_property
    def looking(self) -> Looking:
        """The same rounds in a process of their own, for the window."""
        from gmops_desktop.services.looking import Looking

        return Looking(self.home, _rounds, self._secret)

    def rounds(self) -> Rounds:
        """Return what the process of looks is made for."""
        from gmops_desktop.services.looking import Rounds

        outside = self._outside
        return Rounds(self.servers.look, self.settings.latest, outside.forget, self.hang_up)

    def _look_account(
        self, address: AccountAddress, context: Context, before: AccountDetails | None
    ) -> AccountDetails:
        kept = self.account_backups.kept_menu(address.app_id)
        return self._outside.look_account(address, context, before, kept)

    @cached_property
    def cloud_metrics(self) -> CloudMetrics:
        from gmops_desktop.services.cloud_metrics import CloudMetrics

        return CloudMetrics(
            self._database,
            look=self._outside.look_cloud,
            open_api=self._outside.open_cloud,
            resolve=self._outside.addresses_of,
            resources=self.contracts.resources,
        )

    @cached_property
    def connections(self) -> Connections:
        from gmops_desktop.services.connections import Connections

        return Connections(
            known_hosts=self.home.known_hosts,
            open_ssh=self._outside.open_ssh,
            open_mysql=self._outside.connect,
            look_account=self._outside.look_account,
            look_host=self._outside.look_host,
            look_cloud=self._outside.look_cloud,
            count_cloud_backups=lambda cloud, context: len(
                self.cloud_backups.all(cloud, context).backups
            ),
        )


def _rounds(ask: Callable[[str], str], home: Home) -> Rounds:
    """Put together what looks, in the process that does nothing else (see `looking`)."""
    settings, database = SettingsFile(home.settings), Database(home.store)
    return ServerServices(home, settings, database, ask).rounds()
