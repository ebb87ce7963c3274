from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from db.ids import uuid7
from db.journal import Journal
from db.models import ArchiveRow, RestoreRow
from gmops_desktop.addresses import MysqlAddress, SshAddress, WebAddress
from gmops_desktop.contract.obligations import STREAMS, form_of_stream
from gmops_desktop.contract.workdays import Holidays
from gmops_desktop.services.calendars import Calendars
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.ledgers import Ledgers
from gmops_desktop.services.obligations import Obligations
from gmops_desktop.services.roster import Roster
from gmops_desktop.services.tickets import Tickets
from looked import looked

NOW = datetime(2018, 11, 22, 2, 24, tzinfo=UTC)
HOUR = timedelta(hours=1)
NOVEMBER = 8  # its place among the contract's months


class Time:
    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def journal(database, time):
    return Journal(database, actor=lambda: "张伟", device_name="工作站", now=time)


@pytest.fixture
def contracts(database, journal, time):
    contracts = Contracts(database, journal, now=time)
    contracts.load_example()
    return contracts


@pytest.fixture
def tickets(database, journal, contracts, time):
    return Tickets(database, journal, now=time)


@pytest.fixture
def obligations(database, journal, contracts, time):
    return Obligations(database, journal, now=time)


@pytest.fixture
def add(database):
    def add(*rows):
        with database.session() as session, session.begin():
            session.add_all(rows)

    return add


@pytest.fixture
def look(database):
    def look(resource_id, *times):
        with database.session() as session, session.begin():
            looked(session, resource_id, times, reached=False)

    return look


def archive(at, verified=True, resource_id="", purpose="backup"):
    return ArchiveRow(
        id=uuid7(),
        at=at,
        seconds=60,
        source="chamber@db",
        schema="chamber",
        resource_id=resource_id,
        purpose=purpose,
        path="/x",
        file_bytes=1,
        text_bytes=1,
        travelled=1,
        rows=1,
        tables=1,
        consistency="consistent",
        verified=verified,
    )


def restore(at, proved=True, undoes=""):
    return RestoreRow(
        id=uuid7(),
        at=at,
        seconds=401,
        target="chamber@db",
        schema="chamber",
        undoes=undoes,
        tables=1,
        rows=1,
        proved=proved,
    )


def row_of(overview, key):
    return next(row for row in overview.matrix if row.item.key == key)


# ---------------------------------------------------------------- unknown is said as unknown


def test_without_a_contract_everything_is_unknown_and_nothing_invented(database, journal):
    overview = Obligations(database, journal).overview()
    assert overview.contract is None
    assert overview.days_left is None
    assert (overview.rpo_seconds, overview.rpo_state) == (None, "unknown")
    assert (overview.restore_seconds, overview.restore_state) == (None, "unknown")
    assert (overview.coverage, overview.coverage_state) == (None, "unknown")
    assert overview.matrix == overview.expiry == overview.due == overview.tickets == ()


def test_a_fresh_contract_knows_its_days_and_owns_up_to_the_rest(obligations):
    overview = obligations.overview()
    assert (overview.days_left, overview.days_total) == (104, 365)
    assert overview.person_days_left == 10
    assert len(overview.matrix_months) == 13
    assert overview.rpo_state == overview.restore_state == overview.coverage_state == "unknown"
    unknown = {one.name: one.source for one in overview.expiry if one.state == "unknown"}
    assert set(unknown) == {
        "Cloud server", "Cloud database", "Domain", "Account verification", "Account filing",
        "ICP filing", "Public security filing",
    }  # fmt: skip
    assert set(unknown.values()) == {"not configured"}


# ---------------------------------------------------------------- figures


def test_only_verified_backups_make_the_recovery_point(obligations, add):
    add(archive(NOW - 30 * HOUR), archive(NOW - 3 * HOUR, verified=None))
    overview = obligations.overview()
    assert overview.rpo_seconds == 30 * 3600
    assert overview.rpo_state == "warning"
    add(archive(NOW - 2 * HOUR, verified=False), archive(NOW - 4 * HOUR))
    assert obligations.overview().rpo_seconds == 4 * 3600


def test_archives_of_other_kinds_make_no_recovery_point(obligations, add):
    add(archive(NOW - HOUR, purpose="account"), archive(NOW - HOUR, purpose="files"))
    assert obligations.overview().rpo_seconds is None
    add(archive(NOW - 9 * HOUR), archive(NOW - HOUR, purpose="safety"))
    assert obligations.overview().rpo_seconds == 9 * 3600


