"""How a ticket reads in a list: its priority, where it stands, and the clock that presses most."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gmops_desktop.contract.clocks import Clock, word_of_clock
from gmops_desktop.contract.tickets import (
    ENDED,
    Priority,
    word_of_priority,
    word_of_state,
)
from gmops_desktop.language import tr
from gmops_desktop.services.tickets import Ticket
from gmops_desktop.states import State
from ui import words
from ui.widgets.lists import Entry


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


def entry_of(ticket: Ticket, clocks: Callable[[str], Sequence[Clock]]) -> Entry:
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
