"""The chosen resource in detail: its metrics over time, and what stands behind its state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from gmops_desktop.addresses import Resource
from gmops_desktop.contract.looks import CloudDetails
from gmops_desktop.language import tr
from gmops_desktop.services.servers import (
    AccountDetails,
    HostDetails,
    Look,
    MysqlDetails,
    WebDetails,
)
from gmops_desktop.states import State
from ui.status_account import account_about, account_facts
from ui.status_charts import StatusCharts
from ui.status_cloud import cloud_cards
from ui.status_findings import FindingsDialog
from ui.status_reading import Reading
from ui.theme import GAP
from ui.widgets.badges import Gauge, StateBadge
from ui.widgets.frames import Card, Label, Segments, button, clear, column, link, row
from ui.words import NOTHING, lasting, number, roughly, share, size

_YEAR = 365 * 24  # hours


class StatusDetail(QWidget):
    """Charts above, facts below."""

    wanted = Signal(str, str)  # another page, and what to show there
    clearing_wanted = Signal(str)  # of the quotas of the account with that id
    console_wanted = Signal(str)  # to record what its console shows

    def __init__(self, charts: StatusCharts) -> None:
        super().__init__()
        self._identity = ""  # of the resource
        self._look: Look | None = None
        self._shown: datetime | None = None  # when the look was taken that stands below
        self.charts = charts
        self.title, self.facts = Label("", "strong", elide=False), Label("", "caption")
        self.findings = button(
            tr("Findings…"),
            self.show_findings,
            kind="quiet",
            tip=tr("Everything the newest look found, by line"),
            scale="small",
        )
        self.whole = link(tr("Whole span"), charts.whole, tr("Leave what was zoomed into (Escape)"))
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
        card = Card()
        head = row(None, self.title, self.facts, self.findings, charts.picker,
                   self.whole, self.span)  # fmt: skip
        head.setStretch(1, 1)
        card.add(head)
        card.add(charts, 1)
        self._below = QVBoxLayout()
        layout = column(self, card, self._below, spacing=GAP)
        layout.setStretch(0, 1)

        self.span.chosen.connect(charts.show_span)
        charts.read.connect(self._show)
        charts.told.connect(self._tell)
        charts.moved.connect(self.whole.setVisible)

    def show_resource(self, resource: Resource | None) -> None:
        """Show `resource` and what the newest look found there, as soon as that has been read."""
        identity = resource.id if resource else ""
        if identity != self._identity:
            self._identity, self._look = identity, None
            clear(self._below)
            self.facts.show_text("")
            self.findings.hide()
        self._shown = None
        self.title.show_text(resource.name if resource else "")
        self.charts.show_resource(resource)

    def _show(self, reading: Reading) -> None:
        """Show the facts, unless they stand already: another span has the same."""
        look = self._look = reading.look
        if self._shown is not None and self._shown == (look.at if look else None):
            return
        self._shown = look.at if look else None
        clear(self._below)
        details = look.details if look else None
        if isinstance(details, HostDetails):
            disks = _disks(details, reading.full)
            both = row(None, _units(details), disks, spacing=GAP)
            both.setStretch(0, 2)
            both.setStretch(1, 3)
            self._below.addLayout(both)
        elif isinstance(details, MysqlDetails):
            self._below.addWidget(_facts(tr("Counters"), _mysql_facts(details)))
        elif isinstance(details, WebDetails):
            card = _facts(tr("Checks"), _web_facts(details))
            self._lead_to_board(card, f"tls:{look.resource_id if look else ''}")
            self._below.addWidget(card)
        elif isinstance(details, AccountDetails) and look is not None:
            card = _facts(tr("Checks"), account_facts(details, look))
            self._lead_to_board(card, f"verification:{look.resource_id}")
            tip = tr("Let the day's quotas start anew, ten times a month at most")
            ask = partial(self.clearing_wanted.emit, look.resource_id)
            read = partial(self.console_wanted.emit, look.resource_id)
            told = tr("Record notices of violations and who may log in: no interface tells them")
            card.head.addWidget(link(tr("Read in the console…"), read, told))
            card.head.addWidget(link(tr("Clear quotas…"), ask, tip))
            self._below.addWidget(card)
        elif isinstance(details, CloudDetails):
            self._below.addWidget(cloud_cards(details))
        self.findings.setVisible(details is not None)

    def _lead_to_board(self, card: Card, key: str) -> None:
        """Lead to the line of the expiry board with that key."""
        go = partial(self.wanted.emit, "overview", f"expiry:{key}")
        tip = tr("When it runs out, who says so, and a date by hand")
        card.head.addWidget(link(tr("Expiry board"), go, tip))

    def show_findings(self) -> None:
        """Show everything the newest look found."""
        if self._look is not None:
            FindingsDialog(self, self._look).exec()

    def _tell(self, coverage: str) -> None:
        facts = [*(_about(self._look) if self._look else ()), coverage]
        self.facts.show_text(" · ".join(filter(None, facts)))


def _about(look: Look) -> list[str]:
    details = look.details
    if isinstance(details, HostDetails):
        if details.uptime_seconds is None:
            return [details.system]
        return [details.system, tr("up {time}", time=roughly(details.uptime_seconds))]
    if isinstance(details, MysqlDetails):
        return [details.version, tr("up {time}", time=roughly(details.uptime_seconds))]
    if isinstance(details, WebDetails):
        return [tr("status {code}", code=details.status)]
    if isinstance(details, AccountDetails):
        return account_about(details)
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
            newest = next((log.lines[-1] for log in details.unit_logs
                           if log.unit == unit and log.lines), "")  # fmt: skip
            one = row(
                None,
                StateBadge("critical", unit, soft=False),
                Label(newest.partition(": ")[2], "caption"),
            )
            one.setStretch(1, 1)
            card.add(one)
        more = len(details.failed_units) - 4
        if more > 0:
            card.add(Label(tr("and {count} more", count=more), "caption"))
    card.add_stretch()
    card.setMinimumWidth(240)
    return card


def _disks(details: HostDetails, hours_to_full: Mapping[str, float | None]) -> Card:
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
        full = _until_full(hours_to_full.get(disk.mount))
        grid.addWidget(Label(full, "caption", elide=False), place, 4)
    if not details.disks:
        why = details.sections.get("disks", tr("not known"))
        grid.addWidget(Label(why, "caption"), 0, 0)
    card.add(grid)
    card.add_stretch()
    return card


def _until_full(hours: float | None) -> str:
    if hours is None:
        return NOTHING
    if hours > _YEAR:
        return tr("> 1 year")
    return tr("full in {time}", time=roughly(hours * 3600))


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
