"""The queue as a board: a column for each group of states, a card for each change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from PySide6.QtCore import QModelIndex, Signal
from PySide6.QtWidgets import QWidget

from gmops_desktop.language import tr
from ui.theme import GAP
from ui.widgets.frames import Label, row
from ui.widgets.lists import Entry, WorkList
from ui.widgets.panes import Pane

_LEAST: Final = 176  # pixels: the narrowest column that still tells titles apart


class Board(QWidget):
    """Columns side by side; Enter or a click on a card opens its change."""

    opened = Signal(str)  # the id of a change

    def __init__(self, columns: Sequence[tuple[str, str]]) -> None:
        """`columns` are pairs of key and word, from left to right."""
        super().__init__()
        self.lists: dict[str, WorkList] = {}
        self._counts: dict[str, Label] = {}
        layout = row(self, spacing=GAP)
        for key, word in columns:
            pane, made = Pane(), WorkList(word)
            pane.setMinimumWidth(_LEAST)
            count = Label("", "caption", elide=False)
            head = row(None, Label(word, "strong"), count, margins=(12, 10, 12, 6))
            head.setStretch(0, 1)
            pane.add(head)
            pane.add(made, 1)
            self.lists[key], self._counts[key] = made, count
            layout.addWidget(pane, 1)
            made.activated.connect(self._open)
            made.clicked.connect(self._open)

    def show_cards(self, cards: Mapping[str, Sequence[Entry]]) -> None:
        """Show other cards; a column without any says so by its count."""
        for key, made in self.lists.items():
            entries = cards.get(key, ())
            made.show_entries(entries)
            made.clearSelection()
            self._counts[key].show_text(str(len(entries)))
            made.setToolTip("" if entries else tr("Nothing stands here."))

    def _open(self, index: QModelIndex) -> None:
        made = self.sender()
        assert isinstance(made, WorkList)
        entry = made.entries[index.row()]
        self.opened.emit(entry.identity)
