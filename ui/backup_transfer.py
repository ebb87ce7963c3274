"""How the next backup is made: the choices behind the caret of the big button."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QInputDialog, QMenu, QWidget

from gmops_desktop.language import tr
from gmops_desktop.services.backups import TransferPlan
from gmops_desktop.services.cloud_backups import KINDS
from ui.icons import icon
from ui.theme import PRIMARY_HEIGHT
from ui.widgets.frames import Label, icon_button, row

_MBIT: Final = 125_000  # bytes a second
_LIMITS: Final = (1, 2, 3, 4)  # Mbit/s offered at once


class TransferMenu(QWidget):
    """The caret's menu; the widget itself says in words what was chosen.

    The caret stands beside the big button, where the page puts it.  `cloud_wanted` carries a kind
    of backup the cloud is to make.  The choices are for one run: `spent` puts them back.
    """

    cloud_wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._limit = 0  # Mbit/s; 0 for none
        self._tip = tr("How this backup is made: whole, slower, or by the cloud itself")
        self.caret = icon_button("caret-down", self._tip, self.open, kind="primary")
        self.caret.setIcon(icon("caret-down", "on_accent"))
        self.caret.setFixedHeight(PRIMARY_HEIGHT)
        self.chosen = Label(role="caption", elide=False)
        self.menu = QMenu(self)
        self.full = self._add(tr("Send everything once, reuse nothing"))
        self.full.setCheckable(True)
        self.full.setToolTip(tr("Every row travels; what is in hand is not trusted this time"))
        self.full.toggled.connect(lambda _on: self._say())
        self.limits = self.menu.addMenu(tr("Limit the line"))
        self._group = QActionGroup(self)
        self._limited(tr("No limit"), 0).setChecked(True)
        for rate in _LIMITS:
            self._limited(tr("{rate} Mbit/s", rate=rate), rate)
        self._other = self.limits.addAction(tr("Other…"), self._ask)
        self.menu.addSeparator()
        self.cloud = self.menu.addMenu(tr("Let TencentDB make one"))
        words = {
            "logical": tr("Logical, this schema only"),
            "physical": tr("Physical, the whole instance"),
            "snapshot": tr("Snapshot (one node on a cloud disk)"),
        }
        for kind in KINDS:
            self.cloud.addAction(words[kind], self._wanting(kind))
        row(self, self.chosen)
        self._say()

    def plan(self) -> TransferPlan:
        """Return how the next backup may use the line."""
        return TransferPlan(rate_limit=self._limit * _MBIT, full=self.full.isChecked())

    def spent(self) -> None:
        """Put the choices back: they were for one run."""
        self.full.setChecked(False)
        self._group.actions()[0].trigger()

    def limit_to(self, rate: int) -> None:
        """Choose a limit in Mbit/s (0: none)."""
        self._limit = rate
        self._say()

    def show_cloud(self, reason: str) -> None:
        """Offer what the cloud can do, or say why it cannot."""
        self.cloud.setEnabled(not reason)
        self.cloud.menuAction().setToolTip(reason)
        self.menu.setToolTipsVisible(True)

    def open(self) -> None:
        """Unfold the menu under the caret."""
        self.menu.popup(self.caret.mapToGlobal(self.caret.rect().bottomLeft()))

    def _add(self, text: str) -> QAction:
        return self.menu.addAction(text)

    def _limited(self, text: str, rate: int) -> QAction:
        action = self.limits.addAction(text)
        action.setCheckable(True)
        self._group.addAction(action)
        action.triggered.connect(lambda: self.limit_to(rate))
        return action

    def _ask(self) -> None:
        rate, agreed = QInputDialog.getInt(
            self, tr("Limit the line"), tr("At most, in Mbit/s:"), self._limit or 3, 1, 1000
        )
        if agreed:
            for action in self._group.actions():
                action.setChecked(False)
            self.limit_to(rate)

    def _wanting(self, kind: str) -> Callable[[], None]:
        return lambda: self.cloud_wanted.emit(kind)

    def _say(self) -> None:
        parts = []
        if self.full.isChecked():
            parts.append(tr("everything"))
        if self._limit:
            parts.append(tr("limited to {rate} Mbit/s", rate=self._limit))
        text = tr("this time: {what}", what=tr(", ").join(parts)) if parts else ""
        self.chosen.show_text(text)
        self.chosen.setVisible(bool(parts))
        self.caret.setToolTip(text or self._tip)
