"""A paragraph of mixed Chinese and Latin text as a reportlab flowable.

reportlab's own breaks lines by Japanese tables, cannot justify Chinese, and reads markup out of
user text.  This one takes plain text: `strong()` is the only markup, made of characters that
`clean` removes from everything else.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from itertools import pairwise
from typing import Final

from reportlab.platypus import Flowable

from gmops_desktop.reports.breaking import (
    CLOSING,
    OPENING,
    Line,
    break_text,
    is_han,
    is_latin,
    kerning,
    latin_quotes,
    may_break,
    stretchable,
)
from gmops_desktop.reports.fonts import MISSING, face_for, width_of
from gmops_desktop.reports.glyphs import Glyph, Text, draw_texts
from gmops_desktop.reports.styles import TextStyle

_ON, _OFF = "\ue000", "\ue001"
_BASELINE: Final = 0.88  # of an em from the top of an ideograph's box (Noto Sans SC, OS/2)
_Set = tuple[list[str], list[str], list[float], list[float], list[float]]  # characters, faces,
# widths, gaps, kerns; nobody changes them, for paragraphs of the same words share them
_MOST: Final = 0.16  # em a gap is stretched at most; beyond it a ragged line looks better


def strong(text: object) -> str:
    """Return `text` marked to be set in the bold face."""
    return f"{_ON}{clean(str(text))}{_OFF}"


def clean(text: str) -> str:
    """Return `text` without what has no place on paper: controls, joiners, variation selectors.

    Nothing that means anything goes: what no face can draw stays, to be shown as missing.
    """
    return "".join(map(_kept, text.replace("\r\n", "\n")))


@cache
def _kept(char: str) -> str:
    """Return what is printed of one character: itself, a plain blank, or nothing."""
    if char == "\n":
        return char
    if char in "\t\u00a0\u3000":
        return " "
    if char in (_ON, _OFF) or 0xFE00 <= ord(char) <= 0xFE0F or 0xE0100 <= ord(char) <= 0xE01EF:
        return ""
    return "" if unicodedata.category(char) in ("Cc", "Cf", "Cs") else char


def one_line(text: str, style: TextStyle, width: float) -> Paragraph:
    """Return `text` on one line no wider than `width`, shortened with … where it must be."""
    made = Paragraph(text, style)
    if made.natural_width() > width:
        made.wrap(width - style.size, style.leading)
        made = Paragraph(made.lines[0].rstrip("，、；：,;:") + "…", style)
    made.wrap(width, style.leading)
    return made


@lru_cache(maxsize=4096)  # in long tables the same few words stand in every line
def _set(text: str, face: str, strong_face: str, size: float) -> _Set:
    """Return the characters of a text that are drawn, with what `_Set` holds of each."""
    wanted = face
    chars: list[str] = []
    faces: list[str] = []
    for char in text:
        if char in (_ON, _OFF):
            wanted = strong_face if char == _ON else face
        elif shown := _kept(char):
            drawing = wanted if shown == "\n" else face_for(shown, wanted)
            chars.append(shown if drawing else MISSING)
            faces.append(drawing or wanted)
    return chars, faces, *_spaced(chars, faces, size)


def _spaced(
    text: Sequence[str], faces: Sequence[str], size: float
) -> tuple[list[float], list[float], list[float]]:
    """Return the width of each character, what is drawn as a gap after its face's own width, and
    what is added between it and the next; in points."""
    widths = [
        0.0 if char == "\n" else width_of(char, face) * size
        for char, face in zip(text, faces, strict=True)
    ]
    kerns = kerning(text, widths, size)
    gaps = kerns.copy()
    # A typed space between Chinese and Latin is the quarter em itself.
    for index in range(1, len(text) - 1):
        if text[index] != " ":
            continue
        before, after = text[index - 1], text[index + 1]
        if (is_han(before) and is_latin(after)) or (is_latin(before) and is_han(after)):
            gaps[index] += size / 4 - widths[index]
            widths[index] = size / 4
    for index in latin_quotes(text):  # the blank half of the box goes
        widths[index] -= size / 2
        if text[index] in CLOSING:
            gaps[index] -= size / 2
        elif index:  # one that begins a line is drawn so much further left
            gaps[index - 1] -= size / 2
    return widths, gaps, kerns


class Paragraph(Flowable):
    """Text set in a style; splits between lines, never leaving a single one behind."""

    def __init__(self, text: str, style: TextStyle) -> None:
        super().__init__()
        self.style = style
        self.spaceBefore, self.spaceAfter = style.before, style.after
        self._indent = style.indent * style.size
        self._goes_on = False  # its text continues in another part
        self._cut_off = False  # its text began in another part
        self._broken_at = -1.0
        self._natural: float | None = None
        self._lines: list[Line] = []
        style_of = (style.face, style.strong_face, style.size)
        self._text, self._faces, self._widths, self._gaps, self._kerns = _set(text, *style_of)

    @property
    def lines(self) -> list[str]:
        """The text of each line as last wrapped."""
        return ["".join(self._text[line.start : line.end]) for line in self._lines]

    def text_from(self, line: int) -> str:
        """Return the text from a line on, as last wrapped, with the blanks at the lines' ends."""
        return "".join(self._text[self._lines[line].start :])

    @property
    def baseline(self) -> float:
        """How far a line's letters stand above its lower edge, in points."""
        style = self.style
        return (style.leading + style.size) / 2 - _BASELINE * style.size

    def natural_width(self) -> float:
        """Return the width in points that the text takes on one line."""
        if self._natural is None:
            self._natural = sum(self._widths) + sum(self._kerns)
        return self._natural + self._indent

    def unbroken_width(self) -> float:
        """Return the width in points at which no line is broken but where the text ends one."""
        if "\n" not in self._text:
            return self.natural_width()
        ends = [at for at, char in enumerate(self._text) if char == "\n"]
        return self._indent + max(
            sum(self._widths[first:end]) + sum(self._kerns[first:end])
            for first, end in pairwise([0, *ends, len(self._text)])
        )

    def minWidth(self) -> float:
        """Return the width in points under which a word would have to be cut."""
        starts = [index for index, allowed in enumerate(may_break(self._text)) if allowed]
        return max(
            (sum(self._widths[first:end]) for first, end in pairwise([0, *starts])), default=0.0
        )

    def wrap(self, availWidth: float, availHeight: float) -> tuple[float, float]:
        """Break the lines for `availWidth` points; return the size needed."""
        if availWidth != self._broken_at:  # a table asks three times
            self._broken_at = availWidth
            self._lines = break_text(
                self._text,
                self._widths,
                self._kerns,
                lambda number: availWidth - (0 if number else self._indent),
            )
            if self._goes_on:  # justify what is the last line on this page only
                self._lines[-1] = replace(self._lines[-1], last=False)
        count = len(self._lines) if self._text or not self._cut_off else 0
        self.width, self.height = availWidth, count * self.style.leading
        return self.width, self.height

    def split(self, availWidth: float, availHeight: float) -> list[Flowable]:
        """Return two paragraphs, the first no higher than `availHeight`; or nothing.

        The lines are those last wrapped: a table names a width here that includes the padding.
        """
        if not self._lines:
            self.wrap(availWidth, availHeight)
        count = int((availHeight + 1e-6) / self.style.leading)
        if count == len(self._lines) - 1 and count > 2:
            count -= 1  # two lines at least go on
        if count < min(2, len(self._lines)):
            return []
        cut = self._lines[count].start if count < len(self._lines) else len(self._text)
        return [self._part(0, cut), self._part(cut, len(self._text))]

    def draw(self) -> None:
        """Draw the lines, top first."""
        draw_texts(self.canv, [self.placed(0, 0)])

    def placed(self, left: float, foot: float) -> Text:
        """Return the lines as last wrapped, their lower left corner at (left, foot)."""
        style = self.style
        drop = style.leading - self.baseline
        lines = []
        for number, line in enumerate(self._lines):
            indent = 0 if number else self._indent
            spare = self.width - indent - line.width
            shift = {"right": spare, "centre": spare / 2}.get(style.align, 0.0)
            top = foot + self.height - number * style.leading
            glyphs = self._glyphs(line, spare if style.align == "justify" else 0.0)
            indent += self._hidden(line)
            lines.append((left + indent + max(0.0, shift), top - drop, glyphs))
        return Text(style.size, style.colour, lines)

    def _hidden(self, line: Line) -> float:
        """Return how far a line begins left of where it stands: the blank half of a quote (< 0)."""
        at = line.start
        if at == line.end or self._text[at] not in OPENING:
            return 0.0
        return self._widths[at] - width_of(self._text[at], self._faces[at]) * self.style.size

    def _glyphs(self, line: Line, spare: float) -> Iterator[Glyph]:
        """Return a line's characters with the gap after each; `spare` points are shared out."""
        part = slice(line.start, line.end)
        gaps = self._gaps[part]
        wide = []  # where the line may be stretched
        if spare > 0 and not line.last:
            among = range(line.start, line.end - 1)
            wide = [at - line.start for at in among if stretchable(self._text, at)]
        if wide and (stretch := spare / len(wide)) <= _MOST * self.style.size:
            for at in wide:
                gaps[at] += stretch
        return zip(self._faces[part], self._text[part], gaps, strict=True)

    def _part(self, start: int, end: int) -> Paragraph:
        part = Paragraph("", self.style)
        part._text, part._faces = self._text[start:end], self._faces[start:end]
        part._indent = 0 if start else self._indent
        part._goes_on = self._goes_on or end < len(self._text)
        part._cut_off = self._cut_off or start > 0
        part._widths, part._gaps = self._widths[start:end], self._gaps[start:end]
        part._kerns = self._kerns[start:end]
        part._kerns[-1:] = [0.0] * len(part._kerns[-1:])
        return part
