"""A drill restores an archive by stock tools into a server of its own; every fault turns it red."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import pymysql
import pytest

from cloned import on_clone
from databases import execute, opener
from db import evidence
from db.engine import Database
from db.evidence import ProvedRestore
from db.journal import Journal
from every_step import Everything
from gmops_desktop.adapters import local_programs
from gmops_desktop.adapters.local_programs import NoLocalServer
from gmops_desktop.adapters.local_server import LocalServer, LocalServers
from gmops_desktop.adapters.processes import serving
from gmops_desktop.adapters.vault import Vault
from gmops_desktop.addresses import MysqlAddress, Resource
from gmops_desktop.archive.plain_copies import PlainCopies
from gmops_desktop.archive.sealing import Seals
from gmops_desktop.context import Context, Progress
from gmops_desktop.contract.drills import DrillPlan
from gmops_desktop.errors import Cancelled, OpsError
from gmops_desktop.gathering.matters import drill_of
from gmops_desktop.paths import Home
from gmops_desktop.reports.archival import attached
from gmops_desktop.reports.facts import MonthFacts
from gmops_desktop.services.backups import Backup, Backups
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.drills import Drills
from gmops_desktop.services.reports import Asked, Kind, Reports
from gmops_desktop.services.sealing import Sealing
from gmops_desktop.services.tickets import Tickets
from gmops_desktop.services.troubles import Troubles
from gmops_desktop.settings import SettingsFile
from sandbox.database import DatabaseServer
from sandbox.mariadb import MariaDB
from sandbox.mysql56 import Mysql56

SITE = [
    "CREATE TABLE members (id int PRIMARY KEY, name varchar(40) NOT NULL, score float)"
    " DEFAULT CHARSET=utf8mb4",
    "INSERT INTO members VALUES (1,'会员一',0.1),(2,'会员二',16777216),(3,'会员三',3.5)",
    "CREATE TABLE log (line varchar(100)) DEFAULT CHARSET=utf8mb4",
    "INSERT INTO log VALUES ('a'),('b'),('b')",
    "CREATE TABLE counted (n int PRIMARY KEY)",
    "INSERT INTO counted VALUES (3)",
    "CREATE DEFINER='nobody'@'%' VIEW named AS SELECT name FROM members",
    "CREATE TRIGGER count_up AFTER INSERT ON members FOR EACH ROW UPDATE counted SET n=n+1",
    "CREATE FUNCTION half(n int) RETURNS int DETERMINISTIC RETURN n/2",
    "CREATE EVENT tidy ON SCHEDULE EVERY 1 DAY STARTS '2035-01-01' DO DELETE FROM log",
]


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[LocalServers]:
    """The folder of local servers; a test that leaves one in it fails."""
    servers = LocalServers(tmp_path / "local")
    yield servers
    left = list((tmp_path / "local").glob("*")) if (tmp_path / "local").exists() else []
    for folder in left:
        for process in serving(folder / "data"):
            process.kill()
    assert not left, "a local server was left behind"


@pytest.fixture
def tickets(database: Database) -> Tickets:
    return Tickets(database, Journal(database, actor=lambda: "工程师"))


def troubled(database: Database, tickets: Tickets) -> Troubles:
    return Troubles(database, Journal(database, actor=lambda: "工程师"), tickets)


@pytest.fixture
def contracts(database: Database) -> Contracts:
    return Contracts(database, Journal(database, actor=lambda: "工程师"))


@pytest.fixture
def reports(database: Database, tmp_path: Path) -> Reports:
    journal = Journal(database, actor=lambda: "工程师")
    return Reports(database, journal, lambda: tmp_path / "reports", no_month)


def no_month(start: date, end: date) -> MonthFacts:
    raise AssertionError("no monthly report is made here")


@pytest.fixture
def drills(
    database: Database,
    servers: LocalServers,
    contracts: Contracts,
    tickets: Tickets,
    reports: Reports,
    tmp_path: Path,
) -> Drills:
    return Drills(
        database,
        Journal(database, actor=lambda: "工程师"),
        servers,
        Seals().opened,
        file=reports.keep,
        contract=contracts.of_resource,
        troubles=troubled(database, tickets),
        resources=contracts.resources,
        secrets=Vault(),
        locks=tmp_path / "locks",
        on_clone=on_clone(tmp_path),
    )


def backed_up(
    server: DatabaseServer, address: MysqlAddress, database: Database, tmp_path: Path, id: str = ""
) -> Backup:
    execute(server, address.schema, SITE)
    folder = tmp_path / "archives"
    folder.mkdir(exist_ok=True)
    backups = Backups(database, opener(server), lambda: folder)
    return backups.take(address, Context(), resource_id=id)


@pytest.fixture
def site(contracts: Contracts, schema: MysqlAddress) -> Resource:
    return contracts.save_resource("mysql", "官网数据库", schema)


@pytest.fixture
def backup(
    mariadb: MariaDB, schema: MysqlAddress, database: Database, tmp_path: Path, site: Resource
) -> Backup:
    return backed_up(mariadb, schema, database, tmp_path, site.id)


@contextmanager
def meddling(
    monkeypatch: pytest.MonkeyPatch, statements: list[str], step: str = "Proving the copy"
) -> Iterator[Context]:
    """Give a context in which somebody changes the copy between the restore and the proof."""
    running: list[LocalServer] = []
    start = LocalServer.start

    def noted(self: LocalServer, context: Context) -> None:
        start(self, context)
        running.append(self)

    monkeypatch.setattr(LocalServer, "start", noted)
    done: list[str] = []

    def meddle(progress: Progress) -> None:
        if progress.text == step and not done:
            done.append(step)
            (server,) = running
            with server.connect("information_schema", Context()) as connection:
                ((schema,),) = connection.rows(
                    "SELECT TABLE_SCHEMA FROM TABLES WHERE TABLE_NAME='members'"
                )
                for statement in [f"USE `{schema}`", *statements]:
                    connection.run(statement)

    yield Everything(meddle)
    assert done, "nobody meddled"


def test_a_whole_archive_is_proved_timed_and_certified(
    drills: Drills, site: Resource, backup: Backup, reports: Reports, database: Database
) -> None:
    drills.save_checks(site, ("SELECT * FROM named", "SELECT half(n) FROM counted"))
    told: list[Progress] = []
    drill = drills.run(site, Everything(told.append))
    assert (drill.outcome, drill.faults) == ("proved", ())
    assert (drill.tables, drill.rows, drill.definitions) == (3, 7, 7)
    assert drill.sha256 == hashlib.sha256(backup.path.read_bytes()).hexdigest()
    assert drill.name == "官网数据库"
    assert drill.server.startswith("MariaDB 10.")
    assert 0 < drill.seconds < 60
    assert {phase.name for phase in drill.phases} == {
        *("SHA-256 of the file", "Verifying the file", "Looking at what would be run"),
        *("Starting the server", "Restoring with stock tools", "Proof by digests", "Own checks"),
    }
    assert [(one.rows, one.fault) for one in drill.checks] == [(3, ""), (1, "")]
    (certificate,) = reports.all()
    assert certificate.number == drill.certificate == f"GMOPS-YL-{certificate.period}-01"
    assert (certificate.kind, certificate.pages, reports.checks()) == ("drill", 1, ())
    assert certificate.about == drill.id  # another one of the same day replaces nothing
    gather: dict[Kind, Asked] = {"drill": partial(drill_of, drills)}
    desk = Reports(database, Journal(database, actor=lambda: "张伟", device_name="工作站"),
                   lambda: certificate.path.parent, lambda start, end: pytest.fail("not asked"),
                   gather)  # fmt: skip
    again = desk.make("drill", certificate.number, Context(), corrects="补充说明")
    assert (again.replaces, again.about) == (certificate.number, drill.id)
    assert again.made_at > certificate.made_at
    facts = drills.certificate_facts(certificate.number)
    assert (facts.about, facts.period, facts.sha256) == (
        drill.id, certificate.period, drill.sha256
    )  # fmt: skip
    said, _ = attached(certificate.path)
    assert said["facts"]["sha256"] == drill.sha256
    assert drills.all(site.id) == (drill,)
    assert drills.get(drill.id[:13]) == drill
    assert drills.outlook(site).standing.state == "ok"
    with database.session() as session:  # it is evidence of a proved restore, too
        assert evidence.newest_restore(session) == ProvedRestore(
            drill.at, drill.seconds, drill.schema
        )
    assert told[-1].percent == 100


@pytest.mark.parametrize(
    ("statements", "fault"),
    [
        (["UPDATE members SET name='会员貳' WHERE id=2"], "rows of members"),
        (["UPDATE members SET score=16777217 WHERE id=3"], "rows of members"),
        (["DELETE FROM log LIMIT 1"], "rows of log"),
        (["DELETE FROM members WHERE id=3"], "rows of members"),
        (["INSERT INTO members VALUES (9,'x',1)", "UPDATE counted SET n=3"], "rows of members"),
        (["DROP TRIGGER count_up"], "trigger count_up is missing"),
        (["DROP EVENT tidy"], "event tidy is missing"),
        (["DROP FUNCTION half"], "function half is missing"),
        (["CREATE OR REPLACE VIEW named AS SELECT 1 name"], "view named is defined otherwise"),
        (
            ["ALTER TABLE members CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"],
            "table members is defined otherwise",
        ),
        (["CREATE TABLE more (n int)"], "a table more that the archive does not hold"),
        (["DROP TABLE log"], "table log is missing"),
    ],
)
def test_what_is_otherwise_in_the_copy_turns_it_red(
    drills: Drills,
    site: Resource,
    backup: Backup,
    monkeypatch: pytest.MonkeyPatch,
    statements: list[str],
    fault: str,
) -> None:
    with meddling(monkeypatch, statements) as context:
        drill = drills.run(site, context)
    assert drill.outcome == "disproved"
    assert fault in " ".join(drill.faults)
    assert drill.certificate
    assert drills.outlook(site).standing.state == "critical"


@pytest.mark.parametrize("place", [0.1, 0.5, 0.9])
def test_a_flipped_bit_in_the_archive_turns_it_red(
    drills: Drills, site: Resource, backup: Backup, tickets: Tickets, place: float
) -> None:
    content = bytearray(backup.path.read_bytes())
    content[int(len(content) * place)] ^= 4
    backup.path.write_bytes(content)
    drill = drills.run(site, Context())
    assert drill.outcome == "disproved"
    assert "is broken" in drill.faults[0]
    # Without any plan for drills, too, a backup that is none has its ticket; one.
    [ticket] = drills.raise_alarms(site)
    assert (ticket.title, ticket.resource_id) == (
        *("Drill of 官网数据库 disproved a backup", site.id),
    )
    assert drills.advance() == ((), ())
    assert len(tickets.all()) == 1


@pytest.mark.servers
def test_an_archive_of_mysql_56_is_proved_on_this_server(
    drills: Drills, mysql56: Mysql56, database: Database, tmp_path: Path
) -> None:
    drill = drills.run_file(archive_of_56(mysql56, database, tmp_path).path, Context())
    assert (drill.outcome, drill.faults) == ("proved", ())
    assert "MySQL 5.6" in drill.notes[0]
    assert "MariaDB" in drill.notes[0]


@pytest.mark.servers
@pytest.mark.parametrize(
    ("statements", "fault"),
    [
        (["UPDATE members SET name='会员貳' WHERE id=2"], "rows of members"),
        (["UPDATE members SET score=1 WHERE id=3"], "rows of members"),
        (["DELETE FROM log LIMIT 1"], "rows of log"),
        (["DELETE FROM members WHERE id=3"], "rows of members"),
        (["DROP TRIGGER count_up"], "trigger count_up is missing"),
        (
            ["ALTER TABLE members CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"],
            "table members is defined otherwise",
        ),
    ],
)
def test_an_archive_of_mysql_56_turns_red_all_the_same(
    drills: Drills,
    mysql56: Mysql56,
    database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    statements: list[str],
    fault: str,
) -> None:
    archive = archive_of_56(mysql56, database, tmp_path)
    with meddling(monkeypatch, statements) as context:
        drill = drills.run_file(archive.path, context)
    assert drill.outcome == "disproved"
    assert fault in " ".join(drill.faults)


@pytest.mark.servers
def test_a_flipped_bit_in_an_archive_of_mysql_56_turns_it_red(
    drills: Drills, mysql56: Mysql56, database: Database, tmp_path: Path
) -> None:
    path = archive_of_56(mysql56, database, tmp_path).path
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 4
    path.write_bytes(content)
    drill = drills.run_file(path, Context())
    assert (drill.outcome, "is broken" in drill.faults[0]) == ("disproved", True)


def archive_of_56(mysql56: Mysql56, database: Database, tmp_path: Path) -> Backup:
    name = f"t_{os.urandom(4).hex()}"
    execute(mysql56, "", [f"CREATE DATABASE {name} CHARACTER SET utf8mb4"])
    try:
        address = mysql56.address(name, user="root")
        return backed_up(mysql56, address, database, tmp_path)
    finally:
        execute(mysql56, "", [f"DROP DATABASE {name}"])


def test_an_archive_with_triggers_and_events_is_not_for_the_production_server(
    drills: Drills, backup: Backup
) -> None:
    assert drills.scan(backup.path, Context()) == (
        "The trigger count_up would fire on the production server.",
        "The event tidy would run on the production server.",
    )


def test_a_sealed_archive_is_opened_first(
    drills: Drills, backup: Backup, home: Home, database: Database
) -> None:
    sealing = Sealing(SettingsFile(home.settings), Vault(), PlainCopies(home.opened))
    sealing.make_key("office")
    sealed = sealing.seals.seal(backup.path, Context()).path
    drills._opened = drills._rehearsal._opened = sealing.seals.opened
    drill = drills.run_file(sealed, Context())
    assert (drill.outcome, drill.faults) == ("proved", ())
    assert drill.sha256 == hashlib.sha256(sealed.read_bytes()).hexdigest()
    assert "Unsealing" in {phase.name for phase in drill.phases}
    assert not [one for one in home.opened.iterdir() if one.is_dir()]

    content = bytearray(sealed.read_bytes())
    content[len(content) // 2] ^= 1
    sealed.write_bytes(content)
    assert drills.run_file(sealed, Context()).outcome == "disproved"


# ---------------------------------------------------------------- checks


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("SELECT * FROM members WHERE id > 100", "no row"),
        ("SELECT * FROM nowhere", "nowhere"),
        ("SELECT * FROM mysql.global_priv", "denied"),
    ],
)
def test_a_check_that_does_not_hold_turns_it_red(
    drills: Drills, site: Resource, backup: Backup, sql: str, why: str
) -> None:
    drills.save_checks(site, (sql,))
    drill = drills.run(site, Context())
    assert drill.outcome == "disproved"
    assert why in drill.checks[0].fault
    assert sql in drill.faults[-1]


@pytest.mark.parametrize(
    "sql", ["DELETE FROM members", "SELECT 1; DROP TABLE members", "CALL x()", "SET @a=1"]
)
def test_only_single_questions_are_taken_for_checks(
    drills: Drills, site: Resource, sql: str
) -> None:
    with pytest.raises(OpsError, match="not one question"):
        drills.save_checks(site, (sql,))
    assert drills.checks(site.id) == ()


def test_a_check_that_takes_too_long_is_ended(
    drills: Drills, site: Resource, backup: Backup, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gmops_desktop.services.drills import checks

    limited = checks.run
    monkeypatch.setattr(checks, "run", lambda *words: limited(*words, seconds=4.0))
    drills.save_checks(site, ("SELECT SLEEP(60)", "SELECT 1"))
    drill = drills.run(site, Context())
    assert [one.fault for one in drill.checks] == ["It took longer than 4 s.", ""]
    assert drill.checks[0].seconds < 40


# ---------------------------------------------------------------- nothing is left


@pytest.mark.parametrize("step", ["Preparing", "Restoring", "Proving"])
def test_cancelled_on_the_way_leaves_nothing(
    drills: Drills, site: Resource, backup: Backup, step: str
) -> None:
    def cancel(progress: Progress) -> None:
        if progress.text.startswith(step):
            context.cancel()

    context = Everything(cancel)
    with pytest.raises(Cancelled):
        drills.run(site, context)
    assert drills.all() == ()


def test_what_a_killed_program_left_is_removed_by_the_next(
    servers: LocalServers, tmp_path: Path
) -> None:
    code = textwrap.dedent(
        """
        import sys, os, signal
        from pathlib import Path
        from gmops_desktop.adapters import local_programs
        from gmops_desktop.adapters.local_server import LocalServers
        from gmops_desktop.context import Context
        program = local_programs.find()[0]
        with LocalServers(Path(sys.argv[1])).running(program, Context()) as server:
            print(server.port, flush=True)
            os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    ran = subprocess.run([sys.executable, "-c", code, tmp_path / "local"], capture_output=True,
                         text=True, check=False)  # fmt: skip
    assert ran.returncode == -signal.SIGKILL
    (folder,) = (tmp_path / "local").iterdir()
    assert len(serving(folder / "data")) == 1
    assert servers.sweep() == 1
    assert not folder.exists()
    assert serving(folder / "data") == []
    with pytest.raises(pymysql.err.OperationalError):
        pymysql.connect(host="127.0.0.1", port=int(ran.stdout), user="root", connect_timeout=2)


