"""Connection tests: each step apart, the failed one with its remedy, the rest not tried."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import paramiko
import pymysql
import pytest

from clouds import calm_cloud
from gmops_desktop.adapters import host
from gmops_desktop.adapters.ssh import Ssh
from gmops_desktop.adapters.tencent import CloudRefused
from gmops_desktop.addresses import (
    AccountAddress,
    CloudAddress,
    CloudDatabase,
    MysqlAddress,
    Resource,
    SshAddress,
    TatAddress,
    WebAddress,
)
from gmops_desktop.context import Context
from gmops_desktop.contract.looks import AccountDetails, HostDetails
from gmops_desktop.errors import Cancelled, OpsError
from gmops_desktop.services.connections import Check, Connections
from sandbox.mariadb import MariaDB
from sandbox.sshd import Sshd
from strange_servers import SshServer, free_port, listener


class Asking:
    """A plain connection, asked the way the program's own is."""

    def __init__(self, raw: pymysql.Connection, schema: str) -> None:
        self.schema = schema
        self._raw = raw

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._raw.cursor() as cursor:
            cursor.execute(statement, values or None)
            return list(cursor.fetchall())

    def __enter__(self) -> Asking:
        return self

    def __exit__(self, *error: object) -> None:
        self._raw.close()


class World:
    """The service with connections of its own making; tests replace what should fail."""

    def __init__(self, folder: Path) -> None:
        self.known_hosts = folder / "known_hosts"
        self.password: str | None = None
        self.open_mysql: Callable = self._no_database
        self.account = AccountDetails()
        self.cloud = calm_cloud()
        self.host: HostDetails | None = host.parse({})
        self.count: Callable = lambda _cloud, _context: 7
        self.connections = Connections(
            known_hosts=self.known_hosts,
            open_ssh=lambda address, context: Ssh.open(
                address, context, password=self.password, known_hosts=self.known_hosts
            ),
            open_mysql=lambda address, context: self.open_mysql(address, context),
            look_host=lambda address, context: self.look_host(),
            look_account=lambda address, context: self.account,
            look_cloud=lambda address, context: self.cloud,
            count_cloud_backups=lambda cloud, context: self.count(cloud, context),
        )

    def look_host(self) -> HostDetails:
        if self.host is None:
            raise CloudRefused("RunCommand", "UnauthorizedOperation.X", "no", "r-1", "tat")
        return self.host

    def _no_database(self, address: MysqlAddress, context: Context) -> Asking:
        raise OpsError("no database here")

    def test(self, address, kind: str = "host") -> tuple[Check, ...]:
        return self.connections.test(Resource("x", kind, "x", address), Context())

    def trust(self, address: SshAddress) -> None:
        key = self.connections.fingerprint(address, Context())
        self.connections.trust(address, key)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def states(checks: tuple[Check, ...]) -> dict[str, str]:
    return {check.name: check.state for check in checks}


# -- Servers


def test_a_good_server_passes_every_step(world: World, sshd: Sshd) -> None:
    world.trust(sshd.address)
    checks = world.test(sshd.address)
    assert [check.name for check in checks] == [
        "DNS",
        "TCP",
        "Host key",
        "SSH login",
        "Permission",
    ]
    assert states(checks).keys() - {"Permission"} == {"DNS", "TCP", "Host key", "SSH login"}
    assert set(list(states(checks).values())[:4]) == {"ok"}
    assert checks[2].text == sshd.fingerprint
    assert checks[4].text


def test_a_first_contact_is_a_question_with_the_fingerprint(world: World, sshd: Sshd) -> None:
    key = world.connections.fingerprint(sshd.address, Context())
    assert (key.known, key.fingerprint) == ("unknown", sshd.fingerprint)
    checks = world.test(sshd.address)
    assert [check.state for check in checks] == ["ok", "ok", "warning", "unknown", "unknown"]
    assert sshd.fingerprint in checks[2].text
    assert checks[3].text == "Not tried, because this failed before: Host key."
    world.connections.trust(sshd.address, key)
    assert world.connections.fingerprint(sshd.address, Context()).known == "pinned"


