"""A paged A4 document: margins, running head, 第 X 页 共 Y 页, its sections in the outline."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import Final

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate

from gmops_desktop.language import current, tr
from gmops_desktop.reports import fixes
from gmops_desktop.reports.fonts import SANS
from gmops_desktop.reports.late import LateCanvas
from gmops_desktop.reports.paragraph import one_line
from gmops_desktop.reports.styles import (
    BOTTOM,
    LEFT,
    NAVY,
    NOTE,
    PAGE,
    RULE,
    TOP,
    WIDTH,
    Align,
)

_FIRST_TOP: Final = 12 * mm  # the first page bears the title block instead of the running head
_COVER_TOP: Final = 20 * mm


@dataclass(frozen=True, slots=True)
class Paper:
    """What stands around the text: in the running head and foot, and in the file's properties.

    `covered` says that the story begins with a cover, which bears neither and is not counted.
    """

    title: str
    number: str
    author: str
    aside: str  # at the right of the foot
    covered: bool = False


def build(story: list[Flowable], paper: Paper) -> tuple[bytes, int]:
    """Return the PDF of `story` and its number of pages, the cover among them.

    The list is empty afterwards: what is laid out is not kept.
    """
    fixes.apply()

    def first_page(canvas: Canvas, document: BaseDocTemplate) -> None:
        if not paper.covered:
            foot(canvas)

    def later_page(canvas: Canvas, document: BaseDocTemplate) -> None:
        _head(canvas, paper)
        foot(canvas)

    def foot(canvas: Canvas) -> None:
        assert isinstance(canvas, LateCanvas)
        canvas.when_whole(partial(_foot, canvas, paper, canvas.getPageNumber()))

    file = BytesIO()
    document = BaseDocTemplate(
        file,
        pagesize=PAGE,
        title=f"{paper.title} {paper.number}",
        author=paper.author,
        subject=paper.number,
        creator="GMOps Desktop",
        lang="zh-CN" if current() == "zh_CN" else "en",
        initialFontName=SANS,
        displayDocTitle=True,
    )
    first = _frame(_COVER_TOP if paper.covered else _FIRST_TOP)
    document.addPageTemplates(
        [
            PageTemplate("first", [first], first_page, autoNextPageTemplate="later"),
            PageTemplate("later", [_frame(TOP)], later_page),
        ]
    )
    document.build(story, canvasmaker=LateCanvas)
    return file.getvalue(), document.page


def _frame(top: float) -> Frame:
    height = PAGE[1] - top - BOTTOM
    return Frame(LEFT, BOTTOM, WIDTH, height, 0, 0, 0, 0)


def _head(canvas: Canvas, paper: Paper) -> None:
    line = PAGE[1] - TOP + 5 * mm
    number = tr("No. {number}", number=paper.number)
    _write(canvas, paper.title, "left", line + 3, 0.7)
    _write(canvas, number, "right", line + 3, 0.28)
    canvas.setStrokeColor(NAVY)
    canvas.setLineWidth(0.8)
    canvas.line(LEFT, line, LEFT + WIDTH, line)


def _foot(canvas: Canvas, paper: Paper, number: int, total: int) -> None:
    line = BOTTOM - 4 * mm
    canvas.setStrokeColor(RULE)
    canvas.setLineWidth(0.5)
    canvas.line(LEFT, line, LEFT + WIDTH, line)
    cover = 1 if paper.covered else 0
    page = tr("Page {page} of {total}", page=number - cover, total=total - cover)
    _write(canvas, paper.author, "left", line - 12, 0.4)
    _write(canvas, page, "centre", line - 12, 1)
    _write(canvas, paper.aside, "right", line - 12, 0.4)


def _write(canvas: Canvas, words: str, align: Align, y: float, part: float) -> None:
    """Write one line over `part` of the width, from the side it is aligned to."""
    room = WIDTH * part
    left = LEFT + WIDTH - room if align == "right" else LEFT
    one_line(words, NOTE.but(align=align), room).drawOn(canvas, left, y)
