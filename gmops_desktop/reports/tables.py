"""Tables of a document: ruled by hairlines, heads repeated on every page, rows that may split; the
block with its title, and facts beside their words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any, Final

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Table, TableStyle

from gmops_desktop.language import tr
from gmops_desktop.reports.captions import TableCaption
from gmops_desktop.reports.columns import PADDING, column_widths
from gmops_desktop.reports.glyphs import Text, draw_texts
from gmops_desktop.reports.orders import Document
from gmops_desktop.reports.paragraph import Paragraph
from gmops_desktop.reports.styles import (
    CELL,
    CELL_HEAD,
    FACT,
    HEAD,
    LABEL,
    NAVY,
    PAGE,
    RULE,
    SUBTITLE,
    TITLE,
    WIDTH,
    Align,
    TextStyle,
)

Cell = Flowable | str
_Line = tuple[list[Cell], bool, float | None]
# the cells, whether a page's end may split them, and their height if it may not

_WORD: Final = (20 * mm, 36 * mm)  # the word before a fact: at least, and at most
_LEAST: Final = 7.6  # points, the smallest size beside a title
_LEAST_TITLE: Final = 14.5
_TALL: Final = 60.0
_ABOVE, _BELOW = 1.8, 2.2  # points between a line's rules and its text
_BEFORE, _AFTER = 1, 2
_ON_A_PAGE: Final = 2 + int(PAGE[1] / (CELL.leading + _ABOVE + _BELOW))  # lines, and more


def title_block(title: str, named: str, document: Document) -> Table:
    """Return a document's title under a bar; at its right what it is of, its number, and in a
    correction the number that it replaces.

    The title takes what it needs, up to three fifths; a line at its right is set smaller before it
    is broken.
    """
    beside = [named, tr("No. {number}", number=document.number)]
    if document.replaces:
        beside.append(tr("replaces {number}", number=document.replaces))
    style = SUBTITLE.but(align="right")
    widest = max((Paragraph(one, style).natural_width() for one in beside), default=1.0)
    head = Paragraph(title, TITLE)
    room = max(WIDTH * 0.6, WIDTH - 1 - widest * _LEAST / style.size) - 14
    if room < head.natural_width() <= room * TITLE.size / _LEAST_TITLE:
        head = Paragraph(title, TITLE.but(size=TITLE.size * room / head.natural_width() - 0.01))
    left = min(head.natural_width() + 14, room + 14)
    shown = style.but(size=max(_LEAST, style.size * min(1.0, (WIDTH - left - 1) / widest)))
    right = [Paragraph(one, shown) for one in beside]
    table = Table([[head, right]], colWidths=[left, WIDTH - left])
    table.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "BOTTOM"),
                ("LINEABOVE", (0, 0), (-1, 0), 3, NAVY, "butt"),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("RIGHTPADDING", (0, 0), (-1, -1), 0),
                ("TOPPADDING", (0, 0), (-1, -1), 7),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 7),
            ]
        )
    )
    return table


def facts_table(rows: Sequence[tuple[str, str]]) -> Table:
    """Return facts, each beside its word."""
    width = _word_width(word for word, _ in rows)
    table = Table(
        [[Paragraph(word, LABEL), Paragraph(text, FACT)] for word, text in rows],
        colWidths=[width, WIDTH - width],
    )
    table.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
                ("LINEBELOW", (0, 0), (-1, -1), 0.4, RULE),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("TOPPADDING", (0, 0), (-1, -1), 1.6),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 2.4),
            ]
        )
    )
    return table


def particulars(rows: Sequence[tuple[str, str]]) -> Table:
    """Return facts beside their words, two short ones to a line; empty ones are left out."""
    half = WIDTH / 2
    word_width = _word_width(word for word, text in rows if text)
    lines: list[list[Flowable | str]] = []
    whole: list[int] = []
    open_line = False
    for word, text in rows:
        if not text:
            continue
        cells: list[Flowable | str] = [Paragraph(word, LABEL), Paragraph(text, FACT)]
        short = "\n" not in text and Paragraph(text, FACT).natural_width() < half - word_width - 8
        if short and open_line:
            lines[-1][2:] = cells
            open_line = False
            continue
        if open_line:
            whole.append(len(lines) - 1)
        lines.append([*cells, "", ""])
        open_line = short
        if not short:
            whole.append(len(lines) - 1)
    if open_line:
        whole.append(len(lines) - 1)
    table = Table(lines, colWidths=[word_width, half - word_width] * 2)
    table.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
                ("LINEBELOW", (0, 0), (-1, -1), 0.4, RULE),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("RIGHTPADDING", (0, 0), (-1, -1), 4),
                ("TOPPADDING", (0, 0), (-1, -1), 1.6),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 2.4),
                *(("SPAN", (1, line), (3, line)) for line in whole),
            ]
        )
    )
    return table


def _word_width(words: Iterable[str]) -> float:
    """Return the width of the column of words before facts, in which the longest is not broken."""
    least, most = _WORD
    widest = max((Paragraph(one, LABEL).natural_width() for one in words), default=0.0)
    return min(max(least, widest + 8), most)


def ruled_table(
    head: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    shares: Sequence[float],
    aligns: Sequence[Align] = (),
    caption: TableCaption | None = None,
) -> Flowable:
    """Return a table over the whole width; `shares` are the columns' parts of it.

    Texts are set in the cell style with their column's alignment; flowables stand as they are.  A
    column too narrow for one of its words takes what it needs from the widest.  The caption stands
    above it, on each page that it reaches.
    """
    aligns = aligns or ["left"] * len(head)
    content: list[list[Flowable]] = [
        [Paragraph(word, CELL_HEAD.but(align=at)) for word, at in zip(head, aligns, strict=True)],
        *([_cell(cell, at) for cell, at in zip(row, aligns, strict=True)] for row in rows),
    ]
    widths = column_widths(content, shares)
    head_lines: list[list[Cell]] = [[*content[0]]]
    if caption is not None:
        head_lines.insert(0, [caption, *[""] * (len(head) - 1)])
    lines = [_line(row, widths) for row in content[1:]]
    if len(lines) > _ON_A_PAGE:
        return Long(head_lines, lines, widths)
    return _ruled(head_lines, lines, widths)


def _from_top(lines: Sequence[_Line], first: int) -> list[int]:
    """Return the rows that are read from the top: the tall ones, and beside them all that have
    more than two lines."""
    if not any(tall for _, tall, _ in lines):
        return []
    most = 2.5 * CELL.leading + _ABOVE + _BELOW
    return [
        row for row, (_, tall, height) in enumerate(lines, first) if tall or (height or 0) > most
    ]


def _ruled(
    heads: Sequence[Sequence[Cell]], lines: Sequence[_Line], widths: Sequence[float]
) -> _Ruled:
    """Return the table of some lines; the last of `heads` is its head, a caption stands above."""
    at = len(heads) - 1  # the row of the head
    table = _Ruled(
        [*([*one] for one in heads), *(cells for cells, *_ in lines)],
        colWidths=widths,
        rowHeights=[*[None] * len(heads), *(height for *_, height in lines)],
        repeatRows=1 + at,
        splitInRow=1,
        spaceBefore=_BEFORE,
        spaceAfter=_AFTER,
    )
    table.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
                ("LEFTPADDING", (0, 0), (-1, -1), PADDING),
                ("RIGHTPADDING", (0, 0), (-1, -1), PADDING),
                ("TOPPADDING", (0, 0), (-1, -1), _ABOVE),
                ("BOTTOMPADDING", (0, 0), (-1, -1), _BELOW),
                *((("SPAN", (0, 0), (-1, 0)),) if at else ()),
                ("BACKGROUND", (0, at), (-1, at), HEAD),
                ("LINEABOVE", (0, at), (-1, at), 0.9, NAVY),
                ("LINEBELOW", (0, at), (-1, at), 0.5, NAVY),
                ("LINEBELOW", (0, at + 1), (-1, -2), 0.4, RULE),
                ("LINEBELOW", (0, -1), (-1, -1), 0.7, NAVY),
                *(("VALIGN", (0, row), (-1, row), "TOP") for row in _from_top(lines, 1 + at)),
            ]
        )
    )  # fmt: skip
    return table


class Long(Flowable):
    """A table of many lines, of which only as many are laid out at once as a page can hold.

    reportlab's own lays out all that are left again for each page: the time of a long one grows
    with the square of its length.
    """

    def __init__(
        self,
        heads: Sequence[Sequence[Cell]],
        lines: Sequence[_Line],
        widths: Sequence[float],
        *,
        goes_on: bool = False,
    ) -> None:
        super().__init__()
        self._goes_on = goes_on
        self._heads, self._lines, self._widths = heads, lines, widths
        self._here: _Ruled | None = None  # the lines that this page may hold, and one more
        self.spaceBefore, self.spaceAfter = _BEFORE, _AFTER

    def wrap(self, availWidth: float, availHeight: float) -> tuple[float, float]:
        """Take the height of all lines, or, of more than a page holds, more than a page's."""
        if self._here is None:
            self._here = _ruled(self._heads, self._lines[:_ON_A_PAGE], self._widths)
            if self._goes_on:  # as reportlab has it: the line that the page before ended with
                head = len(self._heads) - 1
                self._here.setStyle(TableStyle([("LINEBELOW", (0, head), (-1, head), 0.4, RULE)]))
        self.width, self.height = self._here.wrapOn(self.canv, availWidth, availHeight)
        return self.width, self.height

    def split(self, availWidth: float, availHeight: float) -> list[Flowable]:
        """Return what this page holds, and the rest."""
        assert self._here is not None
        parts = self._here.splitOn(self.canv, availWidth, availHeight)
        after = len(self._lines) - len(self._here.lines)
        if len(parts) < 2 or not after:
            return parts
        first, rest = parts
        assert isinstance(first, _Ruled)
        assert isinstance(rest, _Ruled)
        if len(first.lines) + len(rest.lines) > len(self._here.lines):  # a line was cut in two
            whole = _ruled(self._heads, self._lines, self._widths)
            whole.wrapOn(self.canv, availWidth, availHeight)
            return whole.splitOn(self.canv, availWidth, availHeight)
        left = self._lines[len(first.lines) :]
        return [first, Long(self._heads, left, self._widths, goes_on=True)]

    def draw(self) -> None:
        """Draw it: the last page's lines."""
        assert self._here is not None
        self._here.drawOn(self.canv, 0, 0)


