"""The window: the rail of pages, the notice bar above, the job strip below.

It is the one place where failures of background work reach the user, and where changes reach pages.
"""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from PySide6.QtCore import QByteArray, QTimer, Signal, Slot
from PySide6.QtGui import QCloseEvent, QIcon, QKeySequence, QShortcut
from PySide6.QtWidgets import QMainWindow, QWidget

from gmops_desktop.changes import Change
from gmops_desktop.contract.record import ChainReport
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr, tr_n
from gmops_desktop.paths import RESOURCES
from gmops_desktop.settings import SettingsFile
from gmops_desktop.states import STATES
from gmops_desktop.tasks import Task, TaskRunner
from ui.dialogs.failure import FailureDialog
from ui.dialogs.job_log import LogDialog
from ui.dialogs.sheet import Sheet
from ui.icons import icon
from ui.widgets.frames import button, column
from ui.widgets.job_strip import JobStrip
from ui.widgets.notice import NoticeBar
from ui.widgets.page import Page
from ui.widgets.rail import Rail
from ui.widgets.tables import Table

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tab:
    """One page on the rail; `name` is how other pages ask for it."""

    name: str
    word: str
    icon: str
    page: Page


@dataclass(frozen=True, slots=True)
class Pages:
    """All pages, and the three things one can begin from anywhere."""

    tabs: Sequence[Tab]
    new_ticket: Callable[[str, str, str], object]  # title, description, resource
    back_up: Callable[[], object]
    start: str  # the page to show first
    note: Callable[[], object] = lambda: None  # on a ticket


@dataclass(frozen=True, slots=True)
class Remedy:
    """A step that helps after a failure: the button's word, its tooltip, what it does."""

    word: str
    tip: str
    act: Callable[[], object]


