"""One look at everything, for real: sshd, MariaDB through the tunnel, a website, an account."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from db.engine import Database
from gmops_desktop.adapters import host, host_keys, mysql, mysql_status, ssh, web, wechat
from gmops_desktop.addresses import MysqlAddress, Resource, SshAddress
from gmops_desktop.context import Context, as_they_end
from gmops_desktop.contract.looks import HostDetails, MysqlDetails
from gmops_desktop.services.servers import Look, Servers
from sandbox import site_data
from sandbox.mariadb import MariaDB
from sandbox.sshd import Sshd
from sandbox.website import Website
from sandbox.wechat import Wechat

pytestmark = pytest.mark.servers


@dataclass(frozen=True)
class World:
    """The running servers and the service that looks at them."""

    mariadb: MariaDB
    sshd: Sshd
    website: Website
    servers: Servers
    resources: tuple[Resource, ...]

    def look(self) -> dict[str, Look]:
        looks = self.servers.look(self.resources, Context())
        return {look.kind: look for look in looks}


@contextmanager
def opened(address: SshAddress, context: Context, known_hosts: Path) -> Iterator[ssh.Ssh]:
    with ssh.Ssh.open(address, context, password=None, known_hosts=known_hosts) as connection:
        yield connection


@pytest.fixture
def world(tmp_path: Path, database: Database) -> Iterator[World]:
    known = tmp_path / "known_hosts"
    with (
        MariaDB(tmp_path / "mariadb") as mariadb,
        Sshd(tmp_path / "sshd") as sshd,
        Wechat(tmp_path / "wechat") as account,
    ):
        site_data.seed(mariadb, site_data.SMALL)
        key = ssh.host_key(sshd.address, Context(), known_hosts=known)
        host_keys.trust(sshd.address, key, known)

        def look_host(address: SshAddress, context: Context) -> HostDetails:
            with opened(address, context, known) as connection:
                return host.look(connection, context)

        def look_mysql(address: MysqlAddress, context: Context) -> MysqlDetails:
            assert address.ssh
            with opened(address.ssh, context, known) as connection:
                tunnel = connection.channel(address.host, address.port, context)
                password = mariadb.password(address.user)
                with mysql.connect(address, context, password=password, tunnel=tunnel) as asked:
                    return mysql_status.look(asked)

        servers = Servers(
            database,
            look_host=look_host,
            look_mysql=look_mysql,
            look_web=web.look,
            look_account=lambda address, context: wechat.look(address, account.secret, context),
            together=as_they_end,
        )
        with Website(tmp_path / "website", mariadb) as website:
            resources = (
                Resource("h", "host", "web1", sshd.address),
                Resource("m", "mysql", "site", mariadb.address(ssh=sshd.address)),
                Resource("w", "website", "website", website.address),
                Resource("a", "account", "account", account.address),
            )
            yield World(mariadb, sshd, website, servers, resources)


def test_everything_is_seen_in_one_look(world: World) -> None:
    looks = world.look()
    assert looks["host"].details.cores
    assert looks["mysql"].details.tables > 5
    assert looks["mysql"].details.schema_bytes > 100_000
    assert (looks["website"].state, looks["website"].details.tls_trusted) == ("ok", True)
    assert looks["website"].details.keyword_found is True
    assert looks["account"].details.quota_limit == 10_000
    assert looks["mysql"].state == "ok"
    threading.Event().wait(1.1)  # rates are of whole seconds of the server's life
    again = world.look()["mysql"].details
    assert again.slow_per_hour is not None
    assert again.questions_per_second > 0


def test_what_breaks_is_named_and_the_rest_is_still_seen(world: World) -> None:
    world.website.fail_with(503)
    world.mariadb.kill()
    looks = world.look()
    assert looks["host"].details.cores
    assert looks["website"].state == "critical"
    assert "503" in looks["website"].reason
    assert looks["mysql"].state == "critical"  # the tunnel stands, and nothing listens behind it
    assert "cannot reach" in looks["mysql"].reason
    world.sshd.stop()
    looks = world.look()
    assert looks["host"].state == looks["mysql"].state == "unknown"
    assert looks["host"].hint
