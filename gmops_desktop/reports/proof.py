"""The part of a document that makes it provable later: data digest, chain heads, and a QR code.

Once the paper is signed, no earlier entry of the journal can be altered unseen: its chain would no
longer lead to the head printed here.
"""

from __future__ import annotations

from collections.abc import Sequence

from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Table, TableStyle

from gmops_desktop.contract.record import ChainHead
from gmops_desktop.language import tr
from gmops_desktop.reports import phrases
from gmops_desktop.reports.orders import Document
from gmops_desktop.reports.own_words import told_apart
from gmops_desktop.reports.paragraph import Paragraph, strong
from gmops_desktop.reports.styles import NAVY, NOTE, WIDTH

_QR = 17 * mm


def qr_text(number: str, data_digest: str, heads: Sequence[ChainHead]) -> str:
    """Return what the QR code says: number, digest of the data, and each chain's head.

    Capitals, digits and these signs take a code a fifth smaller than free text.  Of a device's id
    the last 12 digits stand there: they are random, the first are its date.
    """
    said = [f"{head.device[-12:]}:{head.sequence}:{head.hash}" for head in heads]
    return " ".join(["GMOPS1", number, f"DATA:{data_digest}", *said]).upper()


def proof_block(
    document: Document, data_digest: str, heads: Sequence[ChainHead], notes: Sequence[str] = ()
) -> Flowable:
    """Return the block: words at the left, the QR code at the right.

    Beside its own `notes` it says of every document which version it replaces, and which words in
    it are people's own.
    """
    said: list[Flowable] = [
        Paragraph(
            tr(
                "{what} SHA-256 {digest}",
                what=strong(tr("Data of this report (attached):")),
                digest=grouped(data_digest),
            ),
            NOTE,
        )
    ]
    for head in heads:
        words = tr(
            "Chain head of {device}, entry {number}:",
            device=head.device_name,
            number=f"{head.sequence:,}",
        )
        said.append(Paragraph(f"{strong(words)} {grouped(head.hash)}", NOTE))
    if not heads:
        said.append(
            Paragraph(tr("The journal holds no entries yet: no chain head to print."), NOTE)
        )
    notes = (*version_replaced(document), *notes, *told_apart(document))
    said += [Paragraph(note, NOTE) for note in notes]
    table = Table(
        [[said, qr_drawing(qr_text(document.number, data_digest, heads))]],
        colWidths=[WIDTH - _QR - 4 * mm, _QR + 4 * mm],
    )
    table.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("ALIGN", (1, 0), (1, 0), "RIGHT"),
                *(
                    (side, (0, 0), (-1, -1), 0)
                    for side in ("LEFTPADDING", "RIGHTPADDING", "TOPPADDING", "BOTTOMPADDING")
                ),
            ]
        )
    )
    return table


def version_replaced(document: Document) -> tuple[str, ...]:
    """Return the note of a correction: which version it replaces, and what it puts right."""
    if not document.replaces:
        return ()
    replaced = tr(
        "This version replaces {number}, which stays in the register.", number=document.replaces
    )
    why = tr("It corrects: {what}", what=document.corrects) if document.corrects else ""
    return (phrases.sentences(replaced, why),)


def qr_drawing(text: str) -> Drawing:
    """Return the QR code of `text`, medium correction."""
    code = QrCodeWidget(text, barLevel="M", barFillColor=NAVY, barBorder=0)
    left, low, right, high = code.getBounds()
    scale = _QR / max(right - left, high - low)
    return Drawing(_QR, _QR, code, transform=[scale, 0, 0, scale, 0, 0])


def grouped(digest: str) -> str:
    """Return a digest in groups of eight, so that two can be compared by eye."""
    return " ".join(digest[start : start + 8] for start in range(0, len(digest), 8))
