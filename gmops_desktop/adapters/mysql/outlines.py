"""The outline of rows: eight bytes for each, by which to count how they differ from others."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from gmops_desktop.adapters.mysql import snapshot
from gmops_desktop.adapters.mysql.connection import MysqlConnection
from gmops_desktop.adapters.mysql.deltas import Spread, key_text
from gmops_desktop.adapters.mysql.dialect import between, row
from gmops_desktop.adapters.mysql.segments import source


def of_rows(connection: MysqlConnection, spreads: Sequence[Spread]) -> list[list[tuple[int, int]]]:
    """Return the CRC-32 of the key's text and of the row's, for the rows in the chosen buckets of
    each range.  They count, and prove nothing."""
    questions = []
    for number, spread in enumerate(spreads):
        table = spread.table
        key = key_text(table.key)
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
