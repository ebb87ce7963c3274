"""What a look at an official account finds on a calm day; invented, for pictures and tests."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random
from typing import Final

from gmops_desktop.contract.account_parts import CHINA, PARTS, QUOTAS, newest_told
from gmops_desktop.contract.looks import (
    AccountDay,
    AccountDetails,
    Article,
    CallbackSeen,
    EchoSeen,
    MenuSeen,
    Quota,
    Standing,
)

_DAYS: Final = 14
_TITLES: Final = ("会员服务周报", "关于征集会员需求的通知", "五月活动预告")


def calm(at: datetime, *, followers: int = 3204) -> AccountDetails:
    """Return a look at `at` that found everything, and nothing to complain of."""
    newest = newest_told(at)
    told = [_day(newest - timedelta(days=back), followers) for back in range(_DAYS)]
    articles = tuple(
        Article((newest - timedelta(days=2 * place)).isoformat(), title,
                f"https://mp.example/s/{place}", 420 - 60 * place, 31 - 6 * place, 41.0)
        for place, title in enumerate(_TITLES)
    )  # fmt: skip
    stamp = at.isoformat()
    called = round(at.astimezone(CHINA).hour * 5000 / 60)  # 40 % until midnight
    return AccountDetails(
        days=tuple(reversed(told)),
        articles=articles,
        quotas=tuple(Quota(path, called // place, 5000) for place, path in enumerate(QUOTAS, 1)),
        callback=CallbackSeen(("203.0.113.10",), 1, 0, 23.4),
        echo=EchoSeen(200, 0.08, True, True),
        menu=MenuSeen(("官网", "会员服务", "会员服务 › 入会申请"), True, stamp),
        menu_digest="d1",
        standing=Standing(
            True, "光明新区工商联（演示）", True,
            (at.astimezone(CHINA).date() + timedelta(days=128)).isoformat(),
        ),
        asked=dict.fromkeys(PARTS, stamp),
        due=dict.fromkeys(PARTS, stamp),
    )  # fmt: skip


def _day(on: date, followers: int) -> AccountDay:
    """Return the figures of a day, the same ones whenever they are asked for; `followers` are
    those of a day in November 2026, 18 more each day."""
    random = Random(on.toordinal())
    return AccountDay(
        on=on.isoformat(),
        followers=followers + 18 * (on - date(2026, 11, 1)).days,
        new=random.randint(20, 24),
        lost=random.randint(2, 6),
        readers=random.randint(240, 620),
        shares=random.randint(8, 40),
        calls=random.randint(300, 700),
        failed=random.randint(0, 2),
        mean_ms=random.uniform(70, 130),
        longest_ms=random.randint(600, 3200),
        looking=random.randint(2, 14),
        likes=random.randint(3, 22),
    )
