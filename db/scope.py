"""Which rows of the store belong to a contract, where there are several side by side.

The rule, here and nowhere else: what is about a resource belongs to the resource's contract; else
what a contact asked for, to the contact's; else what names a contract, to that one; and what names
nothing, to the oldest.  A contract, those it renews and those that renew it are one family.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any, Final

from sqlalchemy import JSON, and_, func, or_, select, true, type_coerce
from sqlalchemy.orm import Session

from db.models import ContactRow, ContractRow, ResourceRow, TicketRow
from db.views import contract_of, in_force
from gmops_desktop.contract.terms import ZONE, Contract, family_of, main_family

_Named = type[ResourceRow] | type[ContactRow]
_SAID: Final = type_coerce(TicketRow.more, JSON)["contract_id"].as_string()
_TICKET_NAMES: Final = func.coalesce(_SAID, "")  # the contract that was shown as it was opened


@dataclass(frozen=True, slots=True)
class Scope:
    """What counts for a contract: its resources and contacts, in its period.

    What names nothing belongs to the oldest contract and its renewals (`unnamed`).  With only one
    family of contracts everything belongs to it (`whole`).
    """

    contracts: frozenset[str]
    resources: frozenset[str]
    contacts: frozenset[str]
    whole: bool = True
    unnamed: bool = True

    def has(self, contract_id: str) -> bool:
        """Return whether something that names this contract (or none) belongs here."""
        return self.whole or (contract_id in self.contracts if contract_id else self.unnamed)

    def holds(self, resource_id: str, contact_id: str = "", contract_id: str = "") -> bool:
        """Return whether something of this resource belongs here; without one, of this contact;
        without either, of this contract."""
        if self.whole or resource_id:
            return self.whole or resource_id in self.resources
        return contact_id in self.contacts if contact_id else self.has(contract_id)

    def of(self, resource: Any) -> Any:
        """Return the condition on a table's column of the resource."""
        if self.whole:
            return true()
        mine = resource.in_(self.resources)
        return or_(mine, resource == "") if self.unnamed else mine

    def of_tickets(self) -> Any:
        """Return the condition on `TicketRow`."""
        if self.whole:
            return true()
        no_resource = TicketRow.resource_id == ""
        nobody = and_(no_resource, TicketRow.contact_id == "")
        named = _TICKET_NAMES.in_(self.contracts)
        return or_(
            TicketRow.resource_id.in_(self.resources),
            and_(no_resource, TicketRow.contact_id.in_(self.contacts)),
            and_(nobody, or_(named, _TICKET_NAMES == "") if self.unnamed else named),
        )


EVERYTHING: Final = Scope(frozenset(), frozenset(), frozenset())  # where there is no contract


def contracts_in(session: Session) -> tuple[Contract, ...]:
    """Return every contract on record, the one that started first at the front."""
    found = [contract_of(row) for row in session.scalars(select(ContractRow))]
    return tuple(sorted(found, key=lambda one: (one.start, one.id)))


def shown_contract(session: Session, shown: str, on: date) -> Contract | None:
    """Return the contract in force on a day: of the family of `shown` where it is known, else of
    all; where none runs, the one that started last."""
    known = contracts_in(session)
    return in_force(family_of(known, shown) or known, on)


def scope_shown(session: Session, shown: str, on: date) -> Scope:
    """Return what belongs to the contract that is shown; everything, where there is none."""
    contract = shown_contract(session, shown, on)
    return scope_of(session, contract) if contract else EVERYTHING


def owners(session: Session) -> Callable[[str, str, str, date], Contract | None]:
    """Return a look-up of the contract that something belongs to, as it was renewed by a day: by
    its resource, its contact and the contract it names; None where there is no contract at all."""
    known = contracts_in(session)
    main = main_family(known)

    @cache
    def named(model: _Named, id: str) -> str:
        row = session.get(model, id)
        return str((row.more or {}).get("contract_id") or "") if row is not None else ""

    def owner(resource_id: str, contact_id: str, contract_id: str, on: date) -> Contract | None:
        if resource_id:
            wanted = named(ResourceRow, resource_id)
        else:
            wanted = named(ContactRow, contact_id) if contact_id else contract_id
        return in_force((family_of(known, wanted) if wanted else ()) or main, on)

    return owner


def scope_of(session: Session, contract: Contract) -> Scope:
    """Return what belongs to a contract."""
    known = contracts_in(session)
    family = frozenset(one.id for one in family_of(known, contract.id)) or frozenset({contract.id})
    main = frozenset(one.id for one in main_family(known))
    whole = len(family) >= len(known)
    named = {
        model: {
            id: str((more or {}).get("contract_id") or "")
            for id, more in session.execute(select(model.id, model.more))
        }
        for model in (ResourceRow, ContactRow)
    }
    unnamed = whole or contract.id in main

    def mine(model: type[ResourceRow] | type[ContactRow]) -> frozenset[str]:
        return frozenset(
            id for id, said in named[model].items() if (said in family if said else unnamed)
        )

    return Scope(family, mine(ResourceRow), mine(ContactRow), whole, unnamed)


def moments(first: date, last: date) -> tuple[datetime, datetime]:
    """Return when a day begins where the contract is kept, and when another one is over."""
    begin = datetime.combine(first, time(), ZONE)
    end = datetime.combine(last + timedelta(days=1), time(), ZONE)
    return begin.astimezone(UTC), end.astimezone(UTC)
