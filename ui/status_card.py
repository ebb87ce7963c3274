"""One resource as a card: how it stands, why, since when, and the figures that matter."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QResizeEvent, QTextLayout
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from gmops_desktop.addresses import CloudAddress, MysqlAddress, Resource, SshAddress
from gmops_desktop.language import tr
from gmops_desktop.services.servers import Figure, Look
from gmops_desktop.states import State, word_of
from ui.widgets.badges import StateBadge
from ui.widgets.frames import Card, Label, clear, column, row
from ui.words import NOTHING, ago


class ResourceCard(Card):
    """State, reason, age and the figures that matter; click or Space chooses it."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._resource: Resource | None = None
        self._look: Look | None = None
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setMinimumHeight(112)
        self._name, self._second = Label("", "strong", elide=False), Label("", "caption")
        self._badge = StateBadge()
        self._reason, self._age = Label(), Label("", "caption", elide=False, right=True)
        self._figures = QHBoxLayout()
        self._hint = _TwoLines()  # what to do, where there are no figures
        head = row(None, self._name, self._second, self._badge)
        head.setStretch(1, 1)
        middle = row(None, self._reason, self._age)
        middle.setStretch(0, 1)
        self.add(column(None, head, middle, self._figures, self._hint, spacing=4))

    def show_resource(self, resource: Resource, look: Look | None, figures: int) -> None:
        """Show what the newest look found, and so many of its figures."""
        self._resource, self._look = resource, look
        self._name.show_text(resource.name)
        self._second.show_text(_address(resource))
        state: State = look.state if look else "unknown"
        self._badge.show_state(state)
        reason = look.reason if look else tr("nobody has looked yet")
        self._reason.show_text(reason, state if state in ("warning", "critical") else "")
        self.show_age()
        clear(self._figures)
        for figure in look.figures[:figures] if look else ():
            self._figures.addWidget(_figure(figure), 1)
        self._hint.setVisible(look is None or not look.figures)
        hint = look.hint if look else ""
        told = f"{resource.name}: {word_of(state)}. {reason} {hint}".strip()
        self.setToolTip(told)
        self.setAccessibleName(told)

    def show_age(self) -> None:
        """Say how old by now is what the card shows."""
        look = self._look
        self._age.show_text(ago(look.at) if look and look.figures else "")
        if look is not None and not look.figures:
            known = look.known_at
            seen = tr("last reached {age}", age=ago(known)) if known else tr("never reached")
            self._hint.show_text(" · ".join(filter(None, (seen, look.hint))))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        self._choose()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return):
            self._choose()
        else:
            super().keyPressEvent(event)

    def _choose(self) -> None:
        if self._resource is not None:
            self.chosen.emit(self._resource.id)


class _TwoLines(QLabel):
    """A hint on two lines, ending in "…" where there is no room; the card's tooltip has it all."""

    def __init__(self) -> None:
        super().__init__()
        self.full_text = ""
        self.setProperty("role", "hint")
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def show_text(self, text: str) -> None:
        """Show another hint."""
        self.full_text = text
        self._fit()

    def sizeHint(self) -> QSize:
        return QSize(0, 2 * self.fontMetrics().lineSpacing())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        layout = QTextLayout(self.full_text, self.font())
        layout.beginLayout()
        first = layout.createLine()
        if first.isValid():
            first.setLineWidth(self.width())
        layout.endLayout()
        cut = first.textLength() if first.isValid() else 0
        elide, rest = Qt.TextElideMode.ElideRight, self.full_text[cut:].strip()
        second = self.fontMetrics().elidedText(rest, elide, self.width())
        self.setText("\n".join(filter(None, (self.full_text[:cut].rstrip(), second))))


def _figure(figure: Figure) -> QWidget:
    made = QWidget()
    text = f"{figure.value} {figure.unit}".strip() or NOTHING
    ink = figure.state if figure.state in ("warning", "critical") else ""
    column(made, Label(figure.name, "caption"), Label(text, "strong", ink=ink), spacing=0)
    return made


def _address(resource: Resource) -> str:
    address = resource.address
    if isinstance(address, SshAddress):
        return address.host
    if isinstance(address, CloudAddress):
        return ", ".join(address.regions)
    if isinstance(address, MysqlAddress):
        return f"{address.schema} @ {address.host}"
    return str(address).removeprefix("https://").removeprefix("http://")
