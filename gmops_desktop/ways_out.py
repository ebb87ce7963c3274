"""The ways out of this machine: each opens what it needs, with passwords as they are asked.

The libraries of a way are loaded when it is taken: a command must not wait for those of others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
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
)
from gmops_desktop.context import Context
from gmops_desktop.paths import Home

if TYPE_CHECKING:
    from gmops_desktop.adapters.mysql import MysqlConnection
    from gmops_desktop.adapters.sections import Shell
    from gmops_desktop.adapters.ssh import KeptConnections, Ssh, Tunnel
    from gmops_desktop.adapters.tencent import Tencent
    from gmops_desktop.adapters.tencent_tat_rounds import AgentRounds
    from gmops_desktop.adapters.wechat import WeChat

_LOOK_PAUSES: Final = (1.0, 2.0)  # seconds before each further try of a look's question


class WaysOut:
    """Opens connections; `secret` gives a password by its name."""

    def __init__(self, home: Home, secret: Callable[[str], str]) -> None:
        self._home, self._secret = home, secret
        self._since: datetime | None = None
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
            tunnel = tunnel_to(server, address, context)
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

    @property
    def agents(self) -> AgentRounds:
        """The cloud's agents, which are asked many at once."""
        from gmops_desktop.adapters.tencent_tat_rounds import AgentRounds

        with self._lock:
            if self._rounds is None:
                self._rounds = AgentRounds(self._secret, _LOOK_PAUSES)
            return self._rounds

    @contextmanager
    def shell_of(self, address: HostAddress, context: Context) -> Iterator[Shell]:
        """Give what runs scripts on a host: a connection of its own, or the cloud's agent."""
        if isinstance(address, TatAddress):
            yield self.agents.shell(address)
            return
        with self.open_ssh(address, context) as server:
            yield server

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


def tunnel_to(server: Ssh, address: MysqlAddress, context: Context) -> Tunnel:
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
