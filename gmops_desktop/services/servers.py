"""Looks at the resources, judges what is found, and keeps the newest look and the series.

How to look at each kind of thing is handed in.  Looks run side by side where `together` knows how
(threads are the task runner's business), else one after another; every one has its own deadline,
and one that fails becomes an answer ("unknown, because ..."), never the end of the others.  Nor
are they held up by one that hangs: what has ended is stored and shown, and the next round goes on
without it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

import db.looks
import db.samples
from db import account_facts, measured
from db.engine import Database
from db.looks import Before
from db.sample_rows import Source, Span
from db.samples import RAW_FOR
from gmops_desktop.adapters import ssh, web
from gmops_desktop.adapters.tencent import NOT_RUNNING, CloudRefused
from gmops_desktop.addresses import (
    AccountAddress,
    CloudAddress,
    HostAddress,
    MysqlAddress,
    Resource,
    SshAddress,
    TatAddress,
    WebAddress,
)
from gmops_desktop.changes import Change
from gmops_desktop.context import Context
from gmops_desktop.contract.forecasts import hours_to_full
from gmops_desktop.contract.looks import (
    AccountDetails,
    CloudDetails,
    Details,
    Disk,
    Figure,
    HostDetails,
    Look,
    MysqlDetails,
    WebDetails,
)
from gmops_desktop.contract.looks.accounts import AccountDay, Article
from gmops_desktop.contract.metrics import LOOK, UP, free_of, samples_of
from gmops_desktop.contract.rates import with_rates
from gmops_desktop.contract.rollups import DAY, HOUR
from gmops_desktop.contract.series import Series, filled, of_rollups, of_samples
from gmops_desktop.contract.verdicts import unreached, verdict, watched
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

__all__ = [
    "AccountDetails",
    "Disk",
    "Figure",
    "HostDetails",
    "Look",
    "MysqlDetails",
    "Series",
    "Servers",
    "WebDetails",
]

Job = Callable[[], Look]

_TOLD: Final = 20  # looks of one round of which each is told: hundreds only say what is not well
_JUDGED: Final = timedelta(minutes=70)  # the longest time that is judged: forecasts take an hour
_SOURCES: Final[tuple[Source, Source]] = ("own", "cloud")
_RAW: Final = timedelta(hours=36)  # a longer span is drawn from its hours
_HOURS: Final = timedelta(days=70)  # and a still longer one from its days


def one_after_another(jobs: Sequence[Job]) -> Iterator[list[Look]]:
    """Run the jobs in this thread."""
    return ([job()] for job in jobs)


def _each_alone(_hosts: Sequence[HostAddress]) -> AbstractContextManager[None]:
    """Let each host be asked by itself."""
    return nullcontext()


class Servers:
    """The state of everything looked after."""

    def __init__(
        self,
        database: Database,
        *,
        look_host: Callable[[HostAddress, Context], HostDetails],
        look_mysql: Callable[[MysqlAddress, Context], MysqlDetails],
        look_web: Callable[[WebAddress, Context], WebDetails],
        look_account: Callable[[AccountAddress, Context, AccountDetails | None], AccountDetails],
        look_cloud: Callable[[CloudAddress, Context], CloudDetails],
        expecting: Callable[[Sequence[HostAddress]], AbstractContextManager[None]] = _each_alone,
        interval: Callable[[], float] = lambda: 60.0,
        together: Callable[[Sequence[Job]], Iterable[Sequence[Look]]] = one_after_another,
        afresh: Callable[[], object] = lambda: None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`expecting` is told which hosts a round will ask; `together` yields looks as they end;
        `afresh` lets go of connections that are kept."""
        self._database = database
        self._look_host = look_host
        self._look_mysql = look_mysql
        self._look_web = look_web
        self._look_account = look_account
        self._look_cloud = look_cloud
        self._expecting = expecting
        self._interval = interval
        self._together = together
        self._afresh = afresh
        self._now = now
        self._lock = threading.Lock()
        self._under_way: set[str] = set()

    def look(
        self,
        resources: Sequence[Resource],
        context: Context,
        *,
        every: float | None = None,
        afresh: bool = False,
    ) -> tuple[Look, ...]:
        """Look at all `resources`, store what is found as it comes, and return it in their order.

        What another round of this program still looks at is left out.  `every` is the interval in
        seconds at which the caller comes back (default: the window's); `afresh` logs in anew where
        a connection was kept.
        """
        if afresh:
            self._afresh()
        with self._lock:
            mine = [one for one in resources if one.id not in self._under_way]
            self._under_way.update(one.id for one in mine)
        found: dict[str, Look] = {}
        try:
            for looks in self._round(mine, context, every or self._interval()):
                found |= {look.resource_id: look for look in looks}
                self._release(look.resource_id for look in looks)
                if len(found) < len(mine):
                    context.changed(Change.SERVERS)
        finally:
            self._release(one.id for one in mine if one.id not in found)
        self.roll_up()
        return tuple(found[one.id] for one in mine)

    def _round(
        self, resources: Sequence[Resource], context: Context, every: float
    ) -> Iterator[Sequence[Look]]:
        """Look at each resource; yield what is stored."""
        tell = len(resources) <= _TOLD
        now = self._now()
        with self._database.session() as session:
            before = db.looks.before(session, [one.id for one in resources], now - _JUDGED, now)

        def job(resource: Resource) -> Job:
            return lambda: self._look_at(resource, before[resource.id], context, every, tell=tell)

        # Those that may hang come last: the threads are not for them before the others had theirs.
        jobs = [job(one) for one in sorted(resources, key=lambda one: before[one.id].failed)]
        hosts = [
            one.address for one in resources if isinstance(one.address, SshAddress | TatAddress)
        ]
        with self._expecting(hosts):
            for looks in self._together(jobs):
                context.check()
                with self._database.session() as session, session.begin():
                    for look in looks:
                        db.looks.keep(session, look)
                        db.samples.keep(session, look.resource_id, look.at, every, _values(look))
                yield looks

    def _release(self, ids: Iterable[str]) -> None:
        with self._lock:
            self._under_way.difference_update(ids)

    def roll_up(self) -> int:
        """Roll up hours that are over; return how many wait for the next time."""
        with self._database.session() as session, session.begin():
            return db.samples.roll_up(session, self._now())

    def last(self) -> tuple[Look, ...]:
        """Return the newest look at each resource, by name."""
        with self._database.session() as session:
            return db.looks.all_of(session)

    def newest(self, resource_id: str) -> Look | None:
        """Return the newest look at one resource, with all it found."""
        with self._database.session() as session:
            return db.looks.one_of(session, resource_id)

    def glance(self) -> tuple[Look, ...]:
        """Return the newest looks by name, without their details: quick, also of hundreds."""
        with self._database.session() as session:
            return db.looks.glance(session)

    def account_days(self, resource_id: str, first: date, last: date) -> tuple[AccountDay, ...]:
        """Return what WeChat told of an account's days between two (both included), oldest first;
        days of which it told nothing are not there."""
        with self._database.session() as session:
            return account_facts.days(session, resource_id, first, last)

    def account_articles(self, resource_id: str, first: date, last: date) -> tuple[Article, ...]:
        """Return what was published on an account between two days, oldest first, with the newest
        figures that were learnt of each."""
        with self._database.session() as session:
            return account_facts.articles(session, resource_id, first, last)

    def series(
        self, resource_id: str, metric: str, since: datetime, until: datetime | None = None
    ) -> Series:
        """Return one metric since then (see `contract.metrics` for the names)."""
        return self.many(resource_id, (metric,), since, until)[metric]

    def many(
        self,
        resource_id: str,
        metrics: Sequence[str],
        since: datetime,
        until: datetime | None = None,
    ) -> dict[str, Series]:
        """Return several metrics of one resource: the looks themselves of a short and young span,
        else the hours or days they were rolled up into; the cloud's figures are in the gaps."""
        end = min(until or self._now(), self._now())
        with self._database.session() as session:
            own, others = (
                self._read(session, resource_id, metrics, since, end, source) for source in _SOURCES
            )
        return {one: filled(own[one], others[one], since, end) for one in metrics}

    def _read(
        self,
        session: Session,
        resource_id: str,
        metrics: Sequence[str],
        since: datetime,
        end: datetime,
        source: Source,
    ) -> dict[str, Series]:
        """Return what one source has of several metrics."""
        if end - since <= _RAW and since >= self._now() - RAW_FOR:
            # One millisecond more: a look taken this very moment counts.
            after = end + timedelta(milliseconds=1)
            seen = measured.samples(session, resource_id, since, after, metrics, source)
            return {one: of_samples(seen, one, since, end) for one in metrics}
        span: Span = "hour" if end - since <= _HOURS else "day"
        rows = measured.rollups(session, resource_id, span, since, end, metrics, source)
        length = HOUR if span == "hour" else DAY
        return {one: of_rollups(rows, one, since, end, length) for one in metrics}

    def hours_to_full(self, resource_id: str, mount: str) -> float | None:
        """Return in how many hours a file system is full, as it filled since yesterday, or as long
        as we look back; None where that is not known."""
        now, metric = self._now(), free_of(mount)
        points = self.series(resource_id, metric, now - timedelta(hours=27)).points
        free = [(one.at, one.value) for one in points if one.value is not None]
        backs = (timedelta(hours=24), timedelta(hours=6), timedelta(hours=1))
        found = (hours_to_full(free, back) for back in backs)
        return next((hours for hours in found if hours is not None), None)

    def _look_at(
        self, resource: Resource, before: Before, context: Context, every: float, *, tell: bool
    ) -> Look:
        context.check()
        if tell:
            context.progress(None, tr("Looking at {name} …", name=resource.name))
        at, begun = self._now(), time.monotonic()
        details: Details | None = None
        lines: tuple[str, ...] = ()
        hint = ""
        try:
            details = self._details(resource, before, context)
        except OpsError as error:
            context.check()
            found = unreached(is_down(resource, error), error.message)
            lines, hint = (error.message,), error.hint
        else:
            details, lines = _with_rates(details, before, at)
            found = verdict(details, replace(before.history, at=at))
        seconds = time.monotonic() - begun
        if tell or found.state != "ok":
            context.note(tr("{name}: {what}", name=resource.name, what=found.reason))
        watches = watched(before.history.watches, found, at, every, learnt=details is not None)
        texts = {key: one.text for key, one in found.findings.items() if one.text}
        return Look(
            resource.id, resource.kind, resource.name, found.state, found.reason, at, seconds,
            found.figures, details, lines, hint, watches, texts, at if details else before.at,
        )  # fmt: skip

    def _details(self, resource: Resource, before: Before, context: Context) -> Details:
        match resource.address:
            case SshAddress() | TatAddress() as address:
                return self._look_host(address, context)
            case MysqlAddress() as address:
                return self._look_mysql(address, context)
            case WebAddress() as address:
                return self._look_web(address, context)
            case AccountAddress() as address:
                known = before.history.details
                last = known if isinstance(known, AccountDetails) else None
                return self._look_account(address, context, last)
            case CloudAddress() as address:
                return self._look_cloud(address, context)


