"""A year and a quarter of the example contract, for tests of reports: rich, empty, or of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from example_month import full_month
from example_period import DATABASE, FILES, MENU
from gmops_desktop.contract.alerts import Alert
from gmops_desktop.contract.notices import payment_of
from gmops_desktop.contract.person_days import Booking, Consent, Ledger, WorkLine
from gmops_desktop.contract.registers import Record
from gmops_desktop.contract.terms import ZONE, months_between, within
from gmops_desktop.contract.tickets import TicketKind
from gmops_desktop.contract.workdays import STANDARD
from gmops_desktop.reports.facts import ChangeLine, MonthFacts, Override, RestoreLine, TicketLine
from gmops_desktop.reports.period_facts import Copy, DrillLine
from gmops_desktop.reports.span_facts import (
    Ends,
    ItemLine,
    PaperLine,
    Site,
    SpanFacts,
    Watched,
    Window,
)
from gmops_desktop.services.contracts import Contracts

CONTRACT = Contracts.example()
START, END = CONTRACT.start, CONTRACT.end
HEADS = full_month().heads
_MATTERS: Final[tuple[tuple[TicketKind, str], ...]] = (
    ("request", "首页轮播图更新，共 3 张，附《关于召开会员大会的通知》"),
    ("incident", "TencentDB MySQL 连接数达上限，官网间歇无法打开"),
    ("question", "公众号自定义菜单如何修改跳转链接？"),
    ("requirement", "会员风采栏目增加按行业筛选"),
    ("request", "发布通知公告 2 篇，含附件 PDF"),
    ("problem", "夜间备份偶发超时，需查明原因"),
    ("visit", "协助会议室现场演示官网后台"),
)
_CHANGES: Final = ("官网程序 2.4 发布", "openssl 安全补丁（3.0.11-1~deb12u2）")
_URGENT: Final = "夜间来电，业务中断"
_PEOPLE: Final = ("王㛃", "李喆", "𬭎堃")


def at(on: date, hour: int = 9, minute: int = 0) -> datetime:
    """Return a time of a day in Beijing."""
    return datetime(on.year, on.month, on.day, hour, minute, tzinfo=ZONE).astimezone(UTC)


def tickets(count: int, start: date = START, end: date = END) -> tuple[TicketLine, ...]:
    """Return so many tickets spread over the days, of every kind; the last two are open."""
    days = (end - start).days
    found = []
    for number in range(count):
        kind, title = _MATTERS[number % len(_MATTERS)]
        opened = at(
            start + timedelta(days=number * days // max(1, count)), 9 + number % 8, number % 60
        )
        fault = kind in ("incident", "problem")
        still = number >= count - 2 and count > 2
        late = number % 17 == 5
        found.append(
            TicketLine(
                f"T-{number + 1:04d}", kind, title, (1, 2, 3, 4)[number % 4],
                "working" if still else "closed", _PEOPLE[number % 3], opened,
                None if still else opened + timedelta(hours=5 + number % 40),
                300.0 + number % 9 * 200, None if still else 2_160.0 + number % 31 * 900,
                "" if still else _PEOPLE[number % 3],
                "夜间来电，业务中断" if number % 29 == 1 else "",
                True, not late if fault else None, None if still else not late,
                3600.0 * (number % 5), None, "慢查询占满连接" if fault and number % 2 else "",
                "party_b" if fault and number % 2 else "",
            )
        )  # fmt: skip
    return tuple(found)


def nothing(start: date = START, end: date = END, name: str = "2018") -> SpanFacts:
    """Return a span of which nothing was recorded."""
    made = at(end + timedelta(days=2), 18, 20)
    return SpanFacts(
        name=name,
        whole=MonthFacts(contract=CONTRACT, start=start, end=end, generated_at=made,
                         prepared_by="张伟"),
        at=made,
        until=end,
        heads=HEADS,
    )  # fmt: skip


def year(count: int = 120) -> SpanFacts:
    """Return a whole year with everything in it."""
    return _rich(nothing(), count)


def quarter() -> SpanFacts:
    """Return its second quarter, with the load of a month of it."""
    made = _rich(nothing(date(2018, 4, 1), date(2018, 6, 30), "2018-Q2"), 31)
    month = full_month()
    whole = replace(made.whole, usage=month.usage, availability=month.availability)
    return replace(made, whole=whole, items=(), papers=())


def unfinished() -> SpanFacts:
    """Return the year as it stood on 10 September: half of it is not told yet."""
    day = date(2018, 9, 10)
    made = year()
    sites = tuple(
        replace(site, months=tuple(
            one if first <= day else Watched(None, 0.0)
            for one, (first, _) in zip(site.months, made.months, strict=True)
        ))
        for site in made.sites
    )  # fmt: skip
    kept = tuple(one for one in made.whole.tickets if one.opened_at < at(day))
    whole = replace(made.whole, tickets=kept, generated_at=at(day, 17))
    return replace(made, whole=whole, sites=sites, at=at(day, 17), until=day)


def one_ticket() -> SpanFacts:
    """Return a year in which there was one ticket and nothing else."""
    empty = nothing()
    return replace(empty, whole=replace(empty.whole, tickets=tickets(1)))


def _rich(empty: SpanFacts, count: int) -> SpanFacts:
    start, end = empty.whole.start, empty.whole.end
    days = [start + timedelta(days=number) for number in range((end - start).days + 1)]
    firsts = [within(month, start, end)[0] for month in months_between(start, end)]
    changes = tuple(
        ChangeLine(
            f"C-{place:04d}", _CHANGES[place % 2],
            "closed", at(on + timedelta(days=9)), 14 if place % 2 else 0, 3,
            applied_at=at(on + timedelta(days=10), 22),
            rolled_back_at=at(on + timedelta(days=11)) if place == 4 else None,
            emergency="漏洞已被利用" if place == 2 else "",
        )
        for place, on in enumerate(firsts, 1)
    )  # fmt: skip
    whole = replace(
        empty.whole,
        tickets=tickets(count, start, end),
        changes=changes,
        restores=(RestoreLine(at(days[40], 22), "chamber_check@10.0.0.4", 192.4, 24, 1_204_331,
                              True),),
        overrides=(
            Override(at(days[30], 10, 14), "张伟", "工单 T-0002：非指定联系人", _URGENT),
            Override(at(days[41], 20), "张伟", "变更 C-0002：公告未发全", "漏洞已被利用"),
        ),
    )  # fmt: skip
    copies = [
        Copy("database", DATABASE, at(on, 2), f"chamber-{on}.sql.zst", 38_400_000, True,
             None if on.day == 17 else on.day != 9 or on.month != 5, "ab" * 32)
        for on in days
        if on.day != 21
    ]  # fmt: skip
    copies += [
        Copy("files", FILES, at(on, 3), f"site-{on}.tar.zst", 612_000_000, True, True, "cd" * 32)
        for on in days[::7]
    ]
    return replace(
        empty,
        whole=whole,
        sites=(_site("www.gm-gsl.cn", empty), _site("m.gm-gsl.cn", empty, seen=False)),
        windows=tuple(
            Window(one.number, at(on + timedelta(days=10), 22), at(on + timedelta(days=10), 23, 30))
            for one, on in zip(changes, firsts, strict=True)
        ),
        owed=(("database", DATABASE), ("files", FILES), ("account", MENU)),
        copies=tuple(copies),
        drills=tuple(
            DrillLine(at(on + timedelta(days=15), 10), DATABASE,
                      "failed" if place == 1 else "proved", 0.0 if place == 1 else 192.4,
                      1_204_331, "chamber.sql.zst", f"GMGSL-YL-{on:%Y-%m}-16")
            for place, on in enumerate(firsts[:-1])
        ),
        alerts=(
            Alert("a1", "h", "web1", "cpu", "critical", "CPU 88.3 %，持续 6 分钟", at(days[40], 10),
                  at(days[40], 11), ticket="T-0002"),
            Alert("a2", "h", "web1", "disk:/", "warning", "磁盘 / 已用 86.2 %", at(days[70], 3)),
        ),
        ends=(
            Ends("www.gm-gsl.cn 证书", end + timedelta(days=20), "warning", "网站所出示的证书"),
            Ends("gm-gsl.cn 域名", end + timedelta(days=300), "ok", "注册局 RDAP"),
            Ends("公众号年审", None, "unknown", "未保存公众号密钥，无法查询"),
        ),
        ledger=_ledger(start),
        records=_records(days),
        payment=payment_of(CONTRACT, STANDARD),
        items=_items(empty),
        papers=_papers(firsts),
    )  # fmt: skip


def _site(name: str, facts: SpanFacts, *, seen: bool = True) -> Site:
    months = tuple(
        Watched(0.9991 - place * 0.0004, 0.97 - place % 4 * 0.06, 0.9999) if seen
        else Watched(None, 0.0)
        for place in range(len(facts.months))
    )  # fmt: skip
    whole = Watched(0.9968, 0.913, 0.9998) if seen else Watched(None, 0.0)
    return Site(name, whole, months)


def _ledger(start: date) -> Ledger:
    line = WorkLine(
        "t4", "T-0004", "会员风采栏目增加按行业筛选", Decimal(2), "陈工",
        Consent("王㛃", start + timedelta(days=30), "微信", Decimal(2)), Decimal("1.5"),
        Decimal("1.5"),
        (Booking(start + timedelta(days=33), Decimal(1), "张伟", ""),
         Booking(start + timedelta(days=35), Decimal("0.5"), "张伟", "")),
    )  # fmt: skip
    other = replace(line, ticket_id="t9", number="T-0011", title="新闻检索支持按栏目", consent=None)
    return Ledger(Decimal(10), Decimal(3), Decimal(1), (line, other))


def _records(days: Sequence[date]) -> tuple[Record, ...]:
    return (
        Record("r1", "training", days[20], "公众号操作培训", ("王㛃", "李喆"), "张伟", "签到.pdf"),
        Record("r2", "visit", days[45], "会议现场保障", paper="GMGSL-XC-2018-04-01"),
        Record("r3", "deviation", days[60], "公告早于约定发布", text="领导要求"),
    )  # fmt: skip


def _items(facts: SpanFacts) -> tuple[ItemLine, ...]:
    cells: list[Any] = ["full"] * len(facts.months)
    partly = [*cells[:-3], "partly", "full", "full"]
    missing = [*cells[:2], "missing", *cells[3:]]
    found = []
    for place, item in enumerate(CONTRACT.items):
        mine = (cells, partly, missing)[place % 3] if item.monthly else ["none"] * len(cells)
        counted = (("核验备份", 353), ("网站探测", 104_201)) if item.monthly else (("培训", 1),)
        found.append(ItemLine(item, tuple(mine), counted))
    return tuple(found)


def _papers(firsts: Sequence[date]) -> tuple[PaperLine, ...]:
    signed = ("both", "party_b", "unsigned")
    return tuple(
        PaperLine(f"GMGSL-YB-{on:%Y-%m}", "月报", f"{on:%Y-%m}", at(on + timedelta(days=33)), 2,
                  signed[place % 3], f"{place:02x}" * 32)
        for place, on in enumerate(firsts)
    )  # fmt: skip