def test_with_two_databases_the_worse_one_counts(obligations, contracts, add):
    first, second = (
        contracts.save_resource("mysql", name, MysqlAddress("10.0.0.9", 3306, "ops", name))
        for name in ("chamber", "members")
    )
    add(archive(NOW - HOUR, resource_id=first.id))
    assert obligations.overview().rpo_state == "unknown"
    add(archive(NOW - 60 * HOUR, resource_id=second.id))
    overview = obligations.overview()
    assert (overview.rpo_seconds, overview.rpo_state) == (60 * 3600, "critical")


def test_the_restore_is_the_newest_proved_one(obligations, add):
    add(
        restore(NOW - timedelta(days=7)),
        restore(NOW - HOUR, proved=False),
        restore(NOW - HOUR, undoes="x"),
    )
    overview = obligations.overview()
    assert (overview.restore_seconds, overview.restore_state) == (401, "ok")
    assert overview.restore_text == "chamber, proved on 2018-11-15"
    assert obligations.overview(NOW + timedelta(days=60)).restore_state == "warning"


def test_coverage_is_the_share_of_time_in_which_we_looked(obligations, contracts, look):
    host = contracts.save_resource("host", "web1", SshAddress("10.0.0.8"))
    begin = NOW.replace(minute=0) - 10 * HOUR
    times = [begin + timedelta(minutes=m) for m in range(0, 300, 1)]  # five hours of ten
    look(host.id, *times)
    overview = obligations.overview(begin + 10 * HOUR)
    assert overview.coverage == pytest.approx(0.5, abs=0.01)
    assert overview.coverage_state == "warning"
    contracts.save_resource("website", "官网", WebAddress("https://www.example.cn"))
    assert obligations.overview().coverage is None  # one was never looked at


def test_person_days_are_those_booked(obligations, tickets):
    ticket = tickets.open("requirement", "改版", requester="李慧敏", priority=4)
    tickets.spend(ticket.id, Decimal("6.5"))
    assert obligations.overview().person_days_left == Decimal("3.5")


# ---------------------------------------------------------------- matrix


def test_the_matrix_counts_what_is_in_the_store_by_beijings_months(obligations, tickets, add):
    last_minute = datetime(2018, 10, 31, 16, 30, tzinfo=UTC)  # November in Beijing
    add(archive(last_minute), archive(NOW - HOUR), restore(NOW - HOUR))
    tickets.open("question", "如何发布文章", requester="李慧敏", priority=4)
    tickets.decline("question", "私事", requester="赵经理")
    overview = obligations.overview()
    database = row_of(overview, "database")
    assert database.cells[NOVEMBER] == ("full", 3)
    assert database.cells[NOVEMBER - 1] == ("missing", 2)
    assert database.cells[NOVEMBER + 1] == ("none", 0)
    assert row_of(overview, "questions").cells[NOVEMBER] == ("partly", 1)  # not answered yet
    assert row_of(overview, "website").cells[NOVEMBER] == ("due", 0)


def test_looks_and_reports_are_evidence(obligations, contracts, database, journal, add, look):
    host = contracts.save_resource("host", "web1", SshAddress("10.0.0.8"))
    look(host.id, NOW)
    with database.session() as session, session.begin():
        journal.record(session, "report", uuid7(), "report.made", {"period": "2018-11"})
    overview = obligations.overview()
    assert row_of(overview, "server").cells[NOVEMBER] == ("partly", 1)  # no program files yet
    add(archive(NOW, purpose="files"))
    assert row_of(obligations.overview(), "server").cells[NOVEMBER] == ("full", 2)
    assert row_of(overview, "monitoring").cells[NOVEMBER] == ("partly", 2)


# ---------------------------------------------------------------- tickets and what is due


def test_open_tickets_stand_with_their_most_pressing_clock(obligations, tickets, time):
    low = tickets.open("incident", "栏目改版", requester="李慧敏", priority=4)
    urgent = tickets.open("incident", "首页 502", requester="李慧敏", priority=1)
    waiting = tickets.open("incident", "导入错位", requester="王立新", priority=3)
    tickets.move(urgent.id, "working")
    tickets.move(waiting.id, "suspended", "请提供名册", waiting_on="party_a")
    time.now += 2 * HOUR
    overview = obligations.overview()
    lines = {line.number: line for line in overview.tickets}
    assert list(lines) == [urgent.number, waiting.number, low.number]
    assert lines[urgent.number].clock_text == "Restoration 2:00 left"
    assert lines[low.number].clock_text == "Response 6:00 left"
    assert lines[waiting.number].clock_text == "paused, Party A"
    [held] = overview.waiting
    assert (held.number, held.seconds) == (waiting.number, 2 * 3600)

    time.now += 3 * HOUR
    lines = {line.number: line for line in obligations.overview().tickets}
    assert lines[urgent.number].clock_text == "Restoration 1:00 late"
    assert lines[urgent.number].state == "critical"


