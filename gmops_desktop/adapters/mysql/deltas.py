"""What a server tells of rows that somebody holds an older state of: sums first, then only what is
new.

Inside a segment rows are spread over buckets by the CRC-32 of their key.  The sums of a bucket and
of a row have 16 bits: far too few to prove anything, enough to look in the right places.  The proof
is the segment's SHA-256 alone, so a sum that lies costs time, never a wrong row.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from gmops_desktop.adapters.mysql import snapshot
from gmops_desktop.adapters.mysql.connection import MysqlConnection
from gmops_desktop.adapters.mysql.definitions import Table
from gmops_desktop.adapters.mysql.dialect import (
    Column,
    between,
    comparable,
    literal,
    order,
    row,
)
from gmops_desktop.adapters.mysql.segments import Range, source

MODULUS: Final = 65521  # the largest prime below 2**16; remainders by it do not cancel as CRCs do
TOKEN: Final = (
    5  # hexadecimal digits of a literal's SHA-1 in its token; shorter ones go as they are
)

_KEYS: Final = 400  # in one question
_COMPARED: Final = {"number", "text", "bytes", "time", "bits"}  # key forms whose literals compare

Key = tuple[bytes, ...]  # of a row, as the literals in its text


@dataclass(frozen=True, slots=True)
class Sums:
    """How rows and literals are told apart: briefly at first, otherwise and longer when that fails.

    A row's sum is the remainder of its CRC-32 by a prime below 2**16: remainders do not cancel out
    as CRCs do.  A token is that many hexadecimal digits of a literal's SHA-1; literals that are no
    longer go as they are.
    """

    modulus: int
    token: int


BRIEF: Final = Sums(65521, 3)
LONG: Final = Sums(65519, 8)


@dataclass(frozen=True, slots=True)
class Spread:
    """A range of a table whose rows are spread over `buckets`; `chosen` are those asked for."""

    table: Table
    range: Range
    buckets: int
    sums: Sums
    chosen: tuple[int, ...] = ()


def can_be_spliced(table: Table) -> bool:
    """Say whether single rows of `table` can be named by the literals in their own text."""
    stored = {column.name for column in table.columns}
    return bool(table.key) and all(
        column.name in stored and column.form in _COMPARED for column in table.key
    )


def bucket_sums(connection: MysqlConnection, spreads: Sequence[Spread]) -> list[dict[int, int]]:
    """Return the sum of each bucket of each range; an empty bucket has none."""
    questions = []
    for number, spread in enumerate(spreads):
        questions.append(
            f"SELECT {number},IF(COUNT(*)={spread.buckets},'',GROUP_CONCAT(b ORDER BY b)),"
            f"GROUP_CONCAT({_two_bytes('s')} ORDER BY b SEPARATOR '')"
            f" FROM (SELECT {_bucket(spread)} b,BIT_XOR({_sum(spread)}) s"
            f" FROM {source(spread.table)} WHERE {_within(spread)} GROUP BY b) g"
        )
    found: list[dict[int, int]] = [{} for _ in spreads]
    for number, listed, sums in snapshot.ask(connection, questions):
        spread = spreads[int(number)]
        names = [int(n) for n in listed.split(",")] if listed else range(spread.buckets)
        found[int(number)] = dict(zip(names, numbers(sums or b""), strict=False))
    return found


def row_sums(connection: MysqlConnection, spreads: Sequence[Spread]) -> list[list[int]]:
    """Return the sums of all rows in the chosen buckets of each range, by bucket and key."""
    questions = []
    for number, spread in enumerate(spreads):
        questions.append(
            f"SELECT {number},GROUP_CONCAT({_two_bytes(_sum(spread))} ORDER BY {_bucket(spread)},"
            f"{order(spread.table.key)} SEPARATOR '') FROM {source(spread.table)}"
            f" WHERE {_within(spread)} AND {_in_chosen(spread)}"
        )
    found: list[list[int]] = [[] for _ in spreads]
    for number, sums in snapshot.ask(connection, questions):
        found[int(number)] = numbers(sums or b"")
    return found


def skeletons(
    connection: MysqlConnection, table: Table, keys: Sequence[Key], sums: Sums
) -> Iterator[bytes]:
    """Return the rows with the given keys, all but short literals as tokens: `?` and a hash."""
    parts = [_token(table, column, sums.token) for column in table.columns]
    return _named(connection, table, keys, parts)


def literals(
    connection: MysqlConnection, table: Table, keys: Sequence[Key], places: Collection[int]
) -> Iterator[bytes]:
    """Return the rows with the given keys, only the key and the columns at `places` written out."""
    names = {column.name for column in table.key}
    parts = [
        literal(column) if place in places or column.name in names else "'?'"
        for place, column in enumerate(table.columns)
    ]
    return _named(connection, table, keys, parts)


def new_rows(
    connection: MysqlConnection, asks: Sequence[tuple[Spread, Sequence[int]]]
) -> list[tuple[bytes, list[bytes]]]:
    """Return, for each range, which of its rows have one of the given sums, and those rows.

    The first is a letter for each row of the range in the order of the key, `n` for those rows in
    the chosen buckets; the second are their texts in the same order.
    """
    marks, texts = [], []
    for number, (spread, sums) in enumerate(asks):
        ordered = order(spread.table.key)
        among = f"{_sum(spread)} IN ({','.join(map(str, sorted(set(sums))))})"
        within = f"FROM {source(spread.table)} WHERE {_within(spread)}"
        mark = f"IF({_in_chosen(spread)},IF({among},'n','.'),'.')"
        marks.append(
            f"SELECT {number},GROUP_CONCAT({mark} ORDER BY {ordered} SEPARATOR '') {within}"
        )
        texts.append(
            f"SELECT {number},{row(spread.table.columns)} {within}"
            f" AND {_in_chosen(spread)} AND {among} ORDER BY {ordered}"
        )
    found: list[tuple[bytes, list[bytes]]] = [(b"", []) for _ in asks]
    for number, marked in snapshot.ask(connection, marks):
        found[int(number)] = (marked.encode(), [])
    for number, text in snapshot.ask(connection, texts):
        found[int(number)][1].append(text)
    return found


def key_text(key: Sequence[Column]) -> str:
    """Return the expression for a key as it stands in a row's text, its literals by commas."""
    if len(key) == 1 and key[0].form == "number":
        return literal(key[0])
    return f"CAST(CONCAT_WS(',',{','.join(map(literal, key))}) AS BINARY)"


