"""The ledgers: person-days with estimate, consent and work, and the registers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Final

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import (
    QComboBox,
    QDialogButtonBox,
    QLineEdit,
    QPlainTextEdit,
    QStackedWidget,
    QWidget,
)

from gmops_desktop.changes import Change
from gmops_desktop.contract.person_days import Ledger, WorkLine, word_of_flaw
from gmops_desktop.contract.registers import (
    REGISTERS,
    Record,
    Register,
    word_of_lack,
    word_of_paper,
    word_of_register,
)
from gmops_desktop.contract.terms import Contact
from gmops_desktop.contract.tickets import ENDED, Ticket
from gmops_desktop.language import tr
from gmops_desktop.services.ledgers import Ledgers
from gmops_desktop.states import State
from gmops_desktop.tasks import TaskRunner
from ui.attachments import AttachmentStrip
from ui.dialogs.sheet import Sheet
from ui.theme import CARD_ROW_HEIGHT, HEADER_HEIGHT
from ui.ticket_dialogs import ReasonSheet
from ui.widgets.badges import Gauge, StateBadge
from ui.widgets.fields import day_field, day_in
from ui.widgets.frames import Label, Segments, WholeRows, button, column, disable, row
from ui.widgets.tables import Column, Table
from ui.words import NOTHING, day, listed

_ROWS: Final = 9
_DAYS: Final = "days"


class LedgerDialog(Sheet):
    """One page for the person-days and one for each register.

    `requirements` gives the tickets on which days may be estimated, `contacts` the people valid
    today; `make_strip` lets lines of the registers take files.
    """

    def __init__(
        self,
        parent: QWidget | None,
        ledgers: Ledgers,
        requirements: Callable[[], Sequence[Ticket]],
        contacts: Callable[[], Sequence[Contact]],
        runner: TaskRunner,
        make_strip: Callable[[], AttachmentStrip] | None = None,
    ) -> None:
        super().__init__(parent, tr("Ledgers"), width=880)
        self._ledgers, self._runner = ledgers, runner
        self._requirements, self._contacts = requirements, contacts
        choices = [(_DAYS, tr("Person-days"))]
        choices += [(one, word_of_register(one)) for one in REGISTERS]
        self.pages = _Choice(choices)
        self._make_strip = make_strip
        self.days, self.records = _DaysPage(runner), _RegisterPage(runner)
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
        self.records.add.clicked.connect(self._add)
        self.records.complete.clicked.connect(self._complete)
        self.records.strike.clicked.connect(self._strike)
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

    def _changed(self) -> None:
        self.refresh()
        self._runner.changed.emit(Change.CONTRACT | Change.TICKETS)

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

    # ------------------------------------------------------------ registers

    def _add(self) -> None:
        if self.register is None:
            return
        strip = self._make_strip() if self._make_strip else None
        sheet = RecordSheet(self, self.register, partial(self._added, strip))
        if strip is not None:
            sheet.take_files(strip)
        sheet.open()

    def _added(self, strip: AttachmentStrip | None, record: Record) -> None:
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


class _DaysPage(QWidget):
    def __init__(self, runner: TaskRunner) -> None:
        super().__init__()
        self.badge, self.gauge = StateBadge(), Gauge(ticks=(0.5, 0.8))
        self.facts = Label("", "strong")
        columns: list[Column[WorkLine]] = [
            Column(tr("Ticket"), lambda one: one.number, 72, muted=True),
            Column(tr("Title"), lambda one: one.title, tip=lambda one: one.title),
            Column(tr("Estimate", context="days"), lambda one: _days(one.estimate), 72, right=True),
            Column(
                tr("Agreed", context="days"),
                lambda one: _days(one.consent.days if one.consent else None),
                72,
                right=True,
                tip=_consent,
            ),
            Column(
                tr("Worked", context="days"),
                lambda one: _days(one.worked),
                72,
                right=True,
                tip=_bookings,
            ),
            Column(tr("Counted", context="days"), lambda one: _days(one.counted), 80, right=True),
            Column(tr("State"), _flaws, 208, state=_line_state, tip=_flaws),
        ]
        self.table = Table(
            columns,
            name=tr("Person-days"),
            runner=runner,
            identity=lambda one: one.ticket_id,
            empty=tr("Nothing was estimated or worked yet."),
        )
        self.estimate = button(
            tr("Estimate…"), icon_name="plus", tip=tr("The project manager's evaluation (2.3-4)")
        )
        self.agree = button(tr("Consent…"), tip=tr("Party A agrees to the days"))
        self.book = button(tr("Book…"), kind="primary", tip=tr("Days worked on this ticket"))
        held = WholeRows(self.table)
        held.setFixedHeight(HEADER_HEIGHT + _ROWS * CARD_ROW_HEIGHT)
        head = row(None, self.facts, self.gauge, self.badge, spacing=12)
        head.setStretch(1, 1)
        foot = row(None, None, self.estimate, self.agree, self.book)
        column(self, head, held, foot, spacing=12)
        self.table.picked.connect(self._pick)
        self._pick(None)

    def show_ledger(self, ledger: Ledger) -> None:
        """Show another ledger."""
        self.facts.show_text(
            tr(
                "{used} of {total} used, {left} left, {planned} planned",
                used=_days(ledger.used),
                total=_days(ledger.total),
                left=_days(ledger.left),
                planned=_days(ledger.planned),
            )
        )
        states: dict[int, State] = {0: "ok", 50: "warning", 80: "warning", 100: "critical"}
        state = states[ledger.level]
        share = float(ledger.used / ledger.total) if ledger.total else 0.0
        self.gauge.show_share(share, state if ledger.level else None)
        self.badge.setVisible(bool(ledger.level))
        self.badge.show_state(state, tr("{share} % used", share=round(share * 100)))
        self.table.set_rows(ledger.lines)

    def _pick(self, line: WorkLine | None) -> None:
        first = "" if line else tr("Choose a ticket first.")
        without = line is not None and line.estimate is None
        reason = tr("The project manager evaluates it first (2.3-4).") if without else first
        disable(self.agree, reason, tr("Party A agrees to the days"))
        disable(self.book, first, tr("Days worked on this ticket"))


class _RegisterPage(QWidget):
    def __init__(self, runner: TaskRunner) -> None:
        super().__init__()
        columns: list[Column[Record]] = [
            Column(tr("Day"), lambda one: day(one.on), 96, key=lambda one: one.on),
            Column(
                tr("Subject", context="record"), lambda one: one.title, tip=lambda one: one.text
            ),
            Column(tr("People"), lambda one: listed(one.people), 152, muted=True, tip=_people),
            Column(tr("By"), lambda one: one.by, 80, muted=True),
            Column(tr("Ticket"), lambda one: one.ticket, 72, muted=True),
            Column(
                tr("Paper"),
                lambda one: one.paper or word_of_lack(one.register),
                208,
                state=lambda one: None if one.complete else "warning",
                tip=lambda one: one.paper,
            ),
        ]
        self.table = Table(
            columns,
            name=tr("Registers"),
            runner=runner,
            identity=lambda one: one.id,
            empty=tr("Nothing is on record yet."),
        )
        self.strike = button(tr("Strike out…"), tip=tr("It was a mistake"))
        self.complete = button(tr("Name the paper…"), tip=tr("What proves this line"))
        self.add = button(tr("Add…"), kind="primary", icon_name="plus", tip=tr("Add a line"))
        held = WholeRows(self.table)
        held.setFixedHeight(HEADER_HEIGHT + (_ROWS + 1) * CARD_ROW_HEIGHT)
        self._strip: AttachmentStrip | None = None
        self._foot = row(None, None, self.strike, self.complete, self.add)
        self._column = column(self, held, self._foot, spacing=12)
        self.table.picked.connect(self._pick)

    def place_attachments(self, strip: AttachmentStrip) -> None:
        """Show the files of the line that is chosen, and take new ones."""
        self._strip = strip
        self._foot.insertWidget(0, strip.add_button)
        self._column.insertWidget(1, strip)
        strip.align()
        strip.listen_to(self)
        self._pick(None)

    def show_records(self, register: Register, records: Sequence[Record]) -> None:
        """Show the lines of a register."""
        self.add.setToolTip(word_of_register(register))
        self.table.set_rows(records)

    def _pick(self, record: Record | None) -> None:
        reason = "" if record else tr("Choose a line first.")
        disable(self.complete, reason, tr("What proves this line"))
        disable(self.strike, reason, tr("It was a mistake"))
        if (strip := self._strip) is not None:
            disable(strip.add_button, reason, tr("Attach the paper of this line"))
            if record is None:
                strip.hide()
            else:
                strip.show_subject("register", record.id)


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
    ) -> None:
        """`tickets` are the choice; without any it is `number`, and without `people` nobody is
        asked for."""
        super().__init__(parent, title, "" if tickets else number, width=480)
        self._save, self._number = save, number
        self.ticket, self.by, self.channel = QComboBox(), QComboBox(), QComboBox()
        self.days, self.words = QLineEdit(_days(days) if days else ""), QLineEdit()
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
        self.add_field(tr("Note"), self.words)
        self.add_close(tr("Cancel"))
        self.ok = button(tr("Save"), self._accept, kind="primary")
        self.add_button(self.ok, QDialogButtonBox.ButtonRole.AcceptRole, default=True)
        self.days.textChanged.connect(self._judge)
        self._judge()

    def _judge(self) -> None:
        reason = "" if _decimal(self.days.text()) else tr("Give a number like 0.5.")
        if not reason and not self._number and not self.ticket.count():
            reason = tr("There is no requirement to estimate.")
        disable(self.ok, reason)

    def _accept(self) -> None:
        days = _decimal(self.days.text())
        if days is not None:
            number = str(self.ticket.currentData() or self._number)
            by, channel = self.by.currentText(), self.channel.currentText()
            self._save(number, days, by, channel, self.words.text())
            self.accept()


class RecordSheet(Sheet):
    """Asks for a line of a register; its paper may follow later."""

    def __init__(
        self, parent: QWidget | None, register: Register, save: Callable[[Record], object]
    ) -> None:
        super().__init__(parent, word_of_register(register), width=520)
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
        self.add_close(tr("Cancel"))
        self.ok = button(tr("Save"), self._accept, kind="primary")
        self.add_button(self.ok, QDialogButtonBox.ButtonRole.AcceptRole, default=True)
        self.title.textChanged.connect(self._judge)
        self.hours.textChanged.connect(self._judge)
        self._judge()

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
        if self._strip is not None:
            reason = reason or self._strip.reading
        disable(self.ok, reason)

    def _accept(self) -> None:
        files = listed(one.name for one in self._strip.drafts) if self._strip else ""
        names = self.people.text().replace("，", ",").replace("、", ",").split(",")
        self._save(
            Record(
                "",
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
            )
        )
        self.accept()


def _days(value: Decimal | None) -> str:
    return NOTHING if value is None else f"{value.normalize():f}"


def _decimal(text: str) -> Decimal | None:
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        return None
    return value if value.is_finite() and value > 0 else None


def _line_state(line: WorkLine) -> State | None:
    return "warning" if line.flaws else None


def _flaws(line: WorkLine) -> str:
    return tr("; ").join(word_of_flaw(flaw) for flaw in line.flaws)


def _consent(line: WorkLine) -> str:
    said = line.consent
    return f"{said.by} · {said.channel} · {day(said.on)}" if said else tr("Not agreed yet.")


def _bookings(line: WorkLine) -> str:
    return "\n".join(
        f"{day(one.on)} {_days(one.days)} {one.actor} {one.text}".rstrip() for one in line.bookings
    )


def _people(record: Record) -> str:
    return listed(record.people)


def open_requirements(tickets: Iterable[Ticket]) -> list[Ticket]:
    """Return the tickets on which days may be estimated: requirements that are not over."""
    return [one for one in tickets if one.kind == "requirement" and one.state not in ENDED]
