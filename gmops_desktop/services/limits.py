"""The thresholds of a resource, where people set other ones than the program's: on record."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy.orm import Session

from db import limits
from db.engine import Database
from db.journal import Journal
from gmops_desktop.addresses import Resource
from gmops_desktop.contract.thresholds import LIMITS, NAMES, Limit
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr


class Limits:
    """Shows and sets them; the next look judges by what was set."""

    def __init__(self, database: Database, journal: Journal) -> None:
        self._database, self._journal = database, journal

    def of(self, resource: Resource) -> dict[str, Limit]:
        """Return the limits in use for a resource, by what they judge, in the order shown."""
        with self._database.session() as session:
            own = limits.own_limits(session, resource.id)
        return {key: own.get(key, LIMITS[key]) for key in NAMES[resource.kind]}

    def own(self, resource: Resource) -> Mapping[str, Limit]:
        """Return those that were set for the resource itself."""
        with self._database.session() as session:
            return limits.own_limits(session, resource.id)

    def set(self, resource: Resource, key: str, limit: Limit) -> None:
        """Set a limit; raise `OpsError` where it makes no sense or does not belong here."""
        _known(resource, key)
        limit.checked()
        self._change(resource, lambda own: {**own, key: limit})

    def reset(self, resource: Resource, key: str) -> None:
        """Go back to the program's own limit."""
        _known(resource, key)
        self._change(resource, lambda own: {name: one for name, one in own.items() if name != key})

    def _change(
        self, resource: Resource, change: Callable[[dict[str, Limit]], dict[str, Limit]]
    ) -> None:
        with self._database.session() as session, session.begin():
            before = limits.own_limits(session, resource.id)
            after = change(before)
            if after != before:
                self._record(session, resource, after)

    def _record(self, session: Session, resource: Resource, own: Mapping[str, Limit]) -> None:
        fields = {"limits": {key: limit.to_dict() for key, limit in sorted(own.items())}}
        self._journal.record(session, "resource", resource.id, "resource.limits_set", fields)


def _known(resource: Resource, key: str) -> None:
    if key not in NAMES[resource.kind]:
        known = ", ".join(NAMES[resource.kind]) or tr("none")
        raise OpsError(
            tr("{name} has no threshold called {key}.", name=resource.name, key=key),
            hint=tr("These are known: {names}.", names=known),
        )
