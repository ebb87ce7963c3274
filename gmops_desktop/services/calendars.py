"""The calendar's years that were entered by hand, as the State Council announced them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Final

from db.engine import Database
from db.journal import Journal
from gmops_desktop.contract.workdays import Calendar, Holidays, calendar_of
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

# 2027-10-01, 10月1日, 10-1; and the 7日 of "10月1日至7日", whose month is the one before.
_DAY: Final = re.compile(r"(?:(\d{4})[-/.年])?(\d{1,2})[-/.月](\d{1,2})日?|(\d{1,2})日")


class Calendars:
    """Reads the calendar, and records years that the library does not know yet."""

    def __init__(self, database: Database, journal: Journal) -> None:
        self._database, self._journal = database, journal

    def calendar(self) -> Calendar:
        """Return the working days as they are known."""
        return calendar_of(self._journal.entries("calendar"))

    def save(self, holidays: Holidays) -> None:
        """Record a year; refuse days of other years and worked days that are no weekend."""
        year = holidays.year
        for day in sorted(holidays.off | holidays.worked):
            if day.year != year:
                raise OpsError(
                    tr("{day} is not in {year}.", day=day, year=year),
                    hint=tr("Enter each year by itself."),
                    unharmed=_unharmed(),
                )
        for day in sorted(holidays.worked):
            if day.weekday() < 5 or day in holidays.off:
                raise OpsError(
                    tr("{day} is no weekend that could be worked instead.", day=day),
                    hint=tr("Compare with the notice of the State Council."),
                    unharmed=_unharmed(),
                )
        if not holidays.source.strip():
            raise OpsError(
                tr("The year {year} names no source.", year=year),
                hint=tr("Name the notice of the State Council that says so."),
                unharmed=_unharmed(),
            )
        fields = {
            "year": year,
            "off": sorted(holidays.off),
            "worked": sorted(holidays.worked),
            "source": holidays.source.strip(),
            "removed": False,
        }
        with self._database.session() as session, session.begin():
            self._journal.record(session, "calendar", _subject(year), "calendar.entered", fields)

    def remove(self, year: int) -> None:
        """Record that a year that was entered no longer holds: the library knows it by now."""
        if year not in self.calendar().entered:
            raise OpsError(tr("The year {year} was not entered by hand.", year=year))
        with self._database.session() as session, session.begin():
            fields = {"removed": True}
            self._journal.record(session, "calendar", _subject(year), "calendar.removed", fields)


def parse_days(text: str, year: int) -> frozenset[date]:
    """Return the days that `text` names: 2027-01-01, 1月1日, 10-1 to 10-7, apart by any marks.

    Two days with "至", "到", "~" or "to" between them are a stretch.  Raises `OpsError` for a day
    that the calendar does not have, or words that are no day.
    """
    found: set[date] = set()
    before: date | None = None
    position = 0
    for match in _DAY.finditer(text):
        between = text[position : match.start()]
        day = _day(match, before or date(year, 1, 1))
        if before is not None and re.search(r"[至到~—–]|\bto\b", between):
            if day < before:
                raise OpsError(tr("{first} to {last} runs backwards.", first=before, last=day))
            found |= {date.fromordinal(n) for n in range(before.toordinal(), day.toordinal() + 1)}
        found.add(day)
        before, position = day, match.end()
    left = _DAY.sub("", text)
    rest = re.sub(r"[至到~—–、，,;；\s]|\bto\b", "", left)
    if rest:
        raise OpsError(
            tr("“{text}” is not a day.", text=rest[:20]),
            hint=tr("Write days such as 2027-01-01, or 2027-10-01 to 2027-10-07."),
        )
    return frozenset(found)


def described(days: Iterable[date]) -> str:
    """Return days as `parse_days` reads them, stretches as such."""
    stretches: list[tuple[date, date]] = []
    for day in sorted(days):
        if stretches and day.toordinal() == stretches[-1][1].toordinal() + 1:
            stretches[-1] = (stretches[-1][0], day)
        else:
            stretches.append((day, day))
    return "\n".join(
        str(first) if first == last else tr("{first} to {last}", first=first, last=last)
        for first, last in stretches
    )


def _day(match: re.Match[str], before: date) -> date:
    year, month, day, only = match.groups()
    try:
        return date(int(year or before.year), int(month or before.month), int(day or only))
    except ValueError as error:
        raise OpsError(
            tr("“{text}” is not a day.", text=match.group()),
            hint=tr("Write days such as 2027-01-01, or 2027-10-01 to 2027-10-07."),
        ) from error


def _subject(year: int) -> str:
    return f"holidays-{year}"


def _unharmed() -> str:
    return tr("The calendar is unchanged.")
