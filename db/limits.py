"""The limits of one resource: those of the program, and in their place what people set for it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import ResourceRow
from gmops_desktop.contract.thresholds import LIMITS, Limit


def limits_of(session: Session, resources: Collection[str]) -> dict[str, Mapping[str, Limit]]:
    """Return every limit of each resource, by the finding or the kind of findings it judges."""
    rows = session.scalars(select(ResourceRow).where(ResourceRow.id.in_(resources)))
    own = {row.id: _own(row) for row in rows}
    return {id: LIMITS | own.get(id, {}) for id in resources}


def own_limits(session: Session, resource_id: str) -> dict[str, Limit]:
    """Return the limits that people set for a resource."""
    row = session.get(ResourceRow, resource_id)
    return _own(row) if row else {}


def _own(row: ResourceRow) -> dict[str, Limit]:
    set_ = row.more.get("limits") or {}
    return {key: Limit.from_dict(values) for key, values in set_.items()}
