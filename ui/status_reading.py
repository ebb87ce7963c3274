"""What the status page shows of the chosen resource: read and computed beside the window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from gmops_desktop.addresses import Kind, Resource
from gmops_desktop.context import Context
from gmops_desktop.contract.alerting import Watch
from gmops_desktop.contract.metrics import LOOK, UP, Metric
from gmops_desktop.contract.thresholds import RANK, Limit
from gmops_desktop.language import tr
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.events import Event, Events
from gmops_desktop.services.limits import Limits
from gmops_desktop.services.servers import HostDetails, Look, Series, Servers
from gmops_desktop.states import State
from ui.widgets.live_chart import ChartMark
from ui.widgets.plot import Plot, Threshold, plotted
from ui.words import ago, lasting, number, share

Span = tuple[datetime, datetime]

_SPANS: Final = {"hour": 3600.0, "day": 86400.0, "month": 30 * 86400.0}
_MOST_MARKS: Final = 120  # more would hide the ground line
_COLUMNS: Final = 600  # points that a chart can show side by side
_DISKS: Final = 4  # of which is told when they are full


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be read: of which resource, over which span or part of it, which metrics.

    `step` is the distance in seconds at which the window looks.
    """

    resource: Resource
    span: str
    part: Span | None
    metrics: tuple[Metric[Any], ...]
    step: float


@dataclass(frozen=True, slots=True)
class Reading:
    """The newest look, and what was measured: a plot for each metric, by its key.

    `whole` is the span that may be zoomed into, `shown` what is drawn of it; `full` in how many
    hours each file system is full, None where that is not known.
    """

    look: Look | None
    whole: Span
    shown: Span
    plots: Mapping[str, Plot]
    marks: tuple[ChartMark, ...]
    coverage: str
    full: Mapping[str, float | None]


class Readings:
    """Reads them; may take as long as it takes: not for the window's own thread."""

    def __init__(
        self, servers: Servers, contracts: Contracts, events: Events, limits: Limits
    ) -> None:
        self._servers, self._contracts = servers, contracts
        self._events, self._limits = events, limits

    def read(self, wish: Wish, context: Context) -> Reading:
        """Return what is stored now."""
        resource = wish.resource
        look = self._servers.newest(resource.id)
        whole = self._whole(wish.span)
        shown = wish.part or whole
        keys = [*(one.key for one in wish.metrics), UP, LOOK]
        context.check()
        found = self._servers.many(resource.id, list(dict.fromkeys(keys)), *shown)
        context.check()
        limits = self._limits.of(resource)
        drawing = _Drawing(look, limits, shown, wish.step)
        # Nobody looked, or nothing was learnt; each said once, in the first such chart.
        unsaid = {False: tr("no data"), True: tr("no data (dotted: Tencent Cloud)")}
        plots = {}
        for metric in wish.metrics:
            series = found[metric.key]
            plots[metric.key] = drawing.plot(metric, series, unsaid.pop(bool(series.others), ""))
            context.check()
        marks = _marks(self._events.marks(resource.id, *shown))
        said = _coverage(resource.kind, found[UP], found[LOOK])
        return Reading(look, whole, shown, plots, marks, said, self._full(resource, look, context))

    def _full(
        self, resource: Resource, look: Look | None, context: Context
    ) -> dict[str, float | None]:
        details = look.details if look else None
        if not isinstance(details, HostDetails):
            return {}
        full = {}
        for disk in details.disks[:_DISKS]:
            context.check()
            full[disk.mount] = self._servers.hours_to_full(resource.id, disk.mount)
        return full

    def _whole(self, span: str) -> Span:
        now = datetime.now(UTC)
        if span in _SPANS:
            return now - timedelta(seconds=_SPANS[span]), now
        contract = self._contracts.current()
        start = contract.start if contract else now.date() - timedelta(days=365)
        begin = datetime(start.year, start.month, start.day).astimezone()
        return min(begin, now - timedelta(days=1)), now


