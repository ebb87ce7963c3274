"""Lets no restore of a part tear a foreign key: the server does not check them meanwhile.

Rows put back singly are followed one by one.  Of tables restored as a whole, the ends at which they
are tied to others are asked about.  What was torn before is nobody's fault and is passed over.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from gmops_desktop.adapters.mysql import MysqlConnection, references
from gmops_desktop.adapters.mysql.definitions import Table
from gmops_desktop.adapters.mysql.dialect import Column
from gmops_desktop.adapters.mysql.exchange import ForeignKey
from gmops_desktop.adapters.mysql.references import Reference, Values
from gmops_desktop.archive import rows
from gmops_desktop.archive.differences import Change
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr, tr_n

_NAMED: Final = 5  # torn rows that a message names; the others are counted


@dataclass(frozen=True, slots=True)
class Moved:
    """Rows of a table that change; a `Change` has the row to come before the one that is there."""

    table: Table
    changes: Sequence[Change]


def refuse_torn(connection: MysqlConnection, moved: Iterable[Moved]) -> None:
    """Raise `OpsError` where rows put back singly name rows that are not there, or leave others
    behind that name what they were.  For the transaction that has written them.

    What was torn already, and is not touched, is not asked about; nor are generated columns.
    """
    torn = _torn(connection, {one.table.name: one for one in moved if one.changes})
    if torn:
        raise refusal(torn)


def tied(connection: MysqlConnection, together: Collection[str]) -> frozenset[str]:
    """Return which of the tables `together` are tied to others by foreign keys."""
    found = set()
    for one in references.between(connection, together) if together else ():
        ends = {(schema == connection.schema and table in together, table)
                for schema, table in (one.child, one.parent)}  # fmt: skip
        if {inside for inside, _ in ends} == {True, False}:
            found |= {table for inside, table in ends if inside}
    return frozenset(found)


def foreseen(
    connection: MysqlConnection, moved: Iterable[Moved], together: Collection[str]
) -> tuple[str, ...]:
    """Say what would be torn by rows that are still to be written; nothing is locked.  The tables
    `together` are restored as a whole."""
    found = {one.table.name: one for one in moved}
    return tuple(_torn(connection, found, together, written=False))


class LooseEnds:
    """The foreign keys that tie tables restored as a whole to others that are left as they are.

    Of the `restored` only those `changing` are looked at; `declared` are the foreign keys of those
    that are built anew.  Made before anything is written: what is torn then is known.
    """

    def __init__(
        self,
        connection: MysqlConnection,
        restored: Collection[str],
        changing: Collection[str],
        declared: Mapping[str, Sequence[ForeignKey]],
    ) -> None:
        self._connection = connection
        schema = connection.schema
        self._restored = {(schema, table) for table in restored}
        built = {(schema, table) for table in declared}
        found = [one for one in references.between(connection, changing) if one.child not in built]
        for table, keys in declared.items():
            found += references.declared(schema, table, keys)
        self._torn: dict[Reference, Collection[object]] = {}
        for one in found:
            if (one.child in self._restored) == (one.parent in self._restored):
                continue
            before = references.orphans(connection, one)
            if before is not None or one.child in self._restored:
                self._torn[one] = before or ()

    def refuse(self, homes: Mapping[str, str]) -> None:
        """Raise `OpsError` where rows now name others that are not there, and did not before.

        `homes` are the tables that still stand under another name.
        """
        schema = self._connection.schema

        def home(table: tuple[str, str]) -> tuple[str, str]:
            return (schema, homes.get(table[1], table[1])) if table[0] == schema else table

        torn: dict[str, str] = {}
        for one, before in self._torn.items():
            now = references.orphans(self._connection, one, home) or {}
            for values, count in now.items():
                if values in before:
                    continue
                if one.child in self._restored:
                    told, other = _names_nothing(one, values, count), one.parent[1]
                else:
                    told, other = _is_left(one, values, count), one.child[1]
                torn[told] = other
        if torn:
            raise refusal(torn)


def refusal(torn: Mapping[str, str]) -> OpsError:
    """Return what is raised for sentences about torn rows, each with the table to restore too."""
    told, more = [*torn][:_NAMED], len(torn) - _NAMED
    told += [tr_n("and {count} more", "and {count} more", more)] if more > 0 else []
    return OpsError(
        tr("Foreign keys would be torn: {rows}.", rows=tr("; ").join(told)),
        hint=tr(
            "First put the rows of {tables} back that belong to them, restore these tables"
            " together, or accept it (--accept-torn).",
            tables=tr(", ").join(sorted({*torn.values()})),
        ),
        unharmed=tr("The schema is as it was."),
    )


# ---------------------------------------------------------------- whole tables


def _names_nothing(reference: Reference, values: Sequence[object], count: int) -> str:
    return tr_n(
        "{count} row of {child} names {row} of {table}, which is not there",
        "{count} rows of {child} name {row} of {table}, which is not there",
        count,
        child=reference.child[1],
        row=_shown(reference.named, values),
        table=reference.parent[1],
    )


def _is_left(reference: Reference, values: Sequence[object], count: int) -> str:
    return tr_n(
        "{count} row of {child} names {row} of {table}, which would be gone",
        "{count} rows of {child} name {row} of {table}, which would be gone",
        count,
        child=reference.child[1],
        row=_shown(reference.named, values),
        table=reference.parent[1],
    )


def _shown(names: Sequence[str], values: Sequence[object]) -> str:
    """Return values as the server answers them, each with its column's name."""
    told = (f"0x{value.hex()}" if isinstance(value, bytes) else value for value in values)
    return tr(", ").join(f"{name}={value}" for name, value in zip(names, told, strict=True))


