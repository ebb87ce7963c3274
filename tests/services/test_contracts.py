from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from db.journal import Journal
from gmops_desktop.addresses import MysqlAddress, SshAddress, WebAddress
from gmops_desktop.contract.capitals import rmb_capitals
from gmops_desktop.contract.obligations import STREAMS
from gmops_desktop.errors import OpsError
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


def test_a_change_of_contact_starts_the_three_working_days(contracts, journal):
    contracts.load_example()
    added = contracts.add_contact("赵经理", "A", valid_from=date(2018, 11, 23))  # a Friday
    assert journal.entries("contact", added.id)[0].fields["notice_due"] == "2018-11-28"
    contracts.contact_notified(added.id, "书面通知已寄出，快递单号 1234")
    assert journal.entries("contact", added.id)[-1].fields == {"notified_on": "2018-11-22"}
    with pytest.raises(OpsError, match="evidence"):
        contracts.contact_notified(added.id, " ")


def test_the_first_contacts_are_no_change(contracts, journal):
    contracts.load_example()
    assert all("notice_due" not in entry.fields for entry in journal.entries("contact"))


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
