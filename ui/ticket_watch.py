"""Lets what was restored, and what the looks at the servers found, stand in tickets at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtWidgets import QWidget

from gmops_desktop.changes import Change
from gmops_desktop.contract.tickets import Ticket
from gmops_desktop.language import tr
from gmops_desktop.services.alerts import Alerts, Round
from gmops_desktop.services.ticket_trail import TicketTrail
from gmops_desktop.tasks import Task, TaskRunner
from ui import words

_FIRST_MS: Final = 5_000


class TicketWatch(QObject):
    """Follows after each task that may have restored something or looked, and once at the start;
    `noticed` tells of what the looks found."""

    noticed = Signal(str, str, str)  # a State, a sentence, a second line
    followed = Signal(object)  # the Round of alerts after each look

    def __init__(
        self, trail: TicketTrail, alerts: Alerts, runner: TaskRunner, window: QWidget
    ) -> None:
        super().__init__(window)
        self._trail, self._alerts, self._runner = trail, alerts, runner
        self._following: Task | None = None  # the alerts
        runner.changed.connect(self._hear)
        # What a killed program or a terminal left unsaid; the pages come first.
        QTimer.singleShot(_FIRST_MS, self, lambda: self._hear(Change.BACKUPS))

    @Slot(Change)
    def _hear(self, change: Change) -> None:
        if change & Change.BACKUPS:
            task = self._start(self._trail.follow, tr("Write down what was restored"))
            task.succeeded.connect(self._followed)
        if change & Change.SERVERS and not self._waits():
            task = self._start(self._alerts.follow, tr("Write down what the looks found"))
            task.succeeded.connect(self._alarmed)
            self._following = task

    def _waits(self) -> bool:
        """Whether what is stored now will be read anyway: looks come one by one in a round."""
        return self._following is not None and self._following.begun is None

    def _start(self, follow: Callable[[], object], title: str) -> Task:
        return self._runner.start(lambda _context: follow(), title, lane="tickets", quiet=True)

    @Slot(tuple)
    def _followed(self, tickets: tuple[Ticket, ...]) -> None:
        if tickets:
            self._runner.changed.emit(Change.TICKETS)

    @Slot(object)
    def _alarmed(self, found: Round) -> None:
        if found.tickets:
            self._runner.changed.emit(Change.TICKETS)
            numbers = words.listed(ticket.number for ticket in found.tickets)
            told = tr("It is written down in ticket {numbers}.", numbers=numbers)
            self.noticed.emit("warning", found.tickets[0].title, told)
        if found.raised or found.cleared:
            self._runner.changed.emit(Change.ALERTS)
        self.followed.emit(found)
