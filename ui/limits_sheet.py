"""The limits of the clocks, what may stop them, and how they came to be: data of the contract."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialogButtonBox,
    QGridLayout,
    QLineEdit,
    QScrollArea,
    QSpinBox,
    QStackedWidget,
    QWidget,
)

from gmops_desktop.contract.clocks import word_of_clock
from gmops_desktop.contract.targets import BOUND, Rule, Targets
from gmops_desktop.contract.tickets import (
    IMPACTS,
    KINDS,
    PARTY_A,
    PRIORITIES,
    SUSPENSIONS,
    Impact,
    Pause,
    Priority,
    word_of_impact,
    word_of_kind,
    word_of_pause,
    word_of_priority,
)
from gmops_desktop.language import tr
from gmops_desktop.services.tickets import LimitsSet
from gmops_desktop.tasks import TaskRunner
from ui import words
from ui.dialogs.sheet import Sheet
from ui.limit_words import (
    differences,
    hours_in,
    seconds_in,
    word_of_rule,
    written,
    written_hours,
)
from ui.ticket_forms import FormSheet
from ui.widgets.frames import (
    Label,
    Segments,
    button,
    clear,
    column,
    disable,
    icon_button,
    paragraph,
    row,
)
from ui.widgets.table_model import Column
from ui.widgets.tables import Table

_WIDTH: Final = 800
_CELL: Final = 88  # pixels: "1 h 30 min"
_ROOM: Final = QSize(_WIDTH - 48, 288)
_PAUSES: Final[tuple[Pause, ...]] = (
    "notice",
    "confirmation",
    *(one for one in SUSPENSIONS if one != ""),
)


class LimitsSheet(Sheet):
    """Shows `targets` for changing; `given` carries the new ones and who agreed, or why.

    `about` says whose limits they are, `history` how they came to be, the oldest first.
    """

    given = Signal(object, str)

    def __init__(
        self,
        parent: QWidget | None,
        about: str,
        targets: Targets,
        history: Sequence[LimitsSet],
        runner: TaskRunner,
    ) -> None:
        super().__init__(parent, tr("Limits of the clocks"), about, width=_WIDTH)
        self._before = targets
        self.rules = _Rules(targets.rules, self._judge)
        self.stops = _Stops(targets, self._judge)
        self.matrix = _Matrix(targets, self._judge)
        self.history = _history_table(history, runner)
        self.pages = Segments(
            [
                ("rules", tr("Limits")),
                ("stops", tr("Pauses and hours")),
                ("matrix", tr("Impact × urgency")),
                ("history", tr("History")),
            ],
            name=tr("Limits of the clocks"),
        )
        self._stack = QStackedWidget()
        for page in (self.rules, self.stops, self.matrix, self.history):
            self._stack.addWidget(page)
        self._stack.setMinimumSize(_ROOM)
        self.words = QLineEdit()
        self.body.addLayout(row(None, self.pages, None))
        self.body.addWidget(self._stack, 1)
        self.add_field(
            tr("Who agreed to them, or why"),
            self.words,
            tr("Every clock is judged anew by them, and the history keeps both versions."),
        )
        self.add_close(tr("Cancel"))
        self.save = button(tr("Record the limits"), self._give, kind="primary")
        self.add_button(self.save, QDialogButtonBox.ButtonRole.AcceptRole, default=True)
        self.pages.chosen.connect(self._show_page)
        self.words.textChanged.connect(self._judge)
        self._judge()

    def _show_page(self, key: str) -> None:
        places = {"rules": 0, "stops": 1, "matrix": 2, "history": 3}
        self._stack.setCurrentIndex(places[key])

    def _wanted(self) -> Targets:
        """Return what stands in the fields; raise `_Wrong` for what is no limit."""
        pauses, hours, warn_at = self.stops.wanted()
        rules = self.rules.wanted()
        if hours.always and any(one.working_hours for one in rules):
            raise _Wrong(tr("Name the working hours: some limits count in them."))
        return Targets(rules, pauses, hours, warn_at, self.matrix.wanted())

    def _judge(self) -> None:
        if not hasattr(self, "save"):
            return  # a field was filled in before all are there
        try:
            wanted = self._wanted()
        except _Wrong as wrong:
            disable(self.save, str(wrong))
            return
        reason = ""
        if wanted == self._before:
            reason = tr("Nothing is different yet.")
        elif not self.words.text().strip():
            reason = tr("Write it first: it stands in the record.")
        disable(self.save, reason)

    def _give(self) -> None:
        self.given.emit(self._wanted(), self.words.text().strip())
        self.accept()


class _Wrong(Exception):
    """What stands in a field is none of its kind; the text says so."""


@dataclass(slots=True)
class _Line:
    """The fields of one rule."""

    rule: Rule
    limits: dict[Priority, QLineEdit]
    working_hours: QCheckBox


class _Rules(QWidget):
    """One row for each rule, one field for each priority."""

    def __init__(self, rules: Sequence[Rule], judge: Callable[[], object]) -> None:
        super().__init__()
        self._judge = judge
        self.lines: list[_Line] = []
        inside = QWidget()
        inside.setProperty("kind", "body")
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(0, 1)
        column(inside, self._grid, None, margins=(0, 0, 8, 0))
        area = QScrollArea()
        area.setWidget(inside)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        self.add = button(
            tr("Add a rule…"),
            self._ask,
            icon_name="plus",
            tip=tr("Another limit for some kinds of tickets"),
        )
        hint = tr("As 15 min, 4 h, 2 d; empty: no limit. A rule that names kinds comes first.")
        foot = row(None, paragraph(hint), self.add)
        foot.setStretch(0, 1)
        column(self, area, foot, spacing=8)
        self._show(rules)

    def wanted(self) -> tuple[Rule, ...]:
        """Return the rules as they stand in the fields."""
        found = []
        for line in self.lines:
            seconds = {key: self._seconds(field) for key, field in line.limits.items()}
            limits = {key: value for key, value in seconds.items() if value is not None}
            hours = line.working_hours.isChecked()
            found.append(Rule(line.rule.clock, limits, line.rule.kinds, hours))
        return tuple(found)

    def _seconds(self, field: QLineEdit) -> float | None:
        try:
            return seconds_in(field.text())
        except ValueError as error:
            text = tr("“{text}” is no duration: write 15 min, 4 h or 2 d.", text=field.text())
            raise _Wrong(text) from error

    def _show(self, rules: Sequence[Rule]) -> None:
        clear(self._grid)
        self.lines.clear()
        heads = [tr("Clock", context="ticket"), *map(word_of_priority, PRIORITIES)]
        for place, head in enumerate([*heads, tr("Working hours")]):
            self._grid.addWidget(Label(head, "caption", elide=place == 0), 0, place)
        for down, rule in enumerate(rules, start=1):
            self._add_line(down, rule)
        self._judge()

    def _add_line(self, down: int, rule: Rule) -> None:
        word = word_of_rule(rule.clock, rule.kinds)
        self._grid.addWidget(Label(word), down, 0)
        limits: dict[Priority, QLineEdit] = {}
        for place, priority in enumerate(PRIORITIES, start=1):
            field = QLineEdit(written(rule.seconds.get(priority)))
            field.setFixedWidth(_CELL)
            field.setAccessibleName(f"{word} · {word_of_priority(priority)}")
            field.textChanged.connect(self._judge)
            limits[priority] = field
            self._grid.addWidget(field, down, place)
        hours = QCheckBox()
        hours.setChecked(rule.working_hours)
        hours.setAccessibleName(f"{word} · {tr('Working hours')}")
        hours.setToolTip(tr("Counts in working hours only"))
        hours.toggled.connect(self._judge)
        self._grid.addWidget(hours, down, 5, Qt.AlignmentFlag.AlignCenter)
        remove = icon_button("trash", tr("Remove this rule"), partial(self._remove, down - 1))
        self._grid.addWidget(remove, down, 6)
        self.lines.append(_Line(rule, limits, hours))

    def _remove(self, place: int) -> None:
        kept = self._kept()
        del kept[place]
        self._show(kept)

    def _ask(self) -> None:
        form = FormSheet(self.window(), tr("Another limit"), "", tr("Add"))
        form.choice("clock", tr("Clock", context="ticket"), [(o, word_of_clock(o)) for o in BOUND])
        for kind in KINDS:
            form.tick(kind, word_of_kind(kind))
        form.given.connect(self._append)
        form.open()

    def _append(self, said: dict[str, Any]) -> None:
        kinds = frozenset(one for one in KINDS if said[one])
        self._show([*self._kept(), Rule(said["clock"], {}, kinds)])

    def _kept(self) -> list[Rule]:
        """Return the rules as written; what is no duration is left as it was."""
        try:
            return list(self.wanted())
        except _Wrong:
            return [line.rule for line in self.lines]


class _Stops(QWidget):
    """What makes a clock stand still, the working hours, and when a reminder is due."""

    def __init__(self, targets: Targets, judge: Callable[[], object]) -> None:
        super().__init__()
        self.pauses: dict[Pause, QCheckBox] = {}
        ticks = QGridLayout()
        ticks.setHorizontalSpacing(24)
        for place, one in enumerate(_PAUSES):
            tick = QCheckBox(word_of_pause(one))
            tick.setChecked(one in targets.pauses)
            tick.setAccessibleName(word_of_pause(one))
            tick.toggled.connect(judge)
            if one in PARTY_A and one in targets.pauses:
                tick.setEnabled(False)
                tick.setToolTip(tr("Party A's time is never charged to Party B (1.21-1.26)."))
            self.pauses[one] = tick
            ticks.addWidget(tick, place // 2, place % 2)
        self.hours = QLineEdit(written_hours(targets.hours))
        self.hours.setAccessibleName(tr("Working hours"))
        self.hours.textChanged.connect(judge)
        self.warn_at = QSpinBox()
        self.warn_at.setRange(1, 99)
        self.warn_at.setSuffix(" %")
        self.warn_at.setValue(round(targets.warn_at * 100))
        self.warn_at.setAccessibleName(tr("Reminder at"))
        self.warn_at.valueChanged.connect(judge)
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(1, 1)
        for place, (word, field, hint) in enumerate(
            (
                (tr("Working hours"), self.hours, tr("of working days")),
                (tr("Reminder at"), self.warn_at, tr("of a limit")),
            )
        ):
            grid.addWidget(Label(word, "caption", elide=False), place, 0)
            grid.addWidget(field, place, 1)
            grid.addWidget(Label(hint, "hint", elide=False), place, 2)
        head = Label(tr("The clocks stand still while waiting for"), "strong")
        column(self, head, ticks, 8, grid, None)

    def wanted(self) -> tuple[frozenset[Pause], Any, float]:
        """Return the reasons that stop the clocks, the hours, and the share of a reminder."""
        try:
            hours = hours_in(self.hours.text())
        except ValueError as error:
            raise _Wrong(tr("Write the working hours as 09:00-12:00, 14:00-18:00.")) from error
        pauses = frozenset(one for one, tick in self.pauses.items() if tick.isChecked())
        return pauses, hours, self.warn_at.value() / 100


class _Matrix(QWidget):
    """Party B's estimate from impact and urgency."""

    def __init__(self, targets: Targets, judge: Callable[[], object]) -> None:
        super().__init__()
        self.cells: dict[tuple[Impact, Priority], QComboBox] = {}
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(6)
        for place, urgency in enumerate(PRIORITIES, start=1):
            head = tr("urgency {word}", word=word_of_priority(urgency))
            grid.addWidget(Label(head, "caption", elide=False), 0, place)
        for down, impact in enumerate(IMPACTS, start=1):
            grid.addWidget(Label(word_of_impact(impact)), down, 0)
            for place, urgency in enumerate(PRIORITIES, start=1):
                cell = QComboBox()
                for level in PRIORITIES:
                    cell.addItem(word_of_priority(level), level)
                cell.setCurrentIndex(cell.findData(targets.matrix[impact][urgency]))
                name = f"{word_of_impact(impact)} × {word_of_priority(urgency)}"
                cell.setAccessibleName(name)
                cell.currentIndexChanged.connect(judge)
                self.cells[impact, urgency] = cell
                grid.addWidget(cell, down, place)
        grid.setColumnStretch(0, 1)
        note = tr("Party B's own estimate; Party A's order stays as it is.")
        column(self, paragraph(note), grid, None, spacing=12)

    def wanted(self) -> dict[Impact, dict[Priority, Priority]]:
        """Return the matrix as it stands in the fields."""
        return {
            impact: {urgency: self.cells[impact, urgency].currentData() for urgency in PRIORITIES}
            for impact in IMPACTS
        }


def _history_table(history: Sequence[LimitsSet], runner: TaskRunner) -> Table[LimitsSet]:
    table: Table[LimitsSet] = Table(
        [
            Column(tr("Recorded"), lambda one: words.stamp(one.at), 128, key=lambda one: one.at),
            Column(tr("By"), lambda one: one.actor, 80, muted=True),
            Column(tr("Reason"), lambda one: one.text, 168, tip=lambda one: one.text),
            Column(tr("What changed"), _changes, tip=lambda one: "\n".join(_all_changes(one))),
        ],
        name=tr("History"),
        runner=runner,
        identity=lambda one: one.at,
        empty=tr("These are Party B's own objectives; no others were recorded."),
    )
    table.set_rows(tuple(reversed(history)))
    return table


def _all_changes(one: LimitsSet) -> list[str]:
    return differences(one.before, one.after)


def _changes(one: LimitsSet) -> str:
    return tr("; ").join(_all_changes(one))
