"""Holds an archive against a live schema by digests, or against an archive just taken of it.

Nothing is locked, nothing changes.  Of a live schema the digests of many segments travel in one
answer, then sums of rows, and rows themselves only where somebody wants to see them.
"""

from __future__ import annotations

import hashlib
import threading
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Final, Literal, cast

from gmops_desktop.adapters.mysql import MysqlConnection, lookup, segments
from gmops_desktop.adapters.mysql.definitions import Schema, Table
from gmops_desktop.adapters.mysql.dialect import Column, Form
from gmops_desktop.adapters.mysql.segments import Digest, Pace, Range
from gmops_desktop.adapters.mysql.together import Together
from gmops_desktop.archive import rows
from gmops_desktop.archive.differences import (
    Change,
    Matching,
    Read,
    joined,
    matching_of,
    stretches,
)
from gmops_desktop.archive.differences import changes as differing_rows
from gmops_desktop.archive.manifest import ColumnRecord, Manifest, SegmentRecord, TableRecord
from gmops_desktop.archive.reader import ArchiveReader
from gmops_desktop.archive.verification import rows_text
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError, ProofFailed
from gmops_desktop.language import tr

Action = Literal["same", "rows", "replace", "create", "drop"]
Place = tuple[Range, SegmentRecord | None]

_NOTHING: Final = Digest(0, "")
_WORTH_MORE: Final = 64 << 20  # bytes of text that take one connection longer than opening others
_WORTH_CHOOSING: Final = 2000  # rows of a range; where more differ, it travels whole


@dataclass(frozen=True, slots=True)
class Difference:
    """How one table differs; `ranges` are the archive's segments that do (None: where it has no
    rows), `live` is the table as it stands."""

    table: str
    action: Action
    record: TableRecord | None
    ranges: tuple[Place, ...] = ()
    live: Table | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a schema differs from an archive: tables, and the names of other definitions."""

    tables: tuple[Difference, ...]
    objects: tuple[str, ...]

    @property
    def identical(self) -> bool:
        return not self.objects and all(table.action == "same" for table in self.tables)


def compare(
    connection: MysqlConnection,
    present: Schema,
    manifest: Manifest,
    context: Context,
    connect: Callable[[], MysqlConnection] | None = None,
) -> Comparison:
    """Compare a live schema with an archive; the connection must be prepared for digests.

    `connect` opens others, which share the work of a large one.
    """
    by_definition = _defined(present, manifest)
    asked = [d for d in by_definition if d.action == "rows" and d.live and d.live.holds_rows]
    tables_asked = [(d.record, d.table) for d in asked if d.record]
    if connect and sum(record.text_bytes for record, _ in tables_asked) >= _WORTH_MORE:
        with Together(connect, connection) as together:
            together.grow_as_helps(segments.prepare)
            found = _differing(connection, tables_asked, context, together=together)
    else:
        found = _differing(connection, tables_asked, context)
    tables = tuple(
        _with_ranges(difference, found.get(difference.table, ()))
        if difference.action == "rows"
        else difference
        for difference in by_definition
    )
    return Comparison(tables, _objects(present, manifest))


def compare_archives(
    present: Schema, archive: ArchiveReader, taken: ArchiveReader, context: Context
) -> Comparison:
    """Compare a schema with an archive by what was `taken` of it a moment ago."""
    manifest = archive.manifest
    there = {record.name: record for record in taken.manifest.tables}
    tables = []
    for difference in _defined(present, manifest):
        record, live = difference.record, difference.live
        if difference.action != "rows" or record is None or live is None or not live.holds_rows:
            known = difference.action == "rows"  # by its definition, as it keeps no rows
            tables.append(_with_ranges(difference, ()) if known else difference)
            continue
        other = there.get(difference.table)
        if other is None or other.definition != live.digest:
            raise OpsError(
                tr("The definition of {name} was changed meanwhile.", name=difference.table),
                hint=tr("Start again when nobody changes definitions."),
                unharmed=tr("The schema is as it was."),
            )
        context.progress(None, tr("Comparing {name}", name=difference.table))
        matching = matching_of(record, other)
        places: list[Place] = []
        differs = False
        for stretch in stretches(record, other, matching):
            differ = differing_rows(stretch, matching, reads(archive, record), reads(taken, other))
            if next(iter(differ), None) is None:  # only cut otherwise
                continue
            places += [(range_of(record, segment), segment) for segment in stretch.before]
            differs = True
        if differs and (not record.segments or record.segments[-1].upto is not None):
            places.append((_beyond(record), None))
        tables.append(_with_ranges(difference, places))
    return Comparison(tuple(tables), _objects(present, manifest))


def disproved(
    connection: MysqlConnection, record: TableRecord, name: str, places: Sequence[Place] = ()
) -> tuple[Place, ...]:
    """Return where the rows of the table `name` are not those of `record`; in `places` only, if
    any are given."""
    found = _differing(connection, [(record, name)], Context(), {name: places} if places else {})
    return found.get(name, ())


def changes(
    connection: MysqlConnection, reader: ArchiveReader, record: TableRecord, places: Sequence[Place]
) -> Generator[Change, None, None]:
    """Return how the server's rows in some ranges differ from the archive's, row by row.

    Short hashes of the rows travel, then the rows that the archive does not have.
    """
    table = asked(record, record.name)
    matching = Matching(record.columns, record.columns, [column.name for column in record.key])
    for place, segment in places:
        archived = archived_rows(reader, record, segment) if segment else []
        if segment is None:
            yield from joined(archived, lookup.every(connection, table, place), matching)
            continue
        surplus = Counter(_hash(row) for row in archived)
        wanted: list[str] = []
        for _, row_hash in segments.fingerprints(connection, table, place):
            if surplus[row_hash] > 0:
                surplus[row_hash] -= 1
            else:
                wanted.append(row_hash)
        gone = [row for row in archived if _take(surplus, _hash(row))]
        if len(set(wanted)) > _WORTH_CHOOSING or "" in wanted or not (gone or wanted):
            there: Iterator[bytes] = lookup.every(connection, table, place)
            yield from joined(archived, there, matching, ordered=bool(record.key))
        elif wanted:
            fresh = lookup.chosen(connection, table, place, sorted(set(wanted)))
            yield from joined(gone, _as_often(fresh, wanted), matching, ordered=bool(record.key))
        else:
            yield from (Change(row, None) for row in gone)


def reads(reader: ArchiveReader, record: TableRecord) -> Read:
    """Return what reads a table's segments."""
    return lambda segment: archived_rows(reader, record, segment)


