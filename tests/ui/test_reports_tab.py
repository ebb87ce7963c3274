"""Reports in the window: made from the real store, shown as they are printed, copied, printed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from db.engine import Database
from db.journal import Journal
from example_month import full_month
from gmops_desktop.context import Context
from gmops_desktop.gathering.tickets import TicketPapers
from gmops_desktop.reports.facts import MonthFacts
from gmops_desktop.reports.rendering import page_count
from gmops_desktop.reports.rendering import picture as picture_of
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.ledgers import Ledgers
from gmops_desktop.services.reports import ORDERED, SUBJECTS, Reports, word_of_kind
from gmops_desktop.services.reports.signing import Signing
from gmops_desktop.services.tickets import Tickets
from gmops_desktop.tasks import TaskRunner
from sandbox.signing_keys import PASSWORD, key_file, seal_picture
from ui.report_printing import Printing
from ui.report_signing import JudgementSheet, ReturnSheet, SignSheet
from ui.reports_tab import ReportsTab
from ui.signing_card import SigningCard
from ui.widgets.badges import StateBadge

Build = Callable[[Reports, Contracts], ReportsTab]


@pytest.fixture
def reports(tmp_path: Path, database: Database, journal: Journal, contracts: Contracts) -> Reports:
    def collect(start: date, end: date) -> MonthFacts:
        contract = contracts.current()
        assert contract is not None
        now = datetime(2018, 5, 2, 1, 0, tzinfo=UTC)
        return MonthFacts(contract=contract, start=start, end=end, generated_at=now)

    folder = tmp_path / "reports"
    folder.mkdir()
    return Reports(database, journal, lambda: folder, collect)


@pytest.fixture
def tab(
    qtbot: QtBot, reports: Reports, contracts: Contracts, runner: TaskRunner, reports_tab: Build
) -> ReportsTab:
    tab = reports_tab(reports, contracts)
    runner.changed.connect(tab.hear)
    qtbot.addWidget(tab)
    tab.resize(1278, 716)
    tab.show()
    return tab


@pytest.fixture
def made(qtbot: QtBot, tab: ReportsTab, settled: Callable[[], None]) -> ReportsTab:
    tab.form.period.setCurrentIndex(tab.form.period.findData("2018-04"))
    qtbot.mouseClick(tab.make_button, Qt.MouseButton.LeftButton)
    settled()
    return tab


def test_a_paper_of_one_ticket_is_made_by_its_number(
    qtbot: QtBot,
    tmp_path: Path,
    database: Database,
    journal: Journal,
    contracts: Contracts,
    runner: TaskRunner,
    settled: Callable[[], None],
    reports_tab: Build,
) -> None:
    tickets = Tickets(database, journal)
    papers = TicketPapers(contracts, tickets, Ledgers(database, journal, tickets), lambda: "张伟")
    ticket = tickets.open("incident", "官网 502", requester="李慧敏", priority=1)
    reports = Reports(
        database, journal, lambda: tmp_path, lambda start, end: pytest.fail("not asked"),
        {"fault": papers},
    )  # fmt: skip
    tab = reports_tab(reports, contracts)
    runner.changed.connect(tab.hear)
    qtbot.addWidget(tab)
    tab.show()
    assert [tab.form.kind.itemData(place) for place in range(tab.form.kind.count())] == [
        "monthly",
        "fault",
    ]
    tab.form.kind.setCurrentIndex(1)
    assert tab.form.ticket.isVisible()
    assert not tab.form.period.isVisible()
    assert not tab.make_button.isEnabled()
    assert "ticket" in tab.make_button.toolTip()
    QTest.keyClicks(tab.form.ticket, ticket.number)
    QTest.keyClick(tab.form.ticket, Qt.Key.Key_Return)
    settled()
    (report,) = reports.all()
    assert (report.kind, report.about) == ("fault", ticket.id)
    assert tab.register.table.current == report


def test_without_a_contract_the_tab_teaches_the_first_step(
    qtbot: QtBot,
    database: Database,
    journal: Journal,
    runner: TaskRunner,
    settled: Callable[[], None],
    reports_tab: Build,
) -> None:
    contracts = Contracts(database, journal)
    reports = Reports(database, journal, Path, lambda start, end: pytest.fail("not asked"))
    tab = reports_tab(reports, contracts)
    runner.changed.connect(tab.hear)
    qtbot.addWidget(tab)
    tab.show()
    assert tab._pages.currentIndex() == 1
    qtbot.mouseClick(tab._first, Qt.MouseButton.LeftButton)
    settled()
    assert tab._pages.currentIndex() == 0
    assert tab.form.period.count() > 0


def test_the_months_are_those_of_the_contract(tab: ReportsTab) -> None:
    months = [tab.form.period.itemData(place) for place in range(tab.form.period.count())]
    assert months[-1] == "2018-03"
    assert months == sorted(months, reverse=True)
    assert not tab.form.after.isEnabled()
    qtbot_first = tab.form.period.currentIndex()
    tab.form.before.click()
    assert tab.form.period.currentIndex() == qtbot_first + 1


def test_a_report_is_made_and_its_real_page_is_shown(made: ReportsTab, reports: Reports) -> None:
    report = reports.all()[0]
    assert report.period == "2018-04"
    assert made.register.table.current == report
    picture = made.preview.sheet._picture
    assert picture is not None
    assert abs(picture.width() / picture.height() - 210 / 297) < 0.01
    assert made.preview.sheet.accessibleName() == f"Page 1 of {report.pages}"
    assert made.make_button.isEnabled()


def test_pages_turn_by_key(made: ReportsTab, reports: Reports, settled: Callable[[], None]) -> None:
    QTest.keyClick(made.preview.sheet, Qt.Key.Key_PageDown)
    settled()
    pages = reports.all()[0].pages
    assert made.preview.page == min(1, pages - 1)
    for _ in range(pages + 2):
        made.preview.turn(1)
    assert made.preview.page == pages - 1
    assert not made.preview.forth.isEnabled()
    settled()


def test_a_report_whose_file_is_gone_says_so(made: ReportsTab, reports: Reports) -> None:
    reports.all()[0].path.unlink()
    made.renew()
    assert not made.register.save_button.isEnabled()
    assert made.register.save_button.toolTip() == "The file is gone."
    state, word = made.register.signature(reports.all()[0])
    assert (state, word) == ("critical", "File missing")


def test_a_copy_is_the_same_file(
    qtbot: QtBot,
    made: ReportsTab,
    reports: Reports,
    tmp_path: Path,
    settled: Callable[[], None],
) -> None:
    report = reports.all()[0]
    with qtbot.waitSignal(made.noticed) as noticed:
        made.save_as(report, tmp_path / "copy.pdf")
    assert noticed.args[0] == "ok"
    assert (tmp_path / "copy.pdf").read_bytes() == report.path.read_bytes()
    settled()


def test_a_report_prints_all_its_pages(
    qtbot: QtBot,
    made: ReportsTab,
    reports: Reports,
    tmp_path: Path,
    settled: Callable[[], None],
) -> None:
    report = reports.all()[0]
    with qtbot.waitSignal(made.noticed, timeout=20_000) as noticed:
        made.print_on([report], Printing(file=tmp_path / "printed.pdf"))
    assert noticed.args[0] == "ok"
    assert page_count(tmp_path / "printed.pdf") == report.pages
    settled()


@pytest.mark.qt_log_ignore("QPainter::begin.*Returned false", extend=True)
def test_a_printer_that_refuses_is_named(
    qtbot: QtBot, made: ReportsTab, reports: Reports, tmp_path: Path, runner: TaskRunner
) -> None:
    how = Printing(file=tmp_path / "no" / "such" / "folder.pdf")
    with qtbot.waitSignal(runner.failed) as failed:
        made.print_on([reports.all()[0]], how)
    assert "does not accept" in str(failed.args[1])


def test_a_register_entry_is_shown_by_its_number(made: ReportsTab, reports: Reports) -> None:
    made.register.table.clearSelection()
    made.show_item(reports.all()[0].number)
    assert made.register.table.current == reports.all()[0]


def test_a_document_is_signed_filed_back_and_judged(
    qtbot: QtBot, tab: ReportsTab, tmp_path: Path, settled: Callable[[], None]
) -> None:
    told: list[tuple[str, str]] = []
    tab.noticed.connect(lambda state, text, _more: told.append((state, text)))
    tab.make()
    settled()
    assert tab.register.sign_button.isEnabled()
    key, seal = tmp_path / "key.p12", tmp_path / "seal-scan.png"
    key.write_bytes(key_file())
    seal.write_bytes(seal_picture(paper=True))
    card = SigningCard(tab.signing._signing, tab._runner)
    qtbot.addWidget(card)
    card.show()
    settled()
    assert not card.forget_button.isEnabled()
    card._take(key, PASSWORD)
    card.take_seal(seal)
    settled()
    assert "智联信息技术有限公司" in card.text.text()
    assert card.picture.isVisible()

    qtbot.mouseClick(tab.register.sign_button, Qt.MouseButton.LeftButton)
    settled()
    report = tab.register.table.current
    assert report is not None
    assert report.signed == "party_b"
    assert not tab.register.sign_button.isEnabled()
    assert "signed already" in tab.register.sign_button.toolTip()

    tab.signing.verify(report.path)
    settled()
    sheet = tab.findChild(JudgementSheet)
    assert sheet is not None
    badge = sheet.findChild(StateBadge)
    assert badge is not None
    assert badge.accessibleName() == "Untouched since it was signed"
    said = " ".join(label.text() for label in sheet.findChildren(QLabel))
    assert f"The register knows it: {report.number}" in said
    sheet.reject()

    given = ReturnSheet(tab, report, seal, tab.signing.file_back)
    given.open()
    assert not given.go.isEnabled()
    given.by.setText("王主任")
    qtbot.mouseClick(given.go, Qt.MouseButton.LeftButton)
    settled()
    assert tab.register.table.current is not None
    assert tab.register.table.current.signed == "both"
    assert [state for state, _ in told if state != "ok"] == []

    card._forget()
    settled()
    assert not card.badge.isVisible()


def test_a_seal_is_laid_across_the_edges_and_printed(
    qtbot: QtBot,
    tab: ReportsTab,
    reports: Reports,
    signing: Signing,
    tmp_path: Path,
    settled: Callable[[], None],
) -> None:
    """Asked for each document of several pages, when it is signed."""
    reports._collect = lambda start, end: replace(full_month(), start=start, end=end,
                                                  tickets=full_month().tickets * 12)  # fmt: skip
    tab.make()
    settled()
    key, seal = tmp_path / "key.p12", tmp_path / "seal-scan.png"
    key.write_bytes(key_file())
    seal.write_bytes(seal_picture(paper=True))
    signing.use_key(key, PASSWORD)
    signing.use_seal(seal)

    qtbot.mouseClick(tab.register.sign_button, Qt.MouseButton.LeftButton)
    sheet = tab.findChild(SignSheet)
    assert sheet is not None
    assert not sheet.across.isChecked()
    assert reports.all()[0].signed == "unsigned"
    QTest.keyClick(sheet.across, Qt.Key.Key_Space)
    qtbot.mouseClick(sheet.go, Qt.MouseButton.LeftButton)
    settled()

    report = reports.all()[0]
    assert (report.signed, report.pages > 1) == ("party_b", True)
    assert signing.judge(report.path, Context()).verdict == "untouched"
    printed = tmp_path / "printed.pdf"
    with qtbot.waitSignal(tab.noticed):
        tab.print_on([report], Printing(file=printed))
    for page in range(report.pages):
        picture = Image.open(BytesIO(picture_of(printed, page, 600))).convert("RGB")
        edge = picture.crop((round(picture.width * 0.9), 0, picture.width, picture.height))
        red = sum(r > 150 and g < 90 and b < 90 for r, g, b in edge.get_flattened_data())
        assert red > 100, "the slice is on paper, in its colour"
    settled()


def test_every_kind_that_can_be_made_is_offered_and_explained(tab: ReportsTab) -> None:
    for kind in (one for one, of in SUBJECTS.items() if of in ORDERED):
        if tab.form.kind.findData(kind) < 0:  # what nobody gathers in this test
            tab.form.kind.addItem(word_of_kind(kind), kind)
        tab.form.kind.setCurrentIndex(tab.form.kind.findData(kind))
        assert tab.form.kind.currentData() == kind
        assert tab.form.explained.text()
