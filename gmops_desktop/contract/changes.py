"""The rules of changes: states, moves, and the gates without which nothing touches a server.

A gate says what proves it or what is missing.  The only way round one is a special emergency
(特殊紧急) with a reason, which the report prints (1.15, 2.3-8).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal

from gmops_desktop.language import mark, tr

ChangeKind = Literal["patch", "release", "configuration"]
ChangeState = Literal[
    "found",
    "assessed",
    "simulated",
    "awaiting_notice",
    "awaiting_window",
    "backup",
    "precheck",
    "applying",
    "postcheck",
    "awaiting_confirmation",
    "handover",
    "closed",
    "rolled_back",
    "cancelled",
]
Audience = Literal["users", "leaders", "responsible"]
GateKey = Literal[
    "notice_users", "notice_leaders", "notice_responsible", "backup", "inventory", "plan", "disk"
]

AUDIENCES: Final[tuple[Audience, ...]] = ("users", "leaders", "responsible")

MOVES: Final[dict[ChangeState, tuple[ChangeState, ...]]] = {
    "found": ("assessed", "cancelled"),
    "assessed": ("simulated", "cancelled"),
    "simulated": ("awaiting_notice", "awaiting_window", "backup", "cancelled"),
    "awaiting_notice": ("awaiting_window", "backup", "simulated", "cancelled"),
    "awaiting_window": ("backup", "simulated", "cancelled"),
    "backup": ("precheck", "simulated", "cancelled"),
    "precheck": ("applying", "simulated", "cancelled"),
    "applying": ("postcheck", "rolled_back"),
    "postcheck": ("awaiting_confirmation", "rolled_back"),
    "awaiting_confirmation": ("handover", "rolled_back"),
    "handover": ("closed",),
    "closed": (),
    "rolled_back": ("awaiting_confirmation", "closed"),
    "cancelled": (),
}
ENDED: Final[frozenset[ChangeState]] = frozenset({"closed", "cancelled"})
GUARDED: Final[frozenset[ChangeState]] = frozenset({"applying"})  # entered through the gates only

_KINDS: Final[dict[ChangeKind, str]] = {
    "patch": mark("System patch"),
    "release": mark("Application release"),
    "configuration": mark("Configuration change"),
}
_STATES: Final[dict[ChangeState, str]] = {
    "found": mark("Found"),
    "assessed": mark("Assessed"),
    "simulated": mark("Simulated"),
    "awaiting_notice": mark("Waiting for Party A's notice"),
    "awaiting_window": mark("Waiting for its window"),
    "backup": mark("Backing up"),
    "precheck": mark("Checking before"),
    "applying": mark("Applying"),
    "postcheck": mark("Checking after"),
    "awaiting_confirmation": mark("Waiting for Party A's confirmation"),
    "handover": mark("Hand-over"),
    "closed": mark("Closed"),
    "rolled_back": mark("Rolled back"),
    "cancelled": mark("Cancelled"),
}
_AUDIENCES: Final[dict[Audience, str]] = {
    "users": mark("All users"),
    "leaders": mark("Leaders at every level"),
    "responsible": mark("Persons responsible"),
}
_GATES: Final[dict[GateKey, str]] = {
    "notice_users": mark("All users have been told"),
    "notice_leaders": mark("Leaders at every level have been told"),
    "notice_responsible": mark("Persons responsible have been told"),
    "backup": mark("A fresh backup, verified"),
    "inventory": mark("The server's updates are known"),
    "plan": mark("The plan was simulated and is unchanged"),
    "disk": mark("Enough free disk space"),
}
_NOTICES: Final[dict[Audience, GateKey]] = {
    "users": "notice_users",
    "leaders": "notice_leaders",
    "responsible": "notice_responsible",
}
KINDS: Final = tuple(_KINDS)
STATES: Final = tuple(_STATES)

FRESH: Final = timedelta(hours=24)  # how old a backup, an inventory or a simulation may be
FREE_BYTES: Final = 2 * 1024**3  # less free space than this on the server stops a change


def word_of_kind(kind: ChangeKind) -> str:
    """Return the word for a kind of change."""
    return tr(_KINDS[kind])


def word_of_state(state: ChangeState) -> str:
    """Return the word for a change's state."""
    return tr(_STATES[state])


def word_of_audience(audience: Audience) -> str:
    """Return the word for one of those who must be told before (2.3-8)."""
    return tr(_AUDIENCES[audience])


