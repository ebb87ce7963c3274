"""`gmops schedule` and `gmops backup prune` from the outside, as a timer runs them."""

from __future__ import annotations

import os
import shlex
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gmops import ROOT, Ran, environment, gmops, start
from gmops_desktop.adapters.locks import held_for
from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.assembly import assemble
from gmops_desktop.paths import Home
from sandbox.mariadb import MariaDB

pytestmark = pytest.mark.servers


@dataclass(frozen=True)
class Desk:
    home: Path
    password_file: Path
    resource_id: str

    def run(self, *words: str | Path, **more: str) -> Ran:
        return gmops(
            *words, home=self.home, **{"GMOPS_PASSWORD_FILE": str(self.password_file), **more}
        )

    def write(self, statement: str, *values: object) -> None:
        with closing(sqlite3.connect(self.home / "store.db")) as store, store:
            store.execute(statement, values)

    def make_due(self, *words: str) -> None:
        """Plan a backup for a minute that has just gone by, as if it had been planned before."""
        past = (datetime.now(UTC) - timedelta(minutes=1)).astimezone()
        set_ = self.run("schedule", "set", "site", "--at", f"{past:%H:%M}", *words)
        assert set_.code == 0, set_.err
        before = int((past - timedelta(days=3)).timestamp() * 1000)
        self.write("UPDATE schedules SET at = ?", before)

    def history(self) -> list[tuple[str, str]]:
        with closing(sqlite3.connect(self.home / "store.db")) as store:
            return store.execute("SELECT outcome, reason FROM schedule_runs ORDER BY at").fetchall()


@pytest.fixture
def desk(tmp_path: Path, mariadb: MariaDB, schema: MysqlAddress) -> Desk:
    with mariadb.connect(schema.schema) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE t (id INT PRIMARY KEY, text LONGTEXT) ENGINE=InnoDB")
        cursor.execute("INSERT INTO t SELECT seq, REPEAT('x', 5000) FROM seq_1_to_400")
    home = tmp_path / "home"
    home.mkdir()
    with assemble(Home(home)) as services:
        resource = services.contracts.save_resource("mysql", "site", schema)
    password_file = tmp_path / "password"
    password_file.write_text(mariadb.password(schema.user) + "\n", "utf-8")
    password_file.chmod(0o600)
    return Desk(home, password_file, resource.id)


def test_set_and_status(desk: Desk) -> None:
    when = ("--at", "2:30", "--at", "14:30", "--days", "mon-fri")
    keep = ("--keep-daily", "30", "--keep-monthly", "12")
    said = desk.run("schedule", "set", *when, "--line", "5", "--leave", "3", *keep)
    assert said.code == 0, said.err
    assert "site: Monday to Friday at 02:30, 14:30; the newest 3, 30 daily, 12 monthly" in said.out
    assert "Next backup" in said.out
    # What is not named stays as it was.
    again = desk.run("schedule", "set", "--quiet", "09:00-18:00", "--json")
    plan = again.answer["plan"]
    assert (plan["times"], plan["line_mbit"], plan["quiet_rule"]) == (["02:30", "14:30"], 5, "wait")
    status = desk.run("schedule", "status", "--json")
    [database, everything] = status.answer["plans"]
    assert (everything["kind"], everything["plan"]) == ("everything", None)
    assert database["standing"]["state"] == "unknown"
    assert status.answer["timer"] is None
    assert status.answer["command"][-3:] == ["schedule", "run", "--due"]
    off = desk.run("schedule", "set", "--off")
    assert "switched off" in off.out


