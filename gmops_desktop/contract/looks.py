"""What one look at a resource found: plain records, and their form in the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from gmops_desktop.addresses import Kind
from gmops_desktop.contract import thresholds
from gmops_desktop.states import State


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a look as the window shows it; `metric` names its series, if it has one."""

    name: str
    value: str
    unit: str
    state: State
    metric: str = ""


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
class HostDetails:
    """A Linux host.  Shares are per cent, sizes bytes, rates taken over half a second.

    What is None was not learnt: `sections` says why, `notes` says what does not apply here.
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
    disk_busy: float | None
    out_mbit: float | None
    in_mbit: float | None
    failed_units: tuple[str, ...] | None
    oom_kills: int | None
    clock_seconds: float | None  # the host's clock minus ours, half the journey taken off
    sections: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)

    @property
    def memory_share(self) -> float | None:
        """Used memory in per cent: what programs hold and cannot be had back."""
        if not self.memory_total or self.memory_available is None:
            return None
        return 100 * (1 - self.memory_available / self.memory_total)


@dataclass(frozen=True, slots=True)
class MysqlDetails:
    """A MySQL or MariaDB server and the schema looked after.

    `slow_per_hour` and `questions_per_second` are None until a second look shows the difference;
    `slow_queries` and `questions` are the counters they come from.
    """

    version: str
    uptime_seconds: float
    connections: int
    max_connections: int
    running: int
    slow_per_hour: float | None
    schema_bytes: int | None
    tables: int | None
    slow_queries: int = 0
    questions: int = 0
    questions_per_second: float | None = None
    hit_share: float | None = None  # reads the buffer pool answered, per cent
    aborted_connects: int = 0
    sections: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WebDetails:
    """A website as this machine sees it.  `seconds` runs until the first byte of the answer.

    `tls_trusted` is None without TLS; `tls_fault` says why a certificate is not trusted.
    """

    status: int
    seconds: float
    keyword_found: bool | None
    tls_days: float | None
    tls_trusted: bool | None
    admin_status: int | None
    size: int
    redirects: tuple[str, ...] = ()
    tls_until: str = ""
    tls_issuer: str = ""
    tls_fault: str = ""
    admin_fault: str = ""


@dataclass(frozen=True, slots=True)
class AccountDetails:
    """A WeChat Official Account; numbers of yesterday, None where not ready or not permitted."""

    followers: int | None
    new_followers: int | None
    lost_followers: int | None
    quota_used: int | None
    quota_limit: int | None
    sections: Mapping[str, str] = field(default_factory=dict)


Details = HostDetails | MysqlDetails | WebDetails | AccountDetails


@dataclass(frozen=True, slots=True)
class Look:
    """One look at one resource: its state, one sentence why, and what was found."""

    resource_id: str
    kind: Kind
    name: str
    state: State
    reason: str
    at: datetime
    seconds: float
    figures: tuple[Figure, ...]
    details: Details | None
    log_lines: tuple[str, ...] = ()
    hint: str = ""


def details_to_dict(details: Details) -> dict[str, Any]:
    """Return `details` as plain JSON values."""
    return asdict(details)


def details_from_dict(kind: Kind, values: Mapping[str, Any]) -> Details:
    """Return the details `details_to_dict` was given; fields of newer versions are left out."""
    if kind == "host":
        disks = tuple(Disk(**_known(Disk, disk)) for disk in values["disks"])
        units = values["failed_units"]
        changed = {"disks": disks, "failed_units": None if units is None else tuple(units)}
        return HostDetails(**_known(HostDetails, {**values, **changed}))
    if kind == "mysql":
        return MysqlDetails(**_known(MysqlDetails, values))
    if kind == "website":
        redirects = tuple(values["redirects"])
        return WebDetails(**_known(WebDetails, {**values, "redirects": redirects}))
    return AccountDetails(**_known(AccountDetails, values))


def _known(kind: type[Any], values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in kind.__dataclass_fields__ if name in values}
