"""A release with a change of the database, on the sandbox's site, and back under load."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from importlib.resources import as_file, files
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import pytest

from databases import query
from db.engine import Database
from db.ids import uuid7
from gmops import ROOT
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from release_run import at_work
from released import Queued, Releasing, Server, seen, write
from sandbox import site_data
from sandbox.database import SITE_SCHEMA
from sandbox.mariadb import MariaDB
from sandbox.site_release import HOURS, make
from sandbox.sshd import Sshd
from sandbox.website import Website
from steady_visitors import Ask, States, Visitors, page

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDB]:
    with MariaDB(tmp_path_factory.mktemp("release-db")) as server:
        site_data.seed(server, site_data.SMALL)
        yield server


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    place = tmp_path_factory.mktemp("release-sshd")
    with Sshd(place / "sshd", environment={"GMOPS_RUNS": str(place / "runs")}) as server:
        yield server


@pytest.fixture(scope="module")
def website(mariadb: MariaDB, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    """The sandbox's site, served from `releases/1.0` by the link `program`."""
    folder = tmp_path_factory.mktemp("release-site")
    with as_file(files("sandbox.site") / "program") as program:
        shutil.copytree(program, folder / "releases" / "1.0")
    write(folder / "releases" / "1.0", {"uploads/logo.png": b"a picture"})
    (folder / "program").symlink_to("releases/1.0")
    with Website(folder, mariadb) as site:
        yield site


@dataclass
class Desk:
    """What a program on this machine works with; `order` tells it to another one."""

    work: Releasing
    website: Website
    mariadb: MariaDB
    order: dict[str, Any]

    @property
    def site(self) -> Path:
        return self.website.program

    def queue(self, source: Path) -> Queued:
        return self.work.queue(source, self.site)

    def facts(self) -> tuple[Any, ...]:
        """Return what must be as before: the site, and what the release touches of its database."""
        columns = query(self.mariadb, SITE_SCHEMA, "SHOW CREATE TABLE setting")
        rows = query(self.mariadb, SITE_SCHEMA, "SELECT * FROM setting ORDER BY name")
        return columns, rows, self.tables(), seen(self.site, but=("uploads",))

    def tables(self) -> set[str]:
        return {row[0] for row in query(self.mariadb, SITE_SCHEMA, "SHOW TABLES")}

    def served(self) -> str:
        """Return which release every page shows; a mix or a fault fails the test."""
        found = set()
        for path in ("", "members", "article/1"):
            answer = httpx.get(f"{self.website.plain_address.url}{path}", trust_env=False)
            assert answer.status_code == 200, answer.text
            found.add("2.0" if HOURS in answer.text else "1.0")
        (release,) = found
        return release


@pytest.fixture
def desk(tmp_path: Path, mariadb: MariaDB, sshd: Sshd, website: Website) -> Iterator[Desk]:
    server = Server(tmp_path, sshd)
    (tmp_path / "archives").mkdir()
    order = {
        "folder": str(tmp_path),
        "store": str(tmp_path / "store.db"),
        "host": server.host.id,
        "ssh": asdict(sshd.address),
        "mysql": {k: v for k, v in asdict(mariadb.address()).items() if k not in ("ssh", "cloud")},
        "password": mariadb.password("ops_backup"),
    }
    database = Database(tmp_path / "store.db")
    try:
        yield Desk(at_work(order, database), website, mariadb, order)
    finally:
        database.close()


class Writers:
    """Visitors who write: applications and comments, each counted once it is committed."""

    def __init__(self, mariadb: MariaDB) -> None:
        self._mariadb = mariadb
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._write)
        self.written = 0
        self.faults: list[str] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._done.set()
        self._thread.join()

    def _write(self) -> None:
        with self._mariadb.connect(SITE_SCHEMA, user="site") as own, own.cursor() as cursor:
            while not self._done.wait(0.01):
                try:
                    cursor.execute(
                        "INSERT INTO member_apply (company, contact, phone, applied_at)"
                        " VALUES (%s, '访客', '0755', NOW())", (f"试写 {self.written}",),
                    )  # fmt: skip
                except Exception as error:
                    self.faults.append(repr(error))
                else:
                    self.written += 1


