"""What the cloud gives a change, in the window: snapshots from the gate, the last way back, the
reminder of Party A."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from db.engine import Database
from gmops_desktop.adapters.written_since import Written
from gmops_desktop.context import Context
from gmops_desktop.paths import Home
from gmops_desktop.services.patches import Change
from gmops_desktop.tasks import TaskRunner
from sandbox.tencent import Tencent
from tests.helpers.change_desk import Desk
from tests.helpers.cloud_desk import Cloud
from ui.patch_disks import DisksSheet, SnapshotSheet
from ui.patch_remind import RemindSheet
from ui.patch_start import StartSheet
from ui.patches_tab import PatchesTab

pytestmark = pytest.mark.servers
LEFT = Qt.MouseButton.LeftButton
Settled = Callable[[], None]


@pytest.fixture
def cloud(database: Database, tmp_path: Path, home: Home) -> Iterator[Cloud]:
    desk = Desk(database)
    desk.now = datetime.now(UTC)
    desk.furnish(two_person=False)
    known, today = desk.contracts.all()[0], desk.now.date()
    desk.contracts.save_contract(
        replace(known, start=today - timedelta(days=30), end=today + timedelta(days=300))
    )
    with Tencent(tmp_path / "tencent") as stand_in:
        yield Cloud(desk, stand_in, home)


@pytest.fixture
def tab(qtbot: QtBot, cloud: Cloud, runner: TaskRunner) -> PatchesTab:
    tab = PatchesTab(cloud.desk.patches, cloud.desk.contracts, runner)
    runner.changed.connect(tab.hear)
    qtbot.addWidget(tab)
    tab.resize(1278, 716)
    tab.show()
    return tab


def dialog(tab: PatchesTab, kind: type[QDialog]) -> QDialog:
    return next(one for one in reversed(tab.findChildren(kind)) if one.isVisible())


PLAN = {
    "packages": [
        {"name": "openssl", "arch": "amd64", "old": "1.0.2k-12", "new": "1.0.2k-16",
         "origin": "updates", "security": True, "severity": "Critical", "cves": ["CVE-2018-5407"]}
    ],
    "installs": [], "removes": [], "services": ["nginx"], "reboot": False,
    "text": "Inst openssl", "simulated_at": "2018-04-20T06:00:00+00:00",
}  # fmt: skip


def queued(cloud: Cloud) -> Change:
    """A system patch that was played through."""
    desk = cloud.desk
    change = desk.patches.add("patch", "openssl", desk.host, PLAN)
    return desk.patches.simulate(desk.host, change.id, Context())


def ready(cloud: Cloud) -> Change:
    """A change with every gate open but the snapshot's."""
    desk = cloud.desk
    change = desk.announced(queued(cloud))
    desk.back_up(desk.site_db, "backup")
    desk.back_up(desk.site, "files")
    change = desk.patches.prepare(desk.host, change.id, Context())
    return desk.patches.check_before(desk.host, change.id, Context())


def test_snapshots_are_made_from_the_gate_left_and_taken_up(
    qtbot: QtBot, cloud: Cloud, tab: PatchesTab, runner: TaskRunner, settled: Settled
) -> None:
    cloud.stand_in.behave(data_disks=1, snapshot_hangs=True)
    cloud.look()
    change = ready(cloud)
    tab.renew()
    tab.show_item(change.id)
    [make] = [one for one in tab.detail.page.gates.findChildren(QPushButton)
              if one.isVisible() and one.text() == "Make snapshots…"]  # fmt: skip
    assert not tab.detail.page.apply.isEnabled()
    qtbot.mouseClick(make, LEFT)
    settled()
    sheet = dialog(tab, SnapshotSheet)
    assert isinstance(sheet, SnapshotSheet)
    said = " ".join(one.text() for one in sheet.findChildren(QLabel))
    assert "200 GB of disks at most" in said
    assert "not known here" in said
    sheet.days.setValue(3)
    qtbot.mouseClick(sheet.go, LEFT)
    gates = tab.detail.page.gates
    qtbot.waitUntil(lambda: "%" in gates._whys["snapshot"].full_text, timeout=20_000)
    runner.running()[0].cancel()  # it is left: the cloud goes on
    settled()
    assert "is being made since" in cloud.gate(change).missing
    cloud.stand_in.behave(data_disks=1)
    tab.detail.page.wanted.emit("snapshot", "snapshot")
    again = dialog(tab, SnapshotSheet)
    assert isinstance(again, SnapshotSheet)
    assert again.go.text() == "Take it up"
    qtbot.mouseClick(again.go, LEFT)
    settled()
    assert cloud.gate(change).met
    assert len(cloud.desk.patches.get(change.id).makings) == 1
    assert tab.detail.page.apply.isEnabled()


def test_the_last_way_back_is_told_typed_and_checked(
    qtbot: QtBot, cloud: Cloud, tab: PatchesTab, settled: Settled
) -> None:
    cloud.written = (Written("/srv/www", 31, 4_200_000),)
    change = ready(cloud)
    cloud.make(change)
    cloud.desk.now = datetime.now(UTC) + timedelta(seconds=2)
    cloud.desk.server.state = "failed"
    cloud.desk.apply(change)
    tab.renew()
    tab.show_item(change.id)
    # The button of the page is the prepared way; the disks are in the menu, far below.
    qtbot.mouseClick(tab.detail.page.roll_back, LEFT)
    dialog(tab, StartSheet).reject()
    tab.detail.page._acts["roll_back_disks"].trigger()
    settled()
    sheet = dialog(tab, DisksSheet)
    assert isinstance(sheet, DisksSheet)
    said = "\n".join(one.text() for one in sheet.findChildren(QLabel))
    assert "not taken yet" in said
    assert "/srv/www: 31 files, 4.2 MB" in said
    assert "disk-sandbox1 (100 GB)" in said
    assert not sheet.go.isEnabled()
    sheet.reason.setPlainText("系统起不来")
    sheet.name.setText(change.number)
    assert not sheet.go.isEnabled()
    assert "server's name" in sheet.go.toolTip()
    sheet.name.setText("web1")
    qtbot.mouseClick(sheet.go, LEFT)
    settled()
    settled()  # the checks begin by themselves
    after = cloud.desk.patches.get(change.id)
    assert after.state == "awaiting_confirmation"
    assert after.runs[-1].way == "disks"


def test_a_reminder_is_copied_and_recorded(
    qtbot: QtBot, cloud: Cloud, tab: PatchesTab, settled: Settled
) -> None:
    change = queued(cloud)
    begin = cloud.desk.now + timedelta(hours=2)
    cloud.desk.patches.set_window(change.id, begin, begin + timedelta(hours=1))
    tab.renew()
    tab.show_item(change.id)
    tab.detail.page._acts["remind"].trigger()
    sheet = dialog(tab, RemindSheet)
    assert isinstance(sheet, RemindSheet)
    assert sheet.go.text() == "Copy and record"
    assert "Party A has not told them yet" in sheet.text.toPlainText()
    words = sheet.text.toPlainText()
    qtbot.mouseClick(sheet.go, LEFT)
    settled()
    assert QApplication.clipboard().text() == words.strip()
    [step] = [one for one in cloud.desk.patches.steps(change.id) if one.key == "change.reminded"]
    assert step.actor == "张伟"
    assert step.text.startswith("words copied, to be sent by hand · 李慧敏")
    assert "Party A has not told them yet" in step.text
    facts = cloud.desk.patches.record_facts(change.id)
    assert facts.change.number == change.number
