from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gmops_desktop.contract.duty import Shift, gaps, may_stand_in, on_duty, rotation
from gmops_desktop.contract.terms import Contact

DAY = date(2018, 3, 6)
ZHANG = Contact("z", "张伟", "B", "运维经理", "0755-1", DAY, post="operations_manager")
LIU = Contact("l", "刘洋", "B", "技术人员", "0755-2", DAY, post="technician", stands_in=("z",))
ZHOU = Contact("m", "周敏", "B", "技术人员", "0755-3", DAY, date(2018, 6, 30), post="technician")
PEOPLE = (ZHANG, LIU, ZHOU)


def shift(person: Contact, first: date, days: int, place: int, phone: str = "") -> Shift:
    last = first + timedelta(days=days - 1)
    return Shift(f"s{place}", person.id, first, last, (place, "d"), phone)


def test_the_shift_recorded_last_holds_and_says_for_whom():
    roster = (shift(ZHANG, DAY, 7, 1), shift(LIU, DAY + timedelta(days=2), 1, 2, "138"))
    first = on_duty(roster, PEOPLE, DAY)
    swapped = on_duty(roster, PEOPLE, DAY + timedelta(days=2))
    assert first is not None
    assert (first.person, first.phone, first.instead_of) == (ZHANG, "0755-1", "")
    assert swapped is not None
    assert (swapped.person, swapped.phone, swapped.instead_of) == (LIU, "138", "张伟")
    assert on_duty(roster, PEOPLE, DAY + timedelta(days=7)) is None


def test_who_has_left_is_on_duty_no_more():
    roster = (shift(ZHANG, date(2018, 6, 25), 14, 1), shift(ZHOU, date(2018, 6, 25), 14, 2))
    found = [on_duty(roster, PEOPLE, day) for day in (date(2018, 6, 30), date(2018, 7, 1))]
    assert [one.person.name for one in found if one] == ["周敏", "张伟"]


def test_gaps_are_told_as_stretches():
    roster = (shift(ZHANG, DAY, 2, 1), shift(LIU, DAY + timedelta(days=5), 1, 2))
    assert gaps(roster, PEOPLE, DAY, DAY + timedelta(days=6)) == (
        (DAY + timedelta(days=2), DAY + timedelta(days=4)),
        (DAY + timedelta(days=6), DAY + timedelta(days=6)),
    )


def test_only_who_was_agreed_on_or_has_the_same_post_stands_in():
    assert may_stand_in(LIU, ZHANG)
    assert may_stand_in(LIU, ZHOU)
    assert not may_stand_in(ZHANG, LIU)


@given(st.integers(1, 5), st.integers(0, 400), st.integers(1, 31))
def test_turns_cover_every_day_once(count, length, days):
    last = DAY + timedelta(days=length)
    turns = rotation([f"p{n}" for n in range(count)], DAY, last, days)
    covered = [
        first + timedelta(days=n) for _, first, end in turns for n in range((end - first).days + 1)
    ]
    assert covered == [DAY + timedelta(days=n) for n in range(length + 1)]
    assert [person for person, _, _ in turns] == [f"p{n % count}" for n in range(len(turns))]