class Later(Flowable):
    """A long table that is made when its turn comes, and is gone when it is drawn: a year's lines
    are not all held in memory at once."""

    def __init__(self, make: Callable[[], Flowable]) -> None:
        super().__init__()
        self._make = make
        self._made: Flowable | None = None
        self.spaceBefore, self.spaceAfter = _BEFORE, _AFTER

    def wrap(self, availWidth: float, availHeight: float) -> tuple[float, float]:
        """Make it, and take its size."""
        if self._made is None:
            self._made = self._make()
        self.width, self.height = self._made.wrapOn(self.canv, availWidth, availHeight)
        return self.width, self.height

    def split(self, availWidth: float, availHeight: float) -> list[Flowable]:
        """Return its own parts."""
        assert self._made is not None
        return self._made.splitOn(self.canv, availWidth, availHeight)

    def draw(self) -> None:
        """Draw it."""
        assert self._made is not None
        self._made.drawOn(self.canv, 0, 0)


class _Ruled(Table):
    """A table whose head never stands at the foot of a page without a line below it; its plain
    texts are drawn in one go."""

    _texts: list[Text]

    def draw(self) -> None:
        """Draw it."""
        self._texts = []
        super().draw()

    def _drawCell(
        self, cellval: Any, cellstyle: Any, pos: tuple[float, float], size: tuple[float, float]
    ) -> None:
        """Gather a paragraph; draw what was gathered before anything else is drawn."""
        cell = cellval[0] if isinstance(cellval, tuple) and len(cellval) == 1 else cellval
        if type(cell) is not Paragraph:
            self._draw_texts()
            super()._drawCell(cellval, cellstyle, pos, size)  # type: ignore[misc]
            return
        (left, foot), (width, height) = pos, size
        _, tall = cell.wrap(width - cellstyle.leftPadding - cellstyle.rightPadding, height)
        above, below = cellstyle.topPadding, cellstyle.bottomPadding
        if cellstyle.valign == "TOP":
            spare = height - above - tall
        elif cellstyle.valign == "BOTTOM":
            spare = below
        else:
            spare = (height + below - above - tall) / 2
        self._texts.append(cell.placed(left + cellstyle.leftPadding, foot + spare))

    def _drawLines(self) -> None:
        self._draw_texts()
        super()._drawLines()  # type: ignore[misc]

    def _draw_texts(self) -> None:
        if self._texts:
            draw_texts(self.canv, self._texts)
            self._texts.clear()

    @property
    def lines(self) -> Sequence[Sequence[Cell]]:
        """The lines below its head."""
        return self._cellvalues[int(self.repeatRows) :]  # type: ignore[attr-defined,no-any-return]

    def split(self, availWidth: float, availHeight: float) -> list[Flowable]:
        """Return the parts, or nothing where the first would hold no words but the head's."""
        parts = super().split(availWidth, availHeight)
        first = parts[0] if len(parts) > 1 else None
        if isinstance(first, Table):
            heads = int(self.repeatRows)
            heights = first._rowHeights[heads:]  # type: ignore[attr-defined]  # not in the stubs
            lonely = len(heights) == 1 and heights[0] < 2 * CELL.leading
            if sum(heights) < CELL.leading or (lonely and not _whole(first, self, heads)):
                return []
        return parts


def _whole(part: Table, table: Table, heads: int) -> bool:
    """Whether the first line below a part's head is as high as the table has it."""
    heights = (part._rowHeights[heads], table._rowHeights[heads])  # type: ignore[attr-defined]
    return bool(heights[0] >= heights[1] - 0.01)


def _cell(cell: Cell, align: Align) -> Flowable:
    return Paragraph(cell, _aligned(align)) if isinstance(cell, str) else cell


@cache
def _aligned(align: Align) -> TextStyle:
    return CELL.but(align=align)


def _line(cells: Sequence[Flowable], widths: Sequence[float]) -> _Line:
    """Return a line with its height; a tall one may be split, and is read from the top."""
    highest = max(
        cell.wrap(width - 2 * PADDING, PAGE[1])[1]
        for cell, width in zip(cells, widths, strict=True)
    )
    tall = highest > _TALL
    return [*cells], tall, None if tall else highest + _ABOVE + _BELOW
