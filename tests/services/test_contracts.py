from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from db.engine import Database
from db.journal import Journal
from db.scope import scope_of
from gmops_desktop.addresses import MysqlAddress, SshAddress, WebAddress
from gmops_desktop.contract.capitals import rmb_capitals
from gmops_desktop.contract.obligations import STREAMS
from gmops_desktop.contract.terms import Contract
from gmops_desktop.errors import OpsError
from gmops_desktop.paths import RESOURCES
from gmops_desktop.services.contracts import Contracts

NOW = datetime(2018, 11, 22, 2, 24, tzinfo=UTC)


@pytest.fixture
def journal(database):
    return Journal(database, actor=lambda: "张伟", device_name="工作站", now=lambda: NOW)


@pytest.fixture
def contracts(database, journal):
    return Contracts(database, journal, now=lambda: NOW)


# ---------------------------------------------------------------- the example


def test_without_a_contract_there_is_none(contracts):
    assert contracts.current() is None
    assert contracts.contacts() == ()
    assert contracts.resources() == ()


def test_the_example_is_the_contract_to_the_last_figure(contracts):
    contract = contracts.load_example()
    assert contract == contracts.current()
    assert contract.title == "光明新区工商联建设网站及微信公众号运维服务合同"
    assert contract.party_a == "光明新区工商联"
    assert "示例" in contract.party_b
    assert (contract.start, contract.end) == (date(2018, 3, 6), date(2019, 3, 6))
    amounts = [item.amount for item in contract.items]
    assert amounts == [
        Decimal(text) if text else None
        for text in ("6358.00", "3808.00", "11636.70", "", "10890.00", "", "", "", "")
    ]
    assert sum(amount for amount in amounts if amount) == contract.total == Decimal("32692.70")
    assert rmb_capitals(contract.payable) == "叁万贰仟陆佰玖拾贰元整"
    assert contract.person_days == 10
    assert {item.key for item in contract.items} == STREAMS.keys()


def test_the_examples_people_fill_the_contracts_roles(contracts):
    contracts.load_example()
    roles = [contact.role for contact in contracts.contacts() if contact.party == "B"]
    assert sorted(roles) == sorted(["项目经理", "运维经理", "技术人员", "技术人员"])
    assert sum(contact.party == "A" for contact in contracts.contacts()) == 2


def test_loading_the_example_again_changes_nothing(contracts, journal):
    contract = contracts.load_example()
    contracts.save_contract(replace(contract, party_b="深圳市某某有限公司"))
    entries = journal.count()
    assert contracts.load_example().party_b == "深圳市某某有限公司"
    assert journal.count() == entries


# ---------------------------------------------------------------- terms


def test_only_what_changed_is_recorded(contracts, journal):
    contract = contracts.load_example()
    contracts.save_contract(contract)
    assert len(journal.entries("contract")) == 1
    contracts.save_contract(replace(contract, end=date(2019, 6, 6)))
    assert journal.entries("contract")[-1].fields == {"end": "2019-06-06"}
    assert contracts.current() == replace(contract, end=date(2019, 6, 6))


@pytest.mark.parametrize(
    "change",
    [
        {"title": " "},
        {"end": date(2018, 3, 5)},
        {"payable": Decimal(-1)},
    ],
)
def test_terms_that_make_no_sense_are_refused(contracts, change):
    contract = contracts.load_example()
    with pytest.raises(OpsError) as caught:
        contracts.save_contract(replace(contract, **change))
    assert caught.value.hint
    assert contracts.current() == contract


def test_of_two_contracts_the_one_in_force_is_current(contracts):
    first = contracts.load_example()
    following = replace(first, id="next", start=date(2019, 3, 7), end=date(2020, 3, 6))
    contracts.save_contract(following)
    assert contracts.current() == first
    assert (
        Contracts(
            contracts._database, contracts._journal, now=lambda: datetime(2019, 5, 1, tzinfo=UTC)
        ).current()
        == following
    )


