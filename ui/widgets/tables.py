"""The one table: typed columns over records; sorted, filtered as you type, copied, exported."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Generic

from PySide6.QtCore import (
    QModelIndex,
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
from gmops_desktop.tasks import TaskRunner
from ui.export import write_table
from ui.icons import icon
from ui.theme import CARD_ROW_HEIGHT, HEADER_HEIGHT, ROW_HEIGHT, font, tokens_of
from ui.widgets.painting import LEFT, paint_state, words
from ui.widgets.table_model import CELL_ROLE, Cell, Column, Index, Row, TableModel


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
