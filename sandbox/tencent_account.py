"""What the stand-in's Tencent Cloud account holds, and how it changes: one server, its disks, one
database with backups that take a few looks to finish.

Field names are Tencent's; every answer is checked against the SDK's models before it is sent.
"""

from __future__ import annotations

import hashlib
import itertools
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from random import Random
from typing import Any, Final

Json = dict[str, Any]

APIS: Final = {  # service: version, module of the SDK
    "billing": ("2018-07-09", "v20180709"),
    "cbs": ("2017-03-12", "v20170312"),
    "cdb": ("2017-03-20", "v20170320"),
    "cvm": ("2017-03-12", "v20170312"),
    "domain": ("2018-08-08", "v20180808"),
    "sts": ("2018-08-13", "v20180813"),
}
REGION: Final = "ap-guangzhou"
REGIONS: Final = {REGION, "ap-shanghai", "ap-beijing", "ap-nanjing", "ap-chengdu", "ap-hongkong"}

# The SDK's models check names alone; these are the fields without which Tencent refuses.
REQUIRED: Final = {
    ("cbs", "CreateSnapshot"): ("DiskId",),
    ("cdb", "CreateBackup"): ("InstanceId", "BackupMethod"),
    ("cdb", "DescribeBackups"): ("InstanceId",),
    ("cdb", "DescribeBackupConfig"): ("InstanceId",),
}

_BEIJING: Final = timezone(timedelta(hours=8))
_INSTANCE: Final = "ins-sandbox1"
_DATABASE: Final = "cdb-sandbox1"
_DISK: Final = "disk-sandbox1"
_LOOKS: Final = 3  # a task is done when it has been looked at so often


