"""The records behind a table: what a cell shows, their order, the filter, what changed.

Sorting and filtering happen on Python lists inside the model (a proxy model would call back into
Python for every row): 100,000 rows filter within a keystroke.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from gmops_desktop.states import State
from ui.widgets.painting import LEFT, RIGHT

Row = TypeVar("Row")
Index = QModelIndex | QPersistentModelIndex

CELL_ROLE: Final = int(Qt.ItemDataRole.UserRole) + 1  # what a cell is painted from, a `Cell`
_COMPARED: Final = 500  # rows: beyond it, to find what changed costs more than to paint anew


@dataclass(frozen=True)  # no slots: Python 3.11 cannot call Column[Row](...) with them
class Column(Generic[Row]):
    """One column: how a row's cell reads, sorts and looks.

    `key` is what sorts and what is exported (default: the text).  `width` is in pixels; 0 takes
    the slack.  `state` puts a shape before the text and inks it; `right` is for numbers; what is
    cut is cut at its `middle` where the end tells one from another.
    """

    title: str
    text: Callable[[Row], str]
    width: int = 0
    key: Callable[[Row], Any] | None = None
    state: Callable[[Row], State | None] | None = None
    icon: Callable[[Row], str] | None = None
    tip: Callable[[Row], str] | None = None
    right: bool = False
    muted: bool = False
    strong: Callable[[Row], bool] | None = None
    middle: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """What is painted in one cell."""

    text: str
    state: State | None
    icon: str
    side: Qt.AlignmentFlag
    muted: bool
    strong: bool
    middle: bool


class TableModel(QAbstractTableModel, Generic[Row]):
    """Rows of records, read-only."""

    def __init__(
        self, columns: Sequence[Column[Row]], sought: Callable[[Row], str] | None = None
    ) -> None:
        super().__init__()
        self.columns, self._sought = tuple(columns), sought
        self._all: list[Row] = []
        self._seen: list[str] = []  # what the filter reads, in the order of _all
        self.shown: list[Row] = []
        self._filter: tuple[str, ...] = ()
        self._order: tuple[int, Qt.SortOrder] | None = None
        self._cells: list[list[Cell]] = []  # of `shown`, as last painted; none where they are many

    def set_rows(self, rows: Iterable[Row]) -> None:
        """Show other rows, sorted and filtered as before."""
        self._all = list(rows)
        texts = [column.text for column in self.columns]
        texts += [self._sought] if self._sought is not None else []
        self._seen = [" ".join(text(row) for text in texts).casefold() for row in self._all]
        wanted = self._wanted()
        if len(wanted) == len(self.shown) <= _COMPARED:
            self._renew(wanted)
        else:
            self._show(wanted)

    def set_filter(self, text: str) -> None:
        """Show the rows in which every word of `text` stands."""
        self._filter = tuple(text.casefold().split())
        self._show(self._wanted())

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self._order = (column, order) if 0 <= column < len(self.columns) else None
        self._show(self._wanted())

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - as in Qt
        return 0 if parent.isValid() else len(self.shown)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - as in Qt
        return 0 if parent.isValid() else len(self.columns)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.columns[section].title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = RIGHT if self.columns[section].right else LEFT
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        column, row = self.columns[index.column()], self.shown[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.text(row)
        if role == CELL_ROLE:
            cell = _cell(column, row)
            if self._cells:  # what is painted is what the next rows are compared with
                self._cells[index.row()][index.column()] = cell
            return cell
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return RIGHT if column.right else LEFT
        if role == Qt.ItemDataRole.ToolTipRole and column.tip:
            return column.tip(row)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{column.title}: {column.text(row)}"
        return None

    def _wanted(self) -> list[Row]:
        """Return the rows that pass the filter, in order."""
        rows = self._all
        if self._filter:
            rows = [
                row
                for row, seen in zip(self._all, self._seen, strict=True)
                if all(word in seen for word in self._filter)
            ]
        if self._order is not None:
            at, order = self._order
            key = self.columns[at].key or self.columns[at].text
            rows = sorted(
                rows,
                key=lambda row: _sortable(key(row)),
                reverse=order == Qt.SortOrder.DescendingOrder,
            )
        return list(rows)

    def _show(self, wanted: list[Row]) -> None:
        """Show other rows, in other places."""
        self.layoutAboutToBeChanged.emit()
        kept = [self.shown[index.row()] for index in self.persistentIndexList()]
        self.shown = wanted
        self._cells = self._cells_now()
        if kept:
            places = {id(row): place for place, row in enumerate(self.shown)}
            for old, row in zip(self.persistentIndexList(), kept, strict=True):
                place = places.get(id(row))
                new = self.index(place, old.column()) if place is not None else QModelIndex()
                self.changePersistentIndex(old, new)
        self.layoutChanged.emit()

    def _renew(self, wanted: list[Row]) -> None:
        """Show as many rows as there were; paint the part that looks different."""
        before, self.shown = self._cells, wanted
        self._cells = self._cells_now()
        changed = [
            (place, at)
            for place, (old, new) in enumerate(zip(before, self._cells, strict=True))
            if old != new
            for at, cell in enumerate(new)
            if cell != old[at]
        ]
        if changed:  # told once: two hundred signals would take longer than to paint
            rows, columns = zip(*changed, strict=True)
            first = self.index(min(rows), min(columns))
            self.dataChanged.emit(first, self.index(max(rows), max(columns)))

    def _cells_now(self) -> list[list[Cell]]:
        """Return what `shown` is painted from; nothing of tables that are too long to compare."""
        if len(self.shown) > _COMPARED:
            return []
        return [[_cell(column, row) for column in self.columns] for row in self.shown]


def _cell(column: Column[Row], row: Row) -> Cell:
    return Cell(
        column.text(row),
        column.state(row) if column.state else None,
        column.icon(row) if column.icon else "",
        RIGHT if column.right else LEFT,
        column.muted,
        bool(column.strong and column.strong(row)),
        column.middle,
    )


def _sortable(key: Any) -> tuple[bool, Any]:
    """Let what is not known come last and text sort without case."""
    if isinstance(key, str):
        return (False, key.casefold())
    return (key is None, 0 if key is None else key)
