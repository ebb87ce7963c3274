"""A database's TencentDB instance in its settings: entered, kept, its key only in the keyring."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from gmops_desktop.addresses import CloudDatabase, MysqlAddress
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.tasks import TaskRunner
from ui.dialogs.resource import ResourceDialog
from ui.resources_card import ResourcesCard


def test_an_instance_is_entered_and_its_key_goes_to_the_keyring(
    qtbot: QtBot, contracts: Contracts, runner: TaskRunner, settled: Callable[[], None]
) -> None:
    kept: dict[str, str] = {}
    card = ResourcesCard(contracts, kept.__setitem__, runner)
    qtbot.addWidget(card)
    site = contracts.save_resource("mysql", "site", MysqlAddress("10.0.0.12", 3306, "ops", "site"))
    card.refresh()
    card.table.select(site.id)
    qtbot.mouseClick(card.change_button, Qt.MouseButton.LeftButton)
    dialog = card.window().findChildren(ResourceDialog)[-1]
    cloud = dialog.forms["mysql"].cloud
    cloud.instance.setText("nothing")
    assert dialog.ok.toolTip() == "The id of a TencentDB instance begins with cdb-."
    cloud.instance.setText("cdb-c1nl9rpv")
    assert dialog.ok.toolTip() == "The SecretId is missing."
    cloud.secret_id.setText(" AKIDone ")
    cloud.secret_key.setText("the-key")
    cloud.region.setCurrentIndex(cloud.region.findData("ap-shanghai"))
    qtbot.mouseClick(dialog.ok, Qt.MouseButton.LeftButton)
    settled()
    saved = contracts.resource(site.id).address
    assert isinstance(saved, MysqlAddress)
    assert saved.cloud == CloudDatabase("cdb-c1nl9rpv", "ap-shanghai", "AKIDone")
    assert kept == {"tencent:AKIDone": "the-key"}


def test_what_is_on_record_is_shown_and_survives_a_change(
    qtbot: QtBot, contracts: Contracts, runner: TaskRunner
) -> None:
    cloud = CloudDatabase("cdb-1", "eu-frankfurt", "AKID", "http://127.0.0.1:9")
    address = MysqlAddress("db", 3306, "ops", "site", cloud=cloud)
    site = contracts.save_resource("mysql", "site", address)
    dialog = ResourceDialog(None, [], lambda *_words: None, site)
    qtbot.addWidget(dialog)
    assert dialog.form.address() == address
    assert dialog.form.secrets(address) == {}
    dialog.forms["mysql"].cloud.instance.clear()
    assert dialog.form.address() == MysqlAddress("db", 3306, "ops", "site")
