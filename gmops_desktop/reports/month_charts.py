"""Charts with one place for each month: numbers beside each other, and shares of the whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil
from typing import Final

from reportlab.graphics.shapes import Drawing
from reportlab.lib.colors import Color

from gmops_desktop.language import current, tr
from gmops_desktop.reports.charts import Plot
from gmops_desktop.reports.fonts import SANS, text_width
from gmops_desktop.reports.styles import GREY, GRID, INK, RULE

_LEFT: Final = 27.0
_SIZE: Final = 6.8
_STEPS: Final = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Bars:
    """One bar in each month; None where nobody knows (hatched), which is not nought."""

    name: str
    colour: Color
    values: Sequence[float | None]


def month_counts(
    width: float, height: float, months: Sequence[date], bars: Sequence[Bars]
) -> Drawing:
    """Return how many there were of each in each month."""
    most = max((value or 0 for one in bars for value in one.values), default=0)
    step = _step(most)
    top = max(step, ceil(most / step) * step)
    marks = [step * number for number in range(int(top / step) + 1)]
    return _chart(width, height, months, bars, top, marks, "{:,.0f}".format)


def month_shares(
    width: float, height: float, months: Sequence[date], bars: Sequence[Bars]
) -> Drawing:
    """Return shares (0 to 1) of the whole in each month; the axis begins at nought."""

    def said(value: float) -> str:
        shown = f"{value * 100:.2f}"
        if shown == "100.00":
            return "99.99" if value < 1 else "100"
        return shown if len(months) <= 4 else f"{value * 100:.1f}"

    return _chart(width, height, months, bars, 1.0, [0, 0.25, 0.5, 0.75, 1.0], said, "%")


def _chart(
    width: float,
    height: float,
    months: Sequence[date],
    bars: Sequence[Bars],
    top: float,
    marks: Sequence[float],
    said: Callable[[float], str],
    unit: str = "",
) -> Drawing:
    drawing = Drawing(width, height)
    plot = Plot(drawing, _LEFT, 12, width - _LEFT - 4, height - 36)
    for mark in marks:
        y = plot.bottom + plot.height * mark / top
        plot.rule(y, GRID if mark else RULE)
        shown = f"{mark * 100:.0f} %" if unit else f"{mark:,.0f}"
        plot.word(plot.left - 4, y - 2.4, shown, GREY, "end")
    room = plot.width / max(1, len(months))
    wide = min(26.0, (room - 6) / max(1, len(bars)))
    for place, month in enumerate(months):
        middle = plot.left + room * (place + 0.5)
        plot.word(middle, 2.5, _month(month, first=place == 0), GREY, "middle")
        x = middle - wide * len(bars) / 2
        before = (0.0, 0.0)  # where the figure on the bar before ends, and how high it stands
        for one in bars:
            value = one.values[place]
            if value is None:
                plot.hatch(x + 0.6, plot.bottom, wide - 1.2, plot.height * 0.16)
                plot.word(x + wide / 2, plot.bottom + plot.height * 0.16 + 2, "?", GREY, "middle")
            else:
                tall = plot.height * min(1.0, value / top)
                if tall:
                    plot.block(x + 0.6, plot.bottom, wide - 1.2, tall, one.colour)
                words = said(value)
                half = text_width(words, SANS, _SIZE) / 2
                if half * 2 <= wide + 3 or len(bars) == 1:
                    y = plot.bottom + tall + 2
                    touches = x + wide / 2 - half < before[0] + 1 and abs(y - before[1]) < _SIZE
                    if touches and tall > 2 * _SIZE:
                        y -= _SIZE + 3  # into its own bar
                    plot.word(x + wide / 2, y, words, INK, "middle")
                    before = (x + wide / 2 + half, y)
            x += wide
    x = plot.left
    for one in bars:
        plot.block(x, height - 8, 8, 6, one.colour)
        plot.word(x + 11, height - 8, one.name, INK)
        x += 11 + text_width(one.name, SANS, _SIZE) + 14
    if any(value is None for one in bars for value in one.values):
        plot.hatch(x, height - 8, 8, 6)
        plot.word(x + 11, height - 8, tr("unknown, or not begun"), INK)
    return drawing


def _step(most: float) -> float:
    """Return the distance of the grid's lines: at most five, round numbers."""
    scale = 1.0
    while True:
        for step in _STEPS:
            if most <= step * scale * 5:
                return step * scale
        scale *= 10


def _month(month: date, *, first: bool) -> str:
    """Return 3 月, with its year where one begins."""
    named = first or month.month == 1
    if current() == "zh_CN":
        return f"{month.year} 年 {month.month} 月" if named else f"{month.month} 月"
    return f"{month:%Y-%m}" if named else f"{month:%m}"