# ---------------------------------------------------------------- contacts


def test_contacts_come_and_go_by_day(contracts):
    contracts.load_example()
    added = contracts.add_contact("赵经理", "A", "指定联系人", "0755", date(2018, 12, 1))
    contracts.end_contact(added.id, date(2018, 12, 31))
    named = {
        day: "赵经理" in [contact.name for contact in contracts.contacts(day)]
        for day in (date(2018, 11, 30), date(2018, 12, 1), date(2018, 12, 31), date(2019, 1, 1))
    }
    assert list(named.values()) == [False, True, True, False]
    assert added.id in [contact.id for contact in contracts.contacts()]


def test_a_change_of_contact_starts_the_three_working_days(contracts):
    contracts.load_example()
    added = contracts.add_contact("赵经理", "A", valid_from=date(2018, 11, 23))  # a Friday
    [notice] = [one for one in contracts.notices() if one.subject == added.id]
    assert (notice.due, notice.done_on) == (date(2018, 11, 28), None)
    contracts.contact_notified(added.id, "书面通知已寄出，快递单号 1234")
    [notice] = [one for one in contracts.notices() if one.subject == added.id]
    assert (notice.done_on, notice.kept) == (date(2018, 11, 22), True)
    assert notice.evidence == "书面通知已寄出，快递单号 1234"
    with pytest.raises(OpsError, match="evidence"):
        contracts.contact_notified(added.id, " ")


def test_the_first_contacts_are_no_change(contracts):
    contracts.load_example()
    assert [one.what for one in contracts.notices()] == ["payment"]


def test_a_contact_cannot_end_before_it_began_or_without_being_there(contracts):
    contracts.load_example()
    contact = contracts.contacts()[0]
    with pytest.raises(OpsError, match="first day"):
        contracts.end_contact(contact.id, date(2018, 1, 1))
    with pytest.raises(OpsError, match="no such contact"):
        contracts.end_contact("nobody", date(2018, 4, 1))
    with pytest.raises(OpsError, match="no name"):
        contracts.add_contact(" ", "A")


# ---------------------------------------------------------------- resources


def test_resources_come_back_as_saved_in_their_order(contracts):
    jump = SshAddress("10.0.0.8", 22, "ops", "/keys/ops")
    web = contracts.save_resource("website", "官网", WebAddress("https://www.example.cn", "会员"))
    mysql = contracts.save_resource(
        "mysql", "云数据库", MysqlAddress("10.0.0.9", 3306, "ops", "chamber", jump)
    )
    host = contracts.save_resource("host", " 云服务器 ", jump)
    assert contracts.resources() == (host, mysql, web)
    assert host.name == "云服务器"
    assert contracts.resource(mysql.id) == mysql


def test_a_changed_resource_keeps_its_id_and_records_the_change_only(contracts, journal):
    host = contracts.save_resource("host", "云服务器", SshAddress("10.0.0.8"))
    contracts.save_resource("host", "云服务器", SshAddress("10.0.0.7"), host.id)
    assert list(journal.entries("resource", host.id)[-1].fields) == ["address"]
    assert contracts.resource(host.id).address == SshAddress("10.0.0.7")
    contracts.save_resource("host", "云服务器", SshAddress("10.0.0.7"), host.id)
    assert len(journal.entries("resource", host.id)) == 2


def test_a_removed_resource_is_gone_but_its_record_stays(contracts, journal):
    host = contracts.save_resource("host", "云服务器", SshAddress("10.0.0.8"))
    contracts.remove_resource(host.id)
    assert contracts.resources() == ()
    with pytest.raises(OpsError, match="no such resource"):
        contracts.resource(host.id)
    with pytest.raises(OpsError, match="no such resource"):
        contracts.remove_resource(host.id)
    assert len(journal.entries("resource", host.id)) == 2


