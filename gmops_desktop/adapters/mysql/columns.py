"""What a server tells of a range's columns, each by itself, in the order of the key.

A statement without WHERE changes every row, but mostly in one column: only that must travel.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from gmops_desktop.adapters.mysql import snapshot
from gmops_desktop.adapters.mysql.connection import MysqlConnection, Row
from gmops_desktop.adapters.mysql.definitions import Table
from gmops_desktop.adapters.mysql.dialect import Column, between, literal, order
from gmops_desktop.adapters.mysql.segments import Range, source

SEPARATOR: Final = b",\0"
DIGITS: Final = 16  # hexadecimal, of a column's SHA-256: it tells where to look, and proves nothing


def digests(
    connection: MysqlConnection, table: Table, ranges: Sequence[Range]
) -> list[tuple[str, ...]]:
    """Return, for each range, the beginning of the SHA-256 of each column's literals."""
    texts = ",".join(
        f"LEFT(SHA2({_joined(table, column)},256),{DIGITS})" for column in table.columns
    )
    answers = _asked(connection, table, ranges, texts)
    return [tuple(found or "" for found in answer) for answer in answers]


def texts(
    connection: MysqlConnection, table: Table, ranges: Sequence[Range], places: Sequence[int]
) -> list[tuple[list[bytes], ...]]:
    """Return, for each range, the literals of the columns at `places`."""
    wanted = ",".join(_joined(table, table.columns[place]) for place in places)
    answers = _asked(connection, table, ranges, wanted)
    return [tuple(bytes(found or b"").split(SEPARATOR) for found in one) for one in answers]


def _asked(
    connection: MysqlConnection, table: Table, ranges: Sequence[Range], columns: str
) -> list[Row]:
    questions = [
        f"SELECT {number} ask,{columns} FROM {source(table)}"
        f" WHERE {between(table.key, place.after, place.upto)}"
        for number, place in enumerate(ranges)
    ]
    found = sorted(snapshot.ask(connection, questions), key=lambda answer: int(answer[0]))
    return [answer[1:] for answer in found]


def _joined(table: Table, column: Column) -> str:
    ordered = "" if table.clustered else f" ORDER BY {order(table.key)}"
    return f"GROUP_CONCAT(CAST({literal(column)} AS BINARY){ordered} SEPARATOR ',\\0')"
