"""Followers day by day: who came above the line, who left below, days nobody told hatched."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from math import ceil
from typing import Final

from reportlab.graphics.shapes import Drawing, Line, Rect, String
from reportlab.lib.colors import Color, HexColor

from gmops_desktop.contract.looks.accounts import AccountDay
from gmops_desktop.reports.charts import Anchor
from gmops_desktop.reports.fonts import SANS, text_width
from gmops_desktop.reports.styles import GREY, GRID, INK, RULE, STATE_COLOURS, WIDTH

_SIZE: Final = 6.8
_LEFT: Final = 27.0
_HIGH: Final = 92.0
_LOW: Final = 16.0  # below the plot: the days
_TOP: Final = 14.0  # above it: what the signs mean
_CAME: Final = HexColor("#2f6db5")
_LEAVING: Final = STATE_COLOURS["warning"]
_HATCH: Final = HexColor("#aab3bf")


def followers_chart(
    days: Mapping[date, AccountDay], first: date, last: date, told: date, words: tuple[str, ...]
) -> Drawing:
    """Return the chart of a month; `words` name who came, who left, and days nobody told."""
    drawing = Drawing(WIDTH, _HIGH)
    count = (last - first).days + 1
    side = (WIDTH - _LEFT - 4) / count
    up = max([one.new or 0 for one in days.values()], default=0)
    down = max([one.lost or 0 for one in days.values()], default=0)
    step = _step(max(up, down, 1))
    above, below = max(step, _whole(up, step)), _whole(down, step)
    scale = (_HIGH - _LOW - _TOP) / (above + below)
    zero = _LOW + below * scale
    for mark in range(-below, above + 1, step):
        y = zero + mark * scale
        drawing.add(Line(_LEFT, y, WIDTH - 4, y, strokeColor=RULE if not mark else GRID,
                         strokeWidth=0.5))  # fmt: skip
        _write(drawing, _LEFT - 4, y - 2.4, f"{mark:+,}" if mark else "0", GREY, "end")
    for place in range(count):
        day = first + timedelta(days=place)
        x, wide = _LEFT + place * side + 1, side - 2
        seen = days.get(day)
        if seen is None or seen.new is None or seen.lost is None:
            if day <= told:
                _hatch(drawing, x, _LOW, wide, _HIGH - _LOW - _TOP)
        else:
            _block(drawing, x, zero, wide, seen.new * scale, _CAME)
            _block(drawing, x + wide * 0.22, zero - seen.lost * scale, wide * 0.56,
                   seen.lost * scale, _LEAVING)  # fmt: skip
        if place % 5 == 0 or place == count - 1:
            _write(drawing, x + wide / 2, 4, f"{day.month}-{day.day}", GREY, "middle")
    _legend(drawing, words)
    return drawing


def _legend(drawing: Drawing, words: tuple[str, ...]) -> None:
    x, y = _LEFT, _HIGH - 8
    for place, word in enumerate(words):
        if place == 2:
            _hatch(drawing, x, y - 0.5, 10, 7)
        else:
            wide = 10 if place == 0 else 5.6
            colour = _CAME if place == 0 else _LEAVING
            _block(drawing, x + (10 - wide) / 2, y - 0.5, wide, 7, colour)
        _write(drawing, x + 14, y, word, INK)
        x += 14 + text_width(word, SANS, _SIZE) + 14


def _step(most: int) -> int:
    """Return the distance of the lines: 1, 2, 5, 10, ... so that four or five of them suffice."""
    step = 1
    while True:
        for factor in (1, 2, 5):
            if most / (step * factor) <= 4:
                return step * factor
        step *= 10


def _whole(value: int, step: int) -> int:
    return ceil(value / step) * step


def _block(drawing: Drawing, x: float, y: float, wide: float, high: float, colour: Color) -> None:
    made = Rect(x, y, wide, high)
    made.fillColor, made.strokeColor = colour, None
    drawing.add(made)


def _hatch(drawing: Drawing, x: float, y: float, wide: float, high: float) -> None:
    _block(drawing, x, y, wide, high, HexColor("#f6f7f9"))
    offset = 3.0 - high
    while offset < wide:
        first, last = max(0.0, offset), min(wide, offset + high)
        drawing.add(Line(x + first, y + first - offset, x + last, y + last - offset,
                         strokeColor=_HATCH, strokeWidth=0.4))  # fmt: skip
        offset += 3.4


def _write(
    drawing: Drawing, x: float, y: float, text: str, colour: Color, anchor: Anchor = "start"
) -> None:
    drawing.add(
        String(x, y, text, fontName=SANS, fontSize=_SIZE, fillColor=colour, textAnchor=anchor)
    )
