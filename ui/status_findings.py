"""Everything the newest look at a resource found, line by line: to read, filter, copy, export."""

from __future__ import annotations

from typing import Final

from PySide6.QtWidgets import QWidget

from gmops_desktop.contract.fact_lines import FactLine, lines_of
from gmops_desktop.language import tr
from gmops_desktop.services.servers import Look
from ui.dialogs.sheet import Sheet
from ui.theme import CARD_ROW_HEIGHT, HEADER_HEIGHT
from ui.widgets.frames import WholeRows
from ui.widgets.table_model import Column
from ui.widgets.tables import FilterField, Table
from ui.words import stamp

_ROWS: Final = 16


class FindingsDialog(Sheet):
    """The lines of one look; unknown always says why."""

    def __init__(self, parent: QWidget | None, look: Look) -> None:
        title = tr("All findings: {name}", name=look.name)
        about = tr("looked at {time}; {reason}", time=stamp(look.at), reason=look.reason)
        super().__init__(parent, title, about, width=880)
        columns: list[Column[FactLine]] = [
            Column(tr("Subject"), lambda one: one.subject, 136, muted=True),
            Column(tr("Looked at"), lambda one: one.name, 208, tip=lambda one: one.name),
            Column(
                tr("Finding"),
                lambda one: one.value,
                state=lambda one: one.state,
                tip=lambda one: one.value,
            ),
        ]
        self.table: Table[FactLine] = Table(columns, name=title, identity=id)
        held = WholeRows(self.table)
        held.setFixedHeight(HEADER_HEIGHT + _ROWS * CARD_ROW_HEIGHT)
        self.body.addWidget(FilterField(self.table, tr("Filter the findings")))
        self.body.addWidget(held)
        self.add_close(tr("Close"))
        self.table.set_rows(lines_of(look.details) if look.details else ())
