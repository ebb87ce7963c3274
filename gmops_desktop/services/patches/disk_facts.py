"""Which cloud disks a server has and which snapshot of each counts, from the newest looks at the
accounts and from what the change itself had made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import LookRow, ResourceRow
from gmops_desktop.contract.gates import FRESH, Proof
from gmops_desktop.contract.looks import CloudDetails, details_from_dict
from gmops_desktop.contract.looks.clouds import CloudDisk, CloudSnapshot
from gmops_desktop.contract.snapshots import Making, hour
from gmops_desktop.language import tr

_SLOW: Final = timedelta(minutes=10)  # a look may show a list of snapshots that is 5 minutes old


@dataclass(frozen=True, slots=True)
class Disks:
    """The disks of a server and their snapshots, seen at a time; `why` says why they are not known,
    `none` why no snapshot is asked for."""

    found: tuple[tuple[CloudDisk, tuple[CloudSnapshot, ...], datetime], ...] | None
    why: str = ""
    none: str = ""


def known_disks(session: Session, resource_id: str, now: datetime) -> Disks:
    """Return what the newest looks at all cloud accounts say of a server's disks."""
    clouds = session.scalars(
        select(ResourceRow).where(ResourceRow.kind == "cloud", ResourceRow.removed.is_(False))
    ).all()
    if not clouds:
        return Disks(None, none=tr("No cloud account is entered: no snapshot is asked for."))
    found: list[tuple[CloudDisk, tuple[CloudSnapshot, ...], datetime]] = []
    unknown: list[str] = []
    known = False
    for cloud in clouds:
        look = session.get(LookRow, cloud.id)
        details = _details(look, now)
        if look is None or details is None or details.servers is None:
            unknown.append(tr("{name}: its servers are not known; look at it.", name=cloud.name))
            continue
        ids = {
            one.id for one in details.links if one.what == "cvm" and one.resource_id == resource_id
        }
        if not ids:
            continue
        known = True
        if details.disks is None or details.snaps is None:
            why = details.sections.get("snapshots") or details.sections.get("disks") or ""
            said = tr("{name}: its snapshots are not known. {why}", name=cloud.name, why=why)
            unknown.append(said.strip())
            continue
        for disk in details.disks:
            if disk.server in ids:
                mine = tuple(one for one in details.snaps if one.disk == disk.id)
                found.append((disk, mine, look.at))
    if unknown:
        return Disks(None, "\n".join(unknown))
    if not known:
        return Disks(None, none=tr("No cloud account has this server: no snapshot is asked for."))
    return Disks(tuple(found))


def proofs_of(disks: Disks, makings: Sequence[Making]) -> tuple[Proof, ...] | None:
    """Return the newest finished snapshot of each disk, and what is being made of it."""
    if disks.found is None:
        return None
    return tuple(_proof(disk, mine, seen, makings) for disk, mine, seen in disks.found)


def _proof(
    disk: CloudDisk, mine: Sequence[CloudSnapshot], seen: datetime, makings: Sequence[Making]
) -> Proof:
    name = f"{disk.name} {disk.id}".strip()
    whole = {one.id: datetime.fromisoformat(one.at) for one in mine if one.whole and one.at}
    for making in makings:
        for one in making.taken:
            if one.disk != disk.id:
                continue
            if making.state == "removed":
                whole.pop(one.id, None)
            elif one.id in whole or (making.seen_at and seen < making.seen_at + _SLOW):
                whole[one.id] = one.at  # a look that is newer would show it, if it were there
    newest = max(whole, key=lambda id: (whole[id], id), default="")
    why = _under_way(disk, mine, makings)
    if not newest:
        return Proof(name, why=why)
    return Proof(name, whole[newest], True, f"{hour(whole[newest])} · {newest} · {name}", why)


def _under_way(disk: CloudDisk, mine: Sequence[CloudSnapshot], makings: Sequence[Making]) -> str:
    """Say of what is being made, or why nothing can be."""
    for making in reversed(makings):
        if making.open and any(one.id == disk.id for one in making.disks):
            if making.state == "stuck":
                return making.why
            return tr("Its snapshot is being made since {at}; take it up again to see its end.",
                      at=hour(making.at))  # fmt: skip
    for one in mine:
        if one.state == "CREATING":
            return tr("{id} is being made ({percent} %).", id=one.id, percent=one.percent)
    if not disk.can_snapshot:
        return tr("This disk takes no snapshots: let Party A accept that risk in writing, and open "
                  "the gate with it as the reason.")  # fmt: skip
    return ""


def _details(look: LookRow | None, now: datetime) -> CloudDetails | None:
    """Return what a look at a cloud account found, if that was not too long ago."""
    if look is None or now - look.at > FRESH or not look.data.get("details"):
        return None
    details = details_from_dict("cloud", look.data["details"])
    return details if isinstance(details, CloudDetails) else None
