"""Which part of a month counts: nobody was to look before the contract began."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest

from example_month import empty_month
from gmops_desktop.contract.terms import ZONE
from gmops_desktop.month_facts import _of_contract


@pytest.mark.parametrize(
    ("start", "end", "first", "after"),
    [
        (date(2018, 3, 6), date(2019, 3, 6), 6, 32),  # begun on the sixth
        (date(2017, 3, 6), date(2018, 3, 6), 1, 7),  # ended on it
        (date(2018, 1, 1), date(2018, 12, 31), 1, 32),
        (date(2019, 1, 1), date(2019, 12, 31), 1, 32),  # not at all: tried with the example
    ],
)
def test_only_the_days_of_the_contract_are_owed(
    start: date, end: date, first: int, after: int
) -> None:
    contract = replace(empty_month().contract, start=start, end=end)
    march = datetime(2018, 3, 1, tzinfo=ZONE), datetime(2018, 4, 1, tzinfo=ZONE)

    def day(number: int) -> datetime:
        return datetime(2018, 3, number, tzinfo=ZONE) if number < 32 else march[1]

    assert _of_contract(contract, *march) == (day(first), day(after))
