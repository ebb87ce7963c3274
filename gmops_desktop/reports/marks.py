"""Small drawn things that stand in text and tables: states, figures, section heads, sign lines."""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, pi, sin
from typing import Final

from reportlab.lib.colors import white
from reportlab.pdfgen.canvas import Canvas
from reportlab.pdfgen.pathobject import PDFPathObject
from reportlab.platypus import Flowable

from gmops_desktop.reports.fonts import SANS, SANS_BOLD, text_width
from gmops_desktop.reports.late import LateCanvas
from gmops_desktop.reports.paragraph import Paragraph, one_line
from gmops_desktop.reports.styles import (
    CELL,
    FIGURE,
    LABEL,
    NAVY,
    NOTE,
    PALE,
    RULE,
    SECTION,
    STATE_COLOURS,
    SUBSECTION,
    TextStyle,
)
from gmops_desktop.states import State

Shape = Sequence[tuple[float, float]]

_LEAST: Final = 6.0  # points, the smallest size of a card's words
_GAP: Final = 3.0  # points between a shape and its word


def draw_state(canvas: Canvas, state: State, x: float, y: float, size: float) -> None:
    """Draw the shape of `state`, `size` points high, with its lower left corner at (x, y)."""
    colour, radius = STATE_COLOURS[state], size / 2
    middle_x, middle_y = x + radius, y + radius
    canvas.saveState()
    canvas.setFillColor(colour)
    canvas.setStrokeColor(white)
    canvas.setLineWidth(size * 0.13)
    canvas.setLineCap(1)
    if state == "ok":
        canvas.circle(middle_x, middle_y, radius, stroke=0, fill=1)
        tick = ((-0.22, -0.02), (-0.06, -0.18), (0.24, 0.16))
        _strokes(canvas, middle_x, middle_y, size, tick)
    elif state == "warning":
        corners = ((0, 0.5), (0.54, -0.44), (-0.54, -0.44))
        _fill(canvas, middle_x, middle_y, size, corners)
        _strokes(canvas, middle_x, middle_y, size, ((0, 0.16), (0, -0.1)))
        canvas.setFillColor(white)
        canvas.circle(middle_x, middle_y - 0.28 * size, size * 0.07, stroke=0, fill=1)
    elif state == "critical":
        angles = [(2 * step + 1) * pi / 8 for step in range(8)]
        _fill(canvas, middle_x, middle_y, size, [(sin(a) * 0.53, cos(a) * 0.53) for a in angles])
        for side in (1, -1):
            ends = ((-0.19 * side, -0.19), (0.19 * side, 0.19))
            _strokes(canvas, middle_x, middle_y, size, ends)
    else:
        canvas.setStrokeColor(colour)
        canvas.setLineWidth(size * 0.1)
        canvas.setDash([size * 0.18, size * 0.16])
        canvas.circle(middle_x, middle_y, radius * 0.92, stroke=1, fill=0)
        canvas.setFont(SANS_BOLD, size * 0.78)
        canvas.drawCentredString(middle_x, middle_y - size * 0.28, "?")
    canvas.restoreState()


def _fill(canvas: Canvas, x: float, y: float, size: float, corners: Shape) -> None:
    canvas.drawPath(_path(canvas, x, y, size, corners, close=True), stroke=0, fill=1)


def _strokes(canvas: Canvas, x: float, y: float, size: float, points: Shape) -> None:
    canvas.drawPath(_path(canvas, x, y, size, points, close=False), stroke=1, fill=0)


def _path(
    canvas: Canvas, x: float, y: float, size: float, points: Shape, *, close: bool
) -> PDFPathObject:
    """Return the line through `points`, given in parts of `size` around the middle (x, y)."""
    path = canvas.beginPath()
    for number, (right, up) in enumerate(points):
        (path.lineTo if number else path.moveTo)(x + right * size, y + up * size)
    if close:
        path.close()
    return path


class StateWord(Flowable):
    """A state as shape and word, as high as a line of a table cell; the word may be wrapped."""

    def __init__(self, state: State, word: str, style: TextStyle = CELL) -> None:
        super().__init__()
        self._state, self._style = state, style
        self._word = Paragraph(word, style)
        self._shift = style.size + _GAP

    def minWidth(self) -> float:
        """Return the width in points under which a word would have to be cut."""
        return self._shift + self._word.minWidth()

    def unbroken_width(self) -> float:
        """Return the width in points that shape and word take on one line."""
        return self._shift + self._word.unbroken_width()

    def wrap(self, availWidth: float, availHeight: float) -> tuple[float, float]:
        """Return the width given and the height of the word."""
        _, self.height = self._word.wrap(availWidth - self._shift, availHeight)
        self.width = availWidth
        return self.width, self.height

    def draw(self) -> None:
        """Draw the shape before the word's first line."""
        size = self._style.size
        middle = self.height - self._style.leading / 2
        draw_state(self.canv, self._state, 0, middle - size / 2, size)
        self._word.drawOn(self.canv, self._shift, 0)


