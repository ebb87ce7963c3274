"""What a server of another kind or version writes in words of its own: the same definition, the
same number.

Digests are of words.  Between servers that write alike they prove a restore by themselves; between
others rows with FLOAT or DOUBLE are held against the archive's number by number, and definitions,
which were made by the archive's own statements, by their names.
"""

from __future__ import annotations

import hashlib
import struct
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Final

from gmops_desktop.adapters.local_programs import number_of
from gmops_desktop.adapters.mysql import MysqlConnection, lookup
from gmops_desktop.adapters.mysql.connection import Server
from gmops_desktop.adapters.mysql.segments import Range
from gmops_desktop.archive import cells, rows
from gmops_desktop.archive.manifest import ColumnRecord, Source, TableRecord
from gmops_desktop.archive.reader import ArchiveReader
from gmops_desktop.language import tr
from gmops_desktop.services.restores.comparison import Place, archived_rows, asked

_SINGLE: Final = "float"  # how the type of four bytes begins; that of eight is a double, or real


def writes_alike(server: Server, source: Source) -> bool:
    """Say whether a server writes definitions as the one does that an archive was taken of."""
    return server.kind == source.server and server.number[:2] == number_of(source.version)[:2]


def are_the_same(
    connection: MysqlConnection,
    archive: ArchiveReader,
    record: TableRecord,
    name: str,
    places: Sequence[Place],
) -> bool:
    """Say whether the rows of the table `name` whose digests differ from the archive's (`places`)
    are the same but for the words of their numbers.

    That is asked only of another kind of server than the archive's; all these rows travel.
    """
    floating = [place for place, column in enumerate(record.columns) if column.form == "float"]
    if connection.server.kind == archive.manifest.source.server or not floating:
        return False
    if any(segment and segment.wide for _, segment in places):
        return False
    groups = [(place, [segment] if segment else []) for place, segment in places]
    if not record.key:  # other words fall into other buckets: all rows are compared
        groups = [(Range(), list(record.segments))]
    for place, segments in groups:
        wanted = Counter(
            _hash(row, record.columns, floating)
            for segment in segments
            for row in archived_rows(archive, record, segment)
        )
        for row in lookup.every(connection, asked(record, name), place):
            hashed = _hash(row, record.columns, floating)
            if not wanted[hashed]:
                return False
            wanted[hashed] -= 1
        if wanted.total():
            return False
    return True


def told(server: Server, source: Source, names: Collection[str]) -> tuple[str, ...]:
    """Say which definitions could be held against the archive's by their names alone."""
    if not names:
        return ()
    return (
        tr(
            "{server} writes definitions otherwise than {origin}, of which the backup is. Made by"
            " its statements, but not compared word for word: {names}.",
            server=f"{server.kind} {server.version}",
            origin=f"{source.server} {source.version}",
            names=tr(", ").join(sorted(names)),
        ),
    )


def _hash(row: bytes, columns: Sequence[ColumnRecord], floating: Sequence[int]) -> bytes:
    """Return a hash of a row with its numbers as the bits that they are."""
    literals = rows.literals(row)
    for place in floating:
        if literals[place] != b"NULL":
            form = "<f" if columns[place].type.lower().startswith(_SINGLE) else "<d"
            number = float(cells.content(literals[place])) + 0.0  # some servers lose the sign of -0
            literals[place] = struct.pack(form, number).hex().encode()
    return hashlib.sha256(b",".join(literals)).digest()[:16]
