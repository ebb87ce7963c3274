"""The gates of a change: conditions without which nothing touches a server.

Each is a row of a table: for which kinds of change it stands, whether a special emergency opens
it (特殊紧急), whose it is to meet it, and a look at what is known.  A gate says what proves it or
what is missing.  What keeps the server whole (disk, package manager, plan, way back, checks, one
change at a time) no reason opens; what the contract asks (notices, window, evaluation, a second
person) and what guards the data (backups, snapshot) a reason does, which is printed (1.15, 2.3-8).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Final, Literal

from gmops_desktop.contract.change_checks import Checks
from gmops_desktop.contract.changes import AUDIENCES, Audience, ChangeKind
from gmops_desktop.contract.rollbacks import RollbackPlan
from gmops_desktop.contract.terms import ZONE
from gmops_desktop.language import mark, tr

GateKey = Literal[
    "assessed",
    "notice_users",
    "notice_leaders",
    "notice_responsible",
    "window",
    "second_person",
    "backup",
    "files",
    "snapshot",
    "disk",
    "manager",
    "plan",
    "way_back",
    "checks",
    "alone",
]
Side = Literal["A", "B"]

FRESH: Final = timedelta(hours=24)  # how old a backup, a snapshot or a simulation may be
CHECKED: Final = timedelta(minutes=30)  # how old the checks before may be
RESERVE: Final = 2 * 1024**3  # bytes that stay free beside what the change needs
_SLIP: Final = timedelta(minutes=5)  # clocks of two machines; later than that is not believed
_GIB: Final = 1024**3
_ALL_KINDS: Final[frozenset[ChangeKind]] = frozenset(("patch", "release", "configuration"))


@dataclass(frozen=True, slots=True)
class Gate:
    """A condition: met or not as a fact; `emergency` is the reason by which it was passed unmet.

    `evidence` is what proves it, `missing` what is still to be done, both finished texts; `who`
    must do it: Party A or us (B).  `passable` says whether an emergency may open it.
    """

    key: GateKey
    met: bool
    evidence: str
    missing: str
    emergency: str = ""
    who: Side = "B"
    passable: bool = False

    @property
    def open(self) -> bool:
        """Whether the change may pass."""
        return self.met or bool(self.emergency)


@dataclass(frozen=True, slots=True)
class Proof:
    """A copy of something that the change could harm: `name` is the thing, `label` the copy.

    `at` is None where there is no copy; `proved` None where nobody looked whether it is whole.
    `why` says, in a finished sentence, why there is none.
    """

    name: str
    at: datetime | None = None
    proved: bool | None = None
    label: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class GateFacts:
    """What is known of a change; None and "" mean unknown, which never opens a gate.

    `told` maps each audience to its evidence for the window that is set, `told_else` names those
    told of another one.  `author` made the plan, `approved_by` released that very plan.
    `databases`, `sites` and `disks` are what must be copied before (none: there is nothing);
    `disks_why` says why the disks are not known, `no_disks` why none is asked for; a snapshot from
    before `disks_since` (the release of the plan, another change's run) does not count.  `health`
    is "" for a server that is ready and None where nobody asked; `others` are numbers of changes
    that are running on the same server.
    """

    now: datetime
    kind: ChangeKind = "patch"
    assessed: str = ""
    told: Mapping[Audience, str] = field(default_factory=dict)
    told_else: frozenset[Audience] = frozenset()
    window: tuple[datetime, datetime] | None = None
    two_person: bool = False
    author: str = ""
    approved_by: str = ""
    databases: tuple[Proof, ...] | None = None
    sites: tuple[Proof, ...] | None = None
    disks: tuple[Proof, ...] | None = None
    disks_why: str = ""
    no_disks: str = ""
    disks_since: datetime | None = None
    disk_free: int | None = None
    disk_needed: int | None = None
    health: str | None = None
    simulated_at: datetime | None = None
    plan_unchanged: bool | None = None
    way_back: RollbackPlan | None = None
    checks: Checks | None = None
    others: tuple[str, ...] | None = None
    emergencies: Mapping[str, str] = field(default_factory=dict)


Found = tuple[str, str]  # what proves the gate, what is missing: one of them is empty


@dataclass(frozen=True, slots=True)
class Condition:
    """A row of the table; `asked` says whether it stands at all for what is known."""

    key: GateKey
    words: str
    look: Callable[[GateFacts], Found]
    who: Side = "B"
    passable: bool = False
    kinds: frozenset[ChangeKind] = _ALL_KINDS
    asked: Callable[[GateFacts], bool] = lambda facts: True


def gates(facts: GateFacts) -> tuple[Gate, ...]:
    """Return every gate of a change, in the order people work through them."""
    return tuple(_gate(row, facts) for row in TABLE if facts.kind in row.kinds and row.asked(facts))


def word_of_gate(key: GateKey) -> str:
    """Return what must be true for the gate."""
    return tr(_WORDS[key])


def _gate(row: Condition, facts: GateFacts) -> Gate:
    evidence, missing = row.look(facts)
    met = not missing and bool(evidence)
    reason = facts.emergencies.get(row.key, "").strip() if row.passable and not met else ""
    return Gate(
        row.key, met, evidence if met else "", "" if met else missing, reason, row.who, row.passable
    )


# ---------------------------------------------------------------- one look for each gate


def _assessed(facts: GateFacts) -> Found:
    missing = tr("The project manager has not evaluated it (2.3-4).")
    return (facts.assessed, "") if facts.assessed else ("", missing)


def _notice(audience: Audience, facts: GateFacts) -> Found:
    if facts.window is None:
        return "", tr("No window is set that they could be told of.")
    if said := facts.told.get(audience, "").strip():
        return said, ""
    if audience in facts.told_else:
        return "", tr("They were told of another window.")
    return "", tr("Party A has not told them yet, or the evidence is missing.")


def _window(facts: GateFacts) -> Found:
    if facts.window is None:
        return "", tr("No window is set.")
    begin, end = facts.window
    said = f"{_when(begin)} - {_when(end)}"
    if facts.now < begin:
        return "", tr("The window begins later: {window}.", window=said)
    if facts.now >= end:
        return "", tr("The window is over: {window}. Set a new one.", window=said)
    return said, ""


def _second_person(facts: GateFacts) -> Found:
    if not facts.approved_by:
        return "", tr("A second person has not released this plan.")
    if not facts.author or facts.approved_by == facts.author:
        return "", tr("Who made the plan cannot be the one who releases it.")
    return facts.approved_by, ""


def _databases(facts: GateFacts) -> Found:
    none = tr("No database is entered for this contract.")
    return _copies(facts.databases, none, facts.now)


def _sites(facts: GateFacts) -> Found:
    none = tr("No program files are entered for this contract.")
    return _copies(facts.sites, none, facts.now)


def _disks(facts: GateFacts) -> Found:
    if facts.no_disks:
        return facts.no_disks, ""
    if facts.disks is None:
        return "", facts.disks_why or tr("The cloud has not been asked for snapshots.")
    if not facts.disks:
        return "", tr("The cloud has no disk of this server: look at the account again.")
    lacks = [f"{one.name}{tr(': ')}{lack}" for one in facts.disks if (lack := _bare(one, facts))]
    return ("", "\n".join(lacks)) if lacks else ("\n".join(one.label for one in facts.disks), "")


def _bare(one: Proof, facts: GateFacts) -> str:
    """Return why a disk has no snapshot that counts; "" if it has."""
    if one.at is None:
        return one.why or tr("There is no finished snapshot.")
    at = one.at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S")
    since = facts.disks_since
    if since is not None and one.at < since.replace(microsecond=0):
        return one.why or tr("The newest snapshot, of {at}, is from before the plan was released "
                             "or another change was made.", at=at)  # fmt: skip
    if not _fresh(one.at, facts.now, FRESH):
        return one.why or tr("The newest snapshot, of {at}, is older than 24 hours.", at=at)
    return ""


def _disk(facts: GateFacts) -> Found:
    if facts.disk_free is None:
        return "", tr(
            "The free space on the server is not known. Simulate again; where it stays so, look "
            "what df says there."
        )
    if facts.disk_needed is None:
        return "", tr(
            "How much space the change needs is not known. Simulate again; where it stays so, scan "
            "the server and queue the change anew."
        )
    wanted = facts.disk_needed + RESERVE
    values = {"free": f"{facts.disk_free / _GIB:.1f}", "needed": f"{wanted / _GIB:.1f}"}
    if facts.disk_free < wanted:
        return "", tr("Only {free} GB are free on the server; {needed} GB are needed.", **values)
    return tr("{free} GB free, {needed} GB needed", **values), ""


def _manager(facts: GateFacts) -> Found:
    if facts.health is None:
        return "", tr("Whether the server is ready for it is not known: simulate again.")
    return (tr("ready"), "") if not facts.health else ("", facts.health)


def _plan(facts: GateFacts) -> Found:
    if facts.simulated_at is None:
        return "", tr("The plan has not been simulated.")
    if not _fresh(facts.simulated_at, facts.now, FRESH):
        return "", tr("The simulation is older than 24 hours.")
    if facts.plan_unchanged is None:
        return "", tr("It is not known whether the plan still holds: simulate again.")
    if not facts.plan_unchanged:
        return "", tr("The server has changed since the simulation: the plan no longer holds.")
    return _when(facts.simulated_at), ""


def _way_back(facts: GateFacts) -> Found:
    if facts.way_back is None:
        return "", tr("The way back has not been prepared.")
    if facts.way_back.why_not:
        return "", facts.way_back.why_not
    return _when(facts.way_back.at), ""


def _checks(facts: GateFacts) -> Found:
    if facts.checks is None:
        return "", tr("Nothing was checked before.")
    if not _fresh(facts.checks.at, facts.now, CHECKED):
        return "", tr("The checks before are older than 30 minutes.")
    if not facts.checks.items:
        return "", tr("The checks before looked at nothing.")
    if faults := facts.checks.faults:
        names = tr(", ", context="between names").join(one.title for one in faults)
        return "", tr("Critical or unknown before it began: {names}.", names=names)
    return f"{_when(facts.checks.at)} · {len(facts.checks.items)}", ""


def _alone(facts: GateFacts) -> Found:
    if facts.others is None:
        return "", tr("Whether another change is running on this server is not known.")
    if facts.others:
        names = tr(", ", context="between names").join(facts.others)
        return "", tr("Another change is running on this server: {numbers}.", numbers=names)
    return tr("no other change is running there"), ""


_EVALUATED: Final[frozenset[ChangeKind]] = frozenset(("release", "configuration"))
_NOTICES: Final[dict[Audience, tuple[GateKey, str]]] = {
    "users": ("notice_users", mark("All users have been told")),
    "leaders": ("notice_leaders", mark("Leaders at every level have been told")),
    "responsible": ("notice_responsible", mark("Persons responsible have been told")),
}

TABLE: tuple[Condition, ...] = (
    Condition(
        "assessed", mark("Evaluated by the project manager"), _assessed,
        passable=True, kinds=_EVALUATED,
    ),
    *(
        Condition(*_NOTICES[one], partial(_notice, one), who="A", passable=True)
        for one in AUDIENCES
    ),
    Condition("window", mark("Now is inside its window"), _window, passable=True),
    Condition(
        "second_person", mark("A second person has released the plan"), _second_person,
        passable=True, asked=lambda facts: facts.two_person,
    ),
    Condition("backup", mark("A fresh backup of every database, verified"), _databases,
              passable=True),
    Condition("files", mark("A fresh backup of the program files, verified"), _sites,
              passable=True),
    Condition("snapshot", mark("A fresh snapshot of the cloud disks"), _disks, passable=True),
    Condition("disk", mark("Enough free disk space"), _disk),
    Condition("manager", mark("The server is ready for it"), _manager),
    Condition("plan", mark("The plan was simulated and is unchanged"), _plan),
    Condition("way_back", mark("The way back is prepared"), _way_back),
    Condition("checks", mark("Checked before, and nothing is wrong"), _checks),
    Condition("alone", mark("No other change is running there"), _alone),
)  # fmt: skip
_WORDS: Final[dict[GateKey, str]] = {row.key: row.words for row in TABLE}


def notice_gate(audience: Audience) -> GateKey:
    """Return the gate that wants an audience to have been told."""
    return _NOTICES[audience][0]


def _copies(found: tuple[Proof, ...] | None, none: str, now: datetime) -> Found:
    """Return whether each of these things has a fresh copy that was proved."""
    if found is None:
        return "", tr("What would have to be backed up is not known.")
    lacks = [f"{one.name}{tr(': ')}{lack}" for one in found if (lack := _lack(one, now))]
    if lacks:
        return "", "\n".join(lacks)
    return "\n".join(one.label or one.name for one in found) or none, ""


def _lack(one: Proof, now: datetime) -> str:
    if one.at is None:
        return tr("There is no backup.")
    if not _fresh(one.at, now, FRESH):
        return tr("The newest backup is older than 24 hours.")
    if one.proved is None:
        return tr("The newest backup has not been verified.")
    return "" if one.proved else tr("The newest backup did not pass its verification.")


def _fresh(at: datetime, now: datetime, age: timedelta) -> bool:
    """Whether a moment is not too long ago, and not to come: then a clock is wrong."""
    return -_SLIP <= now - at <= age


def _when(at: datetime | None) -> str:
    return f"{at.astimezone(ZONE):%Y-%m-%d %H:%M}" if at else ""
