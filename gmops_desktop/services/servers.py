"""Looks at the resources, judges what is found, and keeps the newest look and the series.

How to look at each kind of thing is handed in.  Looks run side by side where `together` knows how
(threads are the task runner's business), else one after another; every one has its own deadline,
and one that fails becomes an answer ("unknown, because ..."), never the end of the others.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.engine import Database
from db.evidence import LOOK
from db.models import LookRow, SampleRow
from gmops_desktop.adapters import ssh, web
from gmops_desktop.addresses import (
    AccountAddress,
    Kind,
    MysqlAddress,
    Resource,
    SshAddress,
    WebAddress,
)
from gmops_desktop.context import Context
from gmops_desktop.contract.looks import (
    AccountDetails,
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
from gmops_desktop.contract.thresholds import LIMITS
from gmops_desktop.contract.verdicts import History, samples, verdict
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

_PATIENCE: Final = 3.0  # intervals without a look after which a gap begins
_MOST_POINTS: Final = 3000  # of a series: more than a screen has columns
_AWAY: Final = timedelta(hours=6)  # a counter's difference over longer says little about now


@dataclass(frozen=True, slots=True)
class Series:
    """The values of one metric, oldest first; a None breaks the line where nobody looked.

    `coverage` is the share of the time (0 to 1) in which we looked and learnt the value.
    """

    points: tuple[tuple[datetime, float | None], ...]
    coverage: float


def one_after_another(jobs: Sequence[Job]) -> list[Look]:
    """Run the jobs in this thread."""
    return [job() for job in jobs]


class Servers:
    """The state of everything looked after."""

    def __init__(
        self,
        database: Database,
        *,
        look_host: Callable[[SshAddress, Context], HostDetails],
        look_mysql: Callable[[MysqlAddress, Context], MysqlDetails],
        look_web: Callable[[WebAddress, Context], WebDetails],
        look_account: Callable[[AccountAddress, Context], AccountDetails],
        interval: Callable[[], float] = lambda: 60.0,
        together: Callable[[Sequence[Job]], Sequence[Look]] = one_after_another,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._look_host = look_host
        self._look_mysql = look_mysql
        self._look_web = look_web
        self._look_account = look_account
        self._interval = interval
        self._together = together
        self._now = now

    def look(self, resources: Sequence[Resource], context: Context) -> tuple[Look, ...]:
        """Look at all `resources` and store what was found, in their order."""
        with self._database.session() as session:
            before = {row.resource_id: row for row in session.scalars(select(LookRow))}
            histories = {
                resource.id: _history(
                    before.get(resource.id), self._windows(session, resource.id), self._now()
                )
                for resource in resources
            }

        def job(resource: Resource) -> Job:
            return lambda: self._look_at(resource, histories[resource.id], context)

        looks = tuple(self._together([job(resource) for resource in resources]))
        context.check()
        with self._database.session() as session, session.begin():
            for look in looks:
                self._keep(session, look, before.get(look.resource_id))
        return looks

    def last(self) -> tuple[Look, ...]:
        """Return the newest look at each resource, by name."""
        with self._database.session() as session:
            rows = session.scalars(select(LookRow).order_by(LookRow.name))
            return tuple(_from_row(row) for row in rows)

    def series(self, resource_id: str, metric: str, since: datetime) -> Series:
        """Return the values of a metric since then (see `verdicts.samples` for the names).

        "up" is 1 while the resource did its work, 0 while it was down, None while nobody knows;
        "look" is 1 for each look that reached it, 0 for each that did not.
        """
        with self._database.session() as session:
            wanted = (
                select(SampleRow.at, SampleRow.value)
                .where(SampleRow.resource_id == resource_id, SampleRow.metric == metric)
                .where(SampleRow.at >= since)
                .order_by(SampleRow.at)
            )
            rows = [(at, value) for at, value in session.execute(wanted)]
        whole = with_gaps(rows, since, self._now(), timedelta(seconds=self._interval()))
        return replace(whole, points=thinned(whole.points, _MOST_POINTS))

    def _look_at(self, resource: Resource, history: _Before, context: Context) -> Look:
        context.check()
        context.progress(None, tr("Looking at {name} …", name=resource.name))
        at, begun = self._now(), time.monotonic()
        try:
            details = self._details(resource, context)
        except OpsError as error:
            context.check()
            seconds = time.monotonic() - begun
            context.note(tr("{name}: {what}", name=resource.name, what=error.message))
            state: State = "critical" if is_down(resource, error) else "unknown"
            return Look(
                resource.id, resource.kind, resource.name, state, error.message, at, seconds,
                (), None, (error.message,), error.hint,
            )  # fmt: skip
        details, lines = _with_rates(details, history, at)
        found = verdict(details, history.history)
        seconds = time.monotonic() - begun
        context.note(tr("{name}: {what}", name=resource.name, what=found.reason))
        return Look(
            resource.id, resource.kind, resource.name, found.state, found.reason, at, seconds,
            found.figures, details, lines,
        )  # fmt: skip

    def _details(self, resource: Resource, context: Context) -> Details:
        match resource.address:
            case SshAddress() as address:
                return self._look_host(address, context)
            case MysqlAddress() as address:
                return self._look_mysql(address, context)
            case WebAddress() as address:
                return self._look_web(address, context)
            case AccountAddress() as address:
                return self._look_account(address, context)

    def _windows(
        self, session: Session, resource_id: str
    ) -> dict[str, list[tuple[datetime, float]]]:
        """Return the last half hour of what is judged by its mean, by metric, oldest first."""
        # Metrics named one by one: so the primary key finds the few rows among a year's millions.
        averaged = [metric for metric, limit in LIMITS.items() if limit.minutes]
        wanted = (
            select(SampleRow)
            .where(SampleRow.resource_id == resource_id, SampleRow.metric.in_(averaged))
            .where(SampleRow.at >= self._now() - timedelta(minutes=30))
            .where(SampleRow.value.is_not(None))
            .order_by(SampleRow.at)
        )
        found: dict[str, list[tuple[datetime, float]]] = {}
        for row in session.scalars(wanted):
            found.setdefault(row.metric, []).append((row.at, row.value or 0.0))
        return found

    def _keep(self, session: Session, look: Look, before: LookRow | None) -> None:
        details = details_to_dict(look.details) if look.details else None
        values = samples(look.details) if look.details else {}
        known: Any = before.data["known"] if before else None
        if details:
            known = {"at": look.at.isoformat(), "details": details}
        values["up"] = _up(look)
        values[LOOK] = 0.0 if look.details is None else 1.0
        for metric, value in values.items():
            session.merge(SampleRow(resource_id=look.resource_id, metric=metric, at=look.at,
                                    value=value))  # fmt: skip
        data = {
            "figures": [asdict(figure) for figure in look.figures],
            "details": details,
            "known": known,  # the newest details there were, for rates
            "log": list(look.log_lines),
            "hint": look.hint,
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
    direct = resource.kind == "website" or (
        isinstance(resource.address, MysqlAddress) and resource.address.ssh is None
    )
    if isinstance(error, web.HttpFailed | web.TlsFailed):
        return direct
    return direct and isinstance(error.__cause__, ConnectionRefusedError)


def with_gaps(
    rows: Sequence[tuple[datetime, float | None]], since: datetime, now: datetime, step: timedelta
) -> Series:
    """Return the series with a None after every look that no other followed in time.

    A look speaks for the time until the next one, but for no longer than the patience.
    """
    points: list[tuple[datetime, float | None]] = []
    covered = timedelta()
    ends = [*(at for at, _ in rows[1:]), now]
    for (at, value), until in zip(rows, ends, strict=False):
        points.append((at, value))
        lasts = min(until - at, step * _PATIENCE)
        if value is not None:
            covered += lasts
        if until - at > lasts:
            points.append((at + step, None))
    whole = now - since
    coverage = covered / whole if whole > timedelta() else 0.0
    return Series(tuple(points), min(1.0, coverage))


def _up(look: Look) -> float | None:
    """Return 1 where the thing does its work, 0 where it is down, None where nobody knows."""
    if look.details is None:
        return 0.0 if look.state == "critical" else None
    if isinstance(look.details, WebDetails):
        broken = look.details.status >= 400 or look.details.keyword_found is False
        return 0.0 if broken else 1.0
    return 1.0


def thinned(
    points: Sequence[tuple[datetime, float | None]], most: int
) -> tuple[tuple[datetime, float | None], ...]:
    """Return about `most` points at the most: neighbours become their mean, gaps stay gaps."""
    size = -(-len(points) // most)
    if size <= 1:
        return tuple(points)
    found: list[tuple[datetime, float | None]] = []
    group: list[tuple[datetime, float]] = []

    def flush() -> None:
        if group:
            mean = sum(value for _, value in group) / len(group)
            found.append((group[len(group) // 2][0], mean))
            group.clear()

    for at, value in points:
        if value is None:
            flush()
            if not found or found[-1][1] is not None:
                found.append((at, None))
            continue
        group.append((at, value))
        if len(group) == size:
            flush()
    flush()
    return tuple(found)


def _history(
    row: LookRow | None, windows: dict[str, list[tuple[datetime, float]]], now: datetime
) -> _Before:
    def values(metric: str, minutes: float) -> list[float]:
        window = windows.get(metric, [])
        first = now - timedelta(minutes=minutes)
        return [value for _, value in window[bisect_left(window, (first, float("-inf"))) :]]

    if row is None:
        return _Before(History(values=values), None)
    states: dict[str, State] = {
        figure["metric"]: figure["state"] for figure in row.data["figures"] if figure["metric"]
    }
    known = row.data["known"]
    if known is None:
        return _Before(History(states, values), None)
    details = details_from_dict(cast(Kind, row.kind), known["details"])
    return _Before(History(states, values, details), datetime.fromisoformat(known["at"]))


def _with_rates(details: Details, before: _Before, at: datetime) -> tuple[Details, tuple[str, ...]]:
    """Fill in what only the difference to the look before tells."""
    old = before.history.details
    if isinstance(details, HostDetails) and isinstance(old, HostDetails):
        restarted = details.boot_id and old.boot_id not in ("", details.boot_id)
        return details, (tr("The server was restarted since the last look."),) if restarted else ()
    if isinstance(details, MysqlDetails) and isinstance(old, MysqlDetails) and before.at:
        passed = at - before.at
        same_run = details.uptime_seconds > old.uptime_seconds
        if same_run and timedelta() < passed <= _AWAY:
            seconds = details.uptime_seconds - old.uptime_seconds
            slow = max(0, details.slow_queries - old.slow_queries)
            asked = max(0, details.questions - old.questions)
            return replace(
                details,
                slow_per_hour=slow * 3600 / seconds,
                questions_per_second=asked / seconds,
            ), ()
    return details, ()


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
    )
