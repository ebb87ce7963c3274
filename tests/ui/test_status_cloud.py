"""The detail of a cloud account: the worst first, a card to copy from for each missing right."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from clouds import DISK, SERVER, calm_cloud
from gmops_desktop.contract.cloud_rights import policy_of
from ui.status_cloud import cloud_cards
from ui.widgets.badges import StateBadge
from ui.widgets.frames import Card, Label


def cards(made: QWidget) -> dict[str, Card]:
    return {one.title.text(): one for one in made.findChildren(Card)}


def words(part: QWidget) -> list[str]:
    return [one.accessibleName() for one in part.findChildren(Label)]


def test_a_calm_account_shows_what_runs_and_what_runs_out(qtbot: QtBot) -> None:
    made = cloud_cards(calm_cloud())
    qtbot.addWidget(made)
    there = cards(made)
    assert there.keys() == {"What runs there", "Runs out"}
    assert "disk, 100 GB, newest snapshot 2018-11-21" in words(there["What runs there"])
    assert "2019-02-01" in words(there["Runs out"])


def test_the_worst_stands_first_and_the_rest_is_counted(qtbot: QtBot) -> None:
    many = tuple(replace(SERVER, id=f"ins-{n}", name=f"web {n}") for n in range(6))
    stopped = replace(SERVER, id="ins-9", name="stopped", state="STOPPED")
    made = cloud_cards(replace(calm_cloud(), servers=(*many, stopped)))
    qtbot.addWidget(made)
    card = cards(made)["What runs there"]
    assert card.findChildren(StateBadge)[0].state == "critical"
    assert "The server stopped does not run (STOPPED)." in words(card)
    assert "and 4 more" in words(card)


def test_each_missing_right_is_a_card_with_its_policy(qtbot: QtBot) -> None:
    rights = {"balance": "finance:DescribeAccountBalance", "alarms": "monitor:X"}
    why = {part: f"the keys may not use {right}" for part, right in rights.items()}
    blind = replace(calm_cloud(), balance=None, alarms=None, sections=why, denied=rights)
    made = cloud_cards(blind)
    qtbot.addWidget(made)
    card = cards(made)["Balance"]
    assert [one.state for one in card.findChildren(StateBadge)] == ["unknown"]
    assert why["balance"] in words(card)
    assert policy_of(["finance:DescribeAccountBalance"]) in words(card)
    [copy] = card.findChildren(QPushButton)
    qtbot.mouseClick(copy, Qt.MouseButton.LeftButton)
    assert QApplication.clipboard().text() == policy_of(["finance:DescribeAccountBalance"])
    [whole] = [one for one in made.findChildren(QPushButton) if "one policy" in one.text()]
    qtbot.mouseClick(whole, Qt.MouseButton.LeftButton)
    assert QApplication.clipboard().text() == policy_of(sorted(rights.values()))


def test_snapshots_nobody_may_ask_for_are_not_missing_ones(qtbot: QtBot) -> None:
    blind = replace(calm_cloud(), snapshots=None, disks=(replace(DISK, newest=""),),
                    sections={"snapshots": "no answer"})  # fmt: skip
    made = cloud_cards(blind)
    qtbot.addWidget(made)
    assert "disk, 100 GB" in words(cards(made)["What runs there"])
    assert [one for one in made.findChildren(QPushButton) if one.text() == "Copy"] == []
