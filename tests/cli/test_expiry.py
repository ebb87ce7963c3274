"""`gmops expiry`: the board in a terminal, and dates entered by hand."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from gmops import gmops
from gmops_desktop.assembly import assemble
from gmops_desktop.paths import Home


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    with assemble(Home(home)) as services:
        services.contracts.load_example()
    return home


def test_a_date_by_hand_stands_on_the_board_and_in_a_ticket(home: Path) -> None:
    before = gmops("expiry", "list", "--json", home=home).answer["expiry"]
    assert {one["thing"]["kind"]: one["state"] for one in before}["icp"] == "unknown"
    soon = date.today() + timedelta(days=10)
    ran = gmops("expiry", "set", "icp", str(soon), "--json", home=home)
    assert ran.code == 0, ran.err
    found = next(one for one in ran.answer["expiry"] if one["thing"]["key"] == "icp")
    assert (found["on"], found["state"], found["source"]) == (str(soon), "warning", "by hand")
    [ticket] = gmops("ticket", "list", "--json", home=home).answer["tickets"]
    assert ticket["title"] == f"ICP filing runs out on {soon}"
    table = gmops("expiry", "list", home=home).out
    assert "ICP filing" in table
    never = gmops("expiry", "set", "icp", "never", "--json", home=home).answer["expiry"]
    found = next(one for one in never if one["thing"]["key"] == "icp")
    assert (found["state"], found["on"]) == ("ok", None)
    gmops("expiry", "set", "icp", "none", home=home)
    assert "ICP filing" in gmops("expiry", "list", home=home).out


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("set", "nothing", "2027-01-01"), 1, "Nothing called nothing runs out"),
        (("set", "icp", "soon"), 2, "it is a day such as 2027-03-06, never or none"),
    ],
)
def test_what_cannot_be_entered_says_why(
    home: Path, words: tuple[str, ...], code: int, sentence: str
) -> None:
    ran = gmops("expiry", *words, home=home)
    assert ran.code == code
    assert sentence in ran.err


def test_the_contract_s_own_day_is_not_entered_here(home: Path) -> None:
    board = gmops("expiry", "list", "--json", home=home).answer["expiry"]
    key = next(one["thing"]["key"] for one in board if one["thing"]["kind"] == "contract")
    assert gmops("expiry", "set", key, "2030-01-01", home=home).code == 1


def test_without_domains_nobody_is_asked(home: Path) -> None:
    assert gmops("expiry", "ask", "--json", home=home).answer == {"domains": []}
