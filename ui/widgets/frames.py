"""The pieces a page is laid out with: labels, buttons, cards, heads, segments, empty states."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QKeySequence, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QSizePolicy,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from gmops_desktop.language import tr
from gmops_desktop.states import State
from ui.icons import Ink, icon
from ui.theme import HEAD_HEIGHT

LabelRole = Literal["body", "caption", "hint", "strong", "title", "figure"]
ButtonKind = Literal["plain", "primary", "quiet", "danger", "chip"]


class Label(QLabel):
    """A line of plain text that ends in "…" where there is no room, then tells all in a tooltip."""

    def __init__(
        self,
        text: str = "",
        role: LabelRole = "body",
        *,
        ink: State | Literal["accent", ""] = "",
        elide: bool = True,
        right: bool = False,
    ) -> None:
        super().__init__()
        self._full, self._elide = "", elide
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("role", role)
        self.setProperty("ink", ink)
        if right:
            self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        across = QSizePolicy.Policy.Preferred if elide else QSizePolicy.Policy.Maximum
        self.setSizePolicy(across, QSizePolicy.Policy.Preferred)
        self.show_text(text)

    def show_text(self, text: str, ink: State | Literal["accent", ""] | None = None) -> None:
        """Show another text; `ink` also changes its colour."""
        self._full = text
        self.setAccessibleName(text)
        if ink is not None and ink != self.property("ink"):
            self.setProperty("ink", ink)
            self.style().unpolish(self)
            self.style().polish(self)
        self.updateGeometry()
        self._fit()

    @property
    def full_text(self) -> str:
        """The text, whole."""
        return self._full

    def sizeHint(self) -> QSize:
        width = self.fontMetrics().horizontalAdvance(self._full)
        return QSize(width + 1, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        hint = self.sizeHint()
        if self._elide:
            hint.setWidth(min(hint.width(), self.fontMetrics().horizontalAdvance("甲…")))
        return hint

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.updateGeometry()  # the style sheet's font comes when the label is first shown

    def _fit(self) -> None:
        shown = self._full
        if self._elide:
            mode = Qt.TextElideMode.ElideRight
            shown = self.fontMetrics().elidedText(self._full, mode, max(1, self.width()))
        if shown != self.text():
            self.setText(shown)
        self.setToolTip(self._full if shown != self._full else "")


class Glyph(QWidget):
    """An icon that stands by itself."""

    def __init__(self, name: str, size: int = 16, ink: Ink = "text2") -> None:
        super().__init__()
        self._icon = icon(name, ink)
        self.setFixedSize(size, size)

    def paintEvent(self, _event: QPaintEvent) -> None:
        self._icon.paint(QPainter(self), self.rect())


def paragraph(text: str = "", role: LabelRole = "caption") -> QLabel:
    """Return a text that wraps over several lines."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setProperty("role", role)
    made.setWordWrap(True)
    return made


def button(
    text: str,
    on_click: Callable[[], object] | None = None,
    *,
    kind: ButtonKind = "plain",
    icon_name: str = "",
    tip: str = "",
    shortcut: str = "",
    scale: Literal["", "large", "small"] = "",
) -> QPushButton:
    """Return a button; the tooltip names the shortcut, which works while its page is shown."""
    made = QPushButton(text)
    if kind != "plain":
        made.setProperty("kind", kind)
    if scale:
        made.setProperty("scale", scale)
    if icon_name:
        inks: dict[ButtonKind, Ink] = {
            "primary": "on_accent",
            "quiet": "accent",
            "danger": "critical",
        }
        made.setIcon(icon(icon_name, inks.get(kind, "text")))
        made.setIconSize(QSize(16, 16))
    tip = tip or text.rstrip("…")
    if shortcut:
        sequence = QKeySequence(shortcut)
        made.setShortcut(sequence)
        tip += f" ({sequence.toString(QKeySequence.SequenceFormat.NativeText)})"
    made.setToolTip(tip)
    made.setAccessibleName(text)
    if on_click is not None:
        made.clicked.connect(lambda: on_click())
    return made


def link(text: str, on_click: Callable[[], object] | None = None, tip: str = "") -> QPushButton:
    """Return accent words with a caret behind them: "All 5 >"."""
    made = button(text, on_click, kind="quiet", icon_name="caret-right", tip=tip, scale="small")
    made.setIconSize(QSize(12, 12))
    made.setLayoutDirection(Qt.LayoutDirection.RightToLeft)  # the caret stands behind the words
    return made


