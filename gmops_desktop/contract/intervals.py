"""The states a ticket went through, by replay of its entries: what every clock is counted from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise, zip_longest
from typing import Any, Final, Literal, cast

from gmops_desktop.contract.record import EntryView
from gmops_desktop.contract.ticket_bonds import effective
from gmops_desktop.contract.tickets import ENDED, PARTY_A, SUSPENSIONS, Pause, TicketState

HANDED_OVER: Final[frozenset[TicketState]] = ENDED | {"awaiting_confirmation"}
_AWAY: Final[frozenset[TicketState]] = HANDED_OVER | {"suspended"}


@dataclass(frozen=True, slots=True)
class Interval:
    """A stretch of time a ticket spent in one state.

    `waiting` when it was Party A's turn; `pause` what was waited for, "" while somebody worked;
    `restored` when the service ran again although the ticket was not done.
    """

    begin: datetime
    end: datetime
    state: TicketState
    waiting: bool
    text: str
    pause: Pause | Literal[""] = ""
    restored: bool = False

    @property
    def seconds(self) -> float:
        return (self.end - self.begin).total_seconds()


def asked_at(ordered: Sequence[EntryView]) -> datetime:
    """Return when a ticket was asked for, from its entries in order: as it was last corrected; it
    may have been written down later."""
    said = last_said(ordered, "opened_at")
    return datetime.fromisoformat(said) if said else ordered[0].at


def last_said(ordered: Sequence[EntryView], name: str) -> Any:
    """Return the value of a field as the entries, in order, leave it."""
    return next((e.fields[name] for e in reversed(ordered) if name in e.fields), None)


def intervals(
    entries: Sequence[EntryView],
    now: datetime,
    joined: Sequence[Sequence[EntryView]] = (),
) -> tuple[Interval, ...]:
    """Replay a ticket's entries (any order) into its states, without gaps, from opening to `now`.

    The last one is the state it is in now; an ended ticket has none.  `joined` are the entries of
    the tickets merged into it: until each was merged, it was Party B's turn while it was in either.

    Where a device's clock was wrong, time stands still rather than running backwards.
    """
    own = _replay(entries, now)
    return _overlay([own, *(_replay(other, now) for other in joined)]) if joined else tuple(own)


def _replay(entries: Sequence[EntryView], now: datetime) -> list[Interval]:
    ordered = effective(entries)
    events = [one for one in ordered if "state" in one.fields or one.action == "ticket.restored"]
    found: list[Interval] = []
    if not events:
        return found
    begin, restored, handed, mover = asked_at(ordered), False, False, events[0]
    for entry, following in zip_longest(events, events[1:]):
        if "state" in entry.fields:
            if handed and _state(entry) not in _AWAY:
                restored = handed = False  # it comes back: it was not restored after all
            handed = handed or _state(entry) in HANDED_OVER
            mover = entry
        else:
            restored = True
        state = _state(mover)
        end = max(begin, _moment(following) if following else now)
        # The state it is in now is shown however short; an ended ticket is in none.
        if (following and end > begin) or (not following and state not in ENDED):
            pause = _pause(state, str(mover.note.get("waiting_on", "")))
            text = str(mover.note.get("text", ""))
            found.append(Interval(begin, end, state, pause in PARTY_A, text, pause, restored))
        begin = end
    return found


def _state(entry: EntryView) -> TicketState:
    return cast(TicketState, entry.fields["state"])


def _moment(entry: EntryView) -> datetime:
    """Return when what the entry says took place; only a restoration is told afterwards."""
    said = entry.fields.get("restored_at") if entry.action == "ticket.restored" else None
    return datetime.fromisoformat(said) if said else entry.at


def _pause(state: TicketState, waiting_on: str) -> Pause | Literal[""]:
    if state == "awaiting_notice":
        return "notice"
    if state == "awaiting_confirmation":
        return "confirmation"
    if state == "suspended" and waiting_on in SUSPENSIONS:
        return cast(Pause, waiting_on)
    return ""


def _overlay(timelines: Sequence[Sequence[Interval]]) -> tuple[Interval, ...]:
    """Return one timeline: at each moment the interval in which most is to be done by Party B."""
    cuts = sorted({at for line in timelines for one in line for at in (one.begin, one.end)})
    found: list[Interval] = []
    sources: list[Interval] = []
    for begin, end in pairwise(cuts):
        there = [one for line in timelines for one in line if one.begin <= begin and end <= one.end]
        there = [one for one in there if one.state not in ENDED] or there
        if not there:
            continue
        best = min(there, key=_idleness)
        if sources and sources[-1] is best and found[-1].end == begin:
            found[-1] = replace(found[-1], end=end)
        else:
            found.append(replace(best, begin=begin, end=end))
            sources.append(best)
    if timelines[0] and timelines[0][-1].begin == timelines[0][-1].end:
        found.append(timelines[0][-1])  # the state it is in now, however short
    return tuple(found)


def _idleness(one: Interval) -> int:
    """Return how little is to be done: restore, then solve, then wait for others, for Party A."""
    if one.state in ENDED:
        return 4
    if one.waiting:
        return 3
    return 2 if one.pause else 1 if one.restored else 0
