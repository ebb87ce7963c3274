"""`gmops account console`: what somebody read, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from gmops import gmops
from gmops_desktop.addresses import AccountAddress
from gmops_desktop.assembly import assemble
from gmops_desktop.paths import Home


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    with assemble(Home(home)) as services:
        services.contracts.save_resource("account", "公众号", AccountAddress("wx1"))
    return home


def test_notices_and_people_are_recorded_listed_and_struck_out(home: Path) -> None:
    ran = gmops(
        "account", "console", "--on", "2018-04-30", "--notice", "2018-04-12 图文被删除 -> 已更正",
        "--person", "王㛃: 管理员", "--person", "张伟", "--json", home=home,
    )  # fmt: skip
    assert ran.code == 0, ran.err
    assert ran.answer["notices"] == [
        {"on": "2018-04-12", "words": "图文被删除", "handling": "已更正"}
    ]
    [read] = gmops("account", "console", "--json", home=home).answer["readings"]
    assert (read["on"], [one["name"] for one in read["people"]]) == ("2018-04-30", ["王㛃", "张伟"])
    assert "1 notice" in gmops("account", "console", home=home).out
    for words in (
        ("--notice", "yesterday something"),
        ("--no-notice", "--on", "2999-01-01"),
        ("--strike", read["id"]),
    ):
        refused = gmops("account", "console", *words, home=home)
        assert (refused.code, "Nothing was recorded" in refused.err) == (1, True), words
    both = gmops("account", "console", "--no-notice", "--notice", "2018-04-12 x", home=home)
    assert both.code == 2
    struck = gmops("account", "console", "--strike", read["id"], "--why", "wrong", home=home)
    assert struck.code == 0, struck.err
    assert gmops("account", "console", "--json", home=home).answer["readings"] == []
