"""The status page at its size: a year of samples of ten resources.

    python3 dev.py bench --only status

The year is made by a seeded walk and packed by the program's own code: hours and days of the whole
year, the looks of the last week one by one.  Measured is what the window does, painted offscreen.
"""

from __future__ import annotations

import math
import os
import random
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import insert
from sqlalchemy.orm import Session

from benchmarks.figures import Figure, write
from db import samples
from db.columns import from_milliseconds, to_milliseconds
from db.engine import Database
from db.journal import Journal
from db.models import RollupRow, SampleRow
from db.sample_rows import pack_rollups, pack_values
from gmops_desktop.addresses import SshAddress
from gmops_desktop.contract.metrics import HOST, LOOK, UP
from gmops_desktop.contract.rollups import DAY, HOUR, Rollup, combine, day_of, hour_of
from gmops_desktop.services.contracts import Contracts

RESOURCES: Final = 10
METRICS: Final = 20
EVERY: Final = 60


def names() -> tuple[str, ...]:
    """Return twenty metrics: those of a host and the two figures of as many disks as it takes."""
    own = (UP, LOOK, *(one.key for one in HOST))
    disks = (f"{what}:/data{place}" for place in range(9) for what in ("used", "free"))
    return (*own, *disks)[:METRICS]


def fill(database: Database, resources: Sequence[str], days: int, now: datetime) -> None:
    """Write `days` of roll-ups and the last week of looks, as `db.samples` would have left them."""
    chance = random.Random(20180402)
    for resource in resources:
        with database.session() as session, session.begin():
            _fill_one(session, resource, days, now, chance)


def _fill_one(
    session: Session, resource: str, days: int, now: datetime, chance: random.Random
) -> None:
    end = hour_of(to_milliseconds(now))
    begin, young = end - days * DAY, end - samples.RAW_FOR // timedelta(milliseconds=1)
    level = dict.fromkeys(names(), 50.0) | {UP: 1.0, LOOK: 1.0}
    spans: list[dict[str, object]] = []
    looks: list[dict[str, object]] = []
    day: list[dict[str, Rollup]] = []
    for hour in range(begin, end, HOUR):
        if hour >= young:
            minutes = [dict(_walk(level, chance)) for _ in range(60)]
            rolled = {name: _rolled([one[name] for one in minutes]) for name in level}
            looks += [
                {
                    "resource_id": resource,
                    "source": "own",
                    "at": from_milliseconds(hour + place * EVERY * 1000),
                    "every": EVERY,
                    "data": pack_values(session, one),
                }
                for place, one in enumerate(minutes)
            ]
        else:
            rolled = {name: _guessed(value, chance) for name, value in _walk(level, chance)}
        spans.append(_row(session, resource, "hour", hour, rolled))
        day.append(rolled)
        if day_of(hour + HOUR) != day_of(hour) or hour + HOUR == end:
            spans.append(_row(session, resource, "day", day_of(hour), combine(day)))
            day = []
    session.execute(insert(RollupRow), spans)
    session.execute(insert(SampleRow), looks)


def _walk(level: dict[str, float], chance: random.Random) -> Iterator[tuple[str, float]]:
    """Move each metric a little, like measured values: with all their digits."""
    for name in level:
        if name not in (UP, LOOK):
            level[name] = min(100.0, max(0.0, level[name] + chance.random() - 0.5))
        yield name, level[name]


def _rolled(values: list[float]) -> Rollup:
    mean = math.fsum(values) / len(values)
    return Rollup(min(values), mean, max(values), values[-1], len(values), HOUR)


def _guessed(value: float, chance: random.Random) -> Rollup:
    """Return an hour around `value`; one that never moves, where it is a whole number."""
    if value == 1.0:
        return Rollup(1, 1, 1, 1, 60, HOUR)
    low, high = value - 3 * chance.random(), value + 3 * chance.random()
    return Rollup(low, value, high, (low + high) / 2, 60, HOUR)


def _row(
    session: Session, resource: str, span: str, begin: int, rolled: dict[str, Rollup]
) -> dict[str, object]:
    return {
        "resource_id": resource,
        "source": "own",
        "span": span,
        "begin": from_milliseconds(begin),
        "looks": rolled[LOOK].count,
        "watched": rolled[LOOK].covered,
        "final": False,
        "data": pack_rollups(session, rolled),
    }


def measure(folder: Path, days: int, out: Path) -> None:
    """Measure everything, and write `status.md` and `status.json`."""
    from benchmarks.status_window import charts

    folder.mkdir(parents=True)
    print(f"Making {days} days of {METRICS} metrics of {RESOURCES} resources ...", flush=True)
    path, figures = folder / "store.db", list[Figure]()
    database = Database(path)
    empty = path.stat().st_size
    contracts = Contracts(database, Journal(database, actor=lambda: "张伟"))
    now = datetime.now(UTC)
    contract = contracts.load_example()
    contracts.save_contract(
        replace(contract, start=(now - timedelta(days=days)).date(), end=now.date())
    )
    resources = [
        contracts.save_resource("host", f"web{n}", SshAddress(f"10.0.0.{n}"))
        for n in range(RESOURCES)
    ]
    try:
        fill(database, [one.id for one in resources], days, now)
        database.close()  # folds the log into the file
        size = path.stat().st_size - empty
        with closing(sqlite3.connect(path)) as store:
            parts = dict(store.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name"))
        charts(database, contracts, resources[0], days, figures.append)
    finally:
        database.close()
    facts = {
        "samples": f"{days} days of {METRICS} metrics of {RESOURCES} resources, every {EVERY} s",
        "store": f"{size / 1e6:.0f} MB: looks of a week {parts['samples'] / 1e6:.0f} MB, "
        f"roll-ups {parts['rollups'] / 1e6:.0f} MB",
        "load at the end": f"{os.getloadavg()[0]:.1f} of {os.cpu_count()} CPUs",
    }
    write(out, "status", facts, figures)
