from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from db.engine import Database
from db.journal import Journal
from gmops_desktop import language
from gmops_desktop.errors import OpsError
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.tickets import Tickets

HOUR = timedelta(hours=1)


class Time:
    """A clock the test sets."""

    def __init__(self) -> None:
        self.now = datetime(2018, 11, 22, 2, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **span: float) -> None:
        self.now += timedelta(**span)


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


def open_one(tickets, title="官网首页 502", **more):
    values = {"requester": "李慧敏", "priority": 1, **more}
    return tickets.open("incident", title, **values)


def bring_to_confirmation(tickets, ticket):
    tickets.move(ticket.id, "working")
    return tickets.move(ticket.id, "awaiting_confirmation", "已重启 php-fpm")


# ---------------------------------------------------------------- opening


def test_a_ticket_is_opened_by_a_designated_contact(tickets, contracts):
    ticket = open_one(tickets, description="连续 3 次 502", channel="电话")
    assert (ticket.number, ticket.state, ticket.priority) == ("T-0001", "registered", 1)
    contact = contracts.contacts()[0]
    assert (ticket.requester, ticket.contact_id) == (contact.name, contact.id)
    assert not ticket.conflict
    assert tickets.get(ticket.id) == tickets.get("t-0001") == ticket
    assert open_one(tickets).number == "T-0002"


def test_a_stranger_is_refused_with_the_names_of_those_who_may_ask(tickets):
    with pytest.raises(OpsError, match="赵经理") as caught:
        open_one(tickets, requester="赵经理")
    assert "李慧敏" in str(caught.value)
    assert "王立新" in str(caught.value)
    assert caught.value.hint
    assert tickets.all() == ()


def test_the_refusal_speaks_chinese(tickets):
    with language.speaking("zh_CN"), pytest.raises(OpsError, match=r"赵经理不是甲方指定联系人"):
        open_one(tickets, requester="赵经理")


def test_a_special_emergency_is_taken_with_its_reason(tickets):
    ticket = open_one(tickets, requester="赵经理", emergency="首页被篡改，指定联系人联系不上")
    assert ticket.emergency == "首页被篡改，指定联系人联系不上"
    assert ticket.contact_id == ""
    assert tickets.steps(ticket.id)[0].emergency == ticket.emergency


def test_an_emergency_is_not_noted_where_none_was_needed(tickets):
    assert open_one(tickets, emergency="很急").emergency == ""


def test_party_b_may_record_what_it_found_itself(tickets):
    assert open_one(tickets, requester="").requester == ""


def test_a_contact_whose_days_are_over_may_not_ask(tickets, contracts):
    contracts.end_contact(contracts.contacts()[0].id, date(2018, 10, 31))
    assert not tickets.check_requester("李慧敏").designated
    assert tickets.check_requester("李慧敏", date(2018, 10, 31)).designated
    with pytest.raises(OpsError, match="李慧敏"):
        open_one(tickets)


def test_a_declined_request_is_on_record(tickets):
    ticket = tickets.decline("request", "改首页横幅", requester="赵经理")
    assert ticket.state == "declined"
    [step] = tickets.steps(ticket.id)
    assert "not a designated contact" in step.text
    assert not any(clock.running for clock in tickets.clocks(ticket.id))


def test_declining_a_designated_contact_needs_a_reason(tickets):
    with pytest.raises(OpsError, match="李慧敏"):
        tickets.decline("request", "改首页横幅", requester="李慧敏")
    assert tickets.decline("request", "x", requester="李慧敏", reason="不在合同范围内")


def test_a_ticket_without_title_is_refused_and_takes_no_number(tickets):
    with pytest.raises(OpsError, match="no title"):
        open_one(tickets, title="  ")
    assert open_one(tickets).number == "T-0001"


# ---------------------------------------------------------------- steps


def test_a_ticket_goes_its_way_and_closes_only_when_confirmed(tickets, time):
    ticket = open_one(tickets)
    time.pass_by(minutes=2)
    bring_to_confirmation(tickets, ticket)
    assert "closed" not in tickets.moves(ticket.id)
    with pytest.raises(OpsError, match="not been confirmed") as caught:
        tickets.close(ticket.id)
    assert caught.value.unharmed
    time.pass_by(hours=1)
    confirmed = tickets.confirm(ticket.id, by="王立新", channel="微信", text="可以打开了")
    assert confirmed.confirmed_by == "王立新"
    assert "closed" in tickets.moves(ticket.id)
    closed = tickets.close(ticket.id)
    assert (closed.state, closed.closed_at) == ("closed", time.now)
    assert [step.key for step in tickets.steps(ticket.id)] == [
        "ticket.opened",
        "ticket.moved",
        "ticket.moved",
        "ticket.confirmed",
        "ticket.closed",
    ]
    step = tickets.steps(ticket.id)[3]
    assert (step.actor, step.device) == ("张伟", "工作站")
    assert "王立新 · 微信" in step.text


def test_moving_to_closed_is_closing(tickets):
    ticket = bring_to_confirmation(tickets, open_one(tickets))
    with pytest.raises(OpsError, match="not been confirmed"):
        tickets.move(ticket.id, "closed")