def test_a_changed_key_is_critical(world: World) -> None:
    server = SshServer(lambda channel, line: None)
    with server.listening() as port:
        address = SshAddress("127.0.0.1", port, "ops")
        world.trust(address)
        server.key = paramiko.RSAKey.generate(2048)
        checks = world.test(address)
    assert [check.state for check in checks] == ["ok", "ok", "critical", "unknown", "unknown"]
    assert "has changed" in checks[2].text
    assert "no password was sent" in checks[2].detail


def test_a_wrong_password_is_the_login(world: World) -> None:
    with SshServer(lambda channel, line: None).listening() as port:
        address = SshAddress("127.0.0.1", port, "ops")
        world.trust(address)
        world.password = "wrong"
        checks = world.test(address)
    assert [check.state for check in checks] == ["ok", "ok", "ok", "critical", "unknown"]
    assert checks[3].remedy


def answering(text: bytes) -> SshServer:
    def command(channel: paramiko.Channel, line: bytes) -> None:
        channel.sendall(text)
        channel.send_exit_status(0)
        channel.close()

    return SshServer(command)


@pytest.mark.parametrize(
    ("text", "state"),
    [
        (b"root\n0\n", "ok"),
        (b"ops\n1000\nsudo\n", "ok"),
        (b"ops\n1000\n", "warning"),
        (b"sudo\n1000\n", "warning"),
        (b"This account is not available.", "critical"),
        (b"", "critical"),
    ],
)
def test_what_the_account_may_do(world: World, text: bytes, state: str) -> None:
    with answering(text).listening() as port:
        address = SshAddress("127.0.0.1", port, "ops")
        world.trust(address)
        world.password = "right"
        permission = world.test(address)[-1]
    assert (permission.name, permission.state) == ("Permission", state)


def test_a_closed_port_and_an_unknown_name(world: World) -> None:
    assert states(world.test(SshAddress("127.0.0.1", free_port())))["TCP"] == "critical"
    checks = world.test(SshAddress("host.invalid"))
    assert [check.state for check in checks] == ["critical"] + ["unknown"] * 4
    assert checks[0].name == "DNS"


def test_cancel_ends_the_test(world: World) -> None:
    context = Context()
    context.cancel()
    with pytest.raises(Cancelled):
        world.connections.test(Resource("x", "host", "x", SshAddress("127.0.0.1")), context)


# -- Databases


def opening(mariadb: MariaDB) -> Callable:
    def open_mysql(address: MysqlAddress, context: Context) -> Asking:
        return Asking(mariadb.connect(user=address.user), address.schema)

    return open_mysql


def test_a_database_through_the_tunnel(
    world: World, sshd: Sshd, mariadb: MariaDB, schema: MysqlAddress
) -> None:
    world.trust(sshd.address)
    world.open_mysql = opening(mariadb)
    checks = world.test(replace(schema, user="root", ssh=sshd.address), "mysql")
    assert [check.name for check in checks] == [
        "DNS", "TCP", "Host key", "SSH login", "Database port", "Login", "Permission",
    ]  # fmt: skip
    assert set(states(checks).values()) == {"ok"}
    assert checks[5].text == "'root'@'127.0.0.1'"
    closed = replace(schema, ssh=sshd.address, port=free_port())
    assert states(world.test(closed, "mysql"))["Database port"] == "critical"


def test_missing_rights_come_with_the_grant_to_copy(
    world: World, mariadb: MariaDB, schema: MysqlAddress
) -> None:
    with mariadb.connect() as connection, connection.cursor() as cursor:
        cursor.execute("CREATE USER reader@'%' IDENTIFIED BY 'a-password-2'")
        try:
            cursor.execute(f"GRANT SELECT ON `{schema.schema}`.* TO reader@'%'")
            world.open_mysql = lambda address, context: Asking(
                pymysql.connect(
                    host="127.0.0.1", port=mariadb.port, user="reader", password="a-password-2"
                ),
                address.schema,
            )
            cannot = world.test(schema, "mysql")[-1]
            cursor.execute(cannot.remedy)  # the statement works as it stands
            may_not_restore = world.test(schema, "mysql")[-1]
            cursor.execute(may_not_restore.remedy)
            may = world.test(schema, "mysql")[-1]
        finally:
            cursor.execute("DROP USER reader@'%'")
    assert (cannot.state, may_not_restore.state, may.state) == ("critical", "warning", "ok")
    assert cannot.remedy == (
        f"GRANT SHOW VIEW, TRIGGER, EVENT, LOCK TABLES ON `{schema.schema}`.* TO 'reader'@'%';"
    )


