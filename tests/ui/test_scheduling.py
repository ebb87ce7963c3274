"""The schedule in the window: its dialog, what it says, and what is taken while it is open."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from databases import execute
from db.engine import Database
from db.journal import Journal
from gmops_desktop.addresses import MysqlAddress, Resource
from gmops_desktop.changes import Change
from gmops_desktop.context import Context
from gmops_desktop.contract.schedules import Plan, Surroundings
from gmops_desktop.paths import Home
from gmops_desktop.services.backups import Backup, Backups
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.retention import Retention
from gmops_desktop.services.schedules import Schedules, Source, Subject
from gmops_desktop.services.tickets import Tickets
from gmops_desktop.services.timers import Timers
from gmops_desktop.services.troubles import Troubles
from gmops_desktop.tasks import TaskRunner
from sandbox.mariadb import MariaDB
from ui.schedule_dialog import HistoryDialog, ScheduleDialog, VerdictsDialog
from ui.schedule_watch import QuestionSheet, ScheduleWatch
from ui.scheduling import Scheduling

pytestmark = pytest.mark.servers


class Machine:
    """A clock and a socket that the test sets."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC).replace(microsecond=0)
        self.around = Surroundings()


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def site(mariadb: MariaDB, schema: MysqlAddress, contracts: Contracts) -> Resource:
    execute(mariadb, schema.schema, ["CREATE TABLE t (id INT PRIMARY KEY) ENGINE=InnoDB"])
    for resource in contracts.resources():
        contracts.remove_resource(resource.id)
    root = MysqlAddress(schema.host, schema.port, "root", schema.schema)
    return contracts.save_resource("mysql", "site", root)


@pytest.fixture
def retention(database: Database, archives: Path, site: Resource) -> Retention:
    return Retention(database, lambda: archives, lambda resource: Plan().keep)


def database_of(resource: Resource, backups: Backups) -> Subject:
    address = resource.address
    assert isinstance(address, MysqlAddress)

    def take(context: Context, _rate_limit: int) -> list[Backup]:
        return [backups.take(address, context, resource_id=resource.id)]

    sources = (Source(resource.id, "backup"),)
    return Subject("database", resource.id, resource.name, sources, take, resource)


@pytest.fixture
def schedules(
    database: Database,
    backups: Backups,
    contracts: Contracts,
    tickets: Tickets,
    retention: Retention,
    archives: Path,
    tmp_path: Path,
    machine: Machine,
) -> Schedules:
    def subjects() -> list[Subject]:
        return [database_of(resource, backups) for resource in contracts.resources()]

    return Schedules(
        database,
        Troubles(database, Journal(database, actor=lambda: "Zhang"), tickets),
        subjects=subjects,
        verify=backups.verify,
        prune=retention.prune,
        archive_folder=lambda: archives,
        locks=tmp_path / "locks",
        around=lambda: machine.around,
        now=lambda: machine.now,
    )


@pytest.fixture
def page(qtbot: QtBot) -> QWidget:
    page = QWidget()
    qtbot.addWidget(page)
    page.resize(1000, 690)
    page.show()
    return page


@pytest.fixture
def scheduling(
    schedules: Schedules, retention: Retention, home: Home, runner: TaskRunner, page: QWidget
) -> Scheduling:
    timers = Timers(home, ("gmops", "schedule", "run", "--due"))
    collecting = Timers(home, ("gmops", "collect"), name="collect", minutes=5)
    return Scheduling(schedules, retention, timers, collecting, runner, page)


@pytest.fixture
def watch(schedules: Schedules, runner: TaskRunner, page: QWidget) -> ScheduleWatch:
    watch = ScheduleWatch(schedules, runner, page)
    watch._timer.start()
    return watch


def due_now(schedules: Schedules, machine: Machine, site: Resource, **more: object) -> Plan:
    """Plan a backup for the next whole minute, and let it come."""
    begin = machine.now.replace(second=0) + timedelta(minutes=2)
    at = begin.astimezone()
    plan = Plan(times=(time(at.hour, at.minute),), **more)  # type: ignore[arg-type]  # any field
    schedules.save(site, plan)
    machine.now = begin + timedelta(seconds=5)
    return plan


