"""The overview shows what is recorded, says unknown where nobody looked, and leads on."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pytestqt.qtbot import QtBot

from db.engine import Database
from db.journal import Journal
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.obligations import Obligations
from gmops_desktop.services.tickets import Tickets
from gmops_desktop.tasks import TaskRunner
from ui.overview_tab import OverviewTab
from ui.widgets.badges import StateBadge

Show = Callable[[], OverviewTab]


@pytest.fixture
def journal(database: Database) -> Journal:
    return Journal(database, actor=lambda: "Zhang")


@pytest.fixture
def show(qtbot: QtBot, database: Database, journal: Journal, runner: TaskRunner) -> Show:
    def show() -> OverviewTab:
        tab = OverviewTab(Obligations(database, journal), runner)
        qtbot.addWidget(tab)
        tab.resize(1278, 732)
        with qtbot.waitExposed(tab):
            tab.show()
        return tab

    return show


def test_without_a_contract_it_leads_to_the_contract(show: Show, qtbot: QtBot) -> None:
    tab = show()
    assert tab._empty.isVisible()
    assert not tab._all.isVisible()


def test_what_nobody_knows_is_unknown(show: Show, database: Database, journal: Journal) -> None:
    Contracts(database, journal).load_example()
    tab = show()
    states = [badge.state for badge in tab.figures.findChildren(StateBadge) if badge.isVisible()]
    assert states == ["critical", *["unknown"] * 3]  # the example contract has ended
    assert tab.matrix._model.rowCount() == 9
    unknown = [row for row in tab.expiry.rows.shown if row.on is None]
    assert unknown
    assert all(row.state == "unknown" for row in unknown)


def test_open_tickets_stand_with_their_clock_and_open_on_their_page(
    show: Show, database: Database, journal: Journal, qtbot: QtBot
) -> None:
    contracts, tickets = Contracts(database, journal), Tickets(database, journal)
    contracts.load_example()
    asked = next(one.name for one in contracts.contacts() if one.party == "A")
    tickets.open("incident", "Home page 502", requester=asked, priority=1)
    tab = show()
    line = tab.tickets.rows.shown[0]
    assert (line.number, line.title, line.priority) == ("T-0001", "Home page 502", 1)
    assert line.clock_text
    with qtbot.waitSignal(tab.wanted) as heard:
        tab.tickets.opened.emit(line)
    assert heard.args == ["tickets", "T-0001"]
