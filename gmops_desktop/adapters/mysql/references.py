"""Asks which rows foreign keys tie together: whether a named row is there, and how many name it.

Meant for sessions that do not let the server check its foreign keys.  Values of single rows are
literals as they stand in a row's text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from gmops_desktop.adapters.mysql.amending import compared
from gmops_desktop.adapters.mysql.connection import MysqlConnection, Row
from gmops_desktop.adapters.mysql.dialect import Column, name
from gmops_desktop.adapters.mysql.exchange import ForeignKey
from gmops_desktop.adapters.mysql.failures import ServerRefused

Values = tuple[bytes, ...]

_TOGETHER: Final = 200  # questions in one round trip
_HELD: Final = "LOCK IN SHARE MODE"
_MOST: Final = 50_000  # values by which rows name what is not there
_UNASKABLE: Final = (1044, 1054, 1142, 1143, 1146, 1267)
_QUOTED: Final = r"`(?:[^`]|``)*`"
_CLAUSE: Final = re.compile(
    rf"FOREIGN KEY \(((?:[^()]|{_QUOTED})*)\) REFERENCES ({_QUOTED})(?:\.({_QUOTED}))?"
    rf" \(((?:[^()]|{_QUOTED})*)\)"
)


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
    *,
    held: bool = True,
) -> list[Values]:
    """Return those `wanted` values, of `kinds`, that no row of `table` has in `columns`.

    What is found is held against others' changes, unless nothing may be locked.
    """
    left: list[Values] = []
    lock = _HELD if held else ""
    for start in range(0, len(wanted), _TOGETHER):
        some = wanted[start : start + _TOGETHER]
        questions = [
            f"SELECT 1 FROM {_full(table)} WHERE {_are(columns, kinds, values)} LIMIT 1 {lock}"
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
    *,
    held: bool = True,
) -> int:
    """Return how many rows of `table` have `values` in `columns`."""
    where = _are(columns, kinds, values)
    lock = _HELD if held else ""
    (found,) = connection.one(f"SELECT COUNT(*) FROM {_full(table)} WHERE {where} {lock}")
    return int(found)


def orphans(
    connection: MysqlConnection,
    reference: Reference,
    homes: Callable[[tuple[str, str]], tuple[str, str]] = lambda table: table,
) -> dict[Row, int] | None:
    """Return the values by which rows of the child name no row of the parent, and how many rows do.

    `homes` says where a table really stands.  None where it cannot be asked: a table or column is
    not there or may not be read, or there are more such values than anybody would look at.
    """
    listed = ", ".join(f"c.{name(column)}" for column in reference.columns)
    given = " AND ".join(f"c.{name(column)} IS NOT NULL" for column in reference.columns)
    met = " AND ".join(
        f"p.{name(named)}=c.{name(column)}"
        for column, named in zip(reference.columns, reference.named, strict=True)
    )
    try:
        rows = connection.rows(
            f"SELECT {listed}, COUNT(*) FROM {_full(homes(reference.child))} c WHERE {given} AND"
            f" NOT EXISTS (SELECT 1 FROM {_full(homes(reference.parent))} p WHERE {met})"
            f" GROUP BY {listed} LIMIT {_MOST + 1}"
        )
    except ServerRefused as refusal:
        if refusal.code in _UNASKABLE:
            return None
        raise
    return {tuple(values): int(found) for *values, found in rows} if len(rows) <= _MOST else None


def declared(schema: str, table: str, keys: Iterable[ForeignKey]) -> Iterator[Reference]:
    """Return foreign keys as the definition of `table` in `schema` spells them."""
    for key in keys:
        if found := _CLAUSE.search(key.clause):
            columns, first, second, named = found.groups()
            parent = (_bare(first), _bare(second)) if second else (schema, _bare(first))
            yield Reference((schema, table), _names(columns), parent, _names(named))


def _names(listed: str) -> tuple[str, ...]:
    return tuple(_bare(quoted) for quoted in re.findall(_QUOTED, listed))


def _bare(quoted: str) -> str:
    return quoted[1:-1].replace("``", "`")


def _are(columns: Sequence[str], kinds: Sequence[Column], values: Values) -> str:
    return " AND ".join(
        f"{name(column)}={compared(kind, value).decode()}"
        for column, kind, value in zip(columns, kinds, values, strict=True)
    )


def _full(table: tuple[str, str]) -> str:
    return f"{name(table[0])}.{name(table[1])}"
