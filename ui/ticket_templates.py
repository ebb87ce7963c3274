"""The choice of a template in the new-ticket dialog, ours and those kept on this machine."""

from __future__ import annotations

import logging

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QComboBox

from gmops_desktop.contract.ticket_templates import Template, kept, ours, to_text
from gmops_desktop.language import current, tr
from gmops_desktop.paths import RESOURCES
from gmops_desktop.settings import SettingsFile

logger = logging.getLogger(__name__)

_KEEP = "keep"  # the last choice, which is no template


class TemplateBox(QComboBox):
    """Offers the templates; `taken` carries the chosen one, `keep_wanted` asks to keep another."""

    taken = Signal(object)
    keep_wanted = Signal()

    def __init__(self, settings: SettingsFile | None) -> None:
        super().__init__()
        self._settings = settings
        self.setAccessibleName(tr("Template"))
        self.setToolTip(tr("Begin with a template (Alt+T)"))
        self._fill()
        self.activated.connect(self._chosen)

    @property
    def own(self) -> tuple[Template, ...]:
        """The templates kept on this machine."""
        if self._settings is None:
            return ()
        try:
            return kept(self._settings.current.ticket_templates)
        except ValueError:  # somebody edited the file: not worth a ticket that is not logged
            logger.warning("The templates in the settings cannot be read")
            return ()

    def keep(self, template: Template) -> None:
        """Keep a template on this machine; the same name replaces what was kept under it."""
        if self._settings is not None:
            others = [one for one in self.own if one.name != template.name]
            self._settings.change(ticket_templates=to_text([*others, template]))
            self._fill()

    def _fill(self) -> None:
        self.clear()
        self.addItem(tr("Without"))
        text = (RESOURCES / "ticket_templates.json").read_text("utf-8")
        for one in (*self.own, *ours(text, current())):
            self.addItem(one.name, one)
        if self._settings is not None:
            self.insertSeparator(self.count())
            self.addItem(tr("Keep this as a template…"), _KEEP)

    @Slot(int)
    def _chosen(self, place: int) -> None:
        data = self.itemData(place)
        if data == _KEEP:
            self.setCurrentIndex(0)
            self.keep_wanted.emit()
        elif isinstance(data, Template):
            self.taken.emit(data)