def test_changes_that_wait_on_party_a_are_shown(obligations, database, journal, time):
    with database.session() as session, session.begin():
        fields = {"number": "C-0041", "title": "补丁", "state": "awaiting_notice"}
        journal.record(session, "change", uuid7(), "change.queued", fields)
    time.now += 52 * HOUR
    [waiting] = obligations.overview().waiting
    assert (waiting.number, waiting.seconds) == ("C-0041", 52 * 3600)


def test_due_names_promises_notices_backups_and_reports(obligations, tickets, contracts, time):
    ticket = tickets.open("incident", "报名页乱码", requester="李慧敏", priority=2)
    tickets.move(ticket.id, "working")
    tickets.promise(ticket.id, NOW + 2 * HOUR, "甲方要求先给时间")
    contracts.add_contact("赵经理", "A", valid_from=date(2018, 11, 19))
    due = {one.text: one for one in obligations.overview().due}
    assert due["Promise: 报名页乱码"].number == ticket.number
    assert due["Promise: 报名页乱码"].state == "warning"
    assert due["Written notice of Party A: 赵经理 joins"].word == "2018-11-22"
    assert "No verified backup in 24 hours" in due
    assert "The monthly report for 2018-10" in due

    time.now += 3 * HOUR
    first = obligations.overview().due[0]
    assert (first.text, first.state) == ("Promise: 报名页乱码", "critical")


def test_what_is_done_is_no_longer_due(obligations, contracts, database, journal, add):
    added = contracts.add_contact("赵经理", "A", valid_from=date(2018, 11, 19))
    contracts.contact_notified(added.id, "快递")
    add(archive(NOW - HOUR))
    with database.session() as session, session.begin():
        journal.record(session, "report", uuid7(), "report.made", {"period": "2018-10"})
    assert obligations.overview().due == ()


def test_after_the_contract_nothing_is_due(obligations):
    overview = obligations.overview(datetime(2020, 1, 1, tzinfo=UTC))
    assert overview.days_left == 0
    assert overview.due == ()
    contract = next(one for one in overview.expiry if one.name == "Contract")
    assert contract.state == "critical"


# ---------------------------------------------------------------- evidence, registers, to-dos


@pytest.fixture
def ledgers(database, journal, tickets, time):
    return Ledgers(database, journal, tickets, now=time)


def test_a_training_counts_once_and_is_whole_with_its_sheet(obligations, tickets, ledgers):
    ticket = tickets.open("training", "培训安排", requester="李慧敏", priority=4)
    assert row_of(obligations.overview(), "training").cells[NOVEMBER] == ("partly", 1)
    record = ledgers.add("training", "后台发布", ticket=ticket.number)
    overview = obligations.overview()
    assert row_of(overview, "training").cells[NOVEMBER] == ("partly", 1)
    lacking = next(one for one in overview.due if "后台发布" in one.text)
    assert (lacking.word, lacking.page, lacking.identity) == (
        "no sign-in sheet", "ledger", record.id)  # fmt: skip
    ledgers.complete(record.id, "签到表.pdf")
    overview = obligations.overview()
    assert row_of(overview, "training").cells[NOVEMBER] == ("full", 1)
    assert not any("后台发布" in one.text for one in overview.due)


def test_a_cell_leads_to_its_pieces(obligations, contracts, tickets, ledgers, add, look):
    host = contracts.save_resource("host", "web1", SshAddress("10.0.0.8"))
    add(
        archive(NOW, purpose="files"),
    )
    look(host.id, NOW, NOW - HOUR)
    bug = tickets.open("incident", "首页 502", requester="李慧敏", priority=1)
    ledgers.add("inspection", "巡检", paper="报告")
    found = obligations.evidence("server", date(2018, 11, 1))
    proofs = {proof.stream: proof for proof in found.proofs}
    assert [stream for stream in proofs if proofs[stream].needed] == ["host_looks", "file_backups"]
    [looks] = proofs["host_looks"].pieces
    assert (looks.title, looks.count, looks.page, looks.identity) == (
        "web1", 2, "status", host.id)  # fmt: skip
    assert [(one.title, one.page) for one in proofs["file_backups"].pieces] == [("x", "backups")]
    assert [(one.title, one.identity) for one in proofs["incidents"].pieces] == [
        (f"{bug.number} 首页 502", bug.number)]  # fmt: skip
    assert [one.page for one in proofs["inspections"].pieces] == ["ledger"]
    assert proofs["patches"].count == 0
    counted = row_of(obligations.overview(), "server").cells[NOVEMBER][1]
    assert counted == sum(proof.count for proof in found.proofs)