def icon_button(
    name: str, tip: str, on_click: Callable[[], object] | None = None, *, kind: ButtonKind = "quiet"
) -> QPushButton:
    """Return a button with an icon only; the tip is also its accessible name."""
    made = button("", on_click, kind=kind, icon_name=name, tip=tip)
    made.setAccessibleName(tip)
    made.setFixedWidth(32)
    return made


def disable(made: QPushButton, reason: str, tip: str = "") -> None:
    """Switch a button off with its reason in the tooltip; an empty reason switches it on."""
    made.setEnabled(not reason)
    made.setToolTip(reason or tip or made.text().rstrip("…"))


def line(upright: bool = False) -> QFrame:
    """Return a hairline."""
    made = QFrame()
    made.setProperty("kind", "line")
    if upright:
        made.setFixedWidth(1)
    else:
        made.setFixedHeight(1)
    return made


def chip(text: str, icon_name: str = "") -> QFrame:
    """Return a small sunken piece: an attachment, a tag."""
    made = QFrame()
    made.setProperty("kind", "chip")
    layout = row(made, margins=(8, 2, 8, 2), spacing=6)
    if icon_name:
        layout.addWidget(Glyph(icon_name, 14))
    layout.addWidget(Label(text, "caption", elide=False))
    return made


def row(
    parent: QWidget | None = None,
    *items: QWidget | QLayout | int | None,
    margins: tuple[int, int, int, int] = (0, 0, 0, 0),
    spacing: int = 8,
) -> QHBoxLayout:
    """Return a horizontal layout of widgets and layouts; a number is a gap, None a stretch."""
    layout = QHBoxLayout(parent) if parent else QHBoxLayout()
    fill(layout, *items, margins=margins, spacing=spacing)
    return layout


def column(
    parent: QWidget | None = None,
    *items: QWidget | QLayout | int | None,
    margins: tuple[int, int, int, int] = (0, 0, 0, 0),
    spacing: int = 8,
) -> QVBoxLayout:
    """Return a vertical layout of widgets and layouts; a number is a gap, None a stretch."""
    layout = QVBoxLayout(parent) if parent else QVBoxLayout()
    fill(layout, *items, margins=margins, spacing=spacing)
    return layout


def fill(
    layout: QHBoxLayout | QVBoxLayout,
    *items: QWidget | QLayout | int | None,
    margins: tuple[int, int, int, int],
    spacing: int,
) -> None:
    """Set a layout's gaps and put `items` into it."""
    layout.setContentsMargins(*margins)
    layout.setSpacing(spacing)
    for item in items:
        if item is None:
            layout.addStretch(1)
        elif isinstance(item, int):
            layout.addSpacing(item)
        elif isinstance(item, QLayout):
            layout.addLayout(item)
        else:
            layout.addWidget(item)


def clear(layout: QLayout) -> None:
    """Take everything out of `layout` and let it go."""
    while (item := layout.takeAt(0)) is not None:
        if (inner := item.layout()) is not None:
            clear(inner)
        if (widget := item.widget()) is not None:
            widget.hide()
            widget.deleteLater()


class Card(QFrame):
    """A white card: title at left, hint or quiet link at right, `content` below.

    Tables go in with `add_table`, which lets them bleed into the padding so that their text
    lines up with the title.
    """

    def __init__(self, title: str = "", hint: str = "") -> None:
        super().__init__()
        self.setProperty("kind", "card")
        self.title = Label(title, "strong", elide=False)
        self.hint = Label(hint, "caption", right=True)
        self.head = row(None, self.title, self.hint, margins=(8, 0, 8, 0))
        self.head.setStretch(1, 1)
        self._content = column(self, margins=(8, 10, 8, 12), spacing=8)
        if title:
            self._content.addLayout(self.head)

    def add(self, item: QWidget | QLayout, stretch: int = 0) -> None:
        """Put a widget or a layout under what is there."""
        padded = row(margins=(8, 0, 8, 0))
        if isinstance(item, QLayout):
            padded.addLayout(item)
        else:
            padded.addWidget(item)
        self._content.addLayout(padded, stretch)

    def add_table(self, table: QWidget, stretch: int = 1) -> None:
        """Put a table under what is there, 8 px into the padding at both sides."""
        whole = WholeRows(table) if isinstance(table, QTableView) else table
        self._content.addWidget(whole, stretch)

    def add_stretch(self) -> None:
        """Keep what is there at the top."""
        self._content.addStretch(1)

    def select(self, selected: bool) -> None:
        """Draw the accent border of a chosen card, or not."""
        self.setProperty("selected", selected)
        self.style().unpolish(self)
        self.style().polish(self)


