"""What the stand-in's Tencent Cloud account holds, and how it changes: one server, its disks, one
database (whose backups are in `tencent_backups`).

Field names are Tencent's; every answer is checked against the SDK's models before it is sent.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from sandbox.processes import LOOPBACK
from sandbox.tencent_backups import (
    BEIJING,
    DATABASE,
    REGION,
    Behaviour,
    DatabaseBackups,
    Json,
    Refused,
    local,
    paged,
)
from sandbox.tencent_clones import MEMORY, NETWORK, VOLUME, ZONE, CloneServers, DatabaseClones

APIS: Final = {  # service: version, module of the SDK
    "billing": ("2018-07-09", "v20180709"),
    "cbs": ("2017-03-12", "v20170312"),
    "cdb": ("2017-03-20", "v20170320"),
    "cvm": ("2017-03-12", "v20170312"),
    "domain": ("2018-08-08", "v20180808"),
    "sts": ("2018-08-13", "v20180813"),
}
REGIONS: Final = {REGION, "ap-shanghai", "ap-beijing", "ap-nanjing", "ap-chengdu", "ap-hongkong"}

# The SDK's models check names alone; these are the fields without which Tencent refuses.
REQUIRED: Final = {
    ("cbs", "CreateSnapshot"): ("DiskId",),
    ("cdb", "CreateBackup"): ("InstanceId", "BackupMethod"),
    ("cdb", "DescribeBackups"): ("InstanceId",),
    ("cdb", "DescribeBackupConfig"): ("InstanceId",),
    ("cdb", "CreateCloneInstance"): ("InstanceId",),
    ("cdb", "DescribeCloneList"): ("InstanceId",),
    ("cdb", "DescribeDBSecurityGroups"): ("InstanceId",),
    ("cdb", "DescribeSlowLogData"): ("InstanceId", "StartTime", "EndTime"),
    ("cdb", "IsolateDBInstance"): ("InstanceId",),
    ("cdb", "OfflineIsolatedInstances"): ("InstanceIds",),
}

_INSTANCE: Final = "ins-sandbox1"
_DISK: Final = "disk-sandbox1"
_LOOKS: Final = 3  # a task is done when it has been looked at so often


class Account:
    """The account's state; `now` gives the time, `behaviour` how its backups go at the moment.

    `servers` starts what stands behind clones.  Calls come from many threads.
    """

    def __init__(
        self,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        behaviour: Callable[[], Behaviour] = Behaviour,
        servers: CloneServers | None = None,
    ) -> None:
        self._now, self._behaviour, self._servers = now, behaviour, servers
        self._lock = threading.Lock()
        self._numbers = itertools.count(900_001)
        self._snapshots: list[Json] = []
        self.backups = DatabaseBackups(now, behaviour)
        self._clones = DatabaseClones(now, behaviour, servers)

    def do(self, service: str, action: str, region: str, given: Json, host: str) -> Json:
        """Return the answer of one action; in a region other than ours nothing is found."""
        actions: dict[tuple[str, str], Callable[[Json], Json]] = {
            ("billing", "DescribeAccountBalance"): self._balance,
            ("cbs", "CreateSnapshot"): self._create_snapshot,
            ("cbs", "DescribeDisks"): self._disks,
            ("cbs", "DescribeSnapshots"): self._describe_snapshots,
            ("cdb", "CreateBackup"): self.backups.create,
            ("cdb", "CreateCloneInstance"): self._create_clone,
            ("cdb", "DescribeBackupConfig"): self.backups.config,
            ("cdb", "DescribeBackupDownloadRestriction"): self.backups.restriction,
            ("cdb", "DescribeBackups"): lambda given: self.backups.describe(given, host),
            ("cdb", "DescribeCloneList"): self._describe_clones,
            ("cdb", "DescribeDBInstances"): self._databases,
            ("cdb", "DescribeDBPrice"): self._clones.price,
            ("cdb", "DescribeDBSecurityGroups"): self._clones.groups,
            ("cdb", "DescribeSlowLogData"): self._slow_log,
            ("cdb", "IsolateDBInstance"): self._clones.isolate,
            ("cdb", "OfflineIsolatedInstances"): self._clones.offline,
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

    def _slow_log(self, given: Json) -> Json:
        """Two statements of one kind, and one of another, in the last hour."""
        at = int(self._now().timestamp()) - 3600
        if not given["StartTime"] <= at <= given["EndTime"]:
            return {"TotalCount": 0, "Items": []}
        like = "SELECT * FROM article WHERE title LIKE "
        count = "SELECT COUNT(*) FROM visit"
        rows = ((4.2, f"{like}'%商会%'", f"{like}?"), (3.1, f"{like}'%会员%'", f"{like}?"),
                (2.5, count, count))  # fmt: skip
        items = [
            {"Timestamp": at, "QueryTime": seconds, "LockTime": 0.0, "RowsExamined": 120_000,
             "RowsSent": 20, "SqlText": text, "SqlTemplate": kind, "Database": "chamber",
             "UserName": "site", "UserHost": "10.0.0.5", "Md5": ""}
            for seconds, text, kind in rows
        ]  # fmt: skip
        return {"TotalCount": len(items), "Items": items}

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
        return paged("InstanceSet", [self._instance()], given, most=100)

    def _states(self, given: Json) -> Json:
        states = [{"InstanceId": _INSTANCE, "InstanceState": "RUNNING"}]
        return paged("InstanceStatusSet", states, given, most=100)

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
        return paged("DiskSet", [disk], given, most=100)

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
            "CreateTime": local(self._now()),
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
        return paged("SnapshotSet", rows, given, most=100)

    # ------------------------------------------------------------ database

    def _databases(self, given: Json) -> Json:
        source = self._servers.source if self._servers else None
        instance = {
            "InstanceId": DATABASE,
            "InstanceName": "chamber",
            "Status": 1,
            "TaskStatus": 0,
            "DeadlineTime": local(self._now() + timedelta(days=40)),
            "AutoRenew": 0,
            "PayType": 0,
            "WanStatus": 0,
            "Vip": LOOPBACK if source else "10.0.0.12",
            "Vport": source.port if source else 3306,
            "EngineVersion": "5.7",
            "Memory": MEMORY,
            "Volume": VOLUME,
            "Zone": ZONE,
            **NETWORK,
            "Cpu": 1,
            "DeviceType": "UNIVERSAL",
            "DiskType": "",
            "InstanceNodes": 2,
            "ProtectMode": 0,
            "CdbError": 0,
            "Region": REGION,
        }
        there = [instance, *self._clones.instances()]
        wanted = {"Status": (0, 1, 4), **given}  # what is isolated is shown to who asks for it
        for field in ("InstanceId", "InstanceName", "Status"):
            choice = wanted.get("Status" if field == "Status" else f"{field}s")
            if choice:
                there = [one for one in there if one[field] in choice]
        return paged("Items", there, given, most=2000)

    def _create_clone(self, given: Json) -> Json:
        return self._clones.create(given, self.backups.all())

    def _describe_clones(self, given: Json) -> Json:
        return paged("Items", self._clones.describe(given), given, most=100)

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
        fen = self._behaviour().balance
        return {"Balance": fen, "RealBalance": float(fen), "OweAmount": 0.0}

    def _domains(self, given: Json) -> Json:
        expires = (self._now() + timedelta(days=75)).astimezone(BEIJING)
        domain = {
            "DomainName": "chamber.example",
            "ExpirationDate": expires.strftime("%Y-%m-%d"),
            "AutoRenew": 0,
            "BuyStatus": "ok",
        }
        return paged("DomainSet", [domain], given, most=100)


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
