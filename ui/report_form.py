"""Which document is made: its kind, and the month, ticket or contract it is of."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Final

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QComboBox, QLineEdit, QSizePolicy, QStackedWidget, QWidget

from gmops_desktop.contract.terms import Contract, day_of
from gmops_desktop.language import mark, tr
from gmops_desktop.services.reports import SUBJECTS, Kind, word_of_kind
from ui.report_periods import Offered, periods_of
from ui.report_span import SpanField
from ui.widgets.badges import StateMark
from ui.widgets.frames import Label, column, icon_button, paragraph, row

_SAYS: Final[dict[Kind, str]] = {
    "monthly": mark(
        "Tickets with their clocks and Party A's confirmations, backups and proved "
        "restores, patches with their gates, availability with its coverage, and every "
        "special emergency with its reason. What is not known is printed as not known."
    ),
    "quarter": mark(
        "Three months side by side: limits kept, availability with its coverage, tickets, faults, "
        "changes, backups and drills, security, person-days and fees, and what comes next."
    ),
    "annual": mark(
        "A year of the contract for Party A to accept: what was agreed beside what the record "
        "shows, every figure with its coverage, fees in capitals, the register of documents, "
        "and the place for both seals. A year that is not over says so."
    ),
    "inspection": mark(
        "Every server, database, website and account against its limits and the month before, "
        "with the month's alerts. What nobody looked at is unknown."
    ),
    "backups": mark(
        "A calendar of what was backed up, how each source stands, every archive with its digest, "
        "the drills and restores that proved them."
    ),
    "fault": mark(
        "One ticket: what happened, how long it lasted and to whom that is charged, the root "
        "cause, every step, the promises and whether they were kept."
    ),
    "evaluation": mark(
        "One requirement: what is wanted, the project manager's person-days, what is left of the "
        "free ones, and Party A's consent."
    ),
    "visit": mark(
        "The form for a visit on site: filled in from the ticket as far as it is known, with room "
        "for what is written and signed there."
    ),
    "fees": mark(
        "What the current contract costs, item by item, in figures and in capitals, and whether "
        "it was paid."
    ),
    "account": mark(
        "The official account of a month: verification, followers, what was published and read, "
        "messages, menu, interface calls and errors. What WeChat does not tell is unknown."
    ),
    "compilation": mark(
        "Every clause of the contract month by month, and under each the entries, files and "
        "documents that prove it, with their digests and how to check them. What nobody recorded "
        "is unknown."
    ),
}


class ReportForm(QWidget):
    """`changed` tells that another document is meant, `chosen` that the user's hand chose it."""

    changed = Signal()
    chosen = Signal()
    entered = Signal()  # Return in the field of the ticket's number

    def __init__(self, kinds: tuple[Kind, ...]) -> None:
        super().__init__()
        self.kind = QComboBox()
        self.kind.setAccessibleName(tr("Kind"))
        for kind in kinds:
            self.kind.addItem(word_of_kind(kind), kind)
        self.period = QComboBox()
        self.period.setAccessibleName(tr("Period"))
        self.before = icon_button(
            "caret-left", tr("Period before", context="choice"), lambda: self._step(1)
        )
        self.after = icon_button(
            "caret-right", tr("Period after", context="choice"), lambda: self._step(-1)
        )
        self._contract: Contract | None = None
        self._ends: dict[str, date] = {}  # the last day of each period offered
        self._months: list[Offered] = []
        self._open_mark = StateMark("warning", 16)
        self._running_month = Label(role="caption")
        self.ticket = QLineEdit()
        self.ticket.setAccessibleName(tr("Number of the ticket"))
        self.ticket.setPlaceholderText("T-0001")
        self._of = QStackedWidget()
        self.span = SpanField()
        self.explained = paragraph("", "hint")

        for word, field in (
            (tr("Period"), row(None, self.period, self.before, self.after)),
            (tr("Ticket"), row(None, self.ticket)),
            (tr("Contract"), row(None, Label(tr("The current contract")))),
            (tr("Months"), self.span),
        ):
            page = QWidget()
            column(page, Label(word, "caption"), field, spacing=4)
            self._of.addWidget(page)
        self._of.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        for wide in (self.kind, self.period):
            wide.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        column(
            self,
            column(None, Label(tr("Kind"), "caption"), row(None, self.kind), spacing=4),
            self._of,
            row(None, self._open_mark, self._running_month),
            self.explained,
            spacing=8,
        )
        self.kind.currentIndexChanged.connect(self._offer)
        self.period.currentIndexChanged.connect(self.judge)
        self.ticket.textChanged.connect(self.judge)
        self.span.changed.connect(self.judge)
        self.span.chosen.connect(self.chosen)
        self.kind.activated.connect(lambda _place: self.chosen.emit())
        self.period.activated.connect(lambda _place: self.chosen.emit())
        self.ticket.editingFinished.connect(self.chosen)
        self.ticket.returnPressed.connect(self.entered)

    def show_months(self, contract: Contract | None) -> None:
        """Offer the periods of a contract, and keep the one chosen."""
        self._contract = contract
        self._offer()

    @Slot()
    def _offer(self) -> None:
        """Offer the periods of the chosen kind that have begun, the newest first, and mean the one
        in which the period meant before ends."""
        contract, before = self._contract, self._ends.get(self.period.currentData() or "")
        blocked = self.period.blockSignals(True)
        self.period.clear()
        self._ends, self._months = {}, []
        if contract is not None:
            today = max(day_of(datetime.now(UTC)), contract.start)
            self._months = periods_of("month", contract, today)
            for one in periods_of(SUBJECTS[self.meant], contract, today):
                self._ends[one.written] = one.end
                self.period.addItem(one.words, one.written)
        fit = [place for place, end in enumerate(self._ends.values()) if before and end >= before]
        self.period.setCurrentIndex(max(fit, default=0))
        self.period.blockSignals(blocked)
        self.span.show_months(self._months)
        self.judge()

    def choose(self, kind: Kind, of: str) -> bool:
        """Mean the document of that kind, month or ticket; say whether it is offered."""
        place = self.kind.findData(kind)
        if place < 0:
            return False
        self.kind.setCurrentIndex(place)
        match SUBJECTS[kind]:
            case "month" | "quarter" | "year":
                return self._choose_period(of)
            case "ticket":
                self.ticket.setText(of)
            case "span":
                return self.span.choose(of)
        return True

    def choose_month(self, period: str) -> bool:
        """Mean the monthly report of that month (2018-04); say whether it is the contract's."""
        if not re.fullmatch(r"\d{4}-\d\d", period):
            return False
        self.kind.setCurrentIndex(self.kind.findData("monthly"))
        return self._choose_period(period)

    def _choose_period(self, period: str) -> bool:
        place = self.period.findData(period)
        if place >= 0:
            self.period.setCurrentIndex(place)
        return place >= 0

    @property
    def month(self) -> Offered | None:
        """The month chosen, or the last one, begun already, of what is chosen; None without a
        contract."""
        if SUBJECTS[self.meant] == "span":
            written = self.span.written.rpartition("~")[2]
            last = [one for one in self._months if one.written == written]
            return next(iter(last or self._months), None)
        end = self._ends.get(self.period.currentData() or "")
        if end is None:
            return None
        return next(one for one in self._months if one.written <= f"{end:%Y-%m}")

    @property
    def meant(self) -> Kind:
        """The kind chosen."""
        kind: Kind = self.kind.currentData()
        return kind

    def named(self) -> tuple[str | None, str]:
        """Return what the document is of, None while nothing is named, and in words."""
        match SUBJECTS[self.meant]:
            case "month" | "quarter" | "year":
                return self.period.currentData(), self.period.currentText()
            case "ticket":
                number = self.ticket.text().strip()
                return number or None, number
            case "span":
                return self.span.written, self.span.words
            case _:
                return "", self.kind.currentText()

    def missing(self) -> str:
        """Return why no document is meant yet, or an empty text."""
        if self.period.currentData() is None:
            return tr("There is no contract yet.")
        return tr("Name the ticket first.") if self.named()[0] is None else ""

    @Slot()
    def judge(self) -> None:
        """Show the field that fits the kind; warn of a month that is not over."""
        subject = SUBJECTS[self.meant]
        self._of.setCurrentIndex({"ticket": 1, "contract": 2, "span": 3}.get(subject, 0))
        said = tr(_SAYS[self.meant])
        self.explained.setText(said)
        self.kind.setToolTip(said)
        place, count = self.period.currentIndex(), self.period.count()
        self.before.setEnabled(place < count - 1)
        self.after.setEnabled(place > 0)
        period = self.period.currentData()
        timely = subject in ("month", "quarter", "year") and period is not None
        running = timely and self._ends[period] >= day_of(datetime.now(UTC))
        self._open_mark.setVisible(running)
        self._running_month.setVisible(running)
        self._running_month.show_text(tr("The period is not over: facts up to now"))
        self.changed.emit()

    def _step(self, by: int) -> None:
        self.period.setCurrentIndex(self.period.currentIndex() + by)
        self.chosen.emit()
