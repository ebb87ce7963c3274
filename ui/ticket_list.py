"""The list of tickets: how one reads in a row, and the clocks of the rows in sight."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal, Slot

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
from gmops_desktop.tasks import TaskRunner
from ui import words
from ui.widgets.lists import Entry

_NOT_YET: Final = "…"  # stands where a clock is being replayed
_REST_MS: Final = 80  # without a new row in sight, until clocks are replayed
_STALE_S: Final = 60.0  # after which a reading that was not renewed is no longer shown
_MOST: Final = 60  # rows replayed in one go: more are in sight on no screen


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


def entry_of(ticket: TicketLine, clocks: Callable[[str], Sequence[Clock] | None]) -> Entry:
    """Return the two lines of a ticket; the clocks of an open one are asked for when painted."""
    open_ = ticket.state not in ENDED

    def right() -> str:
        if open_:
            known = clocks(ticket.id)
            return _NOT_YET if known is None else pressing(known)
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
    """The clocks of the rows in sight: replayed in the background, a screenful in one go.

    Called for a row when it is painted.  What is not known yet is None, never a guess; a reading
    that grew old stands until the new one has come, but for less than a minute.  While rows fly by
    nothing is replayed: no frame shall wait for another thread's turn.
    """

    came = Signal()

    def __init__(
        self,
        ask: Callable[[Sequence[str]], Mapping[str, Sequence[Clock]]],
        runner: TaskRunner,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._ask, self._runner = ask, runner
        self._known: dict[str, tuple[float, Sequence[Clock]]] = {}  # by id: since when, and what
        self._wanted: dict[str, None] = {}  # ids, the one painted last at the end
        self._fresh_since = 0.0
        self._asked: tuple[float, Sequence[str]] | None = None  # since when, and for which
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.timeout.connect(self._replay)
        self.forget()

    def __call__(self, identity: str) -> Sequence[Clock] | None:
        """Return the clocks of a ticket, or None while they are not known."""
        since, known = self._known.get(identity, (0.0, None))
        if since < self._fresh_since:
            self._wanted.pop(identity, None)
            self._wanted[identity] = None
            self._rest.start()
        return known if time.monotonic() - since < _STALE_S else None

    def grow_old(self) -> None:
        """Let everything known be asked for again when it is next painted."""
        self._fresh_since = time.monotonic()
        self._rest.setInterval(0)  # nobody scrolls: do not let her wait

    def forget(self) -> None:
        """Know nothing more: something was written, and any clock may be another now."""
        self._known.clear()
        self.grow_old()

    @Slot()
    def _replay(self) -> None:
        self._rest.setInterval(_REST_MS)
        if self._asked is not None or not self._wanted:
            return
        ids, ask = list(self._wanted)[-_MOST:], self._ask
        self._wanted.clear()
        self._asked = time.monotonic(), ids
        task = self._runner.start(
            lambda _context: ask(ids), tr("Replay clocks"), lane="clocks", quiet=True
        )
        task.succeeded.connect(self._replayed)
        task.finished.connect(self._ended)

    @Slot(object)
    def _replayed(self, found: Mapping[str, Sequence[Clock]]) -> None:
        if self._asked is not None:
            since, ids = self._asked
            if since >= self._fresh_since:  # else it was asked before the last thing was written
                self._known |= {identity: (since, found.get(identity, ())) for identity in ids}
        self.came.emit()  # rows in sight that are still not known ask when they are painted

    @Slot()
    def _ended(self) -> None:
        self._asked = None
