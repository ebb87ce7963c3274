"""The tickets of the sample papers: a fault mended and confirmed, a requirement, a visit to come.

They are those of the example's month (`example_month`), told whole.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Final

from example_change import HEADS, at
from example_period import CONTRACT
from gmops_desktop.contract.clocks import Clock, PromiseMade, Stretch
from gmops_desktop.contract.hours import WORKING
from gmops_desktop.contract.person_days import Booking, Consent, Ledger, WorkLine
from gmops_desktop.contract.steps import Handed, Step
from gmops_desktop.contract.terms import Contact
from gmops_desktop.contract.tickets import Ticket
from gmops_desktop.language import tr
from gmops_desktop.reports.paper_facts import TicketFacts

TITLE: Final = "TencentDB MySQL 连接数达上限，官网间歇无法打开"
_OPENED, _RESTORED, _CLOSED = at(15, 10, 14), at(15, 10, 38), at(15, 11, 2)
_ASKED: Final = at(24, 11)
_HOUR: Final = 3600.0


def _step(minutes: float, action: str, text: str, key: str = "", by: str = "张伟") -> Step:
    moment = _OPENED + timedelta(minutes=minutes)
    return Step(moment, by, "运维工作站", tr(action), text, "", key)


def fault() -> TicketFacts:
    """The fault of 15 April: mended in 24 minutes, confirmed after 48, of which 12 were theirs."""
    ticket = Ticket(
        id="018f2a6b-0000-7e3a-9b52-000000000002", number="T-0002", kind="incident", title=TITLE,
        description="10:05 起官网间歇返回 502，管理后台登录缓慢；公众号菜单不受影响。",
        state="closed", priority=1, estimate=1, requester="李喆", contact_id="b", emergency="",
        resource_id="db", opened_at=_OPENED, closed_at=_CLOSED, confirmed_by="李喆",
        conflict=False, channel="电话", impact=2, urgency=1, scope="only_here",
        influence="官网访客约 24 分钟间歇无法打开首页",
        cause="报名活动期间 php-fpm 连接未及时释放，占满数据库 151 个连接。",
        attribution="party_b", restored_at=_RESTORED,
    )  # fmt: skip
    turns = (
        Stretch(_OPENED, at(15, 10, 38), "counted", ""),
        Stretch(at(15, 10, 38), at(15, 10, 50), "paused", ""),
        Stretch(at(15, 10, 50), _CLOSED, "counted", ""),
    )
    clocks = (
        Clock("response", 180, 0, _HOUR / 4, running=False, state="ok"),
        Clock("restore", 1_440, 0, 4 * _HOUR, running=False, state="ok"),
        Clock("resolve", 2_160, 720, 24 * _HOUR, running=False, state="ok", stretches=turns),
        Clock("waiting", 720, 0, None, running=False, state="ok"),
    )
    steps = (
        _step(0, "Registered", "李喆来电：官网间歇无法打开", "ticket.opened"),
        _step(3, "Moved on", "已登录服务器查看，连接数 151/151", "ticket.moved"),
        _step(12, "Root cause found", ticket.cause, "ticket.caused"),
        _step(14, "Promised", "当日 12:00 前解决", "ticket.promised"),
        _step(24, "Service restored", "释放空闲连接，max_connections 调至 300", "ticket.restored"),
        _step(36, "Moved on", "甲方完成回访，官网与后台正常", "ticket.moved"),
        _step(47, "Confirmed by Party A", "李喆电话确认已解决", "ticket.confirmed"),
        _step(48, "Closed", "", "ticket.closed"),
    )
    return TicketFacts(
        contract=CONTRACT, at=at(16, 9, 30), ticket=ticket, resource="官网数据库",
        contact=Contact("b", "李喆", "A", "办公室副主任", "0755-0000 0021", CONTRACT.start),
        prepared_by="张伟", steps=steps, clocks=clocks,
        promises=(
            PromiseMade(at(15, 10, 28), at(15, 12), "张伟", "已查明根因", "", kept=True,
                        standing=True),
        ),
        handed=(Handed("MySQL max_connections", "configuration", before="151", after="300"),),
        links=("T-0005 首页偶发 502（有关联）",),
        heads=HEADS,
    )  # fmt: skip


def requirement() -> TicketFacts:
    """The requirement of 24 April: estimated, agreed to, and worked for a day."""
    ticket = Ticket(
        id="018f2a6b-0000-7e3a-9b52-000000000004", number="T-0004", kind="requirement",
        title="会员风采栏目增加按行业筛选",
        description="会员风采页按行业列出会员企业，手机与电脑均可用；行业由后台维护。",
        state="working", priority=2, estimate=2, requester="𬭎堃", contact_id="c", emergency="",
        resource_id="web", opened_at=_ASKED, closed_at=None, confirmed_by="", conflict=False,
        channel="微信", assessed_days=Decimal("1.5"), assessed_by="陈建国",
    )  # fmt: skip
    work = WorkLine(
        ticket.id, ticket.number, ticket.title, Decimal("1.5"), "陈建国",
        Consent("王㛃", at(24).date(), "电话", Decimal("1.5")), Decimal(1), Decimal(1),
        (
            Booking(at(25).date(), Decimal("0.5"), "刘洋", "后台增加行业字段与维护页"),
            Booking(at(26).date(), Decimal("0.5"), "刘洋", "前台筛选栏，适配手机"),
        ),
    )  # fmt: skip
    effort = (
        "1.5 人天：后台字段 0.5、前台筛选 0.5、测试与上线 0.5；风险低，新增一列，不改原有数据。"
    )
    steps = (
        Step(_ASKED, "张伟", "运维工作站", tr("Registered"), ticket.description, "",
             "ticket.opened"),
        Step(at(24, 14, 20), "陈建国", "运维工作站", tr("Assessed"), effort, "",
             "ticket.assessed"),
    )  # fmt: skip
    return TicketFacts(
        contract=CONTRACT, at=at(26, 18), ticket=ticket, resource="官网", prepared_by="张伟",
        steps=steps, clocks=(
            Clock("response", 1_320, 0, 7_200, running=False, state="ok", hours=WORKING),
        ),
        work=work, ledger=Ledger(Decimal(10), Decimal("2.5"), Decimal("0.5"), (work,)),
        heads=HEADS,
    )  # fmt: skip


def visit() -> TicketFacts:
    """A visit agreed on: the form that goes along, to be filled in on the spot."""
    facts = requirement()
    ticket = replace(
        facts.ticket, id="018f2a6b-0000-7e3a-9b52-000000000007", number="T-0007", kind="visit",
        title="办公室电脑无法登录网站后台", requester="王㛃", channel="电话",
        opened_at=at(27, 9, 20),
        description="更换电脑后登录后台提示证书不受信任，请上门处理并演示后台操作。",
        state="working", priority=3, assessed_days=None, assessed_by="",
    )  # fmt: skip
    person = Contact("a", "王㛃", "A", "项目联系人", "0755-0000 0020", CONTRACT.start)
    return replace(
        facts, at=at(27, 10), ticket=ticket, contact=person, steps=facts.steps[:0], work=None
    )
