"""Holds a schema that was restored by stock tools against its archive: definitions and rows.

Nothing of the restore's own code is used: the drill is to find what that would overlook.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, cast

from gmops_desktop.adapters.local_programs import number_of
from gmops_desktop.adapters.mysql import MysqlConnection, catalogue, segments
from gmops_desktop.adapters.mysql.definitions import Table
from gmops_desktop.adapters.mysql.dialect import Column, Form
from gmops_desktop.adapters.mysql.segments import Digest, Range
from gmops_desktop.archive.manifest import ColumnRecord, Manifest, SegmentRecord, TableRecord
from gmops_desktop.archive.reader import ArchiveReader
from gmops_desktop.context import Context
from gmops_desktop.language import mark, tr

Key = tuple[str, str]  # kind and name of a definition

# Fills a second schema from the frames named, and opens a connection to it.
Again = Callable[[Iterator[bytes]], MysqlConnection]

_KINDS: Final = {
    "table": mark("table"),
    "sequence": mark("sequence"),
    "view": mark("view"),
    "function": mark("function"),
    "procedure": mark("procedure"),
    "package": mark("package"),
    "package body": mark("package body"),
    "trigger": mark("trigger"),
    "event": mark("event"),
}
_FLOATING: Final = ("float", "double", "real")


@dataclass(slots=True)
class Proof:
    """What was compared and what differs, in sentences.

    `otherwise` names what could not be held against the archive's digests, because this server
    writes it down in another way, and was held against a second load of the archive instead.
    """

    tables: int = 0
    rows: int = 0
    definitions: int = 0
    faults: list[str] = field(default_factory=list)
    otherwise: list[str] = field(default_factory=list)


def prove(
    connection: MysqlConnection,
    reader: ArchiveReader,
    again: Again,
    context: Context,
    *,
    late: Callable[[], object] = lambda: None,
) -> Proof:
    """Compare the connection's schema with the archive; `again` loads parts of it a second time.

    Between rows and definitions, `late` loads what must not run while rows are compared: events.

    A server of another kind or version may write the same definition, or the same FLOAT, in other
    words.  What differs is then loaded a second time and compared with that: whoever changed
    anything after the load is found all the same.
    """
    manifest = reader.manifest
    segments.prepare(connection)
    proof = Proof(tables=len(manifest.tables), rows=manifest.rows)
    source = manifest.source
    kin = connection.server.kind == source.server
    same = kin and connection.server.number[:2] == number_of(source.version)[:2]
    doubtful_rows = list(_rows(connection, manifest, proof, context, kin=kin))
    late()
    doubtful = _definitions(connection, manifest, proof, strict=same)
    if doubtful or doubtful_rows:
        context.progress(None, tr("Loading what is written differently a second time"))
        names = {record.name for record in doubtful_rows}
        with again(_frames(reader, names)) as other:
            segments.prepare(other)
            _compare_again(connection, other, doubtful, doubtful_rows, proof)
    return proof


def _definitions(
    connection: MysqlConnection, manifest: Manifest, proof: Proof, *, strict: bool
) -> list[Key]:
    """Compare the definitions; return those that are only written differently, perhaps."""
    wanted: dict[Key, str] = {("table", one.name): one.definition for one in manifest.tables}
    wanted |= {(one.kind, one.name): one.definition for one in manifest.objects}
    found = catalogue.read(connection).digests()
    proof.definitions = len(wanted)
    doubtful = []
    for key in sorted(wanted.keys() | found.keys()):
        if key not in found:
            proof.faults.append(tr("The {kind} {name} is missing.", kind=_kind(key), name=key[1]))
        elif key not in wanted:
            proof.faults.append(
                tr("There is a {kind} {name} that the archive does not hold.",
                   kind=_kind(key), name=key[1])
            )  # fmt: skip
        elif wanted[key] != found[key]:
            if strict:
                proof.faults.append(_defined_otherwise(key))
            else:
                doubtful.append(key)
    return doubtful


def _rows(
    connection: MysqlConnection,
    manifest: Manifest,
    proof: Proof,
    context: Context,
    *,
    kin: bool,
) -> Iterator[TableRecord]:
    """Compare the rows by digests; yield the tables whose numbers are only written differently,
    perhaps."""
    total, done = manifest.text_bytes or 1, 0
    there = {name for kind, name in catalogue.read(connection).digests() if kind == "table"}
    for record in manifest.tables:
        context.progress(done * 99 // total, tr("Proving {name}", name=record.name))
        done += record.text_bytes
        if record.name not in there:
            continue  # `_definitions` says it
        table = _asked(record)
        if not table.holds_rows:
            continue
        parts = sum(1 for _ in _differing(connection, table, record))
        if not parts:
            continue
        if not kin and any(column.type.lower().startswith(_FLOATING) for column in record.columns):
            yield record
            continue
        count = segments.count_rows(connection, table)
        proof.faults.append(_rows_differ(record, count, parts))


def _compare_again(
    connection: MysqlConnection,
    other: MysqlConnection,
    keys: list[Key],
    records: list[TableRecord],
    proof: Proof,
) -> None:
    here, there = catalogue.read(connection).digests(), catalogue.read(other).digests()
    for key in keys:
        if here.get(key) == there.get(key):
            proof.otherwise.append(key[1])
        else:
            proof.faults.append(_defined_otherwise(key))
    for record in records:
        table = _asked(record)
        mine, theirs = (dict(_answers(one, table, record)) for one in (connection, other))
        parts = sum(mine.get(place) != theirs.get(place) for place in mine.keys() | theirs.keys())
        if parts:
            proof.faults.append(_rows_differ(record, segments.count_rows(connection, table), parts))
        else:
            proof.otherwise.append(record.name)


def _differing(connection: MysqlConnection, table: Table, record: TableRecord) -> Iterator[Range]:
    """Yield the ranges whose rows are not the archive's, beyond its last one included."""
    wanted = {_range(record, one): Digest(one.rows, one.digest) for one in record.segments}
    for place, found in _answers(connection, table, record):
        if found != wanted.get(place, Digest(0, "")):
            yield place


