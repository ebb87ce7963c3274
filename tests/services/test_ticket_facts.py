"""Facts of tickets, the gates they open, and what ties tickets together, in a real store."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from db.engine import Database
from db.journal import Journal
from gmops_desktop.addresses import WebAddress
from gmops_desktop.contract.changes import AUDIENCES
from gmops_desktop.contract.steps import Handed
from gmops_desktop.contract.targets import OBJECTIVES, from_json, to_json
from gmops_desktop.contract.workdays import Holidays
from gmops_desktop.errors import OpsError
from gmops_desktop.services.calendars import Calendars
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
def tickets(database, journal, time):
    Contracts(database, journal, now=time).load_example()
    return Tickets(database, journal, now=time)


def open_one(tickets, title="官网首页 502", kind="incident", **more):
    return tickets.open(kind, title, **{"requester": "李慧敏", "priority": 2, **more})


def by_key(clocks):
    return {clock.key: clock for clock in clocks}


# ---------------------------------------------------------------- facts


def test_the_estimate_stands_beside_party_as_order(tickets):
    ticket = open_one(tickets)
    judged = tickets.facts.estimate(ticket.id, 1, 2, "全体会员打不开首页")
    assert (judged.priority, judged.estimate) == (2, 1)
    assert (judged.impact, judged.urgency, judged.influence) == (1, 2, "全体会员打不开首页")
    assert "全体会员打不开首页" in tickets.steps(ticket.id)[-1].text


def test_the_matrix_is_the_contracts_own(tickets):
    kept = to_json(OBJECTIVES)
    kept["matrix"]["1"]["2"] = 4
    tickets.limits.save(from_json(kept))
    assert tickets.facts.estimate(open_one(tickets).id, 1, 2).estimate == 4


def test_scope_cause_and_agreement_are_on_record_and_no_longer_asked_for(tickets):
    ticket = open_one(tickets)
    assert len(tickets.dossier(ticket.id).open_points) == 4
    with pytest.raises(OpsError, match="where else"):
        tickets.facts.scope(ticket.id, "elsewhere")
    tickets.facts.scope(ticket.id, "elsewhere", "会员中心也打不开")
    with pytest.raises(OpsError, match="赵经理"):
        tickets.facts.agree(ticket.id, by="赵经理", channel="电话")
    tickets.facts.agree(ticket.id, by="李慧敏", channel="电话", text="首页打不开")
    with pytest.raises(OpsError, match="somebody else"):
        tickets.facts.cause(ticket.id, "模板包覆盖了配置", "party_a")
    found = tickets.facts.cause(
        ticket.id, "模板包覆盖了配置", "party_a", evidence=["template-1121.zip"]
    )
    assert (found.scope, found.agreed_by) == ("elsewhere", "李慧敏")
    assert (found.cause, found.attribution) == ("模板包覆盖了配置", "party_a")
    dossier = tickets.dossier(ticket.id)
    assert dossier.open_points == ()
    assert "template-1121.zip" in dossier.steps[-1].text
    assert [one.id for one in tickets.search("模板包")] == [ticket.id]


def test_a_problem_without_its_cause_is_not_handed_over(tickets):
    ticket = open_one(tickets, kind="problem")
    tickets.move(ticket.id, "working")
    with pytest.raises(OpsError, match="root cause"):
        tickets.move(ticket.id, "awaiting_confirmation")
    tickets.facts.cause(ticket.id, "连接池耗尽", "party_b")
    assert tickets.move(ticket.id, "awaiting_confirmation").state == "awaiting_confirmation"


def test_work_that_interrupts_waits_for_all_three_audiences(tickets):
    ticket = open_one(tickets)
    tickets.facts.interrupts(ticket.id, True, "重启云服务器")
    tickets.move(ticket.id, "working")
    tickets.move(ticket.id, "awaiting_notice")
    tickets.facts.announce(ticket.id, {"users": "公众号推文 1122", "leaders": "短信"})
    with pytest.raises(OpsError, match=r"2\.3-8") as caught:
        tickets.move(ticket.id, "implementing")
    assert "Persons responsible" in caught.value.hint
    told = tickets.facts.announce(ticket.id, {"responsible": "电话"})
    assert set(told.notices) == set(AUDIENCES)
    assert tickets.move(ticket.id, "implementing").state == "implementing"


def test_a_gate_is_not_taken_away_without_a_reason(tickets):
    ticket = open_one(tickets)
    tickets.facts.interrupts(ticket.id, True, "重启云服务器")
    with pytest.raises(OpsError, match="not said why"):
        tickets.facts.interrupts(ticket.id, False)
    assert tickets.get(ticket.id).interrupts
    eased = tickets.facts.interrupts(ticket.id, False, "改为热加载，不停机")
    assert not eased.interrupts
    assert "热加载" in tickets.steps(ticket.id)[-1].text


def test_what_turns_out_to_interrupt_is_not_handed_over_before_the_notice(tickets):
    ticket = open_one(tickets)
    for state in ("working", "implementing"):
        tickets.move(ticket.id, state)
    tickets.facts.interrupts(ticket.id, True, "须重启")
    with pytest.raises(OpsError, match=r"2\.3-8"):
        tickets.move(ticket.id, "awaiting_confirmation")
    passed = tickets.move(ticket.id, "awaiting_confirmation", emergency="正在被篡改")
    assert (passed.state, passed.notice_emergency) == ("awaiting_confirmation", "正在被篡改")


def test_what_turns_out_to_be_a_requirement_is_evaluated_all_the_same(tickets):
    ticket = open_one(tickets, kind="request")
    for state in ("working", "awaiting_confirmation"):
        tickets.move(ticket.id, state)
    tickets.confirm(ticket.id, by="李慧敏", channel="电话")
    tickets.revise(ticket.id, "甲方追加功能", kind="requirement")
    with pytest.raises(OpsError, match="not been assessed"):
        tickets.close(ticket.id)
    tickets.assess(ticket.id, by="陈志远", person_days=Decimal(1))
    assert tickets.close(ticket.id).state == "closed"


def test_a_merge_is_no_way_round_a_gate(tickets):
    ticket, other = open_one(tickets), open_one(tickets, "会员中心 502")
    tickets.facts.interrupts(ticket.id, True)
    with pytest.raises(OpsError, match=r"2\.3-8") as caught:
        tickets.bonds.merge(ticket.id, other.id)
    assert caught.value.unharmed
    tickets.facts.interrupts(other.id, True)
    assert tickets.bonds.merge(ticket.id, other.id).id == other.id
    wish = open_one(tickets, "改版", kind="requirement")
    with pytest.raises(OpsError, match=r"2\.3-4"):
        tickets.bonds.merge(wish.id, other.id)


def test_only_the_project_manager_evaluates(tickets):
    ticket = open_one(tickets, kind="requirement")
    with pytest.raises(OpsError, match="not the project manager") as caught:
        tickets.assess(ticket.id, by="张伟", person_days=Decimal(2))
    assert "陈志远" in caught.value.hint
    found = tickets.assess(ticket.id, by=" 陈 志远", person_days=Decimal(2))
    assert found.assessed_by == "陈志远"


def test_a_confirmation_says_when_it_was_given(tickets, time):
    ticket = open_one(tickets)
    tickets.move(ticket.id, "working")
    begun = time.now
    time.pass_by(hours=1)
    tickets.move(ticket.id, "awaiting_confirmation")
    time.pass_by(hours=5)
    said = {"by": "李慧敏", "channel": "电话"}
    for wrong in (begun - HOUR, time.now + HOUR):
        with pytest.raises(OpsError, match="at that time"):
            tickets.confirm(ticket.id, at=wrong, **said)
    found = tickets.confirm(ticket.id, at=begun + 2 * HOUR, **said)
    assert found.confirmed_at == begun + 2 * HOUR
    assert "李慧敏 · 电话 · 2018-11-22" in tickets.steps(ticket.id)[-1].text


def test_an_emergency_passes_the_gate_and_its_reason_is_printed(tickets):
    ticket = open_one(tickets)
    tickets.facts.interrupts(ticket.id, True)
    tickets.move(ticket.id, "working")
    passed = tickets.move(ticket.id, "implementing", emergency="首页正在被篡改")
    assert passed.notice_emergency == "首页正在被篡改"
    assert tickets.steps(ticket.id)[-1].emergency == "首页正在被篡改"


def test_reopened_work_asks_for_its_own_notice(tickets):
    ticket = open_one(tickets)
    tickets.facts.interrupts(ticket.id, True)
    tickets.facts.announce(ticket.id, dict.fromkeys(AUDIENCES, "公告"))
    for state in ("working", "implementing", "awaiting_confirmation"):
        tickets.move(ticket.id, state)
    tickets.confirm(ticket.id, by="李慧敏", channel="微信", evidence=["确认单.jpg"])
    assert "确认单.jpg" in tickets.steps(ticket.id)[-1].text
    tickets.close(ticket.id)
    again = tickets.move(ticket.id, "working", "又断了")
    assert (again.notices, again.confirmed_by, again.confirmed_at) == ({}, "", None)
    with pytest.raises(OpsError, match=r"2\.3-8"):
        tickets.move(ticket.id, "implementing")


def test_a_declined_strangers_request_comes_back_as_an_emergency_only(tickets):
    ticket = tickets.decline("request", "改横幅", requester="赵经理")
    with pytest.raises(OpsError, match="赵经理"):
        tickets.move(ticket.id, "registered", "再看看")
    taken = tickets.move(ticket.id, "registered", "再看看", emergency="首页被篡改")
    assert (taken.state, taken.emergency) == ("registered", "首页被篡改")


def test_when_it_was_asked_for_can_be_corrected_and_both_times_are_seen(tickets, time):
    """A call at 09:10 that is entered at 10:30."""
    call, written = time.now - 80 * timedelta(minutes=1), time.now
    ticket = open_one(tickets)
    time.pass_by(minutes=5)
    tickets.move(ticket.id, "assessing")
    time.pass_by(hours=1)
    assert by_key(tickets.clocks(ticket.id))["response"].seconds == 5 * 60
    corrected = tickets.facts.asked(ticket.id, call, "话单 09:10")
    assert corrected.opened_at == call
    clocks = by_key(tickets.clocks(ticket.id))
    assert clocks["response"].seconds == 85 * 60
    assert clocks["resolve"].seconds == (80 + 5 + 60) * 60
    first, *_, last = tickets.steps(ticket.id)
    assert first.at == written
    assert "话单 09:10" in last.text
    times = [f"{at.astimezone():%Y-%m-%d %H:%M}" for at in (call, written)]
    assert "{}, not at {}".format(*times) in last.text
    assert tickets.facts.asked(ticket.id, written, "话单看错").opened_at == written
    assert by_key(tickets.clocks(ticket.id))["response"].seconds == 5 * 60


def test_a_correction_of_the_time_needs_a_source_and_a_time_that_can_be(tickets, time):
    ticket = open_one(tickets, opened_at=time.now - HOUR)
    assert tickets.steps(ticket.id)[0].text.startswith("Asked for at ")
    with pytest.raises(OpsError, match="does not say why"):
        tickets.facts.asked(ticket.id, time.now - 2 * HOUR, " ")
    time.pass_by(hours=1)
    with pytest.raises(OpsError, match="cannot have been asked for at that time"):
        tickets.facts.asked(ticket.id, time.now, "话单")  # after it was written down
    tickets.facts.restored(ticket.id, time.now - 90 * timedelta(minutes=1))
    with pytest.raises(OpsError, match="cannot have been asked for at that time"):
        tickets.facts.asked(ticket.id, time.now - HOUR, "话单")  # after it was restored
    with pytest.raises(OpsError, match="李慧敏 is not a designated contact"):
        tickets.facts.asked(ticket.id, datetime(2018, 3, 5, 2, tzinfo=UTC), "话单")
    assert tickets.get(ticket.id).opened_at == time.now - 2 * HOUR
    found = open_one(tickets, requester="")
    assert tickets.facts.asked(found.id, time.now - 9 * HOUR, "日志").requester == ""


def test_what_was_restored_stops_its_clock_before_it_is_solved(tickets, time):
    ticket = open_one(tickets)
    time.pass_by(minutes=30)
    with pytest.raises(OpsError, match="at that time"):
        tickets.facts.restored(ticket.id, time.now + HOUR)
    tickets.facts.restored(ticket.id, time.now - timedelta(minutes=10), "切到备用机")
    time.pass_by(minutes=30)
    clocks = by_key(tickets.clocks(ticket.id))
    assert clocks["restore"].seconds == 20 * 60
    assert clocks["resolve"].seconds == 60 * 60


def test_hand_overs_add_up_with_their_digests(tickets):
    ticket = open_one(tickets)
    with pytest.raises(OpsError, match="names nothing"):
        tickets.facts.hand_over(ticket.id, [])
    with pytest.raises(OpsError, match="SHA-256"):
        tickets.facts.hand_over(ticket.id, [Handed("手册", "document", "abc")])
    first = Handed("www.conf", "configuration", before="pm=static", after="pm=dynamic")
    second = Handed("运维手册.docx", "document", "a" * 64)
    tickets.facts.hand_over(ticket.id, [first])
    tickets.facts.hand_over(ticket.id, [second])
    assert tickets.facts.handed_over(ticket.id) == (first, second)
    assert "pm=static → pm=dynamic" in tickets.steps(ticket.id)[-2].text


def test_an_opened_ticket_that_is_over_takes_no_further_facts(tickets):
    ticket = open_one(tickets)
    tickets.move(ticket.id, "withdrawn", "误报")
    with pytest.raises(OpsError, match="is over"):
        tickets.facts.agree(ticket.id, by="李慧敏", channel="电话")


# ---------------------------------------------------------------- time


def test_reminders_come_before_the_breach_and_never_for_party_a(tickets, time):
    urgent = open_one(tickets, "首页 502", priority=1)
    waiting = open_one(tickets, "等名册", priority=1)
    tickets.move(waiting.id, "suspended", "等名册", waiting_on="party_a")
    time.pass_by(minutes=13)
    first, *_ = tickets.reminders()
    assert (first.ticket_id, first.key, first.state) == (urgent.id, "response", "warning")
    assert first.due_at == urgent.opened_at + timedelta(minutes=15)
    time.pass_by(minutes=3)
    assert tickets.reminders()[0].state == "critical"
    tickets.note(urgent.id, "已登录")
    assert {one.key for one in tickets.reminders(ahead=timedelta(0))} == set()
    assert {one.ticket_id for one in tickets.reminders(ahead=timedelta(days=30))} == {urgent.id}


def test_targets_are_data_of_the_contract(tickets, time):
    ticket = open_one(tickets, priority=1)
    time.pass_by(minutes=20)
    assert by_key(tickets.clocks(ticket.id))["response"].state == "critical"
    kept = to_json(OBJECTIVES)
    kept["rules"][0]["seconds"]["1"] = 3600
    tickets.limits.save(from_json(kept))
    assert tickets.limits.current() == from_json(kept)
    assert by_key(tickets.clocks(ticket.id))["response"].state == "ok"


def test_limits_keep_their_history_and_go_on_with_a_renewal(database, journal, tickets, time):
    contracts = Contracts(database, journal, now=time)
    contract = contracts.current()
    assert contract is not None
    kept = to_json(OBJECTIVES)
    kept["rules"][0]["seconds"]["1"] = 600
    tickets.limits.save(from_json(kept), "甲方 11 月来函")
    time.pass_by(days=2)
    kept["pauses"].append("third_party")
    tickets.limits.save(from_json(kept))
    first, second = tickets.limits.history()
    assert (first.actor, first.text, first.before) == ("张伟", "甲方 11 月来函", OBJECTIVES)
    assert second.before == first.after
    assert second.after.pauses - second.before.pauses == {"third_party"}

    contracts.renew(
        contract.id, date(2019, 3, 7), date(2020, 3, 6), number="2019-1", signed_on=None
    )
    time.now = datetime(2019, 6, 3, 2, 0, tzinfo=UTC)
    assert tickets.limits.contract() != contract
    assert tickets.limits.current() == second.after
    assert tickets.limits.history() == ()
    tickets.limits.save(OBJECTIVES)
    assert [one.before for one in tickets.limits.history()] == [second.after]


def test_without_a_contract_no_targets_are_kept(database, journal):
    lone = Tickets(database, journal)
    assert lone.limits.current() == OBJECTIVES
    with pytest.raises(OpsError, match="No contract"):
        lone.limits.save(OBJECTIVES)


def test_a_list_asks_once_for_the_clocks_of_all_its_rows(tickets, time):
    some = [open_one(tickets, f"第 {n} 张") for n in range(3)]
    time.pass_by(minutes=7)
    found = tickets.clocks_of([one.id for one in some[:2]])
    assert found == {
        one.id: tuple(replace(clock, stretches=()) for clock in tickets.clocks(one.id))
        for one in some[:2]
    }


# ---------------------------------------------------------------- other tickets


def test_links_are_seen_from_both_sides_and_can_be_taken_away(tickets):
    one, other = open_one(tickets), open_one(tickets, "会员中心 502")
    tickets.bonds.link(one.id, "caused_by", other.number)
    assert [(kind, far.id) for kind, far in tickets.bonds.linked(one.id)] == [
        ("caused_by", other.id)
    ]
    assert [kind for kind, _ in tickets.bonds.linked(other.id)] == ["causes"]
    with pytest.raises(OpsError, match="itself"):
        tickets.bonds.link(one.id, "related", one.id)
    tickets.bonds.unlink(other.id, one.id)
    assert tickets.bonds.linked(one.id) == tickets.bonds.linked(other.id) == ()
    with pytest.raises(OpsError, match="not linked"):
        tickets.bonds.unlink(other.id, one.id)


def test_a_merge_keeps_the_time_and_the_days_and_can_be_taken_back(tickets, time):
    early = open_one(tickets, "首页打不开", priority=1)
    time.pass_by(minutes=5)
    tickets.note(early.id, "已登录")
    tickets.spend(early.id, Decimal("0.5"))
    time.pass_by(minutes=25)
    late = open_one(tickets, "网站 502", priority=1)
    tickets.move(early.id, "working")
    time.pass_by(minutes=30)
    before = tickets.get(early.id), tickets.clocks(early.id), tickets.clocks(late.id)

    tickets.bonds.merge(early.id, late.id, "同一问题")
    merged = tickets.get(early.id)
    assert (merged.state, merged.merged_into) == ("merged", late.id)
    assert merged.person_days == Decimal("0.5")
    assert tickets.moves(early.id) == ()
    clocks = by_key(tickets.clocks(late.id))
    assert clocks["resolve"].seconds == 60 * 60
    assert clocks["response"].seconds == 5 * 60
    steps = tickets.steps(late.id)
    assert [step.text for step in steps if step.of == early.number and step.text == "已登录"]
    assert [one.id for one in tickets.dossier(late.id).merged] == [early.id]
    with pytest.raises(OpsError, match="cannot be merged"):
        tickets.bonds.merge(early.id, late.id)

    tickets.bonds.part(early.id)
    assert (tickets.get(early.id), tickets.clocks(early.id), tickets.clocks(late.id)) == before
    assert tickets.bonds.merged(late.id) == ()
    with pytest.raises(OpsError, match="not merged"):
        tickets.bonds.part(early.id)


def test_tickets_merged_one_into_the_next_all_count(tickets, time):
    chain = []
    for title in ("甲", "乙", "丙"):
        chain.append(open_one(tickets, title))
        time.pass_by(minutes=10)
    tickets.bonds.merge(chain[0].id, chain[1].id)
    tickets.bonds.merge(chain[1].id, chain[2].id)
    assert [one.id for one in tickets.bonds.merged(chain[2].id)] == [chain[0].id, chain[1].id]
    assert by_key(tickets.clocks(chain[2].id))["resolve"].seconds == 30 * 60


def test_a_part_becomes_a_ticket_of_its_own_asked_for_when_the_first_was(tickets, time):
    origin = open_one(tickets, "首页慢，另外改横幅", channel="电话")
    time.pass_by(minutes=4)
    tickets.move(origin.id, "working")
    time.pass_by(minutes=56)
    new = tickets.bonds.split(origin.id, "改首页横幅", kind="request")
    assert (new.kind, new.requester, new.opened_at) == ("request", "李慧敏", origin.opened_at)
    assert by_key(tickets.clocks(new.id))["response"].seconds == 4 * 60
    assert [kind for kind, _ in tickets.bonds.linked(new.id)] == ["split_from"]
    assert [kind for kind, _ in tickets.bonds.linked(origin.id)] == ["split_into"]
    with pytest.raises(OpsError, match="no title"):
        tickets.bonds.split(origin.id, " ")


def test_what_two_machines_add_to_one_ticket_meets_without_a_conflict(
    tmp_path, journal, tickets, time
):
    ticket, other = open_one(tickets), open_one(tickets, "会员中心 502")
    store = Database(tmp_path / "laptop" / "store.db")
    laptop = Journal(store, actor=lambda: "刘洋", device_name="笔记本", now=time)
    laptop.merge(journal.entries())
    there = Tickets(store, laptop, now=time)
    tickets.facts.announce(ticket.id, {"users": "推文"})
    tickets.bonds.link(ticket.id, "related", other.id)
    there.facts.announce(ticket.id, {"leaders": "短信"})
    there.facts.hand_over(ticket.id, [Handed("手册", "document")])
    time.pass_by(minutes=9)

    journal.merge(laptop.entries())
    laptop.merge(journal.entries())
    met = tickets.get(ticket.id)
    assert met == there.get(ticket.id)
    assert not met.conflict
    assert set(met.notices) == {"users", "leaders"}
    assert tickets.clocks(ticket.id) == there.clocks(ticket.id)
    assert tickets.dossier(ticket.id).handed_over == there.dossier(ticket.id).handed_over != ()
    store.close()


def test_working_hours_follow_the_calendar_that_was_entered_by_hand(
    database, journal, tickets, time
):
    """The library knows nothing of 2094; a holiday recorded here stops the clock all the same."""
    time.now = datetime(2094, 3, 1, 1, 0, tzinfo=UTC)  # a Monday, 9:00 in Beijing
    ticket = open_one(tickets, kind="question")
    time.pass_by(hours=9)
    assert by_key(tickets.clocks(ticket.id))["resolve"].seconds == 7 * 3600
    holiday = Holidays(2094, frozenset({date(2094, 3, 1)}), frozenset(), "国务院办公厅通知")
    Calendars(database, journal).save(holiday)
    assert by_key(tickets.clocks(ticket.id))["resolve"].seconds == 0


def test_each_contract_has_its_own_limits(database, journal, tickets, time):
    """A ticket is judged by the contract that its resource belongs to."""
    contracts = Contracts(database, journal, now=time)
    first = contracts.current()
    assert first is not None
    other = replace(first, id="other", title="另一份合同", number="2018-2")
    contracts.save_contract(other)
    site = contracts.save_resource("website", "另一网站", WebAddress("https://other.example"))
    with database.session() as session, session.begin():
        fields = {"contract_id": "other"}
        journal.record(session, "resource", site.id, "resource.changed", fields)
        kept = to_json(OBJECTIVES)
        kept["rules"][0]["seconds"]["2"] = 60
        journal.record(session, "contract", "other", "contract.targets_set", {"targets": kept})
    ours, theirs = open_one(tickets), open_one(tickets, resource_id=site.id, requester="")
    assert by_key(tickets.clocks(ours.id))["response"].target == 30 * 60
    assert by_key(tickets.clocks(theirs.id))["response"].target == 60
