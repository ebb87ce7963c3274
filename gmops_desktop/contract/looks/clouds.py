"""What one look at a Tencent Cloud account found.

Days are ISO dates where the contract is kept (UTC+8), empty where a thing has none; words such as
states are the cloud's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal

Runs = Literal["cvm", "database", "disk", "certificate", "domain"]

RUNNING: Final = 1  # of a TencentDB instance


@dataclass(frozen=True, slots=True)
class CloudServer:
    """A CVM.  `restricted` is the cloud's word for what it withholds, `failed` its last failure."""

    id: str
    name: str
    region: str
    state: str
    restricted: str
    prepaid: bool
    expires: str
    renews: bool
    cores: int
    memory_gb: int
    out_mbit: int
    addresses: tuple[str, ...] = ()
    failed: str = ""


@dataclass(frozen=True, slots=True)
class CloudInstance:
    """A TencentDB instance; `locked` says that its disk is full and it takes no more writes."""

    id: str
    name: str
    region: str
    status: int
    prepaid: bool
    expires: str
    renews: bool
    version: str
    memory_mb: int
    volume_gb: int
    address: str
    port: int
    public: bool = False
    locked: bool = False


@dataclass(frozen=True, slots=True)
class CloudDisk:
    """A disk; `snapshots` counts those it has, `newest` is the day of the newest finished one."""

    id: str
    name: str
    region: str
    usage: str
    state: str
    size_gb: int
    server: str
    prepaid: bool
    expires: str
    renews: bool
    can_snapshot: bool
    snapshots: int = 0
    newest: str = ""


@dataclass(frozen=True, slots=True)
class CloudSnapshot:
    """A snapshot of a disk; `at` is when it was made, ISO 8601 in UTC, to the second.

    `state` is the cloud's word; it is there once that is NORMAL and `percent` 100.  `deadline` is
    when the cloud removes it by itself, "" for one that stays.
    """

    id: str
    disk: str
    name: str
    at: str
    state: str
    percent: int
    size_gb: int
    deadline: str = ""

    @property
    def whole(self) -> bool:
        """Whether it is finished, and nothing is done with it just now."""
        return self.state == "NORMAL" and self.percent == 100


@dataclass(frozen=True, slots=True)
class CloudCertificate:
    """A certificate that was bought or uploaded; which one a site shows is seen at the site."""

    id: str
    name: str
    domains: tuple[str, ...]
    expires: str
    status: int
    status_word: str
    renews: bool = False


@dataclass(frozen=True, slots=True)
class CloudDomain:
    """A domain bought there."""

    name: str
    expires: str
    status: str
    renews: bool = False


@dataclass(frozen=True, slots=True)
class CloudAlarm:
    """An alarm of the cloud's own monitoring; times are ISO 8601 in UTC."""

    id: str
    thing: str
    content: str
    status: str
    level: str
    policy: str
    since: str
    last: str


@dataclass(frozen=True, slots=True)
class RunsOut:
    """A thing that ends by itself: which kind, its id and name, on which day, and who says so.

    `renews` says that its renewal is ordered, which goes through as long as there is money.
    """

    what: Runs
    id: str
    name: str
    on: str
    source: str
    renews: bool = False


@dataclass(frozen=True, slots=True)
class CloudLink:
    """A thing of the cloud that is a resource of ours: the cloud's figures fill that one's gaps.

    `how` says by what it is known: its id, or the address under which it is reached.  `until`
    is up to when the figures are kept here (ISO 8601, empty: none yet); `missing` are the names of
    those that the cloud did not give in the newest span.
    """

    what: Runs
    id: str
    resource_id: str
    resource: str
    how: str
    until: str = ""
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CloudDetails:
    """A Tencent Cloud account: each part is what it holds, or None where that is not known.

    `sections` says why a part is not known, `denied` which action (`cvm:DescribeInstances`) the
    keys may not use.  `today` is the day of the look; money is in fen.  `snapshots` counts them,
    `snaps` are those of disks that hang on a server (None in looks of older programs).
    """

    today: str
    servers: tuple[CloudServer, ...] | None
    databases: tuple[CloudInstance, ...] | None
    disks: tuple[CloudDisk, ...] | None
    snapshots: int | None
    certificates: tuple[CloudCertificate, ...] | None
    domains: tuple[CloudDomain, ...] | None
    balance: int | None
    owed: int | None
    alarms: tuple[CloudAlarm, ...] | None
    runs_out: tuple[RunsOut, ...] = ()
    sections: Mapping[str, str] = field(default_factory=dict)
    denied: Mapping[str, str] = field(default_factory=dict)
    links: tuple[CloudLink, ...] = ()
    snaps: tuple[CloudSnapshot, ...] | None = None

    @property
    def ends_first(self) -> RunsOut | None:
        """What ends first of all that nobody ordered to be renewed, or that ended all the same."""
        ending = [one for one in self.runs_out if not one.renews or one.on < self.today]
        return min(ending, key=lambda one: one.on, default=None)

    @property
    def days_left(self) -> int | None:
        """In how many days the first known thing ends; None without any (see `dated`)."""
        first = self.ends_first
        return None if first is None else self._days(self.today, first.on)

    @property
    def dated(self) -> bool:
        """Whether all parts that hold things that end are known."""
        parts = (self.servers, self.databases, self.disks, self.certificates, self.domains)
        return None not in parts

    @property
    def snapshot_days(self) -> int | None:
        """How old the newest snapshot is of the disk whose is the oldest; None without any."""
        if self.disks is None or self.snapshots is None:
            return None
        newest = [one.newest for one in self.disks if one.newest and one.server]
        return self._days(min(newest), self.today) if newest else None

    @property
    def firing(self) -> int | None:
        """How many alarms have not cleared."""
        if self.alarms is None:
            return None
        return sum(one.status == "ALARM" for one in self.alarms)

    @property
    def running(self) -> tuple[int, int] | None:
        """How many servers and database instances run, and of how many."""
        if self.servers is None or self.databases is None:
            return None
        up = sum(one.state == "RUNNING" for one in self.servers)
        up += sum(one.status == RUNNING for one in self.databases)
        return up, len(self.servers) + len(self.databases)

    @staticmethod
    def _days(first: str, last: str) -> int:
        return (date.fromisoformat(last) - date.fromisoformat(first)).days
