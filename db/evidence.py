"""What the store can prove: backups, restores, looks and tickets, counted for the contract."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import BigInteger, func, select, type_coerce
from sqlalchemy.orm import Session

from db.columns import to_milliseconds
from db.models import (
    ArchiveRow,
    ChangeRow,
    DrillRow,
    ReportRow,
    ResourceRow,
    RestoreRow,
    SampleRow,
    TicketRow,
)
from gmops_desktop.contract.obligations import Stream
from gmops_desktop.contract.terms import ZONE, month_of, next_month

LOOK: Final = "look"  # the metric written once with every look at a resource
LOOK_EVERY: Final = timedelta(minutes=5)  # a stretch this long is watched if we looked in it

_LOOKS: Final[dict[str, Stream]] = {
    "host": "host_looks",
    "website": "website_looks",
    "account": "account_looks",
}
_TICKETS: Final[dict[str, Stream]] = {
    "incident": "incidents",
    "problem": "incidents",
    "question": "questions",
    "requirement": "requirements",
    "training": "trainings",
}


def recovery_point(session: Session) -> datetime | None:
    """Return when the newest verified backup was taken: of the worst database we look after.

    None where one of them has none, or no database was ever backed up and verified.
    """
    proved = select(func.max(ArchiveRow.at)).where(
        ArchiveRow.verified.is_(True), ArchiveRow.purpose == "backup"
    )
    databases = _resources(session, "mysql")
    if databases:
        newest = [session.scalar(proved.where(ArchiveRow.resource_id == one)) for one in databases]
    else:
        newest = [session.scalar(proved)]
    known = [at for at in newest if at is not None]
    return min(known) if len(known) == len(newest) else None


@dataclass(frozen=True, slots=True)
class ProvedRestore:
    """When a schema was restored and proved, over itself or in a drill, and how long that took."""

    at: datetime
    seconds: float
    schema: str


def newest_restore(session: Session) -> ProvedRestore | None:
    """Return the newest proved restore or drill; taking a restore back does not count as one."""
    wanted = select(RestoreRow).where(
        RestoreRow.proved.is_(True), RestoreRow.undoes == "", RestoreRow.schema != ""
    )
    restore = session.scalar(wanted.order_by(RestoreRow.at.desc()).limit(1))
    passed = select(DrillRow).where(DrillRow.outcome == "proved")
    drill = session.scalar(passed.order_by(DrillRow.at.desc()).limit(1))
    found = []
    if restore is not None:
        found.append(ProvedRestore(restore.at, restore.seconds, restore.schema))
    if drill is not None:
        phases = drill.data["phases"]
        seconds = sum(phase["seconds"] for phase in phases if phase["counts"])
        found.append(ProvedRestore(drill.at, seconds, drill.data["schema"]))
    return max(found, key=lambda one: one.at, default=None)


def person_days(session: Session) -> Decimal:
    """Return the person-days booked on all tickets."""
    booked = session.scalars(
        select(TicketRow.person_days).where(TicketRow.person_days.is_not(None))
    )
    return sum((days for days in booked if days is not None), Decimal(0))


def coverage(session: Session, now: datetime) -> float | None:
    """Return the share of this month in which we looked, over all that is looked after; or None.

    The month counts from the first look ever, in stretches of five minutes.  None where one of the
    resources was never looked at.
    """
    stretch = LOOK_EVERY // timedelta(milliseconds=1)
    end = to_milliseconds(now) // stretch
    watched = total = 0
    for resource in _resources(session, "host", "mysql", "website"):
        looks = select(SampleRow.at).where(
            SampleRow.resource_id == resource, SampleRow.metric == LOOK, SampleRow.at <= now
        )
        first = session.scalar(looks.order_by(SampleRow.at).limit(1))
        if first is None:
            return None
        begin = max(_first_moment(month_of(now)), first)
        inside = looks.where(SampleRow.at >= begin).with_only_columns(
            func.count(func.distinct(type_coerce(SampleRow.at, BigInteger) // stretch))
        )
        watched += session.scalar(inside) or 0
        total += end - to_milliseconds(begin) // stretch + 1
    return watched / total if total else None


def by_month(session: Session, months: Sequence[date]) -> Counter[tuple[Stream, date]]:
    """Count every stream of evidence in each of the (consecutive) months, by their first days."""
    counts: Counter[tuple[Stream, date]] = Counter()
    if not months:
        return counts
    begin, end = _first_moment(months[0]), _first_moment(next_month(months[-1]))

    def between(column: Any) -> Any:
        return select(column).where(column >= begin, column < end)

    def count(stream: Stream, wanted: Any) -> None:
        times: Iterable[datetime] = session.scalars(wanted)
        counts.update((stream, month_of(at)) for at in times)

    of_databases = ArchiveRow.purpose.in_(("backup", "safety"))
    count("backups", between(ArchiveRow.at).where(ArchiveRow.verified.is_(True), of_databases))
    proved = between(RestoreRow.at).where(RestoreRow.proved.is_(True), RestoreRow.undoes == "")
    count("restores", proved)
    count("restores", between(DrillRow.at).where(DrillRow.outcome == "proved"))
    count("patches", between(ChangeRow.applied_at))
    for kind, stream in _TICKETS.items():
        taken = TicketRow.state.not_in(("declined", "withdrawn"))
        count(stream, between(TicketRow.opened_at).where(TicketRow.kind == kind, taken))
    periods = {f"{month:%Y-%m}": month for month in months}
    for period in session.scalars(select(ReportRow.period).where(ReportRow.period.in_(periods))):
        counts["reports", periods[period]] += 1
    for kind, stream in _LOOKS.items():
        for resource in _resources(session, kind, removed=True):
            for month in months:
                counts[stream, month] += _looks_in(session, resource, month)
    return counts


def _looks_in(session: Session, resource: str, month: date) -> int:
    wanted = select(func.count()).select_from(SampleRow)
    wanted = wanted.where(SampleRow.resource_id == resource, SampleRow.metric == LOOK)
    wanted = wanted.where(SampleRow.at >= _first_moment(month))
    return session.scalar(wanted.where(SampleRow.at < _first_moment(next_month(month)))) or 0


def _resources(session: Session, *kinds: str, removed: bool = False) -> Sequence[str]:
    wanted = select(ResourceRow.id).where(ResourceRow.kind.in_(kinds))
    if not removed:
        wanted = wanted.where(ResourceRow.removed.is_(False))
    return session.scalars(wanted.order_by(ResourceRow.id)).all()


def _first_moment(month: date) -> datetime:
    """Return when a month begins where the contract is kept."""
    return datetime(month.year, month.month, 1, tzinfo=ZONE).astimezone(UTC)
