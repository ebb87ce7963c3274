"""The contract's own year, 2018-03-06 to 2019-03-06, lived through with a clock that is moved; at
its end every clause's evidence is asked for."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from db import samples
from db.engine import Database
from db.ids import uuid7
from db.journal import Journal
from db.models import ArchiveRow, DrillRow
from gmops_desktop.addresses import AccountAddress, MysqlAddress, SshAddress, WebAddress
from gmops_desktop.context import Context
from gmops_desktop.contract.changes import Audience
from gmops_desktop.contract.clauses import CLAUSES
from gmops_desktop.contract.steps import Handed
from gmops_desktop.contract.terms import ZONE, Contract, Post, day_of
from gmops_desktop.contract.tickets import Priority, Ticket, TicketKind
from gmops_desktop.contract.troubles import Trouble
from gmops_desktop.errors import OpsError
from gmops_desktop.language import speaking
from gmops_desktop.services.attachments import Attachments, Content
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.ledgers import Ledgers
from gmops_desktop.services.obligations import Obligations
from gmops_desktop.services.roster import Roster
from gmops_desktop.services.tickets import Tickets
from gmops_desktop.services.troubles import Troubles
from looked import looked

START, END = date(2018, 3, 6), date(2019, 3, 6)


class Year:
    """Everything a team has in hand, and the clock on its wall."""

    def __init__(self, database: Database, folder: Path) -> None:
        """`folder` is where attached files lie."""
        self.database = database
        self.now = at(START, "09:00")
        clock: Callable[[], datetime] = lambda: self.now  # noqa: E731 - one clock for all
        self.journal = Journal(database, actor=lambda: "张伟", now=clock)
        self.contracts = Contracts(database, self.journal, now=clock)
        self.tickets = Tickets(database, self.journal, now=clock)
        self.roster = Roster(database, self.journal, now=clock)
        self.ledgers = Ledgers(database, self.journal, self.tickets, now=clock)
        self.obligations = Obligations(database, self.journal, now=clock)
        self.troubles = Troubles(database, self.journal, self.tickets, now=clock)
        self.attachments = Attachments(
            database, self.journal, folder, limit=lambda: 1_000_000, now=clock
        )

    def on(self, month: int, day: int, hour: str = "09:00") -> Year:
        """Move the clock on to the next such day."""
        moments = (at(date(year, month, day), hour) for year in (2018, 2019))
        self.now = next(moment for moment in moments if moment >= self.now)
        return self

    def due(self) -> dict[str, str]:
        """Return what today asks for, with its state."""
        return {one.text: one.state for one in self.obligations.overview().due}

    def ticket(
        self, kind: TicketKind, title: str, by: str, priority: Priority = 3, **more: Any
    ) -> Ticket:
        return self.tickets.open(kind, title, requester=by, priority=priority, **more)

    def answer(self, ticket: Ticket, minutes: int = 10) -> None:
        self.now += timedelta(minutes=minutes)
        if ticket.kind == "requirement":
            self.tickets.move(ticket.id, "assessing")
        else:
            self.tickets.move(ticket.id, "working")

    def attach(self, kind: str, subject: str, name: str) -> Content:
        """Attach a file that says its own name."""
        content = self.attachments.keep_bytes(name.encode(), name, Context())
        self.attachments.attach(kind, subject, [content])
        return content

    def finish(self, ticket: Ticket, by: str = "李慧敏", hours: int = 3) -> None:
        """Do the work, have Party A confirm it with a picture of the talk, close it."""
        self.now += timedelta(hours=hours)
        self.tickets.move(ticket.id, "awaiting_confirmation")
        with pytest.raises(OpsError):  # not before Party A's confirmation (2.3-7)
            self.tickets.close(ticket.id)
        self.now += timedelta(hours=1)
        shot = f"确认截图-{ticket.number}.png"
        self.attach("ticket", ticket.id, shot)
        said = {"by": by, "channel": "微信", "text": "已恢复", "evidence": [shot]}
        self.tickets.confirm(ticket.id, at=self.now - timedelta(minutes=20), **said)
        self.tickets.close(ticket.id)

    def change(self, title: str, *, emergency: str = "") -> None:
        """A patch, told to all three audiences, applied, confirmed and handed over."""
        id = uuid7()

        def record(action: str, **fields: Any) -> None:
            with self.database.session() as session, session.begin():
                self.journal.record(session, "change", id, f"change.{action}", fields)

        with self.database.session() as session:
            number = self.journal.next_number(session, "change")
        record("queued", number=number, title=title, state="awaiting_notice", kind="patch")
        if emergency:
            record("overridden", emergency=emergency)
        else:
            told = {"users": "公众号公告", "leaders": "电话", "responsible": "微信群"}
            record("announced", announced=told)
        record("applied", state="postcheck", applied_at=self.now)
        record("confirmed", state="handover", confirmed_by="李慧敏")
        record("handed_over", state="closed", closed_at=self.now)


def at(day: date, hour: str) -> datetime:
    return datetime.combine(day, time.fromisoformat(hour), ZONE).astimezone(UTC)


def signed(year: Year) -> Contract:
    """Sign the contract and name the people; nobody has paid yet."""
    contract = replace(Contracts.example(), paid_on=None)
    year.contracts.save_contract(contract)
    posts: list[tuple[str, str, Post]] = [
        ("李慧敏", "A", "designated"),
        ("王立新", "A", "designated"),
        ("陈志远", "B", "project_manager"),
        ("张伟", "B", "operations_manager"),
        ("刘洋", "B", "technician"),
        ("周敏", "B", "technician"),
    ]
    for name, party, post in posts:
        year.contracts.add_contact(name, "A" if party == "A" else "B", phone="0755", post=post)
    return contract


def machines(year: Year) -> None:
    """What machines did in the year: looks every day, backups every week, a drill every month."""
    contracts = year.contracts
    web = contracts.save_resource("website", "官网", WebAddress("https://www.example.cn"))
    host = contracts.save_resource("host", "云服务器", SshAddress("10.0.0.8"))
    data = contracts.save_resource("mysql", "云数据库", MysqlAddress("10.0.0.9", 3306, "o", "c"))
    account = contracts.save_resource("account", "公众号", AccountAddress("wx1"))
    rows: list[Any] = []
    for number in range((END - START).days + 1):
        moment = at(START + timedelta(days=number), "03:00")
        if number % 7 == 0:
            rows.append(archive(moment, data.id, "backup"))
            rows.append(archive(moment, web.id, "files"))
        if number % 28 == 1:
            phases = [{"seconds": 400.0, "counts": True}]
            found = {"phases": phases, "schema": "chamber"}
            rows.append(DrillRow(id=uuid7(), at=moment, resource_id=data.id, outcome="proved",
                                 data=found))  # fmt: skip
    days = range((END - START).days + 1)
    looks = [at(START + timedelta(days=number), "03:00") for number in days]
    with year.database.session() as session, session.begin():
        session.add_all(rows)
        for one in (web, host, account):
            looked(session, one.id, looks)
        while samples.roll_up(session, at(END + timedelta(days=1), "12:00")):
            pass


def archive(moment: datetime, resource: str, purpose: str) -> ArchiveRow:
    return ArchiveRow(
        id=uuid7(), at=moment, seconds=60, source="chamber@db", schema="chamber",
        resource_id=resource, purpose=purpose, path="/archives/one.sql.zst", file_bytes=1,
        text_bytes=1, travelled=1, rows=1, tables=1, consistency="consistent", verified=True,
    )  # fmt: skip


def reported(year: Year, month: date) -> None:
    with year.database.session() as session, session.begin():
        fields = {"period": f"{month:%Y-%m}", "kind": "monthly", "made_at": year.now}
        year.journal.record(session, "report", uuid7(), "report.made", fields)


def requirement(year: Year, title: str, days: str, *worked: str) -> None:
    """A modification as the contract wants it: evaluated, agreed to, worked, confirmed."""
    ticket = year.ticket("requirement", title, "李慧敏")
    year.answer(ticket, 30)
    with pytest.raises(OpsError):  # not before the project manager's evaluation (2.3-4)
        year.tickets.move(ticket.id, "working")
    year.ledgers.estimate(ticket.number, Decimal(days), by="陈志远")
    year.ledgers.agree(ticket.number, by="李慧敏", channel="微信")
    year.tickets.move(ticket.id, "working")
    facts = year.tickets.facts
    facts.interrupts(ticket.id, True)
    for one in worked:
        year.now += timedelta(hours=6)
        year.ledgers.book(ticket.number, Decimal(one))
    with pytest.raises(OpsError):  # not before Party A has told all those concerned (2.3-8)
        year.tickets.move(ticket.id, "implementing")
    told: dict[Audience, str] = {"users": "公众号公告", "leaders": "电话", "responsible": "微信群"}
    facts.announce(ticket.id, told)
    year.tickets.move(ticket.id, "implementing")
    manual = year.attach("ticket", ticket.id, f"{title}操作说明.docx")
    facts.hand_over(ticket.id, [Handed(manual.name, "document", manual.sha256)])
    year.finish(ticket)


def lived(year: Year) -> None:
    """Live through the year, looking at the overview where something is due."""
    contract = signed(year)
    machines(year)
    who = {one.name: one.id for one in year.contracts.contacts()}

    # March: payment within three working days, the roster, the first question.
    year.on(3, 7)
    assert year.due()["Payment of Party A: ¥32,692.00"] == "warning"
    year.on(3, 8)
    year.contracts.record_payment(contract.id, date(2018, 3, 8), "银行回单 0308")
    year.roster.rotate([who["张伟"], who["刘洋"], who["周敏"]], START, END)
    assert not any("Payment" in text for text in year.due())
    year.on(3, 20)
    asked = year.ticket("question", "如何发布文章", "李慧敏", 4)
    year.answer(asked)
    year.finish(asked)

    # April: Party A names one more contact, over 清明; told on the last day.
    year.on(4, 4)
    zhao = year.contracts.add_contact("赵敏", "A", valid_from=date(2018, 4, 4), post="designated")
    reported(year, date(2018, 3, 1))
    year.on(4, 10)
    assert year.due()["Written notice of Party A: 赵敏 joins"] == "warning"
    year.contracts.contact_notified(zhao.id, "盖章通知 2018-04")
    year.on(4, 23)
    year.change("openssl 安全更新")
    requirement(year, "会员名册导出", "2", "1.2", "0.5")

    # May: strangers ask; a training.
    year.on(5, 3)
    reported(year, date(2018, 4, 1))
    with pytest.raises(OpsError, match="not a designated contact"):
        year.ticket("request", "帮我改个密码", "钱先生")
    year.tickets.decline("request", "帮我改个密码", requester="钱先生")
    urgent = year.ticket(
        "incident", "首页被挂马", "钱先生", 1, emergency="页面出现违法内容，先处理"
    )
    year.answer(urgent, 5)
    year.tickets.promise(urgent.id, year.now + timedelta(hours=6), "先清除，再查原因")
    year.finish(urgent)
    year.on(5, 16)
    taught = year.ledgers.add("training", "后台发布培训", people=("李慧敏", "赵敏"), by="周敏",
                              paper="签到表-0516.pdf", hours=Decimal(2))  # fmt: skip
    year.attach("register", taught.id, "签到表-0516.pdf")

    # June: a contact leaves and is told too late; a promise is moved with a reason, and kept.
    year.on(6, 4)
    reported(year, date(2018, 5, 1))
    broken = year.ticket("incident", "官网首页 502", "李慧敏", 1)
    year.answer(broken)
    facts, bonds = year.tickets.facts, year.tickets.bonds
    facts.agree(broken.id, by="李慧敏", channel="电话")
    facts.scope(broken.id, "elsewhere", "报名子站同样 502")
    twin = year.ticket("incident", "报名子站 502", "赵敏", 2)
    bonds.merge(twin.id, broken.id)
    facts.cause(broken.id, "云厂商网关限流", "third_party", evidence=("云厂商公告 0604",))
    year.tickets.promise(broken.id, year.now + timedelta(hours=4), "扩容后恢复")
    year.tickets.promise(broken.id, year.now + timedelta(hours=8), "云厂商扩容排队")
    year.now += timedelta(hours=1)
    year.tickets.move(broken.id, "suspended", "等甲方同意扩容费用", waiting_on="decision")
    year.now += timedelta(hours=20)
    year.tickets.move(broken.id, "working")
    year.finish(broken, hours=5)
    year.on(6, 15)
    year.contracts.end_contact(who["王立新"], date(2018, 6, 15))
    year.on(6, 22)
    assert year.due()["Written notice of Party A: 王立新 leaves"] == "critical"
    year.contracts.contact_notified(who["王立新"], "盖章通知 2018-06")
    assert not any("王立新" in text for text in year.due())

    # July: a promise that is missed; half of the days are used.
    year.on(7, 3)
    reported(year, date(2018, 6, 1))
    slow = year.ticket("incident", "报名页乱码", "赵敏", 2)
    year.answer(slow)
    bonds.link(slow.id, "related", broken.id)
    year.tickets.promise(slow.id, year.now + timedelta(hours=4), "字符集不一致")
    year.now += timedelta(hours=5)
    assert year.due()["Promise: 报名页乱码"] == "critical"
    year.finish(slow, by="赵敏", hours=20)
    year.on(7, 16)
    requirement(year, "活动报名改版", "4", "2", "1.5")
    used = year.obligations.overview().ledger
    assert used is not None
    assert (used.used, used.level) == (Decimal("5.5"), 50)
    assert year.due()["5.5 of 10 free person-days are used"] == "warning"

    # August: on site, without the form at first.
    year.on(8, 2)
    reported(year, date(2018, 7, 1))
    visit = year.ledgers.add("visit", "会议室网络排查", people=("刘洋",), by="刘洋")
    assert year.due()["On-site visit 08-02: 会议室网络排查"] == "warning"
    year.ledgers.complete(visit.id, "现场服务单 2018-08-02")
    assert not any("会议室网络排查" in text for text in year.due())

    # September to November: an emergency change, more days, inspections, questions.
    year.on(9, 3)
    reported(year, date(2018, 8, 1))
    year.change("内核提权漏洞修补", emergency="漏洞正被利用，来不及公告")
    requirement(year, "专题页面", "3", "3")
    assert year.due()["8.5 of 10 free person-days are used"] == "warning"
    year.on(10, 9)
    reported(year, date(2018, 9, 1))
    year.ledgers.add("inspection", "三季度巡检", by="张伟", paper="巡检报告 2018Q3")
    failed = Trouble("backup.failed:db", "备份失败：云数据库", "连不上云数据库", occurrence="10-09")
    opened = year.troubles.report(failed)
    assert opened is not None
    assert opened.requester == "", "what machines find is on record by itself (1.14)"
    year.on(10, 10)
    assert year.troubles.report(replace(failed, occurrence="10-10")) is not None
    assert len(year.tickets.steps(opened.id)) == 2, "the same trouble joins its ticket"
    year.answer(opened)
    year.tickets.facts.cause(opened.id, "备份账号的密码过期", "party_b")
    year.finish(opened)
    year.on(10, 12)
    back = year.troubles.report(replace(failed, occurrence="10-12"))
    assert back is not None
    assert (back.id, back.state) == (opened.id, "working"), "it came back: reopened"
    year.tickets.facts.interrupts(back.id, True, "重启云数据库")
    with pytest.raises(OpsError):  # told once is told for that work only (2.3-8)
        year.tickets.move(back.id, "implementing")
    year.tickets.move(back.id, "implementing", emergency="数据库已无响应，先重启")
    year.finish(back)
    year.on(11, 5)
    reported(year, date(2018, 10, 1))
    requirement(year, "首页轮播", "1.5", "1.5")
    assert year.due()["10 of 10 free person-days are used"] == "critical"
    year.on(11, 21)
    year.ledgers.add("question", "统计口径怎么看", by="周敏", paper="已电话答复")

    # December: the account's verification runs out, and is renewed.
    year.on(12, 3)
    reported(year, date(2018, 11, 1))
    year.contracts.save_expiry("verification", date(2018, 12, 20))
    board = {one.name: one for one in year.obligations.overview().expiry}
    verification = board["Account verification 公众号"]
    assert (verification.days, verification.state) == (17, "warning")
    [todo] = [one for one in year.obligations.overview().todos if one.stream == "verifications"]
    assert todo.item.title == "公众号年审"
    year.on(12, 12)
    year.ledgers.add("verification", "公众号年审", paper="认证通过通知", until=date(2019, 12, 20))
    assert not any(o.stream == "verifications" for o in year.obligations.overview().todos)

    # January and February: reports; a deviation, announced and trained.
    year.on(1, 4)
    reported(year, date(2018, 12, 1))
    year.ledgers.add("deviation", "春节期间改为电话受理", paper="公告 2019-01")
    year.on(2, 12)
    reported(year, date(2019, 1, 1))
    year.on(3, 5)
    reported(year, date(2019, 2, 1))
    year.on(3, 6, "18:00")
    reported(year, date(2019, 3, 1))


MISSED = ("promises missed: T-0007",)
# What each clause of the contract shows at the year's end, and what stands against it.
EVIDENCE: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "1.12": (("11 tickets",), ("answered too late: T-0010",)),
    "1.13": (("61 steps of tickets and changes",), ()),
    "1.14": (("11 tickets", "1 found by Party B itself"), ()),
    "1.15": (
        (
            "10 requests checked",
            "1 declined",
            "1 taken as special emergencies",
            "1 changes of contact told in time",
        ),
        ("Written notice of Party A: 王立新 leaves (2018-06-21)",),
    ),
    "1.2": (
        ("12 confirmations", "5 announcements", "waited on Party A for 30 h, not charged"),
        (),
    ),
    "1.31": (("11 tickets", "2 changes"), ()),
    "1.32": (("6 hand-overs",), ()),
    "1.33": (("2 promises kept",), MISSED),
    "1.34": (("2 causes attributed",), ()),
    "2.1": (
        (
            "2018-03-06 to 2019-03-06",
            "9 service items, ¥32,692.70",
            "paid on 2018-03-08, due 2018-03-09",
        ),
        (),
    ),
    "2.2-1": (("366 looks at the server", "1 inspections"), ()),
    "2.2-2": (
        (
            "4 modifications",
            "4 incidents and problems",
            "10 of 10 free person-days are used",
        ),
        (),
    ),
    "2.2-3": (("366 looks at the website",), ()),
    "2.2-4": (
        ("53 verified backups", "53 verified backups of program files", "14 proved restores"),
        (),
    ),
    "2.2-5": (("13 reports", "366 looks at the account"), ()),
    "2.2-6": (("2 patches and changes",), ()),
    "2.3-1": (("4 of 4 posts filled", "duty roster without a gap"), ()),
    "2.3-2": (("1 visits on site",), ()),
    "2.3-3/4": (("4 requirements evaluated",), ()),
    "2.3-5": (("2 links between tickets", "1 merged", "1 checked for being elsewhere"), ()),
    "2.3-6": (
        ("1 problems confirmed by both", "2 root causes", "4 promises, all versions"),
        MISSED,
    ),
    "2.3-7": (("12 confirmations",), ()),
    "2.3-8": (("5 announcements",), ("2 special emergencies without announcement",)),
    "2.3-9": (("3 deviations", "1 trainings"), ()),
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store as the year leaves it, lived through once for all tests."""
    path = tmp_path_factory.mktemp("year") / "store.db"
    database = Database(path)
    with speaking("en"):  # the fixture that chooses the language is one of each test
        lived(Year(database, path.with_name("attachments")))
    database.close()
    return path


