"""Fields of a thing's address under their words, with a field for the secret that opens it."""

from __future__ import annotations

from PySide6.QtWidgets import QLineEdit, QSpinBox, QWidget

from gmops_desktop.addresses import Address
from gmops_desktop.language import tr
from ui.widgets.frames import Label, column, row


class Form(QWidget):
    """Lines of fields; `secret` is shown where the form puts it."""

    def __init__(self) -> None:
        super().__init__()
        self.fields = column(spacing=12)
        column(self, self.fields, None)  # a short form stays together at the top
        self.secret = QLineEdit()
        self.secret.setEchoMode(QLineEdit.EchoMode.Password)
        self.secret.setPlaceholderText(tr("unchanged, or not needed"))

    def secrets(self, address: Address) -> dict[str, str]:
        """Return the secrets that were typed, by the names under which the keyring keeps them."""
        name = getattr(address, "secret_name", "")
        return {name: self.secret.text()} if name and self.secret.text() else {}

    def add_line(self, *fields: tuple[str, QWidget, int]) -> None:
        """Put fields side by side: word, field, share of the width (0: as wide as it is)."""
        line = row(spacing=12)
        for word, field, stretch in fields:
            field.setAccessibleName(word)
            caption = Label(word, "caption", elide=False)
            caption.setBuddy(field)
            line.addLayout(column(None, caption, field, spacing=4), stretch)
        self.fields.addLayout(line)


def port_field(value: int) -> QSpinBox:
    """Return a field for a port."""
    made = QSpinBox()
    made.setRange(1, 65535)
    made.setValue(value)
    made.setFixedWidth(88)
    return made
