"""The contract as recorded: its terms, the people who may speak, and the things looked after."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.engine import Database
from db.ids import uuid7
from db.journal import Journal, plain, utc_now
from db.models import ContactRow, ContractRow, ResourceRow
from db.views import contact_of, contract_of, in_force
from gmops_desktop.addresses import Address, Kind, Resource, address_from_dict, address_to_dict
from gmops_desktop.contract.terms import Contact, Contract, Party, day_of
from gmops_desktop.contract.workdays import add_workdays
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.paths import RESOURCES

EXAMPLE: Final = RESOURCES / "example_contract.json"
NOTICE_DAYS: Final = 3  # working days to tell the other party of a new contact (1.15)

Expiring = Literal["cvm", "database", "domain", "verification"]
_KINDS: Final[tuple[Kind, ...]] = ("host", "mysql", "website", "account")


class Contracts:
    """Reads the terms, and records each change of them in the journal."""

    def __init__(
        self, database: Database, journal: Journal, *, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._database = database
        self._journal = journal
        self._now = now

    # ------------------------------------------------------------ terms

    def current(self, on: date | None = None) -> Contract | None:
        """Return the contract in force on a day (today), else the newest, else None."""
        with self._database.session() as session:
            contracts = [contract_of(row) for row in session.scalars(select(ContractRow))]
        return in_force(contracts, on or self._today())

    def save_contract(self, contract: Contract) -> None:
        """Record what differs from the contract as it stands; refuse terms that make no sense."""
        _check_terms(contract)
        with self._database.session() as session, session.begin():
            row = session.get(ContractRow, contract.id)
            before = _fields_of(contract_of(row)) if row else {}
            changed = _changed(before, _fields_of(contract))
            if changed:
                action = "contract.changed" if row else "contract.recorded"
                self._journal.record(session, "contract", contract.id, action, changed)

    @staticmethod
    def example() -> Contract:
        """Return the example contract without recording it."""
        terms = json.loads(EXAMPLE.read_text("utf-8"))["contract"]
        reference = terms.pop("number")
        days = {name: date.fromisoformat(terms[name]) for name in ("start", "end", "signed_on")}
        money = {name: Decimal(terms[name]) for name in ("total", "payable", "person_days")}
        return contract_of(ContractRow(**(terms | days | money), reference=reference))

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
                    action = "contact.added"
                    self._journal.record(session, "contact", person["id"], action, fields)
            return contract_of(session.get_one(ContractRow, terms["id"]))

    def save_expiry(self, key: Expiring, on: date | None) -> None:
        """Record by hand when a rented or certified thing expires; None forgets the date."""
        contract = self.current()
        if contract is None:
            raise _no_contract()
        with self._database.session() as session, session.begin():
            fields = {f"expiry_{key}": on}
            self._journal.record(session, "contract", contract.id, "contract.expiry_set", fields)

    # ------------------------------------------------------------ contacts

    def contacts(self, on: date | None = None) -> tuple[Contact, ...]:
        """Return the contacts valid on a day, or all there ever were; Party A's first."""
        with self._database.session() as session:
            found = [contact_of(row) for row in session.scalars(select(ContactRow))]
        wanted = [contact for contact in found if on is None or contact.valid(on)]
        return tuple(sorted(wanted, key=lambda contact: (contact.party, contact.id)))

    def add_contact(
        self,
        name: str,
        party: Party,
        role: str = "",
        phone: str = "",
        valid_from: date | None = None,
    ) -> Contact:
        """Record a new contact, valid from today on unless said otherwise.

        Once the contract runs, the other party must be told within 3 working days (1.15).
        """
        if not name.strip():
            raise OpsError(tr("The contact has no name."), hint=tr("Give the name of the person."))
        begin = valid_from or self._today()
        contact = Contact(uuid7(), name.strip(), party, role.strip(), phone.strip(), begin)
        fields = {name: plain(value) for name, value in asdict(contact).items() if name != "id"}
        fields |= self._notice_due(begin)
        with self._database.session() as session, session.begin():
            self._journal.record(session, "contact", contact.id, "contact.added", fields)
        return contact

    def end_contact(self, contact_id: str, on: date) -> Contact:
        """Record the last day on which a contact speaks for its party."""
        with self._database.session() as session, session.begin():
            row = session.get(ContactRow, contact_id)
            if row is None:
                raise OpsError(tr("There is no such contact any more."))
            contact = contact_of(row)
            if on < contact.valid_from:
                raise OpsError(
                    tr(
                        "{name} cannot end on {end}, before the first day {start}.",
                        name=contact.name,
                        end=on,
                        start=contact.valid_from,
                    ),
                    hint=tr("Choose a later day."),
                )
            fields = {"valid_to": on, **self._notice_due(on)}
            self._journal.record(session, "contact", contact_id, "contact.ended", fields)
            return contact_of(session.get_one(ContactRow, contact_id))

    def contact_notified(self, contact_id: str, evidence: str) -> None:
        """Record that the other party was told in writing of a change of contact (1.15)."""
        if not evidence.strip():
            raise OpsError(
                tr("The notice has no evidence."),
                hint=tr("Say how it was sent, or name the file of the letter."),
            )
        with self._database.session() as session, session.begin():
            if session.get(ContactRow, contact_id) is None:
                raise OpsError(tr("There is no such contact any more."))
            fields = {"notified_on": self._today()}
            self._journal.record(
                session, "contact", contact_id, "contact.notified", fields, evidence=evidence
            )

    # ------------------------------------------------------------ resources

    def resources(self) -> tuple[Resource, ...]:
        """Return what is looked after: hosts, databases, websites, accounts, each by name."""
        with self._database.session() as session:
            rows = session.scalars(select(ResourceRow).where(ResourceRow.removed.is_(False)))
            found = [_resource_of(row) for row in rows]
        return tuple(sorted(found, key=lambda one: (_KINDS.index(one.kind), one.name, one.id)))

    def resource(self, resource_id: str) -> Resource:
        """Return one resource; raise `OpsError` if it is not there."""
        with self._database.session() as session:
            return _resource_of(_row_of(session, resource_id))

    def save_resource(self, kind: Kind, name: str, address: Address, id: str = "") -> Resource:
        """Record a new resource, or with its `id` a changed one.  Secrets are not part of it."""
        if not name.strip():
            raise OpsError(tr("The resource has no name."), hint=tr("Give it a name."))
        wanted = Resource(id or uuid7(), kind, name.strip(), address)
        fields = {"kind": kind, "name": wanted.name, "address": address_to_dict(address)}
        with self._database.session() as session, session.begin():
            if not id:
                self._journal.record(session, "resource", wanted.id, "resource.added", fields)
                return wanted
            row = _row_of(session, id)
            before = {"kind": row.kind, "name": row.name, "address": row.address}
            changed = _changed(before, fields)
            if changed:
                self._journal.record(session, "resource", id, "resource.changed", changed)
        return wanted

    def remove_resource(self, resource_id: str) -> None:
        """Record that a resource is no longer looked after; what was recorded of it stays."""
        with self._database.session() as session, session.begin():
            _row_of(session, resource_id)
            fields = {"removed": True}
            self._journal.record(session, "resource", resource_id, "resource.removed", fields)

    # ------------------------------------------------------------ inside

    def _today(self) -> date:
        return day_of(self._now())

    def _notice_due(self, changed_on: date) -> dict[str, Any]:
        """Return until when a change of contact must be notified, if the contract runs by then."""
        contract = self.current()
        if contract is None or changed_on <= contract.start or changed_on >= contract.end:
            return {}
        return {"notice_due": add_workdays(changed_on, NOTICE_DAYS), "notified_on": None}


