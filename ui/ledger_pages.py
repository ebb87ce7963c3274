"""The pages of the ledgers: the person-days ticket by ticket, and a register line by line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtWidgets import (
    QWidget,
)

from gmops_desktop.contract.person_days import Ledger, WorkLine, word_of_flaw
from gmops_desktop.contract.registers import (
    Record,
    Register,
    word_of_lack,
    word_of_register,
)
from gmops_desktop.language import tr
from gmops_desktop.states import State
from gmops_desktop.tasks import TaskRunner
from ui.attachments import AttachmentStrip
from ui.ledger_sheets import days_of
from ui.theme import CARD_ROW_HEIGHT, HEADER_HEIGHT
from ui.widgets.badges import Gauge, StateBadge
from ui.widgets.frames import Label, WholeRows, button, column, disable, row
from ui.widgets.table_model import Column
from ui.widgets.tables import Table
from ui.words import day, listed

_ROWS: Final = 9


class DaysPage(QWidget):
    """The person-days, ticket by ticket."""

    def __init__(self, runner: TaskRunner) -> None:
        super().__init__()
        self.badge, self.gauge = StateBadge(), Gauge(ticks=(0.5, 0.8))
        self.facts = Label("", "strong")
        columns: list[Column[WorkLine]] = [
            Column(tr("Ticket"), lambda one: one.number, 72, muted=True),
            Column(tr("Title"), lambda one: one.title, tip=lambda one: one.title),
            Column(
                tr("Estimate", context="days"), lambda one: days_of(one.estimate), 72, right=True
            ),
            Column(
                tr("Agreed", context="days"),
                lambda one: days_of(one.consent.days if one.consent else None),
                72,
                right=True,
                tip=consent_of,
            ),
            Column(
                tr("Worked", context="days"),
                lambda one: days_of(one.worked),
                72,
                right=True,
                tip=_bookings,
            ),
            Column(tr("Counted", context="days"), lambda one: days_of(one.counted), 80, right=True),
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
        self.withdraw = button(tr("Withdraw…"), tip=tr("Party A's consent no longer holds"))
        self.take_back = button(tr("Take back…"), tip=tr("Days that were booked by mistake"))
        self.book = button(tr("Book…"), kind="primary", tip=tr("Days worked on this ticket"))
        held = WholeRows(self.table)
        held.setFixedHeight(HEADER_HEIGHT + _ROWS * CARD_ROW_HEIGHT)
        head = row(None, self.facts, self.gauge, self.badge, spacing=12)
        head.setStretch(1, 1)
        self.history = button(tr("History…"), tip=tr("Who recorded and corrected what, and when"))
        foot = row(
            None, self.history, self.withdraw, self.take_back, None,
            self.estimate, self.agree, self.book,
        )  # fmt: skip
        column(self, head, held, foot, spacing=12)
        self.table.picked.connect(self._pick)
        self._pick(None)

    def show_ledger(self, ledger: Ledger) -> None:
        """Show another ledger."""
        self.facts.show_text(
            tr(
                "{used} of {total} used, {left} left, {planned} planned",
                used=days_of(ledger.used),
                total=days_of(ledger.total),
                left=days_of(ledger.left),
                planned=days_of(ledger.planned),
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
        nothing = tr("No days are booked on it.") if line is not None and not line.worked else first
        disable(self.take_back, nothing, tr("Days that were booked by mistake"))
        nobody = tr("Not agreed yet.") if line is not None and not line.consent else first
        disable(self.withdraw, nobody, tr("Party A's consent no longer holds"))


class RegisterPage(QWidget):
    """The lines of one register."""

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
        self.amend = button(tr("Correct…"), tip=tr("Write what is right, and why; both stay"))
        self.sheet = button(
            tr("Sign-in sheet"), icon_name="file-pdf", tip=tr("A sheet to be printed and signed")
        )
        self.complete = button(tr("Name the paper…"), tip=tr("What proves this line"))
        self.add = button(tr("Add…"), kind="primary", icon_name="plus", tip=tr("Add a line"))
        held = WholeRows(self.table)
        held.setFixedHeight(HEADER_HEIGHT + (_ROWS + 1) * CARD_ROW_HEIGHT)
        self._strip: AttachmentStrip | None = None
        self.history = button(tr("History…"), tip=tr("Who recorded and corrected what, and when"))
        self._foot = row(
            None, self.history, None, self.sheet, self.strike, self.amend, self.complete, self.add
        )
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
        disable(self.amend, reason, tr("Write what is right, and why; both stay"))
        disable(self.sheet, reason, tr("A sheet to be printed and signed"))
        if (strip := self._strip) is not None:
            disable(strip.add_button, reason, tr("Attach the paper of this line"))
            if record is None:
                strip.hide()
            else:
                strip.show_subject("register", record.id)


def _line_state(line: WorkLine) -> State | None:
    return "warning" if line.flaws else None


def _flaws(line: WorkLine) -> str:
    return tr("; ").join(word_of_flaw(flaw) for flaw in line.flaws)


def consent_of(line: WorkLine) -> str:
    """Return who agreed to a line, how and when."""
    said = line.consent
    return f"{said.by} · {said.channel} · {day(said.on)}" if said else tr("Not agreed yet.")


def _bookings(line: WorkLine) -> str:
    return "\n".join(
        f"{day(one.on)} {days_of(one.days)} {one.actor} {one.text}".rstrip()
        for one in line.bookings
    )


def _people(record: Record) -> str:
    return listed(record.people)
