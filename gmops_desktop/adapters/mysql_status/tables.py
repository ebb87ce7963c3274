"""Sizes of tables and indexes, and hints about indexes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from gmops_desktop.adapters.mysql_status.asking import NotApplicable, Parts
from gmops_desktop.contract.looks import IndexHint, TableSize
from gmops_desktop.language import tr

_LARGEST: Final = 20
_MOST_HINTS: Final = 30
_LONG_ENOUGH: Final = 86400  # seconds of uptime before "never used" says anything
_TABLES: Final = (
    " FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s AND TABLE_TYPE = 'BASE TABLE'"
)


@dataclass(slots=True)
class _Index:
    unique: bool
    kind: str
    columns: list[tuple[str, str]]  # name, and how many characters of it ("" for all)


def total(parts: Parts) -> tuple[int | None, int]:
    """Return the bytes of all tables with their indexes, and how many tables there are."""
    ((size, count),) = parts.connection.rows(
        "SELECT SUM(DATA_LENGTH + INDEX_LENGTH), COUNT(*)" + _TABLES, parts.schema
    )
    return None if size is None else int(size), int(count)


def largest(parts: Parts) -> tuple[TableSize, ...]:
    """Return the largest tables, the largest first; MySQL 8 may show figures up to a day old."""
    rows = parts.connection.rows(
        "SELECT TABLE_NAME, DATA_LENGTH, INDEX_LENGTH, TABLE_ROWS" + _TABLES
        + f" ORDER BY DATA_LENGTH + INDEX_LENGTH DESC, TABLE_NAME LIMIT {_LARGEST}",
        parts.schema,
    )  # fmt: skip
    return tuple(
        TableSize(str(name), int(data or 0), int(indexes or 0), int(count or 0))
        for name, data, indexes, count in rows
    )


def hints(parts: Parts, uptime: int) -> tuple[IndexHint, ...] | None:
    """Return hints about indexes; None where not even their definitions could be read.

    What is never used is known from the performance_schema alone; without it the other hints
    stand, and the part `unused` says why it is unknown.
    """
    indexes = parts.ask("indexes", _indexes)
    tables = parts.ask("indexes", _names)
    if indexes is None or tables is None:
        return None
    found = [
        IndexHint("missing", table, "PRIMARY") for table in tables if not _keyed(indexes, table)
    ]
    for table in sorted(indexes):
        found += _duplicates(table, indexes[table])
    unused = parts.ask(
        "unused", lambda parts: _unused(parts, indexes, uptime),
        right="SELECT", on="performance_schema.*",
    )  # fmt: skip
    return tuple([*found, *(unused or ())][:_MOST_HINTS])


def _names(parts: Parts) -> list[str]:
    rows = parts.connection.rows(f"SELECT TABLE_NAME{_TABLES} ORDER BY TABLE_NAME", parts.schema)
    return [str(name) for (name,) in rows]


def _indexes(parts: Parts) -> dict[str, dict[str, _Index]]:
    """Return every index of the schema by table and name."""
    found: dict[str, dict[str, _Index]] = {}
    for table, name, plain, column, length, kind in parts.connection.rows(
        "SELECT TABLE_NAME, INDEX_NAME, NON_UNIQUE, COLUMN_NAME, SUB_PART, INDEX_TYPE"
        " FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = %s"
        " ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX",
        parts.schema,
    ):
        index = found.setdefault(str(table), {}).setdefault(
            str(name), _Index(not int(plain), str(kind), [])
        )
        index.columns.append((str(column), str(length or "")))
    return found


def _keyed(indexes: Mapping[str, Mapping[str, _Index]], table: str) -> bool:
    return any(index.unique for index in indexes.get(table, {}).values())


def _duplicates(table: str, indexes: Mapping[str, _Index]) -> Iterator[IndexHint]:
    """Yield the indexes whose columns another one begins with; a unique one is also a rule."""
    for name, index in indexes.items():
        for other_name, other in indexes.items():
            if name == other_name or index.kind != other.kind or index.kind != "BTREE":
                continue
            same = index.columns == other.columns
            begins = other.columns[: len(index.columns)] == index.columns
            # Of two alike, the later by name is the one too many.
            spare = (not other.unique or index.unique) and name > other_name
            if (begins and not same and not index.unique) or (
                same and (spare or (other.unique and not index.unique))
            ):
                yield IndexHint("duplicate", table, name, other_name)
                break


def _unused(
    parts: Parts, indexes: Mapping[str, Mapping[str, _Index]], uptime: int
) -> list[IndexHint]:
    parts.recorded()
    if uptime < _LONG_ENOUGH:
        raise NotApplicable(tr("The server runs for less than a day: too short to tell."))
    rows = parts.connection.rows(
        "SELECT OBJECT_NAME, INDEX_NAME"
        " FROM performance_schema.table_io_waits_summary_by_index_usage"
        " WHERE OBJECT_SCHEMA = %s AND INDEX_NAME IS NOT NULL AND COUNT_STAR = 0"
        " ORDER BY OBJECT_NAME, INDEX_NAME",
        parts.schema,
    )
    return [
        IndexHint("unused", str(table), str(name))
        for table, name in rows
        if str(name) in indexes.get(str(table), {}) and not indexes[str(table)][str(name)].unique
    ]
