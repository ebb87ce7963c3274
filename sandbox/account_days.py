"""What a look at an official account finds on a calm day; invented, for pictures and tests."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

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

_TITLES = ("会员服务周报", "关于征集会员需求的通知", "五月活动预告")


def calm(at: datetime, *, followers: int = 3204, days: int = 14) -> AccountDetails:
    """Return a look at `at` that found everything, and nothing to complain of."""
    newest, random = newest_told(at), Random(followers)
    told = [
        AccountDay(
            on=(newest - timedelta(days=back)).isoformat(),
            followers=followers - 18 * back,
            new=random.randint(14, 28),
            lost=random.randint(1, 6),
            readers=random.randint(240, 620),
            shares=random.randint(8, 40),
            calls=random.randint(300, 700),
            failed=random.randint(0, 2),
            mean_ms=random.uniform(70, 130),
            longest_ms=random.randint(600, 3200),
        )
        for back in range(days)
    ]
    articles = tuple(
        Article((newest - timedelta(days=2 * place)).isoformat(), title,
                f"https://mp.example/s/{place}", 420 - 60 * place, 31 - 6 * place, 41.0)
        for place, title in enumerate(_TITLES)
    )  # fmt: skip
    stamp = at.isoformat()
    return AccountDetails(
        days=tuple(reversed(told)),
        articles=articles,
        quotas=tuple(Quota(path, 120, 5000) for path in QUOTAS),
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
