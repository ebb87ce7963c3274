"""People's own words in documents: kept in the journal, printed, merged; and their templates."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from db.engine import Database
from db.journal import Journal
from example_month import CONTRACT, full_month
from gmops_desktop.context import Context
from gmops_desktop.contract.report_texts import LONGEST, OwnText, TextKey
from gmops_desktop.errors import OpsError
from gmops_desktop.reports.archival import attached
from gmops_desktop.reports.facts import MonthFacts
from gmops_desktop.reports.rendering import text as text_of
from gmops_desktop.services.reports import Reports
from gmops_desktop.services.reports.judging import judge
from gmops_desktop.services.reports.texts import Texts
from gmops_desktop.services.reports.unsaved import Typed, Unsaved

APRIL = TextKey(CONTRACT.id, "monthly", "2018-04")


class Desk:
    """A register with its texts, on one machine."""

    def __init__(self, database: Database, folder: Path, name: str) -> None:
        self.journal = Journal(database, actor=lambda: f"{name}的人", device_name=name)

        def collect(start: date, end: date) -> MonthFacts:
            return replace(full_month(), start=start, end=end)

        self.unsaved = Unsaved(folder / "unsaved")
        self.texts = Texts(
            database, self.journal, lambda kind, of: TextKey(CONTRACT.id, kind, of), self.unsaved
        )
        self.reports = Reports(
            database, self.journal, lambda: folder / "reports", collect, texts=self.texts
        )

    def write(self, section: str, text: str) -> OwnText | None:
        return self.texts.write(APRIL, section, text)

    def said(self) -> dict[str, str]:
        return {one.section: one.text for one in self.texts.of(APRIL)}


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Desk:
    return Desk(database, tmp_path, "工作站")


@pytest.fixture
def laptop(database: Database, tmp_path: Path, desk: Desk) -> Iterator[Desk]:
    """Another machine that took a copy of the store along."""
    desk.write("overview", "出发前写的概况。")
    with database.session() as session:
        session.connection().exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    (tmp_path / "laptop").mkdir()
    shutil.copy(database.path, tmp_path / "laptop" / "store.db")
    copied = Database(tmp_path / "laptop" / "store.db")
    yield Desk(copied, tmp_path / "laptop", "笔记本")
    copied.close()


def test_words_are_printed_and_each_version_names_the_entries_it_prints(
    desk: Desk, context: Context
) -> None:
    first = desk.write("plan", "五月完成数据库扩容，𠮷野家页面改版 😀。\n第二段。")
    assert first is not None
    one = desk.reports.make("monthly", "2018-04", context)
    page = "".join(text_of(one.path).split())
    assert "五月完成数据库扩容，𠮷野家页面改版〓。第二段。" in page
    assert "工作站的人撰写" in page
    assert "五、下月计划" in page
    assert "六、凭证" in page
    assert "风险与建议" not in page  # nobody wrote there

    second = desk.write("plan", "改为六月扩容。")
    two = desk.reports.make("monthly", "2018-04", context)
    assert two.replaces == one.number
    made = [entry for entry in desk.journal.entries("report") if entry.action == "report.made"]
    assert [entry.fields["texts"] for entry in made] == [
        {"plan": first.entry},
        {"plan": second.entry if second else ""},
    ]
    printed, _ = attached(one.path)
    assert printed["texts"][0]["text"] == first.text
    assert "改为六月扩容" in "".join(text_of(two.path).split())
    assert desk.reports.checks() == ()


def test_what_did_not_change_is_not_recorded_again(desk: Desk) -> None:
    desk.write("plan", "一样")
    desk.write("plan", "  一样\r\n")
    assert len(desk.journal.entries("report_text")) == 1
    assert desk.write("risks", "") is None
    desk.write("plan", "")
    assert desk.said() == {}
    assert len(desk.journal.entries("report_text")) == 2


def test_two_machines_that_wrote_at_once_both_stand_until_a_person_decides(
    desk: Desk, laptop: Desk
) -> None:
    desk.write("plan", "工作站写的计划")
    laptop.write("plan", "笔记本写的计划")
    laptop.write("risks", "只有笔记本写的风险")
    desk.journal.merge(laptop.journal.entries())
    laptop.journal.merge(desk.journal.entries())
    assert desk.said() == laptop.said()
    found = {one.section: one for one in desk.texts.of(APRIL)}
    assert found["risks"].text == "只有笔记本写的风险"
    assert found["overview"].text == "出发前写的概况。"
    assert {found["plan"].text, found["plan"].other} == {"工作站写的计划", "笔记本写的计划"}
    desk.write("plan", found["plan"].text)  # the same words, by somebody who saw both
    assert {one.section: one.other for one in desk.texts.of(APRIL)}["plan"] == ""


def test_ten_thousand_characters_flow_over_pages_and_one_more_is_refused(
    desk: Desk, context: Context
) -> None:
    before = desk.reports.make("monthly", "2018-04", context)
    long = "".join(chr(0x4E00 + place % 2000) for place in range(LONGEST))
    desk.write("risks", long)
    report = desk.reports.make("monthly", "2018-04", context)
    assert report.pages > before.pages + 3
    values, _ = attached(report.path)
    assert values["texts"][0]["text"] == long
    with pytest.raises(OpsError, match="a section takes 10,000"):
        desk.write("risks", long + "字")
    assert desk.said()["risks"] == long


def test_a_draft_is_the_document_itself_and_leaves_no_trace(desk: Desk, context: Context) -> None:
    written = desk.write("plan", "先写一句。")
    assert written is not None
    entries = len(desk.journal.entries())
    draft = desk.reports.draft("monthly", "2018-04", context)
    assert draft.key == APRIL
    typed = replace(written, text="正在输入的新内容")
    built = draft.draw((typed,), context)
    again = draft.draw((replace(typed, text="又改了一次"),), context)
    draft.close()
    assert built.pages >= 1
    assert desk.reports.render_draft(built.content, 0, 300).startswith(b"\x89PNG")
    assert built.content != again.content
    assert len(desk.journal.entries()) == entries
    assert desk.reports.all() == ()


def test_templates_are_kept_replaced_dropped_and_merged(desk: Desk, laptop: Desk) -> None:
    texts = desk.texts
    kept = texts.keep_template("monthly", "plan", " 常规  计划 ", "按计划巡检、备份、演练。")
    assert kept.name == "常规 计划"
    again = texts.keep_template("monthly", "plan", "常规 计划", "按计划巡检、备份。")
    other = texts.keep_template("monthly", "risks", "常规 计划", "无重大风险。")
    assert [one.id for one in texts.templates("monthly", "plan")] == [kept.id]
    assert again.text == "按计划巡检、备份。"
    laptop.journal.merge(desk.journal.entries())
    assert laptop.texts.templates() == texts.templates()
    texts.drop_template(other.id)
    assert texts.templates() == (again,)
    with pytest.raises(OpsError, match="no such template"):
        texts.drop_template(other.id)
    with pytest.raises(OpsError, match="needs a name and a text"):
        texts.keep_template("monthly", "plan", " ", "x")
    assert json.dumps([one.text for one in texts.templates()])


def test_judging_a_file_tells_whose_words_it_prints_and_whether_the_journal_holds_them(
    desk: Desk, database: Database, context: Context, tmp_path: Path
) -> None:
    desk.write("plan", "五月完成数据库扩容，并在月底前做一次恢复演练，结果写入下月报告。")
    one = desk.reports.make("monthly", "2018-04", context)
    found = judge(one.path, database, desk.journal, context)
    assert (found.verdict, found.faults) == ("unsigned", ())
    said = "\n".join(found.facts)
    assert "Words of 工作站的人 are those of the journal: “五月完成数据库扩容" in said
    assert re.search("The journal agrees: entry [0-9]+ of 工作站", said)
    desk.write("plan", "改了")
    two = desk.reports.make("monthly", "2018-04", context)
    again = judge(one.path, database, desk.journal, context)
    assert again.faults == ()
    assert f"A newer version holds: {two.number}." in again.facts
    with database.session() as session, session.begin():
        session.execute(
            text("UPDATE entries SET data = replace(data, '扩容', '缩容') WHERE kind = :kind"),
            {"kind": "report_text"},
        )
    forged = judge(one.path, database, desk.journal, context)
    assert forged.verdict == "contradicted"
    assert any(
        "stand otherwise in the journal: “五月完成数据库缩容" in one for one in forged.faults
    )
    assert any(re.search("Entry [0-9]+ of 工作站", one) for one in forged.faults)


# ---------------------------------------------------------------- what was being typed


def dead(desk: Desk, folder: Path, *typed: Typed) -> None:
    """Leave words as a program does that is killed while they are typed: its lock is free."""
    program = Unsaved(folder / "unsaved")
    for one in typed:
        program.keep(one)
    assert desk.texts.of(APRIL) is not None  # while it lives, nobody takes them
    assert desk.texts.brought_back() == ()


def test_what_a_dead_program_left_is_recorded_below_what_was_written_since(
    desk: Desk, tmp_path: Path
) -> None:
    first = desk.write("overview", "概况。")
    assert first is not None
    words = (
        Typed(APRIL, "overview", "概况，又写了一句。", first.entry),
        Typed(APRIL, "plan", "先扩容。", ""),
        Typed(APRIL, "tickets", "工单", ""),
        Typed(APRIL, "risks", "字" * 10_001, ""),
    )
    dead(desk, tmp_path, *words)
    (folder,) = (tmp_path / "unsaved").iterdir()
    (folder / "half.json").write_bytes(b'{"key": {"contract')  # the power went
    (folder / ".whole.json.aa.part").write_bytes(b"x")
    desk.write("plan", "另一台机器写的计划。")
    desk.write("tickets", "工单都已完成。")  # holds the words already
    said = desk.said()
    assert said == {
        "overview": "概况，又写了一句。",
        "plan": "另一台机器写的计划。\n\n先扩容。",
        "tickets": "工单都已完成。",
    }
    assert {one.section for one in desk.texts.brought_back()} == {"overview", "plan", "risks"}
    assert desk.texts.typed(APRIL, "risks") == "字" * 10_001  # too long: it waits in the editor
    assert not folder.exists()
    desk.write("risks", "字")
    assert desk.texts.typed(APRIL, "risks") is None
    entries = len(desk.journal.entries("report_text"))
    assert desk.said() == {**said, "risks": "字"}
    assert (desk.texts.brought_back(), len(desk.journal.entries("report_text"))) == ((), entries)


def test_words_that_cannot_be_kept_or_read_name_the_way_out(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(source: object, target: object) -> None:
        raise OSError(28, "No space left on device")

    desk.texts.type(APRIL, "plan", "计", "")
    with monkeypatch.context() as patch:
        patch.setattr("gmops_desktop.paths.os.replace", full)
        with pytest.raises(OpsError, match="No space left"):
            desk.texts.type(APRIL, "plan", "计划", "")
    assert desk.texts.typed(APRIL, "plan") == "计"
    (tmp_path / "unsaved" / "dead" / "a.json").mkdir(parents=True)
    with pytest.raises(OpsError, match=r"a\.json cannot be read") as refused:
        desk.texts.of(APRIL)
    assert "Mend its rights" in refused.value.hint
