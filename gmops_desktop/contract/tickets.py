"""What a ticket is: its kinds, states and facts in words, and who may ask for one (1.15).

Which moves are allowed stands in `ticket_moves`, what time costs in `clocks`, what ties tickets
together in `ticket_bonds`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Final, Literal

from gmops_desktop.contract.changes import Audience
from gmops_desktop.contract.terms import Contact
from gmops_desktop.language import mark, tr

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
    "merged",
]
Priority = Literal[1, 2, 3, 4]
Impact = Literal[1, 2, 3]
Scope = Literal["", "only_here", "elsewhere"]
Attribution = Literal["", "party_b", "party_a", "third_party", "force_majeure"]
WaitingOn = Literal["", "party_a", "decision", "access", "third_party", "window", "force_majeure"]
# What a ticket can wait for: `WaitingOn` of a suspension, or the two states that wait on Party A.
Pause = Literal[
    "notice",
    "confirmation",
    "party_a",
    "decision",
    "access",
    "third_party",
    "window",
    "force_majeure",
]

# The ticket's way; a step may be left out, and any step may be left by the other moves.
FLOW: Final[tuple[TicketState, ...]] = (
    "registered",
    "assessing",
    "working",
    "awaiting_notice",
    "implementing",
    "awaiting_confirmation",
    "closed",
)
ENDED: Final[frozenset[TicketState]] = frozenset({"closed", "declined", "withdrawn", "merged"})
WAITING: Final[frozenset[TicketState]] = frozenset({"awaiting_notice", "awaiting_confirmation"})
# Whose turn it is while a ticket waits: Party A's (1.21-1.26), so that it is never charged to us.
PARTY_A: Final[frozenset[Pause]] = frozenset(
    {"notice", "confirmation", "party_a", "decision", "access"}
)

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
    "merged": mark("Merged into another"),
}
_PRIORITIES: Final[dict[Priority, str]] = {
    1: mark("Urgent"),
    2: mark("High"),
    3: mark("Medium"),
    4: mark("Low"),
}
_IMPACTS: Final[dict[Impact, str]] = {
    1: mark("The whole site or account"),
    2: mark("One service or a group"),
    3: mark("Single persons"),
}
_SCOPES: Final[dict[Scope, str]] = {
    "": mark("Not asked yet"),
    "only_here": mark("Only here"),
    "elsewhere": mark("Elsewhere, too"),
}
_ATTRIBUTIONS: Final[dict[Attribution, str]] = {
    "": mark("Not attributed yet"),
    "party_b": mark("Party B"),
    "party_a": mark("Party A"),
    "third_party": mark("A third party"),
    "force_majeure": mark("Force majeure"),
}
_PAUSES: Final[dict[Pause, str]] = {
    "notice": mark("Party A's notice to those concerned"),
    "confirmation": mark("Party A's confirmation"),
    "party_a": mark("Material from Party A"),
    "decision": mark("Party A's decision"),
    "access": mark("Access or cooperation by Party A"),
    "third_party": mark("A third party"),
    "window": mark("A maintenance window"),
    "force_majeure": mark("Force majeure"),
}
KINDS: Final = tuple(_KINDS)
STATES: Final = tuple(_STATES)
PRIORITIES: Final = tuple(_PRIORITIES)
IMPACTS: Final = tuple(_IMPACTS)
SCOPES: Final = tuple(_SCOPES)
ATTRIBUTIONS: Final = tuple(_ATTRIBUTIONS)
# The reasons for which a ticket may be suspended; no other is taken.
SUSPENSIONS: Final[tuple[WaitingOn, ...]] = (
    "party_a",
    "decision",
    "access",
    "third_party",
    "window",
    "force_majeure",
)


def word_of_kind(kind: TicketKind) -> str:
    """Return the word for a kind of ticket."""
    return tr(_KINDS[kind])


def word_of_state(state: TicketState) -> str:
    """Return the word for a ticket's state."""
    return tr(_STATES[state])


def word_of_priority(priority: Priority) -> str:
    """Return the word for a priority, or for an urgency."""
    return tr(_PRIORITIES[priority])


def word_of_impact(impact: Impact) -> str:
    """Return what is affected."""
    return tr(_IMPACTS[impact])


def word_of_scope(scope: Scope) -> str:
    """Return whether the same problem is seen elsewhere (2.3-5)."""
    return tr(_SCOPES[scope])


def word_of_attribution(attribution: Attribution) -> str:
    """Return on whose side the cause lies (1.34)."""
    return tr(_ATTRIBUTIONS[attribution])


def word_of_pause(pause: Pause) -> str:
    """Return what is waited for."""
    return tr(_PAUSES[pause])


# Party B's estimate from what is affected and how urgent it is (the matrix most tools ship).
ESTIMATES: Final[Mapping[Impact, Mapping[Priority, Priority]]] = {
    1: {1: 1, 2: 1, 3: 2, 4: 4},
    2: {1: 1, 2: 2, 3: 3, 4: 4},
    3: {1: 2, 2: 3, 3: 3, 4: 4},
}


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket as its entries leave it.

    `priority` is Party A's order, `estimate` Party B's own (from `impact` and `urgency`).
    `emergency` is the reason why a request by nobody designated was taken, `notice_emergency` why
    work began before those concerned were told; `conflict` that two devices disagree on a field.
    `notices` says for each audience how it was told (2.3-8), asked for where the work
    `interrupts` the service.  `resumes` is the state a suspended ticket goes back to.  `links`
    maps ids of other tickets to a `ticket_bonds.LinkKind`; `merged_into` is the id of the ticket
    this one became part of.  `contract_id` names the contract that was shown as it was opened, for
    what is about no resource and was asked for by no contact.  `void_merge` is the id of the ticket
    it was merged into on another device, while that one was merged into it: that does not hold.
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
    assessed_by: str = ""
    impact: Impact | None = None
    urgency: Priority | None = None
    influence: str = ""
    scope: Scope = ""
    cause: str = ""
    attribution: Attribution = ""
    agreed_by: str = ""
    restored_at: datetime | None = None
    interrupts: bool = False
    notices: Mapping[Audience, str] = field(default_factory=dict, hash=False)
    notice_emergency: str = ""
    confirmed_at: datetime | None = None
    resumes: TicketState | None = None
    links: Mapping[str, str] = field(default_factory=dict, hash=False)
    merged_into: str = ""
    contract_id: str = ""
    void_merge: str = ""


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
