"""Which time counts: round the clock, or the working hours of working days (Beijing time)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Final

from gmops_desktop.contract.terms import ZONE, day_of
from gmops_desktop.contract.workdays import is_workday

Works = Callable[[date], bool]  # whether people work on a day

_DAY: Final = timedelta(days=1)
_LONGEST: Final = 3660  # days without working hours after which `moment_after` gives up


@dataclass(frozen=True, slots=True)
class Hours:
    """The windows of a working day, in order and apart; none means every minute of every day."""

    windows: tuple[tuple[time, time], ...] = ()

    def __post_init__(self) -> None:
        flat = [at for window in self.windows for at in window]
        if any(one >= other for one, other in pairwise(flat)):
            raise ValueError(f"windows that overlap or end before they begin: {self.windows}")

    @property
    def always(self) -> bool:
        """Whether all time counts."""
        return not self.windows


ALWAYS: Final = Hours()
WORKING: Final = Hours(((time(9), time(12)), (time(14), time(18))))


def counted(
    begin: datetime, end: datetime, hours: Hours, works: Works = is_workday
) -> Iterator[tuple[datetime, datetime]]:
    """Yield the stretches between two moments that count, in order, none empty."""
    if hours.always:
        if begin < end:
            yield begin, end
        return
    day, last = day_of(begin), day_of(end)
    while day <= last:
        if works(day):
            for opens, closes in hours.windows:
                start = max(begin, datetime.combine(day, opens, ZONE))
                stop = min(end, datetime.combine(day, closes, ZONE))
                if start < stop:
                    yield start, stop
        day += _DAY


def seconds_between(
    begin: datetime, end: datetime, hours: Hours, works: Works = is_workday
) -> float:
    """Return how many seconds between two moments count."""
    return sum((stop - start).total_seconds() for start, stop in counted(begin, end, hours, works))


def moment_after(
    begin: datetime, seconds: float, hours: Hours, works: Works = is_workday
) -> datetime | None:
    """Return when so many seconds will have counted from `begin` on; None if they never will."""
    if hours.always:
        return begin + timedelta(seconds=seconds)
    day, left = day_of(begin), seconds
    for _ in range(_LONGEST):
        midnight = datetime.combine(day + _DAY, time(0), ZONE)
        for start, stop in counted(max(begin, midnight - _DAY), midnight, hours, works):
            spent = (stop - start).total_seconds()
            if spent >= left:
                return (start + timedelta(seconds=left)).astimezone(begin.tzinfo)
            left -= spent
        day += _DAY
    return None
