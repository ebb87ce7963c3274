"""Working days after the State Council's calendar, with its 调休 (worked weekends).

The years of a library are known by themselves.  Each November the next year is announced; until
the library has it, a year can be entered by hand (`Holidays`, a journal entry).  Days of a year
that nobody entered are guessed by the weekday, and whoever shows such a day says so
(`Calendar.unknown_years`).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from typing import Final

import chinese_calendar
from chinese_calendar import constants

from gmops_desktop.contract.record import EntryView, fold
from gmops_desktop.language import tr

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Holidays:
    """What the notice for a year says: weekdays that are off, weekends that are worked."""

    year: int
    off: frozenset[date] = frozenset()
    worked: frozenset[date] = frozenset()
    source: str = ""  # which notice says so; nothing for the library's years


@dataclass(frozen=True, slots=True)
class Calendar:
    """The library's years, and those entered by hand, which go first."""

    entered: Mapping[int, Holidays] = field(default_factory=dict)

    def knows(self, day: date) -> bool:
        """Return whether the holidays of the day's year are known."""
        return day.year in self.entered or _library_knows(day.year)

    def is_workday(self, day: date) -> bool:
        """Return whether people work on `day`; in unknown years: Monday to Friday."""
        year = self.entered.get(day.year)
        if year is not None:
            return day in year.worked or (day.weekday() < 5 and day not in year.off)
        if _library_knows(day.year):
            return _library_says(day)
        return day.weekday() < 5

    def add_workdays(self, day: date, count: int) -> date:
        """Return the `count`-th working day after `day`, which itself does not count.

        So "within 3 working days" of a Friday ends on the Wednesday that follows.
        """
        while count > 0:
            day += timedelta(days=1)
            if self.is_workday(day):
                count -= 1
        return day

    def workdays_between(self, first: date, last: date) -> int:
        """Return how many working days lie in `first` to `last`, both included."""
        days = (first + timedelta(days=n) for n in range((last - first).days + 1))
        return sum(self.is_workday(day) for day in days)

    def unknown_years(self, first: date, last: date) -> tuple[int, ...]:
        """Return the years between two days whose holidays nobody knows."""
        years = range(first.year, last.year + 1)
        return tuple(year for year in years if not self.knows(date(year, 1, 1)))

    def holidays(self, year: int) -> Holidays | None:
        """Return the year as its notice has it, entered or the library's; None if unknown."""
        if year in self.entered:
            return self.entered[year]
        if not _library_knows(year):
            return None
        days = [date(year, 1, 1) + timedelta(days=n) for n in range(366)]
        found = [(day, self.is_workday(day)) for day in days if day.year == year]
        return Holidays(
            year,
            off=frozenset(day for day, works in found if day.weekday() < 5 and not works),
            worked=frozenset(day for day, works in found if day.weekday() >= 5 and works),
        )


STANDARD: Final = Calendar()


def calendar_of(entries: Iterable[EntryView]) -> Calendar:
    """Return the calendar that the journal's entries of kind "calendar" make, one subject a year.

    A year whose entry was taken back (`removed`) is no longer entered.
    """
    by_year: dict[str, list[EntryView]] = {}
    for entry in entries:
        by_year.setdefault(entry.subject, []).append(entry)
    years: dict[int, Holidays] = {}
    for said in by_year.values():
        fields = fold(said).fields
        if not fields.get("removed"):
            year = int(fields["year"])
            years[year] = Holidays(
                year,
                frozenset(map(date.fromisoformat, fields.get("off", ()))),
                frozenset(map(date.fromisoformat, fields.get("worked", ()))),
                str(fields.get("source", "")),
            )
    return Calendar(years)


def calendar_knows(day: date) -> bool:
    """Return whether the library knows the year's holidays."""
    return STANDARD.knows(day)


def is_workday(day: date) -> bool:
    """Return whether people work on `day` by the library; beyond its years it warns and guesses."""
    if not STANDARD.knows(day):
        _warn(day.year)
    return STANDARD.is_workday(day)


def add_workdays(day: date, count: int) -> date:
    """Return the `count`-th working day after `day` by the library alone."""
    while count > 0:
        day += timedelta(days=1)
        if is_workday(day):
            count -= 1
    return day


def _library_says(day: date) -> bool:
    """Look into the library's tables: its own function searches all of its years for each answer,
    a millisecond each."""
    return day in constants.workdays or (day.weekday() < 5 and day not in constants.holidays)


@cache
def _library_knows(year: int) -> bool:
    try:
        chinese_calendar.is_workday(date(year, 7, 1))
    except NotImplementedError:
        return False
    return True


@cache
def _warn(year: int) -> None:
    logger.warning(
        tr("The public holidays of {year} are not known yet: weekends only are counted.", year=year)
    )
