"""The tab of the reports: choose a document, write into it, look at its real pages, keep the
register."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Final

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QFileDialog, QStackedWidget, QWidget

from gmops_desktop.changes import Change
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr, tr_n
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.reports import SUBJECTS, Kind, Report, Reports
from gmops_desktop.services.reports.copies import Copies, Form
from gmops_desktop.services.reports.month_end import MonthEnd
from gmops_desktop.services.reports.signing import Signing
from gmops_desktop.services.reports.texts import Texts
from gmops_desktop.tasks import TaskRunner
from ui import words
from ui.print_dialog import PrintSheet
from ui.report_batch import BatchSheet
from ui.report_bound import BoundFields
from ui.report_copy import CopySheet
from ui.report_drafting import Drafting, Drawn
from ui.report_evidence import EvidenceSheet, Save
from ui.report_form import ReportForm
from ui.report_preview import ReportPreview
from ui.report_printing import Printing, print_document
from ui.report_register import ReportRegister
from ui.report_signing import ReportSigning
from ui.report_texts import ReportTexts
from ui.saving_copies import save_copy
from ui.theme import GAP
from ui.widgets.frames import Card, EmptyState, button, disable, line, row
from ui.widgets.page import Page
from ui.widgets.panes import empty_page

FORM_WIDTH: Final = 304
_LANE: Final = "reports"


class ReportsTab(Page):
    """Reports are built one after the other; the preview draws beside them."""

    shows = Change.REPORTS | Change.CONTRACT

    def __init__(
        self,
        reports: Reports,
        contracts: Contracts,
        runner: TaskRunner,
        signing: Signing,
        texts: Texts,
        copies: Copies,
        month_end: MonthEnd,
        save_evidence: Save,
    ) -> None:
        super().__init__(tr("Reports"))
        self._reports, self._contracts, self._runner = reports, contracts, runner
        self._texts, self._copies, self._month_end = texts, copies, month_end
        self._save_evidence = save_evidence
        self._making = False
        # Shows a paper about one thing before it is made, to be written into.
        self.write_paper: Callable[[Kind, str], object] = lambda _kind, _of: None

        self.signing = ReportSigning(self, signing, runner)
        self._signing = signing
        self.verify_button = button(
            tr("Verify a file…"),
            self.signing.ask_file,
            icon_name="shield-check",
            tip=tr("Say of any file whether it is untouched, whose signatures it bears"),
        )
        self.form = ReportForm(reports.kinds)
        self.texts = ReportTexts(texts)
        self.bound = BoundFields()
        self.templates_button = button(
            tr("Templates of texts…"), self.texts.open_templates, icon_name="notebook"
        )
        self.draft_button = button(
            tr("Preview"), self.preview_draft, icon_name="eye", shortcut="Ctrl+R",
            tip=tr("Set the pages as they would be made now"),
        )  # fmt: skip
        self.make_button = button(
            tr("Make report"),
            self.make,
            kind="primary",
            icon_name="file-pdf",
            scale="large",
            shortcut="Ctrl+G",
        )
        self.batch_button = button(tr("All of the month…"), self.open_batch, icon_name="stack")
        self.preview = ReportPreview(reports.render, runner, reports.render_draft)
        self.register = ReportRegister(copies, runner)
        self.drafting = Drafting(reports, runner, self)
        self._pages = QStackedWidget()
        self._first = button(tr("Load the example contract"), self._load_example, kind="primary")
        self._connect = button(
            tr("Enter the contract…"), lambda: self.wanted.emit("settings", "contract")
        )

        self._lay_out()
        self.form.changed.connect(self._judge)
        self.form.chosen.connect(self._choose)
        self.form.entered.connect(self.make)
        self.texts.typed.connect(self.preview_draft)
        self.bound.changed.connect(self.preview_draft)
        self.texts.noticed.connect(self.noticed)
        self.drafting.drawn.connect(self._drawn)
        self.register.picked.connect(self._show_report)
        self.register.save_wanted.connect(self._save)
        self.register.print_wanted.connect(self._ask_print)
        self.register.sign_wanted.connect(self.signing.ask_sign)
        self.register.return_wanted.connect(self.signing.ask_return)
        self.register.verify_wanted.connect(lambda report: self.signing.verify(report.path))
        self.register.copy_wanted.connect(self._ask_copy)
        self.register.evidence_wanted.connect(self._ask_evidence)
        self.register.correct_wanted.connect(self._correct)
        self.signing.done.connect(self.noticed)
        self.signing.changed.connect(self._changed)

    def refresh(self) -> None:
        """Show the register and the months of the contract as they are stored now."""
        contract = self._contracts.current()
        self.form.show_months(contract)
        self.drafting.forget()
        found = self._reports.all(contract)
        self.register.show_reports(found)
        newest = tr("last one made {age}", age=words.ago(found[0].made_at)) if found else ""
        self.head.caption.show_text(newest or tr("None made yet"))
        self._pages.setCurrentIndex(0 if contract is not None or found else 1)
        self.form.judge()
        self._show_texts()

    def show_item(self, identity: str) -> None:
        """Show the report of that id or number, or be ready to make that of a month (2018-04)."""
        if self.form.choose_month(identity):
            self._show_texts()
            self.make_button.setFocus()
            return
        self.register.choose(identity)

    @Slot()
    def make(self) -> None:
        """Make the document chosen, of the month or the ticket that is named."""
        kind, reports = self.form.meant, self._reports
        of, named = self.form.named()
        if of is None or self._making:
            return
        self.texts.keep()
        self._making = True
        bound = self.bound.bound
        task = self._runner.start(
            lambda context: reports.make(kind, of, context, **bound._asdict()),
            tr("Make report {period}", period=named),
            lane=_LANE,
            changes=Change.REPORTS,
        )
        task.succeeded.connect(self._made)
        task.finished.connect(self._ended)
        self._judge()

    @Slot()
    def preview_draft(self) -> None:
        """Set the pages of the document chosen, with the words as they stand in the editor."""
        of, _ = self.form.named()
        if of is not None and not self.form.missing():
            words, bound = self.texts.words(), self.bound.bound
            self.drafting.show(self.form.meant, of, words, self.texts.typing, bound)

    @Slot()
    def open_batch(self) -> None:
        """Show what the month lacks, and make it in one go."""
        month = self.form.month
        if month is None:
            return
        self.texts.keep()
        sheet = BatchSheet(
            self.window(), month.written, month.words, self._month_end, self._signing, self._runner
        )
        sheet.changed.connect(self.renew)
        sheet.print_wanted.connect(self._ask_print_all)
        sheet.open()

    def _lay_out(self) -> None:
        self.head.add_action(self.verify_button)
        self.head.add_action(self.templates_button)
        form = Card()
        form.setFixedWidth(FORM_WIDTH)
        form.add(self.form)
        form.add(line())
        form.add(self.texts, 1)
        form.add(self.bound)
        form.add(line())
        form.add(self.make_button)
        both = row(None, self.draft_button, self.batch_button)
        both.setStretch(1, 1)
        form.add(both)
        body = QWidget()
        layout = row(body, form, margins=(16, 12, 16, 12), spacing=GAP)
        layout.addWidget(self.preview, 1)
        layout.addWidget(self.register)
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

    @Slot(object)
    def _show_report(self, report: Report | None) -> None:
        self.preview.show_report(report, report is not None and self.register.is_gone(report))

    @Slot(object)
    def _drawn(self, drawn: Drawn) -> None:
        if (drawn.kind, drawn.of) == (self.form.meant, self.form.named()[0]):
            self.preview.show_draft(self.form.named()[1], drawn.built, drawn.page)

    @Slot()
    def _choose(self) -> None:
        """The user chose another document: its texts, and its pages as they would be."""
        if self._show_texts():
            self.preview_draft()

    def _show_texts(self) -> bool:
        """Show the texts of the document meant; say whether there is such a one."""
        of, _ = self.form.named()
        if of is None or self.form.missing():
            self.texts.show_document(None)
            self.bound.show_document(None, "", None)
            return False
        try:
            key = self._texts.key(self.form.meant, of)
        except OpsError as error:
            self.texts.show_document(None)
            self.bound.show_document(None, "", None)
            if self.form.ticket.isVisible():
                self.noticed.emit("warning", error.message, error.hint)
            return False
        self.texts.show_document(key)
        before = self._reports.version_before(key)
        self.bound.show_document(self.form.meant, key.of, before)
        return True

    @Slot()
    def _judge(self) -> None:
        """Say what cannot be done now, and why."""
        missing = self.form.missing()
        reason = missing or (tr("A report is being made.") if self._making else "")
        disable(self.make_button, reason, tr("Make this document (Ctrl+G)"))
        disable(self.draft_button, missing, tr("Set the pages as they would be made now (Ctrl+R)"))
        none = tr("There is no contract yet.") if self.form.month is None else ""
        disable(self.batch_button, none, tr("Make every document that the month still lacks"))

    # -- what is done

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

    @Slot(object)
    def _save(self, report: Report) -> None:
        chosen, _ = QFileDialog.getSaveFileName(
            self, tr("Save report as"), report.path.name, "*.pdf"
        )
        if chosen:
            self.save_as(report, Path(chosen))

    def save_as(self, report: Report, target: Path) -> None:
        """Copy the PDF to `target` in the background."""
        save_copy(report.path, target, self._runner, self.noticed.emit)

    @Slot(object)
    def _ask_copy(self, report: Report) -> None:
        def give(to: str, form: Form, on: date, remark: str) -> None:
            self._copies.give(report.id, to, form=form, on=on, remark=remark)
            self._changed(report.id)

        CopySheet(self.window(), report, give).open()

    @Slot(object)
    def _ask_evidence(self, report: Report) -> None:
        EvidenceSheet(self.window(), report, self._save_evidence, self._runner).open()

    @Slot(object)
    def _correct(self, report: Report) -> None:
        """Be ready to make what replaces a document: here, or where it is of one thing."""
        if report.about and SUBJECTS[report.kind] not in ("contract", "span"):
            self.write_paper(report.kind, report.about)
        elif self.form.choose(report.kind, "" if report.about else report.period):
            self._choose()

    @Slot(str)
    def _changed(self, identity: str) -> None:
        self.renew()
        self.show_item(identity)

    @Slot(object)
    def _ask_print(self, report: Report) -> None:
        PrintSheet(
            self.window(),
            tr("Print {number}", number=report.number),
            report.pages,
            Path(f"{report.number}.print.pdf"),
            lambda how: self.print_on([report], how),
        ).open()

    @Slot(object)
    def _ask_print_all(self, reports: Sequence[Report]) -> None:
        PrintSheet(
            self.window(),
            tr_n("Print {count} document", "Print {count} documents", len(reports)),
            0,
            Path(f"{reports[0].period}.print.pdf"),
            lambda how: self.print_on(reports, how),
        ).open()

    def print_on(self, reports: Sequence[Report], how: Printing) -> None:
        """Print documents in the background, each beginning on a sheet of its own; into a file,
        several become several, with their numbers in the names."""
        render = self._reports.render

        def job(context: Context) -> int:
            count = 0
            for report in reports:
                one = how
                if how.file is not None and len(reports) > 1:
                    name = f"{how.file.stem}-{report.number}{how.file.suffix}"
                    one = Printing(file=how.file.with_name(name))
                one = replace(one, pages=how.pages)
                count += print_document(
                    report.path, report.pages, one, render, context, report.number
                )
            return count

        named = reports[0].number if len(reports) == 1 else str(len(reports))
        task = self._runner.start(job, tr("Print {number}", number=named), lane="printer")
        task.succeeded.connect(lambda count: self._printed(reports, how, count))

    def _printed(self, reports: Sequence[Report], how: Printing, count: int) -> None:
        named = ", ".join(report.number for report in reports)
        said = tr("{number} was handed to the printer.", number=named)
        if how.file is not None:
            said = tr("{number} was printed into {path}.", number=named, path=how.file)
        self.noticed.emit("ok", said, tr_n("{count} page", "{count} pages", count))

    @Slot()
    def _load_example(self) -> None:
        contracts = self._contracts
        self._runner.start(
            lambda _context: contracts.load_example(),
            tr("Load the example contract"),
            changes=Change.CONTRACT,
        )
