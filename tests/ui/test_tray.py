"""The icon beside the clock shows the worst alert and tells of a new one, where it is wanted."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from gmops_desktop.contract.alerts import Alert
from gmops_desktop.services.alerts import Round
from gmops_desktop.settings import SettingsFile
from ui.tray import Tray

DOWN = Alert("1", "site", "官网", "down", "critical", "It answers HTTP 502.",
             datetime(2018, 11, 22, tzinfo=UTC))  # fmt: skip


class Standing:
    """What the tray asks the alerts."""

    def __init__(self) -> None:
        self.found: tuple[Alert, ...] = ()

    def active(self) -> tuple[Alert, ...]:
        return self.found


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    return made


@pytest.mark.qt_log_ignore("systemTrayWindowChanged")  # Qt's own, where no tray is
def test_it_paints_the_worst_and_beeps_only_if_asked_to(window: QWidget, tmp_path: Path) -> None:
    standing = Standing()
    heard: list[str] = []
    settings = SettingsFile(tmp_path / "settings.json")
    tray = Tray(standing, settings, window, available=lambda: True,  # type: ignore[arg-type]
                beep=lambda: heard.append("beep"))  # fmt: skip
    assert tray.icon is not None
    assert tray.state == "ok"
    standing.found = (DOWN,)
    tray.follow(Round(raised=(DOWN,)))
    assert (tray.state, heard) == ("critical", [])
    assert "Critical" in tray.icon.toolTip()
    settings.change(alert_sound=True)
    tray.follow(Round(raised=(DOWN,)))
    assert heard == ["beep"]
    standing.found = ()
    tray.follow(Round(cleared=(DOWN,)))
    assert (tray.state, heard) == ("ok", ["beep"])
    tray.icon.hide()


def test_without_a_place_for_it_there_is_no_icon(window: QWidget, tmp_path: Path) -> None:
    settings = SettingsFile(tmp_path / "settings.json")
    tray = Tray(Standing(), settings, window, available=lambda: False)  # type: ignore[arg-type]
    tray.follow(Round(raised=(DOWN,)))
    assert tray.icon is None
