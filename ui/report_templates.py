"""All templates of texts: looked at, edited, dropped."""

from __future__ import annotations

from typing import cast

from PySide6.QtWidgets import QDialogButtonBox, QLineEdit, QPlainTextEdit, QWidget

from gmops_desktop.contract.report_texts import TextTemplate, word_of_section
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.services.reports import Kind, word_of_kind
from gmops_desktop.services.reports.texts import Texts
from ui.dialogs.sheet import Sheet
from ui.widgets.frames import Label, button, column, disable, paragraph, row
from ui.widgets.table_model import Column
from ui.widgets.tables import Table


class TemplateSheet(Sheet):
    """A list at the left, the chosen one's name and text at the right."""

    def __init__(self, parent: QWidget | None, texts: Texts) -> None:
        super().__init__(
            parent,
            tr("Templates of texts"),
            tr(
                "Texts to begin a section with. They go along to the other machines with the "
                "journal; documents made with their words keep them."
            ),
            width=940,
        )
        self._texts = texts
        self.table: Table[TextTemplate] = Table(
            (
                Column(tr("Name", context="of what is kept"), lambda one: one.name),
                Column(tr("Kind"), lambda one: word_of_kind(cast(Kind, one.kind)), width=144),
                Column(
                    tr("Section"), lambda one: word_of_section(one.kind, one.section), width=184
                ),
            ),
            name=tr("Templates of texts"),
            identity=lambda one: one.id,
            empty=tr("None yet: write a text, then keep it under “Templates”."),
        )
        self.table.setMinimumSize(500, 280)
        self.name = QLineEdit()
        self.name.setAccessibleName(tr("Name of the template"))
        self.text = QPlainTextEdit()
        self.text.setAccessibleName(tr("Text"))
        self.text.setTabChangesFocus(True)
        self.fault = paragraph("", "caption")
        self.fault.setProperty("ink", "critical")
        word = Label(tr("Name", context="of what is kept"), "caption")
        right = column(
            None, word, self.name, Label(tr("Text"), "caption"), self.text, self.fault, spacing=4,
        )  # fmt: skip
        both = row(None, self.table, spacing=16)
        both.addLayout(right, 1)
        self.body.addLayout(both)
        self.drop = button(tr("Drop"), self._drop, kind="danger", icon_name="trash")
        self.left.addWidget(self.drop)
        self.add_close(tr("Close"))
        self.save = button(tr("Save", context="template"), self._save, kind="primary")
        self.add_button(self.save, QDialogButtonBox.ButtonRole.ActionRole)
        self.table.picked.connect(self._show)
        self.name.textChanged.connect(self._judge)
        self.text.textChanged.connect(self._judge)
        self._fill()

    def _fill(self) -> None:
        self.table.set_rows(self._texts.templates())
        if self.table.current is None and self.table.rows.shown:
            self.table.selectRow(0)
        self._show(self.table.current)

    def _show(self, chosen: TextTemplate | None) -> None:
        self.name.setText(chosen.name if chosen else "")
        self.text.setPlainText(chosen.text if chosen else "")
        self.fault.hide()
        for field in (self.name, self.text):
            field.setEnabled(chosen is not None)
        self._judge()

    def _judge(self) -> None:
        chosen = self.table.current
        missing = "" if chosen is not None else tr("No template is chosen.")
        disable(self.drop, missing)
        same = (
            chosen is not None
            and self.name.text() == chosen.name
            and self.text.toPlainText() == chosen.text
        )
        disable(self.save, missing or (tr("Nothing was changed.") if same else ""))

    def _save(self) -> None:
        chosen = self.table.current
        if chosen is None:
            return
        try:
            self._texts.edit_template(chosen.id, self.name.text(), self.text.toPlainText())
        except OpsError as error:
            self.fault.setText(f"{error.message} {error.hint}")
            self.fault.show()
            return
        self._fill()

    def _drop(self) -> None:
        if (chosen := self.table.current) is not None:
            self._texts.drop_template(chosen.id)
            self._fill()
