"""Asks a server for rows of a range: those with given hashes, or all of them as they come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gmops_desktop.adapters.mysql.connection import MysqlConnection
from gmops_desktop.adapters.mysql.definitions import Table
from gmops_desktop.adapters.mysql.dialect import LARGE, order, row
from gmops_desktop.adapters.mysql.segments import (
    HASH,
    Digest,
    Range,
    joined,
    parts,
    source,
)


def chosen(
    connection: MysqlConnection, table: Table, r: Range, wanted: Sequence[str]
) -> Iterator[bytes]:
    """Return the rows of a range whose text has one of these short hashes; the empty one stands
    for rows too large to be built.  In the key's order where there is one."""
    text, condition = parts(table, r)
    listed = ",".join(f"'{one}'" for one in wanted if one) or "''"
    found = f"LEFT(SHA2({text},256),{HASH}) IN ({listed})"
    if "" in wanted:
        found = f"({found} OR {text} IS NULL)"
    yield from _texts(connection, table, r, f"({condition}) AND {found}")


def every(connection: MysqlConnection, table: Table, r: Range) -> Iterator[bytes]:
    """Return all rows of a range, one after the other; in the key's order where there is one."""
    yield from _texts(connection, table, r, parts(table, r)[1])


def bucket_digests(
    connection: MysqlConnection, table: Table, buckets: int, wide: tuple[str, ...]
) -> Iterator[tuple[Range, Digest]]:
    """Ask for the digests of all buckets in one pass over the table.

    Rows too large to be built fall into none: they come last, as a range without bucket whose
    digest is empty.
    """
    text = row(table.columns, wide)
    together = joined(table, Range(bucket=0, buckets=buckets, wide=wide), text)
    for bucket, rows, digest in connection.rows(
        f"SELECT CRC32({text})%{buckets} b,COUNT(*),SHA2({together},256) FROM {source(table)}"
        f" GROUP BY 1 ORDER BY b IS NULL,b"
    ):
        if bucket is None:
            yield Range(wide=wide), Digest(int(rows), "")
        else:
            place = Range(bucket=int(bucket), buckets=buckets, wide=wide)
            yield place, Digest(int(rows), digest or "")


def oversized(connection: MysqlConnection, table: Table, wide: tuple[str, ...]) -> Iterator[bytes]:
    """Return the rows that are too large to be built whole, their large values by SHA-256."""
    r = Range(wide=wide)
    yield from _texts(connection, table, r, f"{parts(table, r)[0]} IS NULL")


def _texts(connection: MysqlConnection, table: Table, r: Range, condition: str) -> Iterator[bytes]:
    """Hand out rows as they come; of one too large to be built, large values by SHA-256."""
    wide = tuple(column.name for column in table.columns if column.form in LARGE)
    text = f"COALESCE({parts(table, r)[0]},{row(table.columns, wide)})"
    ordered = f" ORDER BY {order(table.key)}" if r.bucket is None and table.key else ""
    for (found,) in connection.stream(
        f"SELECT {text} FROM {source(table)} WHERE {condition}{ordered}"
    ):
        if found is not None:  # a row whose small values alone are too large for the server
            yield found if isinstance(found, bytes) else found.encode()
