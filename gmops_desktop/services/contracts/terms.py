"""Contracts as recorded: their terms and renewals, payment, what expires, what belongs to each."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from db.engine import Database
from db.expiries import NEVER, field_of
from db.ids import uuid7
from db.journal import Journal, plain, utc_now
from db.models import ContactRow, ContractRow
from db.scope import EVERYTHING, Scope, contracts_in, scope_of, scope_shown, shown_contract
from db.views import contract_of
from gmops_desktop.contract.checking import check_terms
from gmops_desktop.contract.terms import Contract, day_of, renewal_of
from gmops_desktop.contract.workdays import Calendar, calendar_of
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.paths import RESOURCES

EXAMPLE: Final = RESOURCES / "example_contract.json"
_COLUMNS: Final = frozenset(column.name for column in ContractRow.__table__.columns)


@dataclass(frozen=True, slots=True)
class Happening:
    """Something recorded of a contact: when, by whom, and what, in words."""

    at: datetime
    actor: str
    text: str


class Terms:
    """Reads the terms, and records each change of them in the journal.

    `shown` names the contract whose family is the current one on this machine, or nothing: then it
    is whichever is in force.
    """

    def __init__(
        self,
        database: Database,
        journal: Journal,
        *,
        now: Callable[[], datetime] = utc_now,
        shown: Callable[[], str] = lambda: "",
    ) -> None:
        self._database = database
        self._journal = journal
        self._now = now
        self._shown = shown

    def current(self, on: date | None = None) -> Contract | None:
        """Return the contract in force on a day (today), else the newest, else None; where several
        run side by side, the one of them that is shown."""
        with self._database.session() as session:
            return shown_contract(session, self._shown(), on or self._today())

    def all(self) -> tuple[Contract, ...]:
        """Return every contract on record, the one that started first at the front."""
        with self._database.session() as session:
            return contracts_in(session)

    def get(self, words: str) -> Contract:
        """Return the contract with this id or number; raise `OpsError` if there is none."""
        for contract in self.all():
            if words in (contract.id, contract.number):
                return contract
        raise OpsError(
            tr("There is no contract {name}.", name=words),
            hint=tr("`gmops contract list` names those on record."),
        )

    def save_contract(self, contract: Contract) -> None:
        """Record what differs from the contract as it stands; refuse terms that make no sense."""
        check_terms(contract)
        with self._database.session() as session, session.begin():
            row = session.get(ContractRow, contract.id)
            before = _fields_of(contract_of(row)) if row else {}
            changed = differing(before, _fields_of(contract))
            if changed:
                action = "contract.changed" if row else "contract.recorded"
                self._journal.record(session, "contract", contract.id, action, changed)

    def add_contract(self, contract: Contract) -> Contract:
        """Record a new contract under an id of its own; refuse a number that is taken."""
        wanted = replace(contract, id=uuid7())
        if wanted.number and any(one.number == wanted.number for one in self.all()):
            raise OpsError(
                tr("A contract has the number {number} already.", number=wanted.number),
                hint=tr("Give the new one its own number."),
                unharmed=tr("Nothing was recorded."),
            )
        self.save_contract(wanted)
        return wanted

    def renew(
        self, contract_id: str, start: date, end: date, *, number: str, signed_on: date | None
    ) -> Contract:
        """Record the contract that continues another on its terms; its people and things go on.

        Raises `OpsError` where the new period does not begin after the old one.
        """
        model = renewal_of(self.get(contract_id), signed_on)
        return self.add_renewal(replace(model, start=start, end=end, number=number))

    def add_renewal(self, contract: Contract) -> Contract:
        """Record the contract that continues the one it names (`renews`)."""
        self.check_renewal(contract)
        return self.add_contract(contract)

    def check_renewal(self, contract: Contract) -> None:
        """Refuse a renewal without a number, or one that begins before the contract has ended."""
        check_terms(contract)
        before = self.get(contract.renews)
        if contract.start <= before.end:
            raise OpsError(
                tr(
                    "The renewal starts on {start}, before the contract ends on {end}.",
                    start=contract.start,
                    end=before.end,
                ),
                hint=tr("Begin the day after, or end the contract earlier."),
                unharmed=tr("Nothing was recorded."),
            )
        if not contract.number.strip():
            raise OpsError(
                tr("The renewal has no number."), hint=tr("Give the new one its own number.")
            )

    @staticmethod
    def example() -> Contract:
        """Return the example contract without recording it."""
        terms = json.loads(EXAMPLE.read_text("utf-8"))["contract"]
        reference = terms.pop("number")
        days = {name: date.fromisoformat(terms[name]) for name in ("start", "end", "signed_on")}
        money = {name: Decimal(terms[name]) for name in ("total", "payable", "person_days")}
        columns = {name: value for name, value in terms.items() if name in _COLUMNS}
        more = {name: value for name, value in terms.items() if name not in _COLUMNS}
        return contract_of(ContractRow(**(columns | days | money), reference=reference, more=more))

    def load_example(self) -> Contract:
        """Record the example contract and its contacts; do nothing to what is already there."""
        values = json.loads(EXAMPLE.read_text("utf-8"))
        terms = values["contract"]
        with self._database.session() as session, session.begin():
            if session.get(ContractRow, terms["id"]) is None:
                fields = {name: value for name, value in terms.items() if name != "id"}
                fields["reference"] = fields.pop("number")
                action = "contract.recorded"
                self._journal.record(session, "contract", terms["id"], action, fields)
            for person in values["contacts"]:
                if session.get(ContactRow, person["id"]) is None:
                    fields = {name: value for name, value in person.items() if name != "id"}
                    fields["contract_id"] = terms["id"]
                    action = "contact.added"
                    self._journal.record(session, "contact", person["id"], action, fields)
            return contract_of(session.get_one(ContractRow, terms["id"]))

    def record_payment(self, contract_id: str, on: date, evidence: str) -> Contract:
        """Record that Party A paid on a day, and what proves it."""
        if not evidence.strip():
            raise OpsError(
                tr("The payment has no evidence."),
                hint=tr("Name the bank's receipt or the invoice."),
            )
        contract = self.get(contract_id)
        with self._database.session() as session, session.begin():
            self._journal.record(
                session,
                "contract",
                contract.id,
                "contract.paid",
                {"paid_on": on},
                evidence=evidence.strip(),
            )
        return self.get(contract.id)

    def save_expiry(self, key: str, on: date | None, *, never: bool = False) -> None:
        """Record by hand when a thing of the expiry board runs out, or that it `never` does; with
        neither, what was said before is forgotten."""
        contract = self._wanted()
        with self._database.session() as session, session.begin():
            fields = {field_of(key): NEVER if never else on}
            self._journal.record(session, "contract", contract.id, "contract.expiry_set", fields)

    def expiry_history(self, *keys: str) -> tuple[Happening, ...]:
        """Return what was recorded by hand of things of the expiry board, the oldest first."""
        contract, fields = self.current(), [field_of(key) for key in keys]
        with self._database.session() as session:
            family = scope_of(session, contract).contracts if contract else ()
        entries = [one for id in family for one in self._journal.entries("contract", id)]
        return tuple(
            Happening(entry.at, entry.actor, _told_expiry(entry.fields[field]))
            for entry in sorted(entries, key=lambda one: one.order)
            for field in fields
            if field in entry.fields
        )

    def scope(self, contract: Contract | None) -> Scope:
        """Return which resources and contacts belong to a contract; all, where there is none."""
        with self._database.session() as session:
            known = contract is not None and session.get(ContractRow, contract.id) is not None
            return scope_of(session, contract) if contract and known else EVERYTHING

    def shown_scope(self) -> Scope:
        """Return what belongs to the current contract: lists show this and nothing else."""
        with self._database.session() as session:
            return scope_shown(session, self._shown(), self._today())

    def calendar(self) -> Calendar:
        """Return the working days as they are known today."""
        return calendar_of(self._journal.entries("calendar"))

    # ------------------------------------------------------------ inside

    def _today(self) -> date:
        return day_of(self._now())

    def _wanted(self) -> Contract:
        contract = self.current()
        if contract is None:
            raise OpsError(
                tr("No contract has been recorded yet."),
                hint=tr("Record it in the settings, or load the example contract."),
            )
        return contract


def _fields_of(contract: Contract) -> dict[str, Any]:
    fields: dict[str, Any] = plain(asdict(contract))
    del fields["id"]
    fields["reference"] = fields.pop("number")
    return fields


def differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that are other afterwards, or new."""
    return {
        name: value for name, value in after.items() if name not in before or before[name] != value
    }


def _told_expiry(said: str | None) -> str:
    if not said:
        return tr("date forgotten")
    return tr("does not run out") if said == NEVER else tr("runs out on {day}", day=said)
