"""The comparison in the window: two archives or the database now, row by row, and as a file."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

import ui.comparison_view
from databases import execute, opener
from gmops_desktop.addresses import MysqlAddress, Resource
from gmops_desktop.context import Context
from gmops_desktop.language import use
from gmops_desktop.services.backups import Backup, Backups
from gmops_desktop.services.comparisons import Comparisons
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.tasks import TaskRunner
from sandbox.mariadb import MariaDB
from ui.comparison_dialog import ComparisonDialog, comparing

pytestmark = pytest.mark.servers

EDITS = [
    "UPDATE member SET name='NULL' WHERE id=2",
    "DELETE FROM member WHERE id=3",
    "INSERT INTO member VALUES (40, '新', NULL)",
    "ALTER TABLE log ADD COLUMN n int",
    "CREATE VIEW names AS SELECT name FROM member",
]


@pytest.fixture
def site(mariadb: MariaDB, schema: MysqlAddress, contracts: Contracts) -> Resource:
    execute(
        mariadb,
        schema.schema,
        [
            "CREATE TABLE member (id INT PRIMARY KEY, name VARCHAR(40), note TEXT)",
            "INSERT INTO member VALUES (1, '李', ''), (2, '王', NULL), (3, '陈', 'x')",
            "CREATE TABLE log (id INT PRIMARY KEY)",
            "CREATE TABLE same (id INT PRIMARY KEY)",
        ],
    )
    for resource in contracts.resources():
        contracts.remove_resource(resource.id)
    return contracts.save_resource("mysql", "site", replace(schema, user="root"))


@pytest.fixture
def first(backups: Backups, site: Resource, context: Context) -> Backup:
    assert isinstance(site.address, MysqlAddress)
    return backups.take(site.address, context, resource_id=site.id)


Open = Callable[[Backup], ComparisonDialog]


@pytest.fixture
def opened(
    qtbot: QtBot, mariadb: MariaDB, backups: Backups, contracts: Contracts, runner: TaskRunner
) -> Open:
    """Open the dialog over a page, as the tab does."""
    page = QWidget()
    qtbot.addWidget(page)
    opener_of = comparing(Comparisons(opener(mariadb)), contracts, runner)

    def open_on(backup: Backup) -> ComparisonDialog:
        dialog = opener_of(page, backup, backups.all())
        qtbot.waitExposed(dialog)
        return dialog

    return open_on


def schema_of(site: Resource) -> str:
    assert isinstance(site.address, MysqlAddress)
    return site.address.schema


def test_with_the_database_now(
    qtbot: QtBot,
    mariadb: MariaDB,
    site: Resource,
    first: Backup,
    opened: Open,
    settled: Callable[[], None],
    tmp_path: Path,
) -> None:
    execute(mariadb, schema_of(site), EDITS)
    dialog = opened(first)
    assert dialog.after.currentText() == f"site · {schema_of(site)}, as it is now"
    assert not dialog.export.isEnabled()
    settled()
    assert dialog._result.full_text == "2 of 3 tables, 3 rows, 1 other definitions"
    columns = dialog.list.rows.columns
    listed = [[column.text(entry) for column in columns] for entry in dialog.list.rows.shown]
    assert listed == [
        ["log", "Table changed", "0", "0", "0"],
        ["member", "Rows differ", "1", "1", "1"],
        ["names", "View added", "—", "—", "—"],
    ]
    view = dialog.view
    assert view._pages.currentIndex() == 1
    assert "+  `n` int(11) DEFAULT NULL," in view.text.toPlainText()

    dialog.list.selectRow(1)
    settled()
    assert [(line.kind, line.key, line.summary) for line in view.rows.rows.shown] == [
        ("changed", "2", "name: 王 → 'NULL'"),
        ("removed", "3", "3, 陈, x"),
        ("added", "40", "40, 新, NULL"),
    ]
    cells = [[c.text(line) for c in view.cells.rows.columns] for line in view.cells.rows.shown]
    assert cells == [["id", "2", "2"], ["name", "王", "'NULL'"], ["note", "NULL", "NULL"]]
    assert [line.changed for line in view.cells.rows.shown] == [False, True, False]
    view.rows.selectRow(2)
    settled()
    cells = [[c.text(line) for c in view.cells.rows.columns] for line in view.cells.rows.shown]
    assert cells == [["id", "—", "40"], ["name", "—", "新"], ["note", "—", "NULL"]]
    view.filter.setText("陈")
    assert [line.key for line in view.rows.rows.shown] == ["3"]

    dialog.list.selectRow(2)
    settled()
    assert "names" in view.text.toPlainText()

    with qtbot.waitSignal(dialog._runner.ended):
        dialog.export_to(tmp_path / "out.csv")
    settled()
    assert dialog._exported.full_text == f"Written: {tmp_path / 'out.csv'}"
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        assert ["member", "Row changed", "2", "name", "王", "'NULL'"] in list(csv.reader(file))
    dialog.reject()


def test_two_archives_and_another_choice(
    qtbot: QtBot,
    mariadb: MariaDB,
    backups: Backups,
    site: Resource,
    first: Backup,
    opened: Open,
    context: Context,
    settled: Callable[[], None],
) -> None:
    execute(mariadb, schema_of(site), EDITS[:3])
    assert isinstance(site.address, MysqlAddress)
    second = backups.take(site.address, context, resource_id=site.id)
    dialog = opened(second)
    assert dialog._befores[dialog.before.currentIndex()].id == first.id
    assert dialog._afters[dialog.after.currentIndex()].id == second.id
    settled()
    assert dialog._result.full_text == "1 of 3 tables, 3 rows, 0 other definitions"
    before = dialog.compared
    dialog.after.setCurrentIndex(0)  # the database, which is as the second archive
    settled()
    assert dialog.compared is not before
    dialog.before.setCurrentIndex([one.id for one in dialog._befores].index(second.id))
    settled()
    assert dialog.working.state.full_text == "Nothing differs."
    assert dialog._pages.currentIndex() == 0
    dialog.reject()


def test_a_failure_says_why_and_can_be_tried_again(
    qtbot: QtBot, first: Backup, opened: Open, settled: Callable[[], None]
) -> None:
    content = first.path.read_bytes()
    first.path.write_bytes(content[:-20])
    dialog = opened(first)
    settled()
    assert "is not a whole archive" in dialog.working.state.full_text
    assert dialog.working.hint.text()
    first.path.write_bytes(content)
    qtbot.mouseClick(dialog.again, Qt.MouseButton.LeftButton)
    settled()
    assert dialog.working.state.full_text == "Nothing differs."
    dialog.reject()


def test_it_can_be_stopped_and_closed_at_any_time(
    qtbot: QtBot, mariadb: MariaDB, site: Resource, first: Backup, opened: Open, runner: TaskRunner,
    settled: Callable[[], None],
) -> None:  # fmt: skip
    execute(mariadb, schema_of(site), EDITS)
    dialog = opened(first)
    qtbot.mouseClick(dialog.stop, Qt.MouseButton.LeftButton)
    settled()
    assert dialog.working.state.full_text == "Stopped."
    dialog.compare()
    dialog.reject()
    settled()
    dialog = opened(first)
    settled()
    dialog.list.selectRow(1)
    dialog.reject()  # while its rows are read
    settled()


def test_many_rows_are_cut_short_and_say_so(
    mariadb: MariaDB,
    site: Resource,
    first: Backup,
    opened: Open,
    settled: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ui.comparison_view, "SHOWN", 100)
    execute(mariadb, schema_of(site), ["INSERT INTO log SELECT seq FROM seq_1_to_1234"])
    dialog = opened(first)
    settled()
    assert len(dialog.view.rows.rows.shown) == 100
    assert dialog.view.note.full_text == ("The first 100 of 1,234 rows; the CSV file has them all")
    dialog.reject()


def test_it_speaks_chinese(first: Backup, opened: Open, settled: Callable[[], None]) -> None:
    use("zh_CN")
    dialog = opened(first)
    settled()
    assert dialog.windowTitle() == "比较：有哪些差异"
    assert dialog.working.state.full_text == "没有差异。"
    dialog.reject()
