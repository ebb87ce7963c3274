"""What a server tells of rows that somebody holds an older state of: sums first, then only what is
new.

The sums of runs (see `runs`) and of rows have 16 bits: far too few to prove anything, enough to
look in the right places.  The proof is the segment's SHA-256 alone, so a sum that lies costs time,
never a wrong row.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from gmops_desktop.adapters.mysql import runs, segments, snapshot
from gmops_desktop.adapters.mysql.connection import MysqlConnection
from gmops_desktop.adapters.mysql.definitions import Table
from gmops_desktop.adapters.mysql.dialect import (
    Column,
    below,
    between,
    comparable,
    literal,
    order,
    row,
)
from gmops_desktop.adapters.mysql.segments import Range, source

_KEYS: Final = 400  # in one question
_RANGES: Final = 100  # in one condition
_LONG_RANGES: Final = 10  # of keys with several columns, which take the server longer to plan
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
class Stretches:
    """Parts of a range, in the order of its key: keys beyond the first one and before the second.

    None is the range's own end.
    """

    table: Table
    range: Range
    sums: Sums
    parts: tuple[tuple[Key | None, Key | None], ...] = ()

    @property
    def conditions(self) -> list[str]:
        """The parts as conditions, few enough in each for the server to plan well."""
        key = self.table.key
        together = _RANGES if len(key) == 1 else _LONG_RANGES
        each = [self._within(*part) for part in self.parts]
        return [" OR ".join(each[at : at + together]) for at in range(0, len(each), together)]

    def _within(self, after: Key | None, before: Key | None) -> str:
        key = self.table.key
        start = self.range.after if after is None else self._bound(after)
        if before is None:
            return between(key, start, self.range.upto)
        return f"{between(key, start, None)} AND {below(key, self._bound(before))}"

    def _bound(self, key: Key) -> list[str]:
        return [_compared(column, value) for column, value in zip(self.table.key, key, strict=True)]


def can_be_spliced(table: Table) -> bool:
    """Say whether single rows of `table` can be named by the literals in their own text."""
    stored = {column.name for column in table.columns}
    return bool(table.key) and all(
        column.name in stored and column.form in _COMPARED for column in table.key
    )


def tells_runs(table: Table) -> bool:
    """Say whether the server can be trusted to read `table` in the order of its key."""
    return can_be_spliced(table) and table.index == "PRIMARY"


def run_sums(
    connection: MysqlConnection, asks: Sequence[tuple[Table, Range]], sums: Sums
) -> list[tuple[int, ...]]:
    """Return the sums of the runs of each range."""
    questions = [
        segments.runs_question(number, table, place, sums.modulus)
        for number, (table, place) in enumerate(asks)
    ]
    answers = snapshot.ask(connection, questions, first=runs.START)
    return [found.runs or () for found in segments.digest_answers(answers)]


def row_sums(connection: MysqlConnection, asks: Sequence[Stretches]) -> list[list[int]]:
    """Return the sums of all rows in some stretches of each range, in the order of the key.

    Behind the last row of a run stands a sum that no row has, 0xFFFF.
    """
    questions = []
    for number, ask in enumerate(asks):
        both = f"UNHEX(CONCAT(LPAD(HEX({_sum(ask)}),4,'0'),IF({runs.cut(ask.table)},'','FFFF')))"
        packed = f"GROUP_CONCAT({both} ORDER BY {order(ask.table.key)} SEPARATOR '')"
        questions += [
            f"SELECT {number} ask,{part} part,{packed} FROM {source(ask.table)} WHERE {condition}"
            for part, condition in enumerate(ask.conditions)
        ]
    found: list[list[int]] = [[] for _ in asks]
    answers = snapshot.ask(connection, questions)
    for number, _, sums in sorted(answers, key=lambda answer: (int(answer[0]), int(answer[1]))):
        found[int(number)] += runs.numbers(sums or b"")
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
    connection: MysqlConnection, asks: Sequence[tuple[Stretches, Collection[int]]]
) -> list[list[bytes]]:
    """Return, for each range, the rows in its stretches that have one of the given sums."""
    questions = []
    for number, (ask, sums) in enumerate(asks):
        among = f"{_sum(ask)} IN ({','.join(map(str, sorted(sums)))})"
        questions += [
            f"SELECT {number} ask,{part} part,{row(ask.table.columns)} FROM {source(ask.table)}"
            f" WHERE ({condition}) AND {among} ORDER BY {order(ask.table.key)}"
            for part, condition in enumerate(ask.conditions)
        ]
    found: list[list[bytes]] = [[] for _ in asks]
    answers = snapshot.ask(connection, questions)
    for number, _, text in sorted(answers, key=lambda answer: (int(answer[0]), int(answer[1]))):
        found[int(number)].append(text)
    return found


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
    # SHA2 is in every server; MD5 and SHA1 are no longer in MySQL 9.6.
    token = f"CONCAT('?',LEFT(SHA2({text},256),{digits}))"
    # As bytes, because character sets do not mix in an IF.
    return f"IF(LENGTH({text})<={digits + 1},CAST({text} AS BINARY),CAST({token} AS BINARY))"


def _sum(of: Stretches) -> str:
    return f"CRC32({row(of.table.columns)})%{of.sums.modulus}"