def archived_rows(
    reader: ArchiveReader, record: TableRecord, segment: SegmentRecord
) -> list[bytes]:
    """Return a segment's rows in the server's form; raise `ProofFailed` where they are more than
    values, because they become parts of statements."""
    text = rows_text(record, reader.frame(segment.last_frame))
    if not rows.are_values(text):
        raise ProofFailed(
            tr("The archive's rows of {name} hold more than values.", name=record.name),
            hint=tr("This program did not write it so: use another archive."),
            unharmed=tr("The schema is as it was."),
        )
    return rows.split(text)


def asked(record: TableRecord, name: str) -> Table:
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


def range_of(record: TableRecord, segment: SegmentRecord) -> Range:
    """Return where the server finds a segment's rows."""
    return Range(segment.after, segment.upto, segment.bucket, record.buckets, segment.wide)


# ---------------------------------------------------------------- digests


def _differing(
    connection: MysqlConnection,
    tables: Sequence[tuple[TableRecord, str]],
    context: Context,
    within: dict[str, Sequence[Place]] | None = None,
    together: Together | None = None,
) -> dict[str, tuple[Place, ...]]:
    """Return where the tables' digests are not their records', many segments a question; by all
    connections `together`, if there are more."""
    found: dict[str, list[Place]] = {}
    keyed: list[tuple[TableRecord, str, Range, SegmentRecord | None]] = []
    for record, name in tables:
        table = asked(record, name)
        if not record.segments:
            keyed.append((record, name, Range(), None))
        elif record.key:
            places = (within or {}).get(name) or _all_places(record)
            keyed += [(record, name, place, segment) for place, segment in places]
        else:
            found[name] = list(_buckets(connection, record, table))
    total = sum(segment.text_bytes for _, _, _, segment in keyed if segment) or 1
    waiting, done = deque(enumerate(keyed)), 0
    unlike: dict[int, tuple[str, Place]] = {}
    lock = threading.Lock()  # over these

    def some(connection: MysqlConnection) -> None:
        nonlocal done
        pace = Pace()
        while True:
            with lock:
                batch = [waiting.popleft() for _ in range(min(pace.count, len(waiting)))]
            if not batch:
                return
            name = batch[0][1][1]
            percent = done * 99 // total
            context.progress(percent, tr("Comparing {name}", name=name), context.line.travelled)
            questions = [
                segments.count_question(n, _bare(name))
                if place == Range() and not record.segments
                else segments.digest_question(n, asked(record, name), place)
                for n, (_, (record, name, place, _)) in enumerate(batch)
            ]
            with pace:
                answers = segments.digest_answers(connection.rows(" UNION ALL ".join(questions)))
            with lock:
                for (number, (_, name, place, segment)), answer in zip(batch, answers, strict=True):
                    if answer != (Digest(segment.rows, segment.digest) if segment else _NOTHING):
                        unlike[number] = (name, (place, segment))
                    done += segment.text_bytes if segment else 0

    if together:
        together.share([some] * together.count)
    else:
        some(connection)
    for _, (name, unlike_place) in sorted(unlike.items(), key=itemgetter(0)):
        found.setdefault(name, []).append(unlike_place)
    return {name: tuple(places) for name, places in found.items() if places}


