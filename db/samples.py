"""Keeps what the looks measured: raw while it is young, as roll-ups per hour and day for good.

Each look notes its hour as not rolled up yet, in its own transaction.  `roll_up` computes such an
hour anew from all its samples, with it its day, and takes the note away, again in one transaction:
a program killed in between, two programs, a late or a doubled sample leave the same figures behind.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, cast

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from db.columns import from_milliseconds, to_milliseconds
from db.models import RollupRow, SampleRow, UnrolledRow
from db.sample_rows import (
    Source,
    Span,
    names_of,
    pack_many,
    pack_rollups,
    pack_values,
    read_rollups,
    read_samples,
    rolled,
)
from gmops_desktop.contract.metrics import LOOK
from gmops_desktop.contract.rollups import (
    DAY,
    HOUR,
    PATIENCE,
    Rollup,
    combine,
    day_of,
    hour_of,
    roll,
)

RAW_FOR: Final = timedelta(days=7)  # samples older than this are left to their roll-ups
LONGEST: Final = 1800  # seconds: no interval is longer, so nothing speaks for more than an hour
REACH: Final = PATIENCE * LONGEST * 1000
_MOST_HOURS: Final = 240  # rolled up in one transaction: others wait for the store meanwhile


def keep(
    session: Session,
    resource_id: str,
    at: datetime,
    every: float,
    values: Mapping[str, float | None],
    source: Source = "own",
) -> None:
    """Keep the values of one look; the same look again takes its own place.

    `every` is the interval in seconds in which looks are taken.
    """
    seconds = min(LONGEST, max(1, round(every)))
    key = {"resource_id": resource_id, "source": source}
    session.merge(SampleRow(**key, at=at, every=seconds, data=pack_values(session, values)))
    begin = hour_of(to_milliseconds(at))
    # What it says may reach into the hour after; and what the look before it said ends here.
    for hour in (begin, begin + HOUR):
        session.merge(UnrolledRow(**key, hour=from_milliseconds(hour)))


def keep_span(
    session: Session,
    resource_id: str,
    span: tuple[datetime, datetime],
    every: float,
    taken: Mapping[datetime, Mapping[str, float | None]],
    source: Source,
) -> None:
    """Keep all that a source has of a span of whole hours, in place of what it had before.

    Its end is noted by a sample without values: nothing speaks beyond it, and what comes next
    begins there, also where the source had nothing to tell.
    """
    begin, end = span
    seconds = min(LONGEST, max(1, round(every)))
    within = (SampleRow.resource_id == resource_id, SampleRow.source == source,
              SampleRow.at >= begin, SampleRow.at < end)  # fmt: skip
    touched = {*taken, *session.scalars(select(SampleRow.at).where(*within))}
    session.execute(delete(SampleRow).where(*within))
    key = {"resource_id": resource_id, "source": source}
    times = sorted(taken)
    packed = pack_many(session, [taken[at] for at in times])
    rows = [
        {**key, "at": at, "every": seconds, "data": data}
        for at, data in zip(times, packed, strict=True)
    ]
    if session.get(SampleRow, (resource_id, source, end)) is None:
        rows.append({**key, "at": end, "every": seconds, "data": b""})
    if rows:
        session.execute(insert(SampleRow), rows)
    begins = {hour_of(to_milliseconds(at)) for at in touched}
    hours = {from_milliseconds(one + later) for one in begins for later in (0, HOUR)}
    noted = select(UnrolledRow.hour).where(
        UnrolledRow.resource_id == resource_id,
        UnrolledRow.source == source,
        UnrolledRow.hour.between(begin, end),
    )
    hours.difference_update(session.scalars(noted))
    if hours:
        session.execute(insert(UnrolledRow), [{**key, "hour": hour} for hour in sorted(hours)])


def roll_up(session: Session, now: datetime, most: int = _MOST_HOURS) -> int:
    """Roll up the hours that are over; return how many hours wait for the next call."""
    over = UnrolledRow.hour <= now - timedelta(milliseconds=HOUR)
    due = select(UnrolledRow).where(over).order_by(UnrolledRow.hour).limit(most)
    names = names_of(session)
    days: dict[tuple[str, Source, int], None] = {}
    for row in session.scalars(due).all():
        begin, source = to_milliseconds(row.hour), cast(Source, row.source)
        if _roll_hour(session, row.resource_id, source, begin, names):
            days[row.resource_id, source, day_of(begin)] = None
        session.delete(row)
    session.flush()
    for resource_id, source, day in days:
        hours = read_rollups(session, resource_id, source, "hour", day, day + DAY, names)
        _write(session, (resource_id, source, "day"), day, combine(hours.values()))
    waiting = session.scalar(select(func.count()).select_from(UnrolledRow).where(over)) or 0
    if not waiting:
        for resource_id, source in {(one, kind) for one, kind, _ in days}:
            _drop_old(session, resource_id, source, now)
    return waiting


def _roll_hour(
    session: Session, resource_id: str, source: Source, begin: int, names: Mapping[int, str]
) -> bool:
    """Compute an hour anew, unless its samples were dropped; say whether that was done."""
    is_final = select(RollupRow.final).where(
        *rolled(resource_id, source, "hour", begin, begin + HOUR)
    )
    if session.scalar(is_final):
        return False
    taken = read_samples(session, resource_id, source, begin - REACH, begin + HOUR, names)
    _write(session, (resource_id, source, "hour"), begin, roll(taken, begin, begin + HOUR))
    return True


def _write(
    session: Session, key: tuple[str, Source, Span], begin: int, found: Mapping[str, Rollup]
) -> None:
    resource_id, source, span = key
    if not found:  # what a look said beyond its hour may have been ended by a later one
        session.execute(delete(RollupRow).where(*rolled(*key, begin, begin + 1)))
        return
    look = found.get(LOOK)
    session.merge(
        RollupRow(
            resource_id=resource_id,
            source=source,
            span=span,
            begin=from_milliseconds(begin),
            looks=look.count if look else 0,
            watched=look.covered if look else 0,
            final=False,
            data=pack_rollups(session, found),
        )
    )


def _drop_old(session: Session, resource_id: str, source: Source, now: datetime) -> None:
    """Drop samples that are old enough; all of them stand in roll-ups, which are final now.

    An hour of them is left: what still spoke at the end of one belongs to the next.
    """
    mine = (SampleRow.resource_id == resource_id, SampleRow.source == source)
    oldest = session.scalar(select(SampleRow.at).where(*mine).order_by(SampleRow.at).limit(1))
    limit = hour_of(to_milliseconds(now - RAW_FOR))
    if oldest is None or to_milliseconds(oldest) >= limit - HOUR:
        return
    first = hour_of(to_milliseconds(oldest))
    over = update(RollupRow).where(*rolled(resource_id, source, "hour", first, limit))
    session.execute(over.values(final=True))
    gone = SampleRow.at < from_milliseconds(limit - HOUR)
    # The newest stays: it says up to when a source has told.
    newest = select(func.max(SampleRow.at)).where(*mine).scalar_subquery()
    session.execute(delete(SampleRow).where(*mine, gone, SampleRow.at < newest))
