"""A file of configuration edited in the window, over a real sshd, judged before it is queued."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from db.engine import Database
from gmops_desktop.adapters.ssh import Ssh
from gmops_desktop.adapters.vault import Vault
from gmops_desktop.addresses import Resource, SshAddress
from gmops_desktop.context import Context
from gmops_desktop.services.patches.configurations import Configurations
from gmops_desktop.tasks import TaskRunner
from machines import logged_in
from sandbox.sshd import Sshd
from tests.helpers.change_desk import Desk
from ui.patch_configuration import ConfigurationSheet


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with Sshd(tmp_path_factory.mktemp("configured") / "sshd") as sshd:
        yield sshd


def test_a_file_is_fetched_edited_refused_mended_and_queued(
    qtbot: QtBot,
    database: Database,
    runner: TaskRunner,
    sshd: Sshd,
    tmp_path: Path,
    settled: Callable[[], None],
) -> None:
    desk = Desk(database)
    desk.furnish()
    host: Resource = desk.contracts.save_resource("host", "web9", sshd.address)

    def reach(address: SshAddress, context: Context) -> AbstractContextManager[Ssh]:
        return logged_in(address, tmp_path)

    service = Configurations(reach, Vault(), desk.patches.add)
    file = tmp_path / "site.conf"
    file.write_text("workers 1\nlisten 80\n", "utf-8")
    window = QWidget()
    qtbot.addWidget(window)
    sheet = ConfigurationSheet(window, service, [host], runner)
    sheet.show()
    assert sheet.go.toolTip() == "Fetch the file first."
    assert not sheet.fetch.isEnabled()
    sheet.path.setText(str(tmp_path / "gone.conf"))
    sheet.fetch.click()
    settled()
    assert "gone.conf" in sheet.said.text()
    sheet.path.setText(str(file))
    sheet.fetch.click()
    settled()
    assert sheet.editor.toPlainText() == "workers 1\nlisten 80\n"
    assert sheet.go.toolTip() == "Nothing was changed yet."

    sheet.check.setText("! grep -q many {file}")
    sheet.editor.setPlainText("workers many\nlisten 80\n")
    qtbot.waitUntil(sheet.go.isEnabled)
    assert "+workers many" in sheet.diff.text.toPlainText()
    sheet.go.click()
    settled()
    assert sheet.isVisible()  # what was written is not lost
    assert desk.patches.all() == ()
    assert sheet.said.property("ink") == "critical"

    sheet.editor.setPlainText("workers 4\nlisten 80\n")
    qtbot.waitUntil(sheet.go.isEnabled)
    with qtbot.waitSignal(sheet.queued) as told:
        sheet.go.click()
    settled()
    change = told.args[0]
    assert (change.kind, change.state) == ("configuration", "found")
    assert "+workers 4" in change.plan["diff"]
    assert file.read_text("utf-8") == "workers 1\nlisten 80\n"  # nothing was replaced