def test_everything_has_one_plan_and_one_line(desk: Desk) -> None:
    past = (datetime.now(UTC) - timedelta(minutes=1)).astimezone()
    said = desk.run("schedule", "set", "--all", "--at", f"{past:%H:%M}", "--keep-last", "2")
    assert said.code == 0, said.err
    assert "Everything: daily at" in said.out
    plans = desk.run("schedule", "status", "--json").answer["plans"]
    assert [one["within_everything"] for one in plans] == [True, False]
    desk.write("UPDATE schedules SET at = ?", int((past.timestamp() - 3 * 86400) * 1000))
    ran = desk.run("schedule", "run")
    assert ran.code == 0, ran.err
    assert "Everything: taken and verified: " in ran.out
    assert "site" in desk.run("schedule", "status").out
    assert "taken and verified" in desk.run("schedule", "history", "--all").out
    shown = desk.run("backup", "prune", "--all", "--dry-run", "--json")
    assert [one["keep"] for one in shown.answer["archives"]] == [True]


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (["site", "--all"], 2, "does not go with a name"),
        (["--at", "25:00"], 2, "not a time of day"),
        (["--days", "someday"], 2, "mon,tue,wed"),
        (["--leave", "3"], 1, "the speed of the line is missing"),
        (["--battery", "maybe"], 1, "is not one of ask, run, skip"),
        (["nowhere"], 1, "nowhere"),
    ],
)
def test_what_cannot_be_set(desk: Desk, words: list[str], code: int, text: str) -> None:
    said = desk.run("schedule", "set", *words)
    assert said.code == code
    assert text in said.err


def test_what_is_due_is_taken_with_one_line(desk: Desk) -> None:
    assert desk.run("schedule", "run", "--due").out == ""
    desk.make_due()
    ran = desk.run("schedule", "run", "--due")
    assert ran.code == 0, ran.err
    [line] = ran.out.splitlines()
    assert "site: taken and verified: " in line
    assert ran.err == ""
    again = desk.run("schedule", "run", "--due", "--json")
    assert again.answer == {"runs": [], "drills": [], "faults": []}
    database = desk.run("schedule", "status", "--json").answer["plans"][0]
    assert database["standing"]["state"] == "ok"


def test_an_unreachable_database_fails_with_code_1(desk: Desk) -> None:
    desk.make_due()
    desk.write("UPDATE resources SET address = replace(address, '127.0.0.1', '127.0.0.9')")
    ran = desk.run("schedule", "run", "--due", "--json")
    assert ran.code == 1
    assert ran.answer["faults"]
    assert [outcome for outcome, _ in desk.history()] == ["failed"]


def test_no_password_and_no_keyring_say_how_to_go_on(desk: Desk) -> None:
    desk.make_due()
    ran = desk.run("schedule", "run", "--due", GMOPS_PASSWORD_FILE="")
    assert ran.code == 1
    assert "gmops schedule install --password-file FILE" in ran.out
    assert "keyring" in ran.err


def test_a_broken_plan_is_named(desk: Desk) -> None:
    desk.make_due()
    desk.write("UPDATE schedules SET data = ?", '{"times": "always"}')
    ran = desk.run("schedule", "run", "--due")
    assert ran.code == 1
    assert "site cannot be read" in ran.err
    assert "gmops schedule set" in ran.err
    assert desk.run("schedule", "set", "--at", "03:00").code == 0
    assert desk.run("schedule", "run", "--due").code == 0


def test_killed_on_the_way_it_is_taken_later(desk: Desk) -> None:
    """kill -9 in the middle: no archive that looks whole, the lock is free, the run is tried."""
    desk.make_due()
    secret = {"GMOPS_PASSWORD_FILE": str(desk.password_file)}
    with start("schedule", "run", "--due", home=desk.home, **secret) as process:
        while process.poll() is None:
            if [outcome for outcome, _ in desk.history()] == ["running"]:
                process.kill()
        process.communicate(timeout=60)
    if [outcome for outcome, _ in desk.history()] == ["done"]:
        pytest.fail("it was done before it could be killed: give it more rows")
    assert not list((desk.home / "archives").glob("*.sql.zst"))
    soon = desk.run("schedule", "run", "--due")
    assert soon.code == 0, soon.err
    [(outcome, reason)] = desk.history()
    assert outcome == "failed"
    assert "interrupted" in reason
    earlier = int((datetime.now(UTC) - timedelta(minutes=15)).timestamp() * 1000)
    desk.write("UPDATE schedule_runs SET ended = ?", earlier)
    desk.write("UPDATE schedule_runs SET at = ?", earlier)
    later = desk.run("schedule", "run", "--due")
    assert later.code == 0, later.err
    assert "taken and verified" in later.out


