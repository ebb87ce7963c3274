"""Gathers what the gates of a change are held against: from the record, and from what machines
measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import ArchiveRow, ChangeRow, ResourceRow
from db.scope import EVERYTHING, Scope, owners, scope_of
from gmops_desktop.contract.change_states import (
    digest_of_plan,
    emergencies_of,
    runs_of,
    told_of,
)
from gmops_desktop.contract.changes import AUDIENCES
from gmops_desktop.contract.gates import FRESH, GateFacts, Proof
from gmops_desktop.contract.snapshots import makings_of
from gmops_desktop.contract.terms import ZONE, Contract, day_of
from gmops_desktop.language import tr
from gmops_desktop.services.patches.disk_facts import Disks, known_disks, proofs_of
from gmops_desktop.services.patches.record import (
    checks_of,
    days_of,
    fields_of,
    kind_of,
    time_of,
    way_back_of,
)

FactsOf = Callable[[ChangeRow], GateFacts]
_DATABASES: Final = "backup"  # the purpose of their archives
_FILES: Final = "files"


def gathering(session: Session, now: datetime) -> FactsOf:
    """Return what gives the facts of any change; what several have in common is asked once."""
    owner = owners(session)

    @cache
    def contract_of(resource_id: str) -> Contract | None:
        return owner(resource_id, "", "", day_of(now))

    @cache
    def copies(contract_id: str, resource_id: str) -> tuple[tuple[Proof, ...], tuple[Proof, ...]]:
        contract = contract_of(resource_id)
        scope = scope_of(session, contract) if contract is not None else EVERYTHING
        return _databases(session, scope, now), _sites(session, scope, now)

    @cache
    def disks_of(resource_id: str) -> Disks:
        return known_disks(session, resource_id, now)

    @cache
    def begun(resource_id: str) -> tuple[tuple[str, datetime], ...]:
        return _begun(session, resource_id)

    def facts(row: ChangeRow) -> GateFacts:
        fields = fields_of(row)
        plan = digest_of_plan(row.plan or {})
        contract = contract_of(row.resource_id)
        databases, sites = copies(contract.id if contract else "", row.resource_id)
        disks = disks_of(row.resource_id)
        others = [at for change, at in begun(row.resource_id) if change != row.id]
        released = time_of(fields, "approved_at") if fields.get("approved_plan") == plan else None
        told = told_of(fields)
        begin, end = row.window_from, row.window_to
        played = fields.get("simulated_plan", plan) == plan
        return GateFacts(
            now=now,
            kind=kind_of(row),
            assessed=_assessed(fields),
            told=told,
            told_else=frozenset(
                one for one in AUDIENCES if one not in told and fields.get(f"announced_{one}")
            ),
            window=(begin, end) if begin and end else None,
            two_person=contract is not None and contract.two_person,
            author=fields.get("author") or "",
            approved_by=(fields.get("approved_by") or "")
            if fields.get("approved_plan") == plan
            else "",
            databases=databases,
            sites=sites,
            disks=proofs_of(disks, makings_of(fields)),
            disks_why=disks.why,
            no_disks=disks.none,
            disks_since=max([*others, *([released] if released else [])], default=None),
            disk_free=fields.get("disk_free") if played else None,
            disk_needed=fields.get("disk_needed") if played else None,
            health=fields.get("health") if played else None,
            simulated_at=row.simulated_at if played else None,
            plan_unchanged=fields.get("plan_unchanged") if played else None,
            way_back=way_back_of(fields),
            checks=checks_of(fields, "checks_before")
            if fields.get("checks_plan") == plan
            else None,
            others=_others(session, row),
            emergencies=emergencies_of(fields),
        )

    return facts


def _assessed(fields: Mapping[str, Any]) -> str:
    at = time_of(fields, "assessed_at")
    if at is None:
        return ""
    said = [str(fields.get("assessed_by") or ""), f"{at.astimezone(ZONE):%Y-%m-%d %H:%M}"]
    if (days := days_of(fields, "assessed_days")) is not None:
        said.insert(1, tr("{days} person-days", days=f"{days.normalize():f}"))
    return " · ".join(text for text in said if text)


def _others(session: Session, row: ChangeRow) -> tuple[str, ...]:
    """Return the numbers of the other changes of a server of which a run goes on."""
    same = select(ChangeRow).where(
        ChangeRow.resource_id == row.resource_id,
        ChangeRow.id != row.id,
        ChangeRow.state.in_(("applying", "rolling_back")),
    )
    rows = session.scalars(same.order_by(ChangeRow.number))
    return tuple(one.number for one in rows if any(run.going for run in runs_of(fields_of(one))))


def _begun(session: Session, resource_id: str) -> tuple[tuple[str, datetime], ...]:
    """Return when each change of a server began a run there, the last one of each: to put a disk
    back to before that would undo it, too."""
    found = []
    for row in session.scalars(select(ChangeRow).where(ChangeRow.resource_id == resource_id)):
        if runs := [run for run in runs_of(fields_of(row)) if run.state != "absent"]:
            found.append((row.id, max(run.ended_at or run.began_at for run in runs)))
    return tuple(found)


# ---------------------------------------------------------------- what would bring the data back


def _databases(session: Session, scope: Scope, now: datetime) -> tuple[Proof, ...]:
    found = _resources(session, scope, "mysql")
    return tuple(_proof(session, one, _DATABASES, now) for one in found)


def _sites(session: Session, scope: Scope, now: datetime) -> tuple[Proof, ...]:
    found = [
        one
        for one in _resources(session, scope, "website")
        if ((one.address or {}).get("program") or {}).get("folders")
    ]
    return tuple(_proof(session, one, _FILES, now) for one in found)


def _resources(session: Session, scope: Scope, kind: str) -> Sequence[ResourceRow]:
    wanted = select(ResourceRow).where(ResourceRow.kind == kind, ResourceRow.removed.is_(False))
    rows = session.scalars(wanted.order_by(ResourceRow.name, ResourceRow.id)).all()
    return [one for one in rows if scope.holds(one.id)]


def _proof(session: Session, resource: ResourceRow, purpose: str, now: datetime) -> Proof:
    """Return the copy of a thing that counts: the newest that was proved, if it is fresh, else the
    newest of all, which says best what is lacking."""
    taken = select(ArchiveRow).where(
        ArchiveRow.resource_id == resource.id, ArchiveRow.purpose == purpose
    )
    newest = taken.order_by(ArchiveRow.at.desc()).limit(1)
    row = session.scalar(newest.where(ArchiveRow.verified.is_(True)))
    if row is None or now - row.at > FRESH:
        row = session.scalar(newest)
    if row is None:
        return Proof(resource.name)
    at = f"{row.at.astimezone(ZONE):%Y-%m-%d %H:%M}"
    return Proof(resource.name, row.at, row.verified, f"{resource.name} {at}")
