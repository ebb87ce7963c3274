"""The rules of tickets: states and moves, who may ask (1.15), and clocks derived by replay.

No clock is ever stored.  A ticket's entries are replayed into intervals, each in one state; what
was waiting on Party A is never charged to Party B.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import zip_longest
from typing import Any, Final, Literal

from gmops_desktop.contract.record import EntryView
from gmops_desktop.contract.terms import Contact
from gmops_desktop.language import mark, tr
from gmops_desktop.states import State

TicketKind = Literal[
    "incident", "problem", "request", "requirement", "question", "training", "visit"
]
TicketState = Literal[
    "registered",
    "assessing",
    "working",
    "awaiting_notice",
    "implementing",
    "awaiting_confirmation",
    "closed",
    "suspended",
    "declined",
    "withdrawn",
]
Priority = Literal[1, 2, 3, 4]
WaitingOn = Literal["", "party_a", "third_party", "window"]
ClockKey = Literal["response", "restore", "promise", "waiting"]

MOVES: Final[dict[TicketState, tuple[TicketState, ...]]] = {
    "registered": ("assessing", "working", "suspended", "declined", "withdrawn"),
    "assessing": ("working", "suspended", "declined", "withdrawn"),
    "working": (
        "awaiting_notice",
        "implementing",
        "awaiting_confirmation",
        "suspended",
        "withdrawn",
    ),
    "awaiting_notice": ("implementing", "working", "suspended", "withdrawn"),
    "implementing": ("awaiting_confirmation", "working", "suspended"),
    "awaiting_confirmation": ("closed", "working", "suspended"),
    "suspended": ("assessing", "working", "implementing", "awaiting_confirmation", "withdrawn"),
    "closed": ("working",),
    "declined": ("registered",),
    "withdrawn": ("registered",),
}
ENDED: Final[frozenset[TicketState]] = frozenset({"closed", "declined", "withdrawn"})
WAITING: Final[frozenset[TicketState]] = frozenset({"awaiting_notice", "awaiting_confirmation"})

_KINDS: Final[dict[TicketKind, str]] = {
    "incident": mark("Incident"),
    "problem": mark("Problem"),
    "request": mark("Service request"),
    "requirement": mark("Requirement change"),
    "question": mark("Question"),
    "training": mark("Training"),
    "visit": mark("On-site visit"),
}
_STATES: Final[dict[TicketState, str]] = {
    "registered": mark("Registered"),
    "assessing": mark("Assessing"),
    "working": mark("Working"),
    "awaiting_notice": mark("Waiting for Party A's notice"),
    "implementing": mark("Implementing"),
    "awaiting_confirmation": mark("Waiting for Party A's confirmation"),
    "closed": mark("Closed"),
    "suspended": mark("Suspended"),
    "declined": mark("Declined"),
    "withdrawn": mark("Withdrawn"),
}
_PRIORITIES: Final[dict[Priority, str]] = {
    1: mark("Urgent"),
    2: mark("High"),
    3: mark("Medium"),
    4: mark("Low"),
}
_CLOCKS: Final[dict[ClockKey, str]] = {
    "response": mark("Response"),
    "restore": mark("Resolution"),
    "promise": mark("Promise"),
    "waiting": mark("Waiting on Party A"),
}
KINDS: Final = tuple(_KINDS)
STATES: Final = tuple(_STATES)
PRIORITIES: Final = tuple(_PRIORITIES)


def word_of_kind(kind: TicketKind) -> str:
    """Return the word for a kind of ticket."""
    return tr(_KINDS[kind])


def word_of_state(state: TicketState) -> str:
    """Return the word for a ticket's state."""
    return tr(_STATES[state])


def word_of_priority(priority: Priority) -> str:
    """Return the word for a priority."""
    return tr(_PRIORITIES[priority])


def word_of_clock(key: ClockKey) -> str:
    """Return the word for a clock."""
    return tr(_CLOCKS[key])


