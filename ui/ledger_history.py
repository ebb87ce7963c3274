"""What was recorded and corrected in a ledger, the newest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtWidgets import QWidget

from gmops_desktop.contract.ledger_history import LedgerEntry
from gmops_desktop.language import tr
from gmops_desktop.tasks import TaskRunner
from ui.dialogs.sheet import Sheet
from ui.theme import CARD_ROW_HEIGHT, HEADER_HEIGHT
from ui.widgets.frames import WholeRows
from ui.widgets.table_model import Column
from ui.widgets.tables import Table
from ui.words import stamp

_ROWS: Final = 12


class LedgerHistory(Sheet):
    """A row for each entry; a correction says what stood there before, and why it changed."""

    def __init__(
        self,
        parent: QWidget | None,
        ledger: str,
        entries: Sequence[LedgerEntry],
        runner: TaskRunner,
    ) -> None:
        super().__init__(parent, tr("History of “{ledger}”", ledger=ledger), width=880)
        columns: list[Column[LedgerEntry]] = [
            Column(tr("When"), lambda one: stamp(one.at), 136, key=lambda one: one.at),
            Column(tr("Who"), lambda one: one.actor, 88, muted=True),
            Column(tr("What"), lambda one: one.line, 176, tip=lambda one: one.line),
            Column(
                tr("What was recorded"),
                lambda one: one.text,
                state=lambda one: "warning" if one.correction else None,
                tip=lambda one: one.text,
            ),
        ]
        self.table = Table(
            columns,
            name=tr("History"),
            runner=runner,
            identity=lambda one: one.id,
            empty=tr("Nothing is on record yet."),
        )
        held = WholeRows(self.table)
        held.setFixedHeight(HEADER_HEIGHT + _ROWS * CARD_ROW_HEIGHT)
        self.body.addWidget(held)
        self.table.set_rows(entries)
        self.add_close(tr("Close"))