def applications(mariadb: MariaDB) -> int:
    asked = "SELECT COUNT(*) FROM member_apply WHERE company LIKE '试写 %'"
    return int(query(mariadb, SITE_SCHEMA, asked)[0][0])


def test_there_and_back_under_load_nobody_sees_a_fault(desk: Desk, tmp_path: Path) -> None:
    """Visitors read and write all the while.  Files and the two tables the release touches go back;
    what they wrote elsewhere stays, and what they wrote there is named before it goes."""
    url = desk.website.plain_address.url
    log = desk.website.folder / "access.log"
    before = desk.facts()
    written_before = applications(desk.mariadb)
    with httpx.Client(trust_env=False, timeout=15) as client, ExitStack() as stack:
        asks: dict[str, Ask] = {
            f"/{path}": page(client, f"{url}{path}") for path in ("", "members", "article/1")
        }
        states = States(asks)
        states.learn("1.0")
        began = log.stat().st_size
        visitors = stack.enter_context(Visitors([asks, asks]))
        writers = stack.enter_context(Writers(desk.mariadb))
        change = desk.queue(make(tmp_path / "site-2.0"))
        assert desk.work.plan(change).database == "mysql-1"
        back = desk.work.prepare(change)
        assert not back.why_not
        assert [step.key for step in back.steps] == ["switch", "database"]
        assert back.steps[1].loses.startswith("Only setting, faq go back")
        assert back.steps[1].loses.endswith(": nothing.")
        assert visitors.mark("prepared")

        look = desk.work.run(change)
        assert (look.state, look.why) == ("done", ""), look.log
        assert [(step.key, step.status) for step in look.steps] == [
            ("sql:sql/before/1-hours.sql", 0),
            *((key, 0) for key in ("ready", "stands", "share", "switch", "catch_up", "proof")),
            ("sql:sql/after/2-faq.sql", 0),
        ]
        switched = visitors.mark("switched")
        states.learn("2.0")
        assert desk.served() == "2.0"
        found = {one.title: one for one in desk.work.releases.changed(
            desk.work.server.host, change.plan, change.id, Context())}  # fmt: skip
        assert set(found) == {"page.html", "sql/before/1-hours.sql", "sql/after/2-faq.sql"}
        assert found["sql/before/1-hours.sql"].after == "3"  # statements run

        (desk.site / "uploads" / "visitor.png").write_bytes(b"uploaded to 2.0")
        with desk.mariadb.connect(SITE_SCHEMA, user="site") as own, own.cursor() as cursor:
            cursor.execute("INSERT INTO setting (name, value) VALUES ('banner', '访客设置')")
        way = desk.work.releases.way_back(desk.work.server.host, change.plan, change.id, Context())
        loses = way.steps[1].loses
        assert "setting: 1 written, 0 changed, 0 deleted" in loses  # the visitor's alone
        assert "faq: made by the release, they go with all their rows (2)" in loses

        look = desk.work.run(change, "rollback")
        assert (look.state, look.why) == ("done", ""), look.log
        visitors.mark("rolled back")
    wrong = states.write(tmp_path / "requests.log", visitors)
    assert not wrong, wrong
    alone = [a for a in visitors.answers if a.what == "/members"]
    assert states.seen(alone) == ["1.0", "2.0", "1.0"]
    assert any(answer.began < switched for answer in alone)

    assert desk.facts() == before
    assert (desk.site / "uploads" / "visitor.png").read_bytes() == b"uploaded to 2.0"
    assert not writers.faults
    assert writers.written > 20
    assert applications(desk.mariadb) - written_before == writers.written  # not one is lost

    requests = log.read_bytes()[began:].decode().splitlines()
    assert len(requests) >= len(visitors.answers)
    assert all('HTTP/1.1" 200' in line for line in requests)


