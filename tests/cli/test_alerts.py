"""`gmops alerts` and `gmops thresholds` from the outside."""

from __future__ import annotations

from pathlib import Path

import pytest

from gmops import gmops
from gmops_desktop.addresses import WebAddress
from gmops_desktop.assembly import assemble
from gmops_desktop.paths import Home


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    with assemble(Home(folder)) as services:
        services.contracts.save_resource("website", "site", WebAddress("http://127.0.0.1:9/"))
    return folder


def test_what_is_down_three_times_stands_in_the_list_until_somebody_saw_it(home: Path) -> None:
    for _ in range(3):
        assert gmops("status", home=home).code == 0
    tickets = gmops("collect", "--json", home=home).answer["tickets"]
    assert len(tickets) == 1, "the looks of another command count"
    listed = gmops("alerts", "list", "--json", home=home).answer
    [alert] = listed["active"]
    assert (alert["key"], alert["ticket"], listed["cleared"]) == ("down", tickets[0], [])
    assert tickets[0] in gmops("alerts", "list", home=home).out
    done = gmops("alerts", "ack", alert["id"][-8:], "--json", home=home)
    assert done.code == 0, done.err
    assert done.answer["acknowledged_by"]
    wrong = gmops("alerts", "ack", "nothing", home=home)
    assert wrong.code == 1
    assert "gmops alerts list" in wrong.err


def test_thresholds_are_shown_set_refused_and_reset(home: Path) -> None:
    def show(*words: str) -> list[float]:
        ran = gmops("thresholds", *words, "--json", home=home)
        assert ran.code == 0, ran.err
        return ran.answer["limits"]["tls_days"]["warning"]

    assert show("show", "site") == [30, 31]
    assert show("set", "site", "tls_days", "--warning", "60:61") == [60, 61]
    for words in (("tls_days", "--warning", "60:40"), ("cpu", "--warning", "85:75")):
        ran = gmops("thresholds", "set", "site", *words, home=home)
        assert ran.code == 1, ran.out
    assert gmops("thresholds", "set", "site", "seconds", "--warning", "fast", home=home).code == 2
    assert show("show", "site") == [60, 61]
    assert show("reset", "site", "tls_days") == [30, 31]
