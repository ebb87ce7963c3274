"""What the stand-in's Tencent Cloud account holds, and how it changes: one database, and who it
belongs to (its backups are in `tencent_backups`, everything else in `tencent_things`).

Field names are Tencent's; every answer is checked against the SDK's models before it is sent.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from sandbox.processes import LOOPBACK
from sandbox.tencent_backups import (
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
from sandbox.tencent_monitor import Monitor
from sandbox.tencent_tat import Agent
from sandbox.tencent_things import CloudThings

APIS: Final = {  # service: version, module of the SDK
    "billing": ("2018-07-09", "v20180709"),
    "cbs": ("2017-03-12", "v20170312"),
    "cdb": ("2017-03-20", "v20170320"),
    "cvm": ("2017-03-12", "v20170312"),
    "domain": ("2018-08-08", "v20180808"),
    "monitor": ("2018-07-24", "v20180724"),
    "ssl": ("2019-12-05", "v20191205"),
    "sts": ("2018-08-13", "v20180813"),
    "tat": ("2020-10-28", "v20201028"),
}
REGIONS: Final = {REGION, "ap-shanghai", "ap-beijing", "ap-nanjing", "ap-chengdu", "ap-hongkong"}

# The SDK's models check names alone; these are the fields without which Tencent refuses.
REQUIRED: Final = {
    ("cbs", "ApplySnapshot"): ("SnapshotId", "DiskId"),
    ("cbs", "CreateSnapshot"): ("DiskId",),
    ("cbs", "DeleteSnapshots"): ("SnapshotIds",),
    ("cdb", "CreateBackup"): ("InstanceId", "BackupMethod"),
    ("cdb", "DescribeBackups"): ("InstanceId",),
    ("cdb", "DescribeBackupConfig"): ("InstanceId",),
    ("cdb", "CreateCloneInstance"): ("InstanceId",),
    ("cdb", "DescribeCloneList"): ("InstanceId",),
    ("cdb", "DescribeDBSecurityGroups"): ("InstanceId",),
    ("cdb", "DescribeSlowLogData"): ("InstanceId", "StartTime", "EndTime"),
    ("cdb", "IsolateDBInstance"): ("InstanceId",),
    ("cdb", "OfflineIsolatedInstances"): ("InstanceIds",),
    ("tat", "RunCommand"): ("Content", "InstanceIds"),
    ("monitor", "DescribeAlarmHistories"): ("Module",),
    ("monitor", "DescribeBaseMetrics"): ("Namespace",),
    ("monitor", "GetMonitorData"): ("Namespace", "MetricName", "Instances"),
}


class Account:
    """The account's state; `now` gives the time, `behaviour` how its backups go at the moment.

    `servers` starts what stands behind clones, `environment` is that of the server's commands.
    Calls come from many threads.
    """

    def __init__(
        self,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        behaviour: Callable[[], Behaviour] = Behaviour,
        servers: CloneServers | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._now, self._behaviour, self._servers = now, behaviour, servers
        self._lock = threading.Lock()
        self._things = CloudThings(now, behaviour)
        self._monitor = Monitor(now, behaviour)
        self._agent = Agent(behaviour, environment)
        self.backups = DatabaseBackups(now, behaviour)
        self._clones = DatabaseClones(now, behaviour, servers)

    def do(self, service: str, action: str, region: str, given: Json, host: str) -> Json:
        """Return the answer of one action; in a region other than ours nothing is found."""
        disks = self._things.disks
        actions: dict[tuple[str, str], Callable[[Json], Json]] = {
            ("billing", "DescribeAccountBalance"): self._things.balance,
            ("cbs", "ApplySnapshot"): disks.apply,
            ("cbs", "CreateSnapshot"): disks.create,
            ("cbs", "DeleteSnapshots"): disks.delete,
            ("cbs", "DescribeDisks"): disks.disks,
            ("cbs", "DescribeSnapshotOverview"): disks.overview,
            ("cbs", "DescribeSnapshots"): disks.snapshots,
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
            ("cvm", "DescribeInstances"): self._things.instances,
            ("cvm", "DescribeInstancesStatus"): self._things.states,
            ("domain", "DescribeDomainNameList"): self._things.domains,
            ("monitor", "DescribeBaseMetrics"): self._monitor.metrics,
            ("monitor", "GetMonitorData"): self._monitor.data,
            ("monitor", "DescribeAlarmHistories"): self._things.alarms,
            ("ssl", "DescribeCertificates"): self._things.certificates,
            ("tat", "DescribeAutomationAgentStatus"): self._agent.states,
            ("tat", "DescribeInvocationTasks"): self._agent.tasks,
            ("tat", "RunCommand"): self._agent.run,
            ("sts", "GetCallerIdentity"): self._identity,
        }
        behaviour = self._behaviour()
        if action in behaviour.denied:
            raise Refused("UnauthorizedOperation", f"not allowed to perform {service}:{action}")
        if (service, action) not in actions:
            raise Refused("InternalError", f"the stand-in does not know {service}:{action}")
        with self._lock:
            found = actions[service, action](given)
        if action == behaviour.breaks_off:
            left = 0 if given.get("Offset") else 1
            return {key: one[:left] if isinstance(one, list) else one for key, one in found.items()}
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
