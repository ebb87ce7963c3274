"""The fields of a schedule, in three groups: when, on which line, and what is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, time, timedelta
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QSpinBox, QWidget

from gmops_desktop.contract.retention import Keep
from gmops_desktop.contract.schedules import CatchUp, Plan, QuietRule, Scruple
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from ui import words
from ui.widgets.frames import Label, column, row

_HOURS: Final = (0, 1, 2, 3, 4, 6, 8, 12)
_MONDAY: Final = date(2018, 1, 1)


class _Group(QWidget):
    """Fields under their words; `changed` tells of every edit."""

    changed = Signal()

    def _line(self, *fields: tuple[str, QWidget, int]) -> QWidget:
        """Put fields side by side: word, field, share of the width (0: as wide as it is)."""
        line = row(spacing=12)
        for word, field, stretch in fields:
            field.setAccessibleName(word)
            caption = Label(word, "caption", elide=False)
            caption.setBuddy(field)
            line.addLayout(column(None, caption, field, spacing=4), stretch)
        if not any(stretch for _, _, stretch in fields):
            line.addStretch(1)
        made = QWidget()
        made.setLayout(line)
        return made

    def _listen(self) -> None:
        for text in self.findChildren(QLineEdit):
            text.textChanged.connect(lambda _text: self.changed.emit())
        for box in self.findChildren(QComboBox):
            box.currentIndexChanged.connect(lambda _place: self.changed.emit())
        for check in self.findChildren(QCheckBox):
            check.toggled.connect(lambda _on: self.changed.emit())
        for count in self.findChildren(QSpinBox):
            count.valueChanged.connect(lambda _value: self.changed.emit())


class WhenFields(_Group):
    """Times of day, weekdays, and what happens when the moment is a bad one."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.enabled = QCheckBox(tr("Back up by itself"))
        self.enabled.setChecked(plan.enabled)
        self.times = QLineEdit(", ".join(f"{one:%H:%M}" for one in plan.times))
        self.times.setPlaceholderText("03:00")
        self.times.setToolTip(tr("One time of day or several, such as 02:30, 14:30"))
        hours = [(tr("at these times"), 0)]
        hours += [(tr("every {count} h from the first", count=n), n) for n in _HOURS if n]
        self.every = _choices(hours, plan.every_hours)
        self.days = []
        for day in range(7):
            check = QCheckBox(words.weekday(_MONDAY + timedelta(days=day)))
            check.setChecked(day in plan.weekdays)
            self.days.append(check)
        self.catch_up = _choices(
            [
                (tr("do it as soon as possible"), "now"),
                (tr("ask first"), "ask"),
                (tr("wait for the next time"), "skip"),
            ],
            plan.catch_up,
        )
        scruples = [(tr("ask"), "ask"), (tr("back up all the same"), "run"), (tr("skip"), "skip")]
        self.battery = _choices(scruples, plan.battery)
        self.metered = _choices(scruples, plan.metered)
        for box in (self.battery, self.metered):
            box.setToolTip(tr("While the window is closed, “ask” skips, and says so"))
        self.around = Label(role="hint")
        self._days = row(None, *self.days, None, spacing=12)
        column(
            self,
            self.enabled,
            self._line((tr("Times"), self.times, 1), (tr("Repeat"), self.every, 1)),
            self._days,
            self._line(
                (tr("If it was missed"), self.catch_up, 1),
                (tr("On battery"), self.battery, 1),
                (tr("On a metered line"), self.metered, 1),
            ),
            self.around,
            spacing=8,
        )
        self._listen()

    def apply(self, plan: Plan) -> Plan:
        """Return the plan with what stands here; `OpsError` where that is no time."""
        catch_up: CatchUp = self.catch_up.currentData()
        battery: Scruple = self.battery.currentData()
        metered: Scruple = self.metered.currentData()
        text = self.times.text().replace("，", ",").replace("、", ",")
        return replace(
            plan,
            enabled=self.enabled.isChecked(),
            times=tuple(time_of(part) for part in text.split(",") if part.strip()),
            every_hours=self.every.currentData(),
            weekdays=frozenset(n for n, check in enumerate(self.days) if check.isChecked()),
            catch_up=catch_up,
            battery=battery,
            metered=metered,
        )


