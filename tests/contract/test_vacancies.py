"""Posts that nobody filled, on a day and within a stretch of days."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from example_period import CONTRACT
from gmops_desktop.contract.terms import Contact, Vacancy, vacancies, vacancies_between

MAY, LAST = date(2018, 5, 1), date(2018, 5, 31)
BEFORE = date(2018, 3, 6)
AGREED = replace(CONTRACT, staff=(("manager", 1), ("engineer", 2)))


def person(id: str, post: str, begin: date = BEFORE, end: date | None = None) -> Contact:
    return Contact(id, id, "B", "", "", begin, end, post)  # type: ignore[arg-type]


def test_a_day_without_anybody_is_found_between_two_who_were_there() -> None:
    people = (
        person("a", "manager", end=date(2018, 5, 14)),
        person("b", "manager", date(2018, 5, 16)),
        person("c", "engineer"),
        person("d", "engineer", end=date(2018, 5, 31)),
        person("e", "engineer", date(2018, 6, 1)),
    )
    assert vacancies(AGREED, people, MAY) == vacancies(AGREED, people, LAST) == ()
    assert vacancies_between(AGREED, people, MAY, LAST) == (Vacancy("manager", 1, 0),)
    assert vacancies_between(AGREED, people, MAY, date(2018, 5, 14)) == ()
    assert vacancies_between(AGREED, people, date(2018, 6, 1), date(2018, 6, 30)) == ()
    assert vacancies_between(AGREED, people, LAST, MAY) == ()  # a month outside the contract


def test_the_fewest_there_were_count_and_every_day_is_looked_at() -> None:
    people = (
        person("a", "manager", date(2018, 5, 2)),
        person("c", "engineer", end=date(2018, 5, 9)),
        person("d", "engineer", end=date(2018, 5, 19)),
    )
    found = vacancies_between(AGREED, people, MAY, LAST)
    assert found == (Vacancy("manager", 1, 0), Vacancy("engineer", 2, 0))
    by_day = [
        one for day in range(31) for one in vacancies(AGREED, people, MAY + timedelta(days=day))
    ]
    for one in found:
        assert one.there == min(each.there for each in by_day if each.post == one.post)
