"""An import in the window: a dropped file, what it is, the load, the preview, the removal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from databases import execute, opener, query
from db.engine import Database
from gmops_desktop.addresses import MysqlAddress, Resource
from gmops_desktop.services.backups import Backup, Backups
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.imports import Imports
from gmops_desktop.tasks import TaskRunner
from sandbox.mariadb import MariaDB
from ui.import_dialog import ImportDialog
from ui.importing import Importing

pytestmark = pytest.mark.servers

DUMP = "-- phpMyAdmin SQL Dump\nUSE `site`;\nCREATE TABLE t (id int PRIMARY KEY);\n"
ROWS = "INSERT INTO t VALUES (1);\nINSERT INTO t VALUES (2);\n"


@pytest.fixture
def site(schema: MysqlAddress, contracts: Contracts) -> Resource:
    return contracts.save_resource("mysql", "site", replace(schema, user="root"))


@pytest.fixture
def importing(
    qtbot: QtBot,
    mariadb: MariaDB,
    database: Database,
    site: Resource,
    runner: TaskRunner,
    tmp_path: Path,
) -> Iterator[Importing]:
    (tmp_path / "archives").mkdir()
    backups = Backups(database, opener(mariadb), lambda: tmp_path / "archives")

    def take(address: MysqlAddress, context: object) -> Backup:
        return backups.take(address, context, purpose="import")  # type: ignore[arg-type] # a context

    page = QWidget()
    qtbot.addWidget(page)
    imports = Imports(opener(mariadb), take, tmp_path / "imports.json")
    way = Importing(imports, runner, page)
    button = way.button(lambda: site)
    qtbot.addWidget(button)
    page.show()
    yield way
    for left in imports.all():
        execute(mariadb, "", [f"DROP DATABASE IF EXISTS `{left.schema}`"])


@pytest.fixture
def dialog(importing: Importing) -> ImportDialog:
    opened = importing.open()
    assert opened is not None
    return opened


def drop(widget: QWidget, path: Path) -> bool:
    """Drag a file over a widget and let go of it."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    copy, left, none = (
        Qt.DropAction.CopyAction,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    enter = QDragEnterEvent(QPointF(5, 5).toPoint(), copy, data, left, none)
    QApplication.sendEvent(widget, enter)
    event = QDropEvent(QPointF(5, 5), copy, data, left, none)
    QApplication.sendEvent(widget, event)
    return enter.isAccepted() and event.isAccepted()


def test_a_dropped_file_is_loaded_and_handed_to_the_preview(
    importing: Importing, mariadb: MariaDB, settled: Callable[[], None], tmp_path: Path
):
    path = tmp_path / "网站.sql"
    path.write_text(DUMP + ROWS, "utf-8")
    page = importing.parent()
    assert isinstance(page, QWidget)
    assert drop(page, path)
    dialog = importing.dialog
    assert dialog is not None
    assert not dialog.run.isEnabled()
    settled()
    assert "a dump of phpMyAdmin" in dialog.what.text()
    assert "Read as utf8mb4" in dialog.what.text()
    schema = dialog.schema.text()
    dialog.run.click()
    assert dialog.stop.isVisibleTo(dialog)
    settled()
    assert dialog.outcome.text().startswith(f"{schema} is loaded: 1 table, 2 rows, in ")
    assert "USE `site`" in dialog.details.toPlainText()
    assert query(mariadb, schema, "SELECT COUNT(*) FROM t") == ((2,),)
    wanted: list[Backup] = []
    importing.preview_wanted.connect(wanted.append)
    dialog.preview.click()
    assert [(one.schema, one.purpose) for one in wanted] == [(schema, "import")]
    assert importing.dialog is None


def test_an_error_then_once_more_then_removed(
    importing: Importing,
    dialog: ImportDialog,
    mariadb: MariaDB,
    settled: Callable[[], None],
    tmp_path: Path,
):
    path = tmp_path / "dump.sql"
    path.write_text(DUMP + ROWS + "INSERT INTO t VALUES (2);\n", "utf-8")
    dialog.show_file(path)
    settled()
    schema = dialog.schema.text()
    dialog.run.click()
    settled()
    assert "dump.sql, line 6, at “INSERT INTO t VALUES (2)”: " in dialog.outcome.text()
    assert dialog.run.text() == "Import again"
    dialog.past_errors.setChecked(True)
    dialog.run.click()
    settled()
    assert "line 6: INSERT INTO t VALUES (2)" in dialog.details.toPlainText()
    dialog.remove.click()
    settled()
    assert dialog.outcome.text() == f"{schema} is removed."
    assert query(mariadb, "", f"SHOW DATABASES LIKE '{schema}'") == ()
    assert not dialog.remove.isVisibleTo(dialog)


def test_no_dump(dialog: ImportDialog, settled: Callable[[], None], tmp_path: Path):
    path = tmp_path / "photo.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(99))
    dialog.show_file(path)
    settled()
    assert "is not SQL text" in dialog.what.text()
    assert dialog.run.toolTip() == "First choose a file that is a dump."
    asked: list[Path] = []
    dialog.look_wanted.connect(lambda path, *_: asked.append(path))
    dialog.close()
    assert asked == [], "closing takes the focus from a field, which is no reason to look again"
