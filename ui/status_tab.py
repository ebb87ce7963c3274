"""The state of every resource: a card each, the chosen one in detail, and what needs attention."""

from __future__ import annotations

import getpass
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QGridLayout, QHBoxLayout, QWidget

from gmops_desktop.addresses import AccountAddress, Resource, ssh_of
from gmops_desktop.changes import Change
from gmops_desktop.language import tr
from gmops_desktop.services.account_quotas import AccountQuotas
from gmops_desktop.services.alerts import Alert, Alerts
from gmops_desktop.services.consoles import Consoles
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.events import Events
from gmops_desktop.services.limits import Limits
from gmops_desktop.services.servers import Look, Servers
from gmops_desktop.settings import SettingsFile
from gmops_desktop.states import worst
from gmops_desktop.tasks import Task, TaskRunner
from ui.around_dialog import AroundDialog
from ui.console_sheet import ConsoleSheet
from ui.limits_dialog import LimitsDialog
from ui.quota_sheet import QuotaSheet
from ui.ssh_terminal import command_of, open_terminal
from ui.status_alerts import StatusAlerts
from ui.status_card import ResourceCard
from ui.status_charts import StatusCharts
from ui.status_detail import StatusDetail
from ui.status_fleet import Fleet
from ui.status_reading import Readings
from ui.theme import GAP
from ui.widgets.frames import EmptyState, button, clear, column, disable
from ui.widgets.page import Page
from ui.words import clock_seconds, lasting

