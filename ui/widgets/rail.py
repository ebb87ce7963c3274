"""The rail: tabs down the left edge, icon over word, with a count where something waits."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFocusEvent, QIcon, QPaintEvent
from PySide6.QtWidgets import QTabBar, QTabWidget, QWidget

from gmops_desktop.states import State
from ui.theme import RAIL_TAB_HEIGHT, RAIL_WIDTH, font
from ui.widgets.painting import CENTRE, bar, begin, words


class Rail(QTabWidget):
    """The pages with their tabs at the left."""

    def __init__(self) -> None:
        super().__init__()
        self._laid_out: tuple[object, ...] = ()
        self.bar = RailTabBar()
        self.setTabBar(self.bar)
        self.setTabPosition(QTabWidget.TabPosition.West)
        self.setDocumentMode(True)

    def event(self, event: QEvent) -> bool:
        if event.type() != QEvent.Type.LayoutRequest:
            return super().event(event)
        if self._laid_out == self._places():
            # A text on a page changed.  Qt would paint the whole window anew, forty buttons and
            # all charts, only to put tabs and pages where they are.
            self.updateGeometry()
            return QWidget.event(self, event)
        done = super().event(event)
        self._laid_out = self._places()
        return done

    def _places(self) -> tuple[object, ...]:
        """Return what the tabs and the pages are laid out from, and where they are."""
        page = self.currentWidget()
        stack = page.parentWidget() if page is not None else None
        pages = stack.geometry() if stack is not None else QRect()
        return self.size(), self.bar.sizeHint(), self.bar.geometry(), pages, self.isVisible()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, t = begin(self)
        painter.fillRect(QRect(0, 0, RAIL_WIDTH, self.height()), QColor(t.surface))
        painter.fillRect(QRect(RAIL_WIDTH, 0, 1, self.height()), QColor(t.line))


class RailTabBar(QTabBar):
    """Tab bar for `QTabWidget.West`; a count of zero shows no pill."""

    def __init__(self) -> None:
        super().__init__()
        self._counts: dict[int, tuple[int, State]] = {}
        self._by_keys = False
        self.setDrawBase(False)
        self.setUsesScrollButtons(False)

    def set_count(self, index: int, count: int, state: State) -> None:
        """Show `count` on tab `index`, in the worst state's colour (unknown: only a number)."""
        if self.count_of(index) != (count, state):
            self._counts[index] = (count, state)
            self.update()

    def count_of(self, index: int) -> tuple[int, State]:
        """Return what tab `index` shows."""
        return self._counts.get(index, (0, "unknown"))

    def focusInEvent(self, event: QFocusEvent) -> None:
        # Who came by mouse sees where she is.
        keys = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        self._by_keys = event.reason() in keys
        super().focusInEvent(event)

    def tabSizeHint(self, _index: int) -> QSize:
        return QSize(RAIL_WIDTH, RAIL_TAB_HEIGHT)

    def minimumTabSizeHint(self, index: int) -> QSize:
        return self.tabSizeHint(index)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, t = begin(self)
        painter.fillRect(self.rect(), QColor(t.surface))
        for index in range(self.count()):
            painter.setPen(Qt.PenStyle.NoPen)
            box, chosen = QRectF(self.tabRect(index)), index == self.currentIndex()
            if chosen:
                painter.setBrush(QColor(t.accent_soft))
                painter.drawRoundedRect(box.adjusted(8, 3, -8, -3), 6, 6)
                bar(painter, QRectF(box.left() + 2, box.top() + 18, 3, 28), t.accent)
            if chosen and self._by_keys and self.hasFocus():
                painter.setPen(QColor(t.accent))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(box.adjusted(8.5, 3.5, -8.5, -3.5), 6, 6)
            icon = QRect(round(box.center().x()) - 11, round(box.top()) + 10, 22, 22)
            mode = QIcon.Mode.Selected if chosen else QIcon.Mode.Normal
            self.tabIcon(index).paint(painter, icon, Qt.AlignmentFlag.AlignCenter, mode)
            painter.setFont(font("caption", 500 if chosen else 400))
            word = QRectF(box.left(), box.top() + 36, box.width(), 18)
            words(painter, word, self.tabText(index), t.accent if chosen else t.text2, CENTRE)
            count, state = self.count_of(index)
            if count:
                shown = str(count) if count < 100 else "99+"
                width = 18 if count < 10 else 24 if count < 100 else 30
                pill = QRectF(icon.right() - 4, icon.top() - 5, width, 16)
                bar(painter, pill.adjusted(-2, -2, 2, 2), t.accent_soft if chosen else t.surface)
                bar(painter, pill, t.state(state).fill)
                painter.setFont(font("caption", 700))
                words(painter, pill, shown, t.surface, CENTRE)
