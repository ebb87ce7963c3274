"""Which rows of the store belong to a contract, where there are several side by side."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import and_, or_, select, true
from sqlalchemy.orm import Session

from db.models import ContactRow, ContractRow, ResourceRow
from db.views import contract_of, in_force
from gmops_desktop.contract.terms import ZONE, Contract, family_of, main_family


@dataclass(frozen=True, slots=True)
class Scope:
    """What counts for a contract: its resources and contacts, in its period.

    What names neither belongs to the oldest contract and its renewals (`unnamed`).  With only one
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

    def holds(self, resource_id: str, contact_id: str = "") -> bool:
        """Return whether something of this resource, or without one of this contact, belongs
        here."""
        if self.whole or resource_id:
            return self.whole or resource_id in self.resources
        return contact_id in self.contacts if contact_id else self.unnamed

    def of(self, resource: Any, contact: Any = None) -> Any:
        """Return the condition on a table's columns of resource and contact."""
        if self.whole:
            return true()
        ways = [resource.in_(self.resources)]
        nothing = resource == ""
        if contact is not None:
            ways.append(and_(resource == "", contact.in_(self.contacts)))
            nothing = and_(nothing, contact == "")
        return or_(*ways, nothing) if self.unnamed else or_(*ways)


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


def scope_of(session: Session, contract: Contract) -> Scope:
    """Return what belongs to a contract."""
    known = contracts_in(session)
    family = frozenset(one.id for one in family_of(known, contract.id)) or frozenset({contract.id})
    main = frozenset(one.id for one in main_family(known))
    whole = len(family) >= len(known)
    named = {
        model: {
            row.id: str((row.more or {}).get("contract_id") or "")
            for row in session.scalars(select(model))
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
