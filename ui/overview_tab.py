"""The overview: the contract at a glance, what is owed, what today asks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial

from PySide6.QtCore import QTimer, Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from gmops_desktop.changes import Change
from gmops_desktop.contract.clauses import ClauseProof
from gmops_desktop.contract.obligations import Todo, name_of_item
from gmops_desktop.contract.tickets import word_of_priority
from gmops_desktop.language import tr
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.ledgers import Ledgers
from gmops_desktop.services.obligations import (
    Due,
    Expiry,
    Obligations,
    Overview,
    TicketLine,
    Waiting,
)
from gmops_desktop.services.tickets import Ticket
from gmops_desktop.states import State, word_of, worst
from gmops_desktop.tasks import TaskRunner
from ui.attachments import AttachmentStrip
from ui.dialogs.contract import ask_notice
from ui.evidence_dialog import ClausesDialog, EvidenceDialog
from ui.ledger_dialog import LedgerDialog
from ui.papers import Papers
from ui.theme import GAP
from ui.widgets.badges import Gauge, StateBadge
from ui.widgets.frames import (
    Card,
    EmptyState,
    Label,
    Segments,
    button,
    clear,
    column,
    line,
    link,
    row,
)
from ui.widgets.matrix import Legend, Matrix
from ui.widgets.page import Page
from ui.widgets.tables import Column, Table
from ui.words import NOTHING, ago, clock, day, lasting, month, number, share, weekday

_PRIORITIES: dict[int, State] = {1: "critical", 2: "warning"}  # the rest are plain words
_BADGE_WIDTH = 120  # so that texts stand in one line, whichever badges there are
_DUE_ROWS = 6  # in sight; the rest is counted


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
        self._make_strip: Callable[[], AttachmentStrip] | None = None

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
        self.figures = _Figures()
        self.matrix, self.expiry = Matrix(), _expiry_table(runner)
        self.due = QVBoxLayout()
        self.tickets, self.waiting = _ticket_table(runner), _waiting_table(runner)
        self.span = Segments(
            [("today", tr("Today")), ("month", tr("This month"))], "today", tr("What is due")
        )

        self._matrix_card = Card(tr("Obligation matrix"))
        self._matrix_card.head.addWidget(Legend())
        self.clauses_link = link(
            tr("By clause"), self._ask_clauses, tr("What the record shows for every clause")
        )
        self._matrix_card.head.addWidget(self.clauses_link)
        self._matrix_card.add_table(self.matrix)
        self._expiry_card = Card(tr("Expiry"))
        self._expiry_card.add_table(self.expiry)
        self._due_card = Card(tr("What is due"))
        self._due_card.head.addWidget(self.span)
        self._due_card.add(self.due)
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
        right = column(None, self._due_card, self._tickets_card, self._waiting_card, spacing=GAP)
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
        self.span.chosen.connect(lambda _key: self._show_due())
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
        self._show_due()
        self.tickets.set_rows(overview.tickets)
        self._all_tickets.setText(tr("All {count}", count=overview.open_count))
        self.waiting.set_rows(overview.waiting)

    def place_attachments(self, make: Callable[[], AttachmentStrip]) -> None:
        """Let the ledgers take files."""
        self._make_strip = make

    def show_item(self, identity: str) -> None:
        """Open the ledgers, at the page or the line of that name."""
        self.open_ledger(identity)

    def open_ledger(self, page: str = "") -> LedgerDialog:
        """Open the ledgers; `page` is "days", a register, or a record's id."""
        dialog = LedgerDialog(
            self.window(),
            self._ledgers,
            self._requirements,
            lambda: self._contracts.contacts(date.today()),
            self._runner,
            self._make_strip,
        )
        if page:
            dialog.show_page(page)
        dialog.open()
        return dialog

    def _tick(self) -> None:
        if self.isVisible():
            self.renew()

    def recount(self) -> None:
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

    # ------------------------------------------------------------ what is due

    def _show_due(self) -> None:
        overview = self._overview
        if overview is None:
            return
        clear(self.due)
        self.due.setSpacing(4)
        self.span.rename("today", tr("Today {count}", count=len(overview.due)))
        self.span.rename("month", tr("This month {count}", count=len(overview.todos)))
        if self.span.current == "month":
            self._list(
                [_of_month(todo) for todo in overview.todos],
                tr("Nothing is missing this month."),
            )
        else:
            self._list(overview.due, tr("Nothing is due today."))

    def _list(self, found: Sequence[Due], nothing: str) -> None:
        rest = len(found) - _DUE_ROWS
        self._due_card.hint.show_text(tr("{count} more", count=rest) if rest > 0 else "")
        badges = [StateBadge(one.state, one.word) for one in found[:_DUE_ROWS]]
        width = max((made.sizeHint().width() for made in badges), default=0)
        for one, made in zip(found, badges, strict=False):
            badge = QWidget()
            badge.setFixedWidth(max(_BADGE_WIDTH, width))
            row(badge, made, None)
            items: list[QWidget | None] = [badge, Label(one.text)]
            if one.number:
                follow = partial(self._follow, one.number)
                items.append(link(one.number, follow, tr("Open {number}", number=one.number)))
            elif one.page:
                go = partial(self._go, one.page, one.identity)
                items.append(link(tr("Go"), go, one.text))
            listed = row(None, *items)
            listed.setStretch(1, 1)
            self.due.addLayout(listed)
        if not found:
            self.due.addWidget(Label(nothing, "caption"))

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


