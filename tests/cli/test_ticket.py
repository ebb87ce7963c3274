"""`gmops ticket`: the verbs beside the ticket's way, its clocks, and the limits of the contract."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from gmops import gmops
from gmops_desktop.assembly import assemble
from gmops_desktop.paths import Home


@pytest.fixture(scope="module")
def first_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the example contract and two tickets: T-0001 in work, T-0002 registered."""
    home = tmp_path_factory.mktemp("tickets") / "home"
    home.mkdir()
    with assemble(Home(home)) as services:
        services.contracts.load_example()
        first = services.tickets.open("incident", "网站打不开", requester="", priority=1)
        services.tickets.open("incident", "会员中心打不开", requester="", priority=2)
        services.tickets.move(first.id, "working")
    return home


@pytest.fixture
def home(first_home: Path, tmp_path: Path) -> Path:
    """A copy of it that the test may spoil."""
    return Path(shutil.copytree(first_home, tmp_path / "home"))


def done(home: Path, *words: object) -> Any:
    """Run a command that must be taken, and return its answer."""
    ran = gmops("ticket", *words, "--json", home=home)
    assert ran.code == 0, ran.err
    return ran.answer


def test_facts_are_recorded(home: Path, tmp_path: Path):
    done(home, "estimate", "T-0001", "--impact", "1", "--urgency", "1")
    done(home, "scope", "T-0001", "only_here")
    refused = gmops("ticket", "cause", "T-0001", "断电", "--attribution", "third_party", home=home)
    assert refused.code == 1
    assert "1.34" in refused.err
    asked = done(home, "asked", "T-0001", "2018-11-22T09:10", "--text", "话单")
    assert asked["ticket"]["opened_at"] < asked["steps"][0]["at"]
    cause = ("cause", "T-0001", "断电", "--attribution", "third_party", "--evidence", "公告")
    assert done(home, *cause)["ticket"]["attribution"] == "third_party"
    assert done(home, "promise", "T-0001", "2099-01-01T18:00")["ticket"]["promised_for"]
    sheet = tmp_path / "manual.txt"
    sheet.write_text("x")
    shown = done(home, "hand-over", "T-0001", "手册", "--file", sheet)
    digest = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
    assert digest in shown["steps"][-1]["text"]
    [kept] = gmops("attachment", "list", "T-0001", "--json", home=home).answer["attachments"]
    assert kept["sha256"] == digest, "what was handed over is at hand"
    gone = gmops("ticket", "hand-over", "T-0001", "手册", "--file", tmp_path / "no", home=home)
    assert gone.code == 1
    made = done(home, "receipt", "T-0001")
    assert made["kind"] == "hand_over"
    assert Path(made["path"]).read_bytes().startswith(b"%PDF")
    assert gmops("ticket", "receipt", "T-0002", home=home).code == 1


def test_a_gate_and_a_pause_from_the_terminal(home: Path):
    done(home, "interrupts", "T-0001", "--text", "重启")
    assert gmops("ticket", "move", "T-0001", "implementing", home=home).code == 1
    done(
        home, "announce", "T-0001", "--users", "推文", "--leaders", "短信", "--responsible", "电话"
    )
    assert done(home, "move", "T-0001", "implementing")["ticket"]["state"] == "implementing"
    lunch = ("move", "T-0001", "suspended", "--text", "x", "--waiting-on", "lunch")
    assert gmops("ticket", *lunch, home=home).code == 2
    held = ("move", "T-0001", "suspended", "--text", "等资料", "--waiting-on", "party_a")
    answer = done(home, *held)
    waiting = next(clock for clock in answer["clocks"] if clock["key"] == "waiting")
    assert waiting["running"] is True


def test_two_tickets_from_the_terminal(home: Path):
    done(home, "link", "T-0001", "caused_by", "T-0002")
    done(home, "unlink", "T-0001", "T-0002")
    assert done(home, "split", "T-0001", "改横幅", "--kind", "request")["ticket"]["number"]
    done(home, "merge", "T-0001", "T-0002", "--text", "同一问题")
    assert done(home, "show", "T-0001")["ticket"]["state"] == "merged"
    assert done(home, "part", "T-0001")["ticket"]["state"] == "working"


def test_clocks_reminders_and_limits(home: Path, tmp_path: Path):
    ran = gmops("ticket", "clocks", "T-0001", home=home)
    assert ran.code == 0, ran.err
    assert "  + " in ran.out, "each figure is unfolded"
    assert {one["number"] for one in done(home, "reminders")["reminders"]} == {"T-0001", "T-0002"}
    limits = done(home, "targets")
    limits["rules"][0]["seconds"]["1"] = 60
    file = tmp_path / "limits.json"
    file.write_text(json.dumps(limits), "utf-8")
    assert done(home, "targets", "--set", file, "--text", "甲方来函") == limits
    [kept] = done(home, "targets", "--history")["history"]
    assert (kept["text"], kept["targets"]) == ("甲方来函", limits)
    history = gmops("ticket", "targets", "--history", home=home)
    assert "15 min / 30 min / 2 h / 8 h → 1 min / 30 min / 2 h / 8 h" in history.out
    assert gmops("ticket", "targets", home=home).code == 0
    file.write_text("[", "utf-8")
    refused = gmops("ticket", "targets", "--set", file, home=home)
    assert refused.code == 1
    assert "limits.json" in refused.err


def test_who_asked_and_who_confirmed_from_the_terminal(home: Path, tmp_path: Path):
    words = ("改密码", "--requester", "路人甲")
    assert gmops("ticket", "open", *words, home=home).code == 1
    declined = done(home, "decline", *words)
    assert declined["ticket"]["state"] == "declined"
    assert "1.15" in declined["steps"][0]["text"]
    late = done(home, "open", "昨晚 502", "--requester", "", "--at", "2020-01-02T03:04")
    assert late["ticket"]["opened_at"].startswith("2020-01-0")
    revised = done(home, "revise", "T-0001", "--priority", "3", "--text", "李慧敏电话")
    assert revised["ticket"]["priority"] == 3
    assert gmops("ticket", "revise", "T-0001", "--text", "x", home=home).code == 2

    done(home, "move", "T-0001", "awaiting_confirmation")
    (tmp_path / "确认单.txt").write_text("已恢复")
    said = ("confirm", "T-0001", "--by", "李慧敏", "--channel", "电话")
    assert gmops("ticket", *said, "--at", "2019-01-01T09:00", home=home).code == 1
    confirmed = done(home, *said, "--file", tmp_path / "确认单.txt")
    assert confirmed["ticket"]["confirmed_by"] == "李慧敏"
    assert "确认单.txt" in confirmed["steps"][-1]["text"]
    assert confirmed["steps"][-2]["files"][0]["name"] == "确认单.txt"


def test_verify_names_attached_files_that_are_lost_or_altered(home: Path, tmp_path: Path):
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(name)
        done(home, "attach", "T-0001", tmp_path / name)
    assert gmops("verify", home=home).code == 0
    stored = {path.read_text(): path for path in (home / "attachments").glob("??/*")}
    stored["a.txt"].unlink()
    stored["b.txt"].write_text("B.txt")
    ran = gmops("verify", "--json", home=home)
    assert ran.code == 3
    assert ran.answer["faults"] == [
        "The file of a.txt is not on this machine.",
        "b.txt is damaged: the file here is not the one that was attached.",
    ]
