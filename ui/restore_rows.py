"""The rows of one table that a restore would change, side by side; single ones can be chosen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QDialogButtonBox, QWidget

from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr, tr_n
from gmops_desktop.services.restores import RowChange, TableRows
from gmops_desktop.tasks import Task, TaskRunner
from ui import words
from ui.dialogs.sheet import Sheet
from ui.widgets.frames import Label, button, disable, row
from ui.widgets.table_model import Column
from ui.widgets.tables import Table

RowsJob = Callable[[str, Context], TableRows]
_SIZE: Final = (1040, 560)


class RestoreRows(Sheet):
    """Brings the rows in the background; `chosen` carries the table and the keys of those to put
    back.  The dialog itself changes nothing."""

    chosen = Signal(str, object)

    def __init__(
        self,
        job: RowsJob,
        table: str,
        lane: str,
        runner: TaskRunner,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent, tr("Rows of {name}: archive and now", name=table), width=760)
        self.resize(*_SIZE)
        self._name = table
        self._keys: set[str] = set()
        self.found: TableRows | None = None
        self.state = Label(tr("Reading the rows that differ"), "caption")
        self.list: Table[RowChange] = Table(
            (
                Column("", self._mark, width=40),
                Column(tr("Key"), lambda change: change.key, width=140, strong=lambda _row: True),
                Column(tr("What happens"), _happens, width=112),
                Column(tr("In the archive"), self._archived, tip=self._archived),
                Column(tr("Now"), self._present, tip=self._present),
            ),
            name=tr("Rows that differ"),
            runner=runner,
            identity=lambda change: change.key,
        )
        self.every = button(tr("Choose all"), lambda: self._choose(every=True))
        self.none = button(tr("Choose none"), lambda: self._choose(every=False))
        self.take = button(tr("Put chosen rows back…"), self._take, kind="primary")
        self.body.addWidget(self.state)
        self.body.addWidget(self.list, 1)
        self.left.addLayout(row(None, self.every, self.none, spacing=8))
        self.add_close(tr("Close"))
        self.add_button(self.take, QDialogButtonBox.ButtonRole.AcceptRole)
        self.list.opened.connect(self._toggle)
        self._judge()
        self._task: Task | None = runner.start(
            lambda context: job(table, context),
            tr("Read the rows of {name} that differ", name=table),
            lane=lane,
            quiet=True,
        )
        self._task.succeeded.connect(self._show)
        self._task.failed.connect(self._failed)
        self._task.finished.connect(self._forget)

    @Slot(object)
    def _show(self, found: TableRows) -> None:
        self.found = found
        self.list.set_rows(found.rows)
        count = tr_n("{count} row differs", "{count} rows differ", len(found.rows))
        first = tr("The first {count} rows that differ", count=words.number(len(found.rows)))
        hint = tr("Enter or a double click chooses a row.")
        self.state.show_text(f"{first if found.more else count} · {hint}")
        self._judge()

    @Slot(Exception)
    def _failed(self, error: Exception) -> None:
        hint = f" {error.hint}" if isinstance(error, OpsError) else ""
        self.state.show_text(f"{error}{hint}")

    @Slot()
    def _forget(self) -> None:
        self._task = None

    @Slot(object)
    def _toggle(self, change: RowChange) -> None:
        self._keys ^= {change.key}
        self._judge()

    def _choose(self, *, every: bool) -> None:
        self._keys = {change.key for change in self.found.rows} if self.found and every else set()
        self._judge()

    def _judge(self) -> None:
        count = len(self._keys)
        self.take.setText(
            tr_n("Put {count} row back…", "Put {count} rows back…", count)
            if count
            else tr("Put chosen rows back…")
        )
        reason = "" if count else tr("Choose rows first.")
        disable(self.take, reason, tr("Go on to confirm; nothing is written yet"))
        ready = bool(self.found and self.found.rows)
        for one in (self.every, self.none):
            disable(one, "" if ready else tr("There are no rows to choose from."))
        self.list.viewport().update()

    @Slot()
    def _take(self) -> None:
        self.chosen.emit(self._name, frozenset(self._keys))
        self.accept()

    def done(self, result: int) -> None:
        """Stop reading."""
        if self._task is not None:
            self._task.cancel()
        super().done(result)

    def _mark(self, change: RowChange) -> str:
        return "✓" if change.key in self._keys else ""

    def _archived(self, change: RowChange) -> str:
        return self._side(change, archived=True)

    def _present(self, change: RowChange) -> str:
        return self._side(change, archived=False)

    def _side(self, change: RowChange, *, archived: bool) -> str:
        """Say how a row is on one side: the columns that differ, or all of one that is alone."""
        cells = change.archived if archived else change.present
        if cells is None:
            return tr("(no such row)")
        columns = self.found.columns if self.found else ()
        alone = change.archived is None or change.present is None
        return ", ".join(
            f"{name}={cell.text}"
            for name, cell in zip(columns, cells, strict=True)
            if alone or name in change.changed
        )


def _happens(change: RowChange) -> str:
    if change.present is None:
        return tr("Added", context="row")
    return tr("Removed", context="row") if change.archived is None else tr("Changed", context="row")
