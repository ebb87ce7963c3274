"""What one look at a Linux host found.  Shares are per cent, sizes bytes, rates per second."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gmops_desktop.contract import thresholds
from gmops_desktop.states import State


@dataclass(frozen=True, slots=True)
class Disk:
    """A file system.  Sizes in bytes; `share` is what df shows: used / (used + available), in
    per cent, so the blocks reserved for root count as neither."""

    mount: str
    device: str
    total: int
    used: int
    available: int
    share: float
    inode_share: float | None = None

    @property
    def state(self) -> State:
        """How pressing its fullness is; bytes and inodes alike."""
        return thresholds.disk_state(self.share, self.available, self.inode_share)


@dataclass(frozen=True, slots=True)
class DiskWork:
    """What a whole disk did since the look before: bytes per second, and its busy time in %."""

    name: str
    read: float
    written: float
    busy: float


@dataclass(frozen=True, slots=True)
class Pressure:
    """PSI: the share of the last minute in which something had to wait for this, in per cent."""

    cpu: float
    memory: float
    io: float


@dataclass(frozen=True, slots=True)
class Tcp:
    """TCP sockets by state; `retransmitted` is the share of sent segments since the look before."""

    in_use: int
    orphaned: int
    time_wait: int
    retransmitted: float | None = None


@dataclass(frozen=True, slots=True)
class Process:
    """A program; `cpu` is per cent of one core since the look before, `memory` resident bytes."""

    pid: int
    name: str
    cpu: float | None
    memory: int | None


@dataclass(frozen=True, slots=True)
class OomKill:
    """A program the kernel killed because memory ran out; `at` is ISO 8601, empty if not told."""

    program: str
    at: str


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """Somebody logged in; `source` is the address they came from, empty at the console."""

    user: str
    terminal: str
    since: str
    source: str


@dataclass(frozen=True, slots=True)
class FailedLogins:
    """Refused logins of the last day: how many, and the sources with most, busiest first.

    `whole` is False where the record is longer than what was read: there were at least so many.
    """

    count: int
    sources: tuple[tuple[str, int], ...]
    whole: bool


@dataclass(frozen=True, slots=True)
class Port:
    """A port something listens on; `program` is empty where this account may not know it."""

    protocol: str
    address: str
    port: int
    program: str


@dataclass(frozen=True, slots=True)
class UnitLog:
    """The newest lines in the journal of a failed unit, or `why` they cannot be read."""

    unit: str
    lines: tuple[str, ...]
    why: str = ""


@dataclass(frozen=True, slots=True)
class HostCounters:
    """The counters whose difference between two looks makes the rates, and the server's uptime.

    `cpu` are the eight times of proc_stat(5) in ticks, `network` bytes received and sent, `disks`
    sectors read, sectors written and milliseconds of work, `processes` the start and the ticks
    used, by pid as text (a JSON object's names are text).
    """

    uptime: float
    cpu: tuple[int, ...] = ()
    network: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    disks: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    tcp: tuple[int, ...] = ()  # segments sent, and sent again
    swap: tuple[int, ...] = ()  # pages in and out
    processes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HostDetails:
    """A Linux host.  Shares are per cent, sizes bytes, rates since the look before.

    What is None was not learnt: `sections` says why, `notes` says what does not apply here, or
    that a rate waits for the second look.
    """

    system: str
    kernel: str
    boot_id: str
    uptime_seconds: float | None
    cores: int | None
    cpu: float | None
    iowait: float | None
    steal: float | None
    memory_total: int | None
    memory_available: int | None
    swap_total: int | None
    swap_free: int | None
    load1: float | None
    load5: float | None
    disks: tuple[Disk, ...]
    disk_busy: float | None  # of the busiest whole disk
    out_mbit: float | None
    in_mbit: float | None
    failed_units: tuple[str, ...] | None
    oom_kills: int | None  # since boot
    clock_seconds: float | None  # the host's clock minus ours, half the journey taken off
    sections: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
    load15: float | None = None
    pressure: Pressure | None = None
    swap_in: float | None = None  # bytes per second
    swap_out: float | None = None
    disk_work: tuple[DiskWork, ...] | None = None
    tcp: Tcp | None = None
    unit_logs: tuple[UnitLog, ...] = ()
    top_cpu: tuple[Process, ...] | None = None
    top_memory: tuple[Process, ...] | None = None
    zombies: int | None = None
    blocked: int | None = None  # processes in uninterruptible sleep: they wait for a disk
    oom: tuple[OomKill, ...] | None = None
    users: tuple[LoggedIn, ...] | None = None
    failed_logins: FailedLogins | None = None
    ports: tuple[Port, ...] | None = None
    files_open: int | None = None
    files_most: int | None = None
    restarted: bool = False  # since the look before
    counters: HostCounters | None = None

    @property
    def memory_share(self) -> float | None:
        """Used memory in per cent: what programs hold and cannot be had back."""
        if not self.memory_total or self.memory_available is None:
            return None
        return 100 * (1 - self.memory_available / self.memory_total)

    @property
    def swap_share(self) -> float | None:
        """Used swap in per cent; None without swap."""
        if not self.swap_total or self.swap_free is None:
            return None
        return 100 * (1 - self.swap_free / self.swap_total)