def test_a_day_of_the_former_contract_is_answered_by_it(contracts: Contracts) -> None:
    example = contracts.load_example()
    renewed = replace(
        example,
        id="01620000-0000-7000-8000-0000000000ff",
        start=example.start.replace(year=2026),
        end=example.end.replace(year=2027),
    )
    contracts.save_contract(renewed)
    assert contracts.current(date(2018, 4, 30)) == example
    assert contracts.current(date(2026, 4, 30)) == renewed


def test_the_example_is_the_same_whether_recorded_or_not(contracts: Contracts) -> None:
    assert contracts.example() == contracts.load_example()


# ---------------------------------------------------------------- the example, word for word


def figures_of(text: str) -> dict[str, str]:
    """Read the contract's own text: what it says of period, money, items and people."""
    plain = unicodedata.normalize("NFKC", text)
    period = re.search(r"自(\d+)年(\d+)月(\d+)日起,至(\d+)年(\d+)月(\d+)日止", plain)
    assert period is not None
    capitals = re.search(r"大写:(\w+整)", plain)
    assert capitals is not None
    return {"text": re.sub(r"\s", "", plain), "capitals": capitals[1],
            "period": "-".join(period.groups())}  # fmt: skip


def test_the_example_says_what_the_contract_says() -> None:
    said = figures_of((RESOURCES / "example_contract.zh.txt").read_text("utf-8"))
    contract = Contracts.example()
    text = said["text"]
    assert said["period"] == (
        f"{contract.start.year}-{contract.start.month}-{contract.start.day}"
        f"-{contract.end.year}-{contract.end.month}-{contract.end.day}"
    )
    assert said["capitals"] == rmb_capitals(contract.payable)
    assert f"总运维服务费用为{contract.payable}元" in text
    assert f"小计{contract.total:,.2f}" in text
    assert f"价税合计{contract.total:,.2f}" in text
    assert f"签订运维合同的{contract.payment_days}个工作日内" in text
    assert f"应在{contract.notice_days}个工作日内书面通知" in text
    assert f"{contract.person_days}人/天修改(免费)" in text
    assert contract.title in text
    assert contract.service_time.replace("×", "x") in text.replace("×", "x")
    posts = dict(contract.staff)
    assert f"{posts['operations_manager']}名项目运维管理人员" in text
    assert f"{posts['technician']}技术人员" in text
    for thing in contract.scope:
        assert thing in text
    # The items in their order, each followed by its amount and remark.
    place = text.index("运维项目金额备注")
    for item in contract.items:
        title = "".join(unicodedata.normalize("NFKC", item.title).split())
        place = text.index(title, place) + len(title)
        amounts = {f"{item.amount:,.2f}", f"{item.amount:.2f}"} if item.amount else {""}
        rest = text[place:]
        assert any(rest.startswith(amount + item.remark) for amount in amounts), item


def test_the_sum_is_checked(contracts: Contracts) -> None:
    contract = contracts.load_example()
    assert contract.items_total == contract.total
    with pytest.raises(OpsError, match=r"add up to 32,692\.70, and the contract says 32,692\.00"):
        contracts.save_contract(replace(contract, total=Decimal(32692)))
    twice = (*contract.items, replace(contract.items[0], amount=None))
    with pytest.raises(OpsError, match="key server"):
        contracts.save_contract(replace(contract, items=twice))


# ---------------------------------------------------------------- people


def test_posts_are_filled_as_the_contract_asks(contracts: Contracts) -> None:
    contracts.load_example()
    assert contracts.vacancies() == ()
    technician = next(one for one in contracts.contacts() if one.post == "technician")
    contracts.end_contact(technician.id, date(2018, 11, 1))
    [vacancy] = contracts.vacancies()
    assert (vacancy.post, vacancy.wanted, vacancy.there) == ("technician", 2, 1)


