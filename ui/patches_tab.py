"""The tab of the patch queue: what the hosts offer, what waits for whom, one change at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, cast

from PySide6.QtCore import QTimer, Slot
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QStackedWidget, QWidget

from gmops_desktop.addresses import HostAddress, Resource
from gmops_desktop.changes import Change
from gmops_desktop.context import Context
from gmops_desktop.contract.changes import ENDED
from gmops_desktop.contract.gates import GateKey
from gmops_desktop.contract.terms import ZONE, told_in
from gmops_desktop.contract.waves import Wave
from gmops_desktop.language import tr
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.patches import Change as PatchChange
from gmops_desktop.services.patches import Inventory, Patches
from gmops_desktop.services.patches.waves import Waves
from gmops_desktop.states import State
from gmops_desktop.tasks import Task, TaskRunner
from ui import words
from ui.icons import icon
from ui.patch_board import Board
from ui.patch_list import HOST, WAVE, cards_of, rows_of, search_field, view_switch
from ui.patch_live import Live, task_of
from ui.patch_offer import PatchOffer
from ui.patch_page import PatchPage
from ui.patch_verbs import PatchVerbs
from ui.patch_wave import WavePage
from ui.patch_waves import WaveVerbs
from ui.patch_words import COLUMNS
from ui.theme import GAP
from ui.widgets.frames import EmptyState, button, column, disable, row
from ui.widgets.lists import WorkList
from ui.widgets.page import Page
from ui.widgets.panes import Pane, empty_page

LIST_WIDTH: Final = 416
_AGAIN_MS: Final = 300_000  # until runs that are followed by nobody are asked for again

# What can be put into the queue besides the updates of a host: a name, a word, an icon, a tip and
# what it opens.
Adding = tuple[str, str, str, str, Callable[[], object]]


class PatchesTab(Page):
    """Every task runs in the lane of its host; what touches a server goes through the gates."""

    shows = Change.PATCHES | Change.CONTRACT | Change.BACKUPS

    def __init__(
        self,
        patches: Patches,
        contracts: Contracts,
        runner: TaskRunner,
        ticket_number: Callable[[str], str] = lambda _id: "",
        waves: Waves | None = None,
    ) -> None:
        """`ticket_number` gives the number of a ticket's id."""
        super().__init__(tr("Patch queue"))
        self._patches = patches
        self._contracts = contracts
        self._runner = runner
        self._ticket_number = ticket_number
        self._waves = waves
        self._banded: tuple[Wave, ...] = ()
        self._hosts: tuple[Resource, ...] = ()
        self._names: dict[str, str] = {}
        self._all: tuple[PatchChange, ...] = ()
        self._inventories: dict[str, Inventory] = {}

        self.scan_button = button(
            tr("Scan"),
            self.scan,
            icon_name="magnifying-glass",
        )
        self.add_button = button(tr("Add to queue"), kind="primary", icon_name="plus")
        self.adding: dict[str, QAction] = {}  # what the button offers, by its name
        self._adding = QMenu(self.add_button)
        self._adding.setToolTipsVisible(True)
        self.add_button.setMenu(self._adding)
        self.search, self.search_board = search_field(), search_field()
        find = QAction(tr("Filter"), self)
        find.setShortcut(QKeySequence.StandardKey.Find)
        find.triggered.connect(self._to_filter)
        self.addAction(find)
        self.views, self.views_board = view_switch("list"), view_switch("board")
        self.list = WorkList(tr("Patch queue"))
        self.board = Board([(key, tr(word)) for key, word, _states in COLUMNS])
        self.page = PatchPage()
        self.offer = PatchOffer(runner)
        self.live = Live(runner, self.page.run)
        self.verbs = PatchVerbs(patches, contracts, runner, self._resource, self)
        self.wave_page = WavePage()
        self.wave_verbs = WaveVerbs(waves, patches, runner, self) if waves else None
        self._detail = QStackedWidget()
        self._bodies = QStackedWidget()
        self._pages = QStackedWidget()
        self._first = button(
            tr("Scan for updates"), self.scan, kind="primary", icon_name="magnifying-glass"
        )
        self._connect = button(
            tr("Add a server…"),
            lambda: self.wanted.emit("settings", "resources"),
            kind="primary",
            icon_name="hard-drives",
            tip=tr("Open the settings, where the resources of the contract stand"),
        )
        self._watch = QTimer(self)

        self._lay_out()
        self._add_updates()
        self.search.textChanged.connect(self._filter)
        self.search_board.textChanged.connect(self._filter)
        self.views.chosen.connect(self.show_view)
        self.views_board.chosen.connect(self.show_view)
        self.board.opened.connect(self._open_card)
        self.list.picked.connect(self._show_picked)
        self.page.wanted.connect(self._do)
        self.verbs.wanted.connect(self.wanted)
        self.verbs.noticed.connect(self.noticed)
        self.verbs.cloud.told.connect(self._tell_gate)
        self.offer.queue_wanted.connect(self._queue)
        self.wave_page.wanted.connect(self._do_wave)
        if self.wave_verbs is not None:
            self.wave_verbs.noticed.connect(self.noticed)
            self.wave_verbs.made.connect(self._show_made)
        self._watch.timeout.connect(self._follow_again)

    def watch(self) -> None:
        """Follow what goes on at servers, begun by whomever, from now on."""
        self._watch.start(_AGAIN_MS)
        QTimer.singleShot(0, self, self._follow_again)

    def offer_also(self, additions: Sequence[Adding]) -> None:
        """Let more kinds of changes be put into the queue by the button."""
        for key, word, icon_name, tip, act in additions:
            made = self.adding[key] = self._adding.addAction(icon(icon_name), word)
            made.setToolTip(tip)
            made.triggered.connect(lambda _on=False, act=act: act())

    @property
    def hosts(self) -> tuple[Resource, ...]:
        """The servers of the contract that is shown."""
        return self._hosts

    def refresh(self) -> None:
        """Show hosts and queue as they are stored now."""
        resources = self._contracts.shown_resources()
        self._names = {one.id: one.name for one in resources}
        self._hosts = tuple(one for one in resources if isinstance(one.address, HostAddress))
        found = {host.id: self._patches.inventory(host.id) for host in self._hosts}
        self._inventories = {key: one for key, one in found.items() if one is not None}
        self._all = self._changes()
        known = {one.id for one in self._all}
        self._banded = tuple(
            wave
            for wave in (self._waves.waves() if self._waves else ())
            if any(one.change_id in known for one in wave.members)
        )
        self._show_caption()
        something = bool(self._all or self._inventories)
        self._pages.setCurrentIndex(0 if something else 1 if self._hosts else 2)
        none = "" if self._hosts else tr("No server is known yet.")
        disable(
            self.scan_button,
            none,
            tr("Ask every host for its available updates (F5); nothing is installed"),
        )
        disable(self.add_button, none, tr("Plan a change; nothing is touched by that"))
        self._count()
        self._show_list()

    def reload(self) -> None:
        """Look again at what the hosts offer."""
        self.scan()

    def recount(self) -> None:
        """Tell how many changes are under way."""
        self._all = self._changes()
        self._count()

    def _changes(self) -> tuple[PatchChange, ...]:
        """Return the changes of the contract that is shown."""
        scope = self._contracts.shown_scope()
        return tuple(one for one in self._patches.all() if scope.holds(one.resource_id))

    def show_item(self, identity: str) -> None:
        """Show the change of that id or number."""
        found = [one for one in self._all if identity in (one.id, one.number)]
        if found:
            self.search.clear()
            self.show_view("list")
            self.list.select(found[0].id)

    @Slot()
    def scan(self) -> None:
        """Ask every host what it could update."""
        for host in self._hosts:
            self._scan(host)

    def _lay_out(self) -> None:
        self.head.add_action(self.scan_button)
        self.head.add_action(self.add_button)
        left = Pane()
        left.setFixedWidth(LIST_WIDTH)
        tools = row(None, self.search, self.views, margins=(12, 10, 12, 6), spacing=12)
        tools.setStretch(0, 1)
        left.add(tools)
        left.add(self.list, 1)
        self._detail.addWidget(self.page)
        self._detail.addWidget(self.offer)
        self._detail.addWidget(self.wave_page)
        listed = QWidget()
        layout = row(listed, left, margins=(16, 12, 16, 12), spacing=GAP + 4)
        layout.addWidget(self._detail, 1)
        boarded = QWidget()
        self.search_board.setFixedWidth(LIST_WIDTH - 144)
        over = row(None, self.search_board, None, self.views_board, spacing=12)
        column(boarded, over, self.board, margins=(16, 12, 16, 12), spacing=GAP).setStretch(1, 1)
        self._bodies.addWidget(listed)
        self._bodies.addWidget(boarded)
        self._pages.addWidget(self._bodies)
        self._pages.addWidget(
            empty_page(
                EmptyState(
                    "shield-check",
                    tr("Nothing was scanned yet"),
                    tr(
                        "Here stand the system patches: what the hosts offer, what was simulated, "
                        "and which gates are still open before anything may be applied."
                    ),
                    (self._first,),
                    tr("A scan only reads; it takes a few seconds per host."),
                )
            )
        )
        self._pages.addWidget(
            empty_page(
                EmptyState(
                    "hard-drives",
                    tr("No server is known yet"),
                    tr("Name the servers of the contract; then their updates can be seen here."),
                    (self._connect,),
                )
            )
        )
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.addWidget(self._pages)

    def _add_updates(self) -> None:
        made = self._adding.addAction(icon("package"), tr("Updates of a server"))
        self.adding["updates"] = made
        made.setToolTip(tr("Choose among what the servers offer"))
        made.triggered.connect(lambda: self._show_offers())
        if self.wave_verbs is not None:
            verbs = self.wave_verbs
            many = self.adding["wave"] = self._adding.addAction(
                icon("stack"), tr("Updates of many servers, in waves…")
            )
            many.setToolTip(tr("First one, then a tenth, then the rest; it stops by itself"))
            many.triggered.connect(lambda: verbs.plan(self._hosts, self._inventories))

    # -- what is shown

    def _count(self) -> None:
        waiting = sum(one.state not in ENDED for one in self._all)
        failed = any(
            one.state == "postcheck" and one.runs and one.runs[-1].state != "done"
            for one in self._all
        )
        state: State = "critical" if failed else "warning" if waiting else "unknown"
        self.counted.emit(waiting, state)

    def _show_caption(self) -> None:
        inventories = list(self._inventories.values())
        if not inventories:
            self.head.caption.show_text(tr("Not scanned yet"))
            return
        updates = [update for one in inventories for update in one.updates]
        oldest = min(one.at for one in inventories)
        self.head.caption.show_text(
            tr(
                "Scanned {age} · {all} updates available, {security} of them security updates",
                age=words.ago(oldest),
                all=len(updates),
                security=sum(update.security for update in updates),
            )
        )

    @Slot(str)
    def show_view(self, key: str) -> None:
        """Show the "list" with one change beside it, or the "board" of all."""
        self._bodies.setCurrentIndex(1 if key == "board" else 0)
        self.views.choose(key)
        self.views_board.choose(key)

    @Slot(str)
    def _filter(self, text: str) -> None:
        """Filter list and board by the same words."""
        for field in (self.search, self.search_board):
            if field.text() != text:
                blocked = field.blockSignals(True)
                field.setText(text)
                field.blockSignals(blocked)
        self._show_list()

    @Slot()
    def _to_filter(self) -> None:
        fields = (self.search, self.search_board)
        fields[self._bodies.currentIndex()].setFocus()

    @Slot()
    def _show_list(self) -> None:
        text = self.search.text().strip().casefold()
        hosts = [(host, self._inventories.get(host.id)) for host in self._hosts]
        rows = rows_of(self._all, self._banded, hosts, self._name_of, text)
        self.list.show_entries(rows)
        self.board.show_cards(cards_of(self._all, self._name_of, text))

    @Slot(str)
    def _show_picked(self, identity: str) -> None:
        if identity.startswith(HOST):
            host = self._host(identity.removeprefix(HOST))
            self.offer.show_host(host, self._inventories.get(host.id))
            self._detail.setCurrentWidget(self.offer)
        elif identity.startswith(WAVE):
            wave = next(one for one in self._banded if WAVE + one.id == identity)
            task = task_of(self._runner, wave.id)
            busy = tr("First this must end: {what}", what=task.title) if task else ""
            self.wave_page.show_wave(wave, busy)
            self._detail.setCurrentWidget(self.wave_page)
        elif identity:
            self._show_change(self._patches.get(identity))
            self._detail.setCurrentWidget(self.page)

    @told_in(ZONE)
    def _show_change(self, change: PatchChange) -> None:
        steps = [
            f"{words.stamp(step.at)}  {step.actor}  {step.action}{tr(': ')}{step.text}"
            for step in self._patches.steps(change.id)
        ]
        task = task_of(self._runner, change.id)
        self.page.show_change(
            change,
            self._name_of(change.resource_id),
            steps,
            ticket=self._ticket_number(change.ticket_id) if change.ticket_id else "",
            busy=task.title if task else "",
        )
        run = change.running
        if run is not None or task_of(self._runner, change.id, run=True) is not None:
            known = tr("It goes on at the server; “Attach” follows it from here.")
            said = run.left if run and run.left else known
            self.live.show_run(change.id, said, run.tail if run else "")

    @Slot(str)
    def _open_card(self, identity: str) -> None:
        self.show_view("list")
        self.search.clear()
        self.list.select(identity)

    def _show_offers(self) -> None:
        self.show_view("list")
        self.search.clear()
        current = self.list.current
        if not current.startswith(HOST) and self._hosts:
            self.list.select(HOST + self._hosts[0].id)
        self.list.setFocus()

    def _host(self, identity: str) -> Resource:
        return next(host for host in self._hosts if host.id == identity)

    def _resource(self, identity: str) -> Resource | None:
        found = (one for one in self._contracts.resources() if one.id == identity)
        return next(found, None)

    def _name_of(self, identity: str) -> str:
        return self._names.get(identity, tr("a server no longer in the contract"))

    # -- what is done

    @Slot(str, str)
    def _do(self, act: str, gate: str) -> None:
        if self.page.change_id and not self.page.refusal(act):
            self.verbs.do(self.page.change_id, act, gate)

    @Slot(str, str, str)
    def _tell_gate(self, change_id: str, gate: str, text: str) -> None:
        """Show beside a gate of the change in sight how far it is."""
        if change_id == self.page.change_id:
            self.page.gates.tell(cast(GateKey, gate), text)

    @Slot(str, str)
    def _do_wave(self, act: str, change_id: str) -> None:
        wave = self.wave_page.wave
        if act == "open":
            self.show_item(change_id)
        elif wave is not None and self.wave_verbs is not None:
            self.wave_verbs.do(wave, act, change_id)

    @Slot(str)
    def _show_made(self, wave_id: str) -> None:
        self.renew()
        self.show_view("list")
        self.search.clear()
        self.list.select(WAVE + wave_id)

    @Slot()
    def _follow_again(self) -> None:
        """Attach to every run that no task of this window follows."""
        led = {
            one.change_id
            for wave in self._banded
            if task_of(self._runner, wave.id)
            for one in wave.members
        }
        for change in self._patches.all():
            if change.running is None or change.id in led:
                continue
            if task_of(self._runner, change.id) is None:
                self.verbs.do(change.id, "attach")

    def _scan(self, host: Resource) -> None:
        patches = self._patches
        self._run(
            host, lambda context: patches.scan(host, context), tr("Scan {name}", name=host.name)
        )

    @Slot(object, bool)
    def _queue(self, names: Sequence[str] | None, security_only: bool) -> None:
        host, patches = self._host(self.list.current.removeprefix(HOST)), self._patches
        task = self._run(
            host,
            lambda context: patches.queue(host, context, names=names, security_only=security_only),
            tr("Queue updates of {name}", name=host.name),
        )
        task.succeeded.connect(self.queued)

    @Slot(object)
    def queued(self, change: PatchChange) -> None:
        """Show a change that was just put into the queue."""
        self.renew()
        self.show_item(change.id)

    def _run(self, host: Resource, job: Callable[[Context], object], title: str) -> Task:
        return self._runner.start(job, title, lane=f"host:{host.id}", changes=Change.PATCHES)
