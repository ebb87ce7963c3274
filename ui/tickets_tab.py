"""The tab of the tickets: a list to search and filter, one ticket's story, and its next step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final, cast

from PySide6.QtCore import QTimer, Slot
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QMenu, QStackedWidget, QWidget

from gmops_desktop.addresses import Resource
from gmops_desktop.changes import Change
from gmops_desktop.context import Context
from gmops_desktop.contract.tickets import (
    ENDED,
    Priority,
    TicketState,
    WaitingOn,
    word_of_state,
)
from gmops_desktop.language import tr, tr_n
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.due_dates import DueDates
from gmops_desktop.services.finding import Alike, Finding
from gmops_desktop.services.ticket_batches import Batch, move_all, note_all
from gmops_desktop.services.ticket_imports import TicketImports
from gmops_desktop.services.tickets import Ticket, Tickets
from gmops_desktop.settings import SettingsFile
from gmops_desktop.states import State
from gmops_desktop.tasks import TaskRunner
from ui.attachments import AttachmentStrip
from ui.export import write_table
from ui.limits_sheet import LimitsSheet
from ui.new_ticket import NewTicketDialog
from ui.quick_note import QuickNote
from ui.theme import GAP
from ui.ticket_batch import REASONED, BatchReport
from ui.ticket_dialogs import ReasonSheet
from ui.ticket_finder import TicketFinder
from ui.ticket_import import TicketImportDialog
from ui.ticket_list import state_of_priority
from ui.ticket_page import TicketPage
from ui.ticket_side import TicketSide
from ui.ticket_verbs import TicketVerbs
from ui.ticket_words import ticket_table
from ui.widgets.frames import Card, EmptyState, button, row
from ui.widgets.page import Page
from ui.widgets.panes import empty_page

_CLOCKS_MS: Final = 15_000  # between two looks at running clocks
_SIMILAR_MS: Final = 150  # what is like a ticket is looked for when the user rests on it


class TicketsTab(Page):
    """Every word and step goes into the journal through the tickets' lane, in order."""

    shows = Change.TICKETS | Change.CONTRACT

    def __init__(
        self,
        tickets: Tickets,
        contracts: Contracts,
        runner: TaskRunner,
        finding: Finding,
        *,
        imports: TicketImports | None = None,
        due: DueDates | None = None,
        settings: SettingsFile | None = None,
    ) -> None:
        """Without `imports` there is nothing to import with, without `due` no calendar, and without
        `settings` no filter or template is kept."""
        super().__init__(tr("Tickets"))
        self._tickets = tickets
        self._contracts = contracts
        self._runner = runner
        self._finding = finding
        self._imports, self._due, self._settings = imports, due, settings
        self._resources: dict[str, Resource] = {}

        self.new_button = button(
            tr("New ticket"),
            self.new_ticket,
            kind="primary",
            icon_name="plus",
            tip=tr("Log a problem or a request (Ctrl+N)"),
        )
        self.lists = button(tr("List"), tip=tr("Import, export, limits, calendar of due dates"))
        self.finder = TicketFinder(finding, tickets.clocks_of, runner, settings)
        self.search, self.which = self.finder.search, self.finder.which
        self.list, self.batch = self.finder.list, self.finder.batch
        self.page = TicketPage()
        self.attachments: AttachmentStrip | None = None
        self._make_strip: Callable[[], AttachmentStrip] | None = None
        self.side = TicketSide()
        self.verbs = TicketVerbs(self.page, tickets, contracts, finding, runner, self)
        self._first = button(
            tr("Log the first ticket…"), self.new_ticket, kind="primary", icon_name="plus"
        )
        self._bring = button(tr("Import an old list…"), self.import_list)
        self._nothing = EmptyState(
            "ticket", tr("Nothing here"), tr("No ticket fits the search and the filter.")
        )
        self._detail = QStackedWidget()
        self._pages = QStackedWidget()
        self._resting = QTimer(self)
        self._resting.setSingleShot(True)
        self._resting.setInterval(_SIMILAR_MS)
        self._ticking = QTimer(self)
        self._ticking.setInterval(_CLOCKS_MS)

        self._lay_out()
        self.finder.picked.connect(self._show_ticket)
        self.finder.page_wanted.connect(self.wanted)
        self.batch.move_wanted.connect(self._move_chosen)
        self.batch.note_wanted.connect(self._note_chosen)
        self._resting.timeout.connect(self._look_for_similar)
        self.side.ticket_wanted.connect(self.show_item)
        self.side.clock_wanted.connect(self.verbs.unfold)
        self.side.limits_wanted.connect(self.edit_limits)
        self.side.verb_wanted.connect(self.verbs.ask)
        self._ticking.timeout.connect(self._tick)
        self._ticking.start()

    def place_attachments(self, make: Callable[[], AttachmentStrip]) -> None:
        """Show the files of tickets, and take new ones, also for a ticket that is to be opened."""
        self._make_strip, self.attachments = make, make()
        self.verbs.place_attachments(make)
        strip = self.attachments
        self.page.place_attachments(strip)
        strip.noticed.connect(self.noticed)

    def refresh(self) -> None:
        """Show the tickets as the journal has them now."""
        self._resources = {one.id: one for one in self._contracts.shown_resources()}
        lines = self._finding.lines()
        self._pages.setCurrentIndex(0 if lines else 1)
        self.finder.show_tickets(lines, {one.id: one.name for one in self._resources.values()})
        self.head.caption.show_text(
            tr(
                "{open} open, {waiting} of them waiting for Party A",
                open=self.finder.still,
                waiting=self.finder.waiting,
            )
        )
        self._tell(Counter(one.priority for one in lines if one.state not in ENDED))

    def recount(self) -> None:
        """Tell how many tickets are open."""
        self._tell(self._finding.open_ones())

    def show_item(self, identity: str) -> None:
        """Show the ticket of that id or number, whatever the filter was; of one that belongs to a
        contract that is not shown, say so."""
        if self.finder.show_item(identity):
            return
        contract = self._tickets.contract_of(identity)
        if contract is not None:
            number = self._tickets.get(identity).number
            self.noticed.emit(
                "warning",
                tr("{number} belongs to the contract “{title}”.", number=number,
                   title=contract.title),
                tr("Another one is shown now: choose it at the top of the overview."),
            )  # fmt: skip

    @Slot()
    def new_ticket(
        self, title: str = "", description: str = "", resource_id: str = ""
    ) -> NewTicketDialog:
        """Ask for a new ticket; what is known of it already is filled in."""
        dialog = NewTicketDialog(
            self._tickets,
            self._contracts,
            self._runner,
            self._finding,
            self,
            title=title,
            description=description,
            resource_id=resource_id,
            settings=self._settings,
        )
        dialog.opened.connect(lambda ticket: self._opened(ticket))
        if self._make_strip is not None:
            dialog.place_attachments(self._make_strip())
        dialog.open()
        return dialog

    @Slot()
    def quick_note(self, text: str = "") -> QuickNote:
        """Ask for a note and the ticket it belongs to, whichever page is in sight."""
        note = QuickNote(self._finding, self.list.current, self.window(), text=text)
        note.given.connect(self._note_on)
        note.ticket_wanted.connect(lambda text: self.ticket_wanted.emit("", text, ""))
        note.open()
        return note

    @Slot()
    def import_list(self) -> None:
        """Ask for an old list of tickets to take in."""
        if self._imports is not None:
            TicketImportDialog(self.window(), self._imports, self._runner).open()

    @Slot()
    def edit_limits(self) -> LimitsSheet:
        """Show what the clocks are held against, for changing."""
        limits = self._tickets.limits
        contract, history = limits.contract(), limits.history()
        about = tr("No contract has been recorded yet.")
        if contract is not None:
            about = f"{contract.number} {contract.title}".strip()
        sheet = LimitsSheet(self.window(), about, limits.current(), history, self._runner)
        sheet.given.connect(
            lambda targets, text: self._runner.start(
                lambda _context: limits.save(targets, text),
                tr("Record the limits"),
                lane="tickets",
                changes=Change.TICKETS | Change.CONTRACT,
            )
        )
        sheet.open()
        return sheet

    def _lay_out(self) -> None:
        menu = QMenu(self.lists)
        if self._imports is not None:
            menu.addAction(tr("Import an old list…"), self.import_list)
            menu.addSeparator()
        menu.addAction(tr("Limits of the clocks…"), self.edit_limits)
        menu.addSeparator()
        menu.addAction(tr("Export to Excel…"), partial(self._ask_export, "xlsx"))
        menu.addAction(tr("Export to CSV…"), partial(self._ask_export, "csv"))
        if self._due is not None:
            menu.addSeparator()
            menu.addAction(tr("Calendar of due dates…"), self._ask_calendar)
        self.lists.setMenu(menu)
        self.head.add_action(self.lists)
        self.head.add_action(self.new_button)
        right = QWidget()
        detail = row(right, spacing=GAP)
        detail.addWidget(self.page, 1)
        detail.addWidget(self.side)
        nothing = Card()
        nothing.add(self._nothing, 1)
        self._detail.addWidget(right)
        self._detail.addWidget(nothing)
        body = QWidget()
        layout = QHBoxLayout(body)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.setSpacing(GAP)
        layout.addWidget(self.finder)
        layout.addWidget(self._detail, 1)
        self._pages.addWidget(body)
        first = (self._first,) if self._imports is None else (self._first, self._bring)
        self._pages.addWidget(
            empty_page(
                EmptyState(
                    "ticket",
                    tr("No ticket yet"),
                    tr(
                        "Here stands every problem and request: who asked, what was done, who "
                        "waits for whom, and Party A's confirmation at the end."
                    ),
                    first,
                    tr("By keyboard it takes less than 20 seconds."),
                )
            )
        )
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.addWidget(self._pages)

    # -- what is shown

    def _tell(self, still: Mapping[Priority, int]) -> None:
        self.counted.emit(sum(still.values()), _worst(still))

    @Slot(str)
    def _show_ticket(self, identity: str) -> None:
        self._detail.setCurrentIndex(0 if identity else 1)
        if not identity:
            return
        dossier = self._tickets.dossier(identity)
        resource = self._resources.get(dossier.ticket.resource_id)
        self.page.show_dossier(dossier, resource.name if resource else "")
        self.side.show_dossier(dossier)
        if self.attachments is not None:
            parts = [one.id for one in dossier.merged]
            self.attachments.show_subject("ticket", identity, parts)
        self._resting.start()

    @Slot()
    def _look_for_similar(self) -> None:
        """Look for what is like the ticket in sight; in the background, for there may be many."""
        identity, finding = self.list.current, self._finding
        title = next((one.title for one in self.finder.shown if one.id == identity), "")
        if not title:
            return
        task = self._runner.start(
            lambda _context: finding.similar(title, 6),
            tr("Look for similar tickets"),
            lane="similar",
            quiet=True,
        )
        task.succeeded.connect(partial(self._show_similar, identity))

    def _show_similar(self, identity: str, found: tuple[Alike, ...]) -> None:
        if identity == self.list.current:
            self.side.show_similar([one for one in found if one.ticket.id != identity])

    @Slot()
    def _tick(self) -> None:
        """Let the running clocks run on screen."""
        if self.isVisible() and self.finder.all:
            self.finder.let_clocks_run()
            if self.list.current:
                self.side.show_clocks(self._tickets.clocks(self.list.current))

    # -- what is done

    def _opened(self, ticket: Ticket) -> None:
        self.renew()
        self.show_item(ticket.id)

    @Slot(str, str)
    def _note_on(self, identity: str, text: str) -> None:
        tickets = self._tickets
        task = self._runner.start(
            lambda _context: tickets.note(identity, text),
            tr("Record a note"),
            lane="tickets",
            changes=Change.TICKETS,
        )
        # What somebody wrote is not lost with what could not be recorded.
        task.failed.connect(lambda _error: self.quick_note(text))

    # -- many at once

    @Slot(str, str)
    def _move_chosen(self, state: str, waiting_on: str, text: str = "") -> None:
        wanted, waits = cast(TicketState, state), cast(WaitingOn, waiting_on)
        ids, tickets = self.list.chosen, self._tickets
        word = word_of_state(wanted)
        title = tr_n("{count} ticket: {state}", "{count} tickets: {state}", len(ids), state=word)
        if wanted in REASONED and not text:
            sheet = ReasonSheet(self, word, title, word)
            sheet.given.connect(lambda reason: self._move_chosen(state, waiting_on, reason))
            sheet.open()
            return
        self._do_many(lambda context: move_all(tickets, ids, wanted, text, waits, context), title)

    @Slot()
    def _note_chosen(self) -> None:
        ids, tickets = self.list.chosen, self._tickets
        title = tr_n("{count} ticket: note", "{count} tickets: note", len(ids))
        sheet = ReasonSheet(self, tr("Add a note"), title, tr("Record"), tr("Note"))
        sheet.given.connect(
            lambda text: self._do_many(lambda context: note_all(tickets, ids, text, context), title)
        )
        sheet.open()

    def _do_many(self, job: Callable[[Context], Batch], title: str) -> None:
        task = self._runner.start(job, title, lane="tickets", changes=Change.TICKETS)
        task.succeeded.connect(self._told)

    @Slot(object)
    def _told(self, batch: Batch) -> None:
        if batch.refused:
            BatchReport(self.window(), batch).open()

    # -- out of the window

    def _ask_export(self, ending: str) -> None:
        chosen, _ = QFileDialog.getSaveFileName(
            self, tr("Export the list"), f"{tr('Tickets')}.{ending}", f"*.{ending}"
        )
        if chosen:
            self.export(Path(chosen))

    def export(self, path: Path) -> None:
        """Write the tickets shown to `path` (.xlsx or .csv) in the background."""
        lines, names = (
            list(self.finder.shown),
            {one.id: one.name for one in self._resources.values()},
        )
        self._runner.start(
            lambda context: write_table(path, *ticket_table(lines, names), context),
            tr("Export the list"),
            lane=f"file:{path}",
        )

    def _ask_calendar(self) -> None:
        chosen, _ = QFileDialog.getSaveFileName(
            self, tr("Calendar of due dates"), f"{tr('Due dates')}.ics", "*.ics"
        )
        if chosen and (due := self._due) is not None:
            path = Path(chosen)
            self._runner.start(
                lambda _context: due.write(path), tr("Calendar of due dates"), lane=f"file:{path}"
            )


def _worst(still: Mapping[Priority, int]) -> State:
    states = {state_of_priority(priority) for priority in still}
    return "critical" if "critical" in states else "warning" if "warning" in states else "unknown"
