"""Which series of a kind of resource are drawn: chosen from a menu, and remembered."""

from __future__ import annotations

import json
import logging
from typing import Any, Final

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QMenu, QWidget

from gmops_desktop.addresses import Kind
from gmops_desktop.contract.looks import Details
from gmops_desktop.contract.metrics import Metric, metric_of, metrics_of, unasked
from gmops_desktop.language import tr
from gmops_desktop.settings import SettingsFile
from ui.widgets.frames import button, row

logger = logging.getLogger(__name__)

_MOST: Final = 6  # charts at once: three rows still fit a laptop


class ChartPicker(QWidget):
    """A button with a menu of all series there are; `changed` says that others were chosen."""

    changed = Signal()

    def __init__(self, settings: SettingsFile) -> None:
        super().__init__()
        self._settings = settings
        self._kind: Kind | None = None
        self._details: Details | None = None
        self.menu = QMenu(self)
        self.menu.setToolTipsVisible(True)
        self.button = button(
            tr("Charts"),
            self.open,
            kind="quiet",
            icon_name="caret-down",
            tip=tr("Which figures are drawn; at most {count} at once", count=_MOST),
            scale="small",
        )
        row(self, self.button)

    def show_resource(self, kind: Kind | None, details: Details | None) -> None:
        """Offer the series of another resource."""
        self._kind, self._details = kind, details
        self.setVisible(kind is not None)

    def chosen(self) -> list[Metric[Any]]:
        """Return what is to be drawn of the resource, in the order of the menu."""
        if self._kind is None:
            return []
        keys = self._kept().get(self._kind) or unasked(self._kind)
        found = (metric_of(self._kind, key) for key in keys)
        return [one for one in found if one is not None]

    def open(self) -> None:
        """Show the menu under the button."""
        self.fill()
        self.menu.popup(self.button.mapToGlobal(QPoint(0, self.button.height())))

    def fill(self) -> None:
        """Write the menu anew."""
        self.menu.clear()
        if self._kind is None:
            return
        chosen = {one.key for one in self.chosen()}
        for metric in metrics_of(self._kind, self._details):
            action = self.menu.addAction(title_of(metric))
            action.setCheckable(True)
            action.setChecked(metric.key in chosen)
            action.setEnabled(len(chosen) > 1 if metric.key in chosen else len(chosen) < _MOST)
            if not action.isEnabled():
                action.setToolTip(tr("Between one and {count} are drawn at once.", count=_MOST))
            action.triggered.connect(lambda _on, key=metric.key: self._switch(key))
        self.menu.addSeparator()
        usual = self.menu.addAction(tr("The usual charts"), lambda: self._keep(()))
        usual.setEnabled(chosen != set(unasked(self._kind)))

    def _switch(self, key: str) -> None:
        if self._kind is None:
            return
        chosen = {one.key for one in self.chosen()} ^ {key}
        known = [one.key for one in metrics_of(self._kind, self._details)]
        # Those of a file system that is not seen at the moment stay chosen.
        self._keep([*(one for one in known if one in chosen), *sorted(chosen - set(known))])

    def _keep(self, keys: list[str] | tuple[()]) -> None:
        kept = {**self._kept(), str(self._kind): list(keys)}
        self._settings.change(charts=json.dumps({kind: one for kind, one in kept.items() if one}))
        self.changed.emit()

    def _kept(self) -> dict[str, list[str]]:
        try:
            kept = json.loads(self._settings.current.charts or "{}")
            return {str(kind): [str(key) for key in keys] for kind, keys in kept.items()}
        except (ValueError, AttributeError, TypeError):  # somebody edited the file
            logger.warning("The choice of charts in the settings cannot be read")
            return {}


def title_of(metric: Metric[Any]) -> str:
    """Return what a series is called, with its unit."""
    return tr(metric.title, mount=metric.mount)
