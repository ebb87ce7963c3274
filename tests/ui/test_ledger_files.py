"""Files of the registers: a sign-in sheet is attached where its training is entered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from db.engine import Database
from db.journal import Journal
from gmops_desktop.services.attachments import Attachments
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.ledgers import Ledgers
from gmops_desktop.services.tickets import Tickets
from gmops_desktop.tasks import TaskRunner
from ui.attachments import AttachmentStrip
from ui.ledger_dialog import LedgerDialog
from ui.ledger_sheets import RecordSheet


@pytest.fixture
def attachments(database: Database, journal: Journal, tmp_path: Path) -> Attachments:
    return Attachments(database, journal, tmp_path / "attachments", limit=lambda: 5_000_000)


@pytest.fixture
def ledgers(
    database: Database, journal: Journal, contracts: Contracts, tickets: Tickets
) -> Ledgers:
    return Ledgers(database, journal, tickets)


@pytest.fixture
def dialog(
    qtbot: QtBot, ledgers: Ledgers, attachments: Attachments, runner: TaskRunner
) -> Iterator[LedgerDialog]:
    dialog = LedgerDialog(
        None, ledgers, list, list, runner, lambda: AttachmentStrip(attachments, runner)
    )
    qtbot.addWidget(dialog)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    dialog.show_page("training")
    dialog.show()
    yield dialog
    dialog.hide()


def test_the_sheet_attached_with_a_line_is_its_paper(
    qtbot: QtBot,
    dialog: LedgerDialog,
    ledgers: Ledgers,
    attachments: Attachments,
    tmp_path: Path,
    settled: Callable[[], None],
) -> None:
    (tmp_path / "签到表.pdf").write_bytes(b"%PDF-1.4")
    qtbot.mouseClick(dialog.records.add, Qt.MouseButton.LeftButton)
    sheet = dialog.findChild(RecordSheet)
    assert isinstance(sheet, RecordSheet)
    sheet.title.setText("后台发布培训")
    made = sheet.findChild(AttachmentStrip)
    assert isinstance(made, AttachmentStrip)
    made.attach_files([tmp_path / "签到表.pdf"])
    settled()
    qtbot.mouseClick(sheet.ok, Qt.MouseButton.LeftButton)
    settled()
    [record] = ledgers.records("training")
    assert (record.paper, record.complete) == ("签到表.pdf", True)
    [kept] = attachments.of("register", record.id)
    assert kept.name == "签到表.pdf"


def test_a_file_attached_to_a_line_without_paper_completes_it(
    dialog: LedgerDialog,
    ledgers: Ledgers,
    attachments: Attachments,
    tmp_path: Path,
    settled: Callable[[], None],
) -> None:
    record = ledgers.add("training", "后台发布培训")
    dialog.refresh()
    strip = dialog.records.findChild(AttachmentStrip)
    assert isinstance(strip, AttachmentStrip)
    dialog.records.table.select(record.id)
    assert strip.add_button.isEnabled()
    (tmp_path / "签到表.jpg").write_bytes(b"\xff\xd8\xff")
    strip.attach_files([tmp_path / "签到表.jpg"])
    settled()
    assert [one.name for one in strip.items] == ["签到表.jpg"]
    [record] = ledgers.records("training")
    assert record.paper == "签到表.jpg"
    assert "签到表.jpg" in dialog.records.table.rows.shown[0].paper
    (tmp_path / "more.jpg").write_bytes(b"\xff\xd8\xff1")
    strip.attach_files([tmp_path / "more.jpg"])
    settled()
    assert ledgers.records("training")[0].paper == "签到表.jpg", "what is named stays"
    assert len(attachments.of("register", record.id)) == 2


def test_without_a_line_nothing_can_be_attached(dialog: LedgerDialog) -> None:
    strip = dialog.records.findChild(AttachmentStrip)
    assert isinstance(strip, AttachmentStrip)
    assert not strip.add_button.isEnabled()
    assert strip.add_button.toolTip() == "Choose a line first."
