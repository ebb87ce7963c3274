"""What people write of an account's console, read line by line."""

from __future__ import annotations

from datetime import date

import pytest

from gmops_desktop.contract.consoles import (
    Notice,
    Person,
    Reading,
    notices_in,
    people_in,
    text_of_people,
    told_notices,
)
from gmops_desktop.errors import OpsError


def test_lines_become_notices_and_people() -> None:
    assert notices_in("2018-04-12 图文被删除 → 已更正\n\n 2018-04-20 诱导分享警告 ") == (
        Notice(date(2018, 4, 12), "图文被删除", "已更正"),
        Notice(date(2018, 4, 20), "诱导分享警告"),
    )
    assert notices_in("2018-04-12 a -> b -> c") == (Notice(date(2018, 4, 12), "a", "b -> c"),)
    people = (Person("王㛃", "管理员"), Person("张伟", "运营者"), Person("李喆"))
    assert people_in("王㛃：管理员\n张伟: 运营者\n李喆") == people
    assert people_in(text_of_people(people)) == people
    assert (notices_in(" \n"), people_in("")) == ((), ())


@pytest.mark.parametrize("line", ["昨天 警告", "2018-04-12", "2018-04-31 x", "2018-04-12 -> done"])
def test_a_line_that_says_no_notice_is_named(line: str) -> None:
    with pytest.raises(OpsError, match="is no notice") as refused:
        notices_in(f"2018-04-01 fine\n{line}")
    assert line in refused.value.message
    assert refused.value.unharmed


def test_a_role_without_a_name_is_refused() -> None:
    with pytest.raises(OpsError, match="names nobody"):
        people_in(": 管理员")


def test_a_notice_read_twice_is_told_once_with_what_was_done() -> None:
    def read(on: int, *notices: Notice) -> Reading:
        return Reading(str(on), "a", date(2018, 5, on), "张伟", notices)

    open_, done = Notice(date(2018, 4, 12), "x"), Notice(date(2018, 4, 12), "x", "corrected")
    before = Notice(date(2018, 3, 30), "old")
    readings = (read(9, open_), read(4, done, before), read(2, open_))
    assert told_notices(readings, date(2018, 4, 1), date(2018, 4, 30)) == (done,)
