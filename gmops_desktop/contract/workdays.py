"""Working days after the State Council's calendar, with its 调休 (worked weekends)."""

from __future__ import annotations

import logging
from datetime import date, timedelta
from functools import cache

import chinese_calendar

from gmops_desktop.language import tr

logger = logging.getLogger(__name__)


def calendar_knows(day: date) -> bool:
    """Return whether the year's holidays are known (each is announced in the November before)."""
    try:
        chinese_calendar.is_workday(day)
    except NotImplementedError:
        return False
    return True


def is_workday(day: date) -> bool:
    """Return whether people work on `day`; beyond the known years: Monday to Friday, warned of."""
    if calendar_knows(day):
        return bool(chinese_calendar.is_workday(day))
    _warn(day.year)
    return day.weekday() < 5


def add_workdays(day: date, count: int) -> date:
    """Return the `count`-th working day after `day`, which itself does not count.

    So "within 3 working days" of a Friday ends on the Wednesday that follows.
    """
    while count > 0:
        day += timedelta(days=1)
        if is_workday(day):
            count -= 1
    return day


@cache
def _warn(year: int) -> None:
    logger.warning(
        tr("The public holidays of {year} are not known yet: weekends only are counted.", year=year)
    )
