"""The obligation matrix: service items down, months across, one mark a cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from gmops_desktop.language import tr
from ui.theme import HEADER_HEIGHT, Tokens, font, tokens_of
from ui.widgets.frames import Label, row
from ui.widgets.painting import CENTRE, begin, words

Cell = Literal["full", "partly", "missing", "due", "none"]
Index = QModelIndex | QPersistentModelIndex
ROW = 24


def paint_cell(painter: QPainter, cell: QRectF, kind: str, count: int, t: Tokens) -> None:
    """Draw one cell: tick, half disc, red with the number missing, outline, dot."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    centre, soft = cell.center(), {"full": t.ok.soft, "partly": t.warning.soft}
    painter.setPen(Qt.PenStyle.NoPen)
    if kind in ("full", "partly", "missing"):
        painter.setBrush(QColor(soft.get(kind, t.critical.fill)))
        painter.drawRoundedRect(cell, 3, 3)
    if kind == "full":
        painter.setPen(QPen(QColor(t.ok.ink), 1.6))
        tick = ((-4.0, 0.0), (-1.2, 3.0), (4.0, -3.2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(QPolygonF([centre + QPointF(x, y) for x, y in tick]))
    elif kind == "partly":
        painter.setPen(QPen(QColor(t.warning.fill), 1.5))
        ring = QRectF(centre.x() - 4.5, centre.y() - 4.5, 9, 9)
        painter.drawEllipse(ring)
        painter.setBrush(QColor(t.warning.fill))
        painter.drawPie(ring, 90 * 16, 180 * 16)
    elif kind == "missing":
        painter.setFont(font("caption", 700))
        words(painter, cell, str(count or tr("none there")), t.surface, CENTRE)
    elif kind == "due":
        painter.setPen(QPen(QColor(t.control), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(cell.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
    elif kind == "none":
        painter.setBrush(QColor(t.text3))
        painter.drawEllipse(centre, 1.2, 1.2)
    painter.restore()


def word_of_cell(kind: str, count: int) -> str:
    """Return what a cell means, for tooltips and screen readers."""
    meanings = {
        "full": tr("complete"),
        "partly": tr("partly"),
        "missing": tr("missing ({count})", count=count),
        "due": tr("due later"),
    }
    return meanings.get(kind, tr("not due"))


class Matrix(QTableView):
    """`chosen` carries row and column of a clicked cell."""

    chosen = Signal(int, int)

    def __init__(self) -> None:
        super().__init__()
        self._model = _MatrixModel()
        self.setModel(self._model)
        self._delegate = _MatrixDelegate(self._model)
        self.setItemDelegate(self._delegate)
        self.setAccessibleName(tr("Obligation matrix"))
        self.setShowGrid(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setTabKeyNavigation(False)  # Tab goes on to the next card, arrows go from cell to cell
        self.setToolTip(tr("Arrows go from month to month, Enter shows the evidence"))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        self.verticalHeader().setMinimumSectionSize(ROW)
        self.verticalHeader().setDefaultSectionSize(ROW)
        head = self.horizontalHeader()
        head.setFixedHeight(HEADER_HEIGHT)
        head.setMinimumSectionSize(24)
        head.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        head.setHighlightSections(False)
        head.setSectionsClickable(False)
        head.setProperty("kind", "months")
        self.clicked.connect(self._choose)

    def show_matrix(
        self,
        months: Sequence[str],
        items: Sequence[tuple[str, Sequence[tuple[Cell, int]]]],
        today: int,
    ) -> None:
        """Show one row per item (title, and kind and number of each month's cell).

        `today` is the column of the current month, -1 for none.
        """
        place = self.currentIndex()
        row, column = place.row(), place.column()
        self._model.show_matrix(months, items, today)
        if column > 0 and self.hasFocus():  # a reset forgets where somebody is
            self.setCurrentIndex(self._model.index(row, column))
        head = self.horizontalHeader()
        widest = max((self.fontMetrics().horizontalAdvance(title) for title, _ in items), default=0)
        if months:
            head.setSectionResizeMode(0, QHeaderView.ResizeMode.Fixed)
            head.resizeSection(0, min(196, widest + 24))
        self.setMinimumHeight(HEADER_HEIGHT + ROW * max(3, len(items)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._choose(self.currentIndex())
            return
        super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        if not self.currentIndex().isValid() and self._model.items:
            self.setCurrentIndex(self._model.index(0, max(1, self._model.today + 1)))
        super().focusInEvent(event)

    def _choose(self, index: QModelIndex) -> None:
        if index.column() > 0:
            self.chosen.emit(index.row(), index.column() - 1)


class Legend(QWidget):
    """What the five marks mean."""

    def __init__(self) -> None:
        super().__init__()
        layout = row(self, spacing=8)
        kinds: tuple[tuple[Cell, str], ...] = (
            ("full", tr("complete")),
            ("partly", tr("partly")),
            ("missing", tr("missing (count)")),
            ("due", tr("due later")),
            ("none", tr("not due")),
        )
        layout.addStretch(1)
        for kind, word in kinds:
            layout.addWidget(_Swatch(kind))
            layout.addWidget(Label(word, "caption", elide=False))
            layout.addSpacing(8)


class _Swatch(QWidget):
    def __init__(self, kind: Cell) -> None:
        super().__init__()
        self._kind = kind
        self.setFixedSize(16, 16)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, t = begin(self)
        paint_cell(painter, QRectF(1, 1, 14, 14), self._kind, 1, t)


class _MatrixModel(QAbstractTableModel):
    def __init__(self) -> None:
        super().__init__()
        self.months: tuple[str, ...] = ()
        self.items: tuple[tuple[str, tuple[tuple[Cell, int], ...]], ...] = ()
        self.today = -1

    def show_matrix(
        self,
        months: Sequence[str],
        items: Sequence[tuple[str, Sequence[tuple[Cell, int]]]],
        today: int,
    ) -> None:
        self.beginResetModel()
        self.months, self.today = tuple(months), today
        self.items = tuple((title, tuple(cells)) for title, cells in items)
        self.endResetModel()

    def cell(self, index: Index) -> tuple[Cell, int]:
        cells = self.items[index.row()][1]
        at = index.column() - 1
        return cells[at] if at < len(cells) else ("none", 0)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - as in Qt
        return 0 if parent.isValid() else len(self.items)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - as in Qt
        return 0 if parent.isValid() else len(self.months) + 1

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self.months[section - 1] if section else ""
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        title = self.items[index.row()][0]
        if index.column() == 0:
            asked = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole)
            return title if role in asked else None
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            kind, count = self.cell(index)
            return f"{title}, {self.months[index.column() - 1]}: {word_of_cell(kind, count)}"
        return None


class _MatrixDelegate(QStyledItemDelegate):
    def __init__(self, model: _MatrixModel) -> None:
        super().__init__()
        self._model = model

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(24, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        t, box = tokens_of(option.widget), QRectF(option.rect)
        if index.column() == 0:
            painter.save()
            painter.setFont(font())
            inner = box.adjusted(8, 0, -4, 0)
            mode = Qt.TextElideMode.ElideRight
            text = painter.fontMetrics().elidedText(str(index.data()), mode, int(inner.width()))
            words(painter, inner, text, t.text, Qt.AlignmentFlag.AlignLeft)
            painter.restore()
            return
        if index.column() - 1 == self._model.today:
            painter.fillRect(option.rect, QColor(t.accent_soft))
        kind, count = self._model.cell(index)
        ahead = 0 <= self._model.today < index.column() - 1
        if kind != "none" or not ahead:  # of months to come nothing is said but what is due then
            paint_cell(painter, box.adjusted(4, 4, -4, -4), kind, count, t)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.save()
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(t.accent), 2))
            painter.drawRoundedRect(box.adjusted(2, 2, -2, -2), 4, 4)
            painter.restore()