def test_a_server_in_use_is_not_swept_away(
    servers: LocalServers, tmp_path: Path, drills: Drills, site: Resource, backup: Backup
) -> None:
    other, swept = LocalServers(tmp_path / "local"), []

    def sweep(progress: Progress) -> None:
        if progress.text == "Proving the copy":
            swept.append(other.sweep())

    assert drills.run(site, Everything(sweep)).outcome == "proved"
    assert swept == [0]


def test_no_server_here_is_one_clear_line_with_the_way_out(
    database: Database, servers: LocalServers, contracts: Contracts, tickets: Tickets,
    reports: Reports, tmp_path: Path, site: Resource, backup: Backup,
) -> None:  # fmt: skip
    bare = Drills(
        database, Journal(database, actor=lambda: "x"), servers, Seals().opened,
        file=reports.keep, contract=contracts.of_resource, troubles=troubled(database, tickets),
        resources=contracts.resources, secrets=Vault(), locks=tmp_path / "locks",
        on_clone=on_clone(tmp_path), find=lambda: (),
    )  # fmt: skip
    with pytest.raises(NoLocalServer, match="No MariaDB or MySQL server") as refusal:
        bare.run(site, Context())
    assert "nstall" in refusal.value.hint
    (drill,) = bare.all(site.id)
    assert drill.outcome == "failed"
    assert bare.outlook(site).standing.state == "unknown"


