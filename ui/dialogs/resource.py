"""Adding a resource, or changing one: what it is, where it is, and the secret that opens it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from PySide6.QtWidgets import (
    QComboBox,
    QDialogButtonBox,
    QLineEdit,
    QPlainTextEdit,
    QStackedWidget,
    QWidget,
)

from gmops_desktop.addresses import (
    KIND_WORDS,
    AccountAddress,
    Address,
    Kind,
    MysqlAddress,
    ProgramFiles,
    Resource,
    SshAddress,
    WebAddress,
)
from gmops_desktop.contract.exclusions import USUAL
from gmops_desktop.language import mark, tr
from ui.dialogs.cloud_fields import CloudFields, CloudForm
from ui.dialogs.form import Form, port_field
from ui.dialogs.host_form import HostForm
from ui.dialogs.sheet import Sheet
from ui.widgets.frames import Segments, button

_OFF, _REQUIRED = "off", "required"  # as in `MysqlAddress.tls`
_LINES_HEIGHT: Final = 92  # four lines, or three and a bar to scroll by
_BEGINNING: Final = "https://"

# kind, name, address, id of the resource changed ("" for a new one), new secrets by their names
Save = Callable[[Kind, str, Address, str, Mapping[str, str]], object]


class ResourceDialog(Sheet):
    """One form per kind; the password goes to the keyring, the rest into the record."""

    def __init__(
        self,
        parent: QWidget | None,
        hosts: Sequence[Resource],
        save: Save,
        resource: Resource | None = None,
    ) -> None:
        title = tr("Change {name}", name=resource.name) if resource else tr("Add a resource")
        super().__init__(parent, title, width=620)
        self._save, self._resource = save, resource

        self.kind = Segments(
            [(kind, tr(word)) for kind, word in KIND_WORDS.items()],
            resource.kind if resource else "host",
            tr("Kind of resource"),
        )
        self.name = QLineEdit(resource.name if resource else "")
        self._host = HostForm()
        self.forms: dict[Kind, HostForm | _MysqlForm | _WebForm | _AccountForm | CloudForm] = {
            "host": self._host,
            "mysql": _MysqlForm(hosts),
            "website": _WebForm(hosts),
            "account": _AccountForm(hosts),
            "cloud": CloudForm(),
        }
        self._stack = QStackedWidget()
        for form in self.forms.values():
            self._stack.addWidget(form)
        self.body.addWidget(self.kind)
        self.add_field(tr("Name", context="resource"), self.name)
        self.body.addWidget(self._stack)
        self.body.addStretch(1)
        self.add_close(tr("Cancel"))
        self.ok = button(tr("Save"), self._accept, kind="primary", tip=tr("Save this resource"))
        self.add_button(self.ok, QDialogButtonBox.ButtonRole.ActionRole, default=True)
        if resource is not None:
            self.kind.setEnabled(False)
            self.forms[resource.kind].show_address(resource.address)

        self.kind.chosen.connect(self._show_form)
        self._host.way.chosen.connect(self._judge)
        self.name.textChanged.connect(self._judge)
        for form in self.forms.values():
            for field in form.findChildren(QLineEdit):
                field.textChanged.connect(self._judge)
        self._show_form(self.kind.current)

    @property
    def form(self) -> HostForm | _MysqlForm | _WebForm | _AccountForm | CloudForm:
        """The form of the kind chosen."""
        return self.forms[self._kind]

    @property
    def _kind(self) -> Kind:
        return next(kind for kind in KIND_WORDS if kind == self.kind.current)

    def _show_form(self, _key: str) -> None:
        self._stack.setCurrentWidget(self.form)
        self.name.setPlaceholderText(tr(KIND_WORDS[self._kind]))
        self._judge()

    def _judge(self) -> None:
        missing = self.form.missing()
        self.ok.setEnabled(not missing)
        self.ok.setToolTip(missing or tr("Save this resource"))

    def _accept(self) -> None:
        name = self.name.text().strip() or tr(KIND_WORDS[self._kind])
        identity = self._resource.id if self._resource else ""
        address = self.form.address()
        self._save(self._kind, name, address, identity, self.form.secrets(address))
        self.accept()


class _Lines(QPlainTextEdit):
    """A few entries, each on a line of its own."""

    def __init__(self, lines: Sequence[str] = ()) -> None:
        super().__init__()
        self.setFixedHeight(_LINES_HEIGHT)
        self.setTabChangesFocus(True)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.show_lines(lines)

    def lines(self) -> tuple[str, ...]:
        typed = (line.strip() for line in self.toPlainText().splitlines())
        return tuple(filter(None, typed))

    def show_lines(self, lines: Sequence[str]) -> None:
        self.setPlainText("\n".join(lines))


class _Through(QComboBox):
    """Chooses the server through whose SSH something is reached, or none."""

    none = mark("directly")
    one = mark("through {name} (SSH tunnel)")

    def __init__(self, hosts: Sequence[Resource]) -> None:
        super().__init__()
        self.addItem(tr(self.none), None)
        for host in hosts:
            self.addItem(tr(self.one, name=host.name), host.address)

    def show_server(self, server: SshAddress | None) -> None:
        """Choose `server`, which need not be one of the contract's."""
        places = [self.itemData(at) for at in range(self.count())]
        if server not in places:
            self.addItem(tr(self.one, name=server), server)
            places.append(server)
        self.setCurrentIndex(places.index(server))


