"""The captions of a document, numbered through: 图1 below a figure, 表1 above a table."""

from __future__ import annotations

from gmops_desktop.language import tr
from gmops_desktop.reports.paragraph import Paragraph
from gmops_desktop.reports.styles import CAPTION


class Captions:
    """Numbers the figures and the tables of one document, in the order in which it is told."""

    def __init__(self) -> None:
        self._figures = self._tables = 0

    def figure(self, words: str) -> Paragraph:
        """Return the line that stands below the next figure."""
        self._figures += 1
        return Paragraph(tr("Figure {number}: {words}", number=self._figures, words=words), CAPTION)

    def table(self, words: str) -> TableCaption:
        """Return the line that stands above the next table (`tables.ruled_table` takes it)."""
        self._tables += 1
        return TableCaption(self._tables, words)


class TableCaption(Paragraph):
    """Stands above a table, and again where it goes on on another page: 续表1."""

    def __init__(self, number: int, words: str) -> None:
        style = CAPTION.but(face=CAPTION.strong_face)
        super().__init__(tr("Table {number}: {words}", number=number, words=words), style)
        said = tr("Table {number} (continued): {words}", number=number, words=words)
        self._again = Paragraph(said, style)
        self._drawn = False

    def minWidth(self) -> float:
        """It spans the whole table, and asks nothing of its first column."""
        return 0.0

    def draw(self) -> None:
        """Draw it; the second time as what goes on."""
        if self._drawn:
            self._again.wrap(self.width, self.height)
            self._again.canv = self.canv
            self._again.draw()
        else:
            self._drawn = True
            super().draw()
