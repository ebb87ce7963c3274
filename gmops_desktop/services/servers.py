"""Looks at the resources, judges what is found, and keeps the newest look and the series.

How to look at each kind of thing is handed in.  Looks run side by side where `together` knows how
(threads are the task runner's business), else one after another; every one has its own deadline,
and one that fails becomes an answer ("unknown, because ..."), never the end of the others.  Nor
are they held up by one that hangs: what has ended is stored and shown, and the next round goes on
without it.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

from sqlalchemy import func, select
from sqlalchemy.orm import Session

import db.samples
from db import measured
from db.columns import from_milliseconds
from db.engine import Database
from db.limits import limits_of
from db.models import LookRow
from db.sample_rows import Source, Span
from db.samples import RAW_FOR
from gmops_desktop.adapters import ssh, web
from gmops_desktop.addresses import (
    AccountAddress,
    CloudAddress,
    Kind,
    MysqlAddress,
    Resource,
    SshAddress,
    WebAddress,
)
from gmops_desktop.changes import Change
from gmops_desktop.context import Context
from gmops_desktop.contract.alerting import Watch
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
    details_from_dict,
    details_to_dict,
)
from gmops_desktop.contract.metrics import LOOK, UP, free_of, samples_of
from gmops_desktop.contract.rates import with_rates
from gmops_desktop.contract.rollups import DAY, HOUR
from gmops_desktop.contract.series import Series, filled, of_rollups, of_samples
from gmops_desktop.contract.verdicts import History, unreached, verdict, watched
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.states import State

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


class Servers:
    """The state of everything looked after."""

    def __init__(
        self,
        database: Database,
        *,
        look_host: Callable[[SshAddress, Context], HostDetails],
        look_mysql: Callable[[MysqlAddress, Context], MysqlDetails],
        look_web: Callable[[WebAddress, Context], WebDetails],
        look_account: Callable[[AccountAddress, Context, AccountDetails | None], AccountDetails],
        look_cloud: Callable[[CloudAddress, Context], CloudDetails],
        interval: Callable[[], float] = lambda: 60.0,
        together: Callable[[Sequence[Job]], Iterable[Sequence[Look]]] = one_after_another,
        afresh: Callable[[], object] = lambda: None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`together` yields looks as they end; `afresh` lets go of connections that are kept."""
        self._database = database
        self._look_host = look_host
        self._look_mysql = look_mysql
        self._look_web = look_web
        self._look_account = look_account
        self._look_cloud = look_cloud
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
        with self._database.session() as session:
            before = {row.resource_id: row for row in session.scalars(select(LookRow))}
            histories = {
                one.id: self._history(session, one, before.get(one.id)) for one in resources
            }

        def job(resource: Resource) -> Job:
            past = histories[resource.id]
            return lambda: self._look_at(resource, past, context, every, tell=tell)

        def failed(resource: Resource) -> bool:
            row = before.get(resource.id)
            return row is not None and row.data["details"] is None

        # Those that may hang come last: the threads are not for them before the others had theirs.
        jobs = [job(resource) for resource in sorted(resources, key=failed)]
        for looks in self._together(jobs):
            context.check()
            with self._database.session() as session, session.begin():
                for look in looks:
                    self._keep(session, look, before.get(look.resource_id), every)
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
            rows = session.scalars(select(LookRow).order_by(LookRow.name))
            return tuple(_from_row(row) for row in rows)

    def newest(self, resource_id: str) -> Look | None:
        """Return the newest look at one resource, with all it found."""
        with self._database.session() as session:
            row = session.get(LookRow, resource_id)
            return _from_row(row) if row else None

    def glance(self) -> tuple[Look, ...]:
        """Return the newest looks by name, without their details: quick, also of hundreds."""
        shown = (
            func.json_extract(LookRow.data, f"$.{name}")
            for name in ("figures", "log", "hint", "known.at")
        )
        columns = (LookRow.resource_id, LookRow.kind, LookRow.name, LookRow.state, LookRow.reason,
                   LookRow.at, LookRow.seconds)  # fmt: skip
        with self._database.session() as session:
            rows = session.execute(select(*columns, *shown).order_by(LookRow.name)).all()
        return tuple(
            Look(
                id, cast(Kind, kind), name, cast(State, state), reason, at, seconds,
                tuple(Figure(**figure) for figure in json.loads(figures)), None,
                tuple(json.loads(log)), hint, known_at=_moment(known),
            )
            for id, kind, name, state, reason, at, seconds, figures, log, hint, known in rows
        )  # fmt: skip

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
        self, resource: Resource, before: _Before, context: Context, every: float, *, tell: bool
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

    def _details(self, resource: Resource, before: _Before, context: Context) -> Details:
        match resource.address:
            case SshAddress() as address:
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

    def _history(self, session: Session, resource: Resource, row: LookRow | None) -> _Before:
        """Return what is known of a resource from before."""
        now = self._now()
        points: dict[str, list[tuple[datetime, float]]] = {}
        for sample in measured.samples(session, resource.id, now - _JUDGED, now):
            at = from_milliseconds(sample.at)
            for metric, value in sample.values.items():
                if value is not None:
                    points.setdefault(metric, []).append((at, value))
        history = History(
            points=lambda metric: points.get(metric, ()), limits=limits_of(session, resource.id)
        )
        if row is None:
            return _Before(history, None)
        watches = row.data.get("watches", {})
        history = replace(
            history, watches={key: Watch.from_dict(one) for key, one in watches.items()}
        )
        known = row.data["known"]
        if known is None:
            return _Before(history, None)
        details = details_from_dict(cast(Kind, row.kind), known["details"])
        return _Before(replace(history, details=details), datetime.fromisoformat(known["at"]))

    def _keep(self, session: Session, look: Look, before: LookRow | None, every: float) -> None:
        details = details_to_dict(look.details) if look.details else None
        values = samples_of(look.details) if look.details else {}
        known: Any = before.data["known"] if before else None
        if details:
            known = {"at": look.at.isoformat(), "details": details}
        values[UP] = _up(look)
        values[LOOK] = 0.0 if look.details is None else 1.0
        db.samples.keep(session, look.resource_id, look.at, every, values)
        data = {
            "figures": [asdict(figure) for figure in look.figures],
            "details": details,
            "known": known,  # the newest details there were, for rates
            "log": list(look.log_lines),
            "hint": look.hint,
            "watches": {key: one.to_dict() for key, one in look.watches.items()},
            "texts": dict(look.texts),
        }
        session.merge(
            LookRow(
                resource_id=look.resource_id,
                kind=look.kind,
                name=look.name,
                at=look.at,
                seconds=look.seconds,
                state=look.state,
                reason=look.reason,
                data=data,
            )
        )


