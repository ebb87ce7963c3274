"""What ties tickets together: links, merging (which can be taken back), splitting.

A link stands in both tickets as the field `link_ID`, so that two devices which link at the same
time both count.  A merged ticket keeps its entries: nothing is moved, so no time is lost, and a
merge that is taken back leaves no trace in any clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
    """Return a ticket's entries in order, without merges that were taken back."""
    kept: list[EntryView] = []
    for entry in sorted(entries, key=lambda one: one.order):
        if entry.action == "ticket.unmerged":
            merges = [place for place, one in enumerate(kept) if one.action == "ticket.merged"]
            if merges:
                del kept[merges[-1]]
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
