"""A year of looks, replayed as it was lived: every hour and day is what a recount of all says.

A few days each time; `GMOPS_SOAK=365` replays that many.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from dataclasses import astuple
from datetime import UTC, datetime
from typing import NamedTuple

import pytest

from db import measured, samples
from db.columns import from_milliseconds, to_milliseconds
from db.engine import Database
from gmops_desktop.contract.rollups import DAY, HOUR, PATIENCE, Rollup

DAYS = int(os.environ.get("GMOPS_SOAK", "9"))  # more than a week: looks are thrown away by then
BEGIN = to_milliseconds(datetime(2026, 3, 1, 16, tzinfo=UTC))  # midnight in Beijing
END = BEGIN + DAYS * DAY
METRICS = ("cpu", "up", "look")

pytestmark = pytest.mark.timeout(0 if "GMOPS_SOAK" in os.environ else 300)


class Look(NamedTuple):
    at: int
    every: int
    values: dict[str, float | None]


def lived() -> Iterator[Look]:
    """Looks every quarter of an hour or so, some more often; nights in which this machine sleeps,
    and looks at which the host does not answer, or does not tell."""
    chance = random.Random(20180306)
    at, cpu = BEGIN, 40.0
    while at < END:
        every = chance.choices((900_000, 300_000), (0.9, 0.1))[0]
        reached = chance.random() > 0.05
        cpu = min(100.0, max(0.0, cpu + chance.gauss(0, 5)))
        known = reached and chance.random() > 0.02
        yield Look(at, every, {
            "cpu": cpu if known else None,
            "up": chance.choice((1.0, 1.0, 1.0, 0.0)) if reached else None,
            "look": float(reached),
        })  # fmt: skip
        at += every + chance.randrange(-20_000, 20_000)
        if chance.random() < 0.01:
            at += chance.randrange(HOUR // 2, 9 * HOUR)


def recount(looks: list[Look], metric: str, length: int) -> dict[int, Rollup]:
    """Every span of a metric, counted from all looks there ever were."""
    inside: dict[int, list[float]] = {}
    covered: dict[int, int] = {}
    carried: dict[int, float] = {}
    for look, after in zip(looks, [*looks[1:], None], strict=True):
        value = look.values[metric]
        if value is None:
            continue
        until = look.at + PATIENCE * look.every
        if after is not None:
            until = min(until, after.at)
        own = BEGIN + (look.at - BEGIN) // length * length
        inside.setdefault(own, []).append(value)
        for begin in range(own, until, length):
            spoken = min(until, begin + length) - max(look.at, begin)
            covered[begin] = covered.get(begin, 0) + spoken
            if begin > own:
                carried[begin] = value
    return {
        begin: _rollup(inside.get(begin, []), carried.get(begin, 0.0), spoken)
        for begin, spoken in covered.items()
    }


def _rollup(values: list[float], before: float, covered: int) -> Rollup:
    if not values:
        return Rollup(before, before, before, before, 0, covered)
    mean = sum(values) / len(values)
    return Rollup(min(values), mean, max(values), values[-1], len(values), covered)


def test_the_year_is_what_a_recount_says(database: Database) -> None:
    looks = list(lived())
    waiting: list[Look] = []
    beat = BEGIN
    for look in looks:
        waiting.append(look)
        if look.at - beat > 4 * HOUR or look is looks[-1]:
            beat, now = look.at, from_milliseconds(look.at)
            with database.session() as session, session.begin():
                for one in waiting:
                    at = from_milliseconds(one.at)
                    samples.keep(session, "r", at, one.every / 1000, one.values)
                while samples.roll_up(session, now):
                    pass
            waiting.clear()
    later = from_milliseconds(END + DAY)
    with database.session() as session, session.begin():
        while samples.roll_up(session, later):
            pass
    begin = from_milliseconds(BEGIN)
    with database.session() as session:
        kept = measured.samples(session, "r", begin, later)
    assert looks[0].at < kept[0].at, "the oldest looks were thrown away on the way"
    for span, length in (("hour", HOUR), ("day", DAY)):
        with database.session() as session:
            found = dict(measured.rollups(session, "r", span, begin, later))
        for metric in METRICS:
            wanted = recount(looks, metric, length)
            told = {at: one[metric] for at, one in found.items() if metric in one}
            assert told.keys() == wanted.keys(), (span, metric)
            for at, one in told.items():
                assert astuple(one) == pytest.approx(astuple(wanted[at])), (span, metric, at)
    with database.session() as session:
        watched = measured.watched(session, ("r",), begin, later)
    assert {at: one for (_, at), one in watched.items()} == {
        at: (one.count, one.covered) for at, one in recount(looks, "look", DAY).items()
    }
