"""Blocks that several documents have: the verdict at the head, a row of key figures, lines of a
file as it differs, rows to be filled in by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from reportlab.lib.colors import Color, HexColor
from reportlab.platypus import Flowable, Table, TableStyle

from gmops_desktop.language import tr
from gmops_desktop.reports.marks import FigureCard
from gmops_desktop.reports.paragraph import Paragraph, strong
from gmops_desktop.reports.styles import (
    BODY,
    CELL,
    FACT,
    INK,
    NAVY,
    NOTE,
    PALE,
    RULE,
    STATE_COLOURS,
    WIDTH,
    TextStyle,
)
from gmops_desktop.states import State

_GAP: Final = 6.0  # between two cards
_SIDES: Final = ("LEFTPADDING", "RIGHTPADDING", "TOPPADDING", "BOTTOMPADDING")
_CODE: Final = NOTE.but(colour=INK)
_INDENT: Final = 3.4  # points that one blank at a line's beginning takes
_DEEPEST: Final = 24  # blanks; what is indented deeper stands there, too
_TINTS: Final[dict[str, Color]] = {
    "+": HexColor("#e7f4ef"),
    "-": HexColor("#fbeceb"),
    "@": HexColor("#e6edf6"),
}


def verdict_box(state: State, head: str, text: str) -> Table:
    """Return what the whole document comes to, in a frame of its state's colour."""
    colour = STATE_COLOURS[state]
    words = [Paragraph(strong(head), FACT.but(size=11, colour=colour)), Paragraph(text, FACT)]
    table = Table([[words]], colWidths=[WIDTH])
    table.setStyle(
        TableStyle(
            [
                ("BOX", (0, 0), (-1, -1), 0.8, colour),
                ("LINEBEFORE", (0, 0), (0, -1), 4, colour),
                ("LEFTPADDING", (0, 0), (-1, -1), 12),
                ("TOPPADDING", (0, 0), (-1, -1), 5),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 8),
            ]
        )
    )
    return table


def card_row(cards: Sequence[FigureCard]) -> Table:
    """Return key figures beside each other over the whole width."""
    width = (WIDTH - _GAP * (len(cards) - 1)) / len(cards)
    line: list[Flowable | str] = []
    for card in cards:
        line += [card, ""]
    table = Table([line[:-1]], colWidths=([width, _GAP] * len(cards))[:-1])
    table.setStyle(TableStyle([(side, (0, 0), (-1, -1), 0) for side in _SIDES]))
    return table


def code_lines(text: str, most: int) -> list[Flowable]:
    """Return the lines of a file, a log or a unified diff as they stand, `most` at most.

    What is added or gone bears its sign and a tint; what is cut off is told.
    """
    lines = text.expandtabs(4).splitlines()
    shown, rows, tints = lines[:most], [], []
    for number, line in enumerate(shown):
        sign = line[:1] if line[:1] in ("+", "-") and line[:3] not in ("+++", "---") else ""
        body = line[1:] if sign or line[:1] == " " else line
        rows.append([Paragraph(strong(sign), _CODE), _CodeLine(body)])
        tint = _TINTS.get(sign or ("@" if line.startswith("@@") else ""))
        if tint is not None:
            tints.append(("BACKGROUND", (0, number), (-1, number), tint))
    if not rows:
        return []
    table = Table(rows, colWidths=[12, WIDTH - 12], splitInRow=1, spaceBefore=2, spaceAfter=2)
    table.setStyle(
        TableStyle(
            [
                ("BACKGROUND", (0, 0), (-1, -1), PALE),
                ("BOX", (0, 0), (-1, -1), 0.4, RULE),
                ("LINEBEFORE", (0, 0), (0, -1), 1.6, NAVY),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (0, -1), 5),
                ("LEFTPADDING", (1, 0), (1, -1), 2),
                ("RIGHTPADDING", (0, 0), (-1, -1), 2),
                ("TOPPADDING", (0, 0), (-1, -1), 0.3),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 0.5),
                ("TOPPADDING", (0, 0), (-1, 0), 2.5),
                ("BOTTOMPADDING", (0, -1), (-1, -1), 3.5),
                *tints,
            ]
        )
    )
    found: list[Flowable] = [table]
    if len(lines) > most:
        more = tr("{count} more lines stand in the data attached.", count=len(lines) - most)
        found.append(Paragraph(more, NOTE))
    return found


