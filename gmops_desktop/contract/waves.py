"""One change to many servers, in batches: first one, then a tenth, then the rest.

Where a wave stands follows from where the change of each server stands; nothing of it is stored
twice.  It stops by itself: once a server failed or is unknown, no further one is begun.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from gmops_desktop.errors import OpsError
from gmops_desktop.language import mark, tr

Standing = Literal["waiting", "begun", "held", "failed", "unknown", "left_out"]

USUAL: Final = ("1", "10%", "rest")  # sizes of the batches

_STANDINGS: Final[dict[Standing, str]] = {
    "waiting": mark("Not touched"),
    "begun": mark("Begun, and not yet proved"),
    "held": mark("Done, and the checks hold"),
    "failed": mark("Failed, or taken back"),
    "unknown": mark("Not known how it stands"),
    "left_out": mark("Left out"),
}
_SETTLED: Final[frozenset[Standing]] = frozenset(("held", "left_out"))
_STOPS: Final[frozenset[Standing]] = frozenset(("failed", "unknown"))


def word_of_standing(standing: Standing) -> str:
    """Return the word for how a server of a wave stands."""
    return tr(_STANDINGS[standing])


@dataclass(frozen=True, slots=True)
class Member:
    """One server of a wave: the change it has of its own, in which `batch` (from 1) and at which
    `place` of the whole wave (from 1).  `why` is a finished sentence where it is not well."""

    change_id: str
    number: str
    resource_id: str
    name: str
    batch: int
    place: int
    standing: Standing
    why: str = ""


@dataclass(frozen=True, slots=True)
class Wave:
    """A change to many servers; `members` in the order in which they are begun.

    `sizes` are those of the batches as they were asked for.
    """

    id: str
    number: str
    title: str
    sizes: tuple[str, ...]
    members: tuple[Member, ...]

    @property
    def batches(self) -> int:
        """How many batches there are."""
        return max((one.batch for one in self.members), default=0)

    @property
    def current(self) -> int:
        """The batch that is on, or comes next; 0 once all are through."""
        return min((one.batch for one in self.members if one.standing not in _SETTLED), default=0)

    @property
    def stopped(self) -> str:
        """Why no further server is begun, or ""."""
        lines = [
            tr("{name} ({number}): {why}", name=one.name, number=one.number,
               why=one.why or word_of_standing(one.standing))
            for one in self.members if one.standing in _STOPS
        ]  # fmt: skip
        return "\n".join(lines)

    @property
    def begun(self) -> tuple[Member, ...]:
        """Those of which the server must be asked before anything else is begun."""
        return tuple(one for one in self.members if one.standing == "begun")

    @property
    def due(self) -> tuple[Member, ...]:
        """Those that may be begun now: of the batch that is on, unless the wave stopped."""
        if self.stopped:
            return ()
        waiting = (one for one in self.members if one.standing == "waiting")
        return tuple(one for one in waiting if one.batch == self.current)

    @property
    def refused(self) -> tuple[Member, ...]:
        """Those that were to be begun just now and were not: by a gate, or not reached."""
        return tuple(one for one in self.members if one.standing == "waiting" and one.why)

    @property
    def touched(self) -> tuple[Member, ...]:
        """Those on whose servers something was begun."""
        return tuple(one for one in self.members if one.standing not in ("waiting", "left_out"))

    @property
    def untouched(self) -> tuple[Member, ...]:
        """Those on whose servers nothing was begun."""
        return tuple(one for one in self.members if one.standing == "waiting")


def divide(count: int, sizes: Sequence[str] = USUAL) -> tuple[int, ...]:
    """Return how many servers each batch has, of `count`.

    A size is a number, a share of all ("10%", rounded up), or "rest"; each batch has one server at
    least, as long as there are any.  What is left over is a last batch.
    """
    left, found = count, []
    for size in sizes:
        wanted = min(left, _size(size, count, left))
        if wanted:
            found.append(wanted)
        left -= wanted
    return (*found, left) if left else tuple(found)


def _size(size: str, count: int, left: int) -> int:
    text = size.strip().lower()
    if text == "rest":
        return left
    number = re.fullmatch(r"([0-9]{1,5})\s*(%?)", text)
    if not number or not int(number[1]) or (number[2] and int(number[1]) > 100):
        raise OpsError(
            tr("“{size}” is no size of a batch.", size=size),
            hint=tr("Write a number of servers, a share such as 10%, or rest."),
            unharmed=tr("Nothing was queued."),
        )
    return math.ceil(count * int(number[1]) / 100) if number[2] else int(number[1])
