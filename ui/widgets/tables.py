"""The one table: typed columns over records; sorted, filtered as you type, copied, exported.

Sorting and filtering happen on Python lists inside the model (a proxy model would call back into
Python for every row): 100,000 rows filter within a keystroke.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QAction, QColor, QFontMetrics, QIcon, QKeySequence, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QFileDialog,
    QHeaderView,
    QLineEdit,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from gmops_desktop.language import tr
from gmops_desktop.states import State
from gmops_desktop.tasks import TaskRunner
from ui.export import write_table
from ui.icons import icon
from ui.theme import CARD_ROW_HEIGHT, HEADER_HEIGHT, ROW_HEIGHT, font, tokens_of
from ui.widgets.painting import LEFT, RIGHT, paint_state, words

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


class CellDelegate(QStyledItemDelegate):
    """The look of a cell: hairlines, tinted selection with an accent edge, states as shapes."""

    def __init__(self) -> None:
        super().__init__()
        self._icons: dict[str, QIcon] = {}

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        cell: Cell = index.data(CELL_ROLE)
        text = QFontMetrics(font("body", 500)).horizontalAdvance(cell.text)
        extra = 20 if cell.state else 22 if cell.icon else 0
        return QSize(text + extra + 18, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        t, box, cell = tokens_of(option.widget), option.rect, index.data(CELL_ROLE)
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, QColor(t.accent_soft))
            if index.column() == 0:
                painter.fillRect(QRect(box.left(), box.top(), 3, box.height()), QColor(t.accent))
        painter.setPen(QColor(t.line))
        painter.drawLine(box.bottomLeft(), box.bottomRight())
        inner = box.adjusted(8, 0, -8, 0)
        ink = t.text2 if cell.muted else t.text
        if cell.state:
            ring = QRectF(inner.left(), inner.center().y() - 6, 14, 14)
            paint_state(painter, ring, cell.state, t)
            inner.adjust(20, 0, 0, 0)
            ink = t.state(cell.state).ink
        elif cell.icon:
            if cell.icon not in self._icons:
                self._icons[cell.icon] = icon(cell.icon, "text2")
            glyph = self._icons[cell.icon]
            glyph.paint(painter, QRect(inner.left(), inner.center().y() - 7, 16, 16))
            inner.adjust(22, 0, 0, 0)
        painter.setFont(font("body", 500 if cell.strong else 400))
        elide = Qt.TextElideMode.ElideMiddle if cell.middle else Qt.TextElideMode.ElideRight
        shown = painter.fontMetrics().elidedText(cell.text, elide, inner.width())
        words(painter, QRectF(inner), shown, ink, cell.side)
        painter.restore()


class Table(QTableView, Generic[Row]):
    """The view: sortable, with copy as tab-separated text and export in its context menu.

    `picked` carries the row the user moved to (or None), `opened` one she double-clicked or
    entered.  `identity` keeps the same thing selected when the rows are renewed.
    """

    picked = Signal(object)
    opened = Signal(object)

    def __init__(
        self,
        columns: Sequence[Column[Row]],
        *,
        name: str,
        runner: TaskRunner | None = None,
        identity: Callable[[Row], object] = lambda row: row,
        row_height: int = CARD_ROW_HEIGHT,
        empty: str = "",
        sought: Callable[[Row], str] | None = None,
    ) -> None:
        """`name` is for screen readers and exported files; without `runner` nothing is exported.

        `empty` is what stands in place of rows where there are none; `sought` gives words of a row
        that the filter reads beside those of the columns.
        """
        super().__init__()
        self.rows: TableModel[Row] = TableModel(columns, sought)
        self.offered: list[Callable[[QMenu], object]] = []  # each fills in the context menu
        self._name, self._runner, self._identity = name, runner, identity
        self._empty = empty
        self.setModel(self.rows)
        self._delegate = CellDelegate()
        self.setItemDelegate(self._delegate)
        self.setAccessibleName(name)
        self.setShowGrid(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(row_height)
        self.verticalHeader().setMinimumSectionSize(row_height)
        head = self.horizontalHeader()
        head.setFixedHeight(HEADER_HEIGHT)
        head.setHighlightSections(False)
        head.setMinimumSectionSize(40)
        head.setSortIndicatorShown(False)
        for place, column in enumerate(columns):
            if column.width:
                head.resizeSection(place, column.width)
            else:
                head.setSectionResizeMode(place, QHeaderView.ResizeMode.Stretch)
        self.setMinimumHeight(HEADER_HEIGHT + 3 * row_height)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)

        head.sectionClicked.connect(self._sort)
        head.setSectionsClickable(True)
        self.customContextMenuRequested.connect(self._offer)
        self.selectionModel().currentRowChanged.connect(lambda *_: self.picked.emit(self.current))
        self.activated.connect(lambda index: self.opened.emit(self.rows.shown[index.row()]))
        copy = QAction(tr("Copy"), self)
        copy.setShortcut(QKeySequence.StandardKey.Copy)
        copy.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        copy.triggered.connect(self.copy)
        self.addAction(copy)

    @property
    def current(self) -> Row | None:
        """The selected row."""
        place = self.currentIndex().row()
        return self.rows.shown[place] if 0 <= place < len(self.rows.shown) else None

    def set_rows(self, rows: Iterable[Row]) -> None:
        """Show other rows; what was selected stays so if it is still there."""
        before = self.current
        wanted = self._identity(before) if before is not None else None
        blocked = self.selectionModel().blockSignals(True)
        self.rows.set_rows(rows)
        self.selectionModel().blockSignals(blocked)
        if wanted is None or not self.select(wanted):
            self.clearSelection()
            self.setCurrentIndex(QModelIndex())
        self.picked.emit(self.current)

    def select(self, identity: object) -> bool:
        """Select the row of that identity; say whether it is shown."""
        for place, row in enumerate(self.rows.shown):
            if self._identity(row) == identity:
                self.selectRow(place)
                self.scrollTo(self.rows.index(place, 0))
                return True
        return False

    def filter(self, text: str) -> None:
        """Show the rows in which every word of `text` stands."""
        self.rows.set_filter(text)

    def widths(self) -> list[int]:
        """Return the widths of the columns in pixels, 0 for those that take the slack; nothing
        where nobody changed them (another language has other widths of its own)."""
        head = self.horizontalHeader()
        found = [
            head.sectionSize(place) if column.width else 0
            for place, column in enumerate(self.rows.columns)
        ]
        return found if found != [column.width for column in self.rows.columns] else []

    def set_widths(self, widths: Sequence[int]) -> None:
        """Give the columns the widths that `widths` returned; ignore those of another table."""
        if [bool(width) for width in widths] == [bool(one.width) for one in self.rows.columns]:
            for place, width in enumerate(widths):
                if width:
                    self.horizontalHeader().resizeSection(place, width)

    def copy(self) -> None:
        """Copy the selected row, or all rows if none is, as tab-separated text with a header."""
        chosen = self.current
        rows = self.rows.shown if chosen is None else [chosen]
        lines = ["\t".join(column.title for column in self.rows.columns)]
        for row in rows:
            cells = (column.text(row).replace("\t", " ") for column in self.rows.columns)
            lines.append("\t".join(cells))
        QApplication.clipboard().setText("\n".join(lines))

    def export(self, path: Path) -> None:
        """Write what is shown to `path` (.xlsx or .csv) in the background."""
        if self._runner is None:
            return
        columns, rows = self.rows.columns, list(self.rows.shown)
        titles = [column.title for column in columns]
        cells = [
            [
                column.key(row) if column.key and column.right else column.text(row)
                for column in columns
            ]
            for row in rows
        ]
        self._runner.start(
            lambda context: write_table(path, titles, cells, context),
            tr("Export {name}", name=self._name),
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._empty and not self.rows.shown:
            painter = QPainter(self.viewport())
            painter.setFont(font("caption"))
            box = QRectF(8, 0, self.viewport().width() - 16, CARD_ROW_HEIGHT)
            words(painter, box, self._empty, tokens_of(self).text2, LEFT)

    def _sort(self, at: int) -> None:
        head = self.horizontalHeader()
        first = not head.isSortIndicatorShown()
        same = not first and head.sortIndicatorSection() == at
        down = Qt.SortOrder.DescendingOrder
        order = Qt.SortOrder.AscendingOrder
        if same and head.sortIndicatorOrder() == order:
            order = down
        head.setSortIndicatorShown(True)
        head.setSortIndicator(at, order)
        self.rows.sort(at, order)

    def _offer(self, at: QPoint) -> None:
        menu = QMenu(self)
        for fill in self.offered:
            fill(menu)
        menu.addAction(icon("copy"), tr("Copy"), self.copy)
        if self._runner is not None:
            menu.addSeparator()
            menu.addAction(tr("Export to Excel…"), lambda: self._ask_export("xlsx"))
            menu.addAction(tr("Export to CSV…"), lambda: self._ask_export("csv"))
        menu.popup(self.viewport().mapToGlobal(at))
        menu.aboutToHide.connect(menu.deleteLater)

    def _ask_export(self, ending: str) -> None:
        chosen, _ = QFileDialog.getSaveFileName(
            self, tr("Export {name}", name=self._name), f"{self._name}.{ending}", f"*.{ending}"
        )
        if chosen:
            self.export(Path(chosen))


class FilterField(QLineEdit):
    """Filters a table as you type; Ctrl+F goes there, Escape clears."""

    def __init__(self, table: Table[Any], hint: str, width: int = 240) -> None:
        super().__init__()
        self.setPlaceholderText(hint)
        self.setAccessibleName(hint)
        self.setToolTip(f"{hint} (Ctrl+F)")
        self.setFixedWidth(width)
        self.setClearButtonEnabled(True)
        glass = QAction(icon("magnifying-glass", "text3"), hint, self)
        self.addAction(glass, QLineEdit.ActionPosition.LeadingPosition)
        find = QAction(hint, self)
        find.setShortcut(QKeySequence.StandardKey.Find)
        find.triggered.connect(self.setFocus)
        self.addAction(find)
        self.textChanged.connect(table.filter)


def _sortable(key: Any) -> tuple[bool, Any]:
    """Let what is not known come last and text sort without case."""
    if isinstance(key, str):
        return (False, key.casefold())
    return (key is None, 0 if key is None else key)
