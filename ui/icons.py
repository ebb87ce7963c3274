"""Icons of the Phosphor font, coloured when they are drawn, so that they follow the theme."""

from __future__ import annotations

import json
from functools import cache
from typing import Final, Literal

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QIconEngine, QPainter, QPixmap

from gmops_desktop.paths import RESOURCES
from ui.theme import Tokens, tokens_of

Ink = Literal["text", "text2", "text3", "accent", "on_accent", "ok", "warning", "critical"]

_LOWERED: Final = 0.05  # the glyphs sit a little high beside Chinese words


class _GlyphEngine(QIconEngine):
    """One glyph; `selected` mode (a chosen tab) takes the accent, `disabled` the hint's colour."""

    def __init__(self, name: str, ink: Ink) -> None:
        super().__init__()
        self._glyph = _glyphs()[name]
        self._ink: Ink = ink

    def clone(self) -> QIconEngine:
        """Qt copies an engine before it changes it; ours never changes."""
        return self

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, _state: QIcon.State) -> None:
        painter.save()
        painter.setPen(QColor(_colour(tokens_of(None), self._ink, mode)))
        face = QFont(_family())
        face.setPixelSize(max(1, round(rect.height())))
        painter.setFont(face)
        box = QRectF(rect).translated(0, rect.height() * _LOWERED)
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), self._glyph)
        painter.restore()

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        drawn = QPixmap(size)
        drawn.fill(Qt.GlobalColor.transparent)
        painter = QPainter(drawn)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return drawn


def icon(name: str, ink: Ink = "text") -> QIcon:
    """Return the Phosphor icon `name` ("plus", "caret-right"); KeyError if there is none."""
    return QIcon(_GlyphEngine(name, ink))


@cache
def _glyphs() -> dict[str, str]:
    """Return the characters of the font by the names of their icons."""
    known = json.loads((RESOURCES / "icons" / "phosphor.json").read_text("utf-8"))
    return {name: chr(int(code, 16)) for name, code in known.items()}


@cache
def _family() -> str:
    """Load the font once; return its family."""
    number = QFontDatabase.addApplicationFont(str(RESOURCES / "fonts" / "Phosphor.ttf"))
    return QFontDatabase.applicationFontFamilies(number)[0]


def _colour(t: Tokens, ink: Ink, mode: QIcon.Mode) -> str:
    if mode == QIcon.Mode.Disabled:
        return t.text3
    if mode == QIcon.Mode.Selected and ink in ("text", "text2", "text3"):
        return t.accent
    if ink in ("ok", "warning", "critical"):
        return t.state(ink).ink
    colour: str = getattr(t, ink)
    return colour
