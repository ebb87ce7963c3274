"""The whole window with two contracts: every list shows what belongs to the chosen one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar, cast

import pytest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from db.ids import uuid7
from db.models import ArchiveRow
from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.app import Desk, build_window
from gmops_desktop.assembly import Services, assemble
from gmops_desktop.changes import Change
from gmops_desktop.contract.terms import Contract
from gmops_desktop.language import use
from gmops_desktop.paths import Home
from gmops_desktop.tasks import TaskRunner
from ui.backups_tab import BackupsTab
from ui.main_window import MainWindow
from ui.new_ticket import NewTicketDialog
from ui.program import Program
from ui.resources_card import ResourcesCard
from ui.status_tab import StatusTab
from ui.tickets_tab import TicketsTab

Page = TypeVar("Page", bound=QWidget)


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    with assemble(Home(tmp_path)) as services:
        services.settings.change(language="en")
        yield services


@pytest.fixture
def window(
    services: Services, qapp: QApplication, runner: TaskRunner, qtbot: QtBot
) -> Iterator[MainWindow]:
    desk = Desk(look=services.servers.look)  # no second process for each test
    window = build_window(services, runner, Program(services.settings.current), desk)
    qtbot.addWidget(window)
    yield window
    qtbot.waitUntil(lambda: not runner.running())
    use("en")


def page(window: MainWindow, name: str, kind: type[Page]) -> Page:
    found = next(tab.page for tab in window.pages.tabs if tab.name == name)
    assert isinstance(found, kind)
    return found


def furnish(services: Services, contract: Contract, name: str) -> str:
    """Give a contract a database with an archive, and a ticket; return the ticket's id."""
    services.settings.change(contract=contract.id)
    address = MysqlAddress(f"{name}.example", 3306, "u", "d")
    database = services.contracts.save_resource("mysql", name, address)
    archive = ArchiveRow(
        id=uuid7(), at=datetime.now(UTC), seconds=1, source=f"d@{name}", schema="d",
        resource_id=database.id, purpose="backup", path=f"/{name}.sql.zst", file_bytes=1,
        text_bytes=1, travelled=1, rows=1, tables=1, consistency="consistent", verified=True,
    )  # fmt: skip
    with services._database.session() as session, session.begin():
        session.add(archive)
    return services.tickets.open("incident", f"{name} 502", requester="", priority=2).id


def test_every_list_shows_the_chosen_contract(
    services: Services, window: MainWindow, runner: TaskRunner, qtbot: QtBot,
    settled: Callable[[], None],
) -> None:  # fmt: skip
    first = services.contracts.load_example()
    second = services.contracts.add_contract(replace(first, number="HY", title="Other"))
    theirs = {
        "ours": furnish(services, first, "ours"),
        "theirs": furnish(services, second, "theirs"),
    }
    tickets, status = page(window, "tickets", TicketsTab), page(window, "status", StatusTab)
    backups = page(window, "backups", BackupsTab)
    [resources] = window.findChildren(ResourcesCard)
    for contract, name in ((first, "ours"), (second, "theirs"), (first, "ours")):
        services.settings.change(contract=contract.id)
        runner.changed.emit(~Change.NOTHING)
        for tab in window.pages.tabs:
            tab.page.renew()
        resources.refresh()
        settled()
        assert [one.title for one in tickets.list.entries] == [f"{name} 502"]
        assert [look.name for look in status._seen.resources] == [name]
        assert [one.source for one in backups._all] == [f"d@{name}"]
        assert backups.source.count() == 1
        assert [one.name for one in resources.table.rows.shown] == [name]
        dialog = cast(NewTicketDialog, tickets.new_ticket())
        choices = [dialog.resource.itemText(place) for place in range(dialog.resource.count())]
        assert choices[1:] == [name]
        dialog.reject()
    told: list[str] = []
    tickets.noticed.connect(lambda _state, text, _more: told.append(text))
    tickets.show_item(theirs["theirs"])
    assert told == ["T-0002 belongs to the contract “Other”."]
    settled()
    tickets._resting.stop()  # it would begin a search while the window goes
    settled()
