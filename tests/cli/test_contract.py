"""`gmops contract` and `gmops ledger` on a fresh home."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from gmops import gmops
from gmops_desktop.assembly import assemble
from gmops_desktop.paths import Home


@pytest.fixture(scope="module")
def first_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the example contract."""
    home = tmp_path_factory.mktemp("contract") / "home"
    home.mkdir()
    with assemble(Home(home)) as services:
        services.contracts.load_example()
    return home


@pytest.fixture
def home(first_home: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(first_home, tmp_path / "home"))


def test_the_contract_is_told_to_the_last_figure(home: Path) -> None:
    ran = gmops("contract", "show", home=home)
    assert ran.code == 0, ran.err
    for figure in ("6,358.00", "3,808.00", "11,636.70", "10,890.00", "32,692.70",
                   "叁万贰仟陆佰玖拾贰元整"):  # fmt: skip
        assert figure in ran.out
    assert gmops("contract", "show", "--json", home=home).answer["capitals"].startswith("叁万")
    people = gmops("contract", "people", "--json", home=home).answer
    assert len(people["people"]) == 6
    assert people["vacancies"] == []


def test_a_new_contract_is_recorded_renewed_and_chosen(home: Path) -> None:
    words = ("--title", "另一份", "--number", "HY-1", "--party-a", "协会", "--party-b", "乙方",
             "--from", "2026-01-01", "--to", "2026-12-31", "--signed", "2026-01-05",
             "--item", "website=1000.50=官网运维", "--item", "training==培训")  # fmt: skip
    made = gmops("contract", "new", *words, "--json", home=home)
    assert made.code == 0, made.err
    assert (made.answer["contract"]["total"], len(made.answer["contract"]["items"])) == (
        "1000.50", 2)  # fmt: skip
    assert made.answer["capitals"] == "壹仟元零伍角"
    again = gmops("contract", "new", *words, home=home)
    assert again.code == 1
    assert "HY-1" in again.err
    missing = gmops("contract", "new", "--title", "x", home=home)
    assert missing.code == 2
    assert "--from" in missing.err
    renewed = gmops("contract", "renew", "HY-1", "--number", "HY-2", "--from", "2027-01-01",
                    "--to", "2027-12-31", home=home)  # fmt: skip
    assert renewed.code == 0, renewed.err
    assert gmops("contract", "use", "GMGSL-YW-2018-01", home=home).code == 0
    listed = gmops("contract", "list", "--json", home=home).answer
    assert [one["number"] for one in listed["contracts"]] == [
        "GMGSL-YW-2018-01", "HY-1", "HY-2"]  # fmt: skip
    assert listed["shown"] == listed["contracts"][0]["id"]


def test_duty_notices_and_calendar(home: Path) -> None:
    ran = gmops("contract", "assign", "张伟", "刘洋", "--from", "2018-03-06", "--to", "2018-03-19",
                home=home)  # fmt: skip
    assert ran.code == 0, ran.err
    days = gmops("contract", "duty", "--from", "2018-03-12", "--to", "2018-03-13", "--json",
                 home=home).answer["days"]  # fmt: skip
    assert [one["on_duty"]["person"]["name"] for one in days] == ["张伟", "刘洋"]
    [payment] = gmops("contract", "notices", "--json", home=home).answer["notices"]
    assert (payment["due"], payment["done_on"]) == ("2018-03-09", "2018-03-08")
    unknown = gmops("contract", "calendar", "2094", home=home)
    assert unknown.code == 1
    entered = gmops("contract", "calendar", "2094", "--off", "2094-01-01", "--source", "国办",
                    "--json", home=home)  # fmt: skip
    assert entered.code == 0, entered.err
    assert entered.answer["off"] == ["2094-01-01"]


def test_ledgers_and_evidence(home: Path) -> None:
    year = date.today().year
    renewed = gmops("contract", "renew", "GMGSL-YW-2018-01", "--number", "NOW", "--from",
                    f"{year}-01-01", "--to", f"{year + 1}-12-31", home=home)  # fmt: skip
    assert renewed.code == 0, renewed.err
    opened = gmops("ticket", "open", "名册导出", "--requester", "李慧敏", "--kind", "requirement",
                   "--json", home=home)  # fmt: skip
    number = opened.answer["ticket"]["number"]
    refused = gmops("ledger", "estimate", number, "2", "--by", "张伟", home=home)
    assert refused.code == 1
    for words in (
        ("estimate", number, "2", "--by", "陈志远"),
        ("agree", number, "--by", "李慧敏", "--channel", "微信"),
        ("book", number, "1.2"),
    ):
        ran = gmops("ledger", *words, home=home)
        assert ran.code == 0, ran.err
    added = gmops(
        "ledger", "add", "training", "后台发布", "--person", "李慧敏", "--json", home=home
    )
    assert added.code == 0, added.err
    done = gmops("ledger", "complete", added.answer["id"], "--paper", "签到表.pdf", home=home)
    assert done.code == 0, done.err
    [record] = gmops("ledger", "list", "--register", "training", "--json", home=home).answer[
        "records"
    ]
    assert (record["title"], record["paper"]) == ("后台发布", "签到表.pdf")
    assert gmops("ledger", "list", "--register", "parking", home=home).code == 2
    for words in (
        ("take-back", number, "0.7", "--why", "写多了"),
        ("amend", record["id"], "--title", "后台发布培训", "--why", "写全"),
        ("sheet", record["id"]),
        ("export", "days", "--out", str(home / "days.xlsx")),
        ("export", "training", "--out", str(home / "trainings.csv")),
        ("strike", record["id"], "--why", "没有办"),
        ("withdraw", number, "--why", "改期"),
    ):
        ran = gmops("ledger", *words, home=home)
        assert ran.code == 0, ran.err
    assert "后台发布培训" in (home / "trainings.csv").read_text("utf-8-sig")
    [line] = gmops("ledger", "days", "--json", home=home).answer["lines"]
    assert (line["worked"], line["consent"]) == ("0.5", None)
    evidence = gmops("contract", "evidence", "--json", home=home).answer
    assert len(evidence["months"]) == 24
    clauses = gmops("contract", "clauses", "--json", home=home).answer["clauses"]
    assert {one["key"] for one in clauses} >= {"1.12", "1.15", "2.1", "2.3-9"}
