"""What is due: the few things that press most on a card, and all of them in a list of their own."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gmops_desktop.contract.obligations import Todo
from gmops_desktop.language import tr
from gmops_desktop.services.obligations import Due
from gmops_desktop.tasks import TaskRunner
from ui.dialogs.sheet import Sheet
from ui.theme import CARD_ROW_HEIGHT, HEADER_HEIGHT
from ui.widgets.badges import StateBadge
from ui.widgets.frames import Card, Label, Segments, WholeRows, button, clear, disable, link, row
from ui.widgets.table_model import Column
from ui.widgets.tables import Table

_BADGE_WIDTH: Final = 120  # so that texts stand in one line, whichever badges there are
_ROWS: Final = 4  # in sight; all of them are a click away
_LISTED: Final = 14


class DueCard(Card):
    """What today asks for, or what this month still lacks.

    `followed` carries the number of a ticket or change, `wanted` a page and what to show there.
    """

    followed = Signal(str)
    wanted = Signal(str, str)

    def __init__(self, runner: TaskRunner) -> None:
        super().__init__(tr("What is due"))
        self._runner = runner
        self._today: Sequence[Due] = ()
        self._month: Sequence[Due] = ()
        self.more = link("", self._show_all, tr("Everything that is due"))
        self.span = Segments(
            [("today", tr("Today")), ("month", tr("This month"))], "today", tr("What is due")
        )
        self._lines = QVBoxLayout()
        self._lines.setSpacing(4)
        self.head.addWidget(self.more)
        self.head.addWidget(self.span)
        self.add(self._lines)
        self.span.chosen.connect(lambda _key: self._show())

    def show_due(self, today: Sequence[Due], month: Sequence[Todo]) -> None:
        """Show what there is now."""
        self._today = today
        self._month = [
            Due("warning", tr("missing"), one.text, page=one.page, identity=one.form)
            for one in month
        ]
        self._show()

    @property
    def _chosen(self) -> Sequence[Due]:
        return self._month if self.span.current == "month" else self._today

    def _show(self) -> None:
        clear(self._lines)
        self.span.rename("today", tr("Today {count}", count=len(self._today)))
        self.span.rename("month", tr("This month {count}", count=len(self._month)))
        found, rest = self._chosen, len(self._chosen) - _ROWS
        self.more.setText(tr("{count} more", count=rest))
        self.more.setVisible(rest > 0)
        badges = [StateBadge(one.state, one.word) for one in found[:_ROWS]]
        width = max((made.sizeHint().width() for made in badges), default=0)
        for one, made in zip(found, badges, strict=False):
            badge = QWidget()
            badge.setFixedWidth(max(_BADGE_WIDTH, width))
            row(badge, made, None)
            items: list[QWidget | None] = [badge, Label(one.text)]
            if one.number:
                go = partial(self._go, one)
                items.append(link(one.number, go, tr("Open {number}", number=one.number)))
            elif one.page:
                items.append(link(tr("Go"), partial(self._go, one), one.text))
            listed = row(None, *items)
            listed.setStretch(1, 1)
            self._lines.addLayout(listed)
        if not found:
            nothing = tr("Nothing is due today.")
            if self.span.current == "month":
                nothing = tr("Nothing is missing this month.")
            self._lines.addWidget(Label(nothing, "caption"))

    def _show_all(self) -> None:
        sheet = DueSheet(self.window(), self._chosen, self._runner)
        sheet.chosen.connect(self._go)
        sheet.open()

    def _go(self, due: Due) -> None:
        if due.number:
            self.followed.emit(due.number)
        else:
            self.wanted.emit(due.page, due.identity)


class DueSheet(Sheet):
    """All that is due; `chosen` carries what somebody wants to see to."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None, found: Sequence[Due], runner: TaskRunner) -> None:
        super().__init__(parent, tr("What is due"), width=720)
        columns: list[Column[Due]] = [
            Column(tr("State"), lambda one: one.word, 152, state=lambda one: one.state),
            Column(tr("What"), lambda one: one.text, tip=lambda one: one.text),
            Column(tr("No."), lambda one: one.number, 80, muted=True),
        ]
        self.table: Table[Due] = Table(
            columns, name=tr("What is due"), runner=runner, identity=lambda one: one.text
        )
        held = WholeRows(self.table)
        held.setFixedHeight(HEADER_HEIGHT + _LISTED * CARD_ROW_HEIGHT)
        self.body.addWidget(held)
        self.go = button(tr("Go"), self._go, kind="primary", tip=tr("See to it"))
        self.add_button(self.go, default=True)
        self.add_close(tr("Close"))
        self.table.picked.connect(self._pick)
        self.table.opened.connect(lambda _due: self._go())
        self.table.set_rows(found)
        self.table.selectRow(0)

    def _pick(self, due: Due | None) -> None:
        leads = due is not None and bool(due.number or due.page)
        disable(self.go, "" if leads else tr("Choose a line first."), tr("See to it"))

    def _go(self) -> None:
        due = self.table.current
        if due is not None and (due.number or due.page):
            self.accept()
            self.chosen.emit(due)