def test_an_archive_that_does_not_load_is_no_backup(
    drills: Drills, site: Resource, backup: Backup, mariadb: MariaDB, schema: MysqlAddress,
    database: Database, tmp_path: Path,
) -> None:  # fmt: skip
    other = f"{schema.schema}_other"
    reaching = f"CREATE VIEW reaching AS SELECT n FROM {other}.there"
    create = [f"CREATE DATABASE {other}", f"CREATE TABLE {other}.there (n int)", reaching]
    execute(mariadb, schema.schema, create)
    try:
        backups = Backups(database, opener(mariadb), lambda: tmp_path / "archives")
        backups.take(schema, Context(), resource_id=site.id)
    finally:
        execute(mariadb, "", [f"DROP DATABASE {other}"])
    drill = drills.run(site, Context())
    assert drill.outcome == "disproved"
    assert drill.faults[0].startswith("The archive does not load: ")
    assert f"{other}.there" in drill.faults[0]


def test_a_server_that_dies_on_the_way_proves_nothing(
    drills: Drills, site: Resource, backup: Backup, tmp_path: Path
) -> None:
    def kill(progress: Progress) -> None:
        if progress.text == "Proving the copy":
            for folder in (tmp_path / "local").iterdir():
                for process in serving(folder / "data"):
                    process.kill()

    with pytest.raises(OpsError, match=r"broke|cannot be reached"):
        drills.run(site, Everything(kill))
    (drill,) = drills.all()
    assert drill.outcome == "failed"
    assert drill.certificate == ""