def test_only_a_designated_contact_confirms(tickets):
    ticket = bring_to_confirmation(tickets, open_one(tickets))
    for by, channel in (("赵经理", "电话"), ("张伟", "电话"), ("", "电话"), ("王立新", " ")):
        with pytest.raises(OpsError):
            tickets.confirm(ticket.id, by=by, channel=channel)
    assert tickets.get(ticket.id).confirmed_by == ""


def test_there_is_nothing_to_confirm_before_the_work_is_done(tickets):
    ticket = open_one(tickets)
    with pytest.raises(OpsError, match="Registered"):
        tickets.confirm(ticket.id, by="王立新", channel="电话")


def test_a_step_out_of_order_is_refused_with_what_is_possible(tickets):
    ticket = open_one(tickets)
    with pytest.raises(OpsError, match="Registered") as caught:
        tickets.move(ticket.id, "awaiting_confirmation")
    assert "Working" in caught.value.hint
    assert tickets.get(ticket.id).state == "registered"


@pytest.mark.parametrize("state", ["suspended", "declined", "withdrawn"])
def test_steps_that_need_a_reason_get_one(tickets, state):
    ticket = open_one(tickets)
    with pytest.raises(OpsError, match="reason"):
        tickets.move(ticket.id, state, waiting_on="third_party")
    assert tickets.move(ticket.id, state, "原因", waiting_on="third_party").state == state


def test_a_suspension_names_a_listed_reason_and_goes_back_to_where_it_was(tickets):
    ticket = open_one(tickets)
    tickets.move(ticket.id, "assessing")
    with pytest.raises(OpsError, match="does not say what is waited for") as caught:
        tickets.move(ticket.id, "suspended", "午休")
    assert caught.value.unharmed
    held = tickets.move(ticket.id, "suspended", "等名册", waiting_on="party_a")
    assert held.resumes == "assessing"
    assert tickets.moves(ticket.id) == ("assessing", "withdrawn")
    with pytest.raises(OpsError, match="cannot become"):
        tickets.move(ticket.id, "working")
    assert tickets.move(ticket.id, "assessing").state == "assessing"


def test_reopening_forgets_the_confirmation(tickets):
    ticket = bring_to_confirmation(tickets, open_one(tickets))
    tickets.confirm(ticket.id, by="王立新", channel="电话")
    tickets.close(ticket.id)
    reopened = tickets.move(ticket.id, "working", "又出现 502")
    assert (reopened.confirmed_by, reopened.closed_at) == ("", None)
    tickets.move(ticket.id, "awaiting_confirmation")
    with pytest.raises(OpsError, match="not been confirmed"):
        tickets.close(ticket.id)


def test_a_requirement_waits_for_the_project_manager(tickets):
    ticket = tickets.open("requirement", "走进会员栏目改版", requester="李慧敏", priority=4)
    assert "working" not in tickets.moves(ticket.id)
    tickets.move(ticket.id, "assessing")
    with pytest.raises(OpsError, match="not been assessed"):
        tickets.move(ticket.id, "working")
    tickets.assess(ticket.id, by="陈志远", person_days=Decimal("2.5"), text="分两步")
    assert tickets.move(ticket.id, "working").assessed_days == Decimal("2.5")


def test_person_days_add_up(tickets):
    ticket = open_one(tickets)
    tickets.spend(ticket.id, Decimal("0.5"))
    assert tickets.spend(ticket.id, Decimal("1.25"), "联调").person_days == Decimal("1.75")
    with pytest.raises(OpsError, match="more than none"):
        tickets.spend(ticket.id, Decimal(0))


def test_a_promise_has_versions(tickets, time):
    ticket = open_one(tickets)
    first, second = time.now + 4 * HOUR, time.now + 8 * HOUR
    with pytest.raises(OpsError, match="root cause"):
        tickets.promise(ticket.id, first)
    tickets.facts.cause(ticket.id, "磁盘写满")
    tickets.promise(ticket.id, first)
    with pytest.raises(OpsError, match="already promised"):
        tickets.promise(ticket.id, second)
    assert tickets.promise(ticket.id, second, "等第三方接口").promised_for == second
    with pytest.raises(OpsError, match="future"):
        tickets.promise(ticket.id, time.now, "x")
    assert [one.until for one in tickets.promises(ticket.id)] == [first, second]
    assert [one.reason for one in tickets.promises(ticket.id)] == ["", "等第三方接口"]


def test_a_promise_before_the_cause_is_a_deviation_on_record(tickets, time):
    ticket = open_one(tickets)
    tickets.promise(ticket.id, time.now + HOUR, "甲方催，先给时间")
    [made] = tickets.promises(ticket.id)
    assert made.deviation == "甲方催，先给时间"
    assert "2.3-9" in tickets.steps(ticket.id)[-1].text
    tickets.move(ticket.id, "withdrawn", "误报")
    with pytest.raises(OpsError, match="is over"):
        tickets.promise(ticket.id, time.now + HOUR, "x")


