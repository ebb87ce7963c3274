"""The recovery sheet: one page that opens sealed backups when the computer is gone.

The page is itself the secret: it is for paper and a safe, its file only for the way there.
"""

from __future__ import annotations

from typing import Any, Final

from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.barcode.qrencoder import QRAlphaNum
from reportlab.graphics.shapes import Drawing
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Spacer, Table, TableStyle

from gmops_desktop.contract.terms import ZONE
from gmops_desktop.language import speaking, tr
from gmops_desktop.reports import phrases
from gmops_desktop.reports.document import Paper, build
from gmops_desktop.reports.fonts import SANS, SANS_BOLD
from gmops_desktop.reports.marks import Section
from gmops_desktop.reports.orders import Sheet
from gmops_desktop.reports.paragraph import Paragraph, strong
from gmops_desktop.reports.styles import (
    FACT,
    LABEL,
    NAVY,
    NOTE,
    PALE,
    RULE,
    STATE_COLOURS,
    SUBTITLE,
    TITLE,
    WIDTH,
    TextStyle,
)
from gmops_desktop.reports.tables import ruled_table

COMMAND: Final = "age -d -i key.txt NAME.sql.zst.age | zstd -dc | mysql --comments SCHEMA"

_QR: Final = 50 * mm
_ACROSS: Final = 4  # groups in a line
_KEY: Final = TextStyle(SANS_BOLD, SANS_BOLD, 15, 22)
_TEXT: Final = TextStyle(SANS, SANS_BOLD, 9.2, 14, after=2)
_TITLE: Final = TITLE.but(size=17)


def make_sheet(sheet: Sheet) -> bytes:
    """Return the page as a PDF; the key stands in it as text and as a QR code, and nowhere else."""
    with speaking(sheet.language):
        paper = Paper(
            title=tr("Recovery sheet for sealed backups"),
            number=sheet.public_key,
            author=tr("Secret: keep it as you would keep the database itself"),
            aside=phrases.full_moment(sheet.made_at),
        )
        content, pages = build(_story(sheet), paper)
    assert pages == 1, "a recovery sheet is one sheet"
    return content


def groups(identity: str) -> list[str]:
    """Return a secret key in the pieces in which it is printed and typed."""
    begin = identity.index("1") + 1
    return [identity[:begin], *(identity[at : at + 4] for at in range(begin, len(identity), 4))]


def code(identity: str) -> QrCodeWidget:
    """Return the QR code of a secret key; it still reads with a quarter of it stained."""
    parts: Any = [QRAlphaNum(identity)]  # the stubs know of plain strings only
    return QrCodeWidget(parts, barLevel="Q", barWidth=_QR, barHeight=_QR)


def _story(sheet: Sheet) -> list[Flowable]:
    return [
        _title(sheet),
        _warning(),
        Spacer(0, 6),
        Section(tr("The secret key")),
        Spacer(0, 4),
        _key(sheet.identity),
        Spacer(0, 4),
        _facts(sheet),
        Spacer(0, 6),
        Section(tr("What it opens, and how")),
        *_steps(
            tr(
                "It opens every backup (a file named *.sql.zst.age) that was sealed to the public "
                "key above, and nothing else."
            ),
            tr(
                "With GMOps Desktop: install it on any computer, choose “Import a key” in the "
                "settings, and type the key or read the code with a hand scanner (not with a "
                "phone); or run gmops seal key import. Then restore the file like any other."
            ),
            tr(
                "Without it, with the free tools age, zstd and mysql (or mariadb): write the key "
                "on one line into a file key.txt, make an empty schema, and run"
            ),
        ),
        _command(),
        Paragraph(tr("Delete key.txt afterwards."), NOTE),
        Spacer(0, 6),
        Section(tr("Where to keep it")),
        *_steps(
            tr(
                "On paper, in two places that do not burn or flood together: the office safe, and "
                "Party A's or a notary's. Never beside the backups, in a mail, or in a photograph."
            ),
            tr(
                "Delete this PDF file once it is printed; another sheet can be printed as long as "
                "the key is in this computer's keyring."
            ),
            tr(
                "If a sheet is lost or was seen by somebody, make a new key at once: new backups "
                "are then safe; the old ones stay readable for whoever holds this sheet."
            ),
        ),
        Spacer(0, 8),
        _places(),
    ]


def _title(sheet: Sheet) -> Table:
    left = Paragraph(tr("Recovery sheet for sealed backups"), _TITLE)
    right = [
        Paragraph(sheet.name, SUBTITLE.but(align="right")),
        Paragraph(phrases.day(sheet.made_at.astimezone(ZONE).date()), SUBTITLE.but(align="right")),
    ]
    table = Table([[left, right]], colWidths=[WIDTH * 0.66, WIDTH * 0.34])
    table.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "BOTTOM"),
                ("LINEABOVE", (0, 0), (-1, 0), 3, NAVY, "butt"),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("RIGHTPADDING", (0, 0), (-1, -1), 0),
                ("TOPPADDING", (0, 0), (-1, -1), 7),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 8),
            ]
        )
    )
    return table


