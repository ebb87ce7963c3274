"""What the stand-in's Tencent Cloud account holds beside its database: servers (their disks and
snapshots are in `tencent_disks`), certificates, a domain, money, alarms.

Field names are Tencent's; every answer is checked against the SDK's models before it is sent.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from sandbox.processes import LOOPBACK
from sandbox.tencent_backups import BEIJING, REGION, Behaviour, Json, Refused, local, paged
from sandbox.tencent_disks import CloudDisks, server_name

_SIZE: Final = 100  # GB of a disk


class CloudThings:
    """`now` gives the time, `behaviour` how things are at the moment.  The account calls it under
    its lock."""

    def __init__(self, now: Callable[[], datetime], behaviour: Callable[[], Behaviour]) -> None:
        self._now, self._behaviour = now, behaviour
        self.disks = CloudDisks(now, behaviour)

    # ------------------------------------------------------------ servers

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
        states = [
            {"InstanceId": server_name(number), "InstanceState": self._state(number)}
            for number in self._all()
        ]
        return paged("InstanceStatusSet", states, given, most=100)

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

    def _state(self, number: int) -> str:
        return self.disks.server_state if number == 1 else self._behaviour().server_state

    def _instance(self, number: int) -> Json:
        behaviour = self._behaviour()
        return {
            "InstanceId": server_name(number),
            "InstanceName": "官网" if number == 1 else f"官网 {number}",
            "InstanceState": self._state(number),
            "RestrictState": behaviour.restricted,
            "InstanceChargeType": "PREPAID",
            "ExpiredTime": _utc(self._now() + timedelta(days=behaviour.expires_days)),
            "CreatedTime": "2018-03-06T02:00:00Z",
            "RenewFlag": "NOTIFY_AND_MANUAL_RENEW",
            "CPU": 8,
            "Memory": 8,
            "SystemDisk": {"DiskId": f"disk-sandbox{number}", "DiskSize": _SIZE,
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

    def _alarm(self, number: int, status: str, since: int) -> Json:
        return {
            "AlarmId": f"alarm-{number}",
            "MonitorType": "MT_QCE",
            "Namespace": "cvm_device",
            "AlarmObject": f"{LOOPBACK}({server_name(1)})",
            "Content": "CPU 利用率 > 90 %",
            "FirstOccurTime": since,
            "LastOccurTime": since,
            "AlarmStatus": status,
            "PolicyId": f"policy-{number}",
            "PolicyName": f"云服务器 {number}",
            "AlarmLevel": "Warn",
            "Region": "gz",
        }


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