# ---------------------------------------------------------------- single rows


def _torn(
    connection: MysqlConnection,
    moved: Mapping[str, Moved],
    together: Collection[str] = (),
    *,
    written: bool = True,
) -> dict[str, str]:
    """Return a sentence for each that is torn, and the table to which the other end belongs."""
    torn: dict[str, str] = {}
    found = references.between(connection, moved) if moved else ()
    own = connection.schema
    for one in found:
        inside = [schema == own and table in together for schema, table in (one.child, one.parent)]
        if all(inside):
            continue
        if one.child[0] == own and one.child[1] in moved:
            told = _without_parent(connection, moved[one.child[1]], one, written)
            torn |= dict.fromkeys(told, one.parent[1])
        if one.parent[0] == own and one.parent[1] in moved:
            told = _left_behind(connection, moved[one.parent[1]], one, written)
            torn |= dict.fromkeys(told, one.child[1])
    return torn


def _without_parent(
    connection: MysqlConnection, one: Moved, reference: Reference, written: bool
) -> Iterable[str]:
    """Say which rows to come name a row that is not there."""
    kinds = _kinds(one, reference.columns)
    naming: dict[Values, list[bytes]] = {}
    for change in one.changes if kinds else ():
        wanted = _values(one, change.before, kinds)
        if change.before is not None and wanted and wanted != _values(one, change.after, kinds):
            naming.setdefault(wanted, []).append(change.before)
    missing = references.absent(
        connection, reference.parent, reference.named, kinds, list(naming), held=written
    )
    for values in missing:
        for row in naming[values]:
            yield tr(
                "{row} of {table} names {values} of {parent}, which is not there",
                row=_called(one, row),
                table=one.table.name,
                values=_listed(reference.named, values),
                parent=reference.parent[1],
            )


def _left_behind(
    connection: MysqlConnection, one: Moved, reference: Reference, written: bool
) -> Iterable[str]:
    """Say which rows that leave, or change what they are named by, others still name."""
    kinds = _kinds(one, reference.named)
    leaving: dict[Values, bytes] = {}
    for change in one.changes if kinds else ():
        there = _values(one, change.after, kinds)
        if change.after is not None and there and there != _values(one, change.before, kinds):
            leaving[there] = change.after
    coming = {_values(one, change.before, kinds) for change in one.changes}
    gone = sorted(leaving.keys() - coming)
    if written:
        named = reference.named
        gone = references.absent(connection, reference.parent, named, kinds, list(leaving))
    for values in gone:
        count = references.count(
            connection, reference.child, reference.columns, kinds, values, held=written
        )
        if count:
            yield tr_n(
                "{count} row of {child} names {row} of {table}, which would be gone",
                "{count} rows of {child} name {row} of {table}, which would be gone",
                count,
                child=reference.child[1],
                row=_listed(reference.named, values),
                table=one.table.name,
            )


def _kinds(one: Moved, columns: Sequence[str]) -> list[Column]:
    """Return the columns of these names as rows have them, or none if one is generated."""
    known = {column.name.lower(): column for column in one.table.columns}
    kinds = [known.get(column.lower()) for column in columns]
    return [kind for kind in kinds if kind] if all(kinds) else []


def _values(one: Moved, row: bytes | None, kinds: Sequence[Column]) -> Values:
    """Return a row's values in these columns; nothing where one is NULL, which names no row."""
    if row is None:
        return ()
    names = [column.name for column in one.table.columns]
    literals = rows.literals(row)
    values = tuple(literals[names.index(kind.name)] for kind in kinds)
    return () if b"NULL" in values else values


def _called(one: Moved, row: bytes) -> str:
    key = one.table.key
    if not key:
        return row[:80].decode("utf-8", "replace")
    return _listed([column.name for column in key], _values(one, row, key))


def _listed(names: Sequence[str], values: Values) -> str:
    return tr(", ").join(
        f"{name}={value.decode('utf-8', 'replace')}"
        for name, value in zip(names, values, strict=True)
    )
