"""How wide the columns of a table are: their shares, wide enough for their words, and what one does
not need given to those whose texts would be broken."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from reportlab.platypus import Flowable

from gmops_desktop.reports.marks import StateWord
from gmops_desktop.reports.paragraph import Paragraph
from gmops_desktop.reports.styles import CELL, WIDTH

PADDING: Final = 3.0  # points at each side of a cell's text
_GROWTH: Final = 1.7  # times its share that a column may claim for its longest word


def column_widths(content: Sequence[Sequence[Flowable]], shares: Sequence[float]) -> list[float]:
    """Return the widths of columns that together are as wide as the page, in points."""
    widths = [WIDTH * part / sum(shares) for part in shares]
    widest = widths.index(max(widths))
    needed = [_needed(column) + 2 * PADDING + 0.5 for column in zip(*content, strict=True)]
    for column in range(len(widths)):
        lacking = min(needed[column], _GROWTH * widths[column]) - widths[column]
        lacking = min(lacking, widths[widest] - needed[widest])
        if column != widest and lacking > 0:
            widths[column] += lacking
            widths[widest] -= lacking
    return _evened(widths, [_natural(column) for column in zip(*content, strict=True)])


def least_width(words: Iterable[str]) -> float:
    """Return the width of a column in which none of these words would be cut, in points."""
    return max(Paragraph(one, CELL).minWidth() for one in words) + 2 * PADDING + 0.6


def _evened(widths: Sequence[float], natural: Sequence[float]) -> list[float]:
    """Return widths in which what no text of a column needs goes to those whose texts would be
    broken, the least wanting first."""
    found = [*widths]
    spare = sum(max(0.0, width - needed) for width, needed in zip(found, natural, strict=True))
    wanting = {at: natural[at] - width for at, width in enumerate(found) if natural[at] > width}
    given = 0.0
    for at, lacks in sorted(wanting.items(), key=lambda one: one[1]):
        if given + lacks <= spare:
            found[at] += lacks
            given += lacks
    for at, width in enumerate(widths):
        if at not in wanting and spare:
            found[at] -= (width - natural[at]) / spare * given
    return found


def _natural(cells: Sequence[Flowable]) -> float:
    """Return the width at which no cell of a column would be broken; of what is not text, the one
    that it must have."""
    return (
        2 * PADDING
        + 0.5
        + max(
            cell.unbroken_width() if isinstance(cell, Paragraph | StateWord) else cell.minWidth()
            for cell in cells
        )
    )


def _needed(cells: Iterable[Flowable]) -> float:
    """Return the width of the longest word; a text that is no longer has no longer word."""
    most = 0.0
    for cell in cells:
        if not isinstance(cell, Paragraph) or cell.natural_width() > most:
            most = max(most, cell.minWidth())
    return most