def test_a_full_disk_is_said_and_leaves_nothing(
    servers: LocalServers, full_disk: AbstractContextManager[None]
) -> None:
    program = local_programs.find()[0]
    with full_disk, pytest.raises(OpsError), servers.running(program, Context()):
        raise AssertionError("it runs without a disk")


# ---------------------------------------------------------------- a copy to look into


def test_a_copy_is_kept_to_look_into_and_dropped(
    drills: Drills, site: Resource, backup: Backup
) -> None:
    copy = drills.copies.keep(backup.path, Context())
    try:
        assert copy.running
        assert drills.copies.all() == (copy,)
        assert drills.sweep() == 0
        password = drills.copies.password(copy)
        with (
            pymysql.connect(
                host=copy.address.host, port=copy.address.port, user=copy.address.user,
                password=password, database=copy.address.schema,
            ) as connection,
            connection.cursor() as cursor,
        ):  # fmt: skip
            cursor.execute("SELECT COUNT(*) FROM members")
            assert cursor.fetchall() == ((3,),)
            cursor.execute("SELECT @@event_scheduler")
            assert cursor.fetchall() == (("OFF",),)
        with pytest.raises(pymysql.err.OperationalError):
            pymysql.connect(host="127.0.0.1", port=copy.address.port, user="root", password="")
    finally:
        drills.copies.drop(copy.id)
    assert drills.copies.all() == ()
    with pytest.raises(OpsError):
        drills.copies.password(copy)