def moves_of(kind: TicketKind, state: TicketState) -> tuple[TicketState, ...]:
    """Return where a ticket may go next; a requirement is assessed before work begins (2.3-4)."""
    moves = MOVES[state]
    if kind == "requirement" and state == "registered":
        return tuple(move for move in moves if move != "working")
    return moves


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket as its entries leave it.

    `priority` is Party A's order, `estimate` Party B's own; `emergency` the reason why a request
    by nobody designated was taken; `conflict` that two devices disagree on a field.
    """

    id: str
    number: str
    kind: TicketKind
    title: str
    description: str
    state: TicketState
    priority: Priority
    estimate: Priority | None
    requester: str
    contact_id: str
    emergency: str
    resource_id: str
    opened_at: datetime
    closed_at: datetime | None
    confirmed_by: str
    conflict: bool
    channel: str = ""
    promised_for: datetime | None = None
    person_days: Decimal = Decimal(0)
    assessed_days: Decimal | None = None
    conflicts: tuple[str, ...] = ()


# ---------------------------------------------------------------- who may ask


def same_name(one: str, other: str) -> bool:
    """Return whether two names are the same but for blanks, width and case of letters."""
    return "".join(searchable(one).split()) == "".join(searchable(other).split())


def designated(contacts: Iterable[Contact], name: str, on: date) -> Contact | None:
    """Return Party A's designated contact of that name on that day (1.15), if there is one."""
    for contact in contacts:
        if contact.party == "A" and contact.valid(on) and same_name(contact.name, name):
            return contact
    return None


@dataclass(frozen=True, slots=True)
class ContactCheck:
    """Whether somebody may ask; `reason` is a finished sentence when not."""

    designated: bool
    contact: Contact | None
    reason: str


def check_requester(contacts: Sequence[Contact], name: str, day: date) -> ContactCheck:
    """Return whether `name` may ask on that day, and if not, who may."""
    contact = designated(contacts, name, day)
    if contact is not None:
        return ContactCheck(True, contact, "")
    valid = [one.name for one in contacts if one.party == "A" and one.valid(day)]
    if not name.strip():
        reason = ""
    elif valid:
        reason = tr(
            "{name} is not a designated contact of Party A (1.15); those are: {names}.",
            name=name.strip(),
            names=tr(", ", context="between names").join(valid),
        )
    else:
        reason = tr(
            "{name} is not a designated contact of Party A (1.15); none is recorded for {day}.",
            name=name.strip(),
            day=day,
        )
    return ContactCheck(False, None, reason)


def searchable(text: str) -> str:
    """Return `text` as it is searched: width and case of letters do not count."""
    return unicodedata.normalize("NFKC", text).casefold()


# ---------------------------------------------------------------- clocks


@dataclass(frozen=True, slots=True)
class Target:
    """Party B's own objectives in seconds.  The contract names none: it says "at any time"."""

    response: float
    restore: float


_MINUTE: Final = 60.0
_HOUR: Final = 3600.0
OBJECTIVES: Final[dict[Priority, Target]] = {
    1: Target(15 * _MINUTE, 4 * _HOUR),
    2: Target(30 * _MINUTE, 8 * _HOUR),
    3: Target(2 * _HOUR, 24 * _HOUR),
    4: Target(8 * _HOUR, 72 * _HOUR),
}
_WARN_AT: Final = 0.8  # of the target


@dataclass(frozen=True, slots=True)
class Interval:
    """A stretch of time a ticket spent in one state; `waiting` when it was Party A's turn."""

    begin: datetime
    end: datetime
    state: TicketState
    waiting: bool
    text: str

    @property
    def seconds(self) -> float:
        return (self.end - self.begin).total_seconds()


@dataclass(frozen=True, slots=True)
class Clock:
    """A time charged (`seconds`) and not charged (`paused`), against its `target` if there is one.

    Without a target the state of a clock is unknown; the state of `waiting` is a warning while it
    runs, since then somebody has to act.
    """

    key: ClockKey
    seconds: float
    paused: float
    target: float | None
    running: bool
    state: State


