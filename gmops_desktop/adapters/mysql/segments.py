"""What a segment of a table is to the server: where it lies, what its text is, how it hashes.

A segment's text is its rows joined by a comma and a NUL byte; its digest is SHA-256 of that text.
The server computes both, so a digest can be had without the text.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Final, Self

from gmops_desktop.adapters.mysql import runs
from gmops_desktop.adapters.mysql.connection import MysqlConnection, Row
from gmops_desktop.adapters.mysql.definitions import Table
from gmops_desktop.adapters.mysql.dialect import between, literal, name, order, row

TARGET: Final = 1 << 20  # bytes of text that a segment should have
CAP: Final = 2 << 20  # bytes that a segment's text stays below
LONGEST: Final = 16 << 20  # bytes that it may have where rows that are the same cannot be parted
HASH: Final = 12  # hexadecimal digits of a row's SHA-256 that tell it from others
PATIENCE: Final = 0.5  # seconds that one question for digests may take the server

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
    """What a server says of a range of rows, without sending them: their SHA-256, and the sums of
    their runs where these were asked for."""

    rows: int
    digest: str
    runs: tuple[int, ...] | None = field(default=None, compare=False)


def cap(connection: MysqlConnection, most: int = CAP) -> int:
    """Return what a segment's text stays below, so that the server takes it back as a statement."""
    packet = connection.server.max_packet
    return min(most, max(packet - (64 << 10), packet // 2))


def prepare(connection: MysqlConnection) -> None:
    """Set the session so that the server writes the same text whatever its own settings."""
    limit = "max_statement_time" if connection.server.mariadb else "max_execution_time"
    settings = [
        "sql_mode='ALLOW_INVALID_DATES'",  # a key may be one, and must compare as it lies
        "time_zone='+00:00'",
        "sql_quote_show_create=1",
        "sql_select_limit=DEFAULT",
        f"group_concat_max_len={LONGEST}",
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


class Pace:
    """How many questions to ask at once so that the server answers in about half a second."""

    def __init__(self) -> None:
        self.count = 4
        self._begun = 0.0

    def __enter__(self) -> Self:
        self._begun = time.monotonic()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        pace = PATIENCE / max(time.monotonic() - self._begun, 0.001)
        self.count = max(1, min(int(self.count * min(pace, 4.0)), 200))


def digests(
    connection: MysqlConnection, table: Table, ranges: Sequence[Range]
) -> Iterator[tuple[Range, Digest]]:
    """Ask for the digests of `ranges`, as many at once as take about half a second."""
    pace, position = Pace(), 0
    while position < len(ranges):
        some = ranges[position : position + pace.count]
        questions = [digest_question(n, table, r) for n, r in enumerate(some)]
        with pace:
            answers = connection.rows(" UNION ALL ".join(questions))
        yield from zip(some, digest_answers(answers), strict=True)
        position += len(some)


def digest_question(number: int, table: Table, r: Range, modulus: int = 0) -> str:
    """Return the SELECT for the digest of a range; `number` names it among others.

    With a `modulus` the sums of its runs come with it; such questions follow upon `runs.START`.
    """
    text, condition = parts(table, r)
    sums = "NULL total,NULL ends"
    if modulus:
        text, sums = f"{runs.TEXT}:={text}", runs.columns(table, runs.TEXT, modulus)
    return (
        f"SELECT {number},COUNT(*),SHA2({joined(table, r, text)},256),{sums}"
        f" FROM {source(table)} WHERE {condition}"
    )


def runs_question(number: int, table: Table, r: Range, modulus: int) -> str:
    """Return the SELECT for the sums of a range's runs alone; it follows upon `runs.START`."""
    text, condition = parts(table, r)
    sums = runs.columns(table, text, modulus)
    return f"SELECT {number},COUNT(*),NULL digest,{sums} FROM {source(table)} WHERE {condition}"


def count_question(number: int, table: Table, r: Range | None = None) -> str:
    """Return the SELECT for the number of rows in a range, or in the whole table."""
    condition = f" WHERE {between(table.key, r.after, r.upto)}" if r else ""
    where = source(table) if r else name(table.name)
    return f"SELECT {number},COUNT(*),NULL digest,NULL total,NULL ends FROM {where}{condition}"


def digest_answers(answers: Sequence[Row]) -> list[Digest]:
    """Return the digests in the order of their questions' numbers."""
    found = sorted(answers, key=lambda answer: int(answer[0]))
    sums = runs.sums([(total, ends) for *_, total, ends in found])
    return [
        Digest(int(rows), digest or "", of_runs)
        for (_, rows, digest, *_), of_runs in zip(found, sums, strict=True)
    ]


def bucket_digests(
    connection: MysqlConnection, table: Table, buckets: int, wide: tuple[str, ...]
) -> dict[Range, Digest]:
    """Ask for the digest of every bucket that holds rows, in one pass over the table."""
    text = row(table.columns, wide)
    r = Range(bucket=0, buckets=buckets, wide=wide)
    answers = connection.rows(
        f"SELECT b,n,SHA2(x,256) FROM (SELECT CRC32({text})%{buckets} b,COUNT(*) n,"
        f"{joined(table, r, text)} x FROM {name(table.name)} GROUP BY 1) s"
    )
    return {
        replace(r, bucket=int(bucket)): Digest(int(rows), digest or "")
        for bucket, rows, digest in answers
    }


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
