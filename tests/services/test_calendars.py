from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.engine import Database
from db.journal import Journal
from gmops_desktop.contract.workdays import Holidays
from gmops_desktop.errors import OpsError
from gmops_desktop.services.calendars import Calendars, described, parse_days

YEAR = 2094
OFF = frozenset({date(2094, 1, 1), date(2094, 2, 15), date(2094, 2, 16)})
WORKED = frozenset({date(2094, 2, 20)})  # a Saturday


@pytest.fixture
def calendars(database: Database) -> Calendars:
    return Calendars(database, Journal(database, actor=lambda: "张伟"))


def test_a_year_nobody_knows_is_entered_and_can_be_taken_back(calendars: Calendars) -> None:
    before = calendars.calendar()
    assert before.unknown_years(date(2026, 12, 1), date(2094, 1, 1))[-1] == YEAR
    assert before.holidays(YEAR) is None
    holidays = Holidays(YEAR, OFF, WORKED, "国办发明电〔2093〕1 号")
    calendars.save(holidays)
    known = calendars.calendar()
    assert known.holidays(YEAR) == holidays
    assert known.knows(date(2094, 7, 1))
    assert not known.is_workday(date(2094, 2, 15))  # a Monday off
    assert known.is_workday(date(2094, 2, 20))  # a Saturday worked
    assert known.add_workdays(date(2094, 2, 12), 3) == date(2094, 2, 19)
    calendars.remove(YEAR)
    assert calendars.calendar() == before
    with pytest.raises(OpsError, match="not entered"):
        calendars.remove(YEAR)


@pytest.mark.parametrize(
    ("holidays", "said"),
    [
        (Holidays(YEAR, frozenset({date(2093, 1, 1)}), frozenset(), "x"), "not in 2094"),
        (Holidays(YEAR, frozenset(), frozenset({date(2094, 2, 15)}), "x"), "no weekend"),
        (Holidays(YEAR, OFF, WORKED, " "), "no source"),
    ],
)
def test_a_year_that_cannot_be_is_refused(
    calendars: Calendars, holidays: Holidays, said: str
) -> None:
    with pytest.raises(OpsError, match=said):
        calendars.save(holidays)
    assert calendars.calendar().entered == {}


def test_days_are_read_as_notices_write_them() -> None:
    assert parse_days("1月1日", 2094) == {date(2094, 1, 1)}
    assert parse_days("2094-10-01 to 2094-10-03, 10-5", 2094) == {
        *(date(2094, 10, day) for day in (1, 2, 3, 5))
    }
    assert parse_days("10月1日至3日", 2094) == parse_days("10月1日至10月3日", 2094)
    assert parse_days("", 2094) == frozenset()
    for wrong in ("2094-02-30", "Christmas"):
        with pytest.raises(OpsError, match="not a day"):
            parse_days(wrong, 2094)
    with pytest.raises(OpsError, match="backwards"):
        parse_days("10-7 to 10-1", 2094)


@given(st.frozensets(st.dates(date(2094, 1, 1), date(2094, 12, 31)), max_size=30))
def test_days_come_back_as_they_are_shown(days: frozenset[date]) -> None:
    assert parse_days(described(days), YEAR) == days
