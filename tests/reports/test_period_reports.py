"""Reports of a period, and the contract's money, as Party A reads them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

import pikepdf
import pikepdf.pdfa
import pytest

from example_change import at
from example_period import CONTRACT, HEADS, backups, good_copies, inspection
from gmops_desktop.contract.notices import payment_of
from gmops_desktop.contract.workdays import STANDARD
from gmops_desktop.language import Language
from gmops_desktop.reports.orders import (
    Built,
    Document,
    make_backup_report,
    make_fees,
    make_inspection,
)
from gmops_desktop.reports.period_facts import BackupFacts, Copy, FeeFacts, Inspected
from printed import heads_at_the_foot, lacking, overlaps, text_of

BACKUP_HEADS = (
    "一、备份日历",
    "二、各备份对象情况",
    "三、恢复演练",
    "四、还原",
    "五、备份清单",
    "六、凭证与签署",
)
INSPECTION_HEADS = (
    "一、巡检概况",
    "二、检查项、标准与实测",
    "三、本期告警",
    "四、异常与处置建议",
    "五、凭证与签署",
    "备注（手写）",
)


def built(
    make: Callable[[Any, Document], Built], facts: Any, language: Language = "zh_CN"
) -> Built:
    return make(facts, Document("GMGSL-BF-2018-04", language))


# ---------------------------------------------------------------- backups


def test_the_backups_of_a_month_with_every_fault_named() -> None:
    made = built(make_backup_report, backups())
    said = (
        "备份报告",
        "有备份不可依赖",
        "本期备份 33 次",
        "本期从未备份：光明工商联公众号",
        "31/33",
        "有对象从未备份",
        "3 分 12 秒",
        "1 次有问题",
        "校验失败",
        "未校验",
        "GMGSL-YL-2018-04-16",
        "本机没有可用的数据库程序",
        "chamber-2018-04-30.sql.zst",
        "（本机已无）",
        "3 天",
        "chamber_check@10.0.0.4",
        *BACKUP_HEADS,
    )
    assert lacking(made, said) == []
    assert lacking(made, [one.file for one in backups().copies]) == []
    assert (made.missing, overlaps(made), heads_at_the_foot(made, BACKUP_HEADS)) == ((), [], [])


@pytest.mark.parametrize(
    ("otherwise", "verdict"),
    [
        (
            lambda f: replace(f, copies=good_copies()),
            "全部按期备份并校验无误，且经恢复演练证明可还原",
        ),
        (lambda f: replace(f, copies=good_copies(), drills=()), "本期未做恢复演练"),
        (lambda f: replace(f, copies=good_copies()[:-1]), "有应备份的对象未备份"),
        (
            lambda f: replace(
                f, copies=(replace(good_copies()[0], verified=None), *good_copies()[1:])
            ),
            "已备份，但未全部校验",
        ),
        (
            lambda f: replace(
                f, copies=(replace(good_copies()[0], whole=False), *good_copies()[1:])
            ),
            "有备份不可依赖",
        ),
        (
            lambda f: replace(
                f, copies=good_copies(), drills=(replace(f.drills[0], outcome="disproved"),)
            ),
            "有备份不可依赖",
        ),
        (lambda f: replace(f, copies=(), owed=()), "本期没有记录"),
    ],
)
def test_the_verdict_on_backups_is_that_of_the_worst(
    otherwise: Callable[[BackupFacts], BackupFacts], verdict: str
) -> None:
    assert lacking(built(make_backup_report, otherwise(backups())), [verdict]) == []


def test_a_year_of_nightly_backups_stays_readable() -> None:
    many = tuple(
        Copy(
            "database",
            "官网数据库" + "长" * 40,
            at(1 + number % 30, number % 24),
            f"{'x' * 70}-{number:03d}.sql.zst",
            5,
            True,
            True,
            "ab" * 32,
        )
        for number in range(365)
    )
    made = built(make_backup_report, replace(backups(), copies=many))
    assert lacking(made, [f"{number:03d}.sql.zst" for number in range(365)]) == []
    assert (overlaps(made), heads_at_the_foot(made, BACKUP_HEADS)) == ([], [])


# ---------------------------------------------------------------- inspections


def test_an_inspection_holds_everything_against_its_limit() -> None:
    made = built(make_inspection, inspection())
    said = (
        "巡检报告",
        "可正常使用，有需关注的问题",
        "web1：磁盘/已用86.2%",
        "均值 24.1，最高 88.3",
        "超出标准",
        "符合标准",
        "＞ 30.0",
        "均值 214，最低 199",
        "监测覆盖率71%",
        "上期均值",
        "未保存公众号密钥",
        "没有实测数据",
        "未解除",
        "T-0002",
        "2 项待跟进",
        "从未",
        *INSPECTION_HEADS,
    )
    assert lacking(made, said) == []
    assert (made.missing, overlaps(made), heads_at_the_foot(made, INSPECTION_HEADS)) == (
        (),
        [],
        [],
    )


def test_what_nobody_saw_is_never_in_order() -> None:
    unseen = Inspected("web9", "host", "unknown", "从未探测。", None)
    made = built(make_inspection, replace(inspection(), inspected=(unseen,), alerts=()))
    assert lacking(made, ["有项目未能看到", "本期没有告警"]) == []
    assert "全部正常" not in text_of(made)
    nothing = built(make_inspection, replace(inspection(), inspected=(), alerts=()))
    assert lacking(nothing, ["没有登记合同所属的资源"]) == []
    assert "全部正常" not in text_of(nothing)


# ---------------------------------------------------------------- money


def fees(**fields: Any) -> FeeFacts:
    contract = replace(CONTRACT, **fields)
    return FeeFacts(
        contract=contract,
        at=at(30),
        payment=payment_of(replace(contract, paid_on=None), STANDARD),
        heads=HEADS,
    )


def test_the_fees_stand_in_figures_and_capitals_as_in_the_contract() -> None:
    made = built(make_fees, fees())
    said = (
        "合同费用确认单",
        "已于2018年3月8日付款",
        "叁万贰仟陆佰玖拾贰元整",
        "叁万贰仟陆佰玖拾贰元柒角",
        "¥32,692.00",
        "6,358.00",
        "11,636.70",
        "差额0.70元不另收取",
        "2018年3月9日",
    )
    assert lacking(made, said) == []
    assert (made.pages, overlaps(made)) == (1, [])


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"paid_on": None}, "尚未付款，应付期限为2018年3月9日"),
        ({"paid_on": None, "signed_on": date(2018, 4, 27)}, "前付款"),
        ({"paid_on": None, "signed_on": None}, "是否付款未有记录"),
        (
            {"payable": Decimal("1000000000000.05"), "total": Decimal("1000000000000.05")},
            "壹万亿元零伍分",
        ),
    ],
)
def test_what_is_owed_is_said(fields: dict[str, Any], said: str) -> None:
    made = built(make_fees, fees(**fields))
    assert lacking(made, [said]) == []
    assert overlaps(made) == []


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_all_are_archival_in_both_languages(language: Language) -> None:
    for make, facts in (
        (make_backup_report, backups()),
        (make_inspection, inspection()),
        (make_fees, fees()),
    ):
        made = built(make, facts, language)
        with pikepdf.open(BytesIO(made.content)) as pdf:
            assert pikepdf.pdfa.check(pdf, "3b").verdict == "pass"
        assert overlaps(made) == []
        assert ("凭证与签署" in text_of(made)) == (language == "zh_CN")