# ---------------------------------------------------------------- plans and tickets


def test_a_drill_that_is_due_is_named_and_an_overdue_one_opens_one_ticket(
    database: Database, servers: LocalServers, contracts: Contracts, tickets: Tickets,
    reports: Reports, tmp_path: Path, site: Resource, backup: Backup,
) -> None:  # fmt: skip
    clock = [datetime(2030, 1, 1, tzinfo=UTC)]

    def build(now: Callable[[], datetime]) -> Drills:
        return Drills(
            database, Journal(database, actor=lambda: "x"), servers, Seals().opened,
            file=reports.keep, contract=contracts.of_resource, troubles=troubled(database, tickets),
            resources=contracts.resources, secrets=Vault(), locks=tmp_path / "locks",
            on_clone=on_clone(tmp_path), now=now,
        )  # fmt: skip

    drills = build(lambda: clock[0])
    assert drills.advance() == ((), ())
    drills.save_plan(site, DrillPlan())
    assert drills.advance() == ((site,), ())
    assert drills.run(site, Context()).outcome == "proved"
    assert drills.advance() == ((), ())
    clock[0] += timedelta(days=31)
    assert drills.advance() == ((site,), ())
    assert drills.outlook(site).standing.state == "ok"
    clock[0] += timedelta(days=3)
    (due,), (ticket,) = drills.advance()
    assert due == site
    assert ticket.title == "Drill of 官网数据库 is overdue"
    assert drills.outlook(site).standing.state == "warning"
    assert drills.advance() == ((site,), ())  # told once
    assert drills.run(site, Context()).outcome == "proved"
    assert [one.id for one in drills.raise_alarms(site)] == [ticket.id]
    noted = tickets.steps(ticket.id)[-1].text
    assert "was drilled and proved" in noted
    assert drills.raise_alarms(site) == ()
    clock[0] += timedelta(days=40)
    assert [one.id for one in drills.advance()[1]] == [ticket.id]
    assert tickets.steps(ticket.id)[-1].text.startswith("Again: ")
    assert drills.advance()[1] == ()
    assert len(tickets.all()) == 1