def quoted(text: str) -> Table:
    """Return words that somebody may use as they stand, set apart."""
    table = Table([[Paragraph(text, BODY)]], colWidths=[WIDTH], spaceBefore=2, spaceAfter=2)
    table.setStyle(
        TableStyle(
            [
                ("BACKGROUND", (0, 0), (-1, -1), PALE),
                ("LINEBEFORE", (0, 0), (0, -1), 1.6, NAVY),
                ("LEFTPADDING", (0, 0), (-1, -1), 8),
                ("RIGHTPADDING", (0, 0), (-1, -1), 8),
                ("TOPPADDING", (0, 0), (-1, -1), 4),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 5),
            ]
        )
    )
    return table


def writable(text: str, height: float, style: TextStyle = CELL) -> Flowable:
    """Return a cell with room to write by hand, `height` points high at least."""
    return _Writable(text, height, style)


class TickWord(Flowable):
    """A box to be ticked, in the middle of its cell; with a tick where it is so already."""

    _SIZE: Final = 8.0

    def __init__(self, *, ticked: bool) -> None:
        super().__init__()
        self._ticked = ticked

    def minWidth(self) -> float:
        """Return the width of the box."""
        return self._SIZE

    def wrap(self, availWidth: float, availHeight: float) -> tuple[float, float]:
        """Take the cell's width and the box's height."""
        self.width, self.height = availWidth, self._SIZE
        return self.width, self.height

    def draw(self) -> None:
        """Draw the box and the tick."""
        canvas, left = self.canv, (self.width - self._SIZE) / 2
        canvas.setStrokeColor(INK)
        canvas.setLineWidth(0.6)
        canvas.rect(left, 0, self._SIZE, self._SIZE, stroke=1, fill=0)
        if self._ticked:
            canvas.setStrokeColor(STATE_COLOURS["ok"])
            canvas.setLineWidth(1.3)
            canvas.setLineCap(1)
            corners = ((1.6, 4.0), (3.4, 2.0), (6.6, 6.4))
            path = canvas.beginPath()
            for place, (right, up) in enumerate(corners):
                (path.lineTo if place else path.moveTo)(left + right, up)
            canvas.drawPath(path, stroke=1, fill=0)


class TickLine(Flowable):
    """A word and choices beside it, each with a box to be ticked by hand."""

    def __init__(self, word: str, choices: Sequence[str]) -> None:
        super().__init__()
        self._word = Paragraph(strong(word), FACT)
        self._choices = [Paragraph(choice, FACT) for choice in choices]

    def wrap(self, availWidth: float, availHeight: float) -> tuple[float, float]:
        """Take the whole width and one line."""
        self.width, self.height = availWidth, FACT.leading + 3
        return self.width, self.height

    def draw(self) -> None:
        """Draw the word, the boxes and the choices."""
        canvas, x = self.canv, 0.0
        canvas.setStrokeColor(INK)
        canvas.setLineWidth(0.6)
        for place, text in enumerate((self._word, *self._choices)):
            if place:
                canvas.rect(x, 4, 7, 7, stroke=1, fill=0)
                x += 11
            wide = text.natural_width()
            text.wrap(wide + 1, self.height)
            text.drawOn(canvas, x, 1.5)
            x += wide + 16


class _Writable(Paragraph):
    """Words at the top of a cell that is filled in by hand."""

    def __init__(self, text: str, height: float, style: TextStyle) -> None:
        super().__init__(text, style)
        self._least = height

    def wrap(self, availWidth: float, availHeight: float) -> tuple[float, float]:
        """Be as high as handwriting."""
        width, height = super().wrap(availWidth, availHeight)
        self._above = max(0.0, self._least - height) / 2
        return width, max(self._least, height)

    def draw(self) -> None:
        """Draw the words in the middle of the height."""
        self.canv.translate(0, self._above)
        super().draw()


class _CodeLine(Flowable):
    """One line of a file, as deep as it stands there; what does not fit goes on below."""

    def __init__(self, line: str) -> None:
        super().__init__()
        words = line.lstrip(" ")
        self._shift = _INDENT * min(len(line) - len(words), _DEEPEST)
        self._words = Paragraph(words, _CODE)

    def wrap(self, availWidth: float, availHeight: float) -> tuple[float, float]:
        """Take the whole width; an empty line is as high as another."""
        _, height = self._words.wrap(availWidth - self._shift, availHeight)
        self.width, self.height = availWidth, max(height, _CODE.leading)
        return self.width, self.height

    def draw(self) -> None:
        """Draw the words at their depth."""
        self._words.drawOn(self.canv, self._shift, 0)
