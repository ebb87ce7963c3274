"""The dialog that lists everything a look found."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from pytestqt.qtbot import QtBot

from gmops_desktop.adapters import host, sections
from gmops_desktop.contract.fact_lines import lines_of
from gmops_desktop.contract.looks import Look
from ui.status_findings import FindingsDialog

RECORDED = Path(__file__).parent.parent / "adapters" / "hosts" / "ubuntu-22.04.txt"


def test_all_findings_stand_in_the_table_and_can_be_filtered(qtbot: QtBot) -> None:
    seen = host.parse(sections.split(RECORDED.read_text("utf-8"), "fixture"))
    at = datetime(2018, 11, 22, 2, 24, tzinfo=UTC)
    look = Look("h", "host", "web1", "ok", "All in order.", at, 0.2, (), seen)
    dialog = FindingsDialog(None, look)
    qtbot.addWidget(dialog)
    dialog.show()
    assert dialog.table.rows.rowCount() == len(lines_of(seen)) > 25
    unknown = [line for line in lines_of(seen) if line.state == "unknown"]
    assert any("Permission denied" in line.value for line in unknown)
    dialog.table.filter("Permission denied")
    assert dialog.table.rows.rowCount() == 1


def test_a_look_that_found_nothing_has_no_lines(qtbot: QtBot) -> None:
    at = datetime(2018, 11, 22, 2, 24, tzinfo=UTC)
    dialog = FindingsDialog(None, Look("h", "host", "web1", "unknown", "Silent.", at, 1, (), None))
    qtbot.addWidget(dialog)
    assert dialog.table.rows.rowCount() == 0
