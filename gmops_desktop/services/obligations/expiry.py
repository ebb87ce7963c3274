"""The board of everything that runs out: what there is, and what each source says of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.expiries import by_hand, cloud_faults, domains_in, in_cloud, looked, resources_in
from db.journal import Journal
from db.models import DomainRow, ResourceRow
from db.scope import Scope, contracts_in
from gmops_desktop.contract.domains import domain_of, spelled
from gmops_desktop.contract.expiry import (
    Claim,
    Expiry,
    ExpiryKind,
    Said,
    Source,
    Thing,
    in_order,
    judged,
)
from gmops_desktop.contract.terms import Contract, day_of
from gmops_desktop.language import mark, tr

# What a contract has even where no machine knows of it, so that a date of hand is asked for.
_USUAL: Final[dict[ExpiryKind, str]] = {
    "cvm": mark("Cloud server"),
    "database": mark("Cloud database"),
    "domain": mark("Domain"),
    "verification": mark("Account verification"),
    "account_filing": mark("Account filing"),
    "icp": mark("ICP filing"),
    "police": mark("Public security filing"),
}
_RENTED: Final[dict[str, tuple[ExpiryKind, str]]] = {
    "cvm": ("cvm", mark("Cloud server {name}")),
    "database": ("database", mark("Cloud database {name}")),
    "disk": ("disk", mark("Cloud disk {name}")),
    "certificate": ("certificate", mark("Certificate {name}")),
}
# The part of a look at the cloud in which such a thing would stand.
_PARTS: Final[dict[str, str]] = {"cvm": "servers", "database": "databases", "domain": "domains"}
_REGISTRIES: Final[dict[str, Source]] = {"rdap": "rdap", "whois": "whois"}


def board(
    session: Session,
    journal: Journal,
    scope: Scope,
    keys: Sequence[Claim],
    now: datetime,
    *,
    contracts: bool = True,
) -> tuple[Expiry, ...]:
    """Return all that runs out in a scope, the worst first.

    `keys` are claims of keys in use; without `contracts` there is none to run out, or to ask for
    what is usual.
    """
    hand = by_hand(journal, session, scope.contracts)
    found = [*_cloud(session, scope), *_domains(session, scope)]
    found += [*_sites(session, scope), *_accounts(session, scope)]
    found += [
        one for one in keys if scope.whole or not one.resources or one.resources & scope.resources
    ]
    if contracts:
        family = [one for one in contracts_in(session) if one.id in scope.contracts]
        found += [
            *_contract(family),
            *_usual(family[0].id, found, hand, cloud_faults(session, scope)),
        ]
    alone = _alone(found)
    return in_order(judged(_with_hand(one, hand, alone), now) for one in found)


def _with_hand(claim: Claim, hand: Mapping[str, Said], alone: Mapping[str, str]) -> Claim:
    """Add what was entered by hand: for this thing, or for the only one of its kind."""
    key = claim.thing.key
    said = hand.get(key) or hand.get(alone.get(key, ""))
    if said is None or not (said.on or said.never):
        return claim
    return replace(claim, said=(*claim.said, said))


def _alone(found: Sequence[Claim]) -> dict[str, str]:
    """Return the kinds of which there is but one thing, by that thing's key."""
    kinds = [one.thing.kind for one in found]
    return {
        one.thing.key: one.thing.kind
        for one in found
        if one.thing.kind in _USUAL and kinds.count(one.thing.kind) == 1
    }


def _contract(family: Sequence[Contract]) -> Iterator[Claim]:
    """Yield the contract, which ends with its last renewal."""
    thing = Thing(f"contract:{family[0].id}", "contract", tr("Contract"))
    yield Claim(thing, (Said("contract", max(one.end for one in family)),))


