"""Reads a table whole and cuts it into segments.

A table that lies in the order of a key of numbers comes row after row, and is cut and hashed here.
Of any other the server puts each segment together and hashes it.  What it cannot build in one
piece, because it would pass its packet size, is read closer: fewer rows, then values in pieces.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, cast

from gmops_desktop.adapters.mysql import snapshot
from gmops_desktop.adapters.mysql.connection import MysqlConnection, Row
from gmops_desktop.adapters.mysql.definitions import Table
from gmops_desktop.adapters.mysql.dialect import (
    LARGE,
    Column,
    between,
    comparable,
    key_tuple,
    line,
    name,
    order,
    row,
)
from gmops_desktop.adapters.mysql.segments import (
    LONGEST,
    PATIENCE,
    Bound,
    Range,
    cap,
    joined,
    parts,
    source,
)
from gmops_desktop.errors import OpsError, ProofFailed
from gmops_desktop.language import tr

_TARGET: Final = 1 << 20  # bytes of text that a segment should have
_WIDE: Final = 256 << 10  # bytes of a large row that may stand in its text; the rest in pieces
_PIECE: Final = 256 << 10  # bytes of a piece; more, up to the most, of a value that is very large
_MOST_PIECE: Final = 4 << 20
_MOST_ROWS: Final = 50_000
_FIRST_ROWS: Final = 16  # of a flow; what the server guesses of their size may be far off
_AT_ONCE: Final = 8 << 20  # bytes of rows in one answer; twice as many are held at most
_WHOLE_NUMBERS: Final = ("tinyint", "smallint", "mediumint", "int", "bigint")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a value too large for a statement; `variable` is the whole value's SHA-256."""

    variable: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Segment:
    """The rows of a range: their text and its digest, as the server computed it."""

    range: Range
    rows: int
    text: bytes
    digest: str


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


def read_buckets(
    connection: MysqlConnection, table: Table, only: Sequence[Range] | None = None
) -> Iterator[Piece | Segment]:
    """Read a table without a usable key, or `only` some of its buckets."""
    return _Buckets(connection, table).read(only)


def _checked(
    table: Table, r: Range, rows: int, text: bytes | None, digest: str, limit: int
) -> Segment | None:
    """Check what the server sent; None where the text was cut or could not be built."""
    if text is None or len(text) >= limit or text.count(b"\0") + 1 != rows:
        return None
    if hashlib.sha256(text).hexdigest() != digest:
        raise ProofFailed(
            tr("Rows of {table} arrived otherwise than the server sent them.", table=table.name),
            hint=tr("Start again; if it happens again, the line or this machine is faulty."),
            unharmed=tr("No archive was written."),
        )
    return Segment(r, rows, text, digest)


