from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from db.engine import Database
from db.journal import Journal
from gmops_desktop.errors import OpsError
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.roster import Roster

NOW = datetime(2018, 3, 6, 2, tzinfo=UTC)
FIRST, LAST = date(2018, 3, 6), date(2018, 4, 2)


@pytest.fixture
def journal(database: Database) -> Journal:
    return Journal(database, actor=lambda: "张伟", now=lambda: NOW)


@pytest.fixture
def contracts(database: Database, journal: Journal) -> Contracts:
    contracts = Contracts(database, journal, now=lambda: NOW)
    contracts.load_example()
    return contracts


@pytest.fixture
def roster(database: Database, journal: Journal, contracts: Contracts) -> Roster:
    return Roster(database, journal, now=lambda: NOW)


def ids(contracts: Contracts) -> dict[str, str]:
    return {one.name: one.id for one in contracts.contacts()}


def names(roster: Roster, first: date, last: date) -> list[str]:
    return [one.person.name if one else "" for _, one in roster.days(first, last)]


def test_nobody_is_on_duty_until_somebody_is_put_there(roster: Roster) -> None:
    assert roster.on_duty() is None
    assert roster.gaps(FIRST, LAST) == ((FIRST, LAST),)


def test_people_take_turns_and_a_swap_says_why(roster: Roster, contracts: Contracts) -> None:
    who = ids(contracts)
    roster.rotate([who["张伟"], who["刘洋"], who["周敏"]], FIRST, LAST)
    assert roster.gaps(FIRST, LAST) == ()
    assert names(roster, FIRST, LAST)[::7] == ["张伟", "刘洋", "周敏", "张伟"]
    with pytest.raises(OpsError, match="is on duty"):
        roster.assign(who["周敏"], date(2018, 3, 14), date(2018, 3, 15))
    swap = roster.assign(who["周敏"], date(2018, 3, 14), date(2018, 3, 15), reason="刘洋休假")
    assert names(roster, date(2018, 3, 13), date(2018, 3, 16)) == ["刘洋", "周敏", "周敏", "刘洋"]
    swapped = roster.on_duty(date(2018, 3, 14))
    assert swapped is not None
    assert (swapped.instead_of, swapped.reason) == ("刘洋", "刘洋休假")
    roster.remove(swap.id)
    assert names(roster, date(2018, 3, 14), date(2018, 3, 14)) == ["刘洋"]
    with pytest.raises(OpsError, match="no such shift"):
        roster.remove(swap.id)


def test_who_may_not_stand_in_is_refused(roster: Roster, contracts: Contracts) -> None:
    who = ids(contracts)
    roster.assign(who["陈志远"], FIRST, LAST)
    with pytest.raises(OpsError, match="may not stand in") as refused:
        roster.assign(who["刘洋"], FIRST, FIRST, reason="x")
    assert refused.value.unharmed
    contracts.change_contact(who["刘洋"], stands_in=(who["陈志远"],))
    roster.assign(who["刘洋"], FIRST, FIRST, reason="出差")
    assert names(roster, FIRST, FIRST) == ["刘洋"]


def test_only_people_of_party_b_who_are_there(roster: Roster, contracts: Contracts) -> None:
    who = ids(contracts)
    contracts.end_contact(who["周敏"], date(2018, 3, 20))
    for person in (who["李慧敏"], who["周敏"], "nobody"):
        with pytest.raises(OpsError, match="people of Party B"):
            roster.assign(person, FIRST, LAST)
    with pytest.raises(OpsError, match="before it starts"):
        roster.assign(who["张伟"], LAST, FIRST)
    with pytest.raises(OpsError, match="Nobody was chosen"):
        roster.rotate([], FIRST, LAST)
