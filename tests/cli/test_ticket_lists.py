"""`gmops ticket search`, `import`, `export` and `ics`."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from gmops import gmops

HEADS = ("单号", "标题", "状态", "登记时间", "处理过程")


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("lists") / "old.csv"
    with path.open("w", encoding="gbk", newline="") as file:
        csv.writer(file).writerows(
            [
                HEADS,
                ("GD-1", "数据库备份失败", "已关闭", "2018-03-06 10:24", "清理 binlog"),
                ("GD-2", "官网 502", "处理中", "2018-03-07", ""),
                ("GD-3", "年审", "？", "2018-03-08", ""),
            ]
        )
    return path


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, old: Path) -> Path:
    """A home with the list taken in, its refused rows written beside it."""
    home = tmp_path_factory.mktemp("home") / "home"
    refused = old.with_name("refused.csv")
    ran = gmops("ticket", "import", old, "--refused", refused, "--json", home=home)
    assert ran.code == 0, ran.err
    assert (ran.answer["taken"], ran.answer["known"]) == (2, 0)
    assert ran.answer["refused"][0] == {
        "row": 4, "column": "状态", "value": "？", "why": "not a word known for “State”",
    }  # fmt: skip
    assert "状态" in refused.read_text("utf-8-sig")
    return home


def test_a_look_writes_nothing(old: Path, tmp_path: Path):
    ran = gmops("ticket", "import", old, "--dry-run", home=tmp_path / "home")
    assert ran.code == 0, ran.err
    assert "2 tickets would be taken in · 1 row is refused" in ran.out
    assert "Row 4, 状态: not a word known for “State” (？)" in ran.out
    assert gmops("ticket", "list", "--json", home=tmp_path / "home").answer["tickets"] == []


def test_a_second_import_finds_every_row_there(home: Path, old: Path):
    again = gmops("ticket", "import", old, "--json", home=home)
    assert (again.answer["taken"], again.answer["known"]) == (0, 2)


def test_two_characters_find(home: Path):
    found = gmops("ticket", "search", "备份 binlog", "--json", home=home).answer["tickets"]
    assert [one["title"] for one in found] == ["数据库备份失败"]
    assert "502" in gmops("ticket", "search", "官网", home=home).out


def test_the_list_goes_out_and_due_dates_too(home: Path, tmp_path: Path):
    ran = gmops("ticket", "export", tmp_path / "list.csv", "--json", home=home)
    assert ran.answer["tickets"] == 2
    assert "官网 502" in (tmp_path / "list.csv").read_text("utf-8-sig")
    ran = gmops("ticket", "ics", tmp_path / "due.ics", "--json", home=home)
    assert ran.code == 0, ran.err
    assert (tmp_path / "due.ics").read_bytes().startswith(b"BEGIN:VCALENDAR\r\n")


def test_a_column_is_named_by_its_head(tmp_path: Path):
    path = tmp_path / "odd.csv"
    path.write_text("甲,乙\n首页,2018-03-06\n", "utf-8")
    ran = gmops("ticket", "import", path, home=tmp_path / "home")
    assert ran.code == 1
    assert "No column is named for" in ran.err
    ran = gmops("ticket", "import", path, "--column", "title=甲", "--column", "opened_at=乙",
                "--json", home=tmp_path / "home")  # fmt: skip
    assert ran.answer["taken"] == 1
    ran = gmops("ticket", "import", path, "--column", "title=丙", home=tmp_path / "home")
    assert "Its columns are: 甲" in ran.err
