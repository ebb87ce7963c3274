"""What only the whole document knows, written in when it ends: the number of pages, and on which
page each section begins.

reportlab's own way is to lay everything out again until nothing moves, which takes a year's report
twice or three times as long.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from reportlab.pdfgen.canvas import Canvas


@dataclass(frozen=True, slots=True)
class Place:
    """Where a section begins: its words, how deep it stands (0, 1 ...), its page from 1 on."""

    words: str
    level: int
    page: int


class LateCanvas(Canvas):
    """A canvas that can be written on after its pages are full.

    `places` are the sections begun so far, in order; each is in the file's outline, and a link to
    `name_of` its number leads there.
    """

    _code: list[str]  # what is drawn on the page so far

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.places: list[Place] = []
        self._late: list[tuple[int, Callable[[int], None]]] = []

    def when_whole(self, draw: Callable[[int], None]) -> None:
        """Have `draw` called with the number of pages when all are laid out.

        What it draws goes where the page stands now: into the order in which it is read, and in
        the coordinates of this moment.
        """
        self._code.append(_gap(len(self._late)))
        self._late.append((self.getPageNumber(), draw))

    def begin_section(self, words: str, level: int, top: float) -> None:
        """Note that a section begins on this page, `top` points above the page's lower edge."""
        name = name_of(len(self.places))
        self.places.append(Place(words, level, self.getPageNumber()))
        self.bookmarkPage(name, fit="XYZ", left=0, top=round(top, 2), zoom=0)
        self.addOutlineEntry(words, name, level, closed=level > 0)

    def save(self) -> None:
        """Write what was put off, and close the file."""
        if self._code:
            self.showPage()
        pages = vars(self)["_doc"].Pages.pages
        for place, (number, draw) in enumerate(self._late):
            self._code = []
            draw(len(pages))
            drawn = "\n".join(("q", *self._code, "Q"))
            page = pages[number - 1]
            before, after = page.stream.split(f"\n{_gap(place)}\n", 1)
            page.stream = f"{before}\n{drawn}\n{after}"
        self._code = []
        super().save()


def _gap(place: int) -> str:
    """Return the line that is kept free in a page's stream: a comment, until it is filled."""
    return f"%late {place}"


def name_of(number: int) -> str:
    """Return the name of the place where the section of that number (from 0) begins."""
    return f"section-{number}"