def test_two_timers_at_once_take_it_once(desk: Desk) -> None:
    desk.make_due()
    secret = {"GMOPS_PASSWORD_FILE": str(desk.password_file)}
    both = [start("schedule", "run", "--due", home=desk.home, **secret) for _ in range(2)]
    for process in both:
        _, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
    assert [outcome for outcome, _ in desk.history()] == ["done"]
    assert len(list((desk.home / "archives").glob("*.sql.zst"))) == 1


def test_by_hand_and_by_schedule_do_not_overlap(desk: Desk) -> None:
    """Who comes second is told, nothing is written down as failed, and the first one counts."""
    desk.make_due()
    with assemble(Home(desk.home)) as services:
        [site] = services.contracts.resources()
    assert isinstance(site.address, MysqlAddress)
    with held_for(desk.home / "locks", site.address):
        by_hand = desk.run("backup", "take", "site")
        assert by_hand.code == 1
        assert "already under way in another program" in by_hand.err
        ran = desk.run("schedule", "run", "--due")
        assert ran.code == 0, ran.err
        assert "already under way" in ran.out
    assert desk.history() == []
    assert desk.run("backup", "take", "site").code == 0


def test_a_disk_that_fills_up_on_the_way(desk: Desk, mariadb: MariaDB) -> None:
    """The kernel refuses to let the file grow: no archive, a reason, and another attempt later."""
    with assemble(Home(desk.home)) as services:
        [site] = services.contracts.resources()
    assert isinstance(site.address, MysqlAddress)
    with mariadb.connect(site.address.schema) as connection, connection.cursor() as cursor:
        noise = "CONCAT_WS('', SHA2(RAND(), 512), SHA2(RAND(), 512), SHA2(RAND(), 512))"
        cursor.execute("CREATE TABLE noise (id INT PRIMARY KEY, text TEXT) ENGINE=InnoDB")
        cursor.execute(f"INSERT INTO noise SELECT seq, {noise} FROM seq_1_to_20000")
    desk.make_due()
    words = [sys.executable, "-m", "gmops_desktop.cli", "schedule", "run", "--due"]
    limited = f"ulimit -f 4096; exec {shlex.join(words)}"  # 2 or 4 MB, as the shell counts
    ran = subprocess.run(
        ["/bin/sh", "-c", limited], cwd=ROOT, capture_output=True, text=True, timeout=120,
        check=False,
        env=environment(desk.home, GMOPS_PASSWORD_FILE=str(desk.password_file)),
    )  # fmt: skip
    assert ran.returncode == 1, ran.stdout + ran.stderr
    [(outcome, reason)] = desk.history()
    assert outcome == "failed"
    assert reason
    assert not list((desk.home / "archives").glob("*.sql.zst"))
    earlier = int((datetime.now(UTC) - timedelta(minutes=15)).timestamp() * 1000)
    desk.write("UPDATE schedule_runs SET ended = ?, at = ?", earlier, earlier)
    later = desk.run("schedule", "run", "--due")
    assert "taken and verified" in later.out, later.err
    told = desk.run("schedule", "history", "--json").answer["runs"]
    assert [run["outcome"] for run in told] == ["done", "failed"]


