"""`gmops drill run --clone` as a person and a script see it: the price first, and nothing stays."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import gmops as command
from databases import execute, opener
from db.engine import Database
from db.journal import Journal
from gmops import Ran
from gmops_desktop.adapters.processes import pause
from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.context import Context
from gmops_desktop.paths import Home
from gmops_desktop.services.backups import Backups
from gmops_desktop.services.contracts import Contracts
from sandbox.mariadb import MariaDB
from sandbox.tencent import Tencent

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory, mariadb: MariaDB) -> Iterator[Tencent]:
    server = Tencent(tmp_path_factory.mktemp("tencent"))
    server.stand_for(mariadb)
    with server:
        yield server


class Desk:
    """A home whose database is an instance of the stand-in, with an archive of it."""

    def __init__(self, home: Home, mariadb: MariaDB, schema: MysqlAddress, cloud: Tencent) -> None:
        self.home = home.root
        rows = ["CREATE TABLE member (id INT PRIMARY KEY, name VARCHAR(40))",
                "INSERT INTO member VALUES (1, '李'), (2, NULL)"]  # fmt: skip
        execute(mariadb, schema.schema, rows)
        database = Database(home.store)
        contracts = Contracts(database, Journal(database, actor=lambda: "x"))
        site = contracts.save_resource("mysql", "site", replace(schema, cloud=cloud.database))
        Backups(database, opener(mariadb), lambda: home.archives).take(
            schema, Context(), resource_id=site.id
        )
        database.close()
        keyring = {
            schema.secret_name: mariadb.password(schema.user),
            cloud.database.secret_name: cloud.secret_key,
        }
        file = self.home / "keyring.json"
        file.write_text(
            json.dumps({f"gmops-desktop {name}": word for name, word in keyring.items()}), "utf-8"
        )
        self.keyring = {
            "PYTHON_KEYRING_BACKEND": "file_keyring.FileKeyring",
            "PYTHONPATH": str(Path(__file__).parents[1] / "helpers"),
            "GMOPS_TEST_KEYRING": str(file),
        }

    def run(self, *words: str) -> Ran:
        return command.gmops("drill", *words, home=self.home, **self.keyring)


@pytest.fixture
def desk(home: Home, mariadb: MariaDB, schema: MysqlAddress, cloud: Tencent) -> Desk:
    return Desk(home, mariadb, schema, cloud)


def test_nothing_is_ordered_before_somebody_agreed_to_the_price(desk: Desk, cloud: Tencent) -> None:
    ran = desk.run("run", "site", "--clone")
    assert ran.code == 1
    assert "costs ¥0.52 an hour" in ran.err
    assert "No clone was ordered." in ran.err
    assert "--yes-costs" in ran.err
    assert cloud.secret_key not in ran.out + ran.err
    assert desk.run("clones").out == "No drill left a clone.\n"


def test_agreed_to_it_is_drilled_and_removed(desk: Desk, cloud: Tencent) -> None:
    cloud.behave(clone_seconds=0.3)
    ran = desk.run("run", "site", "--clone", "--yes-costs")
    assert ran.code == 0, ran.err
    assert ran.out.startswith("Passed: restored and proved in ")
    assert "in Tencent Cloud)" in ran.out
    assert "an hour, and is removed." in ran.out
    assert "restores, too, and holds the same as the archive." in ran.out
    assert desk.run("clones", "--json").answer == {"clones": []}


def test_a_clone_left_by_a_killed_drill_is_named_and_removed(desk: Desk, cloud: Tencent) -> None:
    cloud.behave(clone_seconds=12)  # of which it is not listed for the first 1.2
    words = ("drill", "run", "site", "--clone", "--yes-costs")
    with command.start(*words, home=desk.home, **desk.keyring) as process:
        notes, deadline = desk.home / "cloud" / "clones", time.monotonic() + 60
        while not any("cdb-clone" in one.read_text("utf-8") for one in notes.glob("*.json")):
            assert process.poll() is None, process.communicate(5)
            assert time.monotonic() < deadline
            pause()
        process.kill()
    named = desk.run("clones")
    assert "may still cost ¥0.52 an hour" in named.out
    cloud.behave(clone_seconds=0.1, clone_fails=True)  # made sooner, and without a server
    removed = desk.run("clones", "--remove")
    assert (removed.code, removed.out) == (0, "Removed: 1.\n"), removed.err
    assert desk.run("clones").out == "No drill left a clone.\n"
