"""One look at a Tencent Cloud account: each part by its own action, so that a right that is missing
costs that part alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from gmops_desktop.adapters import tencent_lists as lists
from gmops_desktop.adapters.sections import Unknown
from gmops_desktop.adapters.tencent import CloudRefused, Tencent
from gmops_desktop.adapters.tencent_lists import PAGE, Found, Json, List, made, pages
from gmops_desktop.context import Context
from gmops_desktop.contract.looks.clouds import (
    CloudAlarm,
    CloudCertificate,
    CloudDetails,
    CloudDisk,
    CloudDomain,
    CloudInstance,
    CloudServer,
    CloudSnapshot,
    RunsOut,
)
from gmops_desktop.contract.terms import day_of
from gmops_desktop.language import tr

_KEPT: Final = 300.0  # seconds: disks, papers and money do not change by the minute
_FIRING_FOR: Final = timedelta(days=30)  # how far back an alarm that still fires may have begun
_GONE_FOR: Final = timedelta(days=30)  # how long a certificate that ended is spoken of
_ISSUED: Final = (1, 3)  # the status of a certificate that is valid, or was until it ended

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
        self, account: str, apis: Mapping[str, Tencent], now: datetime, context: Context
    ) -> CloudDetails:
        """Return what the account holds in the regions of `apis`.

        `account` tells one account from another.  Raises `CloudRefused` where nothing can be
        learnt: the keys are refused, or nobody answers.
        """

        def known(part: str) -> Any:
            at, found = self._known.get((account, part), (None, None))
            return found if at is not None and self._clock() - at < _KEPT else None

        def keep(part: str, found: Any) -> None:
            self._known[account, part] = self._clock(), found

        return _look(_Asking(apis, known, keep, context), now)


class _Asking:
    """Asks for one part after the other, and notes why one is not known.

    `known` gives what was kept of a part not long ago, `keep` keeps it.
    """

    def __init__(
        self,
        apis: Mapping[str, Tencent],
        known: Callable[[str], Any],
        keep: Callable[[str, Any], None],
        context: Context,
    ) -> None:
        self.apis, self.context = apis, context
        self.sections: dict[str, str] = {}
        self.denied: dict[str, str] = {}
        self._known, self._keep = known, keep
        self._answered = False
        self._silent = ""

    def whole(self, what: List[Found]) -> tuple[Found, ...] | None:
        """Return a list of all regions, or None."""
        regions = list(self.apis) if what.regional else [next(iter(self.apis))]

        def read() -> tuple[Found, ...]:
            return tuple(
                one
                for region in regions
                for one in what.read(self.apis[region], region, self.context)
            )

        return self.slowly(what.part, read) if what.slow else self.ask(what.part, read)

    def slowly(self, part: str, read: Callable[[], Found]) -> Found | None:
        """Return a part as it was not long ago, else as it is, or None."""
        kept: Found | None = self._known(part)
        if kept is not None:
            return kept
        found = self.ask(part, read)
        if found is not None:
            self._keep(part, found)
        return found

    def ask(self, part: str, read: Callable[[], Found]) -> Found | None:
        """Return a part, or None; raise `CloudRefused` where it is not about this part alone."""
        if self._silent:  # each further part would take as long to fail
            self.sections[part] = self._silent
            return None
        try:
            found = read()
        except CloudRefused as refusal:
            self.context.check()
            self._refused(part, refusal)
        except Unknown as why:
            self._answered = True
            self.sections[part] = str(why)
        else:
            self._answered = True
            return found
        return None

    def _refused(self, part: str, refusal: CloudRefused) -> None:
        if refusal.of_the_keys or (refusal.unreached and not self._answered):
            raise refusal
        self.sections[part] = refusal.message
        if refusal.unreached:
            self._silent = refusal.message
        else:
            self._answered = True
        if refusal.right:
            self.denied[part] = refusal.right
            self.sections[part] = tr("the keys may not use {right}", right=refusal.right)


def _look(asking: _Asking, now: datetime) -> CloudDetails:
    today, context = day_of(now), asking.context
    apis = tuple(asking.apis.values())
    servers = asking.whole(lists.SERVERS)
    databases = asking.whole(lists.DATABASES)
    alarms = asking.ask("alarms", lambda: _alarms(apis, now, context))
    disks = asking.whole(lists.DISKS)
    snapshots = asking.whole(lists.SNAPSHOTS)
    certificates = asking.whole(lists.CERTIFICATES)
    domains = asking.whole(lists.DOMAINS)
    balance, owed = asking.slowly("balance", lambda: _money(apis[0], context)) or (None, None)
    if servers == () and databases == ():
        asking.sections["found"] = tr("there is no server and no database in {regions}, but "
                                      "there may be some in another region",
                                      regions=", ".join(asking.apis))  # fmt: skip
    if disks is not None and snapshots is not None:
        disks = tuple(_with_newest(one, snapshots) for one in disks)
    return CloudDetails(
        today.isoformat(), servers, databases, disks,
        None if snapshots is None else len(snapshots), certificates, domains, balance, owed,
        alarms, runs_out=_ending(servers, databases, disks, certificates, domains, today),
        sections=asking.sections, denied=asking.denied, snaps=_attached(snapshots, disks),
    )  # fmt: skip


def _with_newest(disk: CloudDisk, snapshots: Sequence[CloudSnapshot]) -> CloudDisk:
    mine = [one for one in snapshots if one.disk == disk.id]
    days = [day_of(datetime.fromisoformat(one.at)).isoformat() for one in mine if one.whole]
    return replace(disk, snapshots=len(mine), newest=max(days, default=""))


def _attached(
    snapshots: Sequence[CloudSnapshot] | None, disks: Sequence[CloudDisk] | None
) -> tuple[CloudSnapshot, ...] | None:
    """Return the snapshots of disks that hang on a server: an account may keep many others."""
    if snapshots is None or disks is None:
        return None
    wanted = {one.id for one in disks if one.server}
    return tuple(one for one in snapshots if one.disk in wanted)


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
                      "EndTime": int(now.timestamp()), "PageSize": PAGE, **only}  # fmt: skip

            def page(at: int, fields: Json = fields) -> Json:
                return {**fields, "PageNumber": at // PAGE + 1}

            rows = pages(api, _MONITOR, "DescribeAlarmHistories", "Histories", page, context)
            found |= {one.id: one for one in made(rows, _alarm)}
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