def test_the_cloud_is_asked_last_and_a_missing_right_comes_with_its_policy(
    world: World, mariadb: MariaDB, schema: MysqlAddress
) -> None:
    world.open_mysql = opening(mariadb)
    cloud = CloudDatabase("cdb-1", "ap-guangzhou", "AKID")
    address = replace(schema, user="root", cloud=cloud)
    found = world.test(address, "mysql")[-1]
    assert (found.name, found.state) == ("TencentDB backups", "ok")
    assert found.text == "cdb-1 keeps 7 backups."

    def refuse(_cloud: CloudDatabase, _context: Context) -> int:
        raise CloudRefused("DescribeBackups", "UnauthorizedOperation.X", "no", "r-1", "cdb")

    world.count = refuse
    found = world.test(address, "mysql")[-1]
    assert found.state == "critical"
    assert '"action": ["cdb:DescribeBackups"]' in found.remedy


def test_a_refused_database_login_is_the_login(world: World, schema: MysqlAddress) -> None:
    checks = world.test(schema, "mysql")
    assert [check.state for check in checks] == ["ok", "ok", "critical", "unknown"]
    assert checks[2].text == "no database here"


# -- Website and account


def page(stream) -> None:
    stream.recv(65536)
    stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nHello")


def test_a_website_step_by_step(world: World) -> None:
    with listener(page) as port:
        good = WebAddress(f"http://127.0.0.1:{port}/", "Hello")
        assert states(world.test(good, "website")) == {"DNS": "ok", "TCP": "ok", "Front page": "ok"}
        other = replace(good, keyword="Goodbye")
        assert states(world.test(other, "website"))["Front page"] == "critical"
        secure = replace(good, url=f"https://127.0.0.1:{port}/")
        assert [check.state for check in world.test(secure, "website")] == [
            "ok", "ok", "critical", "unknown",
        ]  # fmt: skip


def test_an_account_step_by_step(world: World) -> None:
    with listener(page) as port:
        address = AccountAddress("wx1", f"http://127.0.0.1:{port}")
        assert set(states(world.test(address, "account")).values()) == {"ok"}
        world.account = AccountDetails(sections={"followers": "48001", "menu": "48001"})
        last = world.test(address, "account")[-1]
    assert (last.state, last.text) == ("warning", "followers: 48001; menu: 48001")


# -- A cloud account


def test_a_cloud_account_is_asked_for_everything_it_shall_tell(world: World) -> None:
    with listener(page) as port:
        address = CloudAddress("AKID", endpoint=f"http://127.0.0.1:{port}")
        assert set(states(world.test(address, "cloud")).values()) == {"ok"}
        rights = {"disks": "cvm:DescribeDisks", "balance": "finance:DescribeAccountBalance"}
        why = {part: f"the keys may not use {right}" for part, right in rights.items()}
        world.cloud = replace(calm_cloud(), disks=None, balance=None, sections=why, denied=rights)
        found = world.test(address, "cloud")[-1]
    assert (found.name, found.state) == ("Login and permission", "warning")
    assert found.text == "; ".join(why.values())
    assert '"action": ["cvm:DescribeDisks", "finance:DescribeAccountBalance"]' in found.remedy


def test_the_clouds_agent_is_asked_for_a_whole_look(world: World) -> None:
    with listener(page) as port:
        address = TatAddress("ins-1", "ap-guangzhou", "AKID", f"http://127.0.0.1:{port}")
        assert set(states(world.test(address)).values()) == {"ok"}
        world.host = None
        found = world.test(address)[-1]
    assert (found.name, found.state) == ("Login and permission", "critical")
    assert '"action": ["tat:RunCommand"]' in found.remedy
