"""Two questions that a first connection asks: is this the server, and what is the password."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from PySide6.QtWidgets import QDialogButtonBox, QLineEdit, QWidget

from gmops_desktop.language import tr
from ui.dialogs.sheet import Sheet
from ui.widgets.badges import StateBadge
from ui.widgets.frames import Label, button, column, paragraph, row


class HostKeyQuestion(Sheet):
    """Shows a server's fingerprint, new or changed, and asks whether to trust it.

    A changed key is what an attacker in the middle looks like: its button is
    red and says that the user compared it.
    """

    def __init__(
        self,
        parent: QWidget | None,
        *,
        host: str,
        algorithm: str,
        fingerprint: str,
        known: Literal["unknown", "changed"],
        on_trust: Callable[[], object],
    ) -> None:
        title = tr("Is this the right server?")
        super().__init__(parent, title)
        changed = known == "changed"
        if changed:
            badge = StateBadge("critical", tr("Host key changed"))
            text = tr(
                "The server {host} shows another key than the one on record. Either it was "
                "installed anew, or somebody stands between you and it.",
                host=host,
            )
        else:
            badge = StateBadge("unknown", tr("First contact"))
            text = tr("This is the first contact with {host}. It shows this key:", host=host)
        self.body.addLayout(row(None, Label(host, "title"), badge, None))
        self.body.addWidget(paragraph(text, "body"))
        print_ = Label(fingerprint, "strong", elide=False)
        print_.setTextInteractionFlags(print_.textInteractionFlags().TextSelectableByMouse)
        self.body.addLayout(column(None, Label(algorithm, "caption"), print_, spacing=2))
        self.body.addWidget(
            paragraph(
                tr(
                    "Compare it with what the server's administrator or the cloud console shows "
                    "(ssh-keygen -lf on the server). Nothing is sent before you agree."
                ),
                "hint",
            )
        )
        self.add_close(tr("Do not connect"))
        trust = button(
            tr("I compared it: trust the new key") if changed else tr("Trust this key"),
            kind="danger" if changed else "primary",
        )
        self.add_button(trust, QDialogButtonBox.ButtonRole.AcceptRole, default=not changed)
        trust.clicked.connect(lambda: on_trust())
        trust.clicked.connect(self.accept)
        self.trust = trust


class PasswordQuestion(Sheet):
    """Asks for a password, which goes into the system's keyring and nowhere else."""

    def __init__(
        self, parent: QWidget | None, name: str, on_given: Callable[[str], object]
    ) -> None:
        super().__init__(parent, tr("Password"), width=440)
        self.field = QLineEdit()
        self.field.setEchoMode(QLineEdit.EchoMode.Password)
        self.add_field(
            tr("Password for {name}", name=name),
            self.field,
            tr("It is kept in the system's keyring and never written to a file or a log."),
        )
        self.add_close(tr("Cancel"))
        save = button(tr("Save"), kind="primary", tip=tr("Keep it in the keyring"))
        save.setEnabled(False)
        self.field.textChanged.connect(lambda text: save.setEnabled(bool(text)))
        self.add_button(save, QDialogButtonBox.ButtonRole.AcceptRole, default=True)
        save.clicked.connect(lambda: on_given(self.field.text()))
        save.clicked.connect(self.accept)
        self.save = save
