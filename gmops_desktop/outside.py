"""The ways out of this machine: each opens what it needs, with passwords as they are asked.

The libraries of a way are loaded when it is taken: a command must not wait for those of others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, date, datetime
from threading import Lock
from typing import TYPE_CHECKING, Final

from gmops_desktop.addresses import (
    AccountAddress,
    CloudAddress,
    CloudDatabase,
    HostAddress,
    MysqlAddress,
    SshAddress,
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

if TYPE_CHECKING:
    from gmops_desktop.adapters.host_checks import Wanted
    from gmops_desktop.adapters.mysql import MysqlConnection
    from gmops_desktop.adapters.registries import Asked
    from gmops_desktop.adapters.sections import Shell
    from gmops_desktop.adapters.ssh import KeptConnections, Ssh, Tunnel
    from gmops_desktop.adapters.tencent import Tencent
    from gmops_desktop.adapters.tencent_look import CloudLooks
    from gmops_desktop.adapters.tencent_tat_rounds import AgentRounds
    from gmops_desktop.adapters.web import Links
    from gmops_desktop.adapters.wechat import Callback, KeptMenu, WeChat
    from gmops_desktop.adapters.written_since import Written
    from gmops_desktop.services.patches import Inventory, Plan, Update


_LOOK_PAUSES: Final = (1.0, 2.0)  # seconds before each further try of a look's question
_AGENT_BYTES: Final = 12_000  # of a log at once: what cannot be packed must pass the agent, too


class Outside:
    """Opens connections; `secret` gives a password by its name."""

    def __init__(self, home: Home, secret: Callable[[str], str]) -> None:
        self._home, self._secret = home, secret
        self._links: Links | None = None
        self._since: datetime | None = None
        self._cloud_looks: CloudLooks | None = None
        self._kept: KeptConnections | None = None
        self._rounds: AgentRounds | None = None
        self._lock = Lock()

    def open_ssh(self, address: SshAddress, context: Context, deadline: float = 15.0) -> Ssh:
        """Return a live connection to a trusted server; the caller closes it."""
        from gmops_desktop.adapters.ssh import Ssh

        password = None if address.key else self._secret(address.secret_name)
        known = self._home.known_hosts
        return Ssh.open(address, context, password=password, known_hosts=known, deadline=deadline)

    @property
    def kept(self) -> KeptConnections:
        """The connections that stay open between looks."""
        from gmops_desktop.adapters.ssh import KeptConnections

        with self._lock:
            if self._kept is None:
                self._kept = KeptConnections(self.open_ssh, self._home.known_hosts)
            return self._kept

    def forget(self) -> None:
        """Log in anew from now on, and take no older answer for one of now."""
        self._since = datetime.now(UTC)
        if self._kept is not None:
            self._kept.forget()

    def close(self) -> None:
        """Close every connection that is kept."""
        if self._kept is not None:
            self._kept.close()

    def connect(self, address: MysqlAddress, context: Context) -> MysqlConnection:
        """Return a live connection to a schema, through its tunnel if it has one."""
        from gmops_desktop.adapters import mysql

        password = self._secret(address.secret_name)
        if address.ssh is None:
            return mysql.connect(address, context, password=password)
        server = self.open_ssh(address.ssh, context)
        try:
            tunnel = _tunnel(server, address, context)
        except BaseException:
            server.close()
            raise
        return mysql.connect(
            address, context, password=password, tunnel=tunnel, closing=server.close
        )

    @contextmanager
    def reach(
        self, beside: MysqlAddress, host: str, port: int, context: Context
    ) -> Iterator[tuple[MysqlAddress, str]]:
        """Give where a server in the network of the database `beside` is reached from here, as the
        same user, and that one's password."""
        password = self._secret(beside.secret_name)
        there = replace(beside, host=host, port=port, ssh=None, cloud=None)
        if beside.ssh is None:
            yield there, password
            return
        from gmops_desktop.adapters.ssh.forward import forwarded

        with (
            self.open_ssh(beside.ssh, context) as server,
            forwarded(server, host, port, context) as local,
        ):
            yield replace(there, host="127.0.0.1", port=local), password

    def open_tencent(self, cloud: CloudDatabase) -> Tencent:
        """Return Tencent Cloud's API with the keys and the region of an instance."""
        from gmops_desktop.adapters.tencent import Tencent

        key = self._secret(cloud.secret_name)
        return Tencent(cloud.secret_id, key, region=cloud.region, endpoint=cloud.endpoint)

    def open_cloud(self, address: CloudAddress, region: str) -> Tencent:
        """Return Tencent Cloud's API with an account's keys in one of its regions.

        A look that fails comes again by itself: it is not tried for long.
        """
        from gmops_desktop.adapters.tencent import Tencent

        key = self._secret(address.secret_name)
        return Tencent(address.secret_id, key, region=region, endpoint=address.endpoint,
                       pauses=_LOOK_PAUSES)  # fmt: skip

    @contextmanager
    def open_account(self, address: AccountAddress, context: Context) -> Iterator[WeChat]:
        """Give an account's interfaces, called from its server where it names one.

        While WeChat wants a pause nothing is asked, and what it refuses so is remembered.
        """
        from gmops_desktop.adapters.wechat import Pauses, WeChat, WeChatRefused

        pauses = Pauses(self._home.account_pauses)
        pauses.check(address.app_id, datetime.now(UTC))

        def note(refusal: WeChatRefused) -> None:
            pauses.note(address.app_id, refusal, datetime.now(UTC))

        secret = self._secret(address.secret_name)
        with (
            self._way_to(address, context) as port,
            WeChat(address, secret, context, port=port, refused=note) as account,
        ):
            yield account

    def look_host(self, address: HostAddress, context: Context) -> HostDetails:
        from gmops_desktop.adapters import host

        if isinstance(address, TatAddress):
            seen = self._agents.look(address, host.SCRIPT, context)
            return host.parse(seen.sections, ours=seen.ours)
        return self.kept.over(
            address, context, lambda server, left: host.look(server, context, deadline=left)
        )

    def expecting(self, addresses: Sequence[HostAddress]) -> AbstractContextManager[None]:
        """While inside, let looks at these hosts share what can be asked of several at once."""
        from gmops_desktop.adapters import host

        by_agent = [one for one in addresses if isinstance(one, TatAddress)]
        return self._agents.expecting(by_agent, host.SCRIPT) if by_agent else nullcontext()

    @property
    def _agents(self) -> AgentRounds:
        from gmops_desktop.adapters.tencent_tat_rounds import AgentRounds

        with self._lock:
            if self._rounds is None:
                self._rounds = AgentRounds(self._secret, _LOOK_PAUSES)
            return self._rounds

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
                address.ssh, context, lambda server, _: look(_tunnel(server, address, context))
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
            return host_checks.look(self._agents.shell(address), wanted, context)
        return self.kept.over(
            address,
            context,
            lambda server, left: host_checks.look(server, wanted, context, deadline=left),
        )

    @contextmanager
    def shell_of(self, address: HostAddress, context: Context) -> Iterator[Shell]:
        """Give what runs scripts on a host: a connection of its own, or the cloud's agent."""
        if isinstance(address, TatAddress):
            yield self._agents.shell(address)
            return
        with self.open_ssh(address, context) as server:
            yield server

    def look_run(self, address: HostAddress, run_id: str, offset: int, context: Context) -> RunLook:
        """Ask a host what became of a run, with its log from `offset` on."""
        from gmops_desktop.adapters import detached

        if isinstance(address, TatAddress):
            agent = self._agents.shell(address)
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

    @contextmanager
    def _way_to(self, address: AccountAddress, context: Context) -> Iterator[int | None]:
        """Give the local port that leads to WeChat through the account's server, if it has one."""
        if address.ssh is None:
            yield None
            return
        from gmops_desktop.adapters import wechat
        from gmops_desktop.adapters.ssh.forward import forwarded

        host, port = wechat.host_of(address)
        with (
            self.open_ssh(address.ssh, context) as server,
            forwarded(server, host, port, context) as local,
        ):
            yield local


def _tunnel(server: Ssh, address: MysqlAddress, context: Context) -> Tunnel:
    """Open a tunnel to a database; its answers are compressed there if the line asks for that."""
    from gmops_desktop.adapters.ssh import NoRelay

    if context.line.at_source:
        try:
            relay = server.relay(address.host, address.port, context)
        except NoRelay as error:
            context.note(error.message)
            context.line.at_source = False  # for the job's other connections
        else:
            return relay
    return server.channel(address.host, address.port, context)
