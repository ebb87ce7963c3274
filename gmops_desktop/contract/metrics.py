"""Every figure of a look that is kept as a series: one line each.

A new one needs nothing else: it is stored, rolled up and can be drawn under its key.  Beside these,
each look writes `UP` (1 it does its work, 0 it is down, None nobody knows) and `LOOK` (1 it was
reached, 0 it was not), and a host writes the two figures of each of its file systems.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, Generic, TypeVar

from gmops_desktop.addresses import Kind
from gmops_desktop.contract.account_parts import CHINA
from gmops_desktop.contract.looks import (
    AccountDetails,
    CloudDetails,
    Details,
    HostDetails,
    MysqlDetails,
    WebDetails,
)
from gmops_desktop.language import mark

Found = TypeVar("Found", bound=Details)

UP: Final = "up"
LOOK: Final = "look"
_MOST_DISKS: Final = 16  # of one host whose file systems have series of their own


@dataclass(frozen=True, slots=True)
class Metric(Generic[Found]):
    """One series: where its value comes from in a look, and how its chart is drawn.

    `title` names it with its unit; `scale` turns the stored value into that unit; `top` fixes the
    upper end of the chart's axis.  `chart` says whether the window draws it unasked.  `mount` is
    the file system whose own figure it is, `judged` the finding that its limit is of, where that
    is not called as the series is.
    """

    key: str
    title: str
    read: Callable[[Found], float | None] = field(compare=False)
    chart: bool = False
    top: float | None = None
    scale: float = 1.0
    mount: str = ""
    judged: str = ""

    @property
    def finding(self) -> str:
        """The key of the finding that judges it, and of its limit."""
        return self.judged or self.key


HOST: Final[tuple[Metric[HostDetails], ...]] = (
    Metric("cpu", mark("CPU (%)"), lambda seen: seen.cpu, chart=True, top=100),
    Metric("memory", mark("Memory used (%)"), lambda seen: seen.memory_share, chart=True, top=100),
    Metric("disk", mark("Fullest disk (%)"), lambda seen: _fullest(seen), chart=True, top=100),
    Metric("out_mbit", mark("Sent (Mbit/s)"), lambda seen: seen.out_mbit, chart=True),
    Metric("in_mbit", mark("Received (Mbit/s)"), lambda seen: seen.in_mbit),
    Metric("iowait", mark("Waiting for disks (%)"), lambda seen: seen.iowait, top=100),
    Metric("steal", mark("Taken by other customers (%)"), lambda seen: seen.steal, top=100),
    Metric("load_per_core", mark("Load per core"), lambda seen: per_core(seen)),
    Metric("disk_busy", mark("Busiest disk (%)"), lambda seen: seen.disk_busy, top=100),
    Metric("swap", mark("Swap used (%)"), lambda seen: seen.swap_share, top=100),
    Metric("clock", mark("Clock off by (s)"), lambda seen: seen.clock_seconds),
    Metric("stalled", mark("Stalled for disks (% of a minute)"), lambda seen: _stalled(seen)),
    Metric("connected", mark("TCP connections"), lambda seen: _connected(seen)),
    Metric("sent_again", mark("Segments sent again (%)"), lambda seen: _sent_again(seen)),
)
MYSQL: Final[tuple[Metric[MysqlDetails], ...]] = (
    Metric("connections", mark("Connections (% of the most allowed)"),
           lambda seen: connection_share(seen), chart=True, top=100),
    Metric("running", mark("Running statements"), lambda seen: seen.running, chart=True),
    Metric("questions_per_second", mark("Statements (per second)"),
           lambda seen: seen.questions_per_second, chart=True),
    Metric("schema_bytes", mark("Size of the schema (MB)"), lambda seen: seen.schema_bytes,
           chart=True, scale=1e-6),
    Metric("slow_per_hour", mark("Slow statements (per hour)"), lambda seen: seen.slow_per_hour),
    Metric("hit_share", mark("Answered from memory (%)"), lambda seen: seen.hit_share, top=100),
    Metric("temporary_on_disk", mark("Temporary tables on disk (%)"),
           lambda seen: seen.temporary_on_disk, top=100),
    Metric("lock_waits", mark("Statements waiting for locks"),
           lambda seen: None if seen.lock_waits is None else len(seen.lock_waits)),
)  # fmt: skip
WEBSITE: Final[tuple[Metric[WebDetails], ...]] = (
    Metric("seconds", mark("Time to the first byte (ms)"), lambda seen: seen.seconds, chart=True,
           scale=1000),
    Metric("tls_days", mark("Certificate (days left)"), lambda seen: seen.tls_days, chart=True),
    Metric("size", mark("Size of the page (KB)"), lambda seen: seen.size, scale=1e-3),
    Metric("own_seconds", mark("First byte, from its own server (ms)"),
           lambda seen: seen.from_server.seconds if seen.from_server else None, scale=1000),
)  # fmt: skip
ACCOUNT: Final[tuple[Metric[AccountDetails], ...]] = (
    # Figures of days: those of the newest day that WeChat has told, which is one day back.
    Metric("followers", mark("Followers"), lambda seen: seen.followers, chart=True),
    Metric("readers", mark("Readers (per day)"), lambda seen: _of_day(seen, "readers"), chart=True),
    Metric(
        "quota",
        mark("Interface calls used (% of the day's)"),
        lambda seen: seen.fullest.share if seen.fullest else None,
        chart=True,
        top=100,
    ),
    Metric(
        "callback_ms",
        mark("Answer to followers (ms)"),
        lambda seen: _of_day(seen, "mean_ms"),
        chart=True,
    ),
    Metric("new_followers", mark("New followers (per day)"), lambda seen: _of_day(seen, "new")),
    Metric("lost_followers", mark("Lost followers (per day)"), lambda seen: _of_day(seen, "lost")),
    Metric(
        "callback_failed",
        mark("Unanswered messages of followers (%)"),
        lambda seen: failed_share(seen),
        top=100,
    ),
)
CLOUD: Final[tuple[Metric[CloudDetails], ...]] = (
    Metric("balance", mark("Balance (yuan)"),
           lambda seen: None if seen.balance is None else seen.balance / 100, chart=True),
    Metric("expires", mark("Runs out first (days left)"),
           lambda seen: seen.days_left if seen.dated else None, chart=True),
    Metric("alarms", mark("Alarms of the cloud"), lambda seen: seen.firing, chart=True),
    Metric("snapshot_days", mark("Age of the newest snapshot (days)"),
           lambda seen: seen.snapshot_days, chart=True),
    Metric("running", mark("Running instances"),
           lambda seen: None if seen.running is None else seen.running[0]),
)  # fmt: skip
METRICS: Final[dict[Kind, tuple[Metric[Any], ...]]] = {
    "host": HOST,
    "mysql": MYSQL,
    "website": WEBSITE,
    "account": ACCOUNT,
    "cloud": CLOUD,
}
AVAILABLE: Final[Metric[Any]] = Metric(
    UP, mark("Available (%)"), lambda _seen: None, top=100, scale=100
)


def samples_of(details: Details) -> dict[str, float | None]:
    """Return the values of a look that are kept as series, by metric."""
    match details:
        case HostDetails():
            return {one.key: one.read(details) for one in HOST} | _of_disks(details)
        case MysqlDetails():
            return {one.key: one.read(details) for one in MYSQL}
        case WebDetails():
            return {one.key: one.read(details) for one in WEBSITE}
        case AccountDetails():
            return {one.key: one.read(details) for one in ACCOUNT}
        case CloudDetails():
            return {one.key: one.read(details) for one in CLOUD}


def metric_of(kind: Kind, key: str) -> Metric[Any] | None:
    """Return the metric of a kind of resource by its key, those of its file systems included."""
    mount = key.partition(":")[2]
    own = _of_disk(mount) if kind == "host" and mount else ()
    return next((one for one in (AVAILABLE, *METRICS[kind], *own) if one.key == key), None)


def metrics_of(kind: Kind, details: Details | None) -> tuple[Metric[Any], ...]:
    """Return all that can be drawn of a resource, in whose `details` its file systems stand."""
    disks = details.disks[:_MOST_DISKS] if isinstance(details, HostDetails) else ()
    own = (one for disk in disks for one in _of_disk(disk.mount))
    return (AVAILABLE, *METRICS[kind], *own)


def unasked(kind: Kind) -> tuple[str, ...]:
    """Return the keys of what the window draws unless somebody chose otherwise."""
    own = tuple(one.key for one in METRICS[kind] if one.chart)
    return (UP, *own) if kind == "website" else own


def used_of(mount: str) -> str:
    """Return the metric of how full a file system is, in per cent."""
    return f"used:{mount}"


def free_of(mount: str) -> str:
    """Return the metric of the bytes that are free on a file system."""
    return f"free:{mount}"


def per_core(seen: HostDetails) -> float | None:
    """Return the load of the last five minutes over the number of cores."""
    return seen.load5 / seen.cores if seen.load5 is not None and seen.cores else None


def connection_share(seen: MysqlDetails) -> float:
    """Return the connections in per cent of those allowed."""
    return 100 * seen.connections / max(1, seen.max_connections)


def failed_share(seen: AccountDetails) -> float | None:
    """Return how many of the newest day's callbacks the site did not answer, in per cent."""
    day = seen.newest("calls")
    if day is None or not day.calls or day.failed is None:
        return None
    return 100 * day.failed / day.calls


