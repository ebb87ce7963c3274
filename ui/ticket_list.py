"""The list of tickets: how one reads in a row, and the clocks of the rows in sight."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from gmops_desktop.contract.clocks import Clock, word_of_clock
from gmops_desktop.contract.tickets import (
    ENDED,
    Priority,
    word_of_priority,
    word_of_state,
)
from gmops_desktop.language import tr
from gmops_desktop.services.finding import TicketLine
from gmops_desktop.states import State
from ui import words
from ui.widgets.lists import Entry

_BUDGET: Final = 0.012  # seconds of one turn of the event loop that clocks may take


def state_of_priority(priority: Priority) -> State | None:
    """Return the shape of a priority: only the two highest have one."""
    return "critical" if priority == 1 else "warning" if priority == 2 else None


def pressing(clocks: Sequence[Clock]) -> str:
    """Return the running clock that ends first, as “Response 0:21 left”, or what is waited for."""
    waiting = [clock for clock in clocks if clock.key == "waiting" and clock.running]
    if waiting:
        return tr("paused {time}", time=words.lasting(waiting[0].seconds))
    bound = [clock for clock in clocks if clock.running and clock.target is not None]
    if not bound:
        return ""
    first = min(bound, key=lambda clock: (clock.target or 0.0) - clock.seconds)
    left = (first.target or 0.0) - first.seconds
    if left < 0:
        return tr(
            "{clock} late by {time}", clock=word_of_clock(first.key), time=words.lasting(-left)
        )
    return tr("{clock} {time} left", clock=word_of_clock(first.key), time=words.lasting(left))


def entry_of(ticket: TicketLine, clocks: Callable[[str], Sequence[Clock]]) -> Entry:
    """Return the two lines of a ticket; the clocks of an open one are asked for when painted."""
    open_ = ticket.state not in ENDED

    def right() -> str:
        if open_:
            return pressing(clocks(ticket.id))
        return words.short(ticket.closed_at) if ticket.closed_at else ""

    return Entry(
        identity=ticket.id,
        number=ticket.number,
        title=ticket.title,
        state=state_of_priority(ticket.priority) if open_ else None,
        word=word_of_priority(ticket.priority),
        second=word_of_state(ticket.state),
        right=right,
    )


class RowClocks(QObject):
    """The clocks of the rows in sight, replayed a few at a time so that scrolling stays smooth.

    A row whose turn has not come shows what was known, or nothing; `more` says that others are due.
    """

    more = Signal()

    def __init__(self, ask: Callable[[str], Sequence[Clock]], parent: QObject) -> None:
        super().__init__(parent)
        self._ask = ask
        self._known: dict[str, tuple[int, Sequence[Clock]]] = {}
        self._age = 0
        self._spent = 0.0
        self._due = False
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(0)
        self._rest.timeout.connect(self._rested)

    def __call__(self, identity: str) -> Sequence[Clock]:
        """Return the clocks of a ticket, as far as this turn's time allows."""
        age, known = self._known.get(identity, (-1, ()))
        if age == self._age:
            return known
        if self._spent >= _BUDGET:
            self._due = True
            return known
        begun = time.perf_counter()
        known = self._ask(identity)
        self._spent += time.perf_counter() - begun
        self._known[identity] = self._age, known
        self._rest.start()
        return known

    def grow_old(self) -> None:
        """Let everything known be asked for again when it is next painted."""
        self._age += 1

    def _rested(self) -> None:
        self._spent = 0.0
        if self._due:
            self._due = False
            self.more.emit()
