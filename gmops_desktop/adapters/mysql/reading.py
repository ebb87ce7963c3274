"""Reads a keyed table and cuts it into segments.

A table that lies in the order of a key of numbers comes row after row, and is cut and hashed here.
Of any other the server puts each segment together and hashes it.  What it cannot build in one
piece, because it would pass its packet size, is read closer: fewer rows, then values in pieces.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from gmops_desktop.adapters.mysql import segments, snapshot
from gmops_desktop.adapters.mysql.connection import MysqlConnection, Row
from gmops_desktop.adapters.mysql.cutting import Cut
from gmops_desktop.adapters.mysql.definitions import Table
from gmops_desktop.adapters.mysql.dialect import (
    LARGE,
    Column,
    between,
    closed_line,
    comparable,
    key_tuple,
    line,
    long_text,
    name,
    open_line,
    order,
)
from gmops_desktop.adapters.mysql.pieces import (
    MOST_PIECE,
    Piece,
    Segment,
    checked,
    piece_size,
    pieces_of,
    prove,
    size_of,
    too_large,
    wide_columns,
)
from gmops_desktop.adapters.mysql.segments import (
    PATIENCE,
    Bound,
    Range,
    cap,
    joined,
    parts,
    source,
)

_MOST_ROWS: Final = 50_000
_FIRST_ROWS: Final = 16  # of a flow; what the server guesses of their size may be far off
_LONG: Final = 2 << 10  # bytes of a row, on average, from which it pays to quote its text here
_AT_ONCE: Final = 8 << 20  # bytes of rows in one answer; twice as many are held at most
_WHOLE_NUMBERS: Final = ("tinyint", "smallint", "mediumint", "int", "bigint")


def read_range(
    connection: MysqlConnection,
    table: Table,
    after: Bound = None,
    upto: Bound = None,
    *,
    once_whole: bool = False,
) -> Iterator[Piece | Segment]:
    """Read the rows with keys in (`after`, `upto`], each segment after its large values' pieces.

    The last segment ends at the highest key that there is.  A range that was one segment is one
    again (`once_whole`) if it still fits.  The connection must be prepared (`segments.prepare`) and
    inside its snapshot.
    """
    ranges = _Ranges(connection, table)
    if once_whole and (segment := ranges.whole(Range(after, upto))):
        yield segment
    else:
        yield from ranges.read(after, upto)


def bound(connection: MysqlConnection, table: Table, place: Range, rows: int, of: int) -> Bound:
    """Return a key after about `rows` of a range, which has about `of`; None where it has fewer.

    Of whole numbers it is calculated, which spares the server to walk there, and need not exist.
    """
    if len(table.key) == 1 and table.key[0].type.startswith(_WHOLE_NUMBERS):
        key = name(table.key[0].name)
        lowest, highest = snapshot.one(
            connection,
            f"SELECT MIN({key}),MAX({key}) FROM {source(table)}"
            f" WHERE {between(table.key, place.after, place.upto)}",
        )
        if lowest is None or rows >= of:
            return None
        calculated = int(lowest) + (int(highest) - int(lowest)) * rows // of
        return (str(calculated),) if calculated < int(highest) else None
    found = snapshot.rows(connection, _key_at(table, place.after, place.upto, rows))
    return _parsed(found[0][0]) if found else None


def flows(connection: MysqlConnection, table: Table) -> bool:
    """Say whether rows come one after another, each telling its key.

    They must lie in its order, and nobody may wait while they come, as writers of a MyISAM table
    would; nor may the line be slow, for each row has a head that hardly shrinks.  Nothing can slip
    away between the segments of one flow, so that it need not be counted.
    """
    if connection.context.line.compression or connection.context.line.limit:
        return False
    leading = table.columns[: len(table.key)]
    numbers = all(column.form == "number" for column in leading)
    return table.clustered and leading == table.key and numbers


class _Ranges:
    """Cuts along a key, looking one bound ahead so that a segment costs one round trip."""

    def __init__(self, connection: MysqlConnection, table: Table) -> None:
        self._connection = connection
        self._table = table
        self._cap = cap(connection)
        self._target = min(segments.TARGET, self._cap * 3 // 4)
        self._average = table.text_guess / table.rows_guess if table.rows_guess else 100.0
        self._count = self._clamped(self._target / max(self._average, 20.0) * 0.6)

    def read(self, after: Bound = None, end: Bound = None) -> Iterator[Piece | Segment]:
        """Read the keys in (`after`, `end`]; the last segment ends at the highest key there is."""
        if flows(self._connection, self._table):
            yield from self._flowing(after, end)
        else:
            yield from self._one_by_one(after, end)

    def _flowing(self, after: Bound, end: Bound) -> Iterator[Piece | Segment]:
        """Let the server send row after row, some segments' worth at a time, and cut them here.

        That spares the server half its time.  That nothing changes on the way is for TLS and SSH to
        see to, as with all else that it says.  Segments are handed out between two answers, when
        nobody who wants to alter the table has to wait; and what came with an answer that breaks
        off is lost.  So an answer takes half a second, as far as the rows before it tell.
        """
        columns, limit = self._table.columns, self._cap
        long = long_text(columns) if self._average >= _LONG else None
        text = f"LEFT({open_line(columns, long) if long else line(columns)},{limit})"
        cut, wanted = Cut(len(self._table.key), after, self._target), _FIRST_ROWS
        while True:
            question = (
                f"SELECT {text} FROM {source(self._table)}"
                f" WHERE {between(self._table.key, after, end)}"
                f" ORDER BY {order(self._table.key)} LIMIT {wanted}"
            )
            came, kept, taken, begun = 0, cut.rows, cut.bytes, time.monotonic()
            fitting, room = True, True
            with snapshot.table(self._connection):
                for values in self._connection.values(question):
                    came += len(values)
                    if fitting and room:
                        fitting = cut.add(_closed(values, limit) if long else values, limit)
                        room = cut.bytes - taken < 2 * _AT_ONCE
            kept, taken = cut.rows - kept, max(cut.bytes - taken, 1)
            enough = min(_AT_ONCE, taken / (time.monotonic() - begun) * PATIENCE)
            for segment in cut.full():
                self._adapt(segment.rows, len(segment.text))
                yield segment
            if fitting and (came == wanted or not room):  # the rest is asked for again
                after = cut.last
                wanted = self._clamped(min(wanted * 8, kept * enough / taken))
                continue
            if rest := cut.closed():
                yield rest
            if fitting:
                return
            # A row is too large, or the server could not build it.
            upto = self._bound(
                snapshot.rows(self._connection, _key_at(self._table, after, end, came))
            )
            yield from self._one_by_one(cut.after, upto)
            cut.after = after = upto

    def _one_by_one(self, after: Bound, end: Bound) -> Iterator[Piece | Segment]:
        """Let the server put each segment together, and hash it."""
        upto = self._bound(
            snapshot.rows(self._connection, "SELECT " + self._bound_query(after, end))
        )
        while upto is not None:
            r = Range(after, upto)
            answer = snapshot.one(self._connection, self._query(r, self._bound_query(upto, end)))
            rows, text, digest = int(answer[0]), answer[1], answer[2]
            segment = checked(self._table, r, rows, text, digest, self._cap) if rows else None
            if segment:
                yield segment
                self._adapt(rows, len(segment.text))
            elif rows:
                yield from self._closely(r)
            after, upto = upto, self._bound([(answer[3],)])

    def whole(self, r: Range) -> Segment | None:
        """Read a range as one segment; None where it is too large for that, or empty."""
        answer = snapshot.one(self._connection, self._query(r))
        rows = int(answer[0])
        return checked(self._table, r, rows, answer[1], answer[2], self._cap) if rows else None

    def _query(self, r: Range, following: str = "NULL") -> str:
        text, condition = parts(self._table, r)
        return (
            f"SELECT n,IF(LENGTH(x)<{self._cap},x,NULL),SHA2(x,256),{following} FROM"
            f" (SELECT COUNT(*) n,{joined(self._table, r, text)} x FROM {source(self._table)}"
            f" WHERE {condition}) s"
        )

    def _bound_query(self, after: Bound, end: Bound) -> str:
        """Return the expression for the key that is a segment's worth of rows beyond `after`."""
        key = self._table.key
        highest = ",".join(f"{comparable(column)} DESC" for column in key)
        return (
            f"COALESCE(({_key_at(self._table, after, end, self._count)}),"
            f"({_keys(self._table, after, end)} ORDER BY {highest} LIMIT 1))"
        )

    def _bound(self, rows: Sequence[Row]) -> Bound:
        return _parsed(rows[0][0]) if rows else None

    def _adapt(self, rows: int, size: int) -> None:
        """Aim at the target size by what the last rows took; grow slowly, shrink at once."""
        wanted = rows * self._target / max(size, 1)
        self._count = self._clamped(min(wanted, self._count * 3))

    def _clamped(self, count: float) -> int:
        return max(1, min(int(count), _MOST_ROWS))

    def _closely(self, r: Range) -> Iterator[Piece | Segment]:
        """Read a range whose text was too long, by the rows' own sizes."""
        key = self._table.key
        large = [column for column in self._table.columns if column.form in LARGE]
        sizes = [size_of(column) for column in large]
        rows = snapshot.rows(
            self._connection,
            f"SELECT {','.join([key_tuple(key), *sizes])} FROM {source(self._table)}"
            f" WHERE {between(key, r.after, r.upto)} ORDER BY {order(key)}",
        )
        after, start, total = r.after, 0, 0
        measured = [(tuple(k.decode().split("\t")), [int(s) for s in s]) for k, *s in rows]
        for position, (bound, of_columns) in enumerate(measured):
            size = sum(of_columns) + 200
            last = position == len(measured) - 1
            ahead = 0 if last else sum(measured[position + 1][1]) + 200
            total += size
            if last or total + ahead > self._target:
                part = Range(after, r.upto if last else bound)
                single = position == start
                yield from self._part(part, dict(zip(large, of_columns, strict=True)), single)
                after, start, total = bound, position + 1, 0

    def _part(self, r: Range, sizes: dict[Column, int], single: bool) -> Iterator[Piece | Segment]:
        answer = snapshot.one(self._connection, self._query(r))
        segment = checked(self._table, r, int(answer[0]), answer[1], answer[2], self._cap)
        if segment:
            self._adapt(segment.rows, len(segment.text))
            yield segment
        elif single:
            yield from self._wide(replace(r, wide=wide_columns(sizes)), sizes)
        else:  # strings that doubled by escaping: cut by halves
            yield from self._halves(r, int(answer[0]))

    def _halves(self, r: Range, rows: int) -> Iterator[Piece | Segment]:
        self._count = max(rows // 2, 1)
        middle = self._bound(
            snapshot.rows(self._connection, "SELECT " + self._bound_query(r.after, r.upto))
        )
        yield from self._closely(Range(r.after, middle))
        yield from self._closely(Range(middle, r.upto))

    def _wide(self, r: Range, sizes: dict[Column, int]) -> Iterator[Piece | Segment]:
        """Read a single row whose large values come in pieces before it."""
        answer = snapshot.one(self._connection, self._query(r))
        segment = checked(self._table, r, int(answer[0]), answer[1], answer[2], self._cap)
        if segment is None:
            raise too_large(self._table)
        for column in sizes:
            if column.name in r.wide:
                yield from self._pieces(r, column)
        yield segment

    def _pieces(self, r: Range, column: Column) -> Iterator[Piece]:
        c, condition = name(column.name), between(self._table.key, r.after, r.upto)
        if column.form == "json":
            c = f"CAST({c} AS CHAR CHARACTER SET utf8mb4)"
        rest = f"FROM {source(self._table)} WHERE {condition}"
        variable, length = snapshot.one(
            self._connection, f"SELECT SHA2({c},256),LENGTH({c}) {rest}"
        )
        if variable is None:
            return
        size = piece_size(int(length))
        # The server begins anew with each question.  A character has up to four bytes.
        step = min(MOST_PIECE, self._connection.server.max_packet // 2)
        step //= 1 if column.form == "bytes" else 4
        sha256, start = hashlib.sha256(), 1
        while True:
            (data,) = snapshot.one(
                self._connection, f"SELECT CAST(SUBSTRING({c},{start},{step}) AS BINARY) {rest}"
            )
            if not data and start > 1:
                break
            sha256.update(data)
            yield from pieces_of(variable, data, size)
            start += step
        prove(self._table, variable, sha256.hexdigest())


def _closed(values: Sequence[bytes | None], limit: int) -> list[bytes | None]:
    """Close the lines that came with a gap; those that could not be built, or were cut, stay."""
    return [closed_line(one) if one and len(one) < limit else one for one in values]


def _keys(table: Table, after: Bound, end: Bound) -> str:
    condition = between(table.key, after, end)
    return f"SELECT {key_tuple(table.key)} FROM {source(table)} WHERE {condition}"


def _key_at(table: Table, after: Bound, end: Bound, rows: int) -> str:
    """Return the SELECT for the key of the `rows`-th row of a range."""
    keys = _keys(table, after, end)
    return f"{keys} ORDER BY {order(table.key)} LIMIT 1 OFFSET {rows - 1}"


def _parsed(key: bytes | None) -> Bound:
    return tuple(key.decode().split("\t")) if key is not None else None
