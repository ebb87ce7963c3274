"""The periods that documents are of, as people write them: a month (2018-04), a quarter (2018-Q2),
a year of a contract (2018)."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from gmops_desktop.contract.terms import Contract
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

_SHORT: Final = 31  # days; what is left of a contract after its last whole year belongs to that


def month_of(period: str) -> tuple[date, date]:
    """Return the first and last day of a month written as 2018-04."""
    found = re.fullmatch(r"(20\d\d)-(0[1-9]|1[0-2])", period.strip())
    if not found:
        raise OpsError(
            tr("“{period}” is not a month.", period=period),
            hint=tr("Write year and month as 2018-04."),
        )
    year, month = int(found[1]), int(found[2])
    return date(year, month, 1), date(year, month, monthrange(year, month)[1])


def span_of(period: str) -> tuple[date, date]:
    """Return the first and last day of a month, or of months written as 2018-04~2018-06."""
    first, _, last = period.partition("~")
    begin, end = month_of(first)[0], month_of(last or first)[1]
    if end < begin:
        raise OpsError(
            tr("“{period}” ends before it begins.", period=period),
            hint=tr("Write the first month before the last: 2018-04~2018-06."),
        )
    return begin, end


def quarter_of(period: str) -> tuple[date, date]:
    """Return the first and last day of a quarter of the calendar written as 2018-Q2."""
    found = re.fullmatch(r"(20\d\d)-[Qq]([1-4])", period.strip())
    if not found:
        raise OpsError(
            tr("“{period}” is not a quarter.", period=period),
            hint=tr("Write year and quarter as 2018-Q2."),
        )
    year, last = int(found[1]), 3 * int(found[2])
    return date(year, last - 2, 1), date(year, last, monthrange(year, last)[1])


def year_of(period: str) -> int:
    """Return the year written as 2018."""
    if not re.fullmatch(r"20\d\d", period.strip()):
        raise OpsError(
            tr("“{period}” is not a year.", period=period),
            hint=tr("Write the year in which the contract's year begins, as 2018."),
        )
    return int(period)


def quarters_of(contract: Contract) -> Iterator[str]:
    """Yield the quarters that a contract touches, as they are written, the first at the front."""
    written = (f"{one.year}-Q{(one.month + 2) // 3}" for one in contract.months())
    yield from dict.fromkeys(written)


def years_of(contract: Contract) -> dict[int, tuple[date, date]]:
    """Return a contract's own years by the year in which each begins: first and last day.

    They run from the day on which it began.  What is left at the end and is shorter than a month
    belongs to the year before: a contract from 6 March to 6 March has one.
    """
    found: dict[int, tuple[date, date]] = {}
    first = contract.start
    while first <= contract.end:
        after = _anniversary(contract.start, first.year + 1)
        last = after - timedelta(days=1)
        if (contract.end - last).days <= _SHORT:
            last = contract.end
        found[first.year] = (first, last)
        first = max(after, last + timedelta(days=1))
    return found


def _anniversary(start: date, year: int) -> date:
    leap = (start.month, start.day) == (2, 29)
    return start.replace(year=year, day=28 if leap else start.day)
