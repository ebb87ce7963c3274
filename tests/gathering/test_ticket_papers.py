"""Fault report, evaluation and service form out of tickets as they are really recorded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from db.engine import Database
from db.journal import Journal
from example_month import empty_month
from gmops_desktop.context import Context
from gmops_desktop.contract.report_texts import SECTIONS, OwnText
from gmops_desktop.contract.steps import Handed
from gmops_desktop.contract.terms import ZONE, told_in
from gmops_desktop.errors import OpsError
from gmops_desktop.gathering.tickets import TicketPapers
from gmops_desktop.language import Language, speaking
from gmops_desktop.reports.facts import MonthFacts
from gmops_desktop.reports.orders import (
    Built,
    Document,
    make_evaluation,
    make_fault_report,
    make_service_form,
)
from gmops_desktop.reports.paper_facts import TicketFacts
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.ledgers import Ledgers
from gmops_desktop.services.reports import Reports
from gmops_desktop.services.tickets import Tickets
from printed import heads_at_the_foot, lacking, overlaps, text_of

FAULT_HEADS = (
    "一、事件经过",
    "二、影响时长与时限",
    "三、根本原因与责任归属",
    "四、处理过程",
    "五、承诺与兑现",
    "六、文档移交与关联事项",
    "七、凭证与签署",
)


class Time:
    """A clock the test sets."""

    def __init__(self) -> None:
        self.now = datetime(2018, 11, 22, 2, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **span: float) -> None:
        self.now += timedelta(**span)


class Desk:
    """The services around tickets, with one clock."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.time = Time()
        journal = Journal(database, actor=lambda: "张伟", device_name="工作站", now=self.time)
        self.contracts = Contracts(database, journal, now=self.time)
        self.contracts.load_example()
        self.tickets = Tickets(database, journal, now=self.time)
        self.ledgers = Ledgers(database, journal, self.tickets, now=self.time)
        self.papers = TicketPapers(
            self.contracts, self.tickets, self.ledgers, lambda: "张伟", now=self.time
        )

        def month(start: date, end: date) -> MonthFacts:
            return replace(empty_month(), start=start, end=end)

        kinds = {"fault": self.papers, "visit": self.papers, "evaluation": self.papers}
        self.reports = Reports(database, journal, lambda: folder, month, kinds)

    def fault(self) -> str:
        """Return the number of a fault with everything on record."""
        book, time = self.tickets, self.time
        ticket = book.open(
            "incident",
            "官网首页 502，公众号菜单无法打开",
            requester="李慧敏",
            priority=1,
            description="09:58 起官网首页返回 502，公众号“会员服务”菜单打不开。\n管理后台正常。",
            channel="电话",
        )
        other = book.open("incident", "首页偶发 502", requester="李慧敏", priority=3)
        book.bonds.link(ticket.id, "related", other.id)
        time.pass_by(minutes=6)
        book.facts.estimate(ticket.id, 1, 1, "官网与公众号均受影响")
        book.move(ticket.id, "working", "已登录服务器查看")
        time.pass_by(minutes=18)
        book.facts.restored(ticket.id, None, "重启 php-fpm 后恢复")
        book.facts.agree(ticket.id, by="李慧敏", channel="电话")
        book.facts.scope(ticket.id, "only_here", "仅官网")
        book.facts.cause(
            ticket.id, "php-fpm 进程数上限过低，11 月 22 日上午活动报名流量耗尽进程。", "party_b"
        )
        book.promise(ticket.id, time.now + timedelta(hours=4), "调整进程数并压测")
        time.pass_by(hours=1)
        handed = Handed(
            "www.conf", "configuration", before="pm.max_children = 5", after="pm.max_children = 40"
        )
        book.facts.hand_over(ticket.id, [handed])
        book.move(ticket.id, "awaiting_confirmation", "已调整并压测通过")
        time.pass_by(hours=5)
        book.confirm(ticket.id, by="李慧敏", channel="电话", text="访问正常")
        book.close(ticket.id)
        return ticket.number

    def requirement(self) -> str:
        """Return the number of a requirement with an estimate, consent and work."""
        book, time = self.tickets, self.time
        ticket = book.open(
            "requirement",
            "会员风采栏目增加按行业筛选",
            requester="李慧敏",
            priority=3,
            description="会员风采列表上方增加行业下拉框，默认全部；手机端同样可用。",
        )
        manager = "陈志远"
        self.ledgers.estimate(
            ticket.number, Decimal("2.5"), by=manager, text="后端 1 天、前端 1 天、测试 0.5 天"
        )
        self.ledgers.agree(ticket.number, by="李慧敏", channel="微信")
        time.pass_by(hours=30)
        self.ledgers.book(ticket.number, Decimal("1.25"), "后端接口与数据表")
        return ticket.number


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Desk:
    return Desk(database, tmp_path / "reports")


def made(
    make: Callable[[TicketFacts, Document], Built], facts: TicketFacts, language: Language = "zh_CN"
) -> Built:
    return make(facts, Document("GMGSL-GZ-2018-11-01", language))


def facts_of(desk: Desk, number: str) -> TicketFacts:
    with speaking("zh_CN"), told_in(ZONE):
        return desk.papers(number)()