def test_a_plan_is_set_in_the_dialog(
    qtbot: QtBot,
    scheduling: Scheduling,
    schedules: Schedules,
    site: Resource,
    settled: Callable[[], None],
) -> None:
    dialog = scheduling.open(site)
    assert scheduling.caption(site) == "Backed up by hand only"
    dialog.when.times.setText("02:30，14:30")
    dialog.line.line.setText("5")
    dialog.line.leave.setText("3")
    dialog.keep.enabled.setChecked(True)
    dialog.keep.daily.setValue(14)
    assert dialog.verdict.text() == (
        "Daily at 02:30, 14:30; the newest 3, 14 daily, 12 monthly are kept."
    )
    with qtbot.waitSignal(dialog.survey_wanted):
        pass
    settled()
    assert dialog.kept.full_text == "Nothing would be removed."
    assert [timer.text.full_text for timer in dialog.timers] == [
        "While the window is closed, nothing is backed up.",
        "While the window is closed, nobody looks at the servers.",
    ]
    with qtbot.waitSignal(scheduling.noticed) as heard:
        dialog.save.click()
    assert heard.args[:2] == ["ok", "The schedule of site is saved."]
    assert heard.args[2].startswith("Next backup ")
    plan = schedules.plan(site)
    assert plan is not None
    assert plan.times == (time(2, 30), time(14, 30))
    assert (plan.line_mbit, plan.leave_mbit) == (5, 3)
    assert (plan.keep.enabled, plan.keep.daily) == (True, 14)
    settled()
    assert scheduling.caption(site).startswith("daily at 02:30, 14:30 · ")


@pytest.mark.parametrize(
    ("field", "text", "reason"),
    [
        ("times", "25:00", "not a time of day"),
        ("times", "", "no time of day"),
        ("leave", "3", "the speed of the line is missing"),
        ("line", "fast", "not a number"),
    ],
)
def test_what_cannot_work_is_not_saved(
    scheduling: Scheduling,
    site: Resource,
    settled: Callable[[], None],
    field: str,
    text: str,
    reason: str,
) -> None:
    dialog = scheduling.open(site)
    group = dialog.when if field == "times" else dialog.line
    getattr(group, field).setText(text)
    assert not dialog.save.isEnabled()
    assert reason in dialog.verdict.text()
    assert reason in dialog.save.toolTip()
    dialog.reject()
    settled()


def test_every_verdict_is_shown_with_its_reason(
    qtbot: QtBot,
    scheduling: Scheduling,
    backups: Backups,
    site: Resource,
    context: object,
    settled: Callable[[], None],
) -> None:
    from gmops_desktop.context import Context

    assert isinstance(site.address, MysqlAddress)
    taken = backups.take(site.address, Context(), resource_id=site.id)
    backups.verify(taken.path, Context())
    dialog = scheduling.open(site)
    with qtbot.waitSignal(dialog.survey_wanted):
        pass
    settled()
    assert "the disk" in dialog.lasts.full_text
    dialog.show_kept.click()
    shown = dialog.findChild(VerdictsDialog)
    assert shown is not None
    [verdict] = shown.table.rows.shown
    assert verdict.keep
    assert "the newest that is proved" in verdict.why


def test_what_is_due_is_taken_while_the_window_is_open(
    qtbot: QtBot,
    watch: ScheduleWatch,
    schedules: Schedules,
    machine: Machine,
    site: Resource,
    settled: Callable[[], None],
) -> None:
    due_now(schedules, machine, site)
    with qtbot.waitSignal(watch.noticed, timeout=20_000) as heard:
        watch.look()
    assert heard.args[:2] == ["ok", "Scheduled backup of site: taken and verified."]
    settled()
    watch.look()
    settled()
    assert [run.outcome for run in schedules.history(site.id)] == ["done"]


def test_on_battery_it_asks_once_and_takes_the_answer(
    qtbot: QtBot,
    watch: ScheduleWatch,
    schedules: Schedules,
    machine: Machine,
    site: Resource,
    settled: Callable[[], None],
) -> None:
    machine.around = Surroundings(on_battery=True)
    due_now(schedules, machine, site)
    watch.look()
    settled()
    question = watch.question
    assert isinstance(question, QuestionSheet)
    question.later.click()
    watch.look()
    settled()
    assert watch.question is None, "it is not asked twice"
    assert schedules.history(site.id) == ()

    machine.around = Surroundings()
    with qtbot.waitSignal(watch.noticed, timeout=20_000) as heard:
        watch.look()
    assert heard.args[0] == "ok", "at the socket it begins by itself"
    settled()


def test_not_this_time_is_an_answer(
    watch: ScheduleWatch,
    schedules: Schedules,
    machine: Machine,
    site: Resource,
    settled: Callable[[], None],
) -> None:
    machine.around = Surroundings(metered=True)
    due_now(schedules, machine, site)
    watch.look()
    settled()
    assert watch.question is not None
    watch.question.no.click()
    settled()
    assert [run.outcome for run in schedules.history(site.id)] == ["declined"]
    machine.around = Surroundings()
    watch.look()
    settled()
    assert len(schedules.history(site.id)) == 1


