"""The faces of our documents, and which of them draws a given character.

A character that the wanted face lacks is drawn by the next of its chain; one that no face has
becomes 〓, the printers' mark for a missing sort, and the document says which it was.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import Final

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont, TTFontFace

from gmops_desktop.paths import RESOURCES

SANS: Final = "NotoSansSC"
SANS_BOLD: Final = "NotoSansSC-Bold"
SERIF: Final = "NotoSerifSC"
SERIF_BOLD: Final = "NotoSerifSC-Bold"
RARE: Final = "RareHan"
MISSING: Final = "〓"

_FILES: Final = {
    SANS: "NotoSansSC-Regular.ttf",
    SANS_BOLD: "NotoSansSC-Bold.ttf",
    SERIF: "NotoSerifSC-Regular.ttf",
    SERIF_BOLD: "NotoSerifSC-Bold.ttf",
    RARE: "RareHan-Regular.ttf",
}
_CHAINS: Final = {
    SANS: (SANS, RARE),
    SANS_BOLD: (SANS_BOLD, RARE),
    SERIF: (SERIF, SANS, RARE),
    SERIF_BOLD: (SERIF_BOLD, SANS_BOLD, RARE),
}
_lock = threading.Lock()


def register() -> None:
    """Make the faces known to reportlab; cheap when they are (0.3 s the first time)."""
    with _lock:
        known = set(pdfmetrics.getRegisteredFontNames())
        for name, file in _FILES.items():
            if name not in known:
                pdfmetrics.registerFont(TTFont(name, str(RESOURCES / "fonts" / file)))


@cache
def face_for(char: str, wanted: str) -> str | None:
    """Return the face that draws `char` where `wanted` is asked for; None where none can."""
    code = ord(char)
    return next((name for name in _CHAINS[wanted] if code in _glyphs(name)), None)


@cache
def width_of(char: str, face: str) -> float:
    """Return the advance of `char` in `face`, in em."""
    return float(_face(face).charWidths[ord(char)]) / 1000


def missing(text: str) -> set[str]:
    """Return the characters of `text` that no face can draw."""
    return {char for char in set(text) if not char.isspace() and face_for(char, SANS) is None}


def text_width(text: str, face: str, size: float) -> float:
    """Return the plain width of `text` in points, without our spacing."""
    return sum(width_of(char, face_for(char, face) or face) for char in text) * size


@cache
def _glyphs(name: str) -> frozenset[int]:
    return frozenset(_face(name).charToGlyph)


@cache
def _face(name: str) -> TTFontFace:
    register()
    font = pdfmetrics.getFont(name)
    assert isinstance(font, TTFont)
    return font.face
