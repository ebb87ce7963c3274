"""The card of archives: the list of all there are, their history, or the running backup."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QApplication, QComboBox, QFrame, QStackedWidget, QWidget

from gmops_desktop.addresses import Resource
from gmops_desktop.language import tr, tr_n
from gmops_desktop.services.cloud_backups import Listing
from gmops_desktop.tasks import TaskRunner
from ui import words
from ui.backup_history import History
from ui.backup_lines import OF, Line, columns_of_lines, fitting
from ui.backup_run import RunView
from ui.theme import ROW_HEIGHT
from ui.widgets.badges import StateMark
from ui.widgets.frames import Card, Label, Segments, WholeRows, button, row
from ui.widgets.tables import FilterField, Table

_VIEWS = ("list", "history", "run")


class ArchivesCard(Card):
    """`picked` carries the line the user moved to (or None), `opened` one she double-clicked."""

    picked = Signal(object)
    opened = Signal(object)
    compare_wanted = Signal()
    settings_wanted = Signal(str)  # a resource's id

    def __init__(self, runner: TaskRunner) -> None:
        super().__init__()
        self._lines: tuple[Line, ...] = ()
        self.views = Segments(
            [("list", tr("List")), ("history", tr("History")), ("run", tr("Running"))],
            "list",
            tr("View"),
        )
        self.table: Table[Line] = Table(
            columns_of_lines(),
            name=tr("Archives"),
            runner=runner,
            identity=lambda line: line.id,
            row_height=ROW_HEIGHT,
        )
        self.filter = FilterField(self.table, tr("Filter: time, content, location"), width=200)
        self.choice = QComboBox()
        self.choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.choice.setAccessibleName(tr("Which archives"))
        self.choice.setToolTip(tr("Which archives"))
        self.totals = Label(role="caption", right=True)
        self.compare = button(
            tr("Compare two"),
            self.compare_wanted.emit,
            kind="quiet",
            icon_name="arrows-left-right",
            scale="small",
            tip=tr("Which tables and rows differ between two archives, or from the database now"),
        )
        self.fault = _Fault()
        self.history = History()
        self.run = RunView(runner)
        self.stack = QStackedWidget()
        self.stack.addWidget(WholeRows(self.table))
        self.stack.addWidget(self.history)
        self.stack.addWidget(self.run)
        of_list = QWidget()
        row(of_list, self.filter, self.choice, self.totals, self.compare).setStretch(2, 1)
        self._heads = QStackedWidget()
        for head in (of_list, self.history.head, self.run.head):
            self._heads.addWidget(head)
        self._heads.setFixedHeight(of_list.sizeHint().height())
        whole = row(None, self.views, self._heads)
        whole.setStretch(1, 1)
        self.add(whole)
        self.add(self.fault)
        self.add_table(self.stack)

        self.views.chosen.connect(self.show_view)
        self.choice.currentIndexChanged.connect(self._show)
        self.table.picked.connect(self.picked)
        self.table.opened.connect(self.opened)
        self.fault.settings_wanted.connect(self.settings_wanted)

    @property
    def current(self) -> Line | None:
        """The line the user is on."""
        return self.table.current

    def show_lines(self, lines: Sequence[Line]) -> None:
        """Show these lines, in the list and as history."""
        self._lines = tuple(lines)
        self._offer_choices()
        self._show()
        self.history.show_lines(lines)
        if self.table.current is None and self.table.rows.shown:
            self.table.selectRow(0)

    def show_fault(self, fault: tuple[Resource, Listing] | None) -> None:
        """Say why the cloud's backups are not known as they are now, or nothing."""
        self.fault.show_fault(fault)

    @Slot(str)
    def show_view(self, key: str) -> None:
        """Show the list, the history or the running backup."""
        self.views.choose(key)
        self.stack.setCurrentIndex(_VIEWS.index(key))
        self._heads.setCurrentIndex(_VIEWS.index(key))

    def move_to(self, identity: str) -> None:
        """Move to a line, bringing it back where the filter hides it."""
        if not self.table.select(identity):
            self.filter.clear()
            self.choice.setCurrentIndex(0)
            self.table.select(identity)

    def _offer_choices(self) -> None:
        chosen = self.choice.currentData()
        blocked = self.choice.blockSignals(True)
        self.choice.clear()
        choices = [
            (tr("All archives"), ""),
            (tr("Backups"), "backup"),
            (tr("Safety copies"), "safety"),
        ]
        if any(line.cloud for line in self._lines):
            choices.append((tr("Kept by TencentDB"), "cloud"))
        origins = list(dict.fromkeys(line.origin for line in self._lines))
        if len(origins) > 1:
            choices += [(origin, f"{OF}{origin}") for origin in origins]
        for word, key in choices:
            self.choice.addItem(word, key)
        self.choice.setCurrentIndex(max(0, self.choice.findData(chosen)))
        self.choice.blockSignals(blocked)

    @Slot()
    def _show(self, *_: object) -> None:
        shown = fitting(self._lines, self.choice.currentData() or "")
        self.table.set_rows(shown)
        archives = tr_n("{count} archive", "{count} archives", len(shown))
        here = sum(one.size for one in shown if one.place in ("here", "both"))
        cloud = sum(one.size for one in shown if one.place == "cloud")
        parts = [archives, tr("{size} here", size=words.size(here))]
        if cloud:
            parts.append(tr("{size} in the cloud", size=words.size(cloud)))
        self.totals.show_text(tr(", ").join(parts))


class _Fault(QFrame):
    """One line: the cloud was not seen, and why; the text can be copied for the account's owner."""

    settings_wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("kind", "notice-unknown")
        self._resource, self._text = "", ""
        self.sentence = Label()
        self.copy = button(
            tr("Copy"),
            self._copy,
            kind="quiet",
            icon_name="copy",
            scale="small",
            tip=tr("Copy what was said, with the policy that is missing"),
        )
        self.settings = button(
            tr("Settings"),
            lambda: self.settings_wanted.emit(self._resource),
            kind="quiet",
            icon_name="gear-six",
            scale="small",
            tip=tr("Open the settings of this database"),
        )
        mark = StateMark("unknown", 16)
        layout = row(self, mark, self.sentence, self.copy, self.settings, margins=(8, 4, 8, 4))
        layout.setStretch(1, 1)
        self.hide()

    def show_fault(self, fault: tuple[Resource, Listing] | None) -> None:
        self.setVisible(fault is not None)
        if fault is None:
            return
        resource, listing = fault
        self._resource, self._text = resource.id, f"{listing.fault} {listing.hint}".rstrip()
        age = tr("last seen {age}", age=words.ago(listing.at)) if listing.at else tr("never seen")
        said = tr("Cloud backups of {name} ({age}): {why}", name=resource.name, age=age,
                  why=listing.fault)  # fmt: skip
        self.sentence.show_text(said)
        self.sentence.setToolTip(self._text)

    def _copy(self) -> None:
        QApplication.clipboard().setText(self._text)
