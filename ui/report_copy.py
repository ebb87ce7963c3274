"""Records that somebody was given a copy of a document."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

from PySide6.QtWidgets import QDialogButtonBox, QLineEdit, QWidget

from gmops_desktop.contract.terms import day_of
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.services.reports import Report
from gmops_desktop.services.reports.copies import FORMS, Form, word_of_form
from ui.dialogs.sheet import Sheet
from ui.widgets.fields import day_field, day_in
from ui.widgets.frames import Segments, button, disable, paragraph

Give = Callable[[str, Form, date, str], object]


class CopySheet(Sheet):
    """Asks who was given a copy, how and when; `give` records it and may refuse."""

    def __init__(self, parent: QWidget | None, report: Report, give: Give) -> None:
        super().__init__(
            parent,
            tr("Hand over a copy of {number}", number=report.number),
            tr("Recorded with its day and your name; the register then says who holds which copy."),
            width=460,
        )
        self._give = give
        self.to = QLineEdit()
        self.to.setPlaceholderText(tr("name of the person, of Party A or of yours"))
        self.form = Segments([(form, word_of_form(form)) for form in FORMS], "paper", tr("How"))
        self.on = day_field(day_of(datetime.now(UTC)))
        self.remark = QLineEdit()
        self.fault = paragraph("", "caption")
        self.fault.setProperty("ink", "critical")
        self.add_field(tr("Given to"), self.to)
        self.add_field(tr("How"), self.form)
        self.add_field(tr("On"), self.on)
        self.add_field(tr("Remark"), self.remark)
        self.body.addWidget(self.fault)
        self.add_close(tr("Cancel"))
        self.go = button(tr("Record"), self._record, kind="primary")
        self.add_button(self.go, QDialogButtonBox.ButtonRole.AcceptRole, default=True)
        self.to.textChanged.connect(self._judge)
        self._judge()

    def _judge(self) -> None:
        empty = not self.to.text().strip()
        disable(self.go, tr("Name who was given it first.") if empty else "")

    def _record(self) -> None:
        form: Form = "file" if self.form.current == "file" else "paper"
        try:
            self._give(self.to.text(), form, day_in(self.on), self.remark.text())
        except OpsError as error:
            self.fault.setText(f"{error.message} {error.hint}")
            return
        self.accept()