@pytest.fixture
def year(store: Path, tmp_path: Path) -> Iterator[Year]:
    """The evening of its last day, on a copy of the store."""
    database = Database(Path(shutil.copy(store, tmp_path / "store.db")))
    year = Year(database, store.with_name("attachments"))
    year.now = at(END, "18:00")
    yield year
    database.close()


def test_every_clause_of_the_year_has_its_evidence(year: Year) -> None:
    overview = year.obligations.overview()
    assert overview.contract == Contracts.example()

    # Items by months: what is owed every month is there every month, the rest when it was asked.
    cells = {row.item.key: [cell for cell, _ in row.cells] for row in overview.matrix}
    for key in ("server", "database", "website", "account", "monitoring"):
        assert cells[key] == ["full"] * 13, key
    full = {key: [n for n, one in enumerate(cells[key]) if one == "full"] for key in cells}
    assert full["verification"] == [9]
    assert full["training"] == [2]
    assert full["questions"] == [0, 8]
    assert full["modification"] == [1, 4, 6, 8]

    # Clauses: what was done stands there, and so does what went wrong; every clause, to the word.
    found = {one.key: (one.facts, one.breaches) for one in year.obligations.clauses()}
    assert found == EVIDENCE
    states = {one.key: one.state for one in year.obligations.clauses()}
    for key, (_, breaches) in EVIDENCE.items():
        assert states[key] == ("partly" if breaches else "full"), key

    # Ten days, not one more; each level on the day it was reached.
    assert overview.ledger is not None
    assert (overview.ledger.used, overview.ledger.left) == (Decimal(10), Decimal(0))
    assert [on.month for _, on in overview.ledger.reached] == [7, 9, 11]
    assert all(not line.flaws for line in overview.ledger.lines)
    assert year.journal.verify().ok
    assert year.journal.strangers() == ()


