"""The tab of the patch queue: what the hosts offer, what waits for whom, one change at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QStackedWidget

from gmops_desktop.addresses import HostAddress, Resource
from gmops_desktop.changes import Change
from gmops_desktop.context import Context
from gmops_desktop.contract.changes import ENDED
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
from ui.patch_detail import PatchDetail
from ui.patch_list import HOST, WAVE
from ui.patch_queue import QueueView
from ui.widgets.frames import EmptyState, button, disable
from ui.widgets.page import Page
from ui.widgets.panes import empty_page

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
        self.detail = PatchDetail(patches, contracts, waves, runner, ticket_number)
        self.queue = QueueView(self.detail)
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

        self._lay_out()
        self._add_updates()
        self.queue.picked.connect(self._show_picked)
        self.detail.wanted.connect(self.wanted)
        self.detail.noticed.connect(self.noticed)
        self.detail.opened.connect(self.show_item)
        self.detail.made.connect(self._show_made)
        self.detail.offer.queue_wanted.connect(self._queue)

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
            self.queue.select(found[0].id)

    @Slot()
    def scan(self) -> None:
        """Ask every host what it could update."""
        for host in self._hosts:
            self._scan(host)

    def _lay_out(self) -> None:
        self.head.add_action(self.scan_button)
        self.head.add_action(self.add_button)
        self._pages.addWidget(self.queue)
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
        verbs = self.detail.wave_verbs
        if verbs is not None:
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

    def _show_list(self) -> None:
        hosts = [(host, self._inventories.get(host.id)) for host in self._hosts]
        self.queue.show_queue(self._all, self._banded, hosts, self._name_of)

    @Slot(str)
    def _show_picked(self, identity: str) -> None:
        if identity.startswith(HOST):
            host = self._host(identity.removeprefix(HOST))
            self.detail.show_host(host, self._inventories.get(host.id))
        elif identity.startswith(WAVE):
            self.detail.show_wave(next(one for one in self._banded if WAVE + one.id == identity))
        elif identity:
            change = self._patches.get(identity)
            self.detail.show_change(change, self._name_of(change.resource_id))

    def _show_offers(self) -> None:
        current = self.queue.current
        if not current.startswith(HOST) and self._hosts:
            current = HOST + self._hosts[0].id
        self.queue.select(current)
        self.queue.list.setFocus()

    def _host(self, identity: str) -> Resource:
        return next(host for host in self._hosts if host.id == identity)

    def _name_of(self, identity: str) -> str:
        return self._names.get(identity, tr("a server no longer in the contract"))

    # -- what is done

    @Slot(str)
    def _show_made(self, wave_id: str) -> None:
        self.renew()
        self.queue.select(WAVE + wave_id)

    def _scan(self, host: Resource) -> None:
        patches = self._patches
        self._run(
            host, lambda context: patches.scan(host, context), tr("Scan {name}", name=host.name)
        )

    @Slot(object, bool)
    def _queue(self, names: Sequence[str] | None, security_only: bool) -> None:
        host, patches = self._host(self.queue.current.removeprefix(HOST)), self._patches
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
