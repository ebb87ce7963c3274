"""The dialog between wanting a restore and doing it: what would change, then the typed name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QDialogButtonBox, QFrame, QLineEdit, QStackedWidget, QWidget

from gmops_desktop.addresses import MysqlAddress, Resource
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr, tr_n
from gmops_desktop.services.restores import (
    Choice,
    Definers,
    Preview,
    TableChange,
    TableRows,
)
from gmops_desktop.tasks import TaskRunner
from ui import words
from ui.backup_rows import address_of, lane_of
from ui.dialogs.question import Question
from ui.dialogs.sheet import Sheet
from ui.restore_head import RestoreHead
from ui.restore_order import Doubtful, Order, OrderFields
from ui.restore_rows import RestoreRows
from ui.restore_words import change_columns
from ui.widgets.frames import Card, Glyph, Label, button, column, disable, paragraph, row
from ui.widgets.tables import Table
from ui.widgets.working import Working

# The last two: what of the archive, and whether into another schema than the database's own.
PreviewJob = Callable[[Path, MysqlAddress, Context, Choice, bool], Preview]
ReadRows = Callable[[Path, MysqlAddress, str, Context], TableRows]
_SIZE: Final = (1040, 640)


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
        self._question = Question(runner, self)
        self._rows_job = rows
        self._schema = schema
        self.choice = Choice()
        self.preview: Preview | None = None

        self.head = RestoreHead(heading, source, self._targets)
        self.target = self.head.target
        self.fields = OrderFields()
        self.fields.setVisible(rows is not None)
        self.reaching = Doubtful(tr("Definitions of the archive could reach the present schema."))
        self.torn = Doubtful(tr("Foreign keys would be torn."))

        self.again = button(tr("Compare again"), self._compare, icon_name="arrows-clockwise")
        self.working = Working(self.again)
        self.table: Table[TableChange] = Table(
            change_columns(), name=tr("What would change"), identity=lambda change: change.table
        )
        self._objects = Card(tr("Definitions that differ"))
        self._objects_text = paragraph("", "caption")
        self._objects.add(self._objects_text)
        self.look = button(tr("Look at the rows…"), self._look, icon_name="rows")
        self.only = button(tr("Only this table"), self._only_this)
        self.all = button(tr("Everything"), self._everything)
        self._scope = Label(role="strong")
        self._pages = QStackedWidget()

        self.name = QLineEdit()
        self.name.setFixedWidth(200)
        self._ask = Label(role="body", elide=False)
        self._ask_name = Label(role="strong", elide=False)
        self.restore = button(
            tr("Restore"), self._confirm, kind="danger", icon_name="arrow-counter-clockwise"
        )

        self._lay_out()
        self.target.currentIndexChanged.connect(self._aim)
        self.fields.moved.connect(self._compare)
        self.fields.changed.connect(self._judge)
        self.reaching.changed.connect(self._judge)
        self.torn.changed.connect(self._judge)
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

    def _lay_out(self) -> None:
        changes = QWidget()
        tables = column(changes, spacing=12)
        tables.addWidget(self.table, 1)
        scope = QWidget()
        row(scope, self.look, self.only, self.all, 8, self._scope, None, spacing=8)
        scope.setVisible(self._rows_job is not None)
        tables.addWidget(scope)
        tables.addWidget(self._objects)
        self._pages.addWidget(self.working)
        self._pages.addWidget(changes)

        self.body.addWidget(self.head)
        self.body.addWidget(self.fields)
        self.body.addWidget(self._pages, 1)
        promises = row(None, _promise(), self.reaching, self.torn, spacing=12)
        for place in range(promises.count()):
            promises.setStretch(place, 1)
        self.body.addLayout(promises)
        for widget in (self._ask, self._ask_name, self.name):
            self.left.addWidget(widget)
        self.add_close(tr("Cancel"))
        self.add_button(self.restore, QDialogButtonBox.ButtonRole.AcceptRole)

    # -- comparing

    @Slot()
    def _aim(self) -> None:
        """Mean the chosen database's own schema, where no other is given."""
        self.fields.show_target(address_of(self.chosen).schema, self._schema)
        self._compare()

    @Slot()
    def _compare(self) -> None:
        """Compare in the background; what was compared before no longer counts."""
        self.preview = None
        self.reaching.show_found(())
        self.torn.show_found(())
        schema = self.fields.name
        self._ask.show_text(tr("To go on, type the schema's name"))
        self._ask_name.show_text(schema)
        self.name.setAccessibleName(tr("Type {schema} to go on", schema=schema))
        self.name.clear()
        self._show_state(tr("Comparing the archive with the database"), "", busy=True)
        self.head.show_nothing()
        self._ask_for(Choice(), self._previewed, self._failed)
        self._judge()

    def _ask_for(
        self,
        choice: Choice,
        found: Callable[[Preview], None],
        failed: Callable[[Exception], None],
    ) -> None:
        path, address, job = self._path, self.address, self._preview_job
        beside = self.fields.beside
        self._question.ask(
            lambda context: job(path, address, context, choice, beside),
            tr("Compare archive with {name}", name=self.chosen.name),
            found,
            failed,
            lane=lane_of(self.chosen),
            progressed=self.working.show_progress,
        )

    def _previewed(self, preview: Preview) -> None:
        self.preview = preview
        self.head.show_found(preview)
        self.reaching.show_found(preview.reaching)
        self._objects.setVisible(bool(preview.objects))
        self._objects_text.setText(words.listed(preview.objects))
        self.table.set_rows([change for change in preview.tables if change.action != "same"])
        if preview.identical:
            self._show_state(
                tr("The database already holds exactly this archive."),
                tr("Every digest is the same; there is nothing to restore."),
            )
        else:
            self._pages.setCurrentIndex(1)
        self._choose(Choice())
        self.name.setFocus()

    def _failed(self, error: Exception) -> None:
        hint = error.hint if isinstance(error, OpsError) else ""
        self._show_state(str(error), hint, retry=True)

    def _show_state(self, text: str, hint: str, *, busy: bool = False, retry: bool = False) -> None:
        self.working.show_state(text, hint, busy=busy)
        self.again.setVisible(retry)
        self._pages.setCurrentIndex(0)

    # -- choosing

    def _choose(self, choice: Choice) -> None:
        """Restore only what was chosen, and say so."""
        self.choice = choice
        self.torn.show_found(())
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
    def _everything(self) -> None:
        self._question.stop()
        self._choose(Choice())

    @Slot()
    def _only_this(self) -> None:
        """Choose the selected table, and ask which foreign keys that would tear."""
        if change := self.table.current:
            choice = Choice(frozenset({change.table}))
            self._choose(choice)
            # What cannot be told now, the restore itself tells before anything counts.
            self._ask_for(choice, self._judged_alone, lambda _error: None)

    def _judged_alone(self, preview: Preview) -> None:
        self.torn.show_found(preview.torn)
        self._judge()

    @Slot()
    def _look(self) -> None:
        """Show the rows of the selected table that differ."""
        change, read = self.table.current, self._rows_job
        if change is None or read is None or change.action != "rows":
            return
        dialog = RestoreRows(
            partial(read, self._path, self.address),
            change.table,
            lane_of(self.chosen),
            self._runner,
            self,
        )
        dialog.chosen.connect(self._choose_rows)
        dialog.open()

    @Slot(str, object)
    def _choose_rows(self, table: str, keys: frozenset[str]) -> None:
        self._question.stop()
        self._choose(Choice(rows={table: keys}))

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
        elif self.torn.open:
            reason = tr("First accept that foreign keys would be torn, or restore everything.")
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
        order = Order(
            self.address,
            replace(self.choice, tears=self.torn.accepted),
            self.fields.definers or Definers(),
            beside=self.fields.beside and not self.reaching.accepted,
        )
        self.confirmed.emit(self.chosen, self.name.text(), order)
        self.accept()


def _promise() -> QFrame:
    """Return what holds for every restore."""
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
    glyph = Glyph("shield-check", 20, "ok")
    row(safety, glyph, promise, margins=(14, 8, 14, 8), spacing=12).setStretch(1, 1)
    return safety
