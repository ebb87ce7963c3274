"""What happens on which day: the diary of the year, with what comes back every week and month."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Final

from gmops_desktop.context import Context
from gmops_desktop.contract.consoles import Notice, Person
from sandbox.year import autumn, everyday, spring
from sandbox.year.life import CONTACT, END, MATE, SECOND, START, Life
from sandbox.year.papers import SAMPLE_QUARTER

NOTICED: Final = date(2025, 4, 22)  # what the account's publisher wrote then was objected to

Line = tuple[date, str, Callable[[Life], None]]


def between(first: date, last: date) -> Iterator[Line]:
    """Yield what happens from one day to another, in its order."""
    lines: list[Line] = [*spring.DIARY, *autumn.DIARY, *everyday.DIARY, *_routine(), *_papers()]
    for line in sorted(lines, key=lambda one: one[:2]):
        if first <= line[0] <= last:
            yield line


def _routine() -> Iterator[Line]:
    """Yield the copies and drills: the database each Sunday, all else and a drill each month."""
    for number in range((END - START).days):
        day = START + timedelta(days=number)
        if day.day == 1:
            yield day, "02:00", monthly
        elif day.weekday() == 6:
            yield day, "02:00", weekly
        if day.day == 20:
            yield day, "20:00", rehearsed


def rehearsed(life: Life) -> None:
    """A drill on a database server of this machine, of the newest backup."""
    life.back_up()
    database, drills = life.the("mysql"), life.services.drills
    life.twice(lambda: drills.run(database, Context()))
    certificate = drills.all(database.id)[0].certificate
    life.papers.certificate(certificate, sample="" if "drill" in life.papers.kept else "drill")


def weekly(life: Life) -> None:
    life.back_up()


def monthly(life: Life) -> None:
    life.back_up(files=True, account=True)


def _papers() -> Iterator[Line]:
    """Yield the reports of each month and quarter, soon after its end."""
    for number in range((END - START).days):
        day = START + timedelta(days=number)
        if day.day == 3:
            yield day, "09:30", month_over
        if day.day == 3 and day.month % 3 == 1:
            yield day, "10:30", quarter_over


def month_over(life: Life) -> None:
    before = life.today.replace(day=1) - timedelta(days=1)
    _read_console(life, before)
    life.papers.month(f"{before:%Y-%m}")


def _read_console(life: Life, last: date) -> None:
    """Write down what only the account's console tells: notices, and who may log in."""
    notice = Notice(NOTICED, "推文标题使用绝对化用语，提示修改", "当日修改标题后重新发布")
    told = (notice,) if last.replace(day=1) == NOTICED.replace(day=1) else ()
    people = Person(CONTACT, "管理员"), Person(SECOND, "长期运营者"), Person(MATE, "短期运营者")
    account = life.the("account").id
    life.services.consoles.record(account, life.today, notices=told, people=people)


def quarter_over(life: Life) -> None:
    before = life.today.replace(day=1) - timedelta(days=1)
    quarter = f"{before.year}-Q{(before.month - 1) // 3 + 1}"
    sample = "quarter" if quarter == SAMPLE_QUARTER else ""
    life.papers.sign(life.papers.make("quarter", quarter, sample=sample))
