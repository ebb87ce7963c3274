"""What a chart draws of a time series: computed from points, without a widget, in any thread."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from gmops_desktop.states import State

Points = Sequence[tuple[datetime, float | None]]
Line = tuple[tuple[float, float], ...]

_LONGEST: Final = 3.0  # steps without a sample that make a gap


@dataclass(frozen=True, slots=True)
class Threshold:
    """A level that should not be passed; `passed` is the state it brings while it is."""

    value: float
    text: str
    passed: State | None = None


@dataclass(frozen=True, slots=True)
class Plot:
    """Everything to draw; times in seconds since 1970, values as they are read.

    `runs` are the points without a gap between them; `band` the lowest and highest value behind a
    point; `others` the lines that `teller` draws through the gaps.
    """

    begin: float = 0.0  # as the end where nothing is known yet
    end: float = 0.0
    low: float = 0.0
    high: float = 1.0
    points: Line = ()
    runs: tuple[Line, ...] = ()
    gaps: tuple[tuple[float, float], ...] = ()
    band: tuple[tuple[float, float, float], ...] = ()
    others: tuple[Line, ...] = ()
    thresholds: tuple[Threshold, ...] = ()
    now: str = ""
    state: State | None = None
    reason: str = ""
    teller: str = ""


def plotted(
    points: Points,
    begin: datetime,
    end: datetime,
    *,
    step: float,
    now: str = "",
    state: State | None = None,
    low: float = 0.0,
    high: float | None = None,
    thresholds: Sequence[Threshold] = (),
    reason: str = "",
    band: Sequence[tuple[datetime, float, float]] = (),
    others: Points = (),
    teller: str = "",
) -> Plot:
    """Return what to draw of `points` between `begin` and `end`.

    `step` is the expected distance of two samples in seconds: three of them without a sample
    are a gap, hatched, with `reason` once; so is what follows a value of None.  `high` fixes
    the top; otherwise it is a round number above everything shown.  `band` is the lowest and
    highest value behind a point, where it stands for many.  `others` are what `teller` says of
    the gaps: dotted over the hatching, which stays; a value of None ends a line of them.
    """
    first, last = begin.timestamp(), max(end, begin + timedelta(seconds=1)).timestamp()
    timed = [(at.timestamp(), value) for at, value in points]
    known = tuple((at, value) for at, value in timed if value is not None and math.isfinite(value))
    breaks = [at for at, value in timed if value is None]
    reach = tuple((at.timestamp(), least, most) for at, least, most in band)
    lines = _lines_of(others)
    most = max(
        (
            *(value for _, value in known),
            *(top for _, _, top in reach),
            *(value for line in lines for _, value in line),
        ),
        default=low,
    )
    above = max(most, *(threshold.value * 1.05 for threshold in thresholds), most)
    runs, gaps = _split(known, breaks, first, last, step)
    return Plot(
        first, last, low, high if high is not None else _round_above(above, low), known, runs,
        gaps, reach, lines, tuple(thresholds), now, state, reason, teller,
    )  # fmt: skip


def _split(
    points: Line, breaks: Sequence[float], begin: float, end: float, step: float
) -> tuple[tuple[Line, ...], tuple[tuple[float, float], ...]]:
    """Return the runs of points without a gap, and the gaps between and around them."""
    runs: list[list[tuple[float, float]]] = []
    gaps: list[tuple[float, float]] = []
    longest = _LONGEST * step
    before, place = begin, 0
    for at, value in points:
        ended = None  # when the value before no longer held
        while place < len(breaks) and breaks[place] < at:
            ended = breaks[place] if ended is None else ended
            place += 1
        if ended is not None:
            gaps.append((max(ended, before), at))
        elif at - before > longest:
            gaps.append((before, at))
        if ended is not None or at - before > longest or not runs:
            runs.append([])
        runs[-1].append((at, value))
        before = at
    left = breaks[place] if place < len(breaks) else None
    if left is not None and end - left > step:
        gaps.append((max(left, before), end))
    elif end - before > longest:
        gaps.append((before, end))
    return tuple(tuple(run) for run in runs), tuple(gaps)


def _lines_of(points: Points) -> tuple[Line, ...]:
    """Return runs of values; each value of None ends one."""
    lines: list[list[tuple[float, float]]] = [[]]
    for at, value in points:
        if value is None:
            lines.append([])
        elif math.isfinite(value):
            lines[-1].append((at.timestamp(), value))
    return tuple(tuple(line) for line in lines if line)


def _round_above(value: float, low: float) -> float:
    """Return the round number (1, 2, 2.5, 5 times a power of ten) at or above `value`."""
    reach = value - low if value > low else 1.0
    power = 10.0 ** math.floor(math.log10(reach))
    for step in (1.0, 2.0, 2.5, 4.0, 5.0, 8.0, 10.0):
        if step * power >= reach * 0.999:
            return low + step * power
    return low + 10 * power
