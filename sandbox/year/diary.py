"""What happens on which day: the diary of the year, with what comes back every week and month."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta

from sandbox.year import spring
from sandbox.year.life import END, START, Life

Line = tuple[date, str, Callable[[Life], None]]


def between(first: date, last: date) -> Iterator[Line]:
    """Yield what happens from one day to another, in its order."""
    lines: list[Line] = [*spring.DIARY, *_routine()]
    for line in sorted(lines, key=lambda one: one[:2]):
        if first <= line[0] <= last:
            yield line


def _routine() -> Iterator[Line]:
    """Yield the copies: the database each Sunday, the site's files and the account each month."""
    for number in range((END - START).days):
        day = START + timedelta(days=number)
        if day.day == 1:
            yield day, "02:00", monthly
        elif day.weekday() == 6:
            yield day, "02:00", weekly


def weekly(life: Life) -> None:
    life.back_up()


def monthly(life: Life) -> None:
    life.back_up(files=True, account=True)
