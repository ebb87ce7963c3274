"""The look of our documents: colours, the sizes of the type, the page's margins."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm

from gmops_desktop.reports.fonts import SANS, SANS_BOLD, SERIF, SERIF_BOLD
from gmops_desktop.states import State

NAVY: Final = HexColor("#1f3a5f")
BLUE: Final = HexColor("#2f6db5")
INK: Final = HexColor("#2b3440")
GREY: Final = HexColor("#5f6976")
RULE: Final = HexColor("#c9d1da")
GRID: Final = HexColor("#e3e8ee")
PALE: Final = HexColor("#f3f6fa")
HEAD: Final = HexColor("#e6edf6")
STATE_COLOURS: Final[dict[State, Color]] = {
    "ok": HexColor("#14907d"),
    "warning": HexColor("#c27700"),
    "critical": HexColor("#c2302c"),
    "unknown": HexColor("#757c92"),
}

PAGE: Final = A4
LEFT: Final = 26 * mm  # the binding edge
RIGHT: Final = 20 * mm  # leaves 15 mm for a seal across the edges (骑缝章)
TOP: Final = 24 * mm
BOTTOM: Final = 15 * mm
WIDTH: Final = PAGE[0] - LEFT - RIGHT

Align = Literal["left", "centre", "right", "justify"]


@dataclass(frozen=True, slots=True)
class TextStyle:
    """How a paragraph is set; lengths in points, `indent` of the first line in em."""

    face: str
    strong_face: str
    size: float
    leading: float
    colour: Color = INK
    align: Align = "left"
    indent: float = 0
    before: float = 0
    after: float = 0

    def but(
        self,
        *,
        align: Align | None = None,
        colour: Color | None = None,
        face: str | None = None,
        size: float | None = None,
    ) -> TextStyle:
        """Return this style with one thing otherwise."""
        return replace(
            self,
            align=align or self.align,
            colour=colour or self.colour,
            face=face or self.face,
            size=size or self.size,
        )


BODY: Final = TextStyle(SERIF, SERIF_BOLD, 9.2, 14, align="justify", indent=2, after=2)
CELL: Final = TextStyle(SANS, SANS_BOLD, 7.6, 10.2)
CELL_HEAD: Final = TextStyle(SANS_BOLD, SANS_BOLD, 7.6, 10.2, NAVY)
TITLE: Final = TextStyle(SANS_BOLD, SANS_BOLD, 19, 24, NAVY)
SUBTITLE: Final = TextStyle(SANS, SANS_BOLD, 9.5, 14, GREY)
SECTION: Final = TextStyle(SANS_BOLD, SANS_BOLD, 10.5, 14, NAVY)
SUBSECTION: Final = TextStyle(SANS_BOLD, SANS_BOLD, 9, 13, INK)
LABEL: Final = TextStyle(SANS, SANS_BOLD, 7.5, 10, GREY)
FACT: Final = TextStyle(SANS, SANS_BOLD, 8.5, 12)
FIGURE: Final = TextStyle(SANS_BOLD, SANS_BOLD, 17, 20, NAVY)
CAPTION: Final = TextStyle(SANS, SANS_BOLD, 7.2, 10, GREY, "centre")
NOTE: Final = TextStyle(SANS, SANS_BOLD, 7, 9.6, GREY)
