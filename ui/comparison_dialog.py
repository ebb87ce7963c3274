"""The dialog that compares two archives, or an archive with the database as it is now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QComboBox, QFileDialog, QStackedWidget, QWidget

from gmops_desktop.addresses import Resource
from gmops_desktop.context import Progress
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr, tr_n
from gmops_desktop.services.backups import Backup
from gmops_desktop.services.comparisons import (
    Compared,
    Comparisons,
    ObjectComparison,
    RowKind,
    Source,
    wording,
)
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.tasks import Task, TaskRunner
from ui import words
from ui.backup_rows import address_of, content_of, database_text, lane_of
from ui.comparison_view import ComparisonView, Entry
from ui.dialogs.sheet import Sheet
from ui.widgets.frames import Glyph, Label, button, column, disable, row
from ui.widgets.table_model import Column
from ui.widgets.tables import Table
from ui.widgets.working import Working

_SIZE: Final = (1240, 640)
_LIST_WIDTH: Final = 440


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to compare: an archive, or a database as it is now."""

    id: str
    word: str
    source: Source
    lane: str = ""


def comparing(
    comparisons: Comparisons, contracts: Contracts, runner: TaskRunner
) -> Callable[[QWidget, Backup, Sequence[Backup]], ComparisonDialog]:
    """Return what opens the comparison of an archive over a page."""

    def open_over(page: QWidget, chosen: Backup, backups: Sequence[Backup]) -> ComparisonDialog:
        databases = [one for one in contracts.shown_resources() if one.kind == "mysql"]
        dialog = ComparisonDialog(comparisons, runner, chosen, backups, databases, page)
        dialog.open()
        return dialog

    return open_over


