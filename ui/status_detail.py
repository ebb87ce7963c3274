"""The chosen resource in detail: its metrics over time, and what stands behind its state."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from gmops_desktop.addresses import Resource
from gmops_desktop.contract.metrics import METRICS, Metric
from gmops_desktop.contract.thresholds import LIMITS
from gmops_desktop.language import tr
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.servers import (
    HostDetails,
    Look,
    MysqlDetails,
    Series,
    Servers,
    WebDetails,
)
from gmops_desktop.settings import SettingsFile
from gmops_desktop.states import State
from ui.theme import GAP
from ui.widgets.badges import Gauge, StateBadge
from ui.widgets.chart import Chart, Threshold
from ui.widgets.frames import Card, Label, Segments, clear, column, row
from ui.words import NOTHING, lasting, number, share, size

_SPANS: Final = {"hour": 3600.0, "day": 86400.0, "month": 30 * 86400.0}


class StatusDetail(QWidget):
    """Charts above, facts below."""

    def __init__(self, servers: Servers, contracts: Contracts, settings: SettingsFile) -> None:
        super().__init__()
        self._servers, self._contracts, self._settings = servers, contracts, settings
        self._resource: Resource | None = None
        self._look: Look | None = None

        self.title, self.facts = Label("", "strong", elide=False), Label("", "caption")
        self.span = Segments(
            [
                ("hour", tr("1 h")),
                ("day", tr("24 h")),
                ("month", tr("30 d")),
                ("contract", tr("Contract", context="span")),
            ],
            "day",
            tr("Time span of the charts"),
        )
        self._charts = QGridLayout()
        self._charts.setSpacing(GAP)
        card = Card()
        head = row(None, self.title, self.facts, self.span)
        head.setStretch(1, 1)
        card.add(head)
        card.add(self._charts, 1)
        self._below = QVBoxLayout()
        layout = column(self, card, self._below, spacing=GAP)
        layout.setStretch(0, 1)

        self.span.chosen.connect(lambda _key: self._show_charts())

    def show_resource(self, resource: Resource | None, look: Look | None) -> None:
        """Show `resource` and what the newest look found there."""
        self._resource, self._look = resource, look
        self.title.show_text(resource.name if resource else "")
        self._show_charts()
        clear(self._below)
        details = look.details if look else None
        if isinstance(details, HostDetails):
            self._below.addLayout(row(None, _units(details), _disks(details), spacing=GAP))
        elif isinstance(details, MysqlDetails):
            self._below.addWidget(_facts(tr("Counters"), _mysql_facts(details)))
        elif isinstance(details, WebDetails):
            self._below.addWidget(_facts(tr("Checks"), _web_facts(details)))

    def _show_charts(self) -> None:
        clear(self._charts)
        resource, facts = self._resource, list[str]()
        if resource is None:
            return
        now = datetime.now(UTC)
        begin, step = self._since(now)
        coverages = []
        drawn = [one for one in METRICS[resource.kind] if one.chart]
        found = self._servers.many(resource.id, [one.key for one in drawn], begin)
        for place, metric in enumerate(drawn):
            series = found[metric.key]
            coverages.append(series.coverage)
            chart = Chart(tr(metric.title))
            _draw(chart, metric, series, self._look, (begin, now), step)
            self._charts.addWidget(chart, place // 2, place % 2)
        if self._look is not None:
            facts += _about(self._look)
        if coverages:
            facts.append(tr("coverage {share}", share=share(max(coverages))))
        self.facts.show_text(" · ".join(facts))

    def _since(self, now: datetime) -> tuple[datetime, float]:
        """Return the begin of the span, and the expected distance of two samples in seconds."""
        step = float(self._settings.current.probe_seconds)
        if self.span.current in _SPANS:
            seconds = _SPANS[self.span.current]
            return now - timedelta(seconds=seconds), max(step, seconds / 600)
        contract = self._contracts.current()
        start = contract.start if contract else now.date() - timedelta(days=365)
        begin = datetime(start.year, start.month, start.day).astimezone()
        begin = min(begin, now - timedelta(days=1))
        return begin, max(step, (now - begin).total_seconds() / 600)


def _draw(
    chart: Chart,
    metric: Metric[Any],
    series: Series,
    look: Look | None,
    span: tuple[datetime, datetime],
    step: float,
) -> None:
    points = [
        (at, None if value is None else value * metric.scale) for at, value, *_ in series.points
    ]
    known = [value for _, value in points if value is not None]
    figures = look.figures if look else ()
    state = next((figure.state for figure in figures if figure.metric == metric.key), None)
    bad: State | None = state if state in ("warning", "critical") else None
    thresholds = []
    level = _level(metric.key, state)
    if level is not None:
        minutes = LIMITS[metric.key].minutes if metric.key in LIMITS else 0
        text = number(level * metric.scale)
        if minutes:
            text = tr("{level} for {minutes} min", level=text, minutes=round(minutes))
        thresholds.append(Threshold(level * metric.scale, text, bad))
    now = tr("no samples yet")
    if known:
        places = 1 if max(known) < 100 else 0
        now = tr("now {now}, peak {peak}", now=number(known[-1], places),
                 peak=number(max(known), places))  # fmt: skip
    chart.show_series(
        points,
        *span,
        step=max(step, series.step),
        now=now,
        state=bad,
        high=metric.top,
        thresholds=thresholds,
        reason=tr("not watched"),
    )


def _level(key: str, state: State | None) -> float | None:
    """Return the trigger to draw: the critical one while it is passed, else the warning's."""
    if key == "disk":
        return 95.0 if state == "critical" else 85.0
    if key not in LIMITS:
        return None
    limit = LIMITS[key]
    pair = limit.critical if state == "critical" and limit.critical else limit.warning
    return pair[0] if pair else None


