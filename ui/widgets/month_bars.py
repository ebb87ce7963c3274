"""Amounts month by month as bars, in up to three parts one upon the other."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from gmops_desktop.language import tr
from ui.theme import Tokens, font
from ui.widgets.painting import LEFT, RIGHT, begin, words

_TITLE: Final = 22
_AXIS: Final = 20
_MARGIN: Final = 32
_SHADES: Final = (1.0, 0.55, 0.25)  # of the accent, for the parts from the ground up


@dataclass(frozen=True, slots=True)
class Level:
    """A dashed line: what should not be passed."""

    value: float
    text: str


class MonthBars(QWidget):
    """One bar a month; the mouse reads the parts of one, a screen reader all of them."""

    def __init__(self, title: str, parts: Sequence[str] = ()) -> None:
        """`parts` are the words of what a bar is made of, from the ground up; one needs none."""
        super().__init__()
        self.title, self._parts = title, tuple(parts)
        self._months: tuple[str, ...] = ()
        self._bars: tuple[tuple[float, ...], ...] = ()
        self._said: tuple[str, ...] = ()
        self._levels: tuple[Level, ...] = ()
        self._high, self._now = 1.0, ""
        self.setMouseTracking(True)
        self.setMinimumSize(168, 96)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(title)

    def show_months(
        self,
        months: Sequence[str],
        bars: Sequence[Sequence[float]],
        *,
        now: str = "",
        levels: Sequence[Level] = (),
        word: Callable[[float], str] = lambda value: f"{value:g}",
        high: float = 0.0,
    ) -> None:
        """Show bars for the first of the months; those without one are still to come.

        An empty bar is a month of which nothing is known.  `high` is the least height shown.
        """
        self._months, self._levels, self._now = tuple(months), tuple(levels), now
        self._bars = tuple(tuple(bar) for bar in bars)
        most = max((sum(bar) for bar in self._bars), default=0.0)
        self._high = _even_above(max(most, high, *(one.value for one in levels)))
        self._said = tuple(
            f"{month}{tr(': ')}{self._described(bar, word)}"
            for month, bar in zip(months, self._bars, strict=False)
        )
        self.setAccessibleDescription(tr("; ").join(self._said) or tr("nothing yet"))
        self.update()

    def _described(self, bar: Sequence[float], word: Callable[[float], str]) -> str:
        if not bar:
            return tr("nothing on record")
        if len(self._parts) < 2:
            return word(bar[0])
        said = [f"{name} {word(value)}" for name, value in zip(self._parts, bar, strict=True)]
        return tr(", ", context="between names").join(said)

    # Qt

    def sizeHint(self) -> QSize:
        return QSize(220, 112)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, t = begin(self)
        plot = self._plot()
        self._paint_title(painter, t)
        self._paint_guides(painter, plot, t)
        self._paint_bars(painter, plot, t)
        self._paint_levels(painter, plot, t)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        plot, here = self._plot(), event.position()
        at = int((here.x() - plot.left()) / plot.width() * max(1, len(self._months)))
        if plot.contains(here) and 0 <= at < len(self._said):
            QToolTip.showText(event.globalPosition().toPoint(), self._said[at], self)
        else:
            QToolTip.hideText()

    # painting

    def _plot(self) -> QRectF:
        high = self.height() - _TITLE - _AXIS - 10
        return QRectF(_MARGIN, _TITLE + 8, self.width() - _MARGIN - 4, max(1, high))

    def _colour(self, part: int, t: Tokens) -> QColor:
        """Return a shade that is opaque: guide lines must not show through."""
        share, ink, ground = _SHADES[part], QColor(t.accent), QColor(t.surface)
        return QColor.fromRgbF(
            *(
                share * one + (1 - share) * other
                for one, other in (
                    (ink.redF(), ground.redF()),
                    (ink.greenF(), ground.greenF()),
                    (ink.blueF(), ground.blueF()),
                )
            )
        )

    def _paint_title(self, painter: QPainter, t: Tokens) -> None:
        painter.setFont(font("body", 500))
        box = QRectF(0, 0, self.width() - 4, _TITLE)
        words(painter, box, self.title, t.text, LEFT)
        taken = painter.fontMetrics().horizontalAdvance(self.title) + 12
        painter.setFont(font("caption"))
        metrics, right = painter.fontMetrics(), box.right()
        for part in reversed(range(len(self._parts) if len(self._parts) > 1 else 0)):
            wide = metrics.horizontalAdvance(self._parts[part])
            if right - wide - 22 < taken:
                return
            words(painter, QRectF(right - wide, 0, wide + 1, _TITLE), self._parts[part], t.text2,
                  RIGHT)  # fmt: skip
            right -= wide + 12
            painter.fillRect(QRectF(right, _TITLE / 2 - 4, 8, 8), self._colour(part, t))
            right -= 10
        room = max(0, int(right - taken))
        if metrics.horizontalAdvance(self._now) <= room:  # else the bars say it, too
            words(painter, QRectF(taken, 0, room, _TITLE), self._now, t.text2, RIGHT)

    def _paint_guides(self, painter: QPainter, plot: QRectF, t: Tokens) -> None:
        painter.setFont(font("caption"))
        for part in (0.0, 0.5, 1.0):
            y = round(plot.bottom() - part * plot.height()) + 0.5
            painter.setPen(QPen(QColor(t.line), 1))
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
            text = f"{part * self._high:g}"
            words(painter, QRectF(0, y - 9, _MARGIN - 6, 18), text, t.text2, RIGHT)
        count = len(self._months)
        if not count:
            return
        wide = max(painter.fontMetrics().horizontalAdvance(one) for one in self._months) + 6
        each = max(1, math.ceil(wide * count / plot.width()))
        for place in range(0, count, each):
            middle = plot.left() + (place + 0.5) * plot.width() / count
            box = QRectF(middle - wide / 2, plot.bottom() + 2, wide, _AXIS - 2)
            words(painter, box, self._months[place], t.text2, Qt.AlignmentFlag.AlignHCenter)

    def _paint_bars(self, painter: QPainter, plot: QRectF, t: Tokens) -> None:
        slot = plot.width() / max(1, len(self._months))
        width = min(16.0, max(3.0, slot * 0.62))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(Qt.PenStyle.NoPen)
        for place, bar in enumerate(self._bars):
            left, ground = plot.left() + (place + 0.5) * slot - width / 2, plot.bottom()
            for part, value in enumerate(bar):
                high = value / self._high * plot.height()
                painter.fillRect(QRectF(left, ground - high, width, high), self._colour(part, t))
                ground -= high
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)

    def _paint_levels(self, painter: QPainter, plot: QRectF, t: Tokens) -> None:
        painter.setFont(font("caption"))
        for level in self._levels:
            y = plot.bottom() - level.value / self._high * plot.height()
            pen = QPen(QColor(t.text3), 1)
            pen.setDashPattern([4, 3])
            painter.setPen(pen)
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
            top = y - 17 if y - 17 > plot.top() - 2 else y + 1
            box = QRectF(plot.left() + 2, top, plot.width(), 16)
            words(painter, box, level.text, t.text2, LEFT)


def _even_above(value: float) -> float:
    """Return a number at or above `value` of which the half is a round number, too."""
    if value <= 2:
        return 2.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 4, 6, 8, 10, 20) if step * power >= value)