def test_what_is_missing_this_month_is_a_list_of_things_to_do(obligations, add):
    wanted = {one.stream for one in obligations.overview().todos}
    assert wanted == {
        "host_looks", "file_backups", "backups", "restores", "website_looks", "account_looks"
    }  # fmt: skip
    add(archive(NOW), archive(NOW, purpose="files"), restore(NOW))
    wanted = {one.stream for one in obligations.overview().todos}
    assert wanted == {"host_looks", "website_looks", "account_looks"}


def test_a_year_of_unknown_holidays_is_told(obligations, contracts, database, journal):
    example = contracts.example()
    far = date(2094, 6, 1)
    contracts.save_contract(replace(example, id="far", number="far", start=date(2094, 3, 6),
                                    end=date(2095, 3, 6)))  # fmt: skip
    then = datetime(far.year, far.month, far.day, tzinfo=UTC)
    texts = [one.text for one in obligations.overview(then).due if one.word == "Calendar"]
    assert len(texts) == 1  # 2095 is announced in November of 2094
    assert "2094" in texts[0]
    Calendars(database, journal).save(Holidays(2094, frozenset({date(2094, 1, 1)}), source="国办"))
    assert not [one for one in obligations.overview(then).due if one.word == "Calendar"]
    november = datetime(2094, 11, 2, tzinfo=UTC)
    assert [one for one in obligations.overview(november).due if "2095" in one.text]


def test_a_gap_in_the_roster_is_told_before_it_comes(obligations, contracts, database, journal,
                                                     time):  # fmt: skip
    roster = Roster(database, journal, now=time)
    assert not [one for one in obligations.overview().due if one.word == "Duty"]
    who = {one.name: one.id for one in contracts.contacts()}
    roster.assign(who["张伟"], date(2018, 11, 20), date(2018, 11, 24))
    [gap] = [one for one in obligations.overview().due if one.word == "Duty"]
    assert (gap.state, gap.text) == ("warning", "Nobody is on duty: 2018-11-25 to 2018-11-29")
    time.now += timedelta(days=3)
    [gap] = [one for one in obligations.overview().due if one.word == "Duty"]
    assert gap.state == "critical"


def test_levels_of_person_days_and_their_flaws_are_told(obligations, tickets, ledgers, time):
    ticket = tickets.open("requirement", "改版", requester="李慧敏", priority=4)
    ledgers.estimate(ticket.number, Decimal(8), by="陈志远")
    ledgers.book(ticket.number, Decimal(5))
    texts = {one.text: one.state for one in obligations.overview().due}
    assert texts["5 of 10 free person-days are used"] == "warning"
    assert texts["5 person-days without Party A's consent: 改版"] == "warning"
    time.now += timedelta(days=8)  # half of them is news for a week
    assert "5 of 10 free person-days are used" not in [
        one.text for one in obligations.overview().due
    ]
    ledgers.agree(ticket.number, by="李慧敏", channel="微信")
    ledgers.book(ticket.number, Decimal(3))
    time.now += timedelta(days=30)
    texts = {one.text: one.state for one in obligations.overview().due}
    assert texts["8 of 10 free person-days are used"] == "warning"
    ledgers.book(ticket.number, Decimal("1.7"))
    texts = {one.text: one.state for one in obligations.overview().due}
    assert texts["10 of 10 free person-days are used"] == "critical"


def test_evidence_of_a_month_lies_within_the_contract(obligations, contracts, ledgers, add, time):
    time.now = datetime(2018, 3, 3, 2, tzinfo=UTC)  # before the contract's first day
    ledgers.add("training", "试讲", paper="签到表")
    time.now = NOW
    before, inside = datetime(2018, 3, 5, 15, 59, tzinfo=UTC), datetime(2018, 3, 5, 16, tzinfo=UTC)
    add(archive(before), archive(inside))
    march = {line.item.key: line.cells[0] for line in obligations.overview().matrix}
    assert march["database"] == ("partly", 1)
    assert march["training"] == ("none", 0)
    found = obligations.evidence("database", date(2018, 3, 1))
    assert [proof.count for proof in found.proofs] == [1, 0]
    assert obligations.evidence("training", date(2018, 3, 1)).proofs[0].count == 0


