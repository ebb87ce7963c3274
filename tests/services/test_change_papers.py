"""The three papers of a change out of what is really on record, kept in the register."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from change_desk import Desk
from db.engine import Database
from gmops_desktop.context import Context
from gmops_desktop.contract.change_checks import Checked
from gmops_desktop.contract.steps import Handed
from gmops_desktop.contract.terms import ZONE
from gmops_desktop.reports import rendering
from gmops_desktop.services.reports import Report, Reports


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