class ComparisonDialog(Sheet):
    """Compares in the background as soon as both sides are chosen; neither side is changed."""

    def __init__(
        self,
        comparisons: Comparisons,
        runner: TaskRunner,
        chosen: Backup,
        backups: Sequence[Backup],
        databases: Sequence[Resource],
        parent: QWidget | None = None,
    ) -> None:
        """`chosen` is the archive the user is on; it is held against the one before it, or, where
        there is none, against its database."""
        super().__init__(parent, tr("Compare: what differs"), width=1000)
        self.resize(*_SIZE)
        self._comparisons = comparisons
        self._runner = runner
        self._task: Task | None = None
        self._export: Task | None = None
        self.compared: Compared | None = None
        archives = [_archive(backup) for backup in backups if backup.exists]
        live = [_database(resource) for resource in databases]
        self._befores, self._afters = archives, [*live, *archives]

        self.before = _combo(tr("Before", context="comparison"), self._befores)
        self.after = _combo(tr("After", context="comparison"), self._afters)
        self._result = Label(words.NOTHING, "strong")
        self._cost = Label(role="caption")
        self.stop = button(tr("Stop"), self._stop, icon_name="x")
        self.again = button(tr("Compare again"), self.compare, icon_name="arrows-clockwise")
        self.working = Working(self.stop, self.again)
        self.list: Table[Entry] = Table(
            _columns(), name=tr("What differs"), runner=runner, identity=_identity
        )
        self.list.setFixedWidth(_LIST_WIDTH)
        self.view = ComparisonView(runner)
        self._pages = QStackedWidget()
        self.export = button(
            tr("Export to CSV…"),
            self._ask_export,
            icon_name="download-simple",
            tip=tr("Write every difference to a file that Excel opens"),
        )
        self._exported = Label(role="caption")

        self._lay_out()
        self._preselect(chosen, backups, databases)
        self.before.currentIndexChanged.connect(self.compare)
        self.after.currentIndexChanged.connect(self.compare)
        self.list.picked.connect(self._show_entry)
        self.compare()

    def _lay_out(self) -> None:
        sides = [
            column(None, Label(word, "caption"), combo, spacing=2)
            for word, combo in (
                (tr("Before", context="comparison"), self.before),
                (tr("After", context="comparison"), self.after),
            )
        ]
        found = column(
            None,
            Label(tr("Found", context="comparison"), "caption"),
            self._result,
            self._cost,
            spacing=2,
        )
        arrow = Glyph("arrow-right", 20)
        head = row(None, sides[0], 4, arrow, 4, sides[1], 16, found, spacing=8)
        head.setStretch(head.count() - 1, 1)
        result = QWidget()
        row(result, self.list, self.view, spacing=16).setStretch(1, 1)
        self._pages.addWidget(self.working)
        self._pages.addWidget(result)
        self.body.addLayout(head)
        self.body.addWidget(self._pages, 1)
        self.left.addWidget(self.export)
        self.left.addWidget(self._exported)
        self.add_close(tr("Close"))

    def _preselect(
        self, chosen: Backup, backups: Sequence[Backup], databases: Sequence[Resource]
    ) -> None:
        earlier = [
            one
            for one in backups
            if one.exists and one.source == chosen.source and one.at < chosen.at
        ]
        before, after = chosen.id, ""
        if earlier:
            before, after = max(earlier, key=lambda one: one.at).id, chosen.id
        else:
            after = next((one.id for one in databases if one.id == chosen.resource_id), "")
        for combo, choices, wanted in (
            (self.before, self._befores, before),
            (self.after, self._afters, after),
        ):
            ids = [choice.id for choice in choices]
            combo.setCurrentIndex(ids.index(wanted) if wanted in ids else 0)

    # -- comparing

    @Slot()
    def compare(self) -> None:
        """Compare in the background; what was found before no longer counts."""
        self._stop()
        self._let_go()
        sides = self.before.currentIndex(), self.after.currentIndex()
        if min(sides) < 0:
            self._show_state(tr("There are no two archives yet."), "")
            return
        before, after = self._befores[sides[0]], self._afters[sides[1]]
        self._show_state(tr("Comparing"), "", busy=True)
        self._task = task = self._runner.start(
            lambda context: self._comparisons.compare(before.source, after.source, context),
            tr("Compare {before} with {after}", before=before.word, after=after.word),
            lane=after.lane,
            quiet=True,
        )
        task.progressed.connect(self._progressed)
        task.succeeded.connect(self._found)
        task.failed.connect(self._failed)
        task.cancelled.connect(self._cancelled)
        task.finished.connect(lambda: self._forget(task))

    @Slot(Progress)
    def _progressed(self, progress: Progress) -> None:
        if self.sender() is self._task:
            self.working.show_progress(progress)

    @Slot(object)
    def _found(self, compared: Compared) -> None:
        if self.sender() is not self._task:
            compared.close()
            return
        self.compared = compared
        tables = [table for table in compared.tables if table.state != "same"]
        entries: list[Entry] = [*tables, *compared.objects]
        self._result.show_text(
            tr(
                "{differing} of {all} tables, {rows} rows, {others} other definitions",
                differing=len(tables),
                all=len(compared.tables),
                rows=words.number(sum(table.listed for table in tables)),
                others=len(compared.objects),
            )
        )
        sent = tr("{size} over the line", size=words.size(compared.travelled))
        took = words.lasting(compared.seconds)
        self._cost.show_text(f"{took}{tr(', ')}{sent}" if compared.travelled else took)
        if compared.identical:
            self._show_state(
                tr("Nothing differs."),
                tr_n("{count} table is the same on both sides.",
                     "{count} tables are the same on both sides.", len(compared.tables)),
            )  # fmt: skip
        else:
            self.list.set_rows(entries)
            self.list.selectRow(0)
            self._pages.setCurrentIndex(1)
        self._judge()

    @Slot(Exception)
    def _failed(self, error: Exception) -> None:
        if self.sender() is self._task:
            hint = error.hint if isinstance(error, OpsError) else ""
            self._show_state(str(error), hint, retry=True)

    @Slot()
    def _cancelled(self) -> None:
        if self.sender() is self._task:
            self._show_state(tr("Stopped."), tr("Neither side was changed."), retry=True)

    @Slot()
    def _stop(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _forget(self, task: Task) -> None:
        if self._task is task:
            self._task = None

    def _let_go(self) -> None:
        """Let go of what was found, as soon as nothing reads it any more."""
        self.view.show_entry(None, None)
        self.list.set_rows(())
        compared, self.compared = self.compared, None
        if compared is not None and self._export is not None:
            self._export.finished.connect(compared.close)
        elif compared is not None:
            compared.close()
        for label in (self._result, self._cost, self._exported):
            label.show_text("")
        self._judge()

    # -- what is shown

    def _show_state(self, text: str, hint: str, *, busy: bool = False, retry: bool = False) -> None:
        self.working.show_state(text, hint, busy=busy)
        self.stop.setVisible(busy)
        self.again.setVisible(retry)
        self._pages.setCurrentIndex(0)

    @Slot(object)
    def _show_entry(self, entry: Entry | None) -> None:
        self.view.show_entry(self.compared, entry)

    def _judge(self) -> None:
        reason = ""
        if self.compared is None:
            reason = tr("First the comparison must be there.")
        elif self._export is not None:
            reason = tr("A file is being written.")
        disable(self.export, reason, tr("Write every difference to a file that Excel opens"))

    # -- the file

    @Slot()
    def _ask_export(self) -> None:
        chosen, _ = QFileDialog.getSaveFileName(
            self, tr("Export to CSV…"), tr("comparison") + ".csv", "*.csv"
        )
        if chosen:
            self.export_to(Path(chosen))

    def export_to(self, path: Path) -> None:
        """Write every difference to `path` in the background."""
        compared = self.compared
        if compared is None or self._export is not None:
            return
        self._export = task = self._runner.start(
            lambda context: self._comparisons.export(compared, path, context),
            tr("Export {name}", name=path.name),
            lane=f"file:{path}",
        )
        task.succeeded.connect(self._written)
        task.failed.connect(lambda error: self._exported.show_text(str(error), "critical"))
        task.finished.connect(self._ended)
        self._judge()

    @Slot(object)
    def _written(self, path: Path) -> None:
        self._exported.show_text(tr("Written: {path}", path=path), "ok")

    @Slot()
    def _ended(self) -> None:
        self._export = None
        self._judge()

    def done(self, result: int) -> None:
        """Stop a comparison that still runs, and let go of what was found."""
        self._stop()
        self._let_go()
        super().done(result)


def _columns() -> tuple[Column[Entry], ...]:
    def count(title: str, of: Callable[[Entry], int | None]) -> Column[Entry]:
        def text(entry: Entry) -> str:
            found = of(entry)
            return words.NOTHING if found is None else words.number(found)

        return Column(title, text, width=68, key=of, right=True)

    return (
        Column(tr("Name", context="comparison"), _name, strong=lambda _entry: True, tip=_name),
        Column(tr("What happened"), _word, width=124, tip=_word),
        count(tr("Added", context="comparison"), lambda entry: _count(entry, "added")),
        count(tr("Changed", context="comparison"), lambda entry: _count(entry, "changed")),
        count(tr("Removed", context="comparison"), lambda entry: _count(entry, "removed")),
    )


def _name(entry: Entry) -> str:
    return entry.name if isinstance(entry, ObjectComparison) else entry.table


def _word(entry: Entry) -> str:
    if isinstance(entry, ObjectComparison):
        return wording.object_word(entry.state, entry.kind)
    return wording.table_word(entry)


def _identity(entry: Entry) -> tuple[str, str]:
    kind = entry.kind if isinstance(entry, ObjectComparison) else "table"
    return kind, _name(entry)


def _count(entry: Entry, kind: RowKind) -> int | None:
    """Return how many rows; of a table that only one side has, all of them."""
    if isinstance(entry, ObjectComparison):
        return None
    if entry.state in ("added", "gone", "unknown"):
        rows = {"added": entry.rows_after, "removed": entry.rows_before, "changed": 0}
        return rows[kind]
    counts = {"added": entry.added, "removed": entry.removed, "changed": entry.changed}
    return counts[kind]


def _archive(backup: Backup) -> Choice:
    word = f"{words.stamp(backup.at)} · {content_of(backup)} {backup.schema}"
    return Choice(backup.id, word, backup.path)


def _database(resource: Resource) -> Choice:
    word = tr("{name}, as it is now", name=database_text(resource))
    return Choice(resource.id, word, address_of(resource), lane_of(resource))


def _combo(name: str, choices: Sequence[Choice]) -> QComboBox:
    made = QComboBox()
    made.setAccessibleName(name)
    made.setToolTip(name)
    made.setMinimumWidth(280)
    for choice in choices:
        made.addItem(choice.word)
    return made
