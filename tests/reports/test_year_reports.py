"""The reports of a quarter and of a contract's year, as Party A reads them."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Final

import pikepdf
import pikepdf.pdfa
import pytest

from example_year import CONTRACT, nothing, one_ticket, quarter, tickets, unfinished, year
from gmops_desktop.language import Language
from gmops_desktop.reports.facts import TicketLine
from gmops_desktop.reports.orders import Built, Document, make_annual, make_quarterly
from gmops_desktop.reports.span_facts import SpanFacts, days_used, held, sums
from printed import heads_at_the_foot, lacking, overlaps, pages_of, text_of

SECTIONS: Final = (
    "一、合同概况", "二、服务范围与完成对照", "三、SLA达成情况", "四、各月对比与趋势",
    "五、工单与故障", "六、变更与偏离", "七、备份与演练", "八、安全情况", "九、重点工作",
    "十、费用结算", "十一、交付物清单", "十二、问题与改进", "十三、下年建议", "十四、工单明细",
    "十五、验收意见与结论", "十六、凭证与签署",
)  # fmt: skip
QUARTER: Final = (
    "一、概况与结论", "二、各月对比与趋势", "三、SLA达成情况", "四、工单与故障", "五、运行情况",
    "六、变更与偏离", "七、备份与演练", "八、安全情况", "九、人天与费用", "十、风险与展望",
    "十一、凭证与签署",
)  # fmt: skip
PARTS: Final = ("（一）备份", "（二）恢复演练与还原", "（一）变更", "（二）故障汇总", "（一）人天")


def annual(facts: SpanFacts, language: Language = "zh_CN") -> Built:
    return make_annual(facts, Document("GMGSL-ND-2018", language))


@pytest.fixture(scope="module")
def made() -> Built:
    """The report of a whole year."""
    return annual(year())


def test_a_year_tells_every_section_in_order_with_its_page_in_the_contents(made: Built) -> None:
    pages = pages_of(made)
    body = "".join(pages[2:])
    places = [body.find(head) for head in SECTIONS]
    assert -1 not in places
    assert places == sorted(places)
    for head in SECTIONS:
        page = next(number for number, words in enumerate(pages) if number > 1 and head in words)
        assert f"{head}{page}" in pages[1]
    assert (made.missing, overlaps(made)) == ((), [])
    assert heads_at_the_foot(made, (*SECTIONS, *PARTS)) == []


def test_a_year_says_what_was_agreed_what_was_done_and_what_nobody_knows(made: Built) -> None:
    said = (
        "1个月缺失", "1个月部分具备", "网站探测104,201",
        "99.91%", "仅代表有监测的时间", "未探测",  # availability: known, thinly seen, unknown
        "不计入时限：96单等待甲方的时间", "2018-03-1622:00至2018-03-1623:30",  # what is left out
        "共13次变更：完成12次，回退1次", "公告早于约定发布", "漏洞已被利用", "夜间来电，业务中断",
        "从未备份", "有不可依赖的备份", "未能进行", "3分12秒", "有无漏洞为未知",
        "叁万贰仟陆佰玖拾贰元整", "¥32,692.00", "已于2018年3月8日付款",
        "GMGSL-YB-2018-03", "双方已签", "2单继续处理：T-0119、T-0120",
        "本节未填写", "据记录，约定事项未全部完成。", "是否通过验收由甲方决定",
        "验收通过有条件通过不通过", "甲方（盖章）", "乙方（盖章）",
    )  # fmt: skip
    assert lacking(made, said) == []
    assert lacking(made, [one.number for one in year().whole.tickets]) == []


def test_its_facts_and_tables_are_attached_and_it_is_archival(made: Built) -> None:
    with pikepdf.open(BytesIO(made.content)) as pdf:
        assert pikepdf.pdfa.check(pdf, "3b").verdict == "pass"
        files = {name: pdf.attachments[name].get_file().read_bytes() for name in pdf.attachments}
    data = json.loads(files["data.json"])
    assert (data["document"]["kind"], len(data["facts"]["whole"]["tickets"])) == ("annual", 120)
    lines = list(csv.DictReader(io.StringIO(files["tickets.csv"].decode("utf-8-sig"))))
    assert [one["number"] for one in lines] == [one.number for one in year().whole.tickets]
    months = list(csv.DictReader(io.StringIO(files["months.csv"].decode("utf-8-sig"))))
    assert sum(int(one["opened"]) for one in months) == 120


def test_no_cell_of_an_attached_table_is_a_formula() -> None:
    facts = one_ticket()
    line = replace(facts.whole.tickets[0], title="=HYPERLINK(1)")
    facts = replace(facts, whole=replace(facts.whole, tickets=(line,)))
    with pikepdf.open(BytesIO(annual(facts).content)) as pdf:
        sheet = pdf.attachments["tickets.csv"].get_file().read_bytes().decode("utf-8-sig")
    assert "'=HYPERLINK(1)" in sheet


def test_a_year_that_is_not_over_says_so_and_invents_no_month() -> None:
    made = annual(unfinished())
    assert lacking(made, [
        "本期至2019年3月6日结束，尚未期满：以下内容统计至2018年9月10日", "未开始",
        "服务年度未满，以上为截至目前的情况", "二〇一八年九月十日",
    ]) == []  # fmt: skip
    found = sums(unfinished())
    assert [one is None for one in found] == [False] * 7 + [True] * 6
    assert "尚未期满" not in text_of(annual(year(3)))


def test_an_empty_year_claims_nothing() -> None:
    made = annual(nothing())
    assert lacking(made, [
        "合同服务项未登记", "网站可用率：未知（合同名下没有网站）", "本期没有工单",
        "没有到期日期的记录", "登记册中没有本期文档", "现有记录不足以说明约定事项均已完成",
    ]) == []  # fmt: skip
    assert "约定事项均已完成。" not in text_of(made).replace("不足以说明约定事项均已完成。", "")
    assert (overlaps(made), heads_at_the_foot(made, (*SECTIONS, *PARTS))) == ([], [])


def test_a_year_with_one_ticket_is_whole() -> None:
    made = annual(one_ticket())
    assert lacking(made, ["T-0001", "2018年3月工单", "100%（1/1）"]) == []
    assert overlaps(made) == []


def test_a_quarter_stands_month_beside_month_with_its_own_sum() -> None:
    made = make_quarterly(quarter(), Document("GMGSL-JB-2018-Q2", "zh_CN"))
    pages = pages_of(made)
    body = "".join(pages[2:])
    places = [body.find(head) for head in QUARTER]
    assert -1 not in places
    assert places == sorted(places)
    assert lacking(made, [
        "2018年第2季度", "指标2018年4月2018年5月2018年6月", "新增工单11119", "全期31",
        "93.10%（27/29）", "web1资源使用率", "合同剩余249天", "3人天",
    ]) == []  # fmt: skip
    assert (made.missing, overlaps(made)) == ((), [])
    assert heads_at_the_foot(made, (*QUARTER, *PARTS)) == []


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_a_quarter_is_archival_in_both_languages(language: Language) -> None:
    made = make_quarterly(quarter(), Document("GMGSL-JB-2018-Q2", language))
    with pikepdf.open(BytesIO(made.content)) as pdf:
        assert pikepdf.pdfa.check(pdf, "3b").verdict == "pass"
    assert overlaps(made) == []
    assert ("Quarterly Operations Report" in "".join(text_of(made))) is False  # blanks are gone
    assert ("QuarterlyOperationsReport" in text_of(made)) == (language == "en")


def test_long_words_and_rare_names_lose_nothing_in_a_year() -> None:
    long = replace(tickets(1)[0], title="长" * 400 + "END" + "x" * 90, requester="𬭎堃" * 12)
    facts = one_ticket()
    many = replace(facts, whole=replace(facts.whole, tickets=(long, *tickets(30))))
    made = annual(many)
    assert overlaps(made) == []
    assert text_of(made).count("长") >= 400
    assert lacking(made, ["END"]) == []


# ---------------------------------------------------------------- figures


def ticket(**said: object) -> TicketLine:
    return replace(tickets(1)[0], **said)  # type: ignore[arg-type]


def test_only_what_is_decided_counts_as_kept_or_not() -> None:
    lines = (
        ticket(response_kept=True, resolve_kept=True),
        ticket(response_kept=True, resolve_kept=False),
        ticket(response_kept=None, resolve_kept=None),
    )
    response, restore, resolve = held(lines)
    assert (response.kept, response.total, resolve.kept, resolve.total) == (2, 2, 1, 2)
    assert (restore.total, restore.share) == (0, None)
    assert resolve.share == 0.5


def test_the_months_add_up_to_the_year() -> None:
    facts = year()
    found = [one for one in sums(facts) if one is not None]
    assert sum(one.opened for one in found) == 120
    assert sum(one.copies for one in found) == len(facts.copies)
    assert sum(one.good for one in found) == sum(one.good for one in facts.copies)
    assert sum((one.days or Decimal(0) for one in found), Decimal(0)) == Decimal(3)
    assert found[-1].still == 2  # the last two stay open
    assert facts.ledger is not None
    assert days_used(facts.ledger, CONTRACT, date(2018, 1, 1), date(2018, 2, 1)) == 0