class Refused(Exception):
    """An error as Tencent gives it: a code and a message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Account:
    """The account's state; `now` gives the time.  Calls come from many threads."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._numbers = itertools.count(900_001)
        self._backups: list[Json] = []
        self._snapshots: list[Json] = []
        self._files: dict[int, bytes] = {}
        for days in range(7, 0, -1):  # one automatic backup each night
            begun = now().astimezone(_BEIJING).replace(hour=3, minute=2) - timedelta(days=days)
            self._finish(self._new_backup("physical", "automatic", "", begun))

    def do(self, service: str, action: str, region: str, given: Json, host: str) -> Json:
        """Return the answer of one action; in a region other than ours nothing is found."""
        actions: dict[tuple[str, str], Callable[[Json], Json]] = {
            ("billing", "DescribeAccountBalance"): self._balance,
            ("cbs", "CreateSnapshot"): self._create_snapshot,
            ("cbs", "DescribeDisks"): self._disks,
            ("cbs", "DescribeSnapshots"): self._describe_snapshots,
            ("cdb", "CreateBackup"): self._create_backup,
            ("cdb", "DescribeBackupConfig"): self._backup_config,
            ("cdb", "DescribeBackups"): lambda given: self._describe_backups(given, host),
            ("cdb", "DescribeDBInstances"): self._databases,
            ("cvm", "DescribeInstances"): self._instances,
            ("cvm", "DescribeInstancesStatus"): self._states,
            ("domain", "DescribeDomainNameList"): self._domains,
            ("sts", "GetCallerIdentity"): self._identity,
        }
        if (service, action) not in actions:
            raise Refused("InternalError", f"the stand-in does not know {service}:{action}")
        with self._lock:
            found = actions[service, action](given)
        if service in {"cvm", "cbs", "cdb"} and region != REGION and "TotalCount" in found:
            empty: Json = {name: [] for name, value in found.items() if isinstance(value, list)}
            return {**empty, "TotalCount": 0}
        return found

    def backup_file(self, number: str) -> bytes | None:
        """Return the content of a finished backup's file."""
        return self._files.get(int(number)) if number.isdigit() else None

    # ------------------------------------------------------------ server and disk

    def _instance(self) -> Json:
        return {
            "InstanceId": _INSTANCE,
            "InstanceName": "官网",
            "InstanceState": "RUNNING",
            "RestrictState": "NORMAL",
            "InstanceChargeType": "PREPAID",
            "ExpiredTime": _utc(self._now() + timedelta(days=21)),
            "CreatedTime": "2018-03-06T02:00:00Z",
            "RenewFlag": "NOTIFY_AND_MANUAL_RENEW",
            "CPU": 8,
            "Memory": 8,
            "SystemDisk": {"DiskId": _DISK, "DiskSize": 100, "DiskType": "CLOUD_PREMIUM"},
            "DataDisks": None,
            "PublicIpAddresses": ["203.0.113.10"],
            "PrivateIpAddresses": ["10.0.0.5"],
            "InternetAccessible": {
                "InternetMaxBandwidthOut": 5,
                "InternetChargeType": "BANDWIDTH_PREPAID",
            },
            "OsName": "Debian 12",
            "Placement": {"Zone": f"{REGION}-3"},
            "LatestOperation": None,
        }

    def _instances(self, given: Json) -> Json:
        if given.get("InstanceIds") and given.get("Filters"):
            raise Refused("InvalidParameter", "InstanceIds and Filters exclude each other.")
        for name in given.get("InstanceIds", ()):
            if name != _INSTANCE:
                raise Refused("InvalidInstanceId.NotFound", f"The instance {name} is not found.")
        return _paged("InstanceSet", [self._instance()], given, most=100)

    def _states(self, given: Json) -> Json:
        states = [{"InstanceId": _INSTANCE, "InstanceState": "RUNNING"}]
        return _paged("InstanceStatusSet", states, given, most=100)

    def _disks(self, given: Json) -> Json:
        disk = {
            "DiskId": _DISK,
            "DiskUsage": "SYSTEM_DISK",
            "DiskState": "ATTACHED",
            "SnapshotAbility": True,
            "DiskSize": 100,
            "InstanceId": _INSTANCE,
            "SnapshotCount": len(self._snapshots),
        }
        return _paged("DiskSet", [disk], given, most=100)

    def _create_snapshot(self, given: Json) -> Json:
        if given["DiskId"] != _DISK:
            raise Refused("InvalidDisk.NotSupportSnapshot", "The disk is not found.")
        snapshot = {
            "SnapshotId": f"snap-{next(self._numbers)}",
            "SnapshotName": given.get("SnapshotName", ""),
            "SnapshotState": "CREATING",
            "Percent": 0,
            "DiskId": _DISK,
            "DiskUsage": "SYSTEM_DISK",
            "CreateTime": _local(self._now()),
            "IsPermanent": "Deadline" not in given,
        }
        self._snapshots.append(snapshot)
        return {"SnapshotId": snapshot["SnapshotId"]}

    def _describe_snapshots(self, given: Json) -> Json:
        for snapshot in self._snapshots:
            snapshot["Percent"] = min(100, snapshot["Percent"] + 100 // _LOOKS + 1)
            if snapshot["Percent"] == 100:
                snapshot["SnapshotState"] = "NORMAL"
        wanted = given.get("SnapshotIds")
        rows = [one for one in self._snapshots if not wanted or one["SnapshotId"] in wanted]
        return _paged("SnapshotSet", rows, given, most=100)

    # ------------------------------------------------------------ database

    def _databases(self, given: Json) -> Json:
        instance = {
            "InstanceId": _DATABASE,
            "InstanceName": "chamber",
            "Status": 1,
            "TaskStatus": 0,
            "DeadlineTime": _local(self._now() + timedelta(days=40)),
            "AutoRenew": 0,
            "PayType": 0,
            "WanStatus": 0,
            "Vip": "10.0.0.12",
            "Vport": 3306,
            "EngineVersion": "5.7",
            "Memory": 1000,
            "Volume": 50,
            "Cpu": 1,
            "DeviceType": "UNIVERSAL",
            "DiskType": "",
            "InstanceNodes": 2,
            "ProtectMode": 0,
            "CdbError": 0,
            "Region": REGION,
        }
        return _paged("Items", [instance], given, most=2000)

    def _backup_config(self, given: Json) -> Json:
        self._must_be_ours(given)
        days = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
        return {
            "BackupExpireDays": 7,
            "BackupMethod": "physical",
            "BinlogExpireDays": 7,
            "BackupTimeWindow": {day: "02:00-06:00" for day in days},
        }

    def _create_backup(self, given: Json) -> Json:
        self._must_be_ours(given)
        if given["BackupMethod"] not in {"logical", "physical"}:
            raise Refused("InvalidParameter", "BackupMethod is logical or physical here.")
        if any(one["Status"] == "RUNNING" for one in self._backups):
            raise Refused("OperationDenied.ActionInProcess", "Another backup is being made.")
        name = given.get("ManualBackupName", "")
        backup = self._new_backup(given["BackupMethod"], "manual", name, self._now())
        return {"BackupId": backup["BackupId"]}

    def _describe_backups(self, given: Json, host: str) -> Json:
        self._must_be_ours(given)
        for backup in self._backups:
            if backup["Status"] == "RUNNING":
                backup["Progress"] += 100 // _LOOKS + 1
                if backup["Progress"] >= 100:
                    self._finish(backup)
        shown = [
            {**one, "InternetUrl": self._url(one, host), "IntranetUrl": ""}
            for one in reversed(self._backups)
        ]
        return _paged("Items", shown, given, most=1000)

    def _new_backup(self, method: str, way: str, name: str, begun: datetime) -> Json:
        number = next(self._numbers)
        backup = {
            "BackupId": number,
            "Name": f"{_DATABASE}_backup_{number}.xb",
            "Size": 0,
            "Date": _local(begun),
            "StartTime": _local(begun),
            "FinishTime": "",
            "Type": method,
            "Status": "RUNNING",
            "Progress": 0,
            "Method": "full",
            "Way": way,
            "ManualBackupName": name,
            "InstanceId": _DATABASE,
            "Region": REGION,
            "CosStorageType": 0,
            "EncryptionFlag": "off",
            "MD5": "",
        }
        self._backups.append(backup)
        return backup

    def _finish(self, backup: Json) -> None:
        content = Random(backup["BackupId"]).randbytes(200_000)
        begun = datetime.strptime(backup["StartTime"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=_BEIJING)
        self._files[backup["BackupId"]] = content
        backup |= {
            "Status": "SUCCESS",
            "Progress": 100,
            "Size": len(content),
            "FinishTime": _local(begun + timedelta(minutes=4)),
            "MD5": hashlib.md5(content, usedforsecurity=False).hexdigest(),
        }

    def _url(self, backup: Json, host: str) -> str:
        if backup["Status"] != "SUCCESS":
            return ""
        now = int(self._now().timestamp())
        signed = f"q-sign-time={now};{now + 12 * 3600}&q-signature=sandbox"
        return f"http://{host}/backup/{backup['BackupId']}.xb?{signed}"

    def _must_be_ours(self, given: Json) -> None:
        if given["InstanceId"] != _DATABASE:
            raise Refused("InvalidParameter.InstanceNotFound", "The instance is not found.")

    # ------------------------------------------------------------ the account itself

    def _identity(self, given: Json) -> Json:
        return {
            "Arn": "qcs::cam::uin/100000000001:uin/100000000002",
            "AccountId": "100000000001",
            "UserId": "100000000002",
            "PrincipalId": "100000000002",
            "Type": "SubAccount",
        }

    def _balance(self, given: Json) -> Json:
        return {"Balance": 128_450, "RealBalance": 128_450.0, "OweAmount": 0.0}  # in fen

    def _domains(self, given: Json) -> Json:
        expires = (self._now() + timedelta(days=75)).astimezone(_BEIJING)
        domain = {
            "DomainName": "chamber.example",
            "ExpirationDate": expires.strftime("%Y-%m-%d"),
            "AutoRenew": 0,
            "BuyStatus": "ok",
        }
        return _paged("DomainSet", [domain], given, most=100)


def _paged(name: str, rows: list[Json], given: Json, *, most: int) -> Json:
    limit, offset = given.get("Limit", 20), given.get("Offset", 0)
    if not 0 < limit <= most:
        raise Refused("InvalidParameterValue.Range", f"Limit is 1 to {most}.")
    return {"TotalCount": len(rows), name: rows[offset : offset + limit]}


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _local(moment: datetime) -> str:
    """As CDB and CBS write times: Beijing's, without saying so."""
    return moment.astimezone(_BEIJING).strftime("%Y-%m-%d %H:%M:%S")
