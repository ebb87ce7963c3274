"""`gmops ticket`, `report`, `verify`, `doctor` and `status` on a fresh home."""

from __future__ import annotations

import shutil
import sqlite3
import sys
from pathlib import Path

import pytest

from gmops import gmops
from gmops_desktop.assembly import assemble
from gmops_desktop.cli.faults import report_bug
from gmops_desktop.log import remember_secret
from gmops_desktop.paths import Home


@pytest.fixture(scope="module")
def first_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the example contract and a first report."""
    home = tmp_path_factory.mktemp("first") / "home"
    home.mkdir()
    with assemble(Home(home)) as services:
        services.contracts.load_example()
    ran = gmops("report", "make", "monthly", "--period", "2018-04", "--json", home=home)
    assert ran.code == 0, ran.err
    assert ran.answer["number"]
    return home


@pytest.fixture
def home(first_home: Path, tmp_path: Path) -> Path:
    """A copy of it that the test may spoil."""
    return Path(shutil.copytree(first_home, tmp_path / "home"))


def contact_of(home: Path) -> str:
    with sqlite3.connect(home / "store.db") as store:
        found = store.execute("SELECT name FROM contacts WHERE party = 'A' LIMIT 1").fetchone()
    return str(found[0]) if found else ""


def test_a_report_without_any_configuration(tmp_path: Path):
    out = tmp_path / "april.pdf"
    ran = gmops("report", "make", "monthly", "--period", "2018-04", "--out", out,
                home=tmp_path / "home")  # fmt: skip
    assert ran.code == 0, ran.err
    assert "the example contract is used" in ran.err
    assert contact_of(tmp_path / "home") == "", "it is used, not recorded"
    assert str(out) in ran.out
    assert out.read_bytes().startswith(b"%PDF-")


def test_reports_are_listed_and_hold(home: Path):
    (report,) = gmops("report", "list", "--json", home=home).answer["reports"]
    assert report["period"] == "2018-04"
    verified = gmops("verify", "--json", home=home)
    assert verified.code == 0, verified.err
    assert verified.answer["ok"] is True
    Path(report["path"]).write_bytes(b"%PDF-1.7 another")
    forged = gmops("verify", home=home)
    assert forged.code == 3
    assert "does not prove itself" in forged.err


def test_papers_of_other_kinds_are_made_by_name(home: Path, tmp_path: Path):
    opened = gmops("ticket", "open", "官网首页 502", "--requester", contact_of(home), "--json",
                   home=home)  # fmt: skip
    number = opened.answer["ticket"]["number"]
    out = tmp_path / "fault.pdf"
    fault = gmops("report", "make", "fault", "--of", number, "--out", out, home=home)
    assert fault.code == 0, fault.err
    assert out.read_bytes().startswith(b"%PDF-")
    fees = gmops("report", "make", "fees", "--language", "en", "--json", home=home)
    assert fees.code == 0, fees.err
    assert fees.answer["kind"] == "fees"
    for wrong in (
        ("make", "diary"), ("make", "fault"), ("make", "fees", "--period", "2018-04"),
        ("make", "backups", "--of", number), ("make", "backups", "--period", "2018-4"),
        ("make", "fees", "--language", "fr"),
    ):  # fmt: skip
        assert gmops("report", *wrong, home=home).code == 2, wrong
    assert gmops("report", "make", "fault", "--of", "T-9999", home=home).code == 1


def test_a_ticket_from_asking_to_closing(home: Path):
    stranger = gmops("ticket", "open", "网站打不开", "--requester", "路人甲", home=home)
    assert stranger.code == 1
    assert "路人甲" in stranger.err

    contact = contact_of(home)
    words = ("ticket", "open", "网站打不开", "--requester", contact, "--priority", "1", "--json")
    opened = gmops(*words, home=home)
    assert opened.code == 0, opened.err
    number = opened.answer["ticket"]["number"]
    assert opened.answer["ticket"]["priority"] == 1

    assert gmops("ticket", "close", number, home=home).code == 1, "nobody has confirmed it"
    wrong = gmops("ticket", "move", number, "closed", home=home)
    assert wrong.code == 2
    assert "working" in wrong.err
    for state in ("working", "awaiting_confirmation"):
        assert gmops("ticket", "move", number, state, home=home).code == 0
    assert gmops("ticket", "note", number, "已恢复", home=home).code == 0
    confirmed = gmops("ticket", "confirm", number, "--by", contact, "--channel", "phone", home=home)
    assert confirmed.code == 0, confirmed.err
    assert gmops("ticket", "close", number, home=home).code == 0

    shown = gmops("ticket", "show", number, "--json", home=home).answer
    assert shown["ticket"]["state"] == "closed"
    assert any("已恢复" in step["text"] for step in shown["steps"])
    listed = gmops("ticket", "list", home=home)
    assert "网站打不开" in listed.out
    assert gmops("ticket", "list", "--search", "发票", "--json", home=home).answer["tickets"] == []
    assert gmops("ticket", "show", "T-9999", home=home).code == 1


def test_a_store_tampered_with_fails_the_proof(home: Path):
    with sqlite3.connect(home / "store.db") as store:
        changed = store.execute("UPDATE entries SET actor = 'somebody' WHERE sequence = 3")
        assert changed.rowcount == 1
    ran = gmops("verify", "--json", home=home)
    assert ran.code == 3


def test_a_damaged_store_is_told(home: Path):
    (home / "store.db").write_bytes(b"this is not a database" * 400)
    ran = gmops("ticket", "list", home=home)
    assert ran.code == 1
    assert "is damaged" in ran.err
    assert "Traceback" not in ran.err


def test_status_without_resources_knows_nothing(tmp_path: Path):
    ran = gmops("status", "--json", home=tmp_path)
    assert ran.code == 0, ran.err
    assert ran.answer == {"state": "unknown", "looks": []}


def test_the_doctor(tmp_path: Path):
    ran = gmops("doctor", "--json", home=tmp_path / "home")
    assert ran.code == 0, ran.err
    states = {check["name"]: check["state"] for check in ran.answer["checks"]}
    assert states["Python"] == states["Qt"] == states["The record"] == "ok"
    assert states["Keyring"] == "warning", "there is none here"
    assert all(check["remedy"] for check in ran.answer["checks"] if check["state"] != "ok")
    page = gmops("doctor", home=tmp_path / "home", GMOPS_LANGUAGE="zh_CN")
    assert "系统密钥环" in page.out


def test_the_doctor_names_what_is_broken(home: Path):
    (home / "store.db").write_bytes(b"this is not a database" * 400)
    ran = gmops("doctor", "--json", home=home)
    assert ran.code == 1
    record = next(check for check in ran.answer["checks"] if check["name"] == "The record")
    assert record["state"] == "critical"
    assert record["remedy"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such mode bits")
def test_the_doctor_warns_of_an_open_data_folder(tmp_path: Path):
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(0o755)
    ran = gmops("doctor", "--json", home=home)
    folder = next(check for check in ran.answer["checks"] if check["name"] == "Data folder")
    assert folder["state"] == "warning"
    assert "chmod 700" in folder["remedy"]


@pytest.mark.logs("A command hit a bug")
def test_a_bug_becomes_a_report_without_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GMOPS_HOME", str(tmp_path))
    remember_secret("s3cret-of-the-day")
    try:
        raise ValueError("s3cret-of-the-day is not a number")
    except ValueError as bug:
        refusal = report_bug(bug)
    (report,) = (tmp_path / "logs").glob("bug-*.txt")
    assert str(report) in refusal.hint
    text = report.read_text("utf-8")
    assert "Traceback" in text
    assert "Python 3" in text
    assert "s3cret" not in text + refusal.message


def test_own_words_from_files_are_kept_and_printed(home: Path, tmp_path: Path):
    plan = tmp_path / "plan.txt"
    plan.write_text("五月完成扩容。\r\n", "utf-8-sig")
    of = ("monthly", "--period", "2018-04")
    made = gmops("report", "make", *of, "--text", f"plan={plan}", "--json", home=home)
    assert made.code == 0, made.err
    assert made.answer["number"].endswith("-V2")
    shown = gmops("report", "text", *of, "--json", home=home).answer
    assert [(one["section"], one["text"]) for one in shown["texts"]] == [("plan", "五月完成扩容。")]
    kept = gmops("report", "text", *of, "--section", "plan", "--keep", "常规", home=home)
    assert kept.code == 0, kept.err
    may = ("monthly", "--period", "2018-05", "--section", "plan")
    assert gmops("report", "text", *may, "--template", "常规", home=home).code == 0
    assert "五月完成扩容。" in gmops("report", "text", *may, home=home).out
    (one,) = gmops("report", "templates", "--json", home=home).answer["templates"]
    assert (one["kind"], one["section"], one["name"]) == ("monthly", "plan", "常规")
    assert gmops("report", "templates", "--drop", "常规", home=home).code == 0
    assert gmops("report", "text", *may, "--template", "常规", home=home).code == 1
    gone = gmops("report", "text", *may, "--clear", "--json", home=home)
    assert gone.answer["texts"] == []
    plan.write_bytes("五月".encode("gbk"))
    refused = gmops("report", "text", *may, "--file", plan, home=home)
    assert refused.code == 1
    assert "no UTF-8 text" in refused.err
    assert gmops("report", "text", *of, "--file", plan, home=home).code == 2
    assert gmops("report", "make", *of, "--text", "plan", home=home).code == 2


def test_a_month_in_one_go_then_copies_and_paper(home: Path, tmp_path: Path):
    """The report of April is there already, made after April was over: it is not made again."""
    made = gmops("report", "make", "all", "--period", "2018-04", "--json", home=home)
    assert made.code == 0, made.err
    kinds = [one["owed"]["kind"] for one in made.answer["documents"]]
    assert kinds[:2] == ["inspection", "backups"]
    assert "monthly" not in kinds
    again = gmops("report", "make", "all", "--period", "2018-04", home=home)
    assert again.code == 0
    assert "made already" in again.err
    assert gmops("report", "make", "all", "--of", "T-1", home=home).code == 2

    number = made.answer["documents"][0]["report"]["number"]
    given = gmops("report", "copy", number, "--to", "李慧敏", "--form", "file", home=home)
    assert given.code == 0, given.err
    assert "李慧敏 as a file" in gmops("report", "show", number, home=home).out
    assert gmops("report", "copy", number, "--to", " ", home=home).code == 1
    out = tmp_path / "paper.pdf"
    printed = gmops("report", "print", number, "--pages", "1", "--to-file", out, home=home)
    assert printed.code == 0, printed.err
    assert out.read_bytes().startswith(b"%PDF-")
    refused = gmops("report", "print", number, "--printer", "none such", home=home)
    assert refused.code == 1
    assert "There is no printer" in refused.err
    assert gmops("report", "print", number, "--pages", "99", home=home).code == 1
