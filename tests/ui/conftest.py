"""What the tests of the tabs share: a contract in a real store, and a way to wait for a task."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from db.engine import Database
from db.journal import Journal
from gmops_desktop.adapters.vault import Vault
from gmops_desktop.gathering.evidence_files import EvidenceFiles
from gmops_desktop.gathering.month_end import MonthOwes
from gmops_desktop.gathering.texts import TextKeys
from gmops_desktop.services.attachments import Attachments
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.finding import Finding
from gmops_desktop.services.reports import Reports
from gmops_desktop.services.reports.copies import Copies
from gmops_desktop.services.reports.month_end import MonthEnd
from gmops_desktop.services.reports.register import Register
from gmops_desktop.services.reports.signing import Signing
from gmops_desktop.services.reports.texts import Texts
from gmops_desktop.services.reports.unsaved import Unsaved
from gmops_desktop.services.tickets import Tickets
from gmops_desktop.settings import SettingsFile
from gmops_desktop.tasks import TaskRunner
from ui.reports_tab import ReportsTab
from ui.theme import Appearance


@pytest.fixture(scope="session", autouse=True)
def dressed(qapp: QApplication) -> None:
    """The fonts and the theme of the program: what fits a window is as the user sees it."""
    Appearance(qapp, "light")


@pytest.fixture
def journal(database: Database) -> Journal:
    """The journal of an engineer named Zhang."""
    return Journal(database, actor=lambda: "Zhang", device_name="desk")


@pytest.fixture
def contracts(database: Database, journal: Journal) -> Contracts:
    """The example contract, with Ms Li as one more designated contact of Party A."""
    contracts = Contracts(database, journal)
    contracts.load_example()
    contracts.add_contact("李老师", "A", "designated contact", "", date(2018, 3, 6))
    return contracts


@pytest.fixture
def tickets(database: Database, journal: Journal) -> Tickets:
    """The tickets of the same store."""
    return Tickets(database, journal)


@pytest.fixture
def signing(database: Database, journal: Journal, tmp_path: Path) -> Signing:
    """What signs documents of the same store; its keyring is the test's own."""
    register = Register(database, journal, lambda: tmp_path / "reports")
    settings = SettingsFile(tmp_path / "signing.json")
    return Signing(database, journal, register, settings, Vault(), tmp_path / "seal.png")


@pytest.fixture
def texts(
    database: Database, journal: Journal, contracts: Contracts, tickets: Tickets, tmp_path: Path
) -> Texts:
    """People's own words in documents of the same store."""
    keys = TextKeys(contracts, tickets)
    return Texts(database, journal, keys, Unsaved(tmp_path / "unsaved"))


@pytest.fixture
def reports_tab(
    database: Database,
    journal: Journal,
    tickets: Tickets,
    runner: TaskRunner,
    signing: Signing,
    tmp_path: Path,
) -> Callable[[Reports, Contracts], ReportsTab]:
    """Makes the tab of these reports over the same store."""

    def build(reports: Reports, contracts: Contracts) -> ReportsTab:
        texts = Texts(database, journal, TextKeys(contracts, tickets),
                      Unsaved(tmp_path / "unsaved"))  # fmt: skip
        owes = MonthOwes(contracts, tickets, reports, lambda: datetime.now(UTC))
        copies, month_end = Copies(database, journal, reports), MonthEnd(reports, owes)
        attachments = Attachments(database, journal, tmp_path / "files", limit=lambda: 1_000_000)
        save = EvidenceFiles(database, reports, attachments, lambda: True).save
        return ReportsTab(reports, contracts, runner, signing, texts, copies, month_end, save)

    return build


@pytest.fixture
def finding(database: Database) -> Finding:
    """What looks the tickets of the same store up."""
    return Finding(database)


@pytest.fixture
def settled(qtbot: QtBot, runner: TaskRunner) -> Callable[[], None]:
    """Wait until no task is left."""

    def wait() -> None:
        qtbot.waitUntil(lambda: not runner.running(), timeout=20_000)

    return wait