def test_a_contacts_history_is_kept(contracts: Contracts) -> None:
    contracts.load_example()
    added = contracts.add_contact("赵敏", "A", phone="0755-1")
    contracts.change_contact(added.id, phone="0755-2", post="designated")
    contracts.change_contact(added.id, phone="0755-2")  # nothing new
    contracts.end_contact(added.id, date(2018, 12, 1))
    texts = [one.text for one in contracts.history(added.id)]
    assert len(texts) == 3
    assert "0755-1" in texts[0]
    assert texts[1] == "telephone 0755-2 · post Designated contact"
    assert "2018-12-01" in texts[2]
    assert contracts.contact("赵敏").phone == "0755-2"
    with pytest.raises(OpsError, match="no contact"):
        contracts.contact("nobody")


def test_posts_of_old_records_are_read_from_the_words(contracts: Contracts) -> None:
    contracts.load_example()
    found = contracts.add_contact("新人", "B", "高级技术人员")
    assert found.post == "technician"
    assert contracts.add_contact("外人", "A", "财务").post == ""


# ---------------------------------------------------------------- payment


def test_payment_is_recorded_with_what_proves_it(contracts: Contracts) -> None:
    contract = replace(contracts.load_example(), paid_on=None)
    contracts.save_contract(contract)
    [payment] = contracts.notices()
    assert (payment.due, payment.done_on) == (date(2018, 3, 9), None)
    with pytest.raises(OpsError, match="no evidence"):
        contracts.record_payment(contract.id, date(2018, 3, 8), " ")
    contracts.record_payment(contract.id, date(2018, 3, 12), "银行回单")
    [payment] = contracts.notices()
    assert (payment.kept, payment.evidence) == (False, "银行回单")


# ---------------------------------------------------------------- several contracts


def other(example: Contract) -> Contract:
    return replace(example, number="HY-2018", title="另一份运维合同", party_a="行业协会",
                   person_days=Decimal(5))  # fmt: skip


def test_two_contracts_side_by_side_have_their_own_people_and_things(
    database: Database, journal: Journal
) -> None:
    shown = [""]
    contracts = Contracts(database, journal, now=lambda: NOW, shown=lambda: shown[0])
    first = contracts.load_example()
    web = contracts.save_resource("website", "官网", WebAddress("https://a.example"))
    second = contracts.add_contract(other(first))
    assert contracts.all() == tuple(sorted((first, second), key=lambda one: one.id))
    with pytest.raises(OpsError, match="has the number"):
        contracts.add_contract(other(first))
    shown[0] = second.id
    assert contracts.current() == second
    assert contracts.contacts() == ()
    contracts.add_contact("孙会长", "A", post="designated")
    site = contracts.save_resource("website", "协会官网", WebAddress("https://b.example"))
    assert [one.name for one in contracts.contacts()] == ["孙会长"]
    with database.session() as session:
        scopes = [scope_of(session, one).resources for one in (first, second)]
    assert scopes == [{web.id}, {site.id}]
    shown[0] = first.id
    assert "孙会长" not in [one.name for one in contracts.contacts()]
    assert contracts.get("HY-2018") == second
    with pytest.raises(OpsError, match="no contract"):
        contracts.get("nothing")


def test_a_renewal_takes_people_and_things_along(contracts: Contracts) -> None:
    first = contracts.load_example()
    with pytest.raises(OpsError, match="before the contract ends"):
        contracts.renew(first.id, date(2019, 3, 6), date(2020, 3, 5), number="2", signed_on=None)
    renewed = contracts.renew(
        first.id, date(2019, 3, 7), date(2020, 3, 6), number="GM-2", signed_on=None
    )
    assert (renewed.renews, renewed.paid_on, renewed.items) == (first.id, None, first.items)
    assert contracts.current(date(2019, 3, 7)) == renewed
    assert contracts.current(date(2019, 3, 6)) == first
    assert len(contracts.contacts(date(2019, 3, 7))) == len(contracts.contacts(date(2019, 3, 6)))
