"""The cloud's figures: whose they are, asked for once, before they are forgotten, marked as its."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import ThreadingHTTPServer
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clouds import INSTANCE, SERVER, calm_cloud
from db import measured, samples
from db.engine import Database
from gmops_desktop.adapters.sections import Unknown
from gmops_desktop.adapters.tencent import CloudRefused, Tencent
from gmops_desktop.adapters.tencent_metrics import KEPT, MOST_POINTS, offered, values
from gmops_desktop.addresses import (
    CloudAddress,
    CloudDatabase,
    MysqlAddress,
    Resource,
    SshAddress,
    TatAddress,
)
from gmops_desktop.context import Context
from gmops_desktop.contract.looks import CloudDetails
from gmops_desktop.contract.series import Series
from gmops_desktop.services import cloud_metrics
from gmops_desktop.services.cloud_metrics import CloudMetrics, next_span
from gmops_desktop.services.servers import Servers
from sandbox.tencent import Api, handler
from sandbox.tencent_account import Account
from sandbox.tencent_backups import REGION, Behaviour
from sandbox.tencent_monitor import wave

NOW = datetime(2018, 11, 22, 10, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)
HOST = Resource("h", "host", "web", SshAddress("203.0.113.10"))
MYSQL = Resource("m", "mysql", "chamber", MysqlAddress("10.0.0.12", 3306, "ops", "chamber"))
ADDRESS = CloudAddress("AKID", (REGION,))


class Cloud:
    """The stand-in's account at a time of the test's own, and what was asked of it."""

    def __init__(self) -> None:
        self.now = NOW
        self.behaviour = Behaviour(measured_days=400)
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self._account = Account(lambda: self.now, lambda: self.behaviour)
        self.failing: CloudRefused | None = None

    def call(
        self, service: str, version: str, action: str, fields: dict[str, Any], context: Context
    ) -> dict[str, Any]:
        self.asked.append((action, fields))
        if self.failing and action == "GetMonitorData":
            raise self.failing
        return self._account.do(service, action, REGION, fields, "")

    def data(self) -> list[dict[str, Any]]:
        """What was asked of GetMonitorData since the last time."""
        asked, self.asked = self.asked, []
        return [fields for action, fields in asked if action == "GetMonitorData"]


class World:
    def __init__(self, database: Database) -> None:
        self.database = database
        self.cloud = Cloud()
        self.resources: list[Resource] = [HOST, MYSQL]
        self.seen = calm_cloud()
        self.names: dict[str, frozenset[str]] = {}
        self.again()

    def again(self) -> None:
        """Start the program anew."""
        self.metrics = CloudMetrics(
            self.database,
            look=lambda address, context: self.seen,
            open_api=lambda address, region: self.cloud,  # type: ignore[arg-type, return-value]
            resolve=lambda host, context: self.names.get(host, frozenset()),
            resources=lambda: self.resources,
            now=lambda: self.cloud.now,
        )

    def look(self, *, hours: float = 0) -> CloudDetails:
        self.cloud.now += timedelta(hours=hours)
        return self.metrics.look(ADDRESS, Context())

    def kept(self, resource_id: str, begin: datetime, end: datetime) -> dict[datetime, dict]:
        with self.database.session() as session:
            rows = measured.samples(session, resource_id, begin, end, source="cloud")
        return {
            datetime.fromtimestamp(one.at / 1000, UTC): dict(one.values)
            for one in rows if one.values
        }  # fmt: skip


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


def recently(world: World, resource_id: str = "h", ago: timedelta = 3 * HOUR) -> None:
    """Let the figures be kept up to a while ago."""
    at = world.cloud.now.replace(minute=0) - ago
    with world.database.session() as session, session.begin():
        samples.keep_span(session, resource_id, (at - HOUR, at), 300, {}, "cloud")


# ---------------------------------------------------------------- whose they are


def test_a_server_is_known_by_its_address_and_a_database_by_its_own(world: World) -> None:
    for one in "hm":
        recently(world, one)
    links = world.look().links
    assert [(one.what, one.id, one.resource_id, one.how) for one in links] == [
        ("cvm", "ins-1", "h", "by its address 203.0.113.10"),
        ("database", "cdb-1", "m", "by its address 10.0.0.12:3306"),
    ]


def test_an_instance_that_is_entered_is_known_by_its_id(world: World) -> None:
    recently(world, "m")
    cloud = CloudDatabase("cdb-1", REGION, "AKID")
    through = MysqlAddress("127.0.0.1", 3306, "ops", "chamber", cloud=cloud)
    world.resources = [Resource("m", "mysql", "chamber", through)]
    [link] = world.look().links
    assert (link.id, link.how) == ("cdb-1", "by its id")
    other = CloudDatabase("cdb-2", REGION, "AKID")
    there = MysqlAddress("10.0.0.12", 3306, "ops", "chamber", cloud=other)
    world.resources = [Resource("m", "mysql", "chamber", there)]
    assert world.look().links == ()


def test_a_server_behind_the_agent_is_known_by_its_id(world: World) -> None:
    recently(world)
    agent = TatAddress("ins-1", REGION, "AKID")
    world.resources = [Resource("h", "host", "web", agent)]
    assert [(one.id, one.how) for one in world.look().links] == [("ins-1", "by its id")]
    other = TatAddress("ins-2", REGION, "AKID")
    world.resources = [Resource("h", "host", "web", other)]
    assert world.look().links == ()


def test_a_name_is_looked_up(world: World) -> None:
    recently(world)
    world.resources = [Resource("h", "host", "web", SshAddress("web.example"))]
    assert world.look().links == ()
    world.names["web.example"] = frozenset(("203.0.113.10",))
    assert [one.id for one in world.look().links] == ["ins-1"]


def test_an_address_of_two_servers_belongs_to_neither(world: World) -> None:
    twin = CloudDetails(**{**vars_of(world.seen), "servers": (SERVER, SERVER)})
    world.seen = twin
    world.resources = [HOST]
    assert world.look().links == ()
    assert world.cloud.asked == []


def vars_of(seen: CloudDetails) -> dict[str, Any]:
    return {name: getattr(seen, name) for name in seen.__dataclass_fields__}


# ---------------------------------------------------------------- what is asked for, and when


def test_whole_hours_are_kept_once_under_our_own_names(world: World) -> None:
    for one in "hm":
        recently(world, one)
    world.look()
    asked = world.cloud.data()
    assert len(asked) == 9  # five metrics of a server, four of a database
    assert {(one["StartTime"], one["EndTime"]) for one in asked} == {
        ("2018-11-22T15:00:00+08:00", "2018-11-22T18:00:00+08:00")
    }
    kept = world.kept("h", NOW - 4 * HOUR, NOW)
    assert len(kept) == 36
    at = NOW.replace(minute=0) - HOUR
    assert kept[at] == {
        "cpu": wave(30.0, at.timestamp()),
        "memory": wave(55.0, at.timestamp()),
        "out_mbit": wave(2.0, at.timestamp()),
        "in_mbit": wave(0.7, at.timestamp()),
        "load_per_core": pytest.approx(wave(2.4, at.timestamp()) / 8),
    }
    assert world.kept("m", NOW - 4 * HOUR, NOW)[at]["hit_share"] == wave(99.0, at.timestamp())

    world.look()
    world.again()  # another program: what is kept is known to it
    assert world.look(hours=0.4).links[0].until == "2018-11-22T10:00:00+00:00"
    assert world.cloud.data() == []
    world.look(hours=0.6)
    assert {one["StartTime"] for one in world.cloud.data()} == {"2018-11-22T18:00:00+08:00"}


def test_the_spelling_is_the_services(world: World) -> None:
    world.cloud.behaviour = Behaviour(spelling="CPUUsage")
    recently(world)
    world.resources = [HOST]
    world.look()
    assert "CPUUsage" in {one["MetricName"] for one in world.cloud.data()}
    assert "cpu" in world.kept("h", NOW - 2 * HOUR, NOW)[NOW.replace(minute=0) - HOUR]


def test_after_days_of_absence_it_goes_on_where_it_stopped(world: World) -> None:
    recently(world)
    world.resources = [HOST]
    world.look()
    world.cloud.data()
    world.look(hours=9 * 24)
    asked = world.cloud.data()
    assert {one["Period"] for one in asked} == {300}
    kept = world.kept("h", NOW - HOUR, world.cloud.now)
    assert len(kept) == 8 + 12 * (9 * 24)  # the first of them at 9:20
    assert world.look().links[0].until == world.cloud.now.replace(minute=0).isoformat()


def test_a_first_time_takes_what_the_cloud_still_has(world: World) -> None:
    world.resources = [HOST]
    looks = 0
    while world.look().links[0].until != NOW.replace(minute=0).isoformat():
        looks += 1
        assert looks < 5
    asked = world.cloud.data()
    assert {one["Period"] for one in asked} == {300, 3600, 86400}
    kept = sorted(world.kept("h", NOW - timedelta(days=200), NOW))
    assert NOW - kept[0] > timedelta(days=184)
    fine = [at for at in kept if at > NOW - timedelta(days=30)]
    assert {after - at for at, after in pairwise(fine)} == {timedelta(minutes=5)}
    for one in asked:
        begin, end = (datetime.fromisoformat(one[name]) for name in ("StartTime", "EndTime"))
        assert (end - begin).total_seconds() / one["Period"] <= MOST_POINTS
        there = next(kept for period, kept in KEPT if period == one["Period"])
        assert NOW - begin < there


def test_rolled_up_history_is_whole_over_the_joints_of_a_backfill(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hours at the end of one span and the beginning of the next are not lost to either, even
    where the first is rolled up and its samples are gone before the next comes."""
    monkeypatch.setattr(cloud_metrics, "_MOST_CALLS", 1)
    recently(world, ago=timedelta(days=13))
    world.resources = [HOST]
    for days in (8, 3, 0):
        until = datetime.fromisoformat(world.look().links[0].until)
        assert (NOW - until).days == days
        with world.database.session() as session, session.begin():
            while samples.roll_up(session, world.cloud.now):
                pass
    begin = NOW.replace(minute=0) - timedelta(days=13)
    with world.database.session() as session:
        hours = measured.rollups(session, "h", "hour", begin, NOW, ("cpu",), source="cloud")
    counts = [one["cpu"].count for _, one in hours if "cpu" in one]
    assert counts == [12] * (13 * 24)


