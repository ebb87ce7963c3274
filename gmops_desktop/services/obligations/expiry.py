"""What runs out when: the contract, what is rented or certified, and certificates of websites."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import ContractRow, LookRow, ResourceRow
from db.scope import Scope
from gmops_desktop.contract.terms import Contract, day_of
from gmops_desktop.language import mark, tr
from gmops_desktop.states import State

EXPIRY_WARNING, EXPIRY_CRITICAL = 30, 7  # days

# What is rented or certified, and by which key of the contract its date is entered by hand.
_BY_HAND: Final = {
    "cvm": mark("Cloud server"),
    "database": mark("Cloud database"),
    "domain": mark("Domain"),
    "verification": mark("Account verification"),
}


@dataclass(frozen=True, slots=True)
class Expiry:
    """When something runs out; `on` is None where nobody knows.  `source` says who says so.

    `key` is that of a date entered by hand, else empty.
    """

    name: str
    state: State
    on: date | None
    days: int | None
    source: str
    at: datetime | None = None
    key: str = ""


def verification_month(terms: ContractRow) -> date | None:
    """Return the first day of the month in which the account's verification runs out."""
    said = terms.more.get("expiry_verification")
    return date.fromisoformat(said).replace(day=1) if said else None


def expiries(
    session: Session, contract: Contract, terms: ContractRow, scope: Scope, today: date
) -> tuple[Expiry, ...]:
    """Return all that runs out, the worst first."""
    found = [_expiry(tr("Contract"), contract.end, today, tr("contract"))]
    for key, name in _BY_HAND.items():
        said = terms.more.get(f"expiry_{key}")
        on = date.fromisoformat(said) if said else None
        source = tr("by hand") if on else tr("not configured")
        found.append(_expiry(tr(name), on, today, source, key=key))
    looks = {row.resource_id: row for row in session.scalars(select(LookRow))}
    wanted = select(ResourceRow).where(ResourceRow.kind == "website")
    for row in session.scalars(wanted.where(ResourceRow.removed.is_(False))):
        if scope.whole or row.id in scope.resources:
            found.append(_certificate(row, looks.get(row.id), today))
    order = {state: place for place, state in enumerate(("critical", "warning", "ok", "unknown"))}
    return tuple(sorted(found, key=lambda one: (order[one.state], one.on or date.max)))


def _certificate(row: ResourceRow, look: LookRow | None, today: date) -> Expiry:
    name = tr("TLS certificate of {name}", name=row.name)
    if look is None:
        return _expiry(name, None, today, tr("not looked at yet"))
    details = look.data.get("details") or {}
    days = details.get("tls_days")
    if days is None:
        source = tr("no TLS handshake")
        return Expiry(name, "unknown", None, None, source, look.at)
    on = day_of(look.at) + timedelta(days=days)
    expiry = _expiry(name, on, today, tr("TLS handshake"), look.at)
    if details.get("tls_trusted") is False and expiry.state == "ok":
        return Expiry(name, "warning", on, expiry.days, tr("TLS handshake, not trusted"), look.at)
    return expiry


def _expiry(
    name: str,
    on: date | None,
    today: date,
    source: str,
    at: datetime | None = None,
    key: str = "",
) -> Expiry:
    if on is None:
        return Expiry(name, "unknown", None, None, source, at, key)
    days = (on - today).days
    state: State = "ok"
    if days <= EXPIRY_CRITICAL:
        state = "critical"
    elif days <= EXPIRY_WARNING:
        state = "warning"
    return Expiry(name, state, on, days, source, at, key)
