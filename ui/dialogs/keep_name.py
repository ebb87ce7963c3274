"""Asks for the name under which something is kept on this machine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QDialogButtonBox, QLineEdit, QWidget

from gmops_desktop.language import tr
from ui.dialogs.sheet import Sheet
from ui.widgets.frames import button, disable

_MOST: Final = 40  # characters


class KeepName(Sheet):
    """Gives the name to `on_named`; the same name replaces what was kept under it.

    `what` says what is kept under the name.
    """

    def __init__(
        self, parent: QWidget | None, title: str, what: str, on_named: Callable[[str], object]
    ) -> None:
        super().__init__(parent, title, width=400)
        self.name = QLineEdit()
        self.name.setMaxLength(_MOST)
        self.add_field(tr("Name", context="of what is kept"), self.name, what)
        self.add_close(tr("Cancel"))
        self.keep = button(tr("Keep"), kind="primary")
        self.add_button(self.keep, QDialogButtonBox.ButtonRole.AcceptRole, default=True)
        self.name.textChanged.connect(self._judge)
        self.keep.clicked.connect(lambda: on_named(self.name.text().strip()))
        self.keep.clicked.connect(self.accept)
        self._judge()

    @Slot()
    def _judge(self) -> None:
        empty = not self.name.text().strip()
        disable(self.keep, tr("Give it a name first.") if empty else "")
