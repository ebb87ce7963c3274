"""The blocks to be signed and sealed by hand: by both parties, or by who receives a notice."""

from __future__ import annotations

from datetime import date
from typing import Final

from reportlab.lib.units import mm
from reportlab.platypus import Flowable

from gmops_desktop.language import tr
from gmops_desktop.reports.fixes import name_place
from gmops_desktop.reports.paragraph import Paragraph
from gmops_desktop.reports.signed import PLACES, Party
from gmops_desktop.reports.styles import BODY, FACT, GREY, INK, NAVY, RULE

_NAME: Final = 84.0  # points taken by the words before a name, and by the margins
_ROW: Final = 16.0  # the row of Party A's opinion
_BELOW: Final = -4.0  # a seal reaches so far below the frame
_SEAL: Final = 40 * mm  # a company's round seal
_TALL: Final = 27 * mm  # a round seal is 38 to 42 mm wide and may reach over the edges


class _Form(Flowable):
    """What is filled in by hand: words, and lines to write on."""

    def _place(self, party: Party, x: float, y: float, width: float, height: float) -> None:
        """Say where a signature of the party goes: a named place in the file, which a signature
        made later finds again (`reports.signing`)."""
        left, bottom = self.canv.absolutePosition(x, y)
        name_place(self.canv, PLACES[party], (left, bottom, left + width, bottom + height))

    def _blank(self, word: str, x: float, y: float, width: float, units: tuple[str, ...]) -> None:
        """Write a word and the line to write on, cut by the units of a date."""
        canvas = self.canv
        start = x + self._write(word, x, y) + 6
        canvas.setStrokeColor(GREY)
        canvas.setLineWidth(0.5)
        if not units:
            canvas.line(start, y + 1, x + width * 0.82, y + 1)
            return
        for (left, long), unit in zip(_gaps(start, x + width * 0.82, units), units, strict=True):
            canvas.line(left, y + 1, left + long, y + 1)
            self._write(unit, left + long + 2, y)

    def _write(self, text: str, x: float, y: float, *, strong: bool = False) -> float:
        style = FACT.but(face=FACT.strong_face) if strong else FACT
        words = Paragraph(text, style)
        width = words.natural_width()
        words.wrap(width + 1, 20)
        words.drawOn(self.canv, x, y)
        return width


def _gaps(start: float, end: float, units: tuple[str, ...]) -> list[tuple[float, float]]:
    """Return where the lines before the units of a date begin, and how long they are."""
    room, found = (end - start) / (len(units) + 1), []
    for number, unit in enumerate(units):
        long = room * (1.4 if number == 0 else 0.8) - 8
        found.append((start, long))
        start += long + 2 + _width(unit) + 3
    return found


def _width(text: str) -> float:
    return Paragraph(text, FACT).natural_width()


def _units() -> tuple[str, str, str]:
    return tr("year", context="date"), tr("month", context="date"), tr("day", context="date")


def filled_in(width: float, name: str, on: date) -> list[tuple[str, float, float]]:
    """Return what an electronic signature writes into one half of the `SignBlock`: each text with
    where it begins, measured from the lower left corner of its place."""
    after_name = _width(tr("Signed by", context="report")) + 6
    after_date = _width(tr("Date", context="report")) + 6
    gaps = _gaps(after_date, width * 0.82, _units())
    digits = (f"{on.year}", f"{on.month}", f"{on.day}")
    dated = [
        (text, left + (long - _width(text)) / 2, 7 - _BELOW)
        for text, (left, long) in zip(digits, gaps, strict=True)
    ]
    return [(name, after_name + 3, 24 - _BELOW), *dated]


