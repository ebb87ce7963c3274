"""How changes are told in the list and on the board: groups, severities, what each waits for.

Their hours are Beijing time wherever the window runs, as in their gates and documents.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from gmops_desktop.contract.changes import (
    AUDIENCES,
    ENDED,
    ChangeState,
    word_of_kind,
    word_of_state,
)
from gmops_desktop.contract.terms import ZONE, as_told, told_in
from gmops_desktop.contract.updates import Plan, Update
from gmops_desktop.language import mark, tr, tr_n
from gmops_desktop.services.patches import Change
from gmops_desktop.states import State
from ui import words
from ui.widgets.lists import Entry

# What a change waits for; the list is grouped by it, the most urgent first.
GROUPS: Final[tuple[tuple[str, frozenset[ChangeState]], ...]] = (
    (mark("Under way"), frozenset(("applying", "rolling_back"))),
    (mark("Waiting for the check after"), frozenset(("postcheck", "rolled_back"))),
    (mark("Waiting for Party A's notice"), frozenset(("awaiting_notice",))),
    (mark("Waiting for its window"), frozenset(("awaiting_window", "backup", "precheck"))),
    (mark("Waiting for a window to be set"), frozenset(("simulated",))),
    (mark("Waiting for a simulation"), frozenset(("assessed",))),
    (mark("Waiting for an evaluation"), frozenset(("found",))),
    (mark("Waiting for Party A's confirmation"), frozenset(("awaiting_confirmation",))),
    (mark("Waiting for the hand-over"), frozenset(("handover",))),
)
# The columns of the board, from left to right.
COLUMNS: Final[tuple[tuple[str, str, frozenset[ChangeState]], ...]] = (
    ("plan", mark("Evaluate and simulate"), frozenset(("found", "assessed", "simulated"))),
    ("notice", mark("Announce"), frozenset(("awaiting_notice",))),
    ("window", mark("In its window"), frozenset(("awaiting_window", "backup", "precheck"))),
    (
        "under_way",
        mark("Apply and check"),
        frozenset(("applying", "rolling_back", "postcheck", "rolled_back")),
    ),
    ("confirm", mark("Confirm and hand over"), frozenset(("awaiting_confirmation", "handover"))),
    ("done", mark("Done"), frozenset(("closed", "cancelled"))),
)
# What distributors call grave, in their several words.
_CRITICAL: Final = frozenset(("critical", "emergency"))
_IMPORTANT: Final = frozenset(("important", "high"))
_KINDS: Final = {"release": "rocket-launch", "configuration": "sliders", "patch": "package"}


def title_of(change: Change) -> str:
    """Return what a change is about: one package with its versions, or the first of several.

    What mends a hole is named first.
    """
    plan = change.updates
    packages = sorted(plan.packages, key=lambda update: not update.security) if plan else []
    if not packages:
        return change.title
    first = packages[0]
    if len(packages) > 1:
        more = len(packages) - 1
        return tr_n("{first} and {count} more", "{first} and {count} more", more, first=first.name)
    return f"{first.name} {first.old} → {first.new}" if first.old else first.name


def severity_of(change: Change) -> tuple[State | None, str]:
    """Return shape and word of how grave it is what a change mends; no shape for the ordinary."""
    plan = change.updates
    return severity(plan.packages if plan else ())


def severity(updates: Sequence[Update]) -> tuple[State | None, str]:
    """Return the worst of what updates mend, in the distributor's own degrees where it has some."""
    said = {one.severity.casefold() for one in updates if one.security}
    if said & _CRITICAL:
        return "critical", tr("critical", context="severity")
    if said & _IMPORTANT:
        return "warning", tr("important", context="severity")
    if any(one.security for one in updates):
        return "warning", tr("security")
    return None, tr("ordinary")


def cves_of(plan: Plan | None) -> tuple[str, ...]:
    """Return the holes that a plan mends, each once."""
    found = (cve for update in (plan.packages if plan else ()) for cve in update.cves)
    return tuple(dict.fromkeys(found))