class Section(Flowable):
    """A section's head: a bar, its words, and what is to be known of the whole at the right.

    One of `level` 1 is a part of the section before it: without the bar, and smaller.
    """

    def __init__(self, words: str, aside: str = "", level: int = 0) -> None:
        super().__init__()
        self.spaceBefore, self.spaceAfter = 5.5, 2
        self.words, self.level = words, level
        self._words = Paragraph(words, SECTION if level == 0 else SUBSECTION)
        self._aside = Paragraph(aside, NOTE.but(align="right"))

    def wrap(self, availWidth: float, availHeight: float) -> tuple[float, float]:
        """Take the whole width and one line."""
        self.width, self.height = availWidth, self._words.style.leading + 1.5
        return self.width, self.height

    def draw(self) -> None:
        """Draw bar, words, and the aside; the file's outline leads here."""
        canvas, shift = self.canv, 0.0
        if isinstance(canvas, LateCanvas):
            top = canvas.absolutePosition(0, self.height)[1]
            canvas.begin_section(self.words, self.level, top + 4)
        if self.level == 0:
            shift = 8.0
            canvas.setFillColor(NAVY)
            canvas.rect(0, 3.6, 2.6, SECTION.size, stroke=0, fill=1)
        own = self._words.natural_width()
        self._words.wrap(own + 1, self.height)
        self._words.drawOn(canvas, shift, 1.5)
        self._aside.wrap(self.width - own - 20, self.height)
        level = self._words.baseline - self._aside.baseline  # both stand on one line
        self._aside.drawOn(canvas, own + 20, 1.5 + level)


class FigureCard(Flowable):
    """One key figure: label, number with its unit, and up to two lines on what stands behind it."""

    HEIGHT: Final = 52.5

    def __init__(
        self, label: str, figure: str, unit: str, below: str, state: State | None = None
    ) -> None:
        super().__init__()
        self._label, self._figure, self._unit = label, figure, unit
        self._state, self._below = state, below

    def wrap(self, availWidth: float, availHeight: float) -> tuple[float, float]:
        """Take the width of the cell."""
        self.width, self.height = availWidth, self.HEIGHT
        return self.width, self.height

    def draw(self) -> None:
        """Draw the card; a state shows as the colour of the edge and as a shape at its words."""
        canvas, left, inner = self.canv, 8.0, self.width - 12
        canvas.setFillColor(PALE)
        canvas.setStrokeColor(RULE)
        canvas.setLineWidth(0.5)
        canvas.roundRect(0, 0, self.width, self.height, 2.5, stroke=1, fill=1)
        canvas.setFillColor(STATE_COLOURS[self._state] if self._state else NAVY)
        canvas.rect(0, 0, 2.6, self.height, stroke=0, fill=1)
        _line(canvas, Paragraph(self._label, LABEL), left, self.height - 12, inner)

        shown = FIGURE.but(size=_fit(self._figure, self._unit, inner))
        figure = Paragraph(self._figure, shown)
        _line(canvas, figure, left, self.height - 31.5, inner + 4)
        unit_at = left + figure.natural_width() + 3
        _line(canvas, Paragraph(self._unit, LABEL), unit_at, self.height - 28.5, inner)

        shift = 0.0
        if self._state:
            draw_state(canvas, self._state, left, self.height - 40, 6)
            shift = 8.5
        below = _two_lines(self._below, inner - shift)
        _, tall = below.wrap(inner - shift, 100)
        below.drawOn(canvas, left + shift, self.height - 32.5 - tall)


def _two_lines(text: str, width: float) -> Paragraph:
    """Return `text` on two lines at most, set smaller before it is cut; a longer one stands whole
    in the sections below."""
    widest = max((Paragraph(one, NOTE).natural_width() for one in text.split("\n")), default=0.0)
    if "\n" in text and width < widest <= width * NOTE.size / _LEAST:
        return _wrapped(Paragraph(text, NOTE.but(size=NOTE.size * width / (widest + 0.01))), width)
    made = Paragraph(text, NOTE)
    made.wrap(width, 100)
    if len(made.lines) > 2:
        first, rest = made.lines[0], made.text_from(1).replace("\n", " ")
        made = Paragraph(f"{first}\n{one_line(rest, NOTE, width).lines[0]}", NOTE)
    return made


def _wrapped(text: Paragraph, width: float) -> Paragraph:
    text.wrap(width, 100)
    return text


def _fit(figure: str, unit: str, width: float) -> float:
    """Return the type size at which figure and unit fit beside each other."""
    needed = text_width(figure, SANS_BOLD, FIGURE.size)
    room = width - text_width(unit, SANS, LABEL.size) - 4
    return FIGURE.size * min(1.0, room / needed) if needed else FIGURE.size


def _line(canvas: Canvas, text: Paragraph, x: float, y: float, width: float) -> None:
    text.wrap(width, 100)
    text.drawOn(canvas, x, y)
