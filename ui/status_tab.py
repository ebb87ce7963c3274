"""The state of every resource: a card each, the chosen one in detail, and what needs attention."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, Qt
from PySide6.QtWidgets import QApplication, QGridLayout, QHBoxLayout, QWidget

from gmops_desktop.addresses import MysqlAddress, Resource, SshAddress, ssh_of
from gmops_desktop.changes import Change
from gmops_desktop.language import tr
from gmops_desktop.services.alerts import Alerts
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.events import Events
from gmops_desktop.services.limits import Limits
from gmops_desktop.services.servers import Figure, Look, Servers
from gmops_desktop.settings import SettingsFile
from gmops_desktop.states import State, word_of, worst
from gmops_desktop.tasks import Task, TaskRunner
from ui.around_dialog import AroundDialog
from ui.limits_dialog import LimitsDialog
from ui.status_alerts import StatusAlerts
from ui.status_charts import StatusCharts
from ui.status_detail import StatusDetail
from ui.status_fleet import FleetTable
from ui.theme import GAP
from ui.widgets.badges import StateBadge
from ui.widgets.frames import (
    Card,
    EmptyState,
    Label,
    button,
    clear,
    column,
    disable,
    paragraph,
    row,
)
from ui.widgets.page import Page
from ui.words import NOTHING, ago, clock_seconds, lasting

_IN_A_ROW = 4
_MOST_CARDS = 8  # more resources stand in a table
_ROUNDS = 2  # at a time: what hangs in one must not keep the next from the others


class StatusTab(Page):
    """Looks at all resources when asked and, once it watches, every `probe_seconds`."""

    shows = Change.SERVERS | Change.ALERTS | Change.CONTRACT | Change.SETTINGS

    def __init__(
        self,
        servers: Servers,
        contracts: Contracts,
        settings: SettingsFile,
        runner: TaskRunner,
        alerts: Alerts,
        events: Events,
        limits: Limits,
    ) -> None:
        super().__init__(tr("Server status"))
        self._servers, self._contracts = servers, contracts
        self._settings, self._runner = settings, runner
        self._alerts, self._events, self._limits = alerts, events, limits
        self._cards: dict[str, _ResourceCard] = {}
        self._chosen = ""
        self._rounds: list[Task] = []

        self.terminal = button(
            tr("SSH command"),
            self._copy_command,
            icon_name="terminal-window",
            tip=tr("Copy the command that opens a terminal on this server"),
        )
        self.now = button(
            tr("Look now"),
            self.look,
            icon_name="arrows-clockwise",
            tip=tr("Look at every resource now (F5)"),
        )
        self.thresholds = button(
            tr("Thresholds…"),
            self._edit_limits,
            icon_name="sliders-horizontal",
            tip=tr("From which values on the chosen resource is an alert"),
        )
        self.around = button(
            tr("What changed around…"),
            lambda: self.look_around(None),
            icon_name="clock-counter-clockwise",
            tip=tr("Everything that happened near a point in time (Ctrl+E)"),
        )
        self.around.setShortcut("Ctrl+E")
        self.head.add_action(self.around)
        self.head.add_action(self.thresholds)
        self.head.add_action(self.terminal)
        self.head.add_action(self.now)

        self._row = QGridLayout()
        self._row.setSpacing(GAP)
        self._fleet = FleetTable(runner)
        self.detail = StatusDetail(StatusCharts(servers, contracts, settings, events, limits))
        self.attention = StatusAlerts()
        self._empty = EmptyState(
            "activity",
            tr("Nothing to look at yet"),
            tr(
                "Here stands how the servers, the database and the website are: what is wrong, "
                "since when, and how it developed."
            ),
            [
                button(
                    tr("Add a resource…"),
                    lambda: self.wanted.emit("settings", "resources"),
                    kind="primary",
                    icon_name="plus",
                    scale="large",
                )
            ],
        )
        self._all = QWidget()
        below = QHBoxLayout()
        below.setSpacing(GAP)
        below.addWidget(self.detail, 1)
        below.addWidget(self.attention)
        column(self._all, self._row, self._fleet, below, spacing=GAP).setStretch(2, 1)
        self.body.addWidget(self._all, 1)
        self.body.addWidget(self._empty, 1)

        self._timer = QTimer(self)
        self._ages = QTimer(self)  # "41 s ago" must not stand still
        self._ages.setInterval(5000)

        self._timer.timeout.connect(lambda: self.look(quiet=True))
        self._ages.timeout.connect(self._show_ages)
        self._fleet.chosen.connect(self._choose)
        self.detail.charts.asked.connect(self.look_around)
        self.attention.ticket_wanted.connect(self.ticket_wanted)
        self.attention.acknowledged.connect(self._acknowledge)
        self.attention.opened.connect(lambda number: self.wanted.emit("tickets", number))
        self._ages.start()

    def watch(self) -> None:
        """Look now, and from now on every `probe_seconds`, whether the page is in sight or not."""
        self._timer.start(self._interval())
        self.look(quiet=True)

    def look(self, *, quiet: bool = False) -> None:
        """Look at every resource in the background; asked by hand, only if no look is under way.

        By itself (`quiet`) it goes on beside a round that some hanging server still holds up: that
        one is left out of the next.
        """
        resources = self._contracts.resources()
        if len(self._rounds) >= (_ROUNDS if quiet else 1) or not resources:
            return
        task = self._runner.start(
            lambda context: self._servers.look(resources, context, afresh=not quiet),
            tr("Look at the servers"),
            changes=Change.SERVERS,
            quiet=quiet,
        )
        self._rounds.append(task)
        disable(self.now, tr("A look is under way."))
        task.finished.connect(lambda: self._looked(task))

    def reload(self) -> None:
        self.renew()
        self.look()

    def refresh(self) -> None:
        if self._timer.isActive() and self._timer.interval() != self._interval():
            self._timer.start(self._interval())
        resources = self._contracts.shown_resources()
        looks = {look.resource_id: look for look in self._servers.glance()}
        self._all.setVisible(bool(resources))
        self._empty.setVisible(not resources)
        if self._chosen not in {one.id for one in resources}:
            self._chosen = resources[0].id if resources else ""
        seen = [looks[one.id] for one in resources if one.id in looks]
        self._show_caption(resources, seen)
        self._count(seen)
        steps: tuple[Callable[[], None], ...] = (
            lambda: self._show_cards(resources, looks),
            lambda: self._show_attention(seen),
            lambda: self._choose(self._chosen),
        )
        if len(resources) > _MOST_CARDS:
            self._do_in_turns(steps)
        else:
            for step in steps:
                step()

    def _do_in_turns(self, steps: Sequence[Callable[[], None]]) -> None:
        """Let the window breathe between two steps."""
        if steps:
            steps[0]()
            QTimer.singleShot(0, self, lambda: self._do_in_turns(steps[1:]))

    def _show_attention(self, seen: Sequence[Look]) -> None:
        scope = self._contracts.shown_scope()
        over = self._alerts.cleared(datetime.now(UTC) - timedelta(days=1))
        self.attention.show_all(
            [one for one in self._alerts.active() if scope.holds(one.resource_id)],
            seen,
            [one for one in over if scope.holds(one.resource_id)],
        )

    def recount(self) -> None:
        known = {resource.id for resource in self._contracts.shown_resources()}
        self._count([look for look in self._servers.glance() if look.resource_id in known])

    def show_item(self, identity: str) -> None:
        self.renew()
        if any(one.id == identity for one in self._contracts.shown_resources()):
            self._choose(identity)

    def look_around(self, at: datetime | None) -> None:
        """Ask what changed around a moment (none: now)."""
        dialog = AroundDialog(self, self._events, self._runner, at)
        dialog.wanted.connect(self.wanted)
        dialog.open()

    def _interval(self) -> int:
        return max(10, self._settings.current.probe_seconds) * 1000

    def _looked(self, task: Task) -> None:
        self._rounds.remove(task)
        if not self._rounds:
            disable(self.now, "", tr("Look at every resource now (F5)"))

    def _count(self, looks: Sequence[Look]) -> None:
        states = [look.state for look in looks if look.state != "ok"]
        self.counted.emit(len(states), worst(states))

    def _show_caption(self, resources: Sequence[Resource], looks: Sequence[Look]) -> None:
        facts = [tr("every {seconds} s", seconds=self._settings.current.probe_seconds)]
        if looks:
            newest = max(looks, key=lambda look: look.at)
            took = max(look.seconds for look in looks)
            facts.append(
                tr(
                    "last round {time}, took {took}",
                    time=clock_seconds(newest.at),
                    took=lasting(took),
                )
            )
            missed = sum(look.state == "unknown" for look in looks)
            if missed:
                facts.append(
                    tr("{missed} of {count} not reached", missed=missed, count=len(resources))
                )
        self.head.caption.show_text(" · ".join(facts))

    def _show_cards(self, resources: Sequence[Resource], looks: dict[str, Look]) -> None:
        many = len(resources) > _MOST_CARDS
        self._fleet.setVisible(many)
        if many:
            self._fleet.show_all(resources, looks)
            resources = []
        if list(self._cards) != [resource.id for resource in resources]:
            clear(self._row)
            self._cards = {}
            for place, resource in enumerate(resources):
                card = _ResourceCard()
                card.chosen.connect(self._choose)
                self._cards[resource.id] = card
                self._row.addWidget(card, place // _IN_A_ROW, place % _IN_A_ROW)
            for at in range(min(_IN_A_ROW, len(resources))):
                self._row.setColumnStretch(at, 1)
        for resource in resources:
            self._cards[resource.id].show_resource(resource, looks.get(resource.id))

    def _show_ages(self) -> None:
        if self.isVisible():
            for card in self._cards.values():
                card.show_age()

    def _choose(self, identity: str) -> None:
        self._chosen = identity
        for key, card in self._cards.items():
            card.select(key == identity)
        self._fleet.choose(identity)
        resource = next(
            (one for one in self._contracts.shown_resources() if one.id == identity), None
        )
        look = self._servers.newest(identity)
        self.detail.show_resource(resource, look)
        has_ssh = resource is not None and ssh_of(resource) is not None
        disable(
            self.terminal,
            "" if has_ssh else tr("The chosen resource is not reached over SSH."),
            tr("Copy the command that opens a terminal on this server"),
        )

    def _acknowledge(self, alert_id: str) -> None:
        who = self._settings.current.actor or getpass.getuser()
        self._runner.start(
            lambda _context: self._alerts.acknowledge(alert_id, who),
            tr("Acknowledge an alert"),
            lane="alerts",
            changes=Change.ALERTS,
            quiet=True,
        )

    def _edit_limits(self) -> None:
        resource = next(
            (one for one in self._contracts.shown_resources() if one.id == self._chosen), None
        )
        if resource is not None:
            dialog = LimitsDialog(self, self._limits, resource)
            dialog.saved.connect(self.renew)
            dialog.open()

    def _copy_command(self) -> None:
        resource = next(
            (one for one in self._contracts.shown_resources() if one.id == self._chosen), None
        )
        address = ssh_of(resource) if resource else None
        if address is None:
            return
        key = f" -i {address.key}" if address.key else ""
        command = f"ssh -p {address.port}{key} {address.user}@{address.host}"
        QApplication.clipboard().setText(command)
        self.noticed.emit("ok", tr("Copied: {command}", command=command), "")


class _ResourceCard(Card):
    """State, reason, age and the figures that matter; click or Space chooses it."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._resource: Resource | None = None
        self._look: Look | None = None
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setMinimumHeight(112)
        self._name, self._second = Label("", "strong", elide=False), Label("", "caption")
        self._badge = StateBadge()
        self._reason, self._age = Label(), Label("", "caption", elide=False, right=True)
        self._figures = QHBoxLayout()
        self._hint = paragraph("", "hint")  # what to do, where there are no figures
        self._hint.setFixedHeight(2 * self._hint.fontMetrics().lineSpacing())
        self._hint.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        head = row(None, self._name, self._second, self._badge)
        head.setStretch(1, 1)
        middle = row(None, self._reason, self._age)
        middle.setStretch(0, 1)
        self.add(column(None, head, middle, self._figures, self._hint, spacing=4))

    def show_resource(self, resource: Resource, look: Look | None) -> None:
        """Show what the newest look found."""
        self._resource, self._look = resource, look
        self._name.show_text(resource.name)
        self._second.show_text(_address(resource))
        state: State = look.state if look else "unknown"
        self._badge.show_state(state)
        reason = look.reason if look else tr("nobody has looked yet")
        self._reason.show_text(reason, state if state in ("warning", "critical") else "")
        self.show_age()
        clear(self._figures)
        for figure in look.figures[:3] if look else ():
            self._figures.addWidget(_figure(figure), 1)
        self._hint.setVisible(look is None or not look.figures)
        hint = look.hint if look else ""
        told = f"{resource.name}: {word_of(state)}. {reason} {hint}".strip()
        self.setToolTip(told)
        self.setAccessibleName(told)

    def show_age(self) -> None:
        """Say how old by now is what the card shows."""
        look = self._look
        self._age.show_text(ago(look.at) if look and look.figures else "")
        if look is not None and not look.figures:
            known = look.known_at
            seen = tr("last reached {age}", age=ago(known)) if known else tr("never reached")
            self._hint.setText(" · ".join(filter(None, (seen, look.hint))))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        self._choose()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return):
            self._choose()
        else:
            super().keyPressEvent(event)

    def _choose(self) -> None:
        if self._resource is not None:
            self.chosen.emit(self._resource.id)


def _figure(figure: Figure) -> QWidget:
    made = QWidget()
    text = f"{figure.value} {figure.unit}".strip() or NOTHING
    ink = figure.state if figure.state in ("warning", "critical") else ""
    column(made, Label(figure.name, "caption"), Label(text, "strong", ink=ink), spacing=0)
    return made


def _address(resource: Resource) -> str:
    address = resource.address
    if isinstance(address, SshAddress):
        return address.host
    if isinstance(address, MysqlAddress):
        return f"{address.schema} @ {address.host}"
    return str(address).removeprefix("https://").removeprefix("http://")
