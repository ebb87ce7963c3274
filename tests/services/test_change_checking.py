"""Checks before and after a change, on real servers: sshd, MariaDB through the tunnel, a website.

Two takes with nothing between them are the same; whatever breaks turns its own check, and no other.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from clouds import calm_cloud
from databases import grant_in
from gmops_desktop.adapters import host_keys, ssh
from gmops_desktop.adapters.host_checks import Wanted
from gmops_desktop.addresses import CloudAddress, ProgramFiles, Resource, TatAddress
from gmops_desktop.context import Context
from gmops_desktop.contract.change_checks import (
    Checked,
    Checks,
    checks_from_dict,
    checks_to_dict,
    compare,
)
from gmops_desktop.contract.looks import Look
from gmops_desktop.contract.thresholds import LIMITS, Limit
from gmops_desktop.errors import Cancelled, OpsError
from gmops_desktop.outside import Outside
from gmops_desktop.paths import Home
from gmops_desktop.services.patches.checking import Checking
from sandbox import site_data
from sandbox.mariadb import MariaDB
from sandbox.website import Website
from walls import MOUNTS, WalledSshd

pytestmark = pytest.mark.servers

NEVER = Limit((1e6, 9e5), (1e7, 9e6))


@dataclass(frozen=True)
class Site:
    """The running servers, shared by the tests: each leaves them as it found them."""

    mariadb: MariaDB
    sshd: WalledSshd
    website: Website
    outside: Outside
    resources: tuple[Resource, ...]
    checking: Checking

    @property
    def host(self) -> Resource:
        return self.resources[0]

    @property
    def url(self) -> str:
        return self.website.address.url

    @property
    def database(self) -> str:
        return str(self.resources[1].address)

    def take(self, **plan: object) -> Checks:
        return self.checking.take(self.host, plan, Context())

    def differences(self, before: Checks, after: Checks, *ports: int) -> dict[str, str]:
        """Return what is not as before; of ports our own alone, for others use this machine."""
        ours = {f"port:tcp/{port}" for port in (
            *ports, self.mariadb.port, self.sshd.port, self.website.tls_port)}  # fmt: skip
        return {
            one.key: one.verdict
            for one in compare(before, after)
            if one.verdict != "same" and (not one.key.startswith("port:") or one.key in ours)
        }


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    home = Home(folder / "home")
    home.known_hosts.parent.mkdir(parents=True)
    with MariaDB(folder / "mariadb") as mariadb, WalledSshd(folder / "sshd") as sshd:
        site_data.seed(mariadb, site_data.SMALL)
        key = ssh.host_key(sshd.address, Context(), known_hosts=home.known_hosts)
        host_keys.trust(sshd.address, key, home.known_hosts)
        secrets = {mariadb.address().secret_name: mariadb.password("ops_backup")}
        with Website(folder / "website", mariadb) as website:
            outside = Outside(home, secrets.__getitem__)
            program = ProgramFiles(sshd.address, (str(website.program),))
            resources = (
                Resource("h", "host", "web1", sshd.address),
                Resource("m", "mysql", "shop", mariadb.address(ssh=sshd.address)),
                Resource(
                    "w", "website", "official site", replace(website.address, program=program)
                ),
                Resource(
                    "x", "website", "elsewhere", replace(website.address, url="http://[::9]/")
                ),
            )
            checking = Checking(
                lambda: resources, outside.check_host, outside.check_site, outside.look_mysql,
                outside.addresses_of,
            )  # fmt: skip
            with pytest.MonkeyPatch.context() as patch:
                for disk in ("disk", "inodes"):  # this machine's own may be full
                    patch.setitem(LIMITS, disk, NEVER)
                yield Site(mariadb, sshd, website, outside, resources, checking)
            outside.close()


def test_two_takes_with_nothing_between_them_are_the_same(site: Site) -> None:
    before, after = site.take(), site.take()
    assert before.faults == ()
    assert site.differences(before, after) == {}
    keys = {one.key for one in before.items}
    assert keys >= {
        "boot", "kernel", "disks", "inodes", "ports", "units", "failed", "manager", "logs",
        "journal", "sites", "databases", f"page:{site.url}", f"admin:{site.url}admin",
        f"certificate:127.0.0.1:{site.website.tls_port}", f"there:{site.url}",
        f"mysql:{site.database}", f"connections:{site.database}", f"replication:{site.database}",
        f"port:tcp/{site.sshd.port}", f"port:tcp/{site.mariadb.port}",
    }  # fmt: skip
    sites = next(one for one in before.items if one.key == "sites")
    assert sites.text == "official site"  # and not the one that stands elsewhere
    assert checks_from_dict(checks_to_dict(before)) == before


def test_the_database_stops_and_comes_back(site: Site) -> None:
    until(lambda: site.outside.look_mysql(site.resources[1].address, Context()).uptime_seconds > 5)
    before = site.take()
    site.mariadb.kill()
    try:
        without = site.take()
    finally:
        site.mariadb.start()
    assert site.differences(before, without) == {
        f"mysql:{site.database}": "worse",
        f"connections:{site.database}": "unknown",
        f"replication:{site.database}": "unknown",
        f"port:tcp/{site.mariadb.port}": "worse",
        f"page:{site.url}": "worse",  # it is made of what stands in the database
        f"there:{site.url}": "worse",
    }
    # Another process, and the same server: a restart is told, and is no fault.
    assert site.differences(before, site.take()) == {f"mysql:{site.database}": "changed"}


def test_the_site_stops(site: Site) -> None:
    before = site.take()
    site.website.stop()
    try:
        after = site.take()
    finally:
        site.website.start()
    assert site.differences(before, after) == {
        f"page:{site.url}": "worse",
        f"admin:{site.url}admin": "worse",
        f"certificate:127.0.0.1:{site.website.tls_port}": "worse",
        f"there:{site.url}": "worse",
        f"port:tcp/{site.website.tls_port}": "worse",
    }
    # Each start of the sandbox's website makes a new certificate: that is told, too.
    anew = {f"certificate:127.0.0.1:{site.website.tls_port}": "changed"}
    assert site.differences(before, site.take()) == anew


@pytest.mark.parametrize(("file", "check"), [("page.html", "page:"), ("admin.html", "admin:")])
def test_a_page_changes(site: Site, file: str, check: str) -> None:
    before = site.take()
    page = site.website.program / file
    old = page.read_text("utf-8")
    page.write_text(old.replace("</main>", "<p>新的一行</p></main>"), "utf-8")
    try:
        after = site.take()
    finally:
        page.write_text(old, "utf-8")
    (changed,) = site.differences(before, after).items()
    assert (changed[0].startswith(check), changed[1]) == (True, "changed")
    assert site.differences(before, site.take()) == {}


def test_the_page_loses_its_word(site: Site) -> None:
    before = site.take()
    page = site.website.program / "page.html"
    old = page.read_text("utf-8")
    page.write_text("<html><body>Index of /</body></html>", "utf-8")
    try:
        after = site.take()
    finally:
        page.write_text(old, "utf-8")
    assert site.differences(before, after) == {f"page:{site.url}": "worse"}
    assert [one.text for one in after.faults] == ["the keyword is missing"]


def test_the_certificate_is_another(site: Site) -> None:
    before = site.take()
    place = f"certificate:127.0.0.1:{site.website.tls_port}"
    usual = site.website.certificate_days
    try:
        for days, verdict in ((61, "changed"), (20, "worse"), (-3, "worse")):
            renewed(site.website, days)
            assert site.differences(before, site.take()) == {place: verdict}
    finally:
        renewed(site.website, usual)


def renewed(website: Website, days: int) -> None:
    """Give the site a new certificate that ends in so many days."""
    website.stop()
    website.certificate_days = days
    website.start()


@MOUNTS
def test_a_disk_fills(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LIMITS, "disk", Limit((85, 80), (95, 90)))
    with site.sshd.disk(tmp_path, 64) as disk:
        mount = f"disk:{tmp_path / 'data'}"
        before = site.take()
        free = os.statvfs(disk)
        with (disk / "access.log").open("wb") as log:
            os.posix_fallocate(log.fileno(), 0, int(0.97 * free.f_bavail) * free.f_frsize)
        full = site.take()
        (disk / "access.log").unlink()
        assert site.differences(before, full) == {mount: "worse"}
        assert [one.key for one in full.faults if one.key == mount]
        assert site.differences(before, site.take()) == {}
    # The whole file system is gone: not silently.
    assert site.differences(before, site.take()) == {mount: "worse"}


def test_a_port_closes_and_another_opens(site: Site) -> None:
    with listening() as first:
        before = site.take()
    after = site.take()
    assert site.differences(before, after, first) == {f"port:tcp/{first}": "worse"}
    with listening() as second:
        opened = site.take()
    assert site.differences(after, opened, second) == {f"port:tcp/{second}": "changed"}


@contextmanager
def listening() -> Iterator[int]:
    """Listen on a port below those that the kernel gives out by itself."""
    for port in range(20_000 + os.getpid() % 5_000, 32_000):
        try:
            with socket.create_server(("127.0.0.1", port)):
                yield port
                return
        except OSError:
            continue


def test_errors_fill_a_log(site: Site, tmp_path: Path) -> None:
    log = tmp_path / "error.log"
    line = f"{datetime.now():%Y/%m/%d %H:%M:%S} [error] 7#7: *1 upstream timed out\n"
    log.write_text(line * 3)
    before = site.take(logs=[str(log)])
    log.write_text(line * 9)
    assert site.differences(before, site.take(logs=[str(log)])) == {}
    log.write_text(line * 50)
    assert site.differences(before, site.take(logs=[str(log)])) == {f"log:{log}": "worse"}


def test_a_right_on_the_database_is_missing(site: Site) -> None:
    before = site.take()
    with site.mariadb.connect() as root, root.cursor() as cursor:
        cursor.execute("REVOKE SLAVE MONITOR ON *.* FROM ops_backup@'%'")
        after = site.take()
        (fault,) = after.faults
        cursor.execute(grant_in(fault.text))  # what it says is what helps
    assert site.differences(before, after) == {f"replication:{site.database}": "unknown"}
    assert site.differences(before, site.take()) == {}


def test_a_host_that_is_not_reached_costs_the_site_nothing(site: Site) -> None:
    before = site.take()
    site.sshd.stop()
    try:
        after = site.take()
    finally:
        site.sshd.start()
    found = site.differences(before, after)
    assert set(found.values()) == {"unknown"}
    assert f"page:{site.url}" not in found
    assert f"mysql:{site.database}" in found  # it is reached over the host
    listed = {one.key for one in before.items} - {f"page:{site.url}", f"admin:{site.url}admin"}
    assert len(found) >= len([key for key in listed if not key.startswith("port:")]) - 4


# ---------------------------------------------------------------- what needs a while


class Waiting(Context):
    """A context whose waits let something happen, and a clock that goes on by them alone."""

    def __init__(self, at: float, happen: Callable[[], object]) -> None:
        super().__init__()
        self.seconds, self._at, self._happen = 0.0, at, happen

    def clock(self) -> float:
        return self.seconds

    def wait(self, seconds: float) -> None:
        if threading.current_thread() is not threading.main_thread():
            super().wait(seconds)  # the pauses of what looks
            return
        before, self.seconds = self.seconds, self.seconds + seconds
        if before < self._at <= self.seconds:
            self._happen()
        super().wait(0)


def patient(site: Site, context: Waiting) -> Checking:
    outside = site.outside
    return Checking(
        lambda: site.resources, outside.check_host, outside.check_site, outside.look_mysql,
        outside.addresses_of, clock=context.clock,
    )  # fmt: skip


def test_a_site_that_warms_up_is_waited_for(site: Site) -> None:
    before = site.take()
    site.website.stop()
    context = Waiting(3.0, site.website.start)
    after = patient(site, context).take(site.host, {}, context, patient=60, before=before)
    assert set(site.differences(before, after).values()) == {"changed"}  # the new certificate
    assert (after.waited, context.seconds) == (3.0, 3.0)


def test_patience_ends(site: Site) -> None:
    before = site.take()
    site.website.stop()
    try:
        context = Waiting(1e9, lambda: None)
        after = patient(site, context).take(site.host, {}, context, patient=2, before=before)
        assert site.differences(before, after)[f"page:{site.url}"] == "worse"
        assert after.waited == 3.0
        # Without a look before it is waited until nothing is critical or unknown.
        context = Waiting(1e9, lambda: None)
        after = patient(site, context).take(site.host, {}, context, patient=1)
        assert (bool(after.faults), after.waited) == (True, 1.0)
    finally:
        site.website.start()


def test_a_take_can_be_cancelled_while_it_waits(site: Site) -> None:
    site.website.stop()
    try:
        context = Waiting(1.0, lambda: context.cancel())
        with pytest.raises(Cancelled):
            patient(site, context).take(site.host, {}, context, patient=60)
    finally:
        site.website.start()


# ---------------------------------------------------------------- what hangs on a server


def test_what_hangs_on_a_server_is_found_by_its_addresses(site: Site) -> None:
    by_name = replace(site.host, address=replace(site.sshd.address, host="localhost"))
    hanging = site.checking.hanging(by_name, Context())
    assert [one.name for one in hanging.sites] == ["official site"]
    assert [one.name for one in hanging.databases] == ["shop"]
    elsewhere = replace(site.host, address=replace(site.sshd.address, host="192.0.2.7"))
    assert site.checking.hanging(elsewhere, Context()).sites == ()
    by_agent = replace(site.host, address=TatAddress("ins-1", "ap-guangzhou", "AKID"))
    assert site.checking.hanging(by_agent, Context()).why.startswith("no look at the cloud")
    cloud = Resource("c", "cloud", "cloud", CloudAddress("AKID"))
    server = replace(calm_cloud().servers[0], addresses=("127.0.0.1",))
    seen = Look("c", "cloud", "cloud", "ok", "", datetime.now(UTC), 1.0, (),
                replace(calm_cloud(), servers=(server,)))  # fmt: skip
    out = site.outside
    knowing = Checking(
        lambda: (cloud, *site.resources), out.check_host, out.check_site, out.look_mysql,
        out.addresses_of, newest={"c": seen}.get,
    )  # fmt: skip
    assert [one.name for one in knowing.hanging(by_agent, Context()).databases] == ["shop"]
    other = replace(by_agent, address=TatAddress("ins-1", "ap-shanghai", "AKID"))
    assert knowing.hanging(other, Context()).why


@pytest.mark.parametrize(
    ("plan", "units"),
    [
        ({"services": ["nginx.service", "php8.2-fpm.service"]},
         ("nginx.service", "php8.2-fpm.service")),
        ({"service": "nginx", "reload": "systemctl reload nginx"}, ("nginx",)),
        ({"reload": "nginx -t && systemctl --no-block try-reload-or-restart a@b.service c"},
         ("a@b.service", "c")),
        ({"reload": "nginx -s reload"}, ()),
        ({"services": None, "units": "", "reload": ["systemctl status nginx"]}, ()),
    ],
)  # fmt: skip
def test_what_a_change_restarts_is_looked_at(
    site: Site, plan: dict[str, object], units: tuple[str, ...]
) -> None:
    asked: list[Wanted] = []

    def ask(address: object, wanted: Wanted, context: Context) -> tuple[Checked, ...]:
        asked.append(wanted)
        return ()

    outside = site.outside
    checking = Checking(
        lambda: (), ask, outside.check_site, outside.look_mysql, outside.addresses_of
    )
    checking.take(site.host, plan, Context())
    assert asked[0].units == units


def test_what_is_no_server_is_refused(site: Site) -> None:
    with pytest.raises(OpsError, match="shop is not a server"):
        site.checking.take(site.resources[1], {}, Context())


def until(true: Callable[[], bool]) -> None:
    while not true():
        threading.Event().wait(0.2)
