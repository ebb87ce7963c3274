"""Lets what the looks found for long enough be alerts, and alerts be tickets, each once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, cast

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

import db.looks
from db.engine import Database
from db.ids import uuid7
from db.journal import utc_now
from db.looks import Watched
from db.models import AlertRow, ChangeRow, LookRow
from gmops_desktop.addresses import Resource
from gmops_desktop.contract.alerts import TOLD_APART, Alert
from gmops_desktop.contract.change_states import window_of
from gmops_desktop.contract.changes import AUDIENCES
from gmops_desktop.contract.thresholds import DOWN, RANK
from gmops_desktop.contract.tickets import Priority, Ticket
from gmops_desktop.contract.troubles import Trouble, TroubleBook, limit_key
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.states import State

__all__ = ["Alert", "Alerts", "Round"]

_FRESH: Final = timedelta(minutes=30)  # an older look says nothing about now
_PRIORITIES: Final[dict[State, Priority]] = {"critical": 2, "warning": 3}


@dataclass(frozen=True, slots=True)
class Round:
    """What came of following the looks: alerts raised, or worse than before, and those over;
    the tickets that were opened or added to."""

    raised: tuple[Alert, ...] = ()
    cleared: tuple[Alert, ...] = ()
    tickets: tuple[Ticket, ...] = ()


class Alerts:
    """The alerts of everything looked after; tickets are written where that is `wanted`."""

    def __init__(
        self,
        database: Database,
        troubles: TroubleBook,
        resources: Callable[[], Sequence[Resource]],
        *,
        wanted: Callable[[], bool] = lambda: True,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database, self._troubles, self._resources = database, troubles, resources
        self._wanted, self._now = wanted, now

    def active(self) -> tuple[Alert, ...]:
        """Return the alerts that are not over, the most pressing first, then the newest."""
        found = self._alerts(AlertRow.cleared_at.is_(None))
        return tuple(sorted(found, key=lambda one: (_ORDER[one.shown], -one.raised_at.timestamp())))

    def cleared(self, since: datetime) -> tuple[Alert, ...]:
        """Return the alerts that were over after `since`, the newest first."""
        return tuple(reversed(self._alerts(AlertRow.cleared_at >= since)))

    def between(self, begin: datetime, end: datetime, resource_id: str = "") -> tuple[Alert, ...]:
        """Return the alerts that stood at any time between two moments, oldest first."""
        found = self._alerts(AlertRow.raised_at < end)
        return tuple(
            one
            for one in found
            if (one.cleared_at is None or one.cleared_at > begin)
            and resource_id in ("", one.resource_id)
        )

    def acknowledge(self, alert_id: str, by: str) -> Alert:
        """Note that a person has seen an alert and takes care of it."""
        with self._database.session() as session, session.begin():
            row = session.get(AlertRow, alert_id)
            if row is None:
                raise OpsError(
                    tr("There is no alert {id}.", id=alert_id),
                    hint=tr("`gmops alerts list` shows those there are."),
                )
            if row.acknowledged_at is None:
                row.acknowledged_at, row.acknowledged_by = self._now(), by
            return _alert(row, self._names())

    def follow(self) -> Round:
        """Bring the alerts up to the newest looks, and the tickets up to the alerts.

        What is raised in an announced window is told only if it outlasts that.  Closing a ticket
        is a person's: that an alert is over is noted in it.
        """
        names = self._names()
        raised: list[Alert] = []
        over: list[Alert] = []
        # What is raised is written at the end, in one go, not before the next one's look is read.
        with self._database.session() as session, session.begin(), session.no_autoflush:
            standing, quiet = _standing(session), _announced(session, self._now())
            for seen in db.looks.watched(session, names, self._now() - _FRESH):
                for key, watch in seen.watches.items():
                    alert = standing.get((seen.resource_id, key))
                    if RANK[watch.state]:
                        found = _raise(session, seen, key, alert, seen.resource_id in quiet)
                        if found is not None:
                            raised.append(_alert(found, names))
                    elif watch.state == "ok" and alert is not None:
                        alert.cleared_at = watch.since
                        over.append(_alert(alert, names))
            for (resource_id, _), alert in standing.items():
                if resource_id not in names:  # nobody looks at it any more
                    alert.cleared_at = self._now()
        tickets = self._tell() if self._wanted() else []
        return Round(
            tuple(one for one in raised if not one.quiet), tuple(over), tuple(filter(None, tickets))
        )

    def _tell(self) -> list[Ticket | None]:
        """Write into tickets what is not in them yet: alerts, and that they are over."""
        told: list[Ticket | None] = []
        resources = {one.id: one for one in self._resources()}
        names = self._names()
        with self._database.session() as session:
            waiting = select(AlertRow).where(
                AlertRow.told.is_(False), AlertRow.cleared_at.is_(None), AlertRow.quiet.is_(False)
            )
            fresh = [_alert(row, names) for row in session.scalars(waiting)]
        for alert in fresh:
            if alert.resource_id in resources and alert.key not in TOLD_APART:
                ticket = self._troubles.report(_trouble(alert))
                # Where nothing was new, the ticket tells of it already: a reminder came first.
                self._mark(alert.id, ticket or self._troubles.standing(_key(alert)))
                told.append(ticket)
        known = self._troubles.known()
        since = self._now() - timedelta(days=7)
        standing = self._standing_keys()
        for alert in self.cleared(since):
            key = _key(alert)
            if key in known and (alert.resource_id, alert.key) not in standing:
                at = _stamp(alert.cleared_at or self._now())
                text = tr("{what} is over since {at}.", what=_title(alert), at=at)
                told.append(self._troubles.over(key, text))
        return told

    def _standing_keys(self) -> frozenset[tuple[str, str]]:
        with self._database.session() as session:
            return frozenset(_standing(session))

    def _mark(self, alert_id: str, ticket: Ticket | None) -> None:
        with self._database.session() as session, session.begin():
            row = session.get_one(AlertRow, alert_id)
            row.told = True
            row.ticket = ticket.number if ticket else ""

    def _alerts(self, wanted: ColumnElement[bool]) -> list[Alert]:
        with self._database.session() as session:
            inside = select(AlertRow).where(wanted).order_by(AlertRow.raised_at)
            rows = session.scalars(inside).all()
        names = self._names() if rows else {}
        return [_alert(row, names) for row in rows]

    def _names(self) -> dict[str, str]:
        return {one.id: one.name for one in self._resources()}


_ORDER: Final[dict[State, int]] = {"critical": 0, "warning": 1, "unknown": 2, "ok": 3}


def _standing(session: Session) -> dict[tuple[str, str], AlertRow]:
    rows = session.scalars(select(AlertRow).where(AlertRow.cleared_at.is_(None)))
    return {(row.resource_id, row.key): row for row in rows}


def _raise(
    session: Session, seen: Watched, key: str, alert: AlertRow | None, quiet: bool
) -> AlertRow | None:
    """Open the alert of a finding, or bring it up to date; return it if it is new or worse."""
    watch, text = seen.watches[key], seen.texts.get(key, "")
    since = watch.since or seen.at
    if alert is None:
        evidence = _evidence(session.get_one(LookRow, seen.resource_id))
        alert = AlertRow(
            id=uuid7(), resource_id=seen.resource_id, key=key, state=watch.state, text=text,
            raised_at=since, changed_at=since, acknowledged_by="", ticket="", quiet=quiet,
            told=False, more={"evidence": evidence},
        )  # fmt: skip
        session.add(alert)
        return alert
    worse = RANK[watch.state] > RANK[cast(State, alert.state)]
    if alert.state != watch.state:
        alert.state, alert.changed_at = watch.state, since
        alert.told = alert.told and not worse
    if text:
        alert.text = text
    if alert.quiet and not quiet:
        alert.quiet = False  # it outlasted its window
        return alert
    return alert if worse else None


def _announced(session: Session, now: datetime) -> frozenset[str]:
    """Return of which resources a change was announced to everybody for this very time."""
    changes = session.scalars(
        select(ChangeRow).where(
            ChangeRow.window_from <= now,
            ChangeRow.window_to >= now,
            ChangeRow.closed_at.is_(None),
        )
    )
    return frozenset(row.resource_id for row in changes if _told_all(row))


def _told_all(row: ChangeRow) -> bool:
    """Whether everybody was told of the window that is set, and not of another one."""
    begin, end = row.window_from, row.window_to
    if begin is None or end is None:
        return False
    window = window_of({"window_from": begin.isoformat(), "window_to": end.isoformat()})
    return all(
        row.more.get(f"announced_{one}") and row.more.get(f"announced_{one}_for", window) == window
        for one in AUDIENCES
    )


def _trouble(alert: Alert) -> Trouble:
    return Trouble(
        _key(alert),
        _title(alert),
        alert.text,
        resource_id=alert.resource_id,
        evidence=(tr("Raised at {at}.", at=_stamp(alert.raised_at)), *alert.evidence),
        priority=1 if alert.key == DOWN else _PRIORITIES[alert.state],
        kind="incident",
    )


def _key(alert: Alert) -> str:
    """Return the key of the trouble: that of tickets which earlier versions opened, too."""
    if alert.key == DOWN:
        return f"{DOWN}:{alert.resource_id}"
    return limit_key(alert.key, alert.resource_id)


def _title(alert: Alert) -> str:
    if alert.key == DOWN:
        return tr("{name} does not work", name=alert.resource)
    return tr("{name}: {what}", name=alert.resource, what=alert.text.rstrip(".。"))


def _alert(row: AlertRow, names: dict[str, str]) -> Alert:
    return Alert(
        row.id, row.resource_id, names.get(row.resource_id, ""), row.key, cast(State, row.state),
        row.text, row.raised_at, row.cleared_at, row.quiet, row.acknowledged_at,
        row.acknowledged_by, row.ticket, tuple(row.more.get("evidence", ())),
    )  # fmt: skip


def _evidence(row: LookRow) -> list[str]:
    figures: Iterable[dict[str, str]] = row.data["figures"]
    lines = [f"{one['name']} {one['value']} {one['unit']}".strip() for one in figures]
    return [*lines, *row.data["log"]]


def _stamp(at: datetime) -> str:
    return f"{at.astimezone():%Y-%m-%d %H:%M:%S}"
