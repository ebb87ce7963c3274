"""A time series as a chart: three guide lines, thresholds, and hatching where nobody looked."""

from __future__ import annotations

from bisect import bisect_left
from datetime import UTC, datetime
from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from gmops_desktop.language import tr
from ui.theme import Tokens, font
from ui.widgets.painting import CENTRE, LEFT, MIDDLE, RIGHT, begin, hatch, words
from ui.widgets.plot import Plot
from ui.words import clock, number, span, stamp

_TITLE: Final = 22  # height of the title line
_AXIS: Final = 20  # height of the times below
_MARGIN: Final = 44  # width of the values at left


class Chart(QWidget):
    """One metric over time; the mouse reads single values."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.title = title
        self._take(Plot())
        self.setMouseTracking(True)
        self.setMinimumSize(220, 96)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(title)

    def show_plot(self, plot: Plot) -> None:
        """Show what was computed of a series (see `plotted`)."""
        self._take(plot)
        self.setAccessibleDescription(plot.now or tr("no samples yet"))
        self.update()

    @property
    def blank(self) -> bool:
        """Whether nothing is known yet, not even the span."""
        return self._end <= self._begin

    def _take(self, plot: Plot) -> None:
        self._drawn: tuple[tuple[QSize, float, Tokens], QPixmap] | None = None
        self._begin, self._end = plot.begin, plot.end
        self._low, self._high = plot.low, plot.high
        self._points, self._runs, self.gaps = plot.points, plot.runs, plot.gaps
        self._band, self._others, self._teller = plot.band, plot.others, plot.teller
        self._now, self._state, self._reason = plot.now, plot.state, plot.reason
        self._thresholds = plot.thresholds

    def sizeHint(self) -> QSize:
        return QSize(400, 180)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, t = begin(self)
        painter.drawPixmap(0, 0, self._picture(t))

    def _picture(self, t: Tokens) -> QPixmap:
        """Return the chart as drawn before, where nothing of it has changed: hundreds of strokes,
        and after each of them Python waits for its turn if other threads compute."""
        scale = self.devicePixelRatioF()
        shown = (self.size(), scale, t)
        if self._drawn is None or self._drawn[0] != shown:
            picture = QPixmap(self.size() * scale)
            picture.setDevicePixelRatio(scale)
            picture.fill(Qt.GlobalColor.transparent)
            painter = QPainter(picture)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            self._paint(painter, t)
            painter.end()
            self._drawn = shown, picture
        return self._drawn[1]

    def _paint(self, painter: QPainter, t: Tokens) -> None:
        plot = self._plot()
        self._paint_title(painter, t)
        if self.blank:
            return
        self._paint_guides(painter, plot, t)
        self._paint_line(painter, plot, t)
        # After the line, or the area would half cover them.
        gaps = [self._gap_box(plot, gap) for gap in self.gaps]
        for box in gaps:
            hatch(painter, box, t)
        self._paint_others(painter, plot, t)
        self._paint_thresholds(painter, plot, t)
        if gaps:
            widest = max(range(len(gaps)), key=lambda place: gaps[place].width())
            self._paint_reason(painter, plot, gaps[widest], self.gaps[widest], t)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        plot, here = self._plot(), event.position()
        if not self._points or not plot.contains(here):
            QToolTip.hideText()
            return
        text = self._reading(self._moment_at(here.x()))
        QToolTip.showText(event.globalPosition().toPoint(), text, self)

    def _moment_at(self, x: float) -> float:
        """Return the time, in seconds, at a place across the chart."""
        plot = self._plot()
        return self._begin + (x - plot.left()) / plot.width() * (self._end - self._begin)

    def _nearest(self, at: float) -> int | None:
        """Return which point stands at a time; None in a gap, or without any."""
        if not self._points or any(first < at < last for first, last in self.gaps):
            return None
        place = bisect_left(self._points, (at,))
        near = [one for one in (place - 1, place) if 0 <= one < len(self._points)]
        return min(near, key=lambda one: abs(self._points[one][0] - at))

    def _reading(self, at: float) -> str:
        """Return the time and the value there, with its lowest and highest where it has them."""
        place = self._nearest(at)
        if place is None:
            return self._told(at) or self._reason or tr("nobody looked here")
        moment, value = self._points[place]
        text = f"{stamp(datetime.fromtimestamp(moment, UTC))}  {number(value, 1)}"
        if place < len(self._band) and self._band[place][0] == moment:
            _, least, most = self._band[place]
            text += f"  ({number(least, 1)}–{number(most, 1)})"
        return text

    def _told(self, at: float) -> str:
        """Return what somebody else says of a time in a gap; empty where nobody does."""
        for line in self._others:
            if line[0][0] <= at <= line[-1][0]:
                moment, value = min(line, key=lambda one: abs(one[0] - at))
                when = stamp(datetime.fromtimestamp(moment, UTC))
                return f"{when}  {number(value, 1)}  ({self._teller})"
        return ""

    def _plot(self) -> QRectF:
        return QRectF(
            _MARGIN, _TITLE + 6, self.width() - _MARGIN - 4, self.height() - _TITLE - _AXIS - 8
        )

    def _at(self, plot: QRectF, at: float, value: float) -> QPointF:
        across = (at - self._begin) / (self._end - self._begin)
        up = (value - self._low) / ((self._high - self._low) or 1.0)
        up = min(1.0, max(0.0, up))
        return QPointF(plot.left() + across * plot.width(), plot.bottom() - up * plot.height())

    def _gap_box(self, plot: QRectF, gap: tuple[float, float]) -> QRectF:
        left = self._at(plot, max(gap[0], self._begin), self._low).x()
        right = self._at(plot, min(gap[1], self._end), self._low).x()
        return QRectF(left, plot.top(), max(2.0, right - left), plot.height())

    def _paint_title(self, painter: QPainter, t: Tokens) -> None:
        box = QRectF(0, 0, self.width() - 4, _TITLE)
        painter.setFont(font("body", 500))
        words(painter, box, self.title, t.text, LEFT)
        taken = painter.fontMetrics().horizontalAdvance(self.title) + 12
        painter.setFont(font("caption"))
        ink = t.state(self._state).ink if self._state in ("warning", "critical") else t.text2
        metrics = painter.fontMetrics()
        room = int(box.width()) - taken
        text = metrics.elidedText(self._now, Qt.TextElideMode.ElideRight, max(0, room))
        words(painter, box, text, ink, RIGHT)

    def _paint_guides(self, painter: QPainter, plot: QRectF, t: Tokens) -> None:
        painter.setFont(font("caption"))
        reach = self._high - self._low
        places = 0 if reach >= 4 else 1 if reach >= 0.4 else 2
        for part in (0.0, 0.5, 1.0):
            y = round(plot.bottom() - part * plot.height()) + 0.5
            painter.setPen(QPen(QColor(t.line), 1))
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
            value = self._low + part * reach
            text = number(value, 0 if value == round(value) else max(1, places))
            words(painter, QRectF(0, y - 9, _MARGIN - 6, 18), text, t.text2, RIGHT)
        span = self._end - self._begin
        for part in range(5):
            at = datetime.fromtimestamp(self._begin + span * part / 4, UTC)
            text = _moment(at, span)
            x = plot.left() + plot.width() * part / 4
            side = LEFT if part == 0 else RIGHT if part == 4 else Qt.AlignmentFlag.AlignHCenter
            left = x if part == 0 else x - 80 if part == 4 else x - 40
            words(painter, QRectF(left, plot.bottom() + 2, 80, _AXIS - 2), text, t.text2, side)

    def _paint_line(self, painter: QPainter, plot: QRectF, t: Tokens) -> None:
        area = QColor(t.accent)
        area.setAlphaF(0.10)
        self._paint_band(painter, plot, t)
        for run in self._runs:
            line = [self._at(plot, at, value) for at, value in run]
            if line[-1].x() - line[0].x() < 3:  # one sample, or some that no eye tells apart
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(t.accent))
                painter.drawEllipse(line[-1], 2, 2)
                continue
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(area)
            ground = [QPointF(line[-1].x(), plot.bottom()), QPointF(line[0].x(), plot.bottom())]
            painter.drawPolygon(QPolygonF([*line, *ground]))
            painter.setPen(QPen(QColor(t.accent), 1.4))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPolyline(QPolygonF(line))

    def _paint_others(self, painter: QPainter, plot: QRectF, t: Tokens) -> None:
        pen = QPen(QColor(t.text2), 1.4)
        pen.setDashPattern([1, 2])
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for line in self._others:
            painter.drawPolyline(QPolygonF([self._at(plot, at, value) for at, value in line]))

    def _paint_band(self, painter: QPainter, plot: QRectF, t: Tokens) -> None:
        """Fill the room between the lowest and the highest value of each hour or day."""
        shade = QColor(t.accent)
        shade.setAlphaF(0.22)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(shade)
        place = 0
        for run in self._runs:
            ends = run[0][0], run[-1][0]
            inside = []
            while place < len(self._band) and self._band[place][0] <= ends[1]:
                if self._band[place][0] >= ends[0]:
                    inside.append(self._band[place])
                place += 1
            above = [self._at(plot, at, most) for at, _, most in inside]
            below = [self._at(plot, at, least) for at, least, _ in reversed(inside)]
            if len(inside) > 1:
                painter.drawPolygon(QPolygonF([*above, *below]))

    def _paint_thresholds(self, painter: QPainter, plot: QRectF, t: Tokens) -> None:
        painter.setFont(font("caption"))
        for threshold in self._thresholds:
            y = self._at(plot, self._begin, threshold.value).y()
            ink = t.state(threshold.passed).ink if threshold.passed else t.text3
            pen = QPen(QColor(ink), 1)
            pen.setDashPattern([4, 3])
            painter.setPen(pen)
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
            width = QFontMetrics(painter.font()).horizontalAdvance(threshold.text) + 4
            above = y - 18 >= plot.top() - 2
            box = QRectF(plot.left() + 4, y - 18 if above else y + 2, width, 16)
            if any(self._gap_box(plot, gap).intersects(box) for gap in self.gaps):
                painter.fillRect(box.adjusted(-2, 0, 0, 0), QColor(t.surface))
            words(painter, box, threshold.text, ink, LEFT)

    def _paint_reason(
        self,
        painter: QPainter,
        plot: QRectF,
        gap: QRectF,
        times: tuple[float, float],
        t: Tokens,
    ) -> None:
        text = self._reason
        if not text:
            return
        if self._end - self._begin <= 36 * 3600:
            text = f"{text} {span(*(datetime.fromtimestamp(one, UTC) for one in times))}"
        painter.setFont(font("caption"))
        width = QFontMetrics(painter.font()).horizontalAdvance(text) + 12
        left = min(max(gap.center().x() - width / 2, plot.left() + 2), plot.right() - width - 2)
        box = QRectF(left, plot.bottom() - 24, width, 18)
        painter.fillRect(box, QColor(t.surface))
        painter.setPen(QColor(t.text2))
        painter.drawText(box, int(CENTRE | MIDDLE), text)


class Bars(Chart):
    """The same for amounts: a bar for each sample, from the ground up."""

    def _paint_line(self, painter: QPainter, plot: QRectF, t: Tokens) -> None:
        days = max(1.0, (self._end - self._begin) / 86400)
        width = min(14.0, max(2.0, plot.width() / days * 0.6))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(t.accent))
        for at, value in self._points:
            top = self._at(plot, at, value)
            left = min(max(top.x() - width / 2, plot.left()), plot.right() - width)
            height = max(1.0, plot.bottom() - top.y())
            painter.drawRect(QRectF(left, plot.bottom() - height, width, height))


def _moment(at: datetime, span: float) -> str:
    if span <= 36 * 3600:
        return clock(at)
    return at.astimezone().strftime("%m-%d" if span <= 120 * 86400 else "%Y-%m")