class MainWindow(QMainWindow):
    """`build` makes the pages, now and again after a switch of language.

    `verify` checks the journal; it runs in the background at start and after every change.
    `remedies` knows the steps that help after a failure; `on_duty` who answers today by the roster,
    empty for nobody.
    """

    closed = Signal()

    def __init__(
        self,
        build: Callable[[], Pages],
        settings: SettingsFile,
        verify: Callable[[], ChainReport],
        runner: TaskRunner,
        remedies: Callable[[Exception], Sequence[Remedy]] = lambda error: (),
        on_duty: Callable[[], str] = str,
    ) -> None:
        super().__init__()
        self._build, self._settings, self._verify = build, settings, verify
        self._remedies, self._on_duty = remedies, on_duty
        self._retired: list[QWidget] = []  # whose tasks may still want to tell them something
        self._runner = runner
        self._leaving = False
        self.setWindowTitle("GMOps Desktop")
        self.setWindowIcon(QIcon(str(RESOURCES / "icons" / "app.svg")))
        self.resize(1366, 768)
        if settings.current.window:
            self.restoreGeometry(QByteArray(base64.b64decode(settings.current.window)))

        self._make()

        for place in range(7):
            self._shortcut(f"Ctrl+{place + 1}", partial(self._show_page, place))
        self._shortcut("F5", lambda: self.page.reload())
        self._shortcut("Ctrl+N", lambda: self._new_ticket())
        self._shortcut("Ctrl+Shift+T", lambda: self.pages.note())
        self._shortcut("Ctrl+B", lambda: self._back_up())
        runner.failed.connect(self._show_failure)
        runner.changed.connect(self._hear)
        runner.ended.connect(self._go_on_leaving)
        runner.ended.connect(self._bury)

    @property
    def page(self) -> Page:
        """The page in sight."""
        return self.pages.tabs[self.rail.currentIndex()].page

    def page_named(self, name: str) -> Page:
        """Return the page of that name."""
        return next(tab.page for tab in self.pages.tabs if tab.name == name)

    def go(self, name: str, identity: str = "") -> None:
        """Show the page `name`, and there the thing `identity`."""
        for place, tab in enumerate(self.pages.tabs):
            if tab.name == name:
                self.rail.setCurrentIndex(place)
                if identity:
                    tab.page.show_item(identity)

    def rebuild(self) -> None:
        """Make everything in the window anew, in the language chosen now."""
        name = self.pages.tabs[self.rail.currentIndex()].name
        for tab in self.pages.tabs:
            tab.page.retire()
        if (old := self.takeCentralWidget()) is not None:
            old.hide()
            self._retired.append(old)
        self._make(name)
        self._bury()

    @Slot()
    def _bury(self) -> None:
        """Let retired pages go once no task is left that may call one of them."""
        if not self._runner.running():
            for old in self._retired:
                old.deleteLater()
            self._retired.clear()

    # ---------------------------------------------------------------- what it is made of

    def _make(self, shown: str = "") -> None:
        self.pages = self._build()
        self.notice = NoticeBar()
        self.rail = Rail()
        self.strip = JobStrip(self._runner)
        for place, tab in enumerate(self.pages.tabs):
            self.rail.addTab(tab.page, icon(tab.icon, "text2"), tab.word)
            self.rail.setTabToolTip(place, f"{tab.word} (Ctrl+{place + 1})")
            tab.page.counted.connect(partial(self._count, place))
            tab.page.wanted.connect(self._want)
            tab.page.noticed.connect(self.show_notice)
            tab.page.ticket_wanted.connect(self._new_ticket)
            tab.page.rebuild.connect(self.rebuild_soon)
        self.strip.log_wanted.connect(self._show_log)
        self._people_on = date.min
        self._ask_people()
        self.strip.journal.show_text(tr("Journal not yet checked"))
        whole = QWidget()
        column(whole, self.notice, self.rail, self.strip, spacing=0).setStretch(1, 1)
        self.setCentralWidget(whole)
        self._restore_columns()
        self.go(shown or self.pages.start)
        for tab in self.pages.tabs:
            QTimer.singleShot(0, tab.page, tab.page.recount)
        self._check_journal()

    def _tables(self) -> dict[str, Table[Any]]:
        """Return every table by the place it has in its page."""
        return {
            f"{tab.name}/{place}": table
            for tab in self.pages.tabs
            for place, table in enumerate(tab.page.findChildren(Table))
        }

    def _restore_columns(self) -> None:
        known = self._settings.current.columns
        try:
            widths = json.loads(known) if known else {}
        except ValueError:  # somebody edited the file: not worth a window that does not open
            logger.warning("The column widths in the settings cannot be read")
            widths = {}
        for name, table in self._tables().items():
            table.set_widths(widths.get(name, ()))

    @Slot()
    def rebuild_soon(self) -> None:
        """Rebuild when the page that asks for it is done with its own work."""
        QTimer.singleShot(0, self, self.rebuild)

    def _shortcut(self, keys: str, act: Callable[[], object]) -> None:
        QShortcut(QKeySequence(keys), self).activated.connect(lambda: act())

    def _ask_people(self) -> None:
        """Read, in the background, who answers today."""
        lane = "people"
        if sum(task.lane == lane for task in self._runner.running()) > 1:
            return  # the waiting one will see everything
        self._people_on = date.today()
        title = tr("Read the duty roster")
        task = self._runner.start(lambda _context: self._on_duty(), title, lane=lane, quiet=True)
        task.succeeded.connect(self._show_people)

    @Slot(object)
    def _show_people(self, duty: str) -> None:
        """Say in whose name entries are recorded, and who answers today."""
        actor = self._settings.current.actor
        parts = (
            tr("Recorded by: {name}", name=actor) if actor else tr("Recorded by: nobody named"),
            tr("On duty: {name}", name=duty) if duty else tr("On duty: nobody named"),
        )
        self.strip.show_person(" · ".join(parts))

    # ---------------------------------------------------------------- pages

    def _show_page(self, place: int) -> None:
        if place < self.rail.count():
            self.rail.setCurrentIndex(place)

    def _count(self, place: int, count: int, state: str) -> None:
        self.rail.bar.set_count(place, count, next(s for s in STATES if s == state))

    @Slot(str, str)
    def _want(self, name: str, identity: str) -> None:
        if (name, identity) == ("tickets", "+"):
            self._new_ticket()
        elif (name, identity) == ("backups", "+"):
            self._back_up()
        else:
            self.go(name, identity)

    @Slot(str, str, str)
    def _new_ticket(self, title: str = "", text: str = "", resource_id: str = "") -> None:
        self.go("tickets")
        self.pages.new_ticket(title, text, resource_id)

    def _back_up(self) -> None:
        self.go("backups")
        self.pages.back_up()

    @Slot(Change)
    def _hear(self, change: Change) -> None:
        for tab in self.pages.tabs:
            tab.page.hear(change)
        if change & ~Change.SERVERS:  # a look writes samples, not entries
            self._check_journal()
        if change & ~Change.SERVERS or self._people_on != date.today():
            self._ask_people()

    # ---------------------------------------------------------------- notices

    @Slot(str, str, str)
    def show_notice(self, state: str, message: str, second: str) -> None:
        """Put a sentence and a second line into the notice bar."""
        self.notice.show_notice(next(s for s in STATES if s == state), message, second)

    @Slot(Task, Exception)
    def _show_failure(self, task: Task, error: Exception) -> None:
        # A quiet look reports what it did not reach as "unknown", at the thing itself.
        if task.quiet and isinstance(error, OpsError):
            logger.info("%s: %s", task.title, error)
            return
        self.show_error(task.title, error, tuple(task.log))

    def show_error(self, title: str, error: Exception, log: Sequence[str] = ()) -> None:
        """Put a failure into the notice bar, with its details and a ticket one click away."""
        details = button(tr("Details"), tip=tr("What happened, what is unharmed, what next"))
        details.clicked.connect(lambda: FailureDialog(self, title, error, log).open())
        ticket = button(tr("New ticket"), kind="quiet", icon_name="ticket")
        ticket.clicked.connect(lambda: self._new_ticket(title, str(error)))
        helps = [
            button(remedy.word, remedy.act, tip=remedy.tip) for remedy in self._remedies(error)
        ]
        self.notice.show_failure(title, error, log, [*helps, details, ticket])

    @Slot(Task)
    def _show_log(self, task: Task) -> None:
        LogDialog(self, task).open()

    def _check_journal(self) -> None:
        lane = "journal"
        if sum(task.lane == lane for task in self._runner.running()) > 1:
            return  # the waiting one will see everything
        task = self._runner.start(
            lambda context: self._verify(), tr("Check the journal"), lane=lane, quiet=True
        )
        task.succeeded.connect(self._journal_checked)

    @Slot(object)
    def _journal_checked(self, report: ChainReport) -> None:
        count = tr_n("{count} entry", "{count} entries", report.entries)
        if report.ok:
            self.strip.show_journal("ok", f"{tr('Journal verified')} · {count}")
            return
        self.strip.show_journal("critical", f"{tr('Journal damaged')} · {count}")
        self.notice.show_notice(
            "critical",
            tr("The journal does not match its own proofs: {fault}", fault=report.faults[0]),
            tr("Nothing was changed. Keep this data folder as it is and restore it from a copy."),
        )

    # ---------------------------------------------------------------- leaving

    def closeEvent(self, event: QCloseEvent) -> None:
        busy = [task for task in self._runner.running() if not task.quiet]
        if busy and not self._leaving:
            event.ignore()
            self._ask_to_leave(busy)
            return
        geometry = self.saveGeometry().toBase64().toStdString()
        widths = {name: table.widths() for name, table in self._tables().items()}
        try:
            self._settings.change(window=geometry, columns=json.dumps(widths))
        except OpsError as error:  # a full disk must not keep the window open
            logger.warning("%s %s", error, error.hint)
        self.closed.emit()
        super().closeEvent(event)

    def _ask_to_leave(self, busy: Sequence[Task]) -> None:
        text = tr_n(
            "One job is still running: {titles}. Stopping it leaves nothing half done.",
            "{count} jobs are still running: {titles}. Stopping them leaves nothing half done.",
            len(busy),
            titles=tr(", ", context="list").join(task.title for task in busy),
        )
        sheet = Sheet(self, tr("Close the window?"), text, width=480)
        sheet.add_close(tr("Keep working"))
        stop = button(tr("Stop and close"), self._leave, kind="danger")
        stop.clicked.connect(sheet.accept)
        sheet.add_button(stop)
        sheet.open()

    def _leave(self) -> None:
        self._leaving = True
        for task in self._runner.running():
            task.cancel()
        self._go_on_leaving()

    @Slot()
    def _go_on_leaving(self) -> None:
        if self._leaving and not any(not task.quiet for task in self._runner.running()):
            QTimer.singleShot(0, self, self.close)