def test_now_all_the_same(
    qtbot: QtBot,
    watch: ScheduleWatch,
    schedules: Schedules,
    machine: Machine,
    site: Resource,
    settled: Callable[[], None],
) -> None:
    machine.around = Surroundings(on_battery=True, metered=True)
    due_now(schedules, machine, site)
    watch.look()
    settled()
    assert watch.question is not None
    with qtbot.waitSignal(watch.noticed, timeout=20_000) as heard:
        watch.question.yes.click()
    assert heard.args[0] == "ok"
    settled()


def test_a_missed_backup_is_announced_and_done(
    qtbot: QtBot,
    watch: ScheduleWatch,
    schedules: Schedules,
    machine: Machine,
    site: Resource,
    settled: Callable[[], None],
) -> None:
    due_now(schedules, machine, site)
    machine.now += timedelta(hours=2)
    heard: list[tuple[str, str, str]] = []
    watch.noticed.connect(lambda *said: heard.append(said))
    watch.look()
    settled()
    qtbot.waitUntil(lambda: len(heard) == 2, timeout=20_000)
    assert [said[0] for said in heard] == ["warning", "ok"]
    assert "was missed; it is done now" in heard[0][1]
    settled()


def test_a_missed_backup_that_is_left_becomes_a_ticket_in_sight(
    qtbot: QtBot,
    watch: ScheduleWatch,
    schedules: Schedules,
    tickets: Tickets,
    runner: TaskRunner,
    machine: Machine,
    site: Resource,
    settled: Callable[[], None],
) -> None:
    due_now(schedules, machine, site, catch_up="skip")
    machine.now += timedelta(hours=2)
    heard: list[tuple[str, str, str]] = []
    watch.noticed.connect(lambda *said: heard.append(said))
    with qtbot.waitSignal(runner.changed, timeout=20_000) as changed:
        watch.look()
    settled()
    [ticket] = tickets.all()
    assert heard == [
        ("critical", "Backup of site was missed", f"It is written down in ticket {ticket.number}.")
    ]
    assert changed.args == [Change.TICKETS]
    assert schedules.outlook(site).standing.state == "critical"


def test_the_last_times_are_shown_with_their_outcome(
    watch: ScheduleWatch,
    scheduling: Scheduling,
    schedules: Schedules,
    machine: Machine,
    site: Resource,
    settled: Callable[[], None],
) -> None:
    empty = scheduling.open(site)
    assert not empty.show_history.isEnabled()
    empty.reject()
    machine.around = Surroundings(on_battery=True)
    due_now(schedules, machine, site, battery="skip")
    watch.look()
    settled()
    dialog = scheduling.open(site)
    dialog.show_history.click()
    shown = dialog.findChild(HistoryDialog)
    assert shown is not None
    [run] = shown.table.rows.shown
    assert run.reason == "The machine runs on its battery."
    settled()


def test_the_dialog_fits_a_laptop(
    scheduling: Scheduling, site: Resource, settled: Callable[[], None]
) -> None:
    dialog: ScheduleDialog = scheduling.open(site)
    settled()
    assert dialog.sizeHint().height() <= 690
    assert dialog.sizeHint().width() <= 900
    dialog.reject()


def test_both_timers_are_set_up_and_taken_away_in_the_dialog(
    scheduling: Scheduling,
    site: Resource,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    settled: Callable[[], None],
) -> None:
    tools, table = tmp_path / "bin", tmp_path / "crontab"
    tools.mkdir()
    table.touch()
    (tools / "crontab").write_text(
        f'#!/bin/sh\n[ "$1" = -l ] && exec cat {table}\nexec cat > {table}\n'
    )
    (tools / "systemctl").write_text("#!/bin/sh\nexit 1\n")
    for tool in tools.iterdir():
        tool.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    dialog = scheduling.open(site)
    settled()
    _, looks = dialog.timers
    assert looks.switch.text() == "Look then, too"
    looks.switch.click()
    settled()
    assert "gmops collect >>" in table.read_text()
    assert looks.text.full_text.startswith("Also while the window is closed (cron).")
    looks.switch.click()
    settled()
    assert "collect" not in table.read_text()
    (tools / "crontab").write_text('#!/bin/sh\n[ "$1" = -l ] && exit 0\necho full >&2; exit 1\n')
    looks.switch.click()
    settled()
    assert looks.switch.text() == "Look then, too"
    assert looks.switch.isEnabled()
    dialog.reject()