def is_down(resource: Resource, error: OpsError) -> bool:
    """Whether the failure proves that a service is down, rather than that we cannot see it.

    A port that refuses, or a web server that answers nonsense, is a fact about the service; a
    silent line, an unknown name or a refused login may as well be ours.
    """
    if isinstance(error, ssh.TunnelRefused):
        return not error.forbidden
    if isinstance(error, web.SiteDown):
        return True
    if isinstance(error, CloudRefused):
        return error.code == NOT_RUNNING
    direct = resource.kind == "website" or (
        isinstance(resource.address, MysqlAddress) and resource.address.ssh is None
    )
    if isinstance(error, web.HttpFailed | web.TlsFailed):
        return direct
    return direct and isinstance(error.__cause__, ConnectionRefusedError)


def _values(look: Look) -> dict[str, float | None]:
    """Return what a look gives to the series."""
    values = samples_of(look.details) if look.details else {}
    return {**values, UP: _up(look), LOOK: 0.0 if look.details is None else 1.0}


def _up(look: Look) -> float | None:
    """Return 1 where the thing does its work, 0 where it is down, None where nobody knows."""
    if look.details is None:
        return 0.0 if look.state == "critical" else None
    if isinstance(look.details, WebDetails):
        broken = look.details.status >= 400 or look.details.keyword_found is False
        return 0.0 if broken else 1.0
    return 1.0


def _with_rates(details: Details, before: Before, at: datetime) -> tuple[Details, tuple[str, ...]]:
    """Fill in what only the difference to the look before tells."""
    old = before.history.details
    rated = with_rates(details, old, at - (before.at or at))
    if isinstance(rated, HostDetails) and rated.restarted:
        return rated, (tr("The server was restarted since the last look."),)
    return rated, ()
