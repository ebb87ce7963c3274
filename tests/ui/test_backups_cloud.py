"""TencentDB's backups in the window, against the stand-in that verifies signatures and fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from databases import opener
from db.engine import Database
from gmops_desktop.adapters.tencent import Tencent
from gmops_desktop.addresses import CloudDatabase, MysqlAddress, Resource
from gmops_desktop.context import Context
from gmops_desktop.errors import Cancelled
from gmops_desktop.services import cloud_backups
from gmops_desktop.services.backups import Backups
from gmops_desktop.services.cloud_backups import CloudBackups
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.restores import Restores
from gmops_desktop.tasks import TaskRunner
from sandbox.mariadb import MariaDB
from sandbox.tencent import Tencent as StandIn
from ui.backup_lines import fitting
from ui.backups_tab import BackupsTab

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    with StandIn(tmp_path_factory.mktemp("tencent")) as server:
        yield server


@pytest.fixture
def stand_in(process: StandIn, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    process.behave(backup_seconds=0.4, backup_bytes=100_000)
    (process.folder / "faults.json").unlink(missing_ok=True)
    monkeypatch.setattr(cloud_backups, "_PAUSES", (0.05,))
    return process


@pytest.fixture
def clouds(stand_in: StandIn, tmp_path: Path) -> CloudBackups:
    def connect(cloud: CloudDatabase) -> Tencent:
        return Tencent(
            cloud.secret_id, stand_in.secret_key, region=cloud.region, endpoint=cloud.endpoint
        )

    return CloudBackups(connect, tmp_path / "cloud", lambda: tmp_path / "archives")


@pytest.fixture
def site(contracts: Contracts, stand_in: StandIn) -> Resource:
    for resource in contracts.resources():
        contracts.remove_resource(resource.id)
    address = MysqlAddress("10.0.0.12", 3306, "ops", "site", cloud=stand_in.database)
    return contracts.save_resource("mysql", "site", address)


@pytest.fixture
def tab(
    qtbot: QtBot,
    database: Database,
    mariadb: MariaDB,
    contracts: Contracts,
    clouds: CloudBackups,
    runner: TaskRunner,
    site: Resource,
    tmp_path: Path,
    settled: Callable[[], None],
) -> BackupsTab:
    backups = Backups(database, opener(mariadb), lambda: tmp_path / "archives")
    restores = Restores(database, opener(mariadb), partial(backups.take, purpose="safety"))
    tab = BackupsTab(backups, restores, contracts, clouds, runner)
    runner.changed.connect(tab.hear)
    qtbot.addWidget(tab)
    tab.resize(1278, 716)
    with qtbot.waitExposed(tab):
        tab.show()
    settled()
    return tab


@pytest.fixture
def notices(tab: BackupsTab) -> list[tuple[str, str, str]]:
    heard: list[tuple[str, str, str]] = []
    tab.noticed.connect(lambda *said: heard.append(said))
    return heard


def cells(tab: BackupsTab, row: int = 0) -> list[str]:
    return [column.text(tab.table.rows.shown[row]) for column in tab.table.rows.columns]


def test_what_the_cloud_keeps_stands_in_the_list(tab: BackupsTab) -> None:
    assert tab._pages.currentIndex() == 0
    automatic = [line for line in tab.table.rows.shown if line.content == "Automatic"]
    assert len(automatic) == 7
    shown = automatic[0]
    assert (shown.source, shown.place, shown.sent) == ("cdb-sandbox1", "cloud", None)
    assert cells(tab)[3:] == [
        "Cloud", cells(tab)[4], "—", "—", "Unknown", "Not verified", "—",
    ]  # fmt: skip
    panel = tab.side.cloud_panel
    assert tab.side.currentWidget() is panel
    assert panel.values["instance"].full_text == "cdb-sandbox1, ap-guangzhou"
    assert panel.values["kind"].full_text == "physical, whole instance"
    assert panel.values["kept"].full_text.endswith("kept 7 days")
    assert "xtrabackup" in panel.opened.text()
    assert panel.download.isEnabled()
    assert not panel.verify.isEnabled()
    assert panel.verify.toolTip() == "Only a file that was downloaded can be verified."
    assert not tab.archives.fault.isVisibleTo(tab)
    assert fitting(tab.table.rows.shown, "backup") == []


def test_a_file_is_fetched_proved_and_damage_is_named(
    qtbot: QtBot,
    tab: BackupsTab,
    notices: list[tuple[str, str, str]],
    settled: Callable[[], None],
    tmp_path: Path,
) -> None:
    qtbot.mouseClick(tab.side.cloud_panel.download, Qt.MouseButton.LeftButton)
    settled()
    state, sentence, second = notices[-1]
    assert state == "ok"
    assert sentence.endswith("is here, and its MD5 is right.")
    assert "only on Linux" in second
    assert (tab.archives.current.place, tab.archives.current.proof[0]) == ("both", "ok")
    assert tab.side.cloud_panel.download.toolTip() == "The file is here already."
    (path,) = (tmp_path / "archives").iterdir()
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    qtbot.mouseClick(tab.side.cloud_panel.verify, Qt.MouseButton.LeftButton)
    settled()
    assert notices[-1][0] == "critical"
    assert tab.archives.current.proof == ("critical", "Damaged")


def test_the_cloud_makes_one_from_the_menu(
    tab: BackupsTab,
    notices: list[tuple[str, str, str]],
    settled: Callable[[], None],
    clouds: CloudBackups,
    site: Resource,
) -> None:
    assert tab.transfer.cloud.isEnabled()
    logical = tab.transfer.cloud.actions()[0]
    assert logical.text() == "Logical, this schema only"
    logical.trigger()
    settled()
    assert notices[-1][:2] == ("ok", "TencentDB has backed up site.")
    newest = tab.table.rows.shown[0]
    assert newest.content == "By hand"
    assert newest.cloud
    assert (newest.cloud.kind, newest.cloud.method) == ("logical", "partial")


def test_one_that_is_being_made_elsewhere_is_followed(
    qtbot: QtBot,
    tab: BackupsTab,
    clouds: CloudBackups,
    stand_in: StandIn,
    settled: Callable[[], None],
) -> None:
    """Begun in the console, or by this program before it was closed."""
    stand_in.behave(backup_seconds=60)
    waiting = Context()
    waiting._report = lambda progress: progress.percent is not None and waiting.cancel()
    with pytest.raises(Cancelled):
        clouds.make(stand_in.database, waiting)
    tab.reload()
    qtbot.waitUntil(lambda: tab.table.rows.shown[0].cloud.state == "running")
    assert tab.table.rows.shown[0].proof[1].endswith(" %")
    stand_in.behave(backup_seconds=0.1)
    settled()
    assert tab.table.rows.shown[0].cloud.state == "done"


def test_a_missing_right_stands_above_the_list_with_its_policy(
    qtbot: QtBot, tab: BackupsTab, stand_in: StandIn, settled: Callable[[], None], site: Resource
) -> None:
    stand_in.fail_next("DescribeBackups", "UnauthorizedOperation.CamNoAuth", "no")
    tab.reload()
    settled()
    fault = tab.archives.fault
    assert fault.isVisibleTo(tab)
    assert "UnauthorizedOperation" in fault.sentence.full_text
    assert len(tab.table.rows.shown) >= 7, "what was seen before still stands"
    qtbot.mouseClick(fault.copy, Qt.MouseButton.LeftButton)
    assert '"action": ["cdb:DescribeBackups"]' in QApplication.clipboard().text()
    with qtbot.waitSignal(tab.wanted) as wanted:
        qtbot.mouseClick(fault.settings, Qt.MouseButton.LeftButton)
    assert wanted.args == ["settings", site.id]
    tab.reload()
    settled()
    assert not fault.isVisibleTo(tab)


def test_downloads_only_inside_the_cloud_are_said_before_they_are_tried(
    tab: BackupsTab, stand_in: StandIn, settled: Callable[[], None]
) -> None:
    stand_in.behave(download="LimitOnlyIntranet")
    tab.reload()
    settled()
    panel = tab.side.cloud_panel
    assert not panel.download.isEnabled()
    assert panel.download.toolTip() == "Downloads are allowed only inside Tencent's own network."
    assert panel.limits.isVisibleTo(tab)


def test_a_database_outside_the_cloud_says_why_the_cloud_cannot(
    tab: BackupsTab, contracts: Contracts, site: Resource
) -> None:
    contracts.save_resource("mysql", "site", MysqlAddress("db", 3306, "ops", "site"), site.id)
    tab.renew()
    assert not tab.transfer.cloud.isEnabled()
    assert tab.table.rows.shown == []
    assert tab._pages.currentIndex() == 1
