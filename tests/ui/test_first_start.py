"""The first steps show what is done, lead on, and open the sandbox."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from db.engine import Database
from db.journal import Journal
from gmops_desktop.adapters.vault import Vault
from gmops_desktop.addresses import MysqlAddress, SshAddress
from gmops_desktop.context import Context
from gmops_desktop.contract.looks import AccountDetails
from gmops_desktop.errors import OpsError
from gmops_desktop.paths import Home
from gmops_desktop.services.backups import Backups
from gmops_desktop.services.connections import Connections
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.states import Check
from gmops_desktop.tasks import Job, TaskRunner
from ui.first_start import FirstStart

Make = Callable[..., FirstStart]


def no_way_out(address: object, context: Context) -> AccountDetails:
    raise OpsError("no servers here")


@pytest.fixture
def contracts(database: Database) -> Contracts:
    return Contracts(database, Journal(database, actor=lambda: "Zhang"))


@pytest.fixture
def restarted() -> list[Mapping[str, str]]:
    return []


@pytest.fixture
def make(
    qtbot: QtBot,
    database: Database,
    contracts: Contracts,
    home: Home,
    runner: TaskRunner,
    tmp_path: Path,
    restarted: list[Mapping[str, str]],
) -> Make:
    connections = Connections(
        known_hosts=home.known_hosts,
        open_ssh=no_way_out,
        open_mysql=no_way_out,
        look_host=no_way_out,
        look_account=no_way_out,
        look_cloud=no_way_out,
        count_cloud_backups=no_way_out,
    )

    def make(start: Job = lambda context: {}, no_sandbox: str = "") -> FirstStart:
        page = FirstStart(
            contracts,
            Backups(database, no_way_out, lambda: tmp_path),
            connections,
            Vault().put,
            runner,
            start_sandbox=start,
            restart=restarted.append,
            no_sandbox=no_sandbox,
        )
        runner.changed.connect(page.hear)
        qtbot.addWidget(page)
        page.resize(1278, 680)
        with qtbot.waitExposed(page):
            page.show()
        return page

    return make


def done(page: FirstStart) -> list[bool]:
    return [step._done for step in page.steps]


def test_each_step_shows_whether_it_is_done(make: Make, contracts: Contracts) -> None:
    page = make()
    assert done(page) == [False] * 4
    page.contract.example.click()
    assert done(page) == [True, False, False, False]
    host = contracts.save_resource("host", "web1", SshAddress("web1.example"))
    page.renew()
    assert done(page) == [True, True, False, False]
    page.checks.show_checks(host, [Check("TCP", "ok", "connected")])
    assert done(page) == [True, True, True, False]


def test_it_can_be_walked_through_and_left(make: Make, qtbot: QtBot) -> None:
    page = make()
    assert not page.back.isEnabled()
    for _ in range(3):
        page.next.click()
    assert page.step == 3
    page.back.click()
    assert page.step == 2
    page.next.click()
    with qtbot.waitSignal(page.finished):
        page.next.click()
    with qtbot.waitSignal(page.finished):
        page.skip.click()


def test_the_first_backup_waits_for_a_database(
    make: Make, contracts: Contracts, qtbot: QtBot
) -> None:
    page = make()
    assert not page.take.isEnabled()
    assert page.take.toolTip() == "Add a database to the resources first."
    contracts.save_resource("mysql", "db", MysqlAddress("127.0.0.1", 3306, "u", "s"))
    page.renew()
    with qtbot.waitSignal(page.wanted) as heard:
        page.take.click()
    assert heard.args == ["backups", "+"]


def test_the_sandbox_starts_in_the_background_and_the_program_follows_it(
    make: Make, runner: TaskRunner, restarted: list[Mapping[str, str]], qtbot: QtBot
) -> None:
    page = make(lambda context: {"GMOPS_HOME": "/box/home"})
    with qtbot.waitSignal(runner.ended):
        page.sandbox.click()
        assert not page.sandbox.isEnabled()
    assert restarted == [{"GMOPS_HOME": "/box/home"}]


def test_a_sandbox_that_does_not_start_is_a_failure_and_can_be_tried_again(
    make: Make, runner: TaskRunner, restarted: list[Mapping[str, str]], qtbot: QtBot
) -> None:
    def fail(context: Context) -> dict[str, str]:
        raise OpsError("The sandbox did not start.")

    page = make(fail)
    with qtbot.waitSignals([runner.failed, runner.ended]):
        page.sandbox.click()
    assert restarted == []
    assert page.sandbox.isEnabled()


def test_where_there_is_no_sandbox_the_reason_stands_beside_it(make: Make) -> None:
    page = make(no_sandbox="The sandbox comes with the sources.")
    assert not page.sandbox.isEnabled()
    assert page.sandbox.toolTip() == "The sandbox comes with the sources."
