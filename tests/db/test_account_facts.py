"""Days and articles of an account stay when looks have long forgotten them."""

from __future__ import annotations

from datetime import UTC, date, datetime

from db import account_facts, looks
from db.engine import Database
from gmops_desktop.contract.looks import Look
from gmops_desktop.contract.looks.accounts import AccountDay, AccountDetails, Article

APRIL = (date(2018, 4, 1), date(2018, 4, 30))


def seen(database: Database, details: AccountDetails) -> None:
    at = datetime(2018, 5, 1, 2, tzinfo=UTC)
    look = Look("a", "account", "公众号", "ok", "", at, 1.0, (), details)
    with database.session() as session, session.begin():
        looks.keep(session, look)


def test_what_was_told_once_stays_and_what_is_told_later_is_added(database: Database) -> None:
    first = AccountDay("2018-04-03", followers=1200, new=5)
    article = Article("2018-04-03", "会员大会 𠮷", "https://x/1", 10, None, None)
    seen(database, AccountDetails(days=(first,), articles=(article,)))
    # WeChat tells the rest of the day later, and then no more of either.
    seen(database, AccountDetails(days=(AccountDay("2018-04-03", lost=2),)))
    newer = Article("2018-04-03", "会员大会 𠮷", "https://x/1", 310, 12, 44.0)
    seen(database, AccountDetails(articles=(newer,)))
    seen(database, AccountDetails())
    with database.session() as session:
        (day,) = account_facts.days(session, "a", *APRIL)
        (kept,) = account_facts.articles(session, "a", *APRIL)
        assert account_facts.days(session, "b", *APRIL) == ()
        assert account_facts.days(session, "a", date(2018, 4, 4), date(2018, 5, 4)) == ()
    assert day == AccountDay("2018-04-03", followers=1200, new=5, lost=2)
    assert kept == newer
