"""The contract, who may speak for the parties, and what is owed within working days."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial

from PySide6.QtWidgets import QComboBox, QVBoxLayout

from gmops_desktop.changes import Change
from gmops_desktop.contract.notices import Notice
from gmops_desktop.contract.terms import Contact, Contract, Party, Post, renewal_of, word_of_post
from gmops_desktop.language import tr, tr_n
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.tasks import TaskRunner
from ui.contract_wizard import ContractWizard, default_model
from ui.dialogs.contract import (
    ContactDialog,
    ContractDialog,
    HistorySheet,
    ask_notice,
)
from ui.dialogs.sheet import Sheet
from ui.papers import Papers
from ui.widgets.badges import StateBadge
from ui.widgets.frames import Card, Label, button, clear, disable, link, row
from ui.widgets.table_model import Column
from ui.widgets.tables import Table
from ui.words import day

_NOTICES = 4  # in sight; what is open comes first


class ContractCard(Card):
    """Facts of the contract, and its contacts: added, and ended, never deleted.

    `show_contract` keeps which of several contracts is the current one on this machine; `papers`
    makes the letters of notices.
    """

    def __init__(
        self,
        contracts: Contracts,
        runner: TaskRunner,
        show_contract: Callable[[str], object] | None = None,
        papers: Papers | None = None,
    ) -> None:
        super().__init__(tr("Contract and contacts"))
        self._contracts, self._runner = contracts, runner
        self._show_contract, self._papers = show_contract, papers
        self.choice = QComboBox()
        self.choice.setAccessibleName(tr("The contract that is shown"))
        self.choice.setToolTip(tr("The contract that is shown; everything is counted for it"))
        self._facts, self._notices = QVBoxLayout(), QVBoxLayout()
        self._facts.setSpacing(2)
        self._notices.setSpacing(2)
        columns: list[Column[Contact]] = [
            Column(tr("Name"), lambda one: one.name, 88),
            Column(tr("Party"), lambda one: _party(one), 64, muted=True),
            Column(tr("Post"), lambda one: word_of_post(one.post), tip=lambda one: one.role),
            Column(tr("Phone"), lambda one: one.phone, 124, muted=True),
            Column(tr("Until"), lambda one: day(one.valid_to) if one.valid_to else "", 92),
        ]
        self.table = Table(columns, name=tr("Contacts"), runner=runner, identity=lambda one: one.id)
        self.example = button(
            tr("Use the example contract"),
            self._load,
            tip=tr("Read in the contract that comes with the program; it can be changed"),
        )
        self.change_button = button(
            tr("Change…"), self._change, icon_name="pencil-simple", tip=tr("Change the contract")
        )
        self.new_button = button(
            tr("New contract…"),
            self._new,
            icon_name="plus",
            tip=tr("Parties, period, items, amounts and rules, step by step"),
        )
        self.renew_button = button(
            tr("Renew…"), self._renew, tip=tr("Continue this contract on its terms")
        )
        self.add_contact = button(
            tr("Add a contact…"), self._add, icon_name="plus", tip=tr("Name a person who may speak")
        )
        self.end_contact = button(
            tr("End…"), self._end, tip=tr("From today this person no longer speaks for the party")
        )
        self.history = button(
            tr("History…"), self._history, tip=tr("What was recorded of this person, and when")
        )
        self.head.addWidget(self.choice)
        self.add(self._facts)
        self.add(
            row(None, self.example, self.new_button, self.change_button, self.renew_button, None)
        )
        self.add(self._notices)
        self.add_table(self.table)
        self.add(row(None, None, self.history, self.add_contact, self.end_contact))
        self.table.picked.connect(self._pick)
        self.choice.activated.connect(self._chosen)

    def refresh(self) -> None:
        """Show what is on record."""
        contract, known = self._contracts.current(), self._contracts.all()
        clear(self._facts)
        self.choice.clear()
        for one in known:
            self.choice.addItem(f"{one.number or one.title} · {one.party_a}", one.id)
        self.choice.setCurrentIndex(self.choice.findData(contract.id if contract else ""))
        self.choice.setVisible(len(known) > 1 and self._show_contract is not None)
        self.example.setVisible(contract is None)
        self.change_button.setVisible(contract is not None)
        self.renew_button.setVisible(contract is not None)
        reason = "" if contract else tr("The contract comes first.")
        disable(self.add_contact, reason, tr("Name a person who may speak"))
        if contract is None:
            self._facts.addWidget(Label(tr("No contract is on record yet."), "caption"))
        else:
            for place, text in enumerate(describe(contract)):
                self._facts.addWidget(Label(text, "strong" if place == 0 else "caption"))
        self._show_notices()
        self.table.set_rows(self._contracts.contacts())
        self._pick(self.table.current)

    def _show_notices(self) -> None:
        clear(self._notices)
        today = date.today()
        found = sorted(self._contracts.notices(), key=lambda one: one.done_on is not None)
        for one in found[:_NOTICES]:
            word = (
                tr("done {day}", day=day(one.done_on))
                if one.done_on
                else tr("by {day}", day=day(one.due))
                if one.certain
                else tr("about {day}", day=day(one.due))
            )
            items = [StateBadge(one.state(today), word), Label(one.text(), "caption")]
            if one.done_on is None:
                if self._papers is not None:
                    write = partial(self._papers.write_letter, one)
                    items.append(link(tr("Letter"), write, tr("Make the letter as PDF")))
                items.append(link(tr("Record…"), partial(self._answer, one), one.text()))
            line = row(None, *items)
            line.setStretch(1, 1)
            self._notices.addLayout(line)

    def _pick(self, contact: Contact | None) -> None:
        reason = "" if contact else tr("Choose a contact first.")
        disable(self.history, reason, tr("What was recorded of this person, and when"))
        if contact and contact.valid_to is not None and contact.valid_to < date.today():
            reason = tr("This contact has already ended.")
        disable(
            self.end_contact, reason, tr("From today this person no longer speaks for the party")
        )

    def _tell(self) -> None:
        # Which contract is current, and who may ask, stands on every page.
        self._runner.changed.emit(~Change.NOTHING)

    # ------------------------------------------------------------ the contract

    def _chosen(self, _place: int) -> None:
        if self._show_contract is not None:
            self._show_contract(str(self.choice.currentData()))
            self._tell()

    def _load(self) -> None:
        self._contracts.load_example()
        self._runner.changed.emit(Change.CONTRACT)

    def _new(self) -> None:
        model = default_model(self._contracts.current() or self._contracts.example(), date.today())
        ContractWizard(self.window(), model, self._contracts.calendar(), self._made).open()

    def _made(self, contract: Contract) -> None:
        made = self._contracts.add_contract(contract)
        if self._show_contract is not None:
            self._show_contract(made.id)
        self._tell()

    def _change(self) -> None:
        contract = self._contracts.current()
        if contract is not None:
            ContractDialog(self.window(), contract, self._contracts.calendar(), self._saved).open()

    def _saved(self, contract: Contract) -> None:
        self._contracts.save_contract(contract)
        self._runner.changed.emit(Change.CONTRACT)

    def _renew(self) -> None:
        contract = self._contracts.current()
        if contract is not None:
            ContractWizard(
                self.window(),
                renewal_of(contract, date.today()),
                self._contracts.calendar(),
                self._renewed,
                heading=tr("Renew the contract"),
                check=self._contracts.check_renewal,
                anytime=True,
            ).open()

    def _renewed(self, contract: Contract) -> None:
        self._contracts.add_renewal(contract)
        self._tell()

    def _answer(self, notice: Notice) -> None:
        ask_notice(self.window(), notice, self._contracts, self._runner, self._papers)

    # ------------------------------------------------------------ contacts

    def _add(self) -> None:
        people = [one for one in self._contracts.contacts(date.today()) if one.party == "B"]
        ContactDialog(self.window(), people, self._added).open()

    def _added(
        self,
        name: str,
        party: str,
        role: str,
        phone: str,
        since: date,
        post: Post,
        stands_in: tuple[str, ...],
    ) -> None:
        side: Party = "A" if party == "A" else "B"
        self._contracts.add_contact(name, side, role, phone, since, post, stands_in)
        self._runner.changed.emit(Change.CONTRACT)

    def _end(self) -> None:
        contact = self.table.current
        if contact is None:
            return
        sheet = Sheet(
            self.window(),
            tr("End {name} as a contact?", name=contact.name),
            tr(
                "Requests and confirmations of earlier days keep their validity. The other party "
                "is to be told in writing within 3 working days (1.15)."
            ),
            width=440,
        )
        sheet.add_close(tr("Cancel"))
        end = button(tr("End today"), partial(self._ended, contact.id), kind="danger")
        end.clicked.connect(sheet.accept)
        sheet.add_button(end)
        sheet.open()

    def _ended(self, identity: str) -> None:
        self._contracts.end_contact(identity, date.today())
        self._runner.changed.emit(Change.CONTRACT)

    def _history(self) -> None:
        contact = self.table.current
        if contact is not None:
            HistorySheet(self.window(), contact, self._contracts.history(contact.id)).open()


def describe(contract: Contract) -> list[str]:
    """Return the contract in a few lines, its title first."""
    count = len(contract.items)
    return [
        contract.title,
        f"{contract.number} · {contract.party_a} / {contract.party_b}",
        tr("{start} to {end}", start=day(contract.start), end=day(contract.end))
        + " · "
        + tr_n("{count} service item", "{count} service items", count)
        + " · "
        + f"¥{contract.payable:,.2f}"
        + " · "
        + tr("{days} free person-days", days=f"{contract.person_days.normalize():f}"),
    ]


def _party(contact: Contact) -> str:
    return tr("Party A") if contact.party == "A" else tr("Party B")
