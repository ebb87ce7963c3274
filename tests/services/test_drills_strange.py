"""A drill finds nothing wrong where nothing is, in schemas of all that dumps get wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

import strange_features
import strange_schema
from gmops_desktop.adapters import local_programs
from gmops_desktop.adapters.local_server import LocalServers
from gmops_desktop.archive.sealing import Seals
from gmops_desktop.context import Context
from gmops_desktop.services.drills.rehearsal import Findings, Rehearsal
from sandbox.mariadb import MariaDB
from sandbox.mysql56 import Mysql56
from strange_dumps import Workbench

pytestmark = pytest.mark.servers


@pytest.fixture
def rehearsal(tmp_path: Path) -> Rehearsal:
    return Rehearsal(LocalServers(tmp_path / "local"), Seals().opened, local_programs.find)


def drilled(rehearsal: Rehearsal, archive: Path) -> Findings:
    found = Findings()
    rehearsal.run(archive, (), found, Context())
    return found


def test_a_strange_schema_of_mariadb(
    rehearsal: Rehearsal, workbench: Workbench, mariadb: MariaDB
) -> None:
    statements = strange_schema.TABLES + strange_schema.OBJECTS
    taken = workbench.take(mariadb, workbench.make(mariadb, statements))
    found = drilled(rehearsal, taken.path)
    assert found.proof.faults == []
    assert found.proof.otherwise == []
    assert found.proof.tables == len(taken.manifest.tables)


def test_strange_things_of_mysql_56_that_this_server_can_take(
    rehearsal: Rehearsal, workbench: Workbench, mysql56: Mysql56
) -> None:
    schema = workbench.gather(mysql56, strange_features.of("mysql56", "mariadb"))
    taken = workbench.take(mysql56, schema)
    found = drilled(rehearsal, taken.path)
    assert found.proof.faults == []
    assert found.proof.tables > 20
