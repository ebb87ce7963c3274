"""Dialogs of the contract: its terms, a person, a notice, a person's history."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QDialogButtonBox,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QWidget,
)

from gmops_desktop.changes import Change
from gmops_desktop.contract.notices import Notice
from gmops_desktop.contract.terms import POSTS, Contact, Contract, Post, word_of_post
from gmops_desktop.contract.workdays import Calendar
from gmops_desktop.language import tr
from gmops_desktop.services.contracts import Contracts, Happening
from gmops_desktop.tasks import TaskRunner
from ui.contract_wizard import ContractWizard
from ui.dialogs.sheet import Sheet
from ui.papers import Papers
from ui.widgets.fields import day_field, day_in
from ui.widgets.frames import Label, Segments, button, column, disable, row
from ui.words import stamp

_LINES: Final = 12  # of a history in sight


class ContractDialog(ContractWizard):
    """The terms of a contract on record; they can be saved from every page."""

    def __init__(
        self,
        parent: QWidget | None,
        contract: Contract,
        calendar: Calendar,
        save: Callable[[Contract], object],
    ) -> None:
        super().__init__(
            parent,
            contract,
            calendar,
            save,
            heading=tr("Change the contract"),
            finish=tr("Save"),
            anytime=True,
        )


class ContactDialog(Sheet):
    """A person who may speak for a party from a day on, and whose duty they may take over."""

    def __init__(
        self,
        parent: QWidget | None,
        people: Sequence[Contact],
        save: Callable[[str, str, str, str, date, Post, tuple[str, ...]], object],
    ) -> None:
        """`people` are those of Party B, for whom the new one may stand in."""
        super().__init__(parent, tr("Add a contact"), width=480)
        self._save = save
        self.name, self.role, self.phone = QLineEdit(), QLineEdit(), QLineEdit()
        self.party = Segments([("A", tr("Party A")), ("B", tr("Party B"))], "A", tr("Party"))
        self.post = QComboBox()
        self.since = day_field(date.today())
        self.stands_in = QListWidget()
        self.stands_in.setFixedHeight(96)
        for one in people:
            item = QListWidgetItem(one.name)
            item.setData(Qt.ItemDataRole.UserRole, one.id)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Unchecked)
            self.stands_in.addItem(item)
        self.body.addWidget(self.party)
        self.add_field(tr("Name"), self.name)
        self.add_field(tr("Post"), self.post)
        self.add_field(tr("Role"), self.role)
        self.add_field(tr("Phone"), self.phone)
        self.add_field(tr("Valid from"), self.since)
        self.add_field(tr("Stands in for"), self.stands_in)
        self.add_close(tr("Cancel"))
        self.ok = button(tr("Save"), self._accept, kind="primary", tip=tr("Save the contact"))
        self.add_button(self.ok, QDialogButtonBox.ButtonRole.ActionRole, default=True)
        self.name.textChanged.connect(self._judge)
        self.phone.textChanged.connect(self._judge)
        self.party.chosen.connect(self._offer)
        self._offer("A")
        self._judge()

    def _offer(self, party: str) -> None:
        self.post.clear()
        for post in POSTS:
            # Party A names contacts, Party B keeps people on posts.
            if not post or (post == "designated") == (party == "A"):
                self.post.addItem(word_of_post(post), post)
        self.stands_in.setEnabled(party == "B")

    def _judge(self) -> None:
        reason = "" if self.name.text().strip() else tr("The name is missing.")
        if self.phone.text().strip() and not re.fullmatch(r"[-+ 0-9()]{3,}", self.phone.text()):
            reason = tr("This is not a phone number.")
        disable(self.ok, reason, tr("Save the contact"))

    def _accept(self) -> None:
        items = [self.stands_in.item(place) for place in range(self.stands_in.count())]
        checked = tuple(
            str(item.data(Qt.ItemDataRole.UserRole))
            for item in items
            if item.checkState() == Qt.CheckState.Checked
        )
        party = self.party.current
        post: Post = POSTS[POSTS.index(self.post.currentData())]
        self._save(
            self.name.text().strip(),
            party,
            self.role.text().strip(),
            self.phone.text().strip(),
            day_in(self.since),
            post,
            checked if party == "B" else (),
        )
        self.accept()


class NoticeSheet(Sheet):
    """The letter to send, and the record that it was sent (or that the payment came)."""

    def __init__(
        self,
        parent: QWidget | None,
        notice: Notice,
        letter: str,
        save: Callable[[str, date], object],
        papers: Papers | None = None,
    ) -> None:
        super().__init__(parent, notice.text(), width=560)
        self._save, self._notice, self._papers = save, notice, papers
        self.letter = QPlainTextEdit(letter)
        self.letter.setReadOnly(True)
        self.letter.setFixedHeight(176)
        self.letter.setAccessibleName(tr("Letter"))
        copy = button(tr("Copy the letter"), self._copy, icon_name="copy", scale="small")
        self.printed = button(
            tr("Make the letter (PDF)"),
            self._print,
            icon_name="file-pdf",
            scale="small",
            tip=tr("Number and keep it with the reports; sign it there, or print it"),
        )
        self.printed.setVisible(papers is not None)
        self.on = day_field(date.today())
        # Of a letter that was made the number stands there already; how it went is still to say.
        self.evidence = QLineEdit(papers.letter_of(notice) if papers is not None else "")
        due = tr("Due by {day}.", day=notice.due)
        if not notice.certain:
            due += " " + tr("The public holidays until then are not known: it may be later.")
        self.body.addWidget(Label(due, "strong"))
        self.body.addLayout(
            column(None, self.letter, row(None, None, copy, self.printed), spacing=4)
        )
        self.add_field(tr("Paid on") if notice.what == "payment" else tr("Told on"), self.on)
        self.add_field(
            tr("What proves it"),
            self.evidence,
            tr("Bank receipt, courier's number, file of the letter, e-mail."),
        )
        self.add_close(tr("Cancel"))
        self.ok = button(tr("Record"), self._accept, kind="primary")
        self.add_button(self.ok, QDialogButtonBox.ButtonRole.AcceptRole, default=True)
        self.evidence.textChanged.connect(self._judge)
        self._judge()

    def _copy(self) -> None:
        QApplication.clipboard().setText(self.letter.toPlainText())

    def _print(self) -> None:
        if self._papers is not None:
            self._papers.write_letter(self._notice)
            self.accept()

    def _judge(self) -> None:
        empty = not self.evidence.text().strip()
        disable(self.ok, tr("Name what proves it first.") if empty else "")

    def _accept(self) -> None:
        self._save(self.evidence.text().strip(), day_in(self.on))
        self.accept()


def ask_notice(
    parent: QWidget | None,
    notice: Notice,
    contracts: Contracts,
    runner: TaskRunner,
    papers: Papers | None = None,
) -> None:
    """Open the letter of a notice; what is answered there is recorded."""

    def answered(evidence: str, on: date) -> None:
        if notice.what == "payment":
            contracts.record_payment(notice.subject, on, evidence)
        else:
            contracts.contact_notified(notice.subject, evidence, on)
        runner.changed.emit(Change.CONTRACT)

    NoticeSheet(parent, notice, contracts.letter(notice), answered, papers).open()


class HistorySheet(Sheet):
    """What was recorded of a person, the newest first."""

    def __init__(
        self, parent: QWidget | None, contact: Contact, happenings: Sequence[Happening]
    ) -> None:
        super().__init__(parent, tr("History of {name}", name=contact.name), width=640)
        for one in list(reversed(happenings))[:_LINES]:
            line = row(
                None, Label(stamp(one.at), "caption", elide=False), Label(one.text),
                Label(one.actor, "caption", elide=False),
            )  # fmt: skip
            line.setStretch(1, 1)
            self.body.addLayout(line)
        self.add_close(tr("Close"))
