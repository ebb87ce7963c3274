"""Indexes that are built when the rows are in: sorted at once, they cost a server less than row by
row, and far less where they are larger than its memory."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gmops_desktop.adapters.mysql.connection import MysqlConnection
from gmops_desktop.adapters.mysql.dialect import name
from gmops_desktop.adapters.mysql.exchange import plain_indexes
from gmops_desktop.adapters.mysql.failures import ServerRefused

_AUTO: Final = re.compile(r"\n  (`(?:[^`]|``)*`) [^\n]* AUTO_INCREMENT")


@dataclass(frozen=True, slots=True)
class PutOff:
    """The indexes that `table` lacks for now, as its definition spells them, in their order."""

    table: str
    clauses: Sequence[str]

    def build(self, connection: MysqlConnection) -> None:
        """Build them, from the rows that are there now."""
        connection.run(_adding(self.table, self.clauses))


def put_off(connection: MysqlConnection, table: str) -> PutOff | None:
    """Take the plain indexes away from an empty table; None where it keeps them.

    It keeps them where its definition would not become the very same again: tried out first.
    """
    before = _shown(connection, table)
    indexes = plain_indexes(before)
    needed = _AUTO.search(before)
    if not indexes or (needed and any(f"({needed[1]}" in spelled for spelled in indexes.values())):
        return None  # the server needs an index on a column that counts by itself
    drop = f"ALTER TABLE {name(table)} {','.join(f'DROP KEY {index}' for index in indexes)}"
    clauses = tuple(indexes.values())
    try:
        connection.run(drop)
        connection.run(_adding(table, clauses))
        if _shown(connection, table) != before:
            connection.run(f"DROP TABLE {name(table)}")
            connection.run(before)
            return None
        connection.run(drop)
    except ServerRefused:  # nothing was changed by it; the server has more rules than we know
        if _shown(connection, table) != before:
            raise
        return None
    return PutOff(table, clauses)


def _adding(table: str, clauses: Sequence[str]) -> str:
    return f"ALTER TABLE {name(table)} {','.join(f'ADD {clause}' for clause in clauses)}"


def _shown(connection: MysqlConnection, table: str) -> str:
    return str(connection.one(f"SHOW CREATE TABLE {name(table)}")[1])
