from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from db.engine import Database
from db.journal import Journal
from gmops_desktop.errors import OpsError
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.ledgers import Ledgers
from gmops_desktop.services.tickets import Tickets


@dataclass
class Time:
    now: datetime = datetime(2018, 5, 2, 2, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def journal(database: Database, time: Time) -> Journal:
    return Journal(database, actor=lambda: "张伟", now=time)


@pytest.fixture
def contracts(database: Database, journal: Journal, time: Time) -> Contracts:
    contracts = Contracts(database, journal, now=time)
    contracts.load_example()
    return contracts


@pytest.fixture
def tickets(database: Database, journal: Journal, contracts: Contracts, time: Time) -> Tickets:
    return Tickets(database, journal, now=time)


@pytest.fixture
def ledgers(database: Database, journal: Journal, tickets: Tickets, time: Time) -> Ledgers:
    return Ledgers(database, journal, tickets, now=time)


@pytest.fixture
def number(tickets: Tickets) -> str:
    return tickets.open("requirement", "会员名册导出", requester="李慧敏", priority=3).number


# ---------------------------------------------------------------- person-days


def test_estimate_consent_and_work_follow_each_other(ledgers: Ledgers, number: str) -> None:
    assert ledgers.person_days().lines == ()
    with pytest.raises(OpsError, match="not in the ledger"):
        ledgers.agree(number, by="李慧敏", channel="微信")
    with pytest.raises(OpsError, match="not the project manager") as refused:
        ledgers.estimate(number, Decimal(2), by="张伟")
    assert "陈志远" in refused.value.hint
    ledgers.estimate(number, Decimal(2), by="陈志远", text="导出与权限")
    with pytest.raises(OpsError, match="not a designated contact"):
        ledgers.agree(number, by="赵经理", channel="微信")
    with pytest.raises(OpsError, match="how it was given"):
        ledgers.agree(number, by="李慧敏", channel=" ")
    line = ledgers.agree(number, by="李慧敏", channel="微信")
    assert line.consent is not None
    assert (line.consent.by, line.consent.days) == ("李慧敏", Decimal(2))
    line = ledgers.book(number, Decimal("1.2"), "后端")
    assert (line.worked, line.counted, line.flaws) == (Decimal("1.2"), Decimal("1.5"), ())
    ledger = ledgers.person_days()
    assert (ledger.used, ledger.left, ledger.planned) == (
        Decimal("1.5"), Decimal("8.5"), Decimal("0.5"))  # fmt: skip


def test_work_without_consent_or_beyond_it_is_told(ledgers: Ledgers, number: str) -> None:
    assert ledgers.book(number, Decimal(1)).flaws == ("no_estimate", "no_consent")
    ledgers.estimate(number, Decimal(1), by="陈志远")
    ledgers.agree(number, by="李慧敏", channel="电话", days=Decimal(1))
    assert ledgers.line(number).flaws == ()
    assert ledgers.book(number, Decimal("0.5")).flaws == ("over_estimate",)


def test_work_of_another_period_does_not_count(
    ledgers: Ledgers, tickets: Tickets, number: str, time: Time
) -> None:
    ledgers.book(number, Decimal(3))
    time.now = datetime(2018, 3, 1, tzinfo=UTC)
    early = tickets.open("incident", "合同之前", requester="", priority=3)
    tickets.spend(early.id, Decimal(5))
    time.now += timedelta(days=90)
    assert ledgers.person_days().used == Decimal(3)
    with pytest.raises(OpsError, match="was opened on 2018-03-01"):
        ledgers.book(early.number, Decimal(1))
    assert tickets.get(early.id).person_days == Decimal(5)


# ---------------------------------------------------------------- registers


def test_a_line_is_complete_once_its_paper_is_named(ledgers: Ledgers) -> None:
    added = ledgers.add(
        "training", " 后台操作 ", people=("李慧敏", " ", "王立新"), by="周敏", hours=Decimal("1.5")
    )
    [record] = ledgers.records("training")
    assert record == added
    assert (record.title, record.people, record.hours) == (
        "后台操作", ("李慧敏", "王立新"), Decimal("1.5"))  # fmt: skip
    assert (record.on, record.complete) == (date(2018, 5, 2), False)
    with pytest.raises(OpsError, match="no sign-in sheet"):
        ledgers.complete(record.id, " ")
    assert ledgers.complete(record.id, "签到表-2018-05.pdf").complete
    assert ledgers.records("visit") == ()


def test_a_mistake_is_struck_out_with_a_reason_and_stays_in_the_journal(
    ledgers: Ledgers, journal: Journal
) -> None:
    record = ledgers.add("visit", "更换路由器", on=date(2018, 4, 30), paper="现场服务单 1")
    with pytest.raises(OpsError, match="without a reason"):
        ledgers.strike(record.id, "")
    ledgers.strike(record.id, "记错项目")
    assert ledgers.records() == ()
    assert len(journal.entries("register", record.id)) == 2
    with pytest.raises(OpsError, match="no such record"):
        ledgers.complete(record.id, "x")


def test_what_cannot_be_recorded_is_refused(ledgers: Ledgers) -> None:
    with pytest.raises(OpsError, match="no subject"):
        ledgers.add("question", " ")
    with pytest.raises(OpsError, match="still to come"):
        ledgers.add("question", "x", on=date(2018, 5, 3))
    with pytest.raises(OpsError, match="more than none"):
        ledgers.add("question", "x", hours=Decimal(0))
    with pytest.raises(OpsError, match="no ticket"):
        ledgers.add("question", "x", ticket="T-0999")
    assert ledgers.records() == ()


def test_a_verification_sets_the_date_on_the_expiry_board(
    ledgers: Ledgers, contracts: Contracts
) -> None:
    ledgers.add("verification", "公众号年审", until=date(2019, 5, 1), paper="认证通知")
    [said] = contracts.expiry_history("verification")
    assert said.text == "runs out on 2019-05-01"


def test_without_a_contract_there_is_no_ledger(
    database: Database, journal: Journal, time: Time
) -> None:
    ledgers = Ledgers(database, journal, Tickets(database, journal), now=time)
    with pytest.raises(OpsError, match="No contract"):
        ledgers.person_days()


# ---------------------------------------------------------------- corrections


def test_days_booked_by_mistake_are_taken_back_by_one_more_booking(
    ledgers: Ledgers, number: str
) -> None:
    ledgers.book(number, Decimal(2), "两天")
    line = ledgers.take_back(number, Decimal("1.5"), "写错了")
    assert [(one.days, one.text) for one in line.bookings] == [
        (Decimal(2), "两天"), (Decimal("-1.5"), "写错了"),
    ]  # fmt: skip
    assert (line.worked, ledgers.person_days().used) == (Decimal("0.5"), Decimal("0.5"))
    with pytest.raises(OpsError, match=r"Only 0\.5 person-days"):
        ledgers.take_back(number, Decimal(1), "再写错")
    with pytest.raises(OpsError, match="does not say why"):
        ledgers.take_back(number, Decimal("0.5"), " ")


def test_a_consent_is_withdrawn_with_a_reason_and_may_be_given_anew(
    ledgers: Ledgers, number: str
) -> None:
    ledgers.estimate(number, Decimal(2), by="陈志远")
    ledgers.agree(number, by="李慧敏", channel="微信")
    with pytest.raises(OpsError, match="does not say why"):
        ledgers.withdraw(number, "")
    assert ledgers.withdraw(number, "只谈了一半").consent is None
    with pytest.raises(OpsError, match="Nobody has agreed"):
        ledgers.withdraw(number, "再来")
    agreed = ledgers.agree(number, by="李慧敏", channel="电话", days=Decimal(1)).consent
    assert agreed is not None
    assert agreed.days == 1


def test_a_line_is_corrected_by_a_new_entry_and_the_old_words_stay(
    ledgers: Ledgers, journal: Journal
) -> None:
    record = ledgers.add("training", "后台培训", people=("李慧敏",), by="张伟")
    right = ledgers.amend(record.id, "漏了一人", people=("李慧敏", "王立新"), hours=Decimal(2))
    assert (right.people, right.hours, right.title) == (
        ("李慧敏", "王立新"),
        Decimal(2),
        "后台培训",
    )
    first, second = journal.entries("register", record.id)
    assert first.fields["people"] == ["李慧敏"]
    assert (second.action, second.note["text"]) == ("register.amended", "漏了一人")
    assert set(second.fields) == {"people", "hours"}
    assert ledgers.amend(record.id, "没有不同", title="后台培训") == right
    assert len(journal.entries("register", record.id)) == 2
    for fields, why in (
        ({"title": "x"}, ""),
        ({"title": " "}, "w"),
        ({"on": date(2999, 1, 1)}, "w"),
    ):
        with pytest.raises(OpsError):
            ledgers.amend(record.id, why, **fields)


def test_the_contacts_of_another_contract_cannot_agree(
    database: Database,
    journal: Journal,
    contracts: Contracts,
    ledgers: Ledgers,
    number: str,
    time: Time,
) -> None:
    ledgers.estimate(number, Decimal(2), by="陈志远")
    mine = contracts.all()[0]
    second = contracts.add_contract(replace(mine, number="HY", title="另一份"))
    theirs = Contracts(database, journal, shown=lambda: second.id)
    theirs.add_contact("孙会长", "A", post="designated", valid_from=mine.start)
    tickets = Tickets(database, journal)
    own = Ledgers(database, journal, tickets, now=time, shown=lambda: mine.id)
    with pytest.raises(OpsError):
        own.agree(number, by="孙会长", channel="微信")
    assert own.agree(number, by="李慧敏", channel="微信").consent is not None


def test_only_a_training_has_a_sign_in_sheet(ledgers: Ledgers) -> None:
    training, visit = ledgers.add("training", "后台培训"), ledgers.add("visit", "换网线")
    facts = ledgers.sign_in_facts(training.id)
    assert (facts.training, facts.contract.number) == (training, "GMGSL-YW-2018-01")
    with pytest.raises(OpsError, match="not a training"):
        ledgers.sign_in_facts(visit.id)


def test_the_history_of_a_register_tells_every_correction_and_what_was_struck(
    ledgers: Ledgers,
) -> None:
    record = ledgers.add("training", "后台培训", people=("李慧敏",), by="张伟")
    ledgers.amend(record.id, "漏了一人", people=("李慧敏", "王立新"), hours=Decimal(2))
    ledgers.complete(record.id, "QD-7")
    wrong = ledgers.add("training", "重复登记")
    ledgers.strike(wrong.id, "登记了两次")
    ledgers.add("visit", "机房巡查")
    told = [(one.line, one.text, one.correction) for one in ledgers.history("training")]
    assert sorted(told) == sorted([
        ("后台培训", "Added", False),
        ("后台培训", "people: 李慧敏 → 李慧敏, 王立新; hours: — → 2 · 漏了一人", True),
        ("后台培训", "paper: — → QD-7", False),
        ("重复登记", "Added", False),
        ("重复登记", "Struck out · 登记了两次", True),
    ])  # fmt: skip
    moments = [one.at for one in ledgers.history("training")]
    assert moments == sorted(moments, reverse=True)
    assert {one.actor for one in ledgers.history("training")} == {"张伟"}


def test_the_history_of_the_days_tells_estimates_consents_and_what_was_taken_back(
    ledgers: Ledgers, tickets: Tickets
) -> None:
    number = tickets.open("requirement", "改版", requester="李慧敏", priority=3).number
    manager = ledgers._project_managers()[0]
    ledgers.estimate(number, Decimal(2), by=manager)
    ledgers.agree(number, by="李慧敏", channel="电话")
    ledgers.book(number, Decimal(1), "首页")
    ledgers.estimate(number, Decimal(3), by=manager, text="多一页")
    ledgers.take_back(number, Decimal("0.5"), "写错了")
    ledgers.withdraw(number, "改口")
    told = [(one.text, one.correction) for one in reversed(ledgers.history())]
    assert sorted(told) == sorted([
        (f"Estimated at 2 days by {manager}", False),
        ("Agreed to 2 days by 李慧敏 (电话)", False),
        ("1 days booked · 首页", False),
        (f"Estimated at 3 days by {manager} · 多一页", True),
        ("0.5 days taken back · 写错了", True),
        ("Consent withdrawn · 改口", True),
    ])  # fmt: skip
