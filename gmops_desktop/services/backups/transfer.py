"""How a backup may use the line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Compression = Literal["auto", "none", "ssh", "remote"]
COMPRESSIONS: Final[dict[str, Compression]] = {
    "auto": "auto", "none": "none", "ssh": "ssh", "remote": "remote"
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TransferPlan:
    """What the user wants of a transfer; the defaults let the program choose by what it measures.

    `rate_limit` is in bytes a second (0: none).  `full` sends every row, whatever is in hand.
    `connections` is 1 or more, 0 to choose.  `lock_limit` is how many seconds writers of tables
    without snapshots may be held off (0: never); beyond it those are copied unlocked.
    """

    rate_limit: int = 0
    full: bool = False
    connections: int = 0
    lock_limit: float = 5.0
    compression: Compression = "auto"
