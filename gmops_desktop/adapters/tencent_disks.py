"""The cloud disks of one server and their snapshots, by the actions of the API (cbs 2017-03-12):
looked at, made, put back, deleted.

What costs money or overwrites data is asked for once; what became of an unclear answer is looked
up.  Fields: doc 362/15648, 362/15647, 362/15644, 362/15643, 362/16315.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from gmops_desktop.adapters.sections import Unknown
from gmops_desktop.adapters.tencent import CloudRefused, Tencent, policy
from gmops_desktop.adapters.tencent_lists import PAGE, Json, made, pages, snapshot
from gmops_desktop.adapters.tencent_lists import disk as disk_record
from gmops_desktop.context import Context
from gmops_desktop.contract.looks.clouds import CloudDisk, CloudSnapshot
from gmops_desktop.errors import OpsError
from gmops_desktop.language import mark, tr

Answer = TypeVar("Answer")

MAKING: Final = ("DescribeDisks", "DescribeSnapshots", "CreateSnapshot")
PUTTING_BACK: Final = ("DescribeDisks", "DescribeSnapshots", "ApplySnapshot")
DELETING: Final = ("DescribeSnapshots", "DeleteSnapshots")

_CBS: Final = ("cbs", "2017-03-12")
_CVM: Final = ("cvm", "2017-03-12")
_FILTERED: Final = 10  # disks in one filter
# What the refusals of snapshots ask for; the first that fits.
_HINTS: Final[tuple[tuple[str, str], ...]] = (
    (
        "InsufficientSnapshotQuota",
        mark("The account may keep no more snapshots in this region: delete old ones, or ask for a "
             "larger quota in the console (Cloud Block Storage, Snapshots)."),
    ),
    (
        "InvalidDisk.SnapshotCreating",
        mark("Another snapshot of this disk is being made: wait for its end, then try again."),
    ),
    (
        "ResourceUnavailable.SnapshotCreating",
        mark("Another snapshot of this disk is being made: wait for its end, then try again."),
    ),
    (
        "ResourceUnavailable.TooManyCreatingSnapshot",
        mark("Too many snapshots are being made at once: wait for their end, then try again."),
    ),
    (
        "ResourceUnavailable.DiskSnapshotChainTooLarge",
        mark("The disk has too many snapshots one upon the other: delete some in the console, then "
             "try again."),
    ),
    ("InvalidDisk.Busy", mark("The cloud is busy with this disk: try again in a few minutes.")),
    ("ResourceBusy", mark("The cloud is busy with this disk: try again in a few minutes.")),
    (
        "ResourceInUse.DiskRollbacking",
        mark("The disk is being rolled back just now: wait for its end."),
    ),
    (
        "InvalidDisk.NotSupportSnapshot",
        mark("This disk takes no snapshots: let Party A accept that risk in writing, and open the "
             "gate with it as the reason."),
    ),
    (
        "UnsupportedOperation.InstanceNotStopped",
        mark("Shut the server down in the console, then try again."),
    ),
    (
        "InvalidSnapshotId.NotFound",
        mark("It was deleted meanwhile: look at the cloud account again."),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DiskSeen:
    """A disk as it is now; `rolling` while a snapshot is put back, `percent` how far."""

    disk: CloudDisk
    attached: bool
    rolling: bool
    percent: int


@dataclass(frozen=True, slots=True)
class Overview:
    """What the snapshots of an account take in a region, in GB; `free` of it costs nothing."""

    used: float
    free: float
    billed: float


def disks(api: Tencent, instance: str, context: Context) -> tuple[DiskSeen, ...]:
    """Return the disks that hang on a server."""

    def page(at: int) -> Json:
        wanted = [{"Name": "instance-id", "Values": [instance]}]
        return {"Filters": wanted, "Offset": at, "Limit": PAGE}

    return _whole(lambda: made(pages(api, _CBS, "DescribeDisks", "DiskSet", page, context), _seen))


def snapshots(api: Tencent, disk_ids: Sequence[str], context: Context) -> tuple[CloudSnapshot, ...]:
    """Return the snapshots of disks, however far they are."""
    found: list[Json] = []
    for first in range(0, len(disk_ids), _FILTERED):
        wanted = [{"Name": "disk-id", "Values": list(disk_ids[first : first + _FILTERED])}]

        def page(at: int, wanted: Any = wanted) -> Json:
            return {"Filters": wanted, "Offset": at, "Limit": PAGE}

        found += _whole(
            lambda page=page: pages(  # type: ignore[misc]
                api, _CBS, "DescribeSnapshots", "SnapshotSet", page, context
            )
        )
    return _whole(lambda: made(found, snapshot))


def create(api: Tencent, disk: str, name: str, deadline: datetime, context: Context) -> str:
    """Order a snapshot of a disk, which the cloud deletes at `deadline`; return its id.

    Raises `CloudRefused`, whose `unclear` says that it may be in the making all the same.
    """
    fields = {
        "DiskId": disk,
        "SnapshotName": name,
        "Deadline": deadline.astimezone(UTC).isoformat(timespec="seconds"),
    }
    with _told(MAKING):
        return str(api.call(*_CBS, "CreateSnapshot", fields, context)["SnapshotId"])


def put_back(api: Tencent, snapshot_id: str, disk: str, context: Context, *, start: bool) -> str:
    """Overwrite a disk with its snapshot; the server is shut down for it, and with `start` comes up
    again.  Returns the number of the request."""
    fields = {
        "SnapshotId": snapshot_id,
        "DiskId": disk,
        "AutoStopInstance": True,
        "AutoStartInstance": start,
    }
    with _told(PUTTING_BACK):
        return str(api.call(*_CBS, "ApplySnapshot", fields, context)["RequestId"])


def delete(api: Tencent, ids: Sequence[str], context: Context) -> None:
    """Delete snapshots for good: all of them or none."""
    with _told(DELETING):
        api.call(*_CBS, "DeleteSnapshots", {"SnapshotIds": list(ids)}, context)


def overview(api: Tencent, context: Context) -> Overview:
    """Return what the snapshots of the account take."""
    said = api.call(*_CBS, "DescribeSnapshotOverview", {}, context)
    return Overview(
        float(said.get("TotalSize") or 0), float(said.get("FreeQuota") or 0),
        float(said.get("RealTradeSize") or 0),
    )  # fmt: skip


def server_state(api: Tencent, instance: str, context: Context) -> str:
    """Return the cloud's word for the state of a server, such as RUNNING or STOPPED."""
    fields = {"InstanceIds": [instance], "Limit": 1}
    found = api.call(*_CVM, "DescribeInstances", fields, context).get("InstanceSet") or []
    if not found:
        raise OpsError(
            tr("Tencent Cloud knows no server {instance} there.", instance=instance),
            hint=tr("Check the region in the settings, then look at the account again."),
        )
    return str(found[0]["InstanceState"])


def _seen(item: Json) -> DiskSeen:
    rolling = bool(item.get("Rollbacking")) or item["DiskState"] == "ROLLBACKING"
    return DiskSeen(disk_record(item, ""), bool(item.get("Attached")), rolling,
                    int(item.get("RollbackPercent") or 0))  # fmt: skip


def _whole(read: Callable[[], Answer]) -> Answer:
    """Return what was read; half a list is no answer to act upon."""
    try:
        return read()
    except Unknown as why:
        raise OpsError(
            tr("Tencent Cloud did not tell all of it: {why}.", why=str(why)),
            hint=tr("Try again in a minute."),
        ) from why


@contextmanager
def _told(needed: Sequence[str]) -> Iterator[None]:
    """Say of a refusal what helps, and of a missing right all that the whole of it needs."""
    try:
        yield
    except CloudRefused as refusal:
        for start, hint in _HINTS:
            if refusal.code.startswith(start):
                number = tr("Request number: {number}", number=refusal.request_id)
                refusal.hint = f"{tr(hint)} {number}"
                break
        if refusal.policy:
            whole = tr("All that snapshots need here: {policy}", policy=policy("cbs", *needed))
            refusal.hint = f"{refusal.hint} {whole}"
        raise
