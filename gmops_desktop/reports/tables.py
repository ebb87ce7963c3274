"""Tables of a document: ruled by hairlines, heads repeated on every page, rows that may split; the
block with its title, and facts beside their words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Final

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Table, TableStyle

from gmops_desktop.reports.captions import TableCaption
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

_PADDING: Final = 3.0
_WORD: Final = 20 * mm  # the word before a fact
_LEAST: Final = 7.6  # points, the smallest size beside a title
_TALL: Final = 60.0
_GROWTH: Final = 1.7  # times its share that a column may claim for its longest word


def title_block(title: str, beside: Sequence[str]) -> Table:
    """Return a document's title under a bar, with a few lines at its right.

    The title takes what it needs, up to three fifths; a line at its right is set smaller before it
    is broken.
    """
    head = Paragraph(title, TITLE)
    left = min(head.natural_width() + 14, WIDTH * 0.6)
    style = SUBTITLE.but(align="right")
    widest = max((Paragraph(one, style).natural_width() for one in beside), default=1.0)
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
    table = Table(
        [[Paragraph(word, LABEL), Paragraph(text, FACT)] for word, text in rows],
        colWidths=[22 * mm, WIDTH - 22 * mm],
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
    lines: list[list[Flowable | str]] = []
    whole: list[int] = []
    open_line = False
    for word, text in rows:
        if not text:
            continue
        cells: list[Flowable | str] = [Paragraph(word, LABEL), Paragraph(text, FACT)]
        short = "\n" not in text and Paragraph(text, FACT).natural_width() < half - _WORD - 8
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
    table = Table(lines, colWidths=[_WORD, half - _WORD] * 2)
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


def ruled_table(
    head: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    shares: Sequence[float],
    aligns: Sequence[Align] = (),
    caption: TableCaption | None = None,
) -> Table:
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
    widths = _widths(content, shares)
    at = 0 if caption is None else 1  # the row of the head
    lines: list[list[Flowable | str]] = [[*row] for row in content]
    if caption is not None:
        lines.insert(0, [caption, *[""] * (len(head) - 1)])
    table = _Ruled(
        lines,
        colWidths=widths,
        repeatRows=1 + at,
        splitInRow=1,
        spaceBefore=1,
        spaceAfter=2,
    )
    table.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
                ("LEFTPADDING", (0, 0), (-1, -1), _PADDING),
                ("RIGHTPADDING", (0, 0), (-1, -1), _PADDING),
                ("TOPPADDING", (0, 0), (-1, -1), 1.8),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 2.2),
                *((("SPAN", (0, 0), (-1, 0)),) if caption else ()),
                ("BACKGROUND", (0, at), (-1, at), HEAD),
                ("LINEABOVE", (0, at), (-1, at), 0.9, NAVY),
                ("LINEBELOW", (0, at), (-1, at), 0.5, NAVY),
                ("LINEBELOW", (0, at + 1), (-1, -2), 0.4, RULE),
                ("LINEBELOW", (0, -1), (-1, -1), 0.7, NAVY),
                *(
                    ("VALIGN", (0, row + at), (-1, row + at), "TOP")
                    for row in _tall(content, widths)
                ),
            ]
        )
    )
    return table


class Later(Flowable):
    """A long table that is made when its turn comes, and is gone when it is drawn: a year's lines
    are not all held in memory at once."""

    def __init__(self, make: Callable[[], Table]) -> None:
        super().__init__()
        self._make = make
        self._made: Table | None = None
        self.spaceBefore, self.spaceAfter = 1, 2  # as `ruled_table` has them

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
    """A table whose head never stands at the foot of a page without a line below it."""

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


def _widths(content: Sequence[Sequence[Flowable]], shares: Sequence[float]) -> list[float]:
    widths = [WIDTH * part / sum(shares) for part in shares]
    widest = widths.index(max(widths))
    needed = [max(row[column].minWidth() for row in content) + 2 * _PADDING + 0.5
              for column in range(len(widths))]  # fmt: skip
    for column in range(len(widths)):
        lacking = min(needed[column], _GROWTH * widths[column]) - widths[column]
        lacking = min(lacking, widths[widest] - needed[widest])
        if column != widest and lacking > 0:
            widths[column] += lacking
            widths[widest] -= lacking
    return widths


def _tall(content: Sequence[Sequence[Flowable]], widths: Sequence[float]) -> list[int]:
    """Return the rows that a page's end may split: they are read from the top."""
    return [
        number
        for number, row in enumerate(content)
        if any(
            cell.wrap(width - 2 * _PADDING, PAGE[1])[1] > _TALL
            for cell, width in zip(row, widths, strict=True)
        )
    ]
