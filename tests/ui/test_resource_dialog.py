"""A website's form: what is on record about its program files survives, and can be edited."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from gmops_desktop.addresses import (
    AccountAddress,
    Address,
    Kind,
    ProgramFiles,
    Resource,
    SshAddress,
    WebAddress,
)
from gmops_desktop.contract.exclusions import USUAL
from ui.dialogs.resource import ResourceDialog

SERVER = Resource("1", "host", "server", SshAddress("web.example", 22, "root", ""))


def test_program_files_survive_a_change(qtbot: QtBot) -> None:
    program = ProgramFiles(SshAddress("old.example", 22, "root", ""), ("/var/www",), ("*.bak",))
    address = WebAddress("https://site.example", "word", "", "", program)
    site = Resource("2", "website", "site", address)
    dialog = ResourceDialog(None, [SERVER], lambda *_words: None, site)
    qtbot.addWidget(dialog)
    assert dialog.form.address() == address
    dialog.forms["website"].holder.setCurrentIndex(0)
    assert dialog.form.address() == WebAddress("https://site.example", "word")


def test_program_files_are_entered(qtbot: QtBot) -> None:
    saved: list[Address] = []

    def save(kind: Kind, name: str, address: Address, id: str, secrets: Mapping[str, str]) -> None:
        saved.append(address)

    site = Resource("2", "website", "site", WebAddress("https://site.example"))
    dialog = ResourceDialog(None, [SERVER], save, site)
    qtbot.addWidget(dialog)
    form = dialog.forms["website"]
    assert not form.folders.isEnabled()
    form.holder.setCurrentIndex(1)
    assert form.folders.isEnabled()
    assert form.missing() == "The directories of the program files are missing."
    form.folders.setPlainText("/var/www/site\nvar/log\n")
    assert form.missing() == "var/log does not begin with a slash."
    form.folders.setPlainText(" /var/www/site \n\n/etc/nginx")
    assert form.missing() == ""
    qtbot.mouseClick(dialog.ok, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(saved))
    (address,) = saved
    assert isinstance(address, WebAddress)
    folders = ("/var/www/site", "/etc/nginx")
    assert address.program == ProgramFiles(SERVER.address, folders, USUAL)


def test_an_accounts_callback_and_its_token_are_entered_and_survive(qtbot: QtBot) -> None:
    saved: list[tuple[Address, Mapping[str, str]]] = []

    def save(kind: Kind, name: str, address: Address, id: str, secrets: Mapping[str, str]) -> None:
        saved.append((address, secrets))

    account = Resource("3", "account", "account", AccountAddress("wx1", "https://api.example"))
    dialog = ResourceDialog(None, [SERVER], save, account)
    qtbot.addWidget(dialog)
    form = dialog.forms["account"]
    form.token.setText("token of the site")
    assert form.secrets(form.address()) == {}  # a token without a callback opens nothing
    form.callback.setText("chamber.example/wechat")
    assert not dialog.ok.isEnabled()
    assert "does not begin with" in dialog.ok.toolTip()
    form.callback.setText("https://chamber.example/wechat")
    form.secret.setText("app secret")
    dialog.ok.click()
    ((address, secrets),) = saved
    assert address == AccountAddress(
        "wx1", "https://api.example", callback="https://chamber.example/wechat"
    )
    assert secrets == {"wechat:wx1": "app secret", "wechat-callback:wx1": "token of the site"}
    again = ResourceDialog(None, [SERVER], save, Resource("3", "account", "account", address))
    qtbot.addWidget(again)
    assert again.form.address() == address
