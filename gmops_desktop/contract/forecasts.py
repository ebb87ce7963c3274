"""When a file system will be full, as it fills now (the rule of Netdata's `disk_fill_rate`)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

HOUR: Final = timedelta(hours=1)
_EDGE: Final = 6  # the first sixth of the time looked back over says where it began
_NEVER: Final = 10_000.0  # hours: what lies further ahead is no forecast

Values = Sequence[tuple[datetime, float]]


def hours_to_full(free: Values, back: timedelta = HOUR) -> float | None:
    """Return in how many hours nothing is free any more, from the free bytes, oldest first.

    `_NEVER` where it does not fill; None where we do not look back far enough.  The least that was
    free in the first part of the time counts, so that what is deleted again foretells nothing.
    """
    if not free:
        return None
    now, left = free[-1]
    first = now - back * 1.1
    begun = [(at, value) for at, value in free if first <= at <= now - back * (1 - 1 / _EDGE)]
    if not begun:
        return None
    at, before = min(begun, key=lambda one: one[1])
    taken = before - left
    if taken <= 0:
        return _NEVER
    hours: float = left / (taken / ((now - at) / HOUR))
    return min(hours, _NEVER)