@dataclass(frozen=True, slots=True)
class _Drawing:
    """What the charts of one resource have in common."""

    look: Look | None
    limits: Mapping[str, Limit]
    span: Span
    every: float

    def plot(self, metric: Metric[Any], series: Series, reason: str) -> Plot:
        scale, state = metric.scale, self._state(metric)
        points = [
            (one.at, None if one.value is None else one.value * scale) for one in series.points
        ]
        band = [
            (one.at, one.low * scale, one.high * scale)
            for one in series.points
            if series.step and one.low is not None and one.high is not None
        ]
        length = (self.span[1] - self.span[0]).total_seconds()
        lowest = min((value for _, value in points if value is not None), default=0.0)
        limit = self.limits.get(metric.finding) or self.limits.get(metric.finding.partition(":")[0])
        return plotted(
            points,
            *self.span,
            step=max(self.every, series.step, length / _COLUMNS),
            now=self._now(metric, points, limit),
            state=state,
            low=min(0.0, lowest),
            high=metric.top,
            thresholds=_thresholds(limit, scale, state),
            reason=reason,
            band=band,
            others=[
                (one.at, None if one.value is None else one.value * scale) for one in series.others
            ],
            teller=tr("Tencent Cloud"),
        )

    def _state(self, metric: Metric[Any]) -> State | None:
        """Return how pressing the newest value is, None where it is not, or nobody knows."""
        if self.look is None or self.look.details is None:
            return None
        levels = [watch.level for watch in self._watches(metric)]
        return max((one for one in levels if RANK[one]), key=RANK.__getitem__, default=None)

    def _watches(self, metric: Metric[Any]) -> list[Watch]:
        """Return how what judges a metric stands: its own finding, or those of every disk."""
        watches = self.look.watches if self.look else {}
        wanted = metric.finding
        return [one for key, one in watches.items() if wanted in (key, key.partition(":")[0])]

    def _now(
        self,
        metric: Metric[Any],
        points: Sequence[tuple[datetime, float | None]],
        limit: Limit | None,
    ) -> str:
        known = [(at, value) for at, value in points if value is not None]
        if not known:
            return tr("no samples yet")
        values = [value for _, value in known]
        places = 1 if max(values) < 100 else 0
        now = number(values[-1], places)
        if metric.key == UP:
            return tr("in this span {share}", share=share(sum(values) / len(values) / 100))
        if points[-1][1] is None:  # what it was, and not what it is
            return tr("last {value}, {age}", value=now, age=ago(known[-1][0]))
        state = self._state(metric)
        pair = _pair(limit, state)
        since = [
            watch.since for watch in self._watches(metric) if RANK[watch.state] and watch.since
        ]
        if pair is not None and since and state:
            lasted = (datetime.now(UTC) - min(since)).total_seconds()
            level, time = number(pair[0] * metric.scale), lasting(lasted)
            if pair[0] < pair[1]:  # less is worse
                return tr("now {now}, below {level} for {time}", now=now, level=level, time=time)
            return tr("now {now}, past {level} for {time}", now=now, level=level, time=time)
        return tr("now {now}, peak {peak}", now=now, peak=number(max(values), places))


def _pair(limit: Limit | None, state: State | None) -> tuple[float, float] | None:
    """Return the limit to draw: the critical one while it is passed, else the warning's."""
    if limit is None:
        return None
    return limit.critical if state == "critical" and limit.critical else limit.warning


def _thresholds(limit: Limit | None, scale: float, state: State | None) -> list[Threshold]:
    pair = _pair(limit, state)
    if limit is None or pair is None:
        return []
    text = number(pair[0] * scale)
    if limit.minutes:
        text = tr("{level} for {minutes} min", level=text, minutes=round(limit.minutes))
    return [Threshold(pair[0] * scale, text, state)]


def _marks(events: Sequence[Event]) -> tuple[ChartMark, ...]:
    newest = events[-_MOST_MARKS:]
    return tuple(ChartMark(one.at, one.kind, f"{one.word}{tr(': ')}{one.text}") for one in newest)


def _coverage(kind: Kind, up: Series, look: Series) -> str:
    """Return what to say of a span: how available it was, and for how much of it that is known."""
    facts = []
    if kind in ("website", "mysql") and (mean := up.mean) is not None:
        facts.append(tr("available {share}", share=share(mean)))
    facts.append(tr("{count} looks", count=number(look.taken)))
    facts.append(tr("coverage {share}", share=share(up.coverage)))
    return " · ".join(facts)