class SignBlock(_Form):
    """The sentence both agree to, Party A's opinion to tick, and a half for each party.

    Without a sentence and choices of its own, both confirm what the report says.
    """

    def __init__(
        self, party_a: str, party_b: str, sentence: str = "", choices: tuple[str, ...] = ()
    ) -> None:
        super().__init__()
        self._parties = (party_a, party_b)
        usual = tr(
            "Both parties confirm what this report says. It is made in two copies, one for "
            "each party; its data are attached to the electronic file."
        )
        self._sentence = Paragraph(sentence or usual, BODY)
        self._choices = choices or (
            tr("confirmed"),
            tr("confirmed with remarks (attached)"),
            tr("not confirmed"),
        )

    def wrap(self, availWidth: float, availHeight: float) -> tuple[float, float]:
        """Take the whole width; a long sentence and long names make it higher."""
        _, self._said = self._sentence.wrap(availWidth, availHeight)
        self._names = [Paragraph(party, FACT) for party in self._parties]
        names = max(name.wrap(availWidth / 2 - _NAME, 200)[1] for name in self._names)
        self._tall = _TALL + names - FACT.leading
        self.width, self.height = availWidth, self._said + 4 + _ROW + self._tall
        return self.width, self.height

    def draw(self) -> None:
        """Draw the sentence, the frame, and what is to be filled in by hand."""
        canvas, half = self.canv, self.width / 2
        self._sentence.drawOn(canvas, 0, self.height - self._said)
        canvas.setStrokeColor(RULE)
        canvas.setLineWidth(0.5)
        canvas.line(0, self._tall, self.width, self._tall)
        canvas.line(half, 0, half, self._tall)
        canvas.setStrokeColor(NAVY)
        canvas.setLineWidth(0.9)
        canvas.rect(0, 0, self.width, self._tall + _ROW, stroke=1, fill=0)
        self._opinion()
        heads = (tr("Party A (seal)"), tr("Party B (seal)"))
        for number, (head, name) in enumerate(zip(heads, self._names, strict=True)):
            party: Party = "party_b" if number else "party_a"
            self._half(number * half + 8, half - 16, head, name, party)

    def _opinion(self) -> None:
        canvas, x, y = self.canv, 8.0, self._tall + 2.4
        canvas.setStrokeColor(INK)
        canvas.setLineWidth(0.6)
        x += self._write(tr("Party A's opinion:"), x, y, strong=True) + 8
        for choice in self._choices:
            canvas.rect(x, y + 2.6, 7, 7, stroke=1, fill=0)
            x += 11
            x += self._write(choice, x, y) + 16

    def _half(self, x: float, width: float, head: str, name: Paragraph, party: Party) -> None:
        """Write one party's half; the seal goes over name and date (骑年盖月)."""
        self._write(head, x, self._tall - 16, strong=True)
        lower = self._tall - 16 - name.height + FACT.leading
        name.drawOn(self.canv, x + _NAME - 16, lower)
        self._blank(tr("Signed by", context="report"), x, 24, width, ())
        self._blank(tr("Date", context="report"), x, 7, width, _units())
        self._place(party, x, _BELOW, width, self._tall - _BELOW)


class ReceiptBlock(_Form):
    """Where somebody signs for one sentence: one piece, never split."""

    def __init__(self, sentence: str, party: Party = "party_a") -> None:
        super().__init__()
        self._said, self._party = Paragraph(sentence, FACT), party

    def wrap(self, availWidth: float, availHeight: float) -> tuple[float, float]:
        """Take the whole width; a long name makes it higher."""
        _, said = self._said.wrap(availWidth - 16, availHeight)
        self.width, self.height = availWidth, said + 40
        return self.width, self.height

    def draw(self) -> None:
        """Draw the frame, the sentence, and the lines for name and date."""
        canvas, half = self.canv, self.width / 2
        canvas.setStrokeColor(NAVY)
        canvas.setLineWidth(0.9)
        canvas.rect(0, 0, self.width, self.height, stroke=1, fill=0)
        self._said.drawOn(canvas, 8, 34)
        self._blank(tr("Signed by", context="report"), 8, 9, half - 16, ())
        self._blank(tr("Date", context="report"), half + 8, 9, half - 16, _units())
        self._place(self._party, half + 8, 2, half - 16, 34)


class SenderPlace(_Form):
    """Where the sender of a letter seals it: over name and date, which stand right above."""

    def __init__(self, party: Party) -> None:
        super().__init__()
        self._party = party

    def wrap(self, availWidth: float, availHeight: float) -> tuple[float, float]:
        """Take no room."""
        self.width, self.height = availWidth, 0
        return self.width, self.height

    def draw(self) -> None:
        """Name the place; nothing is drawn."""
        self._place(self._party, self.width - _SEAL * 1.6, -_SEAL * 0.1, _SEAL * 1.6, _SEAL)
