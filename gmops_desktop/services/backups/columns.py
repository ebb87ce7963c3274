"""Brings segments up to date of which nearly all rows changed, but only in a few of their columns.

Digests tell which columns these are; their literals alone travel, and take the old ones' places.  A
segment counts as brought up to date only when its SHA-256 is the one the server computed.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gmops_desktop.adapters.mysql import MysqlConnection, columns
from gmops_desktop.adapters.mysql.columns import DIGITS, SEPARATOR
from gmops_desktop.adapters.mysql.definitions import Table
from gmops_desktop.adapters.mysql.segments import Digest, Range
from gmops_desktop.archive import rows

_WORTH: Final = 0.6  # part of a segment's text beyond which it is better fetched whole


@dataclass(frozen=True, slots=True)
class Filled:
    """A segment's new text, and how many bytes of it travelled."""

    text: bytes
    sent_bytes: int


def fill(
    connection: MysqlConnection,
    table: Table,
    asked: Sequence[tuple[Range, Sequence[bytes], Digest]],
) -> list[Filled | None]:
    """Return the new text of each range whose old rows and wanted digest are given; None where that
    cannot be had so: rows came or went, or too much of each changed."""
    found: list[Filled | None] = [None] * len(asked)
    grids = {
        number: grid
        for number, (_, old, wanted) in enumerate(asked)
        if len(old) == wanted.rows and (grid := _grid(old, len(table.columns)))
    }
    numbers = list(grids)
    told = columns.digests(connection, table, [asked[number][0] for number in numbers])
    groups: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for number, there in zip(numbers, told, strict=True):
        mine = map(_digest, grids[number])
        places = tuple(n for n, (a, b) in enumerate(zip(mine, there, strict=True)) if a != b)
        if places and _size(grids[number], places) <= _WORTH * _size(grids[number]):
            groups[places].append(number)
    for places, group in groups.items():
        answers = columns.texts(connection, table, [asked[number][0] for number in group], places)
        for number, answer in zip(group, answers, strict=True):
            grid, wanted = grids[number], asked[number][2]
            if any(len(literals) != wanted.rows for literals in answer):
                continue
            for place, literals in zip(places, answer, strict=True):
                grid[place] = literals
            text = _text(grid)
            if hashlib.sha256(text).hexdigest() == wanted.digest:
                found[number] = Filled(text, _size(grid, places))
    return found


def _grid(old: Sequence[bytes], width: int) -> list[list[bytes]] | None:
    """Return the columns of rows, or None where they cannot be told apart."""
    parted = [rows.literals(row) for row in old]
    if any(len(literals) != width for literals in parted):
        return None
    return [list(column) for column in zip(*parted, strict=True)]


def _text(grid: Sequence[Sequence[bytes]]) -> bytes:
    return SEPARATOR.join(b"(" + b",".join(row) + b")" for row in zip(*grid, strict=True))


def _digest(literals: Sequence[bytes]) -> str:
    return hashlib.sha256(SEPARATOR.join(literals)).hexdigest()[:DIGITS]


def _size(grid: Sequence[Sequence[bytes]], places: Sequence[int] | None = None) -> int:
    chosen = range(len(grid)) if places is None else places
    return sum(len(literal) + 1 for place in chosen for literal in grid[place])