class _Ranges:
    """Cuts along a key, looking one bound ahead so that a segment costs one round trip."""

    def __init__(self, connection: MysqlConnection, table: Table) -> None:
        self._connection = connection
        self._table = table
        self._cap = cap(connection)
        self._target = min(_TARGET, self._cap * 3 // 4)
        average = table.text_guess / table.rows_guess if table.rows_guess else 100.0
        self._count = self._clamped(self._target / max(average, 20.0) * 0.6)

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
        text = f"LEFT({line(self._table.columns)},{self._cap})"
        cut, wanted = _Cut(len(self._table.key), after, self._target), _FIRST_ROWS
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
                        fitting = cut.add(values, self._cap)
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
            segment = _checked(self._table, r, rows, text, digest, self._cap) if rows else None
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
        return _checked(self._table, r, rows, answer[1], answer[2], self._cap) if rows else None

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
        sizes = [_size(column) for column in large]
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
        segment = _checked(self._table, r, int(answer[0]), answer[1], answer[2], self._cap)
        if segment:
            self._adapt(segment.rows, len(segment.text))
            yield segment
        elif single:
            yield from self._wide(replace(r, wide=_wide(sizes)), sizes)
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
        segment = _checked(self._table, r, int(answer[0]), answer[1], answer[2], self._cap)
        if segment is None:
            raise _too_large(self._table)
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
        size = _piece(int(length))
        # The server begins anew with each question.  A character has up to four bytes.
        step = min(_MOST_PIECE, self._connection.server.max_packet // 2)
        step //= 1 if column.form == "bytes" else 4
        sha256, start = hashlib.sha256(), 1
        while True:
            (data,) = snapshot.one(
                self._connection, f"SELECT CAST(SUBSTRING({c},{start},{step}) AS BINARY) {rest}"
            )
            if not data and start > 1:
                break
            sha256.update(data)
            yield from _cut(variable, data, size)
            start += step
        _prove(self._table, variable, sha256.hexdigest())


class _Cut:
    """Gathers rows that come in the order of a key of numbers into segments of `target` bytes.

    `after` is where the segment begins that is gathered.  The key's `columns` lead each row.
    """

    def __init__(self, columns: int, after: Bound, target: int) -> None:
        self.after = after
        self._columns = columns
        self._target = target
        self._rows: list[bytes] = []
        self._size = 0
        self._full: list[Segment] = []
        self.rows = self.bytes = 0  # that were added in all

    def add(self, values: Sequence[bytes | None], limit: int) -> bool:
        """Add rows; say whether all of them could be built, and are shorter than `limit`."""
        rows = cast(Sequence[bytes], values)
        try:
            size = sum(map(len, rows))
        except TypeError:  # a NULL; to look for one takes longer
            return False
        if size >= limit and max(map(len, rows)) >= limit:
            return False
        size += 2 * len(rows)
        self.rows += len(rows)
        self.bytes += size
        if self._size + size <= self._target:
            self._rows += rows
            self._size += size
            return True
        for one in rows:
            if self._rows and self._size + len(one) + 2 > self._target:
                self._full.append(self._segment())
            self._rows.append(one)
            self._size += len(one) + 2
        return True

    def full(self) -> list[Segment]:
        """Take the segments that have become full."""
        taken, self._full = self._full, []
        return taken

    def closed(self) -> Segment | None:
        """Return the segment of the rows that are left, if there are."""
        return self._segment() if self._rows else None

    @property
    def last(self) -> Bound:
        """The key of the last row that was added."""
        literals = self._rows[-1][1:-1].split(b",", self._columns)
        return tuple(literal.decode() for literal in literals[: self._columns])

    def _segment(self) -> Segment:
        text, r = b",\0".join(self._rows), Range(self.after, self.last)
        segment = Segment(r, len(self._rows), text, hashlib.sha256(text).hexdigest())
        self.after, self._rows, self._size = r.upto, [], 0
        return segment


class _Buckets:
    """Cuts a table without a usable key by its rows' CRC-32, in one pass over it."""

    def __init__(self, connection: MysqlConnection, table: Table) -> None:
        self._connection = connection
        self._table = table
        self._cap = cap(connection)
        self._longest = cap(connection, LONGEST)

    def read(self, only: Sequence[Range] | None) -> Iterator[Piece | Segment]:
        if only:
            yield from self._segments(self._in_one_pass(only[0], only), only[0])
            return
        table = self._table
        large = [column for column in table.columns if column.form in LARGE]
        widest = snapshot.one(
            self._connection,
            f"SELECT {','.join(['COUNT(*)', *(f'MAX({_size(c)})' for c in large)])}"
            f" FROM {name(table.name)}",
        )
        if widest[0] == "0":
            return
        sizes = {c: int(size or 0) for c, size in zip(large, widest[1:], strict=True)}
        wide = _wide(sizes)
        place = Range(bucket=0, buckets=self._buckets(row(table.columns, wide)), wide=wide)
        answers = self._by_bucket(place) if wide else self._in_one_pass(place)
        yield from self._segments(answers, place)

    def _buckets(self, text: str) -> int:
        """Choose how many buckets there are: so many that chance makes none too large."""
        title = name(self._table.name)
        (total,) = snapshot.one(self._connection, f"SELECT SUM(LENGTH({text})+2) FROM {title}")
        if total is None:
            raise _too_large(self._table)
        buckets, before = max(1, -(-int(total) * 2 // _TARGET)), int(total) + 1
        while True:
            (found,) = snapshot.one(
                self._connection,
                f"SELECT MAX(s) FROM (SELECT SUM(LENGTH({text})+2) s FROM {title}"
                f" GROUP BY CRC32({text})%{buckets}) g",
            )
            # Rows that are the same stay together, however many buckets there are.
            if int(found) < self._cap or int(found) >= before:
                return buckets
            buckets, before = buckets * 2, int(found)

    def _segments(self, answers: Iterator[Row], place: Range) -> Iterator[Piece | Segment]:
        for bucket, rows, together, digest in answers:
            r = replace(place, bucket=int(bucket))
            segment = _checked(self._table, r, int(rows), together, digest, self._longest)
            if segment is None:
                raise _too_large(self._table)
            yield from self._pieces(r)
            yield segment

    def _in_one_pass(self, place: Range, only: Sequence[Range] | None = None) -> Iterator[Row]:
        text = row(self._table.columns)
        bucket = f"CRC32({text})%{place.buckets}"
        chosen = f" WHERE {bucket} IN ({','.join(str(r.bucket) for r in only)})" if only else ""
        return self._connection.stream(
            f"SELECT b,n,x,SHA2(x,256) FROM (SELECT {bucket} b,COUNT(*) n,"
            f"{joined(self._table, place, text)} x FROM {name(self._table.name)}{chosen}"
            f" GROUP BY 1) s ORDER BY 1"
        )

    def _by_bucket(self, place: Range) -> Iterator[Row]:
        """Ask bucket by bucket, because the large values are asked for in between."""
        for bucket in range(place.buckets):
            r = replace(place, bucket=bucket)
            text, condition = parts(self._table, r)
            answer = snapshot.one(
                self._connection,
                f"SELECT {bucket},n,x,SHA2(x,256) FROM (SELECT COUNT(*) n,"
                f"{joined(self._table, r, text)} x FROM {name(self._table.name)}"
                f" WHERE {condition}) s",
            )
            if answer[1] != "0":
                yield answer

    def _pieces(self, r: Range) -> Iterator[Piece]:
        condition, sent = parts(self._table, r)[1], set[str]()
        for column in self._table.columns:
            if column.name not in r.wide:
                continue
            c = name(column.name)
            for variable, value in self._connection.stream(
                f"SELECT SHA2({c},256),CONVERT({c} USING binary) FROM {name(self._table.name)}"
                f" WHERE {c} IS NOT NULL AND {condition}"
            ):
                if variable in sent:
                    continue
                _prove(self._table, variable, hashlib.sha256(value).hexdigest())
                sent.add(variable)
                yield from _cut(variable, value, _piece(len(value)))


def _piece(length: int) -> int:
    """Return how large the pieces of a value of `length` bytes are.

    Whoever takes the value takes statements as large as itself; a server that joins a value of many
    small pieces copies it as often.
    """
    return min(max(_PIECE, length // 16), _MOST_PIECE)


def _cut(variable: str, value: bytes, size: int) -> Iterator[Piece]:
    """Cut a value, or what was read of it, into pieces; an empty one is a piece, too."""
    for start in range(0, len(value) or 1, size):
        yield Piece(variable, value[start : start + size])


def _keys(table: Table, after: Bound, end: Bound) -> str:
    condition = between(table.key, after, end)
    return f"SELECT {key_tuple(table.key)} FROM {source(table)} WHERE {condition}"


def _key_at(table: Table, after: Bound, end: Bound, rows: int) -> str:
    """Return the SELECT for the key of the `rows`-th row of a range."""
    keys = _keys(table, after, end)
    return f"{keys} ORDER BY {order(table.key)} LIMIT 1 OFFSET {rows - 1}"


def _parsed(key: bytes | None) -> Bound:
    return tuple(key.decode().split("\t")) if key is not None else None


def _size(column: Column) -> str:
    """Return the expression for about how long a literal of `column` is."""
    factor = 2 if column.form == "bytes" else 1
    return f"IFNULL(LENGTH({name(column.name)})*{factor},4)"


def _wide(sizes: dict[Column, int]) -> tuple[str, ...]:
    """Choose which columns of a large row come in pieces: the largest, until the rest is small."""
    rest, chosen = sum(sizes.values()), []
    for column, size in sorted(sizes.items(), key=lambda item: -item[1]):
        if rest <= _WIDE:
            break
        chosen.append(column.name)
        rest -= size
    return tuple(column.name for column in sizes if column.name in chosen)


def _prove(table: Table, expected: str, found: str) -> None:
    if found != expected:
        raise ProofFailed(
            tr(
                "A large value of {table} arrived otherwise than the server sent it.",
                table=table.name,
            ),
            hint=tr("Start again; if it happens again, the line or this machine is faulty."),
            unharmed=tr("No archive was written."),
        )


def _too_large(table: Table) -> OpsError:
    return OpsError(
        tr("Rows of {table} are too large to be read in one piece.", table=table.name),
        hint=tr("Give the table a primary key, then start again."),
        unharmed=tr("No archive was written."),
    )