class _Holding(_Through):
    """Chooses the server on which a website's program files lie, or none."""

    none = mark("not kept here")
    one = mark("on {name}")


class _MysqlForm(Form):
    def __init__(self, hosts: Sequence[Resource]) -> None:
        super().__init__()
        self.host, self.port, self.user = QLineEdit("127.0.0.1"), port_field(3306), QLineEdit()
        self.schema = QLineEdit()
        self._ca = ""
        self.through = _Through(hosts)
        self.tls = QComboBox()
        self.tls.addItem(tr("off (loopback or tunnel)"), _OFF)
        self.tls.addItem(tr("required, certificate checked"), _REQUIRED)
        self.add_line((tr("Address, as seen from there"), self.host, 1), (tr("Port"), self.port, 0))
        self.add_line((tr("Reached"), self.through, 1), (tr("TLS"), self.tls, 1))
        self.add_line((tr("Database (schema)"), self.schema, 1))
        self.add_line(
            (tr("User"), self.user, 1), (tr("Password (kept in the keyring)"), self.secret, 1)
        )
        self.cloud = CloudFields()
        self.fields.addWidget(self.cloud)

    def missing(self) -> str:
        fields = (self.host, self.user, self.schema)
        if all(field.text().strip() for field in fields):
            return self.cloud.missing()
        return tr("Address, user and database are needed.")

    def secrets(self, address: Address) -> dict[str, str]:
        found, key = super().secrets(address), self.cloud.secret.text().strip()
        cloud = self.cloud.database()
        return {**found, cloud.secret_name: key} if cloud and key else found

    def address(self) -> MysqlAddress:
        return MysqlAddress(
            self.host.text().strip(),
            self.port.value(),
            self.user.text().strip(),
            self.schema.text().strip(),
            self.through.currentData(),
            self.tls.currentData(),
            self._ca,
            self.cloud.database(),
        )

    def show_address(self, address: Address) -> None:
        if isinstance(address, MysqlAddress):
            self.host.setText(address.host)
            self.port.setValue(address.port)
            self.user.setText(address.user)
            self.schema.setText(address.schema)
            self.tls.setCurrentIndex(self.tls.findData(address.tls))
            self._ca = address.ca
            self.cloud.show_database(address.cloud)
            self.through.show_server(address.ssh)


