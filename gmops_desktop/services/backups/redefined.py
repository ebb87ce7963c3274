"""Definitions that somebody changed while rows were read: they are in no snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final

from gmops_desktop.adapters.mysql import MysqlConnection, catalogue, snapshot
from gmops_desktop.adapters.mysql.definitions import Schema, Table
from gmops_desktop.adapters.mysql.dialect import name
from gmops_desktop.adapters.mysql.failures import ServerRefused
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

# The table changed after the snapshot, or is gone; a column, a key or a partition of it is.
_TOLD: Final = (1412, 1146, 1054, 1176, 1735)
_LOOKS: Final = 30  # for a change to end
_PAUSE: Final = 1.0  # seconds between two of them


class DefinitionsChanged(OpsError):
    """Somebody changed definitions while the rows were read; another attempt may end well."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(sorted(names))
        super().__init__(
            tr(
                "Definitions were changed during the backup: {names}.",
                names=tr(", ").join(self.names),
            ),
            hint=tr("Start again when nobody changes definitions."),
            unharmed=tr("No archive was written."),
        )


def compare(before: Schema, after: Schema) -> None:
    """Raise `DefinitionsChanged` where two looks at a schema differ."""
    first, second = before.digests(), after.digests()
    changed = {key[1] for key in first.keys() | second.keys() if first.get(key) != second.get(key)}
    if changed:
        raise DefinitionsChanged(changed)


@contextmanager
def told(connection: MysqlConnection, tables: Iterable[Table]) -> Iterator[None]:
    """Name the tables that the server means when it refuses to read a changed one."""
    try:
        yield
    except ServerRefused as refusal:
        if refusal.code not in _TOLD:
            raise
        some = {table.name for table in tables}
        meant = some if len(some) == 1 else {each for each in some if _changed(connection, each)}
        raise DefinitionsChanged(meant or some) from refusal


def _changed(connection: MysqlConnection, table: str) -> bool:
    try:
        snapshot.rows(connection, f"SELECT 1 FROM {name(table)} LIMIT 1")
    except ServerRefused as refusal:
        return refusal.code in _TOLD
    return False


def settle(connection: MysqlConnection) -> None:
    """Wait until two looks at the schema are the same, for half a minute at most."""
    before = catalogue.read(connection).digests()
    for _ in range(_LOOKS):
        connection.context.wait(_PAUSE)
        after = catalogue.read(connection).digests()
        if before == after:
            return
        before = after
