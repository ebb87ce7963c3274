"""Papers made from the record at a click: written notices, the sign-in sheet of a training, the
hand-over form of a ticket, the documents of a change."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from gmops_desktop.changes import Change
from gmops_desktop.contract.notices import Notice
from gmops_desktop.contract.registers import Record
from gmops_desktop.language import tr
from gmops_desktop.reports.orders import HandOverFacts
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.ledgers import Ledgers
from gmops_desktop.services.patches import Patches
from gmops_desktop.services.reports import Kind, Reports, word_of_kind
from gmops_desktop.services.reports.texts import Texts
from gmops_desktop.tasks import Job, TaskRunner
from ui.paper_sheet import PaperSheet
from ui.report_bound import Bound

# What the window of a change calls its documents.
KIND_OF_PAPER: Final[dict[str, Kind]] = {
    "notice": "notice",
    "record": "change_record",
    "receipt": "hand_over",
}
_LANE: Final = "reports"  # one document after the other, like all of them


class Papers(QObject):
    """Has papers made in the background; `made` carries the number under which each is kept."""

    made = Signal(str)

    def __init__(
        self,
        contracts: Contracts,
        ledgers: Ledgers,
        reports: Reports,
        runner: TaskRunner,
        texts: Texts,
    ) -> None:
        super().__init__()
        self._contracts, self._ledgers = contracts, ledgers
        self._reports, self._runner, self._texts = reports, runner, texts

    def write_letter(self, notice: Notice) -> None:
        """Have the letter of a notice made."""
        facts, reports = self._contracts.letter_facts(notice), self._reports
        title = tr("Make the letter: {what}", what=notice.text())
        self._start(lambda context: reports.write_letter(facts, context), title)

    def letter_of(self, notice: Notice) -> str:
        """Return the number of the newest letter made for a notice, or nothing."""
        letter = self._reports.newest(notice.key)
        return letter.number if letter else ""

    def print_sign_in(self, training: Record) -> None:
        """Have the sign-in sheet of a training made."""
        facts, reports = self._ledgers.sign_in_facts(training.id), self._reports
        title = tr("Make the sign-in sheet: {title}", title=training.title)
        self._start(lambda context: reports.print_sign_in(facts, context), title)

    def print_hand_over(self, facts: HandOverFacts) -> None:
        """Have the form made with which Party A receives what a ticket handed over."""
        reports, title = self._reports, tr("Make the hand-over form: {number}", number=facts.ticket)
        self._start(lambda context: reports.print_hand_over(facts, context), title)

    def print_ticket(self, kind: Kind, number: str) -> None:
        """Have a paper of a ticket made: the form of a visit, a fault report, an evaluation."""
        reports = self._reports
        title = tr("Make {paper}: {number}", paper=word_of_kind(kind), number=number)
        self._start(lambda context: reports.make(kind, number, context), title)

    def print_change(self, paper: str, patches: Patches, change_id: str) -> None:
        """Have a document of a change made: its "notice", its "record", or the "receipt" with
        which Party A takes over what was handed over."""
        reports, number = self._reports, patches.get(change_id).number
        match paper:
            case "notice":
                title = tr("Make the notice of {number}", number=number)
                self._start(
                    lambda context: reports.write_notice(
                        lambda: patches.notice_facts(change_id), context
                    ),
                    title,
                )
            case "record":
                title = tr("Make the record of {number}", number=number)
                self._start(
                    lambda context: reports.write_change_record(
                        lambda: patches.record_facts(change_id), context
                    ),
                    title,
                )
            case _:
                title = tr("Make the hand-over form: {number}", number=number)
                self._start(
                    lambda context: reports.write_change_hand_over(
                        lambda: patches.hand_over_facts(change_id), context
                    ),
                    title,
                )

    def write(self, kind: Kind, of: str, window: QWidget) -> PaperSheet:
        """Show a paper before it is made, to write into it, over `window`; `of` names what it is
        of, as for `Reports.make`."""
        reports = self._reports
        sheet = PaperSheet(window, kind, of, reports, self._texts, self._runner)

        def make(bound: Bound) -> None:
            title = tr("Make {paper}: {number}", paper=word_of_kind(kind), number=of)
            self._start(lambda context: reports.make(kind, of, context, **bound._asdict()), title)

        sheet.given.connect(make)
        sheet.open()
        return sheet

    def _start(self, job: Job, title: str) -> None:
        task = self._runner.start(job, title, lane=_LANE, changes=Change.REPORTS)
        task.succeeded.connect(lambda report: self.made.emit(report.number))
