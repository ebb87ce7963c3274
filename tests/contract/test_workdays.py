from __future__ import annotations

from datetime import date, timedelta

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmops_desktop.contract.workdays import add_workdays, calendar_knows, is_workday


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2018, 3, 6), True),
        (date(2018, 3, 10), False),  # a Saturday
        (date(2018, 4, 5), False),  # 清明, a Thursday
        (date(2018, 4, 8), True),  # a Sunday, worked in exchange
        (date(2026, 2, 14), True),  # a Saturday, worked before the Spring Festival
    ],
)
def test_workdays_follow_the_state_council(day, works):
    assert is_workday(day) is works


@given(st.dates(min_value=date(2010, 1, 1), max_value=date(2026, 12, 31)))
def test_the_librarys_tables_are_read_as_it_reads_them(day):
    assert is_workday(day) is chinese_calendar.is_workday(day)


def test_within_three_working_days():
    assert add_workdays(date(2018, 3, 6), 3) == date(2018, 3, 9)
    assert add_workdays(date(2018, 3, 9), 3) == date(2018, 3, 14)  # over a weekend
    assert add_workdays(date(2018, 4, 4), 3) == date(2018, 4, 10)  # 清明 off, Sunday 8 worked
    assert add_workdays(date(2018, 3, 6), 0) == date(2018, 3, 6)


@pytest.mark.logs("public holidays of 2094")
def test_beyond_the_known_years_weekends_count_and_a_warning_says_so():
    assert not calendar_knows(date(2094, 3, 1))
    assert is_workday(date(2094, 3, 1))  # a Monday
    assert not is_workday(date(2094, 3, 7))


@given(
    st.dates(min_value=date(2010, 1, 1), max_value=date(2026, 6, 1)),
    st.integers(min_value=0, max_value=30),
)
def test_exactly_so_many_working_days_lie_between(day, count):
    end = add_workdays(day, count)
    between = (day + timedelta(days=n) for n in range(1, (end - day).days + 1))
    assert sum(is_workday(other) for other in between) == count
