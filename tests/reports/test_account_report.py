"""The operation report of an official account, as Party A reads it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from example_account import account_month, unseen
from gmops_desktop.contract.consoles import Notice, Person, Reading
from gmops_desktop.contract.looks.accounts import AccountDay
from gmops_desktop.language import Language
from gmops_desktop.reports.account_facts import AccountFacts, AccountMonth
from gmops_desktop.reports.orders import Built, Document, make_account_report
from printed import heads_at_the_foot, lacking, overlaps, text_of

HEADS = (
    "一、账号与认证到期", "二、关注人数", "三、发布与阅读、分享、在看",
    "四、消息与自动回复", "五、菜单与链接检查",
    "六、接口调用与错误", "七、违规提醒", "八、权限人员", "九、建议", "十、凭证与签署",
)  # fmt: skip


def built(facts: AccountFacts, language: Language = "zh_CN") -> Built:
    return make_account_report(facts, Document("GMGSL-GZH-2018-04", language))


def with_account(**fields: object) -> AccountFacts:
    facts = account_month()
    (one,) = facts.accounts
    return replace(facts, accounts=(replace(one, **fields),))  # type: ignore[arg-type]


def test_every_section_tells_what_was_learnt_and_of_how_many_days() -> None:
    facts = account_month()
    made = built(facts)
    days = facts.accounts[0].days
    new, lost = sum(one.new or 0 for one in days), sum(one.lost or 0 for one in days)
    calls = sum(one.calls or 0 for one in days)
    said = (
        *HEADS, f"+{new - lost}", f"新增关注{new}", f"取关{lost}", "应有29天，取得27天", "3,493",
        "2018年6月12日（本月末起43天）", "𠮷祥如意：会员企业𬭎堃科技招聘", "1,904", f"{calls:,}",
        f"{calls:,}条消息中有3条未及时答复", "14条规则", "会员风采", "最高41.7%，监测覆盖率93%",
        "T-0017", "按钮所指地址能否打开，未作测试",
        "未知：违规提醒只在公众号后台显示", "在看", "点赞",
        "29天中有2天未取得粉丝数据", "王㛃",
    )  # fmt: skip
    assert lacking(made, said) == []
    assert (made.missing, overlaps(made), heads_at_the_foot(made, HEADS)) == ((), [], [])


def test_what_nobody_was_told_is_unknown_and_never_zero() -> None:
    made = built(unseen())
    text = text_of(made)
    assert lacking(made, ["未见异常，但并非各项都能看到", "未保存公众号密钥", *HEADS]) == []
    assert "可正常使用" not in text
    assert "所查各项均正常" not in text
    figures = text.split("二、关注人数")[1].split("五、菜单")[0]
    assert figures.count("未知") >= 10
    for zero in ("净增0", "未答复0", "阅读人数合计0"):
        assert zero not in figures
    nothing = built(replace(unseen(), accounts=()))
    assert lacking(nothing, ["没有登记公众号"]) == []
    assert overlaps(nothing) == []


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"until": date(2018, 4, 12)}, "年审已于2018年4月12日到期"),
        ({"until": None}, "年审到期日未知"),
        ({"quota": 97.0}, "接口日调用额度最高用去97%"),
        ({"menu": None}, "菜单未备份"),
        ({"articles": ()}, "没有文章记录"),
        ({"coverage": 0.0, "alerts": ()}, "本期未探测"),
    ],
)
def test_each_finding_is_told(fields: dict[str, object], said: str) -> None:
    assert lacking(built(with_account(**fields)), [said]) == []


def test_a_day_of_nothing_is_not_a_day_untold() -> None:
    """WeChat tells a zero as a zero: that is known, and counts as a day told."""
    zeros = tuple(AccountDay(f"2018-04-{day:02d}", 0, 0, 0, 0, 0) for day in range(1, 30))
    made = built(with_account(days=zeros))
    assert lacking(made, ["净增0", "应有29天，取得29天"]) == []
    assert "未取得粉丝数据" not in text_of(made)


@pytest.mark.parametrize(
    "otherwise",
    [
        lambda one: replace(one, name="超长名称" * 12, principal="某某" * 40),
        lambda one: replace(one, articles=one.articles * 40),
        lambda one: replace(one, days=tuple(replace(d, new=10**6, lost=10**6) for d in one.days)),
    ],
)
def test_nothing_overlaps_where_much_is_said(
    otherwise: Callable[[AccountMonth], AccountMonth],
) -> None:
    facts = account_month()
    two = (otherwise(facts.accounts[0]), facts.accounts[0])
    for language in ("zh_CN", "en"):
        made = built(replace(facts, accounts=two), language)  # type: ignore[arg-type]
        assert overlaps(made) == []


def read(on: date, **said: object) -> Reading:
    return Reading("r", "acc", on, "张伟", **said)  # type: ignore[arg-type]


def test_what_was_read_by_hand_is_told_with_its_day_and_reader() -> None:
    notices = (
        Notice(date(2018, 4, 12), "图文《年会》被删除", "已更正并申诉"),
        Notice(date(2018, 4, 13), "诱导分享警告"),
        Notice(date(2018, 3, 2), "上月的提醒"),
    )
    people = (Person("王㛃", "管理员"), Person("𠮷米", "运营者"))
    seen = read(date(2018, 4, 30), notices=notices, people=people)
    made = built(with_account(readings=(seen,)))
    source = "由张伟于2018年4月30日在公众号后台（mp.weixin.qq.com）人工查看"
    said = (*HEADS, "本月有2条违规提醒", "图文《年会》被删除", "已更正并申诉", "诱导分享警告",
            "未登记", source, "管理员", "𠮷米")  # fmt: skip
    assert lacking(made, said) == []
    text = text_of(made)
    assert "上月的提醒" not in text
    assert "未知：违规提醒" not in text
    assert text.count(source) == 2
    assert (made.missing, overlaps(made)) == ((), [])


def test_how_far_a_reading_reaches_is_said() -> None:
    """No notice until the day it was read; what came after, and a month nobody read of, is not
    known; a reading made after the report is not told in it."""
    early = built(with_account(readings=(read(date(2018, 4, 20), notices=()),)))
    assert (
        lacking(early, ["截至2018年4月20日没有违规提醒", "2018年4月20日之后的情况尚未查看"]) == []
    )
    before = text_of(built(with_account(readings=(read(date(2018, 3, 20), notices=()),))))
    assert "未知：自2018年3月20日之后未查看后台" in before
    assert "没有违规提醒" not in before
    later = text_of(built(with_account(readings=(read(date(2018, 5, 9), notices=()),))))
    assert "未知：违规提醒只在公众号后台显示" in later


def test_marks_are_summed_over_the_days_that_tell_them() -> None:
    days = (
        AccountDay("2018-04-01", readers=10, looking=3, likes=5),
        AccountDay("2018-04-02", readers=10, looking=4, likes=0),
        AccountDay("2018-04-03", readers=10),
    )
    made = built(with_account(days=days))
    assert lacking(made, ["在看7，应有29天，取得2天", "点赞5，应有29天，取得2天"]) == []
    assert lacking(built(with_account(days=())), ["在看未知"]) == []
