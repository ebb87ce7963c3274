"""The register of documents: the list, what is known of the chosen one, what is done with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QUrl, Signal, SignalInstance, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QGridLayout, QMenu, QPushButton, QSizePolicy

from gmops_desktop.language import tr, tr_n
from gmops_desktop.services.reports import Report, word_of_kind
from gmops_desktop.services.reports.copies import Copies, word_of_form
from gmops_desktop.states import State
from gmops_desktop.tasks import TaskRunner
from ui import words
from ui.theme import ROW_HEIGHT
from ui.widgets.frames import Card, Label, button, disable, line, row
from ui.widgets.table_model import Column
from ui.widgets.tables import FilterField, Table

WIDTH: Final = 456  # the longest usual number, and the signatures' words, whole


class ReportRegister(Card):
    """`picked` carries the chosen document (or None); what is done with one is asked for by the
    signals that bear its name."""

    picked = Signal(object)
    save_wanted = Signal(object)
    print_wanted = Signal(object)
    sign_wanted = Signal(object)
    return_wanted = Signal(object)
    verify_wanted = Signal(object)
    copy_wanted = Signal(object)
    evidence_wanted = Signal(object)
    correct_wanted = Signal(object)

    def __init__(self, copies: Copies, runner: TaskRunner) -> None:
        super().__init__()
        self._copies = copies
        self._gone: frozenset[str] = frozenset()
        self._acts: dict[QPushButton, str] = {}  # each with its tip
        self._replaced: dict[str, str] = {}  # numbers, by the number of what they replace
        self.setFixedWidth(WIDTH)
        self.table: Table[Report] = Table(
            (
                Column(
                    tr("Number"),
                    lambda report: report.number,
                    width=196,
                    tip=self._tip,
                    middle=True,
                ),
                Column(tr("Kind"), lambda report: word_of_kind(report.kind), tip=self._tip),
                Column(
                    tr("Signatures"),
                    lambda report: self.signature(report)[1],
                    width=128,
                    state=lambda report: self.signature(report)[0],
                    tip=lambda report: str(report.path),
                ),
            ),
            name=tr("Register of reports"),
            runner=runner,
            identity=lambda report: report.id,
            row_height=ROW_HEIGHT,
            sought=lambda report: f"{report.period} {report.file_digest}",
        )
        self.filter = FilterField(self.table, tr("Filter"), width=132)
        self._count = Label(role="caption")
        self.facts: dict[str, Label] = {}
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(3)
        grid.setColumnStretch(1, 1)
        for place, (key, word) in enumerate(
            (
                ("digest", "SHA-256"),
                ("version", tr("Version")),
                ("copies", tr("Copies")),
            )
        ):
            self.facts[key] = Label(role="caption")
            self.facts[key].setProperty("ink", "")
            grid.addWidget(Label(word, "hint", elide=False), place, 0)
            grid.addWidget(self.facts[key], place, 1)
        self.open_button = self._act(
            tr("Open", context="file"), "eye", self.open, tr("Open the PDF in its program")
        )
        self.save_button = self._act(
            tr("Save as…"), "download-simple", lambda: self._want(self.save_wanted),
            tr("Copy the PDF somewhere else"),
        )  # fmt: skip
        self.print_button = self._act(
            tr("Print…"), "printer", lambda: self._want(self.print_wanted), tr("Print (Ctrl+P)"),
            "Ctrl+P",
        )  # fmt: skip
        self.sign_button = self._act(
            tr("Sign"), "pen", lambda: self._want(self.sign_wanted),
            tr("Sign it for Party B (Ctrl+Shift+S)"), "Ctrl+Shift+S",
        )  # fmt: skip
        self.return_button = self._act(
            tr("File a return…"), "tray", lambda: self._want(self.return_wanted),
            tr("File what Party A returned: the countersigned file, or a scan"),
        )  # fmt: skip
        self.copy_button = self._act(
            tr("Hand over…"), "handshake", lambda: self._want(self.copy_wanted),
            tr("Record who was given a copy, and when"),
        )  # fmt: skip

        head = row(
            None, Label(tr("Register of reports"), "strong", elide=False), self._count, None,
            self.filter,
        )  # fmt: skip
        self.add(head)
        self.add_table(self.table)
        self.add(line())
        self.add(grid)
        self.add(row(None, self.open_button, self.save_button, self.print_button))
        self.add(row(None, self.sign_button, self.return_button, self.copy_button))
        self.table.offered.append(self._fill_menu)
        self.table.picked.connect(self._pick)
        self.table.opened.connect(lambda _report: self.open())

    # -- what is shown

    def show_reports(self, found: tuple[Report, ...]) -> None:
        """Show these documents, newest first."""
        self._gone = frozenset(report.id for report in found if not report.path.exists())
        self._replaced = {report.replaces: report.number for report in found if report.replaces}
        self._count.show_text(tr_n("{count} report", "{count} reports", len(found)))
        self.table.set_rows(found)
        if self.table.current is None and found:
            self.table.selectRow(0)
        self.judge()

    @property
    def current(self) -> Report | None:
        """The document chosen."""
        return self.table.current

    def is_gone(self, report: Report) -> bool:
        """Whether its file is not there."""
        return report.id in self._gone

    def choose(self, name: str) -> bool:
        """Choose the document of that id or number; say whether it is shown."""
        found = next((one for one in self.table.rows.shown if name in (one.id, one.number)), None)
        return found is not None and self.table.select(found.id)

    def signature(self, report: Report) -> tuple[State | None, str]:
        """Return how far it is signed, as a state and in words."""
        if report.id in self._gone:
            return "critical", tr("File missing")
        if report.signed == "both":
            return "ok", tr("Signed by both")
        if report.signed == "party_b":
            return "warning", tr("Party A to sign")
        return None, tr("Replaced", context="document") if report.number in self._replaced else tr(
            "Not signed"
        )

    def judge(self) -> None:
        """Say what is known of the chosen document, and what cannot be done with it."""
        report = self.current
        for made, tip in self._acts.items():
            disable(made, self._refusal(made, report), tip)
        if report is None:
            for label in self.facts.values():
                label.show_text(words.NOTHING)
            return
        self.facts["digest"].show_text(_grouped(report.file_digest))
        said = [tr("made {at}", at=words.stamp(report.made_at))]
        if report.replaces:
            said.append(tr("replaces {number}", number=report.replaces))
        if report.corrects:
            said.append(tr("corrects: {what}", what=report.corrects))
        if after := self._replaced.get(report.number):
            said.append(tr("replaced by {number}", number=after))
        self.facts["version"].show_text(", ".join(said))
        given = [
            tr("{who} {form} {on}", context="copy", who=one.to, form=word_of_form(one.form),
               on=one.on)
            for one in self._copies.of(report.id)
        ]  # fmt: skip
        self.facts["copies"].show_text("; ".join(given) or tr("none handed over yet"))

    def _tip(self, report: Report) -> str:
        return f"{report.number}\n{word_of_kind(report.kind)} {report.period}"

    def _refusal(self, made: QPushButton, report: Report | None) -> str:
        if report is None:
            return tr("No report is chosen.")
        if self.is_gone(report) and made is not self.copy_button:
            return tr("The file is gone.")
        if made is self.sign_button and report.signed != "unsigned":
            return tr("It is signed already; a correction is a new version.")
        return ""

    def _act(
        self, word: str, icon_name: str, act: Callable[[], object], tip: str, shortcut: str = ""
    ) -> QPushButton:
        """Return a button of the card, whose tip comes back when it is switched on again."""
        made = button(word, act, icon_name=icon_name, shortcut=shortcut)
        made.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._acts[made] = tip
        return made

    def _want(self, signal: SignalInstance) -> None:
        if (report := self.current) is not None:
            signal.emit(report)

    def _fill_menu(self, menu: QMenu) -> None:
        """Put what the buttons do into the table's context menu, verifying the file, and
        of a compilation the files that it lists."""
        for made in self._acts:
            action = menu.addAction(made.icon(), made.text(), made.click)
            action.setEnabled(made.isEnabled())
        verify = menu.addAction(tr("Verify"), lambda: self._want(self.verify_wanted))
        report = self.current
        verify.setEnabled(report is not None and not self.is_gone(report))
        correct = menu.addAction(
            tr("Correct in a new version…"), lambda: self._want(self.correct_wanted)
        )
        correct.setEnabled(report is not None)
        if report is not None and report.kind == "compilation":
            evidence = menu.addAction(
                tr("Write the evidence…"), lambda: self._want(self.evidence_wanted)
            )
            evidence.setEnabled(not self.is_gone(report))
        menu.addSeparator()

    @Slot(object)
    def _pick(self, report: Report | None) -> None:
        self.judge()
        self.picked.emit(report)

    # -- what is done

    @Slot()
    def open(self) -> None:
        """Open the file in its program."""
        report = self.current
        if report is not None and not self.is_gone(report):
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(report.path)))


def _grouped(digest: str) -> str:
    return " ".join(digest[start : start + 8] for start in range(0, len(digest), 8))
