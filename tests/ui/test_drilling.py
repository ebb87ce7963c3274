"""Drills in the window, on a real database: run, proved, certified; a copy kept and removed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from cloned import on_clone
from databases import execute, opener
from db.engine import Database
from db.journal import Journal, utc_now
from gmops_desktop.adapters import tencent_clones
from gmops_desktop.adapters.local_server import LocalServers
from gmops_desktop.adapters.vault import Vault
from gmops_desktop.addresses import MysqlAddress, Resource
from gmops_desktop.archive.sealing import Seals
from gmops_desktop.context import Context
from gmops_desktop.contract.drills import DrillPlan
from gmops_desktop.reports.facts import MonthFacts
from gmops_desktop.services.backups import Backups
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.drills import Drills, Left, clones
from gmops_desktop.services.reports import Reports
from gmops_desktop.services.tickets import Tickets
from gmops_desktop.services.troubles import Troubles
from gmops_desktop.tasks import TaskRunner
from memory_keyring import MemoryKeyring
from sandbox.mariadb import MariaDB
from sandbox.tencent import Tencent
from ui.backup_lights import Lights
from ui.drill_dialog import CostQuestion, ServerQuestion
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
        contract=contracts.of_resource,
        troubles=Troubles(database, journal, Tickets(database, journal)),
        resources=contracts.resources,
        secrets=Vault(),
        locks=tmp_path / "locks",
        on_clone=on_clone(tmp_path),
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


# ---------------------------------------------------------------- without a server here


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory, mariadb: MariaDB) -> Iterator[Tencent]:
    server = Tencent(tmp_path_factory.mktemp("tencent"))
    server.stand_for(mariadb)
    with server:
        yield server


@pytest.fixture
def cloud(
    process: Tencent, memory_keyring: MemoryKeyring, monkeypatch: pytest.MonkeyPatch
) -> Tencent:
    """A cloud whose clones fail soon: that they serve is seen in the tests of the service."""
    process.behave(clone_seconds=0.2, clone_fails=True)
    memory_keyring.set_password("gmops-desktop", process.database.secret_name, process.secret_key)
    monkeypatch.setattr(clones, "_PAUSES", (0.05,))
    return process


@pytest.fixture
def instance(site: Resource, contracts: Contracts, cloud: Tencent) -> Resource:
    """The database of the contract as an instance of the cloud."""
    assert isinstance(site.address, MysqlAddress)
    address = replace(site.address, cloud=cloud.database)
    return contracts.save_resource("mysql", site.name, address, site.id)


def test_without_a_server_here_a_clone_is_offered_and_its_price_told_first(
    qtbot: QtBot, drilling: Drilling, drills: Drills, instance: Resource, runner: TaskRunner,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(drills, "_find", lambda: ())
    page: QWidget = drilling.property("page")
    dialog = drilling.open(instance)
    dialog.run.click()
    qtbot.waitUntil(lambda: bool(page.findChildren(ServerQuestion)), timeout=PATIENCE)
    (question,) = page.findChildren(ServerQuestion)
    assert question.clone.isVisibleTo(question)
    question.clone.click()
    qtbot.waitUntil(lambda: bool(page.findChildren(CostQuestion)), timeout=PATIENCE)
    (cost,) = page.findChildren(CostQuestion)
    assert cost.price.text() == "¥0.52 an hour"
    assert not cost.yes.isEnabled()
    cost.agree.setChecked(True)
    with qtbot.waitSignal(runner.failed, timeout=PATIENCE) as failed:
        cost.yes.click()
    assert failed.args is not None
    assert "could not make the clone" in str(failed.args[1])
    assert [one.outcome for one in drills.all(instance.id)] == ["failed"]
    assert drills.clones_left() == ()
    dialog.reject()


def test_a_clone_left_by_a_killed_program_is_removed_at_the_next_start(
    qtbot: QtBot, drilling: Drilling, drills: Drills, instance: Resource, runner: TaskRunner,
) -> None:  # fmt: skip
    quote, orders = drills.quote(instance, Context()), drills._on_clone.clones
    orders._orders.write(Left(quote.name, quote.cloud, utc_now(), str(quote.price)))
    tencent_clones.create(orders._connect(quote.cloud), quote.order, Context())
    (left,) = drills.clones_left()
    page: QWidget = drilling.property("page")
    watch = DrillWatch(drills, runner, page)
    with qtbot.waitSignal(watch.noticed, timeout=PATIENCE) as told:
        watch.begin()
    watch.stop()
    assert told.args == [
        "ok", "Clones in Tencent Cloud that an interrupted drill left are removed.", left.name,
    ]  # fmt: skip
    assert drills.clones_left() == ()
