"""What the stand-in's Tencent Cloud account holds beside its database: servers with a disk each,
snapshots, certificates, a domain, money, alarms.

Field names are Tencent's; every answer is checked against the SDK's models before it is sent.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from sandbox.processes import LOOPBACK
from sandbox.tencent_backups import BEIJING, REGION, Behaviour, Json, Refused, local, paged

_LOOKS: Final = 3  # a task is done when it has been looked at so often
_SIZE: Final = 100  # GB of a disk


class CloudThings:
    """`now` gives the time, `behaviour` how things are at the moment.  The account calls it under
    its lock."""

    def __init__(self, now: Callable[[], datetime], behaviour: Callable[[], Behaviour]) -> None:
        self._now, self._behaviour = now, behaviour
        self._numbers = itertools.count(900_001)
        self._snapshots = [self._snapshot("disk-sandbox1", "nightly", now() - timedelta(days=1))]
        self._snapshots[0] |= {"SnapshotState": "NORMAL", "Percent": 100}

    # ------------------------------------------------------------ servers and disks

    def instances(self, given: Json) -> Json:
        """DescribeInstances."""
        if given.get("InstanceIds") and given.get("Filters"):
            raise Refused("InvalidParameter", "InstanceIds and Filters exclude each other.")
        there = [self._instance(number) for number in self._all()]
        for name in given.get("InstanceIds", ()):
            if name not in {one["InstanceId"] for one in there}:
                raise Refused("InvalidInstanceId.NotFound", f"The instance {name} is not found.")
        return paged("InstanceSet", there, given, most=100)

    def states(self, given: Json) -> Json:
        """DescribeInstancesStatus."""
        state = self._behaviour().server_state
        states = [{"InstanceId": _server(number), "InstanceState": state} for number in self._all()]
        return paged("InstanceStatusSet", states, given, most=100)

    def disks(self, given: Json) -> Json:
        """DescribeDisks."""
        there = [self._disk_of(number) for number in self._all()]
        return paged("DiskSet", there, given, most=100)

    def create_snapshot(self, given: Json) -> Json:
        """CreateSnapshot."""
        if given["DiskId"] not in {_disk(number) for number in self._all()}:
            raise Refused("InvalidDisk.NotSupportSnapshot", "The disk is not found.")
        made = self._snapshot(given["DiskId"], given.get("SnapshotName", ""), self._now())
        made["IsPermanent"] = "Deadline" not in given
        self._snapshots.append(made)
        return {"SnapshotId": made["SnapshotId"]}

    def snapshots(self, given: Json) -> Json:
        """DescribeSnapshots; each look brings one that is being made nearer to its end."""
        for snapshot in self._snapshots:
            snapshot["Percent"] = min(100, snapshot["Percent"] + 100 // _LOOKS + 1)
            if snapshot["Percent"] == 100:
                snapshot["SnapshotState"] = "NORMAL"
        wanted = given.get("SnapshotIds")
        rows = [one for one in self._snapshots if not wanted or one["SnapshotId"] in wanted]
        return paged("SnapshotSet", rows, given, most=100)

    # ------------------------------------------------------------ papers, money, alarms

    def certificates(self, given: Json) -> Json:
        """DescribeCertificates: the site's, and the one it replaced."""
        kinds = ((60, 1, "已通过"), (-20, 3, "已过期"))
        rows = [
            {
                "CertificateId": f"sandbox{place}", "Alias": "官网", "Domain": "chamber.example",
                "SubjectAltName": ["chamber.example", "www.chamber.example"],
                "CertificateType": "SVR", "Status": status, "StatusName": word,
                "CertEndTime": local(self._now() + timedelta(days=days)),
            }
            for place, (days, status, word) in enumerate(kinds, 1)
        ]  # fmt: skip
        return paged("Certificates", rows, given, most=1000)

    def domains(self, given: Json) -> Json:
        """DescribeDomainNameList."""
        expires = (self._now() + timedelta(days=75)).astimezone(BEIJING)
        domain = {
            "DomainName": "chamber.example",
            "ExpirationDate": expires.strftime("%Y-%m-%d"),
            "AutoRenew": 0,
            "BuyStatus": "ok",
        }
        return paged("DomainSet", [domain], given, most=100)

    def balance(self, given: Json) -> Json:
        """DescribeAccountBalance."""
        fen = self._behaviour().balance
        return {"Balance": fen, "RealBalance": float(fen), "OweAmount": float(max(0, -fen))}

    def alarms(self, given: Json) -> Json:
        """DescribeAlarmHistories: one of yesterday that is over, and those that fire now."""
        now = int(self._now().timestamp())
        firing = self._behaviour().alarms
        rows = [self._alarm(number, "ALARM", now - 600) for number in range(1, firing + 1)]
        rows.append(self._alarm(firing + 1, "OK", now - 6 * 3600))
        begin, end = given.get("StartTime", now - 86400), given.get("EndTime", now)
        wanted = given.get("AlarmStatus") or ("ALARM", "OK", "NO_CONF", "NO_DATA")
        found = [
            one
            for one in rows
            if one["AlarmStatus"] in wanted and begin <= one["FirstOccurTime"] <= end
        ]
        size, page = given.get("PageSize", 20), given.get("PageNumber", 1)
        if not 1 <= size <= 100:
            raise Refused("InvalidParameterValue", "PageSize is 1 to 100.")
        return {"TotalCount": len(found), "Histories": found[(page - 1) * size : page * size]}

    # ------------------------------------------------------------ inside

    def _all(self) -> range:
        return range(1, self._behaviour().servers + 1)

    def _instance(self, number: int) -> Json:
        behaviour = self._behaviour()
        return {
            "InstanceId": _server(number),
            "InstanceName": "官网" if number == 1 else f"官网 {number}",
            "InstanceState": behaviour.server_state,
            "RestrictState": behaviour.restricted,
            "InstanceChargeType": "PREPAID",
            "ExpiredTime": _utc(self._now() + timedelta(days=behaviour.expires_days)),
            "CreatedTime": "2018-03-06T02:00:00Z",
            "RenewFlag": "NOTIFY_AND_MANUAL_RENEW",
            "CPU": 8,
            "Memory": 8,
            "SystemDisk": {"DiskId": _disk(number), "DiskSize": _SIZE,
                           "DiskType": "CLOUD_PREMIUM"},
            "DataDisks": None,
            # The sandbox's own server is at this machine; others have no public address.
            "PublicIpAddresses": ["203.0.113.10", LOOPBACK] if number == 1 else None,
            "PrivateIpAddresses": [f"10.0.{number // 250}.{4 + number % 250}"],
            "InternetAccessible": {
                "InternetMaxBandwidthOut": 5,
                "InternetChargeType": "BANDWIDTH_PREPAID",
            },
            "OsName": "Debian 12",
            "Placement": {"Zone": f"{REGION}-3"},
            "LatestOperation": None,
        }  # fmt: skip

    def _disk_of(self, number: int) -> Json:
        return {
            "DiskId": _disk(number),
            "DiskName": "系统盘",
            "DiskUsage": "SYSTEM_DISK",
            "DiskState": "ATTACHED",
            "DiskChargeType": "PREPAID",
            "DeadlineTime": local(self._now() + timedelta(days=self._behaviour().expires_days)),
            "RenewFlag": "NOTIFY_AND_MANUAL_RENEW",
            "SnapshotAbility": True,
            "DiskSize": _SIZE,
            "InstanceId": _server(number),
            "SnapshotCount": sum(one["DiskId"] == _disk(number) for one in self._snapshots),
        }

    def _snapshot(self, disk: str, name: str, at: datetime) -> Json:
        return {
            "SnapshotId": f"snap-{next(self._numbers)}",
            "SnapshotName": name,
            "SnapshotState": "CREATING",
            "Percent": 0,
            "DiskId": disk,
            "DiskUsage": "SYSTEM_DISK",
            "CreateTime": local(at),
            "IsPermanent": True,
        }

    def _alarm(self, number: int, status: str, since: int) -> Json:
        return {
            "AlarmId": f"alarm-{number}",
            "MonitorType": "MT_QCE",
            "Namespace": "cvm_device",
            "AlarmObject": f"{LOOPBACK}({_server(1)})",
            "Content": "CPU 利用率 > 90 %",
            "FirstOccurTime": since,
            "LastOccurTime": since,
            "AlarmStatus": status,
            "PolicyId": f"policy-{number}",
            "PolicyName": f"云服务器 {number}",
            "AlarmLevel": "Warn",
            "Region": "gz",
        }


def _server(number: int) -> str:
    return f"ins-sandbox{number}"


def _disk(number: int) -> str:
    return f"disk-sandbox{number}"


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