def _all_places(record: TableRecord) -> list[Place]:
    places: list[Place] = [(range_of(record, segment), segment) for segment in record.segments]
    if record.segments[-1].upto is not None:  # rows beyond the archive's last
        places.append((_beyond(record), None))
    return places


def _beyond(record: TableRecord) -> Range:
    return Range(after=record.segments[-1].upto) if record.segments else Range()


def _buckets(connection: MysqlConnection, record: TableRecord, table: Table) -> Iterator[Place]:
    wanted = {range_of(record, segment): segment for segment in record.segments}
    there = segments.bucket_digests(connection, table, record.buckets, record.segments[0].wide)
    for place, found in ({place: Digest(0, "") for place in wanted} | there).items():
        segment = wanted.get(place)
        if found != (Digest(segment.rows, segment.digest) if segment else Digest(0, "")):
            yield place, segment


def _with_ranges(difference: Difference, places: Sequence[Place]) -> Difference:
    action: Action = "rows" if places else "same"
    return Difference(difference.table, action, difference.record, tuple(places), difference.live)


# ---------------------------------------------------------------- definitions


def _defined(present: Schema, manifest: Manifest) -> list[Difference]:
    """Compare the tables' definitions; those that are the same are left as "rows"."""
    live = {table.name: table for table in present.tables}
    found = []
    for record in manifest.tables:
        there = live.get(record.name)
        action: Action = "create" if there is None else "rows"
        if there and there.digest != record.definition:
            action = "replace"
        found.append(Difference(record.name, action, record, (), there))
    archived = {record.name for record in manifest.tables}
    return found + [
        Difference(name, "drop", None, (), table)
        for name, table in live.items()
        if name not in archived
    ]


def _objects(present: Schema, manifest: Manifest) -> tuple[str, ...]:
    live = {(thing.kind, thing.name): thing.digest for thing in present.objects}
    wanted = {(thing.kind, thing.name): thing.definition for thing in manifest.objects}
    return tuple(
        name
        for kind, name in sorted(live.keys() | wanted.keys())
        if live.get((kind, name)) != wanted.get((kind, name))
    )


def _bare(name: str) -> Table:
    return Table(name, "", "", (), (), "", 0, 0, False)


def _columns(records: Sequence[ColumnRecord]) -> tuple[Column, ...]:
    return tuple(Column(c.name, c.type, cast(Form, c.form), c.charset) for c in records)


def _take(surplus: Counter[str], row_hash: str) -> bool:
    """Say whether the archive has one more of a row than the server, and count it as told."""
    more = surplus[row_hash] > 0
    surplus[row_hash] -= 1
    return more


def _as_often(fresh: Iterator[bytes], wanted: Sequence[str]) -> Iterator[bytes]:
    """Drop rows that the archive has too: without a key a row may be there several times."""
    left = Counter(wanted)
    for row in fresh:
        row_hash = _hash(row)
        if left[row_hash] > 0:
            left[row_hash] -= 1
            yield row


def _hash(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()[: segments.HASH]
