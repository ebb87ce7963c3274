"""What a bound document begins with: the cover, the contents, and the record of its versions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Final

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, KeepTogether, PageBreak, Spacer

from gmops_desktop.contract.terms import Contract, day_of
from gmops_desktop.language import tr
from gmops_desktop.reports import phrases
from gmops_desktop.reports.fonts import SANS, SANS_BOLD, SERIF, SERIF_BOLD
from gmops_desktop.reports.late import LateCanvas, name_of
from gmops_desktop.reports.marks import Section
from gmops_desktop.reports.orders import Document, Revision, word_of_secrecy
from gmops_desktop.reports.paragraph import Paragraph, one_line
from gmops_desktop.reports.styles import GREY, INK, NAVY, RULE, WIDTH, TextStyle
from gmops_desktop.reports.tables import Cell, ruled_table

_MARKED: Final = TextStyle(SANS_BOLD, SANS_BOLD, 10.5, 16, INK)
_PROJECT: Final = TextStyle(SERIF_BOLD, SERIF_BOLD, 16, 25, INK, "centre")
_TITLE: Final = TextStyle(SERIF_BOLD, SERIF_BOLD, 27, 38, NAVY, "centre")
_PERIOD: Final = TextStyle(SANS, SANS_BOLD, 12, 20, GREY, "centre")
_FACT: Final = TextStyle(SERIF, SERIF_BOLD, 11.5, 17)
_LABEL: Final = TextStyle(SANS, SANS_BOLD, 10.5, 17, GREY)
_DATED: Final = TextStyle(SERIF_BOLD, SERIF_BOLD, 14, 24, INK, "centre")
_HEAD: Final = TextStyle(SANS_BOLD, SANS_BOLD, 15, 24, NAVY, "centre", after=6)
_ENTRY: Final = TextStyle(SANS_BOLD, SANS_BOLD, 10, 18, INK)
_PART: Final = TextStyle(SANS, SANS_BOLD, 9, 14.5, INK)
_INSET: Final = 14 * mm  # of the cover's facts, at either side
_WORD: Final = 24 * mm  # the word before a fact
_SIGNED: Final = 21 * mm  # high: who made it, who checked it, who let it go


@dataclass(frozen=True, slots=True)
class Cover:
    """What the cover says beside the document's number; `period` in words, `at` when it is made.

    `prepared_by` is who made it; who checks it and who lets it go is signed by hand.
    """

    title: str
    period: str
    contract: Contract
    at: datetime
    prepared_by: str = ""

    @property
    def dated(self) -> date:
        """The day it bears."""
        return day_of(self.at)


def bound(cover: Cover, document: Document, story: Sequence[Flowable]) -> list[Flowable]:
    """Return a story with the cover, the contents and its versions before it.

    Its paper is `covered`: the cover bears no head and no page number.
    """
    contents = [_Entry(place, one) for place, one in enumerate(_sections(story))]
    return [
        _CoverPage(cover, document),
        PageBreak(),
        Paragraph(tr("Contents", context="report"), _HEAD),
        *contents,
        Spacer(0, 16),
        KeepTogether(
            [Paragraph(tr("Versions of this document"), _HEAD), _versions(cover, document)]
        ),
        PageBreak(),
        *story,
    ]


def _sections(story: Iterable[object]) -> Iterator[Section]:
    """Yield the heads of a story, in pieces kept together, too."""
    for one in story:
        if isinstance(one, Section):
            yield one
        elif isinstance(one, KeepTogether):
            yield from _sections(vars(one)["_content"])


def _versions(cover: Cover, document: Document) -> Flowable:
    heads = (
        tr("Version", context="document"),
        tr("No.", context="report"),
        tr("Made on", context="document"),
        tr("What it corrects"),
    )
    own = Revision(document.number, cover.at, document.corrects)
    rows: list[list[Cell]] = []
    for place, one in enumerate((*document.revisions, own)):
        if place:
            said = one.corrects or tr("corrects the version before; what is not said")
        else:
            said = tr("first version")
        rows.append([f"V{place + 1}", one.number, phrases.day(day_of(one.made_at)), said])
    return ruled_table(heads, rows, (1, 4, 2.6, 6))


class _Entry(Flowable):
    """A line of the contents; on which page its section begins is written in at the end."""

    def __init__(self, place: int, section: Section) -> None:
        super().__init__()
        self._place, self._level = place, section.level
        self._style = _ENTRY if section.level == 0 else _PART
        self._words = section.words

    def wrap(self, availWidth: float, availHeight: float) -> tuple[float, float]:
        """Take the whole width and one line."""
        self.width, self.height = availWidth, self._style.leading
        return self.width, self.height

    def draw(self) -> None:
        """Draw the words; the dots and the number come when the page is known."""
        canvas, shift = self.canv, self._level * 16.0
        line = one_line(self._words, self._style, self.width - 48 - shift)
        line.drawOn(canvas, shift, 0)
        left, low = canvas.absolutePosition(0, 0)
        words = min(line.natural_width(), self.width - 48 - shift) + shift
        if isinstance(canvas, LateCanvas):
            box = (left, low, left + self.width, low + self.height)
            canvas.linkAbsolute(
                self._words, name_of(self._place), box, F=4, Border="[0 0 0]", thickness=0
            )
            canvas.when_whole(partial(self._number, canvas, words))

    def _number(self, canvas: LateCanvas, words: float, _pages: int) -> None:
        page = Paragraph(str(canvas.places[self._place].page - 1), self._style.but(align="right"))
        page.wrap(self.width, self.height)
        page.drawOn(canvas, 0, 0)
        canvas.setStrokeColor(GREY)
        canvas.setLineWidth(0.9)
        canvas.setLineCap(1)
        canvas.setDash(0.1, 4.2)
        canvas.line(words + 6, 4.5, self.width - page.natural_width() - 6, 4.5)


class _CoverPage(Flowable):
    """The cover: who may read it, whose it is, what it is, of when; and who stands for it."""

    def __init__(self, cover: Cover, document: Document) -> None:
        super().__init__()
        self._cover, self._document = cover, document

    def wrap(self, availWidth: float, availHeight: float) -> tuple[float, float]:
        """Take the whole page."""
        self.width, self.height = availWidth, availHeight - 1
        return self.width, self.height

    def draw(self) -> None:
        """Draw from the top: marks, rule, titles; and from the foot: date, signatures, facts."""
        canvas, cover = self.canv, self._cover
        secrecy = tr("Secrecy: {word}", word=word_of_secrecy(self._document.secrecy))
        number = tr("No. {number}", number=self._document.number)
        one_line(secrecy, _MARKED, WIDTH / 3).drawOn(canvas, 0, self.height - 16)
        shown = _MARKED.but(align="right")
        one_line(number, shown, WIDTH * 0.62).drawOn(canvas, WIDTH * 0.38, self.height - 16)
        top = self.height - 26
        canvas.setStrokeColor(NAVY)
        for width, y in ((2.4, top), (0.7, top - 4)):
            canvas.setLineWidth(width)
            canvas.line(0, y, self.width, y)
        low = self._dated()
        low = self._signed(low + 14)
        low = self._facts(low + 22)
        titles = (
            Paragraph(cover.contract.title, _PROJECT),
            Paragraph(cover.title, _fitting(cover.title)),
            Paragraph(cover.period, _PERIOD),
        )
        heights = [one.wrap(self.width, self.height)[1] for one in titles]
        room = top - 4 - low - sum(heights) - 14 - 8
        y = top - 4 - max(20.0, room * 0.42)
        for title, height, gap in zip(titles, heights, (14, 8, 0), strict=True):
            y -= height
            title.drawOn(canvas, 0, y)
            y -= gap

    def _dated(self) -> float:
        """Draw whose it is and its day at the foot; return how high that reaches."""
        canvas = self.canv
        day = Paragraph(phrases.solemn_day(self._cover.dated), _DATED)
        party = Paragraph(self._cover.contract.party_b, _DATED)
        _, high = day.wrap(self.width, 100)
        _, more = party.wrap(self.width, 100)
        day.drawOn(canvas, 0, 2)
        party.drawOn(canvas, 0, 2 + high)
        return 2 + high + more

    def _signed(self, low: float) -> float:
        """Draw where who made it, who checked it and who let it go sign; return its upper edge."""
        canvas, cover = self.canv, self._cover
        wide = (self.width - 2 * _INSET) / 3
        canvas.setStrokeColor(RULE)
        canvas.setLineWidth(0.6)
        canvas.rect(_INSET, low, wide * 3, _SIGNED, stroke=1, fill=0)
        said = (
            (tr("Prepared by"), cover.prepared_by),
            (tr("Checked by", context="cover"), ""),
            (tr("Approved by", context="cover"), ""),
        )
        for place, (word, name) in enumerate(said):
            x = _INSET + place * wide
            if place:
                canvas.line(x, low, x, low + _SIGNED)
            one_line(word, _LABEL, wide - 16).drawOn(canvas, x + 8, low + _SIGNED - 20)
            shown = _FACT.but(align="centre")
            one_line(name, shown, wide - 16).drawOn(canvas, x + 8, low + _SIGNED / 2 - 10)
            one_line(tr("Date", context="report"), _LABEL, wide).drawOn(canvas, x + 8, low + 2)
        return low + _SIGNED

    def _facts(self, low: float) -> float:
        """Draw contract, parties and version above `low`; return how high that reaches."""
        canvas, contract = self.canv, self._cover.contract
        version = f"V{len(self._document.revisions) + 1}"
        if self._document.replaces:
            version = tr("{version} (replaces {number})", version=version,
                         number=self._document.replaces)  # fmt: skip
        said = (
            (tr("Contract no.", context="report"), contract.number or "—"),
            (tr("Party A", context="report"), contract.party_a),
            (tr("Party B", context="report"), contract.party_b),
            (tr("Term", context="contract"), phrases.span(contract.start, contract.end)),
            (tr("Version", context="document"), version),
        )
        room = self.width - 2 * _INSET - _WORD
        canvas.setStrokeColor(RULE)
        for word, text in reversed(said):
            fact = Paragraph(text, _FACT)
            _, high = fact.wrap(room - 4, 200)
            canvas.setLineWidth(0.6)
            canvas.line(_INSET + _WORD, low, self.width - _INSET, low)
            fact.drawOn(canvas, _INSET + _WORD + 4, low + 3)
            label = one_line(word, _LABEL, _WORD - 4)
            label.drawOn(canvas, _INSET, low + 3 + high - _LABEL.leading)
            low += high + 9
        return low


def _fitting(title: str) -> TextStyle:
    """Return the title's style, smaller where it would be broken otherwise."""
    wide = Paragraph(title, _TITLE).natural_width()
    size = max(18.0, _TITLE.size * min(1.0, (WIDTH - 8) / wide))
    return _TITLE.but(size=size)
