"""Compares a table of an archive with the same table of a live server.

Digests first: where a segment's is the archive's, nothing travels.  In the others a short hash of
each row travels, and then only the rows whose hash the archive's segment does not have.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from gmops_desktop.adapters.mysql import MysqlConnection, lookup, segments
from gmops_desktop.adapters.mysql.definitions import Table
from gmops_desktop.adapters.mysql.dialect import Column
from gmops_desktop.adapters.mysql.segments import Digest, Range
from gmops_desktop.archive.differences import (
    IN_MEMORY,
    Change,
    Matching,
    Read,
    aligned,
    joined,
    piled,
)
from gmops_desktop.archive.manifest import ColumnRecord, SegmentRecord, TableRecord

_WORTH_CHOOSING: Final = 2000  # rows of a range; where more differ, it travels whole

Tell = Callable[[int], object]  # called with the bytes of the archive's text that are done


def record_of(table: Table) -> TableRecord:
    """Return what an archive would say of a live table, without any row."""
    return TableRecord(
        name=table.name,
        engine=table.engine,
        definition=table.digest,
        frame=0,
        columns=_records(table.columns),
        insert="",
        key=_records(table.key),
        index=table.index,
        buckets=0,
        segments=(),
    )


def changes(
    connection: MysqlConnection,
    record: TableRecord,
    asked: Table,
    matching: Matching,
    read: Read,
    tell: Tell,
) -> Iterator[Change]:
    """Return how the rows of the server's table differ from the archive's, which `read` brings.

    The connection must be prepared for digests and inside its snapshot.
    """
    live = record_of(asked)
    if matching.alike and (aligned(record, live) or (record.buckets and not live.key)):
        for place, segment in _differing(connection, record, asked, tell):
            yield from _range(connection, asked, place, segment, matching, read)
        return
    # Another key, another order or other columns: every row must be looked at.
    archived = _every_row(record, read, tell)
    there = lookup.every(connection, asked, Range())
    if record.text_bytes > IN_MEMORY:
        yield from piled(archived, there, matching, record.text_bytes)
    else:
        yield from joined(archived, there, matching)


def _differing(
    connection: MysqlConnection, record: TableRecord, asked: Table, tell: Tell
) -> Iterator[tuple[Range, SegmentRecord | None]]:
    """Return the ranges whose digests are not the archive's, with its segment where it has one."""
    if not record.segments:
        yield Range(), None
        return
    if not record.key:
        yield from _buckets(connection, record, asked)
        return
    wanted = {
        Range(segment.after, segment.upto, wide=segment.wide): segment
        for segment in record.segments
    }
    last = record.segments[-1].upto
    beyond = [Range(after=last)] if last is not None else []
    done = 0
    for place, found in segments.digests(connection, asked, [*wanted, *beyond]):
        segment = wanted.get(place)
        if found != (Digest(segment.rows, segment.digest) if segment else Digest(0, "")):
            yield place, segment
        done += segment.text_bytes if segment else 0
        tell(done)


def _buckets(
    connection: MysqlConnection, record: TableRecord, asked: Table
) -> Iterator[tuple[Range, SegmentRecord | None]]:
    archived = {segment.bucket: segment for segment in record.segments}
    wide = record.segments[0].wide
    for place, found in list(lookup.bucket_digests(connection, asked, record.buckets, wide)):
        segment = archived.pop(place.bucket, None) if place.bucket is not None else None
        if segment is None or found != Digest(segment.rows, segment.digest):
            yield place, segment
    for bucket, segment in archived.items():
        yield Range(bucket=bucket, buckets=record.buckets, wide=wide), segment


def _range(
    connection: MysqlConnection,
    asked: Table,
    place: Range,
    segment: SegmentRecord | None,
    matching: Matching,
    read: Read,
) -> Iterator[Change]:
    if segment is None:
        if place.bucket is None and not asked.key and place.wide:
            there = lookup.oversized(connection, asked, place.wide)
        else:
            there = lookup.every(connection, asked, place)
        yield from joined((), there, matching)
        return
    archived = read(segment)
    surplus = Counter(_hash(row) for row in archived)
    wanted: list[str] = []
    for _, row_hash in segments.fingerprints(connection, asked, place):
        if surplus[row_hash] > 0:
            surplus[row_hash] -= 1
        elif len(wanted) <= _WORTH_CHOOSING:
            wanted.append(row_hash)
    gone = [row for row in archived if _take(surplus, _hash(row))]
    ordered = bool(asked.key)
    if len(wanted) > _WORTH_CHOOSING or not (gone or wanted):
        # Too many to name; or hashes that are the same for rows that are not.
        there = lookup.every(connection, asked, place)
        yield from joined(archived, there, matching, ordered=ordered)
    else:
        fresh = lookup.chosen(connection, asked, place, sorted(set(wanted)))
        yield from joined(gone, _as_often(fresh, wanted), matching, ordered=ordered)


def _take(surplus: Counter[str], row_hash: str) -> bool:
    """Say whether the archive has one more of a row than the server, and count it as told."""
    more = surplus[row_hash] > 0
    surplus[row_hash] -= 1
    return more


def _as_often(fresh: Iterable[bytes], wanted: Sequence[str]) -> Iterator[bytes]:
    """Drop rows that the archive has too: without a key a row may be there several times."""
    left = Counter(wanted)
    for row in fresh:
        row_hash = _hash(row)
        if left[row_hash] > 0 or row_hash not in left:
            left[row_hash] -= 1
            yield row


def _every_row(record: TableRecord, read: Read, tell: Tell) -> Iterator[bytes]:
    done = 0
    for segment in record.segments:
        yield from read(segment)
        done += segment.text_bytes
        tell(done)


def _records(columns: Iterable[Column]) -> tuple[ColumnRecord, ...]:
    return tuple(ColumnRecord(c.name, c.type, c.form, c.charset) for c in columns)


def _hash(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()[: segments.HASH]
