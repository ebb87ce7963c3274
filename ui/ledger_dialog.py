"""The ledgers: person-days with estimate, consent and work, and the registers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from functools import partial
from typing import Final

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import (
    QStackedWidget,
    QWidget,
)

from gmops_desktop.changes import Change
from gmops_desktop.contract.registers import (
    REGISTERS,
    Record,
    Register,
    word_of_paper,
    word_of_register,
)
from gmops_desktop.contract.terms import Contact
from gmops_desktop.contract.tickets import ENDED, Ticket
from gmops_desktop.language import tr
from gmops_desktop.services.ledgers import Ledgers
from gmops_desktop.tasks import TaskRunner
from ui.attachments import AttachmentStrip
from ui.dialogs.sheet import Sheet
from ui.ledger_history import LedgerHistory
from ui.ledger_pages import DaysPage, RegisterPage, consent_of
from ui.ledger_sheets import DaysSheet, RecordSheet
from ui.ticket_dialogs import ReasonSheet
from ui.widgets.frames import Segments, row
from ui.words import day

_DAYS: Final = "days"


class LedgerDialog(Sheet):
    """One page for the person-days and one for each register.

    `requirements` gives the tickets on which days may be estimated, `contacts` the people valid
    today; `make_strip` lets lines of the registers take files, `print_sheet` makes the sign-in
    sheet of a training.
    """

    def __init__(
        self,
        parent: QWidget | None,
        ledgers: Ledgers,
        requirements: Callable[[], Sequence[Ticket]],
        contacts: Callable[[], Sequence[Contact]],
        runner: TaskRunner,
        make_strip: Callable[[], AttachmentStrip] | None = None,
        print_sheet: Callable[[Record], object] | None = None,
    ) -> None:
        super().__init__(parent, tr("Ledgers"), width=880)
        self._print_sheet = print_sheet
        self._ledgers, self._runner = ledgers, runner
        self._requirements, self._contacts = requirements, contacts
        choices = [(_DAYS, tr("Person-days"))]
        choices += [(one, word_of_register(one)) for one in REGISTERS]
        self.pages = _Choice(choices)
        self._make_strip = make_strip
        self.days, self.records = DaysPage(runner), RegisterPage(runner)
        if make_strip is not None:
            strip = make_strip()
            self.records.place_attachments(strip)
            strip.attached.connect(self._proved)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.days)
        self._stack.addWidget(self.records)
        self.body.addLayout(row(None, self.pages, None))
        self.body.addWidget(self._stack)
        self.add_close(tr("Close"))
        self.pages.chosen.connect(self.show_page)
        self.days.estimate.clicked.connect(self._estimate)
        self.days.agree.clicked.connect(self._agree)
        self.days.book.clicked.connect(self._book)
        self.days.take_back.clicked.connect(self._take_back)
        self.days.withdraw.clicked.connect(self._withdraw)
        self.records.add.clicked.connect(self._add)
        self.records.amend.clicked.connect(self._amend)
        self.records.sheet.clicked.connect(self._print)
        self.records.complete.clicked.connect(self._complete)
        self.records.strike.clicked.connect(self._strike)
        for page in (self.days, self.records):
            page.history.clicked.connect(self._tell_history)
        self.show_page(_DAYS)

    @property
    def register(self) -> Register | None:
        """The register in sight; None for the person-days."""
        return next((one for one in REGISTERS if one == self.pages.current), None)

    def show_page(self, key: str) -> None:
        """Show the person-days ("days"), a register, or the register that holds a record's id; with
        "+" before a register a new line of it is asked for."""
        if key.startswith("+"):
            self.show_page(key[1:])
            QTimer.singleShot(0, self, self._add)  # once this dialog is there
            return
        found = next((one for one in self._ledgers.records() if one.id == key), None)
        self.pages.choose(found.register if found else key)
        self.refresh()
        if found:
            self.records.table.select(found.id)

    def refresh(self) -> None:
        """Show what is on record."""
        register = self.register
        self._stack.setCurrentIndex(0 if register is None else 1)
        if register is None:
            self.days.show_ledger(self._ledgers.person_days())
        else:
            self.records.show_records(register, self._ledgers.records(register))
            can_print = register == "training" and self._print_sheet is not None
            self.records.sheet.setVisible(can_print)

    def _changed(self) -> None:
        self.refresh()
        self._runner.changed.emit(Change.CONTRACT | Change.TICKETS)

    def _tell_history(self) -> None:
        register = self.register
        LedgerHistory(
            self,
            word_of_register(register) if register else tr("Person-days"),
            self._ledgers.history(register),
            self._runner,
        ).open()

    # ------------------------------------------------------------ person-days

    def _estimate(self) -> None:
        managers = [one for one in self._contacts() if one.post == "project_manager"]
        line = self.days.table.current
        DaysSheet(
            self,
            tr("Estimate of the project manager"),
            self._requirements(),
            line.number if line else "",
            [one.name for one in managers],
            self._estimated,
        ).open()

    def _estimated(self, number: str, days: Decimal, by: str, _channel: str, text: str) -> None:
        self._ledgers.estimate(number, days, by=by, text=text)
        self._changed()

    def _agree(self) -> None:
        line = self.days.table.current
        if line is None:
            return
        asked = [one.name for one in self._contacts() if one.party == "A"]
        DaysSheet(
            self,
            tr("Consent of Party A"),
            (),
            line.number,
            asked,
            self._agreed,
            days=line.estimate,
            channel=True,
        ).open()

    def _agreed(self, number: str, days: Decimal, by: str, channel: str, text: str) -> None:
        self._ledgers.agree(number, by=by, channel=channel, days=days, text=text)
        self._changed()

    def _book(self) -> None:
        line = self.days.table.current
        if line is not None:
            DaysSheet(self, tr("Book days worked"), (), line.number, (), self._booked).open()

    def _booked(self, number: str, days: Decimal, _by: str, _channel: str, text: str) -> None:
        self._ledgers.book(number, days, text)
        self._changed()

    def _take_back(self) -> None:
        line = self.days.table.current
        if line is not None:
            title = tr("Take back days booked by mistake")
            DaysSheet(
                self, title, (), line.number, (), self._taken_back, days=line.worked, reason=True
            ).open()

    def _taken_back(self, number: str, days: Decimal, _by: str, _channel: str, text: str) -> None:
        self._ledgers.take_back(number, days, text)
        self._changed()

    def _withdraw(self) -> None:
        line = self.days.table.current
        if line is not None and line.consent is not None:
            title = tr("Withdraw the consent to {number}?", number=line.number)
            sheet = ReasonSheet(self, title, consent_of(line), tr("Withdraw"))
            sheet.given.connect(partial(self._withdrawn, line.number))
            sheet.open()

    def _withdrawn(self, number: str, why: str) -> None:
        self._ledgers.withdraw(number, why)
        self._changed()

    # ------------------------------------------------------------ registers

    def _add(self) -> None:
        if self.register is None:
            return
        strip = self._make_strip() if self._make_strip else None
        sheet = RecordSheet(self, self.register, partial(self._added, strip))
        if strip is not None:
            sheet.take_files(strip)
        sheet.open()

    def _added(self, strip: AttachmentStrip | None, record: Record, _why: str) -> None:
        added = self._ledgers.add(
            record.register,
            record.title,
            on=record.on,
            people=record.people,
            by=record.by,
            paper=record.paper,
            ticket=record.ticket,
            text=record.text,
            hours=record.hours,
            until=record.until,
        )
        if strip is not None:
            strip.hand_over("register", added.id)
        self._changed()

    def _amend(self) -> None:
        record = self.records.table.current
        if record is not None:
            RecordSheet(self, record.register, self._amended, record).open()

    def _amended(self, record: Record, why: str) -> None:
        self._ledgers.amend(
            record.id,
            why,
            on=record.on,
            title=record.title.strip(),
            people=record.people,
            by=record.by.strip(),
            paper=record.paper.strip(),
            text=record.text.strip(),
            hours=record.hours,
            until=record.until,
        )
        self._changed()

    def _print(self) -> None:
        record = self.records.table.current
        if record is not None and self._print_sheet is not None:
            self._print_sheet(record)
            self.accept()  # it is shown among the reports

    def _complete(self) -> None:
        record = self.records.table.current
        if record is not None:
            sheet = ReasonSheet(
                self,
                word_of_paper(record.register),
                f"{day(record.on)} {record.title}",
                tr("Save"),
                tr("File, number, or the place of the folder"),
            )
            sheet.given.connect(partial(self._completed, record.id))
            sheet.open()

    def _completed(self, identity: str, paper: str) -> None:
        self._ledgers.complete(identity, paper)
        self._changed()

    def _proved(self, identity: str, names: str) -> None:
        """A file attached to a line without its paper is the paper."""
        record = next((one for one in self._ledgers.records() if one.id == identity), None)
        if record is not None and not record.complete:
            self._completed(identity, names)

    def _strike(self) -> None:
        record = self.records.table.current
        if record is not None:
            title = tr("Strike out “{title}”?", title=record.title)
            text = tr("It no longer counts; the journal keeps it with the reason.")
            sheet = ReasonSheet(self, title, text, tr("Strike out"))
            sheet.given.connect(partial(self._struck, record.id))
            sheet.open()

    def _struck(self, identity: str, reason: str) -> None:
        self._ledgers.strike(identity, reason)
        self._changed()


class _Choice(Segments):
    """Segments whose number of choices is that of the registers."""

    def __init__(self, choices: Sequence[tuple[str, str]]) -> None:
        super().__init__(choices, name=tr("Ledgers"))


def open_requirements(tickets: Iterable[Ticket]) -> list[Ticket]:
    """Return the tickets on which days may be estimated: requirements that are not over."""
    return [one for one in tickets if one.kind == "requirement" and one.state not in ENDED]
