"""A list of work: one or two lines a row, a state as shape and word, optional group headings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFontMetrics, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from gmops_desktop.states import State
from ui.theme import QUEUE_ROW_HEIGHT, Tokens, font, tokens_of
from ui.widgets.painting import LEFT, RIGHT, paint_state, words

Index = QModelIndex | QPersistentModelIndex

_TWO_LINES: Final = 56
_HEADING: Final = 30
_NUMBER_WIDTH: Final = 60
_STATE_WIDTH: Final = 84
_ROLE: Final = int(Qt.ItemDataRole.UserRole) + 1


@dataclass(frozen=True, slots=True)
class Entry:
    """One row: `second` makes it two lines high; a heading only shows `title` and `word`.

    `word` belongs to `state`; without a state it is plain text.  `right` is asked when the row
    is painted, so that figures of rows out of sight cost nothing.
    """

    identity: str
    title: str
    number: str = ""
    state: State | None = None
    word: str = ""
    second: str = ""
    right: Callable[[], str] = lambda: ""
    heading: bool = False

    @property
    def spoken(self) -> str:
        """What a screen reader says."""
        parts = (self.number, self.title, self.word, self.second, self.right())
        return ", ".join(part for part in parts if part)


class _Model(QAbstractListModel):
    def __init__(self) -> None:
        super().__init__()
        self.entries: list[Entry] = []

    def show(self, entries: Sequence[Entry]) -> None:
        self.beginResetModel()
        self.entries = list(entries)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - as in Qt
        return 0 if parent.isValid() else len(self.entries)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        entry = self.entries[index.row()]
        if role == _ROLE:
            return entry
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{entry.number} {entry.title}".strip()
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return entry.spoken
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        if self.entries[index.row()].heading:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable


class _Delegate(QStyledItemDelegate):
    def sizeHint(self, _option: QStyleOptionViewItem, index: Index) -> QSize:
        entry: Entry = index.data(_ROLE)
        if entry.heading:
            return QSize(0, _HEADING)
        return QSize(0, _TWO_LINES if entry.second else QUEUE_ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        t, entry = tokens_of(option.widget), index.data(_ROLE)
        painter.save()
        if entry.heading:
            _paint_heading(painter, option.rect, entry, t)
        else:
            box = option.rect
            if option.state & QStyle.StateFlag.State_Selected:
                painter.fillRect(box, QColor(t.accent_soft))
                painter.fillRect(QRect(box.left(), box.top(), 3, box.height()), QColor(t.accent))
            painter.setPen(QColor(t.line))
            painter.drawLine(box.bottomLeft(), box.bottomRight())
            paint_entry = _paint_two_lines if entry.second else _paint_line
            paint_entry(painter, QRectF(box).adjusted(12, 0, -12, 0), entry, t)
        painter.restore()


class WorkList(QListView):
    """The view: `picked` carries the identity the user moved to ("" for none)."""

    picked = Signal(str)

    def __init__(self, name: str) -> None:
        """`name` is for screen readers."""
        super().__init__()
        self._model = _Model()
        self._delegate = _Delegate()
        self.setModel(self._model)
        self.setItemDelegate(self._delegate)
        self.setAccessibleName(name)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setMinimumHeight(3 * _TWO_LINES)
        self.selectionModel().currentRowChanged.connect(lambda *_: self.picked.emit(self.current))

    @property
    def current(self) -> str:
        """The identity of the selected row, or nothing."""
        place = self.currentIndex().row()
        return self._model.entries[place].identity if place >= 0 else ""

    @property
    def entries(self) -> list[Entry]:
        """The rows shown."""
        return self._model.entries

    def show_entries(self, entries: Sequence[Entry]) -> None:
        """Show other rows; what was selected stays so, else the first row is selected."""
        before = self.current
        # Rows of one height need no measuring: 100,000 of them open at once.
        self.setUniformItemSizes(len({(e.heading, bool(e.second)) for e in entries}) == 1)
        blocked = self.selectionModel().blockSignals(True)
        self._model.show(entries)
        self.selectionModel().blockSignals(blocked)
        if not self.select(before):
            first = next((entry.identity for entry in entries if not entry.heading), "")
            if not self.select(first):
                self.picked.emit("")

    def select(self, identity: str) -> bool:
        """Select a row and say whether it is shown; `picked` follows in any case."""
        for place, entry in enumerate(self._model.entries):
            if entry.identity == identity and not entry.heading:
                index = self._model.index(place, 0)
                if self.currentIndex() == index:
                    self.picked.emit(identity)
                else:
                    self.setCurrentIndex(index)
                self.scrollTo(index)
                return True
        return False


def _paint_heading(painter: QPainter, box: QRect, entry: Entry, t: Tokens) -> None:
    inner = QRectF(box).adjusted(12, 4, -12, 0)
    painter.setFont(font("body", 500))
    words(painter, inner, entry.title, t.text, LEFT)
    inner.setLeft(inner.left() + painter.fontMetrics().horizontalAdvance(entry.title) + 8)
    painter.setFont(font("caption"))
    words(painter, inner, entry.word, t.text2, LEFT)


def _paint_line(painter: QPainter, box: QRectF, entry: Entry, t: Tokens) -> None:
    """Number, title, state, and at right what it waits for."""
    right = entry.right()
    painter.setFont(font("body"))
    taken = QFontMetrics(font("body")).horizontalAdvance(right) + 12 if right else 0
    words(painter, box, right, t.text2, RIGHT)
    middle = QRectF(box.right() - taken - _STATE_WIDTH, box.top(), _STATE_WIDTH, box.height())
    if entry.word:
        _paint_state_word(painter, middle, entry, t)
    end = middle.left() if entry.word else box.right() - taken
    start = box.left()
    if entry.number:
        words(painter, box, entry.number, t.text2, LEFT)
        start += _NUMBER_WIDTH
    title = QRectF(start, box.top(), end - start - 8, box.height())
    painter.setFont(font("body"))
    _elided(painter, title, entry.title, t.text)


def _paint_two_lines(painter: QPainter, box: QRectF, entry: Entry, t: Tokens) -> None:
    """Number and title; below, state, second line, and at right the clock."""
    upper = QRectF(box.left(), box.top() + 6, box.width(), 22)
    lower = QRectF(box.left(), box.top() + 29, box.width(), 20)
    painter.setFont(font("caption"))
    words(painter, upper, entry.number, t.text2, LEFT)
    taken = painter.fontMetrics().horizontalAdvance(entry.number) + 8
    painter.setFont(font("body", 500))
    _elided(painter, upper.adjusted(taken, 0, 0, 0), entry.title, t.text)
    painter.setFont(font("caption"))
    right = entry.right()
    words(painter, lower, right, t.text2, RIGHT)
    lower.setRight(lower.right() - painter.fontMetrics().horizontalAdvance(right) - 8)
    lower.setLeft(lower.left() + _paint_state_word(painter, lower, entry, t) + 10)
    painter.setFont(font("caption"))
    _elided(painter, lower, entry.second, t.text2)


def _paint_state_word(painter: QPainter, box: QRectF, entry: Entry, t: Tokens) -> float:
    """Paint shape and word (or the plain word); return the width they took."""
    painter.setFont(font("caption", 500 if entry.state else 400))
    width = painter.fontMetrics().horizontalAdvance(entry.word)
    if entry.state is None:
        words(painter, box, entry.word, t.text2, LEFT)
        return width
    paint_state(painter, QRectF(box.left(), box.center().y() - 7, 14, 14), entry.state, t)
    words(painter, box.adjusted(20, 0, 0, 0), entry.word, t.state(entry.state).ink, LEFT)
    return width + 20


def _elided(painter: QPainter, box: QRectF, text: str, ink: str) -> None:
    mode = Qt.TextElideMode.ElideRight
    words(painter, box, painter.fontMetrics().elidedText(text, mode, int(box.width())), ink, LEFT)
