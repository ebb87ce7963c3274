"""A clock unfolded: every stretch of time it was added up from, and why it counted or not."""

from __future__ import annotations

from typing import Final

from PySide6.QtWidgets import QWidget

from gmops_desktop.contract.clocks import Clock, Counting, Stretch, word_of_clock
from gmops_desktop.language import mark, tr
from gmops_desktop.tasks import TaskRunner
from ui import words
from ui.dialogs.sheet import Sheet
from ui.widgets.frames import Label
from ui.widgets.table_model import Column
from ui.widgets.tables import Table

_WORDS: Final[dict[Counting, str]] = {
    "counted": mark("Counted"),
    "paused": mark("Paused"),
    "off": mark("Not counted"),
}
_WIDTH: Final = 720
_HEIGHT: Final = 300


class ClockSheet(Sheet):
    """The intervals of one clock of one ticket; what is counted adds up to its figure."""

    def __init__(
        self, parent: QWidget | None, heading: str, clock: Clock, runner: TaskRunner
    ) -> None:
        word = word_of_clock(clock.key)
        super().__init__(parent, tr("How “{clock}” adds up", clock=word), heading, width=_WIDTH)
        facts = [tr("{time} counted", time=words.lasting(clock.seconds))]
        if clock.paused:
            facts.append(tr("{time} paused", time=words.lasting(clock.paused)))
        if clock.target is not None:
            facts.append(tr("limit {time}", time=words.limit(clock.target)))
        facts.append(tr("round the clock") if clock.hours.always else tr("working hours"))
        if clock.due_at is not None:
            facts.append(tr("used up at {when}", when=words.stamp(clock.due_at)))
        self.sum = Label(" · ".join(facts), "strong")
        self.table: Table[Stretch] = Table(
            [
                Column(tr("From"), lambda one: words.stamp(one.begin), 130),
                Column(tr("To"), lambda one: words.stamp(one.end), 130),
                Column(
                    tr("Duration"),
                    lambda one: words.lasting(one.seconds),
                    120,
                    key=lambda one: one.seconds,
                    right=True,
                ),
                Column(tr("Counts"), lambda one: tr(_WORDS[one.counting]), 90),
                Column(tr("What it was"), lambda one: one.why, tip=lambda one: one.why),
            ],
            name=tr("Intervals of “{clock}”", clock=word),
            runner=runner,
            identity=lambda one: one.begin,
            empty=tr("Nothing was counted."),
        )
        self.table.set_rows(clock.stretches)
        self.table.setMinimumHeight(_HEIGHT)
        self.body.addWidget(self.sum)
        self.body.addWidget(self.table, 1)
        self.add_close(tr("Close"))
