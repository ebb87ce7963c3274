"""The schedule against a real database: on time, late, twice at once, and everything that fails."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from databases import execute
from db.engine import Database
from db.ids import uuid7
from db.journal import Journal
from db.models import ScheduleRow
from gmops_desktop.adapters.locks import Busy, held
from gmops_desktop.addresses import MysqlAddress, Resource
from gmops_desktop.archive.inventory import Backup, Inventory
from gmops_desktop.archive.verification import Verification
from gmops_desktop.context import Context
from gmops_desktop.contract.retention import Keep
from gmops_desktop.contract.schedules import Plan, Run, Surroundings
from gmops_desktop.errors import Cancelled, OpsError
from gmops_desktop.services.backups import Backups
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.schedules import (
    Named,
    NoSpace,
    Schedules,
    Source,
    Subject,
    Written,
    everything,
    undertaking,
)
from gmops_desktop.services.schedules.subjects import taken_of
from gmops_desktop.services.site_files.inventory import FileArchive, FileInventory
from gmops_desktop.services.tickets import Tickets
from gmops_desktop.services.troubles import Troubles
from sandbox.mariadb import MariaDB

pytestmark = pytest.mark.servers

NIGHT = Plan(times=(time(2, 30),))
EVERYTHING_AT_ONCE = everything((), lambda _context, _rate: ())  # by its id, which is one
DUE = datetime(2018, 11, 22, 2, 30).astimezone(UTC)


class Desk:
    """A schedule on a real database, with a clock, a socket and a line that the test sets."""

    def __init__(self, database: Database, backups: Backups, folder: Path) -> None:
        journal = Journal(database, actor=lambda: "Zhang", device_name="desk")
        self.now = DUE - timedelta(hours=1)
        self.around = Surroundings()
        self.broken: Exception | None = None  # what the next backups meet
        self.hopeless = False
        self.verdict: Callable[[Path, Context], Verification] = backups.verify
        self.rates: list[int] = []
        self.pruned: list[str] = []
        self.tickets = Tickets(database, journal, now=lambda: self.now)
        self.contracts = Contracts(database, journal)
        self.backups, self.folder = backups, folder
        self.schedules = Schedules(
            database,
            Troubles(database, journal, self.tickets, now=lambda: self.now),
            subjects=self._subjects,
            verify=lambda path, context: self.verdict(path, context),
            prune=lambda *ids, context: self.pruned.extend(ids),
            archive_folder=lambda: folder,
            locks=folder.parent / "locks",
            around=lambda: self.around,
            hopeless=lambda error: self.hopeless,
            now=lambda: self.now,
        )

    def _subjects(self) -> list[Subject]:
        parts = [self._database(one) for one in self.contracts.resources() if one.kind == "mysql"]
        return [*parts, everything(parts, self._take_all)]

    def _database(self, resource: Resource) -> Subject:
        address = resource.address
        assert isinstance(address, MysqlAddress)

        def take(context: Context, rate_limit: int) -> list[Backup]:
            if self.broken is not None:
                raise self.broken
            self.rates.append(rate_limit)
            return [self.backups.take(address, context, resource_id=resource.id)]

        sources = (Source(resource.id, "backup"),)
        return Subject("database", resource.id, resource.name, sources, take, resource)

    def _take_all(self, context: Context, rate_limit: int) -> list[Written]:
        """Take and prove every part, as the backup of everything does."""
        for part in self._subjects()[:-1]:
            for archive in part.take(context, rate_limit):
                self.verdict(archive.path, context)
        return []

    def run(self, resource: Named, *, attended: bool = False, forced: bool = False) -> Run:
        run = self.schedules.run(resource, Context(), attended=attended, forced=forced)
        assert run is not None
        return run

    def at(self, minutes: float) -> None:
        """Set the clock to so long after the backup was due."""
        self.now = DUE + timedelta(minutes=minutes)

    def titles(self) -> list[str]:
        return [ticket.title for ticket in self.tickets.all()]


@pytest.fixture
def desk(database: Database, backups: Backups, tmp_path: Path) -> Desk:
    return Desk(database, backups, tmp_path / "archives")


@pytest.fixture
def site(desk: Desk, mariadb: MariaDB, schema: MysqlAddress) -> Resource:
    """A database with a schedule: every night at 02:30; it is 01:30."""
    execute(mariadb, schema.schema, ["CREATE TABLE t (id INT PRIMARY KEY) ENGINE=InnoDB"])
    root = MysqlAddress(schema.host, schema.port, "root", schema.schema)
    site = desk.contracts.save_resource("mysql", "site", root)
    desk.schedules.save(site, NIGHT)
    return site


def due_today(desk: Desk, site: Named, **more: object) -> datetime:
    """Plan a backup for now by the machine's clock, which is what archives carry; return when."""
    desk.now = datetime.now(UTC) - timedelta(minutes=2)
    here = (datetime.now(UTC) - timedelta(minutes=1)).astimezone()
    plan = replace(NIGHT, times=(time(here.hour, here.minute),), **more)  # type: ignore[arg-type]  # any field
    desk.now = here.replace(second=0) - timedelta(minutes=1)
    desk.schedules.save(site, plan)
    desk.now = datetime.now(UTC) + timedelta(minutes=2)  # later than anything taken from here on
    return here


