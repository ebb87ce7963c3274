"""Looks at something over a month, brought down to what a chart can show; pure arithmetic.

Where nobody looked there is nothing: None, never the last value and never zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from statistics import median

from gmops_desktop.contract.terms import ZONE, day_of

Points = Sequence[tuple[datetime, float | None]]


@dataclass(frozen=True, slots=True)
class Day:
    """One day of looks: the `share` of the answered ones that were good, None without any."""

    day: date
    share: float | None


def bounds(start: date, end: date) -> tuple[datetime, datetime]:
    """Return the first instant of `start` and the first after `end`, in Beijing time."""
    after = end + timedelta(days=1)
    return datetime.combine(start, time(), ZONE), datetime.combine(after, time(), ZONE)


def fineness(series: Sequence[Points], start: date, end: date, most: int = 240) -> int:
    """Return into how many equal parts to cut the period so that a gap means a gap.

    No part is shorter than two usual steps between looks.
    """
    first, after = bounds(start, end)
    whole = (after - first).total_seconds()
    shortest = whole / most
    for points in series:
        times = sorted(at for at, _ in points if first <= at < after)
        steps = [(later - earlier).total_seconds() for earlier, later in pairwise(times)]
        shortest = max(shortest, 2 * median(steps) if steps else 0.0)
    return max(1, int(whole / shortest))


def peaks(points: Points, start: date, end: date, count: int) -> list[float | None]:
    """Return the highest value in each of `count` equal parts of the period."""
    first, after = bounds(start, end)
    found: list[float | None] = [None] * count
    for at, value in points:
        if value is None or not first <= at < after:
            continue
        part = int((at - first) / (after - first) * count)
        known = found[part]
        found[part] = value if known is None else max(known, value)
    return found


def by_day(points: Points, start: date, end: date) -> list[Day]:
    """Return each day of the period with the mean of what was learnt on it."""
    values: dict[date, list[float]] = {}
    for at, value in points:
        if value is not None:
            values.setdefault(day_of(at), []).append(value)
    days = (start + timedelta(days=number) for number in range((end - start).days + 1))
    return [Day(day, mean(values.get(day, ()))) for day in days]


def mean(values: Sequence[float]) -> float | None:
    """Return the mean, or None of nothing."""
    return sum(values) / len(values) if values else None


def share(points: Points) -> float | None:
    """Return the share of the answered looks that were good, 0 to 1; None where none answered."""
    return mean([value for _, value in points if value is not None])


def coverage(points: Points, start: date, end: date, now: datetime) -> float:
    """Return the share of the period, as far as it has passed by `now`, in which anybody looked.

    An answered look speaks for the time until the next one, but for no more than two usual steps:
    after a night asleep the evening's last look does not speak for the night.
    """
    first, after = bounds(start, end)
    after = min(after, now)
    times = sorted({at for at, _ in points if first <= at < after})
    if not times:
        return 0.0
    answered = {at for at, value in points if value is not None}
    steps = [(later - earlier).total_seconds() for earlier, later in pairwise(times)]
    reach = 2 * median(steps) if steps else 0.0
    seen = sum(
        min(reach, (later - at).total_seconds())
        for at, later in pairwise([*times, after])
        if at in answered
    )
    return min(1.0, seen / (after - first).total_seconds())


def runs(values: Sequence[float | None]) -> list[tuple[int, int]]:
    """Return the stretches (first, end) of `values` that are known, in order."""
    found: list[tuple[int, int]] = []
    begin = None
    for index, value in enumerate([*values, None]):
        if value is not None and begin is None:
            begin = index
        elif value is None and begin is not None:
            found.append((begin, index))
            begin = None
    return found


def gaps(known: Sequence[Sequence[float | None]]) -> list[tuple[int, int]]:
    """Return the stretches in which none of the equally long series knows anything."""
    if not known:
        return []
    nothing = [
        1.0 if all(one is None for one in column) else None for column in zip(*known, strict=True)
    ]
    return runs(nothing)
