"""From which value on something is a warning or critical, as data, and the judging of one value.

The defaults are tuned to one cloud server (8 cores, 8 GB, 5 Mbit/s, 100 GB) from those of Netdata,
node-mixin and Zabbix.  Each limit has a clear value below its trigger, so that a state does not
flap, and a time over which the mean is taken, so that a moment's peak is not an alert.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Self

from gmops_desktop.addresses import Kind
from gmops_desktop.errors import OpsError
from gmops_desktop.language import mark, tr
from gmops_desktop.states import State

GB: Final = 1000**3
RANK: Final[dict[State, int]] = {"ok": 0, "unknown": 0, "warning": 1, "critical": 2}
Pair = tuple[float, float]
Values = Sequence[tuple[datetime, float]]

_ENOUGH: Final = 3  # values, before their mean says more than a moment's peak
_MOST_OF: Final = 0.8  # of its minutes a mean must reach back, to have lasted
_LONGEST: Final = 30.0  # minutes: no mean is taken over more


@dataclass(frozen=True, slots=True)
class Limit:
    """When a metric is worth a warning or critical: each a (trigger, clear) pair, or None.

    A clear value above its trigger says that less is worse.  `minutes` is how long the mean is
    taken over; 0 judges the newest value alone.
    """

    warning: Pair | None
    critical: Pair | None = None
    minutes: float = 0

    def checked(self) -> Self:
        """Return the limit; raise `OpsError` where it contradicts itself."""
        pairs = [pair for pair in (self.warning, self.critical) if pair is not None]
        below = {trigger < clear for trigger, clear in pairs}
        if any(trigger == clear for trigger, clear in pairs) or len(below) > 1:
            raise _senseless(tr("the clear value must lie on the good side of its trigger"))
        if len(pairs) == 2 and (pairs[0][0] > pairs[1][0]) != below.pop():
            raise _senseless(tr("critical must lie beyond the warning"))
        if not 0 <= self.minutes <= _LONGEST:
            raise _senseless(tr("the mean is taken over 0 to {most} minutes", most=int(_LONGEST)))
        return self

    def to_dict(self) -> dict[str, Any]:
        """Return the limit as plain JSON values."""
        pairs = {"warning": self.warning, "critical": self.critical}
        return {name: pair and list(pair) for name, pair in pairs.items()} | {
            "minutes": self.minutes
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return the limit of `to_dict`."""
        return cls(_pair(values["warning"]), _pair(values["critical"]), float(values["minutes"]))


def _pair(values: Sequence[float] | None) -> Pair | None:
    return None if values is None else (float(values[0]), float(values[1]))


def _senseless(why: str) -> OpsError:
    return OpsError(
        tr("This threshold cannot work: {why}.", why=why),
        hint=tr("A warning might begin at 85 and be over at 75."),
        unharmed=tr("The thresholds in use are unchanged."),
    )


@dataclass(frozen=True, slots=True)
class Hold:
    """How many looks in a row must find something before it is an alert, and for how many minutes
    every look must find it better before the alert is over."""

    looks: int = 1
    calm: float = 15.0