# ---------------------------------------------------------------- as it should be


def test_a_due_backup_is_taken_and_proved_at_once(desk: Desk, site: Resource) -> None:
    assert desk.schedules.advance(attended=False).appointments == ()
    due_today(desk, site, line_mbit=5.0, leave_mbit=3.0)
    [appointment] = desk.schedules.advance(attended=False).appointments
    assert appointment.subject.id == site.id
    run = desk.run(site)
    assert (run.outcome, run.unattended) == ("done", True)
    backup = desk.backups.get(run.archive_id)
    assert backup.verified is True
    assert desk.rates == [250_000]
    assert desk.schedules.advance(attended=False).appointments == ()
    assert desk.schedules.run(site, Context(), attended=False) is None
    standing = desk.schedules.outlook(site).standing
    assert (standing.state, standing.last_proved) == ("ok", backup.at)
    assert desk.pruned == [], "nothing is removed before the user said so"


def test_retention_follows_a_proved_backup(desk: Desk, site: Resource) -> None:
    due_today(desk, site, keep=replace(NIGHT.keep, enabled=True))
    assert desk.run(site).outcome == "done"
    assert desk.pruned == [site.id]


def test_a_missed_backup_is_done_later_and_says_so(desk: Desk, site: Resource) -> None:
    desk.at(6 * 60)
    notes: list[str] = []
    run = desk.schedules.run(site, Context(note=notes.append), attended=False)
    assert run is not None
    assert run.due == DUE
    assert run.outcome == "done"
    assert notes[0] == "Missed at 11-22 02:30, doing it now."


# ---------------------------------------------------------------- what is not done, and why


def test_on_battery_unattended_it_is_skipped_with_the_reason(desk: Desk, site: Resource) -> None:
    desk.at(1)
    desk.around = Surroundings(on_battery=True, metered=True)
    for _ in range(3):
        assert desk.schedules.advance(attended=False).appointments == ()
    [run] = desk.schedules.history(site.id)
    assert run.outcome == "skipped"
    assert run.reason == "The machine runs on its battery. The line is a metered one."
    desk.around = Surroundings()
    desk.at(60)
    assert len(desk.schedules.advance(attended=False).appointments) == 1, "at the socket"


def test_a_missed_backup_may_be_left_until_the_next_time(desk: Desk, site: Resource) -> None:
    desk.schedules.save(site, replace(NIGHT, catch_up="skip"))
    desk.at(60)
    round = desk.schedules.advance(attended=False)
    assert round.appointments == ()
    assert [ticket.title for ticket in round.tickets] == ["Backup of site was missed"]
    assert [run.outcome for run in desk.schedules.history(site.id)] == ["missed"]
    desk.at(24 * 60 + 1)
    assert len(desk.schedules.advance(attended=False).appointments) == 1


def test_quiet_hours_are_kept_unless_a_person_asks(desk: Desk, site: Resource) -> None:
    desk.schedules.save(
        site, replace(NIGHT, quiet_rule="wait", quiet_begin=time(2), quiet_end=time(5))
    )
    desk.at(1)
    assert desk.schedules.run(site, Context(), attended=True) is None
    assert desk.run(site, attended=True, forced=True).outcome == "done"


# ---------------------------------------------------------------- what fails


def unreachable() -> OpsError:
    return OpsError("The server 192.0.2.1 does not answer.", hint="Look at the line.")


