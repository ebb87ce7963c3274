"""The evidence of a contract's year, with everything that may be wrong with it, for tests."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from example_period import CONTRACT, HEADS
from gmops_desktop.contract.clause_evidence import Standing
from gmops_desktop.contract.clauses import _TITLES, CLAUSES
from gmops_desktop.language import tr
from gmops_desktop.reports.evidence_facts import (
    ClauseLine,
    CompilationFacts,
    DocumentLine,
    EntryLine,
    FileLine,
)
from gmops_desktop.reports.facts import Override

BEGIN = datetime(2018, 4, 2, 1, 30, tzinfo=UTC)
MONTHS = tuple(date(2018 + (2 + n) // 12, (2 + n) % 12 + 1, 1) for n in range(13))


def digest(text: str) -> str:
    """Return a digest that looks like one."""
    return hashlib.sha256(text.encode()).hexdigest()


def entries(clause: str, count: int) -> tuple[EntryLine, ...]:
    """Return entries as a busy year has them."""
    words = (("Registered", "首页轮播图更新，共 3 张"), ("Root cause found", "连接数达上限"),
             ("Confirmed by Party A", "公众号菜单跳转失效"))  # fmt: skip
    people = ("张伟", "刘洋", "𬭎堃", "王㛃")
    return tuple(
        EntryLine(
            "运维工作站" if n % 7 else "现场笔记本", HEADS[0].device, 12 + n * 3,
            BEGIN + timedelta(hours=n * 11), people[n % 4], tr(words[n % 3][0]),
            f"T-{n // 3 + 1:04d} {words[n % 3][1]}", digest(f"{clause}{n}"),
        )
        for n in range(count)
    )  # fmt: skip


def compilation(most: int = 18) -> CompilationFacts:
    """A year: kept, but for a promise, a month without a report, and one before the record."""
    return CompilationFacts(
        contract=CONTRACT,
        start=CONTRACT.start,
        end=CONTRACT.end,
        at=datetime(2019, 1, 20, 8, tzinfo=UTC),
        months=MONTHS,
        clauses=tuple(_clause(key, place, most) for place, key in enumerate(CLAUSES)),
        overrides=(
            Override(BEGIN, "张伟", "T-0002 登记", "夜间来电，业务中断"),
            Override(BEGIN + timedelta(days=30), "刘洋", "C-0002 放行关口", "漏洞已被利用"),
        ),
        begins=date(2018, 4, 2),
        prepared_by="张伟",
        heads=HEADS,
    )


def empty() -> CompilationFacts:
    """A contract of which nothing is on record."""
    whole = compilation()
    return replace(
        whole,
        clauses=tuple(
            ClauseLine(one.key, one.title, "unknown",
                       cells=tuple(("unknown", 0) for _ in MONTHS))
            for one in whole.clauses
        ),
        overrides=(), begins=None, prepared_by="", heads=(),
    )  # fmt: skip


def _clause(key: str, place: int, most: int) -> ClauseLine:
    standing: Standing = {"2.3-6": "late", "2.2-5": "missing", "2.3-1": "unknown"}.get(key, "done")  # type: ignore[assignment]
    if key in ("1.34", "2.3-2"):
        standing = "none"
    cells: list[tuple[Standing, int]] = []
    for n in range(13):
        if n > 10:
            cells.append(("ahead", 0))
        elif n == 0 and standing != "none":
            cells.append(("unknown", 0))
        elif standing in ("none", "unknown"):
            cells.append((standing, 0))
        elif standing != "done" and n == 6:
            cells.append((standing, 0 if standing == "missing" else 4))
        elif (n + place) % 9 == 4:
            cells.append(("none", 0))
        else:
            cells.append(("done", (n * 7 + place * 5) % 43 + 1))
    listed = entries(key, most if key == "1.13" else min(most, place % 7 + 2))
    good = standing in ("done", "late")
    return ClauseLine(
        key=key,
        title=tr(_TITLES[key]),
        standing=standing,
        facts=(f"{len(listed)} 张工单", "3 次甲方确认") if good else (),
        breaches=("承诺未兑现：T-0031、T-0044",) if standing == "late" else (),
        cells=tuple(cells),
        entries=listed if good else (),
        files=tuple(
            FileLine(f"chamber-2018-{n:02d}-30.sql.zst", "已校验", BEGIN + timedelta(days=30 * n),
                     38_400_000 + n, digest(f"f{n}") if n != 6 else "", n > 5)
            for n in range(4, 10)
        )
        if key == "2.2-4"
        else (FileLine("网信办通报 𠮷 2018-04.pdf", "T-0031", BEGIN, 812_000, digest("a")),)
        if key == "1.14"
        else (),
        documents=(
            DocumentLine("GMGSL-XJ-2018-04", "巡检报告", BEGIN, "双方已签", digest("d")),
            DocumentLine("GMGSL-XJ-2018-05", "巡检报告", BEGIN, "未签署", digest("e")),
        )
        if key == "2.2-1"
        else (),
        looks=43_120 if key in ("2.2-1", "2.2-3") else 0,
        elsewhere=(("1.14", 31), ("2.3-6", 12)) if key == "1.12" else (),
    )  # fmt: skip
