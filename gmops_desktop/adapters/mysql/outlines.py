"""Outlines of rows by which to count how they differ from others: two bytes for a bucket of them,
then eight for each row of the buckets that differ.

Rows are spread over buckets by the CRC-32 of their key.  All of it counts, and proves nothing.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gmops_desktop.adapters.mysql import runs, snapshot
from gmops_desktop.adapters.mysql.connection import MysqlConnection
from gmops_desktop.adapters.mysql.definitions import Table
from gmops_desktop.adapters.mysql.dialect import between, row
from gmops_desktop.adapters.mysql.segments import Range, source

MODULUS: Final = 65521  # the largest prime below 2**16; remainders by it do not cancel as CRCs do


@dataclass(frozen=True, slots=True)
class Spread:
    """A range of a table whose rows are spread over `buckets`; `chosen` are those asked for."""

    table: Table
    range: Range
    buckets: int
    chosen: tuple[int, ...] = ()


def bucket_sums(connection: MysqlConnection, spreads: Sequence[Spread]) -> list[dict[int, int]]:
    """Return the sum of each bucket of each range: the XOR of its rows' CRC-32 modulo `MODULUS`.

    An empty bucket has none.
    """
    questions = []
    for number, spread in enumerate(spreads):
        questions.append(
            f"SELECT {number},IF(COUNT(*)={spread.buckets},'',GROUP_CONCAT(b ORDER BY b)),"
            f"GROUP_CONCAT(UNHEX(LPAD(HEX(s),4,'0')) ORDER BY b SEPARATOR '')"
            f" FROM (SELECT CRC32({runs.key_text(spread.table)})%{spread.buckets} b,"
            f"BIT_XOR(CRC32({row(spread.table.columns)})%{MODULUS}) s FROM {source(spread.table)}"
            f" WHERE {between(spread.table.key, spread.range.after, spread.range.upto)}"
            f" GROUP BY b) g"
        )
    found: list[dict[int, int]] = [{} for _ in spreads]
    for number, listed, sums in snapshot.ask(connection, questions):
        spread = spreads[int(number)]
        names = [int(n) for n in listed.split(",")] if listed else range(spread.buckets)
        found[int(number)] = dict(zip(names, runs.numbers(sums or b""), strict=False))
    return found


def of_rows(connection: MysqlConnection, spreads: Sequence[Spread]) -> list[list[tuple[int, int]]]:
    """Return the CRC-32 of the key's text and of the row's, for the rows in the chosen buckets of
    each range."""
    questions = []
    for number, spread in enumerate(spreads):
        table = spread.table
        key = runs.key_text(table)
        chosen = f"CRC32({key})%{spread.buckets} IN ({','.join(map(str, spread.chosen))})"
        within = between(table.key, spread.range.after, spread.range.upto)
        if len(spread.chosen) < spread.buckets:
            within += f" AND {chosen}"
        pair = f"{_packed(f'CRC32({key})')},{_packed(f'CRC32({row(table.columns)})')}"
        questions.append(
            f"SELECT {number},GROUP_CONCAT({pair} SEPARATOR '') FROM {source(table)} WHERE {within}"
        )
    found: list[list[tuple[int, int]]] = [[] for _ in spreads]
    for number, packed in snapshot.ask(connection, questions):
        found[int(number)] = list(struct.iter_unpack(">II", packed or b""))
    return found


def _packed(number: str) -> str:
    return f"UNHEX(LPAD(HEX({number}),8,'0'))"
