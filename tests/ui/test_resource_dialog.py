"""A website's form: what is on record about its program files survives, and can be edited."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from gmops_desktop.addresses import Address, Kind, ProgramFiles, Resource, SshAddress, WebAddress
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
