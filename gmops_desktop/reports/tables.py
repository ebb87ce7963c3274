"""Tables of a document: ruled by hairlines, heads repeated on every page, rows that may split."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reportlab.platypus import Flowable, Table, TableStyle

from gmops_desktop.reports.paragraph import Paragraph
from gmops_desktop.reports.styles import CELL, CELL_HEAD, HEAD, NAVY, RULE, WIDTH, Align

Cell = Flowable | str | list[Flowable]


def ruled_table(
    head: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    shares: Sequence[float],
    aligns: Sequence[Align] = (),
) -> Table:
    """Return a table over the whole width; `shares` are the columns' parts of it.

    Texts are set in the cell style with their column's alignment; flowables stand as they are.
    """
    aligns = aligns or ["left"] * len(head)
    whole = sum(shares)
    content: list[list[Any]] = [
        [
            Paragraph(word, CELL_HEAD.but(align=align))
            for word, align in zip(head, aligns, strict=True)
        ]
    ]
    for row in rows:
        content.append([_cell(cell, align) for cell, align in zip(row, aligns, strict=True)])
    table = Table(
        content,
        colWidths=[WIDTH * part / whole for part in shares],
        repeatRows=1,
        splitInRow=1,
        spaceBefore=1,
        spaceAfter=3,
    )
    table.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
                ("LEFTPADDING", (0, 0), (-1, -1), 4),
                ("RIGHTPADDING", (0, 0), (-1, -1), 4),
                ("TOPPADDING", (0, 0), (-1, -1), 2.2),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 2.6),
                ("BACKGROUND", (0, 0), (-1, 0), HEAD),
                ("LINEABOVE", (0, 0), (-1, 0), 0.9, NAVY),
                ("LINEBELOW", (0, 0), (-1, 0), 0.5, NAVY),
                ("LINEBELOW", (0, 1), (-1, -2), 0.4, RULE),
                ("LINEBELOW", (0, -1), (-1, -1), 0.7, NAVY),
            ]
        )
    )
    return table


def _cell(cell: Cell, align: Align) -> Any:
    return Paragraph(cell, CELL.but(align=align)) if isinstance(cell, str) else cell