def test_a_thing_without_figures_is_not_asked_again_and_again(world: World) -> None:
    world.cloud.behaviour = Behaviour(measured_days=0)
    recently(world, ago=timedelta(days=32))
    world.resources = [HOST]
    world.look()
    world.look()
    with world.database.session() as session, session.begin():
        while samples.roll_up(session, world.cloud.now):
            pass
    world.cloud.data()
    world.again()
    assert world.look().links[0].until == NOW.replace(minute=0).isoformat()
    assert world.cloud.data() == []


def test_without_the_agent_memory_is_named_as_missing(world: World) -> None:
    world.cloud.behaviour = Behaviour(agent=False)
    recently(world)
    world.resources = [HOST]
    [link] = world.look().links
    assert link.missing == ("memory", "load_per_core")
    assert world.kept("h", NOW - 2 * HOUR, NOW)[NOW.replace(minute=0) - HOUR].keys() == {
        "cpu", "out_mbit", "in_mbit",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("code", "said", "denied"),
    [
        ("UnauthorizedOperation", "the keys may not use monitor:GetMonitorData", True),
        ("RequestLimitExceeded", "RequestLimitExceeded", False),
        ("ClientNetworkError", "ClientNetworkError", False),
    ],
)
def test_what_is_refused_is_said_and_asked_for_again(
    world: World, code: str, said: str, denied: bool
) -> None:
    recently(world)
    world.resources = [HOST]
    world.cloud.failing = CloudRefused("GetMonitorData", code, "no", "", "monitor")
    seen = world.look()
    assert said in seen.sections["metrics"]
    assert ("metrics" in seen.denied) is denied
    assert seen.servers == (SERVER,)
    assert world.kept("h", NOW - 4 * HOUR, NOW) == {}
    world.cloud.failing = None
    assert world.look().sections == {}
    assert len(world.kept("h", NOW - 4 * HOUR, NOW)) == 36