def test_prune_shows_first_and_removes_then(desk: Desk) -> None:
    for _ in range(3):
        assert desk.run("backup", "take", "site").code == 0
    refused = desk.run("backup", "prune")
    assert refused.code == 1
    assert "Every archive of site is kept" in refused.err
    desk.run("schedule", "set", "--at", "03:00", "--keep-last", "2", "--keep-daily", "0",
             "--keep-monthly", "0")  # fmt: skip
    shown = desk.run("backup", "prune", "--dry-run", "--json")
    assert [one["keep"] for one in shown.answer["archives"]] == [True, True, False]
    assert len(list((desk.home / "archives").glob("*.sql.zst"))) == 3
    table = desk.run("backup", "prune", "--dry-run")
    assert "goes" in table.out
    assert "1 archive would be removed" in table.out
    done = desk.run("backup", "prune")
    assert done.code == 0, done.err
    assert "1 archive removed" in done.out
    assert len(list((desk.home / "archives").glob("*.sql.zst"))) == 2
    assert len(desk.run("backup", "list", "--json").answer["backups"]) == 3, "the line stays"


def test_the_timer_is_a_line_of_cron_where_there_is_no_systemd(desk: Desk, tmp_path: Path) -> None:
    """Installed twice, run as cron runs it, and removed, with another line beside it."""
    tools, spool = tmp_path / "bin", tmp_path / "spool"
    tools.mkdir()
    spool.write_text("0 4 * * * /bin/true\n")
    quoted = shlex.quote(str(spool))
    (tools / "crontab").write_text(
        f'#!/bin/sh\n[ "$1" = -l ] && exec cat {quoted}\nexec cat > {quoted}\n'
    )
    (tools / "systemctl").write_text("#!/bin/sh\nexit 1\n")
    for tool in tools.iterdir():
        tool.chmod(0o755)
    path = f"{tools}:{os.environ['PATH']}"
    for _ in range(2):
        done = desk.run("schedule", "install", "--password-file", desk.password_file, PATH=path)
        assert done.code == 0, done.err
    text = spool.read_text()
    assert text.count("schedule run --due") == 1
    status = desk.run("schedule", "status", "--json", PATH=path).answer
    assert (status["timer"]["kind"], status["timer"]["installed"]) == ("cron", True)

    desk.make_due()
    line = next(one for one in text.splitlines() if "schedule run" in one)
    command = line.split(" ", 5)[5].replace("\\%", "%")
    bare = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "LANG": "en_US.UTF-8"}
    bare["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"
    subprocess.run(["/bin/sh", "-c", command], env=bare, check=True, timeout=120)
    assert "taken and verified" in (desk.home / "logs" / "schedule.log").read_text("utf-8")

    assert desk.run("schedule", "remove", PATH=path).code == 0
    assert spool.read_text() == "0 4 * * * /bin/true\n"
    assert "There was no timer" in desk.run("schedule", "remove", PATH=path).out


def test_a_password_file_others_can_read_is_refused(desk: Desk, tmp_path: Path) -> None:
    desk.password_file.chmod(0o644)
    tool = tmp_path / "crontab"
    tool.write_text("#!/bin/sh\nexit 0\n")
    tool.chmod(0o755)
    done = desk.run("schedule", "install", "--password-file", desk.password_file,
                    PATH=f"{tmp_path}:{os.environ['PATH']}")  # fmt: skip
    assert done.code == 1
    assert "chmod 600" in done.err
    assert done.out == ""


def test_a_drill_that_is_due_comes_after_the_backups(desk: Desk) -> None:
    planned = desk.run("drill", "plan", "site", "--every", "30")
    assert planned.code == 0, planned.err
    assert desk.run("schedule", "run", "--due", "--json").answer["drills"] == []  # no archive yet
    desk.make_due()
    ran = desk.run("schedule", "run", "--due")
    assert ran.code == 0, ran.err
    first, second = ran.out.splitlines()
    assert "taken and verified" in first
    assert second.startswith("site: Passed: restored and proved in ")
    assert desk.run("schedule", "run", "--due").out == ""
    listed = desk.run("drill", "list", "--json").answer["drills"]
    assert [one["outcome"] for one in listed] == ["proved"]