def test_what_is_missing_leads_to_the_form_that_makes_it(obligations):
    forms = {todo.stream: (todo.page, todo.form) for todo in obligations.overview().todos}
    assert forms["backups"] == ("backups", "+")
    assert form_of_stream("reports", date(2018, 4, 1)) == ("reports", "2018-04")
    assert form_of_stream("inspections", date(2018, 4, 1)) == ("register", "+inspection")
    for item in STREAMS.values():
        for stream in item.streams:
            assert form_of_stream(stream, date(2018, 4, 1))[0]


def test_the_months_tell_tickets_answers_and_days(obligations, tickets, ledgers, time):
    def opened(on, kind, answered=None):
        time.now = on
        ticket = tickets.open(kind, "页面", requester="李慧敏", priority=3)
        if answered is not None:
            time.now += answered
            tickets.move(ticket.id, "assessing")
        return ticket

    april, june = datetime(2018, 4, 9, 1, tzinfo=UTC), datetime(2018, 6, 11, 1, tzinfo=UTC)
    opened(april, "incident", HOUR)
    opened(april + HOUR, "question", 3 * HOUR)
    opened(april + 9 * HOUR, "problem", timedelta(days=3))
    opened(june, "request")
    work = opened(june, "requirement", HOUR)
    ledgers.book(work.number, Decimal("0.3"))
    time.now = datetime(2018, 8, 1, 1, tzinfo=UTC)
    ledgers.book(work.number, Decimal("0.4"))
    time.now = NOW
    found = obligations.trends()
    assert found.months[0] == date(2018, 3, 1)
    assert found.months[-1] == date(2018, 11, 1)
    assert found.tickets[1] == (2, 0, 1)
    assert found.tickets[3] == (0, 2, 0)
    assert found.answers[0] is None
    assert (found.answers[1].median, found.answers[1].count) == (3 * 3600, 3)
    assert found.answers[1].late == 2  # the limit of the third priority is two hours
    assert found.answers[3].count == 1
    assert [found.days[at] for at in (2, 3, 4, 5)] == [Decimal(0), Decimal("0.5"), Decimal("0.5"),
                                                       Decimal("1.0")]  # fmt: skip
    assert found.days[-1] == obligations.overview().ledger.used


# ---------------------------------------------------------------- several contracts


def test_everything_is_counted_for_the_contract_that_is_shown(database, journal, time, add):
    shown = [""]
    contracts = Contracts(database, journal, now=time, shown=lambda: shown[0])
    first = contracts.load_example()
    mine = contracts.save_resource("mysql", "云数据库", MysqlAddress("10.0.0.9", 3306, "o", "c"))
    second = contracts.add_contract(
        replace(first, number="HY", title="另一份", person_days=Decimal(5))
    )
    shown[0] = second.id
    other = contracts.save_resource("mysql", "协会库", MysqlAddress("10.0.0.7", 3306, "o", "d"))
    contracts.add_contact("孙会长", "A", post="designated", valid_from=date(2018, 3, 6))
    tickets = Tickets(database, journal, now=time)
    asked = tickets.open("question", "甲", requester="李慧敏", priority=4)
    theirs = tickets.open("requirement", "乙", requester="孙会长", priority=4)
    tickets.spend(theirs.id, Decimal(2))
    add(archive(NOW - HOUR, resource_id=mine.id), archive(NOW - 3 * HOUR, resource_id=other.id))

    def looked(id):
        return Obligations(database, journal, now=time, shown=lambda: id).overview()

    one, two = looked(first.id), looked(second.id)
    assert (one.contract.number, two.contract.number) == (first.number, "HY")
    assert (one.rpo_seconds, two.rpo_seconds) == (3600, 3 * 3600)
    assert (one.person_days_left, two.person_days_left) == (10, 3)
    assert [line.number for line in one.tickets] == [asked.number]
    assert [line.number for line in two.tickets] == [theirs.number]
    months = []
    for id in (first.id, second.id):
        shown[0] = id
        months.append(Obligations(database, journal, now=time, shown=lambda: shown[0]).trends())
    assert [one.tickets[NOVEMBER] for one in months] == [(0, 0, 1), (0, 1, 0)]
    assert [one.days[NOVEMBER] for one in months] == [0, 2]
    assert row_of(one, "questions").cells[NOVEMBER] == ("partly", 1)
    assert row_of(two, "questions").cells[NOVEMBER] == ("none", 0)