def _of_month(todo: Todo) -> Due:
    return Due("warning", tr("missing"), todo.text, page=todo.page)


class _Figures(Card):
    """Five figures in a strip."""

    def __init__(self) -> None:
        super().__init__()
        self.contract = _Figure(tr("Contract period"), with_gauge=True)
        self.rpo = _Figure(tr("Recovery point"))
        self.restore = _Figure(tr("Proved restore"))
        self.coverage = _Figure(tr("Coverage"))
        self.days = _Figure(tr("Free person-days"), with_gauge=True)
        self.days.gauge.ticks = (0.5, 0.8)
        figures = (self.contract, self.rpo, self.restore, self.coverage, self.days)
        layout = QHBoxLayout()
        layout.setSpacing(16)
        for place, figure in enumerate(figures):
            if place:
                layout.addWidget(line(upright=True))
            layout.addWidget(figure, 1)
        self.add(layout)

    def show_overview(self, overview: Overview) -> None:
        contract = overview.contract
        if contract is None:
            return
        left, total = overview.days_left or 0, overview.days_total or 0
        over = overview.days_left == 0
        self.contract.show_figure(
            number(left),
            tr("days left"),
            tr(
                "{start} to {end}, day {gone}",
                start=day(contract.start),
                end=day(contract.end),
                gone=max(0, total - left),
            ),
            "critical" if over else None,
            tr("ended") if over else "",
        )
        self.contract.gauge.show_share((total - left) / total if total else 0)
        self.rpo.show_figure(
            lasting(overview.rpo_seconds) if overview.rpo_seconds is not None else NOTHING,
            "",
            tr("newest verified backup, target 24 h")
            if overview.rpo_seconds is not None
            else tr("no verified backup yet"),
            overview.rpo_state,
        )
        self.restore.show_figure(
            lasting(overview.restore_seconds) if overview.restore_seconds is not None else NOTHING,
            "",
            overview.restore_text,
            overview.restore_state,
        )
        self.coverage.show_figure(
            share(overview.coverage) if overview.coverage is not None else NOTHING,
            "",
            tr("watched, since this month's first look")
            if overview.coverage is not None
            else tr("nobody has looked yet"),
            overview.coverage_state,
        )
        self._show_days(overview)

    def _show_days(self, overview: Overview) -> None:
        contract, ledger = overview.contract, overview.ledger
        if contract is None or ledger is None:
            return
        states: dict[int, State] = {50: "warning", 80: "warning", 100: "critical"}
        state = states.get(ledger.level)
        self.days.show_figure(
            _number(ledger.left),
            tr("of {total} left", total=_number(ledger.total)),
            tr("{used} used, {planned} planned", used=_number(ledger.used),
               planned=_number(ledger.planned))
            if ledger.used or ledger.planned
            else tr("for changes inside the contract"),
            state,
            tr("{share} % used", share=ledger.level) if state else "",
        )  # fmt: skip
        self.days.gauge.show_share(float(ledger.used / ledger.total) if ledger.total else 0, state)


