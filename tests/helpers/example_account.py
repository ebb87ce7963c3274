"""A month of an official account, with days WeChat told nothing of, for tests of its report."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from example_change import at
from example_period import CONTRACT, END, HEADS, MENU, START
from gmops_desktop.contract.alerts import Alert
from gmops_desktop.contract.looks.accounts import AccountDay, Article
from gmops_desktop.contract.terms import Contact
from gmops_desktop.reports.account_facts import AccountFacts, AccountMonth, MenuKept


def days(*, without: tuple[int, ...] = (11, 12)) -> tuple[AccountDay, ...]:
    """Return the days told; on the 20th an article brought many."""
    found, followers = [], 3_210
    for day in range(1, 31):
        new = 6 + (day * 7) % 9 + (64 if day == 20 else 0)
        lost = (day * 5) % 6
        followers += new - lost
        if day in without:
            continue
        quiet = day % 7 == 1  # a day without a message is not told
        found.append(
            AccountDay(
                f"2018-04-{day:02d}", followers, new, lost, 120 + (day * 31) % 90, day % 11,
                None if quiet else 40 + day, None if quiet else int(day == 16) * 3,
                None if quiet else 180.0 + day, None if quiet else 900 + day,
                looking=day % 4, likes=day % 7,
            )
        )  # fmt: skip
    return tuple(found)


def account_month() -> AccountFacts:
    """An ordinary month: one article that was read, three messages lost, a verification due."""
    account = AccountMonth(
        name=MENU, app_id="wx1234567890abcdef", looked_at=at(30, 18), verified=True,
        principal="深圳市光明新区工商业联合会", until=date(2018, 6, 12),
        source="人工登记于 2018-03-08",
        days=days(),
        articles=(
            Article("2018-04-04", "关于召开会员大会的通知", "https://mp.qq.com/s/a", 412, 31, 61.0),
            Article("2018-04-20", "𠮷祥如意：会员企业 𬭎堃 科技招聘", "https://mp.qq.com/s/b",
                    1_904, 188, 47.5),
            Article("2018-04-27", "五一放假安排", "https://mp.qq.com/s/c", None, None, None),
        ),
        quota=41.7, quota_coverage=0.93, coverage=0.93,
        menu=MenuKept(
            at(28, 4), "wx1234567890abcdef-20180428.account.zst",
            ("关于我们　打开 https://www.gm-gsl.cn/about", "会员服务　展开 2 个按钮",
             "　├ 入会申请　打开 https://www.gm-gsl.cn/join", "　└ 会员风采　打开 https://www.gm-gsl.cn/m"),
            True, 14,
        ),
        backups=4,
        alerts=(
            Alert("a1", "acc", MENU, "callback_failed", "warning", "4 月 16 日有 3 条消息未答复",
                  at(17, 9), at(18, 9), ticket="T-0017"),
        ),
        why={"standing": ""},
    )  # fmt: skip
    return AccountFacts(
        contract=CONTRACT, start=START, end=END, at=at(30, 18, 20), told=date(2018, 4, 29),
        accounts=(replace(account, days=account.days[:-1]),),
        contacts=(
            Contact("a", "王㛃", "A", "项目联系人", "", START),
            Contact("b", "张伟", "B", "运维经理", "", START),
        ),
        prepared_by="张伟", heads=HEADS,
    )  # fmt: skip


def unseen() -> AccountFacts:
    """A month in which nobody looked at the account."""
    account = AccountMonth(
        name=MENU, app_id="wx1234567890abcdef", why={"all": "未保存公众号密钥。"}
    )
    return replace(account_month(), accounts=(account,), contacts=())
