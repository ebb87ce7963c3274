"""Who is on duty day by day, and the years of public holidays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Final

from PySide6.QtWidgets import (
    QCheckBox,
    QDialogButtonBox,
    QLineEdit,
    QPlainTextEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from gmops_desktop.changes import Change
from gmops_desktop.contract.duty import OnDuty
from gmops_desktop.contract.terms import Contact
from gmops_desktop.contract.workdays import Holidays
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.services.calendars import Calendars, described, parse_days
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.roster import Roster
from gmops_desktop.tasks import TaskRunner
from ui.dialogs.sheet import Sheet
from ui.widgets.badges import StateBadge
from ui.widgets.fields import day_field, day_in, person_field
from ui.widgets.frames import Card, Label, button, clear, disable, paragraph, row
from ui.widgets.table_model import Column
from ui.widgets.tables import Table
from ui.words import NOTHING, day, weekday

_DAYS: Final = 14  # of the roster in sight

Line = tuple[date, OnDuty | None, bool]  # a day, who answers, whether people work on it


class DutyCard(Card):
    """The next two weeks of the roster, and the calendar behind working days."""

    def __init__(
        self, roster: Roster, calendars: Calendars, contracts: Contracts, runner: TaskRunner
    ) -> None:
        super().__init__(tr("Duty and calendar"))
        self._roster, self._calendars, self._contracts = roster, calendars, contracts
        self._runner = runner
        columns: list[Column[Line]] = [
            Column(tr("Day"), lambda one: f"{day(one[0])} {weekday(one[0])}", 144),
            Column("", lambda one: "" if one[2] else tr("off"), 48, muted=True),
            Column(
                tr("On duty"),
                lambda one: one[1].person.name if one[1] else tr("nobody"),
                112,
                state=lambda one: None if one[1] else "critical",
            ),
            Column(tr("Phone"), lambda one: one[1].phone if one[1] else NOTHING, 120, muted=True),
            Column(tr("Remark"), _remark, tip=_remark, muted=True),
        ]
        self.table = Table(columns, name=tr("Duty roster"), runner=runner, identity=lambda one: one)
        self._years = QVBoxLayout()
        self._years.setSpacing(4)
        self.assign = button(
            tr("Put on duty…"),
            self._assign,
            icon_name="phone",
            tip=tr("Who answers day and night, from when to when; a swap is one more entry"),
        )
        self.enter = button(
            tr("Enter public holidays…"),
            self._enter,
            icon_name="calendar-blank",
            tip=tr("The year as the State Council announced it, with worked weekends"),
        )
        self.add_table(self.table)
        self.add(self._years)
        self.add(row(None, self.assign, None, self.enter))

    def refresh(self) -> None:
        """Show what is on record."""
        today = date.today()
        calendar = self._calendars.calendar()
        last = today + timedelta(days=_DAYS - 1)
        found = self._roster.days(today, last)
        self.table.set_rows((on, one, calendar.is_workday(on)) for on, one in found)
        now = found[0][1]
        self.hint.show_text(
            tr("on duty today: {name} {phone}", name=now.person.name, phone=now.phone)
            if now
            else tr("nobody is on duty today")
        )
        people = [one for one in self._roster.people() if one.valid(today)]
        reason = "" if people else tr("Add the people of Party B first.")
        disable(self.assign, reason, self.assign.toolTip())
        clear(self._years)
        contract = self._contracts.current(today)
        end = max(contract.end, today) if contract else today
        for year in range(today.year, end.year + 1):
            known = calendar.holidays(year)
            source = tr("not known: only weekends count")
            if known is not None:
                source = known.source or tr("known to the program")
            badge = StateBadge("ok" if known else "warning", str(year))
            self._years.addLayout(row(None, badge, Label(source, "caption")))

    def _assign(self) -> None:
        today = date.today()
        people = [one for one in self._roster.people() if one.valid(today)]
        DutySheet(self.window(), people, self._assigned).open()

    def _assigned(
        self, people: Sequence[str], first: date, last: date, days: int, reason: str
    ) -> None:
        if len(people) > 1:
            self._roster.rotate(people, first, last, days)
        else:
            self._roster.assign(people[0], first, last, reason=reason)
        self._runner.changed.emit(Change.CONTRACT)

    def begin_calendar(self) -> None:
        """Ask for the year that is not known."""
        self._enter()

    def _enter(self) -> None:
        calendar = self._calendars.calendar()
        today = date.today()
        unknown = calendar.unknown_years(today, date(today.year + 1, 12, 31))
        year = unknown[0] if unknown else today.year
        HolidaysSheet(self.window(), year, calendar.holidays, self._entered).open()

    def _entered(self, holidays: Holidays) -> None:
        self._calendars.save(holidays)
        self._runner.changed.emit(Change.CONTRACT)


class DutySheet(Sheet):
    """Asks who is on duty from when to when; several people take turns."""

    def __init__(
        self,
        parent: QWidget | None,
        people: Sequence[Contact],
        save: Callable[[Sequence[str], date, date, int, str], object],
    ) -> None:
        super().__init__(parent, tr("Put on duty"), width=480)
        self._save = save
        self.person = person_field(people)
        today = date.today()
        self.first, self.last = day_field(today), day_field(today + timedelta(days=6))
        self.turns = QCheckBox(tr("All of them take turns of"))
        self.days = QSpinBox()
        self.days.setRange(1, 31)
        self.days.setValue(7)
        self.days.setAccessibleName(tr("How many days each turn lasts."))
        self._all = [one.id for one in people]
        self.reason = QLineEdit()
        self.add_field(tr("On duty"), self.person)
        self.body.addLayout(row(None, self.turns, self.days, Label(tr("days"), "caption"), None))
        self.add_field(tr("First day"), self.first)
        self.add_field(tr("Last day"), self.last)
        self.add_field(tr("Why somebody else takes over"), self.reason)
        self.add_close(tr("Cancel"))
        self.ok = button(tr("Save"), self._accept, kind="primary")
        self.add_button(self.ok, QDialogButtonBox.ButtonRole.AcceptRole, default=True)
        self.turns.toggled.connect(self._judge)
        self.first.dateChanged.connect(self._judge)
        self.last.dateChanged.connect(self._judge)
        self._judge()

    def _judge(self) -> None:
        turns = self.turns.isChecked()
        self.person.setEnabled(not turns)
        self.days.setEnabled(turns)
        wrong = day_in(self.last) < day_in(self.first)
        disable(self.ok, tr("The last day must not come before the first.") if wrong else "")

    def _accept(self) -> None:
        chosen = self._all if self.turns.isChecked() else [str(self.person.currentData())]
        first, last = day_in(self.first), day_in(self.last)
        self._save(chosen, first, last, self.days.value(), self.reason.text())
        self.accept()


class HolidaysSheet(Sheet):
    """Asks for a year of public holidays as the State Council announced it."""

    def __init__(
        self,
        parent: QWidget | None,
        year: int,
        known: Callable[[int], Holidays | None],
        save: Callable[[Holidays], object],
    ) -> None:
        super().__init__(
            parent,
            tr("Public holidays"),
            tr(
                "Copy the days from the notice of the State Council; stretches may be written as "
                "2027-10-01 to 2027-10-07. Weekends inside them need not be left out."
            ),
        )
        self._known, self._save = known, save
        self.year = QSpinBox()
        self.year.setRange(2004, 2100)
        self.year.setValue(year)
        self.off, self.worked = QPlainTextEdit(), QPlainTextEdit()
        self.source = QLineEdit()
        for field in (self.off, self.worked):
            field.setTabChangesFocus(True)
            field.setFixedHeight(96)
        self.said = paragraph(role="caption")
        self.add_field(tr("Year"), self.year)
        self.add_field(tr("Off"), self.off)
        self.add_field(tr("Weekends that are worked"), self.worked)
        self.add_field(tr("Source"), self.source, tr("Which notice says so."))
        self.body.addWidget(self.said)
        self.add_close(tr("Cancel"))
        self.ok = button(tr("Save"), self._accept, kind="primary")
        self.add_button(self.ok, QDialogButtonBox.ButtonRole.AcceptRole, default=True)
        self.year.valueChanged.connect(self._fill)
        for text in (self.off, self.worked):
            text.textChanged.connect(self._judge)
        self.source.textChanged.connect(self._judge)
        self._fill(year)

    @property
    def holidays(self) -> Holidays:
        """The year as it stands in the fields; raises `OpsError` for words that are no days."""
        year = self.year.value()
        off = frozenset(one for one in parse_days(self.off.toPlainText(), year) if _weekday(one))
        worked = parse_days(self.worked.toPlainText(), year)
        return Holidays(year, off, worked, self.source.text().strip())

    def _fill(self, year: int) -> None:
        known = self._known(year)
        self.off.setPlainText(described(known.off) if known else "")
        self.worked.setPlainText(described(known.worked) if known else "")
        self.source.setText(known.source if known else "")
        self._judge()

    def _judge(self) -> None:
        reason = "" if self.source.text().strip() else tr("Name the notice that says so.")
        try:
            found = self.holidays
        except OpsError as error:  # it is shown here, while it is typed
            self.said.setText(error.message)
            disable(self.ok, error.message)
            return
        self.said.setText(
            tr(
                "{off} weekdays off, {worked} weekend days worked",
                off=len(found.off),
                worked=len(found.worked),
            )
        )
        disable(self.ok, reason)

    def _accept(self) -> None:
        self._save(self.holidays)
        self.accept()


def _remark(line: Line) -> str:
    found = line[1]
    if found is None:
        return ""
    parts = [tr("instead of {name}", name=found.instead_of)] if found.instead_of else []
    return " · ".join([*parts, found.reason] if found.reason else parts)


def _weekday(on: date) -> bool:
    return on.weekday() < 5