def test_the_evidence_of_the_year_leads_to_people_times_and_files(year: Year) -> None:
    """Behind each count stands who, when, how, and a file that is still what it was."""
    assert set(EVIDENCE) == set(CLAUSES)
    tickets = year.tickets.all()
    for ticket in tickets:
        if ticket.state != "closed":
            assert ticket.state in ("declined", "merged")
            continue
        entries = year.journal.entries("ticket", ticket.id)
        confirmed = [one for one in entries if one.action == "ticket.confirmed"]
        last = confirmed[-1]
        by, when = last.fields["confirmed_by"], datetime.fromisoformat(last.fields["confirmed_at"])
        assert year.tickets.check_requester(by, day_of(when)).designated, ticket.number
        assert last.note["channel"] == "微信"
        [shot] = {str(name) for name in last.note["evidence"]}
        names = {one.name for one in year.attachments.of("ticket", ticket.id)}
        assert shot in names
        assert when < last.at, "given before it was written down"

    # Every file handed over is at hand under the digest that was handed over (1.32).
    handed = [one for ticket in tickets for one in year.tickets.facts.handed_over(ticket.id)]
    assert len(handed) == 4
    kept = {one.sha256 for one in year.attachments.all()}
    assert {one.digest for one in handed} <= kept
    found = year.attachments.verify(Context())
    assert (found.faults, found.strays) == ((), ())
    assert found.whole == len(kept) > 10