def test_an_unreachable_database_is_tried_again_then_a_ticket(desk: Desk, site: Resource) -> None:
    desk.broken = unreachable()
    for attempt in range(4):
        desk.at(1 + attempt * 12)
        [appointment] = desk.schedules.advance(attended=False).appointments
        assert appointment.decision.attempt == attempt + 1
        assert desk.titles() == []
        with pytest.raises(OpsError, match="does not answer"):
            desk.run(site)
        desk.at(5 + attempt * 12)
        assert desk.schedules.advance(attended=False).appointments == (), "too soon"
    [ticket] = desk.tickets.all()
    assert (ticket.title, ticket.kind, ticket.resource_id) == (
        *("Backup of site failed", "problem"),
        site.id,
    )
    evidence = desk.tickets.steps(ticket.id)[0].text
    assert evidence.count("does not answer") == 4
    desk.at(3 * 60)
    assert desk.schedules.advance(attended=False).appointments == ()
    assert len(desk.tickets.all()) == 1


def test_a_second_night_joins_the_open_ticket_and_success_is_noted(
    desk: Desk, site: Resource
) -> None:
    desk.hopeless, desk.broken = True, unreachable()
    for night in range(2):
        desk.at(1 + night * 24 * 60)
        with pytest.raises(OpsError):
            desk.run(site)
        desk.schedules.advance(attended=False)
    [ticket] = desk.tickets.all()
    assert [step.key for step in desk.tickets.steps(ticket.id)] == ["ticket.opened", "ticket.noted"]

    desk.broken = None
    due_today(desk, site)
    assert desk.run(site).outcome == "done"
    for _ in range(2):
        desk.schedules.advance(attended=False)
    steps = desk.tickets.steps(ticket.id)
    assert len(steps) == 3, "noted once"
    assert "backed up and verified again" in steps[-1].text
    assert desk.tickets.get(ticket.id).state == "registered", "closing is a person's"


def test_a_closed_ticket_is_not_joined(desk: Desk, site: Resource) -> None:
    desk.hopeless, desk.broken = True, unreachable()
    desk.at(1)
    with pytest.raises(OpsError):
        desk.run(site)
    [first] = desk.tickets.all()
    desk.tickets.move(first.id, "withdrawn", "mended")
    desk.at(1 + 24 * 60)
    with pytest.raises(OpsError):
        desk.run(site)
    assert len(desk.tickets.all()) == 2


def test_a_missing_password_is_no_matter_of_trying_again(desk: Desk, site: Resource) -> None:
    desk.hopeless = True
    desk.broken = OpsError("No password is kept for mysql:root@…")
    desk.at(1)
    with pytest.raises(OpsError):
        desk.run(site)
    assert desk.titles() == ["Backup of site failed"]
    desk.at(30)
    assert desk.schedules.advance(attended=False).appointments == ()


def test_no_room_is_refused_before_the_start(
    desk: Desk, site: Resource, monkeypatch: pytest.MonkeyPatch
) -> None:
    due_today(desk, site)
    assert desk.run(site).outcome == "done"
    desk.now += timedelta(days=1)
    usage = undertaking.shutil.disk_usage(desk.folder)
    monkeypatch.setattr(
        undertaking.shutil, "disk_usage", lambda _folder: usage._replace(free=1_000_000)
    )
    with pytest.raises(NoSpace, match="1 MB free") as caught:
        desk.run(site)
    assert caught.value.unharmed
    assert "Backup of site failed" in desk.titles()
    assert len(list(desk.folder.glob("*.sql.zst"))) == 1


def test_a_bug_or_a_dying_disk_is_a_failed_attempt_too(desk: Desk, site: Resource) -> None:
    desk.at(1)
    desk.broken = OSError(28, "No space left on device")
    with pytest.raises(OSError, match="No space left"):
        desk.run(site)
    [run] = desk.schedules.history(site.id)
    assert run.outcome == "failed"
    assert "No space left" in run.reason


def test_an_archive_that_does_not_verify_is_made_anew_then_a_ticket(
    desk: Desk, site: Resource
) -> None:
    def damage(path: Path, context: Context) -> Verification:
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
        return desk.backups.verify(path, context)

    desk.verdict = damage
    desk.schedules.save(site, replace(NIGHT, retries=1))
    for attempt in range(2):
        desk.at(1 + attempt * 12)
        assert desk.run(site).outcome == "damaged"
    assert desk.titles() == ["Backup of site could not be proved"]


