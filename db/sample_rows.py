"""How the values of looks lie packed in their rows: read and written here, nowhere else.

The row of a look holds pairs (number of the metric, double), a roll-up the compressed fields of
`contract.rollups.Rollup` for each metric.  Times are milliseconds, as `contract.rollups` counts.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final, Literal

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from db.columns import from_milliseconds, to_milliseconds
from db.models import MetricRow, RollupRow, SampleRow
from gmops_desktop.contract.rollups import Rollup, Sample

Source = Literal["own", "cloud"]
Span = Literal["hour", "day"]

_VALUE: Final = struct.Struct("<Hd")
_ROLLUP: Final = struct.Struct("<HIIdddd")


def pack_values(session: Session, values: Mapping[str, float | None]) -> bytes:
    """Return the values of one look as they lie in its row; what is no number is not known."""
    return _packed(_numbers(session, values), values)


def pack_many(session: Session, looks: Collection[Mapping[str, float | None]]) -> list[bytes]:
    """Return the values of many looks as they lie in their rows."""
    numbers = _numbers(session, dict.fromkeys(name for values in looks for name in values))
    return [_packed(numbers, values) for values in looks]


def _packed(numbers: Mapping[str, int], values: Mapping[str, float | None]) -> bytes:
    return b"".join(
        _VALUE.pack(numbers[name], math.nan if value is None or math.isinf(value) else value)
        for name, value in values.items()
    )


def pack_rollups(session: Session, found: Mapping[str, Rollup]) -> bytes:
    """Return the roll-ups of one span as they lie in its row."""
    numbers = _numbers(session, found)
    rows = (
        _ROLLUP.pack(numbers[name], one.count, one.covered, one.low, one.mean, one.high, one.last)
        for name, one in sorted(found.items())
    )
    return zlib.compress(b"".join(rows))


def names_of(session: Session, metrics: Collection[str] = ()) -> dict[int, str]:
    """Return the names of `metrics`, or of all, by their number."""
    known = _known(session).items()
    return {number: name for name, number in known if not metrics or name in metrics}


def read_samples(
    session: Session,
    resource_id: str,
    source: Source,
    first: int,
    last: int,
    names: Mapping[int, str],
) -> list[Sample]:
    """Return the samples from `first` to before `last` in order, with the metrics in `names`."""
    return read_many(session, (resource_id,), source, first, last, names).get(resource_id, [])


def read_many(
    session: Session,
    resources: Collection[str],
    source: Source,
    first: int,
    last: int,
    names: Mapping[int, str],
) -> dict[str, list[Sample]]:
    """Return the same of many resources by their id; those without a sample are not there."""
    wanted = (
        select(SampleRow.resource_id, SampleRow.at, SampleRow.every, SampleRow.data)
        .where(SampleRow.resource_id.in_(resources), SampleRow.source == source)
        .where(SampleRow.at >= from_milliseconds(first), SampleRow.at < from_milliseconds(last))
        .order_by(SampleRow.resource_id, SampleRow.at)
    )
    found: dict[str, list[Sample]] = {}
    for resource_id, at, every, data in session.execute(wanted):
        values = {
            names[number]: None if math.isnan(value) else value
            for number, value in _VALUE.iter_unpack(data)
            if number in names
        }
        sample = Sample(to_milliseconds(at), every * 1000, values)
        found.setdefault(resource_id, []).append(sample)
    return found


def read_rollups(
    session: Session,
    resource_id: str,
    source: Source,
    span: Span,
    first: int,
    last: int,
    names: Mapping[int, str],
) -> dict[int, dict[str, Rollup]]:
    """Return the roll-ups that begin from `first` to before `last`, by when, in order of time."""
    wanted = (
        select(RollupRow.begin, RollupRow.data)
        .where(*rolled(resource_id, source, span, first, last))
        .order_by(RollupRow.begin)
    )
    return {
        to_milliseconds(begin): {
            names[number]: Rollup(low, mean, high, newest, count, covered)
            for number, count, covered, low, mean, high, newest in _ROLLUP.iter_unpack(
                zlib.decompress(data)
            )
            if number in names
        }
        for begin, data in session.execute(wanted)
    }


def rolled(resource_id: str, source: Source, span: Span, first: int, last: int) -> tuple[Any, ...]:
    """Return what narrows a statement to the roll-ups that begin from `first` to before `last`."""
    return (
        RollupRow.resource_id == resource_id,
        RollupRow.source == source,
        RollupRow.span == span,
        RollupRow.begin >= from_milliseconds(first),
        RollupRow.begin < from_milliseconds(last),
    )


def _known(session: Session) -> dict[str, int]:
    rows = session.execute(select(MetricRow.name, MetricRow.number))
    return {name: number for name, number in rows}


def _numbers(session: Session, metrics: Iterable[str]) -> dict[str, int]:
    """Return the numbers of metrics; those never met before are given one."""
    known = _known(session)
    new = [name for name in metrics if name not in known]
    if new:
        highest = max(known.values(), default=0)
        fresh = {name: highest + place for place, name in enumerate(new, 1)}
        rows = [{"number": number, "name": name} for name, number in fresh.items()]
        session.execute(insert(MetricRow), rows)
        known |= fresh
    return known
