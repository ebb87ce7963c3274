"""The contract and who may speak for the parties."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial

from PySide6.QtCore import QDate
from PySide6.QtWidgets import QDateEdit, QDialogButtonBox, QLineEdit, QVBoxLayout, QWidget

from gmops_desktop.changes import Change
from gmops_desktop.contract.terms import Contact, Contract
from gmops_desktop.language import tr, tr_n
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.tasks import TaskRunner
from ui.dialogs.sheet import Sheet
from ui.widgets.frames import Card, Label, Segments, button, clear, disable, row
from ui.widgets.tables import Column, Table
from ui.words import day


class ContractCard(Card):
    """Facts of the contract, and its contacts: added, and ended, never deleted."""

    def __init__(self, contracts: Contracts, runner: TaskRunner) -> None:
        super().__init__(tr("Contract and contacts"))
        self._contracts, self._runner = contracts, runner
        self._facts = QVBoxLayout()
        self._facts.setSpacing(2)
        columns: list[Column[Contact]] = [
            Column(tr("Name"), lambda one: one.name, 96),
            Column(tr("Party"), lambda one: _party(one), 72, muted=True),
            Column(tr("Role"), lambda one: one.role, tip=lambda one: one.role),
            Column(tr("Phone"), lambda one: one.phone, 112, muted=True),
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
        self.add_contact = button(
            tr("Add a contact…"), self._add, icon_name="plus", tip=tr("Name a person who may speak")
        )
        self.end_contact = button(
            tr("End…"), self._end, tip=tr("From today this person no longer speaks for the party")
        )
        self.add(self._facts)
        self.add_table(self.table)
        self.add(
            row(
                None,
                self.example,
                self.change_button,
                None,
                self.add_contact,
                self.end_contact,
            )
        )
        self.table.picked.connect(self._pick)

    def refresh(self) -> None:
        """Show what is on record."""
        contract = self._contracts.current()
        clear(self._facts)
        self.example.setVisible(contract is None)
        self.change_button.setVisible(contract is not None)
        reason = "" if contract else tr("The contract comes first.")
        disable(self.add_contact, reason, tr("Name a person who may speak"))
        if contract is None:
            self._facts.addWidget(Label(tr("No contract is on record yet."), "caption"))
        else:
            for place, text in enumerate(describe(contract)):
                self._facts.addWidget(Label(text, "strong" if place == 0 else "caption"))
        self.table.set_rows(self._contracts.contacts())
        self._pick(self.table.current)

    def _pick(self, contact: Contact | None) -> None:
        reason = "" if contact else tr("Choose a contact first.")
        if contact and contact.valid_to is not None and contact.valid_to < date.today():
            reason = tr("This contact has already ended.")
        disable(
            self.end_contact, reason, tr("From today this person no longer speaks for the party")
        )

    def _load(self) -> None:
        self._contracts.load_example()
        self._runner.changed.emit(Change.CONTRACT)

    def _change(self) -> None:
        contract = self._contracts.current()
        if contract is not None:
            ContractDialog(self.window(), contract, self._saved).open()

    def _saved(self, contract: Contract) -> None:
        self._contracts.save_contract(contract)
        self._runner.changed.emit(Change.CONTRACT)

    def _add(self) -> None:
        ContactDialog(self.window(), self._added).open()

    def _added(self, name: str, party: str, role: str, phone: str, since: date) -> None:
        self._contracts.add_contact(name, "A" if party == "A" else "B", role, phone, since)
        self._runner.changed.emit(Change.CONTRACT)

    def _end(self) -> None:
        contact = self.table.current
        if contact is None:
            return
        sheet = Sheet(
            self.window(),
            tr("End {name} as a contact?", name=contact.name),
            tr("Requests and confirmations of earlier days keep their validity."),
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


class ContractDialog(Sheet):
    """Title, number, parties and period; the service items stay as they are."""

    def __init__(
        self, parent: QWidget | None, contract: Contract, save: Callable[[Contract], object]
    ) -> None:
        super().__init__(parent, tr("Change the contract"))
        self._contract, self._save = contract, save
        self.title, self.number = QLineEdit(contract.title), QLineEdit(contract.number)
        self.party_a, self.party_b = QLineEdit(contract.party_a), QLineEdit(contract.party_b)
        self.start, self.end = _date(contract.start), _date(contract.end)
        for word, field in (
            (tr("Title"), self.title),
            (tr("Number"), self.number),
            (tr("Party A"), self.party_a),
            (tr("Party B"), self.party_b),
            (tr("First day"), self.start),
            (tr("Last day"), self.end),
        ):
            self.add_field(word, field)
        self.add_close(tr("Cancel"))
        self.ok = button(tr("Save"), self._accept, kind="primary", tip=tr("Save the contract"))
        self.add_button(self.ok, QDialogButtonBox.ButtonRole.ActionRole, default=True)
        self.end.dateChanged.connect(self._judge)
        self.start.dateChanged.connect(self._judge)

    def _judge(self) -> None:
        wrong = self.end.date() <= self.start.date()
        reason = tr("The last day must come after the first.") if wrong else ""
        disable(self.ok, reason, tr("Save the contract"))

    def _accept(self) -> None:
        changed = replace(
            self._contract,
            title=self.title.text().strip(),
            number=self.number.text().strip(),
            party_a=self.party_a.text().strip(),
            party_b=self.party_b.text().strip(),
            start=_day(self.start),
            end=_day(self.end),
        )
        if changed != self._contract:
            self._save(changed)
        self.accept()


class ContactDialog(Sheet):
    """A person who may speak for a party from a day on."""

    def __init__(
        self,
        parent: QWidget | None,
        save: Callable[[str, str, str, str, date], object],
    ) -> None:
        super().__init__(parent, tr("Add a contact"), width=440)
        self._save = save
        self.name, self.role, self.phone = QLineEdit(), QLineEdit(), QLineEdit()
        self.party = Segments([("A", tr("Party A")), ("B", tr("Party B"))], "A", tr("Party"))
        self.since = _date(date.today())
        self.body.addWidget(self.party)
        self.add_field(tr("Name"), self.name)
        self.add_field(tr("Role"), self.role)
        self.add_field(tr("Phone"), self.phone)
        self.add_field(tr("Valid from"), self.since)
        self.add_close(tr("Cancel"))
        self.ok = button(tr("Save"), self._accept, kind="primary", tip=tr("Save the contact"))
        self.add_button(self.ok, QDialogButtonBox.ButtonRole.ActionRole, default=True)
        self.name.textChanged.connect(self._judge)
        self.phone.textChanged.connect(self._judge)
        self._judge()

    def _judge(self) -> None:
        reason = "" if self.name.text().strip() else tr("The name is missing.")
        if self.phone.text().strip() and not re.fullmatch(r"[-+ 0-9()]{3,}", self.phone.text()):
            reason = tr("This is not a phone number.")
        disable(self.ok, reason, tr("Save the contact"))

    def _accept(self) -> None:
        self._save(
            self.name.text().strip(),
            self.party.current,
            self.role.text().strip(),
            self.phone.text().strip(),
            _day(self.since),
        )
        self.accept()


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
        + tr("{days} free person-days", days=f"{contract.person_days.normalize():f}"),
    ]


def _party(contact: Contact) -> str:
    return tr("Party A") if contact.party == "A" else tr("Party B")


def _date(value: date) -> QDateEdit:
    made = QDateEdit(QDate(value.year, value.month, value.day))
    made.setCalendarPopup(True)
    made.setDisplayFormat("yyyy-MM-dd")
    return made


def _day(field: QDateEdit) -> date:
    chosen = field.date()
    return date(chosen.year(), chosen.month(), chosen.day())
