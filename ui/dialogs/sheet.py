"""The frame of every dialog: what it is about, a body, and a strip of buttons below."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFrame, QPushButton, QVBoxLayout, QWidget

from ui.widgets.frames import Label, column, paragraph, row


class Sheet(QDialog):
    """A dialog over `parent`; opened with `open()`, which returns at once.

    Buttons go through a `QDialogButtonBox`, so that each platform orders them its own way.
    """

    def __init__(
        self, parent: QWidget | None, title: str, text: str = "", width: int = 560
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(width)
        inside = QWidget()
        self.body: QVBoxLayout = column(inside, margins=(24, 20, 24, 20), spacing=12)
        if text:
            self.body.addWidget(paragraph(text, "body"))
        self._foot = QFrame()
        self._foot.setProperty("kind", "foot")
        self.left = row()
        self._buttons = QDialogButtonBox()
        row(self._foot, self.left, None, self._buttons, margins=(24, 12, 24, 12))
        outer = column(self, inside, self._foot, spacing=0)
        outer.setStretch(0, 1)
        self._buttons.rejected.connect(self.reject)

    def add_button(
        self,
        made: QPushButton,
        role: QDialogButtonBox.ButtonRole = QDialogButtonBox.ButtonRole.ActionRole,
        *,
        default: bool = False,
    ) -> QPushButton:
        """Put a button into the strip; the default one answers to Enter."""
        self._buttons.addButton(made, role)
        made.setAutoDefault(default)
        made.setDefault(default)
        return made

    def add_close(self, word: str) -> QPushButton:
        """Put in the button that leaves without doing anything."""
        made = QPushButton(word)
        made.setAutoDefault(False)
        self._buttons.addButton(made, QDialogButtonBox.ButtonRole.RejectRole)
        return made

    def add_field(self, word: str, field: QWidget, hint: str = "") -> None:
        """Put a field under its word, with a hint below."""
        field.setAccessibleName(word)
        if hint:
            field.setToolTip(hint)
        caption = Label(word, "caption", elide=False)
        caption.setBuddy(field)
        self.body.addLayout(column(None, caption, field, spacing=4))
        if hint:
            self.body.addWidget(paragraph(hint, "hint"))