def _answers(
    connection: MysqlConnection, table: Table, record: TableRecord
) -> list[tuple[Range, Digest]]:
    """Ask for the digests of the ranges of the archive's segments, and of what is beyond them."""
    if not record.segments:
        return [(Range(), Digest(segments.count_rows(connection, table), ""))]
    asked = [_range(record, one) for one in record.segments]
    if record.key:
        last = record.segments[-1].upto
        beyond = [Range(after=last)] if last is not None else []
        return list(segments.digests(connection, table, asked + beyond))
    wide = record.segments[0].wide
    there = segments.bucket_digests(connection, table, record.buckets, wide)
    answers: dict[Range, Digest] = {place: Digest(0, "") for place in asked} | there
    return sorted(answers.items(), key=lambda pair: pair[0].bucket or 0)


def _frames(reader: ArchiveReader, tables: set[str]) -> Iterator[bytes]:
    """Return the archive's frames without the rows of all tables but `tables`."""
    left_out = {
        number
        for record in reader.manifest.tables
        if record.name not in tables
        for one in record.segments
        for number in range(one.frame, one.last_frame + (2 if one.wide else 1))
    }
    for number in range(len(reader.frames) - 1):  # the last is the manifest
        if number not in left_out:
            yield reader.frame(number)


def _range(record: TableRecord, segment: SegmentRecord) -> Range:
    return Range(segment.after, segment.upto, segment.bucket, record.buckets, segment.wide)


def _asked(record: TableRecord) -> Table:
    """Return the table as it must be asked for the archive's digests."""
    columns, key = _columns(record.columns), _columns(record.key)
    return Table(record.name, record.engine, "", columns, key, record.index, 0, 0, False)


def _columns(records: tuple[ColumnRecord, ...]) -> tuple[Column, ...]:
    return tuple(Column(c.name, c.type, cast(Form, c.form), c.charset) for c in records)


def _kind(key: Key) -> str:
    return tr(_KINDS[key[0]])


def _defined_otherwise(key: Key) -> str:
    return tr("The {kind} {name} is defined otherwise than in the archive.",
              kind=_kind(key), name=key[1])  # fmt: skip


def _rows_differ(record: TableRecord, count: int, parts: int) -> str:
    return tr(
        "The rows of {name} are not the archive's: {count} instead of {wanted}, and {parts} of "
        "{all} segments differ.",
        name=record.name,
        count=f"{count:,}",
        wanted=f"{record.rows:,}",
        parts=parts,
        all=len(record.segments),
    )
