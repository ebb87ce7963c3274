"""The window's part of the status benchmark: charts opened, and 200 resources that report."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

from benchmarks.figures import Figure, timed
from db.engine import Database
from db.journal import Journal
from gmops_desktop.addresses import Resource, SshAddress
from gmops_desktop.context import as_they_end
from gmops_desktop.contract.looks import Disk, HostDetails
from gmops_desktop.services.alerts import Alerts
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.events import Events
from gmops_desktop.services.limits import Limits
from gmops_desktop.services.servers import Servers
from gmops_desktop.services.tickets import Tickets
from gmops_desktop.services.troubles import Troubles
from gmops_desktop.settings import SettingsFile

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication


_MANY: Final = 200
_ROUNDS: Final = 3
_ASKED_OPEN, _ASKED_FRAME = 300, 50  # ms
_GB: Final = 10**9


def charts(
    database: Database,
    contracts: Contracts,
    resource: Resource,
    days: int,
    add: Callable[[Figure], None],
) -> None:
    """Open the charts of one resource over each span, and paint them."""
    _application()
    from ui.status_charts import StatusCharts

    servers, events, limits = _services(database, contracts)
    settings = SettingsFile(Path(os.devnull).parent / "none" / "settings.json")
    page = StatusCharts(servers, contracts, settings, events, limits)
    page.resize(880, 360)
    page.show()

    def opened(span: str) -> None:
        page.show_resource(None, None)
        page.show_span(span)
        page.show_resource(resource, None)
        page.grab()

    spans = {"hour": "an hour", "day": "24 hours", "month": "30 days", "contract": f"{days} days"}
    for span, words in spans.items():
        add(timed(f"charts of {words} open and painted", 5, partial(opened, span), _ASKED_OPEN))
    page.close()


def fleet(folder: Path, add: Callable[[Figure], None]) -> None:
    """Let 200 hosts report to the status page, three times, and time each turn of the window."""
    application = _application()
    from PySide6.QtCore import QTimer

    from gmops_desktop.tasks import TaskRunner
    from ui.status_tab import StatusTab

    folder.mkdir()
    database = Database(folder / "store.db")
    runner = TaskRunner()
    try:
        journal = Journal(database, actor=lambda: "张伟")
        contracts = Contracts(database, journal)
        for number in range(_MANY):
            contracts.save_resource("host", f"web{number}", SshAddress(f"web{number}"))
        servers, events, limits = _services(database, contracts)
        troubles = Troubles(database, journal, Tickets(database, journal))
        alerts = Alerts(database, troubles, contracts.resources)
        settings = SettingsFile(folder / "settings.json")
        tab = StatusTab(servers, contracts, settings, runner, alerts, events, limits)
        runner.changed.connect(tab.hear)
        tab.resize(1278, 716)
        tab.show()
        turns: list[tuple[float, float]] = []
        last = [time.perf_counter(), time.thread_time()]

        def beat() -> None:
            now = time.perf_counter(), time.thread_time()
            turns.append(((now[0] - last[0]) * 1000, (now[1] - last[1]) * 1000))
            last[:] = now

        timer = QTimer()
        timer.timeout.connect(beat)
        timer.start(0)
        for _ in range(_ROUNDS):
            application.processEvents()
            last[:] = time.perf_counter(), time.thread_time()
            tab.look()
            while runner.running():
                application.processEvents()
            application.processEvents()
        timer.stop()
        walls, cpus = sorted(wall for wall, _ in turns), [cpu for _, cpu in turns]
        add(Figure(f"turns of the window while {_MANY} hosts report", len(turns),
                   walls[len(walls) // 2], walls[-1], max(cpus), _ASKED_FRAME))  # fmt: skip
        resources = contracts.resources()
        from gmops_desktop.context import Context

        add(timed(f"a round over {_MANY} hosts, stored and judged", 1,
                  lambda: servers.look(resources, Context())))  # fmt: skip
        add(timed(f"alerts of {_MANY} hosts followed", 3, alerts.follow))
        tab.close()
    finally:
        runner.shut_down()
        database.close()


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

    def host(address: object, context: object) -> HostDetails:
        return HostDetails(
            system="Debian 12", kernel="6.1", boot_id="b", uptime_seconds=86400.0, cores=8,
            cpu=20.0, iowait=0.0, steal=0.0, memory_total=8 * _GB, memory_available=4 * _GB,
            swap_total=0, swap_free=0, load1=1.0, load5=1.0,
            disks=(Disk("/", "/dev/vda1", 100 * _GB, 50 * _GB, 50 * _GB, 50.0),), disk_busy=1.0,
            out_mbit=2.0, in_mbit=1.0, failed_units=(), oom_kills=0, clock_seconds=0.0,
        )  # fmt: skip

    def nothing(*_asked: object) -> NoReturn:
        raise AssertionError("only hosts are looked at")

    servers = Servers(
        database, look_host=host, look_mysql=nothing, look_web=nothing, look_account=nothing,
        look_cloud=nothing, together=as_they_end,
    )  # fmt: skip
    names = {one.id: one.name for one in contracts.resources()}
    return servers, Events(database, journal, lambda: names), Limits(database, journal)
