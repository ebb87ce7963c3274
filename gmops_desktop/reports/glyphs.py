"""Lines of text as a PDF's page holds them: one instruction to show a line, however its characters
are spaced.

reportlab's own writes each change of spacing as a text of its own, with font, leading and place
anew: in a year's report some 2.5 million instructions, each of which the check of PDF/A reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from weakref import WeakKeyDictionary

from reportlab.lib.colors import Color
from reportlab.lib.rl_accel import fp_str
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

Glyph = tuple[str, str, float]  # the face, the character, the gap after it in points


@dataclass(frozen=True, slots=True)
class Text:
    """Lines of one size and colour, each from its place (x, y) in points."""

    size: float
    colour: Color
    lines: Sequence[tuple[float, float, Iterable[Glyph]]]


_FINE: Final = 0.05  # thousandths of an em below which a gap is none

# By canvas: where a face holds a character, as the name of its font in the file and its code there.
_held: WeakKeyDictionary[Canvas, dict[tuple[str, str], tuple[str, str]]] = WeakKeyDictionary()


def draw_texts(canvas: Canvas, texts: Iterable[Text]) -> None:
    """Draw texts in one go; the canvas's fill colour is that of the last after it."""
    held = _held.setdefault(canvas, {})
    code = ["BT"]
    colour: Color | None = None
    font: tuple[str, float] | None = None
    for text in texts:
        if text.colour != colour:
            colour = text.colour
            code.append(f"{fp_str(colour.red, colour.green, colour.blue)} rg")
        for x, y, glyphs in text.lines:
            code.append(f"1 0 0 1 {fp_str(x, y)} Tm")
            shown: list[str] = []  # what one instruction shows: characters, and gaps between them
            codes: list[str] = []
            for face, char, gap in glyphs:
                name, place = held.get((face, char)) or _hold(canvas, held, face, char)
                if font is None or name != font[0] or text.size != font[1]:
                    _show(code, shown, codes)
                    code.append(f"{name} {fp_str(text.size)} Tf")
                    font = (name, text.size)
                codes.append(place)
                moved = -1000 * gap / text.size  # a gap is taken off, in thousandths of an em
                if abs(moved) > _FINE:
                    shown.append(f"<{''.join(codes)}>{fp_str(moved)}")
                    codes.clear()
            _show(code, shown, codes)
    code.append("ET")
    if colour is not None:
        canvas._code.append(" ".join(code))  # type: ignore[attr-defined]  # as reportlab's own


def _show(code: list[str], shown: list[str], codes: list[str]) -> None:
    """Write what was gathered, and begin anew."""
    if codes:
        shown.append(f"<{''.join(codes)}>")
    if len(shown) == 1 and codes:
        code.append(f"{shown[0]} Tj")
    elif shown:
        code.append(f"[{''.join(shown)}] TJ")
    shown.clear()
    codes.clear()


def _hold(
    canvas: Canvas, held: dict[tuple[str, str], tuple[str, str]], face: str, char: str
) -> tuple[str, str]:
    """Take a character into the file's font."""
    font = pdfmetrics.getFont(face)
    assert isinstance(font, TTFont)
    document = vars(canvas)["_doc"]
    [(subset, code)] = font.splitString(char, document)
    found = (font.getSubsetInternalName(subset, document), code.hex())
    held[face, char] = found
    return found
