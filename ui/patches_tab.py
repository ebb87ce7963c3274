"""The tab of the patch queue: what the hosts offer, what waits for whom, and one change's gates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, cast

from PySide6.QtCore import Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLineEdit, QStackedWidget, QWidget

from gmops_desktop.addresses import Resource, SshAddress
from gmops_desktop.changes import Change
from gmops_desktop.context import Context
from gmops_desktop.contract.changes import (
    ENDED,
    Audience,
    ChangeState,
    word_of_audience,
    word_of_state,
)
from gmops_desktop.language import mark, tr, tr_n
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.patches import Change as PatchChange
from gmops_desktop.services.patches import Inventory, Patches
from gmops_desktop.states import State
from gmops_desktop.tasks import Task, TaskRunner
from ui import words
from ui.icons import icon
from ui.patch_offer import PatchOffer
from ui.patch_page import PatchPage, audience_of, title_of, updates_of
from ui.theme import GAP
from ui.ticket_dialogs import ReasonSheet
from ui.widgets.frames import EmptyState, button, disable, row
from ui.widgets.lists import Entry, WorkList
from ui.widgets.page import Page
from ui.widgets.panes import Pane, empty_page

LIST_WIDTH: Final = 416

_UNDER_WAY: Final[frozenset[ChangeState]] = frozenset(
    ("backup", "precheck", "applying", "postcheck", "rolling_back", "rolled_back")
)
# What a change waits for, in the order it goes through; the list is grouped by it.
_GROUPS: Final[tuple[tuple[str, frozenset[ChangeState]], ...]] = (
    (mark("Waiting for Party A's notice"), frozenset(("simulated", "awaiting_notice"))),
    (mark("Waiting for its window"), frozenset(("awaiting_window",))),
    (mark("Waiting for a simulation"), frozenset(("found", "assessed"))),
    (mark("Under way"), _UNDER_WAY),
    (mark("Waiting for Party A's confirmation"), frozenset(("awaiting_confirmation",))),
    (mark("Waiting for the hand-over"), frozenset(("handover",))),
    (mark("Done"), frozenset(("closed", "cancelled"))),
)
_HOST: Final = "host:"  # identities of hosts in the list; the others are ids of changes


class PatchesTab(Page):
    """Scans and simulations run in the lane of the host; nothing is installed from here."""

    shows = Change.PATCHES | Change.CONTRACT

    def __init__(self, patches: Patches, contracts: Contracts, runner: TaskRunner) -> None:
        super().__init__(tr("Patch queue"))
        self._patches = patches
        self._contracts = contracts
        self._runner = runner
        self._hosts: tuple[Resource, ...] = ()
        self._all: tuple[PatchChange, ...] = ()
        self._inventories: dict[str, Inventory] = {}

        self.scan_button = button(
            tr("Scan"),
            self.scan,
            kind="primary",
            icon_name="magnifying-glass",
        )
        self.search = QLineEdit()
        self.search.setClearButtonEnabled(True)
        self.search.setPlaceholderText(tr("Filter"))
        self.search.setAccessibleName(tr("Filter"))
        self.search.setToolTip(tr("Filter by number, package, host"))
        glass = QAction(icon("magnifying-glass", "text3"), tr("Filter"), self)
        self.search.addAction(glass, QLineEdit.ActionPosition.LeadingPosition)
        self.list = WorkList(tr("Patch queue"))
        self.page = PatchPage()
        self.offer = PatchOffer(runner)
        self._detail = QStackedWidget()
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
        self.search.textChanged.connect(lambda _text: self._show_list())
        self.list.picked.connect(self._show_picked)
        self.page.simulate_wanted.connect(self._simulate)
        self.page.cancel_wanted.connect(self._cancel)
        self.page.announce_wanted.connect(self._announce)
        self.offer.queue_wanted.connect(self._queue)

    def refresh(self) -> None:
        """Show hosts and queue as they are stored now."""
        resources = self._contracts.shown_resources()
        self._hosts = tuple(one for one in resources if isinstance(one.address, SshAddress))
        found = {host.id: self._patches.inventory(host.id) for host in self._hosts}
        self._inventories = {key: one for key, one in found.items() if one is not None}
        self._all = self._changes()
        self._show_caption()
        something = bool(self._all or self._inventories)
        self._pages.setCurrentIndex(0 if something else 1 if self._hosts else 2)
        disable(
            self.scan_button,
            "" if self._hosts else tr("No server is known yet."),
            tr("Ask every host for its available updates (F5); nothing is installed"),
        )
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
            self.list.select(found[0].id)

    @Slot()
    def scan(self) -> None:
        """Ask every host what it could update."""
        for host in self._hosts:
            self._scan(host)

    def _lay_out(self) -> None:
        self.head.add_action(self.scan_button)
        left = Pane()
        left.setFixedWidth(LIST_WIDTH)
        left.add(row(None, self.search, margins=(12, 10, 12, 6)))
        left.add(self.list, 1)
        self._detail.addWidget(self.page)
        self._detail.addWidget(self.offer)
        body = QWidget()
        layout = row(body, left, margins=(16, 12, 16, 12), spacing=GAP + 4)
        layout.addWidget(self._detail, 1)
        self._pages.addWidget(body)
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

    # -- what is shown

    def _count(self) -> None:
        waiting = sum(one.state not in ENDED for one in self._all)
        self.counted.emit(waiting, "warning" if waiting else "unknown")

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

    @Slot()
    def _show_list(self) -> None:
        text = self.search.text().strip().casefold()
        entries: list[Entry] = []
        hosts = [self._host_entry(host) for host in self._hosts]
        _add_group(entries, tr("Available updates"), hosts, text)
        for title, states in _GROUPS:
            changes = [_change_entry(one) for one in self._all if one.state in states]
            _add_group(entries, tr(title), changes, text)
        self.list.show_entries(entries)

    def _host_entry(self, host: Resource) -> Entry:
        found = self._inventories.get(host.id)
        if found is None:
            return Entry(_HOST + host.id, host.name, state="unknown", word=tr("not scanned"))
        if found.unknown:
            return Entry(_HOST + host.id, host.name, state="unknown", word=tr("unknown"))
        security = sum(update.security for update in found.updates)
        count = tr_n("{count} update", "{count} updates", len(found.updates))
        if security:
            word = tr("{count} security", count=security)
            return Entry(
                _HOST + host.id, host.name, state="warning", word=word, right=lambda: count
            )
        word = tr("up to date") if not found.updates else ""
        state: State | None = None if found.updates else "ok"
        right = (lambda: count) if found.updates else (lambda: "")
        return Entry(_HOST + host.id, host.name, state=state, word=word, right=right)

    @Slot(str)
    def _show_picked(self, identity: str) -> None:
        if identity.startswith(_HOST):
            host = self._host(identity.removeprefix(_HOST))
            self.offer.show_host(host, self._inventories.get(host.id))
            self._detail.setCurrentWidget(self.offer)
        elif identity:
            change = self._patches.get(identity)
            steps = [
                f"{words.stamp(step.at)}  {step.actor}  {step.action}{tr(': ')}{step.text}"
                for step in self._patches.steps(identity)
            ]
            self.page.show_change(change, self._name_of(change.resource_id), steps)
            self._detail.setCurrentWidget(self.page)

    def _host(self, identity: str) -> Resource:
        return next(host for host in self._hosts if host.id == identity)

    def _name_of(self, identity: str) -> str:
        names = {host.id: host.name for host in self._hosts}
        return names.get(identity, tr("a server no longer in the contract"))

    # -- what is done

    def _scan(self, host: Resource) -> None:
        patches = self._patches
        self._run(
            host, lambda context: patches.scan(host, context), tr("Scan {name}", name=host.name)
        )

    @Slot(object, bool)
    def _queue(self, names: Sequence[str] | None, security_only: bool) -> None:
        host, patches = self._host(self.list.current.removeprefix(_HOST)), self._patches
        task = self._run(
            host,
            lambda context: patches.queue(host, context, names=names, security_only=security_only),
            tr("Queue updates of {name}", name=host.name),
        )
        task.succeeded.connect(self._queued)

    def _queued(self, change: PatchChange) -> None:
        self.renew()
        self.show_item(change.id)

    @Slot()
    def _simulate(self) -> None:
        change, patches = self._patches.get(self.list.current), self._patches
        hosts = [host for host in self._hosts if host.id == change.resource_id]
        if hosts:
            self._run(
                hosts[0],
                lambda context: patches.simulate(hosts[0], change.id, context),
                tr("Simulate {number}", number=change.number),
            )

    @Slot()
    def _cancel(self) -> None:
        change, patches = self._patches.get(self.list.current), self._patches
        sheet = ReasonSheet(
            self,
            tr("Cancel change"),
            f"{change.number} {title_of(change)}",
            tr("Cancel change"),
        )
        sheet.given.connect(lambda reason: self._do(lambda: patches.cancel(change.id, reason)))
        sheet.open()

    @Slot(str)
    def _announce(self, key: str) -> None:
        audience = cast(Audience, key)
        change, patches = self._patches.get(self.list.current), self._patches
        sheet = ReasonSheet(
            self,
            tr("Notice to: {audience}", audience=word_of_audience(audience)),
            tr("Party A tells those concerned before anything is stopped (contract 2.3-8)."),
            tr("Record notice"),
            tr("Evidence: who told them, when, how"),
        )
        sheet.given.connect(
            lambda evidence: self._do(lambda: patches.announce(change.id, audience, evidence))
        )
        sheet.open()

    def _run(self, host: Resource, job: Callable[[Context], object], title: str) -> Task:
        return self._runner.start(job, title, lane=f"host:{host.id}", changes=Change.PATCHES)

    def _do(self, verb: Callable[[], object]) -> None:
        self._runner.start(
            lambda _context: verb(),
            tr("Record a step of the change"),
            lane="patches",
            changes=Change.PATCHES,
        )


def _change_entry(change: PatchChange) -> Entry:
    security = any(update.security for update in updates_of(change))
    return Entry(
        identity=change.id,
        number=change.number,
        title=title_of(change),
        state="warning" if security and change.state not in ENDED else None,
        word=tr("security") if security else tr("ordinary"),
        right=lambda: _waits_for(change),
    )


def _waits_for(change: PatchChange) -> str:
    """Return how far a change is, as “notice 2 / 3”, or since when it stands in the queue."""
    if change.state in ENDED:
        return word_of_state(change.state)
    notices = [gate for gate in change.gates if audience_of(gate) is not None]
    if change.state in ("simulated", "awaiting_notice") and notices:
        told = sum(gate.open for gate in notices)
        return tr("notice {told} / {all}", told=told, all=len(notices))
    return words.ago(change.created_at)


def _add_group(entries: list[Entry], title: str, members: Sequence[Entry], text: str) -> None:
    """Put a heading and its rows into `entries`, unless no row has the filter's text."""
    kept = [one for one in members if all(part in one.spoken.casefold() for part in text.split())]
    if kept:
        entries.append(Entry("", title, word=str(len(kept)), heading=True))
        entries.extend(kept)