@told_in(ZONE)
def waits_for(change: Change, now: datetime | None = None) -> str:
    """Return how far a change is, as “notice 2 / 3”, when it may begin, or how long it waits."""
    now = now or datetime.now(UTC)
    match change.state:
        case "awaiting_notice":
            told = len(change.announced)
            return tr("notice {told} / {all}", told=told, all=len(AUDIENCES))
        case "awaiting_window" | "backup" | "precheck" if change.window:
            return window_words(change.window, now)
        case "found" | "assessed" | "simulated":
            plan = change.updates
            if plan and plan.restart_host:
                return tr("restarts the server")
            if plan and (plan.services or plan.restarts):
                return tr("restarts services")
            return words.ago(change.created_at, now)
        case "applying" | "rolling_back" if change.running:
            return words.ago(change.running.began_at, now)
        case "awaiting_confirmation" if change.applied_at:
            waited = (now - change.applied_at).total_seconds()
            return tr("for {time}", time=words.roughly(waited))
        case "closed" | "cancelled" if change.closed_at:
            return words.short(change.closed_at, now)
        case _:
            return words.ago(change.created_at, now)


@told_in(ZONE)
def window_words(window: tuple[datetime, datetime], now: datetime | None = None) -> str:
    """Return a window as "tonight"-short as it stays plain: "22:00–23:00", "11-22 22:00–23:00"."""
    begin, end = window
    here, today = as_told(begin), as_told(now or datetime.now(UTC))
    day = "" if here.date() == today.date() else f"{words.short(begin, now)} "
    until = words.clock(end)
    if as_told(end).date() != here.date():
        until = f"{words.short(end, now)} {until}"
    return f"{day}{words.clock(begin)}–{until}"


def entry_of(change: Change, host: str = "", *, card: bool = False) -> Entry:
    """Return the row of a change; as a `card` of the board it has a second line."""
    ended = change.state in ENDED
    state, word = severity_of(change)
    if change.state == "cancelled":
        word = word_of_state(change.state)
    return Entry(
        identity=change.id,
        number=change.number,
        title=title_of(change),
        state=None if ended else state,
        word="" if card and state is None else word,
        second=f"{waits_for(change)} · {host}" if card else "",
        right=(lambda: "") if card else (lambda: waits_for(change)),
    )


@told_in(ZONE)
def grouped(
    changes: Sequence[Change], now: datetime | None = None
) -> list[tuple[str, list[Change]]]:
    """Return the changes in their groups, what ended this month apart from what ended before."""
    here = as_told(now or datetime.now(UTC))
    found = [
        (tr(title), [one for one in changes if one.state in states]) for title, states in GROUPS
    ]
    ended = [one for one in changes if one.state in ENDED]
    recent = [one for one in ended if _month(one.closed_at or one.created_at) == _month(here)]
    found.append((tr("Done ({month})", month=words.month(here.date())), recent))
    found.append((tr("Done before"), [one for one in ended if one not in recent]))
    return [(title, members) for title, members in found if members]


def on_board(changes: Sequence[Change]) -> Mapping[str, list[Change]]:
    """Return the changes by the column of the board in which they stand."""
    return {key: [one for one in changes if one.state in states] for key, _word, states in COLUMNS}


@told_in(ZONE)
def facts_of(change: Change, host: str, ticket: str = "") -> str:
    """Return the line below the title: where, which kind, its state, its ticket, which holes."""
    facts = [host, word_of_kind(change.kind), word_of_state(change.state)]
    if ticket:
        facts.append(tr("ticket {number}", number=ticket))
    asked = tr("asked for by {name} {at}", name=change.author, at=words.short(change.created_at))
    facts.append(asked if change.author else words.stamp(change.created_at))
    if change.window:
        facts.append(tr("window {window}", window=window_words(change.window)))
    if cves := cves_of(change.updates):
        facts.append(words.listed(cves))
    if change.conflict:
        facts.append(tr("changed on two machines: see the steps"))
    return " · ".join(facts)


def icon_of(change: Change) -> str:
    """Return the icon of a change's kind."""
    return _KINDS[change.kind]


def _month(at: datetime) -> tuple[int, int]:
    here = as_told(at)
    return here.year, here.month
