"""The top of a restore's preview: from where to where, what is affected, and what it takes."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QComboBox, QWidget

from gmops_desktop.addresses import Resource
from gmops_desktop.language import tr, tr_n
from gmops_desktop.services.restores import Preview
from ui import words
from ui.backup_rows import database_text
from ui.restore_words import rows_of
from ui.widgets.frames import Glyph, Label, column, line, row


class RestoreHead(QWidget):
    """Says which archive goes into which of `targets`, and what a preview found."""

    def __init__(self, heading: str, source: str, targets: Sequence[Resource]) -> None:
        super().__init__()
        self.target = QComboBox()
        self.target.setAccessibleName(tr("Restore to"))
        self.target.setMinimumWidth(240)
        for resource in targets:
            self.target.addItem(database_text(resource))
        # One database is no choice: it is named, not offered.
        only = len(targets) == 1
        self._only = Label(self.target.currentText() if only else "", "strong")
        self._only.setVisible(only)
        self.target.setVisible(not only)
        self.compared = Label(role="caption")
        self.affected = Label(words.NOTHING, "strong")
        self._untouched = Label(role="caption")
        self._cost = Label(words.NOTHING, "strong")
        self._cost_hint = Label(role="caption")
        self._lay_out(heading, source)

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
            self.compared,
            spacing=2,
        )
        affected = column(
            None, Label(tr("Affected"), "caption"), self.affected, self._untouched, spacing=2
        )
        cost = column(
            None, Label(tr("Estimate"), "caption"), self._cost, self._cost_hint, spacing=2
        )
        arrow = Glyph("arrow-right", 20)
        beside = (affected, line(upright=True), cost)
        row(self, origin, 8, arrow, 8, goal, None, *beside, spacing=12)

    def show_nothing(self) -> None:
        """Say nothing of what a comparison finds: it runs."""
        self.compared.show_text(tr("As it is now"))
        for label in (self.affected, self._cost):
            label.show_text(words.NOTHING)
        for label in (self._untouched, self._cost_hint):
            label.show_text("")

    def show_found(self, preview: Preview) -> None:
        """Say how much a restore would change, and how long it would take."""
        changes = [change for change in preview.tables if change.action != "same"]
        same = len(preview.tables) - len(changes)
        self.affected.show_text(
            tr(
                "{changed} of {all} tables, {rows} rows",
                changed=len(changes),
                all=len(preview.tables),
                rows=words.number(sum(map(rows_of, changes))),
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
        sent = words.size(preview.sent_bytes)
        self._cost_hint.show_text(tr("{size} over the line, and the safety copy", size=sent))
        if preview.makes_schema:
            self.compared.show_text(tr("Not there yet; it is made"))
