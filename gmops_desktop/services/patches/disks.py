"""What the flow of changes is handed in for a server's cloud disks: making snapshots, waiting for
them, telling how far they are.  It knows the cloud, and nothing of changes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gmops_desktop.adapters import tencent_disks as api
from gmops_desktop.adapters.tencent import CloudRefused, Tencent
from gmops_desktop.adapters.tencent_disks import Overview
from gmops_desktop.adapters.written_since import Written
from gmops_desktop.addresses import CloudAddress, Resource
from gmops_desktop.context import Context
from gmops_desktop.contract.looks.clouds import CloudSnapshot
from gmops_desktop.contract.snapshots import DiskOf, Making, Taken
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.services.patches.cloud_places import CloudPlace

PAUSES: Final = (3.0, 5.0, 8.0, 13.0, 20.0)  # seconds between looks; the last for all that follow
_LOOKS: Final = 6  # for what was ordered and is not listed yet


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskHands:
    """`place_of` finds a server in the cloud, `open_api` gives the API of an account in a region;
    `settle` writes out what a server holds in memory, `count` what was written there since."""

    place_of: Callable[[Resource], CloudPlace | None]
    open_api: Callable[[CloudAddress, str], Tencent]
    settle: Callable[[Resource, Context], None]
    count: Callable[[Resource, Sequence[str], datetime, Context], tuple[Written, ...]]
    pauses: Sequence[float] = PAUSES

    def place(self, host: Resource) -> CloudPlace:
        """Return where a server is; raise `OpsError` where nobody knows."""
        place = self.place_of(host)
        if place is None:
            raise OpsError(
                tr("No cloud account is known to have {name}.", name=host.name),
                hint=tr("Enter the account in the settings, and look at it: the server is known by "
                        "its address or its id."),
                unharmed=tr("Nothing was ordered."),
            )  # fmt: skip
        return place

    def wait(self, looked: int, context: Context) -> None:
        """Pause before the next look, the longer the more were had."""
        context.wait(self.pauses[min(looked, len(self.pauses) - 1)])

    def named(
        self, cloud: Tencent, making: Making, number: str, context: Context
    ) -> dict[str, CloudSnapshot]:
        """Return the snapshots of a making that the cloud has, by disk."""
        names = {making.name_of(number, one.id): one.id for one in making.disks}
        found = api.snapshots(cloud, [one.id for one in making.disks], context)
        return {names[one.name]: one for one in found if one.name in names}

    def order(
        self,
        cloud: Tencent,
        making: Making,
        number: str,
        context: Context,
        *,
        patient: bool,
    ) -> None:
        """Order every snapshot of a making that is not there; `patient` looks several times first,
        for what an answer that was lost may have ordered.  Raises `OpsError`."""
        there = self.named(cloud, making, number, context)
        for looked in range(_LOOKS if patient else 0):
            if len(there) == len(making.disks):
                return
            self.wait(looked, context)
            there = self.named(cloud, making, number, context)
        for disk in making.disks:
            if disk.id in there:
                continue
            context.progress(None, tr("Ordering a snapshot of {disk} …", disk=disk.id))
            name = making.name_of(number, disk.id)
            try:
                with context.uncut():  # whether it was ordered must be known
                    api.create(cloud, disk.id, name, making.deadline, context)
            except CloudRefused as refusal:
                if not refusal.unclear:
                    raise
                self._adopt(cloud, making, number, disk.id, refusal, context)

    def _adopt(
        self,
        cloud: Tencent,
        making: Making,
        number: str,
        disk: str,
        lost: CloudRefused,
        context: Context,
    ) -> None:
        """Look whether an order whose answer was lost was taken; never order again here."""
        for looked in range(_LOOKS):
            try:
                if disk in self.named(cloud, making, number, context):
                    context.note(tr("The answer was lost, but the snapshot of {disk} is being "
                                    "made.", disk=disk))  # fmt: skip
                    return
            except CloudRefused as refusal:
                if not refusal.unclear:
                    raise
            self.wait(looked, context)
        raise OpsError(
            tr("Whether a snapshot of {disk} was ordered is not known: {why}", disk=disk,
               why=lost.message),
            hint=tr("Take it up again: the cloud is asked first, and nothing is ordered twice."),
        ) from lost  # fmt: skip


def disks_of(
    cloud: Tencent, place: CloudPlace, wanted: Sequence[str], context: Context
) -> tuple[DiskOf, ...]:
    """Return the disks of a server of which snapshots can be made; `wanted` are those it had by the
    newest look.  Raises `OpsError` for what is not as it should be."""
    found = api.disks(cloud, place.server, context)
    gone = [one for one in wanted if one not in {seen.disk.id for seen in found if seen.attached}]
    if gone or not found:
        names = tr(", ", context="between names").join(gone) or place.server
        raise OpsError(
            tr("{names}: attached to {server} by the newest look, and now no more.", names=names,
               server=place.server),
            hint=tr("Look at the cloud account again; what is detached is then not asked for. "
                    "Attach it in the console first where the change needs it."),
            unharmed=tr("Nothing was ordered."),
        )  # fmt: skip
    for seen in found:
        if not seen.disk.can_snapshot:
            raise OpsError(
                tr("{disk} takes no snapshots.", disk=seen.disk.id),
                hint=tr("Let Party A accept that risk in writing, and open the gate with it as the "
                        "reason."),
                unharmed=tr("Nothing was ordered."),
            )  # fmt: skip
        if seen.rolling or seen.disk.state != "ATTACHED":
            raise OpsError(
                tr("{disk} is {state} just now: no snapshot is made of it.", disk=seen.disk.id,
                   state=seen.disk.state),
                hint=tr("Wait until the cloud is done with it, then try again."),
                unharmed=tr("Nothing was ordered."),
            )  # fmt: skip
    return tuple(
        DiskOf(one.disk.id, one.disk.name, one.disk.size_gb, one.disk.usage) for one in found
    )


def taken_of(found: Mapping[str, CloudSnapshot]) -> tuple[Taken, ...]:
    """Return the finished snapshots of a making."""
    return tuple(
        Taken(one.id, disk, datetime.fromisoformat(one.at))
        for disk, one in sorted(found.items())
        if one.whole
    )


def costs_of(gb: int, until: str, seen: Overview | None) -> str:
    """Say what snapshots of so many GB cost, as far as anybody here knows."""
    said = [tr("Snapshots of {gb} GB of disks at most, kept until {until}.", gb=gb, until=until)]
    if seen is not None:
        said.append(
            tr("All snapshots of the account in this region take {used} GB; {free} GB are free of "
               "charge, {billed} GB are billed.", used=f"{seen.used:g}", free=f"{seen.free:g}",
               billed=f"{seen.billed:g}")
        )  # fmt: skip
    said.append(
        tr("What a GB costs a day is not known here: it stands in the console (Cloud Block "
           "Storage, Snapshots) and in the price list there.")
    )  # fmt: skip
    return "\n".join(said)
