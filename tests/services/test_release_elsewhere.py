"""A release whose SQL one machine ran, looked after and taken back by another one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest

import sandbox_site
from databases import query
from db.engine import Database
from db.ids import uuid7
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError, ProofFailed
from gmops_desktop.services.patches.release_ledger import RunLedger
from release_run import at_work
from released import Queued, Releasing, Server, seen, write
from sandbox.database import SITE_SCHEMA
from sandbox.site_release import make
from sandbox_site import Site

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with sandbox_site.running(tmp_path_factory.mktemp("elsewhere")) as site:
        yield site


@dataclass
class Machine:
    """A computer of ours: its store, its archives, its releases."""

    folder: Path
    work: Releasing

    @property
    def archives(self) -> list[Path]:
        """The archives, the oldest first."""
        found = (self.folder / "archives").glob("*.sql.zst")
        return sorted(found, key=lambda path: path.stat().st_mtime_ns)

    def way_back(self, change: Queued):
        host = self.work.server.host
        return self.work.releases.way_back(host, change.plan, change.id, Context())

    def take_archive(self, change: Queued, file: Path) -> Path:
        host = self.work.server.host
        return self.work.releases.take_archive(host, change.plan, change.id, file, Context())

    def look(self, run_id: str):
        return self.work.releases.look(self.work.server.host, run_id, 0, Context())


@pytest.fixture
def machines(tmp_path: Path, site: Site) -> Iterator[tuple[Machine, Machine]]:
    """Two laptops; both have the change, as a bundle would have brought it."""
    host = uuid7()

    def machine(name: str) -> tuple[Machine, Database]:
        folder = tmp_path / name
        (folder / "archives").mkdir(parents=True)
        Server(folder, site.sshd)  # writes down whose key is trusted
        mysql = asdict(site.mariadb.address())
        order: dict[str, Any] = {
            "folder": str(folder),
            "host": host,
            "device": name,
            "ssh": asdict(site.sshd.address),
            "mysql": {k: v for k, v in mysql.items() if k not in ("ssh", "cloud")},
            "password": site.mariadb.password("ops_backup"),
        }
        database = Database(folder / "store.db")
        return Machine(folder, at_work(order, database)), database

    (one, first), (other, second) = machine("laptop-a"), machine("laptop-b")
    with closing(first), closing(second):
        yield one, other


def facts(site: Site) -> tuple[Any, ...]:
    columns = query(site.mariadb, SITE_SCHEMA, "SHOW CREATE TABLE setting")
    rows = query(site.mariadb, SITE_SCHEMA, "SELECT * FROM setting ORDER BY name")
    return columns, rows, site.tables(), seen(site.website.program, but=("uploads",))


def applied(machine: Machine, site: Site, source: Path) -> tuple[Queued, str]:
    change = machine.work.queue(source, site.website.program)
    machine.work.prepare(change)
    run_id = uuid7()
    look = machine.work.run(change, run_id=run_id)
    assert (look.state, look.why) == ("done", ""), look.log
    assert site.served() == "2.0"
    return change, run_id


def test_another_machine_takes_it_back_with_the_archive_brought_there(
    machines: tuple[Machine, Machine], site: Site, tmp_path: Path
) -> None:
    one, other = machines
    before = facts(site)
    change, run_id = applied(one, site, make(tmp_path / "site-2.0"))
    look = other.look(run_id)  # what its SQL did is known there, too
    assert (look.state, look.why) == ("done", "")
    assert [step.key for step in look.steps if step.key.startswith("sql:")] == [
        "sql:sql/before/1-hours.sql", "sql:sql/after/2-faq.sql",
    ]  # fmt: skip

    # The archive is on the first machine: which one, and where, is said before anything is done.
    (_switch, step) = other.way_back(change).steps
    archive = next(path for path in one.archives if path.name in step.why_not)
    assert "laptop-a" in step.why_not
    assert str(archive) in step.why_not
    with pytest.raises(OpsError, match="is not on this machine"):
        other.work.run(change, "rollback")
    assert site.served() == "2.0"
    assert "faq" in site.tables()

    # It is copied by hand; only that very one is taken in, and only undamaged.
    brought = tmp_path / "usb" / archive.name
    brought.parent.mkdir()
    shutil.copy(next(path for path in one.archives if path != archive), brought)
    with pytest.raises(ProofFailed, match="is another archive"):
        other.take_archive(change, brought)
    content = bytearray(archive.read_bytes())
    content[len(content) // 3] ^= 1
    brought.write_bytes(content)
    with pytest.raises(ProofFailed):
        other.take_archive(change, brought)
    assert other.archives == []
    shutil.copy(archive, brought)
    assert other.take_archive(change, brought) == other.archives[0]
    brought.unlink()

    (_switch, step) = other.way_back(change).steps
    assert step.why_not == ""
    assert "Only setting, faq go back" in step.loses
    look = other.work.run(change, "rollback")
    assert (look.state, look.why) == ("done", ""), look.log
    assert facts(site) == before
    # The first machine learns from the server that it is back, and can apply it anew.
    with pytest.raises(OpsError, match="neither this machine nor the server"):
        one.work.run(change, "rollback")
    look = one.work.run(change)
    assert look.state == "done", look.why
    assert one.work.run(change, "rollback").state == "done"
    assert facts(site) == before


def test_scripts_of_its_own_lead_back_from_anywhere(
    machines: tuple[Machine, Machine], site: Site, tmp_path: Path
) -> None:
    """They lie on the server beside the notes: neither release nor archive is needed."""
    one, other = machines
    before = facts(site)
    change, _run = applied(one, site, make(tmp_path / "site-2.0", down=True))
    assert [step.key for step in other.way_back(change).steps] == [
        "switch", "sql:sql/down/2-faq.sql", "sql:sql/down/1-hours.sql",
    ]  # fmt: skip
    look = other.work.run(change, "rollback")
    assert (look.state, look.why) == ("done", ""), look.log
    assert facts(site) == before
    assert other.archives == []


def test_what_a_machine_began_and_never_told_the_end_of_counts_as_done_in_part(
    machines: tuple[Machine, Machine], site: Site, tmp_path: Path
) -> None:
    """The first machine dies while its SQL runs: the other one finds its note, waits for it, and
    never takes its own scripts for a way back from half of one."""
    one, other = machines
    before = facts(site)
    source = make(tmp_path / "site-2.0", down=True)
    bad = (source / "sql/before/1-hours.sql").read_text("utf-8") + "ALTER TABLE nowhere ADD x int;"
    write(source, {"sql/before/1-hours.sql": bad})
    change = one.work.queue(source, site.website.program)
    one.work.prepare(change)
    run_id = uuid7()
    assert one.work.run(change, run_id=run_id).state == "failed"
    notes = sorted((site.sshd.folder.parent / "changes" / change.id / "notes").glob("*.jsonl"))
    lines = notes[0].read_bytes().splitlines(keepends=True)
    entered = next(n for n, line in enumerate(lines) if b'"enter"' in line)
    notes[0].write_bytes(b"".join(lines[: entered + 1]))  # as it stood when that one died

    look = other.look(run_id)
    assert look.state == "running"  # it told so a moment ago
    old = notes[0].stat().st_mtime - 3600
    os.utime(notes[0], (old, old))
    look = other.look(run_id)
    assert look.state == "interrupted"
    assert "laptop-a ran its SQL and told the server nothing more for 60 minutes" in look.why
    with pytest.raises(OpsError, match=r"not known how far sql/before/1-hours\.sql came: laptop-a"):
        other.work.run(change)  # a second try would run statements twice
    (_switch, step) = other.way_back(change).steps
    assert step.key == "database"  # not its own scripts
    other.take_archive(change, one.archives[-1])
    at_it = one.work.releases._database.alone(site.mariadb.address(), change.id, Context())
    with at_it, pytest.raises(OpsError, match="Another machine is at the SQL"):
        other.work.run(change, "rollback")
    look = other.work.run(change, "rollback")
    assert (look.state, look.why) == ("done", ""), look.log
    assert facts(site) == before


def test_lines_of_the_machine_itself_count_before_those_on_the_server(tmp_path: Path) -> None:
    there = tmp_path / "there.jsonl"
    RunLedger(there).begin("c", "apply", (), device="laptop-a")
    ledger = RunLedger(tmp_path / "here.jsonl", there)
    assert ledger.read().elsewhere
    ledger.begin("c", "apply", (), device="laptop-b")
    assert (ledger.read().elsewhere, ledger.read().device) == (False, "laptop-b")
