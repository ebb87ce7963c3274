"""The matrix of clauses over months, and a standing as shape and word: each has a sign of its own,
so that it is read in grey print."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import date
from math import ceil
from typing import Final

from reportlab.graphics.shapes import Circle, Drawing, Line, Polygon, Rect, String
from reportlab.lib.colors import Color, HexColor, white

from gmops_desktop.contract.clause_evidence import Standing, word_of_standing
from gmops_desktop.reports.charts import Anchor
from gmops_desktop.reports.evidence_facts import ClauseLine
from gmops_desktop.reports.fonts import SANS, SANS_BOLD, text_width
from gmops_desktop.reports.styles import GREY, GRID, INK, NAVY, RULE, STATE_COLOURS, WIDTH
from gmops_desktop.states import State

MOST: Final = 13  # months beside each other: more go on in a further matrix
STATES: Final[dict[Standing, State]] = {
    "done": "ok",
    "late": "warning",
    "missing": "critical",
    "unknown": "unknown",
    "none": "ok",
    "ahead": "unknown",
}
_SHOWN: Final[tuple[Standing, ...]] = ("done", "late", "missing", "unknown", "none", "ahead")
_SIZE: Final = 6.8
_LEFT: Final = 150.0  # for the clauses' names
_HIGH: Final = 14.2  # of a row
_HEAD: Final = 24.0  # above the rows: the months
_FOOT: Final = 22.0  # below them: what the signs mean
_AMBER: Final = HexColor("#f7e3bd")


def matrices(clauses: Sequence[ClauseLine], months: Sequence[date]) -> list[Drawing]:
    """Return the clauses over all months, in as many matrices as their number takes."""
    if not months or not clauses:
        return []
    parts = ceil(len(months) / MOST)
    each = ceil(len(months) / parts)
    return [
        _matrix(clauses, months, begin, min(begin + each, len(months)))
        for begin in range(0, len(months), each)
    ]


def _matrix(clauses: Sequence[ClauseLine], months: Sequence[date], begin: int, end: int) -> Drawing:
    drawing = Drawing(WIDTH, _FOOT + _HIGH * len(clauses) + _HEAD)
    side = min(34.0, (WIDTH - _LEFT) / (end - begin))
    top = _FOOT + _HIGH * len(clauses)
    _months(drawing, months[begin:end], side, top)
    for row, clause in enumerate(clauses):
        low = top - (row + 1) * _HIGH
        _rule(drawing, low, side * (end - begin))
        drawing.add(_word(0, low + 4.2, clause.key, NAVY, bold=True))
        drawing.add(_word(32, low + 4.2, _shortened(clause.title, _LEFT - 38), INK))
        for place, (standing, count) in enumerate(clause.cells[begin:end]):
            _cell(drawing, standing, count, _LEFT + place * side, low, side)
    _legend(drawing)
    return drawing


def _months(drawing: Drawing, months: Sequence[date], side: float, top: float) -> None:
    """Write the months, and the year above its first one."""
    for place, month in enumerate(months):
        middle = _LEFT + (place + 0.5) * side
        drawing.add(_word(middle, top + 5, f"{month.month:02d}", GREY, anchor="middle"))
        if place == 0 or month.month == 1:
            left = _LEFT + place * side
            drawing.add(_word(left + 2, top + 15, str(month.year), NAVY, bold=True))
            if place:
                edge = Line(left, 22, left, top + 22, strokeColor=RULE, strokeWidth=0.6)
                drawing.add(edge)
    _rule(drawing, top, side * len(months), NAVY)


def _rule(drawing: Drawing, y: float, wide: float, colour: Color = GRID) -> None:
    drawing.add(Line(0, y, _LEFT + wide, y, strokeColor=colour, strokeWidth=0.5))


def _cell(
    drawing: Drawing, standing: Standing, count: int, x: float, low: float, side: float
) -> None:
    """Draw a cell: its sign, and how much evidence there is where there is any."""
    wide, high = side - 1.6, _HIGH - 2.2
    _sign(drawing, standing, x + 0.8, low + 1.1, wide, high)
    if not count:
        return
    text = f"{count:,}" if count < 1000 else f"{count / 1000:.1f}k"
    colour = white if standing in ("done", "missing") else INK
    drawing.add(_word(x + side / 2 + 3, low + 4.4, text, colour, anchor="middle", size=6.2))


def _sign(
    drawing: Drawing, standing: Standing, x: float, y: float, wide: float, high: float
) -> None:
    colour, middle = STATE_COLOURS[STATES[standing]], y + high / 2
    at = x + min(6.0, wide / 2)
    if standing == "done":
        drawing.add(_box(x, y, wide, high, colour))
        _strokes(drawing, ((at - 2, middle), (at - 0.6, middle - 1.7), (at + 2.2, middle + 1.8)))
    elif standing == "missing":
        drawing.add(_box(x, y, wide, high, colour))
        _strokes(drawing, ((at - 1.8, middle - 1.8), (at + 1.8, middle + 1.8)))
        _strokes(drawing, ((at - 1.8, middle + 1.8), (at + 1.8, middle - 1.8)))
    elif standing == "late":
        drawing.add(_box(x, y, wide, high, _AMBER, colour))
        corners = [at, middle + 2.8, at + 3, middle - 2.4, at - 3, middle - 2.4]
        drawing.add(Polygon(corners, fillColor=colour, strokeColor=None))
    elif standing == "unknown":
        frame = _box(x + 0.3, y + 0.3, wide - 0.6, high - 0.6, None, colour)
        frame.strokeDashArray = (1.6, 1.4)
        drawing.add(frame)
        drawing.add(_word(at, middle - 2.4, "?", colour, anchor="middle", bold=True))
    elif standing == "none":
        drawing.add(_word(x + wide / 2, middle - 2.4, "–", GREY, anchor="middle"))
    else:
        dot = Circle(x + wide / 2, middle, 0.9, fillColor=RULE, strokeColor=None)
        drawing.add(dot)


def _legend(drawing: Drawing) -> None:
    x = 0.0
    for standing in _SHOWN:
        word = word_of_standing(standing)
        _sign(drawing, standing, x, 2, 12, 9.6)
        drawing.add(_word(x + 15, 4, word, INK))
        x += 15 + text_width(word, SANS, _SIZE) + 12


def _box(
    x: float, y: float, wide: float, high: float, fill: Color | None, edge: Color | None = None
) -> Rect:
    made = Rect(x, y, wide, high)
    made.fillColor, made.strokeColor, made.strokeWidth = fill, edge, 0.7
    return made


def _strokes(drawing: Drawing, points: Sequence[tuple[float, float]]) -> None:
    for (left, low), (right, high) in itertools.pairwise(points):
        stroke = Line(left, low, right, high, strokeColor=white, strokeWidth=1.1)
        stroke.strokeLineCap = 1
        drawing.add(stroke)


def _word(
    x: float,
    y: float,
    text: str,
    colour: Color,
    *,
    anchor: Anchor = "start",
    bold: bool = False,
    size: float = _SIZE,
) -> String:
    face = SANS_BOLD if bold else SANS
    return String(x, y, text, fontName=face, fontSize=size, fillColor=colour, textAnchor=anchor)


def _shortened(text: str, width: float) -> str:
    """Return a text cut so that it fits into `width` points."""
    if text_width(text, SANS, _SIZE) <= width:
        return text
    while text and text_width(text + "…", SANS, _SIZE) > width:
        text = text[:-1]
    return text.rstrip() + "…"
