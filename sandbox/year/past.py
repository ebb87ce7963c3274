"""What a look would have found at each moment of the year, at machines that people use.

A sandbox that nobody visits answers every hour the same.  So these looks are made up, as functions
of the time: working days and nights, a disk that fills, a fault whose ticket the year tells, nights
in which nobody looked.  Nothing is asked; the services judge, store and roll them up as ever.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache
from random import Random
from typing import Final

from gmops_desktop.contract.account_parts import CHINA, newest_told
from gmops_desktop.contract.looks import (
    AccountDay,
    AccountDetails,
    Article,
    Disk,
    HostDetails,
    MysqlDetails,
    Standing,
    UnitLog,
    WebDetails,
)
from sandbox import account_days

KERNEL: Final = "6.1.0-31-amd64"
_GB: Final = 10**9
_UNIT: Final = "php-fpm.service"
_FIRST: Final = date(2025, 3, 6)
_FOLLOWERS: Final = 3204  # on the first day
_TITLES: Final = (
    "会员服务周报", "惠企政策解读", "走访会员企业", "活动预告", "商会动态", "会员风采",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outage:
    """The website answered `status` from `begin` to `end`; `unit` says whether its service was
    down."""

    begin: datetime
    end: datetime
    status: int = 502
    unit: bool = True

    def holds(self, at: datetime) -> bool:
        return self.begin <= at < self.end


class Past:
    """The state of the machines; what the year does to them is noted here.

    `now` is the clock.  `fills` notes the disk: from a moment on it holds so much (in %) and grows
    by so much a day.
    """

    def __init__(self, start: datetime, now: Callable[[], datetime]) -> None:
        self.at = now
        self.outages: list[Outage] = []
        self.booted = start - timedelta(days=12)
        self.fills: list[tuple[datetime, float, float]] = [(start, 58.0, 0.045)]
        self.certificate = start + timedelta(days=214)
        self.review = date(2025, 12, 18)
        self.max_connections = 151

    # ------------------------------------------------------------ the looks

    def host(self, _address: object, _context: object) -> HostDetails:
        at = self.at()
        busy, noise = _business(at), _noise(at, "host")
        down = any(one.unit and one.holds(at) for one in self.outages)
        cpu = 6 + 26 * busy + 5 * noise + (48 if down else 0)
        used = min(self._disk(at), 99.0)
        out = 0.15 + 1.9 * busy + 0.4 * abs(noise)
        up = (at - self.booted).total_seconds()
        memory = 0.44 + 0.09 * busy + min(up / 86400, 90) * 0.0012 + (0.2 if down else 0)
        whole = 100 * _GB
        return HostDetails(
            system="Debian GNU/Linux 12 (bookworm)", kernel=KERNEL,
            boot_id=f"{self.booted:%j}",
            uptime_seconds=up, cores=8, cpu=min(cpu, 97.0), iowait=0.4 + 0.8 * busy, steal=0.3,
            memory_total=8 * _GB, memory_available=int(8 * _GB * (1 - memory)),
            swap_total=0, swap_free=0, load1=8 * cpu / 110, load5=8 * cpu / 115,
            disks=(
                Disk("/", "/dev/vda1", whole, int(whole * used / 100),
                     int(whole * (100 - used) / 100), used),
            ),
            disk_busy=2.0 + 4 * busy, out_mbit=out, in_mbit=out / 3,
            failed_units=(_UNIT,) if down else (), oom_kills=0, clock_seconds=0.02,
            unit_logs=(UnitLog(_UNIT, (f"{at:%Y-%m-%dT%H:%M:%S}+0000 web1 php-fpm[812]: server "
                                       "reached pm.max_children setting (5)",)),) if down else (),
        )  # fmt: skip

    def mysql(self, _address: object, _context: object) -> MysqlDetails:
        at = self.at()
        busy = _business(at)
        ran = (at - self.booted).total_seconds()
        full = any(one.unit and one.holds(at) for one in self.outages)
        used = self.max_connections if full else int(9 + 38 * busy + 4 * abs(_noise(at, "mysql")))
        grown = (at.date() - _FIRST).days
        return MysqlDetails(
            "10.11.11-MariaDB", ran, used, self.max_connections, 2 + int(4 * busy), None,
            318_000_000 + grown * 240_000, 24, 5 + grown // 9, 10**8 + int(9 * ran),
        )  # fmt: skip

    def web(self, _address: object, _context: object) -> WebDetails:
        at = self.at()
        busy = _business(at)
        days = (self.certificate - at).total_seconds() / 86400
        seconds = 0.16 + 0.11 * busy + 0.02 * abs(_noise(at, "web"))
        well = WebDetails(200, seconds, True, days, days > 0, 200, 41_000, tls_issuer="DigiCert")
        for one in self.outages:
            if one.holds(at):
                return replace(
                    well, status=one.status, keyword_found=False, admin_status=one.status
                )
        return well

    def account(self, _address: object, _context: object, _before: object) -> AccountDetails:
        at = self.at()
        newest = newest_told(at)
        calm = account_days.calm(at)
        days = tuple(_account_day(newest - timedelta(days=back)) for back in range(13, -1, -1))
        articles = tuple(_articles(newest))
        standing = Standing(True, "光明新区工商联（演示）", True, self.review.isoformat())
        return replace(calm, days=days, articles=articles, standing=standing)

    # ------------------------------------------------------------ what the year does to them

    def cleaned(self, at: datetime, share: float, a_day: float) -> None:
        """From `at` on the disk holds `share` per cent and grows by `a_day`."""
        self.fills.append((at, share, a_day))

    def _disk(self, at: datetime) -> float:
        since, share, a_day = next(one for one in reversed(self.fills) if one[0] <= at)
        return share + a_day * (at - since).total_seconds() / 86400


def _business(at: datetime) -> float:
    """How busy people keep the site: 0 in the dead of night, 1 on a full working day's peak."""
    here = at.astimezone(CHINA)
    hour = here.hour + here.minute / 60
    day = math.exp(-(((hour - 10.5) / 2.6) ** 2)) + 0.85 * math.exp(-(((hour - 15.5) / 2.4) ** 2))
    evening = 0.35 * math.exp(-(((hour - 20.5) / 1.8) ** 2))
    strength = 0.35 if here.weekday() > 4 else 0.8 + 0.2 * _noise_of(f"day {here.date()}")
    return min(1.0, strength * (day + evening))


