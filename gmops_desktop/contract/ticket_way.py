"""The way of a ticket as the contract tells it (2.3-4, 2.3-6 to 2.3-8): which of its stations are
behind it, and where it stands.  None of this stops a ticket; what does is in `ticket_moves`.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from typing import Final, Literal

from gmops_desktop.contract.ticket_moves import notices_missing
from gmops_desktop.contract.tickets import ENDED, Ticket, TicketKind, TicketState
from gmops_desktop.language import mark, tr

StationKey = Literal[
    "registered",
    "taken_up",
    "agree",
    "assess",
    "cause",
    "promise",
    "announce",
    "hand_over",
    "confirmed",
    "closed",
]

_WORDS: Final[dict[StationKey, str]] = {
    "registered": mark("Registered"),
    "taken_up": mark("Taken up"),
    "agree": mark("Problem confirmed by both"),
    "assess": mark("Evaluation by the project manager"),
    "cause": mark("Root cause"),
    "promise": mark("Promised time"),
    "announce": mark("Those concerned are told"),
    "hand_over": mark("Implemented, handed over"),
    "confirmed": mark("Confirmed by Party A"),
    "closed": mark("Closed"),
}
_PLAIN: Final[tuple[StationKey, ...]] = ("hand_over", "confirmed", "closed")
_DISTURBANCE: Final[tuple[StationKey, ...]] = ("taken_up", "agree", "cause", "promise", *_PLAIN)
_WAYS: Final[dict[TicketKind, tuple[StationKey, ...]]] = {
    "incident": _DISTURBANCE,
    "problem": _DISTURBANCE,
    "requirement": ("assess", "promise", *_PLAIN),
    "request": ("taken_up", *_PLAIN),
    "question": ("taken_up", "confirmed", "closed"),
    "training": ("taken_up", "confirmed", "closed"),
    "visit": ("taken_up", "hand_over", "confirmed", "closed"),
}
# The station at which a ticket of this state stands at the earliest.
_EARLIEST: Final[dict[TicketState, StationKey]] = {
    "awaiting_notice": "announce",
    "implementing": "hand_over",
    "awaiting_confirmation": "confirmed",
}
_RECORDED: Final = frozenset({"agree", "assess", "cause", "promise", "announce", "hand_over"})


@dataclass(frozen=True, slots=True)
class Station:
    """One station: whether it is behind the ticket, and whether the ticket stands there now.

    `verb` names what records it, "" where only a step of the flow leads there.
    """

    key: StationKey
    word: str
    done: bool
    here: bool
    verb: str = ""


def stations(
    ticket: Ticket, visited: Set[TicketState], *, handed_over: bool
) -> tuple[Station, ...]:
    """Return the stations of a ticket's way, in order; `visited` are the states it was in."""
    way: list[StationKey] = ["registered", *_WAYS[ticket.kind]]
    if ticket.interrupts or "awaiting_notice" in visited:
        place = way.index("hand_over") if "hand_over" in way else way.index("confirmed")
        way.insert(place, "announce")
    working = bool(visited - {"registered", "assessing", "suspended"} - ENDED)
    done: dict[StationKey, bool] = {
        "registered": True,
        "taken_up": working or "assessing" in visited,
        "agree": bool(ticket.agreed_by),
        "assess": ticket.assessed_days is not None,
        "cause": bool(ticket.cause),
        "promise": ticket.promised_for is not None,
        "announce": bool(ticket.notices) and not notices_missing(ticket),
        "hand_over": handed_over,
        "confirmed": bool(ticket.confirmed_by),
        "closed": ticket.state == "closed",
    }
    state = ticket.resumes if ticket.state == "suspended" else ticket.state
    first = _EARLIEST.get(state) if state else None
    start = way.index(first) if first in way else 0
    over = ticket.state in ENDED
    here = next((key for key in way[start:] if not done[key]), None) if not over else None
    return tuple(
        Station(key, tr(_WORDS[key]), done[key], key == here, key if key in _RECORDED else "")
        for key in way
    )
