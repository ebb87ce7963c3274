"""What changed around three o'clock?  Everything that happened near a point in time, by time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from PySide6.QtCore import QDateTime, Signal
from PySide6.QtWidgets import QDateTimeEdit, QWidget

from gmops_desktop.language import tr, tr_n
from gmops_desktop.services.events import Event, Events
from gmops_desktop.tasks import TaskRunner
from ui.dialogs.sheet import Sheet
from ui.widgets.frames import Label, Segments, row
from ui.widgets.table_model import Column
from ui.widgets.tables import Table
from ui.words import NOTHING, clock_seconds, lasting, stamp

_REACH: Final = {"quarter": 15, "hour": 60, "hours": 360}  # minutes before and after


class AroundDialog(Sheet):
    """`wanted` names the page and the thing of an event that was opened."""

    wanted = Signal(str, str)

    def __init__(
        self, parent: QWidget, events: Events, runner: TaskRunner, at: datetime | None
    ) -> None:
        about = tr("What people recorded and what machines did, before and after a moment.")
        super().__init__(parent, tr("What changed around then?"), about, width=820)
        self._events, self._runner = events, runner
        self.at = QDateTimeEdit(
            QDateTime.fromSecsSinceEpoch(int((at or datetime.now(UTC)).timestamp()))
        )
        self.at.setDisplayFormat("yyyy-MM-dd HH:mm")
        self.at.setCalendarPopup(True)
        self.at.setAccessibleName(tr("Around"))
        self.at.setToolTip(tr("The moment to look around"))
        self.reach = Segments(
            [("quarter", tr("± 15 min")), ("hour", tr("± 1 h")), ("hours", tr("± 6 h"))],
            "hour",
            tr("How far around it"),
        )
        self.count = Label("", "caption", right=True)
        self.table: Table[Event] = Table(
            [
                Column(tr("Time"), lambda one: clock_seconds(one.at), 80, key=lambda one: one.at,
                       tip=lambda one: stamp(one.at)),
                Column(tr("Distance"), self._distance, 96, key=lambda one: one.at, muted=True),
                Column(tr("Kind"), lambda one: one.word, 96, state=lambda one: one.state),
                Column(tr("What"), lambda one: one.text, tip=lambda one: one.text),
                Column(tr("Who"), lambda one: one.actor or NOTHING, 88, muted=True),
            ],
            name=tr("What changed around then?"),
            runner=runner,
            identity=lambda one: (one.at, one.text),
            empty=tr("Nothing is known to have happened then."),
        )  # fmt: skip
        self.table.setMinimumHeight(320)
        head = row(None, Label(tr("Around"), elide=False), self.at, self.reach, self.count)
        head.setStretch(3, 1)
        self.body.addLayout(head)
        self.body.addWidget(self.table, 1)
        self.add_close(tr("Close"))

        self.at.dateTimeChanged.connect(lambda _at: self.look())
        self.reach.chosen.connect(lambda _key: self.look())
        self.table.opened.connect(self._open)
        self.look()

    @property
    def moment(self) -> datetime:
        """The time that is looked around."""
        return datetime.fromtimestamp(self.at.dateTime().toSecsSinceEpoch(), UTC)

    def look(self) -> None:
        """Gather what happened, in the background: the whole record is read."""
        at, reach = self.moment, timedelta(minutes=_REACH[self.reach.current])
        task = self._runner.start(
            lambda _context: self._events.around(at, reach),
            tr("Look up what happened"),
            lane="around",
            quiet=True,
        )
        task.succeeded.connect(self._show)

    def _show(self, events: tuple[Event, ...]) -> None:
        self.table.set_rows(events)
        self.count.show_text(tr_n("{count} event", "{count} events", len(events)))

    def _distance(self, event: Event) -> str:
        seconds = (event.at - self.moment).total_seconds()
        return f"{'+' if seconds >= 0 else '−'} {lasting(abs(seconds))}"

    def _open(self, event: Event) -> None:
        if event.page:
            self.wanted.emit(event.page, event.identity)
            self.accept()