def _noise(at: datetime, of: str) -> float:
    return _noise_of(f"{of} {at:%Y%m%d%H%M}")


def _noise_of(name: str) -> float:
    """A value between -1 and 1, the same whenever it is asked for."""
    return Random(name).uniform(-1, 1)


def _account_day(on: date) -> AccountDay:
    random = Random(on.toordinal())
    weekday = on.weekday() < 5
    new = random.randint(3, 7) + (4 if weekday else 0)
    return AccountDay(
        on=on.isoformat(),
        followers=_followers(on),
        new=new,
        lost=new - _gained(on),
        readers=random.randint(240, 620) if weekday else random.randint(90, 260),
        shares=random.randint(8, 40),
        calls=random.randint(300, 700),
        failed=int(random.random() < 0.07),
        mean_ms=random.uniform(70, 130),
        longest_ms=random.randint(600, 2200),
        looking=random.randint(2, 14),
        likes=random.randint(3, 22),
    )


@cache
def _followers(on: date) -> int:
    """How many follow at a day's end."""
    if on < _FIRST:
        return _FOLLOWERS - sum(
            _gained(on + timedelta(days=n + 1)) for n in range((_FIRST - on).days)
        )
    return (_followers(on - timedelta(days=1)) if on > _FIRST else _FOLLOWERS) + _gained(on)


def _gained(on: date) -> int:
    """How many followers more at a day's end than at its begin."""
    return Random(f"followers {on}").randint(1, 3) + (2 if on.weekday() < 5 else 0)


def _articles(newest: date) -> list[Article]:
    """What was published on Tuesdays and Fridays of the last days, the newest first."""
    found = []
    for back in range(8):
        on = newest - timedelta(days=back)
        if on.weekday() not in (1, 4):
            continue
        place, random = on.toordinal(), Random(f"article {on}")
        readers = random.randint(260, 720) * min(back + 2, 6) // 6
        title = f"{_TITLES[place % len(_TITLES)]}（{on.month} 月 {on.day} 日）"
        found.append(
            Article(on.isoformat(), title, f"https://mp.example/s/{place}", readers,
                    readers // random.randint(12, 20), round(random.uniform(28, 52), 1))
        )  # fmt: skip
    return found