@dataclass(frozen=True, slots=True)
class _Before:
    """What the store knows of a resource: its history, and when its details were last learnt."""

    history: History
    at: datetime | None


def is_down(resource: Resource, error: OpsError) -> bool:
    """Whether the failure proves that a service is down, rather than that we cannot see it.

    A port that refuses, or a web server that answers nonsense, is a fact about the service; a
    silent line, an unknown name or a refused login may as well be ours.
    """
    if isinstance(error, ssh.TunnelRefused):
        return not error.forbidden
    if isinstance(error, web.SiteDown):
        return True
    direct = resource.kind == "website" or (
        isinstance(resource.address, MysqlAddress) and resource.address.ssh is None
    )
    if isinstance(error, web.HttpFailed | web.TlsFailed):
        return direct
    return direct and isinstance(error.__cause__, ConnectionRefusedError)


def _up(look: Look) -> float | None:
    """Return 1 where the thing does its work, 0 where it is down, None where nobody knows."""
    if look.details is None:
        return 0.0 if look.state == "critical" else None
    if isinstance(look.details, WebDetails):
        broken = look.details.status >= 400 or look.details.keyword_found is False
        return 0.0 if broken else 1.0
    return 1.0


def _with_rates(details: Details, before: _Before, at: datetime) -> tuple[Details, tuple[str, ...]]:
    """Fill in what only the difference to the look before tells."""
    old = before.history.details
    rated = with_rates(details, old, at - (before.at or at))
    if isinstance(rated, HostDetails) and rated.restarted:
        return rated, (tr("The server was restarted since the last look."),)
    return rated, ()


def _from_row(row: LookRow) -> Look:
    kind = cast(Kind, row.kind)
    details = row.data["details"]
    return Look(
        row.resource_id,
        kind,
        row.name,
        cast(State, row.state),
        row.reason,
        row.at,
        row.seconds,
        tuple(Figure(**figure) for figure in row.data["figures"]),
        details_from_dict(kind, details) if details else None,
        tuple(row.data["log"]),
        row.data["hint"],
        {key: Watch.from_dict(one) for key, one in row.data.get("watches", {}).items()},
        row.data.get("texts", {}),
        _moment(row.data["known"]["at"]) if row.data["known"] else None,
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