def test_a_backup_that_could_not_be_verified_is_amber(desk: Desk, site: Resource) -> None:
    def no_key(path: Path, context: Context) -> Verification:
        raise OpsError("The key to open the archive is not on this machine.")

    desk.verdict = no_key
    due_today(desk, site)
    run = desk.run(site)
    assert run.outcome == "unproved"
    assert "not on this machine" in run.reason
    assert desk.schedules.outlook(site).standing.state == "warning"
    assert desk.titles() == ["Backup of site could not be proved"]


def test_cancelled_by_a_person_it_is_not_begun_again(desk: Desk, site: Resource) -> None:
    desk.at(1)
    context = Context()
    context.cancel()
    with pytest.raises(Cancelled):
        desk.schedules.run(site, context, attended=True)
    assert desk.schedules.history(site.id)[0].outcome == "declined"
    assert desk.schedules.advance(attended=True).appointments == ()


def test_stopped_with_the_machine_it_is_begun_again(desk: Desk, site: Resource) -> None:
    desk.at(1)
    context = Context()
    context.cancel()
    with pytest.raises(Cancelled):
        desk.schedules.run(site, context, attended=False)
    desk.at(20)
    assert len(desk.schedules.advance(attended=False).appointments) == 1


def test_a_broken_plan_is_named_and_stops_no_other(
    desk: Desk, site: Resource, database: Database
) -> None:
    assert isinstance(site.address, MysqlAddress)
    other = desk.contracts.save_resource("mysql", "other", site.address)
    desk.schedules.save(other, NIGHT)
    with database.session() as session, session.begin():
        session.get_one(ScheduleRow, site.id).data = {"times": ["half past two"]}
    desk.at(1)
    [appointment] = desk.schedules.advance(attended=False).appointments
    assert appointment.subject.id == other.id
    outlook = desk.schedules.outlook(site)
    assert outlook.plan is None
    assert "site cannot be read" in outlook.fault
    assert "Set it anew" in outlook.fault
    with pytest.raises(OpsError, match="cannot be read"):
        desk.schedules.plan(site)
    desk.schedules.save(site, NIGHT)
    assert desk.schedules.plan(site) == NIGHT


def test_a_clock_set_back_does_not_repeat_it(desk: Desk, site: Resource) -> None:
    desk.at(1)
    assert desk.run(site).outcome == "done"
    desk.now = DUE - timedelta(minutes=30)
    assert desk.schedules.advance(attended=False).appointments == ()
    desk.at(2)
    assert desk.schedules.advance(attended=False).appointments == ()


# ---------------------------------------------------------------- two at once, and kill -9


def test_two_programs_do_not_take_it_twice(desk: Desk, site: Resource, tmp_path: Path) -> None:
    desk.at(1)
    lock = tmp_path / "locks" / f"schedule-{site.id}.lock"
    with held(lock, "another program's backup"):
        assert desk.schedules.advance(attended=False).appointments == ()
        with pytest.raises(Busy, match="already under way"):
            desk.run(site)
    assert desk.schedules.history(site.id) == ()
    assert desk.run(site).outcome == "done"


