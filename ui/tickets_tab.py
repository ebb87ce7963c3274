"""The tab of the tickets: a list to search, one ticket's story, and the next step of its flow."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QTimer, Slot
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QStackedWidget, QWidget

from gmops_desktop.addresses import Resource
from gmops_desktop.changes import Change
from gmops_desktop.contract.clocks import Clock
from gmops_desktop.contract.tickets import ENDED, WAITING
from gmops_desktop.language import tr
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.tickets import Ticket, Tickets
from gmops_desktop.states import State
from gmops_desktop.tasks import TaskRunner
from ui.attachments import AttachmentStrip
from ui.icons import icon
from ui.new_ticket import NewTicketDialog
from ui.theme import GAP
from ui.ticket_list import entry_of, state_of_priority
from ui.ticket_page import TicketPage
from ui.ticket_side import TicketSide
from ui.ticket_verbs import TicketVerbs
from ui.widgets.frames import Card, EmptyState, Segments, button, column, row
from ui.widgets.lists import WorkList
from ui.widgets.page import Page
from ui.widgets.panes import Pane, empty_page

LIST_WIDTH: Final = 316
_CLOCKS_MS: Final = 15_000  # between two looks at running clocks
_SEARCH_MS: Final = 150


class TicketsTab(Page):
    """Every word and step goes into the journal through the tickets' lane, in order."""

    shows = Change.TICKETS | Change.CONTRACT

    def __init__(self, tickets: Tickets, contracts: Contracts, runner: TaskRunner) -> None:
        super().__init__(tr("Tickets"))
        self._tickets = tickets
        self._contracts = contracts
        self._runner = runner
        self._all: tuple[Ticket, ...] = ()
        self._resources: dict[str, Resource] = {}
        self._fresh = True  # nothing was shown yet
        self._clocks: dict[str, tuple[Clock, ...]] = {}  # of the open tickets seen since a refresh

        self.new_button = button(
            tr("New ticket"),
            self.new_ticket,
            kind="primary",
            icon_name="plus",
            tip=tr("Log a problem or a request (Ctrl+N)"),
        )
        self.search = QLineEdit()
        self.search.setClearButtonEnabled(True)
        hint = tr("Search: number, words, person")
        self.search.setPlaceholderText(hint)
        self.search.setAccessibleName(hint)
        self.search.setToolTip(tr("{hint} (Ctrl+F)", hint=hint))
        glass = QAction(icon("magnifying-glass", "text3"), hint, self)
        self.search.addAction(glass, QLineEdit.ActionPosition.LeadingPosition)
        self._find = QAction(hint, self)
        self._find.setShortcut(QKeySequence.StandardKey.Find)
        self.addAction(self._find)
        self.which = Segments(
            [("open", tr("Open")), ("waiting", tr("Waiting")), ("all", tr("All"))],
            "open",
            tr("Which tickets"),
        )
        self.list = WorkList(tr("Tickets"))
        self.page = TicketPage()
        self.attachments: AttachmentStrip | None = None
        self.side = TicketSide()
        self.verbs = TicketVerbs(self.page, tickets, contracts, runner, self)
        self._first = button(
            tr("Log the first ticket…"), self.new_ticket, kind="primary", icon_name="plus"
        )
        self._nothing = EmptyState(
            "ticket", tr("Nothing here"), tr("No ticket fits the search and the filter.")
        )
        self._detail = QStackedWidget()
        self._pages = QStackedWidget()
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(_SEARCH_MS)
        self._ticking = QTimer(self)
        self._ticking.setInterval(_CLOCKS_MS)

        self._lay_out()
        self._find.triggered.connect(self.search.setFocus)
        self.search.textChanged.connect(lambda _text: self._typing.start())
        self._typing.timeout.connect(self._show_list)
        self.which.chosen.connect(lambda _key: self._show_list())
        self.list.picked.connect(self._show_ticket)
        self.side.ticket_wanted.connect(self.show_item)
        self.side.clock_wanted.connect(self.verbs.unfold)
        self._ticking.timeout.connect(self._tick)
        self._ticking.start()

    def place_attachments(self, strip: AttachmentStrip) -> None:
        """Show the files of tickets, and take new ones."""
        self.attachments = strip
        self.page.place_attachments(strip)
        strip.noticed.connect(self.noticed)

    def refresh(self) -> None:
        """Show the tickets as the journal has them now."""
        self._clocks.clear()
        self._all = self._tickets.all()
        self._resources = {one.id: one for one in self._contracts.resources()}
        waiting = [one for one in self._all if one.state in WAITING]
        still = [one for one in self._all if one.state not in ENDED]
        self.which.rename("open", tr("Open {count}", count=len(still)))
        self.which.rename("waiting", tr("Waiting {count}", count=len(waiting)))
        self.head.caption.show_text(
            tr(
                "{open} open, {waiting} of them waiting for Party A",
                open=len(still),
                waiting=len(waiting),
            )
        )
        self._count(still)
        self._pages.setCurrentIndex(0 if self._all else 1)
        if self._fresh and self._all and not still:
            self.which.choose("all")  # a page that opens empty helps nobody
        self._fresh = not self._all
        self._show_list()

    def recount(self) -> None:
        """Tell how many tickets are open."""
        self._count([one for one in self._tickets.all() if one.state not in ENDED])

    def show_item(self, identity: str) -> None:
        """Show the ticket of that id or number, whatever the filter was."""
        found = [one for one in self._all if identity in (one.id, one.number)]
        if not found:
            return
        self.search.clear()
        self._typing.stop()
        if found[0].state in ENDED or self.which.current == "waiting":
            self.which.choose("all" if found[0].state in ENDED else "open")
        self._show_list()
        self.list.select(found[0].id)

    @Slot()
    def new_ticket(
        self, title: str = "", description: str = "", resource_id: str = ""
    ) -> NewTicketDialog:
        """Ask for a new ticket; what is known of it already is filled in."""
        dialog = NewTicketDialog(
            self._tickets,
            self._contracts,
            self._runner,
            self,
            title=title,
            description=description,
            resource_id=resource_id,
        )
        dialog.opened.connect(lambda ticket: self._opened(ticket))
        dialog.open()
        return dialog

    def _lay_out(self) -> None:
        self.head.add_action(self.new_button)
        left = Pane()
        left.setFixedWidth(LIST_WIDTH)
        top = column(None, self.search, row(None, self.which, None), margins=(12, 10, 12, 8))
        left.add(top)
        left.add(self.list, 1)
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
        layout.addWidget(left)
        layout.addWidget(self._detail, 1)
        self._pages.addWidget(body)
        self._pages.addWidget(
            empty_page(
                EmptyState(
                    "ticket",
                    tr("No ticket yet"),
                    tr(
                        "Here stands every problem and request: who asked, what was done, who "
                        "waits for whom, and Party A's confirmation at the end."
                    ),
                    (self._first,),
                    tr("By keyboard it takes less than 20 seconds."),
                )
            )
        )
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.addWidget(self._pages)

    # -- what is shown

    def _count(self, still: list[Ticket]) -> None:
        self.counted.emit(len(still), _worst(still))

    @Slot()
    def _show_list(self) -> None:
        text = self.search.text().strip()
        found = self._tickets.search(text) if text else self._all
        which = self.which.current
        if which == "open":
            found = tuple(one for one in found if one.state not in ENDED)
        elif which == "waiting":
            found = tuple(one for one in found if one.state in WAITING)
        self._detail.setCurrentIndex(0 if found else 1)
        self.list.show_entries([entry_of(ticket, self._clocks_of) for ticket in found])

    @Slot(str)
    def _show_ticket(self, identity: str) -> None:
        if not identity:
            return
        dossier = self._tickets.dossier(identity)
        ticket = dossier.ticket
        resource = self._resources.get(ticket.resource_id)
        similar = [one for one in self._tickets.similar(ticket.title) if one.id != ticket.id]
        self.page.show_dossier(dossier, resource.name if resource else "")
        self.side.show_dossier(dossier, similar)
        if self.attachments is not None:
            self.attachments.show_subject("ticket", identity)

    def _clocks_of(self, identity: str) -> tuple[Clock, ...]:
        if identity not in self._clocks:
            self._clocks[identity] = self._tickets.clocks(identity)
        return self._clocks[identity]

    @Slot()
    def _tick(self) -> None:
        """Let the running clocks run on screen."""
        if self.isVisible() and self._all:
            self._clocks.clear()
            self.list.viewport().update()
            if self.list.current:
                self.side.show_clocks(self._tickets.clocks(self.list.current))

    # -- what is done

    def _opened(self, ticket: Ticket) -> None:
        self.renew()
        self.show_item(ticket.id)


def _worst(tickets: list[Ticket]) -> State:
    states = {state_of_priority(ticket.priority) for ticket in tickets}
    return "critical" if "critical" in states else "warning" if "warning" in states else "unknown"
