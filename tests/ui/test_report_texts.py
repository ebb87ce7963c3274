"""Own words beside their live pages, everything for a month, and who holds which copy."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from db.engine import Database
from db.journal import Journal
from gmops_desktop.errors import OpsError
from gmops_desktop.gathering.tickets import TicketPapers
from gmops_desktop.reports.facts import MonthFacts
from gmops_desktop.reports.rendering import page_count, page_with, text
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.finding import Finding
from gmops_desktop.services.ledgers import Ledgers
from gmops_desktop.services.reports import Reports
from gmops_desktop.services.reports.signing import Signing
from gmops_desktop.services.reports.texts import Texts
from gmops_desktop.services.tickets import Tickets
from gmops_desktop.tasks import TaskRunner
from sandbox.signing_keys import PASSWORD, key_file, seal_picture
from ui.papers import Papers
from ui.report_batch import BatchSheet
from ui.report_copy import CopySheet
from ui.report_printing import Printing
from ui.report_signing import ReturnSheet
from ui.report_templates import TemplateSheet
from ui.reports_tab import ReportsTab
from ui.tickets_tab import TicketsTab

Settled = Callable[[], None]
BROKEN = "2018-05"  # the month of which nothing can be gathered


@pytest.fixture
def reports(
    tmp_path: Path, database: Database, journal: Journal, contracts: Contracts, tickets: Tickets
) -> Reports:
    def collect(start: date, end: date) -> MonthFacts:
        contract = contracts.current()
        assert contract is not None
        if f"{start:%Y-%m}" == BROKEN:
            raise OpsError("The store of May is broken.", hint="Mend May.")
        now = datetime(2018, 5, 2, 1, 0, tzinfo=UTC)
        return MonthFacts(contract=contract, start=start, end=end, generated_at=now)

    (tmp_path / "reports").mkdir()
    papers = TicketPapers(contracts, tickets, Ledgers(database, journal, tickets), lambda: "Zhang")
    return Reports(database, journal, lambda: tmp_path / "reports", collect, {"visit": papers})


@pytest.fixture
def tab(
    qtbot: QtBot,
    reports: Reports,
    contracts: Contracts,
    runner: TaskRunner,
    reports_tab: Callable[[Reports, Contracts], ReportsTab],
) -> ReportsTab:
    made = reports_tab(reports, contracts)
    runner.changed.connect(made.hear)
    qtbot.addWidget(made)
    made.resize(1190, 700)
    made.show()
    made.show_item("2018-04")
    return made


def test_the_pages_follow_what_is_typed_and_leaving_keeps_it(
    qtbot: QtBot, tab: ReportsTab, reports: Reports, journal: Journal, settled: Settled
) -> None:
    drawn: list[bytes] = []
    tab.drafting.drawn.connect(lambda one: drawn.append(one.built.content))
    assert tab.texts.section.count() == 7
    tab.texts.editor.setPlainText("本月平稳，𠮷野家页面已改。")
    qtbot.waitUntil(lambda: len(drawn) == 1)
    tab.texts.editor.appendPlainText("再写一段，说明扩容。")
    qtbot.waitUntil(lambda: len(drawn) == 2)
    settled()
    assert page_with(drawn[1], "𠮷野家页面已改。再写一段，说明扩容。Zhang撰写") == 0
    assert page_with(drawn[0], "再写一段") is None
    assert tab.preview.sheet._picture is not None
    assert tab.preview._title.full_text == "Draft"
    assert (reports.all(), journal.entries("report_text")) == ((), ())

    tab.texts.section.setCurrentIndex(6)
    tab.texts.section.activated.emit(6)
    (kept,) = journal.entries("report_text")
    assert kept.fields["section"] == "overview"
    assert tab.texts.editor.toPlainText() == ""
    tab.texts.editor.setPlainText("下月做演练。")
    tab.make()  # what is in the editor goes in, too
    settled()
    (report,) = reports.all()
    assert report.number.endswith("2018-04")
    assert tab.register.current == report
    tab.form.choose_month("2018-06")
    tab.form.chosen.emit()
    assert tab.texts.editor.toPlainText() == ""
    settled()
    tab.drafting.close()


def test_ten_thousand_characters_are_counted_and_one_more_stays_in_the_editor(
    tab: ReportsTab, journal: Journal
) -> None:
    told: list[str] = []
    tab.noticed.connect(lambda _state, said, _more: told.append(said))
    tab.texts.editor.setPlainText("字" * 10_001)
    assert tab.texts.count.full_text == "10,001 / 10,000"
    assert tab.texts.count.property("ink") == "critical"
    assert len(tab.texts.words()[0].text) == 10_000  # what the draft can show
    tab.texts.keep()
    assert "10,001 characters" in told[0]
    assert journal.entries("report_text") == ()
    tab.texts.editor.setPlainText("字" * 10_000)
    tab.texts.keep()
    assert len(journal.entries("report_text")) == 1


def test_templates_are_offered_taken_edited_and_dropped(tab: ReportsTab, qtbot: QtBot) -> None:
    texts = tab.texts
    kept = tab._texts.keep_template("monthly", "overview", "平稳", "本月运行平稳。")
    texts.menu.aboutToShow.emit()
    texts.menu.actions()[0].trigger()
    assert texts.editor.toPlainText() == "本月运行平稳。"
    sheet = TemplateSheet(tab, tab._texts)
    sheet.open()
    assert not sheet.save.isEnabled()
    sheet.text.setPlainText(" ")
    sheet.save.click()
    assert "needs a name and a text" in sheet.fault.text()
    sheet.text.setPlainText("本月运行总体平稳。")
    sheet.save.click()
    assert tab._texts.templates()[0].text == "本月运行总体平稳。"
    assert tab._texts.templates()[0].id == kept.id
    sheet.drop.click()
    assert tab._texts.templates() == ()
    sheet.reject()


def test_everything_for_a_month_goes_on_after_a_failing_one(
    qtbot: QtBot,
    tab: ReportsTab,
    reports: Reports,
    tickets: Tickets,
    signing: Signing,
    tmp_path: Path,
    settled: Settled,
) -> None:
    """Of this month: its report and the form of a visit; then both are signed and printed."""
    ticket = tickets.open("visit", "现场更换交换机", requester="李老师", priority=3)
    month = f"{datetime.now(UTC):%Y-%m}"
    assert [one.kind for one in tab._month_end.owed(month)] == ["monthly", "visit"]
    key = tmp_path / "key.p12"
    key.write_bytes(key_file())
    signing.use_key(key, PASSWORD)
    sheet = BatchSheet(tab, month, "this month", tab._month_end, signing, tab._runner)
    qtbot.addWidget(sheet)
    sheet.lines[0].owed = type(sheet.lines[0].owed)("monthly", BROKEN)
    sheet.open()
    assert not sheet.sign_button.isEnabled()
    qtbot.mouseClick(sheet.go, Qt.MouseButton.LeftButton)
    settled()
    assert "The store of May is broken. Mend May." in sheet.lines[0].says
    assert [one.kind for one in sheet.made] == ["visit"]
    assert "1 document is made. 1 failed" in sheet.summary.text()
    assert reports.all()[0].about == ticket.id
    sheet.lines[0].owed = type(sheet.lines[0].owed)("monthly", month)
    qtbot.mouseClick(sheet.go, Qt.MouseButton.LeftButton)  # what failed is tried again
    settled()
    assert len(sheet.made) == 2
    qtbot.mouseClick(sheet.sign_button, Qt.MouseButton.LeftButton)
    settled()
    assert {one.signed for one in sheet.made} == {"party_b"}
    assert tab._month_end.owed(month) == ()
    tab.print_on(sheet.made, Printing(file=tmp_path / "all.pdf"))
    settled()
    printed = sorted(tmp_path.glob("all-*.pdf"))
    assert [page_count(one) for one in printed] == [
        one.pages for one in sorted(sheet.made, key=lambda one: one.number)
    ]
    sheet.reject()


def test_the_register_says_who_holds_which_copy_and_which_version_holds(
    qtbot: QtBot, tab: ReportsTab, reports: Reports, settled: Settled
) -> None:
    for _ in range(2):
        tab.make()
        settled()
    second, first = reports.all()
    register = tab.register
    assert [len(text(one.path)) > 100 for one in (first, second)] == [True, True]
    assert register.signature(first)[1] == "Replaced"
    asked: list[object] = []
    register.copy_wanted.disconnect()
    register.copy_wanted.connect(asked.append)
    register.copy_button.click()
    assert asked == [second]
    sheet = CopySheet(tab, second, lambda to, form, on, remark: tab._copies.give(
        second.id, to, form=form, on=on, remark=remark))  # fmt: skip
    sheet.open()
    assert not sheet.go.isEnabled()
    sheet.to.setText("李老师")
    sheet.go.click()
    tab.renew()
    assert register.facts["copies"].full_text.startswith("李老师 on paper 20")
    assert register.facts["version"].full_text.endswith(f"replaces {first.number}")
    with pytest.raises(OpsError, match="cannot be handed over"):
        tab._copies.give(second.id, "李老师", on=date(2018, 1, 1))
    register.filter.setText(second.file_digest[:12])
    assert register.table.rows.shown == [second]
    register.filter.setText("")
    menu = QMenu()
    register._fill_menu(menu)
    offered = [action.text() for action in menu.actions()]
    assert offered[:7] == [
        "Open", "Save as…", "Print…", "Sign", "File a return…", "Hand over…", "Verify",
    ]  # fmt: skip


def test_on_site_a_form_is_two_clicks_from_the_ticket_and_its_scan_three_from_the_register(
    qtbot: QtBot,
    tab: ReportsTab,
    tickets: Tickets,
    contracts: Contracts,
    finding: Finding,
    reports: Reports,
    runner: TaskRunner,
    signing: Signing,
    database: Database,
    journal: Journal,
    texts: Texts,
    tmp_path: Path,
    settled: Settled,
) -> None:
    """Without a line and without a signing key: menu, form; paper; file the scan, who, done."""
    page = TicketsTab(tickets, contracts, runner, finding)
    qtbot.addWidget(page)
    page.show()
    papers = Papers(contracts, Ledgers(database, journal, tickets), reports, runner, texts)
    page.verbs.print_paper = papers.print_ticket
    papers.made.connect(tab.show_item)
    ticket = tickets.open("visit", "现场更换交换机", requester="李老师", priority=3)
    page.renew()
    settled()
    page.show_item(ticket.id)
    settled()
    menu = page.page.more_menu
    form = next(act for act in menu.actions() if act.text() == "On-site service form")
    form.trigger()
    settled()
    made = tab.register.current
    assert made is not None
    assert (made.kind, made.about, made.signed) == ("visit", ticket.id, "unsigned")

    scan = tmp_path / "scan.png"
    scan.write_bytes(seal_picture())
    sheet = ReturnSheet(tab, made, scan, tab.signing.file_back)
    sheet.open()
    sheet.by.setText("李老师")
    sheet.go.click()
    settled()
    filed = tab.register.current
    assert filed is not None
    assert (filed.id, filed.signed) == (made.id, "both")
    assert "李老师 came back" in tab.register.facts["copies"].full_text
    assert (reports.all()[0].path.parent / f"{made.number}.scan.png").exists()