def test_a_metric_that_an_instance_has_not_costs_no_other(world: World) -> None:
    recently(world)
    world.resources = [HOST]
    call = world.cloud.call

    def without_memory(service: str, version: str, action: str, fields: dict, context: Context):
        if fields.get("MetricName") == "MemUsage":
            raise CloudRefused(action, "InvalidParameterValue", "not for this", "")
        return call(service, version, action, fields, context)

    world.cloud.call = without_memory  # type: ignore[method-assign]
    [link] = world.look().links
    assert link.missing == ("memory",)


@given(st.integers(0, 400 * 24), st.integers(0, 59), st.integers(1, 50))
def test_a_span_always_moves_on_and_lies_where_the_cloud_has_it(
    hours: int, minute: int, instances: int
) -> None:
    now = NOW.replace(minute=minute)
    since, rounds = now - hours * HOUR, 0
    while (due := next_span(since, now, instances)) is not None:
        (begin, end), period = due
        assert begin < end <= now
        assert now - begin < dict(KEPT)[period]
        points = (end - begin).total_seconds() / period * instances
        assert points <= MOST_POINTS or end - begin == HOUR
        assert since <= begin or begin == since.replace(minute=0)
        since, rounds = end, rounds + 1
    assert rounds <= 400 * 24


# ---------------------------------------------------------------- odd answers


