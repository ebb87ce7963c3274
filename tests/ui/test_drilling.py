"""Drills in the window, on a real database: run, proved, certified; a copy kept and removed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from databases import execute, opener
from db.engine import Database
from db.journal import Journal
from gmops_desktop.adapters.local_server import LocalServers
from gmops_desktop.adapters.vault import Vault
from gmops_desktop.addresses import MysqlAddress, Resource
from gmops_desktop.archive.sealing import Seals
from gmops_desktop.context import Context
from gmops_desktop.contract.drills import DrillPlan
from gmops_desktop.reports.facts import MonthFacts
from gmops_desktop.services.backups import Backups
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.drills import Drills
from gmops_desktop.services.reports import Reports
from gmops_desktop.services.tickets import Tickets
from gmops_desktop.services.troubles import Troubles
from gmops_desktop.tasks import TaskRunner
from sandbox.mariadb import MariaDB
from ui.backup_lights import Lights
from ui.drill_watch import DrillWatch
from ui.drilling import Drilling

pytestmark = pytest.mark.servers
PATIENCE = 60_000


def no_month(start: date, end: date) -> MonthFacts:
    raise AssertionError("no monthly report is made here")


@pytest.fixture
def site(
    mariadb: MariaDB, schema: MysqlAddress, contracts: Contracts, database: Database, tmp_path: Path
) -> Resource:
    """A database of the contract, backed up."""
    rows = ["CREATE TABLE member (id INT PRIMARY KEY, name VARCHAR(40))",
            "INSERT INTO member VALUES (1, '李'), (2, '王')"]  # fmt: skip
    execute(mariadb, schema.schema, rows)
    site = contracts.save_resource("mysql", "官网数据库", schema)
    folder = tmp_path / "archives"
    folder.mkdir()
    Backups(database, opener(mariadb), lambda: folder).take(schema, Context(), resource_id=site.id)
    return site


@pytest.fixture
def drills(
    database: Database, contracts: Contracts, tmp_path: Path, reports: Reports
) -> Iterator[Drills]:
    journal = Journal(database, actor=lambda: "工程师")
    made = Drills(
        database,
        journal,
        LocalServers(tmp_path / "local"),
        Seals().opened,
        file=reports.keep,
        contract=contracts.current,
        troubles=Troubles(database, journal, Tickets(database, journal)),
        resources=contracts.resources,
        secrets=Vault(),
        locks=tmp_path / "locks",
    )
    yield made
    for copy in made.copies.all():
        made.copies.drop(copy.id)


@pytest.fixture
def reports(database: Database, tmp_path: Path) -> Reports:
    journal = Journal(database, actor=lambda: "工程师")
    return Reports(database, journal, lambda: tmp_path / "reports", no_month)


@pytest.fixture
def drilling(qtbot: QtBot, drills: Drills, reports: Reports, runner: TaskRunner) -> Drilling:
    page = QWidget()
    qtbot.addWidget(page)
    page.resize(1000, 700)
    page.show()
    drilling = Drilling(drills, reports, runner, page)
    drilling.setProperty("page", page)
    return drilling


def test_a_drill_from_the_window_is_shown_with_its_light(
    qtbot: QtBot, drilling: Drilling, drills: Drills, site: Resource
) -> None:
    lights = Lights()
    qtbot.addWidget(lights)
    drilling.light(site, lights)
    assert lights.rto.badge.state == "unknown"

    dialog = drilling.open(site)
    assert "No backup has been drilled yet." in dialog.standing.text()
    dialog.checks.setPlainText("SELECT * FROM member\nSELECT 1")
    dialog.planned.setChecked(True)
    with qtbot.waitSignal(drilling._runner.changed, timeout=PATIENCE):
        dialog.save.click()
    qtbot.waitUntil(lambda: drills.plan(site) == DrillPlan(), timeout=PATIENCE)
    assert drills.checks(site.id) == ("SELECT * FROM member", "SELECT 1")

    with qtbot.waitSignal(drilling.noticed, timeout=PATIENCE) as told:
        dialog.run.click()
    assert told.args is not None
    assert told.args[0] == "ok"
    assert "Passed: restored and proved in" in told.args[1]
    qtbot.waitUntil(lambda: dialog.badge.state == "ok", timeout=PATIENCE)
    assert "2 checks" in dialog.verdict.text()
    assert dialog.certificate.isVisibleTo(dialog)
    drilling.light(site, lights)
    assert lights.rto.badge.state == "ok"
    assert "that it restores" in drilling.proof_of(drills.newest(site).id)
    assert drilling.proof_of("another") == ""
    dialog.reject()


def test_a_copy_is_kept_its_password_copied_and_removed(
    qtbot: QtBot, drilling: Drilling, drills: Drills, site: Resource
) -> None:
    dialog = drilling.open(site)
    dialog.keep.click()
    qtbot.waitUntil(lambda: dialog.drop.isVisibleTo(dialog), timeout=PATIENCE)
    (copy,) = drills.copies.all()
    assert copy.passing
    assert f"port {copy.address.port}" in dialog.copy_text.text()
    dialog.password.click()
    qtbot.waitUntil(
        lambda: QGuiApplication.clipboard().text() == drills.copies.password(copy), timeout=PATIENCE
    )
    QGuiApplication.clipboard().clear()
    dialog.drop.click()
    qtbot.waitUntil(lambda: dialog.keep.isVisibleTo(dialog), timeout=PATIENCE)
    assert drills.copies.all() == ()
    dialog.reject()


def test_a_copy_goes_with_the_program_where_that_was_wished(drills: Drills, site: Resource) -> None:
    drills.copies.keep(drills.newest(site).path, Context(), passing=True)
    drills.copies.drop_passing()
    assert drills.copies.all() == ()


def test_what_is_due_runs_by_itself(
    qtbot: QtBot, drilling: Drilling, drills: Drills, site: Resource, runner: TaskRunner
) -> None:
    page: QWidget = drilling.property("page")
    watch = DrillWatch(drills, runner, page)
    drills.save_plan(site, DrillPlan())
    watch._timer.start()  # without the minute that `begin` waits
    with qtbot.waitSignal(watch.noticed, timeout=PATIENCE) as told:
        watch.look()
    watch.stop()
    assert told.args is not None
    assert told.args[0] == "ok"
    assert [one.outcome for one in drills.all(site.id)] == ["proved"]
