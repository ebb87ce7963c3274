"""A database's TencentDB instance in its settings: entered, kept, its key only in the keyring."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from gmops_desktop.addresses import CloudAddress, CloudDatabase, MysqlAddress, Resource, TatAddress
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
    cloud.secret.setText("the-key")
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


def test_an_account_is_entered_with_its_regions(
    qtbot: QtBot, contracts: Contracts, runner: TaskRunner, settled: Callable[[], None]
) -> None:
    kept: dict[str, str] = {}
    card = ResourcesCard(contracts, kept.__setitem__, runner)
    qtbot.addWidget(card)
    qtbot.mouseClick(card.add_button, Qt.MouseButton.LeftButton)
    dialog = card.window().findChildren(ResourceDialog)[-1]
    dialog.kind._buttons["cloud"].click()
    form = dialog.forms["cloud"]
    assert dialog.form is form
    assert dialog.ok.toolTip() == "The SecretId is missing."
    form.secret_id.setText("AKIDone")
    form.secret.setText("the-key")
    assert dialog.ok.isEnabled()
    form.regions.setText("Guangzhou")
    assert dialog.ok.toolTip() == "A region is written as ap-guangzhou."
    form.regions.setText("ap-shanghai，ap-guangzhou ap-shanghai")
    qtbot.mouseClick(dialog.ok, Qt.MouseButton.LeftButton)
    settled()
    [saved] = contracts.resources()
    assert (saved.kind, saved.name) == ("cloud", "Cloud account")
    assert saved.address == CloudAddress("AKIDone", ("ap-shanghai", "ap-guangzhou"))
    assert kept == {"tencent:AKIDone": "the-key"}


def test_an_account_on_record_is_shown_and_survives_a_change(qtbot: QtBot) -> None:
    address = CloudAddress("AKID", ("ap-nanjing", "na-siliconvalley"), "http://127.0.0.1:9")
    account = Resource("1", "cloud", "cloud", address)
    dialog = ResourceDialog(None, [], lambda *_words: None, account)
    qtbot.addWidget(dialog)
    assert dialog.form.address() == address
    assert dialog.form.secrets(address) == {}


def test_a_server_behind_the_agent_is_entered_and_survives_a_change(
    qtbot: QtBot, contracts: Contracts, runner: TaskRunner, settled: Callable[[], None]
) -> None:
    kept: dict[str, str] = {}
    card = ResourcesCard(contracts, kept.__setitem__, runner)
    qtbot.addWidget(card)
    qtbot.mouseClick(card.add_button, Qt.MouseButton.LeftButton)
    dialog = card.window().findChildren(ResourceDialog)[-1]
    assert dialog.ok.toolTip() == "The address is missing."
    form = dialog.forms["host"]
    form.way._buttons["tat"].click()
    assert dialog.ok.toolTip() == "The id of a cloud server begins with ins-."
    form.tat.instance.setText("ins-1")
    form.tat.secret_id.setText("AKIDone")
    form.tat.region.setText("gz")
    assert dialog.ok.toolTip() == "A region is written as ap-guangzhou."
    form.tat.region.setText("ap-shanghai")
    form.tat.secret.setText("the-key")
    qtbot.mouseClick(dialog.ok, Qt.MouseButton.LeftButton)
    settled()
    [saved] = contracts.resources()
    assert saved.address == TatAddress("ins-1", "ap-shanghai", "AKIDone")
    assert kept == {"tencent:AKIDone": "the-key"}
    again = ResourceDialog(None, [], lambda *_words: None, saved)
    qtbot.addWidget(again)
    assert again.form.address() == saved.address
    assert card._hosts() == [], "nothing is reached through a server without SSH"
