"""A line of what runs out opens: sources, a date by hand, its registry, its ticket."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from PySide6.QtCore import QDate
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from db.engine import Database
from db.journal import Journal
from gmops_desktop.adapters.registries import Asked
from gmops_desktop.addresses import WebAddress
from gmops_desktop.changes import Change
from gmops_desktop.context import Context
from gmops_desktop.contract.expiry import Expiry
from gmops_desktop.errors import OpsError
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.domains import Domains
from gmops_desktop.services.expiry_reminders import ExpiryReminders
from gmops_desktop.services.obligations import Obligations
from gmops_desktop.services.tickets import Tickets
from gmops_desktop.services.troubles import Troubles
from gmops_desktop.tasks import TaskRunner
from ui.expiring import Expiring, ExpiryWatch
from ui.expiry_sheet import ExpirySheet
from ui.widgets.frames import Label

SOON = date.today() + timedelta(days=10)


class Desk:
    """Everything a sheet needs over a real store; the registry says what the test put there."""

    def __init__(
        self, database: Database, journal: Journal, contracts: Contracts, runner: TaskRunner
    ) -> None:
        self.contracts, self.runner = contracts, runner
        self.fault: OpsError | None = None
        self.obligations = Obligations(database, journal)
        self.tickets = Tickets(database, journal)
        self.domains = Domains(database, self._ask)
        troubles = Troubles(database, journal, self.tickets)
        self.reminders = ExpiryReminders(self.obligations.board, troubles)
        self.parent = QWidget()
        self.expiring = Expiring(contracts, self.domains, self.reminders, runner, self.parent)

    def _ask(self, _name: str, _today: date, _context: Context) -> Asked:
        if self.fault is not None:
            raise self.fault
        return Asked(SOON, "rdap", "https://registry.example/")

    def of(self, name: str) -> Expiry:
        return next(one for one in self.obligations.board() if one.name == name)

    def open(self, name: str) -> ExpirySheet:
        return self.expiring.open(self.of(name), self.parent)


@pytest.fixture
def desk(
    qtbot: QtBot, database: Database, journal: Journal, contracts: Contracts, runner: TaskRunner
) -> Desk:
    desk = Desk(database, journal, contracts, runner)
    qtbot.addWidget(desk.parent)
    return desk


def texts(sheet: ExpirySheet) -> list[str]:
    return [one.full_text if isinstance(one, Label) else one.text()
            for one in sheet.findChildren(QLabel)]  # fmt: skip


def press(sheet: ExpirySheet, word: str) -> None:
    next(one for one in sheet.findChildren(QPushButton) if one.text() == word).click()


def test_a_date_is_entered_corrected_and_its_history_shown(desk: Desk, qtbot: QtBot) -> None:
    sheet = desk.open("ICP filing")
    assert (sheet.choice.current, sheet.on.isVisible()) == ("none", False)
    assert not sheet.save.isEnabled()
    assert sheet.save.toolTip() == "Nothing is different yet."
    sheet.choice.choose("day")
    sheet.choice.chosen.emit("day")
    sheet.on.setDate(QDate(SOON.year, SOON.month, SOON.day))
    with qtbot.waitSignal(desk.runner.changed) as heard:
        sheet.save.click()
    assert heard.args == [Change.CONTRACT]
    assert desk.of("ICP filing").on == SOON
    again = desk.open("ICP filing")
    assert again.choice.current == "day"
    # How many days that is, depends on where the day begins: in Beijing.
    assert any(one.startswith("ICP filing runs out in ") for one in texts(again))
    assert f"runs out on {SOON}" in texts(again), "the history"
    again.choice.choose("never")
    again.choice.chosen.emit("never")
    again.save.click()
    assert (desk.of("ICP filing").state, desk.of("ICP filing").on) == ("ok", None)


def test_the_contract_leads_to_its_terms(desk: Desk, qtbot: QtBot) -> None:
    sheet = desk.open("Contract")
    assert not sheet.save.isVisible()
    with qtbot.waitSignal(desk.expiring.wanted) as heard:
        press(sheet, "Change the contract")
    assert heard.args == ["settings", "contract"]


def test_a_registry_is_asked_from_the_sheet(
    desk: Desk, qtbot: QtBot, settled: Callable[[], None]
) -> None:
    desk.contracts.save_resource("website", "site", WebAddress("https://www.chamber.org.cn/"))
    told: list[tuple[str, str, str]] = []
    desk.expiring.noticed.connect(lambda *words: told.append(words))
    sheet = desk.open("Domain chamber.org.cn")
    press(sheet, "Ask the registry now")
    settled()
    qtbot.waitUntil(lambda: bool(told))
    assert told[0][:2] == ("ok", f"chamber.org.cn is registered until {SOON}.")
    found = desk.of("Domain chamber.org.cn")
    assert (found.on, found.source) == (SOON, "registry (RDAP)")
    again = desk.open("Domain chamber.org.cn")
    assert "https://registry.example/" in texts(again)
    desk.fault = OpsError("The WHOIS server gave no answer.")
    press(again, "Ask the registry now")
    settled()
    qtbot.waitUntil(lambda: len(told) == 2)
    assert told[1] == (
        "warning", "The WHOIS server gave no answer.", "The last day that was learnt stays.",
    )  # fmt: skip
    assert desk.of("Domain chamber.org.cn").on == SOON


def test_its_ticket_is_one_click_away(desk: Desk, qtbot: QtBot) -> None:
    desk.contracts.save_expiry("icp", SOON)
    [ticket] = [one for one in desk.reminders.follow() if "ICP" in one.title]
    sheet = desk.open("ICP filing")
    with qtbot.waitSignal(desk.expiring.wanted) as heard:
        press(sheet, ticket.number)
    assert heard.args == ["tickets", ticket.number]


def test_the_watch_asks_and_then_reminds_and_hears_of_dates_by_hand(
    desk: Desk, qtbot: QtBot, settled: Callable[[], None]
) -> None:
    desk.contracts.save_resource("website", "site", WebAddress("https://www.chamber.org.cn/"))
    watch = ExpiryWatch(desk.domains, desk.reminders, desk.runner, desk.parent)
    told: list[str] = []
    watch.noticed.connect(lambda _state, sentence, _more: told.append(sentence))
    desk.contracts.save_expiry("icp", SOON)
    desk.runner.changed.emit(Change.CONTRACT)
    settled()
    assert told == [], "it has not begun"
    watch.begin()
    watch.ask()
    settled()
    qtbot.waitUntil(lambda: bool(told))
    titles = {one.title for one in desk.tickets.all()}
    assert titles == {
        f"Domain chamber.org.cn runs out on {SOON}", f"ICP filing runs out on {SOON}"}  # fmt: skip
    desk.contracts.save_expiry("police", SOON)
    desk.runner.changed.emit(Change.CONTRACT)
    qtbot.waitUntil(lambda: len(desk.tickets.all()) == 3)
    settled()
    watch.stop()
    desk.contracts.save_expiry("verification", SOON)
    desk.runner.changed.emit(Change.CONTRACT)
    settled()
    assert len(desk.tickets.all()) == 3
    assert desk.domains.ask_due(Context()) == (), "asked a moment ago"
