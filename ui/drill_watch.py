"""Runs the drills that are due while the window is open, tells of tickets for those overdue, and
removes the clones in the cloud that interrupted ones left."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from gmops_desktop.addresses import Resource
from gmops_desktop.changes import Change
from gmops_desktop.context import Context
from gmops_desktop.contract.tickets import Ticket
from gmops_desktop.language import tr
from gmops_desktop.services.drills import Cleared, Drill, Drills
from gmops_desktop.tasks import TaskRunner
from ui import drill_words, words
from ui.drilling import lane_of_drill

_EVERY_MS: Final = 30 * 60_000
_FIRST_MS: Final = 60_000  # after the start: what the user came for goes first


class DrillWatch(QObject):
    """Looks every half hour, over `window`; `noticed` tells what came of it."""

    noticed = Signal(str, str, str)  # a State, a sentence, a second line

    def __init__(self, drills: Drills, runner: TaskRunner, window: QWidget) -> None:
        super().__init__(window)
        self._drills, self._runner = drills, runner
        self._busy: set[str] = set()  # resources that are being drilled
        self._timer = QTimer(self)
        self._timer.setInterval(_EVERY_MS)
        self._timer.timeout.connect(self.look)

    def begin(self) -> None:
        """Look soon, and from then on every half hour; see to clones that cost money at once."""
        self._timer.start()
        self._clear_clones()
        QTimer.singleShot(_FIRST_MS, self, self.look)

    def stop(self) -> None:
        """Look no more; what runs goes on."""
        self._timer.stop()

    def look(self) -> None:
        """See what is due, and begin it."""
        if not self._timer.isActive():
            return
        task = self._runner.start(
            lambda _context: self._drills.advance(),
            tr("Look at the drills"),
            lane="drills",
            quiet=True,
        )
        task.succeeded.connect(self._looked)
        self._clear_clones()

    def _looked(self, found: tuple[tuple[Resource, ...], tuple[Ticket, ...]]) -> None:
        wanted, tickets = found
        if tickets:
            self._runner.changed.emit(Change.TICKETS)
            numbers = words.listed(ticket.number for ticket in tickets)
            told = tr("It is written down in ticket {numbers}.", numbers=numbers)
            self.noticed.emit("warning", tickets[0].title, told)
        for resource in wanted:
            if resource.id not in self._busy:
                self._start(resource)

    def _clear_clones(self) -> None:
        """Remove what interrupted drills left in the cloud, and say what came of it."""
        if not self._drills.clones_left():
            return
        task = self._runner.start(
            self._drills.clear_clones, tr("Removing clones that drills left"), lane="drill clones"
        )
        task.succeeded.connect(self._cleared)

    def _cleared(self, cleared: Cleared) -> None:
        if cleared.gone:
            names = words.listed(cleared.gone)
            self.noticed.emit(
                "ok",
                tr("Clones in Tencent Cloud that an interrupted drill left are removed."),
                names,
            )
        for error in cleared.stay:
            self.noticed.emit("critical", error.message, error.hint)

    def _start(self, resource: Resource) -> None:
        def job(context: Context) -> Drill:
            drill = self._drills.run(resource, context)
            self._drills.raise_alarms(resource)
            return drill

        self._busy.add(resource.id)
        task = self._runner.start(
            job,
            tr("Drilling {name}", name=resource.name),
            lane=lane_of_drill(resource),
            changes=Change.BACKUPS | Change.REPORTS | Change.TICKETS,
        )
        task.succeeded.connect(self._ran)
        task.finished.connect(lambda: self._busy.discard(resource.id))

    def _ran(self, drill: Drill) -> None:
        state, _ = drill_words.outcome_of(drill)
        sentence = f"{drill.name}{tr(': ')}{drill_words.verdict_of(drill)}"
        self.noticed.emit(state, sentence, drill_words.counted(drill))
