"""Which schemas imports have made, in a file of this machine: only those may be removed again."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.paths import write_atomically

State = Literal["loading", "stopped", "done"]


@dataclass(frozen=True, slots=True)
class Started:
    """An import that was begun: `server` is `user@host:port`, `line` where it stopped, if it did.

    One that is still `loading` and of which no program runs any more was interrupted.
    """

    server: str
    schema: str
    file: str
    at: datetime
    state: State
    line: int = 0


class Ledger:
    """The list of imports, oldest first."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def all(self) -> tuple[Started, ...]:
        """Return every import whose schema was not removed."""
        try:
            rows = json.loads(self._path.read_text("utf-8"))
            return tuple(
                Started(**{**row, "at": datetime.fromisoformat(row["at"])}) for row in rows
            )
        except FileNotFoundError:
            return ()
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise OpsError(
                tr("The list of imports {path} cannot be read: {why}.", path=self._path, why=error),
                hint=tr("Move it away; schemas that imports left are then removed by hand."),
            ) from error

    def find(self, server: str, schema: str) -> Started | None:
        """Return the import that made a schema."""
        return next(
            (one for one in self.all() if (one.server, one.schema) == (server, schema)), None
        )

    def enter(self, started: Started) -> None:
        """Add an import, or put it in the place of the one that made the same schema."""
        self._write([*self._others(started.server, started.schema), started])

    def reach(self, started: Started, state: State, line: int = 0) -> None:
        """Note how far an import came."""
        self.enter(replace(started, state=state, line=line))

    def forget(self, server: str, schema: str) -> None:
        """Take an import off the list."""
        self._write(self._others(server, schema))

    def _others(self, server: str, schema: str) -> list[Started]:
        return [one for one in self.all() if (one.server, one.schema) != (server, schema)]

    def _write(self, rows: list[Started]) -> None:
        values = [{**asdict(one), "at": one.at.isoformat()} for one in rows]
        try:
            write_atomically(self._path, json.dumps(values, ensure_ascii=False, indent=1).encode())
        except OSError as error:
            raise OpsError(
                tr("The list of imports {path} cannot be written: {why}.",
                   path=self._path, why=error.strerror or error),
                hint=tr("Free some space on this machine, then start again."),
            ) from error  # fmt: skip
