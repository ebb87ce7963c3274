"""What is done with a document after it is made: signing, filing what comes back, judging files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QCheckBox, QDialogButtonBox, QFileDialog, QLineEdit, QWidget

from gmops_desktop.changes import Change
from gmops_desktop.language import tr
from gmops_desktop.services.reports import Report
from gmops_desktop.services.reports.signing import Judgement, Signing, Verdict, word_of_verdict
from gmops_desktop.states import State
from gmops_desktop.tasks import TaskRunner
from ui.dialogs.sheet import Sheet
from ui.widgets.badges import StateBadge
from ui.widgets.frames import Label, button, disable, paragraph, row

_LANE: Final = "reports"
_STATES: Final[dict[Verdict, State]] = {
    "unsigned": "unknown",
    "untouched": "ok",
    "countersigned": "ok",
    "altered": "critical",
    "contradicted": "critical",
}


class ReportSigning(QObject):
    """Asks, and hands the work to the runner; `done` tells what came of it."""

    done = Signal(str, str, str)  # a State, a sentence, a second line
    changed = Signal(str)  # the id of the document that is different now

    def __init__(self, parent: QWidget, signing: Signing, runner: TaskRunner) -> None:
        super().__init__(parent)
        self._page, self._signing, self._runner = parent, signing, runner

    def ask_sign(self, report: Report) -> None:
        """Sign a document for Party B; where there is a choice in it, ask first."""
        if report.pages > 1 and self._signing.seal() is not None:
            SignSheet(self._page, report, lambda one, across: self.sign(one, across=across)).open()
        else:
            self.sign(report)

    def sign(self, report: Report, *, across: bool = False) -> None:
        """Sign a document for Party B, with its seal across the edges of the pages or not."""
        task = self._runner.start(
            lambda context: self._signing.sign(report.id, context, across=across),
            tr("Signing {number}", number=report.number),
            lane=_LANE,
            changes=Change.REPORTS,
        )
        task.succeeded.connect(self._signed)

    def _signed(self, report: Report) -> None:
        self.changed.emit(report.id)
        said = tr("{number} is signed by Party B.", number=report.number)
        self.done.emit("ok", said, str(report.path))

    def ask_return(self, report: Report) -> None:
        """Ask for what Party A returned, and by whom."""
        chosen, _ = QFileDialog.getOpenFileName(
            self._page,
            tr("What Party A returned"),
            "",
            tr("Documents and scans") + " (*.pdf *.png *.jpg *.jpeg *.tif *.tiff)",
        )
        if chosen:
            ReturnSheet(self._page, report, Path(chosen), self.file_back).open()

    def file_back(self, report: Report, path: Path, by: str, copies: str) -> None:
        """File what Party A returned."""
        task = self._runner.start(
            lambda context: self._signing.file_back(report.id, path, context, by=by, copies=copies),
            tr("Filing {file}", file=path.name),
            lane=_LANE,
            changes=Change.REPORTS,
        )
        task.succeeded.connect(self._filed)

    def _filed(self, report: Report) -> None:
        self.changed.emit(report.id)
        self.done.emit("ok", tr("Filed with {number}.", number=report.number), str(report.path))

    def ask_file(self) -> None:
        """Ask for a file, and say what it is worth."""
        chosen, _ = QFileDialog.getOpenFileName(
            self._page, tr("Verify a document"), "", tr("Documents") + " (*.pdf)"
        )
        if chosen:
            self.verify(Path(chosen))

    def verify(self, path: Path) -> None:
        """Say what a file is worth."""
        task = self._runner.start(
            lambda context: self._signing.judge(path, context),
            tr("Reading {path}", path=path.name),
            lane=_LANE,
        )
        task.succeeded.connect(lambda found: JudgementSheet(self._page, found).open())


class SignSheet(Sheet):
    """Asks how a document of several pages is to be signed."""

    def __init__(
        self, parent: QWidget, report: Report, sign: Callable[[Report, bool], None]
    ) -> None:
        super().__init__(
            parent,
            tr("Sign {number}", number=report.number),
            tr("Your company's seal goes over name and date; after that nobody can change the "
               "document unseen."),
            width=460,
        )  # fmt: skip
        self._report, self._sign = report, sign
        self.across = QCheckBox(tr("Seal across the edges of the pages"))
        self.body.addWidget(self.across)
        self.body.addWidget(
            paragraph(
                tr("Each page bears a slice of the seal at its outer edge, so that a page put in "
                   "or taken out shows. One seal serves up to ten pages."),
                "hint",
            )
        )  # fmt: skip
        self.add_close(tr("Cancel"))
        self.go = button(tr("Sign"), self._give, kind="primary")
        self.add_button(self.go, QDialogButtonBox.ButtonRole.AcceptRole, default=True)

    def _give(self) -> None:
        self._sign(self._report, self.across.isChecked())
        self.accept()


class ReturnSheet(Sheet):
    """Asks who returned a document, and who holds which copy."""

    def __init__(
        self,
        parent: QWidget,
        report: Report,
        path: Path,
        file: Callable[[Report, Path, str, str], None],
    ) -> None:
        super().__init__(
            parent,
            tr("File the return of {number}", number=report.number),
            tr("{name} is kept beside the document, with its digest in the journal.",
               name=path.name),
            width=480,
        )  # fmt: skip
        self._what = (report, path)
        self._file = file
        self.by = QLineEdit()
        self.copies = QLineEdit()
        self.add_field(tr("Returned by"), self.by)
        self.add_field(
            tr("Copies"), self.copies, tr("Who holds which copy: one each, ours in folder 3")
        )
        self.add_close(tr("Cancel"))
        self.go = button(tr("File", context="verb"), self._give, kind="primary")
        self.add_button(self.go, QDialogButtonBox.ButtonRole.AcceptRole, default=True)
        self.by.textChanged.connect(self._judge)
        self._judge()

    def _judge(self) -> None:
        empty = not self.by.text().strip()
        disable(self.go, tr("Name who returned it first.") if empty else "")

    def _give(self) -> None:
        self._file(*self._what, self.by.text().strip(), self.copies.text().strip())
        self.accept()


class JudgementSheet(Sheet):
    """What a file is worth: the verdict, what speaks against it, and what was found."""

    def __init__(self, parent: QWidget, found: Judgement) -> None:
        super().__init__(parent, tr("Verify a document"), width=620)
        badge = StateBadge()
        badge.show_state(_STATES[found.verdict], word_of_verdict(found.verdict))
        number = Label(found.number or found.path.name, role="title", elide=False)
        self.body.addLayout(row(None, number, badge, None))
        self.body.addWidget(paragraph(str(found.path), "caption"))
        if found.faults:
            self.body.addWidget(Label(tr("What does not agree"), "strong"))
            self.body.addWidget(paragraph("\n".join(found.faults), "body"))
        if found.facts:
            self.body.addWidget(Label(tr("What was found"), "strong"))
            self.body.addWidget(paragraph("\n".join(found.facts), "body"))
        self.add_close(tr("Close"))
