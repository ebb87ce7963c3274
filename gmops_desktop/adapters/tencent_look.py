"""One look at a Tencent Cloud account: each part by its own action, so that a right that is missing
costs that part alone.

Lists are read to their end; one that breaks off is not known.  The cloud writes times in Beijing's
zone without saying so, but for those of a CVM, which are UTC.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, TypeVar

from gmops_desktop.adapters.sections import Unknown
from gmops_desktop.adapters.tencent import CloudRefused, Tencent
from gmops_desktop.context import Context
from gmops_desktop.contract.looks.clouds import (
    CloudAlarm,
    CloudCertificate,
    CloudDetails,
    CloudDisk,
    CloudDomain,
    CloudInstance,
    CloudServer,
    RunsOut,
)
from gmops_desktop.contract.terms import day_of
from gmops_desktop.language import tr

Json = Mapping[str, Any]
Found = TypeVar("Found")

_PAGE: Final = 100  # entries: what every list gives at once
_MOST: Final = 5000  # entries of one list that are read
_KEPT: Final = 300.0  # seconds: disks, papers and money do not change by the minute
_FIRING_FOR: Final = timedelta(days=30)  # how far back an alarm that still fires may have begun
_GONE_FOR: Final = timedelta(days=30)  # how long a certificate that ended is spoken of

_ISSUED: Final = (1, 3)  # the status of a certificate that is valid, or was until it ended

_CVM: Final = ("cvm", "2017-03-12")
_CBS: Final = ("cbs", "2017-03-12")
_CDB: Final = ("cdb", "2017-03-20")
_SSL: Final = ("ssl", "2019-12-05")
_DOMAIN: Final = ("domain", "2018-08-08")
_BILLING: Final = ("billing", "2018-07-09")
_MONITOR: Final = ("monitor", "2018-07-24")


class CloudLooks:
    """Looks at accounts; what changes slowly is asked for every few minutes only.

    Fit for several threads: the worst that can happen is that something is asked for twice.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: dict[tuple[str, str], tuple[float, Any]] = {}

    def look(
        self,
        account: str,
        apis: Mapping[str, Tencent],
        now: datetime,
        context: Context,
    ) -> CloudDetails:
        """Return what the account holds in the regions of `apis`.

        `account` tells one account from another.  Raises `CloudRefused` where nothing can be
        learnt: the keys are refused, or nobody answers.
        """
        parts = _Parts(context)
        today = day_of(now)
        all_apis = tuple(apis.values())

        def slowly(part: str, read: Callable[[], Found]) -> Found | None:
            kept = self._known.get((account, part))
            if kept and self._clock() - kept[0] < _KEPT:
                found: Found = kept[1]
                return found
            learnt = parts.ask(part, read)
            if learnt is not None:
                self._known[account, part] = self._clock(), learnt
            return learnt

        def everywhere(read: Callable[[str, Tencent], Sequence[Found]]) -> tuple[Found, ...]:
            return tuple(one for region, api in apis.items() for one in read(region, api))

        servers = parts.ask("servers", lambda: everywhere(
            lambda region, api: _made(_all(api, _CVM, "DescribeInstances", "InstanceSet", context),
                                      _server, region)))  # fmt: skip
        # Without these words, what is isolated or locked would be left out.
        every = {"Status": [0, 1, 4, 5], "CdbErrors": [0, 1]}
        databases = parts.ask("databases", lambda: everywhere(
            lambda region, api: _made(_all(api, _CDB, "DescribeDBInstances", "Items", context,
                                           every), _database, region)))  # fmt: skip
        alarms = parts.ask("alarms", lambda: _alarms(all_apis, now, context))
        disks = slowly("disks", lambda: everywhere(
            lambda region, api: _made(_all(api, _CBS, "DescribeDisks", "DiskSet", context),
                                      _disk, region)))  # fmt: skip
        snapshots = slowly("snapshots", lambda: everywhere(
            lambda region, api: _made(_all(api, _CBS, "DescribeSnapshots", "SnapshotSet", context),
                                      _snapshot, region)))  # fmt: skip
        first = all_apis[0]
        certificates = slowly("certificates", lambda: _made(
            _all(first, _SSL, "DescribeCertificates", "Certificates", context,
                 {"CertificateType": "SVR"}), _certificate))  # fmt: skip
        domains = slowly("domains", lambda: _made(
            _all(first, _DOMAIN, "DescribeDomainNameList", "DomainSet", context),
            _domain))  # fmt: skip
        money = slowly("balance", lambda: _money(first, context))
        balance, owed = money or (None, None)
        if not (servers is None or databases is None or servers or databases):
            parts.sections["found"] = tr("there is no server and no database in {regions}, but "
                                         "there may be some in another region",
                                         regions=", ".join(apis))  # fmt: skip
        if disks is not None and snapshots is not None:
            disks = tuple(_with_newest(one, snapshots) for one in disks)
        return CloudDetails(
            today.isoformat(), servers, databases, disks,
            None if snapshots is None else len(snapshots), certificates, domains,
            balance, owed, alarms,
            runs_out=_ending(servers, databases, disks, certificates, domains, today),
            sections=parts.sections, denied=parts.denied,
        )  # fmt: skip


