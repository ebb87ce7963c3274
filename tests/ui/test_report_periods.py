"""The periods offered are those of the contract that have begun, the newest first."""

from __future__ import annotations

from datetime import date

from gmops_desktop.language import use
from gmops_desktop.services.contracts import Contracts
from ui.report_periods import periods_of


def test_months_quarters_and_years_of_the_contract_that_have_begun() -> None:
    use("zh_CN")
    contract, day = Contracts.example(), date(2018, 5, 10)
    months = periods_of("month", contract, day)
    assert [one.written for one in months] == ["2018-05", "2018-04", "2018-03"]
    quarters = periods_of("quarter", contract, day)
    assert [one.written for one in quarters] == ["2018-Q2", "2018-Q1"]
    assert quarters[0].words == "2018 年第 2 季度"
    (year,) = periods_of("year", contract, day)
    assert (year.written, year.end) == ("2018", date(2019, 3, 6))
    late = periods_of("quarter", contract, date(2020, 1, 1))
    assert (late[0].written, late[0].end) == ("2019-Q1", date(2019, 3, 6))  # ends with the contract
