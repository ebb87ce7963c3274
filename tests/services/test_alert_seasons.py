"""Seasons of random looks through the real services, against a plain reading of the rules.

They are short; `GMOPS_SOAK=20` tries that many, of four hours each.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from db.engine import Database
from db.journal import Journal
from gmops_desktop.addresses import Resource, SshAddress, WebAddress
from gmops_desktop.context import Context
from gmops_desktop.contract.changes import AUDIENCES
from gmops_desktop.contract.looks import Disk, HostDetails, WebDetails
from gmops_desktop.contract.thresholds import HOLDS, LIMITS, Hold
from gmops_desktop.errors import OpsError
from gmops_desktop.services.alerts import Alerts
from gmops_desktop.services.servers import Servers
from gmops_desktop.services.tickets import Tickets
from gmops_desktop.services.troubles import Troubles

GB = 10**9
MINUTE = timedelta(minutes=1)
BEGIN = datetime(2026, 11, 2, tzinfo=UTC)
HOST = Resource("host", "host", "web1", SshAddress("web1"))
SITE = Resource("site", "website", "官网", WebAddress("https://site.example/"))

Level = int  # 0 well, 1 warning, 2 critical
Found = float | None  # a value, or nobody could look


@dataclass
class Rule:
    """One finding as the guide tells it, recounted anew at every look from all that came before.

    `levels` are what the looks said, None where nobody knew.
    """

    hold: Hold
    state: Level = 0
    since: int = -1  # the look at which the state changed
    levels: list[Level | None] = field(default_factory=list)

    def hear(self, level: Level | None) -> None:
        self.levels.append(level)
        here = len(self.levels) - 1
        if level is None or level == self.state:
            return
        worse = level > self.state
        run: list[Level] = []
        for one in reversed(self.levels[self.since + 1 :]):
            if one is None or one == self.state or (one > self.state) != worse:
                break
            run.append(one)
        lasted = len(run) >= self.hold.looks if worse else len(run) - 1 >= self.hold.calm
        if lasted:
            self.state = min(run) if worse else max(run)
            self.since = here


def level_of(value: float, before: Level, warning: tuple, critical: tuple | None) -> Level:
    """The level of a value by trigger and clear."""
    for rank, pair in ((2, critical), (1, warning)):
        if pair is not None and value >= pair[1 if before >= rank else 0]:
            return rank
    return 0


class Season:
    """A look a minute at a host and its site, whatever they are."""

    def __init__(self, folder: Path) -> None:
        self.database = Database(folder / "store.db")
        self.now = BEGIN
        self.memory: Found = 50.0
        self.up: bool | None = True
        journal = Journal(self.database, actor=lambda: "Zhang", now=lambda: self.now)
        self.journal = journal
        self.tickets = Tickets(self.database, journal, now=lambda: self.now)
        self.servers = Servers(
            self.database, look_host=self._host, look_mysql=self._none, look_web=self._site,
            look_account=self._none, look_cloud=self._none, now=lambda: self.now,
        )  # fmt: skip
        troubles = Troubles(self.database, journal, self.tickets, now=lambda: self.now)
        self.alerts = Alerts(self.database, troubles, lambda: [HOST, SITE], now=lambda: self.now)

    def look(self) -> None:
        self.now += MINUTE
        self.servers.look([HOST, SITE], Context())
        self.alerts.follow()

    def standing(self, key: str) -> str:
        return next((one.state for one in self.alerts.active() if one.key == key), "ok")

    def _host(self, _address: object, _context: object) -> HostDetails:
        if self.memory is None:
            raise OpsError("web1 did not answer.")
        free = int(8 * GB * (1 - self.memory / 100))
        return HostDetails(
            system="Debian 12", kernel="6.1", boot_id="b", uptime_seconds=86400.0, cores=8,
            cpu=20.0, iowait=0.0, steal=0.0, memory_total=8 * GB, memory_available=free,
            swap_total=0, swap_free=0, load1=1.0, load5=1.0,
            disks=(Disk("/", "/dev/vda1", 100 * GB, 50 * GB, 50 * GB, 50.0),), disk_busy=1.0,
            out_mbit=2.0, in_mbit=1.0, failed_units=(), oom_kills=0, clock_seconds=0.0,
        )  # fmt: skip

    def _site(self, _address: object, _context: object) -> WebDetails:
        if self.up is None:
            raise OpsError("The line is down.")
        return WebDetails(200 if self.up else 502, 0.2, True, 60.5, True, 200, 12_345)

    def _none(self, *_words: object) -> object:
        raise AssertionError


@pytest.fixture
def season(tmp_path: Path) -> Iterator[Season]:
    season = Season(tmp_path)
    yield season
    season.database.close()


WORDS = ("ok", "warning", "critical")
SOAK = int(os.environ.get("GMOPS_SOAK", "0"))
SEEDS, LOOKS = (range(SOAK), 240) if SOAK else ([4], 50)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_season_of_random_looks_is_what_the_rules_say(season: Season, seed: int) -> None:
    """Memory wanders around its limits, the site fails at random, and now and then nobody sees."""
    chance = random.Random(seed)
    limit = LIMITS["memory"]
    assert limit.warning
    rules = {"memory": Rule(Hold()), "down": Rule(HOLDS["down"])}
    seen: Level = 0
    value, opened = 80.0, 0
    for minute in range(LOOKS):
        value = min(100.0, max(60.0, value + chance.gauss(0, 3)))
        season.memory = None if chance.random() < 0.03 else value
        season.up = chance.choices((True, False, None), (0.7, 0.27, 0.03))[0]
        season.look()
        if season.memory is None:
            rules["memory"].hear(None)
        else:
            seen = level_of(value, seen, limit.warning, limit.critical)
            rules["memory"].hear(seen)
        before = rules["down"].state
        rules["down"].hear(None if season.up is None else 0 if season.up else 2)
        opened += rules["down"].state > before
        for key, rule in rules.items():
            assert season.standing(key) == WORDS[rule.state], (minute, key)
    by_key = {ticket.title: ticket for ticket in season.tickets.all()}
    assert len(by_key) == len(season.tickets.all()) <= 2, (
        "each trouble has one ticket, joined later"
    )
    if opened:
        [site] = [one for one in season.tickets.all() if one.resource_id == "site"]
        told = [one.text for one in season.tickets.steps(site.id)]
        assert sum("over since" in text for text in told) >= opened - 1


def test_a_season_in_a_window_tells_nothing_until_the_window_is_over(season: Season) -> None:
    """Everything breaks at random while an announced window runs; what outlasts it is told."""
    chance = random.Random(7)
    told = {f"announced_{one}": "mail" for one in AUDIENCES}
    with season.database.session() as session, session.begin():
        season.journal.record(
            session, "change", "c1", "change.opened",
            {"resource_id": SITE.id, "state": "announced", **told,
             "window_from": season.now.isoformat(),
             "window_to": (season.now + 20 * MINUTE).isoformat()},
        )  # fmt: skip
    while season.now < BEGIN + 20 * MINUTE:
        season.up = chance.choices((True, False), (0.4, 0.6))[0]
        season.look()
        assert season.tickets.all() == ()
        assert all(one.quiet for one in season.alerts.active())
    season.up = False
    for _ in range(4):
        season.look()
    [ticket] = season.tickets.all()
    assert ticket.resource_id == SITE.id
    [alert] = season.alerts.active()
    assert (alert.quiet, alert.ticket) == (False, ticket.number)