class _Parts:
    """Asks for one part after the other, and notes why one is not known."""

    def __init__(self, context: Context) -> None:
        self.sections: dict[str, str] = {}
        self.denied: dict[str, str] = {}
        self._context = context
        self._answered = False
        self._silent = ""

    def ask(self, part: str, read: Callable[[], Found]) -> Found | None:
        """Return a part, or None; raise `CloudRefused` where it is not about this part alone."""
        if self._silent:  # each further part would take as long to fail
            self.sections[part] = self._silent
            return None
        try:
            found = read()
        except CloudRefused as refusal:
            self._context.check()
            if refusal.of_the_keys or (refusal.unreached and not self._answered):
                raise
            self.sections[part] = refusal.message
            if refusal.unreached:
                self._silent = refusal.message
            else:
                self._answered = True
            if refusal.right:
                self.denied[part] = refusal.right
                self.sections[part] = tr("the keys may not use {right}", right=refusal.right)
        except Unknown as why:
            self._answered = True
            self.sections[part] = str(why)
        else:
            self._answered = True
            return found
        return None


def _all(
    api: Tencent,
    service: tuple[str, str],
    action: str,
    name: str,
    context: Context,
    fields: Json | None = None,
) -> list[Json]:
    """Return a whole list, page by page; raises `Unknown` where it breaks off."""

    def page(at: int) -> Json:
        return {**(fields or {}), "Offset": at, "Limit": _PAGE}

    return _pages(api, service, action, name, page, context)


def _pages(
    api: Tencent,
    service: tuple[str, str],
    action: str,
    name: str,
    page: Callable[[int], Json],
    context: Context,
) -> list[Json]:
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


def _made(items: Sequence[Json], make: Callable[..., Found], *words: str) -> tuple[Found, ...]:
    """Return the records of a list; raises `Unknown` where an entry lacks what we need."""
    try:
        return tuple(make(item, *words) for item in items)
    except (KeyError, TypeError, ValueError) as odd:
        raise Unknown(tr("an entry of the answer lacks {what}", what=odd)) from odd


def _day(text: str | None) -> str:
    """Return the contract's day of one of the cloud's times, empty where it says none."""
    if not text or text.startswith("0000"):
        return ""
    if text.endswith("Z"):
        return day_of(datetime.fromisoformat(text)).isoformat()
    return date.fromisoformat(text[:10]).isoformat()


# ---------------------------------------------------------------- one entry of each list


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


def _disk(item: Json, region: str) -> CloudDisk:
    prepaid = item.get("DiskChargeType") == "PREPAID"
    state = "ROLLBACKING" if item.get("Rollbacking") else item["DiskState"]
    return CloudDisk(
        item["DiskId"], item.get("DiskName") or "", region, item.get("DiskUsage") or "", state,
        int(item.get("DiskSize") or 0), item.get("InstanceId") or "", prepaid,
        _day(item.get("DeadlineTime")) if prepaid else "",
        item.get("RenewFlag") == "NOTIFY_AND_AUTO_RENEW", bool(item.get("SnapshotAbility")),
    )  # fmt: skip


def _snapshot(item: Json, region: str) -> tuple[str, str]:
    """Return a snapshot's disk, and its day once it is finished."""
    finished = item["SnapshotState"] == "NORMAL" and item.get("Percent") == 100
    return item["DiskId"], _day(item["CreateTime"]) if finished else ""


def _with_newest(disk: CloudDisk, snapshots: Sequence[tuple[str, str]]) -> CloudDisk:
    mine = [day for of, day in snapshots if of == disk.id]
    return replace(disk, snapshots=len(mine), newest=max(mine, default=""))


