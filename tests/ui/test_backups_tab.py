"""Backups in the window, on a real database: taken, proved, damaged, restored, undone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from databases import execute, query
from gmops_desktop.adapters.tencent import Tencent
from gmops_desktop.addresses import CloudDatabase, MysqlAddress, Resource
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.services.backups import Backups
from gmops_desktop.services.cloud_backups import CloudBackups
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.restores import Definers, Restores, Unfinished
from gmops_desktop.tasks import TaskRunner
from sandbox.mariadb import MariaDB
from ui.backup_kinds import KindCard
from ui.backup_rows import trend_of
from ui.backups_tab import BackupsTab
from ui.restore_order import definers_of
from ui.restore_preview import RestorePreview
from ui.restore_rows import RestoreRows
from ui.widgets.frames import Label

pytestmark = pytest.mark.servers


@pytest.fixture
def clouds(tmp_path: Path, archives: Path) -> CloudBackups:
    """No database of these tests is in the cloud: nobody asks for its key."""

    def connect(cloud: CloudDatabase) -> Tencent:
        raise AssertionError(cloud)

    return CloudBackups(connect, tmp_path / "cloud", lambda: archives)


@pytest.fixture
def site(mariadb: MariaDB, schema: MysqlAddress, contracts: Contracts) -> Resource:
    """A database with two members and a log, the only one of the contract."""
    execute(
        mariadb,
        schema.schema,
        [
            "CREATE TABLE member (id INT PRIMARY KEY, name VARCHAR(40)) ENGINE=InnoDB",
            "INSERT INTO member VALUES (1, '李'), (2, '王')",
            "CREATE TABLE log (id INT PRIMARY KEY, text TEXT) ENGINE=InnoDB",
            "INSERT INTO log VALUES (1, 'opened')",
        ],
    )
    for resource in contracts.resources():
        contracts.remove_resource(resource.id)
    root = MysqlAddress(schema.host, schema.port, "root", schema.schema)
    return contracts.save_resource("mysql", "site", root)


@pytest.fixture
def tab(
    qtbot: QtBot,
    backups: Backups,
    restores: Restores,
    contracts: Contracts,
    clouds: CloudBackups,
    runner: TaskRunner,
    site: Resource,
) -> BackupsTab:
    tab = BackupsTab(backups, restores, contracts, clouds, runner)
    runner.changed.connect(tab.hear)
    qtbot.addWidget(tab)
    tab.resize(1278, 716)
    with qtbot.waitExposed(tab):
        tab.show()
    return tab


@pytest.fixture
def notices(tab: BackupsTab) -> list[tuple[str, str, str]]:
    heard: list[tuple[str, str, str]] = []
    tab.noticed.connect(lambda *said: heard.append(said))
    return heard


@pytest.fixture
def taken(
    tab: BackupsTab, notices: list[tuple[str, str, str]], settled: Callable[[], None]
) -> BackupsTab:
    tab.take()
    settled()
    return tab


def test_what_one_does_with_an_archive_is_in_sight_on_a_low_window(
    qtbot: QtBot, taken: BackupsTab
) -> None:
    taken.resize(1278, 560)
    undo = taken.side.panel.undo
    qtbot.waitUntil(lambda: undo.mapTo(taken, undo.rect().bottomLeft()).y() < taken.height())


def names(mariadb: MariaDB, site: Resource) -> list[str]:
    assert isinstance(site.address, MysqlAddress)
    rows = query(mariadb, site.address.schema, "SELECT name FROM member ORDER BY id")
    return [name for (name,) in rows]


def preview_of(tab: BackupsTab, settled: Callable[[], None]) -> RestorePreview:
    settled()
    return tab.findChildren(RestorePreview)[-1]


def test_an_empty_tab_offers_the_first_backup_and_takes_it(
    qtbot: QtBot,
    tab: BackupsTab,
    backups: Backups,
    notices: list[tuple[str, str, str]],
    settled: Callable[[], None],
) -> None:
    assert tab._pages.currentIndex() == 1
    qtbot.mouseClick(tab._first, Qt.MouseButton.LeftButton)
    assert tab.take_button.toolTip() == "A backup of site is running."
    assert tab.archives.stack.currentWidget() is tab.archives.run
    settled()
    assert tab._pages.currentIndex() == 0
    backup = backups.all()[0]
    assert (backup.verified, backup.rows, backup.tables) == (True, 3, 2)
    assert notices[-1][:2] == ("ok", "site was backed up and verified.")
    assert tab.take_button.isEnabled()
    assert tab.lights.rpo.badge.state == "ok"
    assert tab.lights.rto.badge.state == "unknown"


def test_without_a_database_the_settings_are_offered(
    qtbot: QtBot, tab: BackupsTab, contracts: Contracts, site: Resource
) -> None:
    contracts.remove_resource(site.id)
    tab.renew()
    assert tab._pages.currentIndex() == 2
    assert not tab.take_button.isEnabled()
    with qtbot.waitSignal(tab.wanted) as wanted:
        qtbot.mouseClick(tab._connect, Qt.MouseButton.LeftButton)
    assert wanted.args[0] == "settings"


class Kept(KindCard):
    """A further kind of backup, of which there is something."""

    def __init__(self) -> None:
        super().__init__()
        self.fact = Label("", "caption")
        self.lay_out("Account settings", (self.fact,), ())

    def refresh(self) -> None:
        self.show()

    def planned(self) -> None:
        return None


def test_other_kinds_are_seen_without_a_database_too(
    qtbot: QtBot,
    backups: Backups,
    restores: Restores,
    contracts: Contracts,
    clouds: CloudBackups,
    runner: TaskRunner,
    site: Resource,
    settled: Callable[[], None],
) -> None:
    card = Kept()
    tab = BackupsTab(backups, restores, contracts, clouds, runner, kinds=[card])
    qtbot.addWidget(tab)
    tab.resize(1278, 716)
    with qtbot.waitExposed(tab):
        tab.show()
    assert (tab._pages.currentIndex(), card.isVisible()) == (1, True)
    contracts.remove_resource(site.id)
    tab.renew()
    assert (tab._pages.currentIndex(), card.isVisible()) == (2, True)
    place = card.mapTo(tab, card.rect().bottomLeft()).y()
    assert place < tab._connect.mapTo(tab, tab._connect.rect().topLeft()).y()
    contracts.save_resource("mysql", "site", site.address)
    tab.renew()
    tab.take()
    settled()
    tab.renew()
    assert (tab._pages.currentIndex(), card.isVisible()) == (0, True)
    assert (
        card.mapTo(tab, card.rect().bottomLeft()).y()
        < tab.archives.mapTo(tab, tab.archives.rect().topLeft()).y()
    )


def test_the_caption_tells_of_the_chosen_database_s_backups_alone(
    taken: BackupsTab, backups: Backups, site: Resource, contracts: Contracts
) -> None:
    """A safety copy, or a backup of another database, is no backup of this one."""
    assert isinstance(site.address, MysqlAddress)
    assert taken.head.caption.full_text.startswith("Last backup ")
    other = contracts.save_resource("mysql", "zz other", site.address)
    taken.renew()
    taken.source.setCurrentIndex(taken.source.findData(other.id))
    assert taken.head.caption.full_text.startswith("No backup yet")
    backups.take(site.address, Context(), resource_id=other.id, purpose="safety")
    taken.renew()
    assert taken.source.currentData() == other.id
    assert taken.head.caption.full_text.startswith("No backup yet")


def test_the_panel_names_the_largest_tables(taken: BackupsTab, backups: Backups) -> None:
    tables = taken.side._summaries[backups.all()[0].id].tables
    assert {table.name for table in tables} == {"member", "log"}
    assert taken.side.panel.verify.isEnabled()
    assert taken.side.panel._values["schema"].full_text.endswith("2 tables")


def test_a_damaged_file_is_named(
    qtbot: QtBot,
    taken: BackupsTab,
    backups: Backups,
    notices: list[tuple[str, str, str]],
    settled: Callable[[], None],
) -> None:
    path = backups.all()[0].path
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    qtbot.mouseClick(taken.side.panel.verify, Qt.MouseButton.LeftButton)
    settled()
    state, sentence, faults = notices[-1]
    assert state == "critical"
    assert sentence.endswith("is damaged; do not rely on it.")
    assert faults
    assert taken.lights.rpo.badge.state == "unknown"


def test_a_missing_file_is_shown_and_can_be_taken_off_the_list(
    qtbot: QtBot, taken: BackupsTab, backups: Backups, settled: Callable[[], None]
) -> None:
    backups.all()[0].path.unlink()
    taken.renew()
    shown = taken.table.rows.shown[0]
    column = taken.table.rows.columns[3]
    assert column.text(shown) == "Missing"
    assert shown.proof == ("critical", "File missing")
    assert not taken.side.panel.verify.isEnabled()
    assert taken.side.panel.verify.toolTip() == "The file is gone."
    qtbot.mouseClick(taken.side.panel.forget, Qt.MouseButton.LeftButton)
    settled()
    assert backups.all() == ()
    assert taken._pages.currentIndex() == 1


def test_a_copy_is_saved(
    qtbot: QtBot, taken: BackupsTab, backups: Backups, tmp_path: Path, settled: Callable[[], None]
) -> None:
    backup = backups.all()[0]
    with qtbot.waitSignal(taken.noticed) as noticed:
        taken._files.save_as(backup, tmp_path / "copy.sql.zst")
    assert noticed.args[0] == "ok"
    assert (tmp_path / "copy.sql.zst").read_bytes() == backup.path.read_bytes()
    settled()


def test_a_database_that_does_not_answer_reaches_the_user_and_leaves_nothing(
    qtbot: QtBot,
    tab: BackupsTab,
    backups: Backups,
    contracts: Contracts,
    site: Resource,
    archives: Path,
    runner: TaskRunner,
) -> None:
    assert isinstance(site.address, MysqlAddress)
    gone = MysqlAddress(site.address.host, 1, "root", site.address.schema)
    contracts.save_resource("mysql", "site", gone, site.id)
    tab.renew()
    with qtbot.waitSignal(runner.failed, timeout=15_000) as failed:
        tab.take()
    assert isinstance(failed.args[1], OpsError)
    assert failed.args[1].hint
    qtbot.waitUntil(tab.take_button.isEnabled)
    assert list(archives.iterdir()) == []


def test_damage_is_previewed_restored_proved_and_undone(
    qtbot: QtBot,
    taken: BackupsTab,
    mariadb: MariaDB,
    site: Resource,
    notices: list[tuple[str, str, str]],
    settled: Callable[[], None],
) -> None:
    assert isinstance(site.address, MysqlAddress)
    execute(
        mariadb,
        site.address.schema,
        ["UPDATE member SET name = 'X' WHERE id = 2", "DELETE FROM member WHERE id = 1"],
    )
    assert not taken.side.panel.undo.isEnabled()

    qtbot.mouseClick(taken.side.panel.preview, Qt.MouseButton.LeftButton)
    dialog = preview_of(taken, settled)
    assert [change.table for change in dialog.table.rows.shown] == ["member"]
    assert "1 of 2 tables" in dialog.head.affected.full_text
    assert not dialog.restore.isEnabled()
    assert dialog.restore.toolTip() == "Type the schema's name first."
    dialog.name.setText(site.address.schema)
    assert names(mariadb, site) == ["X"]  # nothing is written before the button
    qtbot.mouseClick(dialog.restore, Qt.MouseButton.LeftButton)
    settled()
    assert names(mariadb, site) == ["李", "王"]
    assert notices[-1][:2] == ("ok", "site was restored and proved.")
    assert taken.lights.rto.badge.state == "ok"

    assert taken.side.panel.undo.isEnabled()
    qtbot.mouseClick(taken.side.panel.undo, Qt.MouseButton.LeftButton)
    dialog = preview_of(taken, settled)
    dialog.name.setText(site.address.schema)
    qtbot.mouseClick(dialog.restore, Qt.MouseButton.LeftButton)
    settled()
    assert names(mariadb, site) == ["X"]

    assert taken._restoring.undo_state([])[0].endswith("no longer in the contract.")


def test_single_rows_are_looked_at_and_put_back(
    qtbot: QtBot,
    taken: BackupsTab,
    mariadb: MariaDB,
    site: Resource,
    notices: list[tuple[str, str, str]],
    settled: Callable[[], None],
) -> None:
    assert isinstance(site.address, MysqlAddress)
    schema = site.address.schema
    execute(
        mariadb,
        schema,
        ["UPDATE member SET name = 'X' WHERE id = 2", "DELETE FROM member WHERE id = 1"],
    )
    qtbot.mouseClick(taken.side.panel.preview, Qt.MouseButton.LeftButton)
    dialog = preview_of(taken, settled)
    assert not dialog.look.isEnabled()
    dialog.table.select("member")
    qtbot.mouseClick(dialog.look, Qt.MouseButton.LeftButton)
    settled()
    rows = dialog.findChild(RestoreRows)
    assert rows is not None
    assert rows.found is not None
    assert [change.key for change in rows.list.rows.shown] == ["1", "2"]
    assert "name=王" in rows._archived(rows.found.rows[1])
    assert "name=X" in rows._present(rows.found.rows[1])
    assert rows._present(rows.found.rows[0]) == "(no such row)"
    assert not rows.take.isEnabled()
    rows.list.opened.emit(rows.found.rows[0])
    assert rows.take.text() == "Put 1 row back…"
    qtbot.mouseClick(rows.take, Qt.MouseButton.LeftButton)
    assert dialog.choice.rows == {"member": frozenset({"1"})}
    assert dialog.restore.text() == "Restore 1 row"
    dialog.name.setText(schema)
    qtbot.mouseClick(dialog.restore, Qt.MouseButton.LeftButton)
    settled()
    assert notices[-1][:2] == ("ok", "site was restored and proved.")
    assert names(mariadb, site) == ["李", "X"]


def test_a_table_alone_that_would_tear_foreign_keys_is_named_and_must_be_accepted(
    qtbot: QtBot,
    tab: BackupsTab,
    mariadb: MariaDB,
    site: Resource,
    settled: Callable[[], None],
) -> None:
    assert isinstance(site.address, MysqlAddress)
    schema = site.address.schema
    tie = "FOREIGN KEY (payer) REFERENCES member (id)"
    fee = f"CREATE TABLE fee (id int PRIMARY KEY, payer int, {tie})"
    execute(mariadb, schema, [fee, "INSERT INTO fee VALUES (1, 1)"])
    tab.take()
    settled()
    execute(mariadb, schema, ["INSERT INTO member VALUES (3, '赵')", "UPDATE fee SET payer = 3"])
    qtbot.mouseClick(tab.side.panel.preview, Qt.MouseButton.LeftButton)
    dialog = preview_of(tab, settled)
    dialog.name.setText(schema)
    assert dialog.restore.isEnabled()  # everything goes together
    dialog.table.select("member")
    qtbot.mouseClick(dialog.only, Qt.MouseButton.LeftButton)
    settled()
    assert "1 row of fee names id=3 of member" in dialog.torn.what.text()
    assert "accept that foreign keys" in dialog.restore.toolTip()
    qtbot.mouseClick(dialog.all, Qt.MouseButton.LeftButton)
    assert dialog.restore.isEnabled()
    qtbot.mouseClick(dialog.only, Qt.MouseButton.LeftButton)
    settled()
    dialog.torn.accept.click()
    qtbot.mouseClick(dialog.restore, Qt.MouseButton.LeftButton)
    settled()
    assert names(mariadb, site) == ["李", "王"]
    assert query(mariadb, schema, "SELECT payer FROM fee") == ((3,),)


def test_a_schema_that_was_dropped_is_made_again(
    qtbot: QtBot,
    taken: BackupsTab,
    mariadb: MariaDB,
    site: Resource,
    settled: Callable[[], None],
) -> None:
    assert isinstance(site.address, MysqlAddress)
    execute(mariadb, "", [f"DROP DATABASE {site.address.schema}"])
    qtbot.mouseClick(taken.side.panel.preview, Qt.MouseButton.LeftButton)
    dialog = preview_of(taken, settled)
    assert dialog.head.compared.full_text == "Not there yet; it is made"
    assert "2 of 2 tables" in dialog.head.affected.full_text
    dialog.name.setText(site.address.schema)
    qtbot.mouseClick(dialog.restore, Qt.MouseButton.LeftButton)
    settled()
    assert names(mariadb, site) == ["李", "王"]


def test_into_another_schema_with_other_owners_and_undone(
    qtbot: QtBot,
    taken: BackupsTab,
    backups: Backups,
    mariadb: MariaDB,
    site: Resource,
    notices: list[tuple[str, str, str]],
    settled: Callable[[], None],
) -> None:
    assert isinstance(site.address, MysqlAddress)
    own, new = site.address.schema, f"{site.address.schema}_beside"
    execute(
        mariadb,
        own,
        [
            "CREATE DEFINER=gone@'%' VIEW names AS SELECT name FROM member",
            "CREATE EVENT tidy ON SCHEDULE EVERY 1 DAY STARTS '2035-01-01' DO DELETE FROM log",
        ],
    )
    backups.take(site.address, Context(), resource_id=site.id)
    taken.renew()
    taken.archives.move_to(backups.all()[0].id)
    try:
        qtbot.mouseClick(taken.side.panel.preview, Qt.MouseButton.LeftButton)
        dialog = preview_of(taken, settled)
        assert dialog.preview
        assert dialog.preview.identical
        dialog.fields.schema.setText(new)
        qtbot.keyClick(dialog.fields.schema, Qt.Key.Key_Return)
        settled()
        assert dialog.preview.makes_schema
        assert dialog.fields.beside
        dialog.name.setText(own)
        assert not dialog.restore.isEnabled()  # that is not where it goes
        dialog.name.setText(new)
        assert dialog.reaching.isVisible()
        assert "accept what could reach" in dialog.restore.toolTip()
        dialog.reaching.accept.click()
        assert dialog.restore.isEnabled()
        dialog.fields.policy.setCurrentIndex(2)
        assert dialog.restore.toolTip() == "Write the accounts as old=new, each as name@host."
        dialog.fields.accounts.setText("gone@%=ops_backup@%")
        qtbot.mouseClick(dialog.restore, Qt.MouseButton.LeftButton)
        settled()
        assert notices[-1][:2] == ("ok", f"site ({new}) was restored and proved.")
        definers = "SELECT DEFINER FROM information_schema.VIEWS WHERE TABLE_SCHEMA=DATABASE()"
        assert query(mariadb, new, definers) == (("ops_backup@%",),)
        assert query(mariadb, own, definers) == (("gone@%",),)

        qtbot.mouseClick(taken.side.panel.undo, Qt.MouseButton.LeftButton)
        dialog = preview_of(taken, settled)
        assert dialog.address.schema == new
        assert dialog.fields.isHidden()
        dialog.name.setText(new)
        qtbot.mouseClick(dialog.restore, Qt.MouseButton.LeftButton)
        settled()
        assert query(mariadb, "", f"SHOW DATABASES LIKE '{new}'") == ()
    finally:
        execute(mariadb, "", [f"DROP DATABASE IF EXISTS {new}"])


@pytest.mark.parametrize(
    ("policy", "text", "wanted"),
    [
        ("keep", "a@%=b@%", Definers()),
        ("strip", "", Definers("strip")),
        (
            "map",
            "a@%=b@% , c@h = d@10.0.0.1,",
            Definers("map", {"a@%": "b@%", "c@h": "d@10.0.0.1"}),
        ),
        ("map", "", None),
        ("map", "a@%=b", None),
        ("map", "a@%=b@%, c", None),
    ],
)
def test_accounts_are_read_as_they_are_written(
    policy: str, text: str, wanted: Definers | None
) -> None:
    assert definers_of(policy, text) == wanted


def test_the_same_data_needs_no_restore(
    qtbot: QtBot, taken: BackupsTab, site: Resource, settled: Callable[[], None]
) -> None:
    qtbot.mouseClick(taken.side.panel.preview, Qt.MouseButton.LeftButton)
    dialog = preview_of(taken, settled)
    assert "already holds exactly this archive" in dialog.working.state.full_text
    assert not dialog.name.isEnabled()
    assert dialog.restore.toolTip() == "There is nothing to restore."
    dialog.reject()


def test_a_comparison_that_fails_can_be_tried_again(
    qtbot: QtBot, taken: BackupsTab, backups: Backups, site: Resource, settled: Callable[[], None]
) -> None:
    path = backups.all()[0].path
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    qtbot.mouseClick(taken.side.panel.preview, Qt.MouseButton.LeftButton)
    dialog = preview_of(taken, settled)
    assert dialog.again.isVisible()
    assert dialog.working.state.full_text
    path.write_bytes(content)
    qtbot.mouseClick(dialog.again, Qt.MouseButton.LeftButton)
    settled()
    assert dialog.preview is not None
    dialog.reject()


def test_closing_the_preview_stops_the_comparison(
    qtbot: QtBot, taken: BackupsTab, runner: TaskRunner
) -> None:
    qtbot.mouseClick(taken.side.panel.preview, Qt.MouseButton.LeftButton)
    dialog = taken.findChildren(RestorePreview)[-1]
    dialog.reject()
    qtbot.waitUntil(lambda: not runner.running())


def test_a_cancelled_backup_leaves_no_file(
    qtbot: QtBot, tab: BackupsTab, archives: Path, backups: Backups, runner: TaskRunner
) -> None:
    tab.take()
    for task in runner.running():
        task.cancel()
    qtbot.waitUntil(lambda: not runner.running())
    assert list(archives.iterdir()) == []
    assert backups.all() == ()
    assert tab.take_button.isEnabled()


def test_the_trend_has_a_value_a_day_and_gaps_where_nothing_was_taken(
    taken: BackupsTab, backups: Backups, site: Resource
) -> None:
    assert isinstance(site.address, MysqlAddress)
    backups.take(site.address, Context())
    found = backups.all()
    trend = trend_of(found, found[0])
    assert len(trend) == 30
    assert trend[-1] == float(found[0].text_bytes)
    assert trend[:-1] == [None] * 29


def test_a_restore_that_breaks_off_is_told_at_once(
    taken: BackupsTab,
    site: Resource,
    settled: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    left: list[Unfinished] = []
    monkeypatch.setattr(taken._restores, "unfinished", lambda: tuple(left))

    def breaks(_context: Context) -> NoReturn:
        at = datetime(2018, 11, 22, 2, 33, tzinfo=UTC)
        left.append(Unfinished("1", at, "mysql://ops@db:3306/site", "site", "swapping"))
        raise OpsError("The connection broke.")

    assert not taken._interrupted.isVisibleTo(taken)
    taken._restoring._run(breaks, site, "site")
    settled()
    assert taken._interrupted.isVisibleTo(taken)


def test_an_interrupted_restore_stands_above_everything(qtbot: QtBot, tab: BackupsTab) -> None:
    notice = tab._interrupted
    assert not notice.isVisibleTo(tab)
    at = datetime(2018, 11, 22, 2, 33, tzinfo=UTC)
    notice.show_restore(Unfinished("1", at, "mysql://ops@db:3306/site", "site", "swapping"))
    assert "site was interrupted" in notice.sentence.full_text
    assert "can be finished or taken back" in notice.hint.full_text
    for made, goal in ((notice.go, "before"), (notice.finish, "after")):
        with qtbot.waitSignal(notice.wanted) as wanted:
            qtbot.mouseClick(made, Qt.MouseButton.LeftButton)
        assert wanted.args == [goal]
