"""The list of tickets at its size: 20,000 of them with 200,000 entries, opened, searched, scrolled,
and imported anew.

    python3 dev.py bench --only tickets

The texts are made by a seeded generator from the vocabulary of such work, Chinese and Latin mixed.
What is measured is what the window does: the same services, the same widgets, painted offscreen.
"""

from __future__ import annotations

import csv
import os
import random
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Final

from benchmarks.figures import Figure, timed, write
from db.engine import Database
from db.ids import uuid7
from db.journal import Fact, Journal, New
from gmops_desktop.context import Context
from gmops_desktop.contract.findable import holds, wanted_words
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.finding import Finding
from gmops_desktop.services.ticket_imports import TicketImports

ENTRIES_EACH: Final = 10
QUERIES: Final = (
    "备份", "年审", "证书", "数据库备份", "证书到期 备份", "nginx", "nginx 证书", "502 首页",
    "T-1234", "db", "库", "a", "李老师 公众号", "没有这样的字",
)  # fmt: skip
_BEGIN: Final = datetime(2018, 3, 6, 1, 0, tzinfo=UTC)
_END: Final = _BEGIN + timedelta(days=365)

_THINGS: Final = (
    "官网首页", "会员中心", "公众号菜单", "数据库", "备份任务", "SSL 证书", "nginx", "php-fpm",
    "Redis 缓存", "CDN 加速", "短信接口", "后台登录", "文章发布", "活动报名页", "会员名册",
    "磁盘空间", "DNS 解析", "防火墙", "定时任务 cron", "MySQL 主从", "图片上传", "站内搜索",
    "邮件通知", "域名续费", "公众号年审", "日志轮转",
)  # fmt: skip
_TROUBLES: Final = (
    "返回 502", "打不开", "响应缓慢", "乱码", "无法登录", "证书到期", "备份失败", "空间不足",
    "连接超时", "更新后不生效", "提示权限不足", "重复发送", "丢失图片", "需要升级到 1.24",
    "需要导出数据", "要求改版", "CVE-2018-1000656", "偶发中断", "显示不全", "被误删",
)  # fmt: skip
_STEPS: Final = (
    "已登录云服务器查看日志，{thing} {trouble}", "重启 {thing} 后恢复，继续观察",
    "李老师电话确认现象", "与甲方王主任沟通，约定今晚 22:00 窗口",
    "对比昨日备份，{thing} 配置被覆盖", "已从备份还原 www.conf", "等待甲方提供模板包",
    "抓包 {number} 个请求，平均 {number} ms", "清理 /var/log 释放 {number} MB",
    "提交变更 C-{number}，附回退方案", "甲方确认 {thing} 正常", "补充监测规则，阈值 {number} %",
)  # fmt: skip


def seed(home: Path, tickets: int, journal_of: Callable[[Database, Callable[[], datetime]], Journal]
         , days: int = 365) -> Database:  # fmt: skip
    """Make a store with so many tickets, ten entries each, the same at every run, over so many
    days."""
    luck = random.Random(20180306)
    clock = count()
    minutes = days * 24 * 60 / (tickets * ENTRIES_EACH)
    database = Database(home / "store.db")
    journal = journal_of(database, lambda: _BEGIN + timedelta(minutes=minutes * next(clock)))
    Contracts(database, journal).load_example()

    def new() -> Iterator[New]:
        numbers = journal.next_numbers(session, "ticket")
        for _ in range(tickets):
            yield New(uuid7(), tuple(_facts(luck, next(numbers), minutes)))

    with database.session() as session, session.begin():
        journal.record_new(session, "ticket", new(), lambda done: None)
    return database


def _facts(luck: random.Random, number: str, minutes: float) -> Iterator[Fact]:
    thing, trouble = luck.choice(_THINGS), luck.choice(_TROUBLES)
    place = int(number.rpartition("-")[2])
    at = _BEGIN + timedelta(minutes=minutes * ENTRIES_EACH * place)
    yield Fact(
        "ticket.opened",
        {
            "number": number,
            "kind": luck.choice(("incident", "problem", "request", "requirement", "question")),
            "title": f"{thing}{trouble}（{luck.randrange(1000)} 号）",
            "description": "。".join(_step(luck) for _ in range(3)),
            "priority": luck.choice((1, 2, 3, 3, 3, 4)),
            "requester": luck.choice(("李慧敏", "王立新", "李老师", "")),
            "state": "registered",
            "opened_at": at.isoformat(),
        },
    )
    for state in ("assessing", "working"):
        yield Fact("ticket.moved", {"state": state}, {"text": _step(luck)})
    for _ in range(ENTRIES_EACH - 5):
        yield Fact("ticket.noted", {}, {"text": _step(luck)})
    if luck.random() < 0.1:
        yield Fact("ticket.moved", {"state": "implementing"}, {"text": _step(luck)})
        yield Fact("ticket.moved", {"state": "awaiting_confirmation"}, {"text": _step(luck)})
    else:
        confirmed = {"confirmed_by": "李慧敏", "confirmed_at": at.isoformat()}
        yield Fact("ticket.confirmed", confirmed, {"channel": "电话"})
        yield Fact("ticket.closed", {"state": "closed", "closed_at": at.isoformat()})


