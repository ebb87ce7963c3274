"""What differs in one table or definition: its rows one by one, and its statement line by line.

Rows are fetched when a table is chosen, as short lines; the cells of a row only when it is chosen.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Final

from PySide6.QtCore import Slot
from PySide6.QtGui import QFont, QSyntaxHighlighter, QTextCharFormat
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QStackedWidget, QWidget

from gmops_desktop.context import Context
from gmops_desktop.language import tr
from gmops_desktop.services.comparisons import (
    Cell,
    Compared,
    ObjectComparison,
    RowChange,
    TableComparison,
    wording,
)
from gmops_desktop.tasks import Task, TaskRunner
from ui import words
from ui.theme import CARD_ROW_HEIGHT, HEADER_HEIGHT
from ui.widgets.frames import Label, Segments, column, row
from ui.widgets.table_model import Column
from ui.widgets.tables import FilterField, Table

SHOWN: Final = 100_000  # rows of one table; the CSV file has them all
_SUMMARY: Final = 160  # characters
_ICONS: Final = {"added": "plus", "removed": "minus", "changed": "pencil-simple"}

Entry = TableComparison | ObjectComparison


@dataclass(frozen=True, slots=True)
class RowLine:
    """A row that differs, as the list shows it; `number` is its place among the table's."""

    number: int
    kind: str
    key: str
    summary: str


@dataclass(frozen=True, slots=True)
class CellLine:
    """One column of the chosen row, side by side."""

    column: str
    before: Cell | None
    after: Cell | None
    changed: bool


class ComparisonView(QWidget):
    """Shows one entry of a comparison; `show_entry` begins to fetch its rows."""

    def __init__(self, runner: TaskRunner) -> None:
        super().__init__()
        self._runner = runner
        self._compared: Compared | None = None
        self._entry: Entry | None = None
        self._loading: Task | None = None
        self._picking: Task | None = None
        self.name = Label(role="strong")
        self.note = Label(role="caption")
        self.views = Segments(
            [("rows", tr("Rows")), ("definition", tr("Definition"))], "rows", tr("View")
        )
        self.rows: Table[RowLine] = Table(
            _row_columns(),
            name=tr("Rows that differ"),
            runner=runner,
            identity=lambda line: line.number,
        )
        self.filter = FilterField(self.rows, tr("Filter: key, value"), width=200)
        self.cells: Table[CellLine] = Table(
            _cell_columns(), name=tr("The chosen row"), identity=lambda line: line.column
        )
        self.cells.setFixedHeight(HEADER_HEIGHT + 6 * CARD_ROW_HEIGHT)
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setAccessibleName(tr("Definition"))
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._marks = _Marks(self.text.document())
        self._pages = QStackedWidget()

        of_rows = QWidget()
        column(of_rows, self.rows, self.cells, spacing=8).setStretch(0, 1)
        well = QFrame()
        well.setProperty("kind", "well")
        column(well, self.text, margins=(8, 8, 8, 8))
        for page in (of_rows, well, QWidget()):
            self._pages.addWidget(page)
        head = row(None, self.name, self.note, self.filter, self.views)
        head.setStretch(1, 1)
        column(self, head, self._pages, spacing=8).setStretch(1, 1)
        self.views.chosen.connect(self._show_view)
        self.rows.picked.connect(self._pick)
        self.show_entry(None, None)

    def show_entry(self, compared: Compared | None, entry: Entry | None) -> None:
        """Show what differs in `entry`, or nothing."""
        self.stop()
        self._compared, self._entry = compared, entry
        self.rows.set_rows(())
        self.cells.set_rows(())
        self.filter.clear()
        table = entry if isinstance(entry, TableComparison) else None
        listed = table.listed if table else 0
        definition = [
            line for line in (entry.definition if entry else ()) if not line.startswith("@@")
        ]
        self.views.setVisible(bool(listed and definition))
        self.text.setPlainText("\n".join(definition))
        self.name.show_text(_name_of(entry))
        self.note.show_text(_note_of(table))
        self._show_view("rows" if listed else "definition" if definition else "")
        if compared is None or table is None or not listed:
            return
        self.note.show_text(tr("Reading the rows that differ"))
        self._loading = task = self._runner.start(
            lambda context: _lines(compared, table, context),
            tr("Read the rows of {name}", name=table.table),
            quiet=True,
        )
        task.succeeded.connect(self._loaded)
        task.finished.connect(lambda: self._forget(task))

    def stop(self) -> None:
        """Fetch nothing more."""
        for task in (self._loading, self._picking):
            if task is not None:
                task.cancel()
        self._loading = self._picking = None

    @Slot(object)
    def _loaded(self, lines: list[RowLine]) -> None:
        if self.sender() is not self._loading:
            return
        self.rows.set_rows(lines)
        table = self._entry if isinstance(self._entry, TableComparison) else None
        self.note.show_text(_note_of(table))
        if lines:
            self.rows.selectRow(0)

    @Slot(object)
    def _pick(self, line: RowLine | None) -> None:
        compared, table = self._compared, self._entry
        if line is None or compared is None or not isinstance(table, TableComparison):
            self.cells.set_rows(())
            return
        number = line.number
        if self._picking is not None:
            self._picking.cancel()
        self._picking = task = self._runner.start(
            lambda _context: _cells(table, next(compared.rows(table.table, number, 1))),
            tr("Read a row of {name}", name=table.table),
            quiet=True,
        )
        task.succeeded.connect(self._picked)
        task.finished.connect(lambda: self._forget(task))

    @Slot(object)
    def _picked(self, cells: list[CellLine]) -> None:
        if self.sender() is self._picking:
            self.cells.set_rows(cells)

    def _forget(self, task: Task) -> None:
        if self._loading is task:
            self._loading = None
        if self._picking is task:
            self._picking = None

    @Slot(str)
    def _show_view(self, key: str) -> None:
        if key:
            self.views.choose(key)
        self.filter.setVisible(key == "rows")
        self._pages.setCurrentIndex({"rows": 0, "definition": 1}.get(key, 2))


