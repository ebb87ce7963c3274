"""The lists a Tencent Cloud account is made of: their actions, and what makes a record of an entry.

Lists are read to their end; one that breaks off is not known.  The cloud writes times in Beijing's
zone without saying so, but for those of a CVM, which are UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Final, Generic, TypeVar

from gmops_desktop.adapters.sections import Unknown
from gmops_desktop.adapters.tencent import Tencent
from gmops_desktop.context import Context
from gmops_desktop.contract.looks.clouds import (
    CloudCertificate,
    CloudDisk,
    CloudDomain,
    CloudInstance,
    CloudServer,
    CloudSnapshot,
)
from gmops_desktop.contract.terms import ZONE, day_of
from gmops_desktop.language import tr

Json = Mapping[str, Any]
Found = TypeVar("Found")

PAGE: Final = 100  # entries: what every list gives at once
_MOST: Final = 5000  # entries of one list that are read


@dataclass(frozen=True, slots=True)
class List(Generic[Found]):
    """A list of the API, for one part of a look.

    `name` is where the answer holds its entries; `make` makes a record of one and the region it is
    in.  What is not `regional` is the same everywhere; what is `slow` changes not by the minute.
    """

    part: str
    service: tuple[str, str]
    action: str
    name: str
    make: Callable[[Json, str], Found]
    fields: Json = field(default_factory=dict)
    regional: bool = True
    slow: bool = True

    def read(self, api: Tencent, region: str, context: Context) -> tuple[Found, ...]:
        """Return the whole list in a region; raises `CloudRefused`, `Unknown` for half a one."""

        def page(at: int) -> Json:
            return {**self.fields, "Offset": at, "Limit": PAGE}

        items = pages(api, self.service, self.action, self.name, page, context)
        return made(items, lambda item: self.make(item, region))


def pages(
    api: Tencent,
    service: tuple[str, str],
    action: str,
    name: str,
    page: Callable[[int], Json],
    context: Context,
) -> list[Json]:
    """Return all entries of a list; `page` gives the fields that ask for those from a place on."""
    found: list[Json] = []
    while True:
        answer = api.call(*service, action, page(len(found)), context)
        count, items = answer.get("TotalCount"), answer.get(name) or []
        if not isinstance(count, int) or not isinstance(items, list):
            raise Unknown(tr("the answer to {action} is not whole", action=action))
        found += items
        if len(found) >= count:
            return found
        if not items or len(found) >= _MOST:
            raise Unknown(tr("{action} gave {count} of {whole} entries", action=action,
                             count=len(found), whole=count))  # fmt: skip


def made(items: list[Json], make: Callable[[Json], Found]) -> tuple[Found, ...]:
    """Return the records of a list; raises `Unknown` where an entry lacks what we need."""
    try:
        return tuple(make(item) for item in items)
    except (KeyError, TypeError, ValueError) as odd:
        raise Unknown(tr("an entry of the answer lacks {what}", what=odd)) from odd


def _day(text: str | None) -> str:
    """Return the contract's day of one of the cloud's times, empty where it says none."""
    if not text or text.startswith("0000"):
        return ""
    if text.endswith("Z"):
        return day_of(datetime.fromisoformat(text)).isoformat()
    return date.fromisoformat(text[:10]).isoformat()


def moment(text: str | None) -> str:
    """Return one of the cloud's times to the second, in UTC; empty where it says none.

    A time without a zone is Beijing's.
    """
    if not text or text.startswith("0000"):
        return ""
    at = datetime.fromisoformat(text.replace("Z", "+00:00"))
    at = at if at.tzinfo else at.replace(tzinfo=ZONE)
    return at.astimezone(UTC).isoformat(timespec="seconds")


def _server(item: Json, region: str) -> CloudServer:
    line = item.get("InternetAccessible") or {}
    failed = item.get("LatestOperationState") == "FAILED"
    said = item.get("LatestOperationErrorMsg") or item.get("LatestOperation") or ""
    return CloudServer(
        item["InstanceId"], item.get("InstanceName") or "", region, item["InstanceState"],
        item.get("RestrictState") or "NORMAL", item.get("InstanceChargeType") == "PREPAID",
        _day(item.get("ExpiredTime")), item.get("RenewFlag") == "NOTIFY_AND_AUTO_RENEW",
        int(item.get("CPU") or 0), int(item.get("Memory") or 0),
        int(line.get("InternetMaxBandwidthOut") or 0),
        (*(item.get("PublicIpAddresses") or ()), *(item.get("PrivateIpAddresses") or ())),
        said if failed else "",
    )  # fmt: skip


def _database(item: Json, region: str) -> CloudInstance:
    prepaid = item.get("PayType") == 0
    return CloudInstance(
        item["InstanceId"], item.get("InstanceName") or "", region, int(item["Status"]), prepaid,
        _day(item.get("DeadlineTime")) if prepaid else "", item.get("AutoRenew") == 1,
        item.get("EngineVersion") or "", int(item.get("Memory") or 0),
        int(item.get("Volume") or 0), item.get("Vip") or "", int(item.get("Vport") or 0),
        item.get("WanStatus") == 1, item.get("CdbError") == 1,
    )  # fmt: skip


def disk(item: Json, region: str) -> CloudDisk:
    """Return the record of one disk."""
    prepaid = item.get("DiskChargeType") == "PREPAID"
    state = "ROLLBACKING" if item.get("Rollbacking") else item["DiskState"]
    return CloudDisk(
        item["DiskId"], item.get("DiskName") or "", region, item.get("DiskUsage") or "", state,
        int(item.get("DiskSize") or 0), item.get("InstanceId") or "", prepaid,
        _day(item.get("DeadlineTime")) if prepaid else "",
        item.get("RenewFlag") == "NOTIFY_AND_AUTO_RENEW", bool(item.get("SnapshotAbility")),
    )  # fmt: skip


def snapshot(item: Json, _region: str = "") -> CloudSnapshot:
    """Return the record of one snapshot."""
    return CloudSnapshot(
        item["SnapshotId"], item["DiskId"], item.get("SnapshotName") or "",
        moment(item["CreateTime"]), item["SnapshotState"], int(item.get("Percent") or 0),
        int(item.get("DiskSize") or 0), moment(item.get("DeadlineTime")),
    )  # fmt: skip


def _certificate(item: Json, _region: str) -> CloudCertificate:
    domains = [item.get("Domain") or "", *(item.get("SubjectAltName") or ())]
    return CloudCertificate(
        item["CertificateId"], item.get("Alias") or "", tuple(dict.fromkeys(filter(None, domains))),
        _day(item.get("CertEndTime")), int(item["Status"]), item.get("StatusName") or "",
        item.get("AutoRenewFlag") == 1,
    )  # fmt: skip


def _domain(item: Json, _region: str) -> CloudDomain:
    return CloudDomain(
        item["DomainName"], _day(item.get("ExpirationDate")), item.get("BuyStatus") or "",
        item.get("AutoRenew") == 1,
    )  # fmt: skip


SERVERS: Final = List(
    "servers", ("cvm", "2017-03-12"), "DescribeInstances", "InstanceSet", _server, slow=False
)
# Without these words, what is isolated or locked would be left out.
_EVERY: Final = {"Status": [0, 1, 4, 5], "CdbErrors": [0, 1]}
DATABASES: Final = List(
    "databases", ("cdb", "2017-03-20"), "DescribeDBInstances", "Items", _database, _EVERY,
    slow=False,
)  # fmt: skip
DISKS: Final = List("disks", ("cbs", "2017-03-12"), "DescribeDisks", "DiskSet", disk)
SNAPSHOTS: Final = List(
    "snapshots", ("cbs", "2017-03-12"), "DescribeSnapshots", "SnapshotSet", snapshot
)
CERTIFICATES: Final = List(
    "certificates", ("ssl", "2019-12-05"), "DescribeCertificates", "Certificates", _certificate,
    {"CertificateType": "SVR"}, regional=False,
)  # fmt: skip
DOMAINS: Final = List(
    "domains", ("domain", "2018-08-08"), "DescribeDomainNameList", "DomainSet", _domain,
    regional=False,
)  # fmt: skip