def review_days(seen: AccountDetails, at: datetime) -> float | None:
    """Return the days until the account's verification runs out, where WeChat tells."""
    until = seen.standing.review_until if seen.standing else ""
    return (date.fromisoformat(until) - at.astimezone(CHINA).date()).days if until else None


def _of_day(seen: AccountDetails, figure: str) -> float | None:
    day = seen.newest(figure)
    return getattr(day, figure) if day else None


def _of_disk(mount: str) -> tuple[Metric[Any], ...]:
    return (
        Metric(used_of(mount), mark("{mount} used (%)"), lambda _seen: None, top=100, mount=mount,
               judged=f"disk:{mount}"),
        Metric(free_of(mount), mark("{mount} free (GB)"), lambda _seen: None, scale=1e-9,
               mount=mount),
    )  # fmt: skip


def _stalled(seen: HostDetails) -> float | None:
    return seen.pressure.io if seen.pressure else None


def _connected(seen: HostDetails) -> float | None:
    return seen.tcp.in_use if seen.tcp else None


def _sent_again(seen: HostDetails) -> float | None:
    return seen.tcp.retransmitted if seen.tcp else None


def _fullest(seen: HostDetails) -> float | None:
    return max((disk.share for disk in seen.disks), default=None)


def _of_disks(seen: HostDetails) -> dict[str, float | None]:
    found: dict[str, float | None] = {}
    for disk in seen.disks[:_MOST_DISKS]:
        found[used_of(disk.mount)] = disk.share
        found[free_of(disk.mount)] = float(disk.available)
    return found
