"""Snapshots for a change: ordered for all disks of its server, waited for, taken up again, deleted.

An order is in the record before the cloud hears of it.  Whoever leaves while the cloud works, or is
killed, takes it up again from any machine: the cloud is asked what is there, and only what is not
is ordered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from db.ids import uuid7
from db.models import ChangeRow, ResourceRow
from gmops_desktop.adapters import tencent_disks as api
from gmops_desktop.adapters.tencent import CloudRefused, Tencent
from gmops_desktop.addresses import CloudAddress, Resource, address_from_dict
from gmops_desktop.context import Context
from gmops_desktop.contract.gates import FRESH
from gmops_desktop.contract.looks.clouds import CloudSnapshot
from gmops_desktop.contract.snapshots import (
    KEPT_DAYS,
    LEAST_DAYS,
    MADE,
    MAKING,
    MOST_DAYS,
    PATIENCE,
    REMOVED,
    Making,
    MakingState,
    hour,
    makings_of,
    prefix_of,
)
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.services.patches.disk_facts import known_disks
from gmops_desktop.services.patches.disks import (
    DiskHands,
    costs_of,
    disks_of,
    taken_of,
)
from gmops_desktop.services.patches.looking_back import LookingBack
from gmops_desktop.services.patches.queue import check_host
from gmops_desktop.services.patches.record import Change, fields_of

Taking = Sequence[Mapping[str, str]]  # finished snapshots: id, disk and time of each


class Snapshots(LookingBack):
    """The verbs that make and delete snapshots of a server's cloud disks."""

    def snapshot(
        self, resource: Resource, change_id: str, context: Context, *, days: int = KEPT_DAYS
    ) -> Change:
        """Have a snapshot made of every disk of the server, and wait until all are there.

        The cloud keeps them for so many `days` and then deletes them by itself.  One that was begun
        is taken up again.  Cancelling leaves it: the cloud goes on.  Raises `OpsError` for what
        failed, which stands in the gate, too.
        """
        if not LEAST_DAYS <= days <= MOST_DAYS:
            raise OpsError(
                tr("Snapshots are kept for {least} to {most} days.", least=LEAST_DAYS,
                   most=MOST_DAYS),
                unharmed=tr("Nothing was ordered."),
            )  # fmt: skip
        with self._book.reading() as session:
            row = self._book.standing(session, change_id, "snapshot")
            change = self._book.change(session, row)
            wanted = _wanted(session, row, self._book.now())
        check_host(resource, change)
        hands = self._disk_hands()
        place = hands.place(resource)
        context.progress(None, tr("Asking Tencent Cloud for the disks of {name} …",
                                  name=resource.name))  # fmt: skip
        cloud = hands.open_api(place.account, place.region)
        with self._hands.alone(resource):
            going = self._going(change_id, place.server)
            if going is None:
                disks = disks_of(cloud, place, wanted, context)
                self._settle(resource, context)
                now = self._book.now()
                going = Making(
                    uuid7(), now, self._book.journal.actor(), place.cloud, place.server,
                    place.region, now + timedelta(days=days), disks,
                )  # fmt: skip
                self._ordered(change_id, going)
                fresh = True
            else:
                fresh = False
            try:
                hands.order(
                    cloud, going, change.number, context,
                    patient=not fresh and going.state == "making",
                )  # fmt: skip
            except OpsError as error:
                self._keep_making(change_id, going, "stuck", error.message)
                error.unharmed = tr("The server and its disks are as they were; snapshots that "
                                    "were ordered already stay.")  # fmt: skip
                raise
        return self._waited(cloud, change.number, change_id, going, context)

    def snapshot_costs(self, resource: Resource, change_id: str, context: Context) -> str:
        """Return what snapshots of the server's disks would cost, as far as that is known."""
        hands = self._disk_hands()
        place = hands.place(resource)
        cloud = hands.open_api(place.account, place.region)
        found = api.disks(cloud, place.server, context)
        seen = None
        try:
            seen = api.overview(cloud, context)
        except CloudRefused as refusal:
            context.note(refusal.message)
        gb = sum(one.disk.size_gb for one in found)
        until = hour(self._book.now() + timedelta(days=KEPT_DAYS))
        return costs_of(gb, until, seen)

    def delete_snapshots(self, change_id: str, context: Context, *, confirm: str) -> Change:
        """Delete the snapshots that were made for a change, for good; `confirm` is its number.

        Only such as carry the change's own names are touched.
        """
        with self._book.reading() as session:
            row = self._book.standing(session, change_id, "delete_snapshots")
            change = self._book.change(session, row)
            there = [one for one in change.makings if one.state != "removed"]
            accounts = {one.cloud: account_of(session, one) for one in there}
        if confirm.strip().upper() != change.number:
            raise OpsError(
                tr("To go on, type the number of the change: {number}.", number=change.number),
                unharmed=tr("No snapshot was deleted."),
            )
        if not there:
            raise OpsError(tr("{number} has no snapshots.", number=change.number))
        for making in there:
            context.progress(None, tr("Deleting the snapshots of {at} …", at=hour(making.at)))
            cloud = self._disk_hands().open_api(accounts[making.cloud], making.region)
            found = [
                one
                for one in api.snapshots(cloud, [disk.id for disk in making.disks], context)
                if one.name in {making.name_of(change.number, disk.id) for disk in making.disks}
                and one.name.startswith(prefix_of(change.number))
            ]
            with context.uncut():
                if found:
                    api.delete(cloud, [one.id for one in found], context)
                with self._book.writing() as session:
                    row = self._book.row(session, change.id)
                    removed = {"at": self._book.now(), "by": self._book.journal.actor()}
                    self._book.record(
                        session, row, "change.unsnapped", {REMOVED + making.id: removed},
                        snapshots=[one.id for one in found],
                    )  # fmt: skip
        return self._book.get(change.id)

    # ------------------------------------------------------------ inside

    def _disk_hands(self) -> DiskHands:
        if self._hands.disks is None:
            raise OpsError(
                tr("Cloud disks cannot be reached from here."),
                unharmed=tr("Nothing was ordered."),
            )
        return self._hands.disks

    def _settle(self, resource: Resource, context: Context) -> None:
        """Let the server write out what it holds; a snapshot is as after a power cut."""
        context.progress(None, tr("Letting {name} write out its memory …", name=resource.name))
        try:
            self._disk_hands().settle(resource, context)
        except OpsError as error:
            context.check()
            context.note(
                tr("{name} did not write out its memory before ({why}): the snapshot is as after a "
                   "power cut.", name=resource.name, why=error.message)
            )  # fmt: skip

    def _going(self, change_id: str, server: str) -> Making | None:
        """Return the making of a change that can be taken up, if there is one."""
        with self._book.reading() as session:
            makings = makings_of(fields_of(self._book.row(session, change_id)))
        now = self._book.now()
        found = [one for one in makings
                 if one.open and one.server == server and now - one.at < FRESH]  # fmt: skip
        return found[-1] if found else None

    def _ordered(self, change_id: str, making: Making) -> None:
        with self._book.writing() as session:
            row = self._book.standing(session, change_id, "snapshot")
            said = {
                "at": making.at,
                "by": making.by,
                "cloud": making.cloud,
                "server": making.server,
                "region": making.region,
                "deadline": making.deadline,
                "disks": [
                    {"id": one.id, "name": one.name, "gb": one.gb, "usage": one.usage}
                    for one in making.disks
                ],
            }
            self._book.record(session, row, "change.snapshotting", {MAKING + making.id: said})

    def _keep_making(
        self, change_id: str, making: Making, state: MakingState, why: str, taken: Taking = ()
    ) -> Change:
        """Record what became of a making."""
        with self._book.writing() as session:
            row = self._book.row(session, change_id)
            said = {"state": state, "why": why, "at": self._book.now(), "taken": [*taken]}
            known = fields_of(row).get(MADE + making.id) or {}
            if (known.get("state"), known.get("why")) == (state, why):
                return self._book.change(session, row)
            action = "change.snapped" if state == "done" else "change.snapshot_stuck"
            return self._book.record(session, row, action, {MADE + making.id: said}, why=why)

    def _waited(
        self, cloud: Tencent, number: str, change_id: str, making: Making, context: Context
    ) -> Change:
        """Wait until every snapshot of a making is there; record how it ended."""
        hands, looked = self._disk_hands(), 0
        seen: dict[str, CloudSnapshot] = {}
        while True:
            try:
                found = hands.named(cloud, making, number, context)
            except CloudRefused as refusal:
                if not refusal.unclear:
                    raise
                context.progress(None, tr("Tencent Cloud does not answer; asking again …"))
                found = seen
            if gone := [one for one in seen if one not in found]:
                names = tr(", ", context="between names").join(seen[one].id for one in gone)
                why = tr("{names}: deleted while it was being made.", names=names)
                self._give_up(change_id, making, why)
            seen = found
            done = taken_of(found)
            if len(done) == len(making.disks):
                taken = [{"id": one.id, "disk": one.disk, "at": one.at.isoformat()} for one in done]
                with context.uncut():
                    return self._keep_making(change_id, making, "done", "", taken)
            percent = sum(one.percent for one in found.values()) // len(making.disks)
            each = [f"{disk} {one.percent} %" for disk, one in sorted(found.items())]
            said = tr(", ", context="between names").join(each) or making.server
            context.progress(
                min(percent, 99),
                tr("Snapshots are being made, {percent} %: {what}", percent=percent, what=said),
            )
            if self._book.now() - making.at > PATIENCE:
                slow = [one for one in found.values() if not one.whole]
                names = tr(", ", context="between names").join(
                    f"{one.id} ({one.percent} %)" for one in slow
                )
                why = tr("Not finished after {hours} hours: {names}.",
                         hours=f"{PATIENCE.total_seconds() / 3600:g}", names=names)  # fmt: skip
                self._give_up(change_id, making, why)
            hands.wait(looked, context)
            looked += 1

    def _give_up(self, change_id: str, making: Making, why: str) -> None:
        self._keep_making(change_id, making, "stuck", why)
        raise OpsError(
            why,
            hint=tr("Look at it in the console (Cloud Block Storage, Snapshots) and ask Tencent's "
                    "support. Delete what hangs (“Delete snapshots…”), then make new ones; or open "
                    "the gate as a special emergency, with Party A's written acceptance."),
            unharmed=tr("The server and its disks are as they were."),
        )  # fmt: skip


def _wanted(session: Session, row: ChangeRow, now: datetime) -> tuple[str, ...]:
    """Return the disks of the change's server by the newest looks."""
    known = known_disks(session, row.resource_id, now)
    return tuple(disk.id for disk, _mine, _seen in known.found or ())


def account_of(session: Session, making: Making) -> CloudAddress:
    """Return the account that a making was ordered from."""
    row = session.get(ResourceRow, making.cloud)
    address = address_from_dict("cloud", row.address) if row and row.address else None
    if not isinstance(address, CloudAddress):
        raise OpsError(
            tr("The cloud account of these snapshots is no longer in the contract."),
            hint=tr("Delete them in the console; the cloud does so by itself at {until}.",
                    until=hour(making.deadline)),
        )  # fmt: skip
    return address
