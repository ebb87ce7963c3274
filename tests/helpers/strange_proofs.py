"""Holds a restored schema against its original: every definition, and every bit of every value.

Nothing of the program's own reading is used here, so that it cannot hide its own mistakes.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

import pymysql
from pymysql.cursors import Cursor

from sandbox.database import DatabaseServer

Shown = dict[tuple[str, str], tuple[Any, ...]]
Values = dict[str, Counter[tuple[Any, ...]]]

_SESSION = "SET sql_mode='', time_zone='+00:00', NAMES utf8mb4, group_concat_max_len=1048576"
_SHOW = {
    "VIEW": "SELECT TABLE_NAME FROM information_schema.TABLES"
    " WHERE TABLE_SCHEMA=DATABASE() AND TABLE_TYPE='VIEW'",
    "TABLE": "SELECT TABLE_NAME FROM information_schema.TABLES"
    " WHERE TABLE_SCHEMA=DATABASE() AND TABLE_TYPE NOT IN ('VIEW')",
    "TRIGGER": "SELECT TRIGGER_NAME FROM information_schema.TRIGGERS"
    " WHERE TRIGGER_SCHEMA=DATABASE()",
    "EVENT": "SELECT EVENT_NAME FROM information_schema.EVENTS WHERE EVENT_SCHEMA=DATABASE()",
}
_ROUTINES = (
    "SELECT ROUTINE_TYPE, ROUTINE_NAME FROM information_schema.ROUTINES"
    " WHERE ROUTINE_SCHEMA=DATABASE()"
)
_COLUMNS = (
    "SELECT TABLE_NAME, COLUMN_NAME, DATA_TYPE, CHARACTER_MAXIMUM_LENGTH, NUMERIC_PRECISION,"
    " NUMERIC_SCALE, COLLATION_NAME, IS_NULLABLE, COLUMN_KEY, COLUMN_TYPE"
    " FROM information_schema.COLUMNS WHERE TABLE_SCHEMA=DATABASE()"
    " ORDER BY TABLE_NAME, ORDINAL_POSITION"
)
_BASE_TABLES = (
    "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA=DATABASE()"
    " AND TABLE_TYPE NOT IN ('VIEW', 'SEQUENCE')"
)
_INVALID_VIEW = 1356
_PASSING = {"Created", "Database Collation"}  # the moment of creation; the schema's own setting


@dataclass(frozen=True, slots=True)
class Proof:
    """What a schema holds: how each thing is defined, in the server's words; and its values."""

    definitions: Shown
    types: dict[tuple[str, str], tuple[Any, ...]]
    values: Values
    others: frozenset[tuple[str, str]]  # kinds and names of all that is no table


def proof_of(server: DatabaseServer, schema: str) -> Proof:
    """Ask a server for everything in a schema; its own name in definitions is left out."""
    with server.connect(schema) as connection, connection.cursor() as cursor:
        cursor.execute(_SESSION)
        shown = _definitions(cursor, schema)
        return Proof(
            definitions=shown,
            types=_types(cursor),
            values=_values(cursor),
            others=frozenset((kind, name) for kind, name in shown if kind != "TABLE"),
        )


def differences(one: dict[Any, Any], other: dict[Any, Any]) -> dict[Any, Any]:
    """Return what differs, for a readable failure."""
    found = {}
    for key in one.keys() | other.keys():
        a, b = one.get(key), other.get(key)
        if a != b and isinstance(a, Counter) and isinstance(b, Counter):
            found[key] = (list(a - b)[:5], list(b - a)[:5])
        elif a != b:
            found[key] = (a, b)
    return found


