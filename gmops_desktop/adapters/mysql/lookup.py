"""Asks a server for rows of a range: those with given hashes, or all of them as they come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

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

_AT_ONCE: Final = 500  # hashes in one question


def chosen(
    connection: MysqlConnection, table: Table, r: Range, wanted: Sequence[str]
) -> Iterator[bytes]:
    """Return the rows of a range whose text has one of these short hashes."""
    text, condition = parts(table, r)
    for start in range(0, len(wanted), _AT_ONCE):
        listed = ",".join(f"'{one}'" for one in wanted[start : start + _AT_ONCE] if one)
        if listed:
            yield from _texts(
                connection,
                f"SELECT {text} FROM {source(table)} WHERE ({condition})"
                f" AND LEFT(SHA2({text},256),{HASH}) IN ({listed}){_order(table, r)}",
            )
    if "" in wanted:
        yield from _oversized(connection, table, r)


def every(connection: MysqlConnection, table: Table, r: Range) -> Iterator[bytes]:
    """Return all rows of a range, one after the other; in the key's order where it has one."""
    text, condition = parts(table, r)
    missing = 0
    for (found,) in connection.stream(
        f"SELECT {text} FROM {source(table)} WHERE {condition}{_order(table, r)}"
    ):
        if found is None:
            missing += 1
        else:
            yield _bytes(found)
    if missing:
        yield from _oversized(connection, table, r)


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
    return _oversized(connection, table, Range(wide=wide))


def _oversized(connection: MysqlConnection, table: Table, r: Range) -> Iterator[bytes]:
    wide = tuple(column.name for column in table.columns if column.form in LARGE)
    text, condition = parts(table, r)
    short = row(table.columns, wide)
    yield from _texts(
        connection,
        f"SELECT {short} FROM {source(table)} WHERE ({condition}) AND {text} IS NULL"
        f"{_order(table, r)}",
    )


def _order(table: Table, r: Range) -> str:
    return f" ORDER BY {order(table.key)}" if r.bucket is None and table.key else ""


def _texts(connection: MysqlConnection, statement: str) -> Iterator[bytes]:
    for (found,) in connection.stream(statement):
        if found is not None:
            yield _bytes(found)


def _bytes(found: bytes | str) -> bytes:
    return found if isinstance(found, bytes) else found.encode()
