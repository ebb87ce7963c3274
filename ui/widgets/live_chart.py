"""A chart to read and to move in: crosshair, zoom, and marks of what happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QWheelEvent,
)

from gmops_desktop.contract.events import EventKind
from gmops_desktop.language import tr
from ui.theme import Tokens, font
from ui.widgets.chart import Chart
from ui.widgets.painting import CENTRE, MIDDLE, begin

_NEAR: Final = 6.0  # pixels within which the mouse is on a mark
_LEAST: Final = 300.0  # seconds: no zoom shows less
_STEP: Final = 1.25  # of one turn of the wheel


@dataclass(frozen=True, slots=True)
class ChartMark:
    """Something that happened; its kind has a shape of its own."""

    at: datetime
    kind: EventKind
    text: str


class LiveChart(Chart):
    """Several of them move together: whoever owns them hands `pointed` and `zoomed` around.

    Left and Right move the crosshair, + and - zoom, Escape goes back, Enter asks what happened
    there; the wheel zooms about the mouse, dragging zooms into what was dragged over.
    """

    pointed = Signal(object)  # the time under the crosshair in seconds, or None
    zoomed = Signal(float, float)  # the span to show, in seconds
    back = Signal()
    asked = Signal(float)  # what happened around this time?

    def __init__(self, title: str) -> None:
        super().__init__(title)
        self._cross: float | None = None
        self._marks: tuple[ChartMark, ...] = ()
        self._dragged: tuple[float, float] | None = None  # across, in pixels
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setToolTip(
            tr("Wheel or drag: zoom. Double click: back. Arrows, + and -, Escape by keyboard; "
               "Enter: what happened around then?")
        )  # fmt: skip

    def show_marks(self, marks: Sequence[ChartMark]) -> None:
        """Mark what happened."""
        self._marks = tuple(marks)
        self.update()

    def show_cross(self, at: float | None) -> None:
        """Put the crosshair at a time, or take it away."""
        if at != self._cross and not self.blank:
            self._cross = at
            if at is not None:
                self.setAccessibleDescription(self._reading(at))
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.blank:
            return
        painter, t = begin(self)
        plot = self._plot()
        for mark in self._marks:
            self._paint_mark(painter, plot, mark, t)
        if self._dragged is not None:
            left, right = sorted(self._dragged)
            shade = QColor(t.accent)
            shade.setAlphaF(0.15)
            painter.fillRect(QRectF(left, plot.top(), right - left, plot.height()), shade)
        elif self._cross is not None and self._begin <= self._cross <= self._end:
            self._paint_cross(painter, plot, self._cross, t)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(t.accent), 1))
            painter.drawRect(plot.adjusted(-0.5, -0.5, 0.5, 0.5))

    def _paint_cross(self, painter: QPainter, plot: QRectF, at: float, t: Tokens) -> None:
        place = self._nearest(at)
        value = self._points[place][1] if place is not None else self._low
        moment = self._points[place][0] if place is not None else at
        here = self._at(plot, moment, value)
        painter.setPen(QPen(QColor(t.text2), 1))
        painter.drawLine(QPointF(here.x(), plot.top()), QPointF(here.x(), plot.bottom()))
        if place is not None:
            painter.setPen(QPen(QColor(t.surface), 1.5))
            painter.setBrush(QColor(t.accent))
            painter.drawEllipse(here, 4, 4)
        near = [one.text for one in self._marks if abs(self._across(one) - here.x()) <= _NEAR]
        lines = [self._reading(at), *near[:3]]
        self._paint_words(painter, plot, here.x(), lines, t)

    def _paint_words(
        self, painter: QPainter, plot: QRectF, x: float, lines: Sequence[str], t: Tokens
    ) -> None:
        painter.setFont(font("caption"))
        metrics = QFontMetrics(painter.font())
        most = int(plot.width() * 0.8)
        shown = [metrics.elidedText(one, Qt.TextElideMode.ElideRight, most) for one in lines]
        width = max(metrics.horizontalAdvance(one) for one in shown) + 12
        left = x + 8 if x + 8 + width <= plot.right() else x - 8 - width
        left = max(plot.left() + 1, left)
        box = QRectF(left, plot.top() + 2, width, 18 * len(shown) + 2)
        painter.setPen(QPen(QColor(t.line), 1))
        painter.setBrush(QColor(t.surface))
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(QColor(t.text))
        for place, one in enumerate(shown):
            line = QRectF(box.left(), box.top() + 1 + 18 * place, width, 18)
            painter.drawText(line, int(CENTRE | MIDDLE), one)

    def _across(self, mark: ChartMark) -> float:
        return self._at(self._plot(), mark.at.timestamp(), self._low).x()

    def _paint_mark(self, painter: QPainter, plot: QRectF, mark: ChartMark, t: Tokens) -> None:
        """Draw a mark on the ground line: square, diamond, disc and triangle by its kind."""
        if not self._begin <= mark.at.timestamp() <= self._end:
            return
        x, y, r = self._across(mark), plot.bottom(), 3.5
        painter.setPen(QPen(QColor(t.surface), 1))
        painter.setBrush(QColor(t.warning.fill if mark.kind == "alert" else t.text2))
        if mark.kind in ("backup", "restore"):
            painter.drawRect(QRectF(x - r, y - r, 2 * r, 2 * r))
        elif mark.kind == "ticket":
            painter.drawEllipse(QPointF(x, y), r + 0.5, r + 0.5)
        else:
            top = QPointF(x, y - r - 1.5)
            sides = QPointF(x + r + 1, y), QPointF(x - r - 1, y)
            if mark.kind == "alert":
                sides = QPointF(x + r + 1, y + r), QPointF(x - r - 1, y + r)
                painter.drawPolygon(QPolygonF([top, *sides]))
            else:
                painter.drawPolygon(QPolygonF([top, sides[0], QPointF(x, y + r + 1.5), sides[1]]))

    def _zoom(self, factor: float, about: float) -> None:
        if self.blank:
            return
        span = max(_LEAST, (self._end - self._begin) * factor)
        part = (about - self._begin) / (self._end - self._begin)
        first = about - part * span
        self.zoomed.emit(first, first + span)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        plot, x = self._plot(), event.position().x()
        if event.buttons() & Qt.MouseButton.LeftButton and self._dragged is not None:
            self._dragged = (self._dragged[0], min(max(x, plot.left()), plot.right()))
            self.update()
            return
        self.pointed.emit(self._moment_at(x) if plot.contains(event.position()) else None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        inside = self._plot().contains(event.position())
        if event.button() == Qt.MouseButton.LeftButton and inside:
            self._dragged = (event.position().x(), event.position().x())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        dragged, self._dragged = self._dragged, None
        self.update()
        if dragged is not None and abs(dragged[1] - dragged[0]) > 2 * _NEAR:
            first, last = (self._moment_at(x) for x in sorted(dragged))
            self.zoomed.emit(first, max(last, first + _LEAST))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._dragged = None
        self.back.emit()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.pointed.emit(None)

    def wheelEvent(self, event: QWheelEvent) -> None:
        turned = event.angleDelta().y()
        if not turned or not self._plot().contains(event.position()):
            event.ignore()
            return
        factor = _STEP if turned < 0 else 1 / _STEP
        self._zoom(factor, self._moment_at(event.position().x()))
        event.accept()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.pointed.emit(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, at = event.key(), self._cross if self._cross is not None else self._end
        step = (self._end - self._begin) / 100
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            moved = at + (step if key == Qt.Key.Key_Right else -step)
            self.pointed.emit(min(max(moved, self._begin), self._end))
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self._zoom(1 / _STEP**2, at)
        elif key == Qt.Key.Key_Minus:
            self._zoom(_STEP**2, at)
        elif key in (Qt.Key.Key_Escape, Qt.Key.Key_Backspace):
            self.back.emit()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.asked.emit(at)
        else:
            super().keyPressEvent(event)


def moment(seconds: float) -> datetime:
    """Return the aware time of seconds since 1970, as charts count."""
    return datetime.fromtimestamp(seconds, UTC)
