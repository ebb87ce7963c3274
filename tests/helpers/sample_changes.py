"""The changes of the sample papers beside the example's patch: a release, a configuration change.

Each has reasons, steps and checks of its own.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import example_change as change
from example_change import HEADS, at
from example_period import CONTRACT
from gmops_desktop.contract.change_checks import Checks
from gmops_desktop.contract.steps import Handed
from gmops_desktop.reports.change_facts import (
    ChangeFacts,
    GateLine,
    NoticeFacts,
    RecordFacts,
    StepLine,
)
from gmops_desktop.reports.orders import HandOverFacts

RELEASE: Final = replace(
    change.RELEASE, ticket="T-0028 会员风采栏目增加按行业筛选", requested_by="𬭎堃",
    why="甲方要求会员风采可按行业筛选；已评估 0.5 人天，甲方已同意。",
    risk="低：新增一列与一个筛选栏，原有页面不变；已在沙箱演练。",
    restarts=("切换后重新加载 php7.4-fpm，正在处理的请求不中断。",),
)  # fmt: skip
CONFIGURATION: Final = replace(
    change.CONFIGURATION, ticket="T-0009 会员资料上传失败",
    why="会员上传 20 MB 的营业执照扫描件时报错 413，原上限为 8 MB。",
    risk="低：只改一项上限，重新加载 nginx，不中断服务。",
    restarts=("重新加载 nginx，不中断服务。",),
)  # fmt: skip
_OF_PATCHES: Final = ("软件包", "云硬盘")  # what only a patch's gates speak of


def _gates() -> tuple[GateLine, ...]:
    return tuple(one for one in change.GATES if not one.title.startswith(_OF_PATCHES))


def _checks(after: bool = False, *, worse: bool = False) -> Checks:
    looked = change.checks(after, worse=worse)
    return replace(looked, items=tuple(one for one in looked.items if one.key != "kernel"))


def notice_of(told: ChangeFacts) -> NoticeFacts:
    """The notice of a change."""
    return NoticeFacts(told, at(19, 18), HEADS)


def configured() -> RecordFacts:
    """The record of the configuration change, carried out as planned."""
    run = replace(
        change.RUN, restarted=False, ended_at=at(20, 22, 3, 19), log_bytes=1_204,
        tail="nginx: configuration file /etc/nginx/nginx.conf test is successful",
        steps=(
            StepLine("保存原文件并写入新文件", at(20, 22, 3, 11), at(20, 22, 3, 13), 0),
            StepLine("检查配置（nginx -t）", at(20, 22, 3, 13), at(20, 22, 3, 15), 0),
            StepLine("重新加载 nginx", at(20, 22, 3, 15), at(20, 22, 3, 19), 0),
        ),
    )  # fmt: skip
    told = replace(CONFIGURATION, state="handover", emergencies=(change.EMERGENCY,))
    return replace(
        change.record(), change=told, runs=(run,), done=told.items, kept_files=(), gates=_gates(),
        before=_checks(), after=_checks(after=True),
    )  # fmt: skip


def taken_back() -> RecordFacts:
    """The record of the release that was taken back because the front page answered no more."""
    facts = change.taken_back()
    told = replace(RELEASE, state="rolled_back", emergencies=(change.EMERGENCY,))
    run = replace(
        change.RUN, restarted=False, ended_at=at(20, 22, 3, 44), log_bytes=6_310, tail="",
        steps=(
            StepLine("执行 before/001_industry.sql", at(20, 22, 3, 11), at(20, 22, 3, 40), 0),
            StepLine("切换发布目录", at(20, 22, 3, 40), at(20, 22, 3, 41), 0),
            StepLine("重新加载 php7.4-fpm", at(20, 22, 3, 41), at(20, 22, 3, 44), 0),
        ),
    )  # fmt: skip
    return replace(
        facts, change=told, runs=(run, facts.runs[1]), gates=_gates(), before=_checks(),
        after=_checks(after=True, worse=True),
    )  # fmt: skip


def handed_over() -> HandOverFacts:
    """What the release hands over: its papers, its files, and what ran on the database."""
    items = (
        Handed("发布说明 v2.3.0.md", "document", change.OLD),
        Handed("会员风采操作说明.docx", "document", change.NEW),
        *(
            Handed(one.title, one.kind, before=one.before, after=one.after)
            for one in RELEASE.items
            if one.kind == "file"
        ),
        Handed("before/001_industry.sql", "database", change.NEW, after="3"),
    )
    return HandOverFacts(
        "", "", "", items, CONTRACT, at(21).date(), HEADS, change_id=RELEASE.change_id,
        change=RELEASE.number, change_title=RELEASE.title,
        release_notes="新增：会员风采可按行业筛选。\n修正：手机上筛选栏换行。",
    )  # fmt: skip
