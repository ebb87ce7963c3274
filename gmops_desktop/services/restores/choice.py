"""What of an archive is restored, and to whom its definitions belong afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, Self

DefinerPolicy = Literal["keep", "strip", "map"]


@dataclass(frozen=True, slots=True)
class Choice:
    """Which tables are restored (None: all, and every other definition), or which rows of them.

    `rows` holds, for a table, the keys of the rows to put back: the literals of the key's columns
    as they stand in an archive, by commas.  Of such a table nothing else is touched.  With `tears`
    it is not refused for what other tables' foreign keys would then name in vain.
    """

    tables: frozenset[str] | None = None
    rows: Mapping[str, frozenset[str]] = field(default_factory=dict)
    tears: bool = False

    @property
    def everything(self) -> bool:
        return self.tables is None and not self.rows

    def takes(self, table: str) -> bool:
        """Say whether anything of `table` is restored."""
        if self.everything:
            return True
        return table in (self.tables or ()) or table in self.rows

    def to_json(self) -> dict[str, Any]:
        rows = {name: sorted(keys) for name, keys in self.rows.items()}
        tables = None if self.tables is None else sorted(self.tables)
        return {"tables": tables, "rows": rows, "tears": self.tears}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        tables, rows = values["tables"], values["rows"]
        return cls(
            None if tables is None else frozenset(tables),
            {name: frozenset(keys) for name, keys in rows.items()},
            values.get("tears", False),
        )


@dataclass(frozen=True, slots=True)
class Definers:
    """To whom views, routines, triggers and events belong: as in the archive where the server
    allows it ("keep"), to the account that restores ("strip"), or by `names` ("map")."""

    policy: DefinerPolicy = "keep"
    names: Mapping[str, str] = field(default_factory=dict)  # name@host to name@host

    def to_json(self) -> dict[str, Any]:
        return {"policy": self.policy, "names": dict(self.names)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        return cls(values["policy"], dict(values["names"]))


WHOLE: Final = Choice()
KEEP: Final = Definers()
