"""What people wrote into a document, told apart from what the record says: beside a thin line,
with the writer's name and day below."""

from __future__ import annotations

from typing import Final

from reportlab.platypus import CondPageBreak, Flowable, Table, TableStyle

from gmops_desktop.contract.report_texts import OwnText, word_of_section
from gmops_desktop.contract.terms import day_of
from gmops_desktop.language import tr
from gmops_desktop.reports import phrases
from gmops_desktop.reports.marks import Section
from gmops_desktop.reports.orders import Document
from gmops_desktop.reports.paragraph import Paragraph
from gmops_desktop.reports.styles import BLUE, BODY, NOTE, WIDTH

_INSET: Final = 9.0  # points between the line and the words


def own_words(document: Document, section: str) -> list[Flowable]:
    """Return what was written into a section; nothing where nobody wrote."""
    found = document.own(section)
    if found is None:
        return []
    lines = [line for line in found.text.split("\n") if line.strip()]
    rows: list[list[Flowable]] = [[Paragraph(line.strip(), BODY)] for line in lines]
    rows.append([Paragraph(_byline(found), NOTE.but(align="right"))])
    table = Table(rows, colWidths=[WIDTH], splitInRow=1, spaceBefore=5, spaceAfter=3)
    table.setStyle(
        TableStyle(
            [
                ("LINEBEFORE", (0, 0), (0, -1), 0.9, BLUE),
                ("LEFTPADDING", (0, 0), (-1, -1), _INSET),
                ("RIGHTPADDING", (0, 0), (-1, -1), 0),
                ("TOPPADDING", (0, 0), (-1, -1), 0.5),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 1.5),
                ("NOSPLIT", (0, -2), (0, -1)),  # the name never stands alone
            ]
        )
    )
    return [table]


def own_sections(
    document: Document, kind: str, sections: tuple[str, ...], number: int
) -> tuple[list[Flowable], int]:
    """Return sections that hold people's words and nothing else, numbered from `number`, and the
    number that comes next; what nobody wrote is left out."""
    parts: list[Flowable] = []
    for section in sections:
        if words := own_words(document, section):
            title = phrases.numbered(number, word_of_section(kind, section))
            parts += [CondPageBreak(60), Section(title), *words]
            number += 1
    return parts, number


def told_apart(document: Document) -> tuple[str, ...]:
    """Return the note that says which words are people's; none where there are no such words."""
    if not document.texts:
        return ()
    return (
        tr(
            "Paragraphs beside a line, with a name below, were written by that person; everything "
            "else comes from the record."
        ),
    )


def _byline(one: OwnText) -> str:
    return tr("Written by {name}, {day}", name=one.by, day=phrases.day(day_of(one.at)))