class _Marks(QSyntaxHighlighter):
    """Sets the lines that differ in a heavier weight; their signs stand before them."""

    def highlightBlock(self, text: str) -> None:
        if text.startswith(("+", "-")):
            heavier = QTextCharFormat()
            heavier.setFontWeight(QFont.Weight.Bold)
            self.setFormat(0, len(text), heavier)


def _lines(compared: Compared, table: TableComparison, context: Context) -> list[RowLine]:
    """Read what differs, as short lines (in a thread)."""
    lines, total = [], min(table.listed, SHOWN)
    for number, change in enumerate(islice(compared.rows(table.table), SHOWN)):
        context.progress(99 * number // total)
        key = wording.key_text(table, change)
        lines.append(RowLine(number, change.kind, key, _summary(table, change)))
    return lines


def _summary(table: TableComparison, change: RowChange) -> str:
    """Return what changed, in short."""
    parts = []
    if change.kind == "changed":
        for place in change.changed:
            before, after = change.before[place], change.after[place]
            parts.append(f"{table.columns[place]}: {_short(before)} → {_short(after)}")
    else:
        cells = change.after or change.before
        parts = [_short(cell) for cell in cells if cell.kind != "absent"]
    text = ", ".join(parts).replace("\n", " ")
    return text if len(text) <= _SUMMARY else f"{text[:_SUMMARY]}…"


def _short(cell: Cell) -> str:
    return wording.plain(cell)[:_SUMMARY]


def _cells(table: TableComparison, change: RowChange) -> list[CellLine]:
    """Put the two sides of a row beside each other, the key's columns first."""
    order = sorted(range(len(table.columns)), key=lambda place: not _in_key(table, place))
    return [
        CellLine(
            table.columns[place],
            change.before[place] if change.before else None,
            change.after[place] if change.after else None,
            change.kind != "changed" or place in change.changed,
        )
        for place in order
    ]


def _in_key(table: TableComparison, place: int) -> bool:
    return table.columns[place] in table.key


def _row_columns() -> tuple[Column[RowLine], ...]:
    return (
        Column(
            tr("Change", context="comparison"),
            lambda line: wording.row_word(line.kind),
            width=112,
            icon=lambda line: _ICONS[line.kind],
        ),
        Column(
            tr("Key", context="comparison"),
            lambda line: line.key or words.NOTHING,
            width=128,
            key=_sortable_key,
            strong=lambda _line: True,
        ),
        Column(
            tr("What differs"),
            lambda line: line.summary,
            tip=lambda line: line.summary,
        ),
    )


def _cell_columns() -> tuple[Column[CellLine], ...]:
    def text(cell: Cell | None) -> str:
        if cell is None or cell.kind == "absent":
            return words.NOTHING
        return wording.plain(cell).replace("\n", "↵")

    return (
        Column(
            tr("Column"),
            lambda line: line.column,
            width=160,
            icon=lambda line: "pencil-simple" if line.changed else "",
        ),
        Column(
            tr("Before", context="comparison"),
            lambda line: text(line.before),
            tip=lambda line: text(line.before)[:2000],
        ),
        Column(
            tr("After", context="comparison"),
            lambda line: text(line.after),
            tip=lambda line: text(line.after)[:2000],
            strong=lambda line: line.changed,
        ),
    )


def _sortable_key(line: RowLine) -> tuple[bool, int, str]:
    """Let numbers sort as numbers, before texts."""
    number = line.key.isdecimal()
    return (not number, int(line.key) if number else 0, line.key)


def _name_of(entry: Entry | None) -> str:
    if entry is None:
        return ""
    return entry.table if isinstance(entry, TableComparison) else entry.name


def _note_of(table: TableComparison | None) -> str:
    if table is None:
        return ""
    rows = tr(
        "{before} rows before, {after} after",
        before=words.number(table.rows_before),
        after=words.number(table.rows_after),
    )
    if table.listed > SHOWN:
        return tr(
            "The first {shown} of {all} rows; the CSV file has them all",
            shown=words.number(SHOWN),
            all=words.number(table.listed),
        )
    return f"{rows}{tr(', ')}{table.note}" if table.note else rows