class WholeRows(QWidget):
    """Holds a table and cuts it at whole rows where not all of them fit."""

    def __init__(self, table: QTableView) -> None:
        super().__init__()
        self._table = table
        table.setParent(self)
        self.setSizePolicy(table.sizePolicy())
        self.setFocusProxy(table)

    def sizeHint(self) -> QSize:
        return self._table.sizeHint()

    def minimumSizeHint(self) -> QSize:
        return self._table.minimumSizeHint().expandedTo(self._table.minimumSize())

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:  # the table's least height changed
            self.updateGeometry()
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        head = self._table.horizontalHeader().height()
        step = max(1, self._table.verticalHeader().defaultSectionSize())
        rows = max(0, self.height() - head) // step
        self._table.setGeometry(0, 0, self.width(), head + rows * step)


class PageHead(QFrame):
    """Title, one caption line of facts, and at right the page's actions, the primary one last."""

    def __init__(self, title: str, caption: str = "") -> None:
        super().__init__()
        self.setProperty("kind", "head")
        self.setFixedHeight(HEAD_HEIGHT)
        self.title = Label(title, "title", elide=False)
        self.caption = Label(caption, "caption")
        self._actions = row(spacing=8)
        layout = row(self, self.title, self.caption, self._actions, margins=(16, 0, 16, 0))
        layout.setStretch(1, 1)

    def add_action(self, widget: QWidget) -> None:
        """Put an action at the right end."""
        self._actions.addWidget(widget)


class Segments(QWidget):
    """Two to five choices seen at once; `chosen` carries the key of the new choice."""

    chosen = Signal(str)

    def __init__(
        self, choices: Sequence[tuple[str, str]], current: str = "", name: str = ""
    ) -> None:
        """`choices` are pairs of key and word; `name` says to a screen reader what is chosen."""
        super().__init__()
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._group, self._buttons = QButtonGroup(self), dict[str, QPushButton]()
        layout = row(self, spacing=0)
        for place, (key, word) in enumerate(choices):
            made = QPushButton(word)
            made.setCheckable(True)
            made.setProperty("kind", "segment")
            edge = "first" if place == 0 else "last" if place == len(choices) - 1 else ""
            made.setProperty("edge", edge)
            made.setAccessibleName(word)
            made.setToolTip(f"{name}{tr(': ')}{word}" if name else word)
            self._buttons[key] = made
            self._group.addButton(made)
            layout.addWidget(made)
            made.clicked.connect(lambda _checked=False, key=key: self.chosen.emit(key))
        self.choose(current or choices[0][0])

    @property
    def current(self) -> str:
        """The key of the choice."""
        return next(key for key, made in self._buttons.items() if made.isChecked())

    def choose(self, key: str) -> None:
        """Choose without telling anybody."""
        self._buttons[key].setChecked(True)

    def rename(self, key: str, word: str) -> None:
        """Give a choice another word (a count changed)."""
        self._buttons[key].setText(word)
        self._buttons[key].setAccessibleName(word)


class EmptyState(QWidget):
    """What an empty page is for, and the first step."""

    def __init__(
        self,
        icon_name: str,
        title: str,
        text: str,
        actions: Sequence[QWidget] = (),
        note: str = "",
    ) -> None:
        super().__init__()
        picture = row(None, None, Glyph(icon_name, 48, "text3"), None)
        heading = row(None, None, Label(title, "title", elide=False), None)
        purpose, small = paragraph(text, "caption"), paragraph(note, "hint")
        for words in (purpose, small):
            words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        buttons = row(None, None, *actions, None, spacing=12)
        column(
            self,
            None,
            picture,
            8,
            heading,
            purpose,
            4,
            buttons,
            4,
            small,
            None,
            margins=(48, 24, 48, 24),
        )
        small.setVisible(bool(note))
