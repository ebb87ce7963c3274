"""What is seen outside: hosts, databases, websites, accounts, clouds, and what hangs on a change.

The libraries of a look are loaded when it is taken: a command must not wait for those of others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

from gmops_desktop.addresses import (
    AccountAddress,
    CloudAddress,
    CloudDatabase,
    HostAddress,
    MysqlAddress,
    TatAddress,
    WebAddress,
)
from gmops_desktop.context import Context
from gmops_desktop.contract.change_checks import Checked
from gmops_desktop.contract.looks import (
    AccountDetails,
    CloudDetails,
    FromServer,
    HostDetails,
    MysqlDetails,
    WebDetails,
)
from gmops_desktop.contract.runs import RunLook
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.paths import Home
from gmops_desktop.ways_out import WaysOut, tunnel_to

if TYPE_CHECKING:
    from gmops_desktop.adapters.host_checks import Wanted
    from gmops_desktop.adapters.registries import Asked
    from gmops_desktop.adapters.ssh import Ssh, Tunnel
    from gmops_desktop.adapters.tencent_look import CloudLooks
    from gmops_desktop.adapters.web import Links
    from gmops_desktop.adapters.wechat import Callback, KeptMenu
    from gmops_desktop.adapters.written_since import Written
    from gmops_desktop.services.patches import Inventory, Plan, Update


_AGENT_BYTES: Final = 12_000  # of a log at once: what cannot be packed must pass the agent, too


class Outside(WaysOut):
    """Looks at what is outside, over the ways there are."""

    def __init__(self, home: Home, secret: Callable[[str], str]) -> None:
        super().__init__(home, secret)
        self._links: Links | None = None
        self._cloud_looks: CloudLooks | None = None

    def look_host(self, address: HostAddress, context: Context) -> HostDetails:
        from gmops_desktop.adapters import host

        if isinstance(address, TatAddress):
            seen = self.agents.look(address, host.SCRIPT, context)
            return host.parse(seen.sections, ours=seen.ours)
        return self.kept.over(
            address, context, lambda server, left: host.look(server, context, deadline=left)
        )

    def expecting(self, addresses: Sequence[HostAddress]) -> AbstractContextManager[None]:
        """While inside, let looks at these hosts share what can be asked of several at once."""
        from gmops_desktop.adapters import host

        by_agent = [one for one in addresses if isinstance(one, TatAddress)]
        return self.agents.expecting(by_agent, host.SCRIPT) if by_agent else nullcontext()

    def look_mysql(self, address: MysqlAddress, context: Context) -> MysqlDetails:
        """Look at a database: its login is new each time, for whether it lets us in is asked."""
        from gmops_desktop.adapters import mysql, mysql_status

        password = self._secret(address.secret_name)

        def look(tunnel: Tunnel | None) -> MysqlDetails:
            with mysql.connect(address, context, password=password, tunnel=tunnel) as connection:
                return mysql_status.look(connection)

        if address.ssh is None:
            seen = look(None)
        else:
            seen = self.kept.over(
                address.ssh, context, lambda server, _: look(tunnel_to(server, address, context))
            )
        if address.cloud is None or seen.slow is not None:
            return seen
        return self._slow_by_cloud(seen, address.cloud, address.schema, context)

    def look_web(self, address: WebAddress, context: Context) -> WebDetails:
        from gmops_desktop.adapters import web

        if self._links is None:
            self._links = web.Links()
        try:
            seen = web.look(address, context, self._links)
        except OpsError as error:
            context.check()
            there, why = self._from_server(address, context)
            raise web.placed(error, there, why) from error.__cause__ or error
        there, why = self._from_server(address, context)
        sections = {**seen.sections, "from_server": why} if why else seen.sections
        return replace(seen, from_server=there, sections=sections)

    def _from_server(self, address: WebAddress, context: Context) -> tuple[FromServer | None, str]:
        """Return what the site's server gets from its address, or why that is not known."""
        from gmops_desktop.adapters import web
        from gmops_desktop.adapters.sections import Unknown

        if address.program is None:
            return None, tr("no server is entered for this website")
        try:
            there = self.kept.over(
                address.program.ssh,
                context,
                lambda server, _: web.look_from(server, address.url, context),
            )
            return there, ""
        except OpsError as error:
            context.check()
            return None, error.message
        except Unknown as why:
            return None, str(why)

    def check_host(
        self, address: HostAddress, wanted: Wanted, context: Context
    ) -> tuple[Checked, ...]:
        """Look at a host as before and after a change."""
        from gmops_desktop.adapters import host_checks

        if isinstance(address, TatAddress):
            return host_checks.look(self.agents.shell(address), wanted, context)
        return self.kept.over(
            address,
            context,
            lambda server, left: host_checks.look(server, wanted, context, deadline=left),
        )

    def look_run(self, address: HostAddress, run_id: str, offset: int, context: Context) -> RunLook:
        """Ask a host what became of a run, with its log from `offset` on."""
        from gmops_desktop.adapters import detached

        if isinstance(address, TatAddress):
            agent = self.agents.shell(address)
            return detached.look(agent, run_id, context, offset, at_once=_AGENT_BYTES)
        return self.kept.over(
            address, context, lambda server, _left: detached.look(server, run_id, context, offset)
        )

    def settle(self, address: HostAddress, context: Context) -> None:
        """Let a host write out what it holds in memory."""
        from gmops_desktop.adapters.written_since import settle

        with self.shell_of(address, context) as shell:
            settle(shell, context)

    def count_written(
        self, address: HostAddress, folders: Sequence[str], since: datetime, context: Context
    ) -> tuple[Written, ...]:
        """Count what was written below folders of a host since a moment."""
        from gmops_desktop.adapters.written_since import written_since

        with self.shell_of(address, context) as shell:
            return written_since(shell, folders, since, context)

    def check_site(self, address: WebAddress, context: Context) -> tuple[Checked, ...]:
        """Look at a website as before and after a change."""
        from gmops_desktop.adapters.web.checks import check

        return check(address, context)

    def look_account(
        self,
        address: AccountAddress,
        context: Context,
        before: AccountDetails | None = None,
        kept: KeptMenu | None = None,
    ) -> AccountDetails:
        """Look at an account; `before` and `kept` as in `wechat.look`."""
        from gmops_desktop.adapters import wechat
        from gmops_desktop.adapters.ssh.forward import forwarded

        pauses = wechat.Pauses(self._home.account_pauses)
        pauses.check(address.app_id, datetime.now(UTC))
        secret, site = self._secret(address.secret_name), self._callback_of(address)

        def look(port: int | None) -> AccountDetails:
            return wechat.look(
                address, secret, context, before=before, kept=kept, site=site, since=self._since,
                port=port,
            )  # fmt: skip

        def look_over(server: Ssh, _left: float) -> AccountDetails:
            with forwarded(server, *wechat.host_of(address), context) as port:
                return look(port)

        try:
            return (
                look(None)
                if address.ssh is None
                else self.kept.over(address.ssh, context, look_over)
            )
        except wechat.WeChatRefused as refusal:
            pauses.note(address.app_id, refusal, datetime.now(UTC))
            raise

    def _callback_of(self, address: AccountAddress) -> Callback | None:
        """Return what opens an account's callback, or why that is not to be had."""
        from gmops_desktop.adapters import wechat

        if not address.callback:
            return None
        try:
            return wechat.Callback(self._secret(address.callback_secret_name))
        except OpsError as error:
            return wechat.Callback("", f"{error.message} {error.hint}".strip())

    def look_cloud(self, address: CloudAddress, context: Context) -> CloudDetails:
        from gmops_desktop.adapters.tencent_look import CloudLooks

        if self._cloud_looks is None:
            self._cloud_looks = CloudLooks()
        apis = {region: self.open_cloud(address, region) for region in address.regions}
        return self._cloud_looks.look(str(address), apis, datetime.now(UTC), context)

    def ask_registry(self, domain: str, today: date, context: Context) -> Asked:
        from gmops_desktop.adapters.registries import Registries

        return Registries().ask(domain, today, context)

    def addresses_of(self, host: str, context: Context) -> frozenset[str]:
        """Return the addresses of a name; a name that nobody knows has none."""
        from gmops_desktop.adapters import tcp

        try:
            return frozenset(str(one) for one in tcp.resolve(host, 0, context))
        except tcp.NameNotFound:
            return frozenset()

    def scan_host(self, address: HostAddress, context: Context) -> Inventory:
        from gmops_desktop.adapters import packages

        with self.shell_of(address, context) as server:
            return packages.scan(server, context)

    def simulate_host(
        self, address: HostAddress, wanted: Sequence[Update], context: Context
    ) -> Plan:
        from gmops_desktop.adapters import packages

        with self.shell_of(address, context) as server:
            return packages.simulate(server, wanted, context)

    def _slow_by_cloud(
        self, seen: MysqlDetails, cloud: CloudDatabase, schema: str, context: Context
    ) -> MysqlDetails:
        """Add what the cloud's slow log holds; where it refuses too, both reasons stand."""
        from gmops_desktop.adapters import tencent_slow

        try:
            api = self.open_tencent(cloud)
            now = datetime.now(UTC)
            found = tencent_slow.statements(api, cloud.instance, schema, now, context)
        except OpsError as error:
            why = f"{seen.sections.get('slow', '')} {error.message} {error.hint}".strip()
            return replace(seen, sections={**seen.sections, "slow": why})
        sections = {name: why for name, why in seen.sections.items() if name != "slow"}
        source = tr("slow log of {instance}, last 24 h", instance=cloud.instance)
        return replace(seen, slow=found, slow_source=source, sections=sections)
