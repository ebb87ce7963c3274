"""A list of work: one or two lines a row, a state as shape and word, optional group headings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    QStringListModel,
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
_RIGHT_WIDTH: Final = 84
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


_NO_ENTRY: Final = Entry("", "", heading=True)


class _Model(QStringListModel):
    """Rows known by their identities ("" for a heading); a row is made when it is first shown.

    It is a list of strings to Qt, which asks for the place of every row when it lays them out:
    20,000 answers from Python took 50 ms.
    """

    def __init__(self) -> None:
        super().__init__()
        self.identities: Sequence[str] = ()
        self._make: Callable[[int], Entry] = lambda _place: _NO_ENTRY
        self._made: dict[int, Entry] = {}
        self._places: dict[str, int] | None = None

    def show(self, identities: Sequence[str], make: Callable[[int], Entry]) -> None:
        self.identities, self._make = identities, make
        self._made, self._places = {}, None
        self.setStringList(identities)  # resets the model

    def entry(self, place: int) -> Entry:
        if (made := self._made.get(place)) is None:
            made = self._made[place] = self._make(place)
        return made

    def place_of(self, identity: str) -> int | None:
        if self._places is None:
            self._places = {key: place for place, key in enumerate(self.identities) if key}
        return self._places.get(identity)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == _ROLE:
            return self.entry(index.row())
        if role == Qt.ItemDataRole.DisplayRole:
            entry = self.entry(index.row())
            return f"{entry.number} {entry.title}".strip()
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self.entry(index.row()).spoken
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid() or not self.identities[index.row()]:
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
    """The view: `picked` carries the identity the user moved to ("" for none).

    With `many`, several rows may be selected; `chose` tells whenever they are others.
    """

    picked = Signal(str)
    chose = Signal()

    def __init__(self, name: str, *, many: bool = False) -> None:
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
        if many:
            self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.selectionModel().currentRowChanged.connect(lambda *_: self.picked.emit(self.current))
        self.selectionModel().selectionChanged.connect(lambda *_: self.chose.emit())

    @property
    def current(self) -> str:
        """The identity of the row the user is at, or nothing."""
        place = self.currentIndex().row()
        return self._model.identities[place] if place >= 0 else ""

    @property
    def chosen(self) -> list[str]:
        """The identities of the selected rows, from top to bottom."""
        spans = sorted(
            (span.top(), span.bottom()) for span in self.selectionModel().selection().toList()
        )
        rows = (self._model.identities[top : end + 1] for top, end in spans)
        return [one for some in rows for one in some if one]

    @property
    def entries(self) -> list[Entry]:
        """The rows shown."""
        return [self._model.entry(place) for place in range(self._model.rowCount())]

    def show_entries(self, entries: Sequence[Entry]) -> None:
        """Show other rows; what was selected stays so, else the first row is selected."""
        identities = ["" if entry.heading else entry.identity for entry in entries]
        alike = len({(entry.heading, bool(entry.second)) for entry in entries}) == 1
        self.show_lazily(identities, lambda place: entries[place], alike=alike)

    def show_lazily(
        self, identities: Sequence[str], make: Callable[[int], Entry], *, alike: bool = True
    ) -> None:
        """Show other rows, each made when it comes into sight; headings have no identity.

        `alike` says that all have one height: then 100,000 of them open at once.
        """
        before, chosen = self.current, self.chosen
        self.setUniformItemSizes(alike)
        blocked = self.selectionModel().blockSignals(True)
        self._model.show(identities, make)
        self.selectionModel().blockSignals(blocked)
        if not self.select(before) and not self.select(next(filter(None, identities), "")):
            self.picked.emit("")
        if len(chosen) > 1:
            self._choose(chosen)
        self.chose.emit()

    def select(self, identity: str) -> bool:
        """Select a row and say whether it is shown; `picked` follows in any case."""
        place = self._model.place_of(identity)
        if place is None:
            return False
        index = self._model.index(place, 0)
        if self.currentIndex() == index:
            self.picked.emit(identity)
        else:
            self.setCurrentIndex(index)
        self.scrollTo(index)
        return True

    def select_one(self) -> None:
        """Let go of every selected row but the one the user is at."""
        if self.currentIndex().isValid():
            flag = QItemSelectionModel.SelectionFlag.ClearAndSelect
            self.selectionModel().select(self.currentIndex(), flag)

    def _choose(self, identities: Sequence[str]) -> None:
        """Select again what was selected, as far as it is still shown."""
        known = map(self._model.place_of, identities)
        places = sorted(place for place in known if place is not None)
        ranges = QItemSelection()
        for begin, end in _runs(places):
            ranges.select(self._model.index(begin, 0), self._model.index(end, 0))
        self.selectionModel().select(ranges, QItemSelectionModel.SelectionFlag.ClearAndSelect)


def _runs(places: Sequence[int]) -> list[tuple[int, int]]:
    """Return the first and last of each run of neighbours: thousands of ranges take minutes."""
    found: list[tuple[int, int]] = []
    for place in places:
        if found and place == found[-1][1] + 1:
            found[-1] = found[-1][0], place
        else:
            found.append((place, place))
    return found


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
    if entry.number:  # the states of a queue stand one under the other
        taken = max(taken, _RIGHT_WIDTH)
    words(painter, box, right, t.text2, RIGHT)
    width = max(_STATE_WIDTH, _width_of_state_word(entry) + 8)  # one that is longer is not cut
    middle = QRectF(box.right() - taken - width, box.top(), width, box.height())
    if entry.word:
        _paint_state_word(painter, middle, entry, t)
    end = middle.left() if entry.word else box.right() - taken
    start = box.left()
    if entry.number:
        painter.setFont(font("body"))
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
    word = _paint_state_word(painter, lower, entry, t)
    lower.setLeft(lower.left() + (word + 10 if word else 0))
    painter.setFont(font("caption"))
    _elided(painter, lower, entry.second, t.text2)


def _width_of_state_word(entry: Entry) -> int:
    face = font("caption", 500 if entry.state else 400)
    return QFontMetrics(face).horizontalAdvance(entry.word) + (20 if entry.state else 0)


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
