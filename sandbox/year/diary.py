"""What happens on which day: the diary of the year, with what comes back every week and month."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta

from sandbox.year import autumn, spring
from sandbox.year.life import END, START, Life

Line = tuple[date, str, Callable[[Life], None]]


def between(first: date, last: date) -> Iterator[Line]:
    """Yield what happens from one day to another, in its order."""
    lines: list[Line] = [*spring.DIARY, *autumn.DIARY, *_routine(), *_papers()]
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


def _papers() -> Iterator[Line]:
    """Yield the reports: of each month on the second working morning after it, of each quarter."""
    for number in range(1, 13):
        month = date(START.year + (START.month + number - 1) // 12, (START.month + number - 1) % 12 + 1, 3)
        yield month, "09:30", month_over
        if month.month % 3 == 1:
            yield month, "10:30", quarter_over


def month_over(life: Life) -> None:
    before = life.today.replace(day=1) - timedelta(days=1)
    life.papers.month(f"{before:%Y-%m}")
    if before.month == 5:
        life.papers.make("monthly", f"{before:%Y-%m}", language="en", sample="monthly.en")


def quarter_over(life: Life) -> None:
    before = life.today.replace(day=1) - timedelta(days=1)
    quarter = f"{before.year}-Q{(before.month - 1) // 3 + 1}"
    life.papers.make("quarter", quarter, sample="quarter" if quarter == "2025-Q2" else "")
