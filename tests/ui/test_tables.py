"""The one table: order, filter, selection, copy, export."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import pytest
from openpyxl import load_workbook
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QPaintEvent, QRegion
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from gmops_desktop.errors import OpsError
from gmops_desktop.tasks import TaskRunner
from ui.widgets.table_model import CELL_ROLE, Column
from ui.widgets.tables import FilterField, Table


@dataclass(frozen=True)
class Line:
    number: str
    title: str
    bytes: int | None


COLUMNS = [
    Column[Line]("No.", lambda line: line.number, 80),
    Column[Line]("Subject", lambda line: line.title),
    Column[Line](
        "Size", lambda line: f"{line.bytes or 0:,}", 90, key=lambda line: line.bytes, right=True
    ),
]
LINES = [
    Line("T-1", "官网首页 502", 900),
    Line("T-2", "Mail lost", 20),
    Line("T-3", "Import", None),
]


@pytest.fixture
def table(qtbot: QtBot, runner: TaskRunner) -> Table[Line]:
    table: Table[Line] = Table(
        COLUMNS, name="Tickets", runner=runner, identity=lambda line: line.number
    )
    qtbot.addWidget(table)
    table.set_rows(LINES)
    return table


def test_numbers_sort_as_numbers_and_the_unknown_comes_last(table: Table[Line]) -> None:
    table.rows.sort(2)
    assert [line.number for line in table.rows.shown] == ["T-2", "T-1", "T-3"]


def test_two_chinese_characters_find_a_row(table: Table[Line]) -> None:
    field = FilterField(table, "Filter")
    field.setText("首页")
    assert [line.number for line in table.rows.shown] == ["T-1"]
    field.setText("mail T-2")
    assert [line.number for line in table.rows.shown] == ["T-2"]
    field.clear()
    assert len(table.rows.shown) == 3


def test_the_selection_survives_new_rows_and_sorting(table: Table[Line]) -> None:
    assert table.select("T-2")
    table.set_rows([Line("T-9", "new", 1), Line("T-2", "Mail lost, found", 20)])
    assert table.current == Line("T-2", "Mail lost, found", 20)
    table.rows.sort(0, Qt.SortOrder.DescendingOrder)
    assert table.current == Line("T-2", "Mail lost, found", 20)
    table.set_rows([])
    assert table.current is None


def test_column_widths_can_be_kept_and_a_stranger_s_are_ignored(table: Table[Line]) -> None:
    table.horizontalHeader().resizeSection(0, 123)
    kept = table.widths()
    assert kept == [123, 0, 90]
    table.horizontalHeader().resizeSection(0, 60)
    table.set_widths([1, 2])
    table.set_widths([0, 50, 50])
    assert table.widths() == [60, 0, 90]
    table.set_widths(kept)
    assert table.widths() == [123, 0, 90]


def test_copy_is_tab_separated_with_a_header(table: Table[Line]) -> None:
    table.select("T-1")
    table.copy()
    assert QApplication.clipboard().text() == "No.\tSubject\tSize\nT-1\t官网首页 502\t900"


def test_export_to_excel_keeps_numbers_and_never_makes_formulas(
    qtbot: QtBot, table: Table[Line], runner: TaskRunner, tmp_path: Path
) -> None:
    table.set_rows([*LINES, Line("=1+1", "x", 3)])
    with qtbot.waitSignal(runner.ended):
        table.export(tmp_path / "out.xlsx")
    sheet = load_workbook(tmp_path / "out.xlsx").active
    assert sheet is not None
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0] == ("No.", "Subject", "Size")
    assert rows[1] == ("T-1", "官网首页 502", 900)
    assert sheet["A5"].value == "=1+1"
    assert sheet["A5"].data_type == "s"


def test_export_to_csv_opens_as_utf8_and_holds_no_formula(
    qtbot: QtBot, table: Table[Line], runner: TaskRunner, tmp_path: Path
) -> None:
    table.set_rows([Line("=1+1", "首页", 3)])
    with qtbot.waitSignal(runner.ended):
        table.export(tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file)) == [["No.", "Subject", "Size"], ["'=1+1", "首页", "3"]]


def test_an_unwritable_place_is_a_finished_sentence(
    qtbot: QtBot, table: Table[Line], runner: TaskRunner, tmp_path: Path
) -> None:
    with qtbot.waitSignal(runner.failed) as heard:
        table.export(tmp_path / "missing" / "out.csv")
    error = heard.args[1]
    assert isinstance(error, OpsError)
    assert "could not be written" in error.message
    assert error.hint


def test_one_row_is_found_in_a_hundred_thousand(table: Table[Line]) -> None:
    table.set_rows(Line(f"T-{n}", f"subject {n}", n) for n in range(100_000))
    table.filter("99999")
    assert len(table.rows.shown) == 1


class Painted(QObject):
    """What of a widget is painted from now on."""

    def __init__(self, watched: QWidget) -> None:
        super().__init__(watched)
        self.part = QRegion()
        watched.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QPaintEvent):
            self.part += event.region()
        return super().eventFilter(watched, event)


def test_of_rows_that_come_again_only_what_looks_different_is_painted(
    qtbot: QtBot, table: Table[Line]
) -> None:
    table.resize(600, 300)
    with qtbot.waitExposed(table):
        table.show()
    table.select("T-1")
    QApplication.processEvents()
    painted = Painted(table.viewport())
    table.set_rows(Line(one.number, one.title, one.bytes) for one in LINES)
    QApplication.processEvents()
    assert painted.part.isEmpty() or painted.part.boundingRect().height() <= table.rowHeight(0)
    changed = [*LINES[:2], Line("T-3", "Import, done", 7)]
    table.set_rows(changed)
    QApplication.processEvents()
    last, size = table.visualRect(table.rows.index(2, 0)), table.rows.index(2, 2)
    assert painted.part.contains(table.visualRect(size))
    assert not painted.part.contains(last), "its number is what it was"
    assert table.rows.shown == changed
    assert table.rows.index(2, 1).data() == "Import, done"
    table.set_rows(reversed(changed))
    assert table.current == LINES[0], "the selection follows its row"
    assert table.rows.index(0, 1).data() == "Import, done"


def test_what_a_column_reads_elsewhere_is_painted_as_it_stands_then(qtbot: QtBot) -> None:
    marks = {"T-1": "3 s ago"}
    column = Column[Line]("Seen", lambda line: marks.get(line.number, ""))
    table: Table[Line] = Table([column], name="Tickets")
    qtbot.addWidget(table)
    table.set_rows(LINES[:1])
    marks["T-1"] = "9 s ago"
    with qtbot.waitExposed(table):
        table.show()
    seen = table.rows.index(0, 0)
    assert seen.data(CELL_ROLE).text == "9 s ago"
    marks["T-1"] = "3 s ago"
    painted = Painted(table.viewport())
    table.set_rows(LINES[:1])
    QApplication.processEvents()
    assert painted.part.contains(table.visualRect(seen)), "it was painted with other words"
