from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from gmops_desktop.contract.terms import Contact, Contract, day_of, month_of

CONTRACT = Contract(
    id="c",
    title="t",
    number="",
    party_a="甲",
    party_b="乙",
    start=date(2018, 3, 6),
    end=date(2019, 3, 6),
    total=Decimal("32692.70"),
    payable=Decimal(32692),
    signed_on=None,
    person_days=Decimal(10),
    items=(),
)


def test_the_period_counts_down_to_zero_and_not_below():
    assert CONTRACT.days_total == 365
    assert CONTRACT.days_left(date(2018, 11, 22)) == 104  # as in the picture of the overview
    assert CONTRACT.days_left(date(2019, 3, 6)) == 0
    assert CONTRACT.days_left(date(2030, 1, 1)) == 0
    assert CONTRACT.days_left(date(2017, 1, 1)) == 365


def test_months_are_those_the_period_touches():
    months = list(CONTRACT.months())
    assert (months[0], months[-1], len(months)) == (date(2018, 3, 1), date(2019, 3, 1), 13)


def test_days_are_those_of_beijing():
    late = datetime(2018, 3, 31, 17, 0, tzinfo=UTC)
    assert day_of(late) == date(2018, 4, 1)
    assert month_of(late) == date(2018, 4, 1)


def test_a_contact_is_valid_on_its_first_and_last_day():
    contact = Contact("x", "李老师", "A", "", "", date(2018, 3, 6), date(2018, 6, 30))
    assert [
        contact.valid(day)
        for day in (date(2018, 3, 5), date(2018, 3, 6), date(2018, 6, 30), date(2018, 7, 1))
    ] == [False, True, True, False]
