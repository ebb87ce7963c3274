"""What an engineer meets, for real: each thing breaks, is seen in one look, and is seen to be well
again in the next.  sshd, MariaDB through the tunnel, and a website, each a server of its own."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from databases import grant_in
from db.engine import Database
from gmops_desktop.adapters import host_keys, ssh, tcp
from gmops_desktop.addresses import Resource
from gmops_desktop.context import Context, as_they_end
from gmops_desktop.contract.thresholds import LIMITS, Limit
from gmops_desktop.outside import Outside
from gmops_desktop.paths import Home, write_atomically
from gmops_desktop.services.servers import Look, Servers
from sandbox import site_data
from sandbox.mariadb import MariaDB
from sandbox.website import Website
from sandbox.wechat import Wechat
from walls import MOUNTS, WalledSshd, dropped

pytestmark = pytest.mark.servers

NEVER = Limit((1e6, 9e5), (1e7, 9e6))


@dataclass(frozen=True)
class Site:
    """The running servers, shared by the tests: each leaves them as it found them."""

    mariadb: MariaDB
    sshd: WalledSshd
    website: Website
    account: Wechat
    outside: Outside


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    home = Home(folder / "home")
    known = home.known_hosts
    known.parent.mkdir(parents=True)
    with (
        MariaDB(folder / "mariadb") as mariadb,
        WalledSshd(folder / "sshd") as sshd,
        Wechat(folder / "wechat") as account,
    ):
        site_data.seed(mariadb, site_data.SMALL)
        key = ssh.host_key(sshd.address, Context(), known_hosts=known)
        host_keys.trust(sshd.address, key, known)
        secrets = {
            mariadb.address().secret_name: mariadb.password("ops_backup"),
            account.address.secret_name: account.secret,
            account.address.callback_secret_name: account.callback_token,
        }
        with Website(folder / "website", mariadb) as website:
            outside = Outside(home, secrets.__getitem__)
            yield Site(mariadb, sshd, website, account, outside)
            outside.close()


class Desk:
    """Looks at the site, and remembers what it found as the program does."""

    def __init__(self, site: Site, database: Database) -> None:
        self.resources = (
            Resource("h", "host", "web1", site.sshd.address),
            Resource("m", "mysql", "site", site.mariadb.address(ssh=site.sshd.address)),
            Resource("w", "website", "website", site.website.address),
            Resource("a", "account", "account", site.account.address),
        )
        self.servers = Servers(
            database,
            look_host=site.outside.look_host,
            look_mysql=site.outside.look_mysql,
            look_web=site.outside.look_web,
            look_account=site.outside.look_account,
            look_cloud=site.outside.look_cloud,
            together=as_they_end,
            afresh=site.outside.forget,
        )

    def look(self, *kinds: str, afresh: bool = False) -> dict[str, Look]:
        """Look at all, or at some kinds; `afresh` as by hand, with a new login."""
        wanted = [one for one in self.resources if not kinds or one.kind in kinds]
        looks = self.servers.look(wanted, Context(), afresh=afresh)
        return {look.kind: look for look in looks}

    def states(self, *kinds: str) -> dict[str, str]:
        return {kind: look.state for kind, look in self.look(*kinds).items()}


@pytest.fixture(scope="module")
def desk(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk where all is well, however busy this machine and full its own disks are; each test
    finds it so, and leaves it so."""
    database = Database(tmp_path_factory.mktemp("desk") / "store.db")
    desk = Desk(site, database)
    details = desk.look("host")["host"].details
    with pytest.MonkeyPatch.context() as patch:
        for key in ("cpu", "memory", "load_per_core", "slow_per_hour"):
            patch.setitem(LIMITS, key, NEVER)
        for disk in details.disks:
            for what in ("disk", "inodes"):
                patch.setitem(LIMITS, f"{what}:{disk.mount}", NEVER)
            patch.setitem(LIMITS, f"fills:{disk.mount}", Limit(None))
        kinds = ("host", "mysql", "website")
        assert desk.states(*kinds) == dict.fromkeys(kinds, "ok")
        yield desk
    database.close()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait a moment for a connection, in place of ten seconds."""
    patient = tcp.connect

    def connect(host: str, port: int, context: Context, *, deadline: float = 10.0):
        return patient(host, port, context, deadline=min(deadline, 0.3))

    monkeypatch.setattr(tcp, "connect", connect)


def test_everything_is_seen_in_one_look(desk: Desk) -> None:
    looks = desk.look()
    assert looks["host"].details.cores
    assert looks["mysql"].details.tables > 5
    assert looks["mysql"].details.schema_bytes > 100_000
    assert looks["website"].details.tls_trusted is True
    assert looks["website"].details.keyword_found is True
    assert looks["website"].details.broken_links == ()
    assert {one.limit for one in looks["account"].details.quotas} == {10_000}
    assert looks["account"].state == "ok", looks["account"].reason
    threading.Event().wait(1.1)  # rates are of whole seconds of the server's life
    again = desk.look("mysql")["mysql"].details
    assert again.slow_per_hour is not None
    assert again.questions_per_second > 0


def test_the_database_is_killed(desk: Desk, site: Site) -> None:
    def uptime() -> float:
        return desk.look("mysql")["mysql"].details.uptime_seconds

    while uptime() < 4:  # so that a server started anew is younger for certain
        threading.Event().wait(0.2)
    site.mariadb.kill()
    try:
        looks = desk.look("host", "mysql", "website")
    finally:
        site.mariadb.start()
    assert looks["host"].state == "ok"
    assert looks["mysql"].state == "critical"  # the tunnel stands, and nothing listens behind it
    assert "cannot reach" in looks["mysql"].reason
    assert (looks["website"].state, "status 500" in looks["website"].reason) == ("critical", True)
    back = desk.look("mysql", "website")
    assert back["website"].state == "ok"
    assert (back["mysql"].state, "was restarted" in back["mysql"].reason) == ("warning", True)
    assert desk.states("mysql") == {"mysql": "ok"}


@MOUNTS
def test_a_disk_fills_to_91_per_cent(desk: Desk, site: Site, tmp_path: Path) -> None:
    with site.sshd.disk(tmp_path, 64) as disk:
        mount = str(tmp_path / "data")
        assert desk.states("host") == {"host": "ok"}
        free = os.statvfs(disk)
        whole = free.f_frsize * (free.f_blocks - free.f_bfree + free.f_bavail)
        used = whole - free.f_frsize * free.f_bavail
        with (disk / "access.log").open("wb") as log:
            os.posix_fallocate(log.fileno(), 0, int(0.914 * whole) - used)
        look = desk.look("host")["host"]
        assert look.state == "warning"
        assert look.reason.startswith(f"{mount} is 91 % full")
        (figure,) = (one for one in look.figures if one.metric == "disk")
        assert (figure.value, figure.state) == ("91", "warning")
        (disk / "access.log").unlink()
        assert desk.states("host") == {"host": "ok"}


def test_the_website_is_stopped(desk: Desk, site: Site) -> None:
    site.website.stop()
    try:
        look = desk.look("website")["website"]
    finally:
        site.website.start()
    assert (look.state, "cannot be reached on port" in look.reason) == ("critical", True)
    assert desk.states("website") == {"website": "ok"}


def test_the_website_answers_with_an_error(desk: Desk, site: Site) -> None:
    site.website.fail_with(503)
    try:
        look = desk.look("website")["website"]
    finally:
        site.website.fail_with(None)
    assert (look.state, "status 503" in look.reason) == ("critical", True)
    assert desk.states("website") == {"website": "ok"}


def test_the_certificate_expires(desk: Desk, site: Site) -> None:
    with certified(site.website, -3):
        look = desk.look("website")["website"]
        assert look.state == "critical"
        assert look.reason == "Browsers do not trust the certificate: it has expired."
    assert desk.states("website") == {"website": "ok"}
    with certified(site.website, 20):
        look = desk.look("website")["website"]
        assert (look.state, look.reason) == ("warning", "The certificate ends in 20 days.")
    assert desk.states("website") == {"website": "ok"}


@contextmanager
def certified(website: Website, days: int) -> Iterator[None]:
    """Give the site a certificate that ends in so many days."""
    usual = website.certificate_days
    for left in (days, usual):
        website.stop()
        website.certificate_days = left
        website.start()
        if left == days:
            yield


@pytest.mark.usefixtures("impatient")
def test_the_port_is_blocked_in_silence(desk: Desk, site: Site) -> None:
    """The kernel drops what comes to the port, as a security group does.  What is open stays open
    behind such a wall: who asks by hand logs in anew."""
    sshd, website = site.sshd, site.website
    assert sshd.process
    assert website.process
    with dropped(sshd.process.pid, sshd.port), dropped(website.process.pid, website.tls_port):
        looks = desk.look("host", "mysql", "website", afresh=True)
    for look in looks.values():
        assert look.state == "unknown"  # whether it works nobody can say from here
        assert "did not answer on port" in look.reason
        assert "firewall or security group" in look.hint
    assert looks["host"].known_at
    assert looks["host"].known_at < looks["host"].at
    assert desk.states("host", "mysql", "website") == dict.fromkeys(looks, "ok")


def test_the_ssh_port_is_closed(desk: Desk, site: Site) -> None:
    site.sshd.stop()
    try:
        looks = desk.look("host", "mysql")
    finally:
        site.sshd.start()
    for look in looks.values():
        assert look.state == "unknown"
        assert f"cannot be reached on port {site.sshd.port}" in look.reason
        assert look.hint
    assert desk.states("host", "mysql") == {"host": "ok", "mysql": "ok"}


@MOUNTS
def test_the_clock_is_skewed(desk: Desk, site: Site, tmp_path: Path) -> None:
    """The server's `date` tells a minute and a half too much, as a wrong clock would let it; the
    kernel's clock itself is this machine's, and stays right."""
    true, fast = tmp_path / "date", tmp_path / "fast"
    true.write_bytes(Path("/usr/bin/date").read_bytes())
    fast.write_text(f'#!/bin/sh\nexec {true} -d "+90 seconds" "$@"\n')
    true.chmod(0o755)
    fast.chmod(0o755)
    with site.sshd.replaced("date", fast):
        look = desk.look("host")["host"]
    assert look.state == "critical"
    said = re.fullmatch(r"The server's clock is (\d+) s off\.", look.reason)
    assert said
    assert int(said[1]) == pytest.approx(90, abs=5)  # half of what a slow answer took
    assert desk.states("host") == {"host": "ok"}


def test_a_right_on_the_database_is_revoked(desk: Desk, site: Site) -> None:
    with site.mariadb.connect() as root, root.cursor() as cursor:
        cursor.execute("REVOKE PROCESS ON *.* FROM ops_backup@'%'")
        look = desk.look("mysql")["mysql"]
        assert look.state == "unknown"
        assert look.reason.startswith("Unknown: who waits for locks, because the account lacks")
        assert look.details.connections  # what everybody may see is still seen
        cursor.execute(grant_in(look.reason))  # what it says is what helps
    assert desk.states("mysql") == {"mysql": "ok"}


@MOUNTS
def test_a_right_on_the_host_is_revoked(desk: Desk, site: Site, tmp_path: Path) -> None:
    locked = tmp_path / "df"
    locked.write_text("")
    locked.chmod(0o644)  # nobody may run it, not even root
    with site.sshd.replaced("df", locked):
        look = desk.look("host")["host"]
    assert look.state == "unknown"
    assert look.reason.startswith("Unknown: disks, because ")
    assert "Permission denied" in look.reason
    assert look.details.memory_total
    assert desk.states("host") == {"host": "ok"}


def test_the_login_is_revoked(desk: Desk, site: Site) -> None:
    allowed = site.sshd.folder / "authorized_keys"
    keys = allowed.read_bytes()
    allowed.write_bytes(b"")
    try:
        looks = desk.look("host", "mysql", afresh=True)
    finally:
        allowed.write_bytes(keys)
    for look in looks.values():
        assert look.state == "unknown"
        assert "refused" in look.reason
        assert look.hint
    assert desk.states("host", "mysql") == {"host": "ok", "mysql": "ok"}


def test_the_host_key_is_another(desk: Desk, site: Site) -> None:
    old = site.sshd.host_key_file.read_bytes()
    trusted = site.sshd.fingerprint
    site.sshd.stop()
    site.sshd.host_key_file.unlink()
    site.sshd.start()
    try:
        shown = site.sshd.fingerprint
        looks = desk.look("host", "mysql")
    finally:
        site.sshd.stop()
        write_atomically(site.sshd.host_key_file, old)  # for its owner's eyes, or sshd refuses it
        site.sshd.start()
    for look in looks.values():
        assert look.state == "unknown"
        assert f"{trusted} was trusted, now it shows {shown}" in look.reason
        assert "trust it only if it is the same" in look.hint
    assert desk.states("host", "mysql") == {"host": "ok", "mysql": "ok"}


def test_what_one_may_not_see_costs_the_others_nothing(desk: Desk, site: Site) -> None:
    """A look of four where one cannot be had: the others are as fresh as ever."""
    lost = replace(desk.resources[0], id="lost", address=replace(site.sshd.address, port=1))
    looks = desk.servers.look([lost, *desk.resources], Context())
    assert [look.state for look in looks] == ["unknown", "ok", "ok", "ok", "ok"]
