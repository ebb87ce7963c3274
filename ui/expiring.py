"""What can be done about what runs out: enter its date, ask its registry, see its ticket."""

from __future__ import annotations

from datetime import date
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtWidgets import QWidget

from gmops_desktop.changes import Change
from gmops_desktop.context import Context
from gmops_desktop.contract.expiry import Expiry
from gmops_desktop.contract.tickets import Ticket
from gmops_desktop.language import tr
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.domains import Domain, Domains
from gmops_desktop.services.expiry_reminders import ExpiryReminders
from gmops_desktop.tasks import TaskRunner
from ui import words
from ui.expiry_sheet import ExpirySheet

_EVERY_MS = 3_600_000
_FIRST_MS = 15_000  # after the start: the pages come first


class Expiring(QObject):
    """Opens sheets over the window; `wanted` carries a page and what to show there, `noticed` what
    a registry answered."""

    wanted = Signal(str, str)
    noticed = Signal(str, str, str)  # a State, a sentence, a second line

    def __init__(
        self,
        contracts: Contracts,
        domains: Domains,
        reminders: ExpiryReminders,
        runner: TaskRunner,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._contracts, self._domains, self._reminders = contracts, domains, reminders
        self._runner = runner

    def open(self, expiry: Expiry, over: QWidget) -> ExpirySheet:
        """Open the sheet of a thing."""
        # What was entered for the kind counts for the only thing of that kind.
        keys = dict.fromkeys((expiry.key, expiry.thing.kind))
        history = self._contracts.expiry_history(*keys)
        sheet = ExpirySheet(over.window(), expiry, history, partial(self._keep, expiry.key))
        if expiry.thing.kind == "domain" and ":" in expiry.key:
            sheet.add_action(
                tr("Ask the registry now"),
                partial(self._ask, expiry.key.partition(":")[2]),
                tr("It is asked once a day by itself; only the domain's name is sent"),
            )
        if expiry.thing.kind == "contract":
            sheet.add_action(
                tr("Change the contract"),
                lambda: self.wanted.emit("settings", "contract"),
                tr("Its last day stands in its terms"),
            )
        if expiry.thing.resource_id:
            sheet.add_action(
                tr("Status", context="rail"),
                lambda: self.wanted.emit("status", expiry.thing.resource_id),
                tr("What the newest look found"),
            )
        if ticket := self._reminders.ticket_of(expiry):
            sheet.add_action(
                ticket.number,
                lambda: self.wanted.emit("tickets", ticket.number),
                tr("Open {number}", number=ticket.number),
            )
        sheet.open()
        return sheet

    def _keep(self, key: str, on: date | None, never: bool) -> None:
        self._contracts.save_expiry(key, on, never=never)
        self._runner.changed.emit(Change.CONTRACT)

    def _ask(self, name: str) -> None:
        def job(context: Context) -> Domain:
            return self._domains.ask(name, context)

        task = self._runner.start(
            job,
            tr("Ask the registry of {name}", name=name),
            lane="domains",
            changes=Change.CONTRACT,
        )
        task.succeeded.connect(self._answered)

    @Slot(object)
    def _answered(self, domain: Domain) -> None:
        kept = tr("The last day that was learnt stays.") if domain.until else ""
        if domain.fault:
            self.noticed.emit("warning", domain.fault, kept)
        else:
            sentence = tr("{name} is registered until {day}.", name=domain.name, day=domain.until)
            self.noticed.emit("ok", sentence, domain.server)


class ExpiryWatch(QObject):
    """Once an hour, over `window`, asks the registries that are due, and lets what runs out soon
    stand in tickets; after a change of the contract's facts, the latter at once."""

    noticed = Signal(str, str, str)  # a State, a sentence, a second line

    def __init__(
        self, domains: Domains, reminders: ExpiryReminders, runner: TaskRunner, window: QWidget
    ) -> None:
        super().__init__(window)
        self._domains, self._reminders, self._runner = domains, reminders, runner
        self._asking = False
        self._timer = QTimer(self)
        self._timer.setInterval(_EVERY_MS)
        self._timer.timeout.connect(self.ask)
        runner.changed.connect(self._hear)

    def begin(self) -> None:
        """Ask soon, and from then on every hour."""
        self._timer.start()
        QTimer.singleShot(_FIRST_MS, self, self.ask)

    def stop(self) -> None:
        """Ask no more."""
        self._timer.stop()

    @Slot()
    def ask(self) -> None:
        """Ask the registries that are due, then follow; not twice at once."""
        if self._asking or not self._timer.isActive():
            return
        self._asking = True
        title = tr("Ask registries of domains")
        task = self._runner.start(self._domains.ask_due, title, lane="domains", quiet=True)
        task.succeeded.connect(self._asked)
        task.finished.connect(self._rest)

    @Slot()
    def _rest(self) -> None:
        self._asking = False

    @Slot(object)
    def _asked(self, found: tuple[Domain, ...]) -> None:
        if found:
            self._runner.changed.emit(Change.CONTRACT)  # which is heard here, too
        else:
            self._follow()

    @Slot(Change)
    def _hear(self, change: Change) -> None:
        if change & Change.CONTRACT and self._timer.isActive():
            self._follow()

    def _follow(self) -> None:
        task = self._runner.start(
            lambda _context: self._reminders.follow(),
            tr("Write down what runs out soon"),
            lane="tickets",
            quiet=True,
        )
        task.succeeded.connect(self._followed)

    @Slot(object)
    def _followed(self, tickets: tuple[Ticket, ...]) -> None:
        if tickets:
            self._runner.changed.emit(Change.TICKETS)
            numbers = words.listed(ticket.number for ticket in tickets)
            told = tr("It is written down in ticket {numbers}.", numbers=numbers)
            self.noticed.emit("warning", tickets[0].title, told)
