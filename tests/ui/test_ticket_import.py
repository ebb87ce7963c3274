"""The import dialog: columns guessed and changed, a look first, refusals shown and saved."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from db.engine import Database
from db.journal import Journal
from gmops_desktop.services.ticket_imports import TicketImports
from gmops_desktop.services.tickets import Tickets
from gmops_desktop.tasks import TaskRunner
from ui.ticket_import import TicketImportDialog

Settled = Callable[[], None]


@pytest.fixture
def dialog(
    qtbot: QtBot, database: Database, journal: Journal, runner: TaskRunner
) -> TicketImportDialog:
    dialog = TicketImportDialog(None, TicketImports(database, journal), runner)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    with qtbot.waitExposed(dialog):
        dialog.show()
    return dialog


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "old.csv"
    with path.open("w", encoding="gbk", newline="") as file:
        csv.writer(file).writerows(
            [
                ("事项", "什么时候", "状态"),
                ("官网打不开", "2018-03-06", "已关闭"),
                ("备份失败", "2018-03-07", "？"),
                ("年审", "2018-03-08", "处理中"),
            ]
        )
    return path


def test_a_column_is_named_then_looked_at_then_taken_in(
    qtbot: QtBot, dialog: TicketImportDialog, old: Path, tickets: Tickets, settled: Settled
) -> None:
    assert dialog.take.toolTip() == "First choose a list."
    dialog.show_file(old)
    settled()
    assert "GB18030" in dialog.what.text()
    assert dialog.columns["title"].currentText() == "事项 (官网打不开)"
    assert "Opened at" in dialog.look.toolTip(), "no head says so: the person does"
    box = dialog.columns["opened_at"]
    box.setCurrentIndex(box.findData(1))
    assert dialog.look.isEnabled()
    assert dialog.take.toolTip() == "First look at what it would do."
    qtbot.mouseClick(dialog.look, Qt.MouseButton.LeftButton)
    settled()
    assert dialog.outcome.text() == "2 tickets would be taken in · 1 row is refused"
    assert tickets.all() == ()
    qtbot.mouseClick(dialog.take, Qt.MouseButton.LeftButton)
    settled()
    assert dialog.outcome.text() == "2 tickets were taken in: T-0001 to T-0002 · 1 row is refused"
    assert {one.title for one in tickets.all()} == {"官网打不开", "年审"}
    assert not dialog.take.isEnabled()


def test_refused_rows_are_shown_and_saved(
    dialog: TicketImportDialog, old: Path, tmp_path: Path, settled: Settled
) -> None:
    dialog.show_file(old)
    settled()
    dialog.columns["opened_at"].setCurrentIndex(dialog.columns["opened_at"].findData(1))
    dialog.look.click()
    settled()
    [refusal] = dialog.refusals.rows.shown
    assert (refusal.row, refusal.column, refusal.value) == (3, "状态", "？")
    dialog.save_refused(tmp_path / "refused.csv")
    settled()
    assert "状态" in (tmp_path / "refused.csv").read_text("utf-8-sig")


def test_what_is_no_list_is_said_in_the_dialog(
    dialog: TicketImportDialog, tmp_path: Path, settled: Settled
) -> None:
    (tmp_path / "x.xlsx").write_bytes(b"no zip")
    dialog.show_file(tmp_path / "x.xlsx")
    settled()
    assert "cannot be read as a list" in dialog.outcome.text()
    assert not dialog.take.isEnabled()


def test_another_sheet_of_the_file_is_chosen(
    dialog: TicketImportDialog, tmp_path: Path, settled: Settled
) -> None:
    book = Workbook()
    assert isinstance(book.active, Worksheet)
    book.active.title = "2016"
    book.active.append(["标题", "日期"])
    book.active.append(["官网打不开", "2016-03-06"])
    second = book.create_sheet("2017")
    second.append(["标题", "日期", "状态"])
    second.append(["备份失败", "2017-03-06", "已关闭"])
    second.append(["年审", "2017-03-08", "已关闭"])
    book.save(tmp_path / "old.xlsx")
    dialog.show_file(tmp_path / "old.xlsx")
    settled()
    assert dialog.sheet.isVisible()
    assert dialog.sheet.currentText() == "2016"
    assert dialog.outcome.text() == "1 ticket would be taken in"
    dialog.sheet.setCurrentText("2017")
    dialog.sheet.activated.emit(1)
    settled()
    assert dialog.outcome.text() == "2 tickets would be taken in"
    assert dialog.columns["state"].currentText() == "状态 (已关闭)"
