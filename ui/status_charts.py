"""The charts of the chosen resource: one crosshair, one zoom, one row of marks for all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from gmops_desktop.addresses import Kind, Resource
from gmops_desktop.contract.alerting import Watch
from gmops_desktop.contract.metrics import LOOK, UP, Metric
from gmops_desktop.contract.thresholds import RANK, Limit
from gmops_desktop.language import tr
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.events import Event, Events
from gmops_desktop.services.limits import Limits
from gmops_desktop.services.servers import Look, Series, Servers
from gmops_desktop.settings import SettingsFile
from gmops_desktop.states import State
from ui.chart_picker import ChartPicker, title_of
from ui.theme import GAP
from ui.widgets.chart import Threshold
from ui.widgets.frames import clear
from ui.widgets.live_chart import ChartMark, LiveChart, moment
from ui.words import ago, lasting, number, share

_SPANS: Final = {"hour": 3600.0, "day": 86400.0, "month": 30 * 86400.0}
_MOST_MARKS: Final = 120  # more would hide the ground line
_COLUMNS: Final = 600  # points that a chart can show side by side


class StatusCharts(QWidget):
    """Draws the metrics of one resource over a span; `told` carries what to say of the span."""

    told = Signal(str)
    moved = Signal(bool)  # whether a part of the span is zoomed into
    asked = Signal(object)  # what happened around this time?

    def __init__(
        self,
        servers: Servers,
        contracts: Contracts,
        settings: SettingsFile,
        events: Events,
        limits: Limits,
    ) -> None:
        super().__init__()
        self._servers, self._contracts, self._settings = servers, contracts, settings
        self._events, self._limits = events, limits
        self._resource: Resource | None = None
        self._look: Look | None = None
        self._span = "day"
        self._parts: list[tuple[datetime, datetime]] = []  # zoomed into, one within the other
        self._drawn: list[Metric[Any]] = []
        self.charts: dict[str, LiveChart] = {}
        self.picker = ChartPicker(settings)
        self.picker.changed.connect(self.renew)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(GAP)

    def show_resource(self, resource: Resource | None, look: Look | None) -> None:
        """Show another resource, or what is new of the same."""
        if resource is None or self._resource is None or resource.id != self._resource.id:
            self._parts.clear()
        self._resource, self._look = resource, look
        details = look.details if look else None
        self.picker.show_resource(resource.kind if resource else None, details)
        self.renew()

    def show_span(self, span: str) -> None:
        """Show an hour, a day, a month or the contract, up to now."""
        self._span = span
        self._parts.clear()
        self.renew()

    def whole(self) -> None:
        """Leave every part that was zoomed into."""
        self._parts.clear()
        self.renew()

    def renew(self) -> None:
        """Draw what is stored now."""
        resource = self._resource
        self.moved.emit(bool(self._parts))
        self._make(self.picker.chosen())
        if resource is None:
            self.told.emit("")
            return
        begin, end = self._shown()
        keys = [*self.charts, UP, LOOK]
        found = self._servers.many(resource.id, list(dict.fromkeys(keys)), begin, end)
        limits = self._limits.of(resource)
        marks = _marks(self._events.marks(resource.id, begin, end))
        # Nobody looked, or nothing was learnt; each said once, in the first such chart.
        unsaid = {False: tr("no data"), True: tr("no data (dotted: Tencent Cloud)")}
        for metric in self._drawn:
            chart, series = self.charts[metric.key], found[metric.key]
            reason = unsaid.pop(bool(series.others), "")
            self._draw(chart, metric, series, limits, (begin, end), reason)
            chart.show_marks(marks)
        self.told.emit(_coverage(resource.kind, found[UP], found[LOOK]))

    def hours_to_full(self, mount: str) -> float | None:
        """Return in how many hours a file system of the resource is full; None is not known."""
        if self._resource is None:
            return None
        return self._servers.hours_to_full(self._resource.id, mount)

    def _make(self, wanted: list[Metric[Any]]) -> None:
        """Make the charts that are wanted, unless they stand already."""
        if wanted == self._drawn:
            return
        clear(self._grid)
        self._drawn, self.charts = wanted, {}
        for place, metric in enumerate(wanted):
            chart = LiveChart(title_of(metric))
            chart.pointed.connect(self._point)
            chart.zoomed.connect(self._zoom)
            chart.back.connect(self._back)
            chart.asked.connect(lambda at: self.asked.emit(moment(at)))
            self.charts[metric.key] = chart
            last = place == len(wanted) - 1
            self._grid.addWidget(chart, place // 2, place % 2, 1, 2 - place % 2 if last else 1)

    def _point(self, at: float | None) -> None:
        for chart in self.charts.values():
            chart.show_cross(at)

    def _zoom(self, first: float, last: float) -> None:
        now, whole = datetime.now(UTC), self._whole()
        begin, end = max(moment(first), whole[0]), min(moment(last), now)
        if (begin, end) != self._shown():
            if begin <= whole[0] and end >= now - timedelta(seconds=1):
                self._parts.clear()
            else:
                self._parts.append((begin, end))
            self.renew()

    def _back(self) -> None:
        if self._parts:
            self._parts.pop()
            self.renew()

    def _shown(self) -> tuple[datetime, datetime]:
        return self._parts[-1] if self._parts else self._whole()

    def _whole(self) -> tuple[datetime, datetime]:
        now = datetime.now(UTC)
        if self._span in _SPANS:
            return now - timedelta(seconds=_SPANS[self._span]), now
        contract = self._contracts.current()
        start = contract.start if contract else now.date() - timedelta(days=365)
        begin = datetime(start.year, start.month, start.day).astimezone()
        return min(begin, now - timedelta(days=1)), now

    def _draw(
        self,
        chart: LiveChart,
        metric: Metric[Any],
        series: Series,
        limits: Mapping[str, Limit],
        span: tuple[datetime, datetime],
        reason: str,
    ) -> None:
        scale, state = metric.scale, self._state(metric)
        points = [
            (one.at, None if one.value is None else one.value * scale) for one in series.points
        ]
        band = [
            (one.at, one.low * scale, one.high * scale)
            for one in series.points
            if series.step and one.low is not None and one.high is not None
        ]
        step = max(
            float(self._settings.current.probe_seconds),
            series.step,
            (span[1] - span[0]).total_seconds() / _COLUMNS,
        )
        lowest = min((value for _, value in points if value is not None), default=0.0)
        limit = limits.get(metric.finding) or limits.get(metric.finding.partition(":")[0])
        chart.show_series(
            points,
            *span,
            step=step,
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
        if self._look is None or self._look.details is None:
            return None
        levels = [watch.level for watch in self._watches(metric)]
        return max((one for one in levels if RANK[one]), key=RANK.__getitem__, default=None)

    def _watches(self, metric: Metric[Any]) -> list[Watch]:
        """Return how what judges a metric stands: its own finding, or those of every disk."""
        watches = self._look.watches if self._look else {}
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


def _marks(events: Sequence[Event]) -> list[ChartMark]:
    newest = events[-_MOST_MARKS:]
    return [ChartMark(one.at, one.kind, f"{one.word}{tr(': ')}{one.text}") for one in newest]


def _coverage(kind: Kind, up: Series, look: Series) -> str:
    """Return what to say of a span: how available it was, and for how much of it that is known."""
    facts = []
    if kind in ("website", "mysql") and (mean := up.mean) is not None:
        facts.append(tr("available {share}", share=share(mean)))
    facts.append(tr("{count} looks", count=number(look.taken)))
    facts.append(tr("coverage {share}", share=share(up.coverage)))
    return " · ".join(facts)
