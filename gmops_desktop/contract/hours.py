"""Which time counts: round the clock, or the working hours of working days (Beijing time)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import accumulate, pairwise
from typing import Final

from gmops_desktop.contract.terms import ZONE, day_of
from gmops_desktop.contract.workdays import is_workday

Works = Callable[[date], bool]  # whether people work on a day

_DAY: Final = timedelta(days=1)
_LONGEST: Final = 3660  # days without working hours after which `moment_after` gives up


class WorkingDays:
    """A look-up of working days that remembers whole years: many days are counted without asking
    for each of them again."""

    def __init__(self, works: Works) -> None:
        self._works = works
        self._years: dict[int, tuple[int, ...]] = {}

    def __call__(self, day: date) -> bool:
        """Return whether people work on a day."""
        year, place = self._upto(day.year), day.timetuple().tm_yday
        return year[place] > year[place - 1]

    def between(self, first: date, last: date) -> int:
        """Return how many working days lie in `first` to `last`, both included."""
        if last < first:
            return 0
        before = self._upto(first.year)[first.timetuple().tm_yday - 1]
        whole = sum(self._upto(year)[-1] for year in range(first.year, last.year))
        return whole + self._upto(last.year)[last.timetuple().tm_yday] - before

    def _upto(self, year: int) -> tuple[int, ...]:
        """Return how many of the first 0, 1, 2 ... days of a year are working days."""
        if year not in self._years:
            start = date(year, 1, 1)
            days = (start + n * _DAY for n in range((date(year, 12, 31) - start).days + 1))
            self._years[year] = tuple(accumulate(map(self._works, days), initial=0))
        return self._years[year]


def remembered(works: Works) -> WorkingDays:
    """Return the look-up as one that remembers; it stays the same if it does so already."""
    return works if isinstance(works, WorkingDays) else WorkingDays(works)


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

    @property
    def of_a_day(self) -> timedelta:
        """How much of a working day counts."""
        if self.always:
            return _DAY
        of = date.min
        spans = (
            datetime.combine(of, closes) - datetime.combine(of, opens)
            for opens, closes in self.windows
        )
        return sum(spans, timedelta())


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
    """Return how many seconds between two moments count.

    The days between the first and the last are whole: they are counted, not gone through.
    """
    if hours.always or day_of(end) - day_of(begin) < 2 * _DAY:
        pieces = counted(begin, end, hours, works)
        return sum((stop - start for start, stop in pieces), timedelta()).total_seconds()
    first, last = day_of(begin) + _DAY, day_of(end)
    evening = datetime.combine(first, time(0), ZONE)
    morning = datetime.combine(last, time(0), ZONE)
    days = remembered(works)
    edges = (*counted(begin, evening, hours, days), *counted(morning, end, hours, days))
    whole = days.between(first, last - _DAY) * hours.of_a_day
    return sum((stop - start for start, stop in edges), whole).total_seconds()


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
