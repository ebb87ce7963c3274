"""The contracts as recorded: their terms, the people who may speak, and the things looked after."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import agreements
from db.engine import Database
from db.expiries import NEVER, field_of
from db.ids import uuid7
from db.journal import Journal, plain, utc_now
from db.models import ContactRow, ContractRow, ResourceRow
from db.scope import (
    EVERYTHING,
    Scope,
    contracts_in,
    owners,
    scope_of,
    scope_shown,
    shown_contract,
)
from db.views import contact_of, contract_of
from gmops_desktop.addresses import Address, Kind, Resource, address_from_dict, address_to_dict
from gmops_desktop.contract.checking import check_terms
from gmops_desktop.contract.notices import Notice, letter_of
from gmops_desktop.contract.terms import (
    POSTS,
    Contact,
    Contract,
    Party,
    Post,
    Vacancy,
    day_of,
    post_of,
    renewal_of,
    vacancies,
    word_of_post,
)
from gmops_desktop.contract.workdays import Calendar, calendar_of
from gmops_desktop.errors import OpsError
from gmops_desktop.language import mark, tr
from gmops_desktop.paths import RESOURCES
from gmops_desktop.reports.orders import LetterFacts

EXAMPLE: Final = RESOURCES / "example_contract.json"

_KINDS: Final[tuple[Kind, ...]] = ("host", "mysql", "website", "account", "cloud")
_CHANGEABLE: Final = frozenset({"name", "role", "phone", "post", "stands_in"})
_COLUMNS: Final = frozenset(column.name for column in ContractRow.__table__.columns)
_FIELDS: Final[dict[str, str]] = {
    "name": mark("name"),
    "role": mark("role"),
    "phone": mark("telephone"),
    "post": mark("post"),
    "stands_in": mark("stands in for"),
    "valid_from": mark("from"),
    "valid_to": mark("until"),
    "notified_on": mark("told on"),
}


@dataclass(frozen=True, slots=True)
class Happening:
    """Something recorded of a contact: when, by whom, and what, in words."""

    at: datetime
    actor: str
    text: str


class Contracts:
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

    # ------------------------------------------------------------ terms

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
            changed = _changed(before, _fields_of(contract))
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

    # ------------------------------------------------------------ contacts

    def contacts(self, on: date | None = None) -> tuple[Contact, ...]:
        """Return the current contract's contacts valid on a day, or all there ever were; Party A's
        first."""
        with self._database.session() as session:
            scope = scope_shown(session, self._shown(), on or self._today())
            found = agreements.people(session, scope)
        return tuple(contact for contact in found if on is None or contact.valid(on))

    def contact(self, words: str) -> Contact:
        """Return the contact with this id or name; raise `OpsError` if there is none."""
        found = [one for one in self.contacts() if words in (one.id, one.name)]
        there = [one for one in found if one.valid(self._today())] or found
        if not there:
            raise OpsError(
                tr("There is no contact {name}.", name=words),
                hint=tr("`gmops contract people` names those on record."),
            )
        return there[-1]

    def add_contact(
        self,
        name: str,
        party: Party,
        role: str = "",
        phone: str = "",
        valid_from: date | None = None,
        post: Post = "",
        stands_in: tuple[str, ...] = (),
    ) -> Contact:
        """Record a new contact, valid from today on unless said otherwise.

        Once the contract runs, the other party must be told within 3 working days (1.15): see
        `notices`.
        """
        if not name.strip():
            raise OpsError(tr("The contact has no name."), hint=tr("Give the name of the person."))
        contract = self.current()
        contact = Contact(
            id=uuid7(),
            name=name.strip(),
            party=party,
            role=role.strip(),
            phone=phone.strip(),
            valid_from=valid_from or self._today(),
            post=post or post_of("", role, party),
            stands_in=stands_in,
            contract_id=contract.id if contract else "",
        )
        fields = {name: plain(value) for name, value in asdict(contact).items() if name != "id"}
        with self._database.session() as session, session.begin():
            self._journal.record(session, "contact", contact.id, "contact.added", fields)
        return contact

    def change_contact(self, contact_id: str, **fields: Any) -> Contact:
        """Record what is different of a contact: name, role, phone, post, stands_in."""
        if not fields.keys() <= _CHANGEABLE or fields.get("post", "") not in POSTS:
            raise ValueError(f"cannot change {sorted(fields)}")
        if not str(fields.get("name", "x")).strip():
            raise OpsError(tr("The contact has no name."), hint=tr("Give the name of the person."))
        with self._database.session() as session, session.begin():
            before = asdict(_contact_in(session, contact_id))
            changed = _changed(plain(before), plain(fields))
            if changed:
                self._journal.record(session, "contact", contact_id, "contact.changed", changed)
            return _contact_in(session, contact_id)

    def end_contact(self, contact_id: str, on: date) -> Contact:
        """Record the last day on which a contact speaks for its party."""
        with self._database.session() as session, session.begin():
            contact = _contact_in(session, contact_id)
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
            fields = {"valid_to": on, "notified_on": None}
            self._journal.record(session, "contact", contact_id, "contact.ended", fields)
            return _contact_in(session, contact_id)

    def contact_notified(self, contact_id: str, evidence: str, on: date | None = None) -> None:
        """Record that the other party was told in writing of a change of contact (1.15)."""
        if not evidence.strip():
            raise OpsError(
                tr("The notice has no evidence."),
                hint=tr("Say how it was sent, or name the file of the letter."),
            )
        with self._database.session() as session, session.begin():
            _contact_in(session, contact_id)
            fields = {"notified_on": on or self._today()}
            self._journal.record(
                session, "contact", contact_id, "contact.notified", fields, evidence=evidence
            )

    def history(self, contact_id: str) -> tuple[Happening, ...]:
        """Return what was recorded of a contact, the oldest first."""
        return tuple(
            Happening(entry.at, entry.actor, _told(entry.fields, entry.note))
            for entry in self._journal.entries("contact", contact_id)
        )

    def notices(self, contract: Contract | None = None) -> tuple[Notice, ...]:
        """Return what a contract (the current one) owes within working days: payment, and notices
        of changes of contact; the oldest first, done or not."""
        contract = contract or self.current()
        if contract is None:
            return ()
        with self._database.session() as session:
            scope = scope_of(session, contract)
            return agreements.notices(session, self._journal, contract, scope)

    def letter(self, notice: Notice) -> str:
        """Return the text of a notice, ready to be sent to the other party."""
        facts = self.letter_facts(notice)
        return letter_of(notice, facts.contract, facts.contact)

    def letter_facts(self, notice: Notice) -> LetterFacts:
        """Return what the printed notice says (`Reports.write_letter` makes it)."""
        contact = next((one for one in self.contacts() if one.id == notice.subject), None)
        return LetterFacts(notice, self._wanted(), contact, self._today())

    def scope(self, contract: Contract | None) -> Scope:
        """Return which resources and contacts belong to a contract; all, where there is none."""
        with self._database.session() as session:
            known = contract is not None and session.get(ContractRow, contract.id) is not None
            return scope_of(session, contract) if contract and known else EVERYTHING

    def vacancies(self, on: date | None = None) -> tuple[Vacancy, ...]:
        """Return the posts that the contract asks for and nobody fills on a day (2.3-1)."""
        contract, day = self.current(on), on or self._today()
        return vacancies(contract, self.contacts(), day) if contract else ()

    def calendar(self) -> Calendar:
        """Return the working days as they are known today."""
        return calendar_of(self._journal.entries("calendar"))

    # ------------------------------------------------------------ resources

    def resources(self) -> tuple[Resource, ...]:
        """Return what is looked after for any contract: hosts, databases, websites, accounts and
        clouds, each by name."""
        with self._database.session() as session:
            rows = session.scalars(select(ResourceRow).where(ResourceRow.removed.is_(False)))
            found = [_resource_of(row) for row in rows]
        return tuple(sorted(found, key=lambda one: (_KINDS.index(one.kind), one.name, one.id)))

    def shown_resources(self) -> tuple[Resource, ...]:
        """Return those that belong to the current contract."""
        scope = self.shown_scope()
        return tuple(one for one in self.resources() if scope.holds(one.id))

    def shown_scope(self) -> Scope:
        """Return what belongs to the current contract: lists show this and nothing else."""
        with self._database.session() as session:
            return scope_shown(session, self._shown(), self._today())

    def of_resource(self, resource_id: str, on: date | None = None) -> Contract | None:
        """Return the contract that a resource belongs to, as it was renewed by a day (today)."""
        with self._database.session() as session:
            return owners(session)(resource_id, "", "", on or self._today())

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
                contract = shown_contract(session, self._shown(), self._today())
                fields["contract_id"] = contract.id if contract else ""
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


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value for name, value in after.items() if name not in before or before[name] != value
    }


def _told(fields: Mapping[str, Any], note: Mapping[str, Any]) -> str:
    """Return what an entry of a contact says, in words."""
    told = []
    for name, word in _FIELDS.items():
        if not (value := fields.get(name)):
            continue
        if name == "post":
            value = word_of_post(post_of(value, "", "B"))
        elif isinstance(value, list):
            value = len(value)
        told.append(f"{tr(word)} {value}")
    return " · ".join([*told, str(note["evidence"])] if note.get("evidence") else told)


def _told_expiry(said: str | None) -> str:
    if not said:
        return tr("date forgotten")
    return tr("does not run out") if said == NEVER else tr("runs out on {day}", day=said)


def _contact_in(session: Session, contact_id: str) -> Contact:
    row = session.get(ContactRow, contact_id)
    if row is None:
        raise OpsError(tr("There is no such contact any more."))
    return contact_of(row)


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
