"""From which value on something is a warning or critical, as data, and the judging of one value.

The defaults are tuned to one cloud server (8 cores, 8 GB, 5 Mbit/s, 100 GB) from those of Netdata,
node-mixin and Zabbix.  Each limit has a clear value below its trigger, so that a state does not
flap, and a time over which the mean is taken, so that a moment's peak is not an alert.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gmops_desktop.states import State

GB: Final = 1000**3
_ENOUGH: Final = 3  # values, before their mean says more than a moment's peak


@dataclass(frozen=True, slots=True)
class Limit:
    """When a metric is worth a warning or critical: each a (trigger, clear) pair, or None.

    `minutes` is how long the mean is taken over; 0 judges the newest value alone.
    """

    warning: tuple[float, float] | None
    critical: tuple[float, float] | None = None
    minutes: float = 0


LIMITS: Final[dict[str, Limit]] = {
    "cpu": Limit((85, 75), (95, 85), 10),
    "iowait": Limit((40, 20), None, 10),
    "steal": Limit((10, 5), None, 20),
    "memory": Limit((90, 85), (98, 90)),
    "load_per_core": Limit((1, 0.8), (2, 1.5)),  # the kernel's own mean over five minutes
    "disk_busy": Limit((95, 80), None, 10),
    "out_mbit": Limit((4, 3.5), (4.75, 4.25), 10),  # of 5 Mbit/s
    "clock": Limit((5, 2), (60, 30)),
    "connections": Limit((80, 70), (90, 80)),  # per cent of max_connections
    "running": Limit((64, 40), (128, 80), 5),
    "slow_per_hour": Limit((60, 30)),
    "seconds": Limit((3, 2), (10, 5)),
}

TLS_DAYS_WARNING: Final = 30
TLS_DAYS_CRITICAL: Final = 7

_DISK_WARNING, _DISK_CRITICAL = 85.0, 95.0
_DISK_CRITICAL_FREE: Final = 8 * GB
_INODES_WARNING, _INODES_CRITICAL = 90.0, 98.0


def judge(metric: str, values: Sequence[float], before: State = "ok") -> State:
    """Return the state of a metric from its newest values (the window's, oldest first).

    `before` is its state at the look before: what was raised stays until it falls below the clear
    value.  Nothing known is unknown; a mean is raised from three values on.
    """
    if not values:
        return "unknown"
    limit = LIMITS[metric]
    if limit.minutes and len(values) < _ENOUGH:
        return "ok"
    value = sum(values) / len(values) if limit.minutes else values[-1]
    if _over(limit.critical, value, held=before == "critical"):
        return "critical"
    if _over(limit.warning, value, held=before in ("warning", "critical")):
        return "warning"
    return "ok"


def disk_state(share: float, available: int, inode_share: float | None = None) -> State:
    """Return the state of a file system: nearly full is critical only where little is left."""
    inodes = inode_share or 0.0
    if (share >= _DISK_CRITICAL and available < _DISK_CRITICAL_FREE) or inodes >= _INODES_CRITICAL:
        return "critical"
    return "warning" if share >= _DISK_WARNING or inodes >= _INODES_WARNING else "ok"


def tls_state(days: float, trusted: bool) -> State:
    """Return the state of a certificate with `days` left."""
    if not trusted or days <= TLS_DAYS_CRITICAL:
        return "critical"
    return "warning" if days <= TLS_DAYS_WARNING else "ok"


def _over(pair: tuple[float, float] | None, value: float, *, held: bool) -> bool:
    return pair is not None and value >= (pair[1] if held else pair[0])
