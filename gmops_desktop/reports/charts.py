"""Charts drawn from plain shapes in the document's own face, readable in grey print.

Hatching means that nobody looked, or that it was the other party's turn: what does not count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal

from reportlab.graphics.shapes import Circle, Drawing, Line, Polygon, PolyLine, Rect, String
from reportlab.lib.colors import Color, HexColor, white

from gmops_desktop.reports.fonts import SANS, SANS_BOLD, text_width
from gmops_desktop.reports.spans import Day, gaps, runs
from gmops_desktop.reports.styles import GREY, GRID, INK, RULE, STATE_COLOURS

Anchor = Literal["start", "middle", "end"]
Turn = Literal["ours", "theirs", "nobody"]
Cell = Literal["good", "open", "bad", "none", "ahead"]  # of a day

_SIZE: Final = 6.8  # points, every word in a chart
_LEFT, _RIGHT = 27.0, 4.0  # beside the plot: the scale's words; half a date
_FEW: Final = 45  # days of which every fifth has room for its date
_HATCH: Final = HexColor("#aab3bf")
_OURS: Final = HexColor("#2f6db5")
_RED: Final = STATE_COLOURS["critical"]


@dataclass(frozen=True, slots=True)
class Curve:
    """One line: equally spaced values over the period in per cent (0 to 100), None where unknown.

    `dash` tells the lines apart in grey print.
    """

    name: str
    colour: Color
    values: Sequence[float | None]
    dash: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a bar of time, and whose turn it was; "nobody": it did not count at all."""

    begin: datetime
    end: datetime
    turn: Turn


@dataclass(frozen=True, slots=True)
class Plot:
    """The rectangle that data is drawn in."""

    drawing: Drawing
    left: float
    bottom: float
    width: float
    height: float

    def y(self, percent: float) -> float:
        return self.bottom + self.height * min(100.0, max(0.0, percent)) / 100

    def x(self, index: float, count: int) -> float:
        return self.left + self.width * index / count

    def rule(self, y: float, colour: Color, dash: tuple[float, ...] = ()) -> None:
        end = self.left + self.width
        line = Line(self.left, y, end, y, strokeColor=colour, strokeWidth=0.8 if dash else 0.5)
        _dashed(line, dash)
        self.drawing.add(line)

    def word(
        self, x: float, y: float, text: str, colour: Color = GREY, anchor: Anchor = "start"
    ) -> None:
        face = SANS_BOLD if colour is _RED else SANS
        self.drawing.add(
            String(x, y, text, fontName=face, fontSize=_SIZE, fillColor=colour, textAnchor=anchor)
        )

    def block(self, x: float, y: float, width: float, height: float, colour: Color) -> None:
        rectangle = Rect(x, y, width, height)
        rectangle.fillColor, rectangle.strokeColor = colour, None
        self.drawing.add(rectangle)

    def hatch(self, x: float, y: float, width: float, height: float) -> None:
        self.block(x, y, width, height, HexColor("#f6f7f9"))
        offset = 2.0 - height
        while offset < width:
            first, last = max(0.0, offset), min(width, offset + height)
            self.drawing.add(
                Line(
                    x + first,
                    y + first - offset,
                    x + last,
                    y + last - offset,
                    strokeColor=_HATCH,
                    strokeWidth=0.4,
                )
            )
            offset += 3.2


def load_chart(
    width: float,
    height: float,
    period: tuple[date, date],
    curves: Sequence[Curve],
    *,
    threshold: tuple[float, str] | None = None,
    gap_word: str,
    until: float = 1,
) -> Drawing:
    """Return up to three curves over the days of `period`; `threshold` is its value and word.

    `until` is the part of the period that had passed: nothing is missing after it.
    """
    drawing = Drawing(width, height)
    plot = Plot(drawing, _LEFT, 12, width - _LEFT - _RIGHT, height - 29)
    if threshold:
        level = plot.y(threshold[0])
        plot.block(plot.left, level, plot.width, plot.y(100) - level, _tint(_RED, 0.06))
    for percent in (0, 25, 50, 75, 100):
        plot.rule(plot.y(percent), GRID if percent else RULE)
        plot.word(plot.left - 4, plot.y(percent) - 2.4, f"{percent} %", GREY, "end")
    _dates(plot, period)
    _curves(plot, curves)
    if threshold:
        plot.rule(plot.y(threshold[0]), _RED, (3, 2))
        _passed(plot, curves, threshold[0])
    _unseen(plot, curves, gap_word, until)
    _legend(plot, height - 7, curves, threshold)
    return drawing