LIMITS: Final[dict[str, Limit]] = {
    "cpu": Limit((85, 75), (95, 85), 10),
    "iowait": Limit((40, 20), None, 10),
    "steal": Limit((10, 5), None, 20),
    "memory": Limit((90, 85), (98, 90)),
    "disk": Limit((85, 80), (95, 90)),  # of each file system
    "inodes": Limit((90, 80), (98, 90)),
    "fills": Limit((8, 48), (2, 24)),  # hours until a file system is full
    "load_per_core": Limit((1, 0.8), (2, 1.5)),  # the kernel's own mean over five minutes
    "disk_busy": Limit((95, 80), None, 10),
    "out_mbit": Limit((4, 3.5), (4.75, 4.25), 10),  # of 5 Mbit/s
    "clock": Limit((5, 2), (60, 30)),
    "connections": Limit((80, 70), (90, 80)),  # per cent of max_connections
    "running": Limit((64, 40), (128, 80), 10),
    "slow_per_hour": Limit((60, 30)),
    "seconds": Limit((3, 2), (10, 5)),
    "tls_days": Limit((30, 31), (7, 8)),
    "quota": Limit((80, 75), (100, 95)),  # per cent of a day's calls of an interface
    "callback_failed": Limit((1, 0.5), (10, 5)),
    "callback_ms": Limit((2000, 1500), (4500, 4000)),  # after 5 s WeChat gives up
    "review_days": Limit((30, 31), (7, 8)),
    "expires": Limit((30, 31), (7, 8)),  # days, of what nobody ordered to be renewed
    "balance": Limit((200, 300), (0, 50)),  # yuan
    "snapshot_days": Limit((8, 7)),
}
# Which of them belong to what kind of resource, and how they are called.
NAMES: Final[dict[Kind, dict[str, str]]] = {
    "host": {
        "cpu": mark("CPU (%)"),
        "iowait": mark("Waiting for disks (%)"),
        "steal": mark("Taken by other customers (%)"),
        "memory": mark("Memory used (%)"),
        "disk": mark("Each disk (%)"),
        "inodes": mark("Inodes of each disk (%)"),
        "fills": mark("Hours until a disk is full"),
        "load_per_core": mark("Load per core"),
        "disk_busy": mark("Busiest disk (%)"),
        "out_mbit": mark("Sent (Mbit/s)"),
        "clock": mark("Clock off by (s)"),
    },
    "mysql": {
        "connections": mark("Connections (% of the most allowed)"),
        "running": mark("Running statements"),
        "slow_per_hour": mark("Slow statements (per hour)"),
    },
    "website": {
        "seconds": mark("Time to the first byte (s)"),
        "tls_days": mark("Certificate (days left)"),
    },
    "account": {
        "quota": mark("Interface calls used (% of the day's)"),
        "callback_failed": mark("Unanswered messages of followers (%)"),
        "callback_ms": mark("Answer to followers (ms)"),
        "review_days": mark("Verification (days left)"),
    },
    "cloud": {
        "expires": mark("Runs out first (days left)"),
        "balance": mark("Balance (yuan)"),
        "snapshot_days": mark("Age of the newest snapshot (days)"),
    },
}
DOWN: Final = "down"  # it does not do its work
UNREACHED: Final = "unreached"  # nobody can say whether it does
# By what stands before the colon in a finding's key; the others hold as `Hold` says.
HOLDS: Final[dict[str, Hold]] = {
    DOWN: Hold(looks=3, calm=5),
    UNREACHED: Hold(looks=3, calm=0),
    "units": Hold(calm=5),
    "tls_days": Hold(calm=0),
    "quota": Hold(calm=0),
    "review_days": Hold(calm=0),
    "expires": Hold(calm=0),
    "balance": Hold(calm=0),
    "owed": Hold(calm=0),
    "fills": Hold(looks=3),
    "seconds": Hold(looks=3),
}

LOCK_SECONDS: Final = 30  # a statement waits so long for another's lock
TRANSACTION_SECONDS: Final = 600
LAG_SECONDS: Final = 300  # of a copied database

_DISK_CRITICAL_FREE: Final = 8 * GB


def hold_of(key: str) -> Hold:
    """Return how long a finding must last and be gone."""
    return HOLDS.get(key.partition(":")[0], Hold())


def limit_of(key: str, limits: Mapping[str, Limit]) -> Limit:
    """Return the limit of a finding: its own, that of its kind ("disk" for "disk:/data")."""
    return limits[key] if key in limits else limits[key.partition(":")[0]]


def judge(limit: Limit, values: Values, before: State = "ok") -> State:
    """Return the level of a metric from its newest values, oldest first, this look's the last.

    `before` is its level at the look before: what was passed stays so until the clear value is.
    Nothing known is unknown, and so is a mean past its trigger that has not lasted yet.
    """
    if not values:
        return "unknown"
    if not limit.minutes:
        return _level(limit, values[-1][1], before)
    now = values[-1][0]
    # A tenth more: looks do not come to the second.
    first = now - timedelta(minutes=1.1 * limit.minutes)
    recent = [(at, value) for at, value in values if at >= first]
    level = _level(limit, sum(value for _, value in recent) / len(recent), before)
    lasted = now - recent[0][0] >= timedelta(minutes=_MOST_OF * limit.minutes)
    if RANK[level] > RANK[before] and not (lasted and len(recent) >= _ENOUGH):
        return before if RANK[before] else "unknown"
    return level


def _level(limit: Limit, value: float, before: State) -> State:
    if _passed(limit.critical, value, held=before == "critical"):
        return "critical"
    if _passed(limit.warning, value, held=RANK[before] > 0):
        return "warning"
    return "ok"


def _passed(pair: Pair | None, value: float, *, held: bool) -> bool:
    if pair is None:
        return False
    trigger, clear = pair
    edge = clear if held else trigger
    return value <= edge if trigger < clear else value >= edge


def disk_level(share: float, available: int, limit: Limit, before: State = "ok") -> State:
    """Return the level of a file system: nearly full is critical only where little is left."""
    level = _level(limit, share, before)
    return "warning" if level == "critical" and available >= _DISK_CRITICAL_FREE else level


def disk_state(share: float, available: int, inode_share: float | None = None) -> State:
    """Return the state of a file system by its bytes and its inodes."""
    bytes_ = disk_level(share, available, LIMITS["disk"])
    inodes = _level(LIMITS["inodes"], inode_share or 0.0, "ok")
    return max(bytes_, inodes, key=lambda level: RANK[level])


def tls_level(
    days: float, *, trusted: bool, limit: Limit = LIMITS["tls_days"], before: State = "ok"
) -> State:
    """Return the level of a certificate with `days` left."""
    return _level(limit, days, before) if trusted else "critical"
