"""What comes of a restore: ended, interrupted, or put right."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from gmops_desktop.archive.inventory import Backup
from gmops_desktop.services.restores.ledger import State
from gmops_desktop.services.restores.settling import Stands

Goal = Literal["either", "before", "after"]


@dataclass(frozen=True, slots=True)
class Restored:
    """A restore that ended; `proved` when the target's digests are the archive's.

    `differences` says in sentences what is otherwise.  `safety` is the state before it.  Where the
    schema was made for it (`made_schema`), undoing it removes that again.
    """

    id: str
    at: datetime
    seconds: float
    target: str
    schema: str
    tables: int
    rows: int
    proved: bool
    differences: tuple[str, ...]
    safety: Backup | None
    undoes: str = ""
    travelled: int = 0
    archive: str = ""
    made_schema: bool = False
    resource_id: str = ""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A restore that was interrupted, and has yet to be put back (or only to be cleared up).

    `stands` says how the database is, as far as that is known without asking the server.
    """

    id: str
    at: datetime
    target: str
    schema: str
    state: State
    archive: Path = Path()
    stands: Literal["before", "after", "unknown"] = "unknown"


@dataclass(frozen=True, slots=True)
class Recovered:
    """How a schema stands now that an interrupted restore was put right: as `before` that restore
    or as `after` it."""

    schema: str
    stands: Stands
