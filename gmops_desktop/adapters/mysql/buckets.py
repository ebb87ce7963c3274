"""Reads a table without a usable key, cut by its rows' CRC-32."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace

from gmops_desktop.adapters.mysql import segments, snapshot
from gmops_desktop.adapters.mysql.connection import MysqlConnection, Row
from gmops_desktop.adapters.mysql.definitions import Table
from gmops_desktop.adapters.mysql.dialect import LARGE, name, row
from gmops_desktop.adapters.mysql.pieces import (
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
from gmops_desktop.adapters.mysql.segments import LONGEST, Range, cap, joined, parts


def read_buckets(
    connection: MysqlConnection, table: Table, only: Sequence[Range] | None = None
) -> Iterator[Piece | Segment]:
    """Read a table without a usable key, or `only` some of its buckets."""
    return _Buckets(connection, table).read(only)


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
            f"SELECT {','.join(['COUNT(*)', *(f'MAX({size_of(c)})' for c in large)])}"
            f" FROM {name(table.name)}",
        )
        if widest[0] == "0":
            return
        sizes = {c: int(size or 0) for c, size in zip(large, widest[1:], strict=True)}
        wide = wide_columns(sizes)
        place = Range(bucket=0, buckets=self._buckets(row(table.columns, wide)), wide=wide)
        answers = self._by_bucket(place) if wide else self._in_one_pass(place)
        yield from self._segments(answers, place)

    def _buckets(self, text: str) -> int:
        """Choose how many buckets there are: so many that chance makes none too large."""
        title = name(self._table.name)
        (total,) = snapshot.one(self._connection, f"SELECT SUM(LENGTH({text})+2) FROM {title}")
        if total is None:
            raise too_large(self._table)
        buckets, before = max(1, -(-int(total) * 2 // segments.TARGET)), int(total) + 1
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
            segment = checked(self._table, r, int(rows), together, digest, self._longest)
            if segment is None:
                raise too_large(self._table)
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
                prove(self._table, variable, hashlib.sha256(value).hexdigest())
                sent.add(variable)
                yield from pieces_of(variable, value, piece_size(len(value)))