def _definitions(cursor: Cursor, schema: str) -> Shown:
    listed = [(kind, name) for kind, query in _SHOW.items() for (name,) in _ask(cursor, query)]
    listed += [(kind, name) for kind, name in _ask(cursor, _ROUTINES)]
    shown: Shown = {}
    for kind, name in listed:
        try:
            (row,) = _ask(cursor, f"SHOW CREATE {kind} {_quoted(name)}")
        except pymysql.MySQLError as error:
            if error.args[0] != _INVALID_VIEW:
                raise
            continue
        titles = [field[0] for field in cursor.description or ()]
        shown[kind, name] = tuple(
            _spelled(str(value), schema)
            for title, value in zip(titles, row, strict=True)
            if title not in _PASSING
        )
        if shown[kind, name][1].startswith("CREATE SEQUENCE"):
            ask = f"SELECT next_not_cached_value, cycle_count FROM {_quoted(name)}"
            shown["SEQUENCE", name] = tuple(map(str, _ask(cursor, ask)[0]))
    triggers = _ask(
        cursor,
        "SELECT EVENT_OBJECT_TABLE, TRIGGER_NAME, ACTION_TIMING, EVENT_MANIPULATION, ACTION_ORDER"
        " FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA=DATABASE()",
    )
    shown["TABLE", "(triggers in order)"] = tuple(sorted(map(str, triggers)))
    return shown


def _spelled(text: str, schema: str) -> str:
    """Leave out the schema's own name, and what a table made anew spells out since MySQL 8.0: the
    character set, where the collation tells it."""
    return re.sub(r" CHARACTER SET (\w+) (COLLATE \1)", r" \2", text.replace(f"`{schema}`.", ""))


def _types(cursor: Cursor) -> dict[tuple[str, str], tuple[Any, ...]]:
    """Return the columns' types in words that all servers share."""
    found = {}
    for table, column, kind, length, precision, scale, collation, null, key, full in _ask(
        cursor, _COLUMNS
    ):
        same = {"geometrycollection": "geomcollection"}
        members = full if kind in ("enum", "set") else ""
        sign = "unsigned" in full
        digits = precision if kind in ("decimal", "bit") else None  # others are counted variously
        order = re.sub("^utf8_", "utf8mb3_", collation or "")
        found[table, column] = (
            same.get(kind, kind), length, digits, scale, order, null, key, members, sign,
        )  # fmt: skip
    return found


def _values(cursor: Cursor) -> Values:
    columns: dict[str, list[str]] = {}
    floats: dict[str, list[bool]] = {}
    for row in _ask(cursor, _COLUMNS):
        columns.setdefault(row[0], []).append(_bits(row[1], row[2]))
        floats.setdefault(row[0], []).append(row[2] in ("float", "double"))
    found: Values = {}
    for (table,) in _ask(cursor, _BASE_TABLES):
        rows = _ask(cursor, f"SELECT {','.join(columns[table])} FROM {_quoted(table)}")
        if any(floats[table]):  # servers write the same number differently
            rows = [
                tuple(
                    value.hex() if is_float and value is not None else value
                    for is_float, value in zip(floats[table], row, strict=True)
                )
                for row in rows
            ]
        found[table] = Counter(rows)
    return found


def _bits(name: str, kind: str) -> str:
    """Return the expression for a value that no rounding and no character set can veil."""
    c = _quoted(name)
    if kind == "float":
        return f"{c}*1e0"  # as a DOUBLE, of which the protocol brings every digit
    if kind == "double":
        return c
    if kind in ("enum", "set"):
        return f"CONCAT(CAST({c} AS UNSIGNED),' ',HEX({c}))"
    if kind == "bit":
        return f"CONCAT(CAST({c} AS UNSIGNED))"
    if kind == "json":
        return f"HEX(CAST({c} AS CHAR))"
    if kind in ("tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "year"):
        return f"CONCAT({c})"
    if kind in ("date", "time", "datetime", "timestamp"):
        return f"CAST({c} AS CHAR)"
    return f"HEX({c})"


def _ask(cursor: Cursor, statement: str) -> list[tuple[Any, ...]]:
    cursor.execute(statement)
    return list(cursor.fetchall())


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
