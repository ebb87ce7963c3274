"""An ordinary month of the example contract, for tests of reports."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from gmops_desktop.contract.record import ChainHead
from gmops_desktop.contract.terms import ZONE, Contact, Contract
from gmops_desktop.reports.facts import (
    Availability,
    BackupLine,
    ChangeLine,
    MonthFacts,
    Override,
    RestoreLine,
    TicketLine,
    Usage,
)

CONTRACT = Contract(
    id="c",
    title="光明新区工商联建设网站及微信公众号运维服务合同",
    number="GMGSL-YW-2018-01",
    party_a="深圳市光明新区工商业联合会",
    party_b="某某信息技术有限公司",
    start=date(2018, 3, 6),
    end=date(2019, 3, 6),
    total=Decimal("32692.70"),
    payable=Decimal("32692.00"),
    signed_on=date(2018, 3, 6),
    person_days=Decimal(10),
    items=(),
)


def at(day: int, hour: int = 9, minute: int = 0) -> datetime:
    """Return a time of April 2018 in Beijing."""
    return datetime(2018, 4, day, hour, minute, tzinfo=ZONE).astimezone(UTC)


def empty_month() -> MonthFacts:
    """A month of which nothing was recorded."""
    return MonthFacts(
        contract=CONTRACT,
        start=date(2018, 4, 1),
        end=date(2018, 4, 30),
        generated_at=at(30, 18, 20),
    )


def full_month() -> MonthFacts:
    """A month with everything in it: tickets, an emergency, a gap, a restore, a patch."""
    tickets = (
        TicketLine(
            "T-0001",
            "request",
            "首页轮播图更新，共 3 张，附《关于召开会员大会的通知》",
            3,
            "closed",
            "王㛃",
            at(4, 9, 7),
            at(4, 15, 2),
            540,
            21_300,
            "王㛃",
        ),
        TicketLine(
            "T-0002",
            "incident",
            "TencentDB MySQL 连接数达上限，官网间歇无法打开",
            1,
            "closed",
            "李喆",
            at(15, 10, 14),
            at(15, 11, 2),
            180,
            2_160,
            "李喆",
            emergency="夜间来电，业务中断",
        ),
        TicketLine(
            "T-0003",
            "question",
            "公众号自定义菜单如何修改跳转链接？",
            4,
            "closed",
            "王㛃",
            at(18, 16),
            at(18, 16, 30),
            300,
            1_750,
            "王㛃",
        ),
        TicketLine(
            "T-0004",
            "requirement",
            "会员风采栏目增加按行业筛选",
            2,
            "awaiting_confirmation",
            "𬭎堃",
            at(24, 11),
            None,
            1_320,
            260_400,
        ),
    )
    usage, up = [], []
    for step in range(30 * 24):
        when = at(1, 0) + timedelta(hours=step)
        asleep = 240 <= step < 290
        peak = 60 * math.exp(-(((step - 346) / 3) ** 2))
        cpu = 24 + 10 * math.sin(step / 24 * 2 * math.pi) + 4 * math.sin(step * 1.7) + peak
        if not asleep:
            memory, disk = 55 + step * 0.012, 61 + step * 0.016
            usage.append((when, cpu, memory, disk))
            up.append((when, 0.0 if step in (346, 347) else 1.0))
    cpu_points, memory_points, disk_points = (
        tuple((row[0], row[column]) for row in usage) for column in (1, 2, 3)
    )
    covered = len(usage) / 720
    return replace(
        empty_month(),
        prepared_by="张伟",
        contacts=(Contact("a", "王㛃", "A", "项目联系人", "", date(2018, 3, 6)),),
        tickets=tickets,
        backups=tuple(
            BackupLine(
                at(day, 2), "chamber@10.0.0.4", 38_400_000 + day * 90_000, 201_000_000, 1_204_000,
                "consistent", True, f"{day:064x}", f"chamber-2018-04-{day:02d}.sql.zst",
            )
            for day in range(1, 31)
        ),
        restores=(RestoreLine(at(20, 22), "chamber_check@10.0.0.4", 192.4, 24, 1_204_331, True),),
        changes=(
            ChangeLine("C-0001", "openssl 安全补丁（3.0.11-1~deb12u2）", "closed", at(10), 14, 3),
            ChangeLine(
                "C-0002", "nginx 升级", "applying", at(27), 2, 1,
                emergency="漏洞已被利用",
            ),
        ),
        availability=Availability("www.gm-gsl.cn", tuple(up), covered),
        usage=(
            Usage("web1", "cpu", cpu_points, covered, 80),
            Usage("web1", "memory", memory_points, covered),
            Usage("web1", "disk", disk_points, covered),
        ),
        overrides=(
            Override(at(15, 10, 14), "张伟", "工单 T-0002：非指定联系人", "夜间来电，业务中断"),
            Override(at(27, 20), "张伟", "变更 C-0002：公告未发全", "漏洞已被利用"),
        ),
        heads=(
            ChainHead("018f2a6b-7c1d-7e3a-9b52-1a2b3c4d5e6f", "运维工作站", 1284, "4f" * 32),
            ChainHead("018f2a6b-9999-7e3a-9b52-1a2b3c4d5e6f", "现场笔记本", 97, "c3" * 32),
        ),
    )  # fmt: skip
