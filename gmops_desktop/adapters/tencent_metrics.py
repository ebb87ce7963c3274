"""What Tencent Cloud's own monitoring measured (monitor 2018-07-24), under the names of our series.

The cloud spells its metrics in several ways (`CpuUsage`, `CPUUsage`): the spelling, the unit and
the periods are read from the service.  Only what means the same as a series of ours is asked for:
the cloud's share of the disks, for one, is that of all together, ours that of the fullest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

from gmops_desktop.adapters.sections import Unknown
from gmops_desktop.adapters.tencent import Tencent
from gmops_desktop.context import Context
from gmops_desktop.contract.terms import ZONE
from gmops_desktop.language import tr

Product = Literal["cvm", "database"]

MOST_INSTANCES: Final = 50  # in one request
MOST_POINTS: Final = 1440  # in one answer: 7200 by the newest documents, 1440 by older ones
# How long the cloud keeps values of which period (seconds), the finest first (doc 248/39917).
KEPT: Final = (
    (300, timedelta(days=31)),
    (3600, timedelta(days=93)),
    (86400, timedelta(days=186)),
)
_MONITOR: Final = ("monitor", "2018-07-24")
_NAMESPACES: Final[dict[Product, str]] = {"cvm": "QCE/CVM", "database": "QCE/CDB"}
_PERCENT: Final = frozenset(("%",))
_MBIT: Final = frozenset(("mbps", "mbit/s"))


@dataclass(frozen=True, slots=True)
class Wanted:
    """A series of ours, and the cloud's metric that means the same, in small letters.

    `units` are those in which it must come; `per_core` divides it by the number of cores.
    """

    key: str
    spelled: str
    units: frozenset[str] = frozenset()
    per_core: bool = False


WANTED: Final[dict[Product, tuple[Wanted, ...]]] = {
    "cvm": (
        Wanted("cpu", "cpuusage", _PERCENT),
        Wanted("memory", "memusage", _PERCENT),
        Wanted("out_mbit", "wanouttraffic", _MBIT),
        Wanted("in_mbit", "wanintraffic", _MBIT),
        Wanted("load_per_core", "cpuloadavg5m", per_core=True),
    ),
    "database": (
        Wanted("connections", "connectionuserate", _PERCENT),
        Wanted("running", "threadsrunning"),
        Wanted("questions_per_second", "qps"),
        Wanted("hit_share", "innodbcachehitrate", _PERCENT),
    ),
}


@dataclass(frozen=True, slots=True)
class Offered:
    """A metric as the service spells it, and the periods in seconds that it has."""

    wanted: Wanted
    name: str
    periods: tuple[int, ...]

    def period(self, least: int) -> int | None:
        """Return the finest period there is of at least so many seconds."""
        return min((one for one in self.periods if one >= least), default=None)


def offered(cloud: Tencent, product: Product, context: Context) -> tuple[Offered, ...]:
    """Return which of the wanted metrics the service has, in its own spelling."""
    answer = cloud.call(
        *_MONITOR, "DescribeBaseMetrics", {"Namespace": _NAMESPACES[product]}, context
    )
    there = answer.get("MetricSet")
    if not isinstance(there, list):
        raise Unknown(tr("the answer to {action} is not whole", action="DescribeBaseMetrics"))
    by_name = {str(one.get("MetricName", "")).lower(): one for one in there}
    found = []
    for wanted in WANTED[product]:
        one = by_name.get(wanted.spelled)
        if one is None or not _fits(str(one.get("Unit") or ""), wanted.units):
            continue
        periods = tuple(sorted(int(period) for period in one.get("Period") or ()))
        found.append(Offered(wanted, one["MetricName"], periods))
    return tuple(found)


def _fits(unit: str, units: frozenset[str]) -> bool:
    return not units or unit.lower() in units


def values(
    cloud: Tencent,
    product: Product,
    metric: str,
    instances: Sequence[str],
    span: tuple[datetime, datetime],
    period: int,
    context: Context,
) -> dict[str, dict[datetime, float]]:
    """Return what was measured from the first to before the second moment of `span`, by instance.

    What the cloud has no value for is left out.  Raises `CloudRefused`, and `Unknown` where the
    answer is not whole.
    """
    begin, end = span
    answer = cloud.call(
        *_MONITOR, "GetMonitorData",
        {
            "Namespace": _NAMESPACES[product],
            "MetricName": metric,
            "Instances": [
                {"Dimensions": [{"Name": "InstanceId", "Value": one}]} for one in instances
            ],
            "Period": period,
            "StartTime": begin.astimezone(ZONE).isoformat(timespec="seconds"),
            "EndTime": end.astimezone(ZONE).isoformat(timespec="seconds"),
        },
        context,
    )  # fmt: skip
    try:
        found = [_points(one) for one in answer["DataPoints"] or ()]
    except (KeyError, TypeError, ValueError) as odd:
        raise Unknown(tr("the answer to {action} is not whole", action="GetMonitorData")) from odd
    return {
        instance: {at: value for at, value in points.items() if begin <= at < end}
        for instance, points in found
    }


def _points(item: Mapping[str, Any]) -> tuple[str, dict[datetime, float]]:
    [instance] = (one["Value"] for one in item["Dimensions"] if one["Name"] == "InstanceId")
    pairs = zip(item["Timestamps"] or (), item["Values"] or (), strict=True)
    points = {
        datetime.fromtimestamp(at, UTC): float(value) for at, value in pairs if value is not None
    }
    return instance, points
