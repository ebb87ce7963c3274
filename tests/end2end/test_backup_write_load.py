"""A backup taken while another process writes is exactly one moment: to the row, to the step."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import steady_writer
from benchmarks.proxy import Proxy
from databases import execute, load_with_stock_client, opener, query
from db.engine import Database
from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.context import Context
from gmops_desktop.services.backups import Backups, TransferPlan
from sandbox.mariadb import MariaDB
from steady_writer import TOTAL, Expected

pytestmark = pytest.mark.servers


@contextmanager
def writing(server: MariaDB, schema: str) -> Iterator[None]:
    """Have a process of its own write until the block ends."""
    words = [sys.executable, steady_writer.__file__, str(server.port), schema]
    with subprocess.Popen(words, stdin=subprocess.PIPE, text=True) as writer:
        assert writer.stdin
        writer.stdin.write(server.root_password + "\n")
        writer.stdin.flush()
        try:
            wait_for_step(server, schema, step_of(server, schema) + 20)
            yield
            assert writer.poll() is None, "the writer must have written all the time"
        finally:
            writer.terminate()


def step_of(server: MariaDB, schema: str) -> int:
    ((step,),) = query(server, schema, "SELECT step FROM progress")
    return int(step)


def wait_for_step(server: MariaDB, schema: str, wanted: int) -> None:
    looking = threading.Event()
    while step_of(server, schema) < wanted:
        looking.wait(0.02)


@pytest.mark.parametrize("connections", [1, 3])
def test_backups_under_write_load_are_each_one_moment(
    database: Database, mariadb: MariaDB, schema: MysqlAddress, tmp_path: Path, connections: int
) -> None:
    """The first backup, and two built on it, while rows are moved, added, changed and deleted."""
    folder = tmp_path / "archives"
    folder.mkdir()
    execute(mariadb, schema.schema, steady_writer.TABLES)
    # A line of 80 Mbit/s: the writer must have time to write while rows are read.
    with Proxy(mariadb.port, rate=80e6).listening() as line:
        address = MysqlAddress("127.0.0.1", line.port, schema.user, schema.schema)
        backups = Backups(database, opener(mariadb), lambda: folder)
        plan = TransferPlan(connections=connections)
        steps = []
        with writing(mariadb, schema.schema):
            for _ in range(3):
                before = step_of(mariadb, schema.schema)
                backup = backups.take(address, Context(), plan=plan)
                steps.append((before, step_of(mariadb, schema.schema), backup.path))
                assert backup.consistency == "consistent"
                wait_for_step(mariadb, schema.schema, steps[-1][1] + 50)
    for before, after, path in steps:
        assert backups.verify(path, Context()).ok
        there = step_in(mariadb, path, f"{schema.schema}_then")
        assert before <= there <= after, "the moment lies within the backup"
    assert steps[0][1] - steps[0][0] > 20, "the writer must have written meanwhile"


def step_in(server: MariaDB, archive: Path, copy: str) -> int:
    """Load an archive by stock tools; assert that all its rows are of one step, and return it."""
    execute(server, "", [f"CREATE DATABASE {copy} CHARACTER SET utf8mb4"])
    try:
        load_with_stock_client(server, archive, copy)
        step = step_of(server, copy)
        sums = "SELECT (SELECT SUM(n) FROM giving) + (SELECT SUM(n) FROM taking)"
        assert query(server, copy, sums) == ((TOTAL,),)
        expected = Expected(step)
        assert dict(query(server, copy, "SELECT id, n FROM giving")) == expected.giving
        assert dict(query(server, copy, "SELECT id, n FROM taking")) == expected.taking
        ledger = query(server, copy, "SELECT id, step, n FROM ledger")
        assert {id_: (of_step, n) for id_, of_step, n in ledger} == expected.ledger
        notes = "SELECT COUNT(*) FROM ledger WHERE note <> CONCAT('第 ', step, ' 步')"
        assert query(server, copy, notes) == ((0,),)
        return step
    finally:
        execute(server, "", [f"DROP DATABASE {copy}"])
