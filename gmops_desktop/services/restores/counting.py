"""Counts the rows that a restore would add, change and remove, by sums of a few bytes each.

Rows are spread over buckets by their keys.  Two bytes travel for a bucket, and eight for each row
of those buckets that differ: where a segment changed a little, next to nothing travels.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from gmops_desktop.adapters.mysql import MysqlConnection, deltas, outlines, segments, snapshot
from gmops_desktop.adapters.mysql.definitions import Table
from gmops_desktop.adapters.mysql.outlines import MODULUS, Spread
from gmops_desktop.archive import rows
from gmops_desktop.archive.manifest import TableRecord
from gmops_desktop.archive.reader import ArchiveReader
from gmops_desktop.context import Context
from gmops_desktop.language import tr
from gmops_desktop.services.restores.comparison import (
    Difference,
    Place,
    archived_rows,
    asked,
    changes,
)

_SPREAD: Final = 16  # rows that share a bucket, on average
_TOGETHER: Final = 12  # segments counted at once, because their rows are held in memory


@dataclass(frozen=True, slots=True)
class Count:
    """Rows to add, to change and to remove, and the bytes of text that they have."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    text_bytes: int = 0

    def __add__(self, other: Count) -> Count:
        return Count(
            self.added + other.added,
            self.changed + other.changed,
            self.removed + other.removed,
            self.text_bytes + other.text_bytes,
        )


def count(
    connection: MysqlConnection, reader: ArchiveReader, difference: Difference, context: Context
) -> Count:
    """Count how a differing table differs."""
    record = difference.record
    if difference.action == "drop" or record is None:
        return Count(removed=_count_live(connection, difference))
    if difference.action == "create":
        return Count(added=record.rows, text_bytes=record.text_bytes)
    if difference.action == "replace":
        removed = _count_live(connection, difference)
        return Count(record.rows, 0, removed, record.text_bytes)
    table = asked(record, record.name)
    if not deltas.can_be_spliced(table) or any(s and s.wide for _, s in difference.ranges):
        return _by_rows(connection, reader, record, difference.ranges)
    found = Count()
    snapshot.begin(connection)  # one moment for this table's sums, whatever others write
    for start in range(0, len(difference.ranges), _TOGETHER):
        context.progress(
            99, tr("Counting the rows of {name}", name=record.name), connection.travelled
        )
        some = difference.ranges[start : start + _TOGETHER]
        found += _by_sums(connection, reader, record, table, some)
    connection.run("COMMIT")
    return found


def _count_live(connection: MysqlConnection, difference: Difference) -> int:
    live = difference.live
    return segments.count_rows(connection, live) if live and live.holds_rows else 0


def _by_rows(
    connection: MysqlConnection, reader: ArchiveReader, record: TableRecord, places: Sequence[Place]
) -> Count:
    found = Count()
    for change in changes(connection, reader, record, places):
        size = len(change.before or b"")
        if change.before is None:
            found += Count(removed=1)
        elif change.after is None:
            found += Count(added=1, text_bytes=size)
        else:
            found += Count(changed=1, text_bytes=size)
    return found


class _Archived:
    """A segment's rows as an outline: for each key's sum the row's sum and size."""

    def __init__(self, table: Table, texts: Sequence[bytes]) -> None:
        self.buckets = max(1, len(texts) // _SPREAD)
        names = [column.name for column in table.columns]
        places = [names.index(column.name) for column in table.key]
        if places == [0] and table.key[0].form == "number":
            keys = [text[1 : text.find(b",")] if b"," in text else text[1:-1] for text in texts]
        else:
            keys = [_key(text, places) for text in texts]
        self.outline = [
            (zlib.crc32(key), zlib.crc32(text), len(text))
            for key, text in zip(keys, texts, strict=True)
        ]

    def differing(self, there: dict[int, int]) -> tuple[int, ...]:
        mine: dict[int, int] = {}
        for key, value, _ in self.outline:
            bucket = key % self.buckets
            mine[bucket] = mine.get(bucket, 0) ^ (value % MODULUS)
        found = tuple(b for b in range(self.buckets) if mine.get(b) != there.get(b))
        return found or tuple(range(self.buckets))  # sums that hide it: look at all

    def count(self, chosen: Sequence[int], there: Sequence[tuple[int, int]]) -> Count:
        looked, live = set(chosen), dict(there)
        added = changed = size = met = 0
        for key, value, length in self.outline:
            if key % self.buckets not in looked:
                continue
            other = live.get(key)
            if other is None:
                added += 1
            else:
                met += 1
                if other == value:
                    continue
                changed += 1
            size += length
        return Count(added, changed, len(there) - met, size)


def _by_sums(
    connection: MysqlConnection,
    reader: ArchiveReader,
    record: TableRecord,
    table: Table,
    places: Sequence[Place],
) -> Count:
    beyond = [
        segments.count_question(n, table, place)
        for n, (place, segment) in enumerate(places)
        if segment is None
    ]
    answers = connection.rows(" UNION ALL ".join(beyond)) if beyond else []
    found = Count(removed=sum(int(answer[1]) for answer in answers))
    archived, spreads = [], []
    for place, segment in places:
        if segment is not None:
            one = _Archived(table, archived_rows(reader, record, segment))
            archived.append(one)
            spreads.append(Spread(table, place, one.buckets))
    sums = outlines.bucket_sums(connection, spreads)
    spreads = [
        replace(spread, chosen=one.differing(there))
        for spread, one, there in zip(spreads, archived, sums, strict=True)
    ]
    outlined = outlines.of_rows(connection, spreads)
    for spread, one, there_rows in zip(spreads, archived, outlined, strict=True):
        found += one.count(spread.chosen, there_rows)
    return found


def _key(text: bytes, places: Sequence[int]) -> bytes:
    values = rows.literals(text, max(places) + 1)
    return b",".join(values[place] for place in places)
