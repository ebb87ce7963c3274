"""Reports of a quarter and of a year out of what is really on record."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from db import samples
from gmops_desktop.addresses import WebAddress
from gmops_desktop.assembly import Services, assemble
from gmops_desktop.context import Context
from gmops_desktop.contract.report_texts import TextKey
from gmops_desktop.errors import OpsError
from gmops_desktop.gathering.spans import quarter_facts, year_facts
from gmops_desktop.gathering.terms import quarter_term, year_term
from gmops_desktop.paths import Home
from gmops_desktop.services.reports import quarters_of, years_of

BOOKED = datetime(2018, 5, 3, 2, tzinfo=UTC)


@pytest.fixture
def services(tmp_path: Path):
    home = tmp_path / "home"
    home.mkdir()
    with assemble(Home(home), secret=lambda name: "") as services:
        services.contracts.load_example()
        yield services


def test_a_contracts_years_begin_on_its_own_day(services: Services) -> None:
    contract = services.contracts.current()
    assert contract is not None
    first, last = date(2018, 3, 6), date(2019, 3, 6)
    assert years_of(contract) == {2018: (first, last)}  # the one day left over belongs to it
    long = replace(contract, end=date(2020, 9, 30))
    assert years_of(long) == {
        2018: (first, date(2019, 3, 5)),
        2019: (date(2019, 3, 6), date(2020, 3, 5)),
        2020: (date(2020, 3, 6), date(2020, 9, 30)),
    }
    leap = replace(contract, start=date(2020, 2, 29), end=date(2022, 2, 27))
    assert years_of(leap) == {
        2020: (date(2020, 2, 29), date(2021, 2, 27)),
        2021: (date(2021, 2, 28), date(2022, 2, 27)),
    }
    assert list(quarters_of(contract)) == ["2018-Q1", "2018-Q2", "2018-Q3", "2018-Q4", "2019-Q1"]


def test_a_span_is_the_contracts_part_of_it_and_what_is_none_is_refused(
    services: Services,
) -> None:
    contracts = services.contracts
    assert quarter_term(contracts, "2018-q1")[1:] == (
        "2018-Q1",
        date(2018, 3, 6),
        date(2018, 3, 31),
    )
    assert year_term(contracts, "2018")[2:] == (date(2018, 3, 6), date(2019, 3, 6))
    for kind, of, said in (
        ("quarter", "2018-Q5", "not a quarter"),
        ("quarter", "2018-04", "not a quarter"),
        ("quarter", "2017-Q4", "No contract runs"),
        ("annual", "18", "not a year"),
        ("annual", "2019", "No year of the contract begins in 2019"),
        ("annual", "2025", "No contract runs"),
    ):
        with pytest.raises(OpsError, match=said):
            services.reports.make(kind, of, Context())  # type: ignore[arg-type]
    assert services.reports.all() == ()


def test_a_year_is_told_of_what_was_recorded_and_numbered_by_its_beginning(
    services: Services,
) -> None:
    site = services.contracts.save_resource("website", "官网", WebAddress("https://a.example/"))
    services.tickets.open("incident", "官网打不开", requester="路人", priority=1, opened_at=BOOKED,
                          emergency="业务中断")  # fmt: skip
    services.tickets.open("question", "如何改菜单", requester="李慧敏", priority=3)
    with services._database.session() as session, session.begin():
        for hour in range(48):
            at = BOOKED + timedelta(hours=hour)
            samples.keep(session, site.id, at, 3600, {"up": 0.0 if hour == 5 else 1.0})
    services.servers.roll_up()
    books = services._span_books()
    facts = quarter_facts(books, "2018-Q2")()
    assert [one.title for one in facts.whole.tickets] == ["官网打不开"]
    assert [one.reason for one in facts.whole.overrides] == ["业务中断"]
    (seen,) = [one for one in facts.sites if one.name == "官网"]
    assert seen.whole.up is not None
    assert 0.9 < seen.whole.up < 1
    assert 0 < seen.whole.coverage < 0.03  # two days of ninety-one
    assert [one.up is None for one in seen.months] == [True, False, True]
    year = year_facts(books, "2018")()
    assert (year.period, year.over, len(year.months)) == ("2018", True, 13)
    assert [one.item for one in year.items] == list(year.contract.items)
    report = services.reports.make("annual", "2018", Context())
    assert (report.number, report.kind) == ("GMGSL-ND-2018", "annual")
    again = services.reports.make("annual", "2018", Context(), corrects="补一张工单", language="en")
    assert (again.number, again.replaces, again.corrects) == (
        "GMGSL-ND-2018-V2", "GMGSL-ND-2018", "补一张工单",
    )  # fmt: skip
    assert services.reports.make("quarter", "2018-Q2", Context()).number == "GMGSL-JB-2018-Q2"
    assert services.reports.checks() == ()


def test_peoples_words_belong_to_the_quarter_and_the_year(services: Services) -> None:
    contract = services.contracts.current()
    assert contract is not None
    key = services.report_texts.key("annual", "2018")
    assert key == TextKey(contract.id, "annual", "2018")
    assert services.report_texts.key("quarter", "2018-q2").of == "2018-Q2"
    services.report_texts.write(key, "plan", "明年更换服务器。")
    draft = services.reports.draft("annual", "2018", Context())
    assert draft.key == key
