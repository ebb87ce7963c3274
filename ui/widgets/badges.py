"""Small painted widgets that hold one fact: a state, a level, a trend, a step in time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QColor, QFontMetrics, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gmops_desktop.states import STATES, State, word_of
from ui.theme import font
from ui.widgets.painting import LEFT, bar, begin, hatch, paint_state, words

Mark = State | Literal["paused", "step", "now"]


class StateBadge(QWidget):
    """Shape and word of one state; `soft` puts them in a tinted pill, otherwise they stand bare.

    The word may be more exact than the state ("missing", "today 18:00").
    """

    def __init__(self, state: State = "unknown", word: str = "", soft: bool = True) -> None:
        super().__init__()
        self.soft = soft
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.show_state(state, word)

    def show_state(self, state: State, word: str = "") -> None:
        """Show another state."""
        self.state, self.word = state, word or word_of(state)
        self.setAccessibleName(self.word)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        width = QFontMetrics(font("caption", 500)).horizontalAdvance(self.word)
        return QSize(width + (36 if self.soft else 21), 22)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, t = begin(self)
        colours, left = t.state(self.state), 8 if self.soft else 0
        if self.soft:
            bar(painter, QRectF(self.rect()), colours.soft)
        paint_state(painter, QRectF(left, 4, 14, 14), self.state, t)
        painter.setFont(font("caption", 500))
        words(painter, QRectF(left + 20, 0, self.width(), 22), self.word, colours.ink, LEFT)


class StateMark(QWidget):
    """The bare shape of a state, for places where its word stands near by."""

    def __init__(self, state: State = "unknown", size: int = 16) -> None:
        super().__init__()
        self.setFixedSize(size, size)
        self.show_state(state)

    def show_state(self, state: State) -> None:
        """Show another state."""
        self.state: State = state
        self.setAccessibleName(word_of(state))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, t = begin(self)
        paint_state(painter, QRectF(self.rect()).adjusted(1, 1, -1, -1), self.state, t)


class Gauge(QWidget):
    """A thin bar: a level with threshold ticks, or a clock with the paused share hatched behind.

    The colour is the state's (the accent for None); number and word stand beside it as labels.
    Shares are between 0 and 1.
    """

    def __init__(
        self,
        share: float = 0.0,
        state: State | None = None,
        ticks: Sequence[float] = (),
        paused: float = 0.0,
    ) -> None:
        super().__init__()
        self.ticks = tuple(ticks)
        self.setFixedHeight(12)
        self.setMinimumWidth(48)
        self.show_share(share, state, paused)

    def show_share(self, share: float, state: State | None = None, paused: float = 0.0) -> None:
        """Show another level."""
        self.share, self.state, self.paused = share, state, paused
        self.setAccessibleName(f"{share * 100:.0f} %")
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, t = begin(self)
        used = QRectF(0, 3, self.width() * min(1.0, max(0.0, self.share)), 6)
        bar(painter, QRectF(0, 3, self.width(), 6), t.line)
        if self.paused:
            left = used.right() + 2
            width = min(self.width() * self.paused, self.width() - left)
            hatch(painter, QRectF(left, 3, width, 6), t, 4)
        bar(painter, used, t.state(self.state).fill if self.state else t.accent)
        for tick in self.ticks:
            painter.fillRect(QRectF(round(self.width() * tick), 0, 1, 12), QColor(t.text2))


class Sparkline(QWidget):
    """A line the size of a word, without axes; `None` breaks it."""

    def __init__(self, values: Sequence[float | None] = (), width: int = 112) -> None:
        super().__init__()
        self.setFixedSize(width, 24)
        self.show_values(values)

    def show_values(self, values: Sequence[float | None]) -> None:
        """Show another line."""
        self.values = list(values)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, t = begin(self)
        known = [value for value in self.values if value is not None]
        if not known:
            return
        low, reach = min(known), (max(known) - min(known)) or 1.0
        step = (self.width() - 6) / max(1, len(self.values) - 1)
        last: QPointF | None = None
        painter.setPen(QPen(QColor(t.accent), 1.4))
        for place, value in enumerate(self.values):
            here = None
            if value is not None:
                here = QPointF(3 + place * step, 3 + 18 * (1 - (value - low) / reach))
            if last is not None and here is not None:
                painter.drawLine(last, here)
            last = here
        if last is not None:
            painter.setBrush(QColor(t.accent))
            painter.drawEllipse(last, 2, 2)


class TimelineMark(QWidget):
    """The left edge of a timeline entry: thread, and a state shape, a pause, a step or "now"."""

    def __init__(self, kind: Mark, first: bool, last: bool, middle: int = 12) -> None:
        super().__init__()
        self.kind, self.first, self.last, self.middle = kind, first, last, middle
        self.setFixedWidth(24)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, t = begin(self)
        centre = QPointF(12, self.middle)
        top, bottom = self.middle if self.first else 0, self.middle if self.last else self.height()
        painter.fillRect(QRectF(11, top, 2, bottom - top), QColor(t.line))
        painter.setBrush(QColor(t.surface))
        painter.drawEllipse(centre, 9, 9)
        for state in STATES:
            if self.kind == state:
                paint_state(painter, QRectF(5, self.middle - 7, 14, 14), state, t)
                return
        if self.kind == "paused":
            for x in (8, 13):
                painter.fillRect(QRectF(x, self.middle - 5, 3, 10), QColor(t.unknown.fill))
            return
        now = self.kind == "now"
        painter.setPen(QPen(QColor(t.accent if now else t.control), 2))
        painter.setBrush(QColor(t.accent if now else t.surface))
        painter.drawEllipse(centre, 4, 4)
