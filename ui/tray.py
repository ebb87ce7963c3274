"""The icon beside the clock: the worst state at a glance, and word of a new alert.

Only where the desktop has such a place; elsewhere the window's own notices are all there is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, QRectF, Qt, Slot
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QApplication, QSystemTrayIcon, QWidget

from gmops_desktop.language import tr, tr_n
from gmops_desktop.paths import RESOURCES
from gmops_desktop.services.alerts import Alert, Alerts, Round
from gmops_desktop.settings import SettingsFile
from gmops_desktop.states import State, word_of, worst
from ui.theme import tokens_of
from ui.widgets.painting import paint_state

_SIZE = 64


class Tray(QObject):
    """Follows the alerts, over `window`; a click brings that back."""

    def __init__(
        self,
        alerts: Alerts,
        settings: SettingsFile,
        window: QWidget,
        *,
        available: Callable[[], bool] = QSystemTrayIcon.isSystemTrayAvailable,
        beep: Callable[[], object] = QApplication.beep,
    ) -> None:
        super().__init__(window)
        self._alerts, self._settings, self._window = alerts, settings, window
        self._beep = beep
        self.state: State | None = None
        self.icon: QSystemTrayIcon | None = None
        if available():
            self.icon = QSystemTrayIcon(self)
            self.icon.activated.connect(self._raise)
            self.icon.messageClicked.connect(self._raise)
            self.show_state()
            self.icon.show()

    @Slot(object)
    def follow(self, found: Round) -> None:
        """Tell what was raised, and show how things stand."""
        self.show_state()
        if not found.raised:
            return
        if self._settings.current.alert_sound:
            self._beep()
        if self.icon is not None and self._settings.current.alert_desktop:
            title, text = _message(found.raised)
            self.icon.showMessage(title, text, QSystemTrayIcon.MessageIcon.Warning)

    def show_state(self) -> None:
        """Paint the worst state of the alerts that stand; none is well."""
        if self.icon is None:
            return
        active = self._alerts.active()
        state = worst(one.shown for one in active) if active else "ok"
        words = tr_n("{count} alert", "{count} alerts", len(active))
        self.icon.setToolTip(f"GMOps Desktop{tr(': ')}{word_of(state) if active else words}")
        if state != self.state:
            self.state = state
            self.icon.setIcon(self._painted(state))

    def _painted(self, state: State) -> QIcon:
        picture = QPixmap(QIcon(str(RESOURCES / "icons" / "app.svg")).pixmap(_SIZE, _SIZE))
        if picture.isNull():
            picture = QPixmap(_SIZE, _SIZE)
            picture.fill(Qt.GlobalColor.transparent)
        if state != "ok":
            painter = QPainter(picture)
            half = picture.width() * 0.55
            box = QRectF(picture.width() - half, picture.height() - half, half, half)
            paint_state(painter, box, state, tokens_of(self._window))
            painter.end()
        return QIcon(picture)

    def _raise(self) -> None:
        self._window.showNormal()
        self._window.raise_()
        self._window.activateWindow()


def _message(raised: Sequence[Alert]) -> tuple[str, str]:
    first = raised[0]
    title = f"{word_of(first.shown)}{tr(': ')}{first.resource}"
    more = len(raised) - 1
    text = (
        first.text
        if not more
        else tr_n(
            "{first} (and {count} more)", "{first} (and {count} more)", more, first=first.text
        )
    )
    return title, text
