"""What the store knows of things that run out: dates of hand, the cloud's, and domains to ask for.

The cloud's are in the newest details of its looks: `details["runs_out"]`, a list of objects with
`what`, `id`, `name`, `on` (an ISO day, Beijing time) and `renews` (see `contract.looks.RunsOut`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.journal import Journal
from db.models import LookRow, ResourceRow
from db.scope import EVERYTHING, Scope
from gmops_desktop.contract.domains import domain_of
from gmops_desktop.contract.expiry import Said

NEVER: Final = "never"  # what stands in a field of hand for what does not run out
_FIELD: Final = "expiry_"


@dataclass(frozen=True, slots=True)
class CloudThing:
    """Something rented in the cloud, and when it runs out as the look at `at` found."""

    what: str
    id: str
    name: str
    on: date
    at: datetime
    resource_id: str
    renews: bool


def field_of(key: str) -> str:
    """Return the contract's field in which the date of hand for a thing stands."""
    return f"{_FIELD}{key}"


def by_hand(journal: Journal, session: Session, contracts: Iterable[str]) -> dict[str, Said]:
    """Return what people entered for things, by key: the newest word in a family of contracts,
    without a day where it was taken back."""
    entries = [one for id in contracts for one in journal.entries_in(session, "contract", id)]
    found: dict[str, Said] = {}
    for entry in sorted(entries, key=lambda one: one.order):
        for name, value in entry.fields.items():
            if name.startswith(_FIELD):
                key = name.removeprefix(_FIELD)
                on = date.fromisoformat(value) if value and value != NEVER else None
                found[key] = Said("hand", on, entry.at, entry.actor, value == NEVER)
    return found


def resources_in(session: Session, kind: str, scope: Scope) -> Iterator[ResourceRow]:
    """Yield what is looked after of a kind in a scope, by name."""
    wanted = select(ResourceRow).where(ResourceRow.kind == kind, ResourceRow.removed.is_(False))
    for row in session.scalars(wanted.order_by(ResourceRow.name, ResourceRow.id)):
        if scope.whole or row.id in scope.resources:
            yield row


def looked(session: Session, resource_id: str) -> tuple[datetime, Mapping[str, Any]] | None:
    """Return the newest details there are of a resource, and when they were learnt; None before
    the first look.  The details are empty where no look learnt any."""
    row = session.get(LookRow, resource_id)
    if row is None:
        return None
    if details := row.data.get("details"):
        return row.at, details
    known = row.data.get("known")
    if known:
        return datetime.fromisoformat(known["at"]), known["details"]
    return row.at, {}


def in_cloud(session: Session, scope: Scope) -> tuple[CloudThing, ...]:
    """Return what the cloud's looks found that runs out."""
    found = []
    for row in resources_in(session, "cloud", scope):
        if (seen := looked(session, row.id)) is None:
            continue
        at, details = seen
        for one in details.get("runs_out") or ():
            on = date.fromisoformat(one["on"])
            what, id, name = one["what"], one["id"], one["name"]
            renews = bool(one.get("renews"))
            found.append(CloudThing(what, id, name, on, at, row.id, renews))
    return tuple(found)


def cloud_faults(session: Session, scope: Scope) -> dict[str, str]:
    """Return why the cloud's newest looks could not say what there is, by part ("servers")."""
    found: dict[str, str] = {}
    for row in resources_in(session, "cloud", scope):
        seen = looked(session, row.id)
        found |= (seen[1].get("sections") or {}) if seen else {}
    return found


def domains_in(session: Session, scope: Scope = EVERYTHING) -> dict[str, str]:
    """Return the domains that are looked after, each with the website in it, or else the cloud's
    resource that names it."""
    found: dict[str, str] = {}
    for row in resources_in(session, "website", scope):
        host = urlsplit((row.address or {}).get("url", "")).hostname or ""
        if domain := domain_of(host):
            found.setdefault(domain, row.id)
    for one in in_cloud(session, scope):
        if one.what == "domain" and (domain := domain_of(one.name or one.id)):
            found.setdefault(domain, one.resource_id)
    return found