class LineFields(_Group):
    """How much of the line others keep, and when the site must not be disturbed."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.line = _rate(plan.line_mbit)
        self.line.setPlaceholderText(tr("no limit"))
        self.leave = _rate(plan.leave_mbit)
        self.rule = _choices(
            [
                (tr("none"), "none"),
                (tr("wait for their end"), "wait"),
                (tr("be slower"), "slow"),
            ],
            plan.quiet_rule,
        )
        self.begin = QLineEdit(f"{plan.quiet_begin:%H:%M}")
        self.end = QLineEdit(f"{plan.quiet_end:%H:%M}")
        self.quiet_leave = _rate(plan.quiet_leave_mbit)
        for field in (self.line, self.leave, self.begin, self.end, self.quiet_leave):
            field.setMaximumWidth(112)
        self._hours = self._line(
            (tr("from", context="time"), self.begin, 0), (tr("to", context="time"), self.end, 0)
        )
        self._slower = self._line((tr("Leave to the site then"), self.quiet_leave, 0))
        column(
            self,
            self._line(
                (tr("Speed of the line (Mbit/s)"), self.line, 0),
                (tr("Leave to the site (Mbit/s)"), self.leave, 0),
            ),
            row(None, self._line((tr("Quiet hours"), self.rule, 0)), self._hours, self._slower,
                None, spacing=12),
            spacing=8,
        )  # fmt: skip
        self._listen()
        self.rule.currentIndexChanged.connect(self._show_needed)
        self._show_needed()

    def apply(self, plan: Plan) -> Plan:
        """Return the plan with what stands here; `OpsError` where that is no rate or time."""
        rule: QuietRule = self.rule.currentData()
        return replace(
            plan,
            line_mbit=_number(self.line),
            leave_mbit=_number(self.leave),
            quiet_rule=rule,
            quiet_begin=plan.quiet_begin if rule == "none" else time_of(self.begin.text()),
            quiet_end=plan.quiet_end if rule == "none" else time_of(self.end.text()),
            quiet_leave_mbit=_number(self.quiet_leave) if rule == "slow" else 0.0,
        )

    def _show_needed(self) -> None:
        rule = self.rule.currentData()
        self._hours.setVisible(rule != "none")
        self._slower.setVisible(rule == "slow")


class KeepFields(_Group):
    """How many archives are kept."""

    def __init__(self, keep: Keep) -> None:
        super().__init__()
        self.enabled = QCheckBox(tr("Remove archives that are not kept"))
        self.enabled.setChecked(keep.enabled)
        self.enabled.setToolTip(
            tr("The newest verified one, and what an undo needs, is never removed")
        )
        self.last = _count(keep.last, least=1)
        self.daily = _count(keep.daily)
        self.weekly = _count(keep.weekly)
        self.monthly = _count(keep.monthly)
        self.safety = _count(keep.safety_days)
        self._counts = self._line(
            (tr("The newest"), self.last, 0),
            (tr("Daily"), self.daily, 0),
            (tr("Weekly"), self.weekly, 0),
            (tr("Monthly"), self.monthly, 0),
            (tr("Safety copies (days)"), self.safety, 0),
        )
        column(self, self.enabled, self._counts, spacing=8)
        self._listen()
        self.enabled.toggled.connect(self._counts.setEnabled)
        self._counts.setEnabled(keep.enabled)

    def keep(self) -> Keep:
        """Return what stands here."""
        return Keep(
            self.enabled.isChecked(),
            self.last.value(),
            self.daily.value(),
            self.weekly.value(),
            self.monthly.value(),
            self.safety.value(),
        )


def time_of(text: str) -> time:
    """Read a time of day; raise `OpsError` where it is none."""
    text = text.strip().replace("：", ":")
    try:
        return time.fromisoformat(text.zfill(5))
    except ValueError as error:
        raise OpsError(
            tr("“{text}” is not a time of day.", text=text), hint=tr("Write it as 03:00.")
        ) from error


def _choices(choices: Sequence[tuple[str, object]], current: object) -> QComboBox:
    made = QComboBox()
    for word, key in choices:
        made.addItem(word, key)
    made.setCurrentIndex(max(0, made.findData(current)))
    return made


def _count(value: int, least: int = 0) -> QSpinBox:
    made = QSpinBox()
    made.setRange(least, 9999)
    made.setValue(value)
    made.lineEdit().setTextMargins(8, 0, 0, 0)
    made.setFixedWidth(88)
    return made


def _rate(value: float) -> QLineEdit:
    return QLineEdit(f"{value:g}" if value else "")


def _number(field: QLineEdit) -> float:
    text = field.text().strip()
    try:
        return float(text) if text else 0.0
    except ValueError as error:
        raise OpsError(
            tr("“{text}” is not a number.", text=text), hint=tr("Write it as 5 or 2.5.")
        ) from error
