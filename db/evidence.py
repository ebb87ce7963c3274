"""What the store can prove: backups, restores, looks and tickets, counted for the contract."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db import measured
from db.columns import from_milliseconds
from db.models import (
    ArchiveRow,
    ChangeRow,
    DrillRow,
    ReportRow,
    ResourceRow,
    RestoreRow,
    TicketRow,
)
from db.scope import EVERYTHING, Scope, moments
from gmops_desktop.contract.obligations import Piece, Stream
from gmops_desktop.contract.terms import ZONE, month_of, months_between
from gmops_desktop.contract.tickets import ENDED
from gmops_desktop.language import mark, tr

_LOOKS: Final[dict[Stream, str]] = {
    "host_looks": "host",
    "website_looks": "website",
    "account_looks": "account",
}
_ARCHIVES: Final[dict[Stream, tuple[str, ...]]] = {
    "backups": ("backup", "safety"),
    "file_backups": ("files",),
    "account_backups": ("account",),
}
_TICKETS: Final[dict[Stream, tuple[str, ...]]] = {
    "incidents": ("incident", "problem"),
    "questions": ("question",),
    "requirements": ("requirement",),
    "trainings": ("training",),
    "visits": ("visit",),
}
# What a ticket of these kinds lacks while its work stands only in the ticket.
_UNSETTLED: Final[dict[Stream, str]] = {
    "questions": mark("not answered yet"),
    "requirements": mark("not evaluated"),
    "trainings": mark("no sign-in sheet"),
    "visits": mark("no service form"),
}


def recovery_point(session: Session, scope: Scope = EVERYTHING) -> datetime | None:
    """Return when the newest verified backup was taken: of the worst database we look after.

    None where one of them has none, or no database was ever backed up and verified.
    """
    proved = select(func.max(ArchiveRow.at)).where(
        ArchiveRow.verified.is_(True),
        ArchiveRow.purpose == "backup",
        scope.of(ArchiveRow.resource_id),
    )
    databases = _resources(session, scope, "mysql")
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


def newest_restore(session: Session, scope: Scope = EVERYTHING) -> ProvedRestore | None:
    """Return the newest proved restore or drill; taking a restore back does not count as one."""
    wanted = select(RestoreRow).where(
        RestoreRow.proved.is_(True),
        RestoreRow.undoes == "",
        RestoreRow.schema != "",
        scope.of(RestoreRow.resource_id),
    )
    restore = session.scalar(wanted.order_by(RestoreRow.at.desc()).limit(1))
    passed = select(DrillRow).where(DrillRow.outcome == "proved", scope.of(DrillRow.resource_id))
    drill = session.scalar(passed.order_by(DrillRow.at.desc()).limit(1))
    found = []
    if restore is not None:
        found.append(ProvedRestore(restore.at, restore.seconds, restore.schema))
    if drill is not None:
        phases = drill.data["phases"]
        seconds = sum(phase["seconds"] for phase in phases if phase["counts"])
        found.append(ProvedRestore(drill.at, seconds, drill.data["schema"]))
    return max(found, key=lambda one: one.at, default=None)


def coverage(session: Session, now: datetime, scope: Scope = EVERYTHING) -> float | None:
    """Return the share of this month in which we looked, over all that is looked after; or None.

    The month counts from the first look ever; a look speaks for the time until the next one, but
    for no longer than `contract.rollups` lets it.  None where one was never looked at.
    """
    resources = _resources(session, scope, "host", "mysql", "website")
    month = _first_moment(month_of(now))
    firsts = measured.first_looks(session, resources)
    if len(firsts) < len(resources):
        return None
    covered: Counter[str] = Counter()
    for (resource, _), (_, spoken) in measured.watched(session, resources, month, now).items():
        covered[resource] += spoken
    watched = total = timedelta()
    for resource, first in firsts.items():
        length = now - min(now, max(month, first))
        watched += min(timedelta(milliseconds=covered[resource]), length)
        total += length
    return watched / total if total else None


@dataclass(frozen=True, slots=True)
class Counted:
    """How much evidence each stream has in each month, and how much of it lacks its paper."""

    there: Counter[tuple[Stream, date]]
    lacking: Counter[tuple[Stream, date]]


def by_month(
    session: Session,
    first: date,
    last: date,
    scope: Scope = EVERYTHING,
    linked: frozenset[str] = frozenset(),
) -> Counted:
    """Count every stream of evidence from one day to another (both included), by the first day of
    each month; a report counts for the month it is of.

    `linked` are the numbers of tickets whose work stands in a register: they count there.
    """
    counted = Counted(Counter(), Counter())
    begin, end = moments(first, last)
    months = tuple(months_between(first, last))
    for stream, wanted in _times(scope).items():
        for column, query in wanted:
            found: Iterable[datetime] = session.scalars(
                query.with_only_columns(column).where(column >= begin, column < end)
            )
            counted.there.update((stream, month_of(at)) for at in found)
    # One pass over the tickets for all streams: each would read the whole table again.
    streams = {kind: stream for stream, kinds in _TICKETS.items() for kind in kinds}
    row = TicketRow
    query = _tickets(scope, *streams).with_only_columns(
        row.kind, row.opened_at, row.number, row.state, row.more
    )
    between = query.where(row.opened_at >= begin, row.opened_at < end)
    for kind, at, number, state, more in session.execute(between):
        if number not in linked:
            stream = streams[kind]
            counted.there[stream, month_of(at)] += 1
            if _lack(stream, state, more):
                counted.lacking[stream, month_of(at)] += 1
    periods = {f"{month:%Y-%m}": month for month in months}
    made = select(ReportRow.period, ReportRow.more).where(ReportRow.period.in_(periods))
    for period, more in session.execute(made):
        if scope.has(str(more.get("contract_id") or "")):
            counted.there["reports", periods[period]] += 1
    for stream, kind in _LOOKS.items():
        resources = _resources(session, scope, kind, removed=True)
        for (_, day), (looks, _) in measured.watched(session, resources, begin, end).items():
            counted.there[stream, month_of(from_milliseconds(day))] += looks
    return counted


def pieces(
    session: Session,
    stream: Stream,
    first: date,
    last: date,
    scope: Scope = EVERYTHING,
    linked: frozenset[str] = frozenset(),
) -> list[Piece]:
    """Return the evidence of one stream from one day to another of a month, piece by piece, the
    oldest first."""
    begin, end = moments(first, last)

    def between(column: Any, query: Any) -> Any:
        return session.scalars(query.where(column >= begin, column < end).order_by(column))

    found: list[Piece] = []
    if stream in _LOOKS:
        resources = _resources(session, scope, _LOOKS[stream], removed=True)
        counts: Counter[str] = Counter()
        for (resource, _), (looks, _) in measured.watched(session, resources, begin, end).items():
            counts[resource] += looks
        for row in session.scalars(select(ResourceRow).where(ResourceRow.id.in_(resources))):
            if count := counts[row.id]:
                at = measured.newest_look(session, row.id, end) or begin
                found.append(Piece(at, row.name, "status", row.id, count))
    elif stream in _TICKETS:
        for row in between(TicketRow.opened_at, _tickets(scope, *_TICKETS[stream])):
            if row.number not in linked:
                lack = _lack(stream, row.state, row.more)
                title = f"{row.number} {row.title}"
                found.append(Piece(row.opened_at, title, "tickets", row.number, lack=lack))
    elif stream == "reports":
        wanted = select(ReportRow).where(ReportRow.period == f"{first:%Y-%m}")
        for report in session.scalars(wanted.order_by(ReportRow.made_at)):
            if scope.has(str(report.more.get("contract_id") or "")):
                at = report.made_at or report.created_at
                found.append(Piece(at, report.number, "reports", report.number))
    else:
        for column, query in _times(scope).get(stream, ()):
            found += [_piece(row) for row in between(column, query)]
    return sorted(found, key=lambda piece: piece.at)


# ---------------------------------------------------------------- inside


def _times(scope: Scope) -> Mapping[Stream, Sequence[tuple[Any, Any]]]:
    """Return the queries whose rows are evidence, each with the column of its time."""
    archives = select(ArchiveRow).where(
        ArchiveRow.verified.is_(True), scope.of(ArchiveRow.resource_id)
    )
    restores = select(RestoreRow).where(
        RestoreRow.proved.is_(True), RestoreRow.undoes == "", scope.of(RestoreRow.resource_id)
    )
    drills = select(DrillRow).where(DrillRow.outcome == "proved", scope.of(DrillRow.resource_id))
    applied = select(ChangeRow).where(scope.of(ChangeRow.resource_id))
    found: dict[Stream, list[tuple[Any, Any]]] = {
        stream: [(ArchiveRow.at, archives.where(ArchiveRow.purpose.in_(purposes)))]
        for stream, purposes in _ARCHIVES.items()
    }
    found["restores"] = [(RestoreRow.at, restores), (DrillRow.at, drills)]
    found["patches"] = [(ChangeRow.applied_at, applied)]
    return found


def _tickets(scope: Scope, *kinds: str) -> Any:
    taken = TicketRow.state.not_in(("declined", "withdrawn", "merged"))
    return select(TicketRow).where(TicketRow.kind.in_(kinds), taken, scope.of_tickets())


def _lack(stream: Stream, state: str, more: Mapping[str, Any]) -> str:
    """Return what a ticket lacks as evidence, or nothing."""
    if stream not in _UNSETTLED:
        return ""
    if stream == "questions":
        settled = state in ENDED or state == "awaiting_confirmation"
    elif stream == "requirements":
        settled = more.get("assessed_days") is not None or state == "registered"
    else:
        settled = False
    return "" if settled else tr(_UNSETTLED[stream])


_NAMES: Final[dict[type, Callable[[Any], tuple[str, str, str]]]] = {
    ArchiveRow: lambda row: (row.path.replace("\\", "/").rpartition("/")[2], "backups", row.id),
    RestoreRow: lambda row: (row.schema or row.target, "backups", row.archive_id),
    DrillRow: lambda row: (row.data.get("schema", ""), "backups", row.archive_id),
    ChangeRow: lambda row: (f"{row.number} {row.title}", "patches", row.number),
}


def _piece(row: Any) -> Piece:
    title, page, identity = _NAMES[type(row)](row)
    if isinstance(row, RestoreRow):
        title = tr("Restore of {schema}", schema=title)
    elif isinstance(row, DrillRow):
        title = tr("Drill of {schema}", schema=title)
    return Piece(getattr(row, "at", None) or row.applied_at, title, page, identity)


def _resources(session: Session, scope: Scope, *kinds: str, removed: bool = False) -> Sequence[str]:
    wanted = select(ResourceRow.id).where(ResourceRow.kind.in_(kinds))
    if not scope.whole:
        wanted = wanted.where(ResourceRow.id.in_(scope.resources))
    if not removed:
        wanted = wanted.where(ResourceRow.removed.is_(False))
    return session.scalars(wanted.order_by(ResourceRow.id)).all()


def _first_moment(month: date) -> datetime:
    """Return when a month begins where the contract is kept."""
    return datetime(month.year, month.month, 1, tzinfo=ZONE).astimezone(UTC)
