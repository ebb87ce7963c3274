"""The clocks of tickets, by replay of their entries and of nothing else.

No clock, due date or pause is ever stored.  A ticket's entries are replayed into intervals, each
in one state; a clock counts those that are Party B's turn, within its hours, and every figure can
be unfolded into the stretches it was added up from.  A changed priority, an entry that arrives
later from another device, a merge that is taken back: each only leads to another replay.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import zip_longest
from typing import Final, Literal

from gmops_desktop.contract.hours import (
    ALWAYS,
    Hours,
    WorkingDays,
    Works,
    counted,
    moment_after,
    remembered,
    seconds_between,
)
from gmops_desktop.contract.intervals import (
    HANDED_OVER,
    Interval,
    asked_at,
    intervals,
    last_said,
)
from gmops_desktop.contract.record import EntryView
from gmops_desktop.contract.targets import OBJECTIVES, ClockKey, Limit, Targets
from gmops_desktop.contract.ticket_bonds import effective
from gmops_desktop.contract.tickets import (
    ENDED,
    Priority,
    TicketKind,
    TicketState,
    word_of_pause,
    word_of_state,
)
from gmops_desktop.contract.workdays import is_workday
from gmops_desktop.language import mark, tr
from gmops_desktop.states import State

Counting = Literal["counted", "paused", "off"]  # "off": outside the hours that count

_CLOCKS: Final[dict[ClockKey, str]] = {
    "response": mark("Response"),
    "restore": mark("Restoration"),
    "resolve": mark("Resolution"),
    "promise": mark("Promise"),
    "waiting": mark("Waiting on Party A"),
}
# What is an answer to who asked.  Links, merges and corrections of fields are not, nor is what a
# machine notes.
_ANSWERS: Final = frozenset(
    f"ticket.{deed}"
    for deed in (
        "agreed", "announced", "assessed", "caused", "closed", "confirmed", "handed_over", "moved",
        "noted", "promised", "restored", "spent",
    )
)  # fmt: skip
_NEVER: Final = Limit(None, ALWAYS)


def word_of_clock(key: ClockKey) -> str:
    """Return the word for a clock."""
    return tr(_CLOCKS[key])


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of an interval as one clock sees it, and in words why it counted or not."""

    begin: datetime
    end: datetime
    counting: Counting
    why: str

    @property
    def seconds(self) -> float:
        return (self.end - self.begin).total_seconds()


@dataclass(frozen=True, slots=True)
class Clock:
    """A time charged (`seconds`) and not charged (`paused`), against its `target` if there is one.

    Without a target the state of a clock is unknown; the state of `waiting` is a warning while it
    runs, since then somebody has to act.  `due_at` is when the target is used up and `warn_at`
    when a reminder is due, both None where that cannot be said (stopped, or waiting on others).
    `stretches` are what `seconds` and `paused` can be added up from; none unless asked for.
    """

    key: ClockKey
    seconds: float
    paused: float
    target: float | None
    running: bool
    state: State
    due_at: datetime | None = None
    warn_at: datetime | None = None
    hours: Hours = ALWAYS
    stretches: tuple[Stretch, ...] = ()


@dataclass(frozen=True, slots=True)
class PromiseMade:
    """One version of a promise (2.3-6); `kept` is None while it runs or once it was replaced.

    A version that was late when it was replaced is not kept.  `deviation` says why it was made
    before the root cause was found.
    """

    made_at: datetime
    until: datetime
    by: str
    reason: str
    deviation: str
    kept: bool | None
    standing: bool


def clocks(
    entries: Sequence[EntryView],
    now: datetime,
    targets: Targets = OBJECTIVES,
    *,
    works: Works = is_workday,
    joined: Sequence[Sequence[EntryView]] = (),
    unfolded: bool = True,
) -> tuple[Clock, ...]:
    """Return response, restoration (incidents), resolution, promise (once one was made) and
    waiting, as of `now`.

    Response runs from opening to the first thing Party B did.  Restoration is the time in which it
    was Party B's turn and the service did not run; resolution is all time in which it was Party
    B's turn.  The promise counts from when it was last made.  Only the targets' pauses stop them.
    """
    ordered = effective(entries)
    if not ordered:
        return ()
    everything = _by_order([*ordered, *(entry for other in joined for entry in effective(other))])
    spans = _active(intervals(ordered, now, joined))
    kind: TicketKind = last_said(ordered, "kind") or "incident"
    priority: Priority | None = last_said(ordered, "priority")
    state = last_said(ordered, "state")
    here = spans[-1] if spans and state not in ENDED else None
    waiting = here is not None and here.waiting
    our_turn = here is not None and here.pause not in targets.pauses

    def limit(key: Literal["response", "restore", "resolve"]) -> Limit:
        return targets.limit(key, kind, priority) if priority else _NEVER

    measure = _Measure(now, targets, remembered(works), unfolded)
    begin = min(asked_at(one) for one in (ordered, *(effective(o) for o in joined if o)))
    answered = _answered(everything, state)
    until = max(begin, answered or now)
    asked = Interval(begin, until, "registered", waiting=False, text="")
    found = [measure.clock("response", [asked], limit("response"), running=answered is None)]
    if kind == "incident":
        broken = [one for one in spans if not one.restored]
        running = our_turn and here is not None and not here.restored
        found.append(measure.clock("restore", broken, limit("restore"), running=running))
    found.append(measure.clock("resolve", spans, limit("resolve"), running=our_turn))
    if (made := _standing(everything)) is not None:
        found.append(measure.promise(made, spans, running=our_turn))
    theirs = [one for one in spans if one.waiting]
    stretches = tuple(
        Stretch(one.begin, one.end, "counted", _why(one)) for one in theirs if unfolded
    )
    total = sum(one.seconds for one in theirs)
    mood: State = "warning" if waiting else "ok"
    found.append(Clock("waiting", total, 0.0, None, waiting, mood, stretches=stretches))
    return tuple(found)


