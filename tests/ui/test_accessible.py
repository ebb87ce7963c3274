"""Every widget that one can act on says what it is, to the eye and to a screen reader."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QCalendarWidget,
    QComboBox,
    QHeaderView,
    QLineEdit,
    QListView,
    QPlainTextEdit,
    QTableView,
    QWidget,
)
from pytestqt.qtbot import QtBot

from db.engine import Database
from db.journal import Journal
from gmops_desktop.addresses import SshAddress
from gmops_desktop.context import Context
from gmops_desktop.contract.updates import Inventory, Plan, Update
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.finding import Finding
from gmops_desktop.services.patches import Hands, Patches
from gmops_desktop.services.reports import Reports
from gmops_desktop.services.ticket_batches import Batch, Refused
from gmops_desktop.services.ticket_imports import TicketImports
from gmops_desktop.services.tickets import Tickets
from gmops_desktop.tasks import TaskRunner
from ui.backup_card import ArchivesCard
from ui.backup_cloud_panel import CloudPanel
from ui.backup_panel import BackupPanel
from ui.dialogs.keep_name import KeepName
from ui.new_ticket import NewTicketDialog
from ui.patch_forms import assess_form, emergency_form, hand_over_form
from ui.patch_release import ReleaseSheet
from ui.patch_start import StartSheet
from ui.patch_wave import WavePage, WaveSheet
from ui.patch_window import WindowSheet
from ui.patches_tab import PatchesTab
from ui.quick_note import QuickNote
from ui.reports_tab import ReportsTab
from ui.ticket_batch import BatchReport
from ui.ticket_dialogs import ConfirmSheet, PromiseSheet, ReasonSheet
from ui.ticket_import import TicketImportDialog
from ui.tickets_tab import TicketsTab


def silent(widget: QWidget) -> Iterator[str]:
    """Yield what cannot be told apart by ear, and icons without a word or a tooltip."""
    for button in widget.findChildren(QAbstractButton):
        inside = isinstance(button.parent(), (QLineEdit, QAbstractItemView, QCalendarWidget))
        if inside or _within(button, QCalendarWidget) or not button.isVisibleTo(widget):
            continue
        if not (button.accessibleName() or button.text()):
            yield f"a button without a name in {button.parent()}"
        elif not button.text() and not button.toolTip():
            yield f"an icon without a tooltip: {button.accessibleName()}"
        elif not button.isEnabled() and not button.toolTip():
            yield f"off without a reason: {button.text()}"
    for kind in (QLineEdit, QComboBox, QPlainTextEdit, QAbstractItemView):
        for field in widget.findChildren(kind):
            owners = (QComboBox, QCalendarWidget, QAbstractSpinBox, QTableView)
            parts = any(_within(field, owner) for owner in owners)
            popup = isinstance(field.window(), QListView)  # of completions
            if not (parts or popup or isinstance(field, QHeaderView) or field.accessibleName()):
                yield f"a field without a name: {field!r}"


def _within(widget: QWidget, kind: type[QWidget]) -> bool:
    parent = widget.parentWidget()
    return parent is not None and (isinstance(parent, kind) or _within(parent, kind))


@pytest.fixture
def patches(database: Database, journal: Journal) -> Patches:
    now = datetime.now(UTC)
    update = Update("openssl", "amd64", "1", "2", "Debian-Security", True)

    def scan(address: SshAddress, context: Context) -> Inventory:
        return Inventory("", now, "apt", "Debian 12", (update,), (), (), None, None, "")

    def simulate(address: SshAddress, wanted: object, context: Context) -> Plan:
        return Plan((update,), (), (), (), None, "Inst openssl", now)

    return Patches(database, journal, Hands(scan_host=scan, simulate_host=simulate))


def test_every_tab_and_dialog(
    qtbot: QtBot,
    tickets: Tickets,
    contracts: Contracts,
    patches: Patches,
    database: Database,
    journal: Journal,
    runner: TaskRunner,
    finding: Finding,
    reports_tab: Callable[[Reports, Contracts], ReportsTab],
) -> None:
    host = contracts.save_resource("host", "web1", SshAddress("127.0.0.1"))
    patches.scan(host, Context())
    patches.queue(host, Context())
    tickets.open("incident", "502", requester="李老师", priority=1)
    reports = Reports(database, journal, Path, lambda start, end: pytest.fail("not asked"))
    contacts = contracts.contacts(date.today())
    pages = (
        TicketsTab(tickets, contracts, runner, finding),
        PatchesTab(patches, contracts, runner),
        reports_tab(reports, contracts),
        BackupPanel(),
        CloudPanel(),
        ArchivesCard(runner),
        WavePage(),
    )
    for page in pages:
        qtbot.addWidget(page)
        page.show()
    dialogs = (
        NewTicketDialog(tickets, contracts, runner, finding, pages[0]),
        QuickNote(finding, "", pages[0]),
        TicketImportDialog(pages[0], TicketImports(database, journal), runner),
        KeepName(pages[0], "Keep this filter", "", lambda name: None),
        BatchReport(pages[0], Batch(("T-0001",), (Refused("T-0002", "no"),))),
        ConfirmSheet(pages[0], "T-0001", contacts),
        PromiseSheet(pages[0], "T-0001", None),
        ReasonSheet(pages[0], "Suspend", "T-0001", "Suspend"),
        WindowSheet(pages[0], "C-0001", "openssl", datetime.now(UTC)),
        StartSheet(pages[0], "Apply", "C-0001", (("ok", "x"),), None, "Apply", asks_reason=True),
        WaveSheet(pages[0], [host], {}),
        ReleaseSheet(pages[0], [host], []),
        assess_form(pages[0], patches.all()[0], contracts),
        emergency_form(pages[0], patches.all()[0]),
        hand_over_form(pages[0], patches.all()[0]),
    )
    faults = [
        f"{type(one).__name__}: {fault}" for one in (*pages, *dialogs) for fault in silent(one)
    ]
    assert not faults, "\n".join(faults)