def test_many_at_the_same_moment_take_it_once(desk: Desk, site: Resource) -> None:
    due_today(desk, site)
    begin, taken = threading.Barrier(6), list[Run]()

    def go() -> None:
        begin.wait(10)
        try:
            run = desk.schedules.run(site, Context(), attended=False)
        except Busy:
            return
        if run is not None:
            taken.append(run)

    threads = [threading.Thread(target=go) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(taken) == 1
    assert len(desk.schedules.history(site.id)) == 1


def _hold_for_ever(lock: Path, ready: str) -> None:
    with held(lock, "it"):
        Path(ready).touch()
        threading.Event().wait(300)


def test_killed_while_it_ran_the_lock_is_free_and_the_run_is_tried_again(
    desk: Desk, site: Resource, tmp_path: Path
) -> None:
    lock, ready = tmp_path / "locks" / f"schedule-{site.id}.lock", tmp_path / "ready"
    process = multiprocessing.get_context("spawn").Process(
        target=_hold_for_ever, args=(lock, str(ready))
    )
    process.start()
    try:
        waited = threading.Event()
        for _ in range(600):
            if ready.exists():
                break
            waited.wait(0.1)
        # What the killed program had written down before it died:
        desk.at(1)
        desk.schedules._record.enter(site.id, DUE, "running", desk.now, unattended=True)
        assert desk.schedules.advance(attended=False).appointments == ()
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
    finally:
        process.join(30)
    desk.at(3)
    assert desk.schedules.advance(attended=False).appointments == (), "a few minutes later"
    [run] = desk.schedules.history(site.id)
    assert run.outcome == "failed"
    assert "interrupted" in run.reason
    desk.at(15)
    assert desk.run(site).outcome == "done"


# ---------------------------------------------------------------- everything at once


def test_a_plan_for_everything_takes_each_and_lights_each(desk: Desk, site: Resource) -> None:
    desk.schedules.forget(site)
    due = due_today(desk, EVERYTHING_AT_ONCE, keep=Keep(enabled=True))
    [appointment] = desk.schedules.advance(attended=False).appointments
    assert (appointment.subject.kind, appointment.subject.sources[0].resource_id) == (
        *("everything", site.id),
    )
    outlook = desk.schedules.outlook(site)
    assert (outlook.plan, outlook.within is not None) == (None, True)
    run = desk.run(EVERYTHING_AT_ONCE)
    assert (run.outcome, run.due) == ("done", due.replace(second=0, microsecond=0))
    standing = desk.schedules.outlook(site).standing
    assert (standing.state, standing.reason, standing.overdue_since) == ("ok", "", None)
    assert standing.next is not None
    assert desk.pruned == [site.id], "what has no plan of its own is kept as that of everything"
    assert desk.schedules.keep_of(site.id).enabled
    assert desk.schedules.advance(attended=False).appointments == ()


def test_everything_that_was_missed_makes_one_ticket_and_every_light_amber(
    desk: Desk, site: Resource
) -> None:
    desk.schedules.forget(site)
    desk.at(-60)
    desk.schedules.save(EVERYTHING_AT_ONCE, replace(NIGHT, catch_up="skip", retries=0))
    desk.at(60)
    desk.schedules.advance(attended=False)
    desk.schedules.advance(attended=False)
    [ticket] = desk.schedules.advance(attended=False).tickets or desk.tickets.all()
    assert ticket.title == "Backup of Everything was missed"
    assert ticket.resource_id == ""
    standing = desk.schedules.outlook(site).standing
    assert (standing.state, standing.overdue_since) == ("critical", DUE)


def test_an_own_plan_goes_before_that_of_everything(desk: Desk, site: Resource) -> None:
    desk.schedules.save(EVERYTHING_AT_ONCE, replace(NIGHT, keep=Keep(enabled=True, last=9)))
    own = desk.schedules.outlook(site)
    assert (own.plan, own.within) == (NIGHT, None)
    assert not desk.schedules.keep_of(site.id).enabled
    assert desk.schedules.ruled_by(EVERYTHING_AT_ONCE) == ()
    desk.schedules.save(site, replace(NIGHT, enabled=False))
    assert desk.schedules.outlook(site).within is not None, "what is switched off is still taken"


def test_several_things_together_are_as_old_as_the_oldest_and_proved_where_each_is(
    database: Database, tmp_path: Path
) -> None:
    """A website of two directories, whose archives come one after the other."""
    inventory = FileInventory(database)

    def put(source: str, hours: int, verified: bool | None) -> datetime:
        path = tmp_path / f"{len(inventory.all())}.tar.zst"
        path.touch()
        at = DUE + timedelta(hours=hours)
        inventory.add(
            FileArchive(
                id=uuid7(), at=at, seconds=1, source=source, folder="", resource_id="web",
                path=path, file_bytes=0, content_bytes=0, travelled=0, entries=0, files=0,
                whole=True, verdict="", manifest_digest="", verified=verified,
            )
        )  # fmt: skip
        return at

    sources = [Source("web", "files", "/srv/www@h"), Source("web", "files", "/srv/media@h")]
    shelf = Inventory(database)
    put("/srv/www@h", 0, True)
    assert taken_of(shelf, sources) == (), "of one of them there is nothing"
    put("/srv/media@h", 1, True)
    put("/srv/www@h", 24, True)
    put("/srv/media@h", 25, None)
    put("/srv/elsewhere@h", 26, True)
    assert [(one.at - DUE, one.verified) for one in taken_of(shelf, sources)] == [
        (timedelta(hours=24), None),
        (timedelta(0), True),
    ]
