"""What somebody read in an account's console: kept in the journal, refused where it cannot be."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from db.engine import Database
from db.journal import Journal
from gmops_desktop.addresses import AccountAddress
from gmops_desktop.contract.consoles import Notice, Person
from gmops_desktop.errors import OpsError
from gmops_desktop.services.consoles import Consoles
from gmops_desktop.services.contracts import Contracts

TODAY = date(2018, 5, 2)
NOTICE = Notice(date(2018, 4, 12), "图文被删除", "已更正")
PEOPLE = (Person("王㛃", "管理员"), Person("张伟"))


@pytest.fixture
def journal(database: Database) -> Journal:
    return Journal(database, actor=lambda: "张伟", now=lambda: datetime(2018, 5, 2, 2, tzinfo=UTC))


@pytest.fixture
def account(database: Database, journal: Journal) -> str:
    contracts = Contracts(database, journal)
    return contracts.save_resource("account", "公众号", AccountAddress("wx1")).id


@pytest.fixture
def consoles(database: Database, journal: Journal) -> Consoles:
    return Consoles(database, journal, now=lambda: datetime(2018, 5, 2, 2, tzinfo=UTC))


def test_readings_are_kept_newest_first_and_can_be_struck_out(
    consoles: Consoles, account: str, journal: Journal
) -> None:
    first = consoles.record(account, date(2018, 4, 3), notices=())
    second = consoles.record(account, TODAY, notices=(NOTICE,), people=PEOPLE, by="李喆")
    assert consoles.readings(account) == (second, first)
    assert (first.by, second.by, first.notices, first.people) == ("张伟", "李喆", (), None)
    assert consoles.readings("another") == ()
    with pytest.raises(OpsError, match="does not say why"):
        consoles.strike(second.id, " ")
    consoles.strike(second.id, "wrong account")
    assert consoles.readings() == (first,)
    with pytest.raises(OpsError, match="no reading"):
        consoles.strike(second.id, "again")
    assert [one.action for one in journal.entries("console")] == [
        "console.read", "console.read", "console.struck"]  # fmt: skip
    assert journal.verify().ok


def test_a_reading_that_cannot_be_is_refused(consoles: Consoles, account: str) -> None:
    with pytest.raises(OpsError, match="no official account"):
        consoles.record("nobody", TODAY, notices=())
    with pytest.raises(OpsError, match="Neither notices nor people"):
        consoles.record(account, TODAY)
    with pytest.raises(OpsError, match="list of people is empty"):
        consoles.record(account, TODAY, notices=(), people=())
    with pytest.raises(OpsError, match="2018-05-03 has not come yet"):
        consoles.record(account, date(2018, 5, 3), notices=())
    with pytest.raises(OpsError, match="cannot have been read on 2018-04-11"):
        consoles.record(account, date(2018, 4, 11), notices=(NOTICE,))
    assert consoles.readings() == ()


def test_two_machines_readings_stand_beside_each_other(
    consoles: Consoles, account: str, database: Database
) -> None:
    """Each is a subject of its own: neither writes over the other."""
    other = Journal(database, actor=lambda: "李喆", now=lambda: datetime(2018, 5, 2, tzinfo=UTC))
    here = consoles.record(account, TODAY, people=PEOPLE)
    there = Consoles(database, other).record(account, TODAY, notices=(NOTICE,))
    assert set(consoles.readings(account)) == {here, there}
