"""The stand-in's monitoring: what it offers, and values that are a wave of the time of day, for as
long as the real one keeps them.

Field names are Tencent's; every answer is checked against the SDK's models before it is sent.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sandbox.tencent_backups import Behaviour, Json, Refused

_DAY: Final = 86400
_PERIODS: Final = (10, 60, 300, 3600, _DAY)
_KEPT_DAYS: Final = {10: 1, 60: 15, 300: 31, 3600: 93, _DAY: 186}
_MOST_POINTS: Final = 7200
_MOST_INSTANCES: Final = 50
_AGENT: Final = {"MemUsage", "Cpuloadavg5m"}
# By namespace: name, unit, and the middle of its wave.
_METRICS: Final[dict[str, dict[str, tuple[str, float]]]] = {
    "QCE/CVM": {
        "CpuUsage": ("%", 30.0), "MemUsage": ("%", 55.0), "WanOuttraffic": ("Mbps", 2.0),
        "WanIntraffic": ("Mbps", 0.7), "Cpuloadavg5m": ("", 2.4),
    },
    "QCE/CDB": {
        "ConnectionUseRate": ("%", 12.0), "ThreadsRunning": ("个", 3.0), "Qps": ("次/秒", 40.0),
        "InnodbCacheHitRate": ("%", 99.0),
    },
}  # fmt: skip


def wave(middle: float, at: float) -> float:
    """Return the value of a metric at a moment, in seconds since 1970."""
    return round(middle * (1 + 0.01 * math.sin(2 * math.pi * at / _DAY)), 4)


class Monitor:
    """`now` gives the time, `behaviour` how things are at the moment."""

    def __init__(self, now: Callable[[], datetime], behaviour: Callable[[], Behaviour]) -> None:
        self._now, self._behaviour = now, behaviour

    def metrics(self, given: Json) -> Json:
        """DescribeBaseMetrics."""
        offered = self._offered(given["Namespace"])
        return {
            "MetricSet": [
                {
                    "Namespace": given["Namespace"],
                    "MetricName": name,
                    "Unit": unit,
                    "Period": list(_PERIODS),
                    "Periods": [{"Period": str(one), "StatType": ["avg"]} for one in _PERIODS],
                    "Dimensions": [{"Dimensions": ["InstanceId"]}],
                }
                for name, (unit, _) in offered.items()
            ]
        }

    def data(self, given: Json) -> Json:
        """GetMonitorData."""
        offered, name = self._offered(given["Namespace"]), given["MetricName"]
        if name not in offered:
            raise Refused("InvalidParameterValue", f"the metric {name} is not there")
        if len(given["Instances"]) > _MOST_INSTANCES:
            raise Refused("InvalidParameterValue", f"at most {_MOST_INSTANCES} instances")
        period = given.get("Period", 300)
        if period not in _KEPT_DAYS:
            raise Refused("InvalidParameterValue", f"no period of {period} s")
        begin = datetime.fromisoformat(given["StartTime"])
        end = datetime.fromisoformat(given["EndTime"])
        behaviour, now = self._behaviour(), self._now()
        since = now - timedelta(days=min(_KEPT_DAYS[period], behaviour.measured_days))
        first = math.ceil(max(begin, since).timestamp() / period) * period
        times = list(range(first, int(min(end, now).timestamp()) + 1, period))
        if len(times) * len(given["Instances"]) > _MOST_POINTS:
            raise Refused("InvalidParameterValue", f"more than {_MOST_POINTS} points")
        if name in _AGENT and not behaviour.agent:
            times = []
        middle = offered[name][1]
        return {
            "Period": period,
            "MetricName": name,
            "StartTime": given["StartTime"],
            "EndTime": given["EndTime"],
            "DataPoints": [
                {
                    "Dimensions": one["Dimensions"],
                    "Timestamps": [float(at) for at in times],
                    "Values": [wave(middle, at) for at in times],
                }
                for one in given["Instances"]
            ],
        }

    def _offered(self, namespace: str) -> dict[str, tuple[str, float]]:
        if namespace not in _METRICS:
            raise Refused("InvalidParameterValue", f"no namespace {namespace}")
        there = _METRICS[namespace]
        if "CpuUsage" not in there:
            return there
        rest = {name: one for name, one in there.items() if name != "CpuUsage"}
        return {self._behaviour().spelling: there["CpuUsage"], **rest}