def _step(luck: random.Random) -> str:
    return luck.choice(_STEPS).format(
        thing=luck.choice(_THINGS), trouble=luck.choice(_TROUBLES), number=luck.randrange(10_000)
    )


def measure(folder: Path, tickets: int, out: Path) -> bool:
    """Measure everything and write `tickets.md` and `tickets.json`; return whether every
    search agreed with reading every text."""
    from benchmarks.ticket_window import window

    folder.mkdir(parents=True)
    print(f"Making {tickets:,} tickets with {tickets * ENTRIES_EACH:,} entries ...", flush=True)
    begun = time.perf_counter()
    database = seed(
        folder, tickets, lambda store, now: Journal(store, actor=lambda: "张伟", now=now)
    )
    seeded = time.perf_counter() - begun
    journal = Journal(database, actor=lambda: "张伟")
    figures: list[Figure] = []

    def add(figure: Figure) -> None:
        figures.append(figure)
        bar = f", bar {figure.bar:.0f}" if figure.bar else ""
        said = f"{figure.median:.1f} ms, worst {figure.worst:.1f} (CPU {figure.cpu:.1f})"
        print(f"  {figure.what}: {said}{bar}", flush=True)

    try:
        right = _search(database, add)
        window(database, journal, _END, add)
        _import(database, journal, folder, tickets, add)
        add(timed("rebuild of all projections by replay", 1, lambda: journal.rebuild()))
    finally:
        database.close()
    facts = {
        "tickets": f"{tickets:,} with {tickets * ENTRIES_EACH:,} entries, made in {seeded:.0f} s",
        "store": f"{(folder / 'store.db').stat().st_size / 1e6:.0f} MB after import and rebuild",
        "load at the end": f"{os.getloadavg()[0]:.1f} of {os.cpu_count()} CPUs",
        "search": "agrees with reading every text" if right else "DIFFERS from reading every text",
    }
    write(out, "tickets", facts, figures)
    return right


# ---------------------------------------------------------------- searching


def _search(database: Database, add: Callable[[Figure], None]) -> bool:
    """Search, as the field of the list does, and hold the result against a plain scan."""
    from sqlalchemy import select

    from db.models import TextRow

    finding = Finding(database)
    with database.session() as session:
        wanted = select(TextRow.subject, TextRow.words).where(TextRow.kind == "ticket")
        texts = list(session.execute(wanted))
    right = True
    for query in QUERIES:
        found = finding.tickets(query)
        words = wanted_words(query)
        right &= found == {key for key, text in texts if holds(text, words)}
        what = f"search “{query}”, {len(found):,} found"
        add(timed(what, 9, partial(finding.tickets, query), 100))
        add(timed(f"  elsewhere “{query}”", 9, partial(finding.everywhere, query), 100))
    first = Finding(database)
    add(timed("similar titles, first time", 1, lambda: first.similar("官网首页返回 502 打不开")))
    add(timed("similar titles, then", 9, lambda: first.similar("数据库备份失败"), 100))
    return right


# ---------------------------------------------------------------- the import


def _import(
    database: Database, journal: Journal, folder: Path, rows: int, add: Callable[[Figure], None]
) -> None:
    from openpyxl import Workbook

    luck = random.Random(7)
    heads = (
        "工单号",
        "标题",
        "描述",
        "类型",
        "优先级",
        "状态",
        "提出人",
        "登记时间",
        "关闭时间",
        "处理过程",
    )
    lists: dict[str, list[tuple[object, ...]]] = {}
    for year, ending in ((2015, "xlsx"), (2016, "csv")):
        lists[ending] = [_row(luck, year, place, rows) for place in range(rows)]
    book = Workbook(write_only=True)
    sheet = book.create_sheet("工单")
    sheet.append(heads)
    for row in lists["xlsx"]:
        sheet.append(row)
    book.save(folder / "old.xlsx")
    with (folder / "old.csv").open("w", encoding="gb18030", newline="") as file:
        csv.writer(file).writerows([heads, *lists["csv"]])

    imports, context = TicketImports(database, journal), Context()

    def take(ending: str) -> None:
        sheet, plan = imports.read(folder / f"old.{ending}", context)
        outcome = imports.take(sheet, plan, context)
        assert (outcome.taken, outcome.refused) == (rows, ()), outcome.refused[:3]

    for ending, word in (("xlsx", "Excel"), ("csv", "CSV in GBK")):
        add(timed(f"import of {rows:,} rows, {word}", 1, partial(take, ending), 10_000))
    sheet_, plan = imports.read(folder / "old.csv", context)
    again = imports.take(sheet_, plan, context)
    assert (again.taken, again.known) == (0, rows)


def _row(luck: random.Random, year: int, place: int, rows: int) -> tuple[object, ...]:
    at = datetime(year, 1, 1, 8, 0) + timedelta(minutes=place * (500_000 // rows))
    return (
        f"GD-{year}-{place:05d}",
        f"{luck.choice(_THINGS)}{luck.choice(_TROUBLES)}",
        _step(luck),
        luck.choice(("事件", "问题", "服务请求", "需求变更", "答疑")),
        luck.choice(("紧急", "高", "中", "低")),
        luck.choice(("已关闭", "已完成")),
        luck.choice(("李慧敏", "赵经理", "王立新")),
        at,
        at + timedelta(hours=luck.randrange(1, 90)),
        _step(luck),
    )
