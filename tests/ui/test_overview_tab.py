"""The overview shows what is recorded, says unknown where nobody looked, and leads on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from db.engine import Database
from db.journal import Journal
from gmops_desktop.contract.clauses import CLAUSES
from gmops_desktop.contract.terms import Contract
from gmops_desktop.gathering.texts import TextKeys
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.ledgers import Ledgers
from gmops_desktop.services.obligations import Due, Obligations
from gmops_desktop.services.reports import Reports
from gmops_desktop.services.reports.texts import Texts
from gmops_desktop.services.reports.unsaved import Unsaved
from gmops_desktop.services.tickets import Tickets
from gmops_desktop.tasks import TaskRunner
from ui.dialogs.contract import NoticeSheet
from ui.dialogs.sheet import Sheet
from ui.evidence_dialog import ClausesDialog, EvidenceDialog
from ui.ledger_dialog import LedgerDialog
from ui.ledger_history import LedgerHistory
from ui.ledger_sheets import DaysSheet, RecordSheet
from ui.overview_due import DueSheet
from ui.overview_tab import OverviewTab
from ui.papers import Papers
from ui.ticket_dialogs import ReasonSheet
from ui.widgets.badges import StateBadge
from ui.widgets.frames import Label

Show = Callable[[], OverviewTab]


def overview(
    database: Database,
    journal: Journal,
    runner: TaskRunner,
    folder: Path,
    chosen: list[str] | None = None,
) -> OverviewTab:
    """Return the tab on real services; `chosen` hears which contract is to be shown."""
    picked = [""] if chosen is None else chosen
    contracts = Contracts(database, journal, shown=lambda: picked[-1])
    tickets = Tickets(database, journal)
    ledgers = Ledgers(database, journal, tickets, shown=lambda: picked[-1])
    obligations = Obligations(database, journal, shown=lambda: picked[-1])
    reports = Reports(
        database, journal, lambda: folder, lambda start, end: pytest.fail("not asked")
    )
    texts = Texts(database, journal, TextKeys(contracts, tickets), Unsaved(folder / "unsaved"))
    papers = Papers(contracts, ledgers, reports, runner, texts)
    return OverviewTab(obligations, contracts, ledgers, tickets.all, runner, papers, picked.append)


@pytest.fixture
def journal(database: Database) -> Journal:
    return Journal(database, actor=lambda: "Zhang")


@pytest.fixture
def show(
    qtbot: QtBot, database: Database, journal: Journal, runner: TaskRunner, tmp_path: Path
) -> Show:
    def show() -> OverviewTab:
        tab = overview(database, journal, runner, tmp_path)
        qtbot.addWidget(tab)
        tab.resize(1278, 732)
        with qtbot.waitExposed(tab):
            tab.show()
        return tab

    return show


def test_without_a_contract_it_leads_to_the_contract(show: Show, qtbot: QtBot) -> None:
    tab = show()
    assert tab._empty.isVisible()
    assert not tab._all.isVisible()


def test_what_nobody_knows_is_unknown(show: Show, database: Database, journal: Journal) -> None:
    Contracts(database, journal).load_example()
    tab = show()
    states = [badge.state for badge in tab.figures.findChildren(StateBadge) if badge.isVisible()]
    assert states == ["critical", *["unknown"] * 3]  # the example contract has ended
    assert tab.matrix._model.rowCount() == 9
    unknown = [row for row in tab.expiry.rows.shown if row.on is None]
    assert unknown
    assert all(row.state == "unknown" for row in unknown)


def test_open_tickets_stand_with_their_clock_and_open_on_their_page(
    show: Show, database: Database, journal: Journal, qtbot: QtBot
) -> None:
    contracts, tickets = Contracts(database, journal), Tickets(database, journal)
    contracts.load_example()
    asked = next(one.name for one in contracts.contacts() if one.party == "A")
    tickets.open("incident", "Home page 502", requester=asked, priority=1)
    tab = show()
    line = tab.tickets.rows.shown[0]
    assert (line.number, line.title, line.priority) == ("T-0001", "Home page 502", 1)
    assert line.clock_text
    with qtbot.waitSignal(tab.wanted) as heard:
        tab.tickets.opened.emit(line)
    assert heard.args == ["tickets", "T-0001"]


# ---------------------------------------------------------------- evidence, ledgers, contracts


@pytest.fixture
def running(database: Database, journal: Journal) -> Contract:
    """The example contract as if it had been signed this month, a year from today."""
    contracts = Contracts(database, journal)
    today = date.today()
    example = contracts.load_example()
    start = today.replace(day=1)
    contract = replace(example, id="now", number="NOW-1", start=start, signed_on=start,
                       end=start.replace(year=start.year + 1), renews=example.id)  # fmt: skip
    contracts.save_contract(contract)
    return contract


def sheet_of(tab: OverviewTab, kind: type[Sheet]) -> Sheet:
    return next(one for one in tab.window().findChildren(kind) if one.isVisible())


def test_a_cell_opens_its_evidence_and_leads_to_it(
    show: Show, database: Database, journal: Journal, running: Contract, qtbot: QtBot
) -> None:
    tickets = Tickets(database, journal)
    asked = tickets.open("question", "统计口径", requester="李慧敏", priority=4)
    tab = show()
    place = next(at for at, item in enumerate(running.items) if item.key == "questions")
    tab.matrix.chosen.emit(place, 0)
    dialog = sheet_of(tab, EvidenceDialog)
    assert isinstance(dialog, EvidenceDialog)
    [line] = dialog.table.rows.shown
    assert line[2] is not None
    assert line[2].title == f"{asked.number} 统计口径"
    with qtbot.waitSignal(tab.wanted) as heard:
        dialog.open_button.click()
    assert heard.args == ["tickets", asked.number]


def test_what_nobody_has_done_is_told_in_the_cell_too(show: Show, running: Contract) -> None:
    tab = show()
    place = next(at for at, item in enumerate(running.items) if item.key == "database")
    tab.matrix.chosen.emit(place, 0)
    dialog = sheet_of(tab, EvidenceDialog)
    assert isinstance(dialog, EvidenceDialog)
    assert [(line[0], line[2]) for line in dialog.table.rows.shown] == [
        ("backups", None), ("restores", None)]  # fmt: skip


def test_a_line_of_what_runs_out_opens(show: Show, running: Contract, qtbot: QtBot) -> None:
    tab = show()
    opened: list[str] = []
    tab.place_expiring(lambda expiry, _over: opened.append(expiry.key))
    assert not tab.open_expiry.isEnabled()
    assert tab.open_expiry.toolTip() == "Choose a line first."
    tab.expiry.select("icp")
    tab.open_expiry.click()
    tab.expiry.opened.emit(tab.expiry.rows.shown[0])
    assert opened == ["icp", tab.expiry.rows.shown[0].key]
    tab.below.choose("trends")
    tab.below.chosen.emit("trends")
    assert not tab.open_expiry.isVisible()
    tab.show_item("expiry:icp")
    assert opened[-1] == "icp"
    assert tab.open_expiry.isVisible()
    tab.show_item("expiry:nothing of that name")
    assert len(opened) == 3


def test_what_is_missing_opens_its_form(
    show: Show, database: Database, journal: Journal, running: Contract, qtbot: QtBot
) -> None:
    Contracts(database, journal).save_expiry("verification", date.today())
    tab = show()
    place = next(at for at, item in enumerate(running.items) if item.key == "verification")
    tab.matrix.chosen.emit(place, 0)
    dialog = sheet_of(tab, EvidenceDialog)
    assert isinstance(dialog, EvidenceDialog)
    assert dialog.open_button.text() == "Make it…"
    dialog.open_button.click()
    qtbot.waitUntil(lambda: bool(tab.window().findChildren(RecordSheet)))
    [sheet] = tab.window().findChildren(RecordSheet)
    assert sheet.windowTitle() == "Yearly verification"


def test_the_matrix_is_walked_by_the_keyboard(show: Show, running: Contract, qtbot: QtBot) -> None:
    tab = show()
    tab.matrix.setFocus()
    qtbot.waitUntil(tab.matrix.hasFocus)
    here = tab.matrix.currentIndex()
    assert (here.row(), here.column()) == (0, 1)  # the month of today
    qtbot.keyClick(tab.matrix, Qt.Key.Key_Down)
    qtbot.keyClick(tab.matrix, Qt.Key.Key_Right)
    tab.renew()  # the minute's refresh
    assert (tab.matrix.currentIndex().row(), tab.matrix.currentIndex().column()) == (1, 2)
    with qtbot.waitSignal(tab.matrix.chosen) as heard:
        qtbot.keyClick(tab.matrix, Qt.Key.Key_Return)
    assert heard.args == [1, 1]
    assert sheet_of(tab, EvidenceDialog)


def test_all_that_is_due_is_listed_and_leads_on(
    show: Show, running: Contract, qtbot: QtBot
) -> None:
    tab = show()
    tab.due.show_due([Due("critical", "late", f"thing {n}", f"T-{n:04d}") for n in range(9)], ())
    assert tab.due.more.text() == "5 more"
    tab.due.more.click()
    sheet = sheet_of(tab, DueSheet)
    assert isinstance(sheet, DueSheet)
    assert len(sheet.table.rows.shown) == 9
    sheet.table.selectRow(7)
    with qtbot.waitSignal(tab.wanted) as heard:
        sheet.go.click()
    assert heard.args == ["tickets", "T-0007"]


def test_a_notice_that_is_due_opens_its_letter(
    show: Show, database: Database, journal: Journal, running: Contract
) -> None:
    tab = show()
    [notice] = Contracts(database, journal).notices()
    tab.due.wanted.emit("notice", notice.key)
    assert sheet_of(tab, NoticeSheet).windowTitle() == notice.text()


def test_the_months_are_gathered_when_they_are_asked_for(
    show: Show,
    database: Database,
    journal: Journal,
    running: Contract,
    qtbot: QtBot,
    settled: Callable[[], None],
) -> None:
    Tickets(database, journal).open("incident", "502", requester="李慧敏", priority=1)
    tab = show()
    assert tab.trends.tickets.accessibleDescription() == ""
    tab.below._buttons["trends"].click()
    settled()
    assert tab.trends.isVisible()
    assert "faults 1, requests 0" in tab.trends.tickets.accessibleDescription()
    assert "nothing on record" in tab.trends.answers.accessibleDescription()
    assert tab.trends.days.accessibleDescription().endswith("0")


def test_a_line_is_corrected_and_its_sheet_printed(
    show: Show, database: Database, journal: Journal, running: Contract, qtbot: QtBot
) -> None:
    ledgers = Ledgers(database, journal, Tickets(database, journal))
    record = ledgers.add("training", "后台培训", people=("李慧敏",))
    tab = show()
    dialog = tab.open_ledger(record.id)
    dialog.records.amend.click()
    [sheet] = [one for one in dialog.findChildren(RecordSheet) if one.isVisible()]
    assert (sheet.title.text(), sheet.ok.isEnabled()) == ("后台培训", False)
    sheet.people.setText("李慧敏、王立新")
    sheet.why.setText("漏了一人")
    sheet.ok.click()
    assert ledgers.records("training")[0].people == ("李慧敏", "王立新")
    dialog.records.history.click()
    [history] = dialog.findChildren(LedgerHistory)
    history.table.selectRow(0)
    assert history.table.current is not None
    assert history.table.current.text == "people: 李慧敏 → 李慧敏, 王立新 · 漏了一人"
    history.reject()
    with qtbot.waitSignal(tab.wanted, timeout=20_000) as heard:
        dialog.records.sheet.click()
    assert heard.args[0] == "reports"
    assert "-QD-" in heard.args[1]


def test_days_are_taken_back_with_a_reason(
    show: Show, database: Database, journal: Journal, running: Contract
) -> None:
    tickets = Tickets(database, journal)
    number = tickets.open("requirement", "改版", requester="李慧敏", priority=3).number
    ledgers = Ledgers(database, journal, tickets)
    ledgers.book(number, Decimal(2))
    dialog = show().open_ledger()
    dialog.days.table.selectRow(0)
    assert not dialog.days.withdraw.isEnabled()
    dialog.days.take_back.click()
    [sheet] = [one for one in dialog.findChildren(DaysSheet) if one.isVisible()]
    assert (sheet.days.text(), sheet.ok.isEnabled()) == ("2", False)
    sheet.days.setText("1.5")
    sheet.words.setText("写错了")
    sheet.ok.click()
    assert ledgers.line(number).worked == Decimal("0.5")


def test_this_months_list_names_what_is_missing(
    show: Show, running: Contract, qtbot: QtBot
) -> None:
    tab = show()
    tab.due.span._buttons["month"].click()

    def seen() -> set[str]:
        return {label.full_text for label in tab.findChildren(Label) if label.isVisible()}

    qtbot.waitUntil(lambda: "No verified database backup this month" in seen())
    go = next(b for b in tab.findChildren(QPushButton) if b.isVisible() and b.text() == "Go")
    with qtbot.waitSignal(tab.wanted) as heard:
        go.click()
    assert heard.args[0] in ("status", "backups")


def test_the_clauses_are_gathered_in_the_background(
    show: Show, running: Contract, qtbot: QtBot
) -> None:
    tab = show()
    tab.clauses_link.click()
    qtbot.waitUntil(lambda: bool(tab.window().findChildren(ClausesDialog)))
    dialog = sheet_of(tab, ClausesDialog)
    assert isinstance(dialog, ClausesDialog)
    assert len(dialog.table.rows.shown) == len(CLAUSES)
    dialog.table.select("2.3-1")
    assert "no duty roster" in dialog.detail.text()


def test_days_are_estimated_agreed_to_and_booked(
    show: Show, database: Database, journal: Journal, running: Contract
) -> None:
    tickets = Tickets(database, journal)
    wanted = tickets.open("requirement", "会员名册导出", requester="李慧敏", priority=3)
    tab = show()
    ledger = tab.open_ledger()
    ledger.days.estimate.click()
    sheet = sheet_of(tab, DaysSheet)
    assert isinstance(sheet, DaysSheet)
    assert not sheet.ok.isEnabled()
    sheet.days.setText("2")
    sheet.ok.click()
    ledger.days.table.select(wanted.id)
    ledger.days.agree.click()
    sheet = sheet_of(tab, DaysSheet)
    assert isinstance(sheet, DaysSheet)
    assert sheet.days.text() == "2"
    sheet.ok.click()
    ledger.days.book.click()
    sheet = sheet_of(tab, DaysSheet)
    assert isinstance(sheet, DaysSheet)
    sheet.days.setText("1.2")
    sheet.ok.click()
    [line] = ledger.days.table.rows.shown
    assert (line.worked, line.counted, line.flaws) == (Decimal("1.2"), Decimal("1.5"), ())
    tab.renew()
    assert tab.figures.days._value.full_text == "8.5"


def test_a_training_is_recorded_and_its_sheet_named_later(show: Show, running: Contract) -> None:
    tab = show()
    tab._go("ledger", "training")
    ledger = sheet_of(tab, LedgerDialog)
    assert isinstance(ledger, LedgerDialog)
    assert ledger.register == "training"
    ledger.records.add.click()
    sheet = sheet_of(tab, RecordSheet)
    assert isinstance(sheet, RecordSheet)
    assert not sheet.ok.isEnabled()
    sheet.title.setText("后台发布")
    sheet.people.setText("李慧敏、王立新")
    sheet.ok.click()
    [record] = ledger.records.table.rows.shown
    assert (record.people, record.complete) == (("李慧敏", "王立新"), False)
    ledger.records.table.select(record.id)
    ledger.records.complete.click()
    asked = sheet_of(tab, ReasonSheet)
    assert isinstance(asked, ReasonSheet)
    asked.words.setPlainText("签到表.pdf")
    asked.go.click()
    [record] = ledger.records.table.rows.shown
    assert record.paper == "签到表.pdf"


def test_another_contract_can_be_shown(
    qtbot: QtBot,
    database: Database,
    journal: Journal,
    runner: TaskRunner,
    running: Contract,
    tmp_path: Path,
) -> None:
    contracts = Contracts(database, journal)
    other = contracts.add_contract(replace(running, number="HY-1", party_a="行业协会", renews=""))
    chosen = [running.id]
    tab = overview(database, journal, runner, tmp_path, chosen)
    runner.changed.connect(tab.hear)
    qtbot.addWidget(tab)
    with qtbot.waitExposed(tab):
        tab.show()
    assert tab.choice.isVisible()
    assert tab.choice.currentData() == running.id
    place = tab.choice.findData(other.id)
    tab.choice.setCurrentIndex(place)
    tab.choice.activated.emit(place)
    assert chosen[-1] == other.id
    assert tab.head.caption.full_text.startswith("行业协会")