def first_answer(entries: Sequence[EntryView]) -> datetime | None:
    """Return when Party B first did something about it; None while it has not.

    A ticket split off was answered with its origin.
    """
    ordered = effective(entries)
    if said := ordered[0].fields.get("answered_at"):
        return datetime.fromisoformat(said)
    for entry in ordered[1:]:
        if entry.action in _ANSWERS and "occurrence" not in entry.note:
            return entry.at
    return None


def promises(
    entries: Sequence[EntryView],
    now: datetime,
    targets: Targets = OBJECTIVES,
    *,
    works: Works = is_workday,
) -> tuple[PromiseMade, ...]:
    """Return every version of a ticket's promise, oldest first, and whether it was kept."""
    ordered = effective(entries)
    made = [entry for entry in ordered if entry.fields.get("promised_for")]
    spans, state = _active(intervals(ordered, now)), last_said(ordered, "state")
    days = remembered(works)
    found = []
    for entry, following in zip_longest(made, made[1:]):
        until = following.at if following else now
        upto = [replace(one, end=min(one.end, until)) for one in spans if one.begin < until]
        running = following is None and state not in HANDED_OVER
        clock = _Measure(until, targets, days, unfolded=False).promise(entry, upto, running=running)
        kept: bool | None = None
        if clock.state == "critical":
            kept = False
        elif following is None and not running:
            kept = True
        found.append(
            PromiseMade(
                entry.at,
                datetime.fromisoformat(entry.fields["promised_for"]),
                entry.actor,
                str(entry.note.get("text", "")),
                str(entry.note.get("deviation", "")),
                kept,
                following is None,
            )
        )
    return tuple(found)


def _active(spans: Iterable[Interval]) -> list[Interval]:
    """Leave out the time in which a ticket was closed before it was opened again."""
    return [span for span in spans if span.state not in ENDED]


def _by_order(entries: Iterable[EntryView]) -> list[EntryView]:
    return sorted(entries, key=lambda entry: entry.order)


def _answered(ordered: Sequence[EntryView], state: TicketState) -> datetime | None:
    answer = first_answer(ordered)
    if answer is None and state in ENDED:  # declined as it was registered
        return ordered[0].at
    return answer


def _standing(ordered: Sequence[EntryView]) -> EntryView | None:
    return next((one for one in reversed(ordered) if one.fields.get("promised_for")), None)


@dataclass(frozen=True, slots=True)
class _Measure:
    """Adds intervals up into a clock as of `now`; only one that is `unfolded` shows its stretches:
    a ticket left open for years has thousands."""

    now: datetime
    targets: Targets
    works: WorkingDays
    unfolded: bool

    def clock(
        self, key: ClockKey, spans: Sequence[Interval], limit: Limit, *, running: bool
    ) -> Clock:
        spent = [
            (one, seconds_between(one.begin, one.end, limit.hours, self.works)) for one in spans
        ]
        seconds = sum(length for one, length in spent if not self._pauses(one))
        paused = sum(length for one, length in spent if self._pauses(one))
        charged = [(one, length) for one, length in spent if length and not self._pauses(one)]
        stretches = tuple(
            piece
            for one in spans if self.unfolded
            for piece in self._pieces(one, limit.hours)
        )  # fmt: skip
        due = warn = None
        state: State = "unknown"
        if limit.seconds is not None:
            share = limit.seconds * self.targets.warn_at
            due = self._reached(charged, limit.seconds, limit.hours, running=running)
            warn = self._reached(charged, share, limit.hours, running=running)
            late, near = seconds > limit.seconds, running and seconds > share
            state = "critical" if late else "warning" if near else "ok"
        return Clock(
            key, seconds, paused, limit.seconds, running, state, due, warn, limit.hours, stretches
        )

    def promise(self, made: EntryView, spans: Sequence[Interval], *, running: bool) -> Clock:
        allowed = datetime.fromisoformat(made.fields["promised_for"]) - made.at
        later = [replace(one, begin=max(one.begin, made.at)) for one in spans if one.end > made.at]
        limit = Limit(max(0.0, allowed.total_seconds()), ALWAYS)
        return self.clock("promise", later, limit, running=running)

    def _pieces(self, span: Interval, hours: Hours) -> Iterable[Stretch]:
        """Cut an interval at the hours that count."""
        counting: Counting = "paused" if self._pauses(span) else "counted"
        why, off, at = _why(span), tr("Outside working hours"), span.begin
        for begin, end in counted(span.begin, span.end, hours, self.works):
            if at < begin:
                yield Stretch(at, begin, "off", off)
            yield Stretch(begin, end, counting, why)
            at = end
        if at < span.end:
            yield Stretch(at, span.end, "off", off)

    def _pauses(self, span: Interval) -> bool:
        return span.pause in self.targets.pauses

    def _reached(
        self,
        charged: Sequence[tuple[Interval, float]],
        seconds: float,
        hours: Hours,
        *,
        running: bool,
    ) -> datetime | None:
        """Return when so many seconds were or will be counted; None if that is open."""
        left = seconds
        for span, length in charged:
            if length >= left:
                return moment_after(span.begin, left, hours, self.works)
            left -= length
        return moment_after(self.now, left, hours, self.works) if running else None


def _why(span: Interval) -> str:
    """Return what a stretch was, in words: its state, or what was waited for, and the reason."""
    word = word_of_pause(span.pause) if span.state == "suspended" and span.pause else ""
    said = (word_of_state(span.state), word, span.text)
    return tr(": ").join(text for text in said if text)
