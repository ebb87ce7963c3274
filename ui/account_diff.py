"""The dialog that tells in words what changed in an account's settings between two dates."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QComboBox, QStackedWidget, QWidget

from gmops_desktop.addresses import AccountAddress
from gmops_desktop.language import tr, tr_n
from gmops_desktop.services.account_settings import (
    AccountArchive,
    AccountBackups,
    Compared,
    Difference,
)
from gmops_desktop.tasks import TaskRunner
from ui import words
from ui.account_words import SIGNS, archive_word, kind_word
from ui.dialogs.question import Question
from ui.dialogs.sheet import Sheet
from ui.widgets.frames import Glyph, Label, column, paragraph, row
from ui.widgets.table_model import Column
from ui.widgets.tables import Table
from ui.widgets.working import Working

_SIZE: Final = (1080, 560)


def difference_columns() -> tuple[Column[Difference], ...]:
    """Return the columns of a list of differences."""

    def was(one: Difference) -> str:
        return one.before

    def now(one: Difference) -> str:
        return one.after

    return (
        Column(tr("Part", context="account"), lambda one: one.part, width=92),
        Column(
            tr("What happened"), lambda one: f"{SIGNS[one.kind]} {kind_word(one.kind)}", width=104
        ),
        Column(
            tr("Name", context="account"),
            lambda one: one.name,
            width=220,
            strong=lambda _one: True,
            tip=lambda one: one.name,
        ),
        Column(tr("Before", context="comparison"), was, tip=was),
        Column(tr("After", context="comparison"), now, tip=now),
    )


class AccountDiff(Sheet):
    """Compares in the background as soon as both sides are chosen; changes neither."""

    def __init__(
        self,
        accounts: AccountBackups,
        runner: TaskRunner,
        archives: Sequence[AccountArchive],
        address: AccountAddress,
        parent: QWidget | None = None,
        *,
        lane: str = "",
    ) -> None:
        """`archives` are those of the account, newest first; at least one."""
        super().__init__(parent, tr("What changed in the account"), width=900)
        self.resize(*_SIZE)
        self._accounts, self._lane = accounts, lane
        self._question = Question(runner, self)
        self.compared: Compared | None = None
        self.before, self.after = QComboBox(), QComboBox()
        for combo, word in (
            (self.before, tr("Before", context="comparison")),
            (self.after, tr("After", context="comparison")),
        ):
            combo.setAccessibleName(word)
            combo.setMinimumWidth(220)
        self.after.addItem(tr("As it is now", context="account"), address)
        for archive in archives:
            for combo in (self.before, self.after):
                combo.addItem(archive_word(archive), archive.path)
        self.outcome = Label(words.NOTHING, "strong")
        self.table: Table[Difference] = Table(
            difference_columns(),
            name=tr("What differs"),
            runner=runner,
            identity=lambda one: (one.part, one.kind, one.name),
        )
        self.working = Working()
        self.unknown = paragraph("", "caption")
        self._pages = QStackedWidget()
        self._lay_out()
        self.before.currentIndexChanged.connect(self.compare)
        self.after.currentIndexChanged.connect(self.compare)
        self.compare()

    def _lay_out(self) -> None:
        sides = [
            column(None, Label(combo.accessibleName(), "caption"), combo, spacing=2)
            for combo in (self.before, self.after)
        ]
        found = column(
            None, Label(tr("Found", context="comparison"), "caption"), self.outcome, spacing=2
        )
        head = row(None, sides[0], 4, Glyph("arrow-right", 20), 4, sides[1], 16, found, spacing=8)
        head.setStretch(head.count() - 1, 1)
        self._pages.addWidget(self.working)
        self._pages.addWidget(self.table)
        self.body.addLayout(head)
        self.body.addWidget(self._pages, 1)
        self.body.addWidget(self.unknown)
        self.unknown.hide()
        self.add_close(tr("Close"))

    @Slot()
    def compare(self) -> None:
        """Compare in the background; what was found before no longer counts."""
        self.compared = None
        before, after = self.before.currentData(), self.after.currentData()
        assert isinstance(before, Path)
        self.outcome.show_text(words.NOTHING)
        self.unknown.hide()
        self.working.show_state(tr("Comparing"), busy=True)
        self._pages.setCurrentIndex(0)
        self._question.ask(
            lambda context: self._accounts.diff(before, after, context),
            tr("Compare the account's settings"),
            self._found,
            self._failed,
            lane=self._lane,
        )

    @Slot(object)
    def _found(self, compared: Compared) -> None:
        self.compared = compared
        count = len(compared.differences)
        self.outcome.show_text(tr_n("{count} difference", "{count} differences", count))
        self.unknown.setText("\n".join(compared.unknown))
        self.unknown.setVisible(bool(compared.unknown))
        self.table.set_rows(compared.differences)
        if compared.differences:
            self._pages.setCurrentIndex(1)
        else:
            self.working.show_state(tr("Nothing differs."))

    @Slot(Exception)
    def _failed(self, error: Exception) -> None:
        self.working.show_error(error)
        self._pages.setCurrentIndex(0)
