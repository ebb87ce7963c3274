"""The stand-in's cloud disks and their snapshots: made and put back within a few looks, with the
limits and refusals of the real ones.  Putting one back changes states alone: no data of this
machine is behind them.

Field names are Tencent's; every answer is checked against the SDK's models before it is sent.
Rules: doc 362/15648 (CreateSnapshot), 362/15644 (ApplySnapshot), 362/15647 (DescribeSnapshots).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sandbox.tencent_backups import Behaviour, Json, Refused, local, paged

_SIZE: Final = 100  # GB of a disk
_NAME: Final = 60  # characters of a snapshot's name
_FILTERED: Final = 10  # disks in one filter
_SNAPSHOT_FILTERS: Final = {
    "snapshot-id", "snapshot-name", "snapshot-state", "disk-usage", "disk-id", "project-id", "zone",
    "encrypt", "snapshot-type",
}  # fmt: skip
_DISK_FILTERS: Final = {"disk-usage", "instance-id", "disk-id", "disk-state", "zone", "portable"}
_CREATING: Final = 5  # snapshots that may be in the making at once


@dataclass(slots=True)
class _Rollback:
    """A snapshot on its way back; `looks` were had at the disks since it was asked for."""

    disk: str
    snapshot: str
    start: bool
    looks: int = 0

    @property
    def percent(self) -> int | None:
        """How far the disk is; None while the server is still stopping, or once it is done."""
        return {2: 0, 3: 50}.get(self.looks)


class CloudDisks:
    """`now` gives the time, `behaviour` how things are at the moment.  The account calls it under
    its lock."""

    def __init__(self, now: Callable[[], datetime], behaviour: Callable[[], Behaviour]) -> None:
        self._now, self._behaviour = now, behaviour
        self._numbers = itertools.count(900_001)
        self._rollbacks: list[_Rollback] = []
        self._state = ""  # of the first server, while and after a disk of it was put back
        self._looks: dict[str, int] = {}
        self._snapshots = [self._new("disk-sandbox1", "nightly", now() - timedelta(days=1))]
        self._snapshots[0] |= {"SnapshotState": "NORMAL", "Percent": 100}

    # ------------------------------------------------------------ read

    def disks(self, given: Json) -> Json:
        """DescribeDisks; each look brings a rollback nearer to its end."""
        self._exclude(given, "DiskIds")
        self._advance()
        there = [
            self._disk(name, server, place)
            for server, names in self._all().items()
            for place, name in enumerate(names)
        ]
        there = _filtered(there, given, _DISK_FILTERS, {"instance-id": "InstanceId",
                          "disk-id": "DiskId", "disk-usage": "DiskUsage"})  # fmt: skip
        wanted = given.get("DiskIds")
        there = [one for one in there if not wanted or one["DiskId"] in wanted]
        return paged("DiskSet", there, given, most=100)

    def snapshots(self, given: Json) -> Json:
        """DescribeSnapshots; each look brings one that is being made nearer to its end."""
        self._exclude(given, "SnapshotIds")
        behaviour = self._behaviour()
        for one in self._snapshots:
            if one["SnapshotState"] == "CREATING":
                step = 100 // behaviour.snapshot_looks + 1
                whole = 99 if behaviour.snapshot_hangs else 100
                one["Percent"] = min(whole, one["Percent"] + step)
                if one["Percent"] == 100:
                    one["SnapshotState"] = "NORMAL"
        rows = _filtered(self._snapshots, given, _SNAPSHOT_FILTERS, {
            "snapshot-id": "SnapshotId", "snapshot-name": "SnapshotName",
            "snapshot-state": "SnapshotState", "disk-id": "DiskId"})  # fmt: skip
        wanted = given.get("SnapshotIds")
        rows = [one for one in rows if not wanted or one["SnapshotId"] in wanted]
        return paged("SnapshotSet", rows, given, most=100)

    def overview(self, given: Json) -> Json:
        """DescribeSnapshotOverview."""
        used = float(sum(one["DiskSize"] for one in self._snapshots))
        return {"TotalNums": len(self._snapshots), "TotalSize": used, "FreeQuota": 80.0,
                "RealTradeSize": max(0.0, used - 80.0)}  # fmt: skip

    # ------------------------------------------------------------ made, put back, removed

    def create(self, given: Json) -> Json:
        """CreateSnapshot."""
        behaviour, name = self._behaviour(), given.get("SnapshotName", "")
        disk = given["DiskId"]
        if disk not in self._names():
            raise Refused("InvalidDiskId.NotFound", f"The disk {disk} is not found.")
        if len(name) > _NAME:
            raise Refused("InvalidParameterValue", "SnapshotName is too long.")
        if disk in behaviour.no_snapshots:
            raise Refused("InvalidDisk.NotSupportSnapshot", "The disk takes no snapshots.")
        making = [one for one in self._snapshots if one["SnapshotState"] == "CREATING"]
        if any(one["DiskId"] == disk for one in making):
            raise Refused("InvalidDisk.SnapshotCreating", "A snapshot of it is being made.")
        if len(making) >= _CREATING:
            raise Refused("ResourceUnavailable.TooManyCreatingSnapshot", "Too many at once.")
        if len(self._snapshots) >= behaviour.snapshot_quota:
            raise Refused("InsufficientSnapshotQuota", "The quota of snapshots is used up.")
        made = self._new(disk, name, self._now())
        if "Deadline" in given:
            deadline = datetime.fromisoformat(given["Deadline"].replace("Z", "+00:00"))
            if deadline.tzinfo is None or deadline < self._now() + timedelta(days=1):
                raise Refused("InvalidParameterValue", "Deadline is a day from now at least.")
            made |= {"IsPermanent": False, "DeadlineTime": local(deadline)}
        self._snapshots.append(made)
        return {"SnapshotId": made["SnapshotId"]}

    def apply(self, given: Json) -> Json:
        """ApplySnapshot."""
        found = [one for one in self._snapshots if one["SnapshotId"] == given["SnapshotId"]]
        if not found:
            raise Refused("InvalidSnapshotId.NotFound", "The snapshot is not found.")
        [snapshot] = found
        disk = given["DiskId"]
        if snapshot["DiskId"] != disk:
            raise Refused("InvalidParameterValue", "Not the disk that the snapshot is of.")
        if snapshot["SnapshotState"] != "NORMAL":
            raise Refused("UnsupportedOperation.StateError", "The snapshot is not NORMAL.")
        if any(one.disk == disk and one.looks < 4 for one in self._rollbacks):
            raise Refused("ResourceInUse.DiskRollbacking", "The disk is being rolled back.")
        stops, starts = given.get("AutoStopInstance", False), given.get("AutoStartInstance", False)
        if starts and not stops:
            raise Refused("InvalidParameterValue", "AutoStartInstance needs AutoStopInstance.")
        if self.server_state != "STOPPED" and not stops:
            raise Refused("UnsupportedOperation.InstanceNotStopped", "The instance runs.")
        self._rollbacks.append(_Rollback(disk, snapshot["SnapshotId"], starts))
        if self.server_state != "STOPPED":
            self._state = "STOPPING"
        snapshot["SnapshotState"] = "ROLLBACKING"
        return {}

    def delete(self, given: Json) -> Json:
        """DeleteSnapshots: all of them or none."""
        wanted = given["SnapshotIds"]
        known = {one["SnapshotId"]: one for one in self._snapshots}
        for name in wanted:
            if name not in known:
                raise Refused("InvalidSnapshotId.NotFound", f"The snapshot {name} is not found.")
            if known[name]["SnapshotState"] == "ROLLBACKING":
                raise Refused("ResourceBusy", f"The snapshot {name} is being put back.")
        self._snapshots = [one for one in self._snapshots if one["SnapshotId"] not in wanted]
        return {}

    @property
    def server_state(self) -> str:
        """The state of the first server."""
        return self._state or self._behaviour().server_state

    # ------------------------------------------------------------ inside

    def _advance(self) -> None:
        """Let a rollback come on by one look: stopping, rolling back twice, over."""
        for one in self._rollbacks:
            if one.looks >= 5:
                continue
            one.looks += 1
            if one.looks == 2:
                self._state = "STOPPED"
            if one.looks == 4:
                for snapshot in self._snapshots:
                    if snapshot["SnapshotId"] == one.snapshot:
                        snapshot["SnapshotState"] = "NORMAL"
                if one.start and not self._behaviour().start_fails:
                    self._state = "STARTING"
            if one.looks == 5 and self._state == "STARTING":
                self._state = ""

    def _all(self) -> dict[str, list[str]]:
        """Return the disks of each server; the first may have further ones."""
        behaviour = self._behaviour()
        found = {
            server_name(number): [f"disk-sandbox{number}"]
            for number in range(1, behaviour.servers + 1)
        }
        if behaviour.servers:
            found[server_name(1)] += [
                f"disk-sandbox1d{number}" for number in range(1, behaviour.data_disks + 1)
            ]
        return found

    def _names(self) -> set[str]:
        return {name for names in self._all().values() for name in names}

    def _disk(self, name: str, server: str, place: int) -> Json:
        behaviour = self._behaviour()
        percent = next((one.percent for one in self._rollbacks
                        if one.disk == name and one.percent is not None), None)  # fmt: skip
        detached = name in behaviour.detached
        return {
            "DiskId": name,
            "DiskName": "数据盘" if place else "系统盘",
            "DiskUsage": "DATA_DISK" if place else "SYSTEM_DISK",
            "DiskState": "UNATTACHED"
            if detached
            else "ROLLBACKING"
            if percent is not None
            else "ATTACHED",
            "Attached": not detached,
            "Portable": bool(place),
            "Rollbacking": percent is not None,
            "RollbackPercent": percent if percent is not None else 100,
            "DiskChargeType": "PREPAID",
            "DeadlineTime": local(self._now() + timedelta(days=behaviour.expires_days)),
            "RenewFlag": "NOTIFY_AND_MANUAL_RENEW",
            "SnapshotAbility": name not in behaviour.no_snapshots,
            "DiskSize": _SIZE,
            "InstanceId": "" if detached else server,
            "SnapshotCount": sum(one["DiskId"] == name for one in self._snapshots),
        }

    def _new(self, disk: str, name: str, at: datetime) -> Json:
        return {
            "SnapshotId": f"snap-{next(self._numbers)}",
            "SnapshotName": name,
            "SnapshotState": "CREATING",
            "Percent": 0,
            "DiskId": disk,
            "DiskSize": _SIZE,
            "DiskUsage": "DATA_DISK" if "d" in disk.removeprefix("disk-sandbox") else "SYSTEM_DISK",
            "CreateTime": local(at),
            "IsPermanent": True,
            "DeadlineTime": None,
        }

    @staticmethod
    def _exclude(given: Json, ids: str) -> None:
        if given.get(ids) and given.get("Filters"):
            raise Refused("InvalidParameter", f"{ids} and Filters exclude each other.")


def server_name(number: int) -> str:
    """Return the id of a server of the account."""
    return f"ins-sandbox{number}"


def _filtered(
    rows: Iterable[Json], given: Json, known: set[str], fields: dict[str, str]
) -> list[Json]:
    found = list(rows)
    for one in given.get("Filters") or ():
        name, values = one["Name"], one["Values"]
        if name not in known:
            raise Refused("InvalidFilter", f"no filter {name}")
        if name == "disk-id" and len(values) > _FILTERED:
            raise Refused("InvalidParameterValue.LimitExceeded", "too many values of disk-id")
        if name in fields:
            found = [row for row in found if row[fields[name]] in values]
    return found
