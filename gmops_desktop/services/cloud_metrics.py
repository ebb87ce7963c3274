"""Keeps what Tencent Cloud's monitoring measured of our servers and databases, before it is
forgotten there: five minutes stay there for a month, hours for three, days for six.

It is kept beside our own looks (source "cloud") and never mixed with them.  Whole hours are asked
for, once each, as soon as they are over, the oldest first; after an absence it goes on where it
stopped, and a first backfill is spread over several looks.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from db import measured, samples
from db.columns import from_milliseconds, to_milliseconds
from db.engine import Database
from gmops_desktop.adapters import tencent_metrics
from gmops_desktop.adapters.sections import Unknown
from gmops_desktop.adapters.tencent import CloudRefused, Tencent
from gmops_desktop.adapters.tencent_metrics import KEPT, Offered, Product
from gmops_desktop.addresses import CloudAddress, MysqlAddress, Resource, SshAddress, TatAddress
from gmops_desktop.context import Context
from gmops_desktop.contract.looks import CloudDetails
from gmops_desktop.contract.looks.clouds import CloudInstance, CloudLink, CloudServer
from gmops_desktop.contract.rollups import hour_of
from gmops_desktop.language import tr

_LATE: Final = timedelta(minutes=10)  # until the cloud has measured what is over
_MOST_CALLS: Final = 20  # of one look, or a few more: a backfill goes on at the next
_SPELT_FOR: Final = 86400.0  # seconds for which the spelling of metrics is believed
_HOUR: Final = timedelta(hours=1)

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class _Group:
    """Things of one product and region whose next span is the same."""

    product: Product
    region: str
    span: Span
    period: int
    links: tuple[CloudLink, ...]


class CloudMetrics:
    """`look` looks at the account itself, `open_api` opens the API in a region, `resolve` gives the
    addresses of a name; `resources` are those whose gaps may be filled."""

    def __init__(
        self,
        database: Database,
        *,
        look: Callable[[CloudAddress, Context], CloudDetails],
        open_api: Callable[[CloudAddress, str], Tencent],
        resolve: Callable[[str, Context], frozenset[str]],
        resources: Callable[[], Sequence[Resource]],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._look, self._open_api, self._resolve = look, open_api, resolve
        self._resources = resources
        self._now = now
        self._missing: dict[str, tuple[str, ...]] = {}  # what the newest span lacked, by thing
        self._spelt: dict[tuple[CloudAddress, Product], tuple[float, tuple[Offered, ...]]] = {}

    def look(self, address: CloudAddress, context: Context) -> CloudDetails:
        """Look at an account, and keep what its monitoring measured since the last time.

        Where that may not be asked for, the part "metrics" is not known, and nothing else changes.
        """
        seen = self._look(address, context)
        links = tuple(self._links(seen, context))
        if not links:
            return seen
        regions = {one.id: one.region for one in seen.servers or ()}
        regions |= {one.id: one.region for one in seen.databases or ()}
        cores = {one.id: one.cores for one in seen.servers or ()}
        sections, denied = dict(seen.sections), dict(seen.denied)
        try:
            for group in self._due(links, regions):
                self._missing |= self._fetch(address, group, cores, context)
        except CloudRefused as refusal:
            context.check()
            sections["metrics"] = refusal.message
            if refusal.right:
                denied["metrics"] = refusal.right
                sections["metrics"] = tr("the keys may not use {right}", right=refusal.right)
        except Unknown as why:
            sections["metrics"] = str(why)
        told = tuple(
            replace(one, until=self._until(one), missing=self._missing.get(one.id, ()))
            for one in links
        )
        return replace(seen, sections=sections, denied=denied, links=told)

    # ------------------------------------------------------------ which is whose

    def _links(self, seen: CloudDetails, context: Context) -> Iterator[CloudLink]:
        """Yield what of the cloud is a resource of ours; who is not told apart is left out."""
        for resource in self._resources():
            match resource.address:
                case TatAddress(instance=id) if any(id == one.id for one in seen.servers or ()):
                    yield CloudLink("cvm", id, resource.id, resource.name, tr("by its id"))
                case SshAddress() as address:
                    yield from self._host(resource, address, seen.servers or (), context)
                case MysqlAddress() as address:
                    yield from _database(resource, address, seen.databases or ())

    def _host(
        self,
        resource: Resource,
        address: SshAddress,
        servers: Sequence[CloudServer],
        context: Context,
    ) -> Iterator[CloudLink]:
        known = {one for server in servers for one in server.addresses}
        meant = {address.host}
        if address.host not in known and known and not _is_number(address.host):
            meant = set(self._resolve(address.host, context))
        found = [(one, meant & set(one.addresses)) for one in servers]
        there = [(one, sorted(shared)) for one, shared in found if shared]
        if len(there) == 1:
            [(server, shared)] = there
            how = tr("by its address {address}", address=shared[0])
            yield CloudLink("cvm", server.id, resource.id, resource.name, how)

    # ------------------------------------------------------------ what is due

    def _due(self, links: Sequence[CloudLink], regions: Mapping[str, str]) -> Iterator[_Group]:
        """Yield what is to be asked for now, the oldest first."""
        spans: dict[tuple[Product, str, datetime | None], list[CloudLink]] = {}
        with self._database.session() as session:
            for link in links:
                product: Product = "cvm" if link.what == "cvm" else "database"
                since = measured.last_of(session, link.resource_id, "cloud")
                spans.setdefault((product, regions[link.id], since), []).append(link)
        calls = 0
        most = tencent_metrics.MOST_INSTANCES
        oldest = datetime.min.replace(tzinfo=UTC)
        for (product, region, since), found in sorted(
            spans.items(), key=lambda one: one[0][2] or oldest
        ):
            for first in range(0, len(found), most):
                some = tuple(found[first : first + most])
                begun = since
                while calls < _MOST_CALLS and (due := next_span(begun, self._now(), len(some))):
                    span, period = due
                    calls += len(tencent_metrics.WANTED[product])
                    yield _Group(product, region, span, period, some)
                    begun = span[1]

    # ------------------------------------------------------------ fetching and keeping

    def _fetch(
        self,
        address: CloudAddress,
        group: _Group,
        cores: Mapping[str, int],
        context: Context,
    ) -> dict[str, tuple[str, ...]]:
        """Keep one span of a group; return which metrics the cloud did not give, by thing."""
        api = self._open_api(address, group.region)
        taken: dict[str, dict[datetime, dict[str, float | None]]] = {}
        wanted = tencent_metrics.WANTED[group.product]
        got: dict[str, set[str]] = {one.id: set() for one in group.links}
        for metric in self._offered(address, api, group.product, context):
            period = metric.period(group.period)
            if period is None:
                continue
            found = self._values(api, group, metric, period, context)
            for id, points in found.items():
                share = cores.get(id, 0) if metric.wanted.per_core else 1
                if not share:
                    continue
                got[id] |= {metric.wanted.key} if points else set()
                for at, value in points.items():
                    taken.setdefault(id, {}).setdefault(at, {})[metric.wanted.key] = value / share
        with self._database.session() as session, session.begin():
            for link in group.links:
                mine = taken.get(link.id, {})
                samples.keep_span(
                    session, link.resource_id, group.span, group.period, mine, "cloud"
                )
        return {
            id: tuple(one.key for one in wanted if one.key not in keys) for id, keys in got.items()
        }

    def _values(
        self, api: Tencent, group: _Group, metric: Offered, period: int, context: Context
    ) -> dict[str, dict[datetime, float]]:
        ids = list(dict.fromkeys(one.id for one in group.links))
        try:
            return tencent_metrics.values(
                api, group.product, metric.name, ids, group.span, period, context
            )
        except CloudRefused as refusal:
            if refusal.code.startswith("InvalidParameter"):  # this kind of instance has it not
                return {}
            raise

    def _offered(
        self, address: CloudAddress, api: Tencent, product: Product, context: Context
    ) -> tuple[Offered, ...]:
        kept = self._spelt.get((address, product))
        if kept and time.monotonic() - kept[0] < _SPELT_FOR:
            return kept[1]
        found = tencent_metrics.offered(api, product, context)
        self._spelt[address, product] = time.monotonic(), found
        return found

    def _until(self, link: CloudLink) -> str:
        with self._database.session() as session:
            last = measured.last_of(session, link.resource_id, "cloud")
        return last.isoformat() if last else ""


def _database(
    resource: Resource, address: MysqlAddress, instances: Sequence[CloudInstance]
) -> Iterator[CloudLink]:
    for one in instances:
        if address.cloud is not None:
            if address.cloud.instance == one.id:
                yield CloudLink("database", one.id, resource.id, resource.name, tr("by its id"))
        elif (address.host, address.port) == (one.address, one.port):
            how = tr("by its address {address}", address=f"{one.address}:{one.port}")
            yield CloudLink("database", one.id, resource.id, resource.name, how)


def next_span(since: datetime | None, now: datetime, instances: int) -> tuple[Span, int] | None:
    """Return the next span to ask for and its period in seconds; None while nothing is due.

    `since` is up to when it is kept.  A span is of whole hours, fits into one answer, and lies
    where the cloud still has its period.
    """
    last = _whole_hour(now - _LATE)
    first = _whole_hour(now - KEPT[-1][1]) + _HOUR
    begin = first if since is None else max(first, _whole_hour(since))
    if begin >= last:
        return None
    until = last
    for period, kept in KEPT:
        there_from = _whole_hour(now - kept) + _HOUR
        if begin >= there_from:
            points = max(1, tencent_metrics.MOST_POINTS // instances)
            hours = max(1, points * period // 3600)
            return (begin, min(until, begin + hours * _HOUR)), period
        until = there_from  # from there on the finer period is to be had
    raise AssertionError("the last period is kept since before `first`")


def _whole_hour(at: datetime) -> datetime:
    return from_milliseconds(hour_of(to_milliseconds(at)))


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