class _WebForm(Form):
    def __init__(self, hosts: Sequence[Resource]) -> None:
        super().__init__()
        self.url, self.keyword, self.admin = QLineEdit(), QLineEdit(), QLineEdit()
        self._ca = ""
        self.url.setPlaceholderText(_BEGINNING)
        self.add_line((tr("Front page"), self.url, 1))
        self.add_line((tr("A word that must stand on it"), self.keyword, 1))
        self.add_line((tr("Page of the back end"), self.admin, 1))
        self.pages = _Lines()
        self.add_line((tr("Further front pages, one a line"), self.pages, 1))
        self.holder, self.folders = _Holding(hosts), _Lines()
        self.excluded = _Lines(USUAL)
        self.add_line((tr("Program files"), self.holder, 1))
        self.add_line(
            (tr("Their directories, one a line"), self.folders, 1),
            (tr("Left out of their backup, one pattern a line"), self.excluded, 1),
        )
        self.holder.currentIndexChanged.connect(self._show_whether_kept)
        self._show_whether_kept()

    def _show_whether_kept(self) -> None:
        kept = self.holder.currentData() is not None
        self.folders.setEnabled(kept)
        self.excluded.setEnabled(kept)

    def missing(self) -> str:
        if not self.url.text().strip().startswith(("http://", "https://")):
            return tr("The front page begins with https:// or http://.")
        for page in self.pages.lines():
            if not page.startswith(("http://", "https://")):
                return tr("{page} does not begin with https:// or http://.", page=page)
        if self.holder.currentData() is None:
            return ""
        if not self.folders.lines():
            return tr("The directories of the program files are missing.")
        wrong = [line for line in self.folders.lines() if not line.startswith("/")]
        return tr("{folder} does not begin with a slash.", folder=wrong[0]) if wrong else ""

    def address(self) -> WebAddress:
        return WebAddress(
            self.url.text().strip(),
            self.keyword.text().strip(),
            self.admin.text().strip(),
            self._ca,
            self._program(),
            self.pages.lines(),
        )

    def _program(self) -> ProgramFiles | None:
        holder = self.holder.currentData()
        if holder is None:
            return None
        return ProgramFiles(holder, self.folders.lines(), self.excluded.lines())

    def show_address(self, address: Address) -> None:
        if isinstance(address, WebAddress):
            self.url.setText(address.url)
            self.keyword.setText(address.keyword)
            self.admin.setText(address.admin_url)
            self.pages.show_lines(address.pages)
            self._ca = address.ca
            if address.program:
                self.holder.show_server(address.program.ssh)
                self.folders.show_lines(address.program.folders)
                self.excluded.show_lines(address.program.excluded)


class _AccountForm(Form):
    def __init__(self, hosts: Sequence[Resource]) -> None:
        super().__init__()
        self.app_id = QLineEdit()
        self.through = _Through(hosts)
        self.through.setToolTip(
            tr("WeChat answers only addresses on its whitelist; the server's stays the same")
        )
        self._base_url = AccountAddress("").base_url
        self.add_line((tr("App ID"), self.app_id, 1))
        self.add_line((tr("App secret (kept in the keyring)"), self.secret, 1))
        self.add_line((tr("Reached"), self.through, 1))
        self.callback, self.token = QLineEdit(), QLineEdit()
        self.callback.setPlaceholderText(_BEGINNING)
        self.token.setEchoMode(QLineEdit.EchoMode.Password)
        self.token.setPlaceholderText(self.secret.placeholderText())
        self.add_line(
            (tr("Callback of the site (server address in the console)"), self.callback, 3),
            (tr("Its token (kept in the keyring)"), self.token, 2),
        )

    def missing(self) -> str:
        if not self.app_id.text().strip():
            return tr("The app ID is missing.")
        callback = self.callback.text().strip()
        if callback and not callback.startswith(("http://", "https://")):
            return tr("{page} does not begin with https:// or http://.", page=callback)
        return ""

    def secrets(self, address: Address) -> dict[str, str]:
        found, token = super().secrets(address), self.token.text().strip()
        if isinstance(address, AccountAddress) and address.callback and token:
            found[address.callback_secret_name] = token
        return found

    def address(self) -> AccountAddress:
        return AccountAddress(
            self.app_id.text().strip(),
            self._base_url,
            self.through.currentData(),
            self.callback.text().strip(),
        )

    def show_address(self, address: Address) -> None:
        if isinstance(address, AccountAddress):
            self.app_id.setText(address.app_id)
            self._base_url = address.base_url
            self.callback.setText(address.callback)
            self.through.show_server(address.ssh)
