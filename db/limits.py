"""The limits of one resource: those of the program, and in their place what people set for it."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from db.models import ResourceRow
from gmops_desktop.contract.thresholds import LIMITS, Limit


def limits_of(session: Session, resource_id: str) -> Mapping[str, Limit]:
    """Return every limit of a resource, by the finding or the kind of findings it judges."""
    return LIMITS | own_limits(session, resource_id)


def own_limits(session: Session, resource_id: str) -> dict[str, Limit]:
    """Return the limits that people set for a resource."""
    row = session.get(ResourceRow, resource_id)
    set_ = (row.more.get("limits") if row else None) or {}
    return {key: Limit.from_dict(values) for key, values in set_.items()}
