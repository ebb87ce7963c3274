"""What the looks measured, read back: samples, roll-ups, and how much of a span was watched.

Hours that are not rolled up yet, the present one among them, are computed from their samples.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.columns import from_milliseconds, to_milliseconds
from db.models import RollupRow, SampleRow, UnrolledRow
from db.sample_rows import Source, Span, names_of, read_many, read_rollups, read_samples
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


def samples_of(
    session: Session, resources: Collection[str], begin: datetime, end: datetime
) -> dict[str, list[Sample]]:
    """Return the samples of many resources by their id; those without one are not there."""
    first, last = to_milliseconds(begin), to_milliseconds(end)
    return read_many(session, resources, "own", first, last, names_of(session))


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
    fresh = _unrolled(session, (resource_id,), source, first, last, names).get(resource_id, {})
    if span == "hour":
        found |= fresh
    else:
        for day in {day_of(hour) for hour in fresh}:
            hours = read_rollups(session, resource_id, source, "hour", day, day + DAY, names)
            hours |= {hour: one for hour, one in fresh.items() if day_of(hour) == day}
            found[day] = combine(one for _, one in sorted(hours.items()))
    return sorted((begin, one) for begin, one in found.items() if one)


def watched(
    session: Session, resources: Collection[str], begin: datetime, end: datetime
) -> dict[tuple[str, int], tuple[int, int]]:
    """Return how many looks were taken at each resource on each day that a span touches, and for
    how many milliseconds they speak.  A day is the contract's, known by when it begins."""
    first, last = day_of(to_milliseconds(begin)), to_milliseconds(end)
    fresh = _unrolled(session, resources, "own", first, last, names_of(session, (LOOK,)))

    def told(span: Span, start: int, stop: int) -> dict[tuple[str, int], tuple[int, int]]:
        rows = session.execute(
            select(RollupRow.resource_id, RollupRow.begin, RollupRow.looks, RollupRow.watched)
            .where(RollupRow.resource_id.in_(resources), RollupRow.source == "own")
            .where(RollupRow.span == span, RollupRow.begin >= from_milliseconds(start))
            .where(RollupRow.begin < from_milliseconds(stop))
        )
        return {(id, to_milliseconds(at)): (looks, length) for id, at, looks, length in rows}

    days = told("day", first, last)
    # Days with an hour that is not rolled up yet are added up from their hours.
    broken = {(id, day_of(hour)) for id, hours in fresh.items() for hour in hours}
    if broken:
        for key in broken:
            days[key] = (0, 0)
        touched = [day for _, day in broken]
        hours = told("hour", min(touched), max(touched) + DAY)
        for id, found in fresh.items():
            looks = ((hour, one.get(LOOK)) for hour, one in found.items())
            hours |= {(id, at): (one.count, one.covered) if one else (0, 0) for at, one in looks}
        for (id, hour), (count, length) in hours.items():
            if (key := (id, day_of(hour))) in broken:
                days[key] = (days[key][0] + count, days[key][1] + length)
    return days


def first_looks(session: Session, resources: Collection[str]) -> dict[str, datetime]:
    """Return when each resource was looked at for the first time; to the hour, where long ago."""
    young = (
        select(SampleRow.resource_id, func.min(SampleRow.at))
        .where(SampleRow.resource_id.in_(resources), SampleRow.source == "own")
        .group_by(SampleRow.resource_id)
    )
    old = (
        select(RollupRow.resource_id, func.min(RollupRow.begin))
        .where(RollupRow.resource_id.in_(resources), RollupRow.source == "own")
        .where(RollupRow.span == "hour", RollupRow.looks > 0, RollupRow.final.is_(True))
        .group_by(RollupRow.resource_id)
    )
    return {id: at for query in (young, old) for id, at in session.execute(query)}


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
    resources: Collection[str],
    source: Source,
    first: int,
    last: int,
    names: Mapping[int, str],
) -> dict[str, dict[int, dict[str, Rollup]]]:
    """Compute the hours that are noted as not rolled up, by resource and by when they begin."""
    noted = session.execute(
        select(UnrolledRow.resource_id, UnrolledRow.hour).where(
            UnrolledRow.resource_id.in_(resources),
            UnrolledRow.source == source,
            UnrolledRow.hour >= from_milliseconds(first),
            UnrolledRow.hour < from_milliseconds(last),
        )
    )
    hours = {(id, to_milliseconds(hour)) for id, hour in noted}
    if not hours:
        return {}
    times = [hour for _, hour in hours]
    low, high = min(times), max(times) + HOUR
    final = select(RollupRow.resource_id, RollupRow.begin).where(
        RollupRow.resource_id.in_(resources),
        RollupRow.source == source,
        RollupRow.span == "hour",
        RollupRow.begin >= from_milliseconds(low),
        RollupRow.begin < from_milliseconds(high),
        RollupRow.final.is_(True),
    )
    hours -= {(id, to_milliseconds(at)) for id, at in session.execute(final)}
    ids = {id for id, _ in hours}
    taken = read_many(session, ids, source, low - REACH, high, names)
    found: dict[str, dict[int, dict[str, Rollup]]] = {id: {} for id in ids}
    for id in ids:
        samples, place = taken.get(id, []), 0
        for hour in sorted(hour for one, hour in hours if one == id):
            while place < len(samples) and samples[place].at < hour - REACH:
                place += 1
            stop = place
            while stop < len(samples) and samples[stop].at < hour + HOUR:
                stop += 1
            found[id][hour] = roll(samples[place:stop], hour, hour + HOUR)
    return found
