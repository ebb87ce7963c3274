"""Asks which rows foreign keys tie together: whether a named row is there, and how many name it.

Meant for a transaction that does not let the server check its foreign keys: what is found is held
against others' changes until it ends.  Values are literals as they stand in a row's text.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from gmops_desktop.adapters.mysql.amending import compared
from gmops_desktop.adapters.mysql.connection import MysqlConnection
from gmops_desktop.adapters.mysql.dialect import Column, name

Values = tuple[bytes, ...]

_TOGETHER: Final = 200  # questions in one round trip
_HELD: Final = "LOCK IN SHARE MODE"


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key: `columns` of the rows of `child` name a row of `parent` by its `named`.

    Both tables are given as (schema, table).
    """

    child: tuple[str, str]
    columns: tuple[str, ...]
    parent: tuple[str, str]
    named: tuple[str, ...]


def between(connection: MysqlConnection, tables: Collection[str]) -> tuple[Reference, ...]:
    """Return the foreign keys of the schema's `tables`, and those that point to them."""
    places = ",".join(["%s"] * len(tables))
    found: dict[tuple[str, ...], list[tuple[str, str]]] = {}
    for *ends, column, named in connection.rows(
        "SELECT TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, REFERENCED_TABLE_SCHEMA,"
        " REFERENCED_TABLE_NAME, COLUMN_NAME, REFERENCED_COLUMN_NAME"
        " FROM information_schema.KEY_COLUMN_USAGE WHERE REFERENCED_TABLE_NAME IS NOT NULL AND"
        f" (TABLE_SCHEMA=%s AND TABLE_NAME IN ({places})"
        f" OR REFERENCED_TABLE_SCHEMA=%s AND REFERENCED_TABLE_NAME IN ({places}))"
        " ORDER BY TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION",
        connection.schema,
        *tables,
        connection.schema,
        *tables,
    ):
        found.setdefault(tuple(ends), []).append((column, named))
    return tuple(
        Reference(
            (ends[0], ends[1]),
            tuple(column for column, _ in pairs),
            (ends[3], ends[4]),
            tuple(named for _, named in pairs),
        )
        for ends, pairs in found.items()
    )


def absent(
    connection: MysqlConnection,
    table: tuple[str, str],
    columns: Sequence[str],
    kinds: Sequence[Column],
    wanted: Sequence[Values],
) -> list[Values]:
    """Return those `wanted` values, of `kinds`, that no row of `table` has in `columns`."""
    left: list[Values] = []
    for start in range(0, len(wanted), _TOGETHER):
        some = wanted[start : start + _TOGETHER]
        questions = [
            f"SELECT 1 FROM {_full(table)} WHERE {_are(columns, kinds, values)} LIMIT 1 {_HELD}"
            for values in some
        ]
        answers = connection.each(questions)
        left += [values for values, rows in zip(some, answers, strict=True) if not rows]
    return left


def count(
    connection: MysqlConnection,
    table: tuple[str, str],
    columns: Sequence[str],
    kinds: Sequence[Column],
    values: Values,
) -> int:
    """Return how many rows of `table` have `values` in `columns`."""
    where = _are(columns, kinds, values)
    (found,) = connection.one(f"SELECT COUNT(*) FROM {_full(table)} WHERE {where} {_HELD}")
    return int(found)


def _are(columns: Sequence[str], kinds: Sequence[Column], values: Values) -> str:
    return " AND ".join(
        f"{name(column)}={compared(kind, value).decode()}"
        for column, kind, value in zip(columns, kinds, values, strict=True)
    )


def _full(table: tuple[str, str]) -> str:
    return f"{name(table[0])}.{name(table[1])}"
