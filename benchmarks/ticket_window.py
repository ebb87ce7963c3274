"""The window's part of the ticket benchmark: the list opened, scrolled, searched and walked, a long
ticket opened, a thousand moved; painted offscreen, with the window's own widgets."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from itertools import cycle
from typing import TYPE_CHECKING, Final

from benchmarks.figures import Figure, timed
from db.engine import Database
from db.ids import uuid7
from db.journal import Fact, Journal, New
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.finding import Finding
from gmops_desktop.services.tickets import Tickets

if TYPE_CHECKING:
    from gmops_desktop.tasks import TaskRunner
    from ui.tickets_tab import TicketsTab

_ROW: Final = 56  # pixels
_LONG: Final = 500  # entries of the ticket that is opened
_MANY: Final = 1000  # tickets moved at once
_ASKED_FRAME: Final = 50  # ms


def turn(milliseconds: int = 0) -> None:
    """Let the event loop run, as it does in the program: `QTest.qWait` keeps all other threads of
    Python waiting meanwhile."""
    from PySide6.QtCore import QEventLoop, QTimer

    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def window(
    database: Database, journal: Journal, now: datetime, add: Callable[[Figure], None]
) -> None:
    """Measure what the user waits for."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import QPoint, QPointF, Qt
    from PySide6.QtGui import QWheelEvent
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication

    from gmops_desktop.tasks import TaskRunner
    from ui.new_ticket import NewTicketDialog
    from ui.program import shorten_pauses
    from ui.theme import Appearance
    from ui.tickets_tab import TicketsTab

    long = _long_ticket(database, journal)
    application = QApplication.instance() or QApplication([])
    assert isinstance(application, QApplication)
    Appearance(application, "light")
    runner = TaskRunner()
    tickets = Tickets(database, journal, now=lambda: now)
    contracts, finding = Contracts(database, journal), Finding(database)

    def opened() -> TicketsTab:
        tab = TicketsTab(tickets, contracts, runner, finding)
        tab.resize(1278, 716)
        tab.which.choose("all")
        tab.show()
        tab.grab()  # painted, not only made
        return tab

    def rest() -> None:
        turn(200)  # what waits for a pause begins
        while runner.running():
            turn(20)

    opened().close()  # fonts and icons are loaded once
    shorten_pauses()  # as the program does
    made: list[TicketsTab] = []
    add(timed("list opens, all tickets, painted", 5, lambda: made.append(opened()), 300))
    tab = made[-1]
    runner.changed.connect(tab.hear)
    for other in made[:-1]:
        other.retire()
        other.deleteLater()
    rest()
    view = tab.list.viewport()

    def renewed() -> None:
        tab.renew()
        view.repaint()

    add(timed("list shown anew after a step", 5, renewed, 300))
    rest()

    def frame(move: Callable[[], object]) -> None:
        move()
        turn()  # what the event loop does between two frames
        view.repaint()

    bar = tab.list.verticalScrollBar()

    def by(pixels: int) -> None:
        bar.setValue(bar.value() + pixels)

    def wheel() -> None:
        at = QPointF(view.rect().center())
        everywhere = QPointF(view.mapToGlobal(at))
        QApplication.sendEvent(
            view,
            QWheelEvent(
                at, everywhere, QPoint(), QPoint(0, -120), Qt.MouseButton.NoButton,
                Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
            ),
        )  # fmt: skip

    drags = cycle(range(0, bar.maximum(), bar.maximum() // 97))

    def drag() -> None:
        bar.setSliderPosition(next(drags))

    ways: tuple[tuple[str, int, Callable[[], object]], ...] = (
        ("frame while scrolling by the wheel", 300, wheel),
        ("frame while scrolling by a row", 300, partial(by, _ROW)),
        ("frame while scrolling by a page", 200, partial(by, 10 * _ROW)),
        ("frame while flinging through the list", 200, partial(by, 100 * _ROW)),
        ("frame while dragging the scroll bar", 200, drag),
    )
    for what, frames, move in ways:
        bar.setValue(0)
        bar.setSliderDown(move is drag)
        add(timed(what, frames, partial(frame, move), _ASKED_FRAME))
        rest()
    bar.setSliderDown(False)

    letters = iter(["备份", "nginx", "证书", "备份", "db", "502", "备"] * 2)

    def typed() -> None:
        tab.search.setText(next(letters))
        tab.finder.show_now()
        view.repaint()

    add(timed("another word searched, the list painted", 14, typed))
    tab.search.clear()
    tab.finder.show_now()
    rest()

    tab.list.setFocus()
    tab.list.select(tab.finder.shown[100].id)
    rest()

    def key() -> None:
        QTest.keyClick(tab.list, Qt.Key.Key_Down)
        turn()
        tab.repaint()

    add(timed("next ticket by keyboard, its page painted", 100, key))
    rest()

    def far() -> None:
        tab.list.select(tab.finder.shown[0].id)
        tab.repaint()

    def near() -> None:
        tab.list.select(long)
        turn()
        tab.repaint()

    far()
    add(timed(f"ticket with {_LONG} entries opened, painted", 1, near))
    rest()
    _many(tab, runner, rest, add)

    dialog = NewTicketDialog(tickets, contracts, runner, finding)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    dialog.show()
    rest()
    dialog.title.setFocus()

    def letter() -> None:
        QTest.keyClicks(dialog.title, "a")
        turn()
        dialog.repaint()

    add(timed("letter typed in a new ticket", 60, letter, _ASKED_FRAME))
    dialog.close()
    rest()
    runner.shut_down()
    tab.retire()


def _many(
    tab: TicketsTab, runner: TaskRunner, rest: Callable[[], None], add: Callable[[Figure], None]
) -> None:
    """Select all, then move a thousand while somebody scrolls."""
    from PySide6.QtCore import QItemSelection, QItemSelectionModel

    from ui.ticket_batch import BatchReport

    add(timed("all tickets selected", 3, tab.list.selectAll))
    add(timed("list shown anew, all selected", 3, tab.renew))
    tab.list.select_one()
    tab.which.choose("open")
    tab.finder.show_now()
    rest()
    model, chosen = tab.list.model(), QItemSelection()
    many = min(_MANY, len(tab.finder.shown))
    chosen.select(model.index(0, 0), model.index(many - 1, 0))
    tab.list.selectionModel().select(chosen, QItemSelectionModel.SelectionFlag.ClearAndSelect)
    assert len(tab.list.chosen) == many
    bar, begun = tab.list.verticalScrollBar(), time.perf_counter()
    tab.batch.move_wanted.emit("working", "")

    def frame() -> None:
        bar.setValue((bar.value() + _ROW) % bar.maximum())
        turn()
        tab.list.viewport().repaint()

    add(timed(f"frame while {many:,} tickets are moved beside it", 200, frame, _ASKED_FRAME))
    while runner.running():
        turn(20)
    took = (time.perf_counter() - begun) * 1000
    add(Figure(f"{many:,} tickets moved, each by an entry of its own", 1, took, took, 0.0))
    for report in tab.window().findChildren(BatchReport):
        report.close()
    tab.which.choose("all")
    tab.finder.show_now()
    rest()


def _long_ticket(database: Database, journal: Journal) -> str:
    """Write one more ticket, with many entries but not the newest, and return its id."""
    key = uuid7()
    with database.session() as session, session.begin():
        number = journal.next_number(session, "ticket")
        fields = {"number": number, "kind": "incident", "title": "官网反复 502", "priority": 1,
                  "state": "working", "requester": "李慧敏", "description": "",
                  "opened_at": "2018-03-07T01:00:00+00:00"}  # fmt: skip
        notes = (
            Fact("ticket.noted", {}, {"text": f"第 {count} 次查看：php-fpm 退出码 78，已重启"})
            for count in range(_LONG - 1)
        )
        new = New(key, [Fact("ticket.opened", fields), *notes])
        journal.record_new(session, "ticket", [new], lambda done: None)
    return key