def test_scripts_of_its_own_lead_back_in_their_order(desk: Desk, tmp_path: Path) -> None:
    before = desk.facts()
    change = desk.queue(make(tmp_path / "site-2.0", down=True))
    back = desk.work.prepare(change)
    assert [step.key for step in back.steps] == [
        "switch", "sql:sql/down/2-faq.sql", "sql:sql/down/1-hours.sql",
    ]  # fmt: skip
    assert desk.work.run(change).state == "done"
    with desk.mariadb.connect(SITE_SCHEMA, user="site") as own, own.cursor() as cursor:
        cursor.execute("UPDATE setting SET value='13800000000' WHERE name='hotline'")
    look = desk.work.run(change, "rollback")
    assert (look.state, look.why) == ("done", ""), look.log
    assert [step.key for step in look.steps if step.key.startswith(("sql:", "switch"))] == [
        "sql:sql/down/2-faq.sql", "switch", "sql:sql/down/1-hours.sql",
    ]  # fmt: skip
    with desk.mariadb.connect(SITE_SCHEMA, user="site") as own, own.cursor() as cursor:
        changed = cursor.execute(
            "UPDATE setting SET value='0755-00000000' WHERE name='hotline'"
        )  # what was written meanwhile stayed
    assert changed == 1
    assert desk.facts() == before


def test_a_statement_that_is_refused_stops_before_the_switch(desk: Desk, tmp_path: Path) -> None:
    """What ran of a script is known; back goes the archive, and a mended release can follow."""
    before = desk.facts()
    source = make(tmp_path / "site-2.0", down=True)
    before_sql = (source / "sql/before/1-hours.sql").read_text("utf-8")
    bad = before_sql + "ALTER TABLE no_such_table ADD x int;\nINSERT INTO faq VALUES (9, '?');\n"
    write(source, {"sql/before/1-hours.sql": bad})
    change = desk.queue(source)
    desk.work.prepare(change)
    look = desk.work.run(change)
    assert look.state == "failed"
    assert "sql/before/1-hours.sql, line 5" in look.why
    assert "no_such_table" in look.why
    assert desk.served() == "1.0"
    assert "faq" in desk.tables()

    again = desk.work.run(change)  # a second try, under an id of its own, repeats nothing
    assert (again.state, again.why) == ("failed", look.why)
    # Its own scripts undo whole ones only: half a script goes back by the archive.
    look = desk.work.run(change, "rollback")
    assert (look.state, look.why) == ("done", ""), look.log
    assert desk.facts() == before

    write(source, {"sql/before/1-hours.sql": before_sql})
    mended = desk.queue(source)
    desk.work.prepare(mended)
    assert desk.work.run(mended).state == "done"
    assert desk.served() == "2.0"
    assert desk.work.run(mended, "rollback").state == "done"
    assert desk.facts() == before


def test_a_transaction_that_fails_leaves_nothing(desk: Desk, tmp_path: Path) -> None:
    before = desk.facts()
    source = make(tmp_path / "site-2.0")
    bad = (
        "START TRANSACTION;\nUPDATE setting SET value='?';\n"
        "INSERT INTO setting (name) VALUES ('icp');\nCOMMIT;\n"
    )
    write(source, {"sql/before/1-hours.sql": bad})
    change = desk.queue(source)
    desk.work.prepare(change)
    look = desk.work.run(change)
    assert look.state == "failed"
    assert "The transaction that it stood in was taken back." in look.why
    assert desk.facts() == before
    assert desk.work.releases.changed(
        desk.work.server.host, change.plan, change.id, Context()
    ) == ()  # fmt: skip
    assert desk.work.run(change, "rollback").state == "done"
    assert desk.facts() == before


def test_another_schema_is_none_of_its_business(desk: Desk, tmp_path: Path) -> None:
    source = make(tmp_path / "site-2.0")
    write(source, {"sql/before/1-hours.sql": "DELETE FROM `mysql` . user;"})
    change = desk.queue(source)
    back = desk.work.prepare(change)
    assert "works in the schema mysql, not in chamber" in back.why_not
    before = desk.facts()
    with pytest.raises(OpsError, match="works in the schema mysql"):
        desk.work.run(change)
    assert desk.facts() == before


# ---------------------------------------------------------------- the program is killed


