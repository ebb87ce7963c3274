"""One metric over time as a chart draws it: points, breaks where nobody looked, and coverage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from gmops_desktop.contract.rollups import Rollup, Sample, spoken

MOST_POINTS: Final = 3000  # of a series: more than a screen has columns
_EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
_MILLISECOND: Final = timedelta(milliseconds=1)


class Point(NamedTuple):
    """A value at a time, and the lowest and highest that stand behind it.

    A value of None breaks the line: from then on nobody looked, or nothing was learnt.
    """

    at: datetime
    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """The values of one metric, oldest first.

    `coverage` is the share of the time (0 to 1) in which we looked and learnt the value; `taken`
    how many values stand behind the points; `step` is the span in seconds each point stands for,
    0 where it is a single look.  `others` are the values that somebody else has of the time in
    which we did not look; they count for nothing but themselves.
    """

    points: tuple[Point, ...] = ()
    coverage: float = 0.0
    taken: int = 0
    step: int = 0
    others: tuple[Point, ...] = ()

    @property
    def mean(self) -> float | None:
        """The mean of all points, None without any."""
        values = [point.value for point in self.points if point.value is not None]
        return sum(values) / len(values) if values else None


def of_samples(samples: Sequence[Sample], metric: str, begin: datetime, end: datetime) -> Series:
    """Return the series of one metric from the looks themselves."""
    points: list[Point] = []
    covered = taken = 0
    last = (end - _EPOCH) // _MILLISECOND
    following = [*(sample.at for sample in samples), last][1:]
    for (sample, until), after in zip(spoken(samples, last), following, strict=True):
        value = sample.values.get(metric)
        if value is not None:
            points.append(Point(_moment(sample.at), value, value, value))
            covered, taken = covered + max(0, until - sample.at), taken + 1
        elif points and points[-1].value is not None:
            points.append(Point(_moment(sample.at), None))
        if value is not None and until < after:
            points.append(Point(_moment(until), None))
    return Series(thinned(points, MOST_POINTS), _share(covered, begin, end), taken)


def of_rollups(
    rollups: Sequence[tuple[int, Mapping[str, Rollup]]],
    metric: str,
    begin: datetime,
    end: datetime,
    span: int,
) -> Series:
    """Return the series of one metric from its hours or days (`span` in milliseconds)."""
    points: list[Point] = []
    covered = taken = 0
    after = None
    for start, found in rollups:
        one = found.get(metric)
        if one is None:
            continue
        if after is not None and start > after:
            points.append(Point(_moment(after), None))
        points.append(Point(_moment(start + span // 2), one.mean, one.low, one.high))
        covered, taken, after = covered + one.covered, taken + one.count, start + span
    return Series(thinned(points, MOST_POINTS), _share(covered, begin, end), taken, span // 1000)


def filled(own: Series, others: Series, begin: datetime, end: datetime) -> Series:
    """Return a series with another one's values in its gaps.

    A value of None ends each run of them, so that no line leads over what we saw ourselves.
    """
    half = timedelta(seconds=own.step / 2)
    found: list[Point] = []
    for first, last in _gaps(own.points, begin, end, half):
        inside = [one for one in others.points if first <= one.at < last]
        known = [place for place, one in enumerate(inside) if one.value is not None]
        if known:
            found += inside[known[0] : known[-1] + 1]
            found.append(Point(min(last, inside[known[-1]].at), None))
    return replace(own, others=tuple(found))


def _gaps(
    points: Sequence[Point], begin: datetime, end: datetime, half: timedelta
) -> Iterator[tuple[datetime, datetime]]:
    """Yield from when to when a series knows nothing; `half` a point's span lies before it."""
    since: datetime | None = begin
    for one in points:
        if one.value is None:
            since = one.at if since is None else since
        elif since is not None:
            yield since, one.at - half
            since = None
    if since is not None:
        yield since, end


def thinned(points: Sequence[Point], most: int) -> tuple[Point, ...]:
    """Return about `most` points at the most: neighbours become their mean, gaps stay gaps."""
    size = -(-len(points) // most)
    if size <= 1:
        return tuple(points)
    found: list[Point] = []
    group: list[Point] = []

    def flush() -> None:
        if group:
            values = [point.value for point in group if point.value is not None]
            lows = [point.low for point in group if point.low is not None]
            highs = [point.high for point in group if point.high is not None]
            mean = sum(values) / len(values)
            found.append(
                Point(group[len(group) // 2].at, mean, min(lows, default=mean),
                      max(highs, default=mean))
            )  # fmt: skip
            group.clear()

    for point in points:
        if point.value is None:
            flush()
            if not found or found[-1].value is not None:
                found.append(point)
            continue
        group.append(point)
        if len(group) == size:
            flush()
    flush()
    return tuple(found)


def _share(covered: int, begin: datetime, end: datetime) -> float:
    whole = (end - begin) // _MILLISECOND
    return min(1.0, covered / whole) if whole > 0 else 0.0


def _moment(at: int) -> datetime:
    return _EPOCH + at * _MILLISECOND
