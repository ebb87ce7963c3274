"""Working days against the notices the State Council's General Office published, 2018 to 2026.

Written down by hand, with the extension of the Spring Festival of 2020, so that the library is
held against something else than itself.
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from gmops_desktop.contract.workdays import is_workday

# Per year: the stretches that are off (first to last), and the weekend days worked for them.
NOTICES = {
    2018: (
        "0101 0215-0221 0405-0407 0429-0501 0618 0924 1001-1007 1230-1231",
        "0211 0224 0408 0428 0929 0930 1229",
    ),
    2019: (
        "0101 0204-0210 0405-0407 0501-0504 0607-0609 0913-0915 1001-1007",
        "0202 0203 0428 0505 0929 1012",
    ),
    2020: (
        "0101 0124-0202 0404-0406 0501-0505 0625-0627 1001-1008",
        "0119 0426 0509 0628 0927 1010",
    ),
    2021: (
        "0101-0103 0211-0217 0403-0405 0501-0505 0612-0614 0919-0921 1001-1007",
        "0207 0220 0425 0508 0918 0926 1009",
    ),
    2022: (
        "0101-0103 0131-0206 0403-0405 0430-0504 0603-0605 0910-0912 1001-1007 1231",
        "0129 0130 0402 0424 0507 1008 1009",
    ),
    2023: (
        "0101-0102 0121-0127 0405 0429-0503 0622-0624 0929-1006",
        "0128 0129 0423 0506 0625 1007 1008",
    ),
    2024: (
        "0101 0210-0217 0404-0406 0501-0505 0610 0915-0917 1001-1007",
        "0204 0218 0407 0428 0511 0914 0929 1012",
    ),
    2025: (
        "0101 0128-0204 0404-0406 0501-0505 0531-0602 1001-1008",
        "0126 0208 0427 0928 1011",
    ),
    2026: (
        "0101-0103 0215-0223 0404-0406 0501-0505 0619-0621 0925-0927 1001-1007",
        "0104 0214 0228 0509 0920 1010",
    ),
}


def _day(year: int, said: str) -> date:
    return date(year, int(said[:2]), int(said[2:]))


def _off(year: int, said: str) -> set[date]:
    found: set[date] = set()
    for stretch in said.split():
        first, _, last = stretch.partition("-")
        begin, end = _day(year, first), _day(year, last or first)
        found |= {begin + timedelta(days=n) for n in range((end - begin).days + 1)}
    return found


@pytest.mark.parametrize("year", NOTICES)
def test_every_day_of_the_year_is_as_the_notice_says(year: int) -> None:
    said_off, said_worked = NOTICES[year]
    off, worked = _off(year, said_off), {_day(year, one) for one in said_worked.split()}
    assert all(day.weekday() >= 5 for day in worked), "only weekends are worked in exchange"
    assert not off & worked
    day, wrong = date(year, 1, 1), []
    while day.year == year:
        expected = day in worked or (day.weekday() < 5 and day not in off)
        if is_workday(day) != expected:
            wrong.append(day.isoformat())
        day += timedelta(days=1)
    assert wrong == []
