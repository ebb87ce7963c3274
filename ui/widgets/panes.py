"""A card whose content reaches its edges (lists, a document), the part of a card that scrolls, what
shrinks before a page scrolls, and the card of an empty page."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLayout, QScrollArea, QVBoxLayout, QWidget

from ui.widgets.frames import Card, EmptyState, column

_LEAST: Final = 120  # pixels: what stays in sight of a part that scrolls


class Pane(QFrame):
    """A card without padding: what stands in `content` keeps its own distance, or none."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("kind", "card")
        self.content: QVBoxLayout = column(self, margins=(1, 1, 1, 1), spacing=0)

    def add(self, item: QWidget | QLayout, stretch: int = 0) -> None:
        """Put a widget or a layout under what is there."""
        if isinstance(item, QLayout):
            self.content.addLayout(item, stretch)
        else:
            self.content.addWidget(item, stretch)


class Shrinking(QWidget):
    """Lets what holds wrapped texts shrink to its least height before the page scrolls.

    Qt takes the preferred height of such a layout for its least; each level of nesting must say
    otherwise for itself.
    """

    def heightForWidth(self, width: int) -> int:
        layout = self.layout()
        return layout.totalMinimumHeightForWidth(width) if layout else -1


def scrolled(*parts: QWidget | QLayout) -> QScrollArea:
    """Hold what is read; on a low window it scrolls, and the buttons below it stay in sight."""
    inside = QWidget()
    inside.setProperty("kind", "body")
    column(inside, *parts, None)
    area = QScrollArea()
    area.setWidget(inside)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setMinimumHeight(_LEAST)
    return area


def empty_page(state: EmptyState) -> QWidget:
    """Return a page with nothing but an empty state on its card."""
    card, page = Card(), Shrinking()
    card.add(state, 1)
    column(page, card, margins=(16, 12, 16, 12))
    return page
