"""The account's report out of what looks and archives really keep."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from db import looks, samples
from gmops_desktop.addresses import AccountAddress, Resource
from gmops_desktop.assembly import Services, assemble
from gmops_desktop.context import Context
from gmops_desktop.contract.looks import Look
from gmops_desktop.contract.looks.accounts import AccountDay, AccountDetails, Article, Standing
from gmops_desktop.gathering.accounts import accounts_of
from gmops_desktop.paths import Home
from gmops_desktop.reports.account_facts import AccountFacts


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    home = tmp_path / "home"
    home.mkdir()
    with assemble(Home(home), secret=lambda name: "") as services:
        services.contracts.load_example()
        yield services


def account(services: Services) -> Resource:
    address = AccountAddress(app_id="wx0123456789abcdef")
    return services.contracts.save_resource("account", "公众号", address)


def told(services: Services, month: str) -> AccountFacts:
    return accounts_of(services._books(), services.obligations.expiry, month)()


def looked(services: Services, resource: Resource, at: datetime, details: AccountDetails) -> None:
    look = Look(resource.id, "account", resource.name, "ok", "", at, 1.0, (), details)
    with services._database.session() as session, session.begin():
        looks.keep(session, look)
        samples.keep(session, resource.id, at, 300, {"quota": 12.0, "look": 1.0})


def test_days_and_articles_of_a_past_month_are_still_there(services: Services) -> None:
    mine = account(services)
    days = tuple(AccountDay(f"2018-04-{day:02d}", 100 + day, 3, 1, 40, 2) for day in range(1, 31))
    article = Article("2018-04-09", "会员大会", "https://x/1", 300, 20, 51.0)
    at = datetime(2018, 5, 1, 2, tzinfo=UTC)
    looked(services, mine, at, AccountDetails(days=days, articles=(article,)))
    later = AccountDetails(days=(AccountDay("2018-07-01", 150, 1, 0),))
    looked(services, mine, datetime(2018, 7, 2, 2, tzinfo=UTC), later)
    facts = told(services, "2018-04")
    (one,) = (one for one in facts.accounts if one.app_id)
    assert one.days == days
    assert one.articles == (article,)
    assert one.menu is None
    assert "kept" in one.why
    (may,) = (one for one in told(services, "2018-05").accounts if one.app_id)
    assert (may.days, may.articles) == ((), ())
    report = services.reports.make("account", "2018-04", Context())
    assert (report.number, report.period) == ("GMGSL-GZH-2018-04", "2018-04")
    assert services.reports.checks() == ()


def test_the_verification_ends_when_the_look_or_somebody_says(services: Services) -> None:
    mine = account(services)
    standing = Standing(True, "光明新区工商联", True, "2018-12-18")
    looked(services, mine, datetime(2018, 5, 1, 2, tzinfo=UTC), AccountDetails(standing=standing))
    (one,) = (one for one in told(services, "2018-04").accounts if one.app_id)
    assert one.until == date(2018, 12, 18)
    services.contracts.save_expiry(f"verification:{mine.id}", date(2019, 12, 18))
    (one,) = (one for one in told(services, "2018-04").accounts if one.app_id)
    assert one.until == date(2019, 12, 18)


def test_an_account_that_was_never_looked_at_is_unknown(services: Services) -> None:
    account(services)
    (one,) = (one for one in told(services, "2018-04").accounts if one.app_id)
    assert (one.looked_at, one.quota, one.until, one.coverage) == (None, None, None, 0.0)
    assert "all" in one.why
    assert told(services, "2018-04").expected == 30
    assert told(services, "2018-04").end == date(2018, 4, 30)


def test_the_report_tells_what_was_read_in_the_console(services: Services) -> None:
    mine = account(services)
    read = services.consoles.record(mine.id, date(2018, 4, 30), notices=())
    (one,) = (one for one in told(services, "2018-04").accounts if one.app_id)
    assert one.readings == (read,)
