"""Old lists: which column is which, and what words and dates in them mean."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmops_desktop.contract.old_lists import NEEDED, OldTicket, Reader, guess, moment
from gmops_desktop.contract.terms import ZONE

NOW = datetime(2018, 11, 22, 2, 0, tzinfo=UTC)
HEADS = ("单号", "标题", "类型", "优先级", "状态", "提出人", "登记时间", "关闭时间", "处理过程")


def understand(*cells, heads=HEADS, reader=None):
    reader = reader or Reader(heads, guess(heads), now=NOW)
    return reader.understand(2, cells)


def row(**changes):
    values = {
        "单号": "GD-1", "标题": "官网打不开", "类型": "故障", "优先级": "紧急",
        "状态": "已关闭", "提出人": "李老师",
        "登记时间": "2018-03-06 10:24", "关闭时间": "2018-03-06 12:00", "处理过程": "重启",
    } | changes  # fmt: skip
    return [values[head] for head in HEADS]


@pytest.mark.parametrize(
    ("heads", "wanted"),
    [
        (("编号", "事项", "日期"), {"number": 0, "title": 1, "opened_at": 2}),
        (("提出时间*", "问题描述", "标题"), {"opened_at": 0, "description": 1, "title": 2}),
        (("Title", "Created at", "Status"), {"title": 0, "opened_at": 1, "state": 2}),
        (("工单标题（必填）", "工单登记时间"), {"title": 0, "opened_at": 1}),
        (("甲", "乙"), {}),
    ],
)
def test_columns_are_guessed_by_their_heads(heads, wanted):
    assert guess(heads) == wanted


def test_no_column_is_guessed_twice():
    found = guess(("时间", "完成时间", "问题", "问题描述", "处理", "处理结果"))
    assert len(set(found.values())) == len(found)
    assert {"title", "opened_at"} <= found.keys()


def test_a_row_becomes_a_ticket():
    ticket = understand(*row())
    assert isinstance(ticket, OldTicket)
    assert (ticket.kind, ticket.priority, ticket.state) == ("incident", 1, "closed")
    assert ticket.opened_at == datetime(2018, 3, 6, 2, 24, tzinfo=UTC), "Beijing time"
    assert ticket.notes == "重启"


@pytest.mark.parametrize(
    ("changes", "column", "why"),
    [
        ({"标题": None}, "标题", "empty"),
        ({"标题": "长" * 501}, "标题", "longer than 500"),
        ({"类型": "其他"}, "类型", "not a word known"),
        ({"状态": "见备注"}, "状态", "not a word known"),
        ({"登记时间": None}, "登记时间", "empty"),
        ({"登记时间": "上周三"}, "登记时间", "no date"),
        ({"登记时间": "2018-02-30"}, "登记时间", "no date"),
        ({"登记时间": "2028-01-01"}, "登记时间", "future"),
        ({"关闭时间": "2018-03-05"}, "关闭时间", "before it was opened"),
        ({"状态": "处理中"}, "关闭时间", "not an end"),
    ],
)
def test_a_row_is_refused_with_its_column_and_the_reason(changes, column, why):
    [refusal] = understand(*row(**changes))
    assert (refusal.row, refusal.column) == (2, column)
    assert why in refusal.why


def test_all_that_is_wrong_is_told_at_once():
    refused = understand(*row(标题="", 类型="？", 登记时间="x"))
    assert {one.column for one in refused} == {"标题", "类型", "登记时间"}


def test_what_no_column_says_is_not_made_up():
    heads = ("标题", "日期")
    ticket = understand("x", date(2018, 3, 6), heads=heads)
    assert (ticket.kind, ticket.priority, ticket.state) == ("incident", 3, "registered")
    assert ticket.closed_at is None
    assert set(NEEDED) == {"title", "opened_at"}


def test_a_row_that_stands_twice_is_taken_once():
    reader = Reader(HEADS, guess(HEADS), now=NOW)
    assert isinstance(reader.understand(2, row()), OldTicket)
    [refusal] = reader.understand(9, row())
    assert "row 2" in refusal.why


def test_a_mere_count_of_rows_does_not_tell_them_apart():
    """Somebody puts a row in between, and all counts below it move: no ticket is doubled."""
    before = understand(*row(单号=7))
    after = understand(*row(单号=8))
    assert before.subject == after.subject
    assert understand(*row(单号="GD-7")).subject != understand(*row(单号="GD-8")).subject


def test_a_number_that_begins_anew_each_year_is_another_ticket():
    this = understand(*row())
    other = understand(*row(登记时间="2017-03-06 10:24", 关闭时间="2017-03-06 12:00"))
    assert this.subject != other.subject


@pytest.mark.parametrize(
    "cell",
    [
        "2018-03-06 10:24", "2018/3/6 10:24", "2018.03.06 10:24:00",
        "2018年3月6日 10时24分", "2018-03-06T10:24:00+08:00",
        "2018年03月06日 10:24", "２０１８-03-06 10:24",
        datetime(2018, 3, 6, 10, 24), 43165 + (10 * 60 + 24) / 1440,
        str(43165 + (10 * 60 + 24) / 1440),
        "2018/3/6 上午10:24", "2018年3月6日 上午 10:24", "2018-3-6 10:24 AM",
    ],
)  # fmt: skip
def test_a_time_is_read_however_it_is_written(cell):
    assert moment(cell) == datetime(2018, 3, 6, 2, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cell", "hour"),
    [
        ("2018/3/6 下午3:05", 15), ("2018-03-06 下午 15:05", 15), ("2018/3/6 3:05:00 PM", 15),
        ("2018/3/6 下午12:05", 12), ("2018/3/6 上午12:05", 0), ("2018年3月6日 上午9时05分", 9),
    ],
)  # fmt: skip
def test_a_clock_of_twelve_hours_is_understood(cell, hour):
    assert moment(cell).astimezone(ZONE) == datetime(2018, 3, 6, hour, 5, tzinfo=ZONE)


@pytest.mark.parametrize(
    "cell", ["20180306", 20180306, 20180306.0, date(2018, 3, 6), "2018-3-6", 43165]
)
def test_a_day_is_its_beginning_in_beijing(cell):
    assert moment(cell) == datetime(2018, 3, 5, 16, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "cell",
    [
        "",
        "?",
        True,
        time(10, 24),
        7,
        1e9,
        "2018-13-01",
        "2018-03-06 25:00",
        "2018-03-06 上午15:05",
        "3/6/2018",
        "06-03-18",
    ],
)
def test_what_is_no_time_is_refused(cell):
    with pytest.raises(ValueError):  # noqa: PT011 - the reader says it in words
        moment(cell)


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2060, 1, 1)).map(
        lambda at: at.replace(microsecond=0)
    )
)
def test_every_way_of_writing_a_time_gives_the_same(at):
    wanted = at.replace(tzinfo=ZONE).astimezone(UTC)
    assert moment(at) == wanted
    assert moment(f"{at:%Y-%m-%d %H:%M:%S}") == wanted
    assert (
        moment(f"{at.year}年{at.month}月{at.day}日 {at.hour}:{at.minute:02d}:{at.second:02d}")
        == wanted
    )
