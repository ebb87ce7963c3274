"""What a segment of a table is to the server: where it lies, what its text is, how it hashes.

A segment's text is its rows joined by a comma and a NUL byte; its digest is SHA-256 of that text.
The server computes both, so a digest can be had without the text.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from gmops_desktop.adapters.mysql.connection import MysqlConnection
from gmops_desktop.adapters.mysql.definitions import Table
from gmops_desktop.adapters.mysql.dialect import between, literal, name, order, row

CAP: Final = 2 << 20  # bytes of text from which the server would cut it
HASH: Final = 12  # hexadecimal digits of a row's SHA-256 that tell it from others
_PATIENCE: Final = 0.5  # seconds that one question for digests may take the server

Bound = tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Range:
    """Where a segment lies: keys in (`after`, `upto`], or one of `buckets` by the rows' CRC-32."""

    after: Bound = None
    upto: Bound = None
    bucket: int | None = None
    buckets: int = 0
    wide: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Digest:
    """What a server says of a range of rows, without sending them."""

    rows: int
    digest: str


def prepare(connection: MysqlConnection) -> None:
    """Set the session so that the server writes the same text whatever its own settings."""
    limit = "max_statement_time" if connection.server.mariadb else "max_execution_time"
    settings = [
        "sql_mode='ALLOW_INVALID_DATES'",  # a key may be one, and must compare as it lies
        "time_zone='+00:00'",
        "sql_quote_show_create=1",
        "sql_select_limit=DEFAULT",
        f"group_concat_max_len={CAP}",
        "net_write_timeout=600",
        "net_read_timeout=600",
        "wait_timeout=28800",
        "lock_wait_timeout=60",
        *(
            [f"{limit}=0"]
            if connection.server.mariadb or connection.server.number >= (5, 7)
            else []
        ),
    ]
    connection.run("SET SESSION " + ", ".join(settings))


def digests(
    connection: MysqlConnection, table: Table, ranges: Sequence[Range]
) -> Iterator[tuple[Range, Digest]]:
    """Ask for the digests of `ranges`, as many at once as take about half a second."""
    position, count = 0, 4
    while position < len(ranges):
        some = ranges[position : position + count]
        begun = time.monotonic()
        answers = connection.rows(
            " UNION ALL ".join(_digest_query(table, number, r) for number, r in enumerate(some))
        )
        found = {int(answer[0]): answer for answer in answers}
        for number, asked in enumerate(some):
            _, rows, digest = found[number]
            yield asked, Digest(int(rows), digest or "")
        position += len(some)
        pace = _PATIENCE / max(time.monotonic() - begun, 0.001)
        count = max(1, min(int(count * min(pace, 4.0)), 200))


def fingerprints(connection: MysqlConnection, table: Table, r: Range) -> Iterator[tuple[str, str]]:
    """Ask for each row of a range: short hashes of its key's literals and of its text.

    Without a key the first is the second.  They serve to count differences by.
    """
    text, condition = parts(table, r)
    key = f"CAST(CONCAT_WS(',',{','.join(map(literal, table.key))}) AS BINARY)"
    both = ",".join(f"LEFT(SHA2({part},256),{HASH})" for part in (key if table.key else text, text))
    rest = f"FROM {source(table)} WHERE {condition}"
    rows, joined = connection.one(f"SELECT COUNT(*),GROUP_CONCAT({both} SEPARATOR '') {rest}")
    joined = joined or ""
    if len(joined) == 2 * HASH * int(rows):
        for start in range(0, len(joined), 2 * HASH):
            yield joined[start : start + HASH], joined[start + HASH : start + 2 * HASH]
    else:  # more rows than one answer holds, or rows larger than the server can build
        for row_hashes in connection.stream(f"SELECT {both} {rest}"):
            yield row_hashes[0] or "", row_hashes[1] or ""


def count_rows(connection: MysqlConnection, table: Table) -> int:
    """Return how many rows `table` has now."""
    return int(connection.one(f"SELECT COUNT(*) FROM {name(table.name)}")[0])


def _digest_query(table: Table, number: int, r: Range) -> str:
    text, condition = parts(table, r)
    return (
        f"SELECT {number}, COUNT(*), SHA2({joined(table, r, text)},256)"
        f" FROM {source(table)} WHERE {condition}"
    )


def parts(table: Table, r: Range) -> tuple[str, str]:
    """Return a range's row expression and its condition."""
    text = row(table.columns, r.wide)
    if r.bucket is None:
        return text, between(table.key, r.after, r.upto)
    return text, f"CRC32({text})%{r.buckets}={r.bucket}"


def joined(table: Table, r: Range, text: str) -> str:
    """Return the aggregate of a range's text: rows in the order of the key, or of themselves.

    Sorting is spared where the rows lie in that order: it costs the server a sixth of its time.
    """
    if r.bucket is not None:
        ordered = f" ORDER BY {text}"
    else:
        ordered = "" if table.clustered else f" ORDER BY {order(table.key)}"
    return f"GROUP_CONCAT({text}{ordered} SEPARATOR ',\\0')"


def source(table: Table) -> str:
    """Name the table; another index than the primary may be switched off, so none is forced."""
    return name(table.name) + (" FORCE INDEX (PRIMARY)" if table.index == "PRIMARY" else "")