def test_the_clocks_of_the_year_unfold_to_the_minute(year: Year) -> None:
    """What Party A took is not charged; what was asked first counts for both that were merged."""
    broken = next(one for one in year.tickets.all() if one.title == "官网首页 502")
    clocks = {one.key: one for one in year.tickets.clocks(broken.id)}
    assert clocks["response"].seconds == 10 * 60
    assert clocks["waiting"].seconds == (20 + 1) * 3600  # a decision, and the confirmation
    assert clocks["resolve"].paused == clocks["waiting"].seconds
    assert clocks["resolve"].seconds == 6 * 3600 + 10 * 60
    first, second = year.tickets.promises(broken.id)
    assert (first.kept, second.kept) == (None, True), "moved with its reason, and then kept"
    assert second.reason == "云厂商扩容排队"
    assert {one.title for one in year.tickets.bonds.merged(broken.id)} == {"报名子站 502"}

    urgent = next(one for one in year.tickets.all() if one.title == "首页被挂马")
    assert urgent.emergency == "页面出现违法内容，先处理"
    assert year.tickets.promises(urgent.id)[0].deviation == "先清除，再查原因"

    back = next(one for one in year.tickets.all() if one.title.startswith("备份失败"))
    keys = [step.key for step in year.tickets.steps(back.id)]
    assert keys.count("ticket.closed") == 2, "it came back and was closed again"
    assert back.notice_emergency == "数据库已无响应，先重启"


def test_after_the_year_it_goes_on_and_each_contract_keeps_its_own(year: Year) -> None:
    renewed = year.contracts.renew(
        Contracts.example().id, date(2019, 3, 7), date(2020, 3, 6), number="GMGSL-YW-2019-01",
        signed_on=date(2019, 3, 6),
    )  # fmt: skip
    year.now = at(date(2019, 3, 8), "09:00")
    assert year.contracts.current() == renewed
    assert {one.name for one in year.contracts.contacts(date(2019, 3, 8))} == {
        "李慧敏", "赵敏", "陈志远", "张伟", "刘洋", "周敏"}  # fmt: skip
    overview = year.obligations.overview()
    assert overview.person_days_left == 10  # the new ones; the old are used up
    assert year.due()["Payment of Party A: ¥32,692.00"] == "warning"
    assert "Nobody is on duty: 2019-03-08 to 2019-03-15" in year.due()
    former = Obligations(year.database, year.journal, now=lambda: at(END, "20:00"))
    assert former.overview().person_days_left == 0
