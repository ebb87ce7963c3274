"""The queue in two views, of which one is in sight: a list with a thing beside it, or a board."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QStackedWidget, QWidget

from gmops_desktop.addresses import Resource
from gmops_desktop.contract.waves import Wave
from gmops_desktop.language import tr
from gmops_desktop.services.patches import Change, Inventory
from ui.patch_board import Board
from ui.patch_list import cards_of, rows_of, search_field, view_switch
from ui.patch_words import COLUMNS
from ui.theme import GAP
from ui.widgets.frames import column, row
from ui.widgets.lists import WorkList
from ui.widgets.panes import Pane

LIST_WIDTH: Final = 416


class QueueView(QStackedWidget):
    """Lists servers, waves and changes; one filter holds for both views.

    `picked` carries the identity of what is chosen in the list, see `ui.patch_list`.
    """

    picked = Signal(str)

    def __init__(self, detail: QWidget) -> None:
        """`detail` stands beside the list and shows what is picked."""
        super().__init__()
        self._rows: Callable[[str], None] = lambda _text: None
        self.search, self.search_board = search_field(), search_field()
        self.views, self.views_board = view_switch("list"), view_switch("board")
        self.list = WorkList(tr("Patch queue"))
        self.board = Board([(key, tr(word)) for key, word, _states in COLUMNS])
        find = QAction(tr("Filter"), self)
        find.setShortcut(QKeySequence.StandardKey.Find)
        self.addAction(find)

        self._lay_out(detail)
        find.triggered.connect(self._to_filter)
        self.search.textChanged.connect(self._filter)
        self.search_board.textChanged.connect(self._filter)
        self.views.chosen.connect(self.show_view)
        self.views_board.chosen.connect(self.show_view)
        self.board.opened.connect(self.select)
        self.list.picked.connect(self.picked)

    @property
    def current(self) -> str:
        """The identity of what is chosen in the list, or nothing."""
        return self.list.current

    def show_queue(
        self,
        changes: Sequence[Change],
        waves: Sequence[Wave],
        hosts: Sequence[tuple[Resource, Inventory | None]],
        named: Callable[[str], str],
    ) -> None:
        """Show what stands in the queue; `named` gives the name of a resource's id."""

        def show(text: str) -> None:
            self.list.show_entries(rows_of(changes, waves, hosts, named, text))
            self.board.show_cards(cards_of(changes, named, text))

        self._rows = show
        self._show_rows()

    @Slot(str)
    def show_view(self, key: str) -> None:
        """Show the "list" with one change beside it, or the "board" of all."""
        self.setCurrentIndex(1 if key == "board" else 0)
        self.views.choose(key)
        self.views_board.choose(key)

    @Slot(str)
    def select(self, identity: str) -> None:
        """Show something in the list, whatever was filtered."""
        self.show_view("list")
        self.search.clear()
        self.list.select(identity)

    def _lay_out(self, detail: QWidget) -> None:
        left = Pane()
        left.setFixedWidth(LIST_WIDTH)
        tools = row(None, self.search, self.views, margins=(12, 10, 12, 6), spacing=12)
        tools.setStretch(0, 1)
        left.add(tools)
        left.add(self.list, 1)
        listed = QWidget()
        layout = row(listed, left, margins=(16, 12, 16, 12), spacing=GAP + 4)
        layout.addWidget(detail, 1)
        boarded = QWidget()
        self.search_board.setFixedWidth(LIST_WIDTH - 144)
        over = row(None, self.search_board, None, self.views_board, spacing=12)
        column(boarded, over, self.board, margins=(16, 12, 16, 12), spacing=GAP).setStretch(1, 1)
        self.addWidget(listed)
        self.addWidget(boarded)

    @Slot(str)
    def _filter(self, text: str) -> None:
        """Filter list and board by the same words."""
        for field in (self.search, self.search_board):
            if field.text() != text:
                blocked = field.blockSignals(True)
                field.setText(text)
                field.blockSignals(blocked)
        self._show_rows()

    def _show_rows(self) -> None:
        self._rows(self.search.text().strip().casefold())

    @Slot()
    def _to_filter(self) -> None:
        (self.search, self.search_board)[self.currentIndex()].setFocus()
