"""Lets no row be put back singly that would tear a foreign key: the server does not check them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from gmops_desktop.adapters.mysql import MysqlConnection, references
from gmops_desktop.adapters.mysql.dialect import Column
from gmops_desktop.adapters.mysql.references import Reference, Values
from gmops_desktop.archive import rows
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr, tr_n

if TYPE_CHECKING:
    from gmops_desktop.services.restores.inplace import Work

_NAMED: Final = 5  # torn rows that a message names; the others are counted


def refuse_torn(connection: MysqlConnection, work: Sequence[Work]) -> None:
    """Raise `OpsError` where rows put back singly name rows that are not there, or leave others
    behind that name what they were.  For the transaction that has written them.

    What was torn already, and is not touched, is not asked about; nor are generated columns.
    """
    single = {one.record.name: one for one in work if one.changes}
    if not single:
        return
    torn: list[str] = []
    others: set[str] = set()
    for reference in references.between(connection, single):
        for end, (schema, table) in (("child", reference.child), ("parent", reference.parent)):
            if schema != connection.schema or table not in single:
                continue
            if end == "child":
                found = list(_without_parent(connection, single[table], reference))
                others |= {reference.parent[1]} if found else set()
            else:
                found = list(_left_behind(connection, single[table], reference))
                others |= {reference.child[1]} if found else set()
            torn += found
    if torn:
        more = len(torn) - _NAMED
        told = [*torn[:_NAMED]]
        told += [tr_n("and {count} more", "and {count} more", more)] if more > 0 else []
        raise OpsError(
            tr("Foreign keys would be torn: {rows}.", rows=tr("; ").join(told)),
            hint=tr(
                "First put the rows of {tables} back that belong to them, or restore these tables"
                " together.",
                tables=tr(", ").join(sorted(others)),
            ),
            unharmed=tr("The schema is as it was."),
        )


def _without_parent(connection: MysqlConnection, one: Work, reference: Reference) -> Iterable[str]:
    """Say which rows put back name a row that is not there."""
    kinds = _kinds(one, reference.columns)
    naming: dict[Values, list[bytes]] = {}
    for change in one.changes if kinds else ():
        wanted = _values(one, change.before, kinds)
        if change.before is not None and wanted and wanted != _values(one, change.after, kinds):
            naming.setdefault(wanted, []).append(change.before)
    missing = references.absent(connection, reference.parent, reference.named, kinds, list(naming))
    for values in missing:
        for row in naming[values]:
            yield tr(
                "{row} of {table} names {values} of {parent}, which is not there",
                row=_called(one, row),
                table=one.record.name,
                values=_listed(reference.named, values),
                parent=reference.parent[1],
            )


def _left_behind(connection: MysqlConnection, one: Work, reference: Reference) -> Iterable[str]:
    """Say which rows that leave, or change what they are named by, others still name."""
    kinds = _kinds(one, reference.named)
    leaving: dict[Values, bytes] = {}
    for change in one.changes if kinds else ():
        there = _values(one, change.after, kinds)
        if change.after is not None and there and there != _values(one, change.before, kinds):
            leaving[there] = change.after
    gone = references.absent(connection, reference.parent, reference.named, kinds, list(leaving))
    for values in gone:
        count = references.count(connection, reference.child, reference.columns, kinds, values)
        if count:
            yield tr_n(
                "{count} row of {child} names {row} of {table}, which would be gone",
                "{count} rows of {child} name {row} of {table}, which would be gone",
                count,
                child=reference.child[1],
                row=_listed(reference.named, values),
                table=one.record.name,
            )


def _kinds(one: Work, columns: Sequence[str]) -> list[Column]:
    """Return the columns of these names as rows have them, or none if one is generated."""
    known = {column.name.lower(): column for column in one.amendment.table.columns}
    kinds = [known.get(column.lower()) for column in columns]
    return [kind for kind in kinds if kind] if all(kinds) else []


def _values(one: Work, row: bytes | None, kinds: Sequence[Column]) -> Values:
    """Return a row's values in these columns; nothing where one is NULL, which names no row."""
    if row is None:
        return ()
    names = [column.name for column in one.amendment.table.columns]
    literals = rows.literals(row)
    values = tuple(literals[names.index(kind.name)] for kind in kinds)
    return () if b"NULL" in values else values


def _called(one: Work, row: bytes) -> str:
    key = one.amendment.table.key
    if not key:
        return row[:80].decode("utf-8", "replace")
    return _listed([column.name for column in key], _values(one, row, key))


def _listed(names: Sequence[str], values: Values) -> str:
    return tr(", ").join(
        f"{name}={value.decode('utf-8', 'replace')}"
        for name, value in zip(names, values, strict=True)
    )