def word_of_gate(key: GateKey) -> str:
    """Return what must be true for the gate."""
    return tr(_GATES[key])


@dataclass(frozen=True, slots=True)
class Gate:
    """A condition: met or not as a fact; `emergency` is the reason by which it was passed unmet.

    `evidence` is what proves it, `missing` what is still to be done, both finished texts.
    """

    key: GateKey
    met: bool
    evidence: str
    missing: str
    emergency: str = ""

    @property
    def open(self) -> bool:
        """Whether the change may pass."""
        return self.met or bool(self.emergency)


@dataclass(frozen=True, slots=True)
class GateFacts:
    """What is known of a change; None means unknown, which never opens a gate.

    `announced` maps each audience to its evidence; `emergencies` each gate to the reason for
    passing it; `plan_unchanged` says whether the same simulation still gives the same plan.
    """

    now: datetime
    announced: Mapping[str, str] = field(default_factory=dict)
    backup_at: datetime | None = None
    backup_verified: bool | None = None
    backup_name: str = ""
    inventory_at: datetime | None = None
    inventory_unknown: str = ""
    simulated_at: datetime | None = None
    plan_unchanged: bool | None = None
    disk_free: int | None = None
    emergencies: Mapping[str, str] = field(default_factory=dict)


def gates(facts: GateFacts) -> tuple[Gate, ...]:
    """Return every gate of a change, in the order people work through them."""
    found = [*(_notice(audience, facts) for audience in AUDIENCES), _backup(facts)]
    return (*found, _inventory(facts), _plan(facts), _disk(facts))


def _gate(facts: GateFacts, key: GateKey, *, evidence: str = "", missing: str = "") -> Gate:
    """Return a gate that is met when nothing is missing."""
    reason = facts.emergencies.get(key, "").strip() if missing else ""
    return Gate(key, not missing, "" if missing else evidence, missing, reason)


def _notice(audience: Audience, facts: GateFacts) -> Gate:
    evidence = facts.announced.get(audience, "").strip()
    missing = "" if evidence else tr("Party A has not told them yet, or the evidence is missing.")
    return _gate(facts, _NOTICES[audience], evidence=evidence, missing=missing)


def _backup(facts: GateFacts) -> Gate:
    missing = ""
    if facts.backup_at is None:
        missing = tr("There is no backup.")
    elif facts.now - facts.backup_at > FRESH:
        missing = tr("The newest backup is older than 24 hours.")
    elif facts.backup_verified is None:
        missing = tr("The newest backup has not been verified.")
    elif not facts.backup_verified:
        missing = tr("The newest backup did not pass its verification.")
    return _gate(facts, "backup", evidence=facts.backup_name, missing=missing)


def _inventory(facts: GateFacts) -> Gate:
    missing = ""
    if facts.inventory_unknown:
        missing = facts.inventory_unknown
    elif facts.inventory_at is None:
        missing = tr("The server has not been scanned.")
    elif facts.now - facts.inventory_at > FRESH:
        missing = tr("The last scan is older than 24 hours.")
    return _gate(facts, "inventory", evidence=_when(facts.inventory_at), missing=missing)


def _plan(facts: GateFacts) -> Gate:
    missing = ""
    if facts.simulated_at is None:
        missing = tr("The plan has not been simulated.")
    elif facts.now - facts.simulated_at > FRESH:
        missing = tr("The simulation is older than 24 hours.")
    elif facts.plan_unchanged is None:
        missing = tr("It is not known whether the plan still holds: simulate again.")
    elif not facts.plan_unchanged:
        missing = tr("The server has changed since the simulation: the plan no longer holds.")
    return _gate(facts, "plan", evidence=_when(facts.simulated_at), missing=missing)


def _disk(facts: GateFacts) -> Gate:
    missing = ""
    if facts.disk_free is None:
        missing = tr("The free space on the server is not known.")
    elif facts.disk_free < FREE_BYTES:
        missing = tr(
            "Only {free} GB are free on the server; 2 GB are needed.",
            free=f"{facts.disk_free / 1024**3:.1f}",
        )
    free = facts.disk_free or 0
    return _gate(facts, "disk", evidence=f"{free / 1024**3:.1f} GB", missing=missing)


def _when(at: datetime | None) -> str:
    return f"{at.astimezone():%Y-%m-%d %H:%M}" if at else ""
