"""What ties tickets together: links, merging (which can be taken back), splitting.

A link stands in both tickets as the field `link_ID`, so that two devices which link at the same
time both count.  A merged ticket keeps its entries: nothing is moved, so no time is lost, and a
merge that is taken back leaves no trace in any clock.

Two devices that do not know of each other may merge two tickets into each other, or three in a
ring: then every one of them would be part of another and none would be left to work on.  Of such
a ring the merge that was recorded last, in the journal's order, does not hold (`void_merges`): it
counts as if it had not been made, on every device alike, until somebody takes one of them back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from gmops_desktop.contract.record import EntryView
from gmops_desktop.contract.tickets import Ticket, TicketState
from gmops_desktop.language import mark, tr

LinkKind = Literal[
    "related",
    "duplicate_of",
    "duplicated_by",
    "caused_by",
    "causes",
    "split_from",
    "split_into",
]

_PREFIX: Final = "link_"
_KINDS: Final[dict[LinkKind, str]] = {
    "related": mark("Related to"),
    "duplicate_of": mark("Duplicate of"),
    "duplicated_by": mark("Has the duplicate"),
    "caused_by": mark("Caused by"),
    "causes": mark("Causes"),
    "split_from": mark("Split off from"),
    "split_into": mark("Split into"),
}
_INVERSE: Final[dict[LinkKind, LinkKind]] = {
    "related": "related",
    "duplicate_of": "duplicated_by",
    "duplicated_by": "duplicate_of",
    "caused_by": "causes",
    "causes": "caused_by",
    "split_from": "split_into",
    "split_into": "split_from",
}
KINDS: Final = tuple(_KINDS)
# Those a person chooses; the others are their far ends, or come of splitting.
CHOICES: Final[tuple[LinkKind, ...]] = ("related", "duplicate_of", "caused_by", "causes")


def word_of_link(kind: LinkKind) -> str:
    """Return how one ticket stands to another."""
    return tr(_KINDS[kind])


def inverse(kind: LinkKind) -> LinkKind:
    """Return how the other ticket stands to the one."""
    return _INVERSE[kind]


def link_field(other_id: str) -> str:
    """Return the name of the field in which a link to another ticket stands."""
    return f"{_PREFIX}{other_id}"


def links_in(fields: Mapping[str, Any]) -> dict[str, str]:
    """Return the links among a ticket's fields, from the other ticket's id to a `LinkKind`."""
    return {
        name.removeprefix(_PREFIX): str(kind)
        for name, kind in fields.items()
        if name.startswith(_PREFIX) and kind in _KINDS
    }


def effective(entries: Iterable[EntryView]) -> tuple[EntryView, ...]:
    """Return a ticket's entries in order, without merges that were taken back: all that stand
    then, since two devices may have merged it into two others."""
    kept: list[EntryView] = []
    for entry in sorted(entries, key=lambda one: one.order):
        if entry.action == "ticket.unmerged":
            kept = [one for one in kept if one.action != "ticket.merged"]
        else:
            kept.append(entry)
    return tuple(kept)


def gates_lost(ticket: Ticket, into: Ticket) -> str:
    """Return, in words, which gate the work of `ticket` would slip through as part of `into`."""
    lost = (
        (ticket.interrupts and not into.interrupts, tr("notice to those concerned (2.3-8)")),
        (
            ticket.kind == "requirement" and into.kind != "requirement",
            tr("evaluation by the project manager (2.3-4)"),
        ),
    )
    return tr(", ", context="between names").join(word for gone, word in lost if gone)


def state_before_merge(entries: Iterable[EntryView]) -> TicketState:
    """Return the state a merged ticket goes back to when the merge is taken back."""
    states: list[TicketState] = [
        entry.fields["state"]
        for entry in effective(entries)
        if "state" in entry.fields and entry.action != "ticket.merged"
    ]
    return states[-1]


# ---------------------------------------------------------------- merged into each other


@dataclass(frozen=True, slots=True)
class Merge:
    """That a ticket is part of another, as its own entries leave it; `entry` is the id of the one
    that says so."""

    ticket: str
    into: str
    entry: str
    order: tuple[int, str]


def merge_of(entries: Iterable[EntryView]) -> Merge | None:
    """Return the merge that stands at the end of a ticket's entries, if there is one."""
    kept = effective(entries)
    states = [entry for entry in kept if "state" in entry.fields]
    if not states or states[-1].action != "ticket.merged":
        return None
    last = states[-1]
    return Merge(last.subject, str(last.fields["merged_into"]), last.id, last.order)


def void_merges(merges: Iterable[Merge]) -> frozenset[str]:
    """Return the ids of the entries whose merge does not hold: the last of each ring."""
    into = {one.ticket: one for one in merges}
    void: set[str] = set()
    known: set[str] = set()  # tickets whose way was followed to its end
    for start in into:
        way: list[str] = []
        here = start
        while here in into and here not in known:
            known.add(here)
            way.append(here)
            here = into[here].into
        if here in way:
            ring = [into[one] for one in way[way.index(here) :]]
            void.add(max(ring, key=lambda one: one.order).entry)
    return frozenset(void)


def without_merge(entries: Iterable[EntryView]) -> tuple[EntryView, ...]:
    """Return a ticket's entries as they are without the merge that stands at their end."""
    there = tuple(entries)
    merge = merge_of(there)
    return tuple(one for one in there if merge is None or one.id != merge.entry)