def _warning() -> Table:
    lines = [
        Paragraph(
            strong(tr("Without this key the sealed backups are gone: nobody can open them.")), _TEXT
        ),
        Paragraph(tr("Whoever has this sheet can read every one of them."), _TEXT),
    ]
    colour = STATE_COLOURS["critical"]
    table = Table([[lines]], colWidths=[WIDTH])
    table.setStyle(
        TableStyle(
            [
                ("BOX", (0, 0), (-1, -1), 1, colour),
                ("LINEBEFORE", (0, 0), (0, -1), 4, colour),
                ("LEFTPADDING", (0, 0), (-1, -1), 12),
                ("TOPPADDING", (0, 0), (-1, -1), 4),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 7),
            ]
        )
    )
    return table


def _key(identity: str) -> Table:
    first, *rest = groups(identity)
    lines = [[first, "", "", ""]]
    lines += [rest[at : at + _ACROSS] for at in range(0, len(rest), _ACROSS)]
    cells = [
        [Paragraph(group, _KEY) for group in [*line, *[""] * (_ACROSS - len(line))]]
        for line in lines
    ]
    room = WIDTH - _QR - 10 * mm
    typed = Table(cells, colWidths=[room / _ACROSS] * _ACROSS)
    typed.setStyle(
        TableStyle(
            [
                ("SPAN", (0, 0), (-1, 0)),
                ("LEFTPADDING", (0, 0), (-1, -1), 8),
                ("TOPPADDING", (0, 0), (-1, -1), 1),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
                ("LINEBELOW", (0, 0), (-1, -2), 0.3, RULE),
            ]
        )
    )
    note = Paragraph(
        tr(
            "Spaces do not matter. After the first group there is no digit 1 and no letter B, I or "
            "O; 0 is always the digit. A typing error is noticed."
        ),
        NOTE,
    )
    picture = Drawing(_QR, _QR)
    picture.add(code(identity))
    table = Table([[[typed, Spacer(0, 3), note], picture]], colWidths=[room + 6 * mm, _QR + 4 * mm])
    table.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
                ("BACKGROUND", (0, 0), (0, -1), PALE),
                ("BOX", (0, 0), (-1, -1), 0.8, NAVY),
                ("LEFTPADDING", (0, 0), (-1, -1), 6),
                ("RIGHTPADDING", (0, 0), (-1, -1), 6),
                ("TOPPADDING", (0, 0), (-1, -1), 6),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 6),
            ]
        )
    )
    return table


def _facts(sheet: Sheet) -> Table:
    rows = (
        (tr("Public key"), sheet.public_key),
        (tr("Printed"), f"{phrases.full_moment(sheet.made_at)}  {sheet.computer}"),
    )
    table = Table(
        [[Paragraph(word, LABEL), Paragraph(text, FACT)] for word, text in rows],
        colWidths=[WIDTH * 0.13, WIDTH * 0.87],
    )
    table.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
                ("LINEBELOW", (0, 0), (-1, -1), 0.4, RULE),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("TOPPADDING", (0, 0), (-1, -1), 2),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
            ]
        )
    )
    return table


def _steps(*texts: str) -> list[Flowable]:
    """Return numbered texts, each beside its number."""
    numbered = [
        [Paragraph(f"{number}.", _TEXT), Paragraph(text, _TEXT)]
        for number, text in enumerate(texts, 1)
    ]
    table = Table(numbered, colWidths=[5 * mm, WIDTH - 5 * mm], spaceBefore=3)
    table.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("RIGHTPADDING", (0, 0), (-1, -1), 0),
                ("TOPPADDING", (0, 0), (-1, -1), 0),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
            ]
        )
    )
    return [table]


def _places() -> Flowable:
    """Return empty lines for who keeps a print where."""
    words = (tr("Kept at"), tr("Handed over to"), tr("On", context="date"))
    return ruled_table(words, [(" \n ", "", "")] * 2, (3, 2, 1))


def _command() -> Table:
    table = Table([[Paragraph(COMMAND, FACT)]], colWidths=[WIDTH])
    table.setStyle(
        TableStyle(
            [
                ("BACKGROUND", (0, 0), (-1, -1), PALE),
                ("BOX", (0, 0), (-1, -1), 0.4, RULE),
                ("LEFTPADDING", (0, 0), (-1, -1), 10),
                ("TOPPADDING", (0, 0), (-1, -1), 4),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 6),
            ]
        )
    )
    return table