def numbers(packed: bytes) -> list[int]:
    """Return the sums in an answer, two bytes each."""
    return [high << 8 | low for high, low in zip(packed[::2], packed[1::2], strict=True)]


def _named(
    connection: MysqlConnection, table: Table, keys: Sequence[Key], parts: Sequence[str]
) -> Iterator[bytes]:
    joined = ",',',".join(parts)
    questions = [
        f"SELECT CAST(CONCAT('(',{joined},')') AS BINARY) FROM {source(table)}"
        f" WHERE {_any_of(table, keys[start : start + _KEYS])}"
        for start in range(0, len(keys), _KEYS)
    ]
    return (text for (text,) in snapshot.ask(connection, questions))


def _any_of(table: Table, keys: Sequence[Key]) -> str:
    literals = [
        [_compared(column, value) for column, value in zip(table.key, key, strict=True)]
        for key in keys
    ]
    columns = [comparable(column) for column in table.key]
    if len(columns) == 1:
        return f"{columns[0]} IN ({','.join(values[0] for values in literals)})"
    return " OR ".join(
        "(" + " AND ".join(f"{c}={v}" for c, v in zip(columns, values, strict=True)) + ")"
        for values in literals
    )


def _compared(column: Column, value: bytes) -> str:
    """Turn a literal of a row's text into one that compares as the column does."""
    text = value.decode()
    if column.form == "bits":
        return f"CAST({text} AS UNSIGNED)"
    return f"_{column.charset} {text}" if column.form == "bytes" and column.charset else text


def _token(table: Table, column: Column, digits: int) -> str:
    text = literal(column)
    if any(column.name == part.name for part in table.key):
        return text
    token = f"CONCAT('?',LEFT(SHA1({text}),{digits}))"
    # As bytes, because character sets do not mix in an IF.
    return f"IF(LENGTH({text})<={digits + 1},CAST({text} AS BINARY),CAST({token} AS BINARY))"


def _sum(spread: Spread) -> str:
    return f"CRC32({row(spread.table.columns)})%{spread.sums.modulus}"


def _bucket(spread: Spread) -> str:
    return f"CRC32({key_text(spread.table.key)})%{spread.buckets}"


def _within(spread: Spread) -> str:
    return between(spread.table.key, spread.range.after, spread.range.upto)


def _in_chosen(spread: Spread) -> str:
    return f"{_bucket(spread)} IN ({','.join(map(str, spread.chosen))})"


def _two_bytes(number: str) -> str:
    return f"UNHEX(LPAD(HEX({number}),4,'0'))"
