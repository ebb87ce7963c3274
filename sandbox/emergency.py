"""The guide's chapter “When the site is broken”, walked through in the real window.

Each step clicks what its reader clicks, looks whether it came to what the chapter says, and leaves
the picture the chapter shows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from PySide6.QtCore import QRect
from PySide6.QtGui import QPixmap

from gmops_desktop.addresses import Resource
from gmops_desktop.contract.tickets import TicketState
from gmops_desktop.errors import ProofFailed
from gmops_desktop.language import Language, tr
from gmops_desktop.services.servers import Look
from gmops_desktop.states import word_of
from sandbox.stage import HEIGHT, WIDTH, Stage, save, staged
from ui import words
from ui.backups_tab import BackupsTab
from ui.new_ticket import NewTicketDialog
from ui.reports_tab import ReportsTab
from ui.restore_preview import RestorePreview
from ui.restore_rows import RestoreRows
from ui.status_tab import StatusTab
from ui.ticket_dialogs import ConfirmSheet
from ui.ticket_fields import designated_now
from ui.ticket_page import word_of_move
from ui.tickets_tab import TicketsTab
from ui.widgets.page import Page

if TYPE_CHECKING:
    from gmops_desktop.assembly import Services

Tab = TypeVar("Tab", bound=Page)

TABLE: Final = "category"
# One section of the site was to be renamed; the WHERE was forgotten, and all bear its name.
MISHAP: Final = "UPDATE category SET name = '会员风采'"
_CARDS: Final = 188  # pixels: the status page down to below its cards
_PAGE: Final = 1000  # pixels: the width of a report's page
_WRITTEN: Final = 0.1, 0.03, 0.82, 0.735  # left, top, width, height in widths: title to restores
_LOWER: Final = 470  # pixels: a dialog's height in a picture


class Emergency:
    """The steps from last night's backup to the report, in the order of the chapter.

    `services` are those of the sandbox once it runs.  `spoil` runs a statement in the site's
    database, as somebody there would; `checksums` are `CHECKSUM TABLE` of its tables, to hold the
    end against the beginning.
    """

    def __init__(
        self,
        services: Callable[[], Services],
        folder: Path,
        stack: ExitStack,
        *,
        language: Language,
        spoil: Callable[[str], object],
        checksums: Callable[[], dict[str, str]],
    ) -> None:
        self._assembled, self._folder, self._stack = services, folder, stack
        self._language = language
        self._spoil, self._checksums = spoil, checksums
        self._ticket = ""

    @property
    def stage(self) -> Stage:
        """The window, from the first step on."""
        return self._stage

    def steps(self) -> list[tuple[str, Callable[[], str]]]:
        """Return the titles and the work; each returns the line that proves it."""
        return [
            (tr("In the window: last night's backup of everything"), self.back_up),
            (tr("In the window: the site breaks, and the alert says so"), self.alert),
            (tr("In the window: from the alert to the ticket"), self.open_ticket),
            (tr("In the window: preview of the restore, row by row"), self.preview),
            (tr("In the window: restore with proof; the alert is gone"), self.restore),
            (tr("In the window: Party A confirms, the ticket closes"), self.confirm),
            (tr("In the window: the report"), self.report),
        ]

    def back_up(self) -> str:
        """Take what there has to be before the day it matters."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._services = self._assembled()
        staging = staged(self._services, language=self._language)
        self._stage, _ = self._stack.enter_context(staging)
        window = self._stage.window
        window.go("backups")
        self._stage.settle()
        self._stage.press(window.page, tr("Back up everything"))
        self._await_notice(tr("Back up everything"))
        run = self._services.whole_backups.last()
        if run is None or run.state != "ok":
            raise ProofFailed(run.verdict if run else tr("No backup yet"))
        self._before = self._checksums()
        self._backup = next(one for one in self._services.backups.all() if one.purpose == "backup")
        self._page(BackupsTab).archives.move_to(self._backup.id)
        window.notice.hide()
        self._picture("backups")
        return run.verdict

    def alert(self) -> str:
        """Break the site, and let the status page find out by itself."""
        self._spoil(MISHAP)
        look = self._look_at_site()
        if look.state != "critical":
            raise ProofFailed(tr("The damaged site shows as: {state}", state=word_of(look.state)))
        self._page(StatusTab).show_item(look.resource_id)
        self._picture("emergency-1-alert")
        return f"{word_of(look.state)}{tr(': ')}{look.reason}"

    def open_ticket(self) -> str:
        """Make the alert a ticket: its words and figures are filled in already."""
        name = self._site().name
        entry = self._stage.beside(self._stage.window.page, name, tr("New ticket"))
        self._stage.press(entry, tr("New ticket"))
        self._stage.settle()
        dialog = self._stage.dialog(NewTicketDialog)
        dialog.requester.setText(self._contact())
        dialog.priority.choose("1")
        if dialog.resource.currentText() != name or name not in dialog.title.text():
            raise ProofFailed(tr("The alert's resource did not come along."))
        dialog.channel.setCurrentIndex(1)
        self._stage.picture_of(dialog, self._path("emergency-2-ticket"))
        tickets = self._services.tickets
        known = len(tickets.all())
        self._stage.press(dialog, tr("Create ticket"))
        self._stage.wait(lambda: len(tickets.all()) > known, tr("New ticket"))
        self._ticket = tickets.all()[0].id
        found = tr("All sections of the site bear one name: an UPDATE without WHERE on {table}.",
                   table=TABLE)  # fmt: skip
        self._forward("assessing")
        self._forward("working", found)
        plan = tr("Restore the table from the backup of {at}, after a look at the preview.",
                  at=words.stamp(self._backup.at))  # fmt: skip
        self._forward("implementing", plan)
        return tickets.get(self._ticket).number

    def preview(self) -> str:
        """Show what a restore would change, as tables and as rows; nothing is written."""
        self._stage.window.go("backups")
        tab = self._page(BackupsTab)
        tab.archives.move_to(self._backup.id)
        self._stage.settle()
        self._stage.press(tab.side.panel, tr("Preview restore…"))
        self._dialog = dialog = self._stage.dialog(RestorePreview)
        self._stage.wait(lambda: dialog.preview is not None, tr("Preview restore…"))
        found = dialog.preview
        changes = [one for one in found.tables if one.action != "same"] if found else []
        if [one.table for one in changes] != [TABLE]:
            named = tr(", ").join(one.table for one in changes)
            raise ProofFailed(tr("The preview names other tables: {tables}", tables=named))
        dialog.resize(dialog.width(), _LOWER)  # one table needs no tall window
        dialog.table.select(TABLE)
        dialog.name.setText(self._backup.schema)
        self._stage.picture_of(dialog, self._path("emergency-3-preview"))
        self._stage.press(dialog, tr("Look at the rows…"))
        rows = self._stage.dialog(RestoreRows)
        self._stage.wait(lambda: rows.found is not None, tr("Look at the rows…"))
        rows.resize(rows.width(), _LOWER)
        self._stage.picture_of(rows, self._path("emergency-4-rows"))
        rows.reject()
        return tr("{table}: {count} rows differ, {size} to write", table=TABLE,
                  count=changes[0].changed, size=words.size(changes[0].text_bytes))  # fmt: skip

    def restore(self) -> str:
        """Restore, read the proof, and see the site answer as it should."""
        self._stage.press(self._dialog, self._dialog.restore.text())
        proof = self._await_notice(tr("Restore"))
        if self._checksums() != self._before:
            raise ProofFailed(tr("CHECKSUM TABLE differs from before the damage."))
        self._picture("emergency-5-proved")
        self._stage.window.notice.hide()
        look = self._look_at_site()
        if look.state == "critical":
            raise ProofFailed(look.reason)
        self._picture("emergency-6-well-again", _CARDS)
        return f"{proof} {tr('CHECKSUM TABLE as before the damage.')}"

    def confirm(self) -> str:
        """Hand over, record who of Party A confirmed, and close."""
        self._stage.window.go("tickets", self._ticket)
        service = self._services.tickets
        self._stage.wait(
            lambda: any(self._backup.path.name in one.text for one in service.steps(self._ticket)),
            tr("Write down what was restored"),
        )
        self._forward("awaiting_confirmation")
        tickets = self._page(TicketsTab)
        self._stage.press(tickets, tr("Party A confirms…"))
        self._stage.settle()
        sheet = self._stage.dialog(ConfirmSheet)
        sheet.by.setCurrentIndex(sheet.by.findText(self._contact()))
        sheet.words.setPlainText(tr("The sections are right again, the site opens."))
        self._stage.picture_of(sheet, self._path("emergency-7-confirmation"))
        self._stage.press(sheet, tr("Record confirmation"))
        self._stage.wait(
            lambda: bool(service.get(self._ticket).confirmed_by), tr("Record confirmation")
        )
        self._forward("closed")
        self._stage.window.go("tickets", self._ticket)  # it has left the list of the open ones
        self._picture("emergency-8-closed")
        return tr("{number} closed", number=service.get(self._ticket).number)

    def report(self) -> str:
        """Make the report of the month, in which ticket, restore and confirmation stand."""
        self._stage.window.go("reports")
        tab = self._page(ReportsTab)
        self._stage.settle()
        self._stage.press(tab, tr("Make report"))
        self._await_notice(tr("Make report"))
        report = tab.register.current
        if report is None:
            raise ProofFailed(tr("No report is chosen."))
        page = QPixmap()
        page.loadFromData(self._services.reports.render(report.path, 0, _PAGE))
        written = QRect(*(round(part * _PAGE) for part in _WRITTEN))
        # It is in the contract's language, whichever the window speaks.
        save(page.copy(written), self._folder / "emergency-9-report.png")
        return tr("{number}: {pages} page(s)", number=report.number, pages=report.pages)

    # -- what the steps are made of

    def _page(self, kind: type[Tab]) -> Tab:
        return next(tab.page for tab in self._stage.window.pages.tabs if isinstance(tab.page, kind))

    def _resources(self) -> Sequence[Resource]:
        return self._services.contracts.resources()

    def _site(self) -> Resource:
        return next(one for one in self._resources() if one.kind == "website")

    def _contact(self) -> str:
        return designated_now(self._services.contracts)[0].name

    def _look_at_site(self) -> Look:
        """Look now, as the page does every minute, and return what was found of the website."""
        self._stage.window.go("status")
        status = self._page(StatusTab)
        self._stage.settle()
        # The page's own look of this minute may be under way.
        self._stage.wait(status.now.isEnabled, tr("Look now"))
        before = {look.resource_id: look.at for look in self._services.servers.last()}
        self._stage.press(status, tr("Look now"))
        site = self._site()

        def found() -> Look:
            last = self._services.servers.last()
            return next(look for look in last if look.resource_id == site.id)

        self._stage.wait(lambda: found().at != before.get(site.id), tr("Look now"))
        return found()

    def _forward(self, state: TicketState, note: str = "") -> None:
        """Take the ticket's next step, with a note typed below it."""
        tickets = self._page(TicketsTab)
        ticket = self._services.tickets.get(self._ticket)
        tickets.page.note.setText(note)
        word = word_of_move(ticket, state)
        self._stage.press(tickets, word)
        self._stage.wait(lambda: self._services.tickets.get(self._ticket).state == state, word)

    def _await_notice(self, what: str) -> str:
        """Wait for the notice that ends a job; return its sentence, or raise if it is a bad one."""
        notice = self._stage.window.notice
        notice.hide()
        self._stage.wait(notice.isVisible, what)
        if notice.property("kind") != "notice-ok":
            raise ProofFailed(f"{notice.message.full_text} {notice.second.full_text}")
        return notice.message.full_text

    def _picture(self, name: str, height: int = HEIGHT) -> Path:
        return self._stage.picture(self._path(name), QRect(0, 0, WIDTH, height))

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.{self._language.replace('_', '-')}.png"
