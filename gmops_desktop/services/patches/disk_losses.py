"""What it means to put a server's disks back to their snapshots, told before anything is done."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import ArchiveRow, ChangeRow
from gmops_desktop.adapters import tencent_disks as api
from gmops_desktop.adapters.tencent import CloudRefused, Tencent
from gmops_desktop.addresses import MysqlAddress, Resource, WebAddress
from gmops_desktop.context import Context
from gmops_desktop.contract.change_states import runs_of
from gmops_desktop.contract.fact_lines.lines import size
from gmops_desktop.contract.snapshots import DiskWay, Making, Taken, hour, leading_back
from gmops_desktop.contract.terms import day_of
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr, tr_n
from gmops_desktop.services.patches.disks import costs_of
from gmops_desktop.services.patches.queue import check_host
from gmops_desktop.services.patches.record import Change, fields_of
from gmops_desktop.services.patches.snapshots import Snapshots, account_of

_FOLDERS: Final = ("/var/log", "/etc", "/home", "/root")
_HERE: Final = frozenset({"127.0.0.1", "localhost", "::1", ""})


class DiskLosses(Snapshots):
    """Tells what the last way back loses, stops and costs."""

    def disk_way(self, resource: Resource, change_id: str, context: Context) -> DiskWay:
        """Return what it means to put the server's disks back: what is lost, how long, what it
        costs, who must agree.  Nothing is done.  Raises `OpsError` where there is no snapshot."""
        with self._book.reading() as session:
            row = self._book.standing(session, change_id, "roll_back_disks")
            change = self._book.change(session, row)
            making = self.back_to(change)
            others = self._undone(session, row, making)
            archives = _archives(session)
            account = account_of(session, making)
            people = self._book.people(session, row)
        check_host(resource, change)
        since = making.since or making.at
        cloud = self._disk_hands().open_api(account, making.region)
        context.progress(None, tr("Asking Tencent Cloud for the snapshots …"))
        seen = None
        try:
            seen = api.overview(cloud, context)
        except CloudRefused as refusal:
            context.note(refusal.message)
        names = ", ".join(f"{one.id} ({one.gb} GB)" for one in making.disks)
        loses = [tr("Everything that was written on {disks} since {at}.", disks=names,
                    at=hour(since))]  # fmt: skip
        stays: list[str] = []
        sites, databases = self._hanging(resource, context)
        folders = [folder for one in sites for folder in _folders(one)]
        counted, unknown = self._count(resource, (*folders, *_FOLDERS), since, context)
        loses += counted
        for one in databases:
            said = _database(one, since, archives)
            (loses if said[0] else stays).append(said[1])
        loses += [tr("What {number} did there since: it is undone, too.", number=one)
                  for one in others]  # fmt: skip
        loses.append(tr("The record of the runs on the server; what was read of it is kept here."))
        today = day_of(self._book.now())
        speaking = [one.name for one in people if one.party == "A" and one.valid(today)]
        return DiskWay(
            making=making,
            since=since,
            steps=(
                tr("Tencent Cloud shuts {name} down.", name=resource.name),
                *(tr("{disk} is overwritten with {snapshot} of {at}.", disk=one.disk,
                     snapshot=one.id, at=hour(one.at)) for one in in_order(making)),
                tr("Tencent Cloud starts {name}; everything that hangs on it is then checked.",
                   name=resource.name),
            ),
            loses=tuple(loses),
            stays=tuple(stays),
            not_known=(*unknown, tr("How many orders and forms of visitors are among it is not "
                                    "counted: they are in the files and databases named here.")),
            takes=tr("The server is off from the first step to the last. The cloud does not say "
                     "beforehand how long it takes; what is done is shown in per cent."),
            costs=costs_of(making.gb, hour(making.deadline), seen),
            agree=tr("A designated contact of Party A must agree: {names}. Who, and how, is "
                     "recorded.",
                     names=tr(", ", context="between names").join(speaking) or "—"),
            before=self._better(change),
            why_not=self.why_not(cloud, making, context),
        )  # fmt: skip

    # ------------------------------------------------------------ inside

    def back_to(self, change: Change) -> Making:
        """Return the snapshots from before a change; raise `OpsError` where there are none."""
        begun = [run.began_at for run in change.runs if run.state != "absent" and not run.way]
        making = leading_back(change.makings, min(begun, default=None))
        if making is None:
            raise OpsError(
                tr("{number} has no snapshots of the server's disks.", number=change.number),
                hint=tr("Only snapshots that were made from its gate before it began are put back "
                        "from here; others in the console."),
                unharmed=tr("Nothing was done to the server or its disks."),
            )  # fmt: skip
        return making

    def _better(self, change: Change) -> str:
        """Say what to try before, while there is something."""
        tried = any(run.purpose == "rollback" and run.state == "done" for run in change.runs)
        if tried or change.way_back is None or change.way_back.why_not:
            return ""
        return tr("The prepared way back was not taken yet: it loses nothing of this. Take it "
                  "first, unless the server cannot be reached at all.")  # fmt: skip

    def _undone(self, session: Session, row: ChangeRow, making: Making) -> list[str]:
        """Return the numbers of other changes that did something there since the snapshots."""
        since, found = making.since or making.at, []
        same = select(ChangeRow).where(
            ChangeRow.resource_id == row.resource_id, ChangeRow.id != row.id
        )
        for other in session.scalars(same.order_by(ChangeRow.number)):
            if any(run.began_at >= since for run in runs_of(fields_of(other))):
                found.append(other.number)
        return found

    def _hanging(
        self, resource: Resource, context: Context
    ) -> tuple[tuple[Resource, ...], tuple[Resource, ...]]:
        if self._hands.hanging is None:
            return (), ()
        found = self._hands.hanging(resource, context)
        return found.sites, found.databases

    def _count(
        self, resource: Resource, folders: tuple[str, ...], since: datetime, context: Context
    ) -> tuple[list[str], list[str]]:
        """Return what was written in folders of the server, and what could not be counted."""
        context.progress(None, tr("Counting what was written on {name} since …",
                                  name=resource.name))  # fmt: skip
        try:
            found = self._disk_hands().count(
                resource, tuple(dict.fromkeys(folders)), since, context
            )
        except OpsError as error:
            context.check()
            return [], [tr("What was written is not counted: {why}", why=error.message)]
        loses = [
            tr_n("{folder}: {count} file, {size}", "{folder}: {count} files, {size}", one.files,
                 folder=one.folder, size=size(one.size))
            for one in found
            if not one.why and one.files
        ]  # fmt: skip
        unknown = [tr("{folder} is not counted: {why}.", folder=one.folder, why=one.why)
                   for one in found if one.why]  # fmt: skip
        return loses, unknown

    def why_not(self, cloud: Tencent, making: Making, context: Context) -> str:
        """Return why the snapshots cannot be put back now, or ""."""
        disks = {one.disk.id: one for one in api.disks(cloud, making.server, context)}
        there = {one.id: one for one in api.snapshots(cloud, [*disks], context)} if disks else {}
        for one in making.taken:
            if one.disk not in disks or not disks[one.disk].attached:
                return tr("{disk} is not attached to {server} any more: attach it in the console "
                          "first.", disk=one.disk, server=making.server)  # fmt: skip
            if disks[one.disk].rolling:
                return tr("{disk} is being rolled back just now.", disk=one.disk)
            if one.id not in there:
                return tr("The snapshot {id} of {disk} is gone: it was deleted in the console, or "
                          "its time was over.", id=one.id, disk=one.disk)  # fmt: skip
            if not there[one.id].whole:
                return tr("The snapshot {id} is {state} and cannot be put back now.", id=one.id,
                          state=there[one.id].state)  # fmt: skip
        return ""


def in_order(making: Making) -> tuple[Taken, ...]:
    """Return the snapshots as they are put back: the system disk last, whose end starts it."""
    usage = {one.id: one.usage for one in making.disks}
    return tuple(sorted(making.taken, key=lambda one: (usage[one.disk] == "SYSTEM_DISK", one.disk)))


def _folders(site: Resource) -> tuple[str, ...]:
    address = site.address
    if isinstance(address, WebAddress) and address.program is not None:
        return tuple(address.program.folders)
    return ()


def _archives(session: Session) -> dict[str, datetime]:
    """Return the time of the newest verified archive of each database."""
    found: dict[str, datetime] = {}
    wanted = select(ArchiveRow).where(ArchiveRow.purpose == "backup", ArchiveRow.verified.is_(True))
    for row in session.scalars(wanted.order_by(ArchiveRow.at)):
        found[row.resource_id] = row.at
    return found


def _database(one: Resource, since: datetime, archives: dict[str, datetime]) -> tuple[bool, str]:
    """Return whether a database is on these disks, and what becomes of it."""
    address = one.address
    assert isinstance(address, MysqlAddress)
    over = address.ssh is not None and address.host not in _HERE
    if address.cloud is not None or over:
        return False, tr("The database {name} is not on these disks ({host}): it stays as it is, "
                         "and is then newer than the program.", name=one.name,
                         host=address.host)  # fmt: skip
    at = archives.get(one.id)
    kept = (
        tr("its newest verified backup is of {at} and brings back what was until then.",
           at=hour(at))
        if at is not None and at > since
        else tr("no verified backup is newer than the snapshots.")
    )  # fmt: skip
    return True, tr("The database {name}, as far as its files are on this server: {kept}",
                    name=one.name, kept=kept)  # fmt: skip