def test_waiting_on_party_a_stops_the_clock(tickets, time):
    ticket = open_one(tickets)
    time.pass_by(minutes=5)
    tickets.move(ticket.id, "working")
    time.pass_by(minutes=5)
    tickets.move(ticket.id, "suspended", "请提供模板包", waiting_on="party_a")
    time.pass_by(hours=3)
    clocks = {clock.key: clock for clock in tickets.clocks(ticket.id)}
    assert clocks["response"].seconds == 300
    assert clocks["resolve"].seconds == 600
    assert clocks["waiting"].seconds == 3 * 3600
    assert clocks["waiting"].running
    assert not clocks["resolve"].running


def test_notes_and_revisions_are_steps(tickets):
    ticket = open_one(tickets)
    tickets.note(ticket.id, "php-fpm 退出码 78", evidence=["error.log"])
    revised = tickets.revise(ticket.id, "甲方改定", priority=2, estimate=3)
    assert (revised.priority, revised.estimate) == (2, 3)
    texts = [step.text for step in tickets.steps(ticket.id)]
    assert texts[1] == "php-fpm 退出码 78\nerror.log"
    assert "High" in texts[2]
    with pytest.raises(OpsError, match="empty"):
        tickets.note(ticket.id, " ")


def test_a_ticket_that_is_not_there_is_a_sentence(tickets):
    with pytest.raises(OpsError, match="T-9999"):
        tickets.get("T-9999")


# ---------------------------------------------------------------- searching


@pytest.fixture
def searched(tickets):
    first = open_one(tickets, "数据库备份失败", description="磁盘写满，50% 的表未导出")
    tickets.note(first.id, "清理 binlog 后重试成功")
    open_one(tickets, "公众号年审到期提醒", description="a_b 路径")
    open_one(tickets, "升级Nginx到1.24", requester="王立新")
    return tickets


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("备份", ["T-0001"]),
        ("年审", ["T-0002"]),
        ("磁盘", ["T-0001"]),  # in the description
        ("binlog 备份", ["T-0001"]),  # one in a step, one in the title
        ("binlog 年审", []),
        ("nginx", ["T-0003"]),
        ("ＮＧＩＮＸ", ["T-0003"]),
        ("王立新", ["T-0003"]),
        ("t-0002", ["T-0002"]),
        ("%", ["T-0001"]),
        ("a_b", ["T-0002"]),
        ("a%b", []),
        ("\\", []),
        ("", ["T-0003", "T-0002", "T-0001"]),
        ("registered", []),  # the machine's words are not people's
    ],
)
def test_search_finds_every_word_as_written(searched, text, numbers):
    assert [ticket.number for ticket in searched.search(text)] == numbers


def test_search_agrees_with_looking_by_hand(searched):
    """The truth is a plain scan of the texts; two Chinese characters must never be lost."""
    everything = {ticket: f"{ticket.title}\n{ticket.description}" for ticket in searched.all()}
    joined = "\n".join(everything.values())
    for start in range(len(joined) - 2):
        pair = joined[start : start + 2].strip()
        if len(pair) == 2 and not set(pair) & {" ", "\n"}:
            by_hand = {t.number for t, text in everything.items() if pair.lower() in text.lower()}
            assert by_hand <= {ticket.number for ticket in searched.search(pair)}, pair


# ---------------------------------------------------------------- two devices


def test_two_devices_that_meet_later_keep_both_tickets_and_numbers(
    tmp_path, database, journal, tickets, time
):
    other_store = Database(tmp_path / "laptop" / "store.db")
    laptop = Journal(other_store, actor=lambda: "刘洋", device_name="笔记本", now=time)
    laptop.merge(journal.entries())
    laptops = Tickets(other_store, laptop, now=time)

    here = open_one(tickets, "首页 502")
    there = laptops.open("visit", "现场检查机房", requester="王立新", priority=2)
    assert (here.number, there.number) == ("T-0001", "T-B0001")

    journal.merge(laptop.entries())
    laptop.merge(journal.entries())
    assert {ticket.number for ticket in tickets.all()} == {"T-0001", "T-B0001"}
    assert tickets.all() == laptops.all()
    other_store.close()


def test_a_field_set_on_both_sides_carries_a_mark_until_somebody_settles_it(
    tmp_path, journal, tickets, time
):
    ticket = open_one(tickets)
    other_store = Database(tmp_path / "laptop" / "store.db")
    laptop = Journal(other_store, actor=lambda: "刘洋", device_name="笔记本", now=time)
    laptop.merge(journal.entries())
    laptops = Tickets(other_store, laptop, now=time)

    tickets.revise(ticket.id, priority=2)
    laptops.note(ticket.id, "到场")
    laptops.revise(ticket.id, priority=3)
    journal.merge(laptop.entries())

    merged = tickets.get(ticket.id)
    assert merged.priority == 3  # the later one stands
    assert (merged.conflict, merged.conflicts) == (True, ("priority",))
    settled = tickets.revise(ticket.id, priority=3)
    assert not settled.conflict
    other_store.close()
