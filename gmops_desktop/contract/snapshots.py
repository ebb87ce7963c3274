"""Snapshots of a server's cloud disks, as a change made them: what was ordered, what came of it,
and what it means to put them back.

A *making* is one order for all disks of the server.  It is in the record before the cloud hears of
it, each snapshot under a name of its own; so whatever ends the program, the cloud can be asked what
became of it, and nothing is ordered twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from gmops_desktop.contract.rollbacks import RollbackStep
from gmops_desktop.contract.terms import ZONE
from gmops_desktop.language import tr

MAKING: Final = "snapshots_"  # fields of a change: what was ordered, by the making's id
MADE: Final = "snapped_"  # what became of it
REMOVED: Final = "unsnapped_"  # when its snapshots were deleted, and by whom
KEPT_DAYS: Final = 7  # the cloud deletes them by itself after that
LEAST_DAYS: Final = 2  # the cloud wants more than one day from now
MOST_DAYS: Final = 60
PATIENCE: Final = timedelta(hours=2)  # for a snapshot that is being made (cloud.md: an hour)

MakingState = Literal["making", "done", "stuck", "removed"]


@dataclass(frozen=True, slots=True)
class DiskOf:
    """A disk that a snapshot was ordered of, `gb` large."""

    id: str
    name: str
    gb: int
    usage: str


@dataclass(frozen=True, slots=True)
class Taken:
    """A finished snapshot; `at` is the cloud's own time of it, to the second."""

    id: str
    disk: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Making:
    """An order for snapshots of all disks of a server.

    `cloud` is the account's resource, `server` the cloud's id of the server.  `why` says what a
    stuck one lacks; it can be taken up again.  `seen_at` is when the cloud last said that they are
    there.
    """

    id: str
    at: datetime
    by: str
    cloud: str
    server: str
    region: str
    deadline: datetime
    disks: tuple[DiskOf, ...]
    state: MakingState = "making"
    why: str = ""
    taken: tuple[Taken, ...] = ()
    seen_at: datetime | None = None
    removed_at: datetime | None = None

    @property
    def open(self) -> bool:
        """Whether it can still come to its end."""
        return self.state in ("making", "stuck")

    @property
    def since(self) -> datetime | None:
        """The moment back to which it leads: that of its first snapshot."""
        return min((one.at for one in self.taken), default=None)

    @property
    def gb(self) -> int:
        """How large its disks are, together."""
        return sum(one.gb for one in self.disks)

    def name_of(self, number: str, disk: str) -> str:
        """Return the name of the snapshot of a disk; nobody else gives it to one."""
        return f"{prefix_of(number)}{self.id[-8:]}-{disk}"


def prefix_of(number: str) -> str:
    """Return how the names of all snapshots begin that were made for a change."""
    return f"gmops-{number}-"


def makings_of(fields: Mapping[str, Any]) -> tuple[Making, ...]:
    """Return the makings of a change, the oldest first."""
    found = []
    for name, said in fields.items():
        if not name.startswith(MAKING) or not isinstance(said, Mapping):
            continue
        identity = name.removeprefix(MAKING)
        made = fields.get(MADE + identity) or {}
        removed = fields.get(REMOVED + identity) or {}
        seen = made.get("at")
        found.append(
            Making(
                identity,
                datetime.fromisoformat(said["at"]),
                str(said["by"]),
                str(said["cloud"]),
                str(said["server"]),
                str(said["region"]),
                datetime.fromisoformat(said["deadline"]),
                tuple(DiskOf(**one) for one in said["disks"]),
                "removed" if removed else made.get("state", "making"),
                str(made.get("why", "")),
                tuple(
                    Taken(one["id"], one["disk"], datetime.fromisoformat(one["at"]))
                    for one in made.get("taken", ())
                ),
                datetime.fromisoformat(seen) if seen else None,
                datetime.fromisoformat(removed["at"]) if removed else None,
            )
        )
    return tuple(sorted(found, key=lambda one: (one.at, one.id)))


def leading_back(makings: Sequence[Making], begun: datetime | None) -> Making | None:
    """Return the making that leads back to before the change: the newest whole one from before its
    first run `begun`, else the oldest whole one; None without any."""
    whole = [one for one in makings if one.state == "done" and one.taken]
    before = [one for one in whole if begun is None or all(t.at < begun for t in one.taken)]
    return before[-1] if before else whole[0] if whole else None


def last_resort(making: Making | None) -> RollbackStep | None:
    """Return the last way back, in words, for whoever agrees to the change: never the first one."""
    if making is None or making.since is None:
        return None
    return RollbackStep(
        "disks",
        tr("Where all else fails: the disks of the server go back to their snapshots of {at}, with "
           "everything on them.", at=hour(making.since)),
        loses=tr("all that was written on these disks since {at}: orders, uploads, settings, logs",
                 at=hour(making.since)),
        costs=tr("the server is shut down for it, for as long as it takes; kept until {until}",
                 until=hour(making.deadline)),
    )  # fmt: skip


def hour(at: datetime) -> str:
    """Return a moment to the second, where the contract is kept."""
    return f"{at.astimezone(ZONE):%Y-%m-%d %H:%M:%S}"


@dataclass(frozen=True, slots=True)
class DiskWay:
    """What it means to put the disks back to a making, told before anything is done.

    All are finished sentences; `why_not` says why it cannot be done now ("" if it can).  `loses`
    names what is gone, counted where that is known; `stays` what is not on these disks; `not_known`
    what could not be counted, and why.
    """

    making: Making
    since: datetime
    steps: tuple[str, ...]
    loses: tuple[str, ...]
    stays: tuple[str, ...]
    not_known: tuple[str, ...]
    takes: str
    costs: str
    agree: str
    before: str = ""
    why_not: str = ""
