"""What painted widgets share: bars, words, hatching and the four state shapes."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from gmops_desktop.states import State
from ui.theme import Tokens, font, tokens_of

LEFT: Final = Qt.AlignmentFlag.AlignLeft
RIGHT: Final = Qt.AlignmentFlag.AlignRight
MIDDLE: Final = Qt.AlignmentFlag.AlignVCenter
CENTRE: Final = Qt.AlignmentFlag.AlignCenter


def begin(widget: QWidget) -> tuple[QPainter, Tokens]:
    """Start painting `widget`: an antialiased painter without a pen, and the theme's tokens."""
    painter = QPainter(widget)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    return painter, tokens_of(widget)


def bar(painter: QPainter, box: QRectF, colour: str) -> None:
    """Fill `box` with fully rounded ends."""
    round_by = min(box.width(), box.height()) / 2
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colour))
    painter.drawRoundedRect(box, round_by, round_by)


def words(painter: QPainter, box: QRectF, text: str, ink: str, side: Qt.AlignmentFlag) -> None:
    """Write `text` in `ink`, centred on the height of `box`."""
    painter.setPen(QColor(ink))
    painter.drawText(box, int(side | MIDDLE), text)


def hatch(painter: QPainter, box: QRectF, t: Tokens, step: int = 6) -> None:
    """Fill `box` with the pattern that means "no time was counted, nobody looked"."""
    painter.fillRect(box, QColor(t.unknown.soft))
    colour = QColor(t.unknown.fill)
    colour.setAlpha(120)
    painter.save()
    painter.setClipRect(box)
    painter.setPen(QPen(colour, 1))
    for x in range(int(box.left() - box.height()), int(box.right()) + 1, step):
        painter.drawLine(QPointF(x, box.bottom()), QPointF(x + box.height(), box.top()))
    painter.restore()


def paint_state(painter: QPainter, box: QRectF, state: State, t: Tokens) -> None:
    """Draw a state: disc with tick, triangle with "!", octagon with cross, dashed ring with "?"."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    fill, size = QColor(t.state(state).fill), box.width()

    def points(*pairs: tuple[float, float]) -> QPolygonF:
        return QPolygonF([QPointF(box.x() + x * size, box.y() + y * size) for x, y in pairs])

    mark = QPen(QColor(t.surface), max(1.4, size / 9))
    mark.setCapStyle(Qt.PenCapStyle.RoundCap)
    mark.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(fill)
    if state == "ok":
        painter.drawEllipse(box)
        painter.setPen(mark)
        painter.drawPolyline(points((0.28, 0.53), (0.44, 0.68), (0.73, 0.36)))
    elif state == "warning":
        outline = QPen(fill, size / 7)
        outline.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(outline)
        painter.drawPolygon(points((0.5, 0.1), (0.95, 0.88), (0.05, 0.88)))
        painter.setPen(mark)
        painter.drawPolyline(points((0.5, 0.36), (0.5, 0.6)))
        painter.drawPoints(points((0.5, 0.78)))
    elif state == "critical":
        corners = ((0.3, 0), (0.7, 0), (1, 0.3), (1, 0.7), (0.7, 1), (0.3, 1), (0, 0.7), (0, 0.3))
        painter.drawPolygon(points(*corners))
        painter.setPen(mark)
        painter.drawPolyline(points((0.33, 0.33), (0.67, 0.67)))
        painter.drawPolyline(points((0.67, 0.33), (0.33, 0.67)))
    else:
        ring = QPen(fill, 1.5)
        ring.setDashPattern([2.0, 1.6])
        painter.setPen(ring)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(box.adjusted(0.75, 0.75, -0.75, -0.75))
        question = font("caption", 700)
        question.setPixelSize(max(1, round(size * 0.72)))
        painter.setFont(question)
        painter.drawText(box, CENTRE, "?")
    painter.restore()