def _certificate(item: Json) -> CloudCertificate:
    domains = [item.get("Domain") or "", *(item.get("SubjectAltName") or ())]
    return CloudCertificate(
        item["CertificateId"], item.get("Alias") or "", tuple(dict.fromkeys(filter(None, domains))),
        _day(item.get("CertEndTime")), int(item["Status"]), item.get("StatusName") or "",
        item.get("AutoRenewFlag") == 1,
    )  # fmt: skip


def _domain(item: Json) -> CloudDomain:
    return CloudDomain(
        item["DomainName"], _day(item.get("ExpirationDate")), item.get("BuyStatus") or "",
        item.get("AutoRenew") == 1,
    )  # fmt: skip


def _money(api: Tencent, context: Context) -> tuple[int, int]:
    """Return what the account may spend and what it owes, in fen."""
    answer = api.call(*_BILLING, "DescribeAccountBalance", {}, context)
    left = answer.get("RealBalance")
    left = answer.get("Balance") if left is None else left
    if left is None:
        raise Unknown(tr("the answer to {action} is not whole", action="DescribeAccountBalance"))
    return round(left), round(answer.get("OweAmount") or 0)


def _alarms(apis: Sequence[Tencent], now: datetime, context: Context) -> tuple[CloudAlarm, ...]:
    """Return the alarms that fire, and those of the last day; the newest first."""
    found: dict[str, CloudAlarm] = {}
    spans: tuple[tuple[timedelta, Json], ...] = (
        (timedelta(days=1), {}),
        (_FIRING_FOR, {"AlarmStatus": ["ALARM"]}),
    )
    for api in apis:
        for back, only in spans:
            fields = {"Module": "monitor", "StartTime": int((now - back).timestamp()),
                      "EndTime": int(now.timestamp()), "PageSize": _PAGE, **only}  # fmt: skip

            def page(at: int, fields: Json = fields) -> Json:
                return {**fields, "PageNumber": at // _PAGE + 1}

            rows = _pages(api, _MONITOR, "DescribeAlarmHistories", "Histories", page, context)
            found |= {one.id: one for one in _made(rows, _alarm)}
    return tuple(sorted(found.values(), key=lambda one: one.since, reverse=True))


def _alarm(item: Json) -> CloudAlarm:
    def moment(name: str) -> str:
        return datetime.fromtimestamp(int(item.get(name) or 0), UTC).isoformat()

    return CloudAlarm(
        item["AlarmId"], item.get("AlarmObject") or "", item.get("Content") or "",
        item["AlarmStatus"], item.get("AlarmLevel") or "", item.get("PolicyName") or "",
        moment("FirstOccurTime"), moment("LastOccurTime"),
    )  # fmt: skip


# ---------------------------------------------------------------- what ends by itself


def _ending(
    servers: Sequence[CloudServer] | None,
    databases: Sequence[CloudInstance] | None,
    disks: Sequence[CloudDisk] | None,
    certificates: Sequence[CloudCertificate] | None,
    domains: Sequence[CloudDomain] | None,
    today: date,
) -> tuple[RunsOut, ...]:
    """Return all that ends, the soonest first."""
    source = tr("Tencent Cloud")
    found = [
        RunsOut("cvm", one.id, one.name or one.id, one.expires, source, one.renews)
        for one in servers or ()
    ]
    found += [
        RunsOut("database", one.id, one.name or one.id, one.expires, source, one.renews)
        for one in databases or ()
    ]
    until = {one.id: one.expires for one in servers or ()}
    found += [
        RunsOut("disk", one.id, one.name or one.id, one.expires, source, one.renews)
        for one in disks or ()
        if one.expires != until.get(one.server)  # else it ends with its server
    ]
    found += [
        RunsOut("certificate", one.id, ", ".join(one.domains) or one.name, one.expires, source,
                one.renews)
        for one in certificates or ()
        if _counts(one, certificates or (), today)
    ]  # fmt: skip
    found += [
        RunsOut("domain", one.name, one.name, one.expires, source, one.renews)
        for one in domains or ()
    ]
    return tuple(sorted((one for one in found if one.on), key=lambda one: (one.on, one.id)))


def _counts(one: CloudCertificate, among: Sequence[CloudCertificate], today: date) -> bool:
    """Whether it matters when a certificate ends: not of one never issued, replaced, or gone for
    long."""
    if one.status not in _ISSUED or one.expires < (today - _GONE_FOR).isoformat():
        return False
    return not any(set(one.domains) <= set(other.domains) and one.expires < other.expires
                   for other in among if other is not one)  # fmt: skip
