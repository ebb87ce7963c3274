"""The tab of the reports: make a month's PDF, look at its real pages, keep the register."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtPrintSupport import QPrintDialog, QPrinter
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFileDialog,
    QLineEdit,
    QSizePolicy,
    QStackedWidget,
    QWidget,
)

from gmops_desktop.changes import Change
from gmops_desktop.contract.terms import Contract, day_of
from gmops_desktop.language import mark, tr, tr_n
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.reports import SUBJECTS, Kind, Report, Reports, word_of_kind
from gmops_desktop.services.reports.signing import Signing
from gmops_desktop.states import State
from gmops_desktop.tasks import TaskRunner
from ui import words
from ui.report_periods import periods_of
from ui.report_preview import ReportPreview
from ui.report_printing import print_pages
from ui.report_signing import ReportSigning
from ui.saving_copies import save_copy
from ui.theme import GAP, ROW_HEIGHT
from ui.widgets.badges import StateMark
from ui.widgets.frames import (
    Card,
    EmptyState,
    Label,
    button,
    column,
    disable,
    icon_button,
    line,
    paragraph,
    row,
)
from ui.widgets.page import Page
from ui.widgets.panes import empty_page
from ui.widgets.tables import Column, FilterField, Table

FORM_WIDTH: Final = 300
REGISTER_WIDTH: Final = 356
_LANE: Final = "reports"
_SAYS: Final[dict[Kind, str]] = {
    "monthly": mark(
        "Tickets with their clocks and Party A's confirmations, backups and proved "
        "restores, patches with their gates, availability with its coverage, and every "
        "special emergency with its reason. Nothing is typed by hand: what is not known "
        "is printed as not known."
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


class ReportsTab(Page):
    """Reports are built one after the other; the preview draws beside them."""

    shows = Change.REPORTS | Change.CONTRACT

    def __init__(
        self, reports: Reports, contracts: Contracts, runner: TaskRunner, signing: Signing
    ) -> None:
        super().__init__(tr("Reports"))
        self._reports = reports
        self._contracts = contracts
        self._runner = runner
        self._gone: frozenset[str] = frozenset()
        self._making = False

        self.kind = QComboBox()
        self.kind.setAccessibleName(tr("Kind"))
        for kind in reports.kinds:
            self.kind.addItem(word_of_kind(kind), kind)
        self.period = QComboBox()
        self.period.setAccessibleName(tr("Period"))
        self.before = icon_button(
            "caret-left", tr("Period before", context="choice"), lambda: self._step(1)
        )
        self.after = icon_button(
            "caret-right", tr("Period after", context="choice"), lambda: self._step(-1)
        )
        self._ends: dict[str, date] = {}  # the last day of each period offered
        self._open_mark = StateMark("warning", 16)
        self._running_month = Label(role="caption")
        self.ticket = QLineEdit()
        self.ticket.setAccessibleName(tr("Number of the ticket"))
        self.ticket.setPlaceholderText("T-0001")
        self._of = QStackedWidget()
        self._explained = paragraph("", "caption")
        self.make_button = button(
            tr("Make report"),
            self.make,
            kind="primary",
            icon_name="file-pdf",
            scale="large",
            shortcut="Ctrl+G",
        )
        self.open_button = button(tr("Open", context="file"), self._open, icon_name="eye")
        self.save_button = button(tr("Save as…"), self._save, icon_name="download-simple")
        self.print_button = button(
            tr("Print…"), self._print, icon_name="printer", shortcut="Ctrl+P"
        )
        self.signing = ReportSigning(self, signing, runner)
        self.sign_button = button(tr("Sign"), self._sign, icon_name="pen", shortcut="Ctrl+Shift+S")
        self.return_button = button(tr("File a return…"), self._file, icon_name="tray")
        self.verify_button = button(
            tr("Verify a file…"),
            self.signing.ask_file,
            icon_name="shield-check",
            tip=tr("Say of any file whether it is untouched, whose signatures it bears"),
        )
        self.preview = ReportPreview(reports.render, runner)
        self.table: Table[Report] = Table(
            (
                Column(tr("Number"), lambda report: report.number),
                Column(
                    tr("Kind"),
                    lambda report: word_of_kind(report.kind),
                    width=92,
                    tip=lambda report: f"{word_of_kind(report.kind)} {report.period}",
                ),
                Column(
                    tr("Signatures"),
                    lambda report: self._signature(report)[1],
                    width=124,
                    state=lambda report: self._signature(report)[0],
                    tip=lambda report: str(report.path),
                ),
            ),
            name=tr("Register of reports"),
            runner=runner,
            row_height=ROW_HEIGHT,
        )
        self.filter = FilterField(self.table, tr("Filter"), width=116)
        self._count = Label(role="caption")
        self._pages = QStackedWidget()
        self._first = button(tr("Load the example contract"), self._load_example, kind="primary")
        self._connect = button(
            tr("Enter the contract…"), lambda: self.wanted.emit("settings", "contract")
        )

        self._lay_out()
        self.period.currentIndexChanged.connect(self._judge)
        self.kind.currentIndexChanged.connect(self._choose_kind)
        self.ticket.textChanged.connect(self._judge)
        self.ticket.returnPressed.connect(self.make)
        self.table.picked.connect(self._show_report)
        self.table.opened.connect(lambda _report: self._open())
        self.signing.done.connect(self.noticed)
        self.signing.changed.connect(self._changed)

    def refresh(self) -> None:
        """Show the register and the months of the contract as they are stored now."""
        contract = self._contracts.current()
        self._offer(contract)
        found = self._reports.all(contract)
        self._gone = frozenset(report.id for report in found if not report.path.exists())
        self._count.show_text(tr_n("{count} report", "{count} reports", len(found)))
        self.table.set_rows(found)
        if self.table.current is None and found:
            self.table.selectRow(0)
        newest = tr("last one made {age}", age=words.ago(found[0].made_at)) if found else ""
        self.head.caption.show_text(newest or tr("None made yet"))
        self._pages.setCurrentIndex(0 if contract is not None or found else 1)
        self._judge()

    def _offer(self, contract: Contract | None) -> None:
        """Offer the periods of the chosen kind that have begun, the newest first."""
        chosen = self.period.currentData()
        blocked = self.period.blockSignals(True)
        self.period.clear()
        self._ends = {}
        if contract is not None:
            subject = SUBJECTS[self.kind.currentData()]
            today = day_of(datetime.now(UTC))
            for one in periods_of(subject, contract, max(today, contract.start)):
                self._ends[one.written] = one.end
                self.period.addItem(one.words, one.written)
        self.period.setCurrentIndex(max(0, self.period.findData(chosen)))
        self.period.blockSignals(blocked)

    def show_item(self, identity: str) -> None:
        """Show the report of that id or number, or be ready to make that of a month (2018-04)."""
        if re.fullmatch(r"\d{4}-\d\d", identity):
            self.kind.setCurrentIndex(self.kind.findData("monthly"))
        if (place := self.period.findData(identity)) >= 0:
            self.period.setCurrentIndex(place)
            self.make_button.setFocus()
            return
        for report in self.table.rows.shown:
            if identity in (report.id, report.number):
                self.table.select(report.id)
                return

    @Slot()
    def make(self) -> None:
        """Make the document chosen, of the month or the ticket that is named."""
        kind, reports = self.kind.currentData(), self._reports
        of, named = self._named()
        if of is None or self._making:
            return
        self._making = True
        task = self._runner.start(
            lambda context: reports.make(kind, of, context),
            tr("Make report {period}", period=named),
            lane=_LANE,
            changes=Change.REPORTS,
        )
        task.succeeded.connect(self._made)
        task.finished.connect(self._ended)
        self._judge()

    def _lay_out(self) -> None:
        form = Card()
        form.setFixedWidth(FORM_WIDTH)
        form.add(column(None, Label(tr("Kind"), "caption"), row(None, self.kind), spacing=4))
        for word, field in (
            (tr("Period"), row(None, self.period, self.before, self.after)),
            (tr("Ticket"), row(None, self.ticket)),
            (tr("Contract"), row(None, Label(tr("The current contract")))),
        ):
            page = QWidget()
            column(page, Label(word, "caption"), field, spacing=4)
            self._of.addWidget(page)
        self._of.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        form.add(self._of)
        self.kind.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.period.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        form.add(row(None, self._open_mark, self._running_month))
        form.add(Label(tr("What stands in it"), "strong"))
        form.add(self._explained)
        form.add(
            paragraph(
                tr(
                    "The heads of the journal are printed on it: once signed, no earlier entry "
                    "can be changed unseen."
                ),
                "hint",
            )
        )
        form.add_stretch()
        form.add(line())
        form.add(self.make_button)
        form.add(row(None, self.open_button, self.save_button))
        form.add(row(None, self.print_button, self.sign_button))
        form.add(row(None, self.return_button, self.verify_button))
        for made in (
            self.open_button,
            self.save_button,
            self.print_button,
            self.make_button,
            self.sign_button,
            self.return_button,
            self.verify_button,
        ):
            made.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        register = Card()
        register.setFixedWidth(REGISTER_WIDTH)
        register.add(
            row(
                None,
                Label(tr("Register of reports"), "strong", elide=False),
                self._count,
                None,
                self.filter,
            )
        )
        register.add_table(self.table)
        body = QWidget()
        layout = row(body, form, margins=(16, 12, 16, 12), spacing=GAP)
        layout.addWidget(self.preview, 1)
        layout.addWidget(register)
        self._pages.addWidget(body)
        self._pages.addWidget(
            empty_page(
                EmptyState(
                    "file-text",
                    tr("No contract yet"),
                    tr(
                        "A report belongs to a contract: its parties, its period and its items. "
                        "Enter yours, or load the example and look around."
                    ),
                    (self._first, self._connect),
                    tr("The example can be replaced at any time."),
                )
            )
        )
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.addWidget(self._pages)

    # -- what is shown

    def _signature(self, report: Report) -> tuple[State | None, str]:
        if report.id in self._gone:
            return "critical", tr("File missing")
        if report.signed == "both":
            return "ok", tr("Signed by both")
        if report.signed == "party_b":
            return "warning", tr("Party A to sign")
        return None, tr("Not signed")

    @Slot(object)
    def _show_report(self, report: Report | None) -> None:
        self.preview.show_report(report, report is not None and report.id in self._gone)
        self._judge()

    @Slot()
    def _judge(self) -> None:
        """Say what cannot be done now, and why; warn of a month that is not over."""
        kind: Kind = self.kind.currentData()
        subject = SUBJECTS[kind]
        self._of.setCurrentIndex({"ticket": 1, "contract": 2, "span": 2}.get(subject, 0))
        self._explained.setText(tr(_SAYS[kind]))
        place, count = self.period.currentIndex(), self.period.count()
        self.before.setEnabled(place < count - 1)
        self.after.setEnabled(place > 0)
        period = self.period.currentData()
        timely = subject in ("month", "quarter", "year") and period is not None
        running = timely and self._ends[period] >= day_of(datetime.now(UTC))
        self._open_mark.setVisible(running)
        self._running_month.setVisible(running)
        self._running_month.show_text(tr("The period is not over: facts up to now"))
        reason = tr("A report is being made.") if self._making else ""
        if period is None:
            reason = tr("There is no contract yet.")
        elif self._named()[0] is None:
            reason = tr("Name the ticket first.")
        disable(self.make_button, reason, tr("Make this document (Ctrl+G)"))
        report = self.table.current
        missing = tr("No report is chosen.") if report is None else ""
        if report is not None and report.id in self._gone:
            missing = tr("The file is gone.")
        disable(self.open_button, missing, tr("Open the PDF in its program"))
        disable(self.save_button, missing, tr("Copy the PDF somewhere else"))
        disable(self.print_button, missing, tr("Print (Ctrl+P)"))
        signed = report is not None and report.signed != "unsigned"
        again = tr("It is signed already; a correction is a new version.") if signed else ""
        disable(self.sign_button, missing or again, tr("Sign it for Party B (Ctrl+Shift+S)"))
        tip = tr("File what Party A returned: the countersigned file, or a scan")
        disable(self.return_button, missing, tip)

    def _named(self) -> tuple[str | None, str]:
        """Return what the document is of, None while nothing is named, and in words."""
        kind: Kind = self.kind.currentData()
        match SUBJECTS[kind]:
            case "month" | "quarter" | "year":
                return self.period.currentData(), self.period.currentText()
            case "ticket":
                number = self.ticket.text().strip()
                return number or None, number
            case _:
                return "", self.kind.currentText()

    # -- what is done

    @Slot()
    def _choose_kind(self) -> None:
        self._offer(self._contracts.current())
        self._judge()

    def _step(self, by: int) -> None:
        self.period.setCurrentIndex(self.period.currentIndex() + by)

    @Slot(object)
    def _made(self, report: Report) -> None:
        self.renew()
        self.show_item(report.id)
        pages = tr_n("{count} page", "{count} pages", report.pages)
        self.noticed.emit(
            "ok",
            tr("Report {number} is made.", number=report.number),
            tr("{pages}, {path}", pages=pages, path=report.path),
        )

    @Slot()
    def _ended(self) -> None:
        self._making = False
        self._judge()

    @Slot()
    def _open(self) -> None:
        report = self.table.current
        if report is not None and report.id not in self._gone:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(report.path)))

    @Slot()
    def _save(self) -> None:
        report = self.table.current
        if report is None:
            return
        chosen, _ = QFileDialog.getSaveFileName(
            self, tr("Save report as"), report.path.name, "*.pdf"
        )
        if chosen:
            self.save_as(report, Path(chosen))

    def save_as(self, report: Report, target: Path) -> None:
        """Copy the PDF to `target` in the background."""
        save_copy(report.path, target, self._runner, self.noticed.emit)

    @Slot()
    def _sign(self) -> None:
        if (report := self.table.current) is not None:
            self.signing.ask_sign(report)

    @Slot()
    def _file(self) -> None:
        if (report := self.table.current) is not None:
            self.signing.ask_return(report)

    @Slot(str)
    def _changed(self, identity: str) -> None:
        self.renew()
        self.show_item(identity)

    @Slot()
    def _print(self) -> None:
        report = self.table.current
        if report is None:
            return
        printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        printer.setDocName(report.number)
        dialog = QPrintDialog(printer, self)
        dialog.setMinMax(1, max(1, report.pages))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(lambda: self.print_on(report, printer))
        QDialog.open(dialog)  # its own `open` hides the one that takes nothing

    def print_on(self, report: Report, printer: QPrinter) -> None:
        """Print the pages that the printer's settings ask for, in the background."""
        first, last = printer.fromPage() or 1, printer.toPage() or report.pages
        pages = range(first - 1, min(last, report.pages))
        path, render = report.path, self._reports.render
        task = self._runner.start(
            lambda context: print_pages(path, pages, printer, render, context),
            tr("Print {number}", number=report.number),
            lane="printer",
        )
        task.succeeded.connect(
            lambda count: self.noticed.emit(
                "ok",
                tr("{number} was handed to the printer.", number=report.number),
                tr_n("{count} page", "{count} pages", count),
            )
        )

    @Slot()
    def _load_example(self) -> None:
        contracts = self._contracts
        self._runner.start(
            lambda _context: contracts.load_example(),
            tr("Load the example contract"),
            changes=Change.CONTRACT,
        )
