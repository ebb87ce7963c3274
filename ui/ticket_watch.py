"""Lets what was restored stand in its ticket as soon as it is done."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, QTimer, Slot
from PySide6.QtWidgets import QWidget

from gmops_desktop.changes import Change
from gmops_desktop.contract.tickets import Ticket
from gmops_desktop.language import tr
from gmops_desktop.services.ticket_trail import TicketTrail
from gmops_desktop.tasks import TaskRunner

_FIRST_MS: Final = 5_000


class TicketWatch(QObject):
    """Follows after each task that may have restored something, and once at the start."""

    def __init__(self, trail: TicketTrail, runner: TaskRunner, window: QWidget) -> None:
        super().__init__(window)
        self._trail, self._runner = trail, runner
        runner.changed.connect(self._hear)
        # What a killed program or a terminal left unsaid; the pages come first.
        QTimer.singleShot(_FIRST_MS, self, lambda: self._hear(Change.BACKUPS))

    @Slot(Change)
    def _hear(self, change: Change) -> None:
        if not change & Change.BACKUPS:
            return
        task = self._runner.start(
            lambda _context: self._trail.follow(),
            tr("Write down what was restored"),
            lane="tickets",
            quiet=True,
        )
        task.succeeded.connect(self._followed)

    @Slot(tuple)
    def _followed(self, tickets: tuple[Ticket, ...]) -> None:
        if tickets:
            self._runner.changed.emit(Change.TICKETS)