def _check_terms(contract: Contract) -> None:
    if not contract.title.strip():
        raise OpsError(tr("The contract has no title."), hint=tr("Give it a title."))
    if contract.end < contract.start:
        raise OpsError(
            tr(
                "The contract ends on {end}, before it starts on {start}.",
                end=contract.end,
                start=contract.start,
            ),
            hint=tr("Mend one of the two days."),
        )
    amounts = [contract.total, contract.payable, contract.person_days]
    amounts += [item.amount for item in contract.items if item.amount is not None]
    if any(amount < 0 for amount in amounts):
        raise OpsError(
            tr("An amount of the contract is negative."), hint=tr("Mend the amounts, then save.")
        )


def _fields_of(contract: Contract) -> dict[str, Any]:
    fields: dict[str, Any] = plain(asdict(contract))
    del fields["id"]
    fields["reference"] = fields.pop("number")
    return fields


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value for name, value in after.items() if name not in before or before[name] != value
    }


def _row_of(session: Session, resource_id: str) -> ResourceRow:
    row = session.get(ResourceRow, resource_id)
    if row is None or row.removed:
        raise OpsError(
            tr("There is no such resource any more."), hint=tr("Choose one from the list.")
        )
    return row


def _resource_of(row: ResourceRow) -> Resource:
    kind = next(kind for kind in _KINDS if kind == row.kind)
    return Resource(row.id, kind, row.name, address_from_dict(kind, row.address or {}))


def _no_contract() -> OpsError:
    return OpsError(
        tr("No contract has been recorded yet."),
        hint=tr("Record it in the settings, or load the example contract."),
    )
