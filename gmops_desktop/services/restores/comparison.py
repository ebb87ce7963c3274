"""Holds an archive against a live schema by digests: nothing is locked, nothing changes."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, cast

from gmops_desktop.adapters.mysql import MysqlConnection, segments
from gmops_desktop.adapters.mysql.definitions import Schema, Table
from gmops_desktop.adapters.mysql.dialect import Column, Form
from gmops_desktop.adapters.mysql.segments import Digest, Range
from gmops_desktop.archive import rows
from gmops_desktop.archive.manifest import ColumnRecord, Manifest, SegmentRecord, TableRecord
from gmops_desktop.archive.reader import ArchiveReader
from gmops_desktop.archive.verification import rows_text
from gmops_desktop.context import Context
from gmops_desktop.language import tr

Action = Literal["same", "rows", "replace", "create", "drop"]


@dataclass(frozen=True, slots=True)
class Difference:
    """How one table differs; `segments` are the archive's that do (None: where it has no rows)."""

    table: str
    action: Action
    record: TableRecord | None
    ranges: tuple[tuple[Range, SegmentRecord | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a schema differs from an archive: tables, and the names of other definitions."""

    tables: tuple[Difference, ...]
    objects: tuple[str, ...]

    @property
    def identical(self) -> bool:
        return not self.objects and all(table.action == "same" for table in self.tables)


def compare(
    connection: MysqlConnection, present: Schema, manifest: Manifest, context: Context
) -> Comparison:
    """Compare a schema with an archive; the connection must be prepared for digests."""
    live = {table.name: table for table in present.tables}
    total = manifest.text_bytes or 1
    done, found = 0, []
    for record in manifest.tables:
        context.progress(done * 99 // total, tr("Comparing {name}", name=record.name))
        found.append(_table(connection, live.get(record.name), record))
        done += record.text_bytes
    archived = {record.name for record in manifest.tables}
    found += [Difference(name, "drop", None) for name in live if name not in archived]
    return Comparison(tuple(found), _objects(present, manifest))


def disproved(connection: MysqlConnection, record: TableRecord, name: str) -> bool:
    """Say whether the rows of the table `name` are not those of `record`."""
    return any(True for _ in _differing(connection, record, name))


def count(
    connection: MysqlConnection, reader: ArchiveReader, difference: Difference
) -> tuple[int, int, int]:
    """Return how many rows a restore would add, change and remove in a differing table."""
    record = difference.record
    if difference.action == "drop" or record is None:
        return 0, 0, segments.count_rows(connection, _bare(difference.table))
    if difference.action == "create":
        return record.rows, 0, 0
    if difference.action == "replace":
        return record.rows, 0, segments.count_rows(connection, _bare(difference.table))
    added = changed = removed = 0
    table = _asked(record, record.name)
    for asked, segment in difference.ranges:
        there = list(segments.fingerprints(connection, table, asked))
        archived = _hashed_rows(reader, record, segment) if segment else []
        surplus = Counter(row_hash for row_hash, _ in archived)
        surplus.subtract(row_hash for _, row_hash in there)
        new = [row for row_hash, row in archived if surplus[row_hash] > 0]
        gone = [key_hash for key_hash, row_hash in there if surplus[row_hash] < 0]
        if record.key:
            both = len({_key_hash(record, row) for row in new} & set(gone))
            lost, fresh = len(gone) - both, len(new) - both
        else:  # rows may be there more than once
            both, fresh = 0, sum(n for n in surplus.values() if n > 0)
            lost = -sum(n for n in surplus.values() if n < 0)
        added += fresh
        removed += lost
        changed += both
    return added, changed, removed


def _table(connection: MysqlConnection, live: Table | None, record: TableRecord) -> Difference:
    if live is None:
        return Difference(record.name, "create", record)
    if live.digest != record.definition:
        return Difference(record.name, "replace", record)
    ranges = tuple(_differing(connection, record, record.name)) if live.holds_rows else ()
    return Difference(record.name, "rows" if ranges else "same", record, ranges)


def _differing(
    connection: MysqlConnection, record: TableRecord, name: str
) -> Iterator[tuple[Range, SegmentRecord | None]]:
    table = _asked(record, name)
    if not record.segments:
        if segments.count_rows(connection, table):
            yield Range(), None
        return
    wanted = {_range(record, segment): segment for segment in record.segments}
    if record.key:
        asked = list(wanted)
        if record.segments[-1].upto is not None:  # rows beyond the archive's last
            asked.append(Range(after=record.segments[-1].upto))
        answers: Iterable[tuple[Range, Digest]] = segments.digests(connection, table, asked)
    else:
        wide = record.segments[0].wide
        there = segments.bucket_digests(connection, table, record.buckets, wide)
        answers = ({place: Digest(0, "") for place in wanted} | there).items()
    for place, found in answers:
        segment = wanted.get(place)
        expected = Digest(segment.rows, segment.digest) if segment else Digest(0, "")
        if found != expected:
            yield place, segment


def _range(record: TableRecord, segment: SegmentRecord) -> Range:
    return Range(segment.after, segment.upto, segment.bucket, record.buckets, segment.wide)


def _asked(record: TableRecord, name: str) -> Table:
    """Return the table as it must be asked for the archive's digests."""
    return Table(
        name=name,
        engine=record.engine,
        create="",
        columns=_columns(record.columns),
        key=_columns(record.key),
        index=record.index,
        rows_guess=0,
        text_guess=0,
        versioned=False,
    )


def _bare(name: str) -> Table:
    return Table(name, "", "", (), (), "", 0, 0, False)


def _columns(records: Sequence[ColumnRecord]) -> tuple[Column, ...]:
    return tuple(Column(c.name, c.type, cast(Form, c.form), c.charset) for c in records)


def _hashed_rows(
    reader: ArchiveReader, record: TableRecord, segment: SegmentRecord
) -> list[tuple[str, bytes]]:
    texts = rows.split(rows_text(record, reader.frame(segment.last_frame)))
    return [(_hash(text), text) for text in texts]


def _key_hash(record: TableRecord, row: bytes) -> str:
    """Hash the literals of a row's key, as `segments.fingerprints` asks the server to."""
    names = [column.name for column in record.columns]
    places = [names.index(column.name) for column in record.key if column.name in names]
    if len(places) < len(record.key):  # a generated column is no part of the row
        return _hash(row)
    values = rows.literals(row)
    return _hash(b",".join(values[place] for place in places))


def _hash(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()[: segments.HASH]


def _objects(present: Schema, manifest: Manifest) -> tuple[str, ...]:
    live = {(thing.kind, thing.name): thing.digest for thing in present.objects}
    wanted = {(thing.kind, thing.name): thing.definition for thing in manifest.objects}
    return tuple(
        name
        for kind, name in sorted(live.keys() | wanted.keys())
        if live.get((kind, name)) != wanted.get((kind, name))
    )
