"""What reportlab 5.1 gets wrong for our documents, put right once, before the first is made.

- Characters beyond U+FFFF got a wrong ToUnicode entry: 𬭎 was copied and searched as another sign.
- Helvetica, never embedded, came in through the defaults of tables and drawings.
- Every page got an empty /Trans key, which PDF/A forbids (`archival.py` removes it).
- Named places were written only where a link led to them.
"""

from __future__ import annotations

from collections.abc import Sequence

from reportlab.graphics import shapes
from reportlab.pdfbase import pdfdoc, ttfonts
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import tables

from gmops_desktop.reports.fonts import SANS, register

_BLOCK = 100  # entries that one bfchar section may hold (PDF 32000-1, 9.10.3)


def apply() -> None:
    """Put everything right; harmless when called again."""
    register()
    ttfonts.makeToUnicodeCMap = to_unicode
    tables.CellStyle.fontname = SANS
    shapes.STATE_DEFAULTS["fontName"] = SANS


def name_place(canvas: Canvas, name: str, box: tuple[float, float, float, float]) -> None:
    """Name a rectangle (left, bottom, right, top in points) of the page that is drawn now.

    reportlab writes a destination only where a link leads to it.
    """
    document = vars(canvas)["_doc"]
    catalog = document.Catalog
    if getattr(catalog, "Dests", None) is None:
        catalog.Dests = pdfdoc.PDFDictionary({})
    edges = [round(edge, 2) for edge in box]
    where = [document.thisPageRef(), pdfdoc.PDFName("FitR"), *edges]
    catalog.Dests[name] = pdfdoc.PDFArray(where)


def to_unicode(fontname: str, subset: Sequence[int | None]) -> str:
    """Return the CMap that maps the codes of a `subset` font back to their characters."""
    lines = [
        "/CIDInit /ProcSet findresource begin",
        "12 dict begin",
        "begincmap",
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def",
        "/CMapName /Adobe-Identity-UCS def",
        "/CMapType 2 def",
        "1 begincodespacerange",
        "<00> <FF>",
        "endcodespacerange",
    ]
    entries = [(code, char) for code, char in enumerate(subset) if char]
    for first in range(0, len(entries), _BLOCK):
        block = entries[first : first + _BLOCK]
        lines.append(f"{len(block)} beginbfchar")
        lines += [
            f"<{code:02X}> <{chr(char).encode('utf-16-be').hex().upper()}>" for code, char in block
        ]
        lines.append("endbfchar")
    lines += ["endcmap", "CMapName currentdict /CMap defineresource pop", "end", "end"]
    return "\n".join(lines)
