"""The robot's card: an address that is never shown, a test with its receipt, and what it tells."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from db.engine import Database
from db.journal import Journal
from gmops_desktop.adapters.vault import Vault
from gmops_desktop.adapters.wecom import WecomRefused
from gmops_desktop.context import Context
from gmops_desktop.services.messages import Messages, Notices
from gmops_desktop.services.tickets import Tickets
from gmops_desktop.settings import SettingsFile
from gmops_desktop.tasks import TaskRunner
from ui.channel_card import ChannelCard, MessageList
from ui.message_watch import MessageWatch

ADDRESS = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=0a1b2c3d-robot"


class Group:
    """What the robot said; a test may break the line."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.broken: list[Exception] = []

    def send(self, address: str, text: str, context: Context) -> None:
        if self.broken:
            raise self.broken.pop(0)
        self.said.append(text)


@pytest.fixture
def group() -> Group:
    return Group()


@pytest.fixture
def messages(database: Database, journal: Journal, tmp_path: Path, group: Group) -> Messages:
    settings = SettingsFile(tmp_path / "settings.json")
    return Messages(database, journal, settings, Vault(), tmp_path / "locks", send=group.send)


@pytest.fixture
def card(qtbot: QtBot, messages: Messages, runner: TaskRunner) -> ChannelCard:
    card = ChannelCard(messages, runner)
    qtbot.addWidget(card)
    card.show()
    return card


def test_without_an_address_nothing_can_be_tried(card: ChannelCard) -> None:
    assert not card.badge.isVisible()
    assert not card.test_button.isEnabled()
    assert card.test_button.toolTip() == "Enter the robot's address first."
    assert card.address.echoMode() == QLineEdit.EchoMode.Password


def test_the_address_goes_into_the_keyring_and_out_of_sight(
    qtbot: QtBot, card: ChannelCard, messages: Messages, settled: Callable[[], None]
) -> None:
    card.address.setText(ADDRESS)
    with qtbot.waitSignal(card.noticed):
        qtbot.mouseClick(card.save_button, Qt.MouseButton.LeftButton)
    settled()
    assert Vault().get("wecom-robot") == ADDRESS
    assert card.address.text() == ""
    assert card.badge.isVisible()
    assert card.test_button.isEnabled()
    assert messages.on


def test_a_wrong_address_reaches_the_user(
    qtbot: QtBot, card: ChannelCard, runner: TaskRunner, settled: Callable[[], None]
) -> None:
    card.address.setText("https://example.com")
    with qtbot.waitSignal(runner.failed) as failed:
        qtbot.keyClick(card.address, Qt.Key.Key_Return)
    settled()
    assert "not the address of a WeCom robot" in str(failed.args[1])
    assert card.address.text(), "it stays for mending"


def test_a_test_message_shows_its_receipt(
    qtbot: QtBot,
    card: ChannelCard,
    messages: Messages,
    group: Group,
    settled: Callable[[], None],
) -> None:
    messages.set_up(ADDRESS)
    card.refresh()
    with qtbot.waitSignal(card.noticed) as noticed:
        qtbot.mouseClick(card.test_button, Qt.MouseButton.LeftButton)
    settled()
    assert noticed.args[:2] == ["ok", "The robot took the test message."]
    assert len(group.said) == 1
    assert card.text.text().startswith("1 sent, 0 waiting")


def test_a_fault_stands_on_the_card(card: ChannelCard, messages: Messages, group: Group) -> None:
    messages.set_up(ADDRESS)
    messages.tell("ticket", "one", "one")
    group.broken = [WecomRefused(93000, "invalid webhook url")]
    messages.flush(Context())
    card.refresh()
    assert card.badge.word == "not reached"
    assert "copy its address anew" in card.text.text()


def test_events_are_chosen(qtbot: QtBot, card: ChannelCard, messages: Messages) -> None:
    messages.set_up(ADDRESS)
    card.refresh()
    card.boxes["ticket"].click()
    assert messages.events == ("reminder", "breach", "backup")


def test_the_list_shows_what_was_said(qtbot: QtBot, card: ChannelCard, messages: Messages) -> None:
    messages.set_up(ADDRESS)
    messages.tell("breach", "one", "**Overdue: Response**\nT-0001 site down")
    messages.flush(Context())
    card._list()
    sheet = card.window().findChild(MessageList)
    assert isinstance(sheet, MessageList)
    [row] = sheet.table.rows.shown
    assert [column.text(row) for column in sheet.table.rows.columns][1:4] == [
        "Breaches",
        "sent",
        "**Overdue: Response** · T-0001 site down",
    ]


def test_removing_the_robot_empties_the_keyring(
    card: ChannelCard, messages: Messages, settled: Callable[[], None]
) -> None:
    messages.set_up(ADDRESS)
    card._remove()
    settled()
    assert Vault().find("wecom-robot") is None
    assert not card.test_button.isEnabled()


def test_the_window_tells_what_happens_and_a_fault_once(
    qtbot: QtBot,
    messages: Messages,
    journal: Journal,
    tickets: Tickets,
    runner: TaskRunner,
    group: Group,
    settled: Callable[[], None],
) -> None:
    messages.set_up(ADDRESS)
    notices = Notices(messages, journal, tickets, names=dict)
    window = QWidget()
    qtbot.addWidget(window)
    watch = MessageWatch(messages, notices, runner, window)
    told: list[str] = []
    watch.noticed.connect(lambda _state, sentence, _more: told.append(sentence))
    watch.begin()
    tickets.open("problem", "site down", requester="", priority=1)
    group.broken = [WecomRefused(93000, "invalid webhook url")]
    for _ in range(2):
        watch.look()
        settled()
    assert len(told) == 1
    assert "93000" in told[0]
    messages.set_up(ADDRESS)
    watch.look()
    settled()
    assert "site down" in group.said[0]
    watch.stop()
    tickets.open("problem", "another", requester="", priority=1)
    watch.look()
    settled()
    assert len(group.said) == 1
