"""Looks boiled down to hours and days: pure arithmetic over what was stored of each look.

A look speaks for the time until the next one, but for no longer than twice the interval in which
looks were taken then: one missed beat is forgiven, a sleeping machine is not.  All times are whole
milliseconds since 1970, so that equal samples always give equal sums.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

PATIENCE: Final = 2  # intervals for which a look speaks where no other follows
HOUR: Final = 3_600_000
DAY: Final = 24 * HOUR
_OFFSET: Final = 8 * HOUR  # Beijing is ahead of UTC all the year (contract.terms.ZONE)


@dataclass(frozen=True, slots=True)
class Sample:
    """What one look stored: its time, the interval in which looks were taken, and the values.

    A value of None says that we looked and did not learn it.
    """

    at: int
    every: int
    values: Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Rollup:
    """One metric over an hour or a day: `count` values were taken, which speak for `covered` ms.

    Without any of its own (`count` 0) the span knows only the value that still spoke from before.
    """

    low: float
    mean: float
    high: float
    last: float
    count: int
    covered: int


@dataclass(slots=True)
class _Tally:
    values: list[float] = field(default_factory=list)
    before: float = 0.0
    covered: int = 0


def hour_of(at: int) -> int:
    """Return when the hour of a moment begins."""
    return at - at % HOUR


def day_of(at: int) -> int:
    """Return when the day of a moment begins where the contract is kept."""
    return at - (at + _OFFSET) % DAY


def spoken(samples: Sequence[Sample], end: int) -> Iterator[tuple[Sample, int]]:
    """Yield each sample, in order of time, with the moment until which it speaks."""
    for place, sample in enumerate(samples):
        after = samples[place + 1].at if place + 1 < len(samples) else end
        yield sample, min(sample.at + PATIENCE * sample.every, max(after, sample.at), end)


def roll(samples: Sequence[Sample], begin: int, end: int) -> dict[str, Rollup]:
    """Return the roll-ups of one span by metric.

    `samples` are in order of time and hold, beside those within, what still speaks from before.
    """
    found: dict[str, _Tally] = {}
    for sample, until in spoken(samples, end):
        if sample.at >= end or (sample.at < begin and until <= begin):
            continue
        covered = max(0, until - max(sample.at, begin))
        for metric, value in sample.values.items():
            if value is None:
                continue
            tally = found.get(metric)
            if tally is None:
                tally = found[metric] = _Tally()
            tally.covered += covered
            if sample.at >= begin:
                tally.values.append(value)
            else:
                tally.before = value
    return {metric: _rollup(tally) for metric, tally in found.items()}


def combine(parts: Iterable[Mapping[str, Rollup]]) -> dict[str, Rollup]:
    """Return the roll-ups of a longer span from those of its parts, in order of time."""
    found: dict[str, list[Rollup]] = {}
    for part in parts:
        for metric, one in part.items():
            found.setdefault(metric, []).append(one)
    return {metric: _combined(ones) for metric, ones in found.items()}


def _combined(parts: Sequence[Rollup]) -> Rollup:
    own = [one for one in parts if one.count] or parts
    count = sum(one.count for one in own)
    mean = own[-1].mean
    if count:
        mean = math.fsum(one.mean * one.count for one in own) / count
    low, high = min(one.low for one in own), max(one.high for one in own)
    # Rounding must not carry the mean outside of what was measured.
    mean = min(max(mean, low), high)
    return Rollup(low, mean, high, own[-1].last, count, sum(one.covered for one in parts))


def _rollup(tally: _Tally) -> Rollup:
    if not tally.values:
        value = tally.before
        return Rollup(value, value, value, value, 0, tally.covered)
    low, high = min(tally.values), max(tally.values)
    mean = min(max(math.fsum(tally.values) / len(tally.values), low), high)
    return Rollup(low, mean, high, tally.values[-1], len(tally.values), tally.covered)
