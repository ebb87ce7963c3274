"""The three papers of a change out of what is really on record, kept in the register."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from change_desk import Desk
from db.engine import Database
from gmops_desktop.context import Context
from gmops_desktop.contract.change_checks import Checked
from gmops_desktop.contract.report_texts import SECTIONS
from gmops_desktop.contract.steps import Handed
from gmops_desktop.contract.terms import ZONE
from gmops_desktop.gathering.matters import notice_of, record_of
from gmops_desktop.gathering.texts import TextKeys
from gmops_desktop.reports import rendering
from gmops_desktop.services.reports import Asked, Kind, Report, Reports
from gmops_desktop.services.reports.texts import Texts
from gmops_desktop.services.reports.unsaved import Unsaved


@pytest.fixture
def desk(database: Database) -> Desk:
    desk = Desk(database)
    desk.furnish()
    return desk


@pytest.fixture
def reports(desk: Desk, tmp_path: Path) -> Reports:
    return Reports(
        desk.database, desk.journal, lambda: tmp_path, lambda start, end: pytest.fail("not asked")
    )


def test_words_for_the_papers_of_a_change_are_printed_and_a_correction_says_so(
    desk: Desk, tmp_path: Path
) -> None:
    """By the one way of all documents: named by the change's number, with a draft before it."""
    patches, context = desk.patches, Context()
    gather: dict[Kind, Asked] = {
        "notice": partial(notice_of, patches),
        "change_record": partial(record_of, patches),
        "hand_over": lambda one: partial(patches.hand_over_facts, patches.get(one).id),
    }
    find = TextKeys(desk.contracts, desk.tickets, gather)
    texts = Texts(desk.database, desk.journal, find, Unsaved(tmp_path / "unsaved"))
    reports = Reports(desk.database, desk.journal, lambda: tmp_path,
                      lambda start, end: pytest.fail("not asked"), gather, texts)  # fmt: skip
    change = desk.ready()
    desk.apply(change)
    patches.check_after(desk.host, change.id, context)
    patches.confirm(change.id, by="李慧敏", channel="电话", text="正常")
    patches.hand_over(desk.host, change.id, context, text="行业筛选")
    for kind in gather:
        key = texts.key(kind, change.number)
        assert (key.kind, key.of) == (kind, change.id)
        draft = reports.draft(kind, change.number, context)
        for section in SECTIONS[kind]:
            texts.write(key, section, f"另请注意{section}事项。")
        drawn = draft.draw(texts.of(key), context)
        draft.close()
        first = reports.make(kind, change.number, context)
        assert (first.kind, first.about, first.replaces) == (kind, change.id, "")
        for section in SECTIONS[kind]:
            assert f"另请注意{section}事项。" in said(first)
            assert rendering.page_with(drawn.content, f"另请注意{section}事项。") is not None
        second = reports.make(kind, change.id, context, corrects="改正窗口时间")
        assert (second.replaces, second.corrects) == (first.number, "改正窗口时间")
        assert f"本版替代{first.number}，原版仍保留在登记中。更正内容：改正窗口时间" in said(second)
    # The buttons of the change print the words, too.
    assert "另请注意request事项。" in said(
        reports.write_notice(lambda: patches.notice_facts(change.id), context)
    )
    made = [one for one in desk.journal.entries("report") if one.action == "report.made"]
    assert all(one.fields["texts"] for one in made)


def said(report: Report) -> str:
    return "".join(rendering.text(report.path).split())


def test_a_change_from_its_notice_to_its_hand_over_on_paper(desk: Desk, reports: Reports) -> None:
    patches, context = desk.patches, Context()
    change = desk.queued()
    early = said(reports.write_notice(lambda: patches.notice_facts(change.id), context))
    for words in ("0/3", "筛选", "窗口尚未确定"):
        assert words in early, words

    change = desk.ready()
    notice = reports.write_notice(lambda: patches.notice_facts(change.id), context)
    assert "3/3" in said(notice)
    assert "公告users" in said(notice)
    desk.apply(change)
    patches.check_after(desk.host, change.id, context)
    open_record = reports.write_change_record(lambda: patches.record_facts(change.id), context)
    assert "尚未与计划核对" in said(open_record)
    patches.confirm(change.id, by="李慧敏", channel="电话", text="正常")
    notes = Handed("操作手册.pdf", "document", "cd" * 32)
    patches.hand_over(desk.host, change.id, context, documents=(notes,), text="行业筛选")
    record = reports.write_change_record(lambda: patches.record_facts(change.id), context)
    printed = said(record)
    window = f"{desk.now.astimezone(ZONE) - timedelta(minutes=2):%Y-%m-%d%H:%M}"
    assert printed.count(window) >= 2  # its own line, and the gate's evidence: both Beijing time
    for words in (change.number, "发布报告", "15/15", "unpack", "Settingupnginx", "李慧敏", "电话"):
        assert words in printed, words
    assert record.replaces == open_record.number
    form = reports.write_change_hand_over(lambda: patches.hand_over_facts(change.id), context)
    for words in ("a.php", "操作手册.pdf", "cd" * 32, "版本说明", "行业筛选"):
        assert words in said(form), words
    assert {one.about for one in (notice, record, form)} == {change.id}
    assert reports.checks() == ()


def test_a_change_taken_back_says_on_paper_what_was_worse(desk: Desk, reports: Reports) -> None:
    change = desk.ready()
    desk.apply(change)
    desk.server.checked["page:/"] = Checked("page:/", "官网首页", "critical", "HTTP 502")
    desk.patches.check_after(desk.host, change.id, Context())
    desk.patches.roll_back(
        desk.host, change.id, Context(), confirm=change.number, reason="首页返回 502"
    )
    record = reports.write_change_record(lambda: desk.patches.record_facts(change.id), Context())
    printed = said(record)
    for words in ("已回退", "首页返回502", "HTTP502", "比之前差"):
        assert words in printed, words
    assert "按计划完成，并经" not in printed
