"""The patch queue in the window: scan, queue, gates with their evidence; nothing is installed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from db.engine import Database
from db.journal import Journal
from gmops_desktop.addresses import Resource, SshAddress
from gmops_desktop.context import Context
from gmops_desktop.contract.updates import (
    Component,
    Inventory,
    KeptBack,
    Plan,
    Repository,
    Update,
    Updater,
)
from gmops_desktop.errors import OpsError
from gmops_desktop.gathering.matters import notice_of
from gmops_desktop.gathering.texts import TextKeys
from gmops_desktop.reports import rendering
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.ledgers import Ledgers
from gmops_desktop.services.patches import Hands, Patches
from gmops_desktop.services.reports import Asked, Kind, Reports
from gmops_desktop.services.reports.texts import Texts
from gmops_desktop.services.reports.unsaved import Unsaved
from gmops_desktop.services.tickets import Tickets
from gmops_desktop.tasks import TaskRunner
from ui.paper_sheet import PaperSheet
from ui.papers import KIND_OF_PAPER, Papers
from ui.patch_forms import AskSheet
from ui.patch_gates import lacking
from ui.patches_tab import PatchesTab
from ui.ticket_dialogs import ReasonSheet

OPENSSL = Update("openssl", "amd64", "1.0.2k-12", "1.0.2k-16", "Debian-Security", True)
CURL = Update("curl", "amd64", "7.29.0-46", "7.29.0-51", "Debian", False)


class Host:
    """Stands for one server behind SSH: what it answers when it is asked."""

    def __init__(self) -> None:
        self.updates: tuple[Update, ...] = (OPENSSL, CURL)
        self.unknown = ""
        self.down = False
        self.more: dict[str, Any] = {}  # what else a scan finds
        self.moved_on: tuple[Update, ...] = ()  # what it would install by now instead

    def scan(self, address: SshAddress, context: Context) -> Inventory:
        if self.down:
            raise OpsError(f"{address} does not answer.", hint="Is it switched on?")
        updates = () if self.unknown else self.updates
        now = datetime.now(UTC)
        found = Inventory(
            "", now, "apt", "Debian 12", updates, ("mariadb-server",), (), True, None, self.unknown
        )
        return replace(found, **self.more)

    def simulate(self, address: SshAddress, wanted: Sequence[Update], context: Context) -> Plan:
        wanted = self.moved_on or tuple(wanted)
        text = "\n".join(f"Inst {one.name} [{one.old}] ({one.new})" for one in wanted)
        now = datetime.now(UTC)
        return Plan(wanted, (), (), ("nginx",), False, text, now, 40 * 1024**3)


@pytest.fixture
def host() -> Host:
    return Host()


@pytest.fixture
def patches(database: Database, journal: Journal, host: Host) -> Patches:
    return Patches(database, journal, Hands(scan_host=host.scan, simulate_host=host.simulate))


@pytest.fixture
def web(contracts: Contracts) -> Resource:
    return contracts.save_resource("host", "web1", SshAddress("127.0.0.1"))


@pytest.fixture
def tab(
    qtbot: QtBot, patches: Patches, contracts: Contracts, runner: TaskRunner, web: Resource
) -> PatchesTab:
    for resource in contracts.resources():
        if resource.id != web.id:
            contracts.remove_resource(resource.id)
    tab = PatchesTab(patches, contracts, runner)
    runner.changed.connect(tab.hear)
    qtbot.addWidget(tab)
    tab.resize(1278, 716)
    tab.show()
    return tab


@pytest.fixture
def scanned(tab: PatchesTab, settled: Callable[[], None]) -> PatchesTab:
    tab.scan()
    settled()
    return tab


@pytest.fixture
def queued(qtbot: QtBot, scanned: PatchesTab, settled: Callable[[], None]) -> PatchesTab:
    qtbot.mouseClick(scanned.detail.offer.security, Qt.MouseButton.LeftButton)
    settled()
    return scanned


def record_buttons(tab: PatchesTab) -> list[QPushButton]:
    """Return the buttons in sight that record a notice."""
    found = tab.detail.page.findChildren(QPushButton)
    return [made for made in found if made.text() == "Record notice…" and made.isVisible()]


def test_an_empty_queue_offers_the_first_scan(
    qtbot: QtBot, tab: PatchesTab, settled: Callable[[], None]
) -> None:
    assert tab._pages.currentIndex() == 1
    qtbot.mouseClick(tab._first, Qt.MouseButton.LeftButton)
    settled()
    assert tab._pages.currentIndex() == 0
    assert "2 updates available, 1 of them security" in tab.head.caption.full_text


def test_without_a_server_the_settings_are_offered(
    qtbot: QtBot, tab: PatchesTab, contracts: Contracts, web: Resource
) -> None:
    contracts.remove_resource(web.id)
    tab.renew()
    assert tab._pages.currentIndex() == 2
    assert tab.scan_button.toolTip() == "No server is known yet."
    with qtbot.waitSignal(tab.wanted) as wanted:
        qtbot.mouseClick(tab._connect, Qt.MouseButton.LeftButton)
    assert wanted.args[0] == "settings"


def test_a_host_shows_what_it_offers(scanned: PatchesTab) -> None:
    assert scanned.queue.list.entries[-1].word == "1 security"
    assert [update.name for update in scanned.detail.offer.table.rows.shown] == ["openssl", "curl"]
    assert "mariadb-server" in scanned.detail.offer.facts.text()
    assert not scanned.detail.offer.chosen.isEnabled()


def test_unknown_is_not_up_to_date(
    tab: PatchesTab, host: Host, settled: Callable[[], None]
) -> None:
    host.unknown = "The package manager is locked."
    tab.scan()
    settled()
    entry = tab.queue.list.entries[-1]
    assert (entry.state, entry.word) == ("unknown", "unknown")
    assert "is locked" in tab.detail.offer.facts.text()
    assert not tab.detail.offer.everything.isEnabled()


def test_a_host_that_is_down_reaches_the_user(
    qtbot: QtBot, tab: PatchesTab, host: Host, runner: TaskRunner
) -> None:
    host.down = True
    with qtbot.waitSignal(runner.failed) as failed:
        tab.scan()
    assert "does not answer" in str(failed.args[1])


def test_only_the_security_updates_are_queued(queued: PatchesTab, patches: Patches) -> None:
    change = patches.all()[0]
    assert change.updates.packages == (OPENSSL,)
    assert queued.detail.page.number.full_text == change.number
    assert queued.detail.page.heading.full_text == "openssl 1.0.2k-12 → 1.0.2k-16"
    assert "Inst openssl" in queued.detail.page.run.log.toPlainText()
    assert "still lacking" in queued.detail.page.gates.hint.full_text


def test_chosen_packages_are_queued(
    qtbot: QtBot, scanned: PatchesTab, patches: Patches, settled: Callable[[], None]
) -> None:
    scanned.detail.offer.table.selectRow(1)
    assert scanned.detail.offer.chosen.isEnabled()
    qtbot.mouseClick(scanned.detail.offer.chosen, Qt.MouseButton.LeftButton)
    settled()
    assert patches.all()[0].updates.packages == (CURL,)


def test_a_notice_with_its_evidence_meets_its_gate(
    qtbot: QtBot, queued: PatchesTab, patches: Patches, settled: Callable[[], None]
) -> None:
    before = patches.all()[0]
    begin = datetime.now(UTC) + timedelta(hours=1)
    patches.set_window(before.id, begin, begin + timedelta(hours=2))
    queued.renew()
    for name in ("users", "leaders", "responsible"):
        qtbot.waitUntil(lambda: bool(record_buttons(queued)))
        qtbot.mouseClick(record_buttons(queued)[0], Qt.MouseButton.LeftButton)
        sheet = queued.findChildren(ReasonSheet)[-1]
        assert not sheet.go.isEnabled()
        sheet.words.setPlainText(f"posted for {name}, 11-20 09:30")
        qtbot.mouseClick(sheet.go, Qt.MouseButton.LeftButton)
        settled()
    change = patches.get(before.id)
    assert len(change.announced) == 3
    assert lacking(change.gates) != lacking(before.gates)
    headings = [entry.title for entry in queued.queue.list.entries if entry.heading]
    assert "Waiting for its window" in headings


def test_a_drifted_plan_is_shown_and_can_be_taken(
    qtbot: QtBot, queued: PatchesTab, patches: Patches, host: Host, settled: Callable[[], None]
) -> None:
    newer = Update("openssl", "amd64", "1.0.2k-12", "1.0.2k-19", "Debian-Security", True)
    host.moved_on = (newer,)
    queued.detail.page._acts["simulate"].trigger()
    settled()
    assert "+ openssl:amd64 1.0.2k-19" in queued.detail.page.plan.notes.full_text
    assert queued.detail.page.next.text() == "Take the plan of now…"
    qtbot.mouseClick(queued.detail.page.next, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(queued.findChildren(AskSheet)[-1].go, Qt.MouseButton.LeftButton)
    settled()
    assert patches.all()[0].updates.packages == (newer,)
    assert not queued.detail.page.plan.notes.isVisible()


def test_a_change_is_cancelled_with_its_reason(
    qtbot: QtBot, queued: PatchesTab, patches: Patches, settled: Callable[[], None]
) -> None:
    queued.detail.page._acts["cancel"].trigger()
    sheet = queued.findChildren(ReasonSheet)[-1]
    sheet.words.setPlainText("replaced by a newer one")
    qtbot.mouseClick(sheet.go, Qt.MouseButton.LeftButton)
    settled()
    assert patches.all()[0].state == "cancelled"
    queued.show_item(patches.all()[0].number)
    assert not queued.detail.page._acts["cancel"].isEnabled()
    qtbot.waitUntil(lambda: not record_buttons(queued))


def test_the_filter_keeps_headings_of_what_is_left(queued: PatchesTab) -> None:
    queued.queue.search.setText("c-0001")
    titles = [entry.title for entry in queued.queue.list.entries]
    assert titles == ["Waiting for a window to be set", "openssl 1.0.2k-12 → 1.0.2k-16"]


def test_what_ages_beside_the_updates_is_shown_and_no_security_notice_is_not_up_to_date(
    tab: PatchesTab, host: Host, settled: Callable[[], None]
) -> None:
    rich = replace(OPENSSL, severity="Critical", cves=("CVE-2018-5407",), bytes=493_000)
    host.updates = (CURL, rich)
    host.more = {
        "system_id": "centos",
        "system_version": "7",
        "repositories": (Repository("Debian", False),),
        "not_taken": (KeptBack("redis", "removes", "redis-legacy"),),
        "updaters": (Updater("yum-cron", True, "default", False, "systemctl disable yum-cron"),),
        "components": (Component("php", "5.4.16", "/usr/local/php/bin/php", ""),),
    }
    tab.scan()
    settled()
    table = tab.detail.offer.table
    assert [update.name for update in table.rows.shown] == ["openssl", "curl"]  # the worst first
    cells = [
        [table.rows.data(table.rows.index(line, column)) for column in range(3, 6)]
        for line in range(2)
    ]
    assert cells == [["Critical", "CVE-2018-5407", "493.0 kB"], ["unknown", "—", "—"]]
    said = {check.name: check for check in tab.detail.offer.findings.rows.shown}
    assert said["Operating system"].state == said["PHP"].state == "critical"
    assert "2024-06-30" in said["Operating system"].text
    assert "2.3-8" in said["Automatic updates"].text
    assert "systemctl disable yum-cron" in said["Automatic updates"].remedy
    assert "redis-legacy" in said["Kept back"].text
    assert said["Security of updates"].state == "unknown"
    host.updates = (CURL,)
    tab.scan()
    settled()
    assert (tab.queue.list.entries[1].state, tab.queue.list.entries[1].word) == (
        "critical",
        "system no longer maintained",
    )
    host.more = {"repositories": (Repository("Debian", False),)}
    tab.scan()
    settled()
    entry = tab.queue.list.entries[1]
    assert (entry.state, entry.word) == ("unknown", "security unknown")


def test_words_for_the_notice_of_a_change_are_written_beside_its_pages(
    qtbot: QtBot,
    tab: PatchesTab,
    patches: Patches,
    contracts: Contracts,
    web: Resource,
    runner: TaskRunner,
    database: Database,
    journal: Journal,
    tickets: Tickets,
    tmp_path: Path,
    settled: Callable[[], None],
) -> None:
    """From the change's own page: the menu, the editor with its templates, live pages, the paper;
    and from the register, what corrects it."""
    patches.scan(web, Context())
    change = patches.queue(web, Context(), names=["openssl"])
    gather: dict[Kind, Asked] = {"notice": partial(notice_of, patches)}
    texts = Texts(database, journal, TextKeys(contracts, tickets, gather),
                  Unsaved(tmp_path / "unsaved"))  # fmt: skip
    reports = Reports(database, journal, lambda: tmp_path / "reports",
                      lambda start, end: pytest.fail("not asked"), gather, texts)  # fmt: skip
    papers = Papers(contracts, Ledgers(database, journal, tickets), reports, runner, texts)
    made: list[str] = []
    papers.made.connect(made.append)
    sheets: list[PaperSheet] = []
    tab.detail.verbs.write_paper = lambda paper, number: sheets.append(
        papers.write(KIND_OF_PAPER[paper], number, tab)
    )
    tab.renew()
    tab.show_item(change.id)
    settled()
    page = tab.detail.page
    page.show_part("papers")
    notice, record, receipt = page.papers.write.menu().actions()
    assert (notice.isEnabled(), record.isEnabled(), receipt.isEnabled()) == (True, False, False)
    assert record.toolTip() == "Nothing was begun yet that could be reported."
    notice.trigger()
    (sheet,) = sheets
    drawn: list[bytes] = []
    sheet.drafting.drawn.connect(lambda one: drawn.append(one.built.content))
    qtbot.waitUntil(lambda: len(drawn) == 1)
    texts.keep_template("notice", "request", "常规", "本次为例行安全更新。")
    sheet.texts.menu.aboutToShow.emit()
    sheet.texts.menu.actions()[0].trigger()
    qtbot.waitUntil(lambda: len(drawn) == 2)
    assert rendering.page_with(drawn[1], "本次为例行安全更新。") == 0
    sheet.go.click()
    settled()
    (first,) = reports.all()
    assert made == [first.number]
    assert rendering.page_with(first.path.read_bytes(), "本次为例行安全更新。") == 0

    again = papers.write("notice", first.about, tab)
    assert again.texts.editor.toPlainText() == "本次为例行安全更新。"
    assert again.bound.corrects.isVisibleTo(again)
    again.bound.corrects.setText("改了窗口")
    again.go.click()
    settled()
    assert (reports.all()[0].replaces, reports.all()[0].corrects) == (first.number, "改了窗口")
