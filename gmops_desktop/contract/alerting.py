"""From what single looks found to alerts that do not flap.

A look gives each finding a level.  A finding becomes an alert when enough looks in a row found it,
gets worse in the same way, and gets better only when for some time every look found it better.
What nobody learnt never raises an alert and never clears one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, Self

from gmops_desktop.contract.rollups import PATIENCE
from gmops_desktop.contract.thresholds import RANK, Hold
from gmops_desktop.states import State

_TIMES: Final = ("since", "calm_since", "seen")


@dataclass(frozen=True, slots=True)
class Watch:
    """How one finding of one resource stands.

    `level` is the last known look's, `state` the alert's: unknown until anything was learnt, and
    where it was well and is not known any more.  `rising` looks in a row found at least `reached`,
    which is worse than the state; since `calm_since` all found at most `eased`, which is better.
    """

    state: State = "unknown"
    since: datetime | None = None
    level: State = "unknown"
    seen: datetime | None = None
    rising: int = 0
    reached: State = "ok"
    calm_since: datetime | None = None
    eased: State = "ok"

    def to_dict(self) -> dict[str, Any]:
        """Return the watch as plain JSON values."""
        values = asdict(self)
        return values | {name: at.isoformat() for name in _TIMES if (at := values[name])}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return the watch of `to_dict`."""
        times = {name: datetime.fromisoformat(at) for name in _TIMES if (at := values[name])}
        return cls(**{**values, **times})


def follow(watch: Watch, hold: Hold, level: State, at: datetime, every: float) -> Watch:
    """Return how a finding stands after a look at `at`; looks come every so many seconds."""
    if level == "unknown":
        waiting = replace(watch, rising=0, calm_since=None)
        return waiting if RANK[watch.state] else replace(waiting, state="unknown")
    if watch.seen is not None and at - watch.seen > timedelta(seconds=PATIENCE * every):
        watch = replace(watch, rising=0, calm_since=None)  # nobody looked in between
    watch = replace(watch, level=level, seen=at)
    if RANK[level] > RANK[watch.state]:
        return _rise(watch, hold, level, at)
    watch = replace(watch, rising=0)
    if RANK[level] < RANK[watch.state]:
        return _ease(watch, hold, level, at)
    if watch.state == "unknown":
        return replace(watch, state="ok", since=at)
    return replace(watch, calm_since=None)


def _rise(watch: Watch, hold: Hold, level: State, at: datetime) -> Watch:
    reached = level
    if watch.rising and RANK[watch.reached] < RANK[level]:
        reached = watch.reached
    watch = replace(watch, rising=watch.rising + 1, reached=reached, calm_since=None)
    if watch.rising < hold.looks:
        return watch
    return replace(watch, state=reached, since=at, rising=0)


def _ease(watch: Watch, hold: Hold, level: State, at: datetime) -> Watch:
    eased = level
    if watch.calm_since is not None and RANK[watch.eased] > RANK[level]:
        eased = watch.eased
    since = watch.calm_since or at
    if at - since < timedelta(minutes=hold.calm):
        return replace(watch, calm_since=since, eased=eased)
    return replace(watch, state=eased, since=at, calm_since=None)