def _about(look: Look) -> list[str]:
    details = look.details
    if isinstance(details, HostDetails):
        if details.uptime_seconds is None:
            return [details.system]
        return [details.system, tr("up {time}", time=lasting(details.uptime_seconds))]
    if isinstance(details, MysqlDetails):
        return [details.version, tr("up {time}", time=lasting(details.uptime_seconds))]
    if isinstance(details, WebDetails):
        return [tr("status {code}", code=details.status)]
    return []


def _units(details: HostDetails) -> Card:
    card = Card(tr("Failed units"))
    if details.failed_units is None:
        if "units" in details.notes:
            card.add(Label(details.notes["units"], "caption"))
        else:
            why = details.sections.get("units", tr("not known"))
            card.add(row(None, StateBadge("unknown", soft=False), Label(why, "caption")))
    elif not details.failed_units:
        card.add(row(None, StateBadge("ok", tr("none"), soft=False), None))
    else:
        for unit in details.failed_units[:4]:
            card.add(row(None, StateBadge("critical", unit, soft=False), None))
        more = len(details.failed_units) - 4
        if more > 0:
            card.add(Label(tr("and {count} more", count=more), "caption"))
    card.add_stretch()
    card.setMinimumWidth(240)
    return card


def _disks(details: HostDetails) -> Card:
    card = Card(tr("Disks"), tr("marks: warning 85, critical 95"))
    grid = QGridLayout()
    grid.setHorizontalSpacing(12)
    grid.setVerticalSpacing(4)
    grid.setColumnStretch(1, 1)
    for place, disk in enumerate(details.disks[:4]):
        grid.addWidget(Label(disk.mount), place, 0)
        grid.addWidget(Gauge(disk.share / 100, disk.state, (0.85, 0.95)), place, 1)
        grid.addWidget(StateBadge(disk.state, share(disk.share / 100), soft=False), place, 2)
        free = tr("{size} free", size=size(disk.available))
        grid.addWidget(Label(free, "caption", elide=False), place, 3)
    if not details.disks:
        why = details.sections.get("disks", tr("not known"))
        grid.addWidget(Label(why, "caption"), 0, 0)
    card.add(grid)
    card.add_stretch()
    return card


Fact = tuple[str, str, State | None]


def _facts(title: str, facts: Sequence[Fact]) -> Card:
    card = Card(title)
    grid = QGridLayout()
    grid.setHorizontalSpacing(24)
    grid.setVerticalSpacing(2)
    for place, (name, value, state) in enumerate(facts):
        ink = state if state in ("warning", "critical") else ""
        cell = column(None, Label(name, "caption"), Label(value, "strong", ink=ink), spacing=0)
        grid.addLayout(cell, place // 4, place % 4)
        grid.setColumnStretch(place % 4, 1)
    card.add(grid)
    return card


def _mysql_facts(details: MysqlDetails) -> list[Fact]:
    def known(value: float | None, places: int = 0) -> str:
        return NOTHING if value is None else number(value, places)

    return [
        (
            tr("Connections"),
            f"{number(details.connections)} / {number(details.max_connections)}",
            None,
        ),
        (tr("Running statements"), number(details.running), None),
        (tr("Slow statements (per hour)"), known(details.slow_per_hour, 1), None),
        (tr("Statements (per second)"), known(details.questions_per_second, 1), None),
        (
            tr("Size of the schema"),
            NOTHING if details.schema_bytes is None else size(details.schema_bytes),
            None,
        ),
        (tr("Tables"), known(details.tables), None),
        (tr("Answered from memory (%)"), known(details.hit_share, 1), None),
        (tr("Aborted logins"), number(details.aborted_connects), None),
    ]


def _web_facts(details: WebDetails) -> list[Fact]:
    trusted = {True: tr("trusted"), False: tr("not trusted"), None: tr("no TLS")}
    found = {True: tr("found"), False: tr("missing"), None: tr("none asked for")}
    days = NOTHING if details.tls_days is None else number(details.tls_days)
    admin = str(details.admin_status) if details.admin_status else details.admin_fault or NOTHING
    issuer = f"{tr(', ')}{details.tls_issuer}" if details.tls_issuer else ""
    return [
        (tr("Status code"), str(details.status), "critical" if details.status >= 400 else None),
        (tr("First byte after"), lasting(details.seconds), None),
        (
            tr("Keyword"),
            found[details.keyword_found],
            "critical" if details.keyword_found is False else None,
        ),
        (tr("Back end"), admin, "warning" if details.admin_fault else None),
        (
            tr("Certificate"),
            trusted[details.tls_trusted] + issuer,
            "critical" if details.tls_trusted is False else None,
        ),
        (tr("Certificate (days left)"), days, None),
        (tr("Size of the page"), size(details.size), None),
        (tr("Redirects"), number(len(details.redirects)), None),
    ]