def day_strip(width: float, days: Sequence[Day], word: str, *, dated: bool, until: date) -> Drawing:
    """Return one cell a day, filled by the share of good looks; hatched where nobody looked.

    `word` stands beside it; under a chart of the same period it needs no dates of its own.
    """
    below = 11.0 if dated else 1.0
    drawing = Drawing(width, below + 11)
    plot = Plot(drawing, _LEFT, below, width - _LEFT - _RIGHT, 10)
    plot.word(plot.left - 4, plot.bottom + 2.6, word, GREY, "end")
    for number, day in enumerate(days):
        x = plot.x(number, len(days)) + 0.6
        cell = plot.width / len(days) - 1.2
        if day.share is None:
            if day.day <= until:
                plot.hatch(x, plot.bottom, cell, plot.height)
            continue
        bad = 0.0 if day.share == 1 else max(2.2, plot.height * (1 - day.share))
        good = max(0.0, plot.height - bad)
        plot.block(x, plot.bottom, cell, good, STATE_COLOURS["ok"])
        if bad:  # a white line between good and bad, for grey print
            level = plot.bottom + good
            plot.block(x, level, cell, plot.height - good, _RED)
            drawing.add(Line(x, level, x + cell, level, strokeColor=white, strokeWidth=0.6))
    if dated:
        _dates(plot, (days[0].day, days[-1].day))
    return drawing


def day_matrix(
    width: float,
    rows: Sequence[tuple[str, Sequence[Cell]]],
    days: Sequence[date],
    legend: Sequence[tuple[Cell, str]],
) -> Drawing:
    """Return a row of cells for each name, one cell a day, each with a sign for grey print."""
    left, high = 92.0, 11.0
    drawing = Drawing(width, 26 + high * len(rows))
    plot = Plot(drawing, left, 24, width - left - _RIGHT, high * len(rows))
    side = plot.width / len(days)
    for place, (name, cells) in enumerate(rows):
        y = plot.bottom + plot.height - (place + 1) * high
        plot.word(0, y + 3, _shortened(name, left - 6), INK)
        for number, cell in enumerate(cells):
            _day(plot, cell, plot.left + number * side + 0.6, y + 1, side - 1.2, high - 2)
    _dates(plot, (days[0], days[-1]))
    x = 0.0
    for cell, word in legend:
        _day(plot, cell, x, 0.5, 8, 8)
        plot.word(x + 11, 2, word, INK)
        x += 11 + text_width(word, SANS, _SIZE) + 14
    return drawing


def _day(plot: Plot, cell: Cell, x: float, y: float, width: float, height: float) -> None:
    """Draw one cell: full, open with a dot, full with a cross, or an empty frame."""
    if cell == "ahead":
        return
    middle_x, middle_y = x + width / 2, y + height / 2
    if cell == "good":
        plot.block(x, y, width, height, STATE_COLOURS["ok"])
        return
    if cell == "bad":
        plot.block(x, y, width, height, _RED)
        for one in (1, -1):
            stroke = Line(middle_x - 2, middle_y - 2 * one, middle_x + 2, middle_y + 2 * one)
            stroke.strokeColor, stroke.strokeWidth = white, 1.1
            plot.drawing.add(stroke)
        return
    frame = Rect(x + 0.3, y + 0.3, width - 0.6, height - 0.6)
    frame.fillColor, frame.strokeColor, frame.strokeWidth = None, RULE, 0.6
    if cell == "open":
        frame.strokeColor = STATE_COLOURS["ok"]
        dot = Circle(middle_x, middle_y, 1.6, fillColor=STATE_COLOURS["ok"], strokeColor=None)
        plot.drawing.add(dot)
    plot.drawing.add(frame)


def _shortened(text: str, width: float) -> str:
    """Return a name cut so that it fits into `width` points."""
    if text_width(text, SANS, _SIZE) <= width:
        return text
    while text and text_width(text + "…", SANS, _SIZE) > width:
        text = text[:-1]
    return text + "…"


def time_bar(
    width: float,
    pieces: Sequence[Piece],
    words: tuple[str, str],
    mark: tuple[datetime, str] | None,
    legend: Sequence[tuple[Turn, str]],
) -> Drawing:
    """Return a span of time as a bar: whose turn it was when; `words` stand under its ends.

    `mark` is a moment within it with its word.  What did not count is hatched or blank.
    """
    drawing = Drawing(width, 50)
    plot = Plot(drawing, 0, 22, width, 12)
    first, last = pieces[0].begin, pieces[-1].end
    whole = max((last - first).total_seconds(), 1.0)
    for piece in pieces:
        left = (piece.begin - first).total_seconds() / whole * width
        wide = (piece.end - piece.begin).total_seconds() / whole * width
        _turn(plot, piece.turn, left, plot.bottom, wide, plot.height)
    frame = Rect(0, plot.bottom, width, plot.height)
    frame.fillColor, frame.strokeColor, frame.strokeWidth = None, GREY, 0.5
    drawing.add(frame)
    plot.word(0, 12, words[0])
    plot.word(width, 12, words[1], GREY, "end")
    if mark is not None:
        x = min(1.0, max(0.0, (mark[0] - first).total_seconds() / whole)) * width
        green = STATE_COLOURS["ok"]
        drawing.add(Line(x, plot.bottom - 3, x, 38, strokeColor=green, strokeWidth=1.2))
        after = x < width / 2
        plot.word(x + 3 if after else x - 3, 38, mark[1], INK, "start" if after else "end")
    x = 0.0
    for turn, word in legend:
        _turn(plot, turn, x, 0.6, 10, 6)
        plot.word(x + 13, 1, word, INK)
        x += 13 + text_width(word, SANS, _SIZE) + 14
    return drawing