class _Figure(QWidget):
    def __init__(self, caption: str, *, with_gauge: bool = False) -> None:
        super().__init__()
        self._badge = StateBadge()
        self._badge.hide()
        self._value = Label(NOTHING, "figure", elide=False)
        self._unit, self._text = Label("", "caption", elide=False), Label("", "caption")
        self.gauge = Gauge()
        self.gauge.setVisible(with_gauge)
        value = row(None, self._value, self._unit, 8, self.gauge)
        if not with_gauge:
            value.addStretch(1)
        name = Label(caption, "caption")
        name.setFixedHeight(22)  # a badge's, so that figures with and without one line up
        head = row(None, name, self._badge)
        head.setStretch(0, 1)
        column(self, head, value, self._text, spacing=2)

    def show_figure(
        self, value: str, unit: str, text: str, state: State | None = None, word: str = ""
    ) -> None:
        self._value.show_text(value)
        self._unit.show_text(unit)
        self._text.show_text(text)
        self._badge.setVisible(state is not None)
        if state is not None:
            self._badge.show_state(state, word)


def _expiry_table(runner: TaskRunner) -> Table[Expiry]:
    def source(expiry: Expiry) -> str:
        return f"{expiry.source}{tr(', ')}{ago(expiry.at)}" if expiry.at else expiry.source

    columns: list[Column[Expiry]] = [
        Column(tr("Resource"), lambda one: one.name, 150),
        Column(tr("State"), lambda one: word_of(one.state), 96, state=lambda one: one.state),
        Column(tr("Date"), lambda one: day(one.on) if one.on else NOTHING, 100),
        Column(
            tr("Days left"),
            lambda one: number(one.days) if one.days is not None else NOTHING,
            92,
            key=lambda one: one.days,
            right=True,
        ),
        Column(tr("Source"), source, muted=True, tip=source),
    ]
    return Table(columns, name=tr("Expiry"), runner=runner, identity=lambda one: one.name)


def _ticket_table(runner: TaskRunner) -> Table[TicketLine]:
    columns: list[Column[TicketLine]] = [
        Column(
            tr("Priority"),
            lambda one: word_of_priority(one.priority),
            84,
            key=lambda one: one.priority,
            state=lambda one: _PRIORITIES.get(one.priority),
            muted=True,
        ),
        Column(tr("No."), lambda one: one.number, 68, muted=True),
        Column(tr("Subject", context="ticket"), lambda one: one.title, tip=lambda one: one.title),
        Column(
            tr("Clock", context="ticket"),
            lambda one: one.clock_text,
            136,
            right=True,
            strong=lambda one: one.state == "critical",
            tip=lambda one: one.clock_text,
        ),
    ]
    return Table(
        columns,
        name=tr("Open tickets"),
        runner=runner,
        identity=lambda one: one.number,
        empty=tr("No ticket is open."),
    )


def _waiting_table(runner: TaskRunner) -> Table[Waiting]:
    columns: list[Column[Waiting]] = [
        Column(tr("No."), lambda one: one.number, 68, muted=True),
        Column(tr("Subject", context="ticket"), lambda one: one.title, tip=lambda one: one.title),
        Column(
            tr("Waiting for"),
            lambda one: lasting(one.seconds),
            112,
            key=lambda one: one.seconds,
            right=True,
        ),
    ]
    return Table(
        columns,
        name=tr("Waiting on Party A"),
        runner=runner,
        identity=lambda one: one.number,
        empty=tr("Nothing waits on Party A."),
    )


def _number(value: Decimal) -> str:
    return f"{value.normalize():f}"
