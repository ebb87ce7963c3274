"""Looks at resources: judged, stored, side by side, and unknown where nobody knows."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from db.engine import Database
from gmops_desktop.adapters import host, sections, ssh, tcp, web
from gmops_desktop.adapters.tencent import NOT_RUNNING, CloudRefused
from gmops_desktop.addresses import (
    AccountAddress,
    MysqlAddress,
    Resource,
    SshAddress,
    TatAddress,
    WebAddress,
)
from gmops_desktop.context import Context, as_they_end
from gmops_desktop.contract.looks import AccountDetails, HostDetails, MysqlDetails, WebDetails
from gmops_desktop.errors import Cancelled, OpsError
from gmops_desktop.services.servers import Servers
from sandbox import account_days

HOST = Resource("h", "host", "web1", SshAddress("web1"))
MYSQL = Resource("m", "mysql", "site", MysqlAddress("db", 3306, "ops", "chamber"))
THROUGH = replace(MYSQL, address=replace(MYSQL.address, ssh=HOST.address))
WEBSITE = Resource("w", "website", "website", WebAddress("https://site.example/"))
ACCOUNT = Resource("a", "account", "account", AccountAddress("wx1"))
AGENT = Resource("h", "host", "web1", TatAddress("ins-1", "ap-guangzhou", "AKID"))
ALL = (HOST, MYSQL, WEBSITE, ACCOUNT)

RECORDED = Path(__file__).parent.parent / "adapters" / "hosts" / "debian-12.txt"


def healthy_host() -> HostDetails:
    seen = host.parse(sections.split(RECORDED.read_text("utf-8"), "fixture"))
    return replace(
        seen, cpu=45.0, iowait=5.0, steal=5.0, out_mbit=0.5, in_mbit=0.1, disk_busy=25.0,
        failed_units=(), disks=seen.disks[:1], notes={}, counters=None,
    )  # fmt: skip


def healthy_mysql() -> MysqlDetails:
    return MysqlDetails("10.11.6-MariaDB", 86400, 12, 151, 2, None, 200_000_000, 24, 5, 1000)


def healthy_website() -> WebDetails:
    return WebDetails(200, 0.2, True, 60.5, True, 200, 12_345)


def healthy_account() -> AccountDetails:
    return account_days.calm(BEGUN, followers=1204)


BEGUN = datetime(2018, 4, 2, 8, 0, tzinfo=UTC)


class World:
    """What the looks find; a test puts its own findings or failures in."""

    def __init__(self, database: Database) -> None:
        self.now = BEGUN
        self.found: dict[str, object] = {
            "h": healthy_host(),
            "m": healthy_mysql(),
            "w": healthy_website(),
            "a": healthy_account(),
        }
        self.servers = Servers(
            database,
            look_host=self._finds("h"),
            look_mysql=self._finds("m"),
            look_web=self._finds("w"),
            look_account=self._finds("a"),
            look_cloud=self._finds("c"),
            now=lambda: self.now,
        )

    def _finds(self, key: str) -> Callable:
        def look(*_asked: object) -> object:
            found = self.found[key]
            if isinstance(found, Exception):
                raise found
            return found

        return look

    def look(self, resource: Resource, *, minutes: float = 1):
        self.now += timedelta(minutes=minutes)
        (look,) = self.servers.look([resource], Context())
        return look


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


def test_everything_within_its_limits_is_ok_and_stored(world: World) -> None:
    looks = world.servers.look(ALL, Context())
    assert [look.state for look in looks] == ["ok"] * 4
    assert {look.reason for look in looks} == {"All within limits."}
    assert sorted(looks, key=lambda look: look.name) == list(world.servers.last())
    figures = {look.kind: [(f.value, f.unit) for f in look.figures] for look in looks}
    assert figures["host"] == [("45", "%"), ("50", "%"), ("69", "%"), ("0.5", "Mbit/s")]
    assert figures["mysql"][:2] == [("12", "/ 151"), ("2", "")]
    assert figures["website"][2] == ("60", "days")


def test_one_failing_look_never_stops_the_others(world: World) -> None:
    world.look(HOST)
    world.found["h"] = tcp.HostSilent("web1 did not answer.", hint="It may be down.")
    looks = world.servers.look(ALL, Context())
    assert [look.state for look in looks] == ["unknown", "ok", "ok", "ok"]
    silent = looks[0]
    assert (silent.reason, silent.hint) == ("web1 did not answer.", "It may be down.")
    assert silent.details is None
    (stored,) = (look for look in world.servers.last() if look.resource_id == "h")
    assert stored.details is None  # not the details of an older look


def test_a_bug_in_a_look_is_not_hidden(world: World) -> None:
    world.found["m"] = KeyError("uptime")
    with pytest.raises(KeyError):
        world.servers.look(ALL, Context())


def test_cancel_stores_nothing(world: World) -> None:
    context = Context()
    context.cancel()
    with pytest.raises(Cancelled):
        world.servers.look(ALL, context)
    assert world.servers.last() == ()


def refused() -> tcp.PortClosed:
    error = tcp.PortClosed("refused")
    error.__cause__ = ConnectionRefusedError()
    return error


@pytest.mark.parametrize(
    ("resource", "error", "state"),
    [
        (WEBSITE, web.HttpFailed("nonsense"), "critical"),
        (WEBSITE, refused(), "critical"),
        (WEBSITE, tcp.PortClosed("no route from here"), "unknown"),
        (WEBSITE, tcp.NameNotFound("no such name"), "unknown"),
        (MYSQL, refused(), "critical"),
        (THROUGH, refused(), "unknown"),  # the tunnel's server refused, not the database
        (MYSQL, ssh.TunnelRefused("closed", hint="", forbidden=False), "critical"),
        (MYSQL, ssh.TunnelRefused("not allowed", hint="", forbidden=True), "unknown"),
        (MYSQL, OpsError("wrong password"), "unknown"),
        (HOST, refused(), "unknown"),
        (ACCOUNT, OpsError("no secret"), "unknown"),
        (AGENT, CloudRefused("RunCommand", NOT_RUNNING, "no", ""), "critical"),
        (AGENT, CloudRefused("RunCommand", "ResourceUnavailable.X", "no", ""), "unknown"),
    ],
)
def test_down_is_told_from_not_seen(world: World, resource, error, state) -> None:
    world.found[resource.id] = error
    assert world.look(resource).state == state
    points = world.servers.series(resource.id, "up", world.now).points
    assert [point.value for point in points] == ([0.0] if state == "critical" else [])


@pytest.mark.parametrize(
    ("change", "state", "reason"),
    [
        ({"failed_units": ("nginx.service",)}, "warning", "The service nginx.service has failed."),
        ({"failed_units": ("a", "b")}, "warning", "2 services have failed: a, b."),
        ({"cpu": 96.0}, "critical", "The processor is 96 % busy."),
        ({"steal": 12.0}, "warning", "12 % of the processor time go to other customers"),
        ({"memory_available": 100}, "critical", "100 % of the memory is used."),
        ({"clock_seconds": -90.0}, "critical", "The server's clock is 90 s off."),
        ({"cpu": None, "sections": {"cpu": "no file"}}, "unknown", "processor, because no file"),
        ({"sections": {"inodes": "it took long"}}, "unknown", "inodes, because it took long"),
        ({"sections": {"logins": "not allowed"}}, "ok", "All within limits"),
        ({"failed_units": None, "notes": {"units": "no systemd"}}, "ok", "All within limits"),
    ],
)  # fmt: skip
def test_a_host_is_judged(world: World, change: dict, state: str, reason: str) -> None:
    world.found["h"] = replace(healthy_host(), **change)
    for _ in range(10):  # a mean over twenty minutes must have lasted
        look = world.look(HOST, minutes=2)
    assert look.state == state
    assert reason in look.reason


@pytest.mark.parametrize(
    ("change", "state", "reason"),
    [
        ({"status": 502}, "critical", "status 502"),
        ({"keyword_found": False}, "critical", "does not hold the word"),
        ({"seconds": 4.0}, "warning", "took 4.0 s"),
        ({"tls_days": 20.9}, "warning", "ends in 20 days"),
        ({"tls_trusted": False, "tls_fault": "it has expired"}, "critical", "it has expired"),
        ({"tls_days": None, "tls_trusted": None}, "ok", "All within limits"),
        ({"admin_status": 500}, "warning", "back end answers with status 500"),
        ({"admin_status": None, "admin_fault": "closed."}, "warning", "does not answer: closed."),
        ({"admin_status": 401}, "ok", "All within limits"),
    ],
)
def test_a_website_is_judged(world: World, change: dict, state: str, reason: str) -> None:
    world.found["w"] = replace(healthy_website(), **change)
    look = world.look(WEBSITE)
    assert (look.state, reason in look.reason) == (state, True)


def test_rates_of_mysql_need_two_looks(world: World) -> None:
    first = world.look(MYSQL)
    assert first.details.slow_per_hour is None
    assert first.figures[2].value == "collecting"
    world.found["m"] = replace(
        healthy_mysql(), uptime_seconds=86460, slow_queries=7, questions=1600
    )
    second = world.look(MYSQL)
    assert second.details.slow_per_hour == 120
    assert second.details.questions_per_second == 10
    assert (second.state, second.reason) == ("warning", "120 slow statements per hour.")


def test_a_restarted_database_is_told_and_gives_no_rates(world: World) -> None:
    world.look(MYSQL)
    world.found["m"] = replace(healthy_mysql(), uptime_seconds=30, slow_queries=0)
    look = world.look(MYSQL)
    assert look.details.slow_per_hour is None
    assert (look.state, "restarted" in look.reason) == ("warning", True)


def test_a_restarted_host_is_told(world: World) -> None:
    world.look(HOST)
    world.found["h"] = replace(healthy_host(), boot_id="another")
    assert "restarted" in world.look(HOST).log_lines[0]


def test_a_peak_becomes_an_alert_when_it_lasts_and_holds_until_it_clears(world: World) -> None:
    def at(cpu: float) -> str:
        world.found["h"] = replace(healthy_host(), cpu=cpu)
        return world.look(HOST, minutes=2).state

    assert [at(10), at(10), at(10), at(10), at(100)] == ["ok"] * 5
    assert [at(100), at(100), at(100), at(100)] == ["ok", "ok", "ok", "warning"]
    assert at(60) == "warning"
    assert [at(10), at(10), at(10), at(10)][-1] == "ok"


def test_a_moments_peak_at_the_first_look_is_no_alert(world: World) -> None:
    world.found["h"] = replace(healthy_host(), cpu=100.0)
    look = world.look(HOST)
    assert (look.state, look.figures[0].value) == ("ok", "100")
    world.found["h"] = replace(healthy_host(), load5=17.0)  # of 8 cores, for five minutes
    assert world.look(HOST).state == "critical"


def test_a_series_has_gaps_where_nobody_looked(world: World) -> None:
    begun = world.now
    for minutes in (0, 1, 1, 58):
        world.look(HOST, minutes=minutes)
    series = world.servers.series("h", "cpu", begun)
    values = [point.value for point in series.points]
    assert values == [45.0, 45.0, 45.0, None, 45.0]
    assert series.coverage == pytest.approx(4 / 60)


def test_a_failed_look_is_no_coverage(world: World) -> None:
    begun = world.now
    world.look(HOST, minutes=0)
    world.found["h"] = OpsError("away")
    for _ in range(3):
        world.look(HOST)
    assert world.servers.series("h", "up", begun).coverage == pytest.approx(1 / 3)


def test_what_hangs_holds_up_neither_the_others_nor_their_next_round(database: Database) -> None:
    """Stored and told as it comes; the next round leaves out what is still looked at."""
    go, told = threading.Event(), threading.Event()
    afresh: list[bool] = []

    def look_host(address: SshAddress, context: Context) -> HostDetails:
        if address.host == "hangs":
            assert go.wait(20)
        return healthy_host()

    servers = Servers(
        database,
        look_host=look_host,
        look_mysql=lambda address, context: healthy_mysql(),
        look_web=lambda address, context: healthy_website(),
        look_account=lambda address, context: healthy_account(),
        look_cloud=lambda address, context: pytest.fail("not asked for"),
        together=partial(as_they_end, gather=0.05),
        afresh=lambda: afresh.append(True),
    )
    hangs = Resource("x", "host", "hangs", SshAddress("hangs"))
    looks: list[tuple] = []
    context = Context(change=lambda change: told.set())
    round_ = threading.Thread(target=lambda: looks.append(servers.look([hangs, HOST], context)))
    round_.start()
    assert told.wait(20)
    assert [look.name for look in servers.last()] == ["web1"]
    second = servers.look([hangs, HOST], Context(), afresh=True)
    assert [look.name for look in second] == ["web1"]
    assert afresh == [True]
    go.set()
    round_.join(20)
    assert [look.name for look in looks[0]] == ["hangs", "web1"]
    assert [look.name for look in servers.look([hangs, HOST], Context())] == ["hangs", "web1"]


def test_what_failed_last_time_comes_last(world: World) -> None:
    asked: list[str] = []
    world.servers._look_host = lambda address, context: asked.append(address.host) or _fail(address)
    hosts = [Resource(name, "host", name, SshAddress(name)) for name in ("down", "up", "new")]
    assert [look.name for look in world.servers.look(hosts[:2], Context())] == ["down", "up"]
    asked.clear()
    world.now += timedelta(minutes=1)
    assert [look.name for look in world.servers.look(hosts, Context())] == ["down", "up", "new"]
    assert asked == ["up", "new", "down"]


def _fail(address: SshAddress) -> HostDetails:
    if address.host == "down":
        raise tcp.HostSilent("It did not answer.")
    return healthy_host()


def test_a_round_that_broke_off_leaves_nothing_under_way(world: World) -> None:
    world.found["m"] = KeyError("uptime")
    with pytest.raises(KeyError):
        world.servers.look([HOST, MYSQL], Context())
    world.found["m"] = healthy_mysql()
    assert len(world.servers.look([HOST, MYSQL], Context())) == 2
