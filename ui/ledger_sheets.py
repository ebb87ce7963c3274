"""What the ledgers ask for: days of a ticket, and a line of a register."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation

from PySide6.QtCore import QDate
from PySide6.QtWidgets import QComboBox, QDialogButtonBox, QLineEdit, QPlainTextEdit, QWidget

from gmops_desktop.contract.registers import Record, Register, word_of_paper, word_of_register
from gmops_desktop.contract.tickets import Ticket
from gmops_desktop.language import tr
from ui.attachments import AttachmentStrip
from ui.dialogs.sheet import Sheet
from ui.widgets.fields import day_field, day_in
from ui.widgets.frames import Label, button, column, disable, row
from ui.words import NOTHING, listed


class DaysSheet(Sheet):
    """Asks for a number of days of a ticket, who says so, and how."""

    def __init__(
        self,
        parent: QWidget | None,
        title: str,
        tickets: Sequence[Ticket],
        number: str,
        people: Sequence[str],
        save: Callable[[str, Decimal, str, str, str], object],
        *,
        days: Decimal | None = None,
        channel: bool = False,
        reason: bool = False,
    ) -> None:
        """`tickets` are the choice; without any it is `number`, and without `people` nobody is
        asked for.  With `reason` the note must say why."""
        super().__init__(parent, title, "" if tickets else number, width=480)
        self._save, self._number, self._reason = save, number, reason
        self.ticket, self.by, self.channel = QComboBox(), QComboBox(), QComboBox()
        self.days, self.words = QLineEdit(days_of(days) if days else ""), QLineEdit()
        self.days.setPlaceholderText("0.5")
        for ticket in tickets:
            self.ticket.addItem(f"{ticket.number} {ticket.title}", ticket.number)
        self.ticket.setCurrentIndex(max(0, self.ticket.findData(number)))
        self.by.addItems(list(people))
        for word in (tr("Telephone"), tr("WeChat"), tr("E-mail"), tr("Signature on paper")):
            self.channel.addItem(word)
        if tickets:
            self.add_field(tr("Ticket"), self.ticket)
        self.add_field(tr("Person-days"), self.days)
        if people:
            self.add_field(tr("Who"), self.by)
        if channel:
            self.add_field(tr("How"), self.channel)
        self.add_field(tr("Reason") if reason else tr("Note"), self.words)
        self.add_close(tr("Cancel"))
        self.ok = button(tr("Save"), self._accept, kind="primary")
        self.add_button(self.ok, QDialogButtonBox.ButtonRole.AcceptRole, default=True)
        self.days.textChanged.connect(self._judge)
        self.words.textChanged.connect(self._judge)
        self._judge()

    def _judge(self) -> None:
        reason = "" if _decimal(self.days.text()) else tr("Give a number like 0.5.")
        if not reason and not self._number and not self.ticket.count():
            reason = tr("There is no requirement to estimate.")
        if not reason and self._reason and not self.words.text().strip():
            reason = tr("Write it first: it stands in the record.")
        disable(self.ok, reason)

    def _accept(self) -> None:
        days = _decimal(self.days.text())
        if days is not None:
            number = str(self.ticket.currentData() or self._number)
            by, channel = self.by.currentText(), self.channel.currentText()
            self._save(number, days, by, channel, self.words.text())
            self.accept()


class RecordSheet(Sheet):
    """Asks for a line of a register, whose paper may follow later, or for what is right in one.

    `save` gets the line, and of a correction why.
    """

    def __init__(
        self,
        parent: QWidget | None,
        register: Register,
        save: Callable[[Record, str], object],
        record: Record | None = None,
    ) -> None:
        super().__init__(parent, word_of_register(register), width=520)
        self._record = record
        self._strip: AttachmentStrip | None = None
        self._register, self._save = register, save
        self.title, self.people, self.by = QLineEdit(), QLineEdit(), QLineEdit()
        self.on, self.until = day_field(date.today()), day_field(date.today())
        self.paper, self.ticket, self.hours = QLineEdit(), QLineEdit(), QLineEdit()
        self.words = QPlainTextEdit()
        self.words.setTabChangesFocus(True)
        self.words.setFixedHeight(64)
        self.ticket.setPlaceholderText("T-0001")
        self.add_field(tr("Subject", context="record"), self.title)
        first = row(None, *self._column(tr("Day"), self.on), *self._column(tr("Hours"), self.hours))
        self.body.addLayout(first)
        if register == "verification":
            self.add_field(tr("Holds until"), self.until)
        else:
            self.add_field(tr("People (apart by commas)"), self.people)
        last = row(None, *self._column(tr("By"), self.by), *self._column(tr("Ticket"), self.ticket))
        self.body.addLayout(last)
        self.add_field(word_of_paper(register), self.paper, tr("It may be named later."))
        self.add_field(tr("Note"), self.words)
        self.why = QLineEdit()
        if record is not None:
            self._fill(record)
            self.add_field(tr("Why it is corrected"), self.why)
        self.add_close(tr("Cancel"))
        self.ok = button(tr("Save"), self._accept, kind="primary")
        self.add_button(self.ok, QDialogButtonBox.ButtonRole.AcceptRole, default=True)
        self.title.textChanged.connect(self._judge)
        self.why.textChanged.connect(self._judge)
        self.hours.textChanged.connect(self._judge)
        self._judge()

    def _fill(self, record: Record) -> None:
        self.title.setText(record.title)
        self.people.setText(listed(record.people))
        self.by.setText(record.by)
        self.paper.setText(record.paper)
        self.ticket.setText(record.ticket)
        self.ticket.setEnabled(False)  # another ticket would be another line
        self.hours.setText(days_of(record.hours) if record.hours else "")
        self.words.setPlainText(record.text)
        self.on.setDate(QDate(record.on.year, record.on.month, record.on.day))
        if record.until is not None:
            self.until.setDate(QDate(record.until.year, record.until.month, record.until.day))

    def take_files(self, strip: AttachmentStrip) -> None:
        """Take the paper itself; its name stands in the line where none is written."""
        self._strip = strip
        strip.join(self, self.title, self.paper, self.words)
        strip.drafts_changed.connect(self._judge)

    def _column(self, word: str, field: QWidget) -> tuple[QWidget]:
        field.setAccessibleName(word)
        held = QWidget()
        caption = Label(word, "caption", elide=False)
        caption.setBuddy(field)
        column(held, caption, field, spacing=4)
        return (held,)

    def _judge(self) -> None:
        reason = "" if self.title.text().strip() else tr("Say in a few words what it was about.")
        if self.hours.text().strip() and _decimal(self.hours.text()) is None:
            reason = tr("Give a number like 1.5.")
        if self._record is not None and not self.why.text().strip():
            reason = reason or tr("Write it first: it stands in the record.")
        if self._strip is not None:
            reason = reason or self._strip.reading
        disable(self.ok, reason)

    def _accept(self) -> None:
        files = listed(one.name for one in self._strip.drafts) if self._strip else ""
        names = self.people.text().replace("，", ",").replace("、", ",").split(",")
        self._save(
            Record(
                self._record.id if self._record else "",
                self._register,
                day_in(self.on),
                self.title.text(),
                tuple(name.strip() for name in names if name.strip()),
                self.by.text(),
                self.paper.text().strip() or files,
                self.ticket.text(),
                self.words.toPlainText(),
                _decimal(self.hours.text()),
                day_in(self.until) if self._register == "verification" else None,
            ),
            self.why.text(),
        )
        self.accept()


def days_of(value: Decimal | None) -> str:
    """Return a number of days without zeros at its end."""
    return NOTHING if value is None else f"{value.normalize():f}"


def _decimal(text: str) -> Decimal | None:
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        return None
    return value if value.is_finite() and value > 0 else None