class Said:
    def __init__(self, answer: dict[str, Any]) -> None:
        self.answer = answer

    def call(self, *_words: object) -> dict[str, Any]:
        return self.answer


def point(**changed: object) -> dict[str, Any]:
    whole = {"Dimensions": [{"Name": "InstanceId", "Value": "ins-1"}],
             "Timestamps": [NOW.timestamp()], "Values": [1.0]}  # fmt: skip
    return {**whole, **changed}


@pytest.mark.parametrize(
    "answer",
    [{}, {"DataPoints": [{}]}, {"DataPoints": [point(Values=[])]},
     {"DataPoints": [point(Values=["x"])]}, {"DataPoints": [point(Dimensions=[])]}],
)  # fmt: skip
def test_half_an_answer_is_not_kept(answer: dict[str, Any]) -> None:
    with pytest.raises(Unknown, match="GetMonitorData is not whole"):
        values(Said(answer), "cvm", "x", ["ins-1"], (NOW, NOW + HOUR), 300, Context())  # type: ignore[arg-type]


def test_gaps_nulls_and_what_lies_outside_are_left_out() -> None:
    times = [NOW.timestamp() + 300 * step for step in (-1, 0, 2, 12)]
    answer = {"DataPoints": [point(Timestamps=times, Values=[9.0, 1.0, None, 9.0])]}
    found = values(Said(answer), "cvm", "x", ["ins-1"], (NOW, NOW + HOUR), 300, Context())  # type: ignore[arg-type]
    assert found == {"ins-1": {NOW: 1.0}}
    assert values(Said({"DataPoints": []}), "cvm", "x", [], (NOW, NOW + HOUR), 300, Context()) == {}  # type: ignore[arg-type]


def test_another_unit_is_another_metric() -> None:
    said = Said({"MetricSet": [{"MetricName": "CPUUsage", "Unit": "count", "Period": [300]}]})
    assert offered(said, "cvm", Context()) == ()  # type: ignore[arg-type]
    with pytest.raises(Unknown):
        offered(Said({"MetricSet": None}), "cvm", Context())  # type: ignore[arg-type]


# ---------------------------------------------------------------- over a real line, with the SDK


@pytest.fixture
def endpoint() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler(Api(Account(), {"AKID": "k"}))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_tencents_own_models_know_every_field(endpoint: str) -> None:
    api = Tencent("AKID", "k", endpoint=endpoint)
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    for product, id in (("cvm", "ins-1"), ("database", INSTANCE.id)):
        for metric in offered(api, product, Context()):  # type: ignore[arg-type]
            found = values(
                api,
                product,
                metric.name,
                [id],
                (now - HOUR, now),
                300,
                Context(),  # type: ignore[arg-type]
            )
            assert len(found[id]) == 12


# ---------------------------------------------------------------- in our gaps


def test_our_gaps_are_filled_and_counted_as_gaps(world: World, database: Database) -> None:
    recently(world, ago=10 * HOUR)
    world.resources = [HOST]
    world.look()
    servers = Servers(
        database, look_host=_none, look_mysql=_none, look_web=_none, look_account=_none,
        look_cloud=_none, now=lambda: world.cloud.now,
    )  # fmt: skip
    begin = NOW.replace(minute=0) - 6 * HOUR
    with database.session() as session, session.begin():
        for minute in (*range(0, 60, 5), *range(180, 380, 5)):
            at = begin + timedelta(minutes=minute)
            samples.keep(session, "h", at, 300, {"cpu": 70.0, "up": 1.0})

    def shown(since: datetime) -> Series:
        return servers.many("h", ("cpu",), since)["cpu"]

    young = shown(begin)
    assert {one.value for one in young.points} == {70.0, None}
    filled = [one for one in young.others if one.value is not None]
    # The last look before the gap speaks for ten minutes.
    assert (filled[0].at, filled[-1].at) == (
        begin + timedelta(minutes=65), begin + timedelta(minutes=175),
    )  # fmt: skip
    assert young.others[-1].value is None
    assert young.coverage == pytest.approx(265 / 380)

    old = shown(begin - timedelta(days=3))  # from roll-ups: whole hours
    # What our last look says of the second hour's first minutes stands for that hour.
    assert [one.value for one in old.points if one.value is not None] == [70.0] * 6
    hours = [one.at for one in old.others if one.value is not None]
    assert begin + timedelta(minutes=90) not in hours
    assert begin + timedelta(minutes=150) in hours
    assert not {one.at for one in old.points if one.value is not None} & set(hours)


def _none(address: object, context: Context) -> Any:
    raise AssertionError
