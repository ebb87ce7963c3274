"""The dialog between wanting a restore and doing it: what would change, then the typed name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QDialogButtonBox,
    QFrame,
    QLineEdit,
    QProgressBar,
    QStackedWidget,
    QWidget,
)

from gmops_desktop.addresses import MysqlAddress, Resource
from gmops_desktop.context import Context, Progress
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr, tr_n
from gmops_desktop.services.restores import (
    Choice,
    Definers,
    Preview,
    TableChange,
    TableRows,
)
from gmops_desktop.tasks import Task, TaskRunner
from ui import words
from ui.backup_rows import address_of, database_text, lane_of
from ui.dialogs.sheet import Sheet
from ui.restore_order import Order, OrderFields, Reaching
from ui.restore_rows import RestoreRows
from ui.widgets.frames import Card, Glyph, Label, button, column, disable, line, paragraph, row
from ui.widgets.tables import Column, Table

PreviewJob = Callable[[Path, MysqlAddress, Context, bool], Preview]  # True: into another schema
ReadRows = Callable[[Path, MysqlAddress, str, Context], TableRows]
_SIZE: Final = (1040, 640)


def action_word(change: TableChange) -> str:
    """Return what happens to the table."""
    actions = {
        "same": tr("Unchanged"),
        "rows": tr("Rows change"),
        "replace": tr("Replaced"),
        "create": tr("Created"),
        "drop": tr("Removed"),
    }
    return actions[change.action]


def _columns() -> tuple[Column[TableChange], ...]:
    return (
        Column(tr("Table"), lambda change: change.table, strong=lambda _change: True),
        Column(tr("What happens"), action_word, width=112),
        Column(
            tr("Added (rows)"),
            lambda change: words.number(change.added),
            width=104,
            key=lambda change: change.added,
            right=True,
        ),
        Column(
            tr("Changed (rows)"),
            lambda change: words.number(change.changed),
            width=112,
            key=lambda change: change.changed,
            right=True,
        ),
        Column(
            tr("Removed (rows)"),
            lambda change: words.number(change.removed),
            width=116,
            key=lambda change: change.removed,
            right=True,
        ),
        Column(
            tr("Written (KB)"),
            lambda change: words.number(change.text_bytes / 1000, 1),
            width=104,
            key=lambda change: change.text_bytes,
            right=True,
        ),
        Column(tr("Note"), lambda change: change.note, muted=True, tip=lambda change: change.note),
    )


class RestorePreview(Sheet):
    """Compares an archive with a database, in the background, and asks for the schema's name.

    `confirmed` carries the target resource, the typed name and the `Order`; the dialog itself
    changes nothing.
    """

    confirmed = Signal(object, str, object)

    def __init__(
        self,
        preview: PreviewJob,
        path: Path,
        heading: str,
        source: str,
        targets: Sequence[Resource],
        runner: TaskRunner,
        parent: QWidget | None = None,
        rows: ReadRows | None = None,
        schema: str = "",
    ) -> None:
        """`heading` and `source` say which archive; `targets` are the databases to choose from.

        `rows` reads those that differ; without it all is restored as it was, into `schema` (without
        one into the target's own), or nothing.
        """
        super().__init__(parent, tr("Preview restore: what would change"), width=880)
        self.resize(*_SIZE)
        self._preview_job = preview
        self._path = path
        self._targets = tuple(targets)
        self._runner = runner
        self._task: Task | None = None
        self._rows_job = rows
        self._schema = schema
        self.choice = Choice()
        self.preview: Preview | None = None

        self.target = QComboBox()
        self.target.setAccessibleName(tr("Restore to"))
        self.target.setMinimumWidth(240)
        for resource in self._targets:
            self.target.addItem(database_text(resource))
        # One database is no choice: it is named, not offered.
        only = len(self._targets) == 1
        self._only = Label(self.target.currentText() if only else "", "strong")
        self._only.setVisible(only)
        self.target.setVisible(not only)
        self._compared = Label(role="caption")
        self._affected = Label(words.NOTHING, "strong")
        self._untouched = Label(role="caption")
        self._cost = Label(words.NOTHING, "strong")
        self._cost_hint = Label(role="caption")

        self.fields = OrderFields()
        self.fields.setVisible(rows is not None)
        self.reaching = Reaching()

        self._state = Label("", "strong")
        self._state.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._state_hint = paragraph("", "caption")
        self._state_hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(320)
        self._again = button(tr("Compare again"), self._compare, icon_name="arrows-clockwise")
        self.table: Table[TableChange] = Table(
            _columns(), name=tr("What would change"), identity=lambda change: change.table
        )
        self._objects = Card(tr("Definitions that differ"))
        self._objects_text = paragraph("", "caption")
        self._objects.add(self._objects_text)
        self.look = button(tr("Look at the rows…"), self._look, icon_name="rows")
        self.only = button(tr("Only this table"), self._only_this)
        self.all = button(tr("Everything"), lambda: self._choose(Choice()))
        self._scope = Label(role="strong")
        self._pages = QStackedWidget()

        self.name = QLineEdit()
        self.name.setFixedWidth(200)
        self._ask = Label(role="body", elide=False)
        self._ask_name = Label(role="strong", elide=False)
        self.restore = button(
            tr("Restore"), self._confirm, kind="danger", icon_name="arrow-counter-clockwise"
        )

        self._lay_out(heading, source)
        self.target.currentIndexChanged.connect(self._aim)
        self.fields.moved.connect(self._compare)
        self.fields.changed.connect(self._judge)
        self.reaching.changed.connect(self._judge)
        self.name.textChanged.connect(self._judge)
        self.table.picked.connect(self._judge)
        self.table.opened.connect(self._look)
        self.name.returnPressed.connect(self.restore.click)
        self._aim()

    @property
    def chosen(self) -> Resource:
        """The database that would be restored."""
        return self._targets[max(0, self.target.currentIndex())]

    @property
    def address(self) -> MysqlAddress:
        """Where the restore would go."""
        return replace(address_of(self.chosen), schema=self.fields.name)

    def _lay_out(self, heading: str, source: str) -> None:
        origin = column(
            None,
            Label(tr("From"), "caption"),
            Label(heading, "strong"),
            Label(source, "caption"),
            spacing=2,
        )
        goal = column(
            None,
            Label(tr("Restore to"), "caption"),
            self.target,
            self._only,
            self._compared,
            spacing=2,
        )
        affected = column(
            None, Label(tr("Affected"), "caption"), self._affected, self._untouched, spacing=2
        )
        cost = column(
            None, Label(tr("Estimate"), "caption"), self._cost, self._cost_hint, spacing=2
        )
        head = row(
            None,
            origin,
            8,
            Glyph("arrow-right", 20),
            8,
            goal,
            None,
            affected,
            line(upright=True),
            cost,
            spacing=12,
        )

        working = QWidget()
        buttons = row(None, None, self._again, None)
        bar = row(None, None, self._bar, None)
        column(working, None, self._state, bar, self._state_hint, buttons, None, spacing=8)
        changes = QWidget()
        tables = column(changes, spacing=12)
        tables.addWidget(self.table, 1)
        scope = QWidget()
        row(scope, self.look, self.only, self.all, 8, self._scope, None, spacing=8)
        scope.setVisible(self._rows_job is not None)
        tables.addWidget(scope)
        tables.addWidget(self._objects)
        self._pages.addWidget(working)
        self._pages.addWidget(changes)

        safety = QFrame()
        safety.setProperty("kind", "notice-ok")
        promise = column(
            None,
            Label(tr("A safety copy of the present state is taken first."), "strong"),
            Label(
                tr("If the restore fails, the database is put back; afterwards it can be undone."),
                "caption",
            ),
            spacing=2,
        )
        layout = row(
            safety, Glyph("shield-check", 20, "ok"), promise, margins=(14, 8, 14, 8), spacing=12
        )
        layout.setStretch(1, 1)

        self.body.addLayout(head)
        self.body.addWidget(self.fields)
        self.body.addWidget(self._pages, 1)
        promises = row(None, safety, self.reaching, spacing=12)
        for place in range(2):
            promises.setStretch(place, 1)
        self.body.addLayout(promises)
        for widget in (self._ask, self._ask_name, self.name):
            self.left.addWidget(widget)
        self.add_close(tr("Cancel"))
        self.add_button(self.restore, QDialogButtonBox.ButtonRole.AcceptRole)

    @Slot()
    def _aim(self) -> None:
        """Mean the chosen database's own schema, where no other is given."""
        self.fields.show_target(address_of(self.chosen).schema, self._schema)
        self._compare()

    @Slot()
    def _compare(self) -> None:
        """Compare in the background; what was compared before no longer counts."""
        if self._task is not None:
            self._task.cancel()
        self.preview = None
        self.reaching.show_found(())
        target, schema = self.chosen, self.fields.name
        self._ask.show_text(tr("To go on, type the schema's name"))
        self._ask_name.show_text(schema)
        self.name.setAccessibleName(tr("Type {schema} to go on", schema=schema))
        self.name.clear()
        self._show_state(tr("Comparing the archive with the database"), "", busy=True)
        self._compared.show_text(tr("As it is now"))
        for label in (self._affected, self._cost):
            label.show_text(words.NOTHING)
        for label in (self._untouched, self._cost_hint):
            label.show_text("")
        path, address, job = self._path, self.address, self._preview_job
        beside = self.fields.beside
        self._task = task = self._runner.start(
            lambda context: job(path, address, context, beside),
            tr("Compare archive with {name}", name=target.name),
            lane=lane_of(target),
            quiet=True,
        )
        task.progressed.connect(self._progressed)
        task.succeeded.connect(self._previewed)
        task.failed.connect(self._failed)
        task.finished.connect(lambda: self._forget(task))
        self._judge()

    @Slot(Progress)
    def _progressed(self, progress: Progress) -> None:
        if self.sender() is self._task:
            self._bar.setRange(0, 0 if progress.percent is None else 100)
            self._bar.setValue(progress.percent or 0)
            self._state_hint.setText(progress.text)

    @Slot(object)
    def _previewed(self, preview: Preview) -> None:
        if self.sender() is not self._task:
            return
        self.preview = preview
        changes = [change for change in preview.tables if change.action != "same"]
        same, rows = len(preview.tables) - len(changes), sum(map(_rows, changes))
        self._affected.show_text(
            tr(
                "{changed} of {all} tables, {rows} rows",
                changed=len(changes),
                all=len(preview.tables),
                rows=words.number(rows),
            )
        )
        others = tr_n(
            "{count} other table is not written", "{count} other tables are not written", same
        )
        self._untouched.show_text(others if same else "")
        self._cost.show_text(
            tr(
                "{time}, {size} to write",
                time=words.lasting(preview.seconds),
                size=words.size(preview.text_bytes),
            )
        )
        self._cost_hint.show_text(tr("without the safety copy"))
        if preview.makes_schema:
            self._compared.show_text(tr("Not there yet; it is made"))
        self.reaching.show_found(preview.reaching)
        self._objects.setVisible(bool(preview.objects))
        self._objects_text.setText(words.listed(preview.objects))
        self.table.set_rows(changes)
        if preview.identical:
            self._show_state(
                tr("The database already holds exactly this archive."),
                tr("Every digest is the same; there is nothing to restore."),
            )
        else:
            self._pages.setCurrentIndex(1)
        self._choose(Choice())
        self.name.setFocus()

    @Slot(Exception)
    def _failed(self, error: Exception) -> None:
        if self.sender() is not self._task:
            return
        hint = error.hint if isinstance(error, OpsError) else ""
        self._show_state(str(error), hint, retry=True)

    def _forget(self, task: Task) -> None:
        if self._task is task:
            self._task = None

    def _show_state(self, text: str, hint: str, *, busy: bool = False, retry: bool = False) -> None:
        self._state.show_text(text)
        self._state_hint.setText(hint)
        self._bar.setRange(0, 0)
        self._bar.setVisible(busy)
        self._again.setVisible(retry)
        self._pages.setCurrentIndex(0)

    def _choose(self, choice: Choice) -> None:
        """Restore only what was chosen, and say so."""
        self.choice = choice
        changes = [c for c in self.preview.tables if c.action != "same"] if self.preview else []
        if choice.rows:
            ((table, keys),) = choice.rows.items()
            count = tr_n("{count} row of {name}", "{count} rows of {name}", len(keys), name=table)
            self._scope.show_text(tr("Chosen: {what}", what=count))
            self.restore.setText(tr_n("Restore {count} row", "Restore {count} rows", len(keys)))
        elif choice.tables is not None:
            self._scope.show_text(tr("Chosen: {what}", what=tr(", ").join(sorted(choice.tables))))
            count_tables = len(choice.tables)
            self.restore.setText(
                tr_n("Restore {count} table", "Restore {count} tables", count_tables)
            )
        else:
            self._scope.show_text("")
            self.restore.setText(
                tr_n("Restore {count} table", "Restore {count} tables", len(changes))
                if changes
                else tr("Restore")
            )
        self._judge()

    @Slot()
    def _only_this(self) -> None:
        if change := self.table.current:
            self._choose(Choice(frozenset({change.table})))

    @Slot()
    def _look(self) -> None:
        """Show the rows of the selected table that differ."""
        change, read = self.table.current, self._rows_job
        if change is None or read is None or change.action != "rows":
            return
        path, address = self._path, self.address
        dialog = RestoreRows(
            lambda table, context: read(path, address, table, context),
            change.table,
            lane_of(self.chosen),
            self._runner,
            self,
        )
        dialog.chosen.connect(lambda table, keys: self._choose(Choice(rows={table: keys})))
        dialog.open()

    @Slot()
    def _judge(self) -> None:
        """Switch the red button on only when there is something to do and the name was typed."""
        reason = ""
        if self.preview is None:
            reason = tr("First the comparison must be there.")
        elif self.preview.identical:
            reason = tr("There is nothing to restore.")
        elif self.fields.definers is None:
            reason = tr("Write the accounts as old=new, each as name@host.")
        elif self.reaching.open and self.choice.everything:
            reason = tr("First accept what could reach the present schema, or choose tables only.")
        elif self.name.text() != self.fields.name:
            reason = tr("Type the schema's name first.")
        self.name.setEnabled(self.preview is not None and not self.preview.identical)
        tip = tr("Write to {name}; a safety copy is taken first", name=self.chosen.name)
        disable(self.restore, reason, tip)
        picked = self.table.current
        none = tr("Select a table first.") if picked is None else ""
        single = none or ("" if picked and picked.action == "rows" else
                          tr("This table is not compared row by row."))  # fmt: skip
        disable(self.look, single, tr("Archive and database side by side; choose single rows"))
        gone = none or (tr("The archive does not have it.")
                        if picked and picked.action == "drop" else "")  # fmt: skip
        disable(self.only, gone, tr("Restore the selected table and nothing else"))
        whole = tr("Everything is restored.") if self.choice.everything else ""
        disable(self.all, whole, tr("Restore all that differs"))

    @Slot()
    def _confirm(self) -> None:
        accepted = self.reaching.accept.isChecked()
        order = Order(
            self.address,
            self.choice,
            self.fields.definers or Definers(),
            beside=self.fields.beside and not accepted,
        )
        self.confirmed.emit(self.chosen, self.name.text(), order)
        self.accept()

    def done(self, result: int) -> None:
        """Stop a comparison that still runs."""
        if self._task is not None:
            self._task.cancel()
        super().done(result)


def _rows(change: TableChange) -> int:
    return change.added + change.changed + change.removed