def _usual(
    owner: str, found: Sequence[Claim], hand: Mapping[str, Said], faults: Mapping[str, str]
) -> Iterator[Claim]:
    kinds = [one.thing.kind for one in found]
    for kind, name in _USUAL.items():
        # One of a kind takes the date of hand for it; of several nobody knows which was meant.
        if not kinds.count(kind) or (kinds.count(kind) > 1 and kind in hand):
            lacking = faults.get(_PARTS.get(kind, ""), "")
            yield Claim(Thing(kind, kind, tr(name), owner=owner), (), lacking)


def _cloud(session: Session, scope: Scope) -> Iterator[Claim]:
    for one in in_cloud(session, scope):
        if one.what in _RENTED:
            kind, name = _RENTED[one.what]
            thing = Thing(
                f"{kind}:{one.id}", kind, tr(name, name=one.name or one.id), one.resource_id,
                renews=one.renews,
            )  # fmt: skip
            said = Said("cloud", one.on, one.at, one.id)
            yield Claim(thing, (said,))


def _domains(session: Session, scope: Scope) -> Iterator[Claim]:
    registered = {row.name: row for row in session.scalars(select(DomainRow))}
    rented = {domain_of(one.name): one for one in in_cloud(session, scope) if one.what == "domain"}
    for name, resource_id in sorted(domains_in(session, scope).items()):
        row, cloud = registered.get(name), rented.get(name)
        said: list[Said] = []
        if row is not None and row.until is not None:
            said.append(Said(_REGISTRIES[row.source], row.until, row.learnt_at, row.server))
        if cloud is not None:
            said.append(Said("cloud", cloud.on, cloud.at, cloud.id))
        gone = row is not None and row.gone
        thing = Thing(
            f"domain:{name}", "domain", tr("Domain {name}", name=spelled(name)), resource_id,
            fault=tr("the registry does not know it any more") if gone else "",
            renews=cloud is not None and cloud.renews,
        )  # fmt: skip
        lacking = row.fault if row is not None else tr("the registry was not asked yet")
        yield Claim(thing, tuple(said), lacking)


def _sites(session: Session, scope: Scope) -> Iterator[Claim]:
    for row in resources_in(session, "website", scope):
        yield _certificate(row, session)


def _certificate(row: ResourceRow, session: Session) -> Claim:
    thing = Thing(f"tls:{row.id}", "tls", tr("TLS certificate of {name}", name=row.name), row.id)
    seen = looked(session, row.id)
    if seen is None:
        return Claim(thing, lacking=tr("not looked at yet"))
    at, details = seen
    days = details.get("tls_days")
    if days is None:
        return Claim(thing, lacking=tr("no TLS handshake"))
    on = day_of(at + timedelta(days=days))
    life = None
    if details.get("tls_until"):
        until = datetime.fromisoformat(details["tls_until"])
        on = day_of(until)
        if details.get("tls_since"):
            life = (until - datetime.fromisoformat(details["tls_since"])) / timedelta(days=1)
    trusted = details.get("tls_trusted") is not False
    fault = "" if trusted else tr("not trusted: {why}", why=details.get("tls_fault") or "?")
    said = Said("handshake", on, at, details.get("tls_issuer", ""))
    return Claim(replace(thing, life=life, fault=fault), (said,))


def _accounts(session: Session, scope: Scope) -> Iterator[Claim]:
    """Yield the yearly verification of each account; few may ask for its day."""
    for row in resources_in(session, "account", scope):
        name = tr("Account verification {name}", name=row.name)
        thing = Thing(f"verification:{row.id}", "verification", name, row.id)
        seen = looked(session, row.id)
        if seen is None:
            yield Claim(thing, lacking=tr("not looked at yet"))
            continue
        at, details = seen
        until = (details.get("standing") or {}).get("review_until")
        if not until:
            why = (details.get(one, {}).get("standing") for one in ("sections", "notes"))
            yield Claim(thing, lacking=next(filter(None, why), ""))
            continue
        asked = details.get("asked", {}).get("standing")
        learnt = datetime.fromisoformat(asked) if asked else at
        yield Claim(thing, (Said("account", date.fromisoformat(until), learnt),))
