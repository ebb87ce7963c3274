"""The notice before a change and the record after it, as Party A reads them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO

import pikepdf
import pikepdf.pdfa
import pytest

from example_change import (
    CONFIGURATION,
    EMERGENCY,
    HEADS,
    NEW,
    PATCH,
    RELEASE,
    RUN,
    at,
    checks,
    notice,
    record,
    taken_back,
)
from gmops_desktop.contract.rollbacks import RollbackPlan, RollbackStep
from gmops_desktop.language import Language, speaking, tr
from gmops_desktop.reports.change_facts import ChangeFacts, Item, NoticeFacts, RecordFacts, Told
from gmops_desktop.reports.change_outcome import results
from gmops_desktop.reports.orders import Built, Document, make_change_record, make_notice
from printed import heads_at_the_foot, lacking, overlaps, pages_of, text_of

NOTICE_HEADS = (
    "一、申请事项",
    "二、变更内容",
    "三、回退方案",
    "四、特殊紧急",
    "五、告知情况",
    "六、甲方意见与凭证",
)
RECORD_HEADS = (
    "一、变更概况",
    "二、关口与证据",
    "三、特殊紧急与偏离",
    "四、计划与实际",
    "五、实施过程",
    "六、实施前后检查对比",
    "七、回退方案",
    "八、甲方确认、凭证与签署",
)


def speak(words: str) -> str:
    with speaking("zh_CN"):
        return tr(words)


def noticed(change: ChangeFacts, language: Language = "zh_CN") -> Built:
    return make_notice(NoticeFacts(change, at(19, 18), HEADS), Document("GMGSL-TJ-1", language))


def recorded(facts: RecordFacts, language: Language = "zh_CN") -> Built:
    return make_change_record(facts, Document("GMGSL-BG-1", language))


# ---------------------------------------------------------------- the notice


def test_the_notice_says_what_party_a_must_know_tell_and_agree_to() -> None:
    built = make_notice(notice(), Document("GMGSL-TJ-2018-04-01", "zh_CN"))
    said = (
        "变更申请与停机通知单",
        "GMGSL-TJ-2018-04-01",
        "致：深圳市光明新区工商业联合会",
        "C-0012",
        PATCH.title,
        PATCH.why,
        PATCH.risk,
        "系统补丁",
        "T-0031",
        "2018-04-20 22:00 至 23:30",
        "20 分钟",
        "张伟，电话 0755-0000 0008",
        "1.1.0f-3+deb9u2",
        "CVE-2018-0733",
        "nginx.service、php7.4-fpm.service",
        "结束时重启服务器：重启后才运行新内核",
        "快照存储费",
        "之后写入系统盘的全部数据",
        "没有特殊紧急处理",
        "官网公告《4 月 20 日夜间停机维护通知》",
        "广大用户",
        "各级领导",
        "相关负责人",
        "2/3",
        "待甲方告知",
        "同意实施",
        "不同意",
        "定于 2018-04-20 22:00 至 23:30",
        "预计中断约 20 分钟",
        "甲方（盖章）",
        built.data_digest,
        *(head.hash for head in HEADS),
        *NOTICE_HEADS,
    )
    assert lacking(built, said) == []
    assert built.missing == ()
    assert (built.pages, overlaps(built), heads_at_the_foot(built, NOTICE_HEADS)) == (2, [], [])
    # What Party A may publish, and whether it agrees, stand together.
    assert "公告参考文本" in pages_of(built)[-1]
    assert "代表（签字）" in pages_of(built)[-1]


def test_what_is_not_known_yet_is_not_called_nothing() -> None:
    bare = replace(
        PATCH,
        why="",
        risk="",
        downtime_minutes=None,
        window_begin=None,
        window_end=None,
        items=(),
        services=(),
        reboot=None,
        restarts=(),
        simulated_at=None,
        rollback=None,
        told=(),
    )
    built = noticed(bare)
    said = (
        "尚未评估",
        "尚未确定",
        "计划尚未可知",
        "服务器本身是否需要重启尚未可知",
        "回退方案将在实施前备妥并告知",
        "0/3",
        "窗口尚未确定，暂无可发布的内容",
    )
    assert lacking(built, said) == []


def test_a_way_back_that_is_none_is_said_and_so_is_a_step_that_cannot_be_done() -> None:
    none = noticed(replace(PATCH, rollback=RollbackPlan(at(1), ())))
    assert lacking(none, [speak("There is no way back.")]) == []
    step = RollbackStep("x", "恢复旧包。", why_not="旧版本包已不在源中，无法下载。")
    built = noticed(replace(PATCH, rollback=RollbackPlan(at(1), (step,))))
    assert lacking(built, ["恢复旧包。", step.why_not]) == []


def test_every_special_emergency_is_printed_with_its_reason() -> None:
    built = noticed(replace(PATCH, emergencies=(EMERGENCY,)))
    assert lacking(built, [EMERGENCY.what, EMERGENCY.reason, "2018-04-20 21:50"]) == []
    assert "没有特殊紧急处理" not in text_of(built)


def test_a_change_of_configuration_shows_its_lines_and_files_their_digests() -> None:
    built = noticed(CONFIGURATION)
    assert lacking(built, ["client_max_body_size 32m;", "client_max_body_size 8m;", NEW[:12]]) == []
    many = "\n".join(f"+line {number};" for number in range(400))
    long = noticed(replace(CONFIGURATION, diff=many))
    assert lacking(long, ["line 89;", "其余 310 行见所附数据"]) == []
    assert "line90;" not in text_of(long)
    assert "line 399;" in json.loads(_data(long))["facts"]["change"]["diff"]


def test_many_packages_and_long_names_lose_nothing() -> None:
    items = tuple(
        Item("package", f"lib-{'x' * 60}-{number}", "1:2.3", f"1:2.{number}+deb9u{number}")
        for number in range(120)
    )
    told = tuple(replace(one, evidence="见" + "长" * 300) for one in PATCH.told)
    built = noticed(replace(PATCH, items=items, why="因" * 900, told=told))
    assert lacking(built, [one.title for one in items] + ["长" * 300]) == []
    assert (overlaps(built), heads_at_the_foot(built, NOTICE_HEADS)) == ([], [])


# ---------------------------------------------------------------- the record


def test_the_record_says_what_became_of_it_with_every_proof() -> None:
    built = recorded(record())
    said = (
        "补丁报告",
        "已按计划完成，并经甲方确认。",
        "11 分 25 秒",
        "4/4",
        "10/11",
        "特殊紧急越过 1 项",
        "甲方尚未告知，或缺少证据。",
        f"理由：{EMERGENCY.reason}",
        "snap-8x2k1",
        "陈建国 2018-04-19 16:00",
        "与计划一致",
        "安装 4 个软件包",
        "04-20 22:09:02",
        "3 分 48 秒",
        "期间服务器已重启",
        RUN.log_digest,
        "boot-id 5c1f",
        "/etc/nginx/nginx.conf",
        "4.9.0-6-amd64",
        "与之前不同",
        "本次无需回退",
        "王㛃 于 2018-04-21 09:30 确认（电话）：官网访问正常",
        "评估 0.5，实际 0.5",
        "一式两份",
        *RECORD_HEADS,
    )
    assert lacking(built, said) == []
    assert (built.missing, overlaps(built)) == ((), [])
    assert heads_at_the_foot(built, RECORD_HEADS) == []


def test_a_change_taken_back_says_why_and_what_was_worse() -> None:
    built = recorded(taken_back())
    said = (
        "发布报告",
        "已回退",
        "首页返回 502，业务中断",
        "比之前差",
        "HTTP 502，3 次",
        "切回原发布目录",
        "未变更",
        "与计划不符",
        "甲方尚未确认",
        "相关负责人已告知",
    )
    assert lacking(built, said) == []
    assert "本次无需回退" not in text_of(built)


@pytest.mark.parametrize(
    ("otherwise", "verdict"),
    [
        (lambda f: replace(f, runs=()), "尚未实施。"),
        (lambda f: replace(f, runs=(replace(RUN, state="running"),)), "结果尚未可知"),
        (
            lambda f: replace(
                f, runs=(replace(RUN, state="failed", status=1, why="dpkg 返回 1。"),)
            ),
            "实施未能正常完成",
        ),
        (
            lambda f: replace(f, runs=(replace(RUN, state="unknown", why="连接中断。"),)),
            "结果未知。",
        ),
        (lambda f: replace(f, after=None), "尚未检查各项是否正常"),
        (lambda f: replace(f, after=checks(after=True, worse=True)), "有检查项差于实施前"),
        (lambda f: replace(f, done=f.done[:-1]), "与计划不完全一致"),
        (lambda f: replace(f, done=None), "尚未与计划核对"),
        (lambda f: replace(f, confirmation=None), "甲方尚未确认。"),
        (
            lambda f: replace(f, runs=(RUN, replace(RUN, purpose="rollback", state="failed"))),
            "回退未能正常完成",
        ),
    ],
)
def test_the_verdict_is_never_better_than_the_worst_thing_known(
    otherwise: Callable[[RecordFacts], RecordFacts], verdict: str
) -> None:
    built = recorded(otherwise(record()))
    assert lacking(built, [verdict]) == []
    assert "已按计划完成，并经甲方确认" not in text_of(built)


def test_what_nobody_had_planned_is_found() -> None:
    extra = Item("package", "libssl1.1", "1", "2")
    facts = record()
    assert facts.done is not None
    found = results(replace(facts, done=(*facts.done, extra)))
    assert [(one.state, one.done) for one in found if one.planned is None] == [("warning", extra)]
    newer = replace(facts.done[0], after="1.1.0f-3+deb9u3")
    assert [one.state for one in results(replace(facts, done=(newer, *facts.done[1:])))] == [
        "warning", "ok", "ok", "ok",
    ]  # fmt: skip


# ---------------------------------------------------------------- both


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_both_are_archival_in_both_languages_with_their_facts_inside(language: Language) -> None:
    for built, kind in (
        (noticed(RELEASE, language), "notice"),
        (recorded(taken_back(), language), "change_record"),
    ):
        with pikepdf.open(BytesIO(built.content)) as pdf:
            assert pikepdf.pdfa.check(pdf, "3b").verdict == "pass"
        values = json.loads(_data(built))
        assert values["document"]["kind"] == kind
        assert values["facts"]["heads"][0]["hash"] == HEADS[0].hash
        assert values["facts"]["change"]["number"] == "C-0015"
        assert overlaps(built) == []
        if language == "en":
            ours = text_of(built).replace("（", "(")
            assert "Whatisaltered" in ours
            assert not any(head in ours for head in (*NOTICE_HEADS, *RECORD_HEADS))


def test_a_name_that_no_font_has_is_named() -> None:
    built = noticed(replace(PATCH, told=(Told("users", "表情😀"),), performer="𠮷田"))
    assert built.missing == ("😀",)
    assert "𠮷田" in text_of(built)


def _data(built: Built) -> bytes:
    with pikepdf.open(BytesIO(built.content)) as pdf:
        return pdf.attachments["data.json"].get_file().read_bytes()
