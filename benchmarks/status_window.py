"""The window's part of the status benchmark: charts opened and painted."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

from benchmarks.figures import Figure, timed
from db.engine import Database
from db.journal import Journal
from gmops_desktop.addresses import Resource
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.events import Events
from gmops_desktop.services.limits import Limits
from gmops_desktop.services.servers import Servers
from gmops_desktop.settings import SettingsFile

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication


_ASKED_OPEN: Final = 300  # ms


def charts(
    database: Database,
    contracts: Contracts,
    resource: Resource,
    days: int,
    add: Callable[[Figure], None],
) -> None:
    """Open the charts of one resource over each span, and paint them."""
    application = _application()
    from benchmarks.ticket_window import turn
    from gmops_desktop.tasks import TaskRunner
    from ui.status_charts import StatusCharts
    from ui.status_reading import Readings

    runner = TaskRunner(application)
    servers, events, limits = _services(database, contracts)
    settings = SettingsFile(Path(os.devnull).parent / "none" / "settings.json")
    page = StatusCharts(Readings(servers, contracts, events, limits), settings, runner)
    page.resize(880, 360)
    page.show()

    def opened(span: str) -> None:
        page.show_resource(None)
        page.show_span(span)
        page.show_resource(resource)
        while not page.at_rest:
            turn(2)  # at every turn it would take the interpreter from what reads
        page.grab()

    spans = {"hour": "an hour", "day": "24 hours", "month": "30 days", "contract": f"{days} days"}
    for span, words in spans.items():
        add(timed(f"charts of {words} open and painted", 5, partial(opened, span), _ASKED_OPEN))
    page.close()
    runner.shut_down()


def _application() -> QApplication:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    from ui.theme import Appearance

    found = QApplication.instance() or QApplication([])
    assert isinstance(found, QApplication)
    Appearance(found, "light")
    return found


def _services(database: Database, contracts: Contracts) -> tuple[Servers, Events, Limits]:
    journal = Journal(database, actor=lambda: "张伟")

    def nothing(*_asked: object) -> NoReturn:
        raise AssertionError("nothing is looked at")

    servers = Servers(
        database, look_host=nothing, look_mysql=nothing, look_web=nothing, look_account=nothing,
        look_cloud=nothing,
    )  # fmt: skip
    names = {one.id: one.name for one in contracts.resources()}
    return servers, Events(database, journal, lambda: names), Limits(database, journal)
