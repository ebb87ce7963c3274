"""Backups, an inspection and fees of the example contract, for tests of reports."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from example_change import at
from example_month import full_month
from gmops_desktop.contract.alerts import Alert
from gmops_desktop.reports.period_facts import (
    BackupFacts,
    Copy,
    DrillLine,
    Inspected,
    InspectionFacts,
    Measured,
)
from gmops_desktop.services.contracts import Contracts

CONTRACT = Contracts.example()
HEADS = full_month().heads
START, END = date(2018, 4, 1), date(2018, 4, 30)
DATABASE, FILES, MENU = "官网数据库", "官网程序 /var/www/chamber", "光明工商联公众号"


def copies() -> tuple[Copy, ...]:
    """Return a month of backups with everything that may be wrong with one."""
    found = [
        Copy("database", DATABASE, at(day, 2, 1), f"chamber-2018-04-{day:02d}.sql.zst",
             38_400_000 + day * 90_000, True, True, f"{day:02d}" * 32, exists=day > 3)
        for day in range(1, 31)
        if day not in (11, 12)
    ]  # fmt: skip
    found[7] = replace(found[7], verified=False)
    found[20] = replace(found[20], verified=None)
    found += [
        Copy("files", FILES, at(day, 3), f"site-2018-04-{day:02d}.tar.zst", 612_000_000, True, True,
             f"{day:02x}" * 32)
        for day in (1, 8, 15, 22, 29)
    ]  # fmt: skip
    return tuple(found)


def good_copies() -> tuple[Copy, ...]:
    """Return backups of which each is whole and verified, of everything owed."""
    found = [replace(one, verified=True) for one in copies()]
    found.append(Copy("account", MENU, at(2, 4), "menu.json.zst", 21_000, True, True, "ab" * 32))
    return tuple(found)


def backups() -> BackupFacts:
    """A month in which two nights were missed, one archive is damaged and one was not checked."""
    return BackupFacts(
        contract=CONTRACT,
        start=START,
        end=END,
        at=at(30, 18, 20),
        owed=(("database", DATABASE), ("files", FILES), ("account", MENU)),
        copies=copies(),
        drills=(
            DrillLine(at(16, 10), DATABASE, "proved", 192.4, 1_204_331,
                      "chamber-2018-04-16.sql.zst", "GMGSL-YL-2018-04-16"),
            DrillLine(at(23, 10), DATABASE, "failed", 0.0, 0, "chamber-2018-04-23.sql.zst", "",
                      ("本机没有可用的数据库程序。",)),
        ),
        restores=full_month().restores,
        heads=HEADS,
    )  # fmt: skip


def inspection() -> InspectionFacts:
    """An inspection that found a full disk, and something that nobody could see."""
    return InspectionFacts(
        contract=CONTRACT,
        start=START,
        end=END,
        at=at(30, 18, 20),
        inspected=(
            Inspected(
                "web1", "host", "warning", "磁盘 / 已用 86.2 %，约 41 天后写满。", at(30, 18, 15),
                (
                    ("系统", "Debian 12，已运行 41 天", "ok"),
                    ("失败的服务", "0 个", "ok"),
                    ("待装安全更新", "2 项", "warning"),
                ),
                (
                    Measured("CPU（%）", 24.1, 88.3, 22.0, 80, 0.93),
                    Measured("内存使用（%）", 61.7, 66.4, 60.9, 90, 0.93),
                    Measured("最满的磁盘（%）", 79.9, 86.2, 71.3, 85, 0.93),
                    Measured("发送（Mbit/s）", 1.2, 4.9, 1.1, None, 0.71),
                ),
            ),
            Inspected(
                DATABASE, "mysql", "ok", "", at(30, 18, 15), (("连接数", "31 / 151", "ok"),),
                (Measured("运行中的语句", 1.4, 9.0, 1.3, None, 0.93),),
            ),
            Inspected(
                "www.gm-gsl.cn", "website", "ok", "", at(30, 18, 15), (),
                (
                    Measured("首字节时间（毫秒）", 212.0, 1_840.0, 205.0, 3_000, 0.93),
                    Measured("证书剩余天数", 214.0, 199.0, 229.0, 30, 0.93, less_is_worse=True),
                ),
            ),
            Inspected(MENU, "account", "unknown", "未保存公众号密钥，无法登录。", None),
        ),
        alerts=(
            Alert("a1", "h", "web1", "cpu", "critical", "CPU 88.3 %，持续 6 分钟", at(15, 10, 12),
                  at(15, 10, 50), ticket="T-0002"),
            Alert("a2", "h", "web1", "disk:/", "warning", "磁盘 / 已用 86.2 %", at(28, 3)),
        ),
        prepared_by="张伟",
        heads=HEADS,
    )  # fmt: skip
