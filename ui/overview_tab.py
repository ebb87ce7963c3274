"""The overview: the contract at a glance, what is owed, what today asks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Final

from PySide6.QtCore import QTimer, Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QStackedWidget, QWidget

from gmops_desktop.changes import Change
from gmops_desktop.contract.clauses import ClauseProof
from gmops_desktop.contract.expiry import Expiry
from gmops_desktop.contract.obligations import name_of_item
from gmops_desktop.language import tr
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.ledgers import Ledgers
from gmops_desktop.services.obligations import (
    Obligations,
    Overview,
    Waiting,
)
from gmops_desktop.services.tickets import Ticket
from gmops_desktop.states import worst
from gmops_desktop.tasks import Task, TaskRunner
from ui.attachments import AttachmentStrip
from ui.dialogs.contract import ask_notice
from ui.evidence_dialog import ClausesDialog, EvidenceDialog
from ui.ledger_dialog import LedgerDialog
from ui.overview_due import DueCard
from ui.overview_figures import Figures
from ui.overview_tables import expiry_table, ticket_table, waiting_table
from ui.overview_trends import Trends
from ui.papers import Papers
from ui.theme import GAP
from ui.widgets.frames import (
    Card,
    EmptyState,
    Label,
    Segments,
    WholeRows,
    button,
    column,
    disable,
    link,
)
from ui.widgets.matrix import Legend, Matrix
from ui.widgets.page import Page
from ui.words import clock, day, month, weekday

EXPIRY: Final = "expiry:"


class OverviewTab(Page):
    """Shows what `Obligations` knows; every line leads to where it can be acted on.

    `requirements` gives the tickets on which person-days may be estimated; `show_contract` keeps
    which of several contracts is the current one on this machine.
    """

    shows = ~Change.NOTHING

    def __init__(
        self,
        obligations: Obligations,
        contracts: Contracts,
        ledgers: Ledgers,
        requirements: Callable[[], Sequence[Ticket]],
        runner: TaskRunner,
        papers: Papers,
        show_contract: Callable[[str], object] = lambda _id: None,
    ) -> None:
        super().__init__(tr("Overview"))
        self._obligations, self._contracts, self._ledgers = obligations, contracts, ledgers
        self._requirements, self._runner = requirements, runner
        self._papers, self._show_contract = papers, show_contract
        self._overview: Overview | None = None
        self._gathering: Task | None = None
        self._make_strip: Callable[[], AttachmentStrip] | None = None
        self._expiring: Callable[[Expiry, QWidget], object] = lambda _expiry, _over: None

        self.choice = QComboBox()
        self.choice.setAccessibleName(tr("The contract that is shown"))
        self.choice.setToolTip(tr("The contract that is shown; everything is counted for it"))
        self.choice.hide()
        self.head.add_action(self.choice)
        self.today = Label("", "caption", elide=False)
        self.head.add_action(self.today)
        self.ledger_button = button(
            tr("Ledgers…"),
            lambda: self.open_ledger(),
            icon_name="notebook",
            tip=tr("Person-days, trainings, visits, questions, inspections"),
        )
        self.head.add_action(self.ledger_button)
        self.head.add_action(
            button(
                tr("New ticket"),
                lambda: self.wanted.emit("tickets", "+"),
                icon_name="plus",
                tip=tr("Record what somebody asked for (Ctrl+N)"),
            )
        )
        self.head.add_action(
            button(
                tr("Back up now"),
                lambda: self.wanted.emit("backups", "+"),
                kind="primary",
                icon_name="archive-box",
                tip=tr("Take a backup of the database (Ctrl+B)"),
            )
        )
        self.figures = Figures()
        self.matrix, self.expiry = Matrix(), expiry_table(runner)
        self.tickets, self.waiting = ticket_table(runner), waiting_table(runner)

        self._matrix_card = Card(tr("Obligation matrix"))
        self._matrix_card.head.addWidget(Legend())
        self.clauses_link = link(
            tr("By clause"), self._ask_clauses, tr("What the record shows for every clause")
        )
        self._matrix_card.head.addWidget(self.clauses_link)
        self._matrix_card.add_table(self.matrix)
        self.below = Segments(
            [("expiry", tr("Expiry")), ("trends", tr("Trends"))], "expiry", tr("Expiry or trends")
        )
        self.trends, self._below = Trends(), QStackedWidget()
        self._below.addWidget(WholeRows(self.expiry))
        self._below.addWidget(self.trends)
        self._expiry_card = Card(tr("Expiry"))
        self.open_expiry = link(tr("Details…"), lambda: self._open_expiry(self.expiry.current))
        self._expiry_card.head.addWidget(self.open_expiry)
        self._expiry_card.head.addWidget(self.below)
        self._expiry_card.add_table(self._below)
        self.due = DueCard(runner)
        self._tickets_card = Card(tr("Open tickets"))
        self._all_tickets = link(tr("All"), lambda: self.wanted.emit("tickets", ""))
        self._tickets_card.head.addWidget(self._all_tickets)
        self._tickets_card.add_table(self.tickets)
        self._waiting_card = Card(tr("Waiting on Party A"), tr("not counted as our time"))
        self._waiting_card.add_table(self.waiting)
        self._empty = EmptyState(
            "squares-four",
            tr("No contract yet"),
            tr(
                "The overview shows what the contract asks for, what proves it, and what is due. "
                "It starts with the contract."
            ),
            [
                button(
                    tr("Set up the contract…"),
                    lambda: self.wanted.emit("settings", "contract"),
                    kind="primary",
                    icon_name="gear-six",
                    scale="large",
                )
            ],
        )

        self._all = QWidget()
        left = column(None, self._matrix_card, self._expiry_card, spacing=GAP)
        left.setStretch(1, 1)
        right = column(None, self.due, self._tickets_card, self._waiting_card, spacing=GAP)
        right.setStretch(1, 3)
        right.setStretch(2, 2)
        both = QHBoxLayout()
        both.setSpacing(GAP)
        both.addLayout(left, 13)
        both.addLayout(right, 10)
        column(self._all, self.figures, both, spacing=GAP).setStretch(1, 1)
        self.body.addWidget(self._all, 1)
        self.body.addWidget(self._empty, 1)

        self._clock = QTimer(self)  # the day and the clocks go on by themselves
        self._clock.setInterval(60_000)

        self._clock.timeout.connect(self._tick)
        papers.made.connect(lambda number: self.wanted.emit("reports", number))
        self.tickets.opened.connect(lambda ticket: self.wanted.emit("tickets", ticket.number))
        self.waiting.opened.connect(self._open_waiting)
        self.matrix.chosen.connect(self._show_evidence)
        self.due.followed.connect(self._follow)
        self.due.wanted.connect(self._go)
        self.below.chosen.connect(self._show_below)
        self.expiry.opened.connect(self._open_expiry)
        self.expiry.picked.connect(self._pick_expiry)
        self._pick_expiry(None)
        self.choice.activated.connect(self._choose_contract)
        self._clock.start()

    def refresh(self) -> None:
        overview = self._overview = self._obligations.overview()
        now = datetime.now(UTC)
        here = now.astimezone()
        self.today.show_text(f"{day(here.date())} {weekday(here.date())} {clock(now)}")
        contract = overview.contract
        self._all.setVisible(contract is not None)
        self._empty.setVisible(contract is None)
        self.ledger_button.setVisible(contract is not None)
        self._count(overview)
        if contract is None:
            self.choice.hide()
            self.head.caption.show_text("")
            return
        self._show_contracts(contract.id)
        self.head.caption.show_text(f"{contract.party_a} · {contract.title}")
        self.figures.show_overview(overview)
        self._show_matrix(overview, here.date())
        self.expiry.set_rows(overview.expiry)
        self.trends.place_contract(contract)
        if self.below.current == "trends":
            self._ask_trends()
        self.due.show_due(overview.due, overview.todos)
        self.tickets.set_rows(overview.tickets)
        self._all_tickets.setText(tr("All {count}", count=overview.open_count))
        self.waiting.set_rows(overview.waiting)

    def place_attachments(self, make: Callable[[], AttachmentStrip]) -> None:
        """Let the ledgers take files."""
        self._make_strip = make

    def place_expiring(self, open_sheet: Callable[[Expiry, QWidget], object]) -> None:
        """Let a line of what runs out be opened."""
        self._expiring = open_sheet

    def show_item(self, identity: str) -> None:
        """Open the ledgers, at the page or the line of that name; or the sheet of a thing that runs
        out (`EXPIRY` and its key)."""
        if not identity.startswith(EXPIRY):
            self.open_ledger(identity)
            return
        self.renew()
        self.below.choose("expiry")
        self._show_below("expiry")
        if self.expiry.select(identity.removeprefix(EXPIRY)):
            self._open_expiry(self.expiry.current)

    def open_ledger(self, page: str = "") -> LedgerDialog:
        """Open the ledgers; `page` is "days", a register, or a record's id."""
        dialog = LedgerDialog(
            self.window(),
            self._ledgers,
            self._requirements,
            lambda: self._contracts.contacts(date.today()),
            self._runner,
            self._make_strip,
            self._papers.print_sign_in,
        )
        if page:
            dialog.show_page(page)
        dialog.open()
        return dialog

    def _tick(self) -> None:
        if self.isVisible():
            self.renew()

    def hear(self, change: Change) -> None:
        if self.isVisible() or change & ~(Change.SERVERS | Change.ALERTS):
            super().hear(change)
        else:
            # Looks come every minute, and nothing that counts here follows from them at once.
            self._stale = True

    def recount(self) -> None:
        if self.isVisible() and not self._stale:
            return  # it was told as the page was filled
        self._count(self._obligations.overview())

    def _count(self, overview: Overview) -> None:
        pressing = [due.state for due in overview.due if due.state in ("warning", "critical")]
        self.counted.emit(len(pressing), worst(pressing))

    # ------------------------------------------------------------ the contract shown

    def _show_contracts(self, current: str) -> None:
        known = self._contracts.all()
        self.choice.setVisible(len(known) > 1)
        shown = [(self.choice.itemText(at), self.choice.itemData(at)) for at in range(len(known))]
        wanted = [(f"{one.number or one.title} · {one.party_a}", one.id) for one in known]
        if shown != wanted:
            self.choice.clear()
            for text, identity in wanted:
                self.choice.addItem(text, identity)
        self.choice.setCurrentIndex(self.choice.findData(current))

    def _choose_contract(self, _place: int) -> None:
        self._show_contract(str(self.choice.currentData()))
        self._runner.changed.emit(~Change.NOTHING)

    # ------------------------------------------------------------ evidence

    def _show_matrix(self, overview: Overview, today: date) -> None:
        months = [month(first) for first in overview.matrix_months]
        now = today.replace(day=1)
        here = next(
            (at for at, first in enumerate(overview.matrix_months) if first.replace(day=1) == now),
            -1,
        )
        rows = [(name_of_item(line.item), line.cells) for line in overview.matrix]
        self.matrix.show_matrix(months, rows, here)

    def _show_evidence(self, place: int, at: int) -> None:
        if self._overview is None:
            return
        item = self._overview.matrix[place].item
        found = self._obligations.evidence(item.key, self._overview.matrix_months[at])
        dialog = EvidenceDialog(self.window(), found, self._runner)
        dialog.wanted.connect(self._go)
        dialog.open()

    def _ask_clauses(self) -> None:
        """Replaying every ticket may take a while: not in the GUI thread."""
        task = self._runner.start(
            lambda _context: self._obligations.clauses(), tr("Gather the evidence by clause")
        )
        task.succeeded.connect(self._show_clauses)

    @Slot(object)
    def _show_clauses(self, found: Sequence[ClauseProof]) -> None:
        ClausesDialog(self.window(), found, self._runner).open()

    # ------------------------------------------------------------ month by month

    def _show_below(self, key: str) -> None:
        trends = key == "trends"
        self._expiry_card.title.show_text(tr("Trends") if trends else tr("Expiry"))
        self._below.setCurrentIndex(int(trends))
        self.open_expiry.setVisible(not trends)
        if trends:
            self._ask_trends()

    def _ask_trends(self) -> None:
        """Every ticket of the contract is replayed: not in the GUI thread, and once at a time."""
        if self._gathering is None:
            self._gathering = self._runner.start(
                lambda _context: self._obligations.trends(),
                tr("Gather the months of the contract"),
                quiet=True,
            )
            self._gathering.succeeded.connect(self.trends.show_trends)
            self._gathering.finished.connect(self._gathered)

    @Slot()
    def _gathered(self) -> None:
        self._gathering = None

    # ------------------------------------------------------------ what runs out

    def _pick_expiry(self, expiry: Expiry | None) -> None:
        tip = tr("Who says so, and a date by hand")
        disable(self.open_expiry, "" if expiry else tr("Choose a line first."), tip)

    def _open_expiry(self, expiry: Expiry | None) -> None:
        if expiry is not None:
            self._expiring(expiry, self)

    # ------------------------------------------------------------ going on

    def _open_waiting(self, waiting: Waiting) -> None:
        self._follow(waiting.number)

    def _follow(self, number: str) -> None:
        pages = {"T": "tickets", "C": "patches"}
        self.wanted.emit(pages.get(number[:1], "backups"), number)

    def _go(self, page: str, identity: str) -> None:
        """Go to a page; notices, the ledgers and registers are dialogs of this one."""
        if page == "notice":
            for notice in self._contracts.notices():
                if notice.key == identity:
                    window, papers = self.window(), self._papers
                    ask_notice(window, notice, self._contracts, self._runner, papers)
        elif page in ("ledger", "register"):
            self.open_ledger(identity or "training")
        else:
            self.wanted.emit(page, identity)