def intervals(entries: Sequence[EntryView], now: datetime) -> tuple[Interval, ...]:
    """Replay a ticket's entries (any order) into its states, without gaps, from opening to `now`.

    The last one is the state it is in now; an ended ticket has none.

    Where a device's clock was wrong, time stands still rather than running backwards.
    """
    moves = [e for e in sorted(entries, key=lambda e: e.order) if "state" in e.fields]
    found: list[Interval] = []
    begin = opened_at(moves[0]) if moves else now
    for entry, following in zip_longest(moves, moves[1:]):
        state: TicketState = entry.fields["state"]
        end = max(begin, following.at if following else now)
        # The state it is in now is shown however short; an ended ticket is in none.
        if (following and end > begin) or (not following and state not in ENDED):
            waiting = state in WAITING or entry.note.get("waiting_on") == "party_a"
            found.append(Interval(begin, end, state, waiting, str(entry.note.get("text", ""))))
        begin = end
    return tuple(found)


def opened_at(entry: EntryView) -> datetime:
    """Return when the ticket of this opening entry was raised; it may be written down later."""
    said = entry.fields.get("opened_at")
    return datetime.fromisoformat(said) if said else entry.at


def clocks(
    entries: Sequence[EntryView],
    now: datetime,
    targets: Mapping[Priority, Target] = OBJECTIVES,
) -> tuple[Clock, ...]:
    """Return response, resolution, promise (once one was made) and waiting, as of `now`.

    Response runs from opening to the first thing Party B did.  Resolution is all time in which it
    was Party B's turn.  The promise counts from when it was last made.  Whatever changes later (a
    priority, an entry that arrives from another device) only leads to another replay.
    """
    ordered = sorted(entries, key=lambda entry: entry.order)
    if not ordered:
        return ()
    spans = intervals(ordered, now)
    state = _last(ordered, "state")
    target = targets.get(_last(ordered, "priority"))
    begin = opened_at(ordered[0])

    answered = next((entry.at for entry in ordered[1:]), None)
    if answered is None and state in ENDED:  # declined as it was registered
        answered = ordered[0].at
    response = max(0.0, ((answered or now) - begin).total_seconds())
    ours = sum(span.seconds for span in spans if _charged(span))
    theirs = sum(span.seconds for span in spans if span.waiting)
    waiting = state not in ENDED and spans[-1].waiting
    our_turn = state not in ENDED and not waiting

    result = [
        _clock("response", response, 0.0, target.response if target else None, answered is None),
        _clock("restore", ours, theirs, target.restore if target else None, our_turn),
    ]
    promised = [entry for entry in ordered if entry.fields.get("promised_for")]
    if promised:
        made = promised[-1]
        allowed = datetime.fromisoformat(made.fields["promised_for"]) - made.at
        later = [_after(span, made.at) for span in spans if span.end > made.at]
        spent = sum(span.seconds for span in later if _charged(span))
        paused = sum(span.seconds for span in later if span.waiting)
        result.append(_clock("promise", spent, paused, allowed.total_seconds(), our_turn))
    result.append(Clock("waiting", theirs, 0.0, None, waiting, "warning" if waiting else "ok"))
    return tuple(result)


def _charged(span: Interval) -> bool:
    return not span.waiting and span.state not in ENDED


def _after(span: Interval, at: datetime) -> Interval:
    return Interval(max(span.begin, at), span.end, span.state, span.waiting, span.text)


def _last(ordered: Sequence[EntryView], name: str) -> Any:
    return next((e.fields[name] for e in reversed(ordered) if name in e.fields), None)


def _clock(
    key: ClockKey, seconds: float, paused: float, target: float | None, running: bool
) -> Clock:
    state: State = "ok"
    if target is None:
        state = "unknown"
    elif seconds > target:
        state = "critical"
    elif running and seconds > target * _WARN_AT:
        state = "warning"
    return Clock(key, seconds, paused, target, running, state)
