"""Small drawn things, as a reader of the PDF finds them."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from reportlab.pdfgen.canvas import Canvas

from gmops_desktop.reports import fixes, rendering
from gmops_desktop.reports.fonts import SANS
from gmops_desktop.reports.marks import FigureCard


def test_words_that_a_card_cuts_short_are_cut_at_a_blank(tmp_path: Path) -> None:
    """Where the second line ended a blank stood: without it two words become one, too long."""
    fixes.apply()
    words = "2,180 of 2,415 tickets were answered in time by all"
    for width in (92, 94, 96):
        lines = _below(words, width, tmp_path / f"{width}.pdf")
        assert lines == ["2,180 of 2,415 tickets", "were answered in…"]


def _below(words: str, width: float, path: Path) -> list[str]:
    """Return the lines under a card's figure."""
    file = BytesIO()
    canvas = Canvas(file, initialFontName=SANS)
    card = FigureCard("Limits kept", "90", "%", words, "ok")
    card.wrapOn(canvas, width, 100)
    card.drawOn(canvas, 50, 700)
    canvas.save()
    path.write_bytes(file.getvalue())
    lines = [one.strip() for one in rendering.text(path).splitlines()]
    return lines[next(n for n, one in enumerate(lines) if one.startswith("2,180")) :]
