"""The left of the tickets tab: search, filters, the list, and what was found elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Final, cast

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QLineEdit, QMenu

from gmops_desktop.contract.clocks import Clock
from gmops_desktop.contract.ticket_filters import TicketFilter, Which
from gmops_desktop.contract.tickets import ENDED, WAITING
from gmops_desktop.language import mark, tr, tr_n
from gmops_desktop.services.finding import Finding, Found, TicketLine
from gmops_desktop.settings import SettingsFile
from gmops_desktop.tasks import TaskRunner
from ui import words
from ui.icons import icon
from ui.ticket_batch import BatchBar
from ui.ticket_filters import FilterBar
from ui.ticket_list import RowClocks, entry_of
from ui.ticket_order import SORT_KEY, DueTimes, OrderBar
from ui.widgets.frames import Segments, button, column, line, row
from ui.widgets.lists import WorkList
from ui.widgets.panes import Pane

LIST_WIDTH: Final = 316
_SEARCH_MS: Final = 150

# Where the window shows what is no ticket, and what such things are called.
_PAGES: Final = {
    "change": ("patches", mark("Change")),
    "report": ("reports", mark("Report")),
    "contact": ("settings", mark("Contact")),
    "resource": ("status", mark("Resource")),
    "contract": ("settings", mark("Contract")),
}


class TicketFinder(Pane):
    """Shows the tickets that fit; `picked` carries the id of the one in sight.

    `page_wanted` asks for another page and a thing there.
    """

    picked = Signal(str)
    page_wanted = Signal(str, str)

    def __init__(
        self,
        finding: Finding,
        clocks: Callable[[Sequence[str]], Mapping[str, Sequence[Clock]]],
        runner: TaskRunner,
        settings: SettingsFile | None = None,
    ) -> None:
        super().__init__()
        self._finding = finding
        self._all: tuple[TicketLine, ...] = ()
        self._fresh = True  # nothing was shown yet
        self._clocks = RowClocks(clocks, runner, self)
        self._due = DueTimes(clocks, runner, self)
        self._sorted: Sequence[TicketLine] = ()
        self.shown: list[TicketLine] = []
        self.still = self.waiting = 0  # how many are open, and how many of them wait for Party A

        self.search = QLineEdit()
        self.search.setClearButtonEnabled(True)
        hint = tr("Search: number, words, person")
        self.search.setPlaceholderText(hint)
        self.search.setAccessibleName(hint)
        self.search.setToolTip(tr("{hint} (Ctrl+F)", hint=hint))
        glass = QAction(icon("magnifying-glass", "text3"), hint, self)
        self.search.addAction(glass, QLineEdit.ActionPosition.LeadingPosition)
        self.filters = FilterBar(settings)
        self.which = Segments(
            [("open", tr("Open")), ("waiting", tr("Waiting")), ("all", tr("All"))],
            "open",
            tr("Which tickets"),
        )
        self.batch = BatchBar()
        self.sorting = OrderBar(settings)
        self.list = WorkList(tr("Tickets"), many=True)
        self.elsewhere = button("", kind="quiet", scale="small", tip=tr("Found outside of tickets"))
        self._others = QMenu(self.elsewhere)
        self.elsewhere.setMenu(self._others)
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(_SEARCH_MS)

        self.setFixedWidth(LIST_WIDTH)
        asked = row(None, self.search, self.filters.button)
        asked.setStretch(0, 1)
        self.add(
            column(None, asked, row(None, self.which, None), self.filters, margins=(12, 10, 12, 8))
        )
        self.add(row(None, self.sorting, margins=(9, 0, 9, 2)))
        self.add(line())
        self.add(self.batch)
        self.add(self.list, 1)
        self.add(row(None, self.elsewhere, None, margins=(8, 0, 8, 0)))
        self.elsewhere.hide()
        self._add_shortcuts(hint)
        self.search.installEventFilter(self)
        self.list.installEventFilter(self)
        self.search.textChanged.connect(lambda _text: self._typing.start())
        self._typing.timeout.connect(self._show)
        self.which.chosen.connect(self._choose_which)
        self.filters.attach(self._filter)
        self.filters.changed.connect(self._show)
        self.filters.saved_chosen.connect(self._use_filter)
        self.sorting.changed.connect(self._rearrange)
        self._due.came.connect(self._rearranged)
        self._clocks.came.connect(self.list.viewport().update)
        self.list.picked.connect(self.picked)
        self.list.chose.connect(lambda: self.batch.show_count(len(self.list.chosen)))
        self.batch.let_go.connect(self.list.select_one)

    @property
    def all(self) -> tuple[TicketLine, ...]:
        """Every ticket, the newest first."""
        return self._all

    def show_tickets(self, lines: tuple[TicketLine, ...], resources: Mapping[str, str]) -> None:
        """Show other tickets by the same filter; `resources` are names by id."""
        self._clocks.forget()
        self._all = lines
        self.filters.show_resources(resources)
        states = Counter(one.state for one in lines)
        self.waiting = sum(states[state] for state in WAITING)
        self.still = len(lines) - sum(states[state] for state in ENDED)
        self.which.rename("open", tr("Open {count}", count=self.still))
        self.which.rename("waiting", tr("Waiting {count}", count=self.waiting))
        if self._fresh and lines and not self.still:
            self.which.choose("all")  # a page that opens empty helps nobody
        self._fresh = not lines
        self._rearrange()

    def show_item(self, identity: str) -> bool:
        """Show the ticket of that id or number, whatever the filter was; say whether it is here."""
        found = next((one for one in self._all if identity in (one.id, one.number)), None)
        if found is None:
            return False
        self.search.clear()
        if not self._filter().passes(found):
            self.filters.take(TicketFilter())
            self.which.choose("all" if found.state in ENDED else "open")
        self.show_now()
        return self.list.select(found.id)

    def show_now(self) -> None:
        """Show what fits the search, without waiting for a pause in the typing."""
        self._typing.stop()
        self._show()

    def let_clocks_run(self) -> None:
        """Show the clocks in sight as they stand now."""
        self._clocks.grow_old()
        self.list.viewport().update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let the arrow go from the search into the list, and Escape select one row only."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if watched is self.search and event.key() == Qt.Key.Key_Down:
                self.show_now()
                self.list.setFocus()
                return True
            if watched is self.list and event.key() == Qt.Key.Key_Escape:
                self.list.select_one()
                return True
        return super().eventFilter(watched, event)

    def _add_shortcuts(self, hint: str) -> None:
        find = QAction(hint, self)
        find.setShortcut(QKeySequence.StandardKey.Find)
        find.triggered.connect(self.search.setFocus)
        find.triggered.connect(self.search.selectAll)
        self.addAction(find)
        sort = QAction(tr("Order of the list"), self)
        sort.setShortcut(QKeySequence(SORT_KEY))
        sort.triggered.connect(self.sorting.focus)
        self.addAction(sort)

    # -- what is shown

    def _filter(self) -> TicketFilter:
        which, text = cast(Which, self.which.current), self.search.text().strip()
        return replace(self.filters.filter, which=which, text=text)

    @Slot(str)
    def _choose_which(self, key: str) -> None:
        self.which.choose(key)
        self._show()

    @Slot(object)
    def _use_filter(self, wanted: TicketFilter) -> None:
        self.which.choose(wanted.which)
        self.search.setText(wanted.text)
        self.show_now()

    @Slot()
    def _rearrange(self) -> None:
        """Show the tickets in the order that is chosen; due times follow when they are known."""
        if self.sorting.order.by == "due":
            self._due.look([one.id for one in self._all if one.state not in ENDED])
        self._rearranged()

    @Slot()
    def _rearranged(self) -> None:
        self._sorted = self.sorting.order.sort(self._all, self._due.known)
        self._show()

    @Slot()
    def _show(self) -> None:
        wanted = self._filter()
        passes = wanted.passes
        found = self._finding.tickets(wanted.text) if wanted.text else None
        there = self._sorted
        shown = [one for one in there if (found is None or one.id in found) and passes(one)]
        self.shown, clocks = shown, self._clocks
        self.list.show_lazily(
            [one.id for one in shown], lambda place: entry_of(shown[place], clocks)
        )
        self._show_elsewhere(self._finding.everywhere(wanted.text))

    def _show_elsewhere(self, found: Sequence[Found]) -> None:
        """Offer what was found outside of tickets."""
        self._others.clear()
        for one in found:
            page, word = _PAGES.get(one.kind, ("", mark("Record")))
            title = one.title or words.stamp(one.at)
            action = self._others.addAction(
                tr("{kind}: {title}", kind=tr(word), title=title.replace("&", "&&"))
            )
            action.triggered.connect(partial(self._go_to, page, one.subject))
            action.setEnabled(bool(page))
        self.elsewhere.setText(
            tr_n(
                "Also found: {count} other record",
                "Also found: {count} other records",
                len(found),
            )
        )
        self.elsewhere.setAccessibleName(self.elsewhere.text())
        self.elsewhere.setVisible(bool(found))

    def _go_to(self, page: str, identity: str, _checked: bool = False) -> None:
        self.page_wanted.emit(page, identity)