_IN_A_ROW = 4
_ALL_IN_A_ROW = 5  # narrower, with a figure less: no second row for one card
_MOST_CARDS = 8  # more resources stand in a table
_BREATH_MS, _PAUSE_MS = 10, 100  # between two steps of showing many, between two readings
_ROUNDS = 2  # at a time: what hangs in one must not keep the next from the others


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is stored: the resources, the newest look at each by its id, and the alerts."""

    resources: Sequence[Resource]
    looks: Mapping[str, Look]
    alerts: Sequence[Alert]
    over: Sequence[Alert]

    @property
    def known(self) -> list[Look]:
        """The looks there are, in the order of the resources."""
        return [self.looks[one.id] for one in self.resources if one.id in self.looks]


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
        known_hosts: Path | None = None,
        quotas: AccountQuotas | None = None,
        consoles: Consoles | None = None,
        look: Callable[..., object] | None = None,
    ) -> None:
        """`known_hosts` is the file with the host keys this program trusts, for the terminal;
        `look` does a round (default: in this process)."""
        super().__init__(tr("Server status"))
        self._look_at = look or servers.look
        self._known_hosts, self._quotas, self._consoles = known_hosts, quotas, consoles
        self._servers, self._contracts = servers, contracts
        self._settings, self._runner = settings, runner
        self._alerts, self._events, self._limits = alerts, events, limits
        self._cards: dict[str, ResourceCard] = {}
        self._chosen = ""
        self._rounds: list[Task] = []
        self._seen = _Seen((), {}, (), ())
        self._many: bool | None = None  # resources: they are read in the background
        self._reading = self._again = False
        self._steps: list[Callable[[], None]] = []  # of showing what was read of many
        self._detailed: tuple[str, datetime | None] | None = None  # the look that is shown

        self.terminal = button(
            tr("Terminal"),
            self._open_terminal,
            icon_name="terminal-window",
            tip=tr("Open a terminal on this server, or copy the command that does"),
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
        for made in (self.around, self.thresholds, self.terminal, self.now):
            self.head.add_action(made)

        self._row = QGridLayout()
        self._row.setSpacing(GAP)
        self._fleet = Fleet(runner)
        readings = Readings(servers, contracts, events, limits)
        self.detail = StatusDetail(StatusCharts(readings, settings, runner))
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
        self._breath = QTimer(self)
        self._breath.setSingleShot(True)
        self._breath.setInterval(_BREATH_MS)
        self._pause = QTimer(self)  # between two readings of many
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._ages = QTimer(self)  # "41 s ago" must not stand still
        self._ages.setInterval(5000)

        self._timer.timeout.connect(lambda: self.look(quiet=True))
        self._ages.timeout.connect(self._show_ages)
        self._breath.timeout.connect(self._do_step)
        self._pause.timeout.connect(self._have_paused)
        self._fleet.chosen.connect(self._choose)
        self.detail.charts.asked.connect(self.look_around)
        self.detail.wanted.connect(self.wanted)
        self.detail.clearing_wanted.connect(self._ask_to_clear)
        self.detail.console_wanted.connect(self._read_console)
        self.attention.ticket_wanted.connect(self.ticket_wanted)
        self.attention.acknowledged.connect(self._acknowledge)
        self.attention.opened.connect(lambda number: self.wanted.emit("tickets", number))
        self._ages.start()

    @property
    def at_rest(self) -> bool:
        """Whether what was stored when it was last asked for is shown."""
        return not (self._reading or self._again or self._steps) and self.detail.charts.at_rest

    def watch(self) -> None:
        """Look now, and from now on every `probe_seconds`, whether the page is in sight or not."""
        self._timer.start(self._interval())
        self.look(quiet=True)

    def look(self, *, quiet: bool = False) -> None:
        """Look at every resource in the background; asked by hand, only if no look is under way.

        By itself (`quiet`) it goes on beside a round that some hanging server still holds up: that
        one is left out of the next.
        """
        if len(self._rounds) >= (_ROUNDS if quiet else 1):
            return
        task = self._runner.start(
            lambda context: self._look_at(self._contracts.resources(), context, afresh=not quiet),
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
        if self._are_many():
            self._read_behind()
        else:
            self._show(self._read())

    def hear(self, change: Change) -> None:
        if change == Change.SERVERS and self.isVisible():
            self.refresh()  # the chosen one is drawn anew only where it was looked at
        else:
            super().hear(change)

    def renew(self) -> None:
        self._detailed = None
        super().renew()

    def _are_many(self) -> bool:
        """Whether more is shown than the window's own thread should read."""
        if self._many is None:
            self._many = len(self._contracts.resources()) > _MOST_CARDS
        return self._many

    def _read(self) -> _Seen:
        scope = self._contracts.shown_scope()
        over = self._alerts.cleared(datetime.now(UTC) - timedelta(days=1))
        return _Seen(
            self._contracts.shown_resources(),
            {look.resource_id: look for look in self._servers.glance()},
            [one for one in self._alerts.active() if scope.holds(one.resource_id)],
            [one for one in over if scope.holds(one.resource_id)],
        )

    def _read_behind(self) -> None:
        """Read hundreds in the background; what changes meanwhile is read once more, when all of
        it is shown: a thread that reads takes the interpreter from the painter at every stroke."""
        self._again = self._reading or bool(self._steps) or self._pause.isActive()
        if self._again:
            return
        self._reading = True
        task = self._runner.start(
            lambda _context: self._read(), tr("Read the newest looks"), quiet=True
        )
        task.succeeded.connect(self._show)
        task.finished.connect(self._have_read)

    def _have_read(self) -> None:
        self._reading = False
        if not self._steps:
            self._pause.start()

    def _have_paused(self) -> None:
        if self._again:
            self._read_behind()

    def _show(self, seen: _Seen) -> None:
        self._seen = seen
        self._all.setVisible(bool(seen.resources))
        self._empty.setVisible(not seen.resources)
        if self._chosen not in {one.id for one in seen.resources}:
            self._chosen = seen.resources[0].id if seen.resources else ""
        self._show_caption(seen.resources, seen.known)
        self._count(seen.known)
        many = self._many = len(seen.resources) > _MOST_CARDS
        steps: tuple[Callable[[], None], ...] = (
            lambda: self._show_cards(seen.resources, seen.looks),
            lambda: self.attention.show_all(seen.alerts, seen.known, seen.over, table=many),
            self._show_detail,
        )
        if many:
            self._steps = list(steps)  # those of an older reading need not be done any more
            self._breath.start()
        else:
            for step in steps:
                step()

    def _do_step(self) -> None:
        """Let the window breathe between two steps."""
        step = self._steps.pop(0)
        (self._breath if self._steps else self._pause).start()
        step()

    def recount(self) -> None:
        if self._are_many():
            title = tr("Read the newest looks")
            task = self._runner.start(lambda _context: self._known(), title, quiet=True)
            task.succeeded.connect(self._count)
        else:
            self._count(self._known())

    def _known(self) -> list[Look]:
        """Return the newest looks at what is shown."""
        known = {resource.id for resource in self._contracts.shown_resources()}
        return [look for look in self._servers.glance() if look.resource_id in known]

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

    def _show_cards(self, resources: Sequence[Resource], looks: Mapping[str, Look]) -> None:
        many = len(resources) > _MOST_CARDS
        self._fleet.setVisible(many)
        if many:
            self._fleet.show_all(resources, looks)
            resources = []
        if list(self._cards) != [resource.id for resource in resources]:
            clear(self._row)
            self._cards = {}
            across = _ALL_IN_A_ROW if len(resources) == _ALL_IN_A_ROW else _IN_A_ROW
            for place, resource in enumerate(resources):
                card = ResourceCard()
                card.chosen.connect(self._choose)
                self._cards[resource.id] = card
                self._row.addWidget(card, place // across, place % across)
            for at in range(_ALL_IN_A_ROW):
                self._row.setColumnStretch(at, int(at < min(across, len(resources))))
        figures = 2 if len(resources) == _ALL_IN_A_ROW else 3
        for resource in resources:
            self._cards[resource.id].show_resource(resource, looks.get(resource.id), figures)

    def _show_ages(self) -> None:
        if self.isVisible():
            for card in self._cards.values():
                card.show_age()

    def _choose(self, identity: str) -> None:
        self._chosen = identity
        self._detailed = None
        self._show_detail()

    def _show_detail(self) -> None:
        """Show the chosen resource, unless that very look at it is shown."""
        identity = self._chosen
        for key, card in self._cards.items():
            card.select(key == identity)
        self._fleet.choose(identity)
        look = self._seen.looks.get(identity)
        wanted = identity, look.at if look else None
        if wanted == self._detailed:
            return
        self._detailed = wanted
        resource = self._resource()
        self.detail.show_resource(resource)
        has_ssh = resource is not None and ssh_of(resource) is not None
        disable(
            self.terminal,
            "" if has_ssh else tr("The chosen resource is not reached over SSH."),
            tr("Open a terminal on this server, or copy the command that does"),
        )

    def _resource(self) -> Resource | None:
        """Return the chosen resource."""
        return next((one for one in self._seen.resources if one.id == self._chosen), None)

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
        resource = self._resource()
        if resource is not None:
            dialog = LimitsDialog(self, self._limits, resource)
            dialog.saved.connect(self.renew)
            dialog.open()

    def _ask_to_clear(self, identity: str) -> None:
        """Ask whether the day's quotas of an account are to start anew."""
        resource = next((one for one in self._seen.resources if one.id == identity), None)
        if resource is not None and isinstance(resource.address, AccountAddress) and self._quotas:
            QuotaSheet(self, self._quotas, self._runner, resource.address, resource.name).open()

    def _read_console(self, identity: str) -> None:
        """Ask for what somebody read in the console of an account."""
        resource = next((one for one in self._seen.resources if one.id == identity), None)
        if resource is not None and self._consoles is not None:
            ConsoleSheet(self, self._consoles, self._runner, resource.id, resource.name).open()

    def _open_terminal(self) -> None:
        resource = self._resource()
        address = ssh_of(resource) if resource else None
        if address is None:
            return
        words = command_of(address, self._known_hosts)
        program = open_terminal(words)
        if program:
            told = tr("A terminal opens: {program}.", program=program)
            self.noticed.emit("ok", told, shlex.join(words))
        else:
            QApplication.clipboard().setText(shlex.join(words))
            told = tr("No terminal program is known here; the command is copied.")
            self.noticed.emit("warning", told, shlex.join(words))
