"""The contracts with their people, and the things that are looked after for them."""

from __future__ import annotations

from datetime import date
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.ids import uuid7
from db.models import ResourceRow
from db.scope import owners, shown_contract
from gmops_desktop.addresses import Address, Kind, Resource, address_from_dict, address_to_dict
from gmops_desktop.contract.terms import Contract
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.services.contracts.people import People
from gmops_desktop.services.contracts.terms import differing

_KINDS: Final[tuple[Kind, ...]] = ("host", "mysql", "website", "account", "cloud")


class Contracts(People):
    """All of it: what is looked after, beside the terms and the people."""

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
            changed = differing(before, fields)
            if changed:
                self._journal.record(session, "resource", id, "resource.changed", changed)
        return wanted

    def remove_resource(self, resource_id: str) -> None:
        """Record that a resource is no longer looked after; what was recorded of it stays."""
        with self._database.session() as session, session.begin():
            _row_of(session, resource_id)
            fields = {"removed": True}
            self._journal.record(session, "resource", resource_id, "resource.removed", fields)


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
