"""What every verb of a ticket needs: the ticket shown, a form for it, and a task that records."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtWidgets import QWidget

from gmops_desktop.changes import Change
from gmops_desktop.contract.tickets import Ticket
from gmops_desktop.language import tr
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.finding import Finding
from gmops_desktop.services.tickets import Tickets
from gmops_desktop.tasks import TaskRunner
from ui.attachments import AttachmentStrip
from ui.ticket_fields import CHANNELS, designated_now
from ui.ticket_forms import FormSheet


class Asking:
    """`shown` gives the id of the ticket in sight; `window` is behind the forms.

    Every verb is a task in the tickets' lane, so that entries come in the order of the clicks; a
    refusal reaches the user as any other failed task.
    """

    def __init__(
        self,
        shown: Callable[[], str],
        tickets: Tickets,
        contracts: Contracts,
        finding: Finding,
        runner: TaskRunner,
        window: QWidget,
    ) -> None:
        self._shown, self.finding = shown, finding
        self.tickets, self.contracts, self.runner, self.window = tickets, contracts, runner, window
        self.make_strip: Callable[[], AttachmentStrip] | None = None  # for files of a form

    def ticket(self) -> Ticket:
        """Return the shown ticket as it stands in the record now."""
        return self.tickets.get(self._shown())

    def form(self, ticket: Ticket, title: str, action: str) -> FormSheet:
        """Return an empty form about a ticket; `action` is the word on its button."""
        return FormSheet(self.window, title, heading(ticket), action)

    def take_files(self, form: FormSheet, ticket: Ticket) -> None:
        """Let a form take files, in `said["files"]`; they are attached once it is given."""
        strip = self.make_strip() if self.make_strip else None
        form.take_files(strip)
        if strip is not None:
            form.accepted.connect(lambda: strip.hand_over("ticket", ticket.id))

    def who_and_how(self, form: FormSheet) -> None:
        """Ask which of Party A's contacts said something, and how."""
        contacts = designated_now(self.contracts)
        form.choice(
            "by",
            tr("Who confirmed"),
            [(one.name, one.name) for one in contacts],
            contacts[0].name if contacts else None,
            tr("A designated contact of Party A; others cannot confirm (contract 1.15)."),
            required=True,
        )
        form.choice("channel", tr("How"), [(tr(one), tr(one)) for one in CHANNELS])

    def open(self, form: FormSheet, record: Callable[[Mapping[str, Any]], object]) -> None:
        """Open a form; what it gives is recorded in a task named like it."""
        title = form.windowTitle()
        form.given.connect(lambda said: self.do(lambda: record(said), title))
        form.open()

    def do(self, verb: Callable[[], object], title: str) -> None:
        """Record something in the tickets' lane."""
        self.runner.start(lambda _context: verb(), title, lane="tickets", changes=Change.TICKETS)


def heading(ticket: Ticket) -> str:
    """Return which ticket a form is about."""
    return f"{ticket.number} {ticket.title}"
