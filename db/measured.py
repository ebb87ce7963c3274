"""What the looks measured, read back: samples, roll-ups, and how much of a span was watched.

Hours that are not rolled up yet, the present one among them, are computed from their samples.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.columns import from_milliseconds, to_milliseconds
from db.models import RollupRow, SampleRow, UnrolledRow
from db.sample_rows import Source, Span, names_of, read_rollups, read_samples, rolled
from db.samples import REACH
from gmops_desktop.contract.metrics import LOOK
from gmops_desktop.contract.rollups import DAY, HOUR, Rollup, Sample, combine, day_of, hour_of, roll


def samples(
    session: Session,
    resource_id: str,
    begin: datetime,
    end: datetime,
    metrics: Collection[str] = (),
    source: Source = "own",
) -> list[Sample]:
    """Return the samples that are still kept, in order of time; of `metrics`, or of all."""
    first, last = to_milliseconds(begin), to_milliseconds(end)
    return read_samples(session, resource_id, source, first, last, names_of(session, metrics))


def newest(session: Session, resource_id: str, count: int) -> list[Sample]:
    """Return the newest samples there are, in order of time."""
    mine = (SampleRow.resource_id == resource_id, SampleRow.source == "own")
    times = select(SampleRow.at).where(*mine).order_by(SampleRow.at.desc()).limit(count)
    found = session.scalars(times).all()
    if not found:
        return []
    first, last = to_milliseconds(found[-1]), to_milliseconds(found[0])
    return read_samples(session, resource_id, "own", first, last + 1, names_of(session))


def last_of(session: Session, resource_id: str, source: Source) -> datetime | None:
    """Return up to when a source has told of a resource; to the hour, where long ago."""
    mine = (SampleRow.resource_id == resource_id, SampleRow.source == source)
    raw = session.scalar(select(func.max(SampleRow.at)).where(*mine))
    if raw is not None:
        return raw
    rolled_up = (RollupRow.resource_id == resource_id, RollupRow.source == source,
                 RollupRow.span == "hour")  # fmt: skip
    begin = session.scalar(select(func.max(RollupRow.begin)).where(*rolled_up))
    return None if begin is None else begin + timedelta(milliseconds=HOUR)


def rollups(
    session: Session,
    resource_id: str,
    span: Span,
    begin: datetime,
    end: datetime,
    metrics: Collection[str] = (),
    source: Source = "own",
) -> list[tuple[int, dict[str, Rollup]]]:
    """Return the roll-ups of the spans that touch `begin` to `end`, in order of time."""
    names = names_of(session, metrics)
    first, last = to_milliseconds(begin), to_milliseconds(end)
    first = hour_of(first) if span == "hour" else day_of(first)
    found = read_rollups(session, resource_id, source, span, first, last, names)
    fresh = _unrolled(session, resource_id, source, first, last, names)
    if span == "hour":
        found |= fresh
    else:
        for day in {day_of(hour) for hour in fresh}:
            hours = read_rollups(session, resource_id, source, "hour", day, day + DAY, names)
            hours |= {hour: one for hour, one in fresh.items() if day_of(hour) == day}
            found[day] = combine(one for _, one in sorted(hours.items()))
    return sorted((begin, one) for begin, one in found.items() if one)


def watched(
    session: Session, resource_id: str, begin: datetime, end: datetime
) -> tuple[int, timedelta]:
    """Return how many looks were taken in the hours a span touches, and how long they speak for."""
    first, last = hour_of(to_milliseconds(begin)), to_milliseconds(end)
    fresh = _unrolled(session, resource_id, "own", first, last, names_of(session, (LOOK,)))

    def told(span: Span, start: int, stop: int) -> Iterator[tuple[int, int, int]]:
        """Return when roll-ups begin, and their looks and time."""
        columns = select(RollupRow.begin, RollupRow.looks, RollupRow.watched)
        rows = session.execute(columns.where(*rolled(resource_id, "own", span, start, stop)))
        return ((to_milliseconds(at), count, length) for at, count, length in rows)

    broken = {day_of(hour) for hour in fresh}  # days whose roll-up is no longer right
    days = range(day_of(first + DAY - 1), day_of(last), DAY)
    if not days:
        found = list(told("hour", first, last))
    else:
        found = [*told("hour", first, days[0]), *told("hour", days[-1] + DAY, last)]
        found += [one for one in told("day", days[0], days[-1] + DAY) if one[0] not in broken]
        if inside := broken.intersection(days):
            hours = told("hour", min(inside), max(inside) + DAY)
            found += [one for one in hours if day_of(one[0]) in inside]
    kept = [one for one in found if one[0] not in fresh]
    computed = [one[LOOK] for one in fresh.values() if LOOK in one]
    looks = sum(count for _, count, _ in kept) + sum(one.count for one in computed)
    covered = sum(length for *_, length in kept) + sum(one.covered for one in computed)
    return looks, timedelta(milliseconds=covered)


def first_look(session: Session, resource_id: str) -> datetime | None:
    """Return when something was looked at for the first time; to the hour, where long ago."""
    begin = session.scalar(
        select(func.min(RollupRow.begin)).where(
            RollupRow.resource_id == resource_id,
            RollupRow.source == "own",
            RollupRow.span == "hour",
            RollupRow.looks > 0,
            RollupRow.final.is_(True),
        )
    )
    if begin is not None:
        return begin
    mine = (SampleRow.resource_id == resource_id, SampleRow.source == "own")
    return session.scalar(select(func.min(SampleRow.at)).where(*mine))


def newest_look(session: Session, resource_id: str, before: datetime) -> datetime | None:
    """Return when something was last looked at before a moment; to the hour, where long ago."""
    mine = (SampleRow.resource_id == resource_id, SampleRow.source == "own")
    raw = session.scalar(select(func.max(SampleRow.at)).where(*mine, SampleRow.at < before))
    if raw is not None:
        return raw
    return session.scalar(
        select(func.max(RollupRow.begin)).where(
            RollupRow.resource_id == resource_id,
            RollupRow.source == "own",
            RollupRow.span == "hour",
            RollupRow.begin < before,
            RollupRow.looks > 0,
        )
    )


def _unrolled(
    session: Session,
    resource_id: str,
    source: Source,
    first: int,
    last: int,
    names: Mapping[int, str],
) -> dict[int, dict[str, Rollup]]:
    """Compute the hours that are noted as not rolled up, by when they begin."""
    noted = session.scalars(
        select(UnrolledRow.hour).where(
            UnrolledRow.resource_id == resource_id,
            UnrolledRow.source == source,
            UnrolledRow.hour >= from_milliseconds(first),
            UnrolledRow.hour < from_milliseconds(last),
        )
    )
    hours = {to_milliseconds(one) for one in noted}
    if not hours:
        return {}
    low, high = min(hours), max(hours) + HOUR
    final = select(RollupRow.begin).where(
        *rolled(resource_id, source, "hour", low, high), RollupRow.final.is_(True)
    )
    hours -= {to_milliseconds(one) for one in session.scalars(final)}
    taken = read_samples(session, resource_id, source, low - REACH, high, names)
    found, place = {}, 0
    for hour in sorted(hours):
        while place < len(taken) and taken[place].at < hour - REACH:
            place += 1
        stop = place
        while stop < len(taken) and taken[stop].at < hour + HOUR:
            stop += 1
        found[hour] = roll(taken[place:stop], hour, hour + HOUR)
    return found
