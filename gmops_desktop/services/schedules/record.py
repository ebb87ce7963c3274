"""The plans and the runs of the schedule: rows of the store, as records that may leave it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, cast

from sqlalchemy import delete, select

from db.engine import Database
from db.ids import uuid7
from db.models import ScheduleRow, ScheduleRunRow
from gmops_desktop.contract.schedules import Outcome, Plan, Run
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

KEPT: Final = timedelta(days=400)  # so long runs are remembered: a contract year and its report


@dataclass(frozen=True, slots=True)
class Kept:
    """A plan as it lies in the store, and since when."""

    plan: Plan
    since: datetime


class Record:
    """Reads and writes what the schedule needs to know."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, resource_id: str, name: str) -> Kept | None:
        """Return the plan of what is called `name`; `OpsError` where it cannot be read."""
        with self._database.session() as session:
            row = session.get(ScheduleRow, resource_id)
            if row is None:
                return None
            try:
                return Kept(Plan.from_dict(row.data), row.at)
            except (ValueError, TypeError) as error:
                raise OpsError(
                    tr("The backup schedule of {name} cannot be read: {why}.",
                       name=name, why=error),
                    hint=tr("Set it anew under “Schedule and retention”, or with "
                            "`gmops schedule set`."),
                    unharmed=tr("The archives and the other schedules are not touched."),
                ) from error  # fmt: skip

    def save(self, resource_id: str, plan: Plan, now: datetime) -> None:
        """Write the plan; one that only changes what is kept or how politely keeps its begin."""
        with self._database.session() as session, session.begin():
            row = session.get(ScheduleRow, resource_id)
            if row is None:
                row = ScheduleRow(resource_id=resource_id, at=now, data={})
                session.add(row)
            timing = ("enabled", "times", "every_hours", "weekdays")
            wanted = plan.to_dict()
            before = row.data if isinstance(row.data, dict) else {}
            if any(before.get(name) != wanted[name] for name in timing):
                row.at = now
            row.data = wanted

    def forget(self, resource_id: str) -> None:
        """Strike out the plan; what came of it stays."""
        with self._database.session() as session, session.begin():
            session.execute(delete(ScheduleRow).where(ScheduleRow.resource_id == resource_id))

    # ------------------------------------------------------------ runs

    def runs(self, resource_id: str, limit: int = 200) -> tuple[Run, ...]:
        """Return the newest runs, newest first."""
        wanted = (
            select(ScheduleRunRow)
            .where(ScheduleRunRow.resource_id == resource_id)
            .order_by(ScheduleRunRow.at.desc(), ScheduleRunRow.id.desc())
            .limit(limit)
        )
        with self._database.session() as session:
            return tuple(_run(row) for row in session.scalars(wanted))

    def enter(
        self,
        resource_id: str,
        due: datetime,
        outcome: Outcome,
        now: datetime,
        reason: str = "",
        *,
        unattended: bool,
    ) -> Run:
        """Enter a run that begins, or what was decided about it."""
        ended = None if outcome == "running" else now
        row = ScheduleRunRow(
            id=uuid7(), resource_id=resource_id, due=due, at=now, ended=ended, outcome=outcome,
            reason=reason, archive_id="", more={"unattended": unattended},
        )  # fmt: skip
        with self._database.session() as session, session.begin():
            session.execute(delete(ScheduleRunRow).where(ScheduleRunRow.at < now - KEPT))
            session.add(row)
        return _run(row)

    def end(
        self,
        run_id: str,
        outcome: Outcome,
        now: datetime,
        reason: str = "",
        *,
        archive_id: str = "",
        hopeless: bool = False,
    ) -> Run:
        """Enter how a run ended."""
        with self._database.session() as session, session.begin():
            row = session.get_one(ScheduleRunRow, run_id)
            row.outcome, row.ended, row.reason, row.archive_id = outcome, now, reason, archive_id
            row.more = {**row.more, "hopeless": hopeless}
            return _run(row)

    def drop(self, run_id: str) -> None:
        """Strike out a run that did not begin."""
        with self._database.session() as session, session.begin():
            session.execute(delete(ScheduleRunRow).where(ScheduleRunRow.id == run_id))


def _run(row: ScheduleRunRow) -> Run:
    return Run(
        row.id,
        row.resource_id,
        row.due,
        row.at,
        row.ended,
        cast(Outcome, row.outcome),
        row.reason,
        row.archive_id,
        bool(row.more.get("hopeless")),
        bool(row.more.get("unattended")),
    )
