"""What sealing asks: a name for a new key, a key from its sheet, somebody else's public key, and
where the recovery sheet goes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtWidgets import QDialogButtonBox, QLineEdit, QPlainTextEdit, QPushButton, QWidget

from gmops_desktop.language import tr
from ui.dialogs.sheet import Sheet
from ui.widgets.frames import button, paragraph

_KEY_HEIGHT: Final = 76


class KeyMaking(Sheet):
    """Asks whose key it will be; `on_named` makes it."""

    def __init__(
        self, parent: QWidget | None, name: str, on_named: Callable[[str], object]
    ) -> None:
        super().__init__(
            parent,
            tr("Make a key"),
            tr(
                "New backups can then be sealed: whoever finds the file, on a stolen laptop or a "
                "lost disk, cannot read it. The secret key stays in the system's keyring."
            ),
        )
        self.name = QLineEdit(name)
        self.add_field(tr("Whose key is it?"), self.name, tr("Printed on the recovery sheet"))
        self.body.addWidget(
            paragraph(
                tr(
                    "Without the key the backups are gone. The next step is its recovery sheet, on "
                    "paper, for the day this computer is not there."
                ),
                "body",
            )
        )
        self.add_close(tr("Cancel"))
        self.make = button(tr("Make the key"), kind="primary")
        self.add_button(self.make, QDialogButtonBox.ButtonRole.AcceptRole, default=True)
        self.make.clicked.connect(lambda: on_named(self.name.text()))
        self.make.clicked.connect(self.accept)


class KeyImport(Sheet):
    """Asks for a secret key from its recovery sheet; `on_typed` gets it once it holds."""

    def __init__(
        self,
        parent: QWidget | None,
        fault_in: Callable[[str], str],
        on_typed: Callable[[str], object],
    ) -> None:
        super().__init__(parent, tr("Import a key"))
        self._fault_in, self._on_typed = fault_in, on_typed
        self.field = QPlainTextEdit()
        self.field.setFixedHeight(_KEY_HEIGHT)
        self.field.setTabChangesFocus(True)
        self.add_field(
            tr("Secret key from the recovery sheet"),
            self.field,
            tr("Spaces and line breaks do not matter. Only the keyring keeps it."),
        )
        self.fault = paragraph(role="caption")
        self.fault.setProperty("ink", "critical")
        self.body.addWidget(self.fault)
        self.add_close(tr("Cancel"))
        self.take = button(tr("Import"), kind="primary")
        self.add_button(self.take, QDialogButtonBox.ButtonRole.ActionRole, default=True)
        self.take.setEnabled(False)
        self.field.textChanged.connect(self._typed)
        self.take.clicked.connect(self._judge)

    def _typed(self) -> None:
        self.fault.setText("")
        self.take.setEnabled(bool(self.field.toPlainText().strip()))

    def _judge(self) -> None:
        """Keep what was typed on the screen until it holds: nobody types it twice."""
        text = self.field.toPlainText()
        if fault := self._fault_in(text):
            self.fault.setText(fault)
            return
        self.field.clear()
        self.accept()
        self._on_typed(text)


class RecipientAdding(Sheet):
    """Asks for somebody's name and public key; `on_named` gets key and name."""

    def __init__(
        self,
        parent: QWidget | None,
        fault_in: Callable[[str], str],
        on_named: Callable[[str, str], object],
    ) -> None:
        super().__init__(
            parent,
            tr("Add a recipient"),
            tr(
                "New backups are then sealed to this key as well: a second engineer's, or one made "
                "for the office safe. Whoever holds its secret half can read them."
            ),
        )
        self._fault_in, self._on_named = fault_in, on_named
        self.name = QLineEdit()
        self.key = QLineEdit()
        self.key.setPlaceholderText(tr("begins with age1"))
        self.add_field(tr("Name", context="recipient"), self.name)
        self.add_field(
            tr("Public key"), self.key, tr("From gmops seal key show-public, or age-keygen")
        )
        self.fault = paragraph(role="caption")
        self.fault.setProperty("ink", "critical")
        self.body.addWidget(self.fault)
        self.add_close(tr("Cancel"))
        self.add = button(tr("Add"), kind="primary")
        self.add_button(self.add, QDialogButtonBox.ButtonRole.ActionRole, default=True)
        self.add.setEnabled(False)
        for field in (self.name, self.key):
            field.textChanged.connect(self._typed)
        self.add.clicked.connect(self._judge)

    def _typed(self) -> None:
        self.fault.setText("")
        self.add.setEnabled(bool(self.name.text().strip() and self.key.text().strip()))

    def _judge(self) -> None:
        if fault := self._fault_in(self.key.text()):
            self.fault.setText(fault)
            return
        self.accept()
        self._on_named(self.key.text(), self.name.text())


class SheetOffer(Sheet):
    """Offers the recovery sheet of a key on paper or as a file."""

    def __init__(
        self,
        parent: QWidget | None,
        on_print: Callable[[], object],
        on_save: Callable[[], object],
    ) -> None:
        super().__init__(
            parent,
            tr("Recovery sheet"),
            tr(
                "One page with the secret key, as text and as a QR code, and how to open backups "
                "with it on any computer, with or without this program."
            ),
        )
        self.body.addWidget(
            paragraph(
                tr(
                    "Without it, and without this computer, sealed backups are gone: nobody can "
                    "open them. Keep it in the office safe, and a second one elsewhere."
                ),
                "strong",
            )
        )
        self.body.addWidget(
            paragraph(
                tr(
                    "The page is the key. A saved PDF can be read by whoever gets hold of the "
                    "file: print it, then delete it."
                ),
                "hint",
            )
        )
        self.add_close(tr("Later"))
        self.save = self._offer(tr("Save as PDF…"), on_save)
        self.print = self._offer(tr("Print…"), on_print, default=True)

    def _offer(self, word: str, act: Callable[[], object], *, default: bool = False) -> QPushButton:
        made = button(word, kind="primary" if default else "plain")
        self.add_button(made, QDialogButtonBox.ButtonRole.ActionRole, default=default)
        made.clicked.connect(self.accept)
        made.clicked.connect(lambda: act())
        return made