def _turn(plot: Plot, turn: Turn, x: float, y: float, width: float, height: float) -> None:
    if turn == "ours":
        plot.block(x, y, width, height, _OURS)
    elif turn == "theirs":
        plot.hatch(x, y, width, height)
    else:
        plot.block(x, y, width, height, GRID)


def _curves(plot: Plot, curves: Sequence[Curve]) -> None:
    for number, curve in enumerate(curves):
        for first, end in runs(curve.values):
            points: list[float] = []
            for index, value in enumerate(curve.values[first:end], first):
                points += [plot.x(index + 0.5, len(curve.values)), plot.y(value or 0.0)]
            if end - first == 1:  # one look between two gaps
                dot = Circle(points[0], points[1], 0.9, fillColor=curve.colour, strokeColor=None)
                plot.drawing.add(dot)
                continue
            if number == 0:
                area = [points[0], plot.bottom, *points, points[-2], plot.bottom]
                tint = _tint(curve.colour, 0.12)
                plot.drawing.add(Polygon(area, fillColor=tint, strokeColor=None))
            line = PolyLine(points, strokeColor=curve.colour, strokeWidth=1.2)
            line.strokeLineJoin = line.strokeLineCap = 1
            _dashed(line, curve.dash)
            plot.drawing.add(line)


def _passed(plot: Plot, curves: Sequence[Curve], threshold: float) -> None:
    """Name the highest value over the threshold; the rest can be read off."""
    high = [
        (value, index, curve)
        for curve in curves
        for index, value in enumerate(curve.values)
        if value is not None and value >= threshold
    ]
    if not high:
        return
    value, index, curve = max(high, key=lambda one: one[0])
    x, y = plot.x(index + 0.5, len(curve.values)), plot.y(value)
    plot.drawing.add(Circle(x, y, 1.9, fillColor=white, strokeColor=_RED, strokeWidth=1))
    right = x > plot.left + plot.width - 30
    plot.word(
        x - 4 if right else x + 4, y - 2.4, f"{value:.1f} %", _RED, "end" if right else "start"
    )


def _unseen(plot: Plot, curves: Sequence[Curve], word: str, until: float) -> None:
    """Hatch after the lines are drawn; say once, in the widest gap, what it means."""
    count = len(curves[0].values) if curves else 1
    passed = round(count * until)
    found = [(first, min(end, passed)) for first, end in gaps([one.values for one in curves])]
    found = [(first, end) for first, end in found if first < end]
    for first, end in found:
        x = plot.x(first, count)
        plot.hatch(x, plot.bottom, plot.x(end, count) - x, plot.height)
    if not found:
        return
    first, end = max(found, key=lambda gap: gap[1] - gap[0])
    room, wide = plot.x(end, count) - plot.x(first, count), text_width(word, SANS, _SIZE)
    if room > wide + 8:
        middle, y = plot.x((first + end) / 2, count), plot.y(50)
        plot.block(middle - wide / 2 - 3, y - 5, wide + 6, 10, white)
        plot.word(middle, y - 2.4, word, INK, "middle")


def _dates(plot: Plot, period: tuple[date, date]) -> None:
    """Write every fifth day and the last under the plot, in the middle of its day; of a longer span
    each month's first, and its middle."""
    count = (period[1] - period[0]).days + 1
    for number in range(count):
        day = period[0] + timedelta(days=number)
        last = number == count - 1
        wanted = number % 5 == 0 if count <= _FEW else number == 0 or day.day in (1, 15)
        if last or (wanted and number < count - 3 * max(1, count // _FEW)):
            x = plot.x(number + 0.5, count)
            tick = Line(x, plot.bottom, x, plot.bottom - 2.5, strokeColor=RULE, strokeWidth=0.5)
            plot.drawing.add(tick)
            plot.word(x, plot.bottom - 9.5, f"{day.month}-{day.day}", GREY, "middle")


def _legend(
    plot: Plot, y: float, curves: Sequence[Curve], threshold: tuple[float, str] | None
) -> None:
    entries = [(curve.name, curve.colour, curve.dash) for curve in curves]
    if threshold:
        entries.append((threshold[1], _RED, (3.0, 2.0)))
    x = plot.left
    for name, colour, dash in entries:
        line = Line(x, y + 2.4, x + 14, y + 2.4, strokeColor=colour, strokeWidth=1.6)
        _dashed(line, dash)
        plot.drawing.add(line)
        plot.word(x + 18, y, name, INK)
        x += 18 + text_width(name, SANS, _SIZE) + 12


def _dashed(line: Line | PolyLine, dash: tuple[float, ...]) -> None:
    if dash:
        line.strokeDashArray = dash


def _tint(colour: Color, share: float) -> Color:
    """Return an opaque tint: transparency prints badly and PDF/A is wary of it."""
    parts = (1 - (1 - part) * share for part in (colour.red, colour.green, colour.blue))
    return Color(*parts)
