"""What a running backup tells of itself, table by table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

TableState = Literal["waiting", "hashing", "sending", "done"]


@dataclass(frozen=True, slots=True)
class TableProgress:
    """How far one table is.

    `hashed` of the `segments` in hand were compared so far, `reused` of them need not travel and
    `sent` did, at least in part.  `text_bytes` is SQL text written to the archive so far, of which
    `reused_bytes` were copied from an archive in hand and `sent_bytes` came over the line.
    """

    name: str
    state: TableState
    segments: int = 0
    hashed: int = 0
    reused: int = 0
    sent: int = 0
    text_bytes: int = 0
    reused_bytes: int = 0
    sent_bytes: int = 0


@dataclass(frozen=True, slots=True)
class TakeProgress:
    """How far a backup is: its tables in the archive's order.

    `saved_bytes` is SQL text that did not have to travel; `rate` is what the line carries now, in
    bytes a second.
    """

    tables: tuple[TableProgress, ...]
    saved_bytes: int
    rate: float
