"""Where a server is: reached over SSH, or through Tencent Cloud's agent where SSH is not wanted."""

from __future__ import annotations

from typing import Final

from PySide6.QtWidgets import QFileDialog, QLineEdit, QStackedWidget, QWidget

from gmops_desktop.addresses import Address, HostAddress, SshAddress, TatAddress
from gmops_desktop.language import tr
from ui.dialogs.cloud_fields import region_fault
from ui.dialogs.form import Form, port_field
from ui.widgets.frames import Segments, column, icon_button, row

_SSH, _TAT = "ssh", "tat"
_INSTANCE: Final = "ins-"
_REGION: Final = "ap-guangzhou"


class HostForm(QWidget):
    """A choice of the way, and the fields of each; the patches of a server go over SSH alone."""

    def __init__(self) -> None:
        super().__init__()
        self.way = Segments(
            [(_SSH, "SSH"), (_TAT, tr("Tencent Cloud's agent (TAT)"))], _SSH,
            tr("How the server is reached"),
        )  # fmt: skip
        self.ssh, self.tat = SshForm(), TatForm()
        self._stack = QStackedWidget()
        self._stack.addWidget(self.ssh)
        self._stack.addWidget(self.tat)
        column(self, self.way, self._stack, spacing=12)
        self.way.chosen.connect(lambda _key: self._stack.setCurrentWidget(self.form))

    @property
    def form(self) -> SshForm | TatForm:
        """The form of the way chosen."""
        return self.tat if self.way.current == _TAT else self.ssh

    def missing(self) -> str:
        """Return what is not yet there, as a sentence."""
        return self.form.missing()

    def secrets(self, address: Address) -> dict[str, str]:
        """Return the secrets that were typed, by the names under which the keyring keeps them."""
        return self.form.secrets(address)

    def address(self) -> HostAddress:
        """Return what was entered."""
        return self.form.address()

    def show_address(self, address: Address) -> None:
        """Show what is on record."""
        self.way.choose(_TAT if isinstance(address, TatAddress) else _SSH)
        self._stack.setCurrentWidget(self.form)
        self.form.show_address(address)


class SshForm(Form):
    """An SSH server."""

    def __init__(self) -> None:
        super().__init__()
        self.host, self.port, self.user = QLineEdit(), port_field(22), QLineEdit("root")
        self.key = QLineEdit()
        choose = icon_button("folder-open", tr("Choose a key file…"), self._choose, kind="plain")
        key = QWidget()
        row(key, self.key, choose)
        self.add_line((tr("Address"), self.host, 1), (tr("Port"), self.port, 0))
        self.add_line(
            (tr("User"), self.user, 1), (tr("Password (kept in the keyring)"), self.secret, 1)
        )
        self.add_line((tr("Private key file (in place of a password)"), key, 1))

    def missing(self) -> str:
        """Return what is not yet there, as a sentence."""
        return "" if self.host.text().strip() else tr("The address is missing.")

    def address(self) -> SshAddress:
        """Return what was entered."""
        return SshAddress(
            self.host.text().strip(),
            self.port.value(),
            self.user.text().strip() or "root",
            self.key.text().strip(),
        )

    def show_address(self, address: Address) -> None:
        """Show what is on record."""
        if isinstance(address, SshAddress):
            self.host.setText(address.host)
            self.port.setValue(address.port)
            self.user.setText(address.user)
            self.key.setText(address.key)

    def _choose(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, tr("Private key file"))
        if chosen:
            self.key.setText(chosen)


class TatForm(Form):
    """A CVM by its id, and the keys of a sub-account that may run commands on it."""

    def __init__(self) -> None:
        super().__init__()
        self._endpoint = ""
        self.instance, self.region, self.secret_id = QLineEdit(), QLineEdit(_REGION), QLineEdit()
        self.instance.setPlaceholderText(_INSTANCE)
        self.add_line((tr("Instance"), self.instance, 1), (tr("Region"), self.region, 1))
        self.add_line((tr("SecretId"), self.secret_id, 1),
                      (tr("SecretKey (kept in the keyring)"), self.secret, 1))  # fmt: skip

    def missing(self) -> str:
        """Return what is not yet there, as a sentence."""
        if not self.instance.text().strip().startswith(_INSTANCE):
            return tr("The id of a cloud server begins with ins-.")
        if not self.secret_id.text().strip():
            return tr("The SecretId is missing.")
        return region_fault([self.region.text().strip()])

    def address(self) -> TatAddress:
        """Return what was entered."""
        return TatAddress(
            self.instance.text().strip(), self.region.text().strip(),
            self.secret_id.text().strip(), self._endpoint,
        )  # fmt: skip

    def show_address(self, address: Address) -> None:
        """Show what is on record."""
        if isinstance(address, TatAddress):
            self.instance.setText(address.instance)
            self.region.setText(address.region)
            self.secret_id.setText(address.secret_id)
            self._endpoint = address.endpoint