def killed(order: dict[str, Any], after: float) -> bool:
    """Run a release in a program of its own, and kill it so many seconds after it has begun; say
    whether it was killed."""
    with subprocess.Popen(
        [sys.executable, str(ROOT / "tests" / "helpers" / "release_run.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests' / 'helpers'}"},
    ) as program:
        assert program.stdin
        assert program.stdout
        program.stdin.write(json.dumps(order).encode())
        program.stdin.close()
        assert program.stdout.readline() == b"begun\n"
        try:
            program.wait(after)
        except subprocess.TimeoutExpired:
            program.kill()
            program.wait()
            return True
        assert program.stderr
        assert program.returncode == 0, program.stderr.read().decode()
        return False


def test_of_a_statement_that_was_cut_nobody_says_that_it_ran(desk: Desk, tmp_path: Path) -> None:
    """The database drops the connection in the middle of one.  It is not repeated; the archive
    leads back."""
    before = desk.facts()
    source = make(tmp_path / "site-2.0")
    slow = (source / "sql/before/1-hours.sql").read_text("utf-8") + "SELECT SLEEP(600);\n"
    write(source, {"sql/before/1-hours.sql": slow})
    change = desk.queue(source)
    desk.work.prepare(change)
    faults: list[OpsError] = []
    run_id = uuid7()

    def begin() -> None:
        try:
            desk.work.run(change, run_id=run_id)
        except OpsError as error:
            faults.append(error)

    running = threading.Thread(target=begin)
    running.start()
    sleeping = "SELECT ID FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT SLEEP(600)%'"
    for _ in range(2400):
        if found := query(desk.mariadb, "", sleeping):
            break
        Context().wait(0.05)
    look = desk.work.releases.look(desk.work.server.host, run_id, 0, Context())
    assert look.state == "running"  # though the server knows of no run yet
    query(desk.mariadb, "", f"KILL {found[0][0]}")
    running.join()
    assert "broke" in faults[0].message
    look = desk.work.follow(run_id)
    assert look.state == "interrupted"
    assert "not known whether statement 4 of sql/before/1-hours.sql (line 5)" in look.why
    with pytest.raises(OpsError, match="not known whether statement 4"):
        desk.work.run(change)
    assert desk.served() == "1.0"
    look = desk.work.run(change, "rollback")
    assert (look.state, look.why) == ("done", ""), look.log
    assert desk.facts() == before


def test_killed_at_any_moment_either_release_is_whole(desk: Desk, tmp_path: Path) -> None:
    """The program is killed while it applies, and while it rolls back.  Each page is that of one
    release; what is told afterwards is true; and it can be brought back from wherever it stood."""
    rounds = int(os.environ.get("GMOPS_SOAK", "3"))
    chance = random.Random(os.environ.get("GMOPS_SEED", "release"))
    before = desk.facts()
    source = make(tmp_path / "site-2.0")
    told: list[str] = []
    for _ in range(rounds):
        change = desk.queue(source)
        desk.work.prepare(change)
        run_id = uuid7()
        order = {**desk.order, "plan": change.plan, "change": change.id}
        dead = killed({**order, "run": run_id, "purpose": "apply"}, after=chance.uniform(0.05, 2.5))
        look = desk.work.follow(run_id)
        told.append(look.state)
        served = desk.served()
        if look.state == "done":
            assert served == "2.0"
            assert query(desk.mariadb, SITE_SCHEMA, "SELECT COUNT(*) FROM faq") == ((2,),)
        elif look.state == "absent":
            assert dead
            assert desk.facts() == before
            continue
        else:
            assert look.state == "interrupted", look.why
            assert dead
            assert look.why
        back = uuid7()
        dead = killed(
            {**order, "run": back, "purpose": "rollback"}, after=chance.uniform(0.05, 2.5)
        )
        look = desk.work.follow(back)
        told.append(f"back {look.state}")
        desk.served()
        if look.state != "done":
            assert dead
            look = desk.work.run(change, "rollback")
            assert (look.state, look.why) == ("done", ""), (told, look.log)
        assert desk.facts() == before, told
