"""A paragraph of mixed Chinese and Latin text as a reportlab flowable.

reportlab's own breaks lines by Japanese tables, cannot justify Chinese, and reads markup out of
user text.  This one takes plain text: `strong()` is the only markup, made of characters that
`clean` removes from everything else.
"""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import Final

from reportlab.pdfgen.textobject import PDFTextObject
from reportlab.platypus import Flowable

from gmops_desktop.reports.breaking import (
    Line,
    break_text,
    is_han,
    is_latin,
    kerning,
    may_break,
    stretchable,
)
from gmops_desktop.reports.fonts import MISSING, face_for, width_of
from gmops_desktop.reports.styles import TextStyle

_ON, _OFF = "\ue000", "\ue001"
_BASELINE: Final = 0.88  # of an em from the top of an ideograph's box (Noto Sans SC, OS/2)
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
        self._lines: list[Line] = []
        self._text: list[str] = []
        self._faces: list[str] = []
        self._set(text)
        self._measure()

    @property
    def lines(self) -> list[str]:
        """The text of each line as last wrapped."""
        return ["".join(self._text[line.start : line.end]) for line in self._lines]

    def text_from(self, line: int) -> str:
        """Return the text from a line on, as last wrapped, with the blanks at the lines' ends."""
        return "".join(self._text[self._lines[line].start :])

    def natural_width(self) -> float:
        """Return the width in points that the text takes on one line."""
        return sum(self._widths) + sum(self._kerns) + self._indent

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
        style = self.style
        pen = self.canv.beginText()
        pen.setFillColor(style.colour)
        drop = (style.leading - style.size) / 2 + _BASELINE * style.size
        for number, line in enumerate(self._lines):
            indent = 0 if number else self._indent
            spare = self.width - indent - line.width
            gaps = range(line.start, line.end - 1)
            count = sum(stretchable(self._text, gap) for gap in gaps)
            stretch = 0.0
            if style.align == "justify" and not line.last and count:
                stretch = max(0.0, spare / count)
                stretch = stretch if stretch <= _MOST * style.size else 0.0
            shift = {"right": spare, "centre": spare / 2}.get(style.align, 0.0)
            top = self.height - number * style.leading
            self._draw_line(pen, line, indent + max(0.0, shift), top - drop, stretch)
        self.canv.drawText(pen)

    def _draw_line(
        self, pen: PDFTextObject, line: Line, x: float, y: float, stretch: float
    ) -> None:
        """Draw runs of one face and one spacing; a gap of its own begins a new run."""
        begin, position, spread = line.start, x, False
        for index in range(line.start, line.end):
            position += self._widths[index]
            last = index + 1 == line.end
            wide = not last and stretchable(self._text, index)
            if not last:
                position += self._kerns[index] + (stretch if wide else 0)
            if index == begin:
                spread = wide
            ends = (
                last
                or self._kerns[index] != 0
                or self._alone[index]
                or self._faces[index] != self._faces[index + 1]
                or wide != spread
            )
            if ends:
                pen.setFont(self._faces[begin], self.style.size)
                pen.setCharSpace(stretch if spread else 0)
                pen.setTextOrigin(x, y)
                pen.textOut("".join(self._text[begin : index + 1]))
                begin, x = index + 1, position

    def _set(self, text: str) -> None:
        """Choose a face for each character."""
        wanted = self.style.face
        for char in text:
            if char in (_ON, _OFF):
                wanted = self.style.strong_face if char == _ON else self.style.face
            elif shown := _kept(char):
                face = wanted if shown == "\n" else face_for(shown, wanted)
                self._text.append(shown if face else MISSING)
                self._faces.append(face or wanted)

    def _measure(self) -> None:
        size, text = self.style.size, self._text
        self._widths = [
            0.0 if char == "\n" else width_of(char, face) * size
            for char, face in zip(text, self._faces, strict=True)
        ]
        self._kerns = kerning(text, self._widths, size)
        # A typed space between Chinese and Latin is the quarter em itself.
        self._alone = [False] * len(text)
        for index in range(1, len(text) - 1):
            before, after = text[index - 1], text[index + 1]
            if text[index] == " " and (
                (is_han(before) and is_latin(after)) or (is_latin(before) and is_han(after))
            ):
                self._widths[index] = size / 4
                self._alone[index] = True

    def _part(self, start: int, end: int) -> Paragraph:
        part = Paragraph("", self.style)
        part._text, part._faces = self._text[start:end], self._faces[start:end]
        part._indent = 0 if start else self._indent
        part._goes_on = self._goes_on or end < len(self._text)
        part._cut_off = self._cut_off or start > 0
        part._measure()
        return part