def test_a_fault_report_tells_what_happened_how_long_and_why(desk: Desk) -> None:
    number = desk.fault()
    facts = facts_of(desk, number)
    built = made(make_fault_report, facts)
    said = (
        "故障报告",
        number,
        "官网首页 502",
        "09:58 起官网首页返回 502",
        "管理后台正常",
        "已解决，经李慧敏确认。",
        "php-fpm 进程数上限过低",
        "乙方",
        "11-22 10:24 服务恢复",
        "等待甲方或其他方",
        "重启 php-fpm 后恢复",
        "6 分",
        "5 小时",
        "pm.max_children = 5 → pm.max_children = 40",
        "首页偶发 502",
        "按时",
        "承诺至 2018-11-22 14:24",
        "李慧敏，电话",
        *FAULT_HEADS,
    )
    assert lacking(built, said) == []
    assert (built.missing, overlaps(built), heads_at_the_foot(built, FAULT_HEADS)) == ((), [], [])
    waiting = next(one for one in facts.clocks if one.key == "waiting")
    assert waiting.seconds == 5 * 3600  # while Party A did not confirm


def test_peoples_own_words_stand_in_every_section_of_the_papers_of_a_ticket(desk: Desk) -> None:
    """The three papers print what was written, and no room for handwriting where it is."""
    facts = facts_of(desk, desk.requirement())
    at = datetime(2018, 11, 22, 2, 0, tzinfo=UTC)
    makers = {
        "fault": make_fault_report, "evaluation": make_evaluation, "visit": make_service_form,
    }  # fmt: skip
    for kind, make in makers.items():
        texts = tuple(OwnText(one, f"写在{one}的话", "张伟", at) for one in SECTIONS[kind])
        built = make(facts, Document("GMGSL-GZ-2018-11-01", "zh_CN", texts=texts))
        assert lacking(built, [one.text for one in texts]) == []
        assert text_of(built).count("张伟撰写2018年11月22日") == len(texts)
        assert "左侧有竖线" in text_of(built)
        assert overlaps(built) == []
        assert "由人工填写" not in text_of(built)


def test_a_fault_that_is_not_solved_is_not_called_solved(desk: Desk) -> None:
    ticket = desk.tickets.open("incident", "数据库连接失败", requester="李慧敏", priority=1)
    built = made(make_fault_report, facts_of(desk, ticket.number))
    assert lacking(built, ["尚未解决。", "根本原因尚未查明。", "尚无移交内容。"]) == []
    assert "已解决" not in text_of(built)


def test_an_evaluation_says_what_it_takes_and_what_is_left(desk: Desk) -> None:
    number = desk.requirement()
    facts = facts_of(desk, number)
    built = made(make_evaluation, facts)
    said = (
        "需求评估单",
        number,
        "默认全部；手机端同样可用",
        "后端 1 天、前端 1 天、测试 0.5 天",
        "2.5",
        "7.5",
        "李慧敏于2018年11月22日同意2.5人天",
        "后端接口与数据表",
        "同意实施",
    )
    assert lacking(built, said) == []
    assert (built.pages, overlaps(built)) == (1, [])
    assert facts.ledger is not None
    assert facts.ledger.total == 10


def test_work_beyond_the_contract_is_said(desk: Desk) -> None:
    ticket = desk.tickets.open("requirement", "小程序", requester="李慧敏", priority=4)
    built = made(make_evaluation, facts_of(desk, ticket.number))
    assert lacking(built, ["尚未评估，请手工填写", "甲方尚未同意"]) == []
    manager = "陈志远"
    desk.ledgers.estimate(ticket.number, Decimal(14), by=manager)
    built = made(make_evaluation, facts_of(desk, ticket.number))
    assert lacking(built, ["超出合同 4 人天"]) == []


def test_a_service_form_is_one_page_with_room_to_write(desk: Desk) -> None:
    number = desk.fault()
    built = made(make_service_form, facts_of(desk, number))
    said = (
        "现场服务单",
        number,
        "到达时间",
        "更换物品",
        "遗留问题",
        "非常满意",
        "重启 php-fpm 后恢复",
        "代表（签字）",
    )
    assert lacking(built, said) == []
    assert (built.pages, overlaps(built)) == (1, [])


@pytest.mark.parametrize("make", [make_fault_report, make_evaluation, make_service_form])
def test_they_speak_english_too(desk: Desk, make: Callable[[TicketFacts, Document], Built]) -> None:
    with speaking("en"):
        facts = desk.papers(desk.fault())()
    built = made(make, facts, "en")
    assert "凭证与签署" not in text_of(built)
    assert overlaps(built) == []


def test_they_are_made_by_their_kind_and_kept_as_versions(desk: Desk, context: Context) -> None:
    number = desk.fault()
    first = desk.reports.make("fault", number, context)
    again = desk.reports.make("fault", number.lower(), context)
    assert [one.number for one in (first, again)] == [
        "GMGSL-GZ-2018-11-01", "GMGSL-GZ-2018-11-01-V2",
    ]  # fmt: skip
    assert again.about == desk.tickets.get(number).id
    assert desk.reports.checks() == ()
    with pytest.raises(OpsError, match="no ticket"):
        desk.reports.make("fault", "T-9999", context)


def test_without_a_contract_there_is_no_paper(database: Database, tmp_path: Path) -> None:
    journal = Journal(database, actor=lambda: "张伟", device_name="工作站")
    tickets = Tickets(database, journal)
    contracts = Contracts(database, journal)
    ticket = tickets.open("incident", "x", requester="y", priority=1, emergency="z")
    papers = TicketPapers(contracts, tickets, Ledgers(database, journal, tickets), lambda: "张伟")
    with pytest.raises(OpsError, match="No contract"):
        papers(ticket.number)
