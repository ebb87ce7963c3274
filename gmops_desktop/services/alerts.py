"""Lets what the looks at the servers find open tickets by itself: what is down, or past a limit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import measured
from db.columns import from_milliseconds
from db.engine import Database
from db.journal import utc_now
from db.models import LookRow
from gmops_desktop.addresses import Resource
from gmops_desktop.contract.metrics import UP
from gmops_desktop.contract.tickets import Ticket
from gmops_desktop.contract.troubles import Trouble, TroubleBook
from gmops_desktop.language import tr

_TIMES: Final = 3  # looks in a row that found it down: one may be the line's fault
_FRESH: Final = timedelta(minutes=30)  # an older look says nothing about now


class Alerts:
    """Follows the newest looks, where that is `wanted`; `resources` are the things looked after."""

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
        self._open: frozenset[str] = frozenset()  # the troubles known as this round begins

    def follow(self) -> tuple[Ticket, ...]:
        """See to it that what is down or critical has its ticket, and note what is well again.

        Down is what three looks in a row found down; limits have their own time, kept by the looks.
        Returns the tickets opened or added to.
        """
        if not self._wanted():
            return ()
        known = {resource.id: resource for resource in self._resources()}
        told: list[Ticket | None] = []
        self._open = self._troubles.known()
        with self._database.session() as session:
            rows = list(session.scalars(select(LookRow).where(LookRow.resource_id.in_(known))))
            ups = {row.resource_id: _newest_ups(session, row.resource_id) for row in rows}
        for row in rows:
            if self._now() - row.at <= _FRESH:
                told += self._judge(known[row.resource_id], row, ups[row.resource_id])
        return tuple(ticket for ticket in told if ticket)

    def _judge(
        self, resource: Resource, row: LookRow, ups: Sequence[tuple[datetime, float | None]]
    ) -> list[Ticket | None]:
        key = f"down:{resource.id}"
        told: list[Ticket | None] = []
        if len(ups) == _TIMES and all(value == 0.0 for _, value in ups):
            told.append(self._troubles.report(self._down(key, resource, row, ups)))
        elif key in self._open and ups and ups[0][1] == 1.0:
            told.append(
                self._troubles.over(key, tr("{name} works again: seen at {at}.",
                                            name=resource.name, at=_stamp(ups[0][0])))
            )  # fmt: skip
        for figure in row.data["figures"]:
            if figure["metric"]:
                told.append(self._judge_figure(resource, row, figure))
        return told

    def _judge_figure(
        self, resource: Resource, row: LookRow, figure: dict[str, str]
    ) -> Ticket | None:
        key = f"limit.{figure['metric']}:{resource.id}"
        value = f"{figure['name']} {figure['value']} {figure['unit']}".strip()
        if figure["state"] == "critical":
            return self._troubles.report(
                Trouble(
                    key,
                    tr("{name}: {what} past its limit", name=resource.name, what=figure["name"]),
                    tr("{value} is past its limit, seen at {at}.", value=value, at=_stamp(row.at)),
                    resource_id=resource.id,
                    evidence=_evidence(row),
                    kind="incident",
                )
            )
        if key in self._open and figure["state"] == "ok":
            text = tr("{value} is in order again, seen at {at}.", value=value, at=_stamp(row.at))
            return self._troubles.over(key, text)
        return None

    @staticmethod
    def _down(
        key: str, resource: Resource, row: LookRow, ups: Sequence[tuple[datetime, float | None]]
    ) -> Trouble:
        times = tuple(tr("Not working at {at}.", at=_stamp(at)) for at, _ in reversed(ups))
        return Trouble(
            key,
            tr("{name} does not work", name=resource.name),
            row.reason,
            resource_id=resource.id,
            evidence=(*times, *_evidence(row)),
            priority=1,
            kind="incident",
        )


def _newest_ups(session: Session, resource_id: str) -> list[tuple[datetime, float | None]]:
    """Return the newest looks, newest first: 1 it worked, 0 it was down, None nobody knows."""
    seen = measured.newest(session, resource_id, _TIMES)
    return [(from_milliseconds(one.at), one.values.get(UP)) for one in reversed(seen)]


def _evidence(row: LookRow) -> tuple[str, ...]:
    figures = (f"{one['name']} {one['value']} {one['unit']}".strip() for one in row.data["figures"])
    return (*figures, *row.data["log"])


def _stamp(at: datetime) -> str:
    return f"{at.astimezone():%Y-%m-%d %H:%M:%S}"
