"""The card of the signing key and the seal: whose key it is, what it is worth, and the seal."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PySide6.QtCore import QDate, Qt, Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QDialogButtonBox, QFileDialog, QLineEdit, QSizePolicy

from gmops_desktop.changes import Change
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.services.reports.signing import Signing, SigningKey, worth
from gmops_desktop.tasks import TaskRunner
from ui import words
from ui.dialogs.sheet import Sheet
from ui.widgets.badges import StateBadge
from ui.widgets.frames import Card, Label, button, disable, paragraph, row

_LANE: Final = "keyring"  # the keyring may ask its user to unlock it: never in the GUI thread
_SOON: Final = 30  # days before a certificate ends from which the card warns
_SEAL: Final = 56  # pixels


class SigningCard(Card):
    """`noticed` tells the page what was done."""

    noticed = Signal(str, str, str)  # a State, a sentence, a second line

    def __init__(self, signing: Signing, runner: TaskRunner) -> None:
        super().__init__(tr("Signing key and seal"))
        self._signing, self._runner = signing, runner
        self.badge = StateBadge()
        self.head.addWidget(self.badge)
        self.text = paragraph(role="caption")
        self.picture = Label(elide=False)
        self.picture.setFixedSize(_SEAL, _SEAL)
        self.picture.setAccessibleName(tr("The seal"))
        self.key_button = button(
            tr("Choose key…"),
            self._choose_key,
            icon_name="key",
            tip=tr("Choose the PKCS#12 file of your company; it stays where it is"),
        )
        self.seal_button = button(
            tr("Choose seal…"),
            self._choose_seal,
            icon_name="image",
            tip=tr("Choose a picture of your company's own seal"),
        )
        self.forget_button = button(
            tr("Remove…"), self._ask_forget, icon_name="trash", tip=tr("Sign no more with this key")
        )

        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        told = row(None, self.text, self.picture)
        told.setStretch(0, 1)
        self.add(told)
        self.add(row(None, self.key_button, self.seal_button, None, self.forget_button))
        self._show(None, "")
        self.refresh()

    def refresh(self) -> None:
        """Show the seal, and ask for the key beside the window: the keyring may take its time."""
        seal = self._signing.seal()
        picture = QPixmap()
        if seal is not None and picture.loadFromData(seal):
            smooth = Qt.TransformationMode.SmoothTransformation
            self.picture.setPixmap(picture.scaledToHeight(_SEAL, smooth))
        self.picture.setVisible(seal is not None)
        if not self._signing.chosen:
            self._show(None, "")
            return
        task = self._runner.start(
            lambda _context: self._found(), tr("Signing key"), lane=_LANE, quiet=True
        )
        task.succeeded.connect(lambda found: self._show(*found))

    def _found(self) -> tuple[SigningKey | None, str]:
        """Return the key, or why it cannot be used: the card says so, whatever the page is."""
        try:
            return self._signing.key(), ""
        except OpsError as error:
            return None, f"{error.message}\n{error.hint}"

    def _show(self, key: SigningKey | None, fault: str) -> None:
        self.badge.setVisible(bool(key or fault))
        off = "" if key or fault else tr("Choose a key first.")
        disable(self.forget_button, off, tr("Sign no more with this key"))
        if key is None:
            self.badge.show_state("critical", tr("cannot sign"))
            self.text.setText(fault or _explained())
            return
        left = QDate.currentDate().daysTo(QDate(key.valid_to.year, key.valid_to.month,
                                                key.valid_to.day))  # fmt: skip
        if left < 0:
            self.badge.show_state("critical", tr("expired"))
        elif left < _SOON:
            self.badge.show_state("warning", tr("expires soon"))
        else:
            self.badge.show_state("ok", tr("can sign"))
        said = tr("{holder}, valid until {day}.", holder=key.holder,
                  day=words.day(key.valid_to.date()))  # fmt: skip
        self.text.setText(f"{said}\n{worth(key)}")

    # -- what is done

    def _choose_key(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(
            self, tr("Choose the signing key"), "", tr("PKCS#12 keys") + " (*.p12 *.pfx)"
        )
        if chosen:
            self.begin_key(Path(chosen))

    def begin_key(self, path: Path) -> None:
        """Ask for the password of a key's file, and take it."""
        sheet = Sheet(
            self.window(),
            tr("Password of {name}", name=path.name),
            tr("It is kept in the system's keyring and nowhere else; the file stays where it is."),
            width=440,
        )
        password = QLineEdit()
        password.setEchoMode(QLineEdit.EchoMode.Password)
        sheet.add_field(tr("Password"), password)
        sheet.add_close(tr("Cancel"))

        def take() -> None:
            self._take(path, password.text())
            sheet.accept()

        go = button(tr("Use this key"), take, kind="primary")
        sheet.add_button(go, QDialogButtonBox.ButtonRole.AcceptRole, default=True)
        sheet.open()
        password.setFocus()

    def _take(self, path: Path, password: str) -> None:
        task = self._runner.start(
            lambda _context: self._signing.use_key(path, password),
            tr("Signing key"),
            lane=_LANE,
            changes=Change.SETTINGS,
        )
        task.succeeded.connect(self._taken)

    def _taken(self, key: SigningKey) -> None:
        self._show(key, "")
        self.noticed.emit(
            "ok", tr("Documents are signed by {holder} from now on.", holder=key.holder), worth(key)
        )

    def _choose_seal(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(
            self, tr("Choose the seal"), "", tr("Pictures") + " (*.png *.jpg *.jpeg *.bmp *.tif)"
        )
        if chosen:
            self.take_seal(Path(chosen))

    def take_seal(self, path: Path) -> None:
        """Take the picture of the seal."""
        task = self._runner.start(
            lambda _context: self._signing.use_seal(path), tr("The seal"), lane=_LANE
        )
        task.succeeded.connect(lambda _none: self._sealed())

    def _sealed(self) -> None:
        self.refresh()
        self.noticed.emit("ok", tr("The seal goes over name and date when you sign."), "")

    def _ask_forget(self) -> None:
        sheet = Sheet(
            self.window(),
            tr("Sign no more with this key?"),
            tr("Its password is removed from the keyring; the file and all signatures stay."),
            width=440,
        )
        sheet.add_close(tr("Keep it"))
        remove = button(tr("Remove"), self._forget, kind="danger")
        remove.clicked.connect(sheet.accept)
        sheet.add_button(remove, QDialogButtonBox.ButtonRole.ActionRole)
        sheet.open()

    def _forget(self) -> None:
        task = self._runner.start(
            lambda _context: self._signing.forget_key(),
            tr("Signing key"),
            lane=_LANE,
            changes=Change.SETTINGS,
        )
        task.succeeded.connect(lambda _none: self.refresh())


def _explained() -> str:
    return tr(
        "With your company's key (PKCS#12) documents are signed so that any later change shows, "
        "and with its seal they look as Party A expects. The program draws no seals."
    )
